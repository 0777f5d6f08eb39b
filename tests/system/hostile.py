"""An LDAP server that means no good: one way of misbehaving each, on loopback.

A thread for every connection, blocking sockets: what it does stands in one function in the order in
which it happens.
"""
import socket
import ssl
import threading

from fake_ldap import assertions, decode, encode, message, result

BIND, SEARCH, EXTENDED = 0x60, 0x63, 0x77
BIND_ANSWER, ENTRY, DONE, REFERENCE, EXTENDED_ANSWER = 0x61, 0x64, 0x65, 0x73, 0x78
FLOOD = 100 << 20  # bytes, where it floods
REFERRALS = 20_000
ATTRIBUTES = 200_000
PARENTHESES = 100_000
DRIP_SECONDS = 1   # between two bytes


class Hostile:
    """entries: as FakeLdap's, for those that answer at all. identity: the TLS server's. behaviour:

    silent          accepts and never says a word
    tls-stall       takes the TLS greeting and never answers it
    starttls-stall  agrees to StartTLS, and never answers the greeting
    drip            the right answer, a byte a second
    endless-pdu     one answer of 100 MB
    endless-entry   entries without an end, 100 MB of them
    endless-value   an entry with one value of 40 MB
    attributes      an entry with 60,000 attributes
    addresses       an entry with 500,000 addresses
    close-after     answers properly, then closes
    close-midway    half an entry, then closes
    tls             answers properly, with the identity's certificate
    refuse-bind     invalid credentials
    referral        one result with a huge list of referrals
    references      a huge number of references, then success
    many-attributes an entry with a huge number of attributes of one name
    deep-filter     a referral to itself with a filter of parentheses within parentheses
    no-operation    messages without any operation known, 1 MB each, without an end
    bind-flood      entries without an end as the answer to a bind
    starttls-flood  the same for StartTLS
    """

    def __init__(self, place, behaviour, entries=(), identity=None):
        self.behaviour = behaviour
        self.refusal = "go away"
        self.connections = 0
        self.searches = 0
        self.sent = 0
        self.flood = FLOOD
        self._entries = {address.lower(): entry for entry in entries for address in entry.mail}
        self._identity = identity
        self._act = getattr(self, "_" + behaviour.replace("-", "_"))
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._open = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        place.later(self.close)

    @property
    def uri(self):
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def ldaps(self):
        return f"ldaps://127.0.0.1:{self.port}"

    def close(self):
        self._closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # the other side was first

    def _accept(self):
        while True:
            try:
                connection = self._listener.accept()[0]
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            self._act(connection)
        except (OSError, EOFError):
            pass  # they gave us up, which is their right
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _send(self, connection, data):
        connection.sendall(data)
        self.sent += len(data)

    # The ways.

    def _silent(self, connection):
        while connection.recv(4096):
            pass

    _tls_stall = _silent

    def _starttls_stall(self, connection):
        number, _, _ = request(connection, EXTENDED)
        self._send(connection, message(number, result(EXTENDED_ANSWER)))
        self._silent(connection)

    def _drip(self, connection):
        while True:
            number, tag, content = request(connection)
            for byte in self._right_answer(number, tag, content):
                self._send(connection, bytes([byte]))
                if self._closing.wait(DRIP_SECONDS):
                    return

    def _endless_pdu(self, connection):
        request(connection, SEARCH)
        self.searches += 1
        self._send(connection, b"\x30\x84" + FLOOD.to_bytes(4, "big"))
        self._flood(connection, b"\0" * (1 << 20))

    def _endless_entry(self, connection):
        number, _, content = request(connection, SEARCH)
        self.searches += 1
        value = ("mail", [wanted(content).encode(), b"x" * 5000])
        self._flood(connection, message(number, entry("cn=x", [value])) * 200)

    def _endless_value(self, connection):
        number, _, content = request(connection, SEARCH)
        self.searches += 1
        values = [("mail", [wanted(content).encode()]),
                  ("userCertificate;binary", [b"\x30" * (40 << 20)])]
        self._send(connection, message(number, entry("cn=x", values)))
        self._send(connection, message(number, result(DONE)))
        self._silent(connection)

    def _give(self, connection, attributes):
        found = entry("cn=x", attributes)
        while True:
            number, _, _ = request(connection, SEARCH)
            self.searches += 1
            self._send(connection, message(number, found))
            self._send(connection, message(number, result(DONE)))

    def _attributes(self, connection):
        self._give(connection, [(f"member;x-{number}", [b"cn=y"]) for number in range(60_000)])

    def _addresses(self, connection):
        many = [f"x{number}@ä{number}.example".encode() for number in range(500_000)]
        self._give(connection, [("mail", many)])

    def _close_after(self, connection):
        self._send(connection, self._right_answer(*request(connection, SEARCH)))

    def _close_midway(self, connection):
        answer = self._right_answer(*request(connection, SEARCH))
        self._send(connection, answer[:len(answer) // 2])

    def _tls(self, connection):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._identity.cert, self._identity.key)
        with context.wrap_socket(connection, server_side=True) as secured:
            while True:
                self._send(secured, self._right_answer(*request(secured)))

    def _refuse_bind(self, connection):
        while True:
            number, tag, content = request(connection)
            if tag == BIND:
                self._send(connection, message(number, result(BIND_ANSWER, 49, self.refusal)))
            else:
                self._send(connection, self._right_answer(number, tag, content))

    def _referral(self, connection):
        while True:
            number, _, _ = request(connection, SEARCH)
            self.searches += 1
            urls = b"".join(encode(0x04, url) for url in many_urls())
            self._send(connection, message(number, result(DONE, 10, "there", encode(0xA3, urls))))

    def _references(self, connection):
        while True:
            number, _, _ = request(connection, SEARCH)
            self.searches += 1
            self._send(connection, b"".join(message(number, encode(
                REFERENCE, encode(0x04, url))) for url in many_urls()))
            self._send(connection, message(number, result(DONE)))

    def _many_attributes(self, connection):
        while True:
            number, _, content = request(connection, SEARCH)
            self.searches += 1
            names = [("mail", [wanted(content).encode()])]
            names += [(f"userCertificate;x-{at}", [b"0"]) for at in range(ATTRIBUTES)]
            self._send(connection, message(number, entry("cn=x", names)))
            self._send(connection, message(number, result(DONE)))

    def _deep_filter(self, connection):
        url = self.uri.encode() + b"/dc=y??sub?" + b"(!" * PARENTHESES + b"(a=b)" + b")" * PARENTHESES
        while True:
            number, _, _ = request(connection, SEARCH)
            self.searches += 1
            self._send(connection, message(number, result(
                DONE, 10, "here", encode(0xA3, encode(0x04, url)))))

    def _no_operation(self, connection):
        number, _, _ = request(connection, SEARCH)
        self.searches += 1
        self._flood(connection, message(number, encode(0x00, b"x" * (1 << 20))))

    def _bind_flood(self, connection, tag=BIND):
        number, _, _ = request(connection, tag)
        self._flood(connection, message(number, entry("cn=x", [("mail", [b"x" * 5000])])) * 200)

    def _starttls_flood(self, connection):
        self._bind_flood(connection, EXTENDED)

    # What they share.

    def _flood(self, connection, piece):
        for _ in range(self.flood // len(piece)):
            if self._closing.is_set():
                return
            self._send(connection, piece)
        self._silent(connection)

    def _right_answer(self, number, tag, content):
        if tag == BIND:
            return message(number, result(BIND_ANSWER))
        if tag != SEARCH:
            return b""
        self.searches += 1
        found = self._entries.get(wanted(content))
        answer = b"" if found is None else message(number, entry(found.dn, [
            ("mail", [mail.encode() for mail in found.mail]),
            ("userCertificate;binary", found.certificates),
            ("userSMIMECertificate", found.blobs)]))
        return answer + message(number, result(DONE))


def many_urls():
    return [b"ldap://127.0.0.1:1/dc=%d,dc=x,dc=test" % number for number in range(REFERRALS)]


def wanted(search):
    """The address that a search asks for."""
    return (assertions(decode(search)[6]) or [""])[0]


def entry(dn, attributes):
    return encode(ENTRY, encode(0x04, dn.encode()) + encode(0x30, b"".join(
        encode(0x30, encode(0x04, name.encode()) + encode(0x31, b"".join(
            encode(0x04, value) for value in values))) for name, values in attributes if values)))


def request(connection, wanted_tag=None):
    """The next request, or the next of a kind: (number, tag, content)."""
    while True:
        head = receive(connection, 2)
        size = head[1]
        if size & 0x80:
            size = int.from_bytes(receive(connection, size & 0x7F), "big")
        parts = decode(receive(connection, size))
        number, (tag, content) = int.from_bytes(parts[0][1], "big"), parts[1]
        if wanted_tag in (None, tag):
            return number, tag, content
        if tag == BIND:
            connection.sendall(message(number, result(BIND_ANSWER)))


def receive(connection, size):
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data
