/*
 * Serving: from a ready socket and snapshot until the signal that ends it.
 */
#ifndef SMIME_MILTER_SERVE_H
#define SMIME_MILTER_SERVE_H

#include "base/compiler.h"
#include "base/error.h"
#include "control.h"
#include "daemon.h"
#include "listener.h"

struct evidence;

struct serve {
	const char *config_file; /* read again at a reload */
	struct daemon *daemon;
	struct listener *listener;
	struct control *control; /* NULL: none */
	struct spool_space *space;
	struct evidence *evidence; /* one for all snapshots */
	struct pending *pending;   /* unknown CAs that are met */
	int ready;                 /* of process_background(); -1 in the foreground */
};

/* Runs libmilter and answers signals (TERM, INT: finish what is under way and stop; USR1, HUP: read
 * the configuration again) until it is told to stop. From the main thread. 0, or -1 where libmilter
 * failed. */
MUST_CHECK int serve_run(const struct serve *serve, struct error *err);

#endif
