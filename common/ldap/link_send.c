#include <event2/event.h>

#include "base/clock.h"
#include "ldap/link.h"
#include "ldap/seek.h"

static int
request(struct link *link, struct pool_search *search)
{
	const struct leg *leg = &search->legs[search->leg];
	const struct pool_question *question = &search->question;
	int64_t most = question->large ? question->deadline_ms - clock_monotonic_ms()
				       : link->server->pool->directory->search_timeout;
	struct timeval limit = {0, 0};

	/* What the server is told; our own timer holds whether it minds or not. 0 would be no limit. */
	limit.tv_sec = most > 1 ? (time_t)((most + 999) / 1000) : 1;
	/* Controls may be one server's own matter, such as the cookie of a page (RFC 2696). */
	return ldap_search_ext(link->ld, leg->base, leg->scope, leg->filter,
	    (char **)question->attributes, 0, search->leg == 0 ? question->controls : NULL, NULL,
	    &limit, question->entries_limit, &search->id);
}

static void
attach(struct link *link, struct pool_search *search)
{
	const struct config_directory *directory = link->server->pool->directory;
	int64_t until_ms;

	seek_move(search, &link->searches, false);
	search->link = link;
	link->count++;
	link->used = true;
	search->heard_server = link->server->heard;
	search->waits_on = false;
	search->sent_ms = clock_monotonic_ms();
	until_ms = search->sent_ms + directory->search_timeout;
	seek_arm(search,
	    until_ms < search->question.deadline_ms ? until_ms : search->question.deadline_ms);
}

enum link_sent
link_send(struct link *link, struct pool_search *search)
{
	struct error err = ERROR_INIT;
	int code;

	if (search->leg == 0) {
		search->legs[0].server = link->server;
		search->authenticated = true;
		search->events->begin(search->context);
	}
	search->authenticated = search->authenticated && link->authenticated;
	code = request(link, search);
	switch (code) {
	case LDAP_FILTER_ERROR:
		error_set(&err, ERROR_INPUT, "the filter is not valid: %s",
		    search->legs[search->leg].filter);
		seek_fail(search, &err);
		return LINK_FAILED;
	case LDAP_BUSY:
		link->clogged = true;
		event_add(link->writable, NULL);
		return LINK_BUSY;
	case LDAP_NO_MEMORY:
	case LDAP_ENCODING_ERROR:
	case LDAP_PARAM_ERROR:
		error_set(
		    &err, ERROR_TEMPORARY, "the search can't be put: %s", ldap_err2string(code));
		seek_fail(search, &err);
		return LINK_FAILED;
	default:
		break;
	}
	attach(link, search);
	if (code != LDAP_SUCCESS) {
		link_lose(link, ldap_err2string(code));
		return LINK_LOST;
	}
	/* What the socket did not take libldap writes once it is told to look. */
	event_add(link->writable, NULL);
	return LINK_SENT;
}
