/* directory/roster, directory/source_ldif: an LDIF file as the directory; whom it is about. */
#include "test_ldif.h"

START_TEST(values_are_found_by_every_address_of_the_entry)
{
	struct roster *roster;
	struct findings *findings;

	test_ldif_write("version: 1\n"
			"# a comment\n"
			"dn: cn=Anna,o=X\n"
			"objectClass: inetOrgPerson\n"
			"mail: Anna@Example.ORG\n"
			"mail: anna.b@example.org\n"
			"userCertificate;binary:: AQID\n"
			"usersmimecertificate:: BAUG\n"
			"cACertificate;BINARY:: BwgJ\n"
			"jpegPhoto:: AAAA\n");
	roster = test_ldif_load();
	ck_assert_uint_eq(roster_entries(roster), 1);
	findings = test_ldif_find(roster, "anna@example.org");
	ck_assert_uint_eq(findings->count, 3);
	ck_assert_uint_eq(findings->entries, 1);
	ck_assert(!findings->many_entries);
	ck_assert_int_eq(findings->items[0].kind, FINDING_CERTIFICATE);
	ck_assert_str_eq(findings->items[0].dn, "cn=Anna,o=X");
	ck_assert_str_eq(findings->items[0].directory, "first");
	ck_assert_str_eq(findings->items[0].attribute, "userCertificate");
	ck_assert_uint_eq(findings->items[0].size, 3);
	ck_assert_int_eq(memcmp(findings->items[0].value, "\1\2\3", 3), 0);
	ck_assert_int_eq(findings->items[1].kind, FINDING_BLOB);
	ck_assert_str_eq(findings->items[1].attribute, "userSMIMECertificate");
	ck_assert_int_eq(findings->items[2].kind, FINDING_CA);
	findings_unref(findings);
	findings = test_ldif_find(roster, "anna.b@example.org");
	ck_assert_uint_eq(findings->count, 3);
	findings_unref(findings);
	findings = test_ldif_find(roster, "nobody@example.org");
	ck_assert_uint_eq(findings->count, 0);
	ck_assert_uint_eq(findings->entries, 0);
	findings_unref(findings);
	roster_free(roster);
}
END_TEST

START_TEST(folded_lines_and_crlf_and_no_last_newline_are_read)
{
	test_ldif_write("dn: cn=Anna,\r\n o=X\r\nmail: an\r\n na@example.org\r\n"
			"userCertificate:: AQ\r\n ID\r\n\r\n\r\n"
			"dn: cn=Bob\r\nmail: bob@example.org\r\nuserCertificate:: AQID");
	ck_assert_uint_eq(test_ldif_count("anna@example.org"), 1);
	ck_assert_uint_eq(test_ldif_count("bob@example.org"), 1);
}
END_TEST

START_TEST(an_international_domain_is_found_in_either_form)
{
	test_ldif_write("dn: cn=a\nmail:: YW5uYUBiw7xjaGVyLmV4YW1wbGU=\nuserCertificate:: AQID\n\n"
			"dn: cn=b\nmail: bob@xn--bcher-kva.example\nuserCertificate:: AQID\n");
	ck_assert_uint_eq(test_ldif_count("anna@xn--bcher-kva.example"), 1);
	ck_assert_uint_eq(test_ldif_count("bob@xn--bcher-kva.example"), 1);
}
END_TEST

/* Ä and ä, composed or not, as wherever addresses are compared. */
START_TEST(an_international_local_part_is_found_in_either_case)
{
	test_ldif_write("dn: cn=a\nmail:: w4RubmVAZXhhbXBsZS5vcmc=\nuserCertificate:: AQID\n");
	fixture_start(&fixture);
	ck_assert_int_eq(fixture_state(&fixture, "\xc3\x84nne@example.org", NULL), RECIPIENT_FOUND);
	ck_assert_int_eq(fixture_state(&fixture, "\xc3\xa4NNE@example.org", NULL), RECIPIENT_FOUND);
	ck_assert_int_eq(
	    fixture_state(&fixture, "a\xcc\x88nne@example.org", NULL), RECIPIENT_FOUND);
	ck_assert_int_eq(fixture_state(&fixture, "anne@example.org", NULL), RECIPIENT_NONE);
}
END_TEST

START_TEST(a_detail_is_left_out_where_the_directory_says_so)
{
	struct ticket *ticket;

	test_ldif_write("dn: cn=a\nmail: anna@example.org\nuserCertificate:: AQID\n\n"
			"dn: cn=b\nmail: bob@example.org\nmail: bob+x@example.org\n"
			"userCertificate:: AQIE\n\n"
			"dn: cn=c\nmail: eve@example.org\nuserCertificate:: AQIF\n\n"
			"dn: cn=d\nmail: eve+x@example.org\nuserCertificate:: AQIG\n");
	fixture.directories[0].subaddress_delimiter = (char *)"+";
	fixture_start(&fixture);
	ck_assert_int_eq(fixture_state(&fixture, "anna+news@example.org", NULL), RECIPIENT_FOUND);
	ck_assert_int_eq(fixture_state(&fixture, "+anna@example.org", NULL), RECIPIENT_NONE);
	ck_assert_int_eq(fixture_state(&fixture, "anna-news@example.org", NULL), RECIPIENT_NONE);
	/* One entry with both addresses is one. */
	ticket = fixture_ask(&fixture, "bob+x@example.org");
	ck_assert_int_eq(ticket_record(ticket)->state, RECIPIENT_FOUND);
	ck_assert_ptr_null(ticket_record(ticket)->detail);
	ticket_free(ticket);
	/* Who has the address itself comes before who has the shorter one. */
	ticket = fixture_ask(&fixture, "eve+x@example.org");
	ck_assert_uint_eq(ticket_record(ticket)->digital_id_count, 1);
	ck_assert_str_eq(ticket_record(ticket)->digital_ids[0].dn, "cn=d");
	ticket_free(ticket);
}
END_TEST

START_TEST(the_directory_decides_about_case)
{
	test_ldif_write("dn: cn=a\nmail: Anna@Example.org\nuserCertificate:: AQID\n");
	fixture.directories[0].local_part = DIRECTORY_CASE_EXACT;
	fixture_start(&fixture);
	ck_assert_int_eq(fixture_state(&fixture, "anna@example.org", NULL), RECIPIENT_NONE);
	ck_assert_int_eq(fixture_state(&fixture, "Anna@example.org", NULL), RECIPIENT_FOUND);
	ck_assert_int_eq(fixture_state(&fixture, "anna@example.org", NULL), RECIPIENT_NONE);
}
END_TEST

START_TEST(proxy_addresses_count_for_active_directory_only)
{
	test_ldif_write("dn: cn=Anna\nproxyAddresses: SMTP:anna@example.org\n"
			"proxyAddresses: smtp:a.b@example.org\nproxyAddresses: x400:c=US\n"
			"userCertificate:: AQID\n");
	ck_assert_uint_eq(test_ldif_count("anna@example.org"), 0);
	fixture.directories[0].kind = DIRECTORY_ACTIVE_DIRECTORY;
	ck_assert_uint_eq(test_ldif_count("anna@example.org"), 1);
	ck_assert_uint_eq(test_ldif_count("a.b@example.org"), 1);
}
END_TEST

START_TEST(exact_local_parts_are_kept_apart)
{
	struct roster *roster;
	struct findings *findings;

	test_ldif_write("dn: cn=a\nmail: Anna@Example.org\nuserCertificate:: AQID\n");
	roster = roster_load(&fixture.directories[0], true, NULL, NULL);
	findings = test_ldif_find(roster, "anna@example.org");
	ck_assert_uint_eq(findings->count, 0);
	findings_unref(findings);
	findings = test_ldif_find(roster, "Anna@example.org");
	ck_assert_uint_eq(findings->count, 1);
	findings_unref(findings);
	roster_free(roster);
}
END_TEST

START_TEST(entries_that_share_an_address_are_told)
{
	struct roster *roster;
	struct findings *findings;

	fixture.directories[0].bind_by_entry = true;
	test_ldif_write(
	    "dn: cn=a\nmail: x@example.org\nuserCertificate:: AQID\n\n"
	    "dn: cn=b\nmail: x@example.org\nmail: X@example.org\nuserCertificate:: BAUG\n\n"
	    "dn: cn=c\nmail: y@example.org\nuserCertificate:: BAUG\n");
	roster = test_ldif_load();
	findings = test_ldif_find(roster, "x@example.org");
	ck_assert_uint_eq(findings->entries, 2);
	ck_assert(findings->many_entries);
	ck_assert_uint_eq(findings->count, 2);
	findings_unref(findings);
	findings = test_ldif_find(roster, "y@example.org");
	ck_assert(!findings->many_entries);
	ck_assert(findings->items[0].bind_by_entry);
	findings_unref(findings);
	roster_free(roster);
}
END_TEST

START_TEST(limits_of_size_values_and_entries_hold)
{
	struct roster *roster;
	struct findings *findings;

	fixture.directories[0].value_size_limit = 1024;
	fixture.directories[0].values_limit = 2;
	fixture.directories[0].entries_limit = 1;
	test_ldif_write(
	    "dn: cn=a\nmail: x@example.org\nuserCertificate:: AQID\nuserCertificate:: BAUG\n"
	    "userCertificate:: BwgJ\n\n"
	    "dn: cn=b\nmail: x@example.org\nuserCertificate:: AAAA\n");
	roster = test_ldif_load();
	findings = test_ldif_find(roster, "x@example.org");
	ck_assert_uint_eq(findings->count, 2);
	ck_assert_uint_eq(findings->left_out, 2); /* one above each limit */
	ck_assert(findings->many_entries);
	findings_unref(findings);
	roster_free(roster);
}
END_TEST

START_TEST(an_oversized_value_is_noted)
{
	struct roster *roster;
	struct findings *findings;
	char text[3000];
	char value[2001];

	memset(value, 'A', sizeof(value) - 1); /* 1500 bytes */
	value[sizeof(value) - 1] = '\0';
	fixture.directories[0].value_size_limit = 1024;
	snprintf(
	    text, sizeof(text), "dn: cn=a\nmail: x@example.org\nuserCertificate:: %s\n", value);
	test_ldif_write(text);
	roster = test_ldif_load();
	findings = test_ldif_find(roster, "x@example.org");
	ck_assert_uint_eq(findings->count, 1);
	ck_assert(findings->items[0].oversized);
	ck_assert_ptr_null(findings->items[0].value);
	findings_unref(findings);
	roster_free(roster);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ldif");
	TCase *tcase = unit_case(suite, "ldif");

	tcase_add_checked_fixture(tcase, test_ldif_setup, test_ldif_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, values_are_found_by_every_address_of_the_entry);
	tcase_add_test(tcase, folded_lines_and_crlf_and_no_last_newline_are_read);
	tcase_add_test(tcase, an_international_domain_is_found_in_either_form);
	tcase_add_test(tcase, an_international_local_part_is_found_in_either_case);
	tcase_add_test(tcase, a_detail_is_left_out_where_the_directory_says_so);
	tcase_add_test(tcase, the_directory_decides_about_case);
	tcase_add_test(tcase, proxy_addresses_count_for_active_directory_only);
	tcase_add_test(tcase, exact_local_parts_are_kept_apart);
	tcase_add_test(tcase, entries_that_share_an_address_are_told);
	tcase_add_test(tcase, limits_of_size_values_and_entries_hold);
	tcase_add_test(tcase, an_oversized_value_is_noted);
	test_ldif_records(tcase);
	test_ldif_many(tcase);
	test_ldif_changes(tcase);
	return unit_run(suite);
}
