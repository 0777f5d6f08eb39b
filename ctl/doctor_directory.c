/* Directories: whether each server can be reached, has the base and finds certificates, and how fast. */
#include <inttypes.h>
#include <ldap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "directory/census.h"
#include "directory/filter.h"
#include "directory/inquiry.h"
#include "doctor.h"
#include "doctor_view.h"
#include "ldap/tls_identity.h"

/* A file is read whole. */
#define FILE_TIME ((int64_t)120 * 1000)
/* A client certificate ends soon, seconds. */
#define EXPIRES_SOON ((time_t)30 * 86400)

/* An address of the directory's first domain that nobody has. 0/-1. */
static int
make_filter(struct doctor_view *view, struct error *err)
{
	const struct strings *domains = &view->directory->domains;
	const char *domain = domains->count > 0 ? domains->items[0] : "*";
	struct address address = ADDRESS_INIT;
	char text[ADDRESS_MAX];

	domain += *domain == '.';
	snprintf(text, sizeof(text), "no-such-address-smimectl-doctor@%s",
	    *domain == '*' ? "example.invalid" : domain);
	if (address_parse(text, &address, err) != 0)
		return -1;
	view->filter = filter_build(view->directory, &address, err);
	address_free(&address);
	return view->filter != NULL ? 0 : -1;
}

/* What may be wrong where no certificate is found. */
static void
write_advice(const struct doctor_view *view, char *advice, size_t size)
{
	const char *blob = view->directory->smime_attribute;
	const char *bare = view->directory->certificate_attribute;
	bool both = blob[0] != '\0' && bare[0] != '\0';
	bool file = view->inquiry == NULL;

	snprintf(advice, size, "see that %s %.100s%s%.100s",
	    file ? "its entries have mail and"
		 : "base and filter are right, and that bind-dn may read",
	    bare,
	    both && file ? " or "
	    : both       ? " and "
			 : "",
	    blob);
}

static void
tell_found(const struct doctor_view *view, size_t entries, bool complete)
{
	char advice[300];

	write_advice(view, advice, sizeof(advice));
	if (entries > 0)
		diagnosis_add(view->doctor->diagnosis, DIAGNOSIS_OK, "directory", NULL,
		    "\"%s\": there is an entry with a certificate", view->directory->title);
	else if (complete)
		diagnosis_add(view->doctor->diagnosis, DIAGNOSIS_WARNING, "directory", advice,
		    "\"%s\": no entry with an address and a certificate is found",
		    view->directory->title);
}

static void
tell_certificates(struct doctor_view *view)
{
	struct error err = ERROR_INIT;
	char *filter = census_filter(view->directory, &err);
	struct inquiry_answer answer;
	struct pool_question question;

	if (filter == NULL)
		return; /* without memory: the rest tells it */
	question =
	    doctor_view_question(view, view->directory->base, doctor_view_scope(view), filter);
	question.entries_limit = 1;
	inquiry_ask(view->inquiry, &question, NULL, NULL, &answer);
	free(filter);
	if (answer.outcome == POOL_FAILED)
		diagnosis_add(view->doctor->diagnosis, DIAGNOSIS_NOTE, "directory", NULL,
		    "\"%s\": whether there is any certificate could not be asked: %s",
		    view->directory->title, answer.error.text);
	else
		tell_found(view, answer.entries, answer.outcome == POOL_COMPLETE);
}

/* Connecting, TLS, bind and the base, in one. */
static bool
reach(struct doctor_view *view)
{
	struct pool_question question =
	    doctor_view_question(view, view->directory->base, LDAP_SCOPE_BASE, "(objectClass=*)");
	struct inquiry_answer answer;

	inquiry_ask(view->inquiry, &question, NULL, NULL, &answer);
	if (answer.outcome == POOL_FAILED) {
		diagnosis_add(view->doctor->diagnosis, DIAGNOSIS_PROBLEM, "directory",
		    view->directory->uri.count > 1 ? "repair that, or take the server out of uri"
						   : "repair that: mail for its domains waits",
		    "\"%s\": %s", view->directory->title, answer.error.text);
		return false;
	}
	view->connection = answer.connection;
	if (answer.outcome == POOL_NO_SUCH_OBJECT || answer.entries == 0) {
		diagnosis_add(view->doctor->diagnosis, DIAGNOSIS_PROBLEM, "directory",
		    "see that base is right, and that bind-dn may read it",
		    "\"%s\": %s does not show its entry %s", view->directory->title, view->uri,
		    view->directory->base);
		return false;
	}
	diagnosis_add(view->doctor->diagnosis, DIAGNOSIS_OK, "directory", NULL,
	    "\"%s\": %s answers as %s", view->directory->title, view->uri,
	    view->directory->bind_dn != NULL && view->directory->bind_dn[0] != '\0'
		? view->directory->bind_dn
	    : view->directory->bind_method == BIND_EXTERNAL ? "the client certificate's owner"
							    : "anonymous");
	return true;
}

/* Who sits between can publish what they like, or see who writes to whom. */
static void
tell_tls(const struct doctor_view *view)
{
	static const char *const near[] = {
	    "ldap://127.", "ldap://localhost", "ldap://[::1]", "ldap://::1"};
	size_t i;

	if (view->directory->tls != TLS_NEVER || strncasecmp(view->uri, "ldap://", 7) != 0)
		return;
	for (i = 0; i < ARRAY_LENGTH(near); i++) {
		if (strncasecmp(view->uri, near[i], strlen(near[i])) == 0)
			return;
	}
	diagnosis_add(view->doctor->diagnosis, DIAGNOSIS_WARNING, "directory",
	    "take tls = never away, or use ldaps://",
	    "\"%s\": %s is asked without TLS: who is on the way sees who is written to, and can "
	    "hide certificates",
	    view->directory->title, view->uri);
}

/* first: nobody before it could be asked for what all servers of a directory have alike. */
static bool
look_at_server(const struct doctor *doctor, const struct config_directory *directory,
    const char *uri, bool first)
{
	struct doctor_view view = {.doctor = doctor, .directory = directory, .uri = uri};
	struct error err = ERROR_INIT;
	bool reached = false;

	view.inquiry = inquiry_new(directory, uri, &err);
	if (view.inquiry == NULL || make_filter(&view, &err) != 0) {
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "directory", NULL,
		    "\"%s\": %s: %s", directory->title, uri, err.text);
	} else if (reach(&view)) {
		reached = true;
		tell_tls(&view);
		if (first) {
			tell_certificates(&view);
			doctor_bases(&view);
		}
		/* No index can be missing for an attribute that is not there. */
		if (!first || doctor_schema(&view))
			doctor_speed(&view);
	}
	inquiry_free(view.inquiry);
	free(view.filter);
	return reached;
}

static void
look_at_file(const struct doctor *doctor, const struct config_directory *directory)
{
	static const struct census_options options = {false};
	struct doctor_view view = {
	    .doctor = doctor, .directory = directory, .uri = directory->ldif};
	int64_t end = clock_monotonic_ms() + FILE_TIME;
	struct error err = ERROR_INIT;
	struct census *census = census_new(directory, &options, &err);
	enum census_state state = CENSUS_FAILED;
	struct census_progress progress = {0};
	const struct census_page *page;
	size_t found = 0;

	/* To its end, where the daemon would see that it was cut off. */
	while (census != NULL && (state = census_next(census, end, &page, &err)) == CENSUS_PAGE)
		found += page->count;
	if (census != NULL)
		census_progress(census, &progress);
	if (state == CENSUS_FAILED)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "directory", NULL, "\"%s\": %s",
		    directory->title, err.text);
	else if (state == CENSUS_WAIT)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_NOTE, "directory", NULL,
		    "\"%s\": %s is too large to be read in %d s", directory->title, directory->ldif,
		    (int)(FILE_TIME / 1000));
	else if (found == 0 && progress.broken > 0)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "directory", NULL,
		    "\"%s\": %s: no entry with an address and a certificate is found, and %zu "
		    "record(s) can't be read",
		    directory->title, directory->ldif, progress.broken);
	else
		tell_found(&view, found, true);
	census_free(census);
}

/* The client certificate's dates. */
static void
look_at_identity(const struct doctor *doctor, const struct config_directory *directory)
{
	struct error err = ERROR_INIT;
	struct tls_identity identity;
	char date[CLOCK_TEXT_SIZE];
	time_t now = clock_wall();
	time_t end = now;

	if (directory->tls_certificate == NULL || directory->tls_certificate[0] == '\0')
		return;
	if (tls_identity_read(directory->tls_certificate, directory->tls_key, &identity, &err) !=
	    0) {
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "directory", NULL, "\"%s\": %s",
		    directory->title, err.text);
		return;
	}
	if (certificate_read_time(X509_get0_notAfter(identity.certificate), &end) &&
	    end < now + EXPIRES_SOON)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_WARNING, "directory",
		    "have a new one made", "\"%s\": the client certificate in %s %s on %s",
		    directory->title, directory->tls_certificate, end < now ? "expired" : "expires",
		    clock_format_date(end, date));
	tls_identity_clear(&identity);
}

/* A server that is silent must be given up before the message is. */
static void
look_at_times(const struct doctor *doctor, const struct config_directory *directory)
{
	int64_t deadline = doctor->config->deadline;
	bool connecting = directory->connect_timeout >= deadline;

	if (directory->uri.count == 0 || (!connecting && directory->search_timeout < deadline))
		return;
	diagnosis_add(doctor->diagnosis, DIAGNOSIS_WARNING, "directory",
	    "set it well below deadline",
	    "\"%s\": %s (%" PRId64 " ms) is not below deadline (%" PRId64
	    " ms): of a server that is silent no other takes over in time for the mail",
	    directory->title, connecting ? "connect-timeout" : "search-timeout",
	    connecting ? directory->connect_timeout : directory->search_timeout, deadline);
}

void
doctor_directory(const struct doctor *doctor)
{
	const struct config *config = doctor->config;
	size_t i;
	size_t k;

	log_set_level(LOG_LEVEL_ERROR); /* what the pool warns of is told here */
	for (i = 0; i < config->directory_count; i++) {
		const struct config_directory *directory = &config->directories[i];
		bool reached = false;

		look_at_identity(doctor, directory);
		look_at_times(doctor, directory);
		if (directory->ldif != NULL && directory->ldif[0] != '\0')
			look_at_file(doctor, directory);
		for (k = 0; k < directory->uri.count; k++)
			reached =
			    look_at_server(doctor, directory, directory->uri.items[k], !reached) ||
			    reached;
	}
	if (config->directory_count == 0)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "directory",
		    "add a directory section to the configuration",
		    "there is none: nobody's certificate can be found");
}
