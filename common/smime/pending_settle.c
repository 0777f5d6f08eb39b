/* What is pending no more, because somebody decided. One anchor at a time: mail is noted meanwhile. */
#include <stdlib.h>
#include <string.h>

#include "smime/pending_private.h"

static bool
covers(const struct trust_anchor *anchor, const char *domain)
{
	return address_domain_is_covered(domain, anchor->domains, anchor->domain_count);
}

/* Forgets domains and recipients that it counts for; whether none is left. */
static bool
settle_item(struct pending_authority *item, const struct trust_anchor *anchor)
{
	size_t kept = 0;
	size_t i;

	for (i = 0; i < item->domain_count; i++) {
		if (covers(anchor, item->domains[i]))
			free(item->domains[i]);
		else
			item->domains[kept++] = item->domains[i];
	}
	item->domain_count = kept;
	for (i = kept = 0; i < item->recipient_count; i++) {
		struct pending_recipient *recipient = &item->recipients[i];

		if (covers(anchor, pending_domain(recipient->address))) {
			free(recipient->address);
			free(recipient->directory);
			free(recipient->dn);
		} else {
			item->recipients[kept++] = *recipient;
		}
	}
	item->recipient_count = kept;
	pending_set_shares(item);
	return item->domain_count == 0;
}

static void
settle_by(void *context, const struct trust_anchor *anchor)
{
	struct pending *pending = context;
	struct certificate *certificate = certificate_from_x509(anchor->x509, NULL);
	size_t i = 0;

	if (certificate == NULL)
		return;
	pthread_mutex_lock(&pending->mutex);
	while (i < pending->count) {
		struct pending_authority *item = pending->items[i];
		bool same = item->sha256 != NULL ? strcmp(item->sha256, certificate->sha256) == 0
						 : strcmp(item->subject, certificate->subject) == 0;

		if (same && settle_item(item, anchor))
			pending_drop(pending, i);
		else
			i++;
		pending->changes += same;
	}
	pthread_cond_signal(&pending->changed);
	pthread_mutex_unlock(&pending->mutex);
	certificate_unref(certificate);
}

void
pending_settle(struct pending *pending, const struct trust *trust)
{
	if (pending != NULL && pending_count(pending) > 0)
		trust_anchors_each(trust, settle_by, pending);
}
