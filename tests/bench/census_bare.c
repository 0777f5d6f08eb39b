/*
 * What an audit can't do without: census_bare URI BASE ANCHOR-FILE reads all entries with certificates
 * in pages of 250, one after the other, and verifies each certificate, on one thread. Prints how many
 * there are and how many a second.
 */
#include <ldap.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PAGE 250

static int entries;
static int good;

static void
fail(const char *what)
{
	fprintf(stderr, "census_bare: %s\n", what);
	exit(EXIT_FAILURE);
}

static X509_STORE *
read_anchor(const char *path)
{
	FILE *file = fopen(path, "r");
	X509 *x509 = file != NULL ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
	X509_STORE *store = X509_STORE_new();

	if (x509 == NULL || store == NULL || X509_STORE_add_cert(store, x509) != 1)
		fail(path);
	fclose(file);
	X509_free(x509);
	return store;
}

static void
verify(X509_STORE *store, const struct berval *value)
{
	const unsigned char *der = (const unsigned char *)value->bv_val;
	X509 *x509 = d2i_X509(NULL, &der, (long)value->bv_len);
	X509_STORE_CTX *context = X509_STORE_CTX_new();

	if (x509 == NULL || context == NULL || X509_STORE_CTX_init(context, store, x509, NULL) != 1)
		fail("out of memory");
	good += X509_verify_cert(context) == 1;
	X509_STORE_CTX_free(context);
	X509_free(x509);
}

static void
take(LDAP *ld, LDAPMessage *result, X509_STORE *store)
{
	LDAPMessage *entry;
	struct berval **values;
	int i;

	for (entry = ldap_first_entry(ld, result); entry != NULL;
	     entry = ldap_next_entry(ld, entry)) {
		entries++;
		values = ldap_get_values_len(ld, entry, "userCertificate;binary");
		for (i = 0; values != NULL && values[i] != NULL; i++)
			verify(store, values[i]);
		ldap_value_free_len(values);
	}
}

/* One page; whether there is another. */
static int
read_page(LDAP *ld, const char *base, struct berval *cookie, X509_STORE *store)
{
	static char mail[] = "mail";
	static char certificate[] = "userCertificate";
	static char blob[] = "userSMIMECertificate";
	char *attributes[] = {mail, certificate, blob, NULL};
	LDAPControl *controls[2] = {NULL, NULL};
	LDAPControl **answer = NULL;
	LDAPMessage *result = NULL;
	ber_int_t estimate;

	if (ldap_create_page_control(
		ld, PAGE, cookie->bv_len > 0 ? cookie : NULL, 0, &controls[0]) != LDAP_SUCCESS)
		fail("no control");
	if (ldap_search_ext_s(ld, base, LDAP_SCOPE_SUBTREE, "(&(mail=*)(userCertificate=*))",
		attributes, 0, controls, NULL, NULL, 0, &result) != LDAP_SUCCESS)
		fail("the search failed");
	ldap_control_free(controls[0]);
	take(ld, result, store);
	ber_memfree(cookie->bv_val);
	cookie->bv_val = NULL;
	cookie->bv_len = 0;
	if (ldap_parse_result(ld, result, NULL, NULL, NULL, NULL, &answer, 1) != LDAP_SUCCESS ||
	    answer == NULL ||
	    ldap_parse_pageresponse_control(ld,
		ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, answer, NULL), &estimate,
		cookie) != LDAP_SUCCESS)
		fail("no pages");
	ldap_controls_free(answer);
	return cookie->bv_len > 0;
}

int
main(int argc, char **argv)
{
	struct berval cookie = {0, NULL};
	struct timespec begun;
	struct timespec ended;
	int version = LDAP_VERSION3;
	X509_STORE *store;
	LDAP *ld = NULL;
	double seconds;

	if (argc != 4)
		fail("URI BASE ANCHOR-FILE");
	store = read_anchor(argv[3]);
	clock_gettime(CLOCK_MONOTONIC, &begun);
	if (ldap_initialize(&ld, argv[1]) != LDAP_SUCCESS ||
	    ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version) != LDAP_SUCCESS)
		fail(argv[1]);
	while (read_page(ld, argv[2], &cookie, store))
		;
	clock_gettime(CLOCK_MONOTONIC, &ended);
	seconds =
	    (double)(ended.tv_sec - begun.tv_sec) + (double)(ended.tv_nsec - begun.tv_nsec) / 1e9;
	printf("%d %d %.0f\n", entries, good, entries / seconds);
	ber_memfree(cookie.bv_val);
	ldap_unbind_ext(ld, NULL, NULL);
	X509_STORE_free(store);
	return EXIT_SUCCESS;
}
