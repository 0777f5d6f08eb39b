#include "inspect/cms_front.h"

#include <string.h>

/* Values in the front beyond this are malformed: a recipient info of a long name takes about 45,
 * and parsing costs memory by the value, not by the byte. */
#define VALUES_MAX ((size_t)50 * INSPECT_RECIPIENTS_MAX)

/* Unprotected, authenticated and unauthenticated attributes: larger ones are no attributes. */
#define TAIL_MAX ((size_t)64 << 10)

static int
keep(struct cms_front *front, const void *bytes, size_t size, struct error *err)
{
	return buffer_append(&front->kept, bytes, size, err);
}

static bool
may_be_absent(const struct cms_front *front)
{
	const struct grammar_place *place = cms_grammar_place(front->step);

	return place->optional || !cms_grammar_belongs(place, front->kind);
}

/* Finds the place in the grammar of a value that begins; NULL if it has none. */
static const struct grammar_place *
find_place(struct cms_front *front, unsigned int depth, unsigned char tag)
{
	const struct grammar_place *place;

	for (; front->step < GRAMMAR_STEP_COUNT; front->step++) {
		place = cms_grammar_place(front->step);
		if (cms_grammar_belongs(place, front->kind) && place->depth == depth &&
		    place->tag == (tag & place->mask))
			return place;
		if (!may_be_absent(front))
			return NULL;
	}
	return NULL;
}

/* Stands for a value in the kept front: walked ones are opened with an indefinite length, counted
 * ones left empty. */
static int
open_kept(struct cms_front *front, const struct grammar_place *place, struct error *err)
{
	unsigned char stub[2] = {place->tag, 0};

	if (place->mode == GRAMMAR_WALK) {
		stub[1] = 0x80;
		return keep(front, stub, 2, err);
	}
	if (place->mode != GRAMMAR_COUNT)
		return 0;
	return keep(front, stub, 2, err);
}

/* A value begins that has no place, or the object ends too early. */
static int
misplaced(const struct cms_front *front, struct error *err)
{
	if (front->step == 0)
		return error_set(err, ERROR_INPUT, "it is no CMS object");
	if (front->step == GRAMMAR_STEP_COUNT)
		return error_set(err, ERROR_INPUT, "the CMS object holds more than it should");
	return error_set(err, ERROR_INPUT, "%s is missing in the CMS object",
	    cms_grammar_place(front->step)->name);
}

static int
enter(struct cms_front *front, unsigned int depth, unsigned char tag, struct error *err)
{
	const struct grammar_place *place = find_place(front, depth, tag);

	if (place == NULL)
		return misplaced(front, err);
	if (front->step == GRAMMAR_STEP_ALGORITHM)
		front->algorithm_at = front->kept.size;
	front->mode = place->mode;
	front->mode_depth = depth;
	front->counted = 0;
	if (front->mode == GRAMMAR_WALK)
		front->step++;
	return open_kept(front, place, err);
}

static int
check_limits(const struct cms_front *front, struct error *err)
{
	if (front->tail_at != 0 && front->tlv.position - front->tail_at > TAIL_MAX)
		return error_set(
		    err, ERROR_LIMIT, "more than %zu bytes follow the ciphertext", TAIL_MAX);
	if (front->step >= GRAMMAR_STEP_CONTENT)
		return 0;
	if (front->tlv.position > INSPECT_FRONT_MAX || front->values > VALUES_MAX)
		return error_set(
		    err, ERROR_LIMIT, "the CMS object has more before its ciphertext than we read");
	if (front->recipient_infos > INSPECT_RECIPIENTS_MAX)
		return error_set(err, ERROR_LIMIT,
		    "the CMS object has more than %d recipient infos", INSPECT_RECIPIENTS_MAX);
	return 0;
}

static int
on_begin(void *context, unsigned int depth, unsigned char tag, const unsigned char *header,
    size_t size, struct error *err)
{
	struct cms_front *front = context;

	front->values++;
	if (front->mode == GRAMMAR_WALK && enter(front, depth, tag, err) == -1)
		return -1;
	if (front->step == GRAMMAR_STEP_RECIPIENTS && depth == front->mode_depth + 1)
		front->recipient_infos++;
	if (check_limits(front, err) == -1)
		return -1;
	if (front->mode == GRAMMAR_KEEP)
		return keep(front, header, size, err);
	if (front->mode == GRAMMAR_COUNT && depth > front->mode_depth &&
	    (tag & ~TLV_CONSTRUCTED) != TLV_OCTET_STRING)
		return error_set(err, ERROR_INPUT, "%s is not an octet string",
		    cms_grammar_place(front->step)->name);
	return 0;
}

static int
on_contents(void *context, const unsigned char *bytes, size_t size, struct error *err)
{
	struct cms_front *front = context;

	if (check_limits(front, err) == -1)
		return -1;
	switch (front->mode) {
	case GRAMMAR_KEEP:
		return keep(front, bytes, size, err);
	case GRAMMAR_TYPE:
		if (size > FRONT_OID_MAX - front->oid_size)
			return error_set(err, ERROR_INPUT, "the content type is too long");
		memcpy(front->oid + front->oid_size, bytes, size);
		front->oid_size += size;
		return 0;
	case GRAMMAR_COUNT:
		front->counted += size;
		return 0;
	case GRAMMAR_WALK:
	case GRAMMAR_SKIP:
		break;
	}
	return 0;
}

/* The content type is whole: says what the object is, and whether we read on. */
static int
end_type(struct cms_front *front, struct error *err)
{
	const unsigned char header[2] = {TLV_OID, (unsigned char)front->oid_size};
	const char *name;

	front->kind = cms_grammar_type(front->oid, front->oid_size, &name);
	if (name == NULL)
		return error_set(err, ERROR_INPUT, "the CMS object is of an unknown type");
	if (front->kind == INSPECT_READABLE)
		return error_set(err, ERROR_INPUT, "the CMS object is %s", name);
	if (keep(front, header, sizeof(header), err) == -1)
		return -1;
	return keep(front, front->oid, front->oid_size, err);
}

static int
end_count(struct cms_front *front, struct error *err)
{
	if (front->counted == 0)
		return error_set(err, ERROR_INPUT, "%s is empty in the CMS object",
		    cms_grammar_place(front->step)->name);
	if (front->step == GRAMMAR_STEP_CONTENT) {
		front->ciphertext = front->counted;
		front->tail_at = front->tlv.position;
	}
	return 0;
}

/* Closes in the kept front what was opened with an indefinite length. */
static int
end_walked(struct cms_front *front, struct error *err)
{
	static const unsigned char end_of_contents[2] = {0, 0};

	return keep(front, end_of_contents, sizeof(end_of_contents), err);
}

static int
end_place(struct cms_front *front, struct error *err)
{
	enum grammar_mode mode = front->mode;

	if (front->step == GRAMMAR_STEP_RECIPIENTS && front->recipient_infos == 0)
		return error_set(err, ERROR_INPUT, "the CMS object is encrypted for nobody");
	if (front->step == GRAMMAR_STEP_ALGORITHM)
		front->algorithm_size = front->kept.size - front->algorithm_at;
	if (mode == GRAMMAR_TYPE && end_type(front, err) == -1)
		return -1;
	if (mode == GRAMMAR_COUNT && end_count(front, err) == -1)
		return -1;
	front->mode = GRAMMAR_WALK;
	front->step++;
	return 0;
}

static int
on_end(
    void *context, unsigned int depth, const unsigned char *trailer, size_t size, struct error *err)
{
	struct cms_front *front = context;

	if (front->mode == GRAMMAR_KEEP && keep(front, trailer, size, err) == -1)
		return -1;
	if (front->mode == GRAMMAR_WALK)
		return end_walked(front, err);
	if (depth == front->mode_depth)
		return end_place(front, err);
	return 0;
}

static const struct tlv_handler handler = {on_begin, on_contents, on_end};

void
cms_front_init(struct cms_front *front)
{
	*front = (struct cms_front){.kind = INSPECT_READABLE, .mode = GRAMMAR_WALK};
	tlv_init(&front->tlv, &handler, front);
}

void
cms_front_free(struct cms_front *front)
{
	buffer_free(&front->kept);
}

/* Nothing may follow the object but the line end that transport adds. */
static int
read_trailer(struct cms_front *front, const unsigned char *bytes, size_t size, struct error *err)
{
	if (size > sizeof(front->trailer) - front->trailer_size)
		return error_set(err, ERROR_INPUT, "something follows the CMS object");
	memcpy(front->trailer + front->trailer_size, bytes, size);
	front->trailer_size += size;
	return 0;
}

int
cms_front_read(struct cms_front *front, const char *bytes, size_t size, struct error *err)
{
	const unsigned char *octets = (const unsigned char *)bytes;
	size_t used;

	if (size == 0)
		return 0;
	if (tlv_read(&front->tlv, octets, size, &used, err) == -1)
		return -1;
	return read_trailer(front, octets + used, size - used, err);
}

static bool
is_line_end(const unsigned char *bytes, size_t size)
{
	return (size == 1 && bytes[0] == '\n') ||
	       (size == 2 && bytes[0] == '\r' && bytes[1] == '\n');
}

int
cms_front_finish(struct cms_front *front, bool line_end, struct error *err)
{
	if (!front->tlv.done)
		return error_set(err, ERROR_INPUT, "the CMS object is cut off");
	for (; front->step < GRAMMAR_STEP_COUNT; front->step++) {
		if (!may_be_absent(front))
			return misplaced(front, err);
	}
	if (front->trailer_size == 0)
		return 0;
	if (!line_end || !is_line_end(front->trailer, front->trailer_size))
		return error_set(err, ERROR_INPUT, "something follows the CMS object");
	return 0;
}
