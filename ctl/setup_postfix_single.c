/* Postfix: one recipient at a time, by a second smtpd that carries our milter (README). */
#include <stdio.h>
#include <string.h>

#include "mta_milter.h"
#include "postfix_way.h"
#include "setup.h"

/* Where the second smtpd is looked for and put. */
#define PORT_FIRST 10027
#define PORT_LAST 10099

#define TRANSPORT "seal"

struct single {
	struct setup *setup;
	const struct postfix *postfix;
	char second[64]; /* "127.0.0.1:10027/inet" */
	char filter[64]; /* "seal:[127.0.0.1]:10027" */
	char ours[MTA_MILTER_MAX];
	bool chrooted;
};

/* A second smtpd that is there already, or a port that nobody has. */
static bool
choose_second(struct single *single)
{
	const struct postfix_service *there = NULL;
	struct postfix_way way;
	char port[16];
	int number;
	size_t i;

	for (i = 0; i < single->postfix->service_count; i++) {
		postfix_way(
		    single->postfix, &single->postfix->services[i], single->setup->listen, &way);
		if (postfix_way_begins(way.service) && way.kind == POSTFIX_WAY_FILTER &&
		    strcmp(way.transport, TRANSPORT) == 0)
			there = way.carrier;
	}
	if (there != NULL) {
		snprintf(single->second, sizeof(single->second), "%s", there->id);
		snprintf(single->filter, sizeof(single->filter), TRANSPORT ":[127.0.0.1]:%.10s",
		    postfix_way_port(there->name));
		single->chrooted = there->chrooted;
		return strlen(there->id) < sizeof(single->second);
	}
	number = single->setup->port != 0 ? single->setup->port : PORT_FIRST;
	for (; number <= PORT_LAST || number == single->setup->port; number++) {
		snprintf(port, sizeof(port), "%d", number);
		if (setup_postfix_port_is_free(single->setup, single->postfix, port)) {
			snprintf(single->second, sizeof(single->second), "127.0.0.1:%s/inet", port);
			snprintf(single->filter, sizeof(single->filter),
			    TRANSPORT ":[127.0.0.1]:%s", port);
			return true;
		}
		if (single->setup->port != 0)
			return false;
	}
	return false;
}

static bool
is_named(const struct setup *setup, const char *id)
{
	size_t i;

	for (i = 0; i < setup->service_count; i++) {
		if (strcmp(setup->services[i], id) == 0)
			return true;
	}
	return false;
}

/* Whether only outgoing mail comes in there. */
static bool
is_first(const struct single *single, const struct postfix_service *service)
{
	return strcmp(service->id, single->second) != 0 &&
	       (postfix_way_is_submission(service) || is_named(single->setup, service->id));
}

/* Milters of the services where outgoing mail comes in: what of them has to come after ours. */
static void
list_of_second(struct single *single, char value[SETUP_VALUE_MAX])
{
	const struct postfix *postfix = single->postfix;
	size_t i;

	for (i = 0; i < postfix->service_count; i++) {
		const char *list = postfix_value(postfix, &postfix->services[i], "smtpd_milters");

		if (is_first(single, &postfix->services[i]) &&
		    setup_postfix_has_late(single->setup, postfix, list)) {
			setup_postfix_note_scanners(single->setup, list);
			setup_postfix_list(
			    single->setup, postfix, list, single->ours, SETUP_LAST, value);
			return;
		}
	}
	setup_postfix_list(single->setup, postfix, postfix_value(postfix, NULL, "smtpd_milters"),
	    single->ours, SETUP_LAST, value);
}

static void
set_second(struct single *single)
{
	/* As README has them: whoever comes from loopback is let in, once, with what was decided
	 * before. */
	static const char *const settings[][2] = {{"content_filter", ""},
	    {"milter_default_action", "tempfail"}, {"mynetworks", "127.0.0.0/8"},
	    {"smtpd_client_restrictions", ""}, {"smtpd_helo_restrictions", ""},
	    {"smtpd_sender_restrictions", ""},
	    {"smtpd_relay_restrictions", "permit_mynetworks,reject"},
	    {"smtpd_recipient_restrictions", "permit_mynetworks,reject"},
	    {"smtpd_authorized_xforward_hosts", "127.0.0.0/8"},
	    {"receive_override_options", "no_unknown_recipient_checks,no_address_mappings"}};
	const struct postfix_service *there = postfix_service(single->postfix, single->second);
	char value[SETUP_VALUE_MAX];
	size_t i;

	setup_comment(single->setup,
	    "A second smtpd on loopback carries our milter, and behind it what signs (DKIM).");
	setup_postfix_service(
	    single->setup, single->postfix, single->second, "inet n -", single->chrooted, "smtpd");
	if (there != NULL) /* what signs was moved there already */
		setup_postfix_list(single->setup, single->postfix,
		    postfix_value(single->postfix, there, "smtpd_milters"), single->ours, SETUP_ALL,
		    value);
	else
		list_of_second(single, value);
	setup_postfix_set(single->setup, single->postfix, single->second, "smtpd_milters", value);
	for (i = 0; i < ARRAY_LENGTH(settings); i++)
		setup_postfix_set(
		    single->setup, single->postfix, single->second, settings[i][0], settings[i][1]);
}

static void
set_transport(struct single *single)
{
	setup_comment(single->setup, "%s", "");
	setup_comment(single->setup, "The transport that leads to it, one recipient at a time.");
	setup_postfix_service(single->setup, single->postfix, TRANSPORT "/unix", "unix - -",
	    single->chrooted, "smtp");
	setup_postfix_set(
	    single->setup, single->postfix, TRANSPORT "/unix", "smtp_send_xforward_command", "yes");
	setup_postfix_set(single->setup, single->postfix, TRANSPORT "/unix",
	    "disable_mime_output_conversion", "yes");
	setup_postfix_set(
	    single->setup, single->postfix, NULL, TRANSPORT "_destination_recipient_limit", "1");
}

/* The signers and ours go from the service to the second one. */
static void
shorten(struct single *single, const struct postfix_service *service, const char *setting)
{
	const char *list = postfix_value(single->postfix, service, setting);
	char value[SETUP_VALUE_MAX];

	if (!setup_postfix_has_late(single->setup, single->postfix, list))
		return;
	setup_postfix_list(single->setup, single->postfix, list, single->ours, SETUP_FIRST, value);
	setup_postfix_set(
	    single->setup, single->postfix, service != NULL ? service->id : NULL, setting, value);
}

static void
set_first(struct single *single, const struct postfix_service *service)
{
	const char *filter = postfix_value(single->postfix, service, "content_filter");

	if (filter[0] != '\0' && strcmp(filter, single->filter) != 0) {
		setup_comment(single->setup,
		    "left alone: %s has content_filter = %s: give the service where that hands its "
		    "mail back content_filter = %s instead (--service)",
		    service->id, filter, single->filter);
		return;
	}
	if (postfix_list_has(postfix_value(single->postfix, service, "receive_override_options"),
		"no_address_mappings"))
		setup_comment(single->setup,
		    "Beware: %s has no_address_mappings, and so has the second smtpd: aliases "
		    "would "
		    "be applied nowhere",
		    service->id);
	if (strcmp(service->command, "smtpd") == 0)
		shorten(single, service, "smtpd_milters");
	setup_postfix_set(
	    single->setup, single->postfix, service->id, "content_filter", single->filter);
}

/* Ours, where an earlier set-up has named it for all services. */
static void
clear_main(struct single *single)
{
	const char *list = postfix_value(single->postfix, NULL, "smtpd_milters");
	const char *rest = list;
	char value[SETUP_VALUE_MAX];
	struct mta_milter item;
	const char *queue = postfix_value(single->postfix, NULL, "queue_directory");

	while (mta_milter_next(&rest, &item)) {
		if (mta_milter_reach(item.endpoint, single->setup->listen, queue, true) ==
		    MTA_MILTER_ELSE)
			continue;
		setup_postfix_list(
		    single->setup, single->postfix, list, single->ours, SETUP_OTHERS, value);
		setup_postfix_set(single->setup, single->postfix, NULL, "smtpd_milters", value);
		return;
	}
}

static void
set_all_first(struct single *single)
{
	size_t i;

	setup_comment(single->setup, "%s", "");
	setup_comment(single->setup, "The services where outgoing mail comes in hand it on, and so "
				     "does the sendmail command.");
	setup_comment(single->setup, "What signs is called at the second smtpd, no longer here.");
	for (i = 0; i < single->postfix->service_count; i++) {
		const struct postfix_service *service = &single->postfix->services[i];

		if (is_first(single, service) || strcmp(service->command, "pickup") == 0)
			set_first(single, service);
	}
	shorten(single, NULL, "non_smtpd_milters");
	clear_main(single);
}

void
setup_postfix_single(struct setup *setup, const struct postfix *postfix)
{
	const struct postfix_service *like = postfix_service(postfix, "smtp/inet");
	struct single single = {.setup = setup, .postfix = postfix};
	size_t i;

	for (i = 0; i < setup->service_count; i++) {
		if (postfix_service(postfix, setup->services[i]) != NULL)
			continue;
		setup->failed = true;
		error_set(&setup->err, ERROR_INPUT,
		    "--service %s: postconf -M shows no such service", setup->services[i]);
		return;
	}
	for (i = 0; like == NULL && i < postfix->service_count; i++) {
		if (strcmp(postfix->services[i].command, "smtpd") == 0)
			like = &postfix->services[i];
	}
	single.chrooted = like != NULL && like->chrooted;
	if (!choose_second(&single)) {
		setup->failed = true;
		error_set(&setup->err, ERROR_INPUT,
		    "the port of the second smtpd is another service's (postconf -M), or none from "
		    "%d to %d is free: name one with --port",
		    PORT_FIRST, PORT_LAST);
		return;
	}
	if (!mta_milter_name(setup->listen, postfix_value(postfix, NULL, "queue_directory"),
		single.chrooted, single.ours, sizeof(single.ours))) {
		setup->failed = true;
		error_set(&setup->err, ERROR_INPUT, "%s can't be named for Postfix", setup->listen);
		return;
	}
	if (!postfix_way_counts_loopback(setup->config))
		setup_comment(setup,
		    "First add \"127.0.0.0/8\" to internal-hosts in %s, and reload: to the second "
		    "smtpd all mail comes from there",
		    setup->config->file);
	set_second(&single);
	set_transport(&single);
	set_all_first(&single);
}
