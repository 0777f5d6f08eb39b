#include <fcntl.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "config/check.h"

static const char *
expected(enum check_file_kind kind)
{
	switch (kind) {
	case CHECK_FILE_OR_FOLDER:
		return "a file or folder";
	case CHECK_FOLDER:
		return "a folder";
	default:
		return "a file";
	}
}

static bool
is_kind(enum check_file_kind kind, mode_t mode)
{
	bool file = kind != CHECK_FOLDER && S_ISREG(mode);
	bool folder = (kind == CHECK_FOLDER || kind == CHECK_FILE_OR_FOLDER) && S_ISDIR(mode);

	return file || folder;
}

void
check_file(const struct check *check, size_t place, enum check_file_kind kind, const char *path)
{
	const char *name = setting_section(check->section->kind)->settings[place].name;
	int line = check_line(check, place);
	struct stat status;

	if (path == NULL || *path == '\0' || !check_is_sound(check, place))
		return;
	if (stat(path, &status) != 0) {
		problems_add(check->problems, line, "%s: %s: %s", name, path, strerror(errno));
		return;
	}
	if (!is_kind(kind, status.st_mode)) {
		problems_add(check->problems, line, "%s: %s is not %s", name, path, expected(kind));
		return;
	}
	/* The rights of the user we run as: a folder must be searched too. */
	if (faccessat(AT_FDCWD, path, R_OK | (S_ISDIR(status.st_mode) ? X_OK : 0), AT_EACCESS) != 0)
		problems_add(check->problems, line, "%s: %s: %s", name, path, strerror(errno));
	if (kind == CHECK_SECRET && secret_is_exposed(status.st_mode))
		problems_add(check->problems, line,
		    "%s: everybody can read or write %s: \"chmod o= %s\" keeps others out", name,
		    path, path);
}
