/*
 * Another program, run without a shell: what it prints is read up to a limit, for a limited time.
 * Blocks. One thread.
 */
#ifndef SMIME_CTL_PROGRAM_H
#define SMIME_CTL_PROGRAM_H

#include "base/compiler.h"
#include "base/error.h"

/* "postconf" prints some 40 KB of settings. */
#define PROGRAM_OUTPUT_MAX ((size_t)4 << 20)
/* It reads a few files; a machine where that takes longer is in trouble. Milliseconds. */
#define PROGRAM_TIME ((int64_t)60 * 1000)

/* Runs argv[0] (a path) to its end; what it wrote to standard output in *output (free()). -1:
 * ERROR_TEMPORARY if its time is over, ERROR_INPUT if it can't be run, fails or prints too much: with
 * the end of what it wrote to standard error. */
MUST_CHECK int program_run(char *const *argv, char **output, struct error *err);

#endif
