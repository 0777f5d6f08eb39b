/*
 * The socket that the MTA connects to: made, or taken over from the service manager, before
 * privileges are dropped; and closed to new connections before the daemon stops.
 */
#ifndef SMIME_MILTER_LISTENER_H
#define SMIME_MILTER_LISTENER_H

#include <pthread.h>
#include <sys/socket.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"

struct listener {
	pthread_mutex_t lock; /* of the address: the waker reads it while the daemon stops */
	int fd;
	struct sockaddr_storage address; /* where it can be connected to */
	socklen_t address_size;
	char unix_path[108]; /* removed at the end; "" if it is not ours to remove */
};

/* Opens what `listen` says, with mode and group for a unix socket. A socket left behind by a daemon
 * that is gone is replaced; one that answers is an error. owner: uid that will run the daemon, for
 * a unix socket; -1: leave it. */
MUST_CHECK int listener_open(
    const struct config *config, uid_t owner, struct listener *listener, struct error *err);

/* From now on nobody can connect: the descriptor number stays in use (libmilter polls it), by a
 * socket that only listener_poke() reaches. */
void listener_close_to_others(struct listener *listener);

/* Closes it and removes a unix socket of ours that is still there. */
void listener_close(struct listener *listener);

/* Connects to the listener and hangs up: wakes whoever accepts. */
void listener_poke(struct listener *listener);

#endif
