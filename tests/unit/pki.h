/*
 * Throw-away certificates for unit tests, made in memory with dates relative to now. Every failure
 * inside aborts the test. What is returned is owned by the caller (X509_free, EVP_PKEY_free, free).
 */
#ifndef SMIME_TESTS_PKI_H
#define SMIME_TESTS_PKI_H

#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stddef.h>

enum pki_key {
	PKI_RSA_2048, /* the default */
	PKI_RSA_1024,
	PKI_RSA_3072,
	PKI_P256,
	PKI_P384,
	PKI_P521,
	PKI_ED25519,
	PKI_X25519, /* can't sign: the certificate needs an issuer */
};

/* A new key. RSA keys of a kind are made once (a process, or a folder named by PKI_KEYS), and
 * numbered: the same kind and number is the same key. */
EVP_PKEY *pki_key(enum pki_key kind, int number);

/* An RSA key of any size that nobody has the private half of: its numbers are random. */
EVP_PKEY *pki_made_up_key(int bits, int exponent_bits);

/* What a certificate says; zero or NULL means the default in brackets. */
struct pki_certificate {
	const char *subject;       /* common name ["test"] */
	const char *email;         /* rfc822Name in the SAN [none] */
	const char *email2;        /* a second one [none] */
	const char *subject_email; /* emailAddress in the subject [none] */
	const char *smtp_utf8;     /* SmtpUTF8Mailbox in the SAN [none] */
	const char *key_usage;     /* OpenSSL's words, "critical,keyEncipherment"
				      [CA: "critical,keyCertSign,cRLSign"; RSA: "critical,
				      digitalSignature,keyEncipherment"; EC: "critical,digitalSignature,
				      keyAgreement"], "-": no extension */
	const char
	    *extended_usage;   /* ["emailProtection" for end entities, none for CAs], "-": none */
	const char *extension; /* one more: "name=value" in OpenSSL's words [none] */
	const char *extension2;
	const unsigned char *capabilities; /* DER of the SMIMECapabilities extension [none] */
	size_t capabilities_size;
	bool no_identifiers; /* of keys: an issuer is known by its name alone */
	bool ca;
	int path_length;      /* n + 1; [0: none] */
	int from_days;        /* notBefore relative to now [-1] */
	int to_days;          /* notAfter relative to now [CA: 3650; else: 365] */
	const EVP_MD *digest; /* [SHA-256] */
};

/* Makes a certificate of `key`, issued by (issuer, issuer_key); issuer NULL: self-signed by
 * issuer_key, which then is key. */
X509 *pki_issue(
    const struct pki_certificate *what, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key);

/* DER of a certificate; *size its length. */
unsigned char *pki_der(X509 *certificate, size_t *size);

/* How a userSMIMECertificate value is to be made. */
struct pki_blob {
	const unsigned char *capabilities; /* DER SEQUENCE OF; NULL: no such attribute */
	size_t capabilities_size;
	X509 *preference;           /* encrypKeyPref (issuerAndSerialNumber); NULL: none */
	X509 *microsoft_preference; /* 1.3.6.1.4.1.311.16.4; NULL: none */
	STACK_OF(X509) * chain;     /* embedded beside the signer; may be NULL */
	const char *content;        /* NULL: absent (detached over nothing) */
	const EVP_MD *digest;       /* [SHA-256] */
	long signing_time_offset;   /* seconds from now; 0: now */
};

/* DER of a SignedData signed by the certificate with its key. */
unsigned char *pki_blob(
    const struct pki_blob *what, X509 *certificate, EVP_PKEY *key, size_t *size);

/* DER lists of SMIMECapabilities for tests. */
extern const unsigned char pki_capabilities_aes256[]; /* AES-256-CBC, AES-128-CBC, 3DES, RC2/40 */
extern const size_t pki_capabilities_aes256_size;
extern const unsigned char pki_capabilities_3des[]; /* 3DES, RC2/128, RC2/40 */
extern const size_t pki_capabilities_3des_size;
extern const unsigned char pki_capabilities_rc2_40[]; /* RC2/40 alone */
extern const size_t pki_capabilities_rc2_40_size;
extern const unsigned char pki_capabilities_gcm_oaep[]; /* AES-256-GCM, AES-128-CBC, OAEP SHA-256 */
extern const size_t pki_capabilities_gcm_oaep_size;

#endif
