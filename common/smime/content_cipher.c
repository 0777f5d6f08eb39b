#include "smime/content_cipher.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

int
content_cipher_unread(const char *what, struct error *err)
{
	unsigned long cause;
	bool no_memory = false;

	while ((cause = ERR_get_error()) != 0)
		no_memory |= ERR_GET_REASON(cause) == ERR_R_MALLOC_FAILURE;
	if (no_memory)
		return error_no_memory(err);
	return error_set(err, ERROR_INPUT, "%s can't be read", what);
}

/* The rc2ParameterVersion of SEQUENCE {version, IV} (RFC 2268 section 6); -1 for anything else,
 * the IV alone included, which stands for 32 bits. */
static long
rc2_version(int type, const void *value)
{
	const ASN1_STRING *sequence = value;
	const unsigned char *at;
	STACK_OF(ASN1_TYPE) * members;
	const ASN1_TYPE *first;
	int64_t version = -1;

	if (type != V_ASN1_SEQUENCE)
		return -1;
	at = ASN1_STRING_get0_data(sequence);
	members = d2i_ASN1_SEQUENCE_ANY(NULL, &at, ASN1_STRING_length(sequence));
	first = members == NULL ? NULL : sk_ASN1_TYPE_value(members, 0);
	if (first == NULL || ASN1_TYPE_get(first) != V_ASN1_INTEGER ||
	    ASN1_INTEGER_get_int64(&version, first->value.integer) != 1)
		version = -1;
	sk_ASN1_TYPE_pop_free(members, ASN1_TYPE_free);
	ERR_clear_error();
	return version > 0 && version <= 1024 ? (long)version : -1;
}

static const struct cipher *
name_cipher(const X509_ALGOR *algorithm, char *text, size_t size)
{
	const ASN1_OBJECT *object;
	const void *value;
	int type;
	const struct cipher *cipher;

	X509_ALGOR_get0(&object, &type, &value, algorithm);
	if (OBJ_obj2txt(text, (int)size, object, 1) <= 0)
		text[0] = '\0';
	cipher = cipher_by_oid(text);
	if (cipher == NULL)
		return cipher_get(CIPHER_UNKNOWN);
	if (strcmp(cipher->oid, cipher_get(CIPHER_RC2_40)->oid) == 0)
		cipher = cipher_rc2_by_version(rc2_version(type, value));
	snprintf(text, size, "%s", cipher->title);
	return cipher;
}

int
content_cipher_read(const unsigned char *bytes, size_t size, const struct cipher **cipher,
    char *text, size_t text_size, struct error *err)
{
	X509_ALGOR *algorithm;

	ERR_clear_error();
	algorithm = d2i_X509_ALGOR(NULL, &bytes, (long)size);
	if (algorithm == NULL)
		return content_cipher_unread("the CMS object's cipher", err);
	*cipher = name_cipher(algorithm, text, text_size);
	X509_ALGOR_free(algorithm);
	return 0;
}

uint64_t
content_cipher_block(const struct cipher *cipher)
{
	switch (cipher->id) {
	case CIPHER_RC2_40:
	case CIPHER_RC2_64:
	case CIPHER_RC2_128:
	case CIPHER_DES:
	case CIPHER_DES3:
		return 8;
	case CIPHER_AES128_CBC:
	case CIPHER_AES192_CBC:
	case CIPHER_AES256_CBC:
		return 16;
	default:
		return 1;
	}
}
