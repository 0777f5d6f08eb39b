/*
 * One search of an LDAP directory: the question that goes out, and what an entry of the answer adds
 * to the findings. Loop thread.
 */
#ifndef SMIME_DIRECTORY_SEARCH_H
#define SMIME_DIRECTORY_SEARCH_H

#include <ldap.h>
#include <stdbool.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"
#include "ldap/pool.h"
#include "mail/address.h"
#include "smime/findings.h"

/* What a section asks its server for. */
struct search {
	const struct config_directory *directory;
	bool exact_local;
	bool by_other;     /* the filter finds entries by more than their own addresses */
	char **attributes; /* NULL-terminated */
	char **owner;      /* the last of them: addresses, and with groups = expand members */
};

/*
 * Each attribute is asked for under both names, with and without ";binary": servers differ in which
 * of the two they answer at all (RFC 4522; OpenLDAP gives nothing for
 * "userSMIMECertificate;binary"). 0/-1; then search_clear().
 */
MUST_CHECK int search_init(struct search *search, const struct config_directory *directory,
    bool exact_local, struct error *err);
void search_clear(struct search *search);

/* What the pool is asked; borrows the filter and the search's attributes. */
struct pool_question search_question(
    const struct search *search, const char *filter, int64_t deadline_ms);

/* Whose entry a search has found. Servers take more for equal than we do: other case, more blanks. */
enum search_match {
	SEARCH_MATCH_NONE,    /* somebody else's */
	SEARCH_MATCH_SHORTER, /* that of the address without its detail (subaddress-delimiter) */
	SEARCH_MATCH_ADDRESS, /* that of the address; a filter that finds entries by other attributes
				 than their addresses is believed */
};

/*
 * Adds what an entry holds. Entries beyond entries-limit are only counted. An entry whose own
 * addresses don't contain the one asked for counts, but not as a binding (bind_by_entry); one that
 * contains it in another case, where that makes it another's, does not count at all. *match: of
 * one that was not beyond the limit. 0/-1.
 */
MUST_CHECK int search_take_entry(const struct search *search, LDAP *ld, LDAPMessage *message,
    const struct address *address, struct findings *findings, enum search_match *match,
    struct error *err);

#endif
