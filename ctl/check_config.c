/* smimectl check-config: is the configuration good? */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "smime/trust.h"

/* What the configuration came to. */
struct outcome {
	struct config_problems problems;
	struct config *config; /* NULL: see problems */
	struct trust *trust;   /* NULL: see err, or problems */
	struct error err;
};

/* The certificates it names are read as well: anchors that are none are warned of on standard
 * error. */
static void
examine(const char *file, struct outcome *outcome)
{
	memset(outcome, 0, sizeof(*outcome));
	outcome->config = config_load(file, &outcome->problems);
	if (outcome->config != NULL)
		outcome->trust = trust_load(outcome->config, &outcome->err);
}

static void
outcome_free(struct outcome *outcome)
{
	trust_unref(outcome->trust);
	config_unref(outcome->config);
	config_problems_free(&outcome->problems);
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
	ctl_print_json(json_pack("{s:b, s:o, s:i}", "good", outcome->trust != NULL, "problems",
	    list, "anchors", outcome->trust != NULL ? (int)trust_anchor_count(outcome->trust) : 0));
}

/* Nothing is asked over the network here: "check" shows what comes of that. */
static void
print_directories(const struct outcome *outcome)
{
	const struct config *config = outcome->config;
	size_t i;

	for (i = 0; i < config->trust_count; i++) {
		if (trust_takes_from_directory(outcome->trust, i))
			printf("trust \"%s\" takes CA certificates from directory \"%s\", too, "
			       "which was not asked\n",
			    config->trusts[i].title, config->trusts[i].directory);
	}
}

static void
print_text(const struct outcome *outcome)
{
	const struct config *config = outcome->config;
	size_t i;

	for (i = 0; i < outcome->problems.count; i++)
		fprintf(stderr, "smimectl: %s\n", outcome->problems.items[i]);
	if (outcome->err.code != ERROR_NONE)
		ctl_fail(&outcome->err);
	if (outcome->trust == NULL)
		return;
	printf("%s is good: %zu rule(s), %zu directory section(s), %zu trust section(s) "
	       "with %zu anchor(s)\n",
	    config->file, config->rule_count, config->directory_count, config->trust_count,
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
	status = outcome.trust != NULL ? CTL_OK : CTL_USAGE;
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
