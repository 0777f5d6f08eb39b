"""smimectl explain --mbox and --maildir: past mail by a policy that is to come."""
import json
import os
import signal
import subprocess

from daemon import build_folder, environment
from place import SLOWER, Failure, require
from scenario import RULES, SENDER
from smtp import message

# Who is written to, how often, and what becomes of it by RULES (before), and where partners need not be
# encrypted to, but everybody else (after).
MAIL = (("anna", 3, "seal", "pass"), ("emma", 2, "refuse", "pass"),
        ("nobody@elsewhere.example", 4, "pass", "refuse"))
FROM_LINE = b"From sender@corp.example Wed Nov 25 23:45:00 2026"


def policies(s):
    """The path of the configuration in force, and smimectl with the one to come."""
    old = s.place.write("old.conf", s.configuration())
    rules = {"partners": dict(RULES["partners"], encrypt="never"),
             "everybody": {"recipients": ["*"], "encrypt": "required"}}
    return old, s.ctl(rules=rules)


def mail(s):
    """The messages, of each kind as many as MAIL says, two that are none among them."""
    for who, count, _, _ in MAIL:
        address = getattr(s.people, who).address if "@" not in who else who
        for _ in range(count):
            yield message(SENDER, address, body="past\r\n\r\nFrom here on\r\n")
    yield b"Subject: to and from nobody\r\n\r\n\r\n"
    yield b"this is no message\r\n"


def mbox(s, line_end):
    whole = b""
    for one in mail(s):
        one = one.replace(b"\r\nFrom here", b"\r\n>From here")
        whole += FROM_LINE + b"\r\n" + one + b"\r\n"
    return s.place.write("past.mbox", whole.replace(b"\r\n", line_end))


def maildir(s):
    folders = ("cur", "new", ".Sent/cur", "deep/er/new")
    for folder in folders:
        os.makedirs(s.place.path("Maildir/" + folder))
    for number, one in enumerate(mail(s)):
        s.place.write(f"Maildir/{folders[number % len(folders)]}/{number}", one)
    os.symlink(s.place.path("Maildir"), s.place.path("Maildir/.circle"))
    return s.place.path("Maildir")


def sums(side):
    """What MAIL says: side 2 before, 3 after."""
    found = {"pass": 0, "seal": 0, "refuse": 0, "defer": 0, "observed": 0}
    for row in MAIL:
        found[row[side]] += row[1]
    return found


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_past_mail_is_counted_by_both_policies_and_what_differs_is_told(s):
    old, ctl = policies(s)
    state = s.place.path("state")
    for where, broken in ((("--mbox", mbox(s, b"\r\n")), 2), (("--mbox", mbox(s, b"\n")), 2),
                          (("--maildir", maildir(s), "--subfolders"), 3)):
        done = ctl.run("explain", "--json", "--against", old, *where, codes=(1,))
        *rows, last = lines(done)
        summary = last["summary"]
        require(summary["complete"] and summary["messages"] == 9, summary)
        require(summary["before"] == sums(2) and summary["after"] == sums(3), summary)
        require(summary["broken"] == broken == len([r for r in rows if "problem" in r]), rows)
        require(summary["changed"] == 9 == len([r for r in rows if "after" in r]), rows)
        require(summary["newly_stopped"] == 4 and summary["waiting"] == 0, summary)
        changes = [(one["count"], one["before"]["action"], one["before"]["reason"],
                    one["after"]["action"], one["after"]["rule"], one["after"]["reason"])
                   for one in summary["changes"]]
        require(changes[0] == (4, "pass", "no-rule", "refuse", "everybody", "no-digital-id"),
                changes)
        require((3, "seal", "sealed", "pass", "partners", "never") in changes, changes)
        require((2, "refuse", "expired", "pass", "partners", "never") in changes, changes)
        require(summary["recipients"][0] == {"address": "nobody@elsewhere.example", "count": 4},
                summary["recipients"])
    require(not os.path.exists(state) or not os.listdir(state), "something was recorded")


def test_past_mail_by_one_policy_for_people(s):
    _, ctl = policies(s)
    path = mbox(s, b"\n")
    done = ctl.run("explain", "--mbox", path, codes=(1,))
    said = done.stdout.decode()
    for words in ("9 message(s)", "2 more could not be judged", "rule everybody, no-digital-id",
                  "nobody@elsewhere.example", path + ":"):
        require(words in said, words, "is missing:", said)
    require(done.stderr.count(b"past.mbox:") == 2, done.stderr.decode())
    # All to anna, who need not be encrypted to: nothing is stopped.
    ctl.run("explain", "--mbox", path, "--to", s.people.anna.address, codes=(0,))
    ctl.run("explain", "--mbox", path, "--ignore", "nobody@elsewhere.example", codes=(0,))
    # What makes no sense.
    for words in (("--mbox", path, "--maildir", "x"), ("--mbox", path, "--output", "x"),
                  ("--mbox", path, "x.eml"), ("--against", path, "x.eml"),
                  ("--mbox", path, "--ignore", "@@"), ("--mbox", s.place.path("none")),
                  ("--mbox", path, "--subfolders"), ("--maildir", s.place.folder)):
        said = ctl.run("explain", *words, codes=(2,)).stderr
        require(b"smimectl" in said, words, said)


def test_a_directory_that_does_not_answer_makes_the_comparison_worth_nothing(s):
    down = {"gal": {"uri": ["ldap://127.0.0.1:1"], "base": "dc=x", "tls": "never"}}
    old = s.place.write("old.conf", s.configuration(directories=down))
    ctl = s.ctl(directories=down)
    path = mbox(s, b"\n")
    done = ctl.run("explain", "--json", "--against", old, "--mbox", path, codes=(75,))
    summary = lines(done)[-1]["summary"]
    require(summary["waiting"] == 5 and summary["changed"] == 0, summary)


def started(s):
    """smimectl, with mail for it to read that is not at its end yet; and its first line."""
    _, ctl = policies(s)
    one = FROM_LINE + b"\n" + message(SENDER, "nobody@elsewhere.example",
                                      body="past\n" * 400).replace(b"\r\n", b"\n") + b"\n"
    argv = [os.path.join(build_folder(), "smimectl"), "explain", "-c", ctl.file, "--json",
            "--mbox", "-"]
    child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, env=environment(s.place.folder))
    # So much that some is read and judged while standard input stays open, and so many that some is
    # printed; but no more than fits into the pipe.
    child.stdin.write(one * 100)
    child.stdin.flush()
    return child, child.stdout.readline()


def test_ctrl_c_ends_with_what_was_found_so_far(s):
    child, first = started(s)
    with child:
        child.send_signal(signal.SIGINT)  # it waits for more meanwhile, of which there is none
        try:
            require(child.wait(60 * SLOWER) == 130, child.returncode)
        except subprocess.TimeoutExpired:
            child.kill()
            raise Failure("Ctrl-C did not end it") from None
        rest = child.stdout.read().splitlines()
    require(json.loads(first)["after"]["action"] == "refuse", first)
    summary = json.loads(rest[-1])["summary"]
    require(summary["complete"] is False and summary["incomplete"] == "interrupted", summary)
    require(summary["messages"] == len(rest), summary, len(rest))


def test_a_peer_that_is_gone_is_no_reader_that_has_enough(s):
    """SIGPIPE of a connection; of standard output it is tried in test_habits."""
    child, _ = started(s)
    with child:
        child.send_signal(signal.SIGPIPE)
        child.stdin.close()
        rest = child.stdout.read().splitlines()
        require(child.wait() == 1, child.returncode)
    summary = json.loads(rest[-1])["summary"]
    require(summary["complete"] and summary["messages"] == 100, summary)
