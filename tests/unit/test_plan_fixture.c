#include "test_plan.h"

#include "unit.h"

struct scene scene;
struct plan *plan;

void
test_plan_begin(void)
{
	scene_init(&scene);
}

void
test_plan_end(void)
{
	plan_free(plan);
	plan = NULL;
}

void
test_plan_decide(void)
{
	struct error err = ERROR_INIT;

	plan_free(plan);
	ck_assert_msg(policy_plan(&scene.facts, &plan, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(plan->recipient_count, scene.facts.recipient_count);
}
