/* Judging by evidence: what is wanted, and what CRLs make of a chain. */
#include "test_revocation.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

START_TEST(without_evidence_it_is_wanted)
{
	ck_assert_int_eq(test_revocation_judge(), REASON_REVOCATION_UNAVAILABLE);
	test_revocation_expect(
	    REASON_REVOCATION_UNAVAILABLE, "unknown", "no CRL and no OCSP answer");
	ck_assert_int_eq(t.verdict.failed_depth, 0);
	ck_assert_ptr_nonnull(test_revocation_wanted(WANT_OCSP, OCSP_URL));
	ck_assert_ptr_nonnull(test_revocation_wanted(WANT_CRL, ROOT_URL));
	ck_assert_uint_eq(t.wants.count, 2);
	ck_assert_int_le((long)t.verdict.valid_until, (long)t.now + TRUST_UNKNOWN_HOLDS);
	t.section.revocation = REVOCATION_SOFT;
	test_revocation_load();
	ck_assert_int_eq(test_revocation_judge(), REASON_OK);
	test_revocation_expect(REASON_OK, "unknown", "no CRL and no OCSP answer");
	ck_assert_uint_eq(t.wants.count, 2);
	t.section.revocation = REVOCATION_OFF;
	test_revocation_load();
	ck_assert_int_eq(test_revocation_judge(), REASON_OK);
	test_revocation_expect(REASON_OK, "off", "");
	ck_assert_uint_eq(t.wants.count, 0);
}
END_TEST

START_TEST(what_is_wanted_and_fetched_answers)
{
	const struct want *list;
	size_t size;
	unsigned char *der;
	const struct status_answer what = {
	    .certificate = t.leaf, .issuer = t.ca, .signer = t.ca, .key = t.ca_key, .to = 7200};

	test_revocation_judge();
	der = status_answer(&what, &size);
	ck_assert_int_eq(evidence_take(t.evidence, test_revocation_wanted(WANT_OCSP, OCSP_URL), der,
			     size, t.now, NULL),
	    0);
	OPENSSL_free(der);
	list = test_revocation_wanted(WANT_CRL, ROOT_URL);
	der = status_crl(&(const struct status_crl){0}, t.root, t.root_key, &size);
	ck_assert_int_eq(evidence_take(t.evidence, list, der, size, t.now, NULL), 0);
	OPENSSL_free(der);
	ck_assert_int_eq(test_revocation_judge(), REASON_OK);
	test_revocation_expect(
	    REASON_OK, "good", "not revoked, says the OCSP responder \"CN=CA\" on 20");
	ck_assert_uint_eq(t.wants.count, 0);
	ck_assert_int_le((long)t.verdict.valid_until, (long)t.now + 7200 + OCSP_SKEW);
	ck_assert_int_ge((long)t.verdict.valid_until, (long)t.now + 7000);
}
END_TEST

START_TEST(where_the_one_can_not_be_had_the_other_is_wanted)
{
	test_revocation_give_root();
	test_revocation_judge();
	ck_assert_uint_eq(t.wants.count, 1);
	test_revocation_has_failed(
	    test_revocation_wanted(WANT_OCSP, OCSP_URL), ERROR_PERMANENT, "no answer");
	test_revocation_judge();
	ck_assert_uint_eq(t.wants.count, 1);
	ck_assert_ptr_nonnull(test_revocation_wanted(WANT_CRL, CA_URL));
	test_revocation_has_failed(
	    test_revocation_wanted(WANT_CRL, CA_URL), ERROR_PERMANENT, "refused");
	test_revocation_judge();
	ck_assert_uint_eq(t.wants.count, 0);
	test_revocation_expect(REASON_REVOCATION_UNAVAILABLE, "unknown", "no answer");
	test_revocation_give_ca(&(const struct status_crl){0});
	test_revocation_judge();
	test_revocation_expect(REASON_OK, "good", "the CRL of \"CN=CA\" of 20");
}
END_TEST

/* What a list of the CA makes of the certificate. */
static const struct {
	const char *name;
	struct status_crl list;
	bool listed;
	int reason; /* + 1 */
	enum reason_id outcome;
	const char *revocation;
	const char *words;
} lists[] = {
    {"not listed", {.number = 2}, false, 0, REASON_OK, "good", "not revoked, says the CRL"},
    {"listed", {.number = 2}, true, 0, REASON_REVOKED, "revoked", "revoked on 20"},
    {"with a reason", {0}, true, CRL_REASON_KEY_COMPROMISE + 1, REASON_REVOKED, "revoked",
	"(key compromise), says the CRL of \"CN=CA\""},
    {"on hold", {0}, true, CRL_REASON_CERTIFICATE_HOLD + 1, REASON_REVOKED, "revoked",
	"certificateHold"},
    {"in its grace", {.from = -9000, .to = -1800}, false, 0, REASON_OK, "good",
	"whose update has been due since"},
    {"expired", {.from = -9000, .to = -3700}, false, 0, REASON_REVOCATION_UNAVAILABLE, "unknown",
	"expired on 20"},
    {"expired, and listed", {.from = -9000, .to = -3700}, true, 0, REASON_REVOKED, "revoked",
	"revoked on"},
    {"expired, and on hold", {.from = -9000, .to = -3700}, true, CRL_REASON_CERTIFICATE_HOLD + 1,
	REASON_REVOCATION_UNAVAILABLE, "unknown", "expired on 20"},
    {"without end", {.from = -600, .endless = true}, false, 0, REASON_OK, "good", ""},
    {"without end, and old", {.from = -86400 * 2, .endless = true}, false, 0,
	REASON_REVOCATION_UNAVAILABLE, "unknown", "expired on"},
    {"not valid yet", {.from = 4000, .to = 8000}, false, 0, REASON_REVOCATION_UNAVAILABLE,
	"unknown", "dated in the future"},
    {"a delta alone", {.number = 7, .base = 6}, false, 0, REASON_REVOCATION_UNAVAILABLE, "unknown",
	"only a delta CRL"},
    {"a delta that lists", {.number = 7, .base = 6}, true, 0, REASON_REVOKED, "revoked",
	"the delta CRL"},
    {"critical", {.extension = "1.2.3.4=critical,DER:0500"}, false, 0,
	REASON_REVOCATION_UNAVAILABLE, "unknown", "a critical extension that is not known"},
    {"critical, and listed", {.extension = "1.2.3.4=critical,DER:0500"}, true, 0,
	REASON_REVOCATION_UNAVAILABLE, "unknown", "a critical extension that is not known"},
    {"for CAs", {.scope = "critical,onlyCA:TRUE"}, false, 0, REASON_REVOCATION_UNAVAILABLE,
	"unknown", "another kind of certificates"},
    {"for users", {.scope = "critical,onlyuser:TRUE"}, false, 0, REASON_OK, "good", ""},
    {"for attributes", {.scope = "critical,onlyAA:TRUE"}, false, 0, REASON_REVOCATION_UNAVAILABLE,
	"unknown", "another kind"},
    {"some reasons", {.scope = "critical,onlysomereasons:keyCompromise"}, false, 0,
	REASON_REVOCATION_UNAVAILABLE, "unknown", "some reasons"},
    {"some reasons, and listed", {.scope = "critical,onlysomereasons:keyCompromise"}, true, 0,
	REASON_REVOKED, "revoked", ""},
    {"another point", {.scope = "critical,fullname:URI:http://crl.example/other.crl"}, false, 0,
	REASON_REVOCATION_UNAVAILABLE, "unknown", "another distribution point"},
    {"its point", {.scope = "critical,fullname:URI:" CA_URL}, false, 0, REASON_OK, "good", ""},
};

START_TEST(a_list_decides)
{
	struct status_crl what = lists[_i].list;

	if (lists[_i].listed)
		what.entries[0] =
		    (struct status_entry){.certificate = t.leaf, .reason = lists[_i].reason};
	test_revocation_give_root();
	test_revocation_give_ca(&what);
	test_revocation_judge();
	test_revocation_expect(lists[_i].outcome, lists[_i].revocation, lists[_i].words);
	ck_assert_int_eq(t.verdict.failed_depth, lists[_i].outcome == REASON_OK ? -1 : 0);
	/* What a list in its grace says is wanted anew, as what isn't known is. */
	ck_assert_int_eq(t.wants.count > 0, lists[_i].outcome == REASON_REVOCATION_UNAVAILABLE ||
						strcmp(lists[_i].name, "in its grace") == 0 ||
						strcmp(lists[_i].name, "expired, and listed") == 0);
	/* Soft is another word for the unknown alone. */
	t.section.revocation = REVOCATION_SOFT;
	test_revocation_load();
	test_revocation_judge();
	test_revocation_expect(
	    lists[_i].outcome == REASON_REVOCATION_UNAVAILABLE ? REASON_OK : lists[_i].outcome,
	    lists[_i].revocation, lists[_i].words);
}
END_TEST

START_TEST(a_list_counts_by_its_signer)
{
	X509 *namesake = pki_issue(&(const struct pki_certificate){.subject = "CA", .ca = true},
	    t.key, t.root, t.root_key);

	test_revocation_give_root();
	test_revocation_give(
	    "crl x", &(const struct status_crl){.entries = {{.certificate = t.leaf}}}, t.ca, t.key);
	test_revocation_judge();
	test_revocation_expect(
	    REASON_REVOCATION_UNAVAILABLE, "unknown", "not signed by the key of its issuer");
	/* Beside it the right one. */
	test_revocation_give_ca(&(const struct status_crl){0});
	test_revocation_judge();
	test_revocation_expect(REASON_OK, "good", "");
	/* Of the root, who did not issue it. */
	test_revocation_give("crl y",
	    &(const struct status_crl){.entries = {{.certificate = t.leaf}}}, t.root, t.root_key);
	test_revocation_judge();
	test_revocation_expect(REASON_OK, "good", "");
	/* One by a weak digest takes no better one's place. */
	test_revocation_give_ca(&(const struct status_crl){
	    .from = -60, .digest = EVP_sha1(), .entries = {{.certificate = t.leaf}}});
	test_revocation_judge();
	test_revocation_expect(REASON_OK, "good", "");
	X509_free(namesake);
}
END_TEST

START_TEST(a_ca_that_may_not_sign_lists_does_not)
{
	X509 *ca = pki_issue(&(const struct pki_certificate){.subject = "CA",
				 .ca = true,
				 .key_usage = "critical,keyCertSign",
				 .extension = ROOT_POINT},
	    t.ca_key, t.root, t.root_key);

	sk_X509_set(t.extra, 0, ca);
	test_revocation_give_root();
	test_revocation_give_ca(&(const struct status_crl){0});
	test_revocation_judge();
	test_revocation_expect(REASON_REVOCATION_UNAVAILABLE, "unknown", "may not sign CRLs");
	X509_free(ca);
}
END_TEST

START_TEST(lists_for_some_reasons_add_up)
{
	test_revocation_give_root();
	test_revocation_give("crl a",
	    &(const struct status_crl){.scope = "critical,onlysomereasons:keyCompromise"}, t.ca,
	    t.ca_key);
	test_revocation_judge();
	test_revocation_expect(REASON_REVOCATION_UNAVAILABLE, "unknown", "some reasons");
	test_revocation_give("crl b",
	    &(const struct status_crl){.scope = "critical,@rest",
		.conf =
		    "[rest]\nonlysomereasons = CACompromise, affiliationChanged, superseded, "
		    "cessationOfOperation, certificateHold, privilegeWithdrawn, AACompromise\n"},
	    t.ca, t.ca_key);
	test_revocation_judge();
	test_revocation_expect(REASON_OK, "good", "");
}
END_TEST

START_TEST(a_delta_adds_and_releases)
{
	const struct status_entry held = {
	    .certificate = t.leaf, .reason = CRL_REASON_CERTIFICATE_HOLD + 1};
	const struct status_entry released = {
	    .certificate = t.leaf, .reason = CRL_REASON_REMOVE_FROM_CRL + 1};
	const struct status_entry revoked = {.certificate = t.leaf};

	test_revocation_give_root();
	test_revocation_give_ca(&(const struct status_crl){.number = 5, .from = -7200});
	test_revocation_give("crl d",
	    &(const struct status_crl){.number = 6, .base = 5, .entries = {revoked}}, t.ca,
	    t.ca_key);
	test_revocation_judge();
	test_revocation_expect(REASON_REVOKED, "revoked", "the delta CRL of \"CN=CA\"");
	test_revocation_give_ca(
	    &(const struct status_crl){.number = 5, .from = -7200, .entries = {held}});
	test_revocation_give("crl d",
	    &(const struct status_crl){.number = 6, .base = 5, .entries = {released}}, t.ca,
	    t.ca_key);
	test_revocation_judge();
	test_revocation_expect(REASON_OK, "good", "");
	/* A delta of another base tells nothing of this one. */
	test_revocation_give("crl d",
	    &(const struct status_crl){.number = 9, .base = 8, .entries = {released}}, t.ca,
	    t.ca_key);
	test_revocation_judge();
	test_revocation_expect(REASON_REVOKED, "revoked", "certificateHold");
}
END_TEST

START_TEST(a_later_list_outdoes_an_earlier_one)
{
	test_revocation_give_root();
	test_revocation_give("crl a",
	    &(const struct status_crl){.from = -9000,
		.entries = {{.certificate = t.leaf, .reason = CRL_REASON_CERTIFICATE_HOLD + 1}}},
	    t.ca, t.ca_key);
	test_revocation_give("crl b", &(const struct status_crl){.from = -600}, t.ca, t.ca_key);
	test_revocation_judge();
	test_revocation_expect(REASON_OK, "good", "");
}
END_TEST

START_TEST(an_indirect_list_counts_by_whom_is_trusted)
{
	static const char conf[] =
	    "[root]\nCN = Root\n[eve]\nCN = Eve\n[p]\nfullname = URI:http://crl.example/i.crl\n"
	    "CRLissuer = dirName:root\n[q]\nfullname = URI:http://crl.example/e.crl\n"
	    "CRLissuer = dirName:eve\n";
	const struct status_crl what = {.scope = "critical,indirectCRL:TRUE",
	    .entries = {{.certificate = t.leaf, .names_issuer = true}}};
	X509 *eve = pki_issue(
	    &(const struct pki_certificate){.subject = "Eve", .ca = true}, t.key, NULL, t.key);
	X509 *leaf = pki_issue(&(const struct pki_certificate){.subject = "Anna", .email = ANNA},
	    t.key, t.ca, t.ca_key);

	status_add_extension(leaf, "crlDistributionPoints", "q", conf, t.ca_key);
	test_revocation_give_root();
	test_revocation_give("crl e", &what, eve, t.key);
	test_revocation_judge_x509(leaf, false);
	test_revocation_expect(
	    REASON_REVOCATION_UNAVAILABLE, "unknown", "who issued it is not trusted");
	ck_assert_ptr_nonnull(test_revocation_wanted(WANT_CRL, "http://crl.example/e.crl"));
	ck_assert_ptr_null(test_revocation_wanted(WANT_CRL, "http://crl.example/e.crl")->issuer);
	X509_free(leaf);
	leaf = pki_issue(&(const struct pki_certificate){.subject = "Anna", .email = ANNA}, t.key,
	    t.ca, t.ca_key);
	status_add_extension(leaf, "crlDistributionPoints", "p", conf, t.ca_key);
	test_revocation_give("crl i",
	    &(const struct status_crl){.scope = "critical,indirectCRL:TRUE",
		.entries = {{.certificate = leaf, .names_issuer = true}}},
	    t.root, t.root_key);
	test_revocation_judge_x509(leaf, false);
	test_revocation_expect(REASON_REVOKED, "revoked", "the CRL of \"CN=Root\"");
	X509_free(eve);
	X509_free(leaf);
}
END_TEST

static int
fetch_list(const struct want *want, const struct status_crl *what, X509 *issuer, EVP_PKEY *key)
{
	size_t size;
	unsigned char *der = status_crl(what, issuer, key, &size);
	int status = evidence_take(t.evidence, want, der, size, t.now, NULL);

	if (status == 0)
		evidence_keep(t.evidence, want, der, size);
	OPENSSL_free(der);
	return status;
}

/* Another process, with the same state folder. */
static void
restart(const char *folder)
{
	const struct evidence_limits limits = {.crl_size = 0};

	evidence_unref(t.evidence);
	t.evidence = evidence_new(&limits, NULL);
	evidence_open_folder(t.evidence, folder, true);
}

static void
remove_folder(const char *folder)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(a_replay_after_a_restart_makes_nothing_good)
{
	char folder[] = "/tmp/test-revocation-XXXXXX";
	struct wants wants = WANTS_INIT;
	const struct want *want = &wants.items[0];

	ck_assert_ptr_nonnull(mkdtemp(folder));
	t.section.revocation = REVOCATION_SOFT;
	test_revocation_load();
	restart(folder);
	ck_assert(wants_add(&wants, WANT_CRL, CA_URL, t.leaf, t.ca));
	ck_assert_int_eq(fetch_list(want,
			     &(const struct status_crl){
				 .from = -600, .number = 7, .entries = {{.certificate = t.leaf}}},
			     t.ca, t.ca_key),
	    0);
	restart(folder);
	/* Signed well, of before; and of the same second, by its number; and forged. */
	ck_assert_int_eq(
	    fetch_list(want, &(const struct status_crl){.from = -9000}, t.ca, t.ca_key), -1);
	ck_assert_int_eq(
	    fetch_list(want, &(const struct status_crl){.from = -60}, t.ca, t.key), -1);
	ck_assert_int_eq(fetch_list(want, &(const struct status_crl){0}, t.root, t.root_key), -1);
	test_revocation_judge();
	test_revocation_expect(REASON_REVOKED, "revoked", "the CRL of \"CN=CA\"");
	restart(folder);
	test_revocation_judge();
	test_revocation_expect(REASON_REVOKED, "revoked", "");
	/* The next one counts. */
	test_revocation_give_root();
	ck_assert_int_eq(
	    fetch_list(want, &(const struct status_crl){.from = -60}, t.ca, t.ca_key), 0);
	test_revocation_judge();
	test_revocation_expect(REASON_OK, "good", "");
	wants_clear(&wants);
	remove_folder(folder);
}
END_TEST

START_TEST(an_indirect_list_gives_way_to_nothing_forged_or_of_before)
{
	static const char conf[] = "[root]\nCN = Root\n[p]\nfullname = URI:" CA_URL "\n"
				   "CRLissuer = dirName:root\n";
	char folder[] = "/tmp/test-revocation-XXXXXX";
	X509 *leaf = pki_issue(&(const struct pki_certificate){.subject = "Anna", .email = ANNA},
	    t.key, t.ca, t.ca_key);
	struct status_crl what = {.scope = "critical,indirectCRL:TRUE", .from = -600};
	struct status_crl forged = what;
	struct wants wants = WANTS_INIT;
	const struct want *want = &wants.items[0];
	struct crl **found;
	size_t count;
	int i;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	status_add_extension(leaf, "crlDistributionPoints", "p", conf, t.ca_key);
	what.entries[0] = (struct status_entry){.certificate = leaf, .names_issuer = true};
	t.section.revocation = REVOCATION_SOFT;
	test_revocation_load();
	restart(folder);
	ck_assert(wants_add(&wants, WANT_CRL, CA_URL, leaf, NULL));
	ck_assert_int_eq(fetch_list(want, &what, t.root, t.root_key), 0);
	for (i = 0; i < 2; i++) {
		/* Whoever sits on the line has all the time there is between two judgements. */
		test_revocation_judge_x509(leaf, false);
		test_revocation_expect(REASON_REVOKED, "revoked", "the CRL of \"CN=Root\"");
		for (forged.from = -500; forged.from < -490; forged.from++)
			(void)fetch_list(want, &forged, t.root, t.key);
		forged.from = -9000;
		ck_assert_int_eq(fetch_list(want, &forged, t.root, t.root_key), -1);
		test_revocation_judge_x509(leaf, false);
		test_revocation_expect(REASON_REVOKED, "revoked", "the CRL of \"CN=Root\"");
		count = evidence_crls(t.evidence, X509_get_subject_name(t.root), &found);
		ck_assert_uint_le(count, 4);
		while (count > 0)
			crl_unref(found[--count]);
		free(found);
		restart(folder);
	}
	/* Not judged by since the restart: beside it, until it is. */
	ck_assert_int_eq(fetch_list(want, &forged, t.root, t.root_key), 0);
	test_revocation_judge_x509(leaf, false);
	test_revocation_expect(REASON_REVOKED, "revoked", "the CRL of \"CN=Root\"");
	X509_free(leaf);
	wants_clear(&wants);
	remove_folder(folder);
}
END_TEST

START_TEST(many_lists_of_its_issuers_name_hide_no_good_one)
{
	char key[64];
	int i;

	t.section.revocation = REVOCATION_SOFT;
	test_revocation_load();
	test_revocation_give("crl good",
	    &(const struct status_crl){.entries = {{.certificate = t.leaf}}}, t.ca, t.ca_key);
	test_revocation_judge();
	test_revocation_expect(REASON_REVOKED, "revoked", "");
	for (i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "crl %d", i);
		test_revocation_give(key, &(const struct status_crl){.from = -60}, t.ca, t.key);
	}
	test_revocation_judge();
	test_revocation_expect(REASON_REVOKED, "revoked", "the CRL of \"CN=CA\"");
	/* Those of other points have no part in it, though nobody has verified the good one yet. */
	evidence_unref(t.evidence);
	t.evidence = evidence_new(&(const struct evidence_limits){.crl_size = 0}, NULL);
	for (i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "crl %d", i);
		test_revocation_give(key,
		    &(const struct status_crl){
			.from = -60, .scope = "critical,fullname:URI:http://crl.example/other.crl"},
		    t.ca, t.ca_key);
	}
	test_revocation_give("crl good",
	    &(const struct status_crl){.entries = {{.certificate = t.leaf}}}, t.ca, t.ca_key);
	test_revocation_judge();
	test_revocation_expect(REASON_REVOKED, "revoked", "the CRL of \"CN=CA\"");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("revocation");
	TCase *tcase = unit_case(suite, "revocation");

	tcase_set_timeout(tcase, 120); /* keys are made, under sanitizers too */
	tcase_add_checked_fixture(tcase, test_revocation_setup, test_revocation_teardown);
	tcase_add_test(tcase, without_evidence_it_is_wanted);
	tcase_add_test(tcase, what_is_wanted_and_fetched_answers);
	tcase_add_test(tcase, where_the_one_can_not_be_had_the_other_is_wanted);
	tcase_add_loop_test(tcase, a_list_decides, 0, (int)ARRAY_LENGTH(lists));
	tcase_add_test(tcase, a_list_counts_by_its_signer);
	tcase_add_test(tcase, a_ca_that_may_not_sign_lists_does_not);
	tcase_add_test(tcase, lists_for_some_reasons_add_up);
	tcase_add_test(tcase, a_delta_adds_and_releases);
	tcase_add_test(tcase, a_later_list_outdoes_an_earlier_one);
	tcase_add_test(tcase, an_indirect_list_counts_by_whom_is_trusted);
	tcase_add_test(tcase, a_replay_after_a_restart_makes_nothing_good);
	tcase_add_test(tcase, an_indirect_list_gives_way_to_nothing_forged_or_of_before);
	tcase_add_test(tcase, many_lists_of_its_issuers_name_hide_no_good_one);
	test_revocation_answers(tcase);
	test_revocation_issuers(tcase);
	return unit_run(suite);
}
