#include "trust_reload.h"

#include <stdio.h>

#include "base/log.h"

/* Twenty thousand certificates are sorted in between; smimectl waits 10 s in all. Milliseconds. */
#define REBASE_TIME ((int64_t)5 * 1000)

static void
on_late(void *context, const struct trust *before, const struct trust *after)
{
	(void)trust_log_changes(before, after, "trust-reload");
	pending_settle(context, after);
	log_info(
	    "trust: what was read again is in force now: %zu count", trust_anchor_count(after));
}

static int
put_in_force(struct resolver *resolver, struct trust *trust, struct pending *pending,
    const char *who, struct trust_reload_outcome *outcome, struct error *err)
{
	struct trust *before = resolver_trust(resolver);
	struct trust *after;
	int status = resolver_rebase_trust(resolver, trust, REBASE_TIME, on_late, pending, err);

	if (status == 0) {
		after = resolver_trust(resolver);
		outcome->anchors = trust_anchor_count(after);
		outcome->changes = trust_log_changes(before, after, who);
		pending_settle(pending, after);
		trust_unref(after);
	}
	trust_unref(before);
	return status;
}

int
trust_reload(struct daemon *daemon, struct pending *pending, uid_t user,
    struct trust_reload_outcome *outcome, struct error *err)
{
	struct snapshot *snapshot;
	struct trust *trust;
	char who[32];
	int status = -1;

	snprintf(who, sizeof(who), "user %lu", (unsigned long)user);
	daemon_lock_reading(daemon);
	snapshot = daemon_snapshot(daemon);
	trust = trust_load(snapshot->config, err);
	if (trust != NULL)
		status = put_in_force(snapshot->resolver, trust, pending, who, outcome, err);
	daemon_unlock_reading(daemon);
	if (status == 0)
		log_info(
		    "trust: %s had the anchors read again: %zu count now", who, outcome->anchors);
	else
		log_error("trust: %s wanted the anchors read again: %s", who, err->text);
	trust_unref(trust);
	snapshot_unref(snapshot);
	return status;
}
