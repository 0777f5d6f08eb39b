"""What certificates point to: issuers, CRLs and OCSP responders, on web servers of the test's own."""
import os
import re
import shutil
import threading
from urllib.parse import quote

import ldif
import milter
from cms import is_sealed
from pki import Authority
from place import require, run, wait_until
from scenario import SENDER, decide
from slapd import Slapd
from web import Responder, Web

DOMAIN = "partner.example"
LOOPBACK = "127.0.0.0/8"


class Forest:
    """A root of the test's own, and whoever it issues to, each with an entry."""

    def __init__(self, s):
        self.s = s
        self.web = Web(s.place)
        self.root = Authority(s.place.folder, "root", "Forest Root")
        self.other = Authority(s.place.folder, "other", "Other Root")
        self.anchors = s.place.path("anchors")
        os.makedirs(self.anchors)
        for authority in (self.root, self.other):
            shutil.copy(authority.identity.cert, os.path.join(self.anchors, authority.title))
        self.entries = []
        self.ports = [str(self.web.port)]

    def person(self, name, *extensions, authority=None):
        """The address of one with these extensions, published without any CA's certificate."""
        address = f"{name}@{DOMAIN}"
        self.last = (authority or self.root).issue(name, [address], extensions=extensions)
        self.entries.append(ldif.Entry(name, address, [self.last.der()]))
        return address

    def responder(self, *arguments, **options):
        responder = Responder(self.s.place, *arguments, **options)
        self.ports.append(str(responder.port))
        return responder

    def settings(self, revocation="hard", directory=None, trust=None, **top):
        return {
            "directories": {"forest": {"ldif": self.s.directory(self.entries),
                                       **(directory or {})}},
            "trusts": {"forest": {"anchors": self.anchors, "revocation": revocation,
                                  **(trust or {})}},
            "top": {"fetch-allow": [LOOPBACK], "fetch-ports": self.ports, "fetch-timeout": "60s",
                    "deadline": "60s",
                    **{key.replace("_", "-"): value for key, value in top.items()}}}

    def daemon(self, **options):
        name = options.pop("name", "daemon")
        return self.s.daemon(name=name, **self.settings(**options))


def sealed(daemon, address, revocation=None):
    outcome = decide(daemon, address)
    require(outcome.verdict == "accept" and is_sealed(outcome.message()), address, outcome.verdict,
            outcome.reply, daemon.log()[-1500:])
    if revocation is not None:
        said = [record["digital_id"]["revocation"] for record in daemon.records()
                if record.get("recipient") == address]
        require(said[-1:] == [revocation], address, said)


def refused(daemon, address, code):
    outcome = decide(daemon, address)
    require(outcome.verdict == "refuse", address, outcome.verdict, outcome.reply)
    reasons = [record["reason"] for record in daemon.records()
               if record.get("recipient") == address]
    require(reasons[-1:] == [code], address, reasons)


def deferred(daemon, address):
    outcome = decide(daemon, address)
    require(outcome.verdict == "defer" and outcome.reply.replace("-", " ").startswith("451 4.7.5"), address,
            outcome.verdict, outcome.reply)


def ocsp(url):
    return f"authorityInfoAccess=OCSP;URI:{url}"


def issuer(url):
    return f"authorityInfoAccess=caIssuers;URI:{url}"


def point(url):
    return f"crlDistributionPoints=URI:{url}"


def test_an_ocsp_responder_is_asked(s):
    forest = Forest(s)
    responder = forest.responder(forest.root)
    good = forest.person("good", ocsp(responder.url))
    revoked = forest.person("revoked", ocsp(responder.url))
    forest.root.revoke(forest.last)
    responder.process.stop()  # it reads its index when it starts
    responder = Responder(s.place, forest.root, name="ocsp2", port=responder.port)
    daemon = forest.daemon()
    sealed(daemon, good, "good")
    refused(daemon, revoked, "revoked")


def test_an_answer_counts_only_if_the_right_one_signed_it(s):
    forest = Forest(s)
    delegated = forest.root.issue("delegated", [], key="p256", usage="digitalSignature",
                                  extended="OCSPSigning", extensions=["noCheck=ignored"])
    unchecked = forest.root.issue("unchecked", [], key="p256", usage="digitalSignature",
                                  extended="OCSPSigning")
    unauthorised = forest.root.issue("unauthorised", [], key="p256", usage="digitalSignature")
    empty = s.place.write("empty", "")
    outcomes = {}
    for name, options in (("delegate", {"signer": delegated}),
                          ("unchecked", {"signer": unchecked}),  # it may be revoked
                          ("stranger", {"signer": forest.other.identity}),
                          ("upstart", {"signer": unauthorised}),
                          ("forgetful", {"index": empty})):
        port = forest.responder(forest.root, name=name + "1", **options)
        outcomes[forest.person(name, ocsp(port.url))] = name
        port.process.stop()
        Responder(s.place, forest.root, name=name + "2", port=port.port, **options)
    daemon = forest.daemon()
    for address, name in outcomes.items():
        if name == "delegate":
            sealed(daemon, address, "good")
        else:
            deferred(daemon, address)


def test_a_responder_that_does_not_answer_holds_up_nobody_else(s):
    forest = Forest(s)
    forest.web.pages = {"/silent": forest.web.silent, "/endless": forest.web.endless,
                        "/junk": b"This is no OCSP answer."}
    waits = forest.person("silent", ocsp(forest.web.url("/silent")))
    huge = forest.person("huge", ocsp(forest.web.url("/endless")))
    junk = forest.person("junk", ocsp(forest.web.url("/junk")))
    forest.web.pages["/good.crl"] = forest.other.crl()
    others = [forest.person(f"other{number}", point(forest.web.url("/good.crl")),
                            authority=forest.other) for number in range(3)]
    daemon = forest.daemon()
    session = milter.Milter(daemon.address)
    session.begin(SENDER, [waits])
    for address in (*others, *others):
        sealed(daemon, address, "good")
    deferred(daemon, huge)
    deferred(daemon, junk)
    session.close()
    soft = forest.daemon(name="soft", revocation="soft", revocation_timeout="300ms")
    for address in (waits, huge, junk):
        sealed(soft, address, "unknown")
    strict = forest.daemon(name="strict", fetch_timeout="500ms")
    deferred(strict, waits)
    asked = forest.web.asked.count("/silent")
    deferred(strict, waits)
    require(forest.web.asked.count("/silent") == asked, "what failed is asked again at once")


def test_a_group_sealed_for_without_waiting_is_judged_anew(s):
    forest = Forest(s)
    sent = threading.Event()
    revoked = forest.person("revoked", point(forest.web.url("/late.crl")))
    forest.root.revoke(forest.last)
    crl = forest.root.crl()

    def late(handler):
        sent.wait()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(crl)))
        handler.end_headers()
        handler.wfile.write(crl)

    forest.web.pages["/late.crl"] = late
    group = f"group@{DOMAIN}"
    forest.entries.append(ldif.Group("group", group, addresses=[revoked]))
    daemon = forest.daemon(revocation="soft", revocation_timeout="300ms",
                           directory={"groups": "expand"})
    try:
        sealed(daemon, group)
    finally:
        sent.set()
    wait_until(lambda: decide(daemon, revoked).verdict == "refuse", "the CRL is at hand")
    outcome = decide(daemon, group)
    require(outcome.verdict == "refuse", outcome.verdict, outcome.reply)


def test_a_missing_issuer_is_fetched(s):
    forest = Forest(s)
    pages = forest.web.pages
    middle = Authority(s.place.folder, "middle", "Middle", forest.root)
    low = Authority(s.place.folder, "low", "Low", middle,
                    extensions=[issuer(forest.web.url("/middle.cer"))])
    pages["/middle.cer"] = middle.identity.der()
    pages["/low.cer"] = low.identity.der()
    with open(low.identity.cert, "rb") as file:
        pages["/low.pem"] = file.read()
    pages["/low.p7c"] = run(["openssl", "crl2pkcs7", "-nocrl", "-certfile", low.identity.cert,
                             "-certfile", middle.identity.cert, "-outform", "DER"]).stdout
    pages["/junk"] = b"<html>"
    people = [forest.person(kind.replace(".", "-"), issuer(forest.web.url("/" + kind)), authority=low)
              for kind in ("low.cer", "low.p7c", "low.pem")]
    junk = forest.person("junk", issuer(forest.web.url("/junk")),
                         authority=Authority(s.place.folder, "lost", "Lost", forest.root))
    pages["/down"] = lambda handler: handler.send_error(503)
    down = forest.person("down", issuer(forest.web.url("/down")),
                         authority=Authority(s.place.folder, "away", "Away", forest.root))
    for number, address in enumerate(people):
        daemon = forest.daemon(name=f"daemon{number}", revocation="off")
        sealed(daemon, address)
    refused(daemon, junk, "untrusted-issuer")
    deferred(daemon, down)
    asked = len(forest.web.asked)
    for number, options in enumerate(({"directory": {"follow-urls": "no"}}, {"fetch": "no"},
                                      {"fetch_allow": []})):
        daemon = forest.daemon(name=f"not{number}", revocation="off", **options)
        refused(daemon, people[0], "untrusted-issuer")
    require(len(forest.web.asked) == asked, "asked for though it may not:", forest.web.asked[asked:])
    ctl = s.ctl(**forest.settings(revocation="off"))
    require(ctl.json("check", people[1])["usable"], "smimectl fetches, too")


def test_a_crl_decides(s):
    forest = Forest(s)
    url = forest.web.url
    good = forest.person("good", point(url("/ca.crl")))
    revoked = forest.person("revoked", point(url("/ca.crl")))
    forest.root.revoke(forest.last)
    expired = forest.person("expired", point(url("/expired.crl")))
    forest.web.pages["/ca.crl"] = forest.root.crl()
    daemon = forest.daemon()
    sealed(daemon, good, "good")
    refused(daemon, revoked, "revoked")
    sealed(daemon, good, "good")
    require(forest.web.asked == ["/ca.crl"], forest.web.asked)
    daemon = forest.daemon(name="unreachable")
    deferred(daemon, expired)  # not found
    sealed(daemon, good, "good")
    forest.web.pages["/ca.crl"] = forest.web.pages["/expired.crl"] = forest.root.crl(-9, -2)
    daemon = forest.daemon(name="expired")
    deferred(daemon, expired)
    daemon = forest.daemon(name="grace", trust={"crl-grace": "3d"})
    sealed(daemon, expired, "good")
    daemon = forest.daemon(name="soft", revocation="soft")
    sealed(daemon, expired, "unknown")


def test_what_was_fetched_survives_a_restart(s):
    forest = Forest(s)
    good = forest.person("good", point(forest.web.url("/ca.crl")))
    revoked = forest.person("revoked", point(forest.web.url("/ca.crl")))
    forest.root.revoke(forest.last)
    forest.web.pages["/ca.crl"] = forest.root.crl()
    daemon = forest.daemon()
    sealed(daemon, good, "good")
    kept = os.path.join(daemon.state, "fetched")
    wait_until(lambda: any(name.endswith(".evidence") for name in os.listdir(kept)),
               "the CRL is in the state folder")
    asked = len(forest.web.asked)
    daemon.reload()
    daemon.wait_log("configuration taken up")
    sealed(daemon, good, "good")
    require(len(forest.web.asked) == asked, "a reload forgets what was fetched")
    daemon.stop()
    forest.web.close()
    daemon.start()
    sealed(daemon, good, "good")
    refused(daemon, revoked, "revoked")


def revoke_strangers(authority, count):
    """As many entries of its CRL, of certificates that nobody has."""
    with open(f"{authority.folder}/index", "w", encoding="ascii") as index:
        for number in range(count):
            index.write(f"R\t291231235959Z\t260101000000Z,keyCompromise\t{number + (1 << 120):032X}"
                        "\tunknown\t/CN=x\n")


def test_an_ldap_url_leads_to_the_configured_directory(s):
    forest = Forest(s)
    container = f"cn=cdp,{ldif.SUFFIX}"
    slapd = Slapd(s.place, [], s.people.server_ca)
    urls = {"here": f"ldap:///{quote(container)}?certificateRevocationList?base",
            "named": f"{slapd.uri}/{quote(container)}?certificateRevocationList;binary",
            "elsewhere": f"ldap://127.0.0.9/{quote(container)}?certificateRevocationList",
            "missing": f"ldap:///{quote('cn=none,' + ldif.SUFFIX)}?certificateRevocationList"}
    middle = Authority(s.place.folder, "middle", "Middle", forest.root)
    # A list has other limits than a person's values: larger than a megabyte, it comes nevertheless.
    revoke_strangers(forest.root, 36_000)
    slapd.modify(
        f"dn: {container}\nchangetype: add\nobjectClass: applicationProcess\n"
        "objectClass: pkiCA\ncn: cdp\n"
        + ldif.line("cACertificate;binary", middle.identity.der()) + "\n"
        + ldif.line("certificateRevocationList;binary", forest.root.crl()) + "\n\n")
    for name, url in urls.items():
        forest.person(name, point(url))
    below = forest.person("below", issuer(f"ldap:///{quote(container)}?cACertificate?base"),
                          authority=middle)
    slapd.modify("".join(
        entry.text().replace("\n", "\nchangetype: add\n", 1) + "\n" for entry in forest.entries))
    options = {"directories": {"forest": {"uri": [slapd.uri], "base": ldif.SUFFIX,
                                          "tls-ca": slapd.ca, "values-limit": 2,
                                          "value-size-limit": "4k"}}}
    for name in urls:
        settings = {**forest.settings(), **options}
        daemon = s.daemon(name=name, **settings)
        address = f"{name}@{DOMAIN}"
        if name in ("here", "named"):
            sealed(daemon, address, "good")
        else:
            deferred(daemon, address)
    daemon = s.daemon(name="below", **{**forest.settings(revocation="off"), **options})
    sealed(daemon, below)


def test_a_large_crl_stalls_nobody(s):
    forest = Forest(s)
    entries = 200_000
    revoke_strangers(forest.root, entries)
    good = forest.person("good", point(forest.web.url("/large.crl")))
    revoked = forest.person("revoked", point(forest.web.url("/large.crl")))
    forest.root.revoke(forest.last)
    forest.web.pages["/large.crl"] = large = forest.root.crl()
    require(len(large) > 30 * entries, len(large))
    forest.web.pages["/small.crl"] = forest.other.crl()
    others = [forest.person(f"other{number}", point(forest.web.url("/small.crl")),
                            authority=forest.other) for number in range(20)]
    daemon = forest.daemon(revocation_timeout="0s")
    session = milter.Milter(daemon.address)
    session.begin(SENDER, [good])
    for address in others:
        sealed(daemon, address, "good")
    sealed(daemon, good, "good")
    refused(daemon, revoked, "revoked")
    session.close()
    with open(f"/proc/{daemon.pid}/status", encoding="ascii") as status:
        peak = int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1)) * 1024
    require(os.environ.get("SMIME_SANITIZE") or peak < 4 * len(large) + (64 << 20), peak, len(large))
