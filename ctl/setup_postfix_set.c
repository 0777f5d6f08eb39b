/* Settings and services of Postfix as commands for postconf. */
#include <stdio.h>
#include <string.h>

#include "setup.h"

/* "-c DIR " for another instance than the default one. */
static const char *
instance(struct setup *setup, char *out, size_t size)
{
	char quoted[SETUP_VALUE_MAX];

	out[0] = '\0';
	if (setup->postfix_config != NULL)
		snprintf(out, size, "-c %s ",
		    setup_quote(setup, setup->postfix_config, quoted, sizeof(quoted)));
	return out;
}

static const char *
program(struct setup *setup, char *out, size_t size)
{
	if (setup->postconf == NULL)
		return "postconf";
	return setup_quote(setup, setup->postconf, out, size);
}

static void
edit(struct setup *setup, const char *how, const char *what)
{
	char folder[SETUP_VALUE_MAX];
	char path[SETUP_VALUE_MAX];
	char quoted[SETUP_VALUE_MAX];

	setup_command(setup, "%s %s%s %s", program(setup, path, sizeof(path)),
	    instance(setup, folder, sizeof(folder)), how,
	    setup_quote(setup, what, quoted, sizeof(quoted)));
}

/* Alike but for blanks beside commas. */
static bool
is_same(const char *one, const char *other)
{
	for (;; one++, other++) {
		if (*one == ' ' || *one == '\t')
			one += strspn(one, " \t");
		if (*other == ' ' || *other == '\t')
			other += strspn(other, " \t");
		if (*one != *other)
			return false;
		if (*one == '\0')
			return true;
	}
}

void
setup_postfix_set(struct setup *setup, const struct postfix *postfix, const char *service,
    const char *name, const char *value)
{
	const struct postfix_service *there =
	    service != NULL ? postfix_service(postfix, service) : NULL;
	char text[SETUP_VALUE_MAX];

	if (service == NULL || (there != NULL && postfix_overrides(postfix, there, name))) {
		if (is_same(postfix_value(postfix, there, name), value)) {
			setup_comment(setup, "right already: %s%s%s = %s",
			    service != NULL ? service : "", service != NULL ? "/" : "", name,
			    value);
			return;
		}
	}
	snprintf(text, sizeof(text), "%s%s%s = %s", service != NULL ? service : "",
	    service != NULL ? "/" : "", name, value);
	edit(setup, service != NULL ? "-Pe" : "-e", text);
}

void
setup_postfix_service(struct setup *setup, const struct postfix *postfix, const char *id,
    const char *type_and_privacy, bool chrooted, const char *command)
{
	const struct postfix_service *there = postfix_service(postfix, id);
	char text[SETUP_VALUE_MAX];

	if (there != NULL && strcmp(there->command, command) == 0) {
		setup_comment(setup, "there already: service %s", id);
		return;
	}
	snprintf(text, sizeof(text), "%s = %.*s %s %s - - %s", id, (int)(strrchr(id, '/') - id), id,
	    type_and_privacy, chrooted ? "y" : "n", command);
	edit(setup, "-Me", text);
}

void
setup_postfix_reload(struct setup *setup)
{
	char folder[SETUP_VALUE_MAX];

	setup_command(setup, "postfix %sreload", instance(setup, folder, sizeof(folder)));
}
