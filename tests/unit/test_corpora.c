/* Real messages and objects made by others, where SMIME_CORPORA names their folder: what each is,
 * and that nothing among them does harm. */
#define _XOPEN_SOURCE 700 /* nftw() */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "inspect/inspect.h"
#include "mail/startup.h"
#include "unit.h"

/* Beyond this a file is no message of the kind that is looked for. */
#define FILE_READ_MAX ((size_t)4 << 20)

static const struct {
	const char *file;
	const char *layers;
} files[] = {
#include "corpora.inc"
};

static struct buffer
load(const char *path)
{
	struct buffer bytes = BUFFER_INIT;
	char piece[65536];
	FILE *file = fopen(path, "rb");
	size_t size;

	ck_assert_msg(file != NULL, "%s", path);
	while ((size = fread(piece, 1, sizeof(piece), file)) > 0 && bytes.size < FILE_READ_MAX)
		ck_assert_int_eq(buffer_append(&bytes, piece, size, NULL), 0);
	ck_assert_int_eq(buffer_append(&bytes, "", 0, NULL), 0);
	fclose(file);
	return bytes;
}

/* Layers with a blank between them: type, place, path, cipher and transports, or signatures. */
static void
describe(const struct inspection *it, struct buffer *text)
{
	size_t i;
	size_t j;
	int result = 0;

	for (i = 0; i < it->layer_count && result == 0; i++) {
		const struct layer *layer = &it->layers[i];

		result = buffer_append_format(text, NULL, "%s%u:%s:%s", i == 0 ? "" : " ",
		    layer->depth, layer_type_name(layer->type), layer_place_name(layer->place));
		if (result == 0 && layer->path[0] != '\0')
			result = buffer_append_format(text, NULL, ":%s", layer->path);
		if (result == 0 && layer->cipher != NULL)
			result = buffer_append_format(text, NULL, ":%s", layer->cipher->name);
		for (j = 0; j < layer->recipient_count && result == 0; j++)
			result = buffer_append_format(text, NULL, ":%s",
			    layer_transport_name(layer->recipients[j].transport));
		for (j = 0; j < layer->signature_count && result == 0; j++)
			result = buffer_append_format(text, NULL, ":%s",
			    layer_signature_state_name(layer->signatures[j].state));
	}
	ck_assert_int_eq(result, 0);
}

static struct buffer
look(const struct buffer *bytes, bool bare, size_t chunk)
{
	struct entity_type type = {.claim = ENTITY_SMIME};
	struct inspect *inspect = bare ? inspect_new(&type, NULL) : inspect_new_message(NULL);
	struct buffer text = BUFFER_INIT;
	const struct inspection *it;
	size_t taken;
	size_t at;

	ck_assert_ptr_nonnull(inspect);
	for (at = 0; at < bytes->size; at += taken) {
		taken = bytes->size - at < chunk ? bytes->size - at : chunk;
		ck_assert_int_eq(inspect_write(inspect, bytes->data + at, taken, NULL), 0);
	}
	ck_assert_int_eq(inspect_finish(inspect, &it, NULL), 0);
	ck_assert_int_eq(buffer_append(&text, "", 0, NULL), 0);
	describe(it, &text);
	inspect_free(inspect);
	return text;
}

START_TEST(each_is_what_it_is)
{
	char path[4096];
	struct buffer bytes;
	struct buffer seen;

	snprintf(path, sizeof(path), "%s/%s", getenv("SMIME_CORPORA"), files[_i].file);
	bytes = load(path);
	seen = look(&bytes, bytes.data[0] == '\x30', 65536);
	ck_assert_msg(strcmp(seen.data, files[_i].layers) == 0, "%s is %s instead of %s",
	    files[_i].file, seen.data, files[_i].layers);
	buffer_free(&seen);
	buffer_free(&bytes);
}
END_TEST

/* Whatever it is: it is the same in pieces. */
static int
survive(const char *path, const struct stat *status, int kind, struct FTW *ftw)
{
	struct buffer bytes;
	int bare;

	(void)status;
	(void)ftw;
	if (kind != FTW_F)
		return 0;
	bytes = load(path);
	for (bare = 0; bare < 2; bare++) {
		struct buffer whole = look(&bytes, bare != 0, 65536);
		struct buffer pieces = look(&bytes, bare != 0, 7);

		ck_assert_msg(strcmp(whole.data, pieces.data) == 0, "%s", path);
		buffer_free(&whole);
		buffer_free(&pieces);
	}
	buffer_free(&bytes);
	return 0;
}

START_TEST(none_does_harm)
{
	ck_assert_int_eq(nftw(getenv("SMIME_CORPORA"), survive, 16, FTW_PHYS), 0);
}
END_TEST

START_TEST(the_list_names_each_file_once)
{
	size_t i;

	for (i = 1; i < ARRAY_LENGTH(files); i++)
		ck_assert_str_lt(files[i - 1].file, files[i].file);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("corpora");
	TCase *tcase = unit_case(suite, "corpora");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, the_list_names_each_file_once);
	if (getenv("SMIME_CORPORA") != NULL) {
		tcase_add_loop_test(tcase, each_is_what_it_is, 0, (int)ARRAY_LENGTH(files));
		tcase_add_test(tcase, none_does_harm);
	}
	mail_startup();
	return unit_run(suite);
}
