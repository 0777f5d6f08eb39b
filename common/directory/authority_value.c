/* What the bases of a trust section hold: CA certificates, or CRLs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "directory/authority_private.h"
#include "directory/entry.h"
#include "ldap/attributes.h"

/* Active Directory puts one zero octet where there is no CRL yet. */
#define CRL_SIZE_MIN 2

/* RFC 4523 2; entries that hold none, of which such containers are full, are not sent. */
#define CA_FILTER "(cACertificate=*)"
#define CRL_FILTER \
	"(|(certificateRevocationList=*)(authorityRevocationList=*)(deltaRevocationList=*))"

static char ca_plain[] = "cACertificate", ca_binary[] = "cACertificate;binary";
static char crl_plain[] = "certificateRevocationList",
	    crl_binary[] = "certificateRevocationList;binary";
static char arl_plain[] = "authorityRevocationList",
	    arl_binary[] = "authorityRevocationList;binary";
static char delta_plain[] = "deltaRevocationList", delta_binary[] = "deltaRevocationList;binary";

/* Servers differ in which of the two they answer (directory/search.h). */
static char *const ca_attributes[] = {ca_plain, ca_binary, NULL};
static char *const crl_attributes[] = {
    crl_plain, crl_binary, arl_plain, arl_binary, delta_plain, delta_binary, NULL};

static size_t
ca_bases(const struct config_trust *config)
{
	return config->anchor_bases.count + config->intermediate_bases.count;
}

size_t
value_bases(const struct config_trust *config)
{
	return ca_bases(config) + config->crl_bases.count;
}

bool
value_is_crls(const struct reader *reader)
{
	return reader->base >= ca_bases(reader->config);
}

const char *
value_base(const struct reader *reader)
{
	const struct config_trust *config = reader->config;

	if (reader->base < config->anchor_bases.count)
		return config->anchor_bases.items[reader->base];
	if (!value_is_crls(reader))
		return config->intermediate_bases.items[reader->base - config->anchor_bases.count];
	return config->crl_bases.items[reader->base - ca_bases(config)];
}

const char *
value_filter(const struct reader *reader)
{
	return value_is_crls(reader) ? CRL_FILTER : CA_FILTER;
}

char *const *
value_attributes(const struct reader *reader)
{
	return value_is_crls(reader) ? crl_attributes : ca_attributes;
}

const char *
value_words(const struct reader *reader)
{
	const struct config_trust *config = reader->config;

	if (ca_bases(config) == 0)
		return "CRLs";
	return config->crl_bases.count == 0 ? "CA certificates" : "CA certificates and CRLs";
}

void
value_mark(struct reader *reader)
{
	reader->mark = trust_published_count(reader->incoming);
	reader->crls_mark = reader->crls.count;
}

void
value_cut(struct reader *reader)
{
	trust_published_cut(reader->incoming, reader->mark);
	crls_cut(&reader->crls, reader->crls_mark);
}

static int
take_certificate(struct reader *reader, const struct berval *value, struct error *err)
{
	enum trust_published_kind kind = reader->base < reader->config->anchor_bases.count
					     ? TRUST_PUBLISHED_ANCHOR
					     : TRUST_PUBLISHED_INTERMEDIATE;

	return trust_published_add(reader->incoming, kind, value->bv_val, value->bv_len, err);
}

/* dn, attribute and number say which it is, so that the next one there takes its place. */
static int
take_crl(struct reader *reader, const char *dn, const char *name, size_t number,
    const struct berval *value, struct error *err)
{
	size_t room = strlen(dn) + strlen(name) + 32;
	char *place = malloc(room);
	int status;

	if (place == NULL)
		return error_no_memory(err);
	snprintf(place, room, "%.*s %zu %s", (int)strcspn(name, ";"), name, number, dn);
	status = crls_add(reader, place, value->bv_val, value->bv_len, err);
	free(place);
	return status;
}

static bool
is_asked_for(const struct reader *reader, const char *name)
{
	char *const *attribute;

	for (attribute = value_attributes(reader); *attribute != NULL; attribute++) {
		if (entry_is_attribute(*attribute, name))
			return true;
	}
	return false;
}

/* The values of one attribute of the entry of that name. */
static int
take_values(struct reader *reader, const char *dn, struct attributes *all, struct error *err)
{
	int status = 0;
	size_t i;

	for (i = 0; status == 0 && attributes_value(all); i++) {
		if (!value_is_crls(reader))
			status = take_certificate(reader, &all->value, err);
		else if (dn == NULL)
			status = error_set(
			    err, ERROR_TEMPORARY, "an entry has no name that can be read");
		else if (all->value.bv_len >= CRL_SIZE_MIN)
			status = take_crl(reader, dn, all->name, i, &all->value, err);
	}
	return status;
}

int
value_take(struct reader *reader, LDAP *ld, LDAPMessage *entry, struct error *err)
{
	char *dn = ldap_get_dn(ld, entry);
	struct attributes all;
	int status = 0;

	attributes_begin(&all, ld, entry);
	while (status == 0 && attributes_next(&all)) {
		if (is_asked_for(reader, all.name))
			status = take_values(reader, dn, &all, err);
	}
	if (attributes_end(&all, err) != 0)
		status = -1;
	ldap_memfree(dn);
	return status;
}
