/*
 * The algorithm of a recipient info, for people (RFC 8551 2.3, RFC 3560, RFC 5753). Pure functions,
 * any thread.
 */
#ifndef SMIME_INSPECT_ENVELOPE_ALGORITHM_H
#define SMIME_INSPECT_ENVELOPE_ALGORITHM_H

#include <openssl/x509.h>

#include "inspect/layer.h"

/* "RSAES-OAEP with SHA-256", or the object identifier (free()); NULL without memory. *transport is
 * set where the algorithm is one of RSA's two. */
char *envelope_algorithm_text(const X509_ALGOR *algorithm, enum layer_transport *transport);

#endif
