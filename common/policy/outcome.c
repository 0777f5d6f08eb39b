#include "policy/outcome.h"

#include "policy/signed.h"

/* Whether all recipients of the envelope are one address: then nobody learns of anybody. The members
 * of one group are not hidden from each other. */
static bool
is_one_mailbox(const struct facts *facts)
{
	bool exact = facts->config->local_part == LOCAL_PART_EXACT;
	size_t i;

	for (i = 1; i < facts->recipient_count; i++) {
		if (!address_equal(
			facts->recipients[0].envelope, facts->recipients[i].envelope, exact))
			return false;
	}
	return true;
}

static int
find_standings(struct work *work, struct error *err)
{
	const struct facts *facts = work->facts;
	bool one = is_one_mailbox(facts);
	size_t i;

	for (i = 0; i < facts->recipient_count; i++) {
		if (standing_find(facts, i, !one && !facts->recipients[i].visible,
			&work->plan->signatures, &work->standings[i], &work->plan->recipients[i],
			err) != 0)
			return -1;
	}
	return 0;
}

/* The highest of the floors, and whose it is. */
static const struct cipher *
highest_floor(const struct work *work, size_t *whose)
{
	size_t i;

	*whose = 0;
	for (i = 1; i < work->facts->recipient_count; i++) {
		if (work->standings[i].policy->floor->id >
		    work->standings[*whose].policy->floor->id)
			*whose = i;
	}
	return work->standings[*whose].policy->floor;
}

static size_t
weakest_offer(const struct work *work)
{
	size_t weakest = 0;
	size_t i;

	for (i = 1; i < work->facts->recipient_count; i++) {
		if (work->standings[i].choice.best->id < work->standings[weakest].choice.best->id)
			weakest = i;
	}
	return weakest;
}

/* Everybody can be sealed to alone: the strongest cipher that all read, or who lacks one. */
static void
choose_cipher(struct work *work)
{
	uint32_t common = UINT32_MAX;
	const struct cipher *floor;
	size_t whose;
	size_t i;

	for (i = 0; i < work->facts->recipient_count; i++)
		common &= work->standings[i].choice.readable;
	floor = highest_floor(work, &whose);
	work->cipher = choice_strongest(common, floor);
	if (work->cipher != NULL)
		return;
	work->hinderer = weakest_offer(work);
	standing_lacks_common_cipher(floor, work->facts->recipients[whose].address->text,
	    &work->standings[work->hinderer], &work->plan->recipients[work->hinderer]);
}

static void
find_common_ground(struct work *work)
{
	size_t i;

	if (work->facts->content != CONTENT_READABLE || work->facts->recipient_count == 0)
		return;
	for (i = 0; i < work->facts->recipient_count; i++) {
		if (!work->standings[i].sealable) {
			work->hinderer = i;
			return;
		}
	}
	choose_cipher(work);
}

bool
outcome_has_say(const struct work *work, const struct outcome *outcome, size_t i)
{
	return outcome->everyone || !work->plan->recipients[i].observed;
}

enum action
outcome_contribution(
    const struct work *work, const struct outcome *outcome, size_t i, bool *by_itself)
{
	const struct standing *standing = &work->standings[i];

	if (outcome->unsealed) {
		*by_itself =
		    outcome_has_say(work, outcome, i) && standing->unsealed >= ACTION_DEFER;
		return *by_itself ? standing->unsealed : ACTION_PASS;
	}
	*by_itself = outcome_has_say(work, outcome, i) && standing->alone >= ACTION_DEFER;
	if (outcome->required && !standing->sealable)
		return standing_bar(work->plan->recipients[i].reason);
	return *by_itself ? standing->alone : ACTION_PASS;
}

/* The gravest contribution; of equal ones, the first that is so by itself, then the first. */
static void
find_gravest(const struct work *work, struct outcome *outcome)
{
	bool decided_by_itself = false;
	bool by_itself;
	enum action action;
	size_t i;

	for (i = 0; i < work->facts->recipient_count; i++) {
		action = outcome_contribution(work, outcome, i, &by_itself);
		if (action < ACTION_DEFER || action < outcome->action)
			continue;
		if (action > outcome->action || (by_itself && !decided_by_itself)) {
			outcome->action = action;
			outcome->decider = i;
			decided_by_itself = by_itself;
		}
	}
}

static void
find_outcome(const struct work *work, bool everyone, struct outcome *outcome)
{
	bool wanted = false;
	size_t i;

	*outcome = (struct outcome){
	    .everyone = everyone, .action = ACTION_PASS, .decider = work->hinderer};
	for (i = 0; i < work->facts->recipient_count; i++) {
		if (work->facts->content != CONTENT_READABLE || !outcome_has_say(work, outcome, i))
			continue;
		wanted = wanted || work->standings[i].encrypt != ENCRYPT_NEVER;
		outcome->required =
		    outcome->required || work->standings[i].encrypt == ENCRYPT_REQUIRED;
	}
	find_gravest(work, outcome);
	if (outcome->action == ACTION_PASS && wanted && work->cipher != NULL)
		outcome->action = ACTION_SEAL;
	if (outcome->action != ACTION_PASS)
		return;
	outcome->unsealed = true;
	find_gravest(work, outcome);
}

int
outcome_find(struct work *work, struct error *err)
{
	if (signed_find(work->facts, &work->plan->signatures, err) != 0 ||
	    find_standings(work, err) != 0)
		return -1;
	find_common_ground(work);
	find_outcome(work, false, &work->enforced);
	find_outcome(work, true, &work->would);
	return 0;
}
