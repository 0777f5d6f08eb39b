/*
 * A Postfix instance as postconf tells it: the values of main.cf and master.cf, expanded, and the
 * services. Read once, then immutable; one thread.
 */
#ifndef SMIME_CTL_POSTFIX_H
#define SMIME_CTL_POSTFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"

/* Settings and services: Postfix knows a thousand of the former. */
#define POSTFIX_ITEMS_MAX 20000

struct postfix_setting {
	const char *service; /* whose -o it is: "submission/inet"; NULL: main.cf */
	const char *name;
	const char *value;
};

struct postfix_service {
	char *id; /* "submission/inet" */
	const char *name;
	const char *type;
	const char *command; /* "smtpd" */
	bool chrooted;
};

struct postfix {
	char *text[3]; /* what postconf printed: settings, services, services' settings */
	struct postfix_setting *settings;
	size_t setting_count;
	struct postfix_service *services;
	size_t service_count;
};

/* What postconf -x, -M and -xP print; the texts are taken over, also on error. NULL: ERROR_INPUT where
 * it is not what postconf prints. */
struct postfix *postfix_parse(char *main, char *services, char *overrides, struct error *err);

/* Runs postconf (a path; NULL: where it usually is) for the instance of a folder (NULL: the default
 * one). NULL on error; errno is ENOENT where there is no postconf at all. */
struct postfix *postfix_read(const char *postconf, const char *folder, struct error *err);
void postfix_free(struct postfix *postfix);

/* A value for a service (NULL: for all), as it holds there; "" where it isn't set. */
const char *postfix_value(
    const struct postfix *postfix, const struct postfix_service *service, const char *name);

/* Whether the service has a value of its own. */
bool postfix_overrides(
    const struct postfix *postfix, const struct postfix_service *service, const char *name);

/* By id, as in postconf -M ("pickup/unix"); NULL. */
const struct postfix_service *postfix_service(const struct postfix *postfix, const char *id);

/* Whether a list (values separated by blanks or commas) has the word. */
bool postfix_list_has(const char *list, const char *word);

/* A time ("30s", "5m"; without a unit: seconds) in milliseconds; -1 if it is none. */
int64_t postfix_time(const char *text);

#endif
