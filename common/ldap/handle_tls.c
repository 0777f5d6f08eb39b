#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ldap/handle.h"
#include "ldap/handle_private.h"
#include "ldap/tls_certificate.h"
#include "ldap/tls_files.h"
#include "ldap/tls_guard.h"
#include "ldap/tls_identity.h"

/* Messages that may come for a question that asks for nothing of one entry: the entry, its end, and
 * what a proxy may add. */
#define CONFIRM_MESSAGES_MAX 8

/* Where systems keep the CAs that they trust: Debian's place, then Red Hat's. */
static const char *const system_cas[] = {
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"};

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

/* Names of versions: GnuTLS's, then OpenSSL's. Nothing before TLS 1.2 (RFC 8996) is ever enough. */
static const struct {
	const char *name;
	enum config_tls_minimum meets;
} versions[] = {
    {"TLS1.2", TLS_MINIMUM_1_2},
    {"TLS1.3", TLS_MINIMUM_1_3},
    {"TLSv1.2", TLS_MINIMUM_1_2},
    {"TLSv1.3", TLS_MINIMUM_1_3},
};

static bool
is_enough(const char *version, enum config_tls_minimum least)
{
	for (size_t i = 0; version != NULL && i < ARRAY_LENGTH(versions); i++)
		if (strcmp(version, versions[i].name) == 0)
			return versions[i].meets >= least;
	return false;
}

/*
 * libldap's option has no effect with GnuTLS, and its cipher string leaks memory with every context,
 * so what came of the handshake is looked at: nobody on the way can have made it less than both
 * sides offer, and nothing was said yet.
 */
static int
check_protocol(LDAP *ld, enum config_tls_minimum least, struct error *err)
{
	char *version = NULL;
	int result = 0;

	ldap_get_option(ld, LDAP_OPT_X_TLS_VERSION, &version);
	if (!is_enough(version, least))
		result = error_set(err, ERROR_TEMPORARY, "the server speaks %s: TLS %s",
		    version != NULL ? version : "no TLS",
		    least == TLS_MINIMUM_1_3 ? "1.3 is the least (tls-minimum)"
					     : "1.2 is the least");
	ldap_memfree(version);
	return result;
}

/* GnuTLS takes a certificate for any purpose: also a user's, from a CA that issues to both, with a
 * server's name in it. */
static int
check_purpose(LDAP *ld, struct error *err)
{
	struct berval der = {0, NULL};
	int result;

	if (ldap_get_option(ld, LDAP_OPT_X_TLS_PEERCERT, &der) != LDAP_OPT_SUCCESS ||
	    der.bv_val == NULL)
		return error_set(err, ERROR_TEMPORARY, "the server shows no certificate");
	result = tls_certificate_check_purpose((const unsigned char *)der.bv_val, der.bv_len, err);
	ldap_memfree(der.bv_val);
	return result;
}

/*
 * What a server thinks of our certificate, or of there being none, it says only when the handshake
 * has ended for us (always in TLS 1.3; with GnuTLS's servers before that, too), and then by hanging
 * up. So it is asked for nothing of its root entry: any answer will do.
 */
static int
confirm(LDAP *ld, bool *unclear, struct error *err)
{
	static char nothing[] = LDAP_NO_ATTRS;
	char *attributes[] = {nothing, NULL};
	LDAPMessage *message;
	int type = -1;
	int id;

	if (ldap_search_ext(ld, "", LDAP_SCOPE_BASE, "(objectClass=*)", attributes, 0, NULL, NULL,
		NULL, 1, &id) != LDAP_SUCCESS)
		goto lost;
	for (int i = 0; i < CONFIRM_MESSAGES_MAX; i++) {
		message = NULL;
		type = ldap_result(ld, id, LDAP_MSG_ONE, NULL, &message);
		ldap_msgfree(message);
		if (type == LDAP_RES_SEARCH_RESULT)
			return 0;
		if (type <= 0)
			break;
	}
	if (type >= 0)
		return error_set(err, ERROR_TEMPORARY, "no %sanswer after the TLS handshake",
		    type > 0 ? "sensible " : "");
lost:
	*unclear = true;
	return error_set(
	    err, ERROR_TEMPORARY, "the server ends the connection after the TLS handshake");
}

static bool
has_identity(const struct config_directory *directory)
{
	return directory->tls_certificate != NULL && directory->tls_certificate[0] != '\0';
}

/* The client certificate, which must be good: libldap would only say that something is not. */
static int
set_identity(LDAP *ld, const struct config_directory *directory, struct error *err)
{
	struct tls_identity identity;

	if (directory->tls_key == NULL || directory->tls_key[0] == '\0')
		return error_set(err, ERROR_INPUT, "tls-certificate without tls-key");
	if (tls_identity_read(directory->tls_certificate, directory->tls_key, &identity, err) != 0)
		return error_prefix(err, "reading the client certificate and its key: ");
	tls_identity_clear(&identity);
	if (ldap_set_option(ld, LDAP_OPT_X_TLS_CERTFILE, directory->tls_certificate) !=
		LDAP_OPT_SUCCESS ||
	    ldap_set_option(ld, LDAP_OPT_X_TLS_KEYFILE, directory->tls_key) != LDAP_OPT_SUCCESS)
		return error_no_memory(err);
	return 0;
}

static int
set_tls(LDAP *ld, const struct config_directory *directory, struct error *err)
{
	const char *cas = handle_ca_file(directory);
	const int demand = LDAP_OPT_X_TLS_DEMAND;
	const int least = directory->tls_minimum == TLS_MINIMUM_1_3
			      ? LDAP_OPT_X_TLS_PROTOCOL_TLS1_3
			      : LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
	const int client = 0;
	int bad = 0;

	if (access(cas, R_OK) != 0)
		return error_errno(err, errno, "reading the TLS CAs in %s", cas);
	if (has_identity(directory) && set_identity(ld, directory, err) != 0)
		return -1;
	bad |= ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
	bad |= ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, cas);
	bad |= ldap_set_option(ld, LDAP_OPT_X_TLS_PROTOCOL_MIN, &least);
	/* The context takes up the options set before it: last. */
	bad |= has_identity(directory) ? handle_share_context(ld, directory, cas)
				       : ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &client);
	if (bad != LDAP_OPT_SUCCESS)
		return error_set(err, ERROR_TEMPORARY,
		    "TLS can't be set up: is %s a PEM file of CA certificates?", cas);
	return 0;
}

/* What ldap_start_tls_s() does, but for what handle_wait() is about. */
static int
start_tls(LDAP *ld)
{
	int code;
	int id;

	code = ldap_start_tls(ld, NULL, NULL, &id);
	if (code == LDAP_SUCCESS)
		code = handle_wait(ld, id, LDAP_RES_EXTENDED);
	return code == LDAP_SUCCESS ? ldap_install_tls(ld) : code;
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
	code = at_once ? ldap_install_tls(ld) : start_tls(ld);
	if (code == LDAP_SUCCESS) {
		if (tls_guard_add(ld, err) != 0 ||
		    check_protocol(ld, directory->tls_minimum, err) != 0 ||
		    check_purpose(ld, err) != 0)
			return error_prefix(err, "TLS failed: ");
		return confirm(ld, unclear, err);
	}
	if (code > 0) /* the server's own answer to StartTLS */
		return handle_set_error(ld, code, err, "StartTLS");
	if (tls_files_check_cas(handle_ca_file(directory), err) != 0)
		return error_prefix(err, "TLS failed: reading the TLS CAs: ");
	/* Which of these it was, libldap doesn't tell. */
	*unclear = true;
	snprintf(what, sizeof(what),
	    "TLS failed (is the server's certificate valid, for this name, from a CA in %s?)",
	    handle_ca_file(directory));
	return handle_set_error(ld, code, err, what);
}
