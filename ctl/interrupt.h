/*
 * Ctrl-C in the middle of something long: what was found so far is shown, and the program ends
 * cleanly. A second one ends it at once. One thread; others of the program block the signals.
 */
#ifndef SMIME_CTL_INTERRUPT_H
#define SMIME_CTL_INTERRUPT_H

#include <stdbool.h>

/* From now on SIGINT and SIGTERM are only noted, once. */
void interrupt_catch(void);

/* Whether one came. */
bool interrupt_came(void);

#endif
