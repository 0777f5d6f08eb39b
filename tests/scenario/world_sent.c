/* A message on its way through. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

/* Feeds the header fields of text; gives where the body begins. */
static const char *
feed_header(struct message *message, const char *text)
{
	char name[256];
	const char *end;
	const char *colon;

	while (*text != '\n' && *text != '\0') {
		end = strchr(text, '\n');
		while (end != NULL && (end[1] == ' ' || end[1] == '\t'))
			end = strchr(end + 1, '\n');
		ck_assert_ptr_nonnull(end);
		colon = memchr(text, ':', (size_t)(end - text));
		ck_assert_ptr_nonnull(colon);
		snprintf(name, sizeof(name), "%.*s", (int)(colon - text), text);
		{
			char *value = strndup(colon + 1, (size_t)(end - colon - 1));

			message_header(message, name, value);
			free(value);
		}
		text = end + 1;
	}
	return *text == '\n' ? text + 1 : text;
}

/* Feeds the body in pieces that split lines. */
static void
feed_body(struct message *message, const char *body)
{
	struct buffer wire = BUFFER_INIT;
	size_t at;
	size_t piece;

	for (; *body != '\0'; body++) {
		if (*body == '\n')
			ck_assert_int_eq(buffer_append(&wire, "\r", 1, NULL), 0);
		ck_assert_int_eq(buffer_append(&wire, body, 1, NULL), 0);
	}
	for (at = 0; at < wire.size; at += piece) {
		piece = wire.size - at < 1009 ? wire.size - at : 1009;
		if (!message_body(message, wire.data + at, piece))
			break;
	}
	buffer_free(&wire);
}

/* How many were waited for. */
static int
wait_for_tickets(struct message *message)
{
	struct ticket *ticket;
	int64_t deadline;
	int waits = 0;

	while ((ticket = message_pending(message, &deadline)) != NULL) {
		waits++;
		ticket_wait(ticket, deadline);
	}
	return waits;
}

struct sent
world_send(struct world *world, const char *from, const char *const *to, const char *text)
{
	struct origin origin = {.user = NULL};
	struct error err = ERROR_INIT;
	struct sent sent = {.message = NULL};
	const char *body;

	origin_set_peer(&origin, NULL);
	sent.message = message_new(world_snapshot(world), &origin, from, &err);
	ck_assert_ptr_nonnull(sent.message);
	message_set_queue_id(sent.message, "4QUEUEID");
	for (; *to != NULL; to++)
		ck_assert(message_recipient(sent.message, *to));
	body = feed_header(sent.message, text);
	message_end_of_headers(sent.message);
	sent.waits = wait_for_tickets(sent.message);
	sent.body_wanted = message_join(sent.message);
	if (sent.body_wanted)
		feed_body(sent.message, body);
	message_end_of_body(sent.message);
	sent.end_waits = wait_for_tickets(sent.message);
	sent.result = message_end(sent.message);
	return sent;
}

void
sent_free(struct sent *sent)
{
	message_free(sent->message);
	sent->message = NULL;
}

static int
collect(void *context, const char *bytes, size_t size, struct error *err)
{
	return buffer_append(context, bytes, size, err);
}

char *
sent_body(const struct sent *sent, size_t *size)
{
	struct buffer body = BUFFER_INIT;

	ck_assert_ptr_nonnull(sent->result->body);
	ck_assert_int_eq(spool_read(sent->result->body, 4096, collect, &body, NULL), 0);
	*size = body.size;
	return buffer_take(&body);
}

char *
sent_open(struct world *world, const struct sent *sent, const char *address)
{
	size_t size;
	char *body = sent_body(sent, &size);
	BIO *in = BIO_new_mem_buf(body, (int)size);
	BIO *base64 = BIO_new(BIO_f_base64());
	BIO *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms;
	char *text = NULL;
	char *data;
	long length;

	BIO_push(base64, in);
	cms = d2i_CMS_bio(base64, NULL);
	ck_assert_ptr_nonnull(cms);
	if (CMS_decrypt(cms, world_key(world, address), world_certificate(world, address), NULL,
		out, CMS_BINARY) == 1) {
		length = BIO_get_mem_data(out, &data);
		text = strndup(data, (size_t)length);
	}
	CMS_ContentInfo_free(cms);
	BIO_free_all(base64);
	BIO_free(out);
	free(body);
	return text;
}

char *
world_client_encrypts(struct world *world, const char *header, const EVP_CIPHER *cipher,
    const char *const *addresses, const char *entity)
{
	STACK_OF(X509) *certificates = sk_X509_new_null();
	BIO *in = BIO_new_mem_buf(entity, -1);
	BIO *out = BIO_new(BIO_s_mem());
	BIO *base64 = BIO_new(BIO_f_base64());
	struct buffer text = BUFFER_INIT;
	CMS_ContentInfo *cms;
	char *data;
	long length;

	for (; *addresses != NULL; addresses++)
		sk_X509_push(certificates, world_certificate(world, *addresses));
	cms = CMS_encrypt(certificates, in, cipher, CMS_BINARY);
	ck_assert_ptr_nonnull(cms);
	BIO_push(base64, out);
	ck_assert_int_eq(i2d_CMS_bio(base64, cms), 1);
	ck_assert_int_eq(BIO_flush(base64), 1);
	length = BIO_get_mem_data(out, &data);
	ck_assert_int_eq(buffer_append_format(&text, NULL,
			     "%sContent-Type: application/pkcs7-mime; smime-type=enveloped-data\n"
			     "Content-Transfer-Encoding: base64\n\n%.*s",
			     header, (int)length, data),
	    0);
	CMS_ContentInfo_free(cms);
	sk_X509_free(certificates);
	BIO_free(in);
	BIO_free_all(base64);
	return buffer_take(&text);
}

bool
sent_reply_has(const struct sent *sent, const char *text)
{
	const struct reply *reply = sent->result->reply;
	size_t i;

	ck_assert_ptr_nonnull(reply);
	for (i = 0; i < reply->line_count; i++) {
		if (strstr(reply->lines[i], text) != NULL)
			return true;
	}
	return false;
}
