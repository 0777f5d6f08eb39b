/*
 * What one directory entry says of a mail group: the entry's own address, and its members as it
 * names them. Filled attribute by attribute, from an LDAP message or an LDIF record. Owned by one.
 */
#ifndef SMIME_DIRECTORY_GROUP_ENTRY_H
#define SMIME_DIRECTORY_GROUP_ENTRY_H

#include <ldap.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"

struct group_member {
	bool is_address; /* else a DN */
	char *text;
};

struct group_entry {
	char *address; /* its own, as it stands there: of mail, or the primary one of
			  proxyAddresses; NULL */
	int rank;      /* how good that one is */
	size_t looked; /* values that could have been one */
	struct group_member *members;
	size_t member_count;
	bool is_group; /* it has an attribute of members, be it without a value */
	bool dynamic;  /* members are to be searched for, too (dynamic-attributes) */
	bool cut;      /* more members than were taken */
	char *more;    /* attribute whose values go on at more_from: Active Directory hands out
			      1,500 at a time; NULL */
	unsigned more_from;
	unsigned from; /* where a part is to begin: what it leaves out, nobody knows */
	bool goes_on;  /* after the last part that group_entry_note_part() was told of */
};

#define GROUP_ENTRY_INIT                                                    \
	{                                                                   \
		NULL, 0, 0, NULL, 0, false, false, false, NULL, 0, 0, false \
	}

void group_entry_clear(struct group_entry *entry);

/* Takes up one value, of any attribute; empty ones are nothing. Beyond `most` members only that
 * there are more. 0/-1. */
MUST_CHECK int group_entry_add(struct group_entry *entry, const struct config_directory *directory,
    const char *name, const struct berval *value, size_t most, struct error *err);

/* Notes in which part a value of a file stands: an export may hold the first part alone, as the server
 * gave it. Before group_entry_add(). 0/-1. */
MUST_CHECK int group_entry_note_part(struct group_entry *entry,
    const struct config_directory *directory, const char *name, struct error *err);

/* Takes up an entry of a search's answer. 0/-1. */
MUST_CHECK int group_entry_read(struct group_entry *entry, const struct config_directory *directory,
    LDAP *ld, LDAPMessage *message, size_t most, struct error *err);

#endif
