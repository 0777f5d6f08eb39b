/*
 * A directory source from an LDAP server: one connection, made on a worker, used only on the loop
 * thread, with up to SOURCE_LDAP_OUTSTANDING_MAX searches under way on it at a time.
 *
 *   idle ──question──▶ connecting ──ready──▶ connected ──lost──▶ idle
 *                          └──failed──▶ idle, resting for retry-interval
 *
 * While it rests, questions are refused at once with the reason of the last failure. A connection
 * that is lost after it has worked (servers end idle ones) costs nobody an answer: its questions
 * are asked once more on a new one, as far as their time allows. What is refused by the server for
 * a single search is that search's error; what a referral points to is not asked.
 */
#ifndef SMIME_DIRECTORY_SOURCE_LDAP_H
#define SMIME_DIRECTORY_SOURCE_LDAP_H

#include <stdbool.h>

#include "base/error.h"
#include "config/config.h"
#include "directory/members.h"
#include "directory/source.h"
#include "base/worker.h"

struct event_base;

/* slapd ends an anonymous connection with more than 100 requests pending. */
#define SOURCE_LDAP_OUTSTANDING_MAX 50
/* Questions held at a time, waiting or under way: the default of lookups-limit. */
#define SOURCE_LDAP_QUESTIONS_MAX 5000

/* directory is borrowed. Doesn't connect before the first question: a server that is down is no
 * error. pool makes the connections. NULL on error. Freed by its operations. */
struct source *source_ldap_new(const struct config_directory *directory, bool exact_local,
    const struct members_limits *limits, struct event_base *base, struct worker_pool *pool,
    struct error *err);

#endif
