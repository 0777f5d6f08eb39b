"""All at once and for a while: servers killed and started again, the configuration taken up anew,
the cache flushed, clients that hang up in mid-message. Whatever is decided meanwhile, a message that
must be encrypted is sealed, deferred or refused, never anything else; and after it all is well."""
import json
import os
import random
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import milter
from cms import is_sealed
from ldif import Group
from place import SLOWER, Failure, require, wait_until
from scenario import SENDER
from slapd import Slapd
from smtp import message

SESSIONS = 20
SECONDS = int(os.environ.get("CHAOS_SECONDS", 8 if SLOWER == 1 else 20))
SECRET = "the canary sings in the clear"
RULES = {"all": {"encrypt": "required"}}
LOST = (Failure, OSError)  # the daemon is there to the end, so this is the session's own doing


class Chaos:
    def __init__(self, s, seed):
        self.s = s
        self.random = random.Random(seed)
        people = s.people
        groups = [
            Group("staff", "staff@partner.example", [people.anna.entry, people.bruno.entry]),
            Group("broken", "broken@partner.example", [people.anna.entry, people.empty.entry]),
            Group("mailed", "mailed@partner.example",
                  addresses=["staff@partner.example", people.clara.address]),
        ]
        self.servers = [Slapd(s.place, people.entries() + groups, people.server_ca,
                              name=f"chaos{number}") for number in range(2)]
        self.good = [people.anna.address, people.bruno.address, "staff@partner.example",
                     "mailed@partner.example"]
        self.bad = [people.empty.address, people.emma.address, "broken@partner.example",
                    "missing@partner.example"]
        self.daemon = s.daemon(
            directories=self.directories("listed"), rules=RULES, trusts=self.trusts(),
            top=self.top())
        self.verdicts = {}
        self.wrong = []
        self.ended = threading.Event()
        self.lock = threading.Lock()

    def directories(self, order):
        return {"gal": {
            "uri": [self.servers[0].uri, self.servers[1].ldaps], "base": "dc=x,dc=test",
            "tls-ca": self.servers[0].ca, "groups": "expand", "server-order": order,
            "connect-timeout": "500ms", "search-timeout": "500ms", "retry-interval": "50ms",
            "retry-interval-max": "200ms"}}

    def trusts(self):
        return {"test": {"anchors": self.s.people.anchors, "revocation": "off"}}

    def top(self):
        return {"deadline": "3s", "cache-positive": "300ms", "cache-negative": "100ms",
                "stale-if-error": "300ms", "cache-error": "50ms", "log-level": "info"}

    def session(self, seed):
        """Messages, one after another, and now and then one that is left in its middle."""
        chance = random.Random(seed)
        while not self.ended.is_set():
            with milter.Milter(self.daemon.address) as client:
                for _ in range(chance.randrange(1, 30)):
                    if self.ended.is_set():
                        break
                    to = chance.sample(self.good + self.bad * (chance.random() < 0.4), 2)
                    if chance.random() < 0.05:
                        client.begin(SENDER, to)
                        if chance.random() < 0.5:
                            break
                        client.abort()
                        continue
                    self.judge(to, client.send(SENDER, to, message(
                        SENDER, ", ".join(to), body=SECRET + "\r\n")))

    def judge(self, to, outcome):
        sealed = outcome.verdict == "accept" and is_sealed(outcome.message())
        fine = outcome.verdict in ("refuse", "defer") or (
            sealed and SECRET.encode() not in outcome.message() and not set(to) & set(self.bad))
        with self.lock:
            kind = "seal" if sealed else outcome.verdict
            self.verdicts[kind] = self.verdicts.get(kind, 0) + 1
            if not fine:
                self.wrong.append((to, outcome.verdict, outcome.reply))
            elif outcome.verdict == "refuse" and not set(to) & set(self.bad):
                self.wrong.append((to, outcome.verdict, outcome.reply))

    def strike(self):
        """One thing that happens."""
        slapd = self.random.choice(self.servers)
        what = self.random.choice(("kill", "start", "start", "reload", "flush", "status", "hang up"))
        if what == "kill" and slapd.process.running():
            slapd.process.child.kill()
            slapd.process.child.wait()
        elif what == "start" and not slapd.process.running():
            slapd.start()
        elif what == "reload":
            self.daemon.write(self.s.configuration(
                self.top(), self.directories(self.random.choice(("listed", "spread"))),
                self.trusts(), RULES))
            for _ in range(self.random.choice((1, 3))):
                self.daemon.reload()
        elif what == "flush":
            self.control({"command": "flush", "pattern": None})
        elif what == "status":
            self.control({"command": "status"})
        elif what == "hang up":
            with socket.socket(socket.AF_UNIX) as guest:
                guest.connect(self.daemon.control)
                guest.sendall(b'{"command": "cac')

    def control(self, request):
        with socket.socket(socket.AF_UNIX) as guest:
            guest.settimeout(60 * SLOWER)
            guest.connect(self.daemon.control)
            guest.sendall(json.dumps(request).encode() + b"\n")
            answer = b""
            while piece := guest.recv(65536):
                answer += piece
        require(json.loads(answer.splitlines()[-1]).get("end"), answer)

    def run(self):
        with ThreadPoolExecutor(SESSIONS) as pool:
            sessions = [pool.submit(self.session, number) for number in range(SESSIONS)]
            try:
                end = time.monotonic() + SECONDS
                while time.monotonic() < end and self.daemon.process.running():
                    self.strike()
                    self.ended.wait(self.random.uniform(0.02, 0.3))
            finally:
                self.ended.set()
            for session in sessions:
                session.result()
        print(f"        {self.verdicts}", flush=True)
        require(not self.wrong, len(self.wrong), self.wrong[:3])

    def recovers(self):
        for slapd in self.servers:
            if not slapd.process.running():
                slapd.start()

        def sealed():
            outcome = milter.send(self.daemon.address, SENDER, self.good, message(
                SENDER, ", ".join(self.good)))
            return outcome.verdict == "accept" and is_sealed(outcome.message())

        wait_until(sealed, "all is well again")


def descriptors(daemon):
    return len(os.listdir(f"/proc/{daemon.pid}/fd")), len(os.listdir(f"/proc/{daemon.pid}/task"))


def test_nothing_leaves_in_the_clear_whatever_happens(s):
    chaos = Chaos(s, 20)
    chaos.recovers()
    before = descriptors(chaos.daemon)
    chaos.run()
    chaos.recovers()
    require(chaos.verdicts.get("seal", 0) > 30 / SLOWER, chaos.verdicts)
    wait_until(lambda: descriptors(chaos.daemon)[0] <= before[0] + 4,
               f"descriptors are given back: {before}")
    print(f"        descriptors, threads: {before}, then {descriptors(chaos.daemon)}", flush=True)
