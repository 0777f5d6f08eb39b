/*
 * The one list of settings (settings.def) as tables: which settings a section of the file takes,
 * where each stands in its struct, and the words of the enumerations. Static and immutable; any
 * thread. Internal to this room.
 */
#ifndef SMIME_CONFIG_SETTING_H
#define SMIME_CONFIG_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

enum setting_type {
	SETTING_STRING,
	SETTING_PATH,
	SETTING_INTEGER,
	SETTING_OCTAL,
	SETTING_SIZE,
	SETTING_DURATION,
	SETTING_BOOLEAN,
	SETTING_CIPHER,
	SETTING_STRINGS,
	SETTING_DOMAINS,
	SETTING_PATTERNS,
	SETTING_NETWORKS,
	/* Every type after this one is an enumeration, whose words setting_word() gives. */
	SETTING_mode,
	SETTING_log_to,
	SETTING_log_severity,
	SETTING_audit_failure,
	SETTING_local_part,
	SETTING_directory_kind,
	SETTING_scope,
	SETTING_tls_mode,
	SETTING_tls_minimum,
	SETTING_bind_method,
	SETTING_server_order,
	SETTING_when_found,
	SETTING_directory_case,
	SETTING_groups,
	SETTING_revocation,
	SETTING_min_digest,
	SETTING_encrypt,
	SETTING_unknown_capabilities,
	SETTING_digital_ids,
	SETTING_pass_refuse,
	SETTING_defer_pass,
	SETTING_bcc,
	SETTING_accept_refuse,
	SETTING_client_encrypted,
	SETTING_client_signed,
	SETTING_refuse_warn,
};

struct setting {
	enum setting_type type;
	const char *name;
	const char *value; /* default, as it would be written; "": not set, or an empty list */
	int64_t min, max;
	const char *help;
	size_t offset; /* of the member, in the section's struct */
	size_t size;   /* of the member */
	bool policy;   /* stands at the top level and in rules: a rule inherits it */
};

enum section_kind { SECTION_TOP, SECTION_DIRECTORY, SECTION_TRUST, SECTION_RULE, SECTION_COUNT };

/* Places in a section's table: TOP_listen, DIRECTORY_uri, TRUST_anchors, RULE_floor … */
#define SETTING_PLACE_TOP(type, member, name, value, min, max, help) TOP_##member,
#define SETTING_PLACE_DIRECTORY(type, member, name, value, min, max, help) DIRECTORY_##member,
#define SETTING_PLACE_TRUST(type, member, name, value, min, max, help) TRUST_##member,
#define SETTING_PLACE_RULE(type, member, name, value, min, max, help) RULE_##member,

enum {
#define TOP SETTING_PLACE_TOP
#define POLICY SETTING_PLACE_TOP
#include "config/settings.def"
	TOP_SETTINGS
};
enum {
#define DIRECTORY SETTING_PLACE_DIRECTORY
#include "config/settings.def"
	DIRECTORY_SETTINGS
};
enum {
#define TRUST SETTING_PLACE_TRUST
#include "config/settings.def"
	TRUST_SETTINGS
};
enum {
#define MATCH SETTING_PLACE_RULE
#define POLICY SETTING_PLACE_RULE
#include "config/settings.def"
	RULE_SETTINGS
};

/* No section has more settings: checked when the tables are compiled. */
#define SETTINGS_MAX 128

struct section {
	const char *name; /* "" for the top level */
	const struct setting *settings;
	size_t count;
};

struct setting_word {
	enum setting_type type;
	unsigned value;
	const char *name;
	const char *help;
};

/* The table of a kind below SECTION_COUNT. */
const struct section *setting_section(enum section_kind kind);

/* The kind of section that a word names, or SECTION_COUNT. The top level has no name. */
enum section_kind setting_section_by_name(const char *name);

/* The setting of that name in a kind of section, or NULL. */
const struct setting *setting_by_name(enum section_kind kind, const char *name);

/* Word number `place` of an enumeration, or NULL beyond the last and for other types. */
const struct setting_word *setting_word(enum setting_type type, size_t place);

bool setting_is_list(const struct setting *setting);

/* The name of a setting in that kind of section nearest to what was written, or NULL if none is
 * near enough to be what was meant. */
const char *setting_nearest(enum section_kind kind, const char *name);
/* The same for the names of sections. */
const char *setting_nearest_section(const char *name);

/* The same for names of any kind: each candidate is tried, then best is the nearest, borrowed, or
 * NULL. */
struct setting_nearest {
	const char *name;
	const char *best;
	size_t distance; /* of the best */
};
struct setting_nearest setting_nearest_to(const char *name);
void setting_nearest_try(struct setting_nearest *nearest, const char *candidate);

#endif
