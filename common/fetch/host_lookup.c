/* A flight's host name, looked up. What is late goes on without the flight, as nothing can end it, and
 * counts for the flight's owner until it ends. */
#include <event2/event.h>
#include <stdlib.h>

#include "base/names.h"
#include "fetch/addresses.h"
#include "fetch/fetch_private.h"

static struct names_room room = {.most = FETCH_LOOKUPS_MAX};

struct host_lookup {
	TAILQ_ENTRY(host_lookup) link;
	struct turn turn;
	struct fetcher *fetcher;
	struct flight *flight; /* NULL: nobody waits */
	struct names *names;   /* NULL: over */
};

static void
destroy(struct host_lookup *lookup)
{
	struct fetcher *fetcher = lookup->fetcher;

	names_free(lookup->names);
	TAILQ_REMOVE(&fetcher->lookups, lookup, link);
	turns_leave(fetcher->lookup_turns, &lookup->turn);
	event_active(fetcher->turn, 0, 0); /* there is room for one more */
	free(lookup);
}

static void
on_names(void *context, const struct addrinfo *found, const struct error *err)
{
	struct host_lookup *lookup = context;
	struct flight *flight = lookup->flight;
	struct error why = *err;
	char *addresses = NULL;

	lookup->names = NULL;
	if (flight != NULL) {
		flight->lookup = NULL;
		if (found != NULL)
			addresses = addresses_text(found, &why);
	}
	destroy(lookup);
	if (flight != NULL)
		flight_found(flight, addresses, &why);
}

struct host_lookup *
host_lookup_start(struct flight *flight, struct error *err)
{
	struct fetcher *fetcher = flight->fetcher;
	struct host_lookup *lookup = calloc(1, sizeof(*lookup));

	if (lookup == NULL) {
		error_no_memory(err);
		return NULL;
	}
	lookup->fetcher = fetcher;
	lookup->flight = flight;
	if (turns_run(fetcher->lookup_turns, &lookup->turn, turns_owner_name(&flight->turn), err) !=
	    0) {
		free(lookup);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&fetcher->lookups, lookup, link);
	lookup->names =
	    names_start(&room, fetcher->base, flight->url.host, NULL, on_names, lookup, err);
	if (lookup->names != NULL)
		return lookup;
	destroy(lookup);
	return NULL;
}

void
host_lookup_leave(struct host_lookup *lookup)
{
	if (lookup != NULL)
		lookup->flight = NULL;
}

void
host_lookup_free_all(struct fetcher *fetcher)
{
	while (!TAILQ_EMPTY(&fetcher->lookups))
		destroy(TAILQ_FIRST(&fetcher->lookups));
}
