/* Postfix: our milter at each service. */
#include <string.h>

#include "mta_milter.h"
#include "postfix_way.h"
#include "setup.h"

/* How main.cf names our milter: it holds for chrooted services and for others. */
static bool
name_for_all(const struct setup *setup, const struct postfix *postfix, const char *command,
    char *name, size_t size)
{
	const char *queue = postfix_value(postfix, NULL, "queue_directory");
	bool chrooted = false;
	bool others = false;
	size_t i;

	for (i = 0; i < postfix->service_count; i++) {
		if (strcmp(postfix->services[i].command, command) == 0) {
			chrooted = chrooted || postfix->services[i].chrooted;
			others = others || !postfix->services[i].chrooted;
		}
	}
	if (!mta_milter_name(setup->listen, queue, chrooted, name, size))
		return false;
	if (chrooted && others && strncmp(name, "unix:/", 6) == 0)
		memmove(name + 5, name + 6, strlen(name + 6) + 1); /* below the queue for both */
	return true;
}

static void
set_list(struct setup *setup, const struct postfix *postfix, const struct postfix_service *service,
    const char *setting, const char *command)
{
	const char *list = postfix_value(postfix, service, setting);
	char ours[MTA_MILTER_MAX];
	char value[SETUP_VALUE_MAX];

	if (!name_for_all(setup, postfix, command, ours, sizeof(ours))) {
		setup->failed = true;
		error_set(&setup->err, ERROR_INPUT, "%s can't be named for Postfix", setup->listen);
		return;
	}
	setup_postfix_list(setup, postfix, list, ours, SETUP_ALL, value);
	setup_postfix_set(setup, postfix, service != NULL ? service->id : NULL, setting, value);
}

/* Services with a list of their own: an empty one is meant so. */
static void
set_services(struct setup *setup, const struct postfix *postfix)
{
	size_t i;

	for (i = 0; i < postfix->service_count; i++) {
		const struct postfix_service *service = &postfix->services[i];

		if (strcmp(service->command, "smtpd") != 0 ||
		    !postfix_overrides(postfix, service, "smtpd_milters"))
			continue;
		if (postfix_value(postfix, service, "smtpd_milters")[0] == '\0')
			setup_comment(setup,
			    "left alone: %s has no milters; right only if no outgoing mail comes "
			    "in "
			    "there",
			    service->id);
		else
			set_list(setup, postfix, service, "smtpd_milters", "smtpd");
		if (strcmp(postfix_value(postfix, service, "milter_default_action"), "accept") ==
			0 &&
		    postfix_overrides(postfix, service, "milter_default_action"))
			setup_postfix_set(
			    setup, postfix, service->id, "milter_default_action", "tempfail");
	}
}

void
setup_postfix_plain(struct setup *setup, const struct postfix *postfix)
{
	setup_comment(setup, "Our milter: after what scans content, before what signs (DKIM).");
	set_list(setup, postfix, NULL, "smtpd_milters", "smtpd");
	set_services(setup, postfix);
	setup_comment(setup, "The same for mail of the sendmail command:");
	set_list(setup, postfix, NULL, "non_smtpd_milters", "cleanup");
	if (postfix_value(postfix, NULL, "virtual_alias_maps")[0] != '\0' ||
	    postfix_value(postfix, NULL, "always_bcc")[0] != '\0' ||
	    postfix_value(postfix, NULL, "sender_bcc_maps")[0] != '\0' ||
	    postfix_value(postfix, NULL, "recipient_bcc_maps")[0] != '\0') {
		setup_comment(setup, "Beware: virtual_alias_maps and *_bcc_maps are applied after "
				     "the milter; who gets");
		setup_comment(setup,
		    "mail by them can't read what is sealed for another. Without --plain it is.");
	}
}
