/* One value of struct trust_published: for the files trust_published*.c alone. */
#ifndef SMIME_SMIME_TRUST_PUBLISHED_ITEM_H
#define SMIME_SMIME_TRUST_PUBLISHED_ITEM_H

#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stddef.h>

#include "smime/trust_section.h"

struct trust_published_item {
	enum trust_published_kind kind;
	unsigned char *value; /* NULL once judged */
	size_t size;
	unsigned char sha256[SHA256_DIGEST_LENGTH];
	X509 *x509; /* NULL: left out */
	char *why;  /* it is left out, with its subject; NULL where it counts */
};

struct trust_published {
	struct trust_published_item *items; /* judged: sorted, each once */
	size_t count;
	size_t bytes;
};

/* The order of items: by SHA-256, then kind. */
int trust_published_compare(const void *a, const void *b);

/* Logs the differences between two that were judged (before may be NULL); whether what counts is
 * not the same. */
bool trust_published_tell(const struct trust_published *before, const struct trust_published *after,
    const struct trust_section *section, const char *directory);

#endif
