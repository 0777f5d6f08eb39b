#include "smime/want.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hex.h"
#include "smime/ocsp.h"
#include "smime/signature.h"

static const struct {
	const char *word;
	const char *people;
} kinds[] = {
    [WANT_ISSUER] = {"issuer", "the issuer's certificate"},
    [WANT_CRL] = {"crl", "the CRL"},
    [WANT_OCSP] = {"ocsp", "the OCSP responder"},
};

void
want_clear(struct want *want)
{
	free(want->key);
	free(want->url);
	free(want->host);
	free(want->dn);
	free(want->attribute);
	free(want->id);
	OPENSSL_free(want->request);
	X509_free(want->certificate);
	X509_free(want->issuer);
	memset(want, 0, sizeof(*want));
}

void
wants_clear(struct wants *wants)
{
	while (wants->count > 0)
		want_clear(&wants->items[--wants->count]);
	wants->came = false;
}

static bool
is_ldap(const char *url)
{
	return strncasecmp(url, "ldap://", 7) == 0;
}

/* Visible ASCII: what a URL is made of. */
static bool
may_ask(enum want_kind kind, const char *url)
{
	size_t i;

	if (strncasecmp(url, "http://", 7) != 0 && (kind == WANT_OCSP || !is_ldap(url)))
		return false;
	for (i = 0; url[i] != '\0'; i++) {
		if (i >= WANT_URL_MAX || (unsigned char)url[i] <= ' ' ||
		    (unsigned char)url[i] >= 0x7f)
			return false;
	}
	return true;
}

/* Whom it is about: of a CRL, whose word it must be. Who names another's URL, or an issuer's old key,
 * must not stand in the way of those who ask for the same list with good reason. */
static bool
make_id(enum want_kind kind, X509 *certificate, X509 *issuer, char id[OCSP_ID_SIZE])
{
	unsigned char key[SIGNATURE_KEY_SIZE];

	id[0] = '\0';
	if (kind == WANT_OCSP)
		return certificate != NULL && issuer != NULL &&
		       ocsp_id(certificate, issuer, id, NULL) == 0;
	if (kind != WANT_CRL || issuer == NULL)
		return true;
	if (!signature_key_of(issuer, key))
		return false;
	hex_lower(key, sizeof(key), id);
	return true;
}

bool
want_key(
    enum want_kind kind, const char *url, X509 *certificate, X509 *issuer, char out[WANT_KEY_MAX])
{
	char id[OCSP_ID_SIZE];

	if (!may_ask(kind, url) || !make_id(kind, certificate, issuer, id))
		return false;
	snprintf(
	    out, WANT_KEY_MAX, "%s %s%s%s", kinds[kind].word, id, id[0] != '\0' ? " " : "", url);
	return true;
}

void
want_describe(enum want_kind kind, const char *url, char *words, size_t size)
{
	snprintf(words, size, "%s at %.120s", kinds[kind].people, url);
}

/* A part of a URL, %XX made the octet it stands for; NULL where it is none, or without memory. */
static char *
unescape(const char *text, size_t size)
{
	char *out = malloc(size + 1);
	size_t used = 0;
	size_t i;

	for (i = 0; out != NULL && i < size; i++) {
		int high = 0;
		int low = 0;

		if (text[i] != '%') {
			out[used++] = text[i];
			continue;
		}
		high = i + 1 < size ? OPENSSL_hexchar2int((unsigned char)text[i + 1]) : -1;
		low = i + 2 < size ? OPENSSL_hexchar2int((unsigned char)text[i + 2]) : -1;
		if (high < 0 || low < 0 || high + low == 0) {
			free(out);
			return NULL;
		}
		out[used++] = (char)(high << 4 | low);
		i += 2;
	}
	if (out != NULL)
		out[used] = '\0';
	return out;
}

/* Whose attribute it is where the URL doesn't say (RFC 4523 5.3, 5.4). */
static const char *
usual_attribute(enum want_kind kind)
{
	return kind == WANT_CRL ? "certificateRevocationList;binary" : "cACertificate;binary";
}

/* ldap://HOST/DN?ATTRIBUTE?SCOPE?FILTER: only the first attribute of the entry itself is read,
 * whatever scope and filter say. */
static bool
read_ldap(struct want *want)
{
	const char *host = want->url + strlen("ldap://");
	size_t host_size = strcspn(host, "/?#");
	const char *dn = host + host_size + (host[host_size] == '/' ? 1 : 0);
	size_t dn_size = strcspn(dn, "?#");
	const char *attribute = dn + dn_size + (dn[dn_size] == '?' ? 1 : 0);
	size_t attribute_size = strcspn(attribute, "?,#");
	bool given = attribute_size > 0;

	if (!given) {
		attribute = usual_attribute(want->kind);
		attribute_size = strlen(attribute);
	}
	want->ldap = true;
	want->host = unescape(host, host_size);
	want->dn = unescape(dn, dn_size);
	want->attribute = unescape(attribute, attribute_size);
	return want->host != NULL && want->dn != NULL && want->attribute != NULL &&
	       want->dn[0] != '\0';
}

static X509 *
reference(X509 *x509)
{
	if (x509 != NULL)
		X509_up_ref(x509);
	return x509;
}

static bool
fill(struct want *want, enum want_kind kind, const char *url, X509 *certificate, X509 *issuer)
{
	char id[OCSP_ID_SIZE];
	char key[WANT_KEY_MAX];

	want->kind = kind;
	want->certificate = reference(certificate);
	want->issuer = reference(issuer);
	if (!want_key(kind, url, certificate, issuer, key) ||
	    !make_id(kind, certificate, issuer, id))
		return false;
	want->key = strdup(key);
	want->url = strdup(url);
	want->id = strdup(kind == WANT_OCSP ? id : "");
	if (want->key == NULL || want->url == NULL || want->id == NULL)
		return false;
	if (kind == WANT_OCSP)
		return ocsp_request(
			   certificate, issuer, &want->request, &want->request_size, NULL) == 0;
	return !is_ldap(url) || read_ldap(want);
}

bool
wants_add(
    struct wants *wants, enum want_kind kind, const char *url, X509 *certificate, X509 *issuer)
{
	struct want want = {.kind = kind};
	size_t i;

	if (wants->count == WANTS_MAX || !fill(&want, kind, url, certificate, issuer)) {
		want_clear(&want);
		return false;
	}
	for (i = 0; i < wants->count; i++) {
		if (strcmp(wants->items[i].key, want.key) == 0) {
			want_clear(&want);
			return false;
		}
	}
	wants->items[wants->count++] = want;
	return true;
}
