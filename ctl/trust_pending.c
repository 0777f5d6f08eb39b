/* smimectl trust pending: CAs that were met, and whom it would help to trust them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "base/clock.h"
#include "directory/resolver.h"
#include "trust_command.h"

/* Judgements of one run, and the time for all of them: a directory may be slow, or silent. */
#define CHECKS_MAX 400
#define CHECK_TIME_MS 30000
/* For a trust to be in force, milliseconds. */
#define REBASE_TIME ((int64_t)5 * 1000)

struct checking {
	const struct trust_request *request;
	struct resolver *resolver; /* NULL: nothing is checked */
	int64_t deadline_ms;
	size_t checks;
};

static json_t *
time_json(time_t at)
{
	char date[CLOCK_TEXT_SIZE];

	return json_string(clock_format_rfc3339(at, date));
}

static json_t *
recipient_json(const struct pending_recipient *recipient)
{
	return json_pack("{s:o, s:o, s:o, s:I, s:o}", "address", ctl_json_text(recipient->address),
	    "directory", ctl_json_text(recipient->directory), "dn", ctl_json_text(recipient->dn),
	    "count", (json_int_t)recipient->count, "last", time_json(recipient->last));
}

json_t *
trust_pending_json(const struct pending_authority *authority)
{
	struct certificate *certificate =
	    authority->certificate != NULL ? trust_decode(authority->certificate) : NULL;
	json_t *json = json_object();
	json_t *domains = json_array();
	json_t *recipients = json_array();
	size_t i;

	json_object_set_new(json, "sha256", json_null());
	json_object_set_new(json, "subject", ctl_json_text(authority->subject));
	json_object_set_new(json, "issuer", ctl_json_text(authority->issuer));
	if (certificate != NULL)
		trust_put_certificate(json, certificate);
	json_object_set_new(json, "key_id", ctl_json_text(authority->key_id));
	json_object_set_new(json, "first", time_json(authority->first));
	json_object_set_new(json, "last", time_json(authority->last));
	json_object_set_new(json, "count", json_integer((json_int_t)authority->count));
	for (i = 0; i < authority->domain_count; i++)
		json_array_append_new(domains, ctl_json_text(authority->domains[i]));
	for (i = 0; i < authority->recipient_count; i++)
		json_array_append_new(recipients, recipient_json(&authority->recipients[i]));
	json_object_set_new(json, "domains", domains);
	json_object_set_new(json, "recipients", recipients);
	certificate_unref(certificate);
	return json;
}

/* What holds for the address by the trust in force; NULL: not known. */
static const char *
judge(struct checking *checking, const char *text)
{
	struct address address = ADDRESS_INIT;
	const struct recipient *record = NULL;
	struct ticket *ticket = NULL;
	const char *code = NULL;

	if (checking->checks >= CHECKS_MAX || clock_monotonic_ms() >= checking->deadline_ms ||
	    address_parse(text, &address, NULL) != 0)
		goto out;
	checking->checks++;
	ticket = resolver_submit(checking->resolver, &address, checking->deadline_ms);
	if (ticket != NULL && ticket_wait(ticket, checking->deadline_ms))
		record = ticket_record(ticket);
	if (record != NULL && record->state == RECIPIENT_NONE)
		code = reason_get(REASON_NO_DIGITAL_ID)->code;
	else if (record != NULL && record->digital_id_count > 0)
		code = reason_get(record->digital_ids[0].verdict)->code;
out:
	ticket_free(ticket);
	address_free(&address);
	return code;
}

/* Judges each recipient anew, as member `name`. */
static void
judge_all(struct checking *checking, json_t *row, const char *name)
{
	json_t *recipients = json_object_get(row, "recipients");
	size_t i;

	for (i = 0; i < json_array_size(recipients); i++) {
		json_t *recipient = json_array_get(recipients, i);
		const char *address = json_string_value(json_object_get(recipient, "address"));

		json_object_set_new(recipient, name, ctl_json_text(judge(checking, address)));
	}
}

/* The trust as it would be with this CA, for the domains where it was met; NULL on error. */
static struct trust *
trust_with(const struct config *config, const struct pending_authority *authority)
{
	struct trust_added more = {NULL, {NULL, 0}, sk_X509_new_null()};
	struct certificate *certificate = trust_decode(authority->certificate);
	struct trust *trust = NULL;
	bool well = certificate != NULL && more.certificates != NULL &&
		    sk_X509_push(more.certificates, certificate->x509) > 0;
	size_t i;

	if (well)
		X509_up_ref(certificate->x509);
	for (i = 0; well && i < authority->domain_count; i++)
		well = trust_added_domain(&more, authority->domains[i], NULL) == 0;
	if (well)
		trust = trust_load_with(config, &more, NULL);
	trust_added_clear(&more);
	certificate_unref(certificate);
	return trust;
}

static bool
put_in_force(struct checking *checking, struct trust *trust)
{
	struct error err = ERROR_INIT;

	return resolver_rebase_trust(checking->resolver, trust, REBASE_TIME, NULL, NULL, &err) == 0;
}

static void
check(struct checking *checking, const struct pending_authority *authority, json_t *row)
{
	struct trust *before;
	struct trust *trust;

	if (checking->resolver == NULL)
		return;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "asking the directories … (%zu)\r", checking->checks);
	judge_all(checking, row, "now");
	if (authority->certificate == NULL)
		return;
	before = trust_load(checking->request->config, NULL);
	trust = before != NULL ? trust_with(checking->request->config, authority) : NULL;
	if (trust != NULL && put_in_force(checking, trust))
		judge_all(checking, row, "then");
	/* Whatever comes next is judged without it. */
	if (trust != NULL && !put_in_force(checking, before))
		checking->checks = CHECKS_MAX;
	trust_unref(trust);
	trust_unref(before);
}

static const char *
text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static void
print_recipient(const json_t *recipient)
{
	const char *now = text(recipient, "now");
	const char *then = text(recipient, "then");

	fputs("    ", stdout);
	ctl_print_text(text(recipient, "address"));
	if (now != NULL && strcmp(now, "ok") == 0)
		puts(": usable already");
	else if (then != NULL && strcmp(then, "ok") == 0)
		puts(": would become usable");
	else if (then != NULL)
		printf(": would still not be usable: %s\n", then);
	else
		putchar('\n');
}

static void
print_row(const json_t *row, const struct pending_authority *authority)
{
	struct certificate *certificate =
	    authority->certificate != NULL ? trust_decode(authority->certificate) : NULL;
	const json_t *recipients = json_object_get(row, "recipients");
	size_t i;

	ctl_print_text(authority->subject);
	putchar('\n');
	if (certificate != NULL) {
		trust_print_certificate(certificate);
		trust_print_warnings(certificate, stdout);
	} else {
		trust_print_line("certificate",
		    "not found: with it in a file, smimectl trust add FILE --for DOMAIN");
		trust_print_line("key id", authority->key_id);
	}
	printf("  %-12s %" PRIu64 " time(s), first %.10s, last %.10s\n", "met", authority->count,
	    text(row, "first"), text(row, "last"));
	trust_print_json_texts("for", json_object_get(row, "domains"));
	for (i = 0; i < json_array_size(recipients); i++)
		print_recipient(json_array_get(recipients, i));
	if (certificate != NULL)
		printf("  %-12s smimectl trust add %.16s\n", "to trust it", certificate->sha256);
	certificate_unref(certificate);
}

static void
show(void *context, const struct pending_authority *authority)
{
	struct checking *checking = context;
	json_t *row = trust_pending_json(authority);

	check(checking, authority, row);
	if (checking->request->options.json) {
		ctl_print_json(row);
		return;
	}
	print_row(row, authority);
	putchar('\n');
	json_decref(row);
}

/* A resolver of its own, so that the daemon's cache does not matter; NULL on error. */
static struct resolver *
make_resolver(struct config *config)
{
	struct error err = ERROR_INIT;
	struct trust *trust = trust_load(config, &err);
	struct evidence *evidence = trust != NULL ? snapshot_evidence(config, &err) : NULL;
	struct resolver *resolver = NULL;

	if (evidence != NULL) {
		evidence_open_folder(evidence, config->state_folder, false);
		resolver = resolver_new(config, trust, evidence, &err);
	}
	if (resolver == NULL)
		ctl_fail(&err);
	evidence_unref(evidence);
	trust_unref(trust);
	return resolver;
}

enum ctl_status
trust_pending(const struct trust_request *request)
{
	struct checking checking = {.request = request};
	enum ctl_status status;
	struct pending *pending = trust_pending_read(request, &status);

	if (pending == NULL)
		return status;
	if (pending_count(pending) > 0) {
		status = CTL_FINDING;
		if (!request->no_check)
			checking.resolver = make_resolver(request->config);
		checking.deadline_ms = clock_monotonic_ms() + CHECK_TIME_MS;
		pending_each(pending, show, &checking);
		if (checking.checks >= CHECKS_MAX ||
		    (checking.resolver != NULL && clock_monotonic_ms() >= checking.deadline_ms))
			fputs("smimectl: not all recipients were checked: too many, or too slow\n",
			    stderr);
	} else if (!request->options.json) {
		puts("nothing is pending: every CA that was met is trusted where it was met");
	}
	resolver_free(checking.resolver);
	pending_free(pending);
	return status;
}
