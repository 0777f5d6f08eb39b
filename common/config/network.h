/*
 * Networks as `internal-hosts` lists them. Pure functions. Internal to this room; others ask
 * config_networks_contain().
 */
#ifndef SMIME_CONFIG_NETWORK_H
#define SMIME_CONFIG_NETWORK_H

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"

/* Reads "192.0.2.0/24", "2001:db8::/32" (RFC 4291 2.3) or an address alone. ERROR_INPUT also where
 * bits behind the prefix are set: the writer meant something else than he wrote. */
MUST_CHECK int network_parse(const char *text, struct network *network, struct error *err);

#endif
