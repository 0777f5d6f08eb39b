"""One directory means no good: its mail is deferred for the right reason and in time, while mail
whose recipients stand in another directory flows as if nothing were."""
import contextlib
import re
import statistics
import threading
import time

import milter
from cms import is_sealed
from hostile import Hostile
from ldif import Entry
from place import SLOWER, require, wait_until
from scenario import SENDER, decide
from slapd import Slapd

TIMEOUT = 1000   # ms, of everything that the hostile directory may take
DEADLINE = 10000  # ms, of the end of the header
PEAK_MAX_KB = 200 << 10  # twice what one answer may be (HANDLE_INCOMING_MAX), and the rest
RULES = {"all": {"encrypt": "required"}}
VICTIM = "someone@hostile.example"


def hostile_section(uri, **settings):
    return {"uri": [uri], "base": "dc=x,dc=test", "tls": "never", "retry-interval": "100ms",
            "connect-timeout": f"{TIMEOUT}ms", "search-timeout": f"{TIMEOUT}ms",
            "domains": ["hostile.example"], **settings}


def good_section(s):
    slapd = s.suite.once("good-slapd", lambda: Slapd(
        s.suite.place, s.people.entries(), s.people.server_ca, name="good-slapd"))
    return {"uri": [slapd.uri], "base": "dc=x,dc=test", "tls-ca": slapd.ca,
            "domains": ["partner.example"]}


def start(s, hostiles, **top):
    """hostiles: {title: section}. No finding is kept, so that the directories are asked."""
    return s.daemon(directories={**hostiles, "good": good_section(s)}, rules=RULES, top={
        "deadline": f"{DEADLINE}ms", "cache-positive": "0s", "cache-negative": "0s", **top})


class Others:
    """Mail to a recipient in the good directory, one after the other, while something else goes
    on; its times."""

    def __init__(self, daemon, person):
        self.daemon = daemon
        self.person = person
        self.took = []
        self.fault = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go_on)

    def __enter__(self):
        self._thread.start()
        wait_until(lambda: self.took or self.fault, "the first of the others is through")
        return self

    def __exit__(self, *_):
        wait_until(lambda: len(self.took) >= 10 or self.fault, "a few of the others are through")
        self._ended.set()
        self._thread.join()

    def beside(self, action):
        """What comes of the action. If that takes its time, they go on meanwhile: a loop that is
        blocked for as long makes only one of them late, which no median shows."""
        before, begun = len(self.took), time.monotonic()
        outcome = action()
        meanwhile = len(self.took) - before
        require(meanwhile >= 3 or self.fault or (time.monotonic() - begun) * 1000 < TIMEOUT / 2,
                f"only {meanwhile} of the others meanwhile")
        return outcome

    def _go_on(self):
        try:
            while not self._ended.is_set():
                begun = time.monotonic()
                outcome = decide(self.daemon, self.person.address)
                self.took.append((time.monotonic() - begun) * 1000)
                require(outcome.verdict == "accept" and is_sealed(outcome.message()),
                        outcome.reply)
        except Exception as fault:  # told by check(), on the test's own thread
            self.fault = fault

    def check(self, title):
        if self.fault is not None:
            raise self.fault
        median = statistics.median(self.took)
        print(f"        beside {title}: {len(self.took)} messages, median {median:.1f} ms, "
              f"longest {max(self.took):.1f} ms", flush=True)
        require(median < TIMEOUT / 2 * SLOWER, f"the others were held up: median {median} ms")


def suffers(s, hostile, section, words, log=True):
    """The hostile directory's mail is deferred in time, with its words in log and record; the
    others' mail flows meanwhile. log: it is the server's failure, not only a question's."""
    daemon = start(s, {"hostile": section})
    with Others(daemon, s.people.anna) as others:
        outcome = others.beside(lambda: decide(daemon, VICTIM))
    check_deferred(daemon, VICTIM, outcome, words)
    require(hostile.connections > 0, "it was never asked")
    if log:
        daemon.wait_log('directory "hostile": .*(?:' + words + ")")
    others.check(hostile.behaviour)
    return daemon


def check_deferred(daemon, address, outcome, words):
    require(outcome.verdict == "defer" and re.match("451[ -]4.4.3 ", outcome.reply),
            outcome.verdict, outcome.reply)
    record = daemon.record(address)
    require(record["reason"] == "directory-unavailable", record)
    require(record["duration_ms"] < (DEADLINE + 1000) * SLOWER, "too late:", record)
    require(re.search(words, record["detail"] or ""), "the record says", record["detail"])


def check_memory(daemon):
    with open(f"/proc/{daemon.pid}/status", encoding="ascii") as status:
        peak = int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1])
    print(f"        peak memory {peak >> 10} MB", flush=True)
    require(SLOWER > 1 or peak < PEAK_MAX_KB, "peak memory:", peak, "KB")


def with_password(s):
    return {"bind-dn": "cn=reader", "bind-password-file":
            s.place.write("password", "secret\n", 0o600)}


def tls_server(s, name, **how):
    identity = s.people.server_ca.issue(name, [], key="p256", extended="serverAuth", **how)
    hostile = Hostile(s.place, "tls", identity=identity)
    return hostile, hostile_section(hostile.ldaps, **{"tls-ca": s.people.server_ca.identity.cert})


def test_a_server_that_accepts_and_never_answers(s):
    hostile = Hostile(s.place, "silent")
    suffers(s, hostile, hostile_section(hostile.uri), "no answer in time")


def test_a_server_that_never_answers_a_bind(s):
    hostile = Hostile(s.place, "silent")
    suffers(s, hostile, hostile_section(hostile.uri, **with_password(s)),
            "binding as cn=reader: .*([Tt]ime|contact)")


def test_a_server_that_stalls_in_the_tls_handshake(s):
    hostile = Hostile(s.place, "tls-stall")
    suffers(s, hostile, hostile_section(
        hostile.ldaps, **{"tls-ca": s.people.server_ca.identity.cert}),
        "TLS failed: not done within connect-timeout")


def test_a_server_that_stalls_after_agreeing_to_starttls(s):
    hostile = Hostile(s.place, "starttls-stall")
    suffers(s, hostile, hostile_section(hostile.uri, tls="required", **{
        "tls-ca": s.people.server_ca.identity.cert}),
        "TLS failed: not done within connect-timeout")


def test_a_server_that_sends_a_byte_a_second(s):
    hostile = Hostile(s.place, "drip", [s.people.paul.entry])
    suffers(s, hostile, hostile_section(hostile.uri), "no answer in time")


def test_a_server_that_sends_one_answer_of_100_mb(s):
    hostile = Hostile(s.place, "endless-pdu")
    daemon = suffers(s, hostile, hostile_section(hostile.uri), "lost|no answer in time")
    check_memory(daemon)


def test_a_server_that_sends_entries_without_an_end(s):
    hostile = Hostile(s.place, "endless-entry")
    daemon = suffers(s, hostile, hostile_section(hostile.uri), "did not end in time|entries",
                     log=False)
    check_memory(daemon)


def test_a_server_that_sends_a_value_of_40_mb(s):
    """More than an answer may have (HANDLE_INCOMING_MAX, or less where settings keep it less)."""
    hostile = Hostile(s.place, "endless-value")
    daemon = start(s, {"hostile": hostile_section(hostile.uri)})
    with Others(daemon, s.people.anna) as others:
        outcome = others.beside(lambda: decide(daemon, VICTIM))
    require(outcome.verdict in ("refuse", "defer"), outcome.verdict)
    require(daemon.record(VICTIM)["duration_ms"] < (DEADLINE + 1000) * SLOWER, "too late")
    others.check(hostile.behaviour)
    check_memory(daemon)


def test_a_server_that_sends_an_entry_of_60_000_attributes(s):
    """libldap goes through all those before the one that is asked for, and the loop waits."""
    hostile = Hostile(s.place, "attributes")
    suffers(s, hostile, hostile_section(hostile.uri, groups="expand"),
            "more than 1000 attributes", log=False)


def test_a_server_that_sends_an_entry_of_500_000_addresses(s):
    hostile = Hostile(s.place, "addresses")
    patient = {"groups": "expand", "search-timeout": "60s"}
    daemon = start(s, {"hostile": hostile_section(hostile.uri, **patient)}, deadline="60s")
    with Others(daemon, s.people.anna) as others:
        for number in range(3):
            outcome = decide(daemon, f"{number}@hostile.example")
            require(outcome.verdict == "refuse", outcome.verdict, outcome.reply)
    others.check(hostile.behaviour)
    require(max(others.took) < TIMEOUT * SLOWER, "somebody was held up")


def test_a_server_that_closes_after_each_answer_still_serves(s):
    paul = s.people.paul
    hostile = Hostile(s.place, "close-after", [paul.entry])
    daemon = start(s, {"hostile": hostile_section(hostile.uri, domains=["preferred.example"])})
    with Others(daemon, s.people.anna) as others:
        for _ in range(20):
            outcome = decide(daemon, paul.address)
            require(outcome.verdict == "accept" and is_sealed(outcome.message()), outcome.reply)
    require(hostile.searches >= 20, "from the cache")
    told = re.findall("info: .*connected to " + re.escape(hostile.uri), daemon.log())
    require(len(told) == 1, len(told), "lines of new connections")
    others.check(hostile.behaviour)


def test_a_server_that_closes_in_mid_answer(s):
    hostile = Hostile(s.place, "close-midway", [Entry("x", VICTIM, [b"\x30" * 500])])
    suffers(s, hostile, hostile_section(hostile.uri), "the connection was lost")


def test_a_server_whose_certificate_has_expired(s):
    hostile, section = tls_server(s, "expired-server", start=-30, end=-1,
                                  extensions=["subjectAltName=IP:127.0.0.1"])
    suffers(s, hostile, section, "TLS failed: .*expired")


def test_a_server_whose_certificate_names_another(s):
    hostile, section = tls_server(s, "misnamed-server",
                                  extensions=["subjectAltName=DNS:other.example"])
    suffers(s, hostile, section, "TLS failed: .*it is for other.example, not for 127.0.0.1")


def test_a_server_that_refuses_the_bind(s):
    hostile = Hostile(s.place, "refuse-bind")
    suffers(s, hostile, hostile_section(hostile.uri, **with_password(s)),
            r"binding as cn=reader: Invalid credentials \(go away\): "
            "bind-dn or its password is wrong")


def test_what_active_directory_means_by_a_refused_bind_is_said(s):
    """It has one code for all of them, and a number in the text for which."""
    for number, meaning in (("52e", "the password in bind-password-file is wrong"),
                            ("533", "the account is disabled"), ("775", "the account is locked"),
                            ("fff", "bind-dn or its password is wrong")):
        hostile = Hostile(s.place, "refuse-bind")
        hostile.refusal = ("80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext "
                           f"error, data {number}, v4563")
        done = s.ctl(directories={"gal": hostile_section(hostile.uri, **with_password(s))}).run(
            "check", VICTIM, codes=(75,))
        require(f"data {number}, v4563): {meaning}" in done.stderr.decode(), meaning, done.stderr)


def test_a_server_that_refers_to_thousands_of_others(s):
    hostile = Hostile(s.place, "referral")
    suffers(s, hostile, hostile_section(hostile.uri), "refers to another", log=False)


def test_a_server_that_sends_thousands_of_references(s):
    """None is followed, and none delays anybody."""
    hostile = Hostile(s.place, "references")
    daemon = start(s, {"hostile": hostile_section(hostile.uri)})
    with Others(daemon, s.people.anna) as others:
        for _ in range(5):
            outcome = decide(daemon, VICTIM)
            require(outcome.verdict in ("refuse", "defer"), outcome.verdict)
    daemon.wait_log("refers to other servers")
    others.check(hostile.behaviour)


def test_a_server_that_sends_an_entry_of_many_attributes(s):
    """To look for the values of each from the entry's beginning would take hours of the loop's."""
    hostile = Hostile(s.place, "many-attributes")
    daemon = suffers(s, hostile, hostile_section(hostile.uri, **{"search-timeout": "8s"}),
                     "an entry has more than 1000 attributes", log=False)
    check_memory(daemon)


def test_a_server_that_refers_to_itself_with_a_monstrous_filter(s):
    """libldap would take gigabytes to encode it, or all of the stack."""
    hostile = Hostile(s.place, "deep-filter")
    daemon = suffers(s, hostile, hostile_section(hostile.uri, referrals=[hostile.uri]),
                     "a referral of more than 4096 bytes", log=False)
    check_memory(daemon)
    require(hostile.searches == 1, "it was followed")


def test_a_server_that_sends_what_is_no_operation(s):
    """libldap hands such a message out as if it were nothing: 300 MB of them are not kept."""
    hostile = Hostile(s.place, "no-operation")
    hostile.flood *= 3
    daemon = suffers(s, hostile, hostile_section(hostile.uri, **{"search-timeout": "5s"}),
                     "what the server sends is not LDAP")
    check_memory(daemon)


def test_a_server_that_floods_instead_of_answering_a_bind(s):
    hostile = Hostile(s.place, "bind-flood")
    hostile.flood *= 5
    daemon = suffers(s, hostile, hostile_section(hostile.uri, **with_password(s)),
                     "binding as cn=reader: Decoding error")
    check_memory(daemon)


def test_a_server_that_floods_instead_of_answering_starttls(s):
    hostile = Hostile(s.place, "starttls-flood")
    hostile.flood *= 5
    daemon = suffers(s, hostile, hostile_section(hostile.uri, tls="required", **{
        "tls-ca": s.people.server_ca.identity.cert}), "TLS failed")
    check_memory(daemon)


@contextlib.contextmanager
def asked_at_once(daemon, addresses):
    """While it lasts, the directories of these addresses are being asked."""
    sessions = [milter.Milter(daemon.address) for _ in addresses]
    for session, address in zip(sessions, addresses):
        require(session.begin(SENDER, [address]) is None, "refused")
    yield
    for session in sessions:
        session.close()


def test_many_that_stall_at_once_keep_no_other_directory_from_being_reached(s):
    """More of them than there are threads that connect; the good one is first asked while all
    hang."""
    tls = {"tls": "required", "tls-ca": s.people.server_ca.identity.cert}
    sections = {}
    for number in range(12):
        hostile = Hostile(s.place, ("silent", "tls-stall", "starttls-stall")[number % 3])
        sections[f"hostile{number}"] = hostile_section(
            hostile.ldaps if number % 3 == 1 else hostile.uri,
            domains=[f"hostile{number}.example"], **(tls if number % 3 else with_password(s)),
            **{"retry-interval": "10ms", "connect-timeout": "20s", "search-timeout": "20s"})
    daemon = start(s, sections, deadline="40s")
    with asked_at_once(daemon, [f"x@{title}.example" for title in sections]):
        began = time.monotonic()
        outcome = decide(daemon, s.people.anna.address)
        took = (time.monotonic() - began) * 1000
    print(f"        first look-up beside 12 that stall: {took:.1f} ms", flush=True)
    require(outcome.verdict == "accept" and is_sealed(outcome.message()), outcome.reply)
    require(took < 10000, f"held up: {took} ms")
