"""Opening sealed mail as its recipients would: with OpenSSL, NSS and gpgsm; and reading what a
sealed message shows to everybody."""
import base64
import os
import re
import shutil
import tempfile

from milter import split
from place import Failure, require, run

# What openssl prints for a content cipher → its name in our configuration.
CIPHERS = {"aes-128-cbc": "aes128-cbc", "aes-192-cbc": "aes192-cbc", "aes-256-cbc": "aes256-cbc",
           "aes-128-gcm": "aes128-gcm", "aes-256-gcm": "aes256-gcm", "des-ede3-cbc": "3des",
           "rc2-cbc": "rc2-cbc"}


def fields_named(data, name):
    return [value.decode("utf-8", "replace").strip() for key, value in split(data)[0]
            if key.decode("latin-1").lower() == name.lower()]


def is_sealed(data):
    types = fields_named(data, "Content-Type")
    return len(types) == 1 and re.match(r"application/(x-)?pkcs7-mime", types[0]) is not None


def content(data):
    """The DER object of a sealed message; its header must be as RFC 8551 3.3 has it."""
    types = fields_named(data, "Content-Type")
    require(len(types) == 1 and is_sealed(data), "not one sealed Content-Type:", types)
    require(re.search(r'smime-type="?(enveloped-data|authEnveloped-data)', types[0]),
            "smime-type:", types[0])
    require(fields_named(data, "Content-Transfer-Encoding") == ["base64"], "not base64")
    require(len(fields_named(data, "MIME-Version")) == 1, "MIME-Version not once")
    body = split(data)[1]
    lines = body.split(b"\r\n")
    require(max(map(len, lines)) <= 76, "a line of base64 is too long")
    require(b"\n" not in body.replace(b"\r\n", b""), "a bare LF")
    return base64.b64decode(body, validate=False)


class Sealed:
    """One sealed message; .inner() opens it."""

    def __init__(self, place, data):
        self.place = place
        self.data = data
        self.file = place.write("sealed.der", content(data))
        self.dump = run(["openssl", "cms", "-cmsout", "-print", "-noout", "-inform", "DER",
                         "-in", self.file]).stdout.decode()

    @property
    def cipher(self):
        found = re.search(r"contentEncryptionAlgorithm:\s+algorithm: (\S+)", self.dump)
        return CIPHERS.get(found.group(1), found.group(1))

    def serials(self):
        """Serial numbers in the recipient infos, lower-case hexadecimal."""
        return sorted(serial.lower().removeprefix("0x") for serial in re.findall(
            r"serialNumber: (0x[0-9A-Fa-f]+)", self.dump))

    def inner(self, identity):
        """Opens with OpenSSL. The certificate is named: without it a wrong key gives garbage."""
        out = self.place.path("inner")
        run(["openssl", "cms", "-decrypt", "-inform", "DER", "-binary", "-in", self.file,
             "-recip", identity.cert, "-inkey", identity.key, "-out", out])
        with open(out, "rb") as file:
            return file.read()

    def opens_with(self, identity):
        return run(["openssl", "cms", "-decrypt", "-inform", "DER", "-binary", "-in", self.file,
                    "-recip", identity.cert, "-inkey", identity.key], check=False).returncode == 0

    def inner_nss(self, identity):
        """Opens with NSS, as Thunderbird does."""
        store = self.place.path("nss-" + identity.name)
        if not os.path.exists(store):
            os.mkdir(store)
            run(["certutil", "-N", "-d", "sql:" + store, "--empty-password"])
            run(["pk12util", "-i", identity.pkcs12(), "-d", "sql:" + store, "-W", "secret"])
        out = self.place.path("inner-nss")
        run(["cmsutil", "-D", "-d", "sql:" + store, "-i", self.file, "-o", out])
        with open(out, "rb") as file:
            return file.read()

    def inner_gpgsm(self, identity):
        """Opens with gpgsm, as KMail does."""
        # Not below our own folder: the agent's socket is in it, and such a path must be short.
        home = tempfile.mkdtemp(prefix="gpg-")
        options = ["gpgsm", "--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback",
                   "--passphrase-fd", "0"]
        try:
            import_into_gpgsm(options, identity)
            return run([*options, "--decrypt", self.file], stdin=b"secret\n").stdout
        finally:
            run(["gpgconf", "--homedir", home, "--kill", "all"])
            shutil.rmtree(home, ignore_errors=True)


def import_into_gpgsm(options, identity, files=6):
    """gpgsm 2.2 can't read one PKCS #12 file in 64: it forgets that a number of 64 octets may begin
    with a zero when it derives the key (RFC 7292 B.2 step 6C), once or twice for each of the salts.
    Another file has other salts."""
    for number in range(files):
        done = run([*options, "--import", identity.pkcs12(name=f"-{number}")], stdin=b"secret\n",
                   check=False)
        if done.returncode == 0:
            return
    raise Failure(f"gpgsm imports none of {files} files:\n{done.stderr.decode()}")


def encrypt(place, data, identities, cipher="aes-256-cbc"):
    """A message as a mail client encrypts it; RC2 needs OpenSSL's legacy provider."""
    inner = place.write("client-inner", inner_entity(data))
    done = run(["openssl", "cms", "-encrypt", "-binary", "-provider", "legacy", "-provider",
                "default", "-" + cipher, "-in", inner, "-outform", "DER",
                *[identity.cert for identity in identities]])
    outer = b"".join(name + b":" + value.replace(b"\n", b"\r\n") + b"\r\n"
                     for name, value in split(data)[0]
                     if not name.lower().startswith((b"content-", b"mime-")))
    body = base64.encodebytes(done.stdout).replace(b"\n", b"\r\n")
    kind = b"authEnveloped-data" if cipher.endswith("gcm") else b"enveloped-data"
    return (outer + b"MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type="
            + kind + b"; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body)


def sign(place, data, identity, digest="sha256"):
    """A message as a mail client signs it in the clear, with its certificates."""
    inner = place.write("client-inner", inner_entity(data))
    done = run(["openssl", "cms", "-sign", "-md", digest, "-in", inner, "-signer", identity.cert,
                "-inkey", identity.key,
                *[part for certificate in identity.chain() for part in ("-certfile", certificate)]])
    outer = b"".join(name + b":" + value.replace(b"\n", b"\r\n") + b"\r\n"
                     for name, value in split(data)[0]
                     if not name.lower().startswith((b"content-", b"mime-")))
    return outer + to_crlf(done.stdout)


def to_crlf(data):
    """Bare LF becomes CRLF; bare CR stays."""
    return re.sub(rb"(?<!\r)\n", b"\r\n", data)


def inner_entity(data):
    """What a sealed message must hold: the Content-* fields in order, an empty line, the body."""
    fields, body = split(to_crlf(data))
    head = b"".join(name + b":" + value.replace(b"\n", b"\r\n") + b"\r\n"
                    for name, value in fields if name.lower().startswith(b"content-"))
    return head + b"\r\n" + body
