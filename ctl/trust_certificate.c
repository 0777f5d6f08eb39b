/* A CA's certificate for people, and what is to be thought of before it is trusted. */
#include <ctype.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "trust_command.h"

/* A CA that is trusted now should last: its successor has to be found in time. Seconds. */
#define EXPIRES_SOON ((time_t)90 * 86400)
/* Bits: as the defaults of min-rsa-bits and min-ec-bits, and the work to break a digest. */
#define RSA_BITS_MIN 2048
#define EC_BITS_MIN 256
#define DIGEST_STRENGTH_MIN 112

static void
add(json_t *list, const char *text)
{
	json_array_append_new(list, ctl_json_text(text));
}

static void
warn_of_time(json_t *list, const struct certificate *certificate)
{
	char date[CLOCK_TEXT_SIZE];
	char text[CLOCK_TEXT_SIZE + 64];
	time_t now = clock_wall();

	if (now >= certificate->not_after)
		snprintf(text, sizeof(text), "it expired on %s: nothing will be trusted by it",
		    clock_format_date(certificate->not_after, date));
	else if (now + EXPIRES_SOON >= certificate->not_after)
		snprintf(text, sizeof(text), "it expires soon, on %s",
		    clock_format_date(certificate->not_after, date));
	else if (now < certificate->not_before)
		snprintf(text, sizeof(text), "it is not valid before %s",
		    clock_format_date(certificate->not_before, date));
	else
		return;
	add(list, text);
}

static const char *
key_name(const struct certificate *certificate)
{
	const EVP_PKEY *key = X509_get0_pubkey(certificate->x509);
	const char *name = key != NULL ? EVP_PKEY_get0_type_name(key) : NULL;

	return name != NULL ? name : "unknown key";
}

static void
warn_of_key(json_t *list, const struct certificate *certificate)
{
	const EVP_PKEY *key = X509_get0_pubkey(certificate->x509);
	int bits = certificate_key_bits(certificate);
	char text[128];

	if (key != NULL && ((EVP_PKEY_is_a(key, "RSA") && bits < RSA_BITS_MIN) ||
			       (EVP_PKEY_is_a(key, "EC") && bits < EC_BITS_MIN))) {
		snprintf(text, sizeof(text),
		    "its key is short (%s, %d bits): others may be able to forge what it issues",
		    key_name(certificate), bits);
		add(list, text);
	}
}

static void
warn_of_digest(json_t *list, const struct certificate *certificate)
{
	int digest = NID_undef;
	int strength = DIGEST_STRENGTH_MIN;
	char text[128];

	if (!X509_get_signature_info(certificate->x509, &digest, NULL, &strength, NULL) ||
	    digest == NID_undef || strength >= DIGEST_STRENGTH_MIN)
		return;
	snprintf(text, sizeof(text), "it is signed with %s, which is broken", OBJ_nid2ln(digest));
	add(list, text);
}

/* What is to be thought of before the CA is trusted, as texts; an empty array if nothing. */
static json_t *
warnings_of(const struct certificate *certificate)
{
	json_t *list = json_array();

	if (X509_check_ca(certificate->x509) != 1)
		add(list, "it is not a CA's certificate (basicConstraints): only itself could be "
			  "trusted, "
			  "nothing that it issued");
	else if ((X509_get_extended_key_usage(certificate->x509) & (XKU_SMIME | XKU_ANYEKU)) == 0)
		add(list, "it is not meant for issuing mail certificates");
	warn_of_time(list, certificate);
	warn_of_key(list, certificate);
	warn_of_digest(list, certificate);
	return list;
}

static bool
is_self_signed(const struct certificate *certificate)
{
	return (X509_get_extension_flags(certificate->x509) & EXFLAG_SS) != 0;
}

void
trust_put_certificate(json_t *object, const struct certificate *certificate)
{
	char from[CLOCK_TEXT_SIZE];
	char to[CLOCK_TEXT_SIZE];
	char key[64];

	snprintf(
	    key, sizeof(key), "%s %d", key_name(certificate), certificate_key_bits(certificate));
	json_object_set_new(object, "sha256", ctl_json_text(certificate->sha256));
	json_object_set_new(object, "subject", ctl_json_text(certificate->subject));
	json_object_set_new(object, "issuer", ctl_json_text(certificate->issuer));
	json_object_set_new(object, "serial", ctl_json_text(certificate->serial));
	json_object_set_new(
	    object, "not_before", json_string(clock_format_rfc3339(certificate->not_before, from)));
	json_object_set_new(
	    object, "not_after", json_string(clock_format_rfc3339(certificate->not_after, to)));
	json_object_set_new(object, "key", json_string(key));
	json_object_set_new(object, "ca", json_boolean(X509_check_ca(certificate->x509) == 1));
	json_object_set_new(object, "self_signed", json_boolean(is_self_signed(certificate)));
	json_object_set_new(object, "warnings", warnings_of(certificate));
}

void
trust_print_line(const char *label, const char *text)
{
	if (text == NULL)
		return;
	printf("  %-12s ", label);
	ctl_print_text(text);
	putchar('\n');
}

void
trust_print_json_texts(const char *label, const json_t *texts)
{
	size_t i;

	if (json_array_size(texts) == 0)
		return;
	printf("  %-12s", label);
	for (i = 0; i < json_array_size(texts); i++) {
		fputs(i == 0 ? " " : ", ", stdout);
		ctl_print_text(json_string_value(json_array_get(texts, i)));
	}
	putchar('\n');
}

/* In pairs and capitals, as CAs tell it. */
static void
print_fingerprint(const char *sha256)
{
	size_t i;

	printf("  %-12s ", "SHA-256");
	for (i = 0; sha256[i] != '\0'; i++) {
		if (i > 0 && i % 2 == 0)
			putchar(':');
		putchar(toupper((unsigned char)sha256[i]));
	}
	putchar('\n');
}

void
trust_print_certificate(const struct certificate *certificate)
{
	char from[CLOCK_TEXT_SIZE];
	char to[CLOCK_TEXT_SIZE];

	print_fingerprint(certificate->sha256);
	trust_print_line("issued by",
	    is_self_signed(certificate) ? "itself (self-signed)" : certificate->issuer);
	trust_print_line("serial", certificate->serial);
	printf("  %-12s %s to %s\n", "valid", clock_format_date(certificate->not_before, from),
	    clock_format_date(certificate->not_after, to));
	printf("  %-12s %s, %d bits\n", "key", key_name(certificate),
	    certificate_key_bits(certificate));
}

void
trust_print_warnings(const struct certificate *certificate, FILE *out)
{
	json_t *list = warnings_of(certificate);
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		fprintf(out, "  warning:     %s\n", json_string_value(json_array_get(list, i)));
	json_decref(list);
}
