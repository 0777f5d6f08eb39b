/* What the test programs of policy/plan share: facts, and the plan that is made of them. */
#ifndef SMIME_TESTS_PLAN_H
#define SMIME_TESTS_PLAN_H

#include "policy/plan.h"
#include "scene.h"

/* Of the test that runs. */
extern struct scene scene;
extern struct plan *plan;

/* A checked fixture. */
void test_plan_begin(void);
void test_plan_end(void);

/* Makes the plan, in place of the one before. */
void test_plan_decide(void);

#endif
