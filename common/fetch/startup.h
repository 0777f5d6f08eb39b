/* What libcurl needs before anything else of this room is used. */
#ifndef SMIME_FETCH_STARTUP_H
#define SMIME_FETCH_STARTUP_H

#include "base/compiler.h"
#include "base/error.h"

/* Once, before other threads start, and after seal_startup(): libcurl starts OpenSSL, whose
 * configuration file must have been ruled out by then. */
MUST_CHECK int fetch_startup(struct error *err);

/* Frees what startup made. At the end, or never. */
void fetch_shutdown(void);

#endif
