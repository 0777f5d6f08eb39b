#include "test_pool.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <event2/event.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

struct fixture fixture;
struct config_directory *directory;
struct fake fakes[FAKES];
size_t fake_count;
const char *uris[FAKES + 1];
const char *listed[FAKES];
static char closed_uri[60];
struct event_base *base;
struct event *tick;
struct worker_pool *workers;
struct pool *pool;

const char *filter = "(mail=a)";
LDAPControl **controls;
uint64_t connection;
bool wants_large;

atomic_int hangs;
atomic_int lookups;
atomic_int sockets;

/* In place of the C library's, which can't be made to hang. */
int
getaddrinfo(const char *restrict name, const char *restrict service,
    const struct addrinfo *restrict hints, struct addrinfo **restrict result)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	if (strcmp(name, "hangs.test") == 0) {
		atomic_fetch_add(&lookups, 1);
		while (atomic_load(&hangs) != 0)
			poll(NULL, 0, 2);
		name = "127.0.0.1";
	}
	if (strcmp(name, TWO_ADDRESSES) == 0) {
		ck_assert_int_eq(real("127.0.0.2", service, hints, result), 0);
		return real("127.0.0.1", service, hints, &(*result)->ai_next);
	}
	return real(name, service, hints, result);
}

int
test_pool_listen_full(in_addr_t where, int port, int *client)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(where)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 0), 0);
	*client = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(*client, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* In place of the C library's, to see it called. */
int
socket(int family, int type, int protocol)
{
	int (*real)(int, int, int);

	*(void **)&real = dlsym(RTLD_NEXT, "socket");
	atomic_fetch_add(&sockets, 1);
	return real(family, type, protocol);
}

struct fake *
test_pool_add_fake(enum fake_mode mode)
{
	struct fake *fake = &fakes[fake_count++];

	atomic_store(&fake->mode, mode);
	fake_start(fake, 0, NULL);
	uris[directory->uri.count] = fake->uri;
	fixture_list(&directory->uri, uris, directory->uri.count + 1);
	return fake;
}

int
test_pool_add_closed(void)
{
	int port = fake_port();

	snprintf(closed_uri, sizeof(closed_uri), "ldap://127.0.0.1:%d", port);
	uris[directory->uri.count] = closed_uri;
	fixture_list(&directory->uri, uris, directory->uri.count + 1);
	return port;
}

void
test_pool_start_pool(void)
{
	struct error err = ERROR_INIT;

	pool = pool_new(directory, NULL, base, workers, &err);
	ck_assert_msg(pool != NULL, "%s", err.text);
}

static void
on_begin(void *context)
{
	struct asked *asked = context;

	asked->begins++;
	asked->entries = 0;
}

static int
on_entry(void *context, LDAP *ld, LDAPMessage *entry, struct error *err)
{
	struct asked *asked = context;
	char *dn = ldap_get_dn(ld, entry);

	ck_assert_int_gt(asked->begins, 0);
	asked->entries++;
	snprintf(asked->dn, sizeof(asked->dn), "%s", dn);
	ldap_memfree(dn);
	return asked->refuses_entries ? error_set(err, ERROR_LIMIT, "no entries, please") : 0;
}

static void
on_done(void *context, const struct pool_result *result)
{
	struct asked *asked = context;

	asked->search = NULL;
	asked->done++;
	asked->outcome = result->outcome;
	asked->authenticated = result->authenticated;
	asked->connection = result->connection;
	while (result->controls != NULL && result->controls[asked->controls] != NULL)
		asked->controls++;
	if (result->error != NULL)
		snprintf(asked->error, sizeof(asked->error), "%s", result->error->text);
	if (result->server != NULL)
		snprintf(asked->server, sizeof(asked->server), "%s", result->server);
	if (asked->next != NULL)
		test_pool_begin(asked->next);
}

static const struct pool_events events = {on_begin, on_entry, on_done};

struct pool_search *
test_pool_try_begin(struct asked *asked, int64_t time_ms, struct error *err)
{
	static char name[] = "mail";
	static char *attributes[] = {name, NULL};
	char text[] = "o=x";
	const struct pool_question question = {.base = text,
	    .scope = LDAP_SCOPE_SUBTREE,
	    .filter = filter,
	    .attributes = attributes,
	    .entries_limit = 10,
	    .controls = controls,
	    .connection = connection,
	    .deadline_ms = clock_monotonic_ms() + time_ms,
	    .large = wants_large};

	asked->search = pool_search_start(pool, &question, &events, asked, err);
	text[0] = 'z'; /* it was copied */
	return asked->search;
}

/* Of a search, milliseconds: half of it is for a first server that does not answer, well before the
 * time to connect is over. */
#define SEARCH_TIME 10000

void
test_pool_begin(struct asked *asked)
{
	struct error err = ERROR_INIT;

	ck_assert_msg(test_pool_try_begin(asked, SEARCH_TIME, &err) != NULL, "%s", err.text);
}

struct asked
test_pool_ask(void)
{
	struct asked asked = {.done = 0};

	test_pool_begin(&asked);
	RUN_UNTIL(asked.done > 0);
	return asked;
}

void
test_pool_expect_answered(struct asked asked, const struct fake *by)
{
	ck_assert_msg(asked.outcome == POOL_COMPLETE, "%s", asked.error);
	ck_assert_int_eq(asked.done, 1);
	ck_assert_str_eq(asked.server, by->uri);
}

void
test_pool_expect_failed(struct asked asked, const char *why)
{
	ck_assert_int_eq(asked.done, 1);
	ck_assert_int_eq(asked.outcome, POOL_FAILED);
	ck_assert_msg(strstr(asked.error, why) != NULL, "%s", asked.error);
}

struct pool_server_state
test_pool_state_of(size_t index)
{
	struct pool_server_state state;

	pool_server_state(pool, index, &state);
	return state;
}

void
test_pool_bind_by_password(void)
{
	static char password[100];

	snprintf(password, sizeof(password), "%s", fixture_path(&fixture, "password"));
	fixture_write(password, "secret\n", 7);
	directory->bind_dn = (char *)"cn=admin";
	directory->bind_password_file = password;
	chmod(password, 0600);
}

void
test_pool_refer(enum fake_mode mode, bool is_listed)
{
	struct fake *first = test_pool_add_fake(mode);
	struct fake *second = test_pool_add_fake(FAKE_ANSWERS);

	first->refer = second->uri;
	first->references = 1;
	fixture_list(&directory->uri, uris, 1);
	listed[0] = second->uri;
	if (is_listed)
		fixture_list(&directory->referrals, listed, 1);
	test_pool_start_pool();
}
