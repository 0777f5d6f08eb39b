/*
 * libmilter's callbacks: each turns one event of the MTA into one call of the session or the
 * message, and its answer into libmilter's. Nothing is decided here.
 */
#ifndef SMIME_MILTER_CALLBACKS_H
#define SMIME_MILTER_CALLBACKS_H

#include "base/compiler.h"
#include "base/error.h"
#include "daemon.h"
#include "waker.h"

/* Tells libmilter of the callbacks. libmilter gives them no argument of ours, so daemon and waker
 * are kept here, for the process; both outlive smfi_main(). Once. */
MUST_CHECK int callbacks_register(struct daemon *daemon, struct waker *waker, struct error *err);

#endif
