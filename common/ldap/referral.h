/*
 * Referrals (RFC 4511 sections 4.1.10 and 4.5.3): only to the servers that the section lists, by
 * their listed URI, with the section's own credentials. Loop thread.
 */
#ifndef SMIME_LDAP_REFERRAL_H
#define SMIME_LDAP_REFERRAL_H

#include "ldap/pool_private.h"

/* Referrals followed by one search. More are an error: what is behind them is not known. */
#define REFERRALS_MAX 16
/* Referrals that lead to one another. */
#define REFERRAL_DEPTH_MAX 5
/* Alternatives that are looked at in one referral. */
#define REFERRAL_ALTERNATIVES_MAX 100
/* Bytes of a URL that is followed: libldap encodes its filter recursively, with a copy of the rest for
 * each level, so that one of 300 KB takes gigabytes. */
#define REFERRAL_URL_MAX 4096

enum referral {
	REFERRAL_ADDED,    /* a further leg of the search */
	REFERRAL_UNLISTED, /* it leads elsewhere */
	REFERRAL_KNOWN,    /* it leads where the search has been */
	REFERRAL_FAILED,   /* too many; err says so */
};

/* Host and port of a URI, port 0 for its scheme's own. free(*host); NULL: it has none. */
void referral_place(const char *uri, char **host, int *port);

/* Adds what one referral (alternatives that hold the same) leads to. */
enum referral referral_add(struct pool_search *search, char *const *uris, struct error *err);

#endif
