"""smimectl report and why: what the daemon recorded is counted, and each refusal is explained."""
import array
import bz2
import fcntl
import gzip
import json
import lzma
import os
import re
import signal
import subprocess
import termios

import milter
from cms import encrypt
from daemon import Ctl, build_folder, environment
from place import require, wait_until
from scenario import SENDER, reasons
from smtp import message
from test_audit import Page

PACKED = [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)]


class Field:
    """A daemon that decides on messages; its log is rotated and compressed now and then."""

    def __init__(self, s):
        self.daemon = s.daemon()
        self.ctl = Ctl(s.place, self.daemon.file)
        self.sent = 0

    def send(self, recipients, data=None, times=1):
        """The last reply, or None."""
        for _ in range(times):
            outcome = milter.send(self.daemon.address, SENDER, recipients,
                                  data or message(SENDER, recipients))
            reply = outcome.reply
        self.sent += times
        return reply

    def rotate(self, number, ending, pack):
        """As logrotate does: the file is moved away and compressed, with the next one begun."""
        path = self.daemon.audit_file
        with open(path, "rb") as file:
            text = file.read()
        os.unlink(path)
        with open(f"{path}.{number}{ending}", "wb") as file:
            file.write(pack(text))


def reference_in(reply):
    found = re.search(r"Reference: ([0-9A-Z]{16})", str(reply))
    require(found, "no reference in", reply)
    return found[1]


def fill(s, field):
    """Messages of every kind, in four files; the references of the refusals."""
    people = s.people
    found = {}
    field.send([people.anna.address], times=2)
    found["expired"] = reference_in(field.send([people.emma.address], times=2))
    field.rotate(3, *PACKED[0])
    found["untrusted-issuer"] = reference_in(field.send([people.felix.address]))
    found["both"] = reference_in(field.send([people.anna.address, people.emma.address]))
    field.rotate(2, *PACKED[1])
    found["no-digital-id"] = reference_in(field.send([people.nobody.address]))
    field.send(["someone@never.example"])
    field.rotate(1, *PACKED[2])
    field.send([people.anna.address, people.bruno.address])
    weak = encrypt(s.place, message(SENDER, people.anna.address), [people.anna.identity], "rc2-40")
    found["weak-cipher"] = reference_in(field.send([people.anna.address], weak))
    return found


def effects(report, unit="recipients"):
    return {row["reason"]: {effect: count for effect, count in row[unit].items() if count}
            for row in report["reasons"]}


def check_sums(s, field):
    report = field.ctl.json("report", codes=(0,))
    require(report["complete"] is True and report["lines"]["files"] == 4, report["lines"])
    require(report["lines"]["records"] == report["recipients"] == field.sent + 2, report["lines"])
    sums = report["messages"]
    require(sums["total"] == field.sent == 10, sums)
    require((sums["seal"], sums["pass"], sums["refuse"], sums["defer"]) == (3, 1, 6, 0), sums)
    require(effects(report) == {
        "expired": {"refuse": 3}, "untrusted-issuer": {"refuse": 1}, "no-digital-id": {"refuse": 1},
        "weak-cipher": {"refuse": 1}, "other-recipient": {"refuse": 1}, "never": {"pass": 1}},
        effects(report))
    require(effects(report, "messages")["expired"] == {"refuse": 3}, effects(report, "messages"))
    ciphers = {row["cipher"]: row for row in report["ciphers"]}
    # Bruno reads no more than AES-128.
    require((ciphers["aes256-cbc"]["signed"], ciphers["aes128-cbc"]["signed"]) == (2, 2), ciphers)
    require(ciphers["rc2-40"]["client_not_sent"] == 1, ciphers)
    require({row["issuer"]: row["count"] for row in report["trust_failures"]["cas"]}
            == {"CN=Test Issuing CA,O=Test": 3,
                "CN=Unknown Root CA,O=Test": 1}, report["trust_failures"])
    require([(row["address"], row["count"]) for row in report["refused"]["recipients"]][0]
            == (s.people.emma.address, 3), report["refused"])
    require(report["duration_ms"]["messages"] == field.sent, report["duration_ms"])
    require(sum(day["refuse"] for day in report["days"]) == 6, report["days"])
    for word in ("--since", "--until"):
        none = field.ctl.json("report", word, "2030-01-01" if word == "--since" else "2020-01-01")
        require(none["messages"]["total"] == 0, none)
    require(field.ctl.json("report", "--since", "1d")["messages"] == sums, "a day is not enough")
    return report


def check_page(s, field, report):
    page = s.place.path("report.html")
    text = field.ctl.run("report", "--html", page).stdout.decode()
    require("\x1b" not in text and re.search(r"^ +6 +60\.0 %  refused$", text, re.M), text)
    with open(page, encoding="utf-8") as file:
        source = file.read()
    require(not re.search(r"https?:|url\(|@import|//", source), "the page points elsewhere")
    shown = " ".join(Page(source).texts)
    for row in report["reasons"]:
        require(row["reason"] in shown, row["reason"], "is not on the page")
    for address in (row["address"] for row in report["refused"]["recipients"]):
        require(address in shown, address, "is not on the page")


def check_why(s, field, found):
    for reason in ("expired", "untrusted-issuer", "no-digital-id", "weak-cipher"):
        text = field.ctl.run("why", found[reason]).stdout.decode()
        require(reasons()[reason][3] in text, reason, "is not explained:", text)
        require(found[reason] in text.splitlines()[-1], "no reference for the sender:", text)
    text = field.ctl.run("why", found["untrusted-issuer"].lower().replace("0", "o")).stdout.decode()
    ours, _, theirs = text.partition("--- For the sender ---")
    require("uid=felix" in ours and "failed link" in ours, ours)
    require("Unknown Root CA" in theirs and s.people.felix.address in theirs, theirs)
    require("uid=felix" not in theirs and "everybody" not in theirs, "too much is told:", theirs)
    require("valid from 20" in theirs and "trust pending" in theirs, theirs)
    grouped = "-".join(found["both"][place:place + 4] for place in range(0, 16, 4))
    records = [json.loads(line) for line in
               field.ctl.run("why", "--json", grouped).stdout.splitlines()]
    require([record["recipient"] for record in records]
            == [s.people.anna.address, s.people.emma.address], records)
    theirs = field.ctl.run("why", found["both"]).stdout.decode().partition("For the sender")[2]
    require(s.people.emma.address in theirs and s.people.anna.address not in theirs, theirs)
    none = field.ctl.run("why", "0" * 16, codes=(1,))
    require(not none.stdout and field.daemon.audit_file in none.stderr.decode(), none.stderr)
    for words in ((), ("too-short",), ("0123456789ABCDEFG",), ("0123456789ABCDEU",)):
        require(field.ctl.run("why", *words, codes=(2,)).stderr, words)


def check_harm(s, field, total):
    """Lines that are broken or evil, logs that are damaged or are not there."""
    evil = {"schema": 1, "time": "2026-11-25T10:00:00Z", "event": "decision", "action": "refuse",
            "reference": "7KQ2M9XV4T1B8ZRD", "recipient": "\x1b]0;x\x07\u202e<script>@x.test",
            "reason": "\x1b[31m", "trust_failure": True, "digital_id": {"issuer": "\x1b[2J"}}
    with open(field.daemon.audit_file, "ab") as file:
        file.write(b'{"schema":1,"time"\n{"schema":99}\n' + json.dumps(evil).encode() + b"\n")
    report = field.ctl.json("report", codes=(1,))
    require(report["messages"]["total"] == total + 1, report["messages"])
    require((report["lines"]["broken"], report["lines"]["another_schema"]) == (1, 1), report)
    page = s.place.path("evil.html")
    for words in (("report", "--html", page), ("why", evil["reference"])):
        text = field.ctl.run(*words, codes=(0, 1)).stdout.decode()
        require(not re.search("[\x1b\x07\u202e]", text) and "<script>@x.test" in text, repr(text))
    with open(page, encoding="utf-8") as file:
        require("<script" not in file.read(), "markup from outside")

    packed = field.daemon.audit_file + ".3.gz"
    os.truncate(packed, os.path.getsize(packed) - 5)
    done = field.ctl.run("report", "--json", codes=(2,))
    require(packed in done.stderr.decode(), done.stderr)
    report = json.loads(done.stdout)
    require(report["complete"] is False and packed in report["incomplete"], report["incomplete"])
    with open(field.daemon.audit_file, "rb") as file:
        text = file.read()
    journal = b"smime-milter starts: 0.1.0\n" + text.replace(b"{", b"Nov 25 mx x[1]: {", 1)
    read = json.loads(field.ctl.run("report", "--json", "-", stdin=journal, codes=(1,)).stdout)
    require((read["messages"]["total"], read["lines"]["other"]) == (3, 1), read["lines"])
    for words in (("report", "/nowhere"), ("report", "--since", "soon"),
                  ("report", "--html", "/nowhere/page"),
                  ("report", "--since", "2027-01-01", "--until", "2026-01-01")):
        require(field.ctl.run(*words, codes=(2,)).stderr, words)


def test_a_report_counts_what_was_sent_and_each_refusal_is_explained(s):
    field = Field(s)
    found = fill(s, field)
    report = check_sums(s, field)
    check_page(s, field, report)
    check_why(s, field, found)
    check_harm(s, field, report["messages"]["total"])


def test_without_an_audit_file_it_is_said_what_to_read(s):
    ctl = s.ctl()
    for words in (("report",), ("why", "0" * 16)):
        done = ctl.run(*words, codes=(2,))
        require(b"audit-file" in done.stderr and b"journalctl" in done.stderr, done.stderr)
    gone = s.ctl(top={"audit-file": s.place.path("nothing.log")})
    require(b"nothing.log" in gone.run("report", codes=(2,)).stderr, "what is missing?")


def test_an_interrupted_report_shows_what_was_read(s):
    ours, theirs = os.pipe()
    child = subprocess.Popen([os.path.join(build_folder(), "smimectl"), "report", "--json", "-"],
                             stdin=ours, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             env=environment(s.place.folder))
    s.place.later(child.kill)
    os.write(theirs, b'{"schema":1,"time":"2026-11-25T10:00:00Z","event":"decision"}\n' * 20000)
    waiting = array.array("i", [1])

    def all_was_read():
        fcntl.ioctl(ours, termios.FIONREAD, waiting)
        return waiting[0] == 0

    wait_until(all_was_read, "smimectl has read what there is")
    child.send_signal(signal.SIGINT)
    text, _ = child.communicate()
    os.close(theirs)
    os.close(ours)
    report = json.loads(text)
    require(child.returncode == 130 and report["incomplete"] == "interrupted", report)
    require(report["messages"]["total"] > 0, report["messages"])
