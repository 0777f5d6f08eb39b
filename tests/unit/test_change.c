/* Changes of an entry: which values go and come, and the LDIF that does it and takes it back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ldap.h>
#include <ldif.h> /* needs what stands above */

#include "directory/change.h"
#include "unit.h"

static struct config_directory directory = {.title = (char *)"gal",
    .smime_attribute = (char *)"userSMIMECertificate",
    .certificate_attribute = (char *)"userCertificate",
    .ca_attribute = (char *)"cACertificate",
    .values_limit = 100,
    .value_size_limit = 1000};
static struct census_value values[8];
static struct census_entry entry;
static struct change *change;
static struct buffer buffer;
static struct error err;

static void
setup(void)
{
	static const struct error none = ERROR_INIT;

	err = none;
	memset(&entry, 0, sizeof(entry));
	entry.dn = (char *)"uid=anna,dc=x";
	entry.csn = (char *)"20261125120000.000000Z#000000#000#000000";
	entry.values = values;
	directory.kind = DIRECTORY_INETORGPERSON;
}

static void
teardown(void)
{
	change_free(change);
	buffer_free(&buffer);
}

static void
add(enum finding_kind kind, const char *name, const char *bytes)
{
	values[entry.value_count++] = (struct census_value){.kind = kind,
	    .name = (char *)name,
	    .value = (unsigned char *)bytes,
	    .size = bytes != NULL ? strlen(bytes) : 5000};
}

static void
begin(void)
{
	change = change_new(&directory, &entry, &err);
	ck_assert_msg(change != NULL, "%s", err.text);
}

static const char *
ldif(bool undo)
{
	buffer_clear(&buffer);
	ck_assert_msg(change_append_ldif(change, undo, &buffer, &err) == 0, "%s", err.text);
	return buffer.data;
}

START_TEST(a_certificate_is_deleted_by_its_value_and_added_again)
{
	add(FINDING_CERTIFICATE, "userCertificate;binary", "one");
	add(FINDING_CERTIFICATE, "userCertificate;binary", "two");
	begin();
	ck_assert_uint_eq(change_count(change), 0);
	change_remove(change, &values[0]);
	change_remove(change, &values[0]);
	ck_assert_uint_eq(change_count(change), 1);
	ck_assert_int_eq(change_settle(change, NULL, &err), 0);
	ck_assert_str_eq(ldif(false), "dn: uid=anna,dc=x\nchangetype: modify\n"
				      "delete: userCertificate;binary\n"
				      "userCertificate;binary:: b25l\n-\n\n");
	ck_assert_str_eq(ldif(true), "dn: uid=anna,dc=x\nchangetype: modify\n"
				     "add: userCertificate;binary\n"
				     "userCertificate;binary:: b25l\n-\n\n");
}
END_TEST

START_TEST(without_an_equality_rule_the_attribute_is_replaced_by_what_stays)
{
	add(FINDING_BLOB, "userSMIMECertificate", "one");
	add(FINDING_BLOB, "userSMIMECertificate", "two");
	begin();
	change_remove(change, &values[0]);
	ck_assert_int_eq(change_add(change, FINDING_BLOB, "new", 3, &err), 0);
	ck_assert_int_eq(change_settle(change, NULL, &err), 0);
	ck_assert_str_eq(ldif(false), "dn: uid=anna,dc=x\nchangetype: modify\n"
				      "replace: userSMIMECertificate\nuserSMIMECertificate:: dHdv\n"
				      "userSMIMECertificate:: bmV3\n-\n\n");
	ck_assert_str_eq(ldif(true), "dn: uid=anna,dc=x\nchangetype: modify\n"
				     "replace: userSMIMECertificate\nuserSMIMECertificate:: b25l\n"
				     "userSMIMECertificate:: dHdv\n-\n\n");
	change_remove(change, &values[1]);
	ck_assert_uint_eq(change_sum(change, FINDING_BLOB).removed, 2);
	ck_assert_uint_eq(change_sum(change, FINDING_BLOB).added, 1);
	ck_assert_uint_eq(change_sum(change, FINDING_BLOB).kept, 0);
}
END_TEST

START_TEST(the_last_value_leaves_no_attribute)
{
	add(FINDING_BLOB, "userSMIMECertificate", "one");
	begin();
	change_remove(change, &values[0]);
	ck_assert_int_eq(change_settle(change, NULL, &err), 0);
	ck_assert_ptr_nonnull(strstr(ldif(false), "\nreplace: userSMIMECertificate\n-\n\n"));
}
END_TEST

START_TEST(what_is_there_already_is_not_added_and_what_comes_not_removed)
{
	add(FINDING_CERTIFICATE, "userCertificate;binary", "one");
	begin();
	ck_assert_int_eq(change_add(change, FINDING_CERTIFICATE, "one", 3, &err), 0);
	ck_assert_uint_eq(change_count(change), 0);
	change_remove(change, &values[0]);
	ck_assert_int_eq(change_add(change, FINDING_CERTIFICATE, "one", 3, &err), 0);
	ck_assert_uint_eq(change_count(change), 0);
}
END_TEST

START_TEST(names_are_those_of_the_server_and_else_the_usual_ones)
{
	begin();
	ck_assert_str_eq(change_sum(change, FINDING_BLOB).name, "userSMIMECertificate");
	ck_assert_str_eq(change_sum(change, FINDING_CERTIFICATE).name, "userCertificate;binary");
	change_free(change);
	directory.kind = DIRECTORY_ACTIVE_DIRECTORY;
	begin();
	ck_assert_str_eq(change_sum(change, FINDING_CERTIFICATE).name, "userCertificate");
	change_free(change);
	/* One that answers under both names; and the same value twice. */
	add(FINDING_CERTIFICATE, "userCertificate", "one");
	add(FINDING_CERTIFICATE, "userCertificate;binary", "one");
	add(FINDING_BLOB, "USERSMIMECERTIFICATE;binary", "two");
	begin();
	ck_assert_str_eq(change_sum(change, FINDING_CERTIFICATE).name, "userCertificate;binary");
	ck_assert_uint_eq(change_sum(change, FINDING_CERTIFICATE).kept, 1);
	ck_assert_str_eq(change_sum(change, FINDING_BLOB).name, "USERSMIMECERTIFICATE;binary");
}
END_TEST

START_TEST(nothing_is_replaced_of_which_not_all_is_known)
{
	add(FINDING_BLOB, "userSMIMECertificate", "one");
	add(FINDING_BLOB, "userSMIMECertificate", NULL);
	begin();
	change_remove(change, &values[1]); /* unknown: it stays */
	ck_assert_uint_eq(change_count(change), 0);
	change_remove(change, &values[0]);
	ck_assert_int_eq(change_settle(change, NULL, &err), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	change_free(change);
	entry.value_count = 1;
	entry.left_out = 1;
	begin();
	change_remove(change, &values[0]);
	ck_assert_int_eq(change_settle(change, NULL, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "values-limit"));
}
END_TEST

START_TEST(values_under_other_names_are_left_alone)
{
	add(FINDING_CERTIFICATE, "userCertificate;range=0-1499", "one");
	add(FINDING_BLOB, "userSMIMECertificate;x\ndn: cn=other", "two");
	add(FINDING_BLOB, "userSMIMECertificate", "three");
	begin();
	change_remove(change, &values[0]);
	change_remove(change, &values[1]);
	ck_assert_uint_eq(change_count(change), 0);
	ck_assert_str_eq(change_sum(change, FINDING_CERTIFICATE).name, "userCertificate;binary");
	ck_assert_str_eq(change_sum(change, FINDING_BLOB).name, "userSMIMECertificate");
	change_remove(change, &values[2]);
	ck_assert_int_eq(change_settle(change, NULL, &err), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
}
END_TEST

/* libldap reads what is written: any name of an entry, and values of any length. */
START_TEST(ldif_of_any_name_and_length_is_read_back)
{
	char large[900];
	struct berval record;
	LDIFRecord parsed;
	char *text;

	memset(large, 'x', sizeof(large));
	large[sizeof(large) - 1] = '\0';
	entry.dn = (char *)" cn=J\xc3\xb6rg\\, \n:<,dc=x";
	add(FINDING_BLOB, "userSMIMECertificate", large);
	add(FINDING_CERTIFICATE, "userCertificate;binary", "one");
	begin();
	change_remove(change, &values[1]);
	ck_assert_int_eq(change_add(change, FINDING_BLOB, "", 0, &err), 0);
	ck_assert_int_eq(change_settle(change, NULL, &err), 0);
	text = strdup(ldif(false));
	ck_assert_ptr_nonnull(text);
	record.bv_val = text; /* which the reading moves on */
	record.bv_len = strlen(record.bv_val);
	ck_assert_int_eq(
	    ldap_parse_ldif_record(&record, 1, &parsed, "test", LDIF_NO_CONTROLS), LDAP_SUCCESS);
	ck_assert_uint_eq(parsed.lr_op, LDAP_REQ_MODIFY);
	ck_assert_str_eq(parsed.lr_dn.bv_val, entry.dn);
	ck_assert_int_eq(parsed.lrop_mods[0]->mod_op & ~LDAP_MOD_BVALUES, LDAP_MOD_REPLACE);
	ck_assert_str_eq(parsed.lrop_mods[0]->mod_bvalues[0]->bv_val, large);
	ck_assert_int_eq(parsed.lrop_mods[1]->mod_op & ~LDAP_MOD_BVALUES, LDAP_MOD_DELETE);
	ck_assert_str_eq(parsed.lrop_mods[1]->mod_bvalues[0]->bv_val, "one");
	ldap_ldif_record_done(&parsed);
	free(text);
}
END_TEST

START_TEST(an_assertion_is_of_an_entrycsn_and_of_nothing_else)
{
	static const char *const wrong[] = {"", "*", "x)(cn=*", "2026 ", "\\2a"};
	size_t i;

	ck_assert_int_eq(writer_assertion(entry.csn, &buffer, &err), 0);
	/* [3] equalityMatch of two OCTET STRINGs (RFC 4511 section 4.5.1). */
	ck_assert_uint_eq((unsigned char)buffer.data[0], 0xa3);
	ck_assert_uint_gt(buffer.size, strlen(entry.csn));
	ck_assert_mem_eq(
	    buffer.data + buffer.size - strlen(entry.csn), entry.csn, strlen(entry.csn));
	for (i = 0; i < ARRAY_LENGTH(wrong); i++)
		ck_assert_int_eq(writer_assertion(wrong[i], &buffer, &err), -1);
}
END_TEST

START_TEST(findings_are_what_would_be_there)
{
	struct findings *findings;

	add(FINDING_BLOB, "userSMIMECertificate", "one");
	add(FINDING_CERTIFICATE, "userCertificate;binary", "two");
	add(FINDING_CA, "cACertificate;binary", "ca");
	begin();
	change_remove(change, &values[0]);
	ck_assert_int_eq(change_add(change, FINDING_BLOB, "new", 3, &err), 0);
	findings = change_findings(change, &entry, &err);
	ck_assert_ptr_nonnull(findings);
	ck_assert_uint_eq(findings->count, 3);
	ck_assert_int_eq(findings->items[0].kind, FINDING_CA);
	ck_assert_mem_eq(findings->items[1].value, "new", 3);
	ck_assert_str_eq(findings->items[1].attribute, "userSMIMECertificate");
	ck_assert_mem_eq(findings->items[2].value, "two", 3);
	findings_unref(findings);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("change");
	TCase *tcase = unit_case(suite, "change");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_certificate_is_deleted_by_its_value_and_added_again);
	tcase_add_test(tcase, without_an_equality_rule_the_attribute_is_replaced_by_what_stays);
	tcase_add_test(tcase, the_last_value_leaves_no_attribute);
	tcase_add_test(tcase, what_is_there_already_is_not_added_and_what_comes_not_removed);
	tcase_add_test(tcase, names_are_those_of_the_server_and_else_the_usual_ones);
	tcase_add_test(tcase, nothing_is_replaced_of_which_not_all_is_known);
	tcase_add_test(tcase, values_under_other_names_are_left_alone);
	tcase_add_test(tcase, ldif_of_any_name_and_length_is_read_back);
	tcase_add_test(tcase, an_assertion_is_of_an_entrycsn_and_of_nothing_else);
	tcase_add_test(tcase, findings_are_what_would_be_there);
	return unit_run(suite);
}
