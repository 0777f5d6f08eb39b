/* What the test programs of common/config share: a private folder, and files in it. */
#ifndef SMIME_TESTS_CONFIG_H
#define SMIME_TESTS_CONFIG_H

#include "config/config.h"
#include "unit.h"

/* Writes size bytes to a file of that name in the test's folder; returns its path, static until the
 * next call. */
const char *test_file(const char *name, const char *bytes, size_t size);

/* Loads a text; "@F@" in it stands for a file that can be read, "@D@" for the test's folder. */
struct config *test_load(const char *text, struct config_problems *problems);

/* Loads a text that must be fine. */
struct config *test_load_fine(const char *text);

/* Loads a text that must be refused with exactly that one problem, given without file name
 * ("12: floor: …"). */
void test_refused(const char *text, const char *problem);

TCase *test_config_values(void);
TCase *test_config_errors(void);

#endif
