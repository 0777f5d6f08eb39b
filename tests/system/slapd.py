"""A private OpenLDAP server on loopback: ldap:// with StartTLS, ldaps:// and ldapi://."""
import os
import signal
from urllib.parse import quote

import ldif
from place import Failure, answers, free_port, run, wait_until

CONFIGURATION = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include {folder}/ad.schema
pidfile {folder}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCACertificateFile {ca}
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
TLSVerifyClient {verify}
{more}
sizelimit unlimited
threads 8
database mdb
suffix "{suffix}"
rootdn "cn=admin,{suffix}"
rootpw secret
directory {folder}/db
maxsize 1073741824
dbnosync
index objectClass eq
index mail,proxyAddresses eq
access to * by {readers} read by * none
"""

# What Active Directory and the Netscape server call them, with their object identifiers.
SCHEMA = """
attributetype ( 1.2.840.113556.1.2.210 NAME 'proxyAddresses' EQUALITY caseIgnoreMatch
  SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 2.16.840.1.113730.3.1.30 NAME 'mgrpRFC822MailMember'
  EQUALITY caseIgnoreIA5Match SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )
attributetype ( 2.16.840.1.113730.3.1.198 NAME 'memberURL' SUP labeledURI )
objectclass ( 2.16.840.1.113730.3.2.4 NAME 'mailGroup' SUP top AUXILIARY
  MAY ( uid $ mail $ mgrpRFC822MailMember $ memberURL ) )
objectclass ( 1.2.840.113556.1.5.9 NAME 'adUser' SUP top AUXILIARY MAY proxyAddresses )
"""


class Slapd:
    """identity: its certificate, if not a good one from the authority. verify: TLSVerifyClient.
    more: further lines of configuration. readers: who may read the entries. ldif_text: further
    entries."""

    def __init__(self, place, entries, authority, name="slapd", identity=None, verify="never",
                 more="", readers="*", ldif_text=""):
        self.place = place
        self.name = name
        self.folder = place.path(name)
        self.ca = authority.identity.cert
        os.makedirs(os.path.join(self.folder, "db"))
        self._write_certificate(identity or authority.issue(
            "localhost", [], key="p256", extended="serverAuth",
            extensions=["subjectAltName=DNS:localhost,IP:127.0.0.1"]))
        place.write(f"{name}/ad.schema", SCHEMA)
        self.configuration = place.write(f"{name}/slapd.conf", CONFIGURATION.format(
            folder=self.folder, ca=self.ca, suffix=ldif.SUFFIX, verify=verify, more=more,
            readers=readers))
        data = place.write(f"{name}/data.ldif", ldif.text(entries, ascii_only=True) + ldif_text)
        run(["/usr/sbin/slapadd", "-q", "-f", self.configuration, "-l", data])
        self.port, self.tls_port = free_port(), free_port()
        self.socket = os.path.join(self.folder, "ldapi")
        self.start()

    def _write_certificate(self, identity):
        for source, target in ((identity.cert, "server.pem"), (identity.key, "server.key")):
            with open(source) as file:
                self.place.write(f"{self.name}/{target}", file.read(), 0o600)

    @property
    def uri(self):
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def ldaps(self):
        return f"ldaps://127.0.0.1:{self.tls_port}"

    @property
    def ldapi(self):
        return "ldapi://" + quote(self.socket, safe="")

    def start(self, attempts=3):
        """Debian's slapd 2.5 now and then crashes within free() before it serves anybody; then it
        is started again."""
        try:
            self._start_once()
        except Failure:
            if self.process.child.poll() != -signal.SIGSEGV or attempts == 1:
                raise
            self.start(attempts - 1)

    def _start_once(self):
        self.process = self.place.start(
            ["/usr/sbin/slapd", "-f", self.configuration, "-d", "0",
             "-h", f"{self.uri}/ {self.ldaps}/ {self.ldapi}/"], f"{self.name}/log")
        self.process.wait_for(
            lambda: answers(("127.0.0.1", self.port)) and answers(self.socket), "slapd answers")

    def stop(self):
        self.process.stop()
        wait_until(lambda: not answers(("127.0.0.1", self.port)), "slapd is gone")

    def modify(self, changes):
        """Applies LDIF change records as the administrator."""
        run(["ldapmodify", "-x", "-H", self.uri, "-D", f"cn=admin,{ldif.SUFFIX}", "-w", "secret"],
            stdin=changes.encode())
