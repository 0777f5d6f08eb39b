/* What is to be published: files, folders of them, and lines of a CSV file. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/file.h"
#include "csv.h"
#include "publish.h"

static const char *const columns[] = {"file", "address", "dn", "key", "password-file", NULL};

static int
copy_text(char **to, const char *from, struct error *err)
{
	*to = from != NULL ? strdup(from) : NULL;
	return from == NULL || *to != NULL ? 0 : error_no_memory(err);
}

static int
append(struct publish_jobs *jobs, const char *file, struct publish_job **job, struct error *err)
{
	struct publish_job *items;

	if (jobs->count == PUBLISH_JOBS_MAX)
		return error_set(err, ERROR_LIMIT, "more than %d files", PUBLISH_JOBS_MAX);
	items = array_grow(jobs->items, jobs->count, sizeof(*items), err);
	if (items == NULL)
		return -1;
	jobs->items = items;
	*job = &items[jobs->count++];
	memset(*job, 0, sizeof(**job));
	return copy_text(&(*job)->file, file, err);
}

static int
is_of_interest(const struct dirent *entry)
{
	static const char *const endings[] = {".p12", ".pfx", ".pem", ".crt", ".cer", ".der"};
	const char *dot = strrchr(entry->d_name, '.');
	size_t i;

	for (i = 0; dot != NULL && i < ARRAY_LENGTH(endings); i++) {
		if (strcasecmp(dot, endings[i]) == 0)
			return entry->d_name[0] != '.';
	}
	return 0;
}

static int
by_name(const struct dirent **left, const struct dirent **right)
{
	return strcmp((*left)->d_name, (*right)->d_name);
}

static char *
join(const char *folder, const char *name)
{
	size_t size = strlen(folder) + strlen(name) + 2;
	char *path = malloc(size);

	if (path != NULL)
		snprintf(path, size, "%s/%s", folder, name);
	return path;
}

static int
add_folder(struct publish_jobs *jobs, const char *path, struct error *err)
{
	struct dirent **names = NULL;
	struct publish_job *job;
	int count = scandir(path, &names, is_of_interest, by_name);
	char *file;
	int result = 0;
	int i;

	if (count < 0)
		return error_errno(err, errno, "%s", path);
	for (i = 0; i < count; i++) {
		file = join(path, names[i]->d_name);
		if (result == 0)
			result =
			    file != NULL ? append(jobs, file, &job, err) : error_no_memory(err);
		free(file);
		free(names[i]);
	}
	free(names);
	if (result == 0 && count == 0)
		return error_set(err, ERROR_INPUT,
		    "%s holds no file of a certificate (.p12, .pfx, .pem, .crt, .cer, .der)", path);
	return result;
}

int
publish_jobs_add(struct publish_jobs *jobs, const char *path, struct error *err)
{
	struct publish_job *job;
	struct stat about;

	if (stat(path, &about) != 0)
		return error_errno(err, errno, "%s", path);
	if (S_ISDIR(about.st_mode))
		return add_folder(jobs, path, err);
	return append(jobs, path, &job, err);
}

static int
add_row(struct publish_jobs *jobs, const struct csv_row *row, struct error *err)
{
	struct publish_job *job;

	if (row->fields[0] == NULL)
		return error_set(err, ERROR_INPUT, "line %lu names no file", row->line);
	if (append(jobs, row->fields[0], &job, err) != 0 ||
	    copy_text(&job->address, row->fields[1], err) != 0 ||
	    copy_text(&job->dn, row->fields[2], err) != 0 ||
	    copy_text(&job->key, row->fields[3], err) != 0)
		return -1;
	return copy_text(&job->password_file, row->fields[4], err);
}

int
publish_jobs_add_csv(struct publish_jobs *jobs, const char *path, struct error *err)
{
	struct csv csv = {NULL, NULL, 0};
	char *text = NULL;
	size_t size;
	size_t i;
	int result = -1;

	if (file_read(AT_FDCWD, path, CSV_SIZE_MAX, &text, &size, err) == 0 &&
	    csv_read(text, size, columns, &csv, err) == 0)
		result = 0;
	for (i = 0; i < csv.count && result == 0; i++)
		result = add_row(jobs, &csv.rows[i], err);
	csv_clear(&csv);
	free(text);
	return result == 0 ? 0 : error_prefix(err, "%s: ", path);
}

void
publish_jobs_clear(struct publish_jobs *jobs)
{
	size_t i;

	for (i = 0; i < jobs->count; i++) {
		free(jobs->items[i].file);
		free(jobs->items[i].key);
		free(jobs->items[i].address);
		free(jobs->items[i].dn);
		free(jobs->items[i].password_file);
	}
	free(jobs->items);
	memset(jobs, 0, sizeof(*jobs));
}
