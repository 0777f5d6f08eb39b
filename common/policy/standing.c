#include "policy/standing.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "policy/evidence.h"
#include "policy/standing_private.h"

void
standing_explain(struct plan_recipient *told, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(told->detail, sizeof(told->detail), format, args);
	va_end(args);
	told->detail[utf8_cut(told->detail, sizeof(told->detail) - 5)] = '\0';
}

void
standing_settle(struct standing *standing, struct plan_recipient *told, enum action alone,
    enum reason_id reason)
{
	standing->alone = alone;
	standing->sealable = alone == ACTION_SEAL;
	told->reason = reason;
	told->trust_failure = reason_get(reason)->trust_failure;
}

enum action
standing_bar(enum reason_id reason)
{
	return reason_is_temporary(reason) ? ACTION_DEFER : ACTION_REFUSE;
}

/* Settles what can't be encrypted as it should be, by mode: the table in DESIGN. `unusable` says
 * whether `unusable = refuse` covers the finding. */
static void
bar(struct standing *standing, struct plan_recipient *told, enum reason_id reason, bool unusable)
{
	const struct config_policy *policy = standing->policy;
	enum action action = standing_bar(reason);

	if (standing->encrypt == ENCRYPT_PREFERRED) {
		if (action == ACTION_DEFER && policy->unavailable == UNAVAILABLE_PASS)
			action = ACTION_PASS;
		else if (action == ACTION_REFUSE && !(unusable && policy->unusable == REFUSE))
			action = ACTION_PASS;
	}
	standing_settle(standing, told, action, reason);
}

/* Nothing published, a group whose members can't stand for it, or the directory did not answer;
 * false if there are digital IDs to look at. */
bool
standing_is_without_record(const struct recipient *record)
{
	return record == NULL || record->state != RECIPIENT_FOUND;
}

/* No answer: a look-up that was never made counts too, because nothing may leave unchecked. */
bool
standing_is_unavailable(const struct recipient *record)
{
	return record == NULL || record->state == RECIPIENT_UNAVAILABLE;
}

void
standing_bar_unavailable(
    const struct recipient *record, struct standing *standing, struct plan_recipient *told)
{
	bar(standing, told, REASON_DIRECTORY_UNAVAILABLE, false);
	standing_explain(told, "%s",
	    record != NULL && record->detail != NULL ? record->detail : "no answer in time");
}

/* What else is to be said of a recipient without digital IDs. */
void
standing_explain_absence(const struct facts_recipient *who, struct plan_recipient *told)
{
	const struct recipient *record = who->record;

	if (facts_is_nameless(who))
		standing_explain(told,
		    "the directory has no mail address of its own for the group's member %.*s: it "
		    "has none, shares it with the group, is gone, or is kept elsewhere",
		    (int)utf8_cut(record->detail, 300), record->detail);
	else if (record->state != RECIPIENT_GROUP)
		standing_explain(told, "%s", record->detail != NULL ? record->detail : "");
	else if (!record->members_incomplete)
		standing_explain(told, "the group has no members");
	else
		standing_explain(told, "%s",
		    record->detail != NULL
			? record->detail
			: "the group has more members, or deeper groups in it, than "
			  "group-members-limit and group-depth-limit allow");
}

/* The directories answered, and there are no digital IDs. */
static void
bar_absent(
    const struct facts_recipient *who, struct standing *standing, struct plan_recipient *told)
{
	const struct recipient *record = who->record;

	if (record->state == RECIPIENT_GROUP && record->members_incomplete)
		bar(standing, told, REASON_GROUP_UNRESOLVED, true);
	else
		bar(standing, told, REASON_NO_DIGITAL_ID, false);
	standing_explain_absence(who, told);
}

/* Published, but none that can be used: the most hopeful one gives the reason. */
static void
bar_unusable(const struct recipient *record, struct standing *standing, struct plan_recipient *told)
{
	const struct digital_id *hopeful = evidence_most_hopeful(record, NULL);
	enum reason_id reason = REASON_MALFORMED;

	if (hopeful != NULL && hopeful->verdict != REASON_OK &&
	    reason_get(hopeful->verdict)->smtp != 0)
		reason = hopeful->verdict;
	bar(standing, told, reason, true);
	told->evidence = hopeful;
	if (hopeful != NULL)
		evidence_describe(hopeful, told->detail, sizeof(told->detail));
	else if (record->detail != NULL)
		standing_explain(told, "%s", record->detail);
}

/* What is read at best, and how we know: "3des (signed)". */
static const char *
offer(const struct choice *choice)
{
	const struct cipher *named = choice->best;

	if (named == NULL)
		named = choice_strongest_named(&choice->capabilities);
	return named != NULL ? named->title : "no known cipher";
}

static void
bar_weak(struct standing *standing, struct plan_recipient *told)
{
	bar(standing, told, REASON_WEAK_CIPHER, true);
	standing_explain(told,
	    "the recipient offers %s at best (capabilities: %s); the weakest allowed is %s",
	    offer(&standing->choice), capabilities_source_name(standing->choice.capabilities.from),
	    standing->policy->floor->title);
}

void
standing_lacks_common_cipher(const struct cipher *floor, const char *other,
    struct standing *standing, struct plan_recipient *told)
{
	bar(standing, told, REASON_WEAK_CIPHER, true);
	standing_explain(told,
	    "the recipient offers %s at best (capabilities: %s); no cipher that all recipients "
	    "read "
	    "is %s or stronger, which %.*s needs",
	    offer(&standing->choice), capabilities_source_name(standing->choice.capabilities.from),
	    floor->title, (int)utf8_cut(other, 200), other);
}

/* Digital IDs are there and one can be used; whether its cipher is good enough. */
static void
weigh_usable(const struct facts_recipient *who, bool disclosed, struct standing *standing,
    struct plan_recipient *told)
{
	const struct choice *choice = &standing->choice;

	if (!choice->known) {
		bar(standing, told, REASON_CAPABILITIES_UNKNOWN, true);
	} else if (choice_strongest(choice->readable, standing->policy->floor) == NULL) {
		bar_weak(standing, told);
	} else if (disclosed && standing->policy->bcc == BCC_REFUSE) {
		bar(standing, told, REASON_BCC_DISCLOSURE, false);
		standing_explain(told, "%.*s is named in neither To nor Cc",
		    (int)utf8_cut(who->envelope->text, 300), who->envelope->text);
	} else {
		standing_settle(standing, told, ACTION_SEAL, REASON_SEALED);
	}
}

/* Content that we could seal. */
static void
weigh_readable(const struct facts_recipient *who, bool disclosed, struct standing *standing,
    struct plan_recipient *told)
{
	if (standing->encrypt == ENCRYPT_NEVER)
		standing_settle(
		    standing, told, ACTION_PASS, who->rule != NULL ? REASON_NEVER : REASON_NO_RULE);
	else if (standing_is_unavailable(who->record))
		standing_bar_unavailable(who->record, standing, told);
	else if (standing_is_without_record(who->record))
		bar_absent(who, standing, told);
	else if (standing->choice.usable == 0)
		bar_unusable(who->record, standing, told);
	else
		weigh_usable(who, disclosed, standing, told);
}

/* OpenPGP counts as encrypted; nobody here can say for whom or how strongly. */
static void
weigh_pgp(const struct facts_recipient *who, struct standing *standing, struct plan_recipient *told)
{
	if (standing->encrypt == ENCRYPT_NEVER)
		standing_settle(
		    standing, told, ACTION_PASS, who->rule != NULL ? REASON_NEVER : REASON_NO_RULE);
	else
		standing_settle(standing, told,
		    standing->policy->pgp_mime == REJECT ? ACTION_REFUSE : ACTION_PASS,
		    REASON_PGP_MIME);
}

/* What clients would have done, by the digital ID that they would most likely have taken: the best
 * usable one, or else, because other software may trust it, the most hopeful. */
static void
tell_fallback(const struct recipient *record, struct plan_recipient *told)
{
	const struct digital_id *taken = NULL;
	int client;

	if (record->digital_id_count > 0 && choice_is_usable(&record->digital_ids[0]))
		taken = &record->digital_ids[0];
	else
		taken = evidence_most_hopeful(record, NULL);
	if (taken == NULL || taken->certificate == NULL)
		return;
	for (client = 0; client < CLIENT_COUNT; client++)
		told->fallback[client] =
		    capabilities_fallback(&taken->capabilities, (enum client)client);
}

static void
tell_record(
    const struct recipient *record, const struct choice *choice, struct plan_recipient *told)
{
	size_t i;

	if (standing_is_without_record(record))
		return;
	for (i = 0; i < record->digital_id_count; i++)
		told->stale = told->stale || record->digital_ids[i].stale;
	if (choice->known) {
		told->cipher = choice->best;
		told->capabilities = choice->capabilities;
		told->evidence = &record->digital_ids[choice->digital_id];
	}
	tell_fallback(record, told);
}

static int
weigh(const struct facts *facts, const struct facts_recipient *who, bool disclosed,
    struct standing *standing, struct plan_recipient *told, struct error *err)
{
	switch (facts->content) {
	case CONTENT_ENVELOPED:
		return standing_weigh_enveloped(facts, who, standing, told, err);
	case CONTENT_PGP_MIME:
		weigh_pgp(who, standing, told);
		return 0;
	case CONTENT_READABLE:
	default:
		weigh_readable(who, disclosed, standing, told);
		return standing_weigh_unsealed(facts, who, standing, told, err);
	}
}

int
standing_find(const struct facts *facts, size_t index, bool disclosed,
    const struct findings_list *signatures, struct standing *standing, struct plan_recipient *told,
    struct error *err)
{
	const struct facts_recipient *who = &facts->recipients[index];

	memset(standing, 0, sizeof(*standing));
	memset(told, 0, sizeof(*told));
	standing->policy = who->rule != NULL ? &who->rule->policy : &facts->config->policy;
	standing->encrypt = who->rule != NULL ? who->rule->encrypt : ENCRYPT_NEVER;
	told->observed = standing->policy->mode == MODE_OBSERVE;
	choice_make(who->record, standing->policy, &standing->choice);
	tell_record(who->record, &standing->choice, told);
	if (weigh(facts, who, disclosed, standing, told, err) != 0)
		return -1;
	standing_weigh_signatures(signatures, standing, told);
	return 0;
}
