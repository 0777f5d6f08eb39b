#include "fetch/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

enum verdict {
	GUARD_REFUSED,
	GUARD_PUBLIC,
	GUARD_EMBEDS, /* the last four bytes are an IPv4 address, which decides */
};

struct row {
	const char *network;
	int bits;
	enum verdict verdict;
	const char *what;
	const char *source;
};

/* Of two that hold an address, the first counts. IANA's registries of special-purpose addresses
 * (RFC 6890), and the places where clouds keep what nobody else is to read. */
static const struct row ipv4[] = {
    {"0.0.0.0", 8, GUARD_REFUSED, "this machine's own", "RFC 1122"},
    {"10.0.0.0", 8, GUARD_REFUSED, "private", "RFC 1918"},
    {"100.64.0.0", 10, GUARD_REFUSED, "shared by a provider's customers", "RFC 6598"},
    {"127.0.0.0", 8, GUARD_REFUSED, "loopback", "RFC 1122"},
    {"168.63.129.16", 32, GUARD_REFUSED, "a cloud's platform service", "Azure"},
    {"169.254.169.254", 32, GUARD_REFUSED, "a cloud's metadata service", "RFC 3927"},
    {"169.254.0.0", 16, GUARD_REFUSED, "link-local", "RFC 3927"},
    {"172.16.0.0", 12, GUARD_REFUSED, "private", "RFC 1918"},
    {"192.0.0.0", 24, GUARD_REFUSED, "for protocols", "RFC 6890"},
    {"192.0.2.0", 24, GUARD_REFUSED, "for documentation", "RFC 5737"},
    {"192.88.99.0", 24, GUARD_REFUSED, "a relay of 6to4", "RFC 7526"},
    {"192.168.0.0", 16, GUARD_REFUSED, "private", "RFC 1918"},
    {"198.18.0.0", 15, GUARD_REFUSED, "for benchmarks", "RFC 2544"},
    {"198.51.100.0", 24, GUARD_REFUSED, "for documentation", "RFC 5737"},
    {"203.0.113.0", 24, GUARD_REFUSED, "for documentation", "RFC 5737"},
    {"224.0.0.0", 4, GUARD_REFUSED, "multicast", "RFC 5771"},
    {"255.255.255.255", 32, GUARD_REFUSED, "broadcast", "RFC 919"},
    {"240.0.0.0", 4, GUARD_REFUSED, "reserved", "RFC 1112"},
    {"0.0.0.0", 0, GUARD_PUBLIC, "public", "RFC 791"},
};

/* Of IPv6 only 2000::/3 is given out for the Internet (RFC 4291 2.4, IANA); tunnels in it lead to
 * IPv4 addresses that their owner chose. */
static const struct row ipv6[] = {
    {"::", 128, GUARD_REFUSED, "unspecified", "RFC 4291"},
    {"::1", 128, GUARD_REFUSED, "loopback", "RFC 4291"},
    {"::ffff:0:0", 96, GUARD_EMBEDS, "v4-mapped", "RFC 4291"},
    {"::", 96, GUARD_REFUSED, "v4-compatible", "RFC 4291"},
    {"::ffff:0:0:0", 96, GUARD_REFUSED, "v4-translated", "RFC 2765"},
    {"64:ff9b::", 96, GUARD_EMBEDS, "NAT64", "RFC 6052"},
    {"64:ff9b:1::", 48, GUARD_REFUSED, "a local NAT64", "RFC 8215"},
    {"100::", 64, GUARD_REFUSED, "for discarding", "RFC 6666"},
    {"2001::", 32, GUARD_REFUSED, "a Teredo tunnel", "RFC 4380"},
    {"2001:2::", 48, GUARD_REFUSED, "for benchmarks", "RFC 5180"},
    {"2001:10::", 28, GUARD_REFUSED, "a cryptographic identifier", "RFC 4843"},
    {"2001:20::", 28, GUARD_REFUSED, "a cryptographic identifier", "RFC 7343"},
    {"2001::", 23, GUARD_REFUSED, "for protocols", "RFC 2928"},
    {"2001:db8::", 32, GUARD_REFUSED, "for documentation", "RFC 3849"},
    {"2002::", 16, GUARD_REFUSED, "a 6to4 tunnel", "RFC 3056"},
    {"3fff::", 20, GUARD_REFUSED, "for documentation", "RFC 9637"},
    {"5f00::", 16, GUARD_REFUSED, "for segment routing", "RFC 9602"},
    {"fd00:ec2::254", 128, GUARD_REFUSED, "a cloud's metadata service", "RFC 4193"},
    {"fc00::", 7, GUARD_REFUSED, "private", "RFC 4193"},
    {"fe80::", 10, GUARD_REFUSED, "link-local", "RFC 4291"},
    {"fec0::", 10, GUARD_REFUSED, "site-local", "RFC 3879"},
    {"ff00::", 8, GUARD_REFUSED, "multicast", "RFC 4291"},
    {"2000::", 3, GUARD_PUBLIC, "public", "RFC 4291"},
    {"::", 0, GUARD_REFUSED, "not given out for the Internet", "RFC 4291"},
};

static bool
holds(int family, const struct row *row, const unsigned char *address)
{
	unsigned char network[sizeof(struct in6_addr)];
	size_t whole = (size_t)row->bits / 8;
	int rest = row->bits % 8;

	if (inet_pton(family, row->network, network) != 1 || memcmp(network, address, whole) != 0)
		return false;
	return rest == 0 || ((network[whole] ^ address[whole]) >> (8 - rest)) == 0;
}

/* The last row of each table holds everything. */
static const struct row *
find(int family, const unsigned char *address)
{
	const struct row *row = family == AF_INET ? ipv4 : ipv6;

	while (!holds(family, row, address))
		row++;
	return row;
}

static int
judge(int family, const unsigned char *address, struct error *err)
{
	const struct row *row = find(family, address);
	char text[INET6_ADDRSTRLEN];

	if (row->verdict == GUARD_EMBEDS)
		row = find(AF_INET, address + sizeof(struct in6_addr) - sizeof(struct in_addr));
	if (row->verdict == GUARD_PUBLIC)
		return 0;
	if (inet_ntop(family, address, text, sizeof(text)) == NULL)
		text[0] = '\0';
	return error_set(err, ERROR_PERMANENT,
	    "%s is %s (%s): not connected to unless fetch-allow lists it", text, row->what,
	    row->source);
}

int
guard_address(
    const struct sockaddr *address, socklen_t size, const struct networks *allow, struct error *err)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (address->sa_family == AF_INET && size >= sizeof(in)) {
		memcpy(&in, address, sizeof(in));
		if (config_networks_contain(allow, (const struct sockaddr *)&in))
			return 0;
		return judge(AF_INET, (const unsigned char *)&in.sin_addr, err);
	}
	if (address->sa_family == AF_INET6 && size >= sizeof(in6)) {
		memcpy(&in6, address, sizeof(in6));
		if (config_networks_contain(allow, (const struct sockaddr *)&in6))
			return 0;
		return judge(AF_INET6, in6.sin6_addr.s6_addr, err);
	}
	return error_set(err, ERROR_PERMANENT, "an address that is neither IPv4 nor IPv6");
}
