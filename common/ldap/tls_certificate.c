#include "ldap/tls_certificate.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "ldap/tls_text.h"

struct faults {
	const struct tls_expected *expected;
	X509_STORE_CTX *verifying;
	bool untrusted; /* said once, though found on several ways */
	int last;       /* the last other code */
	struct tls_text text;
};

static void
add_ca_file(struct faults *faults)
{
	tls_text_add(&faults->text, "%s (%s)", faults->expected->ca_file,
	    faults->expected->own_ca ? "tls-ca" : "the system's CAs; tls-ca is not set");
}

/* "it", or the certificate of the chain that is meant. */
static void
add_whose(struct faults *faults, X509 *x509, int depth)
{
	if (depth == 0 || x509 == NULL) {
		tls_text_add(&faults->text, "it");
		return;
	}
	tls_text_add(&faults->text, "the CA ");
	tls_text_add_dn(&faults->text, X509_get_subject_name(x509));
}

/* An issuer of the right name that did not issue it: made anew with another key, most often. */
static bool
has_name(const struct faults *faults, const X509_NAME *name)
{
	STACK_OF(X509) *same = X509_STORE_CTX_get1_certs(faults->verifying, name);
	bool has = sk_X509_num(same) > 0;

	sk_X509_pop_free(same, X509_free);
	return has;
}

static void
add_untrusted(struct faults *faults, X509 *x509, int code)
{
	const X509_NAME *issuer = x509 != NULL ? X509_get_issuer_name(x509) : NULL;

	if (faults->untrusted || issuer == NULL)
		return;
	faults->untrusted = true;
	tls_text_separate(&faults->text);
	if (code == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT) {
		tls_text_add(&faults->text, "it is self-signed and not in ");
		add_ca_file(faults);
		return;
	}
	tls_text_add(&faults->text, "the CA ");
	tls_text_add_dn(&faults->text, issuer);
	tls_text_add(&faults->text, has_name(faults, issuer)
					? " is another one than that of the same name in "
					: " is not in ");
	add_ca_file(faults);
}

static void
add_time_fault(struct faults *faults, X509 *x509, int depth, bool expired)
{
	char today[CLOCK_TEXT_SIZE];

	tls_text_separate(&faults->text);
	add_whose(faults, x509, depth);
	tls_text_add(&faults->text, expired ? " has expired" : " is not valid yet");
	if (depth > 0) { /* the first one's dates stand before */
		tls_text_add(&faults->text, expired ? " on " : " before ");
		tls_text_add_date(
		    &faults->text, expired ? X509_get0_notAfter(x509) : X509_get0_notBefore(x509));
	}
	/* Who reads it may see that it is our clock that is wrong. */
	tls_text_add(
	    &faults->text, " (by our clock it is %s)", clock_format_date(clock_wall(), today));
}

/* Called for each fault; goes on, so that all of them are told. */
static int
on_fault(int ok, X509_STORE_CTX *verifying)
{
	struct faults *faults = X509_STORE_CTX_get_app_data(verifying);
	X509 *x509 = X509_STORE_CTX_get_current_cert(verifying);
	int depth = X509_STORE_CTX_get_error_depth(verifying);
	int code = X509_STORE_CTX_get_error(verifying);

	if (ok)
		return 1;
	switch (code) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_UNTRUSTED:
		add_untrusted(faults, x509, code);
		break;
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		add_time_fault(faults, x509, depth, code == X509_V_ERR_CERT_HAS_EXPIRED);
		break;
	default:
		if (code == faults->last)
			break;
		faults->last = code;
		tls_text_separate(&faults->text);
		add_whose(faults, x509, depth);
		tls_text_add(&faults->text, ": %s", X509_verify_cert_error_string(code));
	}
	return 1;
}

/* Faults of the chain. No purpose is asked of its CAs: GnuTLS doesn't either. */
static void
verify_chain(struct faults *faults, X509 *certificate, STACK_OF(X509) * chain)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *verifying = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *how;

	if (store == NULL || verifying == NULL ||
	    !X509_STORE_load_file(store, faults->expected->ca_file) ||
	    !X509_STORE_CTX_init(verifying, store, certificate, chain))
		goto out;
	how = X509_STORE_CTX_get0_param(verifying);
	X509_VERIFY_PARAM_set_flags(how, X509_V_FLAG_PARTIAL_CHAIN);
	X509_VERIFY_PARAM_set_auth_level(how, 1); /* no SHA-1, no RSA below 1024 */
	faults->verifying = verifying;
	X509_STORE_CTX_set_app_data(verifying, faults);
	X509_STORE_CTX_set_verify_cb(verifying, on_fault);
	(void)X509_verify_cert(verifying); /* what it finds, the callback has heard */
out:
	X509_STORE_CTX_free(verifying);
	X509_STORE_free(store);
	ERR_clear_error();
}

static bool
has_common_name(X509 *x509, const char *host)
{
	const X509_NAME *name = X509_get_subject_name(x509);
	const ASN1_STRING *value;
	int i = -1;

	while ((i = X509_NAME_get_index_by_NID(name, NID_commonName, i)) >= 0) {
		value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i));
		if ((size_t)ASN1_STRING_length(value) == strlen(host) &&
		    memcmp(ASN1_STRING_get0_data(value), host, strlen(host)) == 0)
			return true;
	}
	return false;
}

/* As libldap compares: an address with addresses and common names, a name with DNS names and these.
 * *as_name: the address is there, but as if it were a name. */
static bool
is_for(X509 *x509, const char *host, bool *as_name)
{
	int address = X509_check_ip_asc(x509, host, 0); /* -2: a name */
	bool name = X509_check_host(x509, host, 0, X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT, NULL) == 1;

	*as_name = false;
	if (address == -2)
		return name;
	if (address == 1 || has_common_name(x509, host))
		return true;
	*as_name = X509_check_host(x509, host, 0, X509_CHECK_FLAG_NO_WILDCARDS, NULL) == 1;
	return false;
}

/* libldap takes "localhost" for the machine's own name, which only it knows how to find: that is
 * told when nothing else is wrong. */
static void
verify_name(struct faults *faults, X509 *x509)
{
	const char *host = faults->expected->host;
	bool local = strcasecmp(host, "localhost") == 0;
	bool as_name = false;

	if (local ? faults->text.used > 0 : is_for(x509, host, &as_name))
		return;
	tls_text_separate(&faults->text);
	if (as_name) {
		tls_text_add(&faults->text, "it is for the name %.*s, not for that IP address",
		    TLS_TEXT_NAME, host);
		return;
	}
	tls_text_add(&faults->text, "it is for ");
	tls_text_add_names(&faults->text, x509);
	if (local)
		tls_text_add(&faults->text,
		    ", but for \"localhost\" it must hold this machine's own full name");
	else
		tls_text_add(&faults->text, ", not for %.*s", TLS_TEXT_NAME, host);
}

/* Of the certificate alone: what else GnuTLS doesn't look at, is not looked at here. */
static void
verify_purpose(struct faults *faults, X509 *x509)
{
	if (X509_check_purpose(x509, X509_PURPOSE_SSL_SERVER, 0) == 1)
		return;
	tls_text_separate(&faults->text);
	tls_text_add(&faults->text, "it is not for a TLS server: ");
	tls_text_add_purposes(&faults->text, x509);
}

static void
refuse(X509 *certificate, const char *faults, char *out, size_t size)
{
	struct tls_text text = tls_text_in(out, size);

	tls_text_add(&text, "the server's certificate (");
	tls_text_add_certificate(&text, certificate);
	tls_text_add(&text, ") is refused: %s", faults);
}

bool
tls_certificate_faults(X509 *certificate, STACK_OF(X509) * chain,
    const struct tls_expected *expected, char *out, size_t size)
{
	char text[700];
	struct faults faults = {.expected = expected, .text = tls_text_in(text, sizeof(text))};

	out[0] = '\0';
	verify_chain(&faults, certificate, chain);
	verify_purpose(&faults, certificate);
	verify_name(&faults, certificate);
	ERR_clear_error();
	if (faults.text.used == 0)
		return false;
	refuse(certificate, text, out, size);
	return true;
}

int
tls_certificate_check_purpose(const unsigned char *der, size_t size, struct error *err)
{
	struct tls_expected nothing = {NULL, NULL, false};
	char text[300];
	char refusal[900];
	struct faults faults = {.expected = &nothing, .text = tls_text_in(text, sizeof(text))};
	X509 *x509 = d2i_X509(NULL, &der, (long)size);

	if (x509 == NULL) {
		ERR_clear_error();
		return error_set(err, ERROR_TEMPORARY, "the server's certificate can't be read");
	}
	verify_purpose(&faults, x509);
	if (faults.text.used > 0)
		refuse(x509, text, refusal, sizeof(refusal));
	X509_free(x509);
	ERR_clear_error();
	return faults.text.used == 0 ? 0 : error_set(err, ERROR_TEMPORARY, "%s", refusal);
}
