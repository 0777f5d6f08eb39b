/*
 * What the directory room's tests share: a configuration in memory with the defaults of
 * settings.def, files in a temporary folder, and short forms of asking.
 */
#ifndef SMIME_TESTS_DIRECTORY_FIXTURE_H
#define SMIME_TESTS_DIRECTORY_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "directory/resolver.h"
#include "smime/recipient.h"

/* Long enough for anything to happen that is to happen, milliseconds. */
#define FIXTURE_PATIENCE 30000

#define FIXTURE_DIRECTORIES_MAX 3

struct fixture {
	struct config config;
	struct config_directory directories[FIXTURE_DIRECTORIES_MAX];
	struct trust *trust;
	struct evidence *evidence; /* NULL unless the test makes it: nothing is fetched */
	struct resolver *resolver;
	char folder[64]; /* made by fixture_folder() */
};

/* The defaults (but for cache-error, cache-refresh and stale-if-error: off; and a directory has the
 * time of a busy machine), with `count` directories titled "first", "second", "third", for all
 * domains. */
void fixture_init(struct fixture *fixture, size_t count);
/* Ends the resolver, removes the folder. */
void fixture_end(struct fixture *fixture);

/* A temporary folder; a path in it (static, the last four live); a file in it. */
void fixture_folder(struct fixture *fixture);
const char *fixture_path(const struct fixture *fixture, const char *name);
void fixture_write(const char *path, const void *text, size_t size);

/* Two free ports of loopback in a row: below those that the kernel gives to anybody who asks for none
 * in particular, so that they stay free until they are used, and if a server goes for a while. */
int fixture_ports(void);

/* The directory's list of domains or servers; all borrowed. */
void fixture_list(struct strings *list, const char *const *items, size_t count);

/* resolver_new(); fails the test on error. */
void fixture_start(struct fixture *fixture);

/* A parsed address; fails the test if it is none. */
struct address fixture_address(const char *text);

/* Asks, or asks and waits: the test fails if no answer comes. */
struct ticket *fixture_submit(struct fixture *fixture, const char *address);
struct ticket *fixture_ask(struct fixture *fixture, const char *address);
/* The answer's state; *ids (may be NULL): how many digital IDs. */
enum recipient_state fixture_state(struct fixture *fixture, const char *address, size_t *ids);
struct resolver_statistics fixture_statistics(struct fixture *fixture);

/* Waits until condition(context), at most FIXTURE_PATIENCE; whether it came. */
bool fixture_until(bool (*condition)(void *context), void *context);

#endif
