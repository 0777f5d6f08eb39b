#include <string.h>

#include "config/config.h"
#include "config/setting.h"

/* Columns of a comment in the sample. */
#define WIDTH 96

/* What an unset setting might say: a sample shows values that people would write. */
static const struct {
	enum section_kind kind;
	const char *name;
	const char *value;
} examples[] = {
    {SECTION_TOP, "socket-group", "\"postfix\""},
    {SECTION_TOP, "user", "\"smime-milter\""},
    {SECTION_TOP, "group", "\"smime-milter\""},
    {SECTION_TOP, "pid-file", "\"/run/smime-milter/smime-milter.pid\""},
    {SECTION_TOP, "contact", "\"helpdesk@example.org\""},
    {SECTION_TOP, "audit-file", "\"/var/log/smime-milter/audit.json\""},
    {SECTION_DIRECTORY, "ldif", "\"/etc/smime-milter/directory.ldif\""},
    {SECTION_DIRECTORY, "uri", "{ \"ldaps://dc1.corp.example\", \"ldaps://dc2.corp.example\" }"},
    {SECTION_DIRECTORY, "domains", "{ \"corp.example\" }"},
    {SECTION_DIRECTORY, "base", "\"dc=corp,dc=example\""},
    {SECTION_DIRECTORY, "filter", "\"(|(mail=%a)(proxyAddresses=smtp:%a))\""},
    {SECTION_DIRECTORY, "tls-ca", "\"/etc/ssl/certs/ca-certificates.crt\""},
    {SECTION_DIRECTORY, "bind-dn", "\"cn=smime-milter,dc=corp,dc=example\""},
    {SECTION_DIRECTORY, "bind-password-file", "\"/etc/smime-milter/bind.password\""},
    {SECTION_TRUST, "anchors", "\"/etc/smime-milter/trust.d\""},
    {SECTION_TRUST, "intermediates", "\"/etc/smime-milter/intermediates.d\""},
    {SECTION_RULE, "recipients", "{ \"@partner.example\", \"@.partner.example\" }"},
    {SECTION_RULE, "senders", "{ \"@corp.example\" }"},
    {SECTION_RULE, "users", "{ \"anna\", \"scanner\" }"},
    {SECTION_RULE, "subject", "\"[secure]\""},
    {SECTION_RULE, "header", "\"X-Encrypt: yes\""},
    {SECTION_RULE, "encrypt", "required"},
};

static const char *
example_of(enum section_kind kind, const struct setting *setting)
{
	for (size_t i = 0; i < ARRAY_LENGTH(examples); i++)
		if (examples[i].kind == kind && strcmp(examples[i].name, setting->name) == 0)
			return examples[i].value;
	return NULL;
}

/* Words behind "# ", broken before WIDTH. */
static void
write_comment(FILE *out, const char *indent, const char *text)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t length = strcspn(text, " ");

		if (column > 0 && column + 1 + length > WIDTH) {
			fputc('\n', out);
			column = 0;
		}
		if (column == 0)
			column = (size_t)fprintf(out, "%s#", indent);
		column += 1 + length;
		fprintf(out, " %.*s", (int)length, text);
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static bool
is_quoted(enum setting_type type)
{
	return type == SETTING_STRING || type == SETTING_PATH;
}

/* `name = value`, commented out without a space, so that taking every such mark away gives a
 * configuration. */
static void
write_setting(FILE *out, enum section_kind kind, const struct setting *setting)
{
	const char *indent = kind == SECTION_TOP ? "" : "\t";
	const char *quote = is_quoted(setting->type) ? "\"" : "";
	const char *example = example_of(kind, setting);

	fputc('\n', out);
	write_comment(out, indent, setting->help);
	for (size_t i = 0; setting_word(setting->type, i) != NULL; i++)
		fprintf(out, "%s#   %s: %s\n", indent, setting_word(setting->type, i)->name,
		    setting_word(setting->type, i)->help);
	if (example != NULL && setting->value[0] != '\0')
		fprintf(out, "%s# Default: %s\n", indent, setting->value);
	if (example != NULL)
		fprintf(out, "#%s%s = %s\n", indent, setting->name, example);
	else if (setting_is_list(setting) && setting->value[0] == '\0')
		fprintf(out, "#%s%s = { }\n", indent, setting->name);
	else
		fprintf(
		    out, "#%s%s = %s%s%s\n", indent, setting->name, quote, setting->value, quote);
}

static void
write_settings(FILE *out, enum section_kind kind, bool policy)
{
	const struct section *section = setting_section(kind);

	for (size_t i = 0; i < section->count; i++)
		if (section->settings[i].policy == policy)
			write_setting(out, kind, &section->settings[i]);
}

/* All settings of a directory with uri; ldif excludes them, and has a section of its own. */
static void
write_directories(FILE *out)
{
	const struct section *section = setting_section(SECTION_DIRECTORY);

	fputs("\n# Where certificates are published. Directories are asked in the order of the "
	      "file.\n"
	      "#directory \"gal\" {\n",
	    out);
	for (size_t i = 0; i < section->count; i++)
		if (i != DIRECTORY_ldif)
			write_setting(out, SECTION_DIRECTORY, &section->settings[i]);
	fputs("#}\n\n# A directory in a file.\n#directory \"local\" {\n", out);
	write_setting(out, SECTION_DIRECTORY, &section->settings[DIRECTORY_ldif]);
	fputs("#}\n", out);
}

int
config_write_sample(FILE *out)
{
	fputs("# smime-milter.conf(5) says more. Every setting stands here with its default, or "
	      "with an\n"
	      "# example where it has none, commented out: take away the # in front of what you "
	      "need.\n",
	    out);
	write_settings(out, SECTION_TOP, false);
	fputs(
	    "\n# What follows may stand here, for all rules, and in a rule, for it alone.\n", out);
	write_settings(out, SECTION_TOP, true);
	write_directories(out);
	fputs("\n# Whose certificates are trusted.\n#trust \"default\" {\n", out);
	write_settings(out, SECTION_TRUST, false);
	fputs("#}\n\n# Rules are read in order; the first that matches a recipient holds for it.\n"
	      "#rule \"partners\" {\n",
	    out);
	write_settings(out, SECTION_RULE, false);
	fputs("\n\t# And every setting that may stand in a rule, such as:\n#\tfloor = aes128-cbc\n"
	      "#\tunknown-capabilities = assume\n#\tassumed-cipher = aes256-cbc\n#}\n"
	      "#rule \"everyone\" {\n#\tencrypt = preferred\n#}\n",
	    out);
	return fflush(out) != 0 || ferror(out) ? -1 : 0;
}
