/* Sendmail: the lines for sendmail.mc. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "growth.h"
#include "mta_milter.h"
#include "setup.h"

/* A name of a filter or socket as m4 takes it: no quotes, nothing that ends the line. */
static bool
is_plain(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text <= ' ' || *text > '~' || strchr("`',()", *text) != NULL)
			return false;
	}
	return true;
}

static bool
signs(const struct sendmail_filter *filter)
{
	enum mta_milter_kind kind = mta_milter_kind(filter->socket);

	if (kind == MTA_MILTER_UNKNOWN)
		kind = mta_milter_kind(filter->name);
	return kind == MTA_MILTER_SIGNER || kind == MTA_MILTER_BOTH;
}

static void
append(char *out, size_t size, const char *name)
{
	size_t used = strlen(out);

	snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "", name);
}

static const struct sendmail_filter *
find_ours(const struct setup *setup, const struct sendmail_cf *sendmail)
{
	size_t i;

	for (i = 0; sendmail != NULL && i < sendmail->filter_count; i++) {
		if (mta_milter_reach(sendmail->filters[i].socket, setup->listen, "/", false) ==
		    MTA_MILTER_REACHED)
			return &sendmail->filters[i];
	}
	return NULL;
}

static void
append_some(const struct setup *setup, const struct sendmail_cf *sendmail, bool signers, char *out,
    size_t size)
{
	const struct sendmail_filter *ours = find_ours(setup, sendmail);
	size_t place;
	size_t i;

	for (place = 0; place < sendmail->filter_count; place++) {
		for (i = 0; i < sendmail->filter_count; i++) {
			const struct sendmail_filter *filter = &sendmail->filters[i];

			if (filter->place == (int)place && filter != ours &&
			    signs(filter) == signers && is_plain(filter->name))
				append(out, size, filter->name);
		}
	}
}

/* With others: after what scans, before what signs. */
static void
set_order(struct setup *setup, const struct sendmail_cf *sendmail, const char *name)
{
	char order[SETUP_VALUE_MAX] = "";
	size_t others = 0;
	size_t i;

	for (i = 0; sendmail != NULL && i < sendmail->filter_count; i++)
		others += sendmail->filters[i].place >= 0 &&
			  &sendmail->filters[i] != find_ours(setup, sendmail);
	if (others == 0)
		return;
	append_some(setup, sendmail, false, order, sizeof(order));
	append(order, sizeof(order), name);
	append_some(setup, sendmail, true, order, sizeof(order));
	setup_comment(setup, "After what scans content, before what signs (DKIM):");
	setup_command(setup, "define(`confINPUT_MAIL_FILTERS', `%s')dnl", order);
}

void
setup_sendmail(struct setup *setup, const struct sendmail_cf *sendmail)
{
	const struct sendmail_filter *ours = find_ours(setup, sendmail);
	const char *name = ours != NULL && is_plain(ours->name) ? ours->name : "smime";
	int64_t seconds = growth_answer_seconds(setup->config->deadline);

	if (!is_plain(setup->listen)) {
		setup->failed = true;
		error_set(&setup->err, ERROR_INPUT,
		    "listen = %s can't be written in sendmail.mc: it has blanks, quotes or commas",
		    setup->listen);
		return;
	}
	setup_comment(setup, "For sendmail.mc, in place of a line for our milter that is there:");
	setup_comment(setup,
	    "F=T: while the daemon is down, mail waits. R: longer than the daemon's deadline "
	    "(%" PRId64 " ms).",
	    (int64_t)setup->config->deadline);
	setup_command(setup,
	    "INPUT_MAIL_FILTER(`%s', `S=%s, F=T, T=C:1m;S:30s;R:%" PRId64 "s;E:5m')dnl", name,
	    setup->listen, seconds);
	set_order(setup, sendmail, name);
	if (sendmail != NULL && sendmail->message_size > 0)
		setup_comment(setup, "MaxMessageSize counts before sealing; the next server takes "
				     "mail 1.37 times as large.");
	setup_comment(setup, "Then: make -C /etc/mail, restart Sendmail, smimectl doctor");
}
