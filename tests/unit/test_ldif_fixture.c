/* What the tests of an LDIF file share. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test_ldif.h"

struct fixture fixture;
const struct members_limits test_ldif_limits = {500, 8};

void
test_ldif_setup(void)
{
	fixture_init(&fixture, 1);
	fixture_folder(&fixture);
	fixture.directories[0].ldif = strdup(fixture_path(&fixture, "directory.ldif"));
}

void
test_ldif_teardown(void)
{
	char *path = fixture.directories[0].ldif;

	fixture_end(&fixture);
	free(path);
}

void
test_ldif_write(const char *text)
{
	fixture_write(fixture.directories[0].ldif, text, strlen(text));
}

struct roster *
test_ldif_load(void)
{
	struct error err = ERROR_INIT;
	struct roster *roster = roster_load(&fixture.directories[0], false, NULL, &err);

	ck_assert_msg(roster != NULL, "%s", err.text);
	return roster;
}

struct findings *
test_ldif_find(const struct roster *roster, const char *key)
{
	struct roster_question question = {key, NULL, NULL, test_ldif_limits};
	struct findings *findings = roster_find(roster, &fixture.directories[0], &question, NULL);

	ck_assert_ptr_nonnull(findings);
	return findings;
}

size_t
test_ldif_count(const char *key)
{
	struct roster *roster = test_ldif_load();
	struct findings *findings = test_ldif_find(roster, key);
	size_t found = findings->count;

	findings_unref(findings);
	roster_free(roster);
	return found;
}

size_t
test_ldif_broken(void)
{
	struct roster *roster = test_ldif_load();
	size_t found = roster_broken(roster);

	roster_free(roster);
	return found;
}

void
test_ldif_write_many(void)
{
	FILE *file = fopen(fixture.directories[0].ldif, "w");
	unsigned char value[4];
	char text[16];
	int i;

	ck_assert_ptr_nonnull(file);
	for (i = 0; i < LDIF_MANY; i++) {
		value[0] = 1;
		value[1] = (unsigned char)(i >> 16);
		value[2] = (unsigned char)(i >> 8);
		value[3] = (unsigned char)i;
		EVP_EncodeBlock((unsigned char *)text, value, sizeof(value));
		if (i % 1000 == 0)
			fputs("dn: cn=broken\nmail: user7@example.org\nno attribute\n\n", file);
		fprintf(file,
		    "dn: uid=u%d,o=X\nmail: User%d@Example.org\nmail: team%d@example.org\n"
		    "userCertificate:: %s\n\n",
		    i, i, i / 100, text);
	}
	ck_assert_int_eq(fclose(file), 0);
}
