#include "status_make.h"

#include <openssl/ocsp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

#include "require.h"

static CONF *
read_conf(const char *text)
{
	BIO *bio = BIO_new_mem_buf(text != NULL ? text : "", -1);
	CONF *conf = NCONF_new(NULL);
	long line = 0;

	REQUIRE(NCONF_load_bio(conf, bio, &line) > 0);
	BIO_free(bio);
	return conf;
}

static X509_EXTENSION *
make_extension(const char *name, const char *value, const char *text)
{
	CONF *conf = read_conf(text);
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx(&context, NULL, NULL, NULL, NULL, X509V3_CTX_REPLACE);
	X509V3_set_nconf(&context, conf);
	extension = X509V3_EXT_nconf(conf, &context, name, value);
	REQUIRE(extension != NULL);
	NCONF_free(conf);
	return extension;
}

static X509_EXTENSION *
split_extension(const char *assignment)
{
	char name[64];
	const char *equals = strchr(assignment, '=');

	REQUIRE(equals != NULL && (size_t)(equals - assignment) < sizeof(name));
	snprintf(name, sizeof(name), "%.*s", (int)(equals - assignment), assignment);
	return make_extension(name, equals + 1, NULL);
}

static void
add_number(X509_CRL *crl, int nid, long number, int critical)
{
	ASN1_INTEGER *value = ASN1_INTEGER_new();

	REQUIRE(ASN1_INTEGER_set(value, number));
	REQUIRE(X509_CRL_add1_ext_i2d(crl, nid, value, critical, 0) == 1);
	ASN1_INTEGER_free(value);
}

static void
add_names(X509_REVOKED *revoked, const X509_NAME *issuer)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();

	GENERAL_NAME_set0_value(name, GEN_DIRNAME, X509_NAME_dup(issuer));
	REQUIRE(sk_GENERAL_NAME_push(names, name));
	REQUIRE(X509_REVOKED_add1_ext_i2d(revoked, NID_certificate_issuer, names, 1, 0) == 1);
	GENERAL_NAMES_free(names);
}

static void
add_entry(X509_CRL *crl, const struct status_entry *entry)
{
	X509_REVOKED *revoked = X509_REVOKED_new();
	ASN1_TIME *when = X509_time_adj_ex(NULL, -2, 0, NULL);
	ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();

	REQUIRE(X509_REVOKED_set_serialNumber(revoked, X509_get_serialNumber(entry->certificate)));
	REQUIRE(X509_REVOKED_set_revocationDate(revoked, when));
	if (entry->reason > 0) {
		REQUIRE(ASN1_ENUMERATED_set(reason, entry->reason - 1));
		REQUIRE(X509_REVOKED_add1_ext_i2d(revoked, NID_crl_reason, reason, 0, 0) == 1);
	}
	if (entry->names_issuer)
		add_names(revoked, X509_get_issuer_name(entry->certificate));
	if (entry->extension != NULL) {
		X509_EXTENSION *extension = split_extension(entry->extension);

		REQUIRE(X509_REVOKED_add_ext(revoked, extension, -1));
		X509_EXTENSION_free(extension);
	}
	REQUIRE(X509_CRL_add0_revoked(crl, revoked));
	ASN1_ENUMERATED_free(reason);
	ASN1_TIME_free(when);
}

static void
add_others(X509_CRL *crl, size_t count)
{
	ASN1_TIME *when = X509_time_adj_ex(NULL, -2, 0, NULL);
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	size_t i;

	for (i = 1; i <= count; i++) {
		unsigned char bytes[20] = {0x40, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
		X509_REVOKED *revoked = X509_REVOKED_new();
		BIGNUM *number;

		memcpy(bytes + 12, &i, sizeof(i));
		number = BN_bin2bn(bytes, sizeof(bytes), NULL);
		REQUIRE(BN_to_ASN1_INTEGER(number, serial) != NULL);
		REQUIRE(X509_REVOKED_set_serialNumber(revoked, serial));
		REQUIRE(X509_REVOKED_set_revocationDate(revoked, when));
		REQUIRE(X509_CRL_add0_revoked(crl, revoked));
		BN_free(number);
	}
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(when);
}

static void
add_extensions(X509_CRL *crl, const struct status_crl *what)
{
	X509_EXTENSION *extension;

	if (what->number != 0)
		add_number(crl, NID_crl_number, what->number, 0);
	if (what->base != 0)
		add_number(crl, NID_delta_crl, what->base, 1);
	if (what->scope != NULL) {
		extension = make_extension("issuingDistributionPoint", what->scope, what->conf);
		REQUIRE(X509_CRL_add_ext(crl, extension, -1));
		X509_EXTENSION_free(extension);
	}
	if (what->extension != NULL) {
		extension = split_extension(what->extension);
		REQUIRE(X509_CRL_add_ext(crl, extension, -1));
		X509_EXTENSION_free(extension);
	}
}

static void
sign(X509_CRL *crl, const struct status_crl *what, EVP_PKEY *key)
{
	const EVP_MD *digest = what->digest != NULL ? what->digest : EVP_sha256();
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY_CTX *parameters = NULL;

	if (EVP_PKEY_is_a(key, "ED25519"))
		digest = NULL;
	REQUIRE(EVP_DigestSignInit(context, &parameters, digest, NULL, key) == 1);
	if (what->pss)
		REQUIRE(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1);
	REQUIRE(X509_CRL_sign_ctx(crl, context) > 0);
	EVP_MD_CTX_free(context);
}

unsigned char *
status_crl(const struct status_crl *what, X509 *issuer, EVP_PKEY *key, size_t *size)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *when = X509_time_adj_ex(NULL, 0, what->from != 0 ? what->from : -3600, NULL);
	unsigned char *der = NULL;
	int length;
	size_t i;

	REQUIRE(X509_CRL_set_version(crl, 1));
	REQUIRE(X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)));
	REQUIRE(X509_CRL_set1_lastUpdate(crl, when));
	REQUIRE(X509_time_adj_ex(when, 0, what->to != 0 ? what->to : 86400, NULL));
	if (!what->endless)
		REQUIRE(X509_CRL_set1_nextUpdate(crl, when));
	for (i = 0; i < STATUS_ENTRIES_MAX && what->entries[i].certificate != NULL; i++)
		add_entry(crl, &what->entries[i]);
	add_others(crl, what->others);
	add_extensions(crl, what);
	sign(crl, what, key);
	length = i2d_X509_CRL(crl, &der);
	REQUIRE(length > 0);
	*size = (size_t)length;
	ASN1_TIME_free(when);
	X509_CRL_free(crl);
	return der;
}

void
status_add_extension(
    X509 *certificate, const char *name, const char *value, const char *conf, EVP_PKEY *issuer_key)
{
	X509_EXTENSION *extension = make_extension(name, value, conf);

	REQUIRE(X509_add_ext(certificate, extension, -1));
	REQUIRE(X509_sign(certificate, issuer_key, EVP_sha256()) > 0);
	X509_EXTENSION_free(extension);
}

static void
sign_answer(OCSP_BASICRESP *basic, const struct status_answer *what)
{
	const EVP_MD *digest = what->digest != NULL ? what->digest : EVP_sha256();
	unsigned long flags = what->without_certificate ? OCSP_NOCERTS : 0;

	REQUIRE(OCSP_basic_sign(basic, what->signer, what->key, digest, NULL, flags) == 1);
}

static void
copy_nonce(OCSP_BASICRESP *basic, const unsigned char *der, size_t size)
{
	OCSP_REQUEST *request = d2i_OCSP_REQUEST(NULL, &der, (long)size);

	REQUIRE(request != NULL && OCSP_copy_nonce(basic, request) > 0);
	OCSP_REQUEST_free(request);
}

unsigned char *
status_answer(const struct status_answer *what, size_t *size)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), what->certificate, what->issuer);
	ASN1_TIME *from = X509_gmtime_adj(NULL, what->from != 0 ? what->from : -3600);
	ASN1_TIME *to = X509_gmtime_adj(NULL, what->to != 0 ? what->to : 86400);
	ASN1_TIME *revoked = X509_gmtime_adj(NULL, -7200);
	OCSP_RESPONSE *response;
	unsigned char *der = NULL;
	int length;

	REQUIRE(OCSP_basic_add1_status(basic, id, what->status, what->reason,
		    what->status == V_OCSP_CERTSTATUS_REVOKED ? revoked : NULL, from,
		    what->endless ? NULL : to) != NULL);
	if (what->request != NULL)
		copy_nonce(basic, what->request, what->request_size);
	sign_answer(basic, what);
	response = OCSP_response_create(what->response, what->response == 0 ? basic : NULL);
	length = i2d_OCSP_RESPONSE(response, &der);
	REQUIRE(length > 0);
	*size = (size_t)length;
	OCSP_RESPONSE_free(response);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	ASN1_TIME_free(revoked);
	OCSP_CERTID_free(id);
	OCSP_BASICRESP_free(basic);
	return der;
}
