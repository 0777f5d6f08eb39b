#include "policy/client.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "policy/evidence.h"

#define DETAIL_SIZE 512

/* Parts of a detail, so that all of them fit. */
#define NAME_MOST 110
#define SERIAL_MOST 80
#define PUBLISHED_MOST 300

/* Whether anything in the message is encrypted (S/MIME), forwarded messages aside. */
static bool
has_encrypted(const struct facts *facts)
{
	return facts->body != NULL || facts->weakest != NULL;
}

const struct digital_id *
client_addressed(const struct facts_recipient *who)
{
	size_t i;

	for (i = 0; who->addressed != NULL && i < who->record->digital_id_count; i++) {
		if (who->addressed[i] && choice_is_usable(&who->record->digital_ids[i]))
			return &who->record->digital_ids[i];
	}
	return NULL;
}

/* What waiting may change passes where the rule lets an outage pass. */
static bool
refuses(const struct standing *standing, enum reason_id reason)
{
	if (reason_is_temporary(reason) && standing->encrypt == ENCRYPT_PREFERRED &&
	    standing->policy->unavailable == UNAVAILABLE_PASS)
		return false;
	return finding_refuses(standing->policy, reason);
}

static int
add(struct findings_list *list, struct plan_finding *finding, const struct standing *standing,
    const char *detail, struct error *err)
{
	char text[DETAIL_SIZE];

	/* Whole characters: it becomes JSON. */
	snprintf(text, sizeof(text), "%.*s", (int)utf8_cut(detail, DETAIL_SIZE - 1), detail);
	finding->refuses = finding->refuses || refuses(standing, finding->reason);
	return finding_add(list, FINDINGS_OF_RECIPIENT_MAX, finding, text, err);
}

/* The cipher that counts: of the whole, or else the weakest. */
static const struct cipher *
cipher_of(const struct facts *facts, const char **text)
{
	const struct layer *layer = facts->body != NULL ? facts->body : facts->weakest;

	*text = layer->cipher_text;
	if ((*text)[0] == '\0')
		*text = layer->cipher != NULL ? layer->cipher->title : "an unknown cipher";
	return layer->cipher;
}

int
client_find_cipher(const struct facts *facts, const struct standing *standing,
    struct findings_list *list, struct error *err)
{
	struct plan_finding finding = {.reason = REASON_WEAK_CIPHER};
	char detail[DETAIL_SIZE];
	const char *used;

	if (cipher_meets(cipher_of(facts, &used), standing->policy->floor))
		return 0;
	finding.refuses = standing->encrypt == ENCRYPT_REQUIRED;
	snprintf(detail, sizeof(detail),
	    "the mail client encrypted %s with %.*s; the weakest allowed is %s",
	    facts->body != NULL ? "the message" : "a part of the message", (int)utf8_cut(used, 128),
	    used, standing->policy->floor->title);
	return add(list, &finding, standing, detail, err);
}

static int
find_malformed(const struct facts *facts, const struct standing *standing,
    struct findings_list *list, struct error *err)
{
	struct plan_finding finding = {.reason = REASON_MALFORMED_MESSAGE};

	if (!facts->malformed)
		return 0;
	return add(list, &finding, standing,
	    facts->malformed_detail != NULL ? facts->malformed_detail : "", err);
}

/* Addressed by digital IDs of which none can be used: the most hopeful one says why. */
static int
find_unusable(const struct standing *standing, const struct digital_id *hopeful,
    struct findings_list *list, struct error *err)
{
	struct plan_finding finding = {.reason = REASON_MALFORMED, .evidence = hopeful};
	char detail[DETAIL_SIZE];

	if (hopeful->verdict != REASON_OK && reason_get(hopeful->verdict)->smtp != 0)
		finding.reason = hopeful->verdict;
	evidence_describe(hopeful, detail, sizeof(detail));
	return add(list, &finding, standing, detail, err);
}

/* The best digital ID that has a certificate. */
static const struct digital_id *
first_certified(const struct recipient *record)
{
	size_t i;

	for (i = 0; i + 1 < record->digital_id_count; i++) {
		if (record->digital_ids[i].certificate != NULL)
			break;
	}
	return &record->digital_ids[i];
}

static int
find_superseded(const struct facts_recipient *who, const struct standing *standing,
    struct findings_list *list, struct error *err)
{
	struct plan_finding finding = {.reason = REASON_SUPERSEDED_CERTIFICATE,
	    .evidence = first_certified(who->record),
	    .in_use = who->superseded};
	const char *issuer = who->superseded->issuer != NULL ? who->superseded->issuer : "?";
	const char *serial = who->superseded->serial != NULL ? who->superseded->serial : "?";
	char published[DETAIL_SIZE];
	char detail[DETAIL_SIZE * 2];

	evidence_describe(finding.evidence, published, sizeof(published));
	snprintf(detail, sizeof(detail),
	    "encrypted for serial %.*s, issued by %.*s, which is not published; published: %.*s",
	    (int)utf8_cut(serial, SERIAL_MOST), serial, (int)utf8_cut(issuer, NAME_MOST), issuer,
	    (int)utf8_cut(published, PUBLISHED_MOST), published);
	return add(list, &finding, standing, detail, err);
}

static int
find_not_addressed(const struct facts_recipient *who, const struct standing *standing,
    struct findings_list *list, struct error *err)
{
	struct plan_finding finding = {.reason = REASON_RECIPIENT_NOT_ADDRESSED};
	char detail[DETAIL_SIZE] = "";

	if (who->record->digital_id_count > 0) {
		finding.evidence = &who->record->digital_ids[0];
		evidence_describe(finding.evidence, detail, sizeof(detail));
	}
	return add(list, &finding, standing, detail, err);
}

int
client_find_address(const struct facts_recipient *who, const struct standing *standing,
    struct findings_list *list, struct error *err)
{
	const struct digital_id *hopeful = NULL;

	if (client_addressed(who) != NULL)
		return 0;
	if (who->addressed != NULL)
		hopeful = evidence_most_hopeful(who->record, who->addressed);
	if (hopeful != NULL)
		return find_unusable(standing, hopeful, list, err);
	if (who->superseded != NULL && who->record->digital_id_count > 0)
		return find_superseded(who, standing, list, err);
	return find_not_addressed(who, standing, list, err);
}

static int
find_encrypted(const struct facts *facts, const struct facts_recipient *who,
    const struct standing *standing, struct findings_list *list, struct error *err)
{
	struct plan_finding refused = {.reason = REASON_CLIENT_ENCRYPTION_REFUSED};

	if (standing->policy->client_encrypted == CLIENT_ENCRYPTED_REFUSE)
		return add(list, &refused, standing, "", err);
	if (standing->policy->client_encrypted == CLIENT_ENCRYPTED_ACCEPT)
		return 0;
	if (client_find_cipher(facts, standing, list, err) != 0)
		return -1;
	if (facts->envelope == NULL || standing->encrypt == ENCRYPT_NEVER || who->record == NULL ||
	    who->record->state != RECIPIENT_FOUND)
		return 0;
	return client_find_address(who, standing, list, err);
}

int
client_find_all(const struct facts *facts, const struct facts_recipient *who,
    const struct standing *standing, struct findings_list *list, struct error *err)
{
	if (has_encrypted(facts) && find_encrypted(facts, who, standing, list, err) != 0)
		return -1;
	return find_malformed(facts, standing, list, err);
}
