/*
 * The choice of digital IDs and cipher for one recipient, from what its digital IDs advertise and
 * what the policy assumes of those that advertise nothing. Internal to the policy room. Pure.
 */
#ifndef SMIME_POLICY_CHOICE_H
#define SMIME_POLICY_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "smime/capabilities.h"
#include "smime/recipient.h"
#include "tables/cipher.h"

struct choice {
	uint32_t readable;         /* ciphers that can be made and one of its digital IDs reads:
				      bit 1 << id */
	const struct cipher *best; /* the strongest of these; NULL: none */
	bool known;                /* a usable digital ID's capabilities are known or assumed:
				      the members below hold */
	size_t digital_id;         /* the one that best comes from; the first of several */
	struct capabilities capabilities; /* its own, or ASSUMED */
	size_t usable;                    /* usable digital IDs, whatever is known of them */
};

/*
 * Whether a digital ID can be encrypted to: its verdict is ok and it has a certificate.
 */
bool choice_is_usable(const struct digital_id *digital_id);

/*
 * Looks at the usable digital IDs of a record (NULL: none). With digital-ids = preferred only the
 * first one counts whose best cipher meets the floor (or, if none does, the first known one).
 *
 * A list of capabilities without any content cipher says nothing about ciphers, as if there were
 * none. Where nothing is known and the policy assumes, the recipient is taken to read the assumed
 * cipher and every AES-CBC cipher that is not stronger; never a GCM cipher by inference, because
 * much software reads none (a configured aes256-gcm is assumed as said). Where the policy refuses,
 * the digital ID is left out.
 */
void choice_make(
    const struct recipient *record, const struct config_policy *policy, struct choice *choice);

/* Whether a message under this cipher is sealed to the digital ID: it is one that counts, and reads
 * the cipher. One that would pull the cipher down is so left out. */
bool choice_takes(const struct choice *choice, const struct recipient *record, size_t digital_id,
    const struct config_policy *policy, const struct cipher *cipher);

/* The strongest cipher of a set that meets the floor, or NULL. */
const struct cipher *choice_strongest(uint32_t ciphers, const struct cipher *floor);

/* The strongest cipher that a list names at all, if only one we never make; NULL if it has none. */
const struct cipher *choice_strongest_named(const struct capabilities *capabilities);

#endif
