/* smimectl why: from the reference in a refusal to the records of the decision. */
#define _GNU_SOURCE /* memmem() */
#include "why.h"

#include <getopt.h>
#include <string.h>

#include "audit_log_walk.h"
#include "base/escape.h"
#include "command.h"
#include "interrupt.h"

/* Of a message with more recipients not all records are shown, nor of larger ones. */
#define RECORDS_MAX 2000
#define BYTES_MAX ((size_t)64 << 20)

struct search {
	char reference[AUDIT_REFERENCE_SIZE];
	json_t *found; /* in the file at hand */
	size_t bytes;
	uint64_t left_out;
	uint64_t line; /* of the file at hand */
	bool at_start; /* its first line is one of them */
};

/* Only what holds the reference's letters is read as JSON. */
static int
take(void *context, const struct audit_log_line *line, struct error *err)
{
	struct search *search = context;
	bool first = search->line++ == 0;
	enum audit_log_kind kind;
	const char *reference;
	json_t *record;
	int result = 0;

	if (line->cut ||
	    memmem(line->text, line->size, search->reference, AUDIT_REFERENCE_SIZE - 1) == NULL)
		return 0;
	if (audit_log_record(line, &kind, &record, err) != 0)
		return -1;
	reference = audit_log_text(record, "reference");
	if (reference == NULL || strcmp(reference, search->reference) != 0) {
		json_decref(record);
		return 0;
	}
	search->at_start = search->at_start || first;
	if (json_array_size(search->found) >= RECORDS_MAX || search->bytes > BYTES_MAX)
		search->left_out++;
	else if (json_array_append(search->found, record) != 0)
		result = error_no_memory(err);
	search->bytes += line->size;
	json_decref(record);
	return result;
}

/* Puts what an older file holds in front. */
static int
put_in_front(json_t **records, json_t *older)
{
	int result = *records != NULL ? json_array_extend(older, *records) : 0;

	json_decref(*records);
	*records = older;
	return result;
}

/* One file: what it holds stands in front of what newer ones held. */
static enum ctl_status
find_in(struct search *search, struct audit_log_walk *walk, const struct audit_log_file *file,
    json_t **records)
{
	struct error err = ERROR_INIT;
	enum ctl_status status = CTL_OK;

	search->found = json_array();
	search->line = 0;
	search->at_start = false;
	if (search->found != NULL)
		status = audit_log_walk_read(walk, file, take, search);
	if (search->found == NULL || put_in_front(records, search->found) != 0) {
		error_no_memory(&err);
		status = ctl_fail(&err);
	}
	return status;
}

/* The newest file first. A message's records stand together: where they do not begin a file, no other
 * has any. */
static enum ctl_status
find(struct search *search, struct audit_log_walk *walk, json_t **records)
{
	enum ctl_status status = CTL_OK;
	enum ctl_status one;
	size_t i;

	progress_begin(&walk->progress, "records", true);
	for (i = walk->files.count; i > 0; i--) {
		one = find_in(search, walk, &walk->files.items[i - 1], records);
		status = one != CTL_OK ? one : status;
		if (one == CTL_INTERRUPTED || (json_array_size(*records) > 0 && !search->at_start))
			break;
	}
	progress_end(&walk->progress);
	return status;
}

static void
tell_nothing(const struct search *search, const struct audit_log_walk *walk)
{
	const struct audit_log_files *files = &walk->files;
	char from[1024];
	char to[1024];

	fprintf(stderr, "smimectl: nothing is recorded of %s in ", search->reference);
	if (files->count > 1)
		fprintf(stderr, "%zu files, from %s to ", files->count,
		    escape_text(ESCAPE_TERMINAL, files->items[0].path, from, sizeof(from)));
	fprintf(stderr,
	    "%s\nOlder logs may be elsewhere: name them. Where records go to syslog alone: "
	    "journalctl -t smime-milter -o cat | smimectl why %s -\n",
	    files->count > 0
		? escape_text(ESCAPE_TERMINAL, files->items[files->count - 1].path, to, sizeof(to))
		: "an empty folder",
	    search->reference);
}

static void
show(const struct ctl_options *options, const json_t *records, uint64_t left_out,
    const char *contact)
{
	json_t *record;
	size_t i;

	if (options->json) {
		json_array_foreach(records, i, record) ctl_print_json(json_incref(record));
	} else {
		why_print(records);
		why_forward(records, contact);
	}
	if (left_out > 0)
		fprintf(stderr, "smimectl: %llu more records are not shown\n",
		    (unsigned long long)left_out);
}

static enum ctl_status
why_with(const struct ctl_options *options, const struct config *config, struct search *search,
    char **names, int count)
{
	struct audit_log_walk walk;
	struct error err = ERROR_INIT;
	json_t *records = NULL;
	enum ctl_status status;

	if (audit_log_walk_find(&walk, config, names, count, &err) != 0) {
		status = ctl_fail(&err);
	} else {
		status = find(search, &walk, &records);
		if (json_array_size(records) > 0) {
			show(options, records, search->left_out,
			    config != NULL ? config->contact : NULL);
		} else if (status != CTL_INTERRUPTED) {
			tell_nothing(search, &walk);
			status = status != CTL_OK ? status : CTL_FINDING;
		}
	}
	json_decref(records);
	audit_log_walk_free(&walk);
	return status;
}

static enum ctl_status
run(const struct ctl_options *defaults, int count, char **arguments)
{
	static const struct option known[] = {CTL_LONG_OPTIONS, {NULL, 0, NULL, 0}};
	struct ctl_options options = *defaults;
	struct search search = {.found = NULL};
	struct config *config = NULL;
	enum ctl_status status;
	int option;

	while ((option = getopt_long(count, arguments, CTL_SHORT_OPTIONS, known, NULL)) != -1) {
		if (ctl_common_option(&ctl_why, option, optarg, &options) != 1)
			return CTL_USAGE;
	}
	if (optind == count)
		return ctl_usage(&ctl_why, "a reference is expected");
	if (!audit_reference_parse(arguments[optind], search.reference))
		return ctl_usage(&ctl_why,
		    "a reference has %d letters and digits, as in a reply's last line",
		    AUDIT_REFERENCE_SIZE - 1);
	if (optind + 1 == count) {
		config = ctl_config(&options);
		if (config == NULL)
			return CTL_USAGE;
	}
	interrupt_catch();
	status = why_with(&options, config, &search, arguments + optind + 1, count - optind - 1);
	config_unref(config);
	return status;
}

const struct ctl_command ctl_why = {
    "why",
    "[-c FILE] [--json] REFERENCE [LOG…]",
    "Explains a decision, by the reference in a refusal",
    "      REFERENCE  as it stands in the reply; small letters, spaces and hyphens do no harm\n"
    "      LOG        files, folders, or - for standard input; if none is named, audit-file and\n"
    "                 what log rotation made of it, the newest first\n"
    "\n"
    "Shows for each recipient what was decided and why, the certificate and which link of its\n"
    "chain failed, the cipher, and what can be done; and, below, a text for the sender. With\n"
    "--json, the records as they are, one a line.\n"
    "Exit status: 0 found, 1 nothing is recorded, 2 a file can't be read, 75 try again.\n"
    "\n"
    "Examples:\n"
    "  smimectl why 7KQ2M9XV4T1B8ZRD\n"
    "  smimectl why --json 7KQ2M9XV4T1B8ZRD | jq .digital_id\n"
    "  journalctl -t smime-milter -o cat | smimectl why 7KQ2M9XV4T1B8ZRD -\n",
    run,
};
