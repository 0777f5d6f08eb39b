/*
 * A message in a file, split as an MTA would: header fields and body. And the file it becomes.
 */
#ifndef SMIME_CTL_MESSAGE_FILE_H
#define SMIME_CTL_MESSAGE_FILE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/compiler.h"
#include "base/error.h"
#include "mail/header.h"
#include "message/message.h"

/* Largest message read, bytes: far above any message_size_limit, below what memory gives. */
#define MESSAGE_FILE_MAX ((size_t)1 << 30)

struct message_file {
	struct buffer whole;
	struct header header; /* values with their leading space, folds with LF */
	const char *body;     /* into whole */
	size_t body_size;
	bool crlf; /* line ends of the header: written likewise */
};

/* Reads a file, or standard input for "-". A mailbox's "From " line in front is dropped. */
MUST_CHECK int message_file_read(const char *path, struct message_file *file, struct error *err);
/* The same of bytes that stand in file->whole already (NUL behind them), and nothing else in it. */
MUST_CHECK int message_file_split(struct message_file *file, struct error *err);
void message_file_free(struct message_file *file);

/* Writes what the message became: byte for byte the same, or with edits and body. A new file takes
 * the place of an old one only when it is whole; "-" is standard output. */
MUST_CHECK int message_file_write(const struct message_file *file,
    const struct message_result *result, const char *path, struct error *err);

#endif
