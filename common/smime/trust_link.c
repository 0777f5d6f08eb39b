/* What OpenSSL leaves to us in a chain that it accepts. */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "smime/signature.h"
#include "smime/trust_section.h"

/* Keys that are neither RSA nor elliptic curves: as strong as RSA with 2048 bits. */
#define KEY_STRENGTH_MIN 112

bool
trust_key_long_enough(
    const struct trust_section *section, const X509 *x509, char *detail, size_t size)
{
	const EVP_PKEY *key = X509_get0_pubkey(x509);
	int kind = key != NULL ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE;
	int bits = key != NULL ? EVP_PKEY_get_bits(key) : 0;
	int least = 0;

	if (kind == EVP_PKEY_RSA || kind == EVP_PKEY_RSA_PSS)
		least = section->min_rsa_bits;
	else if (kind == EVP_PKEY_EC)
		least = section->min_ec_bits;
	if (least > 0 && bits < least) {
		snprintf(detail, size, "the key has %d bits, %d are the least", bits, least);
		return false;
	}
	if (key != NULL && least == 0 && EVP_PKEY_get_security_bits(key) < KEY_STRENGTH_MIN) {
		snprintf(detail, size, "the key has %d bits, too few for its kind", bits);
		return false;
	}
	return true;
}

static bool
digest_is_weak(const struct trust_section *section, X509 *x509, const char **name)
{
	const X509_ALGOR *algorithm = NULL;

	X509_get0_signature(NULL, &algorithm, x509);
	return signature_strength(algorithm, name) < section->min_strength;
}

/* RFC 5280 4.2.1.9: only basicConstraints make a CA; OpenSSL lets older signs pass. An extended key
 * usage in a CA's certificate binds what it issues: a CA for web servers makes no mail
 * certificates. */
bool
trust_may_issue(X509 *ca, const char **why)
{
	if (X509_check_ca(ca) != 1) {
		*why = "may not issue certificates";
		return false;
	}
	if ((X509_get_extended_key_usage(ca) & (XKU_SMIME | XKU_ANYEKU)) == 0) {
		*why = "is not meant for issuing mail certificates";
		return false;
	}
	if (certificate_repeats_extension(ca)) {
		*why = "has an extension twice";
		return false;
	}
	return true;
}

static bool
check_ca(const struct trust_section *section, X509 *ca, struct trust_verdict *verdict)
{
	const EVP_PKEY *key = X509_get0_pubkey(ca);
	const char *why = "";
	char words[128];

	if (!trust_may_issue(ca, &why)) {
		verdict->reason = REASON_INVALID_CHAIN;
		snprintf(verdict->detail, sizeof(verdict->detail),
		    "the certificate of a CA in the chain %s", why);
		return false;
	}
	if (key != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA &&
	    EVP_PKEY_get_bits(key) > section->max_rsa_bits) {
		verdict->reason = REASON_INVALID_CHAIN;
		snprintf(verdict->detail, sizeof(verdict->detail),
		    "the key of a CA in the chain has %d bits, %d are the most",
		    EVP_PKEY_get_bits(key), section->max_rsa_bits);
		return false;
	}
	if (!trust_key_long_enough(section, ca, words, sizeof(words))) {
		verdict->reason = REASON_WEAK_KEY;
		snprintf(verdict->detail, sizeof(verdict->detail), "a CA in the chain: %s", words);
		return false;
	}
	return true;
}

/* How an anchor was signed does not matter: it is trusted as it is. But its key signed the rest. */
static bool
check_anchor(const struct trust_section *section, X509 *anchor, struct trust_verdict *verdict)
{
	char words[128];

	if (trust_key_long_enough(section, anchor, words, sizeof(words)))
		return true;
	verdict->reason = REASON_WEAK_KEY;
	snprintf(verdict->detail, sizeof(verdict->detail), "the trusted CA: %s", words);
	return false;
}

static int
check_digests(const struct trust_section *section, STACK_OF(X509) * chain, int trusted_from,
    struct trust_verdict *verdict)
{
	const char *name = "";
	int i;

	for (i = 0; i < trusted_from; i++) {
		if (!digest_is_weak(section, sk_X509_value(chain, i), &name))
			continue;
		verdict->reason = REASON_WEAK_DIGEST;
		snprintf(verdict->detail, sizeof(verdict->detail),
		    i == 0 ? "the certificate is signed with %s"
			   : "the certificate of a CA in the chain is signed with %s",
		    name);
		return i;
	}
	return -1;
}

int
trust_link_check(const struct trust_section *section, STACK_OF(X509) * chain, int trusted_from,
    struct trust_verdict *verdict)
{
	int count = sk_X509_num(chain);
	int i;

	for (i = 1; i < trusted_from && i < count; i++) {
		if (!check_ca(section, sk_X509_value(chain, i), verdict))
			return i;
	}
	for (i = trusted_from > 0 ? trusted_from : 1; i < count; i++) {
		if (!check_anchor(section, sk_X509_value(chain, i), verdict))
			return i;
	}
	return check_digests(section, chain, trusted_from, verdict);
}
