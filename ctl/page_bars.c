/* Bars: one for each number, or one divided. */
#include <inttypes.h>

#include "page_private.h"

/* Units of a bar's length, in the drawing's own measure. */
#define LENGTH 1000

static uint64_t
sum_from(const struct page_bar *bars, size_t first, size_t count)
{
	uint64_t sum = 0;
	size_t i;

	for (i = first; i < count; i++)
		sum += bars[i].value;
	return sum;
}

static void
begin_figure(struct page *page, const char *caption)
{
	page_markup(page, "<figure>\n<figcaption>");
	page_text_apart(page, caption);
	page_markup(page, "</figcaption>\n");
}

static bool
end_if_empty(struct page *page, uint64_t sum)
{
	if (sum > 0)
		return false;
	page_markup(page, "<p class=\"note\">None.</p>\n</figure>\n");
	return true;
}

static void
draw_bar(struct page *page, const struct page_bar *bar, uint64_t most, uint64_t whole)
{
	unsigned length = (unsigned)((double)bar->value / (double)most * LENGTH);
	char number[PAGE_NUMBER_SIZE];
	char percent[PAGE_NUMBER_SIZE];

	if (length == 0 && bar->value > 0)
		length = 4; /* something to be seen */
	page_markup(page, "<tr><th scope=\"row\">");
	page_text_apart(page, bar->label);
	if (bar->note != NULL) {
		page_markup(page, " <small>");
		page_text_apart(page, bar->note);
		page_markup(page, "</small>");
	}
	page_markup(page,
	    "</th><td class=\"bar\"><svg viewBox=\"0 0 %d 16\" preserveAspectRatio=\"none\" "
	    "aria-hidden=\"true\"><rect class=\"mark %s\" width=\"%u\" height=\"16\"/></svg></td>"
	    "<td class=\"number\">%s <small>%s</small></td></tr>\n",
	    LENGTH, page_tone_class(bar->tone), length, page_number(bar->value, number),
	    page_percent(bar->value, whole, percent));
}

void
page_bars_of(struct page *page, const char *caption, const struct page_bar *bars, size_t count,
    uint64_t whole)
{
	size_t shown = count < PAGE_BARS_MAX ? count : PAGE_BARS_MAX;
	const struct page_bar others = {"others", sum_from(bars, shown, count), PAGE_MUTED, NULL};
	uint64_t most = others.value;
	size_t i;

	begin_figure(page, caption);
	if (end_if_empty(page, sum_from(bars, 0, count)))
		return;
	for (i = 0; i < shown; i++)
		most = bars[i].value > most ? bars[i].value : most;
	page_markup(page, "<table class=\"bars\"><tbody>\n");
	for (i = 0; i < shown; i++)
		draw_bar(page, &bars[i], most, whole);
	if (shown < count)
		draw_bar(page, &others, most, whole);
	page_markup(page, "</tbody></table>\n</figure>\n");
}

void
page_bars(struct page *page, const char *caption, const struct page_bar *bars, size_t count)
{
	page_bars_of(page, caption, bars, count, sum_from(bars, 0, count));
}

/* Where a part begins, with a hair's breadth between it and the one before. */
static void
draw_part(struct page *page, const struct page_bar *part, uint64_t before, uint64_t sum)
{
	double begin = (double)before / (double)sum * LENGTH;
	double end = (double)(before + part->value) / (double)sum * LENGTH;
	char number[PAGE_NUMBER_SIZE];

	if (part->value == 0)
		return;
	if (end - begin > 6)
		end -= 3;
	page_markup(page, "<rect class=\"mark %s\" x=\"%.1f\" width=\"%.1f\" height=\"36\"><title>",
	    page_tone_class(part->tone), begin, end - begin);
	page_text(page, part->label);
	page_markup(page, ": %s</title></rect>\n", page_number(part->value, number));
}

static void
explain_part(struct page *page, const struct page_bar *part, uint64_t sum)
{
	char number[PAGE_NUMBER_SIZE];
	char percent[PAGE_NUMBER_SIZE];

	page_markup(
	    page, "<li class=\"%s\"><i aria-hidden=\"true\"></i>", page_tone_class(part->tone));
	page_text_apart(page, part->label);
	page_markup(page, ": %s <small>(%s)</small>", page_number(part->value, number),
	    page_percent(part->value, sum, percent));
	if (part->note != NULL) {
		page_markup(page, " <small>");
		page_text_apart(page, part->note);
		page_markup(page, "</small>");
	}
	page_markup(page, "</li>\n");
}

void
page_share(struct page *page, const char *caption, const struct page_bar *parts, size_t count)
{
	size_t shown = count < PAGE_BARS_MAX ? count : PAGE_BARS_MAX;
	const struct page_bar others = {"others", sum_from(parts, shown, count), PAGE_MUTED, NULL};
	uint64_t sum = sum_from(parts, 0, count);
	uint64_t before = 0;
	size_t i;

	begin_figure(page, caption);
	if (end_if_empty(page, sum))
		return;
	page_markup(page,
	    "<svg viewBox=\"0 0 %d 36\" preserveAspectRatio=\"none\" style=\"height:2.25rem\" "
	    "role=\"img\"><title>",
	    LENGTH);
	page_text(page, caption);
	page_markup(page, "</title>\n");
	for (i = 0; i < shown; i++) {
		draw_part(page, &parts[i], before, sum);
		before += parts[i].value;
	}
	draw_part(page, &others, before, sum);
	page_markup(page, "</svg>\n<ul class=\"legend\">\n");
	for (i = 0; i < shown; i++)
		explain_part(page, &parts[i], sum);
	if (shown < count)
		explain_part(page, &others, sum);
	page_markup(page, "</ul>\n</figure>\n");
}
