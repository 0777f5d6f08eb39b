/* The sums as JSON. */
#include "base/clock.h"
#include "command.h"
#include "survey.h"

static json_t *
reasons_json(const uint64_t counts[REASON_COUNT])
{
	json_t *json = json_object();
	unsigned i;

	for (i = 0; i < REASON_COUNT; i++) {
		if (counts[i] > 0)
			json_object_set_new(
			    json, survey_kind_code(i), json_integer((json_int_t)counts[i]));
	}
	return json;
}

static json_t *
found_json(const struct survey *survey)
{
	json_t *json = json_object();
	unsigned i;

	for (i = 0; i < SURVEY_KIND_COUNT; i++) {
		if (survey->found[i] > 0)
			json_object_set_new(
			    json, survey_kind_code(i), json_integer((json_int_t)survey->found[i]));
	}
	return json;
}

static json_t *
ciphers_json(const uint64_t counts[CIPHER_COUNT])
{
	json_t *json = json_object();
	int i;

	for (i = CIPHER_COUNT - 1; i >= 0; i--) {
		if (counts[i] > 0)
			json_object_set_new(json, cipher_get((enum cipher_id)i)->name,
			    json_integer((json_int_t)counts[i]));
	}
	return json;
}

static json_t *
weak_json(const struct survey *survey)
{
	json_t *json = json_object();
	unsigned i;

	for (i = 0; i < CLIENT_COUNT; i++)
		json_object_set_new(json, capabilities_client_name((enum client)i),
		    json_integer((json_int_t)survey->weak[i]));
	return json;
}

static json_t *
months_json(const struct survey *survey)
{
	json_t *json = json_object();
	char month[16];
	size_t i;

	for (i = 0; i <= SURVEY_MONTHS; i++)
		json_object_set_new(json, survey_month(survey, i, month),
		    json_integer((json_int_t)survey->months[i]));
	return json;
}

static json_t *
cas_json(const struct survey *survey)
{
	json_t *list = json_array();
	json_t *ca;
	size_t i;

	for (i = 0; i < survey->ca_count; i++) {
		ca = json_object();
		json_object_set_new(ca, "subject", ctl_json_text(survey->cas[i].name));
		json_object_set_new(ca, "sha256",
		    ctl_json_text(survey->cas[i].sha256[0] != '\0' ? survey->cas[i].sha256 : NULL));
		json_object_set_new(ca, "count", json_integer((json_int_t)survey->cas[i].count));
		json_object_set_new(ca, "reasons", reasons_json(survey->cas[i].reasons));
		json_array_append_new(list, ca);
	}
	return list;
}

json_t *
survey_json(const struct survey *survey, const char *incomplete)
{
	static const char *const names[SURVEY_STANDINGS] = {
	    "usable", "unusable", "unknown", "no_address", "not_asked"};
	char at[CLOCK_TEXT_SIZE];
	json_t *json = json_object();
	json_t *outer = json_object();
	unsigned i;

	json_object_set_new(json, "complete", json_boolean(incomplete == NULL));
	json_object_set_new(json, "incomplete", ctl_json_text(incomplete));
	json_object_set_new(json, "at", json_string(clock_format_rfc3339(survey->at, at)));
	json_object_set_new(json, "entries", json_integer((json_int_t)survey->entries));
	json_object_set_new(json, "broken", json_integer((json_int_t)survey->broken));
	for (i = 0; i < SURVEY_STANDINGS; i++)
		json_object_set_new(json, names[i], json_integer((json_int_t)survey->standing[i]));
	json_object_set_new(json, "reasons", reasons_json(survey->by_reason));
	json_object_set_new(json, "findings", found_json(survey));
	json_object_set_new(json, "digital_ids", reasons_json(survey->digital_ids));
	json_object_set_new(json, "fallback_40_bit", weak_json(survey));
	json_object_set_new(json, "ciphers", ciphers_json(survey->published));
	json_object_set_new(json, "assumed", ciphers_json(survey->assumed));
	json_object_set_new(json, "expiry", months_json(survey));
	json_object_set_new(json, "cas", cas_json(survey));
	json_object_set_new(json, "other_cas", json_integer((json_int_t)survey->other_cas));
	json_object_set_new(outer, "summary", json);
	return outer;
}
