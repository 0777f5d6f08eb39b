#include "inspect/envelope.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "inspect/envelope_algorithm.h"
#include "smime/content_cipher.h"

CMS_ContentInfo *
envelope_parse(const struct cms_front *front, struct error *err)
{
	const unsigned char *start = (const unsigned char *)front->kept.data;
	const unsigned char *at = start;
	CMS_ContentInfo *cms;

	ERR_clear_error();
	cms = d2i_CMS_ContentInfo(NULL, &at, (long)front->kept.size);
	/* OpenSSL does not always say that it had no memory: what it can't read is read again. */
	if (cms == NULL) {
		at = start;
		cms = d2i_CMS_ContentInfo(NULL, &at, (long)front->kept.size);
	}
	if (cms == NULL) {
		content_cipher_unread("the CMS object", err);
		return NULL;
	}
	if (at != start + front->kept.size) {
		error_set(err, ERROR_INPUT, "the CMS object can't be read");
		CMS_ContentInfo_free(cms);
		return NULL;
	}
	return cms;
}

static char *
hex(const ASN1_STRING *bytes)
{
	return hex_upper(ASN1_STRING_get0_data(bytes), (size_t)ASN1_STRING_length(bytes));
}

/* How a recipient is named, as OpenSSL parsed it; what is not said is NULL. */
struct name {
	const X509_NAME *issuer;
	const ASN1_INTEGER *serial;
	const ASN1_OCTET_STRING *key_id;
};

/* What is for people of how a recipient is named. */
static int
tell_name(const struct name *name, struct layer_recipient *recipient, struct error *err)
{
	unsigned char *der = NULL;
	int size;

	if (name->key_id != NULL && (recipient->key_id = hex(name->key_id)) == NULL)
		return error_no_memory(err);
	if (name->serial != NULL && (recipient->serial = hex(name->serial)) == NULL)
		return error_no_memory(err);
	if (name->issuer == NULL)
		return 0;
	recipient->issuer = certificate_name_text(name->issuer);
	size = i2d_X509_NAME(name->issuer, &der);
	if (recipient->issuer == NULL || size <= 0 ||
	    (recipient->issuer_der = malloc((size_t)size)) == NULL) {
		OPENSSL_free(der);
		return error_no_memory(err);
	}
	memcpy(recipient->issuer_der, der, (size_t)size);
	recipient->issuer_size = (size_t)size;
	OPENSSL_free(der);
	return 0;
}

/* Adds a recipient; algorithm may be NULL. Takes transport as known by the kind of info. */
static int
add(struct layer *layer, enum layer_transport transport, const X509_ALGOR *algorithm,
    const struct name *name, struct error *err)
{
	struct layer_recipient *recipient = &layer->recipients[layer->recipient_count];

	layer->recipient_count++;
	*recipient = (struct layer_recipient){.transport = transport};
	recipient->algorithm = algorithm == NULL
				   ? strdup("")
				   : envelope_algorithm_text(algorithm, &recipient->transport);
	if (recipient->algorithm == NULL)
		return error_no_memory(err);
	return tell_name(name, recipient, err);
}

static int
add_transport(struct layer *layer, CMS_RecipientInfo *info, struct error *err)
{
	struct name name = {NULL, NULL, NULL};
	ASN1_OCTET_STRING *key_id = NULL;
	X509_NAME *issuer = NULL;
	ASN1_INTEGER *serial = NULL;
	X509_ALGOR *algorithm = NULL;

	if (CMS_RecipientInfo_ktri_get0_signer_id(info, &key_id, &issuer, &serial) == 1)
		name = (struct name){issuer, serial, key_id};
	if (CMS_RecipientInfo_ktri_get0_algs(info, NULL, NULL, &algorithm) != 1)
		algorithm = NULL;
	return add(layer, LAYER_OTHER_TRANSPORT, algorithm, &name, err);
}

static int
add_agreement(struct layer *layer, CMS_RecipientInfo *info, struct error *err)
{
	STACK_OF(CMS_RecipientEncryptedKey) *keys = CMS_RecipientInfo_kari_get0_reks(info);
	X509_ALGOR *algorithm = NULL;
	ASN1_OCTET_STRING *material;
	int i;

	if (CMS_RecipientInfo_kari_get0_alg(info, &algorithm, &material) != 1)
		algorithm = NULL;
	for (i = 0; i < sk_CMS_RecipientEncryptedKey_num(keys); i++) {
		struct name name = {NULL, NULL, NULL};
		ASN1_OCTET_STRING *key_id = NULL;
		X509_NAME *issuer = NULL;
		ASN1_INTEGER *serial = NULL;

		if (CMS_RecipientEncryptedKey_get0_id(sk_CMS_RecipientEncryptedKey_value(keys, i),
			&key_id, NULL, NULL, &issuer, &serial) == 1)
			name = (struct name){issuer, serial, key_id};
		if (add(layer, LAYER_ECDH, algorithm, &name, err) == -1)
			return -1;
	}
	return 0;
}

static int
add_shared_key(struct layer *layer, CMS_RecipientInfo *info, struct error *err)
{
	struct name name = {NULL, NULL, NULL};
	ASN1_OCTET_STRING *key_id = NULL;
	X509_ALGOR *algorithm = NULL;

	if (CMS_RecipientInfo_kekri_get0_id(info, &algorithm, &key_id, NULL, NULL, NULL) != 1)
		algorithm = NULL;
	if (add(layer, LAYER_KEK, algorithm, &name, err) == -1)
		return -1;
	if (key_id == NULL)
		return 0;
	/* It names a key that several share, never a certificate: only for people. */
	name.key_id = key_id;
	return tell_name(&name, &layer->recipients[layer->recipient_count - 1], err);
}

static int
add_info(struct layer *layer, CMS_RecipientInfo *info, struct error *err)
{
	const struct name nobody = {NULL, NULL, NULL};

	switch (CMS_RecipientInfo_type(info)) {
	case CMS_RECIPINFO_TRANS:
		return add_transport(layer, info, err);
	case CMS_RECIPINFO_AGREE:
		return add_agreement(layer, info, err);
	case CMS_RECIPINFO_KEK:
		return add_shared_key(layer, info, err);
	case CMS_RECIPINFO_PASS:
		return add(layer, LAYER_PASSWORD, NULL, &nobody, err);
	default:
		return add(layer, LAYER_OTHER_TRANSPORT, NULL, &nobody, err);
	}
}

/* How many recipients all infos have together. */
static size_t
count_recipients(STACK_OF(CMS_RecipientInfo) * infos)
{
	size_t count = 0;
	int i;

	for (i = 0; i < sk_CMS_RecipientInfo_num(infos); i++) {
		CMS_RecipientInfo *info = sk_CMS_RecipientInfo_value(infos, i);

		if (CMS_RecipientInfo_type(info) == CMS_RECIPINFO_AGREE)
			count += (size_t)sk_CMS_RecipientEncryptedKey_num(
			    CMS_RecipientInfo_kari_get0_reks(info));
		else
			count++;
	}
	return count;
}

static int
read_recipients(CMS_ContentInfo *cms, struct layer *layer, struct error *err)
{
	STACK_OF(CMS_RecipientInfo) *infos = CMS_get0_RecipientInfos(cms);
	size_t count = count_recipients(infos);
	int i;

	if (count > INSPECT_RECIPIENTS_MAX)
		return error_set(err, ERROR_LIMIT, "the CMS object has more than %d recipients",
		    INSPECT_RECIPIENTS_MAX);
	layer->recipients = calloc(count + 1, sizeof(*layer->recipients));
	if (layer->recipients == NULL)
		return error_no_memory(err);
	for (i = 0; i < sk_CMS_RecipientInfo_num(infos); i++) {
		if (add_info(layer, sk_CMS_RecipientInfo_value(infos, i), err) == -1)
			return -1;
	}
	return 0;
}

int
envelope_read(const struct cms_front *front, struct layer *layer, struct error *err)
{
	const unsigned char *kept = (const unsigned char *)front->kept.data;
	CMS_ContentInfo *cms = envelope_parse(front, err);
	int result = -1;

	if (cms == NULL)
		return -1;
	if (content_cipher_read(kept + front->algorithm.at, front->algorithm.size, &layer->cipher,
		layer->cipher_text, sizeof(layer->cipher_text), err) == -1)
		goto done;
	if (front->ciphertext % content_cipher_block(layer->cipher) != 0) {
		error_set(err, ERROR_INPUT, "its ciphertext does not end with a whole block");
		goto done;
	}
	result = read_recipients(cms, layer, err);
done:
	CMS_ContentInfo_free(cms);
	return result;
}
