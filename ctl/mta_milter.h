/*
 * A milter as an MTA names it: the items of Postfix's lists, and where a name leads. Pure, any
 * thread.
 */
#ifndef SMIME_CTL_MTA_MILTER_H
#define SMIME_CTL_MTA_MILTER_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of one item; longer ones are cut, and then are nobody we know. */
#define MTA_MILTER_MAX 512

/* One item of smtpd_milters: "unix:/x", or "{ unix:/x, default_action=accept }". */
struct mta_milter {
	char endpoint[MTA_MILTER_MAX];
	char settings[MTA_MILTER_MAX]; /* what follows it within the braces; "" */
};

/* Takes the next item off a list; false at its end. */
bool mta_milter_next(const char **list, struct mta_milter *item);

/* A setting of the item alone, written to value; false if it has none of that name. */
bool mta_milter_setting(const struct mta_milter *item, const char *name, char *value, size_t size);

/* What others do whose names tell it. */
enum mta_milter_kind {
	MTA_MILTER_UNKNOWN,
	MTA_MILTER_SIGNER,  /* DKIM or ARC: signs what it sees */
	MTA_MILTER_SCANNER, /* reads content, changes little, signs nothing */
	MTA_MILTER_BOTH,    /* rspamd: scans, and may sign */
};
enum mta_milter_kind mta_milter_kind(const char *endpoint);

/* Whether an endpoint is the daemon's, who listens at `listen` (as in the configuration). */
enum mta_milter_reach {
	MTA_MILTER_ELSE,    /* another milter */
	MTA_MILTER_REACHED, /* ours */
	MTA_MILTER_OUTSIDE, /* ours by name, but a chroot is in the way */
	MTA_MILTER_INSIDE,  /* the name that it has within the chroot, but there is no chroot */
};
/* chroot: what an absolute path is below; NULL: nothing. folder: what a relative path is below. Of a
 * chrooted process both are the same. */
enum mta_milter_reach mta_milter_reach(
    const char *endpoint, const char *listen, const char *folder, bool chrooted);

/* How a process names the daemon's socket, written to name. false: a chroot is in the way. */
bool mta_milter_name(
    const char *listen, const char *folder, bool chrooted, char *name, size_t size);

#endif
