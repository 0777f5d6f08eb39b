/* What the tests of smime/trust share: folders of certificates, and judging. */
#ifndef SMIME_TESTS_TRUST_H
#define SMIME_TESTS_TRUST_H

#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "pki.h"
#include "smime/trust.h"
#include "trust_inside.h"
#include "unit.h"

#define ANNA "anna@corp.example"

/* A folder of its own, emptied at the end. */
struct folder {
	char path[64];
	char files[8][96];
	int count;
};

void test_trust_folder_make(struct folder *folder);

FILE *test_trust_folder_file(struct folder *folder, const char *name);

void test_trust_folder_add(struct folder *folder, const char *name, X509 *x509, X509 *second);

void test_trust_folder_remove(struct folder *folder);

extern char all_domains[];

struct config_trust test_trust_section(
    char *title, struct folder *anchors, struct folder *intermediates);

struct trust *test_trust_load(struct config_trust *sections, size_t count);

/* Judges for anna@corp.example, now. */
enum reason_id test_trust_judge(const struct trust *trust, X509 *x509, STACK_OF(X509) * extra,
    enum trust_purpose purpose, time_t at, struct trust_verdict *verdict);

enum reason_id test_trust_judge_now(const struct trust *trust, X509 *x509, STACK_OF(X509) * extra);

/* A root, an intermediate of it, and a folder with the root; for the tests that vary the rest. */
struct authorities {
	EVP_PKEY *root_key, *ca_key, *key;
	X509 *root, *ca, *leaf;
	struct folder folder;
	STACK_OF(X509) * extra;
};

extern struct authorities pki;

X509 *test_trust_issue_ca(
    const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, int from, int to);

struct trust *test_trust_root(void);

void test_trust_ways(TCase *tcase);
void test_trust_sections(TCase *tcase);

#endif
