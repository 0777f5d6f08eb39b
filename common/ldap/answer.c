#include "ldap/answer.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "ldap/link.h"
#include "ldap/referral.h"
#include "ldap/seek.h"

/* That a server refuses what others answer is logged again after so long. Milliseconds. */
#define REFUSAL_LOG_INTERVAL 600000

/* The first of the servers referred to, for a text. */
static const char *
first_of(char **uris)
{
	return uris != NULL && uris[0] != NULL ? uris[0] : "nowhere";
}

static void
log_referral(struct server *server, char **uris)
{
	if (!server->refers)
		log_info("%s: %s refers to other servers that referrals does not list, such as "
			 "%.200s: they are not asked",
		    server->pool->name, server->uri, first_of(uris));
	server->refers = true;
}

static void
take_reference(struct pool_search *search, LDAPMessage *message)
{
	struct link *link = search->link;
	struct error err = ERROR_INIT;
	char **uris = NULL;

	if (ldap_parse_reference(link->ld, message, &uris, NULL, 0) != LDAP_SUCCESS)
		uris = NULL;
	switch (referral_add(search, uris, &err)) {
	case REFERRAL_ADDED:
	case REFERRAL_KNOWN:
		break;
	case REFERRAL_UNLISTED:
		log_referral(link->server, uris);
		break;
	case REFERRAL_FAILED:
		error_prefix(&err, "%s: ", link->server->uri);
		link_abandon(link, search);
		seek_done(search, POOL_FAILED, &err);
		break;
	}
	ldap_memvfree((void **)uris);
}

/* The result of a search, as the server gave it. */
struct answer {
	int code;
	char *text;
	char **referrals;
};

/* Active Directory calls it an operations error that nobody is known yet on a connection. */
static bool
wants_name(const struct answer *answer)
{
	return answer->code == LDAP_INSUFFICIENT_ACCESS ||
	       answer->code == LDAP_INAPPROPRIATE_AUTH ||
	       (answer->code == LDAP_OPERATIONS_ERROR && answer->text != NULL &&
		   strstr(answer->text, "successful bind") != NULL);
}

static bool
is_anonymous(const struct config_directory *directory)
{
	return directory->bind_method == BIND_SIMPLE &&
	       (directory->bind_dn == NULL || directory->bind_dn[0] == '\0');
}

/* Why a search that has ended did not succeed. */
static void
name_fault(const struct pool_search *search, const struct answer *answer, char *text, size_t size)
{
	bool anonymous = is_anonymous(search->pool->directory);

	if (answer->code == LDAP_NO_SUCH_OBJECT)
		snprintf(text, size,
		    "the base of the search does not exist, or may not be seen%s: \"%.200s\"",
		    anonymous ? " without a name (bind-dn)" : "", search->legs[search->leg].base);
	else if (answer->code == LDAP_REFERRAL || answer->code == LDAP_PARTIAL_RESULTS)
		snprintf(text, size,
		    "the server refers to another one, which is not asked (referrals): %.150s",
		    first_of(answer->referrals));
	else if (anonymous && wants_name(answer))
		snprintf(text, size, "it does not let us search without a name (bind-dn)");
	else
		snprintf(text, size, "the search failed");
}

/* Whether the server speaks of itself, so that another one may answer, or of the question. One that
 * is only being filled from others has no such object. */
static bool
is_own_trouble(int code)
{
	switch (code) {
	case LDAP_OPERATIONS_ERROR:
	case LDAP_TIMELIMIT_EXCEEDED:
	case LDAP_NO_SUCH_OBJECT:
	case LDAP_INSUFFICIENT_ACCESS:
	case LDAP_BUSY:
	case LDAP_UNAVAILABLE:
	case LDAP_UNWILLING_TO_PERFORM:
	case LDAP_OTHER:
		return true;
	default:
		return false;
	}
}

/* Where others answer instead, nobody else tells. But that there is no such object is news of the
 * directory's own base only: a member that has left a group isn't there either. */
static void
log_refusal(struct server *server, int code, const char *base, const struct error *why)
{
	int64_t now = clock_monotonic_ms();

	if (code == LDAP_NO_SUCH_OBJECT && strcasecmp(base, server->pool->directory->base) != 0)
		return;
	if (code == server->refusal && now - server->refusal_ms < REFUSAL_LOG_INTERVAL)
		return;
	server->refusal = code;
	server->refusal_ms = now;
	log_warning("%s: %s; another server is asked", server->pool->name, why->text);
}

static void
end_failed(struct pool_search *search, const struct answer *answer)
{
	struct server *server = search->link->server;
	bool has_text = answer->text != NULL && answer->text[0] != '\0';
	struct error err = ERROR_INIT;
	char fault[320];

	name_fault(search, answer, fault, sizeof(fault));
	error_set(&err, ERROR_TEMPORARY, "%s: %s: %s%s%s%s", server->uri, fault,
	    ldap_err2string(answer->code), has_text ? " (" : "", has_text ? answer->text : "",
	    has_text ? ")" : "");
	if (search->leg == 0 && is_own_trouble(answer->code) && seek_elsewhere(search, &err)) {
		log_refusal(server, answer->code, search->legs[0].base, &err);
		return;
	}
	search->code = answer->code;
	if (answer->code == LDAP_NO_SUCH_OBJECT && search->leg == 0)
		seek_done(search, POOL_NO_SUCH_OBJECT, &err);
	else
		seek_done(search, POOL_FAILED, &err);
}

static void
end_referred(struct pool_search *search, const struct answer *answer)
{
	const char *uri = search->link->server->uri;
	struct error err = ERROR_INIT;

	switch (referral_add(search, answer->referrals, &err)) {
	case REFERRAL_ADDED:
		seek_next_leg(search);
		return;
	case REFERRAL_UNLISTED:
		end_failed(search, answer);
		return;
	case REFERRAL_KNOWN:
		error_set(&err, ERROR_TEMPORARY, "the referral leads round in a circle");
		break;
	case REFERRAL_FAILED:
		break;
	}
	error_prefix(&err, "%s: ", uri);
	seek_done(search, POOL_FAILED, &err);
}

static void
take_result(struct pool_search *search, LDAPMessage *message)
{
	LDAPControl **controls = NULL;
	struct answer answer = {LDAP_DECODING_ERROR, NULL, NULL};

	if (ldap_parse_result(search->link->ld, message, &answer.code, NULL, &answer.text,
		&answer.referrals, &controls, 0) != LDAP_SUCCESS)
		answer.code = LDAP_DECODING_ERROR;
	if (search->leg == 0) {
		search->answered = search->link->number;
		search->answer_controls = controls;
	} else {
		ldap_controls_free(controls);
	}
	if (answer.code == LDAP_SUCCESS && search->leg + 1 < search->leg_count)
		seek_next_leg(search);
	else if (answer.code == LDAP_SUCCESS)
		seek_done(search, POOL_COMPLETE, NULL);
	else if (answer.code == LDAP_SIZELIMIT_EXCEEDED)
		seek_done(search, POOL_LIMITED, NULL);
	else if (answer.code == LDAP_REFERRAL)
		end_referred(search, &answer);
	else
		end_failed(search, &answer);
	ldap_memfree(answer.text);
	ldap_memvfree((void **)answer.referrals);
}

void
answer_take(struct pool_search *search, int type, LDAPMessage *message)
{
	struct link *link = search->link;
	struct error err = ERROR_INIT;

	if (type == LDAP_RES_SEARCH_ENTRY) {
		if (search->events->entry(search->context, link->ld, message, &err) == 0)
			return;
		link_abandon(link, search);
		seek_done(search, POOL_FAILED, &err);
	} else if (type == LDAP_RES_SEARCH_REFERENCE) {
		take_reference(search, message);
	} else if (type == LDAP_RES_SEARCH_RESULT) {
		take_result(search, message);
	}
}
