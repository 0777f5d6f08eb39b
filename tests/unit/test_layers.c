/* Inspecting whole messages: which S/MIME objects are seen in them, and how they stand there. */
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "cms_make.h"
#include "base/compiler.h"
#include "inspect/inspect.h"
#include "inspect/layout.h"
#include "mail/startup.h"
#include "pki.h"
#include "short_memory.h"
#include "unit.h"

static EVP_PKEY *key;
static X509 *certificate;

/* What stands for "{name}" in the messages below. */
static struct {
	const char *name;
	struct buffer text;
} pieces[12];
static size_t piece_count;

#define P7M "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n"
#define TEXT "Content-Type: text/plain\r\n\r\nHello"

static void
add_piece(const char *name, struct buffer text)
{
	ck_assert_uint_lt(piece_count, ARRAY_LENGTH(pieces));
	pieces[piece_count].name = name;
	pieces[piece_count++].text = text;
}

static struct buffer
opaque(const void *bytes, size_t size, unsigned int flags)
{
	struct buffer object = cms_make_signed(certificate, key, bytes, size, flags);
	struct buffer entity = cms_make_entity(P7M, &object);

	buffer_free(&object);
	return entity;
}

/* A SignedData that says of its content that it is an EnvelopedData. */
static struct buffer
nested(void)
{
	static const char data[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
	struct buffer object = cms_make_signed(certificate, key, "x", 1, 0);
	struct buffer entity;
	char *type = object.data;

	while (memcmp(type, data, strlen(data)) != 0) {
		type++;
		ck_assert_uint_lt((size_t)(type - object.data) + strlen(data), object.size);
	}
	type[strlen(data) - 1] = 3;
	entity = cms_make_entity(P7M, &object);
	buffer_free(&object);
	return entity;
}

/* What may be a field, but has no colon yet. */
static struct buffer
longest_line(void)
{
	struct buffer line = BUFFER_INIT;
	int i;

	for (i = 0; i < 1000; i++)
		ck_assert_int_eq(buffer_append(&line, "x", 1, NULL), 0);
	return line;
}

static void
make_pieces(void)
{
	struct buffer cms;
	struct buffer env;
	struct buffer clear_env;

	key = pki_key(PKI_P256, 1);
	certificate = cms_make_certificate(key);
	/* Its smime-type is wrong, on purpose. */
	cms = cms_make_streamed(EVP_aes_128_cbc(), certificate);
	env = cms_make_entity(P7M, &cms);
	add_piece("base64", cms_make_base64(cms.data, cms.size));
	buffer_free(&cms);
	clear_env = cms_make_clear_signed(certificate, key, "ce", env.data);
	add_piece("opaque", opaque(TEXT, strlen(TEXT), 0));
	add_piece("streamed", opaque(TEXT, strlen(TEXT), CMS_STREAM));
	add_piece("nested", nested());
	add_piece("bare", opaque("no mail at all", 14, 0));
	add_piece("triple", opaque(clear_env.data, clear_env.size, CMS_STREAM));
	add_piece("clear", cms_make_clear_signed(certificate, key, "c", TEXT));
	cms = cms_make_signed(certificate, key, TEXT, strlen(TEXT), CMS_DETACHED);
	add_piece("p7s", cms_make_base64(cms.data, cms.size));
	add_piece("clear-env", clear_env);
	add_piece("env", env);
	add_piece("long", longest_line());
	buffer_free(&cms);
}

static void
free_pieces(void)
{
	while (piece_count > 0)
		buffer_free(&pieces[--piece_count].text);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static void
append(struct buffer *out, const char *bytes, size_t size, bool crlf)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (bytes[i] == '\r')
			continue;
		if (bytes[i] == '\n' && crlf)
			ck_assert_int_eq(buffer_append(out, "\r", 1, NULL), 0);
		ck_assert_int_eq(buffer_append(out, bytes + i, 1, NULL), 0);
	}
}

/* The message that a template stands for; \001 is a bare CR. */
static struct buffer
expand(const char *template, bool crlf)
{
	struct buffer out = BUFFER_INIT;
	size_t i;

	while (*template != '\0') {
		size_t name = strcspn(template + 1, "}");

		for (i = 0; *template == '{' && i < piece_count; i++) {
			if (strlen(pieces[i].name) == name &&
			    strncmp(pieces[i].name, template + 1, name) == 0)
				break;
		}
		if (*template == '\001') {
			ck_assert_int_eq(buffer_append(&out, "\r", 1, NULL), 0);
			template ++;
			continue;
		}
		if (*template != '{' || i == piece_count) {
			append(&out, template ++, 1, crlf);
			continue;
		}
		append(&out, pieces[i].text.data, pieces[i].text.size, crlf);
		template += name + 2;
	}
	return out;
}

/* A line a layer: depth, type, place, path, whether it covers all, first signature; of a broken one
 * its cipher. */
static void
describe(const struct inspection *it, char *text, size_t size)
{
	size_t used = 0;
	size_t i;

	text[0] = '\0';
	for (i = 0; i < it->layer_count && used < size; i++) {
		const struct layer *layer = &it->layers[i];

		used += (size_t)snprintf(text + used, size - used, "%s%u %s %s%s%s%s%s%s",
		    i == 0 ? "" : "\n", layer->depth, layer_type_name(layer->type),
		    layer_place_name(layer->place), layer->path[0] != '\0' ? " " : "", layer->path,
		    layer->covers_all ? " all" : "", layer->signature_count > 0 ? " " : "",
		    layer->signature_count > 0
			? layer_signature_state_name(layer->signatures[0].state)
			: "");
		if (layer->type == LAYER_MALFORMED && layer->cipher != NULL && used < size)
			used +=
			    (size_t)snprintf(text + used, size - used, " %s", layer->cipher->name);
	}
	if (it->limited && used < size)
		snprintf(text + used, size - used, "%slimited", used == 0 ? "" : "\n");
}

static void
look(const struct buffer *message, size_t chunk, char *text, size_t size)
{
	struct error err = ERROR_INIT;
	struct inspect *inspect = inspect_new_message(&err);
	const struct inspection *it;
	size_t at;
	size_t taken;

	ck_assert_ptr_nonnull(inspect);
	for (at = 0; at < message->size; at += taken) {
		taken = message->size - at < chunk ? message->size - at : chunk;
		ck_assert_int_eq(inspect_write(inspect, message->data + at, taken, &err), 0);
	}
	ck_assert_int_eq(inspect_finish(inspect, &it, &err), 0);
	describe(it, text, size);
	inspect_free(inspect);
}

#define MIXED "Content-Type: multipart/mixed; boundary=m\n\n"
#define FOOTER "\n--m\nContent-Type: text/plain\n\nfooter\n--m--\n"
#define SIGNED(protocol) "Content-Type: multipart/signed; " protocol "boundary=s\n\n"
#define HELLO "--s\n" TEXT "\n"
#define UNKNOWN "Content-Type: application/octet-stream\n"
#define BASE64 "Content-Transfer-Encoding: base64"
#define P7S \
	"--s\nContent-Type: application/x-pkcs7-signature\nContent-Transfer-Encoding: base64\n\n"

static const struct {
	const char *message;
	const char *layers;
} messages[] = {
    /* One object. */
    {"{env}", "0 enveloped whole"},
    {"{opaque}", "0 signed whole all good"},
    {"{streamed}", "0 signed whole all good"},
    {"{bare}", "0 signed whole all good"},
    {"{nested}", "0 malformed whole"},
    {"{clear}", "0 clear-signed whole all good"},
    {"Subject: x\nMIME-Version: 1.0\n{clear}", "0 clear-signed whole all good"},
    {"Content-Type: application/x-pkcs7-mime\nContent-Transfer-Encoding: base64\n\n{base64}",
	"0 enveloped whole"},
    {"Content-Type: application/octet-stream; name=X.P7M\nContent-Transfer-Encoding: "
     "base64\n\n{base64}",
	"0 enveloped whole"},
    {"Content-Disposition: attachment; filename=a.p7z\nContent-Type: application/foo\n"
     "Content-Transfer-Encoding: base64\n\n{base64}",
	"0 enveloped whole"},
    {"Content-Type: application/pkcs7-mime\nContent-Transfer-Encoding: base64\n\n{p7s}",
	"0 detached-signature whole unverifiable"},
    {"Content-Type: text/plain\nContent-Type: application/pkcs7-mime\nContent-Transfer-Encoding: "
     "base64\n\n{base64}",
	"0 enveloped whole"},
    {"Content-Type: application/pkcs7-mime\n\nhello\n", "0 malformed whole"},
    {"Content-Type: application/pkcs7-mime\n", "0 malformed whole"},
    {"{env}\n!\n", "0 malformed whole aes128-cbc"},
    {"{env}\nAAAA\n", "0 malformed whole aes128-cbc"},
    {SIGNED("") HELLO "--s\n{env}\n!\n--s--\n", "0 malformed among-text 2 aes128-cbc"},
    {"Content-Type: application/ms-tnef\n\nxx", "0 tnef whole"},
    {"Content-Type: application/octet-stream; name=winmail.dat\n\nxx", "0 tnef whole"},
    {"Content-Type: text/plain\n\n{env}", ""},
    {"Content-Type: application/pdf\n\n{env}", ""},
    {"", ""},
    {"\n", ""},

    /* Within each other. */
    {"{clear-env}", "0 clear-signed whole all good\n1 enveloped whole"},
    {"{triple}", "0 signed whole all good\n1 clear-signed whole all good\n2 enveloped whole"},
    {"Content-Type: message/rfc822\n\nSubject: x\n{triple}",
	"0 signed whole all good\n1 clear-signed whole all good\n2 enveloped whole"},

    /* Beside others. */
    {MIXED "--m\n{env}" FOOTER, "0 enveloped among-text 1"},
    {MIXED "--m\n{clear}" FOOTER, "0 clear-signed among-text 1 good"},
    {MIXED "--m\n{opaque}" FOOTER, "0 signed among-text 1 good"},
    {MIXED "--m\n{clear-env}" FOOTER, "0 clear-signed among-text 1 good\n1 enveloped whole"},
    {MIXED "--m\n\nhello\n--m\n{env}\n--m--", "0 enveloped among-text 2"},
    {MIXED "--m\nContent-Type: multipart/alternative; boundary=a\n\n--a\n\nx\n--a\nContent-Type: "
	   "text/html\n\nx\n--a--\n--m\n{env}\n--m--",
	"0 enveloped among-text 2"},
    {MIXED "--m\nContent-Type: application/pdf\n\nx\n--m\n{env}\n--m--",
	"0 enveloped among-parts 2"},
    {MIXED "--m\n{env}\n--m\n{clear}\n--m--",
	"0 enveloped among-parts 1\n0 clear-signed among-parts 2 good"},
    {MIXED "--m\nContent-Type: message/rfc822\n\nSubject: x\n{env}\n--m--",
	"0 enveloped forwarded 1"},
    {MIXED "--m\nContent-Type: message/rfc822\n\nSubject: x\n{clear-env}" FOOTER,
	"0 clear-signed forwarded 1 good\n1 enveloped whole"},
    {"Content-Type: multipart/digest; boundary=m\n\n--m\n\nSubject: x\n{env}\n--m--",
	"0 enveloped forwarded 1"},
    {UNKNOWN BASE64 "\n\n{base64}", "0 enveloped whole"},
    {MIXED "--m\n" UNKNOWN BASE64 "\n\n{base64}\n--m--\n", "0 enveloped among-text 1"},
    {MIXED "--m\n" UNKNOWN "\n{base64}\n--m\n{env}\n--m--\n", "0 enveloped among-parts 2"},
    {MIXED "--m\n" UNKNOWN "\n\n--m\n{env}\n--m\n" UNKNOWN BASE64 "\n\n{p7s}\n--m--\n",
	"0 enveloped among-parts 2\n0 detached-signature among-parts 3 unverifiable"},
    {SIGNED("") HELLO "--s\n" UNKNOWN BASE64 "\n\n{p7s}\n--s--\n", "0 clear-signed whole all good"},
    {MIXED "--m\n{env}\nand no end", "0 malformed among-text 1 aes128-cbc"},
    {MIXED "{env}\n--m--\n", ""},

    /* multipart/signed that is not what it should be. */
    {SIGNED("") HELLO P7S "{p7s}--s--\n", "0 clear-signed whole all good"},
    {SIGNED("protocol=\"application/x-pkcs7-signature\"; ") HELLO P7S "{p7s}\n--s--\n",
	"0 clear-signed whole all good"},
    {SIGNED("") "--s\n" TEXT "!\n" P7S "{p7s}\n--s--\n", "0 clear-signed whole all bad"},
    {SIGNED("") "--s\n" TEXT "\n\n" P7S "{p7s}\n--s--\n", "0 clear-signed whole all bad"},
    {SIGNED("") HELLO P7S "{p7s}\n--s\n\nand\n--s--\n", "0 clear-signed whole good"},
    {SIGNED("") HELLO P7S "{p7s}\n--s--\nand", "0 clear-signed whole good"},
    {SIGNED("") HELLO P7S "{p7s}\n--s--\n--s\n\nand\n", "0 clear-signed whole good"},
    {SIGNED("") HELLO P7S "{p7s}\n", "0 clear-signed whole good"},
    {SIGNED("") HELLO P7S "AAAA\n--s--\n", "0 malformed whole"},
    {SIGNED("") HELLO "--s\n{env}\n--s--\n", "0 enveloped among-text 2"},
    {SIGNED("protocol=\"application/pkcs7-signature\"; ") HELLO "--s--\n", "0 malformed whole"},
    {SIGNED("protocol=\"application/pkcs7-signature\"; ") HELLO, "0 malformed whole"},
    {"Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"\n\nx",
	"0 malformed whole"},
    {SIGNED("protocol=\"application/pgp-signature\"; ") HELLO
	"--s\nContent-Type: application/pgp-signature\n\nx\n--s--\n",
	""},
    {SIGNED("protocol=\"application/pgp-signature\"; ") "--s\n{env}\n--s\nContent-Type: "
							"application/pgp-signature\n\nx\n--s--\n",
	"0 enveloped among-parts 1"},
    {SIGNED("protocol=\"application/pgp-signature\"; ") HELLO P7S "{p7s}\n--s--\n",
	"0 detached-signature among-text 2 unverifiable"},

    /* What readers differ on. */
    {MIXED "--m\njunk\n{env}\n--m--\n", "0 enveloped among-text 1"},
    {MIXED "--m\n folded\n{env}\n--m--\n", "0 enveloped among-text 1"},
    {MIXED "--m\nContent-Type: text/plain\njunk\nmore\n{env}\n--m--\n", "0 enveloped among-text 1"},
    {MIXED "--m\n{long}\n{env}\n--m--\n", "0 enveloped among-text 1"},
    {MIXED "--m\n{long}Content-Type: application/pkcs7-mime\n" BASE64 "\n\n{base64}\n--m--\n", ""},
    {MIXED "--m\n{long}{long}\001{long}\n{env}\n--m--\n", "0 enveloped among-text 1"},
    {MIXED "--m\nhello\n--m\nhello", ""},
    {MIXED "--m\n\nhello\001--m\n{env}\n--m--\n", "0 enveloped among-text 2"},
    {MIXED "\001--m\001{env}\001--m--\001", "0 enveloped among-text 1"},
    {MIXED "--m\nX: y\001Content-Type: application/pkcs7-mime\001" BASE64
	   "\001\001{base64}\n--m\001",
	"0 enveloped among-text 1"},
    {MIXED "--m\001Content-Type: application/pkcs7-mime\001\n" BASE64
	   "\001\n\001\n{base64}\n--m--\001\n",
	"0 enveloped among-text 1"},
    {"Content-Type: multipart/mixed; boundary=x; boundary=m\n\n--m\n{env}\n--m--\n",
	"0 enveloped among-text 1\nlimited"},
    {"Content-Type: multipart/mixed; boundary=m; boundary*=us-ascii''x\n\n--m\n{env}\n--m--\n",
	"0 enveloped among-text 1\nlimited"},
    {"Content-Type: multipart/mixed; boundary=x\n" MIXED "--m\n{env}\n--m--\n--x--\n",
	"0 enveloped among-text 1\nlimited"},
    {"Content-Type: multipart/mixed; boundary=\"=?utf-8?q?m?=\"\n\n--=?utf-8?q?m?=\n{env}",
	"0 enveloped among-text 1\nlimited"},
    {"Content-Type: multipart/mixed; boundary=m o\n\n--m\n{env}\n--m--\n",
	"0 enveloped among-text 1\nlimited"},
    {"Content-Type: multipart/mixed boundary=m\n\n--m\n{env}\n--m--\n", "0 enveloped among-text 1"},
    {"Content-Type: multipart/mixed; boundary=\"m\n\n--m\n{env}\n--m--\n",
	"0 enveloped among-text 1\nlimited"},
    {"Content-Type: multipart; boundary=m\n\n--m\n{env}\n--m--\n", "0 enveloped among-text 1"},
    {"Content-Type: multipart/mixed; boundary=m\n" MIXED "--m\n{env}\n--m--\n",
	"0 enveloped among-text 1"},
    {"Content-Type: multipart/mixed; boundary=m\n{clear}", "0 clear-signed whole good\nlimited"},
    {"Content-Type: text/html\n{clear}", "0 clear-signed whole good"},
    {"Content-Type: text/html\n{opaque}", "0 signed whole good"},

    /* Boundaries. */
    {"Content-Type: multipart/mixed; boundary=m\nContent-Type: text/plain\n\n--m\n{env}\n--m--\n",
	"0 enveloped among-text 1"},
    {MIXED "--m\n" MIXED "--m\n{env}\n--m--\n--m\n{clear}\n--m--\n",
	"0 enveloped among-parts 1.1\n0 clear-signed among-parts 2 good"},
    {MIXED "--m\nContent-Type: multipart/mixed; boundary=mm\n\n--mm\n{env}\n--mm--\n--m\n{clear}\n",
	"0 enveloped among-parts 1.1\n0 clear-signed among-parts 2 good"},
    {"Content-Type: multipart/mixed; boundary=mm\n\n--mm\nContent-Type: multipart/mixed; "
     "boundary=m\n\n--m\n{env}\n--m\n\nx\n--mm\n\nx\n--mm--\n",
	"0 enveloped among-text 1.1"},
    {MIXED "--m \t\n{env}\n--m--\t\n", "0 enveloped among-text 1"},
    {MIXED "--m\n{env}\n--m", "0 enveloped among-text 1"},
    {MIXED "--m\n{env}\n--m--\n--m\n{clear}",
	"0 enveloped among-parts 1\n0 clear-signed among-parts 2 good"},
    {MIXED "--mx\n{env}\n--mx--\n", ""},
    {"Content-Type: multipart/mixed; boundary=m\n--m\n{env}\n--m--\n", "0 enveloped among-text 1"},
    {MIXED "--m\nContent-Type: multipart/mixed; boundary=o\n--m\n{env}\n--m--\n",
	"0 enveloped among-text 2"},
};

static const size_t chunks[] = {1, 3, 50, 100000};

static void
check(const char *template, const char *layers)
{
	char seen[4000];
	size_t i;
	int crlf;

	for (crlf = 0; crlf < 2; crlf++) {
		struct buffer message = expand(template, crlf != 0);

		for (i = 0; i < ARRAY_LENGTH(chunks); i++) {
			look(&message, chunks[i], seen, sizeof(seen));
			ck_assert_msg(strcmp(seen, layers) == 0,
			    "in pieces of %zu, %s:\n%s\ninstead of\n%s\nin\n%s", chunks[i],
			    crlf ? "CRLF" : "LF", seen, layers, template);
		}
		buffer_free(&message);
	}
}

START_TEST(every_object_is_seen_where_it_stands)
{
	check(messages[_i].message, messages[_i].layers);
}
END_TEST

START_TEST(a_nul_in_a_field_hides_nothing)
{
	struct buffer message =
	    expand(MIXED "--m\nContent-Type: application/pkcs~7-mime\nContent-~Transfer-Encoding: "
			 "base64\n\n{base64}\n--m--\n",
		true);
	char seen[4000];
	char *at;

	while ((at = memchr(message.data, '~', message.size)) != NULL)
		*at = '\0';
	look(&message, 7, seen, sizeof(seen));
	ck_assert_str_eq(seen, "0 enveloped among-text 1");
	buffer_free(&message);
}
END_TEST

/* Any cut of a message: no crash, and no layer is more than the whole message has. */
START_TEST(a_message_cut_anywhere_is_survived)
{
	struct buffer message = expand(MIXED "--m\n{triple}" FOOTER, true);
	size_t whole = message.size;
	char seen[4000];

	for (; message.size > 0; message.size -= message.size > 40 ? 37 : 1) {
		look(&message, 1000, seen, sizeof(seen));
		if (message.size < whole - 200)
			ck_assert_msg(strstr(seen, "good") == NULL ||
					  strstr(seen, "signed among-text 1 good") == NULL,
			    "%s", seen);
	}
	buffer_free(&message);
}
END_TEST

static struct buffer
repeat(const char *before, const char *each, size_t times, const char *after)
{
	struct buffer out = BUFFER_INIT;

	ck_assert_int_eq(buffer_append_text(&out, before, NULL), 0);
	for (; times > 0; times--)
		ck_assert_int_eq(buffer_append_text(&out, each, NULL), 0);
	ck_assert_int_eq(buffer_append_text(&out, after, NULL), 0);
	return out;
}

static void
check_limited(struct buffer message, const char *tail)
{
	char seen[20000];
	size_t size;

	look(&message, 65535, seen, sizeof(seen));
	size = strlen(seen);
	ck_assert_msg(
	    size >= strlen(tail) && strcmp(seen + size - strlen(tail), tail) == 0, "%s", seen);
	buffer_free(&message);
}

START_TEST(what_is_over_a_limit_is_said)
{
	char wide[700];

	/* Layers, parts, multiparts in each other, messages in each other. */
	check_limited(repeat(MIXED, "--m\nContent-Type: application/pkcs7-mime\n\nx\n", 100, ""),
	    "among-parts 64\nlimited");
	check_limited(repeat(MIXED, "--m\n\n", INSPECT_PARTS_MAX + 1, ""), "limited");
	check_limited(repeat("", MIXED "--m\n", 40, ""), "limited");
	check_limited(repeat("", "Content-Type: message/rfc822\n\n", 40, ""), "limited");
	/* A field, many fields, a boundary. */
	check_limited(repeat("Content-Type: text/plain", " x", 20000, "\n\n"), "limited");
	check_limited(repeat("", "Content-Type: text/plain\n", 100, "\n"), "limited");
	memset(wide, 'b', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	check_limited(
	    repeat("Content-Type: multipart/mixed; boundary=", wide, 1, "\n\n"), "limited");
}
END_TEST

START_TEST(objects_in_objects_end_at_a_limit)
{
	struct buffer message = opaque(TEXT, strlen(TEXT), 0);
	char seen[4000];
	int i;

	for (i = 0; i < LAYOUT_DIGESTING_MAX; i++) {
		struct buffer outer = opaque(message.data, message.size, CMS_STREAM);

		buffer_free(&message);
		message = outer;
	}
	look(&message, 1000, seen, sizeof(seen));
	ck_assert_str_eq(seen, "0 signed whole all good\n1 signed whole all good\n"
			       "2 signed whole all good\n3 signed whole all good\n"
			       "4 malformed whole\nlimited");
	buffer_free(&message);
	message = opaque(TEXT, strlen(TEXT), 0);
	for (i = 0; i < INSPECT_DEPTH_MAX; i++) {
		struct buffer body = cms_make_base64(message.data, message.size);
		struct buffer outer = BUFFER_INIT;

		ck_assert_int_eq(buffer_append_format(&outer, NULL,
				     "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: "
				     "base64\r\n\r\n%s",
				     body.data),
		    0);
		buffer_free(&body);
		buffer_free(&message);
		message = outer;
	}
	check_limited(message, "limited");
}
END_TEST

START_TEST(clear_signatures_in_each_other_end_at_a_limit)
{
	static const char each[] = "Content-Type: multipart/signed; "
				   "protocol=application/pkcs7-signature; boundary=%d\n\n--%d\n";
	struct buffer message = BUFFER_INIT;
	char seen[4000];
	int i;

	for (i = 0; i <= LAYOUT_DIGESTING_MAX; i++)
		ck_assert_int_eq(buffer_append_format(&message, NULL, each, i, i), 0);
	look(&message, 1000, seen, sizeof(seen));
	ck_assert_ptr_nonnull(strstr(seen, "4 malformed whole"));
	ck_assert_ptr_nonnull(strstr(seen, "limited"));
	buffer_free(&message);
	/* One after another they are none too many. */
	message =
	    expand(MIXED "--m\n{clear}\n--m\n{clear}\n--m\n{opaque}\n--m\n{clear}\n--m\n{opaque}\n"
			 "--m\n{clear}\n--m--\n",
		true);
	look(&message, 1000, seen, sizeof(seen));
	ck_assert_str_eq(seen,
	    "0 clear-signed among-parts 1 good\n0 clear-signed among-parts 2 good\n"
	    "0 signed among-parts 3 good\n0 clear-signed among-parts 4 good\n"
	    "0 signed among-parts 5 good\n0 clear-signed among-parts 6 good");
	buffer_free(&message);
}
END_TEST

/* What the message is, or that there is no memory; a request is refused. */
static void
look_without_memory(const struct buffer *message, unsigned long number, const char *layers)
{
	struct error err = ERROR_INIT;
	struct inspect *inspect;
	const struct inspection *it;
	char seen[4000];
	char *at;

	short_memory_fail(number);
	inspect = inspect_new_message(&err);
	if (inspect != NULL && inspect_write(inspect, message->data, message->size, &err) == 0 &&
	    inspect_finish(inspect, &it, &err) == 0) {
		describe(it, seen, sizeof(seen));
		/* A key that OpenSSL had no memory for is one that can't be read. */
		while ((at = strstr(seen, "unverifiable")) != NULL) {
			memcpy(at, "good", 4);
			memmove(at + 4, at + 12, strlen(at + 12) + 1);
		}
		ck_assert_msg(strcmp(seen, layers) == 0, "request %lu: %s", number, seen);
	} else {
		ck_assert(err.code == ERROR_TEMPORARY || err.code == ERROR_INTERNAL);
	}
	inspect_free(inspect);
}

START_TEST(without_memory_nothing_is_misread)
{
	static const struct {
		const char *message;
		const char *layers;
	} looked_at[] = {
	    {"{triple}",
		"0 signed whole all good\n1 clear-signed whole all good\n2 enveloped whole"},
	    {MIXED "--m\n{env}" FOOTER, "0 enveloped among-text 1"},
	};
	size_t i;
	unsigned long number;

	for (i = 0; i < ARRAY_LENGTH(looked_at); i++) {
		struct buffer message = expand(looked_at[i].message, true);

		for (number = 1; number == 1 || short_memory_failed(); number++)
			look_without_memory(&message, number, looked_at[i].layers);
		short_memory_fail(0);
		buffer_free(&message);
	}
}
END_TEST

/* A line that begins like a delimiter and has no end costs no memory and no time. */
START_TEST(lines_without_end_are_walked)
{
	char seen[4000];
	struct buffer message = repeat(MIXED "--m\n\n--m", " ", 100000, "\n--m\n");

	look(&message, 65535, seen, sizeof(seen));
	ck_assert_str_eq(seen, "");
	buffer_free(&message);
	message = repeat(
	    MIXED "--m\nContent-Type: application/octet-stream\n\n", "x\r", 100000, "\r\n--m\r\n");
	look(&message, 65535, seen, sizeof(seen));
	ck_assert_str_eq(seen, "");
	buffer_free(&message);
}
END_TEST

START_TEST(an_entity_that_holds_no_mail_of_ours_is_not_worth_reading)
{
	char text[] = "text/plain";
	char mixed[] = "multipart/mixed";
	char message[] = "message/rfc822";
	char boundary[] = "b";
	char unknown[] = "application/octet-stream";

	ck_assert(inspect_wanted(&(struct entity_type){.media_type = unknown}));
	ck_assert(!inspect_wanted(&(struct entity_type){.media_type = text}));
	ck_assert(!inspect_wanted(&(struct entity_type){.media_type = mixed}));
	ck_assert(inspect_wanted(&(struct entity_type){.media_type = mixed, .boundary = boundary}));
	ck_assert(inspect_wanted(&(struct entity_type){.media_type = message}));
	ck_assert(inspect_wanted(&(struct entity_type){.claim = ENTITY_SMIME, .media_type = text}));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("layers");
	TCase *tcase = unit_case(suite, "layers");

	if (!short_memory_prepare())
		return EXIT_FAILURE;

	tcase_add_unchecked_fixture(tcase, make_pieces, free_pieces);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(
	    tcase, every_object_is_seen_where_it_stands, 0, (int)ARRAY_LENGTH(messages));
	tcase_add_test(tcase, a_nul_in_a_field_hides_nothing);
	tcase_add_test(tcase, a_message_cut_anywhere_is_survived);
	tcase_add_test(tcase, what_is_over_a_limit_is_said);
	tcase_add_test(tcase, objects_in_objects_end_at_a_limit);
	tcase_add_test(tcase, clear_signatures_in_each_other_end_at_a_limit);
	tcase_add_test(tcase, without_memory_nothing_is_misread);
	tcase_add_test(tcase, lines_without_end_are_walked);
	tcase_add_test(tcase, an_entity_that_holds_no_mail_of_ours_is_not_worth_reading);
	mail_startup();
	return unit_run(suite);
}
