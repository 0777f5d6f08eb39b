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
	bool may_follow;    /* the directory lets a certificate's URLs be asked (AIA) */
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
	bool incomplete; /* there are more: members, or deeper groups, than the limits allow */
	bool partial;    /* incomplete because a file holds only a part of a group's members */
	bool dynamic; /* incomplete because members are to be searched for (dynamic-attributes) */
};

struct findings {
	struct finding *items;
	size_t count;
	size_t entries;               /* directory entries that claim the address */
	size_t left_out;              /* values beyond values-limit */
	bool unasked;                 /* no directory is for the address's domain */
	bool many_entries;            /* several entries claim the address: no binding by entry */
	struct findings_group *group; /* NULL: no group, or one that publishes for itself */
	size_t bytes;                 /* about what this costs in memory */
	int references;               /* findings_ref/findings_unref only */
};

struct findings *findings_new(void); /* NULL without memory */

/* Whether anything is published: a value (looked at or not), or a group. */
bool findings_hold(const struct findings *findings);

/* Whether a digital ID may be among them: a blob or a certificate, looked at or not. */
bool findings_hold_digital_ids(const struct findings *findings);

/* Whether the same kind and value is among them already. */
bool findings_contain(const struct findings *findings, const struct finding *finding);

/* Appends a copy; the same kind and value found twice is kept once (the first). Of an oversized
 * one neither value nor size is kept. */
MUST_CHECK int findings_add(
    struct findings *findings, const struct finding *finding, struct error *err);

/* A group to fill in: one owner, not shared. Both of add's texts are copied. */
struct findings_group *findings_group_new(void); /* NULL without memory */
MUST_CHECK int findings_group_add(
    struct findings_group *group, const char *address, struct error *err);
MUST_CHECK int findings_group_add_nameless(
    struct findings_group *group, const char *dn, struct error *err);
void findings_group_free(struct findings_group *group); /* NULL is legal */

/* Gives the group to the findings, in place of one they had. What was added twice stands once. */
void findings_set_group(struct findings *findings, struct findings_group *group);

/* What both hold, of two directories, as new findings: the first one's values before the other's.
 * A group beside digital IDs is none; two groups are one. NULL on error. */
struct findings *findings_merge(
    const struct findings *first, const struct findings *other, struct error *err);

/* Forgets the digital IDs that were found by the address's shorter form only (finding.address). Not
 * once shared. */
void findings_forget_shorter(struct findings *findings);

/* Where values were found by the very address that was asked for, forgets the digital IDs that were
 * found by its shorter form only (finding.address). Not once shared. */
void findings_prefer_exact(struct findings *findings);

/* Atomic; unref(NULL) is legal. */
struct findings *findings_ref(struct findings *findings);
void findings_unref(struct findings *findings);

#endif
