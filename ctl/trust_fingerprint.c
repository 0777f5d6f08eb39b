/* Certificates by (the beginning of) their fingerprint. */
#include <ctype.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "trust_command.h"

bool
trust_fingerprint_parse(const char *text, char out[TRUST_FINGERPRINT_SIZE])
{
	size_t used = 0;

	for (; *text != '\0'; text++) {
		if (*text == ':' && used > 0 && used % 2 == 0 && text[1] != '\0')
			continue;
		if (!isxdigit((unsigned char)*text) || used == TRUST_FINGERPRINT_SIZE - 1)
			return false;
		out[used++] = (char)tolower((unsigned char)*text);
	}
	out[used] = '\0';
	return used >= TRUST_PREFIX_MIN;
}

struct certificate *
trust_decode(const char *base64)
{
	size_t size = strlen(base64);
	unsigned char *der = malloc(size + 1);
	struct certificate *certificate = NULL;
	int length = -1;

	if (der != NULL)
		length = EVP_DecodeBlock(der, (const unsigned char *)base64, (int)size);
	while (length > 0 && size > 0 && base64[size - 1] == '=') { /* padding was counted */
		size--;
		length--;
	}
	if (length > 0)
		certificate = certificate_from_der(der, (size_t)length, NULL);
	free(der);
	return certificate;
}

void
trust_match_try(struct trust_match *match, const char *sha256)
{
	if (sha256 == NULL || strncmp(sha256, match->prefix, strlen(match->prefix)) != 0 ||
	    (match->count > 0 && strcmp(match->sha256, sha256) == 0))
		return;
	if (match->count == 0)
		snprintf(match->sha256, sizeof(match->sha256), "%s", sha256);
	match->count += match->count < 2;
}

bool
trust_match_fails(const struct trust_match *match, const char *where)
{
	if (match->count == 0)
		fprintf(stderr, "smimectl: no certificate whose SHA-256 begins with %s is %s\n",
		    match->prefix, where);
	else if (match->count > 1)
		fprintf(stderr,
		    "smimectl: the SHA-256 of more than one certificate begins with %s: give more "
		    "of it\n",
		    match->prefix);
	return match->count != 1;
}
