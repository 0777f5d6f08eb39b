/*
 * CRLs and OCSP answers in a folder, so that a restart need not fetch them again, nor defer mail
 * while a CA's server is away. One file each, named by the hash of its key:
 *
 *   smime-milter evidence 1
 *   KEY
 *   what was fetched, as it came
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hex.h"
#include "base/log.h"
#include "smime/evidence_private.h"

/* Files kept: one for each CRL, and OCSP answers of those that mail was sent to of late. */
#define FILES_MAX 10000
/* Entries of the folder looked at: whatever else somebody put there. */
#define ENTRIES_MAX (4 * FILES_MAX)

#define FOLDER "fetched"
#define ENDING ".evidence"
#define TEMPORARY ENDING ".new" /* and what file_replace() adds */
#define MAGIC "smime-milter evidence 1\n"
/* Before the key of a CRL that nobody had verified: it takes no other's place here, either. */
#define UNVERIFIED "unverified "
#define HASH_SIZE 64
#define NAME_SIZE (HASH_SIZE + sizeof(ENDING))

struct file {
	char name[NAME_SIZE];
	time_t written;
	size_t size;
};

static int
make_name(const char *key, char name[NAME_SIZE])
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	if (EVP_Digest(key, strlen(key), digest, NULL, EVP_sha256(), NULL) != 1)
		return -1;
	hex_lower(digest, HASH_SIZE / 2, name);
	strcpy(name + HASH_SIZE, ENDING);
	return 0;
}

/* Whether the name is one of ours, or of a file that was not finished. */
static bool
is_ours(const char *name, bool *unfinished)
{
	if (strspn(name, "0123456789abcdef") != HASH_SIZE)
		return false;
	*unfinished = strncmp(name + HASH_SIZE, TEMPORARY, strlen(TEMPORARY)) == 0;
	return *unfinished || strcmp(name + HASH_SIZE, ENDING) == 0;
}

static int
compare_files(const void *a, const void *b)
{
	time_t x = ((const struct file *)a)->written;
	time_t y = ((const struct file *)b)->written;

	return (x < y) - (x > y);
}

/* The finished files, latest first; free(*files). What was not finished goes, if we may write. */
static size_t
list_files(struct evidence_folder *folder, struct file **files)
{
	struct dirent *entry;
	struct stat status;
	bool unfinished;
	size_t count = 0;
	size_t seen = 0;
	int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	*files = calloc(2 * FILES_MAX, sizeof(**files));
	while (dir != NULL && *files != NULL && (entry = readdir(dir)) != NULL &&
	       seen++ < ENTRIES_MAX && count < (size_t)2 * FILES_MAX) {
		if (!is_ours(entry->d_name, &unfinished))
			continue;
		if (unfinished) {
			if (folder->writes)
				unlinkat(folder->fd, entry->d_name, 0);
		} else if (fstatat(folder->fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
			   S_ISREG(status.st_mode)) {
			strcpy((*files)[count].name, entry->d_name);
			(*files)[count].written = status.st_mtime;
			(*files)[count++].size = (size_t)status.st_size;
		}
	}
	if (dir != NULL)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	if (*files != NULL)
		qsort(*files, count, sizeof(**files), compare_files);
	return count;
}

/* Removes the oldest beyond a part (of 4) of what may be there; counts what is. */
static void
prune(struct evidence_folder *folder, size_t part)
{
	struct file *files;
	size_t count = list_files(folder, &files);
	size_t i;

	folder->files = 0;
	folder->bytes = 0;
	for (i = 0; i < count; i++) {
		if (folder->files < FILES_MAX / 4 * part &&
		    folder->bytes + files[i].size <= folder->bytes_max / 4 * part) {
			folder->files++;
			folder->bytes += files[i].size;
		} else if (folder->writes) {
			unlinkat(folder->fd, files[i].name, 0);
		}
	}
	free(files);
}

static int
restore(struct evidence *evidence, const char *file, char *text, size_t size, struct error *err)
{
	char *key = text + strlen(MAGIC);
	char *end;
	char name[NAME_SIZE];
	enum crl_standing standing = CRL_SIGNED;

	if (size < strlen(MAGIC) || strncmp(text, MAGIC, strlen(MAGIC)) != 0)
		return error_set(err, ERROR_INPUT, "it was not written by smime-milter");
	end = strchr(key, '\n');
	if (end == NULL || end - key >= WANT_KEY_MAX)
		return error_set(err, ERROR_INPUT, "it says not what it is");
	*end++ = '\0';
	if (make_name(key, name) != 0 || strcmp(name, file) != 0)
		return error_set(err, ERROR_INPUT, "it has another's name");
	if (strncmp(key, UNVERIFIED, strlen(UNVERIFIED)) == 0) {
		key += strlen(UNVERIFIED);
		standing = CRL_UNKNOWN;
	}
	return evidence_put_back(evidence, key, end, size - (size_t)(end - text), standing, err);
}

/* The oldest first, so that what is used longest ago goes first when there is no room. */
static void
load(struct evidence *evidence)
{
	struct evidence_folder *folder = &evidence->folder;
	struct file *files;
	size_t count = list_files(folder, &files);
	size_t restored = 0;
	size_t most = evidence->crl_size + WANT_KEY_MAX + sizeof(MAGIC);

	while (count-- > 0) {
		struct error err = ERROR_INIT;
		char *text = NULL;
		size_t size;

		if (file_read(folder->fd, files[count].name, most, &text, &size, &err) == 0 &&
		    restore(evidence, files[count].name, text, size, &err) == 0)
			restored++;
		if (err.code != ERROR_NONE)
			log_warning("state-folder: %s/%s/%s is passed over: %s", folder->path,
			    FOLDER, files[count].name, err.text);
		free(text);
	}
	free(files);
	if (restored > 0)
		log_info("state-folder: %zu CRL(s) and OCSP answer(s) are at hand", restored);
}

void
evidence_open_folder(struct evidence *evidence, const char *path, bool writes)
{
	struct evidence_folder *folder = &evidence->folder;
	char whole[PATH_MAX];

	snprintf(whole, sizeof(whole), "%s/%s", path, FOLDER);
	if (writes && mkdir(whole, 0700) != 0 && errno != EEXIST)
		log_warning("state-folder: %s can't be made: %s: CRLs and OCSP answers are fetched "
			    "again after a restart",
		    whole, strerror(errno));
	folder->fd = open(whole, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	folder->path = strdup(path);
	folder->writes = writes && folder->path != NULL;
	if (folder->fd < 0 || folder->path == NULL)
		return;
	folder->bytes_max = evidence->crls.bytes_max;
	load(evidence);
	if (writes)
		prune(folder, 4);
}

void
evidence_close_folder(struct evidence *evidence)
{
	if (evidence->folder.fd >= 0)
		close(evidence->folder.fd);
	free(evidence->folder.path);
}

static int
write_file(const struct evidence_folder *folder, const char *name, const char *key,
    const void *bytes, size_t size, struct error *err)
{
	const struct file_part parts[] = {
	    {MAGIC, strlen(MAGIC)}, {key, strlen(key)}, {"\n", 1}, {bytes, size}};

	return file_replace(folder->fd, name, 0600, parts, ARRAY_LENGTH(parts), err);
}

/* Under a key, within the limits. */
static void
keep(struct evidence_folder *folder, const char *key, const void *bytes, size_t size)
{
	char name[NAME_SIZE];
	struct error err = ERROR_INIT;

	if (make_name(key, name) != 0)
		return;
	pthread_mutex_lock(&folder->mutex);
	if (folder->files >= FILES_MAX || folder->bytes + size > folder->bytes_max)
		prune(folder, 3);
	if (write_file(folder, name, key, bytes, size, &err) == 0) {
		folder->files++; /* or one less, where it took another's place: prune() counts */
		folder->bytes += size;
		folder->failed = false;
	} else if (!folder->failed) {
		folder->failed = true;
		log_warning("state-folder: nothing can be kept in %s/%s: %s", folder->path, FOLDER,
		    err.text);
	}
	pthread_mutex_unlock(&folder->mutex);
}

static void
keep_list(struct evidence *evidence, const char *key)
{
	char unverified[WANT_KEY_MAX + sizeof(UNVERIFIED)];
	struct crl *crl = evidence_best_list(evidence, key);
	const unsigned char *der;
	size_t size;

	if (crl == NULL)
		return;
	der = crl_der(crl, &size);
	snprintf(unverified, sizeof(unverified), UNVERIFIED "%s", key);
	keep(&evidence->folder, crl_standing(crl) == CRL_UNKNOWN ? unverified : key, der, size);
	crl_unref(crl);
}

void
evidence_keep(struct evidence *evidence, const struct want *want, const void *bytes, size_t size)
{
	if (!evidence->folder.writes || evidence->folder.fd < 0)
		return;
	if (want->kind == WANT_CRL)
		keep_list(evidence, want->key);
	else if (want->kind == WANT_OCSP)
		keep(&evidence->folder, want->id, bytes, size);
}
