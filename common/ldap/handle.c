#include "ldap/handle.h"

#include <errno.h>
#include <openldap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

/* Longest password taken from a file, bytes. */
#define HANDLE_PASSWORD_MAX 1024

/* Where systems keep the CAs that they trust: Debian's place, then Red Hat's. */
static const char *const system_cas[] = {
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"};

/* Sets the error for a result code of libldap, with what the server's last message adds. Server
 * trouble is ERROR_TEMPORARY, whatever its code: a directory that can't be asked is unavailable.
 * Always -1. */
static int
set_error(LDAP *ld, int code, struct error *err, const char *what)
{
	char *message = NULL;

	if (ld != NULL)
		ldap_get_option(ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &message);
	if (message != NULL && message[0] != '\0')
		error_set(
		    err, ERROR_TEMPORARY, "%s: %s (%s)", what, ldap_err2string(code), message);
	else
		error_set(err, ERROR_TEMPORARY, "%s: %s", what, ldap_err2string(code));
	ldap_memfree(message);
	return -1;
}

LDAP *
handle_new(int fd, const LDAPURLDesc *url, const char *uri, struct error *err)
{
	bool local = strcmp(url->lud_scheme, "ldapi") == 0;
	LDAP *ld = NULL;
	int code;

	code = ldap_init_fd(fd, local ? LDAP_PROTO_IPC : LDAP_PROTO_TCP, uri, &ld);
	if (code != LDAP_SUCCESS) {
		set_error(NULL, code, err, "making a connection of a socket");
		return NULL;
	}
	return ld;
}

/* One answer must hold all that the section's limits allow one entry, twice: with and without
 * ";binary". */
static ber_len_t
incoming_max(const struct config_directory *directory)
{
	int64_t most = directory->values_limit * directory->value_size_limit;

	if (most > (int64_t)HANDLE_INCOMING_MAX / 2)
		return HANDLE_INCOMING_MAX;
	return (ber_len_t)most * 2 + ((ber_len_t)1 << 20);
}

int
handle_options(
    LDAP *ld, const struct config_directory *directory, int64_t time_ms, struct error *err)
{
	const int version = LDAP_VERSION3;
	const int deref = LDAP_DEREF_NEVER;
	const int unlimited = LDAP_NO_LIMIT;
	struct timeval time;
	ber_len_t incoming = incoming_max(directory);
	Sockbuf *buffer = NULL;
	int bad = 0;

	if (time_ms < 1)
		time_ms = 1;
	time.tv_sec = (time_t)(time_ms / 1000);
	time.tv_usec = (suseconds_t)(time_ms % 1000) * 1000;
	bad |= ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
	bad |= ldap_set_option(ld, LDAP_OPT_DEREF, &deref);
	bad |= ldap_set_option(ld, LDAP_OPT_SIZELIMIT, &unlimited);
	bad |= ldap_set_option(ld, LDAP_OPT_TIMELIMIT, &unlimited);
	bad |= ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
	bad |= ldap_set_option(ld, LDAP_OPT_RESTART, LDAP_OPT_ON);
	bad |= ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &time);
	bad |= ldap_set_option(ld, LDAP_OPT_TIMEOUT, &time);
	/* After a read error the socket stays open until the handle goes: its number must not be
	 * another's while the loop still has an event on it. */
	bad |= ldap_set_option(ld, LDAP_OPT_KEEPCONN, LDAP_OPT_ON);
	bad |= ldap_get_option(ld, LDAP_OPT_SOCKBUF, &buffer);
	if (bad != LDAP_OPT_SUCCESS || buffer == NULL ||
	    ber_sockbuf_ctrl(buffer, LBER_SB_OPT_SET_MAX_INCOMING, &incoming) < 0)
		return error_set(err, ERROR_INTERNAL, "libldap takes an option no more");
	return 0;
}

bool
handle_needs_tls(const struct config_directory *directory, const LDAPURLDesc *url)
{
	if (strcmp(url->lud_scheme, "ldapi") == 0)
		return false; /* it doesn't leave the machine */
	return strcmp(url->lud_scheme, "ldaps") == 0 || directory->tls == TLS_REQUIRED;
}

const char *
handle_ca_file(const struct config_directory *directory)
{
	size_t i;

	if (directory->tls_ca != NULL && directory->tls_ca[0] != '\0')
		return directory->tls_ca;
	for (i = 0; i < ARRAY_LENGTH(system_cas) - 1; i++) {
		if (access(system_cas[i], R_OK) == 0)
			break;
	}
	return system_cas[i];
}

/*
 * Nothing before TLS 1.2 (RFC 8996). libldap's option has no effect with GnuTLS, and its cipher
 * string leaks memory with every context, so what came of the handshake is looked at: nobody on the
 * way can have made it less than both sides offer, and nothing was said yet.
 */
static int
check_protocol(LDAP *ld, struct error *err)
{
	/* GnuTLS's names, then OpenSSL's. */
	static const char *const good[] = {"TLS1.2", "TLS1.3", "TLSv1.2", "TLSv1.3"};
	char *version = NULL;
	int result;
	size_t i;

	ldap_get_option(ld, LDAP_OPT_X_TLS_VERSION, &version);
	for (i = 0; version != NULL && i < ARRAY_LENGTH(good); i++) {
		if (strcmp(version, good[i]) == 0)
			break;
	}
	if (version != NULL && i < ARRAY_LENGTH(good))
		result = 0;
	else
		result =
		    error_set(err, ERROR_TEMPORARY, "the server speaks %s: TLS 1.2 is the least",
			version != NULL ? version : "no TLS");
	ldap_memfree(version);
	return result;
}

static int
set_tls(LDAP *ld, const struct config_directory *directory, struct error *err)
{
	const char *cas = handle_ca_file(directory);
	const int demand = LDAP_OPT_X_TLS_DEMAND;
	const int tls12 = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
	const int client = 0;
	int bad = 0;

	if (access(cas, R_OK) != 0)
		return error_errno(err, errno, "reading the TLS CAs in %s", cas);
	bad |= ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
	bad |= ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, cas);
	bad |= ldap_set_option(ld, LDAP_OPT_X_TLS_PROTOCOL_MIN, &tls12);
	/* The context takes up the options set before it: last. */
	bad |= ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &client);
	if (bad != LDAP_OPT_SUCCESS)
		return error_set(err, ERROR_TEMPORARY,
		    "TLS can't be set up: is %s a PEM file of CA certificates?", cas);
	return 0;
}

int
handle_start_tls(LDAP *ld, const struct config_directory *directory, const LDAPURLDesc *url,
    bool *unclear, struct error *err)
{
	bool at_once = strcmp(url->lud_scheme, "ldaps") == 0;
	char what[512];
	int code;

	*unclear = false;
	if (set_tls(ld, directory, err) != 0)
		return -1;
	code = at_once ? ldap_install_tls(ld) : ldap_start_tls_s(ld, NULL, NULL);
	if (code == LDAP_SUCCESS)
		return check_protocol(ld, err);
	if (code > 0) /* the server's own answer to StartTLS */
		return set_error(ld, code, err, "StartTLS");
	/* Which of these it was, libldap doesn't tell. */
	*unclear = true;
	snprintf(what, sizeof(what),
	    "TLS failed (is the server's certificate valid, for this name, from a CA in %s?)",
	    handle_ca_file(directory));
	return set_error(ld, code, err, what);
}

/* The first line of the password file into password[HANDLE_PASSWORD_MAX]. */
static int
read_password(const char *path, char *password, struct error *err)
{
	struct stat status;
	FILE *file;
	int result = -1;

	file = fopen(path, "re");
	if (file == NULL || fstat(fileno(file), &status) != 0) {
		error_errno(err, errno, "reading the password in %s", path);
		goto out;
	}
	setvbuf(file, NULL, _IONBF, 0); /* no copy of it stays in a buffer */
	if ((status.st_mode & S_IRWXO) != 0) {
		error_set(err, ERROR_INPUT, "%s is open to everybody: chmod o= it", path);
		goto out;
	}
	if (fgets(password, HANDLE_PASSWORD_MAX, file) == NULL)
		password[0] = '\0';
	password[strcspn(password, "\r\n")] = '\0';
	/* A bind with a name and no password succeeds as nobody (RFC 4513 section 5.1.2). */
	if (password[0] == '\0')
		error_set(err, ERROR_INPUT, "%s holds no password in its first line", path);
	else
		result = 0;
out:
	if (file != NULL)
		fclose(file);
	return result;
}

static int
wait_bound(LDAP *ld, int id, const struct config_directory *directory, struct error *err)
{
	LDAPMessage *message = NULL;
	char what[300];
	int code = LDAP_OTHER;
	int type;

	snprintf(what, sizeof(what), "binding as %s", directory->bind_dn);
	type = ldap_result(ld, id, LDAP_MSG_ALL, NULL, &message); /* for LDAP_OPT_TIMEOUT */
	if (type == 0)
		return set_error(NULL, LDAP_TIMEOUT, err, what);
	if (type < 0) {
		ldap_get_option(ld, LDAP_OPT_RESULT_CODE, &code);
		return set_error(ld, code, err, what);
	}
	if (ldap_parse_result(ld, message, &code, NULL, NULL, NULL, NULL, 1) != LDAP_SUCCESS)
		code = LDAP_DECODING_ERROR;
	return code == LDAP_SUCCESS ? 0 : set_error(ld, code, err, what);
}

int
handle_bind(LDAP *ld, const struct config_directory *directory, struct error *err)
{
	char password[HANDLE_PASSWORD_MAX];
	struct berval credentials;
	int result = -1;
	int code;
	int id;

	if (directory->bind_dn == NULL || directory->bind_dn[0] == '\0')
		return 0;
	if (directory->bind_password_file == NULL || directory->bind_password_file[0] == '\0')
		return error_set(err, ERROR_INPUT, "bind-dn without bind-password-file");
	if (read_password(directory->bind_password_file, password, err) != 0)
		goto out;
	credentials.bv_val = password;
	credentials.bv_len = strlen(password);
	code =
	    ldap_sasl_bind(ld, directory->bind_dn, LDAP_SASL_SIMPLE, &credentials, NULL, NULL, &id);
	if (code != LDAP_SUCCESS)
		set_error(ld, code, err, "binding");
	else
		result = wait_bound(ld, id, directory, err);
out:
	explicit_bzero(password, sizeof(password));
	return result;
}
