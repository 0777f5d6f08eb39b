#include "directory/paging.h"

int
paging_init(struct paging *paging, int size, int most, const char *what, struct error *err)
{
	paging->size = size;
	paging->most = most;
	paging->what = what;
	/* Never connected: libldap writes and reads controls only with a handle. */
	if (ldap_create(&paging->codec) != LDAP_SUCCESS)
		return error_no_memory(err);
	return 0;
}

static void
clear(struct paging *paging)
{
	if (paging->controls[0] != NULL)
		ldap_control_free(paging->controls[0]);
	paging->controls[0] = NULL;
	ber_memfree(paging->cookie.bv_val);
	paging->cookie.bv_val = NULL;
	paging->cookie.bv_len = 0;
	paging->connection = 0;
}

void
paging_end(struct paging *paging)
{
	clear(paging);
	if (paging->codec != NULL)
		ldap_unbind_ext(paging->codec, NULL, NULL);
	paging->codec = NULL;
}

static int
make_control(struct paging *paging, struct error *err)
{
	struct berval *cookie = paging->cookie.bv_len > 0 ? &paging->cookie : NULL;

	if (ldap_create_page_control(
		paging->codec, paging->size, cookie, 0, &paging->controls[0]) != LDAP_SUCCESS)
		return error_no_memory(err);
	return 0;
}

int
paging_first(struct paging *paging, struct error *err)
{
	clear(paging);
	paging->count = 1;
	return make_control(paging, err);
}

int
paging_next(struct paging *paging, const struct pool_result *answer, struct error *err)
{
	LDAPControl *control = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, answer->controls, NULL);
	ber_int_t estimate;

	clear(paging);
	if (control == NULL)
		return 0;
	/* libldap ends the program over a control without a value, or with an empty one. */
	if (control->ldctl_value.bv_val == NULL || control->ldctl_value.bv_len == 0 ||
	    ldap_parse_pageresponse_control(paging->codec, control, &estimate, &paging->cookie) !=
		LDAP_SUCCESS)
		return error_set(
		    err, ERROR_TEMPORARY, "the server's control of pages can't be read");
	if (paging->cookie.bv_len == 0)
		return 0;
	paging->connection = answer->connection;
	paging->estimate = estimate > 0 ? estimate : 0;
	if (paging->count++ == paging->most)
		return error_set(
		    err, ERROR_LIMIT, "more than %d pages of %s", paging->most, paging->what);
	return make_control(paging, err) == 0 ? 1 : -1;
}
