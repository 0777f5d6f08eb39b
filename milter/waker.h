/*
 * libmilter's pool of workers hands ready sessions to idle workers even when there are fewer of
 * them than sessions, and starts no thread for the rest: a callback that waits for a directory
 * stops strangers. A new connection makes it look again. So while any callback waits, the waker
 * connects to our own listener and hangs up, every few milliseconds.
 */
#ifndef SMIME_MILTER_WAKER_H
#define SMIME_MILTER_WAKER_H

#include "base/compiler.h"
#include "base/error.h"
#include "listener.h"

struct waker;

/* Starts its thread, with all signals blocked. listener is borrowed. NULL on error. */
struct waker *waker_new(struct listener *listener, struct error *err);

/* A callback is about to wait, or has waited. Any thread. */
void waker_begin(struct waker *waker);
void waker_end(struct waker *waker);

/* Ends the thread. NULL is legal. */
void waker_free(struct waker *waker);

#endif
