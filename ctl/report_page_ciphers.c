/* What mail was encrypted with, and would have been by clients. */
#include <stdio.h>

#include "report_page.h"

#define BARS_MAX (CIPHER_COUNT * REPORT_SOURCES)

static void
write_ciphers(struct page *page, const struct report *report)
{
	struct page_bar bars[BARS_MAX];
	char labels[BARS_MAX][100];
	const struct cipher *cipher;
	size_t count = 0;
	int i;
	int source;

	for (i = CIPHER_COUNT - 1; i >= 0; i--) {
		cipher = cipher_get((enum cipher_id)i);
		for (source = 0; source < REPORT_SOURCES; source++) {
			if (report->ciphers[i][source] == 0)
				continue;
			snprintf(labels[count], sizeof(labels[count]), "%s, %s", cipher->title,
			    report_source_words((enum report_source)source));
			bars[count] = (struct page_bar){labels[count], report->ciphers[i][source],
			    page_tone_of_strength(cipher->strength), NULL};
			count++;
		}
	}
	page_section(page, "Ciphers",
	    "Strongest first, and where it was known from that the recipient can read it.");
	page_bars(page, "Ciphers, by recipients", bars, count);
}

static void
write_fallback(struct page *page, const struct report *report)
{
	struct page_bar bars[CLIENT_COUNT * CIPHER_COUNT];
	char labels[CLIENT_COUNT * CIPHER_COUNT][100];
	const struct cipher *cipher;
	size_t count = 0;
	int client;
	int i;

	for (client = 0; client < CLIENT_COUNT; client++) {
		for (i = 0; i < CIPHER_COUNT; i++) {
			cipher = cipher_get((enum cipher_id)i);
			if (report->fallback[client][i] == 0)
				continue;
			snprintf(labels[count], sizeof(labels[count]), "%s: %s",
			    capabilities_client_name((enum client)client), cipher->title);
			bars[count] = (struct page_bar){labels[count], report->fallback[client][i],
			    page_tone_of_strength(cipher->strength), NULL};
			count++;
		}
	}
	page_bars_of(page,
	    "What mail clients would have encrypted with, by what is published of the recipients",
	    bars, count, report->recipients);
}

void
report_page_ciphers(struct page *page, const struct report *report)
{
	write_ciphers(page, report);
	write_fallback(page, report);
}
