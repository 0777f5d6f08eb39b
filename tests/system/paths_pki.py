"""Chains of certificates for test_paths: sound ones, and every way in which one is not.

A Graph holds what belongs to one row of the table: its anchors, the CA certificates published with
the end entity, its CRLs. Whatever is not said of a certificate is as it should be.
"""
import hashlib
import itertools
import os

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

import der

# The moment at which rows are judged, and what is well before and after it.
NOW = "20260601120000Z"
AT = "2026-06-01T12:00:00Z"
START, END = "20250101000000Z", "20300101000000Z"
LONG_AGO, PAST = "20200101000000Z", "20260501000000Z"
FUTURE, FAR = "20260701000000Z", "20400101000000Z"

CN, O, EMAIL, DC = "2.5.4.3", "2.5.4.10", "1.2.840.113549.1.9.1", "0.9.2342.19200300.100.1.25"
ANY_POLICY = "2.5.29.32.0"
MAIL, ANY_USAGE, SERVER = "1.3.6.1.5.5.7.3.4", "2.5.29.37.0", "1.3.6.1.5.5.7.3.1"
SMTP_UTF8 = "1.3.6.1.5.5.7.8.9"
UNKNOWN = "1.2.3.4.5.6"  # no extension's

USAGES = ("digitalSignature nonRepudiation keyEncipherment dataEncipherment keyAgreement keyCertSign "
          "cRLSign encipherOnly decipherOnly").split()
DIGESTS = {"md5": hashes.MD5, "sha1": hashes.SHA1, "sha224": hashes.SHA224,
           "sha256": hashes.SHA256, "sha384": hashes.SHA384}
ALGORITHMS = {
    "ec": {"sha1": "1.2.840.10045.4.1", "sha224": "1.2.840.10045.4.3.1",
           "sha256": "1.2.840.10045.4.3.2", "sha384": "1.2.840.10045.4.3.3"},
    "rsa": {"md5": "1.2.840.113549.1.1.4", "sha1": "1.2.840.113549.1.1.5",
            "sha224": "1.2.840.113549.1.1.14", "sha256": "1.2.840.113549.1.1.11",
            "sha384": "1.2.840.113549.1.1.12"}}


class Key:
    def __init__(self, private, kind):
        self.private, self.kind = private, kind
        self.info = private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.identifier = hashlib.sha1(self.info).digest()

    def sign(self, data, digest):
        if self.kind == "rsa":
            return self.private.sign(data, padding.PKCS1v15(), DIGESTS[digest]())
        return self.private.sign(data, ec.ECDSA(DIGESTS[digest]()))

    def algorithm(self, digest):
        rest = [der.null()] if self.kind == "rsa" else []
        return der.sequence(der.oid(ALGORITHMS[self.kind][digest]), *rest)


_keys = {}


def key(name):
    """The key of this name, made when first asked for: "rsa1024…" and "rsa2048…" are RSA, "p224…"
    and all others elliptic curves."""
    if name not in _keys:
        if name.startswith("rsa"):
            _keys[name] = Key(rsa.generate_private_key(65537, int(name[3:7])), "rsa")
        else:
            curve = ec.SECP224R1() if name.startswith("p224") else ec.SECP256R1()
            _keys[name] = Key(ec.generate_private_key(curve), "ec")
    return _keys[name]


def attribute(kind, value):
    """One RDN; value: text, or a string in DER."""
    if isinstance(value, str):
        value = der.ia5(value) if kind in (EMAIL, DC) else der.utf8(value)
    return der.set_of(der.sequence(der.oid(kind), value))


def name(*attributes):
    """A Name: each a pair of type and value; a text alone is a common name."""
    pairs = [(CN, one) if isinstance(one, str) else one for one in attributes]
    return der.sequence(*(attribute(*pair) for pair in pairs))


# General names (RFC 5280 4.2.1.6), and constraints on them, which are written alike.
def mail(text):
    return der.tlv(0x81, text.encode())


def utf8_mail(text):
    return der.explicit(0, der.oid(SMTP_UTF8), der.explicit(0, der.utf8(text)))


def dns(text):
    return der.tlv(0x82, text.encode())


def directory(name_der):
    return der.explicit(4, name_der)


def uri(text):
    return der.tlv(0x86, text.encode())


def address(octets):
    return der.tlv(0x87, bytes(octets))


def registered(dotted):
    return der.tlv(0x88, der.oid(dotted)[2:])


# Extensions.
def extension(identifier, value, critical=False):
    flag = [der.boolean(True)] if critical else []
    return der.sequence(der.oid(identifier), *flag, der.octets(value))


def basic(authority=True, length=None, critical=True):
    parts = ([der.boolean(True)] if authority else []) + \
        ([der.integer(length)] if length is not None else [])
    return extension("2.5.29.19", der.sequence(*parts), critical)


def usage(words, critical=True):
    numbers = [USAGES.index(word) for word in words.split()]
    return extension("2.5.29.15", der.tlv(3, der.named_bits(numbers)), critical)


def extended(*identifiers, critical=False):
    return extension("2.5.29.37", der.sequence(*map(der.oid, identifiers)), critical)


def alternative(*names, critical=False):
    return extension("2.5.29.17", der.sequence(*names), critical)


def constraints(permitted=(), excluded=(), critical=True):
    trees = [der.tlv(0xa0 | number, *(der.sequence(one) for one in names))
             for number, names in ((0, permitted), (1, excluded)) if names]
    return extension("2.5.29.30", der.sequence(*trees), critical)


def policies(*identifiers, critical=False):
    return extension("2.5.29.32", der.sequence(
        *(der.sequence(der.oid(one)) for one in identifiers)), critical)


def mappings(*pairs, critical=True):
    return extension("2.5.29.33", der.sequence(
        *(der.sequence(der.oid(a), der.oid(b)) for a, b in pairs)), critical)


def policy_constraints(explicit=None, inhibit=None, critical=True):
    parts = [der.implicit(number, der.integer(value)[2:])
             for number, value in ((0, explicit), (1, inhibit)) if value is not None]
    return extension("2.5.29.36", der.sequence(*parts), critical)


def inhibit_any(skip, critical=True):
    return extension("2.5.29.54", der.integer(skip), critical)


def key_of_subject(identifier, critical=False):
    return extension("2.5.29.14", der.octets(identifier), critical)


def key_of_issuer(identifier=None, issuer=None, serial=None, critical=False):
    parts = [der.implicit(0, identifier)] if identifier is not None else []
    if issuer is not None:
        parts += [der.explicit(1, directory(issuer)), der.implicit(2, der.integer(serial)[2:])]
    return extension("2.5.29.35", der.sequence(*parts), critical)


def point(full=None, reasons=None, issuer=None):
    """A distribution point by its name (a URI, or a Name in DER)."""
    parts = []
    if full is not None:
        general = uri(full) if isinstance(full, str) else directory(full)
        parts.append(der.explicit(0, der.explicit(0, general)))
    if reasons is not None:
        parts.append(der.implicit(1, der.named_bits(reasons)))
    if issuer is not None:
        parts.append(der.explicit(2, directory(issuer)))
    return der.sequence(*parts)


def points(*all_points):
    return extension("2.5.29.31", der.sequence(*all_points))


def issuing_point(full=None, flags=(), reasons=None, critical=True):
    """flags: 1 onlyContainsUserCerts, 2 CACerts, 4 indirectCRL, 5 AttributeCerts."""
    parts = {flag: der.implicit(flag, b"\xff") for flag in flags}
    if full is not None:
        general = uri(full) if isinstance(full, str) else directory(full)
        parts[0] = der.explicit(0, der.explicit(0, general))
    if reasons is not None:
        parts[3] = der.implicit(3, der.named_bits(reasons))
    return extension("2.5.29.28", der.sequence(*(parts[i] for i in sorted(parts))), critical)


_serials = itertools.count(4096)


def signed(tbs, signer, digest, outer=None, forge=False, signature=None):
    value = signer.sign(tbs, digest) if signature is None else signature
    if forge:  # a signature of the right form, of something else
        value = signer.sign(tbs + b"!", digest)
    return der.sequence(tbs, outer or signer.algorithm(digest), der.bits(value))


class Certificate:
    """subject, issuer_name: Names in DER. What tells of keys (SKI, AKI) is there unless said
    otherwise. Extensions replace those of the same kind that the maker gave before."""

    def __init__(self, subject, own_key, issuer=None, signer=None, issuer_name=None, serial=None,
                 start=START, end=END, start_kind=None, end_kind=None, version=2, extensions=(),
                 digest="sha256", inner=None, outer=None, forge=False, signature=None,
                 subject_key=True, issuer_key=True, wrap=None):
        self.subject, self.key, self.issuer = subject, own_key, issuer
        self.serial = next(_serials) if serial is None else serial
        signer = signer or (issuer.key if issuer else own_key)
        self.issuer_name = issuer_name or (issuer.subject if issuer else subject)
        listed = list(extensions)
        if version == 2 and subject_key:
            listed.append(key_of_subject(own_key.identifier if subject_key is True
                                         else subject_key))
        if version == 2 and issuer_key and (issuer or signer is not own_key):
            told = (signer.identifier,) if issuer_key is True else issuer_key
            listed.append(key_of_issuer(*told) if isinstance(told, tuple) else key_of_issuer(told))
        tbs = (wrap or der.sequence)(
            *([der.explicit(0, der.integer(version))] if version else []),
            der.integer(self.serial), inner or signer.algorithm(digest), self.issuer_name,
            der.sequence(der.time(start, start_kind), der.time(end, end_kind)),
            subject, own_key.info,
            *([der.explicit(3, der.sequence(*listed))] if listed else []))
        self.der = signed(tbs, signer, digest, outer, forge, signature)


def entry(serial, at=LONG_AGO, reason=None, extensions=()):
    """One revoked certificate of a CRL."""
    listed = list(extensions)
    if reason is not None:
        listed.append(extension("2.5.29.21", der.enumerated(reason)))
    return der.sequence(der.integer(serial), der.time(at),
                        *([der.sequence(*listed)] if listed else []))


class Graph:
    """number: the row's, so that names and addresses are its own."""

    def __init__(self, number, domain):
        self.number = number
        self.domain = domain
        self.address = f"r{number}@{domain}"
        self.anchors, self.published, self.crls = [], [], []
        self.leaf_certificate = None

    def name(self, text):
        return name((O, f"Row {self.number}"), text)

    def _make(self, defaults, say, subject, own_key, issuer):
        say = {field: value(self) if callable(value) and field != "wrap" else value
               for field, value in say.items()}
        given = say.pop("extensions", ())
        given = [one(self) if callable(one) else one for one in given]
        left_out = say.pop("without", ())
        kinds = [kind_of(one) for one in given] + list(left_out)
        extensions = [one for one in defaults if kind_of(one) not in kinds] + given
        if say.get("version", 2) < 2:
            extensions = given
        subject = say.pop("subject", subject)
        if isinstance(subject, str):
            subject = self.name(subject)
        own_key = say.pop("key", own_key)
        for field in ("key", "signer"):
            if isinstance(say.get(field), str):
                say[field] = key(say[field])
        return Certificate(subject, key(own_key) if isinstance(own_key, str) else own_key, issuer,
                           extensions=extensions, **say)

    def root(self, text="Root", own_key="root", anchor=True, **say):
        made = self._make([basic(), usage("keyCertSign cRLSign")], say, self.name(text), own_key,
                          None)
        if anchor:
            self.anchors.append(made.der)
        return made

    def ca(self, issuer, text="CA", own_key="ca", published=True, **say):
        made = self._make([basic(), usage("keyCertSign cRLSign")], say, self.name(text), own_key,
                          issuer)
        if published:
            self.published.append(made.der)
        return made

    def leaf(self, issuer, own_key="leaf", **say):
        made = self._make([usage("digitalSignature keyAgreement"), extended(MAIL),
                           alternative(mail(self.address))],
                          say, self.name("Leaf"), own_key, issuer)
        self.leaf_certificate = made.der
        return made

    def crl(self, issuer, entries=(), start=PAST, until=FUTURE, number=1, extensions=(),
            digest="sha256", forge=False, signer=None, issuer_name=None, version=1,
            issuer_key=True):
        """entries: certificates, serial numbers, or entries in DER."""
        signer = signer or issuer.key
        listed = list(extensions)
        if issuer_key:
            listed.append(key_of_issuer(signer.identifier))
        if number is not None:
            listed.append(extension("2.5.29.20", der.integer(number)))
        rows = [one if isinstance(one, bytes) else entry(getattr(one, "serial", one))
                for one in entries]
        tbs = der.sequence(
            *([der.integer(version)] if version else []), signer.algorithm(digest),
            issuer_name or issuer.subject, der.time(start),
            *([der.time(until)] if until else []), *([der.sequence(*rows)] if rows else []),
            *([der.explicit(0, der.sequence(*listed))] if version and listed else []))
        self.crls.append(signed(tbs, signer, digest, forge=forge))


def kind_of(extension_der):
    """The identifier of an extension, as it stands there."""
    at = 2 if extension_der[1] < 128 else 2 + (extension_der[1] & 0x7f)
    return extension_der[at:at + 2 + extension_der[at + 1]]


BASIC, USAGE, EXTENDED, ALTERNATIVE = (
    der.oid("2.5.29." + number) for number in ("19", "15", "37", "17"))


def line(root=None, cas=({},), leaf=None):
    """A plain chain: what is to be said of its certificates, from the anchor down."""
    def build(graph):
        issuer = graph.root(**(root or {}))
        for number, say in enumerate(cas):
            issuer = graph.ca(issuer, f"CA {number + 1}", f"ca{number + 1}", **say)
        graph.leaf(issuer, **(leaf or {}))
    return build


def root(**say):
    return line(root=say)


def ca(**say):
    return line(cas=[say])


def leaf(**say):
    return line(leaf=say)


def write_folder(folder, certificates, suffix):
    os.makedirs(folder, exist_ok=True)
    for number, content in enumerate(certificates):
        with open(os.path.join(folder, f"{number:05}.{suffix}"), "wb") as out:
            out.write(content)
