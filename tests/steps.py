"""What tests/run does, step by step, side by side where that is no harm, and how it is counted."""
import argparse
import glob
import os
import re
import signal
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(TOP, "build")
JOBS = str(max(2, os.cpu_count() or 2))
STEP_LIMIT = 900  # seconds; none takes a third of it on two idle cores
# Steps side by side, by their load: what compiles keeps all cores busy for half of its time, and
# system tests wait for servers most of the time.
LOAD_MAX = 2.0
LOAD_WAITING = 0.5
# The unit's exposure must be rated below 2.0 (systemd counts in tenths).
EXPOSURE = "20"
PAGES = ("smime-milter.8", "smime-milter.conf.5", "smimectl.1")


class Step:
    """A command (or several, in order) in a folder. count: how its output and files are counted;
    default: the step itself is one test. load: of LOAD_MAX."""

    def __init__(self, name, commands, needs=(), folder=TOP, count=None, load=1.0,
                 environment=None):
        self.name = name
        self.commands = commands
        self.needs = needs
        self.folder = folder
        self.count = count
        self.load = load
        self.environment = environment or {}
        self.state = "waiting"
        self.counts = (0, 0, 0)
        self.log = os.path.join(BUILD, "log", name.replace(" ", "-").replace("/", "-"))

    def start(self):
        self.state = "running"
        self.begun = time.monotonic()
        os.makedirs(self.folder, exist_ok=True)
        script = "set -eu\n" + "\n".join(self.commands)
        with open(self.log, "wb") as out:
            self.child = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "bash", "-c", script], cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment}, start_new_session=True)

    def ended(self):
        """Whether it has; its result is taken then."""
        code = self.child.poll()
        if code is None:
            if time.monotonic() - self.begun < STEP_LIMIT:
                return False
            self.end()
            code = "time ran out"
        passed, failed, skipped = self.count(self) if self.count else (int(code == 0), 0, 0)
        if code != 0 and failed == 0:
            failed = 1
        self.counts = (passed, failed, skipped)
        self.state = "failed" if failed else "passed"
        return True

    def end(self):
        """Ends it and what it started: they are one session, and so one process group."""
        if self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGTERM)
            try:
                self.child.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(self.child.pid, signal.SIGKILL)
                self.child.wait()

    def output(self):
        with open(self.log, errors="replace") as log:
            return log.read()


def count_units(step):
    """make check: each test of each Check program; other programs count as one."""
    passed = failed = skipped = 0
    for path in glob.glob(os.path.join(step.folder, "tests/**/*.trs"), recursive=True):
        with open(path) as results:
            result = re.search(r":test-result: (\w+)", results.read()).group(1)
        with open(path[:-4] + ".log", errors="replace") as log:
            summary = re.search(r"Checks: (\d+), Failures: (\d+), Errors: (\d+)", log.read())
        if result == "SKIP":
            skipped += 1
        elif summary:
            checks, failures, errors = map(int, summary.groups())
            passed += checks - failures - errors
            # A leak that a sanitizer reports at exit fails no check, but the program.
            failed += max(failures + errors, int(result == "FAIL"))
        else:
            passed, failed = passed + (result == "PASS"), failed + (result != "PASS")
    return passed, failed, skipped


def failed_units(step):
    """What the programs that failed say: Check's failures, a sanitizer's report, or their end."""
    lines = []
    for path in sorted(glob.glob(os.path.join(step.folder, "tests/**/*.trs"), recursive=True)):
        with open(path) as results:
            if ":test-result: PASS" in results.read():
                continue
        with open(path[:-4] + ".log", errors="replace") as log:
            said = log.read().splitlines()
        telling = [line for line in said if re.search(r":[FE]:|ERROR: |WARNING: |runtime error", line)]
        lines += [os.path.basename(path)[:-4] + ":", *(telling[:15] or said[-15:])]
    return lines


def count_system(step):
    found = re.findall(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", step.output(), re.M)
    return tuple(map(int, found[-1])) if found else (0, 1, 0)


def folder(name):
    return os.path.join(BUILD, name)


def build(name, configure, needs):
    """configure (once) and make, tests included. configure's arguments are remembered: others mean
    that it has to run again."""
    stamp = f'"{configure}"'
    prepare = (f'[ "$(cat configured 2>/dev/null)" = {stamp} ] && [ Makefile -nt ../../configure ] '
               f'|| {{ rm -rf ./*; {TOP}/configure -q --enable-werror {configure}; '
               f'echo {stamp} >configured; }}')
    return Step(f"build {name}", [prepare, f"make -s -j{JOBS} all",
                                  f"make -s -j{JOBS} check TESTS="], needs, folder(name))


def units(name, environment=None):
    # Some of them wait for most of their time.
    return Step(f"unit tests {name}",
                ["find . -name '*.trs' -delete", f"make -s -k -j{2 * int(JOBS)} check"], [f"build {name}"],
                folder(name), count_units, environment=environment)


def system(name, arguments, needs, parts=1):
    """In parts, side by side."""
    program = os.path.join(TOP, "tests/system/run")
    return [Step(f"system tests {name}" + (f" {part}/{parts}" if parts > 1 else ""),
                 [f"{program} {arguments} --part {part}/{parts}"], needs, count=count_system,
                 load=LOAD_WAITING) for part in range(1, parts + 1)]


def sanitizer_environment():
    return {"G_SLICE": "always-malloc", "UBSAN_OPTIONS": "print_stacktrace=1",
            "CK_TIMEOUT_MULTIPLIER": "8",  # a time-out means a hang, not a slow machine
            "TSAN_OPTIONS": f"suppressions={TOP}/tests/system/tsan.supp"}


def plan(allow_skip):
    skip = " --allow-skip" if allow_skip else ""
    plain = folder("plain")
    prefix = os.path.join(plain, "prefix")
    unit_file = os.path.join(prefix, "lib/systemd/system/smime-milter.service")
    # What computes is mixed with what waits. The sanitizers' builds have their own optimisation
    # (configure.ac), not the default that would come after it; clang's warnings need none.
    return [
        Step("autogen", ["[ configure -nt configure.ac ] || ./autogen.sh"]),
        build("plain", f"--prefix={prefix}", ["autogen"]),
        build("address", "--enable-sanitize=address CFLAGS=-g", ["build plain"]),
        build("thread", "--enable-sanitize=thread CFLAGS=-g", ["build plain"]),
        units("address", sanitizer_environment()),
        *system("under ASan and UBSan", "--sanitize address" + skip, ["build address"], parts=4),
        units("thread", sanitizer_environment()),
        *system("under TSan", "--sanitize thread -k many_threads -k a_thousand -k waiting" + skip,
                ["build thread"]),
        units("plain"),
        build("clang", "CC=clang CFLAGS=-O0", ["build plain"]),
        Step("make install", ["make -s install >/dev/null", f"test -x {prefix}/sbin/smime-milter",
                              "rm -rf staged", 'make -s install DESTDIR="$PWD/staged" >/dev/null',
                              f"test -x staged{prefix}/sbin/smime-milter",
                              f"test -s staged{prefix}/share/bash-completion/completions/smimectl",
                              f"test -s staged{prefix}/share/zsh/site-functions/_smimectl"],
             ["build plain"], plain),
        Step("manual pages", [f'mandoc -T lint -W warning "$(find {prefix}/share/man -name '
                              f'{page} | grep .)"' for page in PAGES], ["make install"]),
        Step("unit is valid", [f"systemd-analyze verify {unit_file}"], ["make install"],
             environment={"MANPATH": os.path.join(prefix, "share/man")}),
        Step("unit is confined", ["systemd-analyze security --offline=true "
                                  f"--threshold={EXPOSURE} {unit_file}"], ["make install"]),
        # The tests themselves are run by the steps above.
        Step("make distcheck", [f"make -s -j{JOBS} distcheck TESTS= "
                                "DISTCHECK_CONFIGURE_FLAGS='CFLAGS=-O0 --enable-werror'"],
             ["build plain"], plain),
        *system("plain", "" + skip, ["build plain"], parts=4),
    ]


def may_start(step, steps):
    load = sum(other.load for other in steps if other.state == "running")
    if load + step.load > LOAD_MAX:
        return False
    return all(other.state == "passed" or other.name not in step.needs for other in steps)


def give_up(steps):
    """Steps whose need failed have failed with it."""
    failed = {step.name for step in steps if step.state == "failed"}
    for step in steps:
        if step.state == "waiting" and failed.intersection(step.needs):
            step.state, step.counts = "failed", (0, 1, 0)
            print(f"FAILED          {step.name}: not run, because something before it failed",
                  flush=True)
            return True
    return False


def report(step):
    passed, failed, skipped = step.counts
    took = time.monotonic() - step.begun
    word = "ok" if step.state == "passed" else "FAILED"
    numbers = f"  ({passed} passed, {failed} failed, {skipped} skipped)" if step.count else ""
    print(f"{word:7} {took:5.0f} s  {step.name}{numbers}", flush=True)
    if failed:
        shown = failed_units(step) if step.count is count_units else []
        shown = shown or [line for line in step.output().splitlines()
                          if not line.startswith("ok ")][-60:]
        print("".join(f"        | {line}\n" for line in shown)
              + f"        all of it: {step.log}", flush=True)


def run(steps):
    while any(step.state in ("waiting", "running") for step in steps):
        for step in steps:
            if step.state == "waiting" and may_start(step, steps):
                step.start()
                print(f"        ...      {step.name}", flush=True)
            elif step.state == "running" and step.ended():
                report(step)
        while give_up(steps):
            pass
        if not any(step.state == "running" for step in steps) and not any(
                step.state == "waiting" and may_start(step, steps) for step in steps):
            break
        time.sleep(0.1)  # between two looks at the processes


def arguments():
    parser = argparse.ArgumentParser(
        prog="tests/run", description="Installs what is missing, builds, and runs every test.")
    parser.add_argument("--allow-skip", action="store_true",
                        help="a system test that can't run here is not a failure")
    parser.add_argument("--only", metavar="WORD", action="append", default=[],
                        help="only steps in whose name a word stands, and what they need")
    return parser.parse_args()


def chosen(steps, words):
    if not words:
        return steps
    wanted = {step.name for step in steps if any(word in step.name for word in words)}
    while True:
        more = {need for step in steps if step.name in wanted for need in step.needs} - wanted
        if not more:
            return [step for step in steps if step.name in wanted]
        wanted |= more


def main():
    options = arguments()
    begun = time.monotonic()
    os.makedirs(os.path.join(BUILD, "log"), exist_ok=True)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    steps = chosen(plan(options.allow_skip), options.only)
    try:
        run(steps)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    finally:
        for step in steps:
            if step.state == "running":
                step.end()
                step.counts = (0, 1, 0)
    passed, failed, skipped = (sum(step.counts[place] for step in steps) for place in range(3))
    failed += sum(step.state == "waiting" for step in steps)
    print(f"{time.monotonic() - begun:.0f} s in all")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
