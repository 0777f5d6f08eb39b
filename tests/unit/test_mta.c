/* ctl: what Postfix, Sendmail and OpenLDAP say of themselves, and other programs' output. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access.h"
#include "doctor_index.h"
#include "growth.h"
#include "mta_milter.h"
#include "postfix.h"
#include "postfix_way.h"
#include "program.h"
#include "sendmail_cf.h"
#include "unit.h"

#define OURS "unix:/var/spool/postfix/smime-milter/milter.sock"
#define QUEUE "/var/spool/postfix"

static struct error err;

static void
setup(void)
{
	static const struct error none = ERROR_INIT;

	err = none;
}

START_TEST(a_list_of_milters_is_taken_apart)
{
	const char *list = " unix:/a,{ inet:b:1 , default_action=accept, content_timeout = 5s}\t\n"
			   "inet:c:2, {unix:/d} {} {{unix:/e} {unix:/open";
	static const char *const expected[] = {
	    "unix:/a", "inet:b:1", "inet:c:2", "unix:/d", "", NULL};
	struct mta_milter item;
	char value[64];
	size_t i;

	for (i = 0; expected[i] != NULL; i++) {
		ck_assert(mta_milter_next(&list, &item));
		ck_assert_str_eq(item.endpoint, expected[i]);
		if (i != 1)
			continue;
		ck_assert(mta_milter_setting(&item, "default_action", value, sizeof(value)));
		ck_assert_str_eq(value, "accept");
		ck_assert(mta_milter_setting(&item, "content_timeout", value, sizeof(value)));
		ck_assert_str_eq(value, "5s");
		ck_assert(!mta_milter_setting(&item, "content", value, sizeof(value)));
		ck_assert(!mta_milter_setting(&item, "action", value, sizeof(value)));
	}
	ck_assert(mta_milter_next(&list, &item)); /* what nobody closed ends with the list */
	ck_assert(!mta_milter_next(&list, &item));
}
END_TEST

START_TEST(an_item_that_is_too_long_is_cut)
{
	char text[4 * MTA_MILTER_MAX];
	const char *list = text;
	struct mta_milter item;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert(mta_milter_next(&list, &item));
	ck_assert_uint_eq(strlen(item.endpoint), MTA_MILTER_MAX - 1);
	ck_assert(!mta_milter_next(&list, &item));
}
END_TEST

static const struct {
	const char *endpoint;
	const char *listen;
	bool chrooted;
	enum mta_milter_reach reach;
} reaches[] = {{"unix:/smime-milter/milter.sock", OURS, true, MTA_MILTER_REACHED},
    {"unix:/smime-milter/milter.sock", OURS, false, MTA_MILTER_INSIDE},
    {OURS, OURS, false, MTA_MILTER_REACHED}, {OURS, OURS, true, MTA_MILTER_OUTSIDE},
    {"unix:smime-milter/milter.sock", OURS, true, MTA_MILTER_REACHED},
    {"local:smime-milter/milter.sock", OURS, false, MTA_MILTER_REACHED},
    {"unix:/smime-milter/milter.soc", OURS, true, MTA_MILTER_ELSE},
    {"unix:/run/x.sock", "unix:/run/x.sock", true, MTA_MILTER_OUTSIDE},
    {"inet:127.0.0.1:8888", "inet:8888@localhost", true, MTA_MILTER_REACHED},
    {"inet:[::1]:8888", "inet6:8888@::1", true, MTA_MILTER_REACHED},
    {"inet:8888@localhost", "inet:8888@127.0.0.1", false, MTA_MILTER_REACHED},
    {"inet:mail.example:8888", "inet:8888@localhost", false, MTA_MILTER_ELSE},
    {"inet:localhost:8889", "inet:8888@localhost", false, MTA_MILTER_ELSE},
    {"inet:localhost:8889", OURS, false, MTA_MILTER_ELSE}, {"", OURS, false, MTA_MILTER_ELSE},
    {"unix:", OURS, false, MTA_MILTER_ELSE}, {"inet", "inet:1@x", false, MTA_MILTER_ELSE}};

START_TEST(our_socket_is_known_by_each_of_its_names)
{
	ck_assert_int_eq(
	    mta_milter_reach(reaches[_i].endpoint, reaches[_i].listen, QUEUE, reaches[_i].chrooted),
	    reaches[_i].reach);
}
END_TEST

START_TEST(our_socket_is_named_as_the_process_sees_it)
{
	char name[256];

	ck_assert(mta_milter_name(OURS, QUEUE, true, name, sizeof(name)));
	ck_assert_str_eq(name, "unix:/smime-milter/milter.sock");
	ck_assert(mta_milter_name(OURS, QUEUE, false, name, sizeof(name)));
	ck_assert_str_eq(name, OURS);
	ck_assert(!mta_milter_name("unix:/run/x.sock", QUEUE, true, name, sizeof(name)));
	ck_assert(!mta_milter_name("unix:/var/spool/postfixes/x", QUEUE, true, name, sizeof(name)));
	ck_assert(mta_milter_name("inet:1@0.0.0.0", QUEUE, true, name, sizeof(name)));
	ck_assert_str_eq(name, "inet:127.0.0.1:1");
	ck_assert(mta_milter_name("inet6:1@::1", QUEUE, true, name, sizeof(name)));
	ck_assert_str_eq(name, "inet:[::1]:1");
}
END_TEST

START_TEST(signers_and_scanners_are_known_by_name)
{
	ck_assert_int_eq(mta_milter_kind("unix:/run/OpenDKIM/s"), MTA_MILTER_SIGNER);
	ck_assert_int_eq(mta_milter_kind("inet:localhost:8891"), MTA_MILTER_SIGNER);
	ck_assert_int_eq(mta_milter_kind("inet:localhost:11332"), MTA_MILTER_BOTH);
	ck_assert_int_eq(mta_milter_kind("unix:/clamav/x"), MTA_MILTER_SCANNER);
	ck_assert_int_eq(mta_milter_kind("unix:/x"), MTA_MILTER_UNKNOWN);
}
END_TEST

static struct postfix *
parse(const char *main, const char *services, const char *overrides)
{
	return postfix_parse(strdup(main), strdup(services), strdup(overrides), &err);
}

#define SERVICES                                                                  \
	"smtp       inet  n       -       y       -       -       smtpd -o x=y\n" \
	"127.0.0.1:10027 inet n - n - - smtpd\n"                                  \
	"pickup unix n - - 60 1 pickup\n"                                         \
	"cleanup unix n - y - 0 cleanup\n"                                        \
	"[::1]:587 inet n - y - - smtpd\n"

START_TEST(postconf_is_read)
{
	struct postfix *postfix = parse("compatibility_level = 3.6\nempty =\na = b = c\na = last\n",
	    SERVICES, "smtp/inet/a = own\n/a/path/unix/a = gone\n[::1]:587/inet/empty = \n");
	const struct postfix_service *smtp;

	ck_assert_msg(postfix != NULL, "%s", err.text);
	smtp = postfix_service(postfix, "smtp/inet");
	ck_assert(smtp != NULL && smtp->chrooted);
	ck_assert_str_eq(smtp->command, "smtpd");
	ck_assert_str_eq(postfix_value(postfix, smtp, "a"), "own");
	ck_assert_str_eq(postfix_value(postfix, NULL, "a"), "last");
	ck_assert_str_eq(postfix_value(postfix, smtp, "empty"), "");
	ck_assert_str_eq(postfix_value(postfix, smtp, "nothing"), "");
	ck_assert(postfix_overrides(postfix, smtp, "a"));
	ck_assert(!postfix_overrides(postfix, smtp, "empty"));
	ck_assert(postfix_service(postfix, "smtp/unix") == NULL);
	/* "-" is "n" since compatibility level 1 */
	ck_assert(!postfix_service(postfix, "pickup/unix")->chrooted);
	postfix_free(postfix);
	postfix = parse("compatibility_level = 0\n", SERVICES, "");
	ck_assert(postfix_service(postfix, "pickup/unix")->chrooted);
	postfix_free(postfix);
}
END_TEST

START_TEST(what_postconf_does_not_print_is_refused)
{
	ck_assert(parse("no sign\n", "", "") == NULL);
	ck_assert_int_eq(err.code, ERROR_INPUT);
	ck_assert(parse("", "smtp inet n\n", "") == NULL);
	ck_assert(parse("", "", "no slash = x\n") == NULL);
	ck_assert(parse("", "", "/ = x\n") == NULL);
	ck_assert(parse("", "", "nothing at all\n") == NULL);
}
END_TEST

START_TEST(many_settings_have_room_and_too_many_do_not)
{
	char *text = malloc((size_t)POSTFIX_ITEMS_MAX * 8 + 16);
	struct postfix *postfix;
	char *end = text;
	int i;

	for (i = 0; i < POSTFIX_ITEMS_MAX; i++)
		end += sprintf(end, "a%05d=\n", i);
	postfix = parse(text, "", "");
	ck_assert(postfix != NULL);
	ck_assert_uint_eq(postfix->setting_count, POSTFIX_ITEMS_MAX);
	postfix_free(postfix);
	strcpy(end, "b=\n");
	ck_assert(parse(text, "", "") == NULL);
	free(text);
}
END_TEST

START_TEST(the_way_to_our_milter_is_found)
{
	struct postfix *postfix =
	    parse("queue_directory = " QUEUE "\nnon_smtpd_milters = inet:x:1\n", SERVICES,
		"127.0.0.1:10027/inet/smtpd_milters = " OURS "\n"
		"[::1]:587/inet/content_filter = seal:[127.0.0.1]:10027\n"
		"pickup/unix/content_filter = seal:[127.0.0.1]:25\n"
		"smtp/inet/content_filter = amavis:[127.0.0.1]:10024\n");
	struct postfix_way way;

	ck_assert_msg(postfix != NULL, "%s", err.text);
	postfix_way(postfix, postfix_service(postfix, "127.0.0.1:10027/inet"), OURS, &way);
	ck_assert_int_eq(way.kind, POSTFIX_WAY_MILTER);
	ck_assert_int_eq(way.reach, MTA_MILTER_REACHED);
	postfix_way(postfix, postfix_service(postfix, "[::1]:587/inet"), OURS, &way);
	ck_assert_int_eq(way.kind, POSTFIX_WAY_FILTER);
	ck_assert_str_eq(way.carrier->id, "127.0.0.1:10027/inet");
	ck_assert_str_eq(way.transport, "seal");
	postfix_way(postfix, postfix_service(postfix, "pickup/unix"), OURS, &way);
	ck_assert_int_eq(way.kind, POSTFIX_WAY_NONE); /* smtp at port 25 has no milter */
	postfix_way(postfix, postfix_service(postfix, "smtp/inet"), OURS, &way);
	ck_assert_int_eq(way.kind, POSTFIX_WAY_ABROAD);
	ck_assert(postfix_way_is_submission(postfix_service(postfix, "[::1]:587/inet")));
	ck_assert(!postfix_way_is_submission(postfix_service(postfix, "smtp/inet")));
	postfix_free(postfix);
}
END_TEST

START_TEST(times_are_read)
{
	ck_assert_int_eq(postfix_time("300s"), 300000);
	ck_assert_int_eq(postfix_time("5m"), 300000);
	ck_assert_int_eq(postfix_time("30"), 30000);
	ck_assert_int_eq(postfix_time("1w"), 604800000);
	ck_assert_int_eq(postfix_time(""), -1);
	ck_assert_int_eq(postfix_time("5x"), -1);
	ck_assert_int_eq(postfix_time("5mm"), -1);
	ck_assert_int_eq(postfix_time("99999999999s"), -1);
	ck_assert(postfix_list_has("a, No_Milters b", "no_milters"));
	ck_assert(!postfix_list_has("a no_milters_at_all", "no_milters"));
}
END_TEST

static struct sendmail_cf sendmail;

static int
read_cf(const char *text)
{
	char *copy = strdup(text);
	int result;

	memset(&sendmail, 0, sizeof(sendmail));
	result = sendmail_cf_parse(&sendmail, copy, &err);
	free(copy);
	return result;
}

START_TEST(a_cf_is_read)
{
	ck_assert_int_eq(read_cf("# X\nO MaxMessageSize=1000\nO InputMailFilters=two,one,none\n"
				 "Xone, S=unix:/a, F=T, T=C:1m;S:30s;R:1m;E:5m\n"
				 "Xtwo,\n\tS=inet:1@h\n\t, F=R\nXthree\n"
				 "O DaemonPortOptions=Name=MTA\n"
				 "O DaemonPortOptions=Name=MSA, InputFilter=one;two\n"),
	    0);
	ck_assert_uint_eq(sendmail.filter_count, 3);
	ck_assert_str_eq(sendmail.filters[0].socket, "unix:/a");
	ck_assert_str_eq(sendmail.filters[0].flags, "T");
	ck_assert_int_eq(sendmail.filters[0].read_ms, 60000);
	ck_assert_int_eq(sendmail.filters[0].end_ms, 300000);
	ck_assert_int_eq(sendmail.filters[0].place, 1);
	ck_assert_str_eq(sendmail.filters[1].socket, "inet:1@h");
	ck_assert_int_eq(sendmail.filters[1].read_ms, 10000); /* Sendmail's default */
	ck_assert_int_eq(sendmail.filters[1].place, 0);
	ck_assert_int_eq(sendmail.filters[2].place, -1);
	ck_assert_int_eq(sendmail.message_size, 1000);
	ck_assert_uint_eq(sendmail.daemon_count, 1);
	ck_assert_str_eq(sendmail.daemons[0].filters, "one;two");
}
END_TEST

START_TEST(a_hostile_cf_is_borne)
{
	char text[SENDMAIL_CF_FILTERS_MAX * 8 + 64] = "";
	size_t i;

	ck_assert_int_eq(read_cf(""), 0);
	ck_assert_int_eq(read_cf("X\nX,\nX,S=\nXa,T=\nXa,T=R\nXa,T=R:\nXa,T=R:x;;;\nO\nO =\n"
				 "O InputMailFilters\nO InputMailFilters=,,;a\n \n"),
	    0);
	for (i = 0; i <= SENDMAIL_CF_FILTERS_MAX; i++)
		strcat(text, "Xa\n");
	ck_assert_int_eq(read_cf(text), -1);
	ck_assert_int_eq(err.code, ERROR_INPUT);
}
END_TEST

START_TEST(filters_and_indexes_are_compared)
{
	const char *filter = "(|(mail=a\\28b)(&(!(proxyAddresses=smtp:x))(cn:dn:2.4:=y))(=)(";
	static const char *const expected[] = {"mail", "proxyAddresses", "cn", NULL};
	char name[32];
	size_t i;

	for (i = 0; expected[i] != NULL; i++) {
		ck_assert(doctor_index_attribute(&filter, name, sizeof(name)));
		ck_assert_str_eq(name, expected[i]);
	}
	ck_assert(!doctor_index_attribute(&filter, name, sizeof(name)));
	ck_assert(doctor_index_covers("cn,MAIL pres,eq", "mail"));
	ck_assert(doctor_index_covers("mail", "mail"));
	ck_assert(!doctor_index_covers("mail pres,sub", "mail"));
	ck_assert(!doctor_index_covers("mailbox eq", "mail"));
	ck_assert(!doctor_index_covers("eq mail", "mail"));
	ck_assert(!doctor_index_covers("", "mail"));
	ck_assert(doctor_index_is_below("ou=x, DC=corp,dc=example", "dc=corp,dc=EXAMPLE"));
	ck_assert(doctor_index_is_below("dc=example", "dc=example"));
	ck_assert(doctor_index_is_below("dc=example", ""));
	ck_assert(!doctor_index_is_below("dc=anexample", "c=anexample"));
	ck_assert(!doctor_index_is_below("dc=example", "ou=x,dc=example"));
	ck_assert(!doctor_index_is_below("nonsense", "dc=example"));
	ck_assert(doctor_index_seems_missing(0, 101));
	ck_assert(doctor_index_seems_missing(5, 101));
	ck_assert(!doctor_index_seems_missing(0, 100));    /* fast enough */
	ck_assert(!doctor_index_seems_missing(100, 2000)); /* a slow line or machine */
}
END_TEST

START_TEST(a_program_is_run_without_a_shell)
{
	char *const echo[] = {(char *)"/bin/echo", (char *)"a;b $(c)", NULL};
	char *const fails[] = {
	    (char *)"/bin/sh", (char *)"-c", (char *)"echo why >&2; exit 3", NULL};
	char *const nobody[] = {(char *)"/nowhere/postconf", NULL};
	char *const endless[] = {(char *)"/bin/cat", (char *)"/dev/zero", NULL};
	char *const silent[] = {(char *)"/bin/true", NULL};
	char *output = NULL;

	ck_assert_int_eq(program_run(echo, &output, &err), 0);
	ck_assert_str_eq(output, "a;b $(c)\n");
	free(output);
	ck_assert_int_eq(program_run(silent, &output, &err), 0);
	ck_assert_str_eq(output, "");
	free(output);
	ck_assert_int_eq(program_run(fails, &output, &err), -1);
	ck_assert_str_eq(err.text, "/bin/sh failed: why");
	ck_assert_int_eq(program_run(nobody, &output, &err), -1);
	ck_assert(strstr(err.text, "/nowhere/postconf can't be run") != NULL);
	ck_assert_int_eq(program_run(endless, &output, &err), -1);
	ck_assert(strstr(err.text, "prints too much") != NULL);
}
END_TEST

START_TEST(access_follows_modes_and_owners)
{
	struct access_user user = {.name = "x", .uid = 12345, .groups = {23456}, .group_count = 1};
	char folder[] = "/tmp/access-XXXXXX";
	char file[64];
	char why[ACCESS_TEXT];
	FILE *out;

	ck_assert(mkdtemp(folder) != NULL);
	snprintf(file, sizeof(file), "%s/file", folder);
	out = fopen(file, "w");
	ck_assert(out != NULL);
	fclose(out);
	ck_assert_int_eq(chmod(file, 0640), 0);
	ck_assert(!access_may(&user, file, R_OK, why)); /* mkdtemp's folder is the owner's alone */
	ck_assert(strstr(why, "may not be entered (mode 0700") != NULL);
	ck_assert_int_eq(chmod(folder, 0711), 0);
	ck_assert(!access_may(&user, file, R_OK, why));
	ck_assert(strstr(why, "/file may not be read (mode 0640") != NULL);
	access_join(&user, getegid());
	ck_assert(access_may(&user, file, R_OK, why));
	ck_assert(!access_may(&user, file, R_OK | W_OK, why));
	user.uid = geteuid();
	ck_assert(access_may(&user, file, R_OK | W_OK, why));
	ck_assert_int_eq(unlink(file), 0);
	ck_assert(!access_may(&user, file, R_OK, why));
	ck_assert(strstr(why, strerror(ENOENT)) != NULL);
	ck_assert_int_eq(rmdir(folder), 0);
	ck_assert(!access_user("no such user", &user));
}
END_TEST

START_TEST(sizes_grow_and_shrink_alike)
{
	ck_assert_int_ge(growth_sealed(20000000), 27400000);
	ck_assert_int_ge(growth_sealed(growth_plain(28000000)) + 200, 28000000 - 200);
	ck_assert_int_le(growth_sealed(growth_plain(28000000)), 28000000);
	ck_assert_int_eq(growth_plain(1), 0);
	ck_assert_int_eq(growth_answer_seconds(8000), 60);
	ck_assert_int_eq(growth_answer_seconds(100000), 200);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("mta");
	TCase *tcase = unit_case(suite, "mta");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, a_list_of_milters_is_taken_apart);
	tcase_add_test(tcase, an_item_that_is_too_long_is_cut);
	tcase_add_loop_test(
	    tcase, our_socket_is_known_by_each_of_its_names, 0, ARRAY_LENGTH(reaches));
	tcase_add_test(tcase, our_socket_is_named_as_the_process_sees_it);
	tcase_add_test(tcase, signers_and_scanners_are_known_by_name);
	tcase_add_test(tcase, postconf_is_read);
	tcase_add_test(tcase, what_postconf_does_not_print_is_refused);
	tcase_add_test(tcase, many_settings_have_room_and_too_many_do_not);
	tcase_add_test(tcase, the_way_to_our_milter_is_found);
	tcase_add_test(tcase, times_are_read);
	tcase_add_test(tcase, a_cf_is_read);
	tcase_add_test(tcase, a_hostile_cf_is_borne);
	tcase_add_test(tcase, filters_and_indexes_are_compared);
	tcase_add_test(tcase, a_program_is_run_without_a_shell);
	tcase_add_test(tcase, access_follows_modes_and_owners);
	tcase_add_test(tcase, sizes_grow_and_shrink_alike);
	return unit_run(suite);
}
