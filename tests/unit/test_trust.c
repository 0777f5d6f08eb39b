/* smime/trust: what a certificate and its chain must be. */
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test_trust.h"

enum place { ANCHOR_ROOT, ANCHOR_INTERMEDIATE, ANCHOR_LEAF, ANCHOR_OTHER };
enum sent { SENT_INTERMEDIATE, SENT_ALL, SENT_NOTHING };

/* Root, intermediate, end entity: what is asked of each, and what must come of it. */
static const struct chain {
	enum reason_id reason;
	int depth; /* of the failing link */
	const char *detail;
	struct pki_certificate leaf;
	struct pki_certificate intermediate;
	struct pki_certificate root;
	enum pki_key leaf_key;
	enum pki_key ca_key;
	enum place anchor;
	enum sent sent;
	enum trust_purpose purpose;
} chains[] = {
    {.reason = REASON_OK, .depth = -1, .detail = "", .leaf = {.email = ANNA}},
    {.reason = REASON_OK, .depth = -1, .detail = "", .leaf = {.email = ANNA}, .leaf_key = PKI_P256},
    {.reason = REASON_OK,
	.depth = -1,
	.detail = "",
	.leaf = {.email = ANNA},
	.leaf_key = PKI_P521,
	.ca_key = PKI_P384},
    {.reason = REASON_OK,
	.depth = -1,
	.detail = "",
	.leaf = {.email = ANNA},
	.ca_key = PKI_ED25519},
    {.reason = REASON_OK,
	.depth = -1,
	.detail = "",
	.leaf = {.email = ANNA},
	.purpose = TRUST_SIGN},
    {.reason = REASON_OK,
	.depth = -1,
	.detail = "",
	.leaf = {.email = ANNA, .key_usage = "-", .extended_usage = "anyExtendedKeyUsage"}},
    {.reason = REASON_OK, .depth = -1, .detail = "", .leaf = {.subject_email = ANNA}},
    /* An intermediate, or the certificate itself, may serve as an anchor. */
    {.reason = REASON_OK,
	.depth = -1,
	.detail = "",
	.leaf = {.email = ANNA},
	.anchor = ANCHOR_INTERMEDIATE,
	.sent = SENT_NOTHING},
    {.reason = REASON_OK,
	.depth = -1,
	.detail = "",
	.leaf = {.email = ANNA},
	.anchor = ANCHOR_LEAF,
	.sent = SENT_NOTHING},
    /* How an anchor was signed does not matter. */
    {.reason = REASON_OK,
	.depth = -1,
	.detail = "",
	.leaf = {.email = ANNA},
	.root = {.digest = NULL, .extension = "nsComment=old root"}},
    {.reason = REASON_EXPIRED,
	.depth = 0,
	.detail = "expired on 20",
	.leaf = {.email = ANNA, .from_days = -20, .to_days = -10}},
    {.reason = REASON_EXPIRED,
	.depth = 0,
	.detail = "expired on 20",
	.leaf = {.email = ANNA, .from_days = -20, .to_days = -10},
	.anchor = ANCHOR_OTHER},
    {.reason = REASON_NOT_YET_VALID,
	.depth = 0,
	.detail = "valid from 20",
	.leaf = {.email = ANNA, .from_days = 10, .to_days = 20}},
    {.reason = REASON_UNTRUSTED_ISSUER,
	.depth = 2,
	.detail = "the chain ends at \"CN=Root\"",
	.leaf = {.email = ANNA},
	.anchor = ANCHOR_OTHER,
	.sent = SENT_ALL},
    {.reason = REASON_UNTRUSTED_ISSUER,
	.depth = 1,
	.detail = "issued by \"CN=Root\"",
	.leaf = {.email = ANNA},
	.anchor = ANCHOR_OTHER},
    {.reason = REASON_UNTRUSTED_ISSUER,
	.depth = 0,
	.detail = "issued by \"CN=Intermediate\"",
	.leaf = {.email = ANNA},
	.anchor = ANCHOR_OTHER,
	.sent = SENT_NOTHING},
    {.reason = REASON_INVALID_CHAIN,
	.depth = 1,
	.detail = "\"CN=Intermediate\" expired on 20",
	.leaf = {.email = ANNA},
	.intermediate = {.from_days = -20, .to_days = -10}},
    {.reason = REASON_INVALID_CHAIN,
	.depth = 1,
	.detail = "is valid only from 20",
	.leaf = {.email = ANNA},
	.intermediate = {.from_days = 10, .to_days = 20}},
    {.reason = REASON_INVALID_CHAIN,
	.depth = 2,
	.detail = "\"CN=Root\" expired on 20",
	.leaf = {.email = ANNA},
	.root = {.from_days = -20, .to_days = -10}},
    {.reason = REASON_INVALID_CHAIN,
	.depth = 2,
	.detail = "does not allow so long a chain",
	.leaf = {.email = ANNA},
	.root = {.path_length = 1}},
    {.reason = REASON_INVALID_CHAIN,
	.depth = 1,
	.detail = "may not issue certificates",
	.leaf = {.email = ANNA},
	.intermediate = {.key_usage = "critical,cRLSign"}},
    {.reason = REASON_INVALID_CHAIN,
	.depth = 1,
	.detail = "not meant for issuing mail",
	.leaf = {.email = ANNA},
	.intermediate = {.extended_usage = "serverAuth"}},
    {.reason = REASON_INVALID_CHAIN,
	.depth = 0,
	.detail = "a name that a CA above it may not",
	.leaf = {.email = ANNA},
	.intermediate = {.extension = "nameConstraints=critical,permitted;email:other.example"}},
    {.reason = REASON_INVALID_CHAIN,
	.depth = 0,
	.detail = "a critical extension that is not known",
	.leaf = {.email = ANNA, .extension = "1.2.3.4=critical,DER:0500"}},
    {.reason = REASON_INVALID_CHAIN,
	.depth = 1,
	.detail = "a critical extension that is not known",
	.leaf = {.email = ANNA},
	.intermediate = {.extension = "1.2.3.4=critical,DER:0500"}},
    {.reason = REASON_WRONG_USAGE,
	.depth = -1,
	.detail = "does not allow encrypting",
	.leaf = {.email = ANNA, .key_usage = "critical,digitalSignature"}},
    {.reason = REASON_WRONG_USAGE,
	.depth = -1,
	.detail = "does not allow encrypting",
	.leaf = {.email = ANNA, .key_usage = "critical,keyEncipherment"},
	.leaf_key = PKI_P256},
    {.reason = REASON_WRONG_USAGE,
	.depth = -1,
	.detail = "does not allow encrypting",
	.leaf = {.email = ANNA, .extended_usage = "clientAuth"}},
    {.reason = REASON_WRONG_USAGE,
	.depth = -1,
	.detail = "does not allow signing",
	.leaf = {.email = ANNA, .key_usage = "critical,keyEncipherment"},
	.purpose = TRUST_SIGN},
    {.reason = REASON_WRONG_USAGE,
	.depth = -1,
	.detail = "does not allow encrypting",
	.leaf = {.email = ANNA},
	.leaf_key = PKI_ED25519},
    {.reason = REASON_ADDRESS_MISMATCH,
	.depth = -1,
	.detail = "issued to bob@corp.example, not to anna@corp.example",
	.leaf = {.email = "bob@corp.example"}},
    {.reason = REASON_ADDRESS_MISMATCH,
	.depth = -1,
	.detail = "no mail address at all",
	.leaf = {0}},
    {.reason = REASON_WEAK_KEY,
	.depth = -1,
	.detail = "1024 bits, 2048 are the least",
	.leaf = {.email = ANNA},
	.leaf_key = PKI_RSA_1024},
    {.reason = REASON_WEAK_KEY,
	.depth = 1,
	.detail = "a CA in the chain",
	.leaf = {.email = ANNA},
	.ca_key = PKI_RSA_1024},
    {.reason = REASON_WEAK_KEY,
	.depth = 1,
	.detail = "the trusted CA",
	.leaf = {.email = ANNA},
	.ca_key = PKI_RSA_1024,
	.anchor = ANCHOR_INTERMEDIATE,
	.sent = SENT_NOTHING},
    {.reason = REASON_WEAK_DIGEST, .depth = 0, .detail = "sha1", .leaf = {.email = ANNA}},
    {.reason = REASON_WEAK_DIGEST, .depth = 1, .detail = "sha1", .leaf = {.email = ANNA}},
    {.reason = REASON_WEAK_DIGEST, .depth = 0, .detail = "md5", .leaf = {.email = ANNA}},
    {.reason = REASON_KEY_UNSUPPORTED,
	.depth = -1,
	.detail = "X25519 key",
	.leaf = {.email = ANNA},
	.leaf_key = PKI_X25519},
    {.reason = REASON_MALFORMED,
	.depth = 0,
	.detail = "an extension",
	.leaf = {.email = ANNA, .extension = "basicConstraints=DER:0401"}},
    /* The order in which faults are named. */
    {.reason = REASON_WRONG_USAGE,
	.depth = -1,
	.detail = "encrypting",
	.leaf = {.email = "bob@corp.example", .key_usage = "digitalSignature"},
	.leaf_key = PKI_RSA_1024,
	.ca_key = PKI_RSA_1024},
    {.reason = REASON_ADDRESS_MISMATCH,
	.depth = -1,
	.detail = "bob",
	.leaf = {.email = "bob@corp.example"},
	.ca_key = PKI_RSA_1024},
};

/* The digests can't stand in a constant table. */
static void
set_digests(const struct chain *chain, struct pki_certificate *leaf,
    struct pki_certificate *intermediate, struct pki_certificate *root)
{
	if (chain->root.extension != NULL)
		root->digest = EVP_sha1();
	if (chain->reason != REASON_WEAK_DIGEST)
		return;
	if (chain->depth == 0)
		leaf->digest = strcmp(chain->detail, "md5") == 0 ? EVP_md5() : EVP_sha1();
	else
		intermediate->digest = EVP_sha1();
}

START_TEST(a_chain_is_judged)
{
	const struct chain *chain = &chains[_i];
	struct pki_certificate leaf_says = chain->leaf;
	struct pki_certificate intermediate_says = chain->intermediate;
	struct pki_certificate root_says = chain->root;
	EVP_PKEY *root_key = pki_key(PKI_RSA_2048, 1);
	EVP_PKEY *ca_key = pki_key(chain->ca_key, 2);
	EVP_PKEY *leaf_key = pki_key(chain->leaf_key, 3);
	STACK_OF(X509) *extra = sk_X509_new_null();
	struct trust_verdict verdict;
	struct config_trust trust_says;
	struct folder folder;
	struct trust *trust;
	X509 *root, *intermediate, *leaf, *other;

	intermediate_says.subject = "Intermediate";
	root_says.subject = "Root";
	intermediate_says.ca = root_says.ca = true;
	set_digests(chain, &leaf_says, &intermediate_says, &root_says);
	root = pki_issue(&root_says, root_key, NULL, root_key);
	intermediate = pki_issue(&intermediate_says, ca_key, root, root_key);
	leaf = pki_issue(&leaf_says, leaf_key, intermediate, ca_key);
	other = pki_issue(&(const struct pki_certificate){.subject = "Other", .ca = true}, leaf_key,
	    root, root_key);
	test_trust_folder_make(&folder);
	test_trust_folder_add(&folder, "anchor.pem",
	    chain->anchor == ANCHOR_ROOT           ? root
	    : chain->anchor == ANCHOR_INTERMEDIATE ? intermediate
	    : chain->anchor == ANCHOR_LEAF         ? leaf
						   : other,
	    NULL);
	if (chain->sent != SENT_NOTHING)
		ck_assert(sk_X509_push(extra, intermediate));
	if (chain->sent == SENT_ALL)
		ck_assert(sk_X509_push(extra, root));
	trust_says = test_trust_section(all_domains, &folder, NULL);
	trust = test_trust_load(&trust_says, 1);
	test_trust_judge(trust, leaf, extra, chain->purpose, clock_wall(), &verdict);
	ck_assert_msg(verdict.reason == chain->reason, "%s (%s), not %s",
	    reason_get(verdict.reason)->code, verdict.detail, reason_get(chain->reason)->code);
	ck_assert_msg(strstr(verdict.detail, chain->detail) != NULL, "\"%s\"", verdict.detail);
	ck_assert_int_eq(verdict.failed_depth, chain->depth);
	ck_assert_int_eq(verdict.failed_subject != NULL, chain->depth >= 0);
	ck_assert_int_eq(verdict.valid_until != 0, verdict.reason == REASON_OK);
	ck_assert_str_eq(verdict.revocation,
	    verdict.reason == REASON_EXPIRED || verdict.reason == REASON_NOT_YET_VALID ||
		    verdict.reason == REASON_MALFORMED || chain->anchor == ANCHOR_LEAF
		? "off"
		: "unknown");
	trust_verdict_clear(&verdict);
	trust_unref(trust);
	test_trust_folder_remove(&folder);
	sk_X509_free(extra);
	X509_free(root);
	X509_free(intermediate);
	X509_free(leaf);
	X509_free(other);
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(leaf_key);
}
END_TEST

static void
setup(void)
{
	pki.root_key = pki_key(PKI_RSA_2048, 1);
	pki.ca_key = pki_key(PKI_RSA_2048, 2);
	pki.key = pki_key(PKI_RSA_2048, 3);
	pki.root = test_trust_issue_ca("Root", pki.root_key, NULL, pki.root_key, 0, 0);
	pki.ca = test_trust_issue_ca("CA", pki.ca_key, pki.root, pki.root_key, 0, 0);
	pki.leaf =
	    pki_issue(&(const struct pki_certificate){.email = ANNA}, pki.key, pki.ca, pki.ca_key);
	pki.extra = sk_X509_new_null();
	test_trust_folder_make(&pki.folder);
	test_trust_folder_add(&pki.folder, "root.pem", pki.root, NULL);
}

static void
teardown(void)
{
	test_trust_folder_remove(&pki.folder);
	sk_X509_free(pki.extra);
	X509_free(pki.root);
	X509_free(pki.ca);
	X509_free(pki.leaf);
	EVP_PKEY_free(pki.root_key);
	EVP_PKEY_free(pki.ca_key);
	EVP_PKEY_free(pki.key);
}

START_TEST(a_certificate_with_an_extension_twice_is_malformed)
{
	X509 *twice =
	    pki_issue(&(const struct pki_certificate){.email = ANNA, .extension = "nsComment=one"},
		pki.key, pki.ca, pki.ca_key);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_netscape_comment, "two");
	struct trust *trust = test_trust_root();

	ck_assert(sk_X509_push(pki.extra, pki.ca));
	ck_assert_int_eq(test_trust_judge_now(trust, twice, pki.extra), REASON_OK);
	ck_assert(X509_add_ext(twice, extension, -1));
	ck_assert(X509_sign(twice, pki.ca_key, EVP_sha256()) > 0);
	ck_assert_int_eq(test_trust_judge_now(trust, twice, pki.extra), REASON_MALFORMED);
	X509_EXTENSION_free(extension);
	trust_unref(trust);
	X509_free(twice);
}
END_TEST

START_TEST(time_is_what_the_caller_says)
{
	struct trust *trust = test_trust_root();
	struct trust_verdict verdict;
	time_t now = clock_wall();

	ck_assert(sk_X509_push(pki.extra, pki.ca));
	ck_assert_int_eq(
	    test_trust_judge(trust, pki.leaf, pki.extra, TRUST_ENCRYPT, now, &verdict), REASON_OK);
	ck_assert_int_ge((long)(verdict.valid_until - now), 364 * 86400L);
	ck_assert_int_le((long)(verdict.valid_until - now), 365 * 86400L);
	trust_verdict_clear(&verdict);
	ck_assert_int_eq(test_trust_judge(trust, pki.leaf, pki.extra, TRUST_ENCRYPT,
			     now + 366 * 86400L, &verdict),
	    REASON_EXPIRED);
	trust_verdict_clear(&verdict);
	ck_assert_int_eq(
	    test_trust_judge(trust, pki.leaf, pki.extra, TRUST_ENCRYPT, now - 2 * 86400L, &verdict),
	    REASON_NOT_YET_VALID);
	trust_verdict_clear(&verdict);
	trust_unref(trust);
}
END_TEST

START_TEST(a_certificate_without_address_counts_only_where_the_entry_binds)
{
	X509 *leaf = pki_issue(
	    &(const struct pki_certificate){.subject = "Anna"}, pki.key, pki.ca, pki.ca_key);
	struct certificate *certificate = certificate_from_x509(leaf, NULL);
	struct trust *trust = test_trust_root();
	struct trust_question question = {
	    .certificate = certificate, .extra = pki.extra, .at = clock_wall()};
	struct trust_verdict verdict;
	struct address anna = ADDRESS_INIT;

	ck_assert_int_eq(address_parse(ANNA, &anna, NULL), 0);
	ck_assert(sk_X509_push(pki.extra, pki.ca));
	ck_assert_int_eq(test_trust_judge_now(trust, leaf, pki.extra), REASON_ADDRESS_MISMATCH);
	question.address = &anna;
	question.allow_no_address = true;
	ck_assert_int_eq(trust_judge(trust, &question, &verdict, NULL), 0);
	ck_assert_int_eq(verdict.reason, REASON_OK);
	trust_verdict_clear(&verdict);
	/* Nobody asks for an address. */
	question.address = NULL;
	question.allow_no_address = false;
	ck_assert_int_eq(trust_judge(trust, &question, &verdict, NULL), 0);
	ck_assert_int_eq(verdict.reason, REASON_OK);
	trust_verdict_clear(&verdict);
	trust_unref(trust);
	address_free(&anna);
	certificate_unref(certificate);
	X509_free(leaf);
}
END_TEST

/* The sample PKI of RFC 9216, where the corpora are. */
static X509 *
corpus(const char *name)
{
	char path[512];
	X509 *x509;
	FILE *in;

	snprintf(path, sizeof(path), "%s/rfc9216/%s", getenv("SMIME_CORPORA"), name);
	in = fopen(path, "r");
	ck_assert_msg(in != NULL, "%s", path);
	x509 = PEM_read_X509(in, NULL, NULL, NULL);
	fclose(in);
	ck_assert_ptr_nonnull(x509);
	return x509;
}

static enum reason_id
judge_for(const struct trust *trust, X509 *x509, STACK_OF(X509) * extra, const char *text)
{
	struct certificate *certificate = certificate_from_x509(x509, NULL);
	struct address address = ADDRESS_INIT;
	struct trust_verdict verdict;
	enum reason_id reason;

	ck_assert_int_eq(address_parse(text, &address, NULL), 0);
	ck_assert_int_eq(trust_judge(trust,
			     &(const struct trust_question){.certificate = certificate,
				 .extra = extra,
				 .address = &address,
				 .at = clock_wall()},
			     &verdict, NULL),
	    0);
	reason = verdict.reason;
	trust_verdict_clear(&verdict);
	address_free(&address);
	certificate_unref(certificate);
	return reason;
}

START_TEST(rfc_9216_samples_are_judged)
{
	X509 *root = corpus("3.1-RSA_Certification_Authority_Root_Certificate.crt");
	X509 *cross = corpus("6.3-Ed25519_Certification_Authority_Cross_Signed_Certificate.crt");
	X509 *alice = corpus("4.3-Alice_s_Encryption_End_Entity_Certificate.crt");
	X509 *alice_signs = corpus("4.1-Alice_s_Signature_Verification_End_Entity_Certificate.crt");
	X509 *dana = corpus("8.3-Dana_s_Encryption_End_Entity_Certificate.crt");
	struct folder folder;
	struct config_trust says;
	struct trust *trust;

	test_trust_folder_make(&folder);
	test_trust_folder_add(&folder, "root.pem", root, NULL);
	ck_assert(sk_X509_push(pki.extra, cross));
	says = test_trust_section(all_domains, &folder, NULL);
	trust = test_trust_load(&says, 1);
	ck_assert_int_eq(judge_for(trust, alice, NULL, "alice@smime.example"), REASON_OK);
	ck_assert_int_eq(
	    judge_for(trust, alice, NULL, "bob@smime.example"), REASON_ADDRESS_MISMATCH);
	ck_assert_int_eq(
	    judge_for(trust, alice_signs, NULL, "alice@smime.example"), REASON_WRONG_USAGE);
	/* Ed25519 CA, cross-signed by the RSA one of the same organisation; X25519 key. */
	ck_assert_int_eq(
	    judge_for(trust, dana, pki.extra, "dana@smime.example"), REASON_KEY_UNSUPPORTED);
	ck_assert_int_eq(
	    judge_for(trust, dana, NULL, "dana@smime.example"), REASON_UNTRUSTED_ISSUER);
	trust_unref(trust);
	test_trust_folder_remove(&folder);
	X509_free(root);
	X509_free(cross);
	X509_free(alice);
	X509_free(alice_signs);
	X509_free(dana);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("trust");
	TCase *tcase = unit_case(suite, "trust");

	tcase_set_timeout(tcase, 120); /* keys are made, under sanitizers too */
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, a_chain_is_judged, 0, (int)ARRAY_LENGTH(chains));
	tcase_add_test(tcase, a_certificate_with_an_extension_twice_is_malformed);
	tcase_add_test(tcase, time_is_what_the_caller_says);
	tcase_add_test(tcase, a_certificate_without_address_counts_only_where_the_entry_binds);
	if (getenv("SMIME_CORPORA") != NULL)
		tcase_add_test(tcase, rfc_9216_samples_are_judged);
	test_trust_ways(tcase);
	test_trust_sections(tcase);
	return unit_run(suite);
}
