/* What the store is made of: for the files evidence*.c alone. */
#ifndef SMIME_SMIME_EVIDENCE_PRIVATE_H
#define SMIME_SMIME_EVIDENCE_PRIVATE_H

#include <pthread.h>

#include "smime/evidence.h"
#include "smime/shelf.h"

/* Where it is kept beyond the process. All but what stands below the mutex is set once. */
struct evidence_folder {
	int fd; /* -1: there is none */
	char *path;
	bool writes;
	size_t bytes_max;
	pthread_mutex_t mutex;
	size_t files; /* about, since they were counted last */
	size_t bytes;
	bool failed; /* the last writing, which was logged */
};

/* Until when a want is none (its item's moment), and why: "" if it was had. */
struct pause {
	uint64_t number; /* of `told`, when it began */
	bool temporary;
	time_t since; /* the first of failures in a row */
	char why[];
};

struct evidence {
	int references;
	size_t crl_size;
	pthread_mutex_t mutex;     /* for the shelves; never held while anything is parsed */
	struct shelf certificates; /* by URL and subject */
	struct shelf crls;         /* by URL and issuer; a few of the same */
	struct shelf answers;      /* by ocsp_id() */
	struct shelf pauses;       /* by want: struct pause */
	uint64_t told;             /* grows with each pause */
	struct evidence_folder folder;
};

/* Remembers until when a want is none, as it was had. */
void evidence_pause(struct evidence *evidence, const char *key, time_t until);

/* As evidence_restore(), of a standing that is known. */
MUST_CHECK int evidence_put_back(struct evidence *evidence, const char *key, const void *bytes,
    size_t size, enum crl_standing standing, struct error *err);

/* Takes a list over (also on error). wanted_of: who signs what comes from there; NULL: not known. known:
 * whoever put the last one there put this, so that of two that nobody verified the newer one does. */
MUST_CHECK int evidence_put_list(struct evidence *evidence, const char *key, struct crl *crl,
    X509 *wanted_of, bool known, struct error *err);
/* The list of a key to keep beyond the process, and whether there is no other; a reference, NULL. */
struct crl *evidence_best_list(struct evidence *evidence, const char *key);
/* Whether an unknown one must not displace it: known to be somebody's, and not expired. */
bool evidence_list_is_worthy(void *crl);

void evidence_close_folder(struct evidence *evidence);

/* Names that are the same have the same. */
uint64_t evidence_name_hash(const X509_NAME *name);

/* The certificates in what an AIA URL gave; NULL and err where there are none, or too many. */
STACK_OF(X509) * evidence_read_bundle(const void *bytes, size_t size, struct error *err);

#endif
