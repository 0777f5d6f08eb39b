/*
 * The inside of a walker, shared by its files only:
 *   walker.c        its life
 *   walker_lines.c  lines, and the delimiters among them
 *   walker_open.c   what a part is, by its type
 *   walker_part.c   who gets its bytes, and how it begins and ends
 */
#ifndef SMIME_INSPECT_WALKER_PRIVATE_H
#define SMIME_INSPECT_WALKER_PRIVATE_H

#include "inspect/frame.h"
#include "inspect/object.h"
#include "inspect/part_header.h"
#include "inspect/walker.h"

/* Multiparts and messages within each other, in one walker: real mail has five. */
#define WALKER_FRAMES_MAX 32

/* A delimiter with white space behind it; what is longer is none. */
#define WALKER_LINE_MAX 1024

enum walker_leaf {
	WALKER_DROP,    /* nobody wants the bytes */
	WALKER_HEADER,  /* the header of a part */
	WALKER_OBJECT,  /* S/MIME */
	WALKER_ENCODED, /* a message that is transfer-encoded */
};

/* Line ends wait until it is known whether they belong to a delimiter. Who sees them: */
struct walker_held {
	char bytes[2];
	size_t size;
	size_t parts;  /* frames below this one, as bytes of a part */
	size_t frames; /* frames below this one, at all */
	bool leaf;     /* and the part in hand */
};

struct walker {
	struct layout *layout;
	struct layout_spot spot;
	unsigned int level;
	enum entity_claim claim;
	bool begun; /* the header of the whole is read */

	struct frame frames[WALKER_FRAMES_MAX];
	size_t frame_count;
	size_t boundaries; /* frames that have one */
	size_t watching;   /* frames up to the last that looks at its bytes */

	bool inside_line;
	char line[WALKER_LINE_MAX]; /* what may be a delimiter, as far as it has come */
	size_t line_size;
	struct walker_held held;

	enum walker_leaf leaf;
	struct part_header header;
	struct object *object;
	bool is_guess;     /* nothing but its bytes would make it one */
	bool is_signature; /* the object is in part 2 of the multipart/signed that is open last */
	struct entity_decoder decoder;
	struct buffer decoded;
	struct walker *encoded;
};

/* Lines of a body in which there are delimiters; takes size bytes, or as many as there are until
 * there are none. */
MUST_CHECK int walker_lines(
    struct walker *walker, const char *bytes, size_t size, size_t *used, struct error *err);
MUST_CHECK int walker_lines_finish(struct walker *walker, struct error *err);

/* A part with its header begins. */
void walker_part_begin(struct walker *walker);

/* Takes a type as read: the part's body follows. */
MUST_CHECK int walker_part_open(
    struct walker *walker, const struct entity_type *type, struct error *err);

/* Bytes for the part in hand; *used is less than size where they ended its header. */
MUST_CHECK int walker_part_write(
    struct walker *walker, const char *bytes, size_t size, size_t *used, struct error *err);

/* The part in hand is over. */
MUST_CHECK int walker_part_finish(struct walker *walker, struct error *err);

/* Ends all frames from this one on. */
MUST_CHECK int walker_pop(struct walker *walker, size_t count, struct error *err);

/* A delimiter of a frame: what is open within ends, its next part begins or its last one ends. */
MUST_CHECK int walker_delimit(
    struct walker *walker, size_t frame, enum frame_delimiter delimiter, struct error *err);

/* Frames up to the last that is in a layer: only layers look at the bytes of what is in them. */
size_t walker_watching(const struct walker *walker);

#endif
