/* ldap/pool, with servers that do as they are told. */
#include <dlfcn.h>
#include <event2/event.h>
#include <event2/thread.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "directory_fixture.h"
#include "fake_server.h"
#include "ldap/connection.h"
#include "ldap/pool.h"
#include "ldap/referral.h"
#include "unit.h"

#define FAKES 3
/* After so long a server counts as silent: longer than a busy machine keeps one that isn't from
 * answering. Milliseconds. */
#define SILENCE 1500

static struct fixture fixture;
static struct config_directory *directory;
static struct fake fakes[FAKES];
static size_t fake_count;
static const char *uris[FAKES + 1];
static const char *listed[FAKES];
static char closed_uri[60];
static struct event_base *base;
static struct event *tick;
static struct worker_pool *workers;
static struct pool *pool;

/* Of the questions to come. */
static const char *filter = "(mail=a)";
static LDAPControl **controls;
static uint64_t connection;

/* What came of one search. */
struct asked {
	struct pool_search *search; /* NULL: it is over */
	int begins;
	int entries; /* since the last beginning */
	char dn[100];
	bool refuses_entries;
	int done;
	enum pool_outcome outcome;
	char error[1024];
	char server[120];
	uint64_t connection;
	size_t controls; /* of the answer */
	bool authenticated;
	struct asked *next; /* started when this one ends */
};

/* The look-up of one name hangs while this is set. */
static atomic_int hangs;
static atomic_int lookups;

/* In place of the C library's, which can't be made to hang. */
int
getaddrinfo(const char *restrict name, const char *restrict service,
    const struct addrinfo *restrict hints, struct addrinfo **restrict result)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	if (strcmp(name, "hangs.test") == 0) {
		atomic_fetch_add(&lookups, 1);
		while (atomic_load(&hangs) != 0)
			poll(NULL, 0, 2);
		name = "127.0.0.1";
	}
	return real(name, service, hints, result);
}

static void
on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *context UNUSED)
{
}

static void
setup(void)
{
	static const struct timeval interval = {0, 2000};

	signal(SIGPIPE, SIG_IGN);
	filter = "(mail=a)";
	controls = NULL;
	connection = 0;
	memset(fakes, 0, sizeof(fakes));
	connection_prepare();
	evthread_use_pthreads();
	fixture_init(&fixture, 1);
	fixture_folder(&fixture);
	directory = &fixture.directories[0];
	directory->tls = TLS_NEVER;
	directory->base = (char *)"o=x";
	directory->search_timeout = 20000;
	directory->connect_timeout = 20000;
	base = event_base_new();
	tick = event_new(base, -1, EV_PERSIST, on_tick, NULL);
	event_add(tick, &interval);
	workers = worker_pool_new(base, FAKES + 1, 100, "tests", NULL);
	ck_assert_ptr_nonnull(workers);
}

static void
teardown(void)
{
	atomic_store(&hangs, 0);
	pool_free(pool);
	worker_pool_free(workers);
	event_free(tick);
	event_base_free(base);
	while (fake_count > 0)
		fake_stop(&fakes[--fake_count]);
	fixture_end(&fixture);
}

static struct fake *
add_fake(enum fake_mode mode)
{
	struct fake *fake = &fakes[fake_count++];

	atomic_store(&fake->mode, mode);
	fake_start(fake, 0, NULL);
	uris[directory->uri.count] = fake->uri;
	fixture_list(&directory->uri, uris, directory->uri.count + 1);
	return fake;
}

/* A server that is down. Returns its port. */
static int
add_closed(void)
{
	int port = fake_port();

	snprintf(closed_uri, sizeof(closed_uri), "ldap://127.0.0.1:%d", port);
	uris[directory->uri.count] = closed_uri;
	fixture_list(&directory->uri, uris, directory->uri.count + 1);
	return port;
}

static void
start_pool(void)
{
	struct error err = ERROR_INIT;

	pool = pool_new(directory, NULL, base, workers, &err);
	ck_assert_msg(pool != NULL, "%s", err.text);
}

static void
on_begin(void *context)
{
	struct asked *asked = context;

	asked->begins++;
	asked->entries = 0;
}

static int
on_entry(void *context, LDAP *ld, LDAPMessage *entry, struct error *err)
{
	struct asked *asked = context;
	char *dn = ldap_get_dn(ld, entry);

	ck_assert_int_gt(asked->begins, 0);
	asked->entries++;
	snprintf(asked->dn, sizeof(asked->dn), "%s", dn);
	ldap_memfree(dn);
	return asked->refuses_entries ? error_set(err, ERROR_LIMIT, "no entries, please") : 0;
}

static void begin(struct asked *asked);

static void
on_done(void *context, const struct pool_result *result)
{
	struct asked *asked = context;

	asked->search = NULL;
	asked->done++;
	asked->outcome = result->outcome;
	asked->authenticated = result->authenticated;
	asked->connection = result->connection;
	while (result->controls != NULL && result->controls[asked->controls] != NULL)
		asked->controls++;
	if (result->error != NULL)
		snprintf(asked->error, sizeof(asked->error), "%s", result->error->text);
	if (result->server != NULL)
		snprintf(asked->server, sizeof(asked->server), "%s", result->server);
	if (asked->next != NULL)
		begin(asked->next);
}

static const struct pool_events events = {on_begin, on_entry, on_done};

static struct pool_search *
try_begin(struct asked *asked, int64_t time_ms, struct error *err)
{
	static char name[] = "mail";
	static char *attributes[] = {name, NULL};
	char text[] = "o=x";
	const struct pool_question question = {.base = text,
	    .scope = LDAP_SCOPE_SUBTREE,
	    .filter = filter,
	    .attributes = attributes,
	    .entries_limit = 10,
	    .controls = controls,
	    .connection = connection,
	    .deadline_ms = clock_monotonic_ms() + time_ms};

	asked->search = pool_search_start(pool, &question, &events, asked, err);
	text[0] = 'z'; /* it was copied */
	return asked->search;
}

/* Of a search, milliseconds: half of it is for a first server that does not answer, well before the
 * time to connect is over. */
#define SEARCH_TIME 10000

static void
begin(struct asked *asked)
{
	struct error err = ERROR_INIT;

	ck_assert_msg(try_begin(asked, SEARCH_TIME, &err) != NULL, "%s", err.text);
}

/* Runs the loop until the condition holds. */
#define RUN_UNTIL(condition)                                                                     \
	do {                                                                                     \
		int64_t end = clock_monotonic_ms() + FIXTURE_PATIENCE;                           \
		while (!(condition)) {                                                           \
			ck_assert_msg(                                                           \
			    clock_monotonic_ms() < end, "%s", "waited in vain for " #condition); \
			event_base_loop(base, EVLOOP_ONCE);                                      \
		}                                                                                \
	} while (0)

static struct asked
ask(void)
{
	struct asked asked = {.done = 0};

	begin(&asked);
	RUN_UNTIL(asked.done > 0);
	return asked;
}

static void
expect_answered(struct asked asked, const struct fake *by)
{
	ck_assert_msg(asked.outcome == POOL_COMPLETE, "%s", asked.error);
	ck_assert_int_eq(asked.done, 1);
	ck_assert_str_eq(asked.server, by->uri);
}

static void
expect_failed(struct asked asked, const char *why)
{
	ck_assert_int_eq(asked.done, 1);
	ck_assert_int_eq(asked.outcome, POOL_FAILED);
	ck_assert_msg(strstr(asked.error, why) != NULL, "%s", asked.error);
}

static struct pool_server_state
state_of(size_t index)
{
	struct pool_server_state state;

	pool_server_state(pool, index, &state);
	return state;
}

START_TEST(a_search_gives_its_entries_and_who_answered)
{
	struct fake *fake = add_fake(FAKE_ANSWERS);
	struct asked asked;

	start_pool();
	ck_assert_int_eq(atomic_load(&fake->connections), 0);
	asked = ask();
	expect_answered(asked, fake);
	ck_assert_int_eq(asked.begins, 1);
	ck_assert_int_eq(asked.entries, 1);
	ck_assert_str_eq(asked.dn, "o=x");
	ck_assert(!asked.authenticated);
	ck_assert_uint_eq(pool_server_count(pool), 1);
	ck_assert_str_eq(state_of(0).uri, fake->uri);
	ck_assert(!state_of(0).down);
	ck_assert_uint_eq(state_of(0).links, 1);
}
END_TEST

START_TEST(controls_go_out_and_come_back)
{
	char oid[] = LDAP_CONTROL_PAGEDRESULTS;
	char value[] = "\x30\x05\x02\x01\x0a\x04\x00";
	LDAPControl page = {oid, {sizeof(value) - 1, value}, 0};
	LDAPControl *list[] = {&page, NULL};

	add_fake(FAKE_ANSWERS);
	start_pool();
	ck_assert_uint_eq(ask().controls, 0);
	controls = list;
	ck_assert_uint_eq(ask().controls, 1);
}
END_TEST

START_TEST(the_next_page_is_asked_of_the_same_connection_or_fails)
{
	struct fake *first = add_fake(FAKE_ANSWERS);
	struct fake *second = add_fake(FAKE_ANSWERS);
	struct asked asked;
	int i;

	directory->server_order = SERVER_ORDER_SPREAD;
	start_pool();
	ask();
	RUN_UNTIL(state_of(0).links == 1 && state_of(1).links == 1);
	asked = ask();
	connection = asked.connection;
	ck_assert_uint_ne(connection, 0);
	for (i = 0; i < 4; i++)
		ck_assert_str_eq(ask().server, asked.server);
	atomic_store(&first->drop, 1);
	atomic_store(&second->drop, 1);
	RUN_UNTIL(state_of(0).links == 0 && state_of(1).links == 0);
	expect_failed(ask(), "the page before");
}
END_TEST

START_TEST(a_local_socket_authenticates)
{
	struct fake *fake = &fakes[fake_count++];

	fake_start(fake, 0, fixture_path(&fixture, "socket"));
	uris[0] = fake->uri;
	fixture_list(&directory->uri, uris, 1);
	start_pool();
	ck_assert(ask().authenticated);
}
END_TEST

static const struct {
	enum fake_mode mode;
	enum pool_outcome outcome;
	int entries;
} outcomes[] = {
    {FAKE_LIMITED, POOL_LIMITED, 1},
    {FAKE_NOTHING, POOL_NO_SUCH_OBJECT, 0},
    {FAKE_BUSY, POOL_FAILED, 0},
};

START_TEST(the_servers_word_is_the_outcome)
{
	struct fake *fake = add_fake(outcomes[_i].mode);
	struct asked asked;

	start_pool();
	asked = ask();
	ck_assert_int_eq(asked.outcome, outcomes[_i].outcome);
	ck_assert_int_eq(asked.entries, outcomes[_i].entries);
	ck_assert_str_eq(asked.server, fake->uri);
	ck_assert_int_eq(asked.begins, 1);
}
END_TEST

START_TEST(an_entry_that_is_refused_ends_the_search_only)
{
	struct fake *fake = add_fake(FAKE_ANSWERS);
	struct asked asked = {.refuses_entries = true};

	start_pool();
	begin(&asked);
	RUN_UNTIL(asked.done > 0);
	expect_failed(asked, "no entries, please");
	expect_answered(ask(), fake);
	ck_assert_int_eq(atomic_load(&fake->connections), 1);
}
END_TEST

START_TEST(a_server_that_refuses_connections_costs_no_answer)
{
	struct fake *fake;
	struct asked asked;

	add_closed();
	fake = add_fake(FAKE_ANSWERS);
	directory->server_order = _i == 0 ? SERVER_ORDER_LISTED : SERVER_ORDER_SPREAD;
	start_pool();
	asked = ask();
	expect_answered(asked, fake);
	ck_assert_int_eq(asked.begins, 1);
	RUN_UNTIL(state_of(0).down);
	ck_assert_ptr_nonnull(strstr(state_of(0).error, "Connection refused"));
	ck_assert_int_gt(state_of(0).rest_ms, 0);
}
END_TEST

START_TEST(a_connection_that_ends_in_a_search_costs_no_answer)
{
	struct fake *bad = add_fake(_i == 0 ? FAKE_HANGS_UP : FAKE_ENDS);
	struct fake *good = add_fake(FAKE_ANSWERS);
	struct asked asked;

	start_pool();
	asked = ask();
	expect_answered(asked, good);
	ck_assert_int_eq(asked.begins, 2);
	ck_assert_int_eq(asked.entries, 1);
	ck_assert_int_eq(atomic_load(&bad->searches), 1);
}
END_TEST

START_TEST(a_silent_server_costs_a_search_only_the_search_time)
{
	struct fake *bad = add_fake(FAKE_SILENT);
	struct fake *good = add_fake(FAKE_ANSWERS);
	struct asked asked;

	directory->search_timeout = SILENCE;
	start_pool();
	asked = ask();
	expect_answered(asked, good);
	ck_assert_int_eq(asked.begins, 2);
	ck_assert_int_eq(atomic_load(&bad->searches), 1);
	ck_assert(state_of(0).down);
	/* The next one does not even try it. */
	expect_answered(ask(), good);
	ck_assert_int_eq(atomic_load(&bad->searches), 1);
}
END_TEST

START_TEST(a_connection_gone_dead_is_made_again_to_the_only_server)
{
	struct fake *fake = add_fake(FAKE_ANSWERS);
	struct asked asked[3] = {{.done = 0}};
	size_t i;

	start_pool();
	ask();
	directory->search_timeout = SILENCE;
	atomic_store(&fake->mute_until, 1);
	for (i = 0; i < 3; i++)
		begin(&asked[i]);
	RUN_UNTIL(asked[0].done + asked[1].done + asked[2].done == 3);
	for (i = 0; i < 3; i++) {
		expect_answered(asked[i], fake);
		ck_assert_int_eq(asked[i].begins, 2);
	}
	ck_assert_int_eq(atomic_load(&fake->connections), 2);
	ck_assert(!state_of(0).down);
}
END_TEST

START_TEST(a_connection_ended_while_idle_is_no_failure)
{
	struct fake *fake = add_fake(FAKE_ANSWERS);
	struct asked asked;

	start_pool();
	ask();
	atomic_store(&fake->drop, 1);
	RUN_UNTIL(state_of(0).links == 0);
	ck_assert(!state_of(0).down);
	asked = ask();
	expect_answered(asked, fake);
	ck_assert_int_eq(asked.begins, 1);
}
END_TEST

START_TEST(a_busy_server_is_passed_over)
{
	struct fake *good;

	add_fake(FAKE_BUSY);
	good = add_fake(FAKE_ANSWERS);
	start_pool();
	expect_answered(ask(), good);
	ck_assert(!state_of(0).down);
}
END_TEST

START_TEST(busy_is_the_answer_where_all_are)
{
	struct fake *first = add_fake(FAKE_BUSY);
	struct fake *second = add_fake(FAKE_BUSY);
	struct asked asked;

	start_pool();
	asked = ask();
	expect_failed(asked, "Server is busy");
	ck_assert_int_eq(atomic_load(&first->searches) + atomic_load(&second->searches), 2);
}
END_TEST

START_TEST(a_search_does_not_begin_for_ever)
{
	int searches;

	add_fake(FAKE_HANGS_UP);
	add_fake(FAKE_HANGS_UP);
	directory->retry_interval = 10;
	directory->retry_interval_max = 10;
	start_pool();
	expect_failed(ask(), "the connection was lost");
	searches = atomic_load(&fakes[0].searches) + atomic_load(&fakes[1].searches);
	ck_assert_int_ge(searches, 2);
	ck_assert_int_le(searches, 4);
}
END_TEST

START_TEST(a_server_slow_to_connect_is_not_waited_for_where_there_is_another)
{
	static char password[100];
	struct fake *good;
	struct asked asked;

	snprintf(password, sizeof(password), "%s", fixture_path(&fixture, "password"));
	fixture_write(password, "secret\n", 7);
	directory->bind_dn = (char *)"cn=admin";
	directory->bind_password_file = password;
	chmod(password, 0600);
	add_fake(FAKE_SILENT);
	good = add_fake(FAKE_ANSWERS);
	start_pool();
	asked = ask();
	expect_answered(asked, good);
	ck_assert_int_eq(asked.begins, 1);
	/* It is still being connected to: no failure yet. */
	ck_assert(!state_of(0).down);
}
END_TEST

START_TEST(a_name_look_up_that_hangs_occupies_one_helper_and_no_other_server)
{
	static char uri[60];
	struct fake *good = add_fake(FAKE_ANSWERS);

	snprintf(uri, sizeof(uri), "ldap://hangs.test:%d", good->port);
	uris[0] = uri;
	uris[1] = good->uri;
	fixture_list(&directory->uri, uris, 2);
	directory->connect_timeout = 300;
	directory->retry_interval = 10;
	directory->retry_interval_max = 10;
	atomic_store(&hangs, 1);
	start_pool();
	expect_answered(ask(), good);
	/* First "hangs"; that stays for 10 ms only. */
	RUN_UNTIL(strstr(state_of(0).error, "look-up has not ended yet") != NULL);
	expect_answered(ask(), good);
	ck_assert_int_eq(atomic_load(&lookups), 1);
	atomic_store(&hangs, 0);
	RUN_UNTIL(!state_of(0).down);
	ck_assert_str_eq(ask().server, uri);
}
END_TEST

START_TEST(searches_go_to_the_first_in_the_list)
{
	struct fake *first = add_fake(FAKE_ANSWERS);
	struct fake *second = add_fake(FAKE_ANSWERS);
	int i;

	start_pool();
	for (i = 0; i < 10; i++)
		expect_answered(ask(), first);
	ck_assert_int_eq(atomic_load(&second->connections), 0);
}
END_TEST

START_TEST(searches_are_spread_over_the_servers)
{
	struct fake *first = add_fake(FAKE_ANSWERS);
	struct fake *second = add_fake(FAKE_ANSWERS);
	int i;

	directory->server_order = SERVER_ORDER_SPREAD;
	start_pool();
	ask();
	RUN_UNTIL(state_of(0).links == 1 && state_of(1).links == 1);
	for (i = 0; i < 20; i++)
		ck_assert_int_eq(ask().outcome, POOL_COMPLETE);
	ck_assert_int_ge(atomic_load(&first->searches), 10);
	ck_assert_int_ge(atomic_load(&second->searches), 10);
}
END_TEST

START_TEST(a_server_that_comes_back_is_found_by_itself_and_preferred_again)
{
	int port = add_closed();
	struct fake *second = add_fake(FAKE_ANSWERS);
	struct fake *first = &fakes[fake_count];

	directory->retry_interval = 20;
	directory->retry_interval_max = 40;
	start_pool();
	expect_answered(ask(), second);
	RUN_UNTIL(state_of(0).down);
	fake_count++;
	fake_start(first, port, NULL);
	RUN_UNTIL(!state_of(0).down);
	ck_assert_int_eq(atomic_load(&first->searches), 0);
	ck_assert_int_ge(atomic_load(&first->greetings), 1);
	ck_assert_str_eq(state_of(0).error, "");
	expect_answered(ask(), first);
}
END_TEST

START_TEST(a_server_that_only_takes_connections_is_not_back)
{
	struct fake *first = add_fake(FAKE_SILENT);
	struct fake *second = add_fake(FAKE_ANSWERS);

	directory->search_timeout = SILENCE;
	directory->retry_interval = 20;
	directory->retry_interval_max = 40;
	start_pool();
	expect_answered(ask(), second);
	RUN_UNTIL(atomic_load(&first->greetings) >= 2);
	ck_assert(state_of(0).down);
	expect_answered(ask(), second);
	ck_assert_int_eq(atomic_load(&first->searches), 1);
}
END_TEST

/* What the rest after a failure is at most, for each in a row; it is no less than nine tenths. */
static const int64_t rests[] = {10000, 20000, 40000, 60000, 60000};

START_TEST(each_failure_doubles_the_rest_up_to_the_most)
{
	struct asked asked;
	struct error err = ERROR_INIT;
	size_t i;

	add_closed();
	directory->retry_interval = 10000;
	directory->retry_interval_max = 60000;
	start_pool();
	for (i = 0; i < ARRAY_LENGTH(rests); i++) {
		memset(&asked, 0, sizeof(asked));
		ck_assert_ptr_nonnull(try_begin(&asked, 90000, &err));
		RUN_UNTIL(asked.done > 0);
		expect_failed(asked, "Connection refused");
		ck_assert_int_le(state_of(0).rest_ms, rests[i]);
		ck_assert_int_gt(state_of(0).rest_ms, rests[i] * 8 / 10);
		/* Meanwhile it is left alone, and the reason is at hand. */
		ck_assert_ptr_null(try_begin(&asked, 1000, &err));
		ck_assert_int_eq(err.code, ERROR_TEMPORARY);
		ck_assert_ptr_nonnull(strstr(err.text, "Connection refused"));
		clock_advance_monotonic(rests[i]);
		ck_assert_int_eq(state_of(0).rest_ms, 0);
	}
}
END_TEST

START_TEST(success_ends_the_doubling)
{
	int port = add_closed();
	struct asked asked;
	int i;

	directory->retry_interval = 10000;
	directory->retry_interval_max = 60000;
	start_pool();
	for (i = 0; i < 2; i++) {
		asked = ask();
		clock_advance_monotonic(60000);
	}
	fake_start(&fakes[fake_count++], port, NULL);
	expect_answered(ask(), &fakes[0]);
	ck_assert(!state_of(0).down);
	fake_stop(&fakes[--fake_count]);
	RUN_UNTIL(state_of(0).links == 0);
	asked = ask();
	expect_failed(asked, "Connection refused");
	ck_assert_int_le(state_of(0).rest_ms, 10000);
}
END_TEST

START_TEST(searches_and_connections_keep_to_their_limits)
{
	struct fake *fake = add_fake(FAKE_HOLDS);
	struct asked asked[20] = {{.done = 0}};
	int done = 0;
	size_t i;

	directory->searches = 3;
	directory->connections = 2;
	start_pool();
	for (i = 0; i < ARRAY_LENGTH(asked); i++)
		begin(&asked[i]);
	RUN_UNTIL(atomic_load(&fake->held) == 6);
	for (i = 0; i < 20; i++)
		event_base_loop(base, EVLOOP_ONCE);
	ck_assert_uint_eq(state_of(0).links, 2);
	ck_assert_uint_eq(state_of(0).searches, 6);
	ck_assert_int_eq(atomic_load(&fake->searches), 6);
	atomic_store(&fake->mode, FAKE_ANSWERS);
	for (i = 0; i < ARRAY_LENGTH(asked); i++) {
		RUN_UNTIL(asked[i].done > 0);
		expect_answered(asked[i], fake);
		done++;
	}
	ck_assert_int_eq(done, 20);
	ck_assert_int_le(atomic_load(&fake->most), 3);
	ck_assert_int_eq(atomic_load(&fake->connections), 2);
	ck_assert_uint_eq(state_of(0).searches, 0);
}
END_TEST

START_TEST(a_server_that_wants_no_second_connection_is_well)
{
	struct fake *fake = add_fake(FAKE_ANSWERS);
	struct asked asked[5] = {{.done = 0}};
	size_t i;

	directory->searches = 1;
	start_pool();
	ask();
	atomic_store(&fake->mode, FAKE_HOLDS);
	atomic_store(&fake->refuse, 1);
	for (i = 0; i < ARRAY_LENGTH(asked); i++)
		begin(&asked[i]);
	RUN_UNTIL(atomic_load(&fake->connections) >= 2 && state_of(0).links == 1);
	ck_assert(!state_of(0).down);
	atomic_store(&fake->mode, FAKE_ANSWERS);
	for (i = 0; i < ARRAY_LENGTH(asked); i++) {
		RUN_UNTIL(asked[i].done > 0);
		expect_answered(asked[i], fake);
	}
	ck_assert(!state_of(0).down);
}
END_TEST

START_TEST(a_silent_connection_is_made_again_where_the_other_server_is_down)
{
	struct fake *fake = add_fake(FAKE_ANSWERS);
	struct asked asked;

	add_closed();
	directory->server_order = SERVER_ORDER_SPREAD;
	start_pool();
	ask();
	RUN_UNTIL(state_of(1).down);
	directory->search_timeout = SILENCE;
	atomic_store(&fake->mute_until, 1);
	asked = ask();
	expect_answered(asked, fake);
	ck_assert_int_eq(asked.begins, 2);
	ck_assert(!state_of(0).down);
}
END_TEST

START_TEST(one_connection_is_enough_for_a_few_searches)
{
	struct fake *fake = add_fake(FAKE_HOLDS);
	struct asked asked[10] = {{.done = 0}};
	size_t i;

	start_pool();
	for (i = 0; i < ARRAY_LENGTH(asked); i++)
		begin(&asked[i]);
	RUN_UNTIL(atomic_load(&fake->held) == 10);
	atomic_store(&fake->mode, FAKE_ANSWERS);
	for (i = 0; i < ARRAY_LENGTH(asked); i++)
		RUN_UNTIL(asked[i].done > 0);
	ck_assert_int_eq(atomic_load(&fake->connections), 1);
}
END_TEST

START_TEST(what_the_socket_does_not_take_waits)
{
	static struct asked asked[1000];
	static char large[10000];
	struct fake *fake = add_fake(FAKE_ANSWERS);
	size_t sent;
	size_t i;

	directory->searches = ARRAY_LENGTH(asked);
	directory->connections = 1;
	start_pool();
	ask();
	atomic_store(&fake->deaf, 1);
	memset(large, 'a', sizeof(large) - 1);
	memcpy(large, "(mail=", 6);
	large[sizeof(large) - 2] = ')';
	filter = large;
	for (i = 0; i < ARRAY_LENGTH(asked); i++)
		begin(&asked[i]);
	RUN_UNTIL(state_of(0).searches > 1);
	for (i = 0; i < 20; i++)
		event_base_loop(base, EVLOOP_ONCE);
	sent = state_of(0).searches;
	ck_assert_uint_lt(sent, ARRAY_LENGTH(asked)); /* or the test shows nothing */
	atomic_store(&fake->deaf, 0);
	for (i = 0; i < ARRAY_LENGTH(asked); i++) {
		RUN_UNTIL(asked[i].done > 0);
		expect_answered(asked[i], fake);
	}
	ck_assert_int_eq(atomic_load(&fake->connections), 1);
}
END_TEST

START_TEST(more_searches_than_the_most_are_refused)
{
	static struct asked asked[POOL_SEARCHES_MAX];
	struct asked more = {.done = 0};
	struct error err = ERROR_INIT;
	size_t i;

	add_fake(FAKE_HOLDS);
	start_pool();
	for (i = 0; i < POOL_SEARCHES_MAX; i++)
		begin(&asked[i]);
	ck_assert_ptr_null(try_begin(&more, 1000, &err));
	ck_assert_int_eq(err.code, ERROR_TEMPORARY);
	pool_search_cancel(asked[0].search);
	ck_assert_ptr_nonnull(try_begin(&more, 10000, &err));
	pool_search_cancel(more.search);
	for (i = 1; i < POOL_SEARCHES_MAX; i++)
		pool_search_cancel(asked[i].search);
	ck_assert_int_eq(more.done, 0);
}
END_TEST

START_TEST(idle_connections_are_closed)
{
	struct fake *fake = add_fake(FAKE_ANSWERS);

	directory->idle_timeout = 30;
	start_pool();
	ask();
	RUN_UNTIL(state_of(0).links == 0);
	RUN_UNTIL(atomic_load(&fake->open) == 0);
	ck_assert(!state_of(0).down);
	expect_answered(ask(), fake);
	ck_assert_int_eq(atomic_load(&fake->connections), 2);
}
END_TEST

START_TEST(a_search_in_hand_keeps_its_connection)
{
	struct fake *fake = add_fake(FAKE_HOLDS);
	struct asked asked = {.done = 0};
	int64_t since;

	directory->idle_timeout = 10;
	start_pool();
	begin(&asked);
	RUN_UNTIL(atomic_load(&fake->held) == 1);
	since = clock_monotonic_ms();
	RUN_UNTIL(clock_monotonic_ms() > since + 50);
	ck_assert_uint_eq(state_of(0).links, 1);
	atomic_store(&fake->mode, FAKE_ANSWERS);
	RUN_UNTIL(asked.done > 0);
	ck_assert_int_eq(asked.begins, 1);
}
END_TEST

START_TEST(a_search_ends_with_its_deadline)
{
	struct asked asked = {.done = 0};
	struct error err = ERROR_INIT;

	add_fake(FAKE_HOLDS);
	start_pool();
	ck_assert_ptr_nonnull(try_begin(&asked, 100, &err));
	RUN_UNTIL(asked.done > 0);
	ck_assert_int_eq(asked.outcome, POOL_FAILED);
	ck_assert_ptr_nonnull(strstr(asked.error, "in time"));
	ck_assert(!state_of(0).down);
}
END_TEST

START_TEST(a_server_that_gives_without_end_stops_nothing_else)
{
	struct asked asked = {.done = 0};
	int most = 0;
	int before;

	add_fake(FAKE_FLOODS);
	start_pool();
	begin(&asked);
	while (asked.entries < 20000) {
		before = asked.entries;
		event_base_loop(base, EVLOOP_ONCE);
		if (asked.entries - before > most)
			most = asked.entries - before;
	}
	ck_assert_int_le(most, 1000); /* and then timers and other connections have their turn */
	pool_search_cancel(asked.search);
}
END_TEST

START_TEST(a_search_may_start_another_when_it_ends)
{
	struct fake *fake = add_fake(FAKE_ANSWERS);
	struct asked second = {.done = 0};
	struct asked first = {.next = &second};

	start_pool();
	begin(&first);
	RUN_UNTIL(second.done > 0);
	expect_answered(first, fake);
	expect_answered(second, fake);
}
END_TEST

/* The second server holds what the first refers to. */
static void
refer(enum fake_mode mode, bool is_listed)
{
	struct fake *first = add_fake(mode);
	struct fake *second = add_fake(FAKE_ANSWERS);

	first->refer = second->uri;
	first->references = 1;
	fixture_list(&directory->uri, uris, 1);
	listed[0] = second->uri;
	if (is_listed)
		fixture_list(&directory->referrals, listed, 1);
	start_pool();
}

START_TEST(a_reference_is_followed_to_a_listed_server)
{
	struct asked asked;

	refer(FAKE_REFERS, true);
	asked = ask();
	expect_answered(asked, &fakes[0]);
	ck_assert_int_eq(asked.begins, 1);
	ck_assert_int_eq(asked.entries, 2);
	ck_assert_str_eq(asked.dn, "o=part0");
	ck_assert_uint_eq(pool_server_count(pool), 2);
}
END_TEST

START_TEST(a_reference_to_any_other_server_is_left_out)
{
	struct asked asked;

	refer(FAKE_REFERS, false);
	asked = ask();
	expect_answered(asked, &fakes[0]);
	ck_assert_int_eq(asked.entries, 1);
	ck_assert_int_eq(atomic_load(&fakes[1].connections), 0);
}
END_TEST

START_TEST(a_referral_is_followed_to_a_listed_server)
{
	struct asked asked;

	refer(FAKE_REFERRAL, true);
	asked = ask();
	expect_answered(asked, &fakes[0]);
	ck_assert_int_eq(asked.entries, 1);
	ck_assert_str_eq(asked.dn, "o=x"); /* the referral named no base of its own */
}
END_TEST

START_TEST(a_referral_to_any_other_server_is_a_failure)
{
	struct asked asked;

	refer(FAKE_REFERRAL, false);
	asked = ask();
	expect_failed(asked, "refers to another one, which is not asked");
	ck_assert_int_eq(atomic_load(&fakes[1].connections), 0);
}
END_TEST

START_TEST(what_a_referral_leads_to_must_answer)
{
	struct asked asked;

	refer(_i == 0 ? FAKE_REFERRAL : FAKE_REFERS, true);
	fake_stop(&fakes[--fake_count]);
	asked = ask();
	expect_failed(asked, "Connection refused");
	ck_assert(!state_of(0).down);
	ck_assert(state_of(1).down);
}
END_TEST

START_TEST(referrals_that_go_round_come_to_an_end)
{
	struct asked asked;
	enum fake_mode mode = _i == 0 ? FAKE_REFERRAL : FAKE_REFERS;

	refer(mode, true);
	fakes[1].refer = fakes[0].uri;
	fakes[1].references = 1;
	atomic_store(&fakes[1].mode, mode);
	pool_free(pool);
	listed[1] = fakes[0].uri;
	fixture_list(&directory->referrals, listed, 2);
	start_pool();
	asked = ask();
	if (mode == FAKE_REFERRAL) {
		expect_failed(asked, "round in a circle");
	} else {
		expect_answered(asked, &fakes[0]);
		ck_assert_int_eq(asked.entries, 3); /* x; part0 of one, and of the other */
	}
}
END_TEST

START_TEST(referrals_that_go_ever_deeper_come_to_an_end)
{
	struct fake *fake = add_fake(FAKE_DEEPER);
	struct asked asked;

	fake->refer = fake->uri;
	fixture_list(&directory->referrals, uris, 1);
	start_pool();
	asked = ask();
	expect_failed(asked, "lead to one another");
	ck_assert_int_eq(atomic_load(&fake->searches), 1 + REFERRAL_DEPTH_MAX);
}
END_TEST

START_TEST(too_many_references_are_a_failure)
{
	refer(FAKE_REFERS, true);
	fakes[0].references = REFERRALS_MAX;
	ck_assert_int_eq(ask().entries, 1 + REFERRALS_MAX);
	fakes[0].references = REFERRALS_MAX + 1;
	expect_failed(ask(), "referrals");
	expect_failed(ask(), "referrals"); /* and what it left behind does no harm */
}
END_TEST

static const struct {
	const char *uri;
	const char *host;
	int port;
} places[] = {
    {"ldap://dc3.corp.example", "dc3.corp.example", 0},
    {"ldaps://dc3.corp.example", "dc3.corp.example", 0},
    {"ldap://dc3.corp.example:389/dc=x??sub", "dc3.corp.example", 0},
    {"ldap://dc3.corp.example:636", "dc3.corp.example", 636},
    {"ldaps://dc3.corp.example:1636/", "dc3.corp.example", 1636},
    {"ldap:///dc=x", NULL, 0},
    {"http://dc3.corp.example", NULL, 0},
    {"", NULL, 0},
};

START_TEST(a_place_is_a_host_and_a_port_unless_it_is_the_schemes)
{
	char *host;
	int port;

	referral_place(places[_i].uri, &host, &port);
	if (places[_i].host == NULL)
		ck_assert_ptr_null(host);
	else
		ck_assert_str_eq(host, places[_i].host);
	ck_assert_int_eq(port, places[_i].port);
	free(host);
}
END_TEST

/* Where a search is when it is cancelled. */
enum stage { STAGE_STARTED, STAGE_CONNECTING, STAGE_SENT, STAGE_REFERRED, STAGE_LOST, STAGES };

START_TEST(a_search_can_be_cancelled_at_every_stage)
{
	struct asked asked = {.done = 0};
	struct asked other = {.done = 0};

	refer(FAKE_ANSWERS, true);
	if (_i == STAGE_LOST)
		ask(); /* a connection that has worked is made again */
	atomic_store(&fakes[0].mode, _i == STAGE_REFERRED ? FAKE_REFERRAL : FAKE_HOLDS);
	atomic_store(&fakes[1].mode, FAKE_HOLDS);
	begin(&asked);
	begin(&other);
	switch ((enum stage)_i) {
	case STAGE_STARTED:
	case STAGES:
		break;
	case STAGE_CONNECTING:
		event_base_loop(base, EVLOOP_ONCE);
		break;
	case STAGE_SENT:
		RUN_UNTIL(atomic_load(&fakes[0].held) == 2);
		break;
	case STAGE_REFERRED:
		RUN_UNTIL(atomic_load(&fakes[1].held) == 2);
		break;
	case STAGE_LOST:
		RUN_UNTIL(atomic_load(&fakes[0].held) == 2);
		atomic_store(&fakes[0].drop, 1);
		RUN_UNTIL(asked.begins == 2);
		break;
	}
	pool_search_cancel(asked.search);
	atomic_store(&fakes[0].mode, FAKE_ANSWERS);
	atomic_store(&fakes[1].mode, FAKE_ANSWERS);
	RUN_UNTIL(other.done > 0);
	ck_assert_int_eq(other.outcome, POOL_COMPLETE);
	ck_assert_int_eq(asked.done, 0);
}
END_TEST

START_TEST(what_is_cancelled_is_abandoned)
{
	struct fake *fake = add_fake(FAKE_HOLDS);
	struct asked asked = {.done = 0};

	start_pool();
	begin(&asked);
	RUN_UNTIL(atomic_load(&fake->held) == 1);
	pool_search_cancel(asked.search);
	RUN_UNTIL(atomic_load(&fake->abandoned) == 1);
	ck_assert_uint_eq(state_of(0).searches, 0);
}
END_TEST

START_TEST(a_pool_can_be_freed_while_it_connects)
{
	static char password[100];
	struct asked asked = {.done = 0};
	int64_t before;

	snprintf(password, sizeof(password), "%s", fixture_path(&fixture, "password"));
	fixture_write(password, "secret\n", 7);
	chmod(password, 0600);
	directory->bind_dn = (char *)"cn=admin";
	directory->bind_password_file = password;
	directory->connect_timeout = 30000;
	add_fake(FAKE_SILENT);
	start_pool();
	begin(&asked);
	RUN_UNTIL(atomic_load(&fakes[0].connections) == 1);
	pool_search_cancel(asked.search);
	before = clock_monotonic_ms();
	pool_free(pool);
	pool = NULL;
	worker_pool_free(workers);
	workers = NULL;
	ck_assert_int_lt(clock_monotonic_ms() - before, directory->connect_timeout / 2);
	ck_assert_int_eq(asked.done, 0);
}
END_TEST

START_TEST(a_pool_can_be_freed_while_a_name_look_up_hangs)
{
	static char uri[] = "ldap://hangs.test:1";
	struct asked asked = {.done = 0};

	uris[0] = uri;
	fixture_list(&directory->uri, uris, 1);
	atomic_store(&hangs, 1);
	start_pool();
	begin(&asked);
	RUN_UNTIL(atomic_load(&lookups) == 1);
	pool_search_cancel(asked.search);
	pool_free(pool);
	pool = NULL;
	worker_pool_free(workers); /* hangs as long as the look-up, or not */
	workers = NULL;
	ck_assert_int_eq(asked.done, 0);
}
END_TEST

START_TEST(a_section_with_too_many_servers_is_an_error)
{
	static char text[100][30];
	static const char *many[100];
	struct error err = ERROR_INIT;
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(many); i++) {
		snprintf(text[i], sizeof(text[i]), "ldap://server%zu", i);
		many[i] = text[i];
	}
	fixture_list(&directory->uri, many, ARRAY_LENGTH(many));
	ck_assert_ptr_null(pool_new(directory, NULL, base, workers, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "servers"));
}
END_TEST

static void
add_outcome_tests(TCase *tcase)
{
	tcase_add_test(tcase, a_search_gives_its_entries_and_who_answered);
	tcase_add_test(tcase, controls_go_out_and_come_back);
	tcase_add_test(tcase, the_next_page_is_asked_of_the_same_connection_or_fails);
	tcase_add_test(tcase, a_local_socket_authenticates);
	tcase_add_loop_test(tcase, the_servers_word_is_the_outcome, 0, (int)ARRAY_LENGTH(outcomes));
	tcase_add_test(tcase, an_entry_that_is_refused_ends_the_search_only);
	tcase_add_test(tcase, a_search_ends_with_its_deadline);
	tcase_add_test(tcase, a_server_that_gives_without_end_stops_nothing_else);
	tcase_add_test(tcase, a_search_may_start_another_when_it_ends);
	tcase_add_loop_test(tcase, a_search_can_be_cancelled_at_every_stage, 0, STAGES);
	tcase_add_test(tcase, what_is_cancelled_is_abandoned);
	tcase_add_test(tcase, a_pool_can_be_freed_while_it_connects);
	tcase_add_test(tcase, a_pool_can_be_freed_while_a_name_look_up_hangs);
}

static void
add_failure_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, a_server_that_refuses_connections_costs_no_answer, 0, 2);
	tcase_add_loop_test(tcase, a_connection_that_ends_in_a_search_costs_no_answer, 0, 2);
	tcase_add_test(tcase, a_silent_server_costs_a_search_only_the_search_time);
	tcase_add_test(tcase, a_connection_gone_dead_is_made_again_to_the_only_server);
	tcase_add_test(tcase, a_connection_ended_while_idle_is_no_failure);
	tcase_add_test(tcase, a_busy_server_is_passed_over);
	tcase_add_test(tcase, busy_is_the_answer_where_all_are);
	tcase_add_test(tcase, a_search_does_not_begin_for_ever);
	tcase_add_test(tcase, a_server_slow_to_connect_is_not_waited_for_where_there_is_another);
}

static void
add_server_tests(TCase *tcase)
{
	tcase_add_test(tcase, a_name_look_up_that_hangs_occupies_one_helper_and_no_other_server);
	tcase_add_test(tcase, searches_go_to_the_first_in_the_list);
	tcase_add_test(tcase, searches_are_spread_over_the_servers);
	tcase_add_test(tcase, a_server_that_comes_back_is_found_by_itself_and_preferred_again);
	tcase_add_test(tcase, a_server_that_only_takes_connections_is_not_back);
	tcase_add_test(tcase, each_failure_doubles_the_rest_up_to_the_most);
	tcase_add_test(tcase, success_ends_the_doubling);
	tcase_add_test(tcase, searches_and_connections_keep_to_their_limits);
	tcase_add_test(tcase, a_server_that_wants_no_second_connection_is_well);
	tcase_add_test(tcase, a_silent_connection_is_made_again_where_the_other_server_is_down);
	tcase_add_test(tcase, one_connection_is_enough_for_a_few_searches);
	tcase_add_test(tcase, what_the_socket_does_not_take_waits);
	tcase_add_test(tcase, more_searches_than_the_most_are_refused);
	tcase_add_test(tcase, idle_connections_are_closed);
	tcase_add_test(tcase, a_search_in_hand_keeps_its_connection);
	tcase_add_test(tcase, a_section_with_too_many_servers_is_an_error);
}

static void
add_referral_tests(TCase *tcase)
{
	tcase_add_test(tcase, a_reference_is_followed_to_a_listed_server);
	tcase_add_test(tcase, a_reference_to_any_other_server_is_left_out);
	tcase_add_test(tcase, a_referral_is_followed_to_a_listed_server);
	tcase_add_test(tcase, a_referral_to_any_other_server_is_a_failure);
	tcase_add_loop_test(tcase, what_a_referral_leads_to_must_answer, 0, 2);
	tcase_add_loop_test(tcase, referrals_that_go_round_come_to_an_end, 0, 2);
	tcase_add_test(tcase, referrals_that_go_ever_deeper_come_to_an_end);
	tcase_add_test(tcase, too_many_references_are_a_failure);
	tcase_add_loop_test(tcase, a_place_is_a_host_and_a_port_unless_it_is_the_schemes, 0,
	    (int)ARRAY_LENGTH(places));
}

int
main(void)
{
	Suite *suite = suite_create("pool");
	TCase *tcase = unit_case(suite, "pool");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	add_outcome_tests(tcase);
	add_failure_tests(tcase);
	add_server_tests(tcase);
	add_referral_tests(tcase);
	return unit_run(suite);
}
