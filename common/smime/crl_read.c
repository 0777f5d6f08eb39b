/* From bytes to a list: all but the entries is given to OpenSSL as a list without any. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "smime/certificate.h"
#include "smime/crl_private.h"

/* CertificateList (RFC 5280 5.1), as far as it must be taken apart. */
struct layout {
	struct crl_piece tbs;
	struct crl_piece algorithm;
	struct crl_piece signature;
	struct crl_piece entries; /* start NULL: there are none */
};

bool
crl_take(const unsigned char **next, const unsigned char *end, struct crl_piece *piece)
{
	const unsigned char *at = *next;
	long length = 0;
	int class = 0;
	int flags;

	if (at >= end)
		return false;
	flags = ASN1_get_object(&at, &length, &piece->tag, &class, end - *next);
	if ((flags & 0x81) != 0)
		return false;
	piece->start = *next;
	piece->contents = at;
	piece->length = (size_t)length;
	piece->size = (size_t)(at - *next) + piece->length;
	piece->universal = class == V_ASN1_UNIVERSAL;
	*next = at + length;
	return true;
}

bool
crl_take_tag(const unsigned char **next, const unsigned char *end, int tag, struct crl_piece *piece)
{
	const unsigned char *at = *next;

	if (!crl_take(&at, end, piece) || !piece->universal || piece->tag != tag)
		return false;
	*next = at;
	return true;
}

static bool
take_time(const unsigned char **next, const unsigned char *end)
{
	struct crl_piece piece;

	return crl_take_tag(next, end, V_ASN1_UTCTIME, &piece) ||
	       crl_take_tag(next, end, V_ASN1_GENERALIZEDTIME, &piece);
}

/* Up to the entries; what follows them OpenSSL will see. */
static bool
split_tbs(struct layout *layout)
{
	const unsigned char *next = layout->tbs.contents;
	const unsigned char *end = next + layout->tbs.length;
	struct crl_piece piece;

	(void)crl_take_tag(&next, end, V_ASN1_INTEGER, &piece);
	if (!crl_take_tag(&next, end, V_ASN1_SEQUENCE, &piece) ||
	    piece.size != layout->algorithm.size ||
	    memcmp(piece.start, layout->algorithm.start, piece.size) != 0 ||
	    !crl_take_tag(&next, end, V_ASN1_SEQUENCE, &piece) || !take_time(&next, end))
		return false;
	(void)take_time(&next, end);
	if (!crl_take_tag(&next, end, V_ASN1_SEQUENCE, &layout->entries))
		layout->entries.start = NULL;
	return true;
}

static bool
split(const struct crl *crl, struct layout *layout)
{
	const unsigned char *next = crl->der;
	const unsigned char *end = crl->der + crl->size;
	struct crl_piece whole;

	if (!crl_take_tag(&next, end, V_ASN1_SEQUENCE, &whole) || next != end)
		return false;
	next = whole.contents;
	return crl_take_tag(&next, end, V_ASN1_SEQUENCE, &layout->tbs) &&
	       crl_take_tag(&next, end, V_ASN1_SEQUENCE, &layout->algorithm) &&
	       crl_take_tag(&next, end, V_ASN1_BIT_STRING, &layout->signature) && next == end &&
	       split_tbs(layout);
}

static void
put(unsigned char **next, const unsigned char *bytes, size_t size)
{
	memcpy(*next, bytes, size);
	*next += size;
}

/* The list's DER without the entries. */
static unsigned char *
wrap(const struct layout *layout, size_t *size)
{
	const struct crl_piece *tbs = &layout->tbs;
	bool any = layout->entries.start != NULL;
	size_t before = any ? (size_t)(layout->entries.start - tbs->contents) : tbs->length;
	size_t inner = tbs->length - (any ? layout->entries.size : 0);
	size_t outer = (size_t)ASN1_object_size(1, (int)inner, V_ASN1_SEQUENCE) +
		       layout->algorithm.size + layout->signature.size;
	unsigned char *der;
	unsigned char *next;

	*size = (size_t)ASN1_object_size(1, (int)outer, V_ASN1_SEQUENCE);
	der = next = malloc(*size);
	if (der == NULL)
		return NULL;
	ASN1_put_object(&next, 1, (int)outer, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	ASN1_put_object(&next, 1, (int)inner, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	put(&next, tbs->contents, before);
	if (any)
		put(&next, layout->entries.start + layout->entries.size, inner - before);
	put(&next, layout->algorithm.start, layout->algorithm.size);
	put(&next, layout->signature.start, layout->signature.size);
	return der;
}

static int
read_frame(struct crl *crl, const struct layout *layout, struct error *err)
{
	size_t size;
	unsigned char *der = wrap(layout, &size);
	const unsigned char *next = der;

	if (der == NULL)
		return error_no_memory(err);
	crl->frame = d2i_X509_CRL(NULL, &next, (long)size);
	if (crl->frame == NULL || next != der + size)
		error_set(err, ERROR_INPUT, "it is no CRL");
	free(der);
	return crl->frame != NULL && err->code == ERROR_NONE ? 0 : -1;
}

/* A critical extension that isn't known, or one that can't be read, changes what the list means. */
static void
check_extensions(struct crl *crl)
{
	int count = X509_CRL_get_ext_count(crl->frame);
	int i;

	for (i = 0; i < count; i++) {
		X509_EXTENSION *extension = X509_CRL_get_ext(crl->frame, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));

		if (X509_EXTENSION_get_critical(extension) &&
		    nid != NID_issuing_distribution_point && nid != NID_delta_crl &&
		    nid != NID_authority_key_identifier && nid != NID_crl_number)
			crl->unusable = "it has a critical extension that is not known";
	}
}

static void *
read_extension(struct crl *crl, int nid)
{
	int found = -1;
	void *value = X509_CRL_get_ext_d2i(crl->frame, nid, &found, NULL);

	if (value == NULL && found != -1)
		crl->unusable = "an extension of it can't be read";
	return value;
}

static int
read_extensions(struct crl *crl, struct error *err)
{
	check_extensions(crl);
	crl->scope = read_extension(crl, NID_issuing_distribution_point);
	crl->number = read_extension(crl, NID_crl_number);
	crl->base = read_extension(crl, NID_delta_crl);
	if (crl->scope != NULL && crl->scope->distpoint != NULL &&
	    !DIST_POINT_set_dpname(crl->scope->distpoint, X509_CRL_get_issuer(crl->frame)))
		crl->unusable = "the name of its distribution point can't be read";
	if (!certificate_read_time(X509_CRL_get0_lastUpdate(crl->frame), &crl->this_update))
		return error_set(err, ERROR_INPUT, "its date can't be read");
	if (X509_CRL_get0_nextUpdate(crl->frame) != NULL &&
	    !certificate_read_time(X509_CRL_get0_nextUpdate(crl->frame), &crl->next_update))
		return error_set(err, ERROR_INPUT, "the date of its next update can't be read");
	return 0;
}

static int
read_der(struct crl *crl, struct error *err)
{
	struct layout layout;

	if (!split(crl, &layout))
		return error_set(err, ERROR_INPUT, "it is no CRL, or one cut short");
	crl->tbs = layout.tbs.start;
	crl->tbs_size = layout.tbs.size;
	if (read_frame(crl, &layout, err) != 0 || read_extensions(crl, err) != 0)
		return -1;
	return layout.entries.start != NULL ? crl_read_entries(crl, &layout.entries, err) : 0;
}

/* The first list of a PEM text. */
static int
unwrap_pem(struct crl *crl, const void *bytes, size_t size, struct error *err)
{
	BIO *bio = BIO_new_mem_buf(bytes, (int)size);
	char *label = NULL;
	char *header = NULL;
	unsigned char *der = NULL;
	long length = 0;
	bool found = false;

	while (!found && bio != NULL && PEM_read_bio(bio, &label, &header, &der, &length) == 1) {
		found = strcmp(label, PEM_STRING_X509_CRL) == 0;
		if (found) {
			crl->size = (size_t)length;
			crl->der = malloc(crl->size + 1);
			if (crl->der != NULL)
				memcpy(crl->der, der, crl->size);
		}
		OPENSSL_free(label);
		OPENSSL_free(header);
		OPENSSL_free(der);
	}
	BIO_free(bio);
	if (!found)
		return error_set(err, ERROR_INPUT, "it is no CRL, neither DER nor PEM");
	return crl->der != NULL ? 0 : error_no_memory(err);
}

static int
take_bytes(struct crl *crl, const void *bytes, size_t size, struct error *err)
{
	if (size == 0 || *(const unsigned char *)bytes != (V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED))
		return unwrap_pem(crl, bytes, size, err);
	crl->der = malloc(size);
	if (crl->der == NULL)
		return error_no_memory(err);
	memcpy(crl->der, bytes, size);
	crl->size = size;
	return 0;
}

struct crl *
crl_read(const void *bytes, size_t size, size_t most, struct error *err)
{
	struct error local = ERROR_INIT;
	struct crl *crl;

	if (most > CRL_SIZE_MAX)
		most = CRL_SIZE_MAX;
	if (size > most) {
		error_set(err, ERROR_LIMIT, "the CRL has %zu bytes, %zu are the most", size, most);
		return NULL;
	}
	crl = calloc(1, sizeof(*crl));
	if (crl == NULL || pthread_mutex_init(&crl->mutex, NULL) != 0) {
		free(crl);
		error_no_memory(err);
		return NULL;
	}
	crl->references = 1;
	if (take_bytes(crl, bytes, size, &local) != 0 || read_der(crl, &local) != 0) {
		error_set(err, local.code, "%s", local.text);
		crl_unref(crl);
		crl = NULL;
	}
	ERR_clear_error();
	return crl;
}
