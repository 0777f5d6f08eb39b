/* base/secret: what is taken for a secret, and what is not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "unit.h"

static char folder[] = "/tmp/test-secret-XXXXXX";
static char path[64];
static struct error err;

static void
setup(void)
{
	static const struct error none = ERROR_INIT;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/secret", folder);
	err = none;
}

static void
teardown(void)
{
	unlink(path);
	ck_assert_int_eq(rmdir(folder), 0);
}

static void
write_secret(mode_t mode)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fputs("secret", file) >= 0 && fclose(file) == 0, 1);
	ck_assert_int_eq(chmod(path, mode), 0);
}

static void
write_bytes(const char *bytes, size_t size)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
	ck_assert_int_eq(fclose(file), 0);
}

static const mode_t closed[] = {0400, 0600, 0640, 0660, 0601};
static const mode_t open_to_others[] = {0604, 0602, 0646, 0666};

START_TEST(owner_and_group_may_read_a_secret)
{
	char text[10] = "";
	int fd;

	write_secret(closed[_i]);
	fd = secret_open(path, &err);
	ck_assert_msg(fd >= 0, "%s", err.text);
	ck_assert_int_eq(read(fd, text, sizeof(text)), 6);
	ck_assert_str_eq(text, "secret");
	close(fd);
}
END_TEST

START_TEST(a_secret_that_others_can_read_or_write_is_refused_with_the_remedy)
{
	char words[100];

	write_secret(open_to_others[_i]);
	ck_assert_int_eq(secret_open(path, &err), -1);
	ck_assert_int_eq(err.code, ERROR_INPUT);
	snprintf(words, sizeof(words), "\"chmod o= %s\"", path);
	ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
}
END_TEST

START_TEST(what_is_no_file_is_no_secret_and_nobody_waits_for_it)
{
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(secret_open(path, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "not a regular file"));
	ck_assert_int_eq(secret_open(folder, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "not a regular file"));
	ck_assert_int_eq(secret_open("/nonexistent", &err), -1);
	ck_assert_str_eq(err.text, "/nonexistent: No such file or directory");
}
END_TEST

START_TEST(a_password_is_the_first_line_and_never_empty)
{
	static const char zeros[8];
	char line[8];
	FILE *file;

	write_secret(0600);
	ck_assert_int_eq(secret_read_line(path, line, sizeof(line), &err), 0);
	ck_assert_str_eq(line, "secret");
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fputs("\r\nsecret\n", file) >= 0 && fclose(file) == 0, 1);
	ck_assert_int_eq(secret_read_line(path, line, sizeof(line), &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "holds no password in its first line"));
	write_bytes("secret12\nmore\n", 14);
	ck_assert_int_eq(secret_read_line(path, line, sizeof(line), &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "has more than 7 bytes"));
	ck_assert_mem_eq(line, zeros, sizeof(line));
	write_bytes("secret1\r\nmore\n", 14);
	ck_assert_int_eq(secret_read_line(path, line, sizeof(line), &err), 0);
	ck_assert_str_eq(line, "secret1");
	write_bytes("s\0e\0c\0", 6);
	ck_assert_int_eq(secret_read_line(path, line, sizeof(line), &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "it has a NUL"));
	/* Its first byte can't be read. */
	ck_assert_int_eq(secret_read_line("/proc/self/mem", line, sizeof(line), &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "Input/output error"));
	write_secret(0644);
	ck_assert_int_eq(secret_read_line(path, line, sizeof(line), &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "reading the password: "));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("secret");
	TCase *tcase = unit_case(suite, "secret");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, owner_and_group_may_read_a_secret, 0, (int)ARRAY_LENGTH(closed));
	tcase_add_loop_test(tcase,
	    a_secret_that_others_can_read_or_write_is_refused_with_the_remedy, 0,
	    (int)ARRAY_LENGTH(open_to_others));
	tcase_add_test(tcase, what_is_no_file_is_no_secret_and_nobody_waits_for_it);
	tcase_add_test(tcase, a_password_is_the_first_line_and_never_empty);
	return unit_run(suite);
}
