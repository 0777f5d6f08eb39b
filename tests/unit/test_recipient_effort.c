/* Recipient records: how long they hold, what they lack, and what judging may cost. */
#include <stdlib.h>

#include "base/clock.h"
#include "smime/evidence.h"
#include "test_recipient.h"

START_TEST(a_judgement_holds_until_something_begins_or_ends)
{
	X509 *anna = test_recipient_annas(0, 0, recipient_test.key);
	time_t now = clock_wall();

	test_recipient_add_good_blob(anna, recipient_test.key);
	ck_assert_int_eq((long)(test_recipient_judge_at(now)->valid_until - now), DAY);
	ck_assert_int_eq((long)recipient_test.recipient->judged_at, (long)now);
	now += 365 * DAY - 3600;
	ck_assert_int_eq(test_recipient_judge_at(now)->digital_ids[0].verdict, REASON_OK);
	ck_assert_int_gt((long)(recipient_test.recipient->valid_until - now), 3000);
	ck_assert_int_le((long)(recipient_test.recipient->valid_until - now), 3600);
	ck_assert_int_eq(
	    test_recipient_judge_at(recipient_test.recipient->valid_until)->digital_ids[0].verdict,
	    REASON_EXPIRED);
	X509_free(anna);
	anna = test_recipient_annas(10, 20, recipient_test.key);
	findings_unref(recipient_test.findings);
	recipient_test.findings = findings_new();
	test_recipient_add_good_blob(anna, recipient_test.key);
	now = clock_wall() + 10 * DAY - 3600;
	ck_assert_int_eq(
	    test_recipient_judge_at(now)->digital_ids[0].verdict, REASON_NOT_YET_VALID);
	ck_assert_int_le((long)(recipient_test.recipient->valid_until - now), 3600);
	ck_assert_int_eq(
	    test_recipient_judge_at(recipient_test.recipient->valid_until)->digital_ids[0].verdict,
	    REASON_OK);
	X509_free(anna);
}
END_TEST

START_TEST(a_group_holds_no_longer_than_its_members)
{
	struct address address = ADDRESS_INIT;
	time_t now = clock_wall();
	struct recipient *group;
	X509 *anna = test_recipient_annas(-1, 1, recipient_test.key);

	ck_assert_int_eq(address_parse("team@corp.example", &address, NULL), 0);
	group = recipient_group(&address, "a note", now, NULL);
	ck_assert_int_eq(group->state, RECIPIENT_GROUP);
	ck_assert_str_eq(group->detail, "a note");
	ck_assert_uint_eq(group->member_count, 0);
	ck_assert_int_gt(group->valid_until, now);
	test_recipient_add_bare(anna);
	test_recipient_judge();
	recipient_test.recipient->valid_until = now + 100;
	ck_assert_int_eq(recipient_group_add(group, recipient_test.recipient, NULL), 0);
	ck_assert_int_eq(recipient_group_add_nameless(group, "cn=printer", NULL), 0);
	ck_assert_int_eq(recipient_group_add(group, recipient_test.recipient, NULL), 0);
	ck_assert_int_eq(group->valid_until, now + 100);
	ck_assert_uint_eq(group->member_count, 3);
	ck_assert_int_eq(group->members[1]->state, RECIPIENT_NONE);
	ck_assert_str_eq(group->members[1]->address, "team@corp.example");
	ck_assert_str_eq(group->members[1]->detail, "cn=printer");
	recipient_unref(group);
	ck_assert_int_eq(recipient_test.recipient->references, 1);
	address_free(&address);
	X509_free(anna);
}
END_TEST

START_TEST(a_record_from_old_findings_says_so)
{
	test_recipient_judge();
	recipient_test.recipient->detail = strdup("a note");
	ck_assert_int_eq(recipient_set_stale(recipient_test.recipient, 1795341600, NULL), 0);
	ck_assert(recipient_test.recipient->stale_if_error);
	ck_assert_str_eq(recipient_test.recipient->detail,
	    "no server could be asked: this was found at 2026-11-22T10:00:00Z; a note");
}
END_TEST

START_TEST(what_is_missing_is_wanted_where_the_directory_allows)
{
	X509 *anna = test_recipient_issue(
	    &(const struct pki_certificate){.subject = "Anna",
		.email = ANNA,
		.extension = "authorityInfoAccess=caIssuers;URI:http://aia.example/ca,"
			     "OCSP;URI:http://ocsp.example/"},
	    recipient_test.key);
	const struct evidence_limits limits = {.crl_size = 0};
	struct evidence *evidence = evidence_new(&limits, NULL);
	struct wants wants = WANTS_INIT;
	struct address address = ADDRESS_INIT;
	const struct recipient_question question = {.findings = recipient_test.findings,
	    .address = &address,
	    .at = clock_wall(),
	    .evidence = evidence,
	    .wants = &wants};
	unsigned char *der;
	size_t size;

	ck_assert_int_eq(address_parse(ANNA, &address, NULL), 0);
	test_recipient_add_bare(anna);
	recipient_test.recipient = recipient_judge(recipient_test.trust, &question, NULL);
	ck_assert_int_ne(recipient_test.recipient->digital_ids[0].verdict, REASON_OK);
	ck_assert_uint_eq(wants.count, 0);
	recipient_unref(recipient_test.recipient);
	recipient_test.findings->items[0].may_follow = true;
	recipient_test.recipient = recipient_judge(recipient_test.trust, &question, NULL);
	ck_assert_int_ne(recipient_test.recipient->digital_ids[0].verdict, REASON_OK);
	ck_assert_uint_eq(wants.count, 1);
	der = pki_der(recipient_test.ca, &size);
	ck_assert_int_eq(
	    evidence_take(evidence, &wants.items[0], der, size, clock_wall(), NULL), 0);
	wants_clear(&wants);
	recipient_unref(recipient_test.recipient);
	recipient_test.recipient = recipient_judge(recipient_test.trust, &question, NULL);
	ck_assert_int_eq(recipient_test.recipient->digital_ids[0].verdict, REASON_OK);
	ck_assert_str_eq(recipient_test.recipient->digital_ids[0].revocation, "unknown");
	ck_assert_ptr_nonnull(recipient_test.recipient->digital_ids[0].revocation_detail);
	/* Not known, so not held for long. */
	ck_assert_int_le((long)(recipient_test.recipient->valid_until - question.at), 300);
	ck_assert_uint_eq(wants.count, 1);
	ck_assert_int_eq(wants.items[0].kind, WANT_OCSP);
	wants_clear(&wants);
	evidence_unref(evidence);
	address_free(&address);
	OPENSSL_free(der);
	X509_free(anna);
}
END_TEST

static double
cpu_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1000000;
}

/* Of CAs that could all have issued each other and the certificates, with keys that take long: as
 * many as an entry may have took a minute. An anchor is in reach, or nobody would look. */
START_TEST(an_entry_that_is_made_to_keep_us_busy_is_given_up)
{
	static const struct pki_certificate twin = {
	    .subject = "Root", .no_identifiers = true, .ca = true};
	EVP_PKEY *signs = _i == 0 ? pki_key(PKI_RSA_3072, 0) : pki_key(PKI_P521, 0);
	/* By the size of its exponent verifying takes 6 ms. */
	EVP_PKEY *slow = _i == 0 ? pki_made_up_key(3072, 3071) : pki_key(PKI_P521, 0);
	X509 *top = pki_issue(&twin, signs, NULL, signs);
	double before;
	int i;

	for (i = 0; i < 63; i++) {
		X509 *ca = pki_issue(&twin, slow, top, signs);

		test_recipient_add_certificate(FINDING_CA, ca);
		X509_free(ca);
	}
	for (i = 0; i < 90; i++) {
		X509 *leaf = pki_issue(
		    &(const struct pki_certificate){.email = ANNA, .no_identifiers = true},
		    recipient_test.key, top, signs);

		test_recipient_add_certificate(FINDING_CERTIFICATE, leaf);
		X509_free(leaf);
	}
	before = cpu_time();
	test_recipient_judge();
	/* TRUST_EFFORT_MAX is 160 ms; the rest is parsing, and for slow machines. */
	ck_assert_double_lt(cpu_time() - before, 1000);
	ck_assert_uint_eq(recipient_test.recipient->digital_id_count, 90);
	for (i = 0; i < 90; i++)
		ck_assert_int_ne(recipient_test.recipient->digital_ids[i].verdict, REASON_OK);
	X509_free(top);
	EVP_PKEY_free(signs);
	EVP_PKEY_free(slow);
}
END_TEST

void
test_recipient_effort(TCase *tcase)
{
	tcase_add_test(tcase, what_is_missing_is_wanted_where_the_directory_allows);
	tcase_add_test(tcase, a_judgement_holds_until_something_begins_or_ends);
	tcase_add_test(tcase, a_group_holds_no_longer_than_its_members);
	tcase_add_test(tcase, a_record_from_old_findings_says_so);
	tcase_add_loop_test(tcase, an_entry_that_is_made_to_keep_us_busy_is_given_up, 0, 2);
}
