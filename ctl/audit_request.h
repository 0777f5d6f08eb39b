/* What smimectl audit is asked for on its command line. Texts are the command line's. */
#ifndef SMIME_CTL_AUDIT_REQUEST_H
#define SMIME_CTL_AUDIT_REQUEST_H

#include <stdbool.h>

#include "base/compiler.h"
#include "command.h"
#include "survey.h"

struct audit_request {
	struct ctl_options options;
	const char *directory; /* title; NULL: all */
	const char *from;
	const char *html;
	enum survey_form form;
	int days;
	survey_kinds fail_on;
	bool fail_on_given;
	survey_kinds only;
};

/* Reads the command line. 0, or -1: what is wrong was said on standard error. */
MUST_CHECK int audit_request_read(
    struct audit_request *request, const struct ctl_options *defaults, int count, char **arguments);

#endif
