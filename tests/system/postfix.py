"""A private Postfix on loopback that relays everything to the sink.

.port        smtpd that carries the milter
.front_port  smtpd without a milter, whose mail goes one recipient at a time to ...
.inner_port  ... a second smtpd that carries it: the set-up of README, option by option
sendmail()   submits by the sendmail command (non_smtpd_milters)
"""
import os
import shutil
import socket

from place import Failure, free_port, run

MAIN = """
compatibility_level = 3.6
config_directory = {folder}/etc
queue_directory = {folder}/spool
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
multi_instance_enable = no
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = gw.test
mydomain = test
myorigin = test
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
# Tests also come as strangers (XCLIENT); nothing but loopback reaches this instance.
mynetworks = 0.0.0.0/0
smtpd_authorized_xclient_hosts = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
smtpd_recipient_limit = 2000
smtpd_peername_lookup = no
relayhost = [127.0.0.1]:{sink}
disable_dns_lookups = yes
smtp_host_lookup = native
smtp_tls_security_level = none
smtpd_tls_security_level = none
smtputf8_enable = yes
message_size_limit = 104857600
header_size_limit = 1024000
in_flow_delay = 0
minimal_backoff_time = 1s
maximal_backoff_time = 5s
queue_run_delay = 1s
transport_retry_time = 1s
maillog_file_prefixes = {folder}
maillog_file = {folder}/maillog
default_process_limit = 120
milter_default_action = tempfail
milter_protocol = 6
milter_command_timeout = 30s
milter_content_timeout = 300s
seal_destination_recipient_limit = 1
{more}
"""

# service type private unpriv chroot wakeup maxproc command
MASTER = """
127.0.0.1:{port} inet n - {chroot} - 120 smtpd -o smtpd_milters={milter}
127.0.0.1:{front} inet n - {chroot} - - smtpd -o content_filter=seal:[127.0.0.1]:{inner}
127.0.0.1:{inner} inet n - {chroot} - - smtpd
  -o content_filter=
  -o smtpd_milters={milter}
  -o milter_default_action=tempfail
  -o mynetworks=127.0.0.0/8
  -o smtpd_client_restrictions=
  -o smtpd_helo_restrictions=
  -o smtpd_sender_restrictions=
  -o smtpd_relay_restrictions=permit_mynetworks,reject
  -o smtpd_recipient_restrictions=permit_mynetworks,reject
  -o smtpd_authorized_xforward_hosts=127.0.0.0/8
  -o receive_override_options=no_unknown_recipient_checks,no_address_mappings
seal unix - - {chroot} - - smtp
  -o smtp_send_xforward_command=yes
  -o disable_mime_output_conversion=yes
pickup unix n - {chroot} 60 1 pickup {pickup}
cleanup unix n - {chroot} - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - {chroot} - - trivial-rewrite
bounce unix - - {chroot} - 0 bounce
defer unix - - {chroot} - 0 bounce
trace unix - - {chroot} - 0 bounce
verify unix - - {chroot} - 1 verify
flush unix n - {chroot} 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - {chroot} - - smtp
relay unix - - {chroot} - - smtp
error unix - - {chroot} - - error
retry unix - - {chroot} - - error
discard unix - - {chroot} - - discard
anvil unix - - {chroot} - 1 anvil
scache unix - - {chroot} - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    def __init__(self, place, sink, chroot=True, name="postfix", milter=None, local_milter=False,
                 local_seal=False, more=""):
        """local_milter: non_smtpd_milters too. local_seal: instead, mail of the sendmail command
        goes one recipient at a time, too. milter: where smtpd finds it; default: .socket."""
        self.place = place
        self.folder = place.path(name)
        self.etc = os.path.join(self.folder, "etc")
        self.spool = os.path.join(self.folder, "spool")
        self.socket = os.path.join(self.spool, "smime-milter", "milter.sock")
        self.port, self.front_port, self.inner_port = free_port(), free_port(), free_port()
        for folder in ("etc", "spool", "data"):
            os.makedirs(os.path.join(self.folder, folder))
        shutil.chown(os.path.join(self.folder, "data"), "postfix")
        os.makedirs(os.path.dirname(self.socket))
        shutil.chown(os.path.dirname(self.socket), None, "postfix")
        os.chmod(os.path.dirname(self.socket), 0o2750)
        if milter is None:  # as the service sees it
            milter = "unix:/smime-milter/milter.sock" if chroot else "unix:" + self.socket
        if local_milter:
            more += f"\nnon_smtpd_milters = {milter}\n"
        place.write(f"{name}/etc/main.cf", MAIN.format(
            folder=self.folder, sink=sink.port, more=more))
        place.write(f"{name}/etc/master.cf", MASTER.format(
            port=self.port, front=self.front_port, inner=self.inner_port,
            chroot="y" if chroot else "n", milter=milter,
            pickup=f"-o content_filter=seal:[127.0.0.1]:{self.inner_port}" if local_seal else ""))
        self._fill_chroot()
        self.start()

    def _fill_chroot(self):
        """What name look-ups of the C library want to see, as Debian puts it there."""
        os.makedirs(os.path.join(self.spool, "etc"))
        for name in ("resolv.conf", "services", "hosts", "localtime", "nsswitch.conf"):
            if os.path.exists("/etc/" + name):
                shutil.copy("/etc/" + name, os.path.join(self.spool, "etc", name))

    def start(self):
        run(["/usr/sbin/postfix", "-c", self.etc, "check"])  # makes the queue folders
        self.process = self.place.start(
            ["/usr/lib/postfix/sbin/master", "-c", self.etc, "-s"],
            os.path.relpath(self.folder, self.place.folder) + "/out",
            env={**os.environ, "MAIL_CONFIG": self.etc})
        for port in (self.port, self.front_port, self.inner_port):
            self.process.wait_for(lambda: self._greets(port), "Postfix answers")

    def _greets(self, port):
        """The port is open before the service can run: its greeting counts."""
        if "fatal:" in self.log():
            raise Failure(self.log())
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as connection:
                return connection.recv(3) == b"220"
        except OSError:
            return False

    def stop(self):
        self.process.stop()

    def log(self):
        path = os.path.join(self.folder, "maillog")
        if not os.path.exists(path):
            return ""
        with open(path, errors="replace") as log:
            return log.read()

    def sendmail(self, sender, recipients, data):
        """As a local program submits; line ends are LF there."""
        run(["/usr/sbin/sendmail", "-C", self.etc, "-i", "-f", sender, "--", *recipients],
            stdin=data.replace(b"\r\n", b"\n"))

    def queue_is_empty(self):
        return b"Mail queue is empty" in run(["/usr/sbin/postqueue", "-c", self.etc, "-p"]).stdout
