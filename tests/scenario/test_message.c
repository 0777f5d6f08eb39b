/* The message flow with a scripted directory: what is sealed, for whom, and what waits. */
#include <string.h>

#include "test_message.h"

START_TEST(a_message_is_sealed_and_its_recipient_reads_it)
{
	struct world *world = world_new("", REQUIRED);
	struct sent sent;
	char *inner;
	char *body;
	size_t size;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	sent = world_send(world, "me@corp.test", TO(ANNA), plain);
	test_message_assert_action(&sent, ACTION_SEAL, NULL);
	ck_assert_str_eq(sent.result->plan->cipher->name, "aes256-cbc");
	body = sent_body(&sent, &size);
	ck_assert_ptr_null(strstr(body, CANARY));
	inner = sent_open(world, &sent, ANNA);
	ck_assert_str_eq(inner, plain_inner);
	ck_assert_str_eq(test_message_find_edit(&sent, "Content-Type")->value,
	    seal_header_fields(cipher_get(CIPHER_AES256_CBC))->content_type);
	ck_assert_ptr_null(test_message_find_edit(&sent, "Subject"));
	free(inner);
	free(body);
	sent_free(&sent);
	world_free(world);
}
END_TEST

START_TEST(two_recipients_get_the_strongest_cipher_that_both_read)
{
	struct world *world = world_new("", REQUIRED);
	struct sent sent;
	char *inner;

	world_publish(world, ANNA, PUBLISH_BLOB_GCM);
	world_publish(world, BERT, PUBLISH_BLOB_AES);
	sent = world_send(world, "me@corp.test", TO(ANNA, BERT), plain);
	test_message_assert_action(&sent, ACTION_SEAL, NULL);
	ck_assert_str_eq(sent.result->plan->cipher->name, "aes128-cbc");
	inner = sent_open(world, &sent, ANNA);
	ck_assert_str_eq(inner, plain_inner);
	free(inner);
	inner = sent_open(world, &sent, BERT);
	ck_assert_str_eq(inner, plain_inner);
	free(inner);
	sent_free(&sent);
	world_free(world);
}
END_TEST

static const struct {
	enum publish what;
	const char *top;
	const char *rules;
	enum action action;
	const char *reason; /* of the message's plan; NULL: not looked at */
} findings[] = {
    {PUBLISH_EXPIRED, "", REQUIRED, ACTION_REFUSE, "expired"},
    {PUBLISH_UNTRUSTED, "", REQUIRED, ACTION_REFUSE, "untrusted-issuer"},
    {PUBLISH_GARBAGE, "", REQUIRED, ACTION_REFUSE, "malformed"},
    {PUBLISH_BLOB_3DES, "", REQUIRED, ACTION_REFUSE, "weak-cipher"},
    {PUBLISH_BLOB_3DES, "floor = 3des", REQUIRED, ACTION_SEAL, NULL},
    {PUBLISH_CERTIFICATE, "", REQUIRED, ACTION_SEAL, NULL},
    {PUBLISH_CERTIFICATE, "unknown-capabilities = refuse", REQUIRED, ACTION_REFUSE,
	"capabilities-unknown"},
    {PUBLISH_BLOB_GCM, "", REQUIRED, ACTION_SEAL, NULL},
    {PUBLISH_EXPIRED, "", PREFERRED, ACTION_PASS, "expired"},
    {PUBLISH_UNTRUSTED, "", PREFERRED, ACTION_PASS, "untrusted-issuer"},
    {PUBLISH_UNTRUSTED, "unusable = refuse", PREFERRED, ACTION_REFUSE, "untrusted-issuer"},
    {PUBLISH_BLOB_AES, "", PREFERRED, ACTION_SEAL, NULL},
    {PUBLISH_BLOB_AES, "", "rule \"n\" { encrypt = never }\n", ACTION_PASS, "never"},
    {PUBLISH_BLOB_AES, "", "rule \"x\" { recipients = { \"@else.test\" } encrypt = required }\n",
	ACTION_PASS, "no-rule"},
    {PUBLISH_EXPIRED, "mode = observe", REQUIRED, ACTION_PASS, NULL},
    {PUBLISH_BLOB_AES, "mode = observe", REQUIRED, ACTION_PASS, NULL},
};

START_TEST(what_is_published_decides_by_the_rule)
{
	struct world *world = world_new(findings[_i].top, findings[_i].rules);
	struct sent sent;
	char *audit;

	world_publish(world, ANNA, findings[_i].what);
	sent = world_send(world, "me@corp.test", TO(ANNA), plain);
	test_message_assert_action(&sent, findings[_i].action, findings[_i].reason);
	audit = world_audit(world);
	ck_assert_ptr_nonnull(strstr(audit, "\"recipient\":\"" ANNA "\""));
	ck_assert_ptr_nonnull(strstr(audit, sent.result->reference));
	ck_assert_ptr_null(strstr(audit, CANARY));
	if (sent.result->action == ACTION_REFUSE)
		ck_assert(sent_reply_has(&sent, sent.result->reference));
	free(audit);
	sent_free(&sent);
	world_free(world);
}
END_TEST

START_TEST(nothing_published_is_refused_only_where_required)
{
	struct world *world = world_new("", _i == 0 ? REQUIRED : PREFERRED);
	struct sent sent = world_send(world, "me@corp.test", TO(ANNA), plain);

	test_message_assert_action(&sent, _i == 0 ? ACTION_REFUSE : ACTION_PASS, "no-digital-id");
	if (_i == 0) {
		ck_assert(sent_reply_has(&sent, ANNA));
		ck_assert_str_eq(sent.result->reply->code, "550");
		ck_assert_str_eq(sent.result->reply->enhanced, "5.7.3");
	}
	sent_free(&sent);
	world_free(world);
}
END_TEST

START_TEST(nobody_is_dropped_for_one_who_cannot_be_sealed_to)
{
	struct world *world = world_new("", REQUIRED);
	struct sent sent;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	sent = world_send(world, "me@corp.test", TO(ANNA, BERT), plain);
	test_message_assert_action(&sent, ACTION_REFUSE, "no-digital-id");
	ck_assert(sent_reply_has(&sent, BERT));
	sent_free(&sent);
	world_free(world);
}
END_TEST

START_TEST(a_blind_copy_is_not_disclosed)
{
	struct world *world = world_new("", REQUIRED);
	struct sent sent;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	world_publish(world, CARL, PUBLISH_BLOB_AES);
	sent = world_send(world, "me@corp.test", TO(ANNA, CARL), plain);
	test_message_assert_action(&sent, ACTION_REFUSE, "bcc-disclosure");
	sent_free(&sent);
	sent = world_send(world, "me@corp.test", TO(CARL), plain);
	test_message_assert_action(&sent, ACTION_SEAL, NULL);
	sent_free(&sent);
	world_free(world);
}
END_TEST

START_TEST(a_group_is_sealed_for_every_member)
{
	static const char *const team[] = {ANNA, BERT, NULL};
	struct world *world = world_new("", REQUIRED);
	struct sent sent;
	char *inner;
	char *audit;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	world_publish(world, BERT, PUBLISH_CERTIFICATE);
	world_group(world, TEAM, team, false);
	sent = world_send(world, "me@corp.test", TO(TEAM), plain);
	test_message_assert_action(&sent, ACTION_SEAL, NULL);
	ck_assert_uint_eq(sent.result->facts->recipient_count, 2);
	inner = sent_open(world, &sent, ANNA);
	ck_assert_str_eq(inner, plain_inner);
	free(inner);
	inner = sent_open(world, &sent, BERT);
	ck_assert_str_eq(inner, plain_inner);
	free(inner);
	audit = world_audit(world);
	ck_assert_ptr_nonnull(strstr(audit, "\"recipient\":\"" ANNA "\",\"group\":\"" TEAM "\""));
	ck_assert_ptr_nonnull(strstr(audit, "\"recipient\":\"" BERT "\",\"group\":\"" TEAM "\""));
	free(audit);
	sent_free(&sent);
	world_free(world);
}
END_TEST

static const struct {
	const char *const *members;
	bool incomplete;
	const char *rules;
	enum action action;
	const char *reason;
	const char *named; /* in the reply */
} unusable_groups[] = {
    {anna_and_bert, false, REQUIRED, ACTION_REFUSE, "no-digital-id", BERT " (member of " TEAM ")"},
    {anna_and_a_printer, false, REQUIRED, ACTION_REFUSE, "no-digital-id",
	"cn=printer (member of " TEAM ")"},
    {nobody, false, REQUIRED, ACTION_REFUSE, "no-digital-id", "the group has no members"},
    {anna_and_bert, true, REQUIRED, ACTION_REFUSE, "group-unresolved", TEAM},
    {anna_and_bert, false, PREFERRED, ACTION_PASS, "no-digital-id", NULL},
    {anna_and_bert, true, PREFERRED, ACTION_PASS, "group-unresolved", NULL},
    {anna_and_bert, true, "rule \"p\" { encrypt = preferred unusable = refuse }\n", ACTION_REFUSE,
	"group-unresolved", TEAM},
};

START_TEST(a_group_with_somebody_that_cannot_be_sealed_to_is_held_to_the_rule)
{
	struct world *world = world_new("", unusable_groups[_i].rules);
	struct sent sent;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	world_group(world, TEAM, unusable_groups[_i].members, unusable_groups[_i].incomplete);
	sent = world_send(world, "me@corp.test", TO(TEAM), plain);
	test_message_assert_action(&sent, unusable_groups[_i].action, unusable_groups[_i].reason);
	if (unusable_groups[_i].named != NULL)
		ck_assert(sent_reply_has(&sent, unusable_groups[_i].named));
	sent_free(&sent);
	world_free(world);
}
END_TEST

/* How many recipient infos there are. */
static int
count_infos(const struct sent *sent)
{
	size_t size;
	char *body = sent_body(sent, &size);
	BIO *in = BIO_new_mem_buf(body, (int)size);
	BIO *base64 = BIO_push(BIO_new(BIO_f_base64()), in);
	CMS_ContentInfo *cms = d2i_CMS_bio(base64, NULL);
	int count = sk_CMS_RecipientInfo_num(CMS_get0_RecipientInfos(cms));

	CMS_ContentInfo_free(cms);
	BIO_free_all(base64);
	free(body);
	return count;
}

START_TEST(who_is_in_two_groups_and_the_envelope_is_sealed_for_once)
{
	static const char *const board[] = {ANNA, CARL, NULL};
	static const char all[] = "To: " TEAM ", " BOARD ", " ANNA "\n\n" CANARY "\n";
	struct world *world = world_new("", REQUIRED);
	struct sent sent;
	char *inner;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	world_publish(world, BERT, PUBLISH_BLOB_AES);
	world_publish(world, CARL, PUBLISH_BLOB_AES);
	world_group(world, TEAM, anna_and_bert, false);
	world_group(world, BOARD, board, false);
	sent = world_send(world, "me@corp.test", TO(TEAM, BOARD, ANNA, ANNA), all);
	test_message_assert_action(&sent, ACTION_SEAL, NULL);
	ck_assert_uint_eq(sent.result->facts->recipient_count, 6);
	ck_assert_int_eq(count_infos(&sent), 3);
	inner = sent_open(world, &sent, CARL);
	ck_assert_ptr_nonnull(strstr(inner, CANARY));
	free(inner);
	sent_free(&sent);
	world_free(world);
}
END_TEST

START_TEST(a_blind_copied_group_is_not_disclosed)
{
	struct world *world = world_new("", REQUIRED);
	struct sent sent;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	world_publish(world, BERT, PUBLISH_BLOB_AES);
	world_publish(world, CARL, PUBLISH_BLOB_AES);
	world_group(world, TEAM, anna_and_bert, false);
	sent = world_send(world, "me@corp.test", TO(TEAM, CARL), "To: " CARL "\n\n" CANARY "\n");
	test_message_assert_action(&sent, ACTION_REFUSE, "bcc-disclosure");
	ck_assert(sent_reply_has(&sent, TEAM));
	sent_free(&sent);
	sent = world_send(world, "me@corp.test", TO(TEAM), "To: " CARL "\n\n" CANARY "\n");
	test_message_assert_action(&sent, ACTION_SEAL, NULL);
	sent_free(&sent);
	world_free(world);
}
END_TEST

START_TEST(a_failing_directory_defers)
{
	struct world *world = world_new("deadline = 300ms", _i == 0 ? REQUIRED : PREFERRED);
	struct sent sent;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	world_fail(world, ANNA);
	sent = world_send(world, "me@corp.test", TO(ANNA), plain);
	test_message_assert_action(&sent, ACTION_DEFER, "directory-unavailable");
	ck_assert_str_eq(sent.result->reply->code, "451");
	ck_assert_str_eq(sent.result->reply->enhanced, "4.4.3");
	sent_free(&sent);
	world_free(world);
}
END_TEST

START_TEST(a_silent_directory_defers_at_the_deadline)
{
	struct world *world = world_new("deadline = 300ms", REQUIRED);
	int64_t before = clock_monotonic_ms();
	struct sent sent;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	world_delay(world, ANNA, -1);
	sent = world_send(world, "me@corp.test", TO(ANNA), plain);
	ck_assert_int_ge(clock_monotonic_ms() - before, 300);
	test_message_assert_action(&sent, ACTION_DEFER, "directory-unavailable");
	sent_free(&sent);
	world_free(world);
}
END_TEST

START_TEST(a_slow_answer_is_waited_for_once)
{
	struct world *world = world_new("", REQUIRED);
	struct sent sent;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	world_delay(world, ANNA, 150);
	sent = world_send(world, "me@corp.test", TO(ANNA), plain);
	test_message_assert_action(&sent, ACTION_SEAL, NULL);
	ck_assert_int_eq(sent.waits, 1);
	sent_free(&sent);
	sent = world_send(world, "me@corp.test", TO(ANNA), plain);
	test_message_assert_action(&sent, ACTION_SEAL, NULL);
	ck_assert_int_eq(sent.waits, 0); /* from the cache */
	sent_free(&sent);
	world_free(world);
}
END_TEST

START_TEST(a_look_up_that_no_rule_needs_after_all_is_not_waited_for)
{
	struct world *world =
	    world_new("", "rule \"m\" { subject = \"[secure]\" encrypt = required }\n");
	struct sent sent;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	world_delay(world, ANNA, -1);
	sent = world_send(world, "me@corp.test", TO(ANNA), plain);
	test_message_assert_action(&sent, ACTION_PASS, "no-rule");
	ck_assert_int_eq(sent.waits, 0);
	sent_free(&sent);
	world_free(world);
}
END_TEST

START_TEST(no_rule_no_look_up_and_no_body)
{
	struct world *world = world_new("", "rule \"n\" { encrypt = never }\n");
	struct resolver_statistics statistics;
	struct sent sent;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	sent = world_send(world, "me@corp.test", TO(ANNA), plain);
	test_message_assert_action(&sent, ACTION_PASS, NULL);
	ck_assert(!sent.body_wanted);
	resolver_statistics(world_snapshot(world)->resolver, &statistics);
	ck_assert_uint_eq(statistics.questions, 0);
	sent_free(&sent);
	world_free(world);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("message");
	TCase *tcase = unit_case(suite, "flow");
	struct error err = ERROR_INIT;

	mail_startup();
	if (seal_startup(&err) != 0)
		return EXIT_FAILURE;
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_message_is_sealed_and_its_recipient_reads_it);
	tcase_add_test(tcase, two_recipients_get_the_strongest_cipher_that_both_read);
	tcase_add_loop_test(
	    tcase, what_is_published_decides_by_the_rule, 0, (int)ARRAY_LENGTH(findings));
	tcase_add_loop_test(tcase, nothing_published_is_refused_only_where_required, 0, 2);
	tcase_add_test(tcase, nobody_is_dropped_for_one_who_cannot_be_sealed_to);
	tcase_add_test(tcase, a_blind_copy_is_not_disclosed);
	tcase_add_test(tcase, a_group_is_sealed_for_every_member);
	tcase_add_loop_test(tcase,
	    a_group_with_somebody_that_cannot_be_sealed_to_is_held_to_the_rule, 0,
	    (int)ARRAY_LENGTH(unusable_groups));
	tcase_add_test(tcase, who_is_in_two_groups_and_the_envelope_is_sealed_for_once);
	tcase_add_test(tcase, a_blind_copied_group_is_not_disclosed);
	tcase_add_loop_test(tcase, a_failing_directory_defers, 0, 2);
	tcase_add_test(tcase, a_silent_directory_defers_at_the_deadline);
	tcase_add_test(tcase, a_slow_answer_is_waited_for_once);
	tcase_add_test(tcase, a_look_up_that_no_rule_needs_after_all_is_not_waited_for);
	tcase_add_test(tcase, no_rule_no_look_up_and_no_body);
	test_message_client(tcase);
	tcase = unit_case(suite, "fail closed");
	tcase_set_timeout(tcase, 60);
	test_message_trouble(tcase);
	return unit_run(suite);
}
