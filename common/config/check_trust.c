#include <string.h>

#include "config/check.h"

/* Whether the setting is written and says something, or may do so once it is right. */
static bool
is_given(const struct check *check, size_t place, bool empty)
{
	return check_is_set(check, place) && (!check_is_sound(check, place) || !empty);
}

static const struct config_directory *
find(const struct config *config, const char *title)
{
	for (size_t i = 0; i < config->directory_count; i++)
		if (strcmp(config->directories[i].title, title) == 0)
			return &config->directories[i];
	return NULL;
}

static void
check_unknown(const struct check *check, const char *title)
{
	const struct config *config = check->config;
	int line = check_line(check, TRUST_directory);
	struct setting_nearest nearest = setting_nearest_to(title);

	for (size_t i = 0; i < config->directory_count; i++)
		setting_nearest_try(&nearest, config->directories[i].title);
	if (nearest.best != NULL)
		problems_add(check->problems, line,
		    "directory: there is no section directory \"%s\": did you mean \"%s\"?", title,
		    nearest.best);
	else
		problems_add(check->problems, line,
		    "directory: there is no section directory \"%s\"", title);
}

/* What comes by a connection that anybody on the way could change, must not be trusted. */
static void
check_way(const struct check *check, const struct config_directory *directory)
{
	const struct strings *lists[] = {&directory->uri, &directory->referrals};
	int line = check_line(check, TRUST_directory);

	if (directory->ldif[0] != '\0' || directory->uri.count == 0) {
		problems_add(check->problems, line,
		    "directory: \"%s\" has no uri: CA certificates are only taken from servers; "
		    "those in "
		    "files go to anchors and intermediates",
		    directory->title);
		return;
	}
	for (size_t list = 0; list < ARRAY_LENGTH(lists); list++) {
		for (size_t i = 0; i < lists[list]->count; i++) {
			const char *uri = lists[list]->items[i];

			if (check_uri(uri) != NULL ||
			    check_uri_is_authenticated(uri, directory->tls))
				continue;
			problems_add(check->problems, line,
			    "directory: \"%s\" is asked at %.200s without TLS, so that anybody on "
			    "the "
			    "way could say whom to trust: tls = required, ldaps:// or ldapi:// is "
			    "needed",
			    directory->title, uri);
			return;
		}
	}
}

/* Who may write to a directory may say whom to trust: for the domains named, never for all. */
static void
check_domains(const struct check *check, const struct config_trust *trust)
{
	bool every = !check_is_set(check, TRUST_for_domains);

	if (!check_is_sound(check, TRUST_for_domains))
		return;
	for (size_t i = 0; i < trust->for_domains.count; i++)
		if (strcmp(trust->for_domains.items[i], "*") == 0)
			every = true;
	if (every)
		problems_add(check->problems, check_line(check, TRUST_for_domains),
		    "a trust section with directory needs for, with the domains by name (not "
		    "\"*\"): who "
		    "can write to the directory decides whom mail to them is encrypted to");
}

static void
check_by_directory(const struct check *check, const struct config_trust *trust)
{
	const struct config_directory *directory = find(check->config, trust->directory);

	if (directory == NULL)
		check_unknown(check, trust->directory);
	else
		check_way(check, directory);
	check_domains(check, trust);
}

/* Bases and directory need each other. */
static void
check_bases(const struct check *check, const struct config_trust *trust, bool directory)
{
	bool anchors = is_given(check, TRUST_anchor_bases, trust->anchor_bases.count == 0);
	bool intermediates =
	    is_given(check, TRUST_intermediate_bases, trust->intermediate_bases.count == 0);
	bool crls = is_given(check, TRUST_crl_bases, trust->crl_bases.count == 0);

	if (directory && !anchors && !intermediates && !crls)
		problems_add(check->problems, check_line(check, TRUST_directory),
		    "directory needs anchor-bases, intermediate-bases or crl-bases: below which "
		    "entries to "
		    "look");
	if (directory)
		return;
	if (anchors)
		problems_add(check->problems, check_line(check, TRUST_anchor_bases),
		    "anchor-bases needs directory: the title of the section to look in");
	if (intermediates)
		problems_add(check->problems, check_line(check, TRUST_intermediate_bases),
		    "intermediate-bases needs directory: the title of the section to look in");
	if (crls)
		problems_add(check->problems, check_line(check, TRUST_crl_bases),
		    "crl-bases needs directory: the title of the section to look in");
}

static void
check_names(const struct check *check, size_t place, const struct strings *bases)
{
	for (size_t i = 0; i < bases->count; i++) {
		const char *problem = check_dn(bases->items[i]);

		if (problem != NULL)
			problems_add(check->problems, check_line(check, place),
			    "%s: \"%.200s\" is no DN: %s",
			    setting_section(SECTION_TRUST)->settings[place].name, bases->items[i],
			    problem);
	}
}

static void
check_anchors(const struct check *check, const struct config_trust *trust)
{
	if (is_given(check, TRUST_anchors, trust->anchors[0] == '\0') ||
	    is_given(check, TRUST_anchor_bases, trust->anchor_bases.count == 0))
		return;
	problems_add(check->problems, check_line(check, TRUST_anchors),
	    "a trust section needs anchors: a folder or file of trusted certificates (or directory "
	    "and "
	    "anchor-bases)");
}

/* Two or more numbers with dots between them: 1.3.6.1.4.1.311. */
static bool
is_object_identifier(const char *text)
{
	size_t dots = 0;

	if (text[0] < '0' || text[0] > '2' || text[1] != '.')
		return false;
	for (size_t i = 0; text[i] != '\0'; i++) {
		if (text[i] == '.')
			dots++;
		else if (text[i] < '0' || text[i] > '9')
			return false;
		if (text[i] == '.' && (text[i + 1] < '0' || text[i + 1] > '9'))
			return false;
	}
	return dots > 0;
}

static void
check_policies(const struct check *check, const struct config_trust *trust)
{
	for (size_t i = 0; i < trust->policies.count; i++)
		if (!is_object_identifier(trust->policies.items[i]))
			problems_add(check->problems, check_line(check, TRUST_policies),
			    "policies: \"%s\" is no object identifier, such as "
			    "1.3.6.1.4.1.99999.1",
			    trust->policies.items[i]);
}

void
check_trust(const struct check *check, const struct config_trust *trust)
{
	bool directory = is_given(check, TRUST_directory, trust->directory[0] == '\0');

	check_anchors(check, trust);
	check_bases(check, trust, directory);
	check_names(check, TRUST_anchor_bases, &trust->anchor_bases);
	check_names(check, TRUST_intermediate_bases, &trust->intermediate_bases);
	check_names(check, TRUST_crl_bases, &trust->crl_bases);
	if (directory && check_is_sound(check, TRUST_directory))
		check_by_directory(check, trust);
	if (check_is_set(check, TRUST_for_domains) && trust->for_domains.count == 0 &&
	    check_is_sound(check, TRUST_for_domains))
		problems_add(check->problems, check_line(check, TRUST_for_domains),
		    "for: an empty list makes these anchors count for nobody");
	check_policies(check, trust);
	if (trust->min_rsa_bits > trust->max_rsa_bits)
		problems_add(check->problems, check_line(check, TRUST_min_rsa_bits),
		    "min-rsa-bits is more than max-rsa-bits");
	check_file(check, TRUST_anchors, CHECK_FILE_OR_FOLDER, trust->anchors);
	check_file(check, TRUST_intermediates, CHECK_FILE_OR_FOLDER, trust->intermediates);
	check_file(check, TRUST_crls, CHECK_FILE_OR_FOLDER, trust->crls);
}
