#include "ldap/tls_guard.h"

#include <errno.h>
#include <lber.h>
#include <stdbool.h>
#include <stdlib.h>

/* A record: type, version (2), length (2), and so many bytes (RFC 5246 section 6.2.1). The type is
 * in clear; TLS 1.3 gives application data as that of all after its handshake (RFC 8446 section 5.2). */
#define HEADER 5
#define TYPE_HANDSHAKE 22

/* Between TLS and the socket. */
#define LEVEL ((LBER_SBIOD_LEVEL_PROVIDER + LBER_SBIOD_LEVEL_TRANSPORT) / 2)

/* Where in the stream of records it is. */
struct guard {
	size_t header; /* bytes seen of this record's */
	size_t left;   /* bytes of the record still to come, once its header was seen */
};

/* One byte more of a header; false: no record of this type may come. */
static bool
take_header(struct guard *guard, unsigned char byte)
{
	if (guard->header == 0 && byte == TYPE_HANDSHAKE)
		return false;
	if (++guard->header >= HEADER - 1)
		guard->left = guard->left << 8 | byte;
	if (guard->header == HEADER && guard->left == 0)
		guard->header = 0;
	return true;
}

static bool
follow(struct guard *guard, const unsigned char *bytes, size_t size)
{
	size_t skip;

	while (size > 0) {
		if (guard->header < HEADER) {
			if (!take_header(guard, *bytes))
				return false;
			bytes++;
			size--;
			continue;
		}
		skip = size < guard->left ? size : guard->left;
		bytes += skip;
		size -= skip;
		guard->left -= skip;
		if (guard->left == 0)
			guard->header = 0;
	}
	return true;
}

static int
on_setup(Sockbuf_IO_Desc *layer, void *argument)
{
	layer->sbiod_pvt = argument;
	return 0;
}

static int
on_remove(Sockbuf_IO_Desc *layer)
{
	free(layer->sbiod_pvt);
	layer->sbiod_pvt = NULL;
	return 0;
}

static int
on_control(Sockbuf_IO_Desc *layer, int option, void *argument)
{
	return LBER_SBIOD_CTRL_NEXT(layer, option, argument);
}

static ber_slen_t
on_read(Sockbuf_IO_Desc *layer, void *out, ber_len_t size)
{
	ber_slen_t got = LBER_SBIOD_READ_NEXT(layer, out, size);

	if (got > 0 && !follow(layer->sbiod_pvt, out, (size_t)got)) {
		errno = EPROTO;
		return -1;
	}
	return got;
}

static ber_slen_t
on_write(Sockbuf_IO_Desc *layer, void *bytes, ber_len_t size)
{
	return LBER_SBIOD_WRITE_NEXT(layer, bytes, size);
}

int
tls_guard_add(LDAP *ld, struct error *err)
{
	static Sockbuf_IO layer = {on_setup, on_remove, on_control, on_read, on_write, NULL};
	struct guard *guard = calloc(1, sizeof(*guard));
	Sockbuf *buffer = NULL;

	if (guard == NULL)
		return error_no_memory(err);
	if (ldap_get_option(ld, LDAP_OPT_SOCKBUF, &buffer) != LDAP_OPT_SUCCESS ||
	    ber_sockbuf_add_io(buffer, &layer, LEVEL, guard) != 0) {
		free(guard);
		return error_no_memory(err);
	}
	return 0;
}
