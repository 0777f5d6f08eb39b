#!/usr/bin/python3
"""A TCP proxy with a will: it delays, falls silent without closing, cuts, and refuses.

As a program (for the benches) it prints its port and runs until it is ended:
    proxy.py PORT [DELAY-MS]
"""
import queue
import socket
import struct
import sys
import threading
import time

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset
PIECE = 1 << 16
QUEUE_MAX = 1000  # pieces on their way in one direction


class Pair:
    """One connection: near is the client's side, far the server's."""

    def __init__(self, proxy, near):
        self.proxy = proxy
        self.near = near
        self.far = socket.create_connection(("127.0.0.1", proxy.target))
        self.frozen = False
        self._left = 4  # threads; the last one closes
        self._lock = threading.Lock()
        for side in (self.near, self.far):
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for source, target in ((self.near, self.far), (self.far, self.near)):
            pieces = queue.Queue(QUEUE_MAX)
            self._start(self._take, source, pieces)
            self._start(self._give, pieces, target)

    def _start(self, step, *arguments):
        def steps():
            try:
                step(*arguments)
            except OSError:
                self.end()
            with self._lock:
                self._left -= 1
                last = self._left == 0
            if last:
                self.near.close()
                self.far.close()
                self.proxy.forget(self)
        threading.Thread(target=steps, daemon=True).start()

    def end(self, reset=False):
        for side in (self.near, self.far):
            try:
                if reset:
                    side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended already

    def _take(self, source, pieces):
        piece = b"x"
        try:
            while piece:
                piece = source.recv(PIECE)
                pieces.put((time.monotonic() + self.proxy.delay, piece))
        except OSError:
            pieces.put((0, b""))
            raise

    def _give(self, pieces, target):
        piece = b"x"
        while piece:
            due, piece = pieces.get()
            time.sleep(max(0, due - time.monotonic()))
            if self.frozen or self.proxy.silent:
                continue  # nor is the end of a connection heard of
            if piece:
                target.sendall(piece)
            else:
                target.shutdown(socket.SHUT_WR)


class Proxy:
    """Forwards 127.0.0.1:.port to a port. delay: seconds in each direction; what follows closely
    is delayed alike, not one after the other. Any thread may call its methods."""

    def __init__(self, place, port, delay=0):
        self.target = port
        self.delay = delay
        self.silent = False
        self.connections = 0  # ever made
        self.port = 0
        self._lock = threading.Lock()
        self._pairs = set()
        self._listener = None
        self.accept()
        if place is not None:
            place.later(self.close)

    @property
    def uri(self):
        return f"ldap://127.0.0.1:{self.port}"

    def freeze(self):
        """From now on nothing passes on the connections that are there, and nobody hears of it:
        what a firewall does that forgot them. New ones are served."""
        for pair in self._all():
            pair.frozen = True

    def fall_silent(self):
        """Half-dead: connections are taken, old ones kept, and nothing passes on any of them."""
        self.silent = True

    def cut(self):
        """Ends every connection with a reset."""
        for pair in self._all():
            pair.end(reset=True)

    def refuse(self):
        """No new connections: refused by the kernel, as on a machine whose server is down."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def accept(self):
        """Takes connections again, after refuse()."""
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=256)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def close(self):
        try:
            self.refuse()
        except OSError:
            pass  # it refused already
        self.cut()

    def forget(self, pair):
        with self._lock:
            self._pairs.discard(pair)

    def _all(self):
        with self._lock:
            return list(self._pairs)

    def _serve(self, listener):
        while True:
            try:
                near = listener.accept()[0]
            except OSError:
                return
            self.connections += 1
            try:
                pair = Pair(self, near)
            except OSError:
                near.close()
                continue
            with self._lock:
                self._pairs.add(pair)


def main():
    delay = float(sys.argv[2]) / 1000 if len(sys.argv) > 2 else 0
    print(Proxy(None, int(sys.argv[1]), delay).port, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
