"""Clusters from edges: what joins, what is cut and why, and laws of the partition."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from models_ml.clustering import RULE, Clusters, cluster_records

SCORES = {"decision": 1.0, "crm_merge": 1.0, "customer_number": 0.995, "loyalty_id": 0.99,
          "email": 0.98, "phone": 0.9}


def resolve(names: str, *, pairs: list[tuple[str, float]] | None = None,
            related: list[str] | None = None, held: list[tuple[str, str]] | None = None,
            merges: list[str] | None = None, same: list[str] | None = None,
            different: list[str] | None = None, unheard: list[str] | None = None,
            order: str | None = None, size_limit: int = 50) -> Clusters:
    """Cluster records, one letter each: capitals have a name, small letters have none.

    `pairs`: ("AB", score). `related`: "AB". `held`: ("email", "ABc") for one value each; pairs of
    named holders are weighed, as .9 where nothing else is given, unless they are `unheard`.
    `order`: seniority, most senior first; the letters' own order by default.
    """
    place = {name: number for number, name in enumerate(order or names)}
    scores = dict.fromkeys((a + b for rule, holders in held or [] if rule != "phone"
                            for a, b in combinations(filter(str.isupper, holders), 2)), 0.9)
    scores |= {**dict(pairs or []), **dict.fromkeys(related or [], 0.01)}
    weighed: list[dict[str, Any]] = [
        {"left": place[a], "right": place[b], "score": score, "weight": 5.0}
        for (a, b), score in scores.items() if a + b not in (unheard or [])]
    held_rows = [{"record": place[name], "value": value, "rule": RULE[rule], "scope": RULE[rule]}
                 for value, (rule, holders) in enumerate(held or []) for name in holders]
    claims = [row for row in held_rows if row["rule"] != RULE["phone"]]
    decisions = [{"left": place[a], "right": place[b], "is_same": True} for a, b in same or []]
    decisions += [{"left": place[a], "right": place[b], "is_same": False}
                  for a, b in different or []]
    seniors = sorted(place, key=place.__getitem__)
    return cluster_records(
        np.array([name.isupper() for name in seniors]),
        np.array([ord(name) for name in seniors]),
        frame(held_rows, "record value rule"), frame(claims, "record scope"),
        frame(weighed, "left right score weight"),
        frame([{"left": place[a], "right": place[b]} for a, b in merges or []], "left right"),
        frame(decisions, "left right is_same"),
        scores=SCORES, threshold=0.95, bridge_score=0.99, size_limit=size_limit)


def frame(rows: list[dict[str, Any]], columns: str) -> pd.DataFrame:
    made = pd.DataFrame(rows, columns=columns.split())
    return made.astype({name: np.int64 for name in made if name in (
        "left", "right", "record", "value", "rule", "scope")})


def partition(names: str, found: Clusters) -> set[str]:
    groups: dict[int, str] = {}
    for name, senior in zip(names, found.component.tolist(), strict=True):
        groups[senior] = groups.get(senior, "") + name
    return {"".join(sorted(group)) for group in groups.values()}


@pytest.mark.parametrize(("case", "names", "given_", "expected"), [
    ("a likely pair joins", "AB", {"pairs": [("AB", .96)]}, {"AB"}),
    ("an unlikely one does not", "AB", {"pairs": [("AB", .94)]}, {"A", "B"}),
    ("an e-mail joins named records", "AB", {"held": [("email", "AB")]}, {"AB"}),
    ("one that nobody compared does not", "ABC",
     {"held": [("email", "ABC")], "unheard": ["AB", "AC"]}, {"A", "BC"}),
    ("a couple shares an e-mail", "AB",
     {"held": [("email", "AB")], "related": ["AB"]}, {"A", "B"}),
    ("his second record joins him, not her", "ABC",
     {"held": [("email", "ABC")], "related": ["AB", "AC"]}, {"A", "BC"}),
    ("a nameless record does not choose within a couple", "ABc",
     {"held": [("email", "ABc")], "related": ["AB"]}, {"A", "B", "c"}),
    ("nameless records of a shared e-mail are one", "ABcd",
     {"held": [("email", "ABcd")], "related": ["AB"]}, {"A", "B", "cd"}),
    ("a nameless record joins the one who has its e-mail", "Ab",
     {"held": [("email", "Ab")]}, {"Ab"}),
    ("her e-mail on his card: the card is his", "ABc",
     {"held": [("email", "Ac"), ("loyalty_id", "Bc")]}, {"A", "Bc"}),
    ("a telephone does not join named records", "AB", {"held": [("phone", "AB")]}, {"A", "B"}),
    ("a telephone joins a nameless record", "Ab", {"held": [("phone", "Ab")]}, {"Ab"}),
    ("a telephone of two named ones joins nobody", "ABc",
     {"held": [("phone", "ABc")]}, {"A", "B", "c"}),
    ("a customer number joins whatever else is said", "AB",
     {"held": [("customer_number", "AB")], "related": ["AB"]}, {"AB"}),
    ("so does the CRM's merge", "AB", {"merges": ["AB"], "related": ["AB"]}, {"AB"}),
    ("a decision outranks a merge", "AB", {"merges": ["AB"], "different": ["AB"]}, {"A", "B"}),
    ("a decision outranks the scores", "AB", {"same": ["AB"], "related": ["AB"]}, {"AB"}),
    ("different splits a chain at its weakest edge", "ABC",
     {"pairs": [("AB", .999), ("BC", .97)], "different": ["AC"]}, {"AB", "C"}),
    ("different holds for nameless records, too", "abc",
     {"held": [("email", "ab"), ("loyalty_id", "bc")], "different": ["ac"]}, {"a", "bc"}),
    ("and for telephones", "ab", {"held": [("phone", "ab")], "different": ["ab"]}, {"a", "b"}),
    ("father and son are not joined by a record without a birth date", "ABC",
     {"pairs": [("AB", .999), ("BC", .96)], "related": ["AC"]}, {"AB", "C"}),
    ("a weak bridge between two groups is cut", "ABCD",
     {"pairs": [("AB", .999), ("CD", .999), ("BC", .96)]}, {"AB", "CD"}),
    ("a strong one is not", "ABCD",
     {"pairs": [("AB", .999), ("CD", .999), ("BC", .995)]}, {"ABCD"}),
    ("two weak edges are no bridge", "ABCD",
     {"pairs": [("AB", .999), ("CD", .999), ("BC", .96), ("AD", .96)]}, {"ABCD"}),
    ("a weak edge to a single record is no bridge", "ABC",
     {"pairs": [("AB", .999), ("BC", .96)]}, {"ABC"}),
    ("weighed pairs do not outgrow the limit", "ABCD",
     {"pairs": [("AB", .999), ("BC", .998), ("CD", .997)], "size_limit": 3}, {"ABC", "D"}),
    ("customer numbers may", "ABCD",
     {"held": [("customer_number", "ABCD")], "size_limit": 3}, {"ABCD"}),
])
def test_who_is_joined(case: str, names: str, given_: dict[str, Any], expected: set[str]) -> None:
    assert partition(names, resolve(names, **given_)) == expected, case


def test_no_number_of_doubts_outweighs_a_decision() -> None:
    names = "ABCDEFGHIJKLMNOPQRSTUVWX"
    same = [*("A" + name for name in names[2::2]), *("B" + name for name in names[3::2]), "WX"]
    doubts = [a + b for a in names[::2] for b in names[1::2] if a + b != "WX"]
    assert partition(names, resolve(names, same=same, related=doubts)) == {names}


@pytest.mark.parametrize(("given_", "expected"), [
    ({"pairs": [("AB", .97)], "different": ["AB"]}, "cut_decision"),
    ({"held": [("email", "AB")], "related": ["AB"]}, "cut_conflict"),
    ({"held": [("email", "AB")], "unheard": ["AB"]}, "cut_conflict"),
    ({"pairs": [("AB", .97)]}, "used"),
])
def test_why_an_edge_is_cut(given_: dict[str, Any], expected: str) -> None:
    assert resolve("AB", **given_).edges["status"].tolist() == [expected]


def test_a_shared_value_that_does_not_join_tells_what_its_pair_weighs() -> None:
    shared = [("email", "AB")]
    weighed = resolve("AB", held=shared, related=["AB"], order="BA").edges
    assert weighed[["score", "weight"]].to_numpy().tolist() == [[.01, 5.0]]
    unheard = resolve("AB", held=shared, unheard=["AB"], order="BA").edges
    assert unheard["score"].tolist() == [.98]
    assert unheard["weight"].isna().all()


def test_the_edge_that_was_a_bridge_or_too_much_says_so() -> None:
    chain = [("AB", .999), ("CD", .999), ("BC", .96)]
    bridge = resolve("ABCD", pairs=chain).edges
    assert bridge.set_index(["left", "right"])["status"].to_dict() == {
        (0, 1): "used", (2, 3): "used", (1, 2): "cut_bridge"}
    crowd = resolve("ABC", pairs=[("AB", .999), ("BC", .998)], size_limit=2).edges
    assert crowd["status"].tolist() == ["used", "cut_size"]


NAMES = "ABCDefgh"
PAIRS = [a + b for place, a in enumerate(NAMES) for b in NAMES[place + 1:]]


@settings(deadline=None, max_examples=100, derandomize=True,
          phases=[Phase.explicit, Phase.generate])
@given(
    order=st.permutations(NAMES),
    pairs=st.lists(st.tuples(st.sampled_from(PAIRS), st.sampled_from([.5, .96, .97, .998])),
                   max_size=8, unique_by=lambda pair: pair[0]),
    held=st.lists(st.tuples(st.sampled_from(["email", "phone", "loyalty_id"]),
                            st.sets(st.sampled_from(NAMES), min_size=2, max_size=4).map(
                                lambda names: "".join(sorted(names)))), max_size=4),
    related=st.lists(st.sampled_from(PAIRS), max_size=3, unique=True),
    different=st.lists(st.sampled_from(PAIRS), max_size=2, unique=True),
)
def test_laws_of_the_partition(
    order: list[str], pairs: list[tuple[str, float]], held: list[tuple[str, str]],
    related: list[str], different: list[str],
) -> None:
    pairs = [(pair, score) for pair, score in pairs if pair not in related]
    given_: dict[str, Any] = {"pairs": pairs, "held": held, "related": related,
                              "different": different}
    found = resolve(NAMES, **given_)
    groups = partition(NAMES, found)
    assert groups == partition("".join(order), resolve(NAMES, order="".join(order), **given_)), (
        "another order of loads")
    assert all(sum(name in group for group in groups) == 1 for name in NAMES)
    assert not any(a in group and b in group for a, b in different for group in groups)
    used = found.edges[found.edges["status"] == "used"]
    component = found.component
    assert (component[used["left"]] == component[used["right"]]).all()
    apart = found.edges[found.edges["status"] != "used"]
    assert (component[apart["left"]] != component[apart["right"]]).all()
