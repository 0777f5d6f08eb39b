/* The message flow with a scripted directory: what fails, and hostile mail. */
#include <sys/stat.h>
#include <unistd.h>

#include "test_message.h"

/* What can break, each under `required`: never PASS. */
START_TEST(an_audit_file_that_cannot_be_written_defers)
{
	struct world *world = world_new("", REQUIRED);
	struct sent sent;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	ck_assert_int_eq(unlink(world_audit_file(world)), 0);
	ck_assert_int_eq(mkdir(world_audit_file(world), 0700), 0);
	sent = world_send(world, "me@corp.test", TO(ANNA), plain);
	test_message_assert_action(&sent, ACTION_DEFER, NULL);
	ck_assert(sent_reply_has(&sent, "recorded"));
	sent_free(&sent);
	world_free(world);
}
END_TEST

START_TEST(an_audit_file_that_cannot_be_written_does_not_stop_preferred_mail)
{
	struct world *world = world_new("", PREFERRED);
	struct sent sent;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	ck_assert_int_eq(unlink(world_audit_file(world)), 0);
	ck_assert_int_eq(mkdir(world_audit_file(world), 0700), 0);
	sent = world_send(world, "me@corp.test", TO(ANNA), plain);
	test_message_assert_action(&sent, ACTION_SEAL, NULL);
	sent_free(&sent);
	world_free(world);
}
END_TEST

/* A body of about 60 KB. */
static char *
large_message(void)
{
	struct buffer text = BUFFER_INIT;
	int i;

	ck_assert_int_eq(buffer_append_text(&text, "To: " ANNA "\n\n", NULL), 0);
	for (i = 0; i < 1000; i++)
		ck_assert_int_eq(
		    buffer_append_text(&text, CANARY " 0123456789 0123456789 0123456789\n", NULL),
		    0);
	return buffer_take(&text);
}

/* What was taken of the space was given back. */
static void
assert_room(struct spool_space *space, size_t size)
{
	struct error err = ERROR_INIT;
	struct spool *spool = spool_new(space, "/tmp", 0, &err);
	char *bytes = calloc(1, size);

	ck_assert_msg(spool_write(spool, bytes, size, &err) == 0, "%s", err.text);
	spool_free(spool);
	free(bytes);
}

START_TEST(a_spool_that_is_full_defers)
{
	struct world *world = world_new("spool-memory = 4096", REQUIRED);
	struct sent sent;
	char *text = large_message();

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	spool_space_set_limit(world_space(world), 10000);
	sent = world_send(world, "me@corp.test", TO(ANNA), text);
	test_message_assert_action(&sent, ACTION_DEFER, NULL);
	ck_assert_str_eq(sent.result->reply->code, "452");
	sent_free(&sent);
	assert_room(world_space(world), 10000);
	free(text);
	world_free(world);
}
END_TEST

START_TEST(a_cache_folder_that_is_gone_defers)
{
	struct world *world = world_new("spool-memory = 4096", REQUIRED);
	struct sent sent;
	char *text = large_message();

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	ck_assert_int_eq(rmdir(world_cache_folder(world)), 0);
	sent = world_send(world, "me@corp.test", TO(ANNA), text);
	test_message_assert_action(&sent, ACTION_DEFER, NULL);
	ck_assert_str_eq(sent.result->reply->enhanced, "4.3.5");
	ck_assert(sent_reply_has(&sent, "not configured"));
	sent_free(&sent);
	free(text);
	world_free(world);
}
END_TEST

START_TEST(a_recipient_that_is_no_address_is_refused)
{
	struct world *world = world_new("", REQUIRED);
	struct sent sent;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	sent = world_send(world, "me@corp.test", TO(ANNA, "broken@@\001"), plain);
	test_message_assert_action(&sent, ACTION_REFUSE, NULL);
	sent_free(&sent);
	world_free(world);
}
END_TEST

START_TEST(a_header_without_end_is_refused)
{
	struct world *world = world_new("", REQUIRED);
	struct buffer text = BUFFER_INIT;
	struct sent sent;
	int i;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	for (i = 0; i < HEADER_FIELDS_MAX + 10; i++)
		ck_assert_int_eq(buffer_append_text(&text, "X-Filler: x\n", NULL), 0);
	ck_assert_int_eq(buffer_append_text(&text, "\n" CANARY "\n", NULL), 0);
	sent = world_send(world, "me@corp.test", TO(ANNA), text.data);
	test_message_assert_action(&sent, ACTION_REFUSE, NULL);
	sent_free(&sent);
	buffer_free(&text);
	world_free(world);
}
END_TEST

/* A marker that stands behind what is kept of the header: which rule holds is not known. */
START_TEST(a_header_that_is_not_whole_is_held_to_the_strictest_rule)
{
	struct world *world = world_new("mode = observe",
	    "rule \"m\" { subject = \"[secure]\" encrypt = required mode = enforce }\n" PREFERRED);
	struct buffer text = BUFFER_INIT;
	struct sent sent;
	int i;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	for (i = 0; i < HEADER_FIELDS_MAX; i++)
		ck_assert_int_eq(buffer_append_text(&text, "X-Filler: x\n", NULL), 0);
	ck_assert_int_eq(buffer_append_text(&text, "Subject: [secure]\n\n" CANARY "\n", NULL), 0);
	sent = world_send(world, "me@corp.test", TO(ANNA), text.data);
	test_message_assert_action(&sent, ACTION_REFUSE, NULL);
	sent_free(&sent);
	buffer_free(&text);
	world_free(world);
}
END_TEST

static const struct {
	const char *sender;
	const char *rules;
	enum action action;
} senders[] = {
    {"me@corp..test", "rule \"s\" { senders = { \"@corp.test\" } encrypt = required }\n",
	ACTION_REFUSE},
    {"\xff@corp.test", "rule \"s\" { senders = { \"<>\" } encrypt = never }\n" REQUIRED,
	ACTION_REFUSE},
    {"me@corp..test", REQUIRED, ACTION_SEAL},
};

START_TEST(a_sender_that_is_no_address_evades_no_rule)
{
	struct world *world = world_new("", senders[_i].rules);
	struct sent sent;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	sent = world_send(world, senders[_i].sender, TO(ANNA), plain);
	test_message_assert_action(&sent, senders[_i].action, NULL);
	sent_free(&sent);
	world_free(world);
}
END_TEST

static const struct {
	const char *recipient;
	enum action action;
} routed[] = {
    {"\"anna@partner.test\"", ACTION_REFUSE},
    {"anna%partner.test", ACTION_REFUSE},
    {"partner.test!anna", ACTION_REFUSE},
    {"anna%Partner.Test@corp.test", ACTION_REFUSE},
    {"\"anna@partner.test\"@corp.test", ACTION_REFUSE},
    {"a.test!partner.test!anna", ACTION_REFUSE},
    {"anna%partner.test%a.test%b.test@corp.test", ACTION_REFUSE},
    {"\"anna(x)@partner.test\"", ACTION_REFUSE},
    {"a%b%c%d%e%f%g%h%i%j@corp.test", ACTION_REFUSE},
    {"bert%corp.test@elsewhere.test", ACTION_PASS},
    {"bounce+anna=partner.test@elsewhere.test", ACTION_PASS},
    {"!anna%partner.test%@corp.test", ACTION_REFUSE},
    {"anna", ACTION_PASS},
    {"hey!@corp.test", ACTION_PASS},
    {"50%@corp.test", ACTION_PASS},
    {"x%y=z@corp.test", ACTION_PASS},
};

START_TEST(an_address_within_an_address_evades_no_rule)
{
	struct world *world =
	    world_new("", "rule \"p\" { recipients = { \"@partner.test\" } encrypt = required }\n");
	struct sent sent = world_send(world, "me@corp.test", TO(routed[_i].recipient), plain);

	test_message_assert_action(&sent, routed[_i].action, NULL);
	if (routed[_i].action == ACTION_REFUSE)
		ck_assert_str_eq(sent.result->reply->enhanced, "5.1.3");
	sent_free(&sent);
	world_free(world);
}
END_TEST

START_TEST(many_recipients_and_a_long_header_cost_little)
{
	static const char *const fields[] = {"To", "Subject"};
	struct world *world = world_new("deadline = 1s",
	    "rule \"m\" { subject = \"[secure]\" encrypt = required }\n"
	    "rule \"h\" { header = \"X-Secure: yes\" encrypt = required }\n"
	    "rule \"n\" { encrypt = never }\n");
	const char *to[1001] = {NULL};
	char addresses[1000][64];
	struct buffer text = BUFFER_INIT;
	struct sent sent;
	int64_t before;
	int i;

	for (i = 0; i < 1000; i++) {
		snprintf(addresses[i], sizeof(addresses[i]),
		    "r%d@b\xc3\xbc"
		    "cher.test",
		    i);
		to[i] = addresses[i];
	}
	ck_assert_int_eq(buffer_append_format(&text, NULL, "%s: x", fields[_i]), 0);
	for (i = 0; i < 9000; i++)
		ck_assert_int_eq(buffer_append_format(&text, NULL,
				     _i == 0 ? ",\n x%d@b\xc3\xbc"
					       "cher.test"
					     : "\n =?utf-8?q?=5Bsecure_%d?=",
				     i),
		    0);
	ck_assert_int_eq(buffer_append_text(&text, "\n\n" CANARY "\n", NULL), 0);
	before = clock_monotonic_ms();
	sent = world_send(world, "me@corp.test", to, text.data);
	test_message_assert_action(&sent, ACTION_PASS, NULL);
	/* It took half a minute. */
	ck_assert_int_lt(clock_monotonic_ms() - before, 10000);
	sent_free(&sent);
	buffer_free(&text);
	world_free(world);
}
END_TEST

START_TEST(trouble_under_observing_rules_stops_nothing)
{
	struct world *world = world_new("mode = observe", REQUIRED);
	struct sent sent;

	sent = world_send(world, "me@corp.test", TO("broken@@\001"), plain);
	test_message_assert_action(&sent, ACTION_PASS, NULL);
	sent_free(&sent);
	world_free(world);
}
END_TEST

START_TEST(the_null_sender_is_matched_as_such)
{
	struct world *world =
	    world_new("", "rule \"bounces\" { senders = { \"<>\" } encrypt = never }\n" REQUIRED);
	struct sent sent;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	sent = world_send(world, "<>", TO(ANNA), plain);
	test_message_assert_action(&sent, ACTION_PASS, "never");
	sent_free(&sent);
	sent = world_send(world, "me@corp.test", TO(ANNA), plain);
	test_message_assert_action(&sent, ACTION_SEAL, NULL);
	sent_free(&sent);
	world_free(world);
}
END_TEST

START_TEST(a_message_may_end_at_any_point)
{
	struct world *world = world_new("", REQUIRED);
	struct origin origin = {.user = NULL};
	struct error err = ERROR_INIT;
	struct message *message;
	int64_t deadline;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	world_delay(world, BERT, -1);
	origin_set_peer(&origin, NULL);
	message = message_new(world_snapshot(world), &origin, "me@corp.test", &err);
	if (_i > 0)
		ck_assert(message_recipient(message, ANNA));
	if (_i > 1)
		ck_assert(message_recipient(message, BERT));
	if (_i > 2)
		message_header(message, "To", " x");
	if (_i > 3)
		message_end_of_headers(message);
	if (_i > 4)
		ck_assert_ptr_nonnull(message_pending(message, &deadline));
	if (_i > 5)
		message_join(message);
	if (_i > 6)
		ck_assert_int_ne(message_end(message)->action, ACTION_PASS);
	message_free(message);
	world_free(world);
}
END_TEST

void
test_message_trouble(TCase *tcase)
{
	tcase_add_test(tcase, an_audit_file_that_cannot_be_written_defers);
	tcase_add_test(tcase, an_audit_file_that_cannot_be_written_does_not_stop_preferred_mail);
	tcase_add_test(tcase, a_spool_that_is_full_defers);
	tcase_add_test(tcase, a_cache_folder_that_is_gone_defers);
	tcase_add_test(tcase, a_recipient_that_is_no_address_is_refused);
	tcase_add_test(tcase, a_header_without_end_is_refused);
	tcase_add_test(tcase, a_header_that_is_not_whole_is_held_to_the_strictest_rule);
	tcase_add_loop_test(
	    tcase, a_sender_that_is_no_address_evades_no_rule, 0, (int)ARRAY_LENGTH(senders));
	tcase_add_loop_test(
	    tcase, an_address_within_an_address_evades_no_rule, 0, (int)ARRAY_LENGTH(routed));
	tcase_add_loop_test(tcase, many_recipients_and_a_long_header_cost_little, 0, 2);
	tcase_add_test(tcase, trouble_under_observing_rules_stops_nothing);
	tcase_add_test(tcase, the_null_sender_is_matched_as_such);
	tcase_add_loop_test(tcase, a_message_may_end_at_any_point, 0, 8);
}
