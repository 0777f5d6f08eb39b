/* The body as it streams by: sealed, inspected, both side by side, or not wanted at all. */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "message/internal.h"

/* The body comes in pieces of at most 65,535 bytes (libmilter); worked on in these, so that the
 * plaintext held is bounded whatever a front hands over. */
#define PIECE_SIZE 32768

/* Spool space used up is the administrator's limit; a cache folder that can't be used at all is
 * configured wrongly; a disk that fails is trouble of ours. */
static void
seal_trouble(struct message *message, const struct error *err)
{
	enum reason_id reason = REASON_INTERNAL_ERROR;

	if (err->code == ERROR_LIMIT)
		reason = REASON_SPOOL_FULL;
	else if (err->code == ERROR_PERMANENT)
		reason = REASON_MISCONFIGURED;
	message_trouble(message, reason, err);
}

/* By certificate; of one certificate first how it is read by whoever says least of it. */
static int
compare_recipients(const void *a, const void *b)
{
	const struct seal_recipient *x = a;
	const struct seal_recipient *y = b;
	int order = strcmp(x->certificate->sha256, y->certificate->sha256);

	if (order != 0)
		return order;
	if (x->oaep != y->oaep)
		return x->oaep ? 1 : -1;
	return (int)y->oaep_sha1 - (int)x->oaep_sha1;
}

/* A certificate that several recipients share, or one who stands in several groups, gets one
 * recipient info. Returns how many are left. */
static size_t
drop_duplicates(struct seal_recipient *recipients, size_t count)
{
	size_t left = 0;
	size_t i;

	qsort(recipients, count, sizeof(*recipients), compare_recipients);
	for (i = 0; i < count; i++) {
		if (left == 0 || strcmp(recipients[i].certificate->sha256,
				     recipients[left - 1].certificate->sha256) != 0)
			recipients[left++] = recipients[i];
	}
	return left;
}

/* The plan's digital IDs as sealing wants them, each certificate once; free(). */
static struct seal_recipient *
seal_recipients(const struct message *message, size_t *count, struct error *err)
{
	const struct plan *plan = message->plan;
	struct seal_recipient *recipients = calloc(plan->seal_count + 1, sizeof(*recipients));
	size_t i;

	if (recipients == NULL) {
		error_no_memory(err);
		return NULL;
	}
	for (i = 0; i < plan->seal_count; i++) {
		const struct plan_seal *seal = &plan->seals[i];
		const struct recipient *record = message->facts.recipients[seal->recipient].record;

		recipients[i].certificate = record->digital_ids[seal->digital_id].certificate;
		recipients[i].oaep = seal->oaep;
		recipients[i].oaep_sha1 = seal->oaep_sha1;
	}
	*count = drop_duplicates(recipients, plan->seal_count);
	return recipients;
}

static int
start_seal(struct message *message, struct error *err)
{
	const struct config *config = message->snapshot->config;
	struct buffer inner = BUFFER_INIT;
	struct seal_recipient *recipients;
	size_t count;
	int result = -1;

	recipients = seal_recipients(message, &count, err);
	if (recipients == NULL)
		return -1;
	message->spool = spool_new(
	    message->snapshot->space, config->cache_folder, (size_t)config->spool_memory, err);
	if (message->spool == NULL)
		goto done;
	message->seal =
	    seal_new(message->plan->cipher, recipients, count, spool_write, message->spool, err);
	if (message->seal == NULL)
		goto done;
	if (entity_inner_header(&message->header, &inner, err) != 0)
		goto done;
	result = seal_write(message->seal, inner.data, inner.size, err);
done:
	if (inner.data != NULL)
		OPENSSL_cleanse(inner.data, inner.room);
	buffer_free(&inner);
	free(recipients);
	return result;
}

void
content_start(struct message *message)
{
	struct error err = ERROR_INIT;

	if (inspect_wanted(&message->type)) {
		message->inspect = inspect_new(&message->type, &err);
		if (message->inspect == NULL)
			message_trouble(message, REASON_INTERNAL_ERROR, &err);
	}
	if (message->plan != NULL && message->plan->action == ACTION_SEAL &&
	    start_seal(message, &err) != 0)
		seal_trouble(message, &err);
}

bool
content_wanted(const struct message *message)
{
	return message->trouble == REASON_OK && (message->inspect != NULL || message->seal != NULL);
}

static int
write_seal(struct message *message, const char *bytes, size_t size, struct error *err)
{
	size_t piece;

	for (; size > 0; bytes += piece, size -= piece) {
		piece = size < PIECE_SIZE ? size : PIECE_SIZE;
		buffer_clear(&message->chunk);
		if (entity_to_crlf(&message->crlf, bytes, piece, &message->chunk, err) != 0 ||
		    seal_write(message->seal, message->chunk.data, message->chunk.size, err) != 0)
			return -1;
	}
	return 0;
}

void
content_write(struct message *message, const char *bytes, size_t size)
{
	struct error err = ERROR_INIT;

	if (message->inspect != NULL && inspect_write(message->inspect, bytes, size, &err) != 0)
		message_trouble(message, REASON_INTERNAL_ERROR, &err);
	if (message->seal != NULL && write_seal(message, bytes, size, &err) != 0)
		seal_trouble(message, &err);
}

void
content_inspected(struct message *message)
{
	struct error err = ERROR_INIT;

	if (message->inspect != NULL && message->trouble == REASON_OK &&
	    inspect_finish(message->inspect, &message->inspection, &err) != 0)
		message_trouble(message, REASON_INTERNAL_ERROR, &err);
}

void
content_finish_seal(struct message *message)
{
	struct error err = ERROR_INIT;

	if (message->seal == NULL)
		message_trouble(message, REASON_INTERNAL_ERROR,
		    &(struct error){ERROR_INTERNAL, "sealing was decided but not begun"});
	else if (seal_finish(message->seal, &err) != 0)
		seal_trouble(message, &err);
}

void
content_free(struct message *message)
{
	seal_free(message->seal);
	inspect_free(message->inspect);
	spool_free(message->spool);
	if (message->chunk.data != NULL)
		OPENSSL_cleanse(message->chunk.data, message->chunk.room);
	buffer_free(&message->chunk);
}
