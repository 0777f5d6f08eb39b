/* What the tests of an LDIF file share: the file, and what is found in it. */
#ifndef SMIME_TESTS_LDIF_H
#define SMIME_TESTS_LDIF_H

#include "directory/roster.h"
#include "directory_fixture.h"
#include "unit.h"

/* Its one directory is the file. */
extern struct fixture fixture;
extern const struct members_limits test_ldif_limits;

/* Before and after each test; the file is not there yet. */
void test_ldif_setup(void);
void test_ldif_teardown(void);

void test_ldif_write(const char *text);

struct roster *test_ldif_load(void);
struct findings *test_ldif_find(const struct roster *roster, const char *key);

/* How many values the file holds for a key; how many records are broken. */
size_t test_ldif_count(const char *key);
size_t test_ldif_broken(void);

/* Entry i: an address of its own, one with a hundred neighbours, and its number as
 * the value; before every thousandth stands a record that can't be read. */
#define LDIF_MANY 20000
void test_ldif_write_many(void);

void test_ldif_changes(TCase *tcase);
void test_ldif_many(TCase *tcase);
void test_ldif_records(TCase *tcase);

#endif
