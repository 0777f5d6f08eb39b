/*
 * smimectl explain --mbox and --maildir: past mail, decided on by a policy that is to come, and what
 * that would change.
 */
#ifndef SMIME_CTL_REPLAY_H
#define SMIME_CTL_REPLAY_H

#include <stdbool.h>

#include "command.h"
#include "replay_envelope.h"

#define REPLAY_IGNORE_MAX 100

/* As the command line says it; all borrowed. */
struct replay_request {
	const char *mbox;    /* a file, "-" for standard input; or */
	const char *maildir; /* a folder; both NULL: nothing is to be replayed */
	bool subfolders;
	const char *against; /* the configuration in force; NULL: none to compare with */
	const char *ignore[REPLAY_IGNORE_MAX]; /* address patterns */
	size_t ignore_count;
	const char *from; /* instead of what the messages say; NULL */
	const char *const *to;
	size_t to_count; /* 0: what the messages say */
	const char *user;
};

/* Its options, for getopt_long(). */
#define REPLAY_OPTIONS                                                                         \
	{"mbox", required_argument, NULL, 'm'}, {"maildir", required_argument, NULL, 'd'},     \
	    {"subfolders", no_argument, NULL, 's'}, {"against", required_argument, NULL, 'a'}, \
	{                                                                                      \
		"ignore", required_argument, NULL, 'i'                                         \
	}

/* Takes one: 1 if it was one of them, 0 if not, -1 said what is wrong. */
int replay_request_take(struct replay_request *request, int option, const char *value);
bool replay_request_is_made(const struct replay_request *request);
/* When all were taken, and so many arguments are left: CTL_OK, or said what is wrong. */
enum ctl_status replay_request_settle(const struct replay_request *request, int rest);

/* Whom it speaks of. ignore[REPLAY_IGNORE_MAX]: room for the patterns; as many as choice says then
 * are to be freed, also on error. */
MUST_CHECK int replay_request_choose(const struct replay_request *request,
    struct address_pattern *ignore, struct replay_choice *choice, struct error *err);

enum ctl_status replay_run(const struct replay_request *request, const struct ctl_options *options);

#endif
