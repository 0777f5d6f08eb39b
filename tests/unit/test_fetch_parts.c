/* What a fetcher is made of: which addresses and URLs pass, what is remembered, who has a turn. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "fetch/failures.h"
#include "fetch/guard.h"
#include "fetch/pace.h"
#include "fetch/url.h"
#include "unit.h"

static const struct networks none = {NULL, 0};

static int
judge(const char *text, const struct networks *allow, struct error *err)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return guard_address((const struct sockaddr *)&in, sizeof(in), allow, err);
	ck_assert_msg(inet_pton(AF_INET6, text, &in6.sin6_addr) == 1, "%s", text);
	return guard_address((const struct sockaddr *)&in6, sizeof(in6), allow, err);
}

/* Each network by its first and last address, and what stands right before and behind it; NULL
 * where that is another refused network. */
static const struct {
	const char *before;
	const char *first;
	const char *last;
	const char *behind;
	const char *words;
} refused[] = {
    {NULL, "0.0.0.0", "0.255.255.255", "1.0.0.0", "is this machine's own (RFC 1122)"},
    {"9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0", "is private (RFC 1918)"},
    {"100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0", "(RFC 6598)"},
    {"126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0", "loopback (RFC 1122)"},
    {"168.63.129.15", "168.63.129.16", "168.63.129.16", "168.63.129.17", "platform service"},
    {"169.253.255.255", "169.254.0.0", "169.254.169.253", NULL, "link-local (RFC 3927)"},
    {NULL, "169.254.169.254", "169.254.169.254", NULL, "a cloud's metadata service"},
    {NULL, "169.254.169.255", "169.254.255.255", "169.255.0.0", "link-local (RFC 3927)"},
    {"172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0", "private (RFC 1918)"},
    {"191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0", "protocols (RFC 6890)"},
    {"192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0", "documentation (RFC 5737)"},
    {"192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0", "(RFC 7526)"},
    {"192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0", "(RFC 1918)"},
    {"198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0", "(RFC 2544)"},
    {"198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0", "(RFC 5737)"},
    {"203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0", "(RFC 5737)"},
    {"223.255.255.255", "224.0.0.0", "239.255.255.255", NULL, "multicast (RFC 5771)"},
    {NULL, "240.0.0.0", "255.255.255.254", NULL, "reserved (RFC 1112)"},
    {NULL, "255.255.255.255", "255.255.255.255", NULL, "broadcast (RFC 919)"},
    {NULL, "::", "::", NULL, "unspecified"},
    {NULL, "::1", "::1", NULL, "loopback (RFC 4291)"},
    {NULL, "::2", "::ffff:ffff", NULL, "v4-compatible"},
    {NULL, "::7f00:1", "::808:808", NULL, "v4-compatible"},
    {NULL, "::1:0:0", "::fffe:ffff:ffff", NULL, "not given out"},
    {"::ffff:9.255.255.255", "::ffff:10.0.0.0", "::ffff:10.255.255.255", "::ffff:11.0.0.0",
	"is private (RFC 1918)"},
    {"::ffff:126.255.255.255", "::ffff:127.0.0.1", "::ffff:127.0.0.1", "::ffff:128.0.0.0",
	"loopback (RFC 1122)"},
    {NULL, "::ffff:0:0:0", "::ffff:0:ffff:ffff", NULL, "v4-translated"},
    {NULL, "64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff", "64:ff9a::", NULL, "not given out"},
    {"64:ff9b::9.255.255.255", "64:ff9b::10.0.0.0", "64:ff9b::10.255.255.255", "64:ff9b::11.0.0.0",
	"64:ff9b::a"},
    {"64:ff9b::169.253.0.1", "64:ff9b::169.254.169.254", "64:ff9b::169.254.169.254",
	"64:ff9b::169.255.0.1", "metadata"},
    {NULL, "64:ff9b:0:0:0:1::", "64:ff9b:0:ffff::", NULL, "not given out"},
    {NULL, "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", NULL, "local NAT64"},
    {NULL, "100::", "100::ffff:ffff:ffff:ffff", NULL, "for discarding"},
    {NULL, "100:0:0:1::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	"2000::", "not given out for the Internet"},
    {"2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff",
	NULL, "a Teredo tunnel"},
    {NULL, "2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", NULL, "for benchmarks (RFC 5180)"},
    {NULL, "2001:2:1::", "2001:f:ffff::", NULL, "for protocols (RFC 2928)"},
    {NULL, "2001:10::", "2001:1f:ffff::", NULL, "(RFC 4843)"},
    {NULL, "2001:20::", "2001:2f:ffff::", NULL, "(RFC 7343)"},
    {NULL, "2001:30::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::", "(RFC 2928)"},
    {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::",
	"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::", "documentation (RFC 3849)"},
    {"2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	"2003::", "a 6to4 tunnel"},
    {"3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
	"3fff:1000::", "(RFC 9637)"},
    {"3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "4000::", "5eff:ffff::", NULL, "not given out"},
    {NULL, "5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, "segment routing"},
    {NULL, "5f01::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, "not given out"},
    {NULL, "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, "private (RFC 4193)"},
    {NULL, "fd00:ec2::254", "fd00:ec2::254", NULL, "a cloud's metadata service"},
    {NULL, "fd00:ec2::253", "fd00:ec2::255", NULL, "private (RFC 4193)"},
    {NULL, "fe00::", "fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, "not given out"},
    {NULL, "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, "link-local"},
    {NULL, "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, "site-local"},
    {NULL, "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, "multicast"},
};

static void
expect_refused(const char *address, const char *words)
{
	struct error err = ERROR_INIT;

	ck_assert_msg(judge(address, &none, &err) == -1, "%s passes", address);
	ck_assert_int_eq(err.code, ERROR_PERMANENT);
	ck_assert_msg(strstr(err.text, words) != NULL, "said: %s", err.text);
	ck_assert_msg(strncmp(err.text, address, 2) == 0, "said: %s", err.text);
}

static void
expect_passed(const char *address)
{
	struct error err = ERROR_INIT;

	if (address != NULL)
		ck_assert_msg(judge(address, &none, &err) == 0, "%s", err.text);
}

START_TEST(addresses_beyond_the_public_internet_are_refused_to_their_borders)
{
	expect_passed(refused[_i].before);
	expect_refused(refused[_i].first, refused[_i].words);
	expect_refused(refused[_i].last, refused[_i].words);
	expect_passed(refused[_i].behind);
}
END_TEST

static const char *const public[] = {"8.8.8.8", "1.1.1.1", "192.0.78.1", "223.255.255.255",
    "2606:4700::1111", "2a00::", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"};

START_TEST(public_addresses_pass)
{
	expect_passed(public[_i]);
}
END_TEST

START_TEST(what_is_allowed_passes_and_no_more)
{
	struct network items[2] = {{.bits = 96 + 16}, {.bits = 16}};
	const struct networks allow = {items, 2};
	struct error err = ERROR_INIT;

	inet_pton(AF_INET6, "::ffff:10.1.0.0", &items[0].address);
	inet_pton(AF_INET6, "fd01::", &items[1].address);
	ck_assert_int_eq(judge("10.1.2.3", &allow, &err), 0);
	ck_assert_int_eq(judge("::ffff:10.1.2.3", &allow, &err), 0);
	ck_assert_int_eq(judge("10.0.255.255", &allow, &err), -1);
	ck_assert_int_eq(judge("10.2.0.0", &allow, &err), -1);
	ck_assert_int_eq(judge("fd01::1", &allow, &err), 0);
	ck_assert_int_eq(judge("fd02::1", &allow, &err), -1);
	/* By the way of a translator it is another address, to be listed as such. */
	ck_assert_int_eq(judge("64:ff9b::10.1.2.3", &allow, &err), -1);
	ck_assert_int_eq(judge("8.8.8.8", &allow, &err), 0);
}
END_TEST

START_TEST(other_kinds_of_addresses_are_refused)
{
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct error err = ERROR_INIT;

	ck_assert_int_eq(
	    guard_address((const struct sockaddr *)&local, sizeof(local), &none, &err), -1);
	inet_pton(AF_INET, "8.8.8.8", &in.sin_addr);
	ck_assert_int_eq(guard_address((const struct sockaddr *)&in, 4, &none, &err), -1);
	ck_assert_int_eq(guard_address((const struct sockaddr *)&in, sizeof(in), &none, &err), 0);
}
END_TEST

static char port_80[] = "80";
static char port_8080[] = "8080";
static char *port_items[] = {port_80, port_8080};
static const struct strings ports = {port_items, 2};

static const struct {
	const char *url;
	const char *host;
	int port;
	bool numeric;
	const char *text; /* NULL: as it was written */
} good_urls[] = {
    {"http://ca.example/a.crt", "ca.example", 80, false, NULL},
    {"http://ca.example:8080/a.crt", "ca.example", 8080, false, NULL},
    {"HTTP://CA.Example/A.crt?x=1&y", "ca.example", 80, false, "http://CA.Example/A.crt?x=1&y"},
    {"http://ca.example", "ca.example", 80, false, "http://ca.example/"},
    {"http://ca.example:80", "ca.example", 80, false, "http://ca.example:80/"},
    {"http://a_b-c.example/%20%2f", "a_b-c.example", 80, false, NULL},
    {"http://192.0.2.1/", "192.0.2.1", 80, true, NULL},
    {"http://[2001:DB8::1]/", "[2001:db8::1]", 80, true, NULL},
    {"http://[::ffff:127.0.0.1]/", "[::ffff:127.0.0.1]", 80, true, NULL},
    {"http://ca.example/a/../b", "ca.example", 80, false, "http://ca.example/b"},
    {"http://ca.example/?http://user@x", "ca.example", 80, false, NULL},
    /* As connect() would take them: the guard sees what they are. */
    {"http://2130706433/", "127.0.0.1", 80, true, "http://127.0.0.1/"},
    {"http://0x7f.1/", "127.0.0.1", 80, true, "http://127.0.0.1/"},
    {"http://0177.0.0.1/", "127.0.0.1", 80, true, "http://127.0.0.1/"},
};

START_TEST(urls_of_plain_http_are_taken_apart)
{
	struct error err = ERROR_INIT;
	struct url url;
	char place[100];

	ck_assert_msg(url_parse(good_urls[_i].url, &ports, &url, &err) == 0, "%s", err.text);
	ck_assert_str_eq(url.host, good_urls[_i].host);
	ck_assert_int_eq(url.port, good_urls[_i].port);
	ck_assert_int_eq(url.numeric, good_urls[_i].numeric);
	snprintf(place, sizeof(place), "%s:%d", url.host, url.port);
	ck_assert_str_eq(url.place, place);
	if (good_urls[_i].text != NULL)
		ck_assert_str_eq(url.text, good_urls[_i].text);
	url_free(&url);
}
END_TEST

static const struct {
	const char *url;
	const char *words;
} bad_urls[] = {
    {"", "only http"},
    {"ca.example/a", "only http"},
    {"//ca.example/a", "only http"},
    {"https://ca.example/a", "https is not asked: the certificate of its server"},
    {"HTTPS://ca.example/a", "https is not asked"},
    {"ldap:///CN=x", "only http"},
    {"ftp://ca.example/", "only http"},
    {"file:///etc/passwd", "only http"},
    {"gopher://ca.example:80/x", "only http"},
    {"http:/ca.example/", "only http"},
    {"http:ca.example/", "only http"},
    {"http:\\\\ca.example/", "only http"},
    {"http:///ca.example/", "names no host"},
    {"http://", "not a URL"},
    {"http:///", "names no host"},
    {"http://?a", "not a URL"},
    {"http://:80/", "not a URL"},
    {"http://user@ca.example/", "user name"},
    {"http://user:word@ca.example/", "user name"},
    {"http://@ca.example/", "user name"},
    {"http://ca.example@10.0.0.1/", "user name"},
    {"http://ca.example\\@10.0.0.1/", "user name"},
    {"http://ca.example\\.x/", "not a URL"},
    {"http://ca.example/a#b", "fragment"},
    {"http://ca.example#@x/", "fragment"},
    {"http://ca.example:81/", "port 81 is not in fetch-ports"},
    {"http://ca.example:443/", "port 443"},
    {"http://ca.example:0/", "port 0 is not in fetch-ports"},
    {"http://ca.example:65616/", "not a URL"}, /* 80 in 16 bits */
    {"http://ca.example:-80/", "not a URL"},
    {"http://ca.example:8 0/", "characters"},
    {"http://ca.example/a b", "characters"},
    {"http://ca.example/\r\nX: y", "characters"},
    {"http://ca.example/\t", "characters"},
    {" http://ca.example/", "characters"},
    {"http://ca.example/\xc3\xa9", "characters"},
    {"http://\xc3\xa9.example/", "characters"},
    {"http://ca.example/\x7f", "characters"},
    {"http://ca.example./", "neither a name nor an address"},
    {"http://.ca.example/", "neither a name nor an address"},
    {"http://ca..example/", "neither a name nor an address"},
    {"http://-ca.example/", "neither a name nor an address"},
    {"http://ca-.example/", "neither a name nor an address"},
    {"http://ca!.example/", "not a URL"},
    {"http://ca%2eexample%00/", "percent-encoded"},
    {"http://0x7f000%301/", "percent-encoded"},
    {"http://*/", "not a URL"},
    {"http://1.2.3.4.5/", "neither a name nor an address"},
    {"http://256.1.1.1/", "neither a name nor an address"},
    {"http://ca.example.1/", "neither a name nor an address"},
    {"http://[fe80::1%25eth0]/", "percent-encoded"},
    {"http://[fe80::1%eth0]/", "percent-encoded"},
    {"http://[::1/", "not a URL"},
    {"http://[]/", "not a URL"},
    {"http://[v1.a]/", "not a URL"},
    {"http://[127.0.0.1]/", "not a URL"},
};

START_TEST(other_urls_are_refused)
{
	struct error err = ERROR_INIT;
	struct url url;

	ck_assert_msg(url_parse(bad_urls[_i].url, &ports, &url, &err) == -1, "%s is taken: host %s",
	    bad_urls[_i].url, url.host);
	ck_assert_int_eq(err.code, ERROR_INPUT);
	ck_assert_msg(strstr(err.text, bad_urls[_i].words) != NULL, "%s: said: %s",
	    bad_urls[_i].url, err.text);
	ck_assert_ptr_null(url.text);
}
END_TEST

START_TEST(long_urls_and_names_are_refused)
{
	struct error err = ERROR_INIT;
	struct url url;
	char text[URL_MAX + 2] = "http://ca.example/";

	memset(text + strlen(text), 'a', URL_MAX - strlen(text));
	ck_assert_msg(url_parse(text, &ports, &url, &err) == 0, "%s", err.text);
	url_free(&url);
	text[URL_MAX] = 'a';
	ck_assert_int_eq(url_parse(text, &ports, &url, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "longer than 1024"));

	memset(text, 0, sizeof(text));
	strcpy(text, "http://");
	memset(text + 7, 'a', 63);
	ck_assert_msg(url_parse(text, &ports, &url, &err) == 0, "%s", err.text);
	url_free(&url);
	text[7 + 63] = 'a';
	ck_assert_int_eq(url_parse(text, &ports, &url, &err), -1);
	memset(text + 7, 'a', 254);
	for (size_t i = 7 + 1; i < 7 + 254; i += 2)
		text[i] = '.';
	ck_assert_int_eq(url_parse(text, &ports, &url, &err), -1);
	text[7 + 253] = '\0';
	ck_assert_msg(url_parse(text, &ports, &url, &err) == 0, "%s", err.text);
	url_free(&url);
}
END_TEST

static bool
remembers(struct failures *failures, const char *key, int64_t now_ms, const char *text)
{
	struct error err = ERROR_INIT;

	if (!failures_get(failures, key, strlen(key), now_ms, &err))
		return false;
	ck_assert_str_eq(err.text, text);
	return true;
}

static void
remember(struct failures *failures, const char *key, int64_t now_ms, const char *text)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_TEMPORARY, "%s", text);
	failures_put(failures, key, strlen(key), now_ms, &err);
}

START_TEST(failures_are_remembered_for_their_time)
{
	struct failures *failures = failures_new(10, 1000, NULL);

	remember(failures, "a", 0, "first");
	ck_assert(remembers(failures, "a", 999, "first"));
	ck_assert(!remembers(failures, "b", 0, ""));
	ck_assert(!remembers(failures, "a", 1000, ""));
	ck_assert_uint_eq(failures_count(failures), 0);
	remember(failures, "a", 1000, "second");
	remember(failures, "a", 1500, "third");
	ck_assert_uint_eq(failures_count(failures), 1);
	ck_assert(remembers(failures, "a", 2499, "third"));
	ck_assert(!remembers(failures, "a", 2500, ""));
	failures_free(failures);
}
END_TEST

START_TEST(the_oldest_failure_goes_first)
{
	struct failures *failures = failures_new(2, 1000, NULL);

	remember(failures, "a", 0, "a");
	remember(failures, "b", 1, "b");
	remember(failures, "a", 2, "again");
	remember(failures, "c", 3, "c");
	ck_assert(!remembers(failures, "b", 3, ""));
	ck_assert(remembers(failures, "a", 3, "again"));
	ck_assert(remembers(failures, "c", 3, "c"));
	ck_assert_uint_eq(failures_count(failures), 2);
	failures_free(failures);
}
END_TEST

START_TEST(without_a_life_time_nothing_is_remembered)
{
	struct failures *failures = failures_new(2, 0, NULL);

	remember(failures, "a", 0, "a");
	ck_assert(!remembers(failures, "a", 0, ""));
	failures_free(failures);
}
END_TEST

START_TEST(a_host_has_so_many_at_a_time)
{
	const struct pace_limits limits = {100, 1000, 10};
	struct pace *pace = pace_new(&limits, NULL);

	ck_assert_int_eq(pace_begin(pace, "a", 2, 0), 0);
	ck_assert_int_eq(pace_begin(pace, "a", 2, 0), 0);
	ck_assert_int_eq(pace_begin(pace, "a", 2, 0), -1);
	ck_assert_int_eq(pace_begin(pace, "b", 2, 0), 0);
	pace_end(pace, "a");
	ck_assert_int_eq(pace_begin(pace, "a", 2, 0), 0);
	ck_assert_int_eq(pace_begin(pace, "a", 2, 5000), -1);
	pace_free(pace);
}
END_TEST

START_TEST(a_host_has_so_many_in_a_period)
{
	const struct pace_limits limits = {2, 1000, 10};
	struct pace *pace = pace_new(&limits, NULL);

	for (int64_t now = 500; now < 5000; now += 1000) {
		for (int i = 0; i < 2; i++) {
			ck_assert_int_eq(pace_begin(pace, "a", 2, now), 0);
			pace_end(pace, "a");
		}
		ck_assert_int_eq(pace_begin(pace, "a", 2, now), 1000);
		ck_assert_int_eq(pace_begin(pace, "a", 2, now + 999), 1);
	}
	pace_free(pace);
}
END_TEST

START_TEST(many_hosts_keep_no_further_one_waiting)
{
	const struct pace_limits limits = {2, 1000, 2};
	struct pace *pace = pace_new(&limits, NULL);

	ck_assert_int_eq(pace_begin(pace, "a", 2, 0), 0);
	ck_assert_int_eq(pace_begin(pace, "b", 2, 0), 0);
	ck_assert_int_gt(pace_begin(pace, "c", 2, 0), 0);
	/* What has nothing under way is forgotten; what has is counted to its end. */
	pace_end(pace, "b");
	ck_assert_int_eq(pace_begin(pace, "c", 2, 0), 0);
	ck_assert_int_gt(pace_begin(pace, "b", 2, 0), 0);
	ck_assert_int_eq(pace_begin(pace, "a", 2, 0), 0);
	ck_assert_int_eq(pace_begin(pace, "a", 2, 0), -1);
	pace_free(pace);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("fetch parts");
	TCase *tcase = unit_case(suite, "guard");

	tcase_add_loop_test(tcase,
	    addresses_beyond_the_public_internet_are_refused_to_their_borders, 0,
	    (int)ARRAY_LENGTH(refused));
	tcase_add_loop_test(tcase, public_addresses_pass, 0, (int)ARRAY_LENGTH(public));
	tcase_add_test(tcase, what_is_allowed_passes_and_no_more);
	tcase_add_test(tcase, other_kinds_of_addresses_are_refused);
	tcase = unit_case(suite, "url");
	tcase_add_loop_test(
	    tcase, urls_of_plain_http_are_taken_apart, 0, (int)ARRAY_LENGTH(good_urls));
	tcase_add_loop_test(tcase, other_urls_are_refused, 0, (int)ARRAY_LENGTH(bad_urls));
	tcase_add_test(tcase, long_urls_and_names_are_refused);
	tcase = unit_case(suite, "failures");
	tcase_add_test(tcase, failures_are_remembered_for_their_time);
	tcase_add_test(tcase, the_oldest_failure_goes_first);
	tcase_add_test(tcase, without_a_life_time_nothing_is_remembered);
	tcase = unit_case(suite, "pace");
	tcase_add_test(tcase, a_host_has_so_many_at_a_time);
	tcase_add_test(tcase, a_host_has_so_many_in_a_period);
	tcase_add_test(tcase, many_hosts_keep_no_further_one_waiting);
	return unit_run(suite);
}
