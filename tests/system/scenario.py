"""What a test is given: its own place, and what the whole run shares (people, mail servers)."""
import os
import re

import ldif
import milter
from cms import Sealed
from daemon import Ctl, Daemon, build_folder, configuration
from people import People
from place import Place, require
from postfix import Postfix
from sink import Sink
from smtp import message

SENDER = "sender@corp.example"

RULES = {
    "marked": {"subject": "[secure]", "encrypt": "required"},
    "partners": {"recipients": ["@partner.example"], "encrypt": "required"},
    "strict": {"recipients": ["@strict.example"], "encrypt": "required",
               "unknown-capabilities": "refuse"},
    "preferred": {"recipients": ["@preferred.example"], "encrypt": "preferred"},
    "never": {"recipients": ["@never.example"], "encrypt": "never"},
}


class Skip(Exception):
    """A test that can't run here. In CI that is a failure."""


class Suite:
    """Shared by all tests of a run; made when first asked for."""

    def __init__(self, place):
        self.place = place
        self._made = {}

    def once(self, key, make):
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    @property
    def people(self):
        return self.once("people", lambda: People(
            self.place.path("pki"), os.path.join(build_folder(), "tests/system/make_blob")))

    @property
    def sink(self):
        return self.once("sink", lambda: Sink(self.place))

    def postfix(self, chroot=True, local_milter=False):
        name = ("chrooted" if chroot else "plain") + ("-local" if local_milter else "")
        return self.once(name, lambda: Postfix(
            self.place, self.sink, chroot, name=name, local_milter=local_milter))


class Scenario:
    def __init__(self, suite, name):
        self.suite = suite
        # A short name: a unix socket's path has 107 bytes at most.
        self.place = Place(suite.place.folder, name.split(".")[0] + "-")
        self.people = suite.people
        self.sink = suite.sink
        self.sink.clear()
        self.daemons = []

    def postfix(self, chroot=True, local_milter=False):
        return self.suite.postfix(chroot, local_milter)

    def directory(self, entries=None):
        """An LDIF file with everybody, or with the entries given."""
        if entries is None:
            entries = self.people.entries()
        return self.place.write("directory.ldif", ldif.text(entries))

    def configuration(self, top=None, directories=None, trusts=None, rules=None):
        """Everybody in an LDIF directory, the test root trusted, RULES: unless said otherwise."""
        if directories is None:
            directories = {"everybody": {"ldif": self.directory()}}
        if trusts is None:
            trusts = {"test": {"anchors": self.people.anchors, "revocation": "off"}}
        return configuration(top or {}, directories, trusts, RULES if rules is None else rules)

    def daemon(self, text=None, postfix=None, listen=None, name="daemon", prefix=(), **parts):
        """Starts a daemon: behind a Postfix, where one is named, else on a socket of its own."""
        top = dict(parts.pop("top", None) or {})
        if postfix is not None:
            listen = "unix:" + postfix.socket
            top.setdefault("socket-group", "postfix")
        listen = listen or "unix:" + self.place.path(f"{name}.sock")
        if text is None:
            text = self.configuration(top, **parts)
        daemon = Daemon(self.place, text, listen, name, prefix)
        self.daemons.append(daemon)
        return daemon

    def ctl(self, **parts):
        """smimectl with a configuration, without a daemon."""
        return Ctl(self.place, self.place.write("ctl.conf", self.configuration(**parts)))

    def sealed(self, message):
        """Reads a sealed message (of the sink, or its bytes)."""
        return Sealed(self.place, getattr(message, "data", message))

    def finish(self):
        """After the test itself passed: every daemon must end well."""
        for daemon in self.daemons:
            if daemon.process.running():
                daemon.stop()


def decide(daemon, *recipients, data=None, sender=SENDER):
    """What the daemon makes of a message to these addresses."""
    return milter.send(daemon.address, sender, list(recipients),
                       data or message(SENDER, ", ".join(recipients)))


def reasons():
    """The one list of reasons: code → (SMTP code, enhanced code, is a trust failure, sentence)."""
    source = os.path.join(os.path.dirname(__file__), "../../common/tables/reason.def")
    with open(source, encoding="utf-8") as file:
        rows = re.findall(
            r'^REASON\(\w+, "([^"]+)", (\d+), "([^"]*)", ([01]), "([^"]*)"', file.read(), re.M)
    require(len(rows) > 20, "reason.def could not be read")
    return {row[0]: (int(row[1]), row[2], row[3] == "1", row[4]) for row in rows}
