#include "fetch/pace.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

/* Without memory, or where every host has something under way. */
#define SOON_MS 1000

struct host {
	TAILQ_ENTRY(host) link;
	char *name;
	size_t running;
	size_t starts;
	int64_t period_end_ms;
};

TAILQ_HEAD(host_list, host);

/* A list: it has as many as asked hosts in one period, most often a handful. */
struct pace {
	struct host_list hosts;
	size_t count;
	struct pace_limits limits;
};

static void
drop(struct pace *pace, struct host *host)
{
	TAILQ_REMOVE(&pace->hosts, host, link);
	pace->count--;
	free(host->name);
	free(host);
}

struct pace *
pace_new(const struct pace_limits *limits, struct error *err)
{
	struct pace *pace;

	pace = calloc(1, sizeof(*pace));
	if (pace == NULL) {
		error_no_memory(err);
		return NULL;
	}
	TAILQ_INIT(&pace->hosts);
	pace->limits = *limits;
	return pace;
}

void
pace_free(struct pace *pace)
{
	if (pace == NULL)
		return;
	while (!TAILQ_EMPTY(&pace->hosts))
		drop(pace, TAILQ_FIRST(&pace->hosts));
	free(pace);
}

static struct host *
find(struct pace *pace, const char *name)
{
	struct host *host;

	TAILQ_FOREACH(host, &pace->hosts, link)
	if (strcmp(host->name, name) == 0)
		return host;
	return NULL;
}

/* Drops those that no longer count. */
static void
sweep(struct pace *pace, int64_t now_ms)
{
	struct host *host = TAILQ_FIRST(&pace->hosts);
	struct host *next;

	for (; host != NULL; host = next) {
		next = TAILQ_NEXT(host, link);
		if (host->running == 0 && host->period_end_ms <= now_ms)
			drop(pace, host);
	}
}

/* Many hosts must not keep one more waiting: the oldest that nothing is asked of is forgotten. */
static void
make_room(struct pace *pace)
{
	struct host *host;

	TAILQ_FOREACH(host, &pace->hosts, link)
	if (host->running == 0) {
		drop(pace, host);
		return;
	}
}

static struct host *
add(struct pace *pace, const char *name, int64_t now_ms)
{
	struct host *host;

	sweep(pace, now_ms);
	if (pace->count >= pace->limits.hosts)
		make_room(pace);
	if (pace->count >= pace->limits.hosts)
		return NULL;
	host = calloc(1, sizeof(*host));
	if (host == NULL)
		return NULL;
	host->name = strdup(name);
	if (host->name == NULL) {
		free(host);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&pace->hosts, host, link);
	pace->count++;
	return host;
}

int64_t
pace_begin(struct pace *pace, const char *name, size_t most, int64_t now_ms)
{
	struct host *host = find(pace, name);

	if (host == NULL)
		host = add(pace, name, now_ms);
	if (host == NULL)
		return SOON_MS;
	if (host->running >= most)
		return -1;
	if (host->period_end_ms <= now_ms) {
		host->starts = 0;
		host->period_end_ms = now_ms + pace->limits.period_ms;
	}
	if (host->starts >= pace->limits.starts)
		return host->period_end_ms - now_ms;
	host->starts++;
	host->running++;
	return 0;
}

void
pace_end(struct pace *pace, const char *name)
{
	struct host *host;

	TAILQ_FOREACH(host, &pace->hosts, link)
	if (strcmp(host->name, name) == 0)
		host->running--;
}
