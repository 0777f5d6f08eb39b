#define _GNU_SOURCE /* ppoll() */
#include "interrupt.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"

static volatile sig_atomic_t came;

static void
on_signal(int number UNUSED)
{
	came = 1;
}

void
interrupt_catch(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_signal;
	action.sa_flags = (int)(SA_RESTART | SA_RESETHAND);
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

bool
interrupt_came(void)
{
	return came != 0;
}

/* Waits until there is something to read, or the end. -1: errno; EINTR: a signal came, be it just before. */
static int
wait_for_bytes(int file)
{
	struct pollfd wait = {.fd = file, .events = POLLIN};
	sigset_t ours;
	sigset_t before;
	int got;

	/* Between the look and the waiting no signal may come unseen: it would wait for ever. */
	sigemptyset(&ours);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &ours, &before);
	if (interrupt_came()) {
		errno = EINTR;
		got = -1;
	} else {
		got = ppoll(&wait, 1, NULL, &before);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return got;
}

ssize_t
interrupt_read(int file, void *bytes, size_t size)
{
	ssize_t got;

	do {
		got = wait_for_bytes(file);
		if (got > 0)
			got = read(file, bytes, size);
	} while (got < 0 && (errno == EINTR || errno == EAGAIN) && !interrupt_came());
	return got < 0 && interrupt_came() ? 0 : got;
}
