/* From what was added to sections of a trust: one for each set of domains. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/log.h"
#include "smime/trust_added.h"
#include "smime/trust_section.h"

/* "added for partner.example, .partner.example" (free()); NULL without memory. */
static char *
make_title(const struct strings *domains, struct error *err)
{
	struct buffer text = BUFFER_INIT;
	size_t i;

	for (i = 0; i < domains->count; i++) {
		if (buffer_append_format(
			&text, err, "%s%s", i == 0 ? "added for " : ", ", domains->items[i]) != 0) {
			buffer_free(&text);
			return NULL;
		}
	}
	return buffer_take(&text);
}

/* A domain does not cover its subdomains: ".partner.example" is more than "partner.example". */
static bool
covers(const struct strings *patterns, const char *domain)
{
	bool subdomains = domain[0] == '.';
	size_t i;

	for (i = 0; i < patterns->count; i++) {
		const char *pattern = patterns->items[i];

		if (strcmp(pattern, domain) == 0)
			return true;
		if (subdomains && pattern[0] != '.' && pattern[0] != '*')
			continue;
		if (address_domain_covers(pattern, subdomains ? domain + 1 : domain))
			return true;
	}
	return false;
}

/* The first configured section for all these domains; the count of them: there is none. */
static size_t
find_model(const struct config *config, const struct strings *domains)
{
	size_t i;
	size_t d;

	for (i = 0; i < config->trust_count; i++) {
		for (d = 0; d < domains->count; d++) {
			if (!covers(&config->trusts[i].for_domains, domains->items[d]))
				break;
		}
		if (d == domains->count)
			return i;
	}
	return config->trust_count;
}

static bool
title_stands_before(
    const struct trust_added_list *list, size_t place, const struct strings *domains)
{
	size_t i;
	size_t d;

	for (i = 0; i < place; i++) {
		const struct strings *other = &list->items[i].domains;

		for (d = 0; d < domains->count && other->count == domains->count; d++) {
			if (strcmp(other->items[d], domains->items[d]) != 0)
				break;
		}
		if (d == domains->count && other->count == domains->count)
			return true;
	}
	return false;
}

static bool
same_domains(const struct strings *a, const struct trust_section *section)
{
	size_t i;

	if (a->count != section->domain_count)
		return false;
	for (i = 0; i < a->count; i++) {
		if (strcmp(a->items[i], section->domains[i]) != 0)
			return false;
	}
	return true;
}

/* The certificates of all items for the section's domains. */
static int
gather(struct trust_section *section, const struct trust_added_list *list, struct error *err)
{
	STACK_OF(X509) *certificates = sk_X509_new_null();
	size_t i;
	int n;

	for (i = 0; certificates != NULL && i < list->count; i++) {
		const struct trust_added *added = &list->items[i];

		if (!same_domains(&added->domains, section))
			continue;
		for (n = 0; n < sk_X509_num(added->certificates); n++) {
			X509 *x509 = sk_X509_value(added->certificates, n);

			if (!sk_X509_push(certificates, x509)) {
				sk_X509_pop_free(certificates, X509_free);
				return error_no_memory(err);
			}
			X509_up_ref(x509);
		}
	}
	if (certificates == NULL)
		return error_no_memory(err);
	return trust_index_make(&section->anchors, certificates, err);
}

/* By the settings of a configured section, or the defaults: those of a section for other domains say
 * nothing of these. */
static int
init_section(struct trust_section *section, const struct config *config, size_t model,
    const struct strings *domains, struct error *err)
{
	struct config_trust defaults = {.title = NULL};
	struct config_trust own;
	int status = -1;

	if (model == config->trust_count && config_trust_default(&defaults, err) != 0)
		goto out;
	own = model == config->trust_count ? defaults : config->trusts[model];
	own.for_domains = *domains;
	own.directory = NULL;
	own.title = make_title(domains, err);
	if (own.title != NULL)
		status = trust_section_init(section, &own, (size_t)config->crl_size_limit, err);
	free(own.title);
out:
	config_trust_clear(&defaults);
	return status;
}

static int
load_section(struct trust *trust, const struct config *config, const struct trust_added_list *list,
    size_t place, struct error *err)
{
	static const struct trust_index none = {NULL, 0};
	struct trust_section *section = &trust->sections[trust->section_count++];
	size_t model = find_model(config, &list->items[place].domains);

	if (init_section(section, config, model, &list->items[place].domains, err) != 0 ||
	    gather(section, list, err) != 0)
		return -1;
	return trust_index_copy(&section->intermediates,
	    model == config->trust_count ? &none : &trust->sections[model].intermediates, err);
}

int
trust_added_load(struct trust *trust, const struct config *config,
    const struct trust_added_list *list, struct error *err)
{
	size_t i;

	if (list->count > 0 && config->trust_count == 0) {
		log_warning("added-trust: without a trust section nothing that was added counts");
		return 0;
	}
	for (i = 0; i < list->count; i++) {
		if (title_stands_before(list, i, &list->items[i].domains))
			continue;
		if (load_section(trust, config, list, i, err) != 0)
			return -1;
	}
	return 0;
}
