/* What the client encrypted and signed, for one recipient. */
#include "policy/client.h"
#include "policy/standing_private.h"

void
standing_tell(const struct plan_finding *finding, struct plan_recipient *told)
{
	told->reason = finding->reason;
	told->evidence = finding->evidence;
	told->in_use = finding->in_use;
	told->signature = finding->signature;
	told->trust_failure = told->trust_failure || reason_get(finding->reason)->trust_failure;
	standing_explain(told, "%s", finding->detail);
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
	standing_settle(standing, told,
	    gravest != NULL ? standing_bar(gravest->reason) : ACTION_PASS, shown->reason);
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
	standing_settle(standing, told, ACTION_PASS, REASON_CLIENT_ENCRYPTED);
	told->evidence = usable;
	return 0;
}

/* For whom it is, where the cipher is none to refuse. */
static int
weigh_recipients(const struct facts_recipient *who, struct standing *standing,
    struct plan_recipient *told, struct error *err)
{
	if (standing->policy->client_encrypted == CLIENT_ENCRYPTED_ACCEPT) {
		standing_settle(standing, told, ACTION_PASS, REASON_CLIENT_ENCRYPTED);
		told->evidence = NULL;
		standing_explain(told, "for whom was not looked at (client-encrypted = accept)");
		return 0;
	}
	if (standing_is_unavailable(who->record)) {
		standing_bar_unavailable(who->record, standing, told);
		return 0;
	}
	if (standing_is_without_record(who->record)) {
		standing_settle(standing, told,
		    standing->policy->unverified == REJECT ? ACTION_REFUSE : ACTION_PASS,
		    REASON_RECIPIENT_UNVERIFIED);
		standing_explain_absence(who, told);
		return 0;
	}
	return weigh_addressed(who, standing, told, err);
}

/* The floor holds for all that the client encrypted, whatever the rule, and if there is none. */
int
standing_weigh_enveloped(const struct facts *facts, const struct facts_recipient *who,
    struct standing *standing, struct plan_recipient *told, struct error *err)
{
	char nothing[] = "";
	const struct plan_finding unwanted = {
	    .reason = REASON_CLIENT_ENCRYPTION_REFUSED, .detail = nothing};
	bool looks = standing->policy->client_encrypted == CLIENT_ENCRYPTED_CHECK ||
		     standing->encrypt == ENCRYPT_REQUIRED;

	if (standing->policy->client_encrypted == CLIENT_ENCRYPTED_REFUSE) {
		standing_settle(standing, told, ACTION_REFUSE, unwanted.reason);
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
		standing_settle(
		    standing, told, ACTION_PASS, who->rule != NULL ? REASON_NEVER : REASON_NO_RULE);
		return 0;
	}
	if (weigh_recipients(who, standing, told, err) != 0)
		return -1;
	if (told->reason == REASON_CLIENT_ENCRYPTED && told->findings.count > 0)
		settle_found(standing, told);
	return 0;
}

/* What the client made of a message that is not encrypted as a whole counts if it passes unsealed. */
int
standing_weigh_unsealed(const struct facts *facts, const struct facts_recipient *who,
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

static const struct plan_finding *
refused_signature(const struct config_policy *policy, const struct findings_list *signatures)
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
void
standing_weigh_signatures(
    const struct findings_list *signatures, struct standing *standing, struct plan_recipient *told)
{
	const struct plan_finding *refused = refused_signature(standing->policy, signatures);
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
