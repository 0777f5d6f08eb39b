#include "config/value.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/buffer.h"
#include "config/network.h"
#include "config/quantity.h"

/* Most items of one list: a bound on what one setting may cost each message. */
#define ITEMS_MAX 10000

static int
parse_string(const char *text, char **member, struct error *err)
{
	char *copy = strdup(text);

	if (copy == NULL)
		return error_no_memory(err);
	free(*member);
	*member = copy;
	return 0;
}

/* The daemon's working folder is nobody's business: paths must not depend on it. */
static int
parse_path(const char *text, char **member, struct error *err)
{
	if (*text != '\0' && *text != '/')
		return error_set(err, ERROR_INPUT,
		    "\"%.100s\" is not an absolute path: it must begin with /", text);
	return parse_string(text, member, err);
}

static int
parse_boolean(const char *text, bool *member, struct error *err)
{
	static const struct {
		const char *word;
		bool value;
	} booleans[] = {{"yes", true}, {"no", false}, {"true", true}, {"false", false},
	    {"on", true}, {"off", false}};

	for (size_t i = 0; i < ARRAY_LENGTH(booleans); i++)
		if (strcasecmp(booleans[i].word, text) == 0) {
			*member = booleans[i].value;
			return 0;
		}
	return error_set(err, ERROR_INPUT, "\"%.100s\" is not yes or no", text);
}

static const char *
cipher_names(struct buffer *names)
{
	const char *comma = "";

	for (int id = 0; id < CIPHER_COUNT; id++) {
		if (!cipher_get((enum cipher_id)id)->produced)
			continue;
		/* A list cut short by a lack of memory still says most. */
		if (buffer_append_format(
			names, NULL, "%s%s", comma, cipher_get((enum cipher_id)id)->name) != 0)
			break;
		comma = ", ";
	}
	return names->data != NULL ? names->data : "";
}

static int
parse_cipher(const char *text, const struct cipher **member, struct error *err)
{
	const struct cipher *cipher = cipher_by_name(text);
	struct buffer names = BUFFER_INIT;

	if (cipher != NULL && cipher->produced) {
		*member = cipher;
		return 0;
	}
	if (cipher != NULL)
		error_set(err, ERROR_INPUT, "\"%s\" is only recognised, never made: one of %s",
		    text, cipher_names(&names));
	else
		error_set(err, ERROR_INPUT, "\"%.100s\" is not a cipher: one of %s", text,
		    cipher_names(&names));
	buffer_free(&names);
	return -1;
}

static int
parse_word(const struct setting *setting, const char *text, void *member, struct error *err)
{
	const struct setting_word *word;
	struct buffer names = BUFFER_INIT;
	int status = 0;

	for (size_t i = 0; (word = setting_word(setting->type, i)) != NULL; i++)
		if (strcmp(word->name, text) == 0) {
			/* Every enumeration has the size of unsigned: asserted below. */
			memcpy(member, &word->value, sizeof(word->value));
			return 0;
		}
	for (size_t i = 0; (word = setting_word(setting->type, i)) != NULL && status == 0; i++)
		status = buffer_append_format(&names, NULL, "%s%s", i > 0 ? ", " : "", word->name);
	error_set(err, ERROR_INPUT, "\"%.100s\" is not one of %s", text,
	    names.data != NULL ? names.data : "its values");
	buffer_free(&names);
	return -1;
}

_Static_assert(sizeof(enum config_mode) == sizeof(unsigned) &&
		   sizeof(enum config_accept_refuse) == sizeof(unsigned),
    "parse_word() copies an unsigned into an enumeration");

/* The items with room for one more of that size; NULL on error. */
static void *
grow(void *items, size_t count, size_t size, struct error *err)
{
	if (count < ITEMS_MAX)
		return array_grow(items, count, size, err);
	error_set(err, ERROR_LIMIT, "more than %d items in a list", ITEMS_MAX);
	return NULL;
}

static int
parse_strings(const char *text, struct strings *member, bool domains, struct error *err)
{
	char **items = grow(member->items, member->count, sizeof(*items), err);
	char *copy = NULL;

	if (items == NULL)
		return -1;
	member->items = items;
	if (!domains && *text == '\0')
		return error_set(err, ERROR_INPUT, "an item of the list is empty");
	if (domains ? address_domain_parse(text, &copy, err) : parse_string(text, &copy, err))
		return -1;
	items[member->count++] = copy;
	return 0;
}

static int
parse_pattern(const char *text, struct patterns *member, struct error *err)
{
	struct address_pattern *items = grow(member->items, member->count, sizeof(*items), err);

	if (items == NULL)
		return -1;
	member->items = items;
	memset(&items[member->count], 0, sizeof(*items));
	if (address_pattern_parse(text, &items[member->count], err) != 0)
		return -1;
	member->count++;
	return 0;
}

static int
parse_network(const char *text, struct networks *member, struct error *err)
{
	struct network *items = grow(member->items, member->count, sizeof(*items), err);

	if (items == NULL)
		return -1;
	member->items = items;
	if (network_parse(text, &items[member->count], err) != 0)
		return -1;
	member->count++;
	return 0;
}

int
value_parse(const struct setting *setting, const char *text, void *section, struct error *err)
{
	void *member = (char *)section + setting->offset;

	switch (setting->type) {
	case SETTING_STRING:
		return parse_string(text, member, err);
	case SETTING_PATH:
		return parse_path(text, member, err);
	case SETTING_INTEGER:
	case SETTING_OCTAL:
	case SETTING_SIZE:
	case SETTING_DURATION:
		return quantity_parse(setting, text, member, err);
	case SETTING_BOOLEAN:
		return parse_boolean(text, member, err);
	case SETTING_CIPHER:
		return parse_cipher(text, member, err);
	case SETTING_STRINGS:
		return parse_strings(text, member, false, err);
	case SETTING_DOMAINS:
		return parse_strings(text, member, true, err);
	case SETTING_PATTERNS:
		return parse_pattern(text, member, err);
	case SETTING_NETWORKS:
		return parse_network(text, member, err);
	default:
		return parse_word(setting, text, member, err);
	}
}

/* The items of `{ "a", "b" }` one by one; a default has no escapes. */
static int
default_list(const struct setting *setting, void *section, struct error *err)
{
	const char *open = strchr(setting->value, '"');
	const char *close;
	char item[256];

	for (; open != NULL; open = strchr(close + 1, '"')) {
		close = strchr(open + 1, '"');
		if (close == NULL || (size_t)(close - open) > sizeof(item))
			return error_set(err, ERROR_INTERNAL, "the default of %s", setting->name);
		memcpy(item, open + 1, (size_t)(close - open - 1));
		item[close - open - 1] = '\0';
		if (value_parse(setting, item, section, err) != 0)
			return -1;
	}
	return 0;
}

int
value_default(const struct setting *setting, void *section, struct error *err)
{
	int status = setting_is_list(setting) ? default_list(setting, section, err)
					      : value_parse(setting, setting->value, section, err);

	return status == 0 ? 0 : error_prefix(err, "%s: ", setting->name);
}

static void
free_strings(struct strings *strings)
{
	for (size_t i = 0; i < strings->count; i++)
		free(strings->items[i]);
	free(strings->items);
}

static void
free_patterns(struct patterns *patterns)
{
	for (size_t i = 0; i < patterns->count; i++)
		address_pattern_free(&patterns->items[i]);
	free(patterns->items);
}

void
value_free(const struct setting *setting, void *section)
{
	void *member = (char *)section + setting->offset;

	switch (setting->type) {
	case SETTING_STRING:
	case SETTING_PATH:
		free(*(char **)member);
		break;
	case SETTING_STRINGS:
	case SETTING_DOMAINS:
		free_strings(member);
		break;
	case SETTING_PATTERNS:
		free_patterns(member);
		break;
	case SETTING_NETWORKS:
		free(((struct networks *)member)->items);
		break;
	default:
		break;
	}
	memset(member, 0, setting->size);
}
