/* What the world and its directory share. */
#ifndef SMIME_TESTS_WORLD_PRIVATE_H
#define SMIME_TESTS_WORLD_PRIVATE_H

#include "directory/source.h"
#include "world.h"

#define PEOPLE_MAX 32

struct person {
	char *address;
	EVP_PKEY *key;
	X509 *certificate;
	struct finding finding;
	bool published;
	const char *const *members; /* of a group; NULL */
	bool incomplete;
	int delay_ms; /* -1: never */
	bool fails;
};

struct world {
	char folder[64];
	char config_file[128];
	char audit_file[128];
	char cache_folder[128];
	struct person people[PEOPLE_MAX];
	size_t person_count;
	EVP_PKEY *ca_key;
	X509 *ca;
	EVP_PKEY *other_key;
	X509 *other_ca;
	struct spool_space *space;
	struct snapshot *snapshot;
};

/* NULL: there is no such person. */
struct person *world_find_person(struct world *world, const char *address);

/* The scripted directory: what it says was written down before the resolver runs, or between
 * messages while nothing is asked. A resolver_make_source, whose context is the world. */
struct source *world_make_source(void *context, const struct config_directory *directory,
    struct event_base *base, struct error *err);

#endif
