/* From what was read to a trust, on a worker: parsing ten thousand certificates takes a second. */
#include "base/clock.h"
#include "directory/authority_private.h"

/* What the trust is to be made of: what was read of this section, and what the others have. */
static void
list_all(struct authority *authority)
{
	const struct reader *reader;
	size_t i;

	for (i = 0; i < authority->reader_count; i++) {
		reader = &authority->readers[i];
		authority->published[reader->section] = reader->current;
	}
	reader = authority->building;
	authority->published[reader->section] = reader->incoming;
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
