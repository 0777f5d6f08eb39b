/*
 * The domain of an address in its one canonical form. Inside the mail room; others use address.h.
 */
#ifndef SMIME_MAIL_ADDRESS_DOMAIN_H
#define SMIME_MAIL_ADDRESS_DOMAIN_H

#include "base/compiler.h"
#include "base/error.h"

/* Lower-case A-labels without trailing dot, or a literal in brackets, in *out (free()). ASCII that
 * is no valid IDNA ("_dmarc", "xn--" and rubbish) is taken as it stands: mail to such domains
 * exists. ERROR_INPUT for what is no domain. */
MUST_CHECK int address_domain_normalize(const char *text, char **out, struct error *err);

#endif
