#include "policy/choice.h"

#include <string.h>

_Static_assert(CIPHER_COUNT <= 32, "a set of ciphers is a uint32_t");

static uint32_t
bit_of(enum cipher_id id)
{
	return UINT32_C(1) << (unsigned int)id;
}

bool
choice_is_usable(const struct digital_id *digital_id)
{
	return digital_id->verdict == REASON_OK && digital_id->certificate != NULL;
}

const struct cipher *
choice_strongest(uint32_t ciphers, const struct cipher *floor)
{
	int id;

	for (id = CIPHER_COUNT - 1; id > CIPHER_UNKNOWN; id--) {
		if ((ciphers & bit_of((enum cipher_id)id)) != 0 &&
		    (floor == NULL || cipher_meets(cipher_get((enum cipher_id)id), floor)))
			return cipher_get((enum cipher_id)id);
	}
	return NULL;
}

const struct cipher *
choice_strongest_named(const struct capabilities *capabilities)
{
	const struct cipher *strongest = NULL;
	size_t i;

	for (i = 0; i < capabilities->cipher_count; i++) {
		if (strongest == NULL || capabilities->ciphers[i] > strongest->id)
			strongest = cipher_get(capabilities->ciphers[i]);
	}
	return strongest;
}

/* The ciphers of a list that we may make. */
static uint32_t
set_of(const struct capabilities *capabilities)
{
	uint32_t set = 0;
	size_t i;

	for (i = 0; i < capabilities->cipher_count; i++) {
		if (cipher_get(capabilities->ciphers[i])->produced)
			set |= bit_of(capabilities->ciphers[i]);
	}
	return set;
}

/* The assumed cipher first, then the AES-CBC ciphers that are not stronger, strongest first. */
static void
assume(const struct cipher *assumed, struct capabilities *capabilities)
{
	static const enum cipher_id aes_cbc[] = {
	    CIPHER_AES256_CBC, CIPHER_AES192_CBC, CIPHER_AES128_CBC};
	size_t i;

	memset(capabilities, 0, sizeof(*capabilities));
	capabilities->from = CAPABILITIES_ASSUMED;
	capabilities->ciphers[capabilities->cipher_count++] = assumed->id;
	for (i = 0; i < ARRAY_LENGTH(aes_cbc); i++) {
		if (aes_cbc[i] != assumed->id &&
		    cipher_get(aes_cbc[i])->strength <= assumed->strength)
			capabilities->ciphers[capabilities->cipher_count++] = aes_cbc[i];
	}
}

/* What the digital ID reads, under this policy; false: unknown, and the policy refuses that. */
static bool
capabilities_under(const struct digital_id *digital_id, const struct config_policy *policy,
    struct capabilities *capabilities)
{
	if (digital_id->capabilities.from != CAPABILITIES_NONE &&
	    digital_id->capabilities.cipher_count > 0) {
		*capabilities = digital_id->capabilities;
		return true;
	}
	if (policy->unknown_capabilities != UNKNOWN_ASSUME)
		return false;
	assume(policy->assumed_cipher, capabilities);
	return true;
}

static enum cipher_id
id_of(const struct cipher *cipher)
{
	return cipher != NULL ? cipher->id : CIPHER_UNKNOWN;
}

/* Makes the digital ID the one that best comes from. */
static void
prefer(struct choice *choice, size_t digital_id, const struct capabilities *capabilities)
{
	choice->known = true;
	choice->digital_id = digital_id;
	choice->capabilities = *capabilities;
	choice->best = choice_strongest(set_of(capabilities), NULL);
}

/* One more usable digital ID of known capabilities; they come best first. */
static void
consider(struct choice *choice, size_t digital_id, const struct capabilities *capabilities,
    const struct config_policy *policy)
{
	const struct cipher *best = choice_strongest(set_of(capabilities), NULL);
	bool better;

	if (policy->digital_ids == DIGITAL_IDS_PREFERRED)
		better =
		    !cipher_meets(choice->best, policy->floor) && cipher_meets(best, policy->floor);
	else
		better = id_of(best) > id_of(choice->best);
	if (!choice->known || better)
		prefer(choice, digital_id, capabilities);
	choice->readable |= set_of(capabilities);
}

void
choice_make(
    const struct recipient *record, const struct config_policy *policy, struct choice *choice)
{
	struct capabilities capabilities;
	size_t i;

	memset(choice, 0, sizeof(*choice));
	if (record == NULL || record->state != RECIPIENT_FOUND)
		return;
	for (i = 0; i < record->digital_id_count; i++) {
		if (!choice_is_usable(&record->digital_ids[i]))
			continue;
		choice->usable++;
		if (capabilities_under(&record->digital_ids[i], policy, &capabilities))
			consider(choice, i, &capabilities, policy);
	}
	if (choice->known && policy->digital_ids == DIGITAL_IDS_PREFERRED)
		choice->readable = set_of(&choice->capabilities);
}

bool
choice_takes(const struct choice *choice, const struct recipient *record, size_t digital_id,
    const struct config_policy *policy, const struct cipher *cipher)
{
	struct capabilities capabilities;

	if (!choice_is_usable(&record->digital_ids[digital_id]))
		return false;
	if (policy->digital_ids == DIGITAL_IDS_PREFERRED && digital_id != choice->digital_id)
		return false;
	return capabilities_under(&record->digital_ids[digital_id], policy, &capabilities) &&
	       (set_of(&capabilities) & bit_of(cipher->id)) != 0;
}
