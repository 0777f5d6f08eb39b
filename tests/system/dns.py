"""A name server on loopback that knows no name, or never answers; and a way to have a program ask
it and no other: a mount namespace of its own with another /etc/resolv.conf."""
import os
import socket
import threading

from place import run

# Port 53 is free there, whatever runs on 127.0.0.1 or 127.0.0.53; each process has another one.
ADDRESS = f"127.77.{os.getpid() // 250 % 250}.{1 + os.getpid() % 250}"


class Dns:
    """answers: it says that the name does not exist; else it keeps silent, and who asks gives up
    after seconds."""

    def __init__(self, place, answers, seconds=4):
        self.questions = 0
        self._answers = answers
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((ADDRESS, 53))
        self._file = place.write("resolv.conf", f"nameserver {ADDRESS}\n"
                                 f"options timeout:{seconds} attempts:1\n")
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        place.later(self.close)

    @property
    def prefix(self):
        """In front of a command line."""
        return ["unshare", "--mount", "sh", "-c",
                'mount --bind "$0" /etc/resolv.conf && exec "$@"', self._file]

    @staticmethod
    def possible():
        """Whether this machine lets us make a mount namespace (containers often don't)."""
        return run(["unshare", "--mount", "mount", "--bind", "/etc/hostname", "/etc/resolv.conf"],
                   check=False).returncode == 0

    def close(self):
        self._socket.sendto(b"", (ADDRESS, 53))  # wakes the thread, which then ends
        self._thread.join()

    def _serve(self):
        while True:
            question, client = self._socket.recvfrom(512)
            if not question:
                break
            self.questions += 1
            if self._answers:  # the question back, as an answer: NXDOMAIN
                flags = bytes([question[2] | 0x80, 0x83])
                self._socket.sendto(question[:2] + flags + question[4:], client)
        self._socket.close()
