"""Mail that the client encrypted or signed itself, through a real Postfix: refused with what a
person needs to know, or delivered with a warning, and not changed by a byte."""
import json
import re

from cms import encrypt, fields_named, sign
from place import require
from scenario import SENDER
from smtp import Client, message
from test_refuse import refused

WARN = {"client-weak-cipher": "warn", "client-superseded": "warn"}


def rules(**settings):
    """By the same address: what is refused, and, for those in the first, what is only warned of."""
    return {"warned": {"header": "X-Case: warn", "encrypt": "preferred", **WARN, **settings},
            "all": {"recipients": ["@partner.example"], "encrypt": "required"}}


def former(s, person):
    """An earlier certificate of the person, which is no longer published."""
    return s.suite.once("former", lambda: s.people.issuing.issue(
        "former", [person.address], start=-300, end=60))


def delivered(s, client, address, data):
    reply = client.transmit(SENDER, [address], data)
    require(reply.code == 250, reply)
    arrived = s.sink.wait_for(address).data
    require(arrived.endswith(data), "changed:", arrived)
    s.sink.clear()
    return arrived


def flat(reply):
    return re.sub(r"\s+", " ", " ".join(reply.lines))


def same_serial(one, other):
    return one.lower().lstrip("0") == other.lower().lstrip("0")


def test_weak_or_superseded_encryption_is_refused_or_warned_of_by_rule(s):
    anna = s.people.anna
    old = former(s, anna)
    postfix = s.postfix()
    daemon = s.daemon(postfix=postfix, rules=rules())
    weak = encrypt(s.place, message(SENDER, anna.address), [anna.identity], "rc2-40-cbc")
    stale = encrypt(s.place, message(SENDER, anna.address), [old])
    with Client(postfix.port) as client:
        reply = client.transmit(SENDER, [anna.address], weak)
        refused(s, daemon, reply, anna.address, "weak-cipher")
        require("40-bit RC2" in reply.lines[0], "the cipher is not named:", reply)

        reply = client.transmit(SENDER, [anna.address], stale)
        require(reply.code == 550 and reply.enhanced == "5.7.5", reply)
        for serial in (old.serial(), anna.identity.serial()):
            require(serial in flat(reply).lower(), serial, "is not named:", reply)
        require("Test Issuing CA" in reply.lines[0], reply)
        record = daemon.record(anna.address, 2)[1]
        require(record["reason"] == "superseded-certificate" and record["trust_failure"], record)
        require(same_serial(record["in_use"]["serial"], old.serial()), record["in_use"])
        require(same_serial(record["digital_id"]["serial"], anna.identity.serial()), record)
        require(record["envelope"]["unclaimed"] == 1, record["envelope"])
        require(not s.sink.all(), "delivered all the same")

        for number, data, reason in ((3, weak, "weak-cipher"),
                                     (4, stale, "superseded-certificate")):
            delivered(s, client, anna.address, b"X-Case: warn\r\n" + data)
            record = daemon.record(anna.address, number)[-1]
            require(record["action"] == "pass" and record["reason"] == reason, record)
            require([warning["reason"] for warning in record["warnings"]] == [reason], record)


def test_an_untrusted_signer_is_refused_or_warned_of_by_rule(s):
    rolf = s.people.rolf
    signer = s.suite.once("signer", lambda: s.people.unknown.issue("signer", [SENDER]))
    postfix = s.postfix()
    daemon = s.daemon(postfix=postfix, rules={
        "refused": {"header": "X-Case: refuse", "encrypt": "never", "signer-untrusted": "refuse"}})
    data = sign(s.place, message(SENDER, rolf.address), signer)
    with Client(postfix.port) as client:
        reply = client.transmit(SENDER, [rolf.address], b"X-Case: refuse\r\n" + data)
        record = refused(s, daemon, reply, rolf.address, "signer-untrusted")
        require("Unknown Root CA" in reply.lines[0], reply)
        require(signer.serial() in flat(reply).lower(), reply)
        made, = record["signatures"]
        require(made["state"] == "good" and made["worth"] == "signer-untrusted", made)
        certificate = made["signer"]["certificate"]
        require("Unknown Root CA" in certificate["issuer"] and certificate["not_before"] and
                certificate["not_after"], certificate)

        delivered(s, client, rolf.address, data)
        record = daemon.record(rolf.address, 2)[1]
        require(record["action"] == "pass" and record["trust_failure"], record)
        require([warning["reason"] for warning in record["warnings"]] == ["signer-untrusted"],
                record)


def test_the_header_says_what_a_signature_is_worth_and_nobody_else_may(s):
    rolf = s.people.rolf
    signer = s.suite.once("good-signer", lambda: s.people.issuing.issue("good-signer", [SENDER]))
    postfix = s.postfix()
    s.daemon(postfix=postfix, top={
        "authentication-results": "yes", "authserv-id": "gw.corp.example",
        "warning-header": "X-SMIME-Warning"})
    forged = (b"Authentication-Results: gw.corp.example; smime=pass\r\n"
              b"Authentication-Results: other.example; spf=pass\r\n"
              b"X-SMIME-Warning: forged\r\n"
              b"Authentication-Results : gw.corp.example; smime=pass\r\n"
              b"Authentication-Results: (c)\r\n\tGW.corp.EXAMPLE 1;\r\n\tsmime=pass\r\n")
    good = sign(s.place, message(SENDER, rolf.address), signer)
    wrong = good.replace(b"Hello.", b"Hallo.")
    cases = ((good, "smime=pass", []), (good.replace(b"From: ", b"From: x", 1), "smime=fail",
                                        ["signer-address-mismatch"]))
    with Client(postfix.port) as client:
        for data, result, warned in cases:
            reply = client.transmit(SENDER, [rolf.address], forged + data)
            require(reply.code == 250, reply)
            arrived = s.sink.wait_for(rolf.address).data
            s.sink.clear()
            results = fields_named(arrived, "Authentication-Results")
            require(len(results) == 2 and "other.example" in results[1], results, arrived)
            require(results[0].startswith("gw.corp.example;") and result in results[0], results)
            require(arrived.lower().count(b"gw.corp.example") == 1, "forged:", arrived)
            require("body.smime-identifier=" + SENDER in results[0], results)
            warnings = fields_named(arrived, "X-SMIME-Warning")
            require([warning.split(":")[0] for warning in warnings] == warned, warnings)
            require(arrived.split(b"\r\n\r\n", 1)[1] == data.split(b"\r\n\r\n", 1)[1], "changed")
        reply = client.transmit(SENDER, [rolf.address], wrong)
        require(reply.code == 550 and reply.enhanced == "5.7.7", reply)


def test_explain_shows_what_the_client_made(s):
    anna = s.people.anna
    old = former(s, anna)
    ctl = s.ctl(rules=rules())
    path = s.place.write("client.eml", encrypt(s.place, message(SENDER, anna.address), [old]))
    arguments = ["explain", "--from", SENDER, "--to", anna.address, path]
    done = ctl.run(*arguments, codes=(1,))
    text = done.stdout.decode()
    require("layer 1: enveloped, whole, AES-256-CBC" in text, text)
    require(old.serial() in text.lower() and "1 of these for nobody" in text, text)
    found = json.loads(ctl.run(*arguments, "--json", codes=(1,)).stdout)
    require(found["message"]["layers"][0]["transports"] == {"rsa": 1}, found["message"])
    require(found["message"]["envelope"]["unclaimed"] == 1, found["message"])
    require(same_serial(found["recipients"][0]["in_use"]["serial"], old.serial()), found)


def among_text(data, footer=b"-- \r\nA list's footer.\r\n"):
    """What a list makes of mail that was encrypted as a whole."""
    head, body = data.split(b"\r\n\r\n", 1)
    outer = b"\r\n".join(line for line in head.split(b"\r\n")
                         if not line.lower().startswith((b"content-", b"mime-")))
    inner = head[head.index(b"Content-Type"):]
    return (outer + b"\r\nMIME-Version: 1.0\r\n"
            b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
            + b"--b\r\n" + inner + b"\r\n\r\n" + body
            + b"\r\n--b\r\nContent-Type: text/plain\r\n\r\n" + footer + b"--b--\r\n")


def test_what_is_encrypted_or_broken_within_readable_mail_counts_if_it_leaves_so(s):
    people = s.people
    ctl = s.ctl()
    cases = [
        (people.rolf, "rc2-40-cbc", "refuse", "weak-cipher", []),
        (people.rolf, "aes-256-cbc", "pass", "no-rule", []),
        (people.anna, "rc2-40-cbc", "seal", "sealed", []),
    ]
    for person, cipher, action, reason, warned in cases:
        data = among_text(encrypt(
            s.place, message(SENDER, person.address), [person.identity], cipher))
        found = ctl.explain(SENDER, [person.address], data)
        require([layer["place"] for layer in found["message"]["layers"]] == ["among-text"], found)
        recipient, = found["recipients"]
        require((recipient["action"], recipient["reason"]) == (action, reason), cipher, found)
        require([warning["reason"] for warning in recipient["warnings"]] == warned, recipient)
    whole = encrypt(s.place, message(SENDER, people.rolf.address), [people.rolf.identity])
    found = ctl.explain(SENDER, [people.rolf.address], whole[:-200] + b"\r\n")
    require(found["action"] == "pass", found)
    require(found["message"]["layers"][0]["type"] == "malformed", found)
    require(found["recipients"][0]["warnings"][0]["reason"] == "malformed-message", found)


def test_explain_writes_the_fields_that_the_daemon_would_put_in(s):
    rolf = s.people.rolf
    signer = s.suite.once("good-signer", lambda: s.people.issuing.issue("good-signer", [SENDER]))
    ctl = s.ctl(top={"authentication-results": "yes", "authserv-id": "gw.corp.example"})
    data = sign(s.place, message(SENDER, rolf.address), signer)
    path = s.place.write("forged.eml", b"Authentication-Results: gw.corp.example; none\r\n" + data)
    out = s.place.path("out.eml")
    done = ctl.run("explain", "--from", SENDER, "--to", rolf.address, "--output", out, path)
    require("signature 1: good, ok" in done.stdout.decode(), done.stdout)
    with open(out, "rb") as file:
        written = file.read()
    require(written.startswith(b"Authentication-Results: gw.corp.example;\r\n\tsmime=pass"),
            written)
    require(written.count(b"Authentication-Results") == 1 and written.endswith(data), written)
