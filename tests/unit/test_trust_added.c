/* smime/trust_added, trust_topmost: what an administrator adds, and what there is to add. */
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pki.h"
#include "smime/trust_added.h"
#include "smime/trust_section.h"
#include "unit.h"

static char folder[40];
static char added_folder[64];
static EVP_PKEY *key;
static EVP_PKEY *key2;
static X509 *root;
static X509 *intermediate;
static X509 *leaf;

static void
setup(void)
{
	snprintf(folder, sizeof(folder), "/tmp/smime-added-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(added_folder, sizeof(added_folder), "%s/added.d", folder);
	key = pki_key(PKI_P256, 0);
	key2 = pki_key(PKI_P256, 1);
	root = pki_issue(
	    &(const struct pki_certificate){.subject = "A\nFor: *", .ca = true}, key, NULL, key);
	intermediate = pki_issue(
	    &(const struct pki_certificate){.subject = "Between", .ca = true}, key2, root, key);
	leaf = pki_issue(
	    &(const struct pki_certificate){.email = "a@partner.example"}, key, intermediate, key2);
}

static void
teardown(void)
{
	char command[128];

	X509_free(root);
	X509_free(intermediate);
	X509_free(leaf);
	EVP_PKEY_free(key);
	EVP_PKEY_free(key2);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static struct trust_added_list
read_all(void)
{
	struct trust_added_list list = {NULL, 0};
	struct error err = ERROR_INIT;

	ck_assert_msg(trust_added_read(added_folder, &list, &err) == 0, "%s", err.text);
	return list;
}

/* Writes the root's file for domains (NULL-terminated); its path stays in the list. */
static void
write_root(const char *const *domains)
{
	struct trust_added added = {NULL, {NULL, 0}, sk_X509_new_null()};
	struct error err = ERROR_INIT;

	sk_X509_push(added.certificates, root);
	X509_up_ref(root);
	for (; *domains != NULL; domains++)
		ck_assert_int_eq(trust_added_domain(&added, *domains, &err), 0);
	ck_assert_msg(
	    trust_added_write(added_folder, &added, "test\nFor: *", &err) == 0, "%s", err.text);
	trust_added_clear(&added);
}

static const char *const two[] = {"partner.example", ".partner.example", "partner.example", NULL};

START_TEST(what_is_written_is_read)
{
	struct trust_added_list list;
	struct error err = ERROR_INIT;
	struct stat about;

	list = read_all(); /* the folder is not there yet */
	ck_assert_uint_eq(list.count, 0);
	write_root(two);
	list = read_all();
	ck_assert_uint_eq(list.count, 1);
	ck_assert_uint_eq(list.items[0].domains.count, 2); /* neither subject nor name adds one */
	ck_assert_str_eq(list.items[0].domains.items[0], ".partner.example");
	ck_assert_str_eq(list.items[0].domains.items[1], "partner.example");
	ck_assert_int_eq(X509_cmp(sk_X509_value(list.items[0].certificates, 0), root), 0);
	ck_assert_int_eq(stat(list.items[0].file, &about), 0);
	ck_assert_uint_eq(about.st_mode & 07777, 0644);
	ck_assert_int_eq(trust_added_remove(&list.items[0], &err), 0);
	trust_added_list_free(&list);
	list = read_all();
	ck_assert_uint_eq(list.count, 0);
}
END_TEST

START_TEST(the_same_certificate_again_takes_the_place_of_its_file)
{
	static const char *const one[] = {"other.example", NULL};
	struct trust_added_list list;

	write_root(two);
	write_root(one);
	list = read_all();
	ck_assert_uint_eq(list.count, 1);
	ck_assert_uint_eq(list.items[0].domains.count, 1);
	trust_added_list_free(&list);
}
END_TEST

static void
write_by_hand(const char *lines, bool with_certificate, mode_t mode)
{
	char path[128];
	FILE *out;

	mkdir(added_folder, 0755);
	snprintf(path, sizeof(path), "%s/hand.pem", added_folder);
	out = fopen(path, "w");
	fputs(lines, out);
	if (with_certificate)
		ck_assert_int_eq(PEM_write_X509(out, root), 1);
	fclose(out);
	chmod(path, mode);
}

/* Whatever the one file is called by now. */
static void
rename_by_hand(const char *name)
{
	static char last[128];
	char path[128];

	if (last[0] == '\0')
		snprintf(last, sizeof(last), "%s/hand.pem", added_folder);
	snprintf(path, sizeof(path), "%s/%s", added_folder, name);
	ck_assert_int_eq(rename(last, path), 0);
	memcpy(last, path, sizeof(last));
}

static size_t
count(void)
{
	struct trust_added_list list = read_all();
	size_t files = list.count;

	trust_added_list_free(&list);
	return files;
}

static size_t
count_of(const char *lines, bool with_certificate, mode_t mode)
{
	write_by_hand(lines, with_certificate, mode);
	return count();
}

START_TEST(what_is_not_sound_does_not_count)
{
	ck_assert_uint_eq(count_of("for: a.example, .b.example\n", true, 0644), 1);
	ck_assert_uint_eq(count_of("", true, 0644), 0);
	ck_assert_uint_eq(count_of("For:\n", true, 0644), 0);
	ck_assert_uint_eq(count_of("# For: a.example\n", true, 0644), 0);
	ck_assert_uint_eq(count_of("For: a.example b..c\n", true, 0644), 0);
	ck_assert_uint_eq(count_of("For: a.example\n", false, 0644), 0);
	ck_assert_uint_eq(count_of("For: a.example\n", true, 0646), 0);
	ck_assert_uint_eq(count_of("For: a.example\n", true, 0664), 1);
	rename_by_hand("hand.pem~");
	ck_assert_uint_eq(count(), 0);
	rename_by_hand("hand.pem");
	ck_assert_uint_eq(count(), 1);
	chmod(added_folder, 0757);
	ck_assert_uint_eq(count_of("For: a.example\n", true, 0644), 0);
}
END_TEST

/* A trust with an empty section, and what was added. */
static struct trust *
load_for(char *domain)
{
	static char title[] = "t";
	char *domains[] = {domain};
	struct config_trust section = {.title = title,
	    .for_domains = {domains, 1},
	    .min_rsa_bits = 2048,
	    .max_rsa_bits = 16384,
	    .min_ec_bits = 256,
	    .max_depth = 8};
	struct config config = {.trusts = &section, .trust_count = 1, .added_trust = added_folder};
	struct error err = ERROR_INIT;
	struct trust *trust = trust_load(&config, &err);

	ck_assert_msg(trust != NULL, "%s", err.text);
	return trust;
}

static struct trust *
load(void)
{
	static char all[] = "*";

	return load_for(all);
}

static enum reason_id
judge(const struct trust *trust, const char *text)
{
	struct certificate *certificate = certificate_from_x509(leaf, NULL);
	STACK_OF(X509) *extra = sk_X509_new_null();
	struct address address = ADDRESS_INIT;
	struct trust_verdict verdict;
	enum reason_id reason;

	sk_X509_push(extra, intermediate);
	ck_assert_int_eq(address_parse(text, &address, NULL), 0);
	ck_assert_int_eq(trust_judge(trust,
			     &(struct trust_question){.certificate = certificate,
				 .extra = extra,
				 .purpose = TRUST_ENCRYPT,
				 .address = &address,
				 .allow_no_address = true,
				 .at = time(NULL)},
			     &verdict, NULL),
	    0);
	reason = verdict.reason;
	trust_verdict_clear(&verdict);
	address_free(&address);
	sk_X509_free(extra);
	certificate_unref(certificate);
	return reason;
}

START_TEST(it_counts_for_its_domains_and_no_others)
{
	struct trust *trust;

	write_root(two);
	trust = load();
	ck_assert_uint_eq(trust_anchor_count(trust), 1);
	ck_assert_int_eq(judge(trust, "a@partner.example"), REASON_OK);
	ck_assert_int_eq(judge(trust, "a@other.example"), REASON_UNTRUSTED_ISSUER);
	trust_unref(trust);
}
END_TEST

START_TEST(the_settings_are_those_of_a_section_for_its_domains_or_the_defaults)
{
	static char covering[] = "partner.example";
	static char other[] = "other.example";
	static const char *const one[] = {covering, NULL};
	struct trust *trust;

	write_root(one);
	trust = load_for(covering);
	ck_assert_uint_eq(trust->section_count, 2);
	ck_assert_int_eq(trust->sections[1].revocation, REVOCATION_OFF);
	trust_unref(trust);
	trust = load_for(other);
	ck_assert_uint_eq(trust->section_count, 2);
	ck_assert_int_eq(trust->sections[1].revocation, REVOCATION_SOFT);
	ck_assert_int_eq(trust->sections[1].min_strength, 112);
	ck_assert_int_eq(trust->sections[1].crl_grace, 86400);
	ck_assert_str_eq(trust->sections[1].domains[0], covering);
	ck_assert_int_eq(judge(trust, "a@partner.example"), REASON_OK);
	trust_unref(trust);
	/* Of one of its domains only: not of the other. */
	write_root(two);
	trust = load_for(covering);
	ck_assert_int_eq(trust->sections[1].revocation, REVOCATION_SOFT);
	trust_unref(trust);
}
END_TEST

START_TEST(what_came_and_went_is_counted)
{
	struct trust *before = load();
	struct trust *after;

	write_root(two);
	after = load();
	ck_assert_uint_eq(trust_log_changes(before, after, "test"), 1);
	ck_assert_uint_eq(trust_log_changes(after, before, NULL), 1);
	ck_assert_uint_eq(trust_log_changes(after, after, "test"), 0);
	trust_unref(before);
	trust_unref(after);
}
END_TEST

/* The top above the leaf with these certificates at hand (references are taken). */
static X509 *
topmost(X509 *x509, X509 *one, X509 *other)
{
	struct trust *trust = load();
	STACK_OF(X509) *extra = sk_X509_new_null();
	struct address address = ADDRESS_INIT;
	X509 *top = NULL;

	if (one != NULL)
		sk_X509_push(extra, one);
	if (other != NULL)
		sk_X509_push(extra, other);
	ck_assert_int_eq(address_parse("a@partner.example", &address, NULL), 0);
	ck_assert_int_eq(trust_topmost(trust, x509, extra, &address, &top, NULL), 0);
	X509_free(top); /* it lives on in ours */
	address_free(&address);
	sk_X509_free(extra);
	trust_unref(trust);
	return top;
}

START_TEST(the_top_is_what_there_is_of_the_chain)
{
	X509 *forged = pki_issue(
	    &(const struct pki_certificate){.subject = "Between", .ca = true}, key, NULL, key);

	ck_assert_ptr_eq(topmost(leaf, root, intermediate), root);
	ck_assert_ptr_eq(topmost(leaf, intermediate, NULL), intermediate);
	ck_assert_ptr_null(topmost(leaf, root, NULL));
	ck_assert_ptr_null(topmost(leaf, NULL, NULL));
	ck_assert_ptr_eq(topmost(leaf, forged, intermediate), intermediate);
	ck_assert_ptr_null(topmost(leaf, forged, NULL));
	ck_assert_ptr_eq(topmost(root, NULL, NULL), root);
	X509_free(forged);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("trust_added");
	TCase *tcase = unit_case(suite, "trust_added");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_is_written_is_read);
	tcase_add_test(tcase, the_same_certificate_again_takes_the_place_of_its_file);
	tcase_add_test(tcase, what_is_not_sound_does_not_count);
	tcase_add_test(tcase, it_counts_for_its_domains_and_no_others);
	tcase_add_test(tcase, the_settings_are_those_of_a_section_for_its_domains_or_the_defaults);
	tcase_add_test(tcase, what_came_and_went_is_counted);
	tcase_add_test(tcase, the_top_is_what_there_is_of_the_chain);
	return unit_run(suite);
}
