/*
 * The search filter for an address: the one place where anything from outside gets into a filter,
 * always escaped (RFC 4515 section 3). Pure, any thread.
 */
#ifndef SMIME_DIRECTORY_FILTER_H
#define SMIME_DIRECTORY_FILTER_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"
#include "mail/address.h"

/* Longest filter made; an address of ADDRESS_MAX takes three bytes each once escaped. */
#define FILTER_MAX ((size_t)64 << 10)

/*
 * Fills in the directory's template: %a the address, %l its local part (without quoting), %d its
 * domain, %% a percent sign; any other use of % is ERROR_INPUT. A domain whose U-label form differs
 * (RFC 5891) is asked for in both forms, and an address with a detail (subaddress-delimiter) with
 * and without it: all in one filter. free(); NULL on error.
 */
char *filter_build(
    const struct config_directory *directory, const struct address *address, struct error *err);

/* What finds the entries of all addresses: the template with an asterisk for each (RFC 4515 section 3,
 * "present" and "substrings"). free(); NULL on error. */
char *filter_build_any(const struct config_directory *directory, struct error *err);

/* Whether the template compares the address, and each part of it, with nothing but the attributes in
 * which entries keep their own addresses (directory/entry.h). */
bool filter_is_by_address(const struct config_directory *directory);

/* Whether a template can be filled in. 0, or -1: ERROR_INPUT. */
MUST_CHECK int filter_check(const struct config_directory *directory, struct error *err);

#endif
