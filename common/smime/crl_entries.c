/* The entries of a list: where they stand, by serial number; and one of them. */
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "smime/certificate.h"
#include "smime/crl_private.h"

/* Object identifiers of entry extensions: 2.5.29.N (RFC 5280 5.3). */
#define OID_SIZE 3
#define REASON_CODE 21
#define HOLD_INSTRUCTION 23
#define INVALIDITY_DATE 24
#define CERTIFICATE_ISSUER 29

void
crl_serial_trim(const unsigned char **bytes, size_t *size)
{
	while (*size > 1 && (((*bytes)[0] == 0 && (*bytes)[1] < 0x80) ||
				((*bytes)[0] == 0xff && (*bytes)[1] >= 0x80))) {
		(*bytes)++;
		(*size)--;
	}
}

/* FNV-1a. Who makes a list may make it slow, for those who ask about his own certificates. */
uint32_t
crl_serial_hash(const unsigned char *bytes, size_t size)
{
	uint32_t hash = 2166136261U;
	size_t i;

	for (i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 16777619U;
	return hash;
}

/* From here on entries are of another issuer. */
static int
add_run(struct crl *crl, size_t place, const struct crl_piece *value, struct error *err)
{
	const unsigned char *next = value->contents;
	GENERAL_NAMES *names = d2i_GENERAL_NAMES(NULL, &next, (long)value->length);
	X509_NAME *issuer = NULL;
	int i;

	for (i = 0; issuer == NULL && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_DIRNAME)
			issuer = X509_NAME_dup(name->d.directoryName);
	}
	GENERAL_NAMES_free(names);
	if (issuer == NULL || crl->run_count == CRL_ISSUERS_MAX) {
		crl->unusable = issuer == NULL ? "the issuer of an entry can't be read"
					       : "it names too many issuers";
		X509_NAME_free(issuer);
		return 0;
	}
	if (crl->run_count == crl->run_room) {
		size_t room = crl->run_room * 2 + 4;
		struct crl_run *runs = realloc(crl->runs, room * sizeof(*runs));

		if (runs == NULL) {
			X509_NAME_free(issuer);
			return error_no_memory(err);
		}
		crl->runs = runs;
		crl->run_room = room;
	}
	crl->runs[crl->run_count++] = (struct crl_run){(uint32_t)place, issuer};
	return 0;
}

static bool
is_known(const struct crl_piece *oid, unsigned char last)
{
	return oid->length == OID_SIZE && oid->contents[0] == 0x55 && oid->contents[1] == 0x1d &&
	       oid->contents[2] == last;
}

/* -1 without memory; *sound: whether this is an extension at all. */
static int
read_extension(struct crl *crl, size_t place, const struct crl_piece *extension, bool *sound,
    struct error *err)
{
	const unsigned char *next = extension->contents;
	const unsigned char *end = next + extension->length;
	struct crl_piece oid, flag, value;
	bool critical;

	*sound = crl_take_tag(&next, end, V_ASN1_OBJECT, &oid);
	if (!*sound)
		return 0;
	critical = crl_take_tag(&next, end, V_ASN1_BOOLEAN, &flag) && flag.length == 1 &&
		   flag.contents[0] != 0;
	*sound = crl_take_tag(&next, end, V_ASN1_OCTET_STRING, &value) && next == end;
	if (!*sound)
		return 0;
	if (is_known(&oid, CERTIFICATE_ISSUER))
		return add_run(crl, place, &value, err);
	if (critical && !is_known(&oid, REASON_CODE) && !is_known(&oid, HOLD_INSTRUCTION) &&
	    !is_known(&oid, INVALIDITY_DATE))
		crl->unusable = "an entry has a critical extension that is not known";
	return 0;
}

static int
read_extensions(
    struct crl *crl, size_t place, const struct crl_piece *list, bool *sound, struct error *err)
{
	const unsigned char *next = list->contents;
	const unsigned char *end = next + list->length;
	struct crl_piece extension;

	*sound = true;
	while (*sound && next < end) {
		*sound = crl_take_tag(&next, end, V_ASN1_SEQUENCE, &extension);
		if (*sound && read_extension(crl, place, &extension, sound, err) != 0)
			return -1;
	}
	return 0;
}

/* revokedCertificates' one: serial, date, extensions. */
static int
read_entry(struct crl *crl, const struct crl_piece *entry, bool *sound, struct error *err)
{
	const unsigned char *next = entry->contents;
	const unsigned char *end = next + entry->length;
	size_t place = (size_t)(entry->start - crl->der);
	struct crl_piece serial, other;

	*sound = crl_take_tag(&next, end, V_ASN1_INTEGER, &serial) && serial.length > 0 &&
		 (crl_take_tag(&next, end, V_ASN1_UTCTIME, &other) ||
		     crl_take_tag(&next, end, V_ASN1_GENERALIZEDTIME, &other));
	if (!*sound)
		return 0;
	if (next < end) {
		*sound = crl_take_tag(&next, end, V_ASN1_SEQUENCE, &other) && next == end;
		if (*sound && read_extensions(crl, place, &other, sound, err) != 0)
			return -1;
	}
	crl_serial_trim(&serial.contents, &serial.length);
	crl->entries[crl->count++] =
	    (uint64_t)crl_serial_hash(serial.contents, serial.length) << 32 | place;
	return 0;
}

static int
make_room(struct crl *crl, size_t *room, struct error *err)
{
	uint64_t *entries;

	if (crl->count < *room)
		return 0;
	if (crl->count >= CRL_ENTRIES_MAX)
		return error_set(
		    err, ERROR_LIMIT, "the CRL has more than %d entries", CRL_ENTRIES_MAX);
	*room = *room * 2 + 16;
	entries = realloc(crl->entries, *room * sizeof(*entries));
	if (entries == NULL)
		return error_no_memory(err);
	crl->entries = entries;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *left = a;
	const uint64_t *right = b;

	return *left < *right ? -1 : *left > *right;
}

/* What was made too large is given back; failing that is no harm. */
static void
trim(struct crl *crl)
{
	uint64_t *entries = realloc(crl->entries, (crl->count + 1) * sizeof(*entries));

	if (entries != NULL)
		crl->entries = entries;
}

int
crl_read_entries(struct crl *crl, const struct crl_piece *list, struct error *err)
{
	const unsigned char *next = list->contents;
	const unsigned char *end = next + list->length;
	struct crl_piece entry;
	size_t room = 0;
	bool sound;

	while (next < end) {
		if (make_room(crl, &room, err) != 0)
			return -1;
		sound = crl_take_tag(&next, end, V_ASN1_SEQUENCE, &entry);
		if (sound && read_entry(crl, &entry, &sound, err) != 0)
			return -1;
		if (!sound)
			return error_set(
			    err, ERROR_INPUT, "entry %zu of the CRL can't be read", crl->count + 1);
	}
	trim(crl);
	qsort(crl->entries, crl->count, sizeof(*crl->entries), compare);
	return 0;
}

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

	if (length <= 0 || !crl_take(&next, der + length, &serial))
		return false;
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
