/* From a recipient's record to what is remembered. */
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "smime/pending_private.h"

/* What is to be noted of one digital ID, before it is in the store. */
struct meeting {
	const struct recipient *record;
	const struct digital_id *id;
	const struct certificate *authority; /* NULL: not found, or too large to keep */
	const char *subject;                 /* of the CA */
	char *key_id;
	time_t at;
};

const char *
pending_domain(const char *address)
{
	const char *at = strrchr(address, '@');

	return at != NULL ? at + 1 : address;
}

/* Hex (free()); NULL where there is none, or no memory: then it is found by its name alone. */
static char *
hex(const ASN1_OCTET_STRING *id)
{
	int size = id != NULL ? ASN1_STRING_length(id) : 0;
	const unsigned char *bytes = id != NULL ? ASN1_STRING_get0_data(id) : NULL;
	char *text;

	if (size <= 0 || size > 64)
		return NULL;
	text = malloc((size_t)size * 2 + 1);
	return text != NULL ? hex_lower(bytes, (size_t)size, text) : NULL;
}

/* Base64 of a certificate that is not too large (free()), or NULL. */
static char *
encode(const struct certificate *certificate)
{
	unsigned char *der = NULL;
	int size = i2d_X509(certificate->x509, &der);
	char *text = NULL;

	if (size > 0 && (size_t)size <= PENDING_CERTIFICATE_MAX)
		text = malloc(4 * (((size_t)size + 2) / 3) + 1);
	if (text != NULL)
		EVP_EncodeBlock((unsigned char *)text, der, size);
	OPENSSL_free(der);
	return text;
}

/* Fills a new one. false without memory. */
static bool
fill(struct pending_authority *item, struct meeting *meeting, char *certificate)
{
	const struct certificate *authority = meeting->authority;

	item->first = meeting->at;
	item->key_id = meeting->key_id;
	meeting->key_id = NULL;
	item->certificate = certificate;
	item->subject = strdup(meeting->subject);
	if (authority == NULL)
		return item->subject != NULL;
	item->issuer = strdup(authority->issuer);
	item->sha256 = strdup(authority->sha256);
	return item->subject != NULL && item->issuer != NULL && item->sha256 != NULL;
}

/* What was known by its name alone is now found. */
static void
absorb(struct pending *pending, struct pending_authority *item)
{
	size_t i = 0;

	while (i < pending->count) {
		struct pending_authority *other = pending->items[i];

		if (other->sha256 != NULL || strcmp(other->subject, item->subject) != 0 ||
		    (other->key_id != NULL && item->key_id != NULL &&
			strcmp(other->key_id, item->key_id) != 0)) {
			i++;
			continue;
		}
		if (other->first < item->first)
			item->first = other->first;
		item->count += other->count;
		pending_drop(pending, i);
	}
}

static struct pending_authority *
find_or_add(struct pending *pending, struct meeting *meeting)
{
	const char *sha256 = meeting->authority != NULL ? meeting->authority->sha256 : NULL;
	struct pending_authority *item =
	    pending_find(pending, sha256, meeting->subject, meeting->key_id);
	char *certificate = NULL;

	if (item != NULL)
		return item;
	if (meeting->authority != NULL && (certificate = encode(meeting->authority)) == NULL)
		return NULL;
	item = pending_add(pending);
	if (item == NULL) {
		free(certificate);
		return NULL;
	}
	if (!fill(item, meeting, certificate)) {
		pending_drop(pending, pending->count - 1);
		return NULL;
	}
	if (item->sha256 != NULL)
		absorb(pending, item);
	return item;
}

/* The domain met last stands last; the first goes when there is no room. */
static void
note_domain(struct pending_authority *item, const char *domain)
{
	size_t place = 0;
	char *own;

	while (place < item->domain_count && strcmp(item->domains[place], domain) != 0)
		place++;
	if (place < item->domain_count) {
		own = item->domains[place];
	} else if ((own = strdup(domain)) == NULL) {
		return;
	} else if (item->domain_count == PENDING_DOMAINS_MAX) {
		free(item->domains[0]);
		place = 0;
	} else {
		place = item->domain_count++;
	}
	memmove(&item->domains[place], &item->domains[place + 1],
	    (item->domain_count - 1 - place) * sizeof(char *));
	item->domains[item->domain_count - 1] = own;
}

static struct pending_recipient *
recipient_place(struct pending_authority *item, const char *address)
{
	struct pending_recipient *oldest = &item->recipients[0];
	size_t i;

	for (i = 0; i < item->recipient_count; i++) {
		if (strcmp(item->recipients[i].address, address) == 0)
			return &item->recipients[i];
		if (item->recipients[i].last < oldest->last)
			oldest = &item->recipients[i];
	}
	if (item->recipient_count < PENDING_RECIPIENTS_MAX)
		return &item->recipients[item->recipient_count++];
	free(oldest->address);
	free(oldest->directory);
	free(oldest->dn);
	memset(oldest, 0, sizeof(*oldest));
	return oldest;
}

static void
set_text(char **to, const char *text)
{
	char *copy;

	if (*to != NULL && strcmp(*to, text) == 0)
		return;
	copy = strdup(text);
	if (copy == NULL)
		return;
	free(*to);
	*to = copy;
}

static void
note_recipient(struct pending_authority *item, const struct meeting *meeting)
{
	char *address = strdup(meeting->record->address);
	struct pending_recipient *recipient;

	if (address == NULL)
		return;
	recipient = recipient_place(item, address);
	free(recipient->address);
	recipient->address = address;
	set_text(&recipient->directory, meeting->id->directory);
	set_text(&recipient->dn, meeting->id->dn);
	recipient->last = meeting->at;
	recipient->count++;
}

static void
note(struct pending *pending, struct meeting *meeting)
{
	struct pending_authority *item;

	pthread_mutex_lock(&pending->mutex);
	item = find_or_add(pending, meeting);
	if (item != NULL) {
		item->last = meeting->at;
		item->count++;
		note_domain(item, pending_domain(meeting->record->address));
		note_recipient(item, meeting);
		pending_set_shares(item);
		if (pending->count > PENDING_MAX)
			pending_evict(pending, item);
		pending->changes++;
		pthread_cond_signal(&pending->changed);
	}
	pthread_mutex_unlock(&pending->mutex);
}

static void
note_id(
    struct pending *pending, const struct recipient *record, const struct digital_id *id, time_t at)
{
	struct meeting meeting = {record, id, id->authority, NULL, NULL, at};
	X509 *x509 = id->certificate->x509;

	if (id->authority != NULL &&
	    i2d_X509(id->authority->x509, NULL) > (int)PENDING_CERTIFICATE_MAX)
		meeting.authority = NULL;
	if (id->authority != NULL) {
		meeting.subject = id->authority->subject;
		meeting.key_id = hex(X509_get0_subject_key_id(id->authority->x509));
	} else {
		meeting.subject = id->certificate->issuer;
		meeting.key_id = hex(X509_get0_authority_key_id(x509));
	}
	note(pending, &meeting);
	free(meeting.key_id);
}

static void
note_record(struct pending *pending, const struct recipient *record, time_t at, size_t *left)
{
	size_t i;

	for (i = 0; i<record->digital_id_count && * left> 0; i++) {
		const struct digital_id *id = &record->digital_ids[i];

		if (id->certificate == NULL || (id->verdict != REASON_UNTRUSTED_ISSUER &&
						   id->verdict != REASON_INCOMPLETE_CHAIN))
			continue;
		(*left)--;
		note_id(pending, record, id, at);
	}
}

void
pending_note(struct pending *pending, const struct recipient *record, time_t at)
{
	size_t left = PENDING_NOTES_MAX;
	size_t i;

	if (pending == NULL)
		return;
	note_record(pending, record, at, &left);
	for (i = 0; i < record->member_count && left > 0; i++)
		note_record(pending, record->members[i], at, &left);
}
