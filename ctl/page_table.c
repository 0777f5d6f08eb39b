/* Tables, row by row. */
#include "page_private.h"

void
page_table_begin(
    struct page *page, const char *caption, const struct page_cell_head *heads, size_t count)
{
	size_t i;

	page->cells = count < PAGE_CELLS_MAX ? count : PAGE_CELLS_MAX;
	page->rows = 0;
	page_markup(page, "<div class=\"scroll\"><table><caption>");
	page_text_apart(page, caption);
	page_markup(page, "</caption>\n<thead><tr>");
	for (i = 0; i < page->cells; i++) {
		page->numbers[i] = heads[i].number;
		page_markup(
		    page, "<th scope=\"col\"%s>", heads[i].number ? " class=\"number\"" : "");
		page_text_apart(page, heads[i].title);
		page_markup(page, "</th>");
	}
	page_markup(page, "</tr></thead>\n<tbody>\n");
}

void
page_table_row(struct page *page, const char *const *cells)
{
	size_t i;

	page->rows++;
	page_markup(page, "<tr>");
	for (i = 0; i < page->cells; i++) {
		page_markup(page, "<td%s>", page->numbers[i] ? " class=\"number\"" : "");
		page_text_apart(page, cells[i]);
		page_markup(page, "</td>");
	}
	page_markup(page, "</tr>\n");
}

void
page_table_end(struct page *page, const char *note)
{
	if (page->rows == 0)
		page_markup(page, "<tr><td colspan=\"%zu\">None.</td></tr>\n", page->cells);
	page_markup(page, "</tbody></table></div>\n");
	if (note != NULL) {
		page_markup(page, "<p class=\"note\">");
		page_text_apart(page, note);
		page_markup(page, "</p>\n");
	}
}
