/*
 * Line ends that readers differ on. Pure functions, any thread.
 */
#ifndef SMIME_INSPECT_LINE_END_H
#define SMIME_INSPECT_LINE_END_H

#include <stddef.h>

/*
 * The first CR in these bytes that something else than LF or CR follows, within them; NULL: there is
 * none. Thunderbird ends a line there, for Outlook it is a byte like others.
 */
const char *line_end_bare_cr(const char *bytes, size_t size);

#endif
