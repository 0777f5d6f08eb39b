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

#include "base/log.h"
#include "smime/certificate.h"
#include "smime/trust_section.h"

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
	items = reallocarray(domains->items, domains->count + 1, sizeof(*items));
	if (items == NULL)
		return error_no_memory(err);
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
	struct trust_added *items = reallocarray(list->items, list->count + 1, sizeof(*items));

	if (items == NULL) {
		trust_added_clear(added);
		return error_no_memory(err);
	}
	list->items = items;
	list->items[list->count++] = *added;
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

/* The file as text (free()); NULL, and *status -1 only without memory: a file that can't be read is a
 * CA that does not count, so that is only told. */
static char *
read_text(const char *path, int *status, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat about;
	char *text = NULL;
	ssize_t size = -1;

	if (fd < 0 || fstat(fd, &about) != 0) {
		log_error("%s: does not count: %s", path, strerror(errno));
	} else if (!S_ISREG(about.st_mode) || about.st_size > (off_t)FILE_MAX) {
		log_error("%s: does not count: it is not a file of a certificate", path);
	} else if ((about.st_mode & S_IWOTH) != 0) {
		log_error("%s: does not count: everybody can write it (chmod o-w)", path);
	} else if ((text = malloc((size_t)about.st_size + 1)) == NULL) {
		*status = error_no_memory(err);
	} else if ((size = read(fd, text, (size_t)about.st_size)) < 0) {
		log_error("%s: does not count: %s", path, strerror(errno));
		free(text);
		text = NULL;
	} else {
		text[size] = '\0';
	}
	if (fd >= 0)
		close(fd);
	return text;
}

static int
read_file(struct trust_added_list *list, const char *path, struct error *err)
{
	struct trust_added added = {strdup(path), {NULL, 0}, sk_X509_new_null()};
	struct error wrong = ERROR_INIT;
	char *text = NULL;
	int status = 0;

	if (added.file == NULL || added.certificates == NULL) {
		status = error_no_memory(err);
		goto drop;
	}
	text = read_text(path, &status, err);
	if (text == NULL)
		goto drop;
	if (read_lines(&added, text, &wrong) != 0) {
		if (wrong.code != ERROR_INPUT)
			status = error_no_memory(err);
		log_error("%s: does not count: For: %s", path, wrong.text);
		goto drop;
	}
	if (added.domains.count == 0) {
		log_error("%s: does not count: no line \"For: DOMAIN\" in front of the certificate "
			  "says for whom",
		    path);
		goto drop;
	}
	status = trust_folder_read(path, added.certificates, err);
	if (status != 0 || sk_X509_num(added.certificates) == 0)
		goto drop;
	free(text);
	return append(list, &added, err);
drop:
	free(text);
	trust_added_clear(&added);
	return status;
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
