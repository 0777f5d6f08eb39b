#include "inspect/cms_front_private.h"

const struct grammar_place *
cms_front_here(const struct cms_front *front)
{
	return cms_grammar_place(front->step);
}

static bool
belongs(const struct cms_front *front, const struct grammar_place *place)
{
	unsigned int object = front->type == NULL ? GRAMMAR_ANY : front->type->object;

	return (place->within & object) != 0;
}

static bool
may_be_absent(const struct cms_front *front)
{
	return cms_front_here(front)->optional || !belongs(front, cms_front_here(front));
}

const struct grammar_place *
cms_front_find_place(struct cms_front *front, unsigned int depth, unsigned char tag)
{
	const struct grammar_place *place;

	for (; (place = cms_front_here(front)) != NULL; front->step++) {
		if (belongs(front, place) && place->depth == depth &&
		    place->tag == (tag & place->mask))
			return place;
		if (!may_be_absent(front))
			return NULL;
	}
	return NULL;
}

int
cms_front_misplaced(const struct cms_front *front, struct error *err)
{
	if (front->step == 0)
		return error_set(err, ERROR_INPUT, "it is no CMS object");
	if (cms_front_here(front) == NULL)
		return error_set(err, ERROR_INPUT, "the CMS object holds more than it should");
	return error_set(
	    err, ERROR_INPUT, "%s is missing in the CMS object", cms_front_here(front)->name);
}

int
cms_front_end_places(struct cms_front *front, struct error *err)
{
	for (; cms_front_here(front) != NULL; front->step++) {
		if (!may_be_absent(front))
			return cms_front_misplaced(front, err);
	}
	return 0;
}
