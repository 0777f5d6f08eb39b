"""The demonstration that demo/run starts: one message for each case, and what became of it."""
import os
import shutil
import signal
import sys
import textwrap
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "tests", "system"))

from cases import CASES, PEOPLE, RULES, SENDER  # noqa: E402
from cms import Sealed, encrypt, is_sealed  # noqa: E402
from daemon import Daemon, configuration  # noqa: E402
import ldif  # noqa: E402
from people import People  # noqa: E402
from place import Place, wait_until  # noqa: E402
from postfix import Postfix  # noqa: E402
from sink import Sink  # noqa: E402
from smtp import message, send  # noqa: E402

WIDTH = min(shutil.get_terminal_size((96, 24)).columns, 110)
COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ
GREEN, RED, YELLOW, BOLD, DIM = "32", "31", "33", "1", "2"


def paint(colour, text):
    return f"\033[{colour}m{text}\033[0m" if COLOUR else text


def show(label, text, colour=None):
    """A labelled line, wrapped under itself."""
    lines = []
    for line in text.split("\n"):
        lines += textwrap.wrap(line, WIDTH - 14, subsequent_indent="  ") or [""]
    for number, line in enumerate(lines):
        head = f"  {label if number == 0 else '':10}  "
        print(paint(DIM, head) + (paint(colour, line) if colour else line))


class Stage:
    """Everything that runs while the cases are shown."""

    def __init__(self, place):
        self.place = place
        names = sorted({name for name in PEOPLE})
        self.people = People(place.path("pki"), os.path.join(
            os.environ["SMIME_BUILD"], "tests/system/make_blob"), names)
        self.sink = Sink(place)
        self.postfix = Postfix(place, self.sink)
        self.directory = place.write("directory.ldif", ldif.text(self.people.entries()))
        text = configuration(
            {"socket-group": "postfix", "contact": "the demonstration's help desk", "log-level":
             "info"},
            {"local": {"ldif": self.directory}},
            {"demonstration": {"anchors": self.people.anchors, "revocation": "off"}}, RULES)
        self.daemon = Daemon(place, text, "unix:" + self.postfix.socket)

    def message(self, case):
        to = [self.person(name).address for name in case.to]
        data = message(SENDER, to, subject=case.subject, body=case.body)
        if case.encrypt:
            data = encrypt(self.place, data, [self.person(name).identity for name in case.to],
                           case.encrypt)
        return data

    def person(self, name):
        return getattr(self.people, name)


def show_reply(reply):
    text = "\n".join(f"{reply.code} {line}" for line in reply.text.split("\n"))
    show("SMTP reply", text, GREEN if reply.code == 250 else RED)


def show_arrived(stage, name, data, body):
    """What lies in the recipient's mailbox; whether it is as readable as it should be."""
    person = stage.person(name)
    if not is_sealed(data):
        readable = body.strip().encode().split(b"\r\n")[0] in data
        show("arrived", f"{name}: not encrypted, as it was sent" if readable else
             f"{name}: not encrypted, and not what was sent", YELLOW)
        return False
    sealed = Sealed(stage.place, data)
    keys = len(sealed.serials())
    show("arrived", f"{name}: encrypted with {sealed.cipher.upper()}, to "
                    f"{keys} certificate{'s' * (keys > 1)}")
    inner = sealed.inner(person.identity).decode(errors="replace")
    text = inner.partition("\r\n\r\n")[2].strip().split("\r\n")[0]
    opened = text == body.strip().split("\r\n")[0]
    show("opened", f"with {name}'s key, by openssl cms -decrypt: “{text}”", GREEN if opened
         else RED)
    return opened


def show_bounce(message_bytes):
    words = " ".join(message_bytes.decode(errors="replace").split())
    said = words.partition(" said: ")[2].partition(" (in reply to")[0]
    show("came back", "a bounce to the sender: " + (said or words[:400]), RED)


def show_record(record):
    """The audit record, the parts that a person reads first."""
    action = record["action"] + (f" (would have been: {record['would']})"
                                 if record.get("would") else "")
    parts = [f"{record['recipient']}: {action}, {record['reason']}"]
    if record.get("trust_failure"):
        parts.append("TRUST FAILURE")
    parts.append(f"rule {record.get('rule') or 'none'}")
    if record.get("cipher"):
        parts.append(record["cipher"])
    capabilities = record.get("capabilities") or {}
    if capabilities.get("from"):
        parts.append(f"capabilities {capabilities['from']}")
    text = " · ".join(parts)
    fallback = record.get("fallback")
    if fallback:
        text += "\nwithout us: " + ", ".join(
            f"{client} {cipher}" for client, cipher in fallback.items() if cipher)
    digital_id = record.get("digital_id")
    if digital_id:
        text += (f"\ndigital ID: {digital_id['subject']}, issued by {digital_id['issuer']}, valid "
                 f"{digital_id['not_before'][:10]} to {digital_id['not_after'][:10]}, found in "
                 f"{digital_id['attribute']}")
    if record.get("detail"):
        text += "\n" + record["detail"]
    if record.get("stale"):
        text += "\na stale digital ID is published beside it: old clients use that one"
    text += f"\nreference {record['reference']}"
    show("audit", text)


def run_case(stage, number, case):
    """Shows one case; whether everything was as it should be."""
    print()
    print(paint(BOLD, f"{number:2}. {case.title}"))
    if case.about:
        show("", case.about, DIM)
    stage.sink.clear()
    known = len(stage.daemon.records())
    everyone = [stage.person(name).address for name in (*case.to, *case.bcc)]
    show("sent", f"{'from outside ' if case.client else ''}to "
         + ", ".join(stage.person(name).address for name in case.to)
         + "".join(f", Bcc {stage.person(name).address}" for name in case.bcc))
    port = stage.postfix.front_port if case.one_at_a_time else stage.postfix.port
    reply = send(port, SENDER, everyone, stage.message(case), case.client)
    show_reply(reply)
    good = reply.code == case.code
    for name in case.arrives if reply.code == 250 else ():
        arrived = stage.sink.wait_for(stage.person(name).address)
        opened = show_arrived(stage, name, arrived.data, case.body)
        good = good and opened == (name in case.sealed)
    if case.bounces and reply.code == 250:
        bounce = stage.sink.wait_for(SENDER)
        show_bounce(bounce.data)
    if reply.code != 250:
        show("arrived", "nothing", GREEN if case.code != 250 else RED)
    if case.client:
        show("audit", "nothing: inbound mail is not looked at")
        return good and len(stage.daemon.records()) == known
    wait_until(lambda: len(stage.daemon.records()) >= known + len(everyone), "the audit records")
    for record in stage.daemon.records()[known:]:
        show_record(record)
    return good


def keep_up(stage):
    """Until Ctrl-C: shows what is sent and decided meanwhile."""
    build = os.environ["SMIME_BUILD"]
    print(f"""
{paint(BOLD, "It stays up until Ctrl-C.")} In another terminal:

  send through the gateway
    swaks --server 127.0.0.1:{stage.postfix.port} --from {SENDER} --to anna@partner.example
  one recipient at a time, the set-up the manual recommends
    swaks --server 127.0.0.1:{stage.postfix.front_port} --from {SENDER} --to anna@partner.example,emma@partner.example
  ask about an address
    {build}/smimectl check -c {stage.daemon.file} emma@partner.example
  change the rules ({stage.daemon.file}), then
    kill -USR1 {stage.daemon.pid}
  change who publishes what: {stage.directory}
  follow the log and the records
    tail -f {stage.daemon.process.log} {stage.daemon.audit_file}
  everything else, keys included: {stage.place.folder}
""", flush=True)
    records, arrived = len(stage.daemon.records()), len(stage.sink.all())
    while stage.daemon.process.running():
        for record in stage.daemon.records()[records:]:
            show_record(record)
            records += 1
        for mail in stage.sink.all()[arrived:]:
            arrived += 1
            path = stage.place.write(f"arrived/{arrived}.eml", mail.data)
            show("arrived", f"for {', '.join(mail.recipients)}: {path}", GREEN)
        time.sleep(0.3)
    print(paint(RED, "The daemon has ended."))


def play(place, keep):
    started = time.monotonic()
    print("Making a throw-away PKI, a directory, a mail server and the daemon …", flush=True)
    stage = Stage(place)
    wrong = []
    for number, case in enumerate(CASES, 1):
        if not run_case(stage, number, case):
            print(paint(RED, "      This is not what should have happened."))
            wrong.append(number)
        sys.stdout.flush()
    print()
    if wrong:
        print(paint(RED, f"Not as it should be: case {', '.join(map(str, wrong))}."))
    else:
        print(paint(GREEN, f"All {len(CASES)} cases went as they should")
              + f", in {time.monotonic() - started:.0f} s.")
    if keep:
        keep_up(stage)
    return 1 if wrong else 0


def main():
    keep = "--keep" in sys.argv[1:-1]
    os.environ["SMIME_BUILD"] = os.path.abspath(sys.argv[-1])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    place = Place(name="smime-milter-demo-")
    try:
        return play(place, keep)
    except KeyboardInterrupt:
        print("\nEnding.")
        return 0 if keep else 130
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # ending must not be interrupted
        place.close()


if __name__ == "__main__":
    sys.exit(main())
