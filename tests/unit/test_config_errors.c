/* What is refused, in which words, on which line. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/check.h"
#include "test_config.h"

/* A path that is longer than a socket's may be. */
#define TEN "0123456789"
#define LONG TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

/* Lines before which rules can stand. */
#define BASIS "directory a { ldif=\"@F@\" } trust a { anchors=\"@F@\" }\n"
#define LDAP "base=\"o=x\" uri=\"ldaps://h\" "
#define GAL "directory gal { " LDAP "}\n"
#define CLIENT "tls-certificate=\"@F@\" tls-key=\"@F@\" "

/* 64 servers. */
#define FOUR(name)                                                                             \
	"\"ldaps://" name "1\", \"ldaps://" name "2\", \"ldaps://" name "3\", \"ldaps://" name \
	"4\", "
#define SIXTEEN(name) FOUR(name "1") FOUR(name "2") FOUR(name "3") FOUR(name "4")
#define MANY SIXTEEN("a") SIXTEEN("b") SIXTEEN("c") SIXTEEN("d")

#define NO_DN                                                                               \
	"its parts must be attribute=value, with commas between them; in a value a comma, " \
	"plus, quote, backslash, semicolon, < or > needs a backslash before it"

static const struct {
	const char *text;
	const char *problem;
} refusals[] = {
    /* Names. */
    {"\nflorr = x", "2: unknown setting \"florr\": did you mean \"floor\"?"},
    {"zebra = { a, b }\n", "1: unknown setting \"zebra\""},
    {"uri = x", "1: \"uri\" is not a setting of the top level: it belongs in a directory section"},
    {"trust t { anchors = \"@F@\"\n deadline = 1s }",
	"2: \"deadline\" is not a setting of a trust section: it belongs at the top level"},
    {"trust t { anchors = \"@F@\"\n floor = 3des }",
	"2: \"floor\" is not a setting of a trust section: it belongs at the top level or in a "
	"rule "
	"section"},
    {BASIS "rule r { domains = a }",
	"2: \"domains\" is not a setting of a rule section: it belongs in a directory section"},
    {"rule = x", "1: \"rule\" is a section, written rule \"title\" { … }"},
    {"ruel \"x\" { a = b c = { d } }", "1: unknown section \"ruel\": did you mean \"rule\"?"},
    {"zebra { }", "1: unknown section \"zebra\": there are directory, trust and rule"},
    {"rule { encrypt = never }", "1: a section needs a title: rule \"title\" { … }"},
    {"rule \"\" { encrypt = never }",
	"1: the title of a section has from 1 to 64 bytes, without backslash"},
    {"rule a { encrypt = never users = x }\ntrust a { anchors = \"@F@\" }\nrule a { encrypt = "
     "never }",
	"3: there are two sections rule \"a\": already on line 1"},
    {"mode = observe\n\nmode = enforce", "3: mode is set twice: already on line 1"},
    {"\"mode\" = observe", "1: the name of a setting is written without quotes"},
    {"rule a { encrypt = never }\nrule|mode = observe", "2: unknown setting \"rule|mode\""},
    {"include(\"@F@\")", "1: \"(\" must stand in quotes"},
    {"fetch-ports = { \"80\", \"0x50\" }",
	"1: fetch-ports: \"0x50\" is not a number from 1 to 65535"},
    {"fetch-ports = { \"65536\" }", "1: fetch-ports: \"65536\" is not a number from 1 to 65535"},
    {"fetch-ports = { \"0\" }", "1: fetch-ports: \"0\" is not a number from 1 to 65535"},
    {"fetch-ports = { }",
	"1: fetch-ports: without a port nothing can be fetched; fetch = no says so"},
    {"fetch-allow = { \"10.1.2.3/8\" }", "1: fetch-allow: \"10.1.2.3/8\" has bits set behind its "
					 "prefix: give the first address of the network"},
    /* Syntax. */
    {"\nmode observe", "2: syntax: missing equal sign after option 'mode'"},
    {"mode =", "1: syntax: premature end of file"},
    {"mode = observe }", "1: unexpected \"}\""},
    {"rule a { encrypt = }", "1: unexpected \"}\""},
    {"mode = , observe", "1: unexpected \",\": several values stand in braces, { \"a\", \"b\" }; "
			 "one that holds a comma "
			 "in quotes"},
    {"= x", "1: unexpected \"=\": a value that holds one, such as a DN, is written in quotes"},
    {"directory d {\nbase = dc=x,dc=y }",
	"2: unexpected \"=\": a value that holds one, such as a DN, is written in quotes"},
    {"directory d {\nsearch-timeout: 3s }",
	"2: syntax: no such option 'search-timeout:': a setting is written name = value"},
    {"{ }", "1: unexpected \"{\""},
    {"\nrule a { encrypt = never\n", "2: a section is not closed: } is missing"},
    {"rule a { encrypt = never\nrule b { encrypt = never }\n",
	"2: a section can't stand in a section: is the } of the one on line 1 missing?"},
    {"internal-hosts = {\n\"::1\"", "1: a list is not closed: } is missing"},
    {"internal-hosts = { { \"::1\" } }", "1: a list can't stand in a list"},
    {"internal-hosts = { \"::1\" \"::2\" }", "1: syntax: unexpected token '::2'"},
    {"internal-hosts += { \"::1\" }", "1: lists can't be added to: write the whole list with ="},
    {BASIS "rule r { recipients = { * } }", "2: \"*\" must stand in quotes"},
    {"\ncontact = \"a\nb\"", "2: a string is not closed on its line"},
    {"contact = 'a", "1: a string is not closed on its line"},
    {"contact = \"a\\", "1: a string is not closed on its line"},
    {"/* a\n", "1: a comment is not closed: */ is missing"},
    {"contact = \"a\\x00b\"", "1: a backslash in \"…\" must stand before a quote or another "
			      "backslash; in '…' it stands for itself"},
    {"contact = \"a\001b\"", "1: a control character in a string"},
    {"con\001tact = a", "1: a control character"},
    {"contact = \"${HOME}\"",
	"1: \"${\" is not taken here: variables are not expanded; quote it with ' instead"},
    {"contact = ${HOME}",
	"1: \"${\" is not taken here: variables are not expanded; quote it with ' instead"},
    /* Values, and lines behind comments of every kind. */
    {"# a\n// b\n/* c\n d */ floor = \"aes-128\" # e",
	"4: floor: \"aes-128\" is not a cipher: one of 3des, aes128-cbc, aes128-gcm, aes192-cbc, "
	"aes256-cbc, aes256-gcm"},
    {"assumed-cipher = rc2-40",
	"1: assumed-cipher: \"rc2-40\" is only recognised, never made: one of 3des, aes128-cbc, "
	"aes128-gcm, aes192-cbc, aes256-cbc, aes256-gcm"},
    {"floor = rc4", "1: floor: \"rc4\" is only recognised, never made: one of 3des, aes128-cbc, "
		    "aes128-gcm, aes192-cbc, aes256-cbc, aes256-gcm"},
    {"mode = { observe }", "1: mode takes one value, not a list"},
    {"mode = obey", "1: mode: \"obey\" is not one of enforce, observe"},
    {"deadline = 8", "1: deadline: \"8\" is not a duration such as 500ms, 8s, 10m, 1h or 1d"},
    {"deadline = 3m", "1: deadline: \"3m\" is out of range: from 100ms to 2m"},
    {"spool-memory = 1k", "1: spool-memory: \"1k\" is out of range: from 4k to 64M"},
    {"spool-memory = lots",
	"1: spool-memory: \"lots\" is not a size such as 4096, 256k, 64M or 2G"},
    {"socket-mode = 0888", "1: socket-mode: \"0888\" is not permissions in octal such as 0660"},
    {"socket-mode = 1777", "1: socket-mode: \"1777\" is out of range: from 0000 to 0777"},
    {"recipients-limit = 0", "1: recipients-limit: \"0\" is out of range: from 1 to 50000"},
    {"audit-syslog = maybe", "1: audit-syslog: \"maybe\" is not yes or no"},
    {"audit-file = \"a/b\"",
	"1: audit-file: \"a/b\" is not an absolute path: it must begin with /"},
    {"internal-hosts = {\n\"::1\",\n\"192.0.2.1/33\" }",
	"3: internal-hosts: \"192.0.2.1/33\" is not a network such as 192.0.2.0/24 or "
	"2001:db8::/32"},
    {"internal-hosts = \"192.0.2.1/24\"", "1: internal-hosts: \"192.0.2.1/24\" has bits set behind "
					  "its prefix: give the first address "
					  "of the network"},
    {"internal-hosts = example.org", "1: internal-hosts: \"example.org\" is not a network such as "
				     "192.0.2.0/24 or 2001:db8::/32"},
    {"internal-hosts = \"\"", "1: internal-hosts: \"\" is not a network such as 192.0.2.0/24 or "
			      "2001:db8::/32"},
    {"listen = tcp:8891", "1: listen: expected unix:PATH, inet:PORT@HOST, inet6:PORT@HOST or fd:N"},
    {"listen = unix:milter.sock", "1: listen: the path of a unix socket must be absolute"},
    {"listen = inet:8891", "1: listen: expected inet:PORT@HOST"},
    {"listen = inet:0@127.0.0.1", "1: listen: the port must be a number from 1 to 65535"},
    {"listen = fd:1", "1: listen: expected fd:N with N from 3 to 1023"},
    {"control-socket = inet:1@127.0.0.1", "1: control-socket: expected unix:PATH, or nothing"},
    {"listen = unix:/a\ncontrol-socket = unix:/a",
	"2: control-socket: that is where the MTA connects (listen)"},
    {"user = no-such-user", "1: user: there is no user \"no-such-user\""},
    {"group = no-such-group", "1: group: there is no group \"no-such-group\""},
    {"socket-group = no-such-group", "1: socket-group: there is no group \"no-such-group\""},
    {"\ncontrol-socket = \"/run/x\"", "2: control-socket: expected unix:PATH, or nothing"},
    {"control-socket = \"unix:control.sock\"",
	"1: control-socket: the path of a unix socket must be absolute"},
    {"control-socket = \"unix:/" LONG "\"",
	"1: control-socket: the path of a unix socket must have less than 108 bytes"},
    {"control-group = no-such-group", "1: control-group: there is no group \"no-such-group\""},
    {"cache-refresh = 100", "1: cache-refresh: \"100\" is out of range: from 0 to 99"},
    {"warning-header = \"Subject\"",
	"1: warning-header: \"Subject\" is not the name of a field of its own, such as "
	"\"X-SMIME-Warning\""},
    {"warning-header = \"content-type\"",
	"1: warning-header: \"content-type\" is not the name of a field of its own, such as "
	"\"X-SMIME-Warning\""},
    {"warning-header = \"X Warning\"",
	"1: warning-header: \"X Warning\" is not the name of a field of its own, such as "
	"\"X-SMIME-Warning\""},
    {"authserv-id = \"\xc3\xa4.example\"",
	"1: authserv-id: \"\xc3\xa4.example\" is not a name of printable ASCII characters, 200 at "
	"most"},
    {"log-facility = local8",
	"1: log-facility: \"local8\" is not one of mail, daemon, local0 to local7"},
    /* Directories. */
    {"\ndirectory d { }", "2: a directory needs ldif (a file) or uri (a server)"},
    {"directory d { " LDAP "\nldif = \"@F@\" }", "1: a directory has either ldif or uri, not both"},
    {"directory d { uri = \"ldap://h\" }",
	"1: a directory with uri needs base: where the search begins"},
    {"directory d { ldif = \"/nonexistent\" }", "1: ldif: /nonexistent: No such file or directory"},
    {"directory d { ldif = \"@D@\" }", "1: ldif: @D@ is not a file"},
    {"directory d { base=\"o=x\" uri = \"http://h\" }",
	"1: uri: \"http://h\": expected ldap://HOST, ldaps://HOST or ldapi://PATH"},
    {"directory d { base=\"o=x\" uri = \"ldap:///x\" }",
	"1: uri: \"ldap:///x\": a host must be named"},
    {"directory d { base=\"o=x\" uri = \"ldap://h:x\" }",
	"1: uri: \"ldap://h:x\": the port must be a number from 1 to 65535"},
    {"directory d { base=\"o=x\" uri = \"ldap://h/o=x\" }",
	"1: uri: \"ldap://h/o=x\": nothing may follow the host and port: base, scope and filter "
	"have "
	"their own settings"},
    {"directory d { base=\"o=x\" uri = \"ldapi:///run/slapd\" }",
	"1: uri: \"ldapi:///run/slapd\": expected the socket's absolute path with each / written "
	"%2F, as in ldapi://%2Frun%2Fslapd%2Fldapi"},
    {"directory d { base=\"o=x\"\nuri = { \"ldaps://a\", \"\" } }",
	"2: uri: an item of the list is empty"},
    {"directory d { base=\"o=x\" uri = \"ldaps://a ldaps://b\" }",
	"1: uri: \"ldaps://a ldaps://b\": one URI in each pair of quotes: { \"ldaps://dc1\", "
	"\"ldaps://dc2\" }"},
    {"directory d { base=\"o=x\"\nuri = { \"ldaps://a\", \"ldaps://b\", \"ldaps://A\" } }",
	"2: uri: \"ldaps://A\": it is there twice"},
    {"directory d { " LDAP "smime-attribute = \"\"\ncertificate-attribute = \"\" }",
	"2: without smime-attribute and certificate-attribute no certificate can be found"},
    {"directory d { " LDAP "domains = \"@a.example\" }",
	"1: domains: \"@a.example\" is not a domain: it is written without @"},
    {"directory d { " LDAP "bind-dn = \"cn=a\" }", "1: bind-dn needs bind-password-file"},
    {"directory d { " LDAP "bind-password-file = \"@F@\" }", "1: bind-password-file needs bind-dn"},
    {"directory d { " LDAP "tls-ca = \"/nonexistent\" }",
	"1: tls-ca: /nonexistent: No such file or directory"},
    {"directory d { " LDAP "\nfilter = \"(mail=%x)\" }",
	"2: filter: \"(mail=%x)\": after % only a, l, d and % are known"},
    {"directory d { " LDAP "filter = \"(mail=%\" }",
	"1: filter: \"(mail=%\": after % only a, l, d and % are known"},
    {"directory d { " LDAP "filter = \"(100%%=*)\" }",
	"1: filter: \"(100%%=*)\": without %a, %l or %d it finds the same for every address"},
    {"directory d { " LDAP "filter = \"(&(mail=%a)\" }",
	"1: filter: \"(&(mail=%a)\": a ) is missing"},
    {"directory d { " LDAP "filter = \"(mail=%a))\" }",
	"1: filter: \"(mail=%a))\": it must be one filter in parentheses"},
    {"directory d { " LDAP "filter = \"(a=b)(mail=%a)\" }",
	"1: filter: \"(a=b)(mail=%a)\": it must be one filter in parentheses"},
    {"directory d { " LDAP "filter = \"mail=%a\" }",
	"1: filter: \"mail=%a\": it must be one filter in parentheses"},
    {"directory d { " LDAP "filter = \"(mail)\" }",
	"1: filter: \"(mail)\": parentheses must hold a comparison such as (mail=%a)"},
    {"directory d { " LDAP "filter = '(a=\\4)' }", "1: filter: \"(a=\\\\4)\": a backslash must be "
						   "followed by two hexadecimal digits (RFC 4515)"},
    {"directory d { " LDAP "smime-attribute = \"a b\" }",
	"1: smime-attribute: \"a b\" is not the name of an attribute"},
    {"directory d { " LDAP "subaddress-delimiter = \"+-\" }",
	"1: subaddress-delimiter: \"+-\" is not one character such as \"+\""},
    {"directory d { " LDAP "subaddress-delimiter = \"a\" }",
	"1: subaddress-delimiter: \"a\" is not one character such as \"+\""},
    {"directory d { " LDAP "\ndomains = { } }",
	"2: domains: an empty list makes this directory answer for nobody"},
    {"directory d { base=\"o=x\"\nuri = { " MANY "\"ldaps://more\" } }",
	"2: uri and referrals: more than 64 servers"},
    {"directory d { base=\"o=x\"\nuri = { " MANY " } referrals = \"ldaps://more\" }",
	"2: uri and referrals: more than 64 servers"},
    {"directory d { " LDAP "\nmember-attributes = { \"member\", \"a b\" } }",
	"2: member-attributes: \"a b\" is not the name of an attribute"},
    {"directory d { " LDAP
     "member-attributes = { } member-mail-attributes = { }\ngroups = expand }",
	"2: groups = expand needs member-attributes or member-mail-attributes: nothing else "
	"says who is in a group"},
    {"directory d { " LDAP "\nmember-mail-attributes = \"mail)\" }",
	"2: member-mail-attributes: \"mail)\" is not the name of an attribute"},
    {"directory d { " LDAP "\nretry-interval-max = 1s }",
	"2: retry-interval-max is less than retry-interval"},
    {"directory d { " LDAP "\nretry-interval = 5m }",
	"2: retry-interval-max is less than retry-interval"},
    {"directory d { " LDAP "\nreferrals = { \"ldaps://a\", \"ldaps://b/o=x\" } }",
	"2: referrals: \"ldaps://b/o=x\": nothing may follow the host and port: base, scope and "
	"filter have their own settings"},
    {"directory d { " LDAP
     "bind-dn=x bind-password-file=\"@F@\"\ntls = never referrals = \"ldap://b\" }",
	"2: tls = never with bind-dn would send the password in clear over the network: plain-bind "
	"= "
	"yes would allow it"},
    /* A client certificate, and the bind by it. */
    {"directory d { " LDAP "\ntls-certificate = \"@F@\" }", "2: tls-certificate needs tls-key"},
    {"directory d { " LDAP "\ntls-key = \"@F@\" }", "2: tls-key needs tls-certificate"},
    {"directory d { " LDAP "\ntls-certificate=\"/nonexistent\" tls-key=\"@F@\" }",
	"2: tls-certificate: /nonexistent: No such file or directory"},
    {"directory d { " LDAP "\nbind-method = external }",
	"2: bind-method = external needs TLS with tls-certificate, or ldapi://, which ldaps://h is "
	"not: nothing else says who we are"},
    {"directory d { base=\"o=x\" uri=\"ldap://127.0.0.1\" tls=never " CLIENT
     "\nbind-method=external }",
	"2: bind-method = external needs TLS with tls-certificate, or ldapi://, which "
	"ldap://127.0.0.1 is not: nothing else says who we are"},
    {"directory d { base=\"o=x\" uri=\"ldapi://%2Fx\" "
     "referrals=\"ldaps://b\"\nbind-method=external }",
	"2: bind-method = external needs TLS with tls-certificate, or ldapi://, which ldaps://b is "
	"not: nothing else says who we are"},
    {"directory d { " LDAP CLIENT "bind-method = external\nbind-dn = x }",
	"2: bind-dn and bind-password-file don't go with bind-method = external: the server knows "
	"by "
	"the connection who we are"},
    {"directory d { " LDAP CLIENT "bind-method = external\nbind-password-file = \"@F@\" }",
	"2: bind-dn and bind-password-file don't go with bind-method = external: the server knows "
	"by "
	"the connection who we are"},
    {"directory d { uri=\"ldaps://a\"\nbase=\"users\" }", "2: base: \"users\" is no DN: " NO_DN},
    {"directory d { uri=\"ldaps://a\"\nbase=\"dc=corp,example\" }",
	"2: base: \"dc=corp,example\" is no DN: " NO_DN},
    {"directory d { uri=\"ldaps://a\"\nbase=\"dc=corp,\" }",
	"2: base: \"dc=corp,\" is no DN: " NO_DN},
    {"directory d { uri=\"ldaps://a\"\nbase=\"=corp\" }", "2: base: \"=corp\" is no DN: " NO_DN},
    {"directory d { uri=\"ldaps://a\"\nbase=\"-a=b\" }", "2: base: \"-a=b\" is no DN: " NO_DN},
    {"directory d { uri=\"ldaps://a\"\nbase=\"cn=a<b\" }", "2: base: \"cn=a<b\" is no DN: " NO_DN},
    {"directory d { uri=\"ldaps://a\"\nbase='cn=a\\x' }",
	"2: base: \"cn=a\\\\x\" is no DN: " NO_DN},
    /* Trust. */
    {"\ntrust t { }",
	"2: a trust section needs anchors: a folder or file of trusted certificates (or directory "
	"and anchor-bases)"},
    {GAL "trust t { directory=gal intermediate-bases=\"o=x\" for=x.example }",
	"2: a trust section needs anchors: a folder or file of trusted certificates (or directory "
	"and anchor-bases)"},
    {GAL "trust t { anchors=\"@F@\" for=x.example\ndirectory=gal }",
	"3: directory needs anchor-bases, intermediate-bases or crl-bases: below which entries to "
	"look"},
    {"trust t { anchors=\"@F@\"\ncrl-bases=\"o=x\" }",
	"2: crl-bases needs directory: the title of the section to look in"},
    {GAL "trust t { crl-bases=\"o=x\" directory=gal for=x.example }",
	"2: a trust section needs anchors: a folder or file of trusted certificates (or directory "
	"and anchor-bases)"},
    {"trust t { anchors=\"@F@\"\nanchor-bases=\"o=x\" }",
	"2: anchor-bases needs directory: the title of the section to look in"},
    {"trust t { anchors=\"@F@\"\nintermediate-bases=\"o=x\" }",
	"2: intermediate-bases needs directory: the title of the section to look in"},
    {GAL "trust t { anchor-bases=\"o=x\" for=x.example\ndirectory=galaxy }",
	"3: directory: there is no section directory \"galaxy\""},
    {GAL "trust t { anchor-bases=\"o=x\" for=x.example\ndirectory=gall }",
	"3: directory: there is no section directory \"gall\": did you mean \"gal\"?"},
    {GAL "trust t { anchor-bases=\"o=x\" directory=gal }",
	"2: a trust section with directory needs for, with the domains by name (not \"*\"): who "
	"can "
	"write to the directory decides whom mail to them is encrypted to"},
    {GAL "trust t { anchor-bases=\"o=x\" directory=gal\nfor={ x.example, \"*\" } }",
	"3: a trust section with directory needs for, with the domains by name (not \"*\"): who "
	"can "
	"write to the directory decides whom mail to them is encrypted to"},
    {"directory d { ldif=\"@F@\" }\ntrust t { anchor-bases=\"o=x\" for=x.example directory=d }",
	"2: directory: \"d\" has no uri: CA certificates are only taken from servers; those in "
	"files "
	"go to anchors and intermediates"},
    {"directory d { base=\"o=x\" uri={\"ldaps://a\",\"ldap://127.0.0.1\"} tls=never }\n"
     "trust t { anchor-bases=\"o=x\" for=x.example directory=d }",
	"2: directory: \"d\" is asked at ldap://127.0.0.1 without TLS, so that anybody on the way "
	"could say whom to trust: tls = required, ldaps:// or ldapi:// is needed"},
    {"directory d { base=\"o=x\" uri=\"ldaps://a\" referrals=\"ldap://b\" tls=never }\n"
     "trust t { anchor-bases=\"o=x\" for=x.example directory=d }",
	"2: directory: \"d\" is asked at ldap://b without TLS, so that anybody on the way could "
	"say "
	"whom to trust: tls = required, ldaps:// or ldapi:// is needed"},
    {GAL "trust t { anchors=\"@F@\" for=x.example directory=gal\nanchor-bases={\"o=x\", \"x\"} }",
	"3: anchor-bases: \"x\" is no DN: " NO_DN},
    {GAL "trust t { anchors=\"@F@\" for=x.example directory=gal\nintermediate-bases={\"o=x\", "
	 "\"x\"} }",
	"3: intermediate-bases: \"x\" is no DN: " NO_DN},
    {GAL "trust t { anchors=\"@F@\" for=x.example directory=gal\ncrl-bases={\"o=x\", \"x\"} }",
	"3: crl-bases: \"x\" is no DN: " NO_DN},
    {"trust t { anchors = \"/nonexistent\" }",
	"1: anchors: /nonexistent: No such file or directory"},
    {"trust t { anchors = /dev/null }", "1: anchors: /dev/null is not a file or folder"},
    {"trust t { anchors = \"@F@\" intermediates = \"/nonexistent\" }",
	"1: intermediates: /nonexistent: No such file or directory"},
    {"trust t { anchors = \"@F@\"\npolicies = { \"1.2.3\", \"1..2\" } }",
	"2: policies: \"1..2\" is no object identifier, such as 1.3.6.1.4.1.99999.1"},
    {"trust t { anchors = \"@F@\"\nmin-rsa-bits = 4096 max-rsa-bits = 3072 }",
	"2: min-rsa-bits is more than max-rsa-bits"},
    {"trust t { anchors = \"@F@\"\nfor = { } }",
	"2: for: an empty list makes these anchors count for nobody"},
    /* Rules. */
    {"trust t { anchors = \"@F@\" }\nrule r { }",
	"2: there are rules, but no directory section to find certificates in"},
    {"directory d { ldif = \"@F@\" }\nrule r { }",
	"2: there are rules, but no trust section to judge certificates by"},
    {BASIS "rule r { header = \": yes\" }", "2: header: \": yes\" is not a field name, or a name "
					    "with a value such as \"X-Encrypt: yes\""},
    {"floor = aes256-gcm", "1: assumed-cipher aes256-cbc is below the floor aes256-gcm"},
    {BASIS "rule r {\nassumed-cipher = 3des }",
	"3: assumed-cipher 3des is below the floor aes128-cbc"},
    {BASIS "floor = aes256-gcm unknown-capabilities = refuse\nrule r {\nunknown-capabilities = "
	   "assume }",
	"3: assumed-cipher aes256-cbc is below the floor aes256-gcm"},
};

START_TEST(what_is_wrong_is_said_with_its_line)
{
	test_refused(refusals[_i].text, refusals[_i].problem);
}
END_TEST

/* Two rules, of which the second can never match. */
static const struct {
	const char *early;
	const char *late;
	bool refused;
} rules[] = {
    {"", "", true},
    {"", "recipients = \"a@x.example\" senders = \"b@x.example\" subject = s", true},
    {"encrypt = never", "encrypt = required", true},
    {"recipients = \"*\"", "", true},
    {"recipients = \"*\"", "recipients = \"a@x.example\"", true},
    {"recipients = \"@x.example\"", "recipients = \"@x.example\"", true},
    {"recipients = \"@x.example\"", "recipients = \"@X.Example\"", true},
    {"recipients = \"@x.example\"", "recipients = \"a@x.example\"", true},
    {"recipients = \"@x.example\"", "recipients = { \"a@x.example\", \"a@y.example\" }", false},
    {"recipients = { \"@y.example\", \"@x.example\" }",
	"recipients = { \"a@x.example\", \"a@y.example\" }", true},
    {"recipients = \"@x.example\"", "recipients = \"@.x.example\"", false},
    {"recipients = \"@.x.example\"", "recipients = \"@x.example\"", false},
    {"recipients = \"@.x.example\"", "recipients = \"@a.x.example\"", true},
    {"recipients = \"@.x.example\"", "recipients = \"@.a.x.example\"", true},
    {"recipients = \"@.x.example\"", "recipients = \"u@b.a.x.example\"", true},
    {"recipients = \"@.x.example\"", "recipients = \"@.x.example\"", true},
    {"recipients = \"@.x.example\"", "recipients = \"@ax.example\"", false},
    {"recipients = \"@x.example\"", "", false},
    {"recipients = \"a@x.example\"", "recipients = \"@x.example\"", false},
    {"recipients = \"a@x.example\"", "recipients = \"a@x.example\"", true},
    {"senders = \"*\"", "", false},
    {"senders = \"*\"", "senders = \"<>\"", false},
    {"senders = { \"<>\", \"*\" }", "senders = { \"a@x.example\", \"<>\" }", true},
    {"senders = \"@x.example\"", "senders = \"a@x.example\" recipients = \"@y.example\"", true},
    {"users = { a, b }", "users = b", true},
    {"users = a", "users = { a, b }", false},
    {"users = a", "", false},
    {"subject = \"[secure]\"", "subject = \"[SECURE]\" encrypt = required", true},
    {"subject = \"[secure]\"", "", false},
    {"header = X-Encrypt", "header = \"x-encrypt: yes\"", true},
    {"header = \"X-Encrypt: yes\"", "header = X-Encrypt", false},
    {"header = X-Enc", "header = X-Encrypt", false},
    {"header = X-Encrypt", "", false},
};

START_TEST(a_rule_that_can_never_match_is_refused)
{
	char text[500];

	snprintf(text, sizeof(text), BASIS "rule early { %s }\nrule late { %s }\n", rules[_i].early,
	    rules[_i].late);
	if (rules[_i].refused)
		test_refused(text,
		    "3: rule \"late\" can never match: rule \"early\" on line 2 matches "
		    "all that it could");
	else
		config_unref(test_load_fine(text));
}
END_TEST

START_TEST(all_errors_of_meaning_come_at_once_in_the_order_of_lines)
{
	static const char *const expected[] = {":1: floor:", ":2: unknown setting",
	    ":3: values-limit:", ":3: ldif: /no", ":4: unknown section", ":7: mode is set twice",
	    ":8: recipients:"};
	struct config_problems problems;

	ck_assert_ptr_null(test_load("floor = none\n"
				     "zebra = 1\n"
				     "directory d { ldif = \"/no\" values-limit = x }\n"
				     "truth t { anchors = x }\n"
				     "trust t { anchors = \"@F@\" }\n"
				     "mode = observe\n"
				     "mode = enforce\n"
				     "rule a { recipients = { \"no address\" } }\n"
				     "rule b { }\n",
	    &problems));
	for (size_t i = 0; i < problems.count && i < ARRAY_LENGTH(expected); i++)
		ck_assert_msg(strstr(problems.items[i], expected[i]) != NULL, "%s, not %s",
		    problems.items[i], expected[i]);
	ck_assert_uint_eq(problems.count, ARRAY_LENGTH(expected));
	config_problems_free(&problems);
	config_problems_free(&problems);
}
END_TEST

START_TEST(a_file_of_nonsense_gives_a_bounded_report)
{
	char text[4000] = "";
	struct config_problems problems;

	for (int i = 0; i < 300; i++)
		strcat(text, "zebra = 1\n");
	ck_assert_ptr_null(test_load(text, &problems));
	ck_assert_uint_eq(problems.count, 101);
	ck_assert_ptr_nonnull(strstr(problems.items[100], ": 200 more, not listed"));
	config_problems_free(&problems);
}
END_TEST

START_TEST(what_is_quoted_from_the_file_is_escaped)
{
	test_refused("mode = \"\xe2\x80\xae\x7e\"",
	    "1: mode: \"\\xE2\\x80\\xAE~\" is not one of enforce, observe");
}
END_TEST

static const char *const names[] = {"", "dc=corp,dc=example", "DC = corp , DC = example",
    "<GUID=0123>", "<WKGUID=a9d1,dc=corp>", "CN=CDP,CN=Public Key Services,DC=corp", "2.5.4.11=x",
    "ou=a+cn=b,o=c", "o=", "cn=#0403666f6f", "cn=M\\C3\\BCller\\, Hans", "cn=\\ a\\ ",
    "cn=a\\\\b\\+c", "cn=J\xc3\xbcrgen", "cn=a=b"};

START_TEST(a_dn_may_be_spelt_in_many_ways)
{
	ck_assert_ptr_null(check_dn(names[_i]));
}
END_TEST

static const char *const no_names[] = {",", "dc", "dc=corp,,o=x", "dc=corp,o=x+", "1 2=x",
    "c\xc3\xb6=x", "cn=\\", "cn=\\g0", "cn=\\4", "cn=a\"b", "cn=a>b"};

START_TEST(what_is_no_dn_is_told)
{
	ck_assert_ptr_nonnull(check_dn(no_names[_i]));
}
END_TEST

static void
refused_as_a_whole(const char *path, const char *problem)
{
	struct config_problems problems;
	char expected[300];

	snprintf(expected, sizeof(expected), "%s: %s", path, problem);
	ck_assert_ptr_null(config_load(path, &problems));
	ck_assert_uint_eq(problems.count, 1);
	ck_assert_str_eq(problems.items[0], expected);
	config_problems_free(&problems);
}

START_TEST(what_is_no_file_is_refused)
{
	const char *fifo = test_file("fifo", "", 0);

	refused_as_a_whole("/nonexistent", "opening the file: No such file or directory");
	refused_as_a_whole("/tmp", "not a regular file");
	refused_as_a_whole("/dev/null", "not a regular file");
	ck_assert_int_eq(unlink(fifo), 0);
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	refused_as_a_whole(fifo, "not a regular file");
}
END_TEST

START_TEST(a_huge_file_is_refused)
{
	size_t size = ((size_t)1 << 20) + 1;
	char *text = malloc(size);

	ck_assert_ptr_nonnull(text);
	memset(text, '\n', size);
	refused_as_a_whole(
	    test_file("test.conf", text, size), "the file is larger than 1048576 bytes");
	free(text);
}
END_TEST

START_TEST(nul_bytes_are_refused)
{
	struct config_problems problems;
	static const char text[] = "mode = observe\ncontact = a\0b\n";

	ck_assert_ptr_null(config_load(test_file("test.conf", text, sizeof(text) - 1), &problems));
	ck_assert_uint_eq(problems.count, 1);
	ck_assert_ptr_nonnull(strstr(problems.items[0], ":2: a control character"));
	config_problems_free(&problems);
}
END_TEST

START_TEST(deep_nesting_is_refused_at_once)
{
	static const struct {
		const char *start;
		const char *problem;
	} starts[] = {
	    {"deadline =", "1: deadline takes one value, not a list"},
	    {"internal-hosts =", "1: a list can't stand in a list"},
	    {"rule a",
		"1: a section can't stand in a section: is the } of the one on line 1 missing?"},
	    {"unknown a", "1: unknown section \"unknown\": there are directory, trust and rule"},
	};
	char text[100001];

	for (size_t i = 0; i < ARRAY_LENGTH(starts); i++) {
		struct config_problems problems;

		memset(text, '{', sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		memcpy(text, starts[i].start, strlen(starts[i].start));
		ck_assert_ptr_null(test_load(text, &problems));
		ck_assert_uint_le(problems.count, 2);
		ck_assert_ptr_nonnull(strstr(problems.items[0], starts[i].problem));
		config_problems_free(&problems);
	}
}
END_TEST

/* The password's rights; and where a password may go. */
START_TEST(a_password_is_kept_from_others)
{
	static const char bind[] = "directory d { base=\"o=x\"\nuri=\"%s\" tls=%s\n"
				   "bind-dn=x bind-password-file=\"%s\" }";
	char text[500], secret[128], problem[400];

	strcpy(secret, test_file("secret", "x\n", 2));
	ck_assert_int_eq(chmod(secret, 0644), 0);
	snprintf(text, sizeof(text), bind, "ldaps://h", "required", secret);
	snprintf(problem, sizeof(problem),
	    "3: bind-password-file: everybody can read or write %s: \"chmod o= %s\" keeps others "
	    "out",
	    secret, secret);
	test_refused(text, problem);
	ck_assert_int_eq(chmod(secret, 0640), 0);
	config_unref(test_load_fine(text));
	snprintf(text, sizeof(text), bind, "ldap://h", "required", secret);
	config_unref(test_load_fine(text));
	snprintf(text, sizeof(text), bind, "ldap://127.0.0.1.example:389", "never", secret);
	test_refused(text,
	    "2: tls = never with bind-dn would send the password in clear over the network: "
	    "plain-bind = yes would allow it");
	snprintf(text, sizeof(text), bind, "ldap://h", "never plain-bind=yes", secret);
	config_unref(test_load_fine(text));
	snprintf(text, sizeof(text), bind, "ldap://[::1]:389/", "never", secret);
	config_unref(test_load_fine(text));
	snprintf(text, sizeof(text), bind, "ldap://127.0.0.1:3890", "never", secret);
	config_unref(test_load_fine(text));
	snprintf(text, sizeof(text), bind, "ldapi://%2Frun%2Fldapi", "never", secret);
	config_unref(test_load_fine(text));
}
END_TEST

START_TEST(a_password_file_holds_a_password)
{
	char text[500], secret[128], problem[400];

	strcpy(secret, test_file("secret", "\nx\n", 3));
	ck_assert_int_eq(chmod(secret, 0640), 0);
	snprintf(text, sizeof(text), "directory d { " LDAP "bind-dn=x\nbind-password-file=\"%s\" }",
	    secret);
	snprintf(problem, sizeof(problem),
	    "2: bind-password-file: %s holds no password in its first line", secret);
	test_refused(text, problem);
}
END_TEST

START_TEST(a_private_key_is_kept_from_others)
{
	char text[500], key[128], problem[400];

	strcpy(key, test_file("secret", "x\n", 2));
	ck_assert_int_eq(chmod(key, 0602), 0);
	snprintf(text, sizeof(text),
	    "directory d { " LDAP "tls-certificate=\"@F@\"\ntls-key=\"%s\" }", key);
	snprintf(problem, sizeof(problem),
	    "2: tls-key: everybody can read or write %s: \"chmod o= %s\" keeps others out", key,
	    key);
	test_refused(text, problem);
	ck_assert_int_eq(chmod(key, 0640), 0);
	config_unref(test_load_fine(text));
}
END_TEST

/* What goes together, though it is near to what does not. */
static const char *const fine[] = {
    "control-socket = \"\"",
    "control-socket = \"unix:/run/x\" control-group = root",
    "directory d { " LDAP CLIENT "bind-method = external }",
    "directory d { " LDAP CLIENT "bind-dn = x bind-password-file = \"@F@\" }",
    "directory d { base=\"o=x\" uri=\"ldapi://%2Fx\" tls=never bind-method = external }",
    "directory d { base=\"o=x\" uri=\"ldap://h\" " CLIENT "bind-method = external }",
    "directory d { " LDAP "retry-interval = 5m retry-interval-max = 5m }",
    "directory d { " LDAP "subaddress-delimiter = \"+\" }",
    "directory d { " LDAP "referrals = { \"ldaps://a\", \"ldap://b:3268/\" } }",
    "directory d { base=\"o=x\" uri = { " MANY " } referrals = { " MANY " } }",
    "directory d { " LDAP "member-attributes = { } member-mail-attributes = \"2.5.4.3;x\" }",
    GAL "trust t { directory=gal anchor-bases=\"o=x\" for=x.example }",
    GAL "trust t { anchors=\"@F@\" directory=gal intermediate-bases=\"o=x\" for=\".x.example\" }",
    GAL "trust t { anchors=\"@F@\" directory=gal crl-bases=\"o=x\" for=x.example }",
    "directory d { base=\"o=x\" uri={\"ldapi://%2Fx\",\"ldaps://a\"} tls=never }\n"
    "trust t { directory=d anchor-bases=\"o=x\" for=x.example }",
    "directory d { base=\"o=x\" uri=\"ldap://a\" }\n"
    "trust t { directory=d anchor-bases=\"o=x\" for=x.example }",
    "trust t { anchors=\"@F@\" directory=\"\" anchor-bases={} }",
};

START_TEST(what_goes_together_is_taken)
{
	config_unref(test_load_fine(fine[_i]));
}
END_TEST

START_TEST(a_rule_that_never_encrypts_needs_nothing)
{
	config_unref(test_load_fine("rule r { encrypt = never assumed-cipher = 3des }"));
}
END_TEST

TCase *
test_config_errors(void)
{
	TCase *tcase = tcase_create("errors");

	tcase_add_loop_test(tcase, a_dn_may_be_spelt_in_many_ways, 0, (int)ARRAY_LENGTH(names));
	tcase_add_loop_test(tcase, what_is_no_dn_is_told, 0, (int)ARRAY_LENGTH(no_names));
	tcase_add_loop_test(
	    tcase, what_is_wrong_is_said_with_its_line, 0, (int)ARRAY_LENGTH(refusals));
	tcase_add_loop_test(
	    tcase, a_rule_that_can_never_match_is_refused, 0, (int)ARRAY_LENGTH(rules));
	tcase_add_test(tcase, all_errors_of_meaning_come_at_once_in_the_order_of_lines);
	tcase_add_test(tcase, a_file_of_nonsense_gives_a_bounded_report);
	tcase_add_test(tcase, what_is_quoted_from_the_file_is_escaped);
	tcase_add_test(tcase, what_is_no_file_is_refused);
	tcase_add_test(tcase, a_huge_file_is_refused);
	tcase_add_test(tcase, nul_bytes_are_refused);
	tcase_add_test(tcase, deep_nesting_is_refused_at_once);
	tcase_add_test(tcase, a_password_is_kept_from_others);
	tcase_add_test(tcase, a_password_file_holds_a_password);
	tcase_add_test(tcase, a_private_key_is_kept_from_others);
	tcase_add_loop_test(tcase, what_goes_together_is_taken, 0, (int)ARRAY_LENGTH(fine));
	tcase_add_test(tcase, a_rule_that_never_encrypts_needs_nothing);
	return tcase;
}
