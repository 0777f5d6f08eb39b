#include "test_authority.h"

#include <event2/thread.h>

/* Long enough for anything to happen that is to happen; how often a directory is read.
 * Milliseconds. */
#define PATIENCE 60000
#define REFRESH 20

struct base bases[3];
struct authority_world t;

const struct base faults[FAULTS] = {
    {.without_tls = true},
    {.outcome = POOL_LIMITED},
    {.outcome = POOL_FAILED},
    {.outcome = POOL_NO_SUCH_OBJECT, .without_tls = true},
    {.values = 20001},
};

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

uint64_t rebased;

static void
on_rebased(void *context UNUSED, uint64_t number, bool well)
{
	ck_assert(well);
	ck_assert_uint_gt(number, rebased);
	rebased = number;
}

static const struct authority_events events = {on_changed, on_settled, on_rebased};

void
test_authority_until(bool (*condition)(void))
{
	int64_t end = clock_monotonic_ms() + PATIENCE;
	struct timeval step = {0, 5000};

	while (!condition()) {
		ck_assert_msg(clock_monotonic_ms() < end, "waited in vain");
		event_base_loopexit(t.loop, &step);
		event_base_loop(t.loop, EVLOOP_ONCE);
	}
}

bool
test_authority_is_settled(void)
{
	return t.settled > 0;
}

size_t
test_authority_anchors(void)
{
	return trust_anchor_count(t.trust);
}

bool
test_authority_has_one(void)
{
	return test_authority_anchors() == 1;
}

bool
test_authority_has_two(void)
{
	return test_authority_anchors() == 2;
}

static int rounds_wanted;

static bool
has_read_again(void)
{
	return t.rounds >= rounds_wanted;
}

void
test_authority_read_twice(void)
{
	rounds_wanted = t.rounds + 2;
	test_authority_until(has_read_again);
}

static char title[] = "one", ad[] = "ad", file[] = "file", uri[] = "ldaps://x",
	    corp[] = "corp.example";
static char *uris[] = {uri}, *corp_list[] = {corp};
char *names[] = {bases[0].name, bases[1].name, bases[2].name};

struct config_trust
test_authority_section(char *of, char *directory, char **domains)
{
	return (struct config_trust){.title = of,
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

void
test_authority_setup(void)
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
	t.sections[0] = test_authority_section(title, ad, corp_list);
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

void
test_authority_start(void)
{
	struct error err = ERROR_INIT;

	t.base = trust_load(&t.config, &err);
	ck_assert_msg(t.base != NULL, "%s", err.text);
	t.trust = trust_ref(t.base);
	t.authority = authority_new(
	    &t.config, t.base, t.loop, t.workers, t.workers, t.evidence, &events, NULL, &err);
	ck_assert_msg(t.authority != NULL, "%s", err.text);
}

void
test_authority_stop(void)
{
	authority_stop(t.authority);
	worker_pool_free(t.workers);
	t.workers = NULL;
	authority_free(t.authority);
	t.authority = NULL;
	ck_assert_int_eq(t.pools, 0);
}

void
test_authority_teardown(void)
{
	test_authority_stop();
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

bool
test_authority_waits(const char *text)
{
	struct address address = ADDRESS_INIT;
	bool result;

	ck_assert_int_eq(address_parse(text, &address, NULL), 0);
	result = authority_waits(t.authority, &address);
	address_free(&address);
	return result;
}

bool
test_authority_pending(const char *text, const char *why)
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

void
test_authority_spoil(struct base *base, const struct base *fault)
{
	base->without_tls = fault->without_tls;
	base->outcome = fault->outcome;
	base->values = fault->values;
}
