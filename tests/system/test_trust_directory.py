"""Trust that comes from a directory: CAs that come and go there, and the ways by which they must not."""
import base64

import ldif
import milter
from cms import is_sealed
from pki import Authority
from place import require, wait_until
from scenario import SENDER, decide
from slapd import Slapd
from smtp import message

CONTAINERS = f"cn=Public Key Services,{ldif.SUFFIX}"
ANCHORS = f"cn=Certification Authorities,{CONTAINERS}"
INTERMEDIATES = f"cn=AIA,{CONTAINERS}"


def wrapped(name, value):
    return f"{name}:: {base64.b64encode(value).decode()}\n"


def added(dn, *lines):
    return f"dn: {dn}\nchangetype: add\n" + "".join(lines) + "\n"


POINTS = f"cn=CDP,{CONTAINERS}"


def containers():
    return "".join(added(dn, "objectClass: applicationProcess\n", f"cn: {name}\n")
                   for name, dn in (("Public Key Services", CONTAINERS),
                                    ("Certification Authorities", ANCHORS), ("AIA", INTERMEDIATES)))


def authority(name, certificate, base=ANCHORS):
    """pkiCA, because certificationAuthority (RFC 4523 3.4) must have revocation lists, too."""
    return added(f"cn={name},{base}", "objectClass: applicationProcess\n", "objectClass: pkiCA\n",
                 f"cn: {name}\n", wrapped("cACertificate;binary", certificate))


def deleted(name, base=ANCHORS):
    return f"dn: cn={name},{base}\nchangetype: delete\n\n"


def directory(uri, **settings):
    return {"gal": {"uri": [uri], "base": ldif.SUFFIX, "retry-interval": "100ms", **settings}}


def trust(s, domains=("partner.example",), **settings):
    """The foreign server's CA is the only configured anchor: nobody's certificate comes of it."""
    return {"forest": {"anchors": s.people.server_ca.identity.cert, "revocation": "off",
                       "directory": "gal", "anchor-bases": [ANCHORS],
                       "intermediate-bases": [INTERMEDIATES], "directory-refresh": "1s",
                       "for": list(domains), **settings}}


def prepared(s):
    slapd = Slapd(s.place, s.people.entries(), s.people.server_ca)
    slapd.modify(containers())
    return slapd


def refused(daemon, person, code="untrusted-issuer"):
    outcome = decide(daemon, person.address)
    require(outcome.verdict == "refuse" and outcome.reply.startswith("550"), person.about,
            outcome.verdict, outcome.reply)
    reasons = [record["reason"] for record in daemon.records()
               if record.get("recipient") == person.address]
    require(reasons[-1:] == [code], person.about, reasons)


def is_refused(daemon, person):
    return decide(daemon, person.address).verdict == "refuse"


def sealed(daemon, person):
    outcome = decide(daemon, person.address)
    return outcome.verdict == "accept" and is_sealed(outcome.message())


def test_a_ca_counts_from_when_it_is_in_the_directory_until_it_is_gone(s):
    slapd = prepared(s)
    daemon = s.daemon(directories=directory(slapd.ldaps, **{"tls-ca": slapd.ca}), trusts=trust(s))
    anna = s.people.anna  # her blob brings the intermediate
    refused(daemon, anna)
    slapd.modify(authority("root", s.people.root.identity.der()))
    wait_until(lambda: sealed(daemon, anna), "the CA is taken from the directory")
    daemon.wait_log(r'trust "forest": directory "gal": anchor added: CN=Test Root CA,O=Test, '
                    r'valid until [-0-9]+, SHA-256 [0-9a-f]{64}')
    slapd.modify(deleted("root"))
    wait_until(lambda: is_refused(daemon, anna), "the CA is gone")
    daemon.wait_log("anchor removed: CN=Test Root CA,O=Test")
    refused(daemon, anna)


def test_the_first_message_waits_for_the_directory(s):
    slapd = prepared(s)
    slapd.modify(authority("root", s.people.root.identity.der()))
    for number, (uri, settings) in enumerate(
            ((slapd.uri, {"tls-ca": slapd.ca}), (slapd.ldapi, {}))):
        daemon = s.daemon(name=f"daemon{number}", directories=directory(uri, **settings),
                          trusts=trust(s))
        require(sealed(daemon, s.people.anna), uri, daemon.log()[-2000:])
        ctl = s.ctl(directories=directory(uri, **settings), trusts=trust(s))
        address = s.people.anna.address
        answer = ctl.json("check", address)
        require(answer["usable"], answer)
        answer = ctl.explain(SENDER, [address], message(SENDER, address))
        require(answer["action"] == "seal", answer)
        said = ctl.run("check-config").stdout.decode()
        require('takes CA certificates from directory "gal", too' in said, said)


def test_domains_that_are_not_named_do_not_count(s):
    slapd = prepared(s)
    slapd.modify(authority("root", s.people.root.identity.der()))
    daemon = s.daemon(directories=directory(slapd.ldaps, **{"tls-ca": slapd.ca}),
                      trusts=trust(s, domains=["strict.example"]),
                      rules={"all": {"encrypt": "required"}})
    daemon.wait_log("anchor added: CN=Test Root CA")
    refused(daemon, s.people.anna)


def test_intermediates_of_the_directory_complete_a_chain(s):
    slapd = prepared(s)
    daemon = s.daemon(directories=directory(slapd.ldaps, **{"tls-ca": slapd.ca}), trusts=trust(
        s, anchors=s.people.root.identity.cert))
    olga = s.people.olga
    refused(daemon, olga, "incomplete-chain")
    slapd.modify(authority("hidden", s.people.hidden.identity.der(), INTERMEDIATES))
    wait_until(lambda: sealed(daemon, olga), "the intermediate is taken from the directory")
    slapd.modify(deleted("hidden", INTERMEDIATES))
    wait_until(lambda: is_refused(daemon, olga), "the intermediate is gone")
    refused(daemon, olga, "incomplete-chain")


def test_a_container_of_several_pages_is_read_to_its_end(s):
    slapd = prepared(s)
    same = s.people.server_ca.identity.der()
    slapd.modify("".join(authority(f"ca{number}", same) for number in range(600))
                 + authority("root", s.people.root.identity.der()))
    daemon = s.daemon(directories=directory(slapd.ldaps, **{"tls-ca": slapd.ca}), trusts=trust(s))
    require(sealed(daemon, s.people.anna), daemon.log()[-2000:])


def test_an_intermediate_of_the_directory_is_no_anchor(s):
    slapd = prepared(s)
    slapd.modify(authority("hidden", s.people.hidden.identity.der(), INTERMEDIATES)
                 + authority("root", s.people.root.identity.der(), INTERMEDIATES))
    daemon = s.daemon(directories=directory(slapd.ldaps, **{"tls-ca": slapd.ca}), trusts=trust(s))
    daemon.wait_log("intermediate added: CN=Test Root CA")
    refused(daemon, s.people.olga)


def test_what_is_no_ca_is_left_out_and_said(s):
    slapd = prepared(s)
    slapd.modify(authority("anna", s.people.anna.identity.der())
                 + authority("lapsed", s.people.lapsed.identity.der()))
    daemon = s.daemon(directories=directory(slapd.ldaps, **{"tls-ca": slapd.ca}), trusts=trust(s))
    refused(daemon, s.people.anna)
    daemon.wait_log("anchor left out: CN=anna,O=Test: it may not issue certificates")
    daemon.wait_log("anchor left out: CN=Lapsed Issuing CA,O=Test: it expired on")


def test_until_the_directory_was_read_mail_is_deferred(s):
    slapd = prepared(s)
    slapd.modify(authority("root", s.people.root.identity.der()))
    slapd.stop()
    directories = {"everybody": {"ldif": s.directory()},
                   **directory(slapd.ldaps, **{"tls-ca": slapd.ca, "domains": ["none.example"]})}
    daemon = s.daemon(directories=directories, trusts=trust(s))
    anna = s.people.anna
    outcome = decide(daemon, anna.address)
    require(outcome.verdict == "defer" and outcome.reply.startswith("451"), outcome.reply)
    record = daemon.record(anna.address)
    require(record["reason"] == "directory-unavailable", record)
    require("CA certificates of directory \"gal\" could not be read" in record["detail"], record)
    answer = s.ctl(directories=directories, trusts=trust(s)).json(
        "check", anna.address, codes=(75,))
    require(answer["reason"] == "directory-unavailable", answer)
    slapd.start()
    wait_until(lambda: sealed(daemon, anna), "it is read after all")
    slapd.stop()
    daemon.wait_log("its CA certificates are not taken: .*; those read before count on")
    require(sealed(daemon, anna), "an outage must not take away what was read")


def test_a_configured_anchor_counts_whatever_the_directory_does(s):
    slapd = prepared(s)
    slapd.stop()
    directories = {"everybody": {"ldif": s.directory()},
                   **directory(slapd.ldaps, **{"tls-ca": slapd.ca, "domains": ["none.example"]})}
    daemon = s.daemon(directories=directories,
                      trusts=trust(s, anchors=s.people.root.identity.cert))
    require(sealed(daemon, s.people.anna), daemon.log()[-2000:])


def test_a_server_with_a_foreign_certificate_gives_no_anchor(s):
    slapd = prepared(s)
    slapd.modify(authority("root", s.people.root.identity.der()))
    directories = {"everybody": {"ldif": s.directory()},
                   **directory(slapd.ldaps, **{"tls-ca": s.people.unknown.identity.cert,
                                               "domains": ["none.example"]})}
    daemon = s.daemon(directories=directories, trusts=trust(s))
    outcome = decide(daemon, s.people.anna.address)
    require(outcome.verdict == "defer", outcome.verdict, outcome.reply)
    daemon.wait_log("its CA certificates are not taken: .*TLS failed")


def test_plain_ldap_and_all_domains_are_refused_by_the_check(s):
    slapd = prepared(s)
    slapd.modify(authority("root", s.people.root.identity.der()))
    for directories, trusts, word in (
            (directory(slapd.uri, tls="never"), trust(s), "without TLS"),
            ({"gal": {"ldif": s.directory()}}, trust(s), "no uri"),
            (directory(slapd.ldaps, **{"tls-ca": slapd.ca}), trust(s, domains=["*"]), "for")):
        ctl = s.ctl(directories=directories, trusts=trusts)
        done = ctl.run("check-config", codes=(2,))
        require(word in done.stderr.decode(), done.stderr.decode())


def with_list(name, crl, change="add"):
    """An entry for a CRL below its container; or another CRL in its place."""
    value = ldif.line("certificateRevocationList;binary", crl) + "\n"
    if change == "add":
        return added(f"cn={name},{POINTS}", "objectClass: applicationProcess\n",
                     "objectClass: pkiCA\n", f"cn: {name}\n", value)
    return (f"dn: cn={name},{POINTS}\nchangetype: modify\n"
            f"replace: certificateRevocationList;binary\n{value}\n")


def test_crls_of_the_directory_decide(s):
    slapd = prepared(s)
    root = Authority(s.place.folder, "lists", "Lists Root")
    people = {}
    for name in ("good", "revoked"):
        address = f"{name}@partner.example"
        identity = root.issue(name, [address])  # it points to no CRL
        slapd.modify(ldif.Entry(name, address, [identity.der()]).text().replace(
            "\n", "\nchangetype: add\n", 1) + "\n")
        people[name] = (address, identity)
    address, revoked = people["revoked"]
    good = people["good"][0]
    slapd.modify(added(POINTS, "objectClass: applicationProcess\n", "cn: CDP\n"))

    def outcome_for(recipient):
        return milter.send(daemon.address, SENDER, [recipient], message(SENDER, recipient))

    def is_sealed_for(recipient):
        outcome = outcome_for(recipient)
        return outcome.verdict == "accept" and is_sealed(outcome.message())

    settings = trust(s, anchors=root.identity.cert, revocation="hard", **{"crl-bases": [POINTS]})
    for base in ("anchor-bases", "intermediate-bases"):
        del settings["forest"][base]
    daemon = s.daemon(directories=directory(slapd.ldaps, **{"tls-ca": slapd.ca}), trusts=settings)
    outcome = outcome_for(good)
    require(outcome.verdict == "defer" and outcome.reply.startswith("451"), outcome.reply)
    slapd.modify(with_list("lists", root.crl()))
    wait_until(lambda: is_sealed_for(good), "the CRL is taken from the directory")
    require(is_sealed_for(address), "nobody is revoked yet")
    root.revoke(revoked)
    slapd.modify(with_list("lists", root.crl(), "replace"))
    wait_until(lambda: outcome_for(address).verdict == "refuse", "the next CRL revokes")
    outcome = outcome_for(address)
    require(outcome.reply.startswith("550"), outcome.reply)
    require(daemon.records()[-1]["reason"] == "revoked", daemon.records()[-1])
    require(is_sealed_for(good), "who is not in the CRL stays good")
