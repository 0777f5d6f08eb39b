/* CRLs: what is read of them, how entries are found, and of whom they speak. */
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "pki.h"
#include "short_memory.h"
#include "smime/crl_private.h"
#include "status_make.h"
#include "unit.h"

#define MOST ((size_t)1 << 20)

static struct {
	EVP_PKEY *ca_key, *other_key, *key;
	X509 *ca, *leaf, *leaf2, *sub;
} t;

static void
setup(void)
{
	t.ca_key = pki_key(PKI_RSA_2048, 1);
	t.other_key = pki_key(PKI_RSA_2048, 2);
	t.key = pki_key(PKI_RSA_2048, 3);
	t.ca = pki_issue(
	    &(const struct pki_certificate){.subject = "CA", .ca = true}, t.ca_key, NULL, t.ca_key);
	t.leaf = pki_issue(&(const struct pki_certificate){.subject = "Anna",
			       .extension = "crlDistributionPoints=URI:http://crl.example/a.crl"},
	    t.key, t.ca, t.ca_key);
	t.leaf2 =
	    pki_issue(&(const struct pki_certificate){.subject = "Bob"}, t.key, t.ca, t.ca_key);
	t.sub = pki_issue(
	    &(const struct pki_certificate){.subject = "Sub", .ca = true}, t.key, t.ca, t.ca_key);
}

static void
teardown(void)
{
	X509_free(t.ca);
	X509_free(t.leaf);
	X509_free(t.leaf2);
	X509_free(t.sub);
	EVP_PKEY_free(t.ca_key);
	EVP_PKEY_free(t.other_key);
	EVP_PKEY_free(t.key);
}

static struct crl *
make(const struct status_crl *what)
{
	struct error err = ERROR_INIT;
	size_t size;
	unsigned char *der = status_crl(what, t.ca, t.ca_key, &size);
	struct crl *crl = crl_read(der, size, MOST, &err);

	ck_assert_msg(crl != NULL, "%s", err.text);
	OPENSSL_free(der);
	return crl;
}

static unsigned int
reasons(const struct crl *crl, X509 *certificate)
{
	CRL_DIST_POINTS *points = crl_points(certificate);
	const char *why = NULL;
	unsigned int bits = crl_reasons_for(crl, certificate, points, &why);

	ck_assert(bits != 0 || why != NULL);
	CRL_DIST_POINTS_free(points);
	return bits;
}

START_TEST(what_a_list_says_is_read)
{
	struct crl *crl = make(&(const struct status_crl){.number = 5,
	    .entries = {{.certificate = t.leaf, .reason = CRL_REASON_KEY_COMPROMISE + 1},
		{.certificate = t.sub}}});
	struct crl_entry entry;
	time_t now = clock_wall();
	char words[200];

	ck_assert_int_eq(X509_NAME_cmp(crl_issuer(crl), X509_get_subject_name(t.ca)), 0);
	ck_assert_int_le(labs((long)(crl_this_update(crl) + 3600 - now)), 10);
	ck_assert_int_le(labs((long)(crl_next_update(crl) - 86400 - now)), 10);
	ck_assert_uint_eq(crl->count, 2);
	ck_assert_ptr_null(crl_unusable(crl));
	ck_assert(!crl_is_delta(crl) && !crl_is_indirect(crl));
	ck_assert(crl_find(crl, t.leaf, &entry));
	ck_assert_int_eq(entry.reason, CRL_REASON_KEY_COMPROMISE);
	ck_assert_int_le(labs((long)(entry.at + 2 * 86400L - now)), 10);
	ck_assert(crl_find(crl, t.sub, &entry));
	ck_assert_int_eq(entry.reason, -1);
	ck_assert(!crl_find(crl, t.leaf2, &entry));
	crl_describe(crl, words, sizeof(words));
	ck_assert_ptr_nonnull(strstr(words, "the CRL of \"CN=CA\" of 20"));
	ck_assert_ptr_eq(crl_ref(crl), crl);
	crl_unref(crl);
	crl_unref(crl);
	crl_unref(NULL);
}
END_TEST

START_TEST(a_list_without_entries_and_end_is_read)
{
	struct crl *crl = make(&(const struct status_crl){.endless = true});
	struct crl_entry entry;

	ck_assert_uint_eq(crl->count, 0);
	ck_assert_int_eq((long)crl_next_update(crl), 0);
	ck_assert(!crl_find(crl, t.leaf, &entry));
	ck_assert(crl_is_signed_by(crl, t.ca));
	crl_unref(crl);
}
END_TEST

START_TEST(pem_is_read_too)
{
	size_t size;
	unsigned char *der =
	    status_crl(&(const struct status_crl){.entries = {{.certificate = t.leaf}}}, t.ca,
		t.ca_key, &size);
	BIO *bio = BIO_new(BIO_s_mem());
	struct crl_entry entry;
	struct crl *crl;
	char *text;
	long length;

	ck_assert(BIO_puts(bio, "a list\n") > 0);
	ck_assert(PEM_write_bio(bio, PEM_STRING_X509_CRL, "", der, (long)size) > 0);
	length = BIO_get_mem_data(bio, &text);
	crl = crl_read(text, (size_t)length, MOST, NULL);
	ck_assert_ptr_nonnull(crl);
	ck_assert(crl_find(crl, t.leaf, &entry) && crl_is_signed_by(crl, t.ca));
	crl_unref(crl);
	BIO_free(bio);
	OPENSSL_free(der);
}
END_TEST

START_TEST(each_of_ten_thousand_entries_is_found)
{
	struct crl *crl =
	    make(&(const struct status_crl){.others = 10000, .entries = {{.certificate = t.leaf}}});
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	X509 *copy = X509_dup(t.leaf2);
	struct crl_entry entry;
	size_t i;

	ck_assert_uint_eq(crl->count, 10001);
	for (i = 1; i <= 10001; i++) {
		unsigned char bytes[20] = {0x40, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
		BIGNUM *number;

		memcpy(bytes + 12, &i, sizeof(i));
		number = BN_bin2bn(bytes, sizeof(bytes), NULL);
		ck_assert(X509_set_serialNumber(copy, BN_to_ASN1_INTEGER(number, serial)));
		ck_assert_int_eq(crl_find(crl, copy, &entry), i <= 10000);
		BN_free(number);
	}
	ck_assert(crl_find(crl, t.leaf, &entry));
	ck_assert(!crl_find(crl, t.leaf2, &entry));
	ck_assert(crl_is_signed_by(crl, t.ca));
	X509_free(copy);
	ASN1_INTEGER_free(serial);
	crl_unref(crl);
}
END_TEST

static const struct {
	enum pki_key key;
	bool pss;
	int strength;
} signatures[] = {
    {PKI_RSA_2048, false, 128},
    {PKI_RSA_2048, true, 128},
    {PKI_P256, false, 128},
    {PKI_P384, false, 128},
    {PKI_ED25519, false, 256},
};

START_TEST(a_signature_counts_for_its_key_alone)
{
	EVP_PKEY *key = pki_key(signatures[_i].key, 1);
	X509 *ca =
	    pki_issue(&(const struct pki_certificate){.subject = "CA", .ca = true}, key, NULL, key);
	X509 *namesake = pki_issue(&(const struct pki_certificate){.subject = "CA", .ca = true},
	    t.other_key, NULL, t.other_key);
	const struct status_crl what = {
	    .pss = signatures[_i].pss, .others = 5, .entries = {{.certificate = t.leaf}}};
	const char *digest;
	struct crl *crl;
	size_t size;
	unsigned char *der = status_crl(&what, ca, key, &size);

	crl = crl_read(der, size, MOST, NULL);
	ck_assert_ptr_nonnull(crl);
	ck_assert_int_eq(crl_strength(crl, &digest), signatures[_i].strength);
	/* The second time it is remembered. */
	ck_assert(crl_is_signed_by(crl, ca) && crl_is_signed_by(crl, ca));
	ck_assert(!crl_is_signed_by(crl, namesake) && !crl_is_signed_by(crl, namesake));
	ck_assert(crl_is_signed_by(crl, ca));
	crl_unref(crl);
	/* One octet of a serial number. */
	der[size / 3] ^= 1;
	crl = crl_read(der, size, MOST, NULL);
	ck_assert(crl == NULL || !crl_is_signed_by(crl, ca));
	crl_unref(crl);
	OPENSSL_free(der);
	X509_free(ca);
	X509_free(namesake);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(a_weak_digest_is_told)
{
	struct crl *crl = make(&(const struct status_crl){.digest = EVP_sha1()});
	const char *digest;

	ck_assert_int_eq(crl_strength(crl, &digest), 63);
	ck_assert_str_eq(digest, "sha1");
	crl_unref(crl);
}
END_TEST

START_TEST(what_is_cut_short_or_goes_on_is_no_list)
{
	size_t size;
	unsigned char *der = status_crl(&(const struct status_crl){.number = 1,
					    .entries = {{.certificate = t.leaf, .reason = 2}}},
	    t.ca, t.ca_key, &size);
	unsigned char *more = malloc(size + 1);
	struct error err;
	size_t i;

	for (i = 0; i < size; i++) {
		unsigned char *exact = malloc(i > 0 ? i : 1);

		memcpy(exact, der, i);
		err.code = ERROR_NONE;
		ck_assert_ptr_null(crl_read(exact, i, MOST, &err));
		ck_assert_int_eq(err.code, ERROR_INPUT);
		free(exact);
	}
	memcpy(more, der, size);
	more[size] = 0;
	ck_assert_ptr_null(crl_read(more, size + 1, MOST, &err));
	ck_assert_int_eq(err.code, ERROR_INPUT);
	ck_assert_ptr_null(crl_read(der, size, size - 1, &err));
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	ck_assert_ptr_null(crl_read("hello", 5, MOST, &err));
	ck_assert_int_eq(err.code, ERROR_INPUT);
	free(more);
	OPENSSL_free(der);
}
END_TEST

START_TEST(no_damaged_octet_does_harm)
{
	size_t size;
	unsigned char *der = status_crl(&(const struct status_crl){.number = 1,
					    .scope = "critical,onlyuser:TRUE",
					    .entries = {{.certificate = t.leaf, .reason = 2}}},
	    t.ca, t.ca_key, &size);
	struct crl_entry entry;
	size_t i;

	for (i = 0; i < size; i++) {
		struct crl *crl;

		der[i] ^= 0xff;
		crl = crl_read(der, size, MOST, NULL);
		ck_assert(crl == NULL || !crl_is_signed_by(crl, t.ca));
		if (crl != NULL)
			(void)crl_find(crl, t.leaf, &entry);
		crl_unref(crl);
		der[i] ^= 0xff;
	}
	OPENSSL_free(der);
}
END_TEST

START_TEST(a_critical_extension_that_is_not_known_makes_a_list_unusable)
{
	struct crl *crl =
	    make(&(const struct status_crl){.extension = "1.2.3.4=critical,DER:0500"});

	ck_assert_ptr_nonnull(crl_unusable(crl));
	crl_unref(crl);
	crl = make(&(const struct status_crl){.extension = "1.2.3.4=DER:0500"});
	ck_assert_ptr_null(crl_unusable(crl));
	crl_unref(crl);
	crl = make(
	    &(const struct status_crl){.entries = {{.certificate = t.leaf},
					   {t.leaf2, .extension = "1.2.3.4=critical,DER:0500"}}});
	ck_assert_ptr_nonnull(crl_unusable(crl));
	crl_unref(crl);
	crl = make(
	    &(const struct status_crl){.entries = {{t.leaf2, .extension = "1.2.3.4=DER:0500"}}});
	ck_assert_ptr_null(crl_unusable(crl));
	crl_unref(crl);
}
END_TEST

#define OWN_POINT "critical,fullname:URI:http://crl.example/a.crl"
#define OTHER_POINT "critical,fullname:URI:http://crl.example/b.crl"

static const struct {
	const char *scope;
	unsigned int leaf;  /* has the point a.crl */
	unsigned int leaf2; /* has none */
	unsigned int sub;
} scopes[] = {
    {NULL, CRL_ALL_REASONS, CRL_ALL_REASONS, CRL_ALL_REASONS},
    {"critical,onlyuser:TRUE", CRL_ALL_REASONS, CRL_ALL_REASONS, 0},
    {"critical,onlyCA:TRUE", 0, 0, CRL_ALL_REASONS},
    {"critical,onlyAA:TRUE", 0, 0, 0},
    {"critical,onlysomereasons:keyCompromise", 2, 2, 2},
    {OWN_POINT, CRL_ALL_REASONS, 0, 0},
    {OTHER_POINT, 0, 0, 0},
    {OWN_POINT ",onlysomereasons:superseded", 16, 0, 0},
};

START_TEST(a_list_speaks_of_what_its_scope_says)
{
	struct crl *crl = make(&(const struct status_crl){.scope = scopes[_i].scope});

	ck_assert_uint_eq(reasons(crl, t.leaf), scopes[_i].leaf);
	ck_assert_uint_eq(reasons(crl, t.leaf2), scopes[_i].leaf2);
	ck_assert_uint_eq(reasons(crl, t.sub), scopes[_i].sub);
	crl_unref(crl);
}
END_TEST

START_TEST(a_relative_point_is_a_name_below_the_issuer)
{
	static const char conf[] =
	    "[r]\nOU = part\n[n]\nCN = CA\nOU = part\n[p]\nrelativename = r\n";
	X509 *leaf =
	    pki_issue(&(const struct pki_certificate){.subject = "Carl"}, t.key, t.ca, t.ca_key);
	struct crl *relative =
	    make(&(const struct status_crl){.scope = "critical,relativename:r", .conf = conf});
	struct crl *other = make(&(const struct status_crl){
	    .scope = "critical,relativename:r", .conf = "[r]\nOU = other\n"});

	status_add_extension(leaf, "crlDistributionPoints", "p", conf, t.ca_key);
	ck_assert_uint_eq(reasons(relative, leaf), CRL_ALL_REASONS);
	ck_assert_uint_eq(reasons(other, leaf), 0);
	crl_unref(relative);
	crl_unref(other);
	X509_free(leaf);
}
END_TEST

START_TEST(another_issuers_list_speaks_of_nobody)
{
	X509 *stranger =
	    pki_issue(&(const struct pki_certificate){.subject = "Stranger"}, t.key, t.sub, t.key);
	struct crl *crl = make(&(const struct status_crl){.entries = {{.certificate = stranger}}});
	struct crl_entry entry;

	ck_assert_uint_eq(reasons(crl, stranger), 0);
	/* The same serial number, of another issuer. */
	ck_assert(!crl_find(crl, stranger, &entry));
	crl_unref(crl);
	X509_free(stranger);
}
END_TEST

START_TEST(an_indirect_list_speaks_of_whom_names_its_issuer)
{
	static const char conf[] = "[n]\nCN = CA\n[p]\nfullname = URI:http://crl.example/i.crl\n"
				   "CRLissuer = dirName:n\n";
	X509 *stranger =
	    pki_issue(&(const struct pki_certificate){.subject = "Stranger"}, t.key, t.sub, t.key);
	struct crl *crl = make(&(const struct status_crl){.scope = "critical,indirectCRL:TRUE",
	    .entries = {{.certificate = t.leaf}, {.certificate = stranger, .names_issuer = true}}});
	struct crl_entry entry;

	ck_assert(crl_is_indirect(crl));
	ck_assert_uint_eq(reasons(crl, stranger), 0);
	status_add_extension(stranger, "crlDistributionPoints", "p", conf, t.key);
	ck_assert_uint_eq(reasons(crl, stranger), CRL_ALL_REASONS);
	ck_assert(crl_find(crl, stranger, &entry));
	ck_assert(crl_find(crl, t.leaf, &entry));
	crl_unref(crl);
	X509_free(stranger);
}
END_TEST

START_TEST(a_delta_extends_lists_from_its_base_on)
{
	struct crl *delta = make(&(const struct status_crl){.number = 7, .base = 5});
	struct crl *old = make(&(const struct status_crl){.number = 4});
	struct crl *base = make(&(const struct status_crl){.number = 5});
	struct crl *newer = make(&(const struct status_crl){.number = 8});
	struct crl *other =
	    make(&(const struct status_crl){.number = 5, .scope = "critical,onlyuser:TRUE"});

	ck_assert(crl_is_delta(delta) && !crl_is_delta(base));
	ck_assert(crl_delta_extends(delta, base));
	ck_assert(!crl_delta_extends(delta, old));
	ck_assert(!crl_delta_extends(delta, newer));
	ck_assert(!crl_delta_extends(delta, other));
	ck_assert(!crl_delta_extends(base, base));
	crl_unref(delta);
	crl_unref(old);
	crl_unref(base);
	crl_unref(newer);
	crl_unref(other);
}
END_TEST

START_TEST(without_memory_nobody_is_taken_for_not_listed)
{
	struct crl *crl = make(&(const struct status_crl){
	    .entries = {{.certificate = t.leaf, .reason = CRL_REASON_KEY_COMPROMISE + 1}}});
	struct crl_entry entry;
	unsigned long at;

	ck_assert(!crl_find(crl, t.leaf2, &entry));
	/* Each request of the search in turn, until none is refused any more. */
	for (at = 1; at < 1000; at++) {
		short_memory_fail(at);
		ck_assert(crl_find(crl, t.leaf, &entry));
		if (!short_memory_failed())
			break;
	}
	short_memory_fail(0);
	ck_assert_uint_gt(at, 1);
	ck_assert_uint_lt(at, 1000);
	short_memory_fail(1);
	ck_assert(crl_find(crl, t.leaf2, &entry));
	ck_assert(short_memory_failed());
	ck_assert_int_eq((long)entry.at, 0);
	ck_assert_int_eq(entry.reason, -1);
	crl_unref(crl);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tcase;

	if (!short_memory_prepare())
		return EXIT_FAILURE;
	suite = suite_create("crl");
	tcase = unit_case(suite, "crl");
	tcase_set_timeout(tcase, 120); /* keys are made, under sanitizers too */
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_a_list_says_is_read);
	tcase_add_test(tcase, a_list_without_entries_and_end_is_read);
	tcase_add_test(tcase, pem_is_read_too);
	tcase_add_test(tcase, each_of_ten_thousand_entries_is_found);
	tcase_add_loop_test(
	    tcase, a_signature_counts_for_its_key_alone, 0, (int)ARRAY_LENGTH(signatures));
	tcase_add_test(tcase, a_weak_digest_is_told);
	tcase_add_test(tcase, what_is_cut_short_or_goes_on_is_no_list);
	tcase_add_test(tcase, no_damaged_octet_does_harm);
	tcase_add_test(tcase, a_critical_extension_that_is_not_known_makes_a_list_unusable);
	tcase_add_loop_test(
	    tcase, a_list_speaks_of_what_its_scope_says, 0, (int)ARRAY_LENGTH(scopes));
	tcase_add_test(tcase, a_relative_point_is_a_name_below_the_issuer);
	tcase_add_test(tcase, another_issuers_list_speaks_of_nobody);
	tcase_add_test(tcase, an_indirect_list_speaks_of_whom_names_its_issuer);
	tcase_add_test(tcase, a_delta_extends_lists_from_its_base_on);
	tcase_add_test(tcase, without_memory_nobody_is_taken_for_not_listed);
	return unit_run(suite);
}
