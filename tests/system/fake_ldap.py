"""A scripted LDAP directory: answers late, never, with a referral, with nonsense, or properly.

It knows just enough BER (X.690) and LDAP (RFC 4511) for bind and search; whatever address stands in
an equality of the search filter is looked up in .entries.
"""
import asyncio
import threading


def encode(tag, content):
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def integer(value):
    return encode(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def decode(data):
    """The elements that stand one after another, as [(tag, content)]; None if the last is cut."""
    found, at = [], 0
    while at < len(data):
        if len(data) < at + 2:
            return None
        size, start = data[at + 1], at + 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(data[at + 2:start], "big")
        if len(data) < start + size:
            return None
        found.append((data[at], data[start:start + size]))
        at = start + size
    return found


def assertions(filter_element):
    """The values of all equalities in a filter, lower case."""
    tag, content = filter_element
    if tag in (0xA0, 0xA1, 0xA2):
        return [value for part in decode(content) for value in assertions(part)]
    if tag == 0xA3:
        value = decode(content)[1][1].decode("utf-8", "replace").lower()
        return [value.removeprefix("smtp:")]
    return []


def message(number, operation):
    return encode(0x30, integer(number) + operation)


def result(tag, code=0, text="", referral=b""):
    return encode(tag, encode(0x0A, bytes([code])) + encode(0x04, b"")
                  + encode(0x04, text.encode()) + referral)


class FakeLdap:
    """entries: address → [ldif.Entry]. delay: seconds before a search is answered. behaviour:
    "answer", "hold" (until release()), "never", "referral", "garbage", "close", "busy" or "someone
    else". part: so many
    members of a group are given at once, as Active Directory does with 1,500; after the first part,
    .left_out of them are left out."""

    def __init__(self, place, entries, delay=0, behaviour="answer", part=None):
        self.entries = {}
        self.names = {entry.dn.lower(): entry for entry in entries}
        self.part = part
        self.left_out = 0
        self.ranges = []
        self.silent = set()  # names that are never answered for
        self.codes = {}      # name → result code
        for entry in entries:
            for address in entry.mail:
                self.entries.setdefault(address.lower(), []).append(entry)
        self.delay = delay
        self.behaviour = behaviour
        self.searches = 0
        self._held = []
        self.port = 0
        ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait()
        place.later(self.close)

    @property
    def uri(self):
        return f"ldap://127.0.0.1:{self.port}"

    def _run(self, ready):
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=256))
        self.port = self._server.sockets[0].getsockname()[1]
        ready.set()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))

    def release(self):
        """Answers all that was held, and what comes then at once."""
        self._loop.call_soon_threadsafe(self._release)

    def _release(self):
        self.behaviour = "answer"
        for held in self._held:
            self._answer(*held)
        self._held.clear()

    def close(self):
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _serve(self, reader, writer):
        try:
            while True:
                head = await reader.readexactly(2)
                size = head[1]
                if size & 0x80:
                    size = int.from_bytes(await reader.readexactly(size & 0x7F), "big")
                body = await reader.readexactly(size)
                self._dispatch(writer, decode(body))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def _dispatch(self, writer, parts):
        number = int.from_bytes(parts[0][1], "big")
        tag, content = parts[1]
        if tag == 0x60:
            writer.write(message(number, result(0x61)))
        elif tag == 0x63:
            self.searches += 1
            wanted = self._wanted(decode(content))
            self._loop.call_later(self.delay, self._answer, writer, number, wanted)
        elif tag == 0x77:
            writer.write(message(number, result(0x78, 2, "no StartTLS here")))

    def _wanted(self, search):
        """The addresses of the filter; of a search of one entry (scope base), the entry itself and
        where its members are to begin."""
        if search[1][1] != b"\0":
            return assertions(search[6])
        asked = [name.decode() for _, name in decode(search[7][1])]
        ranges = [name for name in asked if ";range=" in name]
        self.ranges += ranges
        start = int(ranges[0].partition("=")[2].partition("-")[0]) if ranges else 0
        return search[0][1].decode().lower(), start

    def _answer(self, writer, number, wanted):
        if self.behaviour == "hold":
            self._held.append((writer, number, wanted))
            return
        if writer.is_closing() or self.behaviour == "never":
            return
        if self.behaviour == "close":
            writer.close()
            return
        if self.behaviour == "garbage":
            writer.write(b"\x30\x84\xff\xff\xff\xffHTTP/1.0 400 nonsense\r\n\r\n" * 4)
            return
        if self.behaviour == "busy":
            writer.write(message(number, result(0x65, 51, "busy")))
            return
        if self.behaviour == "referral":
            url = encode(0xA3, encode(0x04, b"ldap://127.0.0.1:1/dc=x,dc=test"))
            writer.write(message(number, result(0x65, 10, "elsewhere", url)))
            return
        start = 0
        if isinstance(wanted, tuple):
            name, start = wanted
            if name in self.silent:
                return
            if name in self.codes:
                writer.write(message(number, result(0x65, self.codes[name])))
                return
            found = [self.names[name]] if name in self.names else []
        else:
            found = self._matching(wanted)
        for entry in found:
            writer.write(message(number, self._entry(entry, start)))
        missing = isinstance(wanted, tuple) and not found
        writer.write(message(number, result(0x65, 32 if missing else 0)))

    def _matching(self, wanted):
        if self.behaviour == "someone else":
            return [entry for address, entries in self.entries.items() if address not in wanted
                    for entry in entries][:1]
        found = []
        for address in wanted:
            found += [entry for entry in self.entries.get(address, []) if entry not in found]
        return found

    def _members(self, entry, start):
        """The members' attribute: whole, or a part and the attribute itself without a value."""
        values = [value for name, value in entry.other if name == "member"]
        if not self.part or len(values) <= self.part:
            return [("member", values)]
        start += self.left_out if start > 0 else 0
        end = start + self.part
        last = "*" if end >= len(values) else end - 1
        return [("member", []), (f"member;range={start}-{last}", values[start:end])]

    def _entry(self, entry, start=0):
        attributes = b""
        for name, values in (("mail", [mail.encode() for mail in entry.mail]),
                             ("userCertificate;binary", entry.certificates),
                             ("userSMIMECertificate", entry.blobs),
                             *self._members(entry, start),
                             *[(name, [value]) for name, value in entry.other
                               if name != "member"]):
            if values or (name == "member" and self.part):
                attributes += encode(0x30, encode(0x04, name.encode()) + encode(
                    0x31, b"".join(encode(0x04, value) for value in values)))
        return encode(0x64, encode(0x04, entry.dn.encode()) + encode(0x30, attributes))
