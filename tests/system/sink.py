"""Where mail ends: an SMTP server in this process that keeps every message with its envelope."""
import re
import socketserver
import sys
import threading

from place import require, wait_until


class Message:
    def __init__(self, sender, recipients, data):
        self.sender = sender
        self.recipients = recipients
        self.data = data  # as received: CRLF, dots unstuffed

    def header(self):
        return self.data.partition(b"\r\n\r\n")[0] + b"\r\n"

    def body(self):
        return self.data.partition(b"\r\n\r\n")[2]

    def fields(self, name):
        """The values of a header field, unfolded."""
        unfolded = re.sub(rb"\r\n(?=[ \t])", b"", self.header())
        pattern = rb"(?mi)^" + re.escape(name.encode()) + rb":[ \t]*(.*?)\r?$"
        return [value.decode("utf-8", "replace") for value in re.findall(pattern, unfolded)]

    def field(self, name):
        values = self.fields(name)
        require(len(values) == 1, f"{name} stands {len(values)} times in\n", self.header().decode())
        return values[0]


class Session(socketserver.StreamRequestHandler):
    def reply(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.reply("220 sink ESMTP")
        sender, recipients = None, []
        for line in self.rfile:
            command = line.strip().decode("utf-8", "replace")
            verb = command[:4].upper()
            if verb == "EHLO":
                self.reply("250-sink\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-PIPELINING\r\n250 DSN")
            elif verb == "MAIL":
                sender, recipients = address_of(command), []
                self.reply("250 2.1.0 ok")
            elif verb == "RCPT":
                recipients.append(address_of(command))
                self.reply("250 2.1.5 ok")
            elif verb == "DATA":
                self.reply("354 go on")
                data = self.read_data()
                if data is None:
                    return
                self.server.sink.add(Message(sender, recipients, data))
                self.reply("250 2.0.0 kept")
                sender, recipients = None, []
            elif verb == "QUIT":
                self.reply("221 2.0.0 bye")
                return
            else:
                self.reply("250 2.0.0 ok")

    def read_data(self):
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line[1:] if line.startswith(b".") else line)
        return None


def address_of(command):
    """What stands between the angle brackets of MAIL FROM:<…> and RCPT TO:<…>."""
    return re.search(r"<((?:\"(?:\\.|[^\"\\])*\"|[^>])*)>", command).group(1)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256

    def handle_error(self, request, client_address):
        """A mail server that is ended in mid-session is no news; anything else is."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Sink:
    def __init__(self, place):
        self.messages = []
        self._lock = threading.Lock()
        self._server = Server(("127.0.0.1", 0), Session)
        self._server.sink = self
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        place.later(self.close)

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def add(self, message):
        with self._lock:
            self.messages.append(message)

    def clear(self):
        with self._lock:
            self.messages.clear()

    def all(self):
        with self._lock:
            return list(self.messages)

    def to(self, recipient):
        return [message for message in self.all() if recipient in message.recipients]

    def wait_for(self, recipient, count=1, seconds=60):
        """The message that reached a recipient, or the list of them where several must."""
        wait_until(lambda: len(self.to(recipient)) >= count,
                   f"{count} message(s) for {recipient}", seconds)
        found = self.to(recipient)
        require(len(found) == count, f"{recipient} got {len(found)} messages, not {count}")
        return found[0] if count == 1 else found

    def canary(self, words):
        """Messages in which the words can be read."""
        needle = words.encode() if isinstance(words, str) else words
        return [message for message in self.all() if needle in message.data]
