/* Who signed an answer, and whether he may (RFC 6960 4.2.2.2). */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smime/certificate.h"
#include "smime/ocsp_private.h"

/* The issuer alone is trusted here, as it is: that its own chain stands is the caller's to know. So
 * a responder is the issuer, or one whom it certified itself. */
static X509_STORE *
store_of(X509 *issuer, time_t at)
{
	X509_STORE *store = X509_STORE_new();
	X509_VERIFY_PARAM *parameters;

	if (store == NULL || !X509_STORE_add_cert(store, issuer)) {
		X509_STORE_free(store);
		return NULL;
	}
	parameters = X509_STORE_get0_param(store);
	X509_VERIFY_PARAM_set_flags(
	    parameters, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
	X509_VERIFY_PARAM_set_time(parameters, at);
	X509_VERIFY_PARAM_set_auth_level(parameters, 0);
	return store;
}

static void
weaken(struct ocsp_answer *answer, const X509_ALGOR *algorithm)
{
	const char *name;
	int strength = signature_strength(algorithm, &name);

	if (strength < answer->strength) {
		answer->strength = strength;
		answer->digest = name;
	}
}

/* Takes down who signed, how strongly, and how long his certificate lasts. */
static int
note_signer(struct ocsp_answer *answer, X509 *signer, X509 *issuer, struct error *err)
{
	const X509_ALGOR *algorithm = NULL;
	bool delegated = X509_cmp(signer, issuer) != 0;
	char *name = certificate_name_text(X509_get_subject_name(signer));

	if (name == NULL)
		return error_no_memory(err);
	snprintf(answer->responder, sizeof(answer->responder), "%.150s", name);
	free(name);
	answer->delegate = delegated ? signer : NULL;
	answer->strength = 1000;
	answer->digest = "";
	weaken(answer, OCSP_resp_get0_tbs_sigalg(answer->basic));
	if (delegated) {
		X509_get0_signature(NULL, &algorithm, signer);
		weaken(answer, algorithm);
	}
	if (!certificate_read_time(X509_get0_notBefore(signer), &answer->from) ||
	    !certificate_read_time(X509_get0_notAfter(signer), &answer->until))
		return error_set(
		    err, ERROR_INPUT, "the dates of its signer's certificate can't be read");
	return 0;
}

static const char *
why(void)
{
	switch (ERR_GET_REASON(ERR_peek_last_error())) {
	case OCSP_R_SIGNER_CERTIFICATE_NOT_FOUND:
		return "its signer's certificate is not in it";
	case OCSP_R_SIGNATURE_FAILURE:
		return "its signature is not that of its signer";
	case OCSP_R_MISSING_OCSPSIGNING_USAGE:
		return "its signer is not certified for OCSP";
	case OCSP_R_CERTIFICATE_VERIFY_ERROR:
		return "its signer was not certified by the certificate's issuer";
	default:
		return "its signer may not answer for the certificate's issuer";
	}
}

/* Whether the signer is the issuer, or certified by it for this and now. */
static int
verify(struct ocsp_answer *answer, X509 *issuer, time_t at, struct error *err)
{
	X509_STORE *store = store_of(issuer, at);
	STACK_OF(X509) *own = sk_X509_new_null();
	X509 *signer = NULL;
	int status = -1;

	ERR_clear_error();
	if (store == NULL || own == NULL || !sk_X509_push(own, issuer)) {
		error_no_memory(err);
		goto out;
	}
	if (OCSP_basic_verify(answer->basic, own, store, 0) != 1 ||
	    OCSP_resp_get0_signer(answer->basic, &signer, own) != 1) {
		error_set(err, ERROR_INPUT, "%s", why());
		goto out;
	}
	status = note_signer(answer, signer, issuer, err);
out:
	sk_X509_free(own);
	X509_STORE_free(store);
	return status;
}

int
ocsp_verify(struct ocsp_answer *answer, X509 *issuer, time_t at, struct error *err)
{
	unsigned char key[SIGNATURE_KEY_SIZE];

	if (!signature_key_of(issuer, key))
		return error_set(err, ERROR_INPUT, "the issuer's key can't be read");
	if (answer->verified && memcmp(answer->key, key, sizeof(key)) == 0)
		return 0;
	answer->verified = false;
	if (verify(answer, issuer, at, err) != 0)
		return -1;
	memcpy(answer->key, key, sizeof(key));
	answer->verified = true;
	return 0;
}
