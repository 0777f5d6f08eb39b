"""Mail that is let through as it is: inbound, no rule, never, preferred without a digital ID,
observe. None of it may be changed by a byte."""
import milter
from cms import is_sealed
from fake_ldap import FakeLdap
from place import require
from scenario import SENDER
from smtp import message, send

BODY = "Wörter,\r\n.dots\r\n\r\nand blanks  \t\r\n" + "long " * 180 + "\r\n"


def passes(s, daemon, address, reason=None, client=None, **options):
    """Sends, and compares what arrives with what arrives without any milter: identical but for
    Postfix's own Received field."""
    postfix = s.postfix()
    data = message(SENDER, address, body=BODY, **options)
    reply = send(postfix.port, SENDER, [address], data, client)
    require(reply.code == 250, reply)
    arrived = s.sink.wait_for(address)
    require(arrived.data.endswith(data), "changed:", arrived.data)
    require(arrived.data.startswith(b"Received:"), "a field was put in front:", arrived.data)
    if reason is None:
        require(not daemon.records(), "recorded:", daemon.records())
        return None
    record = daemon.record(address)
    require(record["reason"] == reason, record)
    return record


def test_inbound_mail_is_left_alone_and_asks_nobody(s):
    """A stranger's mail: nothing is looked up, recorded, said or changed."""
    fake = FakeLdap(s.place, s.people.entries())
    daemon = s.daemon(postfix=s.postfix(), directories={
        "fake": {"uri": [fake.uri], "base": "dc=x,dc=test", "tls": "never"}})
    passes(s, daemon, s.people.anna.address, client="203.0.113.9")
    passes(s, daemon, s.people.emma.address, client="203.0.113.9")
    require(fake.searches == 0, "the directory was asked")


def test_mail_that_comes_in_from_an_internal_network_is_outgoing(s):
    s.daemon(postfix=s.postfix(), top={"internal-hosts": ["192.0.2.0/24"]})
    anna, bruno = s.people.anna.address, s.people.bruno.address
    for address, client in ((anna, "192.0.2.77"), (bruno, "198.51.100.1")):
        reply = send(s.postfix().port, SENDER, [address], message(SENDER, address), client)
        require(reply.code == 250, reply)
    require(is_sealed(s.sink.wait_for(anna).data), "not sealed")
    require(not is_sealed(s.sink.wait_for(bruno).data), "a stranger's mail was sealed")


def test_an_authenticated_session_is_outgoing_wherever_it_comes_from(s):
    daemon = s.daemon()
    anna = s.people.anna.address
    for user, changed in (("employee", True), (None, False)):
        outcome = milter.send(daemon.address, SENDER, [anna], message(SENDER, anna),
                              client="203.0.113.7", user=user)
        require(outcome.changed == changed, user, outcome.verdict, outcome.reply)
    require(daemon.record(anna)["user"] == "employee", daemon.record(anna))


def test_a_rule_may_ask_for_a_user_or_a_header_field(s):
    daemon = s.daemon(rules={"boss": {"users": ["boss"], "encrypt": "required"},
                             "asked": {"header": "X-Encrypt: yes", "encrypt": "required"}})
    anna = s.people.anna.address
    for user, extra, rule in (("boss", "", "boss"), ("clerk", "", None), (None, "", None),
                              (None, "X-Encrypt: yes\r\n", "asked"),
                              ("clerk", "X-Encrypt: no\r\n", None)):
        outcome = milter.send(daemon.address, SENDER, [anna],
                              message(SENDER, anna, extra=extra), user=user)
        require(outcome.changed == (rule is not None), user, extra, outcome.reply)
        require(daemon.records()[-1]["rule"] == rule, user, extra, daemon.records()[-1])


def test_no_rule(s):
    daemon = s.daemon(postfix=s.postfix())
    record = passes(s, daemon, s.people.rolf.address, "no-rule")
    require(record["action"] == "pass", record)


def test_the_rule_says_never(s):
    daemon = s.daemon(postfix=s.postfix())
    record = passes(s, daemon, "someone@never.example", "never")
    require(record["rule"] == "never" and record["action"] == "pass", record)


def test_preferred_seals_what_can_be_sealed(s):
    daemon = s.daemon(postfix=s.postfix())
    paul = s.people.paul
    require(send(s.postfix().port, SENDER, [paul.address], message(SENDER, paul.address)).code
            == 250, "refused")
    require(is_sealed(s.sink.wait_for(paul.address).data), "not sealed")
    require(daemon.record(paul.address)["action"] == "seal", "not recorded")


def test_preferred_without_a_digital_id(s):
    daemon = s.daemon(postfix=s.postfix())
    record = passes(s, daemon, "unknown@preferred.example", "no-digital-id")
    require(record["action"] == "pass" and not record["trust_failure"], record)


def test_preferred_with_an_unusable_digital_id_is_recorded_as_a_trust_failure(s):
    daemon = s.daemon(postfix=s.postfix())
    record = passes(s, daemon, s.people.petra.address, "expired")
    require(record["action"] == "pass" and record["trust_failure"], record)


def test_preferred_may_refuse_the_unusable(s):
    s.daemon(postfix=s.postfix(), top={"unusable": "refuse"})
    petra = s.people.petra.address
    reply = send(s.postfix().port, SENDER, [petra], message(SENDER, petra))
    require(reply.code == 550 and reply.enhanced == "5.7.5", reply)


def test_observe_changes_nothing_and_says_what_would_have_been(s):
    daemon = s.daemon(postfix=s.postfix(), top={"mode": "observe"})
    record = passes(s, daemon, s.people.anna.address, "sealed")
    require(record["action"] == "pass" and record["would"] == "seal", record)
    record = passes(s, daemon, s.people.emma.address, "expired")
    require(record["action"] == "pass" and record["would"] == "refuse", record)
    require(record["mode"] == "observe", record)


def test_one_rule_may_observe_while_others_act(s):
    rules = {"trial": {"recipients": ["emma@partner.example"], "encrypt": "required",
                       "mode": "observe"},
             "partners": {"recipients": ["@partner.example"], "encrypt": "required"}}
    daemon = s.daemon(postfix=s.postfix(), rules=rules)
    passes(s, daemon, s.people.emma.address, "expired")
    nobody = s.people.nobody.address
    reply = send(s.postfix().port, SENDER, [nobody], message(SENDER, nobody))
    require(reply.code == 550, reply)


def test_the_null_sender_is_matched_as_such(s):
    rules = {"bounces": {"senders": ["<>"], "encrypt": "never"},
             "partners": {"recipients": ["@partner.example"], "encrypt": "required"}}
    daemon = s.daemon(postfix=s.postfix(), rules=rules)
    anna = s.people.anna.address
    require(send(s.postfix().port, "", [anna], message(SENDER, anna)).code == 250, "refused")
    require(not is_sealed(s.sink.wait_for(anna).data), "sealed")
    require(daemon.record(anna)["rule"] == "bounces", daemon.record(anna))
