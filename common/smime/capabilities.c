#include "smime/capabilities.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

/* What one client makes of a recipient: the ciphers it knows, and what it does without any of them
 * (FACTS of the vendors: KB 307472 for the 40 bits). */
static const struct {
	const char *name;
	bool aes;
	enum cipher_id otherwise;
} clients[] = {
    [CLIENT_OUTLOOK_2002] = {"outlook-2002", false, CIPHER_RC2_40},
    [CLIENT_OUTLOOK_2003] = {"outlook-2003", false, CIPHER_DES3},
    [CLIENT_OUTLOOK_2016] = {"outlook-2016", true, CIPHER_AES256_CBC},
};

const char *
capabilities_source_name(enum capabilities_source source)
{
	switch (source) {
	case CAPABILITIES_NONE:
		break;
	case CAPABILITIES_ASSUMED:
		return "assumed";
	case CAPABILITIES_EXTENSION:
		return "extension";
	case CAPABILITIES_SIGNED:
		return "signed";
	}
	return "none";
}

static bool
has(const struct capabilities *capabilities, enum cipher_id cipher)
{
	size_t i;

	for (i = 0; i < capabilities->cipher_count; i++) {
		if (capabilities->ciphers[i] == cipher)
			return true;
	}
	return false;
}

static void
add_cipher(struct capabilities *capabilities, enum cipher_id cipher)
{
	if (cipher == CIPHER_UNKNOWN || has(capabilities, cipher))
		return;
	capabilities->ciphers[capabilities->cipher_count++] = cipher;
}

/* RFC 8551 2.5.2: the parameter is the number of effective key bits. What else was seen (a
 * SEQUENCE, nothing at all) says nothing to rely on. */
static enum cipher_id
rc2_of_parameters(int type, const void *value)
{
	int64_t bits = 0;

	if (type != V_ASN1_INTEGER || !ASN1_INTEGER_get_int64(&bits, value) || bits > 1024)
		return CIPHER_RC2_40;
	return cipher_rc2_by_bits((long)bits)->id;
}

/* The digest that an algorithm names: SHA-1 where it is left to the default (RFC 4055 section 4).
 */
static int
digest_of(const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *object;

	if (algorithm == NULL)
		return NID_sha1;
	X509_ALGOR_get0(&object, NULL, NULL, algorithm);
	return OBJ_obj2nid(object);
}

/* The digest of the mask generation function, if that is MGF1; else NID_undef. */
static int
mask_digest_of(const X509_ALGOR *mask)
{
	const ASN1_OBJECT *object;
	const ASN1_STRING *sequence;
	const void *value;
	const unsigned char *der;
	X509_ALGOR *inner;
	int type;
	int nid;

	if (mask == NULL)
		return NID_sha1;
	X509_ALGOR_get0(&object, &type, &value, mask);
	if (OBJ_obj2nid(object) != NID_mgf1 || type != V_ASN1_SEQUENCE)
		return NID_undef;
	sequence = value;
	der = ASN1_STRING_get0_data(sequence);
	inner = d2i_X509_ALGOR(NULL, &der, ASN1_STRING_length(sequence));
	if (inner == NULL)
		return NID_undef;
	nid = digest_of(inner);
	X509_ALGOR_free(inner);
	return nid;
}

/* Whether the label is the default, which is empty. */
static bool
label_is_empty(const X509_ALGOR *source)
{
	const ASN1_STRING *label;
	const void *value;
	int type;

	if (source == NULL)
		return true;
	X509_ALGOR_get0(NULL, &type, &value, source);
	label = value;
	return type == V_ASN1_OCTET_STRING && ASN1_STRING_length(label) == 0;
}

/* RFC 3560 section 5 prints SHA-256's parameters without their context tags, so that no parser of
 * its own syntax takes them; clients compare bytes, and some have copied these. */
static const unsigned char oaep_sha256_as_printed[] = {0x30, 0x2b, 0x30, 0x0d, 0x06, 0x09, 0x60,
    0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86,
    0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
    0x03, 0x04, 0x02, 0x01, 0x05, 0x00};

/* Only the two forms that we make count (RFC 3560 section 5). Absent parameters are not allowed
 * there, and PKCS #1 v1.5 is always readable: so they promise nothing. */
static void
add_oaep(struct capabilities *capabilities, int type, const void *value)
{
	const ASN1_STRING *sequence = value;
	const unsigned char *der;
	RSA_OAEP_PARAMS *parameters;
	int digest;
	int size;

	if (type != V_ASN1_SEQUENCE)
		return;
	der = ASN1_STRING_get0_data(sequence);
	size = ASN1_STRING_length(sequence);
	if ((size_t)size == sizeof(oaep_sha256_as_printed) &&
	    memcmp(der, oaep_sha256_as_printed, (size_t)size) == 0)
		capabilities->oaep_sha256 = true;
	parameters = d2i_RSA_OAEP_PARAMS(NULL, &der, size);
	if (parameters == NULL)
		return;
	digest = digest_of(parameters->hashFunc);
	if (digest == mask_digest_of(parameters->maskGenFunc) &&
	    label_is_empty(parameters->pSourceFunc)) {
		capabilities->oaep |= digest == NID_sha1;
		capabilities->oaep_sha256 |= digest == NID_sha256;
	}
	RSA_OAEP_PARAMS_free(parameters);
}

static void
add_entry(struct capabilities *capabilities, const X509_ALGOR *entry)
{
	const ASN1_OBJECT *object;
	const struct cipher *cipher;
	const void *value;
	char oid[128];
	int type;

	X509_ALGOR_get0(&object, &type, &value, entry);
	if (OBJ_obj2nid(object) == NID_rsaesOaep) {
		add_oaep(capabilities, type, value);
		return;
	}
	if (OBJ_obj2txt(oid, (int)sizeof(oid), object, 1) <= 0)
		return;
	cipher = cipher_by_oid(oid);
	if (cipher == NULL)
		return;
	if (strcmp(cipher->oid, cipher_get(CIPHER_RC2_40)->oid) == 0)
		add_cipher(capabilities, rc2_of_parameters(type, value));
	else
		add_cipher(capabilities, cipher->id);
}

/* Length of the element at der, header included, of exactly the content that its header says; 0 if
 * it does not fit or its length is not told. */
static long
element_size(const unsigned char *der, long room, int *tag, long *header)
{
	const unsigned char *content = der;
	long length;
	int class;
	int flags;

	flags = ASN1_get_object(&content, &length, tag, &class, room);
	if ((flags & 0x80) != 0 || (flags & 0x01) != 0 || class != V_ASN1_UNIVERSAL)
		return 0;
	*header = (long)(content - der);
	return *header + length;
}

bool
capabilities_read(const unsigned char *der, size_t size, enum capabilities_source from,
    struct capabilities *capabilities)
{
	const unsigned char *end;
	const unsigned char *next;
	X509_ALGOR *entry;
	long length;
	long header = 0;
	int tag = 0;
	int count;

	memset(capabilities, 0, sizeof(*capabilities));
	if (size == 0 || size > CAPABILITIES_SIZE_MAX ||
	    element_size(der, (long)size, &tag, &header) != (long)size || tag != V_ASN1_SEQUENCE) {
		ERR_clear_error();
		return false;
	}
	end = der + size;
	der += header;
	for (count = 0; der < end && count < CAPABILITIES_LIST_MAX; count++) {
		length = element_size(der, (long)(end - der), &tag, &header);
		if (length == 0)
			break;
		next = der;
		entry = d2i_X509_ALGOR(NULL, &next, length);
		if (entry != NULL)
			add_entry(capabilities, entry);
		X509_ALGOR_free(entry);
		der += length;
	}
	if (capabilities->cipher_count > 0)
		capabilities->from = from;
	ERR_clear_error();
	return true;
}

bool
capabilities_of_certificate(const X509 *certificate, struct capabilities *capabilities)
{
	const ASN1_OCTET_STRING *data;
	X509_EXTENSION *extension;
	int at;

	memset(capabilities, 0, sizeof(*capabilities));
	at = X509_get_ext_by_NID(certificate, NID_SMIMECapabilities, -1);
	if (at < 0 || X509_get_ext_by_NID(certificate, NID_SMIMECapabilities, at) >= 0)
		return false;
	extension = X509_get_ext(certificate, at);
	if (X509_EXTENSION_get_critical(extension)) /* RFC 4262 section 2: must not be */
		return false;
	data = X509_EXTENSION_get_data(extension);
	return capabilities_read(ASN1_STRING_get0_data(data), (size_t)ASN1_STRING_length(data),
	    CAPABILITIES_EXTENSION, capabilities);
}

const char *
capabilities_client_name(enum client client)
{
	return clients[client].name;
}

static bool
client_knows(enum client client, enum cipher_id cipher)
{
	switch (cipher) {
	case CIPHER_RC2_40:
	case CIPHER_RC2_64:
	case CIPHER_RC2_128:
	case CIPHER_DES:
	case CIPHER_DES3:
		return true;
	case CIPHER_AES128_CBC:
	case CIPHER_AES192_CBC:
	case CIPHER_AES256_CBC:
		return clients[client].aes;
	default:
		return false;
	}
}

const struct cipher *
capabilities_fallback(const struct capabilities *capabilities, enum client client)
{
	size_t i;

	for (i = 0; i < capabilities->cipher_count; i++) {
		if (client_knows(client, capabilities->ciphers[i]))
			return cipher_get(capabilities->ciphers[i]);
	}
	return cipher_get(clients[client].otherwise);
}
