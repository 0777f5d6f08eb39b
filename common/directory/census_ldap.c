/* A census of LDAP servers: page after page, each asked for when there is room for it. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "directory/census_private.h"
#include "directory/filter.h"
#include "ldap/attributes.h"
#include "ldap/pool.h"

/* Entries of a page that are only counted: what Active Directory gives at most. */
#define COUNT_PAGE_ENTRIES 1000
/* One page, connecting and beginning again elsewhere included. Milliseconds. */
#define PAGE_TIME ((int64_t)300 * 1000)
/* The least that a server has for one page: it may have to look through many entries that publish
 * nothing. Milliseconds. */
#define SEARCH_TIME ((int64_t)60 * 1000)
/* Threads that connect: one attempt a server, and a server that hangs holds up the next. */
#define CONNECT_THREADS 2
#define CONNECT_QUEUE 100

/* The attributes of a look-up, and the one that a write asserts. */
static int
make_attributes(struct census *census, struct error *err)
{
	static char csn[] = "entryCSN";
	static char none[] = LDAP_NO_ATTRS;
	struct census_ldap *ldap = &census->ldap;
	size_t count = 0;

	while (ldap->search.attributes[count] != NULL)
		count++;
	ldap->attributes = calloc(count + 2, sizeof(*ldap->attributes));
	if (ldap->attributes == NULL)
		return error_no_memory(err);
	if (census->options.count) {
		ldap->attributes[0] = none;
		return 0;
	}
	memcpy(ldap->attributes, ldap->search.attributes, count * sizeof(*ldap->attributes));
	if (census->options.csn)
		ldap->attributes[count] = csn;
	return 0;
}

static void
limit_time(struct config_directory *directory)
{
	if (directory->search_timeout < SEARCH_TIME)
		directory->search_timeout = SEARCH_TIME;
	directory->idle_timeout = 0; /* the place in the pages is the connection's */
	directory->connections = 1;
	directory->groups = GROUPS_IGNORE; /* who is in them does not matter here */
}

static char *
make_filter(struct census *census, struct error *err)
{
	char *filter;

	if (census->options.filter == NULL)
		return census_filter(&census->directory, err);
	filter = strdup(census->options.filter);
	if (filter == NULL)
		error_no_memory(err);
	return filter;
}

int
census_ldap_init(struct census *census, struct error *err)
{
	struct census_ldap *ldap = &census->ldap;

	limit_time(&census->directory);
	if (paging_init(&ldap->paging,
		census->options.count ? COUNT_PAGE_ENTRIES : CENSUS_PAGE_ENTRIES, CENSUS_PAGES_MAX,
		"entries", err) != 0)
		return -1;
	if (search_init(&ldap->search, &census->directory, true, err) != 0 ||
	    make_attributes(census, err) != 0)
		return -1;
	ldap->filter = make_filter(census, err);
	if (ldap->filter == NULL)
		return -1;
	ldap->workers = worker_pool_new(
	    census->base, CONNECT_THREADS, CONNECT_QUEUE, "connecting to a directory", err);
	if (ldap->workers == NULL)
		return -1;
	ldap->pool = pool_new(&census->directory, NULL, census->base, ldap->workers, err);
	return ldap->pool != NULL ? 0 : -1;
}

static void
on_begin(void *context)
{
	struct census *census = context;

	census_draft_clear(&census->draft);
}

static int
on_entry(void *context, LDAP *ld, LDAPMessage *message, struct error *err)
{
	struct census *census = context;
	struct attributes all;
	struct error why = ERROR_INIT;
	char *dn;
	int result;

	if (census->options.count) {
		census->draft.counted++;
		return 0;
	}
	dn = ldap_get_dn(ld, message);
	result = census_entry_begin(
	    &census->draft, dn != NULL ? dn : "", dn != NULL ? strlen(dn) : 0, err);
	ldap_memfree(dn);
	if (result != 0)
		return -1;
	attributes_begin(&all, ld, message);
	while (result == 0 && attributes_next(&all)) {
		while (result == 0 && attributes_value(&all))
			result = census_entry_attribute(census, all.name, &all.value, err);
	}
	/* One odd entry does not end the whole. */
	if (attributes_end(&all, &why) != 0 && why.code == ERROR_LIMIT)
		census_entry_cut(&census->draft);
	else if (why.code != ERROR_NONE && result == 0)
		result = error_set(err, why.code, "%s", why.text);
	if (result != 0)
		census_entry_drop(&census->draft);
	else
		census_entry_end(census);
	return result;
}

static void
fail(struct census *census, const struct error *err)
{
	census_hand_over(census, CENSUS_FAILED, err);
}

static bool
is_limit(const struct pool_result *result)
{
	return result->outcome == POOL_LIMITED || result->code == LDAP_ADMINLIMIT_EXCEEDED;
}

static void
cut(struct census *census, const struct pool_result *result)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_LIMIT,
	    "%s gives no more entries: its size limit for %s is reached, so that not all were "
	    "seen; raise it there (OpenLDAP: limits … size.prtotal=unlimited), or bind as "
	    "somebody else (bind-dn)",
	    result->server != NULL ? result->server : "the server",
	    census->directory.bind_dn != NULL && census->directory.bind_dn[0] != '\0'
		? census->directory.bind_dn
		: "anonymous clients");
	census_hand_over(census, CENSUS_CUT, &err);
}

static void
on_done(void *context, const struct pool_result *result)
{
	struct census *census = context;
	struct error err = ERROR_INIT;
	int more;

	census->ldap.asked = NULL;
	if (is_limit(result)) {
		cut(census, result);
		return;
	}
	if (result->error != NULL) {
		fail(census, result->error);
		return;
	}
	more = paging_next(&census->ldap.paging, result, &err);
	if (more < 0) {
		fail(census, &err);
		return;
	}
	census_hand_over(census, more == 0 ? CENSUS_END : CENSUS_WAIT, NULL);
	census_ldap_go_on(census);
}

static const struct pool_events events = {on_begin, on_entry, on_done};

static void
ask(struct census *census)
{
	struct census_ldap *ldap = &census->ldap;
	struct pool_question question =
	    search_question(&ldap->search, ldap->filter, clock_monotonic_ms() + PAGE_TIME);
	struct error err = ERROR_INIT;

	question.attributes = ldap->attributes;
	question.entries_limit = 0;
	question.controls = ldap->paging.controls;
	question.connection = ldap->paging.connection;
	ldap->asked = pool_search_start(ldap->pool, &question, &events, census, &err);
	if (ldap->asked == NULL)
		fail(census, &err);
}

void
census_ldap_go_on(struct census *census)
{
	if (census->ldap.asked == NULL && census_has_room(census))
		ask(census);
}

void
census_ldap_begin(struct census *census)
{
	struct error err = ERROR_INIT;

	if (paging_first(&census->ldap.paging, &err) == 0)
		ask(census);
	else
		fail(census, &err);
}

void
census_ldap_end(struct census *census)
{
	struct census_ldap *ldap = &census->ldap;

	if (ldap->asked != NULL)
		pool_search_cancel(ldap->asked);
	pool_free(ldap->pool);
	worker_pool_free(ldap->workers);
	paging_end(&ldap->paging);
	search_clear(&ldap->search);
	free(ldap->attributes);
	free(ldap->filter);
	memset(ldap, 0, sizeof(*ldap));
}
