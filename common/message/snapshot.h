/*
 * All that a message is decided by, as of one moment: configuration, trust, resolver and audit
 * sinks. Reference-counted; a message keeps the one it began with, a reload puts a new one in its
 * place.
 */
#ifndef SMIME_MESSAGE_SNAPSHOT_H
#define SMIME_MESSAGE_SNAPSHOT_H

#include "audit/audit.h"
#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"
#include "directory/resolver.h"
#include "message/spool.h"
#include "smime/evidence.h"
#include "smime/pending.h"
#include "smime/trust.h"

/* The store of what is fetched, as the configuration says: one for all snapshots of a process, so that
 * it outlives a reload. NULL on error. */
struct evidence *snapshot_evidence(const struct config *config, struct error *err);

struct snapshot {
	struct config *config;
	struct trust *trust;
	struct resolver *resolver;
	struct audit *audit;       /* NULL: nothing is recorded (smimectl) */
	struct spool_space *space; /* borrowed; outlives every snapshot */
	struct pending *pending;   /* the same; NULL: what is met is not noted (smimectl). Set
				      before the snapshot is in force */
	int references;
};

/* Builds everything from a loaded configuration (its own references of it and evidence are taken).
 * record: whether audit sinks are opened. NULL on error. */
struct snapshot *snapshot_new(struct config *config, struct spool_space *space,
    struct evidence *evidence, bool record, struct error *err);

/* From parts made elsewhere, which the snapshot takes over. */
struct snapshot *snapshot_from_parts(struct config *config, struct trust *trust,
    struct resolver *resolver, struct audit *audit, struct spool_space *space, struct error *err);

/* Atomic. The last unref stops the resolver: never from its own threads. unref(NULL) is legal. */
struct snapshot *snapshot_ref(struct snapshot *snapshot);
void snapshot_unref(struct snapshot *snapshot);

#endif
