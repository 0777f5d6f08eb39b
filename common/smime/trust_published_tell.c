/* What a directory's CA certificates are told of: an administrator must see which came and went. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "smime/trust_published_item.h"

struct telling {
	const struct trust_section *section;
	const char *directory;
	bool changed;
};

static void
tell_certificate(const struct telling *telling, const struct trust_published_item *item,
    const char *what, const char *fingerprint)
{
	char *subject = certificate_name_text(X509_get_subject_name(item->x509));
	char date[CLOCK_TEXT_SIZE];
	time_t end = 0;

	certificate_read_time(X509_get0_notAfter(item->x509), &end);
	log_info("trust \"%s\": directory \"%s\": %s %s: %s, valid until %s, SHA-256 %s",
	    telling->section->title, telling->directory,
	    item->kind == TRUST_PUBLISHED_ANCHOR ? "anchor" : "intermediate", what,
	    subject != NULL ? subject : "?", clock_format_date(end, date), fingerprint);
	free(subject);
}

/* One certificate, as it was (or NULL) and as it is (or NULL). */
static void
tell_one(struct telling *telling, const struct trust_published_item *was,
    const struct trust_published_item *is)
{
	bool counted = was != NULL && was->x509 != NULL;
	bool counts = is != NULL && is->x509 != NULL;
	char fingerprint[2 * SHA256_DIGEST_LENGTH + 1];

	hex_lower((is != NULL ? is : was)->sha256, SHA256_DIGEST_LENGTH, fingerprint);
	if (counts != counted)
		telling->changed = true;
	if (counts && !counted)
		tell_certificate(telling, is, "added", fingerprint);
	if (counted && !counts)
		tell_certificate(telling, was, "removed", fingerprint);
	if (is != NULL && !counts && (was == NULL || counted))
		log_warning("trust \"%s\": directory \"%s\": %s left out: %s (SHA-256 %s)",
		    telling->section->title, telling->directory,
		    is->kind == TRUST_PUBLISHED_ANCHOR ? "anchor" : "intermediate", is->why,
		    fingerprint);
}

bool
trust_published_tell(const struct trust_published *before, const struct trust_published *after,
    const struct trust_section *section, const char *directory)
{
	struct telling telling = {section, directory, false};
	size_t old_count = before != NULL ? before->count : 0;
	size_t old = 0;
	size_t new = 0;
	int order;

	while (old < old_count || new < after->count) {
		if (old == old_count)
			order = 1;
		else if (new == after->count)
			order = -1;
		else
			order = trust_published_compare(&before->items[old], &after->items[new]);
		tell_one(&telling, order <= 0 ? &before->items[old] : NULL,
		    order >= 0 ? &after->items[new] : NULL);
		old += order <= 0;
		new += order >= 0;
	}
	return telling.changed;
}
