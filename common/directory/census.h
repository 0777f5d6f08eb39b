/*
 * A census: every entry of one directory section that publishes a blob or a certificate, page by page,
 * from its LDAP servers or its LDIF file. For commands that go through a whole directory (audit,
 * publish, clean); mail asks the resolver.
 *
 * A thread of its own reads ahead: LDAP in pages (RFC 2696) through a pool of its own (ldap/pool.h),
 * a file record by record. Two pages at most are in memory, whatever the size of the directory. The
 * caller, one thread, takes page after page and takes its time: nothing is under way meanwhile that
 * could be late, as the next page but one is asked for only when there is room for it.
 *
 * What the servers are asked for is what the section's filter would find for any address: its
 * template with an asterisk for %a, %l and %d, and one of its certificate attributes. An entry's
 * addresses are what stands in mail, and with kind = active-directory in proxyAddresses: it may have
 * none, and then no look-up finds it in a file, and none in servers by the default filter.
 */
#ifndef SMIME_DIRECTORY_CENSUS_H
#define SMIME_DIRECTORY_CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"
#include "mail/address.h"
#include "smime/findings.h"

/* Entries of one page: a megabyte of digital IDs of the usual size. */
#define CENSUS_PAGE_ENTRIES 250
/* Bytes of one entry's values; those beyond are left out, lest one entry hide its neighbours. Real
 * ones have some 100 KB at most. */
#define CENSUS_ENTRY_BYTES ((size_t)2 << 20)
/* Bytes of one page. Of entries so large that it would hold more, values are left out; where it has
 * more entries than were asked for, the server knows no pages, and the directory is too large for
 * that: an error. */
#define CENSUS_PAGE_BYTES ((size_t)64 << 20)
/* Pages of one directory: a server that goes on after 25 million entries lies. */
#define CENSUS_PAGES_MAX 100000
/* Addresses of one entry that are told; a mailbox has some 30 at most. */
#define CENSUS_ADDRESSES_MAX 200

/* One value of smime-attribute (FINDING_BLOB), certificate-attribute (FINDING_CERTIFICATE) or
 * ca-attribute (FINDING_CA), as it stands there: doubles are kept. */
struct census_value {
	enum finding_kind kind;
	const char *attribute; /* as configured, without options: the configuration's */
	char *name;            /* as the server or file names it: "userCertificate;binary" */
	unsigned char *value;  /* NULL where it is larger than value-size-limit */
	size_t size;           /* its real size */
};

struct census_entry {
	char *dn;
	char *csn;                 /* entryCSN; NULL: not asked for, or there is none */
	struct address *addresses; /* the one that stands for the entry first (mail); each once */
	size_t address_count;
	size_t addresses_broken; /* values that are no address */
	struct census_value *values;
	size_t value_count;
	size_t left_out; /* values beyond values-limit and what is above, and addresses likewise */
};

struct census_page {
	struct census_entry *entries;
	size_t count;
};

struct census_options {
	bool csn;   /* ask for entryCSN, which a write asserts (RFC 4528) */
	bool count; /* servers only: just count, which is quick: pages come without entries, and
		       census_progress() tells how many there are */
	bool all;   /* also entries that publish nothing yet */
	const char
	    *filter; /* what servers are asked for instead (RFC 4515); NULL: see above. A file
			       is always gone through as a whole */
};

struct census;

enum census_state {
	CENSUS_WAIT,   /* nothing yet, when the time is over */
	CENSUS_PAGE,   /* here is one */
	CENSUS_END,    /* that was all */
	CENSUS_CUT,    /* the server gives no more (its size limit for this bind-dn): err says so */
	CENSUS_FAILED, /* err says why; what came before counts */
};

/*
 * Begins. directory is borrowed to the end, options copied. workers of its own connect. The first one
 * sets LDAPNOINIT (ldap/connection.h): before other threads start, or main does that itself. NULL on
 * error; a server that is down, or a file that can't be read, is told by census_next().
 */
struct census *census_new(const struct config_directory *directory,
    const struct census_options *options, struct error *err);

/*
 * The next page, waiting for it until until_ms (clock_monotonic_ms()). *page is the census's, and
 * lives until the next call that gives one, or census_free(). Never after CENSUS_END, _CUT or
 * _FAILED. A first page that was lost half-way is asked for again elsewhere; a later one can't be
 * (its place is the connection's own), which is CENSUS_FAILED.
 */
enum census_state census_next(
    struct census *census, int64_t until_ms, const struct census_page **page, struct error *err);

/* How far it has come: entries read, and how many there are about, or bytes of the file; total 0: not
 * known. */
struct census_progress {
	size_t entries;
	uint64_t done;
	uint64_t total;
	size_t broken; /* records of a file that were skipped */
};
void census_progress(struct census *census, struct census_progress *progress);

/* Ends what is under way. NULL is legal. */
void census_free(struct census *census);

/* What a look-up of one of its addresses would find in this entry alone, to be judged
 * (findings_unref()). NULL without memory. */
struct findings *census_findings(
    const struct config_directory *directory, const struct census_entry *entry, struct error *err);

/* The filter that a census asks with, unless it is given one (free()). NULL on error. */
char *census_filter(const struct config_directory *directory, struct error *err);

#endif
