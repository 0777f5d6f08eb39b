#include "smime/tlv.h"

/* No limit: an indefinite length that nothing definite encloses. */
#define UNLIMITED UINT64_MAX

/* The low tag numbers are all that CMS and X.509 use (X.690 8.1.2.4). */
#define HIGH_TAG 0x1f

/* First length octet (X.690 8.1.3): a count of octets, none for an indefinite length. */
#define LONG_LENGTH 0x80

void
tlv_init(struct tlv *tlv, const struct tlv_handler *handler, void *context)
{
	*tlv = (struct tlv){.handler = handler, .context = context};
}

static uint64_t
limit_here(const struct tlv *tlv)
{
	return tlv->depth == 0 ? UNLIMITED : tlv->limits[tlv->depth - 1];
}

/* Octets of the header now begun, as far as can be told from those there. */
static size_t
header_wanted(const struct tlv *tlv)
{
	unsigned char length;

	if (tlv->header_size < 2)
		return 2;
	length = tlv->header[1];
	return length < LONG_LENGTH ? 2 : 2 + (size_t)(length & ~LONG_LENGTH);
}

static int
pop(struct tlv *tlv, const unsigned char *trailer, size_t size, struct error *err)
{
	tlv->depth--;
	tlv->in_primitive = false;
	if (tlv->handler->end(tlv->context, tlv->depth, trailer, size, err) == -1)
		return -1;
	tlv->done = tlv->depth == 0;
	return 0;
}

/* Ends every value of definite length that ends here. */
static int
pop_ended(struct tlv *tlv, struct error *err)
{
	while (tlv->depth > 0 && !tlv->indefinite[tlv->depth - 1] &&
	       tlv->position == tlv->limits[tlv->depth - 1]) {
		if (pop(tlv, NULL, 0, err) == -1)
			return -1;
	}
	return 0;
}

/* The two zero octets in a header's place end an indefinite length, and are nothing elsewhere. */
static int
end_of_contents(struct tlv *tlv, struct error *err)
{
	if (tlv->header[1] != 0 || tlv->depth == 0 || !tlv->indefinite[tlv->depth - 1])
		return error_set(err, ERROR_INPUT, "it holds end-of-contents octets out of place");
	if (pop(tlv, tlv->header, 2, err) == -1)
		return -1;
	return pop_ended(tlv, err);
}

/* Where the value whose header is complete must end; indefinite lengths inherit. */
static int
read_length(const struct tlv *tlv, uint64_t *limit, bool *indefinite, struct error *err)
{
	uint64_t outer = limit_here(tlv);
	uint64_t length = 0;
	size_t i;

	*limit = outer;
	*indefinite = tlv->header[1] == LONG_LENGTH;
	if (*indefinite) {
		if ((tlv->header[0] & TLV_CONSTRUCTED) == 0)
			return error_set(
			    err, ERROR_INPUT, "it holds a primitive value without a length");
		return 0;
	}
	if (tlv->header[1] < LONG_LENGTH)
		length = tlv->header[1];
	for (i = 2; i < tlv->header_size; i++)
		length = length << 8 | tlv->header[i];
	if (length > UNLIMITED - 1 - tlv->position || tlv->position + length > outer)
		return error_set(err, ERROR_INPUT, "it holds a value longer than what encloses it");
	*limit = tlv->position + length;
	return 0;
}

static int
push(struct tlv *tlv, struct error *err)
{
	uint64_t limit;
	bool indefinite;
	unsigned char tag = tlv->header[0];
	size_t size = tlv->header_size;

	if (tlv->depth == TLV_DEPTH_MAX)
		return error_set(err, ERROR_LIMIT, "it nests values deeper than %d", TLV_DEPTH_MAX);
	if (read_length(tlv, &limit, &indefinite, err) == -1)
		return -1;
	if (tlv->handler->begin(tlv->context, tlv->depth, tag, tlv->header, size, err) == -1)
		return -1;
	tlv->limits[tlv->depth] = limit;
	tlv->indefinite[tlv->depth] = indefinite;
	tlv->depth++;
	tlv->in_primitive = (tag & TLV_CONSTRUCTED) == 0;
	return pop_ended(tlv, err);
}

/* Takes one octet of a header; acts when it is whole. */
static int
read_header(struct tlv *tlv, unsigned char octet, struct error *err)
{
	int result;

	if (tlv->position == limit_here(tlv))
		return error_set(
		    err, ERROR_INPUT, "it holds a value cut off by the end of what encloses it");
	tlv->header[tlv->header_size++] = octet;
	tlv->position++;
	if (tlv->header_size == 1 && (octet & HIGH_TAG) == HIGH_TAG)
		return error_set(err, ERROR_INPUT, "it holds a tag that CMS does not use");
	if (header_wanted(tlv) > TLV_HEADER_MAX)
		return error_set(err, ERROR_INPUT, "it holds a length of more than 64 bits");
	if (tlv->header_size < header_wanted(tlv))
		return 0;
	result = tlv->header[0] == 0 ? end_of_contents(tlv, err) : push(tlv, err);
	tlv->header_size = 0;
	return result;
}

/* Takes what is there of the open primitive value's contents. */
static int
read_contents(
    struct tlv *tlv, const unsigned char *bytes, size_t size, size_t *used, struct error *err)
{
	uint64_t left = limit_here(tlv) - tlv->position;

	*used = left < size ? (size_t)left : size;
	tlv->position += *used;
	if (tlv->handler->contents(tlv->context, bytes, *used, err) == -1)
		return -1;
	return pop_ended(tlv, err);
}

int
tlv_read(struct tlv *tlv, const unsigned char *bytes, size_t size, size_t *used, struct error *err)
{
	size_t taken;

	for (*used = 0; *used < size && !tlv->done; *used += taken) {
		taken = 1;
		if (tlv->in_primitive) {
			if (read_contents(tlv, bytes + *used, size - *used, &taken, err) == -1)
				return -1;
		} else if (read_header(tlv, bytes[*used], err) == -1) {
			return -1;
		}
	}
	return 0;
}
