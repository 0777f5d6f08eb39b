/*
 * smimectl with a getopt_long() of its own: instead of reading options, each command shows its table
 * of them, a line for each, with ARGUMENT behind those that take one. For test_options.sh.
 */
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "base/compiler.h"

int
getopt_long(int count UNUSED, char *const *arguments UNUSED, const char *letters UNUSED,
    const struct option *options, int *index UNUSED)
{
	for (; options->name != NULL; options++)
		printf("%s%s\n", options->name, options->has_arg == no_argument ? "" : " ARGUMENT");
	fflush(stdout);
	_exit(0);
}
