/*
 * CA certificates that a directory holds for one trust section. Filled value by value as they come
 * (one thread); judged once, against those that came before; immutable from then on, and given to
 * trust_extend(). Nothing here says whether the directory may be believed: that is the caller's.
 */
#ifndef SMIME_SMIME_TRUST_PUBLISHED_H
#define SMIME_SMIME_TRUST_PUBLISHED_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/compiler.h"
#include "base/error.h"
#include "smime/trust.h"

/* Values for one section: a whole forest's CAs, many times over, as TRUST_FOLDER_MAX. */
#define TRUST_PUBLISHED_MAX 20000
/* Bytes of them together: so many of the largest that are usual (4 KB). */
#define TRUST_PUBLISHED_BYTES_MAX ((size_t)80 << 20)

enum trust_published_kind { TRUST_PUBLISHED_ANCHOR, TRUST_PUBLISHED_INTERMEDIATE };

struct trust_published;

struct trust_published *trust_published_new(void); /* NULL without memory */
void trust_published_free(struct trust_published *published);

/* Adds a copy of one value, whatever it is. ERROR_LIMIT beyond the limits above: then none of what
 * the directory holds is to be used, for it is not all. */
MUST_CHECK int trust_published_add(struct trust_published *published,
    enum trust_published_kind kind, const void *value, size_t size, struct error *err);

/* How many there are; and dropping all but the first `count`: they are to come again. */
size_t trust_published_count(const struct trust_published *published);
void trust_published_cut(struct trust_published *published, size_t count);

/*
 * Parses and judges the values for a section of the trust (its index) as of `at`; directory is its
 * title. What is no certificate, no CA's by basicConstraints (RFC 5280 4.2.1.9), not meant for mail,
 * expired, or has a key that the section refuses is left out. What stands in `before` (may be NULL)
 * is not parsed again. Logs what came, went or is left out since `before`, each with subject and
 * SHA-256; *changed: whether what counts is not the same. CPU only. -1 without memory.
 */
MUST_CHECK int trust_published_judge(struct trust_published *published,
    const struct trust_published *before, const struct trust *trust, size_t section,
    const char *directory, time_t at, bool *changed, struct error *err);

/* How many of a kind count, once judged. */
size_t trust_published_usable(
    const struct trust_published *published, enum trust_published_kind kind);

#endif
