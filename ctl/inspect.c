/* smimectl inspect: what S/MIME is in a file. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "inspect_show.h"

/* Read at once; what a file is must show in the first of these. */
#define PIECE ((size_t)64 << 10)

static const char pem_begin[] = "-----BEGIN ";
static const char pem_end[] = "-----END ";

/* What is being read, and in which of its lines we are. */
struct reader {
	struct inspect *inspect;
	bool pem;
	bool in_armour; /* between the lines that begin and end it */
	bool over;
	char line[128]; /* PEM's have 64 letters (RFC 7468 section 2) */
	size_t line_size;
};

static struct inspect *
begin_cms(enum entity_encoding encoding, struct error *err)
{
	struct entity_type type = {.claim = ENTITY_SMIME, .encoding = encoding};

	return inspect_new(&type, err);
}

/* A message is text; DER and BER begin with a SEQUENCE. */
static int
begin(struct reader *reader, const char *bytes, size_t size, struct error *err)
{
	reader->pem =
	    size >= sizeof(pem_begin) - 1 && memcmp(bytes, pem_begin, sizeof(pem_begin) - 1) == 0;
	if (reader->pem)
		reader->inspect = begin_cms(ENTITY_BASE64, err);
	else if (size >= 2 && bytes[0] == '\x30' && bytes[1] != ':' && bytes[1] != '\n')
		reader->inspect = begin_cms(ENTITY_IDENTITY, err);
	else
		reader->inspect = inspect_new_message(err);
	return reader->inspect != NULL ? 0 : -1;
}

static int
take_pem_line(struct reader *reader, struct error *err)
{
	bool begins = strncmp(reader->line, pem_begin, sizeof(pem_begin) - 1) == 0;
	bool ends = strncmp(reader->line, pem_end, sizeof(pem_end) - 1) == 0;

	if (reader->in_armour && !ends && !reader->over)
		return inspect_write(reader->inspect, reader->line, reader->line_size, err);
	reader->over = reader->over || ends;
	reader->in_armour = begins;
	return 0;
}

static int
write_pem(struct reader *reader, const char *bytes, size_t size, struct error *err)
{
	size_t i;

	for (i = 0; i < size; i++) {
		reader->line[reader->line_size++] = bytes[i];
		reader->line[reader->line_size] = '\0';
		if (bytes[i] != '\n' && reader->line_size < sizeof(reader->line) - 1)
			continue;
		if (take_pem_line(reader, err) == -1)
			return -1;
		reader->line_size = 0;
	}
	return 0;
}

static int
read_stream(struct reader *reader, FILE *in, struct error *err)
{
	char piece[PIECE];
	size_t size;
	int result = 0;

	while (result == 0 && (size = fread(piece, 1, sizeof(piece), in)) > 0) {
		if (reader->inspect == NULL && begin(reader, piece, size, err) == -1)
			return -1;
		result = reader->pem ? write_pem(reader, piece, size, err)
				     : inspect_write(reader->inspect, piece, size, err);
	}
	if (ferror(in))
		return error_errno(err, errno, "reading");
	if (result == 0 && reader->inspect == NULL)
		return begin(reader, "", 0, err);
	return result;
}

static int
read_file(struct reader *reader, const char *path, struct error *err)
{
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	int result;

	if (in == NULL) {
		error_errno(err, errno, "%s", path);
		err->code = ERROR_INPUT;
		return -1;
	}
	result = read_stream(reader, in, err);
	if (in != stdin)
		fclose(in);
	return result == 0 ? 0 : error_prefix(err, "%s: ", path);
}

static enum ctl_status
show(const struct ctl_options *options, const char *path, struct inspect *inspect)
{
	const struct inspection *inspection;
	struct error err = ERROR_INIT;

	if (inspect_finish(inspect, &inspection, &err) == -1)
		return ctl_fail(&err);
	if (options->json)
		ctl_print_json(inspect_json(path, inspection));
	else
		inspect_show_tree(path, inspection);
	return inspection->malformed || inspection->limited || inspection->layer_count == 0
		   ? CTL_FINDING
		   : CTL_OK;
}

static enum ctl_status
run(const struct ctl_options *options, int count, char **arguments)
{
	static const struct option long_options[] = {CTL_LONG_OPTIONS, {NULL, 0, NULL, 0}};
	struct ctl_options chosen = *options;
	struct reader reader = {.inspect = NULL};
	struct error err = ERROR_INIT;
	enum ctl_status status;
	int option;

	while (
	    (option = getopt_long(count, arguments, CTL_SHORT_OPTIONS, long_options, NULL)) != -1) {
		if (ctl_common_option(&ctl_inspect, option, optarg, &chosen) != 1)
			return CTL_USAGE;
	}
	if (count - optind != 1)
		return ctl_usage(&ctl_inspect, "name one file, or - for standard input");
	if (read_file(&reader, arguments[optind], &err) == 0)
		status = show(&chosen, arguments[optind], reader.inspect);
	else
		status = ctl_fail(&err);
	inspect_free(reader.inspect);
	return status;
}

const struct ctl_command ctl_inspect = {
    "inspect",
    "[--json] FILE | -",
    "Shows what S/MIME is in a message, or in a bare CMS file, without any key",
    "FILE is a message, or a CMS object in DER, BER or PEM. Shown are its layers: ciphers,\n"
    "recipients, signers, capabilities. Signatures are verified by the certificates that\n"
    "come with them; whether these are trusted is not looked at.\n"
    "Exit status 1 if something is malformed or nothing S/MIME is in it.\n"
    "\n"
    "Examples:\n"
    "  smimectl inspect message.eml\n"
    "  smimectl inspect --json - <smime.p7m | jq '.layers[].type'\n",
    run,
};
