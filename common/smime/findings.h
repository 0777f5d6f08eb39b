/*
 * What directories hold for one address, unjudged: the raw values, and where each was found. Filled
 * by the directory room, judged by smime/recipient. Immutable once shared; reference-counted.
 */
#ifndef SMIME_SMIME_FINDINGS_H
#define SMIME_SMIME_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"

enum finding_kind {
	FINDING_BLOB,        /* userSMIMECertificate: SignedData or the TLV form */
	FINDING_CERTIFICATE, /* userCertificate: one DER certificate */
	FINDING_CA,          /* cACertificate: an intermediate to build with */
};

struct finding {
	enum finding_kind kind;
	char *directory; /* title of the directory section */
	char *dn;
	char *attribute; /* as configured, without options */
	unsigned char *value;
	size_t size;
	bool oversized;     /* larger than value-size-limit: value holds nothing */
	bool bind_by_entry; /* the directory lets a certificate without address count */
	char *address;      /* the address that the entry was found by, where that is not the one
			       asked for (subaddress-delimiter): a certificate may name either;
			       NULL */
};

/* Members of a mail group, as its entry names them. */
struct findings_group {
	char **addresses; /* of members that have one: struct address.text, each once */
	size_t address_count;
	char **nameless; /* DNs of members that are there (or are said to be) without an address */
	size_t nameless_count;
	bool incomplete; /* more members, or deeper groups, than the limits allow */
};

struct findings {
	struct finding *items;
	size_t count;
	size_t entries;    /* directory entries that claim the address */
	size_t left_out;   /* values beyond values-limit */
	bool many_entries; /* several entries claim the address: no binding by entry */
	struct findings_group *group; /* NULL: no group, or one that publishes for itself */
	size_t bytes;                 /* about what this costs in memory */
	int references;    /* findings_ref/findings_unref only */
};

struct findings *findings_new(void); /* NULL without memory */

/* Whether the same kind and value is among them already. */
bool findings_contain(const struct findings *findings, const struct finding *finding);

/* Appends a copy; the same kind and value found twice is kept once (the first). Of an oversized
 * one neither value nor size is kept. */
MUST_CHECK int findings_add(
    struct findings *findings, const struct finding *finding, struct error *err);

/* Atomic; unref(NULL) is legal. */
struct findings *findings_ref(struct findings *findings);
void findings_unref(struct findings *findings);

#endif
