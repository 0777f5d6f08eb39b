#include "pki.h"

#include <errno.h>
#include <limits.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "require.h"

#define RSA_NUMBERS 8

const unsigned char pki_capabilities_aes256[] = {0x30, 0x35,                      /**/
    0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a, /**/
    0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x02, /**/
    0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x03, 0x07,       /**/
    0x30, 0x0d, 0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x03, 0x02, 0x02, 0x01, 0x28};
const size_t pki_capabilities_aes256_size = sizeof(pki_capabilities_aes256);

const unsigned char pki_capabilities_3des[] = {0x30, 0x2b,                                    /**/
    0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x03, 0x07,                   /**/
    0x30, 0x0e, 0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x03, 0x02, 0x02, 0x02, 0x00, /**/
    0x80,                                                                                     /**/
    0x30, 0x0d, 0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x03, 0x02, 0x02, 0x01, 0x28};
const size_t pki_capabilities_3des_size = sizeof(pki_capabilities_3des);

const unsigned char pki_capabilities_rc2_40[] = {0x30, 0x0f, /**/
    0x30, 0x0d, 0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x03, 0x02, 0x02, 0x01, 0x28};
const size_t pki_capabilities_rc2_40_size = sizeof(pki_capabilities_rc2_40);

const unsigned char pki_capabilities_gcm_oaep[] = {0x30, 0x54,                                /**/
    0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2e,             /**/
    0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x02,             /**/
    0x30, 0x38, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x07, 0x30, 0x2b, /**/
    0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, /**/
    0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30, 0x0d, /**/
    0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00};
const size_t pki_capabilities_gcm_oaep_size = sizeof(pki_capabilities_gcm_oaep);

/* NULL: it is not there yet. */
static EVP_PKEY *
read_key(const char *path)
{
	FILE *file = fopen(path, "re");
	EVP_PKEY *key;

	if (file == NULL)
		return NULL;
	key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	fclose(file);
	REQUIRE(key != NULL);
	return key;
}

/* Whoever is first has made it: the others read that one. */
static EVP_PKEY *
keep_key(EVP_PKEY *key, const char *path)
{
	char own[PATH_MAX];
	FILE *file;

	REQUIRE(snprintf(own, sizeof(own), "%s.%ld", path, (long)getpid()) < (int)sizeof(own));
	file = fopen(own, "we");
	REQUIRE(file != NULL);
	REQUIRE(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL));
	REQUIRE(fclose(file) == 0);
	if (link(own, path) != 0) {
		REQUIRE(errno == EEXIST);
		EVP_PKEY_free(key);
		key = read_key(path);
	}
	REQUIRE(unlink(own) == 0);
	return key;
}

/* Making one takes as long as the rest of a test, and each test is a process: where the environment
 * names a folder (make check does), they are kept there. */
static EVP_PKEY *
make_rsa_key(int bits, int number)
{
	const char *folder = getenv("PKI_KEYS");
	char path[PATH_MAX];
	EVP_PKEY *key;

	if (folder == NULL)
		return EVP_RSA_gen((unsigned int)bits);
	REQUIRE(mkdir(folder, 0700) == 0 || errno == EEXIST);
	REQUIRE(
	    snprintf(path, sizeof(path), "%s/rsa-%d-%d", folder, bits, number) < (int)sizeof(path));
	key = read_key(path);
	if (key == NULL) {
		key = EVP_RSA_gen((unsigned int)bits);
		REQUIRE(key != NULL);
		key = keep_key(key, path);
	}
	return key;
}

static EVP_PKEY *
rsa_key(int bits, int kind, int number)
{
	static EVP_PKEY *keys[3][RSA_NUMBERS];
	EVP_PKEY **key;

	REQUIRE(number >= 0 && number < RSA_NUMBERS);
	key = &keys[kind][number];
	if (*key == NULL)
		*key = make_rsa_key(bits, number);
	REQUIRE(*key != NULL);
	EVP_PKEY_up_ref(*key);
	return *key;
}

EVP_PKEY *
pki_made_up_key(int bits, int exponent_bits)
{
	BIGNUM *modulus = BN_new();
	BIGNUM *exponent = BN_new();
	OSSL_PARAM_BLD *parts = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *parameters;
	EVP_PKEY *key = NULL;

	REQUIRE(BN_rand(modulus, bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD));
	REQUIRE(BN_rand(exponent, exponent_bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD));
	REQUIRE(OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_N, modulus));
	REQUIRE(OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_E, exponent));
	parameters = OSSL_PARAM_BLD_to_param(parts);
	REQUIRE(EVP_PKEY_fromdata_init(context) == 1);
	REQUIRE(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) == 1);
	EVP_PKEY_CTX_free(context);
	OSSL_PARAM_free(parameters);
	OSSL_PARAM_BLD_free(parts);
	BN_free(modulus);
	BN_free(exponent);
	return key;
}

EVP_PKEY *
pki_key(enum pki_key kind, int number)
{
	EVP_PKEY *key = NULL;

	switch (kind) {
	case PKI_RSA_2048:
		return rsa_key(2048, 0, number);
	case PKI_RSA_1024:
		return rsa_key(1024, 1, number);
	case PKI_RSA_3072:
		return rsa_key(3072, 2, number);
	case PKI_P256:
		key = EVP_EC_gen("P-256");
		break;
	case PKI_P384:
		key = EVP_EC_gen("P-384");
		break;
	case PKI_P521:
		key = EVP_EC_gen("P-521");
		break;
	case PKI_ED25519:
		key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		break;
	case PKI_X25519:
		key = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
		break;
	}
	REQUIRE(key != NULL);
	return key;
}

static void
add_extension(X509 *certificate, X509 *issuer, const char *name, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_nconf(NULL, &context, name, value);
	REQUIRE(extension != NULL);
	REQUIRE(X509_add_ext(certificate, extension, -1));
	X509_EXTENSION_free(extension);
}

static void
add_name(GENERAL_NAMES *names, int type, const char *text)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *string;

	REQUIRE(name != NULL);
	if (type == GEN_EMAIL) {
		string = ASN1_IA5STRING_new();
		REQUIRE(ASN1_STRING_set(string, text, -1));
		GENERAL_NAME_set0_value(name, GEN_EMAIL, string);
	} else {
		ASN1_TYPE *value = ASN1_TYPE_new();

		string = ASN1_UTF8STRING_new();
		REQUIRE(ASN1_STRING_set(string, text, -1));
		ASN1_TYPE_set(value, V_ASN1_UTF8STRING, string);
		REQUIRE(
		    GENERAL_NAME_set0_othername(name, OBJ_txt2obj("1.3.6.1.5.5.7.8.9", 1), value));
	}
	REQUIRE(sk_GENERAL_NAME_push(names, name));
}

static void
add_alternative_names(X509 *certificate, const struct pki_certificate *what)
{
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();

	if (what->email != NULL)
		add_name(names, GEN_EMAIL, what->email);
	if (what->email2 != NULL)
		add_name(names, GEN_EMAIL, what->email2);
	if (what->smtp_utf8 != NULL)
		add_name(names, GEN_OTHERNAME, what->smtp_utf8);
	if (sk_GENERAL_NAME_num(names) > 0)
		REQUIRE(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0) == 1);
	GENERAL_NAMES_free(names);
}

static void
add_usage(X509 *certificate, X509 *issuer, const struct pki_certificate *what, EVP_PKEY *key)
{
	const char *usage = what->key_usage;
	const char *extended = what->extended_usage;
	char constraint[64];

	if (what->ca) {
		snprintf(constraint, sizeof(constraint), "critical,CA:TRUE");
		if (what->path_length > 0)
			snprintf(constraint, sizeof(constraint), "critical,CA:TRUE,pathlen:%d",
			    what->path_length - 1);
		add_extension(certificate, issuer, "basicConstraints", constraint);
		if (usage == NULL)
			usage = "critical,keyCertSign,cRLSign";
	}
	if (usage == NULL)
		usage = EVP_PKEY_is_a(key, "RSA")      ? "critical,digitalSignature,keyEncipherment"
			: EVP_PKEY_is_a(key, "EC")     ? "critical,digitalSignature,keyAgreement"
			: EVP_PKEY_is_a(key, "X25519") ? "critical,keyAgreement"
						       : "critical,digitalSignature";
	if (extended == NULL && !what->ca)
		extended = "emailProtection";
	if (strcmp(usage, "-") != 0)
		add_extension(certificate, issuer, "keyUsage", usage);
	if (extended != NULL && strcmp(extended, "-") != 0)
		add_extension(certificate, issuer, "extendedKeyUsage", extended);
}

static void
add_capabilities(X509 *certificate, const struct pki_certificate *what)
{
	ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension;

	REQUIRE(ASN1_OCTET_STRING_set(octets, what->capabilities, (int)what->capabilities_size));
	extension = X509_EXTENSION_create_by_NID(NULL, NID_SMIMECapabilities, 0, octets);
	REQUIRE(extension != NULL && X509_add_ext(certificate, extension, -1));
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(octets);
}

static void
add_one_extension(X509 *certificate, X509 *issuer, const char *assignment)
{
	char name[64];
	const char *equals = strchr(assignment, '=');

	REQUIRE(equals != NULL && (size_t)(equals - assignment) < sizeof(name));
	snprintf(name, sizeof(name), "%.*s", (int)(equals - assignment), assignment);
	add_extension(certificate, issuer, name, equals + 1);
}

static void
set_subject(X509 *certificate, const struct pki_certificate *what)
{
	X509_NAME *name = X509_NAME_new();
	const char *common = what->subject != NULL ? what->subject : "test";

	REQUIRE(X509_NAME_add_entry_by_txt(
	    name, "CN", MBSTRING_UTF8, (const unsigned char *)common, -1, -1, 0));
	if (what->subject_email != NULL)
		REQUIRE(X509_NAME_add_entry_by_txt(name, "emailAddress", MBSTRING_ASC,
		    (const unsigned char *)what->subject_email, -1, -1, 0));
	REQUIRE(X509_set_subject_name(certificate, name));
	X509_NAME_free(name);
}

static void
set_serial(X509 *certificate)
{
	BIGNUM *serial = BN_new();

	REQUIRE(BN_rand(serial, 120, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY));
	REQUIRE(BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)));
	BN_free(serial);
}

X509 *
pki_issue(const struct pki_certificate *what, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
	X509 *certificate = X509_new();
	int to_days = what->to_days != 0 ? what->to_days : what->ca ? 3650 : 365;
	int from_days = what->from_days != 0 ? what->from_days : -1;
	const EVP_MD *digest = what->digest != NULL ? what->digest : EVP_sha256();

	REQUIRE(X509_set_version(certificate, X509_VERSION_3));
	set_serial(certificate);
	set_subject(certificate, what);
	if (issuer == NULL)
		issuer = certificate;
	REQUIRE(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)));
	REQUIRE(X509_time_adj_ex(X509_getm_notBefore(certificate), from_days, 0, NULL));
	REQUIRE(X509_time_adj_ex(X509_getm_notAfter(certificate), to_days, 0, NULL));
	REQUIRE(X509_set_pubkey(certificate, key));
	if (!what->no_identifiers)
		add_extension(certificate, issuer, "subjectKeyIdentifier", "hash");
	if (!what->no_identifiers && issuer != certificate)
		add_extension(certificate, issuer, "authorityKeyIdentifier", "keyid");
	add_usage(certificate, issuer, what, key);
	add_alternative_names(certificate, what);
	if (what->capabilities != NULL)
		add_capabilities(certificate, what);
	if (what->extension != NULL)
		add_one_extension(certificate, issuer, what->extension);
	if (what->extension2 != NULL)
		add_one_extension(certificate, issuer, what->extension2);
	if (EVP_PKEY_is_a(issuer_key, "ED25519"))
		digest = NULL;
	REQUIRE(X509_sign(certificate, issuer_key, digest) > 0);
	return certificate;
}

unsigned char *
pki_der(X509 *certificate, size_t *size)
{
	unsigned char *der = NULL;
	int length = i2d_X509(certificate, &der);

	REQUIRE(length > 0);
	*size = (size_t)length;
	return der;
}

/* Adds one attribute whose value is an IssuerAndSerialNumber, tagged [0] if implicit. */
static void
add_preference(CMS_SignerInfo *signer, const char *oid, X509 *certificate, bool implicit)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	unsigned char *name = NULL;
	unsigned char *serial = NULL;
	unsigned char *value;
	unsigned char *next;
	int name_size = i2d_X509_NAME(X509_get_issuer_name(certificate), &name);
	int serial_size = i2d_ASN1_INTEGER(X509_get_serialNumber(certificate), &serial);
	int size;

	REQUIRE(object != NULL && name_size > 0 && serial_size > 0);
	size = ASN1_object_size(1, name_size + serial_size, V_ASN1_SEQUENCE);
	value = next = malloc((size_t)size);
	REQUIRE(value != NULL);
	ASN1_put_object(&next, 1, name_size + serial_size, implicit ? 0 : V_ASN1_SEQUENCE,
	    implicit ? V_ASN1_CONTEXT_SPECIFIC : V_ASN1_UNIVERSAL);
	memcpy(next, name, (size_t)name_size);
	memcpy(next + name_size, serial, (size_t)serial_size);
	/* V_ASN1_SEQUENCE in the attribute's ASN1_TYPE is written as it stands, tag included. */
	REQUIRE(CMS_signed_add1_attr_by_OBJ(signer, object, V_ASN1_SEQUENCE, value, size));
	free(value);
	OPENSSL_free(name);
	OPENSSL_free(serial);
	ASN1_OBJECT_free(object);
}

static void
add_signing_time(CMS_SignerInfo *signer, long offset)
{
	ASN1_TIME *when = X509_time_adj_ex(NULL, 0, offset, NULL);

	REQUIRE(when != NULL);
	REQUIRE(CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_signingTime, when->type, when, -1));
	ASN1_TIME_free(when);
}

unsigned char *
pki_blob(const struct pki_blob *what, X509 *certificate, EVP_PKEY *key, size_t *size)
{
	unsigned int flags = CMS_BINARY | CMS_PARTIAL | CMS_NOSMIMECAP;
	const char *content = what->content != NULL ? what->content : "";
	BIO *data = BIO_new_mem_buf(content, -1);
	const EVP_MD *digest = what->digest != NULL ? what->digest : EVP_sha256();
	CMS_ContentInfo *cms;
	CMS_SignerInfo *signer;
	unsigned char *der = NULL;
	int length;

	if (what->content == NULL)
		flags |= CMS_DETACHED;
	cms = CMS_sign(NULL, NULL, what->chain, data, flags);
	REQUIRE(cms != NULL);
	signer = CMS_add1_signer(cms, certificate, key, digest, flags);
	REQUIRE(signer != NULL);
	if (what->capabilities != NULL)
		REQUIRE(CMS_signed_add1_attr_by_NID(signer, NID_SMIMECapabilities, V_ASN1_SEQUENCE,
		    what->capabilities, (int)what->capabilities_size));
	if (what->preference != NULL)
		add_preference(signer, "1.2.840.113549.1.9.16.2.11", what->preference, true);
	if (what->microsoft_preference != NULL)
		add_preference(signer, "1.3.6.1.4.1.311.16.4", what->microsoft_preference, false);
	add_signing_time(signer, what->signing_time_offset);
	REQUIRE(CMS_final(cms, data, NULL, flags));
	length = i2d_CMS_ContentInfo(cms, &der);
	REQUIRE(length > 0);
	*size = (size_t)length;
	CMS_ContentInfo_free(cms);
	BIO_free(data);
	return der;
}
