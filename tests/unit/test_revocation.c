/* Judging by evidence: what is wanted, what CRLs and OCSP answers make of a chain, and how its
 * missing links are found. */
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "pki.h"
#include "smime/evidence.h"
#include "smime/trust_section.h"
#include "status_make.h"
#include "unit.h"

#define ANNA "anna@corp.example"
#define CA_POINT "crlDistributionPoints=URI:http://crl.example/ca.crl"
#define ROOT_POINT "crlDistributionPoints=URI:http://crl.example/root.crl"
#define ROOT_URL "http://crl.example/root.crl"
#define CA_URL "http://crl.example/ca.crl"
#define OCSP_URL "http://ocsp.example/"
#define CA_CERTIFICATE_URL "http://aia.example/ca.crt"
#define LEAF_ACCESS "authorityInfoAccess=OCSP;URI:" OCSP_URL ",caIssuers;URI:" CA_CERTIFICATE_URL
#define CA_ACCESS "authorityInfoAccess=caIssuers;URI:http://aia.example/root.crt"

/* Root -> CA -> leaf, each with a place to ask at. */
static struct {
	EVP_PKEY *root_key, *ca_key, *key;
	X509 *root, *ca, *leaf;
	STACK_OF(X509) * extra;
	struct evidence *evidence;
	struct wants wants;
	struct config_trust section;
	struct trust *trust;
	struct trust_verdict verdict;
	time_t now;
	char anchors[32];
	char crls[32];
} t;

static char all[] = "*";
static char *all_list[] = {all};

static void
write_file(char *path, X509 *certificate, const unsigned char *der, size_t size)
{
	FILE *out = fdopen(mkstemp(path), "w");

	ck_assert_ptr_nonnull(out);
	if (certificate != NULL)
		ck_assert(PEM_write_X509(out, certificate));
	else
		ck_assert_uint_eq(fwrite(der, 1, size, out), size);
	fclose(out);
}

static void
load(void)
{
	struct config config = {.trusts = &t.section, .trust_count = 1};
	struct error err = ERROR_INIT;

	trust_unref(t.trust);
	t.trust = trust_load(&config, &err);
	ck_assert_msg(t.trust != NULL, "%s", err.text);
}

static void
make_pki(void)
{
	t.root_key = pki_key(PKI_RSA_2048, 1);
	t.ca_key = pki_key(PKI_RSA_2048, 2);
	t.key = pki_key(PKI_RSA_2048, 3);
	t.root = pki_issue(&(const struct pki_certificate){.subject = "Root", .ca = true},
	    t.root_key, NULL, t.root_key);
	t.ca = pki_issue(
	    &(const struct pki_certificate){
		.subject = "CA", .ca = true, .extension = ROOT_POINT, .extension2 = CA_ACCESS},
	    t.ca_key, t.root, t.root_key);
	t.leaf = pki_issue(
	    &(const struct pki_certificate){
		.subject = "Anna", .email = ANNA, .extension = CA_POINT, .extension2 = LEAF_ACCESS},
	    t.key, t.ca, t.ca_key);
}

static void
setup(void)
{
	const struct evidence_limits limits = {.crl_size = 0};

	make_pki();
	t.extra = sk_X509_new_null();
	ck_assert(sk_X509_push(t.extra, t.ca));
	t.evidence = evidence_new(&limits, NULL);
	t.now = clock_wall();
	snprintf(t.anchors, sizeof(t.anchors), "/tmp/test-revocation-XXXXXX");
	write_file(t.anchors, t.root, NULL, 0);
	t.section = (struct config_trust){.title = all,
	    .anchors = t.anchors,
	    .for_domains = {all_list, 1},
	    .revocation = REVOCATION_HARD,
	    .crl_grace = 3600 * 1000,
	    .min_rsa_bits = 2048,
	    .max_rsa_bits = 16384,
	    .min_ec_bits = 256,
	    .max_depth = 8,
	    .min_digest = MIN_DIGEST_SHA224};
	load();
}

static void
teardown(void)
{
	unlink(t.anchors);
	if (t.crls[0] != '\0')
		unlink(t.crls);
	trust_verdict_clear(&t.verdict);
	wants_clear(&t.wants);
	trust_unref(t.trust);
	evidence_unref(t.evidence);
	sk_X509_free(t.extra);
	X509_free(t.root);
	X509_free(t.ca);
	X509_free(t.leaf);
	EVP_PKEY_free(t.root_key);
	EVP_PKEY_free(t.ca_key);
	EVP_PKEY_free(t.key);
}

static enum reason_id
judge_x509(X509 *x509, bool may_follow)
{
	struct certificate *certificate = certificate_from_x509(x509, NULL);
	struct address anna = ADDRESS_INIT;
	const struct trust_question question = {.certificate = certificate,
	    .extra = t.extra,
	    .purpose = TRUST_ENCRYPT,
	    .address = &anna,
	    .at = t.now,
	    .evidence = t.evidence,
	    .may_follow = may_follow,
	    .wants = &t.wants};
	struct error err = ERROR_INIT;

	ck_assert_int_eq(address_parse(ANNA, &anna, NULL), 0);
	trust_verdict_clear(&t.verdict);
	wants_clear(&t.wants);
	ck_assert_msg(trust_judge(t.trust, &question, &t.verdict, &err) == 0, "%s", err.text);
	address_free(&anna);
	certificate_unref(certificate);
	return t.verdict.reason;
}

static enum reason_id
judge(void)
{
	return judge_x509(t.leaf, false);
}

static const struct want *
wanted(enum want_kind kind, const char *url)
{
	size_t i;

	for (i = 0; i < t.wants.count; i++) {
		if (t.wants.items[i].kind == kind && strcmp(t.wants.items[i].url, url) == 0)
			return &t.wants.items[i];
	}
	return NULL;
}

static void
expect(enum reason_id reason, const char *revocation, const char *words)
{
	ck_assert_msg(t.verdict.reason == reason, "%s: %s (%s)", reason_get(t.verdict.reason)->code,
	    t.verdict.detail, t.verdict.revocation_detail);
	ck_assert_str_eq(t.verdict.revocation, revocation);
	ck_assert_msg(strstr(t.verdict.revocation_detail, words) != NULL, "\"%s\"",
	    t.verdict.revocation_detail);
}

/* A list as if fetched, or as a state folder had it: unchecked. */
static void
give(const char *key, const struct status_crl *what, X509 *issuer, EVP_PKEY *key_of)
{
	size_t size;
	unsigned char *der = status_crl(what, issuer, key_of, &size);

	ck_assert_int_eq(evidence_restore(t.evidence, key, der, size, NULL), 0);
	OPENSSL_free(der);
}

static void
give_root(void)
{
	give("crl " ROOT_URL, &(const struct status_crl){.number = 1}, t.root, t.root_key);
}

static void
give_ca(const struct status_crl *what)
{
	give("crl " CA_URL, what, t.ca, t.ca_key);
}

static void
give_answer(int status, int reason, int from, int to)
{
	const struct status_answer what = {.certificate = t.leaf,
	    .issuer = t.ca,
	    .status = status,
	    .reason = reason,
	    .from = from,
	    .to = to,
	    .signer = t.ca,
	    .key = t.ca_key};
	char id[OCSP_ID_SIZE];
	size_t size;
	unsigned char *der = status_answer(&what, &size);

	ck_assert_int_eq(ocsp_id(t.leaf, t.ca, id, NULL), 0);
	ck_assert_int_eq(evidence_restore(t.evidence, id, der, size, NULL), 0);
	OPENSSL_free(der);
}

static void
has_failed(const struct want *want, enum error_code code, const char *words)
{
	struct error err = ERROR_INIT;

	error_set(&err, code, "%s", words);
	evidence_failed(t.evidence, want, t.now, t.now + 60, &err);
}

START_TEST(without_evidence_it_is_wanted)
{
	ck_assert_int_eq(judge(), REASON_REVOCATION_UNAVAILABLE);
	expect(REASON_REVOCATION_UNAVAILABLE, "unknown", "no CRL and no OCSP answer");
	ck_assert_int_eq(t.verdict.failed_depth, 0);
	ck_assert_ptr_nonnull(wanted(WANT_OCSP, OCSP_URL));
	ck_assert_ptr_nonnull(wanted(WANT_CRL, ROOT_URL));
	ck_assert_uint_eq(t.wants.count, 2);
	ck_assert_int_le((long)t.verdict.valid_until, (long)t.now + TRUST_UNKNOWN_HOLDS);
	t.section.revocation = REVOCATION_SOFT;
	load();
	ck_assert_int_eq(judge(), REASON_OK);
	expect(REASON_OK, "unknown", "no CRL and no OCSP answer");
	ck_assert_uint_eq(t.wants.count, 2);
	t.section.revocation = REVOCATION_OFF;
	load();
	ck_assert_int_eq(judge(), REASON_OK);
	expect(REASON_OK, "off", "");
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

	judge();
	der = status_answer(&what, &size);
	ck_assert_int_eq(
	    evidence_take(t.evidence, wanted(WANT_OCSP, OCSP_URL), der, size, t.now, NULL), 0);
	OPENSSL_free(der);
	list = wanted(WANT_CRL, ROOT_URL);
	der = status_crl(&(const struct status_crl){0}, t.root, t.root_key, &size);
	ck_assert_int_eq(evidence_take(t.evidence, list, der, size, t.now, NULL), 0);
	OPENSSL_free(der);
	ck_assert_int_eq(judge(), REASON_OK);
	expect(REASON_OK, "good", "not revoked, says the OCSP responder \"CN=CA\" on 20");
	ck_assert_uint_eq(t.wants.count, 0);
	ck_assert_int_le((long)t.verdict.valid_until, (long)t.now + 7200 + OCSP_SKEW);
	ck_assert_int_ge((long)t.verdict.valid_until, (long)t.now + 7000);
}
END_TEST

START_TEST(where_the_one_can_not_be_had_the_other_is_wanted)
{
	give_root();
	judge();
	ck_assert_uint_eq(t.wants.count, 1);
	has_failed(wanted(WANT_OCSP, OCSP_URL), ERROR_PERMANENT, "no answer");
	judge();
	ck_assert_uint_eq(t.wants.count, 1);
	ck_assert_ptr_nonnull(wanted(WANT_CRL, CA_URL));
	has_failed(wanted(WANT_CRL, CA_URL), ERROR_PERMANENT, "refused");
	judge();
	ck_assert_uint_eq(t.wants.count, 0);
	expect(REASON_REVOCATION_UNAVAILABLE, "unknown", "no answer");
	give_ca(&(const struct status_crl){0});
	judge();
	expect(REASON_OK, "good", "the CRL of \"CN=CA\" of 20");
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
	give_root();
	give_ca(&what);
	judge();
	expect(lists[_i].outcome, lists[_i].revocation, lists[_i].words);
	ck_assert_int_eq(t.verdict.failed_depth, lists[_i].outcome == REASON_OK ? -1 : 0);
	/* What a list in its grace says is wanted anew, as what isn't known is. */
	ck_assert_int_eq(t.wants.count > 0, lists[_i].outcome == REASON_REVOCATION_UNAVAILABLE ||
						strcmp(lists[_i].name, "in its grace") == 0 ||
						strcmp(lists[_i].name, "expired, and listed") == 0);
	/* Soft is another word for the unknown alone. */
	t.section.revocation = REVOCATION_SOFT;
	load();
	judge();
	expect(lists[_i].outcome == REASON_REVOCATION_UNAVAILABLE ? REASON_OK : lists[_i].outcome,
	    lists[_i].revocation, lists[_i].words);
}
END_TEST

START_TEST(a_list_counts_by_its_signer)
{
	X509 *namesake = pki_issue(&(const struct pki_certificate){.subject = "CA", .ca = true},
	    t.key, t.root, t.root_key);

	give_root();
	give(
	    "crl x", &(const struct status_crl){.entries = {{.certificate = t.leaf}}}, t.ca, t.key);
	judge();
	expect(REASON_REVOCATION_UNAVAILABLE, "unknown", "not signed by the key of its issuer");
	/* Beside it the right one. */
	give_ca(&(const struct status_crl){0});
	judge();
	expect(REASON_OK, "good", "");
	/* Of the root, who did not issue it. */
	give("crl y", &(const struct status_crl){.entries = {{.certificate = t.leaf}}}, t.root,
	    t.root_key);
	judge();
	expect(REASON_OK, "good", "");
	/* One by a weak digest takes no better one's place. */
	give_ca(&(const struct status_crl){
	    .from = -60, .digest = EVP_sha1(), .entries = {{.certificate = t.leaf}}});
	judge();
	expect(REASON_OK, "good", "");
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
	give_root();
	give_ca(&(const struct status_crl){0});
	judge();
	expect(REASON_REVOCATION_UNAVAILABLE, "unknown", "may not sign CRLs");
	X509_free(ca);
}
END_TEST

START_TEST(lists_for_some_reasons_add_up)
{
	give_root();
	give("crl a", &(const struct status_crl){.scope = "critical,onlysomereasons:keyCompromise"},
	    t.ca, t.ca_key);
	judge();
	expect(REASON_REVOCATION_UNAVAILABLE, "unknown", "some reasons");
	give("crl b",
	    &(const struct status_crl){.scope = "critical,@rest",
		.conf =
		    "[rest]\nonlysomereasons = CACompromise, affiliationChanged, superseded, "
		    "cessationOfOperation, certificateHold, privilegeWithdrawn, AACompromise\n"},
	    t.ca, t.ca_key);
	judge();
	expect(REASON_OK, "good", "");
}
END_TEST

START_TEST(a_delta_adds_and_releases)
{
	const struct status_entry held = {
	    .certificate = t.leaf, .reason = CRL_REASON_CERTIFICATE_HOLD + 1};
	const struct status_entry released = {
	    .certificate = t.leaf, .reason = CRL_REASON_REMOVE_FROM_CRL + 1};
	const struct status_entry revoked = {.certificate = t.leaf};

	give_root();
	give_ca(&(const struct status_crl){.number = 5, .from = -7200});
	give("crl d", &(const struct status_crl){.number = 6, .base = 5, .entries = {revoked}},
	    t.ca, t.ca_key);
	judge();
	expect(REASON_REVOKED, "revoked", "the delta CRL of \"CN=CA\"");
	give_ca(&(const struct status_crl){.number = 5, .from = -7200, .entries = {held}});
	give("crl d", &(const struct status_crl){.number = 6, .base = 5, .entries = {released}},
	    t.ca, t.ca_key);
	judge();
	expect(REASON_OK, "good", "");
	/* A delta of another base tells nothing of this one. */
	give("crl d", &(const struct status_crl){.number = 9, .base = 8, .entries = {released}},
	    t.ca, t.ca_key);
	judge();
	expect(REASON_REVOKED, "revoked", "certificateHold");
}
END_TEST

START_TEST(a_later_list_outdoes_an_earlier_one)
{
	give_root();
	give("crl a",
	    &(const struct status_crl){.from = -9000,
		.entries = {{.certificate = t.leaf, .reason = CRL_REASON_CERTIFICATE_HOLD + 1}}},
	    t.ca, t.ca_key);
	give("crl b", &(const struct status_crl){.from = -600}, t.ca, t.ca_key);
	judge();
	expect(REASON_OK, "good", "");
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
	give_root();
	give("crl e", &what, eve, t.key);
	judge_x509(leaf, false);
	expect(REASON_REVOCATION_UNAVAILABLE, "unknown", "who issued it is not trusted");
	ck_assert_ptr_nonnull(wanted(WANT_CRL, "http://crl.example/e.crl"));
	ck_assert_ptr_null(wanted(WANT_CRL, "http://crl.example/e.crl")->issuer);
	X509_free(leaf);
	leaf = pki_issue(&(const struct pki_certificate){.subject = "Anna", .email = ANNA}, t.key,
	    t.ca, t.ca_key);
	status_add_extension(leaf, "crlDistributionPoints", "p", conf, t.ca_key);
	give("crl i",
	    &(const struct status_crl){.scope = "critical,indirectCRL:TRUE",
		.entries = {{.certificate = leaf, .names_issuer = true}}},
	    t.root, t.root_key);
	judge_x509(leaf, false);
	expect(REASON_REVOKED, "revoked", "the CRL of \"CN=Root\"");
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
	load();
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
	judge();
	expect(REASON_REVOKED, "revoked", "the CRL of \"CN=CA\"");
	restart(folder);
	judge();
	expect(REASON_REVOKED, "revoked", "");
	/* The next one counts. */
	give_root();
	ck_assert_int_eq(
	    fetch_list(want, &(const struct status_crl){.from = -60}, t.ca, t.ca_key), 0);
	judge();
	expect(REASON_OK, "good", "");
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
	load();
	restart(folder);
	ck_assert(wants_add(&wants, WANT_CRL, CA_URL, leaf, NULL));
	ck_assert_int_eq(fetch_list(want, &what, t.root, t.root_key), 0);
	for (i = 0; i < 2; i++) {
		/* Whoever sits on the line has all the time there is between two judgements. */
		judge_x509(leaf, false);
		expect(REASON_REVOKED, "revoked", "the CRL of \"CN=Root\"");
		for (forged.from = -500; forged.from < -490; forged.from++)
			(void)fetch_list(want, &forged, t.root, t.key);
		forged.from = -9000;
		ck_assert_int_eq(fetch_list(want, &forged, t.root, t.root_key), -1);
		judge_x509(leaf, false);
		expect(REASON_REVOKED, "revoked", "the CRL of \"CN=Root\"");
		count = evidence_crls(t.evidence, X509_get_subject_name(t.root), &found);
		ck_assert_uint_le(count, 4);
		while (count > 0)
			crl_unref(found[--count]);
		free(found);
		restart(folder);
	}
	/* Not judged by since the restart: beside it, until it is. */
	ck_assert_int_eq(fetch_list(want, &forged, t.root, t.root_key), 0);
	judge_x509(leaf, false);
	expect(REASON_REVOKED, "revoked", "the CRL of \"CN=Root\"");
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
	load();
	give("crl good", &(const struct status_crl){.entries = {{.certificate = t.leaf}}}, t.ca,
	    t.ca_key);
	judge();
	expect(REASON_REVOKED, "revoked", "");
	for (i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "crl %d", i);
		give(key, &(const struct status_crl){.from = -60}, t.ca, t.key);
	}
	judge();
	expect(REASON_REVOKED, "revoked", "the CRL of \"CN=CA\"");
	/* Those of other points have no part in it, though nobody has verified the good one yet. */
	evidence_unref(t.evidence);
	t.evidence = evidence_new(&(const struct evidence_limits){.crl_size = 0}, NULL);
	for (i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "crl %d", i);
		give(key,
		    &(const struct status_crl){
			.from = -60, .scope = "critical,fullname:URI:http://crl.example/other.crl"},
		    t.ca, t.ca_key);
	}
	give("crl good", &(const struct status_crl){.entries = {{.certificate = t.leaf}}}, t.ca,
	    t.ca_key);
	judge();
	expect(REASON_REVOKED, "revoked", "the CRL of \"CN=CA\"");
}
END_TEST

START_TEST(an_answer_decides_before_lists)
{
	give_root();
	give_answer(V_OCSP_CERTSTATUS_GOOD, 0, 0, 0);
	judge();
	expect(REASON_OK, "good", "OCSP responder");
	give_answer(V_OCSP_CERTSTATUS_REVOKED, CRL_REASON_SUPERSEDED, 0, 0);
	give_ca(&(const struct status_crl){.from = -9000});
	judge();
	expect(REASON_REVOKED, "revoked", "(superseded), says the OCSP responder \"CN=CA\" on 20");
	ck_assert_int_ne((long)t.verdict.valid_until, 0);
	/* Revoked is for ever; on hold is not. */
	give_answer(V_OCSP_CERTSTATUS_REVOKED, CRL_REASON_SUPERSEDED, -90000, -40000);
	judge();
	expect(REASON_REVOKED, "revoked", "superseded");
	give_answer(V_OCSP_CERTSTATUS_REVOKED, CRL_REASON_CERTIFICATE_HOLD, -90000, -40000);
	judge();
	expect(REASON_OK, "good", "the CRL");
	give_answer(V_OCSP_CERTSTATUS_UNKNOWN, 0, 0, 0);
	judge();
	expect(REASON_OK, "good", "the CRL");
	give_ca(&(const struct status_crl){.to = -4000, .from = -8000});
	judge();
	expect(REASON_REVOCATION_UNAVAILABLE, "unknown", "does not know the certificate");
}
END_TEST

static void
give_delegated(X509 *responder, EVP_PKEY *key, int status)
{
	const struct status_answer what = {.certificate = t.leaf,
	    .issuer = t.ca,
	    .status = status,
	    .signer = responder,
	    .key = key};
	char id[OCSP_ID_SIZE];
	size_t size;
	unsigned char *der = status_answer(&what, &size);

	ck_assert_int_eq(ocsp_id(t.leaf, t.ca, id, NULL), 0);
	ck_assert_int_eq(evidence_restore(t.evidence, id, der, size, NULL), 0);
	OPENSSL_free(der);
}

static X509 *
make_responder(EVP_PKEY *key, const char *extension)
{
	return pki_issue(&(const struct pki_certificate){.subject = "Responder",
			     .extended_usage = "OCSPSigning",
			     .extension = extension,
			     .extension2 = "crlDistributionPoints=URI:http://crl.example/r.crl"},
	    key, t.ca, t.ca_key);
}

/* Lists for the responder alone: they say nothing of the leaf. */
#define RESPONDER_SCOPE "critical,fullname:URI:http://crl.example/r.crl"

START_TEST(an_answer_counts_unless_its_delegate_may_be_revoked)
{
	EVP_PKEY *key = pki_key(PKI_RSA_2048, 4);
	X509 *responder = make_responder(key, NULL);

	give_root();
	give_delegated(responder, key, V_OCSP_CERTSTATUS_GOOD);
	judge();
	expect(REASON_REVOCATION_UNAVAILABLE, "unknown",
	    "its signer \"CN=Responder\" may be revoked: no CRL is at hand");
	ck_assert_ptr_nonnull(wanted(WANT_CRL, "http://crl.example/r.crl"));
	t.section.revocation = REVOCATION_SOFT;
	load();
	judge();
	expect(REASON_OK, "good", "OCSP responder \"CN=Responder\"");
	ck_assert_ptr_nonnull(wanted(WANT_CRL, "http://crl.example/r.crl"));
	t.section.revocation = REVOCATION_HARD;
	load();
	/* "Revoked" counts meanwhile. */
	give_delegated(responder, key, V_OCSP_CERTSTATUS_REVOKED);
	judge();
	expect(REASON_REVOKED, "revoked", "OCSP responder");
	give_delegated(responder, key, V_OCSP_CERTSTATUS_GOOD);
	give("crl r",
	    &(const struct status_crl){.from = -600, .to = 1200, .scope = RESPONDER_SCOPE}, t.ca,
	    t.ca_key);
	judge();
	expect(REASON_OK, "good", "OCSP responder");
	ck_assert_uint_eq(t.wants.count, 0);
	/* The CRL was made a moment after t.now. */
	ck_assert_int_le((long)t.verdict.valid_until, (long)time(NULL) + 1200);
	give("crl r",
	    &(const struct status_crl){
		.scope = RESPONDER_SCOPE, .from = -300, .entries = {{.certificate = responder}}},
	    t.ca, t.ca_key);
	judge();
	expect(
	    REASON_REVOCATION_UNAVAILABLE, "unknown", "its signer \"CN=Responder\" was revoked on");
	t.section.revocation = REVOCATION_SOFT;
	load();
	give_delegated(responder, key, V_OCSP_CERTSTATUS_REVOKED);
	judge();
	expect(REASON_OK, "unknown", "its signer \"CN=Responder\" was revoked on");
	X509_free(responder);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(a_delegate_that_need_not_be_checked_is_not)
{
	EVP_PKEY *key = pki_key(PKI_RSA_2048, 4);
	X509 *responder = make_responder(key, "noCheck=ignored");

	give_root();
	give_delegated(responder, key, V_OCSP_CERTSTATUS_GOOD);
	judge();
	expect(REASON_OK, "good", "OCSP responder \"CN=Responder\"");
	ck_assert_uint_eq(t.wants.count, 0);
	X509_free(responder);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(who_is_on_a_list_is_revoked_though_an_answer_says_good)
{
	give_root();
	give_answer(V_OCSP_CERTSTATUS_GOOD, 0, 0, 0);
	give_ca(&(const struct status_crl){.entries = {{.certificate = t.leaf}}});
	judge();
	expect(REASON_REVOKED, "revoked", "the CRL of \"CN=CA\"");
	/* A hold may be over. */
	give_ca(&(const struct status_crl){
	    .entries = {{.certificate = t.leaf, .reason = CRL_REASON_CERTIFICATE_HOLD + 1}}});
	judge();
	expect(REASON_OK, "good", "OCSP responder");
}
END_TEST

START_TEST(a_list_is_wanted_for_each_issuer_by_itself)
{
	struct wants others = WANTS_INIT;

	give_root();
	judge();
	has_failed(wanted(WANT_OCSP, OCSP_URL), ERROR_PERMANENT, "no answer");
	/* Somebody else names the same URL, and what is there is not signed by that one's issuer. */
	ck_assert(wants_add(&others, WANT_CRL, CA_URL, t.ca, t.root));
	has_failed(&others.items[0], ERROR_PERMANENT, "not signed by the issuer");
	judge();
	ck_assert_ptr_nonnull(wanted(WANT_CRL, CA_URL));
	ck_assert_str_ne(wanted(WANT_CRL, CA_URL)->key, others.items[0].key);
	wants_clear(&others);
}
END_TEST

START_TEST(a_revoked_ca_makes_the_chain_revoked)
{
	give_answer(V_OCSP_CERTSTATUS_GOOD, 0, 0, 0);
	judge();
	expect(REASON_REVOCATION_UNAVAILABLE, "unknown", "the CA certificate \"CN=CA\"");
	ck_assert_int_eq(t.verdict.failed_depth, 1);
	give("crl " ROOT_URL, &(const struct status_crl){.entries = {{.certificate = t.ca}}},
	    t.root, t.root_key);
	judge();
	expect(REASON_REVOKED, "revoked", "the CA certificate \"CN=CA\": revoked on");
	ck_assert_int_eq(t.verdict.failed_depth, 1);
	ck_assert_str_eq(t.verdict.failed_subject, "CN=CA");
	ck_assert_int_ne((long)t.verdict.failed_until, 0);
}
END_TEST

START_TEST(a_way_around_a_revoked_ca_is_found)
{
	X509 *again = pki_issue(
	    &(const struct pki_certificate){.subject = "CA", .ca = true, .extension = ROOT_POINT},
	    t.ca_key, t.root, t.root_key);

	ck_assert(sk_X509_push(t.extra, again));
	give_answer(V_OCSP_CERTSTATUS_GOOD, 0, 0, 0);
	give("crl " ROOT_URL, &(const struct status_crl){.entries = {{.certificate = t.ca}}},
	    t.root, t.root_key);
	judge();
	expect(REASON_OK, "good", "");
	/* The other way round, OpenSSL takes the other one first. */
	sk_X509_set(t.extra, 0, again);
	sk_X509_set(t.extra, 1, t.ca);
	judge();
	expect(REASON_OK, "good", "");
	X509_free(again);
}
END_TEST

START_TEST(configured_lists_count)
{
	size_t size;
	unsigned char *der =
	    status_crl(&(const struct status_crl){.entries = {{.certificate = t.leaf}}}, t.ca,
		t.ca_key, &size);

	snprintf(t.crls, sizeof(t.crls), "/tmp/test-revocation-XXXXXX");
	write_file(t.crls, NULL, der, size);
	t.section.crls = t.crls;
	load();
	judge();
	expect(REASON_REVOKED, "revoked", "the CRL of \"CN=CA\"");
	OPENSSL_free(der);
}
END_TEST

START_TEST(an_anchor_is_not_looked_up)
{
	unlink(t.anchors);
	snprintf(t.anchors, sizeof(t.anchors), "/tmp/test-revocation-XXXXXX");
	write_file(t.anchors, t.ca, NULL, 0);
	load();
	give_answer(V_OCSP_CERTSTATUS_GOOD, 0, 0, 0);
	judge();
	expect(REASON_OK, "good", "OCSP");
	ck_assert_uint_eq(t.wants.count, 0);
}
END_TEST

static void
take_issuer(const char *url, X509 *x509)
{
	size_t size;
	unsigned char *der = pki_der(x509, &size);
	const struct want *want = wanted(WANT_ISSUER, url);

	ck_assert_ptr_nonnull(want);
	ck_assert_int_eq(evidence_take(t.evidence, want, der, size, t.now, NULL), 0);
	OPENSSL_free(der);
}

START_TEST(a_missing_issuer_is_wanted_and_then_found)
{
	t.section.revocation = REVOCATION_OFF;
	load();
	(void)sk_X509_pop(t.extra);
	ck_assert_int_eq(judge_x509(t.leaf, false), REASON_UNTRUSTED_ISSUER);
	ck_assert_uint_eq(t.wants.count, 0);
	ck_assert_int_eq(judge_x509(t.leaf, true), REASON_ISSUER_UNAVAILABLE);
	ck_assert_uint_eq(t.wants.count, 1);
	take_issuer(CA_CERTIFICATE_URL, t.ca);
	ck_assert_int_eq(judge_x509(t.leaf, true), REASON_OK);
	ck_assert_uint_eq(t.wants.count, 0);
}
END_TEST

/* As for a judgement that had looked for it before it came. */
START_TEST(an_issuer_that_came_meanwhile_is_told)
{
	uint64_t before = evidence_told(t.evidence);

	t.section.revocation = REVOCATION_OFF;
	load();
	(void)sk_X509_pop(t.extra);
	judge_x509(t.leaf, true);
	ck_assert(!t.wants.came);
	take_issuer(CA_CERTIFICATE_URL, t.root);
	t.wants.since = before;
	judge_x509(t.leaf, true);
	ck_assert_uint_eq(t.wants.count, 0);
	ck_assert(t.wants.came);
	t.wants.since = evidence_told(t.evidence);
	judge_x509(t.leaf, true);
	ck_assert(!t.wants.came);
}
END_TEST

START_TEST(an_answer_that_came_meanwhile_is_told)
{
	uint64_t before = evidence_told(t.evidence);
	const struct status_answer what = {.certificate = t.leaf,
	    .issuer = t.ca,
	    .status = V_OCSP_CERTSTATUS_UNKNOWN,
	    .signer = t.ca,
	    .key = t.ca_key};
	size_t size;
	unsigned char *der = status_answer(&what, &size);

	judge();
	ck_assert(!t.wants.came);
	ck_assert_int_eq(
	    evidence_take(t.evidence, wanted(WANT_OCSP, OCSP_URL), der, size, t.now, NULL), 0);
	OPENSSL_free(der);
	t.wants.since = before;
	judge();
	ck_assert(t.wants.came);
	t.wants.since = evidence_told(t.evidence);
	judge();
	ck_assert(!t.wants.came);
}
END_TEST

START_TEST(two_missing_issuers_are_found_one_by_one)
{
	EVP_PKEY *key = pki_key(PKI_RSA_2048, 4);
	X509 *sub =
	    pki_issue(&(const struct pki_certificate){.subject = "Sub",
			  .ca = true,
			  .extension = "authorityInfoAccess=caIssuers;URI:http://aia.example/1"},
		key, t.ca, t.ca_key);
	X509 *leaf =
	    pki_issue(&(const struct pki_certificate){.email = ANNA,
			  .extension = "authorityInfoAccess=caIssuers;URI:http://aia.example/0"},
		t.key, sub, key);

	t.section.revocation = REVOCATION_OFF;
	load();
	(void)sk_X509_pop(t.extra);
	judge_x509(leaf, true);
	ck_assert_uint_eq(t.wants.count, 1);
	take_issuer("http://aia.example/0", sub);
	judge_x509(leaf, true);
	ck_assert_uint_eq(t.wants.count, 1);
	take_issuer("http://aia.example/1", t.ca);
	ck_assert_int_eq(judge_x509(leaf, true), REASON_OK);
	X509_free(sub);
	X509_free(leaf);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(an_issuer_that_did_not_sign_leads_nowhere)
{
	/* Of the CA's name, and with a URL of its own; the certificate is not signed by it. */
	X509 *namesake =
	    pki_issue(&(const struct pki_certificate){.subject = "CA",
			  .ca = true,
			  .extension = "authorityInfoAccess=caIssuers;URI:http://evil.example/"},
		t.key, t.root, t.root_key);
	X509 *leaf =
	    pki_issue(&(const struct pki_certificate){.email = ANNA}, t.key, t.ca, t.ca_key);

	sk_X509_set(t.extra, 0, namesake);
	ck_assert_int_ne(judge_x509(leaf, true), REASON_OK);
	ck_assert_uint_eq(t.wants.count, 0);
	X509_free(namesake);
	X509_free(leaf);
}
END_TEST

START_TEST(why_an_issuer_could_not_be_had_is_told)
{
	(void)sk_X509_pop(t.extra);
	judge_x509(t.leaf, true);
	has_failed(wanted(WANT_ISSUER, CA_CERTIFICATE_URL), ERROR_PERMANENT,
	    "http://aia.example/ca.crt: refused");
	judge_x509(t.leaf, true);
	ck_assert_uint_eq(t.wants.count, 0);
	ck_assert_ptr_nonnull(strstr(t.verdict.detail, "ca.crt: refused"));
	ck_assert_int_eq(t.verdict.reason, REASON_UNTRUSTED_ISSUER);
}
END_TEST

START_TEST(an_issuer_that_can_not_be_had_for_the_moment_is_waited_for_in_reason)
{
	struct wants wants = WANTS_INIT;
	time_t began = t.now;
	X509 *wrong = pki_issue(
	    &(const struct pki_certificate){
		.subject = "Anna", .email = "bob@corp.example", .extension2 = LEAF_ACCESS},
	    t.key, t.ca, t.ca_key);

	(void)sk_X509_pop(t.extra);
	ck_assert_int_eq(judge_x509(t.leaf, false), REASON_UNTRUSTED_ISSUER);
	ck_assert_int_eq(judge_x509(t.leaf, true), REASON_ISSUER_UNAVAILABLE);
	ck_assert(wants_add(&wants, WANT_ISSUER, CA_CERTIFICATE_URL, NULL, NULL));
	has_failed(&wants.items[0], ERROR_TEMPORARY, "timed out");
	ck_assert_int_eq(judge_x509(t.leaf, true), REASON_ISSUER_UNAVAILABLE);
	ck_assert_ptr_nonnull(strstr(t.verdict.detail, "; timed out"));
	ck_assert_int_eq(t.verdict.failed_depth, 0);
	ck_assert_int_le((long)t.verdict.valid_until, (long)t.now + TRUST_UNKNOWN_HOLDS);
	ck_assert_int_gt((long)t.verdict.valid_until, (long)t.now);
	/* What is wrong anyway is said at once. */
	ck_assert_int_eq(judge_x509(wrong, true), REASON_ADDRESS_MISMATCH);
	/* As often as it is tried, but not for ever. */
	for (t.now += 61; t.now < began + EVIDENCE_PATIENCE; t.now += 600) {
		has_failed(&wants.items[0], ERROR_TEMPORARY, "timed out");
		ck_assert_int_eq(judge_x509(t.leaf, true), REASON_ISSUER_UNAVAILABLE);
	}
	has_failed(&wants.items[0], ERROR_TEMPORARY, "timed out");
	ck_assert_int_eq(judge_x509(t.leaf, true), REASON_UNTRUSTED_ISSUER);
	/* Whoever asks again the next day finds another outage. */
	t.now += EVIDENCE_PATIENCE + 61;
	has_failed(&wants.items[0], ERROR_TEMPORARY, "timed out");
	ck_assert_int_eq(judge_x509(t.leaf, true), REASON_ISSUER_UNAVAILABLE);
	/* What came, and does not help, is no outage. */
	has_failed(&wants.items[0], ERROR_INPUT, "it holds no certificate");
	ck_assert_int_eq(judge_x509(t.leaf, true), REASON_UNTRUSTED_ISSUER);
	wants_clear(&wants);
	X509_free(wrong);
}
END_TEST

START_TEST(an_expired_cross_certificate_beside_a_good_one_does_no_harm)
{
	X509 *expired = pki_issue(
	    &(const struct pki_certificate){
		.subject = "CA", .ca = true, .from_days = -20, .to_days = -10},
	    t.ca_key, t.root, t.root_key);
	X509 *other_root = pki_issue(
	    &(const struct pki_certificate){.subject = "Other", .ca = true}, t.key, NULL, t.key);
	X509 *crossed = pki_issue(&(const struct pki_certificate){.subject = "CA", .ca = true},
	    t.ca_key, other_root, t.key);
	X509 *const orders[][3] = {
	    {expired, crossed, t.ca}, {crossed, t.ca, expired}, {t.ca, expired, crossed}};
	size_t i;

	t.section.revocation = REVOCATION_OFF;
	load();
	for (i = 0; i < ARRAY_LENGTH(orders); i++) {
		sk_X509_zero(t.extra);
		ck_assert(sk_X509_push(t.extra, orders[i][0]) &&
			  sk_X509_push(t.extra, orders[i][1]) &&
			  sk_X509_push(t.extra, orders[i][2]));
		ck_assert_int_eq(judge(), REASON_OK);
	}
	X509_free(expired);
	X509_free(other_root);
	X509_free(crossed);
}
END_TEST

START_TEST(required_policies_must_hold)
{
	static char policy[] = "1.3.6.1.4.1.99999.1";
	char *policies[] = {policy};
	X509 *ca = pki_issue(&(const struct pki_certificate){.subject = "CA", .ca = true}, t.ca_key,
	    t.root, t.root_key);
	X509 *leaf = pki_issue(&(const struct pki_certificate){.email = ANNA}, t.key, ca, t.ca_key);
	X509 *other =
	    pki_issue(&(const struct pki_certificate){.email = ANNA}, t.key, ca, t.ca_key);

	status_add_extension(ca, "certificatePolicies", policy, NULL, t.root_key);
	status_add_extension(leaf, "certificatePolicies", policy, NULL, t.ca_key);
	status_add_extension(other, "certificatePolicies", "1.3.6.1.4.1.99999.2", NULL, t.ca_key);
	t.section.revocation = REVOCATION_OFF;
	t.section.policies = (struct strings){policies, 1};
	load();
	sk_X509_set(t.extra, 0, ca);
	ck_assert_int_eq(judge_x509(leaf, false), REASON_OK);
	ck_assert_int_eq(judge_x509(other, false), REASON_INVALID_CHAIN);
	ck_assert_ptr_nonnull(strstr(t.verdict.detail, "policies"));
	ck_assert_int_eq(judge_x509(t.leaf, false), REASON_INVALID_CHAIN);
	X509_free(ca);
	X509_free(leaf);
	X509_free(other);
}
END_TEST

static const struct {
	enum config_min_digest least;
	bool sha1;
	bool sha256;
} digests[] = {
    {MIN_DIGEST_SHA1, true, true},
    {MIN_DIGEST_SHA224, false, true},
    {MIN_DIGEST_SHA256, false, true},
    {MIN_DIGEST_SHA384, false, false},
};

START_TEST(the_weakest_digest_is_the_sections)
{
	X509 *weak = pki_issue(&(const struct pki_certificate){.email = ANNA, .digest = EVP_sha1()},
	    t.key, t.ca, t.ca_key);
	X509 *strong =
	    pki_issue(&(const struct pki_certificate){.email = ANNA, .digest = EVP_sha256()}, t.key,
		t.ca, t.ca_key);

	t.section.revocation = REVOCATION_OFF;
	t.section.min_digest = digests[_i].least;
	load();
	ck_assert_int_eq(
	    judge_x509(weak, false), digests[_i].sha1 ? REASON_OK : REASON_WEAK_DIGEST);
	ck_assert_int_eq(
	    judge_x509(strong, false), digests[_i].sha256 ? REASON_OK : REASON_WEAK_DIGEST);
	X509_free(weak);
	X509_free(strong);
}
END_TEST

START_TEST(every_error_of_openssl_has_words_or_can_not_occur)
{
	static const char none[] = "unknown certificate verification error";
	int error;
	int known = 0;

	for (error = 1; error < 1000; error++) {
		if (strcmp(X509_verify_cert_error_string(error), none) == 0)
			continue;
		known++;
		ck_assert_msg(trust_explain_knows(error), "%d: %s", error,
		    X509_verify_cert_error_string(error));
	}
	ck_assert_int_gt(known, 80);
	ck_assert(!trust_explain_knows(999));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("revocation");
	TCase *tcase = unit_case(suite, "revocation");

	tcase_set_timeout(tcase, 120); /* keys are made, under sanitizers too */
	tcase_add_checked_fixture(tcase, setup, teardown);
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
	tcase_add_test(tcase, an_answer_decides_before_lists);
	tcase_add_test(tcase, an_answer_counts_unless_its_delegate_may_be_revoked);
	tcase_add_test(tcase, a_delegate_that_need_not_be_checked_is_not);
	tcase_add_test(tcase, who_is_on_a_list_is_revoked_though_an_answer_says_good);
	tcase_add_test(tcase, a_list_is_wanted_for_each_issuer_by_itself);
	tcase_add_test(tcase, a_revoked_ca_makes_the_chain_revoked);
	tcase_add_test(tcase, a_way_around_a_revoked_ca_is_found);
	tcase_add_test(tcase, configured_lists_count);
	tcase_add_test(tcase, an_anchor_is_not_looked_up);
	tcase_add_test(tcase, a_missing_issuer_is_wanted_and_then_found);
	tcase_add_test(tcase, an_issuer_that_came_meanwhile_is_told);
	tcase_add_test(tcase, an_answer_that_came_meanwhile_is_told);
	tcase_add_test(tcase, two_missing_issuers_are_found_one_by_one);
	tcase_add_test(tcase, an_issuer_that_did_not_sign_leads_nowhere);
	tcase_add_test(tcase, why_an_issuer_could_not_be_had_is_told);
	tcase_add_test(tcase, an_issuer_that_can_not_be_had_for_the_moment_is_waited_for_in_reason);
	tcase_add_test(tcase, an_expired_cross_certificate_beside_a_good_one_does_no_harm);
	tcase_add_test(tcase, required_policies_must_hold);
	tcase_add_loop_test(
	    tcase, the_weakest_digest_is_the_sections, 0, (int)ARRAY_LENGTH(digests));
	tcase_add_test(tcase, every_error_of_openssl_has_words_or_can_not_occur);
	return unit_run(suite);
}
