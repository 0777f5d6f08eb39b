#include "config/manual.h"

#include <string.h>

#include "config/config.h"
#include "config/quantity.h"
#include "config/setting.h"
#include "tables/cipher.h"
#include "tables/reason.h"

static const char *
type_title(enum setting_type type)
{
	switch (type) {
	case SETTING_STRING:
		return "text";
	case SETTING_PATH:
		return "path";
	case SETTING_INTEGER:
		return "number";
	case SETTING_OCTAL:
		return "octal number";
	case SETTING_SIZE:
		return "size";
	case SETTING_DURATION:
		return "duration";
	case SETTING_BOOLEAN:
		return "yes or no";
	case SETTING_CIPHER:
		return "cipher";
	case SETTING_STRINGS:
		return "list of texts";
	case SETTING_DOMAINS:
		return "list of domains";
	case SETTING_PATTERNS:
		return "list of address patterns";
	case SETTING_NETWORKS:
		return "list of networks";
	default:
		return "one of the words below";
	}
}

/* Text of ours, with what roff would take for its own escaped: a backslash and a hyphen anywhere,
 * a point or quote at the beginning of a line; no hyphen of ours may be broken at. */
static void
write_roff(FILE *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (; *text != '\0'; text++)
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-')
			fputs("\\-", out);
		else
			fputc(*text, out);
}

/* Each sentence on a line of its own, as man pages are written. */
static void
write_sentences(FILE *out, const char *text)
{
	char sentence[2048];
	const char *end;

	while (*text != '\0') {
		end = strstr(text, ". ");
		end = end != NULL ? end + 1 : text + strlen(text);
		snprintf(sentence, sizeof(sentence), "%.*s", (int)(end - text), text);
		write_roff(out, sentence);
		fputc('\n', out);
		text = end + strspn(end, " ");
	}
}

static void
write_words(FILE *out, enum setting_type type)
{
	const struct setting_word *word;

	if (setting_word(type, 0) == NULL)
		return;
	fputs(".RS\n", out);
	for (size_t i = 0; (word = setting_word(type, i)) != NULL; i++) {
		fputs(".TP\n.B ", out);
		write_roff(out, word->name);
		fputc('\n', out);
		write_roff(out, word->help);
		fputc('\n', out);
	}
	fputs(".RE\n", out);
}

static void
write_default(FILE *out, const struct setting *setting)
{
	char least[QUANTITY_TEXT_SIZE], most[QUANTITY_TEXT_SIZE];

	if (setting->value[0] == '\0' && !setting_is_list(setting))
		fputs("Not set by default", out);
	else if (setting->value[0] == '\0')
		fputs("Default: empty", out);
	else {
		fputs("Default: ", out);
		write_roff(out, setting->value);
	}
	if (setting->min != 0 || setting->max != 0) {
		fputs("; from ", out);
		write_roff(out, quantity_format(setting->type, setting->min, least));
		fputs(" to ", out);
		write_roff(out, quantity_format(setting->type, setting->max, most));
	}
	fputs(".\n", out);
}

static void
write_setting(FILE *out, const struct setting *setting)
{
	fputs(".TP\n.BR ", out);
	write_roff(out, setting->name);
	fprintf(out, " \" (%s)\"\n", type_title(setting->type));
	write_sentences(out, setting->help);
	write_default(out, setting);
	write_words(out, setting->type);
}

static void
write_settings(FILE *out, enum section_kind kind, bool policy)
{
	const struct section *section = setting_section(kind);

	for (size_t i = 0; i < section->count; i++)
		if (section->settings[i].policy == policy)
			write_setting(out, &section->settings[i]);
}

int
config_write_manual(FILE *out)
{
	fputs(".SS At the top level\n", out);
	write_settings(out, SECTION_TOP, false);
	fputs(".SS At the top level and in rules\nWhat a rule does not say, the top level does, "
	      "wherever in the file it stands.\n",
	    out);
	write_settings(out, SECTION_TOP, true);
	fputs(".SS directory \"\\fItitle\\fP\" { ... }\nWhere certificates are published.\n", out);
	write_settings(out, SECTION_DIRECTORY, false);
	fputs(".SS trust \"\\fItitle\\fP\" { ... }\nWhose certificates are trusted, and for "
	      "whom.\n",
	    out);
	write_settings(out, SECTION_TRUST, false);
	fputs(".SS rule \"\\fItitle\\fP\" { ... }\nWhich mail the rule holds for, and what must "
	      "hold "
	      "for that mail.\nRules are read in the order of the file; the first whose every "
	      "condition matches a recipient holds for that recipient.\nA condition that is not "
	      "given always matches.\n",
	    out);
	write_settings(out, SECTION_RULE, false);
	return fflush(out) != 0 || ferror(out) ? -1 : 0;
}

static void
write_reason(FILE *out, const struct reason *reason)
{
	fputs(reason->smtp != 0 ? ".TP\n.BR " : ".TP\n.B ", out);
	write_roff(out, reason->code);
	if (reason->smtp != 0)
		fprintf(out, " \" (%d %s)\"", reason->smtp, reason->enhanced);
	fputc('\n', out);
	write_roff(out, reason->sentence);
	fputs(".\n", out);
	write_sentences(out, reason->advice);
}

int
manual_write_reasons(FILE *out)
{
	for (int id = 0; id < REASON_COUNT; id++)
		write_reason(out, reason_get((enum reason_id)id));
	return fflush(out) != 0 || ferror(out) ? -1 : 0;
}

int
manual_write_ciphers(FILE *out)
{
	const char *comma = "";

	for (int id = 0; id < CIPHER_COUNT; id++) {
		const struct cipher *cipher = cipher_get((enum cipher_id)id);

		if (!cipher->produced)
			continue;
		fputs(comma, out);
		write_roff(out, cipher->name);
		comma = ",\n";
	}
	fputs(".\n", out);
	return fflush(out) != 0 || ferror(out) ? -1 : 0;
}
