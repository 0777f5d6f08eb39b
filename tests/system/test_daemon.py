"""The daemon as a service: quick, patient, reloadable, and gone without losing anything."""
import grp
import os
import pwd
import re
import shutil
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import milter
from cms import is_sealed
from daemon import build_folder, environment, read
from fake_ldap import FakeLdap
from ldif import Entry
from place import SLOWER, Process, require, run, wait_until
from scenario import SENDER, decide
from smtp import Client, message, send

STOP_LIMIT = 25  # seconds, the default: what does not end by itself is ended then


def test_fifty_waiting_sessions_make_nobody_wait_longer(s):
    """libmilter's worker pool lets ready sessions wait behind those whose callbacks wait. A
    directory that answers only when it was asked by fifty sessions at once, each with an address of
    its own: none may wait for another's answer."""
    anna = s.people.anna
    entries = [Entry(f"u{number}", f"u{number}@partner.example", blobs=anna.entry.blobs)
               for number in range(50)]
    fake = FakeLdap(s.place, entries, behaviour="hold")
    daemon = s.daemon(directories={"slow": {
        "uri": [fake.uri], "base": "dc=x,dc=test", "tls": "never", "domains": ["*"]}})

    def one(number):
        address = f"u{number}@partner.example"
        data = message(SENDER, address)
        with milter.Milter(daemon.address) as session:
            outcome = session.send(SENDER, [address], data)
            # anna's certificate is not this address's: the look-up happened, the answer is no.
            require(outcome.verdict == "refuse", outcome.verdict, outcome.reply)

    with ThreadPoolExecutor(50) as pool:
        going = [pool.submit(one, number) for number in range(50)]
        try:
            wait_until(lambda: fake.searches == 50, "all have asked")
            require(not any(future.done() for future in going), "somebody did not wait")
        finally:
            fake.release()
        for future in going:
            future.result()


def test_a_stranger_does_not_wait_for_those_who_wait(s):
    """While 20 sessions wait for a directory, a message that needs none is served at once. (No rule
    looks at the subject: such a one may need a look-up for everybody.)"""
    fake = FakeLdap(s.place, [], behaviour="hold")
    daemon = s.daemon(directories={"slow": {
        "uri": [fake.uri], "base": "dc=x,dc=test", "tls": "never"}},
        rules={"partners": {"recipients": ["@partner.example"], "encrypt": "required"}})
    with ThreadPoolExecutor(20) as pool:
        waiting = [pool.submit(decide, daemon, f"u{number}@partner.example")
                   for number in range(20)]
        try:
            wait_until(lambda: fake.searches == 20, "all are waiting")
            outcome = decide(daemon, "someone@elsewhere.example")
            require(outcome.verdict == "accept", outcome.verdict, outcome.reply)
            require(not any(future.done() for future in waiting), "nobody was waiting any more")
        finally:
            fake.release()


def test_reload_puts_a_new_configuration_in_force(s):
    rules = {"partners": {"recipients": ["@partner.example"], "encrypt": "never"}}
    daemon = s.daemon(rules=rules)
    anna = s.people.anna.address
    require(not decide(daemon, anna).changed, "sealed")
    daemon.write(s.configuration())
    daemon.reload()
    wait_until(lambda: decide(daemon, anna).changed, "the new rules hold")


def test_a_bad_configuration_leaves_the_old_one_in_force(s):
    daemon = s.daemon()
    anna = s.people.anna.address
    require(decide(daemon, anna).changed, "not sealed")
    daemon.write(s.configuration() + 'florr = "aes128-cbc"\n')
    daemon.reload()
    daemon.wait_log(r"florr.*floor", "the mistake is logged, with the nearest name")
    require(decide(daemon, anna).changed, "the old rules are gone")


def test_a_reload_tells_what_only_a_restart_can_change(s):
    daemon = s.daemon()
    daemon.write(s.configuration({"socket-mode": "0600"}))
    daemon.reload()
    daemon.wait_log(r"in force only after a restart: socket-mode\n", "the warning names it alone")


def test_a_message_keeps_the_configuration_it_began_with(s):
    daemon = s.daemon()
    anna = s.people.anna.address
    data = message(SENDER, anna)
    fields, body = milter.split(data)
    with milter.Milter(daemon.address) as session:
        require(session.begin(SENDER, [anna]) is None, "refused")
        daemon.write(s.configuration(rules={"all": {"encrypt": "never"}}))
        daemon.reload()
        wait_until(lambda: not decide(daemon, anna).changed, "the new rules hold")
        require(session.header(fields) is None and session.body(body) is None, "refused")
        require(session.end(fields, body).changed, "the rules changed in the middle of a message")


def test_stop_lets_a_running_transaction_finish(s):
    daemon = s.daemon()
    anna = s.people.anna.address
    data = message(SENDER, anna)
    fields, body = milter.split(data)
    with milter.Milter(daemon.address) as session:
        require(session.begin(SENDER, [anna]) is None, "refused")
        daemon.process.signal(signal.SIGTERM)
        wait_until(lambda: not accepts(daemon.address), "no new session is taken")
        require(session.header(fields) is None and session.body(body) is None, "cut off")
        require(session.end(fields, body).changed, "not sealed")
    start = time.monotonic()
    daemon.stop()
    require(time.monotonic() - start < STOP_LIMIT / 2 * SLOWER, "the stop took too long")


def accepts(address):
    try:
        milter.Milter(address, timeout=2).close()
        return True
    except Exception:
        return False


def test_stop_is_quick_when_nothing_runs(s):
    daemon = s.daemon()
    with milter.Milter(daemon.address):  # connected, but without a message
        start = time.monotonic()
        daemon.stop()
        require(time.monotonic() - start < STOP_LIMIT / 2 * SLOWER, "the stop took too long")
    require(not os.path.exists(daemon.address), "the socket stayed behind")


def test_stop_is_quick_on_one_processor(s):
    """There libmilter's thread, woken, runs before the thread that woke it goes on."""
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(everywhere)})
    try:
        for _ in range(5):
            daemon = s.daemon()
            # The socket answers before libmilter does.
            with milter.Milter(daemon.address):
                pass
            start = time.monotonic()
            daemon.stop()
            require(time.monotonic() - start < STOP_LIMIT / 2 * SLOWER, "the stop took too long")
    finally:
        os.sched_setaffinity(0, everywhere)


def test_only_the_main_thread_takes_signals(s):
    """libmilter has a thread that waits for TERM, INT and HUP, and stops (milter/signals.h)."""
    ours = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1}
    daemon = s.daemon()
    require(decide(daemon, s.people.anna.address).changed, "libmilter has not begun")
    takers = {}
    for thread in map(int, os.listdir(f"/proc/{daemon.pid}/task")):
        blocked = re.search(rb"SigBlk:\t(\w+)", read(f"/proc/{daemon.pid}/task/{thread}/status"))
        if blocked:  # else it has ended
            takers[thread] = {number for number in ours
                              if not int(blocked[1], 16) >> number - 1 & 1}
    require(takers.pop(daemon.pid) == ours, "the main thread does not take them")
    require(takers and not any(takers.values()), "others take some:", takers)


def test_a_stop_while_it_starts_leaves_nothing(s):
    """As soon as a file of its own is there, TERM and INT end it well, and remove all."""
    files = [s.place.path("early." + name) for name in ("sock", "control", "pid")]
    file = s.place.write("early.conf", s.configuration(
        {"listen": "unix:" + files[0], "control-socket": "unix:" + files[1], "pid-file": files[2],
         "log-to": "stderr", "audit-syslog": "no", "audit-file": s.place.path("early.audit"),
         "cache-folder": s.place.folder, "state-folder": s.place.folder}))
    argv = [os.path.join(build_folder(), "smime-milter"), "-f", "-c", file]
    for number in (signal.SIGTERM, signal.SIGINT):
        for awaited in files:
            early = Process(argv, s.place.path("early.log"), env=environment(s.place.folder))
            s.place.later(early.stop)
            early.wait_for(lambda: os.path.exists(awaited), awaited)
            early.signal(number)
            code = early.child.wait(60 * SLOWER)
            left = [path for path in files if os.path.exists(path)]
            require(code == 0 and not left, f"{number} after {awaited}: {code}, {left}\n",
                    early.output()[-2000:])
    require("fail" not in early.output(), early.output()[-2000:])


def test_stop_waits_no_longer_than_the_limit(s):
    daemon = s.daemon(top={"stop-limit": "1s"})
    with milter.Milter(daemon.address) as session:
        require(session.begin(SENDER, [s.people.anna.address]) is None, "refused")
        start = time.monotonic()
        daemon.stop()
        took = time.monotonic() - start
    require(0.8 < took < STOP_LIMIT / 2 * SLOWER, f"{took:.1f} s")


def test_no_mail_is_lost_while_the_daemon_is_away(s):
    """Postfix defers, the client tries again: milter_default_action = tempfail."""
    postfix = s.postfix()
    anna = s.people.anna.address
    with Client(postfix.port) as client:
        require(client.transmit(SENDER, [anna], message(SENDER, anna)).code == 451, "accepted")
    s.daemon(postfix=postfix)
    require(send(postfix.port, SENDER, [anna], message(SENDER, anna)).code == 250, "refused")
    require(is_sealed(s.sink.wait_for(anna).data), "not sealed")


def test_a_stale_socket_is_replaced_and_a_live_one_is_not(s):
    daemon = s.daemon()
    daemon.process.signal(signal.SIGKILL)
    daemon.process.child.wait()
    require(os.path.exists(daemon.address), "no stale socket to try with")
    daemon.start()
    second = run([os.path.join(build_folder(), "smime-milter"), "-f", "-c", daemon.file],
                 check=False, env=environment(daemon.folder))
    require(second.returncode != 0, "a second daemon took the socket")
    require(decide(daemon, s.people.anna.address).changed, "the first is cut off")


def test_the_socket_has_the_mode_and_group_asked_for(s):
    daemon = s.daemon(top={"socket-mode": "0620", "socket-group": "postfix"})
    status = os.stat(daemon.address)
    require(status.st_mode & 0o777 == 0o620, oct(status.st_mode))
    require(status.st_gid == grp.getgrnam("postfix").gr_gid, status.st_gid)


def test_privileges_are_dropped(s):
    """Started by root, it becomes the user asked for, for good, and can still do its work."""
    own = s.place.path("nobody")
    os.mkdir(own)
    shutil.chown(own, "nobody")
    daemon = s.daemon(listen=f"unix:{own}/sock", top={
        "user": "nobody", "audit-file": f"{own}/audit", "cache-folder": own})
    with open(f"/proc/{daemon.pid}/status") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    nobody = str(pwd.getpwnam("nobody").pw_uid)
    require(status["Uid"].split() == [nobody] * 4, status["Uid"])
    require(status["Groups"].strip() in ("", status["Gid"].split()[0]), status["Groups"])
    require(int(status["CapEff"], 16) == 0, status["CapEff"])
    require(decide(daemon, s.people.anna.address).changed, "it can't work any more")


def test_it_runs_by_itself_with_a_pid_file(s):
    pid_file = s.place.path("own.pid")
    listen = "unix:" + s.place.path("own.sock")
    text = s.configuration(top={"listen": listen, "pid-file": pid_file, "audit-syslog": "no",
                                "audit-file": s.place.path("own.audit"),
                                "cache-folder": s.place.folder})
    file = s.place.write("own.conf", text)
    run([os.path.join(build_folder(), "smime-milter"), "-c", file],
        env=environment(s.place.folder))
    with open(pid_file) as content:
        pid = int(content.read())
    s.place.later(lambda: end(pid))
    require(accepts(listen[5:]), "it does not answer though it said it was ready")
    require(os.getsid(pid) != os.getsid(0), "it is still in our session")
    end(pid)
    wait_until(lambda: not os.path.exists(pid_file), "the pid file is removed")


def end(pid):
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    wait_until(lambda: not os.path.exists(f"/proc/{pid}"), "it ends")


def test_the_service_manager_is_told(s):
    """Type=notify: READY=1 when it serves, STOPPING=1 when it ends."""
    path = s.place.path("notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(60 * SLOWER)
        os.environ["NOTIFY_SOCKET"] = path
        try:
            daemon = s.daemon()
        finally:
            del os.environ["NOTIFY_SOCKET"]
        require(b"READY=1" in manager.recv(4096), "not told that it is ready")
        daemon.stop()
        told = b""
        while b"STOPPING=1" not in told:
            told = manager.recv(4096)


def test_check_and_version(s):
    program = os.path.join(build_folder(), "smime-milter")
    env = environment(s.place.folder)
    good = s.place.write("good.conf", s.configuration())
    bad = s.place.write("bad.conf", s.configuration() + 'florr = "x"\nfloor = "rc2-40"\n')
    run([program, "--check", "-c", good], env=env)
    refused = run([program, "--check", "-c", bad], env=env, check=False)
    require(refused.returncode == 78, refused.returncode)  # EX_CONFIG (sysexits.h)
    text = (refused.stderr + refused.stdout).decode()
    require("bad.conf:" in text and "florr" in text and "rc2-40" in text,
            "not every mistake with its line:", text)
    require(b"0." in run([program, "--version"], env=env).stdout, "no version")
    require(b"-c" in run([program, "--help"], env=env).stdout, "no help")


def test_what_stops_the_start_is_said_once(s):
    program = os.path.join(build_folder(), "smime-milter")
    listen = "unix:" + s.place.path("no-such-folder/milter.sock")
    file = s.place.write("nowhere.conf", s.configuration(
        {"listen": listen, "log-to": "stderr"}))
    for options in (["-f"], []):
        failed = run([program, *options, "-c", file], env=environment(s.place.folder),
                     check=False)
        require(failed.returncode == 1, failed.returncode)
        require(failed.stderr.count(b"no-such-folder") == 1, failed.stderr.decode())


def test_the_audit_file_may_be_moved_away(s):
    daemon = s.daemon()
    decide(daemon, s.people.anna.address)
    daemon.record(s.people.anna.address)
    os.rename(daemon.audit_file, daemon.audit_file + ".1")
    decide(daemon, s.people.bruno.address)
    daemon.record(s.people.bruno.address)
    require(len(daemon.records()) == 1, "not a new file:", daemon.records())


def test_without_its_audit_file_required_mail_is_deferred(s):
    """/dev/full takes no byte: what can't be recorded is not sent, what is only preferred is."""
    daemon = s.daemon(top={"audit-file": "/dev/full"})
    outcome = decide(daemon, s.people.anna.address)
    require(outcome.verdict == "defer" and outcome.reply.startswith("451"), outcome.reply)
    require(decide(daemon, "unknown@preferred.example").verdict == "accept", "deferred")


def test_without_its_audit_file_mail_is_delivered_where_told(s):
    daemon = s.daemon(top={"audit-file": "/dev/full", "audit-failure": "deliver"})
    outcome = decide(daemon, s.people.anna.address)
    require(outcome.verdict == "accept" and outcome.changed, outcome.reply)
    require("not written" in daemon.log(), "nothing is logged")


def test_what_an_mta_did_not_take_is_recorded_as_deferred(s):
    """It hangs up while it is given the sealed body, which is more than sockets hold: nothing was
    accepted, so the MTA still has the message; and the record that said "seal" is followed by one
    that says what became of it."""
    daemon = s.daemon()
    anna = s.people.anna.address
    fields, body = milter.split(message(SENDER, anna, body=("y" * 70 + "\r\n") * 50000))
    with milter.Milter(daemon.address, "127.0.0.1") as session:
        require(not (session.begin(SENDER, [anna]) or session.header(fields)
                     or session.body(body)), "it ended early")
        next(session.end_streamed())
    wait_until(lambda: len(daemon.records()) == 2, "a second record")
    first, second = daemon.records()
    require(first["action"] == "seal" and first["reference"] == second["reference"], first)
    require(second["action"] == "defer" and second["reason"] == "internal-error", second)
    require("did not take the changes" in second["detail"], second["detail"])
    require(decide(daemon, anna).changed, "the next one is not sealed")


def test_records_hold_no_content(s):
    daemon = s.daemon()
    canary = "canary-b83d"
    for address in (s.people.anna.address, s.people.emma.address):
        data = message(SENDER, address, subject=canary, body=canary + "\r\n")
        decide(daemon, address, data=data)
        daemon.record(address)
    require(not daemon.search_folders(canary.encode()), "content in",
            daemon.search_folders(canary.encode()))


def test_the_legacy_provider_is_never_loaded(s):
    """Whatever the system's openssl.cnf says."""
    configuration = s.place.write("openssl.cnf", """openssl_conf = init
[init]
providers = providers
[providers]
default = on
legacy = on
[on]
activate = 1
""")
    os.environ["OPENSSL_CONF"] = configuration
    try:
        daemon = s.daemon()
    finally:
        del os.environ["OPENSSL_CONF"]
    require(decide(daemon, s.people.anna.address).changed, "not sealed")
    with open(f"/proc/{daemon.pid}/maps") as maps:
        require("legacy.so" not in maps.read(), "the legacy provider is there")


def test_many_threads_at_once(s):
    """For the thread sanitizer: sealing, refusing, passing, reloading and aborting side by side."""
    daemon = s.daemon()
    addresses = [s.people.anna.address, s.people.dora.address, s.people.emma.address,
                 s.people.rolf.address, s.people.nobody.address]

    def work(number):
        with milter.Milter(daemon.address) as session:
            for turn in range(10):
                address = addresses[(number + turn) % len(addresses)]
                data = message(SENDER, address, body="x" * 3000 * turn + "\r\n")
                if turn % 4 == 3:
                    session.begin(SENDER, [address])
                    session.abort()
                    continue
                outcome = session.send(SENDER, [address], data)
                require(outcome.verdict in ("accept", "refuse"), outcome.verdict, outcome.reply)
                if number == 0:
                    daemon.reload()

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(12)))
