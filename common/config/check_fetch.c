#include <stdlib.h>

#include "config/check.h"

/* A number from 1 to 65535, written plainly. */
static bool
is_port(const char *text)
{
	char *rest;
	long port;

	if (*text < '1' || *text > '9')
		return false;
	port = strtol(text, &rest, 10);
	return *rest == '\0' && port <= 65535;
}

void
check_fetch(const struct check *check)
{
	const struct strings *ports = &check->config->fetch_ports;
	size_t i;

	if (!check_is_sound(check, TOP_fetch_ports))
		return;
	for (i = 0; i < ports->count; i++)
		if (!is_port(ports->items[i]))
			problems_add(check->problems, check_line(check, TOP_fetch_ports),
			    "fetch-ports: \"%.100s\" is not a number from 1 to 65535",
			    ports->items[i]);
	if (check->config->fetch && ports->count == 0)
		problems_add(check->problems, check_line(check, TOP_fetch_ports),
		    "fetch-ports: without a port nothing can be fetched; fetch = no says so");
}
