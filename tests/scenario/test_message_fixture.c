#include "test_message.h"

#include <string.h>

const char plain[] = "From: me@corp.test\n"
		     "To: anna@partner.test, bert@partner.test\n"
		     "Subject: hello\n"
		     "MIME-Version: 1.0\n"
		     "Content-Type: text/plain; charset=utf-8\n"
		     "\n"
		     "first line\n" CANARY "\n";

const char plain_inner[] = "Content-Type: text/plain; charset=utf-8\r\n"
			   "\r\n"
			   "first line\r\n" CANARY "\r\n";

const struct edit *
test_message_find_edit(const struct sent *sent, const char *name)
{
	size_t i;

	for (i = 0; i < sent->result->edits->count; i++) {
		if (strcmp(sent->result->edits->items[i].name, name) == 0)
			return &sent->result->edits->items[i];
	}
	return NULL;
}

void
test_message_assert_action(const struct sent *sent, enum action action, const char *reason)
{
	const struct message_result *result = sent->result;

	ck_assert_msg(result->action == action, "%s (%s), not %s", action_name(result->action),
	    result->reply != NULL  ? result->reply->lines[0]
	    : result->plan != NULL ? reason_get(result->plan->reason)->code
				   : "?",
	    action_name(action));
	if (reason != NULL) {
		ck_assert_ptr_nonnull(result->plan);
		ck_assert_str_eq(reason_get(result->plan->reason)->code, reason);
	}
	ck_assert((result->reply != NULL) == (action == ACTION_DEFER || action == ACTION_REFUSE));
	ck_assert((result->body != NULL) == (action == ACTION_SEAL));
}

const char *const nobody[] = {NULL};
const char *const anna_and_bert[] = {ANNA, BERT, NULL};
const char *const anna_and_a_printer[] = {ANNA, "cn=printer", NULL};
