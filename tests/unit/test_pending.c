/* smime/pending: what is remembered of CAs that are not trusted, and who has to go. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "pki.h"
#include "smime/pending.h"
#include "smime/trust_added.h"
#include "unit.h"

static char folder[32];
static char file[64];
static struct pending *store;
static EVP_PKEY *key;
static X509 *root;
static struct certificate *leaf;
static struct certificate *authority;

static void
setup(void)
{
	struct error err = ERROR_INIT;
	X509 *x509;

	snprintf(folder, sizeof(folder), "/tmp/smime-pending-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/" PENDING_FILE, folder);
	key = pki_key(PKI_P256, 0);
	root = pki_issue(
	    &(const struct pki_certificate){.subject = "Some CA", .ca = true}, key, NULL, key);
	x509 = pki_issue(
	    &(const struct pki_certificate){.email = "a@partner.example"}, key, root, key);
	leaf = certificate_from_x509(x509, &err);
	authority = certificate_from_x509(root, &err);
	ck_assert(leaf != NULL && authority != NULL);
	X509_free(x509);
	store = pending_open(folder, &err);
	ck_assert_msg(store != NULL, "%s", err.text);
}

static void
teardown(void)
{
	char aside[80];

	pending_free(store);
	certificate_unref(leaf);
	certificate_unref(authority);
	X509_free(root);
	EVP_PKEY_free(key);
	snprintf(aside, sizeof(aside), "%s.broken", file);
	unlink(aside);
	unlink(file);
	ck_assert_int_eq(rmdir(folder), 0);
}

static char directory[] = "gal";
static char dn[] = "cn=somebody";

/* Somebody gets mail whose digital ID was issued by a CA of that SHA-256 (NULL: not found). */
static void
meet(const char *address, const char *sha256, time_t at)
{
	struct certificate named = *authority;
	struct digital_id id = {.certificate = leaf,
	    .directory = directory,
	    .dn = dn,
	    .verdict = REASON_UNTRUSTED_ISSUER};
	struct recipient record = {
	    .address = (char *)address, .digital_ids = &id, .digital_id_count = 1};

	if (sha256 != NULL) {
		snprintf(named.sha256, sizeof(named.sha256), "%s", sha256);
		id.authority = &named;
	}
	pending_note(store, &record, at);
}

static struct {
	const char *wanted;
	bool found;
	uint64_t count;
	size_t domains;
	size_t recipients;
	char last_domain[64];
	char subject[64];
	time_t first;
} seen;

static void
look(void *context, const struct pending_authority *item)
{
	(void)context;
	if ((item->sha256 == NULL) != (seen.wanted == NULL) ||
	    (item->sha256 != NULL && strcmp(item->sha256, seen.wanted) != 0))
		return;
	seen.found = true;
	seen.count = item->count;
	seen.domains = item->domain_count;
	seen.recipients = item->recipient_count;
	seen.first = item->first;
	snprintf(seen.last_domain, sizeof(seen.last_domain), "%s",
	    item->domains[item->domain_count - 1]);
	snprintf(seen.subject, sizeof(seen.subject), "%s", item->subject);
}

static bool
find_in(struct pending *pending, const char *sha256)
{
	memset(&seen, 0, sizeof(seen));
	seen.wanted = sha256;
	pending_each(pending, look, NULL);
	return seen.found;
}

static bool
find(const char *sha256)
{
	return find_in(store, sha256);
}

START_TEST(one_ca_is_one_however_often_it_is_met)
{
	meet("a@partner.example", "aa", 1000);
	meet("b@partner.example", "aa", 1001);
	meet("a@partner.example", "aa", 1002);
	meet("c@other.example", "aa", 1003);
	ck_assert_uint_eq(pending_count(store), 1);
	ck_assert(find("aa"));
	ck_assert_uint_eq(seen.count, 4);
	ck_assert_uint_eq(seen.domains, 2);
	ck_assert_uint_eq(seen.recipients, 3);
	ck_assert_str_eq(seen.last_domain, "other.example");
	ck_assert_int_eq(seen.first, 1000);
}
END_TEST

START_TEST(what_is_not_for_want_of_trust_is_not_noted)
{
	struct digital_id id = {.certificate = leaf, .verdict = REASON_EXPIRED};
	struct recipient record = {
	    .address = (char *)"a@b.example", .digital_ids = &id, .digital_id_count = 1};

	pending_note(store, &record, 1);
	id.verdict = REASON_OK;
	pending_note(store, &record, 1);
	id.verdict = REASON_UNTRUSTED_ISSUER;
	pending_note(NULL, &record, 1);
	ck_assert_uint_eq(pending_count(store), 0);
}
END_TEST

START_TEST(members_of_a_group_are_noted)
{
	struct digital_id id = {.certificate = leaf,
	    .directory = directory,
	    .dn = dn,
	    .verdict = REASON_INCOMPLETE_CHAIN,
	    .authority = authority};
	struct recipient member = {
	    .address = (char *)"m@partner.example", .digital_ids = &id, .digital_id_count = 1};
	struct recipient *members[] = {&member};
	struct recipient group = {
	    .address = (char *)"all@corp.example", .members = members, .member_count = 1};

	pending_note(store, &group, 1);
	ck_assert(find(authority->sha256));
	ck_assert_str_eq(seen.last_domain, "partner.example");
}
END_TEST

START_TEST(a_name_becomes_the_certificate_once_it_is_found)
{
	meet("a@partner.example", NULL, 1000);
	ck_assert(find(NULL));
	ck_assert_str_eq(seen.subject, "CN=Some CA");
	meet("a@partner.example", "aa", 2000);
	ck_assert(!find(NULL));
	ck_assert(find("aa"));
	ck_assert_uint_eq(seen.count, 2);
	ck_assert_int_eq(seen.first, 1000);
}
END_TEST

START_TEST(recipients_and_domains_of_one_are_bounded)
{
	char address[64];
	int i;

	for (i = 0; i < 1000; i++) {
		snprintf(address, sizeof(address), "a@d%d.example", i);
		meet(address, "aa", 1000 + i);
	}
	ck_assert(find("aa"));
	ck_assert_uint_eq(seen.domains, PENDING_DOMAINS_MAX);
	ck_assert_uint_eq(seen.recipients, PENDING_RECIPIENTS_MAX);
	ck_assert_str_eq(seen.last_domain, "d999.example");
	ck_assert_uint_eq(seen.count, 1000);
}
END_TEST

/* So many CAs for an address; with a number, each for another one of it. */
static void
flood(const char *format, int count)
{
	char address[64];
	char name[32];
	int i;

	for (i = 0; i < count; i++) {
		snprintf(address, sizeof(address), format, i);
		snprintf(name, sizeof(name), "%s%d", format, i);
		meet(address, name, 5000 + i);
	}
}

START_TEST(a_flood_of_one_domain_washes_only_itself_away)
{
	char name[16];
	char address[64];
	int i;

	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "real%d", i);
		snprintf(address, sizeof(address), "a@real%d.example", i);
		meet(address, name, 1000 + i);
	}
	flood("a%d@evil.test", 2000);
	ck_assert_uint_eq(pending_count(store), PENDING_MAX);
	flood("a@sub%d.evil.test", 2000);
	ck_assert_uint_eq(pending_count(store), PENDING_MAX);
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "real%d", i);
		ck_assert_msg(find(name), "%s is gone", name);
	}
}
END_TEST

START_TEST(one_entry_does_not_wash_its_neighbours_away)
{
	meet("honest@partner.example", "real", 1000);
	flood("mallory@partner.example", 2000);
	ck_assert_uint_eq(pending_count(store), PENDING_MAX);
	ck_assert(find("real"));
	ck_assert(find("mallory@partner.example1999")); /* the last met are there */
	ck_assert(!find("mallory@partner.example0"));
}
END_TEST

START_TEST(who_publishes_anothers_ca_does_not_own_it)
{
	meet("a@evil.test", "real", 1000);
	meet("a@partner.example", "real", 1001);
	flood("a%d@evil.test", 2000);
	ck_assert(find("real"));
}
END_TEST

START_TEST(the_file_holds_all_that_is_known)
{
	struct pending *other = pending_new();
	struct error err = ERROR_INIT;
	struct stat about;

	meet("a@partner.example", "aa", 1000);
	meet("b\"\\\xff@other.example", NULL, 2000);
	ck_assert_int_eq(pending_flush(store, &err), 0);
	ck_assert_int_eq(stat(file, &about), 0);
	ck_assert_uint_eq(about.st_mode & 0007, 0);
	ck_assert_msg(pending_read(other, file, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(pending_count(other), 2);
	ck_assert(find_in(other, "aa"));
	ck_assert_int_eq(seen.first, 1000);
	ck_assert_str_eq(seen.last_domain, "partner.example");
	ck_assert(find_in(other, NULL));
	ck_assert_str_eq(seen.subject, "CN=Some CA");
	pending_free(other);
}
END_TEST

START_TEST(what_is_noted_is_written_at_the_end)
{
	struct error err = ERROR_INIT;

	meet("a@partner.example", "aa", 1000);
	pending_free(store);
	store = pending_open(folder, &err);
	ck_assert(find("aa"));
}
END_TEST

static const char *const broken[] = {"{\n", "[]\n", "{}\n", "{\"subject\":\"x\"}\n", "x", "\n",
    "{\"subject\":\"x\",\"issuer\":null,\"sha256\":null,\"key_id\":null,\"certificate\":null,"
    "\"first\":\"2026-01-01T00:00:00Z\",\"last\":\"2026-01-01T00:00:00Z\",\"count\":1,"
    "\"domains\":[],\"recipients\":[]}\n",
    "{\"subject\":\"x\",\"issuer\":null,\"sha256\":null,\"key_id\":null,\"certificate\":null,"
    "\"first\":\"2026-01-01T00:00:00Z\",\"last\":\"2026-01-01T00:00:00Z\",\"count\":1,"
    "\"domains\":[\"a\"],\"recipients\":[{\"address\":\"a\"}]}\n"};

START_TEST(a_file_that_can_not_be_understood_is_moved_aside)
{
	struct error err = ERROR_INIT;
	char aside[80];
	FILE *out;

	pending_free(store);
	out = fopen(file, "w");
	fputs(broken[_i], out);
	fclose(out);
	store = pending_open(folder, &err);
	ck_assert_ptr_nonnull(store);
	ck_assert_uint_eq(pending_count(store), 0);
	snprintf(aside, sizeof(aside), "%s.broken", file);
	ck_assert_int_eq(access(aside, F_OK), 0);
	ck_assert_int_ne(access(file, F_OK), 0);
	meet("a@partner.example", "aa", 1000);
	ck_assert_int_eq(pending_flush(store, &err), 0);
	ck_assert_int_eq(access(file, F_OK), 0);
}
END_TEST

START_TEST(a_folder_that_is_not_there_costs_the_file_only)
{
	struct error err = ERROR_INIT;

	pending_free(store);
	store = pending_open("/nonexistent/folder", &err);
	ck_assert_ptr_nonnull(store);
	meet("a@partner.example", "aa", 1000);
	ck_assert(find("aa"));
	ck_assert_int_eq(pending_flush(store, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "state-folder"));
}
END_TEST

/* The configuration with nothing but what is added. */
static struct trust *
trust_of(X509 *x509, const char *domain)
{
	static char title[] = "t";
	struct config_trust section = {.title = title,
	    .min_rsa_bits = 2048,
	    .max_rsa_bits = 16384,
	    .min_ec_bits = 256,
	    .max_depth = 8};
	struct config config = {.trusts = &section, .trust_count = 1};
	struct trust_added more = {NULL, {NULL, 0}, sk_X509_new_null()};
	struct error err = ERROR_INIT;
	struct trust *trust;

	sk_X509_push(more.certificates, x509);
	X509_up_ref(x509);
	ck_assert_int_eq(trust_added_domain(&more, domain, &err), 0);
	trust = trust_load_with(&config, &more, &err);
	ck_assert_msg(trust != NULL, "%s", err.text);
	trust_added_clear(&more);
	return trust;
}

START_TEST(what_is_trusted_is_pending_no_more_where_it_is_trusted)
{
	struct trust *trust = trust_of(root, "partner.example");

	meet("a@partner.example", authority->sha256, 1000);
	meet("a@other.example", authority->sha256, 1000);
	meet("a@partner.example", "another", 1000);
	pending_settle(store, trust);
	ck_assert_uint_eq(pending_count(store), 2);
	ck_assert(find(authority->sha256));
	ck_assert_uint_eq(seen.domains, 1);
	ck_assert_uint_eq(seen.recipients, 1);
	ck_assert_str_eq(seen.last_domain, "other.example");
	trust_unref(trust);
	trust = trust_of(root, "*");
	pending_settle(store, trust);
	ck_assert(!find(authority->sha256));
	trust_unref(trust);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pending");
	TCase *tcase = unit_case(suite, "pending");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, one_ca_is_one_however_often_it_is_met);
	tcase_add_test(tcase, what_is_not_for_want_of_trust_is_not_noted);
	tcase_add_test(tcase, members_of_a_group_are_noted);
	tcase_add_test(tcase, a_name_becomes_the_certificate_once_it_is_found);
	tcase_add_test(tcase, recipients_and_domains_of_one_are_bounded);
	tcase_add_test(tcase, a_flood_of_one_domain_washes_only_itself_away);
	tcase_add_test(tcase, one_entry_does_not_wash_its_neighbours_away);
	tcase_add_test(tcase, who_publishes_anothers_ca_does_not_own_it);
	tcase_add_test(tcase, the_file_holds_all_that_is_known);
	tcase_add_test(tcase, what_is_noted_is_written_at_the_end);
	tcase_add_loop_test(
	    tcase, a_file_that_can_not_be_understood_is_moved_aside, 0, ARRAY_LENGTH(broken));
	tcase_add_test(tcase, a_folder_that_is_not_there_costs_the_file_only);
	tcase_add_test(tcase, what_is_trusted_is_pending_no_more_where_it_is_trusted);
	return unit_run(suite);
}
