#include "config/setting.h"

#include <string.h>

#include "base/compiler.h"

#define ROW(type, owner, member, name, value, min, max, help, policy)                 \
	{SETTING_##type, name, value, min, max, help, offsetof(struct owner, member), \
	    sizeof(((struct owner *)NULL)->member), policy},
#define TOP_ROW(type, member, name, value, min, max, help) \
	ROW(type, config, member, name, value, min, max, help, false)
#define TOP_POLICY_ROW(type, member, name, value, min, max, help) \
	ROW(type, config, policy.member, name, value, min, max, help, true)
#define DIRECTORY_ROW(type, member, name, value, min, max, help) \
	ROW(type, config_directory, member, name, value, min, max, help, false)
#define TRUST_ROW(type, member, name, value, min, max, help) \
	ROW(type, config_trust, member, name, value, min, max, help, false)
#define MATCH_ROW(type, member, name, value, min, max, help) \
	ROW(type, config_rule, member, name, value, min, max, help, false)
#define RULE_POLICY_ROW(type, member, name, value, min, max, help) \
	ROW(type, config_rule, policy.member, name, value, min, max, help, true)

static const struct setting top_settings[] = {
#define TOP TOP_ROW
#define POLICY TOP_POLICY_ROW
#include "config/settings.def"
};
static const struct setting directory_settings[] = {
#define DIRECTORY DIRECTORY_ROW
#include "config/settings.def"
};
static const struct setting trust_settings[] = {
#define TRUST TRUST_ROW
#include "config/settings.def"
};
static const struct setting rule_settings[] = {
#define MATCH MATCH_ROW
#define POLICY RULE_POLICY_ROW
#include "config/settings.def"
};

_Static_assert(ARRAY_LENGTH(top_settings) == TOP_SETTINGS, "places follow the table");
_Static_assert(ARRAY_LENGTH(rule_settings) == RULE_SETTINGS, "places follow the table");
_Static_assert(TOP_SETTINGS <= SETTINGS_MAX && DIRECTORY_SETTINGS <= SETTINGS_MAX &&
		   TRUST_SETTINGS <= SETTINGS_MAX && RULE_SETTINGS <= SETTINGS_MAX,
    "raise SETTINGS_MAX");

static const struct section sections[] = {
    [SECTION_TOP] = {"", top_settings, ARRAY_LENGTH(top_settings)},
    [SECTION_DIRECTORY] = {"directory", directory_settings, ARRAY_LENGTH(directory_settings)},
    [SECTION_TRUST] = {"trust", trust_settings, ARRAY_LENGTH(trust_settings)},
    [SECTION_RULE] = {"rule", rule_settings, ARRAY_LENGTH(rule_settings)},
};

static const struct setting_word words[] = {
#define ENUMERATION(type, value, name, help) {SETTING_##type, value, name, help},
#include "config/settings.def"
};

const struct section *
setting_section(enum section_kind kind)
{
	return &sections[kind];
}

enum section_kind
setting_section_by_name(const char *name)
{
	enum section_kind kind;

	for (kind = SECTION_TOP + 1; kind < SECTION_COUNT; kind++)
		if (strcmp(sections[kind].name, name) == 0)
			break;
	return kind;
}

const struct setting *
setting_by_name(enum section_kind kind, const char *name)
{
	const struct section *section = &sections[kind];

	for (size_t i = 0; i < section->count; i++)
		if (strcmp(section->settings[i].name, name) == 0)
			return &section->settings[i];
	return NULL;
}

const struct setting_word *
setting_word(enum setting_type type, size_t place)
{
	for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
		if (words[i].type == type && place-- == 0)
			return &words[i];
	return NULL;
}

bool
setting_is_list(const struct setting *setting)
{
	return setting->type == SETTING_STRINGS || setting->type == SETTING_DOMAINS ||
	       setting->type == SETTING_PATTERNS || setting->type == SETTING_NETWORKS;
}

/* Longer than any name of ours by more than a slip of the fingers: nothing is near it. */
#define NAME_MAX_LENGTH 40

/* Levenshtein's distance, with one row of memory; both at most NAME_MAX_LENGTH long. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_LENGTH + 1];
	size_t length = strlen(b);

	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < length; j++) {
			size_t least = diagonal + (a[i] != b[j]);

			if (row[j] + 1 < least)
				least = row[j] + 1;
			diagonal = row[j + 1];
			if (diagonal + 1 < least)
				least = diagonal + 1;
			row[j + 1] = least;
		}
	}
	return row[length];
}

struct setting_nearest
setting_nearest_to(const char *name)
{
	struct setting_nearest nearest = {name, NULL, SIZE_MAX};

	return nearest;
}

void
setting_nearest_try(struct setting_nearest *nearest, const char *candidate)
{
	size_t length = strlen(nearest->name);
	size_t apart;

	if (length > NAME_MAX_LENGTH || strlen(candidate) > NAME_MAX_LENGTH)
		return;
	apart = distance(nearest->name, candidate);
	/* A third of the letters may differ. */
	if (apart <= (length < 6 ? 2 : length / 3) && apart < length && apart < nearest->distance) {
		nearest->best = candidate;
		nearest->distance = apart;
	}
}

const char *
setting_nearest(enum section_kind kind, const char *name)
{
	struct setting_nearest nearest = setting_nearest_to(name);

	for (size_t i = 0; i < sections[kind].count; i++)
		setting_nearest_try(&nearest, sections[kind].settings[i].name);
	return nearest.best;
}

const char *
setting_nearest_section(const char *name)
{
	struct setting_nearest nearest = setting_nearest_to(name);

	for (size_t i = SECTION_TOP + 1; i < SECTION_COUNT; i++)
		setting_nearest_try(&nearest, sections[i].name);
	return nearest.best;
}
