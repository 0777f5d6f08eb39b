#include "diagnosis.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "command.h"

/* Bytes of a text or advice; what is longer is cut. */
#define TEXT_MAX 1200

struct row {
	enum diagnosis_severity severity;
	const char *subject;
	char text[TEXT_MAX];
	char advice[TEXT_MAX]; /* "": none */
};

struct diagnosis {
	struct row *findings;
	size_t count;
	size_t lost; /* beyond the limit, or for want of memory */
};

static const struct {
	const char *name;
	enum ctl_colour colour;
} severities[] = {
    {"ok", CTL_GOOD}, {"note", CTL_STRONG}, {"warning", CTL_WARNING}, {"problem", CTL_BAD}};

struct diagnosis *
diagnosis_new(void)
{
	return calloc(1, sizeof(struct diagnosis));
}

void
diagnosis_free(struct diagnosis *diagnosis)
{
	if (diagnosis == NULL)
		return;
	free(diagnosis->findings);
	free(diagnosis);
}

static struct row *
make_room(struct diagnosis *diagnosis)
{
	struct row *findings;

	if (diagnosis->count >= DIAGNOSIS_FINDINGS_MAX)
		return NULL;
	findings = array_grow(diagnosis->findings, diagnosis->count, sizeof(*findings), NULL);
	if (findings == NULL)
		return NULL;
	diagnosis->findings = findings;
	return &findings[diagnosis->count++];
}

void
diagnosis_add(struct diagnosis *diagnosis, enum diagnosis_severity severity, const char *subject,
    const char *advice, const char *format, ...)
{
	struct row *finding = make_room(diagnosis);
	va_list args;

	if (finding == NULL) {
		diagnosis->lost++;
		return;
	}
	finding->severity = severity;
	finding->subject = subject;
	va_start(args, format);
	vsnprintf(finding->text, sizeof(finding->text), format, args);
	va_end(args);
	snprintf(finding->advice, sizeof(finding->advice), "%s", advice != NULL ? advice : "");
}

size_t
diagnosis_count(const struct diagnosis *diagnosis, enum diagnosis_severity least)
{
	size_t count = 0;
	size_t i;

	for (i = 0; i < diagnosis->count; i++)
		count += diagnosis->findings[i].severity >= least;
	return count;
}

bool
diagnosis_is_whole(const struct diagnosis *diagnosis)
{
	return diagnosis->lost == 0;
}

void
diagnosis_print(const struct diagnosis *diagnosis)
{
	size_t problems = diagnosis_count(diagnosis, DIAGNOSIS_PROBLEM);
	size_t warnings = diagnosis_count(diagnosis, DIAGNOSIS_WARNING) - problems;
	size_t i;

	for (i = 0; i < diagnosis->count; i++) {
		const struct row *finding = &diagnosis->findings[i];

		ctl_colour(severities[finding->severity].colour);
		printf("%-8s", severities[finding->severity].name);
		ctl_colour(CTL_PLAIN);
		printf(" %s: ", finding->subject);
		ctl_print_text(finding->text);
		putchar('\n');
		if (finding->advice[0] != '\0') {
			fputs("         -> ", stdout);
			ctl_print_text(finding->advice);
			putchar('\n');
		}
	}
	if (problems + warnings == 0)
		printf("\nNothing is wrong.\n");
	else
		printf("\n%zu problem(s), %zu warning(s).\n", problems, warnings);
}

static json_t *
finding_json(const struct row *finding)
{
	return json_pack("{s:s, s:s, s:o, s:o}", "severity", severities[finding->severity].name,
	    "subject", finding->subject, "text", ctl_json_text(finding->text), "advice",
	    ctl_json_text(finding->advice[0] != '\0' ? finding->advice : NULL));
}

json_t *
diagnosis_json(const struct diagnosis *diagnosis)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < diagnosis->count; i++) {
		if (json_array_append_new(list, finding_json(&diagnosis->findings[i])) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return json_pack("{s:b, s:o}", "healthy",
	    diagnosis_count(diagnosis, DIAGNOSIS_WARNING) == 0, "findings", list);
}
