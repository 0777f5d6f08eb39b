/* The older form of userSMIMECertificate: a part of blob.c, for it alone. */
#ifndef SMIME_SMIME_BLOB_RECORDS_H
#define SMIME_SMIME_BLOB_RECORDS_H

#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "smime/blob.h"

/* Fills form, certificates and preferred. ERROR_INPUT or ERROR_LIMIT as blob_read(). */
MUST_CHECK int blob_records_read(
    struct blob *blob, const unsigned char *value, size_t size, struct error *err);

#endif
