/*
 * By how much mail grows when it is sealed, and the time that an MTA should leave the daemon. Pure.
 */
#ifndef SMIME_CTL_GROWTH_H
#define SMIME_CTL_GROWTH_H

#include <stdint.h>

/* Postfix's message_size_limit where nobody has set it, bytes. */
#define GROWTH_POSTFIX_DEFAULT ((int64_t)10240000)

/* What an MTA should wait beyond the deadline, milliseconds: judging and a busy machine. */
#define GROWTH_TIME_MARGIN ((int64_t)2000)

/* Base64 with its line ends: 78 bytes for 57. And the headers and recipients of CMS. */
static inline int64_t
growth_sealed(int64_t plain)
{
	return plain / 100 * 137 + 65536;
}

static inline int64_t
growth_plain(int64_t sealed)
{
	return sealed > 65536 ? (sealed - 65536) / 137 * 100 : 0;
}

/* How long Sendmail should wait for an answer, seconds: twice the deadline, a minute at least. */
static inline int64_t
growth_answer_seconds(int64_t deadline_ms)
{
	return deadline_ms > 30000 ? deadline_ms / 500 : 60;
}

#endif
