#include "postfix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

#define BLANK " \t"

/* Cuts the line off that text begins with; NULL at the end. */
static char *
cut_line(char **text)
{
	char *line = *text;
	char *end;

	if (line == NULL || *line == '\0')
		return NULL;
	end = strchr(line, '\n');
	*text = end != NULL ? end + 1 : line + strlen(line);
	if (end != NULL)
		*end = '\0';
	return line;
}

/* Cuts the next word off. */
static char *
cut_word(char **text)
{
	char *word = *text + strspn(*text, BLANK);
	size_t length = strcspn(word, BLANK);

	*text = word + length + (word[length] != '\0');
	word[length] = '\0';
	return word;
}

/* An array with room for one more of that size; NULL without memory or beyond the limit. */
static void *
grow(void *array, size_t count, size_t size, struct error *err)
{
	if (count < POSTFIX_ITEMS_MAX)
		return array_grow(array, count, size, err);
	error_set(err, ERROR_INPUT, "postconf prints more than %d lines", POSTFIX_ITEMS_MAX);
	return NULL;
}

static int
add_setting(struct postfix *postfix, const char *service, char *line, struct error *err)
{
	char *sign = strchr(line, '=');
	struct postfix_setting *more;
	char *end;

	if (sign == NULL)
		return error_set(err, ERROR_INPUT, "\"%s\" is no setting of Postfix", line);
	for (end = sign; end > line && strchr(BLANK, end[-1]) != NULL; end--)
		;
	*end = '\0';
	*sign = '\0';
	more = grow(postfix->settings, postfix->setting_count, sizeof(*more), err);
	if (more == NULL)
		return -1;
	postfix->settings = more;
	more[postfix->setting_count++] = (struct postfix_setting){
	    .service = service, .name = line, .value = sign + 1 + strspn(sign + 1, BLANK)};
	return 0;
}

/* "submission/inet/smtpd_milters = …": a service's name may be a path, a setting's has no slash. */
static int
add_override(struct postfix *postfix, char *line, struct error *err)
{
	char *slash = strchr(line, '=');
	size_t i;

	while (slash != NULL && slash > line && *slash != '/')
		slash--;
	if (slash == NULL || slash == line)
		return error_set(
		    err, ERROR_INPUT, "\"%s\" is no setting of a service of Postfix", line);
	*slash = '\0';
	for (i = 0; i < postfix->service_count; i++) {
		if (strcmp(postfix->services[i].id, line) == 0)
			return add_setting(postfix, postfix->services[i].id, slash + 1, err);
	}
	return 0; /* of a service that is gone meanwhile */
}

static bool
is_chrooted(const struct postfix *postfix, const char *column)
{
	if (strcmp(column, "-") == 0) /* the default since Postfix 3.0 is not to be */
		return strtod(postfix_value(postfix, NULL, "compatibility_level"), NULL) < 1;
	return strcmp(column, "y") == 0;
}

/* "name type private unpriv chroot wakeup maxproc command argument…" */
static int
add_service(struct postfix *postfix, char *line, struct error *err)
{
	enum { NAME, TYPE, CHROOT = 4, COMMAND = 7, FIELDS };
	struct postfix_service *more;
	char *words[FIELDS];
	size_t size;
	char *id;
	size_t i;

	for (i = 0; i < FIELDS; i++)
		words[i] = cut_word(&line);
	if (words[COMMAND][0] == '\0')
		return error_set(
		    err, ERROR_INPUT, "\"%s …\" is no service of Postfix", words[NAME]);
	more = grow(postfix->services, postfix->service_count, sizeof(*more), err);
	if (more == NULL)
		return -1;
	postfix->services = more;
	size = strlen(words[NAME]) + strlen(words[TYPE]) + 2;
	id = malloc(size);
	if (id == NULL)
		return error_no_memory(err);
	snprintf(id, size, "%s/%s", words[NAME], words[TYPE]);
	more[postfix->service_count++] = (struct postfix_service){.id = id,
	    .name = words[NAME],
	    .type = words[TYPE],
	    .command = words[COMMAND],
	    .chrooted = is_chrooted(postfix, words[CHROOT])};
	return 0;
}

static int
parse(struct postfix *postfix, struct error *err)
{
	char *rest[3] = {postfix->text[0], postfix->text[1], postfix->text[2]};
	char *line;

	while ((line = cut_line(&rest[0])) != NULL) {
		if (add_setting(postfix, NULL, line, err) != 0)
			return -1;
	}
	while ((line = cut_line(&rest[1])) != NULL) {
		if (add_service(postfix, line, err) != 0)
			return -1;
	}
	while ((line = cut_line(&rest[2])) != NULL) {
		if (add_override(postfix, line, err) != 0)
			return -1;
	}
	return 0;
}

struct postfix *
postfix_parse(char *main, char *services, char *overrides, struct error *err)
{
	struct postfix *postfix = calloc(1, sizeof(*postfix));

	if (postfix == NULL) {
		free(main);
		free(services);
		free(overrides);
		error_no_memory(err);
		return NULL;
	}
	postfix->text[0] = main;
	postfix->text[1] = services;
	postfix->text[2] = overrides;
	if (parse(postfix, err) != 0) {
		postfix_free(postfix);
		return NULL;
	}
	return postfix;
}

void
postfix_free(struct postfix *postfix)
{
	size_t i;

	if (postfix == NULL)
		return;
	for (i = 0; i < postfix->service_count; i++)
		free(postfix->services[i].id);
	for (i = 0; i < 3; i++)
		free(postfix->text[i]);
	free(postfix->services);
	free(postfix->settings);
	free(postfix);
}

static const char *
find(const struct postfix *postfix, const char *service, const char *name)
{
	size_t i;

	for (i = postfix->setting_count; i-- > 0;) { /* the last one counts */
		const struct postfix_setting *setting = &postfix->settings[i];

		if (setting->service == service && strcmp(setting->name, name) == 0)
			return setting->value;
	}
	return NULL;
}

const char *
postfix_value(
    const struct postfix *postfix, const struct postfix_service *service, const char *name)
{
	const char *value = service != NULL ? find(postfix, service->id, name) : NULL;

	if (value == NULL)
		value = find(postfix, NULL, name);
	return value != NULL ? value : "";
}

bool
postfix_overrides(
    const struct postfix *postfix, const struct postfix_service *service, const char *name)
{
	return find(postfix, service->id, name) != NULL;
}

const struct postfix_service *
postfix_service(const struct postfix *postfix, const char *id)
{
	size_t i;

	for (i = 0; i < postfix->service_count; i++) {
		if (strcmp(postfix->services[i].id, id) == 0)
			return &postfix->services[i];
	}
	return NULL;
}
