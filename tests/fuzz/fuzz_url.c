/* The check of URLs: what it lets pass names one host and port, and is taken again for just the
 * same as it was written down. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char port[] = "80";
static char other_port[] = "8080";
static char *items[] = {port, other_port};
static const struct strings ports = {items, 2};

/* The URL's text must begin with scheme and host, and what follows must not belong to the host. */
static void
check(const struct url *url)
{
	size_t length = strlen(url->host);
	const char *text = url->text + strlen("http://");
	struct url again;

	if (strncmp(url->text, "http://", 7) != 0 || length == 0 ||
	    strlen(url->text) < 7 + length || strchr("/?:", text[length]) == NULL)
		abort();
	if (memchr(text, '@', strcspn(text, "/?")) != NULL || strchr(text, '#') != NULL)
		abort();
	if (url->port != 80 && url->port != 8080)
		abort();
	/* Normalised it may be longer than what may be asked. */
	if (strlen(url->text) > URL_MAX)
		return;
	if (url_parse(url->text, &ports, &again, NULL) != 0)
		abort();
	if (strcmp(again.text, url->text) != 0 || strcmp(again.place, url->place) != 0 ||
	    again.numeric != url->numeric)
		abort();
	url_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct url url;

	if (text == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	if (url_parse(text, &ports, &url, NULL) == 0) {
		check(&url);
		url_free(&url);
	}
	free(text);
	return 0;
}
