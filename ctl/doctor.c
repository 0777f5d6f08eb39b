/* smimectl doctor: what is wrong with an installation, and what to do. */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "base/clock.h"
#include "doctor.h"

/* What the command line says. */
struct request {
	struct ctl_options options;
	const char *listen;
	const char *postconf;
	const char *postfix_config;
	const char *sendmail_cf;
};

static bool
names_postfix(const struct request *request)
{
	return request->postconf != NULL || request->postfix_config != NULL;
}

/* Whether there is one. An MTA that was named must be there. */
static bool
examine_postfix(const struct doctor *doctor, const struct request *request)
{
	struct error err = ERROR_INIT;
	struct postfix *postfix;

	if (request->sendmail_cf != NULL && !names_postfix(request))
		return false;
	postfix = postfix_read(request->postconf, request->postfix_config, &err);
	if (postfix == NULL && errno == ENOENT && !names_postfix(request))
		return false;
	if (postfix == NULL)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "postfix",
		    "repair what postconf complains of, or name the instance with "
		    "--postfix-config DIR",
		    "its configuration can't be read: %s", err.text);
	else
		doctor_postfix(doctor, postfix);
	postfix_free(postfix);
	return true;
}

static bool
examine_sendmail(const struct doctor *doctor, const struct request *request)
{
	const char *path = request->sendmail_cf != NULL ? request->sendmail_cf : SENDMAIL_CF_PATH;
	struct error err = ERROR_INIT;
	struct sendmail_cf *sendmail;

	if (names_postfix(request) && request->sendmail_cf == NULL)
		return false;
	sendmail = sendmail_cf_read(path, &err);
	if (sendmail == NULL && errno == ENOENT && request->sendmail_cf == NULL)
		return false;
	if (sendmail == NULL)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "sendmail",
		    "name the file with --sendmail-cf FILE", "it can't be read: %s", err.text);
	else
		doctor_sendmail(doctor, sendmail);
	free(sendmail);
	return true;
}

static void
examine_mta(const struct doctor *doctor, const struct request *request)
{
	bool postfix;
	bool sendmail;

	if (strncmp(doctor->listen, "fd:", 3) == 0) {
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_WARNING, "mta",
		    "name it as the socket unit does: --listen unix:PATH",
		    "not looked at: the service manager passes the socket (listen = %s), so that "
		    "where it is isn't known here",
		    doctor->listen);
		return;
	}
	postfix = examine_postfix(doctor, request);
	sendmail = examine_sendmail(doctor, request);
	if (!postfix && !sendmail)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_NOTE, "mta",
		    "if there is one, name it: --postfix-config DIR, --postconf PATH or "
		    "--sendmail-cf FILE",
		    "neither Postfix (postconf) nor %s is on this machine", SENDMAIL_CF_PATH);
}

/* As whom the daemon runs: it says so itself if it is up (doctor_daemon()). */
static void
find_user(struct doctor *doctor)
{
	const char *name = doctor->config->user;

	doctor->has_user =
	    access_user(name != NULL && name[0] != '\0' ? name : DOCTOR_USER, &doctor->user);
}

static void
examine(struct doctor *doctor, const struct request *request)
{
	const struct config *config = doctor->config;

	diagnosis_add(doctor->diagnosis, DIAGNOSIS_OK, "configuration", NULL,
	    "%s is good: %zu rule(s), %zu directory section(s), %zu trust section(s)", config->file,
	    config->rule_count, config->directory_count, config->trust_count);
	if (config->policy.mode == MODE_OBSERVE)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_NOTE, "configuration",
		    "when the records look right: mode = enforce, and reload",
		    "mode = observe: decisions are recorded and not carried out");
	doctor->listen = request->listen != NULL ? request->listen : config->listen;
	find_user(doctor);
	doctor_daemon(doctor);
	doctor_files(doctor);
	doctor_clock(doctor);
	doctor_trust(doctor);
	doctor_directory(doctor);
	examine_mta(doctor, request);
}

static enum ctl_status
tell(const struct doctor *doctor)
{
	struct error err = ERROR_INIT;
	json_t *json = NULL;

	if (diagnosis_is_whole(doctor->diagnosis) && doctor->options->json)
		json = diagnosis_json(doctor->diagnosis);
	if (!diagnosis_is_whole(doctor->diagnosis) || (doctor->options->json && json == NULL)) {
		error_set(&err, ERROR_TEMPORARY,
		    "there are more findings than there is room for: no memory, or more than %d",
		    DIAGNOSIS_FINDINGS_MAX);
		return ctl_fail(&err);
	}
	if (doctor->options->json)
		ctl_print_json(json);
	else
		diagnosis_print(doctor->diagnosis);
	return diagnosis_count(doctor->diagnosis, DIAGNOSIS_WARNING) > 0 ? CTL_FINDING : CTL_OK;
}

static enum ctl_status
diagnose(const struct request *request)
{
	struct doctor doctor = {.options = &request->options, .diagnosis = diagnosis_new()};
	struct error err = ERROR_INIT;
	struct config *config = ctl_config(&request->options);
	enum ctl_status status = CTL_USAGE;

	if (doctor.diagnosis == NULL) {
		error_no_memory(&err);
		status = ctl_fail(&err);
	} else if (config != NULL) {
		clock_hold_wall(request->options.at);
		doctor.config = config;
		examine(&doctor, request);
		status = tell(&doctor);
	}
	config_unref(config);
	diagnosis_free(doctor.diagnosis);
	return status;
}

static enum ctl_status
run(const struct ctl_options *defaults, int count, char **arguments)
{
	static const struct option known[] = {CTL_LONG_OPTIONS,
	    {"listen", required_argument, NULL, 'l'}, {"postconf", required_argument, NULL, 'p'},
	    {"postfix-config", required_argument, NULL, 'P'},
	    {"sendmail-cf", required_argument, NULL, 'S'}, {NULL, 0, NULL, 0}};
	struct request request = {.options = *defaults};
	int option;

	while ((option = getopt_long(count, arguments, CTL_SHORT_OPTIONS, known, NULL)) != -1) {
		if (option == 'l')
			request.listen = optarg;
		else if (option == 'p')
			request.postconf = optarg;
		else if (option == 'P')
			request.postfix_config = optarg;
		else if (option == 'S')
			request.sendmail_cf = optarg;
		else if (ctl_common_option(&ctl_doctor, option, optarg, &request.options) != 1)
			return CTL_USAGE;
	}
	if (optind < count)
		return ctl_usage(
		    &ctl_doctor, "\"%s\": no argument is expected here", arguments[optind]);
	return diagnose(&request);
}

const struct ctl_command ctl_doctor = {
    "doctor",
    "[-c FILE] [--json] [--postfix-config DIR] [--sendmail-cf FILE]",
    "Checks the installation: files, trust, directories, the MTA and the daemon",
    "      --postfix-config DIR  of a Postfix instance (as postconf -c)\n"
    "      --postconf PATH       Postfix's postconf, if it is not in /usr/sbin\n"
    "      --sendmail-cf FILE    Sendmail's configuration (default " SENDMAIL_CF_PATH ")\n"
    "      --listen SOCKET       where the MTA reaches the daemon, instead of what the\n"
    "                            configuration says: unix:PATH, inet:PORT@HOST\n"
    "\n"
    "Every check says what it saw: ok, note, warning or problem, and what to do. Nothing is\n"
    "changed. As root it sees all there is. Directories are connected to and searched.\n"
    "Exit status: 0 nothing is wrong, 1 warnings or problems, 2 the configuration is wrong.\n"
    "\n"
    "Examples:\n"
    "  smimectl doctor\n"
    "  smimectl doctor --postfix-config /etc/postfix-out\n"
    "  smimectl doctor --json | jq -r '.findings[] | select(.severity == \"problem\") | .text'\n",
    run,
};
