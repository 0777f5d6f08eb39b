/* What the tests of signatures share: people who sign in different ways, and what is read of an object. */
#ifndef SMIME_TESTS_SIGNATURES_H
#define SMIME_TESTS_SIGNATURES_H

#include <openssl/cms.h>
#include <string.h>

#include "inspect/signatures.h"
#include "pki.h"
#include "signed_make.h"
#include "unit.h"

#define CONTENT "Content-Type: text/plain\r\n\r\nPay 100 euros to Anna.\r\n"
#define CHANGED "Content-Type: text/plain\r\n\r\nPay 900 euros to Anna.\r\n"
#define AT 1750000000L

enum who {
	BY_RSA,
	BY_RSA_1024,
	BY_P256,
	BY_P384,
	BY_P521,
	BY_DSA,
	BY_ED25519,
	BY_OTHER,
	WHO_COUNT
};

extern EVP_PKEY *keys[WHO_COUNT];
extern X509 *people[WHO_COUNT];

/* Before and after all tests. */
void test_signatures_make_people(void);
void test_signatures_free_people(void);

struct signed_signer test_signatures_signer_of(enum who who);

/* NULL: it is no CMS object. */
CMS_ContentInfo *test_signatures_parse(const struct buffer *der);

/* signatures_read() of an object, whose content reads `content`. */
int test_signatures_read_der(
    const struct buffer *der, const char *content, struct layer *layer, struct error *err);

/* False where it is no CMS object any more, or nothing of it is taken. */
bool test_signatures_read_changed(const struct buffer *der, struct layer *layer, struct error *err);

/* What comes of an object that is made for it, whose content reads `content`. */
struct layer test_signatures_read_object(const struct signed_what *what, const char *content);

/* One signer, who sends its certificate. */
struct layer test_signatures_read_signer(const struct signed_signer *signer, const char *content);

void test_signatures_expect(
    const struct layer_signature *signature, enum layer_signature_state state, const char *why);
void test_signatures_expect_signer(
    const struct signed_signer *signer, enum layer_signature_state state, const char *why);

void test_signatures_attributes(TCase *tcase);
void test_signatures_signers(TCase *tcase);

#endif
