/* directory/tls_probe: what is said of servers whose TLS can't be used. */
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "ldap/tls_probe.h"
#include "pki.h"
#include "unit.h"

#define PATIENCE 20000

#define START_TLS_DONE "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"
#define BYTES(text) text, sizeof(text) - 1

/* The other end of a connection. */
struct server {
	const char *bytes; /* sent first, after the first bytes came */
	size_t size;
	X509 *certificate; /* then TLS, with this; NULL and no ciphers: it hangs up */
	EVP_PKEY *key;
	const char *ciphers; /* of TLS 1.2 and before */
	int version_max;     /* 0: no limit */
	int verify;          /* SSL_VERIFY_*: of the client */
	X509 *client_ca;     /* whose clients it takes; NULL: nobody's */
	bool answers;        /* after the handshake: one byte for one */
	int fd;
	pthread_t thread;
};

static char ca_file[] = "/tmp/test-tls-probe-XXXXXX";
static char client_file[] = "/tmp/test-tls-probe-XXXXXX"; /* a certificate and its key */
static EVP_PKEY *ca_key;
static EVP_PKEY *other_key;
static EVP_PKEY *key;
static X509 *ca;
static struct tls_probe probe;
static struct error why;

static void
setup(void)
{
	static const struct pki_certificate what = {.subject = "The CA", .ca = true};
	static const struct error none = ERROR_INIT;
	FILE *file;
	int fd;

	signal(SIGPIPE, SIG_IGN);
	ca_key = pki_key(PKI_P256, 0);
	other_key = pki_key(PKI_P256, 1);
	key = pki_key(PKI_P256, 2);
	ca = pki_issue(&what, ca_key, NULL, ca_key);
	fd = mkstemp(ca_file);
	ck_assert_int_ge(fd, 0);
	file = fdopen(fd, "w");
	ck_assert(PEM_write_X509(file, ca));
	fclose(file);
	ck_assert_int_eq(close(mkstemp(client_file)), 0);
	probe.expected = (struct tls_expected){"ldap.example", ca_file, true};
	probe.start_tls = false;
	why = none;
}

static void
teardown(void)
{
	unlink(ca_file);
	unlink(client_file);
	X509_free(ca);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(other_key);
	EVP_PKEY_free(key);
}

/* Takes a question, says something. */
static void
answer(SSL *ssl)
{
	char byte;

	if (SSL_read(ssl, &byte, 1) == 1)
		(void)SSL_write(ssl, "0", 1);
}

static void
serve_tls(const struct server *server)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	SSL *ssl;

	SSL_CTX_set_min_proto_version(context, 0);
	SSL_CTX_set_max_proto_version(context, server->version_max);
	SSL_CTX_set_cipher_list(
	    context, server->ciphers != NULL ? server->ciphers : "ALL:@SECLEVEL=0");
	SSL_CTX_set_verify(context, server->verify, NULL);
	if (server->certificate != NULL) {
		SSL_CTX_use_certificate(context, server->certificate);
		SSL_CTX_use_PrivateKey(context, server->key);
	}
	if (server->client_ca != NULL) {
		X509_STORE_add_cert(SSL_CTX_get_cert_store(context), server->client_ca);
		SSL_CTX_add_client_CA(context, server->client_ca);
	}
	ssl = SSL_new(context);
	SSL_set_fd(ssl, server->fd);
	if (SSL_accept(ssl) == 1 && server->answers)
		answer(ssl);
	SSL_free(ssl);
	SSL_CTX_free(context);
}

static void *
run_server(void *argument)
{
	struct server *server = argument;
	char bytes[1000];
	ssize_t size;

	if (server->size > 0) {
		size = recv(server->fd, bytes, sizeof(bytes), 0);
		if (size > 0)
			size = send(server->fd, server->bytes, server->size, MSG_NOSIGNAL);
	}
	if (server->certificate != NULL || server->ciphers != NULL)
		serve_tls(server);
	shutdown(server->fd, SHUT_WR);
	while (recv(server->fd, bytes, sizeof(bytes), 0) > 0)
		;
	return NULL;
}

static int
run_probe(struct server *server)
{
	int ends[2];
	int result;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	server->fd = ends[0];
	ck_assert_int_eq(pthread_create(&server->thread, NULL, run_server, server), 0);
	result = tls_probe(&probe, ends[1], clock_monotonic_ms() + PATIENCE, &why);
	close(ends[1]);
	pthread_join(server->thread, NULL);
	close(ends[0]);
	return result;
}

static void
expect_told(struct server *server, const char *words)
{
	ck_assert_msg(run_probe(server) == 0, "nothing told, not: %s", words);
	ck_assert_msg(strstr(why.text, words) != NULL, "told: %s\nnot: %s", why.text, words);
	ck_assert_int_eq(why.code, ERROR_TEMPORARY);
}

static void
expect_silence(struct server *server)
{
	ck_assert_msg(run_probe(server) == -1, "told: %s", why.text);
	ck_assert_str_eq(why.text, "");
}

static void
expect_untold(const char *words)
{
	ck_assert_msg(strstr(why.text, words) == NULL, "told: %s", why.text);
}

/* A server with a certificate for ldap.example unless it says otherwise. */
static struct server
server_with(const struct pki_certificate *what, X509 *issuer, EVP_PKEY *issuer_key)
{
	struct pki_certificate defaults = *what;
	struct server server = {.key = key};

	if (defaults.subject == NULL)
		defaults.subject = "The server";
	if (defaults.extension == NULL)
		defaults.extension = "subjectAltName=DNS:ldap.example,IP:192.0.2.1";
	if (defaults.extended_usage == NULL)
		defaults.extended_usage = "serverAuth";
	server.certificate = pki_issue(&defaults, key, issuer, issuer_key);
	return server;
}

static struct server
good_server(void)
{
	static const struct pki_certificate plain;

	return server_with(&plain, ca, ca_key);
}

static const char *const good_hosts[] = {"ldap.example", "LDAP.Example", "192.0.2.1"};

START_TEST(nothing_is_told_of_a_certificate_without_fault)
{
	struct server server = good_server();

	probe.expected.host = good_hosts[_i];
	expect_silence(&server);
	X509_free(server.certificate);
}
END_TEST

START_TEST(a_ca_that_is_not_in_the_file_is_named)
{
	static const struct pki_certificate foreign = {.subject = "The foreign CA", .ca = true};
	static const struct pki_certificate plain;
	X509 *issuer = pki_issue(&foreign, other_key, NULL, other_key);
	struct server server = server_with(&plain, issuer, other_key);
	char words[200];

	snprintf(words, sizeof(words), "the CA CN=The foreign CA is not in %s (tls-ca)", ca_file);
	expect_told(&server, words);
	expect_untold(";");
	probe.expected.own_ca = false;
	expect_told(&server, "(the system's CAs; tls-ca is not set)");
	X509_free(server.certificate);
	X509_free(issuer);
}
END_TEST

START_TEST(a_ca_of_the_same_name_with_another_key_is_told_apart)
{
	static const struct pki_certificate same = {.subject = "The CA", .ca = true};
	static const struct pki_certificate plain;
	X509 *issuer = pki_issue(&same, other_key, NULL, other_key);
	struct server server = server_with(&plain, issuer, other_key);

	expect_told(&server, "the CA CN=The CA is another one than that of the same name in /");
	X509_free(server.certificate);
	X509_free(issuer);
}
END_TEST

START_TEST(a_self_signed_certificate_is_told)
{
	static const struct pki_certificate plain;
	struct server server = server_with(&plain, NULL, key);

	expect_told(&server, "it is self-signed and not in /");
	expect_untold(";");
	X509_free(server.certificate);
}
END_TEST

START_TEST(an_expired_certificate_is_told_with_its_dates)
{
	static const struct pki_certificate expired = {.from_days = -10, .to_days = -2};
	struct server server = server_with(&expired, ca, ca_key);
	char from[CLOCK_TEXT_SIZE];
	char to[CLOCK_TEXT_SIZE];
	char words[300];
	time_t now = time(NULL);

	clock_format_date(now - 10 * 86400, from);
	clock_format_date(now - 2 * 86400, to);
	snprintf(words, sizeof(words),
	    "the server's certificate (CN=The server, issued by CN=The CA, valid from %s until %s) "
	    "is refused: it has expired",
	    from, to);
	expect_told(&server, words);
	expect_untold(";");
	X509_free(server.certificate);
}
END_TEST

START_TEST(a_certificate_of_the_future_is_told)
{
	static const struct pki_certificate future = {.from_days = 2};
	struct server server = server_with(&future, ca, ca_key);

	expect_told(&server, "it is not valid yet");
	X509_free(server.certificate);
}
END_TEST

static const struct {
	const char *host;
	const char *extension;
	const char *words;
} names[] = {
    {"other.example", NULL, "refused: it is for ldap.example, 192.0.2.1, not for other.example"},
    {"192.0.2.2", NULL, "it is for ldap.example, 192.0.2.1, not for 192.0.2.2"},
    {"a.b.example", "subjectAltName=DNS:*.example", "it is for *.example, not for a.b.example"},
    {"ldap.example", "subjectAltName=email:a@b.example", "is for The?server, not for ldap."},
    {"ldap.example",
	"subjectAltName=DNS:a.example,DNS:b.example,DNS:c.example,DNS:d.example,DNS:e.example",
	"c.example, d.example and 1 more, not for"},
    /* Where an address stands as a name, and as libldap does not compare it. */
    {"192.0.2.2", "subjectAltName=DNS:192.0.2.2",
	"it is for the name 192.0.2.2, not for that IP address"},
    {"192.0.2.2", "subjectAltName=DNS:*.0.2.2", "it is for *.0.2.2, not for 192.0.2.2"},
    {"localhost", "subjectAltName=DNS:localhost", "this machine's own full name"},
};

START_TEST(a_certificate_for_another_name_is_told_with_its_names)
{
	struct pki_certificate what = {.extension = names[_i].extension};
	struct server server = server_with(&what, ca, ca_key);

	probe.expected.host = names[_i].host;
	expect_told(&server, names[_i].words);
	X509_free(server.certificate);
}
END_TEST

START_TEST(a_certificate_for_another_purpose_is_told_with_its_purposes)
{
	static const struct pki_certificate person = {
	    .extended_usage = "emailProtection,clientAuth"};
	struct server server = server_with(&person, ca, ca_key);
	const char *words =
	    "it is not for a TLS server: its extended key usage is emailProtection, clientAuth";
	unsigned char *der;
	size_t size;

	expect_told(&server, words);
	expect_untold(";");
	der = pki_der(server.certificate, &size);
	why.text[0] = '\0';
	ck_assert_int_eq(tls_certificate_check_purpose(der, size, &why), -1);
	ck_assert_msg(strstr(why.text, words) != NULL, "%s", why.text);
	ck_assert_msg(
	    strstr(why.text, "(CN=The server, issued by CN=The CA, valid") != NULL, "%s", why.text);
	free(der);
	X509_free(server.certificate);
}
END_TEST

START_TEST(a_certificate_for_servers_or_for_anything_is_for_a_server)
{
	static const char *const usages[] = {"serverAuth", "clientAuth,serverAuth", "-"};
	struct pki_certificate what = {.extended_usage = usages[_i]};
	struct server server = server_with(&what, ca, ca_key);
	unsigned char *der;
	size_t size;

	der = pki_der(server.certificate, &size);
	ck_assert_int_eq(tls_certificate_check_purpose(der, size, &why), 0);
	ck_assert_int_eq(tls_certificate_check_purpose(der, size - 1, &why), -1);
	free(der);
	X509_free(server.certificate);
}
END_TEST

START_TEST(all_faults_are_told_at_once)
{
	static const struct pki_certificate foreign = {.subject = "The foreign CA", .ca = true};
	static const struct pki_certificate expired = {.from_days = -10, .to_days = -2};
	X509 *issuer = pki_issue(&foreign, other_key, NULL, other_key);
	struct server server = server_with(&expired, issuer, other_key);

	probe.expected.host = "other.example";
	expect_told(&server, "CN=The foreign CA is not in");
	ck_assert_ptr_nonnull(strstr(why.text, "; it has expired"));
	ck_assert_ptr_nonnull(strstr(why.text, "; it is for ldap.example"));
	X509_free(server.certificate);
	X509_free(issuer);
}
END_TEST

START_TEST(long_names_are_cut_and_leave_room_for_the_rest)
{
	static char subject[65];
	static const struct pki_certificate foreign = {.subject = "The foreign CA", .ca = true};
	struct pki_certificate what = {.subject = subject};
	X509 *issuer = pki_issue(&foreign, other_key, NULL, other_key);
	char extension[1000] = "subjectAltName=DNS:";
	struct server server;

	memset(subject, '"', sizeof(subject) - 1); /* each is escaped in a name's text */
	memset(extension + strlen(extension), 'a', 900);
	what.extension = extension;
	server = server_with(&what, issuer, other_key);
	expect_told(&server, "...");
	ck_assert_ptr_nonnull(strstr(why.text, "is not in"));
	ck_assert_ptr_nonnull(strstr(why.text, ", not for ldap.example"));
	X509_free(server.certificate);
	X509_free(issuer);
}
END_TEST

START_TEST(an_old_version_of_tls_is_told)
{
	struct server server = good_server();

	server.version_max = TLS1_1_VERSION;
	expect_told(&server, "the server speaks TLSv1.1: TLS 1.2 is the least");
	X509_free(server.certificate);
}
END_TEST

START_TEST(a_version_below_the_minimum_is_told)
{
	struct server server = good_server();

	server.version_max = TLS1_2_VERSION;
	probe.minimum = TLS_MINIMUM_1_3;
	expect_told(&server, "the server speaks TLSv1.2: TLS 1.3 is the least (tls-minimum)");
	server.version_max = 0;
	why.text[0] = '\0';
	expect_silence(&server);
	X509_free(server.certificate);
}
END_TEST

START_TEST(a_server_without_a_certificate_is_told)
{
	struct server server = {.ciphers = "aNULL:@SECLEVEL=0", .version_max = TLS1_2_VERSION};

	expect_told(&server, "the server shows no certificate");
	server.ciphers = "DEFAULT";
	expect_told(&server, "refuses the TLS handshake (alert \"handshake failure\"): has it");
}
END_TEST

static const int client_versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

/* A server that wants a client certificate; in TLS 1.3 it says so only after the handshake. */
static struct server
demanding_server(int version)
{
	struct server server = good_server();

	server.version_max = version;
	server.verify = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	server.client_ca = ca;
	server.answers = true;
	return server;
}

/* Ours, in one file with its key. */
static void
use_client(const struct pki_certificate *what, X509 *issuer, EVP_PKEY *issuer_key)
{
	X509 *certificate = pki_issue(what, other_key, issuer, issuer_key);
	FILE *file = fopen(client_file, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert(PEM_write_X509(file, certificate));
	ck_assert(PEM_write_PrivateKey(file, other_key, NULL, NULL, 0, NULL, NULL));
	fclose(file);
	probe.certificate_file = client_file;
	probe.key_file = client_file;
	X509_free(certificate);
}

START_TEST(a_server_that_wants_a_client_certificate_is_told)
{
	struct server server = demanding_server(client_versions[_i]);

	expect_told(&server,
	    "it asks for a client certificate, and none is configured (tls-certificate, tls-key)");
	X509_free(server.certificate);
}
END_TEST

START_TEST(a_server_that_takes_our_certificate_is_not_blamed_for_it)
{
	static const struct pki_certificate good = {
	    .subject = "us", .extended_usage = "clientAuth"};
	struct server server = demanding_server(client_versions[_i]);

	use_client(&good, ca, ca_key);
	expect_silence(&server);
	X509_free(server.certificate);
}
END_TEST

START_TEST(a_server_that_merely_asks_is_not_blamed_for_it)
{
	struct server server = demanding_server(client_versions[_i]);

	server.verify = SSL_VERIFY_PEER;
	expect_silence(&server);
	X509_free(server.certificate);
}
END_TEST

START_TEST(a_server_that_hangs_up_on_our_certificate_is_told)
{
	static const struct pki_certificate good = {
	    .subject = "us", .extended_usage = "clientAuth"};
	struct server server = demanding_server(client_versions[_i]);

	server.answers = false;
	use_client(&good, ca, ca_key);
	expect_told(&server,
	    "the server closes the connection in the TLS handshake: it was shown the "
	    "client certificate in /");
	expect_told(&server, "): does the server trust its CA?");
	X509_free(server.certificate);
}
END_TEST

/* Certificates of ours that a server refuses, and why. */
static const struct {
	struct pki_certificate what;
	bool foreign;
	const char *words;
} bad_clients[] = {
    {{.subject = "us", .extended_usage = "clientAuth", .from_days = -9, .to_days = -2}, false,
	"CN=us, issued by CN=The CA, "},
    {{.subject = "us", .extended_usage = "clientAuth", .from_days = -9, .to_days = -2}, false,
	"): it has expired"},
    {{.subject = "us", .extended_usage = "clientAuth", .from_days = 2}, false,
	"): it is not valid yet"},
    {{.subject = "us", .extended_usage = "serverAuth"}, false,
	"): it is not for a TLS client: its extended key usage is serverAuth"},
    {{.subject = "us", .extended_usage = "clientAuth"}, true,
	"), as the server only takes those from CN=The CA"},
};

START_TEST(what_is_wrong_with_our_certificate_is_told)
{
	static const struct pki_certificate foreign = {.subject = "Foreign", .ca = true};
	struct server server = demanding_server(client_versions[_i % 2]);
	X509 *stranger = pki_issue(&foreign, other_key, NULL, other_key);
	size_t i = (size_t)_i / 2;

	use_client(&bad_clients[i].what, bad_clients[i].foreign ? stranger : ca,
	    bad_clients[i].foreign ? other_key : ca_key);
	expect_told(&server, bad_clients[i].words);
	X509_free(stranger);
	X509_free(server.certificate);
}
END_TEST

/* Servers that send bytes and hang up. NULL: nothing is told of them. */
static const struct {
	const char *bytes;
	size_t size;
	bool start_tls;
	const char *words;
} strangers[] = {
    {BYTES(""), false, "closes the connection in the TLS handshake: does it speak TLS at once"},
    {BYTES("\x15\x03\x03\x00\x02\x02\x46"), false, "alert \"protocol version\""},
    {BYTES("HTTP/1.1 400 Bad Request\r\n\r\n"), false, "the server sends is not TLS"},
    {BYTES("\x30\x0c\x02\x01\x00\x78\x07\x0a\x01\x34\x04\x00\x04\x00"), false,
	"is not TLS: for StartTLS the URI must begin with ldap://"},
    {BYTES("\x15\x03\x01\x00\x02\x02\x46"), true, "the URI must begin with ldaps://"},
    {BYTES("HTTP/1.1 400 Bad Request\r\n\r\n"), true, "is not LDAP"},
    {BYTES(START_TLS_DONE), true, "closes the connection in the TLS handshake"},
    {BYTES(START_TLS_DONE "HTTP/1.1"), true, "is not TLS"},
    {BYTES(""), true, "when asked for StartTLS: does it speak TLS at once on this port (ldaps://)"},
    {BYTES("\x30"), true, "closes the connection when asked for StartTLS"},
    {BYTES("\x30\x0c\x02\x01\x01"), true, NULL},
    {BYTES("\x30\x80\x02\x01\x01\x00\x00"), true, NULL},
    {BYTES("\x30\x84\x40\x00\x00\x00\x02\x01\x01"), true, NULL},
    {BYTES("\x30\x88\x00\x00\x00\x00\x00\x00\x00\x0c\x02\x01"), true, NULL},
    {BYTES("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x34\x04\x00\x04\x00"), true, NULL},
    {BYTES("\x30\x0c\x02\x01\x02\x78\x07\x0a\x01\x00\x04\x00\x04\x00"), true, NULL},
    {BYTES("\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00"), true, NULL},
    {BYTES("\x30\x0c\x02\x01\x01\x78\x84\x7f\xff\xff\xff\x0a\x01\x00"), true, NULL},
};

START_TEST(a_server_that_speaks_something_else_is_told)
{
	struct server server = {.bytes = strangers[_i].bytes, .size = strangers[_i].size};

	probe.start_tls = strangers[_i].start_tls;
	if (strangers[_i].words != NULL)
		expect_told(&server, strangers[_i].words);
	else
		expect_silence(&server);
}
END_TEST

static const struct {
	const char *bytes;
	size_t size;
} answers[] = {
    {BYTES(START_TLS_DONE)},
    {BYTES("\x30\x84\x00\x00\x00\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00")},
};

START_TEST(tls_begins_right_after_the_answer_to_start_tls)
{
	static const struct pki_certificate expired = {.from_days = -10, .to_days = -2};
	struct server server = server_with(&expired, ca, ca_key);

	server.bytes = answers[_i].bytes;
	server.size = answers[_i].size;
	probe.start_tls = true;
	expect_told(&server, "it has expired");
	X509_free(server.certificate);
}
END_TEST

/* Without a server behind it: what was sent before it fell silent. */
START_TEST(a_silent_server_costs_no_more_than_the_time)
{
	static const char *const before[] = {"", START_TLS_DONE, "\x30", ""};
	size_t size = _i == 1 ? sizeof(START_TLS_DONE) - 1 : strlen(before[_i]);
	int64_t start = clock_monotonic_ms();
	int ends[2];

	probe.start_tls = _i < 3;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert_int_eq(send(ends[0], before[_i], size, 0), (ssize_t)size);
	ck_assert_int_eq(tls_probe(&probe, ends[1], start + 100, &why), -1);
	ck_assert_int_ge(clock_monotonic_ms() - start, 100);
	ck_assert_int_lt(clock_monotonic_ms() - start, PATIENCE);
	ck_assert_str_eq(why.text, "");
	close(ends[0]);
	close(ends[1]);
}
END_TEST

static void
add_certificate_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, nothing_is_told_of_a_certificate_without_fault, 0,
	    (int)ARRAY_LENGTH(good_hosts));
	tcase_add_test(tcase, a_ca_that_is_not_in_the_file_is_named);
	tcase_add_test(tcase, a_ca_of_the_same_name_with_another_key_is_told_apart);
	tcase_add_test(tcase, a_self_signed_certificate_is_told);
	tcase_add_test(tcase, an_expired_certificate_is_told_with_its_dates);
	tcase_add_test(tcase, a_certificate_of_the_future_is_told);
	tcase_add_loop_test(tcase, a_certificate_for_another_name_is_told_with_its_names, 0,
	    (int)ARRAY_LENGTH(names));
	tcase_add_test(tcase, a_certificate_for_another_purpose_is_told_with_its_purposes);
	tcase_add_loop_test(tcase, a_certificate_for_servers_or_for_anything_is_for_a_server, 0, 3);
	tcase_add_test(tcase, all_faults_are_told_at_once);
	tcase_add_test(tcase, long_names_are_cut_and_leave_room_for_the_rest);
}

static void
add_handshake_tests(TCase *tcase)
{
	tcase_add_test(tcase, an_old_version_of_tls_is_told);
	tcase_add_test(tcase, a_server_without_a_certificate_is_told);
	tcase_add_test(tcase, a_version_below_the_minimum_is_told);
	tcase_add_loop_test(tcase, a_server_that_wants_a_client_certificate_is_told, 0, 2);
	tcase_add_loop_test(tcase, a_server_that_takes_our_certificate_is_not_blamed_for_it, 0, 2);
	tcase_add_loop_test(tcase, a_server_that_merely_asks_is_not_blamed_for_it, 0, 2);
	tcase_add_loop_test(tcase, a_server_that_hangs_up_on_our_certificate_is_told, 0, 2);
	tcase_add_loop_test(tcase, what_is_wrong_with_our_certificate_is_told, 0,
	    2 * (int)ARRAY_LENGTH(bad_clients));
	tcase_add_loop_test(
	    tcase, a_server_that_speaks_something_else_is_told, 0, (int)ARRAY_LENGTH(strangers));
	tcase_add_loop_test(
	    tcase, tls_begins_right_after_the_answer_to_start_tls, 0, (int)ARRAY_LENGTH(answers));
	tcase_add_loop_test(tcase, a_silent_server_costs_no_more_than_the_time, 0, 4);
}

int
main(void)
{
	Suite *suite = suite_create("tls_probe");
	TCase *tcase = unit_case(suite, "tls_probe");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	add_certificate_tests(tcase);
	add_handshake_tests(tcase);
	return unit_run(suite);
}
