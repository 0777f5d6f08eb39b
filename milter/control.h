/*
 * The control socket: where smimectl reaches the running daemon. Made before privileges are dropped,
 * served by a thread of its own (a libevent loop), and gone before the daemon drains.
 *
 * The protocol: a client sends one request, a JSON object on one line (control_request.h), and gets
 * lines of JSON until the daemon closes. The last line is {"end":true} or {"error":"why"}; an answer
 * without it was cut off. Members may be added; a client leaves alone those it does not know.
 *
 *   {"command":"cache","most":100}
 *       What is remembered of addresses, the most recently used first: "most" of them, 1 to 20000,
 *       100 if not said. A row each: {"address", "values", "group", "members" (of it, as far as they
 *       are known), "bytes", "age_ms", "left_ms",
 *       "error": whether the directory could not be asked}. The end is {"end":true,"cut":true}
 *       where not all of them had room.
 *   {"command":"flush","pattern":"anna@partner.example"}
 *       Forgets the addresses that match, as patterns of rules do; null: all. {"flushed": how many}
 *   {"command":"status"}
 *       {"version", "pid", "started", "uptime" (seconds), "configuration", "transactions" (under
 *       way), "anchors", "resolver": {counters}}, then for each server of each directory
 *       {"server": {"directory", "uri", "down", "rest_ms", "links", "searches", "error"}}
 *   {"command":"anchors"}
 *       A row for each anchor that counts: {"section", "domains", "origin": "configured",
 *       "directory" or "added", "subject", "issuer", "serial", "sha256", "not_before", "not_after"}
 *   {"command":"trust-reload"}
 *       Reads the anchors anew, without anything else, and puts them in force before it answers:
 *       {"anchors": how many count, "changes": how many came or went}
 *   {"command":"pending-flush"}
 *       Writes the file of CAs that were met and are not trusted (smime/pending.h), if it is not up to
 *       date.
 *
 * Nobody can hold it up: few clients at a time (others wait to be accepted), a short request, and
 * little time for each. What it does never touches mail but through the resolver's own functions.
 */
#ifndef SMIME_MILTER_CONTROL_H
#define SMIME_MILTER_CONTROL_H

#include <sys/types.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"
#include "control_answer.h"

struct control;

/* Makes the socket that control-socket names; *control is NULL where it names none. One that the
 * configuration does not name (the default) and that can't be made is no error: that is logged, and
 * *control is NULL. owner: uid that will run the daemon; -1: leave it. Before other threads. */
MUST_CHECK int control_open(
    const struct config *config, uid_t owner, struct control **control, struct error *err);

/* Starts the thread. The subject is copied, what it points to must last until control_stop(). NULL
 * is legal. */
MUST_CHECK int control_start(
    struct control *control, const struct control_subject *subject, struct error *err);

/* Ends the thread and every client, and removes the socket. May be called again; NULL is legal. */
void control_stop(struct control *control);

/* Stops it and frees it. NULL is legal. */
void control_free(struct control *control);

#endif
