/* directory/source_ldap: against a real slapd, and against servers that mean no good. */
#include <arpa/inet.h>
#include <event2/event.h>
#include <event2/thread.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "ldap/connection.h"
#include "directory/source_ldap.h"
#include "directory_fixture.h"
#include "unit.h"

/* What the tests' slapd holds. */
static const char entries[] =
    "dn: o=x\nobjectClass: organization\n\n"
    "dn: ou=private,o=x\nobjectClass: organizationalUnit\n\n"
    "dn: cn=Anna,o=x\nobjectClass: inetOrgPerson\nsn: A\nmail: anna@example.org\n"
    "userCertificate;binary:: %s\nuserSMIMECertificate:: BAUG\n\n"
    "dn: cn=Bob,ou=private,o=x\nobjectClass: inetOrgPerson\nsn: B\nmail: bob@example.org\n"
    "userSMIMECertificate:: BAUG\n\n"
    "dn: cn=Carol,o=x\nobjectClass: inetOrgPerson\nobjectClass: adUser\nsn: C\n"
    "mail: carol@example.org\nproxyAddresses: SMTP:carol@example.org\n"
    "proxyAddresses: smtp:c@example.org\nuserSMIMECertificate:: BAUG\n\n"
    "dn: cn=D1,o=x\nobjectClass: inetOrgPerson\nsn: D\nmail: dan@example.org\n"
    "userSMIMECertificate:: AAEB\n\n"
    "dn: cn=D2,o=x\nobjectClass: inetOrgPerson\nsn: D\nmail: dan@example.org\n"
    "userSMIMECertificate:: AAIB\n\n"
    "dn: cn=D3,o=x\nobjectClass: inetOrgPerson\nsn: D\nmail: dan@example.org\n"
    "userSMIMECertificate:: AAMB\n\n"
    "dn: cn=Eve,o=x\nobjectClass: inetOrgPerson\nsn: E\nmail: eve@example.org\n"
    "userSMIMECertificate:: AAEB\nuserSMIMECertificate:: AAIB\nuserSMIMECertificate:: AAMB\n\n";

static char slapd_folder[64];
static int slapd_port;
static struct fixture fixture;
static char uri_text[3][200];
static const char *uris[3];

static int
script(const char *action)
{
	char command[600];

	snprintf(command, sizeof(command), "'%s' %s '%s' %d", SLAPD_SCRIPT, action, slapd_folder,
	    slapd_port);
	return system(command);
}

/* A listening socket on a free port of loopback; *port says which. */
static int
listen_on_loopback(int *port)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(&address, 0, sizeof(address));
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons((uint16_t)*port);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 20) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*port = ntohs(address.sin_port);
	return fd;
}

/* Any file will do for slapd as long as it is a certificate: its own. */
static void
write_entries(void)
{
	static const char pem[] =
	    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
	    " -subj /CN=Anna -keyout /dev/null -outform DER 2>/dev/null | openssl base64 -A";
	char certificate[4000] = "";
	char path[100];
	FILE *pipe = popen(pem, "r");
	FILE *file;

	ck_assert_ptr_nonnull(pipe);
	ck_assert_ptr_nonnull(fgets(certificate, sizeof(certificate), pipe));
	pclose(pipe);
	snprintf(path, sizeof(path), "%s/entries.ldif", slapd_folder);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fprintf(file, entries, certificate);
	fclose(file);
}

/* Once for all tests, in the parent. */
static void
start_slapd(void)
{
	fixture_folder(&fixture);
	snprintf(slapd_folder, sizeof(slapd_folder), "%s", fixture.folder);
	slapd_port = fixture_ports();
	write_entries();
	ck_assert_int_eq(script("make"), 0);
	ck_assert_int_eq(script("run"), 0);
}

static void
stop_slapd(void)
{
	script("stop");
	fixture_init(&fixture, 0);
	snprintf(fixture.folder, sizeof(fixture.folder), "%s", slapd_folder);
	fixture_end(&fixture);
}

static void
add_uri(const char *scheme, const char *host, int port)
{
	struct strings *list = &fixture.directories[0].uri;

	snprintf(uri_text[list->count], sizeof(uri_text[0]), "%s://%s:%d", scheme, host, port);
	uris[list->count] = uri_text[list->count];
	fixture_list(list, uris, list->count + 1);
}

static void
use_ldapi(void)
{
	struct strings *list = &fixture.directories[0].uri;
	const char *from;
	char *to = uri_text[0];

	to += snprintf(to, 20, "ldapi://");
	for (from = slapd_folder; *from != '\0'; from++)
		to += snprintf(to, 4, *from == '/' ? "%%2F" : "%c", *from);
	snprintf(to, 20, "%%2Fldapi");
	uris[0] = uri_text[0];
	fixture_list(list, uris, 1);
}

static void
use_ca(const char *name)
{
	static char path[100];

	snprintf(path, sizeof(path), "%s/%s.pem", slapd_folder, name);
	fixture.directories[0].tls_ca = path;
}

static void
setup(void)
{
	fixture_init(&fixture, 1);
	fixture_folder(&fixture);
	fixture.directories[0].base = (char *)"o=x";
	fixture.directories[0].connect_timeout = 20000;
	fixture.directories[0].retry_interval = 100;
	fixture.config.cache_entries = 0;
}

static void
teardown(void)
{
	fixture_end(&fixture);
}

/* The one answer to a question put to the source itself. */
struct asked {
	struct event_base *base;
	struct findings *findings;
	struct error error;
};

static void
on_answer(void *context, struct findings *findings, const struct error *err)
{
	struct asked *asked = context;

	asked->findings = findings;
	if (err != NULL)
		asked->error = *err;
	event_base_loopbreak(asked->base);
}

static const struct members_limits limits = {500, 8};

static struct findings *
ask(const char *text)
{
	struct address address = fixture_address(text);
	struct asked asked = {NULL, NULL, ERROR_INIT};
	struct worker_pool *pool;
	struct source *source;

	connection_prepare();
	evthread_use_pthreads();
	asked.base = event_base_new();
	pool = worker_pool_new(asked.base, 1, 10, "tests", NULL);
	source = source_ldap_new(&fixture.directories[0], false, &limits, asked.base, pool, NULL);
	ck_assert_ptr_nonnull(source);
	ck_assert_ptr_nonnull(source->operations->start(source, &address,
	    clock_monotonic_ms() + FIXTURE_PATIENCE, on_answer, &asked, &asked.error));
	event_base_loop(asked.base, EVLOOP_NO_EXIT_ON_EMPTY);
	source->operations->free(source);
	worker_pool_free(pool);
	event_base_free(asked.base);
	address_free(&address);
	ck_assert_msg(asked.findings != NULL, "%s", asked.error.text);
	return asked.findings;
}

/* The servers that a source tells of. */
struct told {
	size_t count;
	const char *uri[3];
	bool down[3];
};

static void
on_server(void *context, const struct source_server *server)
{
	struct told *told = context;

	told->uri[told->count] = server->uri;
	told->down[told->count] = server->down;
	ck_assert_str_eq(server->error, "");
	told->count++;
}

START_TEST(a_source_tells_of_each_server)
{
	struct event_base *base = event_base_new();
	struct told told = {.count = 0};
	struct source *source;

	add_uri("ldap", "127.0.0.1", slapd_port);
	add_uri("ldap", "127.0.0.2", slapd_port);
	source = source_ldap_new(&fixture.directories[0], false, &limits, base, NULL, NULL);
	ck_assert_ptr_nonnull(source);
	source->operations->describe(source, on_server, &told);
	ck_assert_uint_eq(told.count, 2);
	ck_assert_str_eq(told.uri[0], uris[0]);
	ck_assert_str_eq(told.uri[1], uris[1]);
	ck_assert(!told.down[0] && !told.down[1]);
	source->operations->free(source);
	event_base_free(base);
}
END_TEST

START_TEST(both_attributes_come_with_and_without_binary)
{
	struct findings *findings;
	size_t i;

	use_ldapi();
	findings = ask("anna@example.org");
	ck_assert_uint_eq(findings->count, 2);
	ck_assert_uint_eq(findings->entries, 1);
	for (i = 0; i < 2; i++) {
		ck_assert_str_eq(findings->items[i].dn, "cn=Anna,o=x");
		ck_assert_str_eq(findings->items[i].directory, "first");
	}
	i = findings->items[0].kind == FINDING_BLOB ? 0 : 1;
	ck_assert_int_eq(findings->items[i].kind, FINDING_BLOB);
	ck_assert_str_eq(findings->items[i].attribute, "userSMIMECertificate");
	ck_assert_uint_eq(findings->items[i].size, 3);
	ck_assert_int_eq(memcmp(findings->items[i].value, "\4\5\6", 3), 0);
	ck_assert_int_eq(findings->items[1 - i].kind, FINDING_CERTIFICATE);
	ck_assert_str_eq(findings->items[1 - i].attribute, "userCertificate");
	ck_assert_uint_gt(findings->items[1 - i].size, 200);
	findings_unref(findings);
}
END_TEST

START_TEST(configured_names_may_carry_options_and_be_empty)
{
	struct findings *findings;

	use_ldapi();
	fixture.directories[0].certificate_attribute = (char *)"USERCERTIFICATE;binary";
	fixture.directories[0].smime_attribute = (char *)"";
	findings = ask("anna@example.org");
	ck_assert_uint_eq(findings->count, 1);
	ck_assert_int_eq(findings->items[0].kind, FINDING_CERTIFICATE);
	findings_unref(findings);
}
END_TEST

START_TEST(proxy_addresses_find_and_bind_for_active_directory)
{
	struct findings *findings;

	use_ldapi();
	fixture.directories[0].kind = DIRECTORY_ACTIVE_DIRECTORY;
	fixture.directories[0].bind_by_entry = true;
	findings = ask("c@example.org");
	ck_assert_uint_eq(findings->count, 1);
	ck_assert(findings->items[0].bind_by_entry);
	findings_unref(findings);
}
END_TEST

static const struct {
	enum config_scope scope;
	const char *base;
	size_t found;
} scopes[] = {
    {SCOPE_SUB, "o=x", 2},
    {SCOPE_ONE, "o=x", 2},
    {SCOPE_BASE, "o=x", 0},
    {SCOPE_SUB, "cn=Anna,o=x", 2},
    {SCOPE_ONE, "cn=Anna,o=x", 0},
    {SCOPE_BASE, "cn=Anna,o=x", 2},
};

START_TEST(the_search_goes_as_far_as_its_scope)
{
	struct findings *findings;

	use_ldapi();
	fixture.directories[0].scope = scopes[_i].scope;
	fixture.directories[0].base = (char *)scopes[_i].base;
	findings = ask("anna@example.org");
	ck_assert_uint_eq(findings->count, scopes[_i].found);
	findings_unref(findings);
}
END_TEST

START_TEST(someone_elses_entry_does_not_bind)
{
	struct findings *findings;

	use_ldapi();
	fixture.directories[0].bind_by_entry = true;
	fixture.directories[0].filter = (char *)"(cn=Carol)";
	findings = ask("anna@example.org");
	ck_assert_uint_eq(findings->count, 1);
	ck_assert(!findings->items[0].bind_by_entry);
	findings_unref(findings);
	findings = ask("carol@example.org");
	ck_assert(findings->items[0].bind_by_entry);
	findings_unref(findings);
}
END_TEST

START_TEST(an_address_with_a_detail_finds_the_entry_without_it)
{
	struct findings *findings;

	use_ldapi();
	fixture.directories[0].bind_by_entry = true;
	findings = ask("carol+news@example.org");
	ck_assert_uint_eq(findings->count, 0);
	findings_unref(findings);
	fixture.directories[0].subaddress_delimiter = (char *)"+";
	findings = ask("carol+news@example.org");
	ck_assert_uint_eq(findings->count, 1);
	ck_assert_str_eq(findings->items[0].address, "carol@example.org");
	ck_assert(findings->items[0].bind_by_entry);
	findings_unref(findings);
	findings = ask("carol@example.org");
	ck_assert_uint_eq(findings->count, 1);
	ck_assert_ptr_null(findings->items[0].address);
	findings_unref(findings);
}
END_TEST

START_TEST(several_entries_of_one_address_are_told)
{
	struct findings *findings;

	use_ldapi();
	findings = ask("dan@example.org");
	ck_assert_uint_eq(findings->count, 3);
	ck_assert_uint_eq(findings->entries, 3);
	ck_assert(findings->many_entries);
	ck_assert_uint_eq(findings->left_out, 0);
	findings_unref(findings);
	fixture.directories[0].entries_limit = 1;
	findings = ask("dan@example.org");
	ck_assert_uint_eq(findings->count, 1);
	ck_assert(findings->many_entries);
	ck_assert_uint_eq(findings->left_out, 1);
	findings_unref(findings);
}
END_TEST

START_TEST(values_beyond_the_limit_are_counted)
{
	struct findings *findings;

	use_ldapi();
	fixture.directories[0].values_limit = 2;
	findings = ask("eve@example.org");
	ck_assert_uint_eq(findings->count, 2);
	ck_assert_uint_eq(findings->left_out, 1);
	findings_unref(findings);
}
END_TEST

static void
expect(const char *address, enum recipient_state state)
{
	struct ticket *ticket = fixture_ask(&fixture, address);

	ck_assert_msg(ticket_record(ticket)->state == state, "%s: %d (%s)", address,
	    (int)ticket_record(ticket)->state,
	    ticket_record(ticket)->detail != NULL ? ticket_record(ticket)->detail : "");
	ticket_free(ticket);
}

static void
expect_unavailable(const char *address, const char *why)
{
	struct ticket *ticket = fixture_ask(&fixture, address);

	ck_assert_int_eq(ticket_record(ticket)->state, RECIPIENT_UNAVAILABLE);
	ck_assert_msg(strstr(ticket_record(ticket)->detail, why) != NULL, "%s",
	    ticket_record(ticket)->detail);
	ticket_free(ticket);
}

START_TEST(nothing_there_is_an_answer_and_an_asterisk_is_a_letter)
{
	use_ldapi();
	fixture_start(&fixture);
	expect("nobody@example.org", RECIPIENT_NONE);
	expect("*@example.org", RECIPIENT_NONE);
	expect("\"anna)(mail=*\"@example.org", RECIPIENT_NONE);
	expect("ANNA@EXAMPLE.ORG", RECIPIENT_FOUND);
}
END_TEST

START_TEST(a_base_that_does_not_exist_is_no_answer)
{
	use_ldapi();
	fixture.directories[0].base = (char *)"o=other";
	fixture_start(&fixture);
	expect_unavailable("anna@example.org", "search");
}
END_TEST

START_TEST(a_broken_filter_fails_the_question_not_the_connection)
{
	use_ldapi();
	fixture.directories[0].filter = (char *)"(mail=%a";
	fixture_start(&fixture);
	expect_unavailable("anna@example.org", "filter is not valid");
	expect_unavailable("anna@example.org", "filter is not valid");
}
END_TEST

START_TEST(start_tls_is_used_and_verified)
{
	add_uri("ldap", "127.0.0.1", slapd_port);
	use_ca("ca");
	fixture_start(&fixture);
	expect("anna@example.org", RECIPIENT_FOUND);
	expect("nobody@example.org", RECIPIENT_NONE);
}
END_TEST

START_TEST(ldaps_is_used_and_verified)
{
	add_uri("ldaps", "127.0.0.1", slapd_port + 1);
	use_ca("ca");
	fixture_start(&fixture);
	expect("anna@example.org", RECIPIENT_FOUND);
	expect("nobody@example.org", RECIPIENT_NONE);
}
END_TEST

START_TEST(a_server_certificate_from_another_ca_is_refused)
{
	add_uri(_i == 0 ? "ldap" : "ldaps", "127.0.0.1", slapd_port + _i);
	use_ca("other");
	fixture_start(&fixture);
	expect_unavailable("anna@example.org", "TLS failed");
	expect_unavailable("anna@example.org", "the CA CN=ca is not in /");
}
END_TEST

START_TEST(a_server_certificate_for_another_name_is_refused)
{
	add_uri("ldap", "127.0.0.2", slapd_port);
	use_ca("ca");
	fixture_start(&fixture);
	expect_unavailable("anna@example.org", "TLS failed");
	expect_unavailable("anna@example.org", "it is for 127.0.0.1, not for 127.0.0.2");
}
END_TEST

START_TEST(tls_on_the_other_port_says_which_uri_is_meant)
{
	add_uri(_i == 0 ? "ldaps" : "ldap", "127.0.0.1", slapd_port + _i);
	use_ca("ca");
	fixture_start(&fixture);
	expect_unavailable("anna@example.org", _i == 0 ? "(ldap://)" : "(ldaps://)");
}
END_TEST

START_TEST(a_missing_ca_file_says_so)
{
	add_uri("ldap", "127.0.0.1", slapd_port);
	use_ca("missing");
	fixture_start(&fixture);
	expect_unavailable("anna@example.org", "missing.pem");
}
END_TEST

START_TEST(plain_ldap_is_used_only_when_told)
{
	add_uri("ldap", "127.0.0.1", slapd_port);
	fixture.directories[0].tls = TLS_NEVER;
	fixture_start(&fixture);
	expect("anna@example.org", RECIPIENT_FOUND);
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
	use_ldapi();
	use_password("secret\nsecond line\n", 0600);
	fixture_start(&fixture);
	expect("bob@example.org", RECIPIENT_FOUND);
}
END_TEST

START_TEST(without_a_bind_the_private_is_not_there)
{
	use_ldapi();
	fixture_start(&fixture);
	expect("bob@example.org", RECIPIENT_NONE);
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
	use_ldapi();
	use_password(bad_passwords[_i].password, bad_passwords[_i].mode);
	fixture_start(&fixture);
	expect_unavailable("bob@example.org", bad_passwords[_i].why);
}
END_TEST

START_TEST(the_next_server_is_tried_when_one_is_down)
{
	int port = fixture_ports(); /* nobody listens there */

	add_uri("ldap", "127.0.0.1", port);
	add_uri("ldap", "127.0.0.1", slapd_port);
	fixture.directories[0].tls = TLS_NEVER;
	fixture_start(&fixture);
	expect("anna@example.org", RECIPIENT_FOUND);
}
END_TEST

static bool
anna_is_found(void *context)
{
	return fixture_state(context, "anna@example.org", NULL) == RECIPIENT_FOUND;
}

START_TEST(a_server_that_comes_back_is_used_again)
{
	use_ldapi();
	fixture_start(&fixture);
	expect("anna@example.org", RECIPIENT_FOUND);
	script("stop");
	expect("anna@example.org", RECIPIENT_UNAVAILABLE);
	expect("anna@example.org", RECIPIENT_UNAVAILABLE);
	ck_assert_int_eq(script("run"), 0);
	ck_assert(fixture_until(anna_is_found, &fixture));
}
END_TEST

START_TEST(a_restart_between_two_questions_costs_no_answer)
{
	add_uri("ldap", "127.0.0.1", slapd_port);
	use_ca("ca");
	fixture_start(&fixture);
	expect("anna@example.org", RECIPIENT_FOUND);
	script("stop");
	ck_assert_int_eq(script("run"), 0);
	expect("anna@example.org", RECIPIENT_FOUND);
}
END_TEST

START_TEST(hundreds_of_questions_share_the_connection)
{
	struct ticket *tickets[500];
	char address[40];
	size_t i;

	add_uri("ldaps", "127.0.0.1", slapd_port + 1);
	use_ca("ca");
	fixture_start(&fixture);
	for (i = 0; i < ARRAY_LENGTH(tickets); i++) {
		snprintf(address, sizeof(address), "nobody%zu@example.org", i);
		tickets[i] = fixture_submit(&fixture, i % 10 == 0 ? "anna@example.org" : address);
	}
	for (i = 0; i < ARRAY_LENGTH(tickets); i++) {
		ck_assert(ticket_wait(tickets[i], clock_monotonic_ms() + FIXTURE_PATIENCE));
		ck_assert_msg(ticket_record(tickets[i])->state ==
				  (i % 10 == 0 ? RECIPIENT_FOUND : RECIPIENT_NONE),
		    "%s", ticket_record(tickets[i])->detail);
		ticket_free(tickets[i]);
	}
}
END_TEST

/* A server that means no good: sends what it is told to each who connects, then waits or hangs up.
 */
struct hostile {
	const char *bytes;
	size_t size;
	bool hangs_up;
	bool once;    /* only the first gets the bytes, the others nothing */
	sem_t *comes; /* posted for each who connects; may be NULL */
	int fd;
	int port;
	pthread_t thread;
};

static void *
run_hostile(void *argument)
{
	struct hostile *hostile = argument;
	int clients[20];
	size_t count = 0;
	int fd;

	while (count < ARRAY_LENGTH(clients) && (fd = accept(hostile->fd, NULL, NULL)) >= 0) {
		if (send(fd, hostile->bytes, hostile->size, MSG_NOSIGNAL) < 0 || hostile->hangs_up)
			close(fd);
		else
			clients[count++] = fd;
		if (hostile->once)
			hostile->size = 0;
		if (hostile->comes != NULL)
			sem_post(hostile->comes);
	}
	while (count > 0)
		close(clients[--count]);
	return NULL;
}

static void
start_hostile(struct hostile *hostile)
{
	hostile->port = 0;
	hostile->fd = listen_on_loopback(&hostile->port);
	ck_assert_int_ge(hostile->fd, 0);
	ck_assert_int_eq(pthread_create(&hostile->thread, NULL, run_hostile, hostile), 0);
}

static void
stop_hostile(struct hostile *hostile)
{
	shutdown(hostile->fd, SHUT_RDWR);
	pthread_join(hostile->thread, NULL);
	close(hostile->fd);
}

#define BYTES(text) text, sizeof(text) - 1

/* An answer to message 1 that says it is 1 GiB long; the beginning of one; an entry that lies about
 * its inner lengths; noise; a TLS alert; nothing. */
static const struct hostile hostiles[] = {
    {.bytes = BYTES("\x30\x84\x40\x00\x00\x00\x02\x01\x01\x64")},
    {.bytes = BYTES("\x30\x84\x00\x00\x00\x40\x02")},
    {.bytes = BYTES("\x30\x0e\x02\x01\x01\x64\x09\x04\x84\x7f\xff\xff\xff"
		    "AAA")},
    {.bytes = BYTES("HTTP/1.1 400 Bad Request\r\n\r\n")},
    {.bytes = BYTES("\x15\x03\x01\x00\x02\x02\x28")},
    {.bytes = BYTES("")},
    {.bytes = BYTES(""), .hangs_up = true},
    {.bytes = BYTES("\x30\x84"), .hangs_up = true},
    {.bytes = BYTES("\x30\x0c\x02\x01\x00\x78\x07\x0a\x01\x34\x04\x00\x04\x00")},
};

static const struct {
	const char *scheme;
	enum config_tls_mode tls;
} manners[] = {{"ldap", TLS_NEVER}, {"ldap", TLS_REQUIRED}, {"ldaps", TLS_REQUIRED}};

/* How much longer everything may take: Check's own variable for slow machines and sanitizers. */
static int
slowness(void)
{
	const char *text = getenv("CK_TIMEOUT_MULTIPLIER");

	return text != NULL && atoi(text) > 1 ? 3 : 1;
}

/* Each server, each way of talking to it; meanwhile the other directory is as quick as ever. */
START_TEST(a_hostile_server_costs_only_its_own_time)
{
	static const char *const org[] = {"example.org"};
	struct hostile hostile = hostiles[_i / (int)ARRAY_LENGTH(manners)];
	size_t manner = (size_t)_i % ARRAY_LENGTH(manners);
	struct ticket *slow;
	int64_t before;

	fixture.config.directory_count = 2;
	fixture.directories[1] = fixture.directories[0];
	fixture_list(&fixture.directories[0].domains, org, 1);
	use_ldapi();
	fixture.directories[1].uri.count = 1;
	fixture.directories[1].uri.items = (char **)&uris[2];
	uris[2] = strcpy(uri_text[2], uri_text[0]);
	fixture.directories[1].title = (char *)"second";
	fixture.directories[0].uri.count = 0;
	start_hostile(&hostile);
	add_uri(manners[manner].scheme, "127.0.0.1", hostile.port);
	fixture.directories[0].tls = manners[manner].tls;
	use_ca("ca");
	fixture.directories[0].connect_timeout = 30000;
	fixture.directories[0].search_timeout = 30000;
	fixture_start(&fixture);
	before = clock_monotonic_ms();
	slow = fixture_submit(&fixture, "anna@example.org");
	expect("anna@example.net", RECIPIENT_NONE);
	/* Before the hostile one's time was up: it was not waited for. */
	ck_assert_int_lt(clock_monotonic_ms() - before, 15000);
	ticket_free(slow);
	resolver_free(fixture.resolver);
	fixture.directories[0].connect_timeout = 400 * slowness();
	fixture.directories[0].search_timeout = 400 * slowness();
	fixture_start(&fixture);
	slow = fixture_ask(&fixture, "anna@example.org");
	ck_assert_int_eq(ticket_record(slow)->state, RECIPIENT_UNAVAILABLE);
	ck_assert_ptr_nonnull(ticket_record(slow)->detail);
	ticket_free(slow);
	resolver_free(fixture.resolver);
	fixture.resolver = NULL;
	stop_hostile(&hostile);
}
END_TEST

START_TEST(tls_that_takes_too_long_is_said_to)
{
	struct hostile hostile = {.bytes = "", .size = 0};
	size_t manner = (size_t)_i;

	start_hostile(&hostile);
	add_uri(manners[manner].scheme, "127.0.0.1", hostile.port);
	use_ca("ca");
	fixture.directories[0].connect_timeout = 400 * slowness();
	fixture_start(&fixture);
	expect_unavailable("anna@example.org", "TLS failed: not done within connect-timeout");
	resolver_free(fixture.resolver);
	fixture.resolver = NULL;
	stop_hostile(&hostile);
}
END_TEST

START_TEST(a_server_that_failed_is_left_alone_for_a_while)
{
	int port = fixture_ports();

	add_uri("ldap", "127.0.0.1", port);
	fixture.directories[0].tls = TLS_NEVER;
	fixture.directories[0].retry_interval = 600000;
	fixture_start(&fixture);
	expect_unavailable("anna@example.org", "Connection refused");
	/* It comes back, but nobody looks: the reason is still the last one known. */
	fixture_list(&fixture.directories[0].uri, NULL, 0);
	expect_unavailable("anna@example.org", "Connection refused");
	expect_unavailable("anna@example.org", "Connection refused");
}
END_TEST

static const char *const bad_uris[] = {
    "http://127.0.0.1", "ldap://", "ldapi://", "ldapi://relative", "ldap://does-not-exist.invalid"};

START_TEST(a_uri_that_leads_nowhere_says_so)
{
	fixture_list(&fixture.directories[0].uri, &bad_uris[_i], 1);
	fixture_start(&fixture);
	expect_unavailable("anna@example.org", bad_uris[_i]);
}
END_TEST

START_TEST(a_template_that_cant_be_filled_in_is_an_error_at_the_start)
{
	struct error err = ERROR_INIT;

	use_ldapi();
	fixture.directories[0].filter = (char *)"(mail=%q)";
	ck_assert_ptr_null(resolver_new(&fixture.config, fixture.trust, NULL, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "%q"));
}
END_TEST

START_TEST(questions_under_way_at_the_end_are_dropped)
{
	struct timespec patience = {time(NULL) + 20, 0};
	sem_t comes;
	struct hostile hostile = {.bytes = "", .size = 0, .comes = &comes};
	size_t manner = (size_t)_i;
	struct ticket *anna;
	struct ticket *bob;
	int64_t before;

	sem_init(&comes, 0, 0);
	start_hostile(&hostile);
	add_uri(manners[manner].scheme, "127.0.0.1", hostile.port);
	fixture.directories[0].tls = manners[manner].tls;
	use_ca("ca");
	fixture.directories[0].connect_timeout = 30000;
	fixture.directories[0].search_timeout = 30000;
	fixture_start(&fixture);
	anna = fixture_submit(&fixture, "anna@example.org");
	bob = fixture_submit(&fixture, "bob@example.org");
	ck_assert_int_eq(sem_timedwait(&comes, &patience), 0);
	ticket_free(anna);
	ticket_free(bob);
	before = clock_monotonic_ms();
	resolver_free(fixture.resolver);
	fixture.resolver = NULL;
	ck_assert_int_lt(clock_monotonic_ms() - before, 15000);
	stop_hostile(&hostile);
	sem_destroy(&comes);
}
END_TEST

/* TLS fails at once; then the second look at the server gets nothing. */
#define FAILS_ONCE                                                               \
	{                                                                        \
		.bytes = "\x15\x03\x01\x00\x02\x02\x28", .size = 7, .once = true \
	}

START_TEST(a_second_look_ends_with_the_time_to_connect)
{
	struct hostile hostile = FAILS_ONCE;
	int64_t before;

	start_hostile(&hostile);
	add_uri("ldaps", "127.0.0.1", hostile.port);
	use_ca("ca");
	fixture.directories[0].connect_timeout = 400 * slowness();
	fixture_start(&fixture);
	before = clock_monotonic_ms();
	expect_unavailable("anna@example.org", "TLS failed (is the server's certificate valid");
	ck_assert_int_ge(clock_monotonic_ms() - before, 300 * slowness());
	ck_assert_int_lt(clock_monotonic_ms() - before, 20000);
	resolver_free(fixture.resolver);
	fixture.resolver = NULL;
	stop_hostile(&hostile);
}
END_TEST

START_TEST(a_second_look_ends_with_the_resolver)
{
	struct hostile hostile = FAILS_ONCE;
	struct timespec patience = {time(NULL) + 20, 0};
	struct ticket *ticket;
	int64_t before;
	sem_t comes;

	sem_init(&comes, 0, 0);
	hostile.comes = &comes;
	start_hostile(&hostile);
	add_uri("ldaps", "127.0.0.1", hostile.port);
	use_ca("ca");
	fixture.directories[0].connect_timeout = 30000;
	fixture_start(&fixture);
	ticket = fixture_submit(&fixture, "anna@example.org");
	ck_assert_int_eq(sem_timedwait(&comes, &patience), 0);
	ck_assert_int_eq(sem_timedwait(&comes, &patience), 0);
	ticket_free(ticket);
	before = clock_monotonic_ms();
	resolver_free(fixture.resolver);
	fixture.resolver = NULL;
	ck_assert_int_lt(clock_monotonic_ms() - before, 15000);
	stop_hostile(&hostile);
	sem_destroy(&comes);
}
END_TEST

static void
add_content_tests(TCase *tcase)
{
	tcase_add_test(tcase, a_source_tells_of_each_server);
	tcase_add_test(tcase, both_attributes_come_with_and_without_binary);
	tcase_add_test(tcase, configured_names_may_carry_options_and_be_empty);
	tcase_add_test(tcase, proxy_addresses_find_and_bind_for_active_directory);
	tcase_add_loop_test(
	    tcase, the_search_goes_as_far_as_its_scope, 0, (int)ARRAY_LENGTH(scopes));
	tcase_add_test(tcase, someone_elses_entry_does_not_bind);
	tcase_add_test(tcase, an_address_with_a_detail_finds_the_entry_without_it);
	tcase_add_test(tcase, several_entries_of_one_address_are_told);
	tcase_add_test(tcase, values_beyond_the_limit_are_counted);
	tcase_add_test(tcase, nothing_there_is_an_answer_and_an_asterisk_is_a_letter);
	tcase_add_test(tcase, a_base_that_does_not_exist_is_no_answer);
	tcase_add_test(tcase, a_broken_filter_fails_the_question_not_the_connection);
}

static void
add_connection_tests(TCase *tcase)
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
	tcase_add_test(tcase, the_next_server_is_tried_when_one_is_down);
	tcase_add_test(tcase, a_server_that_comes_back_is_used_again);
	tcase_add_test(tcase, a_restart_between_two_questions_costs_no_answer);
	tcase_add_test(tcase, hundreds_of_questions_share_the_connection);
}

static void
add_failure_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, a_hostile_server_costs_only_its_own_time, 0,
	    (int)(ARRAY_LENGTH(hostiles) * ARRAY_LENGTH(manners)));
	/* The manners that use TLS. */
	tcase_add_loop_test(
	    tcase, tls_that_takes_too_long_is_said_to, 1, (int)ARRAY_LENGTH(manners));
	tcase_add_test(tcase, a_server_that_failed_is_left_alone_for_a_while);
	tcase_add_loop_test(
	    tcase, a_uri_that_leads_nowhere_says_so, 0, (int)ARRAY_LENGTH(bad_uris));
	tcase_add_test(tcase, a_template_that_cant_be_filled_in_is_an_error_at_the_start);
	tcase_add_loop_test(
	    tcase, questions_under_way_at_the_end_are_dropped, 0, (int)ARRAY_LENGTH(manners));
	tcase_add_test(tcase, a_second_look_ends_with_the_time_to_connect);
	tcase_add_test(tcase, a_second_look_ends_with_the_resolver);
}

int
main(void)
{
	Suite *suite = suite_create("ldap");
	TCase *tcase = unit_case(suite, "ldap");

	if (access("/usr/sbin/slapd", X_OK) != 0 && system("command -v slapd >/dev/null") != 0)
		return 77; /* skipped: slapd is not installed */
	tcase_add_unchecked_fixture(tcase, start_slapd, stop_slapd);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	add_content_tests(tcase);
	add_connection_tests(tcase);
	add_failure_tests(tcase);
	return unit_run(suite);
}
