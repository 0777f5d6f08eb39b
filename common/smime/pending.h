/*
 * CAs that were met and are not trusted: each remembered with when, how often and for whom it was met,
 * so that an administrator can look at it and decide (smimectl trust pending). One store a process,
 * kept in a file of the state folder; any thread.
 *
 * What a directory holds decides what is met, so whoever may write to one could flood the store. Its
 * size is bounded; and when it is full, the one to go is of the domain that holds most of it (with its
 * parent domains' name, so that subdomains are no way around), there of the address that holds most,
 * there the one not met for longest: a flood only washes itself away. What was met for several
 * domains is nobody's, and counts as a domain of its own.
 *
 * The file has one JSON object a line:
 *   {"subject", "issuer" or null, "sha256" or null (its certificate was not found), "key_id" or null,
 *    "certificate": base64 of the DER or null, "first", "last" (RFC 3339), "count", "domains": [],
 *    "recipients": [{"address", "directory", "dn", "count", "last"}]}
 */
#ifndef SMIME_SMIME_PENDING_H
#define SMIME_SMIME_PENDING_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/compiler.h"
#include "base/error.h"
#include "smime/recipient.h"
#include "smime/trust.h"

/* CAs: more than an administrator looks through; with those below, 12 MB at the very most. */
#define PENDING_MAX 500
/* Of each, those met last. */
#define PENDING_RECIPIENTS_MAX 20
#define PENDING_DOMAINS_MAX 20
/* Bytes of a certificate: CAs' have 2 KB. Of a larger one only the name is kept. */
#define PENDING_CERTIFICATE_MAX ((size_t)12 << 10)
/* Digital IDs noted of one record; members of a group count together. */
#define PENDING_NOTES_MAX 100
/* Bytes of the file that are read: what is larger was not written by us. */
#define PENDING_FILE_MAX ((size_t)64 << 20)

#define PENDING_FILE "pending-authorities.json"

struct pending_recipient {
	char *address;
	char *directory; /* where the last digital ID was found */
	char *dn;
	uint64_t count;
	time_t last;
};

struct pending_authority {
	char *subject;
	char *issuer;      /* its own; NULL: not known */
	char *sha256;      /* lower-case hex; NULL: its certificate was not found */
	char *certificate; /* base64 of the DER; NULL as sha256 */
	char *key_id; /* hex of its subject key identifier, as its certificates name it; NULL */
	time_t first;
	time_t last;
	uint64_t count; /* digital IDs of recipients of mail */
	char *domains[PENDING_DOMAINS_MAX];
	size_t domain_count;
	struct pending_recipient recipients[PENDING_RECIPIENTS_MAX];
	size_t recipient_count;
	uint64_t domain_share; /* a hash: whose it is, when some have to go; 0: several domains' */
	uint64_t address_share;
};

struct pending;

/* An empty store, without a file. NULL without memory. */
struct pending *pending_new(void);

/*
 * A store with the file in the folder: what stands there is read, and what is noted is written within
 * seconds, by a thread of its own. A file that can't be understood is moved aside (.broken), which is
 * logged; so is, once, that it can't be written. Folder "": there is no file. NULL without memory or
 * thread.
 */
struct pending *pending_open(const char *folder, struct error *err);

/* Reads a file into an empty store, for people. One that is not there is empty. ERROR_INPUT: it can't
 * be understood. */
MUST_CHECK int pending_read(struct pending *pending, const char *file, struct error *err);

/* Writes now what is not written yet. 0; or -1, which was logged. */
int pending_flush(struct pending *pending, struct error *err);

/* Writes what is not written yet, and frees all. NULL is legal. */
void pending_free(struct pending *pending);

/* Notes the digital IDs of a record (or of its members) whose issuer is not trusted, as met at that
 * time. Never waits for a disk. pending NULL: nothing is noted. */
void pending_note(struct pending *pending, const struct recipient *record, time_t at);

/* Forgets what a trust has settled: CAs that are anchors, for the domains that they count for. */
void pending_settle(struct pending *pending, const struct trust *trust);

/* Visits all, the one met last first. Borrowed until the visitor returns; the store is locked
 * meanwhile. */
typedef void pending_visitor(void *context, const struct pending_authority *authority);
void pending_each(struct pending *pending, pending_visitor *visit, void *context);
size_t pending_count(struct pending *pending);

#endif
