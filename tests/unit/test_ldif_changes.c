/* An LDIF file as the directory: it changes, is cut off, or goes away. */
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "directory/source_ldif.h"
#include "test_ldif.h"

START_TEST(a_file_that_cant_be_read_is_an_error_at_the_start)
{
	struct error err = ERROR_INIT;

	ck_assert_ptr_null(resolver_new(&fixture.config, fixture.trust, NULL, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "directory.ldif"));
	ck_assert_ptr_nonnull(strstr(err.text, "first"));
	ck_assert_int_eq(mkdir(fixture.directories[0].ldif, 0700), 0);
	ck_assert_ptr_null(resolver_new(&fixture.config, fixture.trust, NULL, &err));
}
END_TEST

static bool
anna_is_found(void *context)
{
	return fixture_state(context, "anna@example.org", NULL) == RECIPIENT_FOUND;
}

static bool
anna_is_gone(void *context)
{
	return !anna_is_found(context);
}

static bool
bob_is_found(void *context)
{
	return fixture_state(context, "bob@example.org", NULL) == RECIPIENT_FOUND;
}

/* A new file put in place by rename, as it should be. */
static void
replace_ldif(const char *text)
{
	const char *next = fixture_path(&fixture, "next");

	fixture_write(next, text, strlen(text));
	ck_assert_int_eq(rename(next, fixture.directories[0].ldif), 0);
}

static void
note_down(void *context, const struct resolver_server *server)
{
	bool *down = context;

	*down = *down || (server->down && strstr(server->error, "can be read") != NULL);
}

static bool
file_is_refused(void *context)
{
	struct fixture *of = context;
	bool down = false;

	ck_assert_int_eq(resolver_servers_each(of->resolver, note_down, &down, NULL), 0);
	return down;
}

static void
note_cut_off(void *context, const struct resolver_server *server)
{
	bool *cut_off = context;

	*cut_off |= server->down && strstr(server->error, "was cut off") != NULL;
}

static bool
file_was_cut_off(void *context)
{
	struct fixture *of = context;
	bool said = false;

	ck_assert_int_eq(resolver_servers_each(of->resolver, note_cut_off, &said, NULL), 0);
	return said;
}

START_TEST(a_file_of_broken_records_alone_does_not_replace_what_was_read)
{
	struct error err = ERROR_INIT;

	fixture.config.cache_entries = 0;
	test_ldif_write("dn: cn=Anna\nmail: anna@example.org\nuserCertificate:: AQID\n");
	fixture_start(&fixture);
	ck_assert(anna_is_found(&fixture));
	replace_ldif("dn: cn=Bob\nmail: bob@example.org\nuserCertificate:: AQ*\n");
	ck_assert(fixture_until(file_is_refused, &fixture));
	ck_assert(anna_is_found(&fixture));
	/* Nor does a reload of the configuration take it. */
	ck_assert_ptr_null(resolver_new(&fixture.config, fixture.trust, NULL, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "can be read"));
	/* An empty one is somebody's will. */
	replace_ldif("");
	ck_assert(fixture_until(anna_is_gone, &fixture));
}
END_TEST

/* A certificate and mail address that are whole, for what may end early after it. */
#define BEFORE "dn: cn=Anna\nmail: anna@example.org\nuserCertificate:: MAMCAQE=\n\n"
#define BOB "dn: cn=Bob\nmail: bob@example.org\n"

static const char *const cut_off[] = {
    BEFORE BOB "userCertificate:: MAMCAQ", /* of "MAMCAQE=", by whoever wrote it */
    BEFORE BOB "userCertificate:: MAMC",   /* base64, but of less than DER says */
    BEFORE BOB "userCertificate:: MIID",   /* within the length */
    BEFORE BOB "userCerti",
    BEFORE "dn: cn=Bob\nmail: bob@exam",
    BEFORE "dn: cn=B",
};

START_TEST(a_file_that_was_cut_off_does_not_replace_what_was_read)
{
	struct error err = ERROR_INIT;

	fixture.config.cache_entries = 0;
	test_ldif_write(BOB "userCertificate:: MAMCAQE=\n");
	fixture_start(&fixture);
	ck_assert(bob_is_found(&fixture));
	replace_ldif(cut_off[_i]);
	ck_assert(fixture_until(file_was_cut_off, &fixture));
	ck_assert(bob_is_found(&fixture));
	ck_assert_ptr_null(roster_load(&fixture.directories[0], false, NULL, &err));
	ck_assert_msg(
	    strstr(err.text, "it ends within the entry at line 5") != NULL, "%s", err.text);
	replace_ldif(BEFORE);
	ck_assert(fixture_until(anna_is_found, &fixture));
}
END_TEST

/* Hand-made files often do without the last line's end. */
static const char *const whole[] = {
    BEFORE, BEFORE BOB "userCertificate:: MAMCAQE=", BEFORE "# the end",
    BEFORE BOB "userCertificate:: AQID",     /* no DER at all, but no sign of a cut */
    BEFORE BOB "userCertificate:: MIACAQE=", /* an indefinite length */
    BEFORE BOB "userCertificate:: AQ*\n", BEFORE BOB "userCertificate:: MAMC\n", /* published so */
};

START_TEST(a_whole_file_is_not_taken_for_cut_off)
{
	test_ldif_write(whole[_i]);
	ck_assert_uint_eq(test_ldif_count("anna@example.org"), 1);
}
END_TEST

struct toucher {
	const char *path;
	atomic_bool stop;
};

/* Says that the file was changed, again and again. */
static void *
keep_touching(void *argument)
{
	struct toucher *toucher = argument;
	struct timespec times[2] = {{1000, 0}, {1000, 0}};

	while (!atomic_load(&toucher->stop)) {
		times[1].tv_sec++;
		utimensat(AT_FDCWD, toucher->path, times, 0);
		sched_yield();
	}
	return NULL;
}

START_TEST(a_file_that_changes_while_it_is_read_is_not_taken)
{
	struct toucher toucher = {.path = fixture.directories[0].ldif};
	int64_t end = clock_monotonic_ms() + FIXTURE_PATIENCE;
	struct error err = ERROR_INIT;
	struct roster *roster;
	pthread_t thread;

	test_ldif_write_many();
	ck_assert_int_eq(pthread_create(&thread, NULL, keep_touching, &toucher), 0);
	while ((roster = roster_load(&fixture.directories[0], false, NULL, &err)) != NULL) {
		roster_free(roster); /* the other thread has not had its turn */
		ck_assert_int_lt(clock_monotonic_ms(), end);
	}
	atomic_store(&toucher.stop, true);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(err.code, ERROR_TEMPORARY);
	ck_assert_ptr_nonnull(strstr(err.text, "has changed while it was read"));
}
END_TEST

START_TEST(a_changed_file_is_read_again_and_a_bad_one_changes_nothing)
{
	fixture.config.cache_entries = 0;
	test_ldif_write("dn: cn=Anna\nmail: anna@example.org\nuserCertificate:: AQID\n");
	fixture_start(&fixture);
	ck_assert(anna_is_found(&fixture));
	ck_assert(!bob_is_found(&fixture));
	replace_ldif("dn: cn=Bob\nmail: bob@example.org\nuserCertificate:: AQID\n");
	ck_assert(fixture_until(bob_is_found, &fixture));
	ck_assert(!anna_is_found(&fixture));
	/* It goes away: what was read stays. */
	ck_assert_int_eq(unlink(fixture.directories[0].ldif), 0);
	ck_assert(bob_is_found(&fixture));
	ck_assert_int_eq(mkdir(fixture.directories[0].ldif, 0700), 0);
	poll(NULL, 0, 2500); /* time for two looks, which must not change anything */
	ck_assert(bob_is_found(&fixture));
	ck_assert_int_eq(rmdir(fixture.directories[0].ldif), 0);
	replace_ldif("dn: cn=Anna\nmail: anna@example.org\nuserCertificate:: AQID\n");
	ck_assert(fixture_until(anna_is_found, &fixture));
}
END_TEST

static void
on_server(void *context, const struct source_server *server)
{
	struct source_server *told = context;

	ck_assert_ptr_null(told->uri); /* it is one */
	ck_assert_int_eq(server->error[0] != '\0', server->down);
	*told = *server;
}

static struct source_server
describe(struct source *source)
{
	struct source_server told = {.uri = NULL};

	source->operations->describe(source, on_server, &told);
	return told;
}

START_TEST(a_source_tells_of_its_file)
{
	struct event_base *base = event_base_new();
	int64_t end = clock_monotonic_ms() + FIXTURE_PATIENCE;
	struct source *source;

	test_ldif_write("dn: cn=Anna\nmail: anna@example.org\nuserCertificate:: AQID\n");
	source =
	    source_ldif_new(&fixture.directories[0], false, &test_ldif_limits, base, NULL, NULL);
	ck_assert_ptr_nonnull(source);
	ck_assert_str_eq(describe(source).uri, fixture.directories[0].ldif);
	ck_assert(!describe(source).down);
	ck_assert_int_eq(unlink(fixture.directories[0].ldif), 0);
	while (!describe(source).down) {
		ck_assert_int_lt(clock_monotonic_ms(), end);
		event_base_loop(base, EVLOOP_ONCE);
	}
	source->operations->free(source);
	event_base_free(base);
}
END_TEST

void
test_ldif_changes(TCase *tcase)
{
	tcase_add_test(tcase, a_file_that_cant_be_read_is_an_error_at_the_start);
	tcase_add_test(tcase, a_file_of_broken_records_alone_does_not_replace_what_was_read);
	tcase_add_loop_test(tcase, a_file_that_was_cut_off_does_not_replace_what_was_read, 0,
	    (int)ARRAY_LENGTH(cut_off));
	tcase_add_loop_test(
	    tcase, a_whole_file_is_not_taken_for_cut_off, 0, (int)ARRAY_LENGTH(whole));
	tcase_add_test(tcase, a_file_that_changes_while_it_is_read_is_not_taken);
	tcase_add_test(tcase, a_changed_file_is_read_again_and_a_bad_one_changes_nothing);
	tcase_add_test(tcase, a_source_tells_of_its_file);
}
