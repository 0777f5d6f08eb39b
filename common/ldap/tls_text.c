#include "ldap/tls_text.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "smime/certificate.h"

/* Bytes shown of a distinguished name. */
#define SHOWN_DN 160

/* Names of the server, and purposes, that are shown; the others are counted, or left out. */
#define SHOWN_NAMES_MAX 4
#define SHOWN_PURPOSES_MAX 6

struct tls_text
tls_text_in(char *out, size_t size)
{
	struct tls_text text = {out, size, 0};

	out[0] = '\0';
	return text;
}

void
tls_text_add(struct tls_text *text, const char *format, ...)
{
	size_t room = text->size - text->used;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text->out + text->used, room, format, arguments);
	va_end(arguments);
	if (length > 0)
		text->used += (size_t)length < room ? (size_t)length : room - 1;
}

void
tls_text_separate(struct tls_text *text)
{
	if (text->used > 0)
		tls_text_add(text, "; ");
}

void
tls_text_add_dn(struct tls_text *text, const X509_NAME *name)
{
	char *dn = certificate_name_text(name);

	if (dn == NULL || dn[0] == '\0')
		tls_text_add(text, "(no name)");
	else
		tls_text_add(text, "%.*s%s", SHOWN_DN, dn, strlen(dn) > SHOWN_DN ? "..." : "");
	free(dn);
}

void
tls_text_add_date(struct tls_text *text, const ASN1_TIME *time)
{
	char date[CLOCK_TEXT_SIZE];
	time_t at = 0;

	tls_text_add(
	    text, "%s", certificate_read_time(time, &at) ? clock_format_date(at, date) : "?");
}

void
tls_text_add_certificate(struct tls_text *text, X509 *x509)
{
	tls_text_add_dn(text, X509_get_subject_name(x509));
	tls_text_add(text, ", issued by ");
	tls_text_add_dn(text, X509_get_issuer_name(x509));
	tls_text_add(text, ", valid from ");
	tls_text_add_date(text, X509_get0_notBefore(x509));
	tls_text_add(text, " until ");
	tls_text_add_date(text, X509_get0_notAfter(x509));
}

/* One name; a NUL byte or a control in it must not make it look like another. */
static void
add_name(struct tls_text *text, const unsigned char *name, int length)
{
	char safe[TLS_TEXT_NAME + 1];
	int shown = length < TLS_TEXT_NAME ? length : TLS_TEXT_NAME;
	int i;

	for (i = 0; i < shown; i++)
		safe[i] = name[i] > ' ' && name[i] < 0x7f ? (char)name[i] : '?';
	safe[i] = '\0';
	tls_text_add(text, "%s%s", safe, length > TLS_TEXT_NAME ? "..." : "");
}

/* A DNS name or an address of the subjectAltName; false for other kinds. */
static bool
add_general_name(struct tls_text *text, const GENERAL_NAME *name, const char *before)
{
	char address[INET6_ADDRSTRLEN];
	const ASN1_STRING *value;
	int size;

	if (name->type == GEN_DNS) {
		value = name->d.dNSName;
		tls_text_add(text, "%s", before);
		add_name(text, ASN1_STRING_get0_data(value), ASN1_STRING_length(value));
		return true;
	}
	if (name->type != GEN_IPADD)
		return false;
	value = name->d.iPAddress;
	size = ASN1_STRING_length(value);
	if ((size != 4 && size != 16) ||
	    inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(value), address,
		sizeof(address)) == NULL)
		return false;
	tls_text_add(text, "%s%s", before, address);
	return true;
}

/* RFC 4513 section 3.1.3 looks at the common name last. */
void
tls_text_add_names(struct tls_text *text, X509 *x509)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
	const X509_NAME *subject = X509_get_subject_name(x509);
	const ASN1_STRING *common;
	int shown = 0;
	int i;

	for (i = 0; i < sk_GENERAL_NAME_num(names) && shown < SHOWN_NAMES_MAX; i++) {
		if (add_general_name(text, sk_GENERAL_NAME_value(names, i), shown > 0 ? ", " : ""))
			shown++;
	}
	if (i < sk_GENERAL_NAME_num(names))
		tls_text_add(text, " and %d more", sk_GENERAL_NAME_num(names) - i);
	GENERAL_NAMES_free(names);
	if (shown > 0)
		return;
	i = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	if (i < 0) {
		tls_text_add(text, "no server");
		return;
	}
	common = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i));
	add_name(text, ASN1_STRING_get0_data(common), ASN1_STRING_length(common));
}

void
tls_text_add_purposes(struct tls_text *text, X509 *x509)
{
	EXTENDED_KEY_USAGE *purposes = X509_get_ext_d2i(x509, NID_ext_key_usage, NULL, NULL);
	char name[64];

	for (int i = 0; i < sk_ASN1_OBJECT_num(purposes) && i < SHOWN_PURPOSES_MAX; i++) {
		const ASN1_OBJECT *purpose = sk_ASN1_OBJECT_value(purposes, i);
		int nid = OBJ_obj2nid(purpose);

		if (nid == NID_undef)
			OBJ_obj2txt(name, sizeof(name), purpose, 1);
		tls_text_add(text, "%s%s", i > 0 ? ", " : "its extended key usage is ",
		    nid != NID_undef ? OBJ_nid2sn(nid) : name);
	}
	if (sk_ASN1_OBJECT_num(purposes) <= 0)
		tls_text_add(text, "its key usage forbids it");
	sk_ASN1_OBJECT_pop_free(purposes, ASN1_OBJECT_free);
}
