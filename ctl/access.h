/*
 * What another user may do with a file, by the modes and owners of it and the folders above it. Lists
 * of access rights (ACLs) and capabilities are not looked at. One thread.
 */
#ifndef SMIME_CTL_ACCESS_H
#define SMIME_CTL_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/compiler.h"

/* Groups of one user that are looked at. */
#define ACCESS_GROUPS_MAX 256
#define ACCESS_TEXT 512

struct access_user {
	char name[64];
	uid_t uid;
	gid_t groups[ACCESS_GROUPS_MAX];
	size_t group_count;
};

/* By name. false: there is none. */
bool access_user(const char *name, struct access_user *user);

/* Adds a group that the user's process is in, too. */
void access_join(struct access_user *user, gid_t group);

/* Whether the user may: want is R_OK, W_OK, X_OK together. What is in the way is written to
 * why[ACCESS_TEXT]: "/x may not be entered (mode 0700, root:root)". */
bool access_may(const struct access_user *user, const char *path, int want, char *why);

#endif
