#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool
secret_is_exposed(mode_t mode)
{
	return (mode & (S_IROTH | S_IWOTH)) != 0;
}

static int
check(int fd, const char *path, struct error *err)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return error_errno(err, errno, "%s", path);
	if (!S_ISREG(status.st_mode))
		return error_set(err, ERROR_INPUT, "%s is not a file", path);
	if (secret_is_exposed(status.st_mode))
		return error_set(err, ERROR_INPUT,
		    "everybody can read or write %s: \"chmod o= %s\" keeps others out", path, path);
	return 0;
}

int
secret_open(const char *path, struct error *err)
{
	/* Without O_NONBLOCK a pipe would be waited for. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return error_errno(err, errno, "%s", path);
	if (check(fd, path, err) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}
