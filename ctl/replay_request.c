/* The options of a replay. */
#include "replay.h"

int
replay_request_take(struct replay_request *request, int option, const char *value)
{
	switch (option) {
	case 'm':
		request->mbox = value;
		return 1;
	case 'd':
		request->maildir = value;
		return 1;
	case 's':
		request->subfolders = true;
		return 1;
	case 'a':
		request->against = value;
		return 1;
	case 'i':
		if (request->ignore_count == REPLAY_IGNORE_MAX) {
			ctl_usage(&ctl_explain, "--ignore: at most %d", REPLAY_IGNORE_MAX);
			return -1;
		}
		request->ignore[request->ignore_count++] = value;
		return 1;
	default:
		return 0;
	}
}

bool
replay_request_is_made(const struct replay_request *request)
{
	return request->mbox != NULL || request->maildir != NULL;
}

enum ctl_status
replay_request_settle(const struct replay_request *request, int rest)
{
	if (request->mbox != NULL && request->maildir != NULL)
		return ctl_usage(&ctl_explain, "--mbox and --maildir exclude each other");
	if (request->subfolders && request->maildir == NULL)
		return ctl_usage(&ctl_explain, "--subfolders goes with --maildir");
	if (rest > 0)
		return ctl_usage(
		    &ctl_explain, "no message file is expected with --mbox and --maildir");
	return CTL_OK;
}

int
replay_request_choose(const struct replay_request *request, struct address_pattern *ignore,
    struct replay_choice *choice, struct error *err)
{
	size_t i;

	*choice = (struct replay_choice){.from = request->from,
	    .to = request->to,
	    .to_count = request->to_count,
	    .ignore = ignore};
	for (i = 0; i < request->ignore_count; i++) {
		if (address_pattern_parse(request->ignore[i], &ignore[i], err) != 0)
			return error_prefix(err, "--ignore %.200s: ", request->ignore[i]);
		choice->ignore_count++;
	}
	return 0;
}
