"""The control socket of the running daemon: smimectl status and cache, and nobody who disturbs."""
import grp
import json
import os
import socket
import stat
import time
from concurrent.futures import ThreadPoolExecutor

import milter
from daemon import Ctl, build_folder, environment
from fake_ldap import FakeLdap
from place import SLOWER, Failure, answers, require, run, wait_until
from scenario import SENDER, decide


def ctl(daemon):
    return Ctl(daemon.place, daemon.file)


def directory(*uris):
    return {"gal": {"uri": list(uris), "base": "dc=x,dc=test", "tls": "never"}}


def lines(done):
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def ask(path, request, timeout=60):
    """The answer to raw bytes, as the daemon sends it until it closes."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(timeout * SLOWER)
        client.connect(path)
        answer = b""
        try:
            client.sendall(request)
            while piece := client.recv(65536):
                answer += piece
        except (ConnectionResetError, BrokenPipeError):
            pass  # closed with some of the request unread
        return answer


def test_the_cache_is_shown_and_flushed(s):
    """A warm address makes no directory traffic; a flushed one is asked again."""
    fake = FakeLdap(s.place, s.people.entries())
    daemon = s.daemon(directories=directory(fake.uri))
    anna, bruno = s.people.anna.address, s.people.bruno.address
    require(lines(ctl(daemon).run("cache", "--json")) == [], "a cold cache holds something")
    for address in (anna, bruno, anna):
        require(decide(daemon, address).changed, "not sealed")
    require(fake.searches == 2, "searches:", fake.searches)

    shown = lines(ctl(daemon).run("cache", "show", "--json"))
    require([row["address"] for row in shown] == [anna, bruno], "the last used first:", shown)
    require(all(row["values"] == 2 and row["bytes"] > 1000 and row["age_ms"] >= 0
                and 0 < row["left_ms"] <= 600000 and not row["error"] for row in shown), shown)
    require(len(lines(ctl(daemon).run("cache", "--json", "--most", "1"))) == 1, "--most")
    table = ctl(daemon).run("cache").stdout.decode()
    require("ADDRESS" in table and anna in table and "2 values" in table, table)

    done = ctl(daemon).run("cache", "flush", anna)
    require(b"1 address" in done.stdout, done.stdout)
    require([row["address"] for row in lines(ctl(daemon).run("cache", "--json"))] == [bruno],
            "what is left")
    require(decide(daemon, anna).changed and fake.searches == 3, "searches:", fake.searches)
    require(decide(daemon, bruno).changed and fake.searches == 3, "searches:", fake.searches)
    daemon.wait_log(r"cache: user 0 flushed 1 address\(es\) by anna@", "the log tells who flushed")

    for pattern in ("@partner.example", "*"):
        require(lines(ctl(daemon).run("cache", "flush", "--json", pattern)) == [{"flushed": 2}],
                "flushed by", pattern)
        require(decide(daemon, anna).changed and decide(daemon, bruno).changed, "not sealed")
    require(fake.searches == 7, "searches:", fake.searches)
    require(lines(ctl(daemon).run("cache", "flush", "--json", "@elsewhere.example"))
            == [{"flushed": 0}], "flushed what does not match")


def test_flush_asks_for_all_explicitly(s):
    daemon = s.daemon()
    done = ctl(daemon).run("cache", "flush", codes=(2,))
    require(b"'*'" in done.stderr, done.stderr)
    done = ctl(daemon).run("cache", "flush", "partner.example", codes=(2,))
    require(b"no address" in done.stderr, done.stderr)
    done = ctl(daemon).run("cache", "empty", codes=(2,))
    require(b"neither show nor flush" in done.stderr, done.stderr)
    answer = json.loads(ask(daemon.control, b'{"command":"flush"}\n'))
    require("pattern" in answer["error"], "a flush without a pattern:", answer)


def test_status_tells_of_the_daemon_and_its_directories(s):
    daemon = s.daemon()
    file = s.place.path("directory.ldif")
    require(decide(daemon, s.people.anna.address).changed, "not sealed")
    status = json.loads(ctl(daemon).run("status", "--json").stdout)
    require(status["pid"] == daemon.pid and status["anchors"] == 1
            and status["configuration"] == os.path.realpath(daemon.file)
            and status["transactions"] == 0 and status["resolver"]["questions"] >= 1, status)
    require([(server["directory"], server["uri"], server["down"]) for server in status["servers"]]
            == [("everybody", file, False)], status)
    text = ctl(daemon).run("status").stdout.decode()
    require(f"pid {daemon.pid}" in text and file + ": up" in text, text)

    # A transaction under way is counted.
    with milter.Milter(daemon.address) as session:
        require(session.begin(SENDER, [s.people.anna.address]) is None, "refused")
        status = json.loads(ctl(daemon).run("status", "--json").stdout)
        require(status["transactions"] == 1, status)

    # The file goes away: what was read stays in force, and status says so. The configuration is no
    # longer good then, so the socket must be named.
    os.unlink(file)
    require(b"--socket" in ctl(daemon).run("status", codes=(2,)).stderr, "no hint")

    def ask_there():
        return ctl(daemon).run("status", "--socket", daemon.control, codes=(0, 1))
    wait_until(lambda: ask_there().returncode == 1, "it is noticed")
    require(b"DOWN, what was read before stays in force" in ask_there().stdout, "not said")


def test_status_tells_of_servers_up_and_down(s):
    fake, gone = FakeLdap(s.place, s.people.entries()), FakeLdap(s.place, [])
    gone.close()
    daemon = s.daemon(directories=directory(gone.uri, fake.uri))
    require(decide(daemon, s.people.anna.address).changed, "not sealed")
    status = json.loads(ctl(daemon).run("status", "--json", codes=(1,)).stdout)
    require([(server["directory"], server["uri"], server["down"]) for server in status["servers"]]
            == [("gal", gone.uri, True), ("gal", fake.uri, False)], status)
    require(status["servers"][0]["error"] and status["servers"][1]["links"] == 1, status)
    text = ctl(daemon).run("status", codes=(1,)).stdout.decode()
    require(gone.uri + ": DOWN" in text and text.count(gone.uri) == 1
            and fake.uri + ": up" in text, text)


def test_status_does_not_call_up_what_was_not_asked(s):
    fake = FakeLdap(s.place, s.people.entries())
    daemon = s.daemon(directories=directory(fake.uri))
    text = ctl(daemon).run("status").stdout.decode()
    require(fake.uri + ": not connected" in text, text)
    require(decide(daemon, s.people.anna.address).changed, "not sealed")
    text = ctl(daemon).run("status", "--socket", "unix:" + daemon.control).stdout.decode()
    require(fake.uri + ": up" in text, text)


def test_without_a_daemon_smimectl_says_what_to_check(s):
    daemon = s.daemon()
    daemon.stop()
    for words in (("status",), ("cache",), ("cache", "flush", "*")):
        done = ctl(daemon).run(*words, codes=(75,))
        require(b"running" in done.stderr and daemon.control.encode() in done.stderr, done.stderr)
    daemon.write(s.configuration({"control-socket": ""}))
    done = ctl(daemon).run("status", codes=(2,))
    require(b"control-socket is empty" in done.stderr, done.stderr)


def test_only_root_and_the_control_group_get_in(s):
    daemon = s.daemon(top={"control-group": "postfix"})
    status = os.stat(daemon.control)
    require(stat.S_IMODE(status.st_mode) == 0o660, oct(status.st_mode))
    require(status.st_gid == grp.getgrnam("postfix").gr_gid, "group", status.st_gid)

    def as_nobody(*options):
        argv = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", *options,
                os.path.join(build_folder(), "smimectl"), "status", "--socket", daemon.control]
        return run(argv, check=False, env={**environment(s.place.folder), "HOME": "/nonexistent"})
    try:
        run(["setpriv", "--reuid", "nobody", "--clear-groups", "test", "-x",
             os.path.join(build_folder(), "smimectl")])
    except Failure:
        return  # the build folder is not for others: what the mode says was seen
    done = as_nobody("--clear-groups")
    require(done.returncode == 75 and b"group postfix" in done.stderr, done.returncode, done.stderr)
    done = as_nobody("--groups", "postfix")
    require(done.returncode == 0, done.returncode, done.stderr)


def test_bad_requests_get_a_clear_error(s):
    daemon = s.daemon()
    for request, words in (
            (b"\n", "no JSON"), (b"\0\xff\x1b[31m\n", "no JSON"), (b"[]\n", "command"),
            (b"{}\n", "command"), (b'{"command":7}\n', "command"),
            (b"[" * 1000 + b"\n", "no JSON"),
            (b'{"command":"cache","command":"status"}\n', "no JSON"),
            (b'{"command":"format"}\n', "the commands are anchors, cache"),
            (b'{"command":"cache","most":0}\n', "most"),
            (b'{"command":"cache","most":1e9}\n', "most"),
            (b'{"command":"cache","most":20001}\n', "most"),
            (b'{"command":"flush","pattern":7}\n', "pattern"),
            (b'{"command":"flush","pattern":"x"}\n', "x"),
            (b"x" * 5000, "too long"), (b"x" * 1024 + b"\n", "too long")):
        answer = json.loads(ask(daemon.control, request))
        require(words in answer.get("error", ""), request[:60], answer)
    # Half a request gets nothing; two requests in one get one answer; spaces do no harm.
    require(ask(daemon.control, b'{"command":"status"} \r\n{"command":"status"}\n')
            .endswith(b'{"end":true}\n'), "no end")
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(60 * SLOWER)
        client.connect(daemon.control)
        client.sendall(b'{"command":')
        client.shutdown(socket.SHUT_WR)
        require(client.recv(100) == b"", "an answer to half a request")
    ctl(daemon).run("status")


def test_slow_and_many_clients_do_not_disturb_mail(s):
    """Some never speak, some never read, fifty ask at once: mail goes on, all who ask are answered,
    and those who don't are put out."""
    daemon = s.daemon()
    anna = s.people.anna.address
    require(decide(daemon, anna).changed, "not sealed")
    silent = [socket.socket(socket.AF_UNIX) for _ in range(12)]
    for number, client in enumerate(silent):
        client.settimeout(60 * SLOWER)
        client.connect(daemon.control)
        client.sendall(b'{"command"' if number % 2 else b"")
    start = time.monotonic()
    for _ in range(20):
        require(decide(daemon, anna).changed, "not sealed")
    require(time.monotonic() - start < 5 * SLOWER, "mail waits for them")
    with ThreadPoolExecutor(52) as pool:
        futures = [pool.submit(ask, daemon.control, b'{"command":"status"}\n', 60)
                   for _ in range(50)]
        mail = [pool.submit(decide, daemon, anna) for _ in range(2)]
        require(all(future.result().changed for future in mail), "not sealed")
        require(all(future.result().endswith(b'{"end":true}\n') for future in futures),
                "somebody was not answered")
    for client in silent:
        require(client.recv(100) == b"", "somebody who said nothing was answered")
        client.close()


def test_a_client_that_goes_away_does_no_harm(s):
    daemon = s.daemon()
    for _ in range(30):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(daemon.control)
            client.sendall(b'{"command":"status"}\n')
    ctl(daemon).run("status")
    require(decide(daemon, s.people.anna.address).changed, "not sealed")


def test_the_socket_goes_with_the_daemon_and_a_stale_one_is_replaced(s):
    daemon = s.daemon()
    require(answers(daemon.control), "no control socket")
    daemon.stop()
    require(not os.path.exists(daemon.control), "the socket is still there")
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(daemon.control)
    daemon.start()
    ctl(daemon).run("status")


def test_the_socket_is_gone_before_the_last_message_is(s):
    """So that a new daemon may have its own."""
    daemon = s.daemon()
    with milter.Milter(daemon.address) as session:
        require(session.begin(SENDER, [s.people.anna.address]) is None, "refused")
        daemon.process.signal(15)
        daemon.process.wait_for(lambda: not os.path.exists(daemon.control), "the socket is gone")
        require(daemon.process.running(), "it did not wait for the message")


def test_a_second_daemon_does_not_take_the_socket(s):
    first = s.daemon()
    second = s.place.write("second/smime-milter.conf", s.configuration({
        "listen": "unix:" + s.place.path("second.sock"), "log-to": "stderr",
        "control-socket": "unix:" + first.control, "audit-file": s.place.path("second/audit.log"),
        "audit-syslog": "no", "cache-folder": s.place.path("second")}))
    argv = [os.path.join(build_folder(), "smime-milter"), "-f", "-c", second]
    done = run(argv, check=False, env=environment(s.place.folder))
    require(done.returncode == 1 and b"control-socket: another process answers" in done.stderr,
            done.returncode, done.stderr)
    require(not os.path.exists(s.place.path("second.sock")), "its other socket is left behind")
    status = json.loads(ctl(first).run("status", "--json").stdout)
    require(status["pid"] == first.pid, status)


def test_a_socket_that_cannot_be_made_stops_the_start(s):
    """Where the configuration names it; without the default one the daemon does."""
    bad = s.place.path("missing/control.sock")
    try:
        s.daemon(top={"control-socket": "unix:" + bad})
    except Failure as failure:
        require(f"control-socket: {bad}: its folder does not exist" in str(failure), str(failure))
    else:
        raise Failure("it started")


def test_a_reload_leaves_the_socket_and_says_so(s):
    daemon = s.daemon()
    daemon.write(s.configuration({"control-socket": ""}))
    daemon.reload()
    daemon.wait_log(r"in force only after a restart: control-socket\n", "the warning")
    require(json.loads(ask(daemon.control, b'{"command":"status"}\n').splitlines()[0])["pid"]
            == daemon.pid, "the socket is gone")
