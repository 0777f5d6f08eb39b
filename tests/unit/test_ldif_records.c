/* An LDIF file as the directory: records that are broken, hostile, or not what is looked for. */
#include <stdio.h>

#include "directory/record.h"
#include "test_ldif.h"

static const char *const refused[] = {
    "dn: cn=Evil\nmail: evil@example.org\nuserCertificate:< file:///etc/passwd\n",
    "dn: cn=Evil\nmail: evil@example.org\nuserCertificate;binary:< file:///etc/passwd\n",
    "dn: cn=Evil\nmail: evil@example.org\nuserCert\n ificate:<\n  file:///etc/passwd\n",
    "dn: cn=Evil\nmail:< file:///etc/passwd\nmail: evil@example.org\nuserCertificate:: AQID\n",
    "dn:< file:///etc/passwd\nmail: evil@example.org\nuserCertificate:: AQID\n",
    "  userCertificate:< file:///etc/passwd\n",
    "dn: cn=Evil\nmail: evil@example.org\nuserCertificate:: !!!not base64!!!\n",
    "dn: cn=Evil\nmail: evil@example.org\nuserCertificate::\n",
    "dn: cn=Evil\nmail: evil@example.org\nno colon here\n",
    "mail: evil@example.org\nuserCertificate:: AQID\n",
    "dn: cn=Evil\nchangetype: modify\nreplace: mail\nmail: evil@example.org\n",
    "dn: cn=Evil\nchangetype: delete\n",
    "include: file:///etc/passwd\n",
    "INCLUDE: file:///etc/passwd\ndn: cn=Evil\nmail: evil@example.org\n",
};

START_TEST(a_broken_record_is_skipped_and_the_rest_works)
{
	char text[1000];

	snprintf(text, sizeof(text),
	    "dn: cn=Anna\nmail: anna@example.org\nuserCertificate:: AQID\n\n%s\n"
	    "dn: cn=Bob\nmail: bob@example.org\nuserCertificate:: AQID\n",
	    refused[_i]);
	test_ldif_write(text);
	ck_assert_uint_eq(test_ldif_count("anna@example.org"), 1);
	ck_assert_uint_eq(test_ldif_count("bob@example.org"), 1);
	ck_assert_uint_eq(test_ldif_count("evil@example.org"), 0);
	ck_assert_uint_eq(test_ldif_broken(), 1);
}
END_TEST

/* Where libldap's own reader would follow it: nothing of the other file may appear. */
START_TEST(another_file_is_never_included)
{
	const char *other = fixture_path(&fixture, "other.ldif");
	static const char secret[] =
	    "dn: cn=Other\nmail: other@example.org\nuserCertificate:: AQID\n";
	char text[1000];

	fixture_write(other, secret, sizeof(secret) - 1);
	snprintf(text, sizeof(text),
	    "include: file://%s\n\ndn: cn=Anna\nmail: anna@example.org\nuserCertificate:: AQID\n\n"
	    "# comment\ninclude: file://%s\n\ndn: cn=Bob\nmail: bob@example.org\n"
	    "userCertificate:< file://%s\n",
	    other, other, other);
	test_ldif_write(text);
	ck_assert_uint_eq(test_ldif_count("other@example.org"), 0);
	ck_assert_uint_eq(test_ldif_count("anna@example.org"), 1);
	ck_assert_uint_eq(test_ldif_count("bob@example.org"), 0);
	ck_assert_uint_eq(test_ldif_broken(), 3);
}
END_TEST

START_TEST(a_value_that_only_looks_like_a_url_is_a_value)
{
	test_ldif_write("dn: cn=Anna\nmail: anna@example.org\ndescription: < file:///etc/passwd\n"
			"userCertificate: <not fetched\n");
	ck_assert_uint_eq(test_ldif_count("anna@example.org"), 1);
	ck_assert_uint_eq(test_ldif_broken(), 0);
}
END_TEST

START_TEST(nul_bytes_break_only_their_record)
{
	static const char text[] =
	    "dn: cn=Anna\nmail: anna@example.org\nuserCertificate:: AQID\n\n"
	    "dn: cn=Evil\n\0mail: evil@example.org\nuserCertificate:: AQID\n\n"
	    "\0\n\n"
	    "dn: cn=Bob\nmail: bob@example.org\nuserCertificate:: AQID\n";

	fixture_write(fixture.directories[0].ldif, text, sizeof(text) - 1);
	ck_assert_uint_eq(test_ldif_count("anna@example.org"), 1);
	ck_assert_uint_eq(test_ldif_count("bob@example.org"), 1);
	ck_assert_uint_eq(test_ldif_count("evil@example.org"), 0);
	ck_assert_uint_eq(test_ldif_broken(), 2);
}
END_TEST

START_TEST(a_record_too_large_is_read_over)
{
	static const char line[] =
	    "description: 0123456789012345678901234567890123456789012345678901234567890123456789\n";
	FILE *file = fopen(fixture.directories[0].ldif, "w");
	size_t written;

	fputs("dn: cn=Huge\nmail: huge@example.org\nuserCertificate:: AQID\n", file);
	for (written = 0; written < RECORD_SIZE_MAX; written += sizeof(line) - 1)
		fputs(line, file);
	fputs("\ndn: cn=Bob\nmail: bob@example.org\nuserCertificate:: AQID\n", file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_uint_eq(test_ldif_count("huge@example.org"), 0);
	ck_assert_uint_eq(test_ldif_count("bob@example.org"), 1);
}
END_TEST

START_TEST(what_ldapsearch_prints_is_taken_as_it_is)
{
	test_ldif_write("# extended LDIF\n#\n# LDAPv3\n\n# Anna, X\n"
			"dn: cn=Anna\nmail: anna@example.org\nuserCertificate;binary:: AQID\n\n"
			"# search reference\nref: ldap://elsewhere/o=X\n\n"
			"# search result\nsearch: 2\nresult: 0 Success\n\n# numResponses: 2\n");
	ck_assert_uint_eq(test_ldif_count("anna@example.org"), 1);
	ck_assert_uint_eq(test_ldif_broken(), 0);
}
END_TEST

void
test_ldif_records(TCase *tcase)
{
	tcase_add_loop_test(
	    tcase, a_broken_record_is_skipped_and_the_rest_works, 0, (int)ARRAY_LENGTH(refused));
	tcase_add_test(tcase, another_file_is_never_included);
	tcase_add_test(tcase, a_value_that_only_looks_like_a_url_is_a_value);
	tcase_add_test(tcase, nul_bytes_break_only_their_record);
	tcase_add_test(tcase, a_record_too_large_is_read_over);
	tcase_add_test(tcase, what_ldapsearch_prints_is_taken_as_it_is);
}
