/* What smimectl trust asks of the running daemon, and what it reads where there is none. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/audit.h"
#include "base/escape.h"
#include "control_client.h"
#include "smime/trust.h"
#include "smime/trust_folder.h"
#include "trust_command.h"

/* Sends a command without more. NULL, with err: the daemon can't be reached. */
static struct control_client *
ask(const struct trust_request *request, const char *command, struct error *err)
{
	const char *path = strchr(request->config->control_socket, ':');

	if (path == NULL) {
		error_set(err, ERROR_TEMPORARY, "control-socket is empty: the daemon has none");
		return NULL;
	}
	return control_client_ask(path + 1, json_pack("{s:s}", "command", command), err);
}

/* All rows of the answer. NULL on error. */
static json_t *
ask_rows(const struct trust_request *request, const char *command, struct error *err)
{
	struct control_client *client = ask(request, command, err);
	json_t *rows;
	json_t *row;
	int more;

	if (client == NULL)
		return NULL;
	rows = json_array();
	while ((more = control_client_next(client, &row, err)) > 0)
		json_array_append_new(rows, row);
	if (more == 0 && control_client_was_cut(client))
		fputs("smimectl: there are more than one answer holds\n", stderr);
	control_client_free(client);
	if (more == 0)
		return rows;
	json_decref(rows);
	return NULL;
}

static void
say(const struct error *err, const char *consequence)
{
	char text[sizeof(err->text) * 2];

	fprintf(stderr, "smimectl: %s; %s\n",
	    escape_text(ESCAPE_TERMINAL, err->text, text, sizeof(text)), consequence);
}

enum ctl_status
trust_tell_daemon(const struct trust_request *request, bool *in_force)
{
	struct error err = ERROR_INIT;
	json_t *rows = ask_rows(request, "trust-reload", &err);

	*in_force = rows != NULL;
	json_decref(rows);
	if (*in_force)
		return CTL_OK;
	if (err.code == ERROR_TEMPORARY) {
		say(&err, "it takes this up when it starts, or at a reload (systemctl reload "
			  "smime-milter)");
		return CTL_OK;
	}
	say(&err, "what it trusted before counts on");
	return CTL_FINDING;
}

static void
take_anchor(void *context, const struct trust_anchor *anchor)
{
	json_array_append_new(context, audit_anchor_json(anchor));
}

static json_t *
local_rows(const struct trust_request *request)
{
	struct error err = ERROR_INIT;
	struct trust *trust = trust_load(request->config, &err);
	json_t *rows;

	if (trust == NULL) {
		ctl_fail(&err);
		return NULL;
	}
	rows = json_array();
	trust_anchors_each(trust, take_anchor, rows);
	trust_unref(trust);
	return rows;
}

static void
set_file(json_t *rows, const char *section, X509 *x509, const char *file)
{
	struct certificate *certificate = certificate_from_x509(x509, NULL);
	size_t i;

	for (i = 0; certificate != NULL && i < json_array_size(rows); i++) {
		json_t *row = json_array_get(rows, i);
		const char *sha256 = json_string_value(json_object_get(row, "sha256"));
		const char *origin = json_string_value(json_object_get(row, "origin"));
		const char *title = json_string_value(json_object_get(row, "section"));
		bool wanted = section != NULL ? title != NULL && strcmp(title, section) == 0
					      : origin != NULL && strcmp(origin, "added") == 0;

		if (wanted && sha256 != NULL && strcmp(sha256, certificate->sha256) == 0)
			json_object_set_new(row, "file", ctl_json_text(file));
	}
	certificate_unref(certificate);
}

static void
set_files_of(json_t *rows, const char *section, const char *file)
{
	STACK_OF(X509) *certificates = sk_X509_new_null();
	struct error err = ERROR_INIT;
	int i;

	if (certificates != NULL && trust_folder_read(file, certificates, &err) == 0) {
		for (i = 0; i < sk_X509_num(certificates); i++)
			set_file(rows, section, sk_X509_value(certificates, i), file);
	}
	sk_X509_pop_free(certificates, X509_free);
}

/* Which file of a section's anchors each one stands in: an administrator may want to remove it. */
static void
find_files(json_t *rows, const struct config_trust *trust)
{
	DIR *folder = opendir(trust->anchors);
	struct dirent *entry;
	struct stat about;
	char path[4096];

	if (folder == NULL) {
		if (trust->anchors[0] != '\0')
			set_files_of(rows, trust->title, trust->anchors);
		return;
	}
	while ((entry = readdir(folder)) != NULL) {
		int size = snprintf(path, sizeof(path), "%s/%s", trust->anchors, entry->d_name);

		if (entry->d_name[0] != '.' && size > 0 && (size_t)size < sizeof(path) &&
		    stat(path, &about) == 0 && S_ISREG(about.st_mode))
			set_files_of(rows, trust->title, path);
	}
	closedir(folder);
}

static void
find_added_files(json_t *rows, const struct config *config)
{
	struct trust_added_list added = {NULL, 0};
	struct error err = ERROR_INIT;
	size_t i;
	int n;

	if (trust_added_read(config->added_trust, &added, &err) == 0) {
		for (i = 0; i < added.count; i++)
			for (n = 0; n < sk_X509_num(added.items[i].certificates); n++)
				set_file(rows, NULL, sk_X509_value(added.items[i].certificates, n),
				    added.items[i].file);
	}
	trust_added_list_free(&added);
}

json_t *
trust_rows(const struct trust_request *request, enum ctl_status *status)
{
	struct error err = ERROR_INIT;
	json_t *rows = ask_rows(request, "anchors", &err);
	size_t i;

	*status = CTL_OK;
	if (rows == NULL) {
		say(&err, "so these are the anchors in files, as a daemon would read them now");
		rows = local_rows(request);
	}
	if (rows == NULL) {
		*status = CTL_USAGE;
		return NULL;
	}
	for (i = 0; i < json_array_size(rows); i++)
		json_object_set_new(json_array_get(rows, i), "file", json_null());
	for (i = 0; i < request->config->trust_count; i++)
		find_files(rows, &request->config->trusts[i]);
	find_added_files(rows, request->config);
	return rows;
}

struct pending *
trust_pending_read(const struct trust_request *request, enum ctl_status *status)
{
	struct pending *pending = pending_new();
	struct error err = ERROR_INIT;
	struct error unreachable = ERROR_INIT;
	json_t *rows = ask_rows(request, "pending-flush", &unreachable);
	struct trust *trust = NULL;
	char path[4096];

	if (rows == NULL)
		say(&unreachable, "this is what it wrote last");
	json_decref(rows);
	snprintf(path, sizeof(path), "%s/" PENDING_FILE, request->config->state_folder);
	if (pending == NULL)
		error_no_memory(&err);
	else if (pending_read(pending, path, &err) == 0)
		trust = trust_load(request->config, &err);
	if (trust == NULL) {
		*status = ctl_fail(&err);
		pending_free(pending);
		return NULL;
	}
	pending_settle(pending, trust);
	trust_unref(trust);
	*status = CTL_OK;
	return pending;
}

enum ctl_status
trust_reload(const struct trust_request *request)
{
	bool in_force;
	enum ctl_status status = trust_tell_daemon(request, &in_force);

	if (in_force)
		puts("the daemon has read its anchors again");
	return in_force || status != CTL_OK ? status : CTL_TEMPORARY;
}
