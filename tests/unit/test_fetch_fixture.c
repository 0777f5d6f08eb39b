/* Host names are looked up in this file, not in the DNS. */
#include "test_fetch.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <event2/thread.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>

#include "fetch/startup.h"

#define OK(body) "HTTP/1.1 200 OK\r\n\r\n" body
#define MOVED(status, location)                                                                    \
	"HTTP/1.1 " status " Moved\r\nContent-Length: 0\r\nSet-Cookie: a=b\r\nLocation: " location \
	"\r\n\r\n"
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

struct config config;
struct network loopback;
char port_text[10];
static char other_port[] = "80";
static char *port_items[] = {port_text, other_port};
static struct event_base *base;
struct http_server *server;
const struct http_seen *seen;
struct fetcher *fetcher;
struct fetch_statistics counts;

/* The look-ups: those of "slow…" wait until they are let go. */
static pthread_mutex_t dns_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t dns_changed = PTHREAD_COND_INITIALIZER;
static bool dns_free;
int dns_waiting;
int dns_asked;

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

void
test_fetch_free_dns(void)
{
	pthread_mutex_lock(&dns_mutex);
	dns_free = true;
	pthread_cond_broadcast(&dns_changed);
	while (dns_waiting > 0)
		pthread_cond_wait(&dns_changed, &dns_mutex);
	pthread_mutex_unlock(&dns_mutex);
}

int
test_fetch_dns_count(const int *what)
{
	int count;

	pthread_mutex_lock(&dns_mutex);
	count = *what;
	pthread_mutex_unlock(&dns_mutex);
	return count;
}

void
test_fetch_start_fetcher(void)
{
	struct error err = ERROR_INIT;

	fetcher = fetcher_new(&config, base, &err);
	ck_assert_msg(fetcher != NULL, "%s", err.text);
}

void
test_fetch_setup(void)
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
	test_fetch_start_fetcher();
}

void
test_fetch_teardown(void)
{
	fetcher_free(fetcher);
	test_fetch_free_dns();
	http_server_free(server);
	event_base_free(base);
	ck_assert_int_eq(config.references, 1);
	fetch_shutdown();
}

const char *
test_fetch_url_of(const char *host, const char *path)
{
	static char url[600];

	snprintf(url, sizeof(url), "http://%s:%s%s", host, port_text, path);
	return url;
}

void
test_fetch_on_answer(void *context, struct fetch_body *body, long status, const struct error *err)
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
		test_fetch_start(asker->restarts, test_fetch_url_of("127.0.0.1", "/good"));
}

void
test_fetch_start_request(struct asker *asker, const struct fetch_request *request)
{
	struct error err = ERROR_INIT;

	asker->fetch = fetch_start(fetcher, request, test_fetch_on_answer, asker, &err);
	ck_assert_msg(asker->fetch != NULL, "%s", err.text);
	ck_assert_int_eq(asker->answers, 0);
}

struct fetch_request
test_fetch_request_for(const char *url)
{
	struct fetch_request request = {
	    .url = url, .most = MOST, .deadline_ms = clock_monotonic_ms() + PATIENCE};

	return request;
}

void
test_fetch_start(struct asker *asker, const char *url)
{
	struct fetch_request request = test_fetch_request_for(url);

	memset(asker, 0, sizeof(*asker));
	test_fetch_start_request(asker, &request);
}

void
test_fetch_start_of(struct asker *asker, const char *url, const char *owner)
{
	struct fetch_request request = test_fetch_request_for(url);

	memset(asker, 0, sizeof(*asker));
	request.owner = owner;
	test_fetch_start_request(asker, &request);
}

void
test_fetch_turn(void)
{
	static const struct timeval moment = {0, 10000};

	event_base_loopexit(base, &moment);
	event_base_loop(base, EVLOOP_ONCE);
	fetcher_statistics(fetcher, &counts);
}

void
test_fetch_forget(struct asker *asker)
{
	fetch_body_unref(asker->body);
	asker->body = NULL;
}

void
test_fetch_ask(struct asker *asker, const char *url)
{
	test_fetch_start(asker, url);
	UNTIL(asker->answers > 0);
	ck_assert_int_eq(asker->answers, 1);
	ck_assert_uint_eq(counts.running + counts.waiting + counts.requests, 0);
}

void
test_fetch_expect_body(struct asker *asker, const char *text)
{
	ck_assert_int_eq(asker->answers, 1);
	ck_assert_msg(asker->body != NULL, "%s", asker->error.text);
	ck_assert_int_eq(asker->status, 200);
	ck_assert_uint_eq(asker->body->size, strlen(text));
	ck_assert_str_eq((const char *)asker->body->bytes, text);
	ck_assert_int_eq(asker->body->bytes[asker->body->size], 0);
	test_fetch_forget(asker);
}

void
test_fetch_expect_error(struct asker *asker, enum error_code code, const char *words)
{
	ck_assert_int_eq(asker->answers, 1);
	ck_assert_ptr_null(asker->body);
	ck_assert_msg(strncmp(asker->error.text, "http://", 7) == 0, "%s", asker->error.text);
	ck_assert_msg(strstr(asker->error.text, words) != NULL, "said: %s\nnot: %s",
	    asker->error.text, words);
	ck_assert_msg(asker->error.code == code, "%d: %s", asker->error.code, asker->error.text);
}

void
test_fetch_expect_refusal(const char *url, enum error_code code, const char *words)
{
	struct fetch_request request = test_fetch_request_for(url);
	struct asker asker = {0};

	ck_assert_ptr_null(
	    fetch_start(fetcher, &request, test_fetch_on_answer, &asker, &asker.error));
	asker.answers = 1;
	test_fetch_expect_error(&asker, code, words);
}

void
test_fetch_ask_path(struct asker *asker, const char *path)
{
	test_fetch_ask(asker, test_fetch_url_of("127.0.0.1", path));
}

TCase *
test_fetch_case(Suite *suite, const char *name)
{
	TCase *tcase = unit_case(suite, name);

	tcase_add_checked_fixture(tcase, test_fetch_setup, test_fetch_teardown);
	tcase_set_timeout(tcase, 60);
	return tcase;
}
