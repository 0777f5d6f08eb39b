/* The LDAP source: servers that are down, hostile or slow, and ends in the middle. */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test_ldap.h"

START_TEST(the_next_server_is_tried_when_one_is_down)
{
	int port = fixture_ports(); /* nobody listens there */

	test_ldap_add_uri("ldap", "127.0.0.1", port);
	test_ldap_add_uri("ldap", "127.0.0.1", slapd_port);
	fixture.directories[0].tls = TLS_NEVER;
	fixture_start(&fixture);
	test_ldap_expect("anna@example.org", RECIPIENT_FOUND);
}
END_TEST

static bool
anna_is_found(void *context)
{
	return fixture_state(context, "anna@example.org", NULL) == RECIPIENT_FOUND;
}

START_TEST(a_server_that_comes_back_is_used_again)
{
	test_ldap_use_ldapi();
	fixture_start(&fixture);
	test_ldap_expect("anna@example.org", RECIPIENT_FOUND);
	test_ldap_script("stop");
	test_ldap_expect("anna@example.org", RECIPIENT_UNAVAILABLE);
	test_ldap_expect("anna@example.org", RECIPIENT_UNAVAILABLE);
	ck_assert_int_eq(test_ldap_script("run"), 0);
	ck_assert(fixture_until(anna_is_found, &fixture));
}
END_TEST

START_TEST(a_restart_between_two_questions_costs_no_answer)
{
	test_ldap_add_uri("ldap", "127.0.0.1", slapd_port);
	test_ldap_use_ca("ca");
	fixture_start(&fixture);
	test_ldap_expect("anna@example.org", RECIPIENT_FOUND);
	test_ldap_script("stop");
	ck_assert_int_eq(test_ldap_script("run"), 0);
	test_ldap_expect("anna@example.org", RECIPIENT_FOUND);
}
END_TEST

START_TEST(hundreds_of_questions_share_the_connection)
{
	struct ticket *tickets[500];
	char address[40];
	size_t i;

	test_ldap_add_uri("ldaps", "127.0.0.1", slapd_port + 1);
	test_ldap_use_ca("ca");
	fixture_start(&fixture);
	for (i = 0; i < ARRAY_LENGTH(tickets); i++) {
		snprintf(address, sizeof(address), "nobody%zu@example.org", i);
		tickets[i] = fixture_submit(&fixture, i % 10 == 0 ? "anna@example.org" : address);
	}
	for (i = 0; i < ARRAY_LENGTH(tickets); i++) {
		ck_assert(ticket_wait(tickets[i], clock_monotonic_ms() + FIXTURE_PATIENCE));
		ck_assert_msg(ticket_record(tickets[i])->state ==
				  (i % 10 == 0 ? RECIPIENT_FOUND : RECIPIENT_NONE),
		    "%s", ticket_record(tickets[i])->detail);
		ticket_free(tickets[i]);
	}
}
END_TEST

/* A server that means no good: sends what it is told to each who connects, then waits or hangs up.
 */
struct hostile {
	const char *bytes;
	size_t size;
	bool hangs_up;
	bool once;    /* only the first gets the bytes, the others nothing */
	sem_t *comes; /* posted for each who connects; may be NULL */
	int fd;
	int port;
	pthread_t thread;
};

static void *
run_hostile(void *argument)
{
	struct hostile *hostile = argument;
	int clients[20];
	size_t count = 0;
	int fd;

	while (count < ARRAY_LENGTH(clients) && (fd = accept(hostile->fd, NULL, NULL)) >= 0) {
		if (send(fd, hostile->bytes, hostile->size, MSG_NOSIGNAL) < 0 || hostile->hangs_up)
			close(fd);
		else
			clients[count++] = fd;
		if (hostile->once)
			hostile->size = 0;
		if (hostile->comes != NULL)
			sem_post(hostile->comes);
	}
	while (count > 0)
		close(clients[--count]);
	return NULL;
}

static void
start_hostile(struct hostile *hostile)
{
	hostile->port = 0;
	hostile->fd = test_ldap_listen_on_loopback(&hostile->port);
	ck_assert_int_ge(hostile->fd, 0);
	ck_assert_int_eq(pthread_create(&hostile->thread, NULL, run_hostile, hostile), 0);
}

static void
stop_hostile(struct hostile *hostile)
{
	shutdown(hostile->fd, SHUT_RDWR);
	pthread_join(hostile->thread, NULL);
	close(hostile->fd);
}

#define BYTES(text) text, sizeof(text) - 1

/* An answer to message 1 that says it is 1 GiB long; the beginning of one; an entry that lies about
 * its inner lengths; noise; a TLS alert; nothing. */
static const struct hostile hostiles[] = {
    {.bytes = BYTES("\x30\x84\x40\x00\x00\x00\x02\x01\x01\x64")},
    {.bytes = BYTES("\x30\x84\x00\x00\x00\x40\x02")},
    {.bytes = BYTES("\x30\x0e\x02\x01\x01\x64\x09\x04\x84\x7f\xff\xff\xff"
		    "AAA")},
    {.bytes = BYTES("HTTP/1.1 400 Bad Request\r\n\r\n")},
    {.bytes = BYTES("\x15\x03\x01\x00\x02\x02\x28")},
    {.bytes = BYTES("")},
    {.bytes = BYTES(""), .hangs_up = true},
    {.bytes = BYTES("\x30\x84"), .hangs_up = true},
    {.bytes = BYTES("\x30\x0c\x02\x01\x00\x78\x07\x0a\x01\x34\x04\x00\x04\x00")},
};

static const struct {
	const char *scheme;
	enum config_tls_mode tls;
} manners[] = {{"ldap", TLS_NEVER}, {"ldap", TLS_REQUIRED}, {"ldaps", TLS_REQUIRED}};

/* How much longer everything may take: Check's own variable for slow machines and sanitizers. */
static int
slowness(void)
{
	const char *text = getenv("CK_TIMEOUT_MULTIPLIER");

	return text != NULL && atoi(text) > 1 ? 3 : 1;
}

/* Each server, each way of talking to it; meanwhile the other directory is as quick as ever. */
START_TEST(a_hostile_server_costs_only_its_own_time)
{
	static const char *const org[] = {"example.org"};
	struct hostile hostile = hostiles[_i / (int)ARRAY_LENGTH(manners)];
	size_t manner = (size_t)_i % ARRAY_LENGTH(manners);
	struct ticket *slow;
	int64_t before;

	fixture.config.directory_count = 2;
	fixture.directories[1] = fixture.directories[0];
	fixture_list(&fixture.directories[0].domains, org, 1);
	test_ldap_use_ldapi();
	fixture.directories[1].uri.count = 1;
	fixture.directories[1].uri.items = (char **)&uris[2];
	uris[2] = strcpy(uri_text[2], uri_text[0]);
	fixture.directories[1].title = (char *)"second";
	fixture.directories[0].uri.count = 0;
	start_hostile(&hostile);
	test_ldap_add_uri(manners[manner].scheme, "127.0.0.1", hostile.port);
	fixture.directories[0].tls = manners[manner].tls;
	test_ldap_use_ca("ca");
	fixture.directories[0].connect_timeout = 30000;
	fixture.directories[0].search_timeout = 30000;
	fixture_start(&fixture);
	before = clock_monotonic_ms();
	slow = fixture_submit(&fixture, "anna@example.org");
	test_ldap_expect("anna@example.net", RECIPIENT_NONE);
	/* Before the hostile one's time was up: it was not waited for. */
	ck_assert_int_lt(clock_monotonic_ms() - before, 15000);
	ticket_free(slow);
	resolver_free(fixture.resolver);
	fixture.directories[0].connect_timeout = 400 * slowness();
	fixture.directories[0].search_timeout = 400 * slowness();
	fixture_start(&fixture);
	slow = fixture_ask(&fixture, "anna@example.org");
	ck_assert_int_eq(ticket_record(slow)->state, RECIPIENT_UNAVAILABLE);
	ck_assert_ptr_nonnull(ticket_record(slow)->detail);
	ticket_free(slow);
	resolver_free(fixture.resolver);
	fixture.resolver = NULL;
	stop_hostile(&hostile);
}
END_TEST

START_TEST(tls_that_takes_too_long_is_said_to)
{
	struct hostile hostile = {.bytes = "", .size = 0};
	size_t manner = (size_t)_i;

	start_hostile(&hostile);
	test_ldap_add_uri(manners[manner].scheme, "127.0.0.1", hostile.port);
	test_ldap_use_ca("ca");
	fixture.directories[0].connect_timeout = 400 * slowness();
	fixture_start(&fixture);
	test_ldap_expect_unavailable(
	    "anna@example.org", "TLS failed: not done within connect-timeout");
	resolver_free(fixture.resolver);
	fixture.resolver = NULL;
	stop_hostile(&hostile);
}
END_TEST

START_TEST(a_server_that_failed_is_left_alone_for_a_while)
{
	int port = fixture_ports();

	test_ldap_add_uri("ldap", "127.0.0.1", port);
	fixture.directories[0].tls = TLS_NEVER;
	fixture.directories[0].retry_interval = 600000;
	fixture_start(&fixture);
	test_ldap_expect_unavailable("anna@example.org", "Connection refused");
	/* It comes back, but nobody looks: the reason is still the last one known. */
	fixture_list(&fixture.directories[0].uri, NULL, 0);
	test_ldap_expect_unavailable("anna@example.org", "Connection refused");
	test_ldap_expect_unavailable("anna@example.org", "Connection refused");
}
END_TEST

static const char *const bad_uris[] = {
    "http://127.0.0.1", "ldap://", "ldapi://", "ldapi://relative", "ldap://does-not-exist.invalid"};

START_TEST(a_uri_that_leads_nowhere_says_so)
{
	fixture_list(&fixture.directories[0].uri, &bad_uris[_i], 1);
	fixture_start(&fixture);
	test_ldap_expect_unavailable("anna@example.org", bad_uris[_i]);
}
END_TEST

START_TEST(a_template_that_cant_be_filled_in_is_an_error_at_the_start)
{
	struct error err = ERROR_INIT;

	test_ldap_use_ldapi();
	fixture.directories[0].filter = (char *)"(mail=%q)";
	ck_assert_ptr_null(resolver_new(&fixture.config, fixture.trust, NULL, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "%q"));
}
END_TEST

START_TEST(questions_under_way_at_the_end_are_dropped)
{
	struct timespec patience = {time(NULL) + 20, 0};
	sem_t comes;
	struct hostile hostile = {.bytes = "", .size = 0, .comes = &comes};
	size_t manner = (size_t)_i;
	struct ticket *anna;
	struct ticket *bob;
	int64_t before;

	sem_init(&comes, 0, 0);
	start_hostile(&hostile);
	test_ldap_add_uri(manners[manner].scheme, "127.0.0.1", hostile.port);
	fixture.directories[0].tls = manners[manner].tls;
	test_ldap_use_ca("ca");
	fixture.directories[0].connect_timeout = 30000;
	fixture.directories[0].search_timeout = 30000;
	fixture_start(&fixture);
	anna = fixture_submit(&fixture, "anna@example.org");
	bob = fixture_submit(&fixture, "bob@example.org");
	ck_assert_int_eq(sem_timedwait(&comes, &patience), 0);
	ticket_free(anna);
	ticket_free(bob);
	before = clock_monotonic_ms();
	resolver_free(fixture.resolver);
	fixture.resolver = NULL;
	ck_assert_int_lt(clock_monotonic_ms() - before, 15000);
	stop_hostile(&hostile);
	sem_destroy(&comes);
}
END_TEST

/* TLS fails at once; then the second look at the server gets nothing. */
#define FAILS_ONCE                                                               \
	{                                                                        \
		.bytes = "\x15\x03\x01\x00\x02\x02\x28", .size = 7, .once = true \
	}

START_TEST(a_second_look_ends_with_the_time_to_connect)
{
	struct hostile hostile = FAILS_ONCE;
	int64_t before;

	start_hostile(&hostile);
	test_ldap_add_uri("ldaps", "127.0.0.1", hostile.port);
	test_ldap_use_ca("ca");
	fixture.directories[0].connect_timeout = 400 * slowness();
	fixture_start(&fixture);
	before = clock_monotonic_ms();
	test_ldap_expect_unavailable(
	    "anna@example.org", "TLS failed (is the server's certificate valid");
	ck_assert_int_ge(clock_monotonic_ms() - before, 300 * slowness());
	ck_assert_int_lt(clock_monotonic_ms() - before, 20000);
	resolver_free(fixture.resolver);
	fixture.resolver = NULL;
	stop_hostile(&hostile);
}
END_TEST

START_TEST(a_second_look_ends_with_the_resolver)
{
	struct hostile hostile = FAILS_ONCE;
	struct timespec patience = {time(NULL) + 20, 0};
	struct ticket *ticket;
	int64_t before;
	sem_t comes;

	sem_init(&comes, 0, 0);
	hostile.comes = &comes;
	start_hostile(&hostile);
	test_ldap_add_uri("ldaps", "127.0.0.1", hostile.port);
	test_ldap_use_ca("ca");
	fixture.directories[0].connect_timeout = 30000;
	fixture_start(&fixture);
	ticket = fixture_submit(&fixture, "anna@example.org");
	ck_assert_int_eq(sem_timedwait(&comes, &patience), 0);
	ck_assert_int_eq(sem_timedwait(&comes, &patience), 0);
	ticket_free(ticket);
	before = clock_monotonic_ms();
	resolver_free(fixture.resolver);
	fixture.resolver = NULL;
	ck_assert_int_lt(clock_monotonic_ms() - before, 15000);
	stop_hostile(&hostile);
	sem_destroy(&comes);
}
END_TEST

void
test_ldap_failures(TCase *tcase)
{
	tcase_add_test(tcase, the_next_server_is_tried_when_one_is_down);
	tcase_add_test(tcase, a_server_that_comes_back_is_used_again);
	tcase_add_test(tcase, a_restart_between_two_questions_costs_no_answer);
	tcase_add_test(tcase, hundreds_of_questions_share_the_connection);
	tcase_add_loop_test(tcase, a_hostile_server_costs_only_its_own_time, 0,
	    (int)(ARRAY_LENGTH(hostiles) * ARRAY_LENGTH(manners)));
	tcase_add_loop_test(
	    tcase, tls_that_takes_too_long_is_said_to, 1, (int)ARRAY_LENGTH(manners));
	tcase_add_test(tcase, a_server_that_failed_is_left_alone_for_a_while);
	tcase_add_loop_test(
	    tcase, a_uri_that_leads_nowhere_says_so, 0, (int)ARRAY_LENGTH(bad_uris));
	tcase_add_test(tcase, a_template_that_cant_be_filled_in_is_an_error_at_the_start);
	tcase_add_loop_test(
	    tcase, questions_under_way_at_the_end_are_dropped, 0, (int)ARRAY_LENGTH(manners));
	tcase_add_test(tcase, a_second_look_ends_with_the_time_to_connect);
	tcase_add_test(tcase, a_second_look_ends_with_the_resolver);
}
