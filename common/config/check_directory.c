#include <string.h>
#include <strings.h>

#include "base/secret.h"
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

/* A server that is asked twice as often, and fails twice. */
static bool
is_repeated(const struct strings *uris, size_t place)
{
	for (size_t i = 0; i < place; i++)
		if (strcasecmp(uris->items[i], uris->items[place]) == 0)
			return true;
	return false;
}

/* Each URI of a list; false if one is not as it must be. *exposed: one sends in clear what it says. */
static bool
check_uris(const struct check *check, size_t place, const struct strings *uris, bool *exposed)
{
	bool sound = check_is_sound(check, place);

	for (size_t i = 0; i < uris->count; i++) {
		const char *problem = check_uri(uris->items[i]);

		if (problem == NULL && is_repeated(uris, i))
			problem = "it is there twice";
		if (problem == NULL) {
			*exposed = *exposed || check_uri_is_exposed(uris->items[i]);
			continue;
		}
		sound = false;
		problems_add(check->problems, check_line(check, place), "%s: \"%.200s\": %s",
		    setting_section(SECTION_DIRECTORY)->settings[place].name, uris->items[i],
		    problem);
	}
	return sound;
}

/* SASL EXTERNAL (RFC 4422 appendix A): the connection itself must say who we are. */
static void
check_external(const struct check *check, const struct config_directory *directory)
{
	const struct strings *lists[] = {&directory->uri, &directory->referrals};
	bool certificate = directory->tls_certificate[0] != '\0' ||
			   !check_is_sound(check, DIRECTORY_tls_certificate);

	for (size_t list = 0; list < ARRAY_LENGTH(lists); list++) {
		for (size_t i = 0; i < lists[list]->count; i++) {
			const char *uri = lists[list]->items[i];

			if (check_uri_is_local(uri) ||
			    (certificate && check_uri_is_authenticated(uri, directory->tls)))
				continue;
			problems_add(check->problems, check_line(check, DIRECTORY_bind_method),
			    "bind-method = external needs TLS with tls-certificate, or ldapi://, "
			    "which "
			    "%.200s is not: nothing else says who we are",
			    uri);
			return;
		}
	}
}

/* Those of both lists; one that stands in both is one. */
static size_t
count_servers(const struct config_directory *directory)
{
	size_t count = directory->uri.count;
	size_t own;

	for (size_t i = 0; i < directory->referrals.count && count <= CONFIG_SERVERS_MAX; i++) {
		for (own = 0; own < directory->uri.count; own++)
			if (strcmp(directory->uri.items[own], directory->referrals.items[i]) == 0)
				break;
		count += own == directory->uri.count;
	}
	return count;
}

static void
check_servers(const struct check *check, const struct config_directory *directory)
{
	bool exposed = false;
	bool sound = check_uris(check, DIRECTORY_uri, &directory->uri, &exposed);

	if (!check_uris(check, DIRECTORY_referrals, &directory->referrals, &exposed))
		sound = false;
	if (count_servers(directory) > CONFIG_SERVERS_MAX)
		problems_add(check->problems, check_line(check, DIRECTORY_uri),
		    "uri and referrals: more than %d servers", CONFIG_SERVERS_MAX);
	if (exposed && directory->tls == TLS_NEVER && directory->bind_dn[0] != '\0' &&
	    !directory->plain_bind && check_is_sound(check, DIRECTORY_plain_bind))
		problems_add(check->problems, check_line(check, DIRECTORY_tls),
		    "tls = never with bind-dn would send the password in clear over the network: "
		    "plain-bind = yes would allow it");
	if (sound && directory->bind_method == BIND_EXTERNAL &&
	    check_is_sound(check, DIRECTORY_tls))
		check_external(check, directory);
}

/* Two files that are nothing without each other. */
static void
check_certificate(const struct check *check, const struct config_directory *directory)
{
	bool certificate = directory->tls_certificate[0] != '\0' ||
			   !check_is_sound(check, DIRECTORY_tls_certificate);
	bool key = directory->tls_key[0] != '\0' || !check_is_sound(check, DIRECTORY_tls_key);

	if (certificate && !key)
		problems_add(check->problems, check_line(check, DIRECTORY_tls_certificate),
		    "tls-certificate needs tls-key");
	if (key && !certificate)
		problems_add(check->problems, check_line(check, DIRECTORY_tls_key),
		    "tls-key needs tls-certificate");
}

static void
check_bind(const struct check *check, const struct config_directory *directory)
{
	bool name = directory->bind_dn[0] != '\0';
	bool password = directory->bind_password_file[0] != '\0' ||
			!check_is_sound(check, DIRECTORY_bind_password_file);

	if (directory->bind_method == BIND_EXTERNAL) {
		if (name || password)
			problems_add(check->problems,
			    check_line(
				check, name ? DIRECTORY_bind_dn : DIRECTORY_bind_password_file),
			    "bind-dn and bind-password-file don't go with bind-method = external: "
			    "the "
			    "server knows by the connection who we are");
		return;
	}
	if (name && !password)
		problems_add(check->problems, check_line(check, DIRECTORY_bind_dn),
		    "bind-dn needs bind-password-file");
	if (password && !name)
		problems_add(check->problems, check_line(check, DIRECTORY_bind_password_file),
		    "bind-password-file needs bind-dn");
}

static void
check_times(const struct check *check, const struct config_directory *directory)
{
	if (!check_is_sound(check, DIRECTORY_retry_interval) ||
	    !check_is_sound(check, DIRECTORY_retry_interval_max) ||
	    directory->retry_interval <= directory->retry_interval_max)
		return;
	problems_add(check->problems,
	    check_line(check, check_is_set(check, DIRECTORY_retry_interval_max)
				  ? DIRECTORY_retry_interval_max
				  : DIRECTORY_retry_interval),
	    "retry-interval-max is less than retry-interval");
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

/* What is not asked for can't be found. */
static void
check_published(const struct check *check, const struct config_directory *directory)
{
	if (directory->smime_attribute[0] != '\0' || directory->certificate_attribute[0] != '\0' ||
	    !check_is_sound(check, DIRECTORY_smime_attribute) ||
	    !check_is_sound(check, DIRECTORY_certificate_attribute))
		return;
	problems_add(check->problems, check_line(check, DIRECTORY_certificate_attribute),
	    "without smime-attribute and certificate-attribute no certificate can be found");
}

static void
check_attributes(const struct check *check, size_t place, const struct strings *names)
{
	for (size_t i = 0; i < names->count; i++)
		check_attribute(check, place, names->items[i]);
}

/* Without them a group that lists its members is an entry that publishes nothing. */
static void
check_groups(const struct check *check, const struct config_directory *directory)
{
	if (directory->groups != GROUPS_EXPAND || directory->member_attributes.count > 0 ||
	    directory->member_mail_attributes.count > 0 ||
	    !check_is_sound(check, DIRECTORY_groups) ||
	    !check_is_sound(check, DIRECTORY_member_attributes) ||
	    !check_is_sound(check, DIRECTORY_member_mail_attributes))
		return;
	problems_add(check->problems, check_line(check, DIRECTORY_groups),
	    "groups = expand needs member-attributes or member-mail-attributes: nothing else says "
	    "who is in a group");
}

static void
check_base(const struct check *check, const char *base)
{
	const char *problem = check_dn(base);

	if (problem != NULL)
		problems_add(check->problems, check_line(check, DIRECTORY_base),
		    "base: \"%.200s\" is no DN: %s", base, problem);
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

/* A file that can be read holds a password; one that can't is told of by its mode. */
static void
check_password(const struct check *check, const char *path)
{
	char password[SECRET_LINE_MAX];
	struct error err = ERROR_INIT;
	size_t before = check->problems->count;

	check_file(check, DIRECTORY_bind_password_file, CHECK_SECRET, path);
	if (path[0] == '\0' || check->problems->count > before ||
	    !check_is_sound(check, DIRECTORY_bind_password_file))
		return;
	if (secret_read_line(path, password, sizeof(password), &err) != 0)
		problems_add(check->problems, check_line(check, DIRECTORY_bind_password_file),
		    "bind-password-file: %s", err.text);
	explicit_bzero(password, sizeof(password));
}

void
check_directory(const struct check *check, const struct config_directory *directory)
{
	const char *problem;

	check_source(check, directory);
	check_servers(check, directory);
	check_bind(check, directory);
	check_certificate(check, directory);
	check_times(check, directory);
	check_delimiter(check, directory->subaddress_delimiter);
	check_base(check, directory->base);
	problem = strlen(directory->filter) > FILTER_MAX ? "it is too long"
							 : check_filter(directory->filter);
	if (problem != NULL)
		problems_add(check->problems, check_line(check, DIRECTORY_filter),
		    "filter: \"%.200s\": %s", directory->filter, problem);
	if (check_is_set(check, DIRECTORY_domains) && check_is_sound(check, DIRECTORY_domains) &&
	    directory->domains.count == 0)
		problems_add(check->problems, check_line(check, DIRECTORY_domains),
		    "domains: an empty list makes this directory answer for nobody");
	check_attribute(check, DIRECTORY_smime_attribute, directory->smime_attribute);
	check_attribute(check, DIRECTORY_certificate_attribute, directory->certificate_attribute);
	check_attribute(check, DIRECTORY_ca_attribute, directory->ca_attribute);
	check_published(check, directory);
	check_attributes(check, DIRECTORY_member_attributes, &directory->member_attributes);
	check_attributes(
	    check, DIRECTORY_member_mail_attributes, &directory->member_mail_attributes);
	check_attributes(check, DIRECTORY_dynamic_attributes, &directory->dynamic_attributes);
	check_groups(check, directory);
	check_file(check, DIRECTORY_ldif, CHECK_FILE, directory->ldif);
	check_file(check, DIRECTORY_tls_ca, CHECK_FILE, directory->tls_ca);
	check_file(check, DIRECTORY_tls_certificate, CHECK_FILE, directory->tls_certificate);
	check_file(check, DIRECTORY_tls_key, CHECK_SECRET, directory->tls_key);
	check_password(check, directory->bind_password_file);
}
