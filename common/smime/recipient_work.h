/* One judgement of a recipient on its way: for the files recipient*.c and signer.c alone. One thread. */
#ifndef SMIME_SMIME_RECIPIENT_WORK_H
#define SMIME_SMIME_RECIPIENT_WORK_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/compiler.h"
#include "base/error.h"
#include "smime/blob.h"
#include "smime/recipient.h"
#include "smime/trust.h"

/* CA and other certificates of an address's entries that chains are built from. */
#define RECIPIENT_EXTRA_MAX 256

/* Judgements are not kept longer, whatever the dates say: a signing time in the future ripens, a
 * CA's certificate becomes valid. */
#define RECIPIENT_HOLDS_MAX ((time_t)24 * 60 * 60)

/* A digital ID to be, with what is only needed until it is judged. */
struct recipient_candidate {
	struct digital_id id;
	const struct blob *blob; /* the best one that it came from; NULL: bare only */
	bool bare;               /* found in userCertificate (too) */
	bool allow_no_address;   /* the directory binds it by the entry */
	bool may_follow;         /* a directory where it was found lets its URLs be asked */
	const char *other;       /* a further address that it may name, the findings'; NULL */
	time_t chain_until;      /* 0: no chain, or no end */
	size_t order;            /* of being found */
};

struct recipient_work {
	const struct trust *trust;
	const struct findings *findings;
	const struct address *address;
	bool exact_local;
	time_t at;
	struct evidence *evidence; /* may be NULL, as wants */
	struct wants *wants;
	STACK_OF(X509) * extra;
	int effort;                             /* left for all of it: see trust.h */
	struct blob **blobs;                    /* of each finding; NULL where it holds none */
	struct recipient_candidate *candidates; /* room for RECIPIENT_DIGITAL_IDS_MAX */
	size_t count;
	size_t values;   /* certificates and blobs looked at */
	size_t left_out; /* and not looked at */
};

/* An empty record with one reference. NULL without memory. */
struct recipient *recipient_new(const struct address *address, struct error *err);

/* How a certificate was found. */
struct recipient_source {
	const char *other;     /* a further address that it may name; NULL */
	bool allow_no_address; /* the directory binds it by the entry */
	bool may_follow;       /* the directory lets its URLs be asked */
};

/* Judges a certificate for the address asked for; where it names another one only, for source's
 * other. As trust_judge(). */
MUST_CHECK int recipient_judge_certificate(struct recipient_work *work,
    const struct certificate *certificate, enum trust_purpose purpose,
    const struct recipient_source *source, struct trust_verdict *verdict, struct error *err);

MUST_CHECK int recipient_work_start(struct recipient_work *work, struct error *err);
void recipient_work_end(struct recipient_work *work);

/* Adds a certificate of a finding (and its blob, or NULL), or makes the candidate that has it
 * better; one that is faulty is added as malformed. -1 only for ERROR_TEMPORARY/ERROR_INTERNAL. */
MUST_CHECK int recipient_add(struct recipient_work *work, const struct finding *finding,
    const struct blob *blob, X509 *x509, struct error *err);
MUST_CHECK int recipient_add_malformed(
    struct recipient_work *work, const struct finding *finding, const char *why, struct error *err);

/* A verified blob tells more than one that isn't, that more than none (NULL); of two verified ones
 * the newer (RFC 8551 2.7.1). */
bool recipient_blob_tells_more(const struct blob *blob, const struct blob *than);

/* Parses every finding and verifies the blobs: candidates, not yet judged. -1 only for
 * ERROR_TEMPORARY/ERROR_INTERNAL, as the next. */
MUST_CHECK int recipient_collect(struct recipient_work *work, struct error *err);

/* Judges each candidate, marks the stale ones, puts the best first. */
MUST_CHECK int recipient_rank(struct recipient_work *work, struct error *err);

/* Judges one candidate for a purpose: its digital ID, and chain_until. */
MUST_CHECK int recipient_judge_candidate(struct recipient_work *work,
    struct recipient_candidate *candidate, enum trust_purpose purpose, struct error *err);

/* Hands the candidates' digital IDs over to the record, as they stand, with how long they hold. */
MUST_CHECK int recipient_fill(
    struct recipient *recipient, struct recipient_work *work, struct error *err);

/* Frees what a digital ID holds. */
void recipient_digital_id_clear(struct digital_id *id);

/* Whether this error makes the value malformed rather than the judgement impossible. */
bool recipient_error_is_of_value(const struct error *err);

#endif
