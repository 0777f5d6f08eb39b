#include "audit_log_walk.h"

#include <string.h>

#include "interrupt.h"

/* How to read what is in the journal alone. */
#define JOURNAL "journalctl -t smime-milter -o cat | smimectl COMMAND -"

/* Lines between two looks at the clock, for progress. */
#define LINES_APART 256

static int
find_configured(struct audit_log_walk *walk, const struct config *config, struct error *err)
{
	const char *path = config->audit_file;

	if (path == NULL || path[0] == '\0')
		return error_set(err, ERROR_INPUT,
		    "audit-file is not set in %s: name the files, or read the journal: " JOURNAL,
		    config->file);
	if (audit_log_add_rotated(&walk->files, path, err) != 0)
		return -1;
	if (walk->files.count == 0)
		return error_set(err, ERROR_INPUT,
		    "there is no audit log: neither %s nor a rotated one beside it", path);
	return 0;
}

int
audit_log_walk_find(struct audit_log_walk *walk, const struct config *config, char **names,
    int count, struct error *err)
{
	size_t i;
	int result = 0;

	memset(walk, 0, sizeof(*walk));
	for (i = 0; result == 0 && i < (size_t)count; i++)
		result = audit_log_add(&walk->files, names[i], err);
	if (count == 0)
		result = find_configured(walk, config, err);
	if (result != 0)
		return -1;
	audit_log_sort(&walk->files);
	for (i = 0; i < walk->files.count; i++)
		walk->total += (uint64_t)walk->files.items[i].about.st_size;
	return 0;
}

void
audit_log_walk_free(struct audit_log_walk *walk)
{
	audit_log_files_free(&walk->files);
}

void
audit_log_walk_skip(struct audit_log_walk *walk, const struct audit_log_file *file)
{
	walk->done += (uint64_t)file->about.st_size;
}

/* Keeps the first that went wrong. */
static enum ctl_status
fail(struct audit_log_walk *walk, const struct error *err)
{
	if (walk->incomplete[0] == '\0')
		snprintf(walk->incomplete, sizeof(walk->incomplete), "%s", err->text);
	progress_end(&walk->progress);
	return ctl_fail(err);
}

static enum ctl_status
interrupted(struct audit_log_walk *walk)
{
	snprintf(walk->incomplete, sizeof(walk->incomplete), "interrupted");
	return CTL_INTERRUPTED;
}

static enum ctl_status
read_lines(struct audit_log_walk *walk, const struct audit_log_file *file, struct audit_log *log,
    audit_log_walk_take *take, void *context)
{
	struct error err = ERROR_INIT;
	struct audit_log_line line;
	int got;

	while ((got = audit_log_next(log, &line, &err)) == 1) {
		if (take(context, &line, &err) != 0)
			return fail(walk, &err);
		if (interrupt_came())
			return interrupted(walk);
		if (walk->lines++ % LINES_APART == 0)
			progress_show(&walk->progress, walk->lines,
			    walk->done + audit_log_position(log), walk->total);
	}
	if (interrupt_came())
		return interrupted(walk);
	if (got == 0)
		return CTL_OK;
	error_prefix(&err, "%s: ", file->path);
	return fail(walk, &err);
}

enum ctl_status
audit_log_walk_read(struct audit_log_walk *walk, const struct audit_log_file *file,
    audit_log_walk_take *take, void *context)
{
	struct error err = ERROR_INIT;
	struct audit_log *log;
	enum ctl_status status;

	if (interrupt_came())
		return interrupted(walk);
	log = audit_log_open(file, &err);
	if (log == NULL)
		return interrupt_came() ? interrupted(walk) : fail(walk, &err);
	status = read_lines(walk, file, log, take, context);
	audit_log_close(log);
	audit_log_walk_skip(walk, file);
	return status;
}
