/* The bare libraries that lookup_bench measures against. Every failure ends the program. */
#ifndef SMIME_TESTS_LOOKUP_BARE_H
#define SMIME_TESTS_LOOKUP_BARE_H

#include "config/config.h"
#include "mail/address.h"
#include "smime/trust.h"

struct lookup_bench {
	struct config *config;
	const struct config_directory *directory;
	struct trust *trust;
	int count;
	struct address *addresses;
	unsigned char **certificates; /* DER, as lookup_bare_fetch() leaves them */
	long *sizes;
};

_Noreturn void lookup_fail(const char *what, const char *why);

/* All questions by libldap alone: one connection, at most 50 under way, nothing read. */
void lookup_bare(struct lookup_bench *bench);

/* The same, keeping the certificates. */
void lookup_bare_fetch(struct lookup_bench *bench);

/* Parses and verifies what lookup_bare_fetch() kept, by OpenSSL alone, in two threads as the
 * resolver does. */
void lookup_openssl(struct lookup_bench *bench);

#endif
