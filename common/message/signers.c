/*
 * Who signed the message: asked for when the body has been inspected, as only then its signatures are
 * known. And the sender's own digital IDs, which tell the sender's copy of what the client encrypted
 * from one for a superseded certificate; they decide nothing else.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "message/internal.h"
#include "policy/signed.h"
#include "smime/signer.h"

/* Signers judged for one message: real mail has one, some two. Further ones are not known. */
#define SIGNERS_MAX 8

/* Addresses of From and Sender that signers are compared with: more than real mail has. */
#define SENDERS_MAX 100

/* One signer being judged: for all signatures of a layer by the same certificate that say the same
 * time, as of a client that signs with two digests. */
struct signer_ticket {
	const struct layer *layer;
	const struct layer_signature *signature;
	struct ticket *ticket;
};

struct signers {
	struct facts_signature *signatures; /* all that are looked at */
	size_t *tickets;                    /* for each: which of those below; SIGNERS_MAX: none */
	size_t count;
	struct signer_ticket asked[SIGNERS_MAX];
	size_t asked_count;
	struct address *senders;
	size_t sender_count;
};

/* Whether a rule wants the client's signatures looked at. */
static bool
are_checked(const struct message *message)
{
	const struct config *config = message->snapshot->config;
	const struct config_policy *policy;
	size_t i;

	for (i = 0; i < message->recipient_count; i++) {
		policy = message->recipients[i].rule != NULL ? &message->recipients[i].rule->policy
							     : &config->policy;
		if (policy->client_signed == CLIENT_SIGNED_CHECK)
			return true;
	}
	return false;
}

static int
parse_senders(struct signers *signers, char *const *texts, size_t count, struct error *err)
{
	struct error why = ERROR_INIT;
	size_t i;

	signers->senders = calloc(SENDERS_MAX, sizeof(*signers->senders));
	if (signers->senders == NULL)
		return error_no_memory(err);
	for (i = 0; i < count && signers->sender_count < SENDERS_MAX; i++) {
		if (address_parse(texts[i], &signers->senders[signers->sender_count], &why) == 0)
			signers->sender_count++;
		else if (why.code == ERROR_TEMPORARY)
			return error_no_memory(err);
	}
	return 0;
}

static int
read_senders(struct signers *signers, const struct header *header, struct error *err)
{
	char **texts = NULL;
	size_t count = 0;
	int result;

	if (header_senders(header, &texts, &count, err) != 0)
		return -1;
	result = parse_senders(signers, texts, count, err);
	header_addresses_free(texts, count);
	return result;
}

/* The place of the ticket that serves this signature, too; SIGNERS_MAX: there is none. */
static size_t
find_asked(const struct signers *signers, const struct layer *layer,
    const struct layer_signature *signature)
{
	size_t i;

	for (i = 0; i < signers->asked_count; i++) {
		const struct layer_signature *asked = signers->asked[i].signature;

		if (signers->asked[i].layer == layer &&
		    asked->signing_time == signature->signing_time &&
		    strcmp(asked->certificate->sha256, signature->certificate->sha256) == 0)
			return i;
	}
	return SIGNERS_MAX;
}

static int
ask_for(struct message *message, const struct signer_question *question, const struct layer *layer,
    const struct layer_signature *signature, size_t *place, struct error *err)
{
	struct signers *signers = message->signers;
	struct signer_ticket *asked = &signers->asked[signers->asked_count];

	*place = find_asked(signers, layer, signature);
	if (*place < SIGNERS_MAX || signers->asked_count == SIGNERS_MAX)
		return 0;
	asked->layer = layer;
	asked->signature = signature;
	asked->ticket =
	    resolver_submit_signer(message->snapshot->resolver, question, message->deadline_ms);
	if (asked->ticket == NULL)
		return error_no_memory(err);
	*place = signers->asked_count++;
	return 0;
}

/* One that is not good has nobody to be judged; who signed what is forwarded is nobody's business. */
static int
add_signature(struct message *message, const struct layer *layer,
    const struct layer_signature *signature, struct error *err)
{
	struct signers *signers = message->signers;
	bool exact_local = message->snapshot->config->local_part == LOCAL_PART_EXACT;
	const struct facts facts = {
	    .layers = message->inspection->layers, .layer_count = message->inspection->layer_count};
	struct facts_signature *noted = &signers->signatures[signers->count];
	size_t *place = &signers->tickets[signers->count];
	const struct signer_question question = {.certificate = signature->certificate,
	    .others = layer->certificates,
	    .other_count = layer->certificate_count,
	    .addresses = signers->senders,
	    .address_count = signers->sender_count,
	    .signing_time = signature->signing_time};

	noted->layer = layer;
	noted->signature = signature;
	noted->then = REASON_OK;
	*place = SIGNERS_MAX;
	signers->count++;
	if (signature->state != LAYER_SIGNATURE_GOOD || signature->certificate == NULL ||
	    signed_is_forwarded(&facts, noted))
		return 0;
	if (ask_for(message, &question, layer, signature, place, err) != 0)
		return -1;
	if (*place < SIGNERS_MAX)
		noted->named = signer_match(&question, exact_local);
	return 0;
}

static size_t
count_signatures(const struct inspection *inspection)
{
	size_t count = 0;
	size_t i;

	for (i = 0; i < inspection->layer_count; i++)
		count += inspection->layers[i].signature_count;
	return count;
}

static int
ask(struct message *message, size_t count, struct error *err)
{
	const struct inspection *inspection = message->inspection;
	struct signers *signers = calloc(1, sizeof(*signers));
	size_t i;
	size_t k;

	message->signers = signers;
	if (signers == NULL)
		return error_no_memory(err);
	signers->signatures = calloc(count, sizeof(*signers->signatures));
	signers->tickets = calloc(count, sizeof(*signers->tickets));
	if (signers->signatures == NULL || signers->tickets == NULL)
		return error_no_memory(err);
	if (read_senders(signers, &message->header, err) != 0)
		return -1;
	for (i = 0; i < inspection->layer_count; i++) {
		const struct layer *layer = &inspection->layers[i];

		for (k = 0; k < layer->signature_count; k++) {
			if (add_signature(message, layer, &layer->signatures[k], err) != 0)
				return -1;
		}
	}
	return 0;
}

void
signers_ask(struct message *message)
{
	struct error err = ERROR_INIT;
	size_t count;

	if (message->trouble != REASON_OK || message->inspection == NULL || !are_checked(message))
		return;
	count = count_signatures(message->inspection);
	if (count > 0 && ask(message, count, &err) != 0)
		message_trouble(message, REASON_INTERNAL_ERROR, &err);
}

void
signers_ask_sender(struct message *message)
{
	bool asks = false;
	size_t i;

	for (i = 0; i < message->recipient_count && !asks; i++)
		asks = message->recipients[i].ticket != NULL;
	if (!asks || address_is_null(&message->sender) || !inspect_wanted(&message->type))
		return;
	message->sender_ticket = resolver_submit(message->snapshot->resolver, &message->sender,
	    clock_monotonic_ms() + MESSAGE_QUESTION_LIFE_MS);
}

/* Whether there is something that may be encrypted for the sender. */
static bool
sender_counts(const struct message *message)
{
	const struct inspection *inspection = message->inspection;
	size_t i;

	if (inspection == NULL || message->sender_ticket == NULL)
		return false;
	for (i = 0; i < inspection->layer_count; i++) {
		if (layer_is_enveloped(&inspection->layers[i]))
			return true;
	}
	return false;
}

struct ticket *
signers_pending(const struct message *message)
{
	const struct signers *signers = message->signers;
	size_t i;

	for (i = 0; signers != NULL && i < signers->asked_count; i++) {
		if (!ticket_ready(signers->asked[i].ticket))
			return signers->asked[i].ticket;
	}
	if (sender_counts(message) && !ticket_ready(message->sender_ticket))
		return message->sender_ticket;
	return NULL;
}

static void
note_judged(struct facts_signature *noted, const struct recipient *record)
{
	if (record == NULL || record->state != RECIPIENT_FOUND || record->digital_id_count == 0) {
		noted->unavailable = true;
		return;
	}
	noted->id = &record->digital_ids[0];
	if (record->digital_id_count > 1)
		noted->then = record->digital_ids[1].verdict;
}

void
signers_note(struct message *message)
{
	struct signers *signers = message->signers;
	size_t i;

	if (message->sender_ticket != NULL)
		message->facts.sender_record = ticket_record(message->sender_ticket);
	if (signers == NULL)
		return;
	for (i = 0; i < signers->count; i++) {
		if (signers->tickets[i] < SIGNERS_MAX)
			note_judged(&signers->signatures[i],
			    ticket_record(signers->asked[signers->tickets[i]].ticket));
		else
			signers->signatures[i].unavailable =
			    signers->signatures[i].signature->state == LAYER_SIGNATURE_GOOD;
	}
	message->facts.signatures = signers->signatures;
	message->facts.signature_count = signers->count;
}

void
signers_note_unknown(const struct message *message, time_t now)
{
	const struct signers *signers = message->signers;
	const struct recipient *record;
	size_t i;

	for (i = 0; signers != NULL && i < signers->asked_count; i++) {
		record = ticket_record(signers->asked[i].ticket);
		if (record != NULL)
			pending_note(message->snapshot->pending, record, now);
	}
}

void
signers_free(struct message *message)
{
	struct signers *signers = message->signers;
	size_t i;

	ticket_free(message->sender_ticket);
	if (signers == NULL)
		return;
	for (i = 0; i < signers->asked_count; i++)
		ticket_free(signers->asked[i].ticket);
	for (i = 0; i < signers->sender_count; i++)
		address_free(&signers->senders[i]);
	free(signers->senders);
	free(signers->signatures);
	free(signers->tickets);
	free(signers);
}
