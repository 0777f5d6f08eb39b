/* PGP/MIME: only what is one encrypted message from its first part to its last counts. */
#include <string.h>

#include "base/buffer.h"
#include "inspect/inspect.h"
#include "inspect/pgp_mime.h"
#include "mail/startup.h"
#include "unit.h"

static struct inspection
look(const char *boundary, enum entity_encoding encoding, const char *bytes, size_t size,
    size_t chunk)
{
	char copy[200];
	struct entity_type type = {
	    .claim = ENTITY_PGP_MIME, .encoding = encoding, .boundary = copy};
	struct inspect *inspect;
	const struct inspection *it;
	struct inspection result;
	size_t taken;

	strcpy(copy, boundary);
	inspect = inspect_new(&type, NULL);
	ck_assert_ptr_nonnull(inspect);
	for (; size > 0; bytes += taken, size -= taken) {
		taken = size < chunk ? size : chunk;
		ck_assert_int_eq(inspect_write(inspect, bytes, taken, NULL), 0);
	}
	ck_assert_int_eq(inspect_finish(inspect, &it, NULL), 0);
	result = *it;
	ck_assert_int_eq(result.kind == INSPECT_PGP_MIME, result.detail[0] == '\0');
	inspect_free(inspect);
	return result;
}

#define CONTROL "--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n"
#define DATA_HEADER "--b\r\nContent-Type: application/octet-stream; name=encrypted.asc\r\n\r\n"
#define BEGIN "-----BEGIN PGP MESSAGE-----\r\n"
#define END "-----END PGP MESSAGE-----\r\n"
/* 0xc1: a session key packet. */
#define LINES "wcBMA3q0AAAAAAAAAQf/AAAA\r\nBBBBBBBBBBBBBB==\r\n"
#define ARMOUR BEGIN "\r\n" LINES "=AbC+\r\n" END
#define CLOSE "\r\n--b--\r\n"

static const char *const sound[] = {
    CONTROL DATA_HEADER ARMOUR CLOSE,
    "\r\n" CONTROL DATA_HEADER "\r\n" ARMOUR "\r\n" CLOSE "\r\n",
    CONTROL DATA_HEADER BEGIN "Version: GnuPG v2\r\nComment: x\r\n\r\n" LINES END CLOSE,
    CONTROL DATA_HEADER BEGIN "\r\nhIwDAAAA\r\n" END "--b--",
    "--b\nContent-Type: APPLICATION/PGP-Encrypted\nContent-Description: version\n\nVersion: 1\n"
    "--b\nContent-Type: application/octet-stream;\n name=\"a.asc\"\n"
    "Content-Transfer-Encoding: 7bit\n\n" BEGIN "\n" LINES END "--b--\n",
};

START_TEST(a_pgp_mime_message_is_recognised)
{
	static const size_t chunks[] = {1, 7, 10000};
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(chunks); i++) {
		struct inspection it =
		    look("b", ENTITY_IDENTITY, sound[_i], strlen(sound[_i]), chunks[i]);

		ck_assert_msg(it.kind == INSPECT_PGP_MIME, "%s", it.detail);
	}
}
END_TEST

static const struct {
	const char *body;
	const char *why;
} unsound[] = {
    {"", "it ends before"},
    {"This is plain.\r\n" CONTROL DATA_HEADER ARMOUR CLOSE, "before its first part"},
    {CONTROL DATA_HEADER ARMOUR CLOSE "And this too.\r\n", "follows its last part"},
    {CONTROL DATA_HEADER ARMOUR "Plain.\r\n" CLOSE, "follows its PGP message"},
    {CONTROL DATA_HEADER ARMOUR ARMOUR CLOSE, "follows its PGP message"},
    {CONTROL DATA_HEADER "Plain.\r\n" ARMOUR CLOSE, "does not begin with"},
    {CONTROL DATA_HEADER ARMOUR "--b\r\nContent-Type: text/plain\r\n\r\nPlain.\r\n" CLOSE,
	"follows its PGP message"},
    {CONTROL DATA_HEADER ARMOUR, "it ends before"},
    {CONTROL CLOSE, "its first part is not just"},
    {"--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\nPlain.\r\n" DATA_HEADER
	    ARMOUR CLOSE,
	"not just"},
    {"--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\nVersion: "
     "1\r\n" DATA_HEADER ARMOUR CLOSE,
	"not just"},
    {"--b\r\nContent-Type: application/pgp-encrypted\r\n\r\n" DATA_HEADER ARMOUR CLOSE, "not just"},
    {"--b\r\nContent-Type: text/plain\r\n\r\nVersion: 1\r\n" DATA_HEADER ARMOUR CLOSE,
	"not application/pgp-encrypted"},
    {"--b\r\n\r\nVersion: 1\r\n" DATA_HEADER ARMOUR CLOSE, "has no type"},
    {"--b\r\nPlain: text\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: "
     "1\r\n" DATA_HEADER ARMOUR CLOSE,
	"field that does not belong"},
    {"--b\r\nplain text\r\nContent-Type: application/pgp-encrypted\r\n\r\n", "malformed header"},
    {"--b\r\n folded\r\nContent-Type: application/pgp-encrypted\r\n\r\n", "malformed header"},
    {"--b\r\nContent-Type: application/pgp-encrypted\r\nContent-Type: "
     "application/pgp-encrypted\r\n\r\n",
	"not application/pgp-encrypted"},
    {CONTROL "--b\r\nContent-Type: text/html\r\n\r\n" ARMOUR CLOSE, "not application/octet-stream"},
    {CONTROL "--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: "
	     "base64\r\n\r\n" ARMOUR CLOSE,
	"transfer-encoded"},
    {CONTROL DATA_HEADER BEGIN "\r\n" END CLOSE, "is empty"},
    {CONTROL DATA_HEADER BEGIN "\r\nwcBM\r\nplain text\r\n" END CLOSE, "something else than"},
    {CONTROL DATA_HEADER BEGIN "\r\nwcBM\r\n\xe9\r\n" END CLOSE, "not text"},
    {CONTROL DATA_HEADER BEGIN "\r\nwcBM\rwcBM\r\n" END CLOSE, "not text"},
    {CONTROL DATA_HEADER BEGIN "\r\nwcBM=\r\nAAAA\r\n" END CLOSE, "something else than"},
    {CONTROL DATA_HEADER BEGIN "\r\nwcBM\r\n=AbC+\r\nAAAA\r\n" END CLOSE, "something else than"},
    {CONTROL DATA_HEADER BEGIN "\r\nwcBM\r\n=AbC\r\n" END CLOSE, "checksum"},
    {CONTROL DATA_HEADER BEGIN "\r\n=AbC+\r\n" END CLOSE, "checksum"},
    {CONTROL DATA_HEADER BEGIN "Secret: plain\r\n\r\nwcBM\r\n" END CLOSE, "header that does not"},
    {CONTROL DATA_HEADER BEGIN "\r\nwcBMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
			       "AAAAAAAAAAAAAAAAA\r\n" END CLOSE,
	"something else than"},
    /* 0xa3: compressed; 0xcb: literal data; 0x00: no packet. */
    {CONTROL DATA_HEADER BEGIN "\r\nowGb\r\n" END CLOSE, "is not encrypted"},
    {CONTROL DATA_HEADER BEGIN "\r\nyxRi\r\n" END CLOSE, "is not encrypted"},
    {CONTROL DATA_HEADER BEGIN "\r\nAAAA\r\n" END CLOSE, "is not encrypted"},
    {CONTROL DATA_HEADER BEGIN "\r\nw\r\n" END CLOSE, "is not encrypted"},
    {"--bc\r\nContent-Type: application/pgp-encrypted\r\n\r\n", "before its first part"},
};

START_TEST(anything_else_is_readable)
{
	size_t chunk;

	for (chunk = 1; chunk < 4; chunk++) {
		struct inspection it =
		    look("b", ENTITY_IDENTITY, unsound[_i].body, strlen(unsound[_i].body), chunk);

		ck_assert_int_eq(it.kind, INSPECT_READABLE);
		ck_assert_msg(strstr(it.detail, unsound[_i].why) != NULL,
		    "\"%s\" instead of \"%s\"", it.detail, unsound[_i].why);
	}
}
END_TEST

START_TEST(every_prefix_without_its_end_is_readable)
{
	static const char body[] = CONTROL DATA_HEADER ARMOUR "--b--";
	size_t size;

	for (size = 0; size < sizeof(body) - 1; size++)
		ck_assert_int_eq(look("b", ENTITY_IDENTITY, body, size, 5).kind, INSPECT_READABLE);
	ck_assert_int_eq(look("b", ENTITY_IDENTITY, body, size, 5).kind, INSPECT_PGP_MIME);
}
END_TEST

START_TEST(an_encoded_multipart_is_readable)
{
	ck_assert_int_eq(
	    look("b", ENTITY_BASE64, sound[0], strlen(sound[0]), 100).kind, INSPECT_READABLE);
}
END_TEST

START_TEST(a_boundary_that_cannot_be_one_is_readable)
{
	char longer[PGP_MIME_BOUNDARY_MAX + 2];

	memset(longer, 'b', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	ck_assert_int_eq(
	    look(longer, ENTITY_IDENTITY, sound[0], strlen(sound[0]), 100).kind, INSPECT_READABLE);
	ck_assert_int_eq(
	    look("", ENTITY_IDENTITY, sound[0], strlen(sound[0]), 100).kind, INSPECT_READABLE);
}
END_TEST

START_TEST(a_line_without_end_is_readable)
{
	static char endless[100000];
	struct inspection it;

	memset(endless, ' ', sizeof(endless));
	it = look("b", ENTITY_IDENTITY, endless, sizeof(endless), 4096);
	ck_assert_int_eq(it.kind, INSPECT_READABLE);
	ck_assert_ptr_nonnull(strstr(it.detail, "line too long"));
}
END_TEST

START_TEST(a_field_without_end_is_readable)
{
	struct buffer body = BUFFER_INIT;
	struct inspection it;
	int i;

	ck_assert_int_eq(
	    buffer_append_text(&body, "--b\r\nContent-Type: application/pgp-encrypted;\r\n", NULL),
	    0);
	for (i = 0; i < 100; i++)
		ck_assert_int_eq(buffer_append_text(&body, "\tlonger and longer\r\n", NULL), 0);
	it = look("b", ENTITY_IDENTITY, body.data, body.size, 100);
	ck_assert_int_eq(it.kind, INSPECT_READABLE);
	ck_assert_ptr_nonnull(strstr(it.detail, "field too long"));
	buffer_free(&body);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pgp_mime");
	TCase *tcase = unit_case(suite, "pgp_mime");

	tcase_add_loop_test(tcase, a_pgp_mime_message_is_recognised, 0, (int)ARRAY_LENGTH(sound));
	tcase_add_loop_test(tcase, anything_else_is_readable, 0, (int)ARRAY_LENGTH(unsound));
	tcase_add_test(tcase, every_prefix_without_its_end_is_readable);
	tcase_add_test(tcase, an_encoded_multipart_is_readable);
	tcase_add_test(tcase, a_boundary_that_cannot_be_one_is_readable);
	tcase_add_test(tcase, a_line_without_end_is_readable);
	tcase_add_test(tcase, a_field_without_end_is_readable);
	mail_startup();
	return unit_run(suite);
}
