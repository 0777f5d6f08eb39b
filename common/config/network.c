#include "config/network.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* ::ffff:0:0/96, where IPv4 addresses are mapped (RFC 4291 2.5.5.2). */
static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
#define MAPPED_BITS 96

static void
map_ipv4(const struct in_addr *from, struct in6_addr *to)
{
	memcpy(to->s6_addr, mapped, sizeof(mapped));
	memcpy(to->s6_addr + sizeof(mapped), from, sizeof(*from));
}

/* Whether the first bits of both are the same. */
static bool
same_prefix(const struct in6_addr *a, const struct in6_addr *b, int bits)
{
	size_t whole = (size_t)bits / 8;
	int rest = bits % 8;

	if (memcmp(a->s6_addr, b->s6_addr, whole) != 0)
		return false;
	return rest == 0 || ((a->s6_addr[whole] ^ b->s6_addr[whole]) >> (8 - rest)) == 0;
}

static bool
is_clear_behind(const struct in6_addr *address, int bits)
{
	for (int i = bits; i < 128; i++)
		if (address->s6_addr[i / 8] & (0x80 >> (i % 8)))
			return false;
	return true;
}

/* The digits after "/", up to most; -1 for anything else. */
static int
prefix_length(const char *text, int most)
{
	char *end;
	long bits;

	if (*text < '0' || *text > '9')
		return -1;
	bits = strtol(text, &end, 10);
	return *end == '\0' && bits <= most ? (int)bits : -1;
}

int
network_parse(const char *text, struct network *network, struct error *err)
{
	const char *slash = strchr(text, '/');
	size_t length = slash != NULL ? (size_t)(slash - text) : strlen(text);
	char address[INET6_ADDRSTRLEN];
	struct in_addr ipv4;
	int base = 0;

	if (length >= sizeof(address))
		goto no_network;
	memcpy(address, text, length);
	address[length] = '\0';
	if (inet_pton(AF_INET, address, &ipv4) == 1) {
		map_ipv4(&ipv4, &network->address);
		base = MAPPED_BITS;
	} else if (inet_pton(AF_INET6, address, &network->address) != 1) {
		goto no_network;
	}
	network->bits = 128;
	if (slash != NULL) {
		int bits = prefix_length(slash + 1, 128 - base);

		if (bits < 0)
			goto no_network;
		network->bits = base + bits;
	}
	if (!is_clear_behind(&network->address, network->bits))
		return error_set(err, ERROR_INPUT,
		    "\"%.100s\" has bits set behind its prefix: give the first address of the "
		    "network",
		    text);
	return 0;
no_network:
	return error_set(err, ERROR_INPUT,
	    "\"%.100s\" is not a network such as 192.0.2.0/24 or 2001:db8::/32", text);
}

bool
config_networks_contain(const struct networks *networks, const struct sockaddr *peer)
{
	struct in6_addr address;

	if (peer->sa_family == AF_INET)
		map_ipv4(&((const struct sockaddr_in *)(const void *)peer)->sin_addr, &address);
	else if (peer->sa_family == AF_INET6)
		address = ((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr;
	else
		return false;
	for (size_t i = 0; i < networks->count; i++)
		if (same_prefix(&networks->items[i].address, &address, networks->items[i].bits))
			return true;
	return false;
}
