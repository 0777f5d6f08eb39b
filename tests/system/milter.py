"""The MTA's side of the milter protocol (version 6), to drive the daemon without an MTA: for time
measurements, many sessions at once, and what no MTA would let through (NUL bytes, endless headers).
"""
import re
import socket
import struct

from place import SLOWER, Failure

# Steps that a milter may decline, or not answer (mfdef.h).
NO_CONNECT, NO_HELO, NO_MAIL, NO_RCPT, NO_BODY, NO_HEADER, NO_EOH = (1 << bit for bit in range(7))
NR_HEADER, NO_DATA, SKIP = 1 << 7, 1 << 9, 1 << 10
NR_CONNECT, NR_HELO, NR_MAIL, NR_RCPT, NR_DATA = (1 << bit for bit in range(12, 17))
NR_EOH, NR_BODY, LEADING_SPACE = 1 << 18, 1 << 19, 1 << 20
ALL_STEPS = (1 << 21) - 1
ALL_ACTIONS = (1 << 9) - 1
CHUNK = 65535

# command → (declined by, left unanswered by)
STEPS = {b"C": (NO_CONNECT, NR_CONNECT), b"H": (NO_HELO, NR_HELO), b"M": (NO_MAIL, NR_MAIL),
         b"R": (NO_RCPT, NR_RCPT), b"T": (NO_DATA, NR_DATA), b"L": (NO_HEADER, NR_HEADER),
         b"N": (NO_EOH, NR_EOH), b"B": (NO_BODY, NR_BODY)}


class Outcome:
    """What the milter decided: verdict is "accept", "refuse", "defer" or "discard"."""

    def __init__(self, verdict, reply, step, fields, body, changed):
        self.verdict = verdict
        self.reply = reply      # "550 5.7.5 …", several lines with their codes
        self.step = step        # the command it came upon
        self.fields = fields    # [(name, value)], edited
        self.body = body
        self.changed = changed  # whether anything of the message was edited

    def message(self):
        """As the MTA would send it on."""
        head = b"".join(name + b":" + value.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
                        + b"\r\n" for name, value in self.fields)
        return head + b"\r\n" + self.body


def split(data):
    """Header fields [(name, value with its leading space)] and body of a message."""
    head, _, body = data.partition(b"\r\n\r\n") if b"\r\n\r\n" in data else (data, b"", b"")
    if data.startswith(b"\r\n"):
        head, body = b"", data[2:]
    fields = []
    for field in re.split(rb"\r\n(?![ \t])", head.removesuffix(b"\r\n")):
        name, colon, value = field.partition(b":")
        if colon:
            fields.append((name, value.replace(b"\r\n", b"\n")))
    return fields, body


class Milter:
    """One session. address: path of a unix socket, or (host, port)."""

    def __init__(self, address, client="127.0.0.1", timeout=60, helo="client.test"):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.settimeout(timeout * SLOWER)
        self.socket.connect(address)
        self.file = self.socket.makefile("rb")
        self.steps = 0
        self._send(b"O", struct.pack(">III", 6, ALL_ACTIONS, ALL_STEPS))
        command, data = self._receive()
        if command != b"O":
            raise Failure("no negotiation:", command)
        self.steps = struct.unpack(">III", data[:12])[2]
        self._macros(b"C", {"j": "gw.test", "{daemon_name}": "gw.test", "v": "test"})
        self._step(b"C", b"client.test\0" + (
            b"U" if client is None else b"4" + struct.pack(">H", 40000) + client.encode() + b"\0"))
        self._step(b"H", helo.encode() + b"\0")

    def close(self):
        try:
            self._send(b"Q")
        except OSError:
            pass
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _send(self, command, data=b""):
        self.socket.sendall(struct.pack(">I", len(data) + 1) + command + data)

    def _receive(self):
        head = self.file.read(4)
        if len(head) < 4:
            raise Failure("the milter closed the session")
        packet = self.file.read(struct.unpack(">I", head)[0])
        return packet[:1], packet[1:]

    def _macros(self, command, macros):
        self._send(b"D", command + b"".join(
            name.encode() + b"\0" + value.encode() + b"\0" for name, value in macros.items()))

    def _step(self, command, data=b""):
        """Sends one step unless it was declined; the answer, or continue where none is due."""
        declined, unanswered = STEPS[command]
        if self.steps & declined:
            return b"c", b""
        self._send(command, data)
        if self.steps & unanswered:
            return b"c", b""
        while True:
            answer = self._receive()
            if answer[0] != b"p":
                return answer

    def abort(self):
        self._send(b"A")

    def begin(self, sender, recipients, user=None, queue_id="4TEST1", parameters=""):
        """The envelope. An Outcome if it is refused, else None. parameters: as Sendmail 8.17 leaves
        them behind the address, in one argument with it."""
        macros = {"{mail_addr}": sender}
        if user is not None:
            macros["{auth_authen}"] = user
        self._macros(b"M", macros)
        behind = b">" + parameters.encode() + b"\0"
        ended = self._ended(b"M", self._step(b"M", b"<" + sender.encode() + behind))
        for recipient in recipients:
            self._macros(b"R", {"i": queue_id, "{rcpt_addr}": recipient})
            ended = ended or self._ended(
                b"R", self._step(b"R", b"<" + recipient.encode() + behind))
        if ended is None:
            self._macros(b"T", {"i": queue_id})
            ended = self._ended(b"T", self._step(b"T"))
        return ended

    def header(self, fields):
        for name, value in fields:
            if not self.steps & LEADING_SPACE:
                value = value.removeprefix(b" ")
            ended = self._ended(b"L", self._step(b"L", name + b"\0" + value + b"\0"))
            if ended is not None:
                return ended
        return self._ended(b"N", self._step(b"N"))

    def body(self, body, chunk=CHUNK):
        for at in range(0, len(body), chunk):
            answer = self._step(b"B", body[at:at + chunk])
            if answer[0] == b"s" and self.steps & SKIP:
                return None
            ended = self._ended(b"B", answer)
            if ended is not None:
                return ended
        return None

    def end(self, fields, body):
        """End of message: collects the changes and the verdict."""
        self._send(b"E")
        fields, pieces, changed = list(fields), [], False
        while True:
            command, data = self._receive()
            if command == b"p":
                continue
            ended = self._ended(b"E", (command, data), fields, pieces and b"".join(pieces),
                                changed)
            if command in (b"c", b"a"):
                return Outcome("accept", "", b"E", fields, b"".join(pieces) if pieces else body,
                               changed)
            if ended is not None:
                return ended
            changed = True
            if command == b"b":
                pieces.append(data)
            else:
                self._edit(fields, command, data)

    def end_streamed(self):
        """End of message: the milter's packets as they come, the last being its verdict."""
        self._send(b"E")
        command = b""
        while command not in (b"c", b"a", b"y", b"r", b"t", b"d"):
            command, data = self._receive()
            yield command, data

    def _edit(self, fields, command, data):
        """Header edits, as Postfix does them."""
        if command in (b"m", b"i"):
            index = struct.unpack(">I", data[:4])[0]
            data = data[4:]
        name, value = data.split(b"\0")[:2] if b"\0" in data else (data, b"")
        if not self.steps & LEADING_SPACE:
            value = b" " + value
        if command == b"h":
            fields.append((name, value))
        elif command == b"i":
            fields.insert(max(0, index - 1), (name, value))
        elif command == b"m":
            places = [at for at, field in enumerate(fields) if field[0].lower() == name.lower()]
            if index <= len(places) and index > 0:
                if value.strip():
                    fields[places[index - 1]] = (name, value)
                else:
                    del fields[places[index - 1]]
            elif value.strip():
                fields.append((name, value))
        else:
            raise Failure("unexpected change:", command, data)

    def _ended(self, step, answer, fields=(), body=b"", changed=False):
        command, data = answer
        if command == b"y":
            reply = data.rstrip(b"\0").decode().replace("%%", "%")
            verdict = "refuse" if reply.startswith("5") else "defer"
            return Outcome(verdict, reply, step, list(fields), body, changed)
        verdict = {b"r": "refuse", b"t": "defer", b"a": "accept", b"d": "discard"}.get(command)
        if verdict is None:
            return None
        return Outcome(verdict, "", step, list(fields), body, changed)

    def send(self, sender, recipients, data, user=None, chunk=CHUNK, queue_id="4TEST1"):
        """A whole message; its Outcome."""
        fields, body = split(data)
        return (self.begin(sender, recipients, user, queue_id) or self.header(fields)
                or self.body(body, chunk) or self.end(fields, body))


def send(address, sender, recipients, data, client="127.0.0.1", **options):
    """One message in a session of its own."""
    with Milter(address, client) as session:
        return session.send(sender, recipients, data, **options)
