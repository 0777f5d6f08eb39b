/* What an LDAP server answers to a search: entries and the members of groups in them, references,
 * results with the control of pages. Whatever the bytes, limits hold. */
#define _GNU_SOURCE
#include <openldap.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "directory/dn.h"
#include "directory/group_entry.h"
#include "directory/paging.h"
#include "directory/search.h"
#include "ldap/handle.h"
#include "ldap/referral.h"
#include "section.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct config_directory directory;

static void
take_entry(const struct search *search, LDAP *ld, LDAPMessage *entry, const struct address *address,
    struct findings *findings)
{
	struct group_entry group = GROUP_ENTRY_INIT;
	enum search_match match;
	size_t i;

	(void)!search_take_entry(search, ld, entry, address, findings, &match, NULL);
	if (findings->count > SECTION_VALUES_MAX)
		abort();
	(void)!group_entry_read(&group, &directory, ld, entry, SECTION_MEMBERS_MAX, NULL);
	if (group.member_count > SECTION_MEMBERS_MAX)
		abort();
	for (i = 0; i < group.member_count; i++)
		free(dn_key(group.members[i].text, NULL));
	group_entry_clear(&group);
}

static void
take_uris(char **uris)
{
	char *host;
	size_t i;
	int port;

	for (i = 0; uris != NULL && uris[i] != NULL; i++) {
		referral_place(uris[i], &host, &port);
		free(host);
	}
	ldap_memvfree((void **)uris);
}

static void
take_result(LDAP *ld, LDAPMessage *message, struct paging *paging)
{
	struct pool_result result = {.connection = 1};
	char **uris = NULL;
	char *text = NULL;
	int code;

	if (ldap_parse_result(ld, message, &code, NULL, &text, &uris, &result.controls, 0) ==
		LDAP_SUCCESS &&
	    paging_next(paging, &result, NULL) == 1 && paging->count > paging->most)
		abort();
	take_uris(uris);
	ldap_memfree(text);
	ldap_controls_free(result.controls);
}

static void
take_all(const struct search *search, LDAP *ld, struct paging *paging)
{
	static char text[] = "anna+x@partner.example";
	static char local[] = "anna+x";
	static char domain[] = "partner.example";
	const struct address address = {text, local, domain};
	struct findings *findings = findings_new();
	struct timeval at_once = {0, 0};
	LDAPMessage *message = NULL;
	char **uris;
	int type;

	for (;;) {
		type = ldap_result(ld, LDAP_RES_ANY, LDAP_MSG_ONE, &at_once, &message);
		if (message == NULL)
			break;
		uris = NULL;
		if (type == LDAP_RES_SEARCH_ENTRY)
			take_entry(search, ld, message, &address, findings);
		else if (type == LDAP_RES_SEARCH_REFERENCE &&
			 ldap_parse_reference(ld, message, &uris, NULL, 0) == LDAP_SUCCESS)
			take_uris(uris);
		else if (type == LDAP_RES_SEARCH_RESULT)
			take_result(ld, message, paging);
		ldap_msgfree(message);
		message = NULL;
	}
	findings_unref(findings);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	LDAPURLDesc url = {.lud_scheme = (char *)"ldap"};
	struct search search;
	struct paging paging = {.codec = NULL};
	LDAP *ld;
	int ends[2];
	int id;

	directory = section();
	signal(SIGPIPE, SIG_IGN);
	setenv("LDAPNOINIT", "1", 1);
	if (size > 60000 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0)
		return 0;
	ld = handle_new(ends[0], &url, "ldap://x", NULL);
	if (ld == NULL || handle_options(ld, &directory, 1000, NULL) != 0 ||
	    search_init(&search, &directory, false, NULL) != 0 ||
	    paging_init(&paging, 10, 2, "entries", NULL) != 0 || paging_first(&paging, NULL) != 0)
		abort();
	if (ldap_search_ext(ld, "", LDAP_SCOPE_SUBTREE, "(mail=*)", search.attributes, 0, NULL,
		NULL, NULL, 0, &id) != LDAP_SUCCESS ||
	    id != 1 || write(ends[1], data, size) != (ssize_t)size)
		abort();
	close(ends[1]);
	take_all(&search, ld, &paging);
	paging_end(&paging);
	search_clear(&search);
	ldap_unbind_ext(ld, NULL, NULL);
	return 0;
}
