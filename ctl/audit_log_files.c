/* Which files there are. */
#define _GNU_SOURCE /* asprintf() */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit_log.h"
#include "base/array.h"

/* Lines looked at for the time of a file's first record. */
#define FIRST_LINES 20

static const char *const compressions[] = {".gz", ".bz2", ".xz", ".zst"};

/* The name's length without what compression adds. */
static size_t
bare_size(const char *name)
{
	size_t size = strlen(name);
	size_t more;
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(compressions); i++) {
		more = strlen(compressions[i]);
		if (size > more && strcmp(name + size - more, compressions[i]) == 0)
			return size - more;
	}
	return size;
}

/* Whether it is what rotation puts in: "." or "-" and digits, which signs of a date may part. */
static bool
is_number(const char *text, size_t size)
{
	size_t i;

	if (size < 2 || (text[0] != '.' && text[0] != '-'))
		return false;
	for (i = 1; i < size; i++) {
		if (strchr("0123456789-_.:T", text[i]) == NULL)
			return false;
	}
	return text[1] >= '0' && text[1] <= '9';
}

bool
audit_log_is_rotated(const char *file, const char *name)
{
	size_t size = bare_size(name);
	size_t whole = strlen(file);
	const char *dot = strrchr(file, '.');
	size_t stem = dot != NULL && dot != file ? (size_t)(dot - file) : whole;
	size_t tail = whole - stem;

	if (size > whole && strncmp(name, file, whole) == 0)
		return is_number(name + whole, size - whole);
	return tail > 0 && size > whole && strncmp(name, file, stem) == 0 &&
	       strncmp(name + size - tail, file + stem, tail) == 0 &&
	       is_number(name + stem, size - whole);
}

static bool
is_there(const struct audit_log_files *files, const struct stat *about)
{
	size_t i;

	for (i = 0; i < files->count; i++) {
		if (files->items[i].regular && files->items[i].about.st_dev == about->st_dev &&
		    files->items[i].about.st_ino == about->st_ino)
			return true;
	}
	return false;
}

static int
add_file(
    struct audit_log_files *files, const char *path, const struct stat *about, struct error *err)
{
	struct audit_log_file *items;
	struct audit_log_file *file;

	if (about != NULL && is_there(files, about))
		return 0;
	if (files->count == AUDIT_LOG_FILES_MAX)
		return error_set(err, ERROR_LIMIT, "there are more than %d files: name fewer",
		    AUDIT_LOG_FILES_MAX);
	items = array_grow(files->items, files->count, sizeof(*items), err);
	if (items == NULL)
		return -1;
	files->items = items;
	file = &items[files->count];
	memset(file, 0, sizeof(*file));
	file->path = strdup(path);
	if (file->path == NULL)
		return error_no_memory(err);
	file->regular = about != NULL;
	if (about != NULL)
		file->about = *about;
	files->count++;
	return 0;
}

/* While a log is being compressed it stands there twice: the whole one counts. */
static bool
is_being_made(const char *path)
{
	size_t size = bare_size(path);
	struct stat about;
	char *bare;
	bool there;

	if (path[size] == '\0')
		return false;
	bare = strndup(path, size);
	there = bare != NULL && stat(bare, &about) == 0;
	free(bare);
	return there;
}

/* One name of a folder; of: only rotated ones of this name, and itself. */
static int
add_entry(struct audit_log_files *files, const char *folder, const char *name, const char *of,
    struct error *err)
{
	struct stat about;
	char *path;
	int result = 0;

	if (name[0] == '.' && (of == NULL || of[0] != '.'))
		return 0;
	if (of != NULL && strcmp(of, name) != 0 && !audit_log_is_rotated(of, name))
		return 0;
	if (asprintf(&path, "%s%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/", name) <
	    0)
		return error_no_memory(err);
	if (stat(path, &about) == 0 && S_ISREG(about.st_mode) && !is_being_made(path))
		result = add_file(files, path, &about, err);
	free(path);
	return result;
}

static int
add_folder(struct audit_log_files *files, const char *folder, const char *of, struct error *err)
{
	DIR *open = opendir(folder);
	const struct dirent *entry;
	int result = 0;

	if (open == NULL)
		return error_errno(err, errno, "%s", folder);
	while (result == 0) {
		errno = 0;
		entry = readdir(open);
		if (entry == NULL && errno != 0)
			result = error_errno(err, errno, "%s", folder);
		if (entry == NULL)
			break;
		result = add_entry(files, folder, entry->d_name, of, err);
	}
	closedir(open);
	return result;
}

int
audit_log_add(struct audit_log_files *files, const char *name, struct error *err)
{
	struct stat about;

	if (strcmp(name, "-") == 0)
		return add_file(files, name, NULL, err);
	if (stat(name, &about) != 0)
		return error_errno(err, errno, "%s", name);
	if (S_ISDIR(about.st_mode))
		return add_folder(files, name, NULL, err);
	return add_file(files, name, S_ISREG(about.st_mode) ? &about : NULL, err);
}

int
audit_log_add_rotated(struct audit_log_files *files, const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	/* With its slash: "/" is a folder, too. */
	char *folder = slash != NULL ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	int result;

	if (folder == NULL)
		return error_no_memory(err);
	result = add_folder(files, folder, name, err);
	free(folder);
	return result;
}

/* The time of the first record that tells one. */
static time_t
first_time(const struct audit_log_file *file)
{
	struct audit_log *log = audit_log_open(file, NULL);
	struct audit_log_line line;
	enum audit_log_kind kind;
	time_t at = file->about.st_mtime;
	json_t *record;
	bool found = false;
	int i;

	for (i = 0; log != NULL && !found && i < FIRST_LINES; i++) {
		if (audit_log_next(log, &line, NULL) != 1 ||
		    audit_log_record(&line, &kind, &record, NULL) != 0)
			break;
		found = audit_log_time(record, &at);
		json_decref(record);
	}
	audit_log_close(log);
	return at;
}

static int
compare(const void *a, const void *b)
{
	const struct audit_log_file *x = a;
	const struct audit_log_file *y = b;

	if (x->regular != y->regular)
		return x->regular ? -1 : 1;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->about.st_mtime != y->about.st_mtime)
		return x->about.st_mtime < y->about.st_mtime ? -1 : 1;
	return strcmp(x->path, y->path);
}

void
audit_log_sort(struct audit_log_files *files)
{
	size_t i;

	for (i = 0; i < files->count; i++) {
		if (files->items[i].regular)
			files->items[i].first = first_time(&files->items[i]);
	}
	if (files->count > 0)
		qsort(files->items, files->count, sizeof(*files->items), compare);
}

void
audit_log_files_free(struct audit_log_files *files)
{
	size_t i;

	for (i = 0; i < files->count; i++)
		free(files->items[i].path);
	free(files->items);
	*files = (struct audit_log_files)AUDIT_LOG_FILES_INIT;
}
