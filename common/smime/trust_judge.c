#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "smime/trust_section.h"

void
trust_verdict_clear(struct trust_verdict *verdict)
{
	free(verdict->failed_subject);
	free(verdict->failed_issuer);
	verdict->failed_subject = NULL;
	verdict->failed_issuer = NULL;
	verdict->failed_from = 0;
	verdict->failed_until = 0;
}

static bool
fail(struct trust_verdict *verdict, enum reason_id reason, const char *detail)
{
	verdict->reason = reason;
	snprintf(verdict->detail, sizeof(verdict->detail), "%s", detail);
	return false;
}

/* What needs no chain: a certificate that fails here is not worth building one. */
static bool
check_alone(const struct trust_question *question, struct trust_verdict *verdict)
{
	const struct certificate *certificate = question->certificate;
	char date[CLOCK_TEXT_SIZE];
	char words[CLOCK_TEXT_SIZE + 32];

	if ((X509_get_extension_flags(certificate->x509) & EXFLAG_INVALID) != 0)
		return fail(
		    verdict, REASON_MALFORMED, "an extension of the certificate can't be read");
	if (certificate_repeats_extension(certificate->x509))
		return fail(
		    verdict, REASON_MALFORMED, "an extension stands in the certificate twice");
	/* As OpenSSL counts: valid up to, but not including, the second of notAfter. */
	if (question->at >= certificate->not_after) {
		snprintf(words, sizeof(words), "expired on %s",
		    clock_format_date(certificate->not_after, date));
		return fail(verdict, REASON_EXPIRED, words);
	}
	if (question->at < certificate->not_before) {
		snprintf(words, sizeof(words), "valid from %s",
		    clock_format_date(certificate->not_before, date));
		return fail(verdict, REASON_NOT_YET_VALID, words);
	}
	return true;
}

static bool
check_usage(const struct trust_question *question, struct trust_verdict *verdict)
{
	X509 *x509 = question->certificate->x509;

	if (question->purpose == TRUST_SIGN && !certificate_may_sign(x509))
		return fail(
		    verdict, REASON_WRONG_USAGE, "its key usage does not allow signing mail");
	if (question->purpose == TRUST_ENCRYPT && !certificate_may_encrypt(x509))
		return fail(
		    verdict, REASON_WRONG_USAGE, "its key usage does not allow encrypting mail");
	return true;
}

static bool
check_address(const struct trust_question *question, struct trust_verdict *verdict)
{
	const struct certificate *certificate = question->certificate;

	if (question->address == NULL ||
	    certificate_has_address(certificate, question->address, question->exact_local))
		return true;
	if (certificate->address_count == 0 && question->allow_no_address)
		return true;
	verdict->reason = REASON_ADDRESS_MISMATCH;
	if (certificate->address_count == 0)
		snprintf(verdict->detail, sizeof(verdict->detail),
		    "issued to no mail address at all, not to %.200s", question->address->text);
	else
		snprintf(verdict->detail, sizeof(verdict->detail),
		    "issued to %.200s%s, not to %.200s", certificate->addresses[0],
		    certificate->address_count > 1 ? " and others" : "", question->address->text);
	return false;
}

/* With an exponent of 1 or an even one, what is encrypted is open or lost. */
static bool
exponent_is_sound(const X509 *x509)
{
	const EVP_PKEY *key = X509_get0_pubkey(x509);
	BIGNUM *exponent = NULL;
	bool sound;

	sound = key != NULL && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) &&
		BN_is_odd(exponent) && !BN_is_one(exponent);
	BN_free(exponent);
	return sound;
}

static bool
check_key(const struct trust_question *question, const struct trust_section *section,
    struct trust_verdict *verdict)
{
	const struct certificate *certificate = question->certificate;
	char words[128];

	if (!trust_key_long_enough(section, certificate->x509, words, sizeof(words)))
		return fail(verdict, REASON_WEAK_KEY, words);
	if (certificate_key_kind(certificate) == KEY_RSA && !exponent_is_sound(certificate->x509))
		return fail(verdict, REASON_WEAK_KEY, "the key's exponent is not sound");
	return true;
}

static bool
check_key_kind(const struct trust_question *question, const struct trust_section *section,
    struct trust_verdict *verdict)
{
	const struct certificate *certificate = question->certificate;
	enum key_kind kind = certificate_key_kind(certificate);
	const EVP_PKEY *key = X509_get0_pubkey(certificate->x509);
	const char *name = key != NULL ? EVP_PKEY_get0_type_name(key) : NULL;
	char words[128];

	if (kind == KEY_RSA && certificate_key_bits(certificate) > section->max_rsa_bits) {
		snprintf(words, sizeof(words), "an RSA key of %d bits, %d are the most",
		    certificate_key_bits(certificate), section->max_rsa_bits);
		return fail(verdict, REASON_KEY_UNSUPPORTED, words);
	}
	if (question->purpose == TRUST_SIGN || kind != KEY_UNSUPPORTED)
		return true;
	snprintf(words, sizeof(words), "%s key of %d bits%s", name != NULL ? name : "unknown",
	    certificate_key_bits(certificate),
	    name != NULL && strcmp(name, "EC") == 0 ? " on another curve" : "");
	return fail(verdict, REASON_KEY_UNSUPPORTED, words);
}

/* The order in which faults are named: that of trust_rank(). */
static void
check_rest(const struct trust_question *question, const struct trust_section *section,
    struct trust_verdict *verdict)
{
	struct trust_verdict own = {.reason = REASON_OK};

	if (check_usage(question, &own) && check_address(question, &own) &&
	    check_key(question, section, &own))
		check_key_kind(question, section, &own);
	/* The chain's weak keys and digests wait until here. */
	if (own.reason == REASON_OK || trust_rank(own.reason) > trust_rank(verdict->reason))
		return;
	verdict->reason = own.reason;
	memcpy(verdict->detail, own.detail, sizeof(verdict->detail));
	trust_verdict_clear(verdict);
	verdict->failed_depth = -1;
}

/* How long what is no yes holds is only told where evidence may change. */
static bool
may_change(const struct trust_verdict *verdict)
{
	return verdict->reason == REASON_OK || verdict->reason == REASON_REVOKED ||
	       verdict->reason == REASON_ISSUER_UNAVAILABLE ||
	       verdict->reason == REASON_REVOCATION_UNAVAILABLE;
}

static int
judge_in_section(const struct trust *trust, const struct trust_section *section,
    const struct trust_question *question, struct trust_verdict *verdict, struct error *err)
{
	if (trust_chain_verify(trust, section, question, verdict, err) != 0)
		return -1;
	if (trust_rank(verdict->reason) > trust_rank(REASON_INVALID_CHAIN))
		check_rest(question, section, verdict);
	if (!may_change(verdict))
		verdict->valid_until = 0;
	return 0;
}

static bool
section_covers(const struct trust_section *section, const struct address *address)
{
	/* What a directory holds counts for the domains named, and so for none that isn't known. */
	if (address == NULL || address_is_null(address))
		return !section->from_directory;
	return address_domain_is_covered(address->domain, section->domains, section->domain_count);
}

/* OK if any section says so; else the verdict that came furthest. */
static int
judge_in_all(const struct trust *trust, const struct trust_question *question,
    struct trust_verdict *best, struct error *err)
{
	bool first = true;
	size_t i;

	for (i = 0; i < trust->section_count && (first || best->reason != REASON_OK); i++) {
		struct trust_verdict verdict = {
		    .reason = REASON_OK, .failed_depth = -1, .revocation = "off"};

		if (!section_covers(&trust->sections[i], question->address))
			continue;
		if (judge_in_section(trust, &trust->sections[i], question, &verdict, err) != 0) {
			trust_verdict_clear(&verdict);
			return -1;
		}
		if (first || trust_rank(verdict.reason) > trust_rank(best->reason)) {
			trust_verdict_clear(best);
			*best = verdict;
		} else {
			trust_verdict_clear(&verdict);
		}
		first = false;
	}
	if (first)
		fail(best, REASON_UNTRUSTED_ISSUER, "no trust section covers the domain");
	return 0;
}

int
trust_judge(const struct trust *trust, const struct trust_question *asked,
    struct trust_verdict *verdict, struct error *err)
{
	struct trust_question limited = *asked;
	const struct trust_question *question = &limited;
	int effort = TRUST_EFFORT_MAX;
	int status = 0;

	if (limited.effort == NULL)
		limited.effort = &effort;
	memset(verdict, 0, sizeof(*verdict));
	verdict->failed_depth = -1;
	verdict->revocation = "off";
	if (!check_alone(question, verdict))
		status = trust_verdict_link(verdict, question->certificate->x509, 0, err);
	else
		status = judge_in_all(trust, question, verdict, err);
	if (status != 0) {
		trust_verdict_clear(verdict);
		verdict->reason = REASON_INTERNAL_ERROR;
		verdict->failed_depth = -1;
		verdict->detail[0] = '\0';
	}
	ERR_clear_error();
	return status;
}
