#include <stdlib.h>

#include "smime/trust_section.h"

static int
compare(const void *a, const void *b)
{
	X509 *const *left = a;
	X509 *const *right = b;
	int order;

	order = X509_NAME_cmp(X509_get_subject_name(*left), X509_get_subject_name(*right));
	return order != 0 ? order : X509_cmp(*left, *right);
}

static void
drop_doubles(struct trust_index *index)
{
	size_t kept = 0;
	size_t i;

	for (i = 0; i < index->count; i++) {
		if (kept > 0 && X509_cmp(index->items[kept - 1], index->items[i]) == 0)
			X509_free(index->items[i]);
		else
			index->items[kept++] = index->items[i];
	}
	index->count = kept;
}

int
trust_index_make(struct trust_index *index, STACK_OF(X509) * certificates, struct error *err)
{
	size_t count = (size_t)sk_X509_num(certificates);

	index->items = calloc(count + 1, sizeof(X509 *));
	if (index->items == NULL) {
		sk_X509_pop_free(certificates, X509_free);
		return error_no_memory(err);
	}
	for (index->count = 0; index->count < count; index->count++)
		index->items[index->count] = sk_X509_value(certificates, (int)index->count);
	sk_X509_free(certificates);
	qsort(index->items, index->count, sizeof(X509 *), compare);
	drop_doubles(index);
	return 0;
}

void
trust_index_free(struct trust_index *index)
{
	size_t i;

	for (i = 0; i < index->count; i++)
		X509_free(index->items[i]);
	free(index->items);
}

/* The place of the first whose subject is not less (0) or greater (1) than this one. */
static size_t
boundary(const struct trust_index *index, const X509_NAME *subject, int beyond)
{
	size_t low = 0;
	size_t high = index->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (X509_NAME_cmp(X509_get_subject_name(index->items[middle]), subject) < beyond)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t
trust_index_find(const struct trust_index *index, const X509_NAME *subject, size_t *first)
{
	*first = boundary(index, subject, 0);
	return boundary(index, subject, 1) - *first;
}

int
trust_index_copy(struct trust_index *index, const struct trust_index *from, struct error *err)
{
	STACK_OF(X509) *certificates = sk_X509_new_reserve(NULL, (int)from->count);
	size_t i;

	if (certificates == NULL)
		return error_no_memory(err);
	for (i = 0; i < from->count; i++) {
		sk_X509_push(certificates, from->items[i]); /* there is room */
		X509_up_ref(from->items[i]);
	}
	return trust_index_make(index, certificates, err);
}

bool
trust_index_holds(const struct trust_index *index, X509 *x509)
{
	size_t first;
	size_t count = trust_index_find(index, X509_get_subject_name(x509), &first);
	size_t i;

	for (i = first; i < first + count; i++) {
		if (X509_cmp(index->items[i], x509) == 0)
			return true;
	}
	return false;
}
