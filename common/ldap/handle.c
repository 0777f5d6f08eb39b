#include "ldap/handle.h"

#include <openldap.h>
#include <string.h>

#include "base/clock.h"
#include "ldap/handle_private.h"

int
handle_set_error(LDAP *ld, int code, struct error *err, const char *what)
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

int
handle_wait(LDAP *ld, int id, int type)
{
	LDAPMessage *message = NULL;
	int code = LDAP_OTHER;
	int got;

	got = ldap_result(ld, id, LDAP_MSG_ONE, NULL, &message);
	if (got == 0 && message == NULL)
		return LDAP_TIMEOUT;
	if (got < 0 && message == NULL) {
		ldap_get_option(ld, LDAP_OPT_RESULT_CODE, &code);
		return code < 0 ? code : LDAP_SERVER_DOWN;
	}
	if (got != type) {
		ldap_msgfree(message);
		return LDAP_DECODING_ERROR;
	}
	if (ldap_parse_result(ld, message, &code, NULL, NULL, NULL, NULL, 1) != LDAP_SUCCESS)
		return LDAP_DECODING_ERROR;
	return code;
}

LDAP *
handle_new(int fd, const LDAPURLDesc *url, const char *uri, struct error *err)
{
	bool local = strcmp(url->lud_scheme, "ldapi") == 0;
	LDAP *ld = NULL;
	int code;

	code = ldap_init_fd(fd, local ? LDAP_PROTO_IPC : LDAP_PROTO_TCP, uri, &ld);
	if (code != LDAP_SUCCESS) {
		handle_set_error(NULL, code, err, "making a connection of a socket");
		return NULL;
	}
	return ld;
}

/* What is larger than an answer may be ends the connection, as if the server were down. So there is room
 * for what comes beyond values-limit, to be left out: who has been given certificates for years may have
 * a thousand of them. And for the names of a group's members, which a server gives at once: of 50,000
 * (the most that group-members-limit can be), with 500 bytes each. */
#define BEYOND_SIZE ((int64_t)8 << 20)
#define MEMBERS_SIZE ((int64_t)50000 * 500)

/* One answer must hold all that the section's limits allow one entry, twice: with and without
 * ";binary"; or a group, which has none of that. */
static ber_len_t
incoming_max(const struct config_directory *directory)
{
	int64_t most = directory->values_limit * directory->value_size_limit * 2;

	if (directory->groups == GROUPS_EXPAND && most < MEMBERS_SIZE)
		most = MEMBERS_SIZE;
	most += BEYOND_SIZE;
	return most < (int64_t)HANDLE_INCOMING_MAX ? (ber_len_t)most : HANDLE_INCOMING_MAX;
}

int
handle_options(
    LDAP *ld, const struct config_directory *directory, int64_t time_ms, struct error *err)
{
	const int version = LDAP_VERSION3;
	const int deref = LDAP_DEREF_NEVER;
	const int unlimited = LDAP_NO_LIMIT;
	struct timeval time = clock_timeval(time_ms > 1 ? time_ms : 1);
	ber_len_t incoming = incoming_max(directory);
	Sockbuf *buffer = NULL;
	int bad = 0;

	bad |= ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
	bad |= ldap_set_option(ld, LDAP_OPT_DEREF, &deref);
	bad |= ldap_set_option(ld, LDAP_OPT_SIZELIMIT, &unlimited);
	bad |= ldap_set_option(ld, LDAP_OPT_TIMELIMIT, &unlimited);
	bad |= ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
	bad |= ldap_set_option(ld, LDAP_OPT_RESTART, LDAP_OPT_ON);
	/* Not LDAP_OPT_NETWORK_TIMEOUT: with that libldap makes the socket one that does not block,
	 * and GnuTLS's handshake a loop at full speed. Whoever waits shuts the socket down. */
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
