"""Directories as they are: reached over TLS, slow, down, lying, and full of rubbish."""
import os
import re
import signal

import ldif
import milter
from cms import is_sealed
from daemon import build_folder
from fake_ldap import FakeLdap
from ldif import Entry
from place import require, run, wait_until
from scenario import SENDER, decide
from slapd import Slapd
from smtp import message, send


def ldap(uri, **settings):
    return {"gal": {"uri": [uri], "base": "dc=x,dc=test", "retry-interval": "100ms", **settings}}


def seals(s, daemon, person):
    outcome = milter.send(daemon.address, SENDER, [person.address],
                          message(SENDER, person.address))
    require(outcome.verdict == "accept" and is_sealed(outcome.message()), person.about,
            outcome.verdict, outcome.reply)
    require(s.sealed(outcome.message()).opens_with(person.identity), "the wrong key")


def test_slapd_by_starttls_through_postfix(s):
    slapd = Slapd(s.place, s.people.entries(), s.people.server_ca)
    postfix = s.postfix()
    daemon = s.daemon(postfix=postfix, directories=ldap(slapd.uri, **{"tls-ca": slapd.ca}))
    anna = s.people.anna
    require(send(postfix.port, SENDER, [anna.address], message(SENDER, anna.address)).code == 250,
            "refused")
    require(s.sealed(s.sink.wait_for(anna.address)).opens_with(anna.identity), "can't be opened")
    record = daemon.record(anna.address)
    require(record["digital_id"]["dn"].replace(", ", ",") == anna.entry.dn, record)
    reply = send(postfix.port, SENDER, [s.people.emma.address],
                 message(SENDER, s.people.emma.address))
    require(reply.code == 550 and "expired" in reply.text, reply)


def test_slapd_by_ldaps_and_ldapi(s):
    slapd = Slapd(s.place, s.people.entries(), s.people.server_ca)
    for number, (uri, settings) in enumerate(
            ((slapd.ldaps, {"tls-ca": slapd.ca}), (slapd.ldapi, {}))):
        daemon = s.daemon(name=f"daemon{number}", directories=ldap(uri, **settings))
        for person in (s.people.anna, s.people.clara):
            seals(s, daemon, person)


def test_slapd_with_a_password(s):
    slapd = Slapd(s.place, s.people.entries(), s.people.server_ca)
    for password, accepted in (("secret", True), ("wrong", False)):
        file = s.place.write("password", password + "\n", 0o600)
        daemon = s.daemon(name="with-" + password, directories=ldap(slapd.uri, **{
            "tls-ca": slapd.ca, "bind-dn": "cn=admin,dc=x,dc=test", "bind-password-file": file}))
        if accepted:
            seals(s, daemon, s.people.anna)
            continue
        outcome = decide(daemon, s.people.anna.address)
        require(outcome.verdict == "defer" and outcome.reply.startswith("451"), outcome.reply)


def test_a_server_with_a_foreign_certificate_is_not_believed(s):
    slapd = Slapd(s.place, s.people.entries(), s.people.server_ca)
    daemon = s.daemon(directories=ldap(slapd.uri, **{"tls-ca": s.people.root.identity.cert}))
    outcome = decide(daemon, s.people.anna.address)
    require(outcome.verdict == "defer" and outcome.reply.startswith("451"), outcome.reply)
    daemon.wait_log(r"TLS failed: .*the CA CN=Test Server CA\S* is not in "
                    + re.escape(s.people.root.identity.cert))


def test_what_a_server_refuses_is_logged_once_and_not_for_each_mail(s):
    slapd = Slapd(s.place, s.people.entries(), s.people.server_ca)
    daemon = s.daemon(directories=ldap(slapd.ldapi, base="dc=nowhere,dc=test"),
                      top={"cache-error": "0s"})
    for person in (s.people.anna, s.people.bruno, s.people.clara):
        require(decide(daemon, person.address).verdict == "defer", "not deferred")
    daemon.wait_log('warning: directory "gal": .*the base of the search does not exist, or may not '
                    r'be seen without a name \(bind-dn\): "dc=nowhere,dc=test"')
    require(daemon.log().count("warning: directory") == 1, daemon.log())


def test_a_server_that_wants_a_name_is_told_from_one_that_fails(s):
    slapd = Slapd(s.place, s.people.entries(), s.people.server_ca,
                  readers="anonymous auth by users")
    daemon = s.daemon(directories=ldap(slapd.ldapi))
    require(decide(daemon, s.people.anna.address).verdict == "defer", "not deferred")
    daemon.wait_log(r"does not let us search without a name \(bind-dn\): Insufficient access")


def test_a_directory_that_is_down_defers_and_comes_back(s):
    slapd = Slapd(s.place, s.people.entries(), s.people.server_ca)
    postfix = s.postfix()
    daemon = s.daemon(postfix=postfix, top={"cache-positive": "0s", "cache-negative": "0s",
                                            "cache-error": "0s"},
                      directories=ldap(slapd.uri, **{"tls-ca": slapd.ca}))
    bruno, anna = s.people.bruno, s.people.anna
    require(send(postfix.port, SENDER, [bruno.address], message(SENDER, bruno.address)).code == 250,
            "refused")
    slapd.stop()
    reply = send(postfix.port, SENDER, [anna.address], message(SENDER, anna.address))
    require(reply.code == 451 and reply.enhanced == "4.4.3", reply)
    record = daemon.record(anna.address)
    require(record["action"] == "defer" and record["reason"] == "directory-unavailable", record)
    require(not s.sink.to(anna.address), "delivered all the same")
    slapd.start()
    daemon.wait_log(re.escape(slapd.uri) + " is back")  # before anybody asks
    require(send(postfix.port, SENDER, [anna.address], message(SENDER, anna.address)).code == 250,
            "still deferred")
    require(is_sealed(s.sink.wait_for(anna.address).data), "not sealed")


def test_a_second_server_takes_over_and_gives_back_and_senders_hear_nothing(s):
    first = Slapd(s.place, s.people.entries(), s.people.server_ca, name="first")
    second = Slapd(s.place, s.people.entries(), s.people.server_ca, name="second")
    servers = ldap(first.uri, **{"tls-ca": first.ca})
    servers["gal"]["uri"] = [first.uri, second.uri]
    daemon = s.daemon(top={"cache-positive": "0s"}, directories=servers)
    seals(s, daemon, s.people.anna)
    daemon.wait_log("connected to " + re.escape(first.uri))
    require("connected to " + second.uri not in daemon.log(), "the second was asked as well")
    first.stop()
    seals(s, daemon, s.people.anna)
    daemon.wait_log("connected to " + re.escape(second.uri))
    first.start()
    daemon.wait_log(re.escape(first.uri) + " is back")
    second.stop()
    seals(s, daemon, s.people.anna)


def test_a_server_that_stops_answering_costs_only_the_search_time_where_there_is_another(s):
    fake = FakeLdap(s.place, s.people.entries(), behaviour="never")
    slapd = Slapd(s.place, s.people.entries(), s.people.server_ca)
    servers = ldap(fake.uri, tls="never", **{"search-timeout": "2s", "retry-interval": "1m"})
    servers["gal"]["uri"] = [fake.uri, slapd.uri]
    daemon = s.daemon(top={"cache-positive": "0s"}, directories=servers)
    for _ in range(3):
        seals(s, daemon, s.people.anna)
    require(fake.searches == 1, "searches of the silent one:", fake.searches)


def test_an_outage_does_not_strip_preferred_encryption(s):
    fake = FakeLdap(s.place, [], behaviour="busy")
    daemon = s.daemon(directories=ldap(fake.uri, tls="never"))
    outcome = decide(daemon, s.people.paul.address)
    require(outcome.verdict == "defer" and outcome.reply.startswith("451"), outcome.reply)


def test_an_outage_may_pass_where_the_rule_says_so(s):
    fake = FakeLdap(s.place, [], behaviour="busy")
    daemon = s.daemon(top={"unavailable": "pass"}, directories=ldap(fake.uri, tls="never"))
    outcome = decide(daemon, s.people.paul.address)
    require(outcome.verdict == "accept" and not outcome.changed, outcome.reply)
    outcome = decide(daemon, s.people.anna.address)
    require(outcome.verdict == "defer", "required must not pass:", outcome.verdict)


def test_a_directory_that_stops_answering_defers_within_the_deadline(s):
    fake = FakeLdap(s.place, s.people.entries(), behaviour="never")
    daemon = s.daemon(top={"deadline": "1s"},
                      directories=ldap(fake.uri, tls="never", **{"search-timeout": "30s"}))
    outcome = decide(daemon, s.people.anna.address)
    require(outcome.verdict == "defer" and outcome.reply.startswith("451"), outcome.reply)
    require(daemon.record(s.people.anna.address)["duration_ms"] < 5000, "waited too long")


def test_answers_that_are_none_defer(s):
    for behaviour in ("garbage", "close", "busy"):
        fake = FakeLdap(s.place, s.people.entries(), behaviour=behaviour)
        daemon = s.daemon(name=behaviour, top={"deadline": "3s"}, directories=ldap(
            fake.uri, tls="never", **{"search-timeout": "1s"}))
        outcome = decide(daemon, s.people.anna.address)
        require(outcome.verdict == "defer", f"{behaviour}:", outcome.verdict, outcome.reply)


def test_a_referral_is_not_followed(s):
    fake = FakeLdap(s.place, s.people.entries(), behaviour="referral")
    daemon = s.daemon(top={"deadline": "3s"}, directories=ldap(fake.uri, tls="never"))
    outcome = decide(daemon, s.people.anna.address)
    require(outcome.verdict in ("refuse", "defer"), "passed:", outcome.reply)


def test_someone_elses_entry_is_no_digital_id_of_the_recipient(s):
    """Not even where a certificate without address may count for the address of its entry."""
    bare = s.people.issuing.issue("no-address", [])
    entries = [Entry("stranger", "stranger@partner.example", [bare.der()], other=[
        ("cACertificate;binary", s.people.issuing.identity.der())])]
    fake = FakeLdap(s.place, entries, behaviour="someone else")
    daemon = s.daemon(directories=ldap(fake.uri, tls="never", **{"bind-by-entry": "yes"}))
    outcome = decide(daemon, s.people.nobody.address)
    require(outcome.verdict == "refuse", "sealed to a stranger:", outcome.verdict)
    fake.behaviour = "answer"
    outcome = decide(daemon, "stranger@partner.example")
    require(outcome.verdict == "accept" and is_sealed(outcome.message()), outcome.reply)


def test_the_directory_is_asked_once_for_many(s):
    """One question in flight per address; afterwards the cache answers."""
    fake = FakeLdap(s.place, s.people.entries(), delay=0.5)
    daemon = s.daemon(directories=ldap(fake.uri, tls="never"))
    anna = s.people.anna.address
    sessions = [milter.Milter(daemon.address) for _ in range(10)]
    fields, body = milter.split(message(SENDER, anna))
    for session in sessions:
        require(session.begin(SENDER, [anna]) is None, "refused")
    for session in sessions:
        require(session.header(fields) is None and session.body(body) is None, "refused")
        require(session.end(fields, body).changed, "not sealed")
        session.close()
    require(fake.searches == 1, fake.searches, "searches")


def test_directories_are_asked_by_domain_and_in_order(s):
    first = s.place.write("first.ldif", "dn: o=first\nobjectClass: organization\no: first\n")
    fake = FakeLdap(s.place, [], behaviour="busy")
    daemon = s.daemon(directories={
        "first": {"ldif": first, "domains": ["partner.example"]},
        "second": {"ldif": s.directory(), "domains": ["*"]},
        "other": {"uri": [fake.uri], "base": "dc=x", "tls": "never",
                  "domains": ["elsewhere.example"]}})
    seals(s, daemon, s.people.anna)
    require(fake.searches == 0, "a directory was asked for a domain that is not its own")


def test_ca_certificates_of_an_entry_complete_its_chain(s):
    """Clara's entry holds her issuer's certificate, which no folder of ours has."""
    slapd = Slapd(s.place, s.people.entries(), s.people.server_ca)
    clara = s.people.clara
    seals(s, s.daemon(name="with", directories=ldap(slapd.ldapi)), clara)
    without = s.daemon(name="without", directories=ldap(slapd.ldapi, **{"ca-attribute": ""}))
    outcome = decide(without, clara.address)
    require(outcome.verdict == "refuse", outcome.verdict)
    require(without.record(clara.address)["reason"] == "untrusted-issuer",
            without.record(clara.address))


def test_a_directory_alone_may_tell_mailboxes_by_the_case_of_letters(s):
    """As a file does it, so does a server, which finds both."""
    named = {name: s.people.issuing.issue(f"case-{name}", [f"{name}@partner.example"])
             for name in ("Bea", "bert", "BERT")}
    entries = [Entry(f"case{number}", f"{name}@partner.example", [identity.der()])
               for number, (name, identity) in enumerate(named.items())]
    slapd = Slapd(s.place, entries, s.people.server_ca)
    trusts = {"test": {"anchors": s.people.anchors, "revocation": "off",
                       "intermediates": s.people.issuing.identity.cert}}
    for name, settings in (("server", {"uri": [slapd.ldapi], "base": ldif.SUFFIX}),
                           ("file", {"ldif": s.directory(entries)})):
        daemon = s.daemon(name=name, trusts=trusts, directories={
            "gal": {**settings, "local-part": "exact", "subaddress-delimiter": "+"}})
        for local, owner in (("Bea", "Bea"), ("Bea+news", "Bea"), ("bert", "bert"),
                             ("BERT", "BERT"), ("BERT+x", "BERT")):
            outcome = decide(daemon, f"{local}@partner.example")
            require(outcome.verdict == "accept", name, local, outcome.reply)
            sealed = s.sealed(outcome.message())
            require(sealed.opens_with(named[owner]), name, local)
            require(len(sealed.serials()) == 1, name, local, sealed.serials())
        for local in ("bea", "bea+news", "Bert"):
            address = f"{local}@partner.example"
            outcome = decide(daemon, address)
            require(outcome.verdict == "refuse", name, local, outcome.verdict)
            require(daemon.record(address)["reason"] == "no-digital-id", name, local)


def test_an_ldif_file_is_read_again_when_it_changes(s):
    path = s.directory([])
    daemon = s.daemon(top={"cache-negative": "0s"}, directories={"file": {"ldif": path}})
    anna = s.people.anna
    require(decide(daemon, anna.address).verdict == "refuse", "found in an empty directory")
    s.directory([anna.entry])
    wait_until(lambda: decide(daemon, anna.address).verdict == "accept", "the new file is read")


def test_a_broken_ldif_file_leaves_the_old_contents_in_force(s):
    path = s.directory([s.people.anna.entry])
    daemon = s.daemon(top={"cache-positive": "0s"}, directories={"file": {"ldif": path}})
    seals(s, daemon, s.people.anna)
    os.rename(path, path + ".gone")
    daemon.wait_log(r"(?i)ldif|directory")
    seals(s, daemon, s.people.anna)


def test_a_broken_ldif_file_is_told_by_the_check(s):
    path = s.directory([s.people.anna.entry])
    ctl = s.ctl(directories={"file": {"ldif": path}})
    daemon = [os.path.join(build_folder(), "smime-milter"), "--check", "-c", ctl.file]
    ctl.run("check-config")
    require(run(daemon).returncode == 0)
    s.place.write("directory.ldif", ldif.text([s.people.anna.entry])[:-100])
    words = 'directory "file": .*was cut off'
    require(re.search(words, ctl.run("check-config", codes=(2,)).stderr.decode()))
    done = run(daemon, check=False)
    require(done.returncode == 78 and re.search(words, done.stderr.decode()), done.stderr)


def test_rubbish_beside_a_good_value_does_no_harm(s):
    anna = s.people.anna
    good, blob = anna.identity.der(), anna.entry.blobs[0]
    rubbish = [good[:100], good[:-1], b"\x30", b"0" * 5000, bytes(range(256)),
               b"\x30\x84\xff\xff\xff\xff" + b"\0" * 200, b"\x30\x80" * 2000, b"\x00" * 300_000]
    anna_entry = Entry("anna", anna.address, [*rubbish, good], [*rubbish, blob[:200], blob])
    path = s.place.write("rubbish.ldif", ldif.text([anna_entry]))
    daemon = s.daemon(directories={"file": {"ldif": path}})
    seals(s, daemon, anna)


def test_thousands_of_values_cost_a_bounded_time(s):
    """Values beyond the limit are not looked at, which is recorded; nothing waits or grows."""
    anna = s.people.anna
    good = anna.identity.der()
    many = [good[:-4] + number.to_bytes(4, "big") for number in range(5000)]
    path = s.place.write("many.ldif", ldif.text([Entry("anna", anna.address, many)]))
    daemon = s.daemon(directories={"file": {"ldif": path}})
    outcome = decide(daemon, anna.address)
    require(outcome.verdict == "refuse", outcome.verdict, outcome.reply)
    require(daemon.record(anna.address)["duration_ms"] < 8000, "took too long")


def test_several_entries_for_one_address_are_all_seen(s):
    """Certificates that name the address count, whichever entry they stand in; certificates
    without any address then don't, even where the directory lets entries bind."""
    anna = s.people.anna
    bare = s.people.issuing.issue("bare-anna", [])
    entries = [Entry("one", anna.address, [bare.der()]),
               Entry("two", anna.address, blobs=anna.entry.blobs)]
    path = s.place.write("two.ldif", ldif.text(entries))
    daemon = s.daemon(directories={"file": {"ldif": path, "bind-by-entry": "yes"}})
    outcome = decide(daemon, anna.address)
    require(outcome.verdict == "accept", outcome.reply)
    require(s.sealed(outcome.message()).serials() == [anna.identity.serial()], "bound by entry")


def test_the_daemon_survives_a_directory_that_dies_under_it(s):
    slapd = Slapd(s.place, s.people.entries(), s.people.server_ca)
    daemon = s.daemon(top={"cache-positive": "0s", "deadline": "3s"},
                      directories=ldap(slapd.uri, **{"tls-ca": slapd.ca}))
    seals(s, daemon, s.people.anna)
    slapd.process.signal(signal.SIGKILL)
    slapd.process.child.wait()
    outcome = decide(daemon, s.people.anna.address)
    require(outcome.verdict == "defer", outcome.verdict)
    slapd.start()
    wait_until(lambda: decide(daemon, s.people.anna.address).verdict == "accept", "asked again")
