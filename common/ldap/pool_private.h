/*
 * What the parts of the pool share, and nobody else: pool.c holds the searches, place.c chooses
 * where they go, seek.c is the life of one, answer.c what servers say to it, referral.c where that
 * leads, server.c one server's health and connections, link.c one connection. All of it on the loop
 * thread.
 */
#ifndef SMIME_LDAP_POOL_PRIVATE_H
#define SMIME_LDAP_POOL_PRIVATE_H

#include <ldap.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/error.h"
#include "ldap/pool.h"

/* Servers of one pool, with those that referrals may lead to: bits of `tried`. */
#define POOL_SERVERS_MAX CONFIG_SERVERS_MAX
/* With less time than this a search does not begin again. Milliseconds. */
#define POOL_RESTART_TIME_MIN 100

struct attempt;
struct event;

TAILQ_HEAD(search_list, pool_search);
TAILQ_HEAD(link_list, link);

/* One question to one server: the search itself first, then what it was referred to. */
struct leg {
	struct server *server; /* NULL: the first leg before it is sent */
	char *base;
	int scope;
	char *filter;
	int depth; /* referrals that led here */
};

struct pool_search {
	TAILQ_ENTRY(pool_search) entry;
	struct search_list *list; /* the pool's or a server's waiting, a link's, the pool's ended */
	struct pool *pool;
	struct link *link;             /* while it is sent */
	struct pool_question question; /* base and filter are the first leg's */
	const struct pool_events *events;
	void *context;
	struct event *timer;
	int64_t due_ms; /* of the timer */
	struct leg *legs;
	size_t leg_count;
	size_t leg; /* the one under way */
	int id;     /* of the request */
	int64_t sent_ms;
	uint64_t heard_server; /* what the server had given when it was sent */
	bool waits_on;         /* late, and its connection is still looked at */
	size_t restarts;
	uint64_t tried;                /* servers that failed it, by index */
	int code;                      /* by which a server refused it; LDAP_SUCCESS */
	uint64_t answered;             /* number of the link that gave the first leg's result */
	bool authenticated;            /* all that came */
	LDAPControl **answer_controls; /* of the first leg */
	struct error error;            /* of an ended one */
};

/* One connection. */
struct link {
	TAILQ_ENTRY(link) entry;
	struct server *server;
	uint64_t number; /* in the pool, from 1 */
	LDAP *ld;
	struct event *readable;
	struct event *writable;
	struct event *timer; /* idle, or no answer to the greeting */
	struct event *more;  /* messages were left for the next turn */
	struct search_list searches;
	size_t count;     /* of searches */
	bool clogged;     /* the socket takes no more for now */
	bool used;        /* a search was sent on it */
	uint64_t heard;   /* messages it gave, or a part of a large one */
	int64_t heard_ms; /* when it gave the last one, */
	int64_t given_ms; /* or a part of one */
	int64_t made_ms;
	int64_t idle_ms;    /* since when it has no searches */
	bool authenticated; /* verified TLS, or ldapi */
};

struct server {
	struct pool *pool;
	size_t index;    /* in the pool */
	const char *uri; /* the configuration's */
	char *host;      /* NULL: the URI leads nowhere */
	int port;        /* 0: its scheme's */
	bool is_listed;  /* referrals may lead to it */
	struct link_list links;
	size_t link_count;
	struct attempt *attempt; /* until it is over, which a late one is not */
	bool connecting;         /* and it is waited for */
	int64_t connect_ms;      /* since when */
	int64_t grow_ms;         /* no further connection before */
	bool confined;           /* that there was none was logged */
	struct event *timer;     /* wakes the pool when its rest is over, or its head start */
	int64_t due_ms;          /* of the timer */
	bool down;               /* it failed, and gave nothing since */
	bool refused;            /* it did not take our password */
	int64_t back_ms;         /* since when it is well again */
	unsigned int failures;   /* one after another */
	int64_t rest_until_ms;
	struct error last;
	uint64_t heard; /* messages of all its connections, ever */
	bool known;     /* that it was connected to was logged */
	bool refers;    /* that it refers to unlisted servers was logged */
	int refusal;    /* result code that was logged last, and when */
	int64_t refusal_ms;
	struct search_list waiting; /* referred to it */
};

struct pool {
	const struct config_directory *directory;
	char *name; /* for the log: who asks which directory */
	struct event_base *base;
	struct worker_pool *workers;
	struct event *pump;
	struct server **servers; /* of `uri`, then of `referrals` */
	size_t server_count;
	size_t own_count; /* of `uri` */
	size_t turn;      /* server-order spread: the server after the one that was asked last */
	uint64_t links;   /* ever made */
	struct search_list waiting;
	struct search_list ended; /* failed, to be told */
	size_t count;             /* searches, wherever they are */
	struct error last;        /* the last failure of one of its own servers */
};

/* Has the pool look at everything that waits, soon. */
void pool_wake(struct pool *pool);

#endif
