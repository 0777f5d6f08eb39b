/* The writer: whole lines in the file whatever happens to it, and what syslog gets. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit.h"
#include "scene.h"
#include "unit.h"

/* Stands in for the C library's, so that the test sees what would be sent; <syslog.h> would give
 * an inline one when fortified. */
void syslog(int priority, const char *format, ...) PRINTF_LIKE(2, 3);
void __syslog_chk(int priority, int flag, const char *format, ...) PRINTF_LIKE(3, 4);

#define THREADS 4
#define MESSAGES 50

static struct scene scene;
static struct plan *plan;
static struct audit_message message;
static struct audit *audit;
static struct error err;
static char folder[64];
static char path[96];
static char sent[65536]; /* all that went to syslog, one line each */
static size_t sent_lines;

static void
keep_sent(const char *format, va_list args)
{
	size_t used = strlen(sent);

	vsnprintf(sent + used, sizeof(sent) - used - 1, format, args);
	strcat(sent, "\n");
	sent_lines++;
}

void
syslog(int priority UNUSED, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	keep_sent(format, args);
	va_end(args);
}

void
__syslog_chk(int priority UNUSED, int flag UNUSED, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	keep_sent(format, args);
	va_end(args);
}

static void
set_up(void)
{
	snprintf(folder, sizeof(folder), "/tmp/smime-audit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/audit.log", folder);
	memset(&message, 0, sizeof(message));
	memset(&err, 0, sizeof(err));
	sent[0] = '\0';
	sent_lines = 0;
	message.reference = "2345ABCD6789EFGH";
	scene_init(&scene);
	scene.config.audit_file = path;
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	scene_add(&scene, "bob@partner.example", ENCRYPT_REQUIRED);
	scene_publish_modern(&scene, 0);
	scene_publish_modern(&scene, 1);
	ck_assert_int_eq(policy_plan(&scene.facts, &plan, NULL), 0);
}

static void
tear_down(void)
{
	char moved[128];

	snprintf(moved, sizeof(moved), "%s.1", path);
	audit_free(audit);
	audit = NULL;
	plan_free(plan);
	plan = NULL;
	unlink(path);
	unlink(moved);
	rmdir(folder);
}

static void
open_audit(void)
{
	audit = audit_open(&scene.config, &err);
	ck_assert_msg(audit != NULL, "%s", err.text);
}

static int
write_audit(void)
{
	return audit_write(audit, &message, &scene.facts, plan, &err);
}

/* Every line of a file must be one whole record; returns how many there are. */
static size_t
lines_of(const char *name)
{
	static char line[65536];
	FILE *file = fopen(name, "r");
	size_t count = 0;
	json_t *record;

	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		record = json_loads(line, 0, NULL);
		ck_assert_msg(record != NULL && strchr(line, '\n') != NULL, "%s", line);
		json_decref(record);
		count++;
	}
	fclose(file);
	return count;
}

START_TEST(each_recipient_gets_one_line)
{
	struct stat status;

	open_audit();
	ck_assert_int_eq(write_audit(), 0);
	ck_assert_uint_eq(lines_of(path), 2);
	ck_assert_int_eq(write_audit(), 0);
	ck_assert_uint_eq(lines_of(path), 4);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 0137, 0);
	ck_assert_uint_eq(sent_lines, 0);
}
END_TEST

START_TEST(a_message_without_facts_gets_one_line)
{
	open_audit();
	message.trouble = REASON_INTERNAL_ERROR;
	ck_assert_int_eq(audit_write(audit, &message, NULL, NULL, &err), 0);
	ck_assert_uint_eq(lines_of(path), 1);
}
END_TEST

START_TEST(more_recipients_than_a_batch_are_all_recorded)
{
	static struct facts_recipient many[2 * AUDIT_BATCH + 3];
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(many); i++)
		many[i] = scene.recipients[i % 2];
	scene.facts.recipients = many;
	scene.facts.recipient_count = ARRAY_LENGTH(many);
	plan_free(plan);
	ck_assert_int_eq(policy_plan(&scene.facts, &plan, NULL), 0);
	open_audit();
	ck_assert_int_eq(write_audit(), 0);
	ck_assert_uint_eq(lines_of(path), ARRAY_LENGTH(many));
}
END_TEST

START_TEST(a_file_that_was_moved_away_is_opened_again)
{
	char moved[128];

	snprintf(moved, sizeof(moved), "%s.1", path);
	open_audit();
	ck_assert_int_eq(write_audit(), 0);
	ck_assert_int_eq(rename(path, moved), 0);
	ck_assert_int_eq(write_audit(), 0);
	ck_assert_uint_eq(lines_of(moved), 2);
	ck_assert_uint_eq(lines_of(path), 2);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(write_audit(), 0);
	ck_assert_uint_eq(lines_of(path), 2);
}
END_TEST

START_TEST(a_file_that_cannot_be_opened_is_an_error_at_the_start)
{
	snprintf(path, sizeof(path), "%s/not/there", folder);
	ck_assert_ptr_null(audit_open(&scene.config, &err));
	ck_assert_ptr_nonnull(strstr(err.text, path));
}
END_TEST

START_TEST(a_file_that_can_no_longer_be_opened_is_temporary)
{
	char moved[128];

	open_audit();
	snprintf(moved, sizeof(moved), "%s.1", path);
	ck_assert_int_eq(rename(path, moved), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(write_audit(), -1);
	ck_assert_int_eq(err.code, ERROR_TEMPORARY);
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(write_audit(), 0);
	ck_assert_uint_eq(lines_of(path), 2);
}
END_TEST

START_TEST(a_full_disk_is_temporary)
{
	static char full[] = "/dev/full";

	scene.config.audit_file = full;
	open_audit();
	ck_assert_int_eq(write_audit(), -1);
	ck_assert_int_eq(err.code, ERROR_TEMPORARY);
}
END_TEST

/* The file may grow to `size` bytes more than it has; the rest of a write is cut. */
static void
limit_file(rlim_t size)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(a_line_cut_by_a_full_disk_is_taken_back)
{
	struct stat before;
	struct stat after;

	open_audit();
	ck_assert_int_eq(write_audit(), 0);
	ck_assert_int_eq(stat(path, &before), 0);
	limit_file((rlim_t)before.st_size + 100);
	ck_assert_int_eq(write_audit(), -1);
	limit_file(RLIM_INFINITY);
	ck_assert_int_eq(err.code, ERROR_TEMPORARY);
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_int_eq(after.st_size, before.st_size);
	ck_assert_int_eq(write_audit(), 0);
	ck_assert_uint_eq(lines_of(path), 4);
}
END_TEST

START_TEST(syslog_gets_the_same_lines)
{
	scene.config.audit_syslog = true;
	open_audit();
	ck_assert_int_eq(write_audit(), 0);
	ck_assert_uint_eq(sent_lines, 2);
	ck_assert_ptr_nonnull(strstr(sent, "\"recipient\":\"bob@partner.example\""));
	ck_assert_ptr_null(strstr(sent, "file_failed"));
	ck_assert_uint_eq(lines_of(path), 2);
}
END_TEST

START_TEST(a_record_that_the_file_lacks_is_marked_in_syslog)
{
	static char full[] = "/dev/full";

	scene.config.audit_file = full;
	scene.config.audit_syslog = true;
	open_audit();
	ck_assert_int_eq(write_audit(), -1);
	ck_assert_uint_eq(sent_lines, 2);
	ck_assert_ptr_nonnull(strstr(sent, "\"file_failed\":true"));
}
END_TEST

START_TEST(syslog_alone_is_enough)
{
	scene.config.audit_file = NULL;
	scene.config.audit_syslog = true;
	open_audit();
	ck_assert_int_eq(write_audit(), 0);
	ck_assert_uint_eq(sent_lines, 2);
}
END_TEST

START_TEST(without_a_sink_nothing_is_written)
{
	scene.config.audit_file = NULL;
	open_audit();
	ck_assert_int_eq(write_audit(), 0);
	ck_assert_uint_eq(sent_lines, 0);
}
END_TEST

START_TEST(a_line_too_long_for_syslog_is_sent_in_brief)
{
	static char longest[4000];
	char *line;
	json_t *record;

	memset(longest, '\x01', sizeof(longest) - 1);
	message.sender = message.user = message.message_id = message.queue_id = longest;
	message.reference = longest;
	message.client = longest;
	scene.addresses[0].text = longest;
	scene.rules[0].title = longest;
	scene.facts.recipient_count = 1;
	scene.config.audit_syslog = true;
	open_audit();
	ck_assert_int_eq(write_audit(), 0);
	ck_assert_uint_eq(lines_of(path), 1);
	ck_assert_uint_eq(sent_lines, 1);
	line = strtok(sent, "\n");
	ck_assert_uint_lt(strlen(line), AUDIT_SYSLOG_MAX);
	record = json_loads(line, 0, NULL);
	ck_assert(json_is_true(json_object_get(record, "brief")));
	ck_assert_str_eq(json_string_value(json_object_get(record, "reason")), "sealed");
	json_decref(record);
}
END_TEST

START_TEST(text_beyond_ascii_is_escaped_in_the_line)
{
	char line[64];
	FILE *file;
	int c;

	snprintf(line, sizeof(line), "%s", "evil\xe2\x80\xae\x1b[2J\xc3\xbc\xfc");
	message.sender = line;
	open_audit();
	ck_assert_int_eq(write_audit(), 0);
	file = fopen(path, "r");
	while ((c = getc(file)) != EOF)
		ck_assert(c == '\n' || (c >= ' ' && c <= '~'));
	fclose(file);
	ck_assert_uint_eq(lines_of(path), 2);
}
END_TEST

static void *
write_many(void *failures)
{
	int i;

	for (i = 0; i < MESSAGES; i++) {
		if (audit_write(audit, &message, &scene.facts, plan, NULL) != 0)
			*(int *)failures += 1;
	}
	return NULL;
}

START_TEST(lines_of_several_threads_never_mix)
{
	pthread_t threads[THREADS];
	int failures[THREADS] = {0};
	int i;

	open_audit();
	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, write_many, &failures[i]), 0);
	for (i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
		ck_assert_int_eq(failures[i], 0);
	}
	ck_assert_uint_eq(lines_of(path), 2 * THREADS * MESSAGES);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("audit_writer");
	TCase *tcase = unit_case(suite, "writer");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, each_recipient_gets_one_line);
	tcase_add_test(tcase, a_message_without_facts_gets_one_line);
	tcase_add_test(tcase, more_recipients_than_a_batch_are_all_recorded);
	tcase_add_test(tcase, a_file_that_was_moved_away_is_opened_again);
	tcase_add_test(tcase, a_file_that_cannot_be_opened_is_an_error_at_the_start);
	tcase_add_test(tcase, a_file_that_can_no_longer_be_opened_is_temporary);
	tcase_add_test(tcase, a_full_disk_is_temporary);
	tcase_add_test(tcase, a_line_cut_by_a_full_disk_is_taken_back);
	tcase_add_test(tcase, syslog_gets_the_same_lines);
	tcase_add_test(tcase, a_record_that_the_file_lacks_is_marked_in_syslog);
	tcase_add_test(tcase, syslog_alone_is_enough);
	tcase_add_test(tcase, without_a_sink_nothing_is_written);
	tcase_add_test(tcase, a_line_too_long_for_syslog_is_sent_in_brief);
	tcase_add_test(tcase, text_beyond_ascii_is_escaped_in_the_line);
	tcase_add_test(tcase, lines_of_several_threads_never_mix);
	return unit_run(suite);
}
