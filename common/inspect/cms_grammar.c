#include "inspect/cms_grammar.h"

#include <string.h>

#include "base/compiler.h"
#include "smime/tlv.h"

/* Which of the two objects a place belongs to. */
#define IN_ENVELOPED 1
#define IN_AUTH_ENVELOPED 2
#define IN_BOTH 3

/* For tags of octet strings, which may be constructed in BER. */
#define EITHER_FORM (0xff & ~TLV_CONSTRUCTED)
#define THIS_FORM 0xff

/* ContentInfo, EnvelopedData and AuthEnvelopedData as one list of places in the order they stand
 * (RFC 5652 3, 6.1; RFC 5083 2.1). depth: values that enclose the place. */
static const struct grammar_place places[GRAMMAR_STEP_COUNT] = {
    {"ContentInfo", 0, TLV_SEQUENCE, THIS_FORM, false, IN_BOTH, GRAMMAR_WALK},
    [GRAMMAR_STEP_TYPE] = {"contentType", 1, TLV_OID, THIS_FORM, false, IN_BOTH, GRAMMAR_TYPE},
    {"content", 1, TLV_CONTEXT(0) | TLV_CONSTRUCTED, THIS_FORM, false, IN_BOTH, GRAMMAR_WALK},
    {"EnvelopedData", 2, TLV_SEQUENCE, THIS_FORM, false, IN_BOTH, GRAMMAR_WALK},
    {"version", 3, TLV_INTEGER, THIS_FORM, false, IN_BOTH, GRAMMAR_KEEP},
    {"originatorInfo", 3, TLV_CONTEXT(0) | TLV_CONSTRUCTED, THIS_FORM, true, IN_BOTH, GRAMMAR_SKIP},
    [GRAMMAR_STEP_RECIPIENTS] = {"recipientInfos", 3, TLV_SET, THIS_FORM, false, IN_BOTH,
	GRAMMAR_KEEP},
    {"encryptedContentInfo", 3, TLV_SEQUENCE, THIS_FORM, false, IN_BOTH, GRAMMAR_WALK},
    {"inner contentType", 4, TLV_OID, THIS_FORM, false, IN_BOTH, GRAMMAR_KEEP},
    [GRAMMAR_STEP_ALGORITHM] = {"contentEncryptionAlgorithm", 4, TLV_SEQUENCE, THIS_FORM, false,
	IN_BOTH, GRAMMAR_KEEP},
    [GRAMMAR_STEP_CONTENT] = {"encryptedContent", 4, TLV_CONTEXT(0), EITHER_FORM, false, IN_BOTH,
	GRAMMAR_COUNT},
    {"unprotectedAttrs", 3, TLV_CONTEXT(1) | TLV_CONSTRUCTED, THIS_FORM, true, IN_ENVELOPED,
	GRAMMAR_SKIP},
    {"authAttrs", 3, TLV_CONTEXT(1) | TLV_CONSTRUCTED, THIS_FORM, true, IN_AUTH_ENVELOPED,
	GRAMMAR_SKIP},
    {"mac", 3, TLV_OCTET_STRING, EITHER_FORM, false, IN_AUTH_ENVELOPED, GRAMMAR_COUNT},
    {"unauthAttrs", 3, TLV_CONTEXT(2) | TLV_CONSTRUCTED, THIS_FORM, true, IN_AUTH_ENVELOPED,
	GRAMMAR_SKIP},
};

/* Content types (RFC 5652, RFC 5083, RFC 3274), without tag and length. */
#define PKCS7(last) "\x2a\x86\x48\x86\xf7\x0d\x01\x07" last
#define SMIME_CT(last) "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01" last
static const struct {
	const char *oid;
	const char *name;
	enum inspect_kind kind;
} types[] = {
    {PKCS7("\x03"), "EnvelopedData", INSPECT_ENVELOPED},
    {SMIME_CT("\x17"), "AuthEnvelopedData", INSPECT_AUTH_ENVELOPED},
    {PKCS7("\x01"), "Data", INSPECT_READABLE},
    {PKCS7("\x02"), "SignedData", INSPECT_READABLE},
    {PKCS7("\x04"), "SignedAndEnvelopedData", INSPECT_READABLE},
    {PKCS7("\x05"), "DigestedData", INSPECT_READABLE},
    {PKCS7("\x06"), "EncryptedData, which is addressed to nobody", INSPECT_READABLE},
    {SMIME_CT("\x02"), "AuthenticatedData", INSPECT_READABLE},
    {SMIME_CT("\x09"), "CompressedData", INSPECT_READABLE},
};

const struct grammar_place *
cms_grammar_place(size_t step)
{
	return &places[step];
}

bool
cms_grammar_belongs(const struct grammar_place *place, enum inspect_kind kind)
{
	switch (kind) {
	case INSPECT_ENVELOPED:
		return (place->within & IN_ENVELOPED) != 0;
	case INSPECT_AUTH_ENVELOPED:
		return (place->within & IN_AUTH_ENVELOPED) != 0;
	default:
		return true;
	}
}

enum inspect_kind
cms_grammar_type(const unsigned char *oid, size_t size, const char **name)
{
	size_t i;

	*name = NULL;
	for (i = 0; i < ARRAY_LENGTH(types); i++) {
		if (strlen(types[i].oid) != size || memcmp(types[i].oid, oid, size) != 0)
			continue;
		*name = types[i].name;
		return types[i].kind;
	}
	return INSPECT_READABLE;
}
