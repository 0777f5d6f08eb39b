/* ldap/handle, tls_guard and attributes: servers that mean no good, each on the other end of a pair
 * of sockets. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "directory/group_entry.h"
#include "directory/search.h"
#include "ldap/attributes.h"
#include "ldap/schema.h"
#include "ldap/connection.h"
#include "ldap/handle.h"
#include "fake_server.h"
#include "pki.h"
#include "unit.h"

#define PATIENCE 20000

/* Where a server's answer to the first request begins: a message with id 1 and 2, by RFC 4511. */
#define START_TLS_DONE "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"
#define SEARCH_DONE_2 "\x30\x0c\x02\x01\x02\x65\x07\x0a\x01\x00\x04\x00\x04\x00"

#define BYTES(text) text, sizeof(text) - 1
#define CERTIFICATE "\x30\x1a\x04\x11userCertificate;x\x31\x05\x04\x03\x30\x01\x02"
#define MAIL                                   \
	"\x30\x0d\x04\x04mail\x31\x05\x04\x03" \
	"a@b"
#define ODD "\x30\x05\x04\x01x\x31\x00"

/* Milliseconds. */
#define STALL 2000

/* Bytes that a flood may come to before it is given up: the sockets' buffers, and some. */
#define FLOOD_MAX (8 << 20)

/* Between two places where what is said is cut. */
#define STEP 17

enum deed {
	FLOODS,       /* entries without an end, for the first request */
	STALLS,       /* is silent, and hangs up after STALL */
	INJECTS,      /* agrees to StartTLS, and says more in clear at once */
	RENEGOTIATES, /* wants another handshake after the first answer, and is silent */
	ANSWERS,      /* each search, with an entry of many records */
	CONVERSES,    /* as it should: StartTLS, a bind, a search */
	UPDATES_KEYS, /* without an end, after the first answer */
};

static struct {
	enum deed deed;
	int version; /* of TLS */
	int fd;
	X509 *certificate;
	EVP_PKEY *key;
	atomic_size_t sent;
	pthread_t thread;
} server;

/* Between the two, where what the server says is to come in pieces (fake_send_cut()). */
static struct {
	int to_client;
	int to_server;
	int cut;
	atomic_size_t said;
	pthread_t thread;
} relay;

static char ca_file[] = "/tmp/test-handle-hostile-XXXXXX";
static EVP_PKEY *ca_key;
static X509 *ca;
static struct config_directory directory;
static LDAPURLDesc *url;
static LDAP *ld;
static struct error err;

/* A message in which length bytes follow each head: lengths of three bytes, whatever they are. */
static size_t
put(unsigned char *out, unsigned char tag, size_t size)
{
	out[0] = tag;
	out[1] = 0x83;
	out[2] = (unsigned char)(size >> 16);
	out[3] = (unsigned char)(size >> 8);
	out[4] = (unsigned char)size;
	return 5;
}

/* An entry without a name, for a request; of so many attributes with the same bytes. free(). */
static unsigned char *
make_entry(unsigned char id, const void *attribute, size_t length, size_t count, size_t *size)
{
	size_t all = length * count;
	unsigned char *entry = malloc(all + 30);
	size_t at;

	ck_assert_ptr_nonnull(entry);
	at = put(entry, 0x30, 3 + 5 + 2 + 5 + all);
	memcpy(entry + at, (unsigned char[]){0x02, 0x01, id}, 3);
	at += 3;
	at += put(entry + at, 0x64, 2 + 5 + all);
	memcpy(entry + at, "\x04\x00", 2);
	at += 2;
	at += put(entry + at, 0x30, all);
	for (size_t i = 0; i < count; i++) {
		memcpy(entry + at, attribute, length);
		at += length;
	}
	*size = at;
	return entry;
}

static void
flood(void)
{
	char request[1000];
	size_t size;
	unsigned char *entry = make_entry(1, "\x30\x05\x04\x01x\x31\x00", 7, 10000, &size);
	ssize_t sent = recv(server.fd, request, sizeof(request), 0);

	while (sent > 0) {
		sent = send(server.fd, entry, size, MSG_NOSIGNAL);
		if (sent > 0)
			atomic_fetch_add(&server.sent, (size_t)sent);
	}
	free(entry);
}

static void
inject(void)
{
	static const char both[] = START_TLS_DONE SEARCH_DONE_2;
	char request[1000];

	if (recv(server.fd, request, sizeof(request), 0) > 0)
		(void)!send(server.fd, both, sizeof(both) - 1, MSG_NOSIGNAL);
	while (recv(server.fd, request, sizeof(request), 0) > 0)
		;
}

/* The message id of a short request. */
static unsigned char
read_request(SSL *ssl)
{
	unsigned char request[1000];

	/* Its length has one byte or two. */
	if (SSL_read(ssl, request, sizeof(request)) <= 0)
		return 0;
	return request[1] < 0x80 ? request[4] : request[(request[1] & 0x7f) + 4];
}

static void
write_done(SSL *ssl, unsigned char id)
{
	char done[] = SEARCH_DONE_2;

	done[4] = (char)id;
	(void)SSL_write(ssl, done, sizeof(done) - 1); /* they may be gone */
}

static void
speak(SSL *ssl)
{
	unsigned char *entry;
	unsigned char id = read_request(ssl);
	size_t size;

	write_done(ssl, id);
	if (server.deed == RENEGOTIATES) {
		ck_assert_int_eq(SSL_renegotiate(ssl), 1);
		SSL_do_handshake(ssl);
		while (recv(server.fd, &id, 1, 0) > 0)
			;
		return;
	}
	while ((id = read_request(ssl)) != 0) {
		entry = make_entry(id, "\x30\x05\x04\x01x\x31\x00", 7, 900, &size);
		(void)SSL_write(ssl, entry, (int)size);
		write_done(ssl, id);
		free(entry);
	}
}

static void
write_entry(SSL *ssl, unsigned char id)
{
	size_t size;
	unsigned char *entry = make_entry(id, BYTES(CERTIFICATE MAIL), 1, &size);

	(void)SSL_write(ssl, entry, (int)size);
	free(entry);
}

/* As TLS 1.3 may at any time (RFC 8446 section 4.6.3). */
static bool
update_keys(SSL *ssl)
{
	return SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) == 1 && SSL_do_handshake(ssl) == 1;
}

static void
update_keys_for_ever(SSL *ssl)
{
	write_done(ssl, read_request(ssl));
	while (update_keys(ssl))
		;
}

static void
converse(SSL *ssl)
{
	char bound[] = SEARCH_DONE_2;

	write_done(ssl, read_request(ssl));
	bound[4] = (char)read_request(ssl);
	if (server.version == TLS1_3_VERSION)
		(void)update_keys(ssl);
	bound[5] = 0x61;
	(void)SSL_write(ssl, bound, sizeof(bound) - 1);
	for (unsigned char id = read_request(ssl); id != 0; id = read_request(ssl)) {
		write_entry(ssl, id);
		if (server.version == TLS1_3_VERSION)
			(void)update_keys(ssl); /* they may be gone */
		write_done(ssl, id);
	}
}

static void
serve_tls(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	SSL *ssl;

	SSL_CTX_set_max_proto_version(context, server.version);
	SSL_CTX_use_certificate(context, server.certificate);
	SSL_CTX_use_PrivateKey(context, server.key);
	ssl = SSL_new(context);
	SSL_set_fd(ssl, server.fd);
	if (SSL_accept(ssl) == 1) {
		if (server.deed == CONVERSES)
			converse(ssl);
		else if (server.deed == UPDATES_KEYS)
			update_keys_for_ever(ssl);
		else
			speak(ssl);
	}
	SSL_free(ssl);
	SSL_CTX_free(context);
}

static void
agree_to_tls(void)
{
	static const char agreed[] = START_TLS_DONE;
	char request[1000];

	if (recv(server.fd, request, sizeof(request), 0) > 0)
		(void)!send(server.fd, agreed, sizeof(agreed) - 1, MSG_NOSIGNAL);
}

/* Until one of them hangs up. */
static void *
pass_on(void *context UNUSED)
{
	struct pollfd ends[] = {{relay.to_server, POLLIN, 0}, {relay.to_client, POLLIN, 0}};
	char bytes[5000];
	ssize_t got = 1;

	while (got > 0 && poll(ends, 2, PATIENCE) > 0) {
		if (ends[0].revents != 0) {
			got = recv(relay.to_server, bytes, sizeof(bytes), 0);
			if (got > 0)
				fake_send_cut(
				    relay.to_client, bytes, (size_t)got, relay.cut, relay.said);
			relay.said += got > 0 ? (size_t)got : 0;
		} else {
			got = recv(relay.to_client, bytes, sizeof(bytes), 0);
			if (got > 0)
				(void)!send(relay.to_server, bytes, (size_t)got, MSG_NOSIGNAL);
		}
	}
	shutdown(relay.to_server, SHUT_RDWR);
	shutdown(relay.to_client, SHUT_RDWR);
	return NULL;
}

static void *
serve(void *context UNUSED)
{
	switch (server.deed) {
	case FLOODS:
		flood();
		break;
	case STALLS:
		poll(NULL, 0, STALL);
		break;
	case INJECTS:
		inject();
		break;
	case CONVERSES:
		agree_to_tls();
		serve_tls();
		break;
	case RENEGOTIATES:
	case ANSWERS:
	case UPDATES_KEYS:
		serve_tls();
		break;
	}
	shutdown(server.fd, SHUT_RDWR);
	return NULL;
}

static void
setup(void)
{
	static const struct pki_certificate what = {.subject = "The CA", .ca = true};
	static const struct pki_certificate own = {.subject = "ldap.example",
	    .extended_usage = "serverAuth",
	    .extension = "subjectAltName=DNS:ldap.example"};
	static const struct error none = ERROR_INIT;
	FILE *file;
	int fd;

	signal(SIGPIPE, SIG_IGN);
	connection_prepare();
	memset(&directory, 0, sizeof(directory));
	directory.values_limit = 50;
	directory.value_size_limit = 256 << 10;
	directory.entries_limit = 20;
	directory.tls_ca = ca_file;
	directory.smime_attribute = (char *)"userSMIMECertificate";
	directory.certificate_attribute = (char *)"userCertificate";
	directory.ca_attribute = (char *)"cACertificate";
	directory.groups = GROUPS_EXPAND;
	ca_key = pki_key(PKI_P256, 0);
	server.key = pki_key(PKI_P256, 1);
	ca = pki_issue(&what, ca_key, NULL, ca_key);
	server.certificate = pki_issue(&own, server.key, ca, ca_key);
	fd = mkstemp(ca_file);
	ck_assert_int_ge(fd, 0);
	file = fdopen(fd, "w");
	ck_assert(PEM_write_X509(file, ca));
	fclose(file);
	atomic_store(&server.sent, 0);
	err = none;
}

static void
teardown(void)
{
	unlink(ca_file);
	X509_free(ca);
	X509_free(server.certificate);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(server.key);
}

/* What the server's end is then. */
static int
put_relay_before(int client)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	relay.to_client = client;
	relay.to_server = ends[0];
	relay.said = 0;
	ck_assert_int_eq(pthread_create(&relay.thread, NULL, pass_on, NULL), 0);
	return ends[1];
}

static void
begin(enum deed deed, int version, const char *uri)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert_int_eq(ldap_url_parse(uri, &url), LDAP_URL_SUCCESS);
	ld = handle_new(ends[0], url, uri, &err);
	ck_assert_ptr_nonnull(ld);
	ck_assert_int_eq(handle_options(ld, &directory, PATIENCE, &err), 0);
	server.deed = deed;
	server.version = version;
	server.fd = deed == CONVERSES ? put_relay_before(ends[1]) : ends[1];
	ck_assert_int_eq(pthread_create(&server.thread, NULL, serve, NULL), 0);
}

static void
end(void)
{
	ldap_unbind_ext(ld, NULL, NULL);
	ldap_free_urldesc(url);
	pthread_join(server.thread, NULL);
	close(server.fd);
	if (server.deed != CONVERSES)
		return;
	pthread_join(relay.thread, NULL);
	close(relay.to_client);
	close(relay.to_server);
}

static int
start_tls(void)
{
	bool unclear;

	return handle_start_tls(ld, &directory, url, &unclear, &err);
}

/* As links do: what comes is taken by a loop that must not be kept. The type of the first message. */
static int
ask(LDAPMessage **message)
{
	struct timeval at_once = {0, 0};
	struct pollfd wait = {-1, POLLIN, 0};
	int type = 0;
	int id;

	ldap_get_option(ld, LDAP_OPT_DESC, &wait.fd);
	ck_assert_int_eq(fcntl(wait.fd, F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(
	    ldap_search_ext(ld, "o=x", LDAP_SCOPE_BASE, "(a=b)", NULL, 0, NULL, NULL, NULL, 0, &id),
	    LDAP_SUCCESS);
	while (type == 0) {
		ck_assert_int_eq(poll(&wait, 1, PATIENCE), 1);
		type = ldap_result(ld, LDAP_RES_ANY, LDAP_MSG_ONE, &at_once, message);
	}
	return type;
}

START_TEST(a_server_that_wants_another_handshake_and_is_silent_keeps_nobody)
{
	LDAPMessage *message = NULL;

	begin(RENEGOTIATES, TLS1_2_VERSION, "ldaps://ldap.example");
	ck_assert_msg(start_tls() == 0, "%s", err.text);
	ck_assert_int_lt(ask(&message), 0);
	end();
}
END_TEST

static double
cpu_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1000000;
}

START_TEST(a_server_that_stalls_in_the_handshake_is_waited_for_at_rest)
{
	double before;

	begin(STALLS, 0, "ldaps://ldap.example");
	before = cpu_time();
	ck_assert_int_eq(start_tls(), -1);
	ck_assert_double_lt(cpu_time() - before, STALL / 10);
	end();
}
END_TEST

/* The watch below TLS keeps in step with its records, and with what TLS 1.3 sends after the handshake. */
START_TEST(what_else_comes_by_tls_is_taken)
{
	struct attributes all;
	LDAPMessage *message;
	size_t count;
	int round;

	begin(ANSWERS, _i == 0 ? TLS1_2_VERSION : TLS1_3_VERSION, "ldaps://ldap.example");
	ck_assert_msg(start_tls() == 0, "%s", err.text);
	for (round = 0; round < 20; round++) {
		message = NULL;
		do {
			ldap_msgfree(message);
			message = NULL;
		} while (ask(&message) != LDAP_RES_SEARCH_ENTRY);
		attributes_begin(&all, ld, message);
		for (count = 0; attributes_next(&all); count++)
			;
		ck_assert_uint_eq(count, 900);
		ck_assert_int_eq(attributes_end(&all, &err), 0);
		ldap_msgfree(message);
	}
	end();
}
END_TEST

static void
use_password(char *file)
{
	int fd = mkstemp(file);

	ck_assert_int_eq(write(fd, "secret\n", 7), 7);
	close(fd);
	directory.bind_dn = (char *)"cn=x";
	directory.bind_password_file = file;
}

START_TEST(what_a_server_gives_instead_of_an_answer_is_not_gathered)
{
	char password_file[] = "/tmp/test-handle-hostile-XXXXXX";

	use_password(password_file);
	begin(FLOODS, 0, "ldap://ldap.example");
	ck_assert_int_eq(_i == 0 ? start_tls() : handle_bind(ld, &directory, &err), -1);
	end();
	ck_assert_uint_lt(atomic_load(&server.sent), FLOOD_MAX);
	unlink(password_file);
}
END_TEST

/* The type of the next message, which is freed; -1: the connection was lost. *turns: how often it was
 * looked for. */
static int
next_type(int *turns)
{
	struct timeval at_once = {0, 0};
	struct pollfd wait = {-1, POLLIN, 0};
	LDAPMessage *message = NULL;
	int type = 0;

	ldap_get_option(ld, LDAP_OPT_DESC, &wait.fd);
	for (; type == 0; ++*turns) {
		type = ldap_result(ld, LDAP_RES_ANY, LDAP_MSG_ONE, &at_once, &message);
		if (type == 0)
			ck_assert_int_eq(poll(&wait, 1, PATIENCE), 1);
	}
	ldap_msgfree(message);
	return type;
}

/* How much the server said. */
static size_t
converse_in_pieces(int version, int cut)
{
	size_t before;
	int turns = 0;
	int id;
	int fd;

	relay.cut = cut;
	begin(CONVERSES, version, "ldap://ldap.example");
	ck_assert_msg(start_tls() == 0, "cut at %d: %s", cut, err.text);
	ck_assert_msg(handle_bind(ld, &directory, &err) == 0, "cut at %d: %s", cut, err.text);
	before = relay.said;
	ldap_get_option(ld, LDAP_OPT_DESC, &fd);
	ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(
	    ldap_search_ext(ld, "o=x", LDAP_SCOPE_BASE, "(a=b)", NULL, 0, NULL, NULL, NULL, 0, &id),
	    LDAP_SUCCESS);
	ck_assert_int_eq(next_type(&turns), LDAP_RES_SEARCH_ENTRY);
	ck_assert_int_eq(next_type(&turns), LDAP_RES_SEARCH_RESULT);
	end();
	/* Nothing is looked for again and again: once for each piece and each record at most. */
	ck_assert_uint_le((size_t)turns, 10 + (cut == FAKE_EACH_BYTE ? relay.said - before : 0));
	return relay.said;
}

START_TEST(what_comes_in_pieces_is_the_same)
{
	int version = _i == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
	char password_file[] = "/tmp/test-handle-hostile-XXXXXX";
	size_t size;
	int cut;

	use_password(password_file);
	size = converse_in_pieces(version, 0);
	converse_in_pieces(version, FAKE_EACH_BYTE);
	for (cut = 1; (size_t)cut < size; cut += STEP)
		converse_in_pieces(version, cut);
	unlink(password_file);
}
END_TEST

/* Each look at the connection comes back, with nothing or that it was lost. */
START_TEST(a_server_that_updates_keys_for_ever_keeps_nobody)
{
	struct timeval at_once = {0, 0};
	struct pollfd wait = {-1, POLLIN, 0};
	LDAPMessage *message = NULL;
	int type = 0;

	begin(UPDATES_KEYS, TLS1_3_VERSION, "ldaps://ldap.example");
	ck_assert_msg(start_tls() == 0, "%s", err.text);
	ldap_get_option(ld, LDAP_OPT_DESC, &wait.fd);
	ck_assert_int_eq(fcntl(wait.fd, F_SETFL, O_NONBLOCK), 0);
	for (int i = 0; i < 200 && type == 0; i++) {
		ck_assert_int_eq(poll(&wait, 1, PATIENCE), 1);
		type = ldap_result(ld, LDAP_RES_ANY, LDAP_MSG_ONE, &at_once, &message);
	}
	ck_assert_int_le(type, 0);
	ck_assert_ptr_null(message);
	end();
}
END_TEST

/* CVE-2011-0411 and its kin: said in clear, it must not count as said by TLS. */
START_TEST(what_follows_the_answer_to_start_tls_in_clear_is_not_believed)
{
	begin(INJECTS, 0, "ldap://ldap.example");
	ck_assert_int_eq(start_tls(), -1);
	end();
}
END_TEST

/* What is to be sent on a thread of its own: it fits into no socket's buffer. */
struct parcel {
	int fd;
	unsigned char *bytes;
	size_t size;
};

static void *
deliver(void *context)
{
	struct parcel *parcel = context;
	ssize_t sent;

	for (size_t at = 0; at < parcel->size; at += (size_t)sent) {
		sent = send(parcel->fd, parcel->bytes + at, parcel->size - at, MSG_NOSIGNAL);
		ck_assert_int_gt(sent, 0);
	}
	return NULL;
}

/* The entry as an answer to a search. */
static LDAPMessage *
receive(unsigned char *bytes, size_t size)
{
	struct parcel parcel = {.bytes = bytes, .size = size};
	LDAPMessage *message = NULL;
	pthread_t thread;
	int ends[2];
	int id;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	parcel.fd = ends[1];
	ck_assert_int_eq(ldap_url_parse("ldap://ldap.example", &url), LDAP_URL_SUCCESS);
	ld = handle_new(ends[0], url, "ldap://ldap.example", &err);
	ck_assert_ptr_nonnull(ld);
	ck_assert_int_eq(handle_options(ld, &directory, PATIENCE, &err), 0);
	ck_assert_int_eq(
	    ldap_search_ext(ld, "o=x", LDAP_SCOPE_BASE, "(a=b)", NULL, 0, NULL, NULL, NULL, 0, &id),
	    LDAP_SUCCESS);
	ck_assert_int_eq(pthread_create(&thread, NULL, deliver, &parcel), 0);
	ck_assert_int_eq(ldap_result(ld, id, LDAP_MSG_ONE, NULL, &message), LDAP_RES_SEARCH_ENTRY);
	pthread_join(thread, NULL);
	close(ends[1]);
	free(bytes);
	return message;
}

static void
forget(LDAPMessage *message)
{
	ldap_msgfree(message);
	ldap_unbind_ext(ld, NULL, NULL);
	ldap_free_urldesc(url);
}

START_TEST(attributes_and_values_are_given_in_their_order)
{
	struct attributes all;
	LDAPMessage *message;
	unsigned char *entry;
	size_t size;
	int round;

	entry = make_entry(1, BYTES(CERTIFICATE ODD MAIL), 1, &size);
	message = receive(entry, size);
	for (round = 0; round < 2; round++) {
		attributes_begin(&all, ld, message);
		ck_assert(attributes_next(&all));
		ck_assert_str_eq(all.name, "userCertificate;x");
		ck_assert(attributes_value(&all));
		ck_assert_uint_eq(all.value.bv_len, 3);
		ck_assert_mem_eq(all.value.bv_val, "\x30\x01\x02", 3);
		if (round == 0) /* or not read */
			ck_assert(!attributes_value(&all));
		ck_assert(attributes_next(&all));
		ck_assert_str_eq(all.name, "x");
		ck_assert(!attributes_value(&all));
		ck_assert(attributes_next(&all));
		ck_assert_str_eq(all.name, "mail");
		ck_assert(attributes_value(&all));
		ck_assert_mem_eq(all.value.bv_val, "a@b", 3);
		ck_assert(!attributes_next(&all));
		ck_assert_int_eq(attributes_end(&all, &err), 0);
	}
	forget(message);
}
END_TEST

/* A set that is longer than its attribute, a value that is longer than its set, no set at all. */
static const struct {
	const char *bytes;
	size_t size;
} torn[] = {{BYTES(CERTIFICATE "\x30\x05\x04\x01x\x31\x7f")},
    {BYTES(CERTIFICATE "\x30\x08\x04\x01x\x31\x03\x04\x7f"
		       "a")},
    {BYTES(CERTIFICATE "\x30\x03\x04\x01x")}};

START_TEST(an_entry_that_is_not_whole_is_no_smaller_one)
{
	struct attributes all;
	LDAPMessage *message;
	unsigned char *entry;
	size_t size;

	entry = make_entry(1, torn[_i].bytes, torn[_i].size, 1, &size);
	message = receive(entry, size);
	attributes_begin(&all, ld, message);
	while (attributes_next(&all)) {
		while (attributes_value(&all))
			continue;
	}
	ck_assert_int_eq(attributes_end(&all, &err), -1);
	ck_assert_int_eq(err.code, ERROR_TEMPORARY);
	forget(message);
}
END_TEST

/* Many attributes of a name that is asked for, of others, and many values of one: what an answer may
 * hold is gone through at once, and costs no more memory than it has. */
START_TEST(a_monstrous_entry_keeps_nobody)
{
	static const struct {
		const char *bytes;
		size_t size;
	} kinds[] = {{BYTES(CERTIFICATE)}, {BYTES(MAIL)}, {BYTES(ODD)}};
	static char text[] = "c@d";
	static char local[] = "c";
	static char domain[] = "d";
	const struct address address = {text, local, domain};
	struct group_entry group = GROUP_ENTRY_INIT;
	struct findings *findings = findings_new();
	enum search_match match;
	struct search search;
	LDAPMessage *message;
	unsigned char *entry;
	size_t size;

	entry = make_entry(1, kinds[_i].bytes, kinds[_i].size, 300000, &size);
	message = receive(entry, size);
	ck_assert_int_eq(search_init(&search, &directory, false, &err), 0);
	ck_assert_int_eq(
	    search_take_entry(&search, ld, message, &address, findings, &match, &err), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	ck_assert_int_eq(group_entry_read(&group, &directory, ld, message, 10, &err), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	group_entry_clear(&group);
	search_clear(&search);
	findings_unref(findings);
	forget(message);
}
END_TEST

static bool
defines(const char *definition, const char *attribute)
{
	struct berval value = {strlen(definition), (char *)definition};
	struct berval *const types[] = {&value, NULL};
	LDAPAttributeType *type = schema_find(types, attribute);

	ldap_attributetype_free(type);
	return type != NULL;
}

START_TEST(attributes_are_found_in_a_schema)
{
	static const char one[] = "( 0.9.2342.19200300.100.1.3 NAME 'mail' DESC 'NAME ( x )' )";
	static const char two[] =
	    "(2.5.4.36 NAME ( 'userCertificate' 'cert' )  DESC 'x' SYNTAX 1.3.6 )";

	ck_assert(defines(one, "MAIL"));
	ck_assert(defines(one, "0.9.2342.19200300.100.1.3"));
	ck_assert(!defines(one, "x"));
	ck_assert(!defines(one, "mai"));
	ck_assert(!defines(one, "mailx"));
	ck_assert(defines(two, "userCertificate;binary"));
	ck_assert(defines(two, "cert"));
	ck_assert(defines(two, "2.5.4.36"));
	ck_assert(!defines(two, "x"));
	ck_assert(!defines("( 1.2.3 DESC 'NAME' )", "NAME"));
	ck_assert(!defines("( 1.2.3 NAME ", "a"));
	ck_assert(!defines("( 1.2.3 NAME ( 'b", "a"));
	ck_assert(!defines("", "a"));
	ck_assert(!defines("(", ""));
	ck_assert_ptr_null(schema_find(NULL, "mail"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("handle_hostile");
	TCase *tcase = unit_case(suite, "handle_hostile");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_server_that_wants_another_handshake_and_is_silent_keeps_nobody);
	tcase_add_test(tcase, a_server_that_stalls_in_the_handshake_is_waited_for_at_rest);
	tcase_add_loop_test(tcase, what_else_comes_by_tls_is_taken, 0, 2);
	tcase_add_loop_test(tcase, what_a_server_gives_instead_of_an_answer_is_not_gathered, 0, 2);
	tcase_add_test(tcase, a_server_that_updates_keys_for_ever_keeps_nobody);
	tcase_add_loop_test(tcase, what_comes_in_pieces_is_the_same, 0, 2);
	tcase_add_test(tcase, what_follows_the_answer_to_start_tls_in_clear_is_not_believed);
	tcase_add_test(tcase, attributes_and_values_are_given_in_their_order);
	tcase_add_loop_test(
	    tcase, an_entry_that_is_not_whole_is_no_smaller_one, 0, (int)ARRAY_LENGTH(torn));
	tcase_add_test(tcase, attributes_are_found_in_a_schema);
	tcase_add_loop_test(tcase, a_monstrous_entry_keeps_nobody, 0, 3);
	return unit_run(suite);
}
