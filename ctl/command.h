/*
 * The commands of smimectl: one file each, one row each in the table of main.c.
 */
#ifndef SMIME_CTL_COMMAND_H
#define SMIME_CTL_COMMAND_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"
#include "message/snapshot.h"
#include "smime/recipient.h"

/* Exit statuses that scripts rely on. */
enum ctl_status {
	CTL_OK = 0,
	CTL_FINDING = 1,       /* a finding or refusal */
	CTL_USAGE = 2,         /* usage or configuration error */
	CTL_TEMPORARY = 75,    /* try again later (EX_TEMPFAIL) */
	CTL_INTERRUPTED = 130, /* by the user, at the terminal: 128 and SIGINT, as shells say it */
};

/* What all commands take. */
struct ctl_options {
	const char *config_file;
	bool json;
	time_t at; /* judge as of then; 0: now */
};

struct ctl_command {
	const char *name;
	const char *arguments; /* for the usage line */
	const char *summary;
	const char *help; /* options and examples */
	enum ctl_status (*run)(const struct ctl_options *options, int count, char **arguments);
};

extern const struct ctl_command ctl_audit;
extern const struct ctl_command ctl_cache;
extern const struct ctl_command ctl_check;
extern const struct ctl_command ctl_check_config;
extern const struct ctl_command ctl_clean;
extern const struct ctl_command ctl_doctor;
extern const struct ctl_command ctl_explain;
extern const struct ctl_command ctl_inspect;
extern const struct ctl_command ctl_publish;
extern const struct ctl_command ctl_report;
extern const struct ctl_command ctl_setup;
extern const struct ctl_command ctl_status;
extern const struct ctl_command ctl_trust;
extern const struct ctl_command ctl_why;

/* Options that every command takes, handled by one function: 1 if the option was one of them, 0 if
 * not, -1 (said on standard error) if its value is wrong. */
struct option;
#define CTL_SHORT_OPTIONS "c:"
#define CTL_LONG_OPTIONS                                                            \
	{"config", required_argument, NULL, 'c'}, {"json", no_argument, NULL, 'J'}, \
	{                                                                           \
		"at", required_argument, NULL, 'A'                                  \
	}
int ctl_common_option(
    const struct ctl_command *command, int option, const char *value, struct ctl_options *options);

/* An error, or a usage error with a pointer to --help, on standard error, made safe for a terminal;
 * gives its status. */
enum ctl_status ctl_fail(const struct error *err);
enum ctl_status ctl_usage(const struct ctl_command *command, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* Of two statuses the one that matters more: interrupted, usage, temporary, finding. */
enum ctl_status ctl_worse(enum ctl_status a, enum ctl_status b);

/* Loads the configuration; problems go to standard error. NULL on error. */
struct config *ctl_config(const struct ctl_options *options);

/* Loads configuration and all that judging needs; problems go to standard error. NULL on error, and then
 * *status is what the command ends with. space: NULL if there was no memory for it. */
struct snapshot *ctl_snapshot(
    const struct ctl_options *options, struct spool_space *space, enum ctl_status *status);

/* Prints JSON on one line, keys in the order they were made; drops the reference. */
void ctl_print_json(json_t *json);

/* JSON of a text from outside that may be NULL (null) or no UTF-8 (escaped). */
json_t *ctl_json_text(const char *text);

/* Prints a text from outside, made safe for a terminal. */
void ctl_print_text(const char *text);

/* An amount for people, written to text[CTL_AMOUNT_SIZE] and returned: "90s", "15m"; "1.5 MB". */
#define CTL_AMOUNT_SIZE 24
const char *ctl_format_duration(int64_t ms, char *text);
const char *ctl_format_size(int64_t bytes, char *text);

/* What a word is for people, by its colour on a terminal that has any (NO_COLOR is honoured). */
enum ctl_colour { CTL_PLAIN, CTL_GOOD, CTL_WARNING, CTL_BAD, CTL_STRONG };
/* Begins a colour on standard output; CTL_PLAIN ends it. */
void ctl_colour(enum ctl_colour colour);

/* For tables of numbers: one, in ten columns; with its share of a whole; and a heading, with an empty
 * line above it. */
void ctl_print_number(uint64_t number);
void ctl_print_share(uint64_t number, uint64_t whole);
void ctl_print_heading(const char *text);

/* Prints a digital ID for people, indented. */
void ctl_print_digital_id(const struct digital_id *digital_id, size_t number);

/* Prints what clients would encrypt with that knew no more than what is published, indented. */
void ctl_print_fallback(const struct cipher *const fallback[CLIENT_COUNT]);

#endif
