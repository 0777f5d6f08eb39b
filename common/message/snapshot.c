#include "message/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

struct snapshot *
snapshot_from_parts(struct config *config, struct trust *trust, struct resolver *resolver,
    struct audit *audit, struct spool_space *space, struct error *err)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));

	if (snapshot == NULL) {
		error_no_memory(err);
		return NULL;
	}
	snapshot->config = config;
	snapshot->trust = trust;
	snapshot->resolver = resolver;
	snapshot->audit = audit;
	snapshot->space = space;
	snapshot->references = 1;
	return snapshot;
}

/* What only a large message would find out. */
static void
look_at_folder(const char *folder)
{
	struct error err = ERROR_INIT;

	if (access(folder, W_OK | X_OK) == 0)
		return;
	error_errno(&err, errno, "cache-folder: %s", folder);
	log_warning("%s; messages larger than spool-memory will be deferred", err.text);
}

struct evidence *
snapshot_evidence(const struct config *config, struct error *err)
{
	const struct evidence_limits limits = {
	    .crl_size = (size_t)config->crl_size_limit, .crl_bytes = (size_t)config->crl_memory};

	return evidence_new(&limits, err);
}

struct snapshot *
snapshot_new(struct config *config, struct spool_space *space, struct evidence *evidence,
    bool record, struct error *err)
{
	struct trust *trust;
	struct resolver *resolver = NULL;
	struct audit *audit = NULL;
	struct snapshot *snapshot;

	trust = trust_load(config, err);
	if (trust == NULL)
		return NULL;
	resolver = resolver_new(config, trust, evidence, err);
	if (resolver == NULL)
		goto free_trust;
	if (record && (audit = audit_open(config, err)) == NULL)
		goto free_resolver;
	snapshot = snapshot_from_parts(config, trust, resolver, audit, space, err);
	if (snapshot == NULL)
		goto free_audit;
	config_ref(config);
	if (record)
		look_at_folder(config->cache_folder);
	return snapshot;

free_audit:
	audit_free(audit);
free_resolver:
	resolver_free(resolver);
free_trust:
	trust_unref(trust);
	return NULL;
}

struct snapshot *
snapshot_ref(struct snapshot *snapshot)
{
	__atomic_fetch_add(&snapshot->references, 1, __ATOMIC_RELAXED);
	return snapshot;
}

void
snapshot_unref(struct snapshot *snapshot)
{
	if (snapshot == NULL || __atomic_sub_fetch(&snapshot->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	resolver_free(snapshot->resolver);
	audit_free(snapshot->audit);
	trust_unref(snapshot->trust);
	config_unref(snapshot->config);
	free(snapshot);
}
