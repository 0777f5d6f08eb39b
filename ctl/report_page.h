/* What the parts of a report's page share, and nobody else. */
#ifndef SMIME_CTL_REPORT_PAGE_H
#define SMIME_CTL_REPORT_PAGE_H

#include "page.h"
#include "report.h"

enum page_tone report_page_tone(enum report_end end);

/* Messages by day, or by month: report_page_days.c. 0/-1. */
MUST_CHECK int report_page_days(struct page *page, const struct report *report, struct error *err);

/* What mail was encrypted with, and would have been by clients: report_page_ciphers.c */
void report_page_ciphers(struct page *page, const struct report *report);

#endif
