/* What an OCSP answer is made of: for the files ocsp*.c alone. */
#ifndef SMIME_SMIME_OCSP_PRIVATE_H
#define SMIME_SMIME_OCSP_PRIVATE_H

#include <openssl/ocsp.h>
#include <pthread.h>

#include "smime/ocsp.h"
#include "smime/signature.h"

struct ocsp_answer {
	unsigned char *bytes;
	size_t size;
	OCSP_BASICRESP *basic;
	int references;
	pthread_mutex_t mutex; /* for OpenSSL's reading of basic, and what follows */
	bool verified;
	unsigned char key[SIGNATURE_KEY_SIZE]; /* the issuer's, by whom it was verified */
	int strength;                          /* of the weakest digest */
	const char *digest;                    /* its name */
	time_t from;                           /* the signer's certificate holds from then */
	time_t until;
	char responder[160];
	X509 *delegate; /* within basic; NULL: the issuer itself signed */
};

/* With the mutex held: verifies the signature for an issuer, or recalls that it was. */
MUST_CHECK int ocsp_verify(struct ocsp_answer *answer, X509 *issuer, time_t at, struct error *err);

#endif
