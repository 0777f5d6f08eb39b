/* Runs postconf. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "postfix.h"
#include "program.h"

static const char *
find_postconf(void)
{
	static const char *const places[] = {
	    "/usr/sbin/postconf", "/usr/local/sbin/postconf", "/usr/lib/postfix/sbin/postconf"};
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(places); i++) {
		if (access(places[i], X_OK) == 0)
			return places[i];
	}
	errno = ENOENT;
	return NULL;
}

struct postfix *
postfix_read(const char *postconf, const char *folder, struct error *err)
{
	static const char *const asked[] = {"-x", "-M", "-xP"};
	char *texts[ARRAY_LENGTH(asked)] = {NULL};
	size_t i;

	if (postconf == NULL)
		postconf = find_postconf();
	if (postconf == NULL) {
		error_set(err, ERROR_INPUT, "there is no postconf: --postconf PATH names it");
		errno = ENOENT;
		return NULL;
	}
	for (i = 0; i < ARRAY_LENGTH(asked); i++) {
		const char *words[] = {
		    postconf, asked[i], folder != NULL ? "-c" : NULL, folder, NULL};

		if (program_run((char *const *)words, &texts[i], err) != 0) {
			while (i-- > 0)
				free(texts[i]);
			errno = EINVAL;
			return NULL;
		}
	}
	errno = EINVAL;
	return postfix_parse(texts[0], texts[1], texts[2], err);
}
