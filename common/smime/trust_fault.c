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

/* Codes that need a purpose, callback, flag or kind of trust that we don't use; those that
 * X509_V_FLAG_X509_STRICT, CRL checking, DANE, Suite B, proxies, host and mail checks, and security
 * levels give. */
static const int impossible[] = {X509_V_ERR_UNABLE_TO_GET_CRL,
    X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE, X509_V_ERR_CRL_SIGNATURE_FAILURE,
    X509_V_ERR_CRL_NOT_YET_VALID, X509_V_ERR_CRL_HAS_EXPIRED,
    X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD, X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD,
    X509_V_ERR_CERT_REVOKED, X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, X509_V_ERR_KEYUSAGE_NO_CRL_SIGN,
    X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION, X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED,
    X509_V_ERR_PROXY_CERTIFICATES_NOT_ALLOWED, X509_V_ERR_APPLICATION_VERIFICATION,
    X509_V_ERR_DIFFERENT_CRL_SCOPE, X509_V_ERR_UNSUPPORTED_EXTENSION_FEATURE,
    X509_V_ERR_PROXY_SUBJECT_NAME_VIOLATION, X509_V_ERR_SUITE_B_INVALID_VERSION,
    X509_V_ERR_SUITE_B_INVALID_ALGORITHM, X509_V_ERR_SUITE_B_INVALID_CURVE,
    X509_V_ERR_SUITE_B_INVALID_SIGNATURE_ALGORITHM, X509_V_ERR_SUITE_B_LOS_NOT_ALLOWED,
    X509_V_ERR_SUITE_B_CANNOT_SIGN_P_384_WITH_P_256, X509_V_ERR_HOSTNAME_MISMATCH,
    X509_V_ERR_EMAIL_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH, X509_V_ERR_DANE_NO_MATCH,
    X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL, X509_V_ERR_CA_MD_TOO_WEAK,
    X509_V_ERR_CRL_PATH_VALIDATION_ERROR, X509_V_ERR_NO_VALID_SCTS, X509_V_ERR_OCSP_VERIFY_NEEDED,
    X509_V_ERR_OCSP_VERIFY_FAILED, X509_V_ERR_OCSP_CERT_UNKNOWN,
    X509_V_ERR_PATHLEN_INVALID_FOR_NON_CA, X509_V_ERR_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN,
    X509_V_ERR_KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA, X509_V_ERR_ISSUER_NAME_EMPTY,
    X509_V_ERR_SUBJECT_NAME_EMPTY, X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER,
    X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER, X509_V_ERR_EMPTY_SUBJECT_ALT_NAME,
    X509_V_ERR_EMPTY_SUBJECT_SAN_NOT_CRITICAL, X509_V_ERR_CA_BCONS_NOT_CRITICAL,
    X509_V_ERR_AUTHORITY_KEY_IDENTIFIER_CRITICAL, X509_V_ERR_SUBJECT_KEY_IDENTIFIER_CRITICAL,
    X509_V_ERR_CA_CERT_MISSING_KEY_USAGE, X509_V_ERR_EXTENSIONS_REQUIRE_VERSION_3};

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

bool
trust_explain_knows(int error)
{
	size_t i;

	/* Memory is no fault of the chain: it is told apart before. */
	if (error == X509_V_ERR_OUT_OF_MEM || trust_fault_of(error) != TRUST_FAULT_LINK ||
	    trust_fault_words(error) != NULL)
		return true;
	for (i = 0; i < ARRAY_LENGTH(impossible); i++) {
		if (impossible[i] == error)
			return true;
	}
	return false;
}
