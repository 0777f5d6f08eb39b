/*
 * Reading a CMS object as it streams by (RFC 5652 section 6, RFC 5083): its structure is walked
 * from the first byte to the last, its front (all before the ciphertext) kept in a form that
 * OpenSSL can parse, its ciphertext only counted. Owned by whoever declared it; one thread at a
 * time.
 */
#ifndef SMIME_INSPECT_CMS_FRONT_H
#define SMIME_INSPECT_CMS_FRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/compiler.h"
#include "base/error.h"
#include "inspect/cms_grammar.h"
#include "inspect/inspect.h"
#include "smime/tlv.h"

/* Longest content type kept: the longest that CMS knows has 11 bytes. */
#define FRONT_OID_MAX 32

struct cms_front {
	struct tlv tlv;
	size_t step;            /* the next place in the grammar */
	enum grammar_mode mode; /* of the value open at mode_depth */
	unsigned int mode_depth;
	enum inspect_kind kind; /* READABLE until the content type is known */
	unsigned char oid[FRONT_OID_MAX];
	size_t oid_size;
	struct buffer kept;  /* the object again, with its ciphertext and MAC left empty */
	size_t algorithm_at; /* where in kept the content encryption algorithm stands */
	size_t algorithm_size;
	size_t recipient_infos;
	size_t values;            /* met before the ciphertext */
	uint64_t tail_at;         /* where the ciphertext ended; 0 before */
	uint64_t counted;         /* bytes of the octet string being read */
	uint64_t ciphertext;      /* bytes */
	unsigned char trailer[2]; /* what follows the object, as far as it can be a line end */
	size_t trailer_size;
};

void cms_front_init(struct cms_front *front);
void cms_front_free(struct cms_front *front);

/* Reads on. ERROR_TEMPORARY: no memory. Any other error says why this is not one encrypted object;
 * reading on is then pointless. */
MUST_CHECK int cms_front_read(
    struct cms_front *front, const char *bytes, size_t size, struct error *err);

/*
 * The end: succeeds if one whole object was there. line_end: one line end may follow it, which
 * transport adds to a body without encoding. Then kind is one of the two encrypted ones, and kept
 * holds the front.
 */
MUST_CHECK int cms_front_finish(struct cms_front *front, bool line_end, struct error *err);

#endif
