/* Who signed a list, as far as is known, and which lists follow one another by it. */
#include <string.h>

#include "smime/crl_private.h"

/* What is known of the key; false: nothing. */
static bool
recall(struct crl *crl, const unsigned char *hash, bool *signed_by)
{
	bool known = false;
	size_t i;

	pthread_mutex_lock(&crl->mutex);
	for (i = 0; !known && i < crl->key_count; i++) {
		known = memcmp(crl->keys[i].key, hash, SIGNATURE_KEY_SIZE) == 0;
		if (known)
			*signed_by = crl->keys[i].signed_by;
	}
	pthread_mutex_unlock(&crl->mutex);
	return known;
}

/* Of too many keys the last makes room; two threads may have found the same. */
static void
remember(struct crl *crl, const unsigned char *hash, bool signed_by)
{
	struct crl_key *place;

	pthread_mutex_lock(&crl->mutex);
	if (crl->key_count < CRL_KEYS_MAX)
		crl->key_count++;
	place = &crl->keys[crl->key_count - 1];
	memcpy(place->key, hash, SIGNATURE_KEY_SIZE);
	place->signed_by = signed_by;
	pthread_mutex_unlock(&crl->mutex);
}

static bool
is_signed_by(struct crl *crl, const unsigned char *hash, EVP_PKEY *key)
{
	const ASN1_BIT_STRING *signature = NULL;
	const X509_ALGOR *algorithm = NULL;
	bool signed_by = false;

	if (recall(crl, hash, &signed_by))
		return signed_by;
	X509_CRL_get0_signature(crl->frame, &signature, &algorithm);
	signed_by = signature_is_of(crl->tbs, crl->tbs_size, algorithm, signature, key);
	remember(crl, hash, signed_by);
	return signed_by;
}

bool
crl_is_signed_by(struct crl *crl, X509 *signer)
{
	unsigned char hash[SIGNATURE_KEY_SIZE];

	return signature_key_of(signer, hash) && is_signed_by(crl, hash, X509_get0_pubkey(signer));
}

/* A reference to the key; NULL. */
static EVP_PKEY *
voucher_of(struct crl *crl, unsigned char *hash, enum crl_standing *standing)
{
	EVP_PKEY *key;

	pthread_mutex_lock(&crl->mutex);
	key = crl->voucher;
	*standing = crl->standing;
	memcpy(hash, crl->voucher_hash, SIGNATURE_KEY_SIZE);
	if (key != NULL)
		EVP_PKEY_up_ref(key);
	pthread_mutex_unlock(&crl->mutex);
	return key;
}

static void
vouch(struct crl *crl, const unsigned char *hash, EVP_PKEY *key, enum crl_standing standing)
{
	pthread_mutex_lock(&crl->mutex);
	if (key != NULL && (crl->voucher == NULL || standing > crl->standing)) {
		EVP_PKEY_up_ref(key);
		EVP_PKEY_free(crl->voucher);
		crl->voucher = key;
		memcpy(crl->voucher_hash, hash, SIGNATURE_KEY_SIZE);
	}
	if (standing > crl->standing)
		crl->standing = standing;
	pthread_mutex_unlock(&crl->mutex);
}

void
crl_vouch(struct crl *crl, X509 *signer, enum crl_standing standing)
{
	unsigned char hash[SIGNATURE_KEY_SIZE];

	if (signature_key_of(signer, hash))
		vouch(crl, hash, X509_get0_pubkey(signer), standing);
}

void
crl_raise(struct crl *crl, enum crl_standing standing)
{
	vouch(crl, NULL, NULL, standing);
}

enum crl_standing
crl_standing(struct crl *crl)
{
	enum crl_standing standing;

	pthread_mutex_lock(&crl->mutex);
	standing = crl->standing;
	pthread_mutex_unlock(&crl->mutex);
	return standing;
}

bool
crl_is_vouched_by(struct crl *crl, X509 *signer)
{
	unsigned char own[SIGNATURE_KEY_SIZE];
	unsigned char hash[SIGNATURE_KEY_SIZE];
	enum crl_standing standing;
	EVP_PKEY *key = voucher_of(crl, hash, &standing);
	bool is =
	    key != NULL && signature_key_of(signer, own) && memcmp(own, hash, sizeof(own)) == 0;

	EVP_PKEY_free(key);
	return is;
}

bool
crl_is_alike(const struct crl *crl, const struct crl *other)
{
	return X509_NAME_cmp(crl_issuer(crl), crl_issuer(other)) == 0 &&
	       crl_is_delta(crl) == crl_is_delta(other) && crl_same_scope(crl, other);
}

bool
crl_succeeds(struct crl *crl, struct crl *other)
{
	unsigned char hash[SIGNATURE_KEY_SIZE];
	enum crl_standing standing;
	const char *digest;
	EVP_PKEY *key;
	bool follows;

	if (!crl_is_alike(crl, other) || crl_strength(crl, &digest) < crl_strength(other, &digest))
		return false;
	key = voucher_of(other, hash, &standing);
	follows = key != NULL && is_signed_by(crl, hash, key);
	if (follows)
		vouch(crl, hash, key, standing);
	EVP_PKEY_free(key);
	return follows;
}

bool
crl_is_older(const struct crl *crl, const struct crl *than)
{
	if (crl->this_update != than->this_update)
		return crl->this_update < than->this_update;
	return crl->number != NULL && than->number != NULL &&
	       ASN1_INTEGER_cmp(crl->number, than->number) < 0;
}

bool
crl_is_same(const struct crl *crl, const struct crl *other)
{
	return crl->size == other->size && memcmp(crl->der, other->der, crl->size) == 0;
}
