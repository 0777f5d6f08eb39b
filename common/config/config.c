#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "config/check.h"
#include "config/parse.h"
#include "config/problems.h"
#include "config/scan.h"
#include "config/value.h"

/* Room for 10,000 rules; beyond it the file isn't one that people wrote. */
#define FILE_MAX ((size_t)1 << 20)

static void
load_text(char *text, size_t size, struct config *config, struct problems *problems)
{
	struct scan scan;

	if (scan_text(text, size, &scan, problems) == 0 &&
	    parse_text(text, &scan, config, problems) == 0)
		check_config(&scan, config, problems);
	scan_free(&scan);
}

/* Where there is no configuration yet, what to do is more than what failed. */
static void
tell_unreadable(const char *file, const struct error *err, struct problems *problems)
{
	if (strcmp(file, CONFIG_DEFAULT_FILE) == 0 && access(file, F_OK) != 0 && errno == ENOENT)
		problems_add(problems, 0,
		    "%s; make it: every setting, with its default, stands in " CONFIG_SAMPLE_FILE,
		    err->text);
	else
		problems_add(problems, 0, "%s", err->text);
}

struct config *
config_load(const char *file, struct config_problems *out)
{
	struct problems problems = {file, NULL, 0, 0};
	struct config *config = calloc(1, sizeof(*config));
	struct error err = ERROR_INIT;
	char *text = NULL;
	size_t size = 0;
	bool failed;

	if (config != NULL) {
		config->references = 1;
		config->file = strdup(file);
	}
	if (config == NULL || config->file == NULL)
		problems_add(&problems, 0, "out of memory");
	else if (file_read(AT_FDCWD, file, FILE_MAX, &text, &size, &err) != 0)
		tell_unreadable(file, &err, &problems);
	else
		load_text(text, size, config, &problems);
	if (err.code == ERROR_NONE)
		free(text);
	failed = problems_any(&problems);
	problems_finish(&problems, out);
	if (!failed)
		return config;
	config_unref(config);
	return NULL;
}

void
config_problems_free(struct config_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		free(problems->items[i]);
	free(problems->items);
	problems->items = NULL;
	problems->count = 0;
}

static void
free_section(enum section_kind kind, void *section)
{
	const struct section *table = setting_section(kind);

	for (size_t i = 0; i < table->count; i++)
		value_free(&table->settings[i], section);
}

int
config_trust_default(struct config_trust *trust, struct error *err)
{
	const struct section *table = setting_section(SECTION_TRUST);

	memset(trust, 0, sizeof(*trust));
	for (size_t i = 0; i < table->count; i++) {
		if (value_default(&table->settings[i], trust, err) != 0)
			return -1;
	}
	return 0;
}

void
config_trust_clear(struct config_trust *trust)
{
	free_section(SECTION_TRUST, trust);
}

static void
free_config(struct config *config)
{
	for (size_t i = 0; i < config->directory_count; i++) {
		free(config->directories[i].title);
		free_section(SECTION_DIRECTORY, &config->directories[i]);
	}
	for (size_t i = 0; i < config->trust_count; i++) {
		free(config->trusts[i].title);
		free_section(SECTION_TRUST, &config->trusts[i]);
	}
	for (size_t i = 0; i < config->rule_count; i++) {
		free(config->rules[i].title);
		free_section(SECTION_RULE, &config->rules[i]);
	}
	free_section(SECTION_TOP, config);
	free(config->directories);
	free(config->trusts);
	free(config->rules);
	free(config->file);
	free(config);
}

struct config *
config_ref(struct config *config)
{
	__atomic_add_fetch(&config->references, 1, __ATOMIC_RELAXED);
	return config;
}

void
config_unref(struct config *config)
{
	/* What other threads did with it comes before it is freed. */
	if (config != NULL && __atomic_sub_fetch(&config->references, 1, __ATOMIC_ACQ_REL) == 0)
		free_config(config);
}
