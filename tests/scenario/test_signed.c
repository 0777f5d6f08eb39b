/* The way of a message that the client signed: its signers are judged when its body is complete. */
#include <arpa/inet.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "fetch/startup.h"
#include "mail/startup.h"
#include "signed_make.h"
#include "unit.h"
#include "world.h"

#define ANNA "anna@partner.test"
#define ME "me@corp.test"
#define BERT "bert@corp.test"
#define DAY 86400L

#define TO(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Nobody is looked up: what is waited for is the signers'. */
#define NEVER "rule \"n\" { encrypt = never }\n"

#define ENTITY "Content-Type: text/plain\r\n\r\nPay 100 euros to Anna.\r\n"
#define CHANGED "Content-Type: text/plain\r\n\r\nPay 900 euros to Anna.\r\n"

static struct world *world;

static void
setup(void)
{
	world = NULL;
}

static void
teardown(void)
{
	if (world != NULL)
		world_free(world);
}

static void
make_world(const char *top, const char *rules)
{
	world = world_new(top, rules);
	world_publish(world, ME, PUBLISH_CERTIFICATE);
	world_publish(world, BERT, PUBLISH_CERTIFICATE);
	world_publish(world, ANNA, PUBLISH_CERTIFICATE);
}

static struct signed_signer
signer_of(const char *address)
{
	return (struct signed_signer){.certificate = world_certificate(world, address),
	    .key = world_key(world, address),
	    .signing_time = clock_wall()};
}

/* Base64 in lines. */
static void
add_base64(struct buffer *text, const struct buffer *der)
{
	unsigned char line[80];
	size_t at;
	size_t size;

	for (at = 0; at < der->size; at += size) {
		size = der->size - at < 48 ? der->size - at : 48;
		EVP_EncodeBlock(line, (const unsigned char *)der->data + at, (int)size);
		ck_assert_int_eq(buffer_append_format(text, NULL, "%s\n", (const char *)line), 0);
	}
}

/* Lines end in LF: feeding the body makes them CRLF. */
static void
add_text(struct buffer *text, const char *lines)
{
	for (; *lines != '\0'; lines++) {
		if (*lines != '\r')
			ck_assert_int_eq(buffer_append(text, lines, 1, NULL), 0);
	}
}

enum shape { CLEAR, OPAQUE, SHAPE_COUNT };

/* A signed message that reads `reads`; opaque ones hold what was signed. free(). */
static char *
write_message(
    enum shape shape, const char *header, const struct signed_what *what, const char *reads)
{
	struct signed_what signed_what = *what;
	struct buffer text = BUFFER_INIT;
	struct buffer der;

	signed_what.content = ENTITY;
	signed_what.inside = shape == OPAQUE ? reads : NULL;
	der = signed_make(&signed_what);
	add_text(&text, header);
	if (shape == OPAQUE) {
		add_text(&text, "Content-Type: application/pkcs7-mime; smime-type=signed-data\n"
				"Content-Transfer-Encoding: base64\n\n");
		add_base64(&text, &der);
	} else {
		add_text(&text, "Content-Type: multipart/signed; boundary=b; micalg=sha-256;\n"
				" protocol=\"application/pkcs7-signature\"\n\n--b\n");
		add_text(&text, reads);
		add_text(&text, "\n--b\nContent-Type: application/pkcs7-signature\n"
				"Content-Transfer-Encoding: base64\n\n");
		add_base64(&text, &der);
		add_text(&text, "\n--b--\n");
	}
	buffer_free(&der);
	return buffer_take(&text);
}

/* From ME, signed by these, who send their certificates. */
static struct sent
send_signed(enum shape shape, const char *header, const struct signed_signer *signers, size_t count,
    const char *reads)
{
	X509 *certificates[16];
	struct signed_what what = {.signers = signers,
	    .signer_count = count,
	    .certificates = certificates,
	    .certificate_count = count};
	struct sent sent;
	char *text;
	size_t i;

	for (i = 0; i < count; i++)
		certificates[i] = signers[i].certificate;
	text = write_message(shape, header, &what, reads);
	sent = world_send(world, ME, TO(ANNA), text);
	free(text);
	return sent;
}

static const char from_me[] = "From: Me <me@corp.test>\nTo: anna@partner.test\n"
			      "MIME-Version: 1.0\n";
static const char from_boss[] = "From: boss@corp.test\nSender: bert@corp.test\n"
				"To: anna@partner.test\nMIME-Version: 1.0\n";

static const struct facts_signature *
signature_of(const struct sent *sent, size_t index)
{
	ck_assert_ptr_nonnull(sent->result->facts);
	ck_assert_uint_gt(sent->result->facts->signature_count, index);
	return &sent->result->facts->signatures[index];
}

static bool
is_found(const struct sent *sent, enum reason_id reason)
{
	const struct plan *plan = sent->result->plan;
	size_t i;

	ck_assert_ptr_nonnull(plan);
	for (i = 0; i < plan->signatures.count; i++) {
		if (plan->signatures.items[i].reason == reason)
			return true;
	}
	return false;
}

static void
expect_action(const struct sent *sent, enum action action)
{
	const struct message_result *result = sent->result;

	ck_assert_msg(result->action == action, "%s (%s)", action_name(result->action),
	    result->reply != NULL ? result->reply->lines[0] : "-");
}

START_TEST(a_good_signature_passes_and_its_signer_is_known)
{
	struct signed_signer signer;
	struct sent sent;

	make_world("", NEVER);
	signer = signer_of(ME);
	sent = send_signed((enum shape)_i, from_me, &signer, 1, ENTITY);
	expect_action(&sent, ACTION_PASS);
	ck_assert_uint_eq(sent.result->facts->signature_count, 1);
	ck_assert_ptr_nonnull(signature_of(&sent, 0)->id);
	ck_assert_int_eq(signature_of(&sent, 0)->id->verdict, REASON_OK);
	ck_assert_str_eq(signature_of(&sent, 0)->named->text, ME);
	ck_assert(!signature_of(&sent, 0)->unavailable);
	ck_assert_int_eq(signature_of(&sent, 0)->signature->state, LAYER_SIGNATURE_GOOD);
	ck_assert_uint_eq(sent.result->plan->signatures.count, 0);
	sent_free(&sent);
}
END_TEST

START_TEST(a_message_that_was_changed_is_refused)
{
	struct signed_signer signer;
	struct sent sent;

	make_world("", NEVER);
	signer = signer_of(ME);
	sent = send_signed((enum shape)_i, from_me, &signer, 1, CHANGED);
	expect_action(&sent, ACTION_REFUSE);
	ck_assert(is_found(&sent, REASON_SIGNATURE_INVALID));
	ck_assert_int_eq(sent.end_waits, 0);
	sent_free(&sent);
}
END_TEST

START_TEST(one_bad_signature_of_two_is_one_too_many)
{
	struct signed_signer signers[2];
	struct sent sent;

	make_world("", NEVER);
	signers[0] = signer_of(ME);
	signers[1] = signer_of(BERT);
	signers[1].key = world_key(world, ANNA);
	sent = send_signed((enum shape)_i, from_me, signers, 2, ENTITY);
	expect_action(&sent, ACTION_REFUSE);
	ck_assert_ptr_nonnull(signature_of(&sent, 0)->id);
	ck_assert_ptr_null(signature_of(&sent, 1)->id);
	sent_free(&sent);
}
END_TEST

START_TEST(an_expired_signer_is_judged_as_of_signing)
{
	const struct pki_certificate old = {.email = ME, .from_days = -30, .to_days = -2};
	struct signed_signer signer;
	struct sent sent;

	make_world("", NEVER);
	world_issue(world, ME, &old);
	signer = signer_of(ME);
	signer.signing_time = clock_wall() - (_i == 0 ? 10 : 60) * DAY;
	sent = send_signed(CLEAR, from_me, &signer, 1, ENTITY);
	expect_action(&sent, ACTION_PASS);
	ck_assert(is_found(&sent, REASON_SIGNER_EXPIRED));
	ck_assert_int_eq(signature_of(&sent, 0)->then, _i == 0 ? REASON_OK : REASON_NOT_YET_VALID);
	sent_free(&sent);
}
END_TEST

START_TEST(a_signer_is_compared_with_from_and_sender)
{
	struct signed_signer signer;
	struct sent sent;

	make_world("", NEVER);
	signer = signer_of(BERT);
	sent = send_signed(CLEAR, _i == 0 ? from_me : from_boss, &signer, 1, ENTITY);
	expect_action(&sent, ACTION_PASS);
	ck_assert_int_eq(signature_of(&sent, 0)->named != NULL, _i == 1);
	ck_assert_int_eq(is_found(&sent, REASON_SIGNER_ADDRESS_MISMATCH), _i == 0);
	sent_free(&sent);
}
END_TEST

static void
expect_met(void *context, const struct pending_authority *authority)
{
	(void)context;
	ck_assert_str_eq(authority->subject, "CN=Other CA");
	ck_assert_uint_eq(authority->domain_count, 1);
	ck_assert_str_eq(authority->domains[0], "corp.test");
}

START_TEST(a_signer_of_an_unknown_ca_is_told_and_pending)
{
	struct pending *pending = pending_new();
	struct signed_signer signer;
	struct sent sent;
	char *audit;

	world = world_new("", NEVER);
	world_snapshot(world)->pending = pending;
	world_publish(world, ME, PUBLISH_UNTRUSTED);
	world_publish(world, ANNA, PUBLISH_CERTIFICATE);
	signer = signer_of(ME);
	sent = send_signed(CLEAR, from_me, &signer, 1, ENTITY);
	expect_action(&sent, ACTION_PASS);
	ck_assert(is_found(&sent, REASON_SIGNER_UNTRUSTED));
	audit = world_audit(world);
	ck_assert_ptr_nonnull(strstr(audit, "CN=Other CA"));
	ck_assert_uint_eq(pending_count(pending), 1);
	pending_each(pending, expect_met, NULL);
	free(audit);
	sent_free(&sent);
	world_snapshot(world)->pending = NULL;
	pending_free(pending);
}
END_TEST

START_TEST(a_signer_without_certificate_is_not_judged)
{
	struct signed_signer signer;
	struct signed_what what = {.signers = &signer, .signer_count = 1};
	struct sent sent;
	char *text;

	make_world("", NEVER);
	signer = signer_of(ME);
	text = write_message(CLEAR, from_me, &what, ENTITY);
	sent = world_send(world, ME, TO(ANNA), text);
	expect_action(&sent, ACTION_PASS);
	ck_assert(is_found(&sent, REASON_SIGNATURE_UNVERIFIED));
	ck_assert_ptr_null(signature_of(&sent, 0)->id);
	ck_assert(!signature_of(&sent, 0)->unavailable);
	free(text);
	sent_free(&sent);
}
END_TEST

START_TEST(signatures_that_no_rule_checks_are_left_alone)
{
	struct signed_signer signer;
	struct sent sent;

	make_world("client-signed = accept\n", "rule \"n\" { encrypt = never }\n");
	signer = signer_of(ME);
	sent = send_signed(CLEAR, from_me, &signer, 1, CHANGED);
	expect_action(&sent, ACTION_PASS);
	ck_assert_int_eq(sent.end_waits, 0);
	ck_assert_uint_eq(sent.result->facts->signature_count, 0);
	sent_free(&sent);
}
END_TEST

START_TEST(of_many_signers_the_last_are_not_known)
{
	struct signed_signer signers[10];
	X509 *certificates[10];
	const struct pki_certificate says = {.email = ME};
	struct sent sent;
	size_t i;

	make_world("", NEVER);
	for (i = 0; i < ARRAY_LENGTH(signers); i++) {
		signers[i] = signer_of(ME);
		certificates[i] = X509_dup(world_issue(world, ME, &says));
		signers[i].certificate = certificates[i];
	}
	sent = send_signed(CLEAR, from_me, signers, ARRAY_LENGTH(signers), ENTITY);
	expect_action(&sent, ACTION_DEFER);
	ck_assert_ptr_nonnull(signature_of(&sent, 7)->id);
	ck_assert_ptr_null(signature_of(&sent, 8)->id);
	ck_assert(signature_of(&sent, 9)->unavailable);
	sent_free(&sent);
	for (i = 0; i < ARRAY_LENGTH(signers); i++)
		X509_free(certificates[i]);
}
END_TEST

/* A server that takes connections and says nothing. */
static int
listen_silently(int *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, size), 0);
	ck_assert_int_eq(listen(listener, 16), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	*port = ntohs(address.sin_port);
	return listener;
}

START_TEST(a_signer_who_is_not_known_in_time_defers)
{
	struct pki_certificate says = {.email = ME};
	struct signed_signer signer;
	char top[256];
	char point[128];
	struct sent sent;
	int port;
	int listener = listen_silently(&port);

	snprintf(top, sizeof(top),
	    "deadline = 500ms\nrevocation-timeout = 60s\nfetch-allow = { \"127.0.0.1\" }\n"
	    "fetch-ports = { \"%d\" }\nfetch-timeout = 60s\n",
	    port);
	snprintf(
	    point, sizeof(point), "crlDistributionPoints=URI:http://127.0.0.1:%d/ca.crl", port);
	says.extension = point;
	make_world(top, NEVER);
	world_issue(world, ME, &says);
	signer = signer_of(ME);
	sent = send_signed(CLEAR, from_me, &signer, 1, ENTITY);
	expect_action(&sent, ACTION_DEFER);
	ck_assert_str_eq(sent.result->reply->code, "451");
	ck_assert(is_found(&sent, REASON_SIGNER_STATUS_UNAVAILABLE));
	ck_assert(signature_of(&sent, 0)->unavailable);
	ck_assert_int_ge(sent.end_waits, 1);
	sent_free(&sent);
	close(listener);
}
END_TEST

/* The client encrypts for itself, too: that is nobody unknown. */
START_TEST(the_senders_own_copy_is_told_from_others)
{
	const char *to[] = {ANNA, _i == 0 ? ME : BERT, NULL};
	struct sent sent;
	char *text;

	make_world("", "rule \"r\" { encrypt = required }\n");
	text = world_client_encrypts(world, from_me, EVP_aes_256_cbc(), to, ENTITY);
	sent = world_send(world, ME, TO(ANNA), text);
	expect_action(&sent, ACTION_PASS);
	ck_assert_ptr_nonnull(sent.result->facts->sender_record);
	ck_assert_int_eq(sent.result->facts->sender_addressed, _i == 0);
	ck_assert_uint_eq(sent.result->facts->unclaimed, _i == 0 ? 0 : 1);
	free(text);
	sent_free(&sent);
}
END_TEST

/* _i: how far it comes. */
START_TEST(a_message_ends_while_its_signers_are_judged)
{
	struct signed_signer signer;
	struct origin origin = {.user = NULL};
	struct message *message;

	make_world("", NEVER);
	signer = signer_of(ME);
	origin_set_peer(&origin, NULL);
	message = message_new(world_snapshot(world), &origin, ME, NULL);
	ck_assert_ptr_nonnull(message);
	ck_assert(message_recipient(message, ANNA));
	message_end_of_headers(message);
	message_join(message);
	message_end_of_body(message);
	message_end_of_body(message);
	if (_i == 1)
		ck_assert_int_eq(message_end(message)->action, ACTION_PASS);
	message_free(message);
	ck_assert_ptr_nonnull(signer.key);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("signed");
	TCase *tcase = unit_case(suite, "flow");
	struct error err = ERROR_INIT;

	mail_startup();
	if (seal_startup(&err) != 0 || fetch_startup(&err) != 0)
		return EXIT_FAILURE;
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, a_good_signature_passes_and_its_signer_is_known, 0, SHAPE_COUNT);
	tcase_add_loop_test(tcase, a_message_that_was_changed_is_refused, 0, SHAPE_COUNT);
	tcase_add_loop_test(tcase, one_bad_signature_of_two_is_one_too_many, 0, SHAPE_COUNT);
	tcase_add_loop_test(tcase, an_expired_signer_is_judged_as_of_signing, 0, 2);
	tcase_add_loop_test(tcase, a_signer_is_compared_with_from_and_sender, 0, 2);
	tcase_add_test(tcase, a_signer_of_an_unknown_ca_is_told_and_pending);
	tcase_add_test(tcase, a_signer_without_certificate_is_not_judged);
	tcase_add_test(tcase, signatures_that_no_rule_checks_are_left_alone);
	tcase_add_test(tcase, of_many_signers_the_last_are_not_known);
	tcase_add_test(tcase, a_signer_who_is_not_known_in_time_defers);
	tcase_add_loop_test(tcase, the_senders_own_copy_is_told_from_others, 0, 2);
	tcase_add_loop_test(tcase, a_message_ends_while_its_signers_are_judged, 0, 2);
	return unit_run(suite);
}
