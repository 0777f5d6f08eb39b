#include <string.h>

#include "fetch/transfer_private.h"

static void
set_connect_error(const struct transfer *transfer, struct error *err)
{
	long number = transfer->socket_errno;

	if (!transfer->tried && number == 0 && transfer->refused.code != ERROR_NONE) {
		*err = transfer->refused;
		return;
	}
	if (transfer->tried)
		curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &number);
	if (number != 0)
		error_errno(err, (int)number, "can't connect");
	else
		error_set(err, ERROR_TEMPORARY, "can't connect");
	err->code = ERROR_TEMPORARY; /* servers come back, whatever the reason */
}

/* RFC 9110 15: what the server itself calls a matter of time. */
static bool
is_temporary(long status)
{
	return status >= 500 || status == 408 || status == 425 || status == 429;
}

static void
set_written_error(const struct transfer *transfer, struct error *err)
{
	if (transfer->header_too_large)
		error_set(err, ERROR_LIMIT, "the answer's header is larger than %d bytes",
		    TRANSFER_HEADER_MAX);
	else if (transfer->body_error.code != ERROR_NONE)
		*err = transfer->body_error;
	else
		error_set(err, ERROR_INTERNAL, "libcurl refuses the answer");
}

/* The rest: what ended within a connection. */
static void
set_error(const struct transfer *transfer, CURLcode code, struct error *err)
{
	switch (code) {
	case CURLE_HTTP_RETURNED_ERROR:
		error_set(err,
		    is_temporary(transfer->result.status) ? ERROR_TEMPORARY : ERROR_PERMANENT,
		    "the server answers with status %ld", transfer->result.status);
		break;
	case CURLE_FILESIZE_EXCEEDED:
		error_set(err, ERROR_LIMIT, "the answer is larger than %zu bytes",
		    transfer->request.most);
		break;
	case CURLE_WRITE_ERROR:
		set_written_error(transfer, err);
		break;
	case CURLE_OUT_OF_MEMORY: /* what libcurl says of a line beyond 100 KB, too */
		error_set(err, ERROR_TEMPORARY, "no memory for the answer's header");
		break;
	case CURLE_OPERATION_TIMEDOUT:
		error_set(err, ERROR_TEMPORARY,
		    "the server answers too slowly: less than %d bytes a second",
		    TRANSFER_RATE_MIN);
		break;
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
		error_set(err, ERROR_TEMPORARY, "the server ends the connection too early");
		break;
	default:
		error_set(err, ERROR_PERMANENT, "what the server sends is not a good answer: %s",
		    curl_easy_strerror(code));
		break;
	}
}

static bool
is_connected(const struct transfer *transfer)
{
	curl_off_t time = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_CONNECT_TIME_T, &time);
	return time != 0;
}

/* libcurl takes a header that ends with the connection for a whole one. */
static void
take_response(struct transfer *transfer)
{
	struct transfer_result *result = &transfer->result;
	const char *redirect = NULL;

	if (!transfer->header_whole) {
		set_error(transfer, CURLE_PARTIAL_FILE, &result->error);
		return;
	}
	curl_easy_getinfo(transfer->easy, CURLINFO_REDIRECT_URL, &redirect);
	if (redirect == NULL)
		return;
	result->redirect = strdup(redirect);
	if (result->redirect != NULL)
		return;
	result->ours = true;
	error_no_memory(&result->error);
}

static void
take_connect_error(struct transfer *transfer, CURLcode code)
{
	struct transfer_result *result = &transfer->result;

	if (code == CURLE_OPERATION_TIMEDOUT) {
		result->unreachable = true;
		error_set(&result->error, ERROR_TEMPORARY,
		    "can't connect: nobody answers within fetch-timeout");
	} else if (code == CURLE_COULDNT_CONNECT) {
		result->unreachable = true;
		result->ours = !transfer->tried && transfer->socket_errno != 0;
		set_connect_error(transfer, &result->error);
	} else if (code == CURLE_OUT_OF_MEMORY) {
		result->ours = true;
		error_no_memory(&result->error);
	} else {
		result->ours = true;
		error_set(&result->error, ERROR_INTERNAL, "libcurl: %s", curl_easy_strerror(code));
	}
}

void
transfer_set_result(struct transfer *transfer, CURLcode code)
{
	struct transfer_result *result = &transfer->result;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &result->status);
	if (code == CURLE_OK) {
		take_response(transfer);
	} else if (!is_connected(transfer)) {
		take_connect_error(transfer, code);
	} else {
		result->ours = transfer->body_error.code == ERROR_TEMPORARY;
		result->silent = code == CURLE_OPERATION_TIMEDOUT && !transfer_is_heard(transfer);
		set_error(transfer, code, &result->error);
	}
}
