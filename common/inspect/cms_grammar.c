#include "inspect/cms_grammar.h"

#include <string.h>

#include "base/compiler.h"
#include "smime/tlv.h"

#define IN_BOTH (GRAMMAR_ENVELOPED | GRAMMAR_AUTH_ENVELOPED)
#define IN_KNOWN (IN_BOTH | GRAMMAR_SIGNED)

/* For tags of octet strings, which may be constructed in BER. */
#define EITHER_FORM (0xff & ~TLV_CONSTRUCTED)
#define THIS_FORM 0xff

#define TLV_EXPLICIT(number) (TLV_CONTEXT(number) | TLV_CONSTRUCTED)

/* All objects as one list of places in the order they stand (RFC 5652 3, 5.1, 6.1; RFC 5083 2.1).
 * depth: values that enclose the place. */
static const struct grammar_place places[] = {
    {"ContentInfo", 0, TLV_SEQUENCE, THIS_FORM, false, GRAMMAR_ANY, GRAMMAR_WALK, GRAMMAR_PLAIN},
    {"contentType", 1, TLV_OID, THIS_FORM, false, GRAMMAR_ANY, GRAMMAR_TYPE, GRAMMAR_PLAIN},
    {"content", 1, TLV_EXPLICIT(0), THIS_FORM, true, GRAMMAR_OTHER, GRAMMAR_SKIP, GRAMMAR_PLAIN},
    {"content", 1, TLV_EXPLICIT(0), THIS_FORM, false, IN_KNOWN, GRAMMAR_WALK, GRAMMAR_PLAIN},
    {"content", 2, TLV_SEQUENCE, THIS_FORM, false, IN_KNOWN, GRAMMAR_WALK, GRAMMAR_PLAIN},
    {"version", 3, TLV_INTEGER, THIS_FORM, false, IN_KNOWN, GRAMMAR_KEEP, GRAMMAR_PLAIN},
    {"originatorInfo", 3, TLV_EXPLICIT(0), THIS_FORM, true, IN_BOTH, GRAMMAR_SKIP, GRAMMAR_PLAIN},
    {"recipientInfos", 3, TLV_SET, THIS_FORM, false, IN_BOTH, GRAMMAR_KEEP, GRAMMAR_RECIPIENTS},
    {"encryptedContentInfo", 3, TLV_SEQUENCE, THIS_FORM, false, IN_BOTH, GRAMMAR_WALK,
	GRAMMAR_PLAIN},
    {"inner contentType", 4, TLV_OID, THIS_FORM, false, IN_BOTH, GRAMMAR_KEEP, GRAMMAR_PLAIN},
    {"contentEncryptionAlgorithm", 4, TLV_SEQUENCE, THIS_FORM, false, IN_BOTH, GRAMMAR_KEEP,
	GRAMMAR_ALGORITHM},
    {"encryptedContent", 4, TLV_CONTEXT(0), EITHER_FORM, false, IN_BOTH, GRAMMAR_COUNT,
	GRAMMAR_CIPHERTEXT},
    {"unprotectedAttrs", 3, TLV_EXPLICIT(1), THIS_FORM, true, GRAMMAR_ENVELOPED, GRAMMAR_SKIP,
	GRAMMAR_PLAIN},
    {"authAttrs", 3, TLV_EXPLICIT(1), THIS_FORM, true, GRAMMAR_AUTH_ENVELOPED, GRAMMAR_SKIP,
	GRAMMAR_PLAIN},
    {"mac", 3, TLV_OCTET_STRING, EITHER_FORM, false, GRAMMAR_AUTH_ENVELOPED, GRAMMAR_COUNT,
	GRAMMAR_PLAIN},
    {"unauthAttrs", 3, TLV_EXPLICIT(2), THIS_FORM, true, GRAMMAR_AUTH_ENVELOPED, GRAMMAR_SKIP,
	GRAMMAR_PLAIN},
    {"digestAlgorithms", 3, TLV_SET, THIS_FORM, false, GRAMMAR_SIGNED, GRAMMAR_KEEP,
	GRAMMAR_DIGESTS},
    {"encapContentInfo", 3, TLV_SEQUENCE, THIS_FORM, false, GRAMMAR_SIGNED, GRAMMAR_WALK,
	GRAMMAR_PLAIN},
    {"eContentType", 4, TLV_OID, THIS_FORM, false, GRAMMAR_SIGNED, GRAMMAR_KEEP,
	GRAMMAR_INNER_TYPE},
    {"eContent", 4, TLV_EXPLICIT(0), THIS_FORM, true, GRAMMAR_SIGNED, GRAMMAR_LEAVE, GRAMMAR_PLAIN},
    {"eContent", 5, TLV_OCTET_STRING, EITHER_FORM, true, GRAMMAR_SIGNED, GRAMMAR_STREAM,
	GRAMMAR_CONTENT},
    {"certificates", 3, TLV_EXPLICIT(0), THIS_FORM, true, GRAMMAR_SIGNED, GRAMMAR_KEEP,
	GRAMMAR_PLAIN},
    {"crls", 3, TLV_EXPLICIT(1), THIS_FORM, true, GRAMMAR_SIGNED, GRAMMAR_SKIP, GRAMMAR_CRLS},
    {"signerInfos", 3, TLV_SET, THIS_FORM, false, GRAMMAR_SIGNED, GRAMMAR_KEEP, GRAMMAR_SIGNERS},
};

/* Content types (RFC 5652, RFC 5083, RFC 3274), without tag and length. */
#define PKCS7(last) "\x2a\x86\x48\x86\xf7\x0d\x01\x07" last
#define SMIME_CT(last) "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01" last
static const struct grammar_type types[] = {
    {PKCS7("\x03"), "EnvelopedData", GRAMMAR_ENVELOPED, LAYER_ENVELOPED},
    {SMIME_CT("\x17"), "AuthEnvelopedData", GRAMMAR_AUTH_ENVELOPED, LAYER_AUTH_ENVELOPED},
    {PKCS7("\x02"), "SignedData", GRAMMAR_SIGNED, LAYER_SIGNED},
    {PKCS7("\x01"), "Data", GRAMMAR_OTHER, LAYER_OTHER},
    {PKCS7("\x04"), "SignedAndEnvelopedData", GRAMMAR_OTHER, LAYER_OTHER},
    {PKCS7("\x05"), "DigestedData", GRAMMAR_OTHER, LAYER_OTHER},
    {PKCS7("\x06"), "EncryptedData, which is addressed to nobody", GRAMMAR_OTHER,
	LAYER_ENCRYPTED_DATA},
    {SMIME_CT("\x02"), "AuthenticatedData", GRAMMAR_OTHER, LAYER_OTHER},
    {SMIME_CT("\x09"), "CompressedData", GRAMMAR_OTHER, LAYER_COMPRESSED},
};

const struct grammar_place *
cms_grammar_place(size_t step)
{
	return step < ARRAY_LENGTH(places) ? &places[step] : NULL;
}

const struct grammar_type *
cms_grammar_type(const unsigned char *oid, size_t size)
{
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(types); i++) {
		if (strlen(types[i].oid) == size && memcmp(types[i].oid, oid, size) == 0)
			return &types[i];
	}
	return NULL;
}
