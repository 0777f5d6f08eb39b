#include "policy/finding.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

static enum config_refuse_warn
setting_of(const struct config_policy *policy, enum reason_id reason)
{
	switch (reason) {
	case REASON_CLIENT_ENCRYPTION_REFUSED:
		return FINDING_REFUSE;
	case REASON_WEAK_CIPHER:
		return policy->client_weak_cipher;
	case REASON_RECIPIENT_NOT_ADDRESSED:
		return policy->client_not_addressed;
	case REASON_SUPERSEDED_CERTIFICATE:
		return policy->client_superseded;
	case REASON_EXPIRED:
	case REASON_NOT_YET_VALID:
		return policy->client_expired;
	case REASON_UNTRUSTED_ISSUER:
	case REASON_INCOMPLETE_CHAIN:
	case REASON_INVALID_CHAIN:
		return policy->client_untrusted;
	case REASON_MALFORMED_MESSAGE:
		return policy->client_malformed;
	case REASON_SIGNATURE_INVALID:
		return policy->signature_invalid;
	case REASON_SIGNATURE_PARTIAL:
		return policy->signature_partial;
	case REASON_SIGNATURE_UNVERIFIED:
		return policy->signature_unverified;
	case REASON_SIGNER_EXPIRED:
		return policy->signer_expired;
	case REASON_SIGNER_UNTRUSTED:
		return policy->signer_untrusted;
	case REASON_SIGNER_REVOKED:
	case REASON_SIGNER_STATUS_UNAVAILABLE: /* it may be revoked */
		return policy->signer_revoked;
	case REASON_SIGNER_ADDRESS_MISMATCH:
		return policy->signer_mismatch;
	case REASON_SIGNER_UNFIT:
		return policy->signer_unfit;
	default:
		return policy->client_unusable;
	}
}

bool
finding_refuses(const struct config_policy *policy, enum reason_id reason)
{
	return setting_of(policy, reason) == FINDING_REFUSE;
}

int
finding_add(struct findings_list *list, size_t most, const struct plan_finding *finding,
    const char *detail, struct error *err)
{
	struct plan_finding *items;

	if (list->count >= most)
		return 0;
	items = array_grow(list->items, list->count, sizeof(*items), err);
	if (items == NULL)
		return -1;
	list->items = items;
	items[list->count] = *finding;
	items[list->count].detail = strdup(detail);
	if (items[list->count].detail == NULL)
		return error_no_memory(err);
	list->count++;
	return 0;
}

void
finding_clear(struct findings_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		free(list->items[i].detail);
	free(list->items);
	*list = (struct findings_list){NULL, 0};
}

const struct plan_finding *
finding_gravest(const struct findings_list *list)
{
	const struct plan_finding *deferred = NULL;
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (!list->items[i].refuses)
			continue;
		if (!reason_is_temporary(list->items[i].reason))
			return &list->items[i];
		if (deferred == NULL)
			deferred = &list->items[i];
	}
	return deferred;
}
