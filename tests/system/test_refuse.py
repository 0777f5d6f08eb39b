"""Refusals: each reason with its reply, which a person can act on, and its audit record."""
import re

from cms import encrypt, is_sealed
from place import require
from scenario import SENDER, reasons
from smtp import Client, message, send

CANARY = "canary-77aa"


def refused(s, daemon, reply, address, reason):
    """The reply is right for the reason and leads to the record."""
    smtp, enhanced, trust, sentence = reasons()[reason]
    require(reply.code == smtp and reply.enhanced == enhanced, f"{reason}:", reply)
    require(address in reply.lines[0], "the first line does not name the recipient:", reply)
    flat = re.sub(r"\s+", " ", " ".join(reply.lines))
    require(sentence in flat, f"the sentence of {reason} is missing:", reply)
    record = daemon.record(address)
    require(record["action"] == ("refuse" if smtp >= 500 else "defer"), record)
    require(record["reason"] == reason, record["reason"], "instead of", reason, reply)
    require(record["trust_failure"] == trust, record)
    require(record["reference"] in flat, "the reference is missing:", reply)
    require(all(line.isascii() and line.isprintable() for line in reply.lines), "unprintable")
    require(not s.sink.all(), "delivered all the same")
    return record


def each(s, cases):
    postfix = s.postfix()
    daemon = s.daemon(postfix=postfix)
    with Client(postfix.port) as client:
        for person, reason in cases:
            reply = client.transmit(SENDER, [person.address],
                                    message(SENDER, person.address, body=CANARY + "\r\n"))
            refused(s, daemon, reply, person.address, reason)


def test_nothing_published(s):
    each(s, [(s.people.nobody, "no-digital-id"), (s.people.empty, "no-digital-id")])


def test_certificates_out_of_their_time(s):
    each(s, [(s.people.emma, "expired"), (s.people.mona, "not-yet-valid")])


def test_chains_that_do_not_hold(s):
    each(s, [(s.people.felix, "untrusted-issuer"), (s.people.olga, "incomplete-chain"),
             (s.people.tina, "invalid-chain"), (s.people.rosa, "weak-digest")])


def test_certificates_that_are_not_for_this(s):
    people = s.people
    each(s, [(people.karin, "wrong-usage"), (people.konrad, "wrong-usage"),
             (people.lars, "address-mismatch"), (people.jonas, "weak-key"),
             (people.quirin, "key-unsupported"), (people.pia, "malformed")])


def test_ciphers_that_do_not_do(s):
    each(s, [(s.people.nils, "weak-cipher"), (s.people.otto, "weak-cipher"),
             (s.people.david, "capabilities-unknown")])


def test_a_trust_failure_names_the_certificate(s):
    postfix = s.postfix()
    daemon = s.daemon(postfix=postfix)
    felix = s.people.felix
    reply = send(postfix.port, SENDER, [felix.address], message(SENDER, felix.address))
    require("Unknown Root CA" in reply.text, "the issuer is not named:", reply)
    require(felix.identity.serial() in re.sub(r"[: ]", "", reply.text.lower()),
            "the serial number is not named:", reply)
    digital_id = daemon.record(felix.address)["digital_id"]
    require("Unknown Root CA" in digital_id["issuer"], digital_id)
    require(digital_id["serial"].lower().lstrip("0") == felix.identity.serial().lstrip("0"),
            digital_id)
    for key in ("directory", "dn", "attribute", "subject", "sha256", "not_before", "not_after"):
        require(digital_id.get(key), key, "is missing:", digital_id)


def test_the_contact_stands_in_a_refusal(s):
    postfix = s.postfix()
    s.daemon(postfix=postfix, top={"contact": "helpdesk, extension 4711"})
    reply = send(postfix.port, SENDER, [s.people.nobody.address],
                 message(SENDER, s.people.nobody.address))
    require("extension 4711" in reply.text, reply)


def test_one_bad_recipient_refuses_the_message_and_is_named(s):
    postfix = s.postfix()
    daemon = s.daemon(postfix=postfix)
    anna, emma = s.people.anna.address, s.people.emma.address
    reply = send(postfix.port, SENDER, [anna, emma], message(SENDER, [anna, emma]))
    require(reply.code == 550 and emma in reply.lines[0], reply)
    require(daemon.record(emma)["reason"] == "expired", daemon.record(emma))
    require(daemon.record(anna)["reason"] == "other-recipient", daemon.record(anna))
    require(not s.sink.all(), "delivered all the same")


def test_a_bcc_is_not_disclosed(s):
    postfix = s.postfix()
    daemon = s.daemon(postfix=postfix)
    anna, bruno = s.people.anna.address, s.people.bruno.address
    reply = send(postfix.port, SENDER, [anna, bruno], message(SENDER, anna))
    refused(s, daemon, reply, bruno, "bcc-disclosure")


def test_a_bcc_is_disclosed_where_the_rule_says_so(s):
    postfix = s.postfix()
    s.daemon(postfix=postfix, top={"bcc": "reveal"})
    anna, bruno = s.people.anna.address, s.people.bruno.address
    reply = send(postfix.port, SENDER, [anna, bruno], message(SENDER, anna))
    require(reply.code == 250, reply)
    require(is_sealed(s.sink.wait_for(bruno).data), "not sealed")


def test_a_single_recipient_who_is_not_named_is_sealed_to(s):
    postfix = s.postfix()
    s.daemon(postfix=postfix)
    anna = s.people.anna.address
    reply = send(postfix.port, SENDER, [anna], message(SENDER, "undisclosed-recipients:;"))
    require(reply.code == 250, reply)
    require(is_sealed(s.sink.wait_for(anna).data), "not sealed")


def test_mail_the_client_encrypted_with_rc2_40_is_refused(s):
    postfix = s.postfix()
    daemon = s.daemon(postfix=postfix)
    anna = s.people.anna
    data = encrypt(s.place, message(SENDER, anna.address), [anna.identity], "rc2-40-cbc")
    reply = send(postfix.port, SENDER, [anna.address], data)
    record = refused(s, daemon, reply, anna.address, "weak-cipher")
    require("40" in reply.text and "RC2" in reply.text.upper(), "the cipher is not named:", reply)
    require(record["content"] == "enveloped", record)


def test_weak_client_encryption_is_refused_without_a_rule_too(s):
    """What the client encrypted is held to the top-level floor where no rule matches."""
    postfix = s.postfix()
    s.daemon(postfix=postfix)
    rolf = s.people.rolf
    data = encrypt(s.place, message(SENDER, rolf.address), [rolf.identity], "rc2-40-cbc")
    reply = send(postfix.port, SENDER, [rolf.address], data)
    require(reply.code == 550 and reply.enhanced == "5.7.6", reply)


def test_mail_the_client_encrypted_for_another_is_refused(s):
    postfix = s.postfix()
    daemon = s.daemon(postfix=postfix)
    anna = s.people.anna
    data = encrypt(s.place, message(SENDER, anna.address), [s.people.felix.identity])
    reply = send(postfix.port, SENDER, [anna.address], data)
    refused(s, daemon, reply, anna.address, "recipient-not-addressed")


def test_mail_the_client_encrypted_well_passes_untouched(s):
    postfix = s.postfix()
    daemon = s.daemon(postfix=postfix)
    anna = s.people.anna
    data = encrypt(s.place, message(SENDER, anna.address), [anna.identity])
    reply = send(postfix.port, SENDER, [anna.address], data)
    require(reply.code == 250, reply)
    arrived = s.sink.wait_for(anna.address)
    require(arrived.body() == data.partition(b"\r\n\r\n")[2], "encrypted again, or changed")
    record = daemon.record(anna.address)
    require(record["action"] == "pass" and record["reason"] == "client-encrypted", record)


def test_mail_that_only_says_it_is_encrypted_is_sealed(s):
    postfix = s.postfix()
    s.daemon(postfix=postfix)
    anna = s.people.anna
    data = (f"From: {SENDER}\r\nTo: {anna.address}\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
            "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n"
            f"Content-Transfer-Encoding: 8bit\r\n\r\n{CANARY}\r\n").encode()
    require(send(postfix.port, SENDER, [anna.address], data).code == 250, "refused")
    arrived = s.sink.wait_for(anna.address)
    require(CANARY.encode() not in arrived.data, "plaintext left under a false flag")
    require(CANARY.encode() in s.sealed(arrived).inner(anna.identity), "not inside")


def test_a_refused_header_or_recipient_leaves_the_session_usable(s):
    postfix = s.postfix()
    s.daemon(postfix=postfix)
    anna, emma = s.people.anna.address, s.people.emma.address
    with Client(postfix.port) as client:
        require(client.transmit(SENDER, [emma], message(SENDER, emma)).code == 550, "accepted")
        require(client.transmit(SENDER, [anna], message(SENDER, anna)).code == 250, "refused")
    require(is_sealed(s.sink.wait_for(anna).data), "not sealed")
