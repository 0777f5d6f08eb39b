/* An LDIF file as the directory: many entries. */
#include <stdio.h>

#include "test_ldif.h"

START_TEST(a_hundred_thousand_entries_load)
{
	FILE *file = fopen(fixture.directories[0].ldif, "w");
	struct roster *roster;
	struct findings *findings;
	int i;
	int j;

	for (i = 0; i < 100000; i++) {
		fprintf(
		    file, "dn: uid=u%d,o=X\nmail: user%d@example.org\nuserCertificate:: ", i, i);
		for (j = 0; j < 20; j++)
			fprintf(file, "%sMIIDQTCCAimgAwIBAgITBmyfz5m", j == 0 ? "" : "\n ");
		fputs("AAAA\n\n", file);
	}
	ck_assert_int_eq(fclose(file), 0);
	roster = test_ldif_load();
	ck_assert_uint_eq(roster_entries(roster), 100000);
	findings = test_ldif_find(roster, "user99999@example.org");
	ck_assert_uint_eq(findings->count, 1);
	ck_assert_str_eq(findings->items[0].dn, "uid=u99999,o=X");
	findings_unref(findings);
	roster_free(roster);
}
END_TEST

START_TEST(every_one_of_many_entries_is_found_with_its_own_value)
{
	struct roster *roster;
	struct findings *findings;
	char key[64];
	char dn[64];
	int i;

	test_ldif_write_many();
	roster = test_ldif_load();
	ck_assert_uint_eq(roster_entries(roster), LDIF_MANY);
	ck_assert_uint_eq(roster_broken(roster), LDIF_MANY / 1000);
	for (i = 0; i < LDIF_MANY; i++) {
		const unsigned char value[] = {
		    1, (unsigned char)(i >> 16), (unsigned char)(i >> 8), (unsigned char)i};

		snprintf(key, sizeof(key), "user%d@example.org", i);
		snprintf(dn, sizeof(dn), "uid=u%d,o=X", i);
		findings = test_ldif_find(roster, key);
		ck_assert_uint_eq(findings->count, 1);
		ck_assert_uint_eq(findings->entries, 1);
		ck_assert_str_eq(findings->items[0].dn, dn);
		ck_assert_uint_eq(findings->items[0].size, sizeof(value));
		ck_assert_mem_eq(findings->items[0].value, value, sizeof(value));
		findings_unref(findings);
	}
	findings = test_ldif_find(roster, "team199@example.org");
	ck_assert_uint_eq(findings->entries, 100);
	ck_assert_uint_eq(findings->count, (size_t)fixture.directories[0].entries_limit);
	ck_assert_str_eq(findings->items[0].dn, "uid=u19900,o=X");
	findings_unref(findings);
	findings = test_ldif_find(roster, "team200@example.org");
	ck_assert_uint_eq(findings->count, 0);
	findings_unref(findings);
	roster_free(roster);
}
END_TEST

static bool
many_are_without_the_last(void *context)
{
	char key[64];

	snprintf(key, sizeof(key), "user%d@example.org", LDIF_MANY - 1);
	/* One that is in both is always found, whichever is in force. */
	ck_assert_int_eq(fixture_state(context, "user1@example.org", NULL), RECIPIENT_FOUND);
	return fixture_state(context, key, NULL) == RECIPIENT_NONE;
}

START_TEST(look_ups_go_on_while_many_entries_are_read_again)
{
	const char *next = fixture_path(&fixture, "next");
	FILE *file;
	int i;

	fixture.config.cache_entries = 0;
	test_ldif_write_many();
	fixture_start(&fixture);
	ck_assert(!many_are_without_the_last(&fixture));
	file = fopen(next, "w");
	ck_assert_ptr_nonnull(file);
	for (i = 0; i < LDIF_MANY - 1; i++)
		fprintf(file, "dn: uid=u%d\nmail: user%d@example.org\nuserCertificate:: AQID\n\n",
		    i, i);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(rename(next, fixture.directories[0].ldif), 0);
	ck_assert(fixture_until(many_are_without_the_last, &fixture));
}
END_TEST

void
test_ldif_many(TCase *tcase)
{
	tcase_add_test(tcase, a_hundred_thousand_entries_load);
	tcase_add_test(tcase, every_one_of_many_entries_is_found_with_its_own_value);
	tcase_add_test(tcase, look_ups_go_on_while_many_entries_are_read_again);
}
