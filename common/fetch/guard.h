/*
 * Which addresses may be connected to. A name in a certificate can lead anywhere: to this machine,
 * into the organisation's own networks, to a cloud's metadata service. Only addresses of the public
 * Internet are connected to, and what fetch-allow lists. Asked at the moment of connecting, about
 * the very address, so that no second answer of a name server comes between. Pure functions, any
 * thread.
 */
#ifndef SMIME_FETCH_GUARD_H
#define SMIME_FETCH_GUARD_H

#include <stddef.h>
#include <sys/socket.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"

/*
 * 0 if a socket may connect to the address; size: of the structure. Else -1, and ERROR_PERMANENT
 * names address, network and its source ("10.0.0.1 is private (RFC 1918): ...").
 *
 * IPv4 addresses in IPv6's v4-mapped form and in NAT64's (64:ff9b::/96) count as themselves.
 * allow: the networks of fetch-allow; one of them must hold the address as it stands, where v4-mapped
 * and plain are the same.
 */
MUST_CHECK int guard_address(const struct sockaddr *address, socklen_t size,
    const struct networks *allow, struct error *err);

#endif
