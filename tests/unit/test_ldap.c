/* The LDAP source against a slapd of our own: what an entry and a search give. */
#include <event2/event.h>
#include <event2/thread.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_ldap.h"

#define GROUP(name, local, member)                                                        \
	"dn: cn=" name ",o=x\nobjectClass: groupOfNames\nobjectClass: extensibleObject\n" \
	"mail: " local "@example.org\nmember: cn=" member ",o=x\n\n"

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
    "userSMIMECertificate:: AAEB\nuserSMIMECertificate:: AAIB\nuserSMIMECertificate:: AAMB\n\n"
    "dn: cn=Fay,o=x\nobjectClass: inetOrgPerson\nsn: F\nmail: fay@example.org\n\n"
    "dn: cn=Gus,o=x\nobjectClass: inetOrgPerson\nsn: G\nmail: gus@example.org\n\n" GROUP(
	"team", "\"my team\"", "anna") GROUP("case", "Crew", "anna")
	GROUP("split", "split", "Fay,o=x\ndescription: x\nmember: cn=anna") GROUP(
	    "dyn", "dyn", "Fay,o=x\nmember: cn=anna,o=x\nlabeledURI: ldap:///o=x??sub?(cn=bob)")
	    GROUP("gus-list", "gus", "Gus,o=x\nmember: cn=anna")
		GROUP("fay-list", "fay+list", "anna") GROUP("list", "list", "anna")
		    GROUP("list-x", "list+x", "Bob,ou=private")
			GROUP("carol-list", "carol+list", "anna");

static bool exact_local;

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
	ck_assert_int_eq(test_ldap_script("make"), 0);
	ck_assert_int_eq(test_ldap_script("run"), 0);
}

static void
stop_slapd(void)
{
	test_ldap_script("stop");
	fixture_init(&fixture, 0);
	snprintf(fixture.folder, sizeof(fixture.folder), "%s", slapd_folder);
	fixture_end(&fixture);
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
	exact_local = false;
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
	source =
	    source_ldap_new(&fixture.directories[0], exact_local, &limits, asked.base, pool, NULL);
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

	test_ldap_add_uri("ldap", "127.0.0.1", slapd_port);
	test_ldap_add_uri("ldap", "127.0.0.2", slapd_port);
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

	test_ldap_use_ldapi();
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

	test_ldap_use_ldapi();
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

	test_ldap_use_ldapi();
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

	test_ldap_use_ldapi();
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

	test_ldap_use_ldapi();
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

	test_ldap_use_ldapi();
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

/* The members that slapd has for the address: addresses, then names, each before a blank; "-": it is no
 * group. */
static void
expect_members(const char *address, const char *members)
{
	struct findings *findings = ask(address);
	const struct findings_group *group = findings->group;
	char text[500] = "-";
	size_t i;

	if (group != NULL)
		text[0] = '\0';
	for (i = 0; group != NULL && i < group->address_count; i++)
		strcat(strcat(text, group->addresses[i]), " ");
	for (i = 0; group != NULL && i < group->nameless_count; i++)
		strcat(strcat(text, group->nameless[i]), " ");
	ck_assert_msg(strcmp(text, members) == 0, "%s: %s", address, text);
	findings_unref(findings);
}

static void
expand_groups(void)
{
	static const char *const names[] = {"member"};

	test_ldap_use_ldapi();
	fixture_list(&fixture.directories[0].member_attributes, names, 1);
	fixture.directories[0].groups = GROUPS_EXPAND;
}

/* slapd finds them all: its rules leave out blanks and case (RFC 4517 4.2). */
START_TEST(a_group_of_another_address_is_nobodys)
{
	expand_groups();
	expect_members("\"my team\"@example.org", "anna@example.org ");
	expect_members("\"my  team\"@example.org", "-");
	expect_members("crew@example.org", "anna@example.org ");
	exact_local = true;
	expect_members("crew@example.org", "-");
	expect_members("Crew@example.org", "anna@example.org ");
	fixture.directories[0].filter = (char *)"(&(objectClass=groupOfNames)(mail=%a))";
	expect_members("crew@example.org", "-");
	/* By other attributes, the filter's word is all that there is. */
	fixture.directories[0].filter = (char *)"(cn=case)";
	expect_members("crew@example.org", "-");
	fixture.directories[0].filter = (char *)"(cn=%l)";
	expect_members("case@example.org", "anna@example.org ");
}
END_TEST

START_TEST(a_group_with_members_to_be_searched_for_is_not_whole)
{
	static const char *const names[] = {"labeledURI"};
	struct findings *findings;

	expand_groups();
	expect_members("dyn@example.org", "anna@example.org fay@example.org ");
	fixture_list(&fixture.directories[0].dynamic_attributes, names, 1);
	findings = ask("dyn@example.org");
	ck_assert(findings->group->incomplete && findings->group->dynamic);
	findings_unref(findings);
}
END_TEST

/* As slapadd -q leaves it, where the lines of the LDIF don't stand together. */
START_TEST(an_attribute_that_an_entry_has_twice_is_read_twice)
{
	expand_groups();
	fixture_start(&fixture);
	expect_members("split@example.org", "anna@example.org fay@example.org ");
}
END_TEST

START_TEST(who_has_the_address_of_a_group_is_a_member)
{
	expand_groups();
	expect_members("gus@example.org", "anna@example.org cn=Gus,o=x ");
}
END_TEST

START_TEST(a_group_of_the_address_with_its_detail_goes_first)
{
	expand_groups();
	fixture.directories[0].subaddress_delimiter = (char *)"+";
	expect_members("list+y@example.org", "anna@example.org ");
	expect_members("list+x@example.org", "cn=Bob,ou=private,o=x ");
	expect_members("fay+list@example.org", "anna@example.org ");
	/* Carol's digital ID is for what is hers. */
	expect_members("carol+list@example.org", "anna@example.org ");
	expect_members("carol+news@example.org", "-");
}
END_TEST

START_TEST(several_entries_of_one_address_are_told)
{
	struct findings *findings;

	test_ldap_use_ldapi();
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

	test_ldap_use_ldapi();
	fixture.directories[0].values_limit = 2;
	findings = ask("eve@example.org");
	ck_assert_uint_eq(findings->count, 2);
	ck_assert_uint_eq(findings->left_out, 1);
	findings_unref(findings);
}
END_TEST

START_TEST(nothing_there_is_an_answer_and_an_asterisk_is_a_letter)
{
	test_ldap_use_ldapi();
	fixture_start(&fixture);
	test_ldap_expect("nobody@example.org", RECIPIENT_NONE);
	test_ldap_expect("*@example.org", RECIPIENT_NONE);
	test_ldap_expect("\"anna)(mail=*\"@example.org", RECIPIENT_NONE);
	test_ldap_expect("ANNA@EXAMPLE.ORG", RECIPIENT_FOUND);
}
END_TEST

START_TEST(a_base_that_does_not_exist_is_no_answer)
{
	test_ldap_use_ldapi();
	fixture.directories[0].base = (char *)"o=other";
	fixture_start(&fixture);
	test_ldap_expect_unavailable("anna@example.org", "search");
}
END_TEST

START_TEST(a_broken_filter_fails_the_question_not_the_connection)
{
	test_ldap_use_ldapi();
	fixture.directories[0].filter = (char *)"(mail=%a";
	fixture_start(&fixture);
	test_ldap_expect_unavailable("anna@example.org", "filter is not valid");
	test_ldap_expect_unavailable("anna@example.org", "filter is not valid");
}
END_TEST

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
	tcase_add_test(tcase, a_source_tells_of_each_server);
	tcase_add_test(tcase, both_attributes_come_with_and_without_binary);
	tcase_add_test(tcase, configured_names_may_carry_options_and_be_empty);
	tcase_add_test(tcase, proxy_addresses_find_and_bind_for_active_directory);
	tcase_add_loop_test(
	    tcase, the_search_goes_as_far_as_its_scope, 0, (int)ARRAY_LENGTH(scopes));
	tcase_add_test(tcase, someone_elses_entry_does_not_bind);
	tcase_add_test(tcase, an_address_with_a_detail_finds_the_entry_without_it);
	tcase_add_test(tcase, a_group_of_another_address_is_nobodys);
	tcase_add_test(tcase, a_group_with_members_to_be_searched_for_is_not_whole);
	tcase_add_test(tcase, an_attribute_that_an_entry_has_twice_is_read_twice);
	tcase_add_test(tcase, who_has_the_address_of_a_group_is_a_member);
	tcase_add_test(tcase, a_group_of_the_address_with_its_detail_goes_first);
	tcase_add_test(tcase, several_entries_of_one_address_are_told);
	tcase_add_test(tcase, values_beyond_the_limit_are_counted);
	tcase_add_test(tcase, nothing_there_is_an_answer_and_an_asterisk_is_a_letter);
	tcase_add_test(tcase, a_base_that_does_not_exist_is_no_answer);
	tcase_add_test(tcase, a_broken_filter_fails_the_question_not_the_connection);
	test_ldap_connection(tcase);
	test_ldap_failures(tcase);
	return unit_run(suite);
}
