#include "test_inspect.h"

#include "inspect/claims.h"

EVP_PKEY *rsa_key;
X509 *rsa;
X509 *other;

void
test_inspect_make_parties(void)
{
	EVP_PKEY *other_key = pki_key(PKI_RSA_2048, 1);

	rsa_key = pki_key(PKI_RSA_2048, 0);
	rsa = cms_make_certificate(rsa_key);
	other = cms_make_certificate(other_key);
	EVP_PKEY_free(other_key);
}

void
test_inspect_free_parties(void)
{
	X509_free(rsa);
	X509_free(other);
	EVP_PKEY_free(rsa_key);
}

bool
test_inspect_addressed(const struct inspection *it, X509 *x509)
{
	struct certificate *certificate = certificate_from_x509(x509, NULL);
	struct claims *claims;
	bool result;

	if (it->kind != INSPECT_ENVELOPED && it->kind != INSPECT_AUTH_ENVELOPED) {
		certificate_unref(certificate);
		return false;
	}
	claims = claims_new(&it->layers[0], NULL);
	ck_assert(certificate != NULL && claims != NULL);
	result = claims_take(claims, certificate);
	claims_free(claims);
	certificate_unref(certificate);
	return result;
}

struct seen
test_inspect_look(enum entity_encoding encoding, const void *bytes, size_t size, size_t chunk)
{
	struct entity_type type = {.claim = ENTITY_SMIME, .encoding = encoding};
	struct error err = ERROR_INIT;
	struct inspect *inspect = inspect_new(&type, &err);
	const struct inspection *it;
	const char *at = bytes;
	struct seen seen;
	size_t taken;

	ck_assert_ptr_nonnull(inspect);
	for (; size > 0; at += taken, size -= taken) {
		taken = size < chunk ? size : chunk;
		ck_assert_msg(inspect_write(inspect, at, taken, &err) == 0, "%s", err.text);
	}
	ck_assert_msg(inspect_finish(inspect, &it, &err) == 0, "%s", err.text);
	seen = (struct seen){.it = *it,
	    .rsa = test_inspect_addressed(it, rsa),
	    .other = test_inspect_addressed(it, other),
	    .recipients = it->layer_count > 0 ? it->layers[0].recipient_count : 0};
	if (it->kind == INSPECT_READABLE) {
		ck_assert_str_ne(it->detail, "");
		ck_assert(!seen.rsa && !seen.other);
	} else {
		ck_assert_str_eq(it->detail, "");
		ck_assert_ptr_nonnull(it->layers[0].cipher);
		seen.cipher = it->layers[0].cipher;
		memcpy(seen.cipher_text, it->layers[0].cipher_text, sizeof(seen.cipher_text));
	}
	inspect_free(inspect);
	return seen;
}

struct seen
test_inspect_look_der(const struct buffer *der)
{
	return test_inspect_look(ENTITY_IDENTITY, der->data, der->size, der->size);
}

void
test_inspect_check_readable(const struct buffer *der, const char *why)
{
	struct seen seen = test_inspect_look_der(der);

	ck_assert_int_eq(seen.it.kind, INSPECT_READABLE);
	ck_assert_msg(
	    strstr(seen.it.detail, why) != NULL, "\"%s\" instead of \"%s\"", seen.it.detail, why);
}

void
test_inspect_check_enveloped(
    const struct buffer *der, enum inspect_kind kind, enum cipher_id cipher)
{
	struct seen seen = test_inspect_look_der(der);

	ck_assert_msg(seen.it.kind == kind, "%s", seen.it.detail);
	ck_assert_int_eq(seen.cipher->id, cipher);
	ck_assert_uint_eq(seen.recipients, 1);
	ck_assert(seen.rsa);
	ck_assert(!seen.other);
}
