"""Bad input: a clear word about each, and nothing lost or let through."""
import os

import milter
from cms import is_sealed
from daemon import build_folder, environment
from place import require, run
from scenario import SENDER, decide
from smtp import message, send


def test_addresses_with_metacharacters_reach_nobody_else(s):
    """LDAP filter, shell, DN and format characters: looked up literally, so nothing is found and a
    required rule refuses; the reply shows them escaped."""
    daemon = s.daemon()
    for local in ("*", "an*a", "anna)(mail=*", "(|(mail=*", "anna\\2a", "$(id)", "`id`", ";id",
                  "%s%n", "a'b", "..", "-f", "anna,ou=people", "anna+tag", "ann%61"):
        outcome = decide(daemon, f'"{local}"@partner.example')
        require(outcome.verdict == "refuse", f"{local}:", outcome.verdict, outcome.reply)
        require(outcome.reply[:3] in ("550", "553"), outcome.reply)
        require(all(char.isprintable() or char in "\r\n" for char in outcome.reply), outcome.reply)


def test_parameters_left_behind_an_address_do_no_harm(s):
    """Sendmail 8.17 hands them over in one argument with the address."""
    daemon = s.daemon()
    anna = s.people.anna.address
    with milter.Milter(daemon.address) as session:
        fields, body = milter.split(message(SENDER, anna))
        require(session.begin(SENDER, [anna], parameters=" SIZE=100 NOTIFY=NEVER") is None,
                "the envelope was refused")
        outcome = session.header(fields) or session.body(body) or session.end(fields, body)
    require(outcome.verdict == "accept" and is_sealed(outcome.message()), outcome.reply)


def test_the_same_mailbox_is_found_however_it_is_written(s):
    daemon = s.daemon()
    for address in ("anna@partner.example", "Anna@Partner.EXAMPLE", '"anna"@partner.example',
                    "anna@partner.example."):
        outcome = decide(daemon, address)
        require(outcome.verdict == "accept" and is_sealed(outcome.message()), address,
                outcome.reply)


def test_an_internationalised_address_is_served(s):
    postfix = s.postfix()
    s.daemon(postfix=postfix)
    mueller = s.people.mueller
    data = message(SENDER, mueller.address)
    reply = send(postfix.port, SENDER, [mueller.address], data)
    require(reply.code == 250, reply)
    arrived = s.sink.wait_for(mueller.address)
    require(s.sealed(arrived).opens_with(mueller.identity), "not opened")


def test_an_address_that_is_none_never_passes_unchecked(s):
    """Rules that require encryption for everybody: what can't be parsed can't be judged."""
    daemon = s.daemon(rules={"all": {"encrypt": "required"}})
    for address in ("x" * 10_000 + "@partner.example", "anna@" + "y" * 10_000, "@", "anna@",
                    "a@b@c", "anna@[not-an-address", "anna @partner.example"):
        outcome = decide(daemon, address)
        require(outcome.verdict in ("refuse", "defer"), f"{address[:40]}:", outcome.verdict)


def test_a_header_without_end_is_refused_with_a_word(s):
    daemon = s.daemon()
    anna = s.people.anna.address
    many = b"".join(b"X-%d: %s\r\n" % (number, b"y" * 200) for number in range(30_000))
    data = message(SENDER, anna).replace(b"Subject:", many + b"Subject:")
    outcome = decide(daemon, anna, data=data)
    require(outcome.verdict == "refuse" and outcome.reply.startswith("552"), outcome.verdict,
            outcome.reply)
    fields, body = milter.split(message(SENDER, anna))
    with milter.Milter(daemon.address) as session:
        require(session.begin(SENDER, [anna]) is None, "refused")
        more = [(b"X-Long", b" " + b"z" * 60_000)] * 32
        outcome = session.header([*fields, *more]) or session.end(fields, body)
        require(outcome.verdict == "refuse", outcome.verdict)


def test_too_many_recipients_are_asked_to_come_again(s):
    daemon = s.daemon(top={"recipients-limit": "5"})
    with milter.Milter(daemon.address) as session:
        ended = session.begin(SENDER, [f"u{number}@elsewhere.example" for number in range(6)])
        require(ended is not None and ended.verdict == "defer" and ended.step == b"R",
                "the sixth recipient was taken")
        require(ended.reply.startswith("452"), ended.reply)


def test_nothing_untrusted_reaches_log_reply_or_record_unescaped(s):
    daemon = s.daemon()
    evil = '"x\x1b[31mred\x7f"@partner.example'
    outcome = decide(daemon, evil)
    require(outcome.verdict == "refuse", outcome.verdict)
    require("\x1b" not in outcome.reply, "an escape sequence in the reply")
    require("\x1b" not in daemon.log(), "an escape sequence in the log")
    anna = s.people.anna.address
    data = message(SENDER, anna).replace(b"Message-ID: <", b"Message-ID: <\x1b[31m\xff\"\\")
    require(decide(daemon, anna, data=data).verdict == "accept", "refused")
    require("\x1b" not in daemon.log(), "an escape sequence in the log")
    daemon.record(anna)  # each line must be JSON


def test_an_undecodable_subject_hides_no_marker(s):
    daemon = s.daemon()
    rolf = s.people.rolf
    for subject in ("=?utf-8?q?=5Bsecure=5D?= x", "=?utf-8?b?W3NlY3VyZV0=?=", "=?bad?x?[secure]?=",
                    "[Secure] =?utf-8?q?=FF?=", "x\r\nSubject: [secure] y"):
        outcome = decide(daemon, rolf.address, data=message(SENDER, rolf.address, subject=subject))
        require(outcome.verdict == "accept" and is_sealed(outcome.message()), subject,
                outcome.reply)


BAD = {
    "an unknown key": ('florr = "aes128-cbc"', ["florr", "floor"]),
    "a wrong type": ('cache-entries = "many"', ["cache-entries"]),
    "out of range": ('recipients-limit = "0"', ["recipients-limit"]),
    "a cipher that can't be made": ('floor = "rc2-40"', ["rc2-40"]),
    "a file that is missing": ('directory "x" { ldif = "/nonexistent/x.ldif" }', ["nonexistent"]),
    "neither ldif nor uri": ('directory "x" { domains = { "a.example" } }', ["ldif", "uri"]),
    "a section of the same title": ('rule "partners" { encrypt = "never" }', ["partners"]),
    "a rule that can never match": ('rule "x" { encrypt = "never" }\n'
                                    'rule "y" { encrypt = "never" }', ["y"]),
    "policy": ('trust "x" { anchors = "/etc" policies = { "mail" } }', ["policies"]),
    "an unended string": ('contact = "help', []),
    "an unended section": ('rule "x" {', []),
    "an include": ('include("/etc/passwd")', []),
    "a cipher assumed below the floor": ('floor = "aes256-cbc"\nassumed-cipher = "aes128-cbc"',
                                         ["assumed-cipher"]),
}


def test_each_mistake_of_a_configuration_is_named_with_its_line(s):
    good = s.configuration()
    for title, (line, words) in BAD.items():
        file = s.place.write("bad.conf", good + line + "\n")
        for command, code in ((["smime-milter", "--check"], 78), (["smimectl", "check-config"], 2)):
            done = run([os.path.join(build_folder(), command[0]), command[1], "-c", file],
                       check=False, env=environment(s.place.folder))
            said = (done.stderr + done.stdout).decode()
            require(done.returncode == code, f"{title}: exit code {done.returncode}\n", said)
            require("bad.conf:" in said, f"{title}: no file and line\n", said)
            for word in words:
                require(word in said, f"{title}: {word} is not named\n", said)


def test_a_configuration_that_is_no_file_is_refused(s):
    os.mkfifo(s.place.path("fifo"))
    s.place.write("zeros", b"\0" * 5000)
    s.place.write("huge", b"# comment\n" * 300_000)
    for name in ("fifo", "zeros", "huge", ".", "missing"):
        done = run([os.path.join(build_folder(), "smime-milter"), "--check", "-c",
                    s.place.path(name)], check=False, env=environment(s.place.folder), timeout=10)
        require(done.returncode == 78 and done.stderr, f"{name}: {done.returncode}")
