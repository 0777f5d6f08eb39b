#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "world_private.h"

struct scripted {
	struct source source;
	struct world *world;
	struct event_base *base;
};

struct source_query {
	struct scripted *scripted;
	struct event *timer;
	struct person *person;
	source_answer *answer;
	void *context;
};

static void
query_free(struct source_query *query)
{
	event_free(query->timer);
	free(query);
}

static int
add_members(struct findings_group *group, const struct person *person, struct error *err)
{
	const char *const *member;
	int result = 0;

	group->incomplete = person->incomplete;
	for (member = person->members; *member != NULL && result == 0; member++) {
		if (strchr(*member, '@') != NULL)
			result = findings_group_add(group, *member, err);
		else
			result = findings_group_add_nameless(group, *member, err);
	}
	return result;
}

static int
add_group(struct findings *findings, const struct person *person, struct error *err)
{
	struct findings_group *group = findings_group_new();

	if (group == NULL)
		return error_no_memory(err);
	if (add_members(group, person, err) != 0) {
		findings_group_free(group);
		return -1;
	}
	findings_set_group(findings, group);
	return 0;
}

/* What the directory holds; NULL, and why there is no answer: memory may run out in a test. */
static struct findings *
make_findings(const struct person *person, struct error *err)
{
	struct findings *findings;
	int result = 0;

	if (person != NULL && person->fails) {
		error_set(err, ERROR_TEMPORARY, "scripted failure");
		return NULL;
	}
	findings = findings_new();
	if (findings == NULL) {
		error_no_memory(err);
		return NULL;
	}
	if (person != NULL && person->published) {
		findings->entries = 1;
		result = findings_add(findings, &person->finding, err);
	}
	if (person != NULL && person->members != NULL && result == 0)
		result = add_group(findings, person, err);
	if (result == 0)
		return findings;
	findings_unref(findings);
	return NULL;
}

static void
query_answer(evutil_socket_t fd, short what, void *context)
{
	struct source_query *query = context;
	source_answer *answer = query->answer;
	void *answer_context = query->context;
	struct person *person = query->person;
	struct findings *findings;
	struct error err = ERROR_INIT;

	(void)fd;
	(void)what;
	query_free(query);
	findings = make_findings(person, &err);
	answer(answer_context, findings, findings == NULL ? &err : NULL);
}

static struct source_query *
scripted_start(struct source *source, const struct address *address, int64_t deadline_ms,
    source_answer *answer, void *context, struct error *err)
{
	struct scripted *scripted = (struct scripted *)source;
	struct source_query *query = calloc(1, sizeof(*query));
	struct timeval delay;

	(void)deadline_ms;
	if (query == NULL) {
		error_no_memory(err);
		return NULL;
	}
	query->scripted = scripted;
	query->person = world_find_person(scripted->world, address->text);
	query->answer = answer;
	query->context = context;
	query->timer = event_new(scripted->base, -1, 0, query_answer, query);
	if (query->person != NULL && query->person->delay_ms < 0)
		return query;
	delay = clock_timeval(query->person != NULL ? query->person->delay_ms : 0);
	event_add(query->timer, &delay);
	return query;
}

static void
scripted_cancel(struct source *source, struct source_query *query)
{
	(void)source;
	query_free(query);
}

static void
scripted_free(struct source *source)
{
	free(source);
}

static void
scripted_describe(struct source *source, source_visitor *visit, void *context)
{
	const struct source_server server = {.uri = source->title, .error = ""};

	visit(context, &server);
}

struct source *
world_make_source(void *context, const struct config_directory *directory, struct event_base *base,
    struct error *err)
{
	static const struct source_operations operations = {
	    scripted_start, scripted_cancel, scripted_free, scripted_describe};
	struct scripted *scripted = calloc(1, sizeof(*scripted));

	(void)err;
	scripted->source.operations = &operations;
	scripted->source.title = directory->title;
	scripted->world = context;
	scripted->base = base;
	return &scripted->source;
}
