/* What no contract tells of a trust. */
#ifndef SMIME_TESTS_TRUST_INSIDE_H
#define SMIME_TESTS_TRUST_INSIDE_H

#include "smime/trust_section.h"

/* Its intermediates, of all sections. */
static inline size_t
trust_inside_intermediates(const struct trust *trust)
{
	size_t count = 0;
	size_t i;

	for (i = 0; i < trust->section_count; i++)
		count += trust->sections[i].intermediates.count;
	return count;
}

#endif
