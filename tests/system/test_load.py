"""A thousand messages of mixed kinds at once, through a real Postfix and a real slapd: each one
accepted is delivered once and opened by its recipient, none leaves in plaintext."""
import os
import queue
from concurrent.futures import ThreadPoolExecutor

from cms import inner_entity, is_sealed
from place import SLOWER, require, wait_until
from scenario import SENDER
from slapd import Slapd
from smtp import Client, message

CANARY = "canary-9d2e-must-not-be-read"
COUNT = 1000 if SLOWER == 1 else 300  # the sanitizers' time is better spent elsewhere
CLIENTS = 12


def bodies(number):
    """Sizes and shapes by turns; number and canary in each."""
    text = f"{CANARY} number {number}\r\n"
    return (text, text + "x" * 70 + "\r\n", text + ("Wörter " * 9 + "\r\n") * 150,
            text + ("y" * 76 + "\r\n") * 1500)[number % 4]


def plan(people):
    """[(number, recipients, reply code)]"""
    kinds = [([people.anna], 250), ([people.bruno], 250), ([people.clara], 250),
             ([people.dora], 250), ([people.sven], 250), ([people.anna, people.bruno], 250),
             ([people.emma], 550), ([people.nobody], 550), ([people.anna, people.felix], 550),
             ([people.paul], 250)]
    return [(number, *kinds[number % len(kinds)]) for number in range(COUNT)]


def mail(number, persons):
    return message(SENDER, [person.address for person in persons],
                   subject=f"number {number}", body=bodies(number),
                   mime=number % 3 != 0)


def client(port, work, results):
    with Client(port) as session:
        while True:
            try:
                number, persons, code = work.get_nowait()
            except queue.Empty:
                return
            reply = session.transmit(SENDER, [person.address for person in persons],
                                     mail(number, persons))
            results[number] = (reply.code == code, reply)


def transmit_all(port, planned):
    work, results = queue.Queue(), {}
    for item in planned:
        work.put(item)
    with ThreadPoolExecutor(CLIENTS) as pool:
        for future in [pool.submit(client, port, work, results) for _ in range(CLIENTS)]:
            future.result()
    return results


def number_of(arrived):
    return int(arrived.field("Subject").split()[1])


def check_opened(s, arrived, persons):
    sealed = s.sealed(arrived)
    number = number_of(arrived)
    for person in persons:
        require(sealed.inner(person.identity) == inner_entity(mail(number, persons)),
                f"number {number} is not what {person.address} should read")


def test_a_thousand_messages_in_parallel(s):
    slapd = Slapd(s.place, s.people.entries(), s.people.server_ca)
    postfix = s.postfix()
    daemon = s.daemon(postfix=postfix, directories={
        "gal": {"uri": [slapd.uri], "base": "dc=x,dc=test", "tls-ca": slapd.ca}})
    planned = plan(s.people)
    results = transmit_all(postfix.port, planned)
    wrong = [(number, reply) for number, (right, reply) in sorted(results.items()) if not right]
    require(not wrong, len(wrong), "unexpected replies, the first:", *wrong[:3])
    accepted = {number: persons for number, persons, code in planned if code == 250}
    # One delivery of a message may carry several recipients, or each its own.
    copies = sum(len(persons) for persons in accepted.values())
    wait_until(lambda: sum(len(m.recipients) for m in s.sink.all()) >= copies,
               f"{copies} deliveries", 120)
    wait_until(postfix.queue_is_empty, "the queue is empty", 60)
    check_deliveries(s, accepted)
    check_nowhere_readable(s, daemon, postfix)
    check_records(daemon, planned)


def check_deliveries(s, accepted):
    seen = {}
    for arrived in s.sink.all():
        number = number_of(arrived)
        require(number in accepted, f"number {number} was refused and delivered all the same")
        seen.setdefault(number, []).extend(arrived.recipients)
    for number, persons in accepted.items():
        require(sorted(seen.get(number, [])) == sorted(person.address for person in persons),
                f"number {number} reached", seen.get(number))
    for arrived in s.sink.all():
        check_opened(s, arrived, accepted[number_of(arrived)])


def check_nowhere_readable(s, daemon, postfix):
    require(all(is_sealed(arrived.data) for arrived in s.sink.all()), "not sealed")
    require(not s.sink.canary(CANARY), "readable on the way")
    found = daemon.search_folders(CANARY.encode(), [postfix.spool])
    require(not found, "readable on disk:", found)
    require(not os.listdir(daemon.cache), "files stayed in the cache folder")


def check_records(daemon, planned):
    expected = sum(len(persons) for _, persons, _ in planned)
    records = daemon.records()
    require(len(records) == expected, len(records), "records instead of", expected)
    require(len({record["reference"] for record in records}) == len(planned),
            "a reference for each message")
