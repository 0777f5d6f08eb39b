/*
 * Listening sockets in the file system: the MTA's, and the control socket. Before other threads are
 * started (the umask is the process's).
 */
#ifndef SMIME_MILTER_UNIX_SOCKET_H
#define SMIME_MILTER_UNIX_SOCKET_H

#include <sys/types.h>

#include "base/compiler.h"
#include "base/error.h"

struct unix_socket {
	const char *setting; /* that names it, for errors */
	const char *path;
	mode_t mode;
	const char *group_setting;
	const char *group; /* "": leave it */
	uid_t owner;       /* -1: leave it */
};

/* Makes the socket and listens on it (close-on-exec); nobody else gets in before mode and group are
 * set. A socket left behind by a process that is gone is replaced; one that answers is an error, as
 * is anything else at the path. The descriptor, or -1. */
MUST_CHECK int unix_socket_open(const struct unix_socket *wanted, int backlog, struct error *err);

#endif
