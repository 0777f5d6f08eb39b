/* CRLs that a directory holds. */
#include "test_authority.h"

#include "evidence_inside.h"
#include "status_make.h"

/* The section reads its CRLs below the third base, where so many entries hold one with a number. */
static void
hold_lists(size_t count, long number)
{
	bases[2].lists = count;
	/* A worker may be looking at it by now. */
	if (t.sections[0].crl_bases.count == 0)
		t.sections[0].crl_bases = (struct strings){&names[2], 1};
	OPENSSL_free(t.crl);
	t.crl = status_crl(&(const struct status_crl){.number = number}, t.one, t.key, &t.crl_size);
}

static size_t
lists_kept(void)
{
	return evidence_inside(t.evidence).crls;
}

static struct trust *seen_trust;

static bool
has_changed(void)
{
	return t.trust != seen_trust;
}

START_TEST(crls_become_evidence_and_the_next_takes_the_place)
{
	struct crl **found;
	const unsigned char *der;
	size_t size;

	hold_lists(1, 1);
	bases[2].interrupted = true; /* what came before does not count */
	test_authority_start();
	test_authority_until(test_authority_is_settled);
	ck_assert_uint_eq(lists_kept(), 1);
	seen_trust = t.trust;
	test_authority_read_twice();
	ck_assert_ptr_eq(t.trust, seen_trust); /* the same again is nothing new */
	hold_lists(1, 2);
	test_authority_until(has_changed); /* judged anew */
	ck_assert_uint_eq(lists_kept(), 1);
	ck_assert_uint_eq(evidence_crls(t.evidence, X509_get_subject_name(t.one), &found), 1);
	der = crl_der(found[0], &size);
	ck_assert_uint_eq(size, t.crl_size);
	ck_assert_mem_eq(der, t.crl, size);
	crl_unref(found[0]);
	free(found);
}
END_TEST

START_TEST(crls_beyond_the_limits_are_left_out)
{
	static const size_t kept[] = {1000, 0, 2};

	hold_lists(1001, 1);
	bases[0].holds[0] = t.two;
	if (_i == 1)
		t.config.crl_size_limit = (int64_t)t.crl_size - 1;
	if (_i == 2)
		t.config.crl_memory = 3 * (int64_t)t.crl_size - 1;
	test_authority_start();
	test_authority_until(test_authority_is_settled);
	ck_assert_uint_eq(lists_kept(), kept[_i]);
	ck_assert_uint_eq(test_authority_anchors(), 1);
	ck_assert(!test_authority_pending("a@corp.example", ""));
}
END_TEST

START_TEST(what_is_no_crl_is_passed_over)
{
	hold_lists(1, 1);
	t.crl_size = (size_t)_i + 1;
	test_authority_start();
	test_authority_until(test_authority_is_settled);
	ck_assert_uint_eq(lists_kept(), 0);
	ck_assert(!test_authority_pending("a@corp.example", ""));
}
END_TEST

START_TEST(crls_that_do_not_come_whole_are_not_taken)
{
	hold_lists(1, 1);
	test_authority_spoil(&bases[2], &faults[_i]);
	test_authority_start();
	seen_trust = t.base;
	test_authority_until(test_authority_is_settled);
	ck_assert_uint_eq(lists_kept(), 0);
	ck_assert(test_authority_pending(
	    "a@corp.example", "the CA certificates and CRLs of directory \"ad\""));
	test_authority_spoil(&bases[2], &(const struct base){.silent = false});
	test_authority_until(has_changed);
	ck_assert_uint_eq(lists_kept(), 1);
}
END_TEST

void
test_authority_crls(TCase *tcase)
{
	tcase_add_test(tcase, crls_become_evidence_and_the_next_takes_the_place);
	tcase_add_loop_test(tcase, crls_beyond_the_limits_are_left_out, 0, 3);
	tcase_add_loop_test(tcase, what_is_no_crl_is_passed_over, 0, 2);
	tcase_add_loop_test(tcase, crls_that_do_not_come_whole_are_not_taken, 0, 4);
}
