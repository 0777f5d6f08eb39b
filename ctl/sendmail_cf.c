#include "sendmail_cf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"

#define BLANK " \t\r"

/* What Sendmail waits where T= says nothing, milliseconds. */
#define SEND_DEFAULT ((int64_t)10 * 1000)
#define READ_DEFAULT ((int64_t)10 * 1000)
#define END_DEFAULT ((int64_t)300 * 1000)

/* Lines that begin with a blank go on with the one before: joined in place. */
static void
join_lines(char *text)
{
	char *from;

	for (from = text; *from != '\0'; from++) {
		if (*from == '\n' && (from[1] == ' ' || from[1] == '\t'))
			*from = ' ';
	}
}

static void
copy(char *out, const char *from, size_t length)
{
	while (length > 0 && strchr(BLANK, *from) != NULL)
		from++, length--;
	while (length > 0 && strchr(BLANK, from[length - 1]) != NULL)
		length--;
	snprintf(out, SENDMAIL_CF_TEXT, "%.*s",
	    length < SENDMAIL_CF_TEXT ? (int)length : SENDMAIL_CF_TEXT, from);
}

/* "S:30s", one of the times of T=. */
static int64_t
time_of(const char *text)
{
	char *end;
	long amount = strtol(text, &end, 10);

	if (end == text || amount < 0 || amount > 1000000)
		return -1;
	switch (*end) {
	case 's':
		return (int64_t)amount * 1000;
	case 'h':
		return (int64_t)amount * 3600000;
	case 'd':
		return (int64_t)amount * 86400000;
	default: /* minutes, where nothing else is said */
		return (int64_t)amount * 60000;
	}
}

static void
take_times(struct sendmail_filter *filter, const char *text, size_t length)
{
	const char *end = text + length;

	while (text < end) {
		int64_t ms;

		text += strspn(text, BLANK ";");
		if (text + 2 >= end || text[1] != ':')
			return;
		ms = time_of(text + 2);
		if (ms >= 0 && text[0] == 'S')
			filter->send_ms = ms;
		else if (ms >= 0 && text[0] == 'R')
			filter->read_ms = ms;
		else if (ms >= 0 && text[0] == 'E')
			filter->end_ms = ms;
		text += strcspn(text, ";");
	}
}

/* "Xsmime, S=unix:/x, F=T, T=R:60s" without the X. */
static int
take_filter(struct sendmail_cf *sendmail, const char *text, struct error *err)
{
	struct sendmail_filter *filter;
	size_t length = strcspn(text, ",");

	if (sendmail->filter_count == SENDMAIL_CF_FILTERS_MAX)
		return error_set(
		    err, ERROR_INPUT, "there are more than %d filters", SENDMAIL_CF_FILTERS_MAX);
	filter = &sendmail->filters[sendmail->filter_count++];
	memset(filter, 0, sizeof(*filter));
	filter->place = -1;
	filter->send_ms = SEND_DEFAULT;
	filter->read_ms = READ_DEFAULT;
	filter->end_ms = END_DEFAULT;
	copy(filter->name, text, length);
	text += length;
	while (*text != '\0') {
		text += strspn(text, BLANK ",");
		length = strcspn(text, ",");
		if (strncmp(text, "S=", 2) == 0)
			copy(filter->socket, text + 2, length - 2);
		else if (strncmp(text, "F=", 2) == 0)
			copy(filter->flags, text + 2, length - 2);
		else if (strncmp(text, "T=", 2) == 0)
			take_times(filter, text + 2, length - 2);
		text += length;
	}
	return 0;
}

/* "InputMailFilters=a,b": in this order. */
static void
take_order(struct sendmail_cf *sendmail, const char *list)
{
	int place = 0;

	while (*list != '\0') {
		char name[SENDMAIL_CF_TEXT];
		size_t length;
		size_t i;

		list += strspn(list, BLANK ",;");
		length = strcspn(list, ",;");
		copy(name, list, length);
		list += length;
		for (i = 0; i < sendmail->filter_count; i++) {
			if (name[0] != '\0' && strcmp(sendmail->filters[i].name, name) == 0)
				sendmail->filters[i].place = place++;
		}
	}
}

/* "DaemonPortOptions=Name=MSA, Port=587, InputFilter=a;b" */
static int
take_daemon(struct sendmail_cf *sendmail, const char *text, struct error *err)
{
	struct sendmail_daemon daemon;
	bool own = false;

	memset(&daemon, 0, sizeof(daemon));
	while (*text != '\0') {
		size_t length;

		text += strspn(text, BLANK ",");
		length = strcspn(text, ",");
		if (strncasecmp(text, "Name=", 5) == 0)
			copy(daemon.name, text + 5, length - 5);
		if (strncasecmp(text, "InputFilter=", 12) == 0 || strncasecmp(text, "I=", 2) == 0) {
			own = true;
			copy(daemon.filters, strchr(text, '=') + 1,
			    length - (size_t)(strchr(text, '=') + 1 - text));
		}
		text += length;
	}
	if (!own)
		return 0;
	if (sendmail->daemon_count == SENDMAIL_CF_FILTERS_MAX)
		return error_set(
		    err, ERROR_INPUT, "there are more than %d daemons", SENDMAIL_CF_FILTERS_MAX);
	sendmail->daemons[sendmail->daemon_count++] = daemon;
	return 0;
}

/* The value of "O Name=value"; NULL if it is another option. */
static const char *
option(const char *line, const char *name)
{
	size_t length = strlen(name);

	if (line[0] != 'O')
		return NULL;
	line += 1 + strspn(line + 1, BLANK);
	if (strncasecmp(line, name, length) != 0)
		return NULL;
	line += length + strspn(line + length, BLANK);
	return *line == '=' ? line + 1 + strspn(line + 1, BLANK) : NULL;
}

/* The filters first: the order names them, wherever it stands. */
static int
take_line(struct sendmail_cf *sendmail, const char *line, const char **order, struct error *err)
{
	const char *value;

	if (line[0] == 'X')
		return take_filter(sendmail, line + 1, err);
	if ((value = option(line, "InputMailFilters")) != NULL)
		*order = value;
	else if ((value = option(line, "MaxMessageSize")) != NULL)
		sendmail->message_size = strtoll(value, NULL, 10);
	else if ((value = option(line, "DaemonPortOptions")) != NULL)
		return take_daemon(sendmail, value, err);
	return 0;
}

int
sendmail_cf_parse(struct sendmail_cf *sendmail, char *text, struct error *err)
{
	const char *order = NULL;
	char *line;
	char *rest;

	join_lines(text);
	for (line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		if (take_line(sendmail, line, &order, err) != 0)
			return -1;
	}
	if (order != NULL)
		take_order(sendmail, order);
	return 0;
}

struct sendmail_cf *
sendmail_cf_read(const char *path, struct error *err)
{
	struct sendmail_cf *sendmail = calloc(1, sizeof(*sendmail));
	char *text = NULL;
	size_t size;
	int why;

	if (sendmail == NULL) {
		error_no_memory(err);
		return NULL;
	}
	snprintf(sendmail->path, sizeof(sendmail->path), "%s", path);
	errno = 0;
	if (file_read(AT_FDCWD, path, SENDMAIL_CF_MAX, &text, &size, err) == 0 &&
	    sendmail_cf_parse(sendmail, text, err) == 0) {
		free(text);
		return sendmail;
	}
	why = errno;
	error_prefix(err, "%s: ", path);
	free(text);
	free(sendmail);
	errno = why;
	return NULL;
}
