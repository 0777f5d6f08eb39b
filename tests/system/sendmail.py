"""A private Sendmail on loopback, beside an installed Postfix with which its package conflicts:
unpacked into a folder, with a host name, hosts and resolver of its own (without them it waits for a
name server at every start)."""
import os
import socket

from place import answers, free_port, run

PACKAGES = ["sendmail-bin", "sendmail-base", "sendmail-cf"]

CONFIGURATION = r"""divert(-1)dnl
define(`_CF_DIR_', `{root}/usr/share/sendmail/cf/')dnl
include(`{root}/usr/share/sendmail/cf/m4/cf.m4')dnl
VERSIONID(`private')dnl
OSTYPE(`linux')dnl
define(`confDONT_BLAME_SENDMAIL',`GroupWritableDirPathSafe,TrustStickyBit')dnl
define(`QUEUE_DIR', `{folder}/mqueue')dnl
define(`STATUS_FILE', `')dnl
define(`HELP_FILE', `')dnl
define(`ALIAS_FILE', `')dnl
define(`confPID_FILE', `{folder}/sendmail.pid')dnl
define(`confDOMAIN_NAME', `gw.test')dnl
define(`confCW_FILE', `{folder}/etc/lhn')dnl
define(`confCONTROL_SOCKET_NAME', `')dnl
define(`confTO_IDENT', `0')dnl
define(`confDEF_USER_ID', `nobody')dnl
define(`confBIND_OPTS', `')dnl
define(`confSERVICE_SWITCH_FILE', `{folder}/etc/service.switch')dnl
define(`confHOSTS_FILE', `/etc/hosts')dnl
define(`confDELIVERY_MODE', `background')dnl
define(`confMAX_DAEMON_CHILDREN', `60')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {sink}')dnl
define(`SMART_HOST', `relay:[127.0.0.1]')dnl
FEATURE(`nocanonify')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`accept_unqualified_senders')dnl
FEATURE(`promiscuous_relay')dnl
FEATURE(`no_default_msa')dnl
DAEMON_OPTIONS(`Name=MTA, Addr=127.0.0.1, Port={port}, Family=inet')dnl
INPUT_MAIL_FILTER(`smime', `S={milter}, F=T, T=S:30s;R:60s;E:5m')dnl
MAILER(smtp)dnl
"""

# A mount name space of its own: what is bound there, the system never sees.
LAUNCH = """hostname gw.test
mount --bind {folder}/etc/hosts /etc/hosts
mount --bind {folder}/etc/resolv.conf /etc/resolv.conf
exec {root}/usr/libexec/sendmail/sendmail -bD -C{folder}/etc/sm.cf -q1m"""


def unpack(folder):
    """Downloads Debian's packages and unpacks them below the folder."""
    os.makedirs(folder)
    run(["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", *PACKAGES], cwd=folder)
    for package in sorted(os.listdir(folder)):
        if package.endswith(".deb"):
            run(["dpkg", "-x", package, "root"], cwd=folder)
    return os.path.join(folder, "root")


class Sendmail:
    def __init__(self, place, sink, milter, root=None):
        self.folder = place.path("sendmail")
        self.port = free_port()
        root = root or unpack(place.path("sendmail-packages"))
        os.makedirs(os.path.join(self.folder, "mqueue"), mode=0o700)
        values = {"folder": self.folder, "root": root, "port": self.port, "sink": sink.port,
                  "milter": milter}
        place.write("sendmail/etc/sm.mc", CONFIGURATION.format(**values))
        place.write("sendmail/etc/service.switch", "hosts files\n")
        place.write("sendmail/etc/lhn", "")
        place.write("sendmail/etc/hosts", f"127.0.0.1 gw.test localhost {socket.gethostname()}\n")
        place.write("sendmail/etc/resolv.conf",
                    "options timeout:1 attempts:1\nnameserver 127.0.0.1\n")
        made = run(["m4", f"-D_CF_DIR_={root}/usr/share/sendmail/cf/",
                    place.path("sendmail/etc/sm.mc")])
        place.write("sendmail/etc/sm.cf", made.stdout)
        self.process = place.start(
            ["unshare", "-u", "-m", "--propagation", "private", "sh", "-ec",
             LAUNCH.format(**values)], "sendmail/out")
        self.process.wait_for(lambda: answers(("127.0.0.1", self.port)), "Sendmail answers")
