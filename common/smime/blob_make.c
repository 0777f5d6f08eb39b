#include "smime/blob_make.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "smime/blob.h"
#include "smime/capabilities.h"
#include "tables/cipher.h"

#define PREFERENCE "1.2.840.113549.1.9.16.2.11"
#define MICROSOFT_PREFERENCE "1.3.6.1.4.1.311.16.4"

#define SIGN_FLAGS \
	((unsigned)CMS_BINARY | CMS_PARTIAL | CMS_NOSMIMECAP | CMS_NOCERTS | CMS_DETACHED)

/* RSAES-OAEP as a capability (RFC 3560 section 5): with default parameters, and with SHA-256. */
static const unsigned char oaep[] = {
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x07, 0x30, 0x00};
static const unsigned char oaep_sha256[] = {0x30, 0x38, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
    0x0d, 0x01, 0x01, 0x07, 0x30, 0x2b, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
    0x04, 0x02, 0x01, 0x05, 0x00, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
    0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00};

/* What OpenSSL could not do, for people; without memory it says so itself. */
static int
fail(struct error *err, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	if (ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE)
		error_no_memory(err);
	else
		error_set(err, ERROR_INPUT, "%s: %s", what, reason != NULL ? reason : "it failed");
	ERR_clear_error();
	return -1;
}

static int
add_encoded(X509_ALGORS *list, const unsigned char *der, size_t size, struct error *err)
{
	X509_ALGOR *algorithm = d2i_X509_ALGOR(NULL, &der, (long)size);

	if (algorithm == NULL || sk_X509_ALGOR_push(list, algorithm) <= 0) {
		X509_ALGOR_free(algorithm);
		return error_no_memory(err);
	}
	return 0;
}

/* RC2's capability tells its bits; the others have no parameters. */
static int
add_cipher(X509_ALGORS **list, const struct cipher *cipher, struct error *err)
{
	bool rc2 = strcmp(cipher->oid, cipher_get(CIPHER_RC2_40)->oid) == 0;
	int nid = OBJ_txt2nid(cipher->oid);

	if (nid == NID_undef)
		return error_set(err, ERROR_INTERNAL, "OpenSSL does not know %s", cipher->name);
	if (CMS_add_simple_smimecap(list, nid, rc2 ? cipher->key_bits : 0) != 1)
		return fail(err, cipher->name);
	return 0;
}

static int
add_capability(X509_ALGORS **list, const char *name, struct error *err)
{
	const struct cipher *cipher;

	if (strcmp(name, "oaep") == 0)
		return add_encoded(*list, oaep, sizeof(oaep), err);
	if (strcmp(name, "oaep-sha256") == 0)
		return add_encoded(*list, oaep_sha256, sizeof(oaep_sha256), err);
	cipher = cipher_by_name(name);
	if (cipher == NULL || cipher->id == CIPHER_UNKNOWN)
		return error_set(err, ERROR_INPUT,
		    "\"%s\" is no capability: aes256-cbc, aes192-cbc, aes128-cbc, 3des, "
		    "aes256-gcm, aes128-gcm, oaep-sha256, oaep …",
		    name);
	return add_cipher(list, cipher, err);
}

X509_ALGORS *
blob_capabilities(const char *names, struct error *err)
{
	X509_ALGORS *list = sk_X509_ALGOR_new_null();
	char name[64];
	size_t size;

	if (list == NULL) {
		error_no_memory(err);
		return NULL;
	}
	for (;; names++) {
		size = strcspn(names, ",");
		if (size >= sizeof(name)) {
			error_set(err, ERROR_INPUT, "\"%.60s…\" is no capability", names);
			break;
		}
		memcpy(name, names, size);
		name[size] = '\0';
		if (add_capability(&list, name, err) != 0)
			break;
		names += size;
		if (*names == '\0')
			return list;
	}
	sk_X509_ALGOR_pop_free(list, X509_ALGOR_free);
	return NULL;
}

/* SMIMEEncryptionKeyPreference, its first choice: [0] IMPLICIT IssuerAndSerialNumber; Microsoft's is the
 * bare sequence. Under "sequence" OpenSSL writes the bytes as they are, tag included. */
static int
add_preference(CMS_SignerInfo *signer, const X509 *to, bool microsoft, struct error *err)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(to);
	const X509_NAME *issuer = X509_get_issuer_name(to);
	int parts[2] = {i2d_X509_NAME(issuer, NULL), i2d_ASN1_INTEGER(serial, NULL)};
	int size = parts[0] > 0 && parts[1] > 0 ? ASN1_object_size(1, parts[0] + parts[1], 0) : -1;
	unsigned char *der = size > 0 ? OPENSSL_malloc((size_t)size) : NULL;
	unsigned char *at = der;
	int done;

	if (der == NULL)
		return error_no_memory(err);
	ASN1_put_object(&at, 1, parts[0] + parts[1], microsoft ? V_ASN1_SEQUENCE : 0,
	    microsoft ? V_ASN1_UNIVERSAL : V_ASN1_CONTEXT_SPECIFIC);
	i2d_X509_NAME(issuer, &at);
	i2d_ASN1_INTEGER(serial, &at);
	done = CMS_signed_add1_attr_by_txt(
	    signer, microsoft ? MICROSOFT_PREFERENCE : PREFERENCE, V_ASN1_SEQUENCE, der, size);
	OPENSSL_free(der);
	return done == 1 ? 0 : fail(err, "the encryption key preference");
}

static bool
is_among(CMS_ContentInfo *cms, const X509 *x509)
{
	STACK_OF(X509) *there = CMS_get1_certs(cms);
	bool found = false;
	int i;

	for (i = 0; i < sk_X509_num(there) && !found; i++)
		found = X509_cmp(sk_X509_value(there, i), x509) == 0;
	sk_X509_pop_free(there, X509_free);
	return found;
}

/* Each once. */
static int
add_certificates(CMS_ContentInfo *cms, const struct blob_recipe *recipe, struct error *err)
{
	int count = recipe->chain != NULL ? sk_X509_num(recipe->chain) : 0;
	X509 *x509;
	int i;

	if (count > BLOB_CERTIFICATES_MAX - 2)
		return error_set(err, ERROR_LIMIT, "more than %d certificates in the chain",
		    BLOB_CERTIFICATES_MAX - 2);
	for (i = -2; i < count; i++) {
		x509 = i == -2   ? recipe->signer
		       : i == -1 ? recipe->encrypt_to
				 : sk_X509_value(recipe->chain, i);
		if (x509 != NULL && !is_among(cms, x509) && CMS_add1_cert(cms, x509) != 1)
			return fail(err, "a certificate");
	}
	return 0;
}

static int
sign(CMS_ContentInfo *cms, const struct blob_recipe *recipe, struct error *err)
{
	X509 *to = recipe->encrypt_to != NULL ? recipe->encrypt_to : recipe->signer;
	BIO *nothing = BIO_new_mem_buf("", 0);
	CMS_SignerInfo *signer;
	int result = -1;

	if (nothing == NULL)
		return error_no_memory(err);
	signer = CMS_add1_signer(cms, recipe->signer, recipe->key, EVP_sha256(), SIGN_FLAGS);
	if (signer == NULL) {
		fail(err, "signing");
	} else if (CMS_add_smimecap(signer, (X509_ALGORS *)recipe->capabilities) != 1) {
		fail(err, "the capabilities");
	} else if (add_preference(signer, to, false, err) == 0 &&
		   add_preference(signer, to, true, err) == 0) {
		result = CMS_final(cms, nothing, NULL, SIGN_FLAGS) == 1 ? 0 : fail(err, "signing");
	}
	BIO_free(nothing);
	return result;
}

static bool
promises(const struct blob *blob, const X509_ALGORS *asked)
{
	struct capabilities wanted;
	unsigned char *der = NULL;
	int size = i2d_X509_ALGORS((X509_ALGORS *)asked, &der);
	bool same = false;

	if (size > 0 && capabilities_read(der, (size_t)size, CAPABILITIES_SIGNED, &wanted))
		same = wanted.cipher_count == blob->capabilities.cipher_count &&
		       wanted.oaep == blob->capabilities.oaep &&
		       wanted.oaep_sha256 == blob->capabilities.oaep_sha256 &&
		       memcmp(wanted.ciphers, blob->capabilities.ciphers,
			   wanted.cipher_count * sizeof(wanted.ciphers[0])) == 0;
	OPENSSL_free(der);
	return same;
}

/* Whether all that was asked for is in it, as our own reader finds it: where memory is short OpenSSL may
 * leave something out, or sign something else, and say nothing. */
static int
check(const struct blob_recipe *recipe, CMS_ContentInfo *cms, const unsigned char *der, size_t size,
    struct error *err)
{
	const X509 *to = recipe->encrypt_to != NULL ? recipe->encrypt_to : recipe->signer;
	STACK_OF(X509) *given = CMS_get1_certs(cms);
	struct blob *blob = blob_read(der, size, err);
	bool complete = false;

	if (blob != NULL) {
		blob_verify(blob, time(NULL)); /* which OpenSSL dated it by, whatever --at says */
		complete = blob->verified && blob->preferred != NULL &&
			   X509_cmp(blob->preferred, to) == 0 &&
			   sk_X509_num(blob->certificates) == sk_X509_num(given) &&
			   promises(blob, recipe->capabilities);
	}
	blob_free(blob);
	sk_X509_pop_free(given, X509_free);
	ERR_clear_error();
	return complete ? 0 : error_set(err, ERROR_TEMPORARY, "the signed data came out wrong");
}

static int
encode(const struct blob_recipe *recipe, CMS_ContentInfo *cms, unsigned char **der, size_t *size,
    struct error *err)
{
	int length = i2d_CMS_ContentInfo(cms, der);

	if (length <= 0)
		return fail(err, "encoding the signed data");
	*size = (size_t)length;
	if (*size > BLOB_SIZE_MAX)
		return error_set(
		    err, ERROR_LIMIT, "the signed data is larger than %zu bytes", BLOB_SIZE_MAX);
	return check(recipe, cms, *der, *size, err);
}

int
blob_make(const struct blob_recipe *recipe, unsigned char **der, size_t *size, struct error *err)
{
	CMS_ContentInfo *cms;
	int result = -1;

	*der = NULL;
	*size = 0;
	ERR_clear_error();
	if (X509_check_private_key(recipe->signer, recipe->key) != 1) {
		ERR_clear_error();
		return error_set(
		    err, ERROR_INPUT, "the private key is not that of the certificate");
	}
	cms = CMS_sign(NULL, NULL, NULL, NULL, SIGN_FLAGS);
	if (cms == NULL)
		fail(err, "making the signed data");
	else if (add_certificates(cms, recipe, err) == 0 && sign(cms, recipe, err) == 0)
		result = encode(recipe, cms, der, size, err);
	if (result != 0) {
		OPENSSL_free(*der);
		*der = NULL;
	}
	CMS_ContentInfo_free(cms);
	return result;
}
