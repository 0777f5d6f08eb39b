"""The built daemon: started with a configuration, watched, and stopped; its records read."""
import glob
import json
import os
import re
import signal
import stat

from place import Failure, Process, answers, require, run, wait_until

# A directory is slow where a test wants it to be, not where the machine is busy.
PATIENT = {"connect-timeout": "20s", "search-timeout": "20s"}
HERE = os.path.dirname(os.path.abspath(__file__))


def build_folder():
    return os.environ["SMIME_BUILD"]


def environment(folder):
    """Sanitizers write their reports into the folder; memory comes from where they see it.
    """
    report = os.path.join(folder, "sanitizer")
    return {**os.environ, "G_SLICE": "always-malloc",
            "ASAN_OPTIONS": f"detect_leaks=1:detect_stack_use_after_return=1:log_path={report}",
            "LSAN_OPTIONS": f"suppressions={HERE}/lsan.supp:print_suppressions=0",
            "UBSAN_OPTIONS": f"print_stacktrace=1:log_path={report}",
            "TSAN_OPTIONS": f"suppressions={HERE}/tsan.supp:log_path={report}:halt_on_error=0"}


def sanitizer_reports(folder):
    reports = []
    for path in glob.glob(os.path.join(folder, "sanitizer.*")):
        with open(path, errors="replace") as report:
            text = report.read()
        if text.strip():
            reports.append(text)
    return reports


def setting(value):
    """A value in the configuration's syntax."""
    if isinstance(value, (list, tuple)):
        return "{ " + ", ".join(setting(item) for item in value) + " }"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def section(kind, title, settings):
    lines = [f"    {name.replace('_', '-')} = {setting(value)}" for name, value in settings.items()]
    return f"{kind} {setting(title)} {{\n" + "\n".join(lines) + "\n}\n"


def configuration(top, directories, trusts, rules):
    """Each of the last three: {title: {setting: value}}. Underscores stand for hyphens; "from",
    "for" and the like can't be Python names, so mappings are used throughout."""
    text = "".join(f"{name.replace('_', '-')} = {setting(value)}\n" for name, value in top.items())
    directories = {title: {**(PATIENT if "uri" in values else {}), **values}
                   for title, values in directories.items()}
    for kind, sections in (("directory", directories), ("trust", trusts), ("rule", rules)):
        text += "".join(section(kind, title, values) for title, values in sections.items())
    return text


def listens_at(listen):
    """The address to connect to, of a "listen" setting."""
    kind, _, rest = listen.partition(":")
    if kind == "unix":
        return rest
    port, _, host = rest.partition("@")
    return (host, int(port))


class Daemon:
    """listen: as in the configuration. The folder, "daemon" within the place, holds all its files.
    prefix: in front of the command line; must leave it the process id.
    """

    def __init__(self, place, text, listen, name="daemon", prefix=()):
        self.place = place
        self.name = name
        self.prefix = list(prefix)
        self.folder = place.path(name)
        self.audit_file = os.path.join(self.folder, "audit.log")
        self.cache = os.path.join(self.folder, "cache")
        self.state = os.path.join(self.folder, "state")
        self.added = os.path.join(self.folder, "added.d")
        self.control = os.path.join(self.folder, "control.sock")
        self.listen = listen
        self.address = listens_at(listen)
        os.makedirs(self.cache, exist_ok=True)
        os.makedirs(self.state, exist_ok=True)
        self.write(text)
        self.checked = False
        self.start()
        place.later(self.finish)

    def write(self, text):
        base = {"listen": self.listen, "audit-file": self.audit_file, "cache-folder": self.cache,
                "deadline": "25s",  # a busy machine is no slow directory
                "audit-syslog": "no", "log-to": "stderr", "log-level": "debug",
                "control-socket": "unix:" + self.control,
                "state-folder": self.state, "added-trust": self.added}
        self.quiet = re.search(r'^log-level = "?(error|warning)', text, re.M)
        given = {line.split("=")[0].strip() for line in text.splitlines() if "=" in line}
        head = "".join(f"{key} = {setting(value)}\n" for key, value in base.items()
                       if key not in given)
        self.file = self.place.write(f"{self.name}/smime-milter.conf", head + text)

    def start(self):
        argv = [*self.prefix, os.path.join(build_folder(), "smime-milter"), "-f", "-c", self.file]
        self.process = Process(argv, os.path.join(self.folder, "log"),
                               env=environment(self.folder))
        try:
            self.process.wait_for(self._is_up, "the daemon answers")
        except Exception:
            self.process.stop()
            raise

    def _is_up(self):
        """Its sockets are there before it has changed its user: so look for what it says, too,
        unless it was told to be quiet."""
        return answers(self.address) and (self.quiet or " starts: " in self.log())

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        """Ends it; fails unless it ended well, in time and without a sanitizer's report."""
        code = self.process.stop()
        reports = sanitizer_reports(self.folder)
        require(not reports, "the sanitizer reports:\n", "\n".join(reports)[:6000])
        require(code == 0, f"the daemon ended with {code}:\n", self.log()[-2000:])

    def finish(self):
        if self.process.running():
            self.process.stop()

    def reload(self):
        self.process.signal(signal.SIGUSR1)

    def log(self):
        return self.process.output()

    def wait_log(self, pattern, what=None, seconds=60):
        return self.process.wait_for(lambda: re.search(pattern, self.log()),
                                     what or f"the log says {pattern}", seconds)

    def records(self):
        """The audit records, each a line of JSON; the last line may be half written."""
        if not os.path.exists(self.audit_file):
            return []
        with open(self.audit_file, encoding="utf-8") as file:
            lines = file.read().split("\n")
        return [json.loads(line) for line in lines[:-1]]

    def record(self, recipient, count=1):
        """The record of the only decision on a recipient (or all, where several are expected)."""
        def found():
            return [record for record in self.records() if record.get("recipient") == recipient]
        wait_until(lambda: len(found()) >= count, f"an audit record for {recipient}")
        require(len(found()) == count, f"{len(found())} records for {recipient}, not {count}")
        return found()[0] if count == 1 else found()

    def search_folders(self, needle, folders=()):
        """Files of the daemon's folders (and others) in which the bytes stand."""
        found = []
        for top in (self.folder, *folders):
            for folder, _, names in os.walk(top):
                for name in names:
                    path = os.path.join(folder, name)
                    if stat.S_ISREG(os.lstat(path).st_mode) and needle in read(path):
                        found.append(path)
        return found


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):  # a queue file that moved on
        return b""


class Ctl:
    """smimectl with a configuration file."""

    def __init__(self, place, file):
        self.place = place
        self.file = file

    def run(self, *words, codes=(0,), stdin=None):
        argv = [os.path.join(build_folder(), "smimectl"), words[0], "-c", self.file, *words[1:]]
        done = run(argv, check=False, env=environment(self.place.folder), stdin=stdin)
        reports = sanitizer_reports(self.place.folder)
        require(not reports, "the sanitizer reports:\n", "\n".join(reports)[:6000])
        if done.returncode not in codes:
            raise Failure(f"{' '.join(argv)}: exit code {done.returncode}\n"
                          + (done.stderr + done.stdout).decode(errors="replace")[-3000:])
        return done

    def json(self, *words, codes=(0, 1)):
        return json.loads(self.run(words[0], "--json", *words[1:], codes=codes).stdout)

    def explain(self, sender, recipients, data, *words, codes=(0, 1, 75)):
        path = self.place.write("explained.eml", data)
        to = [word for recipient in recipients for word in ("--to", recipient)]
        return self.json("explain", "--from", sender, *to, *words, path, codes=codes)
