/* The LDAP source against a slapd of our own: TLS and bind. */
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "test_ldap.h"

START_TEST(start_tls_is_used_and_verified)
{
	test_ldap_add_uri("ldap", "127.0.0.1", slapd_port);
	test_ldap_use_ca("ca");
	fixture_start(&fixture);
	test_ldap_expect("anna@example.org", RECIPIENT_FOUND);
	test_ldap_expect("nobody@example.org", RECIPIENT_NONE);
}
END_TEST

START_TEST(ldaps_is_used_and_verified)
{
	test_ldap_add_uri("ldaps", "127.0.0.1", slapd_port + 1);
	test_ldap_use_ca("ca");
	fixture_start(&fixture);
	test_ldap_expect("anna@example.org", RECIPIENT_FOUND);
	test_ldap_expect("nobody@example.org", RECIPIENT_NONE);
}
END_TEST

START_TEST(a_server_certificate_from_another_ca_is_refused)
{
	test_ldap_add_uri(_i == 0 ? "ldap" : "ldaps", "127.0.0.1", slapd_port + _i);
	test_ldap_use_ca("other");
	fixture_start(&fixture);
	test_ldap_expect_unavailable("anna@example.org", "TLS failed");
	test_ldap_expect_unavailable("anna@example.org", "the CA CN=ca is not in /");
}
END_TEST

START_TEST(a_server_certificate_for_another_name_is_refused)
{
	test_ldap_add_uri("ldap", "127.0.0.2", slapd_port);
	test_ldap_use_ca("ca");
	fixture_start(&fixture);
	test_ldap_expect_unavailable("anna@example.org", "TLS failed");
	test_ldap_expect_unavailable("anna@example.org", "it is for 127.0.0.1, not for 127.0.0.2");
}
END_TEST

START_TEST(tls_on_the_other_port_says_which_uri_is_meant)
{
	test_ldap_add_uri(_i == 0 ? "ldaps" : "ldap", "127.0.0.1", slapd_port + _i);
	test_ldap_use_ca("ca");
	fixture_start(&fixture);
	test_ldap_expect_unavailable("anna@example.org", _i == 0 ? "(ldap://)" : "(ldaps://)");
}
END_TEST

START_TEST(a_missing_ca_file_says_so)
{
	test_ldap_add_uri("ldap", "127.0.0.1", slapd_port);
	test_ldap_use_ca("missing");
	fixture_start(&fixture);
	test_ldap_expect_unavailable("anna@example.org", "missing.pem");
}
END_TEST

START_TEST(plain_ldap_is_used_only_when_told)
{
	test_ldap_add_uri("ldap", "127.0.0.1", slapd_port);
	fixture.directories[0].tls = TLS_NEVER;
	fixture_start(&fixture);
	test_ldap_expect("anna@example.org", RECIPIENT_FOUND);
}
END_TEST

static void
use_password(const char *password, mode_t mode)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s", fixture_path(&fixture, "password"));
	fixture_write(path, password, strlen(password));
	ck_assert_int_eq(chmod(path, mode), 0);
	fixture.directories[0].bind_dn = (char *)"cn=admin,o=x";
	fixture.directories[0].bind_password_file = path;
}

START_TEST(a_bind_opens_what_is_private)
{
	test_ldap_use_ldapi();
	use_password("secret\nsecond line\n", 0600);
	fixture_start(&fixture);
	test_ldap_expect("bob@example.org", RECIPIENT_FOUND);
}
END_TEST

START_TEST(without_a_bind_the_private_is_not_there)
{
	test_ldap_use_ldapi();
	fixture_start(&fixture);
	test_ldap_expect("bob@example.org", RECIPIENT_NONE);
}
END_TEST

static const struct {
	const char *password;
	mode_t mode;
	const char *why;
} bad_passwords[] = {
    {"wrong\n", 0600, "binding as cn=admin,o=x"},
    {"\nsecret\n", 0600, "holds no password"},
    {"", 0600, "holds no password"},
    {"secret\n", 0604, "everybody can read or write /"},
};

START_TEST(a_bind_that_cant_be_done_is_unavailable)
{
	test_ldap_use_ldapi();
	use_password(bad_passwords[_i].password, bad_passwords[_i].mode);
	fixture_start(&fixture);
	test_ldap_expect_unavailable("bob@example.org", bad_passwords[_i].why);
}
END_TEST

void
test_ldap_connection(TCase *tcase)
{
	tcase_add_test(tcase, start_tls_is_used_and_verified);
	tcase_add_test(tcase, ldaps_is_used_and_verified);
	tcase_add_loop_test(tcase, a_server_certificate_from_another_ca_is_refused, 0, 2);
	tcase_add_test(tcase, a_server_certificate_for_another_name_is_refused);
	tcase_add_loop_test(tcase, tls_on_the_other_port_says_which_uri_is_meant, 0, 2);
	tcase_add_test(tcase, a_missing_ca_file_says_so);
	tcase_add_test(tcase, plain_ldap_is_used_only_when_told);
	tcase_add_test(tcase, a_bind_opens_what_is_private);
	tcase_add_test(tcase, without_a_bind_the_private_is_not_there);
	tcase_add_loop_test(
	    tcase, a_bind_that_cant_be_done_is_unavailable, 0, (int)ARRAY_LENGTH(bad_passwords));
}
