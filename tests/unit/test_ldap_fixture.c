#include "test_ldap.h"

#include <arpa/inet.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

char slapd_folder[64];
int slapd_port;
struct fixture fixture;
char uri_text[3][200];
const char *uris[3];

int
test_ldap_script(const char *action)
{
	char command[600];

	snprintf(command, sizeof(command), "'%s' %s '%s' %d", SLAPD_SCRIPT, action, slapd_folder,
	    slapd_port);
	return system(command);
}

int
test_ldap_listen_on_loopback(int *port)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(&address, 0, sizeof(address));
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons((uint16_t)*port);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 20) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*port = ntohs(address.sin_port);
	return fd;
}

void
test_ldap_add_uri(const char *scheme, const char *host, int port)
{
	struct strings *list = &fixture.directories[0].uri;

	snprintf(uri_text[list->count], sizeof(uri_text[0]), "%s://%s:%d", scheme, host, port);
	uris[list->count] = uri_text[list->count];
	fixture_list(list, uris, list->count + 1);
}

void
test_ldap_use_ldapi(void)
{
	struct strings *list = &fixture.directories[0].uri;
	const char *from;
	char *to = uri_text[0];

	to += snprintf(to, 20, "ldapi://");
	for (from = slapd_folder; *from != '\0'; from++)
		to += snprintf(to, 4, *from == '/' ? "%%2F" : "%c", *from);
	snprintf(to, 20, "%%2Fldapi");
	uris[0] = uri_text[0];
	fixture_list(list, uris, 1);
}

void
test_ldap_use_ca(const char *name)
{
	static char path[100];

	snprintf(path, sizeof(path), "%s/%s.pem", slapd_folder, name);
	fixture.directories[0].tls_ca = path;
}

void
test_ldap_expect(const char *address, enum recipient_state state)
{
	struct ticket *ticket = fixture_ask(&fixture, address);

	ck_assert_msg(ticket_record(ticket)->state == state, "%s: %d (%s)", address,
	    (int)ticket_record(ticket)->state,
	    ticket_record(ticket)->detail != NULL ? ticket_record(ticket)->detail : "");
	ticket_free(ticket);
}

void
test_ldap_expect_unavailable(const char *address, const char *why)
{
	struct ticket *ticket = fixture_ask(&fixture, address);

	ck_assert_int_eq(ticket_record(ticket)->state, RECIPIENT_UNAVAILABLE);
	ck_assert_msg(strstr(ticket_record(ticket)->detail, why) != NULL, "%s",
	    ticket_record(ticket)->detail);
	ticket_free(ticket);
}
