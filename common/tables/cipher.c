#include "tables/cipher.h"

#include <string.h>

#include "base/compiler.h"

#define PRODUCED true
#define RECOGNISED false

static const struct cipher ciphers[] = {
#define CIPHER(id, name, title, oid, key_bits, strength, aead, use) \
	{CIPHER_##id, name, title, oid, key_bits, strength, aead, use},
#include "tables/cipher.def"
#undef CIPHER
};

const struct cipher *
cipher_get(enum cipher_id id)
{
	return &ciphers[(size_t)id < ARRAY_LENGTH(ciphers) ? id : CIPHER_UNKNOWN];
}

const struct cipher *
cipher_by_name(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(ciphers); i++) {
		if (strcmp(ciphers[i].name, name) == 0)
			return &ciphers[i];
	}
	return NULL;
}

const struct cipher *
cipher_by_oid(const char *oid)
{
	size_t i;

	if (oid[0] == '\0')
		return NULL;
	for (i = 0; i < ARRAY_LENGTH(ciphers); i++) {
		if (strcmp(ciphers[i].oid, oid) == 0)
			return &ciphers[i];
	}
	return NULL;
}

const struct cipher *
cipher_rc2_by_bits(long bits)
{
	if (bits >= 128)
		return cipher_get(CIPHER_RC2_128);
	if (bits >= 64)
		return cipher_get(CIPHER_RC2_64);
	return cipher_get(CIPHER_RC2_40);
}

const struct cipher *
cipher_rc2_by_version(long version)
{
	if (version == 58 || version >= 256)
		return cipher_get(CIPHER_RC2_128);
	if (version == 120)
		return cipher_get(CIPHER_RC2_64);
	return cipher_get(CIPHER_RC2_40);
}

bool
cipher_meets(const struct cipher *cipher, const struct cipher *floor)
{
	return cipher != NULL && cipher->id != CIPHER_UNKNOWN && cipher->id >= floor->id;
}
