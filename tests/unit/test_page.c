/* ctl/page: what gets into a page, and how the file comes about. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "page.h"
#include "unit.h"

static char folder[] = "/tmp/test-page-XXXXXX";
static char path[64];
static char *written;
static struct error err;

static void
setup(void)
{
	static const struct error none = ERROR_INIT;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/page.html", folder);
	err = none;
}

static void
teardown(void)
{
	free(written);
	unlink(path);
	ck_assert_int_eq(rmdir(folder), 0); /* no draft is left */
}

static struct page *
begin(const char *title, const char *warning)
{
	struct page *page = page_open(path, title, "corp.example", warning, &err);

	ck_assert_msg(page != NULL, "%s", err.text);
	return page;
}

/* Ends the page and reads it. */
static void
end(struct page *page)
{
	FILE *file;
	long size;

	ck_assert_msg(page_close(page, &err) == 0, "%s", err.text);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
	size = ftell(file);
	rewind(file);
	written = calloc(1, (size_t)size + 1);
	ck_assert_ptr_nonnull(written);
	ck_assert_uint_eq(fread(written, 1, (size_t)size, file), (size_t)size);
	fclose(file);
}

static void
assert_has(const char *text)
{
	ck_assert_msg(strstr(written, text) != NULL, "lacks: %s", text);
}

static void
assert_lacks(const char *text)
{
	ck_assert_msg(strstr(written, text) == NULL, "has: %s", text);
}

#define EVIL "<script>alert(1)</script>\"'&\xe2\x80\xae\x01\xff"

START_TEST(text_never_becomes_markup_wherever_it_stands)
{
	static const struct page_tile tile = {EVIL, 1, EVIL, PAGE_BAD};
	static const struct page_bar bar = {EVIL, 1, PAGE_BAD, EVIL};
	static const struct page_series series = {EVIL, PAGE_BAD};
	static const char *const evil[] = {EVIL};
	static const uint64_t one[] = {1};
	static const struct page_columns columns = {EVIL, &series, 1, evil, 1, one};
	static const struct page_cell_head head = {EVIL, false};
	struct page *page = begin(EVIL, EVIL);

	page_section(page, EVIL, EVIL);
	page_paragraph(page, EVIL);
	page_tiles(page, &tile, 1);
	page_bars(page, EVIL, &bar, 1);
	page_share(page, EVIL, &bar, 1);
	page_columns(page, &columns);
	page_table_begin(page, EVIL, &head, 1);
	page_table_row(page, evil);
	page_table_end(page, EVIL);
	end(page);
	assert_lacks("<script");
	assert_lacks("\xe2\x80\xae");
	assert_lacks("\x01");
	assert_lacks("\xff");
	assert_has("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\\xE2\\x80\\xAE\\x01");
}
END_TEST

START_TEST(a_page_asks_for_nothing_from_elsewhere_and_says_so_to_the_browser)
{
	struct page *page = begin("title", NULL);

	end(page);
	assert_has("default-src &#39;none&#39;");
	assert_lacks("http:");
	assert_lacks("https:");
	assert_lacks("url(");
	assert_lacks("@import");
	assert_lacks(" src=");
	assert_lacks("href=");
}
END_TEST

START_TEST(bars_are_as_long_as_their_numbers_and_none_vanishes)
{
	static const struct page_bar bars[] = {{"most", 1000000, PAGE_GOOD, NULL},
	    {"half", 500000, PAGE_BAD, NULL}, {"one", 1, PAGE_BAD, NULL}};
	struct page *page = begin("title", NULL);

	page_bars(page, "bars", bars, ARRAY_LENGTH(bars));
	end(page);
	assert_has("class=\"mark good\" width=\"1000\"");
	assert_has("class=\"mark bad\" width=\"500\"");
	assert_has("class=\"mark bad\" width=\"4\"");
	assert_has("1,000,000 <small>66.7 %");
	assert_has("1 <small>below 0.1 %");
}
END_TEST

START_TEST(more_bars_than_can_be_shown_are_added_up)
{
	struct page_bar bars[PAGE_BARS_MAX + 2];
	struct page *page = begin("title", NULL);
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(bars); i++)
		bars[i] = (struct page_bar){"bar", 10, PAGE_PLAIN, NULL};
	page_bars(page, "bars", bars, ARRAY_LENGTH(bars));
	page_share(page, "share", bars, ARRAY_LENGTH(bars));
	end(page);
	assert_has("<bdi>others</bdi></th>");
	assert_has("<bdi>others</bdi>: 20 ");
}
END_TEST

START_TEST(columns_have_a_scale_that_holds_the_highest)
{
	static const struct page_series series[] = {{"a", PAGE_GOOD}, {"b", PAGE_BAD}};
	static const char *const labels[] = {"2026-11", "2026-12"};
	static const uint64_t values[] = {7, 0, 300, 41};
	static const struct page_columns columns = {"columns", series, 2, labels, 2, values};
	struct page *page = begin("title", NULL);

	page_columns(page, &columns);
	end(page);
	assert_has(">400</text>");
	assert_lacks(">500</text>");
	assert_has("2026-12, b: 41</title>");
	assert_lacks("2026-11, b: 0</title>");
	assert_has(">341</text>");
	assert_has("<td class=\"number\">300</td><td class=\"number\">41</td>");
}
END_TEST

START_TEST(the_largest_numbers_are_drawn)
{
	static const struct page_series series = {"a", PAGE_GOOD};
	static const char *const labels[] = {"now"};
	static const uint64_t values[] = {UINT64_MAX / 16};
	static const struct page_columns columns = {"columns", &series, 1, labels, 1, values};
	struct page *page = begin("title", NULL);

	page_columns(page, &columns);
	end(page);
	assert_has("now, a: 1,152,921,504,606,846,975</title>");
	assert_lacks("inf");
}
END_TEST

START_TEST(where_there_is_nothing_the_page_says_none)
{
	static const struct page_series series = {"a", PAGE_GOOD};
	static const char *const labels[] = {"now"};
	static const uint64_t values[] = {0};
	static const struct page_columns columns = {"columns", &series, 1, labels, 1, values};
	static const struct page_cell_head head = {"CA", false};
	struct page *page = begin("title", NULL);
	const char *at;
	size_t nones = 0;

	page_bars(page, "bars", NULL, 0);
	page_share(page, "share", NULL, 0);
	page_columns(page, &columns);
	page_table_begin(page, "table", &head, 1);
	page_table_end(page, NULL);
	end(page);
	for (at = written; (at = strstr(at, "None.")) != NULL; at++)
		nones++;
	ck_assert_uint_eq(nones, 4);
	assert_lacks("nan");
}
END_TEST

START_TEST(a_page_appears_whole_or_not_at_all)
{
	struct page *page = begin("title", NULL);
	struct stat status;

	ck_assert_int_ne(stat(path, &status), 0);
	page_discard(page);
	ck_assert_int_ne(stat(path, &status), 0);
	ck_assert_ptr_null(page_open("/nonexistent/page.html", "t", NULL, NULL, &err));
	ck_assert_str_eq(err.text, "/nonexistent/page.html: No such file or directory");
	umask(027);
	end(begin("title", NULL));
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 0777, 0640);
}
END_TEST

START_TEST(a_full_disk_is_told)
{
	struct page *page = page_open("/dev/full", "title", NULL, NULL, &err);

	ck_assert_ptr_nonnull(page);
	ck_assert_int_eq(page_close(page, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "/dev/full"));
}
END_TEST

START_TEST(numbers_have_commas)
{
	char text[PAGE_NUMBER_SIZE];

	ck_assert_str_eq(page_number(0, text), "0");
	ck_assert_str_eq(page_number(999, text), "999");
	ck_assert_str_eq(page_number(1000, text), "1,000");
	ck_assert_str_eq(page_number(1234567, text), "1,234,567");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("page");
	TCase *tcase = unit_case(suite, "page");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, text_never_becomes_markup_wherever_it_stands);
	tcase_add_test(tcase, a_page_asks_for_nothing_from_elsewhere_and_says_so_to_the_browser);
	tcase_add_test(tcase, bars_are_as_long_as_their_numbers_and_none_vanishes);
	tcase_add_test(tcase, more_bars_than_can_be_shown_are_added_up);
	tcase_add_test(tcase, columns_have_a_scale_that_holds_the_highest);
	tcase_add_test(tcase, the_largest_numbers_are_drawn);
	tcase_add_test(tcase, where_there_is_nothing_the_page_says_none);
	tcase_add_test(tcase, a_page_appears_whole_or_not_at_all);
	tcase_add_test(tcase, a_full_disk_is_told);
	tcase_add_test(tcase, numbers_have_commas);
	return unit_run(suite);
}
