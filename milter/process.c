#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

int
process_background(int *ready, struct error *err)
{
	int ends[2];
	pid_t child;
	char byte;

	if (pipe(ends) != 0)
		return error_errno(err, errno, "going to the background");
	child = fork();
	if (child < 0)
		return error_errno(err, errno, "going to the background");
	if (child > 0) {
		close(ends[1]);
		_exit(read(ends[0], &byte, 1) == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	close(ends[0]);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	setsid();
	if (chdir("/") != 0)
		return error_errno(err, errno, "changing to /");
	*ready = ends[1];
	return 0;
}

void
process_ready(int ready)
{
	int null = open("/dev/null", O_RDWR);

	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		if (null > STDERR_FILENO)
			close(null);
	}
	if (write(ready, "", 1) == 1)
		close(ready);
}

static int
find_user(const struct config *config, struct passwd **user, struct error *err)
{
	*user = NULL;
	if (config->user[0] == '\0' || geteuid() != 0)
		return 0;
	*user = getpwnam(config->user);
	if (*user == NULL)
		return error_set(err, ERROR_INPUT, "user: there is no user \"%s\"", config->user);
	return 0;
}

int
process_user(const struct config *config, uid_t *uid, struct error *err)
{
	struct passwd *user;

	*uid = (uid_t)-1;
	if (find_user(config, &user, err) != 0)
		return -1;
	if (user != NULL)
		*uid = user->pw_uid;
	return 0;
}

int
process_drop_privileges(const struct config *config, struct error *err)
{
	struct passwd *user;
	struct group *group;
	gid_t gid;

	if (find_user(config, &user, err) != 0)
		return -1;
	if (user == NULL)
		return 0;
	gid = user->pw_gid;
	if (config->group[0] != '\0') {
		group = getgrnam(config->group);
		if (group == NULL)
			return error_set(
			    err, ERROR_INPUT, "group: there is no group \"%s\"", config->group);
		gid = group->gr_gid;
	}
	if (initgroups(config->user, gid) != 0 || setgid(gid) != 0 || setuid(user->pw_uid) != 0)
		return error_errno(err, errno, "becoming user %s", config->user);
	if (user->pw_uid != 0 && setuid(0) == 0)
		return error_set(err, ERROR_INTERNAL, "root's privileges could not be dropped");
	return 0;
}

int
process_write_pid(const char *file, uid_t owner, struct error *err)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char text[32];
	int fd;
	int size;

	if (file[0] == '\0')
		return 0;
	fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_errno(err, errno, "pid-file: %s", file);
	if (fcntl(fd, F_SETLK, &lock) != 0) {
		close(fd);
		return error_set(err, ERROR_PERMANENT,
		    "pid-file: %s is held by another process: is the daemon running already?",
		    file);
	}
	size = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) != 0 || write(fd, text, (size_t)size) != size ||
	    (owner != (uid_t)-1 && fchown(fd, owner, (gid_t)-1) != 0)) {
		error_errno(err, errno, "pid-file: %s", file);
		close(fd);
		return -1;
	}
	return 0; /* stays open, and so locked, for the life of the process */
}

void
process_notify(const char *state)
{
#ifdef HAVE_SYSTEMD
	sd_notify(0, state);
#else
	(void)state;
#endif
}
