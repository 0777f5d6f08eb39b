/*
 * Ctrl-C in the middle of something long: what was found so far is shown, and the program ends
 * cleanly. A second one ends it at once. One thread; others of the program block the signals.
 */
#ifndef SMIME_CTL_INTERRUPT_H
#define SMIME_CTL_INTERRUPT_H

#include <stdbool.h>
#include <sys/types.h>

/* From now on SIGINT and SIGTERM are only noted, once. */
void interrupt_catch(void);

/* Whether one came. */
bool interrupt_came(void);

/* Reads some bytes, waiting for them as long as none came. 0: the end, or interrupt_came(). -1: errno. */
ssize_t interrupt_read(int file, void *bytes, size_t size);

#endif
