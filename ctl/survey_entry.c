/* What is found in one entry, from what it publishes and how that was judged. */
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "survey.h"

/* The weakest strength that is not what this is about. */
#define WEAK_STRENGTH 40
#define DAY ((time_t)24 * 60 * 60)

const struct address *
survey_address(const struct config_directory *directory, const struct census_entry *entry)
{
	size_t i;
	size_t d;

	for (i = 0; i < entry->address_count; i++) {
		for (d = 0; d < directory->domains.count; d++) {
			if (address_domain_covers(
				directory->domains.items[d], entry->addresses[i].domain))
				return &entry->addresses[i];
		}
	}
	return NULL;
}

static void
find_standing(struct survey_row *row)
{
	if (row->entry->address_count == 0) {
		row->standing = SURVEY_IS_NAMELESS;
		row->kinds |= SURVEY_BIT(SURVEY_NO_ADDRESS);
	} else if (row->judgement == NULL) {
		row->standing = SURVEY_IS_OUTSIDE;
	} else if (row->judgement->plan->would == ACTION_SEAL) {
		row->standing = SURVEY_IS_USABLE;
	} else if (row->judgement->plan->would == ACTION_DEFER) {
		row->standing = SURVEY_IS_UNKNOWN;
		row->kinds |= SURVEY_BIT(row->planned->reason);
	} else {
		row->standing = SURVEY_IS_UNUSABLE;
		row->kinds |= SURVEY_BIT(SURVEY_UNUSABLE) | SURVEY_BIT(row->planned->reason);
	}
}

/* The strongest that is named; of what is assumed the assumed one. */
static void
find_cipher(struct survey_row *row)
{
	const struct capabilities *capabilities = &row->planned->capabilities;
	enum cipher_id best = CIPHER_UNKNOWN;
	size_t i;

	row->published = capabilities->from == CAPABILITIES_SIGNED ||
			 capabilities->from == CAPABILITIES_EXTENSION;
	if (!row->published) {
		row->cipher = row->planned->cipher;
		row->kinds |= SURVEY_BIT(SURVEY_NO_CAPABILITIES);
		return;
	}
	for (i = 0; i < capabilities->cipher_count; i++) {
		if (capabilities->ciphers[i] > best)
			best = capabilities->ciphers[i];
	}
	row->cipher = cipher_get(best);
}

/* What old clients would do with the one that can be used. */
static void
find_fallback(struct survey_row *row)
{
	const struct cipher *fallback;
	unsigned client;

	for (client = 0; client < CLIENT_COUNT; client++) {
		fallback = row->planned->fallback[client];
		if (fallback != NULL && fallback->strength <= WEAK_STRENGTH)
			row->weak_clients |= (uint32_t)1 << client;
	}
	if (row->weak_clients != 0)
		row->kinds |= SURVEY_BIT(SURVEY_FALLBACK);
}

static void
find_verdicts(struct survey *survey, struct survey_row *row)
{
	const struct digital_id *id;
	size_t i;

	for (i = 0; i < row->record->digital_id_count; i++) {
		id = &row->record->digital_ids[i];
		if (id->stale)
			row->kinds |= SURVEY_BIT(REASON_STALE);
		if (id->verdict != REASON_OK)
			row->kinds |= SURVEY_BIT(id->verdict);
		else if (id->certificate != NULL && id->certificate->not_after > row->expires)
			row->expires = id->certificate->not_after;
	}
	if (row->expires == 0)
		return;
	find_cipher(row);
	find_fallback(row);
	if (row->expires < survey->at + survey->days * DAY)
		row->kinds |= SURVEY_BIT(SURVEY_EXPIRING);
}

/* Whether a certificate stands among the values of one kind. */
static bool
stands_among(const struct census_entry *entry, const struct certificate *certificate)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	char sha256[sizeof(certificate->sha256)];
	const int size = i2d_X509(certificate->x509, NULL);
	const struct census_value *value;
	size_t i;

	for (i = 0; i < entry->value_count; i++) {
		value = &entry->values[i];
		/* Large ones are hashed only if they can be it. */
		if (value->kind != FINDING_CERTIFICATE || value->value == NULL || size <= 0 ||
		    value->size != (size_t)size)
			continue;
		SHA256(value->value, value->size, digest);
		if (strcmp(hex_lower(digest, sizeof(digest), sha256), certificate->sha256) == 0)
			return true;
	}
	return false;
}

static bool
has_kind(const struct census_entry *entry, enum finding_kind kind)
{
	size_t i;

	for (i = 0; i < entry->value_count; i++) {
		if (entry->values[i].kind == kind)
			return true;
	}
	return false;
}

/* Where both attributes are used: whether one has a certificate that the other lacks. What is no
 * certificate, or not meant for encrypting, does not matter. */
static bool
attributes_differ(const struct survey_row *row)
{
	const struct digital_id *id;
	size_t i;

	if (!has_kind(row->entry, FINDING_BLOB) || !has_kind(row->entry, FINDING_CERTIFICATE))
		return false;
	for (i = 0; i < row->record->digital_id_count; i++) {
		id = &row->record->digital_ids[i];
		if (id->certificate == NULL || id->verdict == REASON_WRONG_USAGE)
			continue;
		if (!id->from_blob || !stands_among(row->entry, id->certificate))
			return true;
	}
	return false;
}

static bool
holds_value_twice(const struct census_entry *entry)
{
	const struct census_value *values = entry->values;
	size_t i;
	size_t j;

	for (i = 1; i < entry->value_count; i++) {
		for (j = 0; j < i && values[i].value != NULL; j++) {
			if (values[i].kind == values[j].kind && values[j].value != NULL &&
			    values[i].size == values[j].size &&
			    memcmp(values[i].value, values[j].value, values[i].size) == 0)
				return true;
		}
	}
	return false;
}

/* Each directory is looked at by itself: one may well stand in for another. */
static int
find_duplicates(struct survey *survey, struct survey_row *row, struct error *err)
{
	char *folded = address_fold(row->address, survey->exact_local, err);
	size_t scope = (size_t)row->directory->line + 1;
	const struct certificate *certificate;
	bool first;
	size_t i;

	if (folded == NULL)
		return -1;
	first = survey_seen_first(survey->seen, folded, scope, &survey->seen_full);
	free(folded);
	for (i = 0; i < row->record->digital_id_count; i++) {
		certificate = row->record->digital_ids[i].certificate;
		if (certificate != NULL && !survey_seen_first(survey->seen, certificate->sha256,
					       scope, &survey->seen_full))
			first = false;
	}
	if (!first || holds_value_twice(row->entry))
		row->kinds |= SURVEY_BIT(SURVEY_DUPLICATE);
	return 0;
}

static bool
some_usable_names(
    const struct survey *survey, const struct survey_row *row, const struct address *address)
{
	const struct digital_id *id;
	size_t i;

	for (i = 0; i < row->record->digital_id_count; i++) {
		id = &row->record->digital_ids[i];
		if (id->verdict != REASON_OK || id->certificate == NULL)
			continue;
		if (certificate_has_address(id->certificate, address, survey->exact_local) ||
		    (id->certificate->address_count == 0 && row->directory->bind_by_entry))
			return true;
	}
	return false;
}

/* Mail to the entry's other addresses meets a certificate that does not name them. */
static void
find_aliases(const struct survey *survey, struct survey_row *row)
{
	const struct census_entry *entry = row->entry;
	size_t i;

	for (i = 0; i < entry->address_count && row->standing == SURVEY_IS_USABLE; i++) {
		const struct census_entry alone = {
		    .addresses = &entry->addresses[i], .address_count = 1};

		if (survey_address(row->directory, &alone) != NULL &&
		    !some_usable_names(survey, row, &entry->addresses[i])) {
			row->kinds |= SURVEY_BIT(SURVEY_ALIAS);
			return;
		}
	}
}

int
survey_find(struct survey *survey, struct survey_row *row, struct error *err)
{
	if (row->judgement != NULL) {
		row->record = ticket_record(row->judgement->ticket);
		row->planned = &row->judgement->plan->recipients[0];
	}
	find_standing(row);
	if (row->entry->left_out > 0)
		row->kinds |= SURVEY_BIT(SURVEY_LEFT_OUT);
	if (row->record == NULL || row->record->state != RECIPIENT_FOUND)
		return 0;
	find_verdicts(survey, row);
	if (attributes_differ(row))
		row->kinds |= SURVEY_BIT(SURVEY_DIFFER);
	find_aliases(survey, row);
	return find_duplicates(survey, row, err);
}
