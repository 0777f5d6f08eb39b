#include "section.h"

static char title[] = "fuzz";
static char blob[] = "userSMIMECertificate";
static char certificate[] = "userCertificate;binary";
static char ca[] = "cACertificate";
static char member[] = "member";
static char member_mail[] = "rfc822MailMember";
static char delimiter[] = "+";
static char *members[] = {member};
static char *member_mails[] = {member_mail};

struct config_directory
section(void)
{
	return (struct config_directory){.title = title,
	    .kind = DIRECTORY_ACTIVE_DIRECTORY,
	    .smime_attribute = blob,
	    .certificate_attribute = certificate,
	    .ca_attribute = ca,
	    .subaddress_delimiter = delimiter,
	    .groups = GROUPS_EXPAND,
	    .member_attributes = {members, 1},
	    .member_mail_attributes = {member_mails, 1},
	    .entries_limit = 3,
	    .values_limit = SECTION_VALUES_MAX,
	    .value_size_limit = 1024};
}
