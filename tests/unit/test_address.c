/* Mail addresses, domains and patterns. */
#include <string.h>

#include "mail/address.h"
#include "unit.h"

static const struct {
	const char *in;
	const char *text;
	const char *local;
	const char *domain;
} accepted[] = {
    {"alice@example.org", "alice@example.org", "alice", "example.org"},
    {"<alice@example.org>", "alice@example.org", "alice", "example.org"},
    {"  <alice@example.org> ", "alice@example.org", "alice", "example.org"},
    {"Alice@Example.ORG", "Alice@example.org", "Alice", "example.org"},
    {"alice@example.org.", "alice@example.org", "alice", "example.org"},
    {"<>", "<>", "", ""},
    {"", "<>", "", ""},
    {"<@a.example,@b.example:user@c.example>", "user@c.example", "user", "c.example"},
    {"@[IPv6:::1]:user@c.example", "user@c.example", "user", "c.example"},
    {"\"alice\"@example.org", "alice@example.org", "alice", "example.org"},
    {"\"al\\ice\"@example.org", "alice@example.org", "alice", "example.org"},
    {"\"a b\"@example.org", "\"a b\"@example.org", "a b", "example.org"},
    {"\"a\\\"b\"@example.org", "\"a\\\"b\"@example.org", "a\"b", "example.org"},
    {"\"a\\\\b\"@example.org", "\"a\\\\b\"@example.org", "a\\b", "example.org"},
    {"\"a@b\"@example.org", "\"a@b\"@example.org", "a@b", "example.org"},
    {"\"<>\"@example.org", "\"<>\"@example.org", "<>", "example.org"},
    {"\"\"@example.org", "\"\"@example.org", "", "example.org"},
    {"a.\"b c\".d@example.org", "\"a.b c.d\"@example.org", "a.b c.d", "example.org"},
    {"a..b.@example.org", "a..b.@example.org", "a..b.", "example.org"},
    {"a*$(){}@x", NULL, NULL, NULL},
    {"a*$'`|&{}!%^=?~/+#@example.org", "a*$'`|&{}!%^=?~/+#@example.org", "a*$'`|&{}!%^=?~/+#",
	"example.org"},
    {"\"*)(uid=*))(|\"@example.org", "\"*)(uid=*))(|\"@example.org", "*)(uid=*))(|", "example.org"},
    {"J\xc3\xbcrg@example.org", "J\xc3\xbcrg@example.org", "J\xc3\xbcrg", "example.org"},
    {"a@b\xc3\xbc"
     "cher.example",
	"a@xn--bcher-kva.example", "a", "xn--bcher-kva.example"},
    {"a@B\xc3\x9c"
     "CHER.example",
	"a@xn--bcher-kva.example", "a", "xn--bcher-kva.example"},
    {"a@XN--bcher-KVA.example", "a@xn--bcher-kva.example", "a", "xn--bcher-kva.example"},
    {"a@fa\xc3\x9f.example", "a@xn--fa-hia.example", "a", "xn--fa-hia.example"},
    {"a@b\xc3\xbc"
     "cher\xe3\x80\x82"
     "example\xe3\x80\x82",
	"a@xn--bcher-kva.example", "a", "xn--bcher-kva.example"},
    {"a@xn--\xc3\xbc.example", NULL, NULL, NULL},
    {"a@xn--zzzzzzz99999.example", "a@xn--zzzzzzz99999.example", "a", "xn--zzzzzzz99999.example"},
    {"a@_spf.my_host.example", "a@_spf.my_host.example", "a", "_spf.my_host.example"},
    {"a@b\xc3\xbc"
     "cher.my_host.example",
	"a@xn--bcher-kva.my_host.example", "a", "xn--bcher-kva.my_host.example"},
    {"a@localhost", "a@localhost", "a", "localhost"},
    {"a@[192.0.2.1]", "a@[192.0.2.1]", "a", "[192.0.2.1]"},
    {"a@[IPv6:2001:DB8::0:1]", "a@[ipv6:2001:db8::1]", "a", "[ipv6:2001:db8::1]"},
    {"a@[X-Tag:Some]", "a@[x-tag:some]", "a", "[x-tag:some]"},
    {"postmaster", "postmaster", "postmaster", ""},
    {"<root>", "root", "root", ""},
    {"\"a b\"", "\"a b\"", "a b", ""},
};

START_TEST(address_has_one_canonical_form)
{
	struct address address = ADDRESS_INIT;
	struct address again = ADDRESS_INIT;
	struct error err = ERROR_INIT;
	int result = address_parse(accepted[_i].in, &address, &err);

	if (accepted[_i].text == NULL) {
		ck_assert_int_eq(result, -1);
		return;
	}
	ck_assert_msg(result == 0, "%s", err.text);
	ck_assert_str_eq(address.text, accepted[_i].text);
	ck_assert_str_eq(address.local, accepted[_i].local);
	ck_assert_str_eq(address.domain, accepted[_i].domain);
	ck_assert_int_eq(address_parse(address.text, &again, &err), 0);
	ck_assert_str_eq(again.text, address.text);
	ck_assert(address_equal(&address, &again, true));
	address_free(&address);
	address_free(&again);
}
END_TEST

static const char *const refused[] = {"<", ">", "<a@example.org", "a@example.org>",
    "<a@example.org> x", "@example.org", "@example.org:", "<@a:>", "a@", "a@.", "a@..",
    "a@.example.org", "a@example..org", "a@exam ple.org", "a@example.org\n", "a\r\nb@example.org",
    "a\tb@example.org", "\"a\x01\"@example.org", "a\x7f@example.org", "a\xc2\x85@example.org",
    "a\xff@example.org", "a@\xff.example", "a b@example.org", "a,b@example.org", "a;b@example.org",
    "a(c)@example.org", "a:b@example.org", "a\\b@example.org", "a@b@example.org", "\"\"",
    "\"a@example.org", "\"a\\\"@example.org", "\"a\"b@example.org", "a\"b\"@example.org",
    "a@exa$mple.org", "a@exa*mple.org", "a@[", "a@[]", "a@[192.0.2.1", "a@[192.0.2.1]x",
    "a@[999.0.2.1]", "a@[IPv6:xyz]", "a@[plain]", "a@[:x]", "a@[a:b c]", "a@[a:[b]",
    "a@\xe2\x84\x80.example",
    "a@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.org"};

START_TEST(what_is_no_address_is_refused)
{
	struct address address = ADDRESS_INIT;
	struct error err = ERROR_INIT;

	ck_assert_msg(address_parse(refused[_i], &address, &err) == -1, "%s", refused[_i]);
	ck_assert_int_eq(err.code, ERROR_INPUT);
	ck_assert_ptr_null(address.text);
}
END_TEST

START_TEST(address_of_10_kb_is_beyond_the_limit)
{
	static char longer[10241];
	struct address address = ADDRESS_INIT;
	struct error err = ERROR_INIT;

	memset(longer, 'a', sizeof(longer) - 1);
	memcpy(longer + 5000, "@", 1);
	ck_assert_int_eq(address_parse(longer, &address, &err), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
}
END_TEST

static struct address
parsed(const char *text)
{
	struct address address = ADDRESS_INIT;
	struct error err = ERROR_INIT;

	ck_assert_msg(address_parse(text, &address, &err) == 0, "%s: %s", text, err.text);
	return address;
}

static const struct {
	const char *a;
	const char *b;
	bool equal;
	bool equal_exactly;
} comparisons[] = {
    {"alice@example.org", "alice@EXAMPLE.org", true, true},
    {"alice@example.org", "Alice@example.org", true, false},
    {"alice@example.org", "\"alice\"@example.org", true, true},
    {"alice@example.org", "alice@example.com", false, false},
    {"alice@example.org", "bob@example.org", false, false},
    {"\"a b\"@example.org", "ab@example.org", false, false},
    {"J\xc3\x9cRG@example.org", "j\xc3\xbcrg@example.org", true, false},
    {"ju\xcc\x88rg@example.org", "j\xc3\xbcrg@example.org", true, false},
    /* Sharp s, long s, a ligature, the Turkish I: other letters, perhaps other people's. */
    {"stra\xc3\x9f"
     "e@example.org",
	"strasse@example.org", false, false},
    {"\xc5\xbftrasse@example.org", "strasse@example.org", false, false},
    {"o\xef\xac\x83"
     "ce@example.org",
	"office@example.org", false, false},
    {"\xc4\xb0nes@example.org", "ines@example.org", false, false},
    {"a@b\xc3\xbc"
     "cher.example",
	"a@xn--bcher-kva.example", true, true},
    {"a@[IPv6:::1]", "a@[ipv6:0:0:0:0:0:0:0:1]", true, true},
    {"<>", "", true, true},
    {"<>", "a@example.org", false, false},
    {"postmaster", "postmaster@example.org", false, false},
};

START_TEST(equality_leaves_case_of_the_local_part_to_policy)
{
	struct address a = parsed(comparisons[_i].a);
	struct address b = parsed(comparisons[_i].b);

	ck_assert_int_eq(address_equal(&a, &b, false), comparisons[_i].equal);
	ck_assert_int_eq(address_equal(&b, &a, false), comparisons[_i].equal);
	ck_assert_int_eq(address_equal(&a, &b, true), comparisons[_i].equal_exactly);
	ck_assert_int_eq(strcmp(a.text, b.text) == 0, comparisons[_i].equal_exactly);
	address_free(&a);
	address_free(&b);
}
END_TEST

START_TEST(copy_is_independent_and_null_is_known)
{
	struct address a = parsed("\"a b\"@example.org");
	struct address null = parsed("<>");
	struct address copy = ADDRESS_INIT;

	ck_assert_int_eq(address_copy(&a, &copy, NULL), 0);
	address_free(&a);
	address_free(&a);
	ck_assert_str_eq(copy.text, "\"a b\"@example.org");
	ck_assert_str_eq(copy.local, "a b");
	ck_assert(!address_is_null(&copy));
	ck_assert(address_is_null(&null));
	address_free(&copy);
	address_free(&null);
	address_free(NULL);
}
END_TEST

static const struct {
	const char *address;
	const char *unicode;
} unicodes[] = {
    {"a@xn--bcher-kva.example", "b\xc3\xbc"
				"cher.example"},
    {"a@example.org", NULL},
    {"a@xn--zzzzzzz99999.example", NULL},
    {"a@my_host.example", NULL},
    {"a@[192.0.2.1]", NULL},
    {"postmaster", NULL},
    {"<>", NULL},
};

START_TEST(unicode_domain_is_given_where_it_differs)
{
	struct address address = parsed(unicodes[_i].address);
	struct error err = ERROR_INIT;
	char *out = NULL;

	ck_assert_int_eq(address_unicode_domain(&address, &out, &err), 0);
	if (unicodes[_i].unicode == NULL)
		ck_assert_ptr_null(out);
	else
		ck_assert_str_eq(out, unicodes[_i].unicode);
	free(out);
	address_free(&address);
}
END_TEST

static const struct {
	const char *pattern;
	const char *address;
	bool matches;
} patterns[] = {
    {"user@example.org", "user@example.org", true},
    {"user@example.org", "USER@Example.org", true},
    {"user@example.org", "user2@example.org", false},
    /* One mailbox to an MTA that folds all that Unicode does. */
    {"strasse@example.org",
	"STRA\xc3\x9f"
	"E@example.org",
	true},
    {"user@example.org", "<>", false},
    {"\"a b\"@example.org", "\"a b\"@example.org", true},
    {"@example.org", "any@example.org", true},
    {"@Example.org.", "any@example.org", true},
    {"@example.org", "any@sub.example.org", false},
    {"@example.org", "any@notexample.org", false},
    {"@example.org", "<>", false},
    {"@example.org", "postmaster", false},
    {"@.example.org", "any@sub.example.org", true},
    {"@.example.org", "any@a.b.example.org", true},
    {"@.example.org", "any@example.org", false},
    {"@.example.org", "any@badexample.org", false},
    {"@.example.org", "<>", false},
    {"@b\xc3\xbc"
     "cher.example",
	"a@xn--bcher-kva.example", true},
    {"@xn--bcher-kva.example",
	"a@b\xc3\xbc"
	"cher.example",
	true},
    {"@[192.0.2.1]", "a@[192.0.2.1]", true},
    {"<>", "<>", true},
    {"<>", "", true},
    {"<>", "a@example.org", false},
    {"<>", "postmaster", false},
    {"*", "a@example.org", true},
    {"*", "postmaster", true},
    {"*", "<>", false},
};

START_TEST(pattern_matches_what_it_says)
{
	struct address address = parsed(patterns[_i].address);
	struct address_pattern pattern;
	struct error err = ERROR_INIT;

	ck_assert_msg(
	    address_pattern_parse(patterns[_i].pattern, &pattern, &err) == 0, "%s", err.text);
	ck_assert_str_eq(pattern.text, patterns[_i].pattern);
	ck_assert_int_eq(address_pattern_matches(&pattern, &address), patterns[_i].matches);
	address_pattern_free(&pattern);
	address_free(&address);
}
END_TEST

static const struct {
	const char *pattern;
	const char *says;
} no_patterns[] = {
    {"", NULL},
    {"example.org", "has no domain"},
    {"postmaster", "has no domain"},
    {"*@example.org", "is written \"@example.org\""},
    {"@", "not a domain"},
    {"@.", "not a domain"},
    {"@exa mple.org", "not a domain"},
    {"@..example.org", "not a domain"},
    {"user@", "not a domain"},
    {"a b@example.org", "not a mail address"},
};

START_TEST(pattern_that_can_never_match_is_refused)
{
	struct address_pattern pattern;
	struct error err = ERROR_INIT;

	ck_assert_int_eq(address_pattern_parse(no_patterns[_i].pattern, &pattern, &err), -1);
	ck_assert_int_eq(err.code, ERROR_INPUT);
	if (no_patterns[_i].says != NULL)
		ck_assert_msg(strstr(err.text, no_patterns[_i].says) != NULL, "%s", err.text);
}
END_TEST

static const struct {
	const char *pattern;
	const char *normal;
	const char *domain;
	bool covers;
} domains[] = {
    {"*", "*", "example.org", true},
    {"Example.ORG", "example.org", "example.org", true},
    {"example.org", "example.org", "sub.example.org", false},
    {".example.org", ".example.org", "sub.example.org", true},
    {".example.org", ".example.org", "example.org", false},
    {".example.org", ".example.org", "badexample.org", false},
    {".B\xc3\xbc"
     "cher.example",
	".xn--bcher-kva.example", "a.xn--bcher-kva.example", true},
    {"example.org", "example.org", "", false},
};

START_TEST(domain_pattern_covers_itself_or_what_is_below)
{
	struct error err = ERROR_INIT;
	char *pattern;

	ck_assert_int_eq(address_domain_parse(domains[_i].pattern, &pattern, &err), 0);
	ck_assert_str_eq(pattern, domains[_i].normal);
	ck_assert_int_eq(address_domain_covers(pattern, domains[_i].domain), domains[_i].covers);
	free(pattern);
}
END_TEST

START_TEST(domain_is_covered_by_any_of_the_patterns)
{
	char one[] = "example.org";
	char below[] = ".example.net";
	char all[] = "*";
	char *mixed[] = {one, below, all};

	ck_assert(address_domain_is_covered("example.org", mixed, 2));
	ck_assert(address_domain_is_covered("a.example.net", mixed, 2));
	ck_assert(!address_domain_is_covered("example.net", mixed, 2));
	ck_assert(!address_domain_is_covered("", mixed, 2));
	ck_assert(address_domain_is_covered("", mixed, 3));
	ck_assert(!address_domain_is_covered("example.org", mixed, 0));
	ck_assert(!address_domain_is_covered("example.org", NULL, 0));
}
END_TEST

static const char *const no_domains[] = {
    "", ".", "..", "@example.org", "a b", "*.example.org", "exa\nmple", ".[192.0.2.1]", "\xff"};

START_TEST(what_is_no_domain_is_refused)
{
	struct error err = ERROR_INIT;
	char *pattern = NULL;

	ck_assert_int_eq(address_domain_parse(no_domains[_i], &pattern, &err), -1);
	ck_assert_int_eq(err.code, ERROR_INPUT);
}
END_TEST

#define LOOP(tcase, test, table) tcase_add_loop_test(tcase, test, 0, (int)ARRAY_LENGTH(table))

static const struct {
	const char *argument;
	const char *path;
} arguments[] = {
    {"<anna@example.org>", "<anna@example.org>"},
    {"<anna@example.org> SIZE=100 BODY=8BITMIME", "<anna@example.org>"},
    {"anna@example.org SIZE=100", "anna@example.org"},
    {"<\"a> b\"@example.org> SIZE=1", "<\"a> b\"@example.org>"},
    {"<\"a\\\"> b\"@example.org> X", "<\"a\\\"> b\"@example.org>"},
    {"\"a b\"@example.org NOTIFY=NEVER", "\"a b\"@example.org"},
    {"<> SIZE=5", "<>"},
    {"<broken", "<broken"},
    {"", ""},
};

START_TEST(esmtp_parameters_behind_the_path_are_left_off)
{
	ck_assert_uint_eq(address_path_length(arguments[_i].argument), strlen(arguments[_i].path));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("address");
	TCase *tcase = unit_case(suite, "address");

	LOOP(tcase, address_has_one_canonical_form, accepted);
	LOOP(tcase, what_is_no_address_is_refused, refused);
	tcase_add_test(tcase, address_of_10_kb_is_beyond_the_limit);
	LOOP(tcase, equality_leaves_case_of_the_local_part_to_policy, comparisons);
	tcase_add_test(tcase, copy_is_independent_and_null_is_known);
	LOOP(tcase, unicode_domain_is_given_where_it_differs, unicodes);
	LOOP(tcase, pattern_matches_what_it_says, patterns);
	LOOP(tcase, pattern_that_can_never_match_is_refused, no_patterns);
	LOOP(tcase, domain_pattern_covers_itself_or_what_is_below, domains);
	tcase_add_test(tcase, domain_is_covered_by_any_of_the_patterns);
	LOOP(tcase, what_is_no_domain_is_refused, no_domains);
	LOOP(tcase, esmtp_parameters_behind_the_path_are_left_off, arguments);
	return unit_run(suite);
}
