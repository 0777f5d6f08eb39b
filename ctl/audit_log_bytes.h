/* The bytes of one audit log, decompressed, block by block. Internal to ctl/audit_log. */
#ifndef SMIME_CTL_AUDIT_LOG_BYTES_H
#define SMIME_CTL_AUDIT_LOG_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"

struct audit_log_bytes;

/* Takes the descriptor, also on error; NULL then. */
struct audit_log_bytes *audit_log_bytes_open(int file, struct error *err);

/* The next block, valid until the one after: 1; the end: 0; -1 on error. */
MUST_CHECK int audit_log_bytes_next(
    struct audit_log_bytes *bytes, const char **block, size_t *size, struct error *err);

/* Bytes read so far, as they lie in the file. */
uint64_t audit_log_bytes_position(const struct audit_log_bytes *bytes);

/* NULL is legal. */
void audit_log_bytes_close(struct audit_log_bytes *bytes);

#endif
