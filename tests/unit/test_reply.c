/* The reply: what a person can act on, within what a milter may say. */
#include <string.h>

#include "policy/reply.h"
#include "scene.h"
#include "unit.h"

#define REFERENCE "2345ABCD6789EFGH"

static struct scene scene;
static struct plan *plan;
static struct reply reply;

static void
write_reply(void)
{
	size_t i;
	const char *c;

	plan_free(plan);
	ck_assert_int_eq(policy_plan(&scene.facts, &plan, NULL), 0);
	reply_write(&scene.facts, plan, REFERENCE, &reply);
	plan_free(plan);
	plan = NULL;
	ck_assert_uint_ge(reply.line_count, 2);
	ck_assert_uint_le(reply.line_count, REPLY_LINES_MAX);
	for (i = 0; i < reply.line_count; i++) {
		ck_assert_uint_gt(strlen(reply.lines[i]), 0);
		ck_assert_uint_lt(strlen(reply.lines[i]), REPLY_LINE_SIZE);
		for (c = reply.lines[i]; *c != '\0'; c++)
			ck_assert(*c >= ' ' && *c <= '~');
	}
}

static void
begin(enum reason_id verdict)
{
	scene_init(&scene);
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	if (verdict != REASON_OK)
		scene_publish(&scene, 0, verdict, CAPABILITIES_SIGNED, scene_modern);
}

/* In how many lines. */
static size_t
times_said(const char *text)
{
	size_t count = 0;
	size_t i;

	for (i = 0; i < reply.line_count; i++)
		count += strstr(reply.lines[i], text) != NULL ? 1 : 0;
	return count;
}

static bool
says(const char *text)
{
	return times_said(text) > 0;
}

START_TEST(the_first_line_says_it_all)
{
	begin(REASON_EXPIRED);
	scene.certificates[0][0].not_after = 1767312000; /* 2026-01-02 */
	write_reply();
	ck_assert_str_eq(reply.code, "550");
	ck_assert_str_eq(reply.enhanced, "5.7.5");
	ck_assert_str_eq(reply.lines[0],
	    "anna@partner.example: the recipient's published certificate has expired (issued by "
	    "CN=Example Issuing CA,O=Example, valid until 2026-01-02)");
}
END_TEST

START_TEST(the_certificate_the_advice_and_the_reference_follow)
{
	static char contact[] = "helpdesk@corp.example";

	begin(REASON_UNTRUSTED_ISSUER);
	scene.config.contact = contact;
	write_reply();
	ck_assert(says("Certificate: CN=Somebody,O=Example, issued by CN=Example Issuing CA"));
	ck_assert(says("serial 5EA10000"));
	ck_assert(says(reason_get(REASON_UNTRUSTED_ISSUER)->advice));
	ck_assert(says("Contact: helpdesk@corp.example"));
	ck_assert_str_eq(reply.lines[reply.line_count - 1],
	    "Reference: " REFERENCE " (the administrator finds the record of this decision by it)");
}
END_TEST

START_TEST(a_deferral_has_a_4xx_code)
{
	begin(REASON_OK);
	scene.records[0].state = RECIPIENT_UNAVAILABLE;
	write_reply();
	ck_assert_str_eq(reply.code, "451");
	ck_assert_str_eq(reply.enhanced, "4.4.3");
}
END_TEST

START_TEST(no_server_of_ours_is_named_to_a_sender)
{
	static char detail[] =
	    "ldaps://dc1.corp.example: binding as cn=reader: Invalid credentials";

	begin(REASON_OK);
	scene.records[0].state = RECIPIENT_UNAVAILABLE;
	scene.records[0].detail = detail;
	write_reply();
	ck_assert_str_eq(reply.code, "451");
	ck_assert(!says("dc1"));
	ck_assert(!says("Detail"));
	ck_assert(says("Reference: " REFERENCE));
}
END_TEST

START_TEST(a_detail_that_the_first_line_has_whole_is_not_said_again)
{
	static char detail[200];

	begin(REASON_OK);
	scene.records[0].state = RECIPIENT_NONE;
	scene.records[0].detail = detail;
	memset(detail, 'x', 149);
	write_reply();
	ck_assert_uint_eq(times_said("xxx"), 1);
	ck_assert(strstr(reply.lines[0], detail) != NULL);
	detail[149] = 'x'; /* too long for the first line */
	write_reply();
	ck_assert(strstr(reply.lines[0], detail) == NULL);
	ck_assert(says("xxx...)"));
	ck_assert(strncmp(reply.lines[1], "Detail: xxx", 11) == 0);
	ck_assert(strstr(reply.lines[1], detail) != NULL);
}
END_TEST

START_TEST(the_one_who_decided_comes_first_and_others_concerned_follow)
{
	begin(REASON_OK);
	scene_publish_modern(&scene, 0);
	scene_add(&scene, "bob@plain.example", ENCRYPT_NEVER);
	scene_add(&scene, "carl@partner.example", ENCRYPT_REQUIRED);
	scene_publish(&scene, 2, REASON_REVOKED, CAPABILITIES_SIGNED, scene_modern);
	write_reply();
	ck_assert_ptr_nonnull(strstr(reply.lines[0], "carl@partner.example: "));
	ck_assert_ptr_nonnull(strstr(reply.lines[0], "; and 1 more recipient"));
	ck_assert(says("bob@plain.example: "));
	ck_assert(!says("anna@partner.example: "));
}
END_TEST

START_TEST(a_blocking_recipient_is_named_with_the_one_it_blocks)
{
	begin(REASON_OK);
	scene_publish_modern(&scene, 0);
	scene_add(&scene, "bob@plain.example", ENCRYPT_NEVER);
	write_reply();
	ck_assert_str_eq(reply.enhanced, "5.7.3");
	ck_assert_ptr_nonnull(strstr(reply.lines[0], "bob@plain.example: "));
	ck_assert(says("the message must be encrypted for anna@partner.example"));
}
END_TEST

START_TEST(many_recipients_are_counted_not_listed)
{
	char address[40];
	size_t i;

	begin(REASON_EXPIRED);
	for (i = 1; i < SCENE_RECIPIENTS; i++) {
		snprintf(address, sizeof(address), "user%zu@partner.example", i);
		scene_add(&scene, address, ENCRYPT_REQUIRED);
		scene_publish(&scene, i, REASON_EXPIRED, CAPABILITIES_SIGNED, scene_modern);
		scene.ids[i][0].detail = scene.texts[i];
	}
	write_reply();
	ck_assert_ptr_nonnull(strstr(reply.lines[0], "; and 39 more recipients"));
	ck_assert(says("And 34 more"));
	ck_assert(says("Reference: "));
	ck_assert(says("user5@"));
	ck_assert(!says("user6@"));
	ck_assert_uint_eq(times_said("Certificate: "), 6);
	ck_assert_uint_eq(times_said(reason_get(REASON_EXPIRED)->advice), 1);
}
END_TEST

START_TEST(a_large_group_is_told_by_a_few_members_named_with_the_group)
{
	char address[40];
	size_t i;

	begin(REASON_EXPIRED);
	scene_member(&scene, 0, "staff@partner.example");
	for (i = 1; i < SCENE_RECIPIENTS; i++) {
		snprintf(address, sizeof(address), "user%zu@partner.example", i);
		scene_add(&scene, address, ENCRYPT_REQUIRED);
		scene_member(&scene, i, "staff@partner.example");
		if (i % 2 == 0)
			scene_publish_modern(&scene, i);
	}
	scene_nameless(&scene, 3, "staff@partner.example", "cn=Nobody,dc=partner");
	write_reply();
	ck_assert_ptr_nonnull(strstr(reply.lines[0],
	    "anna@partner.example (member of staff@partner.example): the recipient's"));
	ck_assert_ptr_nonnull(strstr(reply.lines[0], "; and 20 more recipients"));
	ck_assert(says("user1@partner.example (member of staff@partner.example): "));
	ck_assert(says("cn=Nobody,dc=partner (member of staff@partner.example): "));
	ck_assert(!says("user2@"));
	ck_assert(says("And 15 more"));
	ck_assert(says("Reference: "));
}
END_TEST

START_TEST(hostile_names_can_neither_break_lines_nor_hide_the_reference)
{
	static char hostile[3000];
	static char percent[] = "a%s%n\r\n250 ok\xc3\xa9@partner.example";

	memset(hostile, '\n', sizeof(hostile) - 1);
	memcpy(hostile, "CN=\xe2\x80\xae\r\n250 2.0.0 Ok", 20);
	begin(REASON_UNTRUSTED_ISSUER);
	scene.certificates[0][0].subject = hostile;
	scene.certificates[0][0].issuer = hostile;
	scene.certificates[0][0].serial = hostile;
	scene.ids[0][0].detail = hostile;
	scene.addresses[0].text = percent;
	scene.config.contact = hostile;
	write_reply();
	ck_assert_ptr_nonnull(
	    strstr(reply.lines[0], "a%s%n\\x0D\\x0A250 ok\\xC3\\xA9@partner.example: "));
	ck_assert_ptr_nonnull(strstr(reply.lines[0], "valid until"));
	ck_assert_ptr_nonnull(strstr(reply.lines[reply.line_count - 1], "Reference: " REFERENCE));
}
END_TEST

START_TEST(a_weak_client_cipher_is_named_in_the_first_line)
{
	begin(REASON_OK);
	scene_publish_modern(&scene, 0);
	scene_enveloped(&scene, CIPHER_RC2_40);
	write_reply();
	ck_assert_str_eq(reply.enhanced, "5.7.6");
	ck_assert_ptr_nonnull(strstr(reply.lines[0], "40-bit RC2"));
}
END_TEST

START_TEST(every_reason_of_a_refusal_fits_its_first_line)
{
	const struct reason *reason = reason_get((enum reason_id)_i);
	static char longest[600];

	if (reason->smtp == 0)
		return;
	memset(longest, '\n', sizeof(longest) - 1);
	begin(REASON_EXPIRED);
	scene.addresses[0].text = longest;
	scene.certificates[0][0].issuer = longest;
	ck_assert_int_eq(policy_plan(&scene.facts, &plan, NULL), 0);
	plan->reason = reason->id;
	plan->recipients[0].reason = reason->id;
	plan->recipients[0].trust_failure = reason->trust_failure;
	reply_write(&scene.facts, plan, REFERENCE, &reply);
	ck_assert_ptr_nonnull(strstr(reply.lines[0], reason->sentence));
	if (reason->id != REASON_DIRECTORY_UNAVAILABLE) /* whose detail is no sender's business */
		ck_assert_int_eq(reply.lines[0][strlen(reply.lines[0]) - 1], ')');
	ck_assert_int_eq(atoi(reply.code), reason->smtp);
	plan_free(plan);
	plan = NULL;
}
END_TEST

START_TEST(trouble_has_a_reply_without_a_plan)
{
	scene_init(&scene);
	reply_write_trouble(&scene.config, REASON_SPOOL_FULL, "no\nroom", REFERENCE, &reply);
	ck_assert_str_eq(reply.code, "452");
	ck_assert_str_eq(
	    reply.lines[0], "the gateway has no room to encrypt the message for now (no\\x0Aroom)");
	ck_assert(says("Reference: " REFERENCE));
	reply_write_trouble(NULL, REASON_INTERNAL_ERROR, NULL, NULL, &reply);
	ck_assert_str_eq(reply.code, "451");
	ck_assert_uint_eq(reply.line_count, 2);
}
END_TEST

START_TEST(what_is_no_refusal_is_answered_as_an_internal_error)
{
	begin(REASON_OK);
	scene_publish_modern(&scene, 0);
	write_reply();
	ck_assert_str_eq(reply.code, "451");
	reply_write_trouble(&scene.config, REASON_SEALED, NULL, REFERENCE, &reply);
	ck_assert_str_eq(reply.code, "451");
}
END_TEST

START_TEST(a_superseded_certificate_is_named_in_use_and_published)
{
	static char issuer[] = "CN=Example Issuing CA,O=Example";
	static char serial[] = "01D0CE27";
	static const struct layer_recipient in_use = {.issuer = issuer, .serial = serial};

	begin(REASON_OK);
	scene_publish_modern(&scene, 0);
	scene.certificates[0][0].not_after = 1767312000; /* 2026-01-02 */
	scene_enveloped(&scene, CIPHER_AES256_CBC);
	scene.recipients[0].superseded = &in_use;
	write_reply();
	ck_assert_str_eq(reply.enhanced, "5.7.5");
	ck_assert_str_eq(reply.lines[0],
	    "anna@partner.example: the mail client encrypted the message for a certificate that is "
	    "not, or no longer, published for the recipient, who may not have its key (in use: "
	    "serial 01D0CE27, issued by CN=Example Issuing CA,O=Example; published: serial "
	    "5EA10000, valid until 2026-01-02)");
	ck_assert(says("Encrypted for: serial 01D0CE27, issued by CN=Example Issuing CA"));
	ck_assert(
	    says("Published: CN=Somebody,O=Example, issued by CN=Example Issuing CA,O=Example, "
		 "serial 5EA10000"));
	ck_assert(says("Fetch the recipient's current certificate"));
}
END_TEST

START_TEST(a_signer_is_named_with_how_it_was_signed)
{
	static char text[] = "CN=Signer";
	static char issuer[] = "CN=Unknown CA";
	static char serial[] = "0A0B";
	static struct certificate certificate = {.subject = text,
	    .issuer = issuer,
	    .serial = serial,
	    .not_before = 1767312000,
	    .not_after = 1767312000};
	static struct digital_id signer = {.certificate = &certificate, .verdict = REASON_EXPIRED};
	static struct layer layer = {.parent = LAYER_NO_PARENT, .covers_all = true};
	static struct layer_signature made = {.state = LAYER_SIGNATURE_GOOD,
	    .certificate = &certificate,
	    .digest = "SHA-256",
	    .algorithm = "RSA",
	    .digest_strength = 128,
	    .signing_time = 1767312000};
	static const struct address named;
	static struct facts_signature signature = {.layer = &layer,
	    .signature = &made,
	    .id = &signer,
	    .then = REASON_EXPIRED,
	    .named = &named};

	begin(REASON_OK);
	scene_publish_modern(&scene, 0);
	scene_add(&scene, "bob@partner.example", ENCRYPT_REQUIRED);
	scene_publish_modern(&scene, 1);
	scene.rules[0].policy.signer_expired = FINDING_REFUSE;
	scene.rules[1].policy.signer_expired = FINDING_REFUSE;
	scene.facts.signatures = &signature;
	scene.facts.signature_count = 1;
	write_reply();
	ck_assert_str_eq(reply.lines[0],
	    "anna@partner.example: the certificate that the message was signed with is not valid "
	    "at "
	    "this time (issued by CN=Unknown CA, valid until 2026-01-02); and 1 more recipient");
	ck_assert_uint_eq(
	    times_said("Certificate: CN=Signer, issued by CN=Unknown CA, serial 0A0B, valid from"),
	    1);
	ck_assert_uint_eq(times_said("Signature: RSA with SHA-256, made 2026-01-02, when the "
				     "certificate was not usable either"),
	    1);
	ck_assert(says("bob@partner.example: the certificate that"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("reply");
	TCase *tcase = unit_case(suite, "reply");

	tcase_add_test(tcase, the_first_line_says_it_all);
	tcase_add_test(tcase, the_certificate_the_advice_and_the_reference_follow);
	tcase_add_test(tcase, a_deferral_has_a_4xx_code);
	tcase_add_test(tcase, no_server_of_ours_is_named_to_a_sender);
	tcase_add_test(tcase, a_detail_that_the_first_line_has_whole_is_not_said_again);
	tcase_add_test(tcase, the_one_who_decided_comes_first_and_others_concerned_follow);
	tcase_add_test(tcase, a_blocking_recipient_is_named_with_the_one_it_blocks);
	tcase_add_test(tcase, many_recipients_are_counted_not_listed);
	tcase_add_test(tcase, a_large_group_is_told_by_a_few_members_named_with_the_group);
	tcase_add_test(tcase, hostile_names_can_neither_break_lines_nor_hide_the_reference);
	tcase_add_test(tcase, a_weak_client_cipher_is_named_in_the_first_line);
	tcase_add_loop_test(
	    tcase, every_reason_of_a_refusal_fits_its_first_line, 0, (int)REASON_COUNT);
	tcase_add_test(tcase, trouble_has_a_reply_without_a_plan);
	tcase_add_test(tcase, what_is_no_refusal_is_answered_as_an_internal_error);
	tcase_add_test(tcase, a_superseded_certificate_is_named_in_use_and_published);
	tcase_add_test(tcase, a_signer_is_named_with_how_it_was_signed);
	return unit_run(suite);
}
