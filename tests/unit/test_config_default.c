/* config: the default file, which may not be there yet. Here it is etc/smime-milter/smime-milter.conf. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "unit.h"

#define MISSING ": opening the file: No such file or directory"
#define ADVICE                                                   \
	"; make it: every setting, with its default, stands in " \
	"etc/smime-milter/smime-milter.conf.sample"

static char folder[30];

static void
setup(void)
{
	strcpy(folder, "/tmp/smime-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
}

static void
teardown(void)
{
	unlink(CONFIG_DEFAULT_FILE);
	rmdir("etc/smime-milter");
	rmdir("etc");
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(folder), 0);
}

static void
refused(const char *file, const char *problem)
{
	struct config_problems problems;

	ck_assert_ptr_null(config_load(file, &problems));
	ck_assert_uint_eq(problems.count, 1);
	ck_assert_str_eq(problems.items[0], problem);
	config_problems_free(&problems);
}

static void
make_folder(void)
{
	ck_assert_int_eq(mkdir("etc", 0700), 0);
	ck_assert_int_eq(mkdir("etc/smime-milter", 0700), 0);
}

START_TEST(a_default_file_that_is_missing_is_told_with_what_to_begin_with)
{
	if (_i == 1)
		make_folder();
	refused(CONFIG_DEFAULT_FILE, "etc/smime-milter/smime-milter.conf" MISSING ADVICE);
}
END_TEST

START_TEST(a_file_that_was_named_and_is_missing_is_told_alone)
{
	refused("mine.conf", "mine.conf" MISSING);
}
END_TEST

START_TEST(a_default_file_that_is_there_but_none_is_told_alone)
{
	make_folder();
	ck_assert_int_eq(mkdir(CONFIG_DEFAULT_FILE, 0700), 0);
	refused(CONFIG_DEFAULT_FILE, "etc/smime-milter/smime-milter.conf: not a regular file");
	ck_assert_int_eq(rmdir(CONFIG_DEFAULT_FILE), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("config_default");
	TCase *tcase = unit_case(suite, "default");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(
	    tcase, a_default_file_that_is_missing_is_told_with_what_to_begin_with, 0, 2);
	tcase_add_test(tcase, a_file_that_was_named_and_is_missing_is_told_alone);
	tcase_add_test(tcase, a_default_file_that_is_there_but_none_is_told_alone);
	return unit_run(suite);
}
