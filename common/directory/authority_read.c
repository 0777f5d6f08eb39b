/* Reading one trust section's CA certificates and CRLs, base by base: all of them, or nothing. */
#include <event2/event.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "directory/authority_private.h"

/* For one page, connecting and beginning again elsewhere included. Milliseconds. */
#define READ_TIME ((int64_t)60 * 1000)
/* Likewise, of CRLs: one may have 64 MB, and the line be slow. */
#define READ_CRL_TIME ((int64_t)300 * 1000)
/* After a failure: at first, and at most (and never later than directory-refresh). Milliseconds. */
#define RETRY_MIN ((int64_t)1000)
#define RETRY_MAX ((int64_t)60 * 1000)

static void
arm(struct reader *reader, int64_t ms)
{
	struct timeval time = clock_timeval(ms);

	if (event_add(reader->timer, &time) != 0)
		log_error("trust \"%s\": directory \"%s\" will not be read again: out of memory",
		    reader->config->title, reader->directory.title);
}

/* Nothing is under way any more. */
static void
rest(struct reader *reader, int64_t ms)
{
	bool settled = reader->settled;

	trust_published_free(reader->incoming);
	reader->incoming = NULL;
	crls_free(&reader->crls);
	reader->state = READER_RESTING;
	reader->settled = true;
	arm(reader, ms);
	if (!settled)
		reader->authority->events->settled(reader->authority->context);
}

void
reader_succeed(struct reader *reader)
{
	if (reader->last.code != ERROR_NONE || !reader->settled)
		log_info("trust \"%s\": directory \"%s\" was read: %zu anchor(s), %zu "
			 "intermediate(s), %zu CRL(s)",
		    reader->config->title, reader->directory.title,
		    trust_published_usable(reader->current, TRUST_PUBLISHED_ANCHOR),
		    trust_published_usable(reader->current, TRUST_PUBLISHED_INTERMEDIATE),
		    reader->crls_known);
	reader->failures = 0;
	reader->last.code = ERROR_NONE;
	reader->last.text[0] = '\0';
	rest(reader, reader->config->directory_refresh);
}

void
reader_fail(struct reader *reader, const struct error *why)
{
	int64_t wait = RETRY_MIN << (reader->failures < 6 ? reader->failures : 6);

	/* Once for each change: the same failure again is not news. */
	if (reader->last.code == ERROR_NONE || strcmp(reader->last.text, why->text) != 0)
		log_error("trust \"%s\": directory \"%s\": its %s are not taken: %s; %s",
		    reader->config->title, reader->directory.title, value_words(reader), why->text,
		    reader->current != NULL
			? "those read before count on"
			: "mail that needs them is deferred until they can be read");
	reader->failures++;
	reader->last = *why;
	if (reader->last.code == ERROR_NONE)
		reader->last.code = ERROR_TEMPORARY;
	if (wait > RETRY_MAX)
		wait = RETRY_MAX;
	if (wait > reader->config->directory_refresh)
		wait = reader->config->directory_refresh;
	rest(reader, wait);
}

static void
fail(struct reader *reader, const char *server, const char *why)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_TEMPORARY, "%s%s%s", server != NULL ? server : "",
	    server != NULL ? ": " : "", why);
	reader_fail(reader, &err);
}

static void
on_begin(void *context)
{
	value_cut(context);
}

static int
on_entry(void *context, LDAP *ld, LDAPMessage *entry, struct error *err)
{
	return value_take(context, ld, entry, err);
}

/* A base that is not there holds nothing: perhaps nothing yet. */
static void
note_missing(struct reader *reader, bool missing)
{
	if (missing && !reader->missing[reader->base])
		log_warning("trust \"%s\": directory \"%s\": \"%s\" does not exist, or may not be "
			    "seen: nothing is taken from there",
		    reader->config->title, reader->directory.title, value_base(reader));
	reader->missing[reader->base] = missing;
}

static void on_done(void *context, const struct pool_result *result);

static const struct pool_events events = {on_begin, on_entry, on_done};

/* Asks for the page that is due. */
static void
ask(struct reader *reader)
{
	const struct pool_question question = {.base = value_base(reader),
	    .scope = LDAP_SCOPE_SUBTREE,
	    .filter = value_filter(reader),
	    .attributes = value_attributes(reader),
	    .controls = reader->page.controls,
	    .connection = reader->page.connection,
	    .deadline_ms =
		clock_monotonic_ms() + (value_is_crls(reader) ? READ_CRL_TIME : READ_TIME),
	    .large = true};
	struct error err = ERROR_INIT;

	value_mark(reader);
	reader->search = pool_search_start(reader->pool, &question, &events, reader, &err);
	if (reader->search == NULL)
		reader_fail(reader, &err);
}

/* What is below the next base; after the last, all has been read. */
static void
read_next(struct reader *reader)
{
	struct error err = ERROR_INIT;

	if (reader->base == value_bases(reader->config)) {
		reader->state = READER_READ;
		authority_build_next(reader->authority);
		return;
	}
	if (paging_first(&reader->page, &err) == 0)
		ask(reader);
	else
		reader_fail(reader, &err);
}

/* Goes on where a page has come whole. */
static void
go_on(struct reader *reader, const struct pool_result *result)
{
	struct error err = ERROR_INIT;
	int more = paging_next(&reader->page, result, &err);

	if (more < 0) {
		reader_fail(reader, &err);
	} else if (more > 0) {
		ask(reader);
	} else {
		reader->base++;
		read_next(reader);
	}
}

static void
on_done(void *context, const struct pool_result *result)
{
	struct reader *reader = context;

	reader->search = NULL;
	if (result->outcome == POOL_FAILED) {
		reader_fail(reader, result->error);
	} else if (!result->authenticated) {
		fail(reader, result->server,
		    "the answer came without verified TLS, so that anybody on the way could have "
		    "made it (tls = required, ldaps:// or ldapi:// is needed)");
	} else if (result->outcome == POOL_LIMITED) {
		fail(reader, result->server,
		    "the server did not give all of them (its size limit for this bind-dn)");
	} else {
		note_missing(reader, result->outcome == POOL_NO_SUCH_OBJECT);
		go_on(reader, result);
	}
}

static void
on_timer(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct reader *reader = context;
	struct error err = ERROR_INIT;

	reader->state = READER_READING;
	reader->base = 0;
	reader->incoming = trust_published_new();
	if (reader->incoming != NULL) {
		read_next(reader);
		return;
	}
	error_no_memory(&err);
	reader_fail(reader, &err);
}

int
reader_begin(struct reader *reader, struct event_base *base, struct error *err)
{
	struct timeval at_once = {0, 0};

	reader->timer = event_new(base, -1, 0, on_timer, reader);
	if (reader->timer == NULL || event_add(reader->timer, &at_once) != 0)
		return error_no_memory(err);
	return 0;
}

void
reader_stop(struct reader *reader)
{
	if (reader->search != NULL)
		pool_search_cancel(reader->search);
	reader->search = NULL;
	pool_free(reader->pool);
	reader->pool = NULL;
	paging_end(&reader->page);
	if (reader->timer != NULL)
		event_free(reader->timer);
	reader->timer = NULL;
}
