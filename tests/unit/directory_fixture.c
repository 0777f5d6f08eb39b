#include "directory_fixture.h"

#include <arpa/inet.h>
#include <check.h>
#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "smime/evidence.h"

/* Linux gives away ports from 32768 on. */
#define PORTS_BEGIN 12000
#define PORT_PAIRS 10000

static char everything[] = "*";
static char *every_domain[] = {everything};

static void
init_directory(struct config_directory *directory, const char *title)
{
	directory->title = (char *)title;
	directory->domains.items = every_domain;
	directory->domains.count = 1;
	directory->smime_attribute = (char *)"userSMIMECertificate";
	directory->certificate_attribute = (char *)"userCertificate";
	directory->ca_attribute = (char *)"cACertificate";
	directory->connect_timeout = 30000;
	directory->search_timeout = 30000;
	directory->connections = 2;
	directory->searches = 50;
	directory->idle_timeout = 300000;
	directory->retry_interval = 2000;
	directory->retry_interval_max = 60000;
	directory->entries_limit = 20;
	directory->values_limit = 50;
	directory->value_size_limit = 256 << 10;
}

void
fixture_init(struct fixture *fixture, size_t count)
{
	static const char *const titles[] = {"first", "second", "third"};
	size_t i;

	memset(fixture, 0, sizeof(*fixture));
	fixture->config.references = 1; /* ours: it is never freed */
	fixture->config.cache_entries = 10000;
	fixture->config.cache_bytes = 256 << 20;
	fixture->config.cache_positive = 600000;
	fixture->config.cache_negative = 120000;
	fixture->config.lookups_limit = 5000;
	fixture->config.group_members_limit = 500;
	fixture->config.group_depth_limit = 8;
	fixture->config.directories = fixture->directories;
	fixture->config.directory_count = count;
	for (i = 0; i < count; i++)
		init_directory(&fixture->directories[i], titles[i]);
	fixture->trust = trust_load(&fixture->config, NULL);
	ck_assert_ptr_nonnull(fixture->trust);
}

static void
remove_folder(const char *folder)
{
	struct dirent *entry;
	char path[512];
	DIR *dir = opendir(folder);

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (unlink(path) != 0)
			remove_folder(path);
	}
	if (dir != NULL)
		closedir(dir);
	rmdir(folder);
}

void
fixture_end(struct fixture *fixture)
{
	resolver_free(fixture->resolver);
	trust_unref(fixture->trust);
	evidence_unref(fixture->evidence);
	if (fixture->folder[0] != '\0')
		remove_folder(fixture->folder);
}

void
fixture_folder(struct fixture *fixture)
{
	const char *temporary = getenv("TMPDIR");

	snprintf(fixture->folder, sizeof(fixture->folder), "%.40s/smime-XXXXXX",
	    temporary != NULL ? temporary : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(fixture->folder));
}

const char *
fixture_path(const struct fixture *fixture, const char *name)
{
	static char paths[4][256];
	static unsigned int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", fixture->folder, name);
	return path;
}

void
fixture_write(const char *path, const void *text, size_t size)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, size, file), size);
	ck_assert_int_eq(fclose(file), 0);
}

static bool
is_free(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	bool is;

	ck_assert_int_ge(fd, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	is = bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	close(fd);
	return is;
}

int
fixture_ports(void)
{
	static unsigned long next;
	int tries;

	if (next == 0) /* each process begins elsewhere */
		next = (unsigned long)getpid() * 7919;
	for (tries = 0; tries < PORT_PAIRS; tries++) {
		int port = PORTS_BEGIN + 2 * (int)(next++ % PORT_PAIRS);

		if (is_free(port) && is_free(port + 1))
			return port;
	}
	ck_abort_msg("no ports are free");
}

void
fixture_list(struct strings *list, const char *const *items, size_t count)
{
	list->items = (char **)items;
	list->count = count;
}

void
fixture_start(struct fixture *fixture)
{
	struct error err = ERROR_INIT;

	fixture->resolver = resolver_new(&fixture->config, fixture->trust, fixture->evidence, &err);
	ck_assert_msg(fixture->resolver != NULL, "%s", err.text);
}

struct address
fixture_address(const char *text)
{
	struct address address = ADDRESS_INIT;
	struct error err = ERROR_INIT;

	ck_assert_msg(address_parse(text, &address, &err) == 0, "%s: %s", text, err.text);
	return address;
}

struct ticket *
fixture_submit(struct fixture *fixture, const char *text)
{
	struct address address = fixture_address(text);
	struct ticket *ticket;

	ticket =
	    resolver_submit(fixture->resolver, &address, clock_monotonic_ms() + FIXTURE_PATIENCE);
	ck_assert_ptr_nonnull(ticket);
	address_free(&address);
	return ticket;
}

struct ticket *
fixture_ask(struct fixture *fixture, const char *text)
{
	struct ticket *ticket = fixture_submit(fixture, text);

	ck_assert_msg(
	    ticket_wait(ticket, clock_monotonic_ms() + FIXTURE_PATIENCE), "no answer for %s", text);
	ck_assert_ptr_nonnull(ticket_record(ticket));
	return ticket;
}

enum recipient_state
fixture_state(struct fixture *fixture, const char *text, size_t *ids)
{
	struct ticket *ticket = fixture_ask(fixture, text);
	enum recipient_state state = ticket_record(ticket)->state;

	if (ids != NULL)
		*ids = ticket_record(ticket)->digital_id_count;
	ticket_free(ticket);
	return state;
}

struct resolver_statistics
fixture_statistics(struct fixture *fixture)
{
	struct resolver_statistics statistics;

	resolver_statistics(fixture->resolver, &statistics);
	return statistics;
}

bool
fixture_until(bool (*condition)(void *context), void *context)
{
	int64_t end = clock_monotonic_ms() + FIXTURE_PATIENCE;

	while (!condition(context)) {
		if (clock_monotonic_ms() > end)
			return false;
		poll(NULL, 0, 10);
	}
	return true;
}
