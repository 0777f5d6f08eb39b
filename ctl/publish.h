/*
 * smimectl publish: what its files share. publish.c has options and order; publish_jobs.c what is to be
 * published; publish_prepare.c and publish_one.c the work on one; publish_show.c its words. One thread.
 */
#ifndef SMIME_CTL_PUBLISH_H
#define SMIME_CTL_PUBLISH_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "editing.h"
#include "judgement.h"
#include "smime/certificate.h"
#include "smime/key_file.h"

/* Files of one call. */
#define PUBLISH_JOBS_MAX 100000
/* Directory sections, each with its connection. */
#define PUBLISH_DIRECTORIES_MAX 64

struct publish_request {
	struct ctl_options options;
	struct editing editing;
	const char *from;
	const char *csv;
	const char *ldif;
	const char *key;
	const char *chain;
	const char *encrypt_to;
	const char *address;
	const char *dn;
	const char *password_file;
	const char *capabilities;
	bool with_certificate;
	bool replace;
};

/* One certificate to publish. */
struct publish_job {
	char *file;
	char *key; /* the rest: NULL: as the request says */
	char *address;
	char *dn;
	char *password_file;
};

struct publish_jobs {
	struct publish_job *items;
	size_t count;
};

/* From file names and folders, and from --csv. 0/-1; then publish_jobs_clear() in any case. */
MUST_CHECK int publish_jobs_add(struct publish_jobs *jobs, const char *path, struct error *err);
MUST_CHECK int publish_jobs_add_csv(struct publish_jobs *jobs, const char *path, struct error *err);
void publish_jobs_clear(struct publish_jobs *jobs);

/* What all jobs share. */
struct publisher {
	const struct publish_request *request;
	struct snapshot *snapshot; /* that judges what is about to be published */
	struct snapshot *live;     /* that looks it up as the daemon does; NULL: not yet */
	struct spool_space *space; /* of live */
	const struct address *sender;
	const X509_ALGORS *capabilities;
	struct config_directory directories[PUBLISH_DIRECTORIES_MAX]; /* as they are written to */
	struct writer *writers[PUBLISH_DIRECTORIES_MAX];              /* NULL: not yet */
	FILE *ldif;                                                   /* NULL: not asked for */
};

/* One, from its file to what came of it. */
struct publication {
	const struct publish_job *job;
	struct key_file key_file;
	struct certificate *certificate; /* mail is to be encrypted to it */
	struct address address;
	size_t directory; /* place in the configuration */
	struct census *census;
	const struct census_entry *entry; /* the census's */
	struct change *change;
	unsigned char *blob; /* NULL: certificate alone */
	size_t blob_size;
	struct judgement judgement;
	bool judged;
	const struct digital_id *id; /* the judgement's; NULL: not found */
	const char *fault;           /* why it is not published; NULL: it may be */
	bool written;
	bool verified; /* looked up afterwards, and found good */
};

/* From the job to the change that would have to be made. 0/-1; what there is of the publication is freed
 * by publish_one() in any case. */
MUST_CHECK int publish_prepare(
    struct publisher *publisher, struct publication *publication, struct error *err);

/* Does one; says what is wrong, if anything is, on standard error. */
enum ctl_status publish_one(struct publisher *publisher, const struct publish_job *job);

/* What is, or would be, done. */
/* That nothing came of a file, where JSON is asked for: each has its line. */
void publish_show_error(
    const struct publisher *publisher, const struct publish_job *job, const char *why);
void publish_show(const struct publisher *publisher, const struct publication *publication);

#endif
