"""Attempts to get mail past the rules by what an MTA makes of it later."""
import os
import random
import socket
import struct
from concurrent.futures import ThreadPoolExecutor

import milter
from fake_ldap import FakeLdap
from place import SLOWER, require, wait_until
from scenario import SENDER
from smtp import Client, message

CANARY = "the-canary-sings-in-the-clear"


def test_no_spelling_of_a_recipient_evades_its_rule(s):
    """Whatever Postfix makes of an address later: for a domain of a rule no plaintext leaves."""
    postfix = s.postfix()
    s.daemon(postfix=postfix)
    anna = s.people.anna.address
    local, domain = anna.split("@")
    data = message(SENDER, anna, body=CANARY + "\r\n")
    spellings = {f"{local.upper()}@{domain.upper()}": True, f"{local}@{domain}.": True,
                 f"@relay.example,@b.example:{anna}": True, f'"{local}"@{domain}': True,
                 f'"{anna}"': False, f"{local}%{domain}": False, f"{domain}!{local}": False,
                 f'"{anna}"@localhost': False, f"{local}%{domain}@localhost": False,
                 f"{anna}@localhost": False, f"{local}@[{domain}]": False,
                 f"{local} @ {domain}": False, f"({local}){anna}": False}
    for spelling, sealed in spellings.items():
        with Client(postfix.port) as client:
            reply = client.transmit(SENDER, [spelling], data)
        require((reply.code == 250) == sealed, spelling, reply)
        if sealed:
            wait_until(s.sink.all, f"the message for {spelling}")
        require(not any(CANARY.encode() in arrived.data for arrived in s.sink.all()), spelling)
        s.sink.clear()


def test_a_subject_field_with_a_blank_before_its_colon_is_a_subject(s):
    postfix = s.postfix()
    s.daemon(postfix=postfix)
    data = message(SENDER, "x@elsewhere.example", body=CANARY + "\r\n")
    data = data.replace(b"Subject: ", b"Subject : [secure] ")
    with Client(postfix.port) as client:
        reply = client.transmit(SENDER, ["x@elsewhere.example"], data)
    require(reply.code == 550, reply)


def resources(daemon):
    """Resident memory in KB, and the number of descriptors."""
    with open(f"/proc/{daemon.pid}/status") as file:
        rss = next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
    return rss, len(os.listdir(f"/proc/{daemon.pid}/fd"))


def wear(address, person, count):
    """Messages of every fate in a few sessions: sealed, refused, passed, aborted, cut off."""
    data = message(SENDER, person, body="x" * 3000 + "\r\n")
    fields, body = milter.split(data)
    for at in range(count // 10):
        with milter.Milter(address) as session:
            for _ in range(4):
                require(session.send(SENDER, [person], data).changed, "not sealed")
            session.send(SENDER, ["no-entry@partner.example"], data)
            session.send(SENDER, [f"stranger{at}@elsewhere.example"], data)
            session.send(SENDER, ["broken@@" + "x" * 200], data)
            session.begin(SENDER, [person])
            session.abort()
            session.begin(SENDER, [person])  # MAIL again, without RSET
            session.begin(SENDER, [person])
            session.header(fields)
            session.abort()
            session.begin(SENDER, [person])
            session.header(fields)
            session.body(body)  # and goes away


def wear_in_parallel(daemon, person, count):
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(wear, daemon.address, person, count // 4) for _ in range(4)]:
            done.result()


def test_nothing_is_left_behind_by_messages(s):
    messages = int(os.environ.get("SMIME_WEAR_MESSAGES", "2000"))
    daemon = s.daemon(top={"log-level": "error"})
    anna = s.people.anna.address
    wear_in_parallel(daemon, anna, messages)
    rss, _ = resources(daemon)
    wear_in_parallel(daemon, anna, messages)
    wait_until(lambda: resources(daemon)[1] < 40, "descriptors are closed")
    grown = resources(daemon)[0] - rss
    require(SLOWER > 1 or grown < 4096, f"grown by {grown} KB on {rss} KB in {messages} messages")


def packet(command, data=b""):
    return struct.pack(">I", len(data) + 1) + command + data


def garbage(chance):
    """A session as no MTA speaks: commands in any order, with any contents."""
    text = packet(b"O", struct.pack(">III", 6, (1 << 9) - 1, (1 << 21) - 1))
    contents = [b"", b"\0", b"M\0\0", b"Mi\0x\0", b"<a@partner.example>\0", b"<>\0", b"x",
                b"Subject\0 [secure]\0", b"Content-Type\0 application/pkcs7-mime\0", b"\xff" * 70,
                b"client\x004\0\x19127.0.0.1\0", b"client\x006\0\x19IPv6:::1\0", b"clientU"]
    for _ in range(chance.randrange(1, 30)):
        command = chance.choice([bytes([byte]) for byte in b"ACDHMRTLNBEQKUOX"])
        text += packet(command, chance.choice(contents))
    if chance.random() < 0.3:
        text = text[:chance.randrange(len(text))]
    if chance.random() < 0.2:
        text += struct.pack(">I", chance.choice([0, 1, 1 << 20, 0x7fffffff, 0xffffffff]))
    return text


def test_garbage_on_the_socket_harms_nobody(s):
    daemon = s.daemon(top={"log-level": "error"})
    chance = random.Random(1)
    for _ in range(600):
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(daemon.address)
            peer.settimeout(60)
            try:
                peer.sendall(garbage(chance))
                peer.shutdown(socket.SHUT_WR)
                while peer.recv(65536):
                    pass
            except (ConnectionError, BrokenPipeError):
                pass
    anna = s.people.anna.address
    require(milter.send(daemon.address, SENDER, [anna], message(SENDER, anna)).changed, "dead")


def test_a_stop_while_messages_wait_ends_well(s):
    """Cut off after stop-limit in mid-look-up: the MTA defers, and nothing is used after its end."""
    fake = FakeLdap(s.place, s.people.entries(), behaviour="never")
    directories = {"slow": {"uri": [fake.uri], "base": "dc=x,dc=test", "tls": "never",
                            "search-timeout": "5s"}}
    for _ in range(3):
        daemon = s.daemon(directories=directories, top={"stop-limit": "200ms", "deadline": "5s"})
        sessions = [milter.Milter(daemon.address) for _ in range(8)]
        anna = s.people.anna.address
        for session in sessions:
            session.begin(SENDER, [anna])
            session._send(b"N")
        sessions[0]._send(b"B", b"x")
        daemon.stop()
        for session in sessions:
            session.close()
