/*
 * CAs that an administrator has added with smimectl: a folder (the setting added-trust) with a PEM
 * file each. Lines in front of the certificate say what it counts for, and are for people to read and
 * change:
 *
 *   For: partner.example          a recipient domain, as `for` of a trust section takes it; a line
 *   For: .partner.example         each, or several with commas. A file without one counts for nobody
 *   Added: 2026-11-25T12:00:00Z by root
 *   Subject: CN=Partner CA        these three are for people only
 *   SHA-256: …
 *   -----BEGIN CERTIFICATE-----
 *
 * An intermediate may be an anchor. Any thread.
 */
#ifndef SMIME_SMIME_TRUST_ADDED_H
#define SMIME_SMIME_TRUST_ADDED_H

#include <openssl/x509.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"

/* Files in the folder: an administrator adds them one by one. */
#define TRUST_ADDED_MAX 1000

/* A file of the folder. */
struct trust_added {
	char *file;             /* its path; NULL: not written yet */
	struct strings domains; /* sorted, each once */
	STACK_OF(X509) * certificates;
};

struct trust_added_list {
	struct trust_added *items;
	size_t count;
};

/* Adds a domain (as address_domain_parse() gives it; copied) in its place, if it is not there. */
MUST_CHECK int trust_added_domain(struct trust_added *added, const char *domain, struct error *err);

/* Reads the folder in the order of names. One that is not there, or NULL or "", is empty. What others
 * than owner and group may write to, and files that are not as above, are logged and do not count. -1
 * without memory, beyond TRUST_ADDED_MAX, or where the folder can't be read. */
MUST_CHECK int trust_added_read(
    const char *folder, struct trust_added_list *list, struct error *err);

/* Adds a copy. */
MUST_CHECK int trust_added_list_add(
    struct trust_added_list *list, const struct trust_added *added, struct error *err);
void trust_added_list_free(struct trust_added_list *list);
void trust_added_clear(struct trust_added *added);

/* The item that holds this certificate, by its SHA-256 in lower-case hex, and no other; NULL. */
struct trust_added *trust_added_find(const struct trust_added_list *list, const char *sha256);

/* Writes the file of the one certificate, whole or not at all, and safe from a crash: a new one (its
 * name is from the SHA-256; file is set), or in place of the old one. Makes the folder, if its
 * parent is there. who: for people. ERROR_PERMANENT says what is in the way. */
MUST_CHECK int trust_added_write(
    const char *folder, struct trust_added *added, const char *who, struct error *err);

/* Removes the file. */
MUST_CHECK int trust_added_remove(const struct trust_added *added, struct error *err);

/* trust_load.c's: makes a section of each set of domains in the list, behind the configured ones.
 * Its settings are those of the first configured section for these domains, else the defaults. */
struct trust;
MUST_CHECK int trust_added_load(struct trust *trust, const struct config *config,
    const struct trust_added_list *list, struct error *err);

#endif
