"""CRLs in files: what they make of recipients, from the configuration to the reply and the record."""
import os

import ldif
import milter
from pki import Authority
from place import require, run
from scenario import SENDER
from smtp import message


class Corporation:
    """A root of its own, two people, and one CRL that lists the second."""

    def __init__(self, s):
        folder = s.place.path("corporation")
        self.root = Authority(folder, "root", "Corporate Root")
        self.good = self.root.issue("gina", ["gina@partner.example"])
        self.bad = self.root.issue("rudi", ["rudi@partner.example"])
        self.crl = os.path.join(folder, "root.crl")
        self._ca("-revoke", self.bad.cert, "-crl_reason", "keyCompromise")
        self._ca("-gencrl", "-crldays", "1", "-out", self.crl)
        self.directories = {"corporation": {"ldif": s.directory(
            [ldif.Entry(one.name, f"{one.name}@partner.example", [one.der()])
             for one in (self.good, self.bad)])}}

    def _ca(self, *arguments):
        run(["openssl", "ca", "-config", self.root.configuration, "-md", "sha256", *arguments])

    def trusts(self, **settings):
        return {"corporation": {"anchors": self.root.identity.cert, "revocation": "hard",
                                **settings}}


def test_a_revoked_certificate_is_refused_and_recorded(s):
    corporation = Corporation(s)
    daemon = s.daemon(directories=corporation.directories,
                      trusts=corporation.trusts(crls=corporation.crl))
    outcomes = {name: milter.send(daemon.address, SENDER, [f"{name}@partner.example"],
                                  message(SENDER, f"{name}@partner.example"))
                for name in ("gina", "rudi")}
    require(outcomes["gina"].verdict == "accept", outcomes["gina"].verdict,
            outcomes["gina"].reply)
    require(outcomes["rudi"].reply.startswith("550-5.7.5"), outcomes["rudi"].reply)
    records = {record["recipient"]: record for record in daemon.records()
               if record.get("recipient")}
    gina = records["gina@partner.example"]
    rudi = records["rudi@partner.example"]
    require(rudi["reason"] == "revoked" and rudi["trust_failure"] is True, rudi)
    require(rudi["digital_id"]["revocation"] == "revoked", rudi)
    for words in ("key compromise", "the CRL of", "Corporate Root"):
        require(words in rudi["digital_id"]["revocation_detail"], rudi)
    require(rudi["digital_id"]["failed"]["depth"] == 0, rudi)
    require(rudi["digital_id"]["failed"]["not_after"], rudi)
    require(gina["digital_id"]["revocation"] == "good", gina)


def test_without_a_list_hard_defers_and_soft_seals(s):
    corporation = Corporation(s)
    for revocation, verdict in (("hard", "defer"), ("soft", "accept")):
        daemon = s.daemon(directories=corporation.directories, name=revocation,
                          trusts=corporation.trusts(revocation=revocation))
        outcome = milter.send(daemon.address, SENDER, ["rudi@partner.example"],
                              message(SENDER, "rudi@partner.example"))
        require(outcome.verdict == verdict, revocation, outcome.verdict, outcome.reply)
        require(verdict == "accept" or outcome.reply.startswith("451-4.7.5"), outcome.reply)
        [record] = [one for one in daemon.records() if one.get("recipient")]
        require(record["digital_id"]["revocation"] == "unknown", record)
        require(record["digital_id"]["revocation_detail"], record)


def test_check_says_who_said_so(s):
    corporation = Corporation(s)
    ctl = s.ctl(directories=corporation.directories,
                trusts=corporation.trusts(crls=corporation.crl))
    text = ctl.run("check", "rudi@partner.example", codes=(1,)).stdout.decode()
    require("revoked on" in text and "Corporate Root" in text, text)
    text = ctl.run("check", "gina@partner.example", codes=(0,)).stdout.decode()
    require("good" in text and "not revoked, says the CRL" in text, text)
