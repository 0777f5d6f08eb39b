#include "inspect/cms_front.h"

#include <string.h>

#include "inspect/cms_front_private.h"

/* Values outside the content beyond this are malformed: a recipient info of a long name takes about
 * 45, and parsing costs memory by the value, not by the byte. */
#define VALUES_MAX ((size_t)50 * INSPECT_RECIPIENTS_MAX)

/* Unprotected, authenticated and unauthenticated attributes: larger ones are no attributes. */
#define TAIL_MAX ((size_t)64 << 10)

static int
keep(struct cms_front *front, const void *bytes, size_t size, struct error *err)
{
	return buffer_append(&front->kept, bytes, size, err);
}

/* Stands for a value in what is kept: walked ones are opened with an indefinite length, counted
 * ones left empty. */
static int
open_kept(struct cms_front *front, const struct grammar_place *place, struct error *err)
{
	unsigned char stub[2] = {place->tag, 0};

	if (place->mode == GRAMMAR_WALK)
		stub[1] = 0x80;
	else if (place->mode != GRAMMAR_COUNT)
		return 0;
	return keep(front, stub, 2, err);
}

/* Where the place in hand is noted; NULL if it is not. */
static struct front_span *
span_of(struct cms_front *front, enum grammar_mark mark)
{
	switch (mark) {
	case GRAMMAR_ALGORITHM:
		return &front->algorithm;
	case GRAMMAR_DIGESTS:
		return &front->digests;
	case GRAMMAR_INNER_TYPE:
		return &front->inner_type;
	default:
		return NULL;
	}
}

static int
begin_content(struct cms_front *front, struct error *err)
{
	front->has_content = true;
	return front->sink == NULL ? 0 : front->sink->begin(front->context, err);
}

static int
enter(struct cms_front *front, unsigned int depth, unsigned char tag, struct error *err)
{
	const struct grammar_place *place = cms_front_find_place(front, depth, tag);
	struct front_span *span;

	if (place == NULL)
		return cms_front_misplaced(front, err);
	span = span_of(front, place->mark);
	if (span != NULL)
		span->at = front->kept.size;
	front->mode = place->mode;
	front->mode_depth = depth;
	front->counted = 0;
	if (place->mode == GRAMMAR_LEAVE) {
		front->left_depth = depth;
		front->left_out = true;
		front->mode = GRAMMAR_WALK;
	}
	if (front->mode == GRAMMAR_WALK)
		front->step++;
	if (place->mark == GRAMMAR_CONTENT && begin_content(front, err) == -1)
		return -1;
	return open_kept(front, place, err);
}

/* Counts the members of the sets that are told from outside. */
static void
count_member(struct cms_front *front)
{
	switch (cms_front_here(front)->mark) {
	case GRAMMAR_RECIPIENTS:
		front->recipient_infos++;
		break;
	case GRAMMAR_CRLS:
		front->crls++;
		break;
	case GRAMMAR_SIGNERS:
		front->signers++;
		break;
	default:
		break;
	}
}

static int
check_limits(const struct cms_front *front, struct error *err)
{
	if (front->tail_at != 0 && front->tlv.position - front->tail_at > TAIL_MAX)
		return error_set(
		    err, ERROR_LIMIT, "more than %zu bytes follow the ciphertext", TAIL_MAX);
	if (front->tail_at != 0 || front->mode == GRAMMAR_COUNT || front->mode == GRAMMAR_STREAM)
		return 0;
	if (front->kept.size > front->kept_max || front->values > VALUES_MAX ||
	    (front->type != NULL && front->type->object != GRAMMAR_SIGNED &&
		front->type->object != GRAMMAR_OTHER && front->tlv.position > INSPECT_FRONT_MAX))
		return error_set(
		    err, ERROR_LIMIT, "the CMS object has more beside its content than we read");
	if (front->recipient_infos > INSPECT_RECIPIENTS_MAX)
		return error_set(err, ERROR_LIMIT,
		    "the CMS object has more than %d recipient infos", INSPECT_RECIPIENTS_MAX);
	return 0;
}

/* Of content, CRLs and objects that are not looked into there may be as many values as there are. */
static bool
is_counted(const struct cms_front *front)
{
	switch (front->mode) {
	case GRAMMAR_COUNT:
	case GRAMMAR_STREAM:
		return false;
	case GRAMMAR_SKIP:
		return (front->type->object & (GRAMMAR_SIGNED | GRAMMAR_OTHER)) == 0;
	default:
		return true;
	}
}

static int
on_begin(void *context, unsigned int depth, unsigned char tag, const unsigned char *header,
    size_t size, struct error *err)
{
	struct cms_front *front = context;

	if (depth == 0)
		front->indefinite = header[1] == 0x80;
	if (is_counted(front))
		front->values++;
	if (front->mode == GRAMMAR_WALK && enter(front, depth, tag, err) == -1)
		return -1;
	if (front->mode != GRAMMAR_WALK && depth == front->mode_depth + 1)
		count_member(front);
	if (check_limits(front, err) == -1)
		return -1;
	if (front->mode == GRAMMAR_KEEP)
		return keep(front, header, size, err);
	if ((front->mode == GRAMMAR_COUNT || front->mode == GRAMMAR_STREAM) &&
	    depth > front->mode_depth && (tag & ~TLV_CONSTRUCTED) != TLV_OCTET_STRING)
		return error_set(
		    err, ERROR_INPUT, "%s is not an octet string", cms_front_here(front)->name);
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
		if (size > front->kept_max)
			return error_set(err, ERROR_LIMIT,
			    "the CMS object has more beside its content than we read");
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
	case GRAMMAR_STREAM:
		return front->sink == NULL ? 0
					   : front->sink->content(front->context, bytes, size, err);
	case GRAMMAR_WALK:
	case GRAMMAR_LEAVE:
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

	front->type = cms_grammar_type(front->oid, front->oid_size);
	if (front->type == NULL)
		return error_set(err, ERROR_INPUT, "the CMS object is of an unknown type");
	if (keep(front, header, sizeof(header), err) == -1)
		return -1;
	return keep(front, front->oid, front->oid_size, err);
}

static int
end_count(struct cms_front *front, struct error *err)
{
	if (front->counted == 0)
		return error_set(
		    err, ERROR_INPUT, "%s is empty in the CMS object", cms_front_here(front)->name);
	if (cms_front_here(front)->mark == GRAMMAR_CIPHERTEXT) {
		front->ciphertext = front->counted;
		front->tail_at = front->tlv.position;
	}
	return 0;
}

/* Closes in what is kept what was opened there with an indefinite length. */
static int
end_walked(struct cms_front *front, unsigned int depth, struct error *err)
{
	static const unsigned char end_of_contents[2] = {0, 0};

	if (front->left_depth != 0 && depth == front->left_depth) {
		front->left_depth = 0;
		return 0;
	}
	return keep(front, end_of_contents, sizeof(end_of_contents), err);
}

static int
end_place(struct cms_front *front, struct error *err)
{
	enum grammar_mode mode = front->mode;
	enum grammar_mark mark = cms_front_here(front)->mark;
	struct front_span *span = span_of(front, mark);

	if (mark == GRAMMAR_RECIPIENTS && front->recipient_infos == 0)
		return error_set(err, ERROR_INPUT, "the CMS object is encrypted for nobody");
	if (span != NULL)
		span->size = front->kept.size - span->at;
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
		return end_walked(front, depth, err);
	if (depth == front->mode_depth)
		return end_place(front, err);
	return 0;
}

static const struct tlv_handler handler = {on_begin, on_contents, on_end};

void
cms_front_init(
    struct cms_front *front, size_t kept_max, const struct front_sink *sink, void *context)
{
	*front = (struct cms_front){
	    .sink = sink, .context = context, .kept_max = kept_max, .mode = GRAMMAR_WALK};
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
	if (cms_front_end_places(front, err) == -1)
		return -1;
	if (front->left_out && !front->has_content)
		return error_set(err, ERROR_INPUT, "eContent is missing in the CMS object");
	if (front->trailer_size == 0)
		return 0;
	if (!line_end || !is_line_end(front->trailer, front->trailer_size))
		return error_set(err, ERROR_INPUT, "something follows the CMS object");
	return 0;
}
