/*
 * An incremental reader of BER and DER (X.690 8.1): fed with bytes as they come, it tells a handler
 * of every value that begins, its contents and its end, and holds nothing but the open values'
 * ends. Lengths, nesting and end-of-contents octets are checked against all that encloses them.
 * Owned by whoever declared it; one thread at a time.
 */
#ifndef SMIME_SMIME_TLV_H
#define SMIME_SMIME_TLV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"

/* Values open within each other. The deepest place of a real CMS object is in a certificate of a
 * time stamp among unsigned attributes: about 20. */
#define TLV_DEPTH_MAX 32

/* Identifier octet, first length octet, and as many length octets as a 64-bit length takes. */
#define TLV_HEADER_MAX 10

/* The identifier octet (X.690 8.1.2): class and number in one, the constructed bit apart. */
#define TLV_CONSTRUCTED 0x20
#define TLV_INTEGER 0x02
#define TLV_OCTET_STRING 0x04
#define TLV_OID 0x06
#define TLV_SEQUENCE (0x10 | TLV_CONSTRUCTED)
#define TLV_SET (0x11 | TLV_CONSTRUCTED)
#define TLV_CONTEXT(number) (0x80 | (number))

/* depth: values open around it. header: its identifier and length octets as they came. What a
 * handler returns but 0 stops the reader, which returns the same. */
struct tlv_handler {
	int (*begin)(void *context, unsigned int depth, unsigned char tag,
	    const unsigned char *header, size_t size, struct error *err);
	/* Contents of the primitive value that began last, piece by piece. */
	int (*contents)(void *context, const unsigned char *bytes, size_t size, struct error *err);
	/* trailer: its end-of-contents octets; size is 0 unless its length was indefinite. */
	int (*end)(void *context, unsigned int depth, const unsigned char *trailer, size_t size,
	    struct error *err);
};

struct tlv {
	const struct tlv_handler *handler;
	void *context;
	uint64_t position;              /* bytes read so far */
	uint64_t limits[TLV_DEPTH_MAX]; /* where each open value must have ended */
	bool indefinite[TLV_DEPTH_MAX]; /* ended by end-of-contents octets */
	unsigned int depth;             /* values open */
	unsigned char header[TLV_HEADER_MAX];
	size_t header_size; /* octets of the next header that are there */
	bool in_primitive;  /* the innermost open value is primitive */
	bool done;          /* the outermost value has ended */
};

void tlv_init(struct tlv *tlv, const struct tlv_handler *handler, void *context);

/*
 * Reads on; *used says how many bytes were taken: all of them, unless the outermost value has
 * ended (then tlv->done). -1 with ERROR_INPUT where this is not BER, ERROR_LIMIT where it is
 * deeper than TLV_DEPTH_MAX, or the handler's -1; the reader can't go on then.
 */
MUST_CHECK int tlv_read(
    struct tlv *tlv, const unsigned char *bytes, size_t size, size_t *used, struct error *err);

#endif
