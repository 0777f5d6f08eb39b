/* The audit record: its keys, what is null, and that no text from outside can break it. */
#include <string.h>

#include "audit/audit.h"
#include "base/clock.h"
#include "scene.h"
#include "unit.h"

static struct scene scene;
static struct plan *plan;
static struct audit_message message;
static json_t *record;

static void
begin(void)
{
	scene_init(&scene);
	memset(&message, 0, sizeof(message));
	message.reference = "2345ABCD6789EFGH";
	message.queue_id = "4Xyz12";
	message.message_id = "<1@corp.example>";
	message.sender = "sender@corp.example";
	message.client = "192.0.2.7";
	message.content = "plain";
	message.duration_ms = 17;
	message.trouble = REASON_OK;
}

static void
make(size_t recipient)
{
	plan_free(plan);
	json_decref(record);
	ck_assert_int_eq(policy_plan(&scene.facts, &plan, NULL), 0);
	record = audit_record(&message, &scene.facts, plan, recipient);
	ck_assert_ptr_nonnull(record);
}

static void
end(void)
{
	plan_free(plan);
	json_decref(record);
	plan = NULL;
	record = NULL;
}

static const char *
text_of(const char *key)
{
	const char *text = json_string_value(json_object_get(record, key));

	ck_assert_msg(text != NULL, "no text %s", key);
	return text;
}

static const char *
text_in(const char *object, const char *key)
{
	return json_string_value(json_object_get(json_object_get(record, object), key));
}

START_TEST(a_sealed_recipient_is_recorded_with_all_that_led_to_it)
{
	begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	scene_publish_modern(&scene, 0);
	clock_hold_wall(1795341600);
	make(0);
	clock_hold_wall(0);
	ck_assert_int_eq(json_integer_value(json_object_get(record, "schema")), AUDIT_SCHEMA);
	ck_assert_int_eq(strncmp(text_of("time"), "2026-11-22T10:00:00.", 20), 0);
	ck_assert_str_eq(text_of("event"), "decision");
	ck_assert_str_eq(text_of("reference"), "2345ABCD6789EFGH");
	ck_assert_str_eq(text_of("queue_id"), "4Xyz12");
	ck_assert_str_eq(text_of("sender"), "sender@corp.example");
	ck_assert(json_is_null(json_object_get(record, "user")));
	ck_assert_str_eq(text_of("recipient"), "anna@partner.example");
	ck_assert_str_eq(text_of("rule"), "rule-0");
	ck_assert_str_eq(text_of("mode"), "enforce");
	ck_assert_str_eq(text_of("action"), "seal");
	ck_assert_ptr_null(json_object_get(record, "would"));
	ck_assert_str_eq(text_of("reason"), "sealed");
	ck_assert_str_eq(text_of("cipher"), "aes256-cbc");
	ck_assert_int_eq(json_integer_value(json_object_get(record, "cipher_strength")), 256);
	ck_assert_str_eq(text_in("capabilities", "from"), "signed");
	ck_assert_uint_eq(
	    json_array_size(json_object_get(json_object_get(record, "capabilities"), "ciphers")),
	    5);
	ck_assert_ptr_nonnull(text_in("fallback", "outlook-2002"));
	ck_assert_str_eq(text_in("digital_id", "issuer"), "CN=Example Issuing CA,O=Example");
	ck_assert_str_eq(text_in("digital_id", "verdict"), "ok");
	ck_assert_str_eq(text_in("digital_id", "revocation"), "unknown");
	ck_assert_int_eq(json_integer_value(json_object_get(record, "duration_ms")), 17);
	end();
}
END_TEST

START_TEST(a_trust_failure_says_which_link_failed)
{
	static char failed[] = "CN=Unknown Root";
	struct digital_id *id;
	json_t *link;

	begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_PREFERRED);
	id = scene_publish(&scene, 0, REASON_UNTRUSTED_ISSUER, CAPABILITIES_SIGNED, scene_modern);
	id->failed_depth = 2;
	id->failed_subject = failed;
	id->failed_issuer = failed;
	make(0);
	ck_assert_str_eq(text_of("action"), "pass");
	ck_assert(json_is_true(json_object_get(record, "trust_failure")));
	ck_assert(json_is_null(json_object_get(record, "cipher")));
	link = json_object_get(json_object_get(record, "digital_id"), "failed");
	ck_assert_int_eq(json_integer_value(json_object_get(link, "depth")), 2);
	ck_assert_str_eq(json_string_value(json_object_get(link, "issuer")), failed);
	ck_assert_ptr_nonnull(text_in("digital_id", "not_before"));
	end();
}
END_TEST

START_TEST(an_observed_recipient_says_what_was_done_and_what_would_have_been)
{
	begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	scene.rules[0].policy.mode = MODE_OBSERVE;
	make(0);
	ck_assert_str_eq(text_of("mode"), "observe");
	ck_assert_str_eq(text_of("action"), "pass");
	ck_assert_str_eq(text_of("would"), "refuse");
	ck_assert_str_eq(text_of("reason"), "no-digital-id");
	ck_assert(json_is_null(json_object_get(record, "digital_id")));
	end();
}
END_TEST

START_TEST(a_groups_member_is_recorded_with_the_group)
{
	begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	make(0);
	ck_assert(json_is_null(json_object_get(record, "group")));
	scene_member(&scene, 0, "staff@partner.example");
	make(0);
	ck_assert_str_eq(text_of("recipient"), "anna@partner.example");
	ck_assert_str_eq(text_of("group"), "staff@partner.example");
	scene_nameless(&scene, 0, "staff@partner.example", "cn=Nobody");
	make(0);
	ck_assert_str_eq(text_of("recipient"), "staff@partner.example");
	ck_assert_ptr_nonnull(strstr(text_of("detail"), "cn=Nobody"));
	end();
}
END_TEST

START_TEST(what_the_client_encrypted_with_is_the_cipher)
{
	begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	scene_without_rule(&scene, 0);
	scene_enveloped(&scene, CIPHER_RC2_40);
	make(0);
	ck_assert_str_eq(text_of("cipher"), "rc2-40");
	ck_assert_int_eq(json_integer_value(json_object_get(record, "cipher_strength")), 40);
	ck_assert(json_is_null(json_object_get(record, "rule")));
	end();
}
END_TEST

START_TEST(trouble_overrides_the_plan)
{
	begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	scene_publish_modern(&scene, 0);
	message.trouble = REASON_SPOOL_FULL;
	message.trouble_detail = "2 GB in use";
	make(0);
	ck_assert_str_eq(text_of("action"), "defer");
	ck_assert_str_eq(text_of("reason"), "spool-full");
	ck_assert_str_eq(text_of("detail"), "2 GB in use");
	message.trouble = REASON_TOO_LARGE;
	make(0);
	ck_assert_str_eq(text_of("action"), "refuse");
	end();
}
END_TEST

START_TEST(without_a_plan_the_record_says_why)
{
	begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	record = audit_record(&message, &scene.facts, NULL, 0);
	ck_assert_str_eq(text_of("action"), "defer");
	ck_assert_str_eq(text_of("reason"), "internal-error");
	ck_assert_str_eq(text_of("recipient"), "anna@partner.example");
	json_decref(record);
	record = audit_record(&message, NULL, NULL, 0);
	ck_assert(json_is_null(json_object_get(record, "recipient")));
	ck_assert_str_eq(text_of("action"), "defer");
	end();
}
END_TEST

START_TEST(what_served_beyond_its_lifetime_is_recorded_as_such)
{
	static char detail[] = "no server could be asked";

	begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	scene_publish_modern(&scene, 0);
	make(0);
	ck_assert(json_is_false(json_object_get(record, "stale_if_error")));
	ck_assert(json_is_null(json_object_get(record, "lookup")));
	scene.records[0].stale_if_error = true;
	scene.records[0].detail = detail;
	make(0);
	ck_assert_str_eq(text_of("action"), "seal");
	ck_assert(json_is_true(json_object_get(record, "stale_if_error")));
	ck_assert_str_eq(text_of("lookup"), detail);
	end();
}
END_TEST

/* The members of a group that could not be asked for may be others by now. */
START_TEST(a_group_that_served_beyond_its_lifetime_is_recorded_with_its_members)
{
	static char detail[] = "no server could be asked";
	struct recipient group = {
	    .state = RECIPIENT_GROUP, .stale_if_error = true, .detail = detail};

	begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	scene_publish_modern(&scene, 0);
	scene_member(&scene, 0, "staff@partner.example");
	scene.recipients[0].group = &group;
	make(0);
	ck_assert_str_eq(text_of("action"), "seal");
	ck_assert(json_is_true(json_object_get(record, "stale_if_error")));
	ck_assert_str_eq(text_of("lookup"), detail);
	end();
}
END_TEST

START_TEST(every_record_has_the_same_keys)
{
	static const char *const keys[] = {"schema", "time", "event", "reference", "queue_id",
	    "message_id", "sender", "user", "client", "content", "recipient", "group", "rule",
	    "mode", "action", "reason", "trust_failure", "detail", "cipher", "cipher_strength",
	    "best_cipher", "capabilities", "fallback", "digital_id", "digital_ids", "stale",
	    "stale_if_error", "lookup", "layers", "envelope", "in_use", "signatures", "warnings",
	    "duration_ms"};
	size_t i;

	begin();
	memset(&message, 0, sizeof(message));
	record = audit_record(&message, NULL, NULL, 0);
	for (i = 0; i < ARRAY_LENGTH(keys); i++)
		ck_assert_msg(json_object_get(record, keys[i]) != NULL, "%s", keys[i]);
	ck_assert_uint_eq(json_object_size(record), ARRAY_LENGTH(keys));
	end();
}
END_TEST

static const struct {
	const char *text;
	const char *json;
} texts[] = {
    {"plain", "plain"},
    {"J\xc3\xbcrg", "J\xc3\xbcrg"},
    {"J\xfcrg", "J\\xFCrg"},
    {"\xff\xfe\\", "\\xFF\\xFE\\\\"},
    {"cut\xe2\x82", "cut\\xE2\\x82"},
    {"\xed\xa0\x80", "\\xED\\xA0\\x80"},
    {"line\r\nline", "line\r\nline"},
    {"", ""},
};

START_TEST(text_that_is_not_utf8_is_escaped_not_lost)
{
	json_t *value = audit_text_json(texts[_i].text);

	ck_assert_str_eq(json_string_value(value), texts[_i].json);
	json_decref(value);
}
END_TEST

START_TEST(text_from_outside_is_bounded)
{
	static char longest[20000];
	json_t *value;

	memset(longest, 'x', sizeof(longest) - 1);
	value = audit_text_json(longest);
	ck_assert_uint_eq(json_string_length(value), AUDIT_TEXT_MAX);
	ck_assert_str_eq(json_string_value(value) + AUDIT_TEXT_MAX - 3, "...");
	json_decref(value);
	longest[AUDIT_TEXT_MAX] = '\0';
	value = audit_text_json(longest);
	ck_assert_str_eq(json_string_value(value), longest);
	json_decref(value);
}
END_TEST

START_TEST(latin1_everywhere_still_makes_a_record)
{
	static char garbage[] = "\xe4\xf6\xfc\xdf\xff";
	struct digital_id *id;

	begin();
	message.reference = message.queue_id = message.message_id = message.sender = garbage;
	message.user = message.client = message.content = garbage;
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	id = scene_publish(&scene, 0, REASON_UNTRUSTED_ISSUER, CAPABILITIES_SIGNED, scene_modern);
	id->certificate->subject = id->certificate->issuer = id->certificate->serial = garbage;
	id->directory = id->dn = id->attribute = id->detail = garbage;
	id->failed_depth = 0;
	id->failed_subject = id->failed_issuer = garbage;
	scene.addresses[0].text = garbage;
	scene.rules[0].title = garbage;
	make(0);
	ck_assert_str_eq(text_of("sender"), "\\xE4\\xF6\\xFC\\xDF\\xFF");
	ck_assert_str_eq(text_in("digital_id", "dn"), "\\xE4\\xF6\\xFC\\xDF\\xFF");
	end();
}
END_TEST

START_TEST(digital_ids_considered_are_listed_up_to_a_limit)
{
	static struct digital_id many[RECIPIENT_DIGITAL_IDS_MAX];
	json_t *list;
	size_t i;

	begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	scene_publish_modern(&scene, 0);
	scene_publish(&scene, 0, REASON_EXPIRED, CAPABILITIES_SIGNED, scene_modern)->stale = true;
	make(0);
	list = json_object_get(record, "digital_ids");
	ck_assert_uint_eq(json_array_size(list), 2);
	ck_assert(json_is_true(json_object_get(json_array_get(list, 0), "sealed")));
	ck_assert(json_is_false(json_object_get(json_array_get(list, 1), "sealed")));
	ck_assert(json_is_true(json_object_get(json_array_get(list, 1), "stale")));
	ck_assert(json_is_true(json_object_get(record, "stale")));
	ck_assert_ptr_null(json_object_get(record, "digital_ids_left_out"));
	for (i = 0; i < ARRAY_LENGTH(many); i++)
		many[i] = scene.ids[0][1];
	scene.records[0].digital_ids = many;
	scene.records[0].digital_id_count = ARRAY_LENGTH(many);
	make(0);
	ck_assert_uint_eq(
	    json_array_size(json_object_get(record, "digital_ids")), AUDIT_DIGITAL_IDS_MAX);
	ck_assert_int_eq(json_integer_value(json_object_get(record, "digital_ids_left_out")), 80);
	end();
}
END_TEST

START_TEST(a_digital_id_reads_as_the_commands_promise)
{
	struct digital_id *id;
	json_t *json;
	const char *at = NULL;
	const char *serial = NULL;
	const char *from = NULL;
	const char *verdict = NULL;

	begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	id = scene_publish_modern(&scene, 0);
	json = audit_digital_id_json(id);
	ck_assert_int_eq(json_unpack(json, "{s:{s:s}, s:{s:s}, s:{s:s, s:[]}, s:s, s:n}", "source",
			     "attribute", &at, "certificate", "serial", &serial, "capabilities",
			     "from", &from, "ciphers", "verdict", &verdict, "detail"),
	    0);
	ck_assert_str_eq(at, "userSMIMECertificate");
	ck_assert_str_eq(serial, "5EA10000");
	ck_assert_str_eq(from, "signed");
	ck_assert_str_eq(verdict, "ok");
	json_decref(json);
	id->certificate = NULL;
	json = audit_digital_id_json(id);
	ck_assert(json_is_null(json_object_get(json, "certificate")));
	json_decref(json);
}
END_TEST

START_TEST(references_are_fresh_and_can_be_read_aloud)
{
	char a[AUDIT_REFERENCE_SIZE];
	char b[AUDIT_REFERENCE_SIZE];

	audit_reference(a);
	audit_reference(b);
	ck_assert_uint_eq(strlen(a), 16);
	ck_assert_uint_eq(strspn(a, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), 16);
	ck_assert_str_ne(a, b);
}
END_TEST

#define LAYERS 64

/* More than is recorded of all, with names that are no UTF-8. */
START_TEST(what_the_client_made_is_recorded_within_limits)
{
	static char name[] = "CN=\xe4";
	static char serial[] = "01";
	static struct layer layers[LAYERS];
	static struct layer_recipient infos[3] = {{.transport = LAYER_RSA_OAEP, .issuer = name},
	    {.transport = LAYER_RSA_V15, .issuer = name, .serial = serial},
	    {.transport = LAYER_RSA_V15}};
	static struct layer_signature made = {
	    .state = LAYER_SIGNATURE_NO_CERTIFICATE, .issuer = name, .serial = serial};
	static struct facts_signature signatures[LAYERS];
	json_t *envelope;
	size_t i;

	begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_PREFERRED);
	scene_publish(&scene, 0, REASON_EXPIRED, CAPABILITIES_SIGNED, scene_modern);
	for (i = 0; i < LAYERS; i++) {
		layers[i].parent = LAYER_NO_PARENT;
		memset(layers[i].detail, 0xe4, sizeof(layers[i].detail) - 1);
		signatures[i].layer = &layers[i];
		signatures[i].signature = &made;
	}
	layers[0].type = LAYER_ENVELOPED;
	layers[0].cipher = cipher_get(CIPHER_AES256_CBC);
	layers[0].recipients = infos;
	layers[0].recipient_count = ARRAY_LENGTH(infos);
	scene.facts.layers = layers;
	scene.facts.layer_count = LAYERS;
	scene.facts.signatures = signatures;
	scene.facts.signature_count = LAYERS;
	scene.facts.envelope = &layers[0];
	scene.facts.weakest = &layers[0];
	scene.facts.compared = true;
	scene.facts.unclaimed = 2;
	scene.recipients[0].superseded = &infos[1];
	scene.recipients[0].addressed = scene.addressed[0];
	scene.rules[0].policy.client_superseded = FINDING_WARN;
	make(0);
	ck_assert_uint_eq(json_array_size(json_object_get(record, "layers")), AUDIT_LAYERS_MAX);
	ck_assert_int_eq(json_integer_value(json_object_get(record, "layers_left_out")),
	    LAYERS - AUDIT_LAYERS_MAX);
	ck_assert_uint_eq(
	    json_array_size(json_object_get(record, "signatures")), AUDIT_SIGNATURES_MAX);
	ck_assert_int_eq(json_integer_value(json_object_get(record, "signatures_left_out")),
	    LAYERS - AUDIT_SIGNATURES_MAX);
	envelope = json_object_get(record, "envelope");
	ck_assert_int_eq(json_integer_value(json_object_get(envelope, "unclaimed")), 2);
	ck_assert_int_eq(
	    json_integer_value(json_object_get(json_object_get(envelope, "transports"), "rsa")), 2);
	/* One of its own, and as many of the signatures as are kept of one reason. */
	ck_assert_uint_eq(json_array_size(json_object_get(record, "warnings")), 5);
	ck_assert_str_eq(json_string_value(json_object_get(
			     json_array_get(json_object_get(record, "warnings"), 0), "reason")),
	    "superseded-certificate");
	scene.facts.compared = false;
	make(0);
	ck_assert(json_is_null(json_object_get(json_object_get(record, "envelope"), "unclaimed")));
	end();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("audit_record");
	TCase *tcase = unit_case(suite, "record");

	tcase_add_test(tcase, a_sealed_recipient_is_recorded_with_all_that_led_to_it);
	tcase_add_test(tcase, a_trust_failure_says_which_link_failed);
	tcase_add_test(tcase, an_observed_recipient_says_what_was_done_and_what_would_have_been);
	tcase_add_test(tcase, a_groups_member_is_recorded_with_the_group);
	tcase_add_test(tcase, what_the_client_encrypted_with_is_the_cipher);
	tcase_add_test(tcase, trouble_overrides_the_plan);
	tcase_add_test(tcase, without_a_plan_the_record_says_why);
	tcase_add_test(tcase, what_the_client_made_is_recorded_within_limits);
	tcase_add_test(tcase, what_served_beyond_its_lifetime_is_recorded_as_such);
	tcase_add_test(tcase, a_group_that_served_beyond_its_lifetime_is_recorded_with_its_members);
	tcase_add_test(tcase, every_record_has_the_same_keys);
	tcase_add_loop_test(
	    tcase, text_that_is_not_utf8_is_escaped_not_lost, 0, (int)ARRAY_LENGTH(texts));
	tcase_add_test(tcase, text_from_outside_is_bounded);
	tcase_add_test(tcase, latin1_everywhere_still_makes_a_record);
	tcase_add_test(tcase, digital_ids_considered_are_listed_up_to_a_limit);
	tcase_add_test(tcase, a_digital_id_reads_as_the_commands_promise);
	tcase_add_test(tcase, references_are_fresh_and_can_be_read_aloud);
	return unit_run(suite);
}
