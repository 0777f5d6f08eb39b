#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

void
streams_open(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		/* Opened for reading: writing to it is the error that it was. */
		if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDONLY) != fd)
			_exit(CTL_USAGE);
	}
}

static void
end_by_signal(void)
{
	signal(SIGPIPE, SIG_DFL);
	raise(SIGPIPE);
}

/* Whose pipe it was is not said: if standard output has no reader, it does not matter. Else whoever
 * wrote has EPIPE, as if the signal were ignored. */
static void
on_broken_pipe(int number UNUSED)
{
	struct pollfd out = {.fd = STDOUT_FILENO};
	int before = errno;

	if (poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP)) != 0)
		end_by_signal();
	errno = before;
}

void
streams_watch(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_broken_pipe;
	action.sa_flags = (int)SA_RESTART;
	sigemptyset(&action.sa_mask);
	sigaction(SIGPIPE, &action, NULL);
}

int
streams_close(int status)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno == EPIPE)
		end_by_signal(); /* a library ignored it just then */
	fprintf(stderr, "smimectl: writing to standard output: %s\n",
	    errno != 0 ? strerror(errno) : "not all could be written");
	return CTL_USAGE;
}
