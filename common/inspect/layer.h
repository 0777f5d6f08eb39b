/*
 * What inspecting a message finds: its S/MIME objects, as layers in the order they begin. A layer
 * stands in the message or in another layer (an opaque signature is opened; what is encrypted is the
 * end). Plain values, owned by the inspection they belong to; read only once it is finished.
 */
#ifndef SMIME_INSPECT_LAYER_H
#define SMIME_INSPECT_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "mail/entity.h"
#include "smime/capabilities.h"
#include "smime/certificate.h"
#include "tables/cipher.h"

/* By what the bytes are (content type, or the MIME type of a multipart), never by smime-type. */
enum layer_type {
	LAYER_ENVELOPED,      /* EnvelopedData */
	LAYER_AUTH_ENVELOPED, /* AuthEnvelopedData */
	LAYER_SIGNED,         /* SignedData with its content (opaque) */
	LAYER_CLEAR_SIGNED,   /* multipart/signed */
	LAYER_CERTIFICATES,   /* SignedData without signers or content: certificates only */
	LAYER_DETACHED,       /* a signature whose content is not beside it */
	LAYER_COMPRESSED,     /* CompressedData: not opened */
	LAYER_ENCRYPTED_DATA, /* EncryptedData: addressed to nobody */
	LAYER_OTHER,          /* DigestedData, AuthenticatedData, SignedAndEnvelopedData … */
	LAYER_PGP_MIME,       /* multipart/encrypted (RFC 3156) */
	LAYER_TNEF,           /* application/ms-tnef: may hold S/MIME that is not looked at */
	LAYER_MALFORMED,      /* begins as S/MIME, and is broken or over a limit: detail */
	LAYER_TYPE_COUNT
};
const char *layer_type_name(enum layer_type type); /* "enveloped", "signed", … */

/* How it stands in what encloses it: the message, or the parent layer's content. */
enum layer_place {
	LAYER_WHOLE,      /* is all of it */
	LAYER_AMONG_TEXT, /* the only S/MIME object of a multipart whose other parts are text: a list's
			     footer, a disclaimer */
	LAYER_AMONG_PARTS, /* one of several parts */
	LAYER_FORWARDED,   /* within a message/rfc822 that is not the whole of it */
	LAYER_PLACE_COUNT
};
const char *layer_place_name(enum layer_place place); /* "whole", "among-text", … */

enum layer_transport {
	LAYER_RSA_V15,
	LAYER_RSA_OAEP,
	LAYER_ECDH,     /* key agreement (RFC 5753, RFC 8418) */
	LAYER_KEK,      /* a shared key */
	LAYER_PASSWORD, /* RFC 3211 */
	LAYER_OTHER_TRANSPORT,
	LAYER_TRANSPORT_COUNT
};
const char *layer_transport_name(enum layer_transport transport); /* "rsa", "rsa-oaep", … */

/* One recipient info; of a key agreement, one for each of its encrypted keys (RFC 5652 6.2). */
struct layer_recipient {
	enum layer_transport transport;
	char *algorithm; /* for people: "RSAES-OAEP with SHA-256", or the object identifier */
	char *issuer;    /* as struct certificate writes it; NULL where named by key identifier */
	char *serial;    /* upper-case hex; NULL likewise */
	char *key_id;    /* subject key identifier (KEK: its identifier), upper-case hex; NULL */
	unsigned char
	    *issuer_der; /* the name, to be compared with X509_NAME_cmp's canonical form */
	size_t issuer_size;
};

enum layer_signature_state {
	LAYER_SIGNATURE_GOOD,           /* made by the certificate's key over just these bytes */
	LAYER_SIGNATURE_BAD,            /* the content was changed, or the signature is wrong */
	LAYER_SIGNATURE_UNVERIFIABLE,   /* an algorithm that we don't know, or don't compute */
	LAYER_SIGNATURE_NO_CERTIFICATE, /* the signer's certificate does not come with it */
	LAYER_SIGNATURE_MALFORMED,      /* attributes that RFC 5652 5.3 or RFC 8551 2.5 forbid */
	LAYER_SIGNATURE_STATE_COUNT
};
const char *layer_signature_state_name(enum layer_signature_state state);

/* One SignerInfo. */
struct layer_signature {
	enum layer_signature_state state;
	char detail[256];                /* why it is not good; "" */
	struct certificate *certificate; /* the signer's; NULL if it does not come with it */
	char *issuer; /* of the signer, as the signature names it; NULL where by key identifier */
	char *serial;
	char *key_id;
	char digest[32];                  /* "SHA-256", or the object identifier */
	char algorithm[64];               /* of the signature: "RSA", "RSA-PSS", "ECDSA", … */
	int digest_strength;              /* bits, as signature_strength(); 0: not known */
	time_t signing_time;              /* as the signer says; 0: not said */
	struct capabilities capabilities; /* advertised: from SIGNED only if state is GOOD */
};

#define LAYER_NO_PARENT ((size_t)-1)

struct layer {
	enum layer_type type;
	enum layer_place place;
	size_t parent;      /* index of the layer whose content it is in; LAYER_NO_PARENT */
	unsigned int depth; /* 0 in the message itself */
	char path[32];      /* of its MIME part within what encloses it: "1.2"; "" for the whole */
	char *media_type;   /* as the header says: only a hint; NULL for bare CMS */
	char *smime_type;   /* NULL where none is said */
	char *name;         /* of the file, from Content-Disposition or -Type; NULL */
	enum entity_encoding encoding;
	bool indefinite;  /* BER with an indefinite length (streamed) */
	char detail[256]; /* why malformed, or a note; "" */

	/* Encrypted ones. */
	const struct cipher *cipher; /* never NULL for the two enveloped types; of a malformed one
					where it is sound so far; else NULL */
	char cipher_text[128];       /* its title, or the object identifier */
	struct layer_recipient *recipients;
	size_t recipient_count;

	/* Signed ones. */
	struct layer_signature *signatures;
	size_t signature_count;
	struct certificate **certificates; /* all that came with it */
	size_t certificate_count;
	size_t crl_count;
	bool covers_all; /* nothing in the message stands outside what it signs, header apart */
};

/* Frees what the layer holds, not itself. */
void layer_clear(struct layer *layer);

/* Of one of all layers of an inspection: whether it, or one that encloses it, stands in a message that is
 * forwarded. */
bool layer_is_forwarded(const struct layer *layers, size_t count, const struct layer *layer);

/* Whether nothing but text stands beside it, nor beside any that encloses it. */
bool layer_stands_alone(const struct layer *layers, size_t count, const struct layer *layer);

/* Whether the layer is one of the two enveloped types. */
bool layer_is_enveloped(const struct layer *layer);

#endif
