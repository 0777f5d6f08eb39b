/*
 * What is read from one directory entry, wherever it came from: which attributes matter, which
 * addresses the entry claims, and how much of it is taken. Pure, any thread.
 */
#ifndef SMIME_DIRECTORY_ENTRY_H
#define SMIME_DIRECTORY_ENTRY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"
#include "mail/address.h"
#include "smime/findings.h"

/* Where entries keep their addresses (RFC 4524 2.16; Active Directory's list of all of them). */
#define ENTRY_MAIL "mail"
#define ENTRY_PROXY_ADDRESSES "proxyAddresses"

/* Values of one of these that are looked at: Active Directory holds no more than some 1,300 of an
 * attribute, and reading a million addresses takes seconds. What an entry says beyond, it does not
 * claim. */
#define ENTRY_ADDRESSES_MAX 5000

/* Whether a name is that of the attribute configured, whatever the case and options of either. */
bool entry_is_attribute(const char *configured, const char *name);

/*
 * Whether an attribute is one that the directory's section asks for; its kind, and its name as
 * configured without options. Options of either name (";binary", RFC 4522) and case don't matter.
 */
bool entry_attribute(const struct config_directory *directory, const char *name,
    enum finding_kind *kind, const char **attribute);

/* Whether an attribute holds the entry's own mail addresses, of which entry_address() makes one. */
bool entry_holds_addresses(const struct config_directory *directory, const char *name);

/*
 * The mail address in one value of an entry's address attribute: mail, and where the section is
 * for Active Directory the smtp: values of proxyAddresses. false: another attribute, another kind
 * of value (x400:, an empty one), or no address (then *broken, if given, is set). The caller frees
 * *address with address_free() after true.
 */
bool entry_address(const struct config_directory *directory, const char *name, const char *value,
    size_t size, struct address *address, bool *broken);

/* Which of an entry's addresses stands for it: the highest, above 0. mail first, then the one of
 * proxyAddresses that is marked as primary ("SMTP:"), then the others. */
int entry_address_rank(
    const struct config_directory *directory, const char *name, const char *value, size_t size);

/* One value to take. Everything is borrowed. */
struct entry_value {
	const char *dn;
	enum finding_kind kind;
	const char *attribute;
	const void *value;
	size_t size;
	bool claims; /* the entry's own addresses contain the one asked for, or its shorter form */
	const char *found_by; /* the shorter form (subaddress-delimiter), unless the entry claims
				 the address itself; NULL */
};

/* Adds the value within the section's limits: over value-size-limit as oversized, beyond
 * values-limit counted as left out. Empty values are nothing. */
MUST_CHECK int entry_add(struct findings *findings, const struct config_directory *directory,
    const struct entry_value *value, struct error *err);

#endif
