/* smimectl check-config: is the configuration good? */
#include <getopt.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "command.h"
#include "directory/roster.h"
#include "ldap/tls_files.h"
#include "ldap/tls_identity.h"
#include "smime/certificate.h"
#include "smime/trust.h"

/* An administrator is warned so long before a client certificate expires, seconds. */
#define EXPIRES_SOON ((time_t)30 * 86400)

/* What the configuration came to. */
struct outcome {
	struct config_problems problems;
	struct config *config; /* NULL: see problems */
	struct trust *trust;   /* NULL: see err, or problems */
	struct error err;
	json_t
	    *faults; /* what is wrong with client certificates, CAs for TLS and LDIF files: texts */
};

/* It may still work, or will soon: a word on standard error. */
static void
warn_of_dates(const struct config_directory *directory, X509 *x509)
{
	char text[CLOCK_TEXT_SIZE];
	time_t now = clock_wall();
	time_t from = now;
	time_t to = now + EXPIRES_SOON;

	(void)certificate_read_time(X509_get0_notBefore(x509), &from);
	(void)certificate_read_time(X509_get0_notAfter(x509), &to);
	if (from > now)
		log_warning("directory \"%s\": the certificate in %s is not valid before %s",
		    directory->title, directory->tls_certificate, clock_format_date(from, text));
	else if (to < now + EXPIRES_SOON)
		log_warning("directory \"%s\": the certificate in %s %s on %s", directory->title,
		    directory->tls_certificate, to < now ? "has expired" : "expires",
		    clock_format_date(to, text));
}

/* What TLS with directories needs, as the daemon reads it before it connects. */
static void
examine_tls(struct outcome *outcome)
{
	const struct config *config = outcome->config;

	for (size_t i = 0; i < config->directory_count; i++) {
		const struct config_directory *directory = &config->directories[i];
		struct error err = ERROR_INIT;
		struct tls_identity identity;

		if (tls_files_check(directory, &err) != 0) {
			json_array_append_new(outcome->faults, ctl_json_text(err.text));
		} else if (directory->tls_certificate[0] != '\0' &&
			   tls_identity_read(directory->tls_certificate, directory->tls_key,
			       &identity, &err) == 0) {
			warn_of_dates(directory, identity.certificate);
			tls_identity_clear(&identity);
		}
	}
}

static void
examine_ldif(struct outcome *outcome)
{
	for (size_t i = 0; i < outcome->config->directory_count; i++) {
		struct error err = ERROR_INIT;

		if (roster_check(&outcome->config->directories[i], &err) != 0)
			json_array_append_new(outcome->faults, ctl_json_text(err.text));
	}
}

static bool
is_good(const struct outcome *outcome)
{
	return outcome->trust != NULL && json_array_size(outcome->faults) == 0;
}

/* The certificates it names are read as well: anchors that are none are warned of on standard
 * error. */
static void
examine(const char *file, struct outcome *outcome)
{
	memset(outcome, 0, sizeof(*outcome));
	outcome->faults = json_array();
	outcome->config = config_load(file, &outcome->problems);
	if (outcome->config == NULL)
		return;
	outcome->trust = trust_load(outcome->config, &outcome->err);
	examine_tls(outcome);
	examine_ldif(outcome);
}

static void
outcome_free(struct outcome *outcome)
{
	trust_unref(outcome->trust);
	config_unref(outcome->config);
	config_problems_free(&outcome->problems);
	json_decref(outcome->faults);
}

static void
print_json(const struct outcome *outcome)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < outcome->problems.count; i++)
		json_array_append_new(list, json_string(outcome->problems.items[i]));
	if (outcome->err.code != ERROR_NONE)
		json_array_append_new(list, ctl_json_text(outcome->err.text));
	json_array_extend(list, outcome->faults);
	ctl_print_json(json_pack("{s:b, s:o, s:i}", "good", is_good(outcome), "problems", list,
	    "anchors", outcome->trust != NULL ? (int)trust_anchor_count(outcome->trust) : 0));
}

static const char *
takes(const struct config_trust *trust)
{
	if (trust->anchor_bases.count + trust->intermediate_bases.count == 0)
		return "CRLs";
	return trust->crl_bases.count == 0 ? "CA certificates" : "CA certificates and CRLs";
}

/* Nothing is asked over the network here: "check" shows what comes of that. */
static void
print_directories(const struct outcome *outcome)
{
	const struct config *config = outcome->config;
	size_t i;

	for (i = 0; i < config->trust_count; i++) {
		if (!trust_takes_from_directory(outcome->trust, i))
			continue;
		fputs("trust \"", stdout);
		ctl_print_text(config->trusts[i].title);
		printf("\" takes %s from directory \"", takes(&config->trusts[i]));
		ctl_print_text(config->trusts[i].directory);
		puts("\", too, which was not asked");
	}
}

static void
print_text(const struct outcome *outcome)
{
	const struct config *config = outcome->config;
	struct error err = ERROR_INIT;
	size_t i;

	for (i = 0; i < outcome->problems.count; i++)
		fprintf(stderr, "smimectl: %s\n", outcome->problems.items[i]);
	if (outcome->err.code != ERROR_NONE)
		ctl_fail(&outcome->err);
	for (i = 0; i < json_array_size(outcome->faults); i++) {
		error_set(
		    &err, ERROR_INPUT, "%s", json_string_value(json_array_get(outcome->faults, i)));
		ctl_fail(&err);
	}
	if (!is_good(outcome))
		return;
	ctl_print_text(config->file);
	printf(" is good: %zu rule(s), %zu directory section(s), %zu trust section(s) "
	       "with %zu anchor(s)\n",
	    config->rule_count, config->directory_count, config->trust_count,
	    trust_anchor_count(outcome->trust));
	print_directories(outcome);
}

static enum ctl_status
run(const struct ctl_options *defaults, int count, char **arguments)
{
	static const struct option known[] = {CTL_LONG_OPTIONS, {NULL, 0, NULL, 0}};
	struct ctl_options options = *defaults;
	struct outcome outcome;
	enum ctl_status status;
	int option;

	while ((option = getopt_long(count, arguments, CTL_SHORT_OPTIONS, known, NULL)) != -1) {
		if (ctl_common_option(&ctl_check_config, option, optarg, &options) != 1)
			return CTL_USAGE;
	}
	if (optind < count)
		return ctl_usage(
		    &ctl_check_config, "\"%s\": no argument is expected here", arguments[optind]);
	examine(options.config_file, &outcome);
	if (options.json)
		print_json(&outcome);
	else
		print_text(&outcome);
	status = is_good(&outcome) ? CTL_OK : CTL_USAGE;
	outcome_free(&outcome);
	return status;
}

const struct ctl_command ctl_check_config = {
    "check-config",
    "[-c FILE] [--json]",
    "Checks the configuration and names every error with its line",
    "Exit status: 0 if it is good, 2 if not.\n"
    "\n"
    "Example:\n"
    "  smimectl check-config -c /etc/smime-milter/smime-milter.conf\n",
    run,
};
