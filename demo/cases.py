"""What the demonstration shows, case by case."""

SENDER = "sender@corp.example"

RULES = {
    "partners": {"recipients": ["@partner.example"], "encrypt": "required",
                 "unknown-capabilities": "assume", "assumed-cipher": "aes256-cbc"},
    "strict": {"recipients": ["@strict.example"], "encrypt": "required",
               "unknown-capabilities": "refuse"},
    "marked": {"subject": "[secure]", "encrypt": "required"},
}

# From tests/system/people.py.
PEOPLE = ("anna", "bruno", "clara", "david", "emma", "felix", "greta", "nobody", "rolf")


class Case:
    """to, bcc: names of people. arrives: who must get it (default: all, if it is accepted).
    sealed: for whom of them it must be encrypted (default: all of them)."""

    def __init__(self, title, about, to, code=250, bcc=(), arrives=None, sealed=None,
                 encrypt=None, client=None, one_at_a_time=False, bounces=False):
        self.title = title
        self.about = about
        self.to = to
        self.bcc = bcc
        self.code = code
        self.arrives = arrives if arrives is not None else (*to, *bcc)
        self.sealed = sealed if sealed is not None else self.arrives
        self.encrypt = encrypt
        self.client = client
        self.one_at_a_time = one_at_a_time
        self.bounces = bounces
        self.subject = title
        self.body = f"What only {' and '.join(to)} should read.\r\n"


CASES = [
    Case("A signed blob that advertises AES",
         "The directory says, signed by the recipient, what her software can read.", ("anna",)),
    Case("Only userCertificate, under “assume”",
         "Nothing is known of the ciphers: an old client would fall back to 40 bits. The rule "
         "says what to assume instead.", ("clara",)),
    Case("Only userCertificate, under “refuse”",
         "The same, where the rule doesn't assume anything.", ("david",), code=550),
    Case("Expired", "The published certificate ran out three weeks ago.", ("emma",), code=550),
    Case("Issued by a CA that is not trusted", "An administrator learns whom to decide about.",
         ("felix",), code=550),
    Case("A stale blob beside a good certificate",
         "The old digital ID was never cleaned up after renewal. Old clients use it, and the "
         "recipient can't read the mail; we use the good one.", ("greta",)),
    Case("No entry in the directory", "", ("nobody",), code=550),
    Case("Two recipients with different capabilities",
         "One body for both: the strongest cipher that both can read.", ("anna", "bruno")),
    Case("A Bcc", "The recipient list of an encrypted message would disclose her to the other.",
         ("anna",), bcc=("bruno",), code=550),
    Case("The same and an expired one, one recipient at a time",
         "With the set-up that the manual recommends, each gets a message of its own, and only "
         "the one that can't be encrypted comes back.", ("anna", "emma"), bcc=("bruno",),
         arrives=("anna", "bruno"), one_at_a_time=True, bounces=True),
    Case("The client encrypted it, with 40-bit RC2",
         "The sender believed it was safe.", ("anna",), code=550, encrypt="rc2-40-cbc"),
    Case("A domain with no rule", "Not our business: passes as it is.", ("rolf",), sealed=()),
    Case("An inbound message", "From a stranger's address: left alone, and nothing said.",
         ("anna",), sealed=(), client="203.0.113.9"),
]
