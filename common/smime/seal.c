#include "smime/seal.h"

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "smime/base64_lines.h"

/* Plaintext that OpenSSL is given at once: its ciphertext is what is held of a message. */
#define PIECE ((size_t)32 << 10)

struct seal {
	CMS_ContentInfo *cms;
	BIO *memory; /* ciphertext that waits to be drained */
	BIO *stream; /* what encrypts; above memory */
	struct base64_lines lines;
	bool begun; /* something was written */
	bool over;  /* finished, or failed */
};

/* Says what failed in OpenSSL's words (the first it said is the cause), and empties its queue. */
static int
crypto_error(struct error *err, enum error_code code, const char *what)
{
	unsigned long cause = ERR_peek_error();
	const char *reason = ERR_reason_error_string(cause);

	ERR_clear_error();
	if (ERR_GET_REASON(cause) == ERR_R_MALLOC_FAILURE)
		return error_no_memory(err);
	return error_set(err, code, "%s: %s", what, reason == NULL ? "unknown reason" : reason);
}

static const EVP_CIPHER *
find_cipher(const struct cipher *cipher)
{
	return EVP_get_cipherbynid(OBJ_txt2nid(cipher->oid));
}

/* RSAES-OAEP (RFC 3560); SHA-1 only for who reads nothing else. */
static bool
use_oaep(EVP_PKEY_CTX *key, const struct seal_recipient *recipient)
{
	const EVP_MD *digest = recipient->oaep_sha1 ? EVP_sha1() : EVP_sha256();

	return EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_OAEP_PADDING) > 0 &&
	       EVP_PKEY_CTX_set_rsa_oaep_md(key, digest) > 0 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md(key, digest) > 0;
}

/* Key wrap at least as strong as the content key (RFC 5753 section 8); never the triple DES wrap
 * that OpenSSL would choose beside triple DES. */
static const EVP_CIPHER *
key_wrap(const struct cipher *cipher)
{
	if (cipher->strength > 192)
		return EVP_aes_256_wrap();
	if (cipher->strength > 128)
		return EVP_aes_192_wrap();
	return EVP_aes_128_wrap();
}

/* Ephemeral-static ECDH (RFC 5753) with the X9.63 key derivation, which OpenSSL sets by itself, but
 * with SHA-1. SHA-384 serves P-521 too, since some readers know no SHA-512 there. */
static bool
use_ecdh(CMS_RecipientInfo *info, const struct cipher *cipher, int key_bits)
{
	EVP_PKEY_CTX *key = CMS_RecipientInfo_get0_pkey_ctx(info);
	EVP_CIPHER_CTX *wrap = CMS_RecipientInfo_kari_get0_ctx(info);
	const EVP_MD *digest = key_bits > 256 ? EVP_sha384() : EVP_sha256();

	return EVP_PKEY_CTX_set_ecdh_kdf_md(key, digest) > 0 &&
	       EVP_EncryptInit_ex(wrap, key_wrap(cipher), NULL, NULL, NULL) > 0;
}

static int
cannot_seal_to(const struct certificate *certificate, struct error *err)
{
	return error_prefix(err,
	    "the certificate %s of %s (serial %s) can't be sealed to: ", certificate->subject,
	    certificate->issuer, certificate->serial);
}

/* Chooses how the content key is encrypted for one recipient. */
static bool
use_key(
    CMS_RecipientInfo *info, const struct cipher *cipher, const struct seal_recipient *recipient)
{
	const struct certificate *certificate = recipient->certificate;

	if (certificate_key_kind(certificate) == KEY_EC)
		return use_ecdh(info, cipher, certificate_key_bits(certificate));
	return !recipient->oaep || use_oaep(CMS_RecipientInfo_get0_pkey_ctx(info), recipient);
}

static int
add_recipient(CMS_ContentInfo *cms, const struct cipher *cipher,
    const struct seal_recipient *recipient, struct error *err)
{
	X509 *x509 = recipient->certificate->x509;
	CMS_RecipientInfo *info;

	if (certificate_key_kind(recipient->certificate) == KEY_UNSUPPORTED)
		return error_set(err, ERROR_INPUT, "its key is neither RSA nor of a usual curve");
	info = CMS_add1_recipient(cms, x509, NULL, NULL, CMS_KEY_PARAM);
	if (info == NULL || !use_key(info, cipher, recipient))
		return crypto_error(err, ERROR_INPUT, "using its key");
	return 0;
}

/* Makes the object and encrypts the content key for everyone; *stream takes the content then. */
static int
open_object(const struct cipher *cipher, const struct seal_recipient *recipients, size_t count,
    BIO *out, CMS_ContentInfo **cms, BIO **stream, struct error *err)
{
	size_t i;

	*stream = NULL;
	*cms = CMS_encrypt(NULL, NULL, find_cipher(cipher), CMS_STREAM | CMS_BINARY | CMS_PARTIAL);
	if (*cms == NULL)
		return crypto_error(err, ERROR_INTERNAL, "starting a CMS object");
	for (i = 0; i < count; i++) {
		if (add_recipient(*cms, cipher, &recipients[i], err) == -1) {
			cannot_seal_to(recipients[i].certificate, err);
			goto fail;
		}
	}
	*stream = BIO_new_CMS(out, *cms);
	if (*stream == NULL) {
		crypto_error(err, ERROR_INTERNAL, "encrypting the content key");
		goto fail;
	}
	return 0;
fail:
	CMS_ContentInfo_free(*cms);
	*cms = NULL;
	return -1;
}

/* Frees the BIOs above `below`. */
static void
free_above(BIO *top, const BIO *below)
{
	BIO *next;

	for (; top != NULL && top != below; top = next) {
		next = BIO_pop(top);
		BIO_free(top);
	}
}

/* OpenSSL encrypts the content key for all at once and does not say for whom it failed: finds the
 * recipient for whom it fails alone. */
static void
name_culprit(const struct cipher *cipher, const struct seal_recipient *recipients, size_t count,
    struct error *err)
{
	CMS_ContentInfo *cms;
	BIO *out = BIO_new(BIO_s_null());
	BIO *stream;
	size_t i;

	for (i = 0; out != NULL && i < count; i++) {
		if (open_object(cipher, &recipients[i], 1, out, &cms, &stream, err) == -1) {
			cannot_seal_to(recipients[i].certificate, err);
			if (err != NULL && err->code == ERROR_INTERNAL)
				err->code = ERROR_INPUT;
			break;
		}
		free_above(stream, out);
		CMS_ContentInfo_free(cms);
	}
	BIO_free(out);
}

static int
start(struct seal *seal, const struct cipher *cipher, const struct seal_recipient *recipients,
    size_t count, struct error *err)
{
	struct error why = ERROR_INIT;

	ERR_clear_error();
	seal->memory = BIO_new(BIO_s_mem());
	if (seal->memory == NULL)
		return error_no_memory(err);
	if (open_object(cipher, recipients, count, seal->memory, &seal->cms, &seal->stream, &why) ==
	    0)
		return 0;
	if (why.code == ERROR_INTERNAL)
		name_culprit(cipher, recipients, count, &why);
	if (err != NULL)
		*err = why;
	return -1;
}

struct seal *
seal_new(const struct cipher *cipher, const struct seal_recipient *recipients, size_t count,
    seal_sink *sink, void *context, struct error *err)
{
	struct seal *seal;

	if (!cipher->produced) {
		error_set(err, ERROR_INTERNAL, "nothing is sealed with %s", cipher->title);
		return NULL;
	}
	if (count == 0) {
		error_set(err, ERROR_INTERNAL, "nothing is sealed for nobody");
		return NULL;
	}
	seal = calloc(1, sizeof(*seal));
	if (seal == NULL) {
		error_no_memory(err);
		return NULL;
	}
	seal->lines = (struct base64_lines){.sink = sink, .context = context};
	if (start(seal, cipher, recipients, count, err) == -1) {
		seal_free(seal);
		return NULL;
	}
	return seal;
}

/* Hands on all ciphertext that there is. */
static int
drain(struct seal *seal, struct error *err)
{
	char *data;
	long waiting = BIO_get_mem_data(seal->memory, &data);

	if (waiting > 0 &&
	    base64_lines_write(&seal->lines, (unsigned char *)data, (size_t)waiting, err) == -1)
		return -1;
	(void)BIO_reset(seal->memory);
	return 0;
}

static int
write_piece(struct seal *seal, const char *bytes, size_t size, struct error *err)
{
	ERR_clear_error();
	if (BIO_write(seal->stream, bytes, (int)size) != (int)size)
		return crypto_error(err, ERROR_INTERNAL, "encrypting");
	return drain(seal, err);
}

int
seal_write(struct seal *seal, const char *bytes, size_t size, struct error *err)
{
	size_t piece;

	if (seal->over)
		return error_set(err, ERROR_INTERNAL, "writing to a seal that is over");
	seal->begun = seal->begun || size > 0;
	for (; size > 0; bytes += piece, size -= piece) {
		piece = size < PIECE ? size : PIECE;
		if (write_piece(seal, bytes, piece, err) == -1) {
			seal->over = true;
			return -1;
		}
	}
	return 0;
}

int
seal_finish(struct seal *seal, struct error *err)
{
	if (seal->over)
		return error_set(err, ERROR_INTERNAL, "finishing a seal that is over");
	seal->over = true;
	if (!seal->begun)
		return error_set(err, ERROR_INTERNAL, "an entity without its empty line");
	ERR_clear_error();
	if (BIO_flush(seal->stream) <= 0)
		return crypto_error(err, ERROR_INTERNAL, "encrypting the end");
	if (drain(seal, err) == -1)
		return -1;
	return base64_lines_finish(&seal->lines, err);
}

void
seal_free(struct seal *seal)
{
	if (seal == NULL)
		return;
	free_above(seal->stream, seal->memory);
	BIO_free(seal->memory);
	CMS_ContentInfo_free(seal->cms);
	free(seal);
}

const struct seal_fields *
seal_header_fields(const struct cipher *cipher)
{
	/* RFC 8551 3.3, 3.4 */
	static const struct seal_fields enveloped = {
	    " application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", " base64",
	    " attachment; filename=smime.p7m"};
	static const struct seal_fields auth_enveloped = {
	    " application/pkcs7-mime; smime-type=authEnveloped-data; name=smime.p7m", " base64",
	    " attachment; filename=smime.p7m"};

	return cipher->aead ? &auth_enveloped : &enveloped;
}

int
seal_startup(struct error *err)
{
	/* The system's openssl.cnf could activate the legacy provider: it is never read. */
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
		return crypto_error(err, ERROR_INTERNAL, "starting OpenSSL");
	if (OSSL_PROVIDER_available(NULL, "default") != 1 &&
	    OSSL_PROVIDER_load(NULL, "default") == NULL)
		return crypto_error(err, ERROR_INTERNAL, "loading OpenSSL's default provider");
	/* It was, if something used OpenSSL before us. */
	if (OSSL_PROVIDER_available(NULL, "legacy") == 1)
		return error_set(err, ERROR_INTERNAL, "OpenSSL's legacy provider is active");
	return 0;
}
