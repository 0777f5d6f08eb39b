#include "directory/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "directory/entry.h"
#include "directory/filter.h"
#include "directory/subaddress.h"
#include "ldap/attributes.h"

/* Beside those of members: each of three attributes twice, two of addresses, the end. */
#define ASKED_MAX 9

static int
add_name(
    struct search *search, size_t *count, const char *name, const char *option, struct error *err)
{
	size_t base;
	size_t size;
	char *copy;

	if (name == NULL || name[0] == '\0')
		return 0;
	base = strcspn(name, ";");
	size = base + strlen(option) + 1;
	copy = malloc(size);
	if (copy == NULL)
		return error_no_memory(err);
	snprintf(copy, size, "%.*s%s", (int)base, name, option);
	search->attributes[(*count)++] = copy;
	return 0;
}

static int
add_names(struct search *search, size_t *count, const struct strings *names, struct error *err)
{
	size_t i;

	for (i = 0; i < names->count; i++) {
		if (add_name(search, count, names->items[i], "", err) != 0)
			return -1;
	}
	return 0;
}

/* What says of an entry whose it is, and with groups = expand who is in it. */
static int
add_owner(struct search *search, size_t *count, struct error *err)
{
	const struct config_directory *directory = search->directory;

	if (add_name(search, count, ENTRY_MAIL, "", err) != 0)
		return -1;
	if (directory->kind == DIRECTORY_ACTIVE_DIRECTORY &&
	    add_name(search, count, ENTRY_PROXY_ADDRESSES, "", err) != 0)
		return -1;
	if (directory->groups != GROUPS_EXPAND)
		return 0;
	if (add_names(search, count, &directory->member_attributes, err) != 0)
		return -1;
	if (add_names(search, count, &directory->member_mail_attributes, err) != 0)
		return -1;
	return add_names(search, count, &directory->dynamic_attributes, err);
}

int
search_init(struct search *search, const struct config_directory *directory, bool exact_local,
    struct error *err)
{
	const char *const names[] = {
	    directory->smime_attribute, directory->certificate_attribute, directory->ca_attribute};
	size_t count = 0;
	size_t i;

	search->directory = directory;
	search->exact_local = exact_local;
	search->by_other = !filter_is_by_address(directory);
	search->attributes = calloc(ASKED_MAX + directory->member_attributes.count +
					directory->member_mail_attributes.count +
					directory->dynamic_attributes.count,
	    sizeof(search->attributes[0]));
	if (search->attributes == NULL)
		return error_no_memory(err);
	for (i = 0; i < ARRAY_LENGTH(names); i++) {
		if (add_name(search, &count, names[i], "", err) != 0 ||
		    add_name(search, &count, names[i], ";binary", err) != 0)
			goto fail;
	}
	search->owner = search->attributes + count;
	if (add_owner(search, &count, err) != 0)
		goto fail;
	return 0;
fail:
	search_clear(search);
	return -1;
}

void
search_clear(struct search *search)
{
	size_t i;

	for (i = 0; search->attributes != NULL && search->attributes[i] != NULL; i++)
		free(search->attributes[i]);
	free(search->attributes);
	search->attributes = NULL;
}

static int
scope_of(const struct config_directory *directory)
{
	switch (directory->scope) {
	case SCOPE_BASE:
		return LDAP_SCOPE_BASE;
	case SCOPE_ONE:
		return LDAP_SCOPE_ONELEVEL;
	case SCOPE_SUB:
		break;
	}
	return LDAP_SCOPE_SUBTREE;
}

struct pool_question
search_question(const struct search *search, const char *filter, int64_t deadline_ms)
{
	const struct config_directory *directory = search->directory;
	struct pool_question question = {
	    .base = directory->base,
	    .scope = scope_of(directory),
	    .filter = filter,
	    .attributes = search->attributes,
	    .entries_limit = (int)directory->entries_limit,
	    .deadline_ms = deadline_ms,
	};

	return question;
}

/* Whether one of the entry's own addresses is this one. */
static int
claims_address(const struct search *search, LDAP *ld, LDAPMessage *message,
    const struct address *address, bool exact_local, bool *found, struct error *err)
{
	struct attributes all;
	struct address own;
	size_t looks = 0;

	*found = false;
	attributes_begin(&all, ld, message);
	while (!*found && attributes_next(&all)) {
		while (!*found && entry_holds_addresses(search->directory, all.name) &&
		       looks++ < ENTRY_ADDRESSES_MAX && attributes_value(&all)) {
			if (!entry_address(search->directory, all.name, all.value.bv_val,
				all.value.bv_len, &own, NULL))
				continue;
			*found = address_equal(&own, address, exact_local);
			address_free(&own);
		}
	}
	return attributes_end(&all, err);
}

/* The values of one attribute. */
static int
take_attribute(const struct search *search, struct attributes *all, struct entry_value *value,
    struct findings *findings, struct error *err)
{
	int result = 0;

	if (!entry_attribute(search->directory, all->name, &value->kind, &value->attribute))
		return 0;
	while (result == 0 && attributes_value(all)) {
		value->value = all->value.bv_val;
		value->size = all->value.bv_len;
		result = entry_add(findings, search->directory, value, err);
	}
	return result;
}

/* By which address the entry was found. shorter: without a detail, if there is one to leave out;
 * what does not claim the address itself was found by that, whatever the filter asks for. */
static int
take_claims(const struct search *search, LDAP *ld, LDAPMessage *message,
    const struct address *address, const struct address *shorter, struct entry_value *value,
    struct error *err)
{
	bool exact = search->exact_local;

	if (claims_address(search, ld, message, address, exact, &value->claims, err) != 0)
		return -1;
	if (value->claims || shorter->text == NULL)
		return 0;
	value->found_by = shorter->text;
	return claims_address(search, ld, message, shorter, exact, &value->claims, err);
}

/* Whether the entry is that of another mailbox by this directory's local-part, which the server found
 * because it ignores case. That a certificate must name the address does not keep it out: those are
 * compared as local-part at the top level says. */
static int
is_of_other_case(const struct search *search, LDAP *ld, LDAPMessage *message,
    const struct address *address, const struct address *shorter, const struct entry_value *value,
    bool *other, struct error *err)
{
	*other = false;
	if (!search->exact_local || search->by_other || value->claims)
		return 0;
	if (claims_address(search, ld, message, address, false, other, err) != 0)
		return -1;
	if (*other || shorter->text == NULL)
		return 0;
	return claims_address(search, ld, message, shorter, false, other, err);
}

static enum search_match
match_of(const struct search *search, const struct entry_value *value)
{
	if (!value->claims && !search->by_other)
		return SEARCH_MATCH_NONE;
	return value->found_by == NULL ? SEARCH_MATCH_ADDRESS : SEARCH_MATCH_SHORTER;
}

static void
count_entry(struct findings *findings)
{
	findings->entries++;
	findings->many_entries = findings->entries > 1;
}

/* The entry's values, and whose it is. */
static int
take_entry(const struct search *search, LDAP *ld, LDAPMessage *message,
    const struct address *address, const struct address *shorter, struct findings *findings,
    enum search_match *match, struct error *err)
{
	struct entry_value value;
	struct attributes all;
	bool other;
	char *dn;
	int result = 0;

	if (findings->entries >= (size_t)search->directory->entries_limit) {
		count_entry(findings);
		findings->left_out++;
		return 0;
	}
	memset(&value, 0, sizeof(value));
	if (take_claims(search, ld, message, address, shorter, &value, err) != 0 ||
	    is_of_other_case(search, ld, message, address, shorter, &value, &other, err) != 0)
		return -1;
	if (other)
		return 0;
	count_entry(findings);
	dn = ldap_get_dn(ld, message);
	value.dn = dn != NULL ? dn : "";
	*match = match_of(search, &value);
	attributes_begin(&all, ld, message);
	while (result == 0 && attributes_next(&all))
		result = take_attribute(search, &all, &value, findings, err);
	if (attributes_end(&all, err) != 0)
		result = -1;
	ldap_memfree(dn);
	return result;
}

int
search_take_entry(const struct search *search, LDAP *ld, LDAPMessage *message,
    const struct address *address, struct findings *findings, enum search_match *match,
    struct error *err)
{
	struct address shorter = ADDRESS_INIT;
	int result;

	*match = SEARCH_MATCH_NONE;
	if (subaddress_shorten(search->directory, address, &shorter, err) < 0)
		return -1;
	result = take_entry(search, ld, message, address, &shorter, findings, match, err);
	address_free(&shorter);
	return result;
}
