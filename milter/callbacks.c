#include "callbacks.h"

#include <libmilter/mfapi.h>
#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "base/clock.h"
#include "base/log.h"
#include "session.h"

/* The only state of the process beside the log: libmilter's callbacks have no argument of ours. */
static struct daemon *the_daemon;
static struct waker *the_waker;

static sfsistat
reply(SMFICTX *ctx, const char *code, const char *status, const char *text)
{
	smfi_setmlreply(ctx, code, status, text, NULL);
	return SMFIS_TEMPFAIL;
}

static sfsistat
try_later(SMFICTX *ctx, const char *text)
{
	return reply(ctx, "451", "4.3.0", text);
}

/* NULL where the MTA does not tell. */
static const char *
macro(SMFICTX *ctx, const char *name)
{
	/* libmilter declares its argument without const but only reads it. */
	union {
		const char *in;
		char *out;
	} symbol = {name};
	const char *value = smfi_getsymval(ctx, symbol.out);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

/* The session, with the log naming its message from here on. */
static struct session *
enter(SMFICTX *ctx)
{
	struct session *session = smfi_getpriv(ctx);
	const char *queue_id = NULL;

	if (session != NULL && session->message != NULL) {
		if (message_queue_id(session->message)[0] == '\0')
			message_set_queue_id(session->message, macro(ctx, "i"));
		queue_id = message_queue_id(session->message);
	}
	log_context(queue_id);
	return session;
}

/* The path alone of a command's first argument, free(); NULL without memory. */
static char *
path_of(char **arguments)
{
	return strndup(arguments[0], address_path_length(arguments[0]));
}

/* What we want of what the MTA offers. SMFIP_NR_*: no answer is waited for, none is given. */
#define WANTED_ACTIONS (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY)
#define WANTED_STEPS                                                                    \
	(SMFIP_NOHELO | SMFIP_NOUNKNOWN | SMFIP_NODATA | SMFIP_NR_CONN | SMFIP_NR_HDR | \
	    SMFIP_SKIP | SMFIP_HDR_LEADSPC)

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps, unsigned long f2 UNUSED,
    unsigned long f3 UNUSED, unsigned long *want_actions, unsigned long *want_steps,
    unsigned long *want_f2, unsigned long *want_f3)
{
	static char mail_macros[] = "i {auth_authen} {auth_type}";
	static char rcpt_macros[] = "i";
	static char eoh_macros[] = "i";

	log_context(NULL);
	if ((actions & WANTED_ACTIONS) != WANTED_ACTIONS ||
	    (steps & (SMFIP_NR_CONN | SMFIP_NR_HDR | SMFIP_SKIP | SMFIP_HDR_LEADSPC)) !=
		(SMFIP_NR_CONN | SMFIP_NR_HDR | SMFIP_SKIP | SMFIP_HDR_LEADSPC)) {
		log_error("the MTA offers too little (actions %#lx, steps %#lx): milter protocol 6 "
			  "is needed, with changing header and body",
		    actions, steps);
		return SMFIS_REJECT;
	}
	*want_actions = WANTED_ACTIONS;
	*want_steps = steps & WANTED_STEPS;
	*want_f2 = 0;
	*want_f3 = 0;
	if ((actions & SMFIF_SETSYMLIST) != 0) {
		*want_actions |= SMFIF_SETSYMLIST;
		smfi_setsymlist(ctx, SMFIM_ENVFROM, mail_macros);
		smfi_setsymlist(ctx, SMFIM_ENVRCPT, rcpt_macros);
		smfi_setsymlist(ctx, SMFIM_EOH, eoh_macros);
	}
	return SMFIS_CONTINUE;
}

static sfsistat
on_connect(SMFICTX *ctx, char *host UNUSED, _SOCK_ADDR *peer)
{
	struct session *session = session_new(the_daemon, peer);

	log_context(NULL);
	if (session == NULL)
		log_error("can't begin a session: out of memory");
	else if (smfi_setpriv(ctx, session) != MI_SUCCESS)
		session_free(session);
	return SMFIS_NOREPLY;
}

static sfsistat
on_mail(SMFICTX *ctx, char **arguments)
{
	struct session *session = enter(ctx);
	char *sender = path_of(arguments);
	enum session_begin begun = SESSION_FAILED;

	if (session != NULL && sender != NULL)
		begun = session_begin_message(session, sender, macro(ctx, "{auth_authen}"));
	free(sender);
	switch (begun) {
	case SESSION_OUTGOING:
		return SMFIS_CONTINUE;
	case SESSION_UNTOUCHED:
		return SMFIS_ACCEPT;
	case SESSION_STOPPING:
		return try_later(ctx, "The mail gateway is being restarted; try again later");
	case SESSION_FAILED:
		break;
	}
	return try_later(ctx, "The mail gateway is out of memory; try again later");
}

static sfsistat
on_recipient(SMFICTX *ctx, char **arguments)
{
	struct session *session = enter(ctx);
	char *recipient = path_of(arguments);
	bool taken;

	if (session == NULL || session->message == NULL || recipient == NULL) {
		free(recipient);
		return SMFIS_TEMPFAIL;
	}
	taken = message_recipient(session->message, recipient);
	free(recipient);
	if (taken)
		return SMFIS_CONTINUE;
	return reply(ctx, "452", "4.5.3",
	    "Too many recipients for one message: send to the rest separately");
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
	struct session *session = enter(ctx);

	if (session != NULL && session->message != NULL)
		message_header(session->message, name, value);
	return SMFIS_NOREPLY;
}

/* The only place where a message waits: for its tickets, by their deadline; at the end of the header,
 * and at the end of the body. */
static void
wait_for_tickets(struct message *message)
{
	struct ticket *ticket;
	int64_t deadline;

	ticket = message_pending(message, &deadline);
	if (ticket == NULL)
		return;
	waker_begin(the_waker);
	do {
		ticket_wait(ticket, deadline);
		ticket = message_pending(message, &deadline);
	} while (ticket != NULL);
	waker_end(the_waker);
}

static sfsistat
on_end_of_headers(SMFICTX *ctx)
{
	struct session *session = enter(ctx);

	if (session == NULL || session->message == NULL)
		return SMFIS_TEMPFAIL;
	message_end_of_headers(session->message);
	wait_for_tickets(session->message);
	message_join(session->message);
	/* Whether the body is wanted is said at its first piece: SMFIS_SKIP is an answer to that.
	 */
	return SMFIS_CONTINUE;
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *bytes, size_t size)
{
	struct session *session = enter(ctx);

	if (session == NULL || session->message == NULL)
		return SMFIS_TEMPFAIL;
	return message_body(session->message, (const char *)bytes, size) ? SMFIS_CONTINUE
									 : SMFIS_SKIP;
}

static sfsistat
on_end_of_message(SMFICTX *ctx)
{
	struct session *session = enter(ctx);
	const struct message_result *result;
	sfsistat status;

	if (session == NULL || session->message == NULL)
		return SMFIS_TEMPFAIL;
	message_end_of_body(session->message);
	wait_for_tickets(session->message);
	result = message_end(session->message);
	status = apply_result(ctx, session->message, result);
	session_end_message(session);
	log_context(NULL);
	return status;
}

static sfsistat
on_abort(SMFICTX *ctx)
{
	struct session *session = enter(ctx);

	if (session != NULL)
		session_end_message(session);
	log_context(NULL);
	return SMFIS_CONTINUE;
}

static sfsistat
on_close(SMFICTX *ctx)
{
	struct session *session = enter(ctx);

	if (session != NULL) {
		smfi_setpriv(ctx, NULL);
		session_free(session);
	}
	log_context(NULL);
	return SMFIS_CONTINUE;
}

int
callbacks_register(struct daemon *daemon, struct waker *waker, struct error *err)
{
	static char name[] = "smime-milter";
	struct smfiDesc description;

	memset(&description, 0, sizeof(description));
	description.xxfi_name = name;
	description.xxfi_version = SMFI_VERSION;
	description.xxfi_flags = WANTED_ACTIONS;
	description.xxfi_connect = on_connect;
	description.xxfi_envfrom = on_mail;
	description.xxfi_envrcpt = on_recipient;
	description.xxfi_header = on_header;
	description.xxfi_eoh = on_end_of_headers;
	description.xxfi_body = on_body;
	description.xxfi_eom = on_end_of_message;
	description.xxfi_abort = on_abort;
	description.xxfi_close = on_close;
	description.xxfi_negotiate = on_negotiate;
	the_daemon = daemon;
	the_waker = waker;
	if (smfi_register(description) != MI_SUCCESS)
		return error_set(err, ERROR_INTERNAL, "libmilter refused the callbacks");
	return 0;
}
