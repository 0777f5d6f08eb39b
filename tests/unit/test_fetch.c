/* Fetching from a scripted server: what comes of each kind of answer, what is never asked, and that
 * each asker gets one answer at most. Host names are looked up in this file, not in the DNS. */
#include <arpa/inet.h>
#include <event2/event.h>
#include <event2/thread.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "fetch/fetch.h"
#include "fetch/startup.h"
#include "http_server.h"
#include "unit.h"

/* Long enough for anything to happen that is to happen, milliseconds. */
#define PATIENCE 20000
#define MOST 1000

#define OK(body) "HTTP/1.1 200 OK\r\n\r\n" body
#define MOVED(status, location)                                                                    \
	"HTTP/1.1 " status " Moved\r\nContent-Length: 0\r\nSet-Cookie: a=b\r\nLocation: " location \
	"\r\n\r\n"
#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define THOUSAND HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED
#define LENGTH(number) "HTTP/1.1 200 OK\r\nContent-Length: " number "\r\n\r\n"

static const struct http_route routes[] = {
    {"/good", HTTP_REPLY, LENGTH("4") "good"},
    {"/held", HTTP_HOLD, LENGTH("4") "good"},
    {"/unsized", HTTP_REPLY, OK("good")},
    {"/chunked", HTTP_HOLD,
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\ngo\r\n2\r\nod\r\n0\r\n\r\n"},
    {"/trailed", HTTP_HOLD,
	"HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	"4\r\ngood\r\n0\r\nA: b\r\n\r\n"},
    {"/empty", HTTP_HOLD, LENGTH("0")},
    {"/packed", HTTP_REPLY,
	"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Encoding: gzip\r\n\r\ngood"},
    {"/most", HTTP_REPLY, LENGTH("1000") THOUSAND},
    {"/most-unsized", HTTP_REPLY, OK(THOUSAND)},
    {"/more", HTTP_HOLD, LENGTH("1001")},
    {"/more-unsized", HTTP_REPLY, OK(THOUSAND "x")},
    {"/more-chunked", HTTP_HOLD,
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" THOUSAND "\r\n1\r\nx"},
    {"/flood", HTTP_FLOOD, OK("")},
    {"/header-flood", HTTP_FIELDS, "HTTP/1.1 200 OK\r\n"},
    {"/line-flood", HTTP_FLOOD, "HTTP/1.1 200 OK\r\nA: "},
    {"/interim-flood", HTTP_REPEAT, "HTTP/1.1 100 Go on\r\n\r\n"},
    {"/trailer-flood", HTTP_FIELDS,
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"},
    {"/short", HTTP_REPLY, LENGTH("100") "x"},
    {"/cut", HTTP_REPLY, "HTTP/1.1 200 OK\r\nContent-Le"},
    {"/hang-up", HTTP_HANG_UP, NULL},
    {"/silent", HTTP_SILENT, NULL},
    {"/drip", HTTP_DRIP, OK("")},
    {"/header-drip", HTTP_DRIP, "HTTP/1.1 200 OK\r\nA: "},
    {"/started", HTTP_HOLD, LENGTH("100") "x"},
    {"/old", HTTP_REPLY, "no header"},
    {"/204", HTTP_HOLD, "HTTP/1.1 204 No Content\r\n\r\n"},
    {"/206", HTTP_REPLY, "HTTP/1.1 206 Partial\r\nContent-Length: 1\r\n\r\nx"},
    {"/304", HTTP_HOLD, "HTTP/1.1 304 Not Modified\r\n\r\n"},
    {"/401", HTTP_HOLD, "HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\r\n"},
    {"/404", HTTP_FLOOD, "HTTP/1.1 404 Not Found\r\n\r\n"},
    {"/429", HTTP_HOLD, "HTTP/1.1 429 Slow Down\r\n\r\n"},
    {"/500", HTTP_FLOOD, "HTTP/1.1 500 Trouble\r\n\r\n"},
    {"/301", HTTP_HOLD, MOVED("301", "/good")},
    {"/302", HTTP_HOLD, MOVED("302", "good")},
    {"/307", HTTP_HOLD, MOVED("307", "/303")},
    {"/303", HTTP_HOLD, MOVED("303", "/308")},
    {"/308", HTTP_HOLD, MOVED("308", "/good")},
    {"/4-times", HTTP_HOLD, MOVED("301", "/307")},
    {"/loop", HTTP_HOLD, MOVED("302", "/loop")},
    {"/to-host", HTTP_HOLD, MOVED("302", "http://other.example/good")},
    {"/to-other-address", HTTP_HOLD, MOVED("302", "http://127.0.0.2/good")},
    {"/to-port", HTTP_HOLD, MOVED("302", "http://127.0.0.1/good")},
    {"/to-https", HTTP_HOLD, MOVED("302", "https://127.0.0.1/good")},
    {"/to-file", HTTP_HOLD, MOVED("302", "file:///etc/passwd")},
    {"/to-user", HTTP_HOLD, MOVED("302", "http://user@127.0.0.1/good")},
    {"/to-flood", HTTP_FLOOD, "HTTP/1.1 302 Moved\r\nLocation: /good\r\n\r\n"},
    {"/no-location", HTTP_HOLD, "HTTP/1.1 302 Moved\r\nContent-Length: 0\r\n\r\n"},
    {NULL, HTTP_REPLY, NULL},
};

/* What came to one asker. */
struct asker {
	struct fetch *fetch;
	int answers;
	struct fetch_body *body;
	long status;
	struct error error;
	struct asker *cancels; /* another, when the answer comes */
	struct asker *restarts;
};

static struct config config;
static struct network loopback;
static char port_text[10];
static char other_port[] = "80";
static char *port_items[] = {port_text, other_port};
static struct event_base *base;
static struct http_server *server;
static const struct http_seen *seen;
static struct fetcher *fetcher;
static struct fetch_statistics counts;

/* The look-ups: those of "slow…" wait until they are let go. */
static pthread_mutex_t dns_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t dns_changed = PTHREAD_COND_INITIALIZER;
static bool dns_free;
static int dns_waiting;
static int dns_asked;

static const struct {
	const char *host;
	const char *addresses[3];
} hosts[] = {
    {"good.example", {"127.0.0.1"}},
    {"many.example", {"10.0.0.1", "::1", "127.0.0.1"}},
    {"private.example", {"10.0.0.1", "fd00::1"}},
    {"metadata.example", {"169.254.169.254"}},
    {"mapped.example", {"::ffff:127.0.0.1"}},
    {"dead.example", {"127.0.0.99"}},
    {"localhost", {"127.0.0.1"}},
};

static struct addrinfo *
make_address(const char *text, struct addrinfo *next)
{
	struct addrinfo *info = calloc(1, sizeof(*info) + sizeof(struct sockaddr_in6));
	struct sockaddr_in *in = (struct sockaddr_in *)(void *)(info + 1);
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)(void *)(info + 1);

	info->ai_next = next;
	info->ai_addr = (struct sockaddr *)(void *)(info + 1);
	info->ai_family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
	if (info->ai_family == AF_INET)
		inet_pton(AF_INET, text, &in->sin_addr);
	else
		inet_pton(AF_INET6, text, &in6->sin6_addr);
	info->ai_addr->sa_family = (sa_family_t)info->ai_family;
	return info;
}

int
getaddrinfo(const char *name, const char *service UNUSED, const struct addrinfo *hints UNUSED,
    struct addrinfo **found)
{
	size_t i;
	int k;

	pthread_mutex_lock(&dns_mutex);
	dns_asked++;
	if (strncmp(name, "slow", 4) == 0) {
		dns_waiting++;
		while (!dns_free)
			pthread_cond_wait(&dns_changed, &dns_mutex);
		dns_waiting--;
		pthread_cond_broadcast(&dns_changed);
	}
	pthread_mutex_unlock(&dns_mutex);
	*found = NULL;
	if (strncmp(name, "host", 4) == 0)
		*found = make_address("127.0.0.1", NULL);
	for (i = 0; i < ARRAY_LENGTH(hosts); i++)
		if (strcmp(hosts[i].host, name) == 0)
			for (k = 2; k >= 0; k--)
				if (hosts[i].addresses[k] != NULL)
					*found = make_address(hosts[i].addresses[k], *found);
	return *found != NULL ? 0 : strcmp(name, "again.example") == 0 ? EAI_AGAIN : EAI_NONAME;
}

void
freeaddrinfo(struct addrinfo *info)
{
	struct addrinfo *next;

	for (; info != NULL; info = next) {
		next = info->ai_next;
		free(info);
	}
}

/* Lets all look-ups go and waits until they have. */
static void
free_dns(void)
{
	pthread_mutex_lock(&dns_mutex);
	dns_free = true;
	pthread_cond_broadcast(&dns_changed);
	while (dns_waiting > 0)
		pthread_cond_wait(&dns_changed, &dns_mutex);
	pthread_mutex_unlock(&dns_mutex);
}

static int
dns_count(const int *what)
{
	int count;

	pthread_mutex_lock(&dns_mutex);
	count = *what;
	pthread_mutex_unlock(&dns_mutex);
	return count;
}

static void
start_fetcher(void)
{
	struct error err = ERROR_INIT;

	fetcher = fetcher_new(&config, base, &err);
	ck_assert_msg(fetcher != NULL, "%s", err.text);
}

static void
setup(void)
{
	struct error err = ERROR_INIT;

	ck_assert_int_eq(evthread_use_pthreads(), 0);
	ck_assert_msg(fetch_startup(&err) == 0, "%s", err.text);
	base = event_base_new();
	server = http_server_new(base, routes);
	seen = http_server_seen(server);
	snprintf(port_text, sizeof(port_text), "%d", http_server_port(server));
	inet_pton(AF_INET6, "::ffff:127.0.0.0", &loopback.address);
	loopback.bits = 96 + 8;
	config.references = 1; /* ours: it is never freed */
	config.fetch = true;
	config.fetch_ports = (struct strings){port_items, 2};
	config.fetch_allow = (struct networks){&loopback, 1};
	config.fetch_timeout = PATIENCE;
	config.fetch_retry = 300000;
	start_fetcher();
}

static void
teardown(void)
{
	fetcher_free(fetcher);
	free_dns();
	http_server_free(server);
	event_base_free(base);
	ck_assert_int_eq(config.references, 1);
	fetch_shutdown();
}

static const char *
url_of(const char *host, const char *path)
{
	static char url[600];

	snprintf(url, sizeof(url), "http://%s:%s%s", host, port_text, path);
	return url;
}

static void start(struct asker *asker, const char *url);

static void
on_answer(void *context, struct fetch_body *body, long status, const struct error *err)
{
	struct asker *asker = context;

	asker->answers++;
	asker->fetch = NULL;
	asker->body = body;
	asker->status = status;
	asker->error = *err;
	if (asker->cancels != NULL) {
		fetch_cancel(asker->cancels->fetch);
		asker->cancels->fetch = NULL;
	}
	if (asker->restarts != NULL)
		start(asker->restarts, url_of("127.0.0.1", "/good"));
}

static void
start_request(struct asker *asker, const struct fetch_request *request)
{
	struct error err = ERROR_INIT;

	asker->fetch = fetch_start(fetcher, request, on_answer, asker, &err);
	ck_assert_msg(asker->fetch != NULL, "%s", err.text);
	ck_assert_int_eq(asker->answers, 0);
}

static struct fetch_request
request_for(const char *url)
{
	struct fetch_request request = {
	    .url = url, .most = MOST, .deadline_ms = clock_monotonic_ms() + PATIENCE};

	return request;
}

static void
start(struct asker *asker, const char *url)
{
	struct fetch_request request = request_for(url);

	memset(asker, 0, sizeof(*asker));
	start_request(asker, &request);
}

/* For an owner; the others have none. */
static void
start_of(struct asker *asker, const char *url, const char *owner)
{
	struct fetch_request request = request_for(url);

	memset(asker, 0, sizeof(*asker));
	request.owner = owner;
	start_request(asker, &request);
}

/* Runs the loop until a count is reached. */
#define UNTIL(condition)                                                                         \
	do {                                                                                     \
		int64_t end = clock_monotonic_ms() + PATIENCE;                                   \
                                                                                                 \
		fetcher_statistics(fetcher, &counts);                                            \
		while (!(condition)) {                                                           \
			ck_assert_msg(clock_monotonic_ms() < end, "never came: %s", #condition); \
			turn();                                                                  \
		}                                                                                \
		fetcher_statistics(fetcher, &counts);                                            \
	} while (0)

/* Once round the loop, at most a moment. */
static void
turn(void)
{
	static const struct timeval moment = {0, 10000};

	event_base_loopexit(base, &moment);
	event_base_loop(base, EVLOOP_ONCE);
	fetcher_statistics(fetcher, &counts);
}

static void
forget(struct asker *asker)
{
	fetch_body_unref(asker->body);
	asker->body = NULL;
}

static void
ask(struct asker *asker, const char *url)
{
	start(asker, url);
	UNTIL(asker->answers > 0);
	ck_assert_int_eq(asker->answers, 1);
	ck_assert_uint_eq(counts.running + counts.waiting + counts.requests, 0);
}

static void
expect_body(struct asker *asker, const char *text)
{
	ck_assert_int_eq(asker->answers, 1);
	ck_assert_msg(asker->body != NULL, "%s", asker->error.text);
	ck_assert_int_eq(asker->status, 200);
	ck_assert_uint_eq(asker->body->size, strlen(text));
	ck_assert_str_eq((const char *)asker->body->bytes, text);
	ck_assert_int_eq(asker->body->bytes[asker->body->size], 0);
	forget(asker);
}

static void
expect_error(struct asker *asker, enum error_code code, const char *words)
{
	ck_assert_int_eq(asker->answers, 1);
	ck_assert_ptr_null(asker->body);
	ck_assert_msg(strncmp(asker->error.text, "http://", 7) == 0, "%s", asker->error.text);
	ck_assert_msg(strstr(asker->error.text, words) != NULL, "said: %s\nnot: %s",
	    asker->error.text, words);
	ck_assert_msg(asker->error.code == code, "%d: %s", asker->error.code, asker->error.text);
}

/* Not even begun. */
static void
expect_refusal(const char *url, enum error_code code, const char *words)
{
	struct fetch_request request = request_for(url);
	struct asker asker = {0};

	ck_assert_ptr_null(fetch_start(fetcher, &request, on_answer, &asker, &asker.error));
	asker.answers = 1;
	expect_error(&asker, code, words);
}

static void
ask_path(struct asker *asker, const char *path)
{
	ask(asker, url_of("127.0.0.1", path));
}

static const struct {
	const char *path;
	const char *body;
} good[] = {
    {"/good", "good"},
    {"/held", "good"},
    {"/unsized", "good"},
    {"/chunked", "good"},
    {"/trailed", "good"},
    {"/empty", ""},
    {"/packed", "good"}, /* not asked for, not unpacked */
    {"/most", THOUSAND},
    {"/most-unsized", THOUSAND},
    {"/301", "good"},
    {"/302", "good"},
    {"/307", "good"},
};

START_TEST(a_good_answer_comes_whole)
{
	struct asker asker;

	ask_path(&asker, good[_i].path);
	expect_body(&asker, good[_i].body);
	ck_assert_int_eq(asker.error.code, ERROR_NONE);
	ck_assert_uint_eq(counts.failures, 0);
	UNTIL(seen->open == 0); /* no connection is kept */
}
END_TEST

static const struct {
	const char *path;
	enum error_code code;
	long status;
	const char *words;
} bad[] = {
    {"/nothing", ERROR_PERMANENT, 404, "status 404"},
    {"/404", ERROR_PERMANENT, 404, "status 404"},
    {"/401", ERROR_PERMANENT, 401, "status 401"},
    {"/429", ERROR_TEMPORARY, 429, "status 429"},
    {"/500", ERROR_TEMPORARY, 500, "status 500"},
    {"/204", ERROR_PERMANENT, 204, "status 204"},
    {"/206", ERROR_PERMANENT, 206, "status 206"},
    {"/304", ERROR_PERMANENT, 304, "status 304"},
    {"/no-location", ERROR_PERMANENT, 302, "status 302"},
    {"/more", ERROR_LIMIT, 200, "larger than 1000 bytes"},
    {"/more-unsized", ERROR_LIMIT, 200, "larger than 1000 bytes"},
    {"/more-chunked", ERROR_LIMIT, 200, "larger than 1000 bytes"},
    {"/flood", ERROR_LIMIT, 200, "larger than 1000 bytes"},
    {"/header-flood", ERROR_LIMIT, 200, "header is larger than 16384 bytes"},
    {"/line-flood", ERROR_TEMPORARY, 200, "no memory for the answer's header"},
    {"/interim-flood", ERROR_LIMIT, 100, "header is larger than 16384 bytes"},
    {"/trailer-flood", ERROR_LIMIT, 200, "header is larger than 16384 bytes"},
    {"/to-flood", ERROR_LIMIT, 302, "larger than 1000 bytes"},
    {"/short", ERROR_TEMPORARY, 200, "ends the connection too early"},
    {"/cut", ERROR_TEMPORARY, 200, "too early"},
    {"/hang-up", ERROR_TEMPORARY, 0, "ends the connection too early"},
    {"/old", ERROR_PERMANENT, 0, "not a good answer"},
    {"/4-times", ERROR_PERMANENT, 308, "more than 3 redirects"},
    {"/loop", ERROR_PERMANENT, 302, "more than 3 redirects"},
    {"/to-host", ERROR_INPUT, 302, "another host or port (http://other.example/good)"},
    {"/to-other-address", ERROR_INPUT, 302, "another host or port (http://127.0.0.2/good)"},
    {"/to-port", ERROR_INPUT, 302, "another host or port (http://127.0.0.1/good)"},
    {"/to-https", ERROR_INPUT, 302, "redirects to https://127.0.0.1/good: https is not asked"},
    {"/to-file", ERROR_INPUT, 302, "only http is asked"},
    {"/to-user", ERROR_INPUT, 302, "user name"},
};

START_TEST(a_bad_answer_is_told_and_remembered)
{
	struct asker asker;
	char url[600];
	size_t requests;

	snprintf(url, sizeof(url), "%s", url_of("127.0.0.1", bad[_i].path));
	ask(&asker, url);
	expect_error(&asker, bad[_i].code, bad[_i].words);
	ck_assert_msg(strncmp(asker.error.text, url, strlen(url)) == 0, "%s", asker.error.text);
	ck_assert_int_eq(asker.status, bad[_i].status);
	UNTIL(seen->open == 0);
	ck_assert_int_eq(dns_asked, 0);

	requests = seen->requests;
	expect_refusal(url, bad[_i].code, "not asked again within fetch-retry: ");
	expect_refusal(url, bad[_i].code, bad[_i].words);
	ask_path(&asker, "/good"); /* the host is not to blame */
	expect_body(&asker, "good");
	clock_advance_monotonic(config.fetch_retry);
	ask(&asker, url);
	ck_assert_uint_gt(seen->requests, requests + 1);
}
END_TEST

START_TEST(the_request_says_nothing_but_what_it_must)
{
	struct asker asker;
	char expected[200];

	/* What the environment says counts for nothing. */
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("HTTP_PROXY", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	setenv("all_proxy", "socks5://127.0.0.1:1", 1);
	ask_path(&asker, "/302"); /* sets a cookie on the way */
	expect_body(&asker, "good");
	snprintf(expected, sizeof(expected),
	    "GET /good HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nUser-Agent: smime-milter\r\n"
	    "Accept: */*\r\n\r\n",
	    port_text);
	ck_assert_str_eq(seen->last, expected);
	ck_assert_uint_eq(seen->requests, 2);
}
END_TEST

static struct fetch_request
post_for(const char *path, const void *body, size_t size)
{
	struct fetch_request request = request_for(url_of("127.0.0.1", path));

	request.post = body;
	request.post_size = size;
	request.post_type = "application/ocsp-request";
	return request;
}

START_TEST(a_body_is_posted_with_its_type)
{
	struct fetch_request request = post_for("/308", "a\0b", 3);
	struct asker asker = {0};

	start_request(&asker, &request);
	UNTIL(asker.answers > 0);
	expect_body(&asker, "good");
	ck_assert_uint_eq(seen->requests, 2);
	ck_assert_ptr_nonnull(strstr(seen->last, "POST /good HTTP/1.1\r\n"));
	ck_assert_ptr_nonnull(strstr(seen->last, "Content-Type: application/ocsp-request\r\n"));
	ck_assert_ptr_nonnull(strstr(seen->last, "Content-Length: 3\r\n"));
	ck_assert_ptr_null(strstr(seen->last, "Expect"));
	ck_assert_int_eq(memcmp(strstr(seen->last, "\r\n\r\n"), "\r\n\r\na\0b", 7), 0);
}
END_TEST

START_TEST(a_post_is_not_made_a_get_by_a_redirect)
{
	struct fetch_request request = post_for("/302", "abc", 3);
	struct asker asker = {0};

	start_request(&asker, &request);
	UNTIL(asker.answers > 0);
	expect_error(&asker, ERROR_PERMANENT, "status 302");
	ck_assert_uint_eq(seen->requests, 1);
}
END_TEST

START_TEST(requests_that_can_not_be_are_refused)
{
	static const char large[FETCH_BODY_MAX + 1];
	struct fetch_request request = post_for("/good", large, sizeof(large));
	struct error err = ERROR_INIT;

	ck_assert_ptr_null(fetch_start(fetcher, &request, on_answer, NULL, &err));
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	request = post_for("/good", "a", 1);
	request.post_type = "a/b\r\nX: y";
	ck_assert_ptr_null(fetch_start(fetcher, &request, on_answer, NULL, &err));
	ck_assert_int_eq(err.code, ERROR_INTERNAL);
	request = request_for(url_of("127.0.0.1", "/good"));
	request.most = 0;
	ck_assert_ptr_null(fetch_start(fetcher, &request, on_answer, NULL, &err));
	ck_assert_int_eq(err.code, ERROR_INTERNAL);
	expect_refusal("http://127.0.0.1:81/", ERROR_INPUT, "port 81 is not in fetch-ports");
	ck_assert_uint_eq(seen->connections, 0);
}
END_TEST

START_TEST(switched_off_nothing_is_asked)
{
	config.fetch = false;
	expect_refusal(url_of("127.0.0.1", "/good"), ERROR_PERMANENT, "fetch = no");
	turn();
	ck_assert_uint_eq(seen->connections, 0);
	ck_assert_int_eq(dns_asked, 0);
}
END_TEST

/* Before any packet: the server sees none. */
static const struct {
	const char *host;
	const char *words;
} forbidden[] = {
    {"127.0.0.1", "127.0.0.1 is loopback (RFC 1122): not connected to unless fetch-allow"},
    {"[::ffff:127.0.0.1]", "::ffff:127.0.0.1 is loopback"},
    {"[::1]", "::1 is loopback"},
    {"2130706433", "127.0.0.1 is loopback"},
    {"localhost", "127.0.0.1 is loopback"},
    {"good.example", "127.0.0.1 is loopback"},
    {"mapped.example", "::ffff:127.0.0.1 is loopback"},
    {"private.example", "is private"},
    {"many.example", "is "},
    {"metadata.example", "169.254.169.254 is a cloud's metadata service"},
    {"10.1.2.3", "10.1.2.3 is private"},
};

START_TEST(addresses_that_are_not_public_are_never_connected_to)
{
	struct asker asker;

	config.fetch_allow.count = 0;
	ask(&asker, url_of(forbidden[_i].host, "/good"));
	expect_error(&asker, ERROR_PERMANENT, forbidden[_i].words);
	turn();
	ck_assert_uint_eq(seen->connections, 0);
	expect_refusal(url_of(forbidden[_i].host, "/other"), ERROR_PERMANENT, "not asked again");
}
END_TEST

START_TEST(of_many_addresses_those_that_pass_are_tried)
{
	struct asker asker;

	ask(&asker, url_of("many.example", "/good"));
	expect_body(&asker, "good");
	ck_assert_ptr_nonnull(strstr(seen->last, "\r\nHost: many.example:"));
	ask(&asker, url_of("mapped.example", "/302"));
	expect_body(&asker, "good");
}
END_TEST

START_TEST(a_host_that_does_not_listen_is_left_alone_as_a_whole)
{
	struct asker asker;
	struct asker waiting[FETCH_HOST_RUNNING_MAX + 5];
	size_t i;
	char path[20];

	ask(&asker, url_of("dead.example", "/a"));
	expect_error(&asker, ERROR_TEMPORARY, "can't connect: Connection refused");
	expect_refusal(url_of("dead.example", "/b"), ERROR_TEMPORARY, "not asked again");
	clock_advance_monotonic(config.fetch_retry);
	for (i = 0; i < ARRAY_LENGTH(waiting); i++) {
		snprintf(path, sizeof(path), "/%zu", i);
		start(&waiting[i], url_of("dead.example", path));
	}
	/* Those that had to wait are not tried once the first ones have failed. */
	UNTIL(counts.requests == 0);
	for (i = 0; i < ARRAY_LENGTH(waiting); i++)
		expect_error(&waiting[i], ERROR_TEMPORARY,
		    i < FETCH_HOST_RUNNING_MAX ? "can't connect" : "not asked again within");
}
END_TEST

START_TEST(hosts_that_are_not_found_are_told_and_remembered)
{
	struct asker asker;

	ask(&asker, url_of("nobody.example", "/a"));
	expect_error(&asker, ERROR_PERMANENT, "there is no such host");
	ask(&asker, url_of("again.example", "/a"));
	expect_error(&asker, ERROR_TEMPORARY, "can't be looked up");
	expect_refusal(url_of("nobody.example", "/b"), ERROR_PERMANENT, "not asked again");
	expect_refusal(url_of("again.example", "/b"), ERROR_TEMPORARY, "not asked again");
	ck_assert_int_eq(dns_asked, 2);
}
END_TEST

START_TEST(a_look_up_that_hangs_holds_up_nobody)
{
	struct asker slow;
	struct asker asker;

	config.fetch_timeout = 300;
	start(&slow, url_of("slow.example", "/a"));
	start(&asker, url_of("slow2.example", "/a"));
	UNTIL(asker.answers > 0);
	expect_error(&asker, ERROR_TEMPORARY, "no answer within fetch-timeout");
	UNTIL(slow.answers > 0);
	config.fetch_timeout = PATIENCE;
	start(&slow, url_of("slow3.example", "/a"));
	UNTIL(dns_count(&dns_waiting) == 3);
	start(&asker, url_of("127.0.0.1", "/302"));
	UNTIL(asker.answers > 0);
	expect_body(&asker, "good");
	/* teardown() frees the fetcher before it lets the look-ups go: that waits for none. */
}
END_TEST

START_TEST(an_answer_of_the_dns_that_nobody_wants_is_dropped)
{
	struct asker asker;

	start(&asker, url_of("slow.example", "/a"));
	UNTIL(dns_count(&dns_waiting) == 1);
	fetch_cancel(asker.fetch);
	free_dns();
	turn();
	ck_assert_int_eq(asker.answers, 0);
	/* And one that comes just before it is taken back. */
	start(&asker, url_of("good.example", "/a"));
	UNTIL(counts.running == 1);
	while (dns_count(&dns_asked) < 2)
		;
	fetch_cancel(asker.fetch);
	turn();
	ck_assert_int_eq(asker.answers, 0);
	ck_assert_uint_eq(seen->connections, 0);
}
END_TEST

START_TEST(look_ups_that_hang_are_bounded_and_leave_room_for_other_owners)
{
	static struct asker askers[FETCH_LOOKUPS_MAX + 1];
	struct asker other;
	char host[48];
	size_t i;

	config.fetch_timeout = 100;
	for (i = 0; i < ARRAY_LENGTH(askers); i++) {
		snprintf(host, sizeof(host), "slow%zu.example", i);
		start(&askers[i], url_of(host, "/a"));
	}
	/* They are late and given up, but hang all the same: of this owner no more begin. */
	UNTIL(dns_count(&dns_waiting) == FETCH_LOOKUPS_MAX / 2 && counts.running == 0);
	ck_assert_uint_eq(counts.lookups, FETCH_LOOKUPS_MAX / 2);
	ck_assert_uint_eq(counts.waiting, ARRAY_LENGTH(askers) - FETCH_LOOKUPS_MAX / 2);
	config.fetch_timeout = PATIENCE;
	start_of(&other, url_of("good.example", "/good"), "other");
	UNTIL(other.answers > 0);
	expect_body(&other, "good");
	ck_assert_int_eq(dns_count(&dns_waiting), FETCH_LOOKUPS_MAX / 2);
	free_dns();
	/* One that hung may end after the last request has. */
	UNTIL(counts.requests == 0 && counts.lookups == 0);
}
END_TEST

static const char *const slow_paths[] = {"/drip", "/header-drip", "/silent", "/started"};

START_TEST(a_slow_server_is_given_up)
{
	struct asker asker;

	config.fetch_timeout = 1000;
	ask_path(&asker, slow_paths[_i]);
	expect_error(&asker, ERROR_TEMPORARY, "too slowly: less than 100 bytes a second");
	UNTIL(seen->open == 0);
	expect_refusal(url_of("127.0.0.1", slow_paths[_i]), ERROR_TEMPORARY, "too slowly");
}
END_TEST

START_TEST(at_its_deadline_the_asker_is_answered)
{
	struct fetch_request request = request_for(url_of("127.0.0.1", slow_paths[_i]));
	struct asker asker = {0};

	request.deadline_ms = clock_monotonic_ms() + 100;
	start_request(&asker, &request);
	UNTIL(asker.answers > 0);
	expect_error(&asker, ERROR_TEMPORARY, "no whole answer in time");
	UNTIL(seen->open == 0);
	/* It was the asker's impatience: the next may ask. */
	ck_assert_uint_eq(counts.failures, 0);
	request.deadline_ms = 0;
	memset(&asker, 0, sizeof(asker));
	start_request(&asker, &request);
	UNTIL(asker.answers > 0);
	ck_assert_int_eq(asker.error.code, ERROR_TEMPORARY);
}
END_TEST

START_TEST(what_had_its_time_is_remembered_when_nobody_waits_any_more)
{
	struct asker asker;

	start(&asker, url_of("127.0.0.1", "/silent"));
	UNTIL(seen->requests == 1);
	clock_advance_monotonic(config.fetch_timeout);
	fetch_cancel(asker.fetch);
	expect_refusal(url_of("127.0.0.1", "/silent"), ERROR_TEMPORARY, "no whole answer in time");
	ck_assert_int_eq(asker.answers, 0);
}
END_TEST

START_TEST(one_transfer_serves_all_who_ask_for_the_same)
{
	struct asker askers[5];
	struct asker other = {0};
	struct fetch_request request;
	int i;

	for (i = 0; i < 5; i++)
		start(&askers[i], url_of("127.0.0.1", i == 4 ? "/unsized" : "/good"));
	request = request_for(url_of("127.0.0.1", "/good"));
	request.most = 10; /* another limit: another question */
	start_request(&other, &request);
	fetch_cancel(askers[0].fetch);
	askers[2].cancels = &askers[3];
	UNTIL(counts.requests == 0);
	ck_assert_int_eq(askers[0].answers, 0);
	ck_assert_int_eq(askers[3].answers, 0);
	ck_assert_ptr_eq(askers[1].body, askers[2].body);
	expect_body(&askers[1], "good");
	expect_body(&askers[2], "good");
	expect_body(&askers[4], "good");
	expect_body(&other, "good");
	ck_assert_uint_eq(seen->requests, 3);
}
END_TEST

START_TEST(posts_of_different_bodies_are_different_questions)
{
	struct fetch_request first = post_for("/good", "a\0b", 3);
	struct fetch_request second = first;
	struct asker askers[4] = {{0}};

	second.post = "a\0c";
	start_request(&askers[0], &first);
	start_request(&askers[1], &second);
	start_request(&askers[2], &first);
	start(&askers[3], url_of("127.0.0.1", "/good"));
	UNTIL(counts.requests == 0);
	for (int i = 0; i < 4; i++)
		expect_body(&askers[i], "good");
	ck_assert_uint_eq(seen->requests, 3);
}
END_TEST

START_TEST(a_failure_under_one_limit_does_not_speak_for_another)
{
	struct fetch_request request = request_for(url_of("127.0.0.1", "/more-unsized"));
	struct asker asker;
	struct asker larger = {0};

	ask_path(&asker, "/more-unsized");
	expect_error(&asker, ERROR_LIMIT, "larger");
	request.most = 1001;
	start_request(&larger, &request);
	UNTIL(larger.answers > 0);
	expect_body(&larger, THOUSAND "x");
}
END_TEST

START_TEST(an_answer_may_start_what_it_answers)
{
	struct asker asker;
	struct asker again;

	start(&asker, url_of("127.0.0.1", "/good"));
	asker.restarts = &again;
	UNTIL(asker.answers > 0);
	UNTIL(again.answers > 0);
	expect_body(&asker, "good");
	expect_body(&again, "good");
	ck_assert_uint_eq(seen->requests, 2);
	start(&asker, url_of("127.0.0.1", "/404"));
	asker.restarts = &again;
	UNTIL(asker.answers > 0);
	UNTIL(again.answers > 0);
	expect_body(&again, "good");
}
END_TEST

/* What has been seen when it is taken back. */
enum stage { AT_ONCE, LOOKED_UP, RUNNING, CONNECTED, REQUESTED, STAGES };

START_TEST(what_was_taken_back_is_never_answered)
{
	struct asker asker;

	start(&asker,
	    _i == LOOKED_UP ? url_of("slow.example", "/a") : url_of("127.0.0.1", "/started"));
	if (_i == LOOKED_UP)
		UNTIL(dns_count(&dns_waiting) == 1);
	else if (_i == RUNNING)
		UNTIL(counts.running == 1);
	else if (_i == CONNECTED)
		UNTIL(seen->connections == 1);
	else if (_i == REQUESTED)
		UNTIL(seen->requests == 1);
	fetch_cancel(asker.fetch);
	fetcher_statistics(fetcher, &counts);
	ck_assert_uint_eq(counts.running + counts.waiting + counts.requests, 0);
	UNTIL(seen->open == 0);
	ask(&asker, url_of("127.0.0.1", "/good")); /* all works on */
	expect_body(&asker, "good");
}
END_TEST

START_TEST(a_fetcher_ends_with_all_that_is_under_way)
{
	struct asker askers[5];

	start(&askers[0], url_of("slow.example", "/a"));
	start(&askers[1], url_of("127.0.0.1", "/silent"));
	start(&askers[2], url_of("127.0.0.1", "/silent"));
	start(&askers[3], url_of("127.0.0.1", "/started"));
	UNTIL(seen->requests == 2 && dns_count(&dns_waiting) == 1);
	start(&askers[4], url_of("127.0.0.1", "/good"));
	fetcher_free(fetcher);
	fetcher = NULL;
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(askers[i].answers, 0);
	start_fetcher();
	ask(&askers[0], url_of("127.0.0.1", "/good"));
	expect_body(&askers[0], "good");
}
END_TEST

START_TEST(one_host_is_not_asked_too_much_at_a_time)
{
	struct asker askers[FETCH_HOST_RUNNING_MAX + 3];
	struct asker other;
	char path[20];
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(askers); i++) {
		snprintf(path, sizeof(path), "/silent?%zu", i);
		start(&askers[i], url_of("127.0.0.1", path));
	}
	start(&other, url_of("good.example", "/good")); /* passes those that wait */
	UNTIL(other.answers > 0 && seen->open == FETCH_HOST_RUNNING_MAX);
	expect_body(&other, "good");
	ck_assert_uint_eq(counts.running, FETCH_HOST_RUNNING_MAX);
	ck_assert_uint_eq(counts.waiting, 3);
	for (i = 0; i < 3; i++)
		fetch_cancel(askers[i].fetch);
	UNTIL(seen->requests == ARRAY_LENGTH(askers) + 1);
	ck_assert_uint_eq(counts.running, FETCH_HOST_RUNNING_MAX);
	ck_assert_uint_eq(counts.waiting, 0);
}
END_TEST

START_TEST(one_host_is_not_asked_too_much_in_a_time)
{
	static struct asker askers[FETCH_HOST_STARTS_MAX + 2];
	char path[20];
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(askers) - 1; i++) {
		snprintf(path, sizeof(path), "/good?%zu", i);
		start(&askers[i], url_of("127.0.0.1", path));
	}
	UNTIL(seen->requests == FETCH_HOST_STARTS_MAX && counts.requests == 1);
	turn();
	ck_assert_uint_eq(counts.waiting, 1);
	clock_advance_monotonic(FETCH_HOST_PERIOD);
	start(&askers[i], url_of("127.0.0.1", "/good"));
	UNTIL(counts.requests == 0);
	for (i = 0; i < ARRAY_LENGTH(askers); i++)
		expect_body(&askers[i], "good");
}
END_TEST

START_TEST(not_too_much_is_asked_at_a_time)
{
	static struct asker askers[FETCH_RUNNING_MAX + 1];
	char host[48];
	char owner[30];
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(askers); i++) {
		snprintf(host, sizeof(host), "slow%zu.example", i);
		snprintf(owner, sizeof(owner), "%zu", i);
		start_of(&askers[i], url_of(host, "/a"), owner);
	}
	UNTIL(dns_count(&dns_waiting) == FETCH_RUNNING_MAX);
	turn();
	ck_assert_uint_eq(counts.running, FETCH_RUNNING_MAX);
	ck_assert_uint_eq(counts.waiting, 1);
	free_dns();
	UNTIL(counts.requests == 0);
	for (i = 0; i < ARRAY_LENGTH(askers); i++)
		expect_error(&askers[i], ERROR_PERMANENT, "no such host");
}
END_TEST

static struct asker many[FETCH_REQUESTS_MAX];

/* So many requests of "evil", each to a host of its own that never answers. */
static void
start_silent(size_t count)
{
	char host[48];
	size_t i;

	for (i = 0; i < count; i++) {
		snprintf(host, sizeof(host), "host%zu.example", i);
		start_of(&many[i], url_of(host, "/silent"), "evil");
	}
}

START_TEST(two_hundred_silent_hosts_of_one_owner_keep_no_other_waiting)
{
	struct asker other;
	size_t i;

	config.fetch_timeout = 60000;
	start_silent(200);
	UNTIL(seen->requests == FETCH_RUNNING_MAX / 2);
	start_of(&other, url_of("good.example", "/good"), "other");
	UNTIL(other.answers > 0);
	expect_body(&other, "good");
	/* It was the next, before any of the others had ended. */
	ck_assert_uint_eq(seen->requests, FETCH_RUNNING_MAX / 2 + 1);
	for (i = 0; i < 200; i++)
		ck_assert_int_eq(many[i].answers, 0);
	ck_assert_uint_eq(counts.running, FETCH_RUNNING_MAX / 2);
	ck_assert_uint_eq(counts.waiting, 200 - FETCH_RUNNING_MAX / 2);
}
END_TEST

START_TEST(what_two_owners_want_does_not_wait_behind_all_that_one_wants)
{
	struct asker first;
	struct asker second;
	struct asker third;

	config.fetch_timeout = 60000;
	start_silent(100);
	start_of(&first, url_of("good.example", "/good"), "evil");
	UNTIL(seen->requests == FETCH_RUNNING_MAX / 2);
	ck_assert_int_eq(first.answers, 0);
	start_of(&second, url_of("good.example", "/good"), "other");
	UNTIL(second.answers > 0);
	ck_assert_ptr_eq(first.body, second.body);
	expect_body(&first, "good");
	expect_body(&second, "good");
	/* The same for one that another owner only waits for. */
	start_of(&third, url_of("good.example", "/302"), "evil");
	turn();
	ck_assert_uint_eq(seen->requests, FETCH_RUNNING_MAX / 2 + 1);
	fetch_share(third.fetch, "other");
	UNTIL(third.answers > 0);
	expect_body(&third, "good");
	ck_assert_uint_eq(counts.waiting, 100 - FETCH_RUNNING_MAX / 2);
}
END_TEST

START_TEST(an_owner_that_fills_its_share_is_refused_alone)
{
	struct fetch_request request;
	struct asker other;
	struct asker refused = {.answers = 1};

	config.fetch_timeout = 60000;
	start_silent(FETCH_FLIGHTS_MAX / 2);
	request = request_for(url_of("good.example", "/good"));
	ck_assert(!fetcher_has_room(fetcher, "evil"));
	ck_assert(fetcher_has_room(fetcher, "other"));
	request.owner = "evil";
	ck_assert_ptr_null(fetch_start(fetcher, &request, on_answer, NULL, &refused.error));
	expect_error(&refused, ERROR_LIMIT, "not asked: too much is being fetched");
	start_of(&other, request.url, "other");
	UNTIL(other.answers > 0);
	expect_body(&other, "good");
	fetch_cancel(many[0].fetch);
	ck_assert(fetcher_has_room(fetcher, "evil"));
}
END_TEST

START_TEST(a_host_that_was_silent_gets_short_probes_one_at_a_time)
{
	struct asker askers[3];
	char path[20];
	int i;

	config.fetch_timeout = 2000;
	ask(&askers[0], url_of("good.example", "/silent"));
	expect_error(&askers[0], ERROR_TEMPORARY, "too slowly");
	ck_assert_uint_eq(counts.silent, 1);
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "/silent?%d", i);
		start(&askers[i], url_of("good.example", path));
	}
	do {
		turn();
		ck_assert_uint_le(counts.running, 1);
	} while (counts.requests > 0);
	for (i = 0; i < 3; i++)
		expect_error(&askers[i], ERROR_TEMPORARY, "the server was silent before");
}
END_TEST

START_TEST(a_host_that_was_silent_is_as_any_other_once_it_answers)
{
	struct asker asker = {.body = NULL};
	char path[20];
	int i;

	config.fetch_timeout = 2000;
	ask(&asker, url_of("good.example", "/silent"));
	ck_assert_uint_eq(counts.silent, 1);
	/* More than once: on a busy machine the server may come too late. */
	for (i = 0; asker.body == NULL && i < 10; i++) {
		snprintf(path, sizeof(path), "/good?%d", i);
		ask(&asker, url_of("good.example", path));
	}
	expect_body(&asker, "good");
	ck_assert_uint_eq(counts.silent, 0);
}
END_TEST

START_TEST(a_host_that_begins_to_answer_is_not_taken_for_silent)
{
	struct asker asker;

	config.fetch_timeout = 1000;
	ask(&asker, url_of("good.example", "/started"));
	expect_error(&asker, ERROR_TEMPORARY, "too slowly");
	ck_assert_uint_eq(counts.silent, 0);
	ck_assert_uint_eq(counts.failures, 1);
}
END_TEST

START_TEST(what_waits_is_bounded)
{
	size_t i;

	start_silent(1);
	for (i = 1; i < FETCH_REQUESTS_MAX; i++)
		start(&many[i], url_of("host0.example", "/silent"));
	expect_refusal(url_of("host0.example", "/silent"), ERROR_LIMIT, "too much");
	for (i = 0; i < FETCH_REQUESTS_MAX; i++)
		fetch_cancel(many[i].fetch);
	ask(&many[0], url_of("127.0.0.1", "/good"));
	expect_body(&many[0], "good");
}
END_TEST

static void
add_answer_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, a_good_answer_comes_whole, 0, (int)ARRAY_LENGTH(good));
	tcase_add_loop_test(tcase, a_bad_answer_is_told_and_remembered, 0, (int)ARRAY_LENGTH(bad));
	tcase_add_test(tcase, the_request_says_nothing_but_what_it_must);
	tcase_add_test(tcase, a_body_is_posted_with_its_type);
	tcase_add_test(tcase, a_post_is_not_made_a_get_by_a_redirect);
	tcase_add_test(tcase, requests_that_can_not_be_are_refused);
	tcase_add_test(tcase, switched_off_nothing_is_asked);
	tcase_add_loop_test(tcase, a_slow_server_is_given_up, 0, (int)ARRAY_LENGTH(slow_paths));
}

static void
add_host_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, addresses_that_are_not_public_are_never_connected_to, 0,
	    (int)ARRAY_LENGTH(forbidden));
	tcase_add_test(tcase, of_many_addresses_those_that_pass_are_tried);
	tcase_add_test(tcase, a_host_that_does_not_listen_is_left_alone_as_a_whole);
	tcase_add_test(tcase, hosts_that_are_not_found_are_told_and_remembered);
	tcase_add_test(tcase, a_look_up_that_hangs_holds_up_nobody);
	tcase_add_test(tcase, an_answer_of_the_dns_that_nobody_wants_is_dropped);
	tcase_add_test(tcase, look_ups_that_hang_are_bounded_and_leave_room_for_other_owners);
}

static void
add_asker_tests(TCase *tcase)
{
	tcase_add_loop_test(
	    tcase, at_its_deadline_the_asker_is_answered, 0, (int)ARRAY_LENGTH(slow_paths));
	tcase_add_test(tcase, what_had_its_time_is_remembered_when_nobody_waits_any_more);
	tcase_add_test(tcase, one_transfer_serves_all_who_ask_for_the_same);
	tcase_add_test(tcase, posts_of_different_bodies_are_different_questions);
	tcase_add_test(tcase, a_failure_under_one_limit_does_not_speak_for_another);
	tcase_add_test(tcase, an_answer_may_start_what_it_answers);
	tcase_add_loop_test(tcase, what_was_taken_back_is_never_answered, 0, STAGES);
	tcase_add_test(tcase, a_fetcher_ends_with_all_that_is_under_way);
	tcase_add_test(tcase, one_host_is_not_asked_too_much_at_a_time);
	tcase_add_test(tcase, one_host_is_not_asked_too_much_in_a_time);
	tcase_add_test(tcase, not_too_much_is_asked_at_a_time);
	tcase_add_test(tcase, what_waits_is_bounded);
}

static void
add_owner_tests(TCase *tcase)
{
	tcase_add_test(tcase, two_hundred_silent_hosts_of_one_owner_keep_no_other_waiting);
	tcase_add_test(tcase, what_two_owners_want_does_not_wait_behind_all_that_one_wants);
	tcase_add_test(tcase, an_owner_that_fills_its_share_is_refused_alone);
	tcase_add_test(tcase, a_host_that_was_silent_gets_short_probes_one_at_a_time);
	tcase_add_test(tcase, a_host_that_was_silent_is_as_any_other_once_it_answers);
	tcase_add_test(tcase, a_host_that_begins_to_answer_is_not_taken_for_silent);
}

static TCase *
add_case(Suite *suite, const char *name)
{
	TCase *tcase = unit_case(suite, name);

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	return tcase;
}

int
main(void)
{
	Suite *suite = suite_create("fetch");

	add_answer_tests(add_case(suite, "answers"));
	add_host_tests(add_case(suite, "hosts"));
	add_asker_tests(add_case(suite, "askers"));
	add_owner_tests(add_case(suite, "owners"));
	return unit_run(suite);
}
