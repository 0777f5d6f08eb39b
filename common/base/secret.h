/*
 * Files that hold a secret: a password, a private key. A secret that everybody on the machine can
 * read is none, and one that everybody can write is somebody else's.
 *
 * Their group may read them: root:smime-milter with mode 0640 is how the daemon, which does not run
 * as root, gets a secret that it can't change. Any thread.
 */
#ifndef SMIME_BASE_SECRET_H
#define SMIME_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/compiler.h"
#include "base/error.h"

/* Longest line of a file that is taken for a password, bytes. */
#define SECRET_LINE_MAX 1024

/* Whether these permissions let others than owner and group read or write. */
bool secret_is_exposed(mode_t mode);

/* Opens for reading: close() it. -1 on error: it can't be opened, is no regular file, or is exposed.
 * What was opened is what is looked at, so nothing can be put in its place in between. */
MUST_CHECK int secret_open(const char *path, struct error *err);

/* A password: the file's first line into line[size], without its end. ERROR_INPUT where it is empty, does
 * not fit or has a NUL; what can't be read to its end is an error, too. On error line is wiped; else that is the caller's (explicit_bzero()). */
MUST_CHECK int secret_read_line(const char *path, char *line, size_t size, struct error *err);

#endif
