#include "policy/standing.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/client.h"
#include "policy/evidence.h"

static void explain(struct plan_recipient *told, const char *format, ...) PRINTF_LIKE(2, 3);

static void
explain(struct plan_recipient *told, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(told->detail, sizeof(told->detail), format, args);
	va_end(args);
	told->detail[evidence_cut(told->detail, sizeof(told->detail) - 5)] = '\0';
}

static void
settle(struct standing *standing, struct plan_recipient *told, enum action alone,
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
	settle(standing, told, action, reason);
}

/* Nothing published, a group whose members can't stand for it, or the directory did not answer;
 * false if there are digital IDs to look at. */
static bool
is_without_record(const struct recipient *record)
{
	return record == NULL || record->state != RECIPIENT_FOUND;
}

/* No answer: a look-up that was never made counts too, because nothing may leave unchecked. */
static bool
is_unavailable(const struct recipient *record)
{
	return record == NULL || record->state == RECIPIENT_UNAVAILABLE;
}

static void
bar_unavailable(
    const struct recipient *record, struct standing *standing, struct plan_recipient *told)
{
	bar(standing, told, REASON_DIRECTORY_UNAVAILABLE, false);
	explain(told, "%s",
	    record != NULL && record->detail != NULL ? record->detail : "no answer in time");
}

/* What else is to be said of a recipient without digital IDs. */
static void
explain_absence(const struct facts_recipient *who, struct plan_recipient *told)
{
	const struct recipient *record = who->record;

	if (facts_is_nameless(who))
		explain(told, "the directory has no mail address for the group's member %.*s",
		    (int)evidence_cut(record->detail, 300), record->detail);
	else if (record->state != RECIPIENT_GROUP)
		explain(told, "%s", record->detail != NULL ? record->detail : "");
	else if (!record->members_incomplete)
		explain(told, "the group has no members");
	else
		explain(told, "%s",
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
	explain_absence(who, told);
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
		explain(told, "%s", record->detail);
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
	explain(told,
	    "the recipient offers %s at best (capabilities: %s); the weakest allowed is %s",
	    offer(&standing->choice), capabilities_source_name(standing->choice.capabilities.from),
	    standing->policy->floor->title);
}

void
standing_lacks_common_cipher(const struct cipher *floor, const char *other,
    struct standing *standing, struct plan_recipient *told)
{
	bar(standing, told, REASON_WEAK_CIPHER, true);
	explain(told,
	    "the recipient offers %s at best (capabilities: %s); no cipher that all recipients "
	    "read "
	    "is %s or stronger, which %.*s needs",
	    offer(&standing->choice), capabilities_source_name(standing->choice.capabilities.from),
	    floor->title, (int)evidence_cut(other, 200), other);
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
		explain(told, "%.*s is named in neither To nor Cc",
		    (int)evidence_cut(who->envelope->text, 300), who->envelope->text);
	} else {
		settle(standing, told, ACTION_SEAL, REASON_SEALED);
	}
}

/* Content that we could seal. */
static void
weigh_readable(const struct facts_recipient *who, bool disclosed, struct standing *standing,
    struct plan_recipient *told)
{
	if (standing->encrypt == ENCRYPT_NEVER)
		settle(
		    standing, told, ACTION_PASS, who->rule != NULL ? REASON_NEVER : REASON_NO_RULE);
	else if (is_unavailable(who->record))
		bar_unavailable(who->record, standing, told);
	else if (is_without_record(who->record))
		bar_absent(who, standing, told);
	else if (standing->choice.usable == 0)
		bar_unusable(who->record, standing, told);
	else
		weigh_usable(who, disclosed, standing, told);
}

void
standing_tell(const struct plan_finding *finding, struct plan_recipient *told)
{
	told->reason = finding->reason;
	told->evidence = finding->evidence;
	told->in_use = finding->in_use;
	told->signature = finding->signature;
	told->trust_failure = told->trust_failure || reason_get(finding->reason)->trust_failure;
	explain(told, "%s", finding->detail);
}

/* Settles by what was found: refused or deferred for the gravest, or passed with a warning of the
 * last, which is of this recipient rather than of the message. */
static void
settle_found(struct standing *standing, struct plan_recipient *told)
{
	const struct plan_finding *gravest = finding_gravest(&told->findings);
	const struct plan_finding *shown = gravest;

	if (shown == NULL)
		shown = &told->findings.items[told->findings.count - 1];
	settle(standing, told, gravest != NULL ? standing_bar(gravest->reason) : ACTION_PASS,
	    shown->reason);
	standing_tell(shown, told);
}

/* There is something to compare the client's recipient infos with. */
static int
weigh_addressed(const struct facts_recipient *who, struct standing *standing,
    struct plan_recipient *told, struct error *err)
{
	const struct digital_id *usable = client_addressed(who);

	if (client_find_address(who, standing, &told->findings, err) != 0)
		return -1;
	if (told->findings.count > 0) {
		settle_found(standing, told);
		return 0;
	}
	settle(standing, told, ACTION_PASS, REASON_CLIENT_ENCRYPTED);
	told->evidence = usable;
	return 0;
}

/* For whom it is, where the cipher is none to refuse. */
static int
weigh_recipients(const struct facts_recipient *who, struct standing *standing,
    struct plan_recipient *told, struct error *err)
{
	if (standing->policy->client_encrypted == CLIENT_ENCRYPTED_ACCEPT) {
		settle(standing, told, ACTION_PASS, REASON_CLIENT_ENCRYPTED);
		told->evidence = NULL;
		explain(told, "for whom was not looked at (client-encrypted = accept)");
		return 0;
	}
	if (is_unavailable(who->record)) {
		bar_unavailable(who->record, standing, told);
		return 0;
	}
	if (is_without_record(who->record)) {
		settle(standing, told,
		    standing->policy->unverified == REJECT ? ACTION_REFUSE : ACTION_PASS,
		    REASON_RECIPIENT_UNVERIFIED);
		explain_absence(who, told);
		return 0;
	}
	return weigh_addressed(who, standing, told, err);
}

/* The floor holds for all that the client encrypted, whatever the rule, and if there is none. */
static int
weigh_enveloped(const struct facts *facts, const struct facts_recipient *who,
    struct standing *standing, struct plan_recipient *told, struct error *err)
{
	char nothing[] = "";
	const struct plan_finding unwanted = {
	    .reason = REASON_CLIENT_ENCRYPTION_REFUSED, .detail = nothing};
	bool looks = standing->policy->client_encrypted == CLIENT_ENCRYPTED_CHECK ||
		     standing->encrypt == ENCRYPT_REQUIRED;

	if (standing->policy->client_encrypted == CLIENT_ENCRYPTED_REFUSE) {
		settle(standing, told, ACTION_REFUSE, unwanted.reason);
		standing_tell(&unwanted, told);
		return 0;
	}
	if (looks && client_find_cipher(facts, standing, &told->findings, err) != 0)
		return -1;
	if (finding_gravest(&told->findings) != NULL ||
	    (standing->encrypt == ENCRYPT_NEVER && told->findings.count > 0)) {
		settle_found(standing, told);
		return 0;
	}
	if (standing->encrypt == ENCRYPT_NEVER) {
		settle(
		    standing, told, ACTION_PASS, who->rule != NULL ? REASON_NEVER : REASON_NO_RULE);
		return 0;
	}
	if (weigh_recipients(who, standing, told, err) != 0)
		return -1;
	if (told->reason == REASON_CLIENT_ENCRYPTED && told->findings.count > 0)
		settle_found(standing, told);
	return 0;
}

/* OpenPGP counts as encrypted; nobody here can say for whom or how strongly. */
static void
weigh_pgp(const struct facts_recipient *who, struct standing *standing, struct plan_recipient *told)
{
	if (standing->encrypt == ENCRYPT_NEVER)
		settle(
		    standing, told, ACTION_PASS, who->rule != NULL ? REASON_NEVER : REASON_NO_RULE);
	else
		settle(standing, told,
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

	if (is_without_record(record))
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

/* What the client made of a message that is not encrypted as a whole counts if it passes unsealed. */
static int
weigh_unsealed(const struct facts *facts, const struct facts_recipient *who,
    struct standing *standing, struct plan_recipient *told, struct error *err)
{
	const struct plan_finding *gravest;

	if (client_find_all(facts, who, standing, &told->findings, err) != 0)
		return -1;
	gravest = finding_gravest(&told->findings);
	if (gravest != NULL)
		standing->unsealed = standing_bar(gravest->reason);
	return 0;
}

const struct plan_finding *
standing_refused_signature(
    const struct config_policy *policy, const struct findings_list *signatures)
{
	const struct plan_finding *deferred = NULL;
	size_t i;

	if (policy->client_signed == CLIENT_SIGNED_ACCEPT)
		return NULL;
	for (i = 0; i < signatures->count; i++) {
		if (!finding_refuses(policy, signatures->items[i].reason))
			continue;
		if (!reason_is_temporary(signatures->items[i].reason))
			return &signatures->items[i];
		if (deferred == NULL)
			deferred = &signatures->items[i];
	}
	return deferred;
}

/* The client's signatures count for all mail. It stays sealable: for others it can be sealed to. */
static void
weigh_signatures(
    const struct findings_list *signatures, struct standing *standing, struct plan_recipient *told)
{
	const struct plan_finding *refused =
	    standing_refused_signature(standing->policy, signatures);
	size_t i;

	if (standing->policy->client_signed == CLIENT_SIGNED_ACCEPT)
		return;
	for (i = 0; i < signatures->count; i++)
		told->trust_failure =
		    told->trust_failure || reason_get(signatures->items[i].reason)->trust_failure;
	if (refused == NULL || standing_bar(refused->reason) <= standing->alone)
		return;
	standing->alone = standing_bar(refused->reason);
	standing_tell(refused, told);
}

static int
weigh(const struct facts *facts, const struct facts_recipient *who, bool disclosed,
    struct standing *standing, struct plan_recipient *told, struct error *err)
{
	switch (facts->content) {
	case CONTENT_ENVELOPED:
		return weigh_enveloped(facts, who, standing, told, err);
	case CONTENT_PGP_MIME:
		weigh_pgp(who, standing, told);
		return 0;
	case CONTENT_READABLE:
	default:
		weigh_readable(who, disclosed, standing, told);
		return weigh_unsealed(facts, who, standing, told, err);
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
	weigh_signatures(signatures, standing, told);
	return 0;
}
