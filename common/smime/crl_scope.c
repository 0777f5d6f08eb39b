/* Which certificates a list speaks of (RFC 5280 5.2.5 and 6.3.3 b). */
#include <openssl/err.h>

#include "smime/crl_private.h"

/* Bits of ReasonFlags: 1, keyCompromise, to 8, aACompromise. */
#define REASON_FIRST 1
#define REASON_LAST 8

static unsigned int
reason_bits(const ASN1_BIT_STRING *reasons)
{
	unsigned int bits = 0;
	int i;

	if (reasons == NULL)
		return CRL_ALL_REASONS;
	for (i = REASON_FIRST; i <= REASON_LAST; i++)
		bits |= ASN1_BIT_STRING_get_bit(reasons, i) ? 1U << i : 0;
	return bits;
}

static bool
names_name(const GENERAL_NAMES *names, const X509_NAME *name)
{
	int i;

	for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *one = sk_GENERAL_NAME_value(names, i);

		if (one->type == GEN_DIRNAME && X509_NAME_cmp(one->d.directoryName, name) == 0)
			return true;
	}
	return false;
}

static bool
names_meet(const GENERAL_NAMES *left, const GENERAL_NAMES *right)
{
	int i;
	int k;

	for (i = 0; i < sk_GENERAL_NAME_num(left); i++) {
		for (k = 0; k < sk_GENERAL_NAME_num(right); k++) {
			if (GENERAL_NAME_cmp(sk_GENERAL_NAME_value(left, i),
				sk_GENERAL_NAME_value(right, k)) == 0)
				return true;
		}
	}
	return false;
}

/* A name in full, or relative to an issuer, which was made whole. */
static bool
points_meet(const DIST_POINT_NAME *left, const DIST_POINT_NAME *right)
{
	if (left->type == 1 && left->dpname == NULL)
		return false;
	if (right->type == 1 && right->dpname == NULL)
		return false;
	if (left->type == 1 && right->type == 1)
		return X509_NAME_cmp(left->dpname, right->dpname) == 0;
	if (left->type == 1)
		return names_name(right->name.fullname, left->dpname);
	if (right->type == 1)
		return names_name(left->name.fullname, right->dpname);
	return names_meet(left->name.fullname, right->name.fullname);
}

/* Whether the certificate's point is one of this list. */
static bool
point_is_of(const struct crl *crl, const DIST_POINT *point, bool own)
{
	const DIST_POINT_NAME *name = crl->scope->distpoint;

	if (point->CRLissuer != NULL ? !names_name(point->CRLissuer, crl_issuer(crl)) : !own)
		return false;
	if (name == NULL)
		return true;
	if (point->distpoint != NULL)
		return points_meet(name, point->distpoint);
	return point->CRLissuer != NULL && name->type == 0 &&
	       names_meet(name->name.fullname, point->CRLissuer);
}

static bool
is_kind(const ISSUING_DIST_POINT *scope, X509 *certificate)
{
	/* By basicConstraints alone (RFC 5280 6.3.3 b 2 ii). */
	bool ca = X509_check_ca(certificate) == 1;

	return scope->onlyattr <= 0 && !(scope->onlyuser > 0 && ca) && !(scope->onlyCA > 0 && !ca);
}

unsigned int
crl_reasons_for(const struct crl *crl, X509 *certificate, CRL_DIST_POINTS *points, const char **why)
{
	bool own = X509_NAME_cmp(crl_issuer(crl), X509_get_issuer_name(certificate)) == 0;
	unsigned int reasons = 0;
	int i;

	*why = "it is another issuer's";
	if (!own && !crl_is_indirect(crl))
		return 0;
	if (crl->scope == NULL)
		return CRL_ALL_REASONS;
	*why = "it is for another kind of certificates";
	if (!is_kind(crl->scope, certificate))
		return 0;
	*why = "it is for another distribution point";
	for (i = 0; i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT *point = sk_DIST_POINT_value(points, i);

		if (point_is_of(crl, point, own))
			reasons |= reason_bits(point->reasons);
	}
	/* Without a point of its own a list speaks of all that its issuer made. */
	if (own && crl->scope->distpoint == NULL)
		reasons = CRL_ALL_REASONS;
	return reasons & reason_bits(crl->scope->onlysomereasons);
}

static const X509_NAME *
base_name(const DIST_POINT *point, X509 *certificate)
{
	const GENERAL_NAME *name;

	if (point->CRLissuer != NULL && sk_GENERAL_NAME_num(point->CRLissuer) > 0) {
		name = sk_GENERAL_NAME_value(point->CRLissuer, 0);
		if (name->type == GEN_DIRNAME)
			return name->d.directoryName;
	}
	return X509_get_issuer_name(certificate);
}

CRL_DIST_POINTS *
crl_points(X509 *certificate)
{
	CRL_DIST_POINTS *points =
	    X509_get_ext_d2i(certificate, NID_crl_distribution_points, NULL, NULL);
	int i;

	for (i = 0; i < sk_DIST_POINT_num(points); i++) {
		DIST_POINT *point = sk_DIST_POINT_value(points, i);

		if (point->distpoint != NULL)
			(void)DIST_POINT_set_dpname(
			    point->distpoint, base_name(point, certificate));
	}
	ERR_clear_error();
	return points;
}
