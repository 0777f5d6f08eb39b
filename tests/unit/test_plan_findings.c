/* Each finding on what the client made, under each setting and mode: refused, or warned of. */
#include <stdio.h>
#include <string.h>

#include "policy/plan.h"
#include "scene.h"
#include "unit.h"

static struct scene scene;
static struct plan *plan;

static char signer_dn[] = "CN=Signer";
static char signer_issuer[] = "CN=Issuer";
static char signer_serial[] = "51";
static char old_issuer[] = "CN=Example Issuing CA,O=Example";
static char old_serial[] = "01D0";

static struct layer layers[2];
static struct layer_signature made;
static const struct address named;
static const struct address named;
static struct facts_signature signature;
static struct certificate signer;
static struct digital_id signer_id;
static struct layer_recipient old;

static void
decide(void)
{
	struct error err = ERROR_INIT;

	plan_free(plan);
	ck_assert_msg(policy_plan(&scene.facts, &plan, &err) == 0, "%s", err.text);
}

static void
begin(enum config_encrypt encrypt, enum scene_finding finding)
{
	scene_init(&scene);
	scene_add(&scene, "anna@partner.example", encrypt);
	scene_find(&scene, 0, finding);
	memset(layers, 0, sizeof(layers));
	layers[0].parent = LAYER_NO_PARENT;
	layers[1].parent = LAYER_NO_PARENT;
	old = (struct layer_recipient){.issuer = old_issuer, .serial = old_serial};
}

static void
end(void)
{
	plan_free(plan);
	plan = NULL;
}

static size_t
warnings(size_t recipient)
{
	size_t n = 0;

	while (plan_warning(&scene.facts, plan, recipient, n) != NULL)
		n++;
	return n;
}

static bool
warns(size_t recipient, enum reason_id reason)
{
	const struct plan_finding *finding;
	size_t n;

	for (n = 0; (finding = plan_warning(&scene.facts, plan, recipient, n)) != NULL; n++) {
		if (finding->reason == reason)
			return true;
	}
	return false;
}

enum knob {
	WEAK,
	NOT_ADDRESSED,
	SUPERSEDED,
	EXPIRED,
	UNTRUSTED,
	UNUSABLE,
	MALFORMED,
};

static void
turn(struct config_policy *policy, enum knob knob, enum config_refuse_warn to)
{
	enum config_refuse_warn *const knobs[] = {
	    &policy->client_weak_cipher,
	    &policy->client_not_addressed,
	    &policy->client_superseded,
	    &policy->client_expired,
	    &policy->client_untrusted,
	    &policy->client_unusable,
	    &policy->client_malformed,
	};
	size_t i;

	/* The others the other way, so that a wrong one shows. */
	for (i = 0; i < ARRAY_LENGTH(knobs); i++)
		*knobs[i] = to == FINDING_WARN ? FINDING_REFUSE : FINDING_WARN;
	*knobs[knob] = to;
}

static const struct {
	enum knob knob;
	enum scene_finding finding;
	bool addressed;
	bool superseded;
	enum reason_id reason;
} found[] = {
    {NOT_ADDRESSED, FOUND_USABLE, false, false, REASON_RECIPIENT_NOT_ADDRESSED},
    {SUPERSEDED, FOUND_USABLE, false, true, REASON_SUPERSEDED_CERTIFICATE},
    {EXPIRED, FOUND_EXPIRED, true, false, REASON_EXPIRED},
    {UNTRUSTED, FOUND_UNTRUSTED, true, false, REASON_UNTRUSTED_ISSUER},
    {UNUSABLE, FOUND_REVOKED, true, false, REASON_REVOKED},
    {UNUSABLE, FOUND_WEAK_KEY, true, false, REASON_WEAK_KEY},
};

#define MODES 2
static const enum config_encrypt modes[MODES] = {ENCRYPT_REQUIRED, ENCRYPT_PREFERRED};

START_TEST(how_a_recipient_is_addressed_is_refused_or_warned_of_whatever_the_mode)
{
	const size_t row = (size_t)_i / MODES;

	begin(modes[_i % MODES], found[row].finding);
	scene_enveloped(&scene, CIPHER_AES256_CBC);
	scene.addressed[0][0] = found[row].addressed;
	scene.recipients[0].superseded = found[row].superseded ? &old : NULL;
	scene.rules[0].policy.unusable = PASS;
	turn(&scene.rules[0].policy, found[row].knob, FINDING_REFUSE);
	decide();
	ck_assert_int_eq(plan->action, ACTION_REFUSE);
	ck_assert_int_eq(plan->reason, found[row].reason);
	ck_assert_uint_eq(warnings(0), 0);
	scene.rules[0].policy.unusable = REFUSE;
	turn(&scene.rules[0].policy, found[row].knob, FINDING_WARN);
	decide();
	ck_assert_int_eq(plan->action, ACTION_PASS);
	ck_assert_int_eq(plan->recipients[0].reason, found[row].reason);
	ck_assert_uint_eq(warnings(0), 1);
	ck_assert(warns(0, found[row].reason));
	ck_assert_int_eq(
	    plan->recipients[0].trust_failure, reason_get(found[row].reason)->trust_failure);
	end();
}
END_TEST

START_TEST(a_superseded_certificate_is_named_with_the_one_published)
{
	begin(ENCRYPT_REQUIRED, FOUND_USABLE);
	scene_enveloped(&scene, CIPHER_AES256_CBC);
	scene.recipients[0].superseded = &old;
	decide();
	ck_assert_ptr_eq(plan->recipients[0].in_use, &old);
	ck_assert_ptr_eq(plan->recipients[0].evidence, &scene.ids[0][0]);
	ck_assert_ptr_nonnull(strstr(plan->recipients[0].detail, old_serial));
	ck_assert_ptr_nonnull(strstr(plan->recipients[0].detail, scene.serials[0][0]));
	end();
}
END_TEST

static const struct {
	enum config_encrypt encrypt;
	enum config_client_encrypted check;
	enum config_refuse_warn weak;
	enum action action;
	enum reason_id reason;
	size_t warned;
} weak[] = {
    /* clang-format off */
    {ENCRYPT_REQUIRED, CLIENT_ENCRYPTED_CHECK, FINDING_REFUSE, ACTION_REFUSE, REASON_WEAK_CIPHER, 0},
    {ENCRYPT_REQUIRED, CLIENT_ENCRYPTED_CHECK, FINDING_WARN, ACTION_REFUSE, REASON_WEAK_CIPHER, 0},
    {ENCRYPT_REQUIRED, CLIENT_ENCRYPTED_ACCEPT, FINDING_WARN, ACTION_REFUSE, REASON_WEAK_CIPHER, 0},
    {ENCRYPT_PREFERRED, CLIENT_ENCRYPTED_CHECK, FINDING_REFUSE, ACTION_REFUSE, REASON_WEAK_CIPHER, 0},
    {ENCRYPT_PREFERRED, CLIENT_ENCRYPTED_CHECK, FINDING_WARN, ACTION_PASS, REASON_WEAK_CIPHER, 1},
    {ENCRYPT_PREFERRED, CLIENT_ENCRYPTED_ACCEPT, FINDING_REFUSE, ACTION_PASS, REASON_CLIENT_ENCRYPTED, 0},
    {ENCRYPT_NEVER, CLIENT_ENCRYPTED_CHECK, FINDING_REFUSE, ACTION_REFUSE, REASON_WEAK_CIPHER, 0},
    {ENCRYPT_NEVER, CLIENT_ENCRYPTED_CHECK, FINDING_WARN, ACTION_PASS, REASON_WEAK_CIPHER, 1},
    {ENCRYPT_NEVER, CLIENT_ENCRYPTED_ACCEPT, FINDING_REFUSE, ACTION_PASS, REASON_NEVER, 0},
    {ENCRYPT_PREFERRED, CLIENT_ENCRYPTED_REFUSE, FINDING_WARN, ACTION_REFUSE, REASON_CLIENT_ENCRYPTION_REFUSED, 0},
    {ENCRYPT_NEVER, CLIENT_ENCRYPTED_REFUSE, FINDING_WARN, ACTION_REFUSE, REASON_CLIENT_ENCRYPTION_REFUSED, 0},
    /* clang-format on */
};

START_TEST(a_weak_cipher_is_weighed_by_mode_and_setting)
{
	begin(weak[_i].encrypt, FOUND_USABLE);
	scene_enveloped(&scene, CIPHER_RC2_40);
	scene.addressed[0][0] = true;
	scene.rules[0].policy.client_encrypted = weak[_i].check;
	scene.rules[0].policy.client_weak_cipher = weak[_i].weak;
	decide();
	ck_assert_str_eq(action_name(plan->action), action_name(weak[_i].action));
	ck_assert_str_eq(
	    reason_get(plan->recipients[0].reason)->code, reason_get(weak[_i].reason)->code);
	ck_assert_uint_eq(warnings(0), weak[_i].warned);
	if (weak[_i].reason == REASON_WEAK_CIPHER)
		ck_assert_ptr_nonnull(strstr(plan->recipients[0].detail, "40-bit RC2"));
	end();
}
END_TEST

START_TEST(what_is_accepted_is_not_compared_whatever_the_directory_says)
{
	begin(ENCRYPT_REQUIRED, _i == 0 ? FOUND_USABLE : FOUND_NO_DIRECTORY);
	scene_enveloped(&scene, CIPHER_AES256_CBC);
	scene.rules[0].policy.client_encrypted = CLIENT_ENCRYPTED_ACCEPT;
	decide();
	ck_assert_int_eq(plan->action, ACTION_PASS);
	ck_assert_int_eq(plan->reason, REASON_CLIENT_ENCRYPTED);
	end();
}
END_TEST

START_TEST(an_unknown_revocation_status_defers_unless_the_rule_only_warns)
{
	begin(ENCRYPT_REQUIRED, FOUND_NO_REVOCATION);
	scene_enveloped(&scene, CIPHER_AES256_CBC);
	scene.addressed[0][0] = true;
	decide();
	ck_assert_int_eq(plan->action, ACTION_DEFER);
	scene.rules[0].policy.client_unusable = FINDING_WARN;
	decide();
	ck_assert_int_eq(plan->action, ACTION_PASS);
	ck_assert(warns(0, REASON_REVOCATION_UNAVAILABLE));
	scene.rules[0].policy.client_unusable = FINDING_REFUSE;
	scene.rules[0].encrypt = ENCRYPT_PREFERRED;
	scene.rules[0].policy.unavailable = UNAVAILABLE_PASS;
	decide();
	ck_assert_int_eq(plan->action, ACTION_PASS);
	end();
}
END_TEST

/* An envelope among text: the rest of the message is readable. */
static void
partly_encrypted(enum cipher_id cipher)
{
	layers[0].type = LAYER_ENVELOPED;
	layers[0].place = LAYER_AMONG_TEXT;
	layers[0].cipher = cipher_get(cipher);
	snprintf(
	    layers[0].cipher_text, sizeof(layers[0].cipher_text), "%s", layers[0].cipher->title);
	scene.facts.layers = layers;
	scene.facts.layer_count = 1;
	scene.facts.envelope = &layers[0];
	scene.facts.weakest = &layers[0];
	scene.recipients[0].addressed = scene.addressed[0];
}

START_TEST(what_is_encrypted_among_text_counts_only_if_it_leaves_unsealed)
{
	begin(ENCRYPT_PREFERRED, FOUND_USABLE);
	partly_encrypted(CIPHER_RC2_40);
	decide();
	ck_assert_int_eq(plan->action, ACTION_SEAL);
	ck_assert_uint_eq(warnings(0), 0);
	/* Expired: it can't be sealed to, so the message passes, and what is in it counts. */
	scene.ids[0][0].verdict = REASON_EXPIRED;
	decide();
	ck_assert_int_eq(plan->action, ACTION_REFUSE);
	ck_assert_int_eq(plan->reason, REASON_WEAK_CIPHER);
	ck_assert_ptr_nonnull(strstr(plan->recipients[0].detail, "a part of the message"));
	ck_assert(plan->recipients[0].concerned);
	scene.rules[0].policy.client_weak_cipher = FINDING_WARN;
	decide();
	ck_assert_int_eq(plan->action, ACTION_REFUSE);
	ck_assert_int_eq(plan->reason, REASON_RECIPIENT_NOT_ADDRESSED);
	scene.rules[0].policy.client_not_addressed = FINDING_WARN;
	decide();
	ck_assert_int_eq(plan->action, ACTION_PASS);
	ck_assert_int_eq(plan->recipients[0].reason, REASON_EXPIRED);
	ck_assert_uint_eq(warnings(0), 2);
	scene.rules[0].policy.client_encrypted = CLIENT_ENCRYPTED_REFUSE;
	decide();
	ck_assert_int_eq(plan->reason, REASON_CLIENT_ENCRYPTION_REFUSED);
	end();
}
END_TEST

START_TEST(without_a_rule_only_the_floor_and_what_is_broken_count)
{
	begin(ENCRYPT_NEVER, FOUND_NOTHING);
	scene_without_rule(&scene, 0);
	partly_encrypted(CIPHER_AES256_CBC);
	decide();
	ck_assert_int_eq(plan->action, ACTION_PASS);
	ck_assert_uint_eq(warnings(0), 0);
	layers[0].cipher = cipher_get(CIPHER_DES);
	decide();
	ck_assert_int_eq(plan->action, ACTION_REFUSE);
	ck_assert_int_eq(plan->reason, REASON_WEAK_CIPHER);
	end();
}
END_TEST

START_TEST(what_is_malformed_is_sealed_or_counts)
{
	begin(ENCRYPT_REQUIRED, FOUND_USABLE);
	scene.facts.malformed = true;
	scene.facts.malformed_detail = "it is cut off";
	scene.rules[0].policy.client_malformed = FINDING_REFUSE;
	decide();
	ck_assert_int_eq(plan->action, ACTION_SEAL);
	scene.rules[0].encrypt = ENCRYPT_NEVER;
	decide();
	ck_assert_int_eq(plan->action, ACTION_REFUSE);
	ck_assert_int_eq(plan->reason, REASON_MALFORMED_MESSAGE);
	ck_assert_str_eq(plan->recipients[0].detail, "it is cut off");
	scene.rules[0].policy.client_malformed = FINDING_WARN;
	decide();
	ck_assert_int_eq(plan->action, ACTION_PASS);
	ck_assert(warns(0, REASON_MALFORMED_MESSAGE));
	end();
}
END_TEST

START_TEST(a_rule_that_observes_refuses_nothing_and_hinders_no_sealing)
{
	begin(ENCRYPT_NEVER, FOUND_NOTHING);
	scene.facts.malformed = true;
	scene.facts.malformed_detail = "";
	scene.rules[0].policy.client_malformed = FINDING_REFUSE;
	scene.rules[0].policy.mode = MODE_OBSERVE;
	decide();
	ck_assert_int_eq(plan->action, ACTION_PASS);
	ck_assert_int_eq(plan->would, ACTION_REFUSE);
	ck_assert_int_eq(plan->recipients[0].action, ACTION_REFUSE);
	ck_assert_int_eq(plan->recipients[0].reason, REASON_MALFORMED_MESSAGE);
	end();
}
END_TEST

/* A good signature by a signer of this verdict. */
static void
signed_by(enum reason_id verdict)
{
	layers[0].type = LAYER_CLEAR_SIGNED;
	layers[0].place = LAYER_WHOLE;
	layers[0].covers_all = true;
	layers[0].signatures = &made;
	layers[0].signature_count = 1;
	made = (struct layer_signature){
	    .state = LAYER_SIGNATURE_GOOD, .digest_strength = 128, .certificate = &signer};
	snprintf(made.digest, sizeof(made.digest), "SHA-256");
	snprintf(made.algorithm, sizeof(made.algorithm), "RSA");
	signer = (struct certificate){.subject = signer_dn,
	    .issuer = signer_issuer,
	    .serial = signer_serial,
	    .not_before = 1767312000,
	    .not_after = 1767312000 + SCENE_DAY};
	signer_id = (struct digital_id){.certificate = &signer, .verdict = verdict};
	signature = (struct facts_signature){.layer = &layers[0],
	    .signature = &made,
	    .id = &signer_id,
	    .then = REASON_OK,
	    .named = &named};
	scene.facts.layers = layers;
	scene.facts.layer_count = 1;
	scene.facts.signatures = &signature;
	scene.facts.signature_count = 1;
}

static void
set_signature_settings(struct config_policy *policy, enum config_refuse_warn to)
{
	policy->signature_invalid = to;
	policy->signature_partial = to;
	policy->signature_unverified = to;
	policy->signer_expired = to;
	policy->signer_untrusted = to;
	policy->signer_revoked = to;
	policy->signer_mismatch = to;
	policy->signer_unfit = to;
}

static const struct {
	enum layer_signature_state state;
	enum reason_id verdict;
	int strength;
	bool covers_all;
	bool matches;
	enum reason_id reason; /* REASON_OK: nothing to say */
	enum action refused;   /* where all settings refuse */
} signeds[] = {
    /* clang-format off */
    {LAYER_SIGNATURE_GOOD, REASON_OK, 128, true, true, REASON_OK, ACTION_PASS},
    {LAYER_SIGNATURE_BAD, REASON_OK, 128, true, true, REASON_SIGNATURE_INVALID, ACTION_REFUSE},
    {LAYER_SIGNATURE_MALFORMED, REASON_OK, 128, true, true, REASON_SIGNATURE_INVALID, ACTION_REFUSE},
    {LAYER_SIGNATURE_UNVERIFIABLE, REASON_OK, 0, true, true, REASON_SIGNATURE_UNVERIFIED, ACTION_REFUSE},
    {LAYER_SIGNATURE_NO_CERTIFICATE, REASON_OK, 0, true, true, REASON_SIGNATURE_UNVERIFIED, ACTION_REFUSE},
    {LAYER_SIGNATURE_GOOD, REASON_OK, 128, false, true, REASON_SIGNATURE_PARTIAL, ACTION_REFUSE},
    {LAYER_SIGNATURE_GOOD, REASON_EXPIRED, 128, true, true, REASON_SIGNER_EXPIRED, ACTION_REFUSE},
    {LAYER_SIGNATURE_GOOD, REASON_NOT_YET_VALID, 128, true, true, REASON_SIGNER_EXPIRED, ACTION_REFUSE},
    {LAYER_SIGNATURE_GOOD, REASON_UNTRUSTED_ISSUER, 128, true, true, REASON_SIGNER_UNTRUSTED, ACTION_REFUSE},
    {LAYER_SIGNATURE_GOOD, REASON_INCOMPLETE_CHAIN, 128, true, true, REASON_SIGNER_UNTRUSTED, ACTION_REFUSE},
    {LAYER_SIGNATURE_GOOD, REASON_INVALID_CHAIN, 128, true, true, REASON_SIGNER_UNTRUSTED, ACTION_REFUSE},
    {LAYER_SIGNATURE_GOOD, REASON_REVOKED, 128, true, true, REASON_SIGNER_REVOKED, ACTION_REFUSE},
    {LAYER_SIGNATURE_GOOD, REASON_WRONG_USAGE, 128, true, true, REASON_SIGNER_UNFIT, ACTION_REFUSE},
    {LAYER_SIGNATURE_GOOD, REASON_WEAK_KEY, 128, true, true, REASON_SIGNER_UNFIT, ACTION_REFUSE},
    {LAYER_SIGNATURE_GOOD, REASON_WEAK_DIGEST, 128, true, true, REASON_SIGNER_UNFIT, ACTION_REFUSE},
    {LAYER_SIGNATURE_GOOD, REASON_OK, 63, true, true, REASON_SIGNER_UNFIT, ACTION_REFUSE},
    {LAYER_SIGNATURE_GOOD, REASON_OK, 0, true, true, REASON_SIGNER_UNFIT, ACTION_REFUSE},
    {LAYER_SIGNATURE_GOOD, REASON_OK, 128, true, false, REASON_SIGNER_ADDRESS_MISMATCH, ACTION_REFUSE},
    {LAYER_SIGNATURE_GOOD, REASON_ADDRESS_MISMATCH, 128, true, false, REASON_SIGNER_ADDRESS_MISMATCH, ACTION_REFUSE},
    {LAYER_SIGNATURE_GOOD, REASON_REVOCATION_UNAVAILABLE, 128, true, true, REASON_SIGNER_STATUS_UNAVAILABLE, ACTION_DEFER},
    /* clang-format on */
};

static void
set_up_signed(int row, enum config_encrypt encrypt, enum scene_finding finding)
{
	begin(encrypt, finding);
	signed_by(signeds[row].verdict);
	made.state = signeds[row].state;
	made.digest_strength = signeds[row].strength;
	layers[0].covers_all = signeds[row].covers_all;
	signature.named = signeds[row].matches ? &named : NULL;
}

START_TEST(a_signature_is_refused_or_warned_of_sealed_or_not)
{
	bool fine = signeds[_i].reason == REASON_OK;
	enum config_encrypt encrypt;

	for (encrypt = ENCRYPT_REQUIRED; encrypt <= ENCRYPT_NEVER; encrypt++) {
		enum action alone = encrypt == ENCRYPT_NEVER ? ACTION_PASS : ACTION_SEAL;

		set_up_signed(_i, encrypt, FOUND_USABLE);
		set_signature_settings(&scene.rules[0].policy, FINDING_REFUSE);
		decide();
		ck_assert_int_eq(plan->action, fine ? alone : signeds[_i].refused);
		if (!fine) {
			ck_assert_int_eq(plan->reason, signeds[_i].reason);
			ck_assert_uint_eq(plan->signatures.count, 1);
			ck_assert_ptr_eq(plan->recipients[0].signature, &signature);
		}
		ck_assert_uint_eq(warnings(0), 0);
		set_signature_settings(&scene.rules[0].policy, FINDING_WARN);
		decide();
		ck_assert_int_eq(plan->action, alone);
		ck_assert_uint_eq(warnings(0), fine ? 0 : 1);
		ck_assert_int_eq(plan->recipients[0].trust_failure,
		    reason_get(signeds[_i].reason)->trust_failure);
		scene.rules[0].policy.client_signed = CLIENT_SIGNED_ACCEPT;
		set_signature_settings(&scene.rules[0].policy, FINDING_REFUSE);
		decide();
		ck_assert_int_eq(plan->action, alone);
		ck_assert_uint_eq(warnings(0), 0);
		end();
	}
}
END_TEST

START_TEST(a_signer_who_could_not_be_judged_is_no_good_one)
{
	begin(ENCRYPT_NEVER, FOUND_NOTHING);
	signed_by(REASON_OK);
	signature.id = NULL;
	signature.unavailable = true;
	decide();
	ck_assert_int_eq(plan->action, ACTION_DEFER);
	ck_assert_int_eq(plan->reason, REASON_SIGNER_STATUS_UNAVAILABLE);
	scene.rules[0].policy.signer_revoked = FINDING_WARN;
	decide();
	ck_assert_int_eq(plan->action, ACTION_PASS);
	end();
}
END_TEST

START_TEST(the_signers_trust_sections_say_which_digest_is_enough)
{
	static char covered[] = "corp.example";
	static char other[] = "other.example";
	static char *domains[] = {covered, other};
	static struct config_trust trusts[2] = {
	    {.min_digest = MIN_DIGEST_SHA256}, {.min_digest = MIN_DIGEST_SHA384}};
	static char text[] = "me@corp.example";
	static char local[] = "me";
	static struct address mailbox = {text, local, covered};

	begin(ENCRYPT_NEVER, FOUND_NOTHING);
	signed_by(REASON_OK);
	signer.mailboxes = &mailbox;
	signer.address_count = 1;
	made.digest_strength = 112;
	decide();
	ck_assert_uint_eq(plan->signatures.count, 0);
	trusts[0].for_domains = (struct strings){domains, 1};
	trusts[1].for_domains = (struct strings){domains + 1, 1};
	scene.config.trusts = trusts;
	scene.config.trust_count = 2;
	decide();
	ck_assert(warns(0, REASON_SIGNER_UNFIT));
	made.digest_strength = 128;
	decide();
	ck_assert_uint_eq(plan->signatures.count, 0);
	end();
}
END_TEST

START_TEST(a_forwarded_signature_is_nobodys_business)
{
	begin(ENCRYPT_NEVER, FOUND_NOTHING);
	signed_by(REASON_REVOKED);
	layers[1] = layers[0];
	layers[0].place = LAYER_FORWARDED;
	decide();
	ck_assert_int_eq(plan->action, ACTION_PASS);
	ck_assert_uint_eq(plan->signatures.count, 0);
	layers[1].parent = 0;
	signature.layer = &layers[1];
	scene.facts.layer_count = 2;
	decide();
	ck_assert_int_eq(plan->action, ACTION_PASS);
	/* Layers that claim to be within each other end, too. */
	layers[0].place = LAYER_WHOLE;
	layers[0].parent = 1;
	decide();
	ck_assert_int_eq(plan->action, ACTION_PASS);
	end();
}
END_TEST

START_TEST(whether_an_expired_certificate_held_when_it_signed_is_said)
{
	begin(ENCRYPT_NEVER, FOUND_NOTHING);
	signed_by(REASON_EXPIRED);
	made.signing_time = 1767312000;
	decide();
	ck_assert_ptr_nonnull(strstr(plan->signatures.items[0].detail, "2026-01-02"));
	ck_assert_ptr_nonnull(strstr(plan->signatures.items[0].detail, "was usable"));
	signature.then = REASON_NOT_YET_VALID;
	decide();
	ck_assert_ptr_nonnull(strstr(plan->signatures.items[0].detail, "not usable either"));
	made.signing_time = 0;
	decide();
	ck_assert_ptr_nonnull(strstr(plan->signatures.items[0].detail, "is not said"));
	end();
}
END_TEST

START_TEST(many_signatures_hide_no_reason_that_is_refused_for)
{
	static struct facts_signature many[64];
	static struct layer_signature bad;
	size_t i;

	begin(ENCRYPT_NEVER, FOUND_NOTHING);
	signed_by(REASON_EXPIRED);
	bad = made;
	bad.state = LAYER_SIGNATURE_BAD;
	for (i = 0; i < ARRAY_LENGTH(many); i++)
		many[i] = signature;
	many[ARRAY_LENGTH(many) - 1].signature = &bad;
	scene.facts.signatures = many;
	scene.facts.signature_count = ARRAY_LENGTH(many);
	decide();
	ck_assert_int_eq(plan->action, ACTION_REFUSE);
	ck_assert_int_eq(plan->reason, REASON_SIGNATURE_INVALID);
	ck_assert_uint_eq(plan->signatures.count, FINDINGS_OF_REASON_MAX + 1);
	end();
}
END_TEST

START_TEST(one_recipients_rule_refuses_what_anothers_only_warns_of)
{
	begin(ENCRYPT_NEVER, FOUND_NOTHING);
	scene_add(&scene, "bob@partner.example", ENCRYPT_NEVER);
	signed_by(REASON_UNTRUSTED_ISSUER);
	scene.rules[1].policy.signer_untrusted = FINDING_REFUSE;
	decide();
	ck_assert_int_eq(plan->action, ACTION_REFUSE);
	ck_assert_uint_eq(plan->decider, 1);
	ck_assert_int_eq(plan->recipients[0].reason, REASON_OTHER_RECIPIENT);
	ck_assert_uint_eq(warnings(0), 1);
	ck_assert_uint_eq(warnings(1), 0);
	scene.rules[1].policy.mode = MODE_OBSERVE;
	decide();
	ck_assert_int_eq(plan->action, ACTION_PASS);
	ck_assert_int_eq(plan->would, ACTION_REFUSE);
	end();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("plan_findings");
	TCase *tcase = unit_case(suite, "findings");

	tcase_add_loop_test(tcase,
	    how_a_recipient_is_addressed_is_refused_or_warned_of_whatever_the_mode, 0,
	    (int)ARRAY_LENGTH(found) * MODES);
	tcase_add_test(tcase, a_superseded_certificate_is_named_with_the_one_published);
	tcase_add_loop_test(
	    tcase, a_weak_cipher_is_weighed_by_mode_and_setting, 0, (int)ARRAY_LENGTH(weak));
	tcase_add_loop_test(
	    tcase, what_is_accepted_is_not_compared_whatever_the_directory_says, 0, 2);
	tcase_add_test(tcase, an_unknown_revocation_status_defers_unless_the_rule_only_warns);
	tcase_add_test(tcase, what_is_encrypted_among_text_counts_only_if_it_leaves_unsealed);
	tcase_add_test(tcase, without_a_rule_only_the_floor_and_what_is_broken_count);
	tcase_add_test(tcase, what_is_malformed_is_sealed_or_counts);
	tcase_add_test(tcase, a_rule_that_observes_refuses_nothing_and_hinders_no_sealing);
	tcase_add_loop_test(tcase, a_signature_is_refused_or_warned_of_sealed_or_not, 0,
	    (int)ARRAY_LENGTH(signeds));
	tcase_add_test(tcase, a_signer_who_could_not_be_judged_is_no_good_one);
	tcase_add_test(tcase, the_signers_trust_sections_say_which_digest_is_enough);
	tcase_add_test(tcase, a_forwarded_signature_is_nobodys_business);
	tcase_add_test(tcase, whether_an_expired_certificate_held_when_it_signed_is_said);
	tcase_add_test(tcase, many_signatures_hide_no_reason_that_is_refused_for);
	tcase_add_test(tcase, one_recipients_rule_refuses_what_anothers_only_warns_of);
	return unit_run(suite);
}
