/* smimectl trust add and remove. */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "smime/trust_folder.h"
#include "trust_command.h"

/* What is to be added. */
struct addition {
	const struct trust_request *request;
	struct certificate *certificate;
	struct trust_added_list list; /* what was added before */
	struct trust_added *before;   /* of it, this certificate's; NULL */
	struct trust_added fresh;     /* else */
	struct trust_added met;       /* domains where it was met */
	struct trust_match match;
	char *base64;
};

/* A store of what is pending, looked through twice: for the one, and for its domains. */
static void
match_pending(void *context, const struct pending_authority *authority)
{
	struct addition *addition = context;

	trust_match_try(&addition->match, authority->sha256);
}

static void
take_pending(void *context, const struct pending_authority *authority)
{
	struct addition *addition = context;
	size_t i;

	if (authority->sha256 == NULL || strcmp(authority->sha256, addition->match.sha256) != 0)
		return;
	free(addition->base64);
	addition->base64 = strdup(authority->certificate);
	for (i = 0; i < authority->domain_count; i++) {
		char *domain;

		/* Out of a file: only what is a domain counts, and nobody but the administrator says
		 * "everybody". */
		if (address_domain_parse(authority->domains[i], &domain, NULL) != 0)
			continue;
		if (strcmp(domain, "*") != 0 && domain[0] != '.' &&
		    trust_added_domain(&addition->met, domain, NULL) != 0)
			fputs("smimectl: out of memory\n", stderr);
		free(domain);
	}
}

/* By fingerprint: of what is pending, or was added before. */
static enum ctl_status
find_by_fingerprint(struct addition *addition, const char *prefix)
{
	enum ctl_status status;
	struct pending *pending = trust_pending_read(addition->request, &status);

	if (pending == NULL)
		return status;
	addition->match.prefix = prefix;
	pending_each(pending, match_pending, addition);
	trust_match_try_added(&addition->match, &addition->list);
	if (!trust_match_fails(&addition->match, "pending (see smimectl trust pending)")) {
		pending_each(pending, take_pending, addition);
		addition->before = trust_added_find(&addition->list, addition->match.sha256);
		if (addition->base64 != NULL)
			addition->certificate = trust_decode(addition->base64);
		else if (addition->before != NULL)
			addition->certificate = certificate_from_x509(
			    sk_X509_value(addition->before->certificates, 0), NULL);
		if (addition->certificate == NULL ||
		    strcmp(addition->certificate->sha256, addition->match.sha256) != 0)
			fputs("smimectl: its certificate can't be read\n", stderr);
		else
			status = CTL_OK;
	}
	pending_free(pending);
	return addition->certificate != NULL ? status : CTL_USAGE;
}

/* From a file with one certificate. */
static enum ctl_status
read_file(struct addition *addition)
{
	STACK_OF(X509) *certificates = sk_X509_new_null();
	const char *file = addition->request->argument;
	struct error err = ERROR_INIT;
	enum ctl_status status = CTL_USAGE;
	char text[512];

	if (certificates == NULL || trust_folder_read(file, certificates, &err) != 0) {
		ctl_fail(&err);
	} else if (sk_X509_num(certificates) != 1) {
		fprintf(stderr, "smimectl: %s holds %d certificates: one is wanted\n",
		    escape_text(ESCAPE_TERMINAL, file, text, sizeof(text)),
		    sk_X509_num(certificates));
	} else {
		addition->certificate = certificate_from_x509(sk_X509_value(certificates, 0), &err);
		status = addition->certificate != NULL ? CTL_OK : ctl_fail(&err);
	}
	sk_X509_pop_free(certificates, X509_free);
	if (status == CTL_OK)
		addition->before = trust_added_find(&addition->list, addition->certificate->sha256);
	return status;
}

static bool
is_for_all(const struct strings *domains)
{
	size_t i;

	for (i = 0; i < domains->count; i++) {
		if (strcmp(domains->items[i], "*") == 0)
			return true;
	}
	return false;
}

/* Whether somebody at a terminal says yes. */
static bool
is_confirmed(void)
{
	char answer[16] = "";

	if (!isatty(STDIN_FILENO)) {
		fputs("smimectl: this would trust it for all mail, and nobody is here to be asked: "
		      "--yes says so\n",
		    stderr);
		return false;
	}
	fputs("Trust it for mail to every domain? Type yes: ", stderr);
	if (fgets(answer, sizeof(answer), stdin) != NULL && strcmp(answer, "yes\n") == 0)
		return true;
	fputs("smimectl: not added\n", stderr);
	return false;
}

static json_t *
domains_json(const struct strings *domains)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < domains->count; i++)
		json_array_append_new(list, ctl_json_text(domains->items[i]));
	return list;
}

static void
show(const struct addition *addition, const struct strings *domains)
{
	json_t *list = domains_json(domains);

	if (!addition->request->options.json) {
		ctl_print_text(addition->certificate->subject);
		putchar('\n');
		trust_print_certificate(addition->certificate);
		trust_print_json_texts("for", list);
		fflush(stdout);
	}
	trust_print_warnings(addition->certificate, stderr);
	json_decref(list);
}

static const char *
who(char *out, size_t size)
{
	const struct passwd *user = getpwuid(getuid());
	const char *sudo = getenv("SUDO_USER");

	snprintf(out, size, "%s%s%s", user != NULL ? user->pw_name : "?",
	    sudo != NULL ? " for " : "", sudo != NULL ? sudo : "");
	return out;
}

static void
report(const struct addition *addition, const struct trust_added *added, bool in_force)
{
	json_t *json;

	if (!addition->request->options.json) {
		printf("added: ");
		ctl_print_text(added->file);
		puts(in_force ? "; the daemon trusts it now" : "");
		return;
	}
	json = json_object();
	trust_put_certificate(json, addition->certificate);
	json_object_set_new(json, "domains", domains_json(&added->domains));
	json_object_set_new(json, "file", ctl_json_text(added->file));
	json_object_set_new(json, "in_force", json_boolean(in_force));
	ctl_print_json(json);
}

static enum ctl_status
write_addition(struct addition *addition, struct trust_added *added)
{
	struct error err = ERROR_INIT;
	enum ctl_status status;
	bool in_force;
	char person[256];

	if (trust_added_write(addition->request->config->added_trust, added,
		who(person, sizeof(person)), &err) != 0)
		return ctl_fail(&err);
	status = trust_tell_daemon(addition->request, &in_force);
	report(addition, added, in_force);
	return status;
}

/* The domains named, or else where it was met, in what is to be written. */
static enum ctl_status
settle_domains(struct addition *addition, struct trust_added *added)
{
	const struct strings *named = addition->request->named.domains.count > 0
					  ? &addition->request->named.domains
					  : &addition->met.domains;
	struct error err = ERROR_INIT;
	size_t i;

	if (named->count == 0)
		return ctl_usage(&ctl_trust,
		    "add: it is not known for whom: --for DOMAIN says so, once for each");
	for (i = 0; i < named->count; i++) {
		if (trust_added_domain(added, named->items[i], &err) != 0)
			return ctl_fail(&err);
	}
	return CTL_OK;
}

static enum ctl_status
add(struct addition *addition)
{
	struct trust_added *added = addition->before != NULL ? addition->before : &addition->fresh;
	enum ctl_status status = settle_domains(addition, added);

	if (status != CTL_OK)
		return status;
	if (addition->before == NULL) {
		added->certificates = sk_X509_new_null();
		if (added->certificates == NULL ||
		    !sk_X509_push(added->certificates, addition->certificate->x509))
			return CTL_TEMPORARY;
		X509_up_ref(addition->certificate->x509);
	}
	show(addition, &added->domains);
	if (is_for_all(&addition->request->named.domains) && !addition->request->yes &&
	    !is_confirmed())
		return CTL_USAGE;
	return write_addition(addition, added);
}

enum ctl_status
trust_add(const struct trust_request *request)
{
	struct addition addition = {.request = request};
	char prefix[TRUST_FINGERPRINT_SIZE];
	struct error err = ERROR_INIT;
	enum ctl_status status;

	if (request->config->added_trust[0] == '\0') {
		error_set(&err, ERROR_INPUT,
		    "added-trust is empty: the configuration names no folder to add to");
		return ctl_fail(&err);
	}
	if (trust_added_read(request->config->added_trust, &addition.list, &err) != 0)
		status = ctl_fail(&err);
	else if (trust_fingerprint_parse(request->argument, prefix))
		status = find_by_fingerprint(&addition, prefix);
	else
		status = read_file(&addition);
	if (status == CTL_OK)
		status = add(&addition);
	certificate_unref(addition.certificate);
	trust_added_clear(&addition.fresh);
	trust_added_clear(&addition.met);
	trust_added_list_free(&addition.list);
	free(addition.base64);
	return status;
}
