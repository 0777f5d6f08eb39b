/* ctl/replay_*: past mail is found message by message, whatever the mailbox holds; its envelope; the
 * sums. */
#define _XOPEN_SOURCE 700 /* nftw() */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replay_envelope.h"
#include "replay_maildir.h"
#include "replay_mbox.h"
#include "replay_sums.h"
#include "unit.h"

#define F "From anna@corp.example Wed Nov 25 23:45:00 2026"
#define MOST 1000

/* What was visited: names and texts, one after another. */
static char found[20000];
static size_t messages;
static size_t problems;
static size_t enough; /* the visit after which it is; 0: never */
static size_t bytes;
static struct error err;

static void
setup(void)
{
	static const struct error none = ERROR_INIT;

	found[0] = '\0';
	messages = problems = enough = bytes = 0;
	err = none;
}

static bool
take(void *context UNUSED, const struct replay_item *item)
{
	size_t used = strlen(found);

	ck_assert((item->problem == NULL) == (item->whole != NULL));
	if (item->problem != NULL) {
		problems++;
		snprintf(found + used, sizeof(found) - used, "!%s=%s|", item->name, item->problem);
	} else {
		messages++;
		bytes += item->whole->size;
		ck_assert_int_eq(item->whole->data[item->whole->size], '\0');
		snprintf(found + used, sizeof(found) - used, "%s|", item->whole->data);
	}
	return messages + problems != enough;
}

static int
go_through(const char *text, size_t size, size_t most)
{
	FILE *in = tmpfile();
	int result;

	ck_assert_ptr_nonnull(in);
	ck_assert_uint_eq(fwrite(text, 1, size, in), size);
	rewind(in);
	result = replay_mbox_each(fileno(in), "m", most, take, NULL, &err);
	fclose(in);
	return result;
}

static const struct {
	const char *text;
	const char *found;
} mboxes[] = {
    {"", ""},
    {"\n\n", ""},
    {F "\nTo: a\n\nhello\n", "To: a\n\nhello\n|"},
    {F "\nTo: a\n\nhello", "To: a\n\nhello|"},
    {F "\nA: 1\n\n1\n\n" F "\nA: 2\n\n2\n\n", "A: 1\n\n1\n|A: 2\n\n2\n|"},
    /* CRLF */
    {F "\r\nA: 1\r\n\r\n1\r\n\r\n" F "\r\nA: 2\r\n\r\n2\r\n\r\n",
	"A: 1\r\n\r\n1\r\n|A: 2\r\n\r\n2\r\n|"},
    /* quoted once by mboxo and mboxrd, more often by mboxrd */
    {F "\nA: 1\n\n>From x\n>>From y\n >From z\n>Fro\n> From\n",
	"A: 1\n\nFrom x\n>From y\n >From z\n>Fro\n> From\n|"},
    /* no separator: no empty line before it, or no date in it */
    {F "\nA: 1\n\nx\n" F "\ny\n", "A: 1\n\nx\n" F "\ny\n|"},
    {F "\nA: 1\n\n\nFrom here on it is text\n", "A: 1\n\n\nFrom here on it is text\n|"},
    {F "\nA: 1\n\n\nFrom 12:30 on\n", "A: 1\n\n\nFrom 12:30 on\n|"},
    /* the first one needs no date; dates as mail programs write them */
    {"From x\nA: 1\n\n", "A: 1\n|"},
    {F "\nA: 1\n\n\nFrom - Tue Jan 01 12:00:00 2019\nA: 2\n\n", "A: 1\n\n|A: 2\n|"},
    {F "\nA: 1\n\n\nFrom 12@xxx Tue Nov 24 19:52:44 +0000 2026\nA: 2\n\n", "A: 1\n\n|A: 2\n|"},
    /* empty messages */
    {F "\n\n" F "\n", "||"},
    {F "\n" F "\n", F "\n|"},
    /* empty lines at the end are the message's own, but for one */
    {F "\nA: 1\n\n\n\n" F "\nA: 2\n", "A: 1\n\n\n|A: 2\n|"},
    /* something before the first */
    {"\n\n" F "\nA: 1\n", "A: 1\n|"},
    {"x\ny\n\n" F "\nA: 1\n",
	"!m:1=what stands before the first \"From \" line is no message|A: 1\n|"},
};

START_TEST(each_message_of_an_mbox_is_found)
{
	const char *text = mboxes[_i].text;

	ck_assert_msg(go_through(text, strlen(text), MOST) == 0, "%s", err.text);
	ck_assert_str_eq(found, mboxes[_i].found);
}
END_TEST

START_TEST(what_is_no_mbox_is_told)
{
	static const char text[] = "To: anna@partner.example\n\nFrom here\n";

	ck_assert_int_eq(go_through(text, strlen(text), MOST), -1);
	ck_assert_int_eq(err.code, ERROR_INPUT);
	ck_assert_ptr_nonnull(strstr(err.text, "no mbox"));
}
END_TEST

START_TEST(a_folder_in_place_of_an_mbox_is_an_error)
{
	FILE *in = fopen("/", "rb");

	ck_assert_ptr_nonnull(in);
	ck_assert_int_eq(replay_mbox_each(fileno(in), "m", MOST, take, NULL, &err), -1);
	ck_assert_uint_eq(messages + problems, 0);
	fclose(in);
}
END_TEST

START_TEST(a_message_that_is_too_large_is_named_and_the_next_one_found)
{
	char text[4000];
	int size;

	size = snprintf(text, sizeof(text), F "\nA: 1\n\n%0*d\n\n" F "\nA: 2\n", MOST, 0);
	ck_assert_int_eq(go_through(text, (size_t)size, MOST), 0);
	ck_assert_uint_eq(problems, 1);
	ck_assert_uint_eq(messages, 1);
	ck_assert_ptr_nonnull(strstr(found, "!m:1=it is larger than"));
	ck_assert_ptr_nonnull(strstr(found, "A: 2"));
}
END_TEST

START_TEST(nuls_are_kept)
{
	static const char text[] = F "\nA: 1\0x\n\n\0\0\n\n" F "\nA: 2\n";

	ck_assert_int_eq(go_through(text, sizeof(text) - 1, MOST), 0);
	ck_assert_uint_eq(messages, 2);
	ck_assert_uint_eq(bytes, strlen("A: 1") + 3 + 1 + 3 + strlen("A: 2\n"));
}
END_TEST

/* A line far longer than what is read at a time, at every place relative to it. */
START_TEST(lines_of_any_length_are_read)
{
	const size_t length = (size_t)3 << 20;
	char *text = malloc(length + 400);
	size_t size;

	ck_assert_ptr_nonnull(text);
	size = (size_t)snprintf(text, 400, F "%*s\nA: 1\n\n", _i, "");
	memset(text + size, 'x', length);
	memcpy(text + size + length / 2, "From ", 5);
	size += length;
	size += (size_t)snprintf(text + size, 200, "\n\n" F "\nA: 2\n");
	ck_assert_int_eq(go_through(text, size, length * 2), 0);
	ck_assert_uint_eq(messages, 2);
	ck_assert_uint_eq(problems, 0);
	ck_assert_uint_eq(bytes, 6 + length + 1 + 5);
	free(text);
}
END_TEST

/* More than 100 MB in one line (a hole in a file, and so no bytes on a disk), of which nothing is kept. */
START_TEST(a_line_that_never_ends_takes_no_memory)
{
	FILE *in = tmpfile();

	ck_assert_ptr_nonnull(in);
	fputs(F "\nA: 1\n\n", in);
	ck_assert_int_eq(fseek(in, 110L << 20, SEEK_CUR), 0);
	fputs("\n\n" F "\nA: 2\n", in);
	rewind(in);
	ck_assert_int_eq(replay_mbox_each(fileno(in), "m", 1 << 20, take, NULL, &err), 0);
	fclose(in);
	ck_assert_uint_eq(problems, 1);
	ck_assert_uint_eq(messages, 1);
	ck_assert_ptr_nonnull(strstr(found, "larger than the 1 MB"));
}
END_TEST

START_TEST(a_from_line_that_never_ends_is_one_line)
{
	const size_t length = 200000;
	char *text = malloc(length + 200);
	size_t size;

	ck_assert_ptr_nonnull(text);
	size = (size_t)snprintf(text, 200, F "\nA: 1\n\n\n" F " ");
	memset(text + size, 'x', length);
	size += length;
	size += (size_t)snprintf(text + size, 100, "\nA: 2\n");
	ck_assert_int_eq(go_through(text, size, MOST), 0);
	ck_assert_str_eq(found, "A: 1\n\n|A: 2\n|");
	free(text);
}
END_TEST

START_TEST(enough_is_enough)
{
	static const char text[] = F "\nA: 1\n\n" F "\nA: 2\n\n" F "\nA: 3\n\n";

	enough = 2;
	ck_assert_int_eq(go_through(text, strlen(text), MOST), 0);
	ck_assert_uint_eq(messages, 2);
}
END_TEST

static char folder[64];

static void
maildir_setup(void)
{
	setup();
	snprintf(folder, sizeof(folder), "/tmp/test-replay-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static int
remove_one(
    const char *path, const struct stat *about UNUSED, int kind UNUSED, struct FTW *ftw UNUSED)
{
	return remove(path);
}

static void
maildir_teardown(void)
{
	ck_assert_int_eq(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* Makes a folder (no text) or a file in the Maildir. */
static void
put(const char *name, const char *text)
{
	char path[4096];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (text == NULL) {
		ck_assert_msg(mkdir(path, 0700) == 0, "%s: %s", path, strerror(errno));
		return;
	}
	out = fopen(path, "wb");
	ck_assert_ptr_nonnull(out);
	fputs(text, out);
	ck_assert_int_eq(fclose(out), 0);
}

static void
put_link(const char *target, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	ck_assert_int_eq(symlink(target, path), 0);
}

/* Goes through it, and holds the count made beforehand to what was visited. */
static int
go_through_maildir(bool subfolders)
{
	uint64_t count = 0;
	int result = replay_maildir_each(folder, subfolders, MOST, take, NULL, &err);

	if (result == 0) {
		ck_assert_int_eq(replay_maildir_count(folder, subfolders, &count, &err), 0);
		ck_assert_uint_eq(count, messages + problems);
	}
	return result;
}

START_TEST(the_messages_of_a_maildir_are_those_in_cur_and_new)
{
	put("cur", NULL);
	put("new", NULL);
	put("tmp", NULL);
	put(".Sent", NULL);
	put(".Sent/cur", NULL);
	put("cur/1:2,S", "A: 1\n");
	put("cur/.hidden", "A: 0\n");
	put("tmp/2", "A: 0\n");
	put("new/3", "A: 3\n");
	put(".Sent/cur/4", "A: 4\n");
	put("dovecot-uidlist", "3\n");
	ck_assert_int_eq(go_through_maildir(false), 0);
	ck_assert_str_eq(found, "A: 1\n|A: 3\n|");
	setup();
	ck_assert_int_eq(go_through_maildir(true), 0);
	ck_assert_str_eq(found, "A: 1\n|A: 3\n|A: 4\n|");
}
END_TEST

START_TEST(folders_need_not_be_maildirs_themselves)
{
	put("anna", NULL);
	put("anna/Maildir", NULL);
	put("anna/Maildir/new", NULL);
	put("anna/Maildir/new/1", "A: 1\n");
	ck_assert_int_eq(go_through_maildir(false), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "--subfolders"));
	ck_assert_int_eq(go_through_maildir(true), 0);
	ck_assert_str_eq(found, "A: 1\n|");
}
END_TEST

START_TEST(what_is_no_message_is_named_and_never_followed)
{
	char path[4096];

	put("cur", NULL);
	put("cur/folder", NULL);
	put("cur/good", "A: 1\n");
	put_link("/etc/passwd", "cur/link");
	snprintf(path, sizeof(path), "%s/cur/pipe", folder);
	ck_assert_int_eq(mkfifo(path, 0600), 0); /* would wait for a writer */
	put("cur/large", "");
	snprintf(path, sizeof(path), "%s/cur/large", folder);
	ck_assert_int_eq(truncate(path, MOST + 1), 0);
	ck_assert_int_eq(go_through_maildir(false), 0);
	ck_assert_uint_eq(messages, 1);
	ck_assert_uint_eq(problems, 4);
}
END_TEST

START_TEST(links_make_no_circles)
{
	put("cur", NULL);
	put("cur/1", "A: 1\n");
	put(".Sub", NULL);
	put_link("..", ".Sub/up");
	put_link(".", ".here");
	put_link("cur", "new");
	ck_assert_int_eq(go_through_maildir(true), 0);
	ck_assert_uint_eq(messages, 1);
	ck_assert_uint_eq(problems, 3);
}
END_TEST

START_TEST(folders_that_are_too_deep_are_named)
{
	char path[4096] = "x";
	int depth;

	for (depth = 0; depth < REPLAY_FOLDER_DEPTH + 5; depth++) {
		put(path, NULL);
		if (depth < REPLAY_FOLDER_DEPTH)
			strcat(path, "/x");
		else
			strcat(path, "/y");
	}
	put("cur", NULL);
	ck_assert_int_eq(go_through_maildir(true), 0);
	ck_assert_uint_eq(problems, 1);
	ck_assert_ptr_nonnull(strstr(found, "so deep"));
}
END_TEST

START_TEST(a_folder_that_is_none_is_an_error)
{
	snprintf(folder + strlen(folder), sizeof(folder) - strlen(folder), "/none");
	ck_assert_int_eq(go_through_maildir(true), -1);
	ck_assert_int_eq(err.code, ERROR_INPUT);
	folder[strlen(folder) - 5] = '\0';
}
END_TEST

static const struct {
	const char *name;
	const char *value;
} fields[] = {
    {"Return-Path", " <bounce@corp.example>"},
    {"X-Original-To", " info@partner.example"},
    {"Delivered-To", " archive@corp.example"},
    {"From", " \"B, A\" <anna@corp.example>, second@corp.example"},
    {"To", " Bruno <bruno@partner.example>,\n g: a@x.example, b@x.example;, b c@x@y"},
    {"CC", " BRUNO@partner.example"},
    {"Bcc", " secret@x.example"},
    {"Reply-To", " none@x.example"},
};

static void
read_envelope(
    struct replay_envelope *envelope, size_t from, const struct replay_choice *choice, int expected)
{
	struct header header = HEADER_INIT;
	size_t i;

	for (i = from; i < ARRAY_LENGTH(fields); i++)
		ck_assert_int_eq(header_append(&header, fields[i].name, fields[i].value, &err), 0);
	ck_assert_msg(
	    replay_envelope_read(envelope, &header, choice, &err) == expected, "%s", err.text);
	header_free(&header);
}

START_TEST(the_envelope_is_what_the_header_tells)
{
	static const char *const expected[] = {"info@partner.example", "archive@corp.example",
	    "bruno@partner.example", "a@x.example", "b@x.example", "secret@x.example"};
	static const struct replay_choice choice = {.from = NULL};
	struct replay_envelope envelope = REPLAY_ENVELOPE_INIT;
	size_t i;

	read_envelope(&envelope, 0, &choice, 0);
	ck_assert_str_eq(envelope.sender, "bounce@corp.example");
	ck_assert_uint_eq(envelope.count, ARRAY_LENGTH(expected));
	for (i = 0; i < envelope.count; i++)
		ck_assert_str_eq(envelope.recipients[i], expected[i]);
	replay_envelope_free(&envelope);
	read_envelope(&envelope, 1, &choice, 0);
	ck_assert_str_eq(envelope.sender, "anna@corp.example");
	replay_envelope_free(&envelope);
}
END_TEST

START_TEST(some_addresses_are_no_recipients)
{
	struct address_pattern patterns[2];
	const struct replay_choice choice = {.ignore = patterns, .ignore_count = 2};
	struct replay_envelope envelope = REPLAY_ENVELOPE_INIT;

	ck_assert_int_eq(address_pattern_parse("archive@corp.example", &patterns[0], &err), 0);
	ck_assert_int_eq(address_pattern_parse("@x.example", &patterns[1], &err), 0);
	read_envelope(&envelope, 0, &choice, 0);
	ck_assert_uint_eq(envelope.count, 2);
	ck_assert_str_eq(envelope.recipients[0], "info@partner.example");
	ck_assert_str_eq(envelope.recipients[1], "bruno@partner.example");
	replay_envelope_free(&envelope);
	address_pattern_free(&patterns[0]);
	address_pattern_free(&patterns[1]);
}
END_TEST

START_TEST(what_is_said_stands_above_the_header)
{
	static const char *const to[] = {"x@y.example"};
	static const struct replay_choice choice = {.from = "", .to = to, .to_count = 1};
	struct replay_envelope envelope = REPLAY_ENVELOPE_INIT;

	read_envelope(&envelope, 0, &choice, 0);
	ck_assert_str_eq(envelope.sender, "");
	ck_assert_uint_eq(envelope.count, 1);
	ck_assert_str_eq(envelope.recipients[0], "x@y.example");
	replay_envelope_free(&envelope);
}
END_TEST

START_TEST(without_sender_or_recipient_there_is_no_envelope)
{
	static const struct replay_choice none = {.from = NULL};
	static const struct replay_choice sender = {.from = "a@b.example"};
	struct replay_envelope envelope = REPLAY_ENVELOPE_INIT;

	read_envelope(&envelope, ARRAY_LENGTH(fields) - 1, &none, -1);
	ck_assert_int_eq(err.code, ERROR_INPUT);
	replay_envelope_free(&envelope);
	read_envelope(&envelope, ARRAY_LENGTH(fields) - 1, &sender, -1);
	ck_assert_int_eq(err.code, ERROR_INPUT);
	replay_envelope_free(&envelope);
}
END_TEST

/* A result for one recipient of this address. */
static struct message_result
make_result(enum action action, enum reason_id reason, char *text, struct facts *facts,
    struct facts_recipient *recipient, struct address *address, struct plan *plan,
    struct plan_recipient *planned)
{
	*address = (struct address){.text = text};
	*recipient = (struct facts_recipient){.address = address};
	*facts = (struct facts){.recipients = recipient, .recipient_count = 1};
	*planned = (struct plan_recipient){.concerned = true};
	*plan = (struct plan){.action = action,
	    .would = action,
	    .reason = reason,
	    .recipients = planned,
	    .recipient_count = 1};
	return (struct message_result){.action = action, .facts = facts, .plan = plan};
}

static void
add(struct replay_sums *sums, const struct replay_outcome *before, enum action action,
    enum reason_id reason, char *text)
{
	struct facts facts;
	struct facts_recipient recipient;
	struct address address;
	struct plan plan;
	struct plan_recipient planned;
	struct message_result result =
	    make_result(action, reason, text, &facts, &recipient, &address, &plan, &planned);

	ck_assert_int_eq(replay_sums_add(sums, "name", before, &result, &err), 0);
}

START_TEST(changes_are_counted_by_what_they_are)
{
	static const struct replay_outcome pass = {.action = ACTION_PASS, .reason = REASON_NEVER};
	static const struct replay_outcome refused = {
	    .action = ACTION_REFUSE, .would = ACTION_REFUSE, .reason = REASON_EXPIRED};
	static char anna[] = "anna@x.example";
	static char bruno[] = "bruno@x.example";
	struct replay_sums sums;

	ck_assert_int_eq(replay_sums_init(&sums, true, &err), 0);
	add(&sums, &pass, ACTION_PASS, REASON_NEVER, anna);
	add(&sums, &pass, ACTION_REFUSE, REASON_EXPIRED, anna);
	add(&sums, &pass, ACTION_REFUSE, REASON_NO_DIGITAL_ID, bruno);
	add(&sums, &pass, ACTION_REFUSE, REASON_NO_DIGITAL_ID, bruno);
	add(&sums, &refused, ACTION_DEFER, REASON_DIRECTORY_UNAVAILABLE, anna);
	add(&sums, &refused, ACTION_PASS, REASON_NEVER, bruno);
	replay_sums_sort(&sums);
	ck_assert_uint_eq(sums.messages, 6);
	ck_assert_uint_eq(sums.before.by_action[ACTION_PASS], 4);
	ck_assert_uint_eq(sums.after.by_action[ACTION_PASS], 2);
	ck_assert_uint_eq(sums.after.by_action[ACTION_REFUSE], 3);
	ck_assert_uint_eq(sums.changed, 5);
	ck_assert_uint_eq(sums.stopped, 3);
	ck_assert_uint_eq(sums.waiting, 1);
	ck_assert_uint_eq(sums.change_count, 4);
	ck_assert_uint_eq(sums.changes[0].count, 2);
	ck_assert_int_eq(sums.changes[0].to.reason, REASON_NO_DIGITAL_ID);
	ck_assert_uint_eq(sums.people_count, 2);
	ck_assert_str_eq(sums.people[0].address, "bruno@x.example");
	ck_assert_uint_eq(sums.people[0].count, 3);
	replay_sums_free(&sums);
}
END_TEST

START_TEST(people_beyond_those_kept_are_counted_together)
{
	struct replay_sums sums;
	char text[40];
	int i;

	ck_assert_int_eq(replay_sums_init(&sums, false, &err), 0);
	for (i = 0; i < REPLAY_PEOPLE_MAX + 5; i++) {
		snprintf(text, sizeof(text), "p%d@x.example", i);
		add(&sums, NULL, ACTION_REFUSE, REASON_EXPIRED, text);
	}
	strcpy(text, "p0@x.example");
	add(&sums, NULL, ACTION_REFUSE, REASON_EXPIRED, text);
	replay_sums_sort(&sums);
	ck_assert_uint_eq(sums.people_count, REPLAY_PEOPLE_MAX);
	ck_assert_uint_eq(sums.other_people, 5);
	ck_assert_str_eq(sums.people[0].address, "p0@x.example");
	ck_assert_uint_eq(sums.changed, REPLAY_PEOPLE_MAX + 6);
	replay_sums_free(&sums);
}
END_TEST

START_TEST(ways_to_change_beyond_those_kept_are_counted_together)
{
	static char anna[] = "anna@x.example";
	struct replay_outcome before = {.action = ACTION_PASS};
	struct replay_sums sums;
	static char rules[REPLAY_CHANGES_MAX + 5][16];
	int i;

	ck_assert_int_eq(replay_sums_init(&sums, true, &err), 0);
	for (i = 0; i < REPLAY_CHANGES_MAX + 5; i++) {
		snprintf(rules[i], sizeof(rules[i]), "r%d", i);
		before.rule = rules[i];
		add(&sums, &before, ACTION_REFUSE, REASON_EXPIRED, anna);
	}
	ck_assert_uint_eq(sums.change_count, REPLAY_CHANGES_MAX);
	ck_assert_uint_eq(sums.other_changes, 5);
	replay_sums_free(&sums);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("replay");
	TCase *mbox = unit_case(suite, "mbox");
	TCase *maildir = unit_case(suite, "maildir");
	TCase *sums = unit_case(suite, "sums");

	tcase_add_checked_fixture(mbox, setup, NULL);
	tcase_add_loop_test(mbox, each_message_of_an_mbox_is_found, 0, (int)ARRAY_LENGTH(mboxes));
	tcase_add_test(mbox, what_is_no_mbox_is_told);
	tcase_add_test(mbox, a_folder_in_place_of_an_mbox_is_an_error);
	tcase_add_test(mbox, a_message_that_is_too_large_is_named_and_the_next_one_found);
	tcase_add_test(mbox, nuls_are_kept);
	tcase_add_loop_test(mbox, lines_of_any_length_are_read, 0, 8);
	tcase_add_test(mbox, a_line_that_never_ends_takes_no_memory);
	tcase_add_test(mbox, a_from_line_that_never_ends_is_one_line);
	tcase_add_test(mbox, enough_is_enough);
	tcase_add_checked_fixture(maildir, maildir_setup, maildir_teardown);
	tcase_add_test(maildir, the_messages_of_a_maildir_are_those_in_cur_and_new);
	tcase_add_test(maildir, folders_need_not_be_maildirs_themselves);
	tcase_add_test(maildir, what_is_no_message_is_named_and_never_followed);
	tcase_add_test(maildir, links_make_no_circles);
	tcase_add_test(maildir, folders_that_are_too_deep_are_named);
	tcase_add_test(maildir, a_folder_that_is_none_is_an_error);
	tcase_add_checked_fixture(sums, setup, NULL);
	tcase_add_test(sums, the_envelope_is_what_the_header_tells);
	tcase_add_test(sums, some_addresses_are_no_recipients);
	tcase_add_test(sums, what_is_said_stands_above_the_header);
	tcase_add_test(sums, without_sender_or_recipient_there_is_no_envelope);
	tcase_add_test(sums, changes_are_counted_by_what_they_are);
	tcase_add_test(sums, people_beyond_those_kept_are_counted_together);
	tcase_add_test(sums, ways_to_change_beyond_those_kept_are_counted_together);
	return unit_run(suite);
}
