/* OpenSSL's errors of verification, one by one: which kind of fault, and in what words. */
#include <openssl/x509_vfy.h>

#include "smime/trust_section.h"

static const struct {
	int error;
	const char *words;
} links[] = {
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, "is not signed by the key of its issuer"},
    {X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, "is not signed by the key of its issuer"},
    {X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, "has an issuer whose key can't be read"},
    {X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM, "is signed with an unsupported algorithm"},
    {X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH,
	"has a signature of another kind than its issuer's key"},
    {X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY, "is signed with another algorithm than it says"},
    {X509_V_ERR_INVALID_CA, "may not issue certificates"},
    {X509_V_ERR_INVALID_NON_CA, "is a CA's where none may be"},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, "does not allow so long a chain"},
    {X509_V_ERR_CERT_CHAIN_TOO_LONG, "is the last of a chain that is too long"},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, "may not sign certificates by its key usage"},
    {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, "has a critical extension that is not known"},
    {X509_V_ERR_INVALID_EXTENSION, "has an extension that can't be read"},
    {X509_V_ERR_PERMITTED_VIOLATION, "has a name that a CA above it may not certify"},
    {X509_V_ERR_EXCLUDED_VIOLATION, "has a name that a CA above it may not certify"},
    {X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD, "has a beginning of validity that can't be read"},
    {X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, "has an end of validity that can't be read"},
    {X509_V_ERR_INVALID_PURPOSE, "may not be used for this by its extensions"},
    {X509_V_ERR_SUBJECT_ISSUER_MISMATCH, "names another issuer than the one above it"},
    {X509_V_ERR_AKID_SKID_MISMATCH, "names another key of its issuer (authorityKeyIdentifier)"},
    {X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH,
	"names another certificate of its issuer (authorityKeyIdentifier)"},
    {X509_V_ERR_SUBTREE_MINMAX, "has name constraints with distances, which nobody supports"},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE,
	"is below name constraints of a kind that is not supported"},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, "is below name constraints that can't be read"},
    {X509_V_ERR_UNSUPPORTED_NAME_SYNTAX,
	"has a name that can't be compared with the name constraints above it"},
    {X509_V_ERR_INVALID_POLICY_EXTENSION, "has certificate policies that can't be read"},
    {X509_V_ERR_NO_EXPLICIT_POLICY,
	"is not under a certificate policy that the section (policies) or a CA above it asks for"},
    {X509_V_ERR_UNNESTED_RESOURCE, "has address resources that a CA above it has not"},
    {X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, "has an elliptic curve key on a curve without a name"},
    {X509_V_ERR_NO_ISSUER_PUBLIC_KEY, "has an issuer whose key can't be read"},
    {X509_V_ERR_UNSPECIFIED, "does not verify, and OpenSSL does not say why"},
    {X509_V_ERR_INVALID_CALL, "does not verify, and OpenSSL does not say why"},
    {X509_V_ERR_STORE_LOOKUP, "has an issuer that could not be looked up"},
    {X509_V_ERR_PATH_LOOP, "is part of a chain that leads back to itself"},
    {X509_V_ERR_KEYUSAGE_NO_DIGITAL_SIGNATURE, "may not sign by its key usage"},
};

enum trust_fault
trust_fault_of(int error)
{
	switch (error) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_UNTRUSTED:
	case X509_V_ERR_CERT_REJECTED:
		return TRUST_FAULT_END;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return TRUST_FAULT_EXPIRED;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return TRUST_FAULT_NOT_YET_VALID;
	default:
		return TRUST_FAULT_LINK;
	}
}

const char *
trust_fault_words(int error)
{
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(links); i++) {
		if (links[i].error == error)
			return links[i].words;
	}
	return NULL;
}
