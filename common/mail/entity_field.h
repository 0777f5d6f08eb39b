/*
 * Parameters of the MIME fields (RFC 2045 section 5.1, RFC 2231), read by GMime. Inside the mail
 * room; others use entity.h.
 */
#ifndef SMIME_MAIL_ENTITY_FIELD_H
#define SMIME_MAIL_ENTITY_FIELD_H

#include <gmime/gmime.h>
#include <stdbool.h>

#include "base/compiler.h"
#include "base/error.h"

/*
 * The field unfolded and cut, ready for GMime, free(). GMime remembers every charset name it ever
 * meets, in a map of the whole process that mail could fill without end; so it gets to see none:
 * neither that of an RFC 2231 value (before the first apostrophe) nor that of an encoded word. The
 * functions below take both up again. NULL without memory.
 */
char *entity_field_prepare(const char *value);

/* One parameter by name in *out (free()), NULL if it isn't there. */
MUST_CHECK int entity_field_parameter(
    GMimeParamList *params, const char *name, char **out, struct error *err);

/* The boundary as GMime finds it in the field prepared, and a second one that other readers may find
 * (free()); NULL where there is none. */
MUST_CHECK int entity_field_boundaries(
    const char *field, GMimeParamList *params, char **boundary, char **other, struct error *err);

/* Sets *found if any parameter `name` or `filename` names a CMS object. *file (free()) becomes the
 * first name there is, or the first that does that. */
MUST_CHECK int entity_field_names_smime(
    GMimeParamList *params, bool *found, char **file, struct error *err);

#endif
