#include "session.h"

#include <stdlib.h>

#include "base/log.h"

struct session *
session_new(struct daemon *daemon, const struct sockaddr *peer)
{
	struct session *session = calloc(1, sizeof(*session));

	if (session == NULL)
		return NULL;
	session->daemon = daemon;
	origin_set_peer(&session->origin, peer);
	return session;
}

void
session_free(struct session *session)
{
	if (session == NULL)
		return;
	session_end_message(session);
	free(session);
}

enum session_begin
session_begin_message(struct session *session, const char *sender, const char *user)
{
	struct snapshot *snapshot = daemon_snapshot(session->daemon);
	enum session_begin result = SESSION_UNTOUCHED;
	struct error err = ERROR_INIT;

	session_end_message(session);
	session->origin.user = user;
	if (!origin_is_outgoing(&session->origin, snapshot->config))
		goto done;
	result = SESSION_STOPPING;
	if (!daemon_begin(session->daemon))
		goto done;
	session->message = message_new(snapshot, &session->origin, sender, &err);
	result = SESSION_OUTGOING;
	if (session->message == NULL) {
		log_error("can't begin a message: %s", err.text);
		daemon_end(session->daemon);
		result = SESSION_FAILED;
	}
done:
	session->origin.user = NULL; /* borrowed from the MTA for this call only */
	snapshot_unref(snapshot);
	return result;
}

void
session_end_message(struct session *session)
{
	if (session->message == NULL)
		return;
	message_free(session->message);
	session->message = NULL;
	daemon_end(session->daemon);
}
