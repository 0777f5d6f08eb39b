/* base/file: what is read, what is refused, and that a file is replaced whole or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "unit.h"

static char folder[] = "/tmp/test-file-XXXXXX";
static struct error err;
static char place[128];

/* A path in the folder; good until the next one. */
static const char *
path(const char *name)
{
	snprintf(place, sizeof(place), "%s/%s", folder, name);
	return place;
}

static void
setup(void)
{
	static const struct error none = ERROR_INIT;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	err = none;
}

static void
teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	ck_assert_int_eq(system(command), 0);
}

/* The folder holds what this lists, in the order of names, a space behind each. */
static void
assert_holds(const char *names)
{
	char command[128];
	char text[256] = "";
	FILE *list;
	size_t size;

	snprintf(command, sizeof(command), "ls -A %s | tr '\\n' ' '", folder);
	list = popen(command, "r");
	ck_assert_ptr_nonnull(list);
	size = fread(text, 1, sizeof(text) - 1, list);
	text[size] = '\0';
	pclose(list);
	ck_assert_str_eq(text, names);
}

static int
put(const char *name, const char *text)
{
	const struct file_part all = {text, strlen(text)};

	return file_replace(AT_FDCWD, path(name), 0640, &all, 1, &err);
}

static void
assert_reads(const char *name, const char *text)
{
	char *bytes = NULL;
	size_t size = 0;

	ck_assert_msg(
	    file_read(AT_FDCWD, path(name), 100, &bytes, &size, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(size, strlen(text));
	ck_assert_str_eq(bytes, text);
	free(bytes);
}

static void
assert_unread(int at, const char *name, enum error_code code, const char *words)
{
	char *bytes = NULL;
	size_t size;

	ck_assert_int_eq(file_read(at, name, 5, &bytes, &size, &err), -1);
	ck_assert_ptr_null(bytes);
	ck_assert_int_eq(err.code, code);
	ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
}

START_TEST(what_is_written_is_read)
{
	static const struct file_part parts[] = {{"one ", 4}, {"", 0}, {"two", 3}};
	struct stat about;

	ck_assert_int_eq(file_replace(AT_FDCWD, path("a"), 0604, parts, 3, &err), 0);
	assert_reads("a", "one two");
	ck_assert_int_eq(stat(path("a"), &about), 0);
	ck_assert_uint_eq(about.st_mode & 0777, 0604);
	ck_assert_int_eq(put("a", "three"), 0);
	assert_reads("a", "three");
	ck_assert_int_eq(file_replace(AT_FDCWD, path("a"), 0600, NULL, 0, &err), 0);
	assert_reads("a", "");
	assert_holds("a ");
}
END_TEST

START_TEST(the_mode_does_not_depend_on_the_umask)
{
	struct stat about;

	umask(0777);
	ck_assert_int_eq(put("a", "x"), 0);
	umask(022);
	ck_assert_int_eq(stat(path("a"), &about), 0);
	ck_assert_uint_eq(about.st_mode & 0777, 0640);
}
END_TEST

START_TEST(a_name_may_be_of_an_open_folder_or_the_working_one)
{
	static const struct file_part all = {"text", 4};
	int at = open(folder, O_RDONLY | O_DIRECTORY);
	char *bytes;
	size_t size;

	ck_assert_int_eq(file_replace(at, "a", 0600, &all, 1, &err), 0);
	assert_reads("a", "text");
	ck_assert_int_eq(file_read(at, "a", 4, &bytes, &size, &err), 0);
	free(bytes);
	ck_assert_int_eq(fchdir(at), 0);
	ck_assert_int_eq(file_replace(AT_FDCWD, "b", 0600, &all, 1, &err), 0);
	assert_reads("b", "text");
	ck_assert_int_eq(file_remove(at, "a", &err), 0);
	ck_assert_int_eq(file_remove(AT_FDCWD, "b", &err), 0);
	assert_holds("");
	ck_assert_int_eq(chdir("/"), 0);
	close(at);
}
END_TEST

START_TEST(a_link_in_a_folder_is_not_followed_but_one_in_a_path_is)
{
	int at = open(folder, O_RDONLY | O_DIRECTORY);

	ck_assert_int_eq(put("a", "text"), 0);
	ck_assert_int_eq(symlinkat("a", at, "link"), 0);
	assert_reads("link", "text");
	assert_unread(at, "link", ERROR_PERMANENT, "opening the file");
	/* What is written takes the link's place, and leaves alone where it leads. */
	ck_assert_int_eq(put("link", "new"), 0);
	assert_reads("a", "text");
	assert_reads("link", "new");
	close(at);
}
END_TEST

START_TEST(what_is_no_file_is_refused_without_waiting)
{
	ck_assert_int_eq(mkfifo(path("pipe"), 0600), 0);
	assert_unread(AT_FDCWD, path("pipe"), ERROR_INPUT, "not a regular file");
	assert_unread(AT_FDCWD, "/dev/null", ERROR_INPUT, "not a regular file");
	assert_unread(AT_FDCWD, folder, ERROR_INPUT, "not a regular file");
	ck_assert_int_ne(errno, ENOENT);
}
END_TEST

START_TEST(what_is_not_there_is_told_apart)
{
	assert_unread(AT_FDCWD, path("none"), ERROR_PERMANENT, "No such file");
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(put("a", "x"), 0);
	assert_unread(AT_FDCWD, path("a/b"), ERROR_PERMANENT, "Not a directory");
	ck_assert_int_ne(errno, ENOENT);
}
END_TEST

START_TEST(a_file_up_to_the_limit_is_read_and_none_beyond)
{
	char *bytes;
	size_t size;

	ck_assert_int_eq(put("a", "12345"), 0);
	ck_assert_int_eq(file_read(AT_FDCWD, path("a"), 5, &bytes, &size, &err), 0);
	free(bytes);
	ck_assert_int_eq(put("a", "123456"), 0);
	assert_unread(AT_FDCWD, path("a"), ERROR_LIMIT, "larger than 5 bytes");
}
END_TEST

START_TEST(a_file_that_grows_or_shrinks_meanwhile_is_not_taken)
{
	struct stat about;
	char *bytes = NULL;
	size_t size;
	int file;
	int change;

	for (change = -1; change <= 1; change += 2) {
		ck_assert_int_eq(put("a", "123"), 0);
		file = file_open(AT_FDCWD, path("a"), &about, &err);
		ck_assert_int_ge(file, 0);
		ck_assert_int_eq(truncate(path("a"), 3 + change), 0);
		ck_assert_int_eq(file_read_open(file, &about, 5, &bytes, &size, &err), -1);
		ck_assert_int_eq(err.code, ERROR_TEMPORARY);
		ck_assert_ptr_null(bytes);
		close(file);
	}
}
END_TEST

static void
assert_kept(const char *name, const char *words)
{
	ck_assert_int_eq(put(name, "something new"), -1);
	ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
}

START_TEST(without_its_folder_nothing_is_written)
{
	assert_kept("none/a", "opening the folder: No such file");
	ck_assert_int_eq(put("file", "x"), 0);
	assert_kept("file/a", "opening the folder: Not a directory");
	ck_assert_int_eq(file_remove(AT_FDCWD, path("none/a"), &err), -1);
	ck_assert_int_eq(file_remove(AT_FDCWD, path("none"), &err), -1);
	assert_holds("file ");
}
END_TEST

START_TEST(a_folder_is_not_replaced_by_a_file)
{
	ck_assert_int_eq(mkdir(path("sub"), 0700), 0);
	assert_kept("sub", "putting the file in its place");
	assert_kept("sub/", "putting the file in its place");
	ck_assert_int_eq(file_remove(AT_FDCWD, path("sub"), &err), -1);
	assert_holds("sub ");
	assert_unread(AT_FDCWD, path("sub"), ERROR_INPUT, "not a regular file");
}
END_TEST

START_TEST(a_name_that_is_too_long_is_refused)
{
	char name[5000];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(file_replace(AT_FDCWD, name, 0600, NULL, 0, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "too long"));
	name[2000] = '/';
	name[4500] = '/';
	ck_assert_int_eq(file_replace(AT_FDCWD, name, 0600, NULL, 0, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "too long"));
}
END_TEST

/* As on a full disk: no file can grow beyond `room` bytes. Check writes files, too, so only now. */
static void
assert_kept_without_room(const char *name, rlim_t room)
{
	struct rlimit before;
	struct rlimit limit;
	int status;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = room;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	status = put(name, "something new");
	setrlimit(RLIMIT_FSIZE, &before);
	ck_assert_int_eq(status, -1);
	ck_assert_msg(strstr(err.text, "writing the file") != NULL, "%s", err.text);
}

START_TEST(on_a_full_disk_the_old_file_stays_and_nothing_else)
{
	ck_assert_int_eq(put("a", "old"), 0);
	assert_kept_without_room("a", 5);
	assert_kept_without_room("a", 0);
	assert_kept_without_room("b", 0);
	assert_reads("a", "old");
	assert_holds("a ");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("file");
	TCase *tcase = unit_case(suite, "file");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_is_written_is_read);
	tcase_add_test(tcase, the_mode_does_not_depend_on_the_umask);
	tcase_add_test(tcase, a_name_may_be_of_an_open_folder_or_the_working_one);
	tcase_add_test(tcase, a_link_in_a_folder_is_not_followed_but_one_in_a_path_is);
	tcase_add_test(tcase, what_is_no_file_is_refused_without_waiting);
	tcase_add_test(tcase, what_is_not_there_is_told_apart);
	tcase_add_test(tcase, a_file_up_to_the_limit_is_read_and_none_beyond);
	tcase_add_test(tcase, a_file_that_grows_or_shrinks_meanwhile_is_not_taken);
	tcase_add_test(tcase, without_its_folder_nothing_is_written);
	tcase_add_test(tcase, a_folder_is_not_replaced_by_a_file);
	tcase_add_test(tcase, a_name_that_is_too_long_is_refused);
	tcase_add_test(tcase, on_a_full_disk_the_old_file_stays_and_nothing_else);
	return unit_run(suite);
}
