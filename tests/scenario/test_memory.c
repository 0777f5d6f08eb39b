/*
 * Memory that runs out at every point on the way of a message: what must be encrypted never passes.
 * The program is linked with --wrap, so that only our own requests are refused: GLib ends the
 * program when its own are.
 */
#include <stdlib.h>
#include <string.h>

#include "mail/startup.h"
#include "unit.h"
#include "world.h"

#define ANNA "anna@partner.test"
#define CANARY "the-canary-sings-in-the-clear"

/* Requests of this thread until one is refused; 0: none is. */
static _Thread_local long until_refused;

static bool
is_refused(void)
{
	return until_refused > 0 && --until_refused == 0;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
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

/* The whole way; NULL where it could not even begin. */
static struct message *
send_through(struct world *world, int which)
{
	struct origin origin = {.user = NULL};
	struct message *message;
	struct ticket *ticket;
	int64_t deadline;

	origin_set_peer(&origin, NULL);
	message = message_new(world_snapshot(world), &origin, "me@corp.test", NULL);
	if (message == NULL)
		return NULL;
	message_recipient(message, ANNA);
	message_header(message, "To", " " ANNA);
	message_header(message, "Message-ID", " <1@corp.test>");
	message_header(message, cases[which].field, cases[which].value);
	message_end_of_headers(message);
	while ((ticket = message_pending(message, &deadline)) != NULL)
		ticket_wait(ticket, deadline);
	if (message_join(message))
		message_body(message, CANARY "\r\n", strlen(CANARY) + 2);
	message_end(message);
	return message;
}

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
		message = send_through(world, _i);
		refused = until_refused == 0;
		until_refused = 0;
		if (message == NULL)
			continue;
		result = message_end(message);
		ck_assert_msg(result->action != ACTION_PASS, "request %ld", n);
		ck_assert((result->reply != NULL) ==
			  (result->action == ACTION_DEFER || result->action == ACTION_REFUSE));
		if (!refused)
			ck_assert_int_eq(result->action, ACTION_SEAL);
		message_free(message);
	}
	ck_assert_int_gt(n, 20);
	world_free(world);
}
END_TEST

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
	tcase_add_loop_test(tcase, no_memory_lets_nothing_pass, 0, (int)ARRAY_LENGTH(cases));
	return unit_run(suite);
}
