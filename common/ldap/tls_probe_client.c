/* Our certificate, in the eyes of the server. */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "ldap/tls_probe_private.h"
#include "ldap/tls_text.h"

/* CAs shown that the server takes certificates from. */
#define SHOWN_CAS_MAX 3

/* A search for nothing of the root entry as message 2 (RFC 4511 section 4.5.1, "1.1" of 4.5.1.8). */
static const char question[] = "\x30\x2a\x02\x01\x02\x63\x25\x04\x00\x0a\x01\x00\x0a\x01\x00"
			       "\x02\x01\x00\x02\x01\x00\x01\x01\x00\x87\x0b"
			       "objectClass"
			       "\x30\x05\x04\x03"
			       "1.1";

/* Whether the certificate comes from one of the CAs; an empty list means any. */
static bool
comes_from(X509 *x509, const STACK_OF(X509_NAME) * cas)
{
	for (int i = 0; i < sk_X509_NAME_num(cas); i++)
		if (X509_NAME_cmp(X509_get_issuer_name(x509), sk_X509_NAME_value(cas, i)) == 0)
			return true;
	return sk_X509_NAME_num(cas) <= 0;
}

static bool
is_wanted(const struct tls_probe_look *look)
{
	const STACK_OF(X509_NAME) *cas = SSL_get0_peer_CA_list(look->ssl);

	if (look->identity.certificate == NULL)
		return false;
	if (comes_from(look->identity.certificate, cas))
		return true;
	for (int i = 0; i < sk_X509_num(look->identity.chain); i++)
		if (comes_from(sk_X509_value(look->identity.chain, i), cas))
			return true;
	return false;
}

int
tls_probe_on_asked(SSL *ssl, void *context)
{
	struct tls_probe_look *look = context;
	const struct tls_identity *identity = &look->identity;

	look->asked = true;
	if (is_wanted(look))
		look->shown = SSL_use_cert_and_key(ssl, identity->certificate, identity->key,
				  identity->chain, 1) == 1;
	return 1;
}

static void
add_cas(struct tls_text *text, const STACK_OF(X509_NAME) * cas)
{
	int count = sk_X509_NAME_num(cas);

	for (int i = 0; i < count && i < SHOWN_CAS_MAX; i++) {
		tls_text_add(text, i > 0 ? ", " : "");
		tls_text_add_dn(text, sk_X509_NAME_value(cas, i));
	}
	if (count > SHOWN_CAS_MAX)
		tls_text_add(text, " and %d more", count - SHOWN_CAS_MAX);
}

/* What anybody can see to be wrong with ours. */
static void
add_faults(struct tls_text *text, X509 *x509)
{
	if (X509_cmp_current_time(X509_get0_notAfter(x509)) < 0)
		tls_text_add(text, ": it has expired");
	else if (X509_cmp_current_time(X509_get0_notBefore(x509)) > 0)
		tls_text_add(text, ": it is not valid yet");
	else if (X509_check_purpose(x509, X509_PURPOSE_SSL_CLIENT, 0) != 1) {
		tls_text_add(text, ": it is not for a TLS client: ");
		tls_text_add_purposes(text, x509);
	} else {
		tls_text_add(text, ": does the server trust its CA?");
	}
}

void
tls_probe_tell_client(const struct tls_probe_look *look, const char *how)
{
	X509 *ours = look->identity.certificate;
	char words[900];
	struct tls_text text = tls_text_in(words, sizeof(words));

	if (ours == NULL) {
		tls_text_add(&text,
		    "it asks for a client certificate, and none is configured (tls-certificate, "
		    "tls-key)");
	} else {
		tls_text_add(&text, "%s the client certificate in %.200s (",
		    look->shown ? "it was shown" : "it was not shown",
		    look->probe->certificate_file);
		tls_text_add_certificate(&text, ours);
		tls_text_add(&text, ")");
		if (look->shown)
			add_faults(&text, ours);
		else
			tls_text_add(&text, ", as the server only takes those from ");
		if (!look->shown)
			add_cas(&text, SSL_get0_peer_CA_list(look->ssl));
	}
	error_set(look->why, ERROR_TEMPORARY, "%s: %s", how, words);
}

/* Asks the question, or reads the first byte of its answer: SSL_ERROR_NONE, or SSL_get_error()'s
 * code, which is to wait where there is no time to. */
static int
exchange(const struct tls_probe_look *look, bool reading)
{
	char answer;
	int result;
	int code;

	do {
		ERR_clear_error();
		result = reading ? SSL_read(look->ssl, &answer, 1)
				 : SSL_write(look->ssl, question, (int)sizeof(question) - 1);
		if (result > 0)
			return SSL_ERROR_NONE;
		code = SSL_get_error(look->ssl, result);
	} while (tls_probe_go_on(look, code));
	return code;
}

enum tls_probe_step
tls_probe_confirm(const struct tls_probe_look *look)
{
	int code;

	(void)exchange(look, false); /* where it can't be sent, what came says why */
	code = exchange(look, true);
	if (code == SSL_ERROR_NONE || code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE ||
	    clock_monotonic_ms() >= look->deadline_ms)
		return TLS_PROBE_SILENT;
	tls_probe_tell(look, code);
	return TLS_PROBE_TOLD;
}
