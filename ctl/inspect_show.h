/*
 * What "smimectl inspect" found, for people and as JSON.
 */
#ifndef SMIME_CTL_INSPECT_SHOW_H
#define SMIME_CTL_INSPECT_SHOW_H

#include <jansson.h>

#include "inspect/inspect.h"

void inspect_show_tree(const char *path, const struct inspection *inspection);
json_t *inspect_json(const char *path, const struct inspection *inspection);

/* "enveloped", … or "readable": what the body is as a whole. */
const char *inspect_show_kind(enum inspect_kind kind);

/* "none", "base64", "quoted-printable". */
const char *inspect_show_encoding(enum entity_encoding encoding);

#endif
