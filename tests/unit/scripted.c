#include "scripted.h"

#include <check.h>
#include <event2/event.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "directory/source.h"
#include "pki.h"

const struct scripted_group *scripted_groups;
atomic_int scripted_started[FIXTURE_DIRECTORIES_MAX];
atomic_int scripted_open;
atomic_int scripted_most;
atomic_int scripted_cancelled;
atomic_int scripted_freed;
atomic_bool scripted_down;
atomic_bool scripted_left;
atomic_bool scripted_gate;

/* The certificate, where one is used. */
static unsigned char published[8192];
static size_t published_size;

struct scripted {
	struct source source;
	struct event_base *base;
	int number;
};

struct source_query {
	struct scripted *scripted;
	const struct address *address;
	struct event *timer;
	source_answer *answer;
	void *context;
};

static bool
says(const struct address *address, const char *word)
{
	return strncmp(address->local, word, strlen(word)) == 0;
}

static void
add_value(const struct scripted *scripted, const struct address *address, struct findings *findings)
{
	char value[200];
	struct finding finding = {FINDING_CERTIFICATE, (char *)scripted->source.title,
	    (char *)"cn=x", (char *)"userCertificate", (unsigned char *)value, 0, false, false,
	    false, NULL};

	finding.size =
	    (size_t)snprintf(value, sizeof(value), "%s %s", address->local, scripted->source.title);
	if (published_size > 0) {
		finding.value = published;
		finding.size = published_size;
		finding.bind_by_entry = true;
	}
	ck_assert_int_eq(findings_add(findings, &finding, NULL), 0);
}

static struct findings_group *
crowd_of(const char *kind, long count)
{
	struct findings_group *group = findings_group_new();
	char member[60];
	long i;

	for (i = 0; i < count; i++) {
		snprintf(member, sizeof(member), "%s%ld@example.org", kind, i);
		ck_assert_int_eq(findings_group_add(group, member, NULL), 0);
	}
	return group;
}

static struct findings_group *
group_of(const char *local)
{
	const struct scripted_group *script = scripted_groups;
	struct findings_group *group = findings_group_new();
	char members[1000];
	char *rest = NULL;
	char *member;

	while (strcmp(script->local, local) != 0)
		script++;
	snprintf(members, sizeof(members), "%s", script->members);
	for (member = strtok_r(members, " ", &rest); member != NULL;
	     member = strtok_r(NULL, " ", &rest)) {
		if (strchr(member, '@') != NULL)
			ck_assert_int_eq(findings_group_add(group, member, NULL), 0);
		else
			ck_assert_int_eq(findings_group_add_nameless(group, member, NULL), 0);
	}
	return group;
}

static bool
has_value(const struct scripted *scripted, const struct address *address)
{
	if (says(address, "only"))
		return address->local[4] - '1' == scripted->number;
	if (says(address, "leaves"))
		return !atomic_load(&scripted_left);
	return !says(address, "none") && !says(address, "entry");
}

static struct findings *
make_findings(const struct scripted *scripted, const struct address *address)
{
	struct findings *findings = findings_new();

	ck_assert_ptr_nonnull(findings);
	findings->entries = says(address, "none") ? 0 : 1;
	if (says(address, "crowd"))
		findings_set_group(findings, crowd_of("found", atol(address->local + 5)));
	else if (says(address, "wrecks"))
		findings_set_group(findings, crowd_of("error", atol(address->local + 6)));
	else if (says(address, "group"))
		findings_set_group(findings, group_of(address->local));
	else if (has_value(scripted, address))
		add_value(scripted, address, findings);
	return findings;
}

static void
wait_ms(struct source_query *query, int ms)
{
	struct timeval after = clock_timeval(ms);

	event_add(query->timer, &after);
}

static void
on_timer(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct source_query *query = context;
	struct findings *findings = NULL;
	struct error err = ERROR_INIT;

	if ((says(query->address, "gate") ||
		(says(query->address, "leaves") && atomic_load(&scripted_left))) &&
	    !atomic_load(&scripted_gate)) {
		wait_ms(query, 2);
		return;
	}
	if (says(query->address, "error") || atomic_load(&scripted_down))
		error_set(&err, ERROR_TEMPORARY, "scripted failure");
	else
		findings = make_findings(query->scripted, query->address);
	atomic_fetch_sub(&scripted_open, 1);
	query->answer(query->context, findings, findings != NULL ? NULL : &err);
	event_free(query->timer);
	free(query);
}

static struct source_query *
start(struct source *source, const struct address *address, int64_t deadline_ms,
    source_answer *answer, void *context, struct error *err)
{
	struct scripted *scripted = (struct scripted *)source;
	struct source_query *query;
	int open;

	ck_assert_int_gt(deadline_ms, clock_monotonic_ms());
	atomic_fetch_add(&scripted_started[scripted->number], 1);
	if (says(address, "refuse")) {
		error_set(err, ERROR_TEMPORARY, "scripted refusal");
		return NULL;
	}
	query = calloc(1, sizeof(*query));
	query->scripted = scripted;
	query->address = address;
	query->answer = answer;
	query->context = context;
	query->timer = event_new(scripted->base, -1, 0, on_timer, query);
	if (!says(address, "never"))
		wait_ms(query, says(address, "late") ? 50 : 0);
	open = atomic_fetch_add(&scripted_open, 1) + 1;
	if (open > atomic_load(&scripted_most))
		atomic_store(&scripted_most, open);
	return query;
}

static void
cancel(struct source *source UNUSED, struct source_query *query)
{
	atomic_fetch_sub(&scripted_open, 1);
	atomic_fetch_add(&scripted_cancelled, 1);
	event_free(query->timer);
	free(query);
}

static void
free_source(struct source *source)
{
	atomic_fetch_add(&scripted_freed, 1);
	free(source);
}

static void
describe(struct source *source, source_visitor *visit, void *context)
{
	struct source_server server = {.uri = "ldap://scripted.example", .links = 2, .error = ""};

	server.down = atomic_load(&scripted_down);
	if (server.down)
		server.error = "scripted failure";
	ck_assert_str_ne(source->title, "");
	visit(context, &server);
}

struct source *
scripted_make(void *context UNUSED, const struct config_directory *directory,
    struct event_base *base, struct error *err)
{
	static const struct source_operations operations = {start, cancel, free_source, describe};
	struct scripted *scripted;

	if (directory->bind_dn != NULL) {
		error_set(err, ERROR_INPUT, "scripted to fail");
		return NULL;
	}
	scripted = calloc(1, sizeof(*scripted));
	scripted->source.operations = &operations;
	scripted->source.title = directory->title;
	scripted->base = base;
	scripted->number = directory->title[0] == 'f' ? 0 : directory->title[0] == 's' ? 1 : 2;
	return &scripted->source;
}

void
scripted_begin(struct fixture *fixture)
{
	struct error err = ERROR_INIT;

	fixture->resolver = resolver_new_with(
	    &fixture->config, fixture->trust, fixture->evidence, scripted_make, NULL, &err);
	ck_assert_msg(fixture->resolver != NULL, "%s", err.text);
}

static void
write_anchor(const char *path, X509 *x509)
{
	FILE *file = fopen(path, "w");

	ck_assert(file != NULL && PEM_write_X509(file, x509));
	ck_assert_int_eq(fclose(file), 0);
}

void
scripted_use_certificate(struct fixture *fixture, int to_days)
{
	static char anchors[256];
	static char all[] = "*";
	static char *domains[] = {all};
	static struct config_trust section = {.title = all,
	    .anchors = anchors,
	    .for_domains = {domains, 1},
	    .revocation = REVOCATION_OFF,
	    .min_rsa_bits = 2048,
	    .max_rsa_bits = 16384,
	    .min_ec_bits = 256,
	    .max_depth = 8,
	    .min_digest = MIN_DIGEST_SHA224};
	const struct pki_certificate ca = {.subject = "CA", .ca = true};
	const struct pki_certificate user = {
	    .subject = "User", .from_days = -100, .to_days = to_days};
	EVP_PKEY *key = pki_key(PKI_P256, 0);
	X509 *issuer = pki_issue(&ca, key, NULL, key);
	X509 *x509 = pki_issue(&user, key, issuer, key);
	unsigned char *der = pki_der(x509, &published_size);

	ck_assert_uint_le(published_size, sizeof(published));
	memcpy(published, der, published_size);
	fixture_folder(fixture);
	snprintf(anchors, sizeof(anchors), "%s", fixture_path(fixture, "anchor.pem"));
	write_anchor(anchors, issuer);
	fixture->config.trusts = &section;
	fixture->config.trust_count = 1;
	trust_unref(fixture->trust);
	fixture->trust = trust_load(&fixture->config, NULL);
	ck_assert_ptr_nonnull(fixture->trust);
	OPENSSL_free(der);
	X509_free(x509);
	X509_free(issuer);
	EVP_PKEY_free(key);
}

int
scripted_searches(void)
{
	int searches = 0;
	size_t i;

	for (i = 0; i < FIXTURE_DIRECTORIES_MAX; i++)
		searches += atomic_load(&scripted_started[i]);
	return searches;
}
