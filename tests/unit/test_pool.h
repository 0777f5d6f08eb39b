/* What the tests of ldap/pool share: a pool of up to three servers that do as they are told. */
#ifndef SMIME_TESTS_POOL_H
#define SMIME_TESTS_POOL_H

#include <event2/event.h>
#include <netinet/in.h>

#include "base/clock.h"
#include "directory_fixture.h"
#include "fake_server.h"
#include "ldap/connection.h"
#include "ldap/pool.h"
#include "ldap/referral.h"
#include "unit.h"

#define FAKES 3
/* After so long a server counts as silent: longer than a busy machine keeps one that isn't from
 * answering. Milliseconds. */
#define SILENCE 1500

extern struct fixture fixture;
extern struct config_directory *directory;
extern struct fake fakes[FAKES];
extern size_t fake_count;
extern const char *uris[FAKES + 1];
extern const char *listed[FAKES];
extern struct event_base *base;
extern struct event *tick;
extern struct worker_pool *workers;
extern struct pool *pool;

/* Of the questions to come. */
extern const char *filter;
extern LDAPControl **controls;
extern uint64_t connection;
extern bool wants_large;

/* What came of one search. */
struct asked {
	struct pool_search *search; /* NULL: it is over */
	int begins;
	int entries; /* since the last beginning */
	char dn[100];
	bool refuses_entries;
	int done;
	enum pool_outcome outcome;
	char error[1024];
	char server[120];
	uint64_t connection;
	size_t controls; /* of the answer */
	bool authenticated;
	struct asked *next; /* started when this one ends */
};

/* The look-up of one name hangs while this is set. */
extern atomic_int hangs;
extern atomic_int lookups;

/* The name's two addresses, in this order: packets to the first one are dropped. */
#define TWO_ADDRESSES "two.test"
#define TWO_FIRST (INADDR_LOOPBACK + 1)

/* A socket that listens, and has no room for one connection more: who wants one waits. */
int test_pool_listen_full(in_addr_t address, int port, int *client);

/* Sockets ever made. */
extern atomic_int sockets;

struct fake *test_pool_add_fake(enum fake_mode mode);

/* A server that is down. Returns its port. */
int test_pool_add_closed(void);

void test_pool_start_pool(void);

struct pool_search *test_pool_try_begin(struct asked *asked, int64_t time_ms, struct error *err);

void test_pool_begin(struct asked *asked);

/* Runs the loop until the condition holds. */
#define RUN_UNTIL(condition)                                                                     \
	do {                                                                                     \
		int64_t end = clock_monotonic_ms() + FIXTURE_PATIENCE;                           \
		while (!(condition)) {                                                           \
			ck_assert_msg(                                                           \
			    clock_monotonic_ms() < end, "%s", "waited in vain for " #condition); \
			event_base_loop(base, EVLOOP_ONCE);                                      \
		}                                                                                \
	} while (0)

struct asked test_pool_ask(void);

void test_pool_expect_answered(struct asked asked, const struct fake *by);

void test_pool_expect_failed(struct asked asked, const char *why);

struct pool_server_state test_pool_state_of(size_t index);

/* Of connections to come. */
void test_pool_bind_by_password(void);

/* The second server holds what the first refers to. */
void test_pool_refer(enum fake_mode mode, bool is_listed);

void test_pool_failures(TCase *tcase);
void test_pool_pieces(TCase *tcase);
void test_pool_servers(TCase *tcase);
void test_pool_referrals(TCase *tcase);

#endif
