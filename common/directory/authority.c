#include "directory/authority.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "directory/authority_private.h"

/* Entries of one page: half a megabyte of CA certificates of the usual size. */
#define PAGE_SIZE 250
/* Of one base. So many hold more than TRUST_PUBLISHED_MAX. */
#define PAGES_MAX 1000

static const struct config_directory *
find_server(const struct config *config, const struct config_trust *trust)
{
	const struct config_directory *directory;
	size_t i;

	for (i = 0; i < config->directory_count; i++) {
		directory = &config->directories[i];
		if (strcmp(directory->title, trust->directory) != 0)
			continue;
		/* A file is the administrator's own: anchors have their place for that. */
		if (directory->uri.count > 0 &&
		    (directory->ldif == NULL || directory->ldif[0] == '\0'))
			return directory;
	}
	log_error(
	    "trust \"%s\": nothing is taken from directory \"%s\": there is no such section with "
	    "uri",
	    trust->title, trust->directory);
	return NULL;
}

static int
reader_init(struct reader *reader, const struct config_trust *trust, struct event_base *base,
    struct worker_pool *helpers, struct error *err)
{
	reader->config = trust;
	reader->missing = calloc(value_bases(trust) + 1, sizeof(bool));
	if (reader->missing == NULL)
		return error_no_memory(err);
	if (paging_init(&reader->page, PAGE_SIZE, PAGES_MAX, "CA certificates", err) != 0)
		return -1;
	reader->directory.connections = 1; /* one search at a time */
	/* One answer must hold the largest CRL (ldap/handle.c). */
	if (trust->crl_bases.count > 0 &&
	    reader->directory.value_size_limit < (int64_t)reader->authority->crl_size)
		reader->directory.value_size_limit = (int64_t)reader->authority->crl_size;
	reader->pool = pool_new(&reader->directory, trust->title, base, helpers, err);
	if (reader->pool == NULL)
		return -1;
	return reader_begin(reader, base, err);
}

static int
make_readers(struct authority *authority, const struct config *config, struct event_base *base,
    struct worker_pool *helpers, struct error *err)
{
	const struct config_directory *directory;
	struct reader *reader;
	size_t i;

	authority->readers = calloc(config->trust_count + 1, sizeof(*authority->readers));
	authority->published = calloc(config->trust_count + 1, sizeof(*authority->published));
	if (authority->readers == NULL || authority->published == NULL)
		return error_no_memory(err);
	for (i = 0; i < config->trust_count; i++) {
		if (!trust_takes_from_directory(authority->base, i))
			continue;
		directory = find_server(config, &config->trusts[i]);
		if (directory == NULL)
			continue;
		reader = &authority->readers[authority->reader_count++];
		reader->authority = authority;
		reader->section = i;
		reader->directory = *directory;
		if (reader_init(reader, &config->trusts[i], base, helpers, err) != 0)
			return -1;
	}
	return 0;
}

struct authority *
authority_new(const struct config *config, struct trust *trust, struct event_base *base,
    struct worker_pool *helpers, struct worker_pool *judges, struct evidence *evidence,
    const struct authority_events *events, void *context, struct error *err)
{
	struct authority *authority = calloc(1, sizeof(*authority));

	if (authority == NULL) {
		error_no_memory(err);
		return NULL;
	}
	authority->base = trust_ref(trust);
	authority->judges = judges;
	authority->evidence = evidence != NULL ? evidence_ref(evidence) : NULL;
	authority->crl_size = (size_t)config->crl_size_limit;
	authority->crl_bytes = (size_t)config->crl_memory;
	authority->events = events;
	authority->context = context;
	if (make_readers(authority, config, base, helpers, err) == 0)
		return authority;
	authority_stop(authority);
	authority_free(authority);
	return NULL;
}

static bool
covers(const struct reader *reader, const struct address *address)
{
	const struct strings *domains = &reader->config->for_domains;

	return !address_is_null(address) &&
	       address_domain_is_covered(address->domain, domains->items, domains->count);
}

bool
authority_waits(const struct authority *authority, const struct address *address)
{
	size_t i;

	for (i = 0; i < authority->reader_count; i++) {
		if (!authority->readers[i].settled && covers(&authority->readers[i], address))
			return true;
	}
	return false;
}

bool
authority_pending(
    const struct authority *authority, const struct address *address, char *words, size_t size)
{
	const struct reader *reader;
	size_t i;

	for (i = 0; i < authority->reader_count; i++) {
		reader = &authority->readers[i];
		if (reader->current != NULL || !covers(reader, address))
			continue;
		if (words != NULL)
			snprintf(words, size,
			    "trust \"%s\": the %s of directory \"%s\" could not be "
			    "read "
			    "yet%s%s",
			    reader->config->title, value_words(reader), reader->directory.title,
			    reader->last.text[0] != '\0' ? ": " : "", reader->last.text);
		return true;
	}
	return false;
}

void
authority_stop(struct authority *authority)
{
	size_t i;

	if (authority == NULL)
		return;
	authority->stopped = true;
	for (i = 0; i < authority->reader_count; i++)
		reader_stop(&authority->readers[i]);
}

void
authority_free(struct authority *authority)
{
	size_t i;

	if (authority == NULL)
		return;
	for (i = 0; i < authority->reader_count; i++) {
		trust_published_free(authority->readers[i].incoming);
		trust_published_free(authority->readers[i].current);
		crls_free(&authority->readers[i].crls);
		free(authority->readers[i].missing);
	}
	free(authority->readers);
	free(authority->published);
	trust_unref(authority->built);
	trust_unref(authority->waiting);
	trust_unref(authority->new_base);
	trust_unref(authority->base);
	evidence_unref(authority->evidence);
	free(authority);
}
