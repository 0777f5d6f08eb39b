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

int
secret_read_line(const char *path, char *line, size_t size, struct error *err)
{
	FILE *file;
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
	if (fgets(line, (int)size, file) == NULL)
		line[0] = '\0';
	fclose(file);
	line[strcspn(line, "\r\n")] = '\0';
	if (line[0] != '\0')
		return 0;
	explicit_bzero(line, size);
	return error_set(err, ERROR_INPUT, "%s holds no password in its first line", path);
}
