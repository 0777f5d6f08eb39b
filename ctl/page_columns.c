/* Columns: how a number changes from month to month, or day to day. */
#include <inttypes.h>
#include <string.h>

#include "page_private.h"

/* The drawing's own measure. */
#define WIDTH 760
#define HEIGHT 230
#define LEFT 52   /* for the numbers of the scale */
#define TOP 18    /* for the numbers on the columns */
#define BOTTOM 26 /* for the names below them */
#define RIGHT 14  /* for half the number on the last column */
#define PLOT_WIDTH (WIDTH - LEFT - RIGHT)
#define PLOT_HEIGHT (HEIGHT - TOP - BOTTOM)
/* Names and numbers so close that they would overlap are left out. */
#define NAME_WIDTH 56
#define DIGIT_WIDTH 7
/* Lines of the scale. */
#define LINES_MAX 4

static uint64_t
column_sum(const struct page_columns *columns, size_t column)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < columns->series_count; i++)
		sum += columns->values[column * columns->series_count + i];
	return sum;
}

/* How all is drawn: the scale, what a column has, and whether their numbers have room. */
struct drawing {
	const struct page_columns *columns;
	uint64_t step; /* of the scale */
	uint64_t lines;
	double top; /* its highest number */
	double slot;
	double width;
	bool has_numbers;
};

/* 1, 2 or 5 times a power of ten, so that LINES_MAX of it reach the highest. */
static uint64_t
step_for(uint64_t most)
{
	static const unsigned factors[] = {1, 2, 5};
	uint64_t least = most / LINES_MAX + (most % LINES_MAX != 0);
	uint64_t power = 1;
	size_t i;

	for (;; power *= 10) {
		for (i = 0; i < ARRAY_LENGTH(factors); i++) {
			if (least <= factors[i] * power)
				return factors[i] * power;
		}
	}
}

static double
height_of(double value, const struct drawing *drawing)
{
	return value / drawing->top * PLOT_HEIGHT;
}

static void
draw_scale(struct page *page, const struct drawing *drawing)
{
	char number[PAGE_NUMBER_SIZE];
	uint64_t i;
	double y;

	for (i = 0; i <= drawing->lines; i++) {
		y = TOP + PLOT_HEIGHT - height_of((double)i * (double)drawing->step, drawing);
		page_markup(page,
		    "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
		    "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
		    LEFT, WIDTH - RIGHT, y, y, LEFT - 6, y + 4,
		    page_number(i * drawing->step, number));
	}
}

static double
draw_part(struct page *page, const struct drawing *drawing, size_t column, size_t series,
    double place, double y)
{
	const struct page_columns *columns = drawing->columns;
	uint64_t value = columns->values[column * columns->series_count + series];
	double height = height_of((double)value, drawing);
	char number[PAGE_NUMBER_SIZE];

	if (value == 0)
		return y;
	if (height < 1.5)
		height = 1.5; /* something to be seen */
	page_markup(page,
	    "<rect class=\"mark %s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>",
	    page_tone_class(columns->series[series].tone), place, y - height, drawing->width,
	    height > 3 && series > 0 ? height - 1 : height);
	page_text(page, columns->labels[column]);
	page_markup(page, ", ");
	page_text(page, columns->series[series].name);
	page_markup(page, ": %s</title></rect>\n", page_number(value, number));
	return y - height;
}

static void
draw_column(struct page *page, const struct drawing *drawing, size_t column)
{
	const struct page_columns *columns = drawing->columns;
	double place = LEFT + drawing->slot * (double)column + (drawing->slot - drawing->width) / 2;
	uint64_t value = column_sum(columns, column);
	char number[PAGE_NUMBER_SIZE];
	double y = TOP + PLOT_HEIGHT;
	size_t i;

	for (i = 0; i < columns->series_count; i++)
		y = draw_part(page, drawing, column, i, place, y);
	if (value > 0 && drawing->has_numbers)
		page_markup(page,
		    "<text class=\"value\" x=\"%.1f\" y=\"%.1f\" "
		    "text-anchor=\"middle\">%s</text>\n",
		    place + drawing->width / 2, y - 4, page_number(value, number));
}

static void
name_columns(struct page *page, const struct drawing *drawing)
{
	const struct page_columns *columns = drawing->columns;
	size_t each = NAME_WIDTH * columns->count / PLOT_WIDTH + 1;
	size_t i;

	for (i = 0; i < columns->count; i++) {
		if ((columns->count - 1 - i) % each != 0)
			continue; /* the last one is always named */
		page_markup(page, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">",
		    LEFT + drawing->slot * ((double)i + 0.5), HEIGHT - 8);
		page_text(page, columns->labels[i]);
		page_markup(page, "</text>\n");
	}
}

static void
draw_all(struct page *page, const struct page_columns *columns, uint64_t most)
{
	char number[PAGE_NUMBER_SIZE];
	struct drawing drawing = {.columns = columns, .step = step_for(most)};
	size_t i;

	drawing.lines = most / drawing.step + (most % drawing.step != 0);
	drawing.top = (double)drawing.lines * (double)drawing.step;
	drawing.slot = (double)PLOT_WIDTH / (double)columns->count;
	drawing.width = drawing.slot > 60 ? 44 : drawing.slot * 0.74;
	drawing.has_numbers =
	    (double)(strlen(page_number(most, number)) * DIGIT_WIDTH) <= drawing.slot;
	draw_scale(page, &drawing);
	for (i = 0; i < columns->count; i++)
		draw_column(page, &drawing, i);
	name_columns(page, &drawing);
}

static void
write_legend(struct page *page, const struct page_columns *columns)
{
	size_t i;

	page_markup(page, "<ul class=\"legend\">\n");
	for (i = 0; i < columns->series_count; i++) {
		page_markup(page, "<li class=\"%s\"><i aria-hidden=\"true\"></i>",
		    page_tone_class(columns->series[i].tone));
		page_text_apart(page, columns->series[i].name);
		page_markup(page, "</li>\n");
	}
	page_markup(page, "</ul>\n");
}

/* The same in numbers, for those who don't see the drawing. */
static void
write_numbers(struct page *page, const struct page_columns *columns)
{
	char number[PAGE_NUMBER_SIZE];
	size_t i;
	size_t s;

	page_markup(page, "<details><summary>In numbers</summary><div class=\"scroll\"><table>"
			  "<thead><tr><th></th>");
	for (s = 0; s < columns->series_count; s++) {
		page_markup(page, "<th class=\"number\" scope=\"col\">");
		page_text_apart(page, columns->series[s].name);
		page_markup(page, "</th>");
	}
	page_markup(page, "</tr></thead><tbody>\n");
	for (i = 0; i < columns->count; i++) {
		page_markup(page, "<tr><th scope=\"row\">");
		page_text_apart(page, columns->labels[i]);
		page_markup(page, "</th>");
		for (s = 0; s < columns->series_count; s++)
			page_markup(page, "<td class=\"number\">%s</td>",
			    page_number(columns->values[i * columns->series_count + s], number));
		page_markup(page, "</tr>\n");
	}
	page_markup(page, "</tbody></table></div></details>\n");
}

void
page_columns(struct page *page, const struct page_columns *columns)
{
	uint64_t most = 0;
	size_t i;

	page_markup(page, "<figure class=\"drawn\">\n<figcaption>");
	page_text_apart(page, columns->caption);
	page_markup(page, "</figcaption>\n");
	for (i = 0; i < columns->count; i++)
		most = column_sum(columns, i) > most ? column_sum(columns, i) : most;
	if (most == 0) {
		page_markup(page, "<p class=\"note\">None.</p>\n</figure>\n");
		return;
	}
	page_markup(page,
	    "<div class=\"scroll\"><svg viewBox=\"0 0 %d %d\" "
	    "style=\"min-width:34rem\" role=\"img\"><title>",
	    WIDTH, HEIGHT);
	page_text(page, columns->caption);
	page_markup(page, "</title>\n");
	draw_all(page, columns, most);
	page_markup(page, "</svg></div>\n");
	if (columns->series_count > 1)
		write_legend(page, columns);
	write_numbers(page, columns);
	page_markup(page, "</figure>\n");
}
