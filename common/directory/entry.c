#include "directory/entry.h"

#include <string.h>
#include <strings.h>

static size_t
base_size(const char *name)
{
	return strcspn(name, ";");
}

bool
entry_is_attribute(const char *configured, const char *name)
{
	size_t size = base_size(name);

	return configured != NULL && size > 0 && base_size(configured) == size &&
	       strncasecmp(configured, name, size) == 0;
}

bool
entry_attribute(const struct config_directory *directory, const char *name, enum finding_kind *kind,
    const char **attribute)
{
	const struct {
		enum finding_kind kind;
		const char *name;
	} wanted[] = {
	    {FINDING_BLOB, directory->smime_attribute},
	    {FINDING_CERTIFICATE, directory->certificate_attribute},
	    {FINDING_CA, directory->ca_attribute},
	};
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(wanted); i++) {
		if (entry_is_attribute(wanted[i].name, name)) {
			*kind = wanted[i].kind;
			*attribute = wanted[i].name;
			return true;
		}
	}
	return false;
}

/* Takes "smtp:" (any case) off a value of proxyAddresses; false for other kinds of address. */
static bool
skip_smtp(const char **value, size_t *size)
{
	static const char smtp[] = "smtp:";

	if (*size < sizeof(smtp) - 1 || strncasecmp(*value, smtp, sizeof(smtp) - 1) != 0)
		return false;
	*value += sizeof(smtp) - 1;
	*size -= sizeof(smtp) - 1;
	return true;
}

/* An address is text: no NUL, and no longer than an address can be. */
static bool
parse_value(const char *value, size_t size, struct address *address)
{
	char text[ADDRESS_MAX + 1];

	while (size > 0 && (*value == ' ' || *value == '\t')) {
		value++;
		size--;
	}
	while (size > 0 && (value[size - 1] == ' ' || value[size - 1] == '\t'))
		size--;
	if (size == 0 || size > ADDRESS_MAX || memchr(value, '\0', size) != NULL)
		return false;
	memcpy(text, value, size);
	text[size] = '\0';
	if (address_parse(text, address, NULL) != 0)
		return false;
	if (!address_is_null(address))
		return true;
	address_free(address);
	return false;
}

static bool
is_proxies(const struct config_directory *directory, const char *name)
{
	return directory->kind == DIRECTORY_ACTIVE_DIRECTORY &&
	       entry_is_attribute(ENTRY_PROXY_ADDRESSES, name);
}

bool
entry_holds_addresses(const struct config_directory *directory, const char *name)
{
	return entry_is_attribute(ENTRY_MAIL, name) || is_proxies(directory, name);
}

bool
entry_address(const struct config_directory *directory, const char *name, const char *value,
    size_t size, struct address *address, bool *broken)
{
	bool is_mail = entry_is_attribute(ENTRY_MAIL, name);
	bool is_proxy = is_proxies(directory, name);

	if (size == 0 || (!is_mail && !is_proxy))
		return false;
	if (is_proxy && !skip_smtp(&value, &size))
		return false;
	if (parse_value(value, size, address))
		return true;
	if (broken != NULL)
		*broken = true;
	return false;
}

int
entry_address_rank(
    const struct config_directory *directory, const char *name, const char *value, size_t size)
{
	if (entry_is_attribute(ENTRY_MAIL, name))
		return 3;
	if (!is_proxies(directory, name) || !skip_smtp(&value, &size))
		return 0;
	return value[-5] == 'S' ? 2 : 1;
}

int
entry_add(struct findings *findings, const struct config_directory *directory,
    const struct entry_value *value, struct error *err)
{
	size_t most = (size_t)directory->values_limit;
	struct finding finding;

	if (value->size == 0)
		return 0;
	/* Doubles are nothing, but to find them among a million values costs too much. */
	if (findings->left_out >= most) {
		findings->left_out++;
		return 0;
	}
	memset(&finding, 0, sizeof(finding));
	finding.kind = value->kind;
	finding.directory = directory->title;
	finding.dn = (char *)value->dn; /* findings_add() copies */
	finding.attribute = (char *)value->attribute;
	finding.address = (char *)value->found_by;
	finding.oversized = value->size > (size_t)directory->value_size_limit;
	finding.bind_by_entry = directory->bind_by_entry && value->claims;
	finding.may_follow = directory->follow_urls;
	if (!finding.oversized) {
		finding.value = (unsigned char *)value->value;
		finding.size = value->size;
	}
	if (findings_contain(findings, &finding))
		return 0;
	if (findings->count >= most) {
		findings->left_out++;
		return 0;
	}
	return findings_add(findings, &finding, err);
}
