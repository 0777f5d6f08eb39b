/* Postfix: what both ways need, and which of them it is. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "growth.h"
#include "mta_milter.h"
#include "postfix_way.h"
#include "setup.h"

static bool
is_any_chrooted(const struct postfix *postfix)
{
	size_t i;

	for (i = 0; i < postfix->service_count; i++) {
		const char *command = postfix->services[i].command;

		if ((strcmp(command, "smtpd") == 0 || strcmp(command, "cleanup") == 0) &&
		    postfix->services[i].chrooted)
			return true;
	}
	return false;
}

/* The socket must be within the chroot: what follows is for the place where it should be. path keeps
 * it. */
static void
move_socket(struct setup *setup, const struct postfix *postfix, char path[SETUP_VALUE_MAX])
{
	const char *queue = postfix_value(postfix, NULL, "queue_directory");
	const char *user = setup->config->user;
	char folder[SETUP_VALUE_MAX];
	char quoted[SETUP_VALUE_MAX];
	char name[MTA_MILTER_MAX];

	if (!is_any_chrooted(postfix) ||
	    mta_milter_name(setup->listen, queue, true, name, sizeof(name)))
		return;
	snprintf(path, SETUP_VALUE_MAX, "unix:%s/smime-milter/milter.sock", queue);
	snprintf(folder, sizeof(folder), "%s/smime-milter", queue);
	setup_comment(setup, "Postfix's smtpd is chrooted to %s: %s is out of its reach.", queue,
	    setup->listen);
	setup_comment(
	    setup, "Make a folder for the socket there, write into %s", setup->config->file);
	setup_comment(setup, "    listen       = \"%s\"", path);
	setup_comment(setup, "    socket-group = \"postfix\"");
	setup_comment(setup, "and restart the daemon, before the rest:");
	setup_command(setup, "install -d -o %s -g postfix -m 2750 %s",
	    setup_quote(
		setup, user != NULL && user[0] != '\0' ? user : "smime-milter", name, sizeof(name)),
	    setup_quote(setup, folder, quoted, sizeof(quoted)));
	setup_comment(setup, "%s", "");
	setup->listen = path;
}

/* 5xx while the daemon is down, and its answers too early. */
static void
set_milter_settings(struct setup *setup, const struct postfix *postfix)
{
	int64_t deadline = setup->config->deadline;
	int64_t ms = postfix_time(postfix_value(postfix, NULL, "milter_content_timeout"));

	setup_comment(setup, "%s", "");
	setup_comment(
	    setup, "While the daemon is down, mail waits; accept would let it leave in the clear.");
	setup_postfix_set(setup, postfix, NULL, "milter_default_action", "tempfail");
	setup_postfix_set(setup, postfix, NULL, "milter_protocol", "6");
	if (ms >= deadline + GROWTH_TIME_MARGIN) {
		setup_comment(setup,
		    "right already: milter_content_timeout is longer than the daemon's deadline "
		    "(%" PRId64 " ms)",
		    deadline);
		return;
	}
	setup_comment(setup, "Longer than the daemon's deadline (%" PRId64 " ms):", deadline);
	setup_postfix_set(setup, postfix, NULL, "milter_content_timeout", "300s");
}

static void
set_size(struct setup *setup, const struct postfix *postfix)
{
	int64_t limit = strtoll(postfix_value(postfix, NULL, "message_size_limit"), NULL, 10);
	int64_t largest = setup->largest;
	char sizes[2][CTL_AMOUNT_SIZE];
	char value[32];

	if (largest == 0 && limit == GROWTH_POSTFIX_DEFAULT)
		largest = limit; /* what could be sent before can be sent then */
	setup_comment(setup, "%s", "");
	if (limit == 0 || (largest > 0 && growth_sealed(largest) <= limit)) {
		setup_comment(setup,
		    "right already: message_size_limit = %" PRId64 " has room for sealed mail",
		    limit);
		return;
	}
	if (largest == 0) {
		setup_comment(setup,
		    "message_size_limit is %s: sealed mail is 1.37 times as large, so that senders "
		    "can send %s.",
		    ctl_format_size(limit, sizes[0]),
		    ctl_format_size(growth_plain(limit), sizes[1]));
		setup_comment(setup, "To change that: smimectl setup postfix --largest SIZE");
		return;
	}
	setup_comment(setup, "Sealed mail is 1.37 times as large: senders may send %s then.",
	    ctl_format_size(largest, sizes[0]));
	snprintf(value, sizeof(value), "%" PRId64, growth_sealed(largest));
	setup_postfix_set(setup, postfix, NULL, "message_size_limit", value);
}

/* Services through which only outgoing mail comes. */
static bool
has_outgoing_service(const struct setup *setup, const struct postfix *postfix)
{
	size_t i;

	for (i = 0; i < postfix->service_count; i++) {
		if (postfix_way_is_submission(&postfix->services[i]))
			return true;
	}
	return setup->service_count > 0;
}

void
setup_postfix(struct setup *setup, const struct postfix *postfix)
{
	char path[SETUP_VALUE_MAX];
	bool single = !setup->plain && has_outgoing_service(setup, postfix);

	move_socket(setup, postfix, path);
	if (!setup->plain && !single) {
		setup_comment(setup, "There is no submission service: incoming and outgoing mail "
				     "come by one way, and");
		setup_comment(setup, "only outgoing mail may go one recipient at a time. So this "
				     "is the milter at each");
		setup_comment(setup, "service (--plain). Recommended is: --service NAME/TYPE for "
				     "each service (postconf -M)");
		setup_comment(setup, "where outgoing mail alone comes in.");
		setup_comment(setup, "%s", "");
	}
	if (single)
		setup_postfix_single(setup, postfix);
	else
		setup_postfix_plain(setup, postfix);
	set_milter_settings(setup, postfix);
	set_size(setup, postfix);
	setup_comment(setup, "%s", "");
	setup_postfix_reload(setup);
	setup_comment(setup, "Then: smimectl doctor%s",
	    setup->postfix_config != NULL ? ", with the same --postfix-config" : "");
}
