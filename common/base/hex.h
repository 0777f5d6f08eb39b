/*
 * Bytes in hexadecimal. As is usual, fingerprints are written in lower case, serial numbers and key
 * identifiers in upper case. Any thread.
 */
#ifndef SMIME_BASE_HEX_H
#define SMIME_BASE_HEX_H

#include <stddef.h>

/* Writes to out[2 * size + 1], in lower case; returns out. */
char *hex_lower(const void *bytes, size_t size, char *out);

/* In upper case; free(). NULL only without memory. */
char *hex_upper(const void *bytes, size_t size);

#endif
