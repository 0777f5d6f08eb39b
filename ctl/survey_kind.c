/* The kinds of what may be found: reasons, and the audit's own. */
#include <string.h>

#include "base/buffer.h"
#include "survey.h"

static const struct {
	const char *code;
	const char *sentence;
	bool fails;
} own[] = {
#define KIND(id, code, sentence, fails) {code, sentence, fails},
#include "survey_kind.def"
#undef KIND
};

const char *
survey_kind_code(unsigned kind)
{
	return kind < REASON_COUNT ? reason_get((enum reason_id)kind)->code
				   : own[kind - REASON_COUNT].code;
}

const char *
survey_kind_sentence(unsigned kind)
{
	return kind < REASON_COUNT ? reason_get((enum reason_id)kind)->sentence
				   : own[kind - REASON_COUNT].sentence;
}

/* Whether an entry can have it: verdicts, and what bars a usable digital ID. */
static bool
is_kind(unsigned kind)
{
	return kind >= REASON_COUNT || (kind > REASON_OK && kind <= REASON_STALE) ||
	       kind == REASON_NO_DIGITAL_ID || kind == REASON_WEAK_CIPHER ||
	       kind == REASON_CAPABILITIES_UNKNOWN || kind == REASON_REVOCATION_UNAVAILABLE ||
	       kind == REASON_DIRECTORY_UNAVAILABLE;
}

survey_kinds
survey_kinds_default(void)
{
	survey_kinds kinds = 0;
	unsigned kind;

	for (kind = 0; kind < SURVEY_KIND_COUNT; kind++) {
		if (is_kind(kind) && (kind < REASON_COUNT || own[kind - REASON_COUNT].fails))
			kinds |= SURVEY_BIT(kind);
	}
	return kinds;
}

static bool
read_one(const char *code, size_t size, survey_kinds *kinds)
{
	unsigned kind;

	if (size == strlen("none") && strncmp(code, "none", size) == 0)
		return true;
	for (kind = 0; kind < SURVEY_KIND_COUNT; kind++) {
		if (is_kind(kind) && strlen(survey_kind_code(kind)) == size &&
		    strncmp(survey_kind_code(kind), code, size) == 0) {
			*kinds |= SURVEY_BIT(kind);
			return true;
		}
	}
	return false;
}

static int
refuse(const char *code, size_t size, struct error *err)
{
	char known[800] = "";
	size_t used = 0;
	unsigned kind;

	for (kind = 0; kind < SURVEY_KIND_COUNT; kind++) {
		if (is_kind(kind) && used < sizeof(known))
			used += (size_t)snprintf(
			    known + used, sizeof(known) - used, " %s", survey_kind_code(kind));
	}
	return error_set(err, ERROR_INPUT, "\"%.*s\" is none of: none%s",
	    (int)(size < 60 ? size : 60), code, known);
}

int
survey_kinds_read(const char *text, survey_kinds *kinds, struct error *err)
{
	size_t size;

	for (;; text++) {
		size = strcspn(text, ",");
		if (!read_one(text, size, kinds))
			return refuse(text, size, err);
		text += size;
		if (*text == '\0')
			return 0;
	}
}
