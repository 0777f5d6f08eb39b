/* The pool, and what is used of libldap. */
#include "test_authority.h"

#include "ldap/attributes.h"

struct pool {
	const struct config_directory *directory;
};

struct pool_search {
	const struct base *base;
	const struct pool_events *events;
	void *context;
	struct event *timer;
	size_t page;
	LDAPControl *answer[2];
};

struct pool *
pool_new(const struct config_directory *directory, const char *trust UNUSED,
    struct event_base *base UNUSED, struct worker_pool *workers UNUSED, struct error *err UNUSED)
{
	struct pool *pool = calloc(1, sizeof(*pool));

	pool->directory = directory;
	t.pools++;
	return pool;
}

void
pool_free(struct pool *pool)
{
	if (pool != NULL)
		t.pools--;
	free(pool);
}

/* An entry is a certificate, a CRL by its number, or a value of one byte; of its one attribute. */
struct entry {
	X509 *x509;
	size_t crl;
	unsigned char byte;
};

static const struct entry *given;

void
attributes_begin(struct attributes *all, LDAP *ld UNUSED, LDAPMessage *entry)
{
	given = (const struct entry *)entry;
	memset(all, 0, sizeof(*all));
}

char *
ldap_get_dn(LDAP *ld UNUSED, LDAPMessage *entry)
{
	char dn[32];

	snprintf(dn, sizeof(dn), "cn=%zu", ((const struct entry *)entry)->crl);
	return strdup(dn);
}

bool
attributes_next(struct attributes *all)
{
	static char list[] = "certificateRevocationList;binary";
	static char ca[] = "CACertificate;BINARY";

	all->name = given->crl > 0 ? list : ca;
	return all->count++ == 0;
}

bool
attributes_value(struct attributes *all)
{
	size_t size = 1;

	if (all->value.bv_val != NULL)
		return false;
	if (given->x509 != NULL) {
		all->value.bv_val = (char *)pki_der(given->x509, &size);
	} else if (given->crl > 0) {
		size = t.crl_size;
		all->value.bv_val = malloc(size);
		memcpy(all->value.bv_val, t.crl, size);
	} else {
		all->value.bv_val = calloc(1, 1);
		all->value.bv_val[0] = (char)given->byte;
	}
	all->value.bv_len = size;
	return true;
}

int
attributes_end(struct attributes *all, struct error *err UNUSED)
{
	free(all->value.bv_val);
	return 0;
}

static int
give(struct pool_search *search, X509 *x509, struct error *err)
{
	struct entry entry = {x509, 0, 'x'};

	return search->events->entry(search->context, NULL, (LDAPMessage *)&entry, err);
}

static int
give_lists(struct pool_search *search, struct error *err)
{
	struct entry entry = {NULL, 0, 'x'};

	if (search->base->interrupted) {
		entry.crl = 5000;
		if (search->events->entry(search->context, NULL, (LDAPMessage *)&entry, err) != 0)
			return -1;
		search->events->begin(search->context);
	}
	for (entry.crl = 1; entry.crl <= search->base->lists; entry.crl++) {
		if (search->events->entry(search->context, NULL, (LDAPMessage *)&entry, err) != 0)
			return -1;
	}
	return 0;
}

static int
give_all(struct pool_search *search, struct error *err)
{
	const struct base *base = search->base;
	size_t i;

	search->events->begin(search->context);
	if (base->lists > 0)
		return give_lists(search, err);
	if (base->interrupted) {
		if (give(search, base->lost, err) != 0)
			return -1;
		search->events->begin(search->context);
	}
	for (i = 0; i < ARRAY_LENGTH(base->holds); i++) {
		if (base->holds[i] != NULL && (!base->paged || i == search->page) &&
		    give(search, base->holds[i], err) != 0)
			return -1;
	}
	for (i = 0; i < base->values; i++) {
		if (give(search, NULL, err) != 0)
			return -1;
	}
	return 0;
}

/* The cookie is the number of the page. */
static size_t
read_cookie(LDAPControl *const *controls)
{
	BerElement *ber = ber_init(&controls[0]->ldctl_value);
	struct berval cookie = {0, NULL};
	ber_int_t size = 0;
	size_t page;

	ck_assert_str_eq(controls[0]->ldctl_oid, LDAP_CONTROL_PAGEDRESULTS);
	ck_assert(!controls[0]->ldctl_iscritical);
	ck_assert_ptr_null(controls[1]);
	ck_assert(ber_scanf(ber, "{io}", &size, &cookie) != LBER_ERROR);
	ck_assert_int_gt(size, 0);
	page = cookie.bv_len > 0 ? (size_t)cookie.bv_val[0] : 0;
	ber_memfree(cookie.bv_val);
	ber_free(ber, 1);
	return page;
}

static void
answer_page(struct pool_search *search)
{
	size_t next = search->page + 1;
	char byte;
	struct berval cookie = {1, &byte};
	LDAP *codec;

	if (next == ARRAY_LENGTH(search->base->holds) && search->base->endless)
		next--;
	byte = (char)next;
	ck_assert_int_eq(ldap_create(&codec), 0);
	ck_assert_int_eq(
	    ldap_create_page_control(codec, 1,
		next < ARRAY_LENGTH(search->base->holds) ? &cookie : NULL, 0, &search->answer[0]),
	    0);
	ldap_unbind_ext(codec, NULL, NULL);
}

static void
on_search(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct pool_search *search = context;
	struct pool_search ended;
	struct error err = ERROR_INIT;
	struct pool_result result = {.outcome = search->base->outcome,
	    .error = &err,
	    .server = "ldaps://x",
	    .connection = 7,
	    .authenticated = !search->base->without_tls};

	if (search->base->silent)
		return;
	error_set(&err, ERROR_TEMPORARY, "scripted failure");
	if (give_all(search, &err) != 0 || (int)search->page + 1 == search->base->fails_at)
		result.outcome = POOL_FAILED;
	if (search->base->paged)
		answer_page(search);
	event_free(search->timer);
	ended = *search;
	free(search);
	t.rounds += ended.base == &bases[0];
	result.controls = ended.answer[0] != NULL ? ended.answer : NULL;
	ended.events->done(ended.context, &result);
	if (ended.answer[0] != NULL)
		ldap_control_free(ended.answer[0]);
}

struct pool_search *
pool_search_start(struct pool *pool UNUSED, const struct pool_question *question,
    const struct pool_events *events, void *context, struct error *err)
{
	struct pool_search *search;
	size_t i;

	t.started++;
	ck_assert_int_eq(question->scope, LDAP_SCOPE_SUBTREE);
	ck_assert(question->large);
	ck_assert_int_gt(question->deadline_ms, clock_monotonic_ms());
	for (i = 0; strcmp(bases[i].name, question->base) != 0; i++)
		ck_assert_uint_lt(i, ARRAY_LENGTH(bases) - 1);
	ck_assert_str_eq(question->filter,
	    bases[i].lists > 0 ? "(|(certificateRevocationList=*)(authorityRevocationList=*)"
				 "(deltaRevocationList=*))"
			       : "(cACertificate=*)");
	if (bases[i].refuses) {
		error_set(err, ERROR_TEMPORARY, "scripted refusal");
		return NULL;
	}
	search = calloc(1, sizeof(*search));
	search->base = &bases[i];
	search->page = read_cookie(question->controls);
	ck_assert_uint_eq(question->connection, search->page > 0 ? 7 : 0);
	search->events = events;
	search->context = context;
	search->timer = event_new(t.loop, -1, 0, on_search, search);
	event_active(search->timer, 0, 0);
	return search;
}

void
pool_search_cancel(struct pool_search *search)
{
	t.cancelled++;
	event_free(search->timer);
	free(search);
}
