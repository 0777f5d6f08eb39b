/*
 * Which cipher a CMS object's content is under, by its own algorithm and parameters. Pure
 * functions, any thread.
 */
#ifndef SMIME_SMIME_CONTENT_CIPHER_H
#define SMIME_SMIME_CONTENT_CIPHER_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "tables/cipher.h"

/*
 * Reads a ContentEncryptionAlgorithmIdentifier (BER). *cipher is never NULL then: CIPHER_UNKNOWN
 * for one we don't know. text gets its title, or the dotted object identifier of one we don't know.
 * ERROR_INPUT if it can't be read.
 */
MUST_CHECK int content_cipher_read(const unsigned char *bytes, size_t size,
    const struct cipher **cipher, char *text, size_t text_size, struct error *err);

/* Ciphertext comes in multiples of this many bytes (RFC 5652 6.3); 1 where there are no blocks. */
uint64_t content_cipher_block(const struct cipher *cipher);

/* OpenSSL could not parse something: ERROR_TEMPORARY if memory ran out, else ERROR_INPUT. Empties
 * its queue. Always returns -1. */
int content_cipher_unread(const char *what, struct error *err);

#endif
