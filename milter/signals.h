/*
 * The signals that the daemon answers: TERM, INT, HUP and USR1. libmilter has a thread of its own that
 * waits for TERM, INT and HUP and stops the hard way. Linux hands a signal of the process to the main
 * thread first if that does not block it (signal(7) leaves the choice open, the kernel's
 * complete_signal() makes it); so the main thread, and no other, takes them in a handler, which writes
 * the number to a pipe. It never blocks them again, which starting a thread would do for a moment: then
 * the signal is libmilter's. Only while libmilter's thread starts may it be the quicker one: then the stop
 * takes seconds, with nothing under way.
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
