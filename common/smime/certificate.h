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

/* Addresses read of one certificate; what follows never matches. The largest seen have some 30. */
#define CERTIFICATE_ADDRESSES_MAX 200

/* Bytes of a subject or issuer as text: what is longer is cut, with "..." for its end. */
#define CERTIFICATE_NAME_MAX 2048

/* Octets of a serial number: RFC 5280 4.1.2.2 allows 20, some authorities use more. */
#define CERTIFICATE_SERIAL_MAX 64
/* Extensions of one certificate: real ones have about 10, and each is compared with each. */
#define CERTIFICATE_EXTENSIONS_MAX 100

struct certificate {
	X509 *x509;    /* read only */
	char *subject; /* RFC 2253 order, UTF-8 */
	char *issuer;
	char *serial;    /* upper-case hex */
	char sha256[65]; /* lower-case hex of the DER */
	time_t not_before;
	time_t not_after;
	char **addresses; /* lower-case-domain texts of rfc822Name and SmtpUTF8Mailbox, or, only
			     when there are none of these, subject emailAddress; one that is no
			     address stands as it is */
	size_t address_count;
	struct address *mailboxes; /* the same, parsed; text is NULL where it is no address */
	size_t bytes;              /* about what this costs in memory */
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

/* Whether key usage and extended key usage fit (RFC 8550 4.4.2 and 4.4.4): for encryption RSA needs
 * keyEncipherment, EC keyAgreement, other keys either; for signing digitalSignature or
 * nonRepudiation; where the extension is missing, any. Extended: emailProtection or any. */
bool certificate_may_encrypt(X509 *x509);
bool certificate_may_sign(X509 *x509);

/* Whether an extension stands there more than once, which RFC 5280 4.2 forbids and programs read
 * differently; also beyond CERTIFICATE_EXTENSIONS_MAX. */
bool certificate_repeats_extension(const X509 *x509);

/* Seconds since the epoch; false, and *at untouched, where it is no time. */
bool certificate_read_time(const ASN1_TIME *time, time_t *at);

/* A name as text, as subject and issuer are written (free()); NULL without memory. */
char *certificate_name_text(const X509_NAME *name);

#endif
