"""smimectl doctor and smimectl setup: an installation in good and in bad shapes."""
import os
import shutil

import ldif
from daemon import Ctl, build_folder, environment
from pki import Authority
from place import free_port, require, run
from postfix import MASTER, Postfix
from scenario import SENDER
from slapd import Slapd
from smtp import message, send

# What Debian's master.cf has of it, with a submission service; braces for format().
SERVICES = """
{submission} inet n - {chroot} - - smtpd {options}
pickup unix n - {chroot} 60 1 pickup
cleanup unix n - {chroot} - 0 cleanup
smtp unix - - {chroot} - - smtp
"""
OURS = "unix:/smime-milter/milter.sock"
QUEUE = "/var/spool/postfix"


def findings(ctl, *words, subject=None, codes=(0, 1)):
    """[(severity, text and advice)], of one subject or of all."""
    said = ctl.json("doctor", *words, codes=codes)
    return [(found["severity"], f"{found['text']} -> {found['advice']}")
            for found in said["findings"] if subject in (None, found["subject"])]


def bad(found):
    """But for where the tests have their folders: that may be a tmpfs."""
    return [one for one in found if one[0] in ("warning", "problem") and "(tmpfs)" not in one[1]]


def require_found(found, severity, words, about):
    require(any(one[0] == severity and words in one[1] for one in found),
            f"{about}: no {severity} says \"{words}\":", found)


def bare_postfix(s):
    """A running one without any milter: its submission service is at .port."""
    postfix = Postfix(s.place, s.sink, chroot=True, milter="")
    text = MASTER.format(port=postfix.port, front=postfix.front_port, inner=postfix.inner_port,
                         chroot="y", milter="", pickup="")
    kept, skip = [], False
    for line in text.splitlines():
        if not line.startswith("  "):
            skip = line.startswith((f"127.0.0.1:{postfix.front_port}",
                                    f"127.0.0.1:{postfix.inner_port}", "seal "))
        if not skip:
            kept.append(line.replace(" -o smtpd_milters=", ""))
    s.place.write(os.path.join(postfix.etc, "master.cf"), "\n".join(kept) + "\n")
    return postfix


def run_setup(ctl, postfix, *words):
    """Runs what it prints as an administrator would, by a shell."""
    said = ctl.run("setup", "postfix", "--postfix-config", postfix.etc, *words).stdout
    path = ctl.place.write("setup.sh", said)
    run(["sh", "-e", path], env={**os.environ, "PATH": "/usr/sbin:" + os.environ["PATH"]})
    return said.decode()


def test_what_setup_prints_makes_a_bare_postfix_seal(s):
    """Both ways; and what is right already is left alone."""
    anna, bruno = s.people.anna.address, s.people.bruno.address
    second = free_port()
    for name, way in (("single", ["--service", "PORT", "--port", second]), ("plain", ["--plain"])):
        s.sink.clear()
        postfix = bare_postfix(s) if name == "single" else postfix
        if name == "plain":
            run(["/usr/sbin/postconf", "-c", postfix.etc, "-PX",
                 f"127.0.0.1:{postfix.port}/inet/content_filter", "pickup/unix/content_filter"])
            run(["/usr/sbin/postconf", "-c", postfix.etc, "-MX", f"127.0.0.1:{second}/inet"])
        daemon = s.daemons[0] if s.daemons else s.daemon(postfix=postfix)
        ctl = Ctl(s.place, daemon.file)
        where = ["--postfix-config", postfix.etc]
        require_found(findings(ctl, *where), "problem", "does not come by our milter", "bare")
        words = [str(word).replace("PORT", f"127.0.0.1:{postfix.port}/inet") for word in way]
        run_setup(ctl, postfix, *words)
        found = findings(ctl, *where)
        require(not bad(found), found)
        again = run_setup(ctl, postfix, *words)
        require(" -e " not in again and " -Pe " not in again and " -Me " not in again, again)
        reply = send(postfix.port, SENDER, [anna, bruno], message(SENDER, [anna, bruno]))
        require(reply.code == 250, reply)
        for address in (anna, bruno):
            arrived = s.sink.wait_for(address)
            require("pkcs7-mime" in arrived.field("Content-Type"), arrived.data)
        require(len(s.sink.all()) == (2 if name == "single" else 1), "messages:", s.sink.all())
        postfix.sendmail(SENDER, [s.people.clara.address],
                         message(SENDER, s.people.clara.address))
        arrived = s.sink.wait_for(s.people.clara.address)
        require("pkcs7-mime" in arrived.field("Content-Type"), arrived.data)


def postfix_shape(s, number, main="", options="", chroot="y", more="", submission="submission"):
    folder = s.place.path(f"shape{number}")
    path = s.place.write(f"{folder}/main.cf", "compatibility_level = 3.6\n"
                         f"smtpd_milters = {OURS}\nnon_smtpd_milters = $smtpd_milters\n"
                         "message_size_limit = 28000000\n" + main)
    os.utime(path, (0, 0))  # for a file that was just written postconf waits two seconds
    s.place.write(f"{folder}/master.cf", SERVICES.format(
        chroot=chroot, options=options, submission=submission) + more)
    return folder


SECOND = """127.0.0.1:10027 inet n - y - - smtpd -o smtpd_milters={ours} -o content_filter={back}
  -o receive_override_options=no_address_mappings {options}
"""
SEAL = "seal unix - - y - - smtp\n"
TO_SECOND = "-o content_filter=seal:[127.0.0.1]:10027 -o smtpd_milters={milters}"

# about, severity, words, shape
FAULTS = (
    ("nobody's milter", "problem", "submission/inet does not come by our milter",
     {"main": "smtpd_milters = inet:localhost:11332\n"}),
    ("one service without", "problem", "submission/inet does not come by our milter",
     {"options": "-o smtpd_milters=", "more": "smtp inet n - y - - smtpd\n"}),
    ("milters switched off", "problem", "submission/inet does not come by our milter",
     {"options": "-o receive_override_options=no_milters"}),
    ("sendmail command", "warning", "mail of the sendmail command",
     {"main": "non_smtpd_milters =\n"}),
    ("fail-open", "problem", "milter_default_action of submission/inet is accept",
     {"main": "milter_default_action = accept\n"}),
    ("fail-open of one service", "problem", "milter_default_action of submission/inet is accept",
     {"options": "-o milter_default_action=accept"}),
    ("fail-open in braces", "problem", "milter_default_action of submission/inet is accept",
     {"main": f"smtpd_milters = {{ {OURS}, default_action=accept }}\n"}),
    ("refusing while down", "warning", "is reject", {"main": "milter_default_action = reject\n"}),
    ("DKIM first", "problem", "DKIM signer inet:localhost:8891 comes before our milter",
     {"main": f"smtpd_milters = inet:localhost:8891, {OURS}\n"}),
    ("rspamd first", "warning", "inet:localhost:11332 comes before our milter",
     {"main": f"smtpd_milters = inet:localhost:11332, {OURS}\n"}),
    ("scanner last", "warning", "comes after our milter",
     {"main": f"smtpd_milters = {OURS} unix:/clamav/clamav-milter.ctl\n"}),
    ("impatient", "problem", "Postfix gives up before the daemon has its answer",
     {"main": "milter_content_timeout = 5s\n"}),
    ("old protocol", "problem", "milter_protocol", {"main": "milter_protocol = 2\n"}),
    ("aliases", "warning", "virtual_alias_maps (hash:/x) is applied after our milter",
     {"main": "virtual_alias_maps = hash:/x\n"}),
    ("copies", "warning", "always_bcc", {"main": "always_bcc = archive@corp.example\n"}),
    ("size", "warning", "message_size_limit is 10.2 MB (Postfix's default)",
     {"main": "message_size_limit = 10240000\n"}),
    ("chroot", "problem", "is chrooted to /var/spool/postfix",
     {"main": f"smtpd_milters = unix:{QUEUE}/smime-milter/milter.sock\n"}),
    ("no chroot", "problem", "is not chrooted to /var/spool/postfix", {"chroot": "n"}),
    ("no transport", "problem", "names transport seal, which is not in master.cf",
     {"options": TO_SECOND.format(milters=""),
      "more": SECOND.format(ours=OURS, back="", options="")}),
    ("nobody hands on", "warning", "no content_filter leads to 127.0.0.1:10027/inet",
     {"main": "smtpd_milters =\n", "submission": "smtp",
      "more": SEAL + SECOND.format(ours=OURS, back="", options="")}),
    ("nobody hands on, port 25", "problem", "smtp/inet does not come by our milter",
     {"main": "smtpd_milters =\n", "submission": "smtp",
      "more": SEAL + SECOND.format(ours=OURS, back="", options="")}),
    ("a filter elsewhere", "note", "hands its mail to the content filter amavis",
     {"options": "-o smtpd_milters= -o content_filter=amavis:[127.0.0.1]:10024",
      "more": SECOND.format(ours=OURS, back="", options="")}),
    ("a filter elsewhere, and nothing more", "problem", "does not come by our milter",
     {"main": "smtpd_milters =\ncontent_filter = amavis:[127.0.0.1]:10024\n"}),
    ("several recipients", "warning", "seal_destination_recipient_limit is not 1",
     {"options": TO_SECOND.format(milters=""),
      "more": SEAL + SECOND.format(ours=OURS, back="", options="")}),
    ("circle", "problem", "mail may go in a circle",
     {"options": TO_SECOND.format(milters=""),
      "more": SEAL + SECOND.format(ours=OURS, back="seal:[127.0.0.1]:10027", options="")}),
    ("signed at the first", "problem", "before our milter at 127.0.0.1:10027/inet",
     {"options": TO_SECOND.format(milters="inet:localhost:8891"),
      "more": SEAL + SECOND.format(ours=OURS, back="", options="")}),
    ("second takes less", "warning", "takes larger messages than 127.0.0.1:10027/inet",
     {"options": TO_SECOND.format(milters=""), "more": SEAL + SECOND.format(
         ours=OURS, back="", options="-o message_size_limit=1000")}),
    ("aliases nowhere", "warning", "both have no_address_mappings",
     {"options": TO_SECOND.format(milters="")
      + " -o receive_override_options=no_address_mappings",
      "more": SEAL + SECOND.format(ours=OURS, back="", options="")}),
    ("broken", "problem", "can't be read", {"main": "smtpd_milters = $non_smtpd_milters\n"}),
)


def test_doctor_names_each_fault_of_postfix(s):
    ctl = s.ctl(top={"listen": f"unix:{QUEUE}/smime-milter/milter.sock"})
    good = findings(ctl, "--postfix-config", postfix_shape(s, "good"), subject="postfix")
    require(not bad(good), "the good shape:", good)
    for number, (about, severity, words, shape) in enumerate(FAULTS):
        found = findings(ctl, "--postfix-config", postfix_shape(s, number, **shape),
                         subject="postfix")
        require_found(found, severity, words, about)
    inward = s.ctl(top={"listen": f"unix:{QUEUE}/smime-milter/milter.sock",
                        "internal-hosts": ["192.0.2.0/24"]})
    folder = postfix_shape(s, "inward", options=TO_SECOND.format(milters=""),
                           more=SEAL + SECOND.format(ours=OURS, back="", options=""))
    require_found(findings(inward, "--postfix-config", folder, subject="postfix"), "problem",
                  "which internal-hosts does not name", "loopback")


def test_setup_puts_signers_behind_our_milter(s):
    """Those of the services where outgoing mail comes in; what else is called there stays."""
    ctl = s.ctl(top={"listen": f"unix:{QUEUE}/smime-milter/milter.sock"})
    others = "{ inet:localhost:11332, default_action = accept } inet:localhost:8891, unix:/clamav/s"
    folder = postfix_shape(s, "signed", more="smtp inet n - y - - smtpd\n"
                           "127.0.0.1:10027 inet n - y - - smtpd -o content_filter=\n",
                           main=f"smtpd_milters = {others}\nmilter_default_action = accept\n")
    said = ctl.run("setup", "postfix", "--postfix-config", folder).stdout.decode()
    require("127.0.0.1:10028/inet" in said and "10027" not in said, "not the free port:", said)
    lines = [line for line in said.splitlines() if not line.startswith("postfix ")]
    run(["sh", "-e", s.place.write("signed.sh", "\n".join(lines) + "\n")],
        env={**os.environ, "PATH": "/usr/sbin:" + os.environ["PATH"]})
    values = run(["/usr/sbin/postconf", "-c", folder, "-P"]).stdout.decode().splitlines()
    require(f"127.0.0.1:10028/inet/smtpd_milters = {OURS},{{inet:localhost:11332,"
            "default_action=accept},inet:localhost:8891" in values, values)
    require("submission/inet/smtpd_milters = unix:/clamav/s" in values, values)
    found = findings(ctl, "--postfix-config", folder, subject="postfix")
    require(not bad(found), found)
    ctl.run("setup", "postfix", "--postfix-config", folder, "--port", "10027")
    taken = postfix_shape(s, "taken", main="smtpd_milters =\n", more="127.0.0.1:10027 inet n - y - "
                          "- smtpd -o content_filter=\n")
    ctl.run("setup", "postfix", "--postfix-config", taken, "--port", "10027", codes=(2,))


SENDMAIL = """
# comment
Xclamav, S=unix:/run/clamav/clamav-milter.ctl, F=, T=S:4m;R:4m
X{name}, S={socket},
\tF={flags}, T=S:30s;R:{read};E:5m
Xopendkim, S=inet:8891@localhost, F=T, T=S:30s;R:30s
O InputMailFilters={order}
{more}
"""
SHAPE = {"name": "smime", "socket": "unix:/run/smime-milter/milter.sock", "flags": "T",
         "read": "60s", "order": "clamav,smime,opendkim", "more": ""}


def test_doctor_names_each_fault_of_sendmail(s):
    ctl = s.ctl(top={"listen": "unix:/run/smime-milter/milter.sock"})
    for about, severity, words, shape in (
            ("good", None, None, {}),
            ("elsewhere", "problem", "leads to our milter", {"socket": "inet:1@localhost"}),
            ("not called", "problem", "InputMailFilters does not name it",
             {"order": "clamav,opendkim"}),
            ("fail-open", "problem", "has no F=T", {"flags": ""}),
            ("refusing", "warning", "has F=R", {"flags": "R"}),
            ("impatient", "problem", "waits 8 s", {"read": "8s"}),
            ("DKIM first", "problem", "opendkim is called before smime",
             {"order": "opendkim,clamav,smime"}),
            ("scanner last", "warning", "clamav is called after",
             {"order": "smime,opendkim,clamav"}),
            ("a daemon's own", "problem", "daemon MSA has filters of its own",
             {"more": "O DaemonPortOptions=Name=MSA, Port=587, InputFilter=clamav;opendkim"})):
        path = s.place.write("sendmail.cf", SENDMAIL.format(**{**SHAPE, **shape}))
        found = findings(ctl, "--sendmail-cf", path, subject="sendmail")
        if words is None:
            require(not bad(found), about, found)
        else:
            require_found(found, severity, words, about)
    said = ctl.run("setup", "sendmail", "--sendmail-cf", path).stdout.decode()
    require("INPUT_MAIL_FILTER(`smime', `S=unix:/run/smime-milter/milter.sock, F=T, "
            "T=C:1m;S:30s;R:60s;E:5m')dnl\n" in said, said)
    require("define(`confINPUT_MAIL_FILTERS', `clamav, smime, opendkim')dnl\n" in said, said)


def test_doctor_names_faults_of_files_trust_directories_and_the_daemon(s):
    slapd = Slapd(s.place, s.people.entries(), s.people.server_ca,
                  more="database config\naccess to * by * read\n")
    soon = Authority(s.place.path("cas"), "soon", "Ends Soon CA", end=20)
    over = Authority(s.place.path("cas"), "over", "Is Over CA", end=-3)
    s.place.write("anchors/soon.pem", open(soon.identity.cert).read())
    s.place.write("anchors/over.pem", open(over.identity.cert).read())
    run(["openssl", "req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=Short CA",
         "-days", "3650", "-keyout", s.place.path("short.key"),
         "-out", s.place.path("anchors/short.pem")])
    os.chmod(s.place.path("anchors"), 0o757)
    base = {"base": ldif.SUFFIX, "tls": "never"}
    ctl = s.ctl(
        top={"control-socket": "unix:" + s.place.path("nobody.sock"), "deadline": "25s",
             "listen": "unix:" + s.place.path("gone/milter.sock"),
             "cache-folder": s.place.path("nowhere"), "state-folder": s.place.folder},
        trusts={"test": {"anchors": s.place.path("anchors"), "revocation": "off"},
                "forest": {"directory": "forest", "for": ["partner.example"],
                           "anchor-bases": ["cn=nowhere," + ldif.SUFFIX],
                           "crl-bases": [ldif.SUFFIX], "revocation": "off"}},
        directories={
            "good": {**base, "uri": [slapd.uri]},
            "slow": {**base, "uri": [slapd.uri], "filter": "(&(mail=%a)(description=%l))"},
            "empty": {**base, "uri": [slapd.uri], "base": "ou=nobody," + ldif.SUFFIX},
            "misspelt": {**base, "uri": [slapd.uri], "filter": "(|(mail=%a)(maill=%a))",
                         "certificate-attribute": "userCert;binary", "smime-attribute": ""},
            "members": {**base, "uri": [slapd.uri], "groups": "expand", "search-timeout": "1m",
                        "member-attributes": ["membr"], "member-mail-attributes": ["mmbr"]},
            "forest": {"base": ldif.SUFFIX, "uri": [slapd.ldapi], "groups": "expand"},
            "half": {"ldif": s.place.write("half.ldif", "dn: cn=x\nuserCertificate:: MAMCAQE=\n\n"
                                                        "dn: cn=y\nuserCertificate:: MAMC")},
            "none": {"ldif": s.place.write("none.ldif",
                                           "dn: cn=x\nchangetype: modify\nreplace: mail\n")},
            "down": {**base, "uri": ["ldap://127.0.0.1:1"]}})
    found = findings(ctl, "--sendmail-cf", s.place.write("empty.cf", ""), codes=(1,))
    for severity, words in (
            ("problem", "there is no socket"),
            ("problem", "the MTA can't reach it at unix:"),
            ("problem", "nowhere: No such file or directory -> make it"),
            ("problem", f"chmod 0755 {s.place.path('anchors')}"),
            ("warning", "Ends Soon CA,O=Test (section \"test\") expires on"),
            ("warning", "Is Over CA,O=Test (section \"test\") expired on"),
            ("warning", "CN=Short CA (section \"test\"): its key is short"),
            ("problem", "folder of listen: "),
            ("ok", "\"good\": ldap://127.0.0.1"),
            ("ok", "\"good\": there is an entry with a certificate"),
            ("warning", "has no index for description (olcDbIndex in cn=config)"),
            ("problem", "\"empty\": "),
            ("warning", "\"misspelt\": no entry with an address and a certificate is found -> see "
                        "that base and filter are right, and that bind-dn may read "
                        "userCert;binary"),
            ("warning", "has no attribute maill (filter)"),
            ("warning", "\"members\": the schema of ldap://127.0.0.1"),
            ("warning", "\"members\": search-timeout (60000 ms) is not below deadline (25000 ms)"),
            ("warning", f"shows no CA certificate below cn=nowhere,{ldif.SUFFIX} (anchor-bases of "
                        "trust \"forest\")"),
            ("warning", f"shows no CRL below {ldif.SUFFIX} (crl-bases of trust \"forest\")"),
            ("warning", "has no attribute userCert;binary (certificate-attribute)"),
            ("problem", "half.ldif was cut off: it ends within the entry at line 4"),
            ("problem", "none.ldif: no entry with an address and a certificate is found, and 1 "
                        "record(s) can't be read"),
            ("problem", "\"down\": "),
            ("problem", "no filter in ")):
        require_found(found, severity, words, "faults")
    require(not any("no index for mail" in text for _, text in found), found)
    require(sum("has no attribute" in text for _, text in found) == 2, found)
    require(sum("none of the attributes" in text for _, text in found) == 1, found)
    require(sum("below deadline" in text for _, text in found) == 1, found)


def test_doctor_judges_files_for_the_user_that_the_daemon_has_become(s):
    """Root started it, and gave root up: what root may read says nothing."""
    text = s.configuration({"user": "nobody"})
    for name in ("daemon", "daemon/cache", "daemon/state"):
        os.makedirs(s.place.path(name), exist_ok=True)
        shutil.chown(s.place.path(name), "nobody")
    daemon = s.daemon(text)
    ctl = Ctl(s.place, daemon.file)
    cf = s.place.write("empty.cf", "")
    found = findings(ctl, "--sendmail-cf", cf)
    require_found(found, "ok", f"(pid {daemon.pid}, user nobody)", "the user")
    require_found(found, "ok", "are right for user nobody", "the files")
    os.chmod(daemon.file, 0o600)
    found = findings(ctl, "--sendmail-cf", cf, codes=(1,))
    require_found(found, "problem", "configuration: the daemon's user nobody can't use it",
                  "the configuration")


def test_setup_and_doctor_take_hostile_names_for_text(s):
    """A value from outside is one word for the shell, and plain on a terminal."""
    ctl = s.ctl(top={"listen": "unix:/run/a b'$(touch x)`id`.sock"})
    folder = postfix_shape(s, "hostile", chroot="n",
                           main="smtpd_milters = { unix:/it's$$(id), default_action=accept }\n")
    said = ctl.run("setup", "postfix", "--plain", "--postfix-config", folder).stdout.decode()
    path = s.place.write("hostile.sh", "\n".join(
        line.replace("postconf", "printf '%s\\n'", 1) for line in said.splitlines()
        if line.startswith("postconf")) + "\n")
    words = run(["sh", "-e", path]).stdout.decode().splitlines()
    require(any(word.startswith("smtpd_milters = ") and word.endswith("$(touch x)`id`.sock")
                for word in words), words)
    require(not os.path.exists("x"), "it was run")
    folder = postfix_shape(s, "coloured", main="smtpd_milters = inet:\033[31mred:1\n")
    ctl.run("setup", "postfix", "--plain", "--postfix-config", folder, codes=(2,))
    done = ctl.run("doctor", "--postfix-config", folder, codes=(1,))
    require(b"\033" not in done.stdout + done.stderr, done.stdout)


def test_doctor_and_setup_say_what_is_wrong_with_the_command_line(s):
    ctl = s.ctl()
    for words in (("doctor", "here"), ("doctor", "--bogus"), ("setup",), ("setup", "exim"),
                  ("setup", "postfix", "--largest", "much"),
                  ("setup", "postfix", "--service", "smtp"), ("setup", "postfix", "--port", "x")):
        said = ctl.run(*words, codes=(2,)).stderr
        require(b"Try: smimectl " in said, words, said)
    said = ctl.run("setup", "postfix", "--postconf", "/bin/false", codes=(2,)).stderr
    require(b"/bin/false failed" in said, said)
    path = s.place.write("broken.conf", "listen = 1\nnonsense\n")
    done = run([os.path.join(build_folder(), "smimectl"), "doctor", "-c", path], check=False,
               env=environment(s.place.folder))
    require(done.returncode == 2 and b"broken.conf" in done.stderr, done.stderr)
