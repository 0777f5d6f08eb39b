/*
 * One request on the control socket, as it was sent: {"command": NAME, …} on one line. Pure, any
 * thread.
 */
#ifndef SMIME_MILTER_CONTROL_REQUEST_H
#define SMIME_MILTER_CONTROL_REQUEST_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"

/* Longest request line, its end included: an address pattern and a few numbers. */
#define CONTROL_REQUEST_MAX 1024

struct control_request {
	json_t *json;
	const char *command; /* borrowed from json */
};

/* Reads a line (without its end). ERROR_INPUT says what is wrong with it; then there is nothing to
 * free. */
MUST_CHECK int control_request_parse(
    const char *line, size_t size, struct control_request *request, struct error *err);
void control_request_free(struct control_request *request);

/* A whole number from least to most; *number stays as it is where the request names none. */
MUST_CHECK int control_request_number(const struct control_request *request, const char *name,
    int64_t least, int64_t most, int64_t *number, struct error *err);

/* A text, borrowed, or NULL where the request says null. It must name the member: what is left out
 * by mistake must not mean "all". */
MUST_CHECK int control_request_text(
    const struct control_request *request, const char *name, const char **text, struct error *err);

#endif
