#include "control_request.h"

#include <inttypes.h>

int
control_request_parse(
    const char *line, size_t size, struct control_request *request, struct error *err)
{
	json_error_t why;

	request->json = json_loadb(line, size, JSON_REJECT_DUPLICATES, &why);
	if (request->json == NULL)
		return error_set(err, ERROR_INPUT, "the request is no JSON: %s", why.text);
	request->command = json_string_value(json_object_get(request->json, "command"));
	if (request->command != NULL)
		return 0;
	control_request_free(request);
	return error_set(
	    err, ERROR_INPUT, "the request is not an object with the name of a \"command\"");
}

void
control_request_free(struct control_request *request)
{
	json_decref(request->json);
	request->json = NULL;
	request->command = NULL;
}

int
control_request_number(const struct control_request *request, const char *name, int64_t least,
    int64_t most, int64_t *number, struct error *err)
{
	const json_t *member = json_object_get(request->json, name);
	json_int_t value;

	if (member == NULL)
		return 0;
	value = json_integer_value(member);
	if (!json_is_integer(member) || value < least || value > most)
		return error_set(err, ERROR_INPUT,
		    "\"%s\" must be a whole number from %" PRId64 " to %" PRId64, name, least,
		    most);
	*number = value;
	return 0;
}

int
control_request_text(
    const struct control_request *request, const char *name, const char **text, struct error *err)
{
	const json_t *member = json_object_get(request->json, name);

	*text = json_string_value(member);
	if (*text == NULL && !json_is_null(member))
		return error_set(err, ERROR_INPUT, "\"%s\" must be a text, or null", name);
	return 0;
}
