#include "directory/census.h"

#include <event2/thread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/thread.h"
#include "directory/census_private.h"
#include "directory/filter.h"
#include "ldap/connection.h"

static bool
is_file(const struct census *census)
{
	return census->directory.ldif != NULL && census->directory.ldif[0] != '\0';
}

static int
append_presence(struct buffer *buffer, const char *attribute, struct error *err)
{
	if (attribute == NULL || attribute[0] == '\0')
		return 0;
	return buffer_append_format(
	    buffer, err, "(%.*s=*)", (int)strcspn(attribute, ";"), attribute);
}

char *
census_filter(const struct config_directory *directory, struct error *err)
{
	struct buffer buffer = {NULL, 0, 0, FILTER_MAX};
	char *addressed = filter_build_any(directory, err);
	char *filter = NULL;

	if (addressed == NULL)
		return NULL;
	if (buffer_append_format(&buffer, err, "(&%s(|", addressed) != 0 ||
	    append_presence(&buffer, directory->smime_attribute, err) != 0 ||
	    append_presence(&buffer, directory->certificate_attribute, err) != 0 ||
	    buffer_append_text(&buffer, "))", err) != 0)
		goto out;
	filter = buffer_take(&buffer);
	if (filter == NULL)
		error_no_memory(err);
out:
	buffer_free(&buffer);
	free(addressed);
	return filter;
}

void
census_hand_over(struct census *census, enum census_state over, const struct error *err)
{
	struct census_page *page = malloc(sizeof(*page));

	pthread_mutex_lock(&census->mutex);
	if (err != NULL)
		census->error = *err;
	census->over = over;
	if (page == NULL) {
		error_no_memory(&census->error);
		census->over = CENSUS_FAILED;
	} else {
		*page = census->draft.page;
		census_page_free(census->ready); /* only where it is to end anyway */
		census->ready = page;
		census->progress.entries += page->count + census->draft.counted;
		if (!is_file(census))
			census->progress.done = census->progress.entries;
		if (census->ldap.paging.estimate > 0)
			census->progress.total = (uint64_t)census->ldap.paging.estimate;
		memset(&census->draft, 0, sizeof(census->draft));
	}
	pthread_cond_broadcast(&census->changed);
	pthread_mutex_unlock(&census->mutex);
	census_draft_clear(&census->draft);
}

bool
census_has_room(struct census *census)
{
	bool room;

	pthread_mutex_lock(&census->mutex);
	room = census->ready == NULL && census->over == CENSUS_WAIT;
	pthread_mutex_unlock(&census->mutex);
	return room;
}

bool
census_wait_for_room(struct census *census)
{
	pthread_mutex_lock(&census->mutex);
	while (census->ready != NULL && !atomic_load(&census->stopping))
		pthread_cond_wait(&census->changed, &census->mutex);
	pthread_mutex_unlock(&census->mutex);
	return !atomic_load(&census->stopping);
}

void
census_tell(struct census *census, uint64_t done, uint64_t total, size_t broken)
{
	pthread_mutex_lock(&census->mutex);
	census->progress.done = done;
	census->progress.total = total;
	census->progress.broken = broken;
	pthread_mutex_unlock(&census->mutex);
}

static void
on_wake(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct census *census = context;

	if (atomic_load(&census->stopping))
		event_base_loopbreak(census->base);
	else
		census_ldap_go_on(census);
}

/* Whatever it ends by, libldap's farewell to a server may raise SIGPIPE: blocked here. */
static void *
run(void *argument)
{
	struct census *census = argument;
	struct error err = ERROR_INIT;

	if (is_file(census)) {
		census_ldif_read(census);
		return NULL;
	}
	census_ldap_begin(census);
	if (event_base_loop(census->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0) {
		error_set(&err, ERROR_INTERNAL, "the event loop failed");
		census_hand_over(census, CENSUS_FAILED, &err);
	}
	census_ldap_end(census);
	return NULL;
}

static int
make_loop(struct census *census, struct error *err)
{
	if (evthread_use_pthreads() != 0)
		return error_set(err, ERROR_INTERNAL, "libevent does without threads");
	census->base = event_base_new();
	if (census->base == NULL)
		return error_set(err, ERROR_TEMPORARY, "no event loop can be made");
	census->wake = event_new(census->base, -1, 0, on_wake, census);
	if (census->wake == NULL)
		return error_no_memory(err);
	return census_ldap_init(census, err);
}

struct census *
census_new(const struct config_directory *directory, const struct census_options *options,
    struct error *err)
{
	struct census *census = calloc(1, sizeof(*census));
	pthread_condattr_t monotonic;

	if (census == NULL) {
		error_no_memory(err);
		return NULL;
	}
	connection_prepare();
	census->directory = *directory;
	census->options = *options;
	pthread_mutex_init(&census->mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&census->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if ((!is_file(census) && make_loop(census, err) != 0) ||
	    thread_start(&census->thread, run, census, err) != 0) {
		error_prefix(err, "directory \"%s\": ", directory->title);
		census_free(census);
		return NULL;
	}
	census->started = true;
	return census;
}

/* Waits for a change, until then at most. With the mutex held. */
static void
wait_until(struct census *census, int64_t until_ms)
{
	int64_t left = until_ms - clock_monotonic_ms();
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(left / 1000);
	until.tv_nsec += (long)(left % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&census->changed, &census->mutex, &until);
}

enum census_state
census_next(
    struct census *census, int64_t until_ms, const struct census_page **page, struct error *err)
{
	struct census_page *ready;
	enum census_state over;

	pthread_mutex_lock(&census->mutex);
	while (
	    census->ready == NULL && census->over == CENSUS_WAIT && clock_monotonic_ms() < until_ms)
		wait_until(census, until_ms);
	ready = census->ready;
	over = census->over;
	if (ready == NULL && over != CENSUS_WAIT && err != NULL)
		*err = census->error;
	census->ready = NULL;
	pthread_cond_broadcast(&census->changed);
	pthread_mutex_unlock(&census->mutex);
	if (ready == NULL)
		return over;
	census_page_free(census->taken);
	census->taken = ready;
	*page = ready;
	if (census->wake != NULL)
		event_active(census->wake, 0, 0);
	return CENSUS_PAGE;
}

void
census_progress(struct census *census, struct census_progress *progress)
{
	pthread_mutex_lock(&census->mutex);
	*progress = census->progress;
	pthread_mutex_unlock(&census->mutex);
}

void
census_free(struct census *census)
{
	if (census == NULL)
		return;
	atomic_store(&census->stopping, true);
	pthread_mutex_lock(&census->mutex);
	pthread_cond_broadcast(&census->changed);
	pthread_mutex_unlock(&census->mutex);
	if (census->wake != NULL)
		event_active(census->wake, 0, 0);
	if (census->started)
		pthread_join(census->thread, NULL);
	else
		census_ldap_end(census);
	census_page_free(census->ready);
	census_page_free(census->taken);
	census_draft_clear(&census->draft);
	if (census->wake != NULL)
		event_free(census->wake);
	if (census->base != NULL)
		event_base_free(census->base);
	pthread_cond_destroy(&census->changed);
	pthread_mutex_destroy(&census->mutex);
	free(census);
}
