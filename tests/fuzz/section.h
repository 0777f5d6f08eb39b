/* The directory section by which harnesses read what a directory holds: low limits, groups. */
#ifndef SMIME_TESTS_SECTION_H
#define SMIME_TESTS_SECTION_H

#include "config/config.h"

#define SECTION_VALUES_MAX 5
/* For the callers to hold to: limits of groups are not the section's. */
#define SECTION_MEMBERS_MAX 5

struct config_directory section(void);

#endif
