#include "fetch/addresses.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* Appends the address to a list that has room for it. */
static void
append(char *list, const struct addrinfo *info)
{
	char text[INET6_ADDRSTRLEN];
	const void *address;

	if (info->ai_family == AF_INET)
		address = &((const struct sockaddr_in *)(const void *)info->ai_addr)->sin_addr;
	else if (info->ai_family == AF_INET6)
		address = &((const struct sockaddr_in6 *)(const void *)info->ai_addr)->sin6_addr;
	else
		return;
	if (inet_ntop(info->ai_family, address, text, sizeof(text)) == NULL)
		return;
	if (list[0] != '\0')
		strcat(list, ",");
	strcat(list, text);
}

char *
addresses_text(const struct addrinfo *found, struct error *err)
{
	char list[ADDRESSES_MAX * (INET6_ADDRSTRLEN + 1)] = "";
	char *text;
	int count;

	for (count = 0; found != NULL && count < ADDRESSES_MAX; count++) {
		append(list, found);
		found = found->ai_next;
	}
	if (list[0] == '\0') {
		error_set(err, ERROR_PERMANENT, "the host has no address");
		return NULL;
	}
	text = strdup(list);
	if (text == NULL)
		error_no_memory(err);
	return text;
}
