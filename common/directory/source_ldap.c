#include "directory/source_ldap.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "directory/filter.h"
#include "directory/group_walk.h"
#include "directory/search.h"
#include "ldap/pool.h"

/* A refusal of searches is logged again after so long, milliseconds: a base that does not exist
 * defers all mail, and must not be logged for each. */
#define REFUSAL_LOG_INTERVAL 60000

struct source_query {
	struct source_ldap *owner;
	const struct address *address;
	struct pool_search *search; /* NULL: it has ended, and members are looked for */
	struct findings *findings;  /* NULL: no memory for them at the beginning */
	struct group_walk *walk;    /* NULL: groups = ignore */
	int64_t deadline_ms;
	source_answer *answer;
	void *context;
};

struct source_ldap {
	struct source source; /* first: what the resolver sees */
	const struct config_directory *directory;
	struct search search;
	struct members_limits limits;
	struct pool *pool;
	int refusal; /* result code of the last one logged */
	int64_t refusal_ms;
};

static void
on_begin(void *context)
{
	struct source_query *query = context;

	findings_unref(query->findings);
	query->findings = findings_new();
	if (query->walk != NULL)
		group_walk_begin(query->walk);
}

static int
on_entry(void *context, LDAP *ld, LDAPMessage *entry, struct error *err)
{
	struct source_query *query = context;
	enum search_match match;

	if (query->findings == NULL)
		return error_no_memory(err);
	if (search_take_entry(&query->owner->search, ld, entry, query->address, query->findings,
		&match, err) != 0)
		return -1;
	/* A certificate must name the address, members need not: so the group must. */
	if (query->walk == NULL || match == SEARCH_MATCH_NONE)
		return 0;
	return group_walk_take(query->walk, ld, entry, match == SEARCH_MATCH_ADDRESS, err);
}

static void
free_query(struct source_query *query)
{
	group_walk_free(query->walk);
	findings_unref(query->findings);
	free(query);
}

/* Ends the query with its findings, or with an error. */
static void
answer(struct source_query *query, const struct error *err)
{
	struct findings *findings = err == NULL ? query->findings : NULL;

	if (err == NULL)
		query->findings = NULL;
	query->answer(query->context, findings, err);
	free_query(query);
}

static void
on_members(void *context, const struct error *err)
{
	struct source_query *query = context;

	if (err == NULL)
		group_walk_give(query->walk, query->findings);
	answer(query, err);
}

/* A group that publishes no digital ID stands for its members. false: there is nothing to wait for.
 */
static bool
find_members(struct source_query *query, struct error *err)
{
	int status;

	if (query->walk == NULL || !group_walk_is_group(query->walk))
		return false;
	if (group_walk_is_exact(query->walk))
		findings_forget_shorter(query->findings);
	if (findings_hold_digital_ids(query->findings))
		return false;
	status = group_walk_start(query->walk, query->deadline_ms, on_members, query, err);
	if (status == 1)
		group_walk_give(query->walk, query->findings);
	return status == 0;
}

/* Servers that are well refuse what we ask: only the configuration, theirs or ours, can help. */
static void
log_refusal(struct source_ldap *ldap, const struct pool_result *result)
{
	int code = result->outcome == POOL_NO_SUCH_OBJECT ? LDAP_NO_SUCH_OBJECT : result->code;
	int64_t now = clock_monotonic_ms();

	if (code == LDAP_SUCCESS || result->error == NULL ||
	    (code == ldap->refusal && now - ldap->refusal_ms < REFUSAL_LOG_INTERVAL))
		return;
	ldap->refusal = code;
	ldap->refusal_ms = now;
	log_warning("directory \"%s\": %s", ldap->directory->title, result->error->text);
}

static void
on_done(void *context, const struct pool_result *result)
{
	struct source_query *query = context;
	struct findings *findings = query->findings;
	struct error err = ERROR_INIT;

	if (result->outcome == POOL_LIMITED && findings != NULL) {
		/* More entries than entries-limit claim the address: waiting won't help, and what
		 * came is judged; none of it binds by entry. */
		findings->many_entries = true;
		findings->left_out++;
	}
	query->search = NULL;
	log_refusal(query->owner, result);
	if (result->error != NULL)
		err = *result->error;
	else if (findings == NULL)
		error_no_memory(&err);
	else if (find_members(query, &err))
		return;
	answer(query, err.code == ERROR_NONE ? NULL : &err);
}

static const struct pool_events events = {on_begin, on_entry, on_done};

static struct source_query *
start(struct source *source, const struct address *address, int64_t deadline_ms,
    source_answer *on_answer, void *context, struct error *err)
{
	struct source_ldap *ldap = (struct source_ldap *)source;
	struct pool_question question;
	struct source_query *query;
	char *filter;

	query = calloc(1, sizeof(*query));
	if (query == NULL) {
		error_no_memory(err);
		return NULL;
	}
	query->owner = ldap;
	query->address = address;
	query->answer = on_answer;
	query->context = context;
	query->deadline_ms = deadline_ms;
	if (ldap->directory->groups == GROUPS_EXPAND) {
		query->walk = group_walk_new(
		    ldap->directory, ldap->pool, ldap->search.owner, &ldap->limits, err);
		if (query->walk == NULL)
			goto fail;
	}
	filter = filter_build(ldap->directory, address, err);
	if (filter == NULL)
		goto fail;
	question = search_question(&ldap->search, filter, deadline_ms);
	query->search = pool_search_start(ldap->pool, &question, &events, query, err);
	free(filter);
	if (query->search == NULL)
		goto fail;
	return query;
fail:
	free_query(query);
	return NULL;
}

static void
cancel(struct source *source UNUSED, struct source_query *query)
{
	if (query->search != NULL)
		pool_search_cancel(query->search);
	free_query(query);
}

static void
free_source(struct source *source)
{
	struct source_ldap *ldap = (struct source_ldap *)source;

	pool_free(ldap->pool);
	search_clear(&ldap->search);
	free(ldap);
}

static void
describe(struct source *source, source_visitor *visit, void *context)
{
	struct source_ldap *ldap = (struct source_ldap *)source;
	struct pool_server_state state;
	struct source_server server;
	size_t i;

	for (i = 0; i < pool_server_count(ldap->pool); i++) {
		pool_server_state(ldap->pool, i, &state);
		server.uri = state.uri;
		server.down = state.down;
		server.rest_ms = state.rest_ms;
		server.links = state.links;
		server.searches = state.searches;
		server.error = state.error;
		visit(context, &server);
	}
}

static const struct source_operations operations = {start, cancel, free_source, describe};

struct source *
source_ldap_new(const struct config_directory *directory, bool exact_local,
    const struct members_limits *limits, struct event_base *base, struct worker_pool *workers,
    struct error *err)
{
	struct source_ldap *ldap;

	ldap = calloc(1, sizeof(*ldap));
	if (ldap == NULL) {
		error_no_memory(err);
		return NULL;
	}
	ldap->source.operations = &operations;
	ldap->source.title = directory->title;
	ldap->directory = directory;
	ldap->limits = *limits;
	if (filter_check(directory, err) != 0 ||
	    search_init(&ldap->search, directory, exact_local, err) != 0)
		goto fail;
	ldap->pool = pool_new(directory, NULL, base, workers, err);
	if (ldap->pool == NULL)
		goto fail;
	return &ldap->source;
fail:
	error_prefix(err, "directory \"%s\": ", directory->title);
	free_source(&ldap->source);
	return NULL;
}
