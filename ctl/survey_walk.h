/*
 * Goes through directories for smimectl audit: has each entry judged by the resolver, some at a time,
 * and counts and prints them in the directory's order. One thread.
 */
#ifndef SMIME_CTL_SURVEY_WALK_H
#define SMIME_CTL_SURVEY_WALK_H

#include <stdbool.h>

#include "base/compiler.h"
#include "command.h"
#include "message/snapshot.h"
#include "progress.h"
#include "survey.h"

struct survey_walk {
	struct snapshot *snapshot;
	const struct address *sender; /* for the choice of rules */
	struct survey *survey;
	enum survey_form form;
	survey_kinds only; /* entries that are printed: with one of these; 0: all */
	struct progress progress;
	char incomplete[1024]; /* why not all was seen; "": it was */
};

/* Goes through one. CTL_OK: all was seen. Else it was not, which `incomplete` tells then, and standard
 * error: CTL_TEMPORARY, CTL_USAGE (the server's limit), CTL_INTERRUPTED. */
enum ctl_status survey_walk(struct survey_walk *walk, const struct config_directory *directory);

#endif
