"""An LDIF file of many entries: mail goes on while it is read again."""
import os
import re
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import ldif
import milter
from daemon import read
from place import SLOWER, require, wait_until
from scenario import SENDER
from smtp import message

ENTRIES = 100000 // SLOWER


def write_large(s, entries, fill=ENTRIES):
    """The entries given among many others, put in place at once."""
    certificate = ldif.line("userCertificate;binary", s.people.rolf.identity.der())
    path = s.place.path("large.ldif")
    with open(path + ".next", "w", encoding="ascii") as file:
        for number in range(fill):
            file.write(f"dn: uid=u{number},ou=people,{ldif.SUFFIX}\nuid: u{number}\n"
                       f"mail: u{number}@partner.example\n{certificate}\n\n")
        file.write("\n".join(entry.text() for entry in entries))
    os.rename(path + ".next", path)
    return path


class Traffic:
    """Mail to somebody, by two sessions, until told to end."""

    def __init__(self, daemon, address):
        self.daemon, self.address = daemon, address
        self.ending = threading.Event()
        self.outcomes = []
        self.pool = ThreadPoolExecutor(2)
        self.futures = [self.pool.submit(self._send) for _ in range(2)]
        wait_until(lambda: len(self.outcomes) > 4, "mail flows")

    def _send(self):
        data = message(SENDER, self.address)
        with milter.Milter(self.daemon.address) as session:
            while not self.ending.is_set():
                outcome = session.send(SENDER, [self.address], data)
                self.outcomes.append((outcome.verdict, outcome.changed, outcome.reply))

    def end(self):
        self.ending.set()
        for future in self.futures:
            future.result()
        self.pool.shutdown()
        return [outcome for outcome in self.outcomes if outcome[:2] != ("accept", True)]


def resident(daemon):
    """Its memory, in kB."""
    return int(re.search(rb"VmRSS:\s*(\d+)", read(f"/proc/{daemon.pid}/status"))[1])


def test_mail_goes_on_while_a_reload_reads_a_large_file(s):
    """The configuration's reload reads the whole file in a thread of its own; every message is
    sealed, by the old snapshot or the new one, and none deferred; and the old one's memory is given
    back."""
    path = write_large(s, s.people.entries())
    daemon = s.daemon(directories={"large": {"ldif": path}})
    at_first = resident(daemon)
    traffic = Traffic(daemon, s.people.anna.address)
    for times in range(1, 4):
        before = len(traffic.outcomes)
        daemon.process.signal(signal.SIGHUP)
        wait_until(lambda: daemon.log().count("configuration taken up") == times, "the reload")
        wait_until(lambda: len(traffic.outcomes) > before + 4, "mail flows on")
    require(not traffic.end(), "not sealed:", traffic.end()[:3])
    if SLOWER == 1:  # sanitizers keep what was freed
        wait_until(lambda: resident(daemon) < at_first * 1.5, "one copy of the contents is left")
    found = milter.send(daemon.address, SENDER, ["u7@partner.example"],
                        message(SENDER, "u7@partner.example"))
    require(found.verdict == "refuse", "someone else's certificate", found.verdict)


def test_reloads_asked_for_during_one_are_one_more(s):
    """Else each would hold up the next, and a stop all of them."""
    daemon = s.daemon(directories={"large": {"ldif": write_large(s, s.people.entries())}})

    def taken_up():
        return daemon.log().count("configuration taken up")

    asked = 0
    while taken_up() == 0:
        daemon.process.signal(signal.SIGHUP)
        asked += 1
    daemon.process.wait_for(lambda: taken_up() >= 2, "one more reload")
    daemon.stop()
    require(asked > 20 and taken_up() <= 3, asked, "asked for,", taken_up(), "reloads")


def test_mail_goes_on_while_a_large_file_that_changed_is_read(s):
    anna, bruno = s.people.anna, s.people.bruno
    path = write_large(s, [anna.entry])
    daemon = s.daemon(top={"cache-positive": "0s", "cache-negative": "0s"},
                      directories={"large": {"ldif": path}})
    traffic = Traffic(daemon, anna.address)
    write_large(s, [anna.entry, bruno.entry])
    wait_until(lambda: milter.send(daemon.address, SENDER, [bruno.address],
                                   message(SENDER, bruno.address)).changed,
               "the new file is read")
    write_large(s, [anna.entry], fill=10)
    wait_until(lambda: "11 entries" in daemon.log(), "the file after it is read")
    require(not traffic.end(), "not sealed:", traffic.end()[:3])


def test_mail_goes_on_whatever_befalls_a_large_file(s):
    """It is cut off in the middle, goes away, and is written in place: nobody in it is lost."""
    anna, bruno = s.people.anna, s.people.bruno
    path = write_large(s, [anna.entry])  # hers is the last
    daemon = s.daemon(top={"cache-positive": "0s", "cache-negative": "0s"},
                      directories={"large": {"ldif": path}})
    traffic = Traffic(daemon, anna.address)

    def flows_on():
        before = len(traffic.outcomes)
        wait_until(lambda: len(traffic.outcomes) > before + 20, "mail flows on")

    with open(path, "rb") as file:
        whole = file.read()
    os.truncate(path, whole.index(b"userCertificate", len(whole) // 2) + 203)
    daemon.wait_log(r"large.ldif was cut off: it ends within the entry at line \d+ "
                    r"\(if that is all, end its last line\); "
                    "the contents read before stay in force")
    flows_on()
    os.unlink(path)
    daemon.wait_log("No such file or directory; the contents read before stay in force")
    flows_on()
    with open(path, "wb") as file:
        for at in range(0, len(whole), 1 << 20):
            file.write(whole[at:at + (1 << 20)])
            file.flush()
        file.write(f"\n{bruno.entry.text()}\n".encode())
    wait_until(lambda: milter.send(daemon.address, SENDER, [bruno.address],
                                   message(SENDER, bruno.address)).changed,
               "the whole file is read")
    flows_on()
    require(not traffic.end(), "not sealed:", traffic.end()[:3])
