#include "world.h"

#include <check.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "world_private.h"

struct person *
world_find_person(struct world *world, const char *address)
{
	size_t i;

	for (i = 0; i < world->person_count; i++) {
		if (strcmp(world->people[i].address, address) == 0)
			return &world->people[i];
	}
	return NULL;
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
	resolver = resolver_new_with(config, trust, evidence, world_make_source, world, &err);
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
	struct person *known = world_find_person(world, address);

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
	return world_find_person(world, address)->certificate;
}

EVP_PKEY *
world_key(struct world *world, const char *address)
{
	return world_find_person(world, address)->key;
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
