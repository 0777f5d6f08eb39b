/* What clean says: which values go, and why; and the sums. */
#include <inttypes.h>
#include <openssl/sha.h>
#include <string.h>

#include "audit/audit.h"
#include "base/clock.h"
#include "base/hex.h"
#include "clean.h"
#include "smime/blob.h"
#include "smime/certificate.h"

static void
digest_value(const struct census_value *value, char text[65])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	SHA256(value->value, value->size, digest);
	hex_lower(digest, sizeof(digest), text);
}

static json_t *
reasons_json(clean_reasons reasons)
{
	json_t *list = json_array();
	unsigned reason;

	for (reason = 0; reason <= CLEAN_SUPERSEDED; reason++) {
		if ((reasons & CLEAN_BIT(reason)) != 0)
			json_array_append_new(list, json_string(clean_reason_code(reason)));
	}
	return list;
}

/* A value's digital IDs: what is to be done with each. NULL: none can be read. */
typedef void tell_id(void *context, const struct digital_id *id);

static void
tell_certificate(const struct clean_finding *finding, X509 *x509, tell_id *tell, void *context)
{
	struct certificate *certificate = certificate_from_x509(x509, NULL);
	const struct digital_id *id = NULL;

	if (certificate != NULL)
		id = recipient_find(finding->record, certificate->sha256);
	if (id != NULL)
		tell(context, id);
	certificate_unref(certificate);
}

static void
tell_ids(const struct clean_finding *finding, const struct census_value *value, tell_id *tell,
    void *context)
{
	struct certificate *certificate = NULL;
	struct blob *blob = NULL;
	int i;

	if (value->kind == FINDING_BLOB)
		blob = blob_read(value->value, value->size, NULL);
	else
		certificate = certificate_from_der(value->value, value->size, NULL);
	if (certificate != NULL)
		tell_certificate(finding, certificate->x509, tell, context);
	for (i = 0; blob != NULL && i < sk_X509_num(blob->certificates); i++)
		tell_certificate(finding, sk_X509_value(blob->certificates, i), tell, context);
	certificate_unref(certificate);
	blob_free(blob);
}

static void
add_json(void *context, const struct digital_id *id)
{
	json_array_append_new(context, audit_digital_id_json(id));
}

static json_t *
value_json(const struct clean_finding *finding, size_t i)
{
	const struct census_value *value = &finding->entry->values[i];
	json_t *json = json_object();
	json_t *ids = json_array();
	char digest[65];

	digest_value(value, digest);
	tell_ids(finding, value, add_json, ids);
	json_object_set_new(json, "attribute", ctl_json_text(value->name));
	json_object_set_new(json, "sha256", json_string(digest));
	json_object_set_new(json, "size", json_integer((json_int_t)value->size));
	json_object_set_new(json, "reasons", reasons_json(finding->dead[i]));
	json_object_set_new(json, "digital_ids", ids);
	return json;
}

static void
show_json(const struct clean_finding *finding)
{
	json_t *json = json_object();
	json_t *values = json_array();
	size_t i;

	for (i = 0; i < finding->entry->value_count; i++) {
		if (finding->dead[i] != 0)
			json_array_append_new(values, value_json(finding, i));
	}
	json_object_set_new(json, "directory", ctl_json_text(finding->directory->title));
	json_object_set_new(json, "dn", ctl_json_text(finding->entry->dn));
	json_object_set_new(json, "address", ctl_json_text(finding->address->text));
	json_object_set_new(json, "values", values);
	json_object_set_new(json, "spared", ctl_json_text(finding->spared));
	ctl_print_json(json);
}

static void
print_id(void *context UNUSED, const struct digital_id *id)
{
	const struct certificate *certificate = id->certificate;
	char date[CLOCK_TEXT_SIZE];

	fputs("      ", stdout);
	ctl_print_text(certificate->subject);
	printf(", serial %s, until %s: %s", certificate->serial,
	    clock_format_date(certificate->not_after, date), reason_get(id->verdict)->code);
	if (id->detail != NULL) {
		fputs(": ", stdout);
		ctl_print_text(id->detail);
	}
	putchar('\n');
}

static void
print_value(const struct clean_finding *finding, size_t i)
{
	const struct census_value *value = &finding->entry->values[i];
	const char *before = ": ";
	unsigned reason;
	char digest[65];

	digest_value(value, digest);
	fputs("  - ", stdout);
	ctl_print_text(value->name);
	printf(", %zu bytes, sha256 %.16s", value->size, digest);
	ctl_colour(CTL_BAD);
	for (reason = 0; reason <= CLEAN_SUPERSEDED; reason++) {
		if ((finding->dead[i] & CLEAN_BIT(reason)) == 0)
			continue;
		printf("%s%s", before, clean_reason_code(reason));
		before = ", ";
	}
	ctl_colour(CTL_PLAIN);
	putchar('\n');
	tell_ids(finding, value, print_id, NULL);
}

void
clean_show(const struct clean_work *work, const struct clean_finding *finding)
{
	size_t i;

	if (work->request->options.json) {
		show_json(finding);
		return;
	}
	ctl_colour(CTL_STRONG);
	ctl_print_text(finding->entry->dn);
	ctl_colour(CTL_PLAIN);
	fputs(" (", stdout);
	ctl_print_text(finding->address->text);
	puts(")");
	for (i = 0; i < finding->entry->value_count; i++) {
		if (finding->dead[i] != 0)
			print_value(finding, i);
	}
	if (finding->spared != NULL)
		printf("  left as it is: %s\n", finding->spared);
}

static void
show_sums_json(const struct clean_work *work, const char *backup)
{
	const struct {
		const char *name;
		uint64_t count;
	} sums[] = {{"entries", work->entries}, {"dirty", work->dirty}, {"values", work->values},
	    {"spared", work->spared}, {"unknown", work->unknown}, {"written", work->written},
	    {"changed", work->changed}, {"failed", work->failed}, {"unsure", work->unsure}};
	json_t *json = json_object();
	json_t *summary = json_object();
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(sums); i++)
		json_object_set_new(summary, sums[i].name, json_integer((json_int_t)sums[i].count));
	json_object_set_new(summary, "backup", ctl_json_text(backup));
	json_object_set_new(json, "summary", summary);
	ctl_print_json(json);
}

void
clean_show_sums(const struct clean_work *work, const char *backup)
{
	fflush(stdout);
	if (work->request->options.json) {
		show_sums_json(work, backup);
		return;
	}
	printf("%" PRIu64 " entries: %" PRIu64 " with %" PRIu64 " dead values", work->entries,
	    work->dirty, work->values);
	if (work->spared > 0)
		printf(", %" PRIu64 " spared", work->spared);
	if (work->unknown > 0)
		printf(", %" PRIu64 " could not be judged", work->unknown);
	putchar('\n');
	if (work->written > 0) {
		printf("%" PRIu64 " of them changed; ldapmodify -f ", work->written);
		ctl_print_text(backup);
		puts(" takes it back");
	}
	if (work->unsure > 0) {
		printf("%" PRIu64
		       " entries got no answer: look whether they were changed before you "
		       "use ",
		    work->unsure);
		ctl_print_text(backup);
		putchar('\n');
	}
	if (!work->request->editing.apply && work->values > 0) {
		puts("nothing was changed: --apply does");
	}
}
