/*
 * Certificate policies (RFC 5280 6.1), of a chain that stands otherwise. OpenSSL computes the policies
 * that hold. But OpenSSL 3.0 loses the memory of policyConstraints where the certificate has no
 * policies, or ones that it can't read: so it isn't shown such chains. They need no computing: below a
 * certificate without policies none holds.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "smime/trust_section.h"

/* Policies of one certificate: real ones have a few, and each is compared with each. */
#define POLICIES_MAX 100

enum listed { LISTED_NONE, LISTED_WELL, LISTED_BADLY };

static enum listed
check_list(const CERTIFICATEPOLICIES *list)
{
	int count = sk_POLICYINFO_num(list);
	int i;
	int k;

	if (count <= 0 || count > POLICIES_MAX)
		return LISTED_BADLY;
	for (i = 0; i < count; i++) {
		for (k = 0; k < i; k++) {
			if (OBJ_cmp(sk_POLICYINFO_value(list, i)->policyid,
				sk_POLICYINFO_value(list, k)->policyid) == 0)
				return LISTED_BADLY;
		}
	}
	return LISTED_WELL;
}

static enum listed
policies_of(X509 *x509)
{
	int critical = 0;
	CERTIFICATEPOLICIES *list =
	    X509_get_ext_d2i(x509, NID_certificate_policies, &critical, NULL);
	enum listed listed = critical == -1 ? LISTED_NONE : LISTED_BADLY;

	if (list != NULL)
		listed = check_list(list);
	CERTIFICATEPOLICIES_free(list);
	return listed;
}

/* After how many certificates more a policy must hold, as the certificate says (4.2.1.11); fewest if
 * it can't be read, most if it says nothing. */
static int
demanded_after(X509 *x509, int most)
{
	int critical = 0;
	POLICY_CONSTRAINTS *constraints =
	    X509_get_ext_d2i(x509, NID_policy_constraints, &critical, NULL);
	int after = critical == -1 ? most : 0;
	int64_t value;

	if (constraints != NULL) {
		after = most;
		if (constraints->requireExplicitPolicy != NULL &&
		    ASN1_INTEGER_get_int64(&value, constraints->requireExplicitPolicy) &&
		    value < most)
			after = value > 0 ? (int)value : 0;
	}
	POLICY_CONSTRAINTS_free(constraints);
	return after;
}

/* explicit_policy of 6.1: whether a policy must hold at the end. It never becomes more. */
static bool
is_demanded(STACK_OF(X509) * chain, bool asked)
{
	int count = sk_X509_num(chain) - 1;
	int left = asked ? 0 : count + 1;
	int i;

	for (i = count - 1; i >= 0; i--) {
		X509 *x509 = sk_X509_value(chain, i);
		int after;

		if (left > 0 && (i == 0 || (X509_get_extension_flags(x509) & EXFLAG_SI) == 0))
			left--;
		after = demanded_after(x509, count + 1);
		/* Of the last one only a demand at once counts (6.1.5 b). */
		if (after < left && (i > 0 || after == 0))
			left = after;
	}
	return left == 0;
}

/* Those that the section asks for, else any (6.1.1 c); borrowed. NULL without memory. */
static STACK_OF(ASN1_OBJECT) * asked_for(const struct trust_section *section)
{
	STACK_OF(ASN1_OBJECT) *policies = sk_ASN1_OBJECT_new_null();
	bool done = policies != NULL;
	size_t i;

	for (i = 0; done && i < section->policy_count; i++)
		done = sk_ASN1_OBJECT_push(policies, section->policies[i]) > 0;
	if (done && section->policy_count == 0)
		done = sk_ASN1_OBJECT_push(policies, OBJ_nid2obj(NID_any_policy)) > 0;
	if (done)
		return policies;
	sk_ASN1_OBJECT_free(policies);
	return NULL;
}

static int
compute(const struct trust_section *section, STACK_OF(X509) * chain)
{
	STACK_OF(ASN1_OBJECT) *policies = asked_for(section);
	X509_POLICY_TREE *tree = NULL;
	int demanded = 0;
	int status;

	if (policies == NULL)
		return X509_V_ERR_OUT_OF_MEM;
	status = X509_policy_check(&tree, &demanded, chain, policies,
	    section->policy_count > 0 ? X509_V_FLAG_EXPLICIT_POLICY : 0);
	X509_policy_tree_free(tree);
	sk_ASN1_OBJECT_free(policies);
	if (status == X509_PCY_TREE_INTERNAL)
		return X509_V_ERR_OUT_OF_MEM;
	if (status == X509_PCY_TREE_INVALID)
		return X509_V_ERR_INVALID_POLICY_EXTENSION;
	return status == X509_PCY_TREE_FAILURE ? X509_V_ERR_NO_EXPLICIT_POLICY : X509_V_OK;
}

int
trust_policies_check(const struct trust_section *section, STACK_OF(X509) * chain, int *depth)
{
	bool everywhere = true;
	int error = X509_V_OK;
	int i;

	/* How an anchor is bound by policies is not in its certificate (6.1.1 d). */
	for (i = sk_X509_num(chain) - 2; i >= 0; i--) {
		enum listed listed = policies_of(sk_X509_value(chain, i));

		*depth = i;
		if (listed == LISTED_BADLY)
			return X509_V_ERR_INVALID_POLICY_EXTENSION;
		everywhere &= listed == LISTED_WELL;
	}
	*depth = 0;
	if (everywhere)
		error = compute(section, chain);
	else if (is_demanded(chain, section->policy_count > 0))
		error = X509_V_ERR_NO_EXPLICIT_POLICY;
	ERR_clear_error();
	return error;
}
