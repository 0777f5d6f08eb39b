#include <arpa/inet.h>
#include <netinet/in.h>
#include <openldap.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/secret.h"
#include "ldap/handle.h"
#include "ldap/handle_private.h"

static bool
is_set(const char *text)
{
	return text != NULL && text[0] != '\0';
}

static bool
is_loopback(const struct sockaddr_storage *peer)
{
	const struct in6_addr *address6 = &((const struct sockaddr_in6 *)peer)->sin6_addr;
	const struct in_addr *address4 = &((const struct sockaddr_in *)peer)->sin_addr;

	if (peer->ss_family == AF_INET)
		return ntohl(address4->s_addr) >> 24 == IN_LOOPBACKNET;
	if (peer->ss_family != AF_INET6)
		return false;
	return IN6_IS_ADDR_LOOPBACK(address6) ||
	       (IN6_IS_ADDR_V4MAPPED(address6) && address6->s6_addr[12] == IN_LOOPBACKNET);
}

/* The other end of the connection: false if it isn't known. */
static bool
find_peer(LDAP *ld, struct sockaddr_storage *peer)
{
	socklen_t size = sizeof(*peer);
	int fd = -1;

	memset(peer, 0, sizeof(*peer));
	return ldap_get_option(ld, LDAP_OPT_DESC, &fd) == LDAP_OPT_SUCCESS && fd >= 0 &&
	       getpeername(fd, (struct sockaddr *)peer, &size) == 0;
}

/* Whether what is said on the connection stays between the two ends: as the socket is, whatever the
 * configuration made of it. */
static bool
is_private(LDAP *ld)
{
	struct sockaddr_storage peer;

	if (ldap_tls_inplace(ld))
		return true;
	return find_peer(ld, &peer) && (peer.ss_family == AF_UNIX || is_loopback(&peer));
}

/* Says why a bind was refused. */
typedef int set_refusal(LDAP *ld, int code, struct error *err, const char *what);

static int
wait_bound(LDAP *ld, int id, const char *what, set_refusal *refused, struct error *err)
{
	int code = handle_wait(ld, id, LDAP_RES_BIND);

	return code == LDAP_SUCCESS ? 0 : refused(ld, code, err, what);
}

static int
bind_simple(LDAP *ld, const struct config_directory *directory, struct error *err)
{
	char password[SECRET_LINE_MAX];
	char what[300];
	struct berval credentials;
	int result = -1;
	int code;
	int id;

	snprintf(what, sizeof(what), "binding as %s", directory->bind_dn);
	if (!directory->plain_bind && !is_private(ld))
		return error_set(err, ERROR_INPUT,
		    "%s: no password is sent over a connection without TLS: set tls = required (or "
		    "plain-bind = yes)",
		    what);
	if (!is_set(directory->bind_password_file))
		return error_set(err, ERROR_INPUT, "bind-dn without bind-password-file");
	/* A bind with a name and no password would succeed as nobody (RFC 4513 section 5.1.2): there
	 * must be one. */
	if (secret_read_line(directory->bind_password_file, password, sizeof(password), err) != 0)
		goto out;
	credentials.bv_val = password;
	credentials.bv_len = strlen(password);
	code =
	    ldap_sasl_bind(ld, directory->bind_dn, LDAP_SASL_SIMPLE, &credentials, NULL, NULL, &id);
	if (code != LDAP_SUCCESS)
		handle_set_error(ld, code, err, what);
	else
		result = wait_bound(ld, id, what, handle_set_refusal, err);
out:
	explicit_bzero(password, sizeof(password));
	return result;
}

/* RFC 4422 appendix A: one message, and no SASL layer after it. */
static int
bind_external(LDAP *ld, const struct config_directory *directory, struct error *err)
{
	struct berval nobody_else = {0, (char *)""}; /* as whom the connection says we are */
	bool certificate = ldap_tls_inplace(ld) && is_set(directory->tls_certificate);
	struct sockaddr_storage peer;
	char what[500];
	int code;
	int id;

	if (!certificate && (!find_peer(ld, &peer) || peer.ss_family != AF_UNIX))
		return error_set(err, ERROR_INPUT,
		    "bind-method = external needs TLS with tls-certificate, or ldapi://");
	if (certificate)
		snprintf(what, sizeof(what),
		    "SASL EXTERNAL bind with %.200s (does the server ask for client certificates, "
		    "is "
		    "its issuer among the CAs that it names, and does it know the name in it?)",
		    directory->tls_certificate);
	else
		snprintf(what, sizeof(what),
		    "SASL EXTERNAL bind as user %ld, group %ld of this machine", (long)geteuid(),
		    (long)getegid());
	code = ldap_sasl_bind(ld, NULL, "EXTERNAL", &nobody_else, NULL, NULL, &id);
	if (code != LDAP_SUCCESS)
		return handle_set_error(ld, code, err, what);
	return wait_bound(ld, id, what, handle_set_error, err);
}

int
handle_bind(LDAP *ld, const struct config_directory *directory, struct error *err)
{
	if (directory->bind_method == BIND_EXTERNAL)
		return bind_external(ld, directory, err);
	return is_set(directory->bind_dn) ? bind_simple(ld, directory, err) : 0;
}
