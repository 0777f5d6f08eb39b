/* Why a handshake failed. */
#include <openssl/err.h>
#include <stdio.h>

#include "ldap/tls_probe_private.h"

const char *
tls_probe_least(const struct tls_probe *probe)
{
	return probe->minimum == TLS_MINIMUM_1_3 ? "TLS 1.3 is the least (tls-minimum)"
						 : "TLS 1.2 is the least";
}

static void
tell_alert(const struct tls_probe_look *look, int alert)
{
	const char *hint = "";
	char what[100];

	snprintf(what, sizeof(what), "the server refuses the TLS handshake (alert \"%.40s\")",
	    SSL_alert_desc_string_long(alert));
	if (look->asked) {
		tls_probe_tell_client(look, what);
		return;
	}
	if (alert == SSL_AD_HANDSHAKE_FAILURE)
		hint = ": has it a certificate and key, and a cipher in common?";
	else if (alert == SSL_AD_PROTOCOL_VERSION)
		hint = ": it speaks no version of TLS that is still known";
	else if (alert == SSL_AD_UNRECOGNIZED_NAME)
		hint = ": it has no certificate for the name in the URI";
	error_set(look->why, ERROR_TEMPORARY, "%s%s", what, hint);
}

static void
tell_closed(const struct tls_probe_look *look)
{
	static const char what[] = "the server closes the connection in the TLS handshake";

	if (look->asked)
		tls_probe_tell_client(look, what);
	else
		error_set(look->why, ERROR_TEMPORARY, "%s%s", what,
		    look->probe->start_tls
			? ""
			: ": does it speak TLS at once on this port, or StartTLS (ldap://)?");
}

/* For the error in OpenSSL's queue. */
static void
tell_failure(const struct tls_probe_look *look)
{
	unsigned long code = ERR_peek_error();
	const char *text = ERR_reason_error_string(code);
	int reason = ERR_GET_REASON(code);

	if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET) {
		tell_alert(look, reason - SSL_AD_REASON_OFFSET);
		return;
	}
	switch (reason) {
	case SSL_R_UNEXPECTED_EOF_WHILE_READING:
		tell_closed(look);
		break;
	case SSL_R_WRONG_VERSION_NUMBER: /* of the record: that is, no record of TLS */
	case SSL_R_HTTP_REQUEST:
	case SSL_R_HTTPS_PROXY_REQUEST:
	case SSL_R_PACKET_LENGTH_TOO_LONG:
	case SSL_R_RECORD_LENGTH_MISMATCH:
		error_set(look->why, ERROR_TEMPORARY, "what the server sends is not TLS%s",
		    look->probe->start_tls ? "" : ": for StartTLS the URI must begin with ldap://");
		break;
	case SSL_R_UNSUPPORTED_PROTOCOL:
		error_set(look->why, ERROR_TEMPORARY,
		    "the server speaks no version of TLS that is still known: %s",
		    tls_probe_least(look->probe));
		break;
	default:
		error_set(look->why, ERROR_TEMPORARY, "in the TLS handshake: %s",
		    text != NULL ? text : "no reason is known");
	}
}

void
tls_probe_tell(const struct tls_probe_look *look, int code)
{
	if (code == SSL_ERROR_SSL)
		tell_failure(look);
	else
		tell_closed(look);
}
