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

/* Within a transaction of the daemon, which ends here if no message begins. */
static enum session_begin
begin_message(struct session *session, const char *sender)
{
	struct snapshot *snapshot = daemon_snapshot(session->daemon);
	enum session_begin result = SESSION_UNTOUCHED;
	struct error err = ERROR_INIT;

	if (origin_is_outgoing(&session->origin, snapshot->config)) {
		session->message = message_new(snapshot, &session->origin, sender, &err);
		result = session->message != NULL ? SESSION_OUTGOING : SESSION_FAILED;
	}
	if (result == SESSION_FAILED)
		log_error("can't begin a message: %s", err.text);
	snapshot_unref(snapshot);
	if (session->message == NULL)
		daemon_end(session->daemon);
	return result;
}

enum session_begin
session_begin_message(struct session *session, const char *sender, const char *user)
{
	enum session_begin result;

	session_end_message(session);
	if (!daemon_begin(session->daemon))
		return SESSION_STOPPING;
	session->origin.user = user;
	result = begin_message(session, sender);
	session->origin.user = NULL; /* borrowed from the MTA for this call only */
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
