/*
 * One value of userSMIMECertificate (RFC 2798 2.8): a SignedData that the user made, or the older
 * form, a list of records. Reading it takes no word for it: only blob_verify(), called once the
 * signer has been judged, lets its capabilities and its preference count. Belongs to one thread.
 */
#ifndef SMIME_SMIME_BLOB_H
#define SMIME_SMIME_BLOB_H

#include <openssl/cms.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/compiler.h"
#include "base/error.h"
#include "smime/capabilities.h"

/* Room for a full set of certificates, with photographs and logos in some. */
#define BLOB_SIZE_MAX ((size_t)1 << 20)

/* A user's own certificates and the chains above them: the largest seen hold 8. */
#define BLOB_CERTIFICATES_MAX 30

/* Records of the older form. */
#define BLOB_RECORDS_MAX 64

/* How far a clock may go fast: a signing time beyond is a lie that would win for ever. */
#define BLOB_FUTURE_MAX ((time_t)24 * 60 * 60)

enum blob_form {
	BLOB_SIGNED_DATA,
	BLOB_RECORDS,
};

struct blob {
	enum blob_form form;
	STACK_OF(X509) * certificates; /* all of them, extensions cached; never empty */
	X509 *signer;    /* borrowed from certificates; NULL: not there, several, or BLOB_RECORDS */
	X509 *preferred; /* borrowed; named by the encryption preference, or the record for key
			    exchange; NULL: none. Counts only if verified. */
	CMS_ContentInfo *cms;             /* BLOB_SIGNED_DATA; else NULL */
	bool verified;                    /* by blob_verify() */
	time_t signing_time;              /* 0 unless verified and told */
	struct capabilities capabilities; /* NONE unless verified */
	char note[160];                   /* why the signature does not count; "" */
};

/* Reads a value. ERROR_INPUT or ERROR_LIMIT where it can't be used at all; NULL then. */
struct blob *blob_read(const unsigned char *value, size_t size, struct error *err);
void blob_free(struct blob *blob);

/*
 * Verifies the signature over the content that is there (or none), and reads signing time,
 * capabilities and preference. Only for a blob whose signer has been judged (a stranger's key is
 * never computed with): verified is set if all holds, else note.
 */
void blob_verify(struct blob *blob, time_t at);

/* Sets the note (printf). */
void blob_set_note(struct blob *blob, const char *format, ...) PRINTF_LIKE(2, 3);

/*
 * The certificates of the blob that may be digital IDs, borrowed (sk_X509_free()), best first, at
 * least one: the preferred one (if the blob is verified), then end entities that may encrypt and
 * have the signer's subject; where there is neither, all end entities that may encrypt; where there
 * is none, the signer's own or else the first. NULL without memory.
 */
STACK_OF(X509) * blob_candidates(const struct blob *blob);

#endif
