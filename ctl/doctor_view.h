/* What the checks of one directory server share: doctor_directory.c, doctor_schema.c and
 * doctor_speed.c. */
#ifndef SMIME_CTL_DOCTOR_VIEW_H
#define SMIME_CTL_DOCTOR_VIEW_H

#include "directory/inquiry.h"
#include "doctor.h"

struct doctor_view {
	const struct doctor *doctor;
	const struct config_directory *directory;
	const char *uri;
	struct inquiry *inquiry;
	uint64_t connection;
	char *filter; /* of an address that nobody has */
	bool indexed; /* what cn=config says was seen */
	bool covered; /* … and has an index for the attribute looked for */
	const char *attribute;
};

/* A question for whether something is there: no attributes. It has ANSWER_TIME from now. */
struct pool_question doctor_view_question(
    const struct doctor_view *view, const char *base, int scope, const char *filter);

/* libldap's name of the section's scope. */
int doctor_view_scope(const struct doctor_view *view);

/* Whether its schema, if it can be read, has the attributes looked for. false: not those by which
 * entries are found, which is told. */
bool doctor_schema(struct doctor_view *view);

/* Whether there is something where trust sections take CAs and CRLs from. */
void doctor_bases(struct doctor_view *view);

/* How long a look-up takes, and whether that is for want of an index. */
void doctor_speed(struct doctor_view *view);

#endif
