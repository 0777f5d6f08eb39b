/* One entry of a list, by the certificate's serial number and issuer. */
#include <openssl/err.h>
#include <string.h>

#include "smime/certificate.h"
#include "smime/crl_private.h"

static const X509_NAME *
issuer_at(const struct crl *crl, size_t place)
{
	size_t low = 0;
	size_t high = crl->run_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (crl->runs[middle].place <= place)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? crl->runs[low - 1].issuer : crl_issuer(crl);
}

/* The entry at a place, if it is of that serial number: its end, for OpenSSL to read. */
static bool
has_serial(const struct crl *crl, size_t place, const unsigned char *serial, size_t size,
    struct crl_piece *entry)
{
	const unsigned char *next = crl->der + place;
	const unsigned char *end = crl->der + crl->size;
	struct crl_piece own;

	if (!crl_take_tag(&next, end, V_ASN1_SEQUENCE, entry))
		return false;
	next = entry->contents;
	if (!crl_take_tag(&next, end, V_ASN1_INTEGER, &own))
		return false;
	crl_serial_trim(&own.contents, &own.length);
	return own.length == size && memcmp(own.contents, serial, size) == 0;
}

static void
read_revoked(const struct crl_piece *piece, struct crl_entry *entry)
{
	const unsigned char *next = piece->start;
	X509_REVOKED *revoked = d2i_X509_REVOKED(NULL, &next, (long)piece->size);
	ASN1_ENUMERATED *reason;

	entry->at = 0;
	entry->reason = -1;
	if (revoked == NULL)
		return;
	(void)certificate_read_time(X509_REVOKED_get0_revocationDate(revoked), &entry->at);
	reason = X509_REVOKED_get_ext_d2i(revoked, NID_crl_reason, NULL, NULL);
	if (reason != NULL)
		entry->reason = (int)ASN1_ENUMERATED_get(reason);
	ASN1_ENUMERATED_free(reason);
	X509_REVOKED_free(revoked);
}

/* The first whose hash is not less. */
static size_t
boundary(const struct crl *crl, uint64_t least)
{
	size_t low = 0;
	size_t high = crl->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (crl->entries[middle] < least)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool
crl_find(const struct crl *crl, X509 *certificate, struct crl_entry *entry)
{
	unsigned char *der = NULL;
	int length = i2d_ASN1_INTEGER(X509_get_serialNumber(certificate), &der);
	const unsigned char *next = der;
	struct crl_piece serial;
	struct crl_piece piece;
	bool found = false;
	uint32_t hash;
	size_t i;

	/* Without memory it is not known: better listed than taken for one that is not. */
	entry->at = 0;
	entry->reason = -1;
	if (length <= 0 || !crl_take(&next, der + length, &serial)) {
		OPENSSL_free(der);
		return true;
	}
	crl_serial_trim(&serial.contents, &serial.length);
	hash = crl_serial_hash(serial.contents, serial.length);
	for (i = boundary(crl, (uint64_t)hash << 32);
	     !found && i < crl->count && crl->entries[i] >> 32 == hash; i++) {
		size_t place = (size_t)(crl->entries[i] & UINT32_MAX);

		found =
		    has_serial(crl, place, serial.contents, serial.length, &piece) &&
		    X509_NAME_cmp(issuer_at(crl, place), X509_get_issuer_name(certificate)) == 0;
	}
	if (found)
		read_revoked(&piece, entry);
	OPENSSL_free(der);
	ERR_clear_error();
	return found;
}
