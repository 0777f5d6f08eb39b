#include "tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/utf8.h"

int
tally_init(struct tally *tally, size_t most, struct error *err)
{
	memset(tally, 0, sizeof(*tally));
	tally->most = most;
	/* Its keys are hashed with a random seed: nobody who chooses names makes it slow. */
	tally->places = json_object();
	return tally->places != NULL ? 0 : error_no_memory(err);
}

void
tally_free(struct tally *tally)
{
	size_t i;

	for (i = 0; i < tally->count; i++)
		free(tally->rows[i].name);
	free(tally->rows);
	json_decref(tally->places);
	memset(tally, 0, sizeof(*tally));
}

static int
compare(const void *a, const void *b)
{
	const struct tally_row *x = a;
	const struct tally_row *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->name, y->name);
}

void
tally_sort(struct tally *tally)
{
	if (tally->count > 0)
		qsort(tally->rows, tally->count, sizeof(*tally->rows), compare);
}

/* Forgets the rarer half. */
static int
prune(struct tally *tally, struct error *err)
{
	size_t kept = tally->count / 2;
	size_t i;

	tally_sort(tally);
	/* Each forgetting may hide that much of a name that comes again. */
	tally->missed += tally->rows[kept].count;
	for (i = kept; i < tally->count; i++) {
		tally->others += tally->rows[i].count;
		free(tally->rows[i].name);
	}
	tally->count = kept;
	json_object_clear(tally->places);
	for (i = 0; i < kept; i++) {
		if (json_object_set_new(
			tally->places, tally->rows[i].name, json_integer((json_int_t)i)) != 0)
			return error_no_memory(err);
	}
	return 0;
}

static int
make_room(struct tally *tally, struct error *err)
{
	struct tally_row *rows;

	if (tally->count == tally->most && prune(tally, err) != 0)
		return -1;
	rows = array_grow(tally->rows, tally->count, sizeof(*rows), err);
	if (rows == NULL)
		return -1;
	tally->rows = rows;
	return 0;
}

/* The row of a name, made where there is none. NULL without memory. */
static struct tally_row *
find(struct tally *tally, const char *name, struct error *err)
{
	const json_t *place = json_object_get(tally->places, name);
	struct tally_row *row;

	if (place != NULL)
		return &tally->rows[json_integer_value(place)];
	if (make_room(tally, err) != 0)
		return NULL;
	row = &tally->rows[tally->count];
	memset(row, 0, sizeof(*row));
	row->name = strdup(name);
	if (row->name == NULL ||
	    json_object_set_new(tally->places, name, json_integer((json_int_t)tally->count)) != 0) {
		free(row->name);
		error_no_memory(err);
		return NULL;
	}
	tally->count++;
	return row;
}

int
tally_add(struct tally *tally, const char *name, size_t reason, time_t at, struct error *err)
{
	char cut[TALLY_NAME_MAX];
	struct tally_row *row;
	size_t size = utf8_cut(name, sizeof(cut) - 1);

	if (name[size] != '\0') {
		memcpy(cut, name, size);
		cut[size] = '\0';
		name = cut;
	}
	row = find(tally, name, err);
	if (row == NULL)
		return -1;
	tally->total++;
	row->count++;
	row->reasons[reason <= REASON_COUNT ? reason : REASON_COUNT]++;
	if (at > row->last)
		row->last = at;
	return 0;
}

size_t
tally_main_reason(const struct tally_row *row)
{
	size_t most = 0;
	size_t i;

	for (i = 1; i <= REASON_COUNT; i++) {
		if (row->reasons[i] > row->reasons[most])
			most = i;
	}
	return most;
}
