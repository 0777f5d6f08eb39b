"""Sealing through real mail servers, opened by the software of recipients."""
import re

from cms import fields_named, inner_entity, is_sealed
from daemon import Ctl
from place import free_port, require, wait_until
from postfix import Postfix
from scenario import SENDER
from sendmail import Sendmail
from smtp import Client, message, send

CANARY = "canary-3f1c the quick brown fox"


def check_sealed(s, arrived, person, data, cipher):
    """The message is sealed to the person alone, under the cipher, and nothing of it is lost."""
    sealed = s.sealed(arrived)
    require(sealed.cipher == cipher, sealed.cipher, "instead of", cipher)
    require(sealed.inner(person.identity) == inner_entity(data), "the inner entity differs:",
            sealed.inner(person.identity))
    require(CANARY.encode() not in arrived.data, "readable on the way")
    for name in ("From", "To", "Subject", "Date", "Message-ID"):
        require(fields_named(arrived.data, name) == fields_named(data, name), name, "has changed")
    require(not [name for name in fields_named(arrived.data, "Content-Description")],
            "a Content- field stayed outside")
    return sealed


def seal_through(s, postfix):
    people = s.people
    daemon = s.daemon(postfix=postfix)
    data = message(SENDER, people.anna.address, body=CANARY + "\r\nWörter\r\n",
                   extra="Content-Description: inside\r\n")
    reply = send(postfix.port, SENDER, [people.anna.address], data)
    require(reply.code == 250, reply)
    arrived = s.sink.wait_for(people.anna.address)
    check_sealed(s, arrived, people.anna, data, "aes256-cbc")
    record = daemon.record(people.anna.address)
    require(record["action"] == "seal" and record["reason"] == "sealed", record)
    require(record["queue_id"] and record["queue_id"] in postfix.log(), "queue id:", record)


def test_a_chrooted_postfix_seals(s):
    seal_through(s, s.postfix(chroot=True))


def test_a_postfix_without_chroot_seals(s):
    seal_through(s, s.postfix(chroot=False))


def test_every_reader_opens_what_it_can(s):
    """RSA with v1.5 padding and CBC is what all three read."""
    postfix = s.postfix()
    s.daemon(postfix=postfix)
    for person, cipher in ((s.people.anna, "aes256-cbc"), (s.people.bruno, "aes128-cbc")):
        data = message(SENDER, person.address, body=CANARY + "\r\n")
        require(send(postfix.port, SENDER, [person.address], data).code == 250, person.address)
        sealed = check_sealed(s, s.sink.wait_for(person.address), person, data, cipher)
        for opened in (sealed.inner_nss, sealed.inner_gpgsm):
            require(opened(person.identity) == inner_entity(data), opened.__name__, "differs")


def test_each_kind_of_key_and_capability_is_served(s):
    postfix = s.postfix()
    s.daemon(postfix=postfix)
    people = s.people
    for person, cipher in ((people.dora, "aes256-cbc"), (people.dirk, "aes256-cbc"),
                           (people.doris, "aes256-cbc"), (people.tilda, "aes256-cbc"),
                           (people.sven, "aes256-gcm"), (people.uwe, "aes256-cbc"),
                           (people.clara, "aes256-cbc"), (people.yara, "aes256-cbc"),
                           (people.viola, "aes256-cbc"), (people.greta, "aes256-cbc")):
        data = message(SENDER, person.address, body=CANARY + "\r\n")
        reply = send(postfix.port, SENDER, [person.address], data)
        require(reply.code == 250, person.about, reply)
        check_sealed(s, s.sink.wait_for(person.address), person, data, cipher)


def test_triple_des_leaves_only_where_the_floor_allows_it(s):
    postfix = s.postfix()
    s.daemon(postfix=postfix, top={"socket-group": "postfix", "floor": "3des"})
    otto, anna = s.people.otto, s.people.anna
    for person, cipher in ((otto, "3des"), (anna, "aes256-cbc")):
        data = message(SENDER, person.address, body=CANARY + "\r\n")
        require(send(postfix.port, SENDER, [person.address], data).code == 250, person.about)
        check_sealed(s, s.sink.wait_for(person.address), person, data, cipher)


def test_oaep_is_used_only_where_advertised(s):
    postfix = s.postfix()
    s.daemon(postfix=postfix)
    for person, oaep in ((s.people.sven, True), (s.people.anna, False)):
        data = message(SENDER, person.address)
        require(send(postfix.port, SENDER, [person.address], data).code == 250, person.address)
        dump = s.sealed(s.sink.wait_for(person.address)).dump
        require(("rsaesOaep" in dump) == oaep, person.about, dump)


def test_the_key_of_the_preferred_certificate_opens_not_the_signing_one(s):
    postfix = s.postfix()
    s.daemon(postfix=postfix)
    yara = s.people.yara
    data = message(SENDER, yara.address)
    require(send(postfix.port, SENDER, [yara.address], data).code == 250, "refused")
    sealed = s.sealed(s.sink.wait_for(yara.address))
    require(sealed.serials() == [yara.identity.serial()], sealed.serials())


def test_mail_is_sealed_to_every_usable_digital_id(s):
    postfix = s.postfix()
    s.daemon(postfix=postfix)
    zoe = s.people.zoe
    data = message(SENDER, zoe.address)
    require(send(postfix.port, SENDER, [zoe.address], data).code == 250, "refused")
    sealed = s.sealed(s.sink.wait_for(zoe.address))
    require(sealed.serials() == sorted([zoe.identity.serial(), zoe.old.serial()]),
            sealed.serials())
    require(sealed.inner(zoe.identity) == sealed.inner(zoe.old) == inner_entity(data), "differs")


def test_only_the_newest_digital_id_is_used_where_the_rule_says_preferred(s):
    postfix = s.postfix()
    s.daemon(postfix=postfix, top={"socket-group": "postfix", "digital-ids": "preferred"})
    zoe = s.people.zoe
    data = message(SENDER, zoe.address)
    require(send(postfix.port, SENDER, [zoe.address], data).code == 250, "refused")
    require(s.sealed(s.sink.wait_for(zoe.address)).serials() == [zoe.identity.serial()], "not one")


def test_recipients_with_different_capabilities_share_the_strongest_common_cipher(s):
    postfix = s.postfix()
    s.daemon(postfix=postfix)
    anna, bruno = s.people.anna, s.people.bruno
    data = message(SENDER, [anna.address, bruno.address], body=CANARY + "\r\n")
    require(send(postfix.port, SENDER, [anna.address, bruno.address], data).code == 250, "refused")
    arrived = s.sink.wait_for(anna.address)
    sealed = check_sealed(s, arrived, anna, data, "aes128-cbc")
    require(sealed.inner(bruno.identity) == inner_entity(data), "bruno can't read it")
    require(not sealed.opens_with(s.people.clara.identity), "a stranger can read it")


def test_the_subject_marker_seals_and_is_removed(s):
    postfix = s.postfix()
    s.daemon(postfix=postfix)
    rolf = s.people.rolf
    data = message(SENDER, rolf.address, subject="[SECURE] Budget")
    require(send(postfix.port, SENDER, [rolf.address], data).code == 250, "refused")
    arrived = s.sink.wait_for(rolf.address)
    require(is_sealed(arrived.data), "not sealed")
    require(arrived.field("Subject") == "Budget", arrived.field("Subject"))


def test_mail_by_the_sendmail_command_is_sealed(s):
    postfix = s.postfix(local_milter=True)
    daemon = s.daemon(postfix=postfix)
    anna = s.people.anna
    data = message(SENDER, anna.address, body=CANARY + "\r\n")
    postfix.sendmail(SENDER, [anna.address], data)
    check_sealed(s, s.sink.wait_for(anna.address), anna, data, "aes256-cbc")
    require(daemon.record(anna.address)["action"] == "seal", "not recorded")


def test_mail_by_the_sendmail_command_that_is_refused_comes_back(s):
    postfix = s.postfix(local_milter=True)
    s.daemon(postfix=postfix)
    emma = s.people.emma
    postfix.sendmail(SENDER, [emma.address], message(SENDER, emma.address, body=CANARY + "\r\n"))
    bounce = s.sink.wait_for(SENDER)
    require(bounce.sender == "", "not a bounce:", bounce.sender)
    require(b"expired" in bounce.data and emma.address.encode() in bounce.data, bounce.data)
    require(not s.sink.to(emma.address), "delivered all the same")


def test_sendmail_seals(s):
    listen = "unix:" + s.place.path("milter.sock")
    daemon = s.daemon(listen=listen)
    sendmail = Sendmail(s.place, s.sink, "local:" + s.place.path("milter.sock"))
    said = Ctl(s.place, daemon.file).json("doctor", "--sendmail-cf",
                                          s.place.path("sendmail/etc/sm.cf"))
    require([found["severity"] for found in said["findings"]
             if found["subject"] == "sendmail"] == ["ok"] * 5, "the doctor of Sendmail:", said)
    anna = s.people.anna
    data = message(SENDER, anna.address, body=CANARY + "\r\n")
    reply = send(sendmail.port, SENDER, [anna.address], data)
    require(reply.code == 250, reply)
    check_sealed(s, s.sink.wait_for(anna.address), anna, data, "aes256-cbc")
    reply = send(sendmail.port, SENDER, [s.people.emma.address],
                 message(SENDER, s.people.emma.address))
    require(reply.code == 550 and reply.enhanced == "5.7.5", reply)
    require("expired" in reply.text, reply)
    require(daemon.record(s.people.emma.address)["reason"] == "expired", "not recorded")
    s.sink.clear()
    with Client(sendmail.port) as session:
        require(session.mail(SENDER, ["SIZE=1000", "RET=HDRS"])[0] == 250, "MAIL with parameters")
        require(session.rcpt(anna.address, ["NOTIFY=FAILURE,DELAY"])[0] == 250, "RCPT with one")
        require(session.data(data)[0] == 250, "refused for its parameters")
    check_sealed(s, s.sink.wait_for(anna.address), anna, data, "aes256-cbc")


def test_a_tcp_socket_serves_as_well(s):
    port = free_port()
    s.daemon(listen=f"inet:{port}@127.0.0.1")
    postfix = Postfix(s.place, s.sink, milter=f"inet:127.0.0.1:{port}")
    anna = s.people.anna
    data = message(SENDER, anna.address, body=CANARY + "\r\n")
    require(send(postfix.port, SENDER, [anna.address], data).code == 250, "refused")
    check_sealed(s, s.sink.wait_for(anna.address), anna, data, "aes256-cbc")


def test_a_message_for_one_recipient_at_a_time_gets_each_its_best(s):
    """The recommended set-up: three recipients and a Bcc of one message, each sealed or refused by
    itself, and the Bcc disclosed to nobody."""
    postfix = s.postfix()
    daemon = s.daemon(postfix=postfix)
    anna, bruno, emma, dora = s.people.anna, s.people.bruno, s.people.emma, s.people.dora
    data = message(SENDER, [anna.address, bruno.address, emma.address], body=CANARY + "\r\n")
    everyone = [person.address for person in (anna, bruno, emma, dora)]
    reply = send(postfix.front_port, SENDER, everyone, data)
    require(reply.code == 250, reply)
    for person, cipher in ((anna, "aes256-cbc"), (bruno, "aes128-cbc"), (dora, "aes256-cbc")):
        arrived = s.sink.wait_for(person.address)
        require(arrived.recipients == [person.address], arrived.recipients)
        sealed = check_sealed(s, arrived, person, data, cipher)
        if person is not dora:
            require(not sealed.opens_with(dora.identity), "the Bcc is disclosed")
            require(dora.identity.serial() not in sealed.serials(), "the Bcc is disclosed")
            require(dora.address.encode() not in arrived.data, "the Bcc is named")
    bounce = s.sink.wait_for(SENDER)
    words = re.sub(rb"\s+", b" ", bounce.data)
    require(bounce.sender == "" and emma.address.encode() in words, bounce.data)
    require(b"has expired" in words and b"Test Issuing CA" in words, "our words are not in it:",
            bounce.data)
    require(CANARY not in str([m.data for m in s.sink.all() if m is not bounce]), "readable")
    require(len(s.sink.all()) == 4, "something else was delivered")
    require(daemon.record(emma.address)["action"] == "refuse", "not recorded")


def test_mail_by_the_sendmail_command_goes_one_recipient_at_a_time(s):
    """And what Postfix adds by itself before the filter, it does not add again behind it."""
    anna, emma, rolf = s.people.anna, s.people.emma, s.people.rolf
    postfix = Postfix(s.place, s.sink, local_seal=True, more=f"always_bcc = {rolf.address}")
    s.daemon(postfix=postfix)
    data = message(SENDER, [anna.address, emma.address], body=CANARY + "\r\n")
    postfix.sendmail(SENDER, [anna.address, emma.address], data)
    check_sealed(s, s.sink.wait_for(anna.address), anna, data, "aes256-cbc")
    bounce = s.sink.wait_for(SENDER)
    require(bounce.sender == "" and emma.address.encode() in bounce.data, bounce.data)
    s.sink.wait_for(rolf.address)
    wait_until(postfix.queue_is_empty, "everything is delivered")
    require(not s.sink.to(emma.address), "delivered all the same")
    require(len(s.sink.to(anna.address)) == 1, "twice to anna")
    require(len([m for m in s.sink.to(rolf.address) if m.sender]) == 1, "two blind copies")
