/*
 * A rule can never match if an earlier one matches all that it could. That is shown here for
 * conditions that are wider or the same one by one; rules that only together cover a later one are
 * not looked for.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/check.h"

/* Comparisons of two patterns or names in all: some tenths of a second. A file with ten thousand
 * rules stays below; one made to take long is let through with the rest unchecked. */
#define COMPARISONS_MAX 100000000L

/* Whether a name is a subdomain, at any depth, of a domain (both lower-case A-labels). */
static bool
is_below(const char *name, const char *domain)
{
	size_t name_length = strlen(name), length = strlen(domain);

	return name_length > length + 1 && name[name_length - length - 1] == '.' &&
	       strcmp(name + name_length - length, domain) == 0;
}

/* Whether whatever matches `narrow` matches `wide`. */
static bool
pattern_covers(const struct address_pattern *wide, const struct address_pattern *narrow)
{
	const char *domain = narrow->address.domain;

	switch (wide->kind) {
	case PATTERN_ANY:
		return narrow->kind != PATTERN_NULL;
	case PATTERN_NULL:
		return narrow->kind == PATTERN_NULL;
	case PATTERN_DOMAIN:
		return (narrow->kind == PATTERN_ADDRESS || narrow->kind == PATTERN_DOMAIN) &&
		       strcmp(wide->address.domain, domain) == 0;
	case PATTERN_SUBDOMAINS:
		if (narrow->kind == PATTERN_SUBDOMAINS && strcmp(wide->address.domain, domain) == 0)
			return true;
		return narrow->kind != PATTERN_ANY && narrow->kind != PATTERN_NULL &&
		       is_below(domain, wide->address.domain);
	case PATTERN_ADDRESS:
		return narrow->kind == PATTERN_ADDRESS &&
		       address_equal(&wide->address, &narrow->address, true);
	}
	return false;
}

static bool
holds_pattern(const struct patterns *wide, const struct address_pattern *narrow, long *comparisons)
{
	for (size_t i = 0; i < wide->count; i++) {
		++*comparisons;
		if (pattern_covers(&wide->items[i], narrow))
			return true;
	}
	return false;
}

static bool
patterns_cover(const struct patterns *wide, const struct patterns *narrow, long *comparisons)
{
	if (wide->count == 0)
		return true;
	/* Without patterns every address matches: the null one too. */
	if (narrow->count == 0)
		return false;
	for (size_t i = 0; i < narrow->count; i++)
		if (!holds_pattern(wide, &narrow->items[i], comparisons))
			return false;
	return true;
}

static bool
holds_string(const struct strings *wide, const char *narrow, long *comparisons)
{
	for (size_t i = 0; i < wide->count; i++) {
		++*comparisons;
		if (strcmp(wide->items[i], narrow) == 0)
			return true;
	}
	return false;
}

static bool
strings_cover(const struct strings *wide, const struct strings *narrow, long *comparisons)
{
	if (wide->count == 0)
		return true;
	if (narrow->count == 0)
		return false;
	for (size_t i = 0; i < narrow->count; i++)
		if (!holds_string(wide, narrow->items[i], comparisons))
			return false;
	return true;
}

static bool
header_covers(const char *wide, const char *narrow)
{
	size_t length = strlen(wide);

	if (length == 0 || strcmp(wide, narrow) == 0)
		return true;
	/* The name alone is wider than the name with a value. */
	return strchr(wide, ':') == NULL && strncasecmp(wide, narrow, length) == 0 &&
	       (narrow[length] == ':' || narrow[length] == '\0');
}

/* A recipient is never null: "*" is as wide as no pattern. */
static bool
recipients_cover(const struct patterns *wide, const struct patterns *narrow, long *comparisons)
{
	if (narrow->count == 0)
		for (size_t i = 0; i < wide->count; i++)
			if (wide->items[i].kind == PATTERN_ANY)
				return true;
	return patterns_cover(wide, narrow, comparisons);
}

static bool
rule_covers(const struct config_rule *wide, const struct config_rule *narrow, long *comparisons)
{
	++*comparisons;
	if (wide->subject[0] != '\0' && strcasecmp(wide->subject, narrow->subject) != 0)
		return false;
	return header_covers(wide->header, narrow->header) &&
	       strings_cover(&wide->users, &narrow->users, comparisons) &&
	       patterns_cover(&wide->senders, &narrow->senders, comparisons) &&
	       recipients_cover(&wide->recipients, &narrow->recipients, comparisons);
}

/* A rule with a condition that couldn't be read seems wider than it is. */
static bool
is_judged(const struct scan_section *section)
{
	static const size_t conditions[] = {
	    RULE_recipients, RULE_senders, RULE_users, RULE_subject, RULE_header};

	for (size_t i = 0; i < ARRAY_LENGTH(conditions); i++)
		if (section->lines[conditions[i]] < 0)
			return false;
	return true;
}

/* The rules that can be judged, in the order of the file. */
static size_t
collect(const struct scan *scan, const struct config *config, const struct config_rule **rules)
{
	size_t count = 0;

	for (size_t i = 0; i < scan->count; i++)
		if (scan->sections[i].kind == SECTION_RULE && is_judged(&scan->sections[i]))
			rules[count++] = &config->rules[scan->sections[i].place];
	return count;
}

static void
check_rule_against(const struct config_rule *const *rules, size_t late, long *comparisons,
    struct problems *problems)
{
	const struct config_rule *narrow = rules[late];

	for (size_t early = 0; early < late && *comparisons < COMPARISONS_MAX; early++) {
		const struct config_rule *wide = rules[early];

		if (!rule_covers(wide, narrow, comparisons))
			continue;
		problems_add(problems, narrow->line,
		    "rule \"%s\" can never match: rule \"%s\" on line %d matches all that it could",
		    narrow->title, wide->title, wide->line);
		return;
	}
}

void
check_rules(const struct scan *scan, const struct config *config, struct problems *problems)
{
	const struct config_rule **rules =
	    calloc(config->rule_count + 1, sizeof(const struct config_rule *));
	long comparisons = 0;
	size_t count;

	if (rules == NULL) {
		problems_add(problems, 0, "out of memory");
		return;
	}
	count = collect(scan, config, rules);
	for (size_t late = 1; late < count; late++)
		check_rule_against(rules, late, &comparisons, problems);
	free(rules);
}
