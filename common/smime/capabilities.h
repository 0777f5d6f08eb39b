/*
 * What a recipient's software can decrypt, and how we know (RFC 8551 2.5.2, RFC 4262). Plain
 * values; any thread.
 */
#ifndef SMIME_SMIME_CAPABILITIES_H
#define SMIME_SMIME_CAPABILITIES_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "tables/cipher.h"

enum capabilities_source {
	CAPABILITIES_NONE,      /* nothing is published */
	CAPABILITIES_ASSUMED,   /* policy's word for it */
	CAPABILITIES_EXTENSION, /* the certificate's extension (RFC 4262) */
	CAPABILITIES_SIGNED,    /* a blob whose signature verified */
};

/* Entries looked at in one list; what follows is dropped. */
#define CAPABILITIES_LIST_MAX 64

/* Bytes of one list: the longest seen are some 300. */
#define CAPABILITIES_SIZE_MAX ((size_t)16 << 10)

struct capabilities {
	enum capabilities_source from;
	enum cipher_id ciphers[CIPHER_COUNT]; /* in order of preference, each once, no UNKNOWN */
	size_t cipher_count;
	bool oaep;        /* RSAES-OAEP with the default parameters (SHA-1) */
	bool oaep_sha256; /* RSAES-OAEP with SHA-256 (RFC 3560 section 5) */
};

/* "none", "assumed", "extension", "signed". */
const char *capabilities_source_name(enum capabilities_source source);

/*
 * Reads the DER of one SMIMECapabilities list. Each entry for itself: one that can't be read never
 * fails the list; an RC2 entry with strange parameters counts as RC2-40; what is not a content
 * cipher or OAEP is skipped. Sets from as given; but a list that names no cipher we know says
 * nothing of ciphers: from NONE then. False (and from NONE) if it is no list.
 */
bool capabilities_read(const unsigned char *der, size_t size, enum capabilities_source from,
    struct capabilities *capabilities);

/* Reads the certificate's extension; false (and from NONE) if there is none, there are several, it
 * is critical or it can't be read. */
bool capabilities_of_certificate(const X509 *certificate, struct capabilities *capabilities);

/*
 * The cipher that a client would use for a recipient, knowing only these capabilities: the first
 * cipher of the list that the client knows, else the client's own default.
 */
enum client {
	CLIENT_OUTLOOK_2002, /* knows RC2, DES, 3DES; default RC2-40 */
	CLIENT_OUTLOOK_2003, /* the same; default 3DES (also 2007-2013 with AES known) */
	CLIENT_OUTLOOK_2016, /* knows AES; default AES-256 */
	CLIENT_COUNT
};
const char *capabilities_client_name(enum client client); /* "outlook-2002", … */
const struct cipher *capabilities_fallback(
    const struct capabilities *capabilities, enum client client);

#endif
