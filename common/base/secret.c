#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

bool
secret_is_exposed(mode_t mode)
{
	return (mode & (S_IROTH | S_IWOTH)) != 0;
}

int
secret_open(const char *path, struct error *err)
{
	struct stat about;
	int fd = file_open(AT_FDCWD, path, &about, err);

	if (fd < 0)
		return errno == EINVAL ? error_prefix(err, "%s: ", path)
				       : error_errno(err, errno, "%s", path);
	if (secret_is_exposed(about.st_mode)) {
		close(fd);
		return error_set(err, ERROR_INPUT,
		    "everybody can read or write %s: \"chmod o= %s\" keeps others out", path, path);
	}
	return fd;
}

/* What of a line is not all of it would be a wrong password, and those lock accounts. */
static int
take_line(FILE *file, const char *path, char *line, size_t size, struct error *err)
{
	size_t length = 0;
	int c;

	while ((c = getc(file)) != EOF && c != '\n' && c != '\r' && length < size)
		line[length++] = (char)c;
	if (ferror(file))
		return error_errno(err, errno, "%s", path);
	if (length == size)
		return error_set(err, ERROR_INPUT, "the first line of %s has more than %zu bytes",
		    path, size - 1);
	line[length] = '\0';
	if (strlen(line) < length)
		return error_set(err, ERROR_INPUT,
		    "the first line of %s is no text, or in UTF-16: it has a NUL", path);
	if (line[0] == '\0')
		return error_set(err, ERROR_INPUT, "%s holds no password in its first line", path);
	return 0;
}

int
secret_read_line(const char *path, char *line, size_t size, struct error *err)
{
	FILE *file;
	int result;
	int fd;

	fd = secret_open(path, err);
	if (fd < 0)
		return error_prefix(err, "reading the password: ");
	file = fdopen(fd, "r");
	if (file == NULL) {
		close(fd);
		return error_no_memory(err);
	}
	setvbuf(file, NULL, _IONBF, 0); /* no copy of it stays in a buffer */
	result = take_line(file, path, line, size, err);
	fclose(file);
	if (result != 0)
		explicit_bzero(line, size);
	return result;
}
