/* From what was read to a trust, on a worker: parsing ten thousand certificates takes a second. */
#include <stdlib.h>

#include "base/clock.h"
#include "directory/authority_private.h"

/* The trust of all sections: what was read of this one, and what the others had. */
static struct trust *
make_trust(const struct authority *authority, struct error *err)
{
	const struct trust_published **published;
	struct trust *trust;
	size_t i;

	published = calloc(trust_section_count(authority->base) + 1, sizeof(*published));
	if (published == NULL) {
		error_no_memory(err);
		return NULL;
	}
	for (i = 0; i < authority->reader_count; i++) {
		const struct reader *reader = &authority->readers[i];

		published[reader->section] =
		    reader == authority->building ? reader->incoming : reader->current;
	}
	trust = trust_extend(authority->base, published, err);
	free(published);
	return trust;
}

/* On a worker. The loop leaves `incoming` of this reader and `current` of all alone meanwhile. */
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
	if (!changed)
		return;
	authority->built = make_trust(authority, &authority->error);
	authority->failed = authority->built == NULL;
}

static void
take_over(struct authority *authority, struct reader *reader)
{
	trust_published_free(reader->current);
	reader->current = reader->incoming;
	reader->incoming = NULL;
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

void
authority_build_next(struct authority *authority)
{
	static const struct error none = ERROR_INIT;
	struct error err = ERROR_INIT;
	struct reader *reader;
	size_t i;

	for (i = 0; i < authority->reader_count && authority->building == NULL; i++) {
		reader = &authority->readers[i];
		if (reader->state != READER_READ)
			continue;
		reader->state = READER_BUILDING;
		authority->building = reader;
		authority->failed = false;
		authority->error = none;
		if (worker_submit(
			authority->judges, run_building, done_building, authority, &err) == 0)
			return;
		authority->building = NULL;
		reader_fail(reader, &err);
	}
}
