/* Where one can learn whether a link is revoked: OCSP first for the certificate, whose CA may have a
 * large CRL; the CRL first for a CA's, which serves for all below it. The other where the first is
 * not to be had. */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "smime/trust_status.h"

/* Names of one distribution point, and points and responders of one certificate, looked at. */
#define PLACES_MAX 8

/* How soon it is tried again ahead of the end, where what came was no newer. Seconds. */
#define AHEAD_MIN 300
#define AHEAD_MAX 21600

static time_t
again_after(const struct trust_link *link)
{
	time_t again = (link->until - link->question->at) / 4;

	return again < AHEAD_MIN ? AHEAD_MIN : again > AHEAD_MAX ? AHEAD_MAX : again;
}

/* Wants what is at a URL, if it may be had now; else the words say why not. */
static bool
want_url(struct trust_link *link, enum want_kind kind, const char *url, X509 *issuer)
{
	const struct trust_question *question = link->question;
	char key[WANT_KEY_MAX];
	char words[160] = "";

	if (!want_key(kind, url, link->certificate, issuer, key))
		return false;
	if (question->evidence != NULL &&
	    evidence_paused(question->evidence, key, question->at, words, sizeof(words))) {
		if (words[0] != '\0' && link->status == LINK_UNKNOWN)
			trust_link_why(link, "%s", words);
		if (evidence_came(question->evidence, key, question->wants->since))
			question->wants->came = true;
		return false;
	}
	if (link->ahead &&
	    !evidence_is_time(question->evidence, key, question->at, again_after(link)))
		return true;
	if (wants_add(question->wants, kind, url, link->certificate, issuer))
		question->wants->items[question->wants->count - 1].ahead = link->ahead;
	return true;
}

/* NULL where it is no URL, or holds a NUL. */
static const char *
url_of(const GENERAL_NAME *name)
{
	const ASN1_IA5STRING *text;

	if (name->type != GEN_URI)
		return NULL;
	text = name->d.uniformResourceIdentifier;
	if (strlen((const char *)ASN1_STRING_get0_data(text)) != (size_t)ASN1_STRING_length(text))
		return NULL;
	return (const char *)ASN1_STRING_get0_data(text);
}

static bool
want_answer(struct trust_link *link)
{
	AUTHORITY_INFO_ACCESS *access =
	    X509_get_ext_d2i(link->certificate, NID_info_access, NULL, NULL);
	bool wanted = false;
	int i;

	for (i = 0; !wanted && i < sk_ACCESS_DESCRIPTION_num(access) && i < PLACES_MAX; i++) {
		const ACCESS_DESCRIPTION *place = sk_ACCESS_DESCRIPTION_value(access, i);
		const char *url = url_of(place->location);

		if (url != NULL && OBJ_obj2nid(place->method) == NID_ad_OCSP)
			wanted = want_url(link, WANT_OCSP, url, link->issuer);
	}
	AUTHORITY_INFO_ACCESS_free(access);
	return wanted;
}

/* The names of a point all lead to the same list (RFC 5280 4.2.1.13): http before ldap. */
static bool
want_point(struct trust_link *link, const DIST_POINT *point)
{
	const GENERAL_NAMES *names;
	X509 *issuer = point->CRLissuer == NULL ? link->issuer : NULL;
	bool wanted = false;
	int ldap;
	int i;

	if (point->distpoint == NULL || point->distpoint->type != 0)
		return false;
	names = point->distpoint->name.fullname;
	for (ldap = 0; ldap <= 1; ldap++) {
		for (i = 0; !wanted && i < sk_GENERAL_NAME_num(names) && i < PLACES_MAX; i++) {
			const char *url = url_of(sk_GENERAL_NAME_value(names, i));

			if (url != NULL && (strncasecmp(url, "ldap:", 5) == 0) == (ldap == 1))
				wanted = want_url(link, WANT_CRL, url, issuer);
		}
	}
	return wanted;
}

static bool
want_list(struct trust_link *link)
{
	bool wanted = false;
	int i;

	for (i = 0; i < sk_DIST_POINT_num(link->points) && i < PLACES_MAX; i++)
		wanted |= want_point(link, sk_DIST_POINT_value(link->points, i));
	return wanted;
}

void
trust_status_want_lists(struct trust_link *link)
{
	if (link->question->wants != NULL)
		(void)want_list(link);
	ERR_clear_error();
}

void
trust_status_want(struct trust_link *link)
{
	if (link->question->wants == NULL)
		return;
	if (link->leaf && !want_answer(link))
		(void)want_list(link);
	else if (!link->leaf && !want_list(link))
		(void)want_answer(link);
	ERR_clear_error();
}
