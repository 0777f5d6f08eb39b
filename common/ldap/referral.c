#include "ldap/referral.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void
referral_place(const char *uri, char **host, int *port)
{
	LDAPURLDesc *url = NULL;

	*host = NULL;
	*port = 0;
	if (ldap_url_parse(uri, &url) != LDAP_URL_SUCCESS)
		return;
	if (url->lud_host != NULL && url->lud_host[0] != '\0')
		*host = strdup(url->lud_host);
	/* ldap://dc3 and ldaps://dc3 are one place, whatever the port is called. */
	if (url->lud_port != (strcmp(url->lud_scheme, "ldaps") == 0 ? LDAPS_PORT : LDAP_PORT))
		*port = url->lud_port;
	ldap_free_urldesc(url);
}

/* The listed server that a URL leads to, or NULL. */
static struct server *
find_listed(struct pool *pool, const char *uri)
{
	struct server *server = NULL;
	char *host;
	size_t i;
	int port;

	referral_place(uri, &host, &port);
	for (i = 0; host != NULL && i < pool->server_count; i++) {
		server = pool->servers[i];
		if (server->is_listed && server->host != NULL && server->port == port &&
		    strcasecmp(server->host, host) == 0)
			break;
	}
	if (host == NULL || i == pool->server_count)
		server = NULL;
	free(host);
	return server;
}

/* Whether a URL (RFC 4516) names a scope: libldap's parser says "base" where it does not. */
static bool
names_scope(const char *uri)
{
	const char *part = strchr(uri, '?');

	part = part != NULL ? strchr(part + 1, '?') : NULL;
	return part != NULL && part[1] != '\0' && part[1] != '?';
}

/* What a URL asks for: what it doesn't say is the asker's. 0/-1. */
static int
read_leg(const char *uri, const struct leg *asker, struct leg *leg, struct error *err)
{
	LDAPURLDesc *url = NULL;
	bool has_base;
	bool has_filter;

	if (strlen(uri) > REFERRAL_URL_MAX)
		return error_set(
		    err, ERROR_TEMPORARY, "a referral of more than %d bytes", REFERRAL_URL_MAX);
	if (ldap_url_parse(uri, &url) != LDAP_URL_SUCCESS)
		return error_set(err, ERROR_TEMPORARY, "a referral that can't be read: %s", uri);
	has_base = url->lud_dn != NULL && url->lud_dn[0] != '\0';
	has_filter = url->lud_filter != NULL && url->lud_filter[0] != '\0';
	leg->base = strdup(has_base ? url->lud_dn : asker->base);
	leg->filter = strdup(has_filter ? url->lud_filter : asker->filter);
	leg->scope = names_scope(uri) ? url->lud_scope : asker->scope;
	leg->depth = asker->depth + 1;
	ldap_free_urldesc(url);
	if (leg->base == NULL || leg->filter == NULL)
		return error_no_memory(err);
	return 0;
}

static bool
is_known(const struct pool_search *search, const struct leg *leg)
{
	const struct leg *other;
	size_t i;

	for (i = 0; i < search->leg_count; i++) {
		other = &search->legs[i];
		if (other->server == leg->server && other->scope == leg->scope &&
		    strcasecmp(other->base, leg->base) == 0 &&
		    strcmp(other->filter, leg->filter) == 0)
			return true;
	}
	return false;
}

/* Appends the leg; its strings are the search's then. */
static int
append(struct pool_search *search, const struct leg *leg, struct error *err)
{
	struct leg *legs;

	if (leg->depth > REFERRAL_DEPTH_MAX)
		return error_set(err, ERROR_TEMPORARY, "more than %d referrals lead to one another",
		    REFERRAL_DEPTH_MAX);
	if (search->leg_count > REFERRALS_MAX)
		return error_set(
		    err, ERROR_TEMPORARY, "one search has more than %d referrals", REFERRALS_MAX);
	legs = realloc(search->legs, (search->leg_count + 1) * sizeof(*legs));
	if (legs == NULL)
		return error_no_memory(err);
	search->legs = legs;
	legs[search->leg_count++] = *leg;
	return 0;
}

enum referral
referral_add(struct pool_search *search, char *const *uris, struct error *err)
{
	struct leg leg = {.base = NULL, .filter = NULL};
	struct server *server;
	enum referral result = REFERRAL_FAILED;
	const char *uri = NULL;
	size_t i;

	/* Any of them will do: one that is not down, if there is one. */
	for (i = 0; uris != NULL && uris[i] != NULL && i < REFERRAL_ALTERNATIVES_MAX; i++) {
		server = find_listed(search->pool, uris[i]);
		if (server == NULL || (leg.server != NULL && !(leg.server->down && !server->down)))
			continue;
		leg.server = server;
		uri = uris[i];
	}
	if (leg.server == NULL)
		return REFERRAL_UNLISTED;
	if (read_leg(uri, &search->legs[search->leg], &leg, err) != 0)
		goto fail;
	if (is_known(search, &leg))
		result = REFERRAL_KNOWN;
	else if (append(search, &leg, err) == 0)
		return REFERRAL_ADDED;
fail:
	free(leg.base);
	free(leg.filter);
	return result;
}
