/*
 * A parsed certificate with what people and records need of it, read once. Immutable,
 * reference-counted, shared between threads: parsing costs more than verifying.
 */
#ifndef SMIME_SMIME_CERTIFICATE_H
#define SMIME_SMIME_CERTIFICATE_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/compiler.h"
#include "base/error.h"
#include "mail/address.h"

#define CERTIFICATE_SIZE_MAX ((size_t)256 << 10)

struct certificate {
	X509 *x509;    /* read only */
	char *subject; /* RFC 2253 order, UTF-8 */
	char *issuer;
	char *serial;    /* upper-case hex */
	char sha256[65]; /* lower-case hex of the DER */
	time_t not_before;
	time_t not_after;
	char **addresses; /* lower-case-domain texts of rfc822Name and SmtpUTF8Mailbox, or, only
			     when there are none of these, subject emailAddress */
	size_t address_count;
	int references;
};

/* Parses exactly one DER certificate of size bytes; trailing bytes, or more than
 * CERTIFICATE_SIZE_MAX: ERROR_INPUT. NULL on error. */
struct certificate *certificate_from_der(const unsigned char *der, size_t size, struct error *err);

/* From a parsed one; takes its own reference. */
struct certificate *certificate_from_x509(X509 *x509, struct error *err);

struct certificate *certificate_ref(struct certificate *certificate);
void certificate_unref(struct certificate *certificate);

/* Whether one of its addresses is this mailbox (SmtpUTF8Mailbox: RFC 9598, and 8398's U-labels). */
bool certificate_has_address(
    const struct certificate *certificate, const struct address *address, bool exact_local);

enum key_kind {
	KEY_RSA,         /* key transport */
	KEY_EC,          /* ECDH on P-256, P-384, P-521 */
	KEY_UNSUPPORTED, /* anything else: can't be sealed to */
};
enum key_kind certificate_key_kind(const struct certificate *certificate);
int certificate_key_bits(const struct certificate *certificate);

#endif
