/* One certificate: judged as the daemon will judge it, written, and looked up again. */
#include <openssl/crypto.h>
#include <string.h>

#include "publish.h"

/* Why mail could not be encrypted to it; NULL: it could. */
static const char *
find_fault(const struct publication *publication)
{
	const struct plan *plan = publication->judgement.plan;

	if (publication->id == NULL)
		return "it could not be judged";
	if (publication->id->verdict != REASON_OK)
		return reason_get(publication->id->verdict)->code;
	if (publication->blob != NULL && !publication->id->blob_signed)
		return "its signature would not count";
	if (plan->would != ACTION_SEAL)
		return reason_get(plan->recipients[0].reason)->code;
	return NULL;
}

static enum ctl_status
refuse(const struct publication *publication)
{
	const struct digital_id *id = publication->id;
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_INPUT,
	    "%s: %s is not published, because mail to it could not be encrypted: %s%s%s",
	    publication->job->file, publication->address.text, publication->fault,
	    id != NULL && id->detail != NULL ? ": " : "",
	    id != NULL && id->detail != NULL ? id->detail : "");
	ctl_fail(&err);
	return publication->judgement.plan->would == ACTION_DEFER ? CTL_TEMPORARY : CTL_FINDING;
}

static int
judge(const struct publisher *publisher, struct publication *publication, struct error *err)
{
	struct findings *findings = change_findings(publication->change, publication->entry, err);
	int result;

	if (findings == NULL)
		return -1;
	result = judgement_of_findings(publisher->snapshot, publisher->sender,
	    &publication->address, findings, &publication->judgement, err);
	publication->judged = true;
	findings_unref(findings);
	if (result == 0)
		publication->id = recipient_find(
		    ticket_record(publication->judgement.ticket), publication->certificate->sha256);
	return result;
}

/* All that comes before writing. */
static int
prepare_and_judge(struct publisher *publisher, struct publication *publication, struct error *err)
{
	if (publish_prepare(publisher, publication, err) != 0)
		return -1;
	return judge(publisher, publication, err);
}

static struct writer *
get_writer(struct publisher *publisher, size_t directory, struct error *err)
{
	struct writer **writer = &publisher->writers[directory];

	if (*writer == NULL)
		*writer = writer_new(&publisher->directories[directory], err);
	return *writer;
}

static int
settle(struct publisher *publisher, struct publication *publication, struct writer **writer,
    struct error *err)
{
	*writer = NULL;
	if (!editing_is_file(&publisher->directories[publication->directory])) {
		*writer = get_writer(publisher, publication->directory, err);
		if (*writer == NULL)
			return -1;
	}
	return change_settle(publication->change, *writer, err);
}

/* What was found for an address that is published to more than once is not what is there now. */
static int
forget(struct resolver *resolver, const struct address *address, struct error *err)
{
	struct address_pattern pattern;

	if (address_pattern_parse(address->text, &pattern, err) != 0)
		return -1;
	resolver_cache_flush(resolver, &pattern);
	address_pattern_free(&pattern);
	return 0;
}

/* Looks it up through the whole configuration, as the daemon does for mail. */
static int
look_up(struct publisher *publisher, struct publication *publication, struct error *err)
{
	struct publication again = *publication;
	enum ctl_status status; /* whatever it is: it may be asked for again */
	const char *fault;
	int result;

	if (publisher->live == NULL)
		publisher->live =
		    ctl_snapshot(&publisher->request->options, publisher->space, &status);
	if (publisher->live == NULL)
		return error_set(err, ERROR_TEMPORARY, "it could not be looked up");
	if (forget(publisher->live->resolver, &publication->address, err) != 0)
		return -1;
	result = judgement_make(
	    publisher->live, publisher->sender, publication->address.text, &again.judgement, err);
	if (result == 0) {
		again.id = recipient_find(
		    ticket_record(again.judgement.ticket), publication->certificate->sha256);
		fault = find_fault(&again);
		publication->verified = fault == NULL;
		if (fault != NULL)
			result = error_set(err, ERROR_TEMPORARY,
			    "written to \"%s\", but a look-up does not find it usable: %s",
			    publication->entry->dn, fault);
	}
	judgement_free(&again.judgement);
	return result;
}

static int
write_out(struct publisher *publisher, struct publication *publication, struct error *err)
{
	const struct publish_request *request = publisher->request;
	struct writer *writer;

	if (change_count(publication->change) == 0)
		return 0;
	if (publisher->ldif != NULL) {
		if (settle(publisher, publication, &writer, err) != 0)
			return -1;
		return editing_write(
		    publisher->ldif, request->ldif, publication->change, false, err);
	}
	if (!request->editing.apply)
		return 0;
	if (editing_is_file(&publisher->directories[publication->directory]))
		return error_set(err, ERROR_INPUT,
		    "directory \"%s\" is a file: --ldif FILE writes what to change in it",
		    publisher->directories[publication->directory].title);
	if (settle(publisher, publication, &writer, err) != 0)
		return -1;
	switch (change_apply(publication->change, writer, err)) {
	case WRITER_DONE:
		publication->written = true;
		return look_up(publisher, publication, err);
	case WRITER_CHANGED:
		return error_set(err, ERROR_TEMPORARY,
		    "%s was changed by somebody else meanwhile, and is left as it is: try again",
		    publication->entry->dn);
	case WRITER_FAILED:
		break;
	case WRITER_LOST: /* the next one gets a new connection */
		writer_free(writer);
		publisher->writers[publication->directory] = NULL;
		break;
	}
	return -1;
}

static void
clear(struct publication *publication)
{
	if (publication->judged)
		judgement_free(&publication->judgement);
	change_free(publication->change);
	census_free(publication->census);
	OPENSSL_free(publication->blob);
	certificate_unref(publication->certificate);
	key_file_clear(&publication->key_file);
	address_free(&publication->address);
}

/* Names the file, unless that is said already. */
static enum ctl_status
fail(const struct publish_job *job, struct error *err)
{
	if (strncmp(err->text, job->file, strlen(job->file)) != 0)
		error_prefix(err, "%.300s: ", job->file);
	return ctl_fail(err);
}

enum ctl_status
publish_one(struct publisher *publisher, const struct publish_job *job)
{
	struct publication publication = {.job = job};
	enum ctl_status status = CTL_OK;
	struct error err = ERROR_INIT;

	if (prepare_and_judge(publisher, &publication, &err) != 0) {
		status = fail(job, &err);
		publish_show_error(publisher, job, err.text);
	} else {
		publication.fault = find_fault(&publication);
		if (publication.fault != NULL)
			status = refuse(&publication);
		else if (write_out(publisher, &publication, &err) != 0) {
			status = fail(job, &err);
		}
		publish_show(publisher, &publication);
	}
	clear(&publication);
	return status;
}
