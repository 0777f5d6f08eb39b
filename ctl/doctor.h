/*
 * The checks of smimectl doctor: one file a subject. Each adds its findings, what it saw also where
 * all is well. They change nothing.
 */
#ifndef SMIME_CTL_DOCTOR_H
#define SMIME_CTL_DOCTOR_H

#include "access.h"
#include "command.h"
#include "diagnosis.h"
#include "postfix.h"
#include "sendmail_cf.h"

/* As whom the unit and README run the daemon. */
#define DOCTOR_USER "smime-milter"

struct doctor {
	const struct ctl_options *options;
	const struct config *config;
	const char *listen; /* as in the configuration */
	struct diagnosis *diagnosis;
	bool has_user;
	struct access_user user; /* as whom the daemon runs, if it is known */
};

void doctor_clock(const struct doctor *doctor);
void doctor_files(const struct doctor *doctor);
void doctor_trust(const struct doctor *doctor);
void doctor_directory(const struct doctor *doctor);
/* First: who it runs as is learnt here. */
void doctor_daemon(struct doctor *doctor);
void doctor_postfix(const struct doctor *doctor, const struct postfix *postfix);
void doctor_sendmail(const struct doctor *doctor, const struct sendmail_cf *sendmail);

/* doctor_postfix_carrier.c: a service with our milter; second: others hand their mail on to it.
 * doctor_postfix_pair.c: one that hands its mail on. */
struct postfix_way;
void doctor_postfix_carrier(const struct doctor *doctor, const struct postfix *postfix,
    const struct postfix_way *way, bool second);
void doctor_postfix_pair(
    const struct doctor *doctor, const struct postfix *postfix, const struct postfix_way *way);
/* doctor_postfix_limits.c: sizes and times, for the services with our milter. */
void doctor_postfix_limits(const struct doctor *doctor, const struct postfix *postfix,
    const struct postfix_way *ways, size_t count);
/* doctor_postfix_order.c: who signs before us, and what comes after us. */
void doctor_postfix_order(const struct doctor *doctor, const struct postfix *postfix,
    const struct postfix_way *ways, size_t count);

#endif
