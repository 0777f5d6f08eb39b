#include "apply.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"

/* libmilter's largest chunk: Postfix takes no other size. */
#define BODY_PIECE 65535

/* '%' doubled: smfi_setmlreply() formats its arguments. */
static void
double_percent(const char *line, char out[2 * REPLY_LINE_SIZE])
{
	while (*line != '\0') {
		if (*line == '%')
			*out++ = '%';
		*out++ = *line++;
	}
	*out = '\0';
}

/* An SMTP reply; SMFIS_REJECT or SMFIS_TEMPFAIL after its code. */
static sfsistat
give_reply(SMFICTX *ctx, const struct reply *reply)
{
	char lines[REPLY_LINES_MAX][2 * REPLY_LINE_SIZE];
	char *l[REPLY_LINES_MAX + 1];
	size_t i;

	for (i = 0; i < REPLY_LINES_MAX; i++) {
		l[i] = NULL;
		if (i < reply->line_count) {
			double_percent(reply->lines[i], lines[i]);
			l[i] = lines[i];
		}
	}
	l[REPLY_LINES_MAX] = NULL;
	/* A list that ends in NULL; libmilter stops at the first. */
	if (smfi_setmlreply(ctx, reply->code, reply->enhanced, l[0] != NULL ? l[0] : "", l[1], l[2],
		l[3], l[4], l[5], l[6], l[7], l[8], l[9], l[10], l[11], l[12], l[13], l[14], l[15],
		l[16], l[17], l[18], l[19], l[20], l[21], l[22], l[23], l[24], l[25], l[26], l[27],
		l[28], l[29], l[30], l[31], NULL) != MI_SUCCESS)
		log_error("libmilter refused the reply %s %s %s", reply->code, reply->enhanced,
		    l[0] != NULL ? l[0] : "");
	return reply->code[0] == '5' ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

static int
apply_edit(SMFICTX *ctx, const struct edit *edit)
{
	switch (edit->kind) {
	case EDIT_CHANGE_HEADER:
	case EDIT_DELETE_HEADER:
		return smfi_chgheader(ctx, edit->name, edit->occurrence, edit->value);
	case EDIT_ADD_HEADER:
		return smfi_addheader(ctx, edit->name, edit->value);
	case EDIT_INSERT_HEADER:
		return smfi_insheader(ctx, 0, edit->name, edit->value);
	}
	return MI_FAILURE;
}

static int
replace_body(void *context, const char *bytes, size_t size, struct error *err)
{
	/* libmilter declares its argument without const but only reads it. */
	union {
		const char *in;
		unsigned char *out;
	} body = {bytes};

	if (smfi_replacebody(context, body.out, (int)size) != MI_SUCCESS)
		return error_set(err, ERROR_TEMPORARY, "replacing the body failed");
	return 0;
}

/* The body's pieces must follow one another without anything between them (Postfix). A message that
 * is not sealed keeps its own. */
static int
apply_changes(SMFICTX *ctx, const struct message_result *result, struct error *err)
{
	size_t i;

	for (i = 0; result->edits != NULL && i < result->edits->count; i++) {
		if (apply_edit(ctx, &result->edits->items[i]) != MI_SUCCESS)
			return error_set(err, ERROR_TEMPORARY, "changing header field %s failed",
			    result->edits->items[i].name);
	}
	if (result->action != ACTION_SEAL)
		return 0;
	return spool_read(result->body, BODY_PIECE, replace_body, ctx, err);
}

sfsistat
apply_result(SMFICTX *ctx, struct message *message, const struct message_result *result)
{
	struct error err = ERROR_INIT;

	switch (result->action) {
	case ACTION_PASS:
	case ACTION_SEAL:
		if (apply_changes(ctx, result, &err) == 0)
			return SMFIS_ACCEPT;
		message_not_applied(message, err.text);
		return SMFIS_TEMPFAIL;
	case ACTION_DEFER:
	case ACTION_REFUSE:
		return give_reply(ctx, result->reply);
	}
	return SMFIS_TEMPFAIL;
}
