"""CAs that are met and not trusted: remembered, shown, trusted with one command, taken back."""
import json
import os
import re
import stat

import test_trust_directory as forest
from cms import is_sealed
from daemon import Ctl
from place import require, run, wait_until
from scenario import SENDER, decide
from smtp import message, send

RULES = {"all": {"encrypt": "required"}}
STORE = "pending-authorities.json"


def trusts(s):
    """The server's CA is the only anchor: nobody's certificate comes of it."""
    return {"test": {"anchors": s.people.server_ca.identity.cert, "revocation": "off"}}


def ctl(daemon):
    return Ctl(daemon.place, daemon.file)


def lines(done):
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def fingerprint(authority):
    text = run(["openssl", "x509", "-in", authority.identity.cert, "-noout", "-fingerprint",
                "-sha256"])
    return text.stdout.decode().strip().split("=")[1]


def plain(authority):
    return fingerprint(authority).replace(":", "").lower()


def test_from_a_refusal_to_delivered_mail_with_two_commands(s):
    postfix = s.postfix()
    daemon = s.daemon(postfix=postfix, trusts=trusts(s), rules=RULES)
    anna, bruno, rolf = s.people.anna, s.people.bruno, s.people.rolf
    issuing = plain(s.people.issuing)  # the topmost that her blob brings
    data = message(SENDER, anna.address)
    reply = send(postfix.port, SENDER, [anna.address], data)
    require(reply.code == 550 and reply.enhanced == "5.7.5", reply)
    require("smimectl trust pending" in re.sub(r"\s+", " ", " ".join(reply.lines)), reply)

    rows = lines(ctl(daemon).run("trust", "pending", "--json", codes=(1,)))
    require(len(rows) == 1, rows)
    row = rows[0]
    require(row["subject"] == "CN=Test Issuing CA,O=Test" and row["sha256"] == issuing, row)
    require(row["issuer"] == "CN=Test Root CA,O=Test" and not row["self_signed"], row)
    require(row["domains"] == ["partner.example"] and row["count"] == 1, row)
    require([(r["address"], r["now"], r["then"]) for r in row["recipients"]]
            == [(anna.address, "untrusted-issuer", "ok")], row)
    shown = ctl(daemon).run("trust", "pending", codes=(1,)).stdout.decode()
    require(f"{anna.address}: would become usable" in shown, shown)
    require(fingerprint(s.people.issuing) in shown, shown)

    pid = daemon.pid
    said = ctl(daemon).run("trust", "add", issuing[:12]).stdout.decode()
    require("the daemon trusts it now" in said, said)
    reply = send(postfix.port, SENDER, [anna.address], data)
    require(reply.code == 250, reply, daemon.log()[-2000:])
    sealed = s.sealed(s.sink.wait_for(anna.address))
    require(sealed.serials() == [anna.identity.serial()], "not sealed")
    require(daemon.pid == pid, "restarted")
    daemon.wait_log(r"trust: user \d+: anchor added for partner.example: CN=Test Issuing CA,O=Test")
    said = ctl(daemon).run("trust", "pending").stdout.decode()
    require("nothing is pending" in said, said)

    # It counts for nobody else.
    reply = send(postfix.port, SENDER, [rolf.address], message(SENDER, rolf.address))
    require(reply.code == 550, "trusted for another domain:", reply)
    rows = lines(ctl(daemon).run("trust", "pending", "--json", codes=(1,)))
    require([row["domains"] for row in rows] == [["elsewhere.example"]], rows)

    ctl(daemon).run("trust", "remove", fingerprint(s.people.issuing))
    reply = send(postfix.port, SENDER, [bruno.address], message(SENDER, bruno.address))
    require(reply.code == 550, "trusted still:", reply)
    daemon.wait_log(r"trust: user \d+: anchor removed for partner.example: CN=Test Issuing CA")


def test_what_was_met_outlasts_the_daemon(s):
    daemon = s.daemon(trusts=trusts(s), rules=RULES)
    for _ in range(3):
        require(decide(daemon, s.people.anna.address).verdict == "refuse", "not refused")
    daemon.stop()
    file = os.path.join(daemon.state, STORE)
    require(stat.S_IMODE(os.stat(file).st_mode) == 0o640, "mode", oct(os.stat(file).st_mode))
    done = ctl(daemon).run("trust", "pending", "--json", codes=(1,))
    require(b"can't be reached" in done.stderr, done.stderr)
    require(lines(done)[0]["count"] == 3, done.stdout)
    daemon.start()
    require(decide(daemon, s.people.bruno.address).verdict == "refuse", "not refused")
    row = lines(ctl(daemon).run("trust", "pending", "--json", "--no-check", codes=(1,)))[0]
    require(row["count"] == 4 and len(row["recipients"]) == 2, row)
    daemon.stop()
    with open(file, "ab") as out:
        out.write(b'{"subject": 1}\n')
    daemon.start()
    daemon.wait_log("are not known any more: .*line 2: \"subject\"")
    require(os.path.exists(file + ".broken"), "not moved aside")
    require(ctl(daemon).run("trust", "pending").stdout, "nothing said")


def test_a_ca_whose_certificate_was_not_found_is_named_and_added_from_a_file(s):
    daemon = s.daemon(trusts=trusts(s), rules=RULES)
    olga = s.people.olga
    require(decide(daemon, olga.address).verdict == "refuse", "not refused")
    rows = lines(ctl(daemon).run("trust", "pending", "--json", codes=(1,)))
    row = [row for row in rows if row["subject"] == "CN=Unpublished Issuing CA,O=Test"][0]
    require(row["sha256"] is None and row["key_id"], row)
    shown = ctl(daemon).run("trust", "pending", "--no-check", codes=(1,)).stdout.decode()
    require("not found" in shown, shown)
    cert = s.people.hidden.identity.cert
    done = ctl(daemon).run("trust", "add", cert, codes=(2,))
    require(b"--for" in done.stderr, done.stderr)
    added = json.loads(ctl(daemon).run(
        "trust", "add", cert, "--for", "Partner.Example", "--json").stdout)
    require(added["domains"] == ["partner.example"] and added["in_force"], added)
    outcome = decide(daemon, olga.address)
    require(outcome.verdict == "accept" and is_sealed(outcome.message()), outcome.reply)
    require(ctl(daemon).run("trust", "pending").returncode == 0, "pending still")


def test_trust_for_everybody_is_asked_for(s):
    daemon = s.daemon(trusts=trusts(s), rules=RULES)
    cert = s.people.root.identity.cert
    done = ctl(daemon).run("trust", "add", cert, "--for", "*", codes=(2,))
    require(b"--yes" in done.stderr and b"CN=Test Root CA" in done.stdout, done.stderr, done.stdout)
    require(not os.path.exists(daemon.added), "written all the same")
    ctl(daemon).run("trust", "add", cert, "--for", "*", "--yes")
    for person in (s.people.anna, s.people.rolf):
        require(decide(daemon, person.address).changed, person.address, "is not trusted")


def test_anchors_are_listed_with_where_they_come_from(s):
    daemon = s.daemon(trusts=trusts(s), rules=RULES)
    root = plain(s.people.root)
    ctl(daemon).run("trust", "add", s.people.root.identity.cert, "--for", "partner.example")
    rows = {row["sha256"]: row for row in lines(ctl(daemon).run("trust", "list", "--json"))}
    require(rows[root]["origin"] == "added" and rows[root]["domains"] == ["partner.example"], rows)
    require(rows[root]["file"].startswith(daemon.added), rows)
    other = rows[plain(s.people.server_ca)]
    require(other["origin"] == "configured" and other["section"] == "test"
            and other["file"] == s.people.server_ca.identity.cert, other)
    shown = json.loads(ctl(daemon).run("trust", "show", root, "--json").stdout)
    require(shown["pending"] is None and len(shown["anchors"]) == 1, shown)
    done = ctl(daemon).run("trust", "remove", plain(s.people.server_ca), codes=(2,))
    require(s.people.server_ca.identity.cert.encode() in done.stderr, done.stderr)
    done = ctl(daemon).run("trust", "show", "0123456789abcdef", codes=(2,))
    require(b"no certificate" in done.stderr, done.stderr)
    done = ctl(daemon).run("trust", "show", root[:7], codes=(2,))
    require(b"8 hex digits" in done.stderr, done.stderr)

    # A second domain joins; the file is for people, and can be changed by hand.
    ctl(daemon).run("trust", "add", root[:16], "--for", "strict.example")
    file = rows[root]["file"]
    with open(file, encoding="utf-8") as source:
        text = source.read()
    require("For: partner.example\nFor: strict.example\n" in text, text)
    with open(file, "w", encoding="utf-8") as out:
        out.write(text.replace("For: partner.example\n", ""))
    ctl(daemon).run("trust", "reload")
    require(decide(daemon, s.people.anna.address).verdict == "refuse", "trusted still")


def test_what_everybody_can_write_does_not_count(s):
    daemon = s.daemon(trusts=trusts(s), rules=RULES)
    ctl(daemon).run("trust", "add", s.people.root.identity.cert, "--for", "partner.example")
    require(decide(daemon, s.people.anna.address).changed, "not sealed")
    os.chmod(daemon.added, 0o777)
    ctl(daemon).run("trust", "reload")
    require(decide(daemon, s.people.anna.address).verdict == "refuse", "counts still")
    daemon.wait_log("everybody can write there")
    done = ctl(daemon).run("trust", "add", s.people.root.identity.cert, "--for", "x.example",
                           codes=(2,))
    require(b"chmod o-w" in done.stderr, done.stderr)


def test_warnings_before_a_ca_is_trusted(s):
    key, cert = s.place.path("old.key"), s.place.path("old.pem")
    run(["openssl", "req", "-x509", "-newkey", "rsa:1024", "-nodes", "-sha1", "-days", "20",
         "-subj", "/CN=Old CA", "-keyout", key, "-out", cert])
    daemon = s.daemon(trusts=trusts(s), rules=RULES)
    said = ctl(daemon).run("trust", "add", cert, "--for", "partner.example").stderr.decode()
    for words in ("expires soon", "short", "SHA1", ):
        require(words.lower() in said.lower().replace("sha-1", "sha1"), words, said)
    leaf = s.people.anna.identity.cert
    said = ctl(daemon).run("trust", "add", leaf, "--for", "partner.example").stderr.decode()
    require("not a CA" in said, said)


def test_a_daemon_that_is_down_takes_it_up_when_it_starts(s):
    daemon = s.daemon(trusts=trusts(s), rules=RULES)
    daemon.stop()
    done = ctl(daemon).run("trust", "add", s.people.root.identity.cert, "--for", "partner.example")
    require(b"reload" in done.stderr, done.stderr)
    daemon.start()
    wait_until(lambda: decide(daemon, s.people.anna.address).changed, "it is trusted")


def test_a_fingerprint_must_name_one_certificate(s):
    daemon = s.daemon(trusts=trusts(s), rules=RULES)
    daemon.stop()
    entry = {"subject": "CN=X", "issuer": "CN=X", "key_id": None, "certificate": "AAAA",
             "first": "2026-01-01T00:00:00Z", "last": "2026-01-01T00:00:00Z", "count": 1,
             "domains": ["partner.example"], "recipients": []}
    with open(os.path.join(daemon.state, STORE), "w", encoding="utf-8") as out:
        for digit in "12":
            out.write(json.dumps({**entry, "sha256": "abcdef01" + digit * 56}) + "\n")
    done = ctl(daemon).run("trust", "add", "ABCDEF01", codes=(2,))
    require(b"more than one" in done.stderr, done.stderr)
    done = ctl(daemon).run("trust", "show", "AB:CD:EF:01", codes=(2,))
    require(b"more than one" in done.stderr, done.stderr)
    done = ctl(daemon).run("trust", "add", "abcdef011", codes=(2,))
    require(b"can't be read" in done.stderr, done.stderr)
    require(not os.path.exists(daemon.added), "written all the same")


def test_what_a_directory_adds_counts_on(s):
    slapd = forest.prepared(s)
    slapd.modify(forest.authority("root", s.people.root.identity.der()))
    daemon = s.daemon(directories=forest.directory(slapd.ldaps, **{"tls-ca": slapd.ca}),
                      trusts=forest.trust(s), rules=RULES)
    anna, rolf = s.people.anna, s.people.rolf  # the directory counts for her domain, not for his
    require(decide(daemon, anna.address).changed, "the directory's CA is not trusted")
    require(decide(daemon, rolf.address).verdict == "refuse", "the directory counts for all")
    cert = s.people.root.identity.cert
    ctl(daemon).run("trust", "add", cert, "--for", "elsewhere.example")
    for person in (anna, rolf):
        require(decide(daemon, person.address).changed, person.address, "is not trusted")
    origins = {(row["origin"], row["domains"][0]) for row in lines(
        ctl(daemon).run("trust", "list", "--json")) if row["sha256"] == plain(s.people.root)}
    require(origins == {("directory", "partner.example"), ("added", "elsewhere.example")}, origins)
    slapd.modify(forest.deleted("root"))
    wait_until(lambda: decide(daemon, anna.address).verdict == "refuse", "the CA is gone there")
    require(decide(daemon, rolf.address).changed, "what was added is gone, too")
