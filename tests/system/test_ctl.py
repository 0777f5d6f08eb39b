"""smimectl: the same judgement, asked directly."""
import datetime
import os
import stat

import milter
from cms import encrypt, inner_entity
from place import require
from scenario import SENDER
from smtp import message

CHECKS = (("anna", True, "aes256-cbc", "ok"), ("bruno", True, "aes128-cbc", "ok"),
          ("emma", False, None, "expired"), ("felix", False, None, "untrusted-issuer"),
          ("jonas", False, None, "weak-key"), ("karin", False, None, "wrong-usage"))


def test_check_shows_every_digital_id_with_its_verdict(s):
    ctl = s.ctl()
    for name, usable, cipher, verdict in CHECKS:
        person = getattr(s.people, name)
        found = ctl.json("check", person.address)
        found = found[0] if isinstance(found, list) else found
        require(found["address"] == person.address, found)
        require(found["usable"] is usable, found)
        require(not usable or found["cipher"] == cipher, found)
        require(verdict in [one["verdict"] for one in found["digital_ids"]], found)
        for digital_id in found["digital_ids"]:
            require({"source", "certificate", "capabilities", "verdict"} <= set(digital_id), found)


def test_check_tells_where_capabilities_come_from_and_what_old_clients_would_do(s):
    ctl = s.ctl()
    for name, source, old in (("anna", "signed", "3des"), ("clara", "none", "rc2-40"),
                              ("uwe", "extension", None)):
        found = ctl.json("check", getattr(s.people, name).address)
        found = found[0] if isinstance(found, list) else found
        sources = [one["capabilities"]["from"] for one in found["digital_ids"]]
        require(source in sources, name, found)
        require(set(found["fallback"]) == {"outlook-2002", "outlook-2003", "outlook-2016"}, found)
        require(old is None or found["fallback"]["outlook-2002"] == old, name, found["fallback"])


def test_check_reports_a_stale_blob(s):
    found = s.ctl().run("check", s.people.greta.address)
    require(b"stale" in found.stdout, found.stdout.decode())


def test_exit_codes(s):
    ctl = s.ctl()
    ctl.run("check", s.people.anna.address, codes=(0,))
    ctl.run("check", s.people.emma.address, codes=(1,))
    ctl.run("check", s.people.nobody.address, codes=(1,))
    ctl.run("check-config", codes=(0,))
    ctl.run("check", codes=(2,))
    ctl.run("no-such-command", codes=(2,))
    ctl.run("check", "--no-such-option", s.people.anna.address, codes=(2,))
    down = s.ctl(directories={"gal": {"uri": ["ldap://127.0.0.1:1"], "base": "dc=x",
                                      "tls": "never"}})
    down.run("check", s.people.anna.address, codes=(75,))


def test_a_usage_error_says_what_is_wrong_and_where_to_look(s):
    ctl = s.ctl()
    for arguments, words in ((("chek",), b'"chek"'),
                             (("check", "--bogus"), b"smimectl check: unrecognized"),
                             (("explain", "--to"), b"smimectl explain: option"),
                             (("check", "anna"), b"not a mail address"),
                             (("check", ""), b"not a mail address"),
                             (("check", "--at", "\x1b[31m", "a@x.test"), b"--at: \"\\x1B[31m\""),
                             (("audit", "--only", "\x1b[31m"), b"--only: \"\\x1B[31m\""),
                             (("clean", "--reasons", "\x1b[31m"), b"--reasons: \"\\x1B[31m\""),
                             (("setup",), b"smimectl setup: postfix or sendmail is expected")):
        said = ctl.run(*arguments, codes=(2,)).stderr
        require(b"\x1b" not in said, arguments, said.decode())
        require(words in said and b"Try: smimectl " in said, arguments, said.decode())
        require(said.count(b"\n") <= 2, "too many words:", said.decode())


def test_at_judges_as_of_then(s):
    ctl = s.ctl()
    now = datetime.datetime.now(datetime.timezone.utc)
    past = (now - datetime.timedelta(days=100)).strftime("%Y-%m-%dT%H:%M:%SZ")
    future = (now + datetime.timedelta(days=4000)).strftime("%Y-%m-%dT%H:%M:%SZ")
    ctl.run("check", "--at", past, s.people.emma.address, codes=(0,))
    ctl.run("check", "--at", future, s.people.anna.address, codes=(1,))
    ctl.run("check", "--at", "yesterday", s.people.anna.address, codes=(2,))


def test_explain_decides_as_the_daemon_does(s):
    """Each person, by smimectl and by the daemon, from the same configuration."""
    ctl = s.ctl()
    daemon = s.daemon()
    actions = {"pass": ("accept", False), "seal": ("accept", True), "refuse": ("refuse", False),
               "defer": ("defer", False)}
    for person in s.people.all():
        data = message(SENDER, person.address)
        said = ctl.explain(SENDER, [person.address], data)
        done = milter.send(daemon.address, SENDER, [person.address], data)
        require(actions[said["action"]] == (done.verdict, done.changed), person.about, said,
                done.verdict, done.reply)
        if done.verdict in ("refuse", "defer"):
            require(done.reply.startswith(said["reply"]["code"]), said["reply"], done.reply)
            require(said["reply"]["lines"][0] in done.reply, said["reply"], done.reply)
        require(said["recipients"][0]["reason"] == daemon.record(person.address)["reason"],
                person.about, said)


def test_explain_exit_code_and_shape(s):
    ctl = s.ctl()
    emma = s.people.emma.address
    found = ctl.explain(SENDER, [emma], message(SENDER, emma), codes=(1,))
    require(set(found) >= {"action", "reply", "message", "recipients"}, found)
    require(found["reply"]["enhanced"] == "5.7.5", found)
    require(found["recipients"][0]["rule"] == "partners", found)
    ctl.explain(SENDER, [s.people.anna.address], message(SENDER, emma), codes=(0,))


def test_explain_takes_a_stranger_for_one(s):
    emma = s.people.emma.address
    found = s.ctl().explain(SENDER, [emma], message(SENDER, emma), "--client", "203.0.113.9")
    require(found["action"] == "pass", found)


def test_explain_reads_what_the_client_encrypted(s):
    anna = s.people.anna
    data = encrypt(s.place, message(SENDER, anna.address), [anna.identity], "rc2-40-cbc")
    found = s.ctl().explain(SENDER, [anna.address], data, codes=(1,))
    require(found["message"]["kind"] == "enveloped", found["message"])
    require(found["message"]["cipher"] == "rc2-40", found["message"])
    require(found["action"] == "refuse", found)


def test_explain_writes_the_sealed_message(s):
    anna = s.people.anna
    data = message(SENDER, anna.address)
    out = s.place.path("sealed.eml")
    found = s.ctl().explain(SENDER, [anna.address], data, "--output", out)
    require(found["action"] == "seal" and found["cipher"] == "aes256-cbc", found)
    with open(out, "rb") as file:
        sealed = s.sealed(file.read().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    require(sealed.inner(anna.identity) == inner_entity(data), "differs")
    # What is no file (/dev/null, for root) gets it, and stays what it is.
    pipe = s.place.path("pipe")
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    s.ctl().explain(SENDER, [anna.address], data, "--output", pipe)
    require(stat.S_ISFIFO(os.stat(pipe).st_mode) and b"MIME" in os.read(reader, 65536), "replaced")
    os.close(reader)


def test_output_for_people_names_what_matters(s):
    said = s.ctl().run("check", s.people.emma.address, codes=(1,)).stdout.decode()
    for words in (s.people.emma.address, "expired", "Test Issuing CA"):
        require(words in said, words, "is missing:", said)
    require("\x1b" not in said, "colour although it is no terminal")
