#include "control_client.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buffer.h"

/* The daemon answers at once, or is in trouble. */
static const struct timeval patience = {10, 0};

/* Longest line of an answer: an address or an error's text, and a few numbers. */
#define LINE_MAX_SIZE ((size_t)64 << 10)

struct control_client {
	int fd;
	struct buffer input;
	size_t line_size; /* of the line handed out last, still in input */
	bool cut;
};

/* Who may connect, as far as can be seen. */
static int
refused(const char *path, struct error *err)
{
	struct stat status;
	struct group *group;

	if (stat(path, &status) != 0)
		return error_set(err, ERROR_TEMPORARY,
		    "the daemon's control socket %s is out of reach: its folder may not be "
		    "entered; "
		    "try it as root",
		    path);
	group = getgrgid(status.st_gid);
	return error_set(err, ERROR_TEMPORARY,
	    "the daemon's control socket %s is for root and group %s: try it as root, or join the "
	    "group (control-group names it)",
	    path, group != NULL ? group->gr_name : "of another number");
}

static int
unreachable(const char *path, int why, struct error *err)
{
	if (why == EACCES || why == EPERM)
		return refused(path, err);
	if (why == ENOENT)
		return error_set(err, ERROR_TEMPORARY,
		    "the daemon can't be reached: there is no socket %s. Is it running (systemctl "
		    "status smime-milter), with this configuration? Its log says so if the socket "
		    "could not be made",
		    path);
	if (why == ECONNREFUSED)
		return error_set(err, ERROR_TEMPORARY,
		    "the daemon can't be reached: nobody listens at %s. Is it running (systemctl "
		    "status smime-milter)?",
		    path);
	error_errno(err, why, "the daemon can't be reached at %s", path);
	err->code = ERROR_TEMPORARY;
	return -1;
}

static int
connect_to(const char *path, struct error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return error_set(err, ERROR_INPUT, "%s is longer than %zu bytes", path,
		    sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0)
		return error_errno(err, errno, "socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	unreachable(path, errno, err);
	close(fd);
	return -1;
}

static int
failed(int why, struct error *err)
{
	if (why == EAGAIN || why == EWOULDBLOCK)
		return error_set(err, ERROR_TEMPORARY,
		    "the daemon did not answer within %ld s: it starts, or is in trouble; see its "
		    "log",
		    (long)patience.tv_sec);
	return error_errno(err, why, "talking to the daemon");
}

static int
send_request(int fd, json_t *request, struct error *err)
{
	char *text = request != NULL ? json_dumps(request, JSON_COMPACT) : NULL;
	size_t size = text != NULL ? strlen(text) : 0;
	ssize_t sent;

	if (text == NULL)
		return error_no_memory(err);
	text[size] = '\n'; /* in place of the NUL */
	sent = send(fd, text, size + 1, MSG_NOSIGNAL);
	free(text);
	if (sent < 0)
		return failed(errno, err);
	if ((size_t)sent != size + 1)
		return error_set(err, ERROR_TEMPORARY, "the daemon does not take the request");
	return 0;
}

struct control_client *
control_client_ask(const char *path, json_t *request, struct error *err)
{
	struct control_client *client = calloc(1, sizeof(*client));

	if (client == NULL) {
		error_no_memory(err);
		goto free_request;
	}
	client->input.limit = LINE_MAX_SIZE;
	client->fd = connect_to(path, err);
	if (client->fd < 0 || send_request(client->fd, request, err) != 0) {
		control_client_free(client);
		client = NULL;
	}
free_request:
	json_decref(request);
	return client;
}

struct control_client *
control_client_begin(
    const struct ctl_options *options, const char *socket, json_t *request, enum ctl_status *status)
{
	struct control_client *client = NULL;
	struct config *config = NULL;
	struct error err = ERROR_INIT;

	*status = CTL_USAGE;
	if (socket == NULL) {
		config = ctl_config(options);
		if (config == NULL) {
			fputs("smimectl: so it does not say where the daemon is: name its socket "
			      "with --socket PATH\n",
			    stderr);
			json_decref(request);
			return NULL;
		}
		if (config->control_socket[0] != '\0') /* "unix:PATH" */
			socket = strchr(config->control_socket, ':') + 1;
	}
	if (socket == NULL) {
		json_decref(request);
		error_set(&err, ERROR_INPUT, "%s: control-socket is empty: the daemon has none",
		    config->file);
	} else {
		client = control_client_ask(socket, request, &err);
	}
	if (client == NULL)
		*status = ctl_fail(&err);
	config_unref(config);
	return client;
}

/* Reads until a line is there; NULL on error. It lies in input, ended by NUL instead of LF. */
static char *
next_line(struct control_client *client, struct error *err)
{
	char block[4096];
	ssize_t got;
	char *end;

	buffer_consume(&client->input, client->line_size);
	client->line_size = 0;
	while (client->input.size == 0 ||
	       (end = memchr(client->input.data, '\n', client->input.size)) == NULL) {
		got = recv(client->fd, block, sizeof(block), 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			failed(errno, err);
			return NULL;
		}
		if (got == 0) {
			error_set(
			    err, ERROR_TEMPORARY, "the daemon's answer was cut off: did it stop?");
			return NULL;
		}
		if (buffer_append(&client->input, block, (size_t)got, err) != 0)
			return NULL;
	}
	*end = '\0';
	client->line_size = (size_t)(end - client->input.data) + 1;
	return client->input.data;
}

int
control_client_next(struct control_client *client, json_t **row, struct error *err)
{
	const char *line = next_line(client, err);
	const char *refusal;
	bool ended;

	*row = NULL;
	if (line == NULL)
		return -1;
	*row = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(*row)) {
		error_set(err, ERROR_INPUT, "what answers there is no smime-milter");
		goto drop;
	}
	refusal = json_string_value(json_object_get(*row, "error"));
	if (refusal != NULL) {
		error_set(err, ERROR_INPUT, "the daemon says: %s", refusal);
		goto drop;
	}
	ended = json_is_true(json_object_get(*row, "end"));
	if (!ended)
		return 1;
	client->cut = json_is_true(json_object_get(*row, "cut"));
	json_decref(*row);
	*row = NULL;
	return 0;

drop:
	json_decref(*row);
	*row = NULL;
	return -1;
}

bool
control_client_was_cut(const struct control_client *client)
{
	return client->cut;
}

void
control_client_free(struct control_client *client)
{
	if (client == NULL)
		return;
	if (client->fd >= 0)
		close(client->fd);
	buffer_free(&client->input);
	free(client);
}
