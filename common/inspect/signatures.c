#include "inspect/signatures.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "inspect/signatures_private.h"

/* Certificates tried for one signer: several of one identity are odd, and each costs computations
 * with a stranger's key. */
#define CANDIDATES_MAX 2

void
signatures_say(
    struct layer_signature *signature, enum layer_signature_state state, const char *format, ...)
{
	va_list args;

	signature->state = state;
	va_start(args, format);
	vsnprintf(signature->detail, sizeof(signature->detail), format, args);
	va_end(args);
}

/* OpenSSL says nothing where there was no memory for the list: what it calls none is asked for
 * again. */
static STACK_OF(X509) * get_certificates(CMS_ContentInfo *cms)
{
	STACK_OF(X509) *found = CMS_get1_certs(cms);

	return found != NULL ? found : CMS_get1_certs(cms);
}

static int
add_certificates(struct layer *layer, STACK_OF(X509) * found, struct error *err)
{
	struct error why = ERROR_INIT;
	struct certificate *certificate;
	int count = sk_X509_num(found);
	int i;

	if (count > SIGNATURES_CERTIFICATES_MAX)
		return error_set(err, ERROR_LIMIT, "it has %d certificates; %d are looked at",
		    count, SIGNATURES_CERTIFICATES_MAX);
	layer->certificates = calloc((size_t)(count > 0 ? count : 1), sizeof(*layer->certificates));
	if (layer->certificates == NULL)
		return error_no_memory(err);
	for (i = 0; i < count; i++) {
		certificate = certificate_from_x509(sk_X509_value(found, i), &why);
		if (certificate != NULL)
			layer->certificates[layer->certificate_count++] = certificate;
		else if (why.code != ERROR_INPUT && why.code != ERROR_LIMIT)
			return error_set(err, why.code, "%s", why.text);
		else
			snprintf(layer->detail, sizeof(layer->detail),
			    "a certificate in it can't be read: %.200s", why.text);
	}
	return 0;
}

static int
read_certificates(CMS_ContentInfo *cms, struct layer *layer, struct error *err)
{
	STACK_OF(X509) *found = get_certificates(cms);
	STACK_OF(X509_CRL) *crls = CMS_get1_crls(cms);
	int result = add_certificates(layer, found, err);

	layer->crl_count = crls != NULL ? (size_t)sk_X509_CRL_num(crls) : 0;
	sk_X509_pop_free(found, X509_free);
	sk_X509_CRL_pop_free(crls, X509_CRL_free);
	return result;
}

static char *
hex(const ASN1_STRING *bytes)
{
	size_t size = (size_t)ASN1_STRING_length(bytes);

	if (size > CERTIFICATE_SERIAL_MAX)
		size = CERTIFICATE_SERIAL_MAX;
	return hex_upper(ASN1_STRING_get0_data(bytes), size);
}

static int
read_identity(CMS_SignerInfo *signer, struct layer_signature *signature, struct error *err)
{
	ASN1_OCTET_STRING *key_id = NULL;
	ASN1_INTEGER *serial = NULL;
	X509_NAME *issuer = NULL;

	if (CMS_SignerInfo_get0_signer_id(signer, &key_id, &issuer, &serial) != 1)
		return error_set(err, ERROR_INPUT, "one of its signers can't be read");
	if (key_id != NULL) {
		signature->key_id = hex(key_id);
		return signature->key_id != NULL ? 0 : error_no_memory(err);
	}
	signature->issuer = certificate_name_text(issuer);
	signature->serial = hex(serial);
	return signature->issuer != NULL && signature->serial != NULL ? 0 : error_no_memory(err);
}

/* Of several certificates with the signer's identity the one whose key verifies; else the first. */
static int
try_certificates(CMS_SignerInfo *signer, const struct signatures_algorithms *algorithms,
    struct digests *digests, const struct layer *layer, struct layer_signature *signature,
    struct error *err)
{
	struct certificate *certificate;
	int tried = 0;
	size_t i;

	for (i = 0; i < layer->certificate_count && tried < CANDIDATES_MAX; i++) {
		certificate = layer->certificates[i];
		if (CMS_SignerInfo_cert_cmp(signer, certificate->x509) != 0)
			continue;
		tried++;
		if (tried == 1)
			signature->certificate = certificate_ref(certificate);
		if (signature->state == LAYER_SIGNATURE_MALFORMED)
			return 0;
		if (signatures_verify(
			signer, certificate->x509, algorithms, digests, signature, err) != 0)
			return -1;
		if (signature->state != LAYER_SIGNATURE_GOOD)
			continue;
		certificate_unref(signature->certificate);
		signature->certificate = certificate_ref(certificate);
		return 0;
	}
	return 0;
}

static int
read_signature(CMS_ContentInfo *cms, CMS_SignerInfo *signer, struct digests *digests,
    const struct layer *layer, struct layer_signature *signature, struct error *err)
{
	struct signatures_algorithms algorithms = signatures_algorithms_read(signer, signature);

	signatures_say(signature, LAYER_SIGNATURE_NO_CERTIFICATE,
	    "the signer's certificate does not come with it");
	if (read_identity(signer, signature, err) != 0)
		return -1;
	signatures_attributes_read(cms, signer, signature);
	if (try_certificates(signer, &algorithms, digests, layer, signature, err) != 0)
		return -1;
	if (signature->state != LAYER_SIGNATURE_GOOD)
		signature->capabilities = (struct capabilities){.from = CAPABILITIES_NONE};
	return 0;
}

static int
read_signatures(
    CMS_ContentInfo *cms, struct digests *digests, struct layer *layer, struct error *err)
{
	STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(cms);
	int count = signers != NULL ? sk_CMS_SignerInfo_num(signers) : 0;
	int i;

	if (count > SIGNATURES_SIGNERS_MAX)
		return error_set(err, ERROR_LIMIT, "it has %d signers; %d are looked at", count,
		    SIGNATURES_SIGNERS_MAX);
	if (count <= 0)
		return 0;
	layer->signatures = calloc((size_t)count, sizeof(*layer->signatures));
	if (layer->signatures == NULL)
		return error_no_memory(err);
	layer->signature_count = (size_t)count;
	for (i = 0; i < count; i++) {
		if (read_signature(cms, sk_CMS_SignerInfo_value(signers, i), digests, layer,
			&layer->signatures[i], err) != 0)
			return -1;
	}
	return 0;
}

int
signatures_read(
    CMS_ContentInfo *cms, struct digests *digests, struct layer *layer, struct error *err)
{
	int result = -1;

	if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
		error_set(err, ERROR_INPUT, "it is no SignedData");
	else if (read_certificates(cms, layer, err) == 0)
		result = read_signatures(cms, digests, layer, err);
	ERR_clear_error();
	return result;
}
