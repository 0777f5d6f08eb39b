/* The mail addresses of a certificate: a part of certificate.c, for it alone. */
#ifndef SMIME_SMIME_CERTIFICATE_ADDRESS_H
#define SMIME_SMIME_CERTIFICATE_ADDRESS_H

#include "base/compiler.h"
#include "base/error.h"
#include "smime/certificate.h"

/* Fills addresses, mailboxes and address_count from x509. -1 only without memory. */
MUST_CHECK int certificate_address_read(struct certificate *certificate, struct error *err);
void certificate_address_free(struct certificate *certificate);

#endif
