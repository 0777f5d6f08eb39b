#include "smime/ocsp.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "smime/certificate.h"
#include "smime/ocsp_private.h"

/* The CertID by SHA-1; NULL without memory. */
static OCSP_CERTID *
certificate_id(X509 *certificate, X509 *issuer)
{
	return OCSP_cert_to_id(EVP_sha1(), certificate, issuer);
}

int
ocsp_id(X509 *certificate, X509 *issuer, char id[OCSP_ID_SIZE], struct error *err)
{
	OCSP_CERTID *own = certificate_id(certificate, issuer);
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned char *der = NULL;
	int size = own != NULL ? i2d_OCSP_CERTID(own, &der) : 0;
	unsigned int length = 0;
	int status = -1;

	if (size > 0 && EVP_Digest(der, (size_t)size, hash, &length, EVP_sha256(), NULL) == 1 &&
	    length * 2 < OCSP_ID_SIZE) {
		hex_lower(hash, length, id);
		status = 0;
	}
	OPENSSL_free(der);
	OCSP_CERTID_free(own);
	return status == 0 ? 0 : error_no_memory(err);
}

int
ocsp_request(
    X509 *certificate, X509 *issuer, unsigned char **bytes, size_t *size, struct error *err)
{
	OCSP_REQUEST *request = OCSP_REQUEST_new();
	OCSP_CERTID *id = certificate_id(certificate, issuer);
	int length = 0;

	*bytes = NULL;
	if (request != NULL && id != NULL && OCSP_request_add0_id(request, id) != NULL) {
		id = NULL; /* the request's now */
		if (OCSP_request_add1_nonce(request, NULL, -1) == 1)
			length = i2d_OCSP_REQUEST(request, bytes);
	}
	OCSP_CERTID_free(id);
	OCSP_REQUEST_free(request);
	ERR_clear_error();
	*size = length > 0 ? (size_t)length : 0;
	return length > 0 ? 0 : error_no_memory(err);
}

static int
check_response(OCSP_RESPONSE *response, struct error *err)
{
	int status = OCSP_response_status(response);

	switch (status) {
	case OCSP_RESPONSE_STATUS_SUCCESSFUL:
		return 0;
	case OCSP_RESPONSE_STATUS_TRYLATER:
	case OCSP_RESPONSE_STATUS_INTERNALERROR:
		return error_set(err, ERROR_TEMPORARY, "the responder says \"%s\"",
		    OCSP_response_status_str(status));
	default:
		return error_set(err, ERROR_PERMANENT, "the responder says \"%s\"",
		    OCSP_response_status_str(status));
	}
}

/* A nonce that isn't ours means an answer to someone else's question. */
static int
check_nonce(OCSP_BASICRESP *basic, const unsigned char *bytes, size_t size, struct error *err)
{
	OCSP_REQUEST *request = d2i_OCSP_REQUEST(NULL, &bytes, (long)size);
	int outcome;

	if (request == NULL)
		return error_set(err, ERROR_INTERNAL, "the request can't be read again");
	outcome = OCSP_check_nonce(request, basic);
	OCSP_REQUEST_free(request);
	/* 0: another one. 3: one that was not asked for, by a request without. */
	if (outcome == 0)
		return error_set(
		    err, ERROR_INPUT, "it answers another request (the nonce differs)");
	return 0;
}

static int
parse(struct ocsp_answer *answer, const unsigned char *request, size_t request_size,
    struct error *err)
{
	const unsigned char *next = answer->bytes;
	OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &next, (long)answer->size);
	int status = -1;

	if (response == NULL || next != answer->bytes + answer->size) {
		error_set(err, ERROR_INPUT, "it is no OCSP answer");
		goto out;
	}
	if (check_response(response, err) != 0)
		goto out;
	answer->basic = OCSP_response_get1_basic(response);
	if (answer->basic == NULL) {
		error_set(err, ERROR_INPUT, "it is an OCSP answer of an unknown kind");
		goto out;
	}
	status = request != NULL ? check_nonce(answer->basic, request, request_size, err) : 0;
out:
	OCSP_RESPONSE_free(response);
	return status;
}

struct ocsp_answer *
ocsp_read(const unsigned char *bytes, size_t size, const unsigned char *request,
    size_t request_size, struct error *err)
{
	struct ocsp_answer *answer;

	if (size > OCSP_SIZE_MAX) {
		error_set(err, ERROR_LIMIT, "the OCSP answer has %zu bytes, %zu are the most", size,
		    OCSP_SIZE_MAX);
		return NULL;
	}
	answer = calloc(1, sizeof(*answer));
	if (answer == NULL || pthread_mutex_init(&answer->mutex, NULL) != 0) {
		free(answer);
		error_no_memory(err);
		return NULL;
	}
	answer->references = 1;
	answer->bytes = malloc(size + 1);
	if (answer->bytes == NULL) {
		error_no_memory(err);
		goto fail;
	}
	memcpy(answer->bytes, bytes, size);
	answer->size = size;
	if (parse(answer, request, request_size, err) != 0)
		goto fail;
	ERR_clear_error();
	return answer;
fail:
	ERR_clear_error();
	ocsp_unref(answer);
	return NULL;
}

struct ocsp_answer *
ocsp_ref(struct ocsp_answer *answer)
{
	__atomic_add_fetch(&answer->references, 1, __ATOMIC_RELAXED);
	return answer;
}

void
ocsp_unref(struct ocsp_answer *answer)
{
	if (answer == NULL || __atomic_sub_fetch(&answer->references, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	OCSP_BASICRESP_free(answer->basic);
	pthread_mutex_destroy(&answer->mutex);
	free(answer->bytes);
	free(answer);
}

const unsigned char *
ocsp_bytes(const struct ocsp_answer *answer, size_t *size)
{
	*size = answer->size;
	return answer->bytes;
}

/* What it says of the certificate, whoever says it. */
static int
find_status(struct ocsp_answer *answer, X509 *certificate, X509 *issuer, struct ocsp_says *says,
    struct error *err)
{
	OCSP_CERTID *id = certificate_id(certificate, issuer);
	ASN1_GENERALIZEDTIME *revoked = NULL;
	ASN1_GENERALIZEDTIME *from = NULL;
	ASN1_GENERALIZEDTIME *until = NULL;
	int status = -1;
	int found;

	if (id == NULL)
		return error_no_memory(err);
	found = OCSP_resp_find_status(
	    answer->basic, id, &status, &says->reason, &revoked, &from, &until);
	OCSP_CERTID_free(id);
	if (found != 1)
		return error_set(err, ERROR_INPUT, "it says nothing of this certificate");
	says->status = status == V_OCSP_CERTSTATUS_GOOD      ? STATUS_GOOD
		       : status == V_OCSP_CERTSTATUS_REVOKED ? STATUS_REVOKED
							     : STATUS_UNKNOWN;
	says->revoked_at = 0;
	if (revoked != NULL)
		(void)certificate_read_time(revoked, &says->revoked_at);
	if (from == NULL || !certificate_read_time(from, &says->this_update))
		return error_set(err, ERROR_INPUT, "its date can't be read");
	says->until = says->this_update + OCSP_LIFE;
	if (until != NULL && !certificate_read_time(until, &says->until))
		return error_set(err, ERROR_INPUT, "the date of its next update can't be read");
	return 0;
}

static int
check_dates(
    const struct ocsp_answer *answer, const struct ocsp_says *says, time_t at, struct error *err)
{
	const ASN1_GENERALIZEDTIME *produced = OCSP_resp_get0_produced_at(answer->basic);
	char date[CLOCK_TEXT_SIZE];
	time_t made;

	if (!certificate_read_time(produced, &made) || made > at + OCSP_SKEW ||
	    says->this_update > at + OCSP_SKEW)
		return error_set(err, ERROR_INPUT, "it is dated in the future");
	if (answer->from > at + OCSP_SKEW)
		return error_set(err, ERROR_INPUT, "its signer's certificate is not valid yet");
	if (says->until + OCSP_SKEW <= at)
		return error_set(
		    err, ERROR_LIMIT, "it expired on %s", clock_format_rfc3339(says->until, date));
	return 0;
}

int
ocsp_check(struct ocsp_answer *answer, X509 *certificate, X509 *issuer, time_t at, int strength,
    struct ocsp_says *says, struct error *err)
{
	int status = -1;

	memset(says, 0, sizeof(*says));
	pthread_mutex_lock(&answer->mutex);
	if (find_status(answer, certificate, issuer, says, err) != 0 ||
	    ocsp_verify(answer, issuer, at, err) != 0)
		goto out;
	if (answer->strength < strength) {
		error_set(err, ERROR_INPUT, "it is signed with %s", answer->digest);
		goto out;
	}
	if (answer->until < says->until)
		says->until = answer->until;
	memcpy(says->responder, answer->responder, sizeof(says->responder));
	says->delegate = answer->delegate;
	says->no_check = answer->delegate != NULL &&
			 X509_get_ext_by_NID(answer->delegate, NID_id_pkix_OCSP_noCheck, -1) >= 0;
	status = check_dates(answer, says, at, err);
out:
	pthread_mutex_unlock(&answer->mutex);
	ERR_clear_error();
	return status;
}
