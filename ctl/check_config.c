/* smimectl check-config: is the configuration good? */
#include <getopt.h>
#include <stdio.h>

#include "command.h"

static void
print_json(const struct config *config, const struct config_problems *problems)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < problems->count; i++)
		json_array_append_new(list, json_string(problems->items[i]));
	ctl_print_json(json_pack("{s:b, s:o}", "good", config != NULL, "problems", list));
}

static void
print_text(const struct config *config, const struct config_problems *problems)
{
	size_t i;

	for (i = 0; i < problems->count; i++)
		fprintf(stderr, "smimectl: %s\n", problems->items[i]);
	if (config != NULL)
		printf("%s is good: %zu rule(s), %zu directory section(s), %zu trust section(s)\n",
		    config->file, config->rule_count, config->directory_count, config->trust_count);
}

static enum ctl_status
run(const struct ctl_options *defaults, int count, char **arguments)
{
	static const struct option known[] = {CTL_LONG_OPTIONS, {NULL, 0, NULL, 0}};
	struct ctl_options options = *defaults;
	struct config_problems problems;
	struct config *config;
	enum ctl_status status;
	int option;

	while ((option = getopt_long(count, arguments, CTL_SHORT_OPTIONS, known, NULL)) != -1) {
		if (ctl_common_option(&ctl_check_config, option, optarg, &options) != 1)
			return CTL_USAGE;
	}
	if (optind < count)
		return ctl_usage(
		    &ctl_check_config, "\"%s\": no argument is expected here", arguments[optind]);
	config = config_load(options.config_file, &problems);
	if (options.json)
		print_json(config, &problems);
	else
		print_text(config, &problems);
	status = config != NULL ? CTL_OK : CTL_USAGE;
	config_problems_free(&problems);
	config_unref(config);
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
