#include "policy/rules.h"

#include <string.h>

/* Longest header condition looked at; one that is longer matches nothing. A header field's line
 * has at most 998 characters (RFC 5322 2.1.1): room for a name and a folded value. */
#define RULE_HEADER_MAX 2048

/* What one rule says to a message of which the header may still be to come. */
enum answer {
	ANSWER_NO,
	ANSWER_PERHAPS, /* all but the header fields match */
	ANSWER_YES,
};

static bool
patterns_match(const struct patterns *patterns, const struct address *address)
{
	size_t i;

	if (patterns->count == 0)
		return true;
	if (address == NULL)
		return false;
	for (i = 0; i < patterns->count; i++) {
		if (address_pattern_matches(&patterns->items[i], address))
			return true;
	}
	return false;
}

/* Login names are compared byte for byte: what they mean only the authenticating server knows. */
static bool
users_match(const struct strings *users, const char *user)
{
	size_t i;

	if (users->count == 0)
		return true;
	if (user == NULL)
		return false;
	for (i = 0; i < users->count; i++) {
		if (strcmp(users->items[i], user) == 0)
			return true;
	}
	return false;
}

static bool
is_set(const char *condition)
{
	return condition != NULL && condition[0] != '\0';
}

/* Cuts blanks off both ends of text, in place. */
static char *
trim(char *text)
{
	size_t size;

	text += strspn(text, " \t");
	size = strlen(text);
	while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\t'))
		size--;
	text[size] = '\0';
	return text;
}

/* "Name", or "Name: value". */
static bool
header_condition_holds(const char *condition, const struct header *header, bool *no_memory)
{
	char text[RULE_HEADER_MAX];
	size_t size = strlen(condition);
	char *colon;
	char *value = NULL;

	if (size >= sizeof(text))
		return false;
	memcpy(text, condition, size + 1);
	colon = strchr(text, ':');
	if (colon != NULL) {
		*colon = '\0';
		value = trim(colon + 1);
		if (value[0] == '\0')
			value = NULL;
	}
	return header_matches(header, trim(text), value, no_memory);
}

static bool
header_meets(const struct config_rule *rule, const struct header *header, bool *no_memory)
{
	if (is_set(rule->subject) && !header_subject_has(header, rule->subject, no_memory))
		return false;
	return !is_set(rule->header) || header_condition_holds(rule->header, header, no_memory);
}

int
rules_read_header(
    const struct config *config, const struct header *header, bool *holds, struct error *err)
{
	bool no_memory = false;
	size_t i;

	for (i = 0; i < config->rule_count; i++)
		holds[i] = header_meets(&config->rules[i], header, &no_memory);
	return no_memory ? error_no_memory(err) : 0;
}

static enum answer
rule_answers(const struct config *config, size_t index, const struct rule_match *match)
{
	const struct config_rule *rule = &config->rules[index];
	bool no_memory = false;
	bool holds;

	if (!patterns_match(&rule->recipients, match->recipient) ||
	    !patterns_match(&rule->senders, match->sender) ||
	    !users_match(&rule->users, match->user))
		return ANSWER_NO;
	if (!is_set(rule->subject) && !is_set(rule->header))
		return ANSWER_YES;
	if (match->header == NULL)
		return ANSWER_PERHAPS;
	holds = match->header_holds != NULL ? match->header_holds[index]
					    : header_meets(rule, match->header, &no_memory);
	return holds ? ANSWER_YES : ANSWER_NO;
}

const struct config_rule *
rules_find(const struct config *config, const struct rule_match *match)
{
	size_t i;

	for (i = 0; i < config->rule_count; i++) {
		if (rule_answers(config, i, match) == ANSWER_YES)
			return &config->rules[i];
	}
	return NULL;
}

bool
rules_may_need_lookup(const struct config *config, const struct rule_match *match)
{
	const struct config_rule *rule;
	enum answer answer;
	size_t i;

	for (i = 0; i < config->rule_count; i++) {
		rule = &config->rules[i];
		answer = rule_answers(config, i, match);
		if (answer != ANSWER_NO && rule->encrypt != ENCRYPT_NEVER)
			return true;
		if (answer == ANSWER_YES)
			return false;
	}
	return false;
}
