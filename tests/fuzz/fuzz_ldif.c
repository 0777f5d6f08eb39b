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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define VALUES_MAX 5
#define MEMBERS_MAX 5

static char title[] = "fuzz";
static char blob[] = "userSMIMECertificate";
static char certificate[] = "userCertificate";
static char ca[] = "cACertificate";
static char member[] = "member";
static char member_mail[] = "rfc822MailMember";
static char *members[] = {member};
static char *member_mails[] = {member_mail};

static const struct roster_question questions[] = {
    {.key = "a@b", .shorter = NULL, .limits = {MEMBERS_MAX, 3}},
    {.key = "a+x@b", .shorter = "a@b", .shorter_key = "a@b", .limits = {MEMBERS_MAX, 3}},
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	char path[64];
	struct config_directory directory = {.title = title,
	    .kind = DIRECTORY_ACTIVE_DIRECTORY,
	    .ldif = path,
	    .smime_attribute = blob,
	    .certificate_attribute = certificate,
	    .ca_attribute = ca,
	    .groups = GROUPS_EXPAND,
	    .member_attributes = {members, 1},
	    .member_mail_attributes = {member_mails, 1},
	    .entries_limit = 3,
	    .values_limit = VALUES_MAX,
	    .value_size_limit = 1024};
	struct roster *roster;
	size_t i;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	log_set_level(LOG_LEVEL_ERROR);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	roster = roster_load(&directory, false, NULL, NULL);
	for (i = 0; roster != NULL && i < sizeof(questions) / sizeof(questions[0]); i++) {
		struct findings *findings = roster_find(roster, &directory, &questions[i], NULL);

		if (findings == NULL || findings->count > VALUES_MAX ||
		    (findings->group != NULL &&
			findings->group->address_count + findings->group->nameless_count >
			    MEMBERS_MAX))
			abort();
		findings_unref(findings);
	}
	roster_free(roster);
	close(fd);
	return 0;
}
