/* Writing and removing what smimectl adds: never half a file, not even after a crash. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/file.h"
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
	if (PEM_write_X509(out, certificate->x509) != 1 || ferror(out))
		return error_no_memory(err);
	return 0;
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

static int
replace(const struct trust_added *added, const struct certificate *certificate, const char *who,
    struct error *err)
{
	struct file_part all = {NULL, 0};
	char *text = NULL;
	FILE *out = open_memstream(&text, &all.size);
	int status;

	if (out == NULL)
		return error_no_memory(err);
	status = write_text(out, added, certificate, who, err);
	if (fclose(out) != 0 && status == 0)
		status = error_no_memory(err);
	all.bytes = text;
	/* The daemon, another user, is to read it. */
	if (status == 0)
		status = file_replace(AT_FDCWD, added->file, 0644, &all, 1, err);
	free(text);
	return status == 0 ? 0 : error_prefix(err, "added-trust: %s: ", added->file);
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
		result = replace(added, certificate, who, err);
out:
	certificate_unref(certificate);
	return result;
}

int
trust_added_remove(const struct trust_added *added, struct error *err)
{
	return file_remove(AT_FDCWD, added->file, err) == 0
		   ? 0
		   : error_prefix(err, "%s: ", added->file);
}
