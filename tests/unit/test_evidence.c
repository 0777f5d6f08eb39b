/* The store of what was fetched, and the wants that it answers. */
#include <fcntl.h>
#include <openssl/cms.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "evidence_inside.h"
#include "pki.h"
#include "status_make.h"
#include "unit.h"

#define URL "http://ca.example/x"

static struct {
	EVP_PKEY *ca_key, *key;
	X509 *ca, *leaf;
	struct evidence *evidence;
	struct wants wants;
	time_t now;
} t;

static void
setup(void)
{
	const struct evidence_limits limits = {.crl_size = 1 << 20, .crl_bytes = 1 << 20};

	t.ca_key = pki_key(PKI_RSA_2048, 1);
	t.key = pki_key(PKI_RSA_2048, 2);
	t.ca = pki_issue(
	    &(const struct pki_certificate){.subject = "CA", .ca = true}, t.ca_key, NULL, t.ca_key);
	t.leaf =
	    pki_issue(&(const struct pki_certificate){.subject = "Anna"}, t.key, t.ca, t.ca_key);
	t.evidence = evidence_new(&limits, NULL);
	ck_assert_ptr_nonnull(t.evidence);
	t.now = clock_wall();
}

static void
teardown(void)
{
	wants_clear(&t.wants);
	evidence_unref(t.evidence);
	X509_free(t.ca);
	X509_free(t.leaf);
	EVP_PKEY_free(t.ca_key);
	EVP_PKEY_free(t.key);
}

static const struct want *
want(enum want_kind kind, const char *url)
{
	ck_assert(wants_add(&t.wants, kind, url, t.leaf, t.ca));
	return &t.wants.items[t.wants.count - 1];
}

static int
certificates_named(X509 *like)
{
	STACK_OF(X509) *found = sk_X509_new_null();
	int count;

	ck_assert_int_eq(evidence_certificates(t.evidence, X509_get_subject_name(like), found), 0);
	count = sk_X509_num(found);
	sk_X509_pop_free(found, X509_free);
	return count;
}

START_TEST(an_issuer_comes_as_der_pem_or_a_bundle)
{
	const struct want *issuer = want(WANT_ISSUER, URL);
	STACK_OF(X509) *all = sk_X509_new_null();
	BIO *pem = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms = CMS_ContentInfo_new();
	unsigned char *der = NULL;
	char *text;
	size_t size;
	int length;

	der = pki_der(t.ca, &size);
	ck_assert_int_eq(evidence_take(t.evidence, issuer, der, size, t.now, NULL), 0);
	ck_assert_int_eq(certificates_named(t.ca), 1);
	ck_assert_int_eq(certificates_named(t.leaf), 0);
	text = malloc(2 * size);
	memcpy(text, der, size);
	memcpy(text + size, der, size);
	ck_assert_int_eq(evidence_take(t.evidence, issuer, text, 2 * size, t.now, NULL), 0);
	ck_assert_int_eq(certificates_named(t.ca), 2);
	ck_assert_int_eq(evidence_take(t.evidence, issuer, text, 2 * size - 1, t.now, NULL), -1);
	free(text);
	OPENSSL_free(der);
	/* The same URL: in place of it. */
	ck_assert(PEM_write_bio_X509(pem, t.ca) && PEM_write_bio_X509(pem, t.leaf));
	length = (int)BIO_get_mem_data(pem, &text);
	ck_assert_int_eq(evidence_take(t.evidence, issuer, text, (size_t)length, t.now, NULL), 0);
	ck_assert_int_eq(certificates_named(t.ca), 1);
	ck_assert_int_eq(certificates_named(t.leaf), 1);
	CMS_ContentInfo_free(cms);
	ck_assert(sk_X509_push(all, t.ca));
	cms = CMS_sign(NULL, NULL, all, NULL, CMS_PARTIAL | CMS_DETACHED);
	der = NULL;
	length = i2d_CMS_ContentInfo(cms, &der);
	ck_assert_int_gt(length, 0);
	ck_assert_int_eq(evidence_take(t.evidence, issuer, der, (size_t)length, t.now, NULL), 0);
	ck_assert_int_eq(certificates_named(t.ca), 1);
	ck_assert_int_eq(certificates_named(t.leaf), 0);
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	sk_X509_free(all);
	BIO_free(pem);
}
END_TEST

START_TEST(what_is_no_certificate_or_too_many_is_refused)
{
	const struct want *issuer = want(WANT_ISSUER, URL);
	BIO *pem = BIO_new(BIO_s_mem());
	struct error err = ERROR_INIT;
	unsigned char *der;
	size_t size;
	char *text;
	long length;
	int i;

	ck_assert_int_eq(evidence_take(t.evidence, issuer, "<html>", 6, t.now, &err), -1);
	ck_assert_int_eq(err.code, ERROR_INPUT);
	ck_assert_ptr_nonnull(strstr(err.text, URL));
	ck_assert_int_eq(evidence_take(t.evidence, issuer, "", 0, t.now, &err), -1);
	der = pki_der(t.ca, &size);
	ck_assert_int_eq(evidence_take(t.evidence, issuer, der, size - 1, t.now, &err), -1);
	OPENSSL_free(der);
	for (i = 0; i <= EVIDENCE_BUNDLE_MAX; i++)
		ck_assert(PEM_write_bio_X509(pem, t.ca));
	length = BIO_get_mem_data(pem, &text);
	ck_assert_int_eq(evidence_take(t.evidence, issuer, text, (size_t)length, t.now, &err), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	ck_assert_int_eq(certificates_named(t.ca), 0);
	BIO_free(pem);
}
END_TEST

static int
take_crl(const struct want *list, const struct status_crl *what, EVP_PKEY *key)
{
	size_t size;
	unsigned char *der = status_crl(what, t.ca, key, &size);
	int status = evidence_take(t.evidence, list, der, size, t.now, NULL);

	OPENSSL_free(der);
	return status;
}

static size_t
crl_count(time_t *made)
{
	struct crl **lists;
	size_t count = evidence_crls(t.evidence, X509_get_subject_name(t.ca), &lists);
	size_t i;

	for (i = 0; i < count; i++) {
		*made = crl_this_update(lists[i]);
		crl_unref(lists[i]);
	}
	free(lists);
	return count;
}

START_TEST(a_list_gives_way_only_to_a_later_one_of_the_same_issuer)
{
	const struct want *list = want(WANT_CRL, URL);
	time_t made = 0;

	ck_assert_int_eq(take_crl(list, &(const struct status_crl){.from = -100}, t.ca_key), 0);
	ck_assert_uint_eq(crl_count(&made), 1);
	/* Forged, and replayed. */
	ck_assert_int_eq(take_crl(list, &(const struct status_crl){.from = -50}, t.key), -1);
	ck_assert_int_eq(take_crl(list, &(const struct status_crl){.from = -200}, t.ca_key), -1);
	ck_assert_uint_eq(crl_count(&made), 1);
	ck_assert_int_ge((long)made, (long)t.now - 110);
	ck_assert_int_eq(take_crl(list, &(const struct status_crl){.from = -10}, t.ca_key), 0);
	ck_assert_uint_eq(crl_count(&made), 1);
	ck_assert_int_ge((long)made, (long)t.now - 20);
	ck_assert_int_eq(
	    take_crl(want(WANT_CRL, URL "2"), &(const struct status_crl){.from = -300}, t.ca_key),
	    0);
	ck_assert_uint_eq(crl_count(&made), 2);
}
END_TEST

START_TEST(a_list_of_another_scope_or_kind_stands_beside)
{
	const struct want *list = want(WANT_CRL, URL);
	time_t made = 0;

	ck_assert_int_eq(take_crl(list, &(const struct status_crl){.from = -900}, t.ca_key), 0);
	ck_assert_int_eq(
	    take_crl(list,
		&(const struct status_crl){.from = -800, .scope = "critical,onlyCA:TRUE"},
		t.ca_key),
	    0);
	ck_assert_int_eq(
	    take_crl(
		list, &(const struct status_crl){.from = -700, .number = 3, .base = 2}, t.ca_key),
	    0);
	ck_assert_uint_eq(crl_count(&made), 3);
	ck_assert_int_eq(take_crl(list, &(const struct status_crl){.from = -600}, t.ca_key), 0);
	ck_assert_uint_eq(crl_count(&made), 3);
	/* The same again is nothing new, and one of the same second goes by its number. */
	ck_assert_int_eq(
	    take_crl(list, &(const struct status_crl){.from = -600, .number = 9}, t.ca_key), 0);
	ck_assert_uint_eq(crl_count(&made), 3);
}
END_TEST

START_TEST(what_nobody_verified_displaces_nothing_that_was)
{
	struct evidence_inside before;
	struct evidence_inside after;
	char url[64];
	size_t size;
	unsigned char *der =
	    status_crl(&(const struct status_crl){.others = 3000}, t.ca, t.key, &size);
	struct error err = ERROR_INIT;
	int i;

	ck_assert_int_eq(evidence_restore(t.evidence, "crl junk", der, size, NULL), 0);
	for (i = 0; i < WANTS_MAX; i++) {
		snprintf(url, sizeof(url), URL "%d", i);
		ck_assert_int_eq(take_crl(want(WANT_CRL, url),
				     &(const struct status_crl){.others = 3000}, t.ca_key),
		    0);
	}
	before = evidence_inside(t.evidence);
	ck_assert_int_eq(evidence_restore(t.evidence, "crl junk", der, size, &err), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	after = evidence_inside(t.evidence);
	ck_assert_uint_eq(after.crls, before.crls);
	/* What has expired does give way. */
	wants_clear(&t.wants);
	evidence_unref(t.evidence);
	t.evidence = evidence_new(
	    &(const struct evidence_limits){.crl_size = 1 << 20, .crl_bytes = 1 << 20}, NULL);
	for (i = 0; i < WANTS_MAX; i++) {
		snprintf(url, sizeof(url), URL "%d", i);
		ck_assert_int_eq(
		    take_crl(want(WANT_CRL, url),
			&(const struct status_crl){.others = 3000, .from = -60, .to = -30},
			t.ca_key),
		    0);
	}
	ck_assert_int_eq(evidence_restore(t.evidence, "crl junk", der, size, NULL), 0);
	OPENSSL_free(der);
}
END_TEST

START_TEST(lists_go_when_there_is_no_room)
{
	struct evidence_inside statistics;
	char url[64];
	int i;

	for (i = 0; i < WANTS_MAX; i++) {
		snprintf(url, sizeof(url), URL "%d", i);
		ck_assert_int_eq(take_crl(want(WANT_CRL, url),
				     &(const struct status_crl){.others = 3000}, t.ca_key),
		    0);
	}
	statistics = evidence_inside(t.evidence);
	ck_assert_uint_lt(statistics.crls, WANTS_MAX);
	ck_assert_uint_gt(statistics.crls, 1);
	ck_assert_uint_le(statistics.bytes, (2 << 20));
	wants_clear(&t.wants);
	ck_assert_int_eq(
	    take_crl(want(WANT_CRL, URL), &(const struct status_crl){.others = 40000}, t.ca_key),
	    -1);
}
END_TEST

static int
take_answer(const struct want *question, int from, EVP_PKEY *key)
{
	X509 *signer =
	    pki_issue(&(const struct pki_certificate){.subject = "CA", .ca = true}, key, NULL, key);
	const struct status_answer what = {.certificate = t.leaf,
	    .issuer = t.ca,
	    .signer = signer,
	    .key = key,
	    .from = from,
	    .without_certificate = true};
	size_t size;
	unsigned char *der = status_answer(&what, &size);
	int status = evidence_take(t.evidence, question, der, size, t.now, NULL);

	OPENSSL_free(der);
	X509_free(signer);
	return status;
}

START_TEST(an_answer_must_be_the_responders_and_not_older)
{
	const struct want *question = want(WANT_OCSP, "http://ocsp.example/");
	struct ocsp_answer *answer;
	struct evidence *later;
	const unsigned char *bytes;
	size_t size;

	ck_assert_uint_gt(question->request_size, 0);
	ck_assert_int_eq(take_answer(question, -100, t.ca_key), 0);
	ck_assert_int_eq(take_answer(question, -50, t.key), -1);
	ck_assert_int_eq(take_answer(question, -200, t.ca_key), -1);
	ck_assert_int_eq(take_answer(question, -40, t.ca_key), 0);
	answer = evidence_answer(t.evidence, question->id);
	ck_assert_ptr_nonnull(answer);
	/* Likewise after a restart, when it was not verified yet. */
	bytes = ocsp_bytes(answer, &size);
	later = evidence_new(&(const struct evidence_limits){.crl_size = 0}, NULL);
	ck_assert_int_eq(evidence_restore(later, question->id, bytes, size, NULL), 0);
	ck_assert_int_eq(evidence_restore(later, "crl x", "junk", 4, NULL), -1);
	ck_assert_int_eq(evidence_restore(later, "junk", "junk", 4, NULL), -1);
	ocsp_unref(answer);
	evidence_unref(t.evidence);
	t.evidence = later;
	ck_assert_int_eq(take_answer(question, -200, t.ca_key), -1);
	ck_assert_int_eq(take_answer(question, -20, t.ca_key), 0);
	ck_assert_int_eq(take_answer(question, -30, t.ca_key), -1);
	ck_assert_ptr_null(evidence_answer(t.evidence, "another"));
}
END_TEST

static void
has_failed(const struct want *want, enum error_code code, const char *words)
{
	struct error err = ERROR_INIT;

	error_set(&err, code, "%s", words);
	evidence_failed(t.evidence, want, t.now, t.now + 60, &err);
}

START_TEST(what_failed_is_remembered_for_a_time)
{
	const struct want *list = want(WANT_CRL, URL);
	char words[100] = "";

	ck_assert(!evidence_paused(t.evidence, list->key, t.now, words, sizeof(words)));
	has_failed(list, ERROR_PERMANENT, "connection refused");
	ck_assert(evidence_paused(t.evidence, list->key, t.now, words, sizeof(words)));
	ck_assert_str_eq(words, "connection refused");
	ck_assert(!evidence_paused(t.evidence, list->key, t.now + 60, words, sizeof(words)));
	/* What was just fetched is not wanted again at once, either. */
	ck_assert_int_eq(take_crl(list, &(const struct status_crl){0}, t.ca_key), 0);
	ck_assert(evidence_paused(t.evidence, list->key, t.now + 1, words, sizeof(words)));
	ck_assert_str_eq(words, "");
	ck_assert(
	    !evidence_paused(t.evidence, list->key, t.now + EVIDENCE_AGAIN, words, sizeof(words)));
}
END_TEST

static const struct {
	const char *url;
	const char *host; /* NULL: not taken */
	const char *dn;
	const char *attribute;
} urls[] = {
    {"http://ca.example/a.crl", "", NULL, NULL},
    {"HTTP://ca.example/a.crl", "", NULL, NULL},
    {"https://ca.example/a.crl", NULL, NULL, NULL},
    {"file:///etc/passwd", NULL, NULL, NULL},
    {"ftp://ca.example/", NULL, NULL, NULL},
    {"http://ca.example/a b", NULL, NULL, NULL},
    {"http://ca.example/\n", NULL, NULL, NULL},
    {"ldap:///CN=CA,CN=CDP,DC=corp?certificateRevocationList?base?objectClass=x", "",
	"CN=CA,CN=CDP,DC=corp", "certificateRevocationList"},
    {"ldap:///CN=My%20CA,DC=corp?cACertificate;binary,x?base?(a=b)", "", "CN=My CA,DC=corp",
	"cACertificate;binary"},
    {"ldap://dc.corp.example:389/CN=CA", "dc.corp.example:389", "CN=CA",
	"certificateRevocationList;binary"},
    {"ldap://dc.corp.example", NULL, NULL, NULL},
    {"ldap:///CN=%zz", NULL, NULL, NULL},
    {"ldap:///CN=%00", NULL, NULL, NULL},
    {"ldaps://dc.corp.example/CN=CA", NULL, NULL, NULL},
};

START_TEST(a_want_says_where_to_ask)
{
	const struct want *one = &t.wants.items[0];
	bool added = wants_add(&t.wants, WANT_CRL, urls[_i].url, NULL, NULL);

	ck_assert_int_eq(added, urls[_i].host != NULL);
	if (!added)
		return;
	ck_assert_int_eq(one->ldap, urls[_i].dn != NULL);
	if (one->ldap) {
		ck_assert_str_eq(one->host, urls[_i].host);
		ck_assert_str_eq(one->dn, urls[_i].dn);
		ck_assert_str_eq(one->attribute, urls[_i].attribute);
	}
	/* Once. */
	ck_assert(!wants_add(&t.wants, WANT_CRL, urls[_i].url, NULL, NULL));
	ck_assert_uint_eq(t.wants.count, 1);
}
END_TEST

START_TEST(wants_are_bounded)
{
	char url[WANT_URL_MAX + 100];
	int i;

	memset(url, 'x', sizeof(url));
	memcpy(url, "http://", 7);
	url[sizeof(url) - 1] = '\0';
	ck_assert(!wants_add(&t.wants, WANT_CRL, url, NULL, NULL));
	for (i = 0; i < WANTS_MAX + 3; i++) {
		snprintf(url, sizeof(url), URL "%d", i);
		ck_assert_int_eq(wants_add(&t.wants, WANT_CRL, url, NULL, NULL), i < WANTS_MAX);
	}
	ck_assert_uint_eq(t.wants.count, WANTS_MAX);
}
END_TEST

static struct evidence *
reopen(const char *folder, bool writes, size_t *crls)
{
	const struct evidence_limits limits = {.crl_size = 1 << 20, .crl_bytes = 1 << 20};
	struct evidence *evidence = evidence_new(&limits, NULL);
	struct evidence_inside counts;

	evidence_open_folder(evidence, folder, writes);
	counts = evidence_inside(evidence);
	*crls = counts.crls;
	return evidence;
}

static void
put_file(const char *folder, const char *name, const char *text)
{
	char path[300];
	FILE *out;

	snprintf(path, sizeof(path), "%s/fetched/%s", folder, name);
	out = fopen(path, "w");
	ck_assert(out != NULL && fputs(text, out) >= 0 && fclose(out) == 0);
}

static int
run(const char *format, const char *folder)
{
	char command[300];

	snprintf(command, sizeof(command), format, folder);
	return system(command);
}

#define OTHER_HASH "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

START_TEST(a_folder_gives_back_what_was_kept_and_nothing_foreign)
{
	char folder[] = "/tmp/test-evidence-XXXXXX";
	const struct want *list = want(WANT_CRL, URL);
	struct evidence *evidence;
	size_t size;
	size_t crls;
	unsigned char *der = status_crl(&(const struct status_crl){0}, t.ca, t.ca_key, &size);

	ck_assert_ptr_nonnull(mkdtemp(folder));
	evidence = reopen(folder, true, &crls);
	ck_assert_uint_eq(crls, 0);
	ck_assert_int_eq(evidence_take(evidence, list, der, size, t.now, NULL), 0);
	evidence_keep(evidence, list, der, size);
	evidence_keep(evidence, list, der, size);
	evidence_unref(evidence);
	put_file(folder, HASH ".evidence", "smime-milter evidence 1\ncrl http://x/\njunk");
	put_file(folder, HASH ".evidence.new-0123abcd", "half");
	put_file(folder, "README", "not ours");
	ck_assert_int_eq(run("ln -s README %s/fetched/" OTHER_HASH ".evidence", folder), 0);
	evidence = reopen(folder, false, &crls);
	ck_assert_uint_eq(crls, 1);
	list = want(WANT_CRL, URL "2");
	ck_assert_int_eq(evidence_take(evidence, list, der, size, t.now, NULL), 0);
	evidence_keep(evidence, list, der, size); /* it only reads */
	evidence_unref(evidence);
	ck_assert_int_eq(run("test $(ls %s/fetched | wc -l) -eq 5", folder), 0);
	evidence = reopen(folder, true, &crls);
	ck_assert_uint_eq(crls, 1);
	evidence_unref(evidence);
	/* What was half written is gone; what is not ours stays. */
	ck_assert_int_eq(run("test $(ls %s/fetched | grep -c new) -eq 0", folder), 0);
	ck_assert_int_eq(run("test -f %s/fetched/README", folder), 0);
	OPENSSL_free(der);
	run("rm -r %s", folder);
}
END_TEST

/* So many files as ours would be named, each older than the one before. */
static void
put_files(const char *folder, int count)
{
	char path[300];
	struct timespec times[2] = {{0, 0}, {0, 0}};
	int i;
	int fd;

	for (i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/fetched/%064x.evidence", folder, (unsigned int)i);
		fd = open(path, O_WRONLY | O_CREAT, 0600);
		times[0].tv_sec = times[1].tv_sec = 1000000000 - i;
		ck_assert(fd >= 0 && futimens(fd, times) == 0 && close(fd) == 0);
	}
}

START_TEST(a_folder_of_too_many_files_loses_the_oldest)
{
	char folder[] = "/tmp/test-evidence-XXXXXX";
	struct evidence *evidence;
	size_t crls;

	log_open("test", LOG_TO_STDERR, 0, LOG_LEVEL_ERROR); /* each is passed over */
	ck_assert_ptr_nonnull(mkdtemp(folder));
	evidence = reopen(folder, true, &crls);
	evidence_unref(evidence);
	put_files(folder, 10003);
	evidence_unref(reopen(folder, false, &crls));
	ck_assert_int_eq(run("test $(ls %s/fetched | wc -l) -eq 10003", folder), 0);
	evidence_unref(reopen(folder, true, &crls));
	ck_assert_int_eq(run("test $(ls %s/fetched | wc -l) -eq 10000", folder), 0);
	/* 10000, 10001 and 10002. */
	ck_assert_int_eq(run("! ls %s/fetched | grep -q '271[012].evidence$'", folder), 0);
	run("rm -r %s", folder);
}
END_TEST

START_TEST(a_folder_has_room_for_the_bytes_of_the_store)
{
	char folder[] = "/tmp/test-evidence-XXXXXX";
	struct evidence *evidence;
	const struct want *list;
	char url[64];
	size_t size;
	size_t crls;
	unsigned char *der =
	    status_crl(&(const struct status_crl){.others = 9000}, t.ca, t.ca_key, &size);
	int i;

	ck_assert_uint_gt(size, (1 << 20) / 4);
	ck_assert_uint_lt(size, (1 << 20) / 2);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	evidence = reopen(folder, true, &crls);
	for (i = 0; i < 5; i++) {
		snprintf(url, sizeof(url), URL "%d", i);
		list = want(WANT_CRL, url);
		ck_assert_int_eq(evidence_take(evidence, list, der, size, t.now, NULL), 0);
		evidence_keep(evidence, list, der, size);
		ck_assert_int_eq(run("test $(ls %s/fetched | wc -l) -le 3", folder), 0);
	}
	evidence_unref(evidence);
	ck_assert_int_eq(run("test $(ls %s/fetched | wc -l) -ge 2", folder), 0);
	OPENSSL_free(der);
	run("rm -r %s", folder);
}
END_TEST

START_TEST(without_a_folder_it_works_on)
{
	struct evidence *evidence;
	size_t crls;

	evidence = reopen("/nonexistent/folder", true, &crls);
	evidence_keep(evidence, want(WANT_OCSP, URL), "x", 1);
	ck_assert_uint_eq(crls, 0);
	evidence_unref(evidence);
}
END_TEST

#define THREADS 4
#define ROUNDS 20

struct sharer {
	pthread_t thread;
	const struct want *list;
	const struct want *question;
	const unsigned char *der;
	size_t size;
	bool sound;
};

/* Takes, reads and verifies what the others take, read and verify. */
static void *
share(void *context)
{
	struct sharer *sharer = context;
	struct ocsp_says says;
	struct crl **lists;
	int i;

	sharer->sound = true;
	for (i = 0; i < ROUNDS; i++) {
		struct ocsp_answer *answer = evidence_answer(t.evidence, sharer->question->id);
		size_t count;

		sharer->sound &= answer != NULL &&
				 ocsp_check(answer, t.leaf, t.ca, t.now, 112, &says, NULL) == 0;
		ocsp_unref(answer);
		sharer->sound &= evidence_take(t.evidence, sharer->list, sharer->der, sharer->size,
				     t.now, NULL) == 0;
		count = evidence_crls(t.evidence, X509_get_subject_name(t.ca), &lists);
		while (count > 0) {
			sharer->sound &= crl_is_signed_by(lists[--count], t.ca);
			crl_unref(lists[count]);
		}
		free(lists);
	}
	return NULL;
}

START_TEST(threads_share_it)
{
	const struct want *list = want(WANT_CRL, URL);
	const struct want *question = want(WANT_OCSP, URL);
	struct sharer sharers[THREADS];
	size_t size;
	unsigned char *der =
	    status_crl(&(const struct status_crl){.others = 10}, t.ca, t.ca_key, &size);
	int i;

	ck_assert_int_eq(take_answer(question, -100, t.ca_key), 0);
	for (i = 0; i < THREADS; i++) {
		sharers[i] =
		    (struct sharer){.list = list, .question = question, .der = der, .size = size};
		ck_assert_int_eq(pthread_create(&sharers[i].thread, NULL, share, &sharers[i]), 0);
	}
	for (i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_join(sharers[i].thread, NULL), 0);
		ck_assert(sharers[i].sound);
	}
	OPENSSL_free(der);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("evidence");
	TCase *tcase = unit_case(suite, "evidence");

	tcase_set_timeout(tcase, 120); /* keys are made, under sanitizers too */
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, an_issuer_comes_as_der_pem_or_a_bundle);
	tcase_add_test(tcase, what_is_no_certificate_or_too_many_is_refused);
	tcase_add_test(tcase, a_list_gives_way_only_to_a_later_one_of_the_same_issuer);
	tcase_add_test(tcase, a_list_of_another_scope_or_kind_stands_beside);
	tcase_add_test(tcase, what_nobody_verified_displaces_nothing_that_was);
	tcase_add_test(tcase, lists_go_when_there_is_no_room);
	tcase_add_test(tcase, an_answer_must_be_the_responders_and_not_older);
	tcase_add_test(tcase, what_failed_is_remembered_for_a_time);
	tcase_add_test(tcase, a_folder_gives_back_what_was_kept_and_nothing_foreign);
	tcase_add_test(tcase, a_folder_of_too_many_files_loses_the_oldest);
	tcase_add_test(tcase, a_folder_has_room_for_the_bytes_of_the_store);
	tcase_add_test(tcase, without_a_folder_it_works_on);
	tcase_add_loop_test(tcase, a_want_says_where_to_ask, 0, (int)ARRAY_LENGTH(urls));
	tcase_add_test(tcase, wants_are_bounded);
	tcase_add_test(tcase, threads_share_it);
	return unit_run(suite);
}
