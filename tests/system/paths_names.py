"""Rows for test_paths: name constraints (RFC 5280 4.2.1.10, RFC 9598 section 6)."""
import der
from paths_pki import (ALTERNATIVE, CN, EMAIL, O, address, alternative, constraints, directory, dns,
                       extension, line, mail, name, registered, uri, utf8_mail)

FORBIDDEN = "may not certify"
OWN = "names.example"  # the domain of the rows' addresses


def own(g):
    """The row's own address, as a constraint or a name."""
    return mail(g.address)


def resolved(g, names):
    return [one(g) if callable(one) else one for one in names]


def limits(permitted=(), excluded=(), critical=True):
    """The extension, whose names may depend on the row."""
    return lambda g: constraints(resolved(g, permitted), resolved(g, excluded), critical)


def permitted(*names):
    return {"extensions": [limits(permitted=names)]}


def excluded(*names):
    return {"extensions": [limits(excluded=names)]}


def names_of_leaf(*names):
    return {"extensions": [lambda g: alternative(*resolved(g, names))]}


def under(*says, leaf=None, root=None):
    """A chain whose CAs say this, from above; leaf: the names of the end entity."""
    leaf_says = names_of_leaf(*leaf) if isinstance(leaf, list) else leaf
    return line(root, list(says), leaf_says)


def subject(*attributes):
    return lambda g: name((O, f"Row {g.number}"), *resolved(g, attributes))


def in_subject(g):
    return (EMAIL, g.address)


def organisation(g):
    return directory(name((O, f"Row {g.number}")))


def other_organisation(_):
    return directory(name((O, "Other")))


BELOW = "sub." + OWN


def at_host(host):
    """The end entity's address is its own and one at this host."""
    return [own, mail("x@" + host)]


MAILBOXES = [
    ("this mailbox", "ok", permitted(own)),
    ("another mailbox", "no", permitted(mail("other@" + OWN))),
    ("its host", "ok", permitted(mail(OWN))),
    ("its host in capitals", "ok", permitted(mail(OWN.upper()))),
    ("another host", "no", permitted(mail("other.example"))),
    ("the host's domain", "ok", permitted(mail(".example"))),
    ("the host itself as a domain", "no", permitted(mail("." + OWN))),
    ("a host above", "no", permitted(mail("example"))),
    ("a host below", "no", permitted(mail(BELOW))),
    ("a host that ends likewise", "no", permitted(mail("ames.example"))),
    ("one of two hosts", "ok", permitted(mail("other.example"), mail(OWN))),
    ("two other hosts", "no", permitted(mail("other.example"), mail("more.example"))),
    ("not this mailbox", "no", excluded(own)),
    ("not another mailbox", "ok", excluded(mail("other@" + OWN))),
    ("not its host", "no", excluded(mail(OWN))),
    ("not its host in capitals", "no", excluded(mail(OWN.upper()))),
    ("not another host", "ok", excluded(mail("other.example"))),
    ("not the host's domain", "no", excluded(mail(".example"))),
    ("not the host itself as a domain", "ok", excluded(mail("." + OWN))),
    ("the host, but not the mailbox", "no",
     {"extensions": [limits([mail(OWN)], [own])]}),
    ("the domain, but not another host", "ok",
     {"extensions": [limits([mail(".example")], [mail("other.example")])]}),
    ("names for hosts only", "ok", permitted(dns("other.example"))),
    ("not any host", "ok", excluded(dns(""))),
    ("an unused form", "ok", permitted(registered("1.2.3"))),
]

NO = "invalid-chain"


def mailboxes():
    for title, verdict, says in MAILBOXES:
        verdict, detail = ("ok", "") if verdict == "ok" else (NO, FORBIDDEN)
        yield f"rfc822Name: {title}", verdict, detail, under(says)
        yield (f"rfc822Name: {title}; the address in the subject", verdict, detail,
               under(says, leaf={"subject": subject(in_subject), "without": [ALTERNATIVE]}))
        yield (f"rfc822Name: {title}; an SmtpUTF8Mailbox (RFC 9598)", verdict, detail,
               under(says, leaf=[lambda g: utf8_mail(g.address)]))
        yield f"rfc822Name: {title}; said by the anchor", verdict, detail, under({}, root=says)
        yield f"rfc822Name: {title}; said two CAs above", verdict, detail, under(says, {})


def self_issued(g):
    """The upper CA's constraints forbid its own name, in which it issues to its new key."""
    upper = g.ca(g.root(), own_key="old", subject=name("Outside"), extensions=[
        constraints(permitted=[directory(name((O, f"Row {g.number}")))])])
    g.leaf(g.ca(upper, own_key="new", subject=name("Outside")))


def minimum(_):
    tree = der.sequence(mail(OWN), der.implicit(0, der.integer(1)[2:]))
    return extension("2.5.29.30", der.sequence(der.explicit(0, tree)), True)


def unreadable(_):
    return extension("2.5.29.30", der.octets(b"x"), True)


OTHERS = [
    ("every address must be permitted", NO, FORBIDDEN,
     under(permitted(mail(OWN)), leaf=at_host("other.example"))),
    ("a domain's subdomain", "ok", "", under(permitted(mail("." + OWN), mail(OWN)),
                                            leaf=at_host(BELOW))),
    ("a second address in the subject counts, too", NO, FORBIDDEN,
     under(permitted(mail(OWN)), leaf={"subject": subject((EMAIL, "x@other.example"))})),
    ("two CAs permit the same", "ok", "", under(permitted(mail(OWN)), permitted(mail(OWN)))),
    ("two CAs: the lower permits less", "ok", "",
     under(permitted(mail(".example")), permitted(mail(OWN)))),
    ("two CAs: the lower permits more, but the name is within", "ok", "",
     under(permitted(mail(OWN)), permitted(mail(".example")))),
    ("two CAs: only the lower permits it", NO, FORBIDDEN,
     under(permitted(mail("other.example")), permitted(mail(OWN)))),
    ("two CAs: only the upper permits it", NO, FORBIDDEN,
     under(permitted(mail(OWN)), permitted(mail("other.example")))),
    ("two CAs: what one excludes the other can't permit", NO, FORBIDDEN,
     under(excluded(mail(OWN)), permitted(mail(OWN)))),
    ("two CAs: nothing in common", NO, FORBIDDEN,
     under(permitted(mail("a.example")), permitted(mail("b.example")))),
    ("two CAs: exclusions add up", NO, FORBIDDEN,
     under(excluded(mail("other.example")), excluded(own))),
    ("not critical counts as well", NO, FORBIDDEN,
     under({"extensions": [limits([mail("other.example")], critical=False)]})),
    ("an empty list of trees", "ok", "", under({"extensions": [limits()]})),
    ("an SmtpUTF8Mailbox with a local part beyond ASCII, its host permitted", "ok", "",
     under(permitted(mail(OWN)), leaf=[own, utf8_mail("müller@" + OWN)])),
    ("an SmtpUTF8Mailbox with a local part beyond ASCII, another host permitted", NO, FORBIDDEN,
     under(permitted(mail(OWN)), leaf=[own, utf8_mail("müller@other.example")])),
    ("an SmtpUTF8Mailbox with A-labels, its host permitted as A-labels (RFC 9598)", "ok", "",
     under(permitted(mail(OWN), mail("xn--mller-kva.example")),
           leaf=[own, utf8_mail("jörg@xn--mller-kva.example")])),
    ("an SmtpUTF8Mailbox with A-labels, excluded as A-labels (RFC 9598)", NO, FORBIDDEN,
     under(excluded(mail("xn--mller-kva.example")),
           leaf=[own, utf8_mail("jörg@xn--mller-kva.example")])),
    ("an SmtpUTF8Mailbox with U-labels (RFC 8398), excluded as A-labels", NO, FORBIDDEN,
     under(excluded(mail("xn--mller-kva.example")), leaf=[own, utf8_mail("jörg@müller.example")])),
    ("a CA's own address counts", NO, FORBIDDEN,
     under(permitted(mail(OWN)), {"subject": subject((EMAIL, "ca@other.example"), (CN, "Sub"))})),
    ("a self-issued CA's own names do not count", "ok", "",
     self_issued),
    ("directoryName: permitted", "ok", "", under(permitted(organisation))),
    ("directoryName: another permitted", NO, FORBIDDEN, under(permitted(other_organisation))),
    ("directoryName: excluded", NO, FORBIDDEN, under(excluded(organisation))),
    ("directoryName: another excluded", "ok", "", under(excluded(other_organisation))),
    ("directoryName: case does not matter", "ok", "",
     under(permitted(lambda g: directory(name((O, f"ROW  {g.number}")))))),
    ("directoryName: PrintableString and UTF8String", "ok", "",
     under(permitted(lambda g: directory(name((O, der.printable(f"Row {g.number}"))))))),
    ("directoryName: excluded in another string type", NO, FORBIDDEN,
     under(excluded(lambda g: directory(name((O, der.printable(f"row {g.number}"))))))),
    ("directoryName: one more attribute than the subject's", NO, FORBIDDEN,
     under(permitted(lambda g: directory(name((O, f"Row {g.number}"), "Leaf", "more"))))),
    ("directoryName: an empty subject is permitted", "ok", "",
     under(permitted(other_organisation), leaf={
         "subject": name(), "extensions": [lambda g: alternative(own(g), critical=True)]})),
    ("directoryName: in the alternative names", NO, FORBIDDEN,
     under(permitted(organisation), leaf=[own, other_organisation])),
    ("directoryName: two CAs", NO, FORBIDDEN,
     under(permitted(organisation), permitted(other_organisation))),
    ("dNSName: forbidden", NO, FORBIDDEN,
     under(permitted(dns("other.example")), leaf=[own, dns("www." + OWN)])),
    ("dNSName: a domain and below", "ok", "",
     under(permitted(dns(OWN)), leaf=[own, dns(OWN), dns("a.b." + OWN)])),
    ("dNSName: a domain that ends likewise", NO, FORBIDDEN,
     under(permitted(dns("ames.example")), leaf=[own, dns(OWN)])),
    ("dNSName: excluded", NO, FORBIDDEN, under(excluded(dns(OWN)), leaf=[own, dns("a." + OWN)])),
    ("URI: its host permitted", "ok", "",
     under(permitted(uri(OWN)), leaf=[own, uri(f"http://{OWN}/x")])),
    ("URI: another host permitted", NO, FORBIDDEN,
     under(permitted(uri("other.example")), leaf=[own, uri(f"http://{OWN}/x")])),
    ("URI: a domain excluded", NO, FORBIDDEN,
     under(excluded(uri(".example")), leaf=[own, uri(f"http://{OWN}/x")])),
    ("iPAddress: permitted", "ok", "",
     under(permitted(address([192, 0, 2, 0, 255, 255, 255, 0])),
           leaf=[own, address([192, 0, 2, 1])])),
    ("iPAddress: another network", NO, FORBIDDEN,
     under(permitted(address([192, 0, 2, 0, 255, 255, 255, 0])),
           leaf=[own, address([198, 51, 100, 1])])),
    ("a form that is constrained and can't be compared", NO, "",
     under(permitted(registered("1.2.3")), leaf=[own, registered("1.2.3.4")])),
    ("a minimum is not known (RFC 5280 4.2.1.10)", NO, "",
     under({"extensions": [minimum]})),
    ("constraints that can't be read", NO, "can't be read",
     under({"extensions": [unreadable]})),
    ("constraints in an end entity do not matter", "ok", "",
     under(leaf={"extensions": [limits([mail("other.example")])]})),
]

ROWS = [*mailboxes(), *OTHERS]
