/* directory/roster, directory/source_ldif: an LDIF file as the directory. */
#include <event2/event.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "directory/record.h"
#include "directory/roster.h"
#include "directory/source_ldif.h"
#include "directory_fixture.h"
#include "unit.h"

static struct fixture fixture;
static const struct members_limits limits = {500, 8};

static void
setup(void)
{
	fixture_init(&fixture, 1);
	fixture_folder(&fixture);
	fixture.directories[0].ldif = strdup(fixture_path(&fixture, "directory.ldif"));
}

static void
teardown(void)
{
	char *path = fixture.directories[0].ldif;

	fixture_end(&fixture);
	free(path);
}

static void
write_ldif(const char *text)
{
	fixture_write(fixture.directories[0].ldif, text, strlen(text));
}

static struct roster *
load(void)
{
	struct error err = ERROR_INIT;
	struct roster *roster = roster_load(&fixture.directories[0], false, NULL, &err);

	ck_assert_msg(roster != NULL, "%s", err.text);
	return roster;
}

static struct findings *
find(const struct roster *roster, const char *key)
{
	struct roster_question question = {key, NULL, NULL, limits};
	struct findings *findings = roster_find(roster, &fixture.directories[0], &question, NULL);

	ck_assert_ptr_nonnull(findings);
	return findings;
}

/* How many values the file holds for a key. */
static size_t
count(const char *key)
{
	struct roster *roster = load();
	struct findings *findings = find(roster, key);
	size_t found = findings->count;

	findings_unref(findings);
	roster_free(roster);
	return found;
}

static size_t
broken(void)
{
	struct roster *roster = load();
	size_t found = roster_broken(roster);

	roster_free(roster);
	return found;
}

START_TEST(values_are_found_by_every_address_of_the_entry)
{
	struct roster *roster;
	struct findings *findings;

	write_ldif("version: 1\n"
		   "# a comment\n"
		   "dn: cn=Anna,o=X\n"
		   "objectClass: inetOrgPerson\n"
		   "mail: Anna@Example.ORG\n"
		   "mail: anna.b@example.org\n"
		   "userCertificate;binary:: AQID\n"
		   "usersmimecertificate:: BAUG\n"
		   "cACertificate;BINARY:: BwgJ\n"
		   "jpegPhoto:: AAAA\n");
	roster = load();
	ck_assert_uint_eq(roster_entries(roster), 1);
	findings = find(roster, "anna@example.org");
	ck_assert_uint_eq(findings->count, 3);
	ck_assert_uint_eq(findings->entries, 1);
	ck_assert(!findings->many_entries);
	ck_assert_int_eq(findings->items[0].kind, FINDING_CERTIFICATE);
	ck_assert_str_eq(findings->items[0].dn, "cn=Anna,o=X");
	ck_assert_str_eq(findings->items[0].directory, "first");
	ck_assert_str_eq(findings->items[0].attribute, "userCertificate");
	ck_assert_uint_eq(findings->items[0].size, 3);
	ck_assert_int_eq(memcmp(findings->items[0].value, "\1\2\3", 3), 0);
	ck_assert_int_eq(findings->items[1].kind, FINDING_BLOB);
	ck_assert_str_eq(findings->items[1].attribute, "userSMIMECertificate");
	ck_assert_int_eq(findings->items[2].kind, FINDING_CA);
	findings_unref(findings);
	findings = find(roster, "anna.b@example.org");
	ck_assert_uint_eq(findings->count, 3);
	findings_unref(findings);
	findings = find(roster, "nobody@example.org");
	ck_assert_uint_eq(findings->count, 0);
	ck_assert_uint_eq(findings->entries, 0);
	findings_unref(findings);
	roster_free(roster);
}
END_TEST

START_TEST(folded_lines_and_crlf_and_no_last_newline_are_read)
{
	write_ldif("dn: cn=Anna,\r\n o=X\r\nmail: an\r\n na@example.org\r\n"
		   "userCertificate:: AQ\r\n ID\r\n\r\n\r\n"
		   "dn: cn=Bob\r\nmail: bob@example.org\r\nuserCertificate:: AQID");
	ck_assert_uint_eq(count("anna@example.org"), 1);
	ck_assert_uint_eq(count("bob@example.org"), 1);
}
END_TEST

START_TEST(an_international_domain_is_found_in_either_form)
{
	write_ldif("dn: cn=a\nmail:: YW5uYUBiw7xjaGVyLmV4YW1wbGU=\nuserCertificate:: AQID\n\n"
		   "dn: cn=b\nmail: bob@xn--bcher-kva.example\nuserCertificate:: AQID\n");
	ck_assert_uint_eq(count("anna@xn--bcher-kva.example"), 1);
	ck_assert_uint_eq(count("bob@xn--bcher-kva.example"), 1);
}
END_TEST

/* Ä and ä, composed or not, as wherever addresses are compared. */
START_TEST(an_international_local_part_is_found_in_either_case)
{
	write_ldif("dn: cn=a\nmail:: w4RubmVAZXhhbXBsZS5vcmc=\nuserCertificate:: AQID\n");
	fixture_start(&fixture);
	ck_assert_int_eq(fixture_state(&fixture, "\xc3\x84nne@example.org", NULL), RECIPIENT_FOUND);
	ck_assert_int_eq(fixture_state(&fixture, "\xc3\xa4NNE@example.org", NULL), RECIPIENT_FOUND);
	ck_assert_int_eq(
	    fixture_state(&fixture, "a\xcc\x88nne@example.org", NULL), RECIPIENT_FOUND);
	ck_assert_int_eq(fixture_state(&fixture, "anne@example.org", NULL), RECIPIENT_NONE);
}
END_TEST

START_TEST(a_detail_is_left_out_where_the_directory_says_so)
{
	struct ticket *ticket;

	write_ldif("dn: cn=a\nmail: anna@example.org\nuserCertificate:: AQID\n\n"
		   "dn: cn=b\nmail: bob@example.org\nmail: bob+x@example.org\n"
		   "userCertificate:: AQIE\n\n"
		   "dn: cn=c\nmail: eve@example.org\nuserCertificate:: AQIF\n\n"
		   "dn: cn=d\nmail: eve+x@example.org\nuserCertificate:: AQIG\n");
	fixture.directories[0].subaddress_delimiter = (char *)"+";
	fixture_start(&fixture);
	ck_assert_int_eq(fixture_state(&fixture, "anna+news@example.org", NULL), RECIPIENT_FOUND);
	ck_assert_int_eq(fixture_state(&fixture, "+anna@example.org", NULL), RECIPIENT_NONE);
	ck_assert_int_eq(fixture_state(&fixture, "anna-news@example.org", NULL), RECIPIENT_NONE);
	/* One entry with both addresses is one. */
	ticket = fixture_ask(&fixture, "bob+x@example.org");
	ck_assert_int_eq(ticket_record(ticket)->state, RECIPIENT_FOUND);
	ck_assert_ptr_null(ticket_record(ticket)->detail);
	ticket_free(ticket);
	/* Who has the address itself comes before who has the shorter one. */
	ticket = fixture_ask(&fixture, "eve+x@example.org");
	ck_assert_uint_eq(ticket_record(ticket)->digital_id_count, 1);
	ck_assert_str_eq(ticket_record(ticket)->digital_ids[0].dn, "cn=d");
	ticket_free(ticket);
}
END_TEST

START_TEST(the_directory_decides_about_case)
{
	write_ldif("dn: cn=a\nmail: Anna@Example.org\nuserCertificate:: AQID\n");
	fixture.directories[0].local_part = DIRECTORY_CASE_EXACT;
	fixture_start(&fixture);
	ck_assert_int_eq(fixture_state(&fixture, "anna@example.org", NULL), RECIPIENT_NONE);
	ck_assert_int_eq(fixture_state(&fixture, "Anna@example.org", NULL), RECIPIENT_FOUND);
	ck_assert_int_eq(fixture_state(&fixture, "anna@example.org", NULL), RECIPIENT_NONE);
}
END_TEST

START_TEST(proxy_addresses_count_for_active_directory_only)
{
	write_ldif("dn: cn=Anna\nproxyAddresses: SMTP:anna@example.org\n"
		   "proxyAddresses: smtp:a.b@example.org\nproxyAddresses: x400:c=US\n"
		   "userCertificate:: AQID\n");
	ck_assert_uint_eq(count("anna@example.org"), 0);
	fixture.directories[0].kind = DIRECTORY_ACTIVE_DIRECTORY;
	ck_assert_uint_eq(count("anna@example.org"), 1);
	ck_assert_uint_eq(count("a.b@example.org"), 1);
}
END_TEST

START_TEST(exact_local_parts_are_kept_apart)
{
	struct roster *roster;
	struct findings *findings;

	write_ldif("dn: cn=a\nmail: Anna@Example.org\nuserCertificate:: AQID\n");
	roster = roster_load(&fixture.directories[0], true, NULL, NULL);
	findings = find(roster, "anna@example.org");
	ck_assert_uint_eq(findings->count, 0);
	findings_unref(findings);
	findings = find(roster, "Anna@example.org");
	ck_assert_uint_eq(findings->count, 1);
	findings_unref(findings);
	roster_free(roster);
}
END_TEST

static const char *const refused[] = {
    "dn: cn=Evil\nmail: evil@example.org\nuserCertificate:< file:///etc/passwd\n",
    "dn: cn=Evil\nmail: evil@example.org\nuserCertificate;binary:< file:///etc/passwd\n",
    "dn: cn=Evil\nmail: evil@example.org\nuserCert\n ificate:<\n  file:///etc/passwd\n",
    "dn: cn=Evil\nmail:< file:///etc/passwd\nmail: evil@example.org\nuserCertificate:: AQID\n",
    "dn:< file:///etc/passwd\nmail: evil@example.org\nuserCertificate:: AQID\n",
    "  userCertificate:< file:///etc/passwd\n",
    "dn: cn=Evil\nmail: evil@example.org\nuserCertificate:: !!!not base64!!!\n",
    "dn: cn=Evil\nmail: evil@example.org\nuserCertificate::\n",
    "dn: cn=Evil\nmail: evil@example.org\nno colon here\n",
    "mail: evil@example.org\nuserCertificate:: AQID\n",
    "dn: cn=Evil\nchangetype: modify\nreplace: mail\nmail: evil@example.org\n",
    "dn: cn=Evil\nchangetype: delete\n",
    "include: file:///etc/passwd\n",
    "INCLUDE: file:///etc/passwd\ndn: cn=Evil\nmail: evil@example.org\n",
};

START_TEST(a_broken_record_is_skipped_and_the_rest_works)
{
	char text[1000];

	snprintf(text, sizeof(text),
	    "dn: cn=Anna\nmail: anna@example.org\nuserCertificate:: AQID\n\n%s\n"
	    "dn: cn=Bob\nmail: bob@example.org\nuserCertificate:: AQID\n",
	    refused[_i]);
	write_ldif(text);
	ck_assert_uint_eq(count("anna@example.org"), 1);
	ck_assert_uint_eq(count("bob@example.org"), 1);
	ck_assert_uint_eq(count("evil@example.org"), 0);
	ck_assert_uint_eq(broken(), 1);
}
END_TEST

/* Where libldap's own reader would follow it: nothing of the other file may appear. */
START_TEST(another_file_is_never_included)
{
	const char *other = fixture_path(&fixture, "other.ldif");
	static const char secret[] =
	    "dn: cn=Other\nmail: other@example.org\nuserCertificate:: AQID\n";
	char text[1000];

	fixture_write(other, secret, sizeof(secret) - 1);
	snprintf(text, sizeof(text),
	    "include: file://%s\n\ndn: cn=Anna\nmail: anna@example.org\nuserCertificate:: AQID\n\n"
	    "# comment\ninclude: file://%s\n\ndn: cn=Bob\nmail: bob@example.org\n"
	    "userCertificate:< file://%s\n",
	    other, other, other);
	write_ldif(text);
	ck_assert_uint_eq(count("other@example.org"), 0);
	ck_assert_uint_eq(count("anna@example.org"), 1);
	ck_assert_uint_eq(count("bob@example.org"), 0);
	ck_assert_uint_eq(broken(), 3);
}
END_TEST

START_TEST(a_value_that_only_looks_like_a_url_is_a_value)
{
	write_ldif("dn: cn=Anna\nmail: anna@example.org\ndescription: < file:///etc/passwd\n"
		   "userCertificate: <not fetched\n");
	ck_assert_uint_eq(count("anna@example.org"), 1);
	ck_assert_uint_eq(broken(), 0);
}
END_TEST

START_TEST(nul_bytes_break_only_their_record)
{
	static const char text[] =
	    "dn: cn=Anna\nmail: anna@example.org\nuserCertificate:: AQID\n\n"
	    "dn: cn=Evil\n\0mail: evil@example.org\nuserCertificate:: AQID\n\n"
	    "\0\n\n"
	    "dn: cn=Bob\nmail: bob@example.org\nuserCertificate:: AQID\n";

	fixture_write(fixture.directories[0].ldif, text, sizeof(text) - 1);
	ck_assert_uint_eq(count("anna@example.org"), 1);
	ck_assert_uint_eq(count("bob@example.org"), 1);
	ck_assert_uint_eq(count("evil@example.org"), 0);
	ck_assert_uint_eq(broken(), 2);
}
END_TEST

START_TEST(a_record_too_large_is_read_over)
{
	static const char line[] =
	    "description: 0123456789012345678901234567890123456789012345678901234567890123456789\n";
	FILE *file = fopen(fixture.directories[0].ldif, "w");
	size_t written;

	fputs("dn: cn=Huge\nmail: huge@example.org\nuserCertificate:: AQID\n", file);
	for (written = 0; written < RECORD_SIZE_MAX; written += sizeof(line) - 1)
		fputs(line, file);
	fputs("\ndn: cn=Bob\nmail: bob@example.org\nuserCertificate:: AQID\n", file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_uint_eq(count("huge@example.org"), 0);
	ck_assert_uint_eq(count("bob@example.org"), 1);
}
END_TEST

START_TEST(what_ldapsearch_prints_is_taken_as_it_is)
{
	write_ldif("# extended LDIF\n#\n# LDAPv3\n\n# Anna, X\n"
		   "dn: cn=Anna\nmail: anna@example.org\nuserCertificate;binary:: AQID\n\n"
		   "# search reference\nref: ldap://elsewhere/o=X\n\n"
		   "# search result\nsearch: 2\nresult: 0 Success\n\n# numResponses: 2\n");
	ck_assert_uint_eq(count("anna@example.org"), 1);
	ck_assert_uint_eq(broken(), 0);
}
END_TEST

START_TEST(entries_that_share_an_address_are_told)
{
	struct roster *roster;
	struct findings *findings;

	fixture.directories[0].bind_by_entry = true;
	write_ldif("dn: cn=a\nmail: x@example.org\nuserCertificate:: AQID\n\n"
		   "dn: cn=b\nmail: x@example.org\nmail: X@example.org\nuserCertificate:: BAUG\n\n"
		   "dn: cn=c\nmail: y@example.org\nuserCertificate:: BAUG\n");
	roster = load();
	findings = find(roster, "x@example.org");
	ck_assert_uint_eq(findings->entries, 2);
	ck_assert(findings->many_entries);
	ck_assert_uint_eq(findings->count, 2);
	findings_unref(findings);
	findings = find(roster, "y@example.org");
	ck_assert(!findings->many_entries);
	ck_assert(findings->items[0].bind_by_entry);
	findings_unref(findings);
	roster_free(roster);
}
END_TEST

START_TEST(limits_of_size_values_and_entries_hold)
{
	struct roster *roster;
	struct findings *findings;

	fixture.directories[0].value_size_limit = 1024;
	fixture.directories[0].values_limit = 2;
	fixture.directories[0].entries_limit = 1;
	write_ldif("dn: cn=a\nmail: x@example.org\nuserCertificate:: AQID\nuserCertificate:: BAUG\n"
		   "userCertificate:: BwgJ\n\n"
		   "dn: cn=b\nmail: x@example.org\nuserCertificate:: AAAA\n");
	roster = load();
	findings = find(roster, "x@example.org");
	ck_assert_uint_eq(findings->count, 2);
	ck_assert_uint_eq(findings->left_out, 2); /* one above each limit */
	ck_assert(findings->many_entries);
	findings_unref(findings);
	roster_free(roster);
}
END_TEST

START_TEST(an_oversized_value_is_noted)
{
	struct roster *roster;
	struct findings *findings;
	char text[3000];
	char value[2001];

	memset(value, 'A', sizeof(value) - 1); /* 1500 bytes */
	value[sizeof(value) - 1] = '\0';
	fixture.directories[0].value_size_limit = 1024;
	snprintf(
	    text, sizeof(text), "dn: cn=a\nmail: x@example.org\nuserCertificate:: %s\n", value);
	write_ldif(text);
	roster = load();
	findings = find(roster, "x@example.org");
	ck_assert_uint_eq(findings->count, 1);
	ck_assert(findings->items[0].oversized);
	ck_assert_ptr_null(findings->items[0].value);
	findings_unref(findings);
	roster_free(roster);
}
END_TEST

START_TEST(a_hundred_thousand_entries_load)
{
	FILE *file = fopen(fixture.directories[0].ldif, "w");
	struct roster *roster;
	struct findings *findings;
	int i;
	int j;

	for (i = 0; i < 100000; i++) {
		fprintf(
		    file, "dn: uid=u%d,o=X\nmail: user%d@example.org\nuserCertificate:: ", i, i);
		for (j = 0; j < 20; j++)
			fprintf(file, "%sMIIDQTCCAimgAwIBAgITBmyfz5m", j == 0 ? "" : "\n ");
		fputs("AAAA\n\n", file);
	}
	ck_assert_int_eq(fclose(file), 0);
	roster = load();
	ck_assert_uint_eq(roster_entries(roster), 100000);
	findings = find(roster, "user99999@example.org");
	ck_assert_uint_eq(findings->count, 1);
	ck_assert_str_eq(findings->items[0].dn, "uid=u99999,o=X");
	findings_unref(findings);
	roster_free(roster);
}
END_TEST

#define MANY 20000

/* Entry i: an address of its own, one with a hundred neighbours, and its number as
 * the value; before every thousandth stands a record that can't be read. */
static void
write_many(void)
{
	FILE *file = fopen(fixture.directories[0].ldif, "w");
	unsigned char value[4];
	char text[16];
	int i;

	ck_assert_ptr_nonnull(file);
	for (i = 0; i < MANY; i++) {
		value[0] = 1;
		value[1] = (unsigned char)(i >> 16);
		value[2] = (unsigned char)(i >> 8);
		value[3] = (unsigned char)i;
		EVP_EncodeBlock((unsigned char *)text, value, sizeof(value));
		if (i % 1000 == 0)
			fputs("dn: cn=broken\nmail: user7@example.org\nno attribute\n\n", file);
		fprintf(file,
		    "dn: uid=u%d,o=X\nmail: User%d@Example.org\nmail: team%d@example.org\n"
		    "userCertificate:: %s\n\n",
		    i, i, i / 100, text);
	}
	ck_assert_int_eq(fclose(file), 0);
}

START_TEST(every_one_of_many_entries_is_found_with_its_own_value)
{
	struct roster *roster;
	struct findings *findings;
	char key[64];
	char dn[64];
	int i;

	write_many();
	roster = load();
	ck_assert_uint_eq(roster_entries(roster), MANY);
	ck_assert_uint_eq(roster_broken(roster), MANY / 1000);
	for (i = 0; i < MANY; i++) {
		const unsigned char value[] = {
		    1, (unsigned char)(i >> 16), (unsigned char)(i >> 8), (unsigned char)i};

		snprintf(key, sizeof(key), "user%d@example.org", i);
		snprintf(dn, sizeof(dn), "uid=u%d,o=X", i);
		findings = find(roster, key);
		ck_assert_uint_eq(findings->count, 1);
		ck_assert_uint_eq(findings->entries, 1);
		ck_assert_str_eq(findings->items[0].dn, dn);
		ck_assert_uint_eq(findings->items[0].size, sizeof(value));
		ck_assert_mem_eq(findings->items[0].value, value, sizeof(value));
		findings_unref(findings);
	}
	findings = find(roster, "team199@example.org");
	ck_assert_uint_eq(findings->entries, 100);
	ck_assert_uint_eq(findings->count, (size_t)fixture.directories[0].entries_limit);
	ck_assert_str_eq(findings->items[0].dn, "uid=u19900,o=X");
	findings_unref(findings);
	findings = find(roster, "team200@example.org");
	ck_assert_uint_eq(findings->count, 0);
	findings_unref(findings);
	roster_free(roster);
}
END_TEST

static bool
many_are_without_the_last(void *context)
{
	char key[64];

	snprintf(key, sizeof(key), "user%d@example.org", MANY - 1);
	/* One that is in both is always found, whichever is in force. */
	ck_assert_int_eq(fixture_state(context, "user1@example.org", NULL), RECIPIENT_FOUND);
	return fixture_state(context, key, NULL) == RECIPIENT_NONE;
}

START_TEST(look_ups_go_on_while_many_entries_are_read_again)
{
	const char *next = fixture_path(&fixture, "next");
	FILE *file;
	int i;

	fixture.config.cache_entries = 0;
	write_many();
	fixture_start(&fixture);
	ck_assert(!many_are_without_the_last(&fixture));
	file = fopen(next, "w");
	ck_assert_ptr_nonnull(file);
	for (i = 0; i < MANY - 1; i++)
		fprintf(file, "dn: uid=u%d\nmail: user%d@example.org\nuserCertificate:: AQID\n\n",
		    i, i);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(rename(next, fixture.directories[0].ldif), 0);
	ck_assert(fixture_until(many_are_without_the_last, &fixture));
}
END_TEST

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
	write_ldif("dn: cn=Anna\nmail: anna@example.org\nuserCertificate:: AQID\n");
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
	write_ldif(BOB "userCertificate:: MAMCAQE=\n");
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
	write_ldif(whole[_i]);
	ck_assert_uint_eq(count("anna@example.org"), 1);
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
	struct error err = ERROR_INIT;
	pthread_t thread;

	write_many();
	ck_assert_int_eq(pthread_create(&thread, NULL, keep_touching, &toucher), 0);
	ck_assert_ptr_null(roster_load(&fixture.directories[0], false, NULL, &err));
	atomic_store(&toucher.stop, true);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(err.code, ERROR_TEMPORARY);
	ck_assert_ptr_nonnull(strstr(err.text, "has changed while it was read"));
}
END_TEST

START_TEST(a_changed_file_is_read_again_and_a_bad_one_changes_nothing)
{
	fixture.config.cache_entries = 0;
	write_ldif("dn: cn=Anna\nmail: anna@example.org\nuserCertificate:: AQID\n");
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

	write_ldif("dn: cn=Anna\nmail: anna@example.org\nuserCertificate:: AQID\n");
	source = source_ldif_new(&fixture.directories[0], false, &limits, base, NULL, NULL);
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

int
main(void)
{
	Suite *suite = suite_create("ldif");
	TCase *tcase = unit_case(suite, "ldif");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_source_tells_of_its_file);
	tcase_add_test(tcase, values_are_found_by_every_address_of_the_entry);
	tcase_add_test(tcase, folded_lines_and_crlf_and_no_last_newline_are_read);
	tcase_add_test(tcase, an_international_domain_is_found_in_either_form);
	tcase_add_test(tcase, an_international_local_part_is_found_in_either_case);
	tcase_add_test(tcase, a_detail_is_left_out_where_the_directory_says_so);
	tcase_add_test(tcase, the_directory_decides_about_case);
	tcase_add_test(tcase, proxy_addresses_count_for_active_directory_only);
	tcase_add_test(tcase, exact_local_parts_are_kept_apart);
	tcase_add_loop_test(
	    tcase, a_broken_record_is_skipped_and_the_rest_works, 0, (int)ARRAY_LENGTH(refused));
	tcase_add_test(tcase, another_file_is_never_included);
	tcase_add_test(tcase, a_value_that_only_looks_like_a_url_is_a_value);
	tcase_add_test(tcase, nul_bytes_break_only_their_record);
	tcase_add_test(tcase, a_record_too_large_is_read_over);
	tcase_add_test(tcase, what_ldapsearch_prints_is_taken_as_it_is);
	tcase_add_test(tcase, entries_that_share_an_address_are_told);
	tcase_add_test(tcase, limits_of_size_values_and_entries_hold);
	tcase_add_test(tcase, an_oversized_value_is_noted);
	tcase_add_test(tcase, a_hundred_thousand_entries_load);
	tcase_add_test(tcase, every_one_of_many_entries_is_found_with_its_own_value);
	tcase_add_test(tcase, look_ups_go_on_while_many_entries_are_read_again);
	tcase_add_test(tcase, a_file_that_cant_be_read_is_an_error_at_the_start);
	tcase_add_test(tcase, a_file_of_broken_records_alone_does_not_replace_what_was_read);
	tcase_add_loop_test(tcase, a_file_that_was_cut_off_does_not_replace_what_was_read, 0,
	    (int)ARRAY_LENGTH(cut_off));
	tcase_add_loop_test(
	    tcase, a_whole_file_is_not_taken_for_cut_off, 0, (int)ARRAY_LENGTH(whole));
	tcase_add_test(tcase, a_file_that_changes_while_it_is_read_is_not_taken);
	tcase_add_test(tcase, a_changed_file_is_read_again_and_a_bad_one_changes_nothing);
	return unit_run(suite);
}
