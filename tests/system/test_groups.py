"""Mail groups: their members are sealed for one by one, and who can't be is named."""
import json
import os

import milter
from cms import is_sealed
from daemon import Ctl
from fake_ldap import FakeLdap
from ldif import SUFFIX, Entry, Group
from place import require
from scenario import SENDER, decide
from slapd import Slapd
from smtp import message

STAFF = "staff@partner.example"
EXPAND = {"groups": "expand"}


def gal(uri, **settings):
    return {"gal": {"uri": [uri], "base": SUFFIX, **EXPAND, **settings}}


def seals_for(s, daemon, group, *people):
    """Every one of them opens it, and it is for nobody else."""
    outcome = decide(daemon, group)
    require(outcome.verdict == "accept" and is_sealed(outcome.message()), outcome.verdict,
            outcome.reply)
    sealed = s.sealed(outcome.message())
    for person in people:
        require(sealed.opens_with(person.identity), person.about)
    require(len(sealed.serials()) == len(people), sealed.serials())


def refuses_naming(daemon, group, *names):
    outcome = decide(daemon, group)
    require(outcome.verdict == "refuse" and outcome.reply.startswith("550"), outcome.verdict,
            outcome.reply)
    for name in names:
        require(name in outcome.reply, name, outcome.reply)


def groups(people):
    anna, bruno, clara = people.anna, people.bruno, people.clara
    sub = Group("sub", None, [bruno.entry, f"uid=loop,ou=people,{SUFFIX}"])
    loop = Group("loop", None, [sub, f"uid=nested,ou=people,{SUFFIX}"])
    pair = Group("pair", None, [anna.entry, bruno.entry])
    named = Group("named", "named@partner.example", [clara.entry])
    return [
        Group("staff", STAFF, [anna.entry, bruno.entry]),
        Group("unique", "unique@partner.example", [anna.entry, clara.entry],
              attribute="uniqueMember"),
        Group("mailed", "mailed@partner.example", addresses=[anna.address, bruno.address]),
        sub, loop, named, pair,
        Group("paired", "paired@partner.example", [pair]),
        Group("nested", "nested@partner.example", [anna.entry, sub, named, loop]),
        Group("broken", "broken@partner.example", [anna.entry, people.empty.entry,
                                                   people.emma.entry]),
        Group("gone", "gone@partner.example", [anna.entry, f"uid=missing,ou=people,{SUFFIX}"]),
        Group("mixed", "mixed@preferred.example", [anna.entry, people.empty.entry]),
        Group("searched", "searched@partner.example", [anna.entry],
              url=f"ldap:///{SUFFIX}??sub?(uid=empty)"),
        Entry("both", "both@partner.example"),
        Group("both-list", "both@partner.example", [anna.entry]),
        Group("large", "large@partner.example", [anna.entry, bruno.entry, clara.entry]),
    ]


def holds(s, daemon):
    """What holds for every kind of directory."""
    people = s.people
    seals_for(s, daemon, STAFF, people.anna, people.bruno)
    seals_for(s, daemon, "unique@partner.example", people.anna, people.clara)
    seals_for(s, daemon, "mailed@partner.example", people.anna, people.bruno)
    seals_for(s, daemon, "nested@partner.example", people.anna, people.bruno, people.clara)
    refuses_naming(daemon, "broken@partner.example",
                   f"{people.empty.address} (member of broken@partner.example)",
                   f"{people.emma.address} (member of broken@partner.example)", "expired")
    refuses_naming(daemon, "gone@partner.example", "uid=missing,ou=people",
                   "(member of gone@partner.example)")
    refuses_naming(daemon, "searched@partner.example", "members are not all known",
                   "dynamic-attributes")
    refuses_naming(daemon, "both@partner.example", "uid=both,ou=people",
                   "(member of both@partner.example)")
    outcome = decide(daemon, "mixed@preferred.example")
    require(outcome.verdict == "accept" and not is_sealed(outcome.message()), outcome.verdict)
    record = daemon.record(people.empty.address, count=2)[-1]
    require(record["group"] == "mixed@preferred.example" and record["rule"] == "preferred"
            and record["reason"] == "no-digital-id", record)


def test_groups_of_slapd(s):
    slapd = Slapd(s.place, s.people.entries() + groups(s.people), s.people.server_ca)
    settings = {"tls-ca": slapd.ca}
    holds(s, s.daemon(directories=gal(slapd.uri, **settings)))
    settings["dynamic-attributes"] = []
    lists = s.daemon(name="lists", directories=gal(slapd.uri, **settings))
    seals_for(s, lists, "searched@partner.example", s.people.anna)


def test_a_group_that_the_server_alone_takes_for_the_one_meant_is_not(s):
    """slapd finds it: it leaves out case and blanks."""
    anna, bruno = s.people.anna, s.people.bruno
    entries = [anna.entry, bruno.entry, Group("crew", "Crew@partner.example", [anna.entry]),
               Group("other", '"other crew"@partner.example', [bruno.entry])]
    slapd = Slapd(s.place, entries, s.people.server_ca)
    daemon = s.daemon(directories=gal(slapd.uri, **{"tls-ca": slapd.ca, "local-part": "exact"}))
    seals_for(s, daemon, "Crew@partner.example", anna)
    refuses_naming(daemon, "crew@partner.example", "no certificate is published")
    seals_for(s, daemon, '"other crew"@partner.example', bruno)
    refuses_naming(daemon, '"other  crew"@partner.example', "no certificate is published")


def test_groups_of_an_ldif_file(s):
    file = s.directory(s.people.entries() + groups(s.people))
    holds(s, s.daemon(directories={"file": {"ldif": file, **EXPAND}}))


def test_a_group_of_which_a_file_holds_a_part_is_not_known(s):
    """As Active Directory gives a large one to whoever does not ask on."""
    anna = s.people.anna.entry
    group = Group("large", "large@partner.example", [anna]).text()
    require(group.count("\nmember:") == 1, group)
    file = s.place.write(
        "export.ldif", f"{anna.text()}\n{group}\n".replace("\nmember:", "\nmember;range=0-0:"))
    daemon = s.daemon(directories={"file": {"ldif": file, **EXPAND}})
    refuses_naming(daemon, "large@partner.example", "members are not all known",
                   "the file holds only a part of them")


def test_members_are_recorded_with_their_group(s):
    file = s.directory(s.people.entries() + groups(s.people))
    daemon = s.daemon(directories={"file": {"ldif": file, **EXPAND}})
    outcome = decide(daemon, STAFF, s.people.clara.address)
    require(is_sealed(outcome.message()), outcome.verdict, outcome.reply)
    for person, group in ((s.people.anna, STAFF), (s.people.bruno, STAFF), (s.people.clara, None)):
        record = daemon.record(person.address)
        require(record["group"] == group and record["action"] == "seal", record)


def test_who_is_there_twice_is_sealed_for_once(s):
    file = s.directory(s.people.entries() + groups(s.people))
    daemon = s.daemon(directories={"file": {"ldif": file, **EXPAND}})
    outcome = decide(daemon, STAFF, s.people.anna.address, "unique@partner.example")
    sealed = s.sealed(outcome.message())
    require(len(sealed.serials()) == 3, sealed.serials())
    daemon.record(s.people.anna.address, count=3)


def test_a_blind_copied_group_is_not_disclosed(s):
    file = s.directory(s.people.entries() + groups(s.people))
    daemon = s.daemon(directories={"file": {"ldif": file, **EXPAND}})
    to = s.people.clara.address
    outcome = milter.send(daemon.address, SENDER, [to, STAFF], message(SENDER, to))
    require(outcome.verdict == "refuse" and STAFF in outcome.reply, outcome.reply)
    outcome = milter.send(daemon.address, SENDER, [STAFF], message(SENDER, to))
    require(is_sealed(outcome.message()), outcome.verdict, outcome.reply)


def test_a_group_beyond_the_limit_is_refused_as_such(s):
    slapd = Slapd(s.place, s.people.entries() + groups(s.people), s.people.server_ca)
    file = s.directory(s.people.entries() + groups(s.people))
    for name, directories in (("ldap", gal(slapd.uri, **{"tls-ca": slapd.ca})),
                              ("file", {"file": {"ldif": file, **EXPAND}})):
        daemon = s.daemon(name=name, top={"group-members-limit": "2"}, directories=directories)
        refuses_naming(daemon, "large@partner.example", "members are not all known",
                       "group-members-limit")
        kept = [json.loads(line) for line in
                Ctl(s.place, daemon.file).run("cache", "--json").stdout.splitlines()]
        require([row["group"] for row in kept if row["address"] == "large@partner.example"]
                == [True], kept)
        seals_for(s, daemon, STAFF, s.people.anna, s.people.bruno)
        # A group within it is no member, also while it is looked at.
        seals_for(s, daemon, "paired@partner.example", s.people.anna, s.people.bruno)


def test_a_large_entry_is_no_failure_of_its_server(s):
    """However little is to be taken of it: a group's members, or somebody's values of many years."""
    names = [f"uid=somebody-with-a-long-name-{number},ou=people,ou=department,{SUFFIX}"
             for number in range(20_000)]
    anna = s.people.anna
    old = Entry("old", "old@partner.example", blobs=[os.urandom(2000) for _ in range(1000)])
    slapd = Slapd(s.place, [anna.entry, old, Group("all", "all@partner.example", names)],
                  s.people.server_ca)
    settings = {"tls-ca": slapd.ca, "values-limit": "5", "value-size-limit": "16k"}
    daemon = s.daemon(directories=gal(slapd.uri, **settings))
    refuses_naming(daemon, "all@partner.example", "group-members-limit")
    seals_for(s, daemon, anna.address, anna)
    daemon = s.daemon(name="alone", directories=gal(slapd.uri, **settings, groups="ignore"))
    refuses_naming(daemon, "old@partner.example", "old@partner.example")
    seals_for(s, daemon, anna.address, anna)


def test_groups_are_entries_where_nobody_says_otherwise(s):
    file = s.directory(s.people.entries() + groups(s.people))
    daemon = s.daemon(directories={"file": {"ldif": file}})
    refuses_naming(daemon, STAFF, STAFF, "no certificate is published")


def test_a_long_list_of_members_is_fetched_part_by_part(s):
    people = [s.people.anna, s.people.bruno, s.people.clara, s.people.dora, s.people.tilda]
    group = Group("staff", STAFF, [person.entry for person in people])
    nested = Group("inner", None, [person.entry for person in people])
    outer = Group("outer", "outer@partner.example", [nested])
    entries = [person.entry for person in people] + [group, nested, outer]
    server = FakeLdap(s.place, entries, part=2)
    daemon = s.daemon(directories=gal(server.uri, tls="never", kind="active-directory"))
    seals_for(s, daemon, STAFF, *people)
    require(server.ranges == ["member;range=2-*", "member;range=4-*"], server.ranges)
    seals_for(s, daemon, "outer@partner.example", *people)


def test_a_part_of_a_list_that_does_not_go_on_where_the_last_ended_is_none(s):
    people = [s.people.anna, s.people.bruno, s.people.clara, s.people.dora]
    group = Group("staff", STAFF, [person.entry for person in people])
    server = FakeLdap(s.place, [person.entry for person in people] + [group], part=2)
    server.left_out = 1
    daemon = s.daemon(directories=gal(server.uri, tls="never", kind="active-directory"))
    refuses_naming(daemon, STAFF, "members are not all known")


def test_a_member_that_cannot_be_asked_about_defers(s):
    group = Group("staff", STAFF, [s.people.anna.entry, s.people.bruno.entry])
    server = FakeLdap(s.place, [s.people.anna.entry, s.people.bruno.entry, group])
    daemon = s.daemon(directories=gal(server.uri, tls="never", **{"search-timeout": "500ms"}))
    server.silent.add(s.people.bruno.entry.dn.lower())
    outcome = decide(daemon, STAFF)
    require(outcome.verdict == "defer" and outcome.reply.startswith("451"), outcome.verdict,
            outcome.reply)


def test_a_member_kept_elsewhere_is_named_and_one_that_is_refused_defers(s):
    foreign = "cn=foreign,dc=elsewhere,dc=test"
    group = Group("staff", STAFF, [s.people.anna.entry, foreign])
    server = FakeLdap(s.place, [s.people.anna.entry, group])
    for code, verdict in ((10, "refuse"), (34, "refuse"), (32, "refuse"), (50, "defer")):
        server.codes = {foreign: code}
        daemon = s.daemon(name=f"daemon{code}", directories=gal(server.uri, tls="never"))
        outcome = decide(daemon, STAFF)
        require(outcome.verdict == verdict, code, outcome.verdict, outcome.reply)
        require(verdict == "defer" or (f"{foreign} (member of {STAFF})" in outcome.reply
                                       and "or is kept elsewhere" in outcome.reply), outcome.reply)


def test_check_and_explain_show_the_members(s):
    file = s.directory(s.people.entries() + groups(s.people))
    ctl = s.ctl(directories={"file": {"ldif": file, **EXPAND}})
    found = ctl.json("check", STAFF, codes=(0,))
    require(found["address"] == STAFF and found["usable"] is True
            and found["cipher"] == "aes128-cbc", found)
    require([one["address"] for one in found["members"]]
            == [s.people.anna.address, s.people.bruno.address], found)
    require(all(one["usable"] and one["digital_ids"] for one in found["members"]), found)
    found = ctl.json("check", "broken@partner.example", codes=(1,))
    require(found["usable"] is False, found)
    require({one["address"]: one["reason"] for one in found["members"]}
            == {s.people.anna.address: "sealed", s.people.emma.address: "expired",
                s.people.empty.address: "no-digital-id"}, found)
    shown = ctl.run("check", "gone@partner.example", codes=(1,)).stdout.decode()
    require("a mail group of 2 members, not usable" in shown, shown)
    require("uid=missing,ou=people" in shown, shown)
    found = ctl.explain(SENDER, [STAFF], message(SENDER, STAFF))
    require([(one["address"], one["group"]) for one in found["recipients"]]
            == [(s.people.anna.address, STAFF), (s.people.bruno.address, STAFF)], found)
