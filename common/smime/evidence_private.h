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
	char why[];
};

struct evidence {
	int references;
	size_t crl_size;
	pthread_mutex_t mutex;     /* for the shelves; never held while anything is parsed */
	struct shelf certificates; /* by URL and subject */
	struct shelf crls;         /* by URL and issuer */
	struct shelf answers;      /* by ocsp_id() */
	struct shelf pauses;       /* by want: struct pause */
	uint64_t told;             /* grows with each pause */
	struct evidence_folder folder;
};

/* Remembers until when a want is none, and why. */
void evidence_pause(struct evidence *evidence, const char *key, time_t until, const char *why);

void evidence_close_folder(struct evidence *evidence);

/* Names that are the same have the same. */
uint64_t evidence_name_hash(const X509_NAME *name);

/* The certificates in what an AIA URL gave; NULL and err where there are none, or too many. */
STACK_OF(X509) * evidence_read_bundle(const void *bytes, size_t size, struct error *err);

#endif
