/*
 * What a Sendmail's .cf says of milters: the filters, their order and their flags. One thread.
 */
#ifndef SMIME_CTL_SENDMAIL_CF_H
#define SMIME_CTL_SENDMAIL_CF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"

#define SENDMAIL_CF_PATH "/etc/mail/sendmail.cf"
/* The largest ones have some 100 KB. */
#define SENDMAIL_CF_MAX ((size_t)4 << 20)
#define SENDMAIL_CF_FILTERS_MAX 50
#define SENDMAIL_CF_TEXT 256

struct sendmail_filter {
	char name[SENDMAIL_CF_TEXT];
	char socket[SENDMAIL_CF_TEXT];
	char
	    flags[SENDMAIL_CF_TEXT]; /* F=: "T", "R", "4"; "": mail passes where the filter fails */
	int64_t read_ms;             /* T=…R: how long it waits for an answer */
	int64_t send_ms;
	int64_t end_ms;
	int place; /* in the order in which they are called, from 0; -1: it is not called */
};

/* A DaemonPortOptions line with an InputFilter of its own. */
struct sendmail_daemon {
	char name[SENDMAIL_CF_TEXT];
	char filters[SENDMAIL_CF_TEXT]; /* separated by semicolons */
};

struct sendmail_cf {
	char path[SENDMAIL_CF_TEXT];
	struct sendmail_filter filters[SENDMAIL_CF_FILTERS_MAX];
	size_t filter_count;
	struct sendmail_daemon daemons[SENDMAIL_CF_FILTERS_MAX];
	size_t daemon_count;
	int64_t message_size; /* bytes; 0: no limit */
};

/* Parses the text of a .cf; it is changed. -1: ERROR_INPUT. */
MUST_CHECK int sendmail_cf_parse(struct sendmail_cf *sendmail, char *text, struct error *err);

/* Reads the file. errno is ENOENT where there is none. NULL on error; free(). */
struct sendmail_cf *sendmail_cf_read(const char *path, struct error *err);

#endif
