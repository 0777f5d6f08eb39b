/* What the files of change share: change.c has what goes and comes, change_write.c how it is written. */
#ifndef SMIME_DIRECTORY_CHANGE_PRIVATE_H
#define SMIME_DIRECTORY_CHANGE_PRIVATE_H

#include "directory/change.h"

struct change_value {
	unsigned char *bytes;
	size_t size;
	bool goes;
	bool comes;
};

/* All values of one attribute, those that come included. */
struct change_part {
	char *name;
	struct change_value *values;
	size_t count;
	size_t unknown; /* values that are there, but too large to be known, or of another name */
	bool whole;
};

struct change {
	const struct config_directory *directory;
	char *dn;
	char *csn;
	bool asserts;                /* by the server; after change_settle() */
	bool incomplete;             /* values beyond values-limit */
	struct change_part parts[2]; /* FINDING_BLOB, FINDING_CERTIFICATE */
	size_t bytes;
};

/* Values of one part that go or come. */
size_t change_part_count(const struct change *change, size_t i);

#endif
