/* Starting OpenSSL: whatever the system's configuration says, there is no legacy provider. One
 * process a case: OpenSSL reads its configuration once. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fetch/startup.h"
#include "smime/seal.h"
#include "unit.h"

static char path[] = "/tmp/smime-milter-openssl.XXXXXX";

/* An openssl.cnf that activates the legacy provider. */
static void
write_configuration(void)
{
	static const char text[] = "openssl_conf = init\n"
				   "[init]\nproviders = providers\n"
				   "[providers]\ndefault = on\nlegacy = on\n"
				   "[on]\nactivate = 1\n";
	int file = mkstemp(path);

	ck_assert_int_ne(file, -1);
	ck_assert_int_eq((int)write(file, text, strlen(text)), (int)strlen(text));
	close(file);
	ck_assert_int_eq(setenv("OPENSSL_CONF", path, 1), 0);
}

static void
remove_configuration(void)
{
	unlink(path);
}

static bool
rc2_is_there(void)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "RC2-40-CBC", NULL);
	bool there = cipher != NULL;

	EVP_CIPHER_free(cipher);
	return there;
}

START_TEST(the_configuration_would_bring_rc2)
{
	ck_assert(rc2_is_there());
}
END_TEST

START_TEST(once_started_there_is_no_rc2)
{
	struct error err = ERROR_INIT;

	ck_assert_msg(seal_startup(&err) == 0, "%s", err.text);
	ck_assert(!rc2_is_there());
	ck_assert_int_eq(OSSL_PROVIDER_available(NULL, "legacy"), 0);
	ck_assert_int_eq(OSSL_PROVIDER_available(NULL, "default"), 1);
	ck_assert_msg(seal_startup(&err) == 0, "%s", err.text);
}
END_TEST

START_TEST(libcurl_brings_no_rc2_either)
{
	struct error err = ERROR_INIT;

	ck_assert_msg(seal_startup(&err) == 0, "%s", err.text);
	ck_assert_msg(fetch_startup(&err) == 0, "%s", err.text);
	ck_assert(!rc2_is_there());
	ck_assert_int_eq(OSSL_PROVIDER_available(NULL, "legacy"), 0);
	fetch_shutdown();
}
END_TEST

START_TEST(where_legacy_is_active_already_starting_fails)
{
	struct error err = ERROR_INIT;

	ck_assert(rc2_is_there());
	ck_assert_int_eq(seal_startup(&err), -1);
	ck_assert_int_eq(err.code, ERROR_INTERNAL);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("startup");
	TCase *tcase = unit_case(suite, "startup");

	setenv("CK_FORK", "yes", 1);
	tcase_add_checked_fixture(tcase, write_configuration, remove_configuration);
	tcase_add_test(tcase, the_configuration_would_bring_rc2);
	tcase_add_test(tcase, once_started_there_is_no_rc2);
	tcase_add_test(tcase, libcurl_brings_no_rc2_either);
	tcase_add_test(tcase, where_legacy_is_active_already_starting_fails);
	return unit_run(suite);
}
