"""Those who get mail in the tests and the demonstration: one for each thing that a directory can
say about a person. A throw-away PKI stands behind them."""
import os
import struct
from concurrent.futures import ThreadPoolExecutor

from ldif import Entry
from pki import Authority, BlobMaker

STRONG = ["aes256-cbc", "aes192-cbc", "aes128-cbc", "3des", "rc2-128", "rc2-64", "rc2-40"]
MEDIUM = ["aes128-cbc", "3des", "rc2-128", "rc2-64", "des-cbc", "rc2-40"]
WEAK = ["rc2-64", "des-cbc", "rc2-40"]
# An SMIMECapabilities extension (RFC 4262) that lists AES-256-CBC.
EXTENSION = "1.2.840.113549.1.9.15=DER:300D300B060960864801650304012A"


class Person:
    def __init__(self, address, about):
        self.address = address
        self.about = about
        self.identity = None  # the digital ID that mail should be sealed to
        self.old = None       # a second one
        self.entry = None     # None: no directory entry


class People:
    """maker: the program that makes blobs. names: whom to make; default: everybody."""

    def __init__(self, folder, maker, names=None):
        self.folder = folder
        self._maker = BlobMaker(maker)
        os.makedirs(folder, exist_ok=True)
        self.root = Authority(folder, "root", "Test Root CA")
        self.issuing = Authority(folder, "issuing", "Test Issuing CA", self.root)
        self.server_ca = Authority(folder, "server-ca", "Test Server CA")
        self.unknown = Authority(folder, "unknown", "Unknown Root CA")
        self.hidden = Authority(folder, "hidden", "Unpublished Issuing CA", self.root)
        self.lapsed = Authority(folder, "lapsed", "Lapsed Issuing CA", self.root, end=-5)
        self.anchors = os.path.join(folder, "anchors")
        os.makedirs(self.anchors)
        os.link(self.root.identity.cert, os.path.join(self.anchors, "root.pem"))
        self._by_name = {}
        recipes = {name[6:]: getattr(self, name) for name in dir(self) if name.startswith("_make_")}
        wanted = names or recipes
        with ThreadPoolExecutor(2) as pool:
            made = {name: pool.submit(recipes[name], name) for name in wanted}
        for name in wanted:
            self._by_name[name] = made[name].result()

    def __getattr__(self, name):
        try:
            return self.__dict__["_by_name"][name]
        except KeyError:
            raise AttributeError(name) from None

    def all(self):
        return list(self._by_name.values())

    def entries(self):
        return [person.entry for person in self.all() if person.entry is not None]

    def _issue(self, name, address, authority=None, **options):
        return (authority or self.issuing).issue(name, [address], **options)

    def _blob(self, identity, capabilities, **options):
        return self._maker.make(identity, capabilities, **options)

    def _signed(self, name, capabilities, about, domain="partner.example", blob=None, **options):
        """Publishes a signed blob (with the whole chain) and the bare certificate."""
        person = Person(f"{name}@{domain}", about)
        person.identity = self._issue(name, person.address, **options)
        person.entry = Entry(name, person.address, [person.identity.der()],
                             [self._blob(person.identity, capabilities, **(blob or {}))])
        return person

    def _bare(self, name, about, domain="partner.example", authority=None, chain=True, **options):
        """Publishes userCertificate alone, beside it the issuing CA's certificate."""
        person = Person(f"{name}@{domain}", about)
        person.identity = self._issue(name, person.address, authority, **options)
        issuer = person.identity.issuer
        other = [("cACertificate;binary", issuer.identity.der())] \
            if chain and issuer.issuer is not None else []
        person.entry = Entry(name, person.address, [person.identity.der()], other=other)
        return person

    # Good ones.
    def _make_anna(self, name):
        return self._signed(name, STRONG, "a signed blob advertises AES-256")

    def _make_bruno(self, name):
        return self._signed(name, MEDIUM, "a signed blob advertises AES-128")

    def _make_clara(self, name):
        return self._bare(name, "only userCertificate: nothing is known of the ciphers")

    def _make_dora(self, name):
        return self._signed(name, STRONG, "an elliptic curve key (P-256)", key="p256")

    def _make_dirk(self, name):
        return self._signed(name, STRONG, "an elliptic curve key (P-384)", key="p384")

    def _make_doris(self, name):
        return self._signed(name, STRONG, "an elliptic curve key (P-521)", key="p521")

    def _make_tilda(self, name):
        """The form before signed blobs: records of tag, length and data (MS-OXOABK 2.2.4.36)."""
        person = Person(f"{name}@partner.example", "the older form of userSMIMECertificate")
        person.identity = self._issue(name, person.address)
        records = b"".join(struct.pack("<HH", tag, 4 + len(data)) + data for tag, data in (
            (1, struct.pack("<I", 1)), (4, self.issuing.identity.der()),
            (3, person.identity.der()), (8, person.identity.der())))
        person.entry = Entry(name, person.address, blobs=[records])
        return person

    def _make_sven(self, name):
        return self._signed(name, ["aes256-gcm", "aes128-gcm", "oaep-sha256", *STRONG],
                            "advertises AES-GCM and OAEP")

    def _make_uwe(self, name):
        return self._bare(name, "capabilities in a certificate extension",
                          extensions=[EXTENSION])

    def _make_greta(self, name):
        """The old blob shadows the renewed certificate in old clients."""
        person = Person(f"{name}@partner.example", "an expired blob beside a renewed certificate")
        person.old = self._issue(name + "-old", person.address, start=-400, end=-20)
        person.identity = self._issue(name, person.address)
        person.entry = Entry(name, person.address, [person.identity.der()],
                             [self._blob(person.old, STRONG)],
                             other=[("cACertificate;binary", self.issuing.identity.der())])
        return person

    def _make_zoe(self, name):
        """Renewed, with the old one still valid and published: she may hold either key."""
        person = self._signed(name, STRONG, "two usable digital IDs")
        person.old = self._issue(name + "-old", person.address, start=-200, end=100)
        person.entry.blobs.append(self._blob(person.old, STRONG))
        person.entry.certificates.append(person.old.der())
        return person

    def _make_yara(self, name):
        """Signs with one key, encrypts with another, and says so in the blob."""
        person = Person(f"{name}@partner.example", "separate keys to sign and to encrypt")
        person.identity = self._issue(name, person.address, usage="keyEncipherment")
        person.old = self._issue(name + "-sign", person.address, usage="digitalSignature")
        person.entry = Entry(name, person.address, blobs=[self._blob(
            person.old, STRONG, more=[person.identity.cert], preferred=person.identity,
            microsoft=True)])
        return person

    def _make_viola(self, name):
        return self._signed(name, STRONG, "the address stands in the subject", in_subject=True)

    def _make_mueller(self, name):
        person = Person("jörg.müller@partner.example", "an internationalised local part")
        person.identity = self.issuing.issue(name, [person.address], utf8=True)
        person.entry = Entry(name, person.address, [person.identity.der()],
                             [self._blob(person.identity, STRONG)])
        return person

    # Bad ones.
    def _make_david(self, name):
        return self._bare(name, "only userCertificate, and the rule refuses to assume",
                          domain="strict.example")

    def _make_emma(self, name):
        return self._signed(name, STRONG, "expired", start=-400, end=-20)

    def _make_felix(self, name):
        """With the foreign root in the blob, as clients publish it: only trust is missing."""
        return self._signed(name, STRONG, "issued by a CA that is not trusted",
                            authority=self.unknown,
                            blob={"more": [self.unknown.identity.cert]})

    def _make_nobody(self, name):
        return Person(f"{name}@partner.example", "no directory entry")

    def _make_empty(self, name):
        person = Person(f"{name}@partner.example", "an entry without certificates")
        person.entry = Entry(name, person.address)
        return person

    def _make_nils(self, name):
        return self._signed(name, WEAK, "a signed blob advertises nothing better than RC2-64")

    def _make_otto(self, name):
        return self._signed(name, ["3des", "rc2-128"], "a signed blob advertises 3DES at best")

    def _make_mona(self, name):
        return self._signed(name, STRONG, "not yet valid", start=10, end=300)

    def _make_jonas(self, name):
        return self._signed(name, STRONG, "a key of 1024 bits", key="rsa1024")

    def _make_karin(self, name):
        return self._signed(name, STRONG, "may only sign", usage="digitalSignature")

    def _make_konrad(self, name):
        return self._signed(name, STRONG, "meant for servers", extended="serverAuth")

    def _make_lars(self, name):
        person = self._signed(name, STRONG, "someone else's certificate")
        person.identity = self._issue(name + "-other", "other@partner.example")
        person.entry = Entry(name, person.address, [person.identity.der()],
                             [self._blob(person.identity, STRONG)])
        return person

    def _make_olga(self, name):
        return self._bare(name, "the intermediate CA is published nowhere", chain=False,
                          authority=self.hidden, authority_key="keyid,issuer:always")

    def _make_tina(self, name):
        return self._signed(name, STRONG, "the intermediate CA has expired",
                            authority=self.lapsed)

    def _make_rosa(self, name):
        return self._signed(name, STRONG, "signed with SHA-1", digest="sha1")

    def _make_quirin(self, name):
        return self._bare(name, "a key that can't encrypt (Ed25519)", key="ed25519",
                          usage="digitalSignature,keyAgreement")

    def _make_pia(self, name):
        person = Person(f"{name}@partner.example", "garbage instead of a certificate")
        person.entry = Entry(name, person.address, blobs=[b"\x30\x82\x03\x00garbage"])
        return person

    # Under rules that only prefer encryption.
    def _make_paul(self, name):
        return self._signed(name, STRONG, "encryption preferred", domain="preferred.example")

    def _make_petra(self, name):
        return self._signed(name, STRONG, "encryption preferred, expired", start=-400, end=-20,
                            domain="preferred.example")

    # Under no rule.
    def _make_rolf(self, name):
        return self._signed(name, STRONG, "no rule for the domain", domain="elsewhere.example")
