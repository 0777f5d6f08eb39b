/* Whose the recipient infos of an envelope are. */
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "inspect/claims.h"
#include "pki.h"
#include "unit.h"

#define INFOS_MAX 8

static EVP_PKEY *key;
static X509 *ca;
static struct certificate *certificates[4];
static struct layer layer;
static struct layer_recipient infos[INFOS_MAX];
static struct claims *claims;

static struct certificate *
issue(const char *email, X509 *issuer, int number)
{
	struct error err = ERROR_INIT;
	struct certificate *certificate;
	unsigned char *der;
	size_t size;
	EVP_PKEY *own = pki_key(PKI_P256, number);
	X509 *x509 = pki_issue(&(struct pki_certificate){.subject = email, .email = email}, own,
	    issuer, issuer != NULL ? key : own);

	der = pki_der(x509, &size);
	certificate = certificate_from_der(der, size, &err);
	ck_assert_ptr_nonnull(certificate);
	free(der);
	X509_free(x509);
	EVP_PKEY_free(own);
	return certificate;
}

static void
set_up(void)
{
	key = pki_key(PKI_P256, 0);
	ca = pki_issue(&(struct pki_certificate){.subject = "CA", .ca = true}, key, NULL, key);
	certificates[0] = issue("anna@partner.example", ca, 1);
	certificates[1] = issue("bob@partner.example", ca, 2);
	certificates[2] = issue("carl@partner.example", ca, 2);
	certificates[3] = issue("dora@other.example", NULL, 3);
	memset(infos, 0, sizeof(infos));
	memset(&layer, 0, sizeof(layer));
	layer.recipients = infos;
}

static void
tear_down(void)
{
	size_t i;

	claims_free(claims);
	claims = NULL;
	for (i = 0; i < layer.recipient_count; i++) {
		OPENSSL_free(infos[i].issuer_der);
		free(infos[i].key_id);
	}
	for (i = 0; i < 4; i++)
		certificate_unref(certificates[i]);
	X509_free(ca);
	EVP_PKEY_free(key);
}

static struct layer_recipient *
add(enum layer_transport transport)
{
	struct layer_recipient *info = &infos[layer.recipient_count++];

	info->transport = transport;
	return info;
}

static struct layer_recipient *
add_by_serial(const struct certificate *certificate)
{
	struct layer_recipient *info = add(LAYER_RSA_V15);

	info->serial = certificate->serial;
	info->issuer = certificate->issuer;
	info->issuer_size =
	    (size_t)i2d_X509_NAME(X509_get_issuer_name(certificate->x509), &info->issuer_der);
	return info;
}

static struct layer_recipient *
add_by_key(const struct certificate *certificate, enum layer_transport transport)
{
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(certificate->x509);
	struct layer_recipient *info = add(transport);
	int size = ASN1_STRING_length(id);
	int i;

	info->key_id = calloc(1, 2 * (size_t)size + 1);
	for (i = 0; i < size; i++)
		sprintf(info->key_id + 2 * i, "%02X", ASN1_STRING_get0_data(id)[i]);
	return info;
}

static void
begin(void)
{
	struct error err = ERROR_INIT;

	claims = claims_new(&layer, &err);
	ck_assert_ptr_nonnull(claims);
}

START_TEST(an_info_is_claimed_by_issuer_and_serial_or_by_key_identifier)
{
	add_by_serial(certificates[1]);
	add_by_key(certificates[0], LAYER_ECDH);
	begin();
	ck_assert_uint_eq(claims_left(claims), 2);
	ck_assert(!claims_take(claims, certificates[2]));
	ck_assert(!claims_take(claims, certificates[3]));
	ck_assert_uint_eq(claims_left(claims), 2);
	ck_assert(claims_take(claims, certificates[0]));
	ck_assert(claims_take(claims, certificates[1]));
	ck_assert(claims_take(claims, certificates[1]));
	ck_assert_uint_eq(claims_left(claims), 0);
}
END_TEST

START_TEST(the_same_serial_of_another_issuer_is_nobodys)
{
	struct layer_recipient *info = add_by_serial(certificates[3]);

	info->serial = certificates[1]->serial;
	begin();
	ck_assert(!claims_take(claims, certificates[1]));
	ck_assert(!claims_take(claims, certificates[3]));
	ck_assert_uint_eq(claims_left(claims), 1);
}
END_TEST

START_TEST(infos_said_twice_are_claimed_together)
{
	add_by_serial(certificates[1]);
	add_by_serial(certificates[2]);
	add_by_serial(certificates[1]);
	begin();
	ck_assert(claims_take(claims, certificates[1]));
	ck_assert_uint_eq(claims_left(claims), 1);
}
END_TEST

START_TEST(a_shared_key_a_password_and_what_cannot_be_read_are_nobodys)
{
	char broken[] = "0G";

	add_by_key(certificates[0], LAYER_KEK);
	add(LAYER_PASSWORD);
	add(LAYER_RSA_V15)->key_id = strdup(broken);
	add(LAYER_RSA_V15)->serial = certificates[0]->serial;
	begin();
	ck_assert(!claims_take(claims, certificates[0]));
	ck_assert_uint_eq(claims_left(claims), 4);
}
END_TEST

START_TEST(what_nobody_claimed_is_found_by_issuer)
{
	struct layer_recipient *unknown;

	add_by_serial(certificates[1]);
	unknown = add_by_serial(certificates[2]);
	begin();
	ck_assert(claims_take(claims, certificates[1]));
	ck_assert_int_eq(claims_close(claims, NULL), 0);
	ck_assert_ptr_eq(claims_left_of(claims, certificates[0]), unknown);
	ck_assert_ptr_null(claims_left_of(claims, certificates[3]));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("claims");
	TCase *tcase = unit_case(suite, "claims");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, an_info_is_claimed_by_issuer_and_serial_or_by_key_identifier);
	tcase_add_test(tcase, the_same_serial_of_another_issuer_is_nobodys);
	tcase_add_test(tcase, infos_said_twice_are_claimed_together);
	tcase_add_test(tcase, a_shared_key_a_password_and_what_cannot_be_read_are_nobodys);
	tcase_add_test(tcase, what_nobody_claimed_is_found_by_issuer);
	return unit_run(suite);
}
