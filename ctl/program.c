#define _GNU_SOURCE /* pipe2 */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"

extern char **environ;

/* Of standard error only the end is told. */
#define ERRORS_MAX ((size_t)64 << 10)
#define ERRORS_TOLD 400

struct run {
	pid_t pid;
	int out[2]; /* pipes: to read, to write; -1: closed */
	int errors[2];
	struct buffer output;
	struct buffer said;
};

static void
close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int
start(struct run *run, char *const *argv, struct error *err)
{
	posix_spawn_file_actions_t actions;
	int why;

	if (pipe2(run->out, O_CLOEXEC) != 0 || pipe2(run->errors, O_CLOEXEC) != 0)
		return error_errno(err, errno, "pipe");
	why = posix_spawn_file_actions_init(&actions);
	if (why != 0)
		return error_errno(err, why, "%s", argv[0]);
	if ((why = posix_spawn_file_actions_addopen(
		 &actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)) == 0 &&
	    (why = posix_spawn_file_actions_adddup2(&actions, run->out[1], STDOUT_FILENO)) == 0 &&
	    (why = posix_spawn_file_actions_adddup2(&actions, run->errors[1], STDERR_FILENO)) == 0)
		why = posix_spawn(&run->pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close_end(&run->out[1]);
	close_end(&run->errors[1]);
	if (why == 0)
		return 0;
	run->pid = 0;
	error_errno(err, why, "%s can't be run", argv[0]);
	return -1;
}

/* Reads what is there; at its end the pipe is closed. */
static int
drain(int *fd, struct buffer *buffer, struct error *err)
{
	char bytes[16384];
	ssize_t size = read(*fd, bytes, sizeof(bytes));

	if (size < 0 && errno == EINTR)
		return 0;
	if (size <= 0) {
		close_end(fd);
		return 0;
	}
	return buffer_append(buffer, bytes, (size_t)size, err);
}

static int
read_all(struct run *run, const char *name, struct error *err)
{
	int64_t end = clock_monotonic_ms() + PROGRAM_TIME;

	while (run->out[0] >= 0 || run->errors[0] >= 0) {
		struct pollfd fds[] = {
		    {run->out[0], POLLIN, 0}, {run->errors[0], POLLIN, 0}}; /* -1 is passed over */
		int64_t left = end - clock_monotonic_ms();
		int ready = left > 0 ? poll(fds, 2, (int)left) : 0;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return error_set(err, ERROR_TEMPORARY, "%s did not end within %d s", name,
			    (int)(PROGRAM_TIME / 1000));
		if ((fds[0].revents != 0 && drain(&run->out[0], &run->output, err) != 0) ||
		    (fds[1].revents != 0 && drain(&run->errors[0], &run->said, err) != 0))
			return error_prefix(err, "%s prints too much: ", name);
	}
	return 0;
}

/* Its exit status, after all it had to say; with killing if that failed. */
static int
finish(struct run *run, bool killing, int *status)
{
	pid_t ended;

	if (killing)
		kill(run->pid, SIGKILL);
	do
		ended = waitpid(run->pid, status, 0);
	while (ended < 0 && errno == EINTR);
	run->pid = 0;
	return ended < 0 ? -1 : 0;
}

static const char *
last_words(struct buffer *said)
{
	while (said->size > 0 && said->data[said->size - 1] == '\n')
		said->data[--said->size] = '\0';
	if (said->size == 0)
		return "it says nothing";
	return said->size > ERRORS_TOLD ? said->data + said->size - ERRORS_TOLD : said->data;
}

int
program_run(char *const *argv, char **output, struct error *err)
{
	struct run run = {.out = {-1, -1},
	    .errors = {-1, -1},
	    .output = {.limit = PROGRAM_OUTPUT_MAX},
	    .said = {.limit = ERRORS_MAX}};
	int status = 0;
	int result = start(&run, argv, err);

	if (result == 0) {
		result = read_all(&run, argv[0], err);
		if (finish(&run, result != 0, &status) != 0 && result == 0)
			result = error_errno(err, errno, "waiting for %s", argv[0]);
	}
	if (result == 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
		result =
		    error_set(err, ERROR_INPUT, "%s failed: %s", argv[0], last_words(&run.said));
	if (result == 0 && buffer_append(&run.output, "", 0, err) == 0) {
		*output = buffer_take(&run.output);
		if (*output == NULL)
			result = error_no_memory(err);
	}
	close_end(&run.out[0]);
	close_end(&run.out[1]);
	close_end(&run.errors[0]);
	close_end(&run.errors[1]);
	buffer_free(&run.output);
	buffer_free(&run.said);
	return result;
}
