"""What holds for every command of smimectl: output, terminals, and the shell that completes it."""
import json
import os
import pty
import re
import subprocess

import milter
from cms import encrypt
from daemon import build_folder, environment
from ldif import Entry
from place import require, run
from scenario import SENDER
from smtp import message

TOP = os.path.join(os.path.dirname(__file__), "../..")
# A terminal would obey: colours and a title, by ESC and by the one byte CSI in UTF-8; and bidi.
EVIL = "\x1b[31mred\x1b]0;title\x07 \u009b32mgreen \u202eabc"


def program():
    return os.path.join(build_folder(), "smimectl")


def commands(s, daemon):
    """A line of each command that answers without a question, and prints something."""
    eml = s.place.write("one.eml", message(SENDER, s.people.anna.address))
    config = ["-c", daemon.file]
    yield ["--help"]
    yield ["--version"]
    for name in re.findall(r"^  ([a-z][a-z-]*) ", run([program(), "--help"]).stdout.decode(), re.M):
        yield [name, "--help"]
    yield ["help", "trust"]
    for words in (["check", s.people.anna.address], ["check-config"], ["audit"], ["status"],
                  ["cache"], ["trust", "list"],
                  ["explain", "--from", SENDER, "--to", s.people.anna.address, eml]):
        yield [*words, *config]
        yield [*words, *config, "--json"]
    p7m = encrypt(s.place, message(SENDER, s.people.anna.address), [s.people.anna.identity], "aes256")
    yield ["inspect", s.place.write("one.p7m", p7m)]


def at_terminal(s, words, **variables):
    """What a terminal gets of a command's standard output, and its exit code."""
    master, slave = pty.openpty()
    env = {**environment(s.place.folder), "TERM": "xterm", **variables}
    env = {name: value for name, value in env.items() if value is not None}
    with subprocess.Popen([program(), *words], stdin=subprocess.DEVNULL, stdout=slave,
                          stderr=subprocess.PIPE, env=env) as child:
        os.close(slave)
        said = b""
        try:
            while piece := os.read(master, 65536):
                said += piece
        except OSError:
            pass  # the last one who had it open is gone
        os.close(master)
        code = child.wait()
    return said, code


def test_output_that_is_lost_is_an_error_and_a_reader_that_has_enough_is_none(s):
    daemon = s.daemon()
    anna = s.people.anna.address
    milter.send(daemon.address, SENDER, [anna], message(SENDER, anna))  # something for the cache
    env = environment(s.place.folder)
    for words in commands(s, daemon):
        argv = [program(), *words]
        with open("/dev/full", "wb") as full:
            done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=full, check=False,
                                  stderr=subprocess.PIPE, env=env)
        require(done.returncode == 2 and b"standard output" in done.stderr, words, done)
        closed = run(["sh", "-c", 'exec "$@" >&-', "sh", *argv], check=False, env=env)
        require(closed.returncode == 2 and b"standard output" in closed.stderr, words, closed)
        # Nobody reads any more, and who started us ignores SIGPIPE, as services do.
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=writer, check=False,
                              restore_signals=False, stderr=subprocess.PIPE, env=env)
        os.close(writer)
        require(done.stderr == b"" and done.returncode == -13, words, done)


def test_what_others_wrote_is_nothing_to_a_terminal(s):
    anna = s.people.anna
    entry = Entry("anna", anna.address, [anna.identity.der()], anna.entry.blobs)
    entry.dn = f"cn={EVIL},dc=x,dc=test"
    evil = s.place.write("evil.ldif", entry.text())
    ctl = s.ctl(directories={"dir": {"ldif": evil}})
    mail = message(SENDER, anna.address, extra=f"X-Original-To: \"{EVIL}\"@never.example\r\n")
    mbox = s.place.write("past.mbox", b"From " + EVIL.encode() + b" 00:00 2026\n" + mail)
    for words in (["check", anna.address], ["check", "--json", anna.address], ["audit", "--table"],
                  ["audit", "--json"], ["explain", "--mbox", mbox],
                  ["explain", "--json", "--mbox", mbox, "--to", EVIL + "@partner.example"],
                  ["explain", "--mbox", mbox, "--to", EVIL + "@partner.example"]):
        said, code = at_terminal(s, [words[0], "-c", ctl.file, *words[1:]], NO_COLOR="1")
        text = said.decode()
        require(code in (0, 1) and said, words, code, text)
        unsafe = re.findall("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e]", text)
        require(not unsafe, words, unsafe, text)
    # To a program it is what it is.
    found = ctl.json("check", anna.address)
    require("green" in found["digital_ids"][0]["source"]["dn"], found)


def complete(s, config, *words):
    """What bash offers for the last word."""
    script = ('source "$1"; shift; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=(); '
              '_smimectl "$1"; printf "%s\\n" "${COMPREPLY[@]}"')
    words = [config if word == "CONFIG" else word for word in words]
    done = run(["bash", "--norc", "-c", script, "bash",
                os.path.join(TOP, "completion/bash/smimectl"), program(), *words],
               env=environment(s.place.folder), cwd=s.place.folder)
    require(done.stderr == b"", done.stderr.decode())
    return [line for line in done.stdout.decode().splitlines() if line]


def test_the_shell_completes_what_is_meant(s):
    ctl = s.ctl(directories={"everybody": {"ldif": s.directory()},
                             "some of them": {"ldif": s.directory()}},
                top={"added-trust": s.place.path("added.d")})
    s.place.write("past.mbox", b"")
    os.mkdir(s.place.path("Mail dir"))
    os.mkdir(s.place.path("added.d"))
    for words, expected in (
            (("chec",), ["check", "check-config"]),
            (("help", "tru"), ["trust"]),
            (("help", "trust", ""), []),
            (("nonsense", ""), []),
            (("trust", "re"), ["remove", "reload"]),
            (("trust", "add", "--f"), ["--for"]),
            (("cache", "flush", ""), []),
            (("audit", "--fail-on", "expi"), ["expired", "expiring"]),
            (("audit", "--only", "=", "expired,dup"), ["expired,duplicate"]),
            (("audit", "-c", "CONFIG", "--directory", ""), ["everybody", "some\\ of\\ them"]),
            (("audit", "--config", "=", "CONFIG", "--directory", "e"), ["everybody"]),
            (("explain", "--mbox", "past"), ["past.mbox"]),
            (("explain", "--maildir", "Ma"), ["Mail dir"]),
            (("explain", "--from", "x", "--to", "y", "past"), ["past.mbox"]),
            (("check", "--from", "past"), [])):
        found = complete(s, ctl.file, *words)
        require(found == expected, words, found)
    anchors = [json.loads(line)["sha256"] for line in
               ctl.run("trust", "list", "--json").stdout.splitlines()]
    require(anchors, "no anchor to complete")
    shown = complete(s, ctl.file, "trust", "-c", "CONFIG", "show", "")
    require(sorted(set(shown)) == sorted(set(anchors)), shown, anchors)
    require(complete(s, ctl.file, "trust", "-c", "CONFIG", "remove", "") == [],
            "something that was not added")
    root = s.people.server_ca.identity.cert
    ctl.run("trust", "add", root, "--for", "x.example")
    require(len(complete(s, ctl.file, "trust", "-c", "CONFIG", "remove", "")) == 1,
            "what was added is not offered")
