#include "test_trust.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
test_trust_folder_make(struct folder *folder)
{
	snprintf(folder->path, sizeof(folder->path), "/tmp/test-trust-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder->path));
	folder->count = 0;
}

FILE *
test_trust_folder_file(struct folder *folder, const char *name)
{
	char file[sizeof(folder->files[0])];
	FILE *out;

	snprintf(file, sizeof(file), "%s/%s", folder->path, name);
	memcpy(folder->files[folder->count++], file, sizeof(file));
	out = fopen(file, "w");
	ck_assert_ptr_nonnull(out);
	return out;
}

void
test_trust_folder_add(struct folder *folder, const char *name, X509 *x509, X509 *second)
{
	FILE *out = test_trust_folder_file(folder, name);

	ck_assert(PEM_write_X509(out, x509));
	if (second != NULL)
		ck_assert(PEM_write_X509(out, second));
	fclose(out);
}

void
test_trust_folder_remove(struct folder *folder)
{
	while (folder->count > 0)
		unlink(folder->files[--folder->count]);
	rmdir(folder->path);
}

char all_domains[] = "*";
static char *all_domains_list[] = {all_domains};

struct config_trust
test_trust_section(char *title, struct folder *anchors, struct folder *intermediates)
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

struct trust *
test_trust_load(struct config_trust *sections, size_t count)
{
	struct config config = {.trusts = sections, .trust_count = count};
	struct error err = ERROR_INIT;
	struct trust *trust = trust_load(&config, &err);

	ck_assert_msg(trust != NULL, "%s", err.text);
	return trust;
}

enum reason_id
test_trust_judge(const struct trust *trust, X509 *x509, STACK_OF(X509) * extra,
    enum trust_purpose purpose, time_t at, struct trust_verdict *verdict)
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

enum reason_id
test_trust_judge_now(const struct trust *trust, X509 *x509, STACK_OF(X509) * extra)
{
	struct trust_verdict verdict;
	enum reason_id reason =
	    test_trust_judge(trust, x509, extra, TRUST_ENCRYPT, clock_wall(), &verdict);

	trust_verdict_clear(&verdict);
	return reason;
}

struct authorities pki;

X509 *
test_trust_issue_ca(
    const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, int from, int to)
{
	return pki_issue(
	    &(const struct pki_certificate){
		.subject = name, .ca = true, .from_days = from, .to_days = to},
	    key, issuer, issuer_key);
}

struct trust *
test_trust_root(void)
{
	struct config_trust says = test_trust_section(all_domains, &pki.folder, NULL);

	return test_trust_load(&says, 1);
}
