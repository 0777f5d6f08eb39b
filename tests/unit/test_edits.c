/* What sealing does to a header, and whose mail is outgoing. */
#include <string.h>

#include "base/buffer.h"
#include "message/edits.h"
#include "message/origin.h"
#include "unit.h"

static const struct seal_fields fields = {" sealed/type", " base64", " attachment"};

/* The edits as text, one a line: "~Name#n= value", "-Name#n", "+Name= value". */
static char *
edits_text(const struct edits *edits)
{
	static const char signs[] = {'~', '-', '+'};
	struct buffer text = BUFFER_INIT;
	size_t i;

	for (i = 0; i < edits->count; i++) {
		const struct edit *edit = &edits->items[i];

		ck_assert_int_eq(
		    buffer_append_format(&text, NULL, "%c%s#%d%s%s\n", signs[edit->kind],
			edit->name, edit->occurrence, edit->value != NULL ? "=" : "",
			edit->value != NULL ? edit->value : ""),
		    0);
	}
	return buffer_take(&text);
}

static const struct {
	const char *header; /* "Name: value" lines */
	const char *edits;
} seals[] = {
    {"Subject: x\n", "+MIME-Version#1= 1.0\n+Content-Type#1= sealed/type\n"
		     "+Content-Transfer-Encoding#1= base64\n+Content-Disposition#1= attachment\n"},
    {"MIME-Version: 1.0\nContent-Type: text/plain\nContent-Transfer-Encoding: 8bit\n",
	"~Content-Type#1= sealed/type\n~Content-Transfer-Encoding#1= base64\n"
	"+Content-Disposition#1= attachment\n"},
    {"mime-version: 1.0\ncontent-type: a/b\nContent-ID: <x>\nContent-Type: c/d\n"
     "Content-Type: e/f\nContent-Language: de\n",
	"-Content-Language#1\n-Content-Type#3\n-Content-Type#2\n-Content-ID#1\n"
	"~Content-Type#1= sealed/type\n+Content-Transfer-Encoding#1= base64\n"
	"+Content-Disposition#1= attachment\n"},
};

START_TEST(one_set_of_content_fields_is_left)
{
	struct header header = HEADER_INIT;
	struct edits edits = EDITS_INIT;
	struct error err = ERROR_INIT;
	char lines[500];
	char *line;
	char *rest = lines;
	char *text;

	strcpy(lines, seals[_i].header);
	while ((line = strtok_r(rest, "\n", &rest)) != NULL) {
		char *colon = strchr(line, ':');

		*colon = '\0';
		ck_assert_int_eq(header_append(&header, line, colon + 1, &err), 0);
	}
	ck_assert_int_eq(edits_seal_header(&edits, &header, &fields, &err), 0);
	text = edits_text(&edits);
	ck_assert_str_eq(text, seals[_i].edits);
	free(text);
	edits_free(&edits);
	header_free(&header);
}
END_TEST

static const struct {
	const char *client; /* NULL: no network peer */
	const char *user;
	bool outgoing;
} origins[] = {
    {NULL, NULL, true},
    {"192.0.2.7", NULL, true},
    {"198.51.100.1", NULL, false},
    {"198.51.100.1", "anna", true},
    {"::ffff:192.0.2.7", NULL, true},
    {"127.0.0.1", NULL, false},
    {"2001:db8::1", NULL, false},
};

START_TEST(only_our_own_mail_is_outgoing)
{
	struct network network = {.bits = 96 + 24};
	struct config config;
	struct origin origin = {.user = origins[_i].user};
	struct error err = ERROR_INIT;
	static const unsigned char mapped[16] = {
	    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 0};

	memset(&config, 0, sizeof(config));
	memcpy(&network.address, mapped, sizeof(mapped));
	config.internal_hosts = (struct networks){&network, 1};
	origin_set_peer(&origin, NULL);
	if (origins[_i].client != NULL)
		ck_assert_int_eq(origin_parse_peer(&origin, origins[_i].client, &err), 0);
	ck_assert_int_eq(origin_is_outgoing(&origin, &config), origins[_i].outgoing);
}
END_TEST

START_TEST(the_loopback_address_with_port_zero_is_local_submission)
{
	struct sockaddr_in peer = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
	struct config config;
	struct origin origin = {.user = NULL};

	memset(&config, 0, sizeof(config));
	origin_set_peer(&origin, (struct sockaddr *)&peer);
	ck_assert(origin_is_outgoing(&origin, &config));
	peer.sin_addr.s_addr = htonl(0xc6336401);
	origin_set_peer(&origin, (struct sockaddr *)&peer);
	ck_assert(!origin_is_outgoing(&origin, &config));
}
END_TEST

START_TEST(what_is_no_address_is_refused)
{
	struct origin origin = {.user = NULL};
	struct error err = ERROR_INIT;

	ck_assert_int_eq(origin_parse_peer(&origin, "host.example", &err), -1);
	ck_assert_int_eq(err.code, ERROR_INPUT);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("edits");
	TCase *tcase = unit_case(suite, "edits");

	tcase_add_loop_test(tcase, one_set_of_content_fields_is_left, 0, (int)ARRAY_LENGTH(seals));
	tcase = unit_case(suite, "origin");
	tcase_add_loop_test(tcase, only_our_own_mail_is_outgoing, 0, (int)ARRAY_LENGTH(origins));
	tcase_add_test(tcase, the_loopback_address_with_port_zero_is_local_submission);
	tcase_add_test(tcase, what_is_no_address_is_refused);
	return unit_run(suite);
}
