/* The running daemon: its answer on the control socket, and its socket for the MTA. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "control_client.h"
#include "doctor.h"

static const char *
text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value != NULL ? value : "?";
}

/* The groups that a line of /proc/PID/status names. */
static void
learn_groups(struct access_user *user, const char *text)
{
	char *end;

	for (;; text = end) {
		unsigned long group = strtoul(text, &end, 10);

		if (end == text)
			return;
		access_join(user, (gid_t)group);
	}
}

/* As whom it runs: "Uid:\t103\t103\t103\t103", the effective one second; "Gid:" likewise, and "Groups:\t102
 * 110 ". The file's owner says nothing: of a daemon that gave up root it is root. */
static void
learn_user(struct doctor *doctor, const json_t *daemon)
{
	json_int_t pid = json_integer_value(json_object_get(daemon, "pid"));
	const struct passwd *entry;
	struct access_user user = {.group_count = 0};
	bool known = false;
	unsigned long uid;
	char line[4096]; /* of more groups than there is room for here, the first */
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%lld/status", (long long)pid);
	file = pid > 0 ? fopen(path, "re") : NULL;
	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "Uid:%*u%lu", &uid) == 1) {
			entry = getpwuid((uid_t)uid);
			known = entry != NULL && access_user(entry->pw_name, &user);
			user.group_count = 0;
		} else if (known && strncmp(line, "Gid:", 4) == 0) {
			learn_groups(&user, line + 4);
		} else if (known && strncmp(line, "Groups:", 7) == 0) {
			learn_groups(&user, line + 7);
		}
	}
	fclose(file);
	if (known)
		doctor->user = user;
	doctor->has_user = doctor->has_user || known;
}

static void
compare(const struct doctor *doctor, const json_t *daemon)
{
	const struct config *config = doctor->config;
	time_t started = 0;
	struct stat about;

	if (strcmp(text(daemon, "version"), PACKAGE_VERSION) != 0)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_WARNING, "daemon",
		    "systemctl restart smime-milter",
		    "the running daemon is version %s, smimectl is " PACKAGE_VERSION,
		    text(daemon, "version"));
	if (strcmp(text(daemon, "configuration"), config->file) != 0)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_NOTE, "daemon",
		    "look at that one: smimectl doctor -c FILE",
		    "the running daemon has read %s, not %s", text(daemon, "configuration"),
		    config->file);
	else if (clock_parse_rfc3339(text(daemon, "started"), &started, NULL) == 0 &&
		 stat(config->file, &about) == 0 && about.st_mtime > started)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_NOTE, "daemon",
		    "systemctl reload smime-milter, if it was not reloaded since",
		    "%s was changed after the daemon started", config->file);
}

static void
tell_server(const struct doctor *doctor, const json_t *server)
{
	if (json_is_true(json_object_get(server, "down")))
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_WARNING, "daemon",
		    "see what is said of the directory below",
		    "to the daemon, directory \"%s\" is down: %s", text(server, "directory"),
		    text(server, "error"));
}

static void
tell_daemon(struct doctor *doctor, const json_t *daemon)
{
	char amount[CTL_AMOUNT_SIZE];

	learn_user(doctor, daemon);
	diagnosis_add(doctor->diagnosis, DIAGNOSIS_OK, "daemon", NULL,
	    "it runs for %s (pid %lld, user %s), %lld anchor(s)",
	    ctl_format_duration(
		json_integer_value(json_object_get(daemon, "uptime")) * 1000, amount),
	    (long long)json_integer_value(json_object_get(daemon, "pid")),
	    doctor->has_user ? doctor->user.name : "unknown",
	    (long long)json_integer_value(json_object_get(daemon, "anchors")));
	compare(doctor, daemon);
}

static void
take_rows(struct doctor *doctor, struct control_client *client)
{
	struct error err = ERROR_INIT;
	bool told = false;
	json_t *row;
	int more;

	while ((more = control_client_next(client, &row, &err)) > 0) {
		const json_t *server = json_object_get(row, "server");

		if (server != NULL)
			tell_server(doctor, server);
		else if (!told)
			tell_daemon(doctor, row);
		told = told || server == NULL;
		json_decref(row);
	}
	if (more < 0 || !told)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "daemon",
		    "look into its log: journalctl -u smime-milter", "%s",
		    more < 0 ? err.text : "its answer is empty");
}

static int
connect_unix(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return errno;
	if (strlen(path) >= sizeof(address.sun_path))
		errno = ENAMETOOLONG;
	else {
		memcpy(address.sun_path, path, strlen(path) + 1);
		errno = 0;
		if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 &&
		    errno == EAGAIN)
			errno = 0; /* somebody is there, and busy */
	}
	close(fd);
	return errno;
}

static void
ask(struct doctor *doctor)
{
	const char *path = doctor->config->control_socket;
	struct error err = ERROR_INIT;
	struct control_client *client;

	if (path == NULL || strchr(path, ':') == NULL) {
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_NOTE, "daemon", NULL,
		    "it has no control socket (control-socket is empty) to ask it");
		return;
	}
	if (connect_unix(strchr(path, ':') + 1) == EACCES) {
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_NOTE, "daemon", "try it as root",
		    "it can't be asked by this user: %s is for root and control-group", path);
		return;
	}
	client = control_client_ask(
	    strchr(path, ':') + 1, json_pack("{s:s}", "command", "status"), &err);
	if (client != NULL)
		take_rows(doctor, client);
	else
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "daemon",
		    "systemctl start smime-milter; if it does not start: journalctl -u "
		    "smime-milter",
		    "%s", err.text);
	control_client_free(client);
}

/* Its socket for the MTA, if it is a unix socket: that of a port the MTA's own test shows. */
static void
knock(const struct doctor *doctor)
{
	int why;

	if (strncmp(doctor->listen, "unix:", 5) != 0)
		return;
	why = connect_unix(doctor->listen + 5);
	if (why == 0)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_OK, "daemon", NULL,
		    "it listens for the MTA at %s", doctor->listen);
	else if (why == EACCES)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_NOTE, "daemon", "try it as root",
		    "whether it listens at %s can't be seen by this user", doctor->listen);
	else
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "daemon",
		    "start it, and see that listen names this socket",
		    "the MTA can't reach it at %s: %s", doctor->listen, strerror(why));
}

void
doctor_daemon(struct doctor *doctor)
{
	ask(doctor);
	knock(doctor);
}
