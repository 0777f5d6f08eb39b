/*
 * Threads of ours. All of them block all signals, so that none meant for the process ends up in
 * one: libmilter and the main thread wait for theirs. Any thread.
 */
#ifndef SMIME_BASE_THREAD_H
#define SMIME_BASE_THREAD_H

#include <pthread.h>

#include "base/compiler.h"
#include "base/error.h"

/* Starts a thread with all signals blocked; pthread_join() it. 0/-1. */
MUST_CHECK int thread_start(
    pthread_t *thread, void *(*run)(void *), void *argument, struct error *err);

#endif
