/*
 * Which URLs are asked. They are attacker-influenced: only plain http with a host and a port that
 * fetch-ports lists, in printable ASCII. Read by libcurl's own parser, so that what is checked is
 * what is asked. Pure functions, any thread.
 */
#ifndef SMIME_FETCH_URL_H
#define SMIME_FETCH_URL_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"

/* Bytes: real ones have a hundred; OCSP by GET (RFC 5019 5) has up to 255 more. */
#define URL_MAX 1024

struct url {
	char *text; /* normalised */
	char *host; /* lower case; an IPv6 address in brackets */
	int port;
	char *place;  /* "host:port" */
	bool numeric; /* the host is an address */
};

/* Reads a URL. ports: fetch-ports. ERROR_INPUT says what is wrong with it, without naming it.
 * Then there is nothing to free. */
MUST_CHECK int url_parse(
    const char *text, const struct strings *ports, struct url *url, struct error *err);

void url_free(struct url *url);

#endif
