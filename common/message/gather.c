/* From envelope, header and recipient records to facts. */
#include <stdlib.h>
#include <string.h>

#include "message/internal.h"

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Those whom To and Cc name, folded and sorted in place: there may be thousands, to be compared
 * with thousands of recipients. */
static int
fold_visible(char **visible, size_t count, bool exact_local, struct error *err)
{
	struct error why = ERROR_INIT;
	struct address address;
	char *folded;
	size_t i;

	for (i = 0; i < count; i++) {
		if (address_parse(visible[i], &address, &why) != 0) {
			if (why.code == ERROR_TEMPORARY)
				return error_no_memory(err);
			continue; /* too long when written anew: nobody's */
		}
		folded = address_fold(&address, exact_local, err);
		address_free(&address);
		if (folded == NULL)
			return -1;
		free(visible[i]);
		visible[i] = folded;
	}
	if (count > 0)
		qsort(visible, count, sizeof(*visible), compare_texts);
	return 0;
}

static int
gather_recipient(
    struct message *message, size_t index, char *const *visible, size_t count, struct error *err)
{
	struct message_recipient *recipient = &message->recipients[index];
	struct facts_recipient facts = {
	    .address = &recipient->address, .envelope = &recipient->address};
	const struct config *config = message->snapshot->config;
	char *folded =
	    address_fold(&recipient->address, config->local_part == LOCAL_PART_EXACT, err);

	if (folded == NULL)
		return -1;

	facts.rule = recipient->rule;
	facts.asked = recipient->ticket != NULL;
	facts.record = facts.asked ? ticket_record(recipient->ticket) : NULL;
	facts.visible =
	    count > 0 && bsearch(&folded, visible, count, sizeof(*visible), compare_texts) != NULL;
	free(folded);
	return facts_add(&message->gathered, &facts, err);
}

int
gather_facts(struct message *message, struct error *err)
{
	bool exact_local = message->snapshot->config->local_part == LOCAL_PART_EXACT;
	char **visible = NULL;
	size_t count = 0;
	size_t i;
	int result;

	if (message->recipient_count == 0)
		return error_set(err, ERROR_INTERNAL, "the message has no recipient");
	if (header_visible_recipients(&message->header, &visible, &count, err) != 0)
		return -1;
	result = fold_visible(visible, count, exact_local, err);
	for (i = 0; result == 0 && i < message->recipient_count; i++)
		result = gather_recipient(message, i, visible, count, err);
	header_addresses_free(visible, count);
	if (result != 0)
		return -1;
	message->facts.config = message->snapshot->config;
	message->facts.content = CONTENT_READABLE;
	message->facts.recipients = message->gathered.items;
	message->facts.recipient_count = message->gathered.count;
	message->facts_complete = true;
	return 0;
}
