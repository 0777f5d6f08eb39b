#include "ldap/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <openldap.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "ldap/dial.h"
#include "ldap/handle.h"
#include "ldap/tls_probe.h"

struct connection {
	const struct config_directory *directory;
	const char *uri;
	struct names *names;
	pthread_mutex_t mutex; /* for these three */
	int fd;                /* under way, or -1 */
	int64_t deadline_ms;   /* 0: it has not begun */
	bool stopped;
	LDAP *ld;
	struct error error;
};

void
connection_prepare(void)
{
	int version = 0;

	if (getenv("LDAPNOINIT") == NULL)
		setenv("LDAPNOINIT", "1", 1);
	/* libldap initialises itself at the first call, which two threads must not make at once. */
	ldap_get_option(NULL, LDAP_OPT_PROTOCOL_VERSION, &version);
}

struct connection *
connection_new(const struct config_directory *directory, const char *uri, struct error *err)
{
	struct connection *connection;

	connection = calloc(1, sizeof(*connection));
	if (connection != NULL)
		connection->names = names_new(&dial_lookups);
	if (connection == NULL || connection->names == NULL) {
		free(connection);
		error_no_memory(err);
		return NULL;
	}
	connection->directory = directory;
	connection->uri = uri;
	connection->fd = -1;
	pthread_mutex_init(&connection->mutex, NULL);
	error_set(&connection->error, ERROR_TEMPORARY, "stopped");
	return connection;
}

/* Whether to begin at all; sets the time for it. */
static bool
begin(struct connection *connection)
{
	bool stopped;

	pthread_mutex_lock(&connection->mutex);
	stopped = connection->stopped;
	connection->deadline_ms = clock_monotonic_ms() + connection->directory->connect_timeout;
	pthread_mutex_unlock(&connection->mutex);
	return !stopped;
}

/* Lets others shut the socket down, until it is given away or closed. -1 for none. */
static void
show_socket(void *context, int fd)
{
	struct connection *connection = context;

	pthread_mutex_lock(&connection->mutex);
	connection->fd = fd;
	if (fd >= 0 && connection->stopped)
		shutdown(fd, SHUT_RDWR);
	pthread_mutex_unlock(&connection->mutex);
}

/* TLS and bind. Both end when the socket is shut down. *unclear: TLS failed, who knows why. */
static int
enter(struct connection *connection, LDAP *ld, const LDAPURLDesc *url, bool *unclear,
    struct error *err)
{
	const struct config_directory *directory = connection->directory;
	int64_t left = connection->deadline_ms - clock_monotonic_ms();

	if (handle_options(ld, directory, left, err) != 0)
		return -1;
	if (handle_needs_tls(directory, url) &&
	    handle_start_tls(ld, directory, url, unclear, err) != 0)
		return -1;
	return handle_bind(ld, directory, err);
}

/* The other end of the connection that failed. */
struct peer {
	struct sockaddr_storage address;
	socklen_t size;
};

/* Puts into err why TLS failed, where that can be found out in what is left of the time. */
static void
explain(struct connection *connection, const LDAPURLDesc *url, const struct peer *peer,
    struct error *err)
{
	const struct config_directory *directory = connection->directory;
	struct tls_probe probe = {
	    .expected = {.host = url->lud_host,
		.ca_file = handle_ca_file(directory),
		.own_ca = directory->tls_ca != NULL && directory->tls_ca[0] != '\0'},
	    .start_tls = strcmp(url->lud_scheme, "ldaps") != 0,
	    .minimum = directory->tls_minimum,
	    .certificate_file = directory->tls_certificate,
	    .key_file = directory->tls_key};
	const struct dial_watch watch = {show_socket, connection};
	struct error why = ERROR_INIT;
	int fd;

	if (clock_monotonic_ms() >= connection->deadline_ms) {
		error_set(err, ERROR_TEMPORARY,
		    "TLS failed: not done within connect-timeout (%lld ms)",
		    (long long)directory->connect_timeout);
		return;
	}
	fd = dial_address((const struct sockaddr *)&peer->address, peer->size,
	    connection->deadline_ms, &watch, NULL);
	if (fd < 0)
		return;
	if (tls_probe(&probe, fd, connection->deadline_ms, &why) == 0)
		error_set(err, ERROR_TEMPORARY, "TLS failed: %s", why.text);
	show_socket(connection, -1);
	close(fd);
}

static int
try_server(struct connection *connection, struct error *err)
{
	const char *uri = connection->uri;
	const struct dial_watch watch = {show_socket, connection};
	struct peer peer = {.size = sizeof(peer.address)};
	LDAPURLDesc *url = NULL;
	LDAP *ld = NULL;
	bool unclear = false;
	int result = -1;
	int fd;

	if (ldap_url_parse(uri, &url) != LDAP_URL_SUCCESS)
		return error_set(err, ERROR_INPUT, "%s is no LDAP URI", uri);
	fd = dial(url, connection->names, connection->deadline_ms, &watch, err);
	if (fd < 0)
		goto out;
	ld = handle_new(fd, url, uri, err);
	if (ld == NULL) {
		show_socket(connection, -1);
		close(fd);
		goto out;
	}
	if (getpeername(fd, (struct sockaddr *)&peer.address, &peer.size) != 0)
		peer.size = 0;
	result = enter(connection, ld, url, &unclear, err);
	show_socket(connection, -1);
	if (result == 0 && fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0)
		result = error_errno(err, errno, "fcntl");
	if (result == 0) {
		connection->ld = ld;
	} else {
		ldap_unbind_ext(ld, NULL, NULL);
		if (unclear && peer.size > 0)
			explain(connection, url, &peer, err);
	}
out:
	ldap_free_urldesc(url);
	return result;
}

void
connection_run(struct connection *connection)
{
	if (!begin(connection))
		return; /* the error says so from the beginning */
	if (try_server(connection, &connection->error) != 0)
		error_prefix(&connection->error, "%s: ", connection->uri);
}

bool
connection_has_begun(struct connection *connection)
{
	bool begun;

	pthread_mutex_lock(&connection->mutex);
	begun = connection->deadline_ms != 0;
	pthread_mutex_unlock(&connection->mutex);
	return begun;
}

void
connection_watch(struct connection *connection)
{
	pthread_mutex_lock(&connection->mutex);
	if (connection->fd >= 0 && clock_monotonic_ms() >= connection->deadline_ms)
		shutdown(connection->fd, SHUT_RDWR);
	pthread_mutex_unlock(&connection->mutex);
}

void
connection_stop(struct connection *connection)
{
	pthread_mutex_lock(&connection->mutex);
	connection->stopped = true;
	if (connection->fd >= 0)
		shutdown(connection->fd, SHUT_RDWR);
	pthread_mutex_unlock(&connection->mutex);
}

void
connection_abandon(struct connection *connection)
{
	connection_stop(connection);
	names_abandon(connection->names);
}

LDAP *
connection_take(struct connection *connection, struct error *err)
{
	LDAP *ld = connection->ld;

	connection->ld = NULL;
	if (ld == NULL)
		*err = connection->error;
	return ld;
}

void
connection_free(struct connection *connection)
{
	if (connection == NULL)
		return;
	if (connection->ld != NULL)
		ldap_unbind_ext(connection->ld, NULL, NULL);
	names_free(connection->names);
	pthread_mutex_destroy(&connection->mutex);
	free(connection);
}
