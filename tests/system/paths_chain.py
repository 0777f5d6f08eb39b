"""Rows for test_paths: signatures, validity, names, CAs, usage, and ways through many CAs."""
import der
from paths_pki import (ALTERNATIVE, ANY_USAGE, BASIC, CN, DC, EMAIL, END, EXTENDED, FAR, FUTURE,
                       LONG_AGO, MAIL, NOW, O, PAST, SERVER, START, UNKNOWN, USAGE,
                       alternative, basic, ca, constraints, dns, extended, extension, key, leaf,
                       line, mail, name, root, usage, utf8_mail)

FORGED, TIME, ISSUE = "is not signed by the key", "expired on", "may not issue"
UNREADABLE = "an extension of the certificate can't be read"

SIGNATURES = [
    ("a sound chain", "ok", "", line()),
    ("a sound chain of RSA", "ok", "",
     line({"own_key": "rsa2048 root"}, [{"key": "rsa2048 ca"}])),
    ("no intermediate at all", "ok", "", line(cas=[])),
    ("4.1.1.3 the end entity is forged", "invalid-chain", FORGED, leaf(forge=True)),
    ("4.1.1.3 the intermediate is forged", "invalid-chain", FORGED, ca(forge=True)),
    ("4.1.1.3 the upper of two intermediates is forged", "invalid-chain", FORGED,
     line(cas=[{"forge": True}, {}])),
    ("4.1.1.3 an anchor's own signature does not matter", "ok", "", root(forge=True)),
    ("4.1.1.3 an empty signature", "invalid-chain", FORGED, leaf(signature=b"")),
    ("4.1.1.3 a signature that is no DER", "invalid-chain", FORGED, leaf(signature=b"\x30\x05\x02")),
    ("4.1.1.2 the two algorithms differ", "invalid-chain", FORGED,
     leaf(inner=lambda g: key("ca1").algorithm("sha384"))),
    ("4.1.1.2 the outer algorithm is another key's", "invalid-chain", FORGED,
     leaf(outer=lambda g: key("rsa2048 ca").algorithm("sha256"))),
    ("4.1.1.2 an unknown algorithm", "invalid-chain", "unsupported algorithm",
     leaf(inner=der.sequence(der.oid(UNKNOWN)), outer=der.sequence(der.oid(UNKNOWN)))),
    ("the end entity is signed with SHA-1", "weak-digest", "sha1", leaf(digest="sha1")),
    ("the intermediate is signed with SHA-1", "weak-digest", "sha1", ca(digest="sha1")),
    ("the upper of two intermediates is signed with SHA-1", "weak-digest", "sha1",
     line(cas=[{"digest": "sha1"}, {}])),
    ("the end entity is signed with MD5", "weak-digest", "md5",
     line(cas=[{"key": "rsa2048 ca"}], leaf={"digest": "md5"})),
    ("a root signed with SHA-1 is a root", "ok", "", root(digest="sha1")),
    ("a root signed with MD5 is a root", "ok", "",
     root(own_key="rsa2048 root", digest="md5")),
    ("SHA-224 is the least", "ok", "", leaf(digest="sha224")),
    ("SHA-384", "ok", "", leaf(digest="sha384")),
    ("the end entity's RSA key is short", "weak-key", "1024 bits",
     leaf(own_key="rsa1024", extensions=[usage("keyEncipherment")])),
    ("the intermediate's RSA key is short", "weak-key", "1024 bits", ca(key="rsa1024")),
    ("the anchor's RSA key is short", "weak-key", "1024 bits", root(own_key="rsa1024")),
    ("the end entity's curve is short", "weak-key", "224 bits", leaf(own_key="p224")),
    ("the intermediate's curve is short", "weak-key", "224 bits", ca(key="p224")),
]

VALIDITY = [
    ("the end entity has expired", "expired", TIME, leaf(end=PAST)),
    ("the end entity is not valid yet", "not-yet-valid", "valid from", leaf(start=FUTURE)),
    ("the intermediate has expired", "invalid-chain", TIME, ca(end=PAST)),
    ("the intermediate is not valid yet", "invalid-chain", "valid only from", ca(start=FUTURE)),
    ("the upper of two intermediates has expired", "invalid-chain", TIME,
     line(cas=[{"end": PAST}, {}])),
    ("an anchor's validity counts: expired", "invalid-chain", TIME, root(end=PAST)),
    ("an anchor's validity counts: not yet", "invalid-chain", "valid only from",
     root(start=FUTURE)),
    ("validity is not nested", "ok", "", line({"end": "20260602000000Z"}, leaf={"end": FAR})),
    ("valid from this second on", "ok", "", leaf(start=NOW)),
    ("valid from the next second on", "not-yet-valid", "", leaf(start="20260601120001Z")),
    ("over at the second of notAfter", "expired", "", leaf(end=NOW)),
    ("valid until the next second", "ok", "", leaf(end="20260601120001Z")),
    ("an intermediate is over at the second of notAfter", "invalid-chain", TIME, ca(end=NOW)),
    ("4.1.2.5.1 UTCTime of 1950", "ok", "", leaf(start="19500101000000Z")),
    ("4.1.2.5.1 UTCTime of 2049", "ok", "", leaf(end="20491231235959Z")),
    ("4.1.2.5.1 UTCTime of 50 is 1950", "expired", "1950",
     leaf(start="500101000000Z", start_kind=der.UTC, end="501231235959Z", end_kind=der.UTC)),
    ("4.1.2.5.2 GeneralizedTime of 2050", "ok", "", leaf(end="20500101000000Z")),
    ("4.1.2.5 there is no end", "ok", "", leaf(end="99991231235959Z")),
    ("4.1.2.5.2 GeneralizedTime before 2050 is taken", "ok", "",
     leaf(start=START, start_kind=der.GENERALIZED, end=END, end_kind=der.GENERALIZED)),
    ("4.1.2.5.2 GeneralizedTime before 2050 is taken at a CA", "ok", "",
     ca(start="18500101000000Z", end=END, end_kind=der.GENERALIZED)),
    ("4.1.2.5.1 UTCTime without seconds", "invalid-chain", "beginning of validity",
     leaf(start="2501010000Z", start_kind=der.UTC)),
    ("4.1.2.5.1 UTCTime with a zone", "invalid-chain", "beginning of validity",
     leaf(start="250101000000+0100", start_kind=der.UTC)),
    ("4.1.2.5.2 GeneralizedTime with a fraction", "invalid-chain", "end of validity",
     leaf(end="20600101000000.5Z", end_kind=der.GENERALIZED)),
    ("4.1.2.5.2 GeneralizedTime without a zone", "malformed", "",
     leaf(end="20600101000000", end_kind=der.GENERALIZED)),
    ("a month that is none", "malformed", "notAfter is not a time",
     leaf(end="20301301000000Z")),
    ("a CA's time that is none: it is no certificate", "untrusted-issuer", "not published",
     ca(end="20301301000000Z")),
]


def named(issuer_says, leaf_says):
    """The CA names itself so, and the end entity names it so."""
    def build(g):
        authority = g.ca(g.root(), subject=name((O, f"Row {g.number}"), *issuer_says))
        g.leaf(authority, issuer_name=name((O, f"Row {g.number}"), *leaf_says))
    return build


UNTRUSTED = ("untrusted-issuer", "is not trusted")

NAMES = [
    ("6.1.3 a issuer is another", *UNTRUSTED, named(["CA"], ["CB"])),
    ("7.1 case does not matter", "ok", "", named(["The CA"], ["THE ca"])),
    ("7.1 outer spaces do not matter", "ok", "", named(["The CA"], [" The CA  "])),
    ("7.1 inner spaces count as one", "ok", "", named(["The CA"], ["The   CA"])),
    ("7.1 a missing space counts", *UNTRUSTED, named(["The CA"], ["TheCA"])),
    ("7.1 PrintableString and UTF8String", "ok", "",
     named([(CN, der.printable("The CA"))], [(CN, der.utf8("The CA"))])),
    ("7.1 PrintableString and UTF8String, case and spaces", "ok", "",
     named([(CN, der.printable("The CA"))], [(CN, der.utf8("the  ca "))])),
    ("7.1 BMPString and UTF8String", "ok", "",
     named([(CN, der.bmp("Müller"))], [(CN, der.utf8("Müller"))])),
    ("7.1 TeletexString and UTF8String", "ok", "",
     named([(CN, der.teletex("Müller"))], [(CN, der.utf8("Müller"))])),
    ("7.1 non-ASCII letters keep their case", *UNTRUSTED, named(["MÜLLER"], ["MüLLER"])),
    ("4.1.2.4 domainComponent", "ok", "",
     named([(DC, "example"), (DC, "Corp")], [(DC, "example"), (DC, "corp")])),
    ("7.1 the order of RDNs counts", *UNTRUSTED,
     named([(DC, "example"), (DC, "corp")], [(DC, "corp"), (DC, "example")])),
    ("7.1 an attribute more counts", *UNTRUSTED, named(["CA"], ["CA", "CA"])),
    ("4.1.2.4 a long name", "ok", "", named(["x" * 500], ["x" * 500])),
    ("4.1.2.4 an empty issuer", *UNTRUSTED, leaf(issuer_name=name())),
    ("4.1.2.6 an empty subject, critical alternative name", "ok", "",
     leaf(subject=name(), extensions=[lambda g: alternative(mail(g.address), critical=True)])),
    ("4.1.2.6 an empty subject, alternative name not critical, is taken", "ok", "",
     leaf(subject=name())),
    ("4.1.2.6 no name at all", "address-mismatch", "no mail address",
     leaf(subject=name(), without=[ALTERNATIVE])),
    ("the address in the subject", "ok", "",
     leaf(subject=lambda g: name("Leaf", (EMAIL, g.address)), without=[ALTERNATIVE])),
    ("an address in the alternative name hides the subject's", "address-mismatch", "other@",
     leaf(subject=lambda g: name("Leaf", (EMAIL, g.address)),
          extensions=[alternative(mail("other@chain.example"))])),
    ("an alternative name without address does not", "ok", "",
     leaf(subject=lambda g: name("Leaf", (EMAIL, g.address)),
          extensions=[alternative(dns("host.example"))])),
    ("the second address counts", "ok", "",
     leaf(extensions=[lambda g: alternative(mail("other@chain.example"), mail(g.address))])),
    ("an SmtpUTF8Mailbox", "ok", "",
     leaf(extensions=[lambda g: alternative(utf8_mail(g.address))])),
    ("a NUL in the address", "address-mismatch", "",
     leaf(extensions=[lambda g: alternative(mail(g.address + "\0.evil.example"))])),
    ("the address of a domain that begins likewise", "address-mismatch", "",
     leaf(extensions=[lambda g: alternative(mail(g.address + ".evil.example"))])),
    ("two alternative names extensions", "malformed", "",
     leaf(extensions=[lambda g: alternative(mail(g.address)),
                      lambda g: alternative(mail("other@chain.example"))])),
    ("4.1.2.2 a negative serial number", "ok", "", leaf(serial=-5)),
    ("4.1.2.2 a serial number of zero", "ok", "", leaf(serial=0)),
    ("4.1.2.2 a serial number of 20 octets", "ok", "", leaf(serial=2 ** 158 + 1)),
    ("4.1.2.2 a serial number of 64 octets is taken", "ok", "", leaf(serial=2 ** 510)),
    ("4.1.2.2 a serial number of 65 octets", "malformed", "serial", leaf(serial=2 ** 518)),
    ("4.2.1.1 no key identifiers", "ok", "",
     line({"subject_key": False}, [{"subject_key": False, "issuer_key": False}],
          {"issuer_key": False})),
    ("4.2.1.1 another issuer's key identifier", "incomplete-chain", "missing",
     leaf(issuer_key=b"\1" * 20)),
    ("4.2.1.1 the issuer by name and serial", "ok", "",
     lambda g: issuer_and_serial(g, 0)),
    ("4.2.1.1 another issuer's serial", "incomplete-chain", "missing",
     lambda g: issuer_and_serial(g, 1)),
]


def issuer_and_serial(g, off):
    top = g.root()
    authority = g.ca(top)
    g.leaf(authority, issuer_key=(None, top.subject, authority.serial + off))


def longest(length):
    return line(cas=[{}] * length)


def length(*limits, leaf_says=None):
    return line(cas=[{"extensions": [basic(length=limit)]} for limit in limits], leaf=leaf_says)


def self_issued(limit, *, leaf_is_ca=False):
    """root -> CA with a limit -> the same CA's new key -> end entity."""
    def build(g):
        old = g.ca(g.root(), own_key="old", extensions=[basic(length=limit)])
        new = g.ca(old, own_key="new")
        if leaf_is_ca:
            new = g.ca(new, "Below", "below")
        g.leaf(new)
    return build


def rollover(g):
    """RFC 4210 4.4: old-with-new and new-with-old; the end entity is of the new key, the old one
    is trusted."""
    old = g.root(own_key="old root")
    new = g.root(own_key="new root", anchor=False)
    g.ca(new, subject=old.subject, own_key="old root")
    g.ca(old, subject=new.subject, own_key="new root")
    g.leaf(g.ca(new))


AUTHORITIES = [
    ("4.2.1.9 the intermediate has no basicConstraints", "invalid-chain", ISSUE,
     ca(without=[BASIC])),
    ("4.2.1.9 the intermediate is no CA", "invalid-chain", ISSUE,
     ca(extensions=[basic(False)])),
    ("4.2.1.9 the upper of two intermediates is no CA", "invalid-chain", ISSUE,
     line(cas=[{"extensions": [basic(False)]}, {}])),
    ("4.2.1.9 an end entity issues", "invalid-chain", ISSUE,
     lambda g: g.leaf(g.ca(g.ca(g.root()), "Not a CA", "ee", without=[BASIC, USAGE],
                           extensions=[usage("digitalSignature keyAgreement")]))),
    ("4.2.1.9 basicConstraints of a CA that are not critical are taken", "ok", "",
     ca(extensions=[basic(critical=False)])),
    ("4.2.1.9 an anchor without basicConstraints, version 1", "ok", "",
     root(version=0)),
    ("4.2.1.9 an anchor that says it is no CA", "invalid-chain", ISSUE,
     root(extensions=[basic(False)])),
    ("4.2.1.9 an intermediate of version 1", "invalid-chain", ISSUE, ca(version=0)),
    ("4.2.1.9 a path length of 0 allows an end entity", "ok", "", length(0)),
    ("4.2.1.9 a path length of 0 allows no CA", "invalid-chain", "so long", length(0, None)),
    ("4.2.1.9 a path length of 1 allows one CA", "ok", "", length(1, 0)),
    ("4.2.1.9 a path length of 1 allows no two", "invalid-chain", "so long",
     length(1, None, None)),
    ("4.2.1.9 a lower CA can't widen", "invalid-chain", "so long", length(0, 5)),
    ("4.2.1.9 a path length below the anchor's", "invalid-chain", "so long",
     line({"extensions": [basic(length=0)]})),
    ("4.2.1.9 a path length of the anchor that is kept", "ok", "",
     line({"extensions": [basic(length=1)]})),
    ("4.2.1.9 6 4 0 with enough room", "ok", "", length(6, 4, 0)),
    ("4.2.1.9 a path length and a CA as end entity", "ok", "",
     length(1, leaf_says={"extensions": [
         basic(), usage("keyAgreement keyCertSign")]})),
    ("6.1.4 l self-issued CAs do not count", "ok", "", self_issued(0)),
    ("6.1.4 l but those below do", "invalid-chain", "so long",
     self_issued(0, leaf_is_ca=True)),
    ("6.1.4 l a path length of 1, a self-issued CA and one below", "ok", "",
     self_issued(1, leaf_is_ca=True)),
    ("a path length where no CA is, is taken", "ok", "",
     leaf(extensions=[basic(False, length=0)])),
    ("a negative path length", "malformed", "", leaf(extensions=[basic(length=-1)])),
    ("a CA's negative path length", "invalid-chain", "can't be read", ca(extensions=[basic(length=-1)])),
    ("4.2.1.3 the CA may not sign certificates", "invalid-chain", "",
     ca(extensions=[usage("cRLSign digitalSignature")])),
    ("4.2.1.3 the CA may not sign certificates, not critical", "invalid-chain", "",
     ca(extensions=[usage("cRLSign", critical=False)])),
    ("4.2.1.3 the anchor may not sign certificates", "invalid-chain", "",
     root(extensions=[usage("cRLSign")])),
    ("4.2.1.3 a CA without key usage", "ok", "", ca(without=[USAGE])),
    ("4.2.1.12 the CA is for servers", "invalid-chain", "not meant",
     ca(extensions=[extended(SERVER)])),
    ("4.2.1.12 the CA is for mail", "ok", "", ca(extensions=[extended(MAIL, SERVER)])),
    ("4.2.1.12 the CA is for anything", "ok", "", ca(extensions=[extended(ANY_USAGE)])),
    ("4.2.1.12 the upper of two CAs is for servers", "invalid-chain", "not meant",
     line(cas=[{"extensions": [extended(SERVER)]}, {}])),
    ("4.2.1.12 what an anchor is for does not matter", "ok", "",
     root(extensions=[extended(SERVER)])),
    ("4.2 an unknown extension", "ok", "", leaf(extensions=[extension(UNKNOWN, b"\5\0")])),
    ("4.2 an unknown critical extension", "invalid-chain", "critical extension",
     leaf(extensions=[extension(UNKNOWN, b"\5\0", True)])),
    ("4.2 an unknown critical extension of a CA", "invalid-chain", "critical extension",
     ca(extensions=[extension(UNKNOWN, b"\5\0", True)])),
    ("4.2 an unknown critical extension of the anchor", "invalid-chain", "critical extension",
     root(extensions=[extension(UNKNOWN, b"\5\0", True)])),
    ("4.2 an unknown extension twice", "malformed", "twice",
     leaf(extensions=[extension(UNKNOWN, b"\5\0"), extension(UNKNOWN, b"\5\0")])),
    ("4.2 an unknown extension of a CA twice", "invalid-chain", "twice",
     ca(extensions=[extension(UNKNOWN, b"\5\0"), extension(UNKNOWN, b"\5\0")])),
    ("4.2 key usage twice", "malformed", UNREADABLE,
     leaf(extensions=[usage("keyAgreement"), usage("digitalSignature")])),
    ("4.2 basicConstraints of a CA twice", "invalid-chain", "can't be read",
     ca(extensions=[basic(False), basic()])),
    ("8 intermediates", "ok", "", longest(8)),
    ("9 intermediates", "invalid-chain", "too long", longest(9)),
    ("20 intermediates", "invalid-chain", "too long", longest(20)),
    ("the end entity itself is an anchor", "ok", "",
     lambda g: g.anchors.append(g.leaf(g.ca(g.root(anchor=False))).der)),
    ("an intermediate is an anchor, and its issuer unknown", "ok", "",
     lambda g: (g.leaf(top := g.ca(g.root(anchor=False), published=False)),
                g.anchors.append(top.der))),
    ("a self-signed end entity", "untrusted-issuer", "self-signed",
     lambda g: g.leaf(None)),
    ("a missing intermediate", "untrusted-issuer", "not published", ca(published=False)),
    ("a root that is not trusted", "untrusted-issuer", "not trusted",
     lambda g: (g.leaf(g.ca(top := g.root(anchor=False))), g.published.append(top.der))),
    ("a root of the trusted one's name with another key", "untrusted-issuer", "another key",
     lambda g: (g.root(), g.leaf(g.ca(top := g.root(own_key="evil", anchor=False))),
                g.published.append(top.der))),
    ("a CA signed by a stranger who names a trusted root", "invalid-chain", FORGED,
     lambda g: (g.root(), g.leaf(g.ca(g.root(own_key="evil", anchor=False), issuer_key=False)))),
    ("4.4 of RFC 4210: a root's new key signed with the old one", "ok", "", rollover),
    ("odd: an indefinite length", "ok", "", leaf(wrap=lambda *parts: der.indefinite(0x30, *parts))),
]

PLAIN = [  # key usage, what comes of it
    ("digitalSignature keyAgreement", "ok"), ("keyAgreement", "ok"),
    ("keyAgreement encipherOnly", "ok"), ("digitalSignature", "wrong-usage"),
    ("nonRepudiation", "wrong-usage"), ("keyEncipherment", "wrong-usage"),
    ("dataEncipherment", "wrong-usage"), ("keyCertSign", "wrong-usage"),
    ("digitalSignature keyEncipherment keyAgreement", "ok")]
PLAIN_RSA = [
    ("keyEncipherment", "ok"), ("digitalSignature keyEncipherment", "ok"),
    ("keyAgreement", "wrong-usage"), ("digitalSignature", "wrong-usage"),
    ("dataEncipherment", "wrong-usage"), ("digitalSignature nonRepudiation", "wrong-usage")]


def usages():
    for critical in (True, False):
        for words, verdict in PLAIN:
            yield (f"4.2.1.3 elliptic curve, {words}, critical {critical}", verdict, "",
                   leaf(extensions=[usage(words, critical)]))
        for words, verdict in PLAIN_RSA:
            yield (f"4.2.1.3 RSA, {words}, critical {critical}", verdict, "",
                   leaf(own_key="rsa2048 leaf", extensions=[usage(words, critical)]))
        for identifiers, verdict in (
                ([MAIL], "ok"), ([ANY_USAGE], "ok"), ([SERVER], "wrong-usage"),
                ([SERVER, MAIL], "ok"), ([UNKNOWN], "wrong-usage"), ([UNKNOWN, ANY_USAGE], "ok")):
            yield (f"4.2.1.12 for {identifiers}, critical {critical}", verdict, "",
                   leaf(extensions=[extended(*identifiers, critical=critical)]))
    yield "4.2.1.3 no key usage", "ok", "", leaf(without=[USAGE])
    yield "4.2.1.12 no extended key usage", "ok", "", leaf(without=[EXTENDED])
    yield "4.2.1.3 an empty key usage", "malformed", "", leaf(extensions=[usage("")])


class Twins:
    """Two CAs above the end entity's: published in one order, or the other."""

    def __init__(self, good, bad, good_first):
        self.good, self.bad, self.good_first = good, bad, good_first

    def __call__(self, g):
        made = [self.good, self.bad] if self.good_first else [self.bad, self.good]
        g.leaf([make(g) for make in made][0 if self.good_first else 1])


def crossed(**bad):
    """The same CA by another root, with a certificate that is no good."""
    def make(g):
        return g.ca(g.root("Other root", "other root"), **bad)
    return make


def good(g):
    return g.ca(g.root())


WAYS = [
    ("a cross-signed CA: both ways are good", crossed()),
    ("a cross-signed CA: one way has expired", crossed(end=PAST)),
    ("a cross-signed CA: one way is not valid yet", crossed(start=FUTURE)),
    ("a cross-signed CA: one way is forged", crossed(forge=True)),
    ("a cross-signed CA: one way is no CA", crossed(extensions=[basic(False)])),
    ("a cross-signed CA: one way is for servers", crossed(extensions=[extended(SERVER)])),
    ("a cross-signed CA: one way is signed with SHA-1", crossed(digest="sha1")),
    ("a cross-signed CA: one way forbids the name",
     crossed(extensions=[constraints(permitted=[mail("other.example")])])),
    ("a cross-signed CA: one way has an unknown critical extension",
     crossed(extensions=[extension(UNKNOWN, b"\5\0", True)])),
    ("a cross-signed CA: one way's root has expired",
     lambda g: g.ca(g.root("Other root", "other root", end=PAST))),
    ("a cross-signed CA: one way's root may not be trusted",
     lambda g: g.ca(g.root("Other root", "other root", anchor=False))),
    ("a cross-signed CA: one way's root allows no such chain",
     lambda g: g.ca(g.ca(g.root("Other root", "other root", extensions=[basic(length=0)]),
                         "Middle", "middle"))),
    ("a CA of the same name with another key",
     lambda g: g.ca(g.root("Other root", "other root"), own_key="another")),
    ("a CA of the same name with another key, untrusted",
     lambda g: g.ca(g.root("Other root", "other root", anchor=False), own_key="another")),
]


def without_identifiers(make):
    """Nothing in the end entity tells which of the issuers it is."""
    def build(g):
        leaf_of = g.leaf
        g.leaf = lambda issuer: leaf_of(issuer, issuer_key=False)
        make(g)
    return build


def ways():
    for title, bad in WAYS:
        for first in (True, False):
            twins = Twins(good, bad, first)
            order = "first" if first else "last"
            yield f"{title}, the good one {order}", "ok", "", twins
            yield (f"{title}, the good one {order}, no key identifier", "ok", "",
                   without_identifiers(twins))


def crowd(count, which, identifiers):
    """So many CAs of one name, each with its own key; the end entity is of one of them."""
    def build(g):
        top = g.root()
        made = [g.ca(top, own_key=f"crowd {number}", subject_key=identifiers)
                for number in range(count)]
        g.leaf(made[which], issuer_key=identifiers)
    return build


def loop(trusted):
    """A certifies B, B certifies A; a root certifies A, or none does."""
    def build(g):
        first = g.ca(g.root(anchor=trusted), "A", "a")
        second = g.ca(first, "B", "b")
        g.ca(second, "A", "a")
        g.leaf(second)
    return build


def ring(count):
    """Every CA certifies every other, and nobody trusts any."""
    def build(g):
        made = [g.root(f"Ring {number}", f"ring {number}", anchor=False)
                for number in range(count)]
        for one in made:
            for other in made:
                if one is not other:
                    g.ca(one, subject=other.subject, own_key=other.key)
        g.leaf(made[0])
    return build


def bad_roots(g):
    """Anchors of one name with different keys: only one of them signed the CA."""
    made = [g.root(own_key=f"crowd {number}") for number in range(12)]
    g.leaf(g.ca(made[7], issuer_key=False))


def forged_crowd(g):
    """An entry full of forged CA certificates of the right name and key identifier."""
    top = g.root()
    for number in range(20):
        g.ca(top, forge=True, start=f"202501{number + 1:02}000000Z")
    g.leaf(g.ca(top, start=LONG_AGO))


def mixed_crowd(g):
    """Forged and expired, on two levels."""
    top = g.root()
    for number in range(6):
        g.ca(top, "Upper", "upper", forge=True, start=f"202501{number + 1:02}000000Z")
        g.ca(top, "Upper", "upper", end=f"202601{number + 1:02}000000Z")
    upper = g.ca(top, "Upper", "upper")
    for number in range(6):
        g.ca(upper, end=f"202601{number + 1:02}000000Z")
        g.ca(upper, forge=True, start=f"202501{number + 1:02}000000Z")
    g.leaf(g.ca(upper))


CROWDS = [
    *((f"30 CAs of one name, number {which}, key identifiers {said}", "ok", "",
       crowd(30, which, said)) for which in (0, 15, 29) for said in (True, False)),
    ("12 anchors of one name", "ok", "", bad_roots),
    ("20 forged CA certificates and a good one", "ok", "", forged_crowd),
    ("forged and expired ones on two levels", "ok", "", mixed_crowd),
    ("a loop of two CAs below a root", "ok", "", loop(True)),
    ("a loop of two CAs", "untrusted-issuer", "", loop(False)),
    ("five CAs that certify each other", "incomplete-chain", "", ring(5)),
    ("the wrong certificate is published with it", "untrusted-issuer", "",
     lambda g: (g.leaf(g.ca(g.root(), published=False)), g.ca(g.root("R2", "r2"), "CB", "cb"))),
    ("the end entity published as its own issuer", "ok", "",
     lambda g: (g.leaf(g.ca(g.root())), g.published.append(g.leaf_certificate))),
]

ROWS = [*SIGNATURES, *VALIDITY, *NAMES, *AUTHORITIES, *usages(), *ways(), *CROWDS]
