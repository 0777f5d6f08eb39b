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

void
trust_match_try_added(struct trust_match *match, const struct trust_added_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		struct certificate *certificate;

		if (sk_X509_num(list->items[i].certificates) != 1)
			continue;
		certificate =
		    certificate_from_x509(sk_X509_value(list->items[i].certificates, 0), NULL);
		if (certificate != NULL)
			trust_match_try(match, certificate->sha256);
		certificate_unref(certificate);
	}
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
