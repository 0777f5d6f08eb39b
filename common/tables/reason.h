/*
 * Reasons, from the one list in reason.def. Static and immutable; any thread.
 */
#ifndef SMIME_TABLES_REASON_H
#define SMIME_TABLES_REASON_H

#include <stdbool.h>
#include <stddef.h>

enum reason_id {
#define REASON(id, code, smtp, enhanced, trust, sentence, advice) REASON_##id,
#include "tables/reason.def"
#undef REASON
	REASON_COUNT
};

struct reason {
	enum reason_id id;
	const char *code;     /* "untrusted-issuer" */
	int smtp;             /* 550, 451, …; 0: never a refusal */
	const char *enhanced; /* "5.7.5" (RFC 3463); "" where smtp is 0 */
	bool trust_failure;   /* recorded as one, with the certificate's evidence */
	const char *sentence; /* for people, without capital and full stop */
	const char *advice;   /* for people, whole sentences; "" if there is none */
};

/* The row of an id. Never NULL for an id below REASON_COUNT. */
const struct reason *reason_get(enum reason_id id);

/* By code ("untrusted-issuer"), or NULL. */
const struct reason *reason_by_code(const char *code);

/* Whether trying again later can help (its SMTP code is 4xx). */
bool reason_is_temporary(enum reason_id id);

#endif
