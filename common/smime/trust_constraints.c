/*
 * Name constraints on SmtpUTF8Mailbox (RFC 9598 section 6): the constraints on rfc822Name hold for it,
 * with its domain as A-labels. OpenSSL 3.0 follows RFC 8398, and compares hosts in U-labels alone: a
 * constraint on a domain (".example"), on a mailbox or in A-labels would miss it. So where there is
 * such a name its mailbox is put in its place as an rfc822Name, and compared by OpenSSL as that.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "smime/trust_section.h"

static bool
is_utf8_mailbox(const GENERAL_NAME *name)
{
	return name->type == GEN_OTHERNAME &&
	       OBJ_obj2nid(name->d.otherName->type_id) == NID_id_on_SmtpUTF8Mailbox;
}

bool
trust_constraints_concern(X509 *x509)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
	bool found = false;
	int i;

	for (i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++)
		found = is_utf8_mailbox(sk_GENERAL_NAME_value(names, i));
	GENERAL_NAMES_free(names);
	return found;
}

/* The mailbox as an rfc822Name would have it, were UTF-8 allowed there; what is no address stays as
 * it is: it counts for nobody. */
static ASN1_IA5STRING *
mailbox_of(const ASN1_STRING *string)
{
	ASN1_IA5STRING *mailbox = ASN1_IA5STRING_new();
	struct address address = ADDRESS_INIT;
	char text[ADDRESS_MAX + 1];
	int size = ASN1_STRING_length(string);
	const void *bytes = ASN1_STRING_get0_data(string);

	if (size > 0 && (size_t)size < sizeof(text) && memchr(bytes, '\0', (size_t)size) == NULL) {
		memcpy(text, bytes, (size_t)size);
		text[size] = '\0';
		if (address_parse(text, &address, NULL) == 0 && address.text != NULL) {
			bytes = address.text;
			size = (int)strlen(address.text);
		}
	}
	if (mailbox != NULL && !ASN1_STRING_set(mailbox, bytes, size)) {
		ASN1_IA5STRING_free(mailbox);
		mailbox = NULL;
	}
	address_free(&address);
	return mailbox;
}

/* Puts an rfc822Name in the place of the name. */
static bool
replace(GENERAL_NAME *name)
{
	OTHERNAME *other = name->d.otherName;
	ASN1_IA5STRING *mailbox;

	if (other->value->type != V_ASN1_UTF8STRING)
		return true;
	mailbox = mailbox_of(other->value->value.utf8string);
	if (mailbox == NULL)
		return false;
	OTHERNAME_free(other);
	GENERAL_NAME_set0_value(name, GEN_EMAIL, mailbox);
	return true;
}

/* A copy of the certificate for comparing names alone; NULL without memory. */
static X509 *
with_mailboxes(X509 *x509)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
	X509 *copy = X509_dup(x509);
	bool done = names != NULL && copy != NULL;
	int i;

	for (i = 0; i < sk_GENERAL_NAME_num(names) && done; i++) {
		if (is_utf8_mailbox(sk_GENERAL_NAME_value(names, i)))
			done = replace(sk_GENERAL_NAME_value(names, i));
	}
	done = done &&
	       X509_add1_ext_i2d(copy, NID_subject_alt_name, names, 0, X509V3_ADD_REPLACE) == 1;
	GENERAL_NAMES_free(names);
	if (!done) {
		X509_free(copy);
		return NULL;
	}
	X509_check_purpose(copy, -1, 0); /* makes OpenSSL read the extensions */
	return copy;
}

/* Whether the CAs above, from place `from` on, may certify these names: an OpenSSL error. */
static int
compare(X509 *x509, STACK_OF(X509) * chain, int from)
{
	int error = X509_V_OK;
	int i;

	for (i = from; i < sk_X509_num(chain) && error == X509_V_OK; i++) {
		NAME_CONSTRAINTS *constraints =
		    X509_get_ext_d2i(sk_X509_value(chain, i), NID_name_constraints, NULL, NULL);

		if (constraints != NULL)
			error = NAME_CONSTRAINTS_check(x509, constraints);
		NAME_CONSTRAINTS_free(constraints);
	}
	return error;
}

static bool
has_constraints(STACK_OF(X509) * chain)
{
	int i;

	for (i = 0; i < sk_X509_num(chain); i++) {
		if (X509_get_ext_by_NID(sk_X509_value(chain, i), NID_name_constraints, -1) >= 0)
			return true;
	}
	return false;
}

int
trust_constraints_check(STACK_OF(X509) * chain, int *depth)
{
	int error = X509_V_OK;
	int i;

	if (!has_constraints(chain))
		return X509_V_OK;
	for (i = 0; i < sk_X509_num(chain) && error == X509_V_OK; i++) {
		X509 *x509 = sk_X509_value(chain, i);
		X509 *copy;

		/* RFC 5280 6.1.3 (b): a self-issued CA's own names are free. */
		if ((i > 0 && (X509_get_extension_flags(x509) & EXFLAG_SI) != 0) ||
		    !trust_constraints_concern(x509))
			continue;
		*depth = i;
		copy = with_mailboxes(x509);
		error = copy != NULL ? compare(copy, chain, i + 1) : X509_V_ERR_OUT_OF_MEM;
		X509_free(copy);
	}
	ERR_clear_error();
	return error;
}
