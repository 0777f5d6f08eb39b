/*
 * Whose the recipient infos of one layer are: sorted once, then asked for many certificates, because a
 * message may have 50,000 recipients with a hundred digital IDs each, and 2,000 recipient infos. The
 * layer outlives it. One thread at a time.
 */
#ifndef SMIME_INSPECT_CLAIMS_H
#define SMIME_INSPECT_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "inspect/layer.h"
#include "smime/certificate.h"

struct claims;

/* NULL without memory. */
struct claims *claims_new(const struct layer *layer, struct error *err);

/* Whether a recipient info is for this certificate, by issuer and serial or by subject key identifier
 * (RFC 5652 6.2). It is claimed from then on. */
bool claims_take(struct claims *claims, const struct certificate *certificate);

/* How many recipient infos nobody has claimed: those of a shared key or a password among them. */
size_t claims_left(const struct claims *claims);

/* From now on nothing is claimed any more: gets ready for claims_left_of(). ERROR_TEMPORARY. */
MUST_CHECK int claims_close(struct claims *claims, struct error *err);

/* A recipient info that nobody claimed, of the certificate's issuer; NULL: there is none. */
const struct layer_recipient *claims_left_of(
    const struct claims *claims, const struct certificate *certificate);

void claims_free(struct claims *claims);

#endif
