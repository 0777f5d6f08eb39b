#include "smime/pending.h"

#include <stdlib.h>
#include <string.h>

#include "smime/pending_private.h"

struct pending *
pending_new(void)
{
	struct pending *pending = calloc(1, sizeof(*pending));
	pthread_condattr_t monotonic;

	if (pending == NULL)
		return NULL;
	pthread_mutex_init(&pending->mutex, NULL);
	pthread_mutex_init(&pending->file, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&pending->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return pending;
}

static void
free_authority(struct pending_authority *authority)
{
	size_t i;

	free(authority->subject);
	free(authority->issuer);
	free(authority->sha256);
	free(authority->certificate);
	free(authority->key_id);
	for (i = 0; i < authority->domain_count; i++)
		free(authority->domains[i]);
	for (i = 0; i < authority->recipient_count; i++) {
		free(authority->recipients[i].address);
		free(authority->recipients[i].directory);
		free(authority->recipients[i].dn);
	}
	free(authority);
}

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

struct pending_authority *
pending_find(
    const struct pending *pending, const char *sha256, const char *subject, const char *key_id)
{
	size_t i;

	for (i = 0; i < pending->count; i++) {
		struct pending_authority *item = pending->items[i];

		if (!same(item->sha256, sha256))
			continue;
		if (sha256 != NULL || (same(item->subject, subject) && same(item->key_id, key_id)))
			return item;
	}
	return NULL;
}

struct pending_authority *
pending_add(struct pending *pending)
{
	struct pending_authority *authority = calloc(1, sizeof(*authority));

	if (authority != NULL)
		pending->items[pending->count++] = authority;
	return authority;
}

void
pending_drop(struct pending *pending, size_t place)
{
	free_authority(pending->items[place]);
	pending->items[place] = pending->items[--pending->count];
	pending->changes++;
}

/* FNV-1a: shares need no more. Never 0. */
static uint64_t
hash(const char *text)
{
	uint64_t value = 14695981039346656037u;

	for (; *text != '\0'; text++)
		value = (value ^ (unsigned char)*text) * 1099511628211u;
	return value != 0 ? value : 1;
}

/* The last two labels: who has a domain has as many subdomains as he likes. */
static const char *
parent_of(const char *domain)
{
	const char *last = strrchr(domain, '.');
	const char *at = last;

	while (at != NULL && at > domain && at[-1] != '.')
		at--;
	return at != NULL ? at : domain;
}

void
pending_set_shares(struct pending_authority *authority)
{
	size_t i;

	authority->domain_share = 0;
	authority->address_share = 0;
	for (i = 0; i < authority->domain_count; i++) {
		uint64_t share = hash(parent_of(authority->domains[i]));

		if (i > 0 && share != authority->domain_share) {
			authority->domain_share = 0;
			return;
		}
		authority->domain_share = share;
	}
	if (authority->recipient_count == 1)
		authority->address_share = hash(authority->recipients[0].address);
}

/* How much of the store is held by whom this one belongs to. */
struct share {
	size_t domain;
	size_t address;
};

static struct share
share_of(const struct pending *pending, const struct pending_authority *authority)
{
	struct share share = {0, 0};
	size_t i;

	for (i = 0; i < pending->count; i++) {
		if (pending->items[i]->domain_share != authority->domain_share)
			continue;
		share.domain++;
		share.address += pending->items[i]->address_share == authority->address_share;
	}
	return share;
}

void
pending_evict(struct pending *pending, const struct pending_authority *keep)
{
	struct share most = {0, 0};
	size_t victim = 0;
	size_t i;

	for (i = 0; i < pending->count; i++) {
		const struct pending_authority *item = pending->items[i];
		struct share share = share_of(pending, item);

		if (item == keep || share.domain < most.domain ||
		    (share.domain == most.domain &&
			(share.address < most.address ||
			    (share.address == most.address &&
				item->last >= pending->items[victim]->last))))
			continue;
		most = share;
		victim = i;
	}
	pending_drop(pending, victim);
}

size_t
pending_count(struct pending *pending)
{
	size_t count;

	pthread_mutex_lock(&pending->mutex);
	count = pending->count;
	pthread_mutex_unlock(&pending->mutex);
	return count;
}

static int
last_first(const void *a, const void *b)
{
	const struct pending_authority *left = *(struct pending_authority *const *)a;
	const struct pending_authority *right = *(struct pending_authority *const *)b;

	if (left->last != right->last)
		return left->last > right->last ? -1 : 1;
	return strcmp(left->subject, right->subject);
}

void
pending_each(struct pending *pending, pending_visitor *visit, void *context)
{
	size_t i;

	pthread_mutex_lock(&pending->mutex);
	qsort(pending->items, pending->count, sizeof(struct pending_authority *), last_first);
	for (i = 0; i < pending->count; i++)
		visit(context, pending->items[i]);
	pthread_mutex_unlock(&pending->mutex);
}
