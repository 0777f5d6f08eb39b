#include "replay_maildir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "interrupt.h"

/* Longest path that is named: far more than a file name in REPLAY_FOLDER_DEPTH folders needs. */
#define PATH_SIZE 8192

struct walk {
	replay_visit *visit; /* NULL: only count */
	void *context;
	size_t most;
	bool subfolders;
	uint64_t count;
	uint64_t maildirs; /* folders that have cur or new */
	bool stopped;
	char path[PATH_SIZE];
};

/* Adds to the path; gives its length before, for cut(). What does not fit is missing from the name
 * only. */
static size_t
push(struct walk *walk, const char *name)
{
	size_t length = strlen(walk->path);

	snprintf(walk->path + length, sizeof(walk->path) - length, "/%s", name);
	return length;
}

static void
cut(struct walk *walk, size_t length)
{
	walk->path[length] = '\0';
}

static void
hand_over(struct walk *walk, struct buffer *whole, const struct error *why)
{
	struct replay_item item = {.name = walk->path,
	    .problem = why != NULL ? why->text : NULL,
	    .temporary = why != NULL && why->code == ERROR_TEMPORARY,
	    .whole = why == NULL ? whole : NULL,
	    .done = ++walk->count};

	if (interrupt_came() || (walk->visit != NULL && !walk->visit(walk->context, &item)))
		walk->stopped = true;
}

static void
take_message(struct walk *walk, int folder, const char *name)
{
	struct buffer whole = {.limit = walk->most};
	struct error err = ERROR_INIT;
	size_t before = push(walk, name);

	if (walk->visit == NULL) {
		hand_over(walk, NULL, NULL);
	} else if (file_read(folder, name, walk->most, &whole.data, &whole.size, &err) != 0) {
		hand_over(walk, NULL, &err);
	} else {
		whole.room = whole.size + 1;
		hand_over(walk, &whole, NULL);
		buffer_free(&whole);
	}
	cut(walk, before);
}

/* Opens a folder within a folder, its own name no link. NULL: errno says why. */
static DIR *
open_folder(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *opened = fd >= 0 ? fdopendir(fd) : NULL;
	int why = errno;

	if (opened == NULL && fd >= 0)
		close(fd);
	errno = why;
	return opened;
}

static void
refuse(struct walk *walk, const char *why)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_INPUT, "%s", why);
	hand_over(walk, NULL, &err);
}

/* A folder that can't be read is one problem. */
static void
tell(struct walk *walk, int why, const char *doing)
{
	struct error err = ERROR_INIT;

	error_errno(&err, why, "%s", doing);
	hand_over(walk, NULL, &err);
}

/* The files in cur or new. */
static void
take_messages(struct walk *walk, int folder, const char *name)
{
	size_t before = push(walk, name);
	const struct dirent *entry;
	DIR *opened = open_folder(folder, name);

	if (opened != NULL) {
		walk->maildirs++;
		errno = 0;
		while (!walk->stopped && (entry = readdir(opened)) != NULL) {
			if (entry->d_name[0] != '.')
				take_message(walk, dirfd(opened), entry->d_name);
			errno = 0;
		}
		if (!walk->stopped && errno != 0)
			tell(walk, errno, "reading the folder");
		closedir(opened);
	} else if (errno != ENOENT) {
		walk->maildirs++;
		tell(walk, errno, "opening the folder");
	}
	cut(walk, before);
}

static bool
is_own(const char *name)
{
	static const char *const own[] = {".", "..", "cur", "new", "tmp"};
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(own); i++) {
		if (strcmp(name, own[i]) == 0)
			return true;
	}
	return false;
}

static void walk_folder(struct walk *walk, DIR *folder, int depth);

/* What stands in a folder beside cur and new: other folders, or files that are not mail. */
static void
look_into(struct walk *walk, int folder, const char *name, int depth)
{
	size_t before = push(walk, name);
	struct stat about;
	DIR *opened;

	if (fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) != 0) {
		tell(walk, errno, "looking at it");
	} else if (S_ISDIR(about.st_mode)) {
		opened = depth < REPLAY_FOLDER_DEPTH ? open_folder(folder, name) : NULL;
		if (opened != NULL)
			walk_folder(walk, opened, depth + 1);
		else if (depth < REPLAY_FOLDER_DEPTH)
			tell(walk, errno, "opening the folder");
		else
			refuse(walk, "a folder so deep within others is not looked into");
		if (opened != NULL)
			closedir(opened);
	} else if (S_ISLNK(about.st_mode)) {
		refuse(walk, "a symbolic link: it is not followed");
	}
	cut(walk, before);
}

/* Its own messages, then those of the folders in it. Recursion ends at REPLAY_FOLDER_DEPTH. */
static void
walk_folder(struct walk *walk, DIR *folder, int depth)
{
	const struct dirent *entry;

	take_messages(walk, dirfd(folder), "cur");
	if (!walk->stopped)
		take_messages(walk, dirfd(folder), "new");
	if (!walk->subfolders)
		return;
	while (!walk->stopped && (entry = readdir(folder)) != NULL) {
		if (!is_own(entry->d_name))
			look_into(walk, dirfd(folder), entry->d_name, depth);
	}
}

static int
walk_all(struct walk *walk, const char *path, struct error *err)
{
	DIR *folder = opendir(path);

	if (folder == NULL) {
		error_errno(err, errno, "%s", path);
		err->code = ERROR_INPUT;
		return -1;
	}
	snprintf(walk->path, sizeof(walk->path), "%s", path);
	walk_folder(walk, folder, 0);
	closedir(folder);
	if (walk->maildirs == 0 && !walk->stopped)
		return error_set(err, ERROR_INPUT, "%s is no Maildir: it has neither cur nor new%s",
		    path,
		    walk->subfolders ? ", nor has a folder in it"
				     : " (folders in it: --subfolders)");
	return 0;
}

int
replay_maildir_each(const char *path, bool subfolders, size_t most, replay_visit *visit,
    void *context, struct error *err)
{
	struct walk walk = {
	    .visit = visit, .context = context, .most = most, .subfolders = subfolders};

	return walk_all(&walk, path, err);
}

int
replay_maildir_count(const char *path, bool subfolders, uint64_t *count, struct error *err)
{
	struct walk walk = {.subfolders = subfolders};
	int result = walk_all(&walk, path, err);

	*count = walk.count;
	return result;
}
