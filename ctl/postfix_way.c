#include "postfix_way.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/compiler.h"

const char *
postfix_way_list(const struct postfix_service *service)
{
	return strcmp(service->command, "smtpd") == 0 ? "smtpd_milters" : "non_smtpd_milters";
}

bool
postfix_way_begins(const struct postfix_service *service)
{
	return strcmp(service->command, "smtpd") == 0 || strcmp(service->command, "pickup") == 0;
}

const struct postfix_service *
postfix_way_caller(const struct postfix *postfix, const struct postfix_service *service)
{
	return strcmp(service->command, "pickup") == 0 ? postfix_service(postfix, "cleanup/unix")
						       : service;
}

const char *
postfix_way_port(const char *address)
{
	const char *colon = strrchr(address, ':');

	return colon != NULL ? colon + 1 : address;
}

/* Of what /etc/services knows. -1: it is none. */
static int
port_number(const char *text)
{
	static const struct {
		const char *name;
		int port;
	} known[] = {{"smtp", 25}, {"submission", 587}, {"submissions", 465}, {"smtps", 465}};
	char *end;
	long number = strtol(text, &end, 10);
	size_t i;

	if (end != text && *end == '\0' && number > 0 && number < 65536)
		return (int)number;
	for (i = 0; i < ARRAY_LENGTH(known); i++) {
		if (strcmp(known[i].name, text) == 0)
			return known[i].port;
	}
	return -1;
}

bool
postfix_way_same_port(const char *one, const char *other)
{
	int number = port_number(one);

	return strcmp(one, other) == 0 || (number > 0 && number == port_number(other));
}

bool
postfix_way_is_submission(const struct postfix_service *service)
{
	const char *port = postfix_way_port(service->name);

	return strcmp(service->command, "smtpd") == 0 &&
	       (postfix_way_same_port(port, "587") || postfix_way_same_port(port, "465"));
}

/* Our item in the service's list. */
static bool
carries(const struct postfix *postfix, const struct postfix_service *service, const char *listen,
    struct postfix_way *way)
{
	const char *list = postfix_value(postfix, service, postfix_way_list(service));
	const struct postfix_service *caller = postfix_way_caller(postfix, service);
	const char *queue = postfix_value(postfix, NULL, "queue_directory");
	bool chrooted = caller != NULL && caller->chrooted;

	if (postfix_list_has(
		postfix_value(postfix, service, "receive_override_options"), "no_milters"))
		return false;
	while (mta_milter_next(&list, &way->item)) {
		way->reach = mta_milter_reach(way->item.endpoint, listen, queue, chrooted);
		if (way->reach != MTA_MILTER_ELSE) {
			way->carrier = service;
			return true;
		}
	}
	return false;
}

/* The smtpd at the port that a content filter ("seal:[127.0.0.1]:10027") leads to. */
static const struct postfix_service *
leads_to(const struct postfix *postfix, const char *filter)
{
	const char *nexthop = strchr(filter, ':');
	size_t i;

	if (nexthop == NULL || nexthop[1] == '\0')
		return NULL;
	for (i = 0; i < postfix->service_count; i++) {
		const struct postfix_service *service = &postfix->services[i];

		if (strcmp(service->command, "smtpd") == 0 && strcmp(service->type, "inet") == 0 &&
		    postfix_way_same_port(
			postfix_way_port(service->name), postfix_way_port(nexthop + 1)))
			return service;
	}
	return NULL;
}

void
postfix_way(const struct postfix *postfix, const struct postfix_service *service,
    const char *listen, struct postfix_way *way)
{
	const char *filter = postfix_value(postfix, service, "content_filter");
	const struct postfix_service *second = leads_to(postfix, filter);

	memset(way, 0, sizeof(*way));
	way->service = service;
	snprintf(way->transport, sizeof(way->transport), "%.*s", (int)strcspn(filter, ":"), filter);
	if (carries(postfix, service, listen, way))
		way->kind = POSTFIX_WAY_MILTER;
	else if (second != NULL && second != service && carries(postfix, second, listen, way))
		way->kind = POSTFIX_WAY_FILTER;
	else
		memset(&way->item, 0, sizeof(way->item));
	if (way->kind == POSTFIX_WAY_NONE && filter[0] != '\0' && second == NULL)
		way->kind = POSTFIX_WAY_ABROAD;
}

bool
postfix_way_counts_loopback(const struct config *config)
{
	struct sockaddr_in loopback = {.sin_family = AF_INET};

	loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return config_networks_contain(&config->internal_hosts, (const struct sockaddr *)&loopback);
}
