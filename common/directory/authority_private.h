/*
 * One trust section's reader, and all of them: for the files authority*.c alone. Loop thread, but
 * for what authority_build.c has on a worker.
 *
 *   resting ──timer──▶ reading, base by base ──▶ read ──▶ building, on a worker ──▶ resting
 *      ▲                     │ fails                              │
 *      └─────────────────────┴────────────────────────────────────┘
 *
 * One section is built at a time: each build makes the trust from all sections' certificates.
 */
#ifndef SMIME_DIRECTORY_AUTHORITY_PRIVATE_H
#define SMIME_DIRECTORY_AUTHORITY_PRIVATE_H

#include "directory/authority.h"
#include "ldap/pool.h"
#include "smime/trust_published.h"

struct event;

enum reader_state { READER_RESTING, READER_READING, READER_READ, READER_BUILDING };

/* Where the reading of a base has come to. */
struct page {
	LDAP *codec;
	LDAPControl *controls[2]; /* of the request; NULL-terminated */
	struct berval cookie;
	uint64_t connection; /* that gave the cookie; 0: none yet */
	int count;           /* pages begun */
};

struct reader {
	struct authority *authority;
	size_t section; /* its place in the configuration, and in the trust */
	const struct config_trust *config;
	struct config_directory directory; /* the section's, for a single connection */
	struct pool *pool;
	struct page page;
	enum reader_state state;
	struct event *timer;
	struct pool_search *search;       /* READING */
	size_t base;                      /* of anchor-bases, then of intermediate-bases */
	size_t mark;                      /* values that came before this search */
	struct trust_published *incoming; /* READING to BUILDING */
	struct trust_published *current;  /* of the last reading that succeeded; NULL: none yet */
	bool *missing;                    /* of each base: it does not exist, which was logged */
	bool settled;                     /* the first reading has ended */
	unsigned failures;                /* since the last that succeeded */
	struct error last;                /* of the last failure; ERROR_NONE after a success */
};

struct authority {
	struct trust *base; /* as loaded */
	const struct authority_events *events;
	void *context;
	struct worker_pool *judges;
	struct reader *readers;
	size_t reader_count;
	bool stopped;
	/* The build under way; the worker's until it comes back. */
	struct reader *building;                  /* NULL: none */
	const struct trust_published **published; /* of each section, for the build */
	struct trust *built;                      /* NULL: nothing changed */
	bool failed;
	struct error error;
};

/* authority_page.c: the first page of a base; after an answer the next: 1, 0 where there is none, -1.
 */
MUST_CHECK int page_init(struct page *page, struct error *err);
void page_end(struct page *page);
MUST_CHECK int page_first(struct page *page, struct error *err);
MUST_CHECK int page_next(struct page *page, const struct pool_result *answer, struct error *err);

/* authority_read.c: begins a reading at once (by the timer); the end of one, well or not. */
MUST_CHECK int reader_begin(struct reader *reader, struct event_base *base, struct error *err);
void reader_succeed(struct reader *reader);
void reader_fail(struct reader *reader, const struct error *why);
void reader_stop(struct reader *reader);

/* authority_build.c: builds one that is READ, if none is being built. */
void authority_build_next(struct authority *authority);

#endif
