/* What no contract tells of evidence. */
#ifndef SMIME_TESTS_EVIDENCE_INSIDE_H
#define SMIME_TESTS_EVIDENCE_INSIDE_H

#include "smime/evidence_private.h"

struct evidence_inside {
	size_t crls, pauses;
	size_t bytes; /* of all kinds */
};

static inline struct evidence_inside
evidence_inside(struct evidence *evidence)
{
	struct evidence_inside inside;

	pthread_mutex_lock(&evidence->mutex);
	inside.crls = evidence->crls.count;
	inside.pauses = evidence->pauses.count;
	inside.bytes = evidence->certificates.bytes + evidence->crls.bytes +
		       evidence->answers.bytes + evidence->pauses.bytes;
	pthread_mutex_unlock(&evidence->mutex);
	return inside;
}

#endif
