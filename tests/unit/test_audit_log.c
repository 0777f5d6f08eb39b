/* ctl/audit_log: which files are a log's, in which order, and what their lines are. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HAVE_LIBARCHIVE
#include <archive.h>
#include <archive_entry.h>
#endif

#include "audit_log.h"
#include "unit.h"

static char folder[] = "/tmp/test-audit-log-XXXXXX";
static struct audit_log_files files;
static struct error err;

static void
setup(void)
{
	static const struct error none = ERROR_INIT;

	err = none;
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void
teardown(void)
{
	char command[80];

	audit_log_files_free(&files);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static const char *
path_of(const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void
write_file(const char *name, const char *text, size_t size)
{
	FILE *file = fopen(path_of(name), "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, size, file), size);
	ck_assert_int_eq(fclose(file), 0);
}

static void
write_record(const char *name, const char *day)
{
	char text[200];

	snprintf(text, sizeof(text),
	    "{\"schema\":1,\"time\":\"%sT10:00:00.000Z\",\"event\":\"decision\"}\n", day);
	write_file(name, text, strlen(text));
}

static void
add_all(const char *name)
{
	ck_assert_msg(audit_log_add_rotated(&files, path_of(name), &err) == 0, "%s", err.text);
	audit_log_sort(&files);
}

static void
check_name(size_t place, const char *name)
{
	ck_assert_uint_gt(files.count, place);
	ck_assert_str_eq(files.items[place].path, path_of(name));
}

START_TEST(rotated_names_are_known_and_others_are_not)
{
	static const char *const rotated[] = {"audit.json.1", "audit.json.12.gz",
	    "audit.json-20261125", "audit.json-20261125.zst", "audit.json-2026-11-25_10:00.xz",
	    "audit-20261125.json", "audit-20261125.json.bz2", "audit.1.json"};
	static const char *const others[] = {"audit.json", "audit.json.gz", "audit.json.old",
	    "audit.json.1.bak", "audit.json~", "audit.json.", "audit.json-", "audit-x.json",
	    "audit.jso", "xaudit.json.1", "audit.json.1.lz", "audit.json..", "audit-.json"};
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(rotated); i++)
		ck_assert_msg(audit_log_is_rotated("audit.json", rotated[i]), "%s", rotated[i]);
	for (i = 0; i < ARRAY_LENGTH(others); i++)
		ck_assert_msg(!audit_log_is_rotated("audit.json", others[i]), "%s", others[i]);
	ck_assert(audit_log_is_rotated("audit", "audit.1"));
	ck_assert(audit_log_is_rotated("audit", "audit-20261125.gz"));
	ck_assert(!audit_log_is_rotated("audit", "audit.log"));
	ck_assert(!audit_log_is_rotated(".audit", "x-1.audit"));
}
END_TEST

START_TEST(files_are_in_the_order_of_their_first_records_whatever_they_are_called)
{
	write_record("audit.log", "2026-11-25");
	write_record("audit.log.1", "2026-11-24");
	write_record("audit.log.10", "2026-11-15");
	write_record("audit.log.2", "2026-11-23");
	write_record("audit.log-20261101", "2026-10-31");
	write_record("audit.log.old", "2026-01-01");
	ck_assert_int_eq(mkdir(path_of("audit.log.3"), 0755), 0);
	add_all("audit.log");
	ck_assert_uint_eq(files.count, 5);
	check_name(0, "audit.log-20261101");
	check_name(1, "audit.log.10");
	check_name(2, "audit.log.2");
	check_name(3, "audit.log.1");
	check_name(4, "audit.log");
}
END_TEST

START_TEST(a_file_named_twice_is_read_once_and_one_being_compressed_too)
{
	write_record("audit.log", "2026-11-25");
	write_record("audit.log.1", "2026-11-24");
	write_record("audit.log.1.gz", "2026-11-24");
	add_all("audit.log");
	ck_assert_uint_eq(files.count, 2);
	ck_assert_int_eq(audit_log_add(&files, folder, &err), 0);
	ck_assert_int_eq(audit_log_add(&files, path_of("audit.log"), &err), 0);
	ck_assert_uint_eq(files.count, 2);
	ck_assert_int_eq(audit_log_add(&files, path_of("nothing"), &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "nothing"));
}
END_TEST

static struct audit_log *
open_first(void)
{
	struct audit_log *log = audit_log_open(&files.items[0], &err);

	ck_assert_msg(log != NULL, "%s", err.text);
	return log;
}

START_TEST(a_log_that_is_rotated_away_meanwhile_is_told)
{
	write_record("audit.log.1", "2026-11-25");
	add_all("audit.log");
	ck_assert_int_eq(unlink(path_of("audit.log.1")), 0);
	ck_assert_ptr_null(audit_log_open(&files.items[0], &err));
	ck_assert_int_eq(err.code, ERROR_TEMPORARY);
	write_record("other", "2026-11-25");
	write_record("audit.log.1", "2026-11-24");
	ck_assert_ptr_null(audit_log_open(&files.items[0], &err));
	ck_assert_ptr_nonnull(strstr(err.text, "rotated"));
}
END_TEST

static void
check_line(struct audit_log *log, const char *text)
{
	struct audit_log_line line;

	ck_assert_int_eq(audit_log_next(log, &line, &err), 1);
	ck_assert(!line.cut);
	ck_assert_uint_eq(line.size, strlen(text));
	ck_assert_int_eq(memcmp(line.text, text, line.size), 0);
}

static void
check_end(struct audit_log *log)
{
	struct audit_log_line line;

	ck_assert_int_eq(audit_log_next(log, &line, &err), 0);
	audit_log_close(log);
}

START_TEST(lines_are_given_out_as_they_are)
{
	static const char text[] = "first\n\nthird\nwithout an end";
	struct audit_log *log;

	write_file("audit.log", text, strlen(text));
	add_all("audit.log");
	log = open_first();
	check_line(log, "first");
	check_line(log, "");
	check_line(log, "third");
	check_line(log, "without an end");
	ck_assert_uint_eq(audit_log_position(log), strlen(text));
	check_end(log);
}
END_TEST

START_TEST(an_empty_log_has_no_line)
{
	write_file("audit.log", "", 0);
	add_all("audit.log");
	check_end(open_first());
}
END_TEST

/* Lines longer than what is read at once, and than what is taken. */
START_TEST(a_huge_line_is_cut_and_the_next_is_whole)
{
	size_t most = AUDIT_LOG_LINE_MAX;
	size_t size = 4 * most;
	char *text = malloc(size);
	struct audit_log_line line;
	struct audit_log *log;

	ck_assert_ptr_nonnull(text);
	memset(text, 'x', size);
	text[most] = '\n';         /* just so long as may be */
	text[2 * most + 2] = '\n'; /* one more */
	memcpy(text + 2 * most + 3, "short\n", 6);
	write_file("audit.log", text, size);
	add_all("audit.log");
	log = open_first();
	ck_assert_int_eq(audit_log_next(log, &line, &err), 1);
	ck_assert(!line.cut);
	ck_assert_uint_eq(line.size, most);
	ck_assert_int_eq(memcmp(line.text, text, most), 0);
	ck_assert_int_eq(audit_log_next(log, &line, &err), 1);
	ck_assert(line.cut);
	check_line(log, "short");
	ck_assert_int_eq(audit_log_next(log, &line, &err), 1);
	ck_assert(line.cut);
	check_end(log);
	free(text);
}
END_TEST

static enum audit_log_kind
kind_of(const char *text, json_t **record)
{
	const struct audit_log_line line = {text, strlen(text), false};
	enum audit_log_kind kind;

	ck_assert_int_eq(audit_log_record(&line, &kind, record, &err), 0);
	ck_assert_int_eq(*record != NULL, kind == AUDIT_LOG_RECORD);
	return kind;
}

START_TEST(what_a_line_holds_is_told_apart)
{
	static const struct {
		const char *text;
		enum audit_log_kind kind;
	} cases[] = {
	    {"{\"schema\":1,\"event\":\"decision\"}", AUDIT_LOG_RECORD},
	    {"{ \"event\": \"decision\", \"schema\": 1 }", AUDIT_LOG_RECORD},
	    {"Nov 25 10:00:00 mx smime-milter[7]: {\"schema\":1,\"event\":\"decision\"}",
		AUDIT_LOG_RECORD},
	    {"{\"schema\":1,\"event\":\"start\"}", AUDIT_LOG_OTHER},
	    {"{\"schema\":1}", AUDIT_LOG_OTHER},
	    {"{\"schema\":2,\"event\":\"decision\"}", AUDIT_LOG_SCHEMA},
	    {"{\"schema\":\"1\",\"event\":\"decision\"}", AUDIT_LOG_BROKEN},
	    {"{\"schema\":1,\"event\":\"decision\"", AUDIT_LOG_BROKEN},
	    {"{\"schema\":1,\"event\":\"decision\"}{}", AUDIT_LOG_BROKEN},
	    {"{\"event\":\"\xff\"}", AUDIT_LOG_BROKEN},
	    {"{}", AUDIT_LOG_BROKEN},
	    {"{", AUDIT_LOG_BROKEN},
	    {"[1]", AUDIT_LOG_OTHER},
	    {"", AUDIT_LOG_OTHER},
	    {"smime-milter starts: 0.1.0", AUDIT_LOG_OTHER},
	};
	static char deep[100000];
	const struct audit_log_line cut = {"", 0, true};
	enum audit_log_kind kind;
	json_t *record;
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(cases); i++) {
		ck_assert_msg(
		    kind_of(cases[i].text, &record) == cases[i].kind, "%s", cases[i].text);
		json_decref(record);
	}
	ck_assert_int_eq(audit_log_record(&cut, &kind, &record, &err), 0);
	ck_assert_int_eq(kind, AUDIT_LOG_BROKEN);
	memset(deep, '[', sizeof(deep) - 1);
	memcpy(deep, "{\"schema\":", 10);
	ck_assert_int_eq(kind_of(deep, &record), AUDIT_LOG_BROKEN);
}
END_TEST

/* Allocations that are still granted. */
static int granted;

static void *
allocate(size_t size)
{
	return granted-- > 0 ? malloc(size) : NULL;
}

START_TEST(a_record_that_memory_lacks_for_is_never_half_read)
{
	static const char text[] = "{\"schema\":1,\"event\":\"decision\",\"digital_ids\":"
				   "[{\"serial\":\"0A\"},1.5,true,null],\"sender\":\"a\"}";
	const struct audit_log_line line = {text, sizeof(text) - 1, false};
	enum audit_log_kind kind;
	json_t *record = NULL;
	int result = -1;
	int count;

	json_set_alloc_funcs(allocate, free);
	for (count = 0; record == NULL; count++) {
		granted = count;
		err.code = ERROR_NONE;
		result = audit_log_record(&line, &kind, &record, &err);
		/* Of some, jansson says that the text is at fault. */
		ck_assert(result == 0 || err.code == ERROR_TEMPORARY);
		ck_assert(
		    result != 0 || kind == (record != NULL ? AUDIT_LOG_RECORD : AUDIT_LOG_BROKEN));
	}
	ck_assert_uint_eq(json_object_size(record), 4);
	ck_assert_uint_eq(json_array_size(json_object_get(record, "digital_ids")), 4);
	ck_assert_int_gt(count, 10);
	json_decref(record);
	json_set_alloc_funcs(malloc, free);
}
END_TEST

#ifdef HAVE_LIBARCHIVE
static void
compress(const char *name, int (*add_filter)(struct archive *), const char *text)
{
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();

	ck_assert_int_ge(add_filter(archive), ARCHIVE_WARN);
	ck_assert_int_eq(archive_write_set_format_raw(archive), ARCHIVE_OK);
	ck_assert_int_eq(archive_write_open_filename(archive, path_of(name)), ARCHIVE_OK);
	archive_entry_set_filetype(entry, AE_IFREG);
	ck_assert_int_eq(archive_write_header(archive, entry), ARCHIVE_OK);
	ck_assert_int_eq(archive_write_data(archive, text, strlen(text)), (la_ssize_t)strlen(text));
	archive_entry_free(entry);
	ck_assert_int_eq(archive_write_close(archive), ARCHIVE_OK);
	archive_write_free(archive);
}

START_TEST(compressed_logs_are_read_and_ordered_like_others)
{
	static int (*const filters[])(struct archive *) = {archive_write_add_filter_gzip,
	    archive_write_add_filter_bzip2, archive_write_add_filter_xz,
	    archive_write_add_filter_zstd};
	static const char *const names[] = {
	    "a.log.5.gz", "a.log.4.bz2", "a.log.3.xz", "a.log.2.zst"};
	struct audit_log *log;
	char text[200];
	size_t i;

	write_record("a.log", "2026-11-25");
	for (i = 0; i < ARRAY_LENGTH(names); i++) {
		snprintf(text, sizeof(text),
		    "{\"schema\":1,\"time\":\"2026-11-1%zuT10:00:00Z\",\"event\":\"decision\"}\n",
		    i);
		compress(names[i], filters[i], text);
	}
	add_all("a.log");
	ck_assert_uint_eq(files.count, 5);
	for (i = 0; i < ARRAY_LENGTH(names); i++) {
		check_name(i, names[i]);
		log = audit_log_open(&files.items[i], &err);
		ck_assert_msg(log != NULL, "%s", err.text);
		snprintf(text, sizeof(text),
		    "{\"schema\":1,\"time\":\"2026-11-1%zuT10:00:00Z\",\"event\":\"decision\"}", i);
		check_line(log, text);
		check_end(log);
	}
}
END_TEST

START_TEST(a_compressed_log_that_ends_early_is_an_error_and_its_lines_are_read)
{
	static char text[200000];
	struct audit_log_line line;
	struct audit_log *log;
	struct stat about;
	size_t count = 0;
	size_t i;
	int got;

	for (i = 0; i + 1 < sizeof(text); i++)
		text[i] = i % 50 == 49 ? '\n' : (char)('a' + (i * i + i / 7) % 26);
	compress("a.log.1.gz", archive_write_add_filter_gzip, text);
	ck_assert_int_eq(stat(path_of("a.log.1.gz"), &about), 0);
	ck_assert_int_eq(truncate(path_of("a.log.1.gz"), about.st_size - 9), 0);
	add_all("a.log");
	log = open_first();
	while ((got = audit_log_next(log, &line, &err)) == 1)
		count++;
	ck_assert_int_eq(got, -1);
	ck_assert_int_eq(err.code, ERROR_INPUT);
	ck_assert_uint_gt(count, 0);
	audit_log_close(log);
}
END_TEST
#else
START_TEST(a_compressed_log_is_told_where_it_can_not_be_read)
{
	struct audit_log_line line;
	struct audit_log *log;

	write_file("audit.log", "\x1f\x8b\x08", 3);
	add_all("audit.log");
	log = open_first();
	ck_assert_int_eq(audit_log_next(log, &line, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "without libarchive"));
	audit_log_close(log);
}
END_TEST
#endif

int
main(void)
{
	Suite *suite = suite_create("audit_log");
	TCase *tcase = unit_case(suite, "audit_log");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, rotated_names_are_known_and_others_are_not);
	tcase_add_test(
	    tcase, files_are_in_the_order_of_their_first_records_whatever_they_are_called);
	tcase_add_test(tcase, a_file_named_twice_is_read_once_and_one_being_compressed_too);
	tcase_add_test(tcase, a_log_that_is_rotated_away_meanwhile_is_told);
	tcase_add_test(tcase, lines_are_given_out_as_they_are);
	tcase_add_test(tcase, an_empty_log_has_no_line);
	tcase_add_test(tcase, a_huge_line_is_cut_and_the_next_is_whole);
	tcase_add_test(tcase, what_a_line_holds_is_told_apart);
	tcase_add_test(tcase, a_record_that_memory_lacks_for_is_never_half_read);
#ifdef HAVE_LIBARCHIVE
	tcase_add_test(tcase, compressed_logs_are_read_and_ordered_like_others);
	tcase_add_test(tcase, a_compressed_log_that_ends_early_is_an_error_and_its_lines_are_read);
#else
	tcase_add_test(tcase, a_compressed_log_is_told_where_it_can_not_be_read);
#endif
	return unit_run(suite);
}
