/* Which rule holds for a recipient: every condition, alone and together, first match. */
#include <string.h>

#include "mail/startup.h"
#include "policy/rules.h"
#include "unit.h"

#define RULES_MAX 3

/* A rule as a row: NULL is a condition that is not set. */
struct row {
	const char *recipient;
	const char *sender;
	const char *user;
	const char *subject;
	const char *header;
	enum config_encrypt encrypt;
};

struct scenery {
	struct config config;
	struct config_rule rules[RULES_MAX];
	struct address_pattern recipients[RULES_MAX];
	struct address_pattern senders[RULES_MAX];
	char *users[RULES_MAX];
	struct address sender;
	struct address recipient;
	struct header header;
	struct rule_match match;
};

static void
parse_pattern(const char *text, struct address_pattern *pattern, struct patterns *patterns)
{
	struct error err = ERROR_INIT;

	if (text == NULL)
		return;
	ck_assert_msg(address_pattern_parse(text, pattern, &err) == 0, "%s", err.text);
	patterns->items = pattern;
	patterns->count = 1;
}

static void
add_rule(struct scenery *scenery, const struct row *row)
{
	size_t i = scenery->config.rule_count++;
	struct config_rule *rule = &scenery->rules[i];

	parse_pattern(row->recipient, &scenery->recipients[i], &rule->recipients);
	parse_pattern(row->sender, &scenery->senders[i], &rule->senders);
	if (row->user != NULL) {
		scenery->users[i] = strdup(row->user);
		rule->users.items = &scenery->users[i];
		rule->users.count = 1;
	}
	rule->subject = row->subject != NULL ? strdup(row->subject) : NULL;
	rule->header = row->header != NULL ? strdup(row->header) : NULL;
	rule->encrypt = row->encrypt;
}

static void
begin(struct scenery *scenery, const char *sender, const char *recipient)
{
	memset(scenery, 0, sizeof(*scenery));
	scenery->config.rules = scenery->rules;
	ck_assert_int_eq(address_parse(sender, &scenery->sender, NULL), 0);
	ck_assert_int_eq(address_parse(recipient, &scenery->recipient, NULL), 0);
	scenery->match.sender = &scenery->sender;
	scenery->match.recipient = &scenery->recipient;
	scenery->match.header = &scenery->header;
}

static void
finish(struct scenery *scenery)
{
	size_t i;

	for (i = 0; i < scenery->config.rule_count; i++) {
		if (scenery->rules[i].recipients.count > 0)
			address_pattern_free(&scenery->recipients[i]);
		if (scenery->rules[i].senders.count > 0)
			address_pattern_free(&scenery->senders[i]);
		free(scenery->users[i]);
		free(scenery->rules[i].subject);
		free(scenery->rules[i].header);
	}
	address_free(&scenery->sender);
	address_free(&scenery->recipient);
	header_free(&scenery->header);
}

static const struct {
	struct row rule;
	const char *sender;
	const char *recipient;
	const char *user;
	const char *field; /* of the message: "Name: value", or NULL */
	bool matches;
} conditions[] = {
    /* clang-format off */
    {{NULL, NULL, NULL, NULL, NULL, 0}, "a@corp.example", "b@x.example", NULL, NULL, true},
    {{NULL, NULL, NULL, NULL, NULL, 0}, "<>", "b@x.example", NULL, NULL, true},
    {{"@x.example", NULL, NULL, NULL, NULL, 0}, "a@corp.example", "b@X.example", NULL, NULL, true},
    {{"@x.example", NULL, NULL, NULL, NULL, 0}, "a@corp.example", "b@y.x.example", NULL, NULL, false},
    {{"@.x.example", NULL, NULL, NULL, NULL, 0}, "a@corp.example", "b@y.x.example", NULL, NULL, true},
    {{NULL, "@corp.example", NULL, NULL, NULL, 0}, "a@corp.example", "b@x.example", NULL, NULL, true},
    {{NULL, "@corp.example", NULL, NULL, NULL, 0}, "<>", "b@x.example", NULL, NULL, false},
    {{NULL, "<>", NULL, NULL, NULL, 0}, "<>", "b@x.example", NULL, NULL, true},
    {{NULL, "<>", NULL, NULL, NULL, 0}, "a@corp.example", "b@x.example", NULL, NULL, false},
    {{NULL, "*", NULL, NULL, NULL, 0}, "<>", "b@x.example", NULL, NULL, false},
    {{NULL, NULL, "anna", NULL, NULL, 0}, "a@corp.example", "b@x.example", "anna", NULL, true},
    {{NULL, NULL, "anna", NULL, NULL, 0}, "a@corp.example", "b@x.example", "Anna", NULL, false},
    {{NULL, NULL, "anna", NULL, NULL, 0}, "a@corp.example", "b@x.example", NULL, NULL, false},
    {{NULL, NULL, NULL, "[secure]", NULL, 0}, "a@corp.example", "b@x.example", NULL, "Subject: hi [Secure]", true},
    {{NULL, NULL, NULL, "[secure]", NULL, 0}, "a@corp.example", "b@x.example", NULL, "Subject: hi", false},
    {{NULL, NULL, NULL, "[secure]", NULL, 0}, "a@corp.example", "b@x.example", NULL, NULL, false},
    {{NULL, NULL, NULL, NULL, "X-Encrypt", 0}, "a@corp.example", "b@x.example", NULL, "X-Encrypt: no", true},
    {{NULL, NULL, NULL, NULL, "X-Encrypt:", 0}, "a@corp.example", "b@x.example", NULL, "X-Encrypt: no", true},
    {{NULL, NULL, NULL, NULL, "X-Encrypt : yes ", 0}, "a@corp.example", "b@x.example", NULL, "X-Encrypt: YES", true},
    {{NULL, NULL, NULL, NULL, "X-Encrypt: yes", 0}, "a@corp.example", "b@x.example", NULL, "X-Encrypt: no", false},
    {{NULL, NULL, NULL, NULL, "X-Encrypt: yes", 0}, "a@corp.example", "b@x.example", NULL, NULL, false},
    {{NULL, NULL, NULL, "", "", 0}, "a@corp.example", "b@x.example", NULL, NULL, true},
    {{"@x.example", "@corp.example", "anna", "[secure]", "X-Encrypt", 0}, "a@corp.example", "b@x.example", "anna", "Subject: [secure]", false},
    /* clang-format on */
};

static void
add_field(struct scenery *scenery, const char *field)
{
	char name[64];
	const char *colon;

	if (field == NULL)
		return;
	colon = strchr(field, ':');
	snprintf(name, sizeof(name), "%.*s", (int)(colon - field), field);
	ck_assert_int_eq(header_append(&scenery->header, name, colon + 1, NULL), 0);
}

START_TEST(a_rule_matches_when_all_its_conditions_do)
{
	struct scenery scenery;
	const struct config_rule *found;

	begin(&scenery, conditions[_i].sender, conditions[_i].recipient);
	scenery.match.user = conditions[_i].user;
	add_field(&scenery, conditions[_i].field);
	add_rule(&scenery, &conditions[_i].rule);
	found = rules_find(&scenery.config, &scenery.match);
	ck_assert_ptr_eq(found, conditions[_i].matches ? &scenery.rules[0] : NULL);
	finish(&scenery);
}
END_TEST

START_TEST(the_first_rule_that_matches_holds)
{
	static const struct row rows[] = {
	    {"@other.example", NULL, NULL, NULL, NULL, ENCRYPT_REQUIRED},
	    {"@x.example", NULL, NULL, NULL, NULL, ENCRYPT_NEVER},
	    {NULL, NULL, NULL, NULL, NULL, ENCRYPT_PREFERRED},
	};
	struct scenery scenery;
	size_t i;

	begin(&scenery, "a@corp.example", "b@x.example");
	for (i = 0; i < ARRAY_LENGTH(rows); i++)
		add_rule(&scenery, &rows[i]);
	ck_assert_ptr_eq(rules_find(&scenery.config, &scenery.match), &scenery.rules[1]);
	finish(&scenery);
}
END_TEST

START_TEST(no_rule_no_match)
{
	struct scenery scenery;

	begin(&scenery, "a@corp.example", "b@x.example");
	ck_assert_ptr_null(rules_find(&scenery.config, &scenery.match));
	ck_assert(!rules_may_need_lookup(&scenery.config, &scenery.match));
	finish(&scenery);
}
END_TEST

START_TEST(a_header_condition_of_absurd_length_matches_nothing)
{
	char longest[5000];
	struct row row = {.header = longest};
	struct scenery scenery;

	memset(longest, 'X', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	begin(&scenery, "a@corp.example", "b@x.example");
	add_rule(&scenery, &row);
	ck_assert_ptr_null(rules_find(&scenery.config, &scenery.match));
	finish(&scenery);
}
END_TEST

/* At RCPT TO; the recipient is b@x.example, the header not known yet. */
static const struct {
	struct row rules[2];
	bool needed;
} lookups[] = {
    /* clang-format off */
    {{{"@x.example", NULL, NULL, NULL, NULL, ENCRYPT_REQUIRED}, {NULL, NULL, NULL, NULL, NULL, ENCRYPT_NEVER}}, true},
    {{{"@y.example", NULL, NULL, NULL, NULL, ENCRYPT_REQUIRED}, {"@y.example", NULL, NULL, NULL, NULL, ENCRYPT_NEVER}}, false},
    {{{"@x.example", NULL, NULL, NULL, NULL, ENCRYPT_NEVER}, {NULL, NULL, NULL, NULL, NULL, ENCRYPT_REQUIRED}}, false},
    {{{NULL, NULL, NULL, "[secure]", NULL, ENCRYPT_REQUIRED}, {NULL, NULL, NULL, NULL, NULL, ENCRYPT_NEVER}}, true},
    {{{NULL, NULL, NULL, NULL, "X-A", ENCRYPT_PREFERRED}, {NULL, NULL, NULL, NULL, NULL, ENCRYPT_NEVER}}, true},
    {{{NULL, NULL, NULL, "[clear]", NULL, ENCRYPT_NEVER}, {NULL, NULL, NULL, NULL, NULL, ENCRYPT_REQUIRED}}, true},
    {{{NULL, NULL, NULL, "[clear]", NULL, ENCRYPT_NEVER}, {NULL, NULL, NULL, NULL, NULL, ENCRYPT_NEVER}}, false},
    {{{"@y.example", NULL, NULL, "[secure]", NULL, ENCRYPT_REQUIRED}, {NULL, NULL, NULL, NULL, NULL, ENCRYPT_NEVER}}, false},
    {{{NULL, "<>", NULL, NULL, NULL, ENCRYPT_REQUIRED}, {NULL, NULL, NULL, NULL, NULL, ENCRYPT_NEVER}}, false},
    /* clang-format on */
};

START_TEST(a_look_up_is_made_where_a_rule_may_need_it)
{
	struct scenery scenery;
	size_t i;

	begin(&scenery, "a@corp.example", "b@x.example");
	scenery.match.header = NULL;
	for (i = 0; i < ARRAY_LENGTH(lookups[_i].rules); i++)
		add_rule(&scenery, &lookups[_i].rules[i]);
	ck_assert_int_eq(
	    rules_may_need_lookup(&scenery.config, &scenery.match), lookups[_i].needed);
	finish(&scenery);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("rules");
	TCase *tcase = unit_case(suite, "rules");
	int status;

	mail_startup();

	tcase_add_loop_test(
	    tcase, a_rule_matches_when_all_its_conditions_do, 0, (int)ARRAY_LENGTH(conditions));
	tcase_add_test(tcase, the_first_rule_that_matches_holds);
	tcase_add_test(tcase, no_rule_no_match);
	tcase_add_test(tcase, a_header_condition_of_absurd_length_matches_nothing);
	tcase_add_loop_test(
	    tcase, a_look_up_is_made_where_a_rule_may_need_it, 0, (int)ARRAY_LENGTH(lookups));
	status = unit_run(suite);
	mail_shutdown();
	return status;
}
