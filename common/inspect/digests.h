/*
 * Digests over bytes as they stream by, for signatures that come after them. Of multipart/signed the
 * digest algorithm is known only at its end (micalg is a hint, RFC 8551 3.5.2), so all that are in use
 * are computed at once: MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512; of an opaque signature only
 * those that its front names. Owned by whoever made it; one thread at a time.
 */
#ifndef SMIME_INSPECT_DIGESTS_H
#define SMIME_INSPECT_DIGESTS_H

#include <openssl/bio.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"

struct digests;

/* All that are in use. NULL without memory. */
struct digests *digests_all(struct error *err);

/* Those of a DigestAlgorithmIdentifiers SET (its DER or BER, tag included); ones we don't know are
 * left out, of one named twice one is computed. ERROR_INPUT where it is no such set. */
struct digests *digests_named(const unsigned char *set, size_t size, struct error *err);

MUST_CHECK int digests_write(
    struct digests *digests, const void *bytes, size_t size, struct error *err);

/* A chain of digest BIOs as CMS_SignerInfo_verify_content() takes it; borrowed. */
BIO *digests_bio(struct digests *digests);

void digests_free(struct digests *digests);

#endif
