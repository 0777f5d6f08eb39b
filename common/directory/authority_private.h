/*
 * One trust section's reader, and all of them: for the files authority*.c alone. Loop thread, but
 * for what authority_build.c has on a worker.
 *
 *   resting ──timer──▶ reading, base by base ──▶ read ──▶ building, on a worker ──▶ resting
 *      ▲                     │ fails                              │
 *      └─────────────────────┴────────────────────────────────────┘
 *
 * One section is built at a time: each build makes the trust from all sections' certificates. So is
 * the one on a new base, which comes before those that wait.
 */
#ifndef SMIME_DIRECTORY_AUTHORITY_PRIVATE_H
#define SMIME_DIRECTORY_AUTHORITY_PRIVATE_H

#include "directory/authority.h"
#include "directory/paging.h"
#include "ldap/pool.h"
#include "smime/trust_published.h"

struct event;

/* CRLs taken for one section, by the same reason as TRUST_CRLS_MAX; their bytes: crl-memory. */
#define CRLS_MAX 1000
#define CRLS_DIGEST_SIZE 32

/* CRLs as they came, until a worker has given them to evidence. */
struct crls {
	struct crls_item {
		char *key; /* where it stood: evidence_restore() */
		unsigned char *bytes;
		size_t size;
	} * items; /* room for CRLS_MAX, or NULL */
	size_t count;
	size_t bytes;
	bool left_out; /* some: too large, or too many */
	unsigned char digest[CRLS_DIGEST_SIZE];
};

enum reader_state { READER_RESTING, READER_READING, READER_READ, READER_BUILDING };

struct reader {
	struct authority *authority;
	size_t section; /* its place in the configuration, and in the trust */
	const struct config_trust *config;
	struct config_directory directory; /* the section's, for a single connection */
	struct pool *pool;
	struct paging page;
	enum reader_state state;
	struct event *timer;
	struct pool_search *search;       /* READING */
	size_t base;                      /* of anchor-bases, intermediate-bases, then crl-bases */
	size_t mark;                      /* values that came before this search */
	struct trust_published *incoming; /* READING to BUILDING */
	struct crls crls;                 /* likewise incoming */
	size_t crls_mark;                 /* as mark */
	size_t crls_known;                /* in evidence by the last reading that succeeded */
	unsigned char crls_digest[CRLS_DIGEST_SIZE]; /* and of all that it gave */
	struct trust_published *current; /* of the last reading that succeeded; NULL: none yet */
	bool *missing;                   /* of each base: it does not exist, which was logged */
	bool settled;                    /* the first reading has ended */
	unsigned failures;               /* since the last that succeeded */
	struct error last;               /* of the last failure; ERROR_NONE after a success */
};

struct authority {
	struct trust *base;     /* as loaded */
	struct trust *new_base; /* to take its place; NULL: none. A build for it is under way */
	struct trust *waiting;  /* and the one after that */
	uint64_t number;        /* of new_base */
	uint64_t waiting_number;
	const struct authority_events *events;
	void *context;
	struct worker_pool *judges;
	struct evidence *evidence; /* own reference; NULL: CRLs are not taken */
	size_t crl_size;           /* of one CRL, of all of a section: bytes */
	size_t crl_bytes;
	struct reader *readers;
	size_t reader_count;
	bool stopped;
	/* The build under way; the worker's until it comes back. */
	struct reader *building;                  /* NULL: none, or that of new_base */
	const struct trust_published **published; /* of each section, for the build */
	struct trust *built;                      /* NULL: nothing changed */
	bool failed;
	struct error error;
};

/* authority_read.c: begins a reading at once (by the timer); the end of one, well or not. */
MUST_CHECK int reader_begin(struct reader *reader, struct event_base *base, struct error *err);
void reader_succeed(struct reader *reader);
void reader_fail(struct reader *reader, const struct error *why);
void reader_stop(struct reader *reader);

/* authority_value.c: the bases of a section, in the order of reader.base; what is asked for below
 * the present one, for a search; what it gave so far is taken away; "CRLs" or "CA certificates". */
bool value_is_crls(const struct reader *reader);
size_t value_bases(const struct config_trust *config);
const char *value_base(const struct reader *reader);
const char *value_filter(const struct reader *reader);
char *const *value_attributes(const struct reader *reader);
void value_mark(struct reader *reader);
void value_cut(struct reader *reader);
MUST_CHECK int value_take(struct reader *reader, LDAP *ld, LDAPMessage *entry, struct error *err);
const char *value_words(const struct reader *reader);

/* authority_crl.c: takes a copy of a CRL that stood in a place of the directory; all but the
 * first `count` go; on a worker, all are given to evidence: whether they are others than those of
 * the last reading. */
MUST_CHECK int crls_add(
    struct reader *reader, const char *place, const void *bytes, size_t size, struct error *err);
void crls_cut(struct crls *crls, size_t count);
void crls_free(struct crls *crls);
bool crls_give(struct reader *reader);

/* authority_build.c: builds one that is READ, or on the new base, if nothing is being built. */
void authority_build_next(struct authority *authority);

#endif
