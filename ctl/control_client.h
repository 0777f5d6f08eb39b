/*
 * The client of the running daemon's control socket (milter/control.h has the protocol): one request
 * a connection. Waits, but never for long.
 */
#ifndef SMIME_CTL_CONTROL_CLIENT_H
#define SMIME_CTL_CONTROL_CLIENT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/compiler.h"
#include "base/error.h"
#include "command.h"

struct control_client;

/* Connects to the socket at the path, and sends the request (taken over; NULL: no memory for it).
 * NULL on error: ERROR_TEMPORARY says what to look at where the daemon can't be reached. */
struct control_client *control_client_ask(const char *path, json_t *request, struct error *err);

/* The same with the socket that the command's configuration names; with socket (a path) if it is not
 * NULL, and then no configuration is read. An error is said on standard error; *status is its
 * status. */
struct control_client *control_client_begin(const struct ctl_options *options, const char *socket,
    json_t *request, enum ctl_status *status);

/* The answer's next row in *row (json_decref): 1; 0 at its end; -1 on error: ERROR_INPUT where the
 * daemon refused the request, ERROR_TEMPORARY where it did not answer in time or to the end. */
MUST_CHECK int control_client_next(struct control_client *client, json_t **row, struct error *err);

/* After the end: whether rows were left out, because they had no room in one answer. */
bool control_client_was_cut(const struct control_client *client);

/* NULL is legal. */
void control_client_free(struct control_client *client);

#endif
