/*
 * What smimectl setup prints: commands to be pasted into a shell, or lines for sendmail.mc, and
 * comments that say why. Nothing is changed. One file an MTA; setup.c is the command.
 */
#ifndef SMIME_CTL_SETUP_H
#define SMIME_CTL_SETUP_H

#include <jansson.h>
#include <stdbool.h>

#include "command.h"
#include "postfix.h"
#include "sendmail_cf.h"

/* Services that --service names. */
#define SETUP_SERVICES_MAX 20
/* Bytes of one value. */
#define SETUP_VALUE_MAX 4096

struct setup {
	struct ctl_options options;
	const struct config *config;
	const char *listen;         /* as in the configuration */
	const char *postfix_config; /* folder of the instance; NULL: the default one */
	const char *postconf;
	const char *sendmail_cf;
	const char *services[SETUP_SERVICES_MAX]; /* where outgoing mail comes in */
	size_t service_count;
	bool plain;      /* a milter at each service, in place of one recipient at a time */
	int port;        /* of the second smtpd; 0: the first that master.cf has free */
	int64_t largest; /* bytes that senders may send; 0: nobody said */
	json_t *lines;   /* {"comment"} or {"command"} in their order */
	bool failed;     /* one could not be added */
	struct error err;
};

/* Adds a comment, a line; or what is to be run or written. */
void setup_comment(struct setup *setup, const char *format, ...) PRINTF_LIKE(2, 3);
void setup_command(struct setup *setup, const char *format, ...) PRINTF_LIKE(2, 3);

/* The text as one word of a shell, in out[size]. One that has control characters, or no room, makes
 * the setup fail. Returns out. */
const char *setup_quote(struct setup *setup, const char *text, char *out, size_t size);

void setup_postfix(struct setup *setup, const struct postfix *postfix);
void setup_sendmail(struct setup *setup, const struct sendmail_cf *sendmail);

/* setup_postfix_set.c: a setting of main.cf (service NULL) or of a service in master.cf ("seal/unix"),
 * which need not be there yet; a comment where it is right already. */
void setup_postfix_set(struct setup *setup, const struct postfix *postfix, const char *service,
    const char *name, const char *value);
/* A service. chrooted: its column. */
void setup_postfix_service(struct setup *setup, const struct postfix *postfix, const char *id,
    const char *type_and_privacy, bool chrooted, const char *command);
void setup_postfix_reload(struct setup *setup);

/* setup_postfix_list.c: milters with ours among them, behind scanners and before signers; or those
 * that go before it or behind it, without it. */
enum setup_part {
	SETUP_ALL,   /* scanners, ours, signers */
	SETUP_FIRST, /* scanners */
	SETUP_LAST,  /* ours, signers */
	SETUP_OTHERS /* scanners and signers */
};
void setup_postfix_list(struct setup *setup, const struct postfix *postfix, const char *list,
    const char *ours, enum setup_part part, char out[SETUP_VALUE_MAX]);
/* Whether the list has a signer or ours. */
bool setup_postfix_has_late(
    const struct setup *setup, const struct postfix *postfix, const char *list);
/* Comments on what signs and scans as well. */
void setup_postfix_note_scanners(struct setup *setup, const char *list);

/* setup_postfix_port.c: whether nobody but a second smtpd of ours has the port of loopback; a bare smtpd
 * there is what an earlier attempt has left. */
bool setup_postfix_port_is_free(
    const struct setup *setup, const struct postfix *postfix, const char *port);

/* setup_postfix_plain.c, setup_postfix_single.c: the two ways. */
void setup_postfix_plain(struct setup *setup, const struct postfix *postfix);
void setup_postfix_single(struct setup *setup, const struct postfix *postfix);

#endif
