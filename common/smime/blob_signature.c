/*
 * The signature of a blob, and what it makes count: RFC 8551 2.5 (attributes), RFC 5652 5.4 and 5.6
 * (verification).
 */
#include <openssl/asn1t.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "smime/blob.h"
#include "smime/certificate.h"

/* Microsoft's own preference: a bare IssuerAndSerialNumber. */
#define MICROSOFT_PREFERENCE "1.3.6.1.4.1.311.16.4"

/* SHA-1 is allowed here, and only here: the vendor's own blobs are signed with it, and a second
 * preimage is what a forger would need. */
static bool
digest_counts(const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *object;

	X509_ALGOR_get0(&object, NULL, NULL, algorithm);
	switch (OBJ_obj2nid(object)) {
	case NID_sha1:
	case NID_sha224:
	case NID_sha256:
	case NID_sha384:
	case NID_sha512:
	case NID_sha3_256:
	case NID_sha3_384:
	case NID_sha3_512:
		return true;
	default:
		return false;
	}
}

static bool
algorithms_count(CMS_SignerInfo *signer)
{
	X509_ALGOR *digest = NULL;
	X509_ALGOR *signature = NULL;
	const ASN1_OBJECT *object;
	int nid = NID_undef;
	X509_ALGOR named;

	CMS_SignerInfo_get0_algs(signer, NULL, NULL, &digest, &signature);
	if (digest == NULL || signature == NULL || !digest_counts(digest))
		return false;
	X509_ALGOR_get0(&object, NULL, NULL, signature);
	if (!OBJ_find_sigid_algs(OBJ_obj2nid(object), &nid, NULL) || nid == NID_undef)
		return true; /* names no digest of its own: rsaEncryption, RSASSA-PSS */
	memset(&named, 0, sizeof(named));
	named.algorithm = OBJ_nid2obj(nid);
	return digest_counts(&named);
}

/* The value of the one attribute of this kind: 1. None: 0. Several attributes, or not exactly one
 * value in it: -1. */
static int
one_value(CMS_SignerInfo *signer, const char *oid, ASN1_TYPE **value)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	X509_ATTRIBUTE *attribute;
	int found = -1;
	int at;

	if (object == NULL)
		return -1;
	at = CMS_signed_get_attr_by_OBJ(signer, object, -1);
	if (at < 0) {
		found = 0;
	} else if (CMS_signed_get_attr_by_OBJ(signer, object, at) < 0) {
		attribute = CMS_signed_get_attr(signer, at);
		if (X509_ATTRIBUTE_count(attribute) == 1) {
			*value = X509_ATTRIBUTE_get0_type(attribute, 0);
			found = *value != NULL ? 1 : -1;
		}
	}
	ASN1_OBJECT_free(object);
	return found;
}

/* signingTime (1.2.840.113549.1.9.5): 0 if it says nothing. */
static bool
read_signing_time(struct blob *blob, CMS_SignerInfo *signer, time_t at)
{
	ASN1_TYPE *value = NULL;
	int found = one_value(signer, "1.2.840.113549.1.9.5", &value);

	if (found == 0)
		return true;
	if (found < 0 || (value->type != V_ASN1_UTCTIME && value->type != V_ASN1_GENERALIZEDTIME) ||
	    !certificate_read_time(value->value.asn1_string, &blob->signing_time)) {
		blob_set_note(blob, "its signing time can't be read");
		return false;
	}
	if (blob->signing_time > at + BLOB_FUTURE_MAX) {
		blob_set_note(blob, "it was signed in the future");
		return false;
	}
	return true;
}

/* RFC 8551 2.5.2: one attribute with one value, or the signature counts as failing. */
static bool
read_capabilities(struct blob *blob, CMS_SignerInfo *signer)
{
	ASN1_TYPE *value = NULL;
	int found = one_value(signer, "1.2.840.113549.1.9.15", &value);

	if (found == 0)
		return true;
	if (found > 0 && value->type == V_ASN1_SEQUENCE &&
	    capabilities_read(ASN1_STRING_get0_data(value->value.sequence),
		(size_t)ASN1_STRING_length(value->value.sequence), CAPABILITIES_SIGNED,
		&blob->capabilities))
		return true;
	blob_set_note(blob,
	    found < 0 ? "it has several lists of capabilities" : "its capabilities can't be read");
	return false;
}

static X509 *
find_issuer_serial(const struct blob *blob, const unsigned char *der, long size)
{
	PKCS7_ISSUER_AND_SERIAL *name = d2i_PKCS7_ISSUER_AND_SERIAL(NULL, &der, size);
	X509 *found = NULL;

	if (name != NULL)
		found =
		    X509_find_by_issuer_and_serial(blob->certificates, name->issuer, name->serial);
	PKCS7_ISSUER_AND_SERIAL_free(name);
	return found;
}

static X509 *
find_key_id(const struct blob *blob, const unsigned char *id, long size)
{
	const ASN1_OCTET_STRING *own;
	int i;

	for (i = 0; i < sk_X509_num(blob->certificates); i++) {
		own = X509_get0_subject_key_id(sk_X509_value(blob->certificates, i));
		if (own != NULL && size > 0 && ASN1_STRING_length(own) == size &&
		    memcmp(ASN1_STRING_get0_data(own), id, (size_t)size) == 0)
			return sk_X509_value(blob->certificates, i);
	}
	return NULL;
}

/* SMIMEEncryptionKeyPreference (RFC 8551 2.5.3), a CHOICE with implicit tags: its whole encoding.
 * [0] IssuerAndSerialNumber, [1] RecipientKeyIdentifier, [2] SubjectKeyIdentifier. */
static X509 *
find_choice(const struct blob *blob, const ASN1_STRING *value)
{
	const unsigned char *der = ASN1_STRING_get0_data(value);
	const unsigned char *content = der;
	long size = ASN1_STRING_length(value);
	unsigned char *sequence;
	X509 *found = NULL;
	long length;
	int class;
	int tag;

	if ((ASN1_get_object(&content, &length, &tag, &class, size) & 0x81) != 0 ||
	    class != V_ASN1_CONTEXT_SPECIFIC)
		return NULL;
	if (tag == 2)
		return find_key_id(blob, content, length);
	if (tag == 1) { /* its first element is the key identifier, an OCTET STRING */
		der = content;
		if ((ASN1_get_object(&content, &length, &tag, &class, length) & 0x81) != 0 ||
		    tag != V_ASN1_OCTET_STRING)
			return NULL;
		return find_key_id(blob, content, length);
	}
	sequence = tag == 0 ? OPENSSL_memdup(der, (size_t)size) : NULL;
	if (sequence != NULL) {
		sequence[0] = V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED;
		found = find_issuer_serial(blob, sequence, size);
	}
	OPENSSL_free(sequence);
	return found;
}

static void
read_preference(struct blob *blob, CMS_SignerInfo *signer)
{
	ASN1_TYPE *value = NULL;
	const ASN1_STRING *bare;

	if (one_value(signer, "1.2.840.113549.1.9.16.2.11", &value) == 1 &&
	    value->type == V_ASN1_OTHER)
		blob->preferred = find_choice(blob, value->value.asn1_string);
	if (blob->preferred != NULL || one_value(signer, MICROSOFT_PREFERENCE, &value) != 1 ||
	    value->type != V_ASN1_SEQUENCE)
		return;
	bare = value->value.sequence;
	blob->preferred =
	    find_issuer_serial(blob, ASN1_STRING_get0_data(bare), ASN1_STRING_length(bare));
}

/* Over the content that is there; over none, where it is absent. */
static bool
signature_verifies(CMS_ContentInfo *cms)
{
	ASN1_OCTET_STRING **content = CMS_get0_content(cms);
	BIO *none = NULL;
	bool verified = false;

	if (content == NULL)
		return false;
	if (*content == NULL) {
		none = BIO_new_mem_buf("", 0);
		if (none == NULL)
			return false;
	}
	verified = CMS_verify(cms, NULL, NULL, none, NULL,
		       CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY | CMS_NOCRL) == 1;
	BIO_free(none);
	return verified;
}

void
blob_verify(struct blob *blob, time_t at)
{
	CMS_SignerInfo *signer;

	if (blob->signer == NULL)
		return;
	signer = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(blob->cms), 0);
	if (!algorithms_count(signer))
		blob_set_note(blob, "its digest is broken or unknown");
	else if (!signature_verifies(blob->cms))
		blob_set_note(blob, "it does not verify");
	else
		blob->verified =
		    read_signing_time(blob, signer, at) && read_capabilities(blob, signer);
	if (blob->verified)
		read_preference(blob, signer);
	else
		blob->signing_time = 0;
	ERR_clear_error();
}
