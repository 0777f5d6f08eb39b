#include "tables/reason.h"

#include <string.h>

#include "base/compiler.h"

static const struct reason reasons[] = {
#define REASON(id, code, smtp, enhanced, trust, sentence, advice) \
	{REASON_##id, code, smtp, enhanced, trust, sentence, advice},
#include "tables/reason.def"
#undef REASON
};

const struct reason *
reason_get(enum reason_id id)
{
	return &reasons[(size_t)id < ARRAY_LENGTH(reasons) ? id : REASON_INTERNAL_ERROR];
}

const struct reason *
reason_by_code(const char *code)
{
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(reasons); i++) {
		if (strcmp(reasons[i].code, code) == 0)
			return &reasons[i];
	}
	return NULL;
}

bool
reason_is_temporary(enum reason_id id)
{
	return reason_get(id)->smtp / 100 == 4;
}
