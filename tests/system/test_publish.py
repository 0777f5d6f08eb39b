"""smimectl publish and clean, with a real slapd: what is written, what is read back, and that nobody
else's change is lost."""
import base64
import json
import os
import re
import subprocess

import ldif
import milter
from cms import is_sealed
from daemon import build_folder, environment
from ldif import Entry
from people import STRONG
from place import require, run
from scenario import SENDER
from slapd import Slapd
from smtp import message

# Of each entry; and of the database as a whole, whose values have no order.
OPERATIONAL = {"entryCSN", "modifyTimestamp", "modifiersName", "contextCSN"}


class Gal:
    """A directory to write to: read by anybody, written by the administrator."""

    def __init__(self, s, entries, **options):
        self.s = s
        self.slapd = Slapd(s.place, entries, s.people.server_ca, **options)
        password = s.place.write("bind-password", "secret\n", 0o600)
        self.writer = ("--bind-dn", f"cn=admin,{ldif.SUFFIX}", "--bind-password-file", password)
        self.parts = {"directories": {"gal": {
            "uri": [self.slapd.uri], "base": ldif.SUFFIX, "tls-ca": self.slapd.ca,
            "domains": ["partner.example", "preferred.example"]}}, "top": {"fetch": False}}
        self.ctl = s.ctl(**self.parts)

    def dump(self):
        """Every entry's values, operational attributes aside."""
        text = run(["/usr/sbin/slapcat", "-f", self.slapd.configuration]).stdout.decode()
        entries = {}
        for record in text.replace("\n ", "").strip().split("\n\n"):
            lines = [line.split(":", 1) for line in record.splitlines()]
            entries[lines[0][1]] = sorted(
                (name, value) for name, value in lines[1:] if name not in OPERATIONAL)
        return entries

    def values(self, entry, attribute):
        """As any client reads them."""
        text = run(["ldapsearch", "-x", "-LLL", "-o", "ldif-wrap=no", "-H", self.slapd.uri, "-s",
                    "base", "-b", entry.dn, attribute]).stdout.decode()
        return [base64.b64decode(value) for value in
                re.findall(rf"^{attribute}(?:;binary)?:: (\S+)$", text, re.M)]

    def apply(self, path):
        run(["ldapmodify", "-x", "-H", self.slapd.uri, "-D", f"cn=admin,{ldif.SUFFIX}", "-w",
             "secret", "-f", path])


def look_at_blob(s, blob, identity, capabilities):
    """By openssl: it verifies, with the chain in it, and says what was asked for."""
    path = s.place.write("read-back.der", blob)
    run(["openssl", "cms", "-verify", "-inform", "DER", "-in", path, "-content", "/dev/null",
         "-CAfile", s.people.root.identity.cert, "-purpose", "any", "-out", "/dev/null"])
    text = run(["openssl", "cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in",
                path]).stdout.decode()
    found = re.findall(r":(aes-\d+-cbc|des-ede3-cbc)\b", text)
    require(found == capabilities, found)
    require(text.count("object: id-smime-aa-encrypKeyPref (1.2.840.113549.1.9.16.2.11)") == 1, text)
    require(text.count("1.3.6.1.4.1.311.16.4") == 1, text)
    parsed = run(["openssl", "asn1parse", "-inform", "DER", "-in", path]).stdout.decode().lower()
    require(parsed.count(identity.serial()) >= 4, "who is preferred?")  # itself, signer, both forms


def test_what_is_published_verifies_and_is_sealed_to(s):
    people = s.people
    nora = people.issuing.issue("nora", ["nora@partner.example"])
    kurt = people.issuing.issue("kurt", ["kurt@partner.example"])
    late = people.issuing.issue("late", ["nora@partner.example"], start=-90, end=-2)
    bulk = [people.issuing.issue(f"bulk{n}", [f"bulk{n}@partner.example"], key="p256")
            for n in range(4)]
    crowd = [people.issuing.issue(f"crowd{n}", ["crowd@partner.example"], key="p256")
             for n in range(4)]
    ca = ("cACertificate;binary", people.issuing.identity.der())
    entry = Entry("nora", "nora@partner.example")
    bare = Entry("kurt", "kurt@partner.example", other=[ca])
    meeting = Entry("crowd", "crowd@partner.example")
    gal = Gal(s, [entry, bare, meeting, Entry("felix", "felix@partner.example"), Entry("twin1", "twin@partner.example"),
                  Entry("twin2", "twin@partner.example"),
                  *(Entry(f"bulk{n}", f"bulk{n}@partner.example") for n in range(4))])
    ctl, write = gal.ctl, ("--apply", *gal.writer)
    p12, opened = nora.pkcs12(), ("--password-file", s.place.write("p12", "secret\n", 0o600))
    os.chmod(p12, 0o600)

    before = gal.dump()
    dry = ctl.json("publish", p12, *opened, codes=(0,))
    require(dry["digital_id"]["verdict"] == "ok" and dry["form"] == "signed", dry)
    require((dry["written"], dry["cipher"]) == (False, "aes256-cbc"), dry)
    require("rc2-40" not in dry["fallback"].values(), dry["fallback"])
    require(gal.dump() == before, "a dry run wrote")
    done = ctl.json("publish", p12, *opened, "--capabilities", "aes128-cbc,3des",
                    "--with-certificate", *write, codes=(0,))
    require(done["written"] and done["verified"] and done["cipher"] == "aes128-cbc", done)
    require(done["fallback"]["outlook-2003"] == "3des", done)
    blobs = gal.values(entry, "userSMIMECertificate")
    require(gal.values(entry, "userCertificate") == [nora.der()] and len(blobs) == 1, blobs)
    look_at_blob(s, blobs[0], nora, ["aes-128-cbc", "des-ede3-cbc"])
    # Again, with the usual list: the blob of the same certificate makes room.
    ctl.json("publish", p12, *opened, *write, codes=(0,))
    blobs = gal.values(entry, "userSMIMECertificate")
    require(len(blobs) == 1, len(blobs))
    look_at_blob(s, blobs[0], nora, ["aes-256-cbc", "aes-192-cbc", "aes-128-cbc", "des-ede3-cbc"])

    daemon = s.daemon(**gal.parts)
    sent = milter.send(daemon.address, SENDER, ["nora@partner.example"],
                       message(SENDER, "nora@partner.example"))
    require(sent.verdict == "accept" and is_sealed(sent.message()), sent.reply)
    sealed = s.sealed(sent.message())
    require(sealed.cipher == "aes256-cbc" and sealed.opens_with(nora), sealed.cipher)

    # No key at hand: the certificate alone, and what old clients would fall back to.
    done = ctl.json("publish", kurt.cert, *write, codes=(0,))
    require(done["form"] == "certificate" and done["verified"], done)
    require(done["fallback"]["outlook-2002"] == "rc2-40", done)
    require(gal.values(bare, "userCertificate") == [kurt.der()], "not there")

    # A change record to apply later: not once somebody else was there.
    later = s.place.path("later.ldif")
    ctl.run("publish", p12, *opened, "--replace", "--capabilities", "aes256-cbc", "--ldif", later)
    require(oct(os.stat(later).st_mode & 0o777) == "0o600", "who may read it?")
    ctl.run("publish", p12, *opened, "--ldif", later, codes=(2,))
    gal.apply(later)
    require(len(gal.values(entry, "userCertificate")) == 0, "--replace left something")
    require(gal.values(entry, "userSMIMECertificate") not in ([], blobs), "not applied")
    done = run(["ldapmodify", "-x", "-H", gal.slapd.uri, *"-w secret -D".split(),
                f"cn=admin,{ldif.SUFFIX}", "-f", later], check=False)
    require(done.returncode == 122, "applied twice:", done.stderr)

    refuse_what_is_wrong(s, gal, nora, late, opened, write)
    publish_many(s, gal, bulk, write)
    publish_at_once(s, gal, meeting, crowd)


def refuse_what_is_wrong(s, gal, nora, late, opened, write):
    ctl, before = gal.ctl, gal.dump()
    chain = ("--chain", s.people.issuing.identity.cert)

    def fails(code, words, *arguments):
        error = ctl.run("publish", *arguments, codes=(code,)).stderr.decode()
        require(words in error, words, "is not in", error)

    os.chmod(late.key, 0o600)
    fails(1, "expired", late.cert, "--key", late.key, *chain, *write)
    fails(1, "whose certificate is not published with it", nora.cert, "--key", nora.key, *write)
    fails(1, "weak-cipher", nora.cert, "--key", nora.key, "--capabilities", "rc2-40", *chain,
          *write)
    fails(1, "untrusted-issuer", s.people.felix.identity.cert, *write)
    fails(1, "address-mismatch", nora.cert, "--address", "kurt@partner.example", *write)
    fails(2, "no certificate of the private key", nora.cert, "--key", late.key)
    fails(2, "2 entries", nora.cert, "--address", "twin@partner.example")
    fails(2, "uid=twin2", nora.cert, "--address", "twin@partner.example")
    fails(2, "is not the entry named", nora.cert, "--dn", "uid=kurt," + ldif.SUFFIX)
    fails(2, "no directory", nora.cert, "--address", "twin@elsewhere.example")
    fails(1, "untrusted-issuer", nora.cert, "--address", "twin@partner.example", "--dn",
          "UID = twin2, OU=people, " + ldif.SUFFIX)
    fails(2, "no directory has an entry", s.people.anna.identity.cert)
    fails(2, "password", nora.pkcs12(), "--password-file", s.place.write("bad", "bad\n", 0o600))
    fails(2, "--password-file", nora.pkcs12())
    fails(2, "is no capability", nora.cert, "--capabilities", "aes256-cbc,nonsense")
    fails(2, "go together", nora.cert, "--bind-dn", "cn=x")
    fails(2, "No such file", "/nowhere")
    # The reader of the configuration may not write.
    fails(2, "Strong(er) authentication required", nora.pkcs12(), *opened, "--apply")
    os.chmod(nora.pkcs12(), 0o644)
    fails(2, "everybody can read", nora.pkcs12(), *opened)
    require(gal.dump() == before, "what was refused was written")


def publish_many(s, gal, bulk, write):
    """A folder with files of PKCS#12, and a list that names files and addresses."""
    folder = s.place.path("enrolled")
    os.mkdir(folder)
    for identity in bulk[:2]:
        os.link(identity.pkcs12(), os.path.join(folder, identity.name + ".p12"))
        os.chmod(identity.pkcs12(), 0o600)
    s.place.write("enrolled/README", "not a certificate")
    password = s.place.write("p12", "secret\n", 0o600)
    out = gal.ctl.run("publish", "--json", folder, "--password-file", password, *write).stdout
    require([json.loads(line)["verified"] for line in out.splitlines()] == [True] * 2, out)
    rows = [f'"{one.cert}",{one.key},{one.name}@partner.example' for one in bulk[2:]]
    table = s.place.write("list.csv", "\r\n".join(["file,key,address", *rows, "/nowhere,,", ""]))
    done = gal.ctl.run("publish", "--json", "--csv", table, "--chain",
                       s.people.issuing.identity.cert, *write, codes=(2,))
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    require([line.get("verified") for line in lines] == [True, True, None], lines)
    require("/nowhere" in lines[2]["error"] and b"/nowhere" in done.stderr, done.stderr)


def publish_at_once(s, gal, entry, crowd):
    """Several write to one entry at the same time: who is told that it is written finds it there."""
    for identity in crowd:
        os.chmod(identity.key, 0o600)
    running = [subprocess.Popen(
        [os.path.join(build_folder(), "smimectl"), "publish", "-c", gal.ctl.file, "--json",
         "--apply", *gal.writer, identity.cert, "--key", identity.key, "--chain",
         identity.issuer.identity.cert],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(s.place.folder))
        for identity in crowd]
    outcomes = [(child.communicate(), child.returncode) for child in running]
    require(all(code in (0, 75) for _, code in outcomes), outcomes)
    written = [identity for identity, ((out, _), _) in zip(crowd, outcomes)
               if json.loads(out).get("written")]
    blobs = gal.values(entry, "userSMIMECertificate")
    require(written and len(blobs) == len(written), len(blobs), "blobs:", outcomes)
    for identity in written:
        require(any(identity.der() in blob for blob in blobs), identity.name, "was lost")


def test_a_file_is_looked_at_and_not_written_to(s):
    greta = s.people.greta
    ctl = s.ctl(directories={"file": {"ldif": s.directory([greta.entry, s.people.anna.entry])}})
    records, chain = s.place.path("records.ldif"), ("--chain", s.people.issuing.identity.cert)
    os.chmod(greta.identity.key, 0o600)
    words = (greta.identity.cert, "--key", greta.identity.key, *chain)
    done = ctl.json("publish", *words, "--ldif", records, codes=(0,))
    require(done["stale"] == 1 and not done["written"] and done["fault"] is None, done)
    with open(records, encoding="ascii") as file:
        text = file.read()
    require(text.count("\nreplace: userSMIMECertificate\n") == 1 and "control" not in text, text)
    require(ctl.json("publish", *words, "--replace", codes=(0,))["stale"] == 0, "still stale")
    require(b"is a file" in ctl.run("publish", *words, "--apply", codes=(2,)).stderr, "written?")
    part = Entry("part", "part@partner.example", other=[
        ("userCertificate;range=0-1", greta.old.der())])
    ctl = s.ctl(directories={"file": {"ldif": s.directory([greta.entry, part])}})
    *rows, last = map(json.loads, ctl.run("clean", "--json", codes=(1,)).stdout.splitlines())
    require([row["spared"] for row in rows] == [None, "values of this name are not written"], rows)
    require(last["summary"]["values"] == 1, last)
    require(b"is a file" in ctl.run("clean", "--apply", codes=(2,)).stderr, "written?")


def town(s):
    """Who is there to be cleaned: name → entry, and the number of dead values."""
    people = s.people
    issue, blob = people.issuing.issue, people._blob
    ca = ("cACertificate;binary", people.issuing.identity.der())

    def address(name):
        return f"{name}@partner.example"

    gerd_old = issue("gerd-old", [address("gerd")], start=-400, end=-20)
    gerd = issue("gerd", [address("gerd")])
    uli_old = issue("uli-old", [address("uli")], start=-400, end=-20)
    uli = issue("uli", [address("uli")])
    nils_new = issue("next-new", [address("next")], start=10, end=300)
    nils_now = issue("next", [address("next")])
    return {
        "greta": (people.greta.entry, 1),
        "emma": (people.emma.entry, 2),
        "pia": (people.pia.entry, 1),
        # Two blobs, of which one is dead; and a dead certificate beside a good one.
        "uli": (Entry("uli", address("uli"), [uli_old.der(), uli.der()],
                      [blob(uli_old, STRONG), blob(uli, STRONG)]), 2),
        # Its blob holds the chain that the good certificate needs.
        "gerd": (Entry("gerd", address("gerd"), [gerd.der()], [blob(gerd_old, STRONG)]), 0),
        # The next one is published already.
        "next": (Entry("next", address("next"), [nils_now.der()], [blob(nils_new, STRONG)],
                       [ca]), 0),
        "zoe": (people.zoe.entry, 0),
        "anna": (people.anna.entry, 0),
        "felix": (people.felix.entry, 0),
        "mona": (people.mona.entry, 0),
    }


def test_clean_removes_the_dead_and_nothing_else_and_takes_it_back(s):
    entries = town(s)
    gal = Gal(s, [entry for entry, _ in entries.values()])
    ctl, before = gal.ctl, gal.dump()
    backup = s.place.path("backup.ldif")
    dead = sum(count for _, count in entries.values())

    done = ctl.run("clean", "--json", codes=(1,))
    *rows, last = [json.loads(line) for line in done.stdout.splitlines()]
    found = {row["dn"].split(",")[0][4:]: row for row in rows}
    for name, (_, count) in entries.items():
        row = found.get(name, {"values": [], "spared": None})
        require(len(row["values"]) == count or row["spared"], name, row)
    require({name for name, row in found.items() if row["spared"]} == {"gerd"}, found)
    require("chain" in found["gerd"]["spared"], found["gerd"])
    require({reason for value in found["greta"]["values"] for reason in value["reasons"]}
            == {"expired", "stale"}, found["greta"])
    require(last["summary"]["values"] == dead and last["summary"]["entries"] == len(entries), last)
    text = ctl.run("clean", codes=(1,)).stdout.decode()
    require("nothing was changed" in text and "\x1b" not in text, text)
    wider = ctl.run("clean", "--reasons", "untrusted-issuer,superseded", codes=(1,)).stdout.decode()
    require("uid=felix" in wider and "uid=zoe" in wider and "uid=emma" not in wider, wider)
    for words in (("--reasons", "incomplete-chain"), ("--at", "2040-01-01", "--apply"),
                  ("surplus",), ("--ask-above", "x")):
        ctl.run("clean", *words, codes=(2,))
    require(gal.dump() == before, "a dry run wrote")

    # More than may go unasked; and nobody answers, or no.
    write = ("--apply", "--backup", backup, *gal.writer)
    for answer in (None, b"n\n"):
        ctl.run("clean", *write, "--ask-above", "5", codes=(1,), stdin=answer)
    require(gal.dump() == before and not os.path.exists(backup), "not asked")

    ctl.run("clean", *write, "--ask-above", "5", "--yes", codes=(1,))
    after = gal.dump()
    require(sum(len(before[dn]) - len(after[dn]) for dn in before) == dead, after)
    for name, (entry, count) in entries.items():
        require(count > 0 or after[f" {entry.dn}"] == before[f" {entry.dn}"], name, "has changed")
    require(gal.values(entries["uli"][0], "userSMIMECertificate") == [
        entries["uli"][0].blobs[1]], "the wrong one")
    require(len(json.loads(ctl.run("clean", "--json", codes=(1,)).stdout.splitlines()[0])[
        "values"]) == 1, "only the spared one is left")
    gal.apply(backup)
    require(gal.dump() == before, "not as it was")
    change_meanwhile(s, gal, entries, s.place.path("raced.ldif"))


def change_meanwhile(s, gal, entries, backup):
    """Between what clean reads and what it writes, somebody else changes two of the entries."""
    child = subprocess.Popen(
        [os.path.join(build_folder(), "smimectl"), "clean", "-c", gal.ctl.file, "--apply",
         "--ask-above", "0", "--backup", backup, *gal.writer], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(s.place.folder))
    s.place.later(child.kill)
    asked = b""
    while b"[y/N]" not in asked:
        some = os.read(child.stderr.fileno(), 4096)
        require(some, "it did not ask:", asked)
        asked += some
    new = base64.b64encode(entries["anna"][0].blobs[0]).decode()
    gal.slapd.modify("".join(
        f"dn: {entries[name][0].dn}\nchangetype: modify\nreplace: userSMIMECertificate\n"
        f"userSMIMECertificate:: {new}\n\n" for name in ("uli", "pia")))
    raced = gal.dump()
    _, errors = child.communicate(b"y\n")
    require(child.returncode == 75 and errors.count(b"changed by somebody else") == 2, errors)
    after = gal.dump()
    for name, (entry, count) in entries.items():
        kept = after[f" {entry.dn}"] == raced[f" {entry.dn}"]
        require(kept == (count == 0 or name in ("uli", "pia")), name, "is", after[f" {entry.dn}"])
    gal.apply(backup)
    require(gal.dump() == raced, "the backup holds more than was done")
