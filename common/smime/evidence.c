#include "smime/evidence.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smime/certificate.h"
#include "smime/evidence_private.h"

static void
free_certificate(void *thing)
{
	X509_free(thing);
}

static void
free_crl(void *thing)
{
	crl_unref(thing);
}

static void
free_answer(void *thing)
{
	ocsp_unref(thing);
}

/* OpenSSL compares names by a form without case and spaces; so it hashes them. */
uint64_t
evidence_name_hash(const X509_NAME *name)
{
	return X509_NAME_hash_ex(name, NULL, NULL, NULL);
}

struct evidence *
evidence_new(const struct evidence_limits *limits, struct error *err)
{
	struct evidence *evidence = calloc(1, sizeof(*evidence));
	size_t crl_bytes = limits->crl_bytes;

	if (evidence == NULL || pthread_mutex_init(&evidence->mutex, NULL) != 0 ||
	    pthread_mutex_init(&evidence->folder.mutex, NULL) != 0) {
		free(evidence);
		error_no_memory(err);
		return NULL;
	}
	evidence->references = 1;
	evidence->folder.fd = -1;
	evidence->crl_size = limits->crl_size != 0 ? limits->crl_size : CRL_SIZE_DEFAULT;
	if (crl_bytes == 0)
		crl_bytes = 4 * evidence->crl_size;
	if (!shelf_init(&evidence->certificates, EVIDENCE_CERTIFICATES_MAX,
		EVIDENCE_CERTIFICATES_BYTES, free_certificate) ||
	    !shelf_init(&evidence->crls, EVIDENCE_CRLS_MAX, crl_bytes, free_crl) ||
	    !shelf_init(
		&evidence->answers, EVIDENCE_ANSWERS_MAX, EVIDENCE_ANSWERS_BYTES, free_answer) ||
	    !shelf_init(&evidence->pauses, EVIDENCE_PAUSES_MAX, EVIDENCE_PAUSES_BYTES, free)) {
		error_no_memory(err);
		evidence_unref(evidence);
		return NULL;
	}
	evidence->crls.is_worthy = evidence_list_is_worthy;
	return evidence;
}

struct evidence *
evidence_ref(struct evidence *evidence)
{
	__atomic_add_fetch(&evidence->references, 1, __ATOMIC_RELAXED);
	return evidence;
}

void
evidence_unref(struct evidence *evidence)
{
	if (evidence == NULL || __atomic_sub_fetch(&evidence->references, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	shelf_clear(&evidence->certificates);
	shelf_clear(&evidence->crls);
	shelf_clear(&evidence->answers);
	shelf_clear(&evidence->pauses);
	evidence_close_folder(evidence);
	pthread_mutex_destroy(&evidence->folder.mutex);
	pthread_mutex_destroy(&evidence->mutex);
	free(evidence);
}

static struct pause *
new_pause(const char *why)
{
	size_t size = strlen(why) + 1;
	struct pause *pause = calloc(1, sizeof(*pause) + size);

	if (pause != NULL)
		memcpy(pause->why, why, size);
	return pause;
}

/* With the mutex held, instead of what was known. */
static void
put_pause(struct evidence *evidence, const char *key, time_t until, struct pause *pause)
{
	pause->number = ++evidence->told;
	shelf_remove(&evidence->pauses, key);
	(void)shelf_add(
	    &evidence->pauses, key, 0, pause, sizeof(*pause) + strlen(pause->why), until);
}

void
evidence_pause(struct evidence *evidence, const char *key, time_t until)
{
	struct pause *pause = new_pause("");

	if (pause == NULL)
		return;
	pthread_mutex_lock(&evidence->mutex);
	put_pause(evidence, key, until, pause);
	pthread_mutex_unlock(&evidence->mutex);
}

/* Failures are in a row where the next comes before they would be out of patience with the last. */
static bool
goes_on(const struct shelf_item *before, time_t at)
{
	const struct pause *pause = before != NULL ? before->thing : NULL;

	return pause != NULL && pause->temporary && at < before->moment + EVIDENCE_PATIENCE;
}

void
evidence_failed(struct evidence *evidence, const struct want *want, time_t at, time_t until,
    const struct error *why)
{
	struct pause *pause =
	    new_pause(why->text[0] != '\0' ? why->text : "it could not be fetched");
	const struct shelf_item *before;

	if (pause == NULL)
		return;
	pthread_mutex_lock(&evidence->mutex);
	before = shelf_by_key(&evidence->pauses, want->key);
	pause->temporary = why->code == ERROR_TEMPORARY;
	pause->since = goes_on(before, at) ? ((const struct pause *)before->thing)->since : at;
	put_pause(evidence, want->key, until, pause);
	pthread_mutex_unlock(&evidence->mutex);
}

bool
evidence_paused(struct evidence *evidence, const char *key, time_t at, char *words, size_t size)
{
	struct shelf_item *item;
	bool paused;

	pthread_mutex_lock(&evidence->mutex);
	item = shelf_by_key(&evidence->pauses, key);
	paused = item != NULL && at < item->moment;
	if (paused)
		snprintf(words, size, "%s", ((const struct pause *)item->thing)->why);
	pthread_mutex_unlock(&evidence->mutex);
	return paused;
}

uint64_t
evidence_told(struct evidence *evidence)
{
	uint64_t told;

	pthread_mutex_lock(&evidence->mutex);
	told = evidence->told;
	pthread_mutex_unlock(&evidence->mutex);
	return told;
}

bool
evidence_came(struct evidence *evidence, const char *key, uint64_t since)
{
	const struct shelf_item *item;
	const struct pause *noted;
	bool came;

	pthread_mutex_lock(&evidence->mutex);
	item = shelf_by_key(&evidence->pauses, key);
	noted = item != NULL ? item->thing : NULL;
	came = noted != NULL && noted->number > since && noted->why[0] == '\0';
	pthread_mutex_unlock(&evidence->mutex);
	return came;
}

bool
evidence_may_come(struct evidence *evidence, const char *key, time_t at)
{
	const struct shelf_item *item;
	const struct pause *pause;
	bool may;

	pthread_mutex_lock(&evidence->mutex);
	item = shelf_by_key(&evidence->pauses, key);
	pause = item != NULL ? item->thing : NULL;
	may = pause != NULL && pause->temporary && at - pause->since < EVIDENCE_PATIENCE;
	pthread_mutex_unlock(&evidence->mutex);
	return may;
}

bool
evidence_is_time(struct evidence *evidence, const char *key, time_t at, time_t again)
{
	char ahead[WANT_KEY_MAX + sizeof("ahead ")];
	char words[1];

	snprintf(ahead, sizeof(ahead), "ahead %s", key);
	if (evidence_paused(evidence, ahead, at, words, sizeof(words)))
		return false;
	evidence_pause(evidence, ahead, at + again);
	return true;
}

int
evidence_certificates(
    struct evidence *evidence, const X509_NAME *subject, STACK_OF(X509) * certificates)
{
	uint64_t name = evidence_name_hash(subject);
	struct shelf_item *item = NULL;
	int status = 0;

	pthread_mutex_lock(&evidence->mutex);
	while (status == 0 && (item = shelf_by_name(&evidence->certificates, name, item)) != NULL) {
		if (X509_NAME_cmp(X509_get_subject_name(item->thing), subject) != 0)
			continue;
		shelf_used(&evidence->certificates, item);
		if (sk_X509_push(certificates, item->thing))
			X509_up_ref(item->thing);
		else
			status = -1;
	}
	pthread_mutex_unlock(&evidence->mutex);
	return status;
}

struct ocsp_answer *
evidence_answer(struct evidence *evidence, const char *id)
{
	struct ocsp_answer *answer = NULL;
	struct shelf_item *item;

	pthread_mutex_lock(&evidence->mutex);
	item = shelf_by_key(&evidence->answers, id);
	if (item != NULL)
		answer = ocsp_ref(item->thing);
	pthread_mutex_unlock(&evidence->mutex);
	return answer;
}
