/*
 * The parts of smime-milter.conf(5) that come from lists other than the settings', as man(7)
 * macros. For the build. 0/-1 (errno of the stream).
 */
#ifndef SMIME_CONFIG_MANUAL_H
#define SMIME_CONFIG_MANUAL_H

#include <stdio.h>

#include "base/compiler.h"

/* Every reason: its code, the reply of a refusal, its sentence and its advice. */
MUST_CHECK int manual_write_reasons(FILE *out);

/* The names of the ciphers that can be made, weakest first. */
MUST_CHECK int manual_write_ciphers(FILE *out);

#endif
