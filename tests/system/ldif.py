"""Directory entries as LDIF, for the embedded directory and for slapd alike."""
import base64

SUFFIX = "dc=x,dc=test"


def line(name, value):
    """One attribute line (RFC 2849): base64 wherever plain text is not safe."""
    raw = value if isinstance(value, bytes) else value.encode()
    safe = raw and all(31 < byte < 127 for byte in raw) and raw[:1] not in b" :<" \
        and raw[-1:] != b" "
    text = f"{name}: {raw.decode()}" if safe else f"{name}:: {base64.b64encode(raw).decode()}"
    return "\n ".join([text[:76]] + [text[at:at + 75] for at in range(76, len(text), 75)])


class Entry:
    def __init__(self, uid, mail, certificates=(), blobs=(), other=()):
        self.uid = uid
        self.dn = f"uid={uid},ou=people,{SUFFIX}"
        self.mail = [mail] if isinstance(mail, str) else list(mail)
        self.certificates = list(certificates)
        self.blobs = list(blobs)
        self.other = list(other)

    def text(self):
        lines = [line("dn", self.dn), "objectClass: inetOrgPerson", "objectClass: adUser"]
        if any(name.startswith("cACertificate") for name, _ in self.other):
            lines.append("objectClass: pkiCA")
        lines += [line("uid", self.uid), line("cn", self.uid), line("sn", self.uid)]
        lines += [line("mail", address) for address in self.mail]
        lines += [line("userCertificate;binary", value) for value in self.certificates]
        lines += [line("userSMIMECertificate", value) for value in self.blobs]
        lines += [line(name, value) for name, value in self.other]
        return "\n".join(lines) + "\n"


class Group:
    """A mail group. members: entries, or DNs; addresses: of members that have no entry; url: by which
    further ones are to be searched for. mail may be None."""

    def __init__(self, uid, mail, members=(), addresses=(), attribute="member", url=None):
        self.uid = uid
        self.dn = f"uid={uid},ou=people,{SUFFIX}"
        self.mail = [] if mail is None else [mail]
        self.certificates = []
        self.blobs = []
        self.attribute = attribute
        self.members = [getattr(member, "dn", member) for member in members]
        self.addresses = list(addresses)
        self.url = url

    @property
    def other(self):
        return ([(self.attribute, dn.encode()) for dn in self.members]
                + [("mgrpRFC822MailMember", address.encode()) for address in self.addresses]
                + ([("memberURL", self.url.encode())] if self.url else []))

    def text(self):
        kind = "applicationProcess" if not self.members else \
            {"member": "groupOfNames", "uniqueMember": "groupOfUniqueNames"}[self.attribute]
        lines = [line("dn", self.dn), f"objectClass: {kind}", "objectClass: mailGroup",
                 line("uid", self.uid), line("cn", self.uid)]
        lines += [line("mail", address) for address in self.mail]
        lines += [line(name, value) for name, value in self.other]
        return "\n".join(lines) + "\n"


def top():
    return (f"dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: x\no: Test\n\n"
            f"dn: ou=people,{SUFFIX}\nobjectClass: organizationalUnit\nou: people\n\n")


def text(entries, ascii_only=False):
    """ascii_only: as slapd has it, whose mail attribute holds no internationalised address."""
    if ascii_only:
        entries = [entry for entry in entries if all(map(str.isascii, entry.mail))]
    return top() + "\n".join(entry.text() for entry in entries)
