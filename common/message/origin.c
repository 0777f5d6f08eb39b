#include "message/origin.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

void
origin_set_peer(struct origin *origin, const struct sockaddr *peer)
{
	const void *address = NULL;

	memset(&origin->peer, 0, sizeof(origin->peer));
	snprintf(origin->client, sizeof(origin->client), "local");
	if (peer == NULL)
		return;
	if (peer->sa_family == AF_INET) {
		memcpy(&origin->peer, peer, sizeof(struct sockaddr_in));
		address = &((struct sockaddr_in *)&origin->peer)->sin_addr;
	} else if (peer->sa_family == AF_INET6) {
		memcpy(&origin->peer, peer, sizeof(struct sockaddr_in6));
		address = &((struct sockaddr_in6 *)&origin->peer)->sin6_addr;
	}
	if (address != NULL)
		inet_ntop(peer->sa_family, address, origin->client, sizeof(origin->client));
}

int
origin_parse_peer(struct origin *origin, const char *text, struct error *err)
{
	struct sockaddr_storage peer = {.ss_family = AF_INET};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&peer;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&peer;

	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_port = htons(25);
	} else {
		memset(&peer, 0, sizeof(peer));
		peer.ss_family = AF_INET6;
		v6->sin6_port = htons(25);
		if (inet_pton(AF_INET6, text, &v6->sin6_addr) != 1)
			return error_set(err, ERROR_INPUT, "\"%s\" is not an IP address", text);
	}
	origin_set_peer(origin, (struct sockaddr *)&peer);
	return 0;
}

static bool
has_port_zero(const struct sockaddr_storage *peer)
{
	if (peer->ss_family == AF_INET)
		return ((const struct sockaddr_in *)peer)->sin_port == 0 &&
		       ntohl(((const struct sockaddr_in *)peer)->sin_addr.s_addr) >> 24 == 127;
	return ((const struct sockaddr_in6 *)peer)->sin6_port == 0 &&
	       IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)peer)->sin6_addr);
}

bool
origin_is_outgoing(const struct origin *origin, const struct config *config)
{
	if (origin->user != NULL || origin->peer.ss_family == AF_UNSPEC)
		return true;
	return has_port_zero(&origin->peer) || config_networks_contain(&config->internal_hosts,
						   (const struct sockaddr *)&origin->peer);
}
