#include "config/check.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/parse.h"

bool
check_is_set(const struct check *check, size_t place)
{
	return check->section->lines[place] != 0;
}

bool
check_is_sound(const struct check *check, size_t place)
{
	return check->section->lines[place] >= 0;
}

int
check_line(const struct check *check, size_t place)
{
	int line = abs(check->section->lines[place]);

	return line != 0 ? line : check->section->line;
}

/* A group's entry may list thousands of members. */
#define ENTRY_MAX ((size_t)1 << 20)

/* Whether the system knows the name; an error of looking it up (no memory, a name service that
 * doesn't answer) counts as known: the start will say. */
static bool
is_known(const char *name, bool group)
{
	struct passwd user_entry, *user = NULL;
	struct group group_entry, *found = NULL;
	char *buffer = malloc(ENTRY_MAX);
	int status = ENOMEM;

	if (buffer != NULL)
		status = group ? getgrnam_r(name, &group_entry, buffer, ENTRY_MAX, &found)
			       : getpwnam_r(name, &user_entry, buffer, ENTRY_MAX, &user);
	free(buffer);
	return user != NULL || found != NULL || (status != 0 && status != ENOENT);
}

static void
check_name(const struct check *check, size_t place, const char *name, bool group)
{
	const struct setting *setting = &setting_section(check->section->kind)->settings[place];

	if (name == NULL || *name == '\0' || is_known(name, group))
		return;
	problems_add(check->problems, check_line(check, place), "%s: there is no %s \"%.100s\"",
	    setting->name, group ? "group" : "user", name);
}

/* The facilities that a mail daemon's log may go to. */
static bool
is_facility(const char *name)
{
	if (strncmp(name, "local", 5) == 0)
		return name[5] >= '0' && name[5] <= '7' && name[6] == '\0';
	return strcmp(name, "mail") == 0 || strcmp(name, "daemon") == 0;
}

static void
check_floor(const struct check *check, size_t unknown, size_t floor, size_t assumed,
    const struct config_policy *policy)
{
	if (policy->unknown_capabilities != UNKNOWN_ASSUME)
		return;
	if (!check_is_sound(check, unknown) || !check_is_sound(check, floor) ||
	    !check_is_sound(check, assumed))
		return;
	/* A rule that changes none of the three is as right or wrong as the top level. */
	if (check->section->kind == SECTION_RULE && !check_is_set(check, unknown) &&
	    !check_is_set(check, floor) && !check_is_set(check, assumed))
		return;
	if (cipher_meets(policy->assumed_cipher, policy->floor))
		return;
	problems_add(check->problems,
	    check_line(check, check_is_set(check, assumed) ? assumed : floor),
	    "assumed-cipher %s is below the floor %s", policy->assumed_cipher->name,
	    policy->floor->name);
}

static void
check_control(const struct check *check)
{
	const struct config *config = check->config;
	const char *problem = check_control_socket(config->control_socket);

	if (problem == NULL && config->control_socket[0] != '\0' &&
	    strcmp(config->control_socket, config->listen) == 0)
		problem = "that is where the MTA connects (listen)";
	if (problem != NULL)
		problems_add(check->problems, check_line(check, TOP_control_socket),
		    "control-socket: %s", problem);
	check_name(check, TOP_control_group, config->control_group, true);
}

/* Fields that mail and its way need: to be removed and written anew by nobody. */
static bool
is_needed_field(const char *name)
{
	static const char *const needed[] = {"Authentication-Results", "Bcc", "Cc", "Date",
	    "DKIM-Signature", "From", "In-Reply-To", "Message-ID", "MIME-Version", "Received",
	    "References", "Reply-To", "Return-Path", "Sender", "Subject", "To"};

	for (size_t i = 0; i < ARRAY_LENGTH(needed); i++)
		if (strcasecmp(name, needed[i]) == 0)
			return true;
	return strncasecmp(name, "Content-", 8) == 0 || strncasecmp(name, "Resent-", 7) == 0;
}

static bool
is_printable(const char *text, bool blanks_and_colon)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~' ||
		    (!blanks_and_colon && (*text == ' ' || *text == ':')))
			return false;
	return true;
}

/* Longest field name and authserv-id: both share a line of at most 998 bytes with other text. */
#define MARK_MAX 200

static void
check_marks(const struct check *check)
{
	const char *name = check->config->warning_header;
	const char *id = check->config->authserv_id;

	if (!is_printable(name, false) || strlen(name) > MARK_MAX || is_needed_field(name))
		problems_add(check->problems, check_line(check, TOP_warning_header),
		    "warning-header: \"%.100s\" is not the name of a field of its own, such as "
		    "\"X-SMIME-Warning\"",
		    name);
	if (!is_printable(id, true) || strlen(id) > MARK_MAX)
		problems_add(check->problems, check_line(check, TOP_authserv_id),
		    "authserv-id: \"%.100s\" is not a name of printable ASCII characters, %d at "
		    "most",
		    id, MARK_MAX);
}

static void
check_top(const struct check *check)
{
	const struct config *config = check->config;
	const char *problem = check_listen(config->listen);

	if (problem != NULL)
		problems_add(check->problems, check_line(check, TOP_listen), "listen: %s", problem);
	check_control(check);
	check_name(check, TOP_user, config->user, false);
	check_name(check, TOP_group, config->group, true);
	check_name(check, TOP_socket_group, config->socket_group, true);
	if (!is_facility(config->log_facility))
		problems_add(check->problems, check_line(check, TOP_log_facility),
		    "log-facility: \"%.100s\" is not one of mail, daemon, local0 to local7",
		    config->log_facility);
	check_fetch(check);
	check_marks(check);
	check_floor(
	    check, TOP_unknown_capabilities, TOP_floor, TOP_assumed_cipher, &config->policy);
}

/* The name and, after a colon, perhaps a value (RFC 5322 2.2: printable ASCII without colon). */
static bool
is_header(const char *header)
{
	size_t length = strcspn(header, ":");

	while (length > 0 && (header[length - 1] == ' ' || header[length - 1] == '\t'))
		length--;
	if (length == 0)
		return false;
	for (size_t i = 0; i < length; i++)
		if (header[i] <= ' ' || header[i] > '~')
			return false;
	return true;
}

static void
check_rule(const struct check *check, const struct config_rule *rule)
{
	if (rule->header[0] != '\0' && !is_header(rule->header))
		problems_add(check->problems, check_line(check, RULE_header),
		    "header: \"%.100s\" is not a field name, or a name with a value such as "
		    "\"X-Encrypt: yes\"",
		    rule->header);
	if (rule->encrypt != ENCRYPT_NEVER)
		check_floor(check, RULE_unknown_capabilities, RULE_floor, RULE_assumed_cipher,
		    &rule->policy);
}

/* Rules that encrypt need certificates, and reasons to trust them. */
static void
check_needs(const struct scan *scan, const struct config *config, struct problems *problems)
{
	for (size_t i = 0; i < config->rule_count; i++) {
		if (config->rules[i].encrypt == ENCRYPT_NEVER)
			continue;
		/* scan counts sections that are there, whatever is wrong in them. */
		if (scan->counts[SECTION_DIRECTORY] == 0)
			problems_add(problems, config->rules[i].line,
			    "there are rules, but no directory section to find certificates in");
		if (scan->counts[SECTION_TRUST] == 0)
			problems_add(problems, config->rules[i].line,
			    "there are rules, but no trust section to judge certificates by");
		return;
	}
}

struct titled {
	const struct scan_section *section;
};

static int
by_title(const void *left, const void *right)
{
	const struct scan_section *a = ((const struct titled *)left)->section;
	const struct scan_section *b = ((const struct titled *)right)->section;
	int order = a->kind != b->kind ? (a->kind < b->kind ? -1 : 1) : strcmp(a->title, b->title);

	return order != 0 ? order : (a < b ? -1 : a > b);
}

static void
check_titles(const struct scan *scan, struct problems *problems)
{
	size_t count = scan->count - 1;
	struct titled *titles = calloc(count + 1, sizeof(*titles));

	if (titles == NULL) {
		problems_add(problems, 0, "out of memory");
		return;
	}
	for (size_t i = 0; i < count; i++)
		titles[i].section = &scan->sections[i + 1];
	qsort(titles, count, sizeof(*titles), by_title);
	for (size_t i = 1; i < count; i++) {
		const struct scan_section *one = titles[i - 1].section, *next = titles[i].section;

		if (one->kind == next->kind && strcmp(one->title, next->title) == 0)
			problems_add(problems, next->line,
			    "there are two sections %s \"%s\": already on line %d",
			    setting_section(one->kind)->name, one->title, one->line);
	}
	free(titles);
}

void
check_config(const struct scan *scan, const struct config *config, struct problems *problems)
{
	check_titles(scan, problems);
	for (size_t i = 0; i < scan->count; i++) {
		const struct scan_section *section = &scan->sections[i];
		struct check check = {section, config, problems};

		switch (section->kind) {
		case SECTION_DIRECTORY:
			check_directory(&check, &config->directories[section->place]);
			break;
		case SECTION_TRUST:
			check_trust(&check, &config->trusts[section->place]);
			break;
		case SECTION_RULE:
			check_rule(&check, &config->rules[section->place]);
			break;
		default:
			check_top(&check);
			break;
		}
	}
	check_needs(scan, config, problems);
	check_rules(scan, config, problems);
}
