/* Mail groups as directories hold them: names, an entry's members, and groups in LDIF files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "directory/dn.h"
#include "directory/group_entry.h"
#include "directory/members.h"
#include "directory/roster.h"
#include "directory_fixture.h"
#include "unit.h"

static struct fixture fixture;
static struct members_limits limits;

static void
setup(void)
{
	static const char *const names[] = {"member", "uniqueMember"};
	static const char *const addresses[] = {"mgrpRFC822MailMember"};
	static const char *const dynamic[] = {"memberURL"};
	struct config_directory *directory = &fixture.directories[0];

	fixture_init(&fixture, 1);
	fixture_folder(&fixture);
	directory->ldif = strdup(fixture_path(&fixture, "directory.ldif"));
	directory->groups = GROUPS_EXPAND;
	fixture_list(&directory->member_attributes, names, ARRAY_LENGTH(names));
	fixture_list(&directory->member_mail_attributes, addresses, ARRAY_LENGTH(addresses));
	fixture_list(&directory->dynamic_attributes, dynamic, ARRAY_LENGTH(dynamic));
	limits = (struct members_limits){500, 8};
}

static void
teardown(void)
{
	char *path = fixture.directories[0].ldif;

	fixture_end(&fixture);
	free(path);
}

static const struct {
	const char *one;
	const char *other;
	bool same;
} names[] = {
    {"cn=Anna,dc=corp", "CN=anna, DC=Corp", true},
    {"cn=Anna,dc=corp", "cn = Anna , dc = corp", true},
    {"cn=Anna+sn=B,dc=corp", "sn=b+cn=anna,dc=corp", true},
    {"cn=A\\2cB,dc=corp", "cn=A\\,B,dc=corp", true},
    {"cn=\xc3\x84,dc=corp", "cn=\\c3\\84,dc=corp", true},
    {"cn=Anna,dc=corp#'0101'B", "cn=anna,dc=corp", true},
    {"cn=Anna,dc=corp", "cn=Bert,dc=corp", false},
    {"cn=Anna,dc=corp", "cn=Anna,ou=x,dc=corp", false},
    {"cn=A\\,dc=corp", "cn=A,dc=corp", false},
};

START_TEST(spellings_of_one_name_are_one)
{
	char *one = dn_key(names[_i].one, NULL);
	char *other = dn_key(names[_i].other, NULL);

	ck_assert_ptr_nonnull(other);
	if (names[_i].same)
		ck_assert_str_eq(one, other);
	else
		ck_assert(one == NULL || strcmp(one, other) != 0);
	free(one);
	free(other);
}
END_TEST

START_TEST(what_is_no_name_is_said_to_be_none)
{
	static const char *const wrong[] = {"anna", "=", "cn=a,,dc=b", "anna@partner.example"};
	struct error err = ERROR_INIT;

	ck_assert_ptr_null(dn_key(wrong[_i], &err));
	ck_assert_int_eq(err.code, ERROR_INPUT);
}
END_TEST

static void
take(struct group_entry *entry, const char *name, const char *value)
{
	struct berval text = {strlen(value), (char *)value};

	ck_assert_int_eq(group_entry_add(entry, &fixture.directories[0], name, &text, 3, NULL), 0);
}

START_TEST(an_entry_gives_its_best_address_and_its_members)
{
	struct group_entry entry = GROUP_ENTRY_INIT;

	fixture.directories[0].kind = DIRECTORY_ACTIVE_DIRECTORY;
	take(&entry, "proxyAddresses", "smtp:b@corp.example");
	ck_assert_str_eq(entry.address, "b@corp.example");
	take(&entry, "proxyAddresses", "SMTP:a@corp.example");
	ck_assert_str_eq(entry.address, "a@corp.example");
	take(&entry, "proxyAddresses", "x400:C=DE");
	take(&entry, "mail", "Mail@corp.example");
	take(&entry, "proxyAddresses", "SMTP:z@corp.example");
	ck_assert_str_eq(entry.address, "Mail@corp.example");
	ck_assert(!entry.is_group);
	take(&entry, "MEMBER;x-option", "cn=anna");
	take(&entry, "mgrprfc822mailmember", "c@corp.example");
	ck_assert(entry.is_group);
	ck_assert_uint_eq(entry.member_count, 2);
	ck_assert(!entry.members[0].is_address);
	ck_assert(entry.members[1].is_address);
	take(&entry, "member", "");
	ck_assert_uint_eq(entry.member_count, 2);
	take(&entry, "member", "cn=x");
	ck_assert(!entry.cut);
	take(&entry, "member", "cn=y");
	ck_assert(entry.cut);
	ck_assert_uint_eq(entry.member_count, 3);
	group_entry_clear(&entry);
	fixture.directories[0].groups = GROUPS_IGNORE;
	take(&entry, "member", "cn=anna");
	ck_assert(!entry.is_group);
	group_entry_clear(&entry);
}
END_TEST

#define PERSON(name)              \
	"dn: cn=" name ",dc=x\n"  \
	"mail: " name "@x.test\n" \
	"\n"
#define GROUP(name, lines)       \
	"dn: cn=" name ",dc=x\n" \
	"mail: " name "@x.test\n" lines "\n"

/* The members that the file has for team@x.test: addresses, then names, "!" if there are more, each
 * before a blank; NULL: no group. */
static const char *
members_in(const char *ldif)
{
	static struct buffer text;
	struct roster_question question = {"team@x.test", NULL, NULL, limits};
	struct error err = ERROR_INIT;
	struct findings *findings;
	struct roster *roster;
	size_t i;

	fixture_write(fixture.directories[0].ldif, ldif, strlen(ldif));
	roster = roster_load(&fixture.directories[0], false, NULL, &err);
	ck_assert_msg(roster != NULL, "%s", err.text);
	findings = roster_find(roster, &fixture.directories[0], &question, &err);
	ck_assert_msg(findings != NULL, "%s", err.text);
	buffer_clear(&text);
	ck_assert_int_eq(buffer_append(&text, "", 0, NULL), 0);
	for (i = 0; findings->group != NULL && i < findings->group->address_count; i++)
		ck_assert_int_eq(
		    buffer_append_format(&text, NULL, "%s ", findings->group->addresses[i]), 0);
	for (i = 0; findings->group != NULL && i < findings->group->nameless_count; i++)
		ck_assert_int_eq(
		    buffer_append_format(&text, NULL, "%s ", findings->group->nameless[i]), 0);
	if (findings->group != NULL && findings->group->incomplete)
		ck_assert_int_eq(buffer_append(&text, "!", 1, NULL), 0);
	i = findings->group != NULL;
	findings_unref(findings);
	roster_free(roster);
	return i == 0 ? NULL : text.size == 0 ? "" : text.data;
}

static const struct {
	const char *ldif;
	const char *members;
} files[] = {
    {PERSON("team"), NULL},
    {GROUP("team", "member: cn=a,dc=x\nmember: CN=B, DC=X\n") PERSON("a") PERSON("b"),
	"a@x.test b@x.test "},
    {PERSON("a") GROUP("team", "uniqueMember: cn=a,dc=x#'01'B\n"), "a@x.test "},
    {GROUP("team", "mgrpRFC822MailMember: z@else.test\nmember: cn=a,dc=x\n") PERSON("a"),
	"a@x.test z@else.test "},
    {GROUP("team", "member:\n"), ""},
    {GROUP("team", "member: cn=gone,dc=x\nmember: nonsense\nmgrpRFC822MailMember: not one\n"),
	"cn=gone,dc=x nonsense not one "},
    {GROUP("team", "member: cn=printer,dc=x\n") "dn: cn=printer,dc=x\ncn: printer\n\n",
	"cn=printer,dc=x "},
    /* A group within it that has an address is asked for by that; one without is expanded here. */
    {GROUP("team", "member: cn=sub,dc=x\n") GROUP("sub", "member: cn=a,dc=x\n") PERSON("a"),
	"sub@x.test "},
    {GROUP("team", "member: cn=sub,dc=x\n") "dn: cn=sub,dc=x\nmember: cn=a,dc=x\n\n" PERSON("a"),
	"a@x.test "},
    {GROUP("team", "member: cn=sub,dc=x\nmember: cn=a,dc=x\n") "dn: cn=sub,dc=x\n"
							       "member: cn=team,dc=x\n"
							       "member: cn=sub,dc=x\n"
							       "member: cn=a,dc=x\n\n" PERSON("a"),
	"a@x.test "},
    /* Two entries with the address are one group; one that publishes for itself is none. */
    {GROUP("team", "member: cn=a,dc=x\n") "dn: cn=other,dc=x\nmail: team@x.test\n"
					  "member: cn=b,dc=x\n\n" PERSON("a") PERSON("b"),
	"a@x.test b@x.test "},
    /* Members that are to be searched for are not known, be it of a group within it. */
    {GROUP("team", "member: cn=a,dc=x\nmemberURL: ldap:///dc=x??sub?(cn=b)\n") PERSON("a")
	    PERSON("b"),
	"!"},
    {GROUP("team", "member: cn=sub,dc=x\n") "dn: cn=sub,dc=x\n"
					    "memberurl: ldap:///dc=x??sub?(cn=b)\n\n" PERSON("b"),
	"!"},
    {GROUP("team", "userCertificate: x\nmemberURL: ldap:///dc=x??sub?(cn=b)\n"), NULL},
    /* As ldapsearch prints what Active Directory gives: the first part of many, or all of them. */
    {GROUP("team", "member;range=0-1: cn=a,dc=x\nmember;range=0-1: cn=b,dc=x\n") PERSON("a")
	    PERSON("b"),
	"!"},
    {GROUP("team", "member;range=0-0: cn=a,dc=x\nmember;range=2-*: cn=b,dc=x\n") PERSON("a")
	    PERSON("b"),
	"!"},
    {GROUP("team", "member;range=0-0: cn=a,dc=x\nuniqueMember;range=0-*: cn=b,dc=x\n") PERSON("a")
	    PERSON("b"),
	"!"},
    {GROUP("team", "member;range=x: cn=a,dc=x\n") PERSON("a"), "!"},
    {GROUP("team", "member;range=0-*: cn=a,dc=x\nmember;range=0-*: cn=b,dc=x\n") PERSON("a")
	    PERSON("b"),
	"a@x.test b@x.test "},
    {GROUP("team",
	 "member;range=0-0: cn=a,dc=x\nmember;range=1-1: cn=b,dc=x\nmember;range=2-*: cn=c,dc=x\n")
	    PERSON("a") PERSON("b") PERSON("c"),
	"a@x.test b@x.test c@x.test "},
    {GROUP("team",
	 "member: cn=sub,dc=x\n") "dn: cn=sub,dc=x\nmember;range=0-0: cn=a,dc=x\n\n" PERSON("a"),
	"!"},
    /* A NUL ends nothing: this is no address. */
    {GROUP("team", "mgrpRFC822MailMember:: YUB4LnRlc3QALmV2aWw=\n"), "a@x.test\x01.evil "},
    {GROUP("team", "member:: Y249YSxkYz14AGZvbw==\n") PERSON("a"), "cn=a,dc=x\x01"
								   "foo "},
    /* Who has the address as well gets the mail, and is nobody's certificate. */
    {GROUP("team", "member: cn=a,dc=x\nmember: cn=b,dc=x\n") "dn: cn=b,dc=x\n"
							     "mail: team@x.test\n\n" PERSON("a"),
	"a@x.test team@x.test cn=b,dc=x "},
    {GROUP("team", "member: cn=a,dc=x\nuserCertificate: x\n") PERSON("a"), NULL},
    {GROUP("team", "member: cn=a,dc=x\ncACertificate: x\n") PERSON("a"), "a@x.test "},
    {GROUP("team", "member: cn=a,dc=x\n") "dn: cn=other,dc=x\nmail: team@x.test\n"
					  "userCertificate: x\n\n" PERSON("a"),
	NULL},
};

START_TEST(a_group_in_a_file_is_its_members)
{
	const char *members = members_in(files[_i].ldif);

	if (files[_i].members == NULL)
		ck_assert_ptr_null(members);
	else
		ck_assert_pstr_eq(members, files[_i].members);
}
END_TEST

/* As of a server. */
START_TEST(a_group_beyond_entries_limit_is_not_left_out_of_the_whole)
{
	fixture.directories[0].entries_limit = 1;
	ck_assert_ptr_null(members_in(
	    GROUP("team", "member: cn=a,dc=x\n") "dn: cn=other,dc=x\nmail: team@x.test\n"
						 "member: cn=b,dc=x\n\n" PERSON("a") PERSON("b")));
}
END_TEST

START_TEST(groups_stay_groups_nobody_asked_to_expand)
{
	fixture.directories[0].groups = GROUPS_IGNORE;
	ck_assert_ptr_null(members_in(GROUP("team", "member: cn=a,dc=x\n") PERSON("a")));
}
END_TEST

START_TEST(a_group_beyond_the_limits_is_not_whole)
{
	static const char three[] =
	    GROUP("team", "member: cn=a,dc=x\nmember: cn=b,dc=x\nmember: cn=c,dc=x\n") PERSON("a")
		PERSON("b") PERSON("c");
	static const char deep[] =
	    GROUP("team", "member: cn=1,dc=x\n") "dn: cn=1,dc=x\n"
						 "member: cn=2,dc=x\n\n"
						 "dn: cn=2,dc=x\n"
						 "member: cn=a,dc=x\n\n" PERSON("a");

	limits.members = 3;
	ck_assert_str_eq(members_in(three), "a@x.test b@x.test c@x.test ");
	limits.members = 2;
	ck_assert_str_eq(members_in(three), "a@x.test b@x.test !");
	limits.depth = 2;
	ck_assert_str_eq(members_in(deep), "a@x.test ");
	limits.depth = 1;
	ck_assert_str_eq(members_in(deep), "!");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("members");
	TCase *tcase = unit_case(suite, "names");

	tcase_add_loop_test(tcase, spellings_of_one_name_are_one, 0, (int)ARRAY_LENGTH(names));
	tcase_add_loop_test(tcase, what_is_no_name_is_said_to_be_none, 0, 4);
	tcase = unit_case(suite, "groups");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, an_entry_gives_its_best_address_and_its_members);
	tcase_add_loop_test(tcase, a_group_in_a_file_is_its_members, 0, (int)ARRAY_LENGTH(files));
	tcase_add_test(tcase, a_group_beyond_entries_limit_is_not_left_out_of_the_whole);
	tcase_add_test(tcase, groups_stay_groups_nobody_asked_to_expand);
	tcase_add_test(tcase, a_group_beyond_the_limits_is_not_whole);
	return unit_run(suite);
}
