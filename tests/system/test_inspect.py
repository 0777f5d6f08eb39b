"""smimectl inspect: what S/MIME is in a file; and what other programs than OpenSSL make."""
import base64
import os
import shutil
import tempfile

from cms import encrypt, import_into_gpgsm
from place import require, run
from scenario import SENDER
from smtp import message

PART = b"Content-Type: text/plain\r\n\r\nHello\r\n"


def layers(ctl, data, codes=(0,)):
    path = ctl.place.write("inspected", data)
    return ctl.json("inspect", path, codes=codes)["layers"]


def test_inspect_reads_messages_and_bare_objects_and_says_what_is_none(s):
    ctl = s.ctl()
    anna = s.people.anna.identity
    data = encrypt(s.place, message(SENDER, s.people.anna.address), [anna])
    der = base64.b64decode(data.partition(b"\r\n\r\n")[2])
    pem = b"-----BEGIN CMS-----\n" + base64.encodebytes(der) + b"-----END CMS-----\n"
    for form in (data, data.replace(b"\r\n", b"\n"), der, pem):
        found = layers(ctl, form)
        require([one["type"] for one in found] == ["enveloped"], found)
        require(found[0]["cipher"] == "aes256-cbc" and found[0]["place"] == "whole", found)
        require([one["serial"].lower() for one in found[0]["recipients"]] == [anna.serial()], found)
    tree = ctl.run("inspect", "-", stdin=data).stdout.decode()
    require("enveloped, whole" in tree and "AES-256-CBC" in tree and "rsa" in tree, tree)
    said = ctl.run("inspect", "-", stdin=message(SENDER, s.people.anna.address), codes=(1,)).stdout
    require(b"nothing S/MIME" in said, said)
    said = ctl.run("inspect", "-", stdin=der[:-5], codes=(1,)).stdout
    require(b"malformed" in said and b"cut off" in said, said)
    for words in ((), ("a", "b"), ("--bogus", "a"), ("/nonexistent",)):
        ctl.run("inspect", *words, codes=(2,))


def test_inspect_needs_no_configuration(s):
    s.ctl().run("inspect", "-c", "/nonexistent", "-", stdin=b"\r\n", codes=(1,))


def nss_store(s, identity):
    store = s.place.path("nss-inspect")
    os.mkdir(store)
    run(["certutil", "-N", "-d", "sql:" + store, "--empty-password"])
    run(["pk12util", "-i", identity.pkcs12(), "-d", "sql:" + store, "-W", "secret"])
    run(["certutil", "-A", "-d", "sql:" + store, "-n", "root", "-t", "CT,C,C",
         "-i", s.people.root.identity.cert])
    return "sql:" + store


def test_what_nss_makes_is_read(s):
    ctl = s.ctl()
    anna = s.people.anna
    store = nss_store(s, anna.identity)
    content = s.place.write("nss-in", PART)
    out = s.place.path("nss-out")

    def make(*words):
        run(["cmsutil", *words, "-d", store, "-i", content, "-o", out])
        with open(out, "rb") as file:
            return layers(ctl, file.read())

    signed, = make("-S", "-N", anna.identity.name)
    require(signed["type"] == "signed" and signed["covers_all"], signed)
    require([one["state"] for one in signed["signatures"]] == ["good"], signed)
    detached, = make("-S", "-T", "-N", anna.identity.name)
    require(detached["type"] == "detached-signature", detached)
    enveloped, = make("-E", "-r", anna.address)
    require(enveloped["type"] == "enveloped", enveloped)
    require([one["transport"] for one in enveloped["recipients"]] == ["rsa"], enveloped)


def test_what_gpgsm_makes_is_read(s):
    ctl = s.ctl()
    anna = s.people.anna.identity
    # Not below our own folder: the agent's socket is in it, and such a path must be short.
    home = tempfile.mkdtemp(prefix="gpg-")
    options = ["gpgsm", "--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback",
               "--passphrase-fd", "0", "--disable-crl-checks", "--disable-policy-checks"]
    content = s.place.write("gpgsm-in", PART)
    try:
        import_into_gpgsm(options, anna)
        with open(os.path.join(home, "trustlist.txt"), "w", encoding="ascii") as trusted:
            der = run(["openssl", "x509", "-noout", "-fingerprint", "-sha1", "-in",
                       s.people.root.identity.cert]).stdout.decode()
            trusted.write(der.strip().partition("=")[2] + " S relax\n")
        run([*options, "--import", s.people.root.identity.cert], stdin=b"\n")
        signed = run([*options, "--sign", content], stdin=b"secret\n").stdout
        enveloped = run([*options, "--encrypt", "--recipient", s.people.anna.address, content],
                        stdin=b"\n").stdout
    finally:
        run(["gpgconf", "--homedir", home, "--kill", "all"])
        shutil.rmtree(home, ignore_errors=True)
    found, = layers(ctl, signed)
    require(found["type"] == "signed" and found["signatures"][0]["state"] == "good", found)
    found, = layers(ctl, enveloped)
    require(found["type"] == "enveloped" and found["cipher"].startswith("aes"), found)
