/*
 * Facts made by hand for the tests of policy and audit: recipients with rules and records of their
 * own, whose certificates exist in their describing fields only (x509 is NULL: nothing under test
 * may look at it). All in one struct, without memory of its own.
 */
#ifndef SMIME_TESTS_SCENE_H
#define SMIME_TESTS_SCENE_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/facts.h"

#define SCENE_RECIPIENTS 40
#define SCENE_DIGITAL_IDS 4
#define SCENE_DAY 86400

struct scene {
	struct config config;
	struct config_rule rules[SCENE_RECIPIENTS];
	char titles[SCENE_RECIPIENTS][16];
	char texts[SCENE_RECIPIENTS][64];
	char domains[SCENE_RECIPIENTS][64];
	struct address addresses[SCENE_RECIPIENTS];
	char group_texts[SCENE_RECIPIENTS][64];
	char group_domains[SCENE_RECIPIENTS][64];
	struct address groups[SCENE_RECIPIENTS];
	char details[SCENE_RECIPIENTS][64];
	struct recipient records[SCENE_RECIPIENTS];
	struct digital_id ids[SCENE_RECIPIENTS][SCENE_DIGITAL_IDS];
	struct certificate certificates[SCENE_RECIPIENTS][SCENE_DIGITAL_IDS];
	char serials[SCENE_RECIPIENTS][SCENE_DIGITAL_IDS][16];
	bool addressed[SCENE_RECIPIENTS][SCENE_DIGITAL_IDS];
	struct facts_recipient recipients[SCENE_RECIPIENTS];
	struct layer body;
	struct facts facts;
};

/* An enforcing configuration with the defaults of settings.def, readable content, nobody in the
 * envelope. */
void scene_init(struct scene *scene);

/* One more recipient, in To, under a rule of its own with a copy of the top level's policy, looked
 * up, for whom nothing is published. Returns its index. */
size_t scene_add(struct scene *scene, const char *address, enum config_encrypt encrypt);

/* The recipient is a member of a group of the envelope. scene_nameless(): one without an address,
 * known by its DN. */
void scene_member(struct scene *scene, size_t recipient, const char *group);
void scene_nameless(struct scene *scene, size_t recipient, const char *group, const char *dn);

/* The recipient loses its rule. */
void scene_without_rule(struct scene *scene, size_t recipient);

/* Publishes one more digital ID, with the capabilities named (ended by CIPHER_UNKNOWN). */
struct digital_id *scene_publish(struct scene *scene, size_t recipient, enum reason_id verdict,
    enum capabilities_source from, const enum cipher_id *ciphers);

/* Publishes a usable digital ID whose signed capabilities are what present clients advertise. */
struct digital_id *scene_publish_modern(struct scene *scene, size_t recipient);

/* The client encrypted the message. */
void scene_enveloped(struct scene *scene, enum cipher_id cipher);

/* What a look-up may find for a recipient. */
enum scene_finding {
	FOUND_USABLE,
	FOUND_NOTHING,
	FOUND_EXPIRED,
	FOUND_UNTRUSTED,
	FOUND_REVOKED,
	FOUND_WEAK_KEY,
	FOUND_KEY_UNSUPPORTED,
	FOUND_MALFORMED,
	FOUND_NO_VALUE,
	FOUND_DES3,
	FOUND_RC2,
	FOUND_NO_CAPABILITIES, /* where unknown is refused */
	FOUND_ASSUMED,
	FOUND_NO_DIRECTORY,
	FOUND_NO_ANSWER,
	FOUND_NOT_ASKED,
	FOUND_NO_REVOCATION,
};

/* The recipient is one for whom this is found. */
void scene_find(struct scene *scene, size_t recipient, enum scene_finding finding);

extern const enum cipher_id scene_modern[]; /* AES-256, AES-192, AES-128, 3DES, RC2-40 */
extern const enum cipher_id scene_nothing[];

#endif
