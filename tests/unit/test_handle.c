/* ldap/handle: TLS and bind with real slapds, of which two demand a client certificate. */
#include "ldap/handle.h"

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <malloc.h>
#include <openssl/pem.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "directory_fixture.h"
#include "ldap/connection.h"
#include "ldap/dial.h"
#include "ldap/tls_probe.h"
#include "pki.h"
#include "unit.h"

#define PATIENCE 10000

/* The address sanitizer asks for it: libldap never frees a client certificate and key that it had
 * GnuTLS read; see common/ldap/handle_context.c. */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:libgnutls.so\nleak:libtasn1.so\nleak:libgmp.so\n";
}

/* The servers. */
enum { DEMANDING, OLD, CAREFREE, SERVERS };

static const char *const configurations[SERVERS] = {
    "TLSVerifyClient demand\nauthz-regexp \"cn=client\" \"cn=Anna,o=x\"\n",
    "TLSVerifyClient demand\nTLSCipherSuite NORMAL:-VERS-TLS1.3\n",
    "",
};

static const char entries[] = "dn: o=x\nobjectClass: organization\n\n"
			      "dn: cn=Anna,o=x\nobjectClass: inetOrgPerson\nsn: A\n\n";

static struct fixture places[SERVERS];
static int ports[SERVERS];
static struct config_directory directory;
static LDAPURLDesc *url;
static LDAP *ld;
static bool unclear;
static struct error err;
static char certificate_file[200];
static char key_file[200];

static int
script(const char *action, int server)
{
	char command[600];

	snprintf(command, sizeof(command), "'%s' %s '%s' %d", SLAPD_SCRIPT, action,
	    places[server].folder, ports[server]);
	return system(command);
}

/* Once for all tests, in the parent. */
static void
start_servers(void)
{
	for (int i = 0; i < SERVERS; i++) {
		fixture_folder(&places[i]);
		ports[i] = fixture_ports();
		fixture_write(
		    fixture_path(&places[i], "entries.ldif"), entries, sizeof(entries) - 1);
		fixture_write(fixture_path(&places[i], "more.conf"), configurations[i],
		    strlen(configurations[i]));
		ck_assert_int_eq(script("make", i), 0);
		ck_assert_int_eq(script("run", i), 0);
	}
}

static void
stop_servers(void)
{
	for (int i = 0; i < SERVERS; i++) {
		script("stop", i);
		fixture_end(&places[i]);
	}
}

static void
setup(void)
{
	static const struct error none = ERROR_INIT;

	signal(SIGPIPE, SIG_IGN);
	connection_prepare();
	memset(&directory, 0, sizeof(directory));
	directory.connect_timeout = PATIENCE;
	directory.values_limit = 50;
	directory.value_size_limit = 256 << 10;
	url = NULL;
	ld = NULL;
	err = none;
}

static void
teardown(void)
{
	if (ld != NULL)
		ldap_unbind_ext(ld, NULL, NULL);
	ldap_free_urldesc(url);
	if (certificate_file[0] != '\0') {
		unlink(certificate_file);
		unlink(key_file);
	}
}

/* A connection to a server, without TLS or bind yet. scheme: ldap, ldaps or ldapi. */
static void
reach(int server, const char *scheme)
{
	char uri[300];
	char *to = uri + sprintf(uri, "%s://", scheme);
	struct names *names = names_new(&dial_lookups);
	int fd;

	directory.tls_ca = (char *)fixture_path(&places[server], "ca.pem");
	if (strcmp(scheme, "ldapi") != 0) {
		sprintf(to, "127.0.0.1:%d", ports[server] + (strcmp(scheme, "ldaps") == 0));
	} else {
		for (const char *from = places[server].folder; *from != '\0'; from++)
			to += sprintf(to, *from == '/' ? "%%2F" : "%c", *from);
		strcpy(to, "%2Fldapi");
	}
	ck_assert_int_eq(ldap_url_parse(uri, &url), LDAP_URL_SUCCESS);
	fd = dial(url, names, clock_monotonic_ms() + PATIENCE, NULL, &err);
	names_free(names);
	ck_assert_msg(fd >= 0, "%s", err.text);
	ld = handle_new(fd, url, uri, &err);
	ck_assert_ptr_nonnull(ld);
	ck_assert_int_eq(handle_options(ld, &directory, PATIENCE, &err), 0);
}

static int
enter(int server, const char *scheme)
{
	reach(server, scheme);
	unclear = false;
	if (handle_needs_tls(&directory, url) &&
	    handle_start_tls(ld, &directory, url, &unclear, &err) != 0)
		return -1;
	return handle_bind(ld, &directory, &err);
}

static void
expect_identity(const char *words)
{
	struct berval *who = NULL;

	ck_assert_int_eq(ldap_whoami_s(ld, &who, NULL, NULL), LDAP_SUCCESS);
	ck_assert_msg(strstr(who->bv_val, words) != NULL, "we are %s", who->bv_val);
	ber_bvfree(who);
}

static void
expect_words(const char *words)
{
	ck_assert_msg(strstr(err.text, words) != NULL, "%s\nnot: %s", err.text, words);
}

/* What a second look at the server tells. */
static void
probe(void)
{
	struct tls_probe what = {
	    .expected = {url->lud_host, directory.tls_ca, true},
	    .start_tls = strcmp(url->lud_scheme, "ldaps") != 0,
	    .minimum = directory.tls_minimum,
	    .certificate_file = directory.tls_certificate,
	    .key_file = directory.tls_key,
	};
	struct names *names = names_new(&dial_lookups);
	int fd = dial(url, names, clock_monotonic_ms() + PATIENCE, NULL, &err);

	names_free(names);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(tls_probe(&what, fd, clock_monotonic_ms() + PATIENCE, &err), 0);
	close(fd);
}

/* The CA of a server: ca, or other, which it doesn't trust. */
static void
read_ca(int server, const char *name, X509 **certificate, EVP_PKEY **key)
{
	char path[100];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.pem", places[server].folder, name);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	*certificate = PEM_read_X509(file, NULL, NULL, NULL);
	fclose(file);
	snprintf(path, sizeof(path), "%s/%s.key", places[server].folder, name);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	*key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	fclose(file);
}

static void
write_key(EVP_PKEY *key, const EVP_CIPHER *cipher)
{
	unsigned char passphrase[] = "secret";
	FILE *file = fopen(key_file, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert(PEM_write_PrivateKey(file, key, cipher, cipher != NULL ? passphrase : NULL,
	    cipher != NULL ? 6 : 0, NULL, NULL));
	fclose(file);
	ck_assert_int_eq(chmod(key_file, 0600), 0);
}

/* Gives us a certificate from a server's CA. */
static void
use_certificate(int server, const char *ca_name, const struct pki_certificate *what)
{
	EVP_PKEY *key = pki_key(PKI_P256, 5);
	EVP_PKEY *ca_key;
	X509 *certificate;
	X509 *ca;
	FILE *file;

	read_ca(server, ca_name, &ca, &ca_key);
	certificate = pki_issue(what, key, ca, ca_key);
	snprintf(certificate_file, sizeof(certificate_file), "%s/client-%ld.pem",
	    places[server].folder, (long)getpid());
	snprintf(
	    key_file, sizeof(key_file), "%s/client-%ld.key", places[server].folder, (long)getpid());
	file = fopen(certificate_file, "w");
	ck_assert(PEM_write_X509(file, certificate));
	fclose(file);
	write_key(key, NULL);
	directory.tls_certificate = certificate_file;
	directory.tls_key = key_file;
	X509_free(certificate);
	X509_free(ca);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(key);
}

static const struct pki_certificate client = {.subject = "client", .extended_usage = "clientAuth"};

static const char *const tls_schemes[] = {"ldap", "ldaps"};

START_TEST(a_client_certificate_opens_a_server_that_demands_one)
{
	use_certificate(_i / 2, "ca", &client);
	ck_assert_msg(enter(_i / 2, tls_schemes[_i % 2]) == 0, "%s", err.text);
	expect_identity("");
}
END_TEST

START_TEST(external_binds_as_whom_the_certificate_stands_for)
{
	use_certificate(DEMANDING, "ca", &client);
	directory.bind_method = BIND_EXTERNAL;
	ck_assert_msg(enter(DEMANDING, tls_schemes[_i]) == 0, "%s", err.text);
	expect_identity("dn:cn=anna,o=x");
}
END_TEST

START_TEST(external_binds_as_the_user_at_the_local_socket)
{
	directory.bind_method = BIND_EXTERNAL;
	ck_assert_msg(enter(CAREFREE, "ldapi") == 0, "%s", err.text);
	expect_identity("cn=peercred,cn=external,cn=auth");
}
END_TEST

START_TEST(external_says_what_may_be_missing_at_the_server)
{
	use_certificate(CAREFREE, "ca", &client);
	directory.bind_method = BIND_EXTERNAL;
	ck_assert_int_eq(enter(CAREFREE, "ldaps"), -1);
	expect_words("does the server ask for client certificates");
	ck_assert_int_eq(err.code, ERROR_TEMPORARY);
}
END_TEST

START_TEST(external_needs_something_that_says_who_we_are)
{
	directory.bind_method = BIND_EXTERNAL;
	directory.tls = _i == 0 ? TLS_NEVER : TLS_REQUIRED;
	ck_assert_int_eq(enter(CAREFREE, "ldap"), -1);
	expect_words("needs TLS with tls-certificate, or ldapi://");
}
END_TEST

START_TEST(a_server_that_demands_a_certificate_and_gets_none_is_unclear_until_probed)
{
	ck_assert_int_eq(enter(_i / 2, tls_schemes[_i % 2]), -1);
	ck_assert(unclear);
	probe();
	expect_words("it asks for a client certificate, and none is configured");
}
END_TEST

/* What is wrong with the client's certificate: not before, not after, whose. */
static const struct {
	const char *ca;
	struct pki_certificate what;
	const char *words[2];
} refused[] = {
    {"other", {.subject = "stranger", .extended_usage = "clientAuth"},
	{"(CN=stranger, issued by CN=other, valid from ",
	    "), as the server only takes those from CN=ca"}},
    {"ca", {.subject = "late", .extended_usage = "clientAuth", .from_days = -9, .to_days = -2},
	{"(CN=late, issued by CN=ca, valid from ", "): it has expired"}},
    {"ca", {.subject = "early", .extended_usage = "clientAuth", .from_days = 2},
	{"(CN=early, issued by CN=ca, valid from ", "): it is not valid yet"}},
};

START_TEST(a_server_that_refuses_our_certificate_is_told_with_what_is_wrong)
{
	int server = _i % 2 == 0 ? DEMANDING : OLD;
	size_t i = (size_t)_i / 2;

	use_certificate(server, refused[i].ca, &refused[i].what);
	ck_assert_int_eq(enter(server, "ldaps"), -1);
	ck_assert(unclear);
	probe();
	expect_words(certificate_file);
	expect_words(refused[i].words[0]);
	expect_words(refused[i].words[1]);
}
END_TEST

START_TEST(tls_below_the_minimum_is_refused_with_what_was_spoken)
{
	use_certificate(OLD, "ca", &client);
	directory.tls_minimum = TLS_MINIMUM_1_3;
	ck_assert_int_eq(enter(OLD, tls_schemes[_i]), -1);
	/* Where libldap itself refuses it, the second look says so. */
	if (unclear)
		probe();
	expect_words("1.2: TLS 1.3 is the least (tls-minimum)");
}
END_TEST

START_TEST(tls_of_the_minimum_is_taken)
{
	directory.tls_minimum = TLS_MINIMUM_1_3;
	ck_assert_msg(enter(CAREFREE, tls_schemes[_i]) == 0, "%s", err.text);
}
END_TEST

/* Another name in the same file; the server's word for it. */
START_TEST(a_client_certificate_that_was_renewed_is_taken_up)
{
	static const struct pki_certificate renewed = {
	    .subject = "renewed", .extended_usage = "clientAuth"};

	directory.bind_method = BIND_EXTERNAL;
	for (int i = 0; i < 3; i++) {
		use_certificate(DEMANDING, "ca", i < 2 ? &client : &renewed);
		ck_assert_msg(enter(DEMANDING, "ldaps") == 0, "%s", err.text);
		expect_identity(i < 2 ? "dn:cn=anna,o=x" : "dn:cn=renewed");
		ldap_unbind_ext(ld, NULL, NULL);
		ldap_free_urldesc(url);
		ld = NULL;
		url = NULL;
	}
}
END_TEST

static size_t
memory_in_use(void)
{
	return mallinfo2().uordblks;
}

/* Without sharing, each connection would cost 16 KB for good. */
START_TEST(connections_with_a_client_certificate_cost_no_memory_for_good)
{
	size_t before = 0;

	use_certificate(DEMANDING, "ca", &client);
	for (int i = 0; i < 60; i++) {
		if (i == 10)
			before = memory_in_use();
		ck_assert_msg(enter(DEMANDING, "ldaps") == 0, "%s", err.text);
		ldap_unbind_ext(ld, NULL, NULL);
		ldap_free_urldesc(url);
		ld = NULL;
		url = NULL;
	}
	ck_assert_uint_lt(memory_in_use(), before + 100000);
}
END_TEST

START_TEST(a_bad_client_certificate_or_key_is_named)
{
	EVP_PKEY *another = pki_key(PKI_P256, 6);
	FILE *file;

	use_certificate(CAREFREE, "ca", &client);
	ck_assert_int_eq(chmod(key_file, 0604), 0);
	ck_assert_int_eq(enter(CAREFREE, "ldaps"), -1);
	expect_words("everybody can read or write /");
	write_key(another, NULL);
	ck_assert_int_eq(handle_start_tls(ld, &directory, url, &unclear, &err), -1);
	expect_words("is not that of the first certificate in /");
	write_key(another, EVP_aes_128_cbc());
	ck_assert_int_eq(handle_start_tls(ld, &directory, url, &unclear, &err), -1);
	expect_words(".key is encrypted");
	file = fopen(certificate_file, "w");
	ck_assert_int_ge(fputs("-----BEGIN CERTIFICATE-----\nAAAA\n", file), 0);
	fclose(file);
	ck_assert_int_eq(handle_start_tls(ld, &directory, url, &unclear, &err), -1);
	expect_words(".pem does not hold certificates in PEM format");
	ck_assert(!unclear);
	EVP_PKEY_free(another);
}
END_TEST

static void
use_password(void)
{
	snprintf(certificate_file, sizeof(certificate_file), "%s/password-%ld",
	    places[CAREFREE].folder, (long)getpid());
	fixture_write(certificate_file, "secret\n", 7);
	ck_assert_int_eq(chmod(certificate_file, 0600), 0);
	directory.bind_dn = (char *)"cn=admin,o=x";
	directory.bind_password_file = certificate_file;
}

static const struct {
	const char *scheme;
	enum config_tls_mode tls;
} ways[] = {
    {"ldap", TLS_REQUIRED}, {"ldaps", TLS_REQUIRED}, {"ldapi", TLS_NEVER}, {"ldap", TLS_NEVER}};

/* The last is plain, but loopback. */
START_TEST(a_password_goes_where_nobody_listens)
{
	use_password();
	directory.tls = ways[_i].tls;
	ck_assert_msg(enter(CAREFREE, ways[_i].scheme) == 0, "%s", err.text);
	expect_identity("dn:cn=admin,o=x");
}
END_TEST

/* A socket of which nobody can say where it leads is as good as one across a network. */
START_TEST(a_password_goes_nowhere_else_unless_told)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	use_password();
	ck_assert_int_eq(ldap_url_parse("ldap://192.0.2.1", &url), LDAP_URL_SUCCESS);
	ld = handle_new(fd, url, "ldap://192.0.2.1", &err);
	ck_assert_ptr_nonnull(ld);
	ck_assert_int_eq(handle_options(ld, &directory, 100, &err), 0);
	ck_assert_int_eq(handle_bind(ld, &directory, &err), -1);
	expect_words("binding as cn=admin,o=x: no password is sent over a connection without TLS");
	ck_assert_int_eq(err.code, ERROR_INPUT);
	directory.plain_bind = true;
	ck_assert_int_eq(handle_bind(ld, &directory, &err), -1);
	expect_words("binding as cn=admin,o=x: Can't contact LDAP server");
}
END_TEST

static void
add_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, a_client_certificate_opens_a_server_that_demands_one, 0, 4);
	tcase_add_loop_test(tcase, external_binds_as_whom_the_certificate_stands_for, 0, 2);
	tcase_add_test(tcase, external_binds_as_the_user_at_the_local_socket);
	tcase_add_test(tcase, external_says_what_may_be_missing_at_the_server);
	tcase_add_loop_test(tcase, external_needs_something_that_says_who_we_are, 0, 2);
	tcase_add_loop_test(
	    tcase, a_server_that_demands_a_certificate_and_gets_none_is_unclear_until_probed, 0, 4);
	tcase_add_loop_test(tcase, a_server_that_refuses_our_certificate_is_told_with_what_is_wrong,
	    0, 2 * (int)ARRAY_LENGTH(refused));
	tcase_add_loop_test(tcase, tls_below_the_minimum_is_refused_with_what_was_spoken, 0, 2);
	tcase_add_loop_test(tcase, tls_of_the_minimum_is_taken, 0, 2);
	tcase_add_test(tcase, a_client_certificate_that_was_renewed_is_taken_up);
	tcase_add_test(tcase, connections_with_a_client_certificate_cost_no_memory_for_good);
	tcase_add_test(tcase, a_bad_client_certificate_or_key_is_named);
	tcase_add_loop_test(
	    tcase, a_password_goes_where_nobody_listens, 0, (int)ARRAY_LENGTH(ways));
	tcase_add_test(tcase, a_password_goes_nowhere_else_unless_told);
}

int
main(void)
{
	Suite *suite = suite_create("handle");
	TCase *tcase = unit_case(suite, "handle");

	if (access("/usr/sbin/slapd", X_OK) != 0 && system("command -v slapd >/dev/null") != 0)
		return 77; /* skipped: slapd is not installed */
	tcase_add_unchecked_fixture(tcase, start_servers, stop_servers);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	add_tests(tcase);
	return unit_run(suite);
}
