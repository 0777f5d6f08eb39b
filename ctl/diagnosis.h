/*
 * What a doctor found: a list of findings in the order of the checks, printed as text or as JSON.
 * Every check adds one, also where all is well: what it saw. One thread.
 */
#ifndef SMIME_CTL_DIAGNOSIS_H
#define SMIME_CTL_DIAGNOSIS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"

/* A configuration with more than this is not read by people; what is beyond is counted. */
#define DIAGNOSIS_FINDINGS_MAX 500

enum diagnosis_severity {
	DIAGNOSIS_OK,
	DIAGNOSIS_NOTE,    /* to be known; nothing need be done */
	DIAGNOSIS_WARNING, /* some mail may go another way than is wanted */
	DIAGNOSIS_PROBLEM, /* mail leaves in the clear, is refused or waits, or will */
};

struct diagnosis;

/* NULL without memory. */
struct diagnosis *diagnosis_new(void);
void diagnosis_free(struct diagnosis *diagnosis);

/* Adds a finding. subject: static. advice: what to do; NULL: nothing. All texts may hold text from
 * outside. Without memory, diagnosis_is_whole() says so. */
void diagnosis_add(struct diagnosis *diagnosis, enum diagnosis_severity severity,
    const char *subject, const char *advice, const char *format, ...) PRINTF_LIKE(5, 6);

/* How many there are of a severity, or worse. */
size_t diagnosis_count(const struct diagnosis *diagnosis, enum diagnosis_severity least);

/* Whether every finding is in the list. */
bool diagnosis_is_whole(const struct diagnosis *diagnosis);

/* On standard output. */
void diagnosis_print(const struct diagnosis *diagnosis);

/* {"healthy", "findings": [{"severity", "subject", "text", "advice"}]}; NULL without memory. */
json_t *diagnosis_json(const struct diagnosis *diagnosis);

#endif
