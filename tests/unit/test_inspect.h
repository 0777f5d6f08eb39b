/* What the tests of inspecting share: two people who may be addressed, and what is seen of an object. */
#ifndef SMIME_TESTS_INSPECT_H
#define SMIME_TESTS_INSPECT_H

#include <string.h>

#include "base/buffer.h"
#include "cms_make.h"
#include "inspect/inspect.h"
#include "pki.h"
#include "unit.h"

extern EVP_PKEY *rsa_key;
extern X509 *rsa;
extern X509 *other;

#define BYTES(literal) literal, sizeof(literal) - 1

/* Before and after all tests of a case. */
void test_inspect_make_parties(void);
void test_inspect_free_parties(void);

/* What came of an inspection, and whether it addressed rsa and other. */
struct seen {
	struct inspection it; /* its layers are gone */
	bool rsa;
	bool other;
	size_t recipients;
	const struct cipher *cipher;
	char cipher_text[128];
};

bool test_inspect_addressed(const struct inspection *it, X509 *x509);

/* Inspects the body of an S/MIME message, handed over in chunks. */
struct seen test_inspect_look(
    enum entity_encoding encoding, const void *bytes, size_t size, size_t chunk);
struct seen test_inspect_look_der(const struct buffer *der);

/* The object proves nothing, for this reason; or it is encrypted for rsa alone. */
void test_inspect_check_readable(const struct buffer *der, const char *why);
void test_inspect_check_enveloped(
    const struct buffer *der, enum inspect_kind kind, enum cipher_id cipher);

void test_inspect_unsound(TCase *tcase);

#endif
