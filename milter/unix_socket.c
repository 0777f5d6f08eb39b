#include "unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Whether something answers at the path. A stale socket refuses; a full backlog is somebody's. */
static bool
answers(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	bool answered;

	if (fd < 0)
		return true;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	answered =
	    connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN;
	close(fd);
	return answered;
}

static int
remove_stale(const struct unix_socket *wanted, const struct sockaddr_un *address, struct error *err)
{
	struct stat st;

	if (lstat(wanted->path, &st) != 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return error_set(err, ERROR_PERMANENT, "%s: %s is there and is no socket",
		    wanted->setting, wanted->path);
	if (answers(address))
		return error_set(err, ERROR_PERMANENT,
		    "%s: another process answers on %s: is the daemon running already?",
		    wanted->setting, wanted->path);
	if (unlink(wanted->path) != 0)
		return error_errno(err, errno, "%s: removing %s", wanted->setting, wanted->path);
	return 0;
}

static int
group_id(const struct unix_socket *wanted, gid_t *gid, struct error *err)
{
	struct group *group = getgrnam(wanted->group);

	if (group == NULL)
		return error_set(err, ERROR_INPUT, "%s: there is no group \"%s\"",
		    wanted->group_setting, wanted->group);
	*gid = group->gr_gid;
	return 0;
}

static int
set_access(const struct unix_socket *wanted, struct error *err)
{
	gid_t gid = (gid_t)-1;

	if (wanted->group[0] != '\0' && group_id(wanted, &gid, err) != 0)
		return -1;
	if ((wanted->owner != (uid_t)-1 || gid != (gid_t)-1) &&
	    chown(wanted->path, wanted->owner, gid) != 0)
		return error_errno(
		    err, errno, "%s: owner and group of %s", wanted->setting, wanted->path);
	if (chmod(wanted->path, wanted->mode) != 0)
		return error_errno(err, errno, "%s: mode of %s", wanted->setting, wanted->path);
	return 0;
}

static int
bind_alone(int fd, const struct sockaddr_un *address)
{
	mode_t before = umask(0177); /* until the mode is set, nobody else */
	int result = bind(fd, (const struct sockaddr *)address, sizeof(*address));

	umask(before);
	return result;
}

int
unix_socket_open(const struct unix_socket *wanted, int backlog, struct error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(wanted->path) >= sizeof(address.sun_path))
		return error_set(err, ERROR_INPUT, "%s: %s is longer than %zu bytes",
		    wanted->setting, wanted->path, sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, wanted->path, strlen(wanted->path) + 1);
	if (remove_stale(wanted, &address, err) != 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0)
		return error_errno(err, errno, "%s: socket", wanted->setting);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (bind_alone(fd, &address) != 0) {
		error_errno(err, errno, "%s: %s", wanted->setting, wanted->path);
		goto close_fd;
	}
	if (set_access(wanted, err) != 0)
		goto unlink_path;
	if (listen(fd, backlog) != 0) {
		error_errno(err, errno, "%s: %s", wanted->setting, wanted->path);
		goto unlink_path;
	}
	return fd;

unlink_path:
	unlink(wanted->path);
close_fd:
	close(fd);
	return -1;
}
