/* Where the issuer of a chain's last link may be had (RFC 5280 4.2.2.1). */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "smime/evidence.h"
#include "smime/trust_section.h"

/* URLs of one certificate that are looked at. */
#define URLS_MAX 8

/* Anybody can name a CA as his issuer; only what that CA signed may make us follow its URLs. */
static bool
links_verify(const struct trust_section *section, STACK_OF(X509) * chain)
{
	int i;

	for (i = 0; i + 1 < sk_X509_num(chain); i++) {
		EVP_PKEY *key = X509_get0_pubkey(sk_X509_value(chain, i + 1));

		if (key == NULL || EVP_PKEY_get_bits(key) > section->max_rsa_bits ||
		    X509_verify(sk_X509_value(chain, i), key) != 1)
			return false;
	}
	return true;
}

/* What came of wanting. */
struct outcome {
	bool may_come;   /* it is wanted, or can't be had for the moment */
	char words[200]; /* why it can't be had; "" */
};

/* Wants what is at a URL, if it may be had now. Else words say why not. */
static bool
want_url(const struct trust_question *question, const char *url, struct outcome *outcome)
{
	char key[WANT_KEY_MAX];

	if (!want_key(WANT_ISSUER, url, NULL, NULL, key))
		return false;
	if (question->evidence != NULL && evidence_paused(question->evidence, key, question->at,
					      outcome->words, sizeof(outcome->words))) {
		if (evidence_came(question->evidence, key, question->wants->since))
			question->wants->came = true;
		outcome->may_come |= evidence_may_come(question->evidence, key, question->at);
		return false;
	}
	(void)wants_add(question->wants, WANT_ISSUER, url, NULL, NULL);
	outcome->may_come = true;
	return true;
}

static void
want_first(const struct trust_question *question, const AUTHORITY_INFO_ACCESS *access,
    struct outcome *outcome)
{
	int i;

	for (i = 0; i < sk_ACCESS_DESCRIPTION_num(access) && i < URLS_MAX; i++) {
		const ACCESS_DESCRIPTION *place = sk_ACCESS_DESCRIPTION_value(access, i);
		const ASN1_IA5STRING *url;

		if (OBJ_obj2nid(place->method) != NID_ad_ca_issuers ||
		    place->location->type != GEN_URI)
			continue;
		url = place->location->d.uniformResourceIdentifier;
		if (strlen((const char *)ASN1_STRING_get0_data(url)) ==
			(size_t)ASN1_STRING_length(url) &&
		    want_url(question, (const char *)ASN1_STRING_get0_data(url), outcome))
			return;
	}
}

void
trust_want_issuer(const struct trust_section *section, const struct trust_question *question,
    STACK_OF(X509) * chain, struct trust_verdict *verdict)
{
	X509 *last = sk_X509_value(chain, sk_X509_num(chain) - 1);
	AUTHORITY_INFO_ACCESS *access;
	struct outcome outcome = {false, ""};
	size_t used = strlen(verdict->detail);

	if (question->wants == NULL || !question->may_follow || last == NULL ||
	    (X509_get_extension_flags(last) & EXFLAG_SS) != 0 ||
	    sk_X509_num(chain) > section->max_depth + 1 || !links_verify(section, chain))
		return;
	access = X509_get_ext_d2i(last, NID_info_access, NULL, NULL);
	want_first(question, access, &outcome);
	if (outcome.words[0] != '\0')
		snprintf(
		    verdict->detail + used, sizeof(verdict->detail) - used, "; %s", outcome.words);
	if (outcome.may_come) {
		verdict->reason = REASON_ISSUER_UNAVAILABLE;
		verdict->valid_until = question->at + TRUST_UNKNOWN_HOLDS;
	}
	AUTHORITY_INFO_ACCESS_free(access);
	ERR_clear_error();
}
