"""Attempts to get mail past the rules by what an MTA makes of it later."""
from place import require, wait_until
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
