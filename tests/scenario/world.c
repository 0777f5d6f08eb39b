#include "world.h"

#include <check.h>
#include <event2/event.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory/source.h"

#define PEOPLE_MAX 32

struct person {
	char *address;
	EVP_PKEY *key;
	X509 *certificate;
	struct finding finding;
	bool published;
	const char *const *members; /* of a group; NULL */
	bool incomplete;
	int delay_ms; /* -1: never */
	bool fails;
};

struct world {
	char folder[64];
	char config_file[128];
	char audit_file[128];
	char cache_folder[128];
	struct person people[PEOPLE_MAX];
	size_t person_count;
	EVP_PKEY *ca_key;
	X509 *ca;
	EVP_PKEY *other_key;
	X509 *other_ca;
	struct spool_space *space;
	struct snapshot *snapshot;
};

/* The scripted directory: what it says was written down before the resolver runs, or between
 * messages while nothing is asked. */
struct scripted {
	struct source source;
	struct world *world;
	struct event_base *base;
};

struct source_query {
	struct scripted *scripted;
	struct event *timer;
	struct person *person;
	source_answer *answer;
	void *context;
};

static struct person *
find_person(struct world *world, const char *address)
{
	size_t i;

	for (i = 0; i < world->person_count; i++) {
		if (strcmp(world->people[i].address, address) == 0)
			return &world->people[i];
	}
	return NULL;
}

static void
query_free(struct source_query *query)
{
	event_free(query->timer);
	free(query);
}

static int
add_members(struct findings_group *group, const struct person *person, struct error *err)
{
	const char *const *member;
	int result = 0;

	group->incomplete = person->incomplete;
	for (member = person->members; *member != NULL && result == 0; member++) {
		if (strchr(*member, '@') != NULL)
			result = findings_group_add(group, *member, err);
		else
			result = findings_group_add_nameless(group, *member, err);
	}
	return result;
}

static int
add_group(struct findings *findings, const struct person *person, struct error *err)
{
	struct findings_group *group = findings_group_new();

	if (group == NULL)
		return error_no_memory(err);
	if (add_members(group, person, err) != 0) {
		findings_group_free(group);
		return -1;
	}
	findings_set_group(findings, group);
	return 0;
}

/* What the directory holds; NULL, and why there is no answer: memory may run out in a test. */
static struct findings *
make_findings(const struct person *person, struct error *err)
{
	struct findings *findings;
	int result = 0;

	if (person != NULL && person->fails) {
		error_set(err, ERROR_TEMPORARY, "scripted failure");
		return NULL;
	}
	findings = findings_new();
	if (findings == NULL) {
		error_no_memory(err);
		return NULL;
	}
	if (person != NULL && person->published) {
		findings->entries = 1;
		result = findings_add(findings, &person->finding, err);
	}
	if (person != NULL && person->members != NULL && result == 0)
		result = add_group(findings, person, err);
	if (result == 0)
		return findings;
	findings_unref(findings);
	return NULL;
}

static void
query_answer(evutil_socket_t fd, short what, void *context)
{
	struct source_query *query = context;
	source_answer *answer = query->answer;
	void *answer_context = query->context;
	struct person *person = query->person;
	struct findings *findings;
	struct error err = ERROR_INIT;

	(void)fd;
	(void)what;
	query_free(query);
	findings = make_findings(person, &err);
	answer(answer_context, findings, findings == NULL ? &err : NULL);
}

static struct source_query *
scripted_start(struct source *source, const struct address *address, int64_t deadline_ms,
    source_answer *answer, void *context, struct error *err)
{
	struct scripted *scripted = (struct scripted *)source;
	struct source_query *query = calloc(1, sizeof(*query));
	struct timeval delay = {0, 0};

	(void)deadline_ms;
	if (query == NULL) {
		error_no_memory(err);
		return NULL;
	}
	query->scripted = scripted;
	query->person = find_person(scripted->world, address->text);
	query->answer = answer;
	query->context = context;
	query->timer = event_new(scripted->base, -1, 0, query_answer, query);
	if (query->person != NULL && query->person->delay_ms < 0)
		return query;
	if (query->person != NULL) {
		delay.tv_sec = query->person->delay_ms / 1000;
		delay.tv_usec = query->person->delay_ms % 1000 * 1000;
	}
	event_add(query->timer, &delay);
	return query;
}

static void
scripted_cancel(struct source *source, struct source_query *query)
{
	(void)source;
	query_free(query);
}

static void
scripted_free(struct source *source)
{
	free(source);
}

static void
scripted_describe(struct source *source, source_visitor *visit, void *context)
{
	const struct source_server server = {.uri = source->title, .error = ""};

	visit(context, &server);
}

static struct source *
make_scripted(void *context, const struct config_directory *directory, struct event_base *base,
    struct error *err)
{
	static const struct source_operations operations = {
	    scripted_start, scripted_cancel, scripted_free, scripted_describe};
	struct scripted *scripted = calloc(1, sizeof(*scripted));

	(void)err;
	scripted->source.operations = &operations;
	scripted->source.title = directory->title;
	scripted->world = context;
	scripted->base = base;
	return &scripted->source;
}

static void
write_text(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	ck_assert_ptr_nonnull(out);
	fputs(text, out);
	ck_assert_int_eq(fclose(out), 0);
}

static void
write_anchor(const struct world *world)
{
	char path[160];
	FILE *out;

	snprintf(path, sizeof(path), "%s/trust", world->folder);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/trust/ca.pem", world->folder);
	out = fopen(path, "w");
	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(PEM_write_X509(out, world->ca), 1);
	fclose(out);
}

static struct config *
load(const struct world *world, const char *top, const char *rules)
{
	struct config_problems problems;
	struct config *config;
	char text[8192];
	char ldif[160];

	snprintf(ldif, sizeof(ldif), "%s/ldif", world->folder);
	write_text(ldif, "");
	snprintf(text, sizeof(text),
	    "audit-file = \"%s\"\naudit-syslog = no\ncache-folder = \"%s\"\n%s\n"
	    "directory \"scripted\" { ldif = \"%s/ldif\" }\n"
	    "trust \"default\" { anchors = \"%s/trust\" }\n%s\n",
	    world->audit_file, world->cache_folder, top, world->folder, world->folder, rules);
	write_text(world->config_file, text);
	config = config_load(world->config_file, &problems);
	ck_assert_msg(config != NULL, "%s", problems.count > 0 ? problems.items[0] : "no config");
	config_problems_free(&problems);
	return config;
}

struct world *
world_new(const char *top, const char *rules)
{
	static const struct pki_certificate ca = {
	    .subject = "Test CA", .ca = true, .from_days = -365};
	static const struct pki_certificate other = {.subject = "Other CA", .ca = true};
	struct world *world = calloc(1, sizeof(*world));
	struct error err = ERROR_INIT;
	struct config *config;
	struct trust *trust;
	struct resolver *resolver;
	struct evidence *evidence = NULL;
	struct audit *audit;

	snprintf(world->folder, sizeof(world->folder), "/tmp/test-world-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(world->folder));
	snprintf(world->config_file, sizeof(world->config_file), "%s/conf", world->folder);
	snprintf(world->audit_file, sizeof(world->audit_file), "%s/audit", world->folder);
	snprintf(world->cache_folder, sizeof(world->cache_folder), "%s/cache", world->folder);
	ck_assert_int_eq(mkdir(world->cache_folder, 0700), 0);
	world->ca_key = pki_key(PKI_RSA_2048, 0);
	world->ca = pki_issue(&ca, world->ca_key, NULL, world->ca_key);
	world->other_key = pki_key(PKI_RSA_2048, 1);
	world->other_ca = pki_issue(&other, world->other_key, NULL, world->other_key);
	write_anchor(world);
	config = load(world, top, rules);
	trust = trust_load(config, &err);
	ck_assert_msg(trust != NULL, "%s", err.text);
	if (config->fetch_allow.count > 0)
		evidence = snapshot_evidence(config, &err);
	resolver = resolver_new_with(config, trust, evidence, make_scripted, world, &err);
	evidence_unref(evidence);
	ck_assert_msg(resolver != NULL, "%s", err.text);
	audit = audit_open(config, &err);
	ck_assert_msg(audit != NULL, "%s", err.text);
	world->space = spool_space_new((uint64_t)config->spool_limit);
	world->snapshot = snapshot_from_parts(config, trust, resolver, audit, world->space, &err);
	ck_assert_ptr_nonnull(world->snapshot);
	return world;
}

static void
remove_file(const struct world *world, const char *name)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", world->folder, name);
	remove(path);
}

void
world_free(struct world *world)
{
	static const char *const names[] = {
	    "conf", "audit", "ldif", "cache", "trust/ca.pem", "trust", ""};
	size_t i;

	snapshot_unref(world->snapshot);
	spool_space_free(world->space);
	for (i = 0; i < world->person_count; i++) {
		free(world->people[i].address);
		EVP_PKEY_free(world->people[i].key);
		X509_free(world->people[i].certificate);
		OPENSSL_free(world->people[i].finding.value);
	}
	X509_free(world->ca);
	X509_free(world->other_ca);
	EVP_PKEY_free(world->ca_key);
	EVP_PKEY_free(world->other_key);
	for (i = 0; i < ARRAY_LENGTH(names); i++)
		remove_file(world, names[i]);
	free(world);
}

static struct person *
person(struct world *world, const char *address)
{
	struct person *known = find_person(world, address);

	if (known != NULL)
		return known;
	ck_assert_uint_lt(world->person_count, PEOPLE_MAX);
	known = &world->people[world->person_count];
	known->address = strdup(address);
	known->key = pki_key(PKI_RSA_2048, 2 + (int)(world->person_count % 6));
	world->person_count++;
	return known;
}

static void
set_blob(const struct world *world, struct person *who, enum publish what)
{
	struct pki_blob blob = {.preference = who->certificate};

	(void)world;
	if (what == PUBLISH_BLOB_AES) {
		blob.capabilities = pki_capabilities_aes256;
		blob.capabilities_size = pki_capabilities_aes256_size;
	} else if (what == PUBLISH_BLOB_3DES) {
		blob.capabilities = pki_capabilities_3des;
		blob.capabilities_size = pki_capabilities_3des_size;
	} else {
		blob.capabilities = pki_capabilities_gcm_oaep;
		blob.capabilities_size = pki_capabilities_gcm_oaep_size;
	}
	who->finding.kind = FINDING_BLOB;
	who->finding.value = pki_blob(&blob, who->certificate, who->key, &who->finding.size);
}

void
world_publish(struct world *world, const char *address, enum publish what)
{
	static char directory[] = "scripted";
	static char dn[] = "cn=person,dc=test";
	static char attribute[] = "userCertificate";
	struct person *who = person(world, address);
	struct pki_certificate says = {.subject = address, .email = address};
	bool untrusted = what == PUBLISH_UNTRUSTED;

	if (what == PUBLISH_EXPIRED) {
		says.from_days = -30;
		says.to_days = -2;
	}
	who->certificate = pki_issue(&says, who->key, untrusted ? world->other_ca : world->ca,
	    untrusted ? world->other_key : world->ca_key);
	who->finding = (struct finding){
	    .kind = FINDING_CERTIFICATE, .directory = directory, .dn = dn, .attribute = attribute};
	if (what == PUBLISH_GARBAGE) {
		who->finding.value = OPENSSL_memdup("garbage", 7);
		who->finding.size = 7;
	} else if (what == PUBLISH_BLOB_AES || what == PUBLISH_BLOB_3DES ||
		   what == PUBLISH_BLOB_GCM) {
		set_blob(world, who, what);
	} else {
		who->finding.value = pki_der(who->certificate, &who->finding.size);
	}
	who->published = true;
}

X509 *
world_issue(struct world *world, const char *address, const struct pki_certificate *says)
{
	struct person *who = person(world, address);

	X509_free(who->certificate);
	who->certificate = pki_issue(says, who->key, world->ca, world->ca_key);
	return who->certificate;
}

X509 *
world_certificate(struct world *world, const char *address)
{
	return find_person(world, address)->certificate;
}

EVP_PKEY *
world_key(struct world *world, const char *address)
{
	return find_person(world, address)->key;
}

void
world_group(struct world *world, const char *address, const char *const *members, bool incomplete)
{
	struct person *group = person(world, address);

	group->members = members;
	group->incomplete = incomplete;
}

void
world_delay(struct world *world, const char *address, int ms)
{
	person(world, address)->delay_ms = ms;
}

void
world_fail(struct world *world, const char *address)
{
	person(world, address)->fails = true;
}

const char *
world_audit_file(const struct world *world)
{
	return world->audit_file;
}

const char *
world_cache_folder(const struct world *world)
{
	return world->cache_folder;
}

struct spool_space *
world_space(struct world *world)
{
	return world->space;
}

struct snapshot *
world_snapshot(struct world *world)
{
	return world->snapshot;
}

/* Feeds the header fields of text; gives where the body begins. */
static const char *
feed_header(struct message *message, const char *text)
{
	char name[256];
	const char *end;
	const char *colon;

	while (*text != '\n' && *text != '\0') {
		end = strchr(text, '\n');
		while (end != NULL && (end[1] == ' ' || end[1] == '\t'))
			end = strchr(end + 1, '\n');
		ck_assert_ptr_nonnull(end);
		colon = memchr(text, ':', (size_t)(end - text));
		ck_assert_ptr_nonnull(colon);
		snprintf(name, sizeof(name), "%.*s", (int)(colon - text), text);
		{
			char *value = strndup(colon + 1, (size_t)(end - colon - 1));

			message_header(message, name, value);
			free(value);
		}
		text = end + 1;
	}
	return *text == '\n' ? text + 1 : text;
}

/* Feeds the body in pieces that split lines. */
static void
feed_body(struct message *message, const char *body)
{
	struct buffer wire = BUFFER_INIT;
	size_t at;
	size_t piece;

	for (; *body != '\0'; body++) {
		if (*body == '\n')
			ck_assert_int_eq(buffer_append(&wire, "\r", 1, NULL), 0);
		ck_assert_int_eq(buffer_append(&wire, body, 1, NULL), 0);
	}
	for (at = 0; at < wire.size; at += piece) {
		piece = wire.size - at < 1009 ? wire.size - at : 1009;
		if (!message_body(message, wire.data + at, piece))
			break;
	}
	buffer_free(&wire);
}

/* How many were waited for. */
static int
wait_for_tickets(struct message *message)
{
	struct ticket *ticket;
	int64_t deadline;
	int waits = 0;

	while ((ticket = message_pending(message, &deadline)) != NULL) {
		waits++;
		ticket_wait(ticket, deadline);
	}
	return waits;
}

struct sent
world_send(struct world *world, const char *from, const char *const *to, const char *text)
{
	struct origin origin = {.user = NULL};
	struct error err = ERROR_INIT;
	struct sent sent = {.message = NULL};
	const char *body;

	origin_set_peer(&origin, NULL);
	sent.message = message_new(world->snapshot, &origin, from, &err);
	ck_assert_ptr_nonnull(sent.message);
	message_set_queue_id(sent.message, "4QUEUEID");
	for (; *to != NULL; to++)
		ck_assert(message_recipient(sent.message, *to));
	body = feed_header(sent.message, text);
	message_end_of_headers(sent.message);
	sent.waits = wait_for_tickets(sent.message);
	sent.body_wanted = message_join(sent.message);
	if (sent.body_wanted)
		feed_body(sent.message, body);
	message_end_of_body(sent.message);
	sent.end_waits = wait_for_tickets(sent.message);
	sent.result = message_end(sent.message);
	return sent;
}

void
sent_free(struct sent *sent)
{
	message_free(sent->message);
	sent->message = NULL;
}

static int
collect(void *context, const char *bytes, size_t size, struct error *err)
{
	return buffer_append(context, bytes, size, err);
}

char *
sent_body(const struct sent *sent, size_t *size)
{
	struct buffer body = BUFFER_INIT;

	ck_assert_ptr_nonnull(sent->result->body);
	ck_assert_int_eq(spool_read(sent->result->body, 4096, collect, &body, NULL), 0);
	*size = body.size;
	return buffer_take(&body);
}

char *
sent_open(struct world *world, const struct sent *sent, const char *address)
{
	struct person *who = find_person(world, address);
	size_t size;
	char *body = sent_body(sent, &size);
	BIO *in = BIO_new_mem_buf(body, (int)size);
	BIO *base64 = BIO_new(BIO_f_base64());
	BIO *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms;
	char *text = NULL;
	char *data;
	long length;

	ck_assert_ptr_nonnull(who);
	BIO_push(base64, in);
	cms = d2i_CMS_bio(base64, NULL);
	ck_assert_ptr_nonnull(cms);
	if (CMS_decrypt(cms, who->key, who->certificate, NULL, out, CMS_BINARY) == 1) {
		length = BIO_get_mem_data(out, &data);
		text = strndup(data, (size_t)length);
	}
	CMS_ContentInfo_free(cms);
	BIO_free_all(base64);
	BIO_free(out);
	free(body);
	return text;
}

char *
world_client_encrypts(struct world *world, const char *header, const EVP_CIPHER *cipher,
    const char *const *addresses, const char *entity)
{
	STACK_OF(X509) *certificates = sk_X509_new_null();
	BIO *in = BIO_new_mem_buf(entity, -1);
	BIO *out = BIO_new(BIO_s_mem());
	BIO *base64 = BIO_new(BIO_f_base64());
	struct buffer text = BUFFER_INIT;
	CMS_ContentInfo *cms;
	char *data;
	long length;

	for (; *addresses != NULL; addresses++)
		sk_X509_push(certificates, find_person(world, *addresses)->certificate);
	cms = CMS_encrypt(certificates, in, cipher, CMS_BINARY);
	ck_assert_ptr_nonnull(cms);
	BIO_push(base64, out);
	ck_assert_int_eq(i2d_CMS_bio(base64, cms), 1);
	ck_assert_int_eq(BIO_flush(base64), 1);
	length = BIO_get_mem_data(out, &data);
	ck_assert_int_eq(buffer_append_format(&text, NULL,
			     "%sContent-Type: application/pkcs7-mime; smime-type=enveloped-data\n"
			     "Content-Transfer-Encoding: base64\n\n%.*s",
			     header, (int)length, data),
	    0);
	CMS_ContentInfo_free(cms);
	sk_X509_free(certificates);
	BIO_free(in);
	BIO_free_all(base64);
	return buffer_take(&text);
}

char *
world_audit(const struct world *world)
{
	struct buffer text = BUFFER_INIT;
	FILE *in = fopen(world->audit_file, "r");
	char piece[4096];
	size_t size;

	ck_assert_ptr_nonnull(in);
	while ((size = fread(piece, 1, sizeof(piece), in)) > 0)
		ck_assert_int_eq(buffer_append(&text, piece, size, NULL), 0);
	fclose(in);
	return buffer_take(&text);
}

bool
sent_reply_has(const struct sent *sent, const char *text)
{
	const struct reply *reply = sent->result->reply;
	size_t i;

	ck_assert_ptr_nonnull(reply);
	for (i = 0; i < reply->line_count; i++) {
		if (strstr(reply->lines[i], text) != NULL)
			return true;
	}
	return false;
}
