/* The ways from a certificate to an anchor, depth first, each link's signature checked once. */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "smime/signature.h"
#include "smime/trust_section.h"

/* The certificate and its candidates: one more than trust_chain.c gathers. */
#define NODES_MAX 65
/* Links of one way: max-depth is 32 at most, and there are the certificate and the anchor. */
#define LINKS_MAX 34
/* Signatures computed for one certificate: who fills an entry with forged CAs must not keep us busy. */
#define SIGNATURES_MAX 200
/* Candidates looked at: CAs that all certify each other have more ways than anyone can go. */
#define STEPS_MAX 20000

enum link { LINK_UNKNOWN, LINK_SOUND, LINK_UNSOUND };

struct trust_ways {
	const struct trust_section *section;
	time_t at;
	X509 *nodes[NODES_MAX]; /* the certificate, anchors, others; borrowed */
	size_t count;
	size_t anchors_end;                        /* nodes from 1 on before this one are anchors */
	unsigned char links[NODES_MAX][NODES_MAX]; /* enum link: by the lower and the upper */
	size_t way[LINKS_MAX];
	size_t next[LINKS_MAX]; /* the node to try above this link */
	size_t length;
	int *effort; /* left */
	int signatures;
	int steps;
	bool no_memory; /* a link was not looked at for lack of it */
};

static void
add_nodes(struct trust_ways *ways, STACK_OF(X509) * certificates)
{
	int i;

	for (i = 0; i < sk_X509_num(certificates) && ways->count < NODES_MAX; i++)
		ways->nodes[ways->count++] = sk_X509_value(certificates, i);
}

struct trust_ways *
trust_ways_new(const struct trust_section *section, X509 *x509, STACK_OF(X509) * anchors,
    STACK_OF(X509) * others, time_t at, int *effort, struct error *err)
{
	struct trust_ways *ways = calloc(1, sizeof(*ways));

	if (ways == NULL) {
		error_no_memory(err);
		return NULL;
	}
	ways->section = section;
	ways->at = at;
	ways->effort = effort;
	ways->nodes[ways->count++] = x509;
	add_nodes(ways, anchors);
	ways->anchors_end = ways->count;
	add_nodes(ways, others);
	ways->next[0] = 1;
	ways->length = 1;
	return ways;
}

void
trust_ways_free(struct trust_ways *ways)
{
	free(ways);
}

static bool
is_anchor(const struct trust_ways *ways, size_t node)
{
	return node > 0 && node < ways->anchors_end;
}

/* What makes a CA useless in every way: an anchor's own basicConstraints are OpenSSL's to judge. */
static bool
is_usable(const struct trust_ways *ways, size_t node)
{
	X509 *x509 = ways->nodes[node];
	const EVP_PKEY *key = X509_get0_pubkey(x509);
	const char *why;
	time_t from;
	time_t to;

	return key != NULL &&
	       (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA ||
		   EVP_PKEY_get_bits(key) <= ways->section->max_rsa_bits) &&
	       certificate_read_time(X509_get0_notBefore(x509), &from) &&
	       certificate_read_time(X509_get0_notAfter(x509), &to) && ways->at >= from &&
	       ways->at < to && (is_anchor(ways, node) || trust_may_issue(x509, &why));
}

/* Whether there is time for one more. */
static bool
may_verify(struct trust_ways *ways, const EVP_PKEY *key)
{
	int cost;

	if (signature_cost(key, &cost, NULL) != 0) {
		ways->no_memory = true;
		return false;
	}
	if (cost == 0 || *ways->effort < cost || ways->signatures >= SIGNATURES_MAX)
		return false;
	*ways->effort -= cost;
	ways->signatures++;
	return true;
}

static bool
is_link(struct trust_ways *ways, size_t lower, size_t upper)
{
	unsigned char *link = &ways->links[lower][upper];

	if (*link != LINK_UNKNOWN)
		return *link == LINK_SOUND;
	*link = LINK_UNSOUND;
	if (X509_check_issued(ways->nodes[upper], ways->nodes[lower]) == X509_V_OK &&
	    is_usable(ways, upper) && may_verify(ways, X509_get0_pubkey(ways->nodes[upper])) &&
	    X509_verify(ways->nodes[lower], X509_get0_pubkey(ways->nodes[upper])) == 1)
		*link = LINK_SOUND;
	ERR_clear_error();
	return *link == LINK_SOUND;
}

static bool
is_on_the_way(const struct trust_ways *ways, size_t node)
{
	size_t i;

	for (i = 0; i < ways->length; i++) {
		if (X509_cmp(ways->nodes[ways->way[i]], ways->nodes[node]) == 0)
			return true;
	}
	return false;
}

/* Whether the way may go on with this node: intermediates up to the section's max-depth. */
static bool
may_go(struct trust_ways *ways, size_t node)
{
	size_t intermediates = ways->length - 1;

	if (!is_anchor(ways, node) && intermediates >= (size_t)ways->section->max_depth)
		return false;
	return ways->length < LINKS_MAX && is_link(ways, ways->way[ways->length - 1], node) &&
	       !is_on_the_way(ways, node);
}

/* The certificate may itself be an anchor: then it is the first way. */
static bool
is_trusted_itself(const struct trust_ways *ways)
{
	size_t i;

	for (i = 1; i < ways->anchors_end; i++) {
		if (X509_cmp(ways->nodes[0], ways->nodes[i]) == 0)
			return true;
	}
	return false;
}

static bool
write_way(const struct trust_ways *ways, STACK_OF(X509) * way)
{
	size_t i;

	sk_X509_zero(way);
	for (i = 0; i < ways->length; i++) {
		if (!sk_X509_push(way, ways->nodes[ways->way[i]]))
			return false;
	}
	return true;
}

int
trust_ways_next(struct trust_ways *ways, STACK_OF(X509) * way, struct error *err)
{
	int status = 0;

	if (ways->steps++ == 0 && is_trusted_itself(ways))
		return write_way(ways, way) ? 1 : error_no_memory(err);
	while (status == 0 && ways->length > 0 && ways->steps++ < STEPS_MAX) {
		size_t node = ways->next[ways->length - 1]++;

		if (node >= ways->count) {
			ways->length--;
			continue;
		}
		if (!may_go(ways, node)) {
			if (ways->no_memory)
				return error_no_memory(err);
			continue;
		}
		ways->way[ways->length] = node;
		ways->next[ways->length] = 1;
		ways->length++;
		if (!is_anchor(ways, node))
			continue;
		status = write_way(ways, way) ? 1 : error_no_memory(err);
		ways->length--;
	}
	return status;
}
