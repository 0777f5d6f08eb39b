/*
 * Reading a CMS object as it streams by (RFC 5652, RFC 5083): its structure is walked from the
 * first byte to the last, all but its content kept in a form that OpenSSL can parse; ciphertext is
 * only counted, signed content handed on. Owned by whoever declared it; one thread at a time.
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

/* A run of what is kept. */
struct front_span {
	size_t at;
	size_t size;
};

/* Takes signed content; -1 stops the reader, which returns the same. */
struct front_sink {
	/* Comes once, before the content: digests and inner_type are known. */
	int (*begin)(void *context, struct error *err);
	int (*content)(void *context, const unsigned char *bytes, size_t size, struct error *err);
};

struct cms_front {
	struct tlv tlv;
	const struct front_sink *sink; /* NULL: content is dropped */
	void *context;
	size_t kept_max;
	size_t step;            /* the next place in the grammar */
	enum grammar_mode mode; /* of the value open at mode_depth */
	unsigned int mode_depth;
	unsigned int left_depth;         /* of the value that is left out; 0: none */
	const struct grammar_type *type; /* NULL until the content type is known */
	unsigned char oid[FRONT_OID_MAX];
	size_t oid_size;
	struct buffer kept; /* the object again, with its ciphertext and MAC left empty and its
			       signed content left out */
	struct front_span algorithm;
	struct front_span digests;
	struct front_span inner_type;
	size_t recipient_infos;
	size_t crls;
	size_t signers;
	size_t values;            /* met outside the content */
	uint64_t tail_at;         /* where the ciphertext ended; 0 before */
	uint64_t counted;         /* bytes of the octet string being read */
	uint64_t ciphertext;      /* bytes */
	bool left_out;            /* there is signed content, or what should be some */
	bool has_content;         /* there is signed content */
	bool indefinite;          /* the object as a whole */
	unsigned char trailer[2]; /* what follows the object, as far as it can be a line end */
	size_t trailer_size;
};

/* kept_max: more than that outside the content is over the limit. */
void cms_front_init(
    struct cms_front *front, size_t kept_max, const struct front_sink *sink, void *context);
void cms_front_free(struct cms_front *front);

/* Reads on. ERROR_TEMPORARY: no memory. Any other error says why this is not one CMS object;
 * reading on is then pointless. */
MUST_CHECK int cms_front_read(
    struct cms_front *front, const char *bytes, size_t size, struct error *err);

/*
 * The end: succeeds if one whole object was there. line_end: one line end may follow it, which
 * transport adds to a body without encoding. Then type is known, and kept holds all but content of
 * an object that is not GRAMMAR_OTHER.
 */
MUST_CHECK int cms_front_finish(struct cms_front *front, bool line_end, struct error *err);

#endif
