/* For certificate.c alone. Pure. */
#ifndef SMIME_SMIME_CERTIFICATE_SIZE_H
#define SMIME_SMIME_CERTIFICATE_SIZE_H

#include "smime/certificate.h"

/* About what a certificate, all of which has been read, takes of the memory; rather more than less,
 * whatever is in it. */
size_t certificate_size(const struct certificate *certificate);

#endif
