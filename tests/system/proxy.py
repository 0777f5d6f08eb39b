#!/usr/bin/python3
"""A TCP proxy with a will: it delays, falls silent without closing, cuts, and refuses.

As a program (for the benches) it prints its port and runs until it is ended:
    proxy.py PORT [DELAY-MS]
"""
import asyncio
import socket
import struct
import sys
import threading

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset
PIECE = 1 << 16
QUEUE_MAX = 1000  # pieces on their way in one direction


class Proxy:
    """Forwards 127.0.0.1:.port to a port. delay: seconds in each direction; what follows closely
    is delayed alike, not one after the other. Any thread may call its methods."""

    def __init__(self, place, port, delay=0):
        self.target = port
        self.delay = delay
        self.connections = 0  # ever made
        self._pairs = set()
        self._frozen = set()
        self._silent = False
        self._loop = asyncio.new_event_loop()
        self._listener = None
        self.port = 0
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait()
        if place is not None:
            place.later(self.close)

    @property
    def uri(self):
        return f"ldap://127.0.0.1:{self.port}"

    def freeze(self):
        """From now on nothing passes on the connections that are there, and nobody hears of it:
        what a firewall does that forgot them. New ones are served."""
        self._call(lambda: self._frozen.update(self._pairs))

    def fall_silent(self):
        """Half-dead: connections are taken, old ones kept, and nothing passes on any of them."""
        self._silent = True

    def speak(self):
        """What was held back still isn't sent: a byte lost is lost."""
        self._silent = False

    def cut(self):
        """Ends every connection with a reset."""
        self._call(self._cut)

    def refuse(self):
        """No new connections: refused by the kernel, as on a machine whose server is down."""
        self._call(self._stop_listening)

    def accept(self):
        self._wait(self._listen())

    def close(self):
        self._call(self._stop_listening)
        self._call(self._cut)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self, ready):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        ready.set()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))

    def _wait(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    def _call(self, function):
        async def called():
            function()
        self._wait(called())

    async def _listen(self):
        if self._listener is None:
            self._listener = await asyncio.start_server(
                self._serve, "127.0.0.1", self.port, backlog=256, reuse_address=True)
            self.port = self._listener.sockets[0].getsockname()[1]

    def _stop_listening(self):
        if self._listener is not None:
            self._listener.close()
        self._listener = None

    def _cut(self):
        for pair in self._pairs:
            for writer in pair:
                writer.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                writer.transport.abort()

    async def _serve(self, reader, writer):
        self.connections += 1
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, far_writer)
        for side in pair:
            side.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._pairs.add(pair)
        try:
            await asyncio.gather(self._forward(pair, reader, far_writer),
                                 self._forward(pair, far_reader, writer))
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._pairs.discard(pair)
            self._frozen.discard(pair)
            for side in pair:
                side.close()

    async def _forward(self, pair, reader, writer):
        queue = asyncio.Queue(QUEUE_MAX)
        sending = asyncio.ensure_future(self._send(pair, queue, writer))
        try:
            while True:
                piece = await reader.read(PIECE)
                await queue.put((self._loop.time() + self.delay, piece))
                if not piece:
                    break
            await sending
        finally:
            sending.cancel()

    async def _send(self, pair, queue, writer):
        while True:
            due, piece = await queue.get()
            await asyncio.sleep(due - self._loop.time())
            if self._silent or pair in self._frozen:
                continue  # nor is the end of a connection heard of
            if not piece:
                writer.write_eof()
                return
            writer.write(piece)
            await writer.drain()


def main():
    delay = float(sys.argv[2]) / 1000 if len(sys.argv) > 2 else 0
    print(Proxy(None, int(sys.argv[1]), delay).port, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
