/* The entries of a list: where they stand, by serial number. */
#include <stdlib.h>

#include "base/array.h"
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
	struct crl_run *runs;
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
	runs = array_grow(crl->runs, crl->run_count, sizeof(*runs), err);
	if (runs == NULL) {
		X509_NAME_free(issuer);
		return -1;
	}
	crl->runs = runs;
	runs[crl->run_count++] = (struct crl_run){(uint32_t)place, issuer};
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
make_room(struct crl *crl, struct error *err)
{
	uint64_t *entries;

	if (crl->count >= CRL_ENTRIES_MAX)
		return error_set(
		    err, ERROR_LIMIT, "the CRL has more than %d entries", CRL_ENTRIES_MAX);
	entries = array_grow(crl->entries, crl->count, sizeof(*entries), err);
	if (entries == NULL)
		return -1;
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
	bool sound;

	while (next < end) {
		if (make_room(crl, err) != 0)
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
