/*
 * An errand by an ldap: URL (RFC 4516): one attribute of one entry. A URL without a host means the
 * configured directories, which are asked in their order until one has it; with a host, only those
 * that list it as a server. What else it names is not connected to, nor followed.
 */
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "directory/entry.h"
#include "directory/supply_private.h"
#include "ldap/attributes.h"
#include "ldap/referral.h"

/* For one directory: a CRL of 64 MB over a slow line. Milliseconds. */
#define LDAP_TIME ((int64_t)120 * 1000)
/* Active Directory puts one zero octet where there is no CRL yet. */
#define VALUE_SIZE_MIN 2

/* What a URL may make us read (RFC 4523): nothing but what is parsed as certificates and CRLs. */
static const char *const readable[][3] = {
    {"cACertificate", "cACertificate;binary", NULL},
    {"certificateRevocationList", "certificateRevocationList;binary", NULL},
    {"authorityRevocationList", "authorityRevocationList;binary", NULL},
    {"deltaRevocationList", "deltaRevocationList;binary", NULL},
};

/* Both ways of naming it, as servers differ in which they answer; NULL: it isn't read. */
static const char *const *
names_of(const char *attribute)
{
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(readable); i++) {
		if (entry_is_attribute(readable[i][0], attribute))
			return readable[i];
	}
	return NULL;
}

int
errand_ldap_init(struct supply *supply, struct worker_pool *helpers, struct error *err)
{
	const struct config *config = supply->config;
	struct library *library;
	size_t i;

	supply->libraries = calloc(config->directory_count + 1, sizeof(*supply->libraries));
	if (supply->libraries == NULL)
		return error_no_memory(err);
	for (i = 0; i < config->directory_count; i++) {
		const struct config_directory *directory = &config->directories[i];

		if (directory->uri.count == 0 ||
		    (directory->ldif != NULL && directory->ldif[0] != '\0'))
			continue;
		library = &supply->libraries[supply->library_count];
		library->directory = *directory;
		library->directory.connections = 1;
		/* One answer must hold the largest CRL (ldap/handle.c). */
		if (library->directory.value_size_limit < config->crl_size_limit)
			library->directory.value_size_limit = config->crl_size_limit;
		library->pool = pool_new(&library->directory, NULL, supply->base, helpers, err);
		if (library->pool == NULL)
			return -1;
		supply->library_count++;
	}
	return 0;
}

void
errand_ldap_end(struct supply *supply)
{
	while (supply->library_count > 0)
		pool_free(supply->libraries[--supply->library_count].pool);
	free(supply->libraries);
	supply->libraries = NULL;
}

/* Whether a server of the directory is meant. */
static bool
lists(const struct config_directory *directory, const char *host)
{
	char url[WANT_URL_MAX + sizeof("ldap:///")];
	bool found = false;
	char *wanted;
	char *listed;
	int wanted_port;
	int port;
	size_t i;

	if (host[0] == '\0')
		return true;
	snprintf(url, sizeof(url), "ldap://%s/", host);
	referral_place(url, &wanted, &wanted_port);
	for (i = 0; wanted != NULL && i < directory->uri.count && !found; i++) {
		referral_place(directory->uri.items[i], &listed, &port);
		found = listed != NULL && port == wanted_port && strcasecmp(listed, wanted) == 0;
		free(listed);
	}
	free(wanted);
	return found;
}

static size_t
most_of(const struct errand *errand)
{
	return errand->want.kind == WANT_CRL ? (size_t)errand->supply->config->crl_size_limit
					     : (size_t)errand->supply->config->fetch_size_limit;
}

static void
drop(struct errand *errand)
{
	free(errand->value);
	errand->value = NULL;
	errand->size = 0;
}

static void
on_begin(void *context)
{
	drop(context);
}

static int
append(struct errand *errand, const void *bytes, size_t size, struct error *err)
{
	unsigned char *value;

	if (size > most_of(errand) - errand->size)
		return error_set(err, ERROR_LIMIT, "%.200s: it is larger than %zu bytes",
		    errand->want.url, most_of(errand));
	value = realloc(errand->value, errand->size + size);
	if (value == NULL)
		return error_no_memory(err);
	memcpy(value + errand->size, bytes, size);
	errand->value = value;
	errand->size += size;
	return 0;
}

/* A CA has a certificate for each of its keys: PEM holds them all. */
static int
append_pem(struct errand *errand, const struct berval *value, struct error *err)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	int status = -1;
	long size;

	if (value->bv_len > most_of(errand))
		status =
		    error_set(err, ERROR_LIMIT, "%.200s: a value is too large", errand->want.url);
	else if (bio == NULL ||
		 PEM_write_bio(bio, "CERTIFICATE", "", (const unsigned char *)value->bv_val,
		     (long)value->bv_len) <= 0 ||
		 (size = BIO_get_mem_data(bio, &text)) <= 0)
		status = error_no_memory(err);
	else
		status = append(errand, text, (size_t)size, err);
	BIO_free(bio);
	return status;
}

static int
take_value(struct errand *errand, const struct berval *value, struct error *err)
{
	if (value->bv_len < VALUE_SIZE_MIN)
		return 0;
	if (errand->want.kind == WANT_ISSUER)
		return append_pem(errand, value, err);
	return errand->size == 0 ? append(errand, value->bv_val, value->bv_len, err) : 0;
}

static int
on_entry(void *context, LDAP *ld, LDAPMessage *entry, struct error *err)
{
	struct errand *errand = context;
	struct attributes all;
	int status = 0;

	attributes_begin(&all, ld, entry);
	while (status == 0 && attributes_next(&all)) {
		while (status == 0 && entry_is_attribute(errand->want.attribute, all.name) &&
		       attributes_value(&all))
			status = take_value(errand, &all.value, err);
	}
	if (attributes_end(&all, err) != 0)
		status = -1;
	return status;
}

static void
on_done(void *context, const struct pool_result *result)
{
	struct errand *errand = context;
	struct error err = ERROR_INIT;

	errand->search = NULL;
	if (result->outcome == POOL_COMPLETE && errand->size > 0) {
		errand->error = err; /* of a directory before this one */
		errand_take(errand);
		return;
	}
	drop(errand);
	if (result->outcome == POOL_FAILED)
		errand->error = *result->error;
	errand->place++;
	if (errand_ldap_ask(errand) == 0)
		return;
	err = errand->error;
	errand_fail(errand, &err, errand->supply->config->fetch_retry);
}

/* Says it unless something worse happened. */
static int
none_left(struct errand *errand, bool asked)
{
	if (errand->error.code != ERROR_NONE)
		return -1;
	return error_set(&errand->error, ERROR_PERMANENT,
	    asked ? "%.200s: no directory has it"
		  : "%.200s: no configured directory has that server",
	    errand->want.url);
}

int
errand_ldap_ask(struct errand *errand)
{
	static const struct pool_events events = {on_begin, on_entry, on_done};
	const char *const *names = names_of(errand->want.attribute);
	struct supply *supply = errand->supply;
	bool asked = errand->place > 0;

	if (names == NULL)
		return error_set(&errand->error, ERROR_PERMANENT,
		    "%.200s: such an attribute is not read", errand->want.url);
	for (; errand->place < supply->library_count; errand->place++) {
		struct library *library = &supply->libraries[errand->place];
		const struct pool_question question = {.base = errand->want.dn,
		    .scope = LDAP_SCOPE_BASE,
		    .filter = "(objectClass=*)",
		    .attributes = (char *const *)names,
		    .deadline_ms = clock_monotonic_ms() + LDAP_TIME,
		    .large = errand->want.kind == WANT_CRL};

		if (!lists(&library->directory, errand->want.host))
			continue;
		asked = true;
		errand->search =
		    pool_search_start(library->pool, &question, &events, errand, &errand->error);
		if (errand->search != NULL)
			return 0;
	}
	return none_left(errand, asked);
}
