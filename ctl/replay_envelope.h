/*
 * From whom to whom a past message went, as far as its header tells. Owned by whoever declared it.
 */
#ifndef SMIME_CTL_REPLAY_ENVELOPE_H
#define SMIME_CTL_REPLAY_ENVELOPE_H

#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "mail/address.h"
#include "mail/header.h"

struct replay_envelope {
	char *sender;      /* "" for the null sender */
	char **recipients; /* each once, in the header's order */
	size_t count;
};

#define REPLAY_ENVELOPE_INIT  \
	{                     \
		NULL, NULL, 0 \
	}

/*
 * The sender: Return-Path, or else the first address in From. The recipients: all addresses in
 * Delivered-To, X-Original-To, To, Cc and Bcc, but those that a pattern of ignore[] matches. from,
 * to[]: in their place, if not NULL and not none. ERROR_INPUT: there is no sender, or no
 * recipient. Free it also then.
 */
struct replay_choice {
	const char *from;
	const char *const *to;
	size_t to_count;
	const struct address_pattern *ignore;
	size_t ignore_count;
};
MUST_CHECK int replay_envelope_read(struct replay_envelope *envelope, const struct header *header,
    const struct replay_choice *choice, struct error *err);
void replay_envelope_free(struct replay_envelope *envelope);

#endif
