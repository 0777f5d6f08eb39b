"""Rows for test_paths: CRLs (RFC 5280 sections 5 and 6.3), in a section that demands them.

Good means a CRL says so for each link; where one can't be had for sure, the verdict is
revocation-unavailable.
"""
import der
from paths_pki import (FAR, FUTURE, LONG_AGO, PAST, UNKNOWN, basic, entry, extension,
                       issuing_point, key, name, point, points, usage)

REVOKED, UNAVAILABLE = "revoked", "revocation-unavailable"
EXPIRED_LITTLE, EXPIRED_LONG = "20260601000000Z", "20260520000000Z"  # the grace is a day
URL, OTHER_URL = "http://crl.invalid/a.crl", "http://crl.invalid/b.crl"
HOLD, REMOVE, COMPROMISE = 6, 8, 1


class Chain:
    """A root, a CA, an end entity, each a CRL. What is to be said of the root's CRL (upper), the CA's
    (lower), and the certificates is given by name; lower None: there is none. Revoked: "leaf", "ca".
    """

    def __init__(self, upper=(), lower=(), revoked="", top=(), middle=(), end=(), after=None):
        self.upper, self.lower, self.revoked, self.after = upper, lower, revoked, after
        self.top, self.middle, self.end = dict(top), dict(middle), dict(end)

    def __call__(self, g):
        top = g.root(**self.top)
        middle = g.ca(top, **self.middle)
        end = g.leaf(middle, **self.end)
        if self.upper is not None:
            g.crl(top, [middle] if "ca" in self.revoked else [], **dict(self.upper))
        if self.lower is not None:
            says = dict(self.lower)
            if "entries" not in says:
                says["entries"] = [end] if "leaf" in self.revoked else []
            g.crl(middle, **{word: value(g, end) if callable(value) else value
                             for word, value in says.items()})
        if self.after:
            self.after(g, top, middle, end)


def lower(revoked="", **says):
    return Chain(lower=says, revoked=revoked)


def scope(revoked="", certificate_points=(), **says):
    """The CA's CRL with an issuing distribution point; the certificate's own points."""
    end = {"extensions": [points(*certificate_points)]} if certificate_points else {}
    return Chain(lower={"extensions": [issuing_point(**says)]}, revoked=revoked, end=end)


def listed(*entries_of):
    """Entries that name the end entity's serial number."""
    return lambda g, end: [one(end.serial) if callable(one) else one for one in entries_of]


def because(reason, **says):
    return listed(lambda serial: entry(serial, reason=reason, **says))


def others(g, end):
    return [number for number in range(100000, 100500) if number != end.serial]


def also(**says):
    """One more CRL of the CA."""
    def after(g, _top, middle, end):
        g.crl(middle, **{word: value(g, end) if callable(value) else value
                         for word, value in says.items()})
    return after


def delta(base):
    return extension("2.5.29.27", der.integer(base), True)


def separate_key(say_usage="cRLSign", revoked=False, stranger=False):
    """RFC 5280 6.3.3 (f): the CA signs its CRLs with another key of its own."""
    def build(g):
        top = g.root()
        middle = g.ca(top)
        above = g.root("Other root", "other root") if stranger else top
        signer = g.ca(above, own_key="crl key", extensions=[basic(False), usage(say_usage)])
        g.crl(top, [signer] if revoked else [])
        g.leaf(middle)
        g.crl(signer)
    return build


def third_party(say_usage="cRLSign", listing=False):
    """The CA's points name somebody else for its CRL, whose certificate is published."""
    def build(g):
        top = g.root()
        middle = g.ca(top)
        third = g.ca(top, "CRLs", "crl key", extensions=[basic(False), usage(say_usage)])
        end = g.leaf(middle, extensions=[points(point(URL, issuer=third.subject))])
        of_ca = extension("2.5.29.29", der.sequence(der.explicit(4, middle.subject)), True)
        g.crl(top)
        g.crl(third, [entry(end.serial, extensions=[of_ca])] if listing else [],
              extensions=[issuing_point(URL, flags=[4])])
    return build


def rollover(signed_with):
    """A CA with a new key, self-issued with the old one; one of them signs the CRL."""
    def build(g):
        top = g.root()
        old = g.ca(top, own_key="old")
        new = g.ca(old, own_key="new")
        g.crl(top)
        g.leaf(new)
        g.crl(new if signed_with == "new" else old)
    return build


def impostor(g, _top, _middle, end):
    """Another CA of the same name under another root signs a newer CRL."""
    other = g.ca(g.root("Other root", "other root"), own_key="impostor", subject=g.name("CA"))
    g.crl(other, [end], start="20260520000000Z")


def two_ways(g):
    """The CA is certified by two roots; one has revoked it."""
    bad, good = g.root("Root 1", "root 1"), g.root("Root 2", "root 2")
    revoked, middle = g.ca(bad), g.ca(good)
    g.crl(bad, [revoked])
    g.crl(good)
    g.leaf(middle)
    g.crl(middle)


def indirect(listed_as, trusted=True):
    """The root's CRL speaks for the CA's certificates; listed_as: the issuer that its entry names."""
    def build(g):
        top = g.root()
        middle = g.ca(top)
        issuer = top
        if not trusted:
            issuer = g.root("Stranger", "stranger", anchor=False)
        end = g.leaf(middle, extensions=[points(point(URL, issuer=issuer.subject))])
        of = {"ca": middle.subject, "root": top.subject}.get(listed_as)
        entries = []
        if of:
            entries.append(entry(end.serial, extensions=[extension(
                "2.5.29.29", der.sequence(der.explicit(4, of)), True)]))
        g.crl(top)
        g.crl(issuer, entries, extensions=[issuing_point(URL, flags=[4])], start="20260520000000Z")
    return build


GRACE = [
    ("all good", "ok", "", lower()),
    ("the end entity is revoked", REVOKED, "revoked on 2020-01-01", lower("leaf")),
    ("the CA is revoked", REVOKED, "CA certificate", lower("ca")),
    ("both are revoked", REVOKED, "", lower("leaf ca")),
    ("others are revoked", "ok", "", lower(entries=others)),
    ("many are revoked, the end entity among them", REVOKED, "",
     lower(entries=lambda g, end: [*others(g, end), end.serial])),
    ("no CRL of the CA", UNAVAILABLE, "no CRL", Chain(lower=None)),
    ("no CRL of the root", UNAVAILABLE, "CA certificate", Chain(upper=None)),
    ("no CRL of the root, the end entity revoked", REVOKED, "",
     Chain(upper=None, revoked="leaf")),
    ("5.1.2.5 expired within the grace", "ok", "", lower(until=EXPIRED_LITTLE)),
    ("5.1.2.5 expired beyond the grace", UNAVAILABLE, "expired on", lower(until=EXPIRED_LONG)),
    ("5.1.2.5 expired beyond the grace, and revoked", REVOKED, "",
     lower("leaf", until=EXPIRED_LONG)),
    ("5.1.2.5 the root's expired beyond the grace", UNAVAILABLE, "expired on",
     Chain(upper={"until": EXPIRED_LONG})),
    ("5.1.2.4 dated in the future", UNAVAILABLE, "future", lower(start=FUTURE, until=FAR)),
    ("5.1.2.5 valid until beyond 2050", "ok", "", lower(until="20600101000000Z")),
    ("5.1.2.5 no next update, old", UNAVAILABLE, "", lower(until=None)),
    ("5.1.2.5 no next update, of today", "ok", "", lower(start="20260601000000Z", until=None)),
    ("forged", UNAVAILABLE, "not signed by", lower(forge=True)),
    ("forged, and the end entity in it", UNAVAILABLE, "not signed by", lower("leaf", forge=True)),
    ("signed by another key", UNAVAILABLE, "not signed by",
     lower(signer=key("crl other"), issuer_key=False)),
    ("signed with SHA-1", UNAVAILABLE, "weak", lower(digest="sha1")),
    ("another issuer's name", UNAVAILABLE, "", lower(issuer_name=name("Elsewhere"))),
    ("an impostor of the CA's name says it is revoked", "ok", "", Chain(after=impostor)),
    ("4.2.1.3 the CA may not sign CRLs", UNAVAILABLE, "may not sign",
     Chain(middle={"extensions": [usage("keyCertSign")]})),
    ("4.2.1.3 the root may not sign CRLs", UNAVAILABLE, "may not sign",
     Chain(top={"extensions": [usage("keyCertSign")]})),
    ("version 1", "ok", "", lower(version=None)),
    ("version 1, revoked", REVOKED, "", lower("leaf", version=None)),
    ("a newer one lifts it", "ok", "",
     Chain(revoked="leaf", after=also(start="20260520000000Z", number=2))),
    ("a newer one says it", REVOKED, "",
     Chain(after=also(entries=lambda g, end: [end], start="20260520000000Z", number=2))),
    ("an expired older one does not matter", "ok", "",
     Chain(after=also(start=LONG_AGO, until=PAST))),
    ("5.2 an unknown extension", "ok", "", lower(extensions=[extension(UNKNOWN, b"\5\0")])),
    ("5.2 an unknown critical extension", UNAVAILABLE, "critical",
     lower(extensions=[extension(UNKNOWN, b"\5\0", True)])),
    ("5.3 an unknown critical extension of another's entry", UNAVAILABLE, "critical",
     lower(entries=[entry(77, extensions=[extension(UNKNOWN, b"\5\0", True)])])),
    ("5.3 an unknown extension of another's entry", "ok", "",
     lower(entries=[entry(77, extensions=[extension(UNKNOWN, b"\5\0")])])),
    ("5.3.1 key compromise", REVOKED, "", lower(entries=because(COMPROMISE))),
    ("5.3.1 on hold", REVOKED, "", lower(entries=because(HOLD))),
    ("5.3.1 on hold, in an expired CRL", UNAVAILABLE, "",
     lower(entries=because(HOLD), until=EXPIRED_LONG)),
    ("5.3.1 removed from the CRL", "ok", "", lower(entries=because(REMOVE))),
    ("5.3.2 revoked in the future counts", REVOKED, "",
     lower(entries=listed(lambda serial: entry(serial, FUTURE)))),
    ("a negative serial number", REVOKED, "", Chain(revoked="leaf", end={"serial": -7})),
    ("a serial number of 20 octets", REVOKED, "",
     Chain(revoked="leaf", end={"serial": 2 ** 159 - 3})),
    ("a serial number that is the other's negative", "ok", "",
     Chain(lower={"entries": [-0x7777]}, end={"serial": 0x7777})),
    ("5.2.5 for user certificates", "ok", "", scope(flags=[1])),
    ("5.2.5 for user certificates, revoked", REVOKED, "", scope("leaf", flags=[1])),
    ("5.2.5 for CA certificates", UNAVAILABLE, "another kind", scope(flags=[2])),
    ("5.2.5 for CA certificates, and the end entity in it", UNAVAILABLE, "another kind",
     scope("leaf", flags=[2])),
    ("5.2.5 for attribute certificates", UNAVAILABLE, "another kind", scope(flags=[5])),
    ("5.2.5 the root's for CA certificates", "ok", "",
     Chain(upper={"extensions": [issuing_point(flags=[2])]})),
    ("5.2.5 the root's for user certificates", UNAVAILABLE, "another kind",
     Chain(upper={"extensions": [issuing_point(flags=[1])]})),
    ("5.2.5 some reasons", UNAVAILABLE, "some reasons", scope(reasons=[1, 2])),
    ("5.2.5 some reasons, revoked", REVOKED, "", scope("leaf", reasons=[1, 2])),
    ("5.2.5 some reasons, and the others", "ok", "",
     Chain(lower={"extensions": [issuing_point(reasons=[1, 2])]},
           after=also(extensions=[issuing_point(reasons=[3, 4, 5, 6, 7, 8])]))),
    ("5.2.5 some reasons, and the others: revoked", REVOKED, "",
     Chain(lower={"extensions": [issuing_point(reasons=[1, 2])]},
           after=also(entries=lambda g, end: [end],
                      extensions=[issuing_point(reasons=[3, 4, 5, 6, 7, 8])]))),
    ("5.2.5 a point, and the certificate names it", "ok", "",
     scope(full=URL, certificate_points=[point(URL)])),
    ("5.2.5 a point, and the certificate names another", UNAVAILABLE, "another distribution point",
     scope(full=URL, certificate_points=[point(OTHER_URL)])),
    ("5.2.5 a point, and the certificate names none", UNAVAILABLE, "another distribution point",
     scope(full=URL)),
    ("5.2.5 one of two points", "ok", "",
     scope(full=URL, certificate_points=[point(OTHER_URL), point(URL)])),
    ("5.2.5 no point, and the certificate names one", "ok", "",
     Chain(end={"extensions": [points(point(URL))]})),
    ("5.2.5 a point for some reasons", UNAVAILABLE, "some reasons",
     scope(full=URL, certificate_points=[point(URL, reasons=[1])])),
    ("5.2.5 indirect, and the CA's own", "ok", "", scope(flags=[4])),
    ("5.2.5 indirect: the end entity is not in it", "ok", "", indirect("")),
    ("5.3.3 indirect: the end entity is in it", REVOKED, "", indirect("ca")),
    ("5.3.3 indirect: another issuer's certificate of that number", "ok", "", indirect("root")),
    ("indirect, of a stranger", UNAVAILABLE, "not trusted", indirect("ca", trusted=False)),
    ("5.2.4 a delta alone", UNAVAILABLE, "delta", lower(extensions=[delta(1)])),
    ("5.2.4 a delta alone, and the end entity in it", REVOKED, "",
     lower("leaf", extensions=[delta(1)])),
    ("5.2.4 a delta and its base", "ok", "",
     Chain(after=also(start="20260520000000Z", number=2, extensions=[delta(1)]))),
    ("5.2.4 a delta that says it", REVOKED, "",
     Chain(after=also(entries=lambda g, end: [end], start="20260520000000Z", number=2,
                      extensions=[delta(1)]))),
    ("5.2.4 a delta that takes it off hold", "ok", "",
     Chain(lower={"entries": because(HOLD)},
           after=also(entries=because(REMOVE), start="20260520000000Z", number=2,
                      extensions=[delta(1)]))),
    ("5.2.4 a delta to a later base does not take it off hold", REVOKED, "",
     Chain(lower={"entries": because(HOLD)},
           after=also(entries=because(REMOVE), start="20260520000000Z", number=9,
                      extensions=[delta(8)]))),
    ("6.3.3 f another key of the CA, which may sign CRLs", "ok", "", separate_key()),
    ("6.3.3 f another key of the CA, which may not", UNAVAILABLE, "",
     separate_key("digitalSignature")),
    ("6.3.3 f another key of the CA, revoked", UNAVAILABLE, "not trusted",
     separate_key(revoked=True)),
    ("6.3.3 f another key of the CA, below another anchor", UNAVAILABLE, "not trusted",
     separate_key(stranger=True)),
    ("5.2.5 indirect: by a third party of the same anchor", "ok", "", third_party()),
    ("5.2.5 indirect: by a third party, and revoked", REVOKED, "", third_party(listing=True)),
    ("5.2.5 indirect: by a third party that may not sign CRLs", UNAVAILABLE, "may not sign",
     third_party("digitalSignature")),
    ("a CA's new key signs, also for its own certificate", UNAVAILABLE, "CA certificate",
     rollover("new")),
    ("a CA's old key signs", "ok", "", rollover("old")),
    ("the CA is revoked on one of two ways", "ok", "", two_ways),
]

SOFT = [
    ("no CRL", "ok", "", Chain(upper=None, lower=None)),
    ("no CRL of the CA", "ok", "", Chain(lower=None)),
    ("expired beyond the grace", "ok", "", lower(until=EXPIRED_LONG)),
    ("forged", "ok", "", lower("leaf", forge=True)),
    ("the end entity is revoked", REVOKED, "", lower("leaf")),
    ("the CA is revoked, no CRL of the CA", REVOKED, "", Chain(lower=None, revoked="ca")),
]

TABLES = [({"revocation": "hard", "crl-grace": "1d"}, GRACE), ({"revocation": "soft"}, SOFT)]
