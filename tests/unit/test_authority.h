/* What the tests of directory/authority share: a scripted pool in place of the library's, what a world
 * of bases holds, and how the search of each ends. */
#ifndef SMIME_TESTS_AUTHORITY_H
#define SMIME_TESTS_AUTHORITY_H

#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "directory/authority.h"
#include "ldap/pool.h"
#include "pki.h"
#include "unit.h"

/* What is below one base. */
struct base {
	char name[16];
	X509 *holds[3];
	size_t values; /* of one byte each, beside them */
	enum pool_outcome outcome;
	bool without_tls;
	bool refuses;     /* no search begins */
	bool interrupted; /* the search begins twice; only at first it gives `lost` */
	X509 *lost;
	bool silent;  /* the search does not end */
	bool paged;   /* each certificate on a page of its own */
	bool endless; /* and the last page comes again and again */
	size_t lists; /* entries with t.crl; it holds no certificates then */
	int fails_at; /* page from 1, with POOL_FAILED; 0: none */
};

extern struct base bases[3];

/* The directory, who reads it, and what came of that. */
struct authority_world {
	struct config config;
	struct config_directory directories[2];
	struct config_trust sections[2];
	struct event_base *loop;
	struct worker_pool *workers;
	struct trust *base;
	struct trust *trust; /* in force */
	struct evidence *evidence;
	unsigned char *crl;
	size_t crl_size;
	struct authority *authority;
	int settled;
	int started;
	int cancelled;
	int pools;
	int rounds; /* searches of the first base that have ended */
	X509 *one, *two;
	EVP_PKEY *key, *key2;
};

extern struct authority_world t;

extern uint64_t rebased;
/* Of the bases: anchors, intermediates, CRLs. */
extern char *names[3];

/* What can be wrong with a reading. */
#define FAULTS 5
extern const struct base faults[FAULTS];
void test_authority_spoil(struct base *base, const struct base *fault);

/* A section of this title that reads the first two bases of a directory, for one domain. */
struct config_trust test_authority_section(char *of, char *directory, char **domains);

void test_authority_setup(void);
void test_authority_teardown(void);
void test_authority_start(void);
void test_authority_stop(void);

/* Runs the loop until condition(), or fails. */
void test_authority_until(bool (*condition)(void));
bool test_authority_is_settled(void);
bool test_authority_has_one(void);
bool test_authority_has_two(void);

size_t test_authority_anchors(void);

/* Lets the directory be read twice more from the start: the first may be under way already. */
void test_authority_read_twice(void);

/* authority_waits(), and authority_pending() with its words. */
bool test_authority_waits(const char *text);
bool test_authority_pending(const char *text, const char *why);

void test_authority_crls(TCase *tcase);

#endif
