/* What a server means that does not take our name and password. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ldap/handle_private.h"

/* Active Directory says invalidCredentials for all of these, and which it is by a code of Windows, in
 * hexadecimal: "... comment: AcceptSecurityContext error, data 52e, v4563". */
static const struct {
	unsigned long code;
	const char *meaning;
} windows[] = {
    {0x525, "there is no such account (bind-dn)"},
    {0x52e, "the password in bind-password-file is wrong"},
    {0x52f, "the account is restricted"},
    {0x530, "the account may not log on at this hour"},
    {0x531, "the account may not log on from this machine"},
    {0x532, "the account's password has expired"},
    {0x533, "the account is disabled"},
    {0x701, "the account has expired"},
    {0x773, "the account's password must be changed before it can be used"},
    {0x775, "the account is locked, as after many wrong passwords"},
};

static const char *
find_windows(const char *message)
{
	static const char before[] = "AcceptSecurityContext error, data ";
	const char *found = message != NULL ? strstr(message, before) : NULL;
	unsigned long code;
	size_t i;

	if (found == NULL)
		return NULL;
	code = strtoul(found + strlen(before), NULL, 16);
	for (i = 0; i < ARRAY_LENGTH(windows); i++) {
		if (windows[i].code == code)
			return windows[i].meaning;
	}
	return NULL;
}

static const char *
find_meaning(int code, const char *message)
{
	const char *meaning;

	switch (code) {
	case LDAP_INVALID_CREDENTIALS:
		meaning = find_windows(message);
		return meaning != NULL ? meaning : "bind-dn or its password is wrong";
	case LDAP_INVALID_DN_SYNTAX:
		return "this server wants a DN as bind-dn";
	case LDAP_STRONG_AUTH_REQUIRED:
	case LDAP_CONFIDENTIALITY_REQUIRED:
		return "this server wants TLS (tls = required, or ldaps://)";
	default:
		return NULL;
	}
}

int
handle_set_refusal(LDAP *ld, int code, struct error *err, const char *what)
{
	char *message = NULL;
	const char *meaning;
	struct error said = ERROR_INIT;

	handle_set_error(ld, code, &said, what);
	ldap_get_option(ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &message);
	meaning = find_meaning(code, message);
	ldap_memfree(message);
	return error_set(err, code == LDAP_INVALID_CREDENTIALS ? ERROR_REFUSED : ERROR_TEMPORARY,
	    "%s%s%s", said.text, meaning != NULL ? ": " : "", meaning != NULL ? meaning : "");
}
