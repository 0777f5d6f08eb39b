"""Sending mail as a client does, and the server's reply to it."""
import re
import smtplib

from place import SLOWER


class Reply:
    """.code, .text (all lines) and .step: "mail", "rcpt" or "data". Accepted: code 250."""

    def __init__(self, code, text, step):
        self.code = code
        self.text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        self.step = step

    @property
    def lines(self):
        return [re.sub(r"^[245]\.\d+\.\d+ ", "", line) for line in self.text.split("\n")]

    @property
    def enhanced(self):
        return self.text.split(" ")[0]

    def __repr__(self):
        return f"{self.code} after {self.step}:\n{self.text}"


class Client(smtplib.SMTP):
    """client: the address to come from, as Postfix's XCLIENT lets a test pretend."""

    def __init__(self, port, client=None, timeout=120):
        super().__init__("127.0.0.1", port, local_hostname="client.test", timeout=timeout * SLOWER)
        self.ehlo()
        if client is not None:
            self.docmd("XCLIENT", f"ADDR={client} NAME=stranger.test")
            self.ehlo()

    def transmit(self, sender, recipients, data):
        """A whole transaction; refused recipients end it, as they do for a mail client."""
        options = ["BODY=8BITMIME"] if self.has_extn("8bitmime") else []
        if any(not address.isascii() for address in [sender, *recipients]):
            options.append("SMTPUTF8")
            self.command_encoding = "utf-8"
        code, text = self.mail(sender, options)
        if code != 250:
            return self._ended(code, text, "mail")
        for recipient in recipients:
            code, text = self.docmd("RCPT", f"TO:<{recipient}>")
            if code not in (250, 251):
                return self._ended(code, text, "rcpt")
        try:
            code, text = self.data(data)
        except smtplib.SMTPDataError as error:
            code, text = error.smtp_code, error.smtp_error
        return self._ended(code, text, "data")

    def _ended(self, code, text, step):
        if code != 250 and code != 421:
            self.rset()
        return Reply(code, text, step)


def send(port, sender, recipients, data, client=None):
    with Client(port, client) as session:
        return session.transmit(sender, recipients, data)


def message(sender, to, subject="Test", body="Hello.\r\n", cc=(), extra="", mime=True):
    """A small message. extra: further header fields, each with CRLF."""
    to = [to] if isinstance(to, str) else to
    head = f"From: {sender}\r\nTo: {', '.join(to)}\r\n"
    if cc:
        head += f"Cc: {', '.join(cc)}\r\n"
    head += (f"Subject: {subject}\r\nDate: Mon, 06 Jul 2026 10:00:00 +0000\r\n"
             f"Message-ID: <{abs(hash((sender, tuple(to), subject, body)))}@client.test>\r\n")
    if mime:
        head += ("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                 "Content-Transfer-Encoding: 8bit\r\n")
    return (head + extra + "\r\n" + body).encode()
