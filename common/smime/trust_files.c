/* The files of a folder, one by one. A file that can't be read is a CA or a list that doesn't count:
 * that is safe, so it only is told, unless it would be read another time. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "smime/trust_section.h"

struct walk {
	size_t most;
	trust_file *take;
	void *context;
};

static int
take_path(const struct walk *walk, const char *path, struct error *err)
{
	struct error wrong = ERROR_INIT;
	char *bytes;
	size_t size;
	int status = 0;

	if (file_read(AT_FDCWD, path, walk->most, &bytes, &size, &wrong) != 0) {
		if (wrong.code == ERROR_TEMPORARY)
			return error_set(err, wrong.code, "%s: %s", path, wrong.text);
		log_warning("%s: skipped: %s", path, wrong.text);
		return 0;
	}
	if (size == 0)
		log_warning("%s: skipped: it is empty", path);
	else
		status = walk->take(walk->context, path, bytes, size, err);
	free(bytes);
	return status;
}

static int
take_entry(const struct walk *walk, const char *folder, const char *name, struct error *err)
{
	struct stat about;
	char path[4096];
	int size = snprintf(path, sizeof(path), "%s/%s", folder, name);

	if (size < 0 || (size_t)size >= sizeof(path))
		return error_set(err, ERROR_LIMIT, "%s: the path is too long", folder);
	if (stat(path, &about) != 0) {
		log_warning("%s: skipped: %s", path, strerror(errno));
		return 0;
	}
	if (!S_ISREG(about.st_mode))
		return 0;
	return take_path(walk, path, err);
}

static int
not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int
trust_folder_each(const char *path, size_t most, trust_file *take, void *context, struct error *err)
{
	const struct walk walk = {most, take, context};
	struct dirent **names = NULL;
	struct stat about;
	int status = 0;
	int count;
	int i;

	if (stat(path, &about) != 0)
		return error_errno(err, errno, "%s", path);
	if (S_ISREG(about.st_mode))
		return take_path(&walk, path, err);
	count = scandir(path, &names, not_hidden, alphasort);
	if (count < 0)
		return error_errno(err, errno, "%s", path);
	for (i = 0; i < count; i++) {
		if (status == 0)
			status = take_entry(&walk, path, names[i]->d_name, err);
		free(names[i]);
	}
	free(names);
	return status;
}
