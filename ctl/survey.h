/*
 * What smimectl audit finds in a directory: each entry judged (survey_entry.c), counted (survey_count.c),
 * and shown (survey_print.c, survey_rows.c, survey_page.c). What it keeps does not grow with the
 * directory: each limit is below. One thread.
 */
#ifndef SMIME_CTL_SURVEY_H
#define SMIME_CTL_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/compiler.h"
#include "base/error.h"
#include "directory/census.h"
#include "judgement.h"
#include "smime/capabilities.h"
#include "tables/cipher.h"
#include "tables/reason.h"

/* CAs that are told apart; those of further ones are counted together. */
#define SURVEY_CAS_MAX 500
/* Bytes kept of a CA's name. */
#define SURVEY_NAME_MAX 400
/* Months of expiry that are told apart, from the present one on. */
#define SURVEY_MONTHS 24
/* Entries that can't be used, listed by name on the page: some ten sheets of paper. */
#define SURVEY_LISTED_MAX 100
/* Addresses and certificates remembered to find duplicates by, of 8 bytes each. */
#define SURVEY_SEEN_MAX ((size_t)1 << 20)

/* What may be found: a reason_id, or one of these above them. */
enum survey_kind {
	SURVEY_REASONS = REASON_COUNT - 1,
#define KIND(id, code, sentence, fails) SURVEY_##id,
#include "survey_kind.def"
#undef KIND
	SURVEY_KIND_COUNT
};
/* A set of them: bit 1 << kind. */
typedef uint64_t survey_kinds;
#define SURVEY_BIT(kind) ((survey_kinds)1 << (kind))
_Static_assert(SURVEY_KIND_COUNT <= 64, "a set of kinds has 64 bits");

const char *survey_kind_code(unsigned kind);
const char *survey_kind_sentence(unsigned kind);
/* Those that --fail-on means where it is not given. */
survey_kinds survey_kinds_default(void);
/* Reads codes with commas between them ("none": no kind), and adds them. ERROR_INPUT names the codes
 * that there are. */
MUST_CHECK int survey_kinds_read(const char *text, survey_kinds *kinds, struct error *err);

enum survey_standing {
	SURVEY_IS_USABLE,
	SURVEY_IS_UNUSABLE,
	SURVEY_IS_UNKNOWN,  /* for now: what is to be asked does not answer */
	SURVEY_IS_NAMELESS, /* no address: not judged */
	SURVEY_IS_OUTSIDE,  /* only addresses that the directory is not asked for: not judged */
	SURVEY_STANDINGS
};

/* One entry. All is borrowed. */
struct survey_row {
	const struct config_directory *directory;
	const struct census_entry *entry;
	const struct address *address;     /* for which it was judged; NULL: not */
	const struct judgement *judgement; /* NULL: not judged */
	const struct recipient *record;    /* the same */
	const struct plan_recipient *planned;
	enum survey_standing standing;
	survey_kinds kinds;
	const struct cipher *cipher; /* the strongest that can be read; NULL: none, or unusable */
	bool published;              /* by what is published; else it is assumed */
	time_t expires;              /* of the last usable certificate; 0: none */
	uint32_t weak_clients;       /* that would use 40 bits: bit 1 << enum client */
};

struct survey_seen;

struct survey_ca {
	char name[SURVEY_NAME_MAX];
	char sha256[65]; /* "": known by name only */
	uint64_t count;
	uint64_t reasons[REASON_COUNT];
};

struct survey_listed {
	char *address;
	char *detail;
	enum reason_id reason;
	time_t expires; /* of the certificate that the reason speaks of; 0: none */
};

struct survey {
	time_t at;
	int days; /* within which an expiry is soon */
	bool exact_local;
	uint64_t entries;
	uint64_t broken; /* records of files that could not be read */
	uint64_t standing[SURVEY_STANDINGS];
	uint64_t by_reason[REASON_COUNT];   /* entries that can't be used, each by one */
	uint64_t found[SURVEY_KIND_COUNT];  /* entries that have it */
	uint64_t digital_ids[REASON_COUNT]; /* by verdict; and REASON_STALE */
	uint64_t weak[CLIENT_COUNT];
	uint64_t published[CIPHER_COUNT]; /* usable entries by their strongest cipher */
	uint64_t assumed[CIPHER_COUNT];
	uint64_t months[SURVEY_MONTHS + 1]; /* usable entries by their expiry; the last: later */
	struct survey_ca *cas;
	size_t ca_count;
	uint64_t other_cas; /* digital IDs of CAs beyond SURVEY_CAS_MAX */
	struct survey_listed *listed;
	size_t listed_count;
	struct survey_seen *seen;
	bool seen_full; /* duplicates of what came later were not looked for */
};

/* at: the moment of judgement. 0/-1; then survey_free(). */
MUST_CHECK int survey_init(
    struct survey *survey, time_t at, int days, bool exact_local, struct error *err);
void survey_free(struct survey *survey);

/* The address that an entry is judged for: its first that the directory is asked for. NULL: none. */
const struct address *survey_address(
    const struct config_directory *directory, const struct census_entry *entry);

/* Fills in what follows from directory, entry, address, and judgement (NULL: not judged). 0/-1. */
MUST_CHECK int survey_find(struct survey *survey, struct survey_row *row, struct error *err);

/* Counts it. 0/-1. */
MUST_CHECK int survey_add(struct survey *survey, const struct survey_row *row, struct error *err);

/* All has been added: puts the CAs in order, those with most failures first. */
void survey_sort(struct survey *survey);

/* survey_seen.c, with room for so many, of which three quarters are used. NULL without memory. */
struct survey_seen *survey_seen_new(size_t room);
void survey_seen_free(struct survey_seen *seen);
/* Whether it is new in its scope. What can't be remembered any more is taken for new, which *full tells. */
bool survey_seen_first(struct survey_seen *seen, const char *what, size_t scope, bool *full);

/* One entry, in the form asked for. */
enum survey_form { SURVEY_SUMMARY, SURVEY_TABLE, SURVEY_CSV, SURVEY_JSON };
void survey_print_head(enum survey_form form);
void survey_print_row(enum survey_form form, const struct survey_row *row);

/* All of them. incomplete: why they are not all; NULL: they are. */
void survey_print_summary(const struct survey *survey, const char *incomplete);
json_t *survey_json(const struct survey *survey, const char *incomplete);
MUST_CHECK int survey_write_page(const struct survey *survey, const char *path,
    const char *directories, const char *incomplete, struct error *err);

/* The name of a month of survey.months: "2026-11", or "later". */
const char *survey_month(const struct survey *survey, size_t month, char text[16]);

#endif
