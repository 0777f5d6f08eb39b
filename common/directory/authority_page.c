/*
 * Pages of entries (RFC 2696): Active Directory gives no more than a thousand entries at a time, and
 * no page takes a slow line longer than search-timeout. A server that knows no pages gives all.
 */
#include "directory/authority_private.h"

/* Entries of one page: half a megabyte of CA certificates of the usual size. */
#define PAGE_SIZE 250
/* Of one base. So many hold more than TRUST_PUBLISHED_MAX: a server that goes on lies. */
#define PAGES_MAX 1000

int
page_init(struct page *page, struct error *err)
{
	/* Never connected: libldap writes and reads controls only with a handle. */
	if (ldap_create(&page->codec) != LDAP_SUCCESS)
		return error_no_memory(err);
	return 0;
}

static void
clear(struct page *page)
{
	if (page->controls[0] != NULL)
		ldap_control_free(page->controls[0]);
	page->controls[0] = NULL;
	ber_memfree(page->cookie.bv_val);
	page->cookie.bv_val = NULL;
	page->cookie.bv_len = 0;
	page->connection = 0;
}

void
page_end(struct page *page)
{
	clear(page);
	if (page->codec != NULL)
		ldap_unbind_ext(page->codec, NULL, NULL);
	page->codec = NULL;
}

static int
make_control(struct page *page, struct error *err)
{
	struct berval *cookie = page->cookie.bv_len > 0 ? &page->cookie : NULL;

	if (ldap_create_page_control(page->codec, PAGE_SIZE, cookie, 0, &page->controls[0]) !=
	    LDAP_SUCCESS)
		return error_no_memory(err);
	return 0;
}

int
page_first(struct page *page, struct error *err)
{
	clear(page);
	page->count = 1;
	return make_control(page, err);
}

int
page_next(struct page *page, const struct pool_result *answer, struct error *err)
{
	LDAPControl *control = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, answer->controls, NULL);
	ber_int_t estimate;

	clear(page);
	if (control == NULL)
		return 0;
	if (ldap_parse_pageresponse_control(page->codec, control, &estimate, &page->cookie) !=
	    LDAP_SUCCESS)
		return error_set(
		    err, ERROR_TEMPORARY, "the server's control of pages can't be read");
	if (page->cookie.bv_len == 0)
		return 0;
	page->connection = answer->connection;
	if (page->count++ == PAGES_MAX)
		return error_set(
		    err, ERROR_LIMIT, "more than %d pages of CA certificates", PAGES_MAX);
	return make_control(page, err) == 0 ? 1 : -1;
}
