/* Postfix: where a second smtpd may be put. */
#include <string.h>

#include "postfix_way.h"
#include "setup.h"

/* Whether a service has settings of its own. */
static bool
has_settings(const struct postfix *postfix, const struct postfix_service *service)
{
	size_t i;

	for (i = 0; i < postfix->setting_count; i++) {
		if (postfix->settings[i].service == service->id)
			return true;
	}
	return false;
}

bool
setup_postfix_port_is_free(
    const struct setup *setup, const struct postfix *postfix, const char *port)
{
	struct postfix_way way;
	size_t i;

	for (i = 0; i < postfix->service_count; i++) {
		const struct postfix_service *service = &postfix->services[i];

		if (strcmp(service->type, "inet") != 0 ||
		    !postfix_way_same_port(postfix_way_port(service->name), port))
			continue;
		postfix_way(postfix, service, setup->listen, &way);
		if (strncmp(service->name, "127.0.0.1:", 10) != 0 ||
		    strcmp(service->command, "smtpd") != 0 ||
		    (has_settings(postfix, service) && way.kind != POSTFIX_WAY_MILTER))
			return false;
	}
	return true;
}
