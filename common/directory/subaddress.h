/*
 * Detail in local parts (RFC 5233): anna+news@example.org is anna@example.org's mailbox where a
 * directory says so. Pure, any thread.
 */
#ifndef SMIME_DIRECTORY_SUBADDRESS_H
#define SMIME_DIRECTORY_SUBADDRESS_H

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"
#include "mail/address.h"

/*
 * The address without its detail, from the first delimiter on. 1 and *shorter (address_free()); 0
 * where there is none: no delimiter is set, or none stands behind at least one character; -1 on
 * error.
 */
MUST_CHECK int subaddress_shorten(const struct config_directory *directory,
    const struct address *address, struct address *shorter, struct error *err);

#endif
