/*
 * Whence a message comes: what decides whether it is outgoing. Filled by the front; any thread.
 */
#ifndef SMIME_MESSAGE_ORIGIN_H
#define SMIME_MESSAGE_ORIGIN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"

struct origin {
	struct sockaddr_storage peer;      /* ss_family AF_UNSPEC: no network peer */
	char client[INET6_ADDRSTRLEN + 8]; /* for records: "192.0.2.1", "local" */
	const char *user;                  /* SASL login name, borrowed; NULL: not authenticated */
};

/* From what the MTA hands over at connect: NULL or a family other than AF_INET and AF_INET6 means
 * that it was not submitted over the network. */
void origin_set_peer(struct origin *origin, const struct sockaddr *peer);

/* From a textual address (`--client`), IPv4 or IPv6. */
MUST_CHECK int origin_parse_peer(struct origin *origin, const char *text, struct error *err);

/*
 * Outgoing: authenticated, submitted on this machine, or from internal-hosts. Postfix shows mail of
 * its sendmail command as coming from the loopback address, port 0, which no network peer has.
 */
bool origin_is_outgoing(const struct origin *origin, const struct config *config);

#endif
