/* Writing and removing what smimectl adds: never half a file, not even after a crash. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "smime/certificate.h"
#include "smime/trust_added.h"

/* Hex digits of the SHA-256 in a file's name: none are alike by chance. */
#define NAME_DIGITS 32

static int
write_text(FILE *out, const struct trust_added *added, const struct certificate *certificate,
    const char *who, struct error *err)
{
	char date[CLOCK_TEXT_SIZE];
	char name[CERTIFICATE_NAME_MAX];
	char person[256];
	size_t i;

	fputs("# A CA that smimectl trust add has added, for mail to these domains. The lines "
	      "\"For:\"\n"
	      "# may be changed; then: systemctl reload smime-milter.\n",
	    out);
	for (i = 0; i < added->domains.count; i++)
		fprintf(out, "For: %s\n", added->domains.items[i]);
	fprintf(out, "Added: %s by %s\n", clock_format_rfc3339(clock_wall(), date),
	    escape_text(ESCAPE_LOG, who, person, sizeof(person)));
	fprintf(out, "Subject: %s\n",
	    escape_text(ESCAPE_LOG, certificate->subject, name, sizeof(name)));
	fprintf(out, "SHA-256: %s\n", certificate->sha256);
	if (PEM_write_X509(out, certificate->x509) != 1 || fflush(out) != 0 || ferror(out) ||
	    fsync(fileno(out)) != 0)
		return error_errno(err, errno, "writing");
	return 0;
}

static int
sync_folder(const char *folder, struct error *err)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = 0;

	if (fd < 0 || fsync(fd) != 0)
		result = error_errno(err, errno, "%s", folder);
	if (fd >= 0)
		close(fd);
	return result;
}

static int
make_folder(const char *folder, struct error *err)
{
	struct stat about;

	if (mkdir(folder, 0755) != 0 && errno != EEXIST)
		return error_errno(err, errno, "added-trust: %s can't be made", folder);
	if (stat(folder, &about) != 0)
		return error_errno(err, errno, "added-trust: %s", folder);
	if ((about.st_mode & S_IWOTH) != 0)
		return error_set(err, ERROR_PERMANENT,
		    "added-trust: nothing in %s counts, because everybody can write there: "
		    "\"chmod o-w %s\" first",
		    folder, folder);
	return 0;
}

/* Into a hidden file (those are not read), which then takes the place of the file. */
static int
replace(const char *folder, const struct trust_added *added, const struct certificate *certificate,
    const char *who, struct error *err)
{
	char temporary[4096];
	FILE *out;
	int fd;

	if (snprintf(temporary, sizeof(temporary), "%s/.new-XXXXXX", folder) >=
	    (int)sizeof(temporary))
		return error_set(err, ERROR_PERMANENT, "added-trust: the path is too long");
	fd = mkstemp(temporary);
	if (fd < 0)
		return error_errno(err, errno, "added-trust: %s", folder);
	out = fdopen(fd, "w");
	if (out == NULL) {
		error_errno(err, errno, "added-trust: %s", folder);
		close(fd);
		goto remove;
	}
	/* The daemon, another user, is to read it. */
	if (fchmod(fd, 0644) != 0 || write_text(out, added, certificate, who, err) != 0) {
		error_prefix(err, "added-trust: %s: ", folder);
		fclose(out);
		goto remove;
	}
	fclose(out);
	if (rename(temporary, added->file) == 0)
		return sync_folder(folder, err);
	error_errno(err, errno, "added-trust: %s", added->file);
remove:
	unlink(temporary);
	return -1;
}

int
trust_added_write(const char *folder, struct trust_added *added, const char *who, struct error *err)
{
	struct certificate *certificate =
	    certificate_from_x509(sk_X509_value(added->certificates, 0), err);
	char path[4096];
	int result = -1;

	if (certificate == NULL)
		return -1;
	if (make_folder(folder, err) != 0)
		goto out;
	if (added->file == NULL) {
		snprintf(path, sizeof(path), "%.3900s/%.*s.pem", folder, NAME_DIGITS,
		    certificate->sha256);
		added->file = strdup(path);
	}
	if (added->file == NULL)
		error_no_memory(err);
	else
		result = replace(folder, added, certificate, who, err);
out:
	certificate_unref(certificate);
	return result;
}

int
trust_added_remove(const struct trust_added *added, struct error *err)
{
	char folder[4096];
	char *slash;

	if (unlink(added->file) != 0)
		return error_errno(err, errno, "%s", added->file);
	snprintf(folder, sizeof(folder), "%s", added->file);
	slash = strrchr(folder, '/');
	if (slash == NULL || slash == folder)
		return 0;
	*slash = '\0';
	return sync_folder(folder, err);
}
