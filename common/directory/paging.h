/*
 * Pages of entries (RFC 2696): Active Directory gives no more than a thousand entries at a time, and
 * no page takes a slow line longer than search-timeout. A server that knows no pages gives all. Loop
 * thread.
 */
#ifndef SMIME_DIRECTORY_PAGING_H
#define SMIME_DIRECTORY_PAGING_H

#include <ldap.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "ldap/pool.h"

/* Where the reading of a base has come to. */
struct paging {
	LDAP *codec;
	int size;                 /* entries of a page */
	int most;                 /* pages of a base: a server that goes on lies */
	const char *what;         /* is in the pages, for people */
	LDAPControl *controls[2]; /* of the request; NULL-terminated */
	struct berval cookie;
	uint64_t connection; /* that gave the cookie; 0: none yet */
	int count;           /* pages begun */
	int estimate;        /* by the server, of all entries; 0: it does not say */
};

/* what is borrowed. 0/-1; then paging_end(). */
MUST_CHECK int paging_init(
    struct paging *paging, int size, int most, const char *what, struct error *err);
void paging_end(struct paging *paging);

/* Of a base the first page: its controls and connection are for the question. 0/-1. */
MUST_CHECK int paging_first(struct paging *paging, struct error *err);
/* After an answer the next: 1, 0 where there is none, -1. */
MUST_CHECK int paging_next(
    struct paging *paging, const struct pool_result *answer, struct error *err);

#endif
