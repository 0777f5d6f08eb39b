/* Trust that directories add to: which of their CA certificates count, for whom, and until when. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "pki.h"
#include "smime/trust.h"
#include "smime/trust_published.h"
#include "trust_inside.h"
#include "unit.h"

#define ANCHOR TRUST_PUBLISHED_ANCHOR
#define INTERMEDIATE TRUST_PUBLISHED_INTERMEDIATE

static char title[] = "corp", directory[] = "ad", domain[] = "corp.example", all[] = "*";
static char *domains[] = {domain, all};

static struct {
	struct config_trust section;
	struct config config;
	EVP_PKEY *root_key, *ca_key, *key;
	X509 *root, *ca, *leaf;
	struct trust *base;
	struct trust_published *published;
	struct trust *trust;
} t;

static void
load(char **items, size_t count)
{
	struct error err = ERROR_INIT;

	trust_unref(t.base);
	t.section = (struct config_trust){.title = title,
	    .directory = directory,
	    .min_rsa_bits = 2048,
	    .max_rsa_bits = 4096,
	    .min_ec_bits = 256,
	    .max_depth = 8,
	    .min_digest = MIN_DIGEST_SHA224,
	    .for_domains = {items, count}};
	t.config = (struct config){.trusts = &t.section, .trust_count = 1};
	t.base = trust_load(&t.config, &err);
	ck_assert_msg(t.base != NULL, "%s", err.text);
}

static void
setup(void)
{
	memset(&t, 0, sizeof(t));
	t.root_key = pki_key(PKI_P256, 1);
	t.ca_key = pki_key(PKI_P256, 2);
	t.key = pki_key(PKI_P256, 3);
	t.root = pki_issue(&(const struct pki_certificate){.subject = "Root", .ca = true},
	    t.root_key, NULL, t.root_key);
	t.ca = pki_issue(&(const struct pki_certificate){.subject = "Issuing", .ca = true},
	    t.ca_key, t.root, t.root_key);
	t.leaf = pki_issue(&(const struct pki_certificate){.email = "anna@corp.example",
			       .email2 = "anna@other.example"},
	    t.key, t.ca, t.ca_key);
	load(domains, 1);
	t.published = trust_published_new();
	ck_assert_ptr_nonnull(t.published);
}

static void
teardown(void)
{
	trust_unref(t.trust);
	trust_published_free(t.published);
	trust_unref(t.base);
	X509_free(t.root);
	X509_free(t.ca);
	X509_free(t.leaf);
	EVP_PKEY_free(t.root_key);
	EVP_PKEY_free(t.ca_key);
	EVP_PKEY_free(t.key);
}

static void
publish(enum trust_published_kind kind, X509 *x509)
{
	size_t size = 0;
	unsigned char *der = pki_der(x509, &size);

	ck_assert_int_eq(trust_published_add(t.published, kind, der, size, NULL), 0);
	free(der);
}

/* Judges what was published and makes the trust; whether it changed. */
static bool
extend(const struct trust_published *before)
{
	const struct trust_published *list[] = {t.published};
	bool changed = false;

	ck_assert_int_eq(trust_published_judge(t.published, before, t.base, 0, directory,
			     clock_wall(), &changed, NULL),
	    0);
	trust_unref(t.trust);
	t.trust = trust_extend(t.base, list, NULL);
	ck_assert_ptr_nonnull(t.trust);
	return changed;
}

static enum reason_id
judge(const struct trust *trust, X509 *x509, const char *address)
{
	struct certificate *certificate = certificate_from_x509(x509, NULL);
	struct address parsed = ADDRESS_INIT;
	struct trust_verdict verdict;
	enum reason_id reason;

	ck_assert_ptr_nonnull(certificate);
	if (address != NULL)
		ck_assert_int_eq(address_parse(address, &parsed, NULL), 0);
	ck_assert_int_eq(trust_judge(trust,
			     &(const struct trust_question){.certificate = certificate,
				 .address = address != NULL ? &parsed : NULL,
				 .at = clock_wall()},
			     &verdict, NULL),
	    0);
	reason = verdict.reason;
	trust_verdict_clear(&verdict);
	address_free(&parsed);
	certificate_unref(certificate);
	return reason;
}

static enum reason_id
judge_anna(void)
{
	return judge(t.trust, t.leaf, "anna@corp.example");
}

START_TEST(an_anchor_without_the_intermediate_makes_no_chain)
{
	publish(ANCHOR, t.root);
	ck_assert(extend(NULL));
	ck_assert_int_eq(judge_anna(), REASON_UNTRUSTED_ISSUER);
}
END_TEST

START_TEST(published_cas_count_for_the_domains_named_alone)
{
	publish(ANCHOR, t.root);
	publish(INTERMEDIATE, t.ca);
	ck_assert(extend(NULL));
	ck_assert_uint_eq(trust_anchor_count(t.trust), 1);
	ck_assert_uint_eq(trust_inside_intermediates(t.trust), 1);
	ck_assert_int_eq(judge_anna(), REASON_OK);
	ck_assert_int_eq(judge(t.trust, t.leaf, "anna@other.example"), REASON_UNTRUSTED_ISSUER);
	ck_assert_int_eq(judge(t.trust, t.leaf, "anna@sub.corp.example"), REASON_UNTRUSTED_ISSUER);
	ck_assert_int_eq(judge(t.trust, t.leaf, NULL), REASON_UNTRUSTED_ISSUER);
	ck_assert_int_eq(judge(t.base, t.leaf, "anna@corp.example"), REASON_UNTRUSTED_ISSUER);
}
END_TEST

START_TEST(a_published_intermediate_is_no_anchor)
{
	publish(INTERMEDIATE, t.ca);
	publish(INTERMEDIATE, t.root);
	extend(NULL);
	ck_assert_uint_eq(trust_anchor_count(t.trust), 0);
	ck_assert_int_eq(judge_anna(), REASON_UNTRUSTED_ISSUER);
}
END_TEST

START_TEST(a_section_for_all_domains_or_none_takes_nothing)
{
	load(_i == 0 ? domains : &domains[1], _i == 0 ? 2 : _i == 1 ? 1 : 0);
	ck_assert(!trust_takes_from_directory(t.base, 0));
	publish(ANCHOR, t.root);
	publish(ANCHOR, t.ca);
	extend(NULL);
	ck_assert_uint_eq(trust_anchor_count(t.trust), 0);
	ck_assert_int_eq(judge_anna(), REASON_UNTRUSTED_ISSUER);
}
END_TEST

/* What a directory may hold that must never be trusted. */
static const struct {
	struct pki_certificate says;
	enum pki_key key;
} unusable[] = {
    {{.subject = "no CA", .email = "anna@corp.example"}, PKI_P256},
    {{.subject = "no CA, but signs", .key_usage = "critical,keyCertSign"}, PKI_P256},
    {{.subject = "no signing", .ca = true, .key_usage = "critical,cRLSign"}, PKI_P256},
    {{.subject = "expired", .ca = true, .from_days = -20, .to_days = -10}, PKI_P256},
    {{.subject = "weak", .ca = true}, PKI_RSA_1024},
    {{.subject = "for servers", .ca = true, .extended_usage = "serverAuth"}, PKI_P256},
};

START_TEST(what_is_no_sound_ca_is_left_out)
{
	EVP_PKEY *key = pki_key(unusable[_i].key, 4);
	X509 *x509 = pki_issue(&unusable[_i].says, key, NULL, key);

	publish(ANCHOR, x509);
	publish(INTERMEDIATE, x509);
	ck_assert(!extend(NULL));
	ck_assert_uint_eq(trust_anchor_count(t.trust), 0);
	ck_assert_uint_eq(trust_inside_intermediates(t.trust), 0);
	ck_assert_int_ne(judge(t.trust, x509, "anna@corp.example"), REASON_OK);
	X509_free(x509);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(garbage_is_left_out_and_spoils_nothing)
{
	static const char garbage[] = "0\202\003\0garbage";
	size_t size = 0;
	unsigned char *der = pki_der(t.root, &size);
	unsigned char *longer = calloc(1, size + 1);

	memcpy(longer, der, size);
	ck_assert_int_eq(trust_published_add(t.published, ANCHOR, garbage, 11, NULL), 0);
	ck_assert_int_eq(trust_published_add(t.published, ANCHOR, "", 0, NULL), 0);
	ck_assert_int_eq(trust_published_add(t.published, ANCHOR, longer, size + 1, NULL), 0);
	ck_assert_int_eq(trust_published_add(t.published, ANCHOR, der, size / 2, NULL), 0);
	publish(ANCHOR, t.ca);
	ck_assert(extend(NULL));
	ck_assert_uint_eq(trust_published_usable(t.published, ANCHOR), 1);
	ck_assert_int_eq(judge_anna(), REASON_OK);
	free(der);
	free(longer);
}
END_TEST

START_TEST(a_ca_that_is_gone_counts_no_more_and_the_trust_before_is_as_it_was)
{
	struct trust_published *before;
	struct trust *held;

	publish(ANCHOR, t.root);
	publish(ANCHOR, t.ca);
	publish(ANCHOR, t.ca);
	extend(NULL);
	ck_assert_uint_eq(trust_published_usable(t.published, ANCHOR), 2);
	held = trust_ref(t.trust);
	before = t.published;
	t.published = trust_published_new();
	publish(ANCHOR, t.root);
	ck_assert(extend(before));
	ck_assert_int_eq(judge_anna(), REASON_UNTRUSTED_ISSUER);
	trust_published_free(before);
	ck_assert_int_eq(judge(held, t.leaf, "anna@corp.example"), REASON_OK);
	trust_unref(held);
}
END_TEST

START_TEST(the_same_again_in_another_order_is_no_change)
{
	struct trust_published *before;

	publish(ANCHOR, t.root);
	publish(INTERMEDIATE, t.ca);
	publish(ANCHOR, t.leaf);
	ck_assert(extend(NULL));
	before = t.published;
	t.published = trust_published_new();
	publish(ANCHOR, t.leaf);
	publish(INTERMEDIATE, t.ca);
	publish(ANCHOR, t.root);
	ck_assert(!extend(before));
	trust_published_free(before);
	ck_assert_int_eq(judge_anna(), REASON_OK);
}
END_TEST

START_TEST(one_that_expires_meanwhile_counts_no_more)
{
	struct trust_published *before;
	X509 *ca =
	    pki_issue(&(const struct pki_certificate){.subject = "Short", .ca = true, .to_days = 2},
		t.ca_key, t.root, t.root_key);

	publish(ANCHOR, ca);
	ck_assert(extend(NULL));
	before = t.published;
	t.published = trust_published_new();
	publish(ANCHOR, ca);
	clock_hold_wall(clock_wall() + 3 * 86400);
	ck_assert(extend(before));
	clock_hold_wall(0);
	ck_assert_uint_eq(trust_anchor_count(t.trust), 0);
	trust_published_free(before);
	X509_free(ca);
}
END_TEST

START_TEST(the_extended_trust_outlives_what_it_was_made_of)
{
	publish(ANCHOR, t.root);
	publish(INTERMEDIATE, t.ca);
	extend(NULL);
	trust_published_free(t.published);
	t.published = NULL;
	trust_unref(t.base);
	t.base = NULL;
	ck_assert_int_eq(judge_anna(), REASON_OK);
	ck_assert(trust_takes_from_directory(t.trust, 0));
}
END_TEST

START_TEST(values_that_come_again_are_cut_off_first)
{
	publish(ANCHOR, t.root);
	publish(ANCHOR, t.ca);
	trust_published_cut(t.published, 1);
	ck_assert_uint_eq(trust_published_count(t.published), 1);
	extend(NULL);
	ck_assert_uint_eq(trust_anchor_count(t.trust), 1);
	ck_assert_int_eq(judge_anna(), REASON_UNTRUSTED_ISSUER);
}
END_TEST

START_TEST(more_than_the_limits_is_refused)
{
	struct error err = ERROR_INIT;
	size_t large = TRUST_PUBLISHED_BYTES_MAX / 8;
	char *value = calloc(1, large);
	int i;

	for (i = 0; i < 8; i++)
		ck_assert_int_eq(trust_published_add(t.published, ANCHOR, value, large, &err), 0);
	ck_assert_int_eq(trust_published_add(t.published, ANCHOR, value, 1, &err), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	trust_published_cut(t.published, 0);
	for (i = 0; i < TRUST_PUBLISHED_MAX; i++)
		ck_assert_int_eq(trust_published_add(t.published, ANCHOR, value, 1, &err), 0);
	ck_assert_int_eq(trust_published_add(t.published, ANCHOR, value, 1, &err), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	free(value);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("trust_published");
	TCase *tcase = unit_case(suite, "trust_published");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120); /* a key is made, under sanitizers too */
	tcase_add_test(tcase, an_anchor_without_the_intermediate_makes_no_chain);
	tcase_add_test(tcase, published_cas_count_for_the_domains_named_alone);
	tcase_add_test(tcase, a_published_intermediate_is_no_anchor);
	tcase_add_loop_test(tcase, a_section_for_all_domains_or_none_takes_nothing, 0, 3);
	tcase_add_loop_test(tcase, what_is_no_sound_ca_is_left_out, 0, (int)ARRAY_LENGTH(unusable));
	tcase_add_test(tcase, garbage_is_left_out_and_spoils_nothing);
	tcase_add_test(tcase, a_ca_that_is_gone_counts_no_more_and_the_trust_before_is_as_it_was);
	tcase_add_test(tcase, the_same_again_in_another_order_is_no_change);
	tcase_add_test(tcase, one_that_expires_meanwhile_counts_no_more);
	tcase_add_test(tcase, the_extended_trust_outlives_what_it_was_made_of);
	tcase_add_test(tcase, values_that_come_again_are_cut_off_first);
	tcase_add_test(tcase, more_than_the_limits_is_refused);
	return unit_run(suite);
}
