/*
 * From text to struct config: libconfuse reads what scan.h left, and every value goes to its member
 * on its way. Internal to this room.
 */
#ifndef SMIME_CONFIG_PARSE_H
#define SMIME_CONFIG_PARSE_H

#include "base/compiler.h"
#include "config/problems.h"
#include "config/scan.h"

/*
 * Reads a scanned text (NUL-terminated) into config, which is zeroed: sections, defaults, values,
 * and in the rules what they inherit. Whatever is wrong goes to problems. config_unref() frees what
 * was read, in either case. Settings whose value is wrong are marked in scan as not to be used. -1
 * if not everything could be read: a problem of syntax, or no memory.
 */
MUST_CHECK int parse_text(
    const char *text, struct scan *scan, struct config *config, struct problems *problems);

#endif
