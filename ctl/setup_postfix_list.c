/* Lists of milters: who goes before ours, who behind it. */
#include <stdio.h>
#include <string.h>

#include "mta_milter.h"
#include "setup.h"

static void
append(struct setup *setup, char *out, const char *text)
{
	size_t used = strlen(out);
	int size = snprintf(out + used, SETUP_VALUE_MAX - used, "%s%s", used > 0 ? "," : "", text);

	if (size < 0 || (size_t)size >= SETUP_VALUE_MAX - used) {
		setup->failed = true;
		error_set(&setup->err, ERROR_INPUT, "a list of milters is longer than %d bytes",
		    SETUP_VALUE_MAX);
	}
}

/* postconf takes no blanks in a service's value: they become commas, and are left off beside others
 * and beside "=". */
static void
close_up(const char *from, char *out, size_t size)
{
	static const char no_comma_beside[] = ",=";
	size_t used = 0;

	while (*from != '\0' && used + 2 < size) {
		size_t blanks = strspn(from, " \t,");

		from += blanks;
		if (blanks > 0 && *from != '\0' && *from != '=' && used > 0 &&
		    strchr(no_comma_beside, out[used - 1]) == NULL)
			out[used++] = ',';
		if (*from != '\0')
			out[used++] = *from++;
	}
	out[used] = '\0';
}

static void
append_item(struct setup *setup, char *out, const struct mta_milter *item)
{
	char settings[MTA_MILTER_MAX];
	char text[2 * MTA_MILTER_MAX + 8];

	close_up(item->settings, settings, sizeof(settings));
	if (settings[0] == '\0')
		snprintf(text, sizeof(text), "%s", item->endpoint);
	else
		snprintf(text, sizeof(text), "{%s,%s}", item->endpoint, settings);
	append(setup, out, text);
}

static bool
signs(const struct mta_milter *item)
{
	enum mta_milter_kind kind = mta_milter_kind(item->endpoint);

	return kind == MTA_MILTER_SIGNER || kind == MTA_MILTER_BOTH;
}

static bool
is_ours(const struct setup *setup, const struct postfix *postfix, const struct mta_milter *item)
{
	return mta_milter_reach(item->endpoint, setup->listen,
		   postfix_value(postfix, NULL, "queue_directory"), true) != MTA_MILTER_ELSE;
}

static void
append_some(
    struct setup *setup, const struct postfix *postfix, const char *list, bool signers, char *out)
{
	struct mta_milter item;

	while (mta_milter_next(&list, &item)) {
		if (!is_ours(setup, postfix, &item) && signs(&item) == signers)
			append_item(setup, out, &item);
	}
}

void
setup_postfix_list(struct setup *setup, const struct postfix *postfix, const char *list,
    const char *ours, enum setup_part part, char out[SETUP_VALUE_MAX])
{
	out[0] = '\0';
	if (part != SETUP_LAST)
		append_some(setup, postfix, list, false, out);
	if (part == SETUP_ALL || part == SETUP_LAST)
		append(setup, out, ours);
	if (part != SETUP_FIRST)
		append_some(setup, postfix, list, true, out);
}

bool
setup_postfix_has_late(const struct setup *setup, const struct postfix *postfix, const char *list)
{
	struct mta_milter item;

	while (mta_milter_next(&list, &item)) {
		if (signs(&item) || is_ours(setup, postfix, &item))
			return true;
	}
	return false;
}

void
setup_postfix_note_scanners(struct setup *setup, const char *list)
{
	struct mta_milter item;

	while (mta_milter_next(&list, &item)) {
		if (mta_milter_kind(item.endpoint) != MTA_MILTER_BOTH)
			continue;
		setup_comment(setup,
		    "%s may scan and sign. Behind our milter it can't scan what is sealed: for",
		    item.endpoint);
		setup_comment(
		    setup, "scanning call it at the first smtpd, too, without signing there.");
	}
}
