/* What a message that leaves is marked with: warnings and results, and forged ones gone. */
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "mail/startup.h"
#include "message/marks.h"
#include "scene.h"
#include "unit.h"

static char id[] = "mx.corp.example";
static char warning[] = "X-SMIME-Warning";
static char subject[] = "CN=Anna";
static char issuer[] = "CN=CA \"One\",O=Example";
static char serial[] = "0A0B";
static char first[] = "anna@home.example";
static char second[] = "anna@corp.example";
static char *texts[] = {first, second};

static struct scene scene;
static struct plan *plan;
static struct address mailboxes[2];
static struct certificate certificate;
static struct digital_id signer;
static struct layer layers[3];
static struct layer_signature made;
static struct facts_signature signatures[12];

static void
set_up(void)
{
	mail_startup();
	scene_init(&scene);
	scene.config.authserv_id = id;
	scene.config.warning_header = warning;
	scene.config.authentication_results = true;
	ck_assert_int_eq(address_parse(first, &mailboxes[0], NULL), 0);
	ck_assert_int_eq(address_parse(second, &mailboxes[1], NULL), 0);
	certificate = (struct certificate){.subject = subject,
	    .issuer = issuer,
	    .serial = serial,
	    .addresses = texts,
	    .mailboxes = mailboxes,
	    .address_count = 2};
	signer = (struct digital_id){.certificate = &certificate, .verdict = REASON_OK};
	made = (struct layer_signature){
	    .state = LAYER_SIGNATURE_GOOD, .digest_strength = 128, .certificate = &certificate};
	memset(layers, 0, sizeof(layers));
	layers[0] = (struct layer){
	    .type = LAYER_CLEAR_SIGNED, .parent = LAYER_NO_PARENT, .covers_all = true};
	signatures[0] = (struct facts_signature){
	    .layer = &layers[0], .signature = &made, .id = &signer, .named = &mailboxes[1]};
	scene.facts.layers = layers;
	scene.facts.layer_count = 1;
	scene.facts.signatures = signatures;
	scene.facts.signature_count = 1;
	scene_add(&scene, "bob@partner.example", ENCRYPT_NEVER);
}

static void
tear_down(void)
{
	plan_free(plan);
	plan = NULL;
	address_free(&mailboxes[0]);
	address_free(&mailboxes[1]);
}

/* The edits as text: "-Name#n", "+Name: value", "^Name: value". */
static char *
marks_text(const char *const *fields)
{
	static const char signs[] = {'~', '-', '+', '^'};
	struct header header = HEADER_INIT;
	struct buffer text = BUFFER_INIT;
	struct edits edits = EDITS_INIT;
	size_t i;

	for (i = 0; fields != NULL && fields[i] != NULL; i += 2)
		ck_assert_int_eq(header_append(&header, fields[i], fields[i + 1], NULL), 0);
	plan_free(plan);
	ck_assert_int_eq(policy_plan(&scene.facts, &plan, NULL), 0);
	ck_assert_int_eq(marks_add(&edits, &header, &scene.facts, plan, NULL), 0);
	ck_assert_int_eq(buffer_append_text(&text, "", NULL), 0);
	for (i = 0; i < edits.count; i++) {
		const struct edit *edit = &edits.items[i];

		ck_assert_int_eq(
		    buffer_append_format(&text, NULL, "%c%s", signs[edit->kind], edit->name), 0);
		ck_assert_int_eq(edit->value != NULL
				     ? buffer_append_format(&text, NULL, ":%s\n", edit->value)
				     : buffer_append_format(&text, NULL, "#%d\n", edit->occurrence),
		    0);
	}
	edits_free(&edits);
	header_free(&header);
	return buffer_take(&text);
}

static void
expect(const char *const *fields, const char *edits)
{
	char *text = marks_text(fields);

	ck_assert_str_eq(text, edits);
	free(text);
}

static void
expect_in(const char *part, bool there)
{
	char *text = marks_text(NULL);

	ck_assert_msg((strstr(text, part) != NULL) == there, "%s: %s", part, text);
	free(text);
}

START_TEST(a_good_signature_passes_with_who_made_it)
{
	expect(NULL, "^Authentication-Results: mx.corp.example;\n\tsmime=pass"
		     "\n\tbody.smime-part=2\n\tbody.smime-identifier=anna@corp.example"
		     "\n\tbody.smime-serial=0A0B"
		     "\n\tbody.smime-issuer=\"CN=CA \\\"One\\\",O=Example\"\n");
}
END_TEST

START_TEST(of_a_signers_addresses_only_the_one_judged_is_named)
{
	signatures[0].named = &mailboxes[0];
	expect_in("smime-identifier=anna@home.example\n", true);
	signatures[0].named = NULL;
	expect_in("smime=fail reason=signer-address-mismatch", true);
	expect_in("smime-identifier=anna@home.example\n", true);
}
END_TEST

static const struct {
	enum layer_signature_state state;
	enum reason_id verdict;
	bool covers_all;
	const char *said;
} worths[] = {
    {LAYER_SIGNATURE_BAD, REASON_OK, true, "smime=fail reason=signature-invalid"},
    {LAYER_SIGNATURE_UNVERIFIABLE, REASON_OK, true, "smime=neutral reason=signature-unverified"},
    {LAYER_SIGNATURE_NO_CERTIFICATE, REASON_OK, true,
	"smime=permerror reason=signature-unverified"},
    {LAYER_SIGNATURE_GOOD, REASON_OK, false, "smime=policy reason=signature-partial"},
    {LAYER_SIGNATURE_GOOD, REASON_UNTRUSTED_ISSUER, true, "smime=fail reason=signer-untrusted"},
    {LAYER_SIGNATURE_GOOD, REASON_UNTRUSTED_ISSUER, false, "smime=fail reason=signer-untrusted"},
    {LAYER_SIGNATURE_GOOD, REASON_REVOKED, true, "smime=fail reason=signer-revoked"},
    {LAYER_SIGNATURE_GOOD, REASON_WEAK_KEY, true, "smime=policy reason=signer-unfit"},
    {LAYER_SIGNATURE_GOOD, REASON_REVOCATION_UNAVAILABLE, true,
	"smime=temperror reason=signer-status-unavailable"},
};

START_TEST(each_worth_has_its_result)
{
	made.state = worths[_i].state;
	signer.verdict = worths[_i].verdict;
	layers[0].covers_all = worths[_i].covers_all;
	scene.rules[0].policy.signer_revoked = FINDING_WARN;
	expect_in(worths[_i].said, true);
}
END_TEST

START_TEST(the_part_is_named_where_it_has_a_name)
{
	snprintf(layers[0].path, sizeof(layers[0].path), "1.2");
	expect_in("body.smime-part=1.2.2", true);
	layers[0].type = LAYER_SIGNED;
	expect_in("body.smime-part=1.2\n", true);
	layers[0].parent = 1;
	layers[1] = (struct layer){.type = LAYER_SIGNED, .parent = LAYER_NO_PARENT};
	scene.facts.layer_count = 2;
	expect_in("smime-part", false);
}
END_TEST

START_TEST(of_many_signatures_some_are_told_and_forwarded_ones_never)
{
	size_t i;
	char *text;
	char *at;
	size_t count = 0;

	for (i = 0; i < ARRAY_LENGTH(signatures); i++)
		signatures[i] = signatures[0];
	scene.facts.signature_count = ARRAY_LENGTH(signatures);
	text = marks_text(NULL);
	for (at = text; (at = strstr(at, "smime=pass")) != NULL; at++)
		count++;
	free(text);
	ck_assert_uint_eq(count, 8);
	layers[0].place = LAYER_FORWARDED;
	expect(NULL, "");
}
END_TEST

START_TEST(forged_fields_are_removed_from_the_last_to_the_first)
{
	static const char *const fields[] = {"Authentication-Results",
	    " mx.corp.example; smime=pass", "Subject", " x", "authentication-results",
	    " other.example; spf=pass", "Authentication-Results",
	    "\n (c) MX.corp.example 1;\n smime=pass", NULL};

	scene.facts.signature_count = 0;
	expect(fields, "-Authentication-Results#3\n-Authentication-Results#1\n");
	scene.config.authentication_results = false;
	expect(fields, "");
}
END_TEST

START_TEST(each_reason_under_warn_is_said_once_without_a_recipient)
{
	static const char *const fields[] = {
	    "X-Smime-Warning", " forged", "X-SMIME-Warning", " twice", NULL};

	scene.config.authentication_results = false;
	scene_add(&scene, "carl@partner.example", ENCRYPT_NEVER);
	signer.verdict = REASON_UNTRUSTED_ISSUER;
	expect(fields, "-X-SMIME-Warning#2\n-X-Smime-Warning#1\n"
		       "+X-SMIME-Warning: signer-untrusted: the certificate that the message was "
		       "signed with does not lead to a certification authority that is trusted "
		       "here\n");
	scene.rules[0].policy.mode = MODE_OBSERVE;
	scene.rules[1].policy.client_signed = CLIENT_SIGNED_ACCEPT;
	expect(fields, "-X-SMIME-Warning#2\n-X-Smime-Warning#1\n");
	scene.config.warning_header = (char[]){""};
	expect(fields, "");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("marks");
	TCase *tcase = unit_case(suite, "marks");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_good_signature_passes_with_who_made_it);
	tcase_add_test(tcase, of_a_signers_addresses_only_the_one_judged_is_named);
	tcase_add_loop_test(tcase, each_worth_has_its_result, 0, (int)ARRAY_LENGTH(worths));
	tcase_add_test(tcase, the_part_is_named_where_it_has_a_name);
	tcase_add_test(tcase, of_many_signatures_some_are_told_and_forwarded_ones_never);
	tcase_add_test(tcase, forged_fields_are_removed_from_the_last_to_the_first);
	tcase_add_test(tcase, each_reason_under_warn_is_said_once_without_a_recipient);
	return unit_run(suite);
}
