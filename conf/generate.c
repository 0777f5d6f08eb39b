/*
 * Writes, while the project is built, what comes from its lists: the sample configuration, and the
 * parts of smime-milter.conf(5) that list settings, reasons and ciphers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/manual.h"

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*write)(FILE *out);
	} parts[] = {
	    {"sample", config_write_sample},
	    {"settings", config_write_manual},
	    {"reasons", manual_write_reasons},
	    {"ciphers", manual_write_ciphers},
	};

	for (size_t i = 0; argc == 2 && i < ARRAY_LENGTH(parts); i++)
		if (strcmp(argv[1], parts[i].name) == 0) {
			if (parts[i].write(stdout) == 0)
				return EXIT_SUCCESS;
			perror("writing");
			return EXIT_FAILURE;
		}
	fprintf(stderr, "usage: generate sample|settings|reasons|ciphers\n");
	return 2;
}
