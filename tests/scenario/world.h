/*
 * A world to send a message through, in memory: people with keys and certificates, a scripted
 * directory that publishes them, a configuration, and the message room as a front drives it. Every
 * failure inside aborts the test.
 */
#ifndef SMIME_TESTS_WORLD_H
#define SMIME_TESTS_WORLD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "message/message.h"
#include "pki.h"

struct world;

/* What certificates point to is fetched only with fetch-allow in top (fetch_startup() first).
 * rules: text of the configuration after the sections that the world writes itself (audit-file,
 * cache-folder, directory, trust). top: settings in front of them. */
struct world *world_new(const char *top, const char *rules);
void world_free(struct world *world);

/* What the directory says for an address; unknown addresses have nothing published. */
enum publish {
	PUBLISH_CERTIFICATE, /* userCertificate alone */
	PUBLISH_BLOB_AES,    /* a signed blob: AES-256-CBC, AES-128-CBC, 3DES, RC2/40 */
	PUBLISH_BLOB_3DES,   /* a signed blob: 3DES, RC2/128, RC2/40 */
	PUBLISH_BLOB_GCM,    /* a signed blob: AES-256-GCM, AES-128-CBC, OAEP */
	PUBLISH_EXPIRED,
	PUBLISH_UNTRUSTED,
	PUBLISH_GARBAGE,
};
void world_publish(struct world *world, const char *address, enum publish what);

/* Gives the address a certificate of the world's CA that says so, unpublished; and what it has.
 * Borrowed. */
X509 *world_issue(struct world *world, const char *address, const struct pki_certificate *says);
X509 *world_certificate(struct world *world, const char *address);
EVP_PKEY *world_key(struct world *world, const char *address);

/* The address is a mail group of these addresses (NULL at the end); a text without "@" is a member
 * without an address. incomplete: not all members are known. Borrowed. */
void world_group(
    struct world *world, const char *address, const char *const *members, bool incomplete);

/* The directory answers for the address after so long (milliseconds), -1: never, or with an error.
 */
void world_delay(struct world *world, const char *address, int ms);
void world_fail(struct world *world, const char *address);

/* Files of the world. */
const char *world_audit_file(const struct world *world);
const char *world_cache_folder(const struct world *world);
struct spool_space *world_space(struct world *world);
struct snapshot *world_snapshot(struct world *world);

/* A message on its way through. lines: header fields, an empty line, body, with LF line ends (made
 * CRLF in the body). to: addresses, NULL at the end. */
struct sent {
	struct message *message;
	const struct message_result *result;
	bool body_wanted; /* after the end of the header */
	int waits;        /* tickets that were waited for at the end of the header */
	int end_waits;    /* and at the end of the body */
};
struct sent world_send(
    struct world *world, const char *from, const char *const *to, const char *text);
void sent_free(struct sent *sent);

/* The body of a sealed message (base64 with CRLF), free(). */
char *sent_body(const struct sent *sent, size_t *size);

/* What the recipient reads: the inner entity, or NULL if the key of the address does not open it.
 * free(). */
char *sent_open(struct world *world, const struct sent *sent, const char *address);

/* Encrypts an entity as a client would, for the current certificate of each address (NULL at the
 * end); gives a whole message with the header fields given. free(). */
char *world_client_encrypts(struct world *world, const char *header, const EVP_CIPHER *cipher,
    const char *const *addresses, const char *entity);

/* The audit file's contents, free(). */
char *world_audit(const struct world *world);

/* Whether a text stands in one of the lines of the reply. */
bool sent_reply_has(const struct sent *sent, const char *text);

#endif
