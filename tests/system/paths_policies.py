"""Rows for test_paths: certificate policies (RFC 5280 4.2.1.4, .5, .11, .14 and 6.1)."""
from paths_pki import (ANY_POLICY, extension, inhibit_any, line, mappings, policies,
                       policy_constraints)

ONE, TWO, THREE = "1.3.6.1.4.1.99999.1", "1.3.6.1.4.1.99999.2", "1.3.6.1.4.1.99999.3"
NO, WORDS = "invalid-chain", "polic"


def under(*cas, leaf=(), root=None):
    """Each certificate's extensions, from above."""
    return line({"extensions": root} if root else None,
                [{"extensions": list(one)} for one in cas], {"extensions": list(leaf)})


def p(*identifiers):
    return [policies(*identifiers)]


def self_issued(g):
    """The end entity is the third certificate after the demand, but one of them is self-issued."""
    old = g.ca(g.root(), own_key="old", extensions=[policy_constraints(explicit=3)])
    new = g.ca(old, own_key="new")
    g.leaf(g.ca(new, "Below", "below"))


DEMAND = [policy_constraints(explicit=0)]
PLAIN = p(ONE), p(ONE)

# Where the section asks for no policy, only a CA can.
NONE_ASKED = [
    ("none anywhere", "ok", "", under([])),
    ("different ones", "ok", "", under(p(ONE), leaf=p(TWO))),
    ("critical", "ok", "", under(p(ONE), leaf=[policies(ONE, critical=True)])),
    ("a CA demands one, which there is", "ok", "", under(p(ONE) + DEMAND, leaf=p(ONE))),
    ("a CA demands one, none in the end entity", NO, WORDS, under(p(ONE) + DEMAND)),
    ("a CA demands one, another in the end entity", NO, WORDS,
     under(p(ONE) + DEMAND, leaf=p(TWO))),
    ("a CA demands one, none in the CA", NO, WORDS, under(DEMAND, leaf=p(ONE))),
    ("a CA demands one, any in the CA", "ok", "", under(p(ANY_POLICY) + DEMAND, leaf=p(ONE))),
    ("a CA demands one, any in the end entity", "ok", "",
     under(p(ONE) + DEMAND, leaf=p(ANY_POLICY))),
    ("a CA demands one after one more certificate, none there", NO, WORDS,
     under(p(ONE) + [policy_constraints(explicit=1)], p(ONE))),
    ("a CA demands one beyond the end of the chain", "ok", "",
     under([policy_constraints(explicit=5)], [])),
    ("a CA demands one, the lower demands sooner", NO, WORDS,
     under([policy_constraints(explicit=9)], DEMAND)),
    ("an end entity demands one of itself, none there", NO, WORDS,
     under([], leaf=DEMAND)),
    ("an end entity demands one later", "ok", "",
     under([], leaf=[policy_constraints(explicit=1)])),
    ("a CA demands one for the certificate after the next, which has none", NO, WORDS,
     under([policy_constraints(explicit=1)], [])),
    ("a CA demands one for the third after it, which is not there", "ok", "",
     under([policy_constraints(explicit=2)])),
    ("a CA demands one for the third after it, which has none", NO, WORDS,
     under([policy_constraints(explicit=2)], [], [])),
    ("6.1.4 h a self-issued CA between does not count", "ok", "", self_issued),
    ("a CA's demand can't be read", NO, "", under([extension("2.5.29.36", b"x", True)])),
    ("an empty list", NO, WORDS, under(p())),
    ("any is inhibited, and nobody demands one", "ok", "",
     under(p(ONE) + [inhibit_any(0)], leaf=p(ANY_POLICY))),
    ("any is inhibited, and one demanded", NO, WORDS,
     under(p(ONE) + [inhibit_any(0)] + DEMAND, leaf=p(ANY_POLICY))),
    ("mapped from any policy", NO, WORDS,
     under(p(ONE) + [mappings((ANY_POLICY, TWO))], leaf=p(TWO))),
    ("mapped to any policy", NO, WORDS,
     under(p(ONE) + [mappings((ONE, ANY_POLICY))], leaf=p(ONE))),
    ("the same policy twice", NO, WORDS, under(p(ONE), leaf=p(ONE, ONE))),
]

# Where the section asks for ONE.
ONE_ASKED = [
    ("all have it", "ok", "", under(*PLAIN[:1], leaf=p(ONE))),
    ("all of four have it", "ok", "", under(p(ONE), p(ONE), leaf=p(ONE))),
    ("none anywhere", NO, WORDS, under([])),
    ("the end entity has none", NO, WORDS, under(p(ONE))),
    ("the end entity has another", NO, WORDS, under(p(ONE), leaf=p(TWO))),
    ("the CA has none", NO, WORDS, under([], leaf=p(ONE))),
    ("the CA has another", NO, WORDS, under(p(TWO), leaf=p(ONE))),
    ("all have another", NO, WORDS, under(p(TWO), leaf=p(TWO))),
    ("among others", "ok", "", under(p(THREE, ONE, TWO), leaf=p(TWO, ONE))),
    ("the upper CA has none", NO, WORDS, under([], p(ONE), leaf=p(ONE))),
    ("the CA has any", "ok", "", under(p(ANY_POLICY), leaf=p(ONE))),
    ("the end entity has any", "ok", "", under(p(ONE), leaf=p(ANY_POLICY))),
    ("all have any", "ok", "", under(p(ANY_POLICY), leaf=p(ANY_POLICY))),
    ("the anchor has none, which does not matter", "ok", "", under(p(ONE), leaf=p(ONE))),
    ("directly below the anchor", "ok", "", line(cas=[], leaf={"extensions": p(ONE)})),
    ("any is inhibited in the CA", NO, WORDS,
     under(p(ANY_POLICY) + [inhibit_any(0)], leaf=p(ANY_POLICY))),
    ("any is inhibited, but not needed", "ok", "",
     under(p(ANY_POLICY) + [inhibit_any(0)], leaf=p(ONE))),
    ("any is inhibited after one certificate", NO, WORDS,
     under(p(ONE) + [inhibit_any(1)], p(ONE), leaf=p(ANY_POLICY))),
    ("any is inhibited after two certificates", "ok", "",
     under(p(ONE) + [inhibit_any(2)], p(ONE), leaf=p(ANY_POLICY))),
    ("mapped from what is asked for", "ok", "",
     under(p(ONE) + [mappings((ONE, TWO))], leaf=p(TWO))),
    ("mapped, and used unmapped", NO, WORDS,
     under(p(ONE) + [mappings((ONE, TWO))], leaf=p(ONE))),
    ("mapped to what is asked for", NO, WORDS,
     under(p(TWO) + [mappings((TWO, ONE))], leaf=p(ONE))),
    ("mapped twice", "ok", "",
     under(p(ONE) + [mappings((ONE, TWO))], p(TWO) + [mappings((TWO, THREE))], leaf=p(THREE))),
    ("mapped to two", "ok", "",
     under(p(ONE) + [mappings((ONE, TWO), (ONE, THREE))], leaf=p(THREE))),
    ("mapped where any stands", "ok", "",
     under(p(ANY_POLICY) + [mappings((ONE, TWO))], leaf=p(TWO))),
    ("mapping is inhibited", NO, WORDS,
     under(p(ONE) + [policy_constraints(inhibit=0)], p(ONE) + [mappings((ONE, TWO))],
           leaf=p(TWO))),
    ("mapping is inhibited later", "ok", "",
     under(p(ONE) + [policy_constraints(inhibit=1)], p(ONE) + [mappings((ONE, TWO))],
           leaf=p(TWO))),
    ("mapping is inhibited by the anchor below it", NO, WORDS,
     under(p(ONE), p(ONE) + [policy_constraints(inhibit=0)], p(ONE) + [mappings((ONE, TWO))],
           leaf=p(TWO))),
]

# Where the section asks for ONE or TWO.
EITHER_ASKED = [
    ("one of them", "ok", "", under(p(ONE), leaf=p(ONE))),
    ("the other", "ok", "", under(p(TWO), leaf=p(TWO))),
    ("both, and the end entity one", "ok", "", under(p(ONE, TWO), leaf=p(TWO))),
    ("one above, the other below", NO, WORDS, under(p(ONE), leaf=p(TWO))),
    ("a third", NO, WORDS, under(p(THREE), leaf=p(THREE))),
]

TABLES = [([], NONE_ASKED), ([ONE], ONE_ASKED), ([ONE, TWO], EITHER_ASKED)]
