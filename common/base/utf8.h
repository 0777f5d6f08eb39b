/* Text in UTF-8. Any thread. */
#ifndef SMIME_BASE_UTF8_H
#define SMIME_BASE_UTF8_H

#include <stddef.h>

/* Bytes of text, at most `most`, that can be taken without tearing a character. */
size_t utf8_cut(const char *text, size_t most);

#endif
