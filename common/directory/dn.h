/* Names of directory entries (RFC 4514), made comparable. Pure, any thread. */
#ifndef SMIME_DIRECTORY_DN_H
#define SMIME_DIRECTORY_DN_H

#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"

/* Longer names of members are not looked for. */
#define DN_MAX ((size_t)8192)

/*
 * A text that is the same for two spellings of one DN: blanks around its parts, escapes, the order
 * within a part and the case of ASCII letters don't matter. (Whether case matters to an attribute
 * only its server's schema knows; hardly any name attribute minds it.) What uniqueMember may carry
 * behind the name, a bit string (RFC 4517 section 3.3.21), is left off. free(). "" for the empty DN.
 * NULL with ERROR_INPUT for what is no DN, or without memory.
 */
char *dn_key(const char *text, struct error *err);

#endif
