#include "directory/dn.h"

#include <ldap.h>
#include <stdlib.h>
#include <string.h>

/* Where "#'0101'B" begins, or the end. */
static size_t
name_size(const char *text)
{
	size_t size = strlen(text);
	size_t at;

	if (size < 4 || text[size - 1] != 'B' || text[size - 2] != '\'')
		return size;
	for (at = size - 2; at > 0 && (text[at - 1] == '0' || text[at - 1] == '1'); at--)
		;
	if (at < 2 || text[at - 1] != '\'' || text[at - 2] != '#')
		return size;
	return at - 2;
}

static int
compare_parts(const void *a, const void *b)
{
	const LDAPAVA *x = *(LDAPAVA *const *)a;
	const LDAPAVA *y = *(LDAPAVA *const *)b;

	return strcasecmp(x->la_attr.bv_val, y->la_attr.bv_val);
}

static void
sort_parts(LDAPDN dn)
{
	size_t count;
	size_t i;

	for (i = 0; dn != NULL && dn[i] != NULL; i++) {
		for (count = 0; dn[i][count] != NULL; count++)
			;
		qsort(dn[i], count, sizeof(dn[i][0]), compare_parts);
	}
}

static char *
fold(char *text)
{
	char *c;

	for (c = text; *c != '\0'; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	}
	return text;
}

char *
dn_key(const char *text, struct error *err)
{
	struct berval value = {name_size(text), NULL};
	LDAPDN dn = NULL;
	char *written = NULL;
	char *key = NULL;
	int code;

	if (value.bv_len > DN_MAX) {
		error_set(err, ERROR_INPUT, "a name of more than %zu bytes", DN_MAX);
		return NULL;
	}
	value.bv_val = strndup(text, value.bv_len);
	if (value.bv_val == NULL) {
		error_no_memory(err);
		return NULL;
	}
	code = ldap_bv2dn(&value, &dn, LDAP_DN_FORMAT_LDAPV3);
	if (code == LDAP_SUCCESS) {
		sort_parts(dn);
		code = ldap_dn2str(dn, &written, LDAP_DN_FORMAT_LDAPV3);
	}
	if (code == LDAP_SUCCESS)
		key = strdup(written != NULL ? written : "");
	if (code == LDAP_NO_MEMORY || (code == LDAP_SUCCESS && key == NULL))
		error_no_memory(err);
	else if (code != LDAP_SUCCESS)
		error_set(err, ERROR_INPUT, "not a name");
	ldap_memfree(written);
	ldap_dnfree(dn);
	free(value.bv_val);
	return key != NULL ? fold(key) : NULL;
}
