#include "fake_server.h"

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/compiler.h"

#define TAG_BIND 0x60
#define TAG_UNBIND 0x42
#define TAG_SEARCH 0x63
#define TAG_ABANDON 0x50

/* A message or part of one; everything in it is shorter than 64 KiB. */
struct ber {
	unsigned char bytes[1000];
	size_t size;
};

static void
put(struct ber *ber, unsigned char tag, const void *value, size_t size)
{
	ck_assert_uint_le(ber->size + size + 4, sizeof(ber->bytes));
	ber->bytes[ber->size++] = tag;
	ber->bytes[ber->size++] = 0x82;
	ber->bytes[ber->size++] = (unsigned char)(size >> 8);
	ber->bytes[ber->size++] = (unsigned char)size;
	memcpy(ber->bytes + ber->size, value, size);
	ber->size += size;
}

/* What is encoded already. */
static void
put_raw(struct ber *ber, const unsigned char *bytes, size_t size)
{
	ck_assert_uint_le(ber->size + size, sizeof(ber->bytes));
	memcpy(ber->bytes + ber->size, bytes, size);
	ber->size += size;
}

static void
put_text(struct ber *ber, const char *text)
{
	put(ber, 0x04, text, strlen(text));
}

static void
put_number(struct ber *ber, unsigned char tag, int number)
{
	unsigned char bytes[2] = {(unsigned char)(number >> 8), (unsigned char)number};

	put(ber, tag, bytes, 2);
}

/* Until the other side has taken what was sent. */
static void
wait_read(int fd)
{
	static const struct timespec moment = {0, 20000};
	int left = 1;

	while (ioctl(fd, SIOCOUTQ, &left) == 0 && left > 0)
		nanosleep(&moment, NULL);
}

void
fake_send_cut(int fd, const void *bytes, size_t size, int cut, size_t said)
{
	const unsigned char *at = bytes;
	size_t piece;

	for (; size > 0; size -= piece) {
		piece = size;
		if (cut == FAKE_EACH_BYTE)
			piece = 1;
		else if (cut > 0 && (size_t)cut > said && (size_t)cut - said < size)
			piece = (size_t)cut - said;
		if (send(fd, at, piece, MSG_NOSIGNAL) <= 0)
			return;
		if (cut != 0)
			wait_read(fd);
		at += piece;
		said += piece;
	}
}

static void
say(struct fake *fake, int fd, const unsigned char *bytes, size_t size)
{
	size_t said = (size_t)atomic_fetch_add(&fake->said, (int)size);

	fake_send_cut(fd, bytes, size, atomic_load(&fake->cut), said);
}

static struct ber
make_message(
    int id, unsigned char tag, const struct ber *operation, const struct fake *with_controls)
{
	struct ber inner = {.size = 0};
	struct ber message = {.size = 0};

	put_number(&inner, 0x02, id);
	put(&inner, tag, operation->bytes, operation->size);
	if (with_controls != NULL)
		put_raw(&inner, with_controls->controls, with_controls->controls_size);
	put(&message, 0x30, inner.bytes, inner.size);
	return message;
}

static void
send_message(struct fake *fake, int fd, int id, unsigned char tag, const struct ber *operation,
    bool with_controls)
{
	struct ber message = make_message(id, tag, operation, with_controls ? fake : NULL);

	say(fake, fd, message.bytes, message.size);
}

static struct ber
make_entry(const char *dn)
{
	struct ber entry = {.size = 0};

	put_text(&entry, dn);
	put(&entry, 0x30, "", 0);
	return entry;
}

static void
send_entry(struct fake *fake, int fd, int id, const char *dn)
{
	struct ber entry = make_entry(dn);

	send_message(fake, fd, id, 0x64, &entry, false);
}

/* The first byte, a pause, the next, as often as told; then the rest, or nothing until the mode is
 * another. */
static void
drip_entry(const struct fake *fake, int fd, int id, const char *dn)
{
	struct ber entry = make_entry(dn);
	struct ber message = make_message(id, 0x64, &entry, NULL);
	size_t i;

	for (i = 0; i < (size_t)fake->drops; i++) {
		(void)!send(fd, message.bytes + i, 1, MSG_NOSIGNAL);
		poll(NULL, 0, fake->drop_ms);
	}
	while (fake->drops_stall && atomic_load(&fake->mode) == FAKE_DRIPS &&
	       atomic_load(&fake->stop) == 0)
		poll(NULL, 0, 10);
	(void)!send(fd, message.bytes + i, message.size - i, MSG_NOSIGNAL);
}

static void
send_result(struct fake *fake, int fd, int id, unsigned char tag, int code, const char *referral)
{
	struct ber result = {.size = 0};
	struct ber uris = {.size = 0};

	put_number(&result, 0x0a, code);
	put_text(&result, "");
	put_text(&result, "");
	if (referral != NULL) {
		put_text(&uris, referral);
		put(&result, 0xa3, uris.bytes, uris.size);
	}
	send_message(fake, fd, id, tag, &result, false);
}

static void
send_success(struct fake *fake, int fd, int id)
{
	struct ber result = {.size = 0};

	put_number(&result, 0x0a, 0);
	put_text(&result, "");
	put_text(&result, "");
	send_message(fake, fd, id, 0x65, &result, true);
}

static void
send_references(struct fake *fake, int fd, int id)
{
	struct ber reference;
	char uri[200];
	int i;

	for (i = 0; i < fake->references; i++) {
		reference.size = 0;
		snprintf(uri, sizeof(uri), "%s/o=part%d", fake->refer, i);
		put_text(&reference, uri);
		send_message(fake, fd, id, 0x73, &reference, false);
	}
}

static void
send_notice(struct fake *fake, int fd)
{
	struct ber result = {.size = 0};

	put_number(&result, 0x0a, 52);
	put_text(&result, "");
	put_text(&result, "");
	put(&result, 0x8a, "1.3.6.1.4.1.1466.20036", 22);
	send_message(fake, fd, 0, 0x78, &result, false);
}

static void
close_client(struct fake *fake, struct fake_client *client)
{
	size_t i;

	for (i = 0; i < FAKE_HELD_MAX; i++) {
		if (fake->holds[i].id != 0 && fake->holds[i].fd == client->fd) {
			fake->holds[i].id = 0;
			atomic_fetch_sub(&fake->held, 1);
		}
	}
	close(client->fd);
	client->fd = -1;
	atomic_fetch_sub(&fake->open, 1);
}

static void
hold(struct fake *fake, struct fake_client *client, int id)
{
	size_t i;

	for (i = 0; i < FAKE_HELD_MAX && fake->holds[i].id != 0; i++)
		;
	ck_assert_uint_lt(i, FAKE_HELD_MAX);
	fake->holds[i].fd = client->fd;
	fake->holds[i].id = id;
	client->outstanding++;
	if (client->outstanding > atomic_load(&fake->most))
		atomic_store(&fake->most, client->outstanding);
	atomic_fetch_add(&fake->held, 1);
}

/* Entries, until the mode changes or nobody listens any more. */
static void
flood(struct fake *fake, int fd, int id)
{
	static const struct timeval patience = {5, 0};
	static char many[1 << 16];
	struct ber inner = {.size = 0};
	struct ber entry = {.size = 0};
	struct ber message = {.size = 0};
	size_t size;

	put_text(&entry, "o=xxxxxxxx");
	put(&entry, 0x30, "", 0);
	put_number(&inner, 0x02, id);
	put(&inner, 0x64, entry.bytes, entry.size);
	put(&message, 0x30, inner.bytes, inner.size);
	for (size = 0; size + message.size <= sizeof(many); size += message.size)
		memcpy(many + size, message.bytes, message.size);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	while (atomic_load(&fake->mode) == FAKE_FLOODS && atomic_load(&fake->stop) == 0 &&
	       send(fd, many, size, MSG_NOSIGNAL) == (ssize_t)size)
		;
}

/* Answers a search as the mode says. */
static void
answer(struct fake *fake, struct fake_client *client, enum fake_mode mode, int id, const char *base)
{
	char referral[300];
	int fd = client->fd;

	switch (mode) {
	case FAKE_SILENT:
		return;
	case FAKE_HOLDS:
		hold(fake, client, id);
		return;
	case FAKE_ANSWERS:
		send_entry(fake, fd, id, base);
		send_success(fake, fd, id);
		return;
	case FAKE_DRIPS:
		drip_entry(fake, fd, id, base);
		send_success(fake, fd, id);
		return;
	case FAKE_HANGS_UP:
		send_entry(fake, fd, id, base);
		close_client(fake, client);
		return;
	case FAKE_ENDS:
		send_notice(fake, fd);
		return;
	case FAKE_GREETS:
		if (base[0] == '\0')
			send_success(fake, fd, id);
		else
			close_client(fake, client);
		return;
	case FAKE_BUSY:
		send_result(fake, fd, id, 0x65, 51, NULL);
		return;
	case FAKE_LIMITED:
		send_entry(fake, fd, id, base);
		send_result(fake, fd, id, 0x65, 4, NULL);
		return;
	case FAKE_NOTHING:
		send_result(fake, fd, id, 0x65, 32, NULL);
		return;
	case FAKE_REFERS:
		send_entry(fake, fd, id, base);
		send_references(fake, fd, id);
		send_result(fake, fd, id, 0x65, 0, NULL);
		return;
	case FAKE_REFERRAL:
		send_result(fake, fd, id, 0x65, 10, fake->refer);
		return;
	case FAKE_DEEPER:
		snprintf(referral, sizeof(referral), "%s/o=deeper,%s", fake->refer, base);
		send_result(fake, fd, id, 0x65, 10, referral);
		return;
	case FAKE_FLOODS:
		flood(fake, fd, id);
		return;
	}
}

/* Length of an element's content at *at, which it moves there. */
static size_t
take_length(const unsigned char *bytes, size_t *at)
{
	size_t length = bytes[(*at)++];
	size_t more = length & 0x7f;

	if (length < 0x80)
		return length;
	for (length = 0; more > 0; more--)
		length = length << 8 | bytes[(*at)++];
	return length;
}

/* An INTEGER or ENUMERATED at *at, which it moves behind it. */
static int
take_number(const unsigned char *bytes, size_t *at)
{
	size_t size;
	int number = 0;

	++*at;
	for (size = take_length(bytes, at); size > 0; size--)
		number = number << 8 | bytes[(*at)++];
	return number;
}

/* What stands behind the operation, which begins at `at`. */
static void
take_controls(struct fake *fake, const unsigned char *bytes, size_t at, size_t end)
{
	size_t size = take_length(bytes, &at);

	fake->controls_size = end - at - size;
	ck_assert_uint_le(fake->controls_size, sizeof(fake->controls));
	memcpy(fake->controls, bytes + at + size, fake->controls_size);
}

/* One request, whole. */
static void
take_request(struct fake *fake, struct fake_client *client)
{
	const unsigned char *bytes = client->input;
	bool muted = client->number <= atomic_load(&fake->mute_until);
	size_t at = 1;
	size_t size;
	/* As it is before anybody sees that the request came. */
	enum fake_mode mode = (enum fake_mode)atomic_load(&fake->mode);
	size_t end;
	int id = 0;

	end = take_length(bytes, &at);
	end += at++;
	for (size = take_length(bytes, &at); size > 0; size--)
		id = id << 8 | bytes[at++];
	switch (bytes[at++]) {
	case TAG_BIND:
		atomic_fetch_add(&fake->binds, 1);
		if (!muted && mode != FAKE_SILENT)
			send_result(
			    fake, client->fd, id, 0x61, atomic_load(&fake->locked) ? 49 : 0, NULL);
		break;
	case TAG_SEARCH:
		take_controls(fake, bytes, at, end);
		take_length(bytes, &at);
		at++;
		size = take_length(bytes, &at);
		snprintf(fake->base, sizeof(fake->base), "%.*s", (int)size, bytes + at);
		at += size;
		take_number(bytes, &at); /* the scope */
		atomic_store(&fake->aliases, take_number(bytes, &at));
		atomic_store(&fake->entries_limit, take_number(bytes, &at));
		atomic_store(&fake->seconds_limit, take_number(bytes, &at));
		atomic_fetch_add(size > 0 ? &fake->searches : &fake->greetings, 1);
		if (!muted)
			answer(fake, client, mode, id, fake->base);
		break;
	case TAG_ABANDON:
		atomic_fetch_add(&fake->abandoned, 1);
		break;
	default:
		break;
	}
}

/* Whether a whole message has come; its size. */
static bool
has_message(const struct fake_client *client, size_t *size)
{
	size_t at = 1;

	if (client->size < 6)
		return false;
	*size = take_length(client->input, &at);
	*size += at;
	return client->size >= *size;
}

static void
take_input(struct fake *fake, struct fake_client *client)
{
	ssize_t got = recv(client->fd, client->input + client->size,
	    sizeof(client->input) - client->size, MSG_DONTWAIT);
	size_t size;

	if (got <= 0) {
		close_client(fake, client);
		return;
	}
	client->size += (size_t)got;
	while (client->fd >= 0 && has_message(client, &size)) {
		take_request(fake, client);
		client->size -= size;
		memmove(client->input, client->input + size, client->size);
	}
}

static void
take_client(struct fake *fake)
{
	int fd = accept(fake->listener, NULL, NULL);
	size_t i;

	if (fd < 0)
		return;
	if (atomic_load(&fake->refuse) != 0) {
		close(fd);
		atomic_fetch_add(&fake->connections, 1);
		return;
	}
	for (i = 0; i < FAKE_CLIENTS_MAX && fake->clients[i].fd >= 0; i++)
		;
	ck_assert_uint_lt(i, FAKE_CLIENTS_MAX);
	memset(&fake->clients[i], 0, sizeof(fake->clients[i]));
	fake->clients[i].fd = fd;
	atomic_store(&fake->said, 0);
	atomic_fetch_add(&fake->open, 1);
	fake->clients[i].number = atomic_fetch_add(&fake->connections, 1) + 1;
}

/* What was held, once it is no more. */
static void
release(struct fake *fake)
{
	size_t i;
	size_t c;

	for (i = 0; i < FAKE_HELD_MAX; i++) {
		for (c = 0; c < FAKE_CLIENTS_MAX && fake->holds[i].id != 0; c++) {
			if (fake->clients[c].fd != fake->holds[i].fd)
				continue;
			fake->clients[c].outstanding--;
			answer(fake, &fake->clients[c], (enum fake_mode)atomic_load(&fake->mode),
			    fake->holds[i].id, "o=held");
			fake->holds[i].id = 0;
			atomic_fetch_sub(&fake->held, 1);
		}
	}
}

static void
drop_all(struct fake *fake)
{
	size_t i;

	for (i = 0; i < FAKE_CLIENTS_MAX; i++) {
		if (fake->clients[i].fd >= 0)
			close_client(fake, &fake->clients[i]);
	}
}

static void *
serve(void *argument)
{
	struct fake *fake = argument;
	struct pollfd waits[FAKE_CLIENTS_MAX + 1];
	size_t i;

	while (!atomic_load(&fake->stop)) {
		for (i = 0; i < FAKE_CLIENTS_MAX; i++)
			waits[i] = (struct pollfd){fake->clients[i].fd, POLLIN, 0};
		waits[FAKE_CLIENTS_MAX] = (struct pollfd){fake->listener, POLLIN, 0};
		poll(waits, ARRAY_LENGTH(waits), 2);
		if (atomic_exchange(&fake->drop, 0) != 0)
			drop_all(fake);
		for (i = 0; i < FAKE_CLIENTS_MAX; i++) {
			if (fake->clients[i].fd >= 0 && waits[i].fd >= 0 && waits[i].revents != 0 &&
			    atomic_load(&fake->deaf) == 0)
				take_input(fake, &fake->clients[i]);
		}
		if (waits[FAKE_CLIENTS_MAX].revents != 0)
			take_client(fake);
		if (atomic_load(&fake->mode) != FAKE_HOLDS)
			release(fake);
	}
	drop_all(fake);
	return NULL;
}

static int
listen_on_port(int *port)
{
	static const int on = 1;
	struct sockaddr_in address;
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(&address, 0, sizeof(address));
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons((uint16_t)*port);
	ck_assert_int_ge(fd, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
	ck_assert_int_eq(listen(fd, 100), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

static int
listen_on_path(const char *path)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(&address, 0, sizeof(address));
	address.sun_family = AF_UNIX;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 100), 0);
	return fd;
}

int
fake_port(void)
{
	int port = 0;

	close(listen_on_port(&port));
	return port;
}

static void
name_path(struct fake *fake, const char *path)
{
	size_t size = (size_t)snprintf(fake->uri, sizeof(fake->uri), "ldapi://");

	for (; *path != '\0'; path++)
		size += (size_t)snprintf(fake->uri + size, sizeof(fake->uri) - size,
		    *path == '/' ? "%%2F" : "%c", *path);
}

void
fake_start(struct fake *fake, int port, const char *path)
{
	size_t i;

	for (i = 0; i < FAKE_CLIENTS_MAX; i++)
		fake->clients[i].fd = -1;
	fake->port = port;
	atomic_store(&fake->stop, 0);
	if (path != NULL) {
		fake->listener = listen_on_path(path);
		name_path(fake, path);
	} else {
		fake->listener = listen_on_port(&fake->port);
		snprintf(fake->uri, sizeof(fake->uri), "ldap://127.0.0.1:%d", fake->port);
	}
	ck_assert_int_eq(pthread_create(&fake->thread, NULL, serve, fake), 0);
}

void
fake_stop(struct fake *fake)
{
	atomic_store(&fake->stop, 1);
	pthread_join(fake->thread, NULL);
	close(fake->listener);
}
