/*
 * One value of one setting: read from text into its member, defaulted, freed. Whatever reads a
 * value, the file or a default, comes through here. Internal to this room.
 */
#ifndef SMIME_CONFIG_VALUE_H
#define SMIME_CONFIG_VALUE_H

#include "base/compiler.h"
#include "base/error.h"
#include "config/setting.h"

/*
 * Reads text into the member of the section's struct: what was there is replaced, or, where the
 * setting is a list, one more item added. The struct must have been zeroed or read into before.
 * ERROR_INPUT says what was expected; the member is unchanged then.
 */
MUST_CHECK int value_parse(
    const struct setting *setting, const char *text, void *section, struct error *err);

/* Reads the setting's default into the member. */
MUST_CHECK int value_default(const struct setting *setting, void *section, struct error *err);

/* Frees what the member owns and empties it. */
void value_free(const struct setting *setting, void *section);

#endif
