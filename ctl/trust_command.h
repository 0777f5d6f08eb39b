/* What the parts of smimectl trust share: one file each, called by trust.c. */
#ifndef SMIME_CTL_TRUST_COMMAND_H
#define SMIME_CTL_TRUST_COMMAND_H

#include "command.h"
#include "smime/pending.h"
#include "smime/trust_added.h"

struct trust_request {
	struct ctl_options options;
	struct config *config;
	struct trust_added named; /* --for: domains alone */
	bool yes;
	bool no_check;
	const char *argument; /* FINGERPRINT or FILE; NULL */
};

enum ctl_status trust_list(const struct trust_request *request);
enum ctl_status trust_show(const struct trust_request *request);
enum ctl_status trust_pending(const struct trust_request *request);
enum ctl_status trust_add(const struct trust_request *request);
enum ctl_status trust_remove(const struct trust_request *request);
enum ctl_status trust_reload(const struct trust_request *request);

/* trust_daemon.c: has the daemon read its trust anew. What it says, or that it can't be reached, is
 * told on standard error; *in_force: whether it did. */
enum ctl_status trust_tell_daemon(const struct trust_request *request, bool *in_force);

/* Every anchor as the control socket tells it (milter/control.h), with "file": of the daemon, or, when
 * it can't be reached (which is told), of the files alone. NULL on error, which is told. */
json_t *trust_rows(const struct trust_request *request, enum ctl_status *status);

/* What is pending as the daemon knows it, without what the files of anchors settle; when it can't be
 * reached, as it was written last. NULL on error, which is told. pending_free(). */
struct pending *trust_pending_read(const struct trust_request *request, enum ctl_status *status);

/* trust_fingerprint.c */

#define TRUST_FINGERPRINT_SIZE 65
/* Least hex digits of a fingerprint's beginning. */
#define TRUST_PREFIX_MIN 8

/* Whether the text is (the beginning of) a SHA-256 with or without colons: lower-case hex in out. */
bool trust_fingerprint_parse(const char *text, char out[TRUST_FINGERPRINT_SIZE]);

/* The certificate in base64, or NULL. */
struct certificate *trust_decode(const char *base64);

/* Of fingerprints that begin so, each told once or more: how many different ones there are. */
struct trust_match {
	const char *prefix;
	char sha256[TRUST_FINGERPRINT_SIZE]; /* of the first */
	size_t count;                        /* 2: two or more */
};
void trust_match_try(struct trust_match *match, const char *sha256);
/* The same for all files with one certificate. */
void trust_match_try_added(struct trust_match *match, const struct trust_added_list *list);
/* Says on standard error that there is none, or more than one; false: exactly one. */
bool trust_match_fails(const struct trust_match *match, const char *where);

/* trust_certificate.c: sha256, subject, issuer, serial, not_before, not_after, key, ca, self_signed, warnings: into the
 * object. */
void trust_put_certificate(json_t *object, const struct certificate *certificate);
/* The same for people, indented. */
void trust_print_certificate(const struct certificate *certificate);
void trust_print_warnings(const struct certificate *certificate, FILE *out);
void trust_print_line(const char *label, const char *text);
void trust_print_json_texts(const char *label, const json_t *texts);

/* What a pending one is shown as, without what comes of checking. */
json_t *trust_pending_json(const struct pending_authority *authority);

#endif
