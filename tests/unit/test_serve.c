/* milter/serve, milter/signals: what starts and ends the daemon. libmilter and the control socket are
 * scripted: see milter.inc. */
#include <libmilter/mfapi.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "callbacks.h"
#include "process.h"
#include "serve.h"
#include "signals.h"
#include "unit.h"

/* How libmilter runs: signals come while it does, one after the other has been answered; then it is
 * stopped, or ends by itself. */
static struct {
	int signals[4]; /* to 0 */
	bool by_itself;
	int result;
} script;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool stopped;
static int reloads;
static bool told_of_stop;
static atomic_bool taken; /* by libmilter's own thread */

static struct config config;
static struct listener listener;
static struct serve serve;
static struct error err;

int
smfi_setconn(char *spec)
{
	ck_assert_str_ne(spec, "");
	return MI_SUCCESS;
}

int
smfi_settimeout(int seconds)
{
	ck_assert_int_gt(seconds, 0);
	return MI_SUCCESS;
}

/* As libmilter's: whatever comes first. */
static void *
wait_for_signals(void *argument UNUSED)
{
	sigset_t set;
	int number;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigwait(&set, &number);
	atomic_store(&taken, true);
	return NULL;
}

int
smfi_main(void)
{
	pthread_t thread;
	int answered;
	size_t i;

	ck_assert_int_eq(pthread_create(&thread, NULL, wait_for_signals, NULL), 0);
	pthread_detach(thread);
	pthread_mutex_lock(&lock);
	for (i = 0; script.signals[i] != 0; i++) {
		answered = reloads;
		kill(getpid(), script.signals[i]);
		while (!stopped && reloads == answered)
			pthread_cond_wait(&changed, &lock);
	}
	while (!stopped && !script.by_itself)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	return script.result;
}

int
smfi_stop(void)
{
	pthread_mutex_lock(&lock);
	stopped = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	return MI_SUCCESS;
}

int
callbacks_register(struct daemon *daemon, struct waker *waker, struct error *error UNUSED)
{
	ck_assert_ptr_eq(daemon, serve.daemon);
	ck_assert_ptr_nonnull(waker);
	return 0;
}

int
control_start(struct control *control UNUSED, const struct control_subject *subject,
    struct error *error UNUSED)
{
	ck_assert_ptr_eq(subject->daemon, serve.daemon);
	return 0;
}

void
control_stop(struct control *control UNUSED)
{
}

void
process_ready(int ready UNUSED)
{
}

void
process_notify(const char *state)
{
	pthread_mutex_lock(&lock);
	reloads += strcmp(state, "RELOADING=1") == 0;
	told_of_stop |= strcmp(state, "STOPPING=1") == 0;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void
setup(void)
{
	static char listen[] = "inet:0@127.0.0.1";
	struct snapshot *snapshot;

	config.listen = listen;
	config.references = 2;
	memset(&script, 0, sizeof(script));
	stopped = false;
	reloads = 0;
	told_of_stop = false;
	atomic_store(&taken, false);
	err = (struct error)ERROR_INIT;
	signals_block();
	ck_assert_msg(listener_open(&config, (uid_t)-1, &listener, &err) == 0, "%s", err.text);
	snapshot = snapshot_from_parts(&config, NULL, NULL, NULL, NULL, &err);
	ck_assert_ptr_nonnull(snapshot);
	/* No file of configuration: each reload is asked for, and leaves all as it is. */
	serve = (struct serve){.config_file = "/nonexistent/smime-milter.conf",
	    .daemon = daemon_new(snapshot),
	    .listener = &listener,
	    .ready = -1};
	ck_assert_ptr_nonnull(serve.daemon);
}

static void
teardown(void)
{
	daemon_close(serve.daemon);
	listener_close(&listener);
}

static void
assert_ends_well(void)
{
	ck_assert_msg(serve_run(&serve, &err) == 0, "%s", err.text);
	ck_assert(stopped);
	ck_assert(told_of_stop);
	ck_assert(!atomic_load(&taken));
}

START_TEST(term_and_int_stop_it)
{
	script.signals[0] = _i == 0 ? SIGTERM : SIGINT;
	assert_ends_well();
	ck_assert_int_eq(reloads, 0);
}
END_TEST

START_TEST(a_stop_that_came_before_libmilter_began_counts)
{
	kill(getpid(), SIGTERM);
	assert_ends_well();
}
END_TEST

START_TEST(hup_and_usr1_reload)
{
	script.signals[0] = SIGHUP;
	script.signals[1] = SIGUSR1;
	script.signals[2] = SIGTERM;
	assert_ends_well();
	ck_assert_int_eq(reloads, 2);
}
END_TEST

/* libmilter, stopped as it begins, may find its socket closed already, and says so. */
START_TEST(what_libmilter_says_once_it_is_stopped_is_no_failure)
{
	script.signals[0] = SIGTERM;
	script.result = MI_FAILURE;
	assert_ends_well();
}
END_TEST

START_TEST(a_failure_of_libmilter_ends_it_with_one)
{
	script.by_itself = true;
	script.result = MI_FAILURE;
	ck_assert_int_eq(serve_run(&serve, &err), -1);
	ck_assert_str_eq(err.text, "libmilter ended with a failure");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("serve");
	TCase *tcase = unit_case(suite, "serve");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, term_and_int_stop_it, 0, 2);
	tcase_add_test(tcase, a_stop_that_came_before_libmilter_began_counts);
	tcase_add_test(tcase, hup_and_usr1_reload);
	tcase_add_test(tcase, what_libmilter_says_once_it_is_stopped_is_no_failure);
	tcase_add_test(tcase, a_failure_of_libmilter_ends_it_with_one);
	return unit_run(suite);
}
