/*
 * The standard streams of the program: what becomes of output that nobody reads, or that is lost. One
 * thread.
 */
#ifndef SMIME_CTL_STREAMS_H
#define SMIME_CTL_STREAMS_H

/* First of all: no file or connection may take the place of a standard stream that is closed, and get
 * what is written to it. */
void streams_open(void);

/*
 * A reader of standard output that has enough ends the program without a word; a peer elsewhere that is
 * gone is an error like any other. Once libraries are started: libgpgme, which GMime starts, ignores
 * SIGPIPE, and "smimectl audit | head" would go on to its end.
 */
void streams_watch(void);

/* Last: the status, or CTL_USAGE where not all could be written, which is said then. */
int streams_close(int status);

#endif
