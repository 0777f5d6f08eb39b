/*
 * The configuration: what a file says, checked as a whole, as an immutable, reference-counted
 * struct. Its members come from the one list in settings.def. Loading is for one thread; a loaded
 * config may be read by any.
 */
#ifndef SMIME_CONFIG_CONFIG_H
#define SMIME_CONFIG_CONFIG_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/compiler.h"
#include "base/error.h"
#include "mail/address.h"
#include "tables/cipher.h"

/* enum config_mode { MODE_ENFORCE, MODE_OBSERVE }, … : written out because the preprocessor can't
 * group rows; a unit test holds each to its row's place. */
enum config_mode { MODE_ENFORCE, MODE_OBSERVE };
enum config_log_to { LOG_CHOICE_AUTO, LOG_CHOICE_STDERR, LOG_CHOICE_SYSLOG };
enum config_log_severity {
	LOG_SEVERITY_ERROR,
	LOG_SEVERITY_WARNING,
	LOG_SEVERITY_INFO,
	LOG_SEVERITY_DEBUG,
};
enum config_audit_failure { AUDIT_FAILURE_DEFER, AUDIT_FAILURE_DELIVER };
enum config_local_part { LOCAL_PART_IGNORE_CASE, LOCAL_PART_EXACT };
enum config_directory_kind { DIRECTORY_INETORGPERSON, DIRECTORY_ACTIVE_DIRECTORY };
enum config_scope { SCOPE_SUB, SCOPE_ONE, SCOPE_BASE };
enum config_tls_mode { TLS_REQUIRED, TLS_NEVER };
enum config_tls_minimum { TLS_MINIMUM_1_2, TLS_MINIMUM_1_3 };
enum config_bind_method { BIND_SIMPLE, BIND_EXTERNAL };
enum config_server_order { SERVER_ORDER_LISTED, SERVER_ORDER_SPREAD };
enum config_when_found { WHEN_FOUND_STOP, WHEN_FOUND_CONTINUE };
enum config_directory_case { DIRECTORY_CASE_DEFAULT, DIRECTORY_CASE_IGNORE, DIRECTORY_CASE_EXACT };
enum config_groups { GROUPS_IGNORE, GROUPS_EXPAND };
enum config_revocation { REVOCATION_OFF, REVOCATION_SOFT, REVOCATION_HARD };
enum config_min_digest {
	MIN_DIGEST_SHA1,
	MIN_DIGEST_SHA224,
	MIN_DIGEST_SHA256,
	MIN_DIGEST_SHA384,
};
enum config_encrypt { ENCRYPT_REQUIRED, ENCRYPT_PREFERRED, ENCRYPT_NEVER };
enum config_unknown_capabilities { UNKNOWN_ASSUME, UNKNOWN_REFUSE };
enum config_digital_ids { DIGITAL_IDS_ALL, DIGITAL_IDS_PREFERRED };
enum config_pass_refuse { PASS, REFUSE };
enum config_defer_pass { UNAVAILABLE_DEFER, UNAVAILABLE_PASS };
enum config_bcc { BCC_REFUSE, BCC_REVEAL };
enum config_accept_refuse { ACCEPT, REJECT };
enum config_client_encrypted {
	CLIENT_ENCRYPTED_CHECK,
	CLIENT_ENCRYPTED_ACCEPT,
	CLIENT_ENCRYPTED_REFUSE
};
enum config_client_signed { CLIENT_SIGNED_CHECK, CLIENT_SIGNED_ACCEPT };
enum config_refuse_warn { FINDING_REFUSE, FINDING_WARN };

struct strings {
	char **items;
	size_t count;
};

struct patterns {
	struct address_pattern *items;
	size_t count;
};

/* A network as an IPv6 prefix; IPv4 as v4-mapped with bits + 96. */
struct network {
	struct in6_addr address;
	int bits;
};

struct networks {
	struct network *items;
	size_t count;
};

typedef char *setting_STRING;
typedef char *setting_PATH;
typedef int64_t setting_INTEGER;
typedef int64_t setting_OCTAL;
typedef int64_t setting_SIZE;
typedef int64_t setting_DURATION;
typedef bool setting_BOOLEAN;
typedef const struct cipher *setting_CIPHER;
typedef struct strings setting_STRINGS;
typedef struct strings setting_DOMAINS;
typedef struct patterns setting_PATTERNS;
typedef struct networks setting_NETWORKS;
typedef enum config_mode setting_mode;
typedef enum config_log_to setting_log_to;
typedef enum config_log_severity setting_log_severity;
typedef enum config_audit_failure setting_audit_failure;
typedef enum config_local_part setting_local_part;
typedef enum config_directory_kind setting_directory_kind;
typedef enum config_scope setting_scope;
typedef enum config_tls_mode setting_tls_mode;
typedef enum config_tls_minimum setting_tls_minimum;
typedef enum config_bind_method setting_bind_method;
typedef enum config_server_order setting_server_order;
typedef enum config_when_found setting_when_found;
typedef enum config_directory_case setting_directory_case;
typedef enum config_groups setting_groups;
typedef enum config_revocation setting_revocation;
typedef enum config_min_digest setting_min_digest;
typedef enum config_encrypt setting_encrypt;
typedef enum config_unknown_capabilities setting_unknown_capabilities;
typedef enum config_digital_ids setting_digital_ids;
typedef enum config_pass_refuse setting_pass_refuse;
typedef enum config_defer_pass setting_defer_pass;
typedef enum config_bcc setting_bcc;
typedef enum config_accept_refuse setting_accept_refuse;
typedef enum config_client_encrypted setting_client_encrypted;
typedef enum config_client_signed setting_client_signed;
typedef enum config_refuse_warn setting_refuse_warn;

#define CONFIG_MEMBER(type, member, name, value, min, max, help) setting_##type member;

/* Strings and paths are never NULL: "" is not set. */

/* What may stand at the top level and in a rule. In a rule, what it doesn't say is already filled
 * in from the top level. */
struct config_policy {
#define POLICY CONFIG_MEMBER
#include "config/settings.def"
};

/* Servers of one directory section, in uri and referrals together. */
#define CONFIG_SERVERS_MAX 64

struct config_directory {
	char *title;
	int line;
#define DIRECTORY CONFIG_MEMBER
#include "config/settings.def"
};

struct config_trust {
	char *title;
	int line;
#define TRUST CONFIG_MEMBER
#include "config/settings.def"
};

struct config_rule {
	char *title;
	int line;
#define MATCH CONFIG_MEMBER
#include "config/settings.def"
	struct config_policy policy;
};

struct config {
	char *file;
	bool control_socket_is_set; /* in the file: not the default */
#define TOP CONFIG_MEMBER
#include "config/settings.def"
	struct config_policy policy; /* the top level's */
	struct config_directory *directories;
	size_t directory_count;
	struct config_trust *trusts;
	size_t trust_count;
	struct config_rule *rules;
	size_t rule_count;
	int references; /* config_ref/config_unref only */
};

/* The file of both programs, unless they are given another; and where "make install" puts a sample. */
#define CONFIG_DEFAULT_FILE SYSCONFDIR "/smime-milter/smime-milter.conf"
#define CONFIG_SAMPLE_FILE CONFIG_DEFAULT_FILE ".sample"

/* Something wrong with the file: "smime-milter.conf:12: …", one line each, untrusted text escaped.
 */
struct config_problems {
	char **items;
	size_t count;
};

/*
 * Reads and checks a file: the first error of syntax, or every error of meaning at once (unknown
 * names with the nearest known one, wrong types and ranges, two sections of one title, rules that
 * can never match, a directory with both or neither of ldif and uri, a cipher that can't be made
 * …). NULL if there is any; *problems says which, else is empty. Free with config_problems_free().
 */
struct config *config_load(const char *file, struct config_problems *problems);
void config_problems_free(struct config_problems *problems);

/* Atomic; config_unref(NULL) is legal. */
struct config *config_ref(struct config *config);
void config_unref(struct config *config);

/* A trust section that says nothing, without a title: the defaults of the settings. Clear it also on
 * error. */
MUST_CHECK int config_trust_default(struct config_trust *trust, struct error *err);
void config_trust_clear(struct config_trust *trust);

/* Whether the address (of an AF_INET or AF_INET6 peer) lies in one of the networks. */
struct sockaddr;
bool config_networks_contain(const struct networks *networks, const struct sockaddr *peer);

/* Writes the commented sample configuration's settings part, and the settings part of the manual
 * page (man(7) macros): both from the one list. Used by the build. 0/-1 (errno of the stream). */
MUST_CHECK int config_write_sample(FILE *out);
MUST_CHECK int config_write_manual(FILE *out);

#endif
