#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
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
