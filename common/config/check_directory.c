#include <string.h>

#include "config/check.h"

/* Longer filters are built by programs that have gone wrong. */
#define FILTER_MAX 2000

static void
check_source(const struct check *check, const struct config_directory *directory)
{
	bool ldif = check_is_set(check, DIRECTORY_ldif);
	bool uri = check_is_set(check, DIRECTORY_uri);

	/* An empty value is as good as none. */
	if (ldif && check_is_sound(check, DIRECTORY_ldif))
		ldif = directory->ldif[0] != '\0';
	if (uri && check_is_sound(check, DIRECTORY_uri))
		uri = directory->uri.count > 0;
	if (ldif && uri)
		problems_add(check->problems, check_line(check, DIRECTORY_uri),
		    "a directory has either ldif or uri, not both");
	if (!ldif && !uri)
		problems_add(check->problems, check->section->line,
		    "a directory needs ldif (a file) or uri (a server)");
	if (uri && !ldif && check_is_sound(check, DIRECTORY_base) && directory->base[0] == '\0')
		problems_add(check->problems, check_line(check, DIRECTORY_base),
		    "a directory with uri needs base: where the search begins");
}

static void
check_servers(const struct check *check, const struct config_directory *directory)
{
	bool exposed = false;

	for (size_t i = 0; i < directory->uri.count; i++) {
		const char *uri = directory->uri.items[i];
		const char *problem = check_uri(uri);

		if (problem != NULL)
			problems_add(check->problems, check_line(check, DIRECTORY_uri),
			    "uri: \"%.200s\": %s", uri, problem);
		else if (check_uri_is_exposed(uri))
			exposed = true;
	}
	if (exposed && directory->tls == TLS_NEVER && directory->bind_dn[0] != '\0')
		problems_add(check->problems, check_line(check, DIRECTORY_tls),
		    "tls = never with bind-dn would send the password in clear over the network");
}

static void
check_bind(const struct check *check, const struct config_directory *directory)
{
	bool name = directory->bind_dn[0] != '\0';
	bool password = directory->bind_password_file[0] != '\0' ||
			!check_is_sound(check, DIRECTORY_bind_password_file);

	if (name && !password)
		problems_add(check->problems, check_line(check, DIRECTORY_bind_dn),
		    "bind-dn needs bind-password-file");
	if (password && !name)
		problems_add(check->problems, check_line(check, DIRECTORY_bind_password_file),
		    "bind-password-file needs bind-dn");
}

/* An attribute's name or object identifier, with options (RFC 4512 2.5); it goes into requests. */
static void
check_attribute(const struct check *check, size_t place, const char *name)
{
	static const char legal[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.;";

	if (name[strspn(name, legal)] != '\0')
		problems_add(check->problems, check_line(check, place),
		    "%s: \"%.100s\" is not the name of an attribute",
		    setting_section(SECTION_DIRECTORY)->settings[place].name, name);
}

/* One of the characters that stand unquoted in a local part (RFC 5322 atext), and no letter or
 * digit: those would cut names. */
static void
check_delimiter(const struct check *check, const char *delimiter)
{
	if (delimiter[0] == '\0' ||
	    (delimiter[1] == '\0' && strchr("!#$%&'*+-/=?^_`{|}~.", delimiter[0]) != NULL))
		return;
	problems_add(check->problems, check_line(check, DIRECTORY_subaddress_delimiter),
	    "subaddress-delimiter: \"%.20s\" is not one character such as \"+\"", delimiter);
}

void
check_directory(const struct check *check, const struct config_directory *directory)
{
	const char *problem;

	check_source(check, directory);
	check_servers(check, directory);
	check_bind(check, directory);
	problem = strlen(directory->filter) > FILTER_MAX ? "it is too long"
							 : check_filter(directory->filter);
	if (problem != NULL)
		problems_add(check->problems, check_line(check, DIRECTORY_filter),
		    "filter: \"%.200s\": %s", directory->filter, problem);
	if (check_is_set(check, DIRECTORY_domains) && check_is_sound(check, DIRECTORY_domains) &&
	    directory->domains.count == 0)
		problems_add(check->problems, check_line(check, DIRECTORY_domains),
		    "domains: an empty list makes this directory answer for nobody");
	check_delimiter(check, directory->subaddress_delimiter);
	check_attribute(check, DIRECTORY_smime_attribute, directory->smime_attribute);
	check_attribute(check, DIRECTORY_certificate_attribute, directory->certificate_attribute);
	check_attribute(check, DIRECTORY_ca_attribute, directory->ca_attribute);
	check_file(check, DIRECTORY_ldif, CHECK_FILE, directory->ldif);
	check_file(check, DIRECTORY_tls_ca, CHECK_FILE, directory->tls_ca);
	check_file(
	    check, DIRECTORY_bind_password_file, CHECK_SECRET, directory->bind_password_file);
}
