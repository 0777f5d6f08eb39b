/* What the tests of the LDAP source share: a slapd of our own, and questions to it. */
#ifndef SMIME_TESTS_LDAP_H
#define SMIME_TESTS_LDAP_H

#include "base/clock.h"
#include "directory/source_ldap.h"
#include "directory_fixture.h"
#include "ldap/connection.h"
#include "unit.h"

extern char slapd_folder[64];
extern int slapd_port;
extern struct fixture fixture;
extern char uri_text[3][200];
extern const char *uris[3];

int test_ldap_script(const char *action);

/* A listening socket on a free port of loopback; *port says which. */
int test_ldap_listen_on_loopback(int *port);

void test_ldap_add_uri(const char *scheme, const char *host, int port);

void test_ldap_use_ldapi(void);

void test_ldap_use_ca(const char *name);

/* The servers that a source tells of. */
struct told {
	size_t count;
	const char *uri[3];
	bool down[3];
};

void test_ldap_expect(const char *address, enum recipient_state state);

void test_ldap_expect_unavailable(const char *address, const char *why);

void test_ldap_connection(TCase *tcase);
void test_ldap_failures(TCase *tcase);

#endif
