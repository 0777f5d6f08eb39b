"""A temporary folder with everything that a scenario starts: closed, it leaves nothing behind.

Processes are ended by their own pid, last started first. Should the run itself be killed, the
kernel ends them (setpriv --pdeathsig); only the folder stays then.
"""
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

# Sanitized programs are slower: time limits of the tests are multiplied by this.
SLOWER = {"": 1, "address": 4, "thread": 8}[os.environ.get("SMIME_SANITIZE", "")]


class Failure(Exception):
    """What a test found wrong, in words."""


def require(condition, *words):
    """An assertion that shows its evidence, and that python -O can't remove."""
    if not condition:
        raise Failure(" ".join(word if isinstance(word, str) else repr(word) for word in words))


def wait_until(condition, what, seconds=60):
    """Waits for a condition, not for a time; returns its (true) value."""
    end = time.monotonic() + seconds * SLOWER
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"waited {seconds * SLOWER} s in vain: {what}")
        time.sleep(0.01)


def _ports():
    """Below those that the kernel gives to anybody who asks for none in particular: between our
    looking and a server's binding it could give away what was free. Each process begins elsewhere."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
        end = int(file.read().split()[0])
    end = end if end > 10000 else 32768
    begin = max(1024, end - 20000)
    for number in itertools.count(os.getpid() * 7919):
        yield begin + number % (end - begin)


_ports_left = _ports()
_ports_lock = threading.Lock()


def free_port():
    with _ports_lock:
        for port in itertools.islice(_ports_left, 20000):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    continue
    raise Failure("no port is free")


def answers(address):
    """Whether something listens at a (host, port) or at the path of a unix socket."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as probe:
        probe.settimeout(2)
        try:
            probe.connect(address)
            return True
        except OSError:
            return False


def run(argv, stdin=None, check=True, env=None, timeout=120, cwd=None):
    """Runs a command to its end; its output as bytes in .stdout and .stderr."""
    done = subprocess.run([str(word) for word in argv], input=stdin, capture_output=True, env=env,
                          timeout=timeout * SLOWER, cwd=cwd,
                          stdin=subprocess.DEVNULL if stdin is None else None)
    if check and done.returncode != 0:
        raise Failure(f"{' '.join(map(str, argv))}: exit code {done.returncode}\n"
                      + (done.stderr + done.stdout).decode(errors="replace")[-3000:])
    return done


class Process:
    """Something started, with its output in a file."""

    def __init__(self, argv, log, env=None, cwd=None):
        self.name = os.path.basename(str(argv[0]))
        self.log = log
        with open(log, "ab") as out:
            # A session of its own: Ctrl-C is for us, who then end it in good order.
            self.child = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL"] + [str(word) for word in argv],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env, cwd=cwd,
                start_new_session=True)
        self.pid = self.child.pid

    def running(self):
        return self.child.poll() is None

    def output(self):
        with open(self.log, errors="replace") as log:
            return log.read()

    def wait_for(self, condition, what, seconds=60):
        """Waits for a condition; fails at once if the process ends first."""
        def either():
            if not self.running():
                raise Failure(f"{self.name} ended ({self.child.returncode}) before {what}:\n"
                              + self.output()[-3000:])
            return condition()
        return wait_until(either, what, seconds)

    def signal(self, number):
        if self.running():
            os.kill(self.pid, number)

    def stop(self, seconds=60):
        """SIGTERM, and SIGKILL if that does not help; the exit code."""
        self.signal(signal.SIGTERM)
        try:
            return self.child.wait(seconds * SLOWER)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            return self.child.wait()


class Place:
    def __init__(self, parent=None, name="smime-milter-"):
        self.folder = tempfile.mkdtemp(prefix=name, dir=parent)
        os.chmod(self.folder, 0o755)  # Postfix's and other users go through it
        self._undo = []

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, content, mode=0o644):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        os.chmod(path, mode)
        return path

    def start(self, argv, log, **options):
        process = Process(argv, self.path(log), **options)
        self.later(process.stop)
        return process

    def later(self, undo):
        """Calls undo() when the place is closed, before those registered earlier."""
        self._undo.append(undo)

    def close(self, keep=False):
        while self._undo:
            undo = self._undo.pop()
            try:
                undo()
            except Exception as error:  # the rest must be ended all the same
                print(f"while ending: {error}", flush=True)
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)
