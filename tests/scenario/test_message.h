/*
 * What the tests of a message's way share: a scripted directory, and that nothing that must be
 * encrypted leaves in the clear, whatever breaks.
 */
#ifndef SMIME_TESTS_MESSAGE_H
#define SMIME_TESTS_MESSAGE_H

#include "base/clock.h"
#include "mail/startup.h"
#include "unit.h"
#include "world.h"

#define ANNA "anna@partner.test"
#define BERT "bert@partner.test"
#define CARL "carl@partner.test"
#define TEAM "team@partner.test"
#define BOARD "board@partner.test"
#define CANARY "the-canary-sings-in-the-clear"

#define TO(...) ((const char *const[]){__VA_ARGS__, NULL})

#define REQUIRED "rule \"r\" { encrypt = required }\n"
#define PREFERRED "rule \"p\" { encrypt = preferred }\n"

/* A message, and what its sealed form holds. */
extern const char plain[];
extern const char plain_inner[];

/* The edit of a header field, or NULL. */
const struct edit *test_message_find_edit(const struct sent *sent, const char *name);

void test_message_assert_action(const struct sent *sent, enum action action, const char *reason);

/* Members of groups. */
extern const char *const nobody[];
extern const char *const anna_and_bert[];
extern const char *const anna_and_a_printer[];

void test_message_client(TCase *tcase);
void test_message_trouble(TCase *tcase);

#endif
