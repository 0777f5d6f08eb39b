/* Which values of an entry are dead, by what the daemon thinks of their digital IDs. */
#include <stdlib.h>
#include <string.h>

#include "clean.h"
#include "smime/blob.h"
#include "smime/certificate.h"

/* Verdicts that time and answers don't change, or a decision of the administrator's does. What may yet
 * become good is none of them: not valid yet, a missing intermediate, an unknown revocation. */
static const enum reason_id verdicts[] = {REASON_EXPIRED, REASON_STALE, REASON_MALFORMED,
    REASON_REVOKED, REASON_UNTRUSTED_ISSUER, REASON_INVALID_CHAIN, REASON_WRONG_USAGE,
    REASON_ADDRESS_MISMATCH, REASON_WEAK_KEY, REASON_WEAK_DIGEST, REASON_KEY_UNSUPPORTED};

clean_reasons
clean_reasons_default(void)
{
	return CLEAN_BIT(REASON_EXPIRED) | CLEAN_BIT(REASON_STALE) | CLEAN_BIT(REASON_MALFORMED);
}

const char *
clean_reason_code(unsigned reason)
{
	return reason == CLEAN_SUPERSEDED ? "superseded" : reason_get((enum reason_id)reason)->code;
}

static bool
read_one(const char *code, size_t size, clean_reasons *reasons)
{
	unsigned reason;
	size_t i;

	for (i = 0; i <= ARRAY_LENGTH(verdicts); i++) {
		reason = i < ARRAY_LENGTH(verdicts) ? (unsigned)verdicts[i] : CLEAN_SUPERSEDED;
		if (strlen(clean_reason_code(reason)) == size &&
		    strncmp(clean_reason_code(reason), code, size) == 0) {
			*reasons |= CLEAN_BIT(reason);
			return true;
		}
	}
	return false;
}

static int
refuse(const char *code, size_t size, struct error *err)
{
	char known[400] = "";
	size_t used = 0;
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(verdicts) && used < sizeof(known); i++)
		used += (size_t)snprintf(
		    known + used, sizeof(known) - used, " %s", clean_reason_code(verdicts[i]));
	return error_set(err, ERROR_INPUT, "\"%.*s\" is none of:%s superseded",
	    (int)(size < 60 ? size : 60), code, known);
}

int
clean_reasons_read(const char *text, clean_reasons *reasons, struct error *err)
{
	size_t size;

	for (;; text++) {
		size = strcspn(text, ",");
		if (!read_one(text, size, reasons))
			return refuse(text, size, err);
		text += size;
		if (*text == '\0')
			return 0;
	}
}

/* The entry was judged for one address, and may have others. */
static bool
names_another_address(const struct clean_finding *finding, const struct digital_id *id)
{
	size_t i;

	for (i = 0; i < finding->entry->address_count; i++) {
		if (certificate_has_address(
			id->certificate, &finding->entry->addresses[i], finding->exact_local))
			return true;
	}
	return false;
}

/* Whether a newer usable one for the address takes its place. */
static bool
is_superseded(const struct clean_finding *finding, const struct digital_id *id)
{
	const struct recipient *record = finding->record;
	size_t i;

	for (i = 0; i < record->digital_id_count; i++) {
		const struct digital_id *other = &record->digital_ids[i];

		if (other->certificate != NULL && other->verdict == REASON_OK && !other->stale &&
		    other->certificate->not_before > id->certificate->not_before)
			return true;
	}
	return false;
}

/*
 * Why a digital ID is dead; 0: it is not. "Stale" is said of all that stands in a blob beside a usable
 * one, also of what may yet become good: it counts where the digital ID is past its time, revoked, or
 * usable and replaced by a newer one; and only in the blob, which is what hides the better one.
 */
static clean_reasons
reasons_of(const struct clean_finding *finding, const struct digital_id *id, enum finding_kind kind,
    clean_reasons wanted)
{
	clean_reasons found = 0;

	if (id->verdict != REASON_OK)
		found |= CLEAN_BIT(id->verdict);
	if (id->verdict == REASON_ADDRESS_MISMATCH && names_another_address(finding, id))
		found = 0;
	if (id->stale && kind == FINDING_BLOB &&
	    (id->verdict == REASON_OK || id->verdict == REASON_EXPIRED ||
		id->verdict == REASON_REVOKED))
		found |= CLEAN_BIT(REASON_STALE);
	if (id->verdict == REASON_OK && (wanted & CLEAN_BIT(CLEAN_SUPERSEDED)) != 0 &&
	    is_superseded(finding, id))
		found |= CLEAN_BIT(CLEAN_SUPERSEDED);
	return found & wanted;
}

/* Of one certificate of a value: adds why it is dead; lives: it is not. What the record does not know is
 * no digital ID (a CA's certificate), and says nothing. */
static int
judge_certificate(const struct clean_finding *finding, X509 *x509, enum finding_kind kind,
    clean_reasons wanted, clean_reasons *dead, bool *lives, struct error *err)
{
	struct certificate *certificate = certificate_from_x509(x509, err);
	const struct digital_id *id;
	clean_reasons reasons;

	if (certificate == NULL)
		return err->code == ERROR_INPUT || err->code == ERROR_LIMIT ? 0 : -1;
	id = recipient_find(finding->record, certificate->sha256);
	if (id != NULL) {
		reasons = reasons_of(finding, id, kind, wanted);
		*dead |= reasons;
		*lives |= reasons == 0;
	}
	certificate_unref(certificate);
	return 0;
}

/* What can't be read, and not for want of memory or room. */
static int
judge_unreadable(clean_reasons wanted, clean_reasons *dead, const struct error *err)
{
	*dead = err->code == ERROR_INPUT ? wanted & CLEAN_BIT(REASON_MALFORMED) : 0;
	return err->code == ERROR_INPUT || err->code == ERROR_LIMIT ? 0 : -1;
}

static int
judge_blob(const struct clean_finding *finding, const struct census_value *value,
    clean_reasons wanted, clean_reasons *dead, struct error *err)
{
	struct blob *blob = blob_read(value->value, value->size, err);
	bool lives = false;
	int result = 0;
	int i;

	if (blob == NULL)
		return judge_unreadable(wanted, dead, err);
	for (i = 0; i < sk_X509_num(blob->certificates) && result == 0; i++)
		result = judge_certificate(finding, sk_X509_value(blob->certificates, i),
		    FINDING_BLOB, wanted, dead, &lives, err);
	if (lives)
		*dead = 0;
	blob_free(blob);
	return result;
}

static int
judge_bare(const struct clean_finding *finding, const struct census_value *value,
    clean_reasons wanted, clean_reasons *dead, struct error *err)
{
	struct certificate *certificate = certificate_from_der(value->value, value->size, err);
	bool lives = false;
	int result;

	if (certificate == NULL)
		return judge_unreadable(wanted, dead, err);
	result = judge_certificate(
	    finding, certificate->x509, FINDING_CERTIFICATE, wanted, dead, &lives, err);
	certificate_unref(certificate);
	return result;
}

static bool
has_usable(const struct recipient *record)
{
	return record->digital_id_count > 0 && record->digital_ids[0].verdict == REASON_OK;
}

int
clean_judge(struct clean_finding *finding, clean_reasons reasons, struct error *err)
{
	const struct census_entry *entry = finding->entry;
	const struct census_value *value;
	size_t i;

	finding->dead = calloc(entry->value_count + 1, sizeof(*finding->dead));
	if (finding->dead == NULL)
		return error_no_memory(err);
	for (i = 0; i < entry->value_count; i++) {
		value = &entry->values[i];
		if (value->kind == FINDING_CA || value->value == NULL)
			continue;
		if ((value->kind == FINDING_BLOB ? judge_blob : judge_bare)(
			finding, value, reasons, &finding->dead[i], err) != 0)
			return -1;
		finding->count += finding->dead[i] != 0;
	}
	return 0;
}

void
clean_judge_again(
    struct clean_finding *finding, clean_reasons reasons, const struct recipient *after)
{
	const struct recipient *before = finding->record;
	const struct digital_id *id;
	const struct digital_id *now;
	size_t i;

	if (after == NULL || after->state == RECIPIENT_UNAVAILABLE) {
		finding->spared = "what would stay could not be judged";
		return;
	}
	for (i = 0; i < before->digital_id_count && finding->spared == NULL; i++) {
		id = &before->digital_ids[i];
		if (id->verdict != REASON_OK || reasons_of(finding, id, FINDING_BLOB, reasons) != 0)
			continue;
		now = recipient_find(after, id->certificate->sha256);
		if (now == NULL || now->verdict != REASON_OK)
			finding->spared = "a usable digital ID needs the chain in it";
	}
	if (finding->spared == NULL && has_usable(before) && !has_usable(after))
		finding->spared = "no usable digital ID would be left";
}

void
clean_finding_clear(struct clean_finding *finding)
{
	free(finding->dead);
	memset(finding, 0, sizeof(*finding));
}
