/* smime/trust: for whom a section counts, its limits, and the folders that it is read from. */
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test_trust.h"

START_TEST(anchors_count_only_for_their_domains)
{
	static char corp[] = "corp.example";
	static char others[] = ".partner.example";
	char *items[] = {others};
	struct config_trust says = test_trust_section(corp, &pki.folder, NULL);
	struct config_trust two[2];
	struct trust_verdict verdict;
	struct trust *trust;
	struct folder empty;

	ck_assert(sk_X509_push(pki.extra, pki.ca));
	says.for_domains.items = items;
	trust = test_trust_load(&says, 1);
	ck_assert_int_eq(
	    test_trust_judge(trust, pki.leaf, pki.extra, TRUST_ENCRYPT, clock_wall(), &verdict),
	    REASON_UNTRUSTED_ISSUER);
	ck_assert_str_eq(verdict.detail, "no trust section covers the domain");
	trust_verdict_clear(&verdict);
	trust_unref(trust);
	/* Beside a section for all that has no such anchor. */
	test_trust_folder_make(&empty);
	two[0] = test_trust_section(all_domains, &empty, NULL);
	two[1] = says;
	trust = test_trust_load(two, 2);
	test_trust_judge(trust, pki.leaf, pki.extra, TRUST_ENCRYPT, clock_wall(), &verdict);
	ck_assert_int_eq(verdict.reason, REASON_UNTRUSTED_ISSUER);
	ck_assert_ptr_nonnull(strstr(verdict.detail, "trusted for other domains only"));
	trust_verdict_clear(&verdict);
	trust_unref(trust);
	/* One section that says OK is enough. */
	two[1] = test_trust_section(corp, &pki.folder, NULL);
	trust = test_trust_load(two, 2);
	ck_assert_int_eq(test_trust_judge_now(trust, pki.leaf, pki.extra), REASON_OK);
	trust_unref(trust);
	test_trust_folder_remove(&empty);
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
	test_trust_folder_make(&empty);
	two[0] = test_trust_section(all_domains, &pki.folder, NULL);
	two[1] = test_trust_section(all_domains, &empty, NULL);
	trust = test_trust_load(two, 2);
	ck_assert_int_eq(test_trust_judge_now(trust, leaf, pki.extra), REASON_ADDRESS_MISMATCH);
	trust_unref(trust);
	two[0] = test_trust_section(all_domains, &empty, NULL);
	two[1] = test_trust_section(all_domains, &pki.folder, NULL);
	trust = test_trust_load(two, 2);
	ck_assert_int_eq(test_trust_judge_now(trust, leaf, pki.extra), REASON_ADDRESS_MISMATCH);
	trust_unref(trust);
	test_trust_folder_remove(&empty);
	X509_free(leaf);
}
END_TEST

START_TEST(key_limits_are_the_sections)
{
	struct config_trust says = test_trust_section(all_domains, &pki.folder, NULL);
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
	trust = test_trust_load(&says, 1);
	ck_assert_int_eq(test_trust_judge_now(trust, ec, pki.extra), REASON_WEAK_KEY);
	ck_assert_int_eq(test_trust_judge_now(trust, rsa, pki.extra), REASON_KEY_UNSUPPORTED);
	trust_unref(trust);
	says.min_rsa_bits = 3072;
	says.max_rsa_bits = 4096;
	trust = test_trust_load(&says, 1);
	ck_assert_int_eq(test_trust_judge_now(trust, rsa, pki.extra), REASON_WEAK_KEY);
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

	test_trust_folder_make(&folder);
	test_trust_folder_add(&folder, "two.pem", pki.root, pki.ca);
	test_trust_folder_add(&folder, "again.pem", pki.root, NULL);
	test_trust_folder_add(&folder, ".hidden.pem", pki.leaf, NULL);
	out = test_trust_folder_file(&folder, "leaf.der");
	der = pki_der(pki.leaf, &size);
	ck_assert_uint_eq(fwrite(der, 1, size, out), size);
	fclose(out);
	out = test_trust_folder_file(&folder, "README");
	fputs("0: these are the anchors\n", out);
	fclose(out);
	out = test_trust_folder_file(&folder, "empty");
	fclose(out);
	out = test_trust_folder_file(&folder, "key.pem");
	ck_assert(PEM_write_PrivateKey(out, pki.key, NULL, NULL, 0, NULL, NULL));
	fclose(out);
	out = test_trust_folder_file(&folder, "broken.pem");
	fputs("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
	      "-----BEGIN CERTIFICATE-----\n!!\n",
	    out);
	fclose(out);
	snprintf(below, sizeof(below), "%s/below", folder.path);
	ck_assert_int_eq(mkdir(below, 0700), 0);
	says = test_trust_section(all_domains, &folder, NULL);
	trust = test_trust_load(&says, 1);
	ck_assert_uint_eq(trust_anchor_count(trust), 3);
	ck_assert_ptr_eq(trust_ref(trust), trust);
	trust_unref(trust);
	trust_unref(trust);
	trust_unref(NULL);
	/* A file in place of the folder. */
	says.anchors = folder.files[0];
	trust = test_trust_load(&says, 1);
	ck_assert_uint_eq(trust_anchor_count(trust), 2);
	trust_unref(trust);
	OPENSSL_free(der);
	rmdir(below);
	test_trust_folder_remove(&folder);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_an_error)
{
	static char missing[] = "/nonexistent/anchors";
	struct config_trust says = test_trust_section(all_domains, NULL, NULL);
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
	struct trust *trust = test_trust_load(NULL, 0);

	ck_assert_int_eq(test_trust_judge_now(trust, pki.leaf, NULL), REASON_UNTRUSTED_ISSUER);
	trust_unref(trust);
}
END_TEST

void
test_trust_sections(TCase *tcase)
{
	tcase_add_test(tcase, anchors_count_only_for_their_domains);
	tcase_add_test(tcase, the_verdict_that_came_furthest_is_given);
	tcase_add_test(tcase, key_limits_are_the_sections);
	tcase_add_test(tcase, a_folder_may_hold_anything);
	tcase_add_test(tcase, a_folder_that_is_not_there_is_an_error);
	tcase_add_test(tcase, without_a_section_nothing_is_trusted);
}
