"""Connections to directories: who we are, whom we believe, and what is never said in the open."""
import os
import re

from cms import is_sealed
from daemon import build_folder, environment
from pki import Identity, der, make_key
from place import require, run, wait_until
from scenario import decide
from slapd import Slapd

CLIENT = "cn=milter,dc=x,dc=test"


def ldap(uri, **settings):
    return {"gal": {"uri": [uri], "base": "dc=x,dc=test", "retry-interval": "100ms", **settings}}


def client(s, authority=None, name="milter", **how):
    """A client certificate as settings. Its subject is O=Test, CN=milter."""
    how = {"key": "p256", "extended": "clientAuth", **how}
    identity = (authority or s.people.server_ca).issue(s.place.folder[-6:] + name, [], **how)
    certificate = s.place.write(f"{name}.pem", read(identity.cert))
    key = s.place.write(f"{name}.key", read(identity.key), 0o600)
    return {"tls-certificate": certificate, "tls-key": key}


def read(path):
    with open(path, "rb") as file:
        return file.read()


def seals(daemon, person):
    outcome = decide(daemon, person.address)
    require(outcome.verdict == "accept" and is_sealed(outcome.message()), outcome.verdict,
            outcome.reply, daemon.log()[-2000:])


def defers(daemon, person, *patterns):
    outcome = decide(daemon, person.address)
    require(outcome.verdict == "defer" and outcome.reply.startswith("451"), outcome.verdict,
            outcome.reply)
    for pattern in patterns:
        daemon.wait_log(pattern)


def test_external_by_a_client_certificate(s):
    """The server demands the certificate, and shows its entries only to whom it stands for."""
    settings = client(s)
    slapd = Slapd(s.place, s.people.entries(), s.people.server_ca, verify="demand",
                  more=f'authz-regexp "^cn=[^,]*milter,o=test$" "{CLIENT}"',
                  readers=f'dn.exact="{CLIENT}"')
    settings["tls-ca"] = slapd.ca
    for number, uri in enumerate((slapd.uri, slapd.ldaps)):
        daemon = s.daemon(name=f"by-name{number}",
                          directories=ldap(uri, **settings, **{"bind-method": "external"}))
        seals(daemon, s.people.anna)
    nobody = s.daemon(name="nobody", directories=ldap(slapd.ldaps, **settings))
    outcome = decide(nobody, s.people.anna.address)
    require(outcome.verdict != "accept", "entries were shown to nobody", outcome.reply)


def test_external_by_the_local_socket(s):
    slapd = Slapd(s.place, s.people.entries(), s.people.server_ca,
                  readers='dn.regex="^gidNumber=[0-9]+[+]uidNumber=[0-9]+,cn=peercred,'
                          'cn=external,cn=auth$"')
    seals(s.daemon(directories=ldap(slapd.ldapi, **{"bind-method": "external"})), s.people.anna)
    outcome = decide(s.daemon(name="nobody", directories=ldap(slapd.ldapi)), s.people.anna.address)
    require(outcome.verdict != "accept", "entries were shown to nobody", outcome.reply)


def test_tls_of_the_minimum_and_below(s):
    strict = {"tls-ca": s.people.server_ca.identity.cert, "tls-minimum": "tls1.3"}
    old = Slapd(s.place, s.people.entries(), s.people.server_ca, name="old",
                more="TLSCipherSuite NORMAL:-VERS-TLS1.3")
    new = Slapd(s.place, s.people.entries(), s.people.server_ca, name="new")
    for number, uri in enumerate((old.uri, old.ldaps)):
        defers(s.daemon(name=f"strict{number}", directories=ldap(uri, **strict)), s.people.anna,
               r"the server speaks TLSv?1\.2: TLS 1\.3 is the least \(tls-minimum\)")
    seals(s.daemon(name="new-enough", directories=ldap(new.uri, **strict)), s.people.anna)
    del strict["tls-minimum"]
    seals(s.daemon(name="tolerant", directories=ldap(old.uri, **strict)), s.people.anna)


def test_a_server_that_gets_no_certificate_or_a_bad_one_is_told(s):
    """TLS 1.3 and TLS 1.2: what the server holds against us comes at different times."""
    cases = (({}, r"it asks for a client certificate, and none is configured"),
             (client(s, s.people.unknown, "foreign"),
              r"was not shown the client certificate in \S+foreign\.pem \(.*issued by "
              r".*CN=Unknown Root CA.*, valid from [-0-9]+ until [-0-9]+\), as the server only "
              r"takes those from .*CN=Test Server CA"),
             (client(s, name="late", start=-20, end=-3),
              r"was shown the client certificate in \S+late\.pem \(.*\): it has expired"))
    for version, more in (("1.3", ""), ("1.2", "TLSCipherSuite NORMAL:-VERS-TLS1.3")):
        slapd = Slapd(s.place, s.people.entries(), s.people.server_ca, name="slapd" + version,
                      verify="demand", more=more)
        for number, (settings, words) in enumerate(cases):
            daemon = s.daemon(name=f"daemon{version}-{number}", directories=ldap(
                slapd.ldaps, **settings, **{"tls-ca": slapd.ca}))
            defers(daemon, s.people.anna, "TLS failed: .*" + words)


def self_signed(s):
    identity = Identity(s.place.folder, "self", None)
    make_key(identity.key, "p256")
    run(["openssl", "req", "-x509", "-key", identity.key, "-subj", "/CN=localhost", "-days", "9",
         "-addext", "subjectAltName=IP:127.0.0.1", "-out", identity.cert])
    return identity


def test_each_fault_of_a_servers_certificate_is_told(s):
    """Who issued it, from when until when, the names that are there and the one that is not."""
    ca = s.people.server_ca

    def issue(name, names="DNS:localhost,IP:127.0.0.1", **how):
        how = {"key": "p256", "extended": "serverAuth", **how}
        return ca.issue(s.place.folder[-6:] + name, [],
                        extensions=[f"subjectAltName={names}"], **how)
    dates = r", valid from \d{4}-\d\d-\d\d until \d{4}-\d\d-\d\d\) is refused: "
    issued = r"the server's certificate \(.*issued by .*CN=Test Server CA" + ".*" + dates
    cases = {
        "late": (issue("late", start=-20, end=-3), issued + "it has expired"),
        "early": (issue("early", start=3), issued + "it is not valid yet"),
        "other": (issue("other", "DNS:ldap.x.test,IP:127.0.0.2"),
                  issued + r"it is for ldap\.x\.test, 127\.0\.0\.2, not for 127\.0\.0\.1"),
        "person": (issue("person", extended="emailProtection"),
                   issued + "it is not for a TLS server: its extended key usage is "
                   "emailProtection"),
        "self": (self_signed(s),
                 r"\(CN=localhost, issued by CN=localhost" + dates
                 + r"it is self-signed and not in \S+ \(tls-ca\)"),
        "foreign": (s.people.unknown.issue(
            s.place.folder[-6:] + "foreign", [], key="p256", extended="serverAuth",
            extensions=["subjectAltName=IP:127.0.0.1"]),
            r"issued by .*CN=Unknown Root CA.*" + dates
            + r"the CA .*CN=Unknown Root CA\S* is not in \S+ \(tls-ca\)"),
    }
    for name, (identity, words) in cases.items():
        slapd = Slapd(s.place, [], ca, name=name, identity=identity)
        daemon = s.daemon(name="to-" + name, directories=ldap(
            slapd.ldaps, **{"tls-ca": ca.identity.cert}))
        defers(daemon, s.people.anna, "TLS failed: .*" + words)
        slapd.stop()


def test_a_key_or_password_that_others_can_read_is_not_used(s):
    """Refused by the check; and where it was opened to all only later, at its next use."""
    slapd = Slapd(s.place, s.people.entries(), s.people.server_ca)
    password = s.place.write("password", "secret\n", 0o600)
    cases = (("tls-key", client(s)),
             ("bind-password-file", {"bind-dn": "cn=admin,dc=x,dc=test",
                                     "bind-password-file": password}))
    for name, settings in cases:
        directories = ldap(slapd.uri, **settings, **{"tls-ca": slapd.ca})
        daemon = s.daemon(name=name, directories=directories)
        path = settings[name]
        os.chmod(path, 0o644)
        refused = s.ctl(directories=directories).run("check-config", codes=(2,))
        require(f'{name}: everybody can read or write {path}: "chmod o= {path}"'
                in refused.stderr.decode(), refused.stderr)
        defers(daemon, s.people.anna,
               rf'everybody can read or write {re.escape(path)}: "chmod o= ')
        os.chmod(path, 0o640)
        s.ctl(directories=directories).run("check-config")
        wait_until(lambda: decide(daemon, s.people.anna.address).verdict == "accept",
                   "it is used again")


def test_a_password_over_the_network_in_clear_must_be_asked_for(s):
    settings = {"tls": "never", "bind-dn": "cn=admin,dc=x,dc=test",
                "bind-password-file": s.place.write("password", "secret\n", 0o600)}
    refused = s.ctl(directories=ldap("ldap://192.0.2.1", **settings)).run(
        "check-config", codes=(2,))
    require(b"would send the password in clear over the network" in refused.stderr, refused.stderr)
    for uri, more in (("ldap://192.0.2.1", {"plain-bind": "yes"}), ("ldaps://192.0.2.1", {}),
                      ("ldap://127.0.0.1", {}), ("ldapi://%2Frun%2Fldapi", {})):
        s.ctl(directories=ldap(uri, **settings, **more)).run("check-config")


def test_both_checks_read_client_certificates_keys_and_cas(s):
    good = client(s)
    late = client(s, name="late", start=-20, end=-3)
    soon = client(s, name="soon", start=-20, end=10)
    encrypted = s.place.path("encrypted.key")
    run(["openssl", "pkey", "-in", good["tls-key"], "-aes128", "-passout", "pass:x",
         "-out", encrypted])
    os.chmod(encrypted, 0o600)
    nothing = s.place.write("nothing.pem", "nothing\n", 0o600)
    der_file = s.place.write("ca.cer", der(s.people.server_ca.identity.cert))
    cases = ((good, 0, None),
             (late, 0, rf"the certificate in {late['tls-certificate']} has expired on 2"),
             (soon, 0, rf"the certificate in {soon['tls-certificate']} expires on 2"),
             ({**good, "tls-key": late["tls-key"]}, 2,
              r"the key in \S+late\.key is not that of the first certificate in \S+milter\.pem"),
             ({**good, "tls-key": encrypted}, 2, r"encrypted\.key is encrypted"),
             ({**good, "tls-key": nothing}, 2, r"nothing\.pem does not hold a private key"),
             ({**good, "tls-certificate": nothing}, 2, r"nothing\.pem does not hold certificates"),
             ({"tls-ca": nothing}, 2, r"tls-ca: \S+nothing\.pem does not hold certificates in PEM"),
             ({"tls-ca": der_file}, 2, r"tls-ca: \S+ca\.cer holds a certificate in DER, not PEM"))
    for settings, code, words in cases:
        ctl = s.ctl(directories=ldap("ldaps://192.0.2.1", **settings))
        said = ctl.run("check-config", codes=(code,)).stderr.decode()
        require(re.search(words, said) if words else not said, words, "is not in", said)
        answer = ctl.json("check-config", codes=(code,))
        require(answer["good"] == (code == 0), answer)
        done = run([os.path.join(build_folder(), "smime-milter"), "--check", "-c", ctl.file],
                   check=False, env=environment(s.place.folder))
        require(done.returncode == (78 if code else 0), done.returncode, done.stderr)
        require(code == 0 or re.search(words, answer["problems"][0]), answer)
