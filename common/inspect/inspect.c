#include "inspect/inspect.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "inspect/cms_front.h"
#include "smime/content_cipher.h"
#include "inspect/pgp_mime.h"

/* Bytes of a body decoded at once: what is held of it. */
#define PIECE ((size_t)16 << 10)

struct inspect {
	enum entity_claim claim;
	bool settled; /* it is readable, whatever follows */
	struct entity_decoder decoder;
	struct buffer decoded;
	struct cms_front front;
	struct pgp_mime pgp;
	CMS_ContentInfo *cms; /* the front, parsed; NULL unless enveloped */
	struct inspection result;
};

/* It is not what it says, for this reason. No memory is the only error that stays one. */
static int
settle(struct inspect *inspect, const struct error *why, struct error *err)
{
	const char *says = inspect->claim == ENTITY_SMIME ? "S/MIME" : "PGP/MIME";

	if (why->code == ERROR_TEMPORARY || why->code == ERROR_INTERNAL) {
		if (err != NULL)
			*err = *why;
		return -1;
	}
	inspect->settled = true;
	snprintf(inspect->result.detail, sizeof(inspect->result.detail), "it says %s, but %.200s",
	    says, why->text);
	cms_front_free(&inspect->front);
	return 0;
}

static int
start(struct inspect *inspect, const struct entity_type *type, struct error *err)
{
	if (type->claim == ENTITY_SMIME) {
		cms_front_init(&inspect->front);
		entity_decoder_init(&inspect->decoder, type->encoding);
		return 0;
	}
	if (type->claim != ENTITY_PGP_MIME)
		return error_set(err, ERROR_INPUT, "it claims to be neither");
	/* RFC 2045 6.4: a multipart is never encoded as a whole. */
	if (type->encoding != ENTITY_IDENTITY)
		return error_set(err, ERROR_INPUT, "it is transfer-encoded as a whole");
	return pgp_mime_init(&inspect->pgp, type->boundary, err);
}

bool
inspect_wanted(const struct entity_type *type)
{
	return type->claim == ENTITY_SMIME || type->claim == ENTITY_PGP_MIME;
}

struct inspect *
inspect_new(const struct entity_type *type, struct error *err)
{
	struct error why = ERROR_INIT;
	struct inspect *inspect = calloc(1, sizeof(*inspect));

	if (inspect == NULL) {
		error_no_memory(err);
		return NULL;
	}
	inspect->claim = type->claim;
	inspect->result.kind = INSPECT_READABLE;
	if (start(inspect, type, &why) == -1 && settle(inspect, &why, err) == -1) {
		free(inspect);
		return NULL;
	}
	return inspect;
}

static int
read_smime(struct inspect *inspect, const char *bytes, size_t size, struct error *err)
{
	size_t taken;
	int result = 0;

	for (; result == 0 && size > 0; bytes += taken, size -= taken) {
		taken = size < PIECE ? size : PIECE;
		buffer_clear(&inspect->decoded);
		result = entity_decode(&inspect->decoder, bytes, taken, &inspect->decoded, err);
		if (result == 0)
			result = cms_front_read(
			    &inspect->front, inspect->decoded.data, inspect->decoded.size, err);
	}
	return result;
}

int
inspect_write(struct inspect *inspect, const char *bytes, size_t size, struct error *err)
{
	struct error why = ERROR_INIT;
	int result;

	if (inspect->settled)
		return 0;
	if (inspect->claim == ENTITY_SMIME)
		result = read_smime(inspect, bytes, size, &why);
	else
		result = pgp_mime_read(&inspect->pgp, bytes, size, &why);
	return result == 0 ? 0 : settle(inspect, &why, err);
}

static int
parse_front(struct inspect *inspect, struct error *err)
{
	const struct buffer *kept = &inspect->front.kept;
	const unsigned char *at = (const unsigned char *)kept->data;

	ERR_clear_error();
	inspect->cms = d2i_CMS_ContentInfo(NULL, &at, (long)kept->size);
	if (inspect->cms == NULL)
		return content_cipher_unread("the CMS object's front", err);
	if (at != (const unsigned char *)kept->data + kept->size)
		return error_set(err, ERROR_INPUT, "the CMS object's front can't be read");
	return content_cipher_read((const unsigned char *)kept->data + inspect->front.algorithm_at,
	    inspect->front.algorithm_size, &inspect->result.cipher, inspect->result.cipher_text,
	    sizeof(inspect->result.cipher_text), err);
}

static int
finish_smime(struct inspect *inspect, struct error *err)
{
	struct cms_front *front = &inspect->front;
	struct inspection *result = &inspect->result;

	if (inspect->decoder.alien > 0)
		return error_set(err, ERROR_INPUT, "%zu bytes in it do not belong to its encoding",
		    inspect->decoder.alien);
	/* A group of four letters that stops short would be dropped, whatever it held. */
	if (inspect->decoder.encoding == ENTITY_BASE64 && inspect->decoder.place != 0)
		return error_set(err, ERROR_INPUT, "its base64 is cut off");
	if (cms_front_finish(front, inspect->decoder.encoding != ENTITY_BASE64, err) == -1)
		return -1;
	if (parse_front(inspect, err) == -1)
		return -1;
	if (front->ciphertext % content_cipher_block(result->cipher) != 0)
		return error_set(
		    err, ERROR_INPUT, "its ciphertext does not end with a whole block");
	result->kind = front->kind;
	result->recipient_infos =
	    (size_t)sk_CMS_RecipientInfo_num(CMS_get0_RecipientInfos(inspect->cms));
	buffer_free(&front->kept);
	return 0;
}

static int
finish_pgp_mime(struct inspect *inspect, struct error *err)
{
	if (pgp_mime_finish(&inspect->pgp, err) == -1)
		return -1;
	inspect->result.kind = INSPECT_PGP_MIME;
	return 0;
}

int
inspect_finish(struct inspect *inspect, const struct inspection **inspection, struct error *err)
{
	struct error why = ERROR_INIT;
	int result = 0;

	*inspection = &inspect->result;
	if (inspect->settled)
		return 0;
	if (inspect->claim == ENTITY_SMIME)
		result = finish_smime(inspect, &why);
	else
		result = finish_pgp_mime(inspect, &why);
	return result == 0 ? 0 : settle(inspect, &why, err);
}

static bool
agreement_addresses(CMS_RecipientInfo *info, X509 *certificate)
{
	STACK_OF(CMS_RecipientEncryptedKey) *keys = CMS_RecipientInfo_kari_get0_reks(info);
	int i;

	for (i = 0; i < sk_CMS_RecipientEncryptedKey_num(keys); i++) {
		if (CMS_RecipientEncryptedKey_cert_cmp(
			sk_CMS_RecipientEncryptedKey_value(keys, i), certificate) == 0)
			return true;
	}
	return false;
}

static bool
info_addresses(CMS_RecipientInfo *info, X509 *certificate)
{
	switch (CMS_RecipientInfo_type(info)) {
	case CMS_RECIPINFO_TRANS:
		return CMS_RecipientInfo_ktri_cert_cmp(info, certificate) == 0;
	case CMS_RECIPINFO_AGREE:
		return agreement_addresses(info, certificate);
	default:
		return false; /* a shared key or a password names nobody */
	}
}

bool
inspect_addresses(const struct inspect *inspect, const struct certificate *certificate)
{
	STACK_OF(CMS_RecipientInfo) * infos;
	int i;

	if (inspect->settled || inspect->cms == NULL)
		return false;
	infos = CMS_get0_RecipientInfos(inspect->cms);
	for (i = 0; i < sk_CMS_RecipientInfo_num(infos); i++) {
		if (info_addresses(sk_CMS_RecipientInfo_value(infos, i), certificate->x509))
			return true;
	}
	return false;
}

size_t
inspect_claimed(const struct inspect *inspect, size_t layer, const struct certificate *certificate)
{
	return layer == 0 && inspect_addresses(inspect, certificate) ? 0 : INSPECT_NONE;
}

bool
inspect_same_issuer(const struct inspect *inspect, size_t layer, size_t recipient,
    const struct certificate *certificate)
{
	return inspect_claimed(inspect, layer, certificate) == recipient;
}

void
inspect_free(struct inspect *inspect)
{
	if (inspect == NULL)
		return;
	CMS_ContentInfo_free(inspect->cms);
	cms_front_free(&inspect->front);
	buffer_free(&inspect->decoded);
	free(inspect);
}
