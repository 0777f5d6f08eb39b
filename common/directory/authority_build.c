/* From what was read to a trust, on a worker: parsing ten thousand certificates takes a second. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "directory/authority_private.h"

/* What the trust is to be made of: what was read of this section, and what the others have. */
static void
list_all(struct authority *authority)
{
	size_t i;

	for (i = 0; i < authority->reader_count; i++) {
		const struct reader *reader = &authority->readers[i];

		authority->published[reader->section] = reader->current;
	}
	if (authority->building != NULL)
		authority->published[authority->building->section] = authority->building->incoming;
}

/* On a worker. The loop leaves this reader, and what is listed, alone meanwhile. */
static void
run_building(void *job)
{
	struct authority *authority = job;
	struct reader *reader = authority->building;
	bool changed = false;

	if (trust_published_judge(reader->incoming, reader->current, authority->base,
		reader->section, reader->directory.title, clock_wall(), &changed,
		&authority->error) != 0) {
		authority->failed = true;
		return;
	}
	changed |= crls_give(reader);
	if (!changed)
		return;
	authority->built = trust_extend(authority->base, authority->published, &authority->error);
	authority->failed = authority->built == NULL;
}

static void
take_over(struct authority *authority, struct reader *reader)
{
	trust_published_free(reader->current);
	reader->current = reader->incoming;
	reader->incoming = NULL;
	memcpy(reader->crls_digest, reader->crls.digest, sizeof(reader->crls_digest));
	if (authority->built != NULL)
		authority->events->changed(authority->context, authority->built);
	trust_unref(authority->built);
	authority->built = NULL;
	reader_succeed(reader);
}

static void
done_building(void *job, bool ran)
{
	struct authority *authority = job;
	struct reader *reader = authority->building;

	authority->building = NULL;
	if (authority->stopped || !ran)
		return; /* authority_free() has the rest */
	if (authority->failed)
		reader_fail(reader, &authority->error);
	else
		take_over(authority, reader);
	authority_build_next(authority);
}

/* On a worker, likewise. */
static void
run_rebase(void *job)
{
	struct authority *authority = job;

	authority->built =
	    trust_extend(authority->new_base, authority->published, &authority->error);
}

/* What was built on the new base counts from now on; or, without memory, the old one on. */
static void
end_rebase(struct authority *authority)
{
	uint64_t number = authority->number;
	bool well = authority->built != NULL;

	if (well) {
		trust_unref(authority->base);
		authority->base = authority->new_base;
		authority->events->changed(authority->context, authority->built);
	} else {
		trust_unref(authority->new_base);
	}
	trust_unref(authority->built);
	authority->built = NULL;
	authority->new_base = NULL;
	authority->events->rebased(authority->context, number, well);
}

static void
done_rebase(void *job, bool ran)
{
	struct authority *authority = job;

	if (authority->stopped || !ran)
		return; /* authority_free() has the rest */
	end_rebase(authority);
	authority_build_next(authority);
}

static bool
has_read_any(const struct authority *authority)
{
	size_t i;

	for (i = 0; i < authority->reader_count; i++) {
		if (authority->readers[i].current != NULL)
			return true;
	}
	return false;
}

/* The next base, if one waits and nothing is being built. */
static void
begin_rebase(struct authority *authority)
{
	struct error err = ERROR_INIT;

	if (authority->waiting == NULL || authority->building != NULL ||
	    authority->new_base != NULL)
		return;
	authority->new_base = authority->waiting;
	authority->number = authority->waiting_number;
	authority->waiting = NULL;
	if (!has_read_any(authority)) {
		authority->built = trust_ref(authority->new_base);
		end_rebase(authority);
		return;
	}
	list_all(authority);
	if (worker_submit(authority->judges, run_rebase, done_rebase, authority, &err) != 0) {
		log_error("the trust that was read anew is not in force: %s", err.text);
		end_rebase(authority);
	}
}

void
authority_rebase(struct authority *authority, struct trust *trust, uint64_t number)
{
	trust_unref(authority->waiting);
	authority->waiting = trust_ref(trust);
	authority->waiting_number = number;
	authority_build_next(authority);
}

void
authority_build_next(struct authority *authority)
{
	static const struct error none = ERROR_INIT;
	struct error err = ERROR_INIT;
	struct reader *reader;
	size_t i;

	begin_rebase(authority);
	if (authority->new_base != NULL)
		return;
	for (i = 0; i < authority->reader_count && authority->building == NULL; i++) {
		reader = &authority->readers[i];
		if (reader->state != READER_READ)
			continue;
		reader->state = READER_BUILDING;
		authority->building = reader;
		list_all(authority);
		authority->failed = false;
		authority->error = none;
		if (worker_submit(
			authority->judges, run_building, done_building, authority, &err) == 0)
			return;
		authority->building = NULL;
		reader_fail(reader, &err);
	}
}
