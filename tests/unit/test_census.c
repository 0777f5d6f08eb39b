/* directory/census: a whole directory, page by page. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "directory/census.h"
#include "directory_fixture.h"
#include "fake_server.h"
#include "unit.h"

static struct fixture fixture;
static struct config_directory *directory;
static struct census *census;
static const struct census_page *page;
static struct error err;
static struct fake fake;
static const char *uris[2];

static void
setup(void)
{
	static const struct error none = ERROR_INIT;

	fixture_init(&fixture, 1);
	fixture_folder(&fixture);
	directory = &fixture.directories[0];
	directory->ldif = strdup(fixture_path(&fixture, "directory.ldif"));
	err = none;
	census = NULL;
}

static void
teardown(void)
{
	char *path = directory->ldif;

	census_free(census);
	fixture_end(&fixture);
	free(path);
}

static void
begin_with(bool csn)
{
	const struct census_options options = {.csn = csn};

	census = census_new(directory, &options, &err);
	ck_assert_msg(census != NULL, "%s", err.text);
}

static void
begin(const char *text)
{
	fixture_write(directory->ldif, text, strlen(text));
	begin_with(false);
}

static enum census_state
next(void)
{
	enum census_state state =
	    census_next(census, clock_monotonic_ms() + FIXTURE_PATIENCE, &page, &err);

	ck_assert_int_ne(state, CENSUS_WAIT);
	return state;
}

/* The one page of a short file. */
static void
only_page(const char *text, size_t count)
{
	begin(text);
	ck_assert_int_eq(next(), CENSUS_PAGE);
	ck_assert_uint_eq(page->count, count);
}

START_TEST(an_entry_is_told_with_its_values_as_they_stand_there)
{
	const struct census_entry *entry;

	only_page("dn: cn=anna\n"
		  "mail: anna@corp.example\n"
		  "usercertificate;binary: one\n"
		  "userCertificate: one\n"
		  "userSMIMECertificate: two\n"
		  "cACertificate: three\n"
		  "description: nothing\n",
	    1);
	entry = &page->entries[0];
	ck_assert_str_eq(entry->dn, "cn=anna");
	ck_assert_ptr_null(entry->csn);
	ck_assert_uint_eq(entry->address_count, 1);
	ck_assert_str_eq(entry->addresses[0].text, "anna@corp.example");
	ck_assert_uint_eq(entry->value_count, 4);
	ck_assert_str_eq(entry->values[0].name, "usercertificate;binary");
	ck_assert_str_eq(entry->values[0].attribute, "userCertificate");
	ck_assert_int_eq(entry->values[0].kind, FINDING_CERTIFICATE);
	ck_assert_mem_eq(entry->values[1].value, "one", 3);
	ck_assert_int_eq(entry->values[2].kind, FINDING_BLOB);
	ck_assert_int_eq(entry->values[3].kind, FINDING_CA);
	ck_assert_int_eq(next(), CENSUS_END);
	ck_assert_int_eq(next(), CENSUS_END);
}
END_TEST

START_TEST(entries_that_publish_nothing_are_passed_over)
{
	only_page("dn: cn=a\nmail: a@corp.example\n\n"
		  "dn: cn=ca\nmail: ca@corp.example\ncACertificate: x\n\n"
		  "dn: cn=b\nmail: b@corp.example\nuserCertificate: x\n\n"
		  "dn: cn=nobody\nuserCertificate: x\n\n"
		  "dn: cn=empty\nmail: e@corp.example\nuserCertificate:\n",
	    2);
	ck_assert_str_eq(page->entries[0].dn, "cn=b");
	ck_assert_str_eq(page->entries[1].dn, "cn=nobody");
	ck_assert_uint_eq(page->entries[1].address_count, 0);
}
END_TEST

START_TEST(the_address_that_stands_for_the_entry_comes_first)
{
	const struct census_entry *entry;

	directory->kind = DIRECTORY_ACTIVE_DIRECTORY;
	only_page("dn: cn=a\n"
		  "proxyAddresses: smtp:other@corp.example\n"
		  "proxyAddresses: SMTP:primary@corp.example\n"
		  "proxyAddresses: x400:c=de\n"
		  "proxyAddresses: smtp:broken@@\n"
		  "mail: mail@corp.example\n"
		  "mail: second@corp.example\n"
		  "proxyAddresses: smtp:MAIL@corp.example\n"
		  "proxyAddresses: smtp:mail@corp.example\n"
		  "userCertificate: x\n",
	    1);
	entry = &page->entries[0];
	ck_assert_uint_eq(entry->address_count, 5);
	ck_assert_str_eq(entry->addresses[0].text, "mail@corp.example");
	ck_assert_str_eq(entry->addresses[1].text, "second@corp.example");
	ck_assert_str_eq(entry->addresses[2].text, "primary@corp.example");
	ck_assert_str_eq(entry->addresses[3].text, "other@corp.example");
	ck_assert_str_eq(entry->addresses[4].text, "MAIL@corp.example");
	ck_assert_uint_eq(entry->addresses_broken, 1);
}
END_TEST

START_TEST(entry_csn_is_told_if_asked_for)
{
	static const char text[] =
	    "dn: cn=a\nuserCertificate: x\nentryCSN: 20261125000000.000000Z#000000#000#000000\n";

	fixture_write(directory->ldif, text, strlen(text));
	begin_with(true);
	ck_assert_int_eq(next(), CENSUS_PAGE);
	ck_assert_str_eq(page->entries[0].csn, "20261125000000.000000Z#000000#000#000000");
}
END_TEST

START_TEST(values_beyond_the_limits_are_counted_not_kept)
{
	directory->values_limit = 2;
	directory->value_size_limit = 4;
	only_page(
	    "dn: cn=a\nuserCertificate: 12345\nuserCertificate: 1234\nuserCertificate: 1\n", 1);
	ck_assert_uint_eq(page->entries[0].value_count, 2);
	ck_assert_uint_eq(page->entries[0].left_out, 1);
	ck_assert_ptr_null(page->entries[0].values[0].value);
	ck_assert_uint_eq(page->entries[0].values[0].size, 5);
	ck_assert_ptr_nonnull(page->entries[0].values[1].value);
}
END_TEST

/* Four values, of which three have room. */
#define LARGE (CENSUS_ENTRY_BYTES / 3 - 100)

static void
write_large(FILE *out)
{
	char *value = malloc(LARGE);
	int i;

	ck_assert_ptr_nonnull(value);
	memset(value, 'x', LARGE);
	fputs("dn: cn=large\nmail: large@corp.example\n", out);
	for (i = 0; i < 4; i++) {
		fputs("userCertificate: ", out);
		fwrite(value, 1, LARGE, out);
		fputc('\n', out);
	}
	fputc('\n', out);
	free(value);
}

START_TEST(an_entry_that_is_too_large_loses_values_and_its_neighbour_none)
{
	FILE *file = fopen(directory->ldif, "w");

	ck_assert_ptr_nonnull(file);
	directory->value_size_limit = LARGE;
	write_large(file);
	fputs("dn: cn=small\nuserCertificate: x\nuserCertificate: y\n", file);
	ck_assert_int_eq(fclose(file), 0);
	begin_with(false);
	ck_assert_int_eq(next(), CENSUS_PAGE);
	ck_assert_uint_eq(page->count, 2);
	ck_assert_uint_eq(page->entries[0].value_count, 3);
	ck_assert_uint_eq(page->entries[0].left_out, 1);
	ck_assert_uint_eq(page->entries[1].value_count, 2);
	ck_assert_uint_eq(page->entries[1].left_out, 0);
}
END_TEST

START_TEST(an_entry_of_which_nothing_has_room_is_told_all_the_same)
{
	directory->values_limit = 0;
	only_page("dn: cn=a\nuserCertificate: x\n", 1);
	ck_assert_uint_eq(page->entries[0].value_count, 0);
	ck_assert_uint_eq(page->entries[0].left_out, 1);
}
END_TEST

START_TEST(broken_records_are_skipped_and_counted)
{
	struct census_progress progress;

	only_page("dn: cn=a\nuserCertificate: x\nno attribute\n\n"
		  "dn: cn=b\nuserCertificate:< file:///etc/passwd\n\n"
		  "dn: cn=c\nuserCertificate: x\n\n"
		  "include: file:///etc/passwd\n\n"
		  "dn: cn=d\nchangetype: delete\n\n",
	    1);
	ck_assert_str_eq(page->entries[0].dn, "cn=c");
	census_progress(census, &progress);
	ck_assert_uint_eq(progress.broken, 4);
	ck_assert_uint_eq(progress.entries, 1);
	ck_assert_uint_eq(progress.done, progress.total);
}
END_TEST

static char *
many(size_t count)
{
	size_t room = count * 80 + 1;
	char *text = malloc(room);
	size_t used = 0;
	size_t i;

	ck_assert_ptr_nonnull(text);
	text[0] = '\0';
	for (i = 0; i < count; i++)
		used += (size_t)snprintf(text + used, room - used,
		    "dn: cn=%zu\nmail: %zu@corp.example\nuserCertificate: x\n\n", i, i);
	return text;
}

START_TEST(a_large_directory_comes_in_pages_in_its_own_order)
{
	char *text = many(2 * CENSUS_PAGE_ENTRIES + 1);
	char dn[30];
	size_t seen = 0;
	size_t pages = 0;
	size_t i;

	begin(text);
	free(text);
	while (next() == CENSUS_PAGE) {
		ck_assert_uint_le(page->count, CENSUS_PAGE_ENTRIES);
		for (i = 0; i < page->count; i++) {
			snprintf(dn, sizeof(dn), "cn=%zu", seen++);
			ck_assert_str_eq(page->entries[i].dn, dn);
		}
		pages++;
	}
	ck_assert_uint_eq(seen, 2 * CENSUS_PAGE_ENTRIES + 1);
	ck_assert_uint_eq(pages, 3);
}
END_TEST

START_TEST(it_can_be_given_up_at_any_time)
{
	char *text = many(4 * CENSUS_PAGE_ENTRIES);

	begin(text);
	if (_i > 0)
		ck_assert_int_eq(next(), CENSUS_PAGE);
	if (_i > 1)
		ck_assert_int_eq(next(), CENSUS_PAGE);
	free(text);
}
END_TEST

START_TEST(an_empty_directory_has_no_entries)
{
	only_page("", 0);
	ck_assert_int_eq(next(), CENSUS_END);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_told_and_nobody_waits_for_a_pipe)
{
	if (_i == 1)
		ck_assert_int_eq(mkfifo(directory->ldif, 0600), 0);
	if (_i == 2)
		ck_assert_int_eq(mkdir(directory->ldif, 0700), 0);
	begin_with(false);
	ck_assert_int_eq(next(), CENSUS_PAGE);
	ck_assert_uint_eq(page->count, 0);
	ck_assert_int_eq(next(), CENSUS_FAILED);
	ck_assert_ptr_nonnull(strstr(
	    err.text, _i == 0 ? "directory.ldif: No such file or directory" : "is not a file"));
}
END_TEST

/* What may end early, after an entry that is whole. */
#define BEFORE "dn: cn=a\nmail: a@corp.example\nuserCertificate:: MAMCAQE=\n\n"
#define LAST "dn: cn=b\nmail: b@corp.example\n"

static const struct {
	const char *text;
	size_t count;
	bool cut_off;
} ends[] = {
    {BEFORE LAST "userCertificate:: MAMCAQE=", 2, false},
    {BEFORE LAST "userCertificate:: MAMC\n", 2, false}, /* published so */
    {BEFORE "# the end", 1, false},
    {BEFORE LAST "userCertificate:: MAMC", 2, true}, /* base64, but of less than DER says */
    {BEFORE LAST "userCertificate:: MAMCAQ", 1, true},
    {BEFORE LAST "userCerti", 1, true},
    {BEFORE "dn: cn=b\nmail: b@corp.exa", 1, true},
    {BEFORE "dn: cn=b", 1, true},
};

START_TEST(a_file_that_was_cut_off_is_told_after_what_it_holds)
{
	only_page(ends[_i].text, ends[_i].count);
	ck_assert_str_eq(page->entries[0].dn, "cn=a");
	if (!ends[_i].cut_off) {
		ck_assert_int_eq(next(), CENSUS_END);
		return;
	}
	ck_assert_int_eq(next(), CENSUS_FAILED);
	ck_assert_int_eq(err.code, ERROR_INPUT);
	ck_assert_msg(
	    strstr(err.text, "it ends within the entry at line 5") != NULL, "%s", err.text);
}
END_TEST

/* Begins with a file of which a page is still to be read when the first one is here. */
static void
begin_many(void)
{
	char *text = many(4 * CENSUS_PAGE_ENTRIES);

	begin(text);
	free(text);
	ck_assert_int_eq(next(), CENSUS_PAGE);
}

START_TEST(a_file_that_changes_while_it_is_read_is_told)
{
	FILE *file;

	begin_many();
	file = fopen(directory->ldif, "a");
	ck_assert_ptr_nonnull(file);
	fputs(BEFORE, file);
	ck_assert_int_eq(fclose(file), 0);
	while (next() == CENSUS_PAGE)
		;
	ck_assert_int_eq(next(), CENSUS_FAILED);
	ck_assert_int_eq(err.code, ERROR_TEMPORARY);
	ck_assert_ptr_nonnull(strstr(err.text, "has changed while it was read"));
}
END_TEST

START_TEST(a_file_that_another_replaces_is_read_to_its_end)
{
	char *path = strdup(fixture_path(&fixture, "new.ldif"));
	size_t seen;

	begin_many();
	seen = page->count;
	fixture_write(path, BEFORE, strlen(BEFORE));
	ck_assert_int_eq(rename(path, directory->ldif), 0);
	free(path);
	while (next() == CENSUS_PAGE)
		seen += page->count;
	ck_assert_int_eq(next(), CENSUS_END);
	ck_assert_uint_eq(seen, 4 * CENSUS_PAGE_ENTRIES);
}
END_TEST

START_TEST(findings_are_those_of_a_look_up)
{
	struct findings *findings;

	directory->bind_by_entry = true;
	only_page("dn: cn=a\nmail: a@corp.example\nuserCertificate: x\nuserCertificate;binary: x\n"
		  "userSMIMECertificate: y\n",
	    1);
	findings = census_findings(directory, &page->entries[0], &err);
	ck_assert_ptr_nonnull(findings);
	ck_assert_uint_eq(findings->count, 2);
	ck_assert_uint_eq(findings->entries, 1);
	ck_assert_str_eq(findings->items[0].directory, "first");
	ck_assert_str_eq(findings->items[0].dn, "cn=a");
	ck_assert(findings->items[0].bind_by_entry);
	findings_unref(findings);
}
END_TEST

static const struct {
	enum config_directory_kind kind;
	const char *template;
	const char *filter;
} filters[] = {
    {DIRECTORY_INETORGPERSON, NULL, "(&(mail=*)(|(userSMIMECertificate=*)(userCertificate=*)))"},
    {DIRECTORY_ACTIVE_DIRECTORY, NULL,
	"(&(|(mail=*)(proxyAddresses=smtp:*))(|(userSMIMECertificate=*)(userCertificate=*)))"},
    {DIRECTORY_INETORGPERSON, "(&(objectClass=person)(uid=%l)(o=100%%))",
	"(&(&(objectClass=person)(uid=*)(o=100%))(|(userSMIMECertificate=*)(userCertificate=*)))"},
    {DIRECTORY_INETORGPERSON, "(|(mail=%l@%d)(mail=%l*)(mail=*%a%d))",
	"(&(|(mail=*@*)(mail=*)(mail=*))(|(userSMIMECertificate=*)(userCertificate=*)))"},
};

START_TEST(servers_are_asked_for_what_any_look_up_would_find)
{
	char *filter;

	directory->kind = filters[_i].kind;
	directory->filter = (char *)filters[_i].template;
	directory->certificate_attribute = (char *)"userCertificate;binary";
	filter = census_filter(directory, &err);
	ck_assert_msg(filter != NULL, "%s", err.text);
	ck_assert_str_eq(filter, filters[_i].filter);
	free(filter);
}
END_TEST

START_TEST(an_attribute_that_is_not_configured_is_not_asked_for)
{
	char *filter;

	directory->smime_attribute = (char *)"";
	filter = census_filter(directory, &err);
	ck_assert_str_eq(filter, "(&(mail=*)(|(userCertificate=*)))");
	free(filter);
}
END_TEST

static const struct {
	enum fake_mode mode;
	enum census_state state;
	const char *text;
} faults[] = {
    {FAKE_ANSWERS, CENSUS_END, ""},
    {FAKE_LIMITED, CENSUS_CUT, "size limit for anonymous clients"},
    {FAKE_NOTHING, CENSUS_FAILED, "does not exist"},
    {FAKE_HANGS_UP, CENSUS_FAILED, "ldap://127.0.0.1"},
    {FAKE_BUSY, CENSUS_FAILED, "usy"},
};

START_TEST(what_a_server_does_wrong_is_told)
{
	char *path = directory->ldif;

	directory->ldif = NULL;
	fake_start(&fake, 0, NULL);
	atomic_store(&fake.mode, faults[_i].mode);
	uris[0] = fake.uri;
	fixture_list(&directory->uri, uris, 1);
	directory->base = (char *)"dc=x";
	directory->tls = TLS_NEVER;
	begin_with(false);
	ck_assert_int_eq(next(), CENSUS_PAGE);
	ck_assert_int_eq(next(), faults[_i].state);
	ck_assert_msg(strstr(err.text, faults[_i].text) != NULL, "%s", err.text);
	census_free(census);
	census = NULL;
	fake_stop(&fake);
	directory->ldif = path;
}
END_TEST

START_TEST(entries_of_a_server_can_be_counted_alone)
{
	static const struct census_options options = {.count = true};
	struct census_progress progress;
	char *path = directory->ldif;

	directory->ldif = NULL;
	fake_start(&fake, 0, NULL);
	uris[0] = fake.uri;
	fixture_list(&directory->uri, uris, 1);
	directory->base = (char *)"dc=x";
	directory->tls = TLS_NEVER;
	census = census_new(directory, &options, &err);
	ck_assert_msg(census != NULL, "%s", err.text);
	ck_assert_int_eq(next(), CENSUS_PAGE);
	ck_assert_uint_eq(page->count, 0);
	ck_assert_int_eq(next(), CENSUS_END);
	census_progress(census, &progress);
	ck_assert_uint_eq(progress.entries, 1);
	census_free(census);
	census = NULL;
	fake_stop(&fake);
	directory->ldif = path;
}
END_TEST

START_TEST(a_first_page_that_is_lost_is_asked_for_elsewhere_and_counts_once)
{
	static const struct census_options options = {.count = true};
	static struct fake other;
	struct census_progress progress;
	char *path = directory->ldif;

	directory->ldif = NULL;
	fake_start(&fake, 0, NULL);
	fake_start(&other, 0, NULL);
	atomic_store(&fake.mode, FAKE_HANGS_UP);
	uris[0] = fake.uri;
	uris[1] = other.uri;
	fixture_list(&directory->uri, uris, 2);
	directory->base = (char *)"dc=x";
	directory->tls = TLS_NEVER;
	census = census_new(directory, &options, &err);
	ck_assert_msg(census != NULL, "%s", err.text);
	ck_assert_int_eq(next(), CENSUS_PAGE);
	ck_assert_int_eq(next(), CENSUS_END);
	census_progress(census, &progress);
	ck_assert_uint_eq(progress.entries, 1);
	ck_assert_int_ge(atomic_load(&fake.searches), 1);
	census_free(census);
	census = NULL;
	fake_stop(&fake);
	fake_stop(&other);
	directory->ldif = path;
}
END_TEST

START_TEST(a_server_that_says_nothing_holds_up_nobody)
{
	char *path = directory->ldif;

	directory->ldif = NULL;
	fake_start(&fake, 0, NULL);
	atomic_store(&fake.mode, FAKE_SILENT);
	uris[0] = fake.uri;
	fixture_list(&directory->uri, uris, 1);
	directory->base = (char *)"dc=x";
	directory->tls = TLS_NEVER;
	begin_with(false);
	ck_assert_int_eq(census_next(census, clock_monotonic_ms() + 50, &page, &err), CENSUS_WAIT);
	census_free(census);
	census = NULL;
	fake_stop(&fake);
	directory->ldif = path;
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("census");
	TCase *tcase = unit_case(suite, "file");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, an_entry_is_told_with_its_values_as_they_stand_there);
	tcase_add_test(tcase, entries_that_publish_nothing_are_passed_over);
	tcase_add_test(tcase, the_address_that_stands_for_the_entry_comes_first);
	tcase_add_test(tcase, entry_csn_is_told_if_asked_for);
	tcase_add_test(tcase, values_beyond_the_limits_are_counted_not_kept);
	tcase_add_test(tcase, an_entry_that_is_too_large_loses_values_and_its_neighbour_none);
	tcase_add_test(tcase, an_entry_of_which_nothing_has_room_is_told_all_the_same);
	tcase_add_test(tcase, broken_records_are_skipped_and_counted);
	tcase_add_test(tcase, a_large_directory_comes_in_pages_in_its_own_order);
	tcase_add_loop_test(tcase, it_can_be_given_up_at_any_time, 0, 3);
	tcase_add_test(tcase, an_empty_directory_has_no_entries);
	tcase_add_loop_test(
	    tcase, a_file_that_cannot_be_read_is_told_and_nobody_waits_for_a_pipe, 0, 3);
	tcase_add_loop_test(
	    tcase, a_file_that_was_cut_off_is_told_after_what_it_holds, 0, (int)ARRAY_LENGTH(ends));
	tcase_add_test(tcase, a_file_that_changes_while_it_is_read_is_told);
	tcase_add_test(tcase, a_file_that_another_replaces_is_read_to_its_end);
	tcase_add_test(tcase, findings_are_those_of_a_look_up);
	tcase = unit_case(suite, "servers");
	tcase_set_timeout(tcase, 30);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, servers_are_asked_for_what_any_look_up_would_find, 0,
	    (int)ARRAY_LENGTH(filters));
	tcase_add_test(tcase, an_attribute_that_is_not_configured_is_not_asked_for);
	tcase_add_loop_test(tcase, what_a_server_does_wrong_is_told, 0, (int)ARRAY_LENGTH(faults));
	tcase_add_test(tcase, entries_of_a_server_can_be_counted_alone);
	tcase_add_test(tcase, a_first_page_that_is_lost_is_asked_for_elsewhere_and_counts_once);
	tcase_add_test(tcase, a_server_that_says_nothing_holds_up_nobody);
	return unit_run(suite);
}
