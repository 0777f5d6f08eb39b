/* A signer's attributes: each of those that count at most once, with one value. */
#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <string.h>

#include "inspect/signatures_private.h"

enum kind {
	CONTENT_TYPE,
	MESSAGE_DIGEST,
	SIGNING_TIME,
	CAPABILITIES,
	PREFERENCE,
	OTHER_PREFERENCE, /* Microsoft's own: a bare IssuerAndSerialNumber */
	KIND_COUNT
};

/* RFC 5652 11.1, 11.2, 11.3; RFC 8551 2.5.2, 2.5.3. Object identifiers without tag and length. */
#define PKCS9(last) "\x2a\x86\x48\x86\xf7\x0d\x01\x09" last
static const struct {
	const char *oid;
	const char *name;
	bool required;
} kinds[KIND_COUNT] = {
    [CONTENT_TYPE] = {PKCS9("\x03"), "content type", true},
    [MESSAGE_DIGEST] = {PKCS9("\x04"), "message digest", true},
    [SIGNING_TIME] = {PKCS9("\x05"), "signing time", false},
    [CAPABILITIES] = {PKCS9("\x0f"), "list of capabilities", false},
    [PREFERENCE] = {PKCS9("\x10\x02\x0b"), "preferred certificate", false},
    [OTHER_PREFERENCE] = {"\x2b\x06\x01\x04\x01\x82\x37\x10\x04", "preferred certificate", false},
};

static enum kind
kind_of(X509_ATTRIBUTE *attribute)
{
	const ASN1_OBJECT *object = X509_ATTRIBUTE_get0_object(attribute);
	int kind;

	for (kind = 0; kind < KIND_COUNT; kind++) {
		if (OBJ_length(object) == strlen(kinds[kind].oid) &&
		    memcmp(OBJ_get0_data(object), kinds[kind].oid, OBJ_length(object)) == 0)
			break;
	}
	return (enum kind)kind;
}

/* The one value of each kind that counts; NULL where there is none. */
static bool
find_values(
    CMS_SignerInfo *signer, ASN1_TYPE *values[KIND_COUNT], struct layer_signature *signature)
{
	int count = CMS_signed_get_attr_count(signer);
	int i;

	for (i = 0; i < count; i++) {
		X509_ATTRIBUTE *attribute = CMS_signed_get_attr(signer, i);
		enum kind kind = kind_of(attribute);

		if (kind == KIND_COUNT)
			continue;
		if (values[kind] == NULL && X509_ATTRIBUTE_count(attribute) == 1)
			values[kind] = X509_ATTRIBUTE_get0_type(attribute, 0);
		else
			values[kind] = NULL;
		if (values[kind] == NULL) {
			signatures_say(signature, LAYER_SIGNATURE_MALFORMED,
			    "it has not exactly one %s", kinds[kind].name);
			return false;
		}
	}
	return true;
}

static bool
none_is_unsigned(CMS_SignerInfo *signer, struct layer_signature *signature)
{
	int count = CMS_unsigned_get_attr_count(signer);
	enum kind kind;
	int i;

	for (i = 0; i < count; i++) {
		kind = kind_of(CMS_unsigned_get_attr(signer, i));
		if (kind != KIND_COUNT) {
			signatures_say(signature, LAYER_SIGNATURE_MALFORMED,
			    "its %s is outside what is signed", kinds[kind].name);
			return false;
		}
	}
	return true;
}

/* Without signed attributes the content's type is signed by nothing: only plain data may do so. */
static bool
check_absent(CMS_ContentInfo *cms, struct layer_signature *signature)
{
	if (OBJ_obj2nid(CMS_get0_eContentType(cms)) == NID_pkcs7_data)
		return true;
	signatures_say(signature, LAYER_SIGNATURE_MALFORMED,
	    "it has no signed attributes, and its content is not plain data");
	return false;
}

static bool
check_required(CMS_ContentInfo *cms, ASN1_TYPE *const *values, struct layer_signature *signature)
{
	const ASN1_TYPE *type = values[CONTENT_TYPE];
	int kind;

	for (kind = 0; kind < KIND_COUNT; kind++) {
		if (!kinds[kind].required || values[kind] != NULL)
			continue;
		signatures_say(
		    signature, LAYER_SIGNATURE_MALFORMED, "it has no signed %s", kinds[kind].name);
		return false;
	}
	if (values[MESSAGE_DIGEST]->type == V_ASN1_OCTET_STRING && type->type == V_ASN1_OBJECT &&
	    OBJ_cmp(type->value.object, CMS_get0_eContentType(cms)) == 0)
		return true;
	signatures_say(signature, LAYER_SIGNATURE_MALFORMED,
	    values[MESSAGE_DIGEST]->type != V_ASN1_OCTET_STRING
		? "its message digest is none"
		: "it signs another type of content than is there");
	return false;
}

static bool
read_signing_time(const ASN1_TYPE *value, struct layer_signature *signature)
{
	if (value == NULL)
		return true;
	if ((value->type == V_ASN1_UTCTIME || value->type == V_ASN1_GENERALIZEDTIME) &&
	    certificate_read_time(value->value.asn1_string, &signature->signing_time))
		return true;
	signatures_say(signature, LAYER_SIGNATURE_MALFORMED, "its signing time can't be read");
	return false;
}

/* What can't be read says nothing; the signature is none the worse for it. */
static void
read_capabilities(const ASN1_TYPE *value, struct layer_signature *signature)
{
	if (value == NULL || value->type != V_ASN1_SEQUENCE)
		return;
	capabilities_read(ASN1_STRING_get0_data(value->value.sequence),
	    (size_t)ASN1_STRING_length(value->value.sequence), CAPABILITIES_SIGNED,
	    &signature->capabilities);
}

bool
signatures_attributes_read(
    CMS_ContentInfo *cms, CMS_SignerInfo *signer, struct layer_signature *signature)
{
	ASN1_TYPE *values[KIND_COUNT] = {NULL};

	if (!find_values(signer, values, signature) || !none_is_unsigned(signer, signature))
		return false;
	if (CMS_signed_get_attr_count(signer) < 0)
		return check_absent(cms, signature);
	if (!check_required(cms, values, signature) ||
	    !read_signing_time(values[SIGNING_TIME], signature))
		return false;
	read_capabilities(values[CAPABILITIES], signature);
	return true;
}

unsigned char *
signatures_attributes_signed(CMS_SignerInfo *signer, size_t *size)
{
	int count = CMS_signed_get_attr_count(signer);
	unsigned char *bytes;
	unsigned char *at;
	int contents = 0;
	int whole;
	int i;

	for (i = 0; i < count; i++)
		contents += i2d_X509_ATTRIBUTE(CMS_signed_get_attr(signer, i), NULL);
	whole = ASN1_object_size(1, contents, V_ASN1_SET);
	bytes = at = whole > 0 ? OPENSSL_malloc((size_t)whole) : NULL;
	if (bytes == NULL)
		return NULL;
	ASN1_put_object(&at, 1, contents, V_ASN1_SET, V_ASN1_UNIVERSAL);
	for (i = 0; i < count; i++)
		i2d_X509_ATTRIBUTE(CMS_signed_get_attr(signer, i), &at);
	*size = (size_t)(at - bytes);
	return bytes;
}
