/* The message flow with a scripted directory: what the client encrypted, or says it did. */
#include <string.h>

#include "test_message.h"

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
		test_message_assert_action(&sent, i == 0 ? ACTION_REFUSE : ACTION_PASS,
		    i == 0 ? "recipient-not-addressed" : "client-encrypted");
		if (i == 0)
			ck_assert(sent_reply_has(&sent, BERT " (member of " TEAM ")"));
		sent_free(&sent);
		free(text);
	}
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
	test_message_assert_action(&sent, clients[_i].action, clients[_i].reason);
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
	test_message_assert_action(&sent, unverified[_i].action, unverified[_i].reason);
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
	test_message_assert_action(&sent, pgp_mime[_i].action, pgp_mime[_i].reason);
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
	test_message_assert_action(&sent, ACTION_SEAL, NULL);
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
	test_message_assert_action(&sent, ACTION_SEAL, NULL);
	inner = sent_open(world, &sent, ANNA);
	ck_assert_ptr_nonnull(strstr(inner, CANARY));
	free(inner);
	free(text);
	sent_free(&sent);
	world_free(world);
}
END_TEST

/* Readers skip what does not belong to base64. */
START_TEST(what_is_broken_behind_its_cipher_is_held_to_the_floor)
{
	struct world *world = world_new("", "rule \"n\" { encrypt = never }\n");
	char broken[16384];
	struct sent sent;
	char *text;

	world_publish(world, ANNA, PUBLISH_BLOB_AES);
	text = world_client_encrypts(world, "To: " ANNA "\n",
	    _i == 0 ? EVP_des_ede3_cbc() : EVP_aes_256_cbc(), TO(ANNA), "x");
	snprintf(broken, sizeof(broken), "%s\n!\n", text);
	sent = world_send(world, "me@corp.test", TO(ANNA), broken);
	test_message_assert_action(
	    &sent, _i == 0 ? ACTION_REFUSE : ACTION_PASS, _i == 0 ? "weak-cipher" : "never");
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
	test_message_assert_action(&sent, ACTION_SEAL, NULL);
	body = sent_body(&sent, &size);
	while ((at = strchr(body, '\r')) != NULL)
		memmove(at, at + 1, strlen(at));
	snprintf(again, sizeof(again),
	    "To: " ANNA "\nContent-Type:%s\nContent-Transfer-Encoding: base64\n\n%s",
	    test_message_find_edit(&sent, "Content-Type")->value, body);
	free(body);
	sent_free(&sent);
	sent = world_send(world, "me@corp.test", TO(ANNA), again);
	test_message_assert_action(&sent, ACTION_PASS, "client-encrypted");
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
	test_message_assert_action(&sent, ACTION_SEAL, NULL);
	ck_assert_str_eq(test_message_find_edit(&sent, "Subject")->value, " hello");
	sent_free(&sent);
	sent = world_send(world, "me@corp.test", TO(ANNA),
	    "To: " ANNA "\nSubject: hello\nSubject: =?utf-8?q?=5Bsecure=5D?= x\n\nbody\n");
	test_message_assert_action(&sent, ACTION_SEAL, NULL);
	sent_free(&sent);
	sent = world_send(world, "me@corp.test", TO(ANNA), "To: " ANNA "\nSubject: hi\n\nbody\n");
	test_message_assert_action(&sent, ACTION_PASS, "no-rule");
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
	test_message_assert_action(&sent, ACTION_SEAL, NULL);
	ck_assert_ptr_null(test_message_find_edit(&sent, "Subject"));
	sent_free(&sent);
	world_free(world);
}
END_TEST

void
test_message_client(TCase *tcase)
{
	tcase_add_test(tcase, what_the_client_encrypted_for_one_member_only_is_not_enough);
	tcase_add_loop_test(tcase, mail_that_the_client_encrypted_is_held_to_the_same, 0,
	    (int)ARRAY_LENGTH(clients));
	tcase_add_loop_test(tcase,
	    what_the_client_encrypted_without_anything_to_compare_is_held_to_the_rule, 0,
	    (int)ARRAY_LENGTH(unverified));
	tcase_add_loop_test(tcase, openpgp_is_held_to_the_rule_and_plaintext_beside_it_is_sealed, 0,
	    (int)ARRAY_LENGTH(pgp_mime));
	tcase_add_test(tcase, what_only_says_that_it_is_encrypted_is_sealed);
	tcase_add_test(tcase, plaintext_behind_an_encrypted_object_is_sealed_too);
	tcase_add_loop_test(tcase, what_is_broken_behind_its_cipher_is_held_to_the_floor, 0, 2);
	tcase_add_test(tcase, a_sealed_message_that_comes_again_is_left_alone);
	tcase_add_test(tcase, a_marker_is_taken_off_when_the_message_is_sealed);
	tcase_add_test(tcase, a_marker_stays_where_the_rule_says_so);
}
