#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "smime/trust_added.h"
#include "smime/trust_folder.h"
#include "smime/trust_section.h"

static int
read_index(struct trust_index *index, const char *path, struct error *err)
{
	STACK_OF(X509) *certificates = sk_X509_new_null();

	if (certificates == NULL)
		return error_no_memory(err);
	if (path != NULL && path[0] != '\0' && trust_folder_read(path, certificates, err) != 0) {
		sk_X509_pop_free(certificates, X509_free);
		return -1;
	}
	return trust_index_make(index, certificates, err);
}

static int
copy_domains(struct trust_section *section, const struct strings *domains, struct error *err)
{
	section->domains = calloc(domains->count + 1, sizeof(char *));
	if (section->domains == NULL)
		return error_no_memory(err);
	while (section->domain_count < domains->count) {
		char *domain = strdup(domains->items[section->domain_count]);

		if (domain == NULL)
			return error_no_memory(err);
		section->domains[section->domain_count++] = domain;
	}
	return 0;
}

/* The configuration check says the same to the administrator; this holds without it. */
static bool
may_take_from_directory(const struct trust_section *section, const struct config_trust *config)
{
	size_t i;

	if (config->directory == NULL || config->directory[0] == '\0')
		return false;
	for (i = 0; i < section->domain_count; i++) {
		if (strcmp(section->domains[i], "*") == 0)
			break;
	}
	if (section->domain_count > 0 && i == section->domain_count)
		return true;
	log_error("trust \"%s\": nothing is taken from directory \"%s\": for must name the domains "
		  "that its CA certificates count for",
	    section->title, config->directory);
	return false;
}

/* As OpenSSL counts the work to break a digest. */
static int
strength_of(enum config_min_digest digest)
{
	static const int strengths[] = {[MIN_DIGEST_SHA1] = 63,
	    [MIN_DIGEST_SHA224] = 112,
	    [MIN_DIGEST_SHA256] = 128,
	    [MIN_DIGEST_SHA384] = 192};

	return strengths[digest];
}

static int
read_policies(struct trust_section *section, const struct strings *policies, struct error *err)
{
	section->policies = calloc(policies->count + 1, sizeof(ASN1_OBJECT *));
	if (section->policies == NULL)
		return error_no_memory(err);
	while (section->policy_count < policies->count) {
		const char *text = policies->items[section->policy_count];
		ASN1_OBJECT *policy = OBJ_txt2obj(text, 1);

		if (policy == NULL)
			return error_set(
			    err, ERROR_INPUT, "policies: \"%s\" is no object identifier", text);
		section->policies[section->policy_count++] = policy;
	}
	return 0;
}

static int
read_rules(struct trust_section *section, const struct config_trust *config, size_t crl_size,
    struct error *err)
{
	section->min_strength = strength_of(config->min_digest);
	section->crl_grace = (time_t)(config->crl_grace / 1000);
	if (read_policies(section, &config->policies, err) != 0 ||
	    trust_crls_read(&section->crls, config->crls, crl_size, err) != 0)
		return error_prefix(err, "trust \"%s\": ", section->title);
	return 0;
}

int
trust_section_init(struct trust_section *section, const struct config_trust *config,
    size_t crl_size, struct error *err)
{
	section->title = strdup(config->title);
	if (section->title == NULL)
		return error_no_memory(err);
	section->revocation = config->revocation;
	section->min_rsa_bits = (int)config->min_rsa_bits;
	section->max_rsa_bits = (int)config->max_rsa_bits;
	section->min_ec_bits = (int)config->min_ec_bits;
	section->max_depth = (int)config->max_depth;
	if (copy_domains(section, &config->for_domains, err) != 0)
		return -1;
	section->from_directory = may_take_from_directory(section, config);
	return read_rules(section, config, crl_size, err);
}

static int
load_section(struct trust_section *section, const struct config_trust *config, size_t crl_size,
    struct error *err)
{
	if (trust_section_init(section, config, crl_size, err) != 0)
		return -1;
	if (read_index(&section->anchors, config->anchors, err) != 0 ||
	    read_index(&section->intermediates, config->intermediates, err) != 0)
		return error_prefix(err, "trust \"%s\": ", section->title);
	if (section->anchors.count == 0 && !section->from_directory)
		log_warning(
		    "trust \"%s\": there is no anchor: no certificate will be trusted by it",
		    section->title);
	return 0;
}

static struct trust *
load(const struct config *config, const struct trust_added_list *added, struct error *err)
{
	struct trust *trust = calloc(1, sizeof(*trust));

	if (trust == NULL)
		goto no_memory;
	trust->references = 1;
	trust->configured = config->trust_count;
	trust->sections = calloc(config->trust_count + added->count + 1, sizeof(*trust->sections));
	if (trust->sections == NULL)
		goto no_memory;
	while (trust->section_count < config->trust_count) {
		struct trust_section *section = &trust->sections[trust->section_count];

		trust->section_count++; /* what is half made is freed like what is whole */
		if (load_section(section, &config->trusts[trust->section_count - 1],
			(size_t)config->crl_size_limit, err) != 0)
			goto failed;
	}
	if (trust_added_load(trust, config, added, err) != 0)
		goto failed;
	if (trust->section_count == 0)
		log_warning("no trust section: no certificate will be trusted");
	ERR_clear_error();
	return trust;
no_memory:
	error_no_memory(err);
failed:
	trust_unref(trust);
	ERR_clear_error();
	return NULL;
}

struct trust *
trust_load_with(const struct config *config, const struct trust_added *more, struct error *err)
{
	struct trust_added_list added = {NULL, 0};
	struct trust *trust = NULL;

	if (trust_added_read(config->added_trust, &added, err) == 0 &&
	    (more == NULL || trust_added_list_add(&added, more, err) == 0))
		trust = load(config, &added, err);
	trust_added_list_free(&added);
	return trust;
}

struct trust *
trust_load(const struct config *config, struct error *err)
{
	return trust_load_with(config, NULL, err);
}

struct trust *
trust_ref(struct trust *trust)
{
	__atomic_add_fetch(&trust->references, 1, __ATOMIC_RELAXED);
	return trust;
}

/* What an extended trust shares with the loaded one. */
static void
free_rules(struct trust_section *section)
{
	size_t i;

	for (i = 0; i < section->domain_count; i++)
		free(section->domains[i]);
	for (i = 0; i < section->policy_count; i++)
		ASN1_OBJECT_free(section->policies[i]);
	free(section->domains);
	free(section->policies);
	free(section->title);
	trust_crls_free(&section->crls);
}

static void
free_section(struct trust_section *section, bool owns_rules)
{
	if (owns_rules)
		free_rules(section);
	trust_index_free(&section->anchors);
	trust_index_free(&section->intermediates);
}

void
trust_unref(struct trust *trust)
{
	size_t i;

	if (trust == NULL || __atomic_sub_fetch(&trust->references, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	for (i = 0; i < trust->section_count; i++)
		free_section(&trust->sections[i], trust->base == NULL);
	trust_unref(trust->base);
	free(trust->sections);
	free(trust);
}

size_t
trust_anchor_count(const struct trust *trust)
{
	size_t count = 0;
	size_t i;

	for (i = 0; i < trust->section_count; i++)
		count += trust->sections[i].anchors.count;
	return count;
}

bool
trust_takes_from_directory(const struct trust *trust, size_t section)
{
	return section < trust->section_count && trust->sections[section].from_directory;
}
