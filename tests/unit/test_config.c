/* The configuration: fixtures, and the whole life of a file. */
#include "test_config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"

static char folder[64];

static void
make_folder(void)
{
	strcpy(folder, "/tmp/test_config.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chmod(test_file("file", "x", 1), 0600), 0);
}

/* No test makes more than these. */
static void
remove_folder(void)
{
	static const char *const names[] = {"file", "test.conf", "fifo", "secret"};
	char path[128];

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	ck_assert_int_eq(rmdir(folder), 0);
}

const char *
test_file(const char *name, const char *bytes, size_t size)
{
	static char path[128];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	out = fopen(path, "w");
	ck_assert_ptr_nonnull(out);
	ck_assert_uint_eq(fwrite(bytes, 1, size, out), size);
	ck_assert_int_eq(fclose(out), 0);
	return path;
}

/* The text with the marks filled in (free()). */
static char *
fill_in(const char *text)
{
	struct buffer out = BUFFER_INIT;

	while (*text != '\0') {
		if (strncmp(text, "@F@", 3) == 0 || strncmp(text, "@D@", 3) == 0) {
			ck_assert_int_eq(buffer_append_format(&out, NULL, "%s%s", folder,
					     text[1] == 'F' ? "/file" : ""),
			    0);
			text += 3;
		} else {
			ck_assert_int_eq(buffer_append(&out, text++, 1, NULL), 0);
		}
	}
	return buffer_take(&out);
}

struct config *
test_load(const char *text, struct config_problems *problems)
{
	char *filled = fill_in(text);
	const char *path = test_file("test.conf", filled, strlen(filled));

	free(filled);
	return config_load(path, problems);
}

struct config *
test_load_fine(const char *text)
{
	struct config_problems problems;
	struct config *config = test_load(text, &problems);

	ck_assert_msg(config != NULL, "%s", problems.count > 0 ? problems.items[0] : "no problem");
	ck_assert_uint_eq(problems.count, 0);
	return config;
}

void
test_refused(const char *text, const char *problem)
{
	struct config_problems problems;
	char *filled = fill_in(problem);
	char expected[2000];

	ck_assert_ptr_null(test_load(text, &problems));
	ck_assert_uint_ge(problems.count, 1);
	snprintf(expected, sizeof(expected), "%s/test.conf:%s", folder, filled);
	ck_assert_str_eq(problems.items[0], expected);
	ck_assert_msg(problems.count == 1, "%s", problems.items[problems.count - 1]);
	config_problems_free(&problems);
	free(filled);
}

/* DESIGN section 7, with files that are there. */
static const char whole[] =
    "listen = \"unix:/var/spool/postfix/smime-milter/milter.sock\"   # inside Postfix's chroot\n"
    "mode   = enforce\n"
    "internal-hosts = { \"127.0.0.0/8\", \"::1\", \"192.0.2.0/24\" }\n"
    "deadline = 8s                     # Sendmail gives 10 s\n"
    "directory \"gal\" {\n"
    "    uri     = { \"ldaps://dc1.corp.example\", \"ldaps://dc2.corp.example\" }\n"
    "    base    = \"dc=corp,dc=example\"\n"
    "    filter  = \"(|(mail=%a)(proxyAddresses=smtp:%a))\"\n"
    "    domains = { \"corp.example\" }\n"
    "}\n"
    "directory \"local\" { ldif = \"@F@\" }\n"
    "trust \"default\" { anchors = \"@D@\"\n"
    "                  revocation = soft }\n"
    "rule \"partners\" {\n"
    "    recipients = { \"@partner.example\" }\n"
    "    encrypt    = required         # required | preferred | never\n"
    "    floor      = 3des\n"
    "    unknown-capabilities = assume\n"
    "    assumed-cipher = aes128-cbc\n"
    "}\n"
    "rule \"marked\"   { subject = \"[secure]\"  encrypt = required }\n"
    "rule \"everyone\" { encrypt = preferred }\n"
    "floor    = aes192-cbc             # after the rules that inherit it\n"
    "bcc = reveal\n";

START_TEST(a_whole_configuration_is_read)
{
	struct config *config = test_load_fine(whole);

	ck_assert_str_eq(config->listen, "unix:/var/spool/postfix/smime-milter/milter.sock");
	ck_assert_int_eq(config->deadline, 8000);
	ck_assert_uint_eq(config->internal_hosts.count, 3);
	ck_assert_uint_eq(config->directory_count, 2);
	ck_assert_str_eq(config->directories[0].title, "gal");
	ck_assert_int_eq(config->directories[0].line, 5);
	ck_assert_uint_eq(config->directories[0].uri.count, 2);
	ck_assert_str_eq(config->directories[0].uri.items[1], "ldaps://dc2.corp.example");
	ck_assert_str_eq(config->directories[0].filter, "(|(mail=%a)(proxyAddresses=smtp:%a))");
	ck_assert_str_eq(config->directories[1].domains.items[0], "*");
	ck_assert_uint_eq(config->trust_count, 1);
	ck_assert_int_eq(config->trusts[0].revocation, REVOCATION_SOFT);
	ck_assert_uint_eq(config->rule_count, 3);
	ck_assert_str_eq(config->rules[2].title, "everyone");
	ck_assert_int_eq(config->rules[2].line, 22);
	ck_assert_int_eq(config->rules[0].encrypt, ENCRYPT_REQUIRED);
	ck_assert_int_eq(config->rules[0].recipients.items[0].kind, PATTERN_DOMAIN);
	ck_assert_str_eq(config->rules[1].subject, "[secure]");
	ck_assert_str_eq(config->rules[0].subject, "");
	config_unref(config);
}
END_TEST

START_TEST(a_rule_inherits_what_it_does_not_say_wherever_it_stands)
{
	struct config *config = test_load_fine(whole);

	ck_assert_str_eq(config->policy.floor->name, "aes192-cbc");
	ck_assert_str_eq(config->rules[0].policy.floor->name, "3des");
	ck_assert_str_eq(config->rules[0].policy.assumed_cipher->name, "aes128-cbc");
	ck_assert_str_eq(config->rules[1].policy.floor->name, "aes192-cbc");
	ck_assert_str_eq(config->rules[1].policy.assumed_cipher->name, "aes256-cbc");
	ck_assert_int_eq(config->rules[0].policy.bcc, BCC_REVEAL);
	ck_assert_int_eq(config->rules[2].policy.bcc, BCC_REVEAL);
	config_unref(config);
}
END_TEST

START_TEST(a_config_lives_until_its_last_reference)
{
	struct config *config = test_load_fine(whole);

	ck_assert_ptr_eq(config_ref(config), config);
	config_unref(config);
	ck_assert_str_eq(config->rules[0].title, "partners");
	config_unref(config);
	config_unref(NULL);
}
END_TEST

/* Every prefix is either a configuration or refused with a reason; and the next load doesn't
 * remember it. */
START_TEST(truncated_files_are_read_or_refused_never_worse)
{
	char *text = strdup(whole);
	struct config_problems problems;
	size_t refused = 0;

	for (size_t size = strlen(text); size > 0; size--) {
		struct config *config;

		text[size - 1] = '\0';
		config = test_load(text, &problems);
		ck_assert(config != NULL ? problems.count == 0 : problems.count > 0);
		refused += config == NULL;
		config_unref(config);
		config_problems_free(&problems);
	}
	ck_assert_uint_gt(refused, strlen(whole) / 2);
	free(text);
	config_unref(test_load_fine(whole));
}
END_TEST

static char *
make_sample(bool uncommented)
{
	char *text = NULL, *line, *rest;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct buffer made = BUFFER_INIT;

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(config_write_sample(out), 0);
	fclose(out);
	for (line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		bool setting = line[0] == '#' && line[1] != ' ';

		ck_assert_int_eq(buffer_append_format(
				     &made, NULL, "%s\n", line + (uncommented && setting ? 1 : 0)),
		    0);
	}
	free(text);
	return buffer_take(&made);
}

START_TEST(the_sample_as_it_is_changes_nothing)
{
	char *text = make_sample(false);
	struct config *config = test_load_fine(text);
	struct config *empty = test_load_fine("");

	ck_assert_uint_eq(config->rule_count, 0);
	ck_assert_str_eq(config->listen, empty->listen);
	ck_assert_ptr_eq(config->policy.floor, empty->policy.floor);
	config_unref(config);
	config_unref(empty);
	free(text);
}
END_TEST

/* Only what the machine lacks may be wrong with it: the files, user and groups of its examples. */
START_TEST(the_sample_uncommented_is_a_configuration)
{
	char *text = make_sample(true);
	struct config_problems problems;
	struct config *config = test_load(text, &problems);

	for (size_t i = 0; i < problems.count; i++)
		ck_assert_msg(strstr(problems.items[i], "No such file") != NULL ||
				  strstr(problems.items[i], ": there is no ") != NULL,
		    "%s", problems.items[i]);
	ck_assert_uint_gt(strlen(text), 4000);
	config_unref(config);
	config_problems_free(&problems);
	free(text);
}
END_TEST

START_TEST(the_manual_names_every_setting_and_word)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(config_write_manual(out), 0);
	fclose(out);
	ck_assert_ptr_nonnull(
	    strstr(text, "\n.BR unknown\\-capabilities \" (one of the words below)\""));
	ck_assert_ptr_nonnull(strstr(text, "\n.B active\\-directory\n"));
	ck_assert_ptr_nonnull(strstr(text, "Default: 8s; from 100ms to 2m.\n"));
	ck_assert_ptr_nonnull(strstr(text, "Default: 256k; from 4k to 64M.\n"));
	free(text);
}
END_TEST

START_TEST(a_stream_that_fails_is_reported)
{
	FILE *full = fopen("/dev/full", "w");

	ck_assert_ptr_nonnull(full);
	ck_assert_int_eq(config_write_sample(full), -1);
	ck_assert_int_eq(config_write_manual(full), -1);
	fclose(full);
}
END_TEST

START_TEST(ten_thousand_rules_are_read)
{
	struct buffer text = BUFFER_INIT;
	struct config *config;

	ck_assert_int_eq(buffer_append_text(&text,
			     "directory a { ldif=\"@F@\" } trust a { anchors=\"@F@\" }\n", NULL),
	    0);
	for (int i = 0; i < 10000; i++)
		ck_assert_int_eq(
		    buffer_append_format(&text, NULL,
			"rule r%d { recipients = \"@d%d.example\" encrypt=required }\n", i, i),
		    0);
	config = test_load_fine(text.data);
	ck_assert_uint_eq(config->rule_count, 10000);
	ck_assert_str_eq(config->rules[9999].title, "r9999");
	config_unref(config);
	buffer_free(&text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("config");
	TCase *tcase = unit_case(suite, "life");
	TCase *cases[] = {tcase, test_config_values(), test_config_errors()};

	tcase_add_test(tcase, a_whole_configuration_is_read);
	tcase_add_test(tcase, a_rule_inherits_what_it_does_not_say_wherever_it_stands);
	tcase_add_test(tcase, a_config_lives_until_its_last_reference);
	tcase_add_test(tcase, truncated_files_are_read_or_refused_never_worse);
	tcase_add_test(tcase, the_sample_as_it_is_changes_nothing);
	tcase_add_test(tcase, the_sample_uncommented_is_a_configuration);
	tcase_add_test(tcase, the_manual_names_every_setting_and_word);
	tcase_add_test(tcase, a_stream_that_fails_is_reported);
	tcase_add_test(tcase, ten_thousand_rules_are_read);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		tcase_add_checked_fixture(cases[i], make_folder, remove_folder);
		tcase_set_timeout(cases[i], 60);
		if (i > 0)
			suite_add_tcase(suite, cases[i]);
	}
	return unit_run(suite);
}
