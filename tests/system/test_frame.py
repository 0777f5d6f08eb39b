"""The frame itself: that the servers around the daemon work, so that a failure elsewhere is the
daemon's."""
import os

import milter
from cms import encrypt, inner_entity
from fake_ldap import FakeLdap
from place import require, run
from postfix import Postfix
from scenario import SENDER, reasons
from sendmail import Sendmail
from sink import Sink
from slapd import Slapd
from smtp import message, send


def relays(port, sink):
    data = message(SENDER, "someone@elsewhere.example", body=".dot\r\nWörter\r\n")
    reply = send(port, SENDER, ["someone@elsewhere.example"], data)
    require(reply.code == 250, reply)
    arrived = sink.wait_for("someone@elsewhere.example")
    require(arrived.body() == ".dot\r\nWörter\r\n".encode(), arrived.data)
    require(arrived.sender == SENDER, arrived.sender)


def test_postfix_relays_to_the_sink(s):
    for chroot in (True, False):
        sink = Sink(s.place)
        postfix = Postfix(s.place, sink, chroot, name=f"postfix-{chroot}", milter="")
        relays(postfix.port, sink)
        postfix.sendmail(SENDER, ["local@elsewhere.example"], message(SENDER, "local@x.example"))
        sink.wait_for("local@elsewhere.example")
        sink.clear()
        send(postfix.front_port, SENDER, ["a@x.example", "b@x.example"],
             message(SENDER, "a@x.example"))
        sink.wait_for("a@x.example")
        sink.wait_for("b@x.example")
        require([len(arrived.recipients) for arrived in sink.all()] == [1, 1],
                "not one recipient at a time")


def test_postfix_defers_while_no_milter_answers(s):
    data = message(SENDER, "someone@elsewhere.example")
    reply = send(s.postfix().port, SENDER, ["someone@elsewhere.example"], data)
    require(reply.code == 451, reply)
    require(not s.sink.all(), "mail went past the milter")


def test_sendmail_defers_while_no_milter_answers(s):
    sendmail = Sendmail(s.place, s.sink, "inet:1@127.0.0.1")
    data = message(SENDER, "someone@elsewhere.example")
    reply = send(sendmail.port, SENDER, ["someone@elsewhere.example"], data)
    require(reply.code == 451, "Sendmail should defer while no milter answers:", reply)


def test_slapd_publishes_by_starttls_ldaps_and_ldapi(s):
    slapd = Slapd(s.place, s.people.entries(), s.people.server_ca)
    environment = {**os.environ, "LDAPTLS_CACERT": slapd.ca}
    for way in ([slapd.uri, "-ZZ"], [slapd.ldaps], [slapd.ldapi]):
        found = run(["ldapsearch", "-x", "-LLL", "-b", "dc=x,dc=test", "-H", *way,
                     "(mail=anna@partner.example)", "userSMIMECertificate", "userCertificate"],
                    env=environment).stdout
        require(b"userSMIMECertificate::" in found, found)
        require(b"userCertificate;binary::" in found, found)


def test_fake_ldap_is_read_by_ldapsearch(s):
    fake = FakeLdap(s.place, s.people.entries())
    search = ["ldapsearch", "-x", "-LLL", "-H", fake.uri, "-b", "dc=x,dc=test",
              "(|(mail=anna@partner.example)(proxyAddresses=smtp:anna@partner.example))"]
    found = run(search).stdout
    require(found.count(b"dn:") == 1 and b"userSMIMECertificate::" in found, found)
    fake.behaviour = "someone else"
    found = run(search).stdout
    require(found.count(b"dn:") == 1 and b"uid=anna" not in found, found)
    fake.behaviour = "referral"
    require(run(search, check=False).returncode == 10, "no referral")


def test_blobs_verify_and_tell_their_capabilities(s):
    path = s.place.write("blob", s.people.yara.entry.blobs[0])
    empty = s.place.write("empty", b"")
    run(["openssl", "cms", "-verify", "-inform", "DER", "-in", path, "-content", empty,
         "-CAfile", s.people.root.identity.cert, "-binary", "-out", s.place.path("out")])
    dump = run(["openssl", "cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", path])
    for words in (b"S/MIME Capabilities", b"id-smime-aa-encrypKeyPref", b"1.3.6.1.4.1.311.16.4"):
        require(words in dump.stdout, words, dump.stdout.decode())


def test_sealed_mail_opens_with_openssl_nss_and_gpgsm(s):
    data = message(SENDER, s.people.anna.address)
    sealed = s.sealed(encrypt(s.place, data, [s.people.anna.identity]))
    for opened in (sealed.inner, sealed.inner_nss, sealed.inner_gpgsm):
        inner = opened(s.people.anna.identity)
        require(inner == inner_entity(data), opened.__name__, inner)
    require(sealed.cipher == "aes256-cbc", sealed.cipher)
    require(sealed.serials() == [s.people.anna.identity.serial()], sealed.serials())
    require(not sealed.opens_with(s.people.bruno.identity), "a stranger's key opens it")


def test_inner_entity_is_the_content_fields_and_the_body(s):
    data = (b"From: a@x\nContent-Type: text/plain;\n charset=utf-8\nSubject: s\n"
            b"content-transfer-encoding:8bit\n\none\r\ntwo\n\rthree")
    require(inner_entity(data) == b"Content-Type: text/plain;\r\n charset=utf-8\r\n"
            b"content-transfer-encoding:8bit\r\n\r\none\r\ntwo\r\n\rthree", inner_entity(data))
    require(milter.split(b"\r\nbody")[1] == b"body", "no header")


def test_reasons_are_read_from_the_one_list(s):
    require(reasons()["expired"][:3] == (550, "5.7.5", True), reasons()["expired"])
