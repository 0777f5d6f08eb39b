#include "policy/signed.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "policy/evidence.h"
#include "policy/signed_digest.h"

/* Below these nobody should rely on a signature (RFC 8551 4.1). */
#define RSA_BITS_MIN 2048
#define EC_BITS_MIN 256

#define DETAIL_SIZE 640

/* The reasons against one signature. */
struct against {
	const struct facts_signature *signature;
	enum reason_id itself; /* the signature, what it covers aside */
	enum reason_id signer; /* the certificate */
	bool partial;
	bool mismatch;
};

static enum reason_id
state_reason(enum layer_signature_state state)
{
	switch (state) {
	case LAYER_SIGNATURE_GOOD:
		return REASON_OK;
	case LAYER_SIGNATURE_UNVERIFIABLE:
	case LAYER_SIGNATURE_NO_CERTIFICATE:
		return REASON_SIGNATURE_UNVERIFIED;
	case LAYER_SIGNATURE_BAD:
	case LAYER_SIGNATURE_MALFORMED:
	default:
		return REASON_SIGNATURE_INVALID;
	}
}

static enum reason_id
verdict_reason(enum reason_id verdict)
{
	switch (verdict) {
	case REASON_OK:
		return REASON_OK;
	case REASON_EXPIRED:
	case REASON_NOT_YET_VALID:
		return REASON_SIGNER_EXPIRED;
	case REASON_UNTRUSTED_ISSUER:
	case REASON_INCOMPLETE_CHAIN:
	case REASON_INVALID_CHAIN:
		return REASON_SIGNER_UNTRUSTED;
	case REASON_REVOKED:
		return REASON_SIGNER_REVOKED;
	case REASON_ADDRESS_MISMATCH:
		return REASON_SIGNER_ADDRESS_MISMATCH;
	default:
		return reason_is_temporary(verdict) ? REASON_SIGNER_STATUS_UNAVAILABLE
						    : REASON_SIGNER_UNFIT;
	}
}

static bool
is_key_short(const struct certificate *certificate)
{
	enum key_kind kind;

	if (certificate == NULL || certificate->x509 == NULL)
		return false;
	kind = certificate_key_kind(certificate);
	return (kind == KEY_RSA && certificate_key_bits(certificate) < RSA_BITS_MIN) ||
	       (kind == KEY_EC && certificate_key_bits(certificate) < EC_BITS_MIN);
}

/* A good signature: its signer. What nobody judged is not known. */
static enum reason_id
signer_reason(const struct facts *facts, const struct facts_signature *signature)
{
	enum reason_id reason = REASON_SIGNER_STATUS_UNAVAILABLE;

	if (signature->id != NULL)
		reason = verdict_reason(signature->id->verdict);
	if (reason != REASON_OK)
		return reason;
	if (signature->signature->digest_strength <
		signed_digest_strength(facts->config, signature->signature->certificate) ||
	    is_key_short(signature->signature->certificate))
		return REASON_SIGNER_UNFIT;
	return REASON_OK;
}

static void
weigh(const struct facts *facts, const struct facts_signature *signature, struct against *against)
{
	*against = (struct against){.signature = signature};
	against->itself = state_reason(signature->signature->state);
	against->signer = REASON_OK;
	if (against->itself != REASON_OK)
		return;
	against->partial = !signature->layer->covers_all;
	against->signer = signer_reason(facts, signature);
	against->mismatch = signature->id != NULL && signature->named == NULL &&
			    against->signer != REASON_SIGNER_ADDRESS_MISMATCH;
}

bool
signed_then_is_known(const struct facts_signature *signature)
{
	return signature->id != NULL && signature->signature->signing_time != 0 &&
	       verdict_reason(signature->id->verdict) == REASON_SIGNER_EXPIRED;
}

bool
signed_is_forwarded(const struct facts *facts, const struct facts_signature *signature)
{
	return layer_is_forwarded(facts->layers, facts->layer_count, signature->layer);
}

/* "in part 1.2: "; nothing for the whole. */
static const char *
place_text(const struct layer *layer, char text[64])
{
	text[0] = '\0';
	if (layer->path[0] != '\0')
		snprintf(text, 64, "in part %.31s: ", layer->path);
	return text;
}

static void
describe_itself(const struct facts_signature *signature, char *out)
{
	const struct layer_signature *made = signature->signature;
	char place[64];

	snprintf(out, DETAIL_SIZE, "%s%.*s%ssigned with %.63s and %.31s",
	    place_text(signature->layer, place), (int)utf8_cut(made->detail, 255), made->detail,
	    made->detail[0] != '\0' ? "; " : "",
	    made->algorithm[0] != '\0' ? made->algorithm : "an unknown algorithm",
	    made->digest[0] != '\0' ? made->digest : "an unknown digest");
}

/* What else is to be said of an expired signer: whether the certificate held when it signed. */
static const char *
when_signed(const struct facts_signature *signature, char text[128])
{
	char date[CLOCK_TEXT_SIZE];
	time_t at = signature->signature->signing_time;

	if (!signed_then_is_known(signature))
		return "; when it was signed is not said";
	snprintf(text, 128, "; signed, by the signer's clock, on %s, when the certificate was %s",
	    clock_format_date(at, date),
	    signature->then == REASON_OK ? "usable" : "not usable either");
	return text;
}

static void
describe_signer(const struct against *against, char *out)
{
	const struct facts_signature *signature = against->signature;
	const struct layer_signature *made = signature->signature;
	const struct digital_id bare = {.certificate = made->certificate};
	const struct digital_id *shown = signature->id != NULL ? signature->id : &bare;
	char certificate[512];
	char place[64];
	char text[128] = "";
	const char *more = text;

	evidence_describe(shown, certificate, sizeof(certificate));
	if (against->signer == REASON_SIGNER_EXPIRED)
		more = when_signed(signature, text);
	else if (against->signer == REASON_SIGNER_UNFIT && shown->verdict == REASON_OK)
		snprintf(text, sizeof(text), "; signed with %.63s and %.31s", made->algorithm,
		    made->digest);
	else if (signature->id == NULL || signature->unavailable)
		more = "; it could not be judged in time";
	snprintf(out, DETAIL_SIZE, "%s%.*s%s", place_text(signature->layer, place),
	    (int)utf8_cut(certificate, 500), certificate, more);
}

static size_t
count_of(const struct findings_list *list, enum reason_id reason)
{
	size_t count = 0;
	size_t i;

	for (i = 0; i < list->count; i++)
		count += list->items[i].reason == reason ? 1 : 0;
	return count;
}

static int
add(struct findings_list *list, enum reason_id reason, const struct facts_signature *signature,
    const char *detail, struct error *err)
{
	const struct plan_finding finding = {
	    .reason = reason, .signature = signature, .evidence = signature->id};

	if (count_of(list, reason) >= FINDINGS_OF_REASON_MAX)
		return 0;
	return finding_add(list, FINDINGS_OF_SIGNATURES_MAX, &finding, detail, err);
}

static int
find(const struct facts *facts, const struct facts_signature *signature, struct findings_list *list,
    struct error *err)
{
	struct against against;
	char detail[DETAIL_SIZE];

	weigh(facts, signature, &against);
	if (against.itself != REASON_OK) {
		describe_itself(signature, detail);
		return add(list, against.itself, signature, detail, err);
	}
	if (against.partial) {
		snprintf(detail, sizeof(detail), "it covers only part %.31s of the message",
		    signature->layer->path[0] != '\0' ? signature->layer->path : "1");
		if (add(list, REASON_SIGNATURE_PARTIAL, signature, detail, err) != 0)
			return -1;
	}
	describe_signer(&against, detail);
	if (against.signer != REASON_OK && add(list, against.signer, signature, detail, err) != 0)
		return -1;
	if (against.mismatch)
		return add(list, REASON_SIGNER_ADDRESS_MISMATCH, signature, detail, err);
	return 0;
}

int
signed_find(const struct facts *facts, struct findings_list *list, struct error *err)
{
	size_t i;

	for (i = 0; i < facts->signature_count; i++) {
		if (!signed_is_forwarded(facts, &facts->signatures[i]) &&
		    find(facts, &facts->signatures[i], list, err) != 0)
			return -1;
	}
	return 0;
}

enum reason_id
signed_worth(const struct facts *facts, const struct facts_signature *signature)
{
	struct against against;

	weigh(facts, signature, &against);
	if (against.itself != REASON_OK)
		return against.itself;
	if (against.signer != REASON_OK)
		return against.signer;
	if (against.mismatch)
		return REASON_SIGNER_ADDRESS_MISMATCH;
	return against.partial ? REASON_SIGNATURE_PARTIAL : REASON_OK;
}
