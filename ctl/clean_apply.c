/* Makes the changes, each with its backup first. */
#include <stdio.h>
#include <unistd.h>

#include "clean.h"
#include "interrupt.h"

/* Changes without an answer, one after another, before no more are tried. */
#define SILENT_MAX 3

static struct writer *
get_writer(struct clean_work *work, size_t directory, struct error *err)
{
	struct writer **writer = &work->writers[directory];

	if (*writer == NULL)
		*writer = writer_new(&work->directories[directory], err);
	return *writer;
}

static enum ctl_status
count_changed(struct clean_work *work, const struct change *change)
{
	struct error err = ERROR_INIT;

	work->changed++;
	error_set(&err, ERROR_TEMPORARY,
	    "%s was changed by somebody else meanwhile, and is left as it is: run clean again",
	    change_dn(change));
	return ctl_fail(&err);
}

/* The change records that take back what is done. */
struct backup {
	const char *path;
	FILE *file;
};

static void
take_back(const struct backup *backup, off_t from)
{
	struct error err = ERROR_INIT;

	if (editing_take_back(backup->file, backup->path, from, &err) != 0)
		ctl_fail(&err);
}

/* Nobody knows whether it was done: the record stays. */
static void
count_lost(struct clean_work *work, size_t directory)
{
	work->unsure++;
	work->unreachable = ++work->silent == SILENT_MAX;
	writer_free(work->writers[directory]); /* the next one gets a new connection */
	work->writers[directory] = NULL;
}

/* What takes it back goes to the disk first; if nothing was done, that is taken back itself. */
static enum ctl_status
apply_with(struct clean_work *work, const struct clean_change *item, struct writer *writer,
    const struct backup *backup)
{
	struct error err = ERROR_INIT;
	off_t before = ftello(backup->file);
	enum writer_outcome outcome = WRITER_FAILED;

	if (change_settle(item->change, writer, &err) == 0 &&
	    editing_write(backup->file, backup->path, item->change, true, &err) == 0)
		outcome = change_apply(item->change, writer, &err);
	if (outcome == WRITER_DONE) {
		work->silent = 0;
		work->written++;
		return CTL_OK;
	}
	if (outcome == WRITER_LOST)
		count_lost(work, item->directory);
	else
		take_back(backup, before);
	if (outcome == WRITER_CHANGED)
		return count_changed(work, item->change);
	work->failed++;
	return ctl_fail(&err);
}

static enum ctl_status
apply_one(struct clean_work *work, const struct clean_change *item, const struct backup *backup)
{
	struct error err = ERROR_INIT;
	struct writer *writer = get_writer(work, item->directory, &err);

	if (writer != NULL)
		return apply_with(work, item, writer, backup);
	work->unreachable = true;
	work->failed++;
	return ctl_fail(&err);
}

enum ctl_status
clean_apply(struct clean_work *work, const char *path)
{
	struct backup backup = {path, editing_create(path)};
	enum ctl_status status = CTL_OK;
	bool empty;
	size_t i;

	if (backup.file == NULL)
		return CTL_USAGE;
	for (i = 0; i < work->change_count && !interrupt_came() && !work->unreachable; i++)
		status = ctl_worse(status, apply_one(work, &work->changes[i], &backup));
	if (interrupt_came())
		status = CTL_INTERRUPTED;
	empty = ftello(backup.file) == 0;
	if (fclose(backup.file) != 0) {
		perror("smimectl: closing the backup");
		status = ctl_worse(status, CTL_USAGE);
	}
	if (empty)
		unlink(path);
	return status;
}
