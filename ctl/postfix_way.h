/*
 * How mail that comes in at one of Postfix's services gets to our milter: by the service's own list,
 * or over a content filter that is a second smtpd. One thread.
 */
#ifndef SMIME_CTL_POSTFIX_WAY_H
#define SMIME_CTL_POSTFIX_WAY_H

#include "config/config.h"
#include "mta_milter.h"
#include "postfix.h"

#define POSTFIX_WAY_TEXT 256

enum postfix_way_kind {
	POSTFIX_WAY_NONE,   /* it does not */
	POSTFIX_WAY_MILTER, /* the service has our milter */
	POSTFIX_WAY_FILTER, /* the second smtpd has */
	POSTFIX_WAY_ABROAD, /* it has a content filter that is no service here: who knows */
};

struct postfix_way {
	enum postfix_way_kind kind;
	const struct postfix_service *service;
	const struct postfix_service *carrier; /* who has our milter; NULL */
	enum mta_milter_reach reach;           /* of the carrier */
	struct mta_milter item;                /* ours, of the carrier's list */
	char transport[POSTFIX_WAY_TEXT];      /* of the content filter; "": there is none */
};

/* The setting that has the service's milters: smtpd_milters, non_smtpd_milters for pickup. */
const char *postfix_way_list(const struct postfix_service *service);

/* Whether the service takes in mail of others: an smtpd, or pickup. */
bool postfix_way_begins(const struct postfix_service *service);

/* Finds the way. */
void postfix_way(const struct postfix *postfix, const struct postfix_service *service,
    const char *listen, struct postfix_way *way);

/* Whose chroot counts for a service's milters: pickup's are called by cleanup. NULL: nobody's. */
const struct postfix_service *postfix_way_caller(
    const struct postfix *postfix, const struct postfix_service *service);

/* Whether two ports are the same, named or as a number. */
bool postfix_way_same_port(const char *one, const char *other);

/* The port of an address ("[127.0.0.1]:10027", "127.0.0.1:10027", "smtp"). */
const char *postfix_way_port(const char *address);

/* Whether an smtpd is for senders: at port 587 or 465. */
bool postfix_way_is_submission(const struct postfix_service *service);

/* Whether mail that comes from loopback, as all does to a second smtpd, counts as outgoing. */
bool postfix_way_counts_loopback(const struct config *config);

#endif
