/* What the tests of fetching share: a scripted server, scripted look-ups of host names, and askers. */
#ifndef SMIME_TESTS_FETCH_H
#define SMIME_TESTS_FETCH_H

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "fetch/fetch.h"
#include "http_server.h"
#include "unit.h"

/* Long enough for anything to happen that is to happen, milliseconds. */
#define PATIENCE 20000
#define MOST 1000

#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define THOUSAND HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED

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

extern struct config config;
extern struct http_server *server;
extern const struct http_seen *seen;
extern struct fetcher *fetcher;
extern struct fetch_statistics counts;
extern int dns_waiting;
extern int dns_asked;
extern struct network loopback;
extern char port_text[10];

/* Takes an answer for the asker that is its context. */
fetch_answer test_fetch_on_answer;

void test_fetch_setup(void);
void test_fetch_teardown(void);

/* Lets all look-ups go and waits until they have. */
void test_fetch_free_dns(void);

int test_fetch_dns_count(const int *what);

void test_fetch_start_fetcher(void);

const char *test_fetch_url_of(const char *host, const char *path);

void test_fetch_start_request(struct asker *asker, const struct fetch_request *request);

struct fetch_request test_fetch_request_for(const char *url);

void test_fetch_start(struct asker *asker, const char *url);

/* For an owner; the others have none. */
void test_fetch_start_of(struct asker *asker, const char *url, const char *owner);

/* Once round the loop, at most a moment. */
void test_fetch_turn(void);

void test_fetch_forget(struct asker *asker);

void test_fetch_ask(struct asker *asker, const char *url);

void test_fetch_expect_body(struct asker *asker, const char *text);

void test_fetch_expect_error(struct asker *asker, enum error_code code, const char *words);

/* Not even begun. */
void test_fetch_expect_refusal(const char *url, enum error_code code, const char *words);

void test_fetch_ask_path(struct asker *asker, const char *path);

/* Runs the loop until a count is reached. */
#define UNTIL(condition)                                                                         \
	do {                                                                                     \
		int64_t end = clock_monotonic_ms() + PATIENCE;                                   \
                                                                                                 \
		fetcher_statistics(fetcher, &counts);                                            \
		while (!(condition)) {                                                           \
			ck_assert_msg(clock_monotonic_ms() < end, "never came: %s", #condition); \
			test_fetch_turn();                                                       \
		}                                                                                \
		fetcher_statistics(fetcher, &counts);                                            \
	} while (0)

TCase *test_fetch_case(Suite *suite, const char *name);
void test_fetch_hosts(TCase *tcase);
void test_fetch_owners(TCase *tcase);

#endif
