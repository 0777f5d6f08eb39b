/*
 * From what is kept of an EnvelopedData or AuthEnvelopedData to a layer's cipher and recipients, and
 * back: which of them a certificate is. Owned by whoever declared it, zero at first; one thread at a
 * time.
 */
#ifndef SMIME_INSPECT_ENVELOPE_H
#define SMIME_INSPECT_ENVELOPE_H

#include <openssl/cms.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "inspect/cms_front.h"
#include "inspect/layer.h"

/* How a recipient is named, as OpenSSL parsed it; what is not said is NULL. */
struct envelope_name {
	const X509_NAME *issuer;
	const ASN1_INTEGER *serial;
	const ASN1_OCTET_STRING *key_id;
};

struct envelope {
	CMS_ContentInfo *cms;
	struct envelope_name *names; /* of the layer's recipients, in their order */
	size_t count;
	size_t infos; /* recipient infos */
};

/* Reads the front of a whole object. ERROR_INPUT where it can't be parsed; ERROR_LIMIT for more than
 * INSPECT_RECIPIENTS_MAX recipients. */
MUST_CHECK int envelope_read(struct envelope *envelope, const struct cms_front *front,
    struct layer *layer, struct error *err);

/* The recipient that the certificate is; (size_t)-1: none. */
size_t envelope_find(const struct envelope *envelope, const X509 *certificate);

/* Whether this recipient is named by the issuer that the certificate has. */
bool envelope_same_issuer(
    const struct envelope *envelope, size_t recipient, const X509 *certificate);

void envelope_free(struct envelope *envelope);

/* Parses all that is kept of an object, as one value. NULL on error. */
CMS_ContentInfo *envelope_parse(const struct cms_front *front, struct error *err);

#endif
