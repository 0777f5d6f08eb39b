#include "audit_request.h"

#include <getopt.h>
#include <stdlib.h>

#include "judgement.h"

/* Within how many days an expiry is soon, if not said; and what may be said. */
#define DAYS_DEFAULT 30
#define DAYS_MAX 3650

static int
read_days(const char *text, int *days)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (end == text || *end != '\0' || number < 0 || number > DAYS_MAX)
		return -1;
	*days = (int)number;
	return 0;
}

static bool
choose_form(struct audit_request *request, enum survey_form form)
{
	if (request->form == SURVEY_SUMMARY || request->form == form) {
		request->form = form;
		return true;
	}
	ctl_usage(&ctl_audit, "--json, --table and --csv exclude each other");
	return false;
}

/* One option. false: said what is wrong. */
static bool
take_option(struct audit_request *request, int option, const char *value)
{
	struct error err = ERROR_INIT;

	switch (option) {
	case 'd':
		request->directory = value;
		return true;
	case 'f':
		request->from = value;
		return true;
	case 'H':
		request->html = value;
		return true;
	case 't':
		return choose_form(request, SURVEY_TABLE);
	case 'C':
		return choose_form(request, SURVEY_CSV);
	case 'J':
		return choose_form(request, SURVEY_JSON);
	case 'e':
		if (read_days(value, &request->days) == 0)
			return true;
		ctl_usage(
		    &ctl_audit, "--expiring: a number of days from 0 to %d is expected", DAYS_MAX);
		return false;
	case 'F':
		request->fail_on_given = true;
		if (survey_kinds_read(value, &request->fail_on, &err) == 0)
			return true;
		break;
	case 'o':
		if (survey_kinds_read(value, &request->only, &err) == 0)
			return true;
		break;
	default:
		return ctl_common_option(&ctl_audit, option, value, &request->options) == 1;
	}
	ctl_usage(&ctl_audit, "--%s: %s", option == 'F' ? "fail-on" : "only", err.text);
	return false;
}

/* What does not go together. false: said so. */
static bool
fits_together(const struct audit_request *request)
{
	if (request->only == 0 || request->form != SURVEY_SUMMARY)
		return true;
	ctl_usage(&ctl_audit, "--only goes with --table, --csv or --json");
	return false;
}

int
audit_request_read(
    struct audit_request *request, const struct ctl_options *defaults, int count, char **arguments)
{
	static const struct option known[] = {CTL_LONG_OPTIONS,
	    {"directory", required_argument, NULL, 'd'}, {"from", required_argument, NULL, 'f'},
	    {"expiring", required_argument, NULL, 'e'}, {"table", no_argument, NULL, 't'},
	    {"csv", no_argument, NULL, 'C'}, {"html", required_argument, NULL, 'H'},
	    {"fail-on", required_argument, NULL, 'F'}, {"only", required_argument, NULL, 'o'},
	    {NULL, 0, NULL, 0}};
	int option;

	*request = (struct audit_request){
	    .options = *defaults, .from = JUDGEMENT_ANY_SENDER, .days = DAYS_DEFAULT};
	while ((option = getopt_long(count, arguments, CTL_SHORT_OPTIONS, known, NULL)) != -1) {
		if (!take_option(request, option, optarg))
			return -1;
	}
	if (optind < count) {
		ctl_usage(&ctl_audit, "\"%s\" is not expected", arguments[optind]);
		return -1;
	}
	return fits_together(request) ? 0 : -1;
}
