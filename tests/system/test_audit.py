"""smimectl audit: a whole directory, from slapd and from a file, and what comes between."""
import csv
import html.parser
import io
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import xml.etree.ElementTree
from collections import Counter

import ldif
from daemon import build_folder, environment, sanitizer_reports
from ldif import Entry
from place import SLOWER, require, run
from slapd import Slapd

WEAK = "fallback-40-bit no-capabilities"
# Of those in people.py: what becomes of mail to them, what an audit finds beside, and the verdicts
# on their digital IDs.
KINDS = {
    "anna": ("usable", "", "ok"),
    "bruno": ("usable", "", "ok"),
    "clara": ("usable", WEAK, "ok"),
    "dora": ("usable", "", "ok"),
    "dirk": ("usable", "", "ok"),
    "doris": ("usable", "", "ok"),
    "tilda": ("usable", WEAK, "ok"),
    "sven": ("usable", "", "ok"),
    "uwe": ("usable", "fallback-40-bit", "ok"),
    "greta": ("usable", "expired stale attributes-differ " + WEAK, "ok expired"),
    "zoe": ("usable", "", "ok ok"),
    "yara": ("usable", "", "ok"),
    "viola": ("usable", "", "ok"),
    "david": ("capabilities-unknown", WEAK, "ok"),
    "emma": ("expired", "", "expired"),
    "felix": ("untrusted-issuer", "", "untrusted-issuer"),
    "nils": ("weak-cipher", "", "ok"),
    "otto": ("weak-cipher", "", "ok"),
    "mona": ("not-yet-valid", "", "not-yet-valid"),
    "jonas": ("weak-key", "", "weak-key"),
    "karin": ("wrong-usage", "", "wrong-usage"),
    "konrad": ("wrong-usage", "", "wrong-usage"),
    "lars": ("address-mismatch", "", "address-mismatch"),
    "olga": ("incomplete-chain", "", "incomplete-chain"),
    "tina": ("invalid-chain", "", "invalid-chain"),
    "rosa": ("weak-digest", "", "weak-digest"),
    "quirin": ("key-unsupported", "", "key-unsupported"),
    "pia": ("malformed", "", "malformed"),
    "paul": ("usable", "", "ok"),
    "petra": ("expired", "", "expired"),
    "rolf": ("usable", "", "ok"),
    # Made here.
    "rex": ("revoked", "", "revoked"),
    "eva": ("usable", "expiring " + WEAK, "ok"),
    "alias": ("usable", "alias-mismatch " + WEAK, "ok"),
    "bound": ("usable", WEAK, "ok"),
    "shared": ("not-asked", "", ""),
}
COPIES = 278 if SLOWER == 1 else 30  # 10,000 entries; sanitizers would take minutes
OTHER = "elsewhere.test"


class Town:
    """Entries of every kind, COPIES of each: the first has everything for itself, the others have
    its address and certificates. Those bound by their entry have addresses of their own."""

    def __init__(self, s):
        self.people = s.people
        self.issuing = s.people.issuing
        self.templates = {}
        for name in KINDS:
            person = s.people._by_name.get(name)
            self.templates[name] = person.entry if person else getattr(self, "_" + name)()
        self.crls = s.place.path("crls")
        os.makedirs(self.crls)
        with open(os.path.join(self.crls, "issuing.crl"), "wb") as out:
            out.write(self.issuing.crl())

    def _bare(self, name, mail, **options):
        addresses = mail[:1] if options.pop("named", True) else []
        identity = self.issuing.issue(name, addresses, **options)
        return identity, Entry(name, mail, [identity.der()], other=[
            ("cACertificate;binary", self.issuing.identity.der())])

    def _rex(self):
        identity, entry = self._bare("rex", ["rex@partner.example"])
        self.issuing.revoke(identity)
        return entry

    def _eva(self):
        return self._bare("eva", ["eva@partner.example"], end=10)[1]

    def _alias(self):
        return self._bare("alias", ["alias@partner.example", "alias2@partner.example",
                                    "alias@" + OTHER])[1]

    def _bound(self):
        return self._bare("bound", ["bound@partner.example"], named=False)[1]

    def _shared(self):
        return self._bare("shared", ["shared@" + OTHER])[1]

    def entries(self, copies):
        """In an order that mixes them."""
        entries = []
        for number in range(copies):
            for name, template in self.templates.items():
                mail = template.mail
                if name == "bound" and number > 0:
                    mail = [f"bound{number}@partner.example"]
                entries.append(Entry(f"{name}-{number}", mail, template.certificates,
                                     template.blobs, template.other))
        return entries

    def settings(self, **more):
        return {"bind-by-entry": True, "domains": [
            "partner.example", "strict.example", "preferred.example", "elsewhere.example"], **more}

    def trusts(self):
        return {"test": {"anchors": self.people.anchors, "revocation": "soft", "crls": self.crls}}


def expected(copies):
    """What the sums must be."""
    found, reasons, ids = Counter(), Counter(), Counter()
    standing = Counter()
    for reason, findings, verdicts in KINDS.values():
        kinds = set(findings.split())
        if reason == "not-asked":
            standing["not_asked"] += copies
            continue
        if reason == "usable":
            standing["usable"] += copies
        else:
            standing["unusable"] += copies
            reasons[reason] += copies
            kinds |= {reason, "unusable"}
        for kind in kinds:
            found[kind] += copies
        found["duplicate"] += copies - 1
        for verdict in verdicts.split():
            ids[verdict] += copies
        ids["stale"] += copies * ("stale" in kinds)
    return {"entries": copies * len(KINDS), **standing, "reasons": dict(reasons),
            "findings": {kind: count for kind, count in found.items() if count},
            "digital_ids": {kind: count for kind, count in ids.items() if count}}


class Audit:
    """smimectl audit, under way: its output is read when the test wants it, so that it can't run
    ahead by more than a pipe holds."""

    def __init__(self, ctl, *words):
        self.child = subprocess.Popen(
            [os.path.join(build_folder(), "smimectl"), "audit", "-c", ctl.file, *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(ctl.place.folder))
        self.folder = ctl.place.folder
        ctl.place.later(self.child.kill)

    def line(self):
        return self.child.stdout.readline()

    def signal(self, number):
        self.child.send_signal(number)

    def end(self, code):
        """Reads the rest; what it was is kept, with the most memory that was used, in kB."""
        self.rest = self.child.stdout.read()
        self.errors = self.child.stderr.read().decode()
        _, status, usage = os.wait4(self.child.pid, 0)
        self.child.returncode = os.waitstatus_to_exitcode(status)
        self.memory = usage.ru_maxrss
        reports = sanitizer_reports(self.folder)
        require(not reports, "the sanitizer reports:\n", "\n".join(reports)[:6000])
        require(self.child.returncode == code, self.child.returncode, self.errors)
        return self

    def summary(self):
        return json.loads(self.rest.splitlines()[-1])["summary"]


def compare(summary, copies):
    for key, value in expected(copies).items():
        require(summary[key] == value, key, "is", summary[key], "not", value)
    require(summary["complete"] is True and summary["incomplete"] is None, summary)
    require(summary["fallback_40_bit"] == {
        "outlook-2002": summary["findings"]["fallback-40-bit"],
        "outlook-2003": 0, "outlook-2016": 0}, summary["fallback_40_bit"])
    require({ca["subject"]: ca["count"] for ca in summary["cas"]} == {
        "CN=Lapsed Issuing CA,O=Test": copies, "CN=Unknown Root CA,O=Test": copies,
        "CN=Unpublished Issuing CA,O=Test": copies,
        # One weak digest, one revoked.
        "CN=Test Issuing CA,O=Test": 2 * copies}, summary["cas"])
    require(sum(summary["expiry"].values()) == summary["usable"], summary["expiry"])


def test_the_sums_are_what_was_put_into_slapd_and_memory_does_not_grow_with_it(s):
    town = Town(s)
    slapd = Slapd(s.place, town.entries(COPIES), s.people.server_ca,
                  more="sizelimit size.prtotal=600")
    password = s.place.write("password", "secret\n", 0o600)
    gal = town.settings(**{
        "uri": [slapd.uri], "base": ldif.SUFFIX, "tls-ca": slapd.ca, "retry-interval": "100ms"})
    limited = s.ctl(directories={"gal": gal}, trusts=town.trusts(), top={"fetch": False})
    few = Audit(limited, "--json").end(2)
    require(few.summary()["complete"] is False and few.summary()["entries"] == 600, few.summary())
    require("size limit" in few.errors and "size limit" in few.summary()["incomplete"], few.errors)

    gal.update({"bind-dn": f"cn=admin,{ldif.SUFFIX}", "bind-password-file": password})
    ctl = s.ctl(directories={"gal": gal}, trusts=town.trusts(), top={"fetch": False})
    page = s.place.path("audit.html")
    full = Audit(ctl, "--json", "--html", page).end(1)
    compare(full.summary(), COPIES)
    rows = [json.loads(row) for row in full.rest.splitlines()[:-1]]
    require(len({row["dn"] for row in rows}) == len(rows) == COPIES * len(KINDS), len(rows))
    require(full.memory < few.memory + 12000 or SLOWER > 1, few.memory, full.memory)
    look_at_page(s, page, full.summary())

    going = Audit(ctl, "--json")
    going.line()
    going.signal(signal.SIGINT)
    summary = going.end(130).summary()
    require("interrupted" in summary["incomplete"], summary)
    require(0 < summary["entries"] < COPIES * len(KINDS), summary)
    going = Audit(ctl, "--json")
    going.line()
    slapd.process.signal(signal.SIGKILL)
    summary = going.end(75).summary()
    require(0 < summary["entries"] < COPIES * len(KINDS), summary)
    require(re.search("connection .*(lost|gone)", summary["incomplete"]), summary["incomplete"])
    require(summary["incomplete"] in going.errors, going.errors)
    Audit(ctl).end(75)


class Page(html.parser.HTMLParser):
    """Reads a page strictly: what is opened is closed, and nothing comes from elsewhere."""

    VOID = {"meta"}

    def __init__(self, text):
        super().__init__()
        self.open, self.texts = [], []
        self.feed(text)
        self.close()
        require(not self.open, "not closed:", self.open)

    def handle_starttag(self, tag, attributes):
        require(tag not in {"script", "link", "img", "iframe", "object", "base", "form"}, tag)
        for name, value in attributes:
            require(not name.startswith("on") and name not in {"src", "href"}, tag, name, value)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.open.pop()

    def handle_endtag(self, tag):
        require(self.open and self.open.pop() == tag, "closed without need:", tag)

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.texts.append(data)


def look_at_page(s, path, summary):
    with open(path, encoding="utf-8") as file:
        source = file.read()
    require(not re.search(r"https?:|url\(|@import|//", source), "the page points elsewhere")
    text = " ".join(Page(source).texts)
    for number in (summary["entries"], summary["usable"], summary["unusable"]):
        require(f"{number:,}" in text, number, "is not on the page")
    for code, number in summary["findings"].items():
        require(code == "unusable" or re.search(rf"{code} .{{0,300}}? {number:,} ", text),
                code, number)
    for month, number in summary["expiry"].items():
        require(number == 0 or f"{month}, entries: {number:,}" in text, month, number)
    for drawing in re.findall(r"<svg.*?</svg>", source, re.S):
        xml.etree.ElementTree.fromstring(drawing)
    if shutil.which("chromium") is None:
        return
    picture = s.place.path("page.png")
    run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1000,1400",
         f"--user-data-dir={s.place.path('chromium')}", f"--screenshot={picture}",
         f"file://{path}"], env={**os.environ, "HOME": s.place.folder})
    require(os.path.getsize(picture) > 20000, "the picture is empty")


def test_a_file_is_audited_in_every_form(s):
    town = Town(s)
    entries = town.entries(2)
    entries.append(Entry("nameless", [], town.templates["anna"].certificates))
    # An editor's doing: a value twice, and text that wants to be markup, a formula, and an escape.
    evil = Entry("evil", ["=cmd|evil@partner.example"], [b"\x1b[31m<script>"])
    twice = Entry("twice", ["twice@partner.example"], [b"x", b"x"])
    text = ldif.text([*entries, evil, twice]).replace(
        "uid=evil,", "uid=<script>alert(1)</script>,") + "\nno record\n"
    directory = s.place.write("town.ldif", text)
    ctl = s.ctl(directories={"file": town.settings(ldif=directory)}, trusts=town.trusts(),
                top={"fetch": False})
    page = s.place.path("audit.html")
    done = ctl.run("audit", "--json", "--html", page, codes=(1,))
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    summary, rows = lines[-1]["summary"], lines[:-1]
    require(len(rows) == summary["entries"] == 2 * len(KINDS) + 3, summary)
    require(summary["broken"] == 1 and summary["no_address"] == 1, summary)
    require(summary["reasons"]["malformed"] == 4, summary)
    require(rows[-1]["findings"].count("duplicate") == 1, rows[-1])
    for row in rows:
        name, _, number = row["dn"].split(",")[0][4:].partition("-")
        if name not in KINDS:
            continue
        reason, findings, _ = KINDS[name]
        kinds = set(findings.split())
        if reason not in ("usable", "not-asked"):
            kinds |= {reason, "unusable"}
        if number == "1" and reason != "not-asked":
            kinds.add("duplicate")
        require(row["reason"] == reason and set(row["findings"]) == kinds, row)
    look_at_page(s, page, summary)

    table = ctl.run("audit", "--table", codes=(1,)).stdout.decode()
    require("\x1b" not in table, "colours, or an escape, where there is no terminal")
    require(re.search(r"^anna@partner\.example +usable +aes256-cbc +\d{4}-\d\d-\d\d", table, re.M),
            table)
    cells = list(csv.DictReader(io.StringIO(
        ctl.run("audit", "--csv", codes=(1,)).stdout.decode(), newline="")))
    require(len(cells) == len(rows), len(cells))
    require([cell["dn"] for cell in cells] == [row["dn"] for row in rows], "another order")
    require(cells[-2]["address"] == "'=cmd|evil@partner.example", cells[-2])
    few = ctl.run("audit", "--csv", "--only", "expired,stale", codes=(1,)).stdout.decode()
    require({cell["dn"].split("-")[0] for cell in csv.DictReader(io.StringIO(few))}
            == {"uid=emma", "uid=petra", "uid=greta"}, few)
    short = ctl.run("audit", codes=(1,)).stdout.decode()
    require(re.search(rf"^ *{summary['usable']} +[\d.]+ %  usable$", short, re.M), short)


def on_terminal(ctl, *words, **variables):
    """What it writes to a terminal, standard error included."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [os.path.join(build_folder(), "smimectl"), "audit", "-c", ctl.file, *words],
        stdin=theirs, stdout=theirs, stderr=theirs,
        env={**environment(ctl.place.folder), "TERM": "xterm", **variables})
    os.close(theirs)
    text = b""
    try:
        while piece := os.read(ours, 65536):
            text += piece
    except OSError:  # the other side is closed
        pass
    os.close(ours)
    child.wait()
    return text.decode()


def test_colours_are_for_terminals_that_want_them(s):
    evil = Entry("evil", ['"\u202e\x1b]0;x\x07"@partner.example'], [b"x"])
    directory = s.place.write("colours.ldif", ldif.text([s.people.anna.entry, evil]))
    ctl = s.ctl(directories={"file": {"ldif": directory}})
    for words in ((), ("--table",)):
        text = on_terminal(ctl, *words)
        require("\x1b[32m" in text and "\x1b[0m" in text, repr(text))
        require(not re.search("\x1b[^[]|\u202e", text), repr(text))
        for variables in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            require("\x1b" not in on_terminal(ctl, *words, **variables), words, variables)


def test_audit_ends_as_it_was_asked_to(s):
    good = s.ctl(directories={"file": {"ldif": s.directory([s.people.anna.entry])}})
    good.run("audit", codes=(0,))
    clara = s.ctl(directories={"file": {"ldif": s.directory([s.people.clara.entry])}})
    clara.run("audit", codes=(0,))
    clara.run("audit", "--fail-on", "fallback-40-bit", codes=(1,))
    clara.run("audit", "--expiring", "400", codes=(1,))
    clara.run("audit", "--at", "2040-01-01", codes=(1,))
    clara.run("audit", "--at", "2040-01-01", "--fail-on", "stale,revoked", codes=(0,))
    clara.run("audit", "--at", "2040-01-01", "--fail-on", "none", codes=(0,))
    require(b"is none of: none expired " in clara.run(
        "audit", "--fail-on", "expired,nonsense", codes=(2,)).stderr, "which are there?")
    for words in (("--expiring", "-1"), ("--expiring", "x"), ("--json", "--csv"),
                  ("--table", "--csv"), ("surplus",), ("--only", "stale"),
                  ("--directory", "nowhere"), ("--html", "/nowhere/page"), ("--from", "@@")):
        require(clara.run("audit", *words, codes=(2,)).stderr, words)
    clara.run("audit", "--directory", "file", codes=(0,))
    missing = s.ctl(directories={"file": {"ldif": s.directory([s.people.anna.entry])}})
    os.unlink(s.place.path("directory.ldif"))
    require(b"No such file" in missing.run("audit", codes=(2,)).stderr, "what is missing?")
    half = ldif.text([s.people.anna.entry, s.people.clara.entry]).rstrip()[:-30]
    cut = s.ctl(directories={"file": {"ldif": s.place.write("cut.ldif", half)}})
    done = cut.run("audit", "--json", codes=(2,))
    summary = json.loads(done.stdout.splitlines()[-1])["summary"]
    require(summary["complete"] is False and "was cut off" in summary["incomplete"], summary)
    require(summary["usable"] == 1, summary)
    require(b"was cut off" in done.stderr, done.stderr)
    empty = s.ctl(directories={"file": {"ldif": s.place.write("empty.ldif", "")}})
    empty.run("audit", "--html", s.place.path("empty.html"), codes=(0,))
    with open(s.place.path("empty.html"), encoding="utf-8") as page:
        require("None." in Page(page.read()).texts, "what is there to be seen?")
    gal = {"uri": ["ldap://127.0.0.1:1"], "base": "dc=x", "tls": "never"}
    s.ctl(directories={"gal": gal}).run("audit", codes=(75,))
    # A CA that can't be read for now may be the one that is missing.
    felix = s.place.write("felix.ldif", ldif.text([s.people.felix.entry]))
    unread = s.ctl(directories={"file": {"ldif": felix},
                                "gal": {**gal, "uri": ["ldaps://127.0.0.1:1"]}},
                   trusts={"test": {"anchors": s.people.anchors, "for": ["partner.example"],
                                    "directory": "gal", "anchor-bases": ["dc=x"]}})
    done = unread.run("audit", "--directory", "file", codes=(75,))
    require(re.search("1 .*not known for now", done.stdout.decode()), done.stdout.decode())
