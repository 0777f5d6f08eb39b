/* ldap/pool: answers that come in pieces. */
#include "test_pool.h"

/* Answers for a bind, an entry, a reference that is not followed, the end. */
static struct fake *
start_dialogue(void)
{
	struct fake *fake = &fakes[fake_count++];

	atomic_store(&fake->mode, FAKE_REFERS);
	fake->refer = "ldap://127.0.0.1:1";
	fake->references = 1;
	fake_start(fake, 0, fixture_path(&fixture, "socket"));
	uris[0] = fake->uri;
	fixture_list(&directory->uri, uris, 1);
	test_pool_bind_by_password();
	return fake;
}

/* On a connection of its own. */
static void
ask_in_pieces(struct fake *fake, int cut)
{
	int connections = atomic_load(&fake->connections);
	struct asked asked;

	atomic_store(&fake->cut, cut);
	pool_free(pool);
	test_pool_start_pool();
	asked = test_pool_ask();
	test_pool_expect_answered(asked, fake);
	ck_assert_int_eq(asked.begins, 1);
	ck_assert_int_eq(asked.entries, 1);
	ck_assert_str_eq(asked.dn, "o=x");
	ck_assert_int_eq(atomic_load(&fake->connections), connections + 1);
	ck_assert(!test_pool_state_of(0).down);
}

START_TEST(answers_are_the_same_wherever_they_are_cut)
{
	struct fake *fake = start_dialogue();
	int size;
	int cut;

	ask_in_pieces(fake, 0);
	size = atomic_load(&fake->said);
	ck_assert_int_gt(size, 100);
	for (cut = 1; cut < size; cut++) {
		ask_in_pieces(fake, cut);
		ck_assert_int_eq(atomic_load(&fake->said), size);
	}
	ask_in_pieces(fake, FAKE_EACH_BYTE);
	ck_assert_int_eq(atomic_load(&fake->binds), size + 1);
}
END_TEST

void
test_pool_pieces(TCase *tcase)
{
	tcase_add_test(tcase, answers_are_the_same_wherever_they_are_cut);
}
