/*
 * From what is kept of an EnvelopedData or AuthEnvelopedData to a layer's cipher and recipients. Whose
 * these are is claims.h's. Any thread.
 */
#ifndef SMIME_INSPECT_ENVELOPE_H
#define SMIME_INSPECT_ENVELOPE_H

#include <openssl/cms.h>

#include "base/compiler.h"
#include "base/error.h"
#include "inspect/cms_front.h"
#include "inspect/layer.h"

/* Reads the front of a whole object. ERROR_INPUT where it can't be parsed; ERROR_LIMIT for more than
 * INSPECT_RECIPIENTS_MAX recipients. */
MUST_CHECK int envelope_read(const struct cms_front *front, struct layer *layer, struct error *err);

/* Parses all that is kept of an object, as one value. NULL on error. */
CMS_ContentInfo *envelope_parse(const struct cms_front *front, struct error *err);

#endif
