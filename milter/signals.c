#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

static const int ours[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};

/* From the handler to signals_next(): a handler has no argument of ours. */
static int numbers[2] = {-1, -1};

static void
our_signals(sigset_t *set)
{
	size_t i;

	sigemptyset(set);
	for (i = 0; i < ARRAY_LENGTH(ours); i++)
		sigaddset(set, ours[i]);
}

void
signals_block(void)
{
	sigset_t set;

	our_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* Told and not answered yet: once more says nothing new. */
static atomic_bool told[NSIG];

/* Others come on top of it, and must not pile up: all but the first end at once. */
static void
on_signal(int number)
{
	unsigned char byte = (unsigned char)number;
	int before = errno;

	if (atomic_exchange(&told[number], true))
		return;
	if (write(numbers[1], &byte, 1) != 1)
		atomic_store(&told[number], false);
	errno = before;
}

int
signals_receive(struct error *err)
{
	/* Nothing is blocked meanwhile: libmilter's thread, which waits for HUP, too, and stops then,
	 * would get what comes. */
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_NODEFER};
	sigset_t set;
	size_t i;

	if (pipe(numbers) != 0)
		return error_errno(err, errno, "a pipe for signals");
	fcntl(numbers[0], F_SETFD, FD_CLOEXEC);
	fcntl(numbers[1], F_SETFD, FD_CLOEXEC);
	fcntl(numbers[1], F_SETFL, O_NONBLOCK);
	our_signals(&set);
	sigemptyset(&action.sa_mask);
	for (i = 0; i < ARRAY_LENGTH(ours); i++)
		sigaction(ours[i], &action, NULL);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	return 0;
}

/* In place of the C library's, for libmilter's thread, which alone in the process calls it: it waits for
 * good, and so never takes one of the signals. */
int
sigwait(const sigset_t *set UNUSED, int *number UNUSED)
{
	for (;;)
		pause();
}

int
signals_next(void)
{
	struct pollfd pipe_end = {.fd = numbers[0], .events = POLLIN};
	unsigned char byte;

	/* poll() is interrupted by the handler, whatever SA_RESTART says; ThreadSanitizer, too, runs
	 * handlers within it, but not within read(). */
	while (poll(&pipe_end, 1, -1) != 1 || read(numbers[0], &byte, 1) != 1)
		continue;
	atomic_store(&told[byte], false);
	return byte;
}
