/*
 * Which digital ID to show people, and how it reads in words. Internal to the policy room. Pure.
 */
#ifndef SMIME_POLICY_EVIDENCE_H
#define SMIME_POLICY_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "smime/recipient.h"

/*
 * Of the digital IDs that can't be used, the most hopeful: one whose verdict may change by waiting
 * before all others; then the one that is valid longest (the newest, which its owner most likely
 * means to use); then the first. NULL if there is none. among: only those for which it is true;
 * NULL: all.
 */
const struct digital_id *evidence_most_hopeful(const struct recipient *record, const bool *among);

/* Writes "certificate SUBJECT, issued by ISSUER, serial N, valid from DATE to DATE: detail", long
 * parts cut. Untrusted text is not escaped. */
void evidence_describe(const struct digital_id *digital_id, char *out, size_t size);

#endif
