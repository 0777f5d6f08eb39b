/* What several commands print. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "command.h"
#include "page.h"

/* Longest text from outside that is shown whole: a certificate's name may be longer than useful. */
#define SHOWN_TEXT 2000

json_t *
ctl_json_text(const char *text)
{
	char safe[SHOWN_TEXT];
	json_t *json;

	if (text == NULL)
		return json_null();
	json = json_string(text);
	return json != NULL ? json : json_string(escape_text(ESCAPE_LOG, text, safe, sizeof(safe)));
}

void
ctl_print_text(const char *text)
{
	char safe[SHOWN_TEXT];

	fputs(escape_text(ESCAPE_TERMINAL, text, safe, sizeof(safe)), stdout);
}

void
ctl_print_number(uint64_t number)
{
	char text[PAGE_NUMBER_SIZE];

	printf("%10s", page_number(number, text));
}

void
ctl_print_share(uint64_t number, uint64_t whole)
{
	ctl_print_number(number);
	printf("  %5.1f %%", whole > 0 ? 100.0 * (double)number / (double)whole : 0.0);
}

void
ctl_print_heading(const char *text)
{
	ctl_colour(CTL_STRONG);
	printf("\n%s", text);
	ctl_colour(CTL_PLAIN);
	putchar('\n');
}

static bool
has_colours(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");

	return isatty(STDOUT_FILENO) && (no_color == NULL || no_color[0] == '\0') &&
	       terminal != NULL && strcmp(terminal, "dumb") != 0;
}

void
ctl_colour(enum ctl_colour colour)
{
	static const char *const codes[] = {"0", "32", "33", "31", "1"};

	if (has_colours())
		printf("\033[%sm", codes[colour]);
}

const char *
ctl_format_duration(int64_t ms, char *text)
{
	/* Up to twice a unit in the smaller one: "90s" tells more than "1m". */
	static const struct {
		int64_t seconds;
		char unit;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	size_t i = 0;

	while (i + 1 < ARRAY_LENGTH(units) && ms < 2000 * units[i].seconds)
		i++;
	snprintf(
	    text, CTL_AMOUNT_SIZE, "%" PRId64 "%c", ms / 1000 / units[i].seconds, units[i].unit);
	return text;
}

const char *
ctl_format_size(int64_t bytes, char *text)
{
	static const char *const units[] = {"kB", "MB", "GB"};
	double amount = (double)bytes / 1000;
	size_t i = 0;

	if (bytes < 1000) {
		snprintf(text, CTL_AMOUNT_SIZE, "%" PRId64 " B", bytes);
		return text;
	}
	while (i + 1 < ARRAY_LENGTH(units) && amount >= 1000) {
		amount /= 1000;
		i++;
	}
	snprintf(text, CTL_AMOUNT_SIZE, "%.1f %s", amount, units[i]);
	return text;
}

static void
print_line(const char *label, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	printf("       %-13s", label);
	ctl_print_text(text);
	putchar('\n');
}

static void
print_capabilities(const struct capabilities *capabilities)
{
	size_t i;

	printf("       %-13s%s", "capabilities", capabilities_source_name(capabilities->from));
	for (i = 0; i < capabilities->cipher_count; i++)
		printf("%s%s", i == 0 ? ": " : ", ", cipher_get(capabilities->ciphers[i])->name);
	printf("%s\n", capabilities->oaep_sha256 ? ", oaep-sha256"
		       : capabilities->oaep      ? ", oaep"
						 : "");
}

void
ctl_print_fallback(const struct cipher *const fallback[CLIENT_COUNT])
{
	int client;

	fputs("  a client that knew only this would use:", stdout);
	for (client = 0; client < CLIENT_COUNT; client++)
		printf("%s %s %s", client == 0 ? "" : ",",
		    capabilities_client_name((enum client)client),
		    fallback[client] != NULL ? fallback[client]->name : "-");
	putchar('\n');
}

static void
print_certificate(const struct certificate *certificate)
{
	char from[CLOCK_TEXT_SIZE];
	char to[CLOCK_TEXT_SIZE];

	print_line("subject", certificate->subject);
	print_line("issued by", certificate->issuer);
	print_line("serial", certificate->serial);
	print_line("sha256", certificate->sha256);
	printf("       %-13s%s to %s\n", "valid", clock_format_date(certificate->not_before, from),
	    clock_format_date(certificate->not_after, to));
}

static void
print_revocation(const struct digital_id *digital_id)
{
	if (digital_id->revocation == NULL || strcmp(digital_id->revocation, "off") == 0)
		return;
	print_line("revocation", digital_id->revocation);
	print_line("", digital_id->revocation_detail);
}

/* Where it was found; a signer's came with the message. */
static void
print_source(const struct digital_id *digital_id)
{
	if (digital_id->directory != NULL && digital_id->directory[0] == '\0')
		return;
	print_line("found at", digital_id->dn);
	printf("       %-13s", "in");
	ctl_print_text(digital_id->directory != NULL ? digital_id->directory : "?");
	fputs(", attribute ", stdout);
	ctl_print_text(digital_id->attribute != NULL ? digital_id->attribute : "?");
	putchar('\n');
}

void
ctl_print_digital_id(const struct digital_id *digital_id, size_t number)
{
	printf("  %2zu.  %s%s%s\n", number, reason_get(digital_id->verdict)->code,
	    digital_id->preferred ? ", preferred" : "", digital_id->stale ? ", stale" : "");
	print_line("detail", digital_id->detail);
	print_revocation(digital_id);
	if (digital_id->certificate != NULL)
		print_certificate(digital_id->certificate);
	print_source(digital_id);
	print_capabilities(&digital_id->capabilities);
}

enum ctl_status
ctl_worse(enum ctl_status a, enum ctl_status b)
{
	static const enum ctl_status order[] = {
	    CTL_INTERRUPTED, CTL_USAGE, CTL_TEMPORARY, CTL_FINDING};
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(order); i++) {
		if (a == order[i] || b == order[i])
			return order[i];
	}
	return CTL_OK;
}
