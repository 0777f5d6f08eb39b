/*
 * From a SignedData without its content, and the digests of that content, to the layer's signatures:
 * cryptography alone. Whether a signer is trusted is asked elsewhere.
 */
#ifndef SMIME_INSPECT_SIGNATURES_H
#define SMIME_INSPECT_SIGNATURES_H

#include <openssl/cms.h>

#include "base/compiler.h"
#include "base/error.h"
#include "inspect/digests.h"
#include "inspect/layer.h"

/* Signers of one object looked at; real ones have one, some two. More: the layer is malformed. */
#define SIGNATURES_SIGNERS_MAX 16

/* Certificates of one object looked at; more: the layer is malformed. */
#define SIGNATURES_CERTIFICATES_MAX 100

/*
 * Fills the layer's signatures, certificates, crl_count. `cms` is a SignedData whose content was left
 * out; `digests` saw the content's bytes just as they are signed. What is wrong with one signature is
 * said in its state. ERROR_LIMIT over a limit; ERROR_TEMPORARY without memory.
 */
MUST_CHECK int signatures_read(
    CMS_ContentInfo *cms, struct digests *digests, struct layer *layer, struct error *err);

#endif
