#include "policy/signed_digest.h"

#include <stdbool.h>

/* Below this nobody should rely on a signature (RFC 8551 2.1): SHA-224 has as much. */
#define DIGEST_STRENGTH_MIN 112

static bool
covers_signer(const struct config_trust *trust, const struct certificate *certificate)
{
	size_t i;
	size_t k;

	for (i = 0; i < certificate->address_count && certificate->mailboxes != NULL; i++) {
		if (certificate->mailboxes[i].text == NULL)
			continue;
		for (k = 0; k < trust->for_domains.count; k++) {
			if (address_domain_covers(
				trust->for_domains.items[k], certificate->mailboxes[i].domain))
				return true;
		}
	}
	return false;
}

/* Bits of work that min-digest of a trust section asks for. */
static int
strength_asked(enum config_min_digest digest)
{
	static const int strengths[] = {[MIN_DIGEST_SHA1] = 63,
	    [MIN_DIGEST_SHA224] = 112,
	    [MIN_DIGEST_SHA256] = 128,
	    [MIN_DIGEST_SHA384] = 192};

	return strengths[digest];
}

int
signed_digest_strength(const struct config *config, const struct certificate *certificate)
{
	int least = 0;
	size_t i;

	for (i = 0; certificate != NULL && i < config->trust_count; i++) {
		int asked = strength_asked(config->trusts[i].min_digest);

		if (covers_signer(&config->trusts[i], certificate) && (least == 0 || asked < least))
			least = asked;
	}
	return least > DIGEST_STRENGTH_MIN ? least : DIGEST_STRENGTH_MIN;
}
