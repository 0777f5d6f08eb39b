/*
 * How one recipient stands, in parts: standing.c what we could seal, standing_client.c what the client
 * made. For these two alone.
 */
#ifndef SMIME_POLICY_STANDING_PRIVATE_H
#define SMIME_POLICY_STANDING_PRIVATE_H

#include "policy/standing.h"

/* The recipient's detail, cut at a whole character. */
void standing_explain(struct plan_recipient *told, const char *format, ...) PRINTF_LIKE(2, 3);

void standing_settle(struct standing *standing, struct plan_recipient *told, enum action alone,
    enum reason_id reason);

/* Nothing published, a group whose members can't stand for it, or no answer. */
bool standing_is_without_record(const struct recipient *record);
bool standing_is_unavailable(const struct recipient *record);
void standing_bar_unavailable(
    const struct recipient *record, struct standing *standing, struct plan_recipient *told);
void standing_explain_absence(const struct facts_recipient *who, struct plan_recipient *told);

/* The message is encrypted as a whole. */
MUST_CHECK int standing_weigh_enveloped(const struct facts *facts,
    const struct facts_recipient *who, struct standing *standing, struct plan_recipient *told,
    struct error *err);

/* It is not: what stands in it counts if it passes unsealed. */
MUST_CHECK int standing_weigh_unsealed(const struct facts *facts, const struct facts_recipient *who,
    struct standing *standing, struct plan_recipient *told, struct error *err);

void standing_weigh_signatures(
    const struct findings_list *signatures, struct standing *standing, struct plan_recipient *told);

#endif
