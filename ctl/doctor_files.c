/* Files and folders: their modes, their owners, and whether the daemon can use them. */
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "doctor.h"

/* What is asked of a file or folder. */
struct file_rule {
	const char *setting; /* what names it */
	const char *path;
	int want;         /* of the daemon: R_OK, W_OK, X_OK; 0: nothing */
	mode_t forbidden; /* permissions of others that it must not have */
	const char *because;
	bool may_lack;
};

static bool
is_set(const char *text)
{
	return text != NULL && text[0] != '\0';
}

/* The mode without what is forbidden. */
static bool
has_good_mode(const struct doctor *doctor, const struct file_rule *rule, const struct stat *about)
{
	mode_t mode = about->st_mode & 07777;
	char advice[600];

	if ((mode & rule->forbidden) == 0)
		return true;
	snprintf(advice, sizeof(advice), "chmod %04o %.500s", (unsigned)(mode & ~rule->forbidden),
	    rule->path);
	diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "files", advice,
	    "%s: %s has mode %04o: %s", rule->setting, rule->path, (unsigned)mode, rule->because);
	return false;
}

static bool
is_usable(const struct doctor *doctor, const struct file_rule *rule)
{
	char why[ACCESS_TEXT];
	char advice[160];

	if (!doctor->has_user || rule->want == 0 ||
	    access_may(&doctor->user, rule->path, rule->want, why))
		return true;
	snprintf(advice, sizeof(advice), "let user %s %s it, by its owner or its group and mode",
	    doctor->user.name, (rule->want & W_OK) != 0 ? "write to" : "read");
	diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "files", advice,
	    "%s: the daemon's user %s can't use it: %s", rule->setting, doctor->user.name, why);
	return false;
}

static bool
look(const struct doctor *doctor, const struct file_rule *rule)
{
	struct stat about;

	if (!is_set(rule->path))
		return true;
	if (stat(rule->path, &about) == 0)
		return has_good_mode(doctor, rule, &about) && is_usable(doctor, rule);
	if (errno == ENOENT && rule->may_lack)
		return true;
	if (errno == EACCES && geteuid() != 0)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_NOTE, "files", "try it as root",
		    "%s: %s can't be looked at by this user", rule->setting, rule->path);
	else
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "files",
		    errno == ENOENT ? "make it (README, \"A user and the folders\")" : NULL,
		    "%s: %s: %s", rule->setting, rule->path, strerror(errno));
	return false;
}

/* Ciphertext of large messages would fill the memory. */
static bool
is_on_disk(const struct doctor *doctor, const char *folder)
{
	struct statfs about;

	if (statfs(folder, &about) != 0 || about.f_type != TMPFS_MAGIC)
		return true;
	diagnosis_add(doctor->diagnosis, DIAGNOSIS_WARNING, "files",
	    "name a folder on a disk with cache-folder", "cache-folder: %s is in memory (tmpfs)",
	    folder);
	return false;
}

/* Where the audit file is to be made: its folder. */
static bool
has_audit_folder(const struct doctor *doctor)
{
	const char *file = doctor->config->audit_file;
	const char *slash = is_set(file) ? strrchr(file, '/') : NULL;
	char folder[1024];
	struct file_rule rule = {"folder of audit-file", folder, W_OK | X_OK, S_IWOTH,
	    "everybody may take the records away", false};

	if (slash == NULL || slash == file || access(file, F_OK) == 0 ||
	    (size_t)(slash - file) >= sizeof(folder))
		return true;
	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - file), file);
	return look(doctor, &rule);
}

/* The folder of the socket; below /run the service manager makes it when the daemon starts. */
static bool
has_socket_folder(const struct doctor *doctor)
{
	const char *path = doctor->listen;
	const char *slash = strrchr(path, '/');
	char folder[1024];
	struct file_rule rule = {"folder of listen", folder, 0, S_IWOTH,
	    "everybody may put another socket in its place", false};

	if (strncmp(path, "unix:", 5) != 0 || slash == NULL || slash == path + 5 ||
	    strncmp(path, "unix:/run/", 10) == 0 || (size_t)(slash - path) >= sizeof(folder))
		return true;
	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path - 5), path + 5);
	return look(doctor, &rule);
}

static bool
look_at_top(const struct doctor *doctor)
{
	const struct config *config = doctor->config;
	const struct file_rule rules[] = {{"configuration", config->file, R_OK, S_IWOTH,
					      "everybody may change what must be encrypted", false},
	    {"cache-folder", config->cache_folder, W_OK | X_OK, S_IWOTH, "everybody may fill it",
		false},
	    {"state-folder", config->state_folder, W_OK | X_OK, S_IWOTH,
		"everybody may change what is known of revocation", false},
	    {"added-trust", config->added_trust, R_OK | X_OK, S_IWOTH, "everybody may add a CA",
		true},
	    {"audit-file", config->audit_file, W_OK, S_IRWXO,
		"everybody reads who writes to whom, or may change it", true}};
	bool good = true;
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(rules); i++)
		good = look(doctor, &rules[i]) && good;
	good = has_audit_folder(doctor) && good;
	good = has_socket_folder(doctor) && good;
	return is_on_disk(doctor, config->cache_folder) && good;
}

static bool
look_at_directory(const struct doctor *doctor, const struct config_directory *directory)
{
	const mode_t exposed = S_IROTH | S_IWOTH;
	const struct file_rule rules[] = {
	    {"ldif", directory->ldif, R_OK, S_IWOTH, "everybody may publish for everybody", false},
	    {"bind-password-file", directory->bind_password_file, R_OK, exposed,
		"everybody can read the password, so the daemon does not use it", false},
	    {"tls-key", directory->tls_key, R_OK, exposed,
		"everybody can read the key, so the daemon does not use it", false},
	    {"tls-certificate", directory->tls_certificate, R_OK, S_IWOTH,
		"everybody may change it", false},
	    {"tls-ca", directory->tls_ca, R_OK, S_IWOTH,
		"everybody may say which servers are believed", false}};
	bool good = true;
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(rules); i++)
		good = look(doctor, &rules[i]) && good;
	return good;
}

static bool
look_at_trust(const struct doctor *doctor, const struct config_trust *trust)
{
	const struct file_rule rules[] = {
	    {"anchors", trust->anchors, R_OK, S_IWOTH, "everybody may add a CA", false},
	    {"intermediates", trust->intermediates, R_OK, S_IWOTH, "everybody may change it",
		false},
	    {"crls", trust->crls, R_OK, S_IWOTH, "everybody may take a CRL away", false}};
	bool good = true;
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(rules); i++)
		good = look(doctor, &rules[i]) && good;
	return good;
}

void
doctor_files(const struct doctor *doctor)
{
	bool good = look_at_top(doctor);
	size_t i;

	for (i = 0; i < doctor->config->directory_count; i++)
		good = look_at_directory(doctor, &doctor->config->directories[i]) && good;
	for (i = 0; i < doctor->config->trust_count; i++)
		good = look_at_trust(doctor, &doctor->config->trusts[i]) && good;
	if (good && doctor->has_user)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_OK, "files", NULL,
		    "modes and owners of what the configuration names are right for user %s",
		    doctor->user.name);
	else if (good)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_OK, "files", NULL,
		    "modes of what the configuration names are right; as whom the daemon runs is "
		    "not known here (no user in the configuration, no user " DOCTOR_USER ")");
}
