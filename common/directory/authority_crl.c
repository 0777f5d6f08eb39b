/*
 * CRLs that a directory holds for a trust section: kept as bytes while they are read, then given to
 * evidence on a worker. Evidence believes nothing but signatures; so what is left out here, or what
 * somebody else put there, can't make a revoked certificate a good one.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "directory/authority_private.h"

/* Of a CRL's key, before its place. Beside the section's title: sections may ask other servers. */
#define KEY_FORMAT "directory \"%s\" %s"

static void
free_item(struct crls_item *item)
{
	free(item->key);
	free(item->bytes);
}

void
crls_cut(struct crls *crls, size_t count)
{
	while (crls->count > count) {
		struct crls_item *item = &crls->items[--crls->count];

		crls->bytes -= item->size;
		free_item(item);
	}
}

void
crls_free(struct crls *crls)
{
	static const struct crls none = {.items = NULL};

	crls_cut(crls, 0);
	free(crls->items);
	*crls = none;
}

static int
fill_item(struct crls_item *item, const struct reader *reader, const char *place, const void *bytes,
    size_t size)
{
	size_t room = strlen(reader->config->title) + strlen(place) + sizeof(KEY_FORMAT);

	item->key = malloc(room);
	item->bytes = malloc(size);
	item->size = size;
	if (item->key == NULL || item->bytes == NULL) {
		free_item(item);
		return -1;
	}
	snprintf(item->key, room, KEY_FORMAT, reader->config->title, place);
	memcpy(item->bytes, bytes, size);
	return 0;
}

int
crls_add(
    struct reader *reader, const char *place, const void *bytes, size_t size, struct error *err)
{
	const struct authority *authority = reader->authority;
	struct crls *crls = &reader->crls;

	if (size > authority->crl_size || crls->count == CRLS_MAX ||
	    size > authority->crl_bytes - crls->bytes) {
		crls->left_out = true;
		return 0;
	}
	if (crls->items == NULL)
		crls->items = calloc(CRLS_MAX, sizeof(*crls->items));
	if (crls->items == NULL ||
	    fill_item(&crls->items[crls->count], reader, place, bytes, size) != 0)
		return error_no_memory(err);
	crls->count++;
	crls->bytes += size;
	return 0;
}

/* Of all that came, in the server's order: another order is taken for a change, which costs little.
 * Without memory all zero, so that the next reading seems another one. */
static void
make_digest(struct crls *crls)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
	size_t i;

	for (i = 0; i < crls->count && good; i++) {
		const struct crls_item *item = &crls->items[i];

		good = EVP_DigestUpdate(context, item->key, strlen(item->key) + 1) == 1 &&
		       EVP_DigestUpdate(context, item->bytes, item->size) == 1;
	}
	good = good && EVP_DigestUpdate(context, &crls->left_out, sizeof(crls->left_out)) == 1 &&
	       EVP_DigestFinal_ex(context, crls->digest, NULL) == 1;
	if (!good)
		memset(crls->digest, 0, sizeof(crls->digest));
	EVP_MD_CTX_free(context);
}

static bool
give(struct reader *reader, const struct crls_item *item, bool tell)
{
	struct error err = ERROR_INIT;

	if (evidence_restore(
		reader->authority->evidence, item->key, item->bytes, item->size, &err) == 0)
		return true;
	if (tell)
		log_warning("trust \"%s\": directory \"%s\": a CRL is passed over (%s): %s",
		    reader->config->title, reader->directory.title, item->key, err.text);
	return false;
}

/* Given each time: evidence may have dropped some to make room. */
bool
crls_give(struct reader *reader)
{
	struct crls *crls = &reader->crls;
	bool changed;
	size_t i;

	if (reader->authority->evidence == NULL || reader->config->crl_bases.count == 0)
		return false;
	make_digest(crls);
	changed = memcmp(crls->digest, reader->crls_digest, sizeof(crls->digest)) != 0;
	reader->crls_known = 0;
	for (i = 0; i < crls->count; i++)
		reader->crls_known += give(reader, &crls->items[i], changed);
	if (changed && crls->left_out)
		log_warning("trust \"%s\": directory \"%s\": some CRLs are left out: larger than "
			    "crl-size-limit, more than %d, or together more than crl-memory",
		    reader->config->title, reader->directory.title, CRLS_MAX);
	return changed;
}
