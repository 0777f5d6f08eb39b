/* Which certificate would have to be trusted: the top of what can be built of a chain. */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "smime/signature.h"
#include "smime/trust_section.h"

/* Signatures verified for one certificate: entries are full of whatever their owners put there. */
#define VERIFIED_MAX 8

struct climb {
	const struct trust *trust;
	STACK_OF(X509) * extra;
	const struct address *address;
	int verified;
};

static bool
is_self_signed(X509 *x509)
{
	return (X509_get_extension_flags(x509) & EXFLAG_SS) != 0;
}

static bool
issued(struct climb *climb, X509 *above, X509 *x509)
{
	EVP_PKEY *key = X509_get0_pubkey(above);

	if (X509_check_issued(above, x509) != X509_V_OK || key == NULL ||
	    EVP_PKEY_get_bits(key) > SIGNATURE_KEY_BITS_MAX || climb->verified >= VERIFIED_MAX)
		return false;
	climb->verified++;
	return X509_verify(x509, key) == 1;
}

/* Of two that could stand above, the one where the chain ends tells more. */
static void
consider(struct climb *climb, X509 *above, X509 *x509, X509 **best)
{
	if (above == x509 || (*best != NULL && (is_self_signed(*best) || !is_self_signed(above))))
		return;
	if (issued(climb, above, x509))
		*best = above;
}

static X509 *
next(struct climb *climb, X509 *x509)
{
	const X509_NAME *issuer = X509_get_issuer_name(x509);
	X509 *best = NULL;
	size_t first;
	size_t s;
	int i;

	for (s = 0; s < climb->trust->section_count; s++) {
		const struct trust_section *section = &climb->trust->sections[s];
		size_t count = trust_index_find(&section->intermediates, issuer, &first);
		size_t n;

		if (count == 0 || !address_domain_is_covered(climb->address->domain,
				      section->domains, section->domain_count))
			continue;
		for (n = first; n < first + count; n++)
			consider(climb, section->intermediates.items[n], x509, &best);
	}
	for (i = 0; climb->extra != NULL && i < sk_X509_num(climb->extra); i++) {
		X509 *above = sk_X509_value(climb->extra, i);

		if (X509_NAME_cmp(X509_get_subject_name(above), issuer) == 0)
			consider(climb, above, x509, &best);
	}
	return best;
}

int
trust_topmost(const struct trust *trust, X509 *x509, STACK_OF(X509) * extra,
    const struct address *address, X509 **top, struct error *err)
{
	struct climb climb = {trust, extra, address, 0};
	X509 *at = x509;
	X509 *above;

	*top = NULL;
	/* Each step verifies a signature: the limit on those ends a circle, too. */
	while (!is_self_signed(at) && (above = next(&climb, at)) != NULL)
		at = above;
	ERR_clear_error();
	if (at == x509 && !is_self_signed(x509))
		return 0;
	if (!X509_up_ref(at))
		return error_set(err, ERROR_INTERNAL, "a certificate can't be referenced");
	*top = at;
	return 0;
}
