/* smimectl trust: whom the daemon trusts, and whom it met and does not. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "trust_command.h"

static const struct {
	const char *name;
	enum ctl_status (*run)(const struct trust_request *request);
	const char *argument; /* what it wants; NULL: nothing */
	bool takes_domains;
} verbs[] = {
    {"list", trust_list, NULL, false},
    {"pending", trust_pending, NULL, false},
    {"show", trust_show, "FINGERPRINT", false},
    {"add", trust_add, "FINGERPRINT or FILE", true},
    {"remove", trust_remove, "FINGERPRINT", false},
    {"reload", trust_reload, NULL, false},
};

static bool
add_domain(struct trust_request *request, const char *text)
{
	struct error err = ERROR_INIT;
	char *domain = NULL;
	bool well = address_domain_parse(text, &domain, &err) == 0 &&
		    trust_added_domain(&request->named, domain, &err) == 0;

	free(domain);
	if (!well)
		ctl_usage(&ctl_trust, "--for \"%s\": %s", text, err.text);
	return well;
}

static enum ctl_status
run_verb(struct trust_request *request, int count, char **arguments)
{
	size_t i = 0;

	if (count == 0)
		return ctl_usage(
		    &ctl_trust, "list, pending, show, add, remove or reload is expected");
	while (i < ARRAY_LENGTH(verbs) && strcmp(verbs[i].name, arguments[0]) != 0)
		i++;
	if (i == ARRAY_LENGTH(verbs))
		return ctl_usage(&ctl_trust,
		    "\"%s\" is none of list, pending, show, add, remove and reload", arguments[0]);
	if (verbs[i].argument != NULL && count < 2)
		return ctl_usage(
		    &ctl_trust, "%s: a %s is expected", verbs[i].name, verbs[i].argument);
	if (count > (verbs[i].argument != NULL ? 2 : 1))
		return ctl_usage(&ctl_trust, "%s: \"%s\" is one argument too many", verbs[i].name,
		    arguments[count - 1]);
	if (request->named.domains.count > 0 && !verbs[i].takes_domains)
		return ctl_usage(&ctl_trust, "--for goes with add only");
	if (request->options.at != 0)
		clock_hold_wall(request->options.at);
	request->argument = arguments[1];
	request->config = ctl_config(&request->options);
	return request->config != NULL ? verbs[i].run(request) : CTL_USAGE;
}

static enum ctl_status
run(const struct ctl_options *defaults, int count, char **arguments)
{
	static const struct option known[] = {CTL_LONG_OPTIONS,
	    {"for", required_argument, NULL, 'f'}, {"yes", no_argument, NULL, 'y'},
	    {"no-check", no_argument, NULL, 'n'}, {NULL, 0, NULL, 0}};
	struct trust_request request = {.options = *defaults};
	enum ctl_status status = CTL_OK;
	int option;

	while (status == CTL_OK &&
	       (option = getopt_long(count, arguments, CTL_SHORT_OPTIONS, known, NULL)) != -1) {
		if (option == 'f')
			status = add_domain(&request, optarg) ? CTL_OK : CTL_USAGE;
		else if (option == 'y')
			request.yes = true;
		else if (option == 'n')
			request.no_check = true;
		else if (ctl_common_option(&ctl_trust, option, optarg, &request.options) != 1)
			status = CTL_USAGE;
	}
	if (status == CTL_OK)
		status = run_verb(&request, count - optind, arguments + optind);
	config_unref(request.config);
	trust_added_clear(&request.named);
	return status;
}

const struct ctl_command ctl_trust = {
    "trust",
    "pending | add FINGERPRINT|FILE | remove FINGERPRINT | list | show FINGERPRINT | reload\n"
    "                      [-c FILE] [--json] [--for DOMAIN]… [--yes] [--no-check]",
    "Shows the CAs that were met and are not trusted, and trusts them",
    "      --for DOMAIN  add: trust it for mail to this domain (again for each; .DOMAIN: its\n"
    "                    subdomains; '*': for all mail, after a question)\n"
    "      --yes         add: no question\n"
    "      --no-check    pending: do not ask directories whom it would help\n"
    "\n"
    "pending   CAs that the daemon met, the last one first, and which of the recipients would\n"
    "          become usable if it were trusted\n"
    "add       trusts one of them for the domains where it was met, or for those named; or the\n"
    "          certificate in a PEM or DER file. The running daemon takes it up at once\n"
    "remove    takes back what was added\n"
    "list      every anchor, whom it counts for and where it comes from\n"
    "show      all that is known of one\n"
    "reload    has the daemon read all anchors again\n"
    "\n"
    "A fingerprint is the SHA-256 of the certificate or its first 8 hex digits or more, with\n"
    "or without colons. Compare it with what the CA says, by another way than mail.\n"
    "Exit status: 0 done (pending: nothing is pending), 1 something is pending, or the daemon\n"
    "refused, 2 wrong usage, not found, or not writable.\n"
    "\n"
    "Examples:\n"
    "  smimectl trust pending\n"
    "  smimectl trust add 5f1c09ab\n"
    "  smimectl trust add partner-ca.pem --for partner.example --for .partner.example\n"
    "  smimectl trust list --json | jq -r 'select(.origin == \"added\") | .subject'\n",
    run,
};
