#include "page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "page_private.h"

/* What others may do with the page: read it, as the umask allows. */
#define PAGE_MODE 0644
/* Names that are tried for it until it is complete. */
#define DRAFTS_MAX 10

enum page_tone
page_tone_of_strength(int bits)
{
	if (bits >= 192)
		return PAGE_GOOD;
	if (bits >= 128)
		return PAGE_FAIR;
	return bits >= 112 ? PAGE_WARNING : PAGE_BAD;
}

const char *
page_tone_class(enum page_tone tone)
{
	static const char *const names[] = {"plain", "good", "fair", "warning", "bad", "muted"};

	return (size_t)tone < ARRAY_LENGTH(names) ? names[tone] : names[0];
}

static void
free_page(struct page *page)
{
	if (page->out != NULL)
		fclose(page->out);
	free(page->path);
	free(page->draft);
	free(page);
}

/* A file beside the one whose place it will take, with the permissions of any new file. */
static FILE *
open_draft(const char *path, char **draft, struct error *err)
{
	size_t size = strlen(path) + 40;
	char *name = malloc(size);
	FILE *out = NULL;
	int fd = -1;
	int i;

	if (name == NULL) {
		error_no_memory(err);
		return NULL;
	}
	for (i = 0; i < DRAFTS_MAX && fd < 0 && (i == 0 || errno == EEXIST); i++) {
		snprintf(name, size, "%s.%ld-%d", path, (long)getpid(), i);
		fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, PAGE_MODE);
	}
	if (fd >= 0)
		out = fdopen(fd, "w");
	if (out != NULL) {
		*draft = name;
		return out;
	}
	error_errno(err, errno, "%s", path);
	if (fd >= 0) {
		close(fd);
		unlink(name);
	}
	free(name);
	return NULL;
}

static int
open_file(struct page *page, struct error *err)
{
	struct stat status;

	if (stat(page->path, &status) != 0 || S_ISREG(status.st_mode)) {
		page->out = open_draft(page->path, &page->draft, err);
		return page->out != NULL ? 0 : -1;
	}
	page->out = fopen(page->path, "we");
	return page->out != NULL ? 0 : error_errno(err, errno, "%s", page->path);
}

static void
write_head(struct page *page, const char *title, const char *subtitle, const char *warning)
{
	/* Should markup ever slip in, it could still load and run nothing. */
	page_markup(page,
	    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" "
	    "content=\"default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
	page_text(page, title);
	page_markup(
	    page, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n<h1>", page_style);
	page_text_apart(page, title);
	page_markup(page, "</h1>\n");
	if (subtitle != NULL) {
		page_markup(page, "<p class=\"subtitle\">");
		page_text_apart(page, subtitle);
		page_markup(page, "</p>\n");
	}
	if (warning != NULL) {
		page_markup(page, "<p class=\"warned\" role=\"note\">");
		page_text_apart(page, warning);
		page_markup(page, "</p>\n");
	}
}

struct page *
page_open(const char *path, const char *title, const char *subtitle, const char *warning,
    struct error *err)
{
	struct page *page = calloc(1, sizeof(*page));

	if (page == NULL) {
		error_no_memory(err);
		return NULL;
	}
	page->path = strdup(path);
	if (page->path == NULL) {
		error_no_memory(err);
		free_page(page);
		return NULL;
	}
	if (open_file(page, err) != 0) {
		free_page(page);
		return NULL;
	}
	write_head(page, title, subtitle, warning);
	return page;
}

int
page_try(const char *path, struct error *err)
{
	struct page *page = page_open(path, "", NULL, NULL, err);

	page_discard(page);
	return page != NULL ? 0 : -1;
}

int
page_close(struct page *page, struct error *err)
{
	char made[CLOCK_TEXT_SIZE];
	int failed;

	page_markup(page,
	    "<footer>Made by smimectl " PACKAGE_VERSION ", %s.</footer>\n</main>\n"
	    "</body>\n</html>\n",
	    clock_format_rfc3339(clock_wall(), made));
	failed = ferror(page->out) != 0;
	if (fclose(page->out) != 0)
		failed = 1;
	page->out = NULL;
	if (!failed && page->draft != NULL && rename(page->draft, page->path) != 0)
		failed = 1;
	if (failed) {
		error_errno(err, errno != 0 ? errno : EIO, "writing %s", page->path);
		page_discard(page);
		return -1;
	}
	free_page(page);
	return 0;
}

void
page_discard(struct page *page)
{
	if (page == NULL)
		return;
	if (page->draft != NULL)
		unlink(page->draft);
	free_page(page);
}

void
page_section(struct page *page, const char *heading, const char *text)
{
	page_markup(page, "<h2>");
	page_text_apart(page, heading);
	page_markup(page, "</h2>\n");
	if (text != NULL) {
		page_markup(page, "<p class=\"text\">");
		page_text_apart(page, text);
		page_markup(page, "</p>\n");
	}
}

void
page_paragraph(struct page *page, const char *text)
{
	page_markup(page, "<p>");
	page_text_apart(page, text);
	page_markup(page, "</p>\n");
}

void
page_tiles(struct page *page, const struct page_tile *tiles, size_t count)
{
	char number[PAGE_NUMBER_SIZE];
	size_t i;

	page_markup(page, "<ul class=\"tiles\">\n");
	for (i = 0; i < count; i++) {
		page_markup(page, "<li class=\"%s\"><b>%s</b><span>",
		    page_tone_class(tiles[i].tone), page_number(tiles[i].value, number));
		page_text_apart(page, tiles[i].label);
		page_markup(page, "</span>");
		if (tiles[i].note != NULL) {
			page_markup(page, "<small>");
			page_text_apart(page, tiles[i].note);
			page_markup(page, "</small>");
		}
		page_markup(page, "</li>\n");
	}
	page_markup(page, "</ul>\n");
}
