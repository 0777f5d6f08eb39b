"""Every shape of a message survives sealing: after decryption the inner entity is the original,
byte for byte after CRLF normalisation. Driven over the milter protocol, because no MTA lets all of
these through unchanged, and a few through Postfix."""
import glob
import os

import milter
from cms import inner_entity, is_sealed
from place import require
from scenario import SENDER
from smtp import message, send

# Not mail but data that lies beside it in the corpus.
NOT_MAIL = (".bmp", ".exr", ".gif", ".jpg", ".pbm", ".pgm", ".png", ".ppm", ".ras", ".sgi", ".tiff",
            ".webp", ".xbm", ".aifc", ".aiff", ".au", ".wav", "COPYING", "LICENSE", ".b64", ".uu")


def nested(depth):
    """Multipart within multipart, a thousand deep."""
    text = ""
    for level in range(depth):
        text += (f"Content-Type: multipart/mixed; boundary=\"b{level}\"\r\n\r\n--b{level}\r\n")
    text += "Content-Type: text/plain\r\n\r\nthe core\r\n"
    for level in reversed(range(depth)):
        text += f"--b{level}--\r\n"
    return text.encode()


HEAD = b"From: a@corp.example\r\nTo: anna@partner.example\r\nSubject: shape\r\n"
MIME = HEAD + b"MIME-Version: 1.0\r\n"

SHAPES = {
    "no MIME fields": HEAD + b"\r\nplain\r\n",
    "empty body": MIME + b"Content-Type: text/plain\r\n\r\n",
    "no body at all": HEAD + b"\r\n",
    "no line end at the end": HEAD + b"\r\nunfinished",
    "eight bits": MIME + b"Content-Type: text/plain; charset=iso-8859-1\r\n"
                  b"Content-Transfer-Encoding: 8bit\r\n\r\nW\xf6rter \xff\x80\r\n",
    "eight bits without a word about it": HEAD + b"\r\nW\xc3\xb6rter\r\n",
    "NUL bytes": MIME + b"Content-Type: application/octet-stream\r\n"
                 b"Content-Transfer-Encoding: binary\r\n\r\n\0one\0\0two\r\n\0",
    "lines over 998": HEAD + b"\r\n" + b"x" * 5000 + b"\r\n" + b"y" * 70000 + b"\r\n",
    "bare LF": HEAD + b"\r\none\ntwo\n\nthree\r\nfour\n",
    "bare CR": HEAD + b"\r\none\rtwo\r\rthree\r\n",
    "CR before the end": HEAD + b"\r\none\r",
    "dots": HEAD + b"\r\n.\r\n..\r\n.x\r\n",
    "folded Content-Type": MIME + b"Content-Type: multipart/mixed;\r\n\tboundary=\"=_b\";\r\n"
                           b"\t charset=utf-8\r\n\r\n--=_b\r\n\r\none\r\n--=_b--\r\n",
    "Content-Type without a value": MIME + b"Content-Type:\r\n\r\nbody\r\n",
    "Content-Type twice": MIME + b"Content-Type: text/plain\r\ncontent-type: text/html\r\n\r\n"
                          b"x\r\n",
    "Content-Type without a blank": MIME + b"Content-Type:text/plain\r\n\r\nbody\r\n",
    "broken parameters": MIME + b"Content-Type: text/plain; charset=\"unended; x=(\r\n\r\nbody\r\n",
    "unknown encoding": MIME + b"Content-Transfer-Encoding: x-own\r\n\r\nbody\r\n",
    "further Content fields": MIME + b"Content-ID: <1@x>\r\nContent-Language: de\r\n"
                              b"Content-Disposition: inline\r\nContent-X-Own: y\r\n\r\nbody\r\n",
    "encoded parameters": MIME + b"Content-Type: text/plain; name*0*=utf-8''%c3%bc;\r\n"
                          b" name*1=b\r\n\r\n\r\n",
    "nested 1000 deep": MIME + nested(1000),
    "a boundary that never comes": MIME + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
                                   b"body\r\n",
    "message/rfc822": MIME + b"Content-Type: message/rfc822\r\n\r\n" + HEAD + b"\r\nwithin\r\n",
    "signed": MIME + b"Content-Type: multipart/signed;\r\n"
              b" protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=s\r\n\r\n--s\r\n\r\ntrailing blanks  \r\n--s\r\n"
              b"Content-Type: application/pkcs7-signature\r\n\r\nMAA=\r\n--s--\r\n",
}


def survives(s, session, anna, name, data, chunk):
    outcome = session.send(SENDER, [anna.address], data, chunk=chunk)
    require(outcome.verdict == "accept" and outcome.changed, f"{name}:", outcome.verdict,
            outcome.reply)
    sealed = s.sealed(outcome.message())
    inner = sealed.inner(anna.identity)
    require(inner == inner_entity(data), f"{name} (chunks of {chunk}) became", inner[:2000])


def test_every_shape_survives_in_chunks_of_every_size(s):
    daemon = s.daemon()
    with milter.Milter(daemon.address) as session:
        for name, data in SHAPES.items():
            for chunk in (milter.CHUNK, 7, 1):
                if chunk == 1 and len(data) > 2000:
                    continue
                survives(s, session, s.people.anna, name, data, chunk)


def corpus():
    files = [path for path in glob.glob(os.path.join(os.environ["SMIME_CORPORA"], "mime/**/*"),
                                        recursive=True)
             if os.path.isfile(path) and not path.endswith(NOT_MAIL)]
    require(len(files) > 50, "the corpus is too small:", len(files))
    return sorted(files)


def with_sender(data):
    """Samples lack what a rule would look at; their own fields stay. What can't be a header (an
    mbox line) goes."""
    data = data.replace(b"\r\n", b"\n")
    while data and (data.startswith(b"From ") or data.startswith((b" ", b"\t", b"\n"))):
        data = data.partition(b"\n")[2]
    return data.replace(b"\n", b"\r\n")


def test_the_corpus_survives(s):
    files = corpus()
    daemon = s.daemon(rules={"all": {"encrypt": "required", "bcc": "reveal"}})
    for path in files:
        with open(path, "rb") as file:
            data = with_sender(file.read())
        with milter.Milter(daemon.address) as session:
            survives(s, session, s.people.anna, os.path.basename(path), data, milter.CHUNK)


# Samples made by others are no part of the project: this runs where the variable names them.
test_the_corpus_survives.needs_variable = "SMIME_CORPORA"


def test_shapes_survive_postfix(s):
    postfix = s.postfix()
    s.daemon(postfix=postfix)
    anna = s.people.anna
    for name in ("no MIME fields", "empty body", "eight bits", "dots", "nested 1000 deep",
                 "further Content fields"):
        s.sink.clear()
        reply = send(postfix.port, SENDER, [anna.address], SHAPES[name])
        require(reply.code == 250, f"{name}:", reply)
        inner = s.sealed(s.sink.wait_for(anna.address)).inner(anna.identity)
        require(inner == inner_entity(SHAPES[name]), f"{name} became", inner[:2000])


def test_explain_writes_the_message_that_the_daemon_would_send(s):
    ctl = s.ctl()
    anna = s.people.anna
    out = s.place.path("rewritten.eml")
    for name in ("NUL bytes", "bare LF", "no MIME fields", "lines over 998"):
        found = ctl.explain(SENDER, [anna.address], SHAPES[name], "--output", out)
        require(found["action"] == "seal", name, found)
        with open(out, "rb") as file:
            data = file.read().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        inner = s.sealed(data).inner(anna.identity)
        require(inner == inner_entity(SHAPES[name]), f"{name} became", inner[:2000])


def test_a_sealed_message_is_not_sealed_again(s):
    """After a requeue the same mail comes again."""
    daemon = s.daemon()
    anna = s.people.anna
    first = milter.send(daemon.address, SENDER, [anna.address], SHAPES["signed"])
    again = milter.send(daemon.address, SENDER, [anna.address], first.message())
    require(is_sealed(first.message()), "not sealed")
    require(again.verdict == "accept" and not again.changed, again.verdict, again.reply)


def test_a_large_message_is_spooled_and_leaves_no_file(s):
    """8 MB against 256 KB of memory; the plaintext is in no file at any time that we look."""
    daemon = s.daemon()
    anna = s.people.anna
    canary = b"canary-in-a-large-message"
    body = (canary + b" " * 900 + b"\r\n") * 9000
    data = message(SENDER, anna.address, body="").removesuffix(b"\r\n") + b"\r\n" + body
    with milter.Milter(daemon.address) as session:
        fields, body = milter.split(data)
        require(session.begin(SENDER, [anna.address]) is None, "refused")
        require(session.header(fields) is None, "refused")
        require(session.body(body) is None, "refused")
        require(not daemon.search_folders(canary), "plaintext on disk")
        outcome = session.end(fields, body)
    require(outcome.verdict == "accept" and outcome.changed, outcome.reply)
    require(s.sealed(outcome.message()).inner(anna.identity) == inner_entity(data), "differs")
    require(not os.listdir(daemon.cache), "left in the cache folder:", os.listdir(daemon.cache))


def test_beyond_the_spool_limit_mail_is_deferred(s):
    daemon = s.daemon(top={"spool-limit": "1M", "spool-memory": "4k"})
    anna = s.people.anna
    data = message(SENDER, anna.address, body="x" * 70 + "\r\n") + (b"y" * 998 + b"\r\n") * 2000
    outcome = milter.send(daemon.address, SENDER, [anna.address], data)
    require(outcome.verdict == "defer" and outcome.reply.startswith("452"), outcome.reply)
    small = milter.send(daemon.address, SENDER, [anna.address], SHAPES["dots"])
    require(small.verdict == "accept", "the room was not given back:", small.reply)
