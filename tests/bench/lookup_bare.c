#include "lookup_bare.h"

#include <ldap.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As the setting "searches" has it by default. */
#define OUTSTANDING 50

void
lookup_fail(const char *what, const char *why)
{
	fprintf(stderr, "lookup_bench: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

static LDAP *
connect_bare(const struct lookup_bench *bench)
{
	LDAP *ld = NULL;
	int version = LDAP_VERSION3;

	if (ldap_initialize(&ld, bench->directory->uri.items[0]) != LDAP_SUCCESS)
		lookup_fail("ldap_initialize", bench->directory->uri.items[0]);
	ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
	return ld;
}

static void
ask(const struct lookup_bench *bench, LDAP *ld, int number)
{
	static char *attributes[] = {(char *)"userSMIMECertificate",
	    (char *)"userSMIMECertificate;binary", (char *)"userCertificate",
	    (char *)"userCertificate;binary", (char *)"cACertificate",
	    (char *)"cACertificate;binary", (char *)"mail", NULL};
	char filter[128];
	int id;
	int code;

	snprintf(filter, sizeof(filter), "(mail=%s)", bench->addresses[number].text);
	code = ldap_search_ext(ld, bench->directory->base, LDAP_SCOPE_SUBTREE, filter, attributes,
	    0, NULL, NULL, NULL, 20, &id);
	if (code != LDAP_SUCCESS)
		lookup_fail("ldap_search_ext", ldap_err2string(code));
}

static void
keep(struct lookup_bench *bench, LDAP *ld, LDAPMessage *message, int number)
{
	struct berval **values = ldap_get_values_len(ld, message, "userCertificate;binary");

	if (values == NULL)
		lookup_fail("the bare client", "an entry without a certificate");
	bench->sizes[number] = (long)values[0]->bv_len;
	bench->certificates[number] = malloc(values[0]->bv_len);
	if (bench->certificates[number] == NULL)
		lookup_fail("the bare client", "no memory");
	memcpy(bench->certificates[number], values[0]->bv_val, values[0]->bv_len);
	ldap_value_free_len(values);
}

static void
run(struct lookup_bench *bench, bool keeping)
{
	LDAP *ld = connect_bare(bench);
	LDAPMessage *message;
	int entries = 0;
	int asked = 0;
	int ended = 0;
	int type;

	while (ended < bench->count) {
		while (asked < bench->count && asked - ended < OUTSTANDING)
			ask(bench, ld, asked++);
		type = ldap_result(ld, LDAP_RES_ANY, LDAP_MSG_ONE, NULL, &message);
		if (type <= 0)
			lookup_fail("ldap_result", "no answer");
		if (type == LDAP_RES_SEARCH_ENTRY && keeping)
			keep(bench, ld, message, entries);
		entries += type == LDAP_RES_SEARCH_ENTRY;
		ended += type == LDAP_RES_SEARCH_RESULT;
		ldap_msgfree(message);
	}
	if (entries != bench->count)
		lookup_fail("the bare client", "an entry is missing");
	ldap_unbind_ext(ld, NULL, NULL);
}

void
lookup_bare(struct lookup_bench *bench)
{
	run(bench, false);
}

void
lookup_bare_fetch(struct lookup_bench *bench)
{
	bench->certificates = calloc((size_t)bench->count, sizeof(bench->certificates[0]));
	bench->sizes = calloc((size_t)bench->count, sizeof(bench->sizes[0]));
	if (bench->certificates == NULL || bench->sizes == NULL)
		lookup_fail("the bare client", "no memory");
	run(bench, true);
}

static void
verify(X509_STORE *store, const unsigned char *der, long size)
{
	X509 *certificate = d2i_X509(NULL, &der, size);
	X509_STORE_CTX *context = X509_STORE_CTX_new();

	if (certificate == NULL || X509_STORE_CTX_init(context, store, certificate, NULL) != 1 ||
	    X509_verify_cert(context) != 1)
		lookup_fail("OpenSSL", "a certificate is refused");
	X509_STORE_CTX_free(context);
	X509_free(certificate);
}

/* Every second certificate. */
struct half {
	struct lookup_bench *bench;
	X509_STORE *store;
	int first;
};

static void *
verify_half(void *context)
{
	struct half *half = context;
	int i;

	for (i = half->first; i < half->bench->count; i += 2)
		verify(half->store, half->bench->certificates[i], half->bench->sizes[i]);
	return NULL;
}

void
lookup_openssl(struct lookup_bench *bench)
{
	X509_STORE *store = X509_STORE_new();
	struct half halves[2] = {{bench, store, 0}, {bench, store, 1}};
	pthread_t other;

	if (X509_STORE_load_file(store, bench->config->trusts[0].anchors) != 1)
		lookup_fail("OpenSSL", "the anchor can't be read");
	if (pthread_create(&other, NULL, verify_half, &halves[1]) != 0)
		lookup_fail("OpenSSL", "no thread");
	verify_half(&halves[0]);
	pthread_join(other, NULL);
	X509_STORE_free(store);
}
