/*
 * The way of a message with a scripted directory: what is sealed, passed, deferred and refused, and
 * that nothing that must be encrypted leaves in the clear, whatever breaks.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "mail/startup.h"
#include "unit.h"
#include "world.h"

#define ANNA "anna@partner.test"
#define BERT "bert@partner.test"
#define CARL "carl@partner.test"
#define TEAM "team@partner.test"
#define BOARD "board@partner.test"
#define CANARY "the-canary-sings-in-the-clear"

#define TO(...) ((const char *const[]){__VA_ARGS__, NULL})

#define REQUIRED "rule \"r\" { encrypt = required }\n"
#define PREFERRED "rule \"p\" { encrypt = preferred }\n"

static const char plain[] = "From: me@corp.test\n"
			    "To: anna@partner.test, bert@partner.test\n"
			    "Subject: hello\n"
			    "MIME-Version: 1.0\n"
			    "Content-Type: text/plain; charset=utf-8\n"
			    "\n"
			    "first line\n" CANARY "\n";

static const char plain_inner[] = "Content-Type: text/plain; charset=utf-8\r\n"
				  "\r\n"
				  "first line\r\n" CANARY "\r\n";

/* The edit of a header field, or NULL. */
static const struct edit *
find_edit(const struct sent *sent, const char *name)
{
	size_t i;

	for (i = 0; i < sent->result->edits->count; i++) {
		if (strcmp(sent->result->edits->items[i].name, name) == 0)
			return &sent->result->edits->items[i];
	}
	return NULL;
}

static void
assert_action(const struct sent *sent, enum action action, const char *reason)
{
	const struct message_result *result = sent->result;

	ck_assert_msg(result->action == action, "%s (%s), not %s", action_name(result->action),
	    result->reply != NULL  ? result->reply->lines[0]
	    : result->plan != NULL ? reason_get(result->plan->reason)->code
				   : "?",
	    action_name(action));
	if (reason != NULL) {
		ck_assert_ptr_nonnull(result->plan);
		ck_assert_str_eq(reason_get(result->plan->reason)->code, reason);
	}
	ck_assert((result->reply != NULL) == (action == ACTION_DEFER || action == ACTION_REFUSE));
	ck_assert((result->body != NULL) == (action == ACTION_SEAL));
}

START_TEST(a_message_is_sealed_and_its_recipient_reads_it)
{
	struct world *world = world_new("", REQUIRED);
	struct sent sent;
	char *inner;
	char *body;
	size_t size;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	sent = world_send(world, "me@corp.test", TO(ANNA), plain);
	assert_action(&sent, ACTION_SEAL, NULL);
	ck_assert_str_eq(sent.result->plan->cipher->name, "aes256-cbc");
	body = sent_body(&sent, &size);
	ck_assert_ptr_null(strstr(body, CANARY));
	inner = sent_open(world, &sent, ANNA);
	ck_assert_str_eq(inner, plain_inner);
	ck_assert_str_eq(find_edit(&sent, "Content-Type")->value,
	    seal_header_fields(cipher_get(CIPHER_AES256_CBC))->content_type);
	ck_assert_ptr_null(find_edit(&sent, "Subject"));
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
	assert_action(&sent, ACTION_SEAL, NULL);
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
	assert_action(&sent, findings[_i].action, findings[_i].reason);
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

	assert_action(&sent, _i == 0 ? ACTION_REFUSE : ACTION_PASS, "no-digital-id");
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
	assert_action(&sent, ACTION_REFUSE, "no-digital-id");
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
	assert_action(&sent, ACTION_REFUSE, "bcc-disclosure");
	sent_free(&sent);
	sent = world_send(world, "me@corp.test", TO(CARL), plain);
	assert_action(&sent, ACTION_SEAL, NULL);
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
	assert_action(&sent, ACTION_SEAL, NULL);
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

static const char *const nobody[] = {NULL};
static const char *const anna_and_bert[] = {ANNA, BERT, NULL};
static const char *const anna_and_a_printer[] = {ANNA, "cn=printer", NULL};

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
	assert_action(&sent, unusable_groups[_i].action, unusable_groups[_i].reason);
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
	assert_action(&sent, ACTION_SEAL, NULL);
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
	assert_action(&sent, ACTION_REFUSE, "bcc-disclosure");
	ck_assert(sent_reply_has(&sent, TEAM));
	sent_free(&sent);
	sent = world_send(world, "me@corp.test", TO(TEAM), "To: " CARL "\n\n" CANARY "\n");
	assert_action(&sent, ACTION_SEAL, NULL);
	sent_free(&sent);
	world_free(world);
}
END_TEST

START_TEST(what_the_client_encrypted_for_one_member_only_is_not_enough)
{
	struct world *world = world_new("", REQUIRED);
	struct sent sent;
	char *text;
	int i;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	world_publish(world, BERT, PUBLISH_BLOB_AES);
	world_group(world, TEAM, anna_and_bert, false);
	for (i = 0; i < 2; i++) {
		text = world_client_encrypts(world, "To: " TEAM "\n", EVP_aes_256_cbc(),
		    i == 0 ? TO(ANNA) : TO(ANNA, BERT), plain_inner);
		sent = world_send(world, "me@corp.test", TO(TEAM), text);
		assert_action(&sent, i == 0 ? ACTION_REFUSE : ACTION_PASS,
		    i == 0 ? "recipient-not-addressed" : "client-encrypted");
		if (i == 0)
			ck_assert(sent_reply_has(&sent, BERT " (member of " TEAM ")"));
		sent_free(&sent);
		free(text);
	}
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
	assert_action(&sent, ACTION_DEFER, "directory-unavailable");
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
	assert_action(&sent, ACTION_DEFER, "directory-unavailable");
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
	assert_action(&sent, ACTION_SEAL, NULL);
	ck_assert_int_eq(sent.waits, 1);
	sent_free(&sent);
	sent = world_send(world, "me@corp.test", TO(ANNA), plain);
	assert_action(&sent, ACTION_SEAL, NULL);
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
	assert_action(&sent, ACTION_PASS, "no-rule");
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
	assert_action(&sent, ACTION_PASS, NULL);
	ck_assert(!sent.body_wanted);
	resolver_statistics(world_snapshot(world)->resolver, &statistics);
	ck_assert_uint_eq(statistics.questions, 0);
	sent_free(&sent);
	world_free(world);
}
END_TEST

static const struct {
	const EVP_CIPHER *(*cipher)(void);
	const char *for_whom;
	enum publish published;
	enum action action;
	const char *reason;
} clients[] = {
    {EVP_aes_256_cbc, ANNA, PUBLISH_BLOB_AES, ACTION_PASS, "client-encrypted"},
    {EVP_aes_128_gcm, ANNA, PUBLISH_BLOB_AES, ACTION_PASS, "client-encrypted"},
    {EVP_des_ede3_cbc, ANNA, PUBLISH_BLOB_AES, ACTION_REFUSE, "weak-cipher"},
    {EVP_aes_256_cbc, CARL, PUBLISH_BLOB_AES, ACTION_REFUSE, "superseded-certificate"},
    {EVP_aes_256_cbc, ANNA, PUBLISH_EXPIRED, ACTION_REFUSE, "expired"},
};

START_TEST(mail_that_the_client_encrypted_is_held_to_the_same)
{
	struct world *world = world_new("", REQUIRED);
	struct sent sent;
	char *text;

	world_publish(world, ANNA, clients[_i].published);
	world_publish(world, CARL, PUBLISH_BLOB_AES);
	text = world_client_encrypts(
	    world, "To: " ANNA "\n", clients[_i].cipher(), TO(clients[_i].for_whom), plain_inner);
	sent = world_send(world, "me@corp.test", TO(ANNA), text);
	assert_action(&sent, clients[_i].action, clients[_i].reason);
	free(text);
	sent_free(&sent);
	world_free(world);
}
END_TEST

static const struct {
	const char *top;
	enum action action;
	const char *reason;
} unverified[] = {
    {"", ACTION_PASS, "recipient-unverified"},
    {"unverified = refuse", ACTION_REFUSE, "recipient-unverified"},
};

START_TEST(what_the_client_encrypted_without_anything_to_compare_is_held_to_the_rule)
{
	struct world *world = world_new(unverified[_i].top, REQUIRED);
	struct sent sent;
	char *text;

	world_publish(world, CARL, PUBLISH_BLOB_AES);
	text = world_client_encrypts(
	    world, "To: " ANNA "\n", EVP_aes_256_cbc(), TO(CARL), plain_inner);
	sent = world_send(world, "me@corp.test", TO(ANNA), text);
	assert_action(&sent, unverified[_i].action, unverified[_i].reason);
	free(text);
	sent_free(&sent);
	world_free(world);
}
END_TEST

#define PGP_MIME                                                                         \
	"To: " ANNA "\n"                                                                 \
	"Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\";"     \
	" boundary=b\n\n"                                                                \
	"--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n"                 \
	"--b\nContent-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\n\n" \
	"wcBMA3q0AAAAAAAAAQf/AAAA\nBBBBBBBBBBBBBB==\n=AbC+\n-----END PGP MESSAGE-----\n\n"

static const struct {
	const char *top;
	const char *text;
	enum action action;
	const char *reason;
} pgp_mime[] = {
    {"", PGP_MIME "--b--\n", ACTION_PASS, "pgp-mime"},
    {"pgp-mime = refuse", PGP_MIME "--b--\n", ACTION_REFUSE, "pgp-mime"},
    {"", PGP_MIME "--b\n\n" CANARY "\n--b--\n", ACTION_SEAL, "sealed"},
};

START_TEST(openpgp_is_held_to_the_rule_and_plaintext_beside_it_is_sealed)
{
	struct world *world = world_new(pgp_mime[_i].top, REQUIRED);
	struct sent sent;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	sent = world_send(world, "me@corp.test", TO(ANNA), pgp_mime[_i].text);
	assert_action(&sent, pgp_mime[_i].action, pgp_mime[_i].reason);
	sent_free(&sent);
	world_free(world);
}
END_TEST

START_TEST(what_only_says_that_it_is_encrypted_is_sealed)
{
	static const char liar[] = "To: anna@partner.test\n"
				   "Content-Type: application/pkcs7-mime; "
				   "smime-type=enveloped-data; name=smime.p7m\n"
				   "Content-Transfer-Encoding: 7bit\n"
				   "\n" CANARY "\n";
	struct world *world = world_new("", REQUIRED);
	struct sent sent;
	char *inner;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	sent = world_send(world, "me@corp.test", TO(ANNA), liar);
	assert_action(&sent, ACTION_SEAL, NULL);
	inner = sent_open(world, &sent, ANNA);
	ck_assert_ptr_nonnull(strstr(inner, CANARY));
	free(inner);
	sent_free(&sent);
	world_free(world);
}
END_TEST

START_TEST(plaintext_behind_an_encrypted_object_is_sealed_too)
{
	struct world *world = world_new("", REQUIRED);
	char appended[16384];
	struct sent sent;
	char *text;
	char *inner;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	text = world_client_encrypts(world, "To: " ANNA "\n", EVP_aes_256_cbc(), TO(ANNA), "x");
	snprintf(appended, sizeof(appended), "%s\n" CANARY "\n", text);
	sent = world_send(world, "me@corp.test", TO(ANNA), appended);
	assert_action(&sent, ACTION_SEAL, NULL);
	inner = sent_open(world, &sent, ANNA);
	ck_assert_ptr_nonnull(strstr(inner, CANARY));
	free(inner);
	free(text);
	sent_free(&sent);
	world_free(world);
}
END_TEST

START_TEST(a_sealed_message_that_comes_again_is_left_alone)
{
	struct world *world = world_new("", REQUIRED);
	char again[32768];
	struct sent sent;
	char *body;
	char *at;
	size_t size;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	sent = world_send(world, "me@corp.test", TO(ANNA), plain);
	assert_action(&sent, ACTION_SEAL, NULL);
	body = sent_body(&sent, &size);
	while ((at = strchr(body, '\r')) != NULL)
		memmove(at, at + 1, strlen(at));
	snprintf(again, sizeof(again),
	    "To: " ANNA "\nContent-Type:%s\nContent-Transfer-Encoding: base64\n\n%s",
	    find_edit(&sent, "Content-Type")->value, body);
	free(body);
	sent_free(&sent);
	sent = world_send(world, "me@corp.test", TO(ANNA), again);
	assert_action(&sent, ACTION_PASS, "client-encrypted");
	sent_free(&sent);
	world_free(world);
}
END_TEST

START_TEST(a_marker_is_taken_off_when_the_message_is_sealed)
{
	struct world *world =
	    world_new("", "rule \"m\" { subject = \"[secure]\" encrypt = required }\n");
	struct sent sent;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	sent = world_send(
	    world, "me@corp.test", TO(ANNA), "To: " ANNA "\nSubject: [Secure] hello\n\nbody\n");
	assert_action(&sent, ACTION_SEAL, NULL);
	ck_assert_str_eq(find_edit(&sent, "Subject")->value, " hello");
	sent_free(&sent);
	sent = world_send(world, "me@corp.test", TO(ANNA),
	    "To: " ANNA "\nSubject: hello\nSubject: =?utf-8?q?=5Bsecure=5D?= x\n\nbody\n");
	assert_action(&sent, ACTION_SEAL, NULL);
	sent_free(&sent);
	sent = world_send(world, "me@corp.test", TO(ANNA), "To: " ANNA "\nSubject: hi\n\nbody\n");
	assert_action(&sent, ACTION_PASS, "no-rule");
	sent_free(&sent);
	world_free(world);
}
END_TEST

START_TEST(a_marker_stays_where_the_rule_says_so)
{
	struct world *world = world_new(
	    "", "rule \"m\" { subject = \"[secure]\" strip-marker = no encrypt = required }\n");
	struct sent sent;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	sent = world_send(
	    world, "me@corp.test", TO(ANNA), "To: " ANNA "\nSubject: [secure] hello\n\nbody\n");
	assert_action(&sent, ACTION_SEAL, NULL);
	ck_assert_ptr_null(find_edit(&sent, "Subject"));
	sent_free(&sent);
	world_free(world);
}
END_TEST

/* What can break, each under `required`: never PASS. */
START_TEST(an_audit_file_that_cannot_be_written_defers)
{
	struct world *world = world_new("", REQUIRED);
	struct sent sent;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	ck_assert_int_eq(unlink(world_audit_file(world)), 0);
	ck_assert_int_eq(mkdir(world_audit_file(world), 0700), 0);
	sent = world_send(world, "me@corp.test", TO(ANNA), plain);
	assert_action(&sent, ACTION_DEFER, NULL);
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
	assert_action(&sent, ACTION_SEAL, NULL);
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

START_TEST(a_spool_that_is_full_defers)
{
	struct world *world = world_new("spool-memory = 4096", REQUIRED);
	struct sent sent;
	char *text = large_message();

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	spool_space_set_limit(world_space(world), 10000);
	sent = world_send(world, "me@corp.test", TO(ANNA), text);
	assert_action(&sent, ACTION_DEFER, NULL);
	ck_assert_str_eq(sent.result->reply->code, "452");
	sent_free(&sent);
	ck_assert_uint_eq(spool_space_used(world_space(world)), 0);
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
	assert_action(&sent, ACTION_DEFER, NULL);
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
	assert_action(&sent, ACTION_REFUSE, NULL);
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
	assert_action(&sent, ACTION_REFUSE, NULL);
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
	assert_action(&sent, ACTION_REFUSE, NULL);
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
	assert_action(&sent, senders[_i].action, NULL);
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

	assert_action(&sent, routed[_i].action, NULL);
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
	assert_action(&sent, ACTION_PASS, NULL);
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
	assert_action(&sent, ACTION_PASS, NULL);
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
	assert_action(&sent, ACTION_PASS, "never");
	sent_free(&sent);
	sent = world_send(world, "me@corp.test", TO(ANNA), plain);
	assert_action(&sent, ACTION_SEAL, NULL);
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
	tcase_add_test(tcase, what_the_client_encrypted_for_one_member_only_is_not_enough);
	tcase_add_loop_test(tcase, a_failing_directory_defers, 0, 2);
	tcase_add_test(tcase, a_silent_directory_defers_at_the_deadline);
	tcase_add_test(tcase, a_slow_answer_is_waited_for_once);
	tcase_add_test(tcase, a_look_up_that_no_rule_needs_after_all_is_not_waited_for);
	tcase_add_test(tcase, no_rule_no_look_up_and_no_body);
	tcase_add_loop_test(tcase, mail_that_the_client_encrypted_is_held_to_the_same, 0,
	    (int)ARRAY_LENGTH(clients));
	tcase_add_test(tcase, what_only_says_that_it_is_encrypted_is_sealed);
	tcase_add_test(tcase, plaintext_behind_an_encrypted_object_is_sealed_too);
	tcase_add_test(tcase, a_sealed_message_that_comes_again_is_left_alone);
	tcase_add_loop_test(tcase,
	    what_the_client_encrypted_without_anything_to_compare_is_held_to_the_rule, 0,
	    (int)ARRAY_LENGTH(unverified));
	tcase_add_loop_test(tcase, openpgp_is_held_to_the_rule_and_plaintext_beside_it_is_sealed, 0,
	    (int)ARRAY_LENGTH(pgp_mime));
	tcase_add_test(tcase, a_marker_is_taken_off_when_the_message_is_sealed);
	tcase_add_test(tcase, a_marker_stays_where_the_rule_says_so);
	tcase = unit_case(suite, "fail closed");
	tcase_set_timeout(tcase, 60);
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
	return unit_run(suite);
}
