/*
 * Building JSON where any allocation may fail: a value that could not be made makes the whole
 * object NULL, which is looked at once, at the end. Internal to the audit room.
 */
#ifndef SMIME_AUDIT_JSON_H
#define SMIME_AUDIT_JSON_H

#include <jansson.h>
#include <time.h>

#include "smime/recipient.h"
#include "tables/cipher.h"

/* Sets a member, taking value. If value or *object is NULL, or memory runs out, *object is freed
 * and becomes NULL. */
void audit_put(json_t **object, const char *key, json_t *value);

/* The same for an array's end. */
void audit_append(json_t **array, json_t *value);

/* RFC 3339. */
json_t *audit_time_json(time_t at);

/* The cipher's name, or null. */
json_t *audit_cipher_json(const struct cipher *cipher);

/* Puts subject, issuer, serial, sha256, not_before and not_after; nulls for NULL. */
void audit_put_certificate(json_t **object, const struct certificate *certificate);

/* {depth, subject, issuer} of the link that failed, or null. */
json_t *audit_failed_json(const struct digital_id *digital_id);

#endif
