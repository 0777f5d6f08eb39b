/*
 * Content ciphers, from the one list in cipher.def. Static and immutable; any thread.
 */
#ifndef SMIME_TABLES_CIPHER_H
#define SMIME_TABLES_CIPHER_H

#include <stdbool.h>
#include <stddef.h>

enum cipher_id {
#define CIPHER(id, name, title, oid, key_bits, strength, aead, use) CIPHER_##id,
#include "tables/cipher.def"
#undef CIPHER
	CIPHER_COUNT
};

struct cipher {
	enum cipher_id id;
	const char *name;  /* "aes256-cbc": configuration, records, commands */
	const char *title; /* "AES-256-CBC": sentences for people */
	const char *oid;   /* dotted; shared by the RC2 rows */
	int key_bits;
	int strength; /* bits of work to break it; 0: none to rely on */
	bool aead;
	bool produced; /* may be made by us; false: recognised only, never made */
};

/* The row of an id. Never NULL for an id below CIPHER_COUNT. */
const struct cipher *cipher_get(enum cipher_id id);

/* By configuration name ("aes256-cbc"), or NULL. */
const struct cipher *cipher_by_name(const char *name);

/* By dotted object identifier; where rows share one (RC2), the weakest of them. NULL if unknown. */
const struct cipher *cipher_by_oid(const char *oid);

/* RC2 by effective key bits (a capability): the row, the next weaker one, or RC2_40. */
const struct cipher *cipher_rc2_by_bits(long bits);

/* RC2 by rc2ParameterVersion (a content algorithm): 160: 40, 120: 64, 58: 128 bits, 256 and above:
 * that many bits; anything else is taken as RC2_40 (RFC 2268 section 6). */
const struct cipher *cipher_rc2_by_version(long version);

/* Whether a message under this cipher may leave where the floor is `floor`. NULL is below any. */
bool cipher_meets(const struct cipher *cipher, const struct cipher *floor);

#endif
