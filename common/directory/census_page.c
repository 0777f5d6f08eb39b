/* A page of entries: what each publishes, and for whom. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "directory/census_private.h"
#include "directory/entry.h"

/* Which a write asserts, so that nobody else's change is lost. */
#define ENTRY_CSN "entryCSN"

static void
clear_entry(struct census_entry *entry)
{
	size_t i;

	for (i = 0; i < entry->value_count; i++) {
		free(entry->values[i].name);
		free(entry->values[i].value);
	}
	for (i = 0; i < entry->address_count; i++)
		address_free(&entry->addresses[i]);
	free(entry->values);
	free(entry->addresses);
	free(entry->csn);
	free(entry->dn);
	memset(entry, 0, sizeof(*entry));
}

static void
clear_page(struct census_page *page)
{
	while (page->count > 0)
		clear_entry(&page->entries[--page->count]);
	free(page->entries);
	page->entries = NULL;
}

void
census_page_free(struct census_page *page)
{
	if (page == NULL)
		return;
	clear_page(page);
	free(page);
}

void
census_draft_clear(struct census_draft *draft)
{
	clear_page(&draft->page);
	draft->bytes = 0;
	draft->counted = 0;
}

static struct census_entry *
last_entry(struct census_draft *draft)
{
	return &draft->page.entries[draft->page.count - 1];
}

/* Whether there is room for so much. -1: the page is none. */
static int
take_room(struct census_draft *draft, size_t size, struct error *err)
{
	if (draft->bytes + size <= CENSUS_PAGE_BYTES) {
		draft->bytes += size;
		return 1;
	}
	if (draft->page.count <= CENSUS_PAGE_ENTRIES)
		return 0;
	return error_set(err, ERROR_LIMIT,
	    "a page of %zu entries holds more than %zu bytes: the server seems to know no pages "
	    "(RFC 2696)",
	    draft->page.count, CENSUS_PAGE_BYTES);
}

int
census_entry_begin(struct census_draft *draft, const char *dn, size_t size, struct error *err)
{
	struct census_entry *entries;
	char *copy;

	if (draft->bytes > CENSUS_PAGE_BYTES && take_room(draft, 0, err) < 0)
		return -1;
	entries = array_grow(draft->page.entries, draft->page.count, sizeof(*entries), err);
	if (entries == NULL)
		return -1;
	draft->page.entries = entries;
	copy = strndup(dn, size);
	if (copy == NULL)
		return error_no_memory(err);
	memset(&entries[draft->page.count], 0, sizeof(*entries));
	entries[draft->page.count++].dn = copy;
	draft->bytes += size + sizeof(*entries);
	draft->entry_bytes = 0;
	return 0;
}

void
census_entry_drop(struct census_draft *draft)
{
	if (draft->page.count == 0)
		return;
	clear_entry(last_entry(draft));
	draft->page.count--;
}

void
census_entry_cut(struct census_draft *draft)
{
	last_entry(draft)->left_out++;
}

void
census_entry_end(struct census *census)
{
	const struct census_entry *entry = last_entry(&census->draft);
	size_t i;

	if (census->options.all)
		return;

	for (i = 0; i < entry->value_count; i++) {
		if (entry->values[i].kind != FINDING_CA)
			return;
	}
	if (entry->left_out == 0)
		census_entry_drop(&census->draft);
}

/* The same for a value of the last entry. */
static int
take_value_room(
    const struct census *census, struct census_draft *draft, size_t size, struct error *err)
{
	if (last_entry(draft)->value_count >= (size_t)census->directory.values_limit ||
	    draft->entry_bytes + size > CENSUS_ENTRY_BYTES)
		return 0;
	draft->entry_bytes += size;
	return take_room(draft, size + sizeof(struct census_value), err);
}

static int
keep_value(struct census_entry *entry, const char *name, const struct census_value *known,
    const struct berval *value, bool fits, struct error *err)
{
	struct census_value *values;
	struct census_value *place;

	values = array_grow(entry->values, entry->value_count, sizeof(*values), err);
	if (values == NULL)
		return -1;
	entry->values = values;
	place = &values[entry->value_count];
	*place = *known;
	place->size = value->bv_len;
	place->name = strdup(name);
	place->value = fits ? malloc(value->bv_len) : NULL;
	if (place->name == NULL || (fits && place->value == NULL)) {
		free(place->name);
		free(place->value);
		return error_no_memory(err);
	}
	if (fits)
		memcpy(place->value, value->bv_val, value->bv_len);
	entry->value_count++;
	return 0;
}

static int
add_value(struct census *census, const char *name, const struct census_value *known,
    const struct berval *value, struct error *err)
{
	struct census_entry *entry = last_entry(&census->draft);
	bool fits = value->bv_len <= (size_t)census->directory.value_size_limit;
	int room;

	if (value->bv_len == 0)
		return 0;
	room = take_value_room(census, &census->draft, fits ? value->bv_len : 0, err);
	if (room <= 0) {
		entry->left_out++;
		return room;
	}
	return keep_value(entry, name, known, value, fits, err);
}

static bool
has_address(const struct census_entry *entry, const struct address *address)
{
	size_t i;

	for (i = 0; i < entry->address_count; i++) {
		if (address_equal(&entry->addresses[i], address, true))
			return true;
	}
	return false;
}

/* Puts an address behind those of its rank; it is the entry's then. */
static int
insert_address(
    struct census_draft *draft, const struct address *address, int rank, struct error *err)
{
	struct census_entry *entry = last_entry(draft);
	struct address *addresses;
	size_t at = 0;

	addresses = array_grow(entry->addresses, entry->address_count, sizeof(*addresses), err);
	if (addresses == NULL)
		return -1;
	entry->addresses = addresses;
	while (at < entry->address_count && draft->ranks[at] >= rank)
		at++;
	memmove(
	    addresses + at + 1, addresses + at, (entry->address_count - at) * sizeof(*addresses));
	memmove(draft->ranks + at + 1, draft->ranks + at,
	    (entry->address_count - at) * sizeof(draft->ranks[0]));
	addresses[at] = *address;
	draft->ranks[at] = rank;
	entry->address_count++;
	return 0;
}

/* The address is taken, whatever comes of it. */
static int
add_address(struct census_draft *draft, struct address *address, int rank, struct error *err)
{
	struct census_entry *entry = last_entry(draft);
	int room = 0;

	if (has_address(entry, address)) {
		address_free(address);
		return 0;
	}
	if (entry->address_count < CENSUS_ADDRESSES_MAX)
		room = take_room(draft, sizeof(*address) + 2 * strlen(address->text), err);
	if (room <= 0) {
		entry->left_out++;
		address_free(address);
		return room;
	}
	if (insert_address(draft, address, rank, err) == 0)
		return 0;
	address_free(address);
	return -1;
}

static int
set_csn(struct census_entry *entry, const struct berval *value, struct error *err)
{
	free(entry->csn);
	entry->csn = strndup(value->bv_val, value->bv_len);
	return entry->csn != NULL ? 0 : error_no_memory(err);
}

int
census_entry_attribute(
    struct census *census, const char *name, const struct berval *value, struct error *err)
{
	const struct config_directory *directory = &census->directory;
	struct census_entry *entry = last_entry(&census->draft);
	struct census_value known = {0};
	struct address address;
	bool broken = false;

	if (entry_attribute(directory, name, &known.kind, &known.attribute))
		return add_value(census, name, &known, value, err);
	if (census->options.csn && entry_is_attribute(ENTRY_CSN, name))
		return set_csn(entry, value, err);
	if (entry_address(directory, name, value->bv_val, value->bv_len, &address, &broken))
		return add_address(&census->draft, &address,
		    entry_address_rank(directory, name, value->bv_val, value->bv_len), err);
	entry->addresses_broken += broken;
	return 0;
}

struct findings *
census_findings(
    const struct config_directory *directory, const struct census_entry *entry, struct error *err)
{
	struct findings *findings = findings_new();
	struct entry_value value;
	size_t i;

	if (findings == NULL) {
		error_no_memory(err);
		return NULL;
	}
	findings->entries = 1;
	findings->left_out = entry->left_out;
	for (i = 0; i < entry->value_count; i++) {
		value = (struct entry_value){.dn = entry->dn,
		    .kind = entry->values[i].kind,
		    .attribute = entry->values[i].attribute,
		    .value = entry->values[i].value,
		    .size = entry->values[i].size,
		    .claims = true};
		if (entry_add(findings, directory, &value, err) != 0) {
			findings_unref(findings);
			return NULL;
		}
	}
	return findings;
}
