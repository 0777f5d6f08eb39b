/*
 * Mail addresses (RFC 5321 4.1.2, RFC 6531) and the patterns that rules match them with. Values are
 * owned by whoever holds the struct; nothing is shared; any thread.
 */
#ifndef SMIME_MAIL_ADDRESS_H
#define SMIME_MAIL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"

/* Longest address taken, in bytes: RFC 5321 4.5.3.1 allows 64 + 1 + 255, UTF-8 (RFC 6531) needs
 * more. */
#define ADDRESS_MAX 1024

struct address {
	char *text; /* canonical: local part as given but quoted only where it must be, "@", domain;
		       equal texts are the same mailbox, different ones differ in local part or
		       domain; "<>" for the null address. For people and as a key. */
	char *local;  /* local part without quoting; "" for the null address */
	char *domain; /* lower-case A-labels (RFC 5890), no trailing dot; "" for the null address */
};

#define ADDRESS_INIT             \
	{                        \
		NULL, NULL, NULL \
	}

/*
 * Parses what stands in MAIL FROM or RCPT TO, or what a user typed: with or without angle brackets,
 * a source route dropped, quoted local parts, UTF-8 in either part, address literals
 * ([192.0.2.1], [IPv6:…]). "<>" and "" give the null address. A local part alone
 * (RCPT TO:<postmaster>, RFC 5321 4.1.1.3, or what a local program hands in for the MTA to
 * complete) is taken with domain "": no directory, rule for a domain or certificate is for it.
 * ERROR_INPUT for anything else, ERROR_LIMIT beyond ADDRESS_MAX. On success the caller frees with
 * address_free(); otherwise *address is unchanged.
 */
MUST_CHECK int address_parse(const char *text, struct address *address, struct error *err);

/*
 * How many bytes of an argument of MAIL FROM or RCPT TO are the path: up to its ">" outside quotes, or,
 * where it has no brackets, up to the first blank outside quotes. Some MTAs (Sendmail 8.17) leave the
 * ESMTP parameters standing behind it.
 */
size_t address_path_length(const char *argument);

MUST_CHECK int address_copy(const struct address *from, struct address *to, struct error *err);
void address_free(struct address *address);

bool address_is_null(const struct address *address);

/* Same mailbox: domain without regard to case; local part too unless exact_local (RFC 8550 section
 * 3 leaves the choice to policy). Of letters that are one only to some, such as "ß" and "ss", each
 * stands for itself. */
bool address_equal(const struct address *a, const struct address *b, bool exact_local);

/* Whether an MTA could take them for the same mailbox, even where address_equal() does not: to decide
 * which rule holds, never whose certificate it is. */
bool address_alike(const struct address *a, const struct address *b);

/* A text that is the same for two addresses exactly if they are equal in this sense; to sort and
 * look up many. free(). NULL without memory. */
char *address_fold(const struct address *address, bool exact_local, struct error *err);

/*
 * A local part such as "user%domain", "domain!user" or a quoted "user@domain" may be another
 * address: an MTA that takes the outer domain for its own, or finds none, sends the mail there
 * (Postfix by default: resolve_dequoted_address, allow_percent_hack, swap_bangpath). That address,
 * in *inner where it is FOUND; it may hold one more. NONE for nearly all addresses; UNREADABLE
 * (err says why) where it looks like one, but is none that can be judged.
 */
enum address_inner {
	ADDRESS_INNER_NONE,
	ADDRESS_INNER_FOUND,
	ADDRESS_INNER_UNREADABLE,
};
enum address_inner address_inner(
    const struct address *address, struct address *inner, struct error *err);

/*
 * The domain's U-label form (RFC 5891) to ask directories that store it so, in *out (free()).
 * NULL in *out where it is the same as domain. 0/-1.
 */
MUST_CHECK int address_unicode_domain(const struct address *address, char **out, struct error *err);

/*
 * A pattern of a rule:
 *   "user@example.org"  that address
 *   "@example.org"      every address of that domain
 *   "@.example.org"     every address of its subdomains, at any depth, not of itself
 *   "<>"                the null sender
 *   "*"                 every address but the null sender
 * Domains may be given in either form.
 */
struct address_pattern {
	enum {
		PATTERN_ADDRESS,
		PATTERN_DOMAIN,
		PATTERN_SUBDOMAINS,
		PATTERN_NULL,
		PATTERN_ANY,
	} kind;
	char *text;             /* as written in the configuration */
	struct address address; /* local "" for the domain kinds */
};

MUST_CHECK int address_pattern_parse(
    const char *text, struct address_pattern *pattern, struct error *err);
void address_pattern_free(struct address_pattern *pattern);
bool address_pattern_matches(const struct address_pattern *pattern, const struct address *address);

/* A bare domain or ".domain" (subdomains) as `domains = {…}` uses it ("*": all); lower-case
 * A-labels in *out (free()), a leading dot kept. */
MUST_CHECK int address_domain_parse(const char *text, char **out, struct error *err);
/* Whether such a domain pattern covers the domain (already lower-case A-labels). */
bool address_domain_covers(const char *pattern, const char *domain);
/* Whether any of the patterns does. Of the null address's domain, "", only "*" is one. */
bool address_domain_is_covered(const char *domain, char *const *patterns, size_t count);

#endif
