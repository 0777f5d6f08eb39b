/*
 * Numbers as people write them: 8s, 256k, 0660. Each way of writing has one parser and one writer,
 * so that ranges in messages and in the manual look like what the file takes. Pure functions.
 * Internal to this room.
 */
#ifndef SMIME_CONFIG_QUANTITY_H
#define SMIME_CONFIG_QUANTITY_H

#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/setting.h"

#define QUANTITY_TEXT_SIZE 32

/* Reads text as a SETTING_INTEGER, _OCTAL, _SIZE (bytes) or _DURATION (milliseconds) within the
 * setting's range. ERROR_INPUT says what was expected. */
MUST_CHECK int quantity_parse(
    const struct setting *setting, const char *text, int64_t *value, struct error *err);

/* Writes a value of that type the shortest exact way to out[QUANTITY_TEXT_SIZE]; returns out. */
char *quantity_format(enum setting_type type, int64_t value, char *out);

#endif
