/* Where a CMS object is in the grammar as it is read: for the files cms_front*.c alone. */
#ifndef SMIME_INSPECT_CMS_FRONT_PRIVATE_H
#define SMIME_INSPECT_CMS_FRONT_PRIVATE_H

#include "inspect/cms_front.h"

/* The place of the value in hand, or of the next one; NULL beyond the last. */
const struct grammar_place *cms_front_here(const struct cms_front *front);

/* Goes to the place of a value that begins; NULL if it has none. */
const struct grammar_place *cms_front_find_place(
    struct cms_front *front, unsigned int depth, unsigned char tag);

/* The object ends: passes the places that may be empty. -1 where one must not. */
MUST_CHECK int cms_front_end_places(struct cms_front *front, struct error *err);

/* Says that a value begins that has no place, or that the object ends too early. Always -1. */
int cms_front_misplaced(const struct cms_front *front, struct error *err);

#endif
