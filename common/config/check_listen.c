#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "config/check.h"

/* A number from least to most, up to `end`. */
static bool
is_number(const char *text, char end, long least, long most)
{
	char *rest;
	long number;

	if (*text < '0' || *text > '9')
		return false;
	number = strtol(text, &rest, 10);
	return *rest == end && number >= least && number <= most;
}

static const char *
check_inet(const char *text)
{
	const char *host = strchr(text, '@');

	if (host == NULL || host[1] == '\0')
		return "expected inet:PORT@HOST";
	if (!is_number(text, '@', 1, 65535))
		return "the port must be a number from 1 to 65535";
	return NULL;
}

static const char *
check_unix(const char *path)
{
	if (*path != '/')
		return "the path of a unix socket must be absolute";
	if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return "the path of a unix socket must have less than 108 bytes";
	return NULL;
}

const char *
check_listen(const char *listen)
{
	if (strncmp(listen, "unix:", 5) == 0)
		return check_unix(listen + 5);
	if (strncmp(listen, "inet:", 5) == 0)
		return check_inet(listen + 5);
	if (strncmp(listen, "inet6:", 6) == 0)
		return check_inet(listen + 6);
	if (strncmp(listen, "fd:", 3) == 0)
		/* 0 to 2 are the standard streams; systemd passes sockets from 3 on. */
		return is_number(listen + 3, '\0', 3, 1023) ? NULL
							    : "expected fd:N with N from 3 to 1023";
	return "expected unix:PATH, inet:PORT@HOST, inet6:PORT@HOST or fd:N";
}

const char *
check_control_socket(const char *socket)
{
	if (*socket == '\0')
		return NULL; /* there is to be none */
	if (strncmp(socket, "unix:", 5) != 0)
		return "expected unix:PATH, or nothing";
	return check_unix(socket + 5);
}
