#include "directory/source_ldap.h"

#include <event2/event.h>
#include <ldap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/log.h"
#include "ldap/attempt.h"
#include "directory/filter.h"
#include "directory/search.h"

/* Messages taken in one turn of the loop; the rest waits for the next. */
#define MESSAGES_MAX 200
/* With less time than this a question is not asked again. Milliseconds. */
#define RETRY_TIME_MIN 100

enum state {
	STATE_IDLE,       /* no connection; resting if rest_until_ms is in the future */
	STATE_CONNECTING, /* attempt runs */
	STATE_CONNECTED,  /* ld is there */
};

TAILQ_HEAD(query_list, source_query);

struct source_query {
	TAILQ_ENTRY(source_query) link;
	struct query_list *list; /* where it is: waiting, sent or failed */
	struct server *owner;
	const struct address *address;
	char *filter;
	int64_t deadline_ms;
	int64_t sent_ms;
	int id; /* of the request, while it is sent */
	bool retried;
	struct findings *findings;
	struct error error; /* of a failed one */
	struct event *timer;
	source_answer *answer;
	void *context;
};

struct server {
	struct source source; /* first: what the resolver sees */
	const struct config_directory *directory;
	struct search search;
	struct event_base *base;
	struct worker_pool *pool;
	enum state state;
	struct attempt *attempt; /* while connecting, and a late one until it is over */
	LDAP *ld;
	struct event *readable;
	const char *uri; /* of the connection */
	struct event *pump;
	struct query_list waiting;
	struct query_list sent;
	struct query_list failed;
	size_t count;      /* of all three */
	size_t sent_count; /* never above SOURCE_LDAP_OUTSTANDING_MAX */
	int64_t heard_ms;  /* when this connection last gave a message; 0: never */
	int64_t rest_until_ms;
	struct error last;     /* why it rests */
	bool down;             /* the last failure was logged */
	bool referrals_logged; /* once is enough */
};

static void
move(struct source_query *query, struct query_list *list)
{
	struct server *server = query->owner;

	if (query->list == &server->sent)
		server->sent_count--;
	if (query->list != NULL)
		TAILQ_REMOVE(query->list, query, link);
	query->list = list;
	if (list != NULL)
		TAILQ_INSERT_TAIL(list, query, link);
	if (list == &server->sent)
		server->sent_count++;
}

static void
free_query(struct source_query *query)
{
	query->owner->count--;
	move(query, NULL);
	if (query->timer != NULL)
		event_free(query->timer);
	findings_unref(query->findings);
	free(query->filter);
	free(query);
}

/* Ends the query with its findings, or with an error. */
static void
answer_query(struct source_query *query, const struct error *err)
{
	struct findings *findings = err == NULL ? query->findings : NULL;
	source_answer *answer = query->answer;
	void *context = query->context;

	if (err == NULL)
		query->findings = NULL;
	free_query(query);
	answer(context, findings, err);
}

static void
fail_query(struct source_query *query, const struct error *err)
{
	query->error = *err;
	move(query, &query->owner->failed);
}

/* Answers those that have failed; what the answers start in turn only waits. */
static void
answer_failed(struct server *server)
{
	struct source_query *query;
	struct error err;

	while ((query = TAILQ_FIRST(&server->failed)) != NULL) {
		err = query->error;
		answer_query(query, &err);
	}
}

static void
close_connection(struct server *server)
{
	if (server->readable != NULL)
		event_free(server->readable);
	server->readable = NULL;
	if (server->ld != NULL)
		ldap_unbind_ext(server->ld, NULL, NULL);
	server->ld = NULL;
	server->state = STATE_IDLE;
}

/* Leaves the server alone for a while, and fails all that waits for it. */
static void
rest(struct server *server, const struct error *why)
{
	struct source_query *query;

	/* Once for each change: the same failure again is not news. */
	if (!server->down || strcmp(server->last.text, why->text) != 0)
		log_warning("directory \"%s\": %s", server->directory->title, why->text);
	server->down = true;
	server->last = *why;
	server->last.code = ERROR_TEMPORARY;
	server->rest_until_ms = clock_monotonic_ms() + server->directory->retry_interval;
	while ((query = TAILQ_FIRST(&server->waiting)) != NULL)
		fail_query(query, &server->last);
}

/* A query of a connection that was lost: once more from the start, or an end. */
static void
retry_or_fail(struct source_query *query, bool may_retry, const struct error *why)
{
	if (!may_retry || query->retried ||
	    query->deadline_ms - clock_monotonic_ms() < RETRY_TIME_MIN) {
		fail_query(query, why);
		return;
	}
	query->retried = true;
	findings_unref(query->findings);
	query->findings = findings_new();
	if (query->findings == NULL)
		fail_query(query, why);
	else
		move(query, &query->owner->waiting);
}

/* The connection is of no more use. One that has worked is simply made again. */
static void
lose_connection(struct server *server, const struct error *why)
{
	bool has_worked = server->heard_ms != 0;
	struct source_query *query;

	if (has_worked)
		log_info("directory \"%s\": %s", server->directory->title, why->text);
	close_connection(server);
	while ((query = TAILQ_FIRST(&server->sent)) != NULL)
		retry_or_fail(query, has_worked, why);
	if (!has_worked)
		rest(server, why);
	answer_failed(server);
	event_active(server->pump, 0, 0);
}

static void
lose(struct server *server, const char *why)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_TEMPORARY, "%s: %s", server->uri, why);
	lose_connection(server, &err);
}

static void
arm(struct source_query *query, int64_t until_ms)
{
	int64_t left = until_ms - clock_monotonic_ms();
	struct timeval time;

	if (left < 0)
		left = 0;
	time.tv_sec = (time_t)(left / 1000);
	time.tv_usec = (suseconds_t)(left % 1000) * 1000;
	event_add(query->timer, &time);
}

/* No answer in time. A connection that gave anything since is alive, and the server only slow. */
static void
on_late(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct source_query *query = context;
	struct server *server = query->owner;
	struct error err = ERROR_INIT;

	if (query->list == &server->sent && server->heard_ms < query->sent_ms) {
		lose(server, "no answer in time");
		return;
	}
	if (query->list == &server->sent)
		ldap_abandon_ext(server->ld, query->id, NULL, NULL);
	error_set(&err, ERROR_TEMPORARY, "%s in time",
	    query->list == &server->sent ? "the search did not end"
					 : "the question could not be put");
	answer_query(query, &err);
	event_active(server->pump, 0, 0);
}

/* Why a search that has ended did not succeed; NULL where its findings count. */
static const char *
judge_code(struct source_query *query, int code)
{
	switch (code) {
	case LDAP_SUCCESS:
		return NULL;
	case LDAP_SIZELIMIT_EXCEEDED:
		/* More entries than entries-limit claim the address: waiting won't help, and what
		 * came is judged; none of it binds by entry. */
		query->findings->many_entries = true;
		query->findings->left_out++;
		return NULL;
	case LDAP_NO_SUCH_OBJECT:
		return "the base of the search does not exist, or may not be seen";
	case LDAP_REFERRAL:
	case LDAP_PARTIAL_RESULTS:
		return "the server refers to another one, which is not asked";
	default:
		return "the search failed";
	}
}

static void
end_search(struct server *server, struct source_query *query, LDAPMessage *message)
{
	struct error err = ERROR_INIT;
	const char *fault;
	char *text = NULL;
	int code = LDAP_DECODING_ERROR;

	if (ldap_parse_result(server->ld, message, &code, NULL, &text, NULL, NULL, 0) !=
	    LDAP_SUCCESS)
		code = LDAP_DECODING_ERROR;
	fault = judge_code(query, code);
	if (fault != NULL)
		error_set(&err, ERROR_TEMPORARY, "%s: %s: %s%s%s%s", server->uri, fault,
		    ldap_err2string(code), text != NULL && text[0] != '\0' ? " (" : "",
		    text != NULL ? text : "", text != NULL && text[0] != '\0' ? ")" : "");
	ldap_memfree(text);
	answer_query(query, fault != NULL ? &err : NULL);
}

static struct source_query *
find_sent(struct server *server, int id)
{
	struct source_query *query;

	TAILQ_FOREACH(query, &server->sent, link)
	{
		if (query->id == id)
			return query;
	}
	return NULL;
}

static void
log_referral(struct server *server)
{
	if (!server->referrals_logged)
		log_info("directory \"%s\": %s refers to other servers, which are not asked",
		    server->directory->title, server->uri);
	server->referrals_logged = true;
}

/* Takes one message. false: the connection was lost over it. */
static bool
take_message(struct server *server, int type, LDAPMessage *message)
{
	struct source_query *query = find_sent(server, ldap_msgid(message));
	struct error err = ERROR_INIT;

	if (type == LDAP_RES_EXTENDED && ldap_msgid(message) == 0) {
		lose(server, "the server ended the connection"); /* RFC 4511 section 4.4.1 */
		return false;
	}
	server->heard_ms = clock_monotonic_ms();
	if (query == NULL)
		return true; /* abandoned meanwhile */
	if (type == LDAP_RES_SEARCH_ENTRY) {
		if (search_take_entry(&server->search, server->ld, message, query->address,
			query->findings, &err) != 0) {
			ldap_abandon_ext(server->ld, query->id, NULL, NULL);
			answer_query(query, &err);
		}
	} else if (type == LDAP_RES_SEARCH_REFERENCE) {
		log_referral(server);
	} else if (type == LDAP_RES_SEARCH_RESULT) {
		end_search(server, query, message);
	}
	return true;
}

static void
on_readable(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct server *server = context;
	struct timeval at_once = {0, 0};
	LDAPMessage *message;
	int taken;
	int type;

	for (taken = 0; taken < MESSAGES_MAX; taken++) {
		message = NULL;
		type = ldap_result(server->ld, LDAP_RES_ANY, LDAP_MSG_ONE, &at_once, &message);
		if (type < 0)
			lose(server, "the connection was lost");
		if (type <= 0)
			break;
		type = take_message(server, type, message) ? type : -1;
		ldap_msgfree(message);
		if (type < 0)
			break;
	}
	if (taken == MESSAGES_MAX)
		event_active(server->readable, EV_READ, 0);
	event_active(server->pump, 0, 0);
}

static void
send_query(struct server *server, struct source_query *query)
{
	int64_t until_ms;
	int code;

	query->sent_ms = clock_monotonic_ms();
	until_ms = query->sent_ms + server->directory->search_timeout;
	query->id = search_send(&server->search, server->ld, query->filter, &code);
	if (query->id < 0 && code == LDAP_FILTER_ERROR) {
		error_set(&query->error, ERROR_INPUT, "the filter is not valid: %s", query->filter);
		fail_query(query, &query->error);
		return;
	}
	move(query, &server->sent);
	if (query->id < 0) {
		lose(server, ldap_err2string(code));
		return;
	}
	arm(query, until_ms < query->deadline_ms ? until_ms : query->deadline_ms);
}

/* Makes the connection's handle the loop's. */
static void
on_connected(void *context, LDAP *ld, const char *uri, const struct error *why, bool over)
{
	struct server *server = context;
	struct error err = *why;
	ber_socket_t fd = -1;

	if (over)
		server->attempt = NULL;
	if (server->state != STATE_CONNECTING)
		return; /* it was late, and is over now */
	server->heard_ms = 0;
	server->ld = ld;
	server->uri = uri;
	if (ld == NULL)
		goto fail;
	ldap_get_option(ld, LDAP_OPT_DESC, &fd);
	server->readable = event_new(server->base, fd, EV_READ | EV_PERSIST, on_readable, server);
	if (server->readable == NULL || event_add(server->readable, NULL) != 0) {
		error_no_memory(&err);
		goto fail;
	}
	server->state = STATE_CONNECTED;
	log_info("directory \"%s\": connected to %s", server->directory->title, server->uri);
	server->down = false;
	event_active(server->pump, 0, 0);
	return;
fail:
	close_connection(server);
	rest(server, &err);
	answer_failed(server);
}

static void
connect_server(struct server *server)
{
	struct error err = ERROR_INIT;

	if (server->attempt != NULL) {
		error_set(&err, ERROR_TEMPORARY, "the last host name look-up has not ended yet");
		rest(server, &err);
		return;
	}
	server->attempt = attempt_start(
	    server->base, server->pool, server->directory, on_connected, server, &err);
	if (server->attempt != NULL)
		server->state = STATE_CONNECTING;
	else
		rest(server, &err);
}

/* Gets things going: a connection for what waits, or searches on it. */
static void
on_pump(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct server *server = context;

	switch (server->state) {
	case STATE_IDLE:
		if (!TAILQ_EMPTY(&server->waiting))
			connect_server(server);
		break;
	case STATE_CONNECTING:
		break;
	case STATE_CONNECTED:
		while (server->state == STATE_CONNECTED && !TAILQ_EMPTY(&server->waiting) &&
		       server->sent_count < SOURCE_LDAP_OUTSTANDING_MAX)
			send_query(server, TAILQ_FIRST(&server->waiting));
		break;
	}
	answer_failed(server);
}

/* Whether a question can be taken at all now. */
static int
check_open(const struct server *server, struct error *err)
{
	if (server->state == STATE_IDLE && clock_monotonic_ms() < server->rest_until_ms) {
		*err = server->last;
		return -1;
	}
	if (server->count >= SOURCE_LDAP_QUESTIONS_MAX)
		return error_set(err, ERROR_TEMPORARY, "more than %d questions wait for the server",
		    SOURCE_LDAP_QUESTIONS_MAX);
	return 0;
}

static struct source_query *
start(struct source *source, const struct address *address, int64_t deadline_ms,
    source_answer *answer, void *context, struct error *err)
{
	struct server *server = (struct server *)source;
	struct source_query *query;

	if (check_open(server, err) != 0)
		return NULL;
	query = calloc(1, sizeof(*query));
	if (query == NULL) {
		error_no_memory(err);
		return NULL;
	}
	server->count++;
	query->owner = server;
	query->address = address;
	query->deadline_ms = deadline_ms;
	query->answer = answer;
	query->context = context;
	query->filter = filter_build(server->directory, address, err);
	if (query->filter == NULL)
		goto fail;
	query->findings = findings_new();
	query->timer = event_new(server->base, -1, 0, on_late, query);
	if (query->findings == NULL || query->timer == NULL) {
		error_no_memory(err);
		goto fail;
	}
	arm(query, deadline_ms);
	move(query, &server->waiting);
	event_active(server->pump, 0, 0);
	return query;
fail:
	free_query(query);
	return NULL;
}

static void
cancel(struct source *source, struct source_query *query)
{
	struct server *server = (struct server *)source;

	if (query->list == &server->sent)
		ldap_abandon_ext(server->ld, query->id, NULL, NULL);
	free_query(query);
	event_active(server->pump, 0, 0);
}

static void
free_source(struct source *source)
{
	struct server *server = (struct server *)source;

	attempt_cancel(server->attempt);
	close_connection(server);
	if (server->pump != NULL)
		event_free(server->pump);
	search_clear(&server->search);
	free(server);
}

static const struct source_operations operations = {start, cancel, free_source};

struct source *
source_ldap_new(const struct config_directory *directory, bool exact_local,
    const struct members_limits *limits UNUSED, struct event_base *base, struct worker_pool *pool,
    struct error *err)
{
	struct server *server;

	server = calloc(1, sizeof(*server));
	if (server == NULL) {
		error_no_memory(err);
		return NULL;
	}
	server->source.operations = &operations;
	server->source.title = directory->title;
	server->directory = directory;
	server->base = base;
	server->pool = pool;
	TAILQ_INIT(&server->waiting);
	TAILQ_INIT(&server->sent);
	TAILQ_INIT(&server->failed);
	if (filter_check(directory, err) != 0 ||
	    search_init(&server->search, directory, exact_local, err) != 0)
		goto fail;
	server->pump = event_new(base, -1, 0, on_pump, server);
	if (server->pump == NULL) {
		error_no_memory(err);
		goto fail;
	}
	return &server->source;
fail:
	error_prefix(err, "directory \"%s\": ", directory->title);
	free_source(&server->source);
	return NULL;
}
