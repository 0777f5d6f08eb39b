/* Single values: how they are written, and what their defaults are. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "config/quantity.h"
#include "config/setting.h"
#include "config/value.h"
#include "test_config.h"

START_TEST(every_default_is_taken_by_its_own_parser)
{
	static union {
		struct config config;
		struct config_directory directory;
		struct config_trust trust;
		struct config_rule rule;
	} all;

	for (int kind = 0; kind < SECTION_COUNT; kind++) {
		const struct section *section = setting_section((enum section_kind)kind);

		memset(&all, 0, sizeof(all));
		for (size_t i = 0; i < section->count; i++) {
			struct error err = ERROR_INIT;

			ck_assert_msg(
			    value_default(&section->settings[i], &all, &err) == 0, "%s", err.text);
			value_free(&section->settings[i], &all);
		}
	}
}
END_TEST

START_TEST(the_words_of_each_enumeration_count_from_zero)
{
	for (int type = SETTING_mode; type <= SETTING_refuse_warn; type++) {
		const struct setting_word *word;
		unsigned count = 0;

		while ((word = setting_word((enum setting_type)type, count)) != NULL)
			ck_assert_uint_eq(word->value, count++);
		ck_assert_uint_ge(count, 2);
	}
}
END_TEST

START_TEST(policy_settings_own_no_memory)
{
	const struct section *section = setting_section(SECTION_RULE);
	size_t count = 0;

	for (size_t i = 0; i < section->count; i++) {
		const struct setting *setting = &section->settings[i];

		if (!setting->policy)
			continue;
		count++;
		ck_assert(!setting_is_list(setting) && setting->type != SETTING_STRING &&
			  setting->type != SETTING_PATH);
		ck_assert_ptr_nonnull(setting_by_name(SECTION_TOP, setting->name));
	}
	ck_assert_uint_gt(count, 5);
}
END_TEST

static const struct {
	enum setting_type type;
	const char *text;
	int64_t value; /* -1: refused */
	const char *written;
} quantities[] = {
    {SETTING_DURATION, "8s", 8000, "8s"},
    {SETTING_DURATION, "500ms", 500, "500ms"},
    {SETTING_DURATION, "90s", 90000, "90s"},
    {SETTING_DURATION, "60s", 60000, "1m"},
    {SETTING_DURATION, "24h", 86400000, "1d"},
    {SETTING_DURATION, "0", 0, "0"},
    {SETTING_DURATION, "8", -1, NULL},
    {SETTING_DURATION, "8 s", -1, NULL},
    {SETTING_DURATION, "-8s", -1, NULL},
    {SETTING_DURATION, "8S", -1, NULL},
    {SETTING_DURATION, "s", -1, NULL},
    {SETTING_DURATION, "", -1, NULL},
    {SETTING_DURATION, "9223372036854775807d", -1, NULL},
    {SETTING_DURATION, "99999999999999999999s", -1, NULL},
    {SETTING_SIZE, "256k", 262144, "256k"},
    {SETTING_SIZE, "1024k", 1048576, "1M"},
    {SETTING_SIZE, "1000", 1000, "1000"},
    {SETTING_SIZE, "2G", 2147483648, "2G"},
    {SETTING_SIZE, "2g", -1, NULL},
    {SETTING_SIZE, "0x10", -1, NULL},
    {SETTING_OCTAL, "0660", 0660, "0660"},
    {SETTING_OCTAL, "660", 0660, "0660"},
    {SETTING_OCTAL, "0680", -1, NULL},
    {SETTING_INTEGER, "17", 17, "17"},
    {SETTING_INTEGER, "1k", -1, NULL},
    {SETTING_INTEGER, "+1", -1, NULL},
};

START_TEST(quantities_are_read_and_written)
{
	struct setting setting = {quantities[_i].type, "x", "", 0, INT64_MAX, "", 0, 0, false};
	struct error err = ERROR_INIT;
	char written[QUANTITY_TEXT_SIZE];
	int64_t value = 0;

	if (quantities[_i].value < 0) {
		ck_assert_int_eq(quantity_parse(&setting, quantities[_i].text, &value, &err), -1);
		ck_assert_int_eq(err.code, ERROR_INPUT);
		return;
	}
	ck_assert_int_eq(quantity_parse(&setting, quantities[_i].text, &value, &err), 0);
	ck_assert_int_eq(value, quantities[_i].value);
	ck_assert_str_eq(quantity_format(setting.type, value, written), quantities[_i].written);
}
END_TEST

static const struct {
	const char *network;
	const char *peer;
	bool contained;
} peers[] = {
    {"127.0.0.0/8", "127.255.0.1", true},
    {"127.0.0.0/8", "128.0.0.1", false},
    {"127.0.0.0/8", "::ffff:127.0.0.1", true},
    {"127.0.0.0/8", "::1", false},
    {"::1", "::1", true},
    {"::1", "::2", false},
    {"192.0.2.128/25", "192.0.2.129", true},
    {"192.0.2.128/25", "192.0.2.127", false},
    {"192.0.2.7", "192.0.2.7", true},
    {"192.0.2.7", "192.0.2.6", false},
    {"0.0.0.0/0", "203.0.113.9", true},
    {"0.0.0.0/0", "2001:db8::1", false},
    {"::/0", "203.0.113.9", true},
    {"2001:db8::/33", "2001:db8:7fff::1", true},
    {"2001:db8::/33", "2001:db8:8000::1", false},
};

START_TEST(a_peer_lies_in_a_network_or_not)
{
	char text[200];
	struct config *config;
	struct sockaddr_in ipv4 = {.sin_family = AF_INET};
	struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};
	const struct sockaddr *peer = (const struct sockaddr *)(const void *)&ipv6;

	if (inet_pton(AF_INET, peers[_i].peer, &ipv4.sin_addr) == 1)
		peer = (const struct sockaddr *)(const void *)&ipv4;
	else
		ck_assert_int_eq(inet_pton(AF_INET6, peers[_i].peer, &ipv6.sin6_addr), 1);
	snprintf(text, sizeof(text), "internal-hosts = { \"%s\" }", peers[_i].network);
	config = test_load_fine(text);
	ck_assert_uint_eq(config->internal_hosts.count, 1);
	ck_assert_int_eq(
	    config_networks_contain(&config->internal_hosts, peer), peers[_i].contained);
	config_unref(config);
}
END_TEST

START_TEST(an_empty_list_is_empty_not_the_default)
{
	struct sockaddr_in loopback = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct sockaddr local = {.sa_family = AF_UNIX};
	const struct sockaddr *peer = (const struct sockaddr *)(const void *)&loopback;
	struct config *set = test_load_fine("internal-hosts = { }");
	struct config *unset = test_load_fine("");

	ck_assert_uint_eq(set->internal_hosts.count, 0);
	ck_assert(!config_networks_contain(&set->internal_hosts, peer));
	ck_assert(config_networks_contain(&unset->internal_hosts, peer));
	ck_assert(!config_networks_contain(&unset->internal_hosts, &local));
	config_unref(set);
	config_unref(unset);
}
END_TEST

START_TEST(a_list_of_one_needs_no_braces)
{
	struct config *config = test_load_fine("internal-hosts = \"192.0.2.0/24\"");

	ck_assert_uint_eq(config->internal_hosts.count, 1);
	config_unref(config);
}
END_TEST

START_TEST(strings_are_taken_literally)
{
	struct config *config =
	    test_load_fine("contact = 'a \"b\" ${HOME} \\\\ #c'\n"
			   "audit-file=\"/tmp/a \\\"b\\\" \\\\c // /* d\" // comment\n"
			   "/* comment = \"\n */ cache-folder = /var/x//y # \"\n");

	ck_assert_str_eq(config->contact, "a \"b\" ${HOME} \\ #c");
	ck_assert_str_eq(config->audit_file, "/tmp/a \"b\" \\c // /* d");
	ck_assert_str_eq(config->cache_folder, "/var/x//y");
	config_unref(config);
}
END_TEST

START_TEST(booleans_have_three_spellings)
{
	struct config *config = test_load_fine("audit-syslog = No");

	ck_assert(!config->audit_syslog);
	config_unref(config);
	config = test_load_fine("audit-syslog = off");
	ck_assert(!config->audit_syslog);
	config_unref(config);
	config = test_load_fine("audit-syslog = true");
	ck_assert(config->audit_syslog);
	config_unref(config);
}
END_TEST

START_TEST(line_ends_of_windows_are_taken)
{
	struct config *config = test_load_fine("mode = observe\r\n# x\r\ncontact = \"y\"\r\n");

	ck_assert_int_eq(config->policy.mode, MODE_OBSERVE);
	ck_assert_str_eq(config->contact, "y");
	config_unref(config);
}
END_TEST

TCase *
test_config_values(void)
{
	TCase *tcase = tcase_create("values");

	tcase_add_test(tcase, every_default_is_taken_by_its_own_parser);
	tcase_add_test(tcase, the_words_of_each_enumeration_count_from_zero);
	tcase_add_test(tcase, policy_settings_own_no_memory);
	tcase_add_loop_test(
	    tcase, quantities_are_read_and_written, 0, (int)ARRAY_LENGTH(quantities));
	tcase_add_loop_test(tcase, a_peer_lies_in_a_network_or_not, 0, (int)ARRAY_LENGTH(peers));
	tcase_add_test(tcase, an_empty_list_is_empty_not_the_default);
	tcase_add_test(tcase, a_list_of_one_needs_no_braces);
	tcase_add_test(tcase, strings_are_taken_literally);
	tcase_add_test(tcase, booleans_have_three_spellings);
	tcase_add_test(tcase, line_ends_of_windows_are_taken);
	return tcase;
}
