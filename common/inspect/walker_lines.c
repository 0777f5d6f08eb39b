/* Lines, and the delimiters among them. The end of a line before a delimiter belongs to that
 * (RFC 2046 5.1.1), so each is held until the next line is known. */
#include <string.h>

#include "inspect/line_end.h"
#include "inspect/walker_private.h"

/* Bytes looked at for the end of a line at once: of a long run without one kind of end, those left
 * are not searched again for each of the other. */
#define RUN_MAX ((size_t)2048)

/* Bytes of the frames below `parts` as bytes of a part, of those below `frames` at all. */
static int
show(struct walker *walker, size_t parts, size_t frames, const char *bytes, size_t size,
    struct error *err)
{
	size_t i;

	if (frames > walker->watching)
		frames = walker->watching;
	for (i = 0; i < frames; i++) {
		if (frame_see(&walker->frames[i], walker->layout, bytes, size, i < parts, err) ==
		    -1)
			return -1;
	}
	return 0;
}

/* Bytes of the part in hand. */
static int
emit(struct walker *walker, const char *bytes, size_t size, struct error *err)
{
	size_t used = 0;

	if (size == 0)
		return 0;
	if (show(walker, SIZE_MAX, SIZE_MAX, bytes, size, err) == -1)
		return -1;
	for (; size > 0; bytes += used, size -= used) {
		if (walker_part_write(walker, bytes, size, &used, err) == -1)
			return -1;
	}
	return 0;
}

/* The line end that was held belongs to no delimiter. */
static int
release(struct walker *walker, struct error *err)
{
	struct walker_held held = walker->held;
	size_t used;

	walker->held.size = 0;
	if (held.size == 0)
		return 0;
	if (show(walker, held.parts, held.frames, held.bytes, held.size, err) == -1)
		return -1;
	return held.leaf ? walker_part_write(walker, held.bytes, held.size, &used, err) : 0;
}

static void
hold(struct walker *walker, const char *bytes, size_t size)
{
	walker->held =
	    (struct walker_held){.size = size, .parts = SIZE_MAX, .frames = SIZE_MAX, .leaf = true};
	memcpy(walker->held.bytes, bytes, size);
}

/* The end of a line. A header gets it at once: whether it is over, and the part a multipart, must be
 * known before the next line is. */
static int
end_of_line(struct walker *walker, const char *bytes, size_t size, struct error *err)
{
	size_t used;

	hold(walker, bytes, size);
	if (walker->leaf != WALKER_HEADER || size == 0 || bytes[size - 1] != '\n')
		return 0;
	walker->held.parts = walker->frame_count;
	walker->held.frames = walker->frame_count;
	walker->held.leaf = false;
	return walker_part_write(walker, bytes, size, &used, err);
}

/* The size of the line end that a run of bytes ends with; a CR may yet become one. */
static size_t
end_size(const char *line, size_t size)
{
	if (size == 0 || (line[size - 1] != '\n' && line[size - 1] != '\r'))
		return 0;
	if (line[size - 1] == '\r')
		return 1;
	return size > 1 && line[size - 2] == '\r' ? 2 : 1;
}

/* The frame whose delimiter the line is: the innermost that is open, else one that is closed. */
static enum frame_delimiter
find_delimiter(const struct walker *walker, const char *line, size_t size, size_t *frame)
{
	enum frame_delimiter delimiter;
	int closed;
	size_t i;

	while (size > 0 && strchr(" \t\r", line[size - 1]) != NULL && line[size - 1] != '\0')
		size--;
	if (size < 2 || line[1] != '-')
		return FRAME_NO_DELIMITER;
	for (closed = 0; closed < 2; closed++) {
		for (i = walker->frame_count; i-- > 0;) {
			if (walker->frames[i].closed != (closed != 0))
				continue;
			delimiter = frame_delimiter(&walker->frames[i], line, size);
			*frame = i;
			if (delimiter != FRAME_NO_DELIMITER)
				return delimiter;
		}
	}
	return FRAME_NO_DELIMITER;
}

/* A delimiter line, whose own end is held: it may belong to another. */
static int
take_delimiter(struct walker *walker, size_t frame, enum frame_delimiter delimiter, size_t end,
    struct error *err)
{
	struct walker_held held = walker->held;
	size_t size = walker->line_size - end;

	if (held.parts > frame)
		held.parts = frame;
	if (held.frames > frame + 1)
		held.frames = frame + 1;
	if (held.size > 0 &&
	    show(walker, held.parts, held.frames, held.bytes, held.size, err) == -1)
		return -1;
	walker->held.size = 0;
	if (walker_delimit(walker, frame, delimiter, err) == -1 ||
	    show(walker, frame, frame + 1, walker->line, size, err) == -1)
		return -1;
	hold(walker, walker->line + size, end);
	walker->held.parts = frame;
	walker->held.frames = frame + 1;
	walker->held.leaf = false;
	return 0;
}

/* A line that began with a hyphen is whole, or too long for a delimiter. */
static int
end_line(struct walker *walker, struct error *err)
{
	size_t end = end_size(walker->line, walker->line_size);
	size_t size = walker->line_size - end;
	enum frame_delimiter delimiter;
	size_t frame;
	int result;

	bool cut =
	    walker->line_size == WALKER_LINE_MAX && walker->line[walker->line_size - 1] != '\n';

	delimiter = cut ? FRAME_NO_DELIMITER : find_delimiter(walker, walker->line, size, &frame);
	if (delimiter != FRAME_NO_DELIMITER) {
		result = take_delimiter(walker, frame, delimiter, end, err);
	} else {
		result = release(walker, err);
		if (result == 0)
			result = emit(walker, walker->line, size, err);
		if (result == 0)
			result = end_of_line(walker, walker->line + size, end, err);
	}
	walker->inside_line = cut;
	walker->line_size = 0;
	return result;
}

/* Collects a line that may be a delimiter. */
static int
collect(struct walker *walker, const char *bytes, size_t size, size_t *used, struct error *err)
{
	size_t room = WALKER_LINE_MAX - walker->line_size;
	size_t taken = size < room ? size : room;
	size_t held = walker->line_size > 0 && walker->line[walker->line_size - 1] == '\r';
	const char *lf = memchr(bytes, '\n', taken);
	const char *cr;

	if (lf != NULL)
		taken = (size_t)(lf - bytes) + 1;
	memcpy(walker->line + walker->line_size, bytes, taken);
	walker->line_size += taken;
	*used = taken;
	cr = line_end_bare_cr(walker->line + walker->line_size - taken - held, taken + held);
	if (cr != NULL) {
		*used = taken - (walker->line_size - (size_t)(cr + 1 - walker->line));
		walker->line_size = (size_t)(cr + 1 - walker->line);
	}
	return lf != NULL || cr != NULL || walker->line_size == WALKER_LINE_MAX
		   ? end_line(walker, err)
		   : 0;
}

/* On within a line; a CR at the end of what is there waits for its LF. */
static int
go_on(struct walker *walker, const char *bytes, size_t size, size_t *used, struct error *err)
{
	size_t run = size < RUN_MAX ? size : RUN_MAX;
	const char *lf = memchr(bytes, '\n', run);
	size_t taken = lf != NULL ? (size_t)(lf - bytes) + 1 : run;
	const char *cr = line_end_bare_cr(bytes, taken);
	size_t end;

	if (cr != NULL)
		taken = (size_t)(cr - bytes) + 1;
	end = end_size(bytes, taken);
	*used = taken;
	if (walker->held.size == 1 && walker->held.bytes[0] == '\r') {
		if (taken == 1 && lf != NULL && cr == NULL) {
			walker->inside_line = false;
			return end_of_line(walker, "\r\n", 2, err);
		}
		if (bytes[0] != '\r') {
			*used = 0;
			walker->inside_line = false;
			return 0;
		}
		if (release(walker, err) == -1)
			return -1;
	}
	if (emit(walker, bytes, taken - end, err) == -1)
		return -1;
	walker->inside_line = lf == NULL && cr == NULL;
	return end == 0 ? 0 : end_of_line(walker, bytes + taken - end, end, err);
}

int
walker_lines(struct walker *walker, const char *bytes, size_t size, size_t *used, struct error *err)
{
	size_t taken;
	int result = 0;

	for (*used = 0; result == 0 && *used < size && walker->boundaries > 0; *used += taken) {
		taken = 0;
		if (walker->line_size > 0 || (!walker->inside_line && bytes[*used] == '-')) {
			result = collect(walker, bytes + *used, size - *used, &taken, err);
		} else if (!walker->inside_line) {
			result = release(walker, err);
			walker->inside_line = true;
		} else {
			result = go_on(walker, bytes + *used, size - *used, &taken, err);
		}
	}
	return result;
}

int
walker_lines_finish(struct walker *walker, struct error *err)
{
	if (walker->line_size > 0 && end_line(walker, err) == -1)
		return -1;
	return release(walker, err);
}
