#include "directory/source_ldif.h"

#include <event2/event.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/log.h"
#include "directory/roster.h"
#include "directory/subaddress.h"

/* How often the file is looked at. It is read once it has stayed the same from one look to the
 * next, so that one being written in place is not read half. */
static const struct timeval look_interval = {1, 0};

struct source_query {
	TAILQ_ENTRY(source_query) link;
	const struct address *address;
	source_answer *answer;
	void *context;
};

TAILQ_HEAD(query_list, source_query);

/* A reading under way; outlives the source if it must. */
struct reload {
	struct ldif *owner; /* NULL once the source is gone; loop thread only */
	const struct config_directory *directory;
	bool exact_local;
	atomic_bool stop;
	struct roster *roster;
	struct roster_stamp seen; /* what was there when it was asked for */
	struct error error;
};

struct ldif {
	struct source source; /* first: what the resolver sees */
	const struct config_directory *directory;
	bool exact_local;
	struct members_limits limits;
	struct worker_pool *pool;
	struct roster *roster;
	struct roster_stamp seen;    /* at the last look */
	struct roster_stamp refused; /* what could not be read */
	bool missing;                /* and said so */
	struct error last;           /* why it is missing or refused */
	struct reload *reload;
	struct event *look;
	struct event *answers;
	struct query_list queries;
};

static struct source_query *
start(struct source *source, const struct address *address, int64_t deadline_ms UNUSED,
    source_answer *answer, void *context, struct error *err)
{
	struct ldif *ldif = (struct ldif *)source;
	struct source_query *query;

	query = calloc(1, sizeof(*query));
	if (query == NULL) {
		error_no_memory(err);
		return NULL;
	}
	query->address = address;
	query->answer = answer;
	query->context = context;
	TAILQ_INSERT_TAIL(&ldif->queries, query, link);
	event_active(ldif->answers, 0, 0);
	return query;
}

static void
cancel(struct source *source, struct source_query *query)
{
	struct ldif *ldif = (struct ldif *)source;

	TAILQ_REMOVE(&ldif->queries, query, link);
	free(query);
}

static struct findings *
find(const struct ldif *ldif, const struct address *address, struct error *err)
{
	struct roster_question question = {.limits = ldif->limits};
	struct address shorter = ADDRESS_INIT;
	struct findings *findings = NULL;
	char *shorter_key = NULL;
	int detail;
	char *key;

	key = address_fold(address, ldif->exact_local, err);
	detail = subaddress_shorten(ldif->directory, address, &shorter, err);
	if (detail > 0)
		shorter_key = address_fold(&shorter, ldif->exact_local, err);
	if (key == NULL || detail < 0 || (detail > 0 && shorter_key == NULL))
		goto out;
	question.key = key;
	question.shorter = shorter.text;
	question.shorter_key = shorter_key;
	findings = roster_find(ldif->roster, ldif->directory, &question, err);
out:
	address_free(&shorter);
	free(shorter_key);
	free(key);
	return findings;
}

static void
answer_one(struct ldif *ldif, struct source_query *query)
{
	struct error err = ERROR_INIT;
	struct findings *findings = find(ldif, query->address, &err);

	query->answer(query->context, findings, findings != NULL ? NULL : &err);
	free(query);
}

static void
on_answers(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct ldif *ldif = context;
	struct source_query *query;

	while ((query = TAILQ_FIRST(&ldif->queries)) != NULL) {
		TAILQ_REMOVE(&ldif->queries, query, link);
		answer_one(ldif, query);
	}
}

static void
run_reload(void *job)
{
	struct reload *reload = job;

	reload->roster =
	    roster_load(reload->directory, reload->exact_local, &reload->stop, &reload->error);
}

static void
run_free(void *job)
{
	roster_free(job);
}

static void
done_free(void *job, bool ran)
{
	if (!ran)
		roster_free(job);
}

/* Away from the loop: with a large file it would stop for a tenth of a second. */
static void
free_elsewhere(struct worker_pool *pool, struct roster *roster)
{
	if (worker_submit(pool, run_free, done_free, roster, NULL) != 0)
		roster_free(roster);
}

static void
take_reload(struct ldif *ldif, struct reload *reload)
{
	ldif->reload = NULL;
	if (reload->roster == NULL) {
		ldif->refused = reload->seen;
		ldif->last = reload->error;
		log_error("directory \"%s\": %s; the contents read before stay in force",
		    ldif->directory->title, reload->error.text);
		return;
	}
	free_elsewhere(ldif->pool, ldif->roster);
	ldif->roster = reload->roster;
	reload->roster = NULL;
	log_info("directory \"%s\": %s read again: %zu entries, %zu broken", ldif->directory->title,
	    ldif->directory->ldif, roster_entries(ldif->roster), roster_broken(ldif->roster));
}

static void
done_reload(void *job, bool ran)
{
	struct reload *reload = job;

	if (reload->owner != NULL && ran)
		take_reload(reload->owner, reload);
	else if (reload->owner != NULL)
		reload->owner->reload = NULL;
	roster_free(reload->roster);
	free(reload);
}

static void
begin_reload(struct ldif *ldif)
{
	struct reload *reload;

	reload = calloc(1, sizeof(*reload));
	if (reload == NULL)
		return; /* at the next look */
	reload->owner = ldif;
	reload->directory = ldif->directory;
	reload->exact_local = ldif->exact_local;
	reload->seen = ldif->seen;
	if (worker_submit(ldif->pool, run_reload, done_reload, reload, NULL) != 0) {
		free(reload);
		return;
	}
	ldif->reload = reload;
}

static void
on_look(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct ldif *ldif = context;
	struct roster_stamp now;
	struct error err = ERROR_INIT;
	bool settled;

	if (ldif->reload != NULL)
		return;
	if (roster_stat(ldif->directory->ldif, &now, &err) != 0) {
		if (!ldif->missing)
			log_error("directory \"%s\": %s; the contents read before stay in force",
			    ldif->directory->title, err.text);
		ldif->missing = true;
		ldif->last = err;
		return;
	}
	ldif->missing = false;
	settled = roster_same(&now, &ldif->seen);
	ldif->seen = now;
	if (settled && !roster_same(&now, roster_stamp(ldif->roster)) &&
	    !roster_same(&now, &ldif->refused))
		begin_reload(ldif);
}

static void
free_source(struct source *source)
{
	struct ldif *ldif = (struct ldif *)source;

	if (ldif->reload != NULL) {
		ldif->reload->owner = NULL;
		atomic_store(&ldif->reload->stop, true);
	}
	if (ldif->look != NULL)
		event_free(ldif->look);
	if (ldif->answers != NULL)
		event_free(ldif->answers);
	roster_free(ldif->roster);
	free(ldif);
}

static void
describe(struct source *source, source_visitor *visit, void *context)
{
	struct ldif *ldif = (struct ldif *)source;
	struct source_server server = {.uri = ldif->directory->ldif, .error = ""};

	if (ldif->missing || roster_same(&ldif->seen, &ldif->refused)) {
		server.down = true;
		server.error = ldif->last.text;
	}
	visit(context, &server);
}

static const struct source_operations operations = {start, cancel, free_source, describe};

struct source *
source_ldif_new(const struct config_directory *directory, bool exact_local,
    const struct members_limits *limits, struct event_base *base, struct worker_pool *pool,
    struct error *err)
{
	struct ldif *ldif;

	ldif = calloc(1, sizeof(*ldif));
	if (ldif == NULL) {
		error_no_memory(err);
		return NULL;
	}
	ldif->source.operations = &operations;
	ldif->source.title = directory->title;
	ldif->directory = directory;
	ldif->exact_local = exact_local;
	ldif->limits = *limits;
	ldif->pool = pool;
	TAILQ_INIT(&ldif->queries);
	ldif->roster = roster_load(directory, exact_local, NULL, err);
	if (ldif->roster == NULL)
		goto fail;
	ldif->seen = *roster_stamp(ldif->roster);
	ldif->answers = event_new(base, -1, 0, on_answers, ldif);
	ldif->look = event_new(base, -1, EV_PERSIST, on_look, ldif);
	if (ldif->answers == NULL || ldif->look == NULL ||
	    event_add(ldif->look, &look_interval) != 0) {
		error_no_memory(err);
		goto fail;
	}
	log_info("directory \"%s\": %s read: %zu entries, %zu broken", directory->title,
	    directory->ldif, roster_entries(ldif->roster), roster_broken(ldif->roster));
	return &ldif->source;
fail:
	error_prefix(err, "directory \"%s\": ", directory->title);
	free_source(&ldif->source);
	return NULL;
}
