#include "survey_walk.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "interrupt.h"

/* Entries of a page that are being judged at a time: enough for all threads, and for those that wait for
 * something to be fetched. Fewer where lookups-limit says so. */
#define WINDOW_MAX 128
/* Between two looks at whether the user has had enough, milliseconds. */
#define LOOK_INTERVAL 200

/* Entries of a page, from the first that was not taken yet. */
struct window {
	const struct config_directory *directory;
	const struct census_page *page;
	struct ticket *tickets[CENSUS_PAGE_ENTRIES]; /* by place modulo; NULL: not to be judged */
	size_t submitted;
	size_t taken;
};

static size_t
window_size(const struct survey_walk *walk)
{
	size_t limit = (size_t)walk->snapshot->config->lookups_limit;

	return limit < WINDOW_MAX ? limit : WINDOW_MAX;
}

static int
submit(struct survey_walk *walk, struct window *window, struct error *err)
{
	const struct census_entry *entry = &window->page->entries[window->submitted];
	const struct address *address = survey_address(window->directory, entry);
	struct ticket **place = &window->tickets[window->submitted % WINDOW_MAX];
	struct findings *findings;

	window->submitted++;
	*place = NULL;
	if (address == NULL)
		return 0;
	findings = census_findings(window->directory, entry, err);
	if (findings == NULL)
		return -1;
	*place = resolver_submit_findings(
	    walk->snapshot->resolver, address, findings, clock_monotonic_ms() + JUDGEMENT_TIME);
	findings_unref(findings);
	return *place != NULL ? 0 : error_no_memory(err);
}

/* false: the user has had enough. */
static bool
wait_for(struct ticket *ticket)
{
	int64_t until = clock_monotonic_ms() + JUDGEMENT_TIME;

	while (!ticket_wait(ticket, clock_monotonic_ms() + LOOK_INTERVAL)) {
		if (interrupt_came())
			return false;
		if (clock_monotonic_ms() >= until)
			return true; /* it counts as unavailable */
	}
	return true;
}

static int
count_row(struct survey_walk *walk, struct survey_row *row, struct error *err)
{
	if (survey_find(walk->survey, row, err) != 0 || survey_add(walk->survey, row, err) != 0)
		return -1;
	if (walk->only == 0 || (row->kinds & walk->only) != 0)
		survey_print_row(walk->form, row);
	return 0;
}

/* 1: taken, 0: the user has had enough, -1. */
static int
take(struct survey_walk *walk, struct window *window, struct error *err)
{
	struct ticket **ticket = &window->tickets[window->taken % WINDOW_MAX];
	struct survey_row row = {
	    .directory = window->directory, .entry = &window->page->entries[window->taken]};
	struct judgement judgement;
	int result;

	if (*ticket == NULL) {
		window->taken++;
		return count_row(walk, &row, err) == 0 ? 1 : -1;
	}
	if (!wait_for(*ticket))
		return 0;
	row.address = survey_address(window->directory, row.entry);
	result = judgement_of_ticket(
	    walk->snapshot, walk->sender, row.address, *ticket, &judgement, err);
	*ticket = NULL; /* the judgement's */
	window->taken++;
	row.judgement = &judgement;
	if (result == 0)
		result = count_row(walk, &row, err);
	judgement_free(&judgement);
	return result == 0 ? 1 : -1;
}

static void
clear(struct window *window)
{
	while (window->taken < window->submitted)
		ticket_free(window->tickets[window->taken++ % WINDOW_MAX]);
}

/* 1: all of it, 0: the user has had enough, -1. */
static int
take_page(struct survey_walk *walk, const struct config_directory *directory,
    const struct census_page *page, struct error *err)
{
	struct window window = {.directory = directory, .page = page};
	size_t size = window_size(walk);
	int result = 1;

	while (window.taken < page->count && result > 0) {
		while (window.submitted < page->count && window.submitted - window.taken < size &&
		       result > 0)
			result = submit(walk, &window, err) == 0 ? 1 : -1;
		if (result > 0)
			result = interrupt_came() ? 0 : take(walk, &window, err);
	}
	clear(&window);
	return result;
}

/* A directory being gone through. counter: asks servers how many entries there are, while somebody
 * watches; NULL: not, or not any more. */
struct walking {
	struct survey_walk *walk;
	const struct config_directory *directory;
	struct census *census;
	struct census *counter;
	uint64_t before; /* entries of earlier directories */
	uint64_t total;  /* of servers, once it is known; 0 */
};

static bool
is_file(const struct config_directory *directory)
{
	return directory->ldif != NULL && directory->ldif[0] != '\0';
}

static void
begin_counting(struct walking *walking)
{
	static const struct census_options options = {.count = true};

	if (walking->walk->progress.visible && !is_file(walking->directory))
		walking->counter = census_new(walking->directory, &options, NULL);
}

/* Takes what has been counted so far. That it can't be counted is no matter. */
static void
count_on(struct walking *walking)
{
	const struct census_page *page;
	struct census_progress progress;
	enum census_state state;

	if (walking->counter == NULL)
		return;
	state = census_next(walking->counter, 0, &page, NULL);
	if (state == CENSUS_PAGE || state == CENSUS_WAIT)
		return;
	census_progress(walking->counter, &progress);
	if (state == CENSUS_END)
		walking->total = progress.entries;
	census_free(walking->counter);
	walking->counter = NULL;
}

static void
show_progress(struct walking *walking)
{
	struct survey_walk *walk = walking->walk;
	uint64_t done = walk->survey->entries - walking->before;
	struct census_progress progress;

	count_on(walking);
	census_progress(walking->census, &progress);
	if (is_file(walking->directory))
		progress_show(
		    &walk->progress, walk->survey->entries, progress.done, progress.total);
	else
		progress_show(&walk->progress, walk->survey->entries, done,
		    walking->total > 0 ? walking->total : progress.total);
}

/* Says why not all was seen, on standard error and for the result. */
static enum ctl_status
fail(struct survey_walk *walk, const struct config_directory *directory, struct error *err,
    enum ctl_status status)
{
	size_t used = strlen(walk->incomplete);

	error_prefix(err, "directory \"%s\": ", directory->title);
	snprintf(walk->incomplete + used, sizeof(walk->incomplete) - used, "%s%s",
	    used > 0 ? "; " : "", err->text);
	progress_end(&walk->progress);
	ctl_fail(err);
	return status;
}

static enum ctl_status
interrupted(struct survey_walk *walk, const struct config_directory *directory)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_TEMPORARY, "interrupted");
	return fail(walk, directory, &err, CTL_INTERRUPTED);
}

/* Page after page. */
static enum ctl_status
go_through(struct walking *walking)
{
	struct survey_walk *walk = walking->walk;
	const struct config_directory *directory = walking->directory;
	const struct census_page *page;
	struct error err = ERROR_INIT;
	enum census_state state;

	for (;;) {
		if (interrupt_came())
			return interrupted(walk, directory);
		state =
		    census_next(walking->census, clock_monotonic_ms() + LOOK_INTERVAL, &page, &err);
		show_progress(walking);
		if (state == CENSUS_WAIT)
			continue;
		if (state != CENSUS_PAGE)
			break;
		if (take_page(walk, directory, page, &err) < 0)
			return fail(walk, directory, &err, CTL_TEMPORARY);
	}
	if (state == CENSUS_END)
		return CTL_OK;
	if (state == CENSUS_CUT)
		return fail(walk, directory, &err, CTL_USAGE);
	return fail(walk, directory, &err, err.code == ERROR_TEMPORARY ? CTL_TEMPORARY : CTL_USAGE);
}

enum ctl_status
survey_walk(struct survey_walk *walk, const struct config_directory *directory)
{
	static const struct census_options options = {.csn = false};
	struct walking walking = {
	    .walk = walk, .directory = directory, .before = walk->survey->entries};
	struct census_progress progress;
	struct error err = ERROR_INIT;
	enum ctl_status status;

	walking.census = census_new(directory, &options, &err);
	if (walking.census == NULL)
		return fail(walk, directory, &err, CTL_TEMPORARY);
	begin_counting(&walking);
	status = go_through(&walking);
	census_progress(walking.census, &progress);
	walk->survey->broken += progress.broken;
	census_free(walking.counter);
	census_free(walking.census);
	return status;
}
