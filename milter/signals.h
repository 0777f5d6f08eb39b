/*
 * The signals that the daemon answers: TERM, INT, HUP and USR1. The main thread takes them in a handler,
 * which writes the number to a pipe; all others block them.
 *
 * libmilter has a thread of its own that waits for TERM, INT and HUP and stops the hard way, for HUP as
 * well. Where it is quicker than the main thread, as on a busy machine, the signal is lost to us: a stop
 * takes seconds and may look like a failure, and a reload ends the daemon. So the sigwait() that
 * libmilter calls is one of ours (the program's symbols go before the C library's), and never returns.
 */
#ifndef SMIME_MILTER_SIGNALS_H
#define SMIME_MILTER_SIGNALS_H

#include "base/compiler.h"
#include "base/error.h"

/* Holds them back, and ignores SIGPIPE. Before any thread is started. */
void signals_block(void);

/* From now on they are taken by the calling thread, which must be the main one, also those that came
 * meanwhile. Before libmilter is started. */
MUST_CHECK int signals_receive(struct error *err);

/* Waits for the next one and gives its number. */
int signals_next(void);

#endif
