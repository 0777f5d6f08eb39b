/* A partner's LDIF file: whatever is in it, what it holds for an address keeps to the limits, and
 * groups come to an end. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "directory/roster.h"
#include "section.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct roster_question questions[] = {
    {.key = "a@b", .shorter = NULL, .limits = {SECTION_MEMBERS_MAX, 3}},
    {.key = "a+x@b", .shorter = "a@b", .shorter_key = "a@b", .limits = {SECTION_MEMBERS_MAX, 3}},
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	char path[64];
	struct config_directory directory = section();
	struct roster *roster;
	size_t i;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	directory.ldif = path;
	log_set_level(LOG_LEVEL_ERROR);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	roster = roster_load(&directory, false, NULL, NULL);
	for (i = 0; roster != NULL && i < sizeof(questions) / sizeof(questions[0]); i++) {
		struct findings *findings = roster_find(roster, &directory, &questions[i], NULL);

		if (findings == NULL || findings->count > SECTION_VALUES_MAX ||
		    (findings->group != NULL &&
			findings->group->address_count + findings->group->nameless_count >
			    SECTION_MEMBERS_MAX))
			abort();
		findings_unref(findings);
	}
	roster_free(roster);
	close(fd);
	return 0;
}
