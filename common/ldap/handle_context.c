/*
 * TLS contexts with a client certificate, kept until the process ends: libldap 2.5 with GnuTLS never
 * frees the key and certificates that it reads for one, some 16 KB each time. So connections share
 * what is made of the same files, and a context is made anew only when one of them has changed.
 */
#include <ldap.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ldap/handle_private.h"

/* Contexts held at a time, one for each set of files and minimum: as many as there may sensibly be
 * directory sections, before and after a reload. The oldest is forgotten for a further one. */
#define CONTEXTS_MAX 64

#define FILES 3 /* CAs, certificate, key */

/* What a file was when it was read. */
struct stamp {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed; /* contents or permissions */
};

struct context {
	char *files[FILES];
	struct stamp stamps[FILES];
	enum config_tls_minimum minimum;
	void *tls; /* libldap's; the reference is ours, and there is no way to give it back */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* for these two */
static struct context contexts[CONTEXTS_MAX];
static size_t next;

static bool
read_stamp(const char *file, struct stamp *stamp)
{
	struct stat status;

	memset(stamp, 0, sizeof(*stamp));
	if (stat(file, &status) != 0)
		return false;
	stamp->device = status.st_dev;
	stamp->inode = status.st_ino;
	stamp->size = status.st_size;
	stamp->changed = status.st_ctim;
	return true;
}

static bool
is_same_stamp(const struct stamp *a, const struct stamp *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static bool
is_same(const struct context *a, const struct context *b)
{
	if (a->tls == NULL || a->minimum != b->minimum)
		return false;
	for (size_t i = 0; i < FILES; i++)
		if (strcmp(a->files[i], b->files[i]) != 0 ||
		    !is_same_stamp(&a->stamps[i], &b->stamps[i]))
			return false;
	return true;
}

/* Copies it into the place of the oldest. Without memory it is not kept. */
static void
keep(const struct context *wanted, void *tls)
{
	struct context *context = &contexts[next];
	char *files[FILES];
	bool complete = true;

	for (size_t i = 0; i < FILES; i++) {
		files[i] = strdup(wanted->files[i]);
		complete = complete && files[i] != NULL;
	}
	for (size_t i = 0; i < FILES; i++) {
		free(complete ? context->files[i] : files[i]);
		if (complete)
			context->files[i] = files[i];
	}
	if (!complete)
		return;
	memcpy(context->stamps, wanted->stamps, sizeof(context->stamps));
	context->minimum = wanted->minimum;
	context->tls = tls;
	next = (next + 1) % CONTEXTS_MAX;
}

static int
share(LDAP *ld, const struct context *wanted)
{
	const int client = 0;
	void *tls = NULL;
	int code;

	for (size_t i = 0; i < CONTEXTS_MAX; i++)
		if (is_same(&contexts[i], wanted))
			return ldap_set_option(ld, LDAP_OPT_X_TLS_CTX, contexts[i].tls);
	code = ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &client);
	if (code == LDAP_OPT_SUCCESS &&
	    ldap_get_option(ld, LDAP_OPT_X_TLS_CTX, &tls) == LDAP_OPT_SUCCESS && tls != NULL)
		keep(wanted, tls);
	return code;
}

int
handle_share_context(LDAP *ld, const struct config_directory *directory, const char *cas)
{
	struct context wanted = {
	    .files = {(char *)cas, directory->tls_certificate, directory->tls_key},
	    .minimum = directory->tls_minimum};
	int code;

	/* Before they are read: what changes meanwhile looks changed the next time. */
	for (size_t i = 0; i < FILES; i++)
		if (!read_stamp(wanted.files[i], &wanted.stamps[i]))
			return LDAP_OPT_ERROR;
	pthread_mutex_lock(&mutex);
	code = share(ld, &wanted);
	pthread_mutex_unlock(&mutex);
	return code;
}
