#include "smime/trust_added.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/file.h"
#include "base/log.h"
#include "smime/certificate.h"
#include "smime/trust_folder.h"

/* Bytes of a file: one certificate, or a few, and some lines. */
#define FILE_MAX ((size_t)1 << 20)

void
trust_added_clear(struct trust_added *added)
{
	size_t i;

	free(added->file);
	for (i = 0; i < added->domains.count; i++)
		free(added->domains.items[i]);
	free(added->domains.items);
	sk_X509_pop_free(added->certificates, X509_free);
	memset(added, 0, sizeof(*added));
}

void
trust_added_list_free(struct trust_added_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		trust_added_clear(&list->items[i]);
	free(list->items);
	list->items = NULL;
	list->count = 0;
}

int
trust_added_domain(struct trust_added *added, const char *domain, struct error *err)
{
	struct strings *domains = &added->domains;
	char **items;
	size_t place = 0;

	while (place < domains->count && strcmp(domains->items[place], domain) < 0)
		place++;
	if (place < domains->count && strcmp(domains->items[place], domain) == 0)
		return 0;
	items = array_grow(domains->items, domains->count, sizeof(*items), err);
	if (items == NULL)
		return -1;
	domains->items = items;
	memmove(&items[place + 1], &items[place], (domains->count - place) * sizeof(*items));
	items[place] = strdup(domain);
	if (items[place] == NULL) {
		memmove(
		    &items[place], &items[place + 1], (domains->count - place) * sizeof(*items));
		return error_no_memory(err);
	}
	domains->count++;
	return 0;
}

/* Takes the item over, also on error. */
static int
append(struct trust_added_list *list, struct trust_added *added, struct error *err)
{
	struct trust_added *items = array_grow(list->items, list->count, sizeof(*items), err);

	if (items == NULL) {
		trust_added_clear(added);
		return -1;
	}
	list->items = items;
	items[list->count++] = *added;
	return 0;
}

int
trust_added_list_add(
    struct trust_added_list *list, const struct trust_added *added, struct error *err)
{
	struct trust_added copy = {NULL, {NULL, 0}, X509_chain_up_ref(added->certificates)};
	size_t i;

	if (copy.certificates == NULL)
		return error_no_memory(err);
	for (i = 0; i < added->domains.count; i++) {
		if (trust_added_domain(&copy, added->domains.items[i], err) != 0) {
			trust_added_clear(&copy);
			return -1;
		}
	}
	return append(list, &copy, err);
}

struct trust_added *
trust_added_find(const struct trust_added_list *list, const char *sha256)
{
	struct certificate *certificate;
	bool same;
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (sk_X509_num(list->items[i].certificates) != 1)
			continue;
		certificate =
		    certificate_from_x509(sk_X509_value(list->items[i].certificates, 0), NULL);
		same = certificate != NULL && strcmp(certificate->sha256, sha256) == 0;
		certificate_unref(certificate);
		if (same)
			return &list->items[i];
	}
	return NULL;
}

/* The domains of one "For:" line; it is changed. ERROR_INPUT for what is none. */
static int
read_domains(struct trust_added *added, char *text, struct error *err)
{
	char *rest = NULL;
	char *word;
	char *domain;
	int status = 0;

	for (word = strtok_r(text, ", \t\r", &rest); word != NULL && status == 0;
	     word = strtok_r(NULL, ", \t\r", &rest)) {
		if (address_domain_parse(word, &domain, err) != 0)
			return -1;
		status = trust_added_domain(added, domain, err);
		free(domain);
	}
	return status;
}

/* The lines in front of the certificate; the text is changed. */
static int
read_lines(struct trust_added *added, char *text, struct error *err)
{
	static const char name[] = "For:";
	char *rest = NULL;
	char *line;

	for (line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		if (strncmp(line, "-----BEGIN ", 11) == 0)
			break;
		if (strncasecmp(line, name, sizeof(name) - 1) == 0 &&
		    read_domains(added, line + sizeof(name) - 1, err) != 0)
			return -1;
	}
	return 0;
}

/* The file as text (free()), if it may count. */
static int
read_text(const char *path, char **text, size_t *size, struct error *err)
{
	struct stat about;
	int file = file_open(AT_FDCWD, path, &about, err);
	int status;

	if (file < 0)
		return -1;
	if ((about.st_mode & S_IWOTH) != 0)
		status = error_set(err, ERROR_INPUT, "everybody can write it (chmod o-w)");
	else
		status = file_read_open(file, &about, FILE_MAX, text, size, err);
	close(file);
	return status;
}

/* The certificates of a file, and for whom they count. */
static int
read_item(const char *path, struct trust_added *added, struct error *err)
{
	char *text = NULL;
	char *lines = NULL;
	size_t size;
	int status = -1;

	if (read_text(path, &text, &size, err) != 0)
		return -1;
	lines = strdup(text);
	if (lines == NULL)
		error_no_memory(err);
	else if (read_lines(added, lines, err) != 0)
		error_prefix(err, "For: ");
	else if (added->domains.count == 0)
		error_set(err, ERROR_INPUT,
		    "no line \"For: DOMAIN\" in front of the certificate says for whom");
	else
		status = trust_folder_parse(added->certificates, path, text, size, err);
	free(lines);
	free(text);
	return status;
}

/* A file that is not as it should be is a CA that does not count: that is safe, so it only is told.
 * Another time it might be read: that is an error. */
static int
read_file(struct trust_added_list *list, const char *path, struct error *err)
{
	struct trust_added added = {strdup(path), {NULL, 0}, sk_X509_new_null()};
	struct error wrong = ERROR_INIT;
	int status;

	if (added.file == NULL || added.certificates == NULL)
		status = error_no_memory(&wrong);
	else
		status = read_item(path, &added, &wrong);
	if (status == 0 && sk_X509_num(added.certificates) > 0)
		return append(list, &added, err);
	trust_added_clear(&added);
	if (wrong.code == ERROR_TEMPORARY || wrong.code == ERROR_INTERNAL)
		return error_set(err, wrong.code, "%s: %s", path, wrong.text);
	if (status != 0)
		log_error("%s: does not count: %s", path, wrong.text);
	return 0;
}

/* An editor's copy of a file that was taken out must not count. */
static int
is_candidate(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && end != NULL && strcmp(end, ".pem") == 0;
}

/* Whether the folder is there, and only those can write to it who may. */
static bool
may_count(const char *folder, struct error *err)
{
	struct stat about;

	if (stat(folder, &about) != 0) {
		if (errno != ENOENT)
			error_errno(err, errno, "added-trust: %s", folder);
		return false;
	}
	if (!S_ISDIR(about.st_mode)) {
		error_set(err, ERROR_PERMANENT, "added-trust: %s is not a folder", folder);
		return false;
	}
	if ((about.st_mode & S_IWOTH) == 0)
		return true;
	log_error(
	    "added-trust: nothing in %s counts: everybody can write there (chmod o-w)", folder);
	return false;
}

int
trust_added_read(const char *folder, struct trust_added_list *list, struct error *err)
{
	struct dirent **names = NULL;
	struct error wrong = ERROR_INIT;
	char path[4096];
	int status = 0;
	int count;
	int i;

	if (folder == NULL || folder[0] == '\0')
		return 0;
	if (!may_count(folder, &wrong))
		return wrong.code == ERROR_NONE ? 0 : error_set(err, wrong.code, "%s", wrong.text);
	count = scandir(folder, &names, is_candidate, alphasort);
	if (count < 0)
		return error_errno(err, errno, "added-trust: %s", folder);
	if (count > TRUST_ADDED_MAX)
		status = error_set(err, ERROR_LIMIT, "added-trust: more than %d files in %s",
		    TRUST_ADDED_MAX, folder);
	for (i = 0; i < count; i++) {
		int size = snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);

		if (status == 0 && size > 0 && (size_t)size < sizeof(path))
			status = read_file(list, path, err);
		free(names[i]);
	}
	free(names);
	return status;
}
