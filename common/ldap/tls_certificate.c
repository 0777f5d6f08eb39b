#include "ldap/tls_certificate.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "smime/certificate.h"

/* Bytes shown of a distinguished name and of a name of a server: the sentence must hold several. */
#define SHOWN_DN 160
#define SHOWN_NAME 80

/* Names of the server that are shown; the others are counted. */
#define SHOWN_NAMES_MAX 4

struct faults {
	const struct tls_expected *expected;
	X509_STORE_CTX *verifying;
	bool untrusted; /* said once, though found on several ways */
	int last;       /* the last other code */
	char *text;
	size_t size;
	size_t used;
};

static void add(struct faults *faults, const char *format, ...) PRINTF_LIKE(2, 3);

/* Appends; what does not fit is cut. */
static void
add(struct faults *faults, const char *format, ...)
{
	size_t room = faults->size - faults->used;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(faults->text + faults->used, room, format, arguments);
	va_end(arguments);
	if (length > 0)
		faults->used += (size_t)length < room ? (size_t)length : room - 1;
}

/* Between two faults. */
static void
add_separator(struct faults *faults)
{
	if (faults->used > 0)
		add(faults, "; ");
}

static void
add_dn(struct faults *faults, const X509_NAME *name)
{
	char *text = certificate_name_text(name);

	if (text == NULL || text[0] == '\0')
		add(faults, "(no name)");
	else
		add(faults, "%.*s%s", SHOWN_DN, text, strlen(text) > SHOWN_DN ? "..." : "");
	free(text);
}

static void
add_date(struct faults *faults, const ASN1_TIME *time)
{
	char text[CLOCK_TEXT_SIZE];
	time_t at = 0;

	add(faults, "%s", certificate_read_time(time, &at) ? clock_format_date(at, text) : "?");
}

static void
add_ca_file(struct faults *faults)
{
	add(faults, "%s (%s)", faults->expected->ca_file,
	    faults->expected->own_ca ? "tls-ca" : "the system's CAs; tls-ca is not set");
}

/* "it", or the certificate of the chain that is meant. */
static void
add_whose(struct faults *faults, X509 *x509, int depth)
{
	if (depth == 0 || x509 == NULL) {
		add(faults, "it");
		return;
	}
	add(faults, "the CA ");
	add_dn(faults, X509_get_subject_name(x509));
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
	add_separator(faults);
	if (code == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT) {
		add(faults, "it is self-signed and not in ");
		add_ca_file(faults);
		return;
	}
	add(faults, "the CA ");
	add_dn(faults, issuer);
	add(faults, has_name(faults, issuer) ? " is another one than that of the same name in "
					     : " is not in ");
	add_ca_file(faults);
}

static void
add_time_fault(struct faults *faults, X509 *x509, int depth, bool expired)
{
	add_separator(faults);
	add_whose(faults, x509, depth);
	add(faults, expired ? " has expired" : " is not valid yet");
	if (depth == 0)
		return; /* its dates stand before */
	add(faults, expired ? " on " : " before ");
	add_date(faults, expired ? X509_get0_notAfter(x509) : X509_get0_notBefore(x509));
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
		add_separator(faults);
		add_whose(faults, x509, depth);
		add(faults, ": %s", X509_verify_cert_error_string(code));
	}
	return 1;
}

/* Faults of the chain. No purpose is asked for: GnuTLS doesn't either. */
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

/* One name; a NUL byte or a control in it must not make it look like another. */
static void
add_name(struct faults *faults, const unsigned char *name, int length)
{
	char text[SHOWN_NAME + 1];
	int shown = length < SHOWN_NAME ? length : SHOWN_NAME;
	int i;

	for (i = 0; i < shown; i++)
		text[i] = name[i] > ' ' && name[i] < 0x7f ? (char)name[i] : '?';
	text[i] = '\0';
	add(faults, "%s%s", text, length > SHOWN_NAME ? "..." : "");
}

/* A DNS name or an address of the subjectAltName; false for other kinds. */
static bool
add_general_name(struct faults *faults, const GENERAL_NAME *name, const char *before)
{
	char text[INET6_ADDRSTRLEN];
	const ASN1_STRING *value;
	int size;

	if (name->type == GEN_DNS) {
		value = name->d.dNSName;
		add(faults, "%s", before);
		add_name(faults, ASN1_STRING_get0_data(value), ASN1_STRING_length(value));
		return true;
	}
	if (name->type != GEN_IPADD)
		return false;
	value = name->d.iPAddress;
	size = ASN1_STRING_length(value);
	if ((size != 4 && size != 16) ||
	    inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(value), text,
		sizeof(text)) == NULL)
		return false;
	add(faults, "%s%s", before, text);
	return true;
}

/* The names that the certificate is for: RFC 4513 section 3.1.3 looks at the common name last. */
static void
add_names(struct faults *faults, X509 *x509)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
	const X509_NAME *subject = X509_get_subject_name(x509);
	const ASN1_STRING *common;
	int shown = 0;
	int i;

	for (i = 0; i < sk_GENERAL_NAME_num(names) && shown < SHOWN_NAMES_MAX; i++) {
		if (add_general_name(
			faults, sk_GENERAL_NAME_value(names, i), shown > 0 ? ", " : ""))
			shown++;
	}
	if (i < sk_GENERAL_NAME_num(names))
		add(faults, " and %d more", sk_GENERAL_NAME_num(names) - i);
	GENERAL_NAMES_free(names);
	if (shown > 0)
		return;
	i = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	if (i < 0) {
		add(faults, "no server");
		return;
	}
	common = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i));
	add_name(faults, ASN1_STRING_get0_data(common), ASN1_STRING_length(common));
}

/* libldap takes "localhost" for the machine's own name, which only it knows how to find: that is
 * told when nothing else is wrong. */
static void
verify_name(struct faults *faults, X509 *x509)
{
	const char *host = faults->expected->host;
	bool local = strcasecmp(host, "localhost") == 0;

	if (local ? faults->used > 0
		  : X509_check_ip_asc(x509, host, 0) == 1 ||
			X509_check_host(
			    x509, host, 0, X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT, NULL) == 1)
		return;
	add_separator(faults);
	add(faults, "it is for ");
	add_names(faults, x509);
	if (local)
		add(faults, ", but for \"localhost\" it must hold this machine's own full name");
	else
		add(faults, ", not for %.*s", SHOWN_NAME, host);
}

bool
tls_certificate_faults(X509 *certificate, STACK_OF(X509) * chain,
    const struct tls_expected *expected, char *out, size_t size)
{
	char text[700] = "";
	struct faults faults = {.expected = expected, .text = text, .size = sizeof(text)};
	struct faults all = {.expected = expected, .text = out, .size = size};

	out[0] = '\0';
	verify_chain(&faults, certificate, chain);
	verify_name(&faults, certificate);
	ERR_clear_error();
	if (faults.used == 0)
		return false;
	add(&all, "the server's certificate (");
	add_dn(&all, X509_get_subject_name(certificate));
	add(&all, ", issued by ");
	add_dn(&all, X509_get_issuer_name(certificate));
	add(&all, ", valid from ");
	add_date(&all, X509_get0_notBefore(certificate));
	add(&all, " until ");
	add_date(&all, X509_get0_notAfter(certificate));
	add(&all, ") is refused: %s", text);
	return true;
}
