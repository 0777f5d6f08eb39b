/* milter/control_request, milter/control_answer: what is asked on the control socket, and answered.
 * The resolver is scripted: see milter.inc. */
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"
#include "control_answer.h"
#include "control_request.h"
#include "trust_reload.h"
#include "unit.h"

static struct config config;
static struct control_subject subject;
static struct buffer answer;

/* What the scripted resolver holds, and what it was asked. */
static size_t cached_count;
static char cached_key[400];
static size_t asked_most;
static char flushed[64];
static int flushes;
static bool no_memory;
static int reloads;
static bool reload_fails;

int
resolver_cache_each(struct resolver *resolver UNUSED, size_t most, resolver_cache_visitor *visit,
    void *context, struct error *err)
{
	const struct resolver_cached cached = {
	    .key = cached_key, .values = 2, .bytes = 3000, .age_ms = 1500, .left_ms = -20};
	size_t i;

	asked_most = most;
	if (no_memory)
		return error_no_memory(err);
	for (i = 0; i < cached_count && i < most; i++)
		visit(context, &cached);
	return 0;
}

size_t
resolver_cache_flush(struct resolver *resolver UNUSED, const struct address_pattern *pattern)
{
	flushes++;
	snprintf(flushed, sizeof(flushed), "%s", pattern != NULL ? pattern->text : "everything");
	return 7;
}

int
resolver_servers_each(struct resolver *resolver UNUSED, resolver_server_visitor *visit,
    void *context, struct error *err UNUSED)
{
	const struct resolver_server up = {"gal", "ldaps://dc1", false, 0, 2, 1, ""};
	const struct resolver_server down = {
	    "gal", "ldaps://dc2", true, 3000, 0, 0, "bad \xff \033"};

	visit(context, &up);
	visit(context, &down);
	return 0;
}

void
resolver_statistics(struct resolver *resolver UNUSED, struct resolver_statistics *statistics)
{
	*statistics = (struct resolver_statistics){.questions = 12, .entries = 5};
}

struct trust *
resolver_trust(struct resolver *resolver UNUSED)
{
	return NULL;
}

void
trust_anchors_each(const struct trust *trust UNUSED, trust_anchor_visitor *visit, void *context)
{
	static char domain[] = "partner.example";
	static char *const domains[] = {domain};
	X509 *x509 = X509_new(); /* says nothing: what is shown of it is empty */
	struct trust_anchor anchor = {"added for partner.example", domains, 1, TRUST_ADDED, x509};

	visit(context, &anchor);
	X509_free(x509);
}

int
trust_reload(struct daemon *daemon, struct pending *pending UNUSED, uid_t user,
    struct trust_reload_outcome *outcome, struct error *err)
{
	ck_assert_ptr_eq(daemon, subject.daemon);
	ck_assert_int_eq(user, 0);
	reloads++;
	if (reload_fails)
		return error_set(err, ERROR_PERMANENT, "added-trust: no");
	*outcome = (struct trust_reload_outcome){4, 1};
	return 0;
}

size_t
trust_anchor_count(const struct trust *trust UNUSED)
{
	return 3;
}

static void
setup(void)
{
	struct error err = ERROR_INIT;
	struct snapshot *snapshot;

	config.references = 2;
	snapshot = snapshot_from_parts(&config, NULL, NULL, NULL, NULL, &err);
	ck_assert_ptr_nonnull(snapshot);
	subject = (struct control_subject){
	    daemon_new(snapshot), "/etc/x.conf", pending_new(), 1000000000, 0};
	ck_assert_ptr_nonnull(subject.daemon);
	cached_count = 0;
	flushes = 0;
	no_memory = false;
	reloads = 0;
	reload_fails = false;
	snprintf(cached_key, sizeof(cached_key), "anna@partner.example");
	answer = (struct buffer){.limit = CONTROL_ANSWER_MAX};
}

static void
teardown(void)
{
	daemon_close(subject.daemon);
	pending_free(subject.pending);
	buffer_free(&answer);
}

/* Asks, and gives the answer. */
static const char *
ask(const char *line)
{
	buffer_clear(&answer);
	control_answer(&subject, 0, line, strlen(line), &answer);
	ck_assert_ptr_nonnull(answer.data);
	return answer.data;
}

/* The answer's last line, which must end. */
static const char *
last_line(void)
{
	size_t at = answer.size - 1;

	ck_assert_int_eq(answer.data[at], '\n');
	while (at > 0 && answer.data[at - 1] != '\n')
		at--;
	return answer.data + at;
}

static void
expect_error(const char *line, const char *words)
{
	const char *text = ask(line);

	ck_assert_msg(strncmp(text, "{\"error\":\"", 10) == 0, "%s", text);
	ck_assert_msg(strstr(text, words) != NULL, "%s", text);
	ck_assert_ptr_eq(last_line(), text);
}

START_TEST(test_a_request_that_is_none_is_refused)
{
	expect_error("", "no JSON");
	expect_error("status", "no JSON");
	expect_error("{\"command\":\"status\"", "no JSON");
	expect_error("{\"command\":\"status\"} x", "no JSON");
	expect_error("{\"command\":\"a\",\"command\":\"b\"}", "no JSON");
	expect_error("[\"status\"]", "command");
	expect_error("{}", "command");
	expect_error("{\"command\":null}", "command");
	expect_error("{\"command\":\"sta\\u0000tus\"}", "no JSON");
}
END_TEST

START_TEST(test_an_unknown_command_is_told_the_known_ones)
{
	expect_error("{\"command\":\"format\"}",
	    "anchors, cache, flush, pending-flush, status, trust-reload");
	expect_error(
	    "{\"command\":\"\"}", "anchors, cache, flush, pending-flush, status, trust-reload");
	expect_error("{\"command\":\"Status\"}", "Status");
}
END_TEST

START_TEST(test_cache_gives_a_row_an_address)
{
	cached_count = 2;
	ck_assert_str_eq(ask("{\"command\":\"cache\"}"),
	    "{\"address\":\"anna@partner.example\",\"values\":2,\"group\":false,\"members\":0,\"bytes\":3000,"
	    "\"age_ms\":1500,\"left_ms\":-20,\"error\":false}\n"
	    "{\"address\":\"anna@partner.example\",\"values\":2,\"group\":false,\"members\":0,\"bytes\":3000,"
	    "\"age_ms\":1500,\"left_ms\":-20,\"error\":false}\n"
	    "{\"end\":true}\n");
	ck_assert_uint_eq(asked_most, 100);
}
END_TEST

START_TEST(test_most_has_a_range)
{
	ask("{\"command\":\"cache\",\"most\":1}");
	ck_assert_uint_eq(asked_most, 1);
	ask("{\"command\":\"cache\",\"most\":20000}");
	ck_assert_uint_eq(asked_most, CONTROL_CACHE_MOST);
	expect_error("{\"command\":\"cache\",\"most\":0}", "from 1 to 20000");
	expect_error("{\"command\":\"cache\",\"most\":-1}", "from 1 to 20000");
	expect_error("{\"command\":\"cache\",\"most\":20001}", "from 1 to 20000");
	expect_error("{\"command\":\"cache\",\"most\":1.5}", "whole number");
	expect_error("{\"command\":\"cache\",\"most\":\"1\"}", "whole number");
	expect_error("{\"command\":\"cache\",\"most\":null}", "whole number");
}
END_TEST

START_TEST(test_an_answer_is_bounded_and_says_that_it_was_cut)
{
	memset(cached_key, 'x', sizeof(cached_key) - 1);
	cached_count = CONTROL_CACHE_MOST;
	ask("{\"command\":\"cache\",\"most\":20000}");
	ck_assert_uint_le(answer.size, CONTROL_ANSWER_MAX);
	ck_assert_uint_gt(answer.size, CONTROL_ANSWER_MAX * 9 / 10);
	ck_assert_str_eq(last_line(), "{\"end\":true,\"cut\":true}\n");
}
END_TEST

START_TEST(test_no_memory_is_an_error_and_no_short_answer)
{
	cached_count = 2;
	no_memory = true;
	expect_error("{\"command\":\"cache\"}", "out of memory");
}
END_TEST

START_TEST(test_flush_wants_a_pattern_or_null)
{
	ck_assert_str_eq(ask("{\"command\":\"flush\",\"pattern\":\"@Partner.example\"}"),
	    "{\"flushed\":7}\n{\"end\":true}\n");
	ck_assert_str_eq(flushed, "@Partner.example");
	ask("{\"command\":\"flush\",\"pattern\":null}");
	ck_assert_str_eq(flushed, "everything");
	ck_assert_int_eq(flushes, 2);
	expect_error("{\"command\":\"flush\"}", "pattern");
	expect_error("{\"command\":\"flush\",\"pattern\":\"partner.example\"}", "partner.example");
	expect_error("{\"command\":\"flush\",\"pattern\":[]}", "pattern");
	ck_assert_int_eq(flushes, 2);
}
END_TEST

START_TEST(test_status_tells_of_daemon_and_servers)
{
	const char *text = ask("{\"command\":\"status\"}");

	ck_assert_ptr_nonnull(strstr(text, "\"version\":\"" PACKAGE_VERSION "\""));
	ck_assert_ptr_nonnull(strstr(text, "\"started\":\"2001-09-09T01:46:40Z\""));
	ck_assert_ptr_nonnull(strstr(text, "\"configuration\":\"/etc/x.conf\""));
	ck_assert_ptr_nonnull(strstr(text, "\"transactions\":0,\"anchors\":3"));
	ck_assert_ptr_nonnull(strstr(text, "\"questions\":12"));
	ck_assert_ptr_nonnull(strstr(text, "\"uri\":\"ldaps://dc1\",\"down\":false"));
	ck_assert_ptr_nonnull(
	    strstr(text, "\"uri\":\"ldaps://dc2\",\"down\":true,\"rest_ms\":3000"));
	/* What a server said is no UTF-8: it is escaped, not dropped. */
	ck_assert_ptr_nonnull(strstr(text, "bad \\\\xFF"));
	ck_assert_str_eq(last_line(), "{\"end\":true}\n");
}
END_TEST

START_TEST(test_a_transaction_under_way_is_counted)
{
	ck_assert(daemon_begin(subject.daemon));
	ck_assert_ptr_nonnull(strstr(ask("{\"command\":\"status\"}"), "\"transactions\":1"));
	daemon_end(subject.daemon);
}
END_TEST

START_TEST(test_anchors_are_told_with_whom_they_count_for)
{
	const char *text = ask("{\"command\":\"anchors\"}");

	ck_assert_ptr_nonnull(strstr(text, "\"domains\":[\"partner.example\"]"));
	ck_assert_ptr_nonnull(strstr(text, "\"origin\":\"added\""));
	ck_assert_str_eq(last_line(), "{\"end\":true}\n");
}
END_TEST

START_TEST(test_trust_is_read_again_and_a_failure_is_told)
{
	ck_assert_str_eq(ask("{\"command\":\"trust-reload\"}"),
	    "{\"anchors\":4,\"changes\":1}\n{\"end\":true}\n");
	reload_fails = true;
	expect_error("{\"command\":\"trust-reload\"}", "added-trust: no");
	ck_assert_int_eq(reloads, 2);
}
END_TEST

START_TEST(test_what_is_pending_is_written_at_request)
{
	ck_assert_str_eq(ask("{\"command\":\"pending-flush\"}"), "{\"end\":true}\n");
}
END_TEST

static char folder[] = "/tmp/smime-control-XXXXXX";
static char setting[80];
static const char *path = setting + 5;

static void
setup_socket(void)
{
	setup();
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(setting, sizeof(setting), "unix:%s/control.sock", folder);
	config.control_socket = setting;
	config.control_group = (char *)"";
	config.control_socket_is_set = true;
}

static void
teardown_socket(void)
{
	ck_assert_int_eq(rmdir(folder), 0);
	teardown();
}

/* Sends a request, and gives the answer's size when the daemon closes. */
static size_t
talk(const char *request)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char block[4096];
	size_t size = 0;
	ssize_t got;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(write(fd, request, strlen(request)), (ssize_t)strlen(request));
	while ((got = read(fd, block, sizeof(block))) > 0)
		size += (size_t)got;
	close(fd);
	return size;
}

START_TEST(test_a_large_answer_arrives_whole)
{
	struct control *control;
	struct error err = ERROR_INIT;
	struct stat status;

	ck_assert_msg(control_open(&config, (uid_t)-1, &control, &err) == 0, "%s", err.text);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, 0660);
	ck_assert_int_eq(control_start(control, &subject, &err), 0);
	cached_count = CONTROL_CACHE_MOST;
	ask("{\"command\":\"cache\",\"most\":20000}");
	ck_assert_uint_gt(answer.size, 2000000);
	ck_assert_uint_eq(talk("{\"command\":\"cache\",\"most\":20000}\n"), answer.size);
	control_stop(control);
	ck_assert_int_ne(stat(path, &status), 0);
	control_free(control);
}
END_TEST

START_TEST(test_a_named_socket_must_be_made_and_the_default_one_need_not)
{
	struct control *control;
	struct error err = ERROR_INIT;

	ck_assert_int_eq(mkdir(path, 0700), 0); /* in its way */
	ck_assert_int_eq(control_open(&config, (uid_t)-1, &control, &err), -1);
	ck_assert_ptr_null(control);
	ck_assert_ptr_nonnull(strstr(err.text, "control-socket"));
	config.control_socket_is_set = false;
	ck_assert_int_eq(control_open(&config, (uid_t)-1, &control, &err), 0);
	ck_assert_ptr_null(control);
	ck_assert_int_eq(control_start(control, &subject, &err), 0);
	control_free(control);
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

START_TEST(test_an_empty_setting_makes_no_socket)
{
	struct control *control;
	struct error err = ERROR_INIT;

	config.control_socket = (char *)"";
	ck_assert_int_eq(control_open(&config, (uid_t)-1, &control, &err), 0);
	ck_assert_ptr_null(control);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("control");
	TCase *tcase = unit_case(suite, "control");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_a_request_that_is_none_is_refused);
	tcase_add_test(tcase, test_an_unknown_command_is_told_the_known_ones);
	tcase_add_test(tcase, test_cache_gives_a_row_an_address);
	tcase_add_test(tcase, test_most_has_a_range);
	tcase_add_test(tcase, test_an_answer_is_bounded_and_says_that_it_was_cut);
	tcase_add_test(tcase, test_no_memory_is_an_error_and_no_short_answer);
	tcase_add_test(tcase, test_flush_wants_a_pattern_or_null);
	tcase_add_test(tcase, test_status_tells_of_daemon_and_servers);
	tcase_add_test(tcase, test_a_transaction_under_way_is_counted);
	tcase_add_test(tcase, test_anchors_are_told_with_whom_they_count_for);
	tcase_add_test(tcase, test_trust_is_read_again_and_a_failure_is_told);
	tcase_add_test(tcase, test_what_is_pending_is_written_at_request);
	tcase = unit_case(suite, "socket");
	tcase_add_checked_fixture(tcase, setup_socket, teardown_socket);
	tcase_add_test(tcase, test_a_large_answer_arrives_whole);
	tcase_add_test(tcase, test_a_named_socket_must_be_made_and_the_default_one_need_not);
	tcase_add_test(tcase, test_an_empty_setting_makes_no_socket);
	return unit_run(suite);
}
