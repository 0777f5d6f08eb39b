#include "editing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "directory/dn.h"
#include "directory/filter.h"
#include "interrupt.h"

/* Between two looks at whether the user has had enough, milliseconds. */
#define LOOK_INTERVAL 200
/* DNs named where there are several. */
#define NAMED_MAX 5

bool
editing_option(struct editing *editing, int option, const char *value)
{
	switch (option) {
	case 'd':
		editing->directory = value;
		return true;
	case 'b':
		editing->bind_dn = value;
		return true;
	case 'w':
		editing->bind_password_file = value;
		return true;
	case 'a':
		editing->apply = true;
		return true;
	default:
		return false;
	}
}

bool
editing_is_sound(const struct editing *editing, const struct ctl_command *command)
{
	if ((editing->bind_dn != NULL) == (editing->bind_password_file != NULL))
		return true;
	ctl_usage(command, "--bind-dn and --bind-password-file go together");
	return false;
}

bool
editing_is_asked(const struct editing *editing, const struct config_directory *directory)
{
	return editing->directory == NULL || strcmp(editing->directory, directory->title) == 0;
}

bool
editing_has_directory(const struct editing *editing, const struct config *config)
{
	struct error err = ERROR_INIT;
	size_t i;

	for (i = 0; i < config->directory_count; i++) {
		if (editing_is_asked(editing, &config->directories[i]))
			return true;
	}
	if (editing->directory != NULL)
		error_set(&err, ERROR_INPUT, "%s has no directory \"%.200s\"", config->file,
		    editing->directory);
	else
		error_set(&err, ERROR_INPUT, "%s has no directory", config->file);
	ctl_fail(&err);
	return false;
}

struct config_directory
editing_directory(const struct editing *editing, const struct config_directory *directory)
{
	struct config_directory own = *directory;

	own.server_order =
	    SERVER_ORDER_LISTED; /* what is read is of the server that is written to */
	if (editing->bind_dn != NULL) {
		own.bind_method = BIND_SIMPLE;
		own.bind_dn = (char *)editing->bind_dn;
		own.bind_password_file = (char *)editing->bind_password_file;
	}
	return own;
}

bool
editing_is_file(const struct config_directory *directory)
{
	return directory->ldif != NULL && directory->ldif[0] != '\0';
}

/* A search for entries: what was found so far. */
struct hunt {
	const struct config_directory *directory;
	const struct address *address;
	bool exact_local;
	const char *dn; /* made comparable; NULL: not given */
	struct census_options options;
	struct census *census;
	bool passed; /* it was on a page that is gone */
	size_t count;
	char names[700]; /* DNs of those found */
};

/* A server was asked by the filter; a file is gone through as a whole. */
static bool
is_wanted(const struct hunt *hunt, const struct census_entry *entry)
{
	size_t i;

	if (!editing_is_file(hunt->directory))
		return true;
	for (i = 0; i < entry->address_count; i++) {
		if (address_equal(&entry->addresses[i], hunt->address, hunt->exact_local))
			return true;
	}
	return false;
}

static bool
has_dn(const struct census_entry *entry, const char *wanted)
{
	char *own = wanted != NULL ? dn_key(entry->dn, NULL) : NULL;
	bool equal = wanted == NULL || (own != NULL && strcmp(own, wanted) == 0);

	free(own);
	return equal;
}

static void
name_entry(struct hunt *hunt, const struct census_entry *entry)
{
	size_t used = strlen(hunt->names);

	if (hunt->count++ < NAMED_MAX)
		snprintf(hunt->names + used, sizeof(hunt->names) - used, "%s\"%.120s\"",
		    used > 0 ? ", " : "", entry->dn);
}

/* The one of a page, if it has it; the others are named. */
static const struct census_entry *
look_through(struct hunt *hunt, const struct census_page *page)
{
	const struct census_entry *found = NULL;
	size_t i;

	for (i = 0; i < page->count; i++) {
		if (!is_wanted(hunt, &page->entries[i]))
			continue;
		name_entry(hunt, &page->entries[i]);
		if (has_dn(&page->entries[i], hunt->dn))
			found = &page->entries[i];
	}
	return found;
}

/* Goes through it. stop: at the first that is wanted. -1 on error. */
static int
go_through(struct hunt *hunt, bool stop, const struct census_entry **entry, struct error *err)
{
	const struct census_page *page;
	enum census_state state;

	*entry = NULL;
	census_free(hunt->census);
	hunt->census = census_new(hunt->directory, &hunt->options, err);
	if (hunt->census == NULL)
		return -1;
	for (;;) {
		if (interrupt_came())
			return error_set(err, ERROR_TEMPORARY, "interrupted");
		state = census_next(hunt->census, clock_monotonic_ms() + LOOK_INTERVAL, &page, err);
		if (state == CENSUS_WAIT)
			continue;
		if (state != CENSUS_PAGE)
			break;
		if (*entry != NULL)
			hunt->passed = true;
		*entry = look_through(hunt, page);
		if (*entry != NULL && stop)
			return 0;
	}
	return state == CENSUS_END ? 0 : -1;
}

static int
hunt_down(struct hunt *hunt, const struct census_entry **entry, struct error *err)
{
	if (go_through(hunt, false, entry, err) != 0)
		return -1;
	if (hunt->count == 0)
		return 0;
	if (hunt->dn == NULL && hunt->count > 1)
		return error_set(err, ERROR_INPUT,
		    "%zu entries of directory \"%s\" are found for %.100s: --dn says which: %s%s",
		    hunt->count, hunt->directory->title, hunt->address->text, hunt->names,
		    hunt->count > NAMED_MAX ? " …" : "");
	/* What an earlier page held is gone: once more, and no further than it. */
	if (*entry == NULL && hunt->passed && go_through(hunt, true, entry, err) != 0)
		return -1;
	if (*entry != NULL)
		return 1;
	return error_set(err, ERROR_INPUT,
	    "what directory \"%s\" finds for %.100s is not the entry named: %s",
	    hunt->directory->title, hunt->address->text, hunt->names);
}

int
editing_find(const struct config_directory *directory, const struct address *address,
    bool exact_local, const char *dn, struct census **census, const struct census_entry **entry,
    struct error *err)
{
	char *filter = filter_build(directory, address, err);
	char *key = dn != NULL ? dn_key(dn, err) : NULL;
	struct hunt hunt = {.directory = directory,
	    .address = address,
	    .exact_local = exact_local,
	    .dn = key,
	    .options = {.csn = true, .all = true, .filter = filter}};
	int result = -1;

	*census = NULL;
	if (filter != NULL && (dn == NULL || key != NULL))
		result = hunt_down(&hunt, entry, err);
	free(key);
	free(filter);
	if (result == 1)
		*census = hunt.census;
	else
		census_free(hunt.census);
	return result;
}

bool
editing_is_confirmed(const char *question)
{
	char answer[16] = "";

	fprintf(stderr, "%s [y/N] ", question);
	fflush(stderr);
	if (fgets(answer, sizeof(answer), stdin) == NULL)
		fputc('\n', stderr);
	if (answer[0] == 'y' || answer[0] == 'Y')
		return true;
	fputs("smimectl: nothing was changed; --yes needs no answer\n", stderr);
	return false;
}

FILE *
editing_create(const char *path)
{
	struct error err = ERROR_INIT;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (file != NULL)
		return file;
	error_errno(&err, errno, "making %s", path);
	if (errno == EEXIST)
		error_set(&err, ERROR_INPUT,
		    "%s is there already, and is not written over: name another file, or take it "
		    "away",
		    path);
	if (fd >= 0)
		close(fd);
	ctl_fail(&err);
	return NULL;
}

int
editing_write(
    FILE *file, const char *path, const struct change *change, bool undo, struct error *err)
{
	struct buffer buffer = BUFFER_INIT;
	int result = change_append_ldif(change, undo, &buffer, err);

	if (result == 0 && (fwrite(buffer.data, 1, buffer.size, file) != buffer.size ||
			       fflush(file) != 0 || fsync(fileno(file)) != 0))
		result = error_errno(err, errno, "writing %s", path);
	buffer_free(&buffer);
	return result;
}

int
editing_take_back(FILE *file, const char *path, off_t from, struct error *err)
{
	if (fflush(file) == 0 && ftruncate(fileno(file), from) == 0 &&
	    fseeko(file, from, SEEK_SET) == 0)
		return 0;
	return error_errno(err, errno, "taking a record back from %s", path);
}
