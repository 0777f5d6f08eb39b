#include "access.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool
access_user(const char *name, struct access_user *user)
{
	const struct passwd *entry = getpwnam(name);
	int count = ACCESS_GROUPS_MAX - 1; /* room for one more */

	if (entry == NULL)
		return false;
	snprintf(user->name, sizeof(user->name), "%s", name);
	user->uid = entry->pw_uid;
	if (getgrouplist(name, entry->pw_gid, user->groups, &count) < 0)
		count = ACCESS_GROUPS_MAX - 1; /* the others are not looked at */
	user->group_count = (size_t)count;
	return true;
}

void
access_join(struct access_user *user, gid_t group)
{
	if (user->group_count < ACCESS_GROUPS_MAX)
		user->groups[user->group_count++] = group;
}

static bool
is_in(const struct access_user *user, gid_t group)
{
	size_t i;

	for (i = 0; i < user->group_count; i++) {
		if (user->groups[i] == group)
			return true;
	}
	return false;
}

static bool
allows(const struct access_user *user, const struct stat *about, int want)
{
	mode_t mode = about->st_mode;

	if (user->uid == 0)
		return true;
	if (about->st_uid == user->uid)
		mode >>= 6;
	else if (is_in(user, about->st_gid))
		mode >>= 3;
	return ((int)mode & want) == want; /* R_OK, W_OK and X_OK are 4, 2 and 1 */
}

static void
describe(const struct stat *about, const char *path, const char *what, char *why)
{
	const struct passwd *owner = getpwuid(about->st_uid);
	char owner_name[64];
	const struct group *group;

	if (owner != NULL)
		snprintf(owner_name, sizeof(owner_name), "%s", owner->pw_name);
	else
		snprintf(owner_name, sizeof(owner_name), "%lu", (unsigned long)about->st_uid);
	group = getgrgid(about->st_gid);
	snprintf(why, ACCESS_TEXT, "%.300s %s (mode %04o, %s:%s)", path, what,
	    (unsigned)about->st_mode & 07777, owner_name, group != NULL ? group->gr_name : "?");
}

static bool
look(const struct access_user *user, const char *path, int want, const char *what, char *why)
{
	struct stat about;

	if (stat(path, &about) != 0) {
		snprintf(why, ACCESS_TEXT, "%.300s: %s", path, strerror(errno));
		return false;
	}
	if (allows(user, &about, want))
		return true;
	describe(&about, path, what, why);
	return false;
}

bool
access_may(const struct access_user *user, const char *path, int want, char *why)
{
	char folder[PATH_MAX];
	size_t i;

	if (strlen(path) >= sizeof(folder)) {
		snprintf(why, ACCESS_TEXT, "%.300s… is too long a path", path);
		return false;
	}
	for (i = 0; path[i] != '\0'; i++) {
		folder[i] = path[i];
		if (path[i] != '/')
			continue;
		folder[i + 1] = '\0';
		if (!look(user, folder, X_OK, "may not be entered", why))
			return false;
	}
	return look(user, path, want,
	    (want & W_OK) != 0   ? "may not be written to"
	    : (want & R_OK) != 0 ? "may not be read"
				 : "may not be entered",
	    why);
}
