/*
 * What no single value shows: settings that don't go together, files that aren't there, rules that
 * can never match. Each module here looks at one part of a configuration that has been read;
 * settings that were already found wrong are left alone. Internal to this room.
 */
#ifndef SMIME_CONFIG_CHECK_H
#define SMIME_CONFIG_CHECK_H

#include <stdbool.h>

#include "config/problems.h"
#include "config/scan.h"

/* One section of the file being checked. */
struct check {
	const struct scan_section *section;
	const struct config *config;
	struct problems *problems;
};

/* Everything. */
void check_config(const struct scan *scan, const struct config *config, struct problems *problems);

/* Whether the file sets the setting at that place (DIRECTORY_uri …). */
bool check_is_set(const struct check *check, size_t place);
/* Whether its value, or its default, may be looked at. */
bool check_is_sound(const struct check *check, size_t place);
/* The line that sets it, else that of the section. */
int check_line(const struct check *check, size_t place);

/* check_file.c: what a path leads to. Nothing is said of an empty path. */
enum check_file_kind { CHECK_FILE, CHECK_FILE_OR_FOLDER, CHECK_FOLDER, CHECK_SECRET };
void check_file(
    const struct check *check, size_t place, enum check_file_kind kind, const char *path);

/* check_listen.c: an error's text, or NULL if the listen setting is well-formed. */
const char *check_listen(const char *listen);
/* The same for control-socket. */
const char *check_control_socket(const char *socket);

/* check_directory.c */
void check_directory(const struct check *check, const struct config_directory *directory);

/* check_trust.c */
void check_trust(const struct check *check, const struct config_trust *trust);

/* check_fetch.c */
void check_fetch(const struct check *check);

/* check_filter.c: an error's text, or NULL if the search filter (RFC 4515) is well-formed. */
const char *check_filter(const char *filter);

/* check_dn.c: an error's text, or NULL if it is a distinguished name (RFC 4514); "" is one. */
const char *check_dn(const char *dn);

/* check_uri.c: an error's text, or NULL if the LDAP server's URI (RFC 4516) is well-formed. */
const char *check_uri(const char *uri);
/* Whether a well-formed one sends what it says in clear over a network. */
bool check_uri_is_exposed(const char *uri);
/* Whether a well-formed one leads to a server that is certainly the one meant: by verified TLS or on
 * this machine. */
bool check_uri_is_authenticated(const char *uri, enum config_tls_mode tls);
/* Whether a well-formed one leads to a socket of this machine (ldapi). */
bool check_uri_is_local(const char *uri);

/* check_rules.c: each rule against those before it. */
void check_rules(const struct scan *scan, const struct config *config, struct problems *problems);

#endif
