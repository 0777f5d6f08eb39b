/* What publish says of one certificate. */
#include <string.h>

#include "audit/audit.h"
#include "publish.h"

static const char *
form_of(const struct publication *publication)
{
	return publication->blob != NULL ? "signed" : "certificate";
}

/* What stays in the entry, and hides this one from some clients. */
static size_t
count_stale(const struct publication *publication)
{
	const struct recipient *record = ticket_record(publication->judgement.ticket);
	size_t count = 0;
	size_t i;

	for (i = 0; record != NULL && i < record->digital_id_count; i++)
		count += record->digital_ids[i].stale;
	return count;
}

static json_t *
change_json(const struct publication *publication)
{
	json_t *list = json_array();
	struct change_sum sum;
	json_t *json;
	int kind;

	for (kind = FINDING_BLOB; kind <= FINDING_CERTIFICATE; kind++) {
		sum = change_sum(publication->change, (enum finding_kind)kind);
		if (sum.added + sum.removed == 0)
			continue;
		json = json_object();
		json_object_set_new(json, "attribute", ctl_json_text(sum.name));
		json_object_set_new(json, "added", json_integer((json_int_t)sum.added));
		json_object_set_new(json, "removed", json_integer((json_int_t)sum.removed));
		json_object_set_new(json, "kept", json_integer((json_int_t)sum.kept));
		json_array_append_new(list, json);
	}
	return list;
}

static void
show_json(const struct publisher *publisher, const struct publication *publication)
{
	const struct plan_recipient *planned = &publication->judgement.plan->recipients[0];
	json_t *json = json_object();

	json_object_set_new(json, "file", ctl_json_text(publication->job->file));
	json_object_set_new(json, "address", ctl_json_text(publication->address.text));
	json_object_set_new(
	    json, "directory", ctl_json_text(publisher->directories[publication->directory].title));
	json_object_set_new(json, "dn", ctl_json_text(publication->entry->dn));
	json_object_set_new(json, "form", json_string(form_of(publication)));
	json_object_set_new(json, "digital_id",
	    publication->id != NULL ? audit_digital_id_json(publication->id) : json_null());
	json_object_set_new(json, "fault", ctl_json_text(publication->fault));
	json_object_set_new(json, "stale", json_integer((json_int_t)count_stale(publication)));
	json_object_set_new(json, "cipher",
	    planned->cipher != NULL ? json_string(planned->cipher->name) : json_null());
	json_object_set_new(json, "fallback", audit_fallback_json(planned->fallback));
	json_object_set_new(json, "changes", change_json(publication));
	json_object_set_new(json, "written", json_boolean(publication->written));
	json_object_set_new(json, "verified", json_boolean(publication->verified));
	ctl_print_json(json);
}

static void
show_changes(const struct publication *publication)
{
	struct change_sum sum;
	int kind;

	if (change_count(publication->change) == 0)
		puts("  nothing to do: it is published already");
	for (kind = FINDING_BLOB; kind <= FINDING_CERTIFICATE; kind++) {
		sum = change_sum(publication->change, (enum finding_kind)kind);
		if (sum.added + sum.removed == 0)
			continue;
		fputs("  ", stdout);
		ctl_print_text(sum.name);
		printf(": %zu added, %zu removed, %zu left as they are\n", sum.added, sum.removed,
		    sum.kept);
	}
}

static void
show_clients(const struct publication *publication)
{
	const struct plan_recipient *planned = &publication->judgement.plan->recipients[0];

	if (planned->cipher != NULL)
		printf("  would be sealed with %s (capabilities %s)\n", planned->cipher->name,
		    capabilities_source_name(planned->capabilities.from));
	ctl_print_fallback(planned->fallback);
}

static void
show_end(const struct publisher *publisher, const struct publication *publication)
{
	size_t stale = count_stale(publication);

	if (stale > 0)
		printf("  %zu digital ID%s in the entry hide%s a better one from some clients: "
		       "smimectl clean, or --replace\n",
		    stale, stale == 1 ? "" : "s", stale == 1 ? "s" : "");
	if (publication->fault != NULL)
		printf("  not published: %s\n", publication->fault);
	else if (publication->verified)
		puts("  written, and found by a look-up");
	else if (publication->written)
		puts("  written");
	else if (publisher->ldif != NULL)
		puts("  not written here: a change record is in the file");
	else if (!publisher->request->editing.apply && change_count(publication->change) > 0)
		puts("  not written: --apply does");
}

void
publish_show(const struct publisher *publisher, const struct publication *publication)
{
	if (publisher->request->options.json) {
		show_json(publisher, publication);
		return;
	}
	ctl_colour(CTL_STRONG);
	ctl_print_text(publication->address.text);
	ctl_colour(CTL_PLAIN);
	printf(": %s\n  entry ", publication->blob != NULL
				     ? "a signed blob with capabilities (userSMIMECertificate)"
				     : "the certificate alone (no private key is at hand)");
	ctl_print_text(publication->entry->dn);
	fputs(" in directory ", stdout);
	ctl_print_text(publisher->directories[publication->directory].title);
	putchar('\n');
	if (publication->id != NULL)
		ctl_print_digital_id(publication->id, 1);
	show_clients(publication);
	show_changes(publication);
	show_end(publisher, publication);
}

void
publish_show_error(
    const struct publisher *publisher, const struct publish_job *job, const char *why)
{
	json_t *json;

	if (!publisher->request->options.json)
		return;
	json = json_object();
	json_object_set_new(json, "file", ctl_json_text(job->file));
	json_object_set_new(json, "error", ctl_json_text(why));
	ctl_print_json(json);
}
