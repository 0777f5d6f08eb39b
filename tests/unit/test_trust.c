/* Trust: loading folders, and a table of chains with the reason each must be given. */
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "pki.h"
#include "smime/trust.h"
#include "trust_inside.h"
#include "unit.h"

#define ANNA "anna@corp.example"

/* A folder of its own, emptied at the end. */
struct folder {
	char path[64];
	char files[8][96];
	int count;
};

static void
folder_make(struct folder *folder)
{
	snprintf(folder->path, sizeof(folder->path), "/tmp/test-trust-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder->path));
	folder->count = 0;
}

static FILE *
folder_file(struct folder *folder, const char *name)
{
	char file[sizeof(folder->files[0])];
	FILE *out;

	snprintf(file, sizeof(file), "%s/%s", folder->path, name);
	memcpy(folder->files[folder->count++], file, sizeof(file));
	out = fopen(file, "w");
	ck_assert_ptr_nonnull(out);
	return out;
}

static void
folder_add(struct folder *folder, const char *name, X509 *x509, X509 *second)
{
	FILE *out = folder_file(folder, name);

	ck_assert(PEM_write_X509(out, x509));
	if (second != NULL)
		ck_assert(PEM_write_X509(out, second));
	fclose(out);
}

static void
folder_remove(struct folder *folder)
{
	while (folder->count > 0)
		unlink(folder->files[--folder->count]);
	rmdir(folder->path);
}

static char all_domains[] = "*";
static char *all_domains_list[] = {all_domains};

static struct config_trust
section(char *title, struct folder *anchors, struct folder *intermediates)
{
	struct config_trust trust = {.title = title,
	    .revocation = REVOCATION_SOFT,
	    .min_rsa_bits = 2048,
	    .max_rsa_bits = 16384,
	    .min_ec_bits = 256,
	    .max_depth = 8,
	    .min_digest = MIN_DIGEST_SHA224};

	trust.anchors = anchors != NULL ? anchors->path : NULL;
	trust.intermediates = intermediates != NULL ? intermediates->path : NULL;
	trust.for_domains.items = all_domains_list;
	trust.for_domains.count = 1;
	return trust;
}

static struct trust *
load(struct config_trust *sections, size_t count)
{
	struct config config = {.trusts = sections, .trust_count = count};
	struct error err = ERROR_INIT;
	struct trust *trust = trust_load(&config, &err);

	ck_assert_msg(trust != NULL, "%s", err.text);
	return trust;
}

/* Judges for anna@corp.example, now. */
static enum reason_id
judge(const struct trust *trust, X509 *x509, STACK_OF(X509) * extra, enum trust_purpose purpose,
    time_t at, struct trust_verdict *verdict)
{
	struct certificate *certificate = certificate_from_x509(x509, NULL);
	struct address anna = ADDRESS_INIT;
	struct error err = ERROR_INIT;

	ck_assert_ptr_nonnull(certificate);
	ck_assert_int_eq(address_parse(ANNA, &anna, NULL), 0);
	ck_assert_msg(trust_judge(trust,
			  &(const struct trust_question){.certificate = certificate,
			      .extra = extra,
			      .purpose = purpose,
			      .address = &anna,
			      .at = at},
			  verdict, &err) == 0,
	    "%s", err.text);
	address_free(&anna);
	certificate_unref(certificate);
	return verdict->reason;
}

static enum reason_id
judge_now(const struct trust *trust, X509 *x509, STACK_OF(X509) * extra)
{
	struct trust_verdict verdict;
	enum reason_id reason = judge(trust, x509, extra, TRUST_ENCRYPT, clock_wall(), &verdict);

	trust_verdict_clear(&verdict);
	return reason;
}

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
	folder_make(&folder);
	folder_add(&folder, "anchor.pem",
	    chain->anchor == ANCHOR_ROOT           ? root
	    : chain->anchor == ANCHOR_INTERMEDIATE ? intermediate
	    : chain->anchor == ANCHOR_LEAF         ? leaf
						   : other,
	    NULL);
	if (chain->sent != SENT_NOTHING)
		ck_assert(sk_X509_push(extra, intermediate));
	if (chain->sent == SENT_ALL)
		ck_assert(sk_X509_push(extra, root));
	trust_says = section(all_domains, &folder, NULL);
	trust = load(&trust_says, 1);
	judge(trust, leaf, extra, chain->purpose, clock_wall(), &verdict);
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
	folder_remove(&folder);
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

/* A root, an intermediate of it, and a folder with the root; for the tests that vary the rest. */
static struct {
	EVP_PKEY *root_key, *ca_key, *key;
	X509 *root, *ca, *leaf;
	struct folder folder;
	STACK_OF(X509) * extra;
} pki;

static X509 *
issue_ca(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, int from, int to)
{
	return pki_issue(
	    &(const struct pki_certificate){
		.subject = name, .ca = true, .from_days = from, .to_days = to},
	    key, issuer, issuer_key);
}

static void
setup(void)
{
	pki.root_key = pki_key(PKI_RSA_2048, 1);
	pki.ca_key = pki_key(PKI_RSA_2048, 2);
	pki.key = pki_key(PKI_RSA_2048, 3);
	pki.root = issue_ca("Root", pki.root_key, NULL, pki.root_key, 0, 0);
	pki.ca = issue_ca("CA", pki.ca_key, pki.root, pki.root_key, 0, 0);
	pki.leaf =
	    pki_issue(&(const struct pki_certificate){.email = ANNA}, pki.key, pki.ca, pki.ca_key);
	pki.extra = sk_X509_new_null();
	folder_make(&pki.folder);
	folder_add(&pki.folder, "root.pem", pki.root, NULL);
}

static void
teardown(void)
{
	folder_remove(&pki.folder);
	sk_X509_free(pki.extra);
	X509_free(pki.root);
	X509_free(pki.ca);
	X509_free(pki.leaf);
	EVP_PKEY_free(pki.root_key);
	EVP_PKEY_free(pki.ca_key);
	EVP_PKEY_free(pki.key);
}

static struct trust *
trust_root(void)
{
	struct config_trust says = section(all_domains, &pki.folder, NULL);

	return load(&says, 1);
}

START_TEST(configured_intermediates_complete_a_chain)
{
	struct folder folder;
	struct config_trust says;
	struct trust *trust;

	folder_make(&folder);
	folder_add(&folder, "ca.pem", pki.ca, pki.ca);
	says = section(all_domains, &pki.folder, &folder);
	trust = load(&says, 1);
	ck_assert_uint_eq(trust_anchor_count(trust), 1);
	ck_assert_uint_eq(trust_inside_intermediates(trust), 1);
	ck_assert_int_eq(judge_now(trust, pki.leaf, NULL), REASON_OK);
	trust_unref(trust);
	/* But they are not trusted by themselves. */
	says = section(all_domains, NULL, &folder);
	trust = load(&says, 1);
	ck_assert_int_eq(judge_now(trust, pki.leaf, NULL), REASON_UNTRUSTED_ISSUER);
	trust_unref(trust);
	folder_remove(&folder);
}
END_TEST

START_TEST(a_missing_intermediate_of_a_known_authority_is_an_incomplete_chain)
{
	struct trust_verdict verdict;
	struct trust *trust;
	X509 *leaf;
	EVP_PKEY *key = pki_key(PKI_RSA_2048, 4);
	X509 *renewed = issue_ca("CA", key, pki.root, pki.root_key, 0, 0);

	/* The certificate tells its issuer's issuer, which is an anchor. */
	leaf = pki_issue(&(const struct pki_certificate){.email = ANNA,
			     .extension = "authorityKeyIdentifier=issuer:always"},
	    pki.key, pki.ca, pki.ca_key);
	ck_assert_int_eq(X509_get_ext_by_NID(leaf, NID_authority_key_identifier, -1) >= 0, 1);
	/* pki_issue() has put in a first one: leave only the second. */
	X509_EXTENSION_free(
	    X509_delete_ext(leaf, X509_get_ext_by_NID(leaf, NID_authority_key_identifier, -1)));
	ck_assert(X509_sign(leaf, pki.ca_key, EVP_sha256()) > 0);
	trust = trust_root();
	ck_assert_int_eq(judge(trust, leaf, NULL, TRUST_ENCRYPT, clock_wall(), &verdict),
	    REASON_INCOMPLETE_CHAIN);
	ck_assert_str_eq(verdict.detail, "the CA certificate of \"CN=CA\" is missing");
	ck_assert_str_eq(verdict.failed_issuer, "CN=CA");
	trust_verdict_clear(&verdict);
	/* Another certificate of the issuer's name is there, with another key. */
	ck_assert(sk_X509_push(pki.extra, renewed));
	ck_assert_int_eq(judge_now(trust, pki.leaf, pki.extra), REASON_INCOMPLETE_CHAIN);
	trust_unref(trust);
	X509_free(leaf);
	X509_free(renewed);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(an_impostor_with_an_anchors_name_is_not_trusted)
{
	EVP_PKEY *key = pki_key(PKI_RSA_2048, 4);
	X509 *impostor = issue_ca("Root", key, NULL, key, 0, 0);
	X509 *leaf =
	    pki_issue(&(const struct pki_certificate){.email = ANNA}, pki.key, impostor, key);
	struct trust *trust = trust_root();
	struct trust_verdict verdict;

	ck_assert(sk_X509_push(pki.extra, impostor));
	ck_assert_int_eq(judge(trust, leaf, pki.extra, TRUST_ENCRYPT, clock_wall(), &verdict),
	    REASON_UNTRUSTED_ISSUER);
	ck_assert_ptr_nonnull(strstr(verdict.detail, "has another key"));
	trust_verdict_clear(&verdict);
	trust_unref(trust);
	X509_free(leaf);
	X509_free(impostor);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(a_forged_signature_is_an_invalid_chain)
{
	X509 *forged = pki_issue(
	    &(const struct pki_certificate){.email = ANNA}, pki.key, pki.ca, pki.root_key);
	struct trust *trust = trust_root();
	struct trust_verdict verdict;

	ck_assert(sk_X509_push(pki.extra, pki.ca));
	ck_assert_int_eq(judge(trust, forged, pki.extra, TRUST_ENCRYPT, clock_wall(), &verdict),
	    REASON_INVALID_CHAIN);
	ck_assert_ptr_nonnull(strstr(verdict.detail, "not signed by the key of its issuer"));
	trust_verdict_clear(&verdict);
	trust_unref(trust);
	X509_free(forged);
}
END_TEST

/* The intermediate under another certificate: expired, forged, or from elsewhere. */
START_TEST(a_bad_twin_of_an_intermediate_does_not_hide_the_good_one)
{
	EVP_PKEY *key = pki_key(PKI_RSA_2048, 4);
	X509 *stranger = issue_ca("Stranger", key, NULL, key, 0, 0);
	X509 *twins[4];
	struct trust *trust = trust_root();
	size_t i;

	twins[0] = issue_ca("CA", pki.ca_key, pki.root, pki.root_key, -30, -10);
	twins[1] = issue_ca("CA", pki.ca_key, pki.root, key, 0, 0);
	twins[2] = issue_ca("CA", pki.ca_key, stranger, key, 0, 0);
	twins[3] = issue_ca("CA", pki.ca_key, NULL, pki.ca_key, 0, 0);
	for (i = 0; i < ARRAY_LENGTH(twins); i++) {
		ck_assert(sk_X509_push(pki.extra, twins[i]));
		ck_assert(sk_X509_push(pki.extra, stranger));
	}
	ck_assert_int_ne(judge_now(trust, pki.leaf, pki.extra), REASON_OK);
	ck_assert(sk_X509_push(pki.extra, pki.ca));
	ck_assert_int_eq(judge_now(trust, pki.leaf, pki.extra), REASON_OK);
	trust_unref(trust);
	for (i = 0; i < ARRAY_LENGTH(twins); i++)
		X509_free(twins[i]);
	X509_free(stranger);
	EVP_PKEY_free(key);
}
END_TEST

/* More forged ones than ways are tried, and an anchor that is no good beside one that is. */
START_TEST(neither_many_bad_twins_nor_a_dead_anchor_hide_the_good_way)
{
	EVP_PKEY *key = pki_key(PKI_RSA_2048, 4);
	X509 *dead_root = issue_ca("Dead", key, NULL, key, -30, -10);
	X509 *by_dead = issue_ca("CA", pki.ca_key, dead_root, key, 0, 0);
	X509 *forged[20];
	struct trust *trust;
	size_t i;

	folder_add(&pki.folder, "dead.pem", dead_root, NULL);
	trust = trust_root();
	ck_assert(sk_X509_push(pki.extra, by_dead));
	for (i = 0; i < ARRAY_LENGTH(forged); i++) {
		forged[i] = issue_ca("CA", pki.ca_key, pki.root, key, 0, 100 + (int)i);
		ck_assert(sk_X509_push(pki.extra, forged[i]));
	}
	ck_assert_int_eq(judge_now(trust, pki.leaf, pki.extra), REASON_INVALID_CHAIN);
	ck_assert(sk_X509_push(pki.extra, pki.ca));
	ck_assert_int_eq(judge_now(trust, pki.leaf, pki.extra), REASON_OK);
	trust_unref(trust);
	for (i = 0; i < ARRAY_LENGTH(forged); i++)
		X509_free(forged[i]);
	X509_free(by_dead);
	X509_free(dead_root);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(a_certificate_with_an_extension_twice_is_malformed)
{
	X509 *twice =
	    pki_issue(&(const struct pki_certificate){.email = ANNA, .extension = "nsComment=one"},
		pki.key, pki.ca, pki.ca_key);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_netscape_comment, "two");
	struct trust *trust = trust_root();

	ck_assert(sk_X509_push(pki.extra, pki.ca));
	ck_assert_int_eq(judge_now(trust, twice, pki.extra), REASON_OK);
	ck_assert(X509_add_ext(twice, extension, -1));
	ck_assert(X509_sign(twice, pki.ca_key, EVP_sha256()) > 0);
	ck_assert_int_eq(judge_now(trust, twice, pki.extra), REASON_MALFORMED);
	X509_EXTENSION_free(extension);
	trust_unref(trust);
	X509_free(twice);
}
END_TEST

START_TEST(cross_signed_authorities_in_a_circle_end)
{
	EVP_PKEY *key = pki_key(PKI_RSA_2048, 4);
	X509 *a = issue_ca("A", key, NULL, key, 0, 0);
	X509 *b_by_a = issue_ca("CA", pki.ca_key, a, key, 0, 0);
	X509 *a_by_b = issue_ca("A", key, b_by_a, pki.ca_key, 0, 0);
	struct trust *trust = trust_root();

	ck_assert(sk_X509_push(pki.extra, b_by_a));
	ck_assert(sk_X509_push(pki.extra, a_by_b));
	ck_assert_int_ne(judge_now(trust, pki.leaf, pki.extra), REASON_OK);
	ck_assert(sk_X509_push(pki.extra, pki.ca));
	ck_assert_int_eq(judge_now(trust, pki.leaf, pki.extra), REASON_OK);
	trust_unref(trust);
	X509_free(a);
	X509_free(b_by_a);
	X509_free(a_by_b);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(many_certificates_of_one_name_cost_little)
{
	struct trust *trust = trust_root();
	int64_t begun;
	X509 *twins[200];
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(twins); i++) {
		twins[i] = issue_ca("CA", pki.ca_key, pki.ca, pki.ca_key, 0, 0);
		ck_assert(sk_X509_push(pki.extra, twins[i]));
	}
	begun = clock_monotonic_ms();
	for (i = 0; i < 10; i++)
		ck_assert_int_ne(judge_now(trust, pki.leaf, pki.extra), REASON_OK);
	ck_assert_int_lt(clock_monotonic_ms() - begun, 5000);
	trust_unref(trust);
	for (i = 0; i < ARRAY_LENGTH(twins); i++)
		X509_free(twins[i]);
}
END_TEST

START_TEST(a_chain_of_exactly_the_greatest_depth_is_taken)
{
	struct config_trust says = section(all_domains, &pki.folder, NULL);
	struct trust_verdict verdict;
	struct trust *trust;
	X509 *second = issue_ca("Second", pki.ca_key, pki.ca, pki.ca_key, 0, 0);
	X509 *leaf =
	    pki_issue(&(const struct pki_certificate){.email = ANNA}, pki.key, second, pki.ca_key);

	ck_assert(sk_X509_push(pki.extra, pki.ca));
	ck_assert(sk_X509_push(pki.extra, second));
	says.max_depth = 2;
	trust = load(&says, 1);
	ck_assert_int_eq(judge_now(trust, leaf, pki.extra), REASON_OK);
	trust_unref(trust);
	says.max_depth = 1;
	trust = load(&says, 1);
	ck_assert_int_eq(judge(trust, leaf, pki.extra, TRUST_ENCRYPT, clock_wall(), &verdict),
	    REASON_INVALID_CHAIN);
	ck_assert_ptr_nonnull(strstr(verdict.detail, "too long"));
	trust_verdict_clear(&verdict);
	trust_unref(trust);
	X509_free(leaf);
	X509_free(second);
}
END_TEST

START_TEST(anchors_count_only_for_their_domains)
{
	static char corp[] = "corp.example";
	static char others[] = ".partner.example";
	char *items[] = {others};
	struct config_trust says = section(corp, &pki.folder, NULL);
	struct config_trust two[2];
	struct trust_verdict verdict;
	struct trust *trust;
	struct folder empty;

	ck_assert(sk_X509_push(pki.extra, pki.ca));
	says.for_domains.items = items;
	trust = load(&says, 1);
	ck_assert_int_eq(judge(trust, pki.leaf, pki.extra, TRUST_ENCRYPT, clock_wall(), &verdict),
	    REASON_UNTRUSTED_ISSUER);
	ck_assert_str_eq(verdict.detail, "no trust section covers the domain");
	trust_verdict_clear(&verdict);
	trust_unref(trust);
	/* Beside a section for all that has no such anchor. */
	folder_make(&empty);
	two[0] = section(all_domains, &empty, NULL);
	two[1] = says;
	trust = load(two, 2);
	judge(trust, pki.leaf, pki.extra, TRUST_ENCRYPT, clock_wall(), &verdict);
	ck_assert_int_eq(verdict.reason, REASON_UNTRUSTED_ISSUER);
	ck_assert_ptr_nonnull(strstr(verdict.detail, "trusted for other domains only"));
	trust_verdict_clear(&verdict);
	trust_unref(trust);
	/* One section that says OK is enough. */
	two[1] = section(corp, &pki.folder, NULL);
	trust = load(two, 2);
	ck_assert_int_eq(judge_now(trust, pki.leaf, pki.extra), REASON_OK);
	trust_unref(trust);
	folder_remove(&empty);
}
END_TEST

START_TEST(the_verdict_that_came_furthest_is_given)
{
	struct config_trust two[2];
	struct trust *trust;
	struct folder empty;
	X509 *leaf = pki_issue(&(const struct pki_certificate){.email = "bob@corp.example"},
	    pki.key, pki.ca, pki.ca_key);

	ck_assert(sk_X509_push(pki.extra, pki.ca));
	folder_make(&empty);
	two[0] = section(all_domains, &pki.folder, NULL);
	two[1] = section(all_domains, &empty, NULL);
	trust = load(two, 2);
	ck_assert_int_eq(judge_now(trust, leaf, pki.extra), REASON_ADDRESS_MISMATCH);
	trust_unref(trust);
	two[0] = section(all_domains, &empty, NULL);
	two[1] = section(all_domains, &pki.folder, NULL);
	trust = load(two, 2);
	ck_assert_int_eq(judge_now(trust, leaf, pki.extra), REASON_ADDRESS_MISMATCH);
	trust_unref(trust);
	folder_remove(&empty);
	X509_free(leaf);
}
END_TEST

START_TEST(time_is_what_the_caller_says)
{
	struct trust *trust = trust_root();
	struct trust_verdict verdict;
	time_t now = clock_wall();

	ck_assert(sk_X509_push(pki.extra, pki.ca));
	ck_assert_int_eq(
	    judge(trust, pki.leaf, pki.extra, TRUST_ENCRYPT, now, &verdict), REASON_OK);
	ck_assert_int_ge((long)(verdict.valid_until - now), 364 * 86400L);
	ck_assert_int_le((long)(verdict.valid_until - now), 365 * 86400L);
	trust_verdict_clear(&verdict);
	ck_assert_int_eq(
	    judge(trust, pki.leaf, pki.extra, TRUST_ENCRYPT, now + 366 * 86400L, &verdict),
	    REASON_EXPIRED);
	trust_verdict_clear(&verdict);
	ck_assert_int_eq(
	    judge(trust, pki.leaf, pki.extra, TRUST_ENCRYPT, now - 2 * 86400L, &verdict),
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
	struct trust *trust = trust_root();
	struct trust_question question = {
	    .certificate = certificate, .extra = pki.extra, .at = clock_wall()};
	struct trust_verdict verdict;
	struct address anna = ADDRESS_INIT;

	ck_assert_int_eq(address_parse(ANNA, &anna, NULL), 0);
	ck_assert(sk_X509_push(pki.extra, pki.ca));
	ck_assert_int_eq(judge_now(trust, leaf, pki.extra), REASON_ADDRESS_MISMATCH);
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

START_TEST(a_certificate_that_is_no_ca_can_not_issue)
{
	X509 *person = pki_issue(
	    &(const struct pki_certificate){
		.subject = "Eve", .email = "eve@corp.example", .key_usage = "-"},
	    pki.ca_key, pki.root, pki.root_key);
	X509 *leaf =
	    pki_issue(&(const struct pki_certificate){.email = ANNA}, pki.key, person, pki.ca_key);
	struct trust *trust = trust_root();

	ck_assert(sk_X509_push(pki.extra, person));
	ck_assert_int_eq(judge_now(trust, leaf, pki.extra), REASON_INVALID_CHAIN);
	trust_unref(trust);
	X509_free(leaf);
	/* keyCertSign alone makes none (RFC 5280 4.2.1.9). */
	X509_free(person);
	person =
	    pki_issue(&(const struct pki_certificate){.subject = "Eve", .key_usage = "keyCertSign"},
		pki.ca_key, pki.root, pki.root_key);
	leaf =
	    pki_issue(&(const struct pki_certificate){.email = ANNA}, pki.key, person, pki.ca_key);
	ck_assert(sk_X509_push(pki.extra, person));
	trust = trust_root();
	ck_assert_int_eq(judge_now(trust, leaf, pki.extra), REASON_INVALID_CHAIN);
	trust_unref(trust);
	X509_free(leaf);
	X509_free(person);
}
END_TEST

START_TEST(key_limits_are_the_sections)
{
	struct config_trust says = section(all_domains, &pki.folder, NULL);
	EVP_PKEY *ec_key = pki_key(PKI_P256, 0);
	X509 *ec =
	    pki_issue(&(const struct pki_certificate){.email = ANNA}, ec_key, pki.ca, pki.ca_key);
	EVP_PKEY *rsa_key = pki_key(PKI_RSA_3072, 0);
	X509 *rsa =
	    pki_issue(&(const struct pki_certificate){.email = ANNA}, rsa_key, pki.ca, pki.ca_key);
	struct trust *trust;

	ck_assert(sk_X509_push(pki.extra, pki.ca));
	says.min_ec_bits = 384;
	says.max_rsa_bits = 2048;
	trust = load(&says, 1);
	ck_assert_int_eq(judge_now(trust, ec, pki.extra), REASON_WEAK_KEY);
	ck_assert_int_eq(judge_now(trust, rsa, pki.extra), REASON_KEY_UNSUPPORTED);
	trust_unref(trust);
	says.min_rsa_bits = 3072;
	says.max_rsa_bits = 4096;
	trust = load(&says, 1);
	ck_assert_int_eq(judge_now(trust, rsa, pki.extra), REASON_WEAK_KEY);
	trust_unref(trust);
	X509_free(ec);
	X509_free(rsa);
	EVP_PKEY_free(ec_key);
	EVP_PKEY_free(rsa_key);
}
END_TEST

START_TEST(a_folder_may_hold_anything)
{
	struct folder folder;
	struct config_trust says;
	struct trust *trust;
	unsigned char *der;
	size_t size;
	char below[96];
	FILE *out;

	folder_make(&folder);
	folder_add(&folder, "two.pem", pki.root, pki.ca);
	folder_add(&folder, "again.pem", pki.root, NULL);
	folder_add(&folder, ".hidden.pem", pki.leaf, NULL);
	out = folder_file(&folder, "leaf.der");
	der = pki_der(pki.leaf, &size);
	ck_assert_uint_eq(fwrite(der, 1, size, out), size);
	fclose(out);
	out = folder_file(&folder, "README");
	fputs("0: these are the anchors\n", out);
	fclose(out);
	out = folder_file(&folder, "empty");
	fclose(out);
	out = folder_file(&folder, "key.pem");
	ck_assert(PEM_write_PrivateKey(out, pki.key, NULL, NULL, 0, NULL, NULL));
	fclose(out);
	out = folder_file(&folder, "broken.pem");
	fputs("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
	      "-----BEGIN CERTIFICATE-----\n!!\n",
	    out);
	fclose(out);
	snprintf(below, sizeof(below), "%s/below", folder.path);
	ck_assert_int_eq(mkdir(below, 0700), 0);
	says = section(all_domains, &folder, NULL);
	trust = load(&says, 1);
	ck_assert_uint_eq(trust_anchor_count(trust), 3);
	ck_assert_ptr_eq(trust_ref(trust), trust);
	trust_unref(trust);
	trust_unref(trust);
	trust_unref(NULL);
	/* A file in place of the folder. */
	says.anchors = folder.files[0];
	trust = load(&says, 1);
	ck_assert_uint_eq(trust_anchor_count(trust), 2);
	trust_unref(trust);
	OPENSSL_free(der);
	rmdir(below);
	folder_remove(&folder);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_an_error)
{
	static char missing[] = "/nonexistent/anchors";
	struct config_trust says = section(all_domains, NULL, NULL);
	struct config config = {.trusts = &says, .trust_count = 1};
	struct error err = ERROR_INIT;

	says.anchors = missing;
	ck_assert_ptr_null(trust_load(&config, &err));
	ck_assert_int_eq(err.code, ERROR_PERMANENT);
	ck_assert_ptr_nonnull(strstr(err.text, missing));
}
END_TEST

START_TEST(without_a_section_nothing_is_trusted)
{
	struct trust *trust = load(NULL, 0);

	ck_assert_int_eq(judge_now(trust, pki.leaf, NULL), REASON_UNTRUSTED_ISSUER);
	trust_unref(trust);
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

	folder_make(&folder);
	folder_add(&folder, "root.pem", root, NULL);
	ck_assert(sk_X509_push(pki.extra, cross));
	says = section(all_domains, &folder, NULL);
	trust = load(&says, 1);
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
	folder_remove(&folder);
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
	tcase_add_test(tcase, configured_intermediates_complete_a_chain);
	tcase_add_test(tcase, a_missing_intermediate_of_a_known_authority_is_an_incomplete_chain);
	tcase_add_test(tcase, an_impostor_with_an_anchors_name_is_not_trusted);
	tcase_add_test(tcase, a_forged_signature_is_an_invalid_chain);
	tcase_add_test(tcase, a_bad_twin_of_an_intermediate_does_not_hide_the_good_one);
	tcase_add_test(tcase, neither_many_bad_twins_nor_a_dead_anchor_hide_the_good_way);
	tcase_add_test(tcase, a_certificate_with_an_extension_twice_is_malformed);
	tcase_add_test(tcase, cross_signed_authorities_in_a_circle_end);
	tcase_add_test(tcase, many_certificates_of_one_name_cost_little);
	tcase_add_test(tcase, a_chain_of_exactly_the_greatest_depth_is_taken);
	tcase_add_test(tcase, anchors_count_only_for_their_domains);
	tcase_add_test(tcase, the_verdict_that_came_furthest_is_given);
	tcase_add_test(tcase, time_is_what_the_caller_says);
	tcase_add_test(tcase, a_certificate_without_address_counts_only_where_the_entry_binds);
	tcase_add_test(tcase, a_certificate_that_is_no_ca_can_not_issue);
	tcase_add_test(tcase, key_limits_are_the_sections);
	tcase_add_test(tcase, a_folder_may_hold_anything);
	tcase_add_test(tcase, a_folder_that_is_not_there_is_an_error);
	tcase_add_test(tcase, without_a_section_nothing_is_trusted);
	if (getenv("SMIME_CORPORA") != NULL)
		tcase_add_test(tcase, rfc_9216_samples_are_judged);
	return unit_run(suite);
}
