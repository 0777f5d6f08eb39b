/*
 * The header fields of one message, in order, as the MTA handed them over. Owned by the message;
 * one thread at a time.
 */
#ifndef SMIME_MAIL_HEADER_H
#define SMIME_MAIL_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"

/* Over these the message is not one we can judge (REASON_TOO_LARGE). Postfix stops at 100 KB itself
 * (header_size_limit), Sendmail at 32 KB. */
#define HEADER_FIELDS_MAX 2000
#define HEADER_BYTES_MAX ((size_t)1 << 20)

struct header_field {
	char *name;
	char *value;    /* raw, with its leading space and its folds (LF or CRLF, as they came) */
	int occurrence; /* 1 for the first field of this name (case-insensitive): smfi_chgheader's
			   index */
};

struct header {
	struct header_field *fields;
	size_t count;
	size_t bytes;
};

#define HEADER_INIT        \
	{                  \
		NULL, 0, 0 \
	}

/* Appends a copy. ERROR_LIMIT beyond the limits; then the header is unchanged. */
MUST_CHECK int header_append(
    struct header *header, const char *name, const char *value, struct error *err);
void header_free(struct header *header);

/* The nth (from 0) field of this name, or NULL. */
const struct header_field *header_find(const struct header *header, const char *name, size_t nth);

/* "Content-…": the fields that move inside when a message is sealed (RFC 8551 3.1). MIME-Version
 * stays outside. */
bool header_is_content(const char *name);

/* The value without its folds (RFC 5322 2.2.3), trimmed, otherwise raw. free(). NULL only without
 * memory. */
char *header_unfold(const char *value);

/* The value unfolded and decoded (RFC 2047) to UTF-8, trimmed; what can't be decoded stays raw.
 * free(). NULL only without memory. */
char *header_decode(const char *value);

/*
 * The addresses of all To, Cc, Resent-To and Resent-Cc fields, groups included, each a normalised
 * text of address_parse(), in *texts (array and members freed by header_addresses_free); an address
 * named twice is there twice. What is no address, or stands beyond an unclosed quote or comment,
 * contributes nothing. Looks at ADDRESS_LIST_MAX items at most, those that are no addresses
 * included.
 */
#define ADDRESS_LIST_MAX 10000
MUST_CHECK int header_visible_recipients(
    const struct header *header, char ***texts, size_t *count, struct error *err);
void header_addresses_free(char **texts, size_t count);

/* The same of From, and then of Sender; none at all where either field is there twice. */
MUST_CHECK int header_senders(
    const struct header *header, char ***texts, size_t *count, struct error *err);

/*
 * A marker such as "[secure]" in the subject, without regard to case. It counts in every Subject
 * field, raw or decoded, so that an undecodable or second Subject can't hide it. *no_memory is set
 * where a field could not be read.
 */
bool header_subject_has(const struct header *header, const char *marker, bool *no_memory);

/* The decoded subject value without the marker and the blanks around it, encoded again for the wire
 * (RFC 2047, folded with LF, leading space included), free(). NULL in *out if the field has no
 * marker. */
MUST_CHECK int header_subject_strip(
    const char *value, const char *marker, char **out, struct error *err);

/* Whether a field named `name` exists, with `value` (decoded, trimmed, without case) unless NULL.
 */
bool header_matches(
    const struct header *header, const char *name, const char *value, bool *no_memory);

#endif
