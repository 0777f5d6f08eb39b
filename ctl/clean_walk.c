/* Goes through a directory, has each entry judged, some at a time, and gathers what is to go. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "clean.h"
#include "interrupt.h"
#include "survey.h"

/* Entries of a page that are being judged at a time. */
#define WINDOW_MAX 64
/* Between two looks at whether the user has had enough, milliseconds. */
#define LOOK_INTERVAL 200

/* Entries of a page, from the first that was not taken yet. */
struct window {
	size_t directory;
	const struct census_page *page;
	struct ticket *tickets[WINDOW_MAX]; /* by place modulo; NULL: not to be judged */
	size_t submitted;
	size_t taken;
};

static const struct config_directory *
directory_of(const struct clean_work *work, const struct window *window)
{
	return &work->directories[window->directory];
}

static int
submit(struct clean_work *work, struct window *window, struct error *err)
{
	const struct census_entry *entry = &window->page->entries[window->submitted];
	const struct address *address = survey_address(directory_of(work, window), entry);
	struct ticket **place = &window->tickets[window->submitted++ % WINDOW_MAX];
	struct findings *findings;

	*place = NULL;
	if (address == NULL)
		return 0;
	findings = census_findings(directory_of(work, window), entry, err);
	if (findings == NULL)
		return -1;
	*place = resolver_submit_findings(
	    work->snapshot->resolver, address, findings, clock_monotonic_ms() + JUDGEMENT_TIME);
	findings_unref(findings);
	return *place != NULL ? 0 : error_no_memory(err);
}

/* false: the user has had enough. */
static bool
wait_for(struct ticket *ticket)
{
	int64_t until = clock_monotonic_ms() + JUDGEMENT_TIME;

	while (!ticket_wait(ticket, clock_monotonic_ms() + LOOK_INTERVAL) &&
	       clock_monotonic_ms() < until) {
		if (interrupt_came())
			return false;
	}
	return true;
}

/* The change that takes the dead values away, as far as it may; NULL and 0: none. */
static int
make_change(
    struct clean_work *work, struct clean_finding *finding, struct change **made, struct error *err)
{
	struct change *change = change_new(finding->directory, finding->entry, err);
	struct findings *findings;
	struct judgement after;
	int result = -1;
	size_t i;

	*made = NULL;
	if (change == NULL)
		return -1;
	for (i = 0; i < finding->entry->value_count; i++) {
		if (finding->dead[i] != 0)
			change_remove(change, &finding->entry->values[i]);
	}
	if (change_count(change) == 0) {
		finding->spared = "values of this name are not written";
		result = 0;
		goto out;
	}
	findings = change_findings(change, finding->entry, err);
	if (findings == NULL)
		goto out;
	result = judgement_of_findings(
	    work->snapshot, work->sender, finding->address, findings, &after, err);
	findings_unref(findings);
	if (result == 0)
		clean_judge_again(finding, work->request->reasons, ticket_record(after.ticket));
	judgement_free(&after);
	if (result == 0 && finding->spared == NULL) {
		*made = change;
		change = NULL;
	}
out:
	change_free(change);
	return result;
}

/* Keeps the change. 0/-1. */
static int
keep(struct clean_work *work, size_t directory, struct change *change, struct error *err)
{
	struct clean_change *changes;

	if (work->bytes + change_bytes(change) > CLEAN_BYTES_MAX) {
		work->full = true;
		change_free(change);
		return 0;
	}
	changes = array_grow(work->changes, work->change_count, sizeof(*changes), err);
	if (changes == NULL) {
		change_free(change);
		return -1;
	}
	work->changes = changes;
	changes[work->change_count++] = (struct clean_change){change, directory};
	work->bytes += change_bytes(change);
	return 0;
}

static int
look_at(struct clean_work *work, size_t directory, struct clean_finding *finding, struct error *err)
{
	struct change *change = NULL;
	int result;

	if (clean_judge(finding, work->request->reasons, err) != 0)
		return -1;
	if (finding->count == 0)
		return 0;
	if (make_change(work, finding, &change, err) != 0)
		return -1;
	clean_show(work, finding);
	if (change == NULL) {
		work->spared++;
		return 0;
	}
	work->dirty++;
	work->values += change_count(change);
	if (!work->request->editing.apply) {
		change_free(change);
		return 0;
	}
	result = keep(work, directory, change, err);
	return result;
}

/* 1: taken, 0: the user has had enough, -1. */
static int
take(struct clean_work *work, struct window *window, struct error *err)
{
	struct ticket **ticket = &window->tickets[window->taken % WINDOW_MAX];
	const struct census_entry *entry = &window->page->entries[window->taken];
	struct clean_finding finding = {.directory = directory_of(work, window),
	    .entry = entry,
	    .address = survey_address(directory_of(work, window), entry),
	    .exact_local = work->snapshot->config->local_part == LOCAL_PART_EXACT};
	int result = 0;

	if (*ticket != NULL && !wait_for(*ticket))
		return 0;
	work->entries++;
	window->taken++;
	finding.record = *ticket != NULL ? ticket_record(*ticket) : NULL;
	if (finding.record != NULL && finding.record->state == RECIPIENT_FOUND)
		result = look_at(work, window->directory, &finding, err);
	else if (finding.address != NULL &&
		 (finding.record == NULL || finding.record->state == RECIPIENT_UNAVAILABLE))
		work->unknown++;
	clean_finding_clear(&finding);
	ticket_free(*ticket);
	return result == 0 ? 1 : -1;
}

/* 1: all of it, 0: the user has had enough, -1. */
static int
take_page(
    struct clean_work *work, size_t directory, const struct census_page *page, struct error *err)
{
	struct window window = {.directory = directory, .page = page};
	size_t size = (size_t)work->snapshot->config->lookups_limit;
	int result = 1;

	/* One is left for what would stay. */
	size = size - 1 < WINDOW_MAX ? size - 1 : WINDOW_MAX;
	while (window.taken < page->count && result > 0) {
		while (window.submitted < page->count && window.submitted - window.taken < size &&
		       result > 0)
			result = submit(work, &window, err) == 0 ? 1 : -1;
		if (result > 0)
			result = take(work, &window, err);
	}
	while (window.taken < window.submitted)
		ticket_free(window.tickets[window.taken++ % WINDOW_MAX]);
	return result;
}

static enum ctl_status
go_through(struct clean_work *work, size_t directory, struct census *census, struct error *err)
{
	const struct census_page *page;
	enum census_state state;
	int result;

	for (;;) {
		if (interrupt_came())
			return CTL_INTERRUPTED;
		state = census_next(census, clock_monotonic_ms() + LOOK_INTERVAL, &page, err);
		if (state == CENSUS_WAIT)
			continue;
		if (state != CENSUS_PAGE)
			break;
		result = take_page(work, directory, page, err);
		if (result < 0)
			return CTL_TEMPORARY;
		if (result == 0)
			return CTL_INTERRUPTED;
	}
	if (state == CENSUS_END)
		return CTL_OK;
	return state == CENSUS_FAILED && err->code == ERROR_TEMPORARY ? CTL_TEMPORARY : CTL_USAGE;
}

enum ctl_status
clean_walk(struct clean_work *work, size_t directory)
{
	static const struct census_options options = {.csn = true};
	struct error err = ERROR_INIT;
	struct census *census = census_new(&work->directories[directory], &options, &err);
	enum ctl_status status = CTL_TEMPORARY;

	if (census != NULL)
		status = go_through(work, directory, census, &err);
	census_free(census);
	if (status == CTL_OK)
		return CTL_OK;
	if (status == CTL_INTERRUPTED)
		error_set(&err, ERROR_TEMPORARY, "interrupted");
	error_prefix(&err, "directory \"%s\": ", work->directories[directory].title);
	ctl_fail(&err);
	return status;
}
