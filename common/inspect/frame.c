#include "inspect/frame.h"

#include <stdlib.h>
#include <string.h>

/* Bytes that wait to be digested: many lines at once cost less. */
#define PENDING_MAX ((size_t)16 << 10)

static char *
copy_boundary(const char *boundary)
{
	size_t size = strlen(boundary);
	char *copy;

	/* RFC 2046 5.1.1: it ends with no white space. */
	while (size > 0 && (boundary[size - 1] == ' ' || boundary[size - 1] == '\t'))
		size--;
	copy = malloc(size + 1);
	if (copy == NULL)
		return NULL;
	memcpy(copy, boundary, size);
	copy[size] = '\0';
	return copy;
}

static int
start_signed(
    struct frame *frame, struct layout *layout, const struct entity_type *type, struct error *err)
{
	struct error why = ERROR_INIT;
	const char *protocol = type->protocol != NULL ? type->protocol : "";

	frame->is_signed = true;
	frame->protocol_known = strstr(protocol, "pkcs7-signature") != NULL;
	if (strcmp(protocol, "application/pgp-signature") == 0)
		return 0;
	if (layout_digesting(layout, &why) == -1) {
		frame->settled = true;
		return layout_malformed(layout, frame->layer, &why, err);
	}
	frame->is_digesting = true;
	frame->digests = digests_all(err);
	return frame->digests != NULL ? 0 : -1;
}

static int
start_pgp(
    struct frame *frame, struct layout *layout, const struct entity_type *type, struct error *err)
{
	struct error why = ERROR_INIT;
	int result;

	frame->pgp = malloc(sizeof(*frame->pgp));
	if (frame->pgp == NULL)
		return error_no_memory(err);
	/* RFC 2045 6.4: a multipart is never encoded as a whole. */
	if (type->encoding != ENTITY_IDENTITY)
		result = error_set(&why, ERROR_INPUT, "it is transfer-encoded as a whole");
	else
		result = pgp_mime_init(frame->pgp, type->boundary, &why);
	if (result == 0)
		return 0;
	free(frame->pgp);
	frame->pgp = NULL;
	return layout_malformed(layout, frame->layer, &why, err);
}

int
frame_init(struct frame *frame, struct layout *layout, const struct layout_spot *spot,
    const struct entity_type *type, struct error *err)
{
	*frame = (struct frame){.layer = LAYOUT_NONE, .crlf = ENTITY_CRLF_INIT};
	if (type == NULL)
		return 0;
	frame->boundary = copy_boundary(type->boundary);
	if (frame->boundary == NULL)
		return error_no_memory(err);
	if (type->other != NULL && (frame->other = copy_boundary(type->other)) == NULL)
		return error_no_memory(err);
	frame->digest =
	    type->media_type != NULL && strcmp(type->media_type, "multipart/digest") == 0;
	if (type->claim != ENTITY_SIGNED && type->claim != ENTITY_PGP_MIME)
		return 0;
	if (layout_add(layout, spot, type, &frame->layer, err) == -1)
		return -1;
	if (frame->layer == LAYOUT_NONE)
		return 0;
	return type->claim == ENTITY_SIGNED ? start_signed(frame, layout, type, err)
					    : start_pgp(frame, layout, type, err);
}

static enum frame_delimiter
delimiter_of(const char *boundary, const char *line, size_t size)
{
	const char *end = line + size;

	if (boundary == NULL || size < 2 || memcmp(line, "--", 2) != 0)
		return FRAME_NO_DELIMITER;
	/* To the first byte that differs: many lines are compared with many boundaries. */
	for (line += 2; *boundary != '\0'; boundary++, line++) {
		if (line == end || *line != *boundary)
			return FRAME_NO_DELIMITER;
	}
	if (line == end)
		return FRAME_NEXT;
	return end - line == 2 && memcmp(line, "--", 2) == 0 ? FRAME_CLOSE : FRAME_NO_DELIMITER;
}

enum frame_delimiter
frame_delimiter(const struct frame *frame, const char *line, size_t size)
{
	enum frame_delimiter delimiter = delimiter_of(frame->boundary, line, size);

	return delimiter != FRAME_NO_DELIMITER ? delimiter : delimiter_of(frame->other, line, size);
}

static int
flush(struct frame *frame, struct error *err)
{
	int result = 0;

	if (frame->pending.size > 0)
		result =
		    digests_write(frame->digests, frame->pending.data, frame->pending.size, err);
	buffer_clear(&frame->pending);
	return result;
}

static void
stop_digesting(struct frame *frame, struct layout *layout)
{
	if (frame->is_digesting)
		layout_digested(layout);
	frame->is_digesting = false;
}

static int
digest(struct frame *frame, const char *bytes, size_t size, struct error *err)
{
	size_t taken;

	for (; size > 0; bytes += taken, size -= taken) {
		taken = size < PENDING_MAX ? size : PENDING_MAX;
		if (entity_to_crlf(&frame->crlf, bytes, taken, &frame->pending, err) == -1)
			return -1;
		if (frame->pending.size >= PENDING_MAX && flush(frame, err) == -1)
			return -1;
	}
	return 0;
}

static void
note_trailing(struct frame *frame, const char *bytes, size_t size)
{
	size_t i;

	for (i = 0; i < size && !frame->trailing; i++)
		frame->trailing = strchr(" \t\r\n", bytes[i]) == NULL || bytes[i] == '\0';
}

int
frame_see(struct frame *frame, struct layout *layout, const char *bytes, size_t size, bool in_part,
    struct error *err)
{
	struct error why = ERROR_INIT;

	if (in_part && frame->closed && frame->is_signed)
		note_trailing(frame, bytes, size);
	if (in_part && frame->part == 1 && !frame->closed && frame->digests != NULL &&
	    digest(frame, bytes, size, err) == -1)
		return -1;
	if (frame->pgp == NULL || pgp_mime_read(frame->pgp, bytes, size, &why) == 0)
		return 0;
	free(frame->pgp);
	frame->pgp = NULL;
	return layout_malformed(layout, frame->layer, &why, err);
}

int
frame_next(struct frame *frame, struct layout *layout, struct error *err)
{
	/* A part after the last one: some readers show it. */
	frame->trailing |= frame->closed;
	frame->part++;
	if (frame->part < 2)
		return 0;
	stop_digesting(frame, layout);
	return flush(frame, err);
}

int
frame_close(struct frame *frame, struct layout *layout, struct error *err)
{
	frame->closed = true;
	stop_digesting(frame, layout);
	return flush(frame, err);
}

static int
finish_signed(struct frame *frame, struct layout *layout, struct error *err)
{
	struct error why = ERROR_INIT;

	layout->entries[frame->layer].sole = frame->part == 2 && frame->closed && !frame->trailing;
	if (frame->settled)
		return 0;
	if (!frame->protocol_known) {
		layout_drop(layout, frame->layer);
		return 0;
	}
	error_set(&why, ERROR_INPUT, "its signature is missing");
	return layout_malformed(layout, frame->layer, &why, err);
}

int
frame_finish(struct frame *frame, struct layout *layout, struct error *err)
{
	struct error why = ERROR_INIT;

	if (frame->layer == LAYOUT_NONE)
		return 0;
	if (frame->is_signed)
		return finish_signed(frame, layout, err);
	if (frame->pgp == NULL)
		return 0;
	if (pgp_mime_finish(frame->pgp, &why) == -1)
		return layout_malformed(layout, frame->layer, &why, err);
	layout->layers[frame->layer].type = LAYER_PGP_MIME;
	layout->layers[frame->layer].detail[0] = '\0';
	return 0;
}

void
frame_free(struct frame *frame, struct layout *layout)
{
	stop_digesting(frame, layout);
	free(frame->boundary);
	free(frame->other);
	digests_free(frame->digests);
	buffer_free(&frame->pending);
	free(frame->pgp);
	*frame = (struct frame){.layer = LAYOUT_NONE};
}
