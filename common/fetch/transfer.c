#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fetch/guard.h"
#include "fetch/transfer_private.h"

/* The one place where a connection begins: whatever was asked for, this is the address it goes to.
 * CURL_SOCKET_BAD makes libcurl try the host's next one. */
static curl_socket_t
open_socket(void *context, curlsocktype purpose UNUSED, struct curl_sockaddr *address)
{
	struct transfer *transfer = context;
	int fd;

	if (guard_address(&address->addr, (socklen_t)address->addrlen, transfer->request.allow,
		&transfer->refused) != 0)
		return CURL_SOCKET_BAD;
	fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
	if (fd < 0)
		transfer->socket_errno = errno;
	else
		transfer->tried = true;
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

/* Names were looked up before: a fuse, should libcurl ever mean to. */
static int
allow_lookup(void *state UNUSED, void *reserved UNUSED, void *context)
{
	const struct transfer *transfer = context;

	return transfer->request.url->numeric ? 0 : 1;
}

/* One line, with its end; the empty one ends the header, after which there may be trailers. */
static size_t
on_header(char *bytes, size_t unit, size_t count, void *context)
{
	struct transfer *transfer = context;

	if (*bytes == '\r' || *bytes == '\n')
		transfer->header_whole = true;
	else if (strncmp(bytes, "HTTP/", 5) == 0) /* after an interim response */
		transfer->header_whole = false;
	transfer->header_size += unit * count;
	transfer->header_too_large = transfer->header_size > TRANSFER_HEADER_MAX;
	return transfer->header_too_large ? 0 : unit * count;
}

static size_t
on_body(char *bytes, size_t unit, size_t count, void *context)
{
	struct transfer *transfer = context;
	struct buffer *body = &transfer->result.body;
	struct error *err = &transfer->body_error;

	if (buffer_append(body, bytes, unit * count, err) == 0)
		return unit * count;
	if (err->code == ERROR_LIMIT)
		error_set(err, ERROR_LIMIT, "the answer is larger than %zu bytes",
		    transfer->request.most);
	return 0;
}

/* Appends to a list; false without memory. */
static bool
append(struct curl_slist **list, const char *text)
{
	struct curl_slist *longer = curl_slist_append(*list, text);

	if (longer != NULL)
		*list = longer;
	return longer != NULL;
}

static int
make_lists(struct transfer *transfer, struct error *err)
{
	const struct transfer_request *request = &transfer->request;
	char text[512 + 1024];

	/* "+": not for ever in libcurl's cache. */
	snprintf(text, sizeof(text), "+%s:%d:%s", request->url->host, request->url->port,
	    request->addresses != NULL ? request->addresses : "");
	if (!request->url->numeric && !append(&transfer->resolve, text))
		return error_no_memory(err);
	if (request->post == NULL)
		return 0;
	snprintf(text, sizeof(text), "Content-Type: %s", request->post_type);
	/* "Expect:": no waiting for a "100 Continue" that old servers don't send. */
	if (!append(&transfer->fields, text) || !append(&transfer->fields, "Expect:"))
		return error_no_memory(err);
	return 0;
}

/* The first failure of many settings. */
#define SET(easy, code, option, value) \
	((code) = (code) != CURLE_OK ? (code) : curl_easy_setopt(easy, option, value))

/* What never differs: a plain request by nobody, over nothing between. */
static CURLcode
set_rules(CURL *easy)
{
	CURLcode code = CURLE_OK;

	SET(easy, code, CURLOPT_NOSIGNAL, 1L);
	SET(easy, code, CURLOPT_PROTOCOLS_STR, "http");
	SET(easy, code, CURLOPT_REDIR_PROTOCOLS_STR, "http");
	SET(easy, code, CURLOPT_FOLLOWLOCATION, 0L);
	SET(easy, code, CURLOPT_PROXY, ""); /* not what http_proxy says */
	SET(easy, code, CURLOPT_NOPROXY, "*");
	SET(easy, code, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(easy, code, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(easy, code, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(easy, code, CURLOPT_HTTP09_ALLOWED, 0L);
	SET(easy, code, CURLOPT_USERAGENT, "smime-milter");
	SET(easy, code, CURLOPT_FRESH_CONNECT, 1L);
	SET(easy, code, CURLOPT_FORBID_REUSE, 1L);
	SET(easy, code, CURLOPT_FAILONERROR, 1L); /* the body of an error is of no use */
	/* Should a look-up ever begin in libcurl: not to be waited for. */
	SET(easy, code, CURLOPT_QUICK_EXIT, 1L);
	return code;
}

static CURLcode
set_callbacks(struct transfer *transfer)
{
	CURL *easy = transfer->easy;
	CURLcode code = CURLE_OK;

	SET(easy, code, CURLOPT_PRIVATE, transfer);
	SET(easy, code, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(easy, code, CURLOPT_OPENSOCKETDATA, transfer);
	SET(easy, code, CURLOPT_RESOLVER_START_FUNCTION, allow_lookup);
	SET(easy, code, CURLOPT_RESOLVER_START_DATA, transfer);
	SET(easy, code, CURLOPT_HEADERFUNCTION, on_header);
	SET(easy, code, CURLOPT_HEADERDATA, transfer);
	SET(easy, code, CURLOPT_WRITEFUNCTION, on_body);
	SET(easy, code, CURLOPT_WRITEDATA, transfer);
	return code;
}

static CURLcode
set_request(const struct transfer *transfer)
{
	const struct transfer_request *request = &transfer->request;
	CURL *easy = transfer->easy;
	CURLcode code = CURLE_OK;

	SET(easy, code, CURLOPT_URL, request->url->text);
	SET(easy, code, CURLOPT_RESOLVE, transfer->resolve);
	SET(easy, code, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)request->most);
	SET(easy, code, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_ms);
	SET(easy, code, CURLOPT_LOW_SPEED_LIMIT, (long)TRANSFER_RATE_MIN);
	SET(easy, code, CURLOPT_LOW_SPEED_TIME, (long)((request->slow_ms + 999) / 1000));
	if (request->post == NULL)
		return code;
	SET(easy, code, CURLOPT_POST, 1L);
	SET(easy, code, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->post_size);
	SET(easy, code, CURLOPT_POSTFIELDS, request->post);
	SET(easy, code, CURLOPT_HTTPHEADER, transfer->fields);
	return code;
}

static int
set_options(struct transfer *transfer, struct error *err)
{
	CURLcode code = set_rules(transfer->easy);

	if (code == CURLE_OK)
		code = set_callbacks(transfer);
	if (code == CURLE_OK)
		code = set_request(transfer);
	if (code == CURLE_OK)
		return 0;
	return error_set(err, code == CURLE_OUT_OF_MEMORY ? ERROR_TEMPORARY : ERROR_INTERNAL,
	    "libcurl: %s", curl_easy_strerror(code));
}

static void
destroy(struct transfer *transfer)
{
	if (transfer->easy != NULL)
		curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->resolve);
	curl_slist_free_all(transfer->fields);
	free(transfer->result.redirect);
	buffer_free(&transfer->result.body);
	free(transfer);
}

struct transfer *
transfer_start(struct transfer_loop *loop, const struct transfer_request *request,
    transfer_done *done, void *context, struct error *err)
{
	struct transfer *transfer;

	transfer = calloc(1, sizeof(*transfer));
	if (transfer == NULL) {
		error_no_memory(err);
		return NULL;
	}
	transfer->loop = loop;
	transfer->request = *request;
	transfer->done = done;
	transfer->context = context;
	transfer->result.body.limit = request->most;
	transfer->easy = curl_easy_init();
	if (transfer->easy == NULL) {
		error_no_memory(err);
		goto fail;
	}
	if (make_lists(transfer, err) != 0 || set_options(transfer, err) != 0 ||
	    transfer_loop_add(loop, transfer->easy, err) != 0)
		goto fail;
	return transfer;
fail:
	destroy(transfer);
	return NULL;
}

bool
transfer_is_heard(const struct transfer *transfer)
{
	return transfer->header_size > 0;
}

void
transfer_cancel(struct transfer *transfer)
{
	if (transfer == NULL)
		return;
	transfer_loop_remove(transfer->loop, transfer->easy);
	destroy(transfer);
}

void
transfer_ended(struct transfer *transfer, CURLcode code)
{
	transfer_set_result(transfer, code);
	/* The URL's text is libcurl's until here. */
	transfer_loop_remove(transfer->loop, transfer->easy);
	curl_easy_cleanup(transfer->easy);
	transfer->easy = NULL;
	transfer->done(transfer->context, &transfer->result);
	destroy(transfer);
}
