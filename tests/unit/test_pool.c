/* ldap/pool, with servers that do as they are told: what comes of a search, and its end. */
#include <event2/event.h>
#include <event2/thread.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test_pool.h"

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

START_TEST(a_search_gives_its_entries_and_who_answered)
{
	struct fake *fake = test_pool_add_fake(FAKE_ANSWERS);
	struct asked asked;

	test_pool_start_pool();
	ck_assert_int_eq(atomic_load(&fake->connections), 0);
	asked = test_pool_ask();
	test_pool_expect_answered(asked, fake);
	ck_assert_int_eq(asked.begins, 1);
	ck_assert_int_eq(asked.entries, 1);
	ck_assert_str_eq(asked.dn, "o=x");
	ck_assert(!asked.authenticated);
	ck_assert_uint_eq(pool_server_count(pool), 1);
	ck_assert_str_eq(test_pool_state_of(0).uri, fake->uri);
	ck_assert(!test_pool_state_of(0).down);
	ck_assert_uint_eq(test_pool_state_of(0).links, 1);
}
END_TEST

/* RFC 4511 4.5.1.3 to 4.5.1.5 */
START_TEST(the_server_is_asked_for_so_many_entries_in_such_a_time_and_no_aliases)
{
	struct fake *fake = test_pool_add_fake(FAKE_ANSWERS);

	directory->search_timeout = 4100;
	test_pool_start_pool();
	test_pool_expect_answered(test_pool_ask(), fake);
	ck_assert_int_eq(atomic_load(&fake->aliases), LDAP_DEREF_NEVER);
	ck_assert_int_eq(atomic_load(&fake->entries_limit), 10);
	ck_assert_int_eq(atomic_load(&fake->seconds_limit), 5);
}
END_TEST

START_TEST(controls_go_out_and_come_back)
{
	char oid[] = LDAP_CONTROL_PAGEDRESULTS;
	char value[] = "\x30\x05\x02\x01\x0a\x04\x00";
	LDAPControl page = {oid, {sizeof(value) - 1, value}, 0};
	LDAPControl *list[] = {&page, NULL};

	test_pool_add_fake(FAKE_ANSWERS);
	test_pool_start_pool();
	ck_assert_uint_eq(test_pool_ask().controls, 0);
	controls = list;
	ck_assert_uint_eq(test_pool_ask().controls, 1);
}
END_TEST

START_TEST(the_next_page_is_asked_of_the_same_connection_or_fails)
{
	struct fake *first = test_pool_add_fake(FAKE_ANSWERS);
	struct fake *second = test_pool_add_fake(FAKE_ANSWERS);
	struct asked asked;
	int i;

	directory->server_order = SERVER_ORDER_SPREAD;
	test_pool_start_pool();
	test_pool_ask();
	RUN_UNTIL(test_pool_state_of(0).links == 1 && test_pool_state_of(1).links == 1);
	asked = test_pool_ask();
	connection = asked.connection;
	ck_assert_uint_ne(connection, 0);
	for (i = 0; i < 4; i++)
		ck_assert_str_eq(test_pool_ask().server, asked.server);
	atomic_store(&first->drop, 1);
	atomic_store(&second->drop, 1);
	RUN_UNTIL(test_pool_state_of(0).links == 0 && test_pool_state_of(1).links == 0);
	test_pool_expect_failed(test_pool_ask(), "the page before");
}
END_TEST

START_TEST(a_local_socket_authenticates)
{
	struct fake *fake = &fakes[fake_count++];

	fake_start(fake, 0, fixture_path(&fixture, "socket"));
	uris[0] = fake->uri;
	fixture_list(&directory->uri, uris, 1);
	test_pool_start_pool();
	ck_assert(test_pool_ask().authenticated);
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
	struct fake *fake = test_pool_add_fake(outcomes[_i].mode);
	struct asked asked;

	test_pool_start_pool();
	asked = test_pool_ask();
	ck_assert_int_eq(asked.outcome, outcomes[_i].outcome);
	ck_assert_int_eq(asked.entries, outcomes[_i].entries);
	ck_assert_str_eq(asked.server, fake->uri);
	ck_assert_int_eq(asked.begins, 1);
}
END_TEST

START_TEST(an_entry_that_is_refused_ends_the_search_only)
{
	struct fake *fake = test_pool_add_fake(FAKE_ANSWERS);
	struct asked asked = {.refuses_entries = true};

	test_pool_start_pool();
	test_pool_begin(&asked);
	RUN_UNTIL(asked.done > 0);
	test_pool_expect_failed(asked, "no entries, please");
	test_pool_expect_answered(test_pool_ask(), fake);
	ck_assert_int_eq(atomic_load(&fake->connections), 1);
}
END_TEST

START_TEST(a_search_ends_with_its_deadline)
{
	struct asked asked = {.done = 0};
	struct error err = ERROR_INIT;

	test_pool_add_fake(FAKE_HOLDS);
	test_pool_start_pool();
	ck_assert_ptr_nonnull(test_pool_try_begin(&asked, 100, &err));
	RUN_UNTIL(asked.done > 0);
	ck_assert_int_eq(asked.outcome, POOL_FAILED);
	ck_assert_ptr_nonnull(strstr(asked.error, "in time"));
	ck_assert(!test_pool_state_of(0).down);
}
END_TEST

START_TEST(a_server_that_gives_without_end_stops_nothing_else)
{
	struct asked asked = {.done = 0};
	int most = 0;
	int before;

	test_pool_add_fake(FAKE_FLOODS);
	test_pool_start_pool();
	test_pool_begin(&asked);
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
	struct fake *fake = test_pool_add_fake(FAKE_ANSWERS);
	struct asked second = {.done = 0};
	struct asked first = {.next = &second};

	test_pool_start_pool();
	test_pool_begin(&first);
	RUN_UNTIL(second.done > 0);
	test_pool_expect_answered(first, fake);
	test_pool_expect_answered(second, fake);
}
END_TEST

/* Where a search is when it is cancelled. */
enum stage { STAGE_STARTED, STAGE_CONNECTING, STAGE_SENT, STAGE_REFERRED, STAGE_LOST, STAGES };

START_TEST(a_search_can_be_cancelled_at_every_stage)
{
	struct asked asked = {.done = 0};
	struct asked other = {.done = 0};

	test_pool_refer(FAKE_ANSWERS, true);
	if (_i == STAGE_LOST)
		test_pool_ask(); /* a connection that has worked is made again */
	atomic_store(&fakes[0].mode, _i == STAGE_REFERRED ? FAKE_REFERRAL : FAKE_HOLDS);
	atomic_store(&fakes[1].mode, FAKE_HOLDS);
	test_pool_begin(&asked);
	test_pool_begin(&other);
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
	struct fake *fake = test_pool_add_fake(FAKE_HOLDS);
	struct asked asked = {.done = 0};

	test_pool_start_pool();
	test_pool_begin(&asked);
	RUN_UNTIL(atomic_load(&fake->held) == 1);
	event_base_loop(base, EVLOOP_ONCE); /* and the loop knows that all of it is sent */
	pool_search_cancel(asked.search);
	RUN_UNTIL(atomic_load(&fake->abandoned) == 1);
	ck_assert_uint_eq(test_pool_state_of(0).searches, 0);
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
	test_pool_add_fake(FAKE_SILENT);
	test_pool_start_pool();
	test_pool_begin(&asked);
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

START_TEST(a_pool_can_be_freed_while_a_firewall_drops_its_packets)
{
	int port = test_pool_add_closed();
	struct asked asked = {.done = 0};
	int client;
	int listener = test_pool_listen_full(INADDR_LOOPBACK, port, &client);
	int64_t before;

	atomic_store(&sockets, 0);
	directory->connect_timeout = 30000;
	test_pool_start_pool();
	test_pool_begin(&asked);
	RUN_UNTIL(atomic_load(&sockets) == 1);
	pool_search_cancel(asked.search);
	before = clock_monotonic_ms();
	pool_free(pool);
	pool = NULL;
	worker_pool_free(workers);
	workers = NULL;
	ck_assert_int_lt(clock_monotonic_ms() - before, directory->connect_timeout / 2);
	ck_assert_int_eq(asked.done, 0);
	close(client);
	close(listener);
}
END_TEST

START_TEST(a_pool_can_be_freed_while_a_name_look_up_hangs)
{
	static char uri[] = "ldap://hangs.test:1";
	struct asked asked = {.done = 0};

	uris[0] = uri;
	fixture_list(&directory->uri, uris, 1);
	atomic_store(&hangs, 1);
	test_pool_start_pool();
	test_pool_begin(&asked);
	RUN_UNTIL(atomic_load(&lookups) == 1);
	pool_search_cancel(asked.search);
	pool_free(pool);
	pool = NULL;
	worker_pool_free(workers); /* hangs as long as the look-up, or not */
	workers = NULL;
	ck_assert_int_eq(asked.done, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pool");
	TCase *tcase = unit_case(suite, "pool");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_search_gives_its_entries_and_who_answered);
	tcase_add_test(
	    tcase, the_server_is_asked_for_so_many_entries_in_such_a_time_and_no_aliases);
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
	tcase_add_test(tcase, a_pool_can_be_freed_while_a_firewall_drops_its_packets);
	tcase_add_test(tcase, a_pool_can_be_freed_while_a_name_look_up_hangs);
	test_pool_failures(tcase);
	test_pool_pieces(tcase);
	test_pool_servers(tcase);
	test_pool_referrals(tcase);
	return unit_run(suite);
}
