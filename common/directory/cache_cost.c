/* What the cache's entries take of the memory. */
#include <string.h>

#include "directory/cache_private.h"

/* What an entry costs beside its findings: itself, its tree node, the allocator. */
#define ENTRY_OVERHEAD (sizeof(struct kept) + (size_t)128)

/* What a record costs beside what is in it, about. */
#define RECORD_COST ((size_t)512)

static size_t
cost_of_text(const char *text)
{
	return text != NULL ? strlen(text) + 16 : 0;
}

static size_t
cost_of_certificate(const struct certificate *certificate)
{
	return certificate != NULL ? certificate->bytes : 0;
}

static size_t
cost_of_digital_id(const struct digital_id *id)
{
	const struct certificate *above = id->authority != id->certificate ? id->authority : NULL;

	return sizeof(*id) + cost_of_certificate(id->certificate) + cost_of_certificate(above) +
	       cost_of_text(id->directory) + cost_of_text(id->dn) + cost_of_text(id->attribute) +
	       cost_of_text(id->detail) + cost_of_text(id->failed_subject) +
	       cost_of_text(id->failed_issuer) + cost_of_text(id->revocation_detail);
}

size_t
cache_cost_of_record(const struct recipient *record)
{
	size_t cost = RECORD_COST + cost_of_text(record->detail);
	size_t i;

	for (i = 0; i < record->digital_id_count; i++)
		cost += cost_of_digital_id(&record->digital_ids[i]);
	for (i = 0; i < record->member_count; i++)
		cost += sizeof(struct recipient *) + cache_cost_of_record(record->members[i]);
	return cost;
}

size_t
cache_cost(const char *key, const struct findings *findings, const struct recipient *record)
{
	return ENTRY_OVERHEAD + strlen(key) + (findings != NULL ? findings->bytes : 0) +
	       (record != NULL ? cache_cost_of_record(record) : 0);
}
