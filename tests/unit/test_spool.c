/* Where ciphertext waits: in memory, then in an unnamed file, under a shared cap. */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "message/spool.h"
#include "unit.h"

static char folder[] = "/tmp/test-spool-XXXXXX";

static int
collect(void *context, const char *bytes, size_t size, struct error *err)
{
	return buffer_append(context, bytes, size, err);
}

static int
files_in(const char *path)
{
	DIR *dir = opendir(path);
	int count = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count - 2; /* "." and ".." */
}

/* Whether so many bytes can be put on disk. */
static void
assert_room(struct spool_space *space, size_t size, bool has)
{
	struct error err = ERROR_INIT;
	struct spool *spool = spool_new(space, folder, 0, &err);
	char *bytes = calloc(1, size);

	ck_assert_int_eq(spool_write(spool, bytes, size, &err), has ? 0 : -1);
	if (!has)
		ck_assert_int_eq(err.code, ERROR_LIMIT);
	spool_free(spool);
	free(bytes);
}

/* Writes `pieces` pieces of `size` bytes and reads all back in pieces of `out`. */
static void
write_and_read_back(size_t memory, size_t size, int pieces, size_t out)
{
	struct spool_space *space = spool_space_new(1 << 20);
	struct error err = ERROR_INIT;
	struct spool *spool = spool_new(space, folder, memory, &err);
	struct buffer expected = BUFFER_INIT;
	struct buffer got = BUFFER_INIT;
	char *piece = malloc(size);
	int i;

	for (i = 0; i < pieces; i++) {
		memset(piece, 'a' + i % 26, size);
		ck_assert_int_eq(buffer_append(&expected, piece, size, &err), 0);
		ck_assert_msg(spool_write(spool, piece, size, &err) == 0, "%s", err.text);
	}
	ck_assert_int_eq(files_in(folder), 0);
	ck_assert_int_eq(spool_read(spool, out, collect, &got, &err), 0);
	ck_assert_uint_eq(got.size, expected.size);
	ck_assert_int_eq(memcmp(got.data, expected.data, got.size), 0);
	spool_free(spool);
	assert_room(space, 1 << 20, true);
	spool_space_free(space);
	buffer_free(&expected);
	buffer_free(&got);
	free(piece);
}

START_TEST(what_goes_in_comes_out_in_order)
{
	static const struct {
		size_t memory;
		size_t size;
		int pieces;
		size_t out;
	} cases[] = {{1000, 100, 3, 64}, {1000, 100, 11, 64}, {1000, 999, 30, 4096},
	    {1000, 5000, 3, 65535}, {10, 1, 25, 1}};

	write_and_read_back(cases[_i].memory, cases[_i].size, cases[_i].pieces, cases[_i].out);
}
END_TEST

START_TEST(the_shared_space_is_a_limit_and_is_given_back)
{
	struct spool_space *space = spool_space_new(100);
	struct error err = ERROR_INIT;
	struct spool *first = spool_new(space, folder, 10, &err);
	struct spool *second = spool_new(space, folder, 10, &err);
	char bytes[80] = {0};

	ck_assert_int_eq(spool_write(first, bytes, 80, &err), 0);
	assert_room(space, 21, false);
	assert_room(space, 20, true);
	ck_assert_int_eq(spool_write(second, bytes, 80, &err), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	spool_free(first);
	spool_free(second);
	second = spool_new(space, folder, 10, &err);
	ck_assert_int_eq(spool_write(second, bytes, 80, &err), 0);
	spool_free(second);
	spool_space_free(space);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_named)
{
	struct spool_space *space = spool_space_new(1000);
	struct error err = ERROR_INIT;
	struct spool *spool = spool_new(space, "/nonexistent/cache", 10, &err);
	char bytes[80] = {0};

	ck_assert_int_eq(spool_write(spool, bytes, 5, &err), 0);
	ck_assert_int_eq(spool_write(spool, bytes, 80, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/cache"));
	spool_free(spool);
	spool_space_free(space);
}
END_TEST

static int
refuse(void *context, const char *bytes, size_t size, struct error *err)
{
	(void)context;
	(void)bytes;
	(void)size;
	return error_set(err, ERROR_TEMPORARY, "no more");
}

START_TEST(reading_stops_where_the_taker_does)
{
	struct spool_space *space = spool_space_new(1000);
	struct error err = ERROR_INIT;
	struct spool *spool = spool_new(space, folder, 10, &err);
	char bytes[80] = {0};

	ck_assert_int_eq(spool_write(spool, bytes, 80, &err), 0);
	ck_assert_int_eq(spool_read(spool, 10, refuse, NULL, &err), -1);
	ck_assert_str_eq(err.text, "no more");
	spool_free(spool);
	spool_space_free(space);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("spool");
	TCase *tcase = unit_case(suite, "spool");
	int status;

	if (mkdtemp(folder) == NULL)
		return EXIT_FAILURE;
	tcase_add_loop_test(tcase, what_goes_in_comes_out_in_order, 0, 5);
	tcase_add_test(tcase, the_shared_space_is_a_limit_and_is_given_back);
	tcase_add_test(tcase, a_folder_that_is_not_there_is_named);
	tcase_add_test(tcase, reading_stops_where_the_taker_does);
	status = unit_run(suite);
	rmdir(folder);
	return status;
}
