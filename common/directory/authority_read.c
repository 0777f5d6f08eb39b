/* Reading one trust section's CA certificates, base by base: all of them, or nothing. */
#include <event2/event.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "directory/authority_private.h"

/* For one page, connecting and beginning again elsewhere included. Milliseconds. */
#define READ_TIME ((int64_t)60 * 1000)
/* After a failure: at first, and at most (and never later than directory-refresh). Milliseconds. */
#define RETRY_MIN ((int64_t)1000)
#define RETRY_MAX ((int64_t)60 * 1000)

/* RFC 4523 2.4; entries that hold none, of which such containers are full, are not sent. */
#define CA_ATTRIBUTE "cACertificate"
#define CA_FILTER "(" CA_ATTRIBUTE "=*)"

static char plain_name[] = CA_ATTRIBUTE;
static char binary_name[] = CA_ATTRIBUTE ";binary";
/* Servers differ in which of the two they answer (directory/search.h). */
static char *const attributes[] = {plain_name, binary_name, NULL};

static void
arm(struct reader *reader, int64_t ms)
{
	struct timeval time;

	time.tv_sec = (time_t)(ms / 1000);
	time.tv_usec = (suseconds_t)(ms % 1000) * 1000;
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
			 "intermediate(s)",
		    reader->config->title, reader->directory.title,
		    trust_published_usable(reader->current, TRUST_PUBLISHED_ANCHOR),
		    trust_published_usable(reader->current, TRUST_PUBLISHED_INTERMEDIATE));
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
		log_error(
		    "trust \"%s\": directory \"%s\": its CA certificates are not taken: %s; %s",
		    reader->config->title, reader->directory.title, why->text,
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

static const char *
base_of(const struct reader *reader)
{
	const struct strings *anchors = &reader->config->anchor_bases;

	if (reader->base < anchors->count)
		return anchors->items[reader->base];
	return reader->config->intermediate_bases.items[reader->base - anchors->count];
}

static enum trust_published_kind
kind_of(const struct reader *reader)
{
	return reader->base < reader->config->anchor_bases.count ? TRUST_PUBLISHED_ANCHOR
								 : TRUST_PUBLISHED_INTERMEDIATE;
}

static void
on_begin(void *context)
{
	struct reader *reader = context;

	trust_published_cut(reader->incoming, reader->mark);
}

static bool
is_ca_attribute(const char *name)
{
	size_t size = strcspn(name, ";");

	return size == sizeof(plain_name) - 1 && strncasecmp(name, plain_name, size) == 0;
}

static int
take_values(
    struct reader *reader, LDAP *ld, LDAPMessage *entry, const char *name, struct error *err)
{
	struct berval **values = ldap_get_values_len(ld, entry, name);
	int status = 0;
	size_t i;

	for (i = 0; values != NULL && values[i] != NULL && status == 0; i++)
		status = trust_published_add(
		    reader->incoming, kind_of(reader), values[i]->bv_val, values[i]->bv_len, err);
	ldap_value_free_len(values);
	return status;
}

static int
on_entry(void *context, LDAP *ld, LDAPMessage *entry, struct error *err)
{
	struct reader *reader = context;
	BerElement *place = NULL;
	int status = 0;
	char *name;

	for (name = ldap_first_attribute(ld, entry, &place); name != NULL && status == 0;
	     name = ldap_next_attribute(ld, entry, place)) {
		if (is_ca_attribute(name))
			status = take_values(reader, ld, entry, name, err);
		ldap_memfree(name);
	}
	ldap_memfree(name);
	ber_free(place, 0);
	return status;
}

/* A base that is not there holds nothing: perhaps nothing yet. */
static void
note_missing(struct reader *reader, bool missing)
{
	if (missing && !reader->missing[reader->base])
		log_warning("trust \"%s\": directory \"%s\": \"%s\" does not exist, or may not be "
			    "seen: no CA certificate is taken from there",
		    reader->config->title, reader->directory.title, base_of(reader));
	reader->missing[reader->base] = missing;
}

static void on_done(void *context, const struct pool_result *result);

static const struct pool_events events = {on_begin, on_entry, on_done};

/* Asks for the page that is due. */
static void
ask(struct reader *reader)
{
	const struct pool_question question = {.base = base_of(reader),
	    .scope = LDAP_SCOPE_SUBTREE,
	    .filter = CA_FILTER,
	    .attributes = attributes,
	    .controls = reader->page.controls,
	    .connection = reader->page.connection,
	    .deadline_ms = clock_monotonic_ms() + READ_TIME};
	struct error err = ERROR_INIT;

	reader->mark = trust_published_count(reader->incoming);
	reader->search = pool_search_start(reader->pool, &question, &events, reader, &err);
	if (reader->search == NULL)
		reader_fail(reader, &err);
}

/* What is below the next base; after the last, all has been read. */
static void
read_next(struct reader *reader)
{
	const struct config_trust *config = reader->config;
	struct error err = ERROR_INIT;

	if (reader->base == config->anchor_bases.count + config->intermediate_bases.count) {
		reader->state = READER_READ;
		authority_build_next(reader->authority);
		return;
	}
	if (page_first(&reader->page, &err) == 0)
		ask(reader);
	else
		reader_fail(reader, &err);
}

/* Goes on where a page has come whole. */
static void
go_on(struct reader *reader, const struct pool_result *result)
{
	struct error err = ERROR_INIT;
	int more = page_next(&reader->page, result, &err);

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
	page_end(&reader->page);
	if (reader->timer != NULL)
		event_free(reader->timer);
	reader->timer = NULL;
}
