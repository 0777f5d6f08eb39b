#include "directory/filter.h"

#include <ldap.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "directory/entry.h"
#include "directory/subaddress.h"

static const char *
template_of(const struct config_directory *directory)
{
	if (directory->filter != NULL && directory->filter[0] != '\0')
		return directory->filter;
	switch (directory->kind) {
	case DIRECTORY_ACTIVE_DIRECTORY:
		return "(|(mail=%a)(proxyAddresses=smtp:%a))";
	case DIRECTORY_INETORGPERSON:
		break;
	}
	return "(mail=%a)";
}

/* Appends a value with everything escaped that could end it or mean something else. */
static int
append_escaped(struct buffer *buffer, const char *value, size_t size, struct error *err)
{
	struct berval in;
	struct berval out = {0, NULL};
	int result;

	if (size == 0)
		return 0;
	in.bv_len = size;
	in.bv_val = (char *)value; /* read only */
	if (ldap_bv2escaped_filter_value(&in, &out) != 0)
		return error_no_memory(err);
	result = buffer_append(buffer, out.bv_val, out.bv_len, err);
	ber_memfree(out.bv_val);
	return result;
}

static int
append_address(
    struct buffer *buffer, const struct address *address, const char *domain, struct error *err)
{
	const char *at = strrchr(address->text, '@');
	size_t local_size = at != NULL ? (size_t)(at - address->text) : strlen(address->text);

	if (append_escaped(buffer, address->text, local_size, err) != 0 ||
	    buffer_append_text(buffer, "@", err) != 0)
		return -1;
	return append_escaped(buffer, domain, strlen(domain), err);
}

static int
append_field(struct buffer *buffer, char field, const struct address *address, const char *domain,
    struct error *err)
{
	switch (field) {
	case 'a':
		return append_address(buffer, address, domain, err);
	case 'l':
		return append_escaped(buffer, address->local, strlen(address->local), err);
	case 'd':
		return append_escaped(buffer, domain, strlen(domain), err);
	case '%':
		return buffer_append_text(buffer, "%", err);
	case '\0':
		return error_set(err, ERROR_INPUT, "the filter ends in a single %%");
	default:
		return error_set(err, ERROR_INPUT,
		    "%%%c in the filter: there are %%a, %%l, %%d and %%%%", field);
	}
}

static int
append_filter(struct buffer *buffer, const char *template, const struct address *address,
    const char *domain, struct error *err)
{
	size_t plain;

	while (*template != '\0') {
		plain = strcspn(template, "%");
		if (buffer_append(buffer, template, plain, err) != 0)
			return -1;
		template += plain;
		if (*template == '\0')
			break;
		if (append_field(buffer, template[1], address, domain, err) != 0)
			return -1;
		template += 2;
	}
	return 0;
}

/* An asterisk for a field, and one for several side by side. */
static int
append_any(struct buffer *buffer, char field, struct error *err)
{
	if (field == '%' || field == '\0')
		return append_field(buffer, field, NULL, NULL, err);
	if (buffer->size > 0 && buffer->data[buffer->size - 1] == '*')
		return 0;
	return buffer_append_text(buffer, "*", err);
}

char *
filter_build_any(const struct config_directory *directory, struct error *err)
{
	struct buffer buffer = {NULL, 0, 0, FILTER_MAX};
	const char *template = template_of(directory);
	char *filter = NULL;

	while (*template != '\0') {
		if (*template == '%') {
			if (append_any(&buffer, template[1], err) != 0)
				goto out;
			template += 2;
			continue;
		}
		if ((*template != '*' || buffer.size == 0 || buffer.data[buffer.size - 1] != '*') &&
		    buffer_append(&buffer, template, 1, err) != 0)
			goto out;
		template ++;
	}
	filter = buffer_take(&buffer);
	if (filter == NULL)
		error_no_memory(err);
out:
	buffer_free(&buffer);
	return filter;
}

/* The filter for one spelling of the local part, once for each form of the domain. */
static int
append_forms(struct buffer *buffer, const char *template, const struct address *address,
    const char *unicode, struct error *err)
{
	if (append_filter(buffer, template, address, address->domain, err) != 0)
		return -1;
	if (unicode == NULL)
		return 0;
	return append_filter(buffer, template, address, unicode, err);
}

/* All forms; in an "or" where there are several. shorter: NULL where there is none. */
static int
append_all(struct buffer *buffer, const char *template, const struct address *address,
    const struct address *shorter, const char *unicode, struct error *err)
{
	bool several = shorter != NULL || unicode != NULL;

	if (several && buffer_append_text(buffer, "(|", err) != 0)
		return -1;
	if (append_forms(buffer, template, address, unicode, err) != 0)
		return -1;
	if (shorter != NULL && append_forms(buffer, template, shorter, unicode, err) != 0)
		return -1;
	return several ? buffer_append_text(buffer, ")", err) : 0;
}

char *
filter_build(
    const struct config_directory *directory, const struct address *address, struct error *err)
{
	struct buffer buffer = {NULL, 0, 0, FILTER_MAX};
	struct address shorter = ADDRESS_INIT;
	char *unicode = NULL;
	char *filter = NULL;
	int detail;

	detail = subaddress_shorten(directory, address, &shorter, err);
	if (detail < 0 || address_unicode_domain(address, &unicode, err) != 0)
		goto out;
	if (append_all(&buffer, template_of(directory), address, detail > 0 ? &shorter : NULL,
		unicode, err) != 0)
		goto out;
	filter = buffer_take(&buffer);
	if (filter == NULL)
		error_no_memory(err);
out:
	buffer_free(&buffer);
	address_free(&shorter);
	free(unicode);
	return filter;
}

/* Whether the comparison that begins there, after its parenthesis, is of an entry's own address. */
static bool
is_of_address(const char *comparison)
{
	char name[sizeof(ENTRY_PROXY_ADDRESSES)];
	size_t size = strcspn(comparison, "=~<>:;%");

	if (size >= sizeof(name))
		return false;
	memcpy(name, comparison, size);
	name[size] = '\0';
	return entry_is_attribute(ENTRY_MAIL, name) ||
	       entry_is_attribute(ENTRY_PROXY_ADDRESSES, name);
}

bool
filter_is_by_address(const struct config_directory *directory)
{
	const char *comparison = "";
	const char *at;

	for (at = template_of(directory); *at != '\0'; at++) {
		if (*at == '(')
			comparison = at + 1;
		else if (*at == '%' && at[1] == '%')
			at++;
		else if (*at == '%' && !is_of_address(comparison))
			return false;
	}
	return true;
}

int
filter_check(const struct config_directory *directory, struct error *err)
{
	char text[] = "user@example.org";
	char local[] = "user";
	char domain[] = "example.org";
	const struct address address = {text, local, domain};
	char *filter;

	filter = filter_build(directory, &address, err);
	if (filter == NULL)
		return -1;
	free(filter);
	return 0;
}
