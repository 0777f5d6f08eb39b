/*
 * Memory that runs out at every point on the way of a message: what must be encrypted never passes.
 * The program is linked with --wrap, so that only our own requests are refused: GLib ends the
 * program when its own are.
 */
#include <stdatomic.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "mail/startup.h"
#include "signed_make.h"
#include "unit.h"
#include "world.h"

#define ANNA "anna@partner.test"
#define CANARY "the-canary-sings-in-the-clear"

#define BERT "bert@partner.test"
#define STAFF "staff@partner.test"
#define TEAM "team@partner.test"

/* Requests of this thread until one is refused; 0: none is. */
static _Thread_local long until_refused;
/* The same for all other threads together: the resolver's loop, and the judges. */
static atomic_long until_refused_others;
static _Thread_local bool is_sender;

static bool
is_refused(void)
{
	if (is_sender)
		return until_refused > 0 && --until_refused == 0;
	return atomic_load(&until_refused_others) > 0 &&
	       atomic_fetch_sub(&until_refused_others, 1) == 1;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);

void *
__wrap_malloc(size_t size)
{
	return is_refused() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return is_refused() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	return is_refused() ? NULL : __real_realloc(old, size);
}

void *
__wrap_reallocarray(void *old, size_t count, size_t size)
{
	return is_refused() ? NULL : __real_reallocarray(old, count, size);
}

char *
__wrap_strdup(const char *text)
{
	return is_refused() ? NULL : __real_strdup(text);
}

char *
__wrap_strndup(const char *text, size_t size)
{
	return is_refused() ? NULL : __real_strndup(text, size);
}

static const struct {
	const char *rules;
	const char *field;
	const char *value;
} cases[] = {
    {"rule \"r\" { encrypt = required }\n", "Content-Type", " text/plain; charset=utf-8"},
    {"rule \"r\" { encrypt = required }\n", "Content-Type",
	" application/pkcs7-mime; name=\"smime.p7m\""},
    {"rule \"m\" { subject = \"[secure]\" encrypt = required }\n"
     "rule \"o\" { mode = observe encrypt = preferred }\n",
	"Subject", " =?utf-8?q?=5Bsecure=5D?= x"},
    {"rule \"n\" { subject = \"[open]\" encrypt = never }\n"
     "rule \"h\" { header = \"X-Open: yes\" encrypt = never }\n"
     "rule \"r\" { encrypt = required }\n",
	"Subject", " hello"},
    {"rule \"h\" { header = \"X-Secure: yes\" encrypt = required }\n", "X-Secure", " yes"},
    {"rule \"s\" { senders = { \"@corp.test\" } encrypt = required }\n", "Subject", " hello"},
    {"rule \"s\" { senders = { \"<>\" } encrypt = never }\n"
     "rule \"r\" { recipients = { \"@partner.test\" } encrypt = required }\n",
	"Subject", " hello"},
};

static void
wait_for_tickets(struct message *message)
{
	struct ticket *ticket;
	int64_t deadline;

	while ((ticket = message_pending(message, &deadline)) != NULL)
		ticket_wait(ticket, deadline);
}

/* The whole way; NULL where it could not even begin. */
static struct message *
send_through(struct world *world, int which, const char *to)
{
	struct origin origin = {.user = NULL};
	struct message *message;

	origin_set_peer(&origin, NULL);
	message = message_new(world_snapshot(world), &origin, "me@corp.test", NULL);
	if (message == NULL)
		return NULL;
	message_recipient(message, to);
	message_header(message, "To", " " ANNA);
	message_header(message, "Message-ID", " <1@corp.test>");
	message_header(message, cases[which].field, cases[which].value);
	message_end_of_headers(message);
	wait_for_tickets(message);
	if (message_join(message))
		message_body(message, CANARY "\r\n", strlen(CANARY) + 2);
	message_end_of_body(message);
	wait_for_tickets(message);
	message_end(message);
	return message;
}

static void
expect_no_pass(const struct message_result *result, long request)
{
	ck_assert_msg(result->action != ACTION_PASS, "request %ld", request);
	ck_assert((result->reply != NULL) ==
		  (result->action == ACTION_DEFER || result->action == ACTION_REFUSE));
}

/* A group, and one in it: whoever it is sealed for, it is sealed for all members. */
static struct world *
make_staff(void)
{
	static const char *const staff[] = {ANNA, TEAM, NULL};
	static const char *const team[] = {BERT, ANNA, NULL};
	struct world *world = world_new("deadline = 20s\n", cases[0].rules);

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	world_publish(world, BERT, PUBLISH_BLOB_AES);
	world_group(world, STAFF, staff, false);
	world_group(world, TEAM, team, false);
	return world;
}

static void
expect_for_all(struct world *world, struct message *message, long request)
{
	struct sent sent = {.message = message, .result = message_end(message)};
	char *anna;
	char *bert;

	expect_no_pass(sent.result, request);
	if (sent.result->action != ACTION_SEAL)
		return;
	anna = sent_open(world, &sent, ANNA);
	bert = sent_open(world, &sent, BERT);
	ck_assert_msg(anna != NULL && bert != NULL, "request %ld", request);
	free(anna);
	free(bert);
}

/* _i: whether it is the sender's thread that gets none, or the resolver's. */
START_TEST(no_memory_leaves_no_member_out)
{
	struct world *world = make_staff();
	struct message *message;
	bool refused = true;
	int64_t begun;
	long n;

	for (n = 1; refused; n++) {
		resolver_cache_flush(world_snapshot(world)->resolver, NULL);
		begun = clock_monotonic_ms();
		until_refused = _i == 0 ? n : 0;
		atomic_store(&until_refused_others, _i == 0 ? 0 : n);
		message = send_through(world, 0, STAFF);
		refused = _i == 0 ? until_refused == 0 : atomic_load(&until_refused_others) <= 0;
		until_refused = 0;
		atomic_store(&until_refused_others, 0);
		ck_assert_msg(clock_monotonic_ms() - begun < 10000, "request %ld: no answer", n);
		if (message == NULL)
			continue;
		expect_for_all(world, message, n);
		if (!refused)
			ck_assert_int_eq(message_end(message)->action, ACTION_SEAL);
		message_free(message);
	}
	ck_assert_int_gt(n, 20);
	world_free(world);
}
END_TEST

START_TEST(no_memory_lets_nothing_pass)
{
	struct world *world = world_new("", cases[_i].rules);
	struct message *message;
	const struct message_result *result;
	bool refused = true;
	long n;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	for (n = 1; refused; n++) {
		until_refused = n;
		message = send_through(world, _i, ANNA);
		refused = until_refused == 0;
		until_refused = 0;
		if (message == NULL)
			continue;
		result = message_end(message);
		expect_no_pass(result, n);
		if (!refused)
			ck_assert_int_eq(result->action, ACTION_SEAL);
		message_free(message);
	}
	ck_assert_int_gt(n, 20);
	world_free(world);
}
END_TEST

#define CANARY_ENTITY "Content-Type: text/plain\r\n\r\n" CANARY

/* The body of a message that reads CANARY_ENTITY, where the signer signed `content`. */
static char *
write_signed(struct world *world, const char *who, const char *content)
{
	const struct signed_signer signer = {
	    .certificate = world_certificate(world, who), .key = world_key(world, who)};
	const struct signed_what what = {.signers = &signer,
	    .signer_count = 1,
	    .content = content,
	    .certificates = &signer.certificate,
	    .certificate_count = 1};
	struct buffer der = signed_make(&what);
	unsigned char *base64 = malloc(der.size * 2);
	struct buffer text = BUFFER_INIT;
	size_t at;
	int size;

	size = EVP_EncodeBlock(base64, (const unsigned char *)der.data, (int)der.size);
	ck_assert_int_eq(buffer_append_format(&text, NULL,
			     "--b\r\n%s\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n"
			     "Content-Transfer-Encoding: base64\r\n\r\n",
			     CANARY_ENTITY),
	    0);
	for (at = 0; at < (size_t)size; at += 64)
		ck_assert_int_eq(
		    buffer_append_format(&text, NULL, "%.64s\r\n", (char *)base64 + at), 0);
	ck_assert_int_eq(buffer_append_text(&text, "--b--\r\n", NULL), 0);
	free(base64);
	buffer_free(&der);
	return buffer_take(&text);
}

static struct message *
send_signed(struct world *world, const char *body)
{
	struct origin origin = {.user = NULL};
	struct message *message;

	origin_set_peer(&origin, NULL);
	message = message_new(world_snapshot(world), &origin, "me@corp.test", NULL);
	if (message == NULL)
		return NULL;
	message_recipient(message, ANNA);
	message_header(message, "From", " " BERT);
	message_header(message, "Content-Type",
	    " multipart/signed; boundary=b; protocol=\"application/pkcs7-signature\"");
	message_end_of_headers(message);
	wait_for_tickets(message);
	if (message_join(message))
		message_body(message, body, strlen(body));
	message_end_of_body(message);
	wait_for_tickets(message);
	message_end(message);
	return message;
}

/* A message whose signature is bad: without memory it is no better. */
START_TEST(no_memory_makes_no_bad_signature_good)
{
	struct world *world = world_new("", "rule \"n\" { encrypt = never }\n");
	struct message *message;
	bool refused = true;
	char *body;
	long n;

	world_publish(world, BERT, PUBLISH_CERTIFICATE);
	body = write_signed(world, BERT, "something else");
	for (n = 1; refused; n++) {
		until_refused = n;
		message = send_signed(world, body);
		refused = until_refused == 0;
		until_refused = 0;
		if (message == NULL)
			continue;
		expect_no_pass(message_end(message), n);
		if (!refused)
			ck_assert_int_eq(message_end(message)->action, ACTION_REFUSE);
		message_free(message);
	}
	ck_assert_int_gt(n, 20);
	free(body);
	world_free(world);
}
END_TEST

/* One by another than the sender. _i: whether the sender's thread gets none, or the resolver's. */
START_TEST(no_memory_lets_no_signer_pass_unjudged)
{
	struct world *world = world_new(
	    "deadline = 20s\nsigner-mismatch = refuse\n", "rule \"n\" { encrypt = never }\n");
	struct message *message;
	bool refused = true;
	char *body;
	long n;

	world_publish(world, BERT, PUBLISH_CERTIFICATE);
	world_publish(world, ANNA, PUBLISH_CERTIFICATE);
	body = write_signed(world, ANNA, CANARY_ENTITY);
	for (n = 1; refused; n++) {
		until_refused = _i == 0 ? n : 0;
		atomic_store(&until_refused_others, _i == 0 ? 0 : n);
		message = send_signed(world, body);
		refused = _i == 0 ? until_refused == 0 : atomic_load(&until_refused_others) <= 0;
		until_refused = 0;
		atomic_store(&until_refused_others, 0);
		if (message == NULL)
			continue;
		expect_no_pass(message_end(message), n);
		if (!refused)
			ck_assert_int_eq(message_end(message)->action, ACTION_REFUSE);
		message_free(message);
	}
	ck_assert_int_gt(n, 5);
	free(body);
	world_free(world);
}
END_TEST

/* The client encrypted it, and somebody forged what only we may write. */
static struct message *
send_encrypted(struct world *world, const char *body)
{
	struct origin origin = {.user = NULL};
	struct message *message;

	origin_set_peer(&origin, NULL);
	message = message_new(world_snapshot(world), &origin, "me@corp.test", NULL);
	if (message == NULL)
		return NULL;
	message_recipient(message, ANNA);
	message_header(message, "To", " " ANNA);
	message_header(message, "X-Warning", " forged");
	message_header(message, "Authentication-Results", " gw.test; smime=pass");
	message_header(
	    message, "Content-Type", " application/pkcs7-mime; smime-type=enveloped-data");
	message_header(message, "Content-Transfer-Encoding", " base64");
	message_end_of_headers(message);
	wait_for_tickets(message);
	if (message_join(message))
		message_body(message, body, strlen(body));
	message_end_of_body(message);
	wait_for_tickets(message);
	message_end(message);
	return message;
}

/* It may leave as it is only if both forged fields go. */
static void
expect_unforged(const struct message_result *result, bool addressed, long request)
{
	ck_assert_msg(result->action != ACTION_SEAL, "request %ld", request);
	if (result->action != ACTION_PASS)
		return;
	ck_assert_msg(addressed, "request %ld", request);
	ck_assert_msg(result->edits != NULL && result->edits->count == 2, "request %ld", request);
}

/* _i: whether it is encrypted for the recipient, or for somebody else of the same issuer. */
START_TEST(no_memory_lets_nothing_pass_that_the_client_encrypted_for_another)
{
	static const char top[] = "authentication-results = yes\nauthserv-id = \"gw.test\"\n"
				  "warning-header = \"X-Warning\"\n";
	const char *const whom[] = {_i == 1 ? ANNA : BERT, NULL};
	struct world *world = world_new(top, cases[0].rules);
	struct message *message;
	bool refused = true;
	char *text;
	long n;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	world_publish(world, BERT, PUBLISH_BLOB_AES);
	text = world_client_encrypts(world, "To: " ANNA "\n", EVP_aes_256_cbc(), whom,
	    "Content-Type: text/plain\r\n\r\nx\r\n");
	for (n = 1; refused; n++) {
		until_refused = n;
		message = send_encrypted(world, strstr(text, "\n\n") + 2);
		refused = until_refused == 0;
		until_refused = 0;
		if (message == NULL)
			continue;
		expect_unforged(message_end(message), _i == 1, n);
		if (!refused)
			ck_assert_int_eq(
			    message_end(message)->action, _i == 1 ? ACTION_PASS : ACTION_REFUSE);
		message_free(message);
	}
	ck_assert_int_gt(n, 20);
	free(text);
	world_free(world);
}
END_TEST

static void
be_sender(void)
{
	is_sender = true;
}

int
main(void)
{
	Suite *suite = suite_create("memory");
	TCase *tcase = unit_case(suite, "refused");
	struct error err = ERROR_INIT;

	mail_startup();
	if (seal_startup(&err) != 0)
		return EXIT_FAILURE;
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, be_sender, NULL);
	tcase_add_loop_test(tcase, no_memory_leaves_no_member_out, 0, 2);
	tcase_add_loop_test(tcase, no_memory_lets_nothing_pass, 0, (int)ARRAY_LENGTH(cases));
	tcase_add_test(tcase, no_memory_makes_no_bad_signature_good);
	tcase_add_loop_test(tcase, no_memory_lets_no_signer_pass_unjudged, 0, 2);
	tcase_add_loop_test(
	    tcase, no_memory_lets_nothing_pass_that_the_client_encrypted_for_another, 0, 2);
	return unit_run(suite);
}
