"""Path validation (RFC 5280 section 6): tables of chains, with the verdict that each must be given.

Each table is put into one directory, and judged by one call of smimectl. A row has a title with the
section of RFC 5280, the verdict expected, a word of its detail, and a function that makes the
chain (paths_pki). What a suite that is not in the tree expects is run by tests/system/suite.
"""
import json
import os
import tempfile

import ldif
import paths_chain
import paths_names
import paths_policies
import paths_revocation
from daemon import build_folder
from paths_pki import AT, Graph, write_folder
from place import require, run


def judge(s, rows, settings, at=AT, domain="chain.example"):
    """The rows that did not come out as expected, in words."""
    graphs = []
    for number, row in enumerate(rows):
        graphs.append(Graph(number, domain))
        row[3](graphs[-1])
    found = smimectl(s, graphs, settings, at)
    wrong = []
    for row, graph in zip(rows, graphs):
        title, verdict, detail = row[:3]
        one = found.get(graph.address, {})
        ids = one.get("digital_ids") or [{}]
        said = (ids[0].get("verdict"), ids[0].get("detail") or "")
        if said[0] != verdict or detail not in said[1] or one["usable"] != (verdict == "ok"):
            wrong.append(f"{graph.address} {title}: {said[0]} ({said[1]}), not {verdict} "
                         f"({detail})")
    return wrong


def smimectl(s, graphs, settings, at):
    """Address -> what is said of it."""
    entries = [ldif.Entry(graph.address, graph.address, [graph.leaf_certificate],
                          other=[("cACertificate;binary", one) for one in graph.published])
               for graph in graphs]
    folder = tempfile.mkdtemp(dir=s.place.folder)
    trust = {"anchors": os.path.join(folder, "anchors"), "revocation": "off", **settings}
    write_folder(trust["anchors"], [one for graph in graphs for one in graph.anchors], "der")
    if any(graph.crls for graph in graphs):
        trust["crls"] = os.path.join(folder, "crls")
        write_folder(trust["crls"], [one for graph in graphs for one in graph.crls], "crl")
    ctl = s.ctl(trusts={"paths": trust}, directories={
        "paths": {"ldif": s.directory(entries), "values-limit": "200"}})
    lines = ctl.run("check", "--json", "--at", at, *(graph.address for graph in graphs),
                    codes=(0, 1, 75)).stdout.splitlines()
    require(len(lines) == len(graphs), f"{len(lines)} answers to {len(graphs)} questions")
    return {one["address"]: one for one in map(json.loads, lines)}


def require_all(wrong, rows):
    require(not wrong, f"{len(wrong)} of {len(rows)} rows:\n" + "\n".join(wrong))


def test_chains_are_judged_by_rfc_5280(s):
    require_all(judge(s, paths_chain.ROWS, {}), paths_chain.ROWS)


def test_name_constraints_are_judged_by_rfc_5280(s):
    require_all(judge(s, paths_names.ROWS, {}, domain=paths_names.OWN), paths_names.ROWS)


def test_policies_are_judged_by_rfc_5280(s):
    wrong, rows = [], []
    for asked, table in paths_policies.TABLES:
        settings = {"policies": asked} if asked else {}
        wrong += [f"asked for {asked}: {words}" for words in judge(s, table, settings)]
        rows += table
    require_all(wrong, rows)


def test_crls_are_judged_by_rfc_5280(s):
    wrong, rows = [], []
    for settings, table in paths_revocation.TABLES:
        wrong += [f"{settings['revocation']}: {words}" for words in judge(s, table, settings)]
        rows += table
    require_all(wrong, rows)


def test_the_runner_of_suites_tells_good_and_bad_paths(s):
    """tests/system/suite, by a suite of a few rows of our own."""
    rows = [row for row in paths_revocation.GRACE if row[1] in ("ok", "revoked")][:6]
    tests = []
    for number, row in enumerate(rows):
        graph = Graph(number, "suite.example")
        row[3](graph)
        files = {"end": [graph.leaf_certificate], "anchors": graph.anchors,
                 "intermediates": graph.published, "crls": graph.crls}
        test = {"name": row[0], "time": AT, "path": row[1] == "ok"}
        for kind, contents in files.items():
            test[kind] = [f"{number}-{kind}-{place}" for place in range(len(contents))]
            for name, content in zip(test[kind], contents):
                s.place.write(f"suite/{name}", content)
        tests.append({**test, "end": test["end"][0]})
    s.place.write("suite/suite.json", json.dumps({"tests": tests}))
    command = [os.path.join(os.path.dirname(__file__), "suite"), "--build", build_folder()]
    said = run([*command, s.place.path("suite")]).stdout.decode()
    require(said == f"{len(rows)} passed, 0 failed\n", said)
    tests[1]["path"] = not tests[1]["path"]
    s.place.write("suite/suite.json", json.dumps({"tests": tests}))
    done = run([*command, s.place.path("suite")], check=False)
    require(done.returncode == 1 and f"FAILED {tests[1]['name']}".encode() in done.stdout,
            done.stdout.decode())
