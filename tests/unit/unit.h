/* What every unit test program shares: one suite of one or more test cases, run and counted. */
#ifndef SMIME_TESTS_UNIT_H
#define SMIME_TESTS_UNIT_H

#include <check.h>
#include <stdlib.h>

/* Runs a suite and gives the program's exit status. */
static inline int
unit_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Seconds after which a test hangs: Check's own four pass on a busy machine. */
#define UNIT_TIME 120

/* Makes a test case, adds it to the suite and returns it. */
static inline TCase *
unit_case(Suite *suite, const char *name)
{
	TCase *tcase = tcase_create(name);

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, UNIT_TIME);
	return tcase;
}

#endif
