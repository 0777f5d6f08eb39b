#include "config/parse.h"

#include <confuse.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/value.h"

/*
 * libconfuse hands no pointer of ours to its callbacks. But an option may be told where to put its
 * value (its "simple" options): all of ours put it into the first member here, and by that pointer
 * the callbacks find the rest.
 */
struct reader {
	char *text; /* the value just read */
	struct scan *scan;
	struct config *config;
	struct problems *problems;
	size_t done; /* sections that libconfuse has finished */
};

static struct reader *
reader_of(const cfg_opt_t *option)
{
	return (struct reader *)(void *)option->simple_value.string;
}

static void *
section_struct(const struct scan_section *section, struct config *config)
{
	switch (section->kind) {
	case SECTION_DIRECTORY:
		return &config->directories[section->place];
	case SECTION_TRUST:
		return &config->trusts[section->place];
	case SECTION_RULE:
		return &config->rules[section->place];
	default:
		return config;
	}
}

static void
on_error(cfg_t *cfg, const char *format, va_list arguments)
{
	struct reader *reader = reader_of(&cfg->opts[0]);
	bool unknown = strncmp(format, "no such option", 14) == 0; /* "name: value", say */
	char text[256];

	vsnprintf(text, sizeof(text), format, arguments);
	problems_add(reader->problems, cfg->line, "syntax: %s%s", text,
	    unknown ? ": a setting is written name = value" : "");
}

/* The section of the file that cfg is, or NULL if the walk before saw another one there. */
static struct scan_section *
section_of(struct reader *reader, const cfg_t *cfg)
{
	bool top = strcmp(cfg->name, "root") == 0;
	size_t place = top ? 0 : reader->done + 1;
	struct scan_section *section;

	if (place >= reader->scan->count)
		return NULL;
	section = &reader->scan->sections[place];
	if (!top && strcmp(setting_section(section->kind)->name, cfg->name) != 0)
		return NULL;
	return section;
}

static void
take_value(
    struct reader *reader, int line, struct scan_section *section, const struct setting *setting)
{
	int *set_on = &section->lines[setting - setting_section(section->kind)->settings];
	struct error err = ERROR_INIT;

	if (value_parse(setting, reader->text, section_struct(section, reader->config), &err) == 0)
		return;
	problems_add(reader->problems, line, "%s: %s", setting->name, err.text);
	*set_on = -abs(*set_on);
}

/* Called with each value read, and once more at the end of a list. A bad value doesn't stop the
 * reading, so that every one is found. */
static int
on_value(cfg_t *cfg, cfg_opt_t *option)
{
	struct reader *reader = reader_of(option);
	struct scan_section *section = section_of(reader, cfg);
	const struct setting *setting =
	    section != NULL ? setting_by_name(section->kind, option->name) : NULL;

	/* No text is known that the two walks understand differently; if there is, it is refused.
	 */
	if (setting == NULL) {
		problems_add(reader->problems, cfg->line, "syntax: not understood");
		return -1;
	}
	if (reader->text != NULL)
		take_value(reader, cfg->line, section, setting);
	free(reader->text);
	reader->text = NULL;
	return 0;
}

static int
on_section(cfg_t *cfg, cfg_opt_t *option)
{
	(void)option;
	reader_of(&cfg->opts[0])->done++;
	return 0;
}

/* The options of a kind of section, ended by an empty one. */
static void
make_options(enum section_kind kind, struct reader *reader, cfg_opt_t *options)
{
	const struct section *section = setting_section(kind);

	for (size_t i = 0; i < section->count; i++) {
		options[i].name = section->settings[i].name;
		options[i].type = CFGT_STR;
		options[i].flags = setting_is_list(&section->settings[i]) ? CFGF_LIST : CFGF_NONE;
		options[i].simple_value.string = &reader->text;
		options[i].validcb = on_value;
	}
}

static int
read_text(const char *text, struct reader *reader)
{
	cfg_opt_t options[SECTION_COUNT][SETTINGS_MAX + SECTION_COUNT + 1];
	cfg_t *cfg;
	int status;

	memset(options, 0, sizeof(options));
	for (size_t kind = 0; kind < SECTION_COUNT; kind++)
		make_options((enum section_kind)kind, reader, options[kind]);
	for (size_t kind = SECTION_TOP + 1; kind < SECTION_COUNT; kind++) {
		cfg_opt_t *option = &options[SECTION_TOP][TOP_SETTINGS + kind - 1];

		option->name = setting_section((enum section_kind)kind)->name;
		option->type = CFGT_SEC;
		option->flags = CFGF_MULTI | CFGF_TITLE;
		option->subopts = options[kind];
		option->validcb = on_section;
	}
	cfg = cfg_init(options[SECTION_TOP], CFGF_NONE);
	if (cfg == NULL) {
		problems_add(reader->problems, 0, "out of memory");
		return -1;
	}
	cfg_set_error_function(cfg, on_error);
	status = cfg_parse_buf(cfg, text) == CFG_SUCCESS ? 0 : -1;
	if (status == 0 && reader->done + 1 != reader->scan->count) {
		problems_add(reader->problems, 0, "syntax: not understood");
		status = -1;
	}
	/* It fails without a word only where memory runs out. */
	if (status != 0 && !problems_any(reader->problems))
		problems_add(reader->problems, 0, "out of memory");
	cfg_free(cfg);
	free(reader->text);
	return status;
}

static int
make_sections(const struct scan *scan, struct config *config)
{
	const size_t *counts = scan->counts;

	config->directories = calloc(counts[SECTION_DIRECTORY] + 1, sizeof(*config->directories));
	config->trusts = calloc(counts[SECTION_TRUST] + 1, sizeof(*config->trusts));
	config->rules = calloc(counts[SECTION_RULE] + 1, sizeof(*config->rules));
	if (config->directories == NULL || config->trusts == NULL || config->rules == NULL)
		return -1;
	config->directory_count = counts[SECTION_DIRECTORY];
	config->trust_count = counts[SECTION_TRUST];
	config->rule_count = counts[SECTION_RULE];
	return 0;
}

/* A section's title and line, and the defaults of what it doesn't set. */
static int
begin_section(const struct scan_section *section, struct config *config, struct error *err)
{
	const struct section *table = setting_section(section->kind);
	void *target = section_struct(section, config);
	char *title = section->title != NULL ? strdup(section->title) : NULL;

	if (section->title != NULL && title == NULL)
		return error_no_memory(err);
	if (section->kind == SECTION_DIRECTORY) {
		config->directories[section->place].title = title;
		config->directories[section->place].line = section->line;
	} else if (section->kind == SECTION_TRUST) {
		config->trusts[section->place].title = title;
		config->trusts[section->place].line = section->line;
	} else if (section->kind == SECTION_RULE) {
		config->rules[section->place].title = title;
		config->rules[section->place].line = section->line;
	}
	for (size_t i = 0; i < table->count; i++)
		/* A list that is set begins empty, a scalar is replaced. */
		if ((section->lines[i] == 0 || !setting_is_list(&table->settings[i])) &&
		    value_default(&table->settings[i], target, err) != 0)
			return -1;
	return 0;
}

/* What a rule doesn't say, the top level does: wherever in the file the top level says it. */
static void
inherit(const struct scan_section *section, struct config *config)
{
	const struct section *table = setting_section(SECTION_RULE);
	char *rule = section_struct(section, config);

	for (size_t i = 0; i < table->count; i++) {
		const struct setting *setting = &table->settings[i];
		const struct setting *above;

		if (!setting->policy || section->lines[i] != 0)
			continue;
		above = setting_by_name(SECTION_TOP, setting->name);
		/* Policy settings own no memory: a unit test holds them to it. */
		memcpy(rule + setting->offset, (char *)config + above->offset, setting->size);
	}
}

int
parse_text(const char *text, struct scan *scan, struct config *config, struct problems *problems)
{
	struct reader reader = {NULL, scan, config, problems, 0};
	struct error err = ERROR_INIT;

	if (make_sections(scan, config) != 0) {
		problems_add(problems, 0, "out of memory");
		return -1;
	}
	for (size_t i = 0; i < scan->count; i++)
		if (begin_section(&scan->sections[i], config, &err) != 0) {
			problems_add(problems, scan->sections[i].line, "%s", err.text);
			return -1;
		}
	if (read_text(text, &reader) != 0)
		return -1;
	config->control_socket_is_set = scan->sections[0].lines[TOP_control_socket] != 0;
	for (size_t i = 0; i < scan->count; i++)
		if (scan->sections[i].kind == SECTION_RULE)
			inherit(&scan->sections[i], config);
	return 0;
}
