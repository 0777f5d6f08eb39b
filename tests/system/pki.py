"""A throw-away PKI: certification authorities and end entities, good ones and bad ones."""
import collections
import datetime
import os
import shutil
import threading

from place import run

KEYS = {
    "rsa1024": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
    "rsa2048": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-pkeyopt", "ec_param_enc:named_curve"],
    "p384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384",
             "-pkeyopt", "ec_param_enc:named_curve"],
    "p521": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521",
             "-pkeyopt", "ec_param_enc:named_curve"],
    "ed25519": ["-algorithm", "ED25519"],
}

CA_CONFIGURATION = """
[ca]
default_ca = this
[this]
dir = {folder}
database = $dir/index
new_certs_dir = $dir/issued
certificate = $dir/ca.pem
private_key = $dir/ca.key
unique_subject = no
rand_serial = yes
default_md = sha256
default_days = 365
policy = any
copy_extensions = none
email_in_dn = yes
string_mask = utf8only
[any]
organizationName = optional
commonName = supplied
emailAddress = optional
[req]
distinguished_name = empty
string_mask = utf8only
[empty]
"""


def when(days):
    """A moment relative to now, as openssl ca takes it."""
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    return moment.strftime("%Y%m%d%H%M%SZ")


def der(pem_path):
    return run(["openssl", "x509", "-in", pem_path, "-outform", "DER"]).stdout


class Identity:
    """A certificate with its key: .cert and .key are PEM files."""

    def __init__(self, folder, name, issuer=None):
        self.name = name
        self.issuer = issuer
        self.cert = os.path.join(folder, name + ".pem")
        self.key = os.path.join(folder, name + ".key")

    def der(self):
        return der(self.cert)

    def serial(self):
        return run(["openssl", "x509", "-in", self.cert, "-noout", "-serial"]
                   ).stdout.decode().strip().split("=")[1].lower()

    def chain(self):
        """The CA certificates above, without the root."""
        certificates, authority = [], self.issuer
        while authority is not None and authority.issuer is not None:
            certificates.append(authority.identity.cert)
            authority = authority.issuer
        return certificates

    def pkcs12(self, password="secret", name=""):
        """As clients import it. 3DES, because gpgsm reads no other from OpenSSL. Another name:
        another file, with salt of its own."""
        path = self.cert[:-4] + name + ".p12"
        if not os.path.exists(path):
            run(["openssl", "pkcs12", "-export", "-in", self.cert, "-inkey", self.key,
                 "-certfile", self.issuer.identity.cert, "-out", path, "-name", self.name,
                 "-passout", "pass:" + password, "-keypbe", "PBE-SHA1-3DES",
                 "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"])
        return path


class Authority:
    """A certification authority: a root of its own, or below an issuer."""

    def __init__(self, folder, name, title, issuer=None, start=-400, end=3650,
                 extensions=()):
        self.folder = os.path.join(folder, name)
        self.title = title
        self.issuer = issuer
        self._lock = threading.Lock()  # openssl ca keeps its books in files
        os.makedirs(os.path.join(self.folder, "issued"))
        open(os.path.join(self.folder, "index"), "w").close()
        self.configuration = os.path.join(self.folder, "ca.cnf")
        with open(self.configuration, "w") as out:
            out.write(CA_CONFIGURATION.format(folder=self.folder))
        self.identity = Identity(self.folder, "ca", issuer)
        extensions = ["basicConstraints=critical,CA:true", "keyUsage=critical,keyCertSign,cRLSign",
                      "subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid",
                      *extensions]
        signer = issuer or self
        make_key(self.identity.key, "p256")
        signer._sign(self.identity, f"/O=Test/CN={title}", extensions, start, end,
                     selfsign=issuer is None)

    def _sign(self, identity, subject, extensions, start, end, digest="sha256", selfsign=False):
        request = identity.cert[:-4] + ".csr"
        extension_file = identity.cert[:-4] + ".ext"
        with open(extension_file, "w") as out:
            out.write("\n".join(extensions) + "\n")
        run(["openssl", "req", "-new", "-utf8", "-config", self.configuration,
             "-key", identity.key, "-subj", subject, "-out", request])
        with self._lock:
            run(["openssl", "ca", "-batch", "-notext", "-utf8", "-config", self.configuration,
                 "-md", "default" if selfsign and digest is None else digest,
                 "-in", request, "-out", identity.cert, "-extfile", extension_file,
                 "-startdate", when(start), "-enddate", when(end)]
                + (["-selfsign", "-keyfile", identity.key] if selfsign else []))

    def issue(self, name, addresses, key="rsa2048", start=-30, end=365, usage=None,
              extended="emailProtection", digest="sha256", in_subject=False, utf8=False,
              extensions=(), authority_key="keyid"):
        """Issues to the addresses (none: a certificate without address). usage: default is what
        encrypting and signing need with that kind of key. authority_key: what tells of the
        issuer's key; "keyid,issuer:always" names the issuer's issuer, too."""
        identity = Identity(self.folder, name, self)
        make_key(identity.key, key)
        if usage is None:
            usage = "digitalSignature," + (
                "keyEncipherment" if key.startswith("rsa") else "keyAgreement")
        lines = ["basicConstraints=CA:false", "subjectKeyIdentifier=hash",
                 f"authorityKeyIdentifier={authority_key}"]
        if usage:
            lines.append("keyUsage=critical," + usage)
        if extended:
            lines.append("extendedKeyUsage=" + extended)
        lines += extensions
        subject = f"/O=Test/CN={name}"
        if addresses and in_subject:
            subject += f"/emailAddress={addresses[0]}"
        elif addresses:
            lines += ["subjectAltName=@names", "[names]"]
            for number, address in enumerate(addresses):
                lines.append(f"otherName.{number}=1.3.6.1.5.5.7.8.9;FORMAT:UTF8,UTF8:{address}"
                             if utf8 else f"email.{number}={escape(address)}")
        self._sign(identity, subject, lines, start, end, digest)
        return identity

    def revoke(self, identity, reason="keyCompromise"):
        with self._lock:
            run(["openssl", "ca", "-batch", "-config", self.configuration, "-revoke", identity.cert,
                 "-crl_reason", reason])

    def crl(self, start=-1, end=7):
        """DER; the days of its updates."""
        path = os.path.join(self.folder, "crl.pem")
        with self._lock:
            run(["openssl", "ca", "-batch", "-config", self.configuration, "-gencrl", "-out", path,
                 "-crl_lastupdate", when(start), "-crl_nextupdate", when(end)])
        return run(["openssl", "crl", "-in", path, "-outform", "DER"]).stdout


def escape(value):
    """For a value in OpenSSL's configuration syntax."""
    return "".join("\\" + char if char in "\\\"'#$;" else char for char in value)


_taken = collections.Counter()
_taking = threading.Lock()


def make_key(path, kind):
    """No two of a process are the same. Making them takes longer than what they are for: where the
    environment names a folder (tests/system/run does), they are kept there for the next one."""
    folder = os.environ.get("SMIME_KEYS")
    if folder is None:
        run(["openssl", "genpkey", *KEYS[kind], "-out", path])
    else:
        with _taking:
            number = _taken[kind]
            _taken[kind] += 1
        shutil.copyfile(kept_key(folder, kind, number), path)
    os.chmod(path, 0o600)


def kept_key(folder, kind, number):
    kept = os.path.join(folder, f"{kind}-{number}")
    if not os.path.exists(kept):
        os.makedirs(folder, 0o700, exist_ok=True)
        own = f"{kept}.{os.getpid()}"
        run(["openssl", "genpkey", *KEYS[kind], "-out", own])
        os.rename(own, kept)  # another run may have made one meanwhile: either will do
    return kept


class BlobMaker:
    """Makes userSMIMECertificate values with the program of the build folder."""

    def __init__(self, program):
        self.program = program

    def make(self, identity, capabilities, more=(), preferred=None, microsoft=False,
             digest="sha256", text=None):
        out = identity.cert[:-4] + ".blob"
        arguments = [self.program, "-s", identity.cert, "-k", identity.key, "-d", digest, "-o", out]
        if capabilities:
            arguments += ["-C", ",".join(capabilities)]
        for certificate in [*identity.chain(), *more]:
            arguments += ["-a", certificate]
        if preferred is not None:
            arguments += ["-p", preferred.cert]
        if microsoft:
            arguments.append("-M")
        if text is not None:
            arguments += ["-t", text]
        run(arguments)
        with open(out, "rb") as blob:
            return blob.read()
