/*
 * One search after another of one server of a directory section, each waited for: for a command that
 * looks whether the server is well. Mail asks the resolver. It connects as mail's look-ups do
 * (ldap/pool.h), with threads and an event loop of its own; one thread calls it.
 */
#ifndef SMIME_DIRECTORY_INQUIRY_H
#define SMIME_DIRECTORY_INQUIRY_H

#include <ldap.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"
#include "ldap/pool.h"

struct inquiry;

/* directory and uri are borrowed to the end. Connects with the first search. NULL on error. */
struct inquiry *inquiry_new(
    const struct config_directory *directory, const char *uri, struct error *err);

/* NULL is legal. */
void inquiry_free(struct inquiry *inquiry);

/* An entry, borrowed. */
typedef void inquiry_entry(void *context, LDAP *ld, LDAPMessage *entry);

struct inquiry_answer {
	enum pool_outcome outcome;
	struct error error; /* POOL_FAILED, POOL_NO_SUCH_OBJECT */
	size_t entries;
	int64_t took_ms;     /* connecting included, where there was no connection */
	uint64_t connection; /* for a question that has to go the same way */
};

/* Asks, and waits until question->deadline_ms at most. take may be NULL. */
void inquiry_ask(struct inquiry *inquiry, const struct pool_question *question, inquiry_entry *take,
    void *context, struct inquiry_answer *answer);

#endif
