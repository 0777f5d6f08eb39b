#include "smime/certificate_address.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

static bool
is_ascii(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text >= 0x80)
			return false;
	}
	return true;
}

/* Whether this is a mailbox and nothing else: no angle brackets or source route, which an SMTP
 * command could have; rfc822Name and emailAddress hold US-ASCII only (RFC 5280 4.2.1.6), the
 * others are SmtpUTF8Mailbox. */
static bool
parse_mailbox(const char *text, bool utf8, struct address *mailbox)
{
	if (text[0] == '\0' || text[0] == '<' || text[0] == '@' || (!utf8 && !is_ascii(text)))
		return false;
	return address_parse(text, mailbox, NULL) == 0;
}

/* The bytes as a text, in which a NUL can't hide what follows it; one byte more than an address may
 * have is enough to show that it is none. */
static char *
text_of(const ASN1_STRING *string)
{
	size_t size = (size_t)ASN1_STRING_length(string);
	char *text;
	size_t i;

	if (size > ADDRESS_MAX + 1)
		size = ADDRESS_MAX + 1;
	text = malloc(size + 1);
	if (text == NULL)
		return NULL;
	if (size > 0)
		memcpy(text, ASN1_STRING_get0_data(string), size);
	for (i = 0; i < size; i++) {
		if (text[i] == '\0')
			text[i] = '\x01';
	}
	text[size] = '\0';
	return text;
}

static int
add_address(
    struct certificate *certificate, const ASN1_STRING *string, bool utf8, struct error *err)
{
	struct address *mailbox = &certificate->mailboxes[certificate->address_count];
	char *text;

	if (certificate->address_count == CERTIFICATE_ADDRESSES_MAX)
		return 0;
	text = text_of(string);
	if (text == NULL)
		return error_no_memory(err);
	if (parse_mailbox(text, utf8, mailbox)) {
		free(text);
		text = strdup(mailbox->text);
		if (text == NULL) {
			address_free(mailbox);
			return error_no_memory(err);
		}
	} else {
		memset(mailbox, 0, sizeof(*mailbox));
	}
	certificate->addresses[certificate->address_count++] = text;
	return 0;
}

/* The string of a mail address among alternative names, or NULL. */
static const ASN1_STRING *
mail_name(const GENERAL_NAME *name, bool *utf8)
{
	const OTHERNAME *other;

	*utf8 = false;
	if (name->type == GEN_EMAIL)
		return name->d.rfc822Name;
	if (name->type != GEN_OTHERNAME)
		return NULL;
	other = name->d.otherName;
	*utf8 = true;
	if (OBJ_obj2nid(other->type_id) != NID_id_on_SmtpUTF8Mailbox ||
	    other->value->type != V_ASN1_UTF8STRING)
		return NULL;
	return other->value->value.utf8string;
}

static int
read_alternative_names(
    struct certificate *certificate, const GENERAL_NAMES *names, struct error *err)
{
	const ASN1_STRING *string;
	bool utf8;
	int i;

	for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		string = mail_name(sk_GENERAL_NAME_value(names, i), &utf8);
		if (string != NULL && add_address(certificate, string, utf8, err) != 0)
			return -1;
	}
	return 0;
}

static int
read_subject(struct certificate *certificate, struct error *err)
{
	const X509_NAME *name = X509_get_subject_name(certificate->x509);
	int i = -1;

	while ((i = X509_NAME_get_index_by_NID(name, NID_pkcs9_emailAddress, i)) >= 0) {
		if (add_address(certificate, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)),
			false, err) != 0)
			return -1;
	}
	return 0;
}

/* Room for every name that could be an address. */
static int
make_room(struct certificate *certificate, const GENERAL_NAMES *names, struct error *err)
{
	int room = X509_NAME_entry_count(X509_get_subject_name(certificate->x509)) + 1;

	if (names != NULL)
		room += sk_GENERAL_NAME_num(names);
	if (room > CERTIFICATE_ADDRESSES_MAX + 1)
		room = CERTIFICATE_ADDRESSES_MAX + 1;
	certificate->addresses = calloc((size_t)room, sizeof(char *));
	certificate->mailboxes = calloc((size_t)room, sizeof(struct address));
	if (certificate->addresses == NULL || certificate->mailboxes == NULL)
		return error_no_memory(err);
	return 0;
}

int
certificate_address_read(struct certificate *certificate, struct error *err)
{
	GENERAL_NAMES *names;
	int critical = 0; /* -1: there is no such extension; else NULL means it can't be read */
	int status = -1;

	names = X509_get_ext_d2i(certificate->x509, NID_subject_alt_name, &critical, NULL);
	if (make_room(certificate, names, err) != 0)
		goto out;
	if (names != NULL && read_alternative_names(certificate, names, err) != 0)
		goto out;
	if (certificate->address_count == 0 && (names != NULL || critical == -1) &&
	    read_subject(certificate, err) != 0)
		goto out;
	status = 0;
out:
	GENERAL_NAMES_free(names);
	ERR_clear_error();
	return status;
}

void
certificate_address_free(struct certificate *certificate)
{
	size_t i;

	for (i = 0; i < certificate->address_count; i++) {
		free(certificate->addresses[i]);
		address_free(&certificate->mailboxes[i]);
	}
	free(certificate->addresses);
	free(certificate->mailboxes);
}

bool
certificate_has_address(
    const struct certificate *certificate, const struct address *address, bool exact_local)
{
	size_t i;

	for (i = 0; i < certificate->address_count; i++) {
		if (certificate->mailboxes[i].text != NULL &&
		    address_equal(&certificate->mailboxes[i], address, exact_local))
			return true;
	}
	return false;
}
