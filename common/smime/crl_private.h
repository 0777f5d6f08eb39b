/* What a list is made of: for the files crl*.c alone. */
#ifndef SMIME_SMIME_CRL_PRIVATE_H
#define SMIME_SMIME_CRL_PRIVATE_H

#include <pthread.h>
#include <stdint.h>

#include "smime/crl.h"
#include "smime/signature.h"

/* Keys remembered: an issuer's, and those of others of its name. */
#define CRL_KEYS_MAX 4

/* From this place in the list on entries are of that issuer (RFC 5280 5.3.3). */
struct crl_run {
	uint32_t place;
	X509_NAME *issuer;
};

struct crl_key {
	unsigned char key[SIGNATURE_KEY_SIZE];
	bool signed_by;
};

struct crl {
	unsigned char *der;
	size_t size;
	const unsigned char *tbs; /* within der */
	size_t tbs_size;
	X509_CRL *frame; /* the list without its entries */
	ISSUING_DIST_POINT *scope;
	ASN1_INTEGER *number;
	ASN1_INTEGER *base; /* of a delta */
	time_t this_update;
	time_t next_update;
	uint64_t *entries; /* sorted: 32 bits of a serial's hash, then the entry's place in der */
	size_t count;
	struct crl_run *runs;
	size_t run_count;
	const char *unusable;
	int references;
	pthread_mutex_t mutex; /* for what follows */
	enum crl_standing standing;
	struct crl_key keys[CRL_KEYS_MAX];
	size_t key_count;
	EVP_PKEY *voucher; /* the key of crl_vouch(); NULL: none yet */
	unsigned char voucher_hash[SIGNATURE_KEY_SIZE];
};

/* One value of DER. */
struct crl_piece {
	const unsigned char *start;
	size_t size; /* with its header */
	const unsigned char *contents;
	size_t length;
	int tag;
	bool universal;
};

/* Takes the next value before end; false where there is none, or none with a definite length. */
bool crl_take(const unsigned char **next, const unsigned char *end, struct crl_piece *piece);

/* Takes the next value if it is a universal one of that tag (V_ASN1_...). */
bool crl_take_tag(
    const unsigned char **next, const unsigned char *end, int tag, struct crl_piece *piece);

/* Whether two speak of the same certificates. */
bool crl_same_scope(const struct crl *left, const struct crl *right);

/* A serial number without octets that say nothing. */
void crl_serial_trim(const unsigned char **bytes, size_t *size);
uint32_t crl_serial_hash(const unsigned char *bytes, size_t size);

/* Reads the table of entries from the contents of revokedCertificates. */
MUST_CHECK int crl_read_entries(struct crl *crl, const struct crl_piece *list, struct error *err);

#endif
