/* What transfer.c, transfer_loop.c and transfer_result.c share, and nobody else. */
#ifndef SMIME_FETCH_TRANSFER_PRIVATE_H
#define SMIME_FETCH_TRANSFER_PRIVATE_H

#include <curl/curl.h>

#include "fetch/transfer.h"

struct transfer {
	struct transfer_loop *loop;
	struct transfer_request request;
	transfer_done *done;
	void *context;
	CURL *easy;
	struct curl_slist *resolve;
	struct curl_slist *fields;
	size_t header_size;
	bool header_too_large;
	bool header_whole;    /* the empty line was there */
	bool tried;           /* a socket was made */
	int socket_errno;     /* or why the last was not */
	struct error refused; /* the last that was not */
	struct error body_error;
	struct transfer_result result;
};

/* Begins, and ends without an answer. */
MUST_CHECK int transfer_loop_add(struct transfer_loop *loop, CURL *easy, struct error *err);
void transfer_loop_remove(struct transfer_loop *loop, CURL *easy);

/* A transfer has ended with this code: answers, and frees it. */
void transfer_ended(struct transfer *transfer, CURLcode code);

/* Fills the result of a transfer that has ended with this code. */
void transfer_set_result(struct transfer *transfer, CURLcode code);

#endif
