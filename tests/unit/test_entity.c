/* What a header says its body is; transfer encodings and line ends, however they are cut. */
#define _XOPEN_SOURCE 700 /* nftw() */
#include <ftw.h>
#include <stdio.h>
#include <string.h>

#include "mail/entity.h"
#include "mail/startup.h"
#include "unit.h"

static bool no_memory;

static void
add(struct header *header, const char *name, const char *value)
{
	struct error err = ERROR_INIT;

	ck_assert_msg(header_append(header, name, value, &err) == 0, "%s", err.text);
}

#define PGP "multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b"

static const struct {
	const char *type; /* Content-Type, NULL: none */
	const char *disposition;
	enum entity_claim claim;
	const char *media_type;
	const char *smime_type;
	const char *boundary;
} claims[] = {
    {NULL, NULL, ENTITY_PLAIN, "text/plain", NULL, NULL},
    {NULL, " attachment; filename=smime.p7m", ENTITY_SMIME, "text/plain", NULL, NULL},
    {" text/plain; charset=utf-8", NULL, ENTITY_PLAIN, "text/plain", NULL, NULL},
    {" Application/PKCS7-MIME; smime-type=Enveloped-Data; name=smime.p7m", NULL, ENTITY_SMIME,
	"application/pkcs7-mime", "enveloped-data", NULL},
    {" application/x-pkcs7-mime", NULL, ENTITY_SMIME, "application/x-pkcs7-mime", NULL, NULL},
    {" application/pkcs7-mime; smime-type=signed-data", NULL, ENTITY_SMIME,
	"application/pkcs7-mime", "signed-data", NULL},
    {" application/pkcs7-mime (comment);\r\n\tsmime-type=\"enveloped-data\"", NULL, ENTITY_SMIME,
	"application/pkcs7-mime", "enveloped-data", NULL},
    {" (a (nested) comment) application/pkcs7-mime", NULL, ENTITY_SMIME, "application/pkcs7-mime",
	NULL, NULL},
    {" application/octet-stream; name=smime.p7m", NULL, ENTITY_SMIME, "application/octet-stream",
	NULL, NULL},
    {" application/octet-stream; name=\"SMIME.P7M\"", NULL, ENTITY_SMIME,
	"application/octet-stream", NULL, NULL},
    {" application/octet-stream", " attachment; filename=smime.p7z", ENTITY_SMIME,
	"application/octet-stream", NULL, NULL},
    {" application/octet-stream", " attachment; filename*=utf-8''smime%2Ep7m", ENTITY_SMIME,
	"application/octet-stream", NULL, NULL},
    {" application/octet-stream", " attachment; filename*=x-none'en'it's.p7m", ENTITY_SMIME,
	"application/octet-stream", NULL, NULL},
    {" application/octet-stream",
	" attachment; filename*0*=utf-8''smi; filename*1=me; filename*2*=%2Ep7m", ENTITY_SMIME,
	"application/octet-stream", NULL, NULL},
    {" application/octet-stream; name=\"=?utf-8?b?c21pbWUucDdt?=\"", NULL, ENTITY_SMIME,
	"application/octet-stream", NULL, NULL},
    {" application/octet-stream; name=\"smime.p7m. \"", NULL, ENTITY_SMIME,
	"application/octet-stream", NULL, NULL},
    {" application/unheard-of; name=x.p7c", NULL, ENTITY_SMIME, "application/unheard-of", NULL,
	NULL},
    {" application/octet-stream; name=x.p7m.txt", " attachment; filename=p7m", ENTITY_PLAIN,
	"application/octet-stream", NULL, NULL},
    {" text/plain; name=smime.p7m", " attachment; filename=smime.p7m", ENTITY_PLAIN, "text/plain",
	NULL, NULL},
    {" multipart/mixed; boundary=\"a'b?=?\"; name=x.p7m", NULL, ENTITY_PLAIN, "multipart/mixed",
	NULL, "a'b?=?"},
    {" multipart/mixed; boundary*=us-ascii'en'a%20b", NULL, ENTITY_PLAIN, "multipart/mixed", NULL,
	"a b"},
    {" multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b", NULL, ENTITY_SIGNED,
	"multipart/signed", NULL, "b"},
    {" " PGP, NULL, ENTITY_PGP_MIME, "multipart/encrypted", NULL, "b"},
    {" multipart/encrypted; protocol=\"Application/PGP-Encrypted\"; boundary=\"b c\"", NULL,
	ENTITY_PGP_MIME, "multipart/encrypted", NULL, "b c"},
    {" multipart/encrypted; protocol=\"application/pgp-encrypted\"", NULL, ENTITY_PLAIN,
	"multipart/encrypted", NULL, NULL},
    {" multipart/encrypted; protocol=\"application/other\"; boundary=b", NULL, ENTITY_PLAIN,
	"multipart/encrypted", NULL, "b"},
    {" application pkcs7-mime; name=smime.p7m", NULL, ENTITY_SMIME, "application/octet-stream",
	NULL, NULL},
    {" ((((", NULL, ENTITY_PLAIN, "application/octet-stream", NULL, NULL},
    {"", NULL, ENTITY_PLAIN, "application/octet-stream", NULL, NULL},
};

static void
assert_text(const char *text, const char *expected)
{
	if (expected == NULL)
		ck_assert_ptr_null(text);
	else
		ck_assert_str_eq(text, expected);
}

START_TEST(claim_is_read_from_the_fields)
{
	struct header header = HEADER_INIT;
	struct entity_type type;
	struct error err = ERROR_INIT;

	if (claims[_i].type != NULL)
		add(&header, "Content-Type", claims[_i].type);
	if (claims[_i].disposition != NULL)
		add(&header, "content-disposition", claims[_i].disposition);
	ck_assert_int_eq(entity_type_read(&header, &type, &err), 0);
	ck_assert_int_eq(type.claim, claims[_i].claim);
	ck_assert_int_eq(type.encoding, ENTITY_IDENTITY);
	assert_text(type.media_type, claims[_i].media_type);
	assert_text(type.smime_type, claims[_i].smime_type);
	assert_text(type.boundary, claims[_i].boundary);
	entity_type_free(&type);
	entity_type_free(&type);
	header_free(&header);
}
END_TEST

static const struct {
	const char *first;
	const char *second;
	enum entity_claim claim;
} pairs[] = {
    {" text/plain", " application/pkcs7-mime", ENTITY_SMIME},
    {" application/pkcs7-mime", " text/plain", ENTITY_SMIME},
    {" text/plain", " " PGP, ENTITY_PGP_MIME},
    {" multipart/signed; boundary=x", " " PGP, ENTITY_PGP_MIME},
    {" " PGP, " application/pkcs7-mime", ENTITY_SMIME},
    {" text/plain", " multipart/signed; boundary=b", ENTITY_SIGNED},
    {" text/plain", " text/html", ENTITY_PLAIN},
};

START_TEST(of_two_content_types_the_one_that_claims_most_counts)
{
	struct header header = HEADER_INIT;
	struct entity_type type;
	struct error err = ERROR_INIT;

	add(&header, "Content-Type", pairs[_i].first);
	add(&header, "Content-Type", pairs[_i].second);
	ck_assert_int_eq(entity_type_read(&header, &type, &err), 0);
	ck_assert_int_eq(type.claim, pairs[_i].claim);
	if (type.claim == ENTITY_PGP_MIME)
		ck_assert_str_eq(type.boundary, "b");
	entity_type_free(&type);
	header_free(&header);
}
END_TEST

static const struct {
	const char *value;
	enum entity_encoding encoding;
} encodings[] = {
    {" base64", ENTITY_BASE64},
    {"BASE64", ENTITY_BASE64},
    {" base64 (comment)", ENTITY_BASE64},
    {" (a (nested) comment)\r\n base64", ENTITY_BASE64},
    {" base64;", ENTITY_BASE64},
    {" \"base64\"", ENTITY_BASE64},
    {" Quoted-Printable\r\n", ENTITY_QUOTED_PRINTABLE},
    {" 7bit", ENTITY_IDENTITY},
    {" 8bit", ENTITY_IDENTITY},
    {" binary", ENTITY_IDENTITY},
    {" x-uuencode", ENTITY_IDENTITY},
    {" base64x", ENTITY_IDENTITY},
    {" base6", ENTITY_IDENTITY},
    {" (base64", ENTITY_IDENTITY},
    {"", ENTITY_IDENTITY},
};

START_TEST(transfer_encoding_is_known_beside_comments)
{
	struct header header = HEADER_INIT;
	struct entity_type type;
	struct error err = ERROR_INIT;

	add(&header, "Content-Transfer-Encoding", " 7bit");
	add(&header, "Content-Transfer-Encoding", encodings[_i].value);
	ck_assert_int_eq(entity_type_read(&header, &type, &err), 0);
	ck_assert_int_eq(type.encoding, encodings[_i].encoding);
	entity_type_free(&type);
	header_free(&header);
}
END_TEST

static const char *const hostile[] = {"(", "\"", ";", "a=b;", "a*=", "a*0*=x''y;", "'", "=?",
    "=?x?q?y?=", "%", "*", "a*99999999999=b;", "name=\"", "\\", "\xff", "=", "/", "a/b;a*=x'"};

START_TEST(megabyte_of_anything_is_read_in_no_time)
{
	struct header header = HEADER_INIT;
	struct entity_type type;
	struct error err = ERROR_INIT;
	size_t size = HEADER_BYTES_MAX / 3 - 100;
	char *value = malloc(size + 1);

	for (size_t i = 0; i < size; i++)
		value[i] = hostile[_i][i % strlen(hostile[_i])];
	value[size] = '\0';
	add(&header, "Content-Type", value);
	add(&header, "Content-Transfer-Encoding", value);
	add(&header, "Content-Disposition", value);
	ck_assert_int_eq(entity_type_read(&header, &type, &err), 0);
	ck_assert_int_eq(type.claim, ENTITY_PLAIN);
	entity_type_free(&type);
	header_free(&header);
	memcpy(value, "application/pkcs7-mime; ", 24);
	add(&header, "Content-Type", value);
	ck_assert_int_eq(entity_type_read(&header, &type, &err), 0);
	ck_assert_int_eq(type.claim, ENTITY_SMIME);
	entity_type_free(&type);
	header_free(&header);
	free(value);
}
END_TEST

static const struct {
	enum entity_encoding encoding;
	const char *in;
	const char *out;
	size_t alien;
	bool ended;
} decodings[] = {
    {ENTITY_BASE64, "SGVsbG8gd29ybGQ=", "Hello world", 0, true},
    {ENTITY_BASE64, "SGVs\r\nbG8g\r\n d29y\tbGQ=\n\n", "Hello world", 0, true},
    {ENTITY_BASE64, "SGVsbG8h", "Hello!", 0, false},
    {ENTITY_BASE64, "QQ==", "A", 0, true},
    {ENTITY_BASE64, "QQ=\r\n=\r\n", "A", 0, true},
    {ENTITY_BASE64, "QQ==QQ==", "A", 4, true},
    {ENTITY_BASE64, "SGVsbG8=\r\nfooter", "Hello", 6, true},
    {ENTITY_BASE64, "QQ=A=", "A", 1, true},
    {ENTITY_BASE64, "=QQ==", "A", 1, true},
    {ENTITY_BASE64, "Q=Q==", "A", 1, true},
    {ENTITY_BASE64, "QQ===", "A", 1, true},
    {ENTITY_BASE64, "S-G_V.s\xff!", "Hel", 5, false},
    {ENTITY_BASE64, "-----BEGIN PKCS7-----\nSGVs", NULL, 10, false},
    {ENTITY_BASE64, "", "", 0, false},
    {ENTITY_QUOTED_PRINTABLE, "a=3Db=0D=0a", "a=b\r\n", 0, false},
    {ENTITY_QUOTED_PRINTABLE, "soft=\r\nbreak=\nunix\r\n", "softbreakunix\r\n", 0, false},
    {ENTITY_QUOTED_PRINTABLE, "a\tb c=20\r\n", "a\tb c \r\n", 0, false},
    {ENTITY_QUOTED_PRINTABLE, "a=xyb", "a=xyb", 1, false},
    {ENTITY_QUOTED_PRINTABLE, "\xfc\x01\x7f", "\xfc\x01\x7f", 3, false},
    {ENTITY_QUOTED_PRINTABLE, "", "", 0, false},
    {ENTITY_IDENTITY, "a=3D\xff", "a=3D\xff", 0, false},
};

static const size_t steps[] = {1, 2, 3, 7, 4096, 100000};

/* Decodes in steps of a size, each copied to memory of its own, so that sanitizers see overruns. */
static void
decode_in_steps(
    struct entity_decoder *decoder, const char *in, size_t size, size_t step, struct buffer *out)
{
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < size; i += step) {
		size_t piece = size - i < step ? size - i : step;
		char *copy = malloc(piece);

		memcpy(copy, in + i, piece);
		ck_assert_int_eq(entity_decode(decoder, copy, piece, out, &err), 0);
		free(copy);
	}
}

START_TEST(decoding_does_not_depend_on_the_cuts)
{
	for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
		struct entity_decoder decoder;
		struct buffer out = BUFFER_INIT;

		ck_assert_int_eq(buffer_append_text(&out, "", NULL), 0);
		entity_decoder_init(&decoder, decodings[_i].encoding);
		decode_in_steps(
		    &decoder, decodings[_i].in, strlen(decodings[_i].in), steps[i], &out);
		if (decodings[_i].out != NULL)
			ck_assert_str_eq(out.data, decodings[_i].out);
		ck_assert_uint_eq(decoder.alien, decodings[_i].alien);
		ck_assert_int_eq(decoder.ended, decodings[_i].ended);
		buffer_free(&out);
	}
}
END_TEST

/* Pseudo-random bytes, the same each time; half of them from a small alphabet. */
static void
fill_noise(char *bytes, size_t size, const char *alphabet, size_t alphabet_size)
{
	unsigned int seed = 12345;

	for (size_t i = 0; i < size; i++) {
		seed = seed * 1103515245u + 12345u;
		bytes[i] =
		    (seed >> 30) != 0 ? alphabet[(seed >> 16) % alphabet_size] : (char)(seed >> 16);
	}
}

START_TEST(decoding_of_noise_does_not_depend_on_the_cuts)
{
	static const char alphabet[] = "=AB3Dd+/ \r\n";
	char noise[20000];
	enum entity_encoding encoding = _i == 0 ? ENTITY_BASE64 : ENTITY_QUOTED_PRINTABLE;
	struct entity_decoder whole;
	struct buffer expected = BUFFER_INIT;

	fill_noise(noise, sizeof(noise), alphabet + (_i == 0), sizeof(alphabet) - 1 - (_i == 0));
	entity_decoder_init(&whole, encoding);
	decode_in_steps(&whole, noise, sizeof(noise), sizeof(noise), &expected);
	ck_assert_uint_gt(expected.size, 0);
	for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
		struct entity_decoder decoder;
		struct buffer out = BUFFER_INIT;

		entity_decoder_init(&decoder, encoding);
		decode_in_steps(&decoder, noise, sizeof(noise), steps[i], &out);
		ck_assert_uint_eq(out.size, expected.size);
		ck_assert_int_eq(memcmp(out.data, expected.data, out.size), 0);
		ck_assert_uint_eq(decoder.alien, whole.alien);
		ck_assert_int_eq(decoder.ended, whole.ended);
		buffer_free(&out);
	}
	buffer_free(&expected);
}
END_TEST

START_TEST(decoding_stops_at_the_limit_of_the_output)
{
	struct entity_decoder decoder;
	struct buffer out = {NULL, 0, 0, 10};
	struct error err = ERROR_INIT;

	entity_decoder_init(&decoder, ENTITY_BASE64);
	ck_assert_int_eq(entity_decode(&decoder, "QUJDREVGR0hJSktM", 16, &out, &err), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	buffer_free(&out);
}
END_TEST

static const struct {
	const char *in;
	size_t in_size;
	const char *out;
	size_t out_size;
} line_ends[] = {
    {"", 0, "", 0},
    {"\n", 1, "\r\n", 2},
    {"\r\n", 2, "\r\n", 2},
    {"a\nb\r\nc", 6, "a\r\nb\r\nc", 7},
    {"\n\n", 2, "\r\n\r\n", 4},
    {"\r\r\n\n\r", 5, "\r\r\n\r\n\r", 6},
    {"a\rb\r", 4, "a\rb\r", 4},
    {"a\0\n\0", 4, "a\0\r\n\0", 5},
};

START_TEST(line_ends_become_crlf_however_they_are_cut)
{
	for (size_t step = 1; step < 8; step++) {
		struct entity_crlf state = ENTITY_CRLF_INIT;
		struct buffer out = BUFFER_INIT;
		struct error err = ERROR_INIT;

		ck_assert_int_eq(buffer_append(&out, "", 0, &err), 0);
		for (size_t i = 0; i < line_ends[_i].in_size; i += step) {
			size_t left = line_ends[_i].in_size - i;

			ck_assert_int_eq(entity_to_crlf(&state, line_ends[_i].in + i,
					     left < step ? left : step, &out, &err),
			    0);
		}
		ck_assert_uint_eq(out.size, line_ends[_i].out_size);
		ck_assert_int_eq(memcmp(out.data, line_ends[_i].out, out.size), 0);
		buffer_free(&out);
	}
}
END_TEST

START_TEST(content_fields_move_inside_in_order_and_as_they_came)
{
	struct header header = HEADER_INIT;
	struct buffer out = BUFFER_INIT;
	struct error err = ERROR_INIT;

	add(&header, "Subject", " x");
	add(&header, "content-type", " multipart/mixed;\n\tboundary=\"b\"");
	add(&header, "MIME-Version", " 1.0");
	add(&header, "Content-Transfer-Encoding", "8bit");
	add(&header, "Content-X", "  two  blanks\r\n and a fold ");
	ck_assert_int_eq(entity_inner_header(&header, &out, &err), 0);
	ck_assert_str_eq(out.data, "content-type: multipart/mixed;\r\n\tboundary=\"b\"\r\n"
				   "Content-Transfer-Encoding:8bit\r\n"
				   "Content-X:  two  blanks\r\n and a fold \r\n\r\n");
	buffer_free(&out);
	header_free(&header);
}
END_TEST

START_TEST(without_content_fields_only_the_empty_line_is_inside)
{
	struct header header = HEADER_INIT;
	struct buffer out = BUFFER_INIT;
	struct error err = ERROR_INIT;

	add(&header, "Subject", " x");
	ck_assert_int_eq(entity_inner_header(&header, &out, &err), 0);
	ck_assert_str_eq(out.data, "\r\n");
	buffer_free(&out);
	header_free(&header);
}
END_TEST

/* Splits a message's header as an MTA would; what is no field ends it. */
static void
split(char *message, struct header *header)
{
	struct error err = ERROR_INIT;
	char *line = message;

	while (*line != '\0' && *line != '\n' && *line != '\r') {
		char *end = line + strcspn(line, "\n");
		char *colon = line + strcspn(line, ":\n");

		while (end[0] == '\n' && (end[1] == ' ' || end[1] == '\t'))
			end += 1 + strcspn(end + 1, "\n");
		if (*colon != ':')
			return;
		line = *end != '\0' ? end + 1 : end;
		*end = '\0';
		if (end > colon + 1 && end[-1] == '\r')
			end[-1] = '\0';
		*colon = '\0';
		if (header_append(header, message, colon + 1, &err) != 0)
			return;
		message = line;
	}
}

static int messages_read; /* nftw() takes no context */

static int
read_message(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	struct header header = HEADER_INIT;
	struct entity_type type;
	struct buffer out = BUFFER_INIT;
	struct error err = ERROR_INIT;
	char **texts;
	size_t count;
	char *message;
	FILE *file;

	(void)walk;
	if (kind != FTW_F)
		return 0;
	message = calloc(1, (size_t)status->st_size + 1);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(
	    fread(message, 1, (size_t)status->st_size, file), (size_t)status->st_size);
	fclose(file);
	split(message, &header);
	ck_assert_msg(entity_type_read(&header, &type, &err) == 0, "%s: %s", path, err.text);
	ck_assert_ptr_nonnull(type.media_type);
	entity_type_free(&type);
	ck_assert_int_eq(header_visible_recipients(&header, &texts, &count, &err), 0);
	header_addresses_free(texts, count);
	(void)header_subject_has(&header, "[secure]", &no_memory);
	ck_assert_int_eq(entity_inner_header(&header, &out, &err), 0);
	buffer_free(&out);
	header_free(&header);
	free(message);
	messages_read++;
	return 0;
}

START_TEST(real_messages_are_read)
{
	ck_assert_int_eq(nftw(getenv("SMIME_CORPORA"), read_message, 16, FTW_PHYS), 0);
	ck_assert_int_gt(messages_read, 0);
}
END_TEST

#define LOOP(tcase, test, table) tcase_add_loop_test(tcase, test, 0, (int)ARRAY_LENGTH(table))

int
main(void)
{
	Suite *suite = suite_create("entity");
	TCase *tcase = unit_case(suite, "entity");
	int result;

	/* For sanitizers on a busy machine; what is quadratic takes minutes. */
	LOOP(tcase, claim_is_read_from_the_fields, claims);
	LOOP(tcase, of_two_content_types_the_one_that_claims_most_counts, pairs);
	LOOP(tcase, transfer_encoding_is_known_beside_comments, encodings);
	LOOP(tcase, megabyte_of_anything_is_read_in_no_time, hostile);
	LOOP(tcase, decoding_does_not_depend_on_the_cuts, decodings);
	tcase_add_loop_test(tcase, decoding_of_noise_does_not_depend_on_the_cuts, 0, 2);
	tcase_add_test(tcase, decoding_stops_at_the_limit_of_the_output);
	LOOP(tcase, line_ends_become_crlf_however_they_are_cut, line_ends);
	tcase_add_test(tcase, content_fields_move_inside_in_order_and_as_they_came);
	tcase_add_test(tcase, without_content_fields_only_the_empty_line_is_inside);
	/* Messages of others that are not part of this project: a folder of them, where there is
	 * one. */
	if (getenv("SMIME_CORPORA") != NULL)
		tcase_add_test(tcase, real_messages_are_read);
	mail_startup();
	result = unit_run(suite);
	mail_shutdown();
	return result;
}
