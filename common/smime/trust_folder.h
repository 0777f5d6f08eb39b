/* Certificates from files, PEM or DER, as anchors and intermediates are given. Any thread. */
#ifndef SMIME_SMIME_TRUST_FOLDER_H
#define SMIME_SMIME_TRUST_FOLDER_H

#include <openssl/x509.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"

/* Certificates of one folder: a whole forest's CAs, or every public root, many times over. */
#define TRUST_FOLDER_MAX 20000
/* Bytes of one file in it: the bundle of all public roots has 0.3 MB. */
#define TRUST_FILE_MAX ((size_t)16 << 20)

/* Appends the certificates of a folder (hidden files apart), or of the one file. What holds none, or
 * can't be read, is logged and passed over. ERROR_LIMIT beyond TRUST_FOLDER_MAX, ERROR_TEMPORARY where
 * a file can't be read just now; certificates then holds what came before. */
MUST_CHECK int trust_folder_read(
    const char *path, STACK_OF(X509) * certificates, struct error *err);

/* The same with the bytes of one file, which a NUL follows; its name is for the log. */
MUST_CHECK int trust_folder_parse(STACK_OF(X509) * certificates, const char *file,
    const char *bytes, size_t size, struct error *err);

#endif
