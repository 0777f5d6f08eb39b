/* directory/authority, with a scripted pool in place of the library's: what a world of bases holds,
 * and how the search of each ends. */
#include <event2/event.h>
#include <event2/thread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "directory/authority.h"
#include "evidence_inside.h"
#include "ldap/pool.h"
#include "pki.h"
#include "smime/trust_added.h"
#include "status_make.h"
#include "trust_inside.h"
#include "unit.h"

/* Long enough for anything to happen that is to happen; how often a directory is read.
 * Milliseconds. */
#define PATIENCE 60000
#define REFRESH 20

/* What is below one base. */
static struct base {
	char name[16];
	X509 *holds[3];
	size_t values; /* of one byte each, beside them */
	enum pool_outcome outcome;
	bool without_tls;
	bool refuses;     /* no search begins */
	bool interrupted; /* the search begins twice; only at first it gives `lost` */
	X509 *lost;
	bool silent;  /* the search does not end */
	bool paged;   /* each certificate on a page of its own */
	bool endless; /* and the last page comes again and again */
	size_t lists; /* entries with t.crl; it holds no certificates then */
	int fails_at; /* page from 1, with POOL_FAILED; 0: none */
} bases[3];

static struct {
	struct config config;
	struct config_directory directories[2];
	struct config_trust sections[2];
	struct event_base *loop;
	struct worker_pool *workers;
	struct trust *base;
	struct trust *trust; /* in force */
	struct evidence *evidence;
	unsigned char *crl;
	size_t crl_size;
	struct authority *authority;
	int settled;
	int started;
	int cancelled;
	int pools;
	int rounds; /* searches of the first base that have ended */
	X509 *one, *two;
	EVP_PKEY *key, *key2;
} t;

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

/* An entry is a certificate, a CRL by its number, or a value of one byte; libldap is asked for its one
 * attribute. */
struct entry {
	X509 *x509;
	size_t crl;
	unsigned char byte;
};

static const struct entry *given;

char *
ldap_first_attribute(LDAP *ld UNUSED, LDAPMessage *entry, BerElement **place)
{
	given = (const struct entry *)entry;
	*place = NULL;
	return strdup(given->crl > 0 ? "certificateRevocationList;binary" : "CACertificate;BINARY");
}

char *
ldap_get_dn(LDAP *ld UNUSED, LDAPMessage *entry)
{
	char dn[32];

	snprintf(dn, sizeof(dn), "cn=%zu", ((const struct entry *)entry)->crl);
	return strdup(dn);
}

char *
ldap_next_attribute(LDAP *ld UNUSED, LDAPMessage *entry UNUSED, BerElement *place UNUSED)
{
	return NULL;
}

struct berval **
ldap_get_values_len(LDAP *ld UNUSED, LDAPMessage *entry UNUSED, const char *name UNUSED)
{
	struct berval **values = calloc(2, sizeof(*values));
	size_t size = 1;

	values[0] = calloc(1, sizeof(**values));
	if (given->x509 != NULL) {
		values[0]->bv_val = (char *)pki_der(given->x509, &size);
	} else if (given->crl > 0) {
		size = t.crl_size;
		values[0]->bv_val = malloc(size);
		memcpy(values[0]->bv_val, t.crl, size);
	} else {
		values[0]->bv_val = calloc(1, 1);
		values[0]->bv_val[0] = (char)given->byte;
	}
	values[0]->bv_len = size;
	return values;
}

void
ldap_value_free_len(struct berval **values)
{
	free(values[0]->bv_val);
	free(values[0]);
	free(values);
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

static void
on_changed(void *context UNUSED, struct trust *trust)
{
	trust_unref(t.trust);
	t.trust = trust_ref(trust);
}

static void
on_settled(void *context UNUSED)
{
	t.settled++;
}

static uint64_t rebased;

static void
on_rebased(void *context UNUSED, uint64_t number, bool well)
{
	ck_assert(well);
	ck_assert_uint_gt(number, rebased);
	rebased = number;
}

static const struct authority_events events = {on_changed, on_settled, on_rebased};

/* Runs the loop until condition(), or fails. */
static void
until(bool (*condition)(void))
{
	int64_t end = clock_monotonic_ms() + PATIENCE;
	struct timeval step = {0, 5000};

	while (!condition()) {
		ck_assert_msg(clock_monotonic_ms() < end, "waited in vain");
		event_base_loopexit(t.loop, &step);
		event_base_loop(t.loop, EVLOOP_ONCE);
	}
}

static bool
is_settled(void)
{
	return t.settled > 0;
}

static size_t
anchors(void)
{
	return trust_anchor_count(t.trust);
}

static bool
has_one(void)
{
	return anchors() == 1;
}

static bool
has_two(void)
{
	return anchors() == 2;
}

static int rounds_wanted;

static bool
has_read_again(void)
{
	return t.rounds >= rounds_wanted;
}

/* Lets the directory be read twice more from the start: the first may be under way already. */
static void
read_twice(void)
{
	rounds_wanted = t.rounds + 2;
	until(has_read_again);
}

static char title_one[] = "one", title_two[] = "two", ad[] = "ad", file[] = "file";
static char uri[] = "ldaps://x", corp[] = "corp.example", partner[] = "partner.example",
	    all[] = "*";
static char *uris[] = {uri}, *corp_list[] = {corp}, *partner_list[] = {partner},
	    *all_list[] = {all};
static char *names[] = {bases[0].name, bases[1].name, bases[2].name};

static struct config_trust
section(char *title, char *directory, char **domains)
{
	return (struct config_trust){.title = title,
	    .directory = directory,
	    .directory_refresh = REFRESH,
	    .anchor_bases = {&names[0], 1},
	    .intermediate_bases = {&names[1], 1},
	    .for_domains = {domains, 1},
	    .min_rsa_bits = 2048,
	    .max_rsa_bits = 4096,
	    .min_ec_bits = 256,
	    .max_depth = 8,
	    .min_digest = MIN_DIGEST_SHA224};
}

static void
setup(void)
{
	const struct evidence_limits limits = {.crl_size = 1 << 20, .crl_bytes = 64 << 20};
	struct error err = ERROR_INIT;
	size_t i;

	memset(&t, 0, sizeof(t));
	memset(bases, 0, sizeof(bases));
	for (i = 0; i < ARRAY_LENGTH(bases); i++)
		snprintf(bases[i].name, sizeof(bases[i].name), "cn=%zu", i);
	evthread_use_pthreads();
	t.loop = event_base_new();
	t.workers = worker_pool_new(t.loop, 1, 10, "tests", &err);
	ck_assert_ptr_nonnull(t.workers);
	t.directories[0] = (struct config_directory){.title = ad, .uri = {uris, 1}};
	t.directories[1] = (struct config_directory){.title = file, .ldif = file};
	t.sections[0] = section(title_one, ad, corp_list);
	t.config = (struct config){.directories = t.directories,
	    .directory_count = 2,
	    .trusts = t.sections,
	    .trust_count = 1,
	    .crl_size_limit = 1 << 20,
	    .crl_memory = 16 << 20};
	t.key = pki_key(PKI_P256, 1);
	t.key2 = pki_key(PKI_P256, 2);
	t.one = pki_issue(
	    &(const struct pki_certificate){.subject = "One", .ca = true}, t.key, NULL, t.key);
	t.evidence = evidence_new(&limits, &err);
	t.two = pki_issue(
	    &(const struct pki_certificate){.subject = "Two", .ca = true}, t.key2, NULL, t.key2);
}

static void
start(void)
{
	struct error err = ERROR_INIT;

	t.base = trust_load(&t.config, &err);
	ck_assert_msg(t.base != NULL, "%s", err.text);
	t.trust = trust_ref(t.base);
	t.authority = authority_new(
	    &t.config, t.base, t.loop, t.workers, t.workers, t.evidence, &events, NULL, &err);
	ck_assert_msg(t.authority != NULL, "%s", err.text);
}

static void
stop(void)
{
	authority_stop(t.authority);
	worker_pool_free(t.workers);
	t.workers = NULL;
	authority_free(t.authority);
	t.authority = NULL;
	ck_assert_int_eq(t.pools, 0);
}

static void
teardown(void)
{
	stop();
	trust_unref(t.trust);
	trust_unref(t.base);
	event_base_free(t.loop);
	evidence_unref(t.evidence);
	OPENSSL_free(t.crl);
	X509_free(t.one);
	X509_free(t.two);
	EVP_PKEY_free(t.key);
	EVP_PKEY_free(t.key2);
}

static bool
waits(const char *text)
{
	struct address address = ADDRESS_INIT;
	bool result;

	ck_assert_int_eq(address_parse(text, &address, NULL), 0);
	result = authority_waits(t.authority, &address);
	address_free(&address);
	return result;
}

static bool
pending(const char *text, const char *why)
{
	struct address address = ADDRESS_INIT;
	char words[500] = "";
	bool result;

	ck_assert_int_eq(address_parse(text, &address, NULL), 0);
	result = authority_pending(t.authority, &address, words, sizeof(words));
	ck_assert(result == authority_pending(t.authority, &address, NULL, 0));
	ck_assert_msg(strstr(words, why) != NULL, "%s", words);
	address_free(&address);
	return result;
}

START_TEST(what_a_directory_holds_counts_once_it_was_read)
{
	bases[0].holds[0] = t.one;
	bases[1].holds[0] = t.two;
	start();
	ck_assert(waits("a@corp.example"));
	ck_assert(!waits("a@other.example"));
	ck_assert(!waits("<>"));
	ck_assert(pending("a@corp.example",
	    "trust \"one\": the CA certificates of directory \"ad\" could not be read yet"));
	ck_assert(!pending("a@other.example", ""));
	until(is_settled);
	ck_assert(!waits("a@corp.example"));
	ck_assert(!pending("a@corp.example", ""));
	ck_assert_uint_eq(anchors(), 1);
	ck_assert_uint_eq(trust_inside_intermediates(t.trust), 1);
	ck_assert_uint_eq(trust_anchor_count(t.base), 0);
}
END_TEST

START_TEST(what_comes_and_goes_is_seen_at_the_next_reading)
{
	struct trust *seen;

	start();
	until(is_settled);
	ck_assert_uint_eq(anchors(), 0);
	bases[0].holds[1] = t.one;
	until(has_one);
	bases[0].holds[0] = t.two;
	until(has_two);
	bases[0].holds[0] = NULL;
	until(has_one);
	seen = t.trust;
	read_twice();
	ck_assert_ptr_eq(t.trust, seen);
	ck_assert_int_eq(t.settled, 1);
}
END_TEST

/* Ways of not getting all, and none of them may change anything. */
static const struct base faults[] = {
    {.without_tls = true},
    {.outcome = POOL_LIMITED},
    {.outcome = POOL_FAILED},
    {.outcome = POOL_NO_SUCH_OBJECT, .without_tls = true},
    {.values = 20001},
};
static const char *const words[] = {
    "without verified TLS", "size limit", "scripted failure", "without verified TLS", "more than"};

static void
spoil(struct base *base, const struct base *fault)
{
	base->without_tls = fault->without_tls;
	base->outcome = fault->outcome;
	base->values = fault->values;
}

START_TEST(a_first_reading_that_fails_settles_and_stays_pending)
{
	bases[0].holds[0] = t.one;
	spoil(&bases[_i % 2], &faults[_i / 2]);
	start();
	until(is_settled);
	ck_assert(!waits("a@corp.example"));
	ck_assert(pending("a@corp.example", words[_i / 2]));
	ck_assert_ptr_eq(t.trust, t.base);
	spoil(&bases[_i % 2], &(const struct base){.silent = false});
	until(has_one);
	ck_assert(!pending("a@corp.example", ""));
	ck_assert_int_eq(t.settled, 1);
}
END_TEST

START_TEST(a_later_reading_that_fails_changes_nothing)
{
	struct trust *seen;

	bases[0].holds[0] = t.one;
	start();
	until(has_one);
	seen = t.trust;
	bases[0].holds[0] = t.two;
	bases[0].holds[1] = t.one;
	spoil(&bases[_i % 2], &faults[_i / 2]);
	read_twice();
	ck_assert_ptr_eq(t.trust, seen);
	ck_assert(!pending("a@corp.example", ""));
	spoil(&bases[_i % 2], &(const struct base){.silent = false});
	until(has_two);
}
END_TEST

static bool
has_started_thrice(void)
{
	return t.started >= 3;
}

static bool
is_rebased(void)
{
	return rebased == 2;
}

/* The configured trust, with one more anchor for the domain. */
static struct trust *
load_with(X509 *x509)
{
	struct error err = ERROR_INIT;
	struct trust_added more = {NULL, {NULL, 0}, sk_X509_new_null()};
	struct trust *trust;

	sk_X509_push(more.certificates, x509);
	X509_up_ref(x509);
	ck_assert_int_eq(trust_added_domain(&more, "other.example", &err), 0);
	trust = trust_load_with(&t.config, &more, &err);
	ck_assert_msg(trust != NULL, "%s", err.text);
	trust_added_clear(&more);
	return trust;
}

START_TEST(what_was_read_counts_on_another_base_too)
{
	struct trust *base;

	bases[0].holds[0] = t.one;
	rebased = 0;
	start();
	base = load_with(t.two);
	authority_rebase(t.authority, base, 1); /* before anything was read: at once */
	ck_assert_uint_eq(rebased, 1);
	ck_assert_ptr_eq(t.trust, base);
	until(has_two);
	authority_rebase(t.authority, t.base, 2);
	until(is_rebased);
	ck_assert_uint_eq(anchors(), 1);
	bases[0].holds[1] = t.two; /* what is read later stands on the new base */
	until(has_two);
	bases[0].holds[1] = NULL;
	until(has_one);
	trust_unref(base);
}
END_TEST

START_TEST(of_two_bases_at_once_the_last_counts)
{
	struct trust *base;

	bases[0].holds[0] = t.one;
	rebased = 0;
	start();
	until(has_one);
	base = load_with(t.two);
	authority_rebase(t.authority, t.base, 1);
	authority_rebase(t.authority, base, 2);
	until(is_rebased);
	ck_assert_uint_eq(anchors(), 2);
	authority_rebase(t.authority, t.base, 3); /* and one is under way at the end */
	trust_unref(base);
}
END_TEST

START_TEST(a_search_that_can_not_begin_is_tried_again)
{
	bases[0].refuses = true;
	bases[0].holds[0] = t.one;
	start();
	until(has_started_thrice);
	ck_assert(pending("a@corp.example", "scripted refusal"));
	bases[0].refuses = false;
	until(has_one);
}
END_TEST

START_TEST(a_base_that_does_not_exist_holds_nothing)
{
	bases[0].outcome = POOL_NO_SUCH_OBJECT;
	bases[1].holds[0] = t.two;
	start();
	until(is_settled);
	ck_assert(!pending("a@corp.example", ""));
	ck_assert_uint_eq(anchors(), 0);
	ck_assert_uint_eq(trust_inside_intermediates(t.trust), 1);
}
END_TEST

START_TEST(what_came_before_a_search_began_again_does_not_count)
{
	bases[0].interrupted = true;
	bases[0].lost = t.two;
	bases[0].holds[0] = t.one;
	bases[1].interrupted = true;
	bases[1].lost = t.one;
	start();
	until(is_settled);
	ck_assert_uint_eq(anchors(), 1);
	ck_assert_uint_eq(trust_inside_intermediates(t.trust), 0);
}
END_TEST

START_TEST(pages_are_read_to_the_last)
{
	bases[0].paged = bases[1].paged = true;
	bases[0].holds[0] = t.one;
	bases[0].holds[2] = t.two;
	bases[1].holds[2] = t.one;
	start();
	until(is_settled);
	ck_assert_int_eq(t.started, 6);
	ck_assert_uint_eq(anchors(), 2);
	ck_assert_uint_eq(trust_inside_intermediates(t.trust), 1);
}
END_TEST

START_TEST(pages_without_end_or_with_a_fault_change_nothing)
{
	bases[0].paged = true;
	bases[0].holds[0] = t.one;
	bases[0].endless = _i == 0;
	bases[0].fails_at = _i;
	start();
	until(is_settled);
	ck_assert(pending("a@corp.example", _i == 0 ? "pages" : "scripted failure"));
	ck_assert_ptr_eq(t.trust, t.base);
}
END_TEST

START_TEST(sections_add_up)
{
	t.sections[1] = section(title_two, ad, partner_list);
	t.sections[1].anchor_bases = (struct strings){&names[2], 1};
	t.config.trust_count = 2;
	bases[0].holds[0] = t.one;
	bases[2].holds[0] = t.two;
	bases[2].without_tls = true;
	start();
	until(has_one);
	ck_assert(pending("a@partner.example", "trust \"two\""));
	ck_assert(!pending("a@corp.example", ""));
	bases[2].without_tls = false;
	until(has_two);
	bases[0].holds[0] = NULL;
	until(has_one);
}
END_TEST

/* A file, a title that is none, no domains, all domains, no directory. */
START_TEST(nothing_is_read_where_nothing_may_be_taken)
{
	char nowhere[] = "nowhere", none[] = "";
	char *const directories[] = {file, nowhere, ad, ad, none};

	t.sections[0] = section(title_one, directories[_i], _i == 3 ? all_list : corp_list);
	if (_i == 2)
		t.sections[0].for_domains.count = 0;
	start();
	ck_assert_int_eq(t.pools, 0);
	ck_assert(!waits("a@corp.example"));
	ck_assert(!pending("a@corp.example", ""));
}
END_TEST

START_TEST(ending_cancels_what_is_under_way)
{
	bases[0].silent = true;
	start();
	event_base_loop(t.loop, EVLOOP_NONBLOCK);
	ck_assert_int_eq(t.started, 1);
	stop();
	ck_assert_int_eq(t.cancelled, 1);
	ck_assert_int_eq(t.settled, 0);
}
END_TEST

static bool
has_been_read(void)
{
	return t.rounds > 0;
}

START_TEST(ending_during_a_build_is_clean)
{
	bases[0].holds[0] = t.one;
	t.sections[0].intermediate_bases.count = 0;
	start();
	until(has_been_read);
	stop();
}
END_TEST

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
	start();
	until(is_settled);
	ck_assert_uint_eq(lists_kept(), 1);
	seen_trust = t.trust;
	read_twice();
	ck_assert_ptr_eq(t.trust, seen_trust); /* the same again is nothing new */
	hold_lists(1, 2);
	until(has_changed); /* judged anew */
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
	start();
	until(is_settled);
	ck_assert_uint_eq(lists_kept(), kept[_i]);
	ck_assert_uint_eq(anchors(), 1);
	ck_assert(!pending("a@corp.example", ""));
}
END_TEST

START_TEST(what_is_no_crl_is_passed_over)
{
	hold_lists(1, 1);
	t.crl_size = (size_t)_i + 1;
	start();
	until(is_settled);
	ck_assert_uint_eq(lists_kept(), 0);
	ck_assert(!pending("a@corp.example", ""));
}
END_TEST

START_TEST(crls_that_do_not_come_whole_are_not_taken)
{
	hold_lists(1, 1);
	spoil(&bases[2], &faults[_i]);
	start();
	seen_trust = t.base;
	until(is_settled);
	ck_assert_uint_eq(lists_kept(), 0);
	ck_assert(pending("a@corp.example", "the CA certificates and CRLs of directory \"ad\""));
	spoil(&bases[2], &(const struct base){.silent = false});
	until(has_changed);
	ck_assert_uint_eq(lists_kept(), 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("authority");
	TCase *tcase = unit_case(suite, "authority");
	int count = 2 * (int)ARRAY_LENGTH(faults);

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, what_a_directory_holds_counts_once_it_was_read);
	tcase_add_test(tcase, what_comes_and_goes_is_seen_at_the_next_reading);
	tcase_add_loop_test(tcase, a_first_reading_that_fails_settles_and_stays_pending, 0, count);
	tcase_add_loop_test(tcase, a_later_reading_that_fails_changes_nothing, 0, count);
	tcase_add_test(tcase, what_was_read_counts_on_another_base_too);
	tcase_add_test(tcase, of_two_bases_at_once_the_last_counts);
	tcase_add_test(tcase, a_search_that_can_not_begin_is_tried_again);
	tcase_add_test(tcase, a_base_that_does_not_exist_holds_nothing);
	tcase_add_test(tcase, what_came_before_a_search_began_again_does_not_count);
	tcase_add_test(tcase, pages_are_read_to_the_last);
	tcase_add_loop_test(tcase, pages_without_end_or_with_a_fault_change_nothing, 0, 4);
	tcase_add_test(tcase, crls_become_evidence_and_the_next_takes_the_place);
	tcase_add_loop_test(tcase, crls_beyond_the_limits_are_left_out, 0, 3);
	tcase_add_loop_test(tcase, what_is_no_crl_is_passed_over, 0, 2);
	tcase_add_loop_test(tcase, crls_that_do_not_come_whole_are_not_taken, 0, 4);
	tcase_add_test(tcase, sections_add_up);
	tcase_add_loop_test(tcase, nothing_is_read_where_nothing_may_be_taken, 0, 5);
	tcase_add_test(tcase, ending_cancels_what_is_under_way);
	tcase_add_test(tcase, ending_during_a_build_is_clean);
	return unit_run(suite);
}
