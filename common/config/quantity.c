#include "config/quantity.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	const char *name;
	int64_t factor;
};

/* Largest first: quantity_format() takes the first that divides. */
static const struct unit size_units[] = {
    {"G", (int64_t)1 << 30},
    {"M", (int64_t)1 << 20},
    {"k", (int64_t)1 << 10},
    {"", 1},
    {NULL, 0},
};
static const struct unit duration_units[] = {
    {"d", 86400000},
    {"h", 3600000},
    {"m", 60000},
    {"s", 1000},
    {"ms", 1},
    {NULL, 0},
};
static const struct unit no_units[] = {
    {"", 1},
    {NULL, 0},
};

static const struct unit *
units_of(enum setting_type type)
{
	if (type == SETTING_SIZE)
		return size_units;
	return type == SETTING_DURATION ? duration_units : no_units;
}

static const char *
expected(enum setting_type type)
{
	switch (type) {
	case SETTING_SIZE:
		return "a size such as 4096, 256k, 64M or 2G";
	case SETTING_DURATION:
		return "a duration such as 500ms, 8s, 10m, 1h or 1d";
	case SETTING_OCTAL:
		return "permissions in octal such as 0660";
	default:
		return "a whole number";
	}
}

/* The digits in front, and *rest behind them; -1 without digits or beyond int64_t. */
static int
leading_number(const char *text, int base, int64_t *number, const char **rest)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	*number = strtoll(text, &end, base);
	*rest = end;
	return end == text || errno != 0 ? -1 : 0;
}

static int
with_unit(const char *text, enum setting_type type, int64_t *value)
{
	const struct unit *unit = units_of(type);
	const char *rest;

	if (leading_number(text, type == SETTING_OCTAL ? 8 : 10, value, &rest) != 0)
		return -1;
	/* Nothing needs no unit. */
	if (*value == 0 && *rest == '\0')
		return 0;
	while (unit->name != NULL && strcmp(unit->name, rest) != 0)
		unit++;
	if (unit->name == NULL || *value > INT64_MAX / unit->factor)
		return -1;
	*value *= unit->factor;
	return 0;
}

int
quantity_parse(const struct setting *setting, const char *text, int64_t *value, struct error *err)
{
	char least[QUANTITY_TEXT_SIZE], most[QUANTITY_TEXT_SIZE];

	if (with_unit(text, setting->type, value) != 0)
		return error_set(
		    err, ERROR_INPUT, "\"%.100s\" is not %s", text, expected(setting->type));
	if (*value < setting->min || *value > setting->max)
		return error_set(err, ERROR_INPUT, "\"%.100s\" is out of range: from %s to %s",
		    text, quantity_format(setting->type, setting->min, least),
		    quantity_format(setting->type, setting->max, most));
	return 0;
}

char *
quantity_format(enum setting_type type, int64_t value, char *out)
{
	const struct unit *unit = units_of(type);

	if (type == SETTING_OCTAL) {
		snprintf(out, QUANTITY_TEXT_SIZE, "%04" PRIo64, (uint64_t)value);
	} else if (value == 0) {
		snprintf(out, QUANTITY_TEXT_SIZE, "0");
	} else {
		while (value % unit->factor != 0)
			unit++;
		snprintf(
		    out, QUANTITY_TEXT_SIZE, "%" PRId64 "%s", value / unit->factor, unit->name);
	}
	return out;
}
