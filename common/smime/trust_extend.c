/* From what is configured, and what directories hold, to a trust of its own. */
#include <stdlib.h>

#include "smime/trust_section.h"

/* Those of the loaded index, and those of the directory that count. */
static int
extend_index(struct trust_index *index, const struct trust_index *base,
    const struct trust_published *published, enum trust_published_kind kind, struct error *err)
{
	STACK_OF(X509) *certificates = sk_X509_new_reserve(NULL, (int)base->count);
	size_t i;

	if (certificates == NULL)
		return error_no_memory(err);
	for (i = 0; i < base->count; i++) {
		if (!sk_X509_push(certificates, base->items[i])) {
			error_no_memory(err);
			goto fail;
		}
		X509_up_ref(base->items[i]);
	}
	if (published != NULL && trust_published_gather(published, kind, certificates, err) != 0)
		goto fail;
	return trust_index_make(index, certificates, err);
fail:
	sk_X509_pop_free(certificates, X509_free);
	return -1;
}

static int
extend_section(struct trust_section *section, const struct trust_section *base,
    const struct trust_published *published, struct error *err)
{
	static const struct trust_index none = {NULL, 0};

	*section = *base;
	section->anchors = none;
	section->intermediates = none;
	if (!section->from_directory)
		published = NULL;
	if (extend_index(
		&section->anchors, &base->anchors, published, TRUST_PUBLISHED_ANCHOR, err) != 0)
		return -1;
	return extend_index(&section->intermediates, &base->intermediates, published,
	    TRUST_PUBLISHED_INTERMEDIATE, err);
}

struct trust *
trust_extend(struct trust *base, const struct trust_published *const *published, struct error *err)
{
	struct trust *trust = calloc(1, sizeof(*trust));

	if (trust == NULL) {
		error_no_memory(err);
		return NULL;
	}
	trust->references = 1;
	trust->base = trust_ref(base);
	trust->configured = base->configured;
	trust->sections = calloc(base->section_count + 1, sizeof(*trust->sections));
	if (trust->sections == NULL) {
		error_no_memory(err);
		goto fail;
	}
	while (trust->section_count < base->section_count) {
		size_t i = trust->section_count++;

		if (extend_section(&trust->sections[i], &base->sections[i],
			i < base->configured ? published[i] : NULL, err) != 0)
			goto fail;
	}
	return trust;
fail:
	trust_unref(trust);
	return NULL;
}
