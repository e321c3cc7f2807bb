"""From edges between records to customers: who is joined, and which edges are cut.

Numbers in, numbers out: a record is its place in the order of seniority, 0 the most senior. Where
edges come from (`models_ml/matching.py`, exact keys) and what ids are made of the clusters
(`models_ml/identity.py`) does not belong here.

Everything works on sets or in an order of strength and `tie_break`, never in the order of rows or
loads, so the partition does not depend on either.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_ml.tables import MATCH_RULES

RULE = {name: number for number, name in enumerate(MATCH_RULES)}
"""Rules by strength, 0 the strongest; `rule` columns hold these numbers."""

KEY_EVIDENCE = {"decision": 1e5, "crm_merge": 100.0, "customer_number": 100.0,
                "loyalty_id": 12.0, "email": 12.0, "phone": 8.0}
"""Bits that an edge of a rule speaks for one person where evidence is added up; of a decision more
than any number of doubts speaks against it."""

MOST_EVIDENCE = 20.0
"""Bits that a weighed pair can speak for or against one person."""

DIFFERENT = -1e6
"""Bits of a decision that two records are different persons: more than anything outweighs."""

DOUBT_SCORE = 0.5
DOUBT = -8.0
"""Bits that a pair weighed as rather two persons speaks against being joined through others: more
than its own odds, because a record in between that fits both owes that to what it does not know."""

USED, CUT_DECISION, CUT_BRIDGE, CUT_SIZE, CUT_CONFLICT = (
    "used", "cut_decision", "cut_bridge", "cut_size", "cut_conflict")

_EDGE_COLUMNS = ["left", "right", "rule", "score", "weight"]


@dataclass(frozen=True)
class Clusters:
    """`component`: for each record the most senior record of its cluster.

    `edges`: left < right, rule, score, weight (bits, NaN without), status.
    """

    component: np.ndarray
    edges: pd.DataFrame


def cluster_records(
    named: np.ndarray, tie_break: np.ndarray, holders: pd.DataFrame, claims: pd.DataFrame,
    pairs: pd.DataFrame, merges: pd.DataFrame, decisions: pd.DataFrame, *, scores: dict[str, float],
    threshold: float, bridge_score: float, size_limit: int,
) -> Clusters:
    """Join records into customers.

    1. Recorded decisions, the CRM's merges and customer numbers join whatever they name. Loyalty
       number and e-mail join named records where the pair, the e-mail included, is weighed as
       rather one person; a weighed pair joins from `threshold`.
    2. In a cluster that holds a pair that should not be one (decided different, or weighed as
       rather two persons) or that outgrew `size_limit`, records are joined anew, the strongest edge
       first, and two groups only where all evidence between them adds up to one person (greedy
       correlation clustering; Bansal, Blum and Chawla 2004).
    3. A bridge, the only and weak edge between two groups of several records, is cut.
    4. Records without a name join by loyalty number, e-mail, then telephone, and never join two
       named customers. A telephone joins where nothing contradicts.

    Args:
        named: per record, whether a person's or company's name is known.
        tie_break: per record, a number that does not depend on the order of loads.
        holders: record, value (a number), rule, of values that several records hold; values over
            their limit left out.
        claims: record, scope (a number), of every record and what it has an identifier of:
            within a scope a person is expected to have one value.
        pairs: left, right, score, weight (bits); every weighed pair that shares a key is in it.
        merges: left, right.
        decisions: left, right, is_same.
        scores: probability of a match by rule.
        threshold: least score of a weighed pair that joins, 0..1.
        bridge_score: score from which a single edge between two groups is not weak.
        size_limit: most records of a cluster that weighed pairs may join.
    """
    count = len(named)
    same = decisions[decisions["is_same"].astype(bool)]
    different = decisions[~decisions["is_same"].astype(bool)]
    doubted = pairs[pairs["score"] < DOUBT_SCORE]
    keys = holders[holders["rule"] != RULE["phone"]]
    is_number = keys["rule"] == RULE["customer_number"]
    named_keys = keys[~is_number & named[keys["record"]]]
    believed = _codes(pairs[pairs["score"] >= DOUBT_SCORE], count)
    tied, conflicting = _tie_named(named_keys, believed, tie_break)
    likely = pairs[pairs["score"] >= threshold]
    edges = pd.concat([
        _edges(same, "decision", scores), _edges(merges, "crm_merge", scores),
        _edges(_star(keys[is_number], tie_break), None, scores), _edges(tied, None, scores),
        _edges(likely.assign(rule=RULE["probabilistic"]), None, scores),
    ], ignore_index=True)
    vetoes = pd.concat([
        pd.DataFrame({"left": different["left"], "right": different["right"],
                      "evidence": DIFFERENT}),
        pd.DataFrame({"left": doubted["left"], "right": doubted["right"], "evidence": DOUBT}),
    ], ignore_index=True)
    edges = edges.assign(status=_settle(edges, vetoes, tie_break, count, size_limit))
    edges.loc[_weak_bridges(edges, count, bridge_score), "status"] = CUT_BRIDGE
    base = _connected(_used(edges), count)

    nameless = _tie_nameless(keys[~is_number], named, base, tie_break, scores)
    labels = np.where(_group_has(base, named), base, -1)
    nameless = nameless.assign(
        status=_attach(nameless, base, labels, different, tie_break, count))
    edges = pd.concat([edges, nameless], ignore_index=True)
    cluster = _connected(_used(edges), count)
    phones = holders[holders["rule"] == RULE["phone"]]
    phones = _star(_clear_phones(phones, claims, cluster, labels, different), tie_break)
    edges = pd.concat([
        edges, _edges(phones, None, scores).assign(status=USED),
        _edges(conflicting, None, scores).pipe(_as_weighed, pairs).assign(status=CUT_CONFLICT),
    ], ignore_index=True)
    component = _connected(_used(edges), count)
    is_inside = component[edges["left"]] == component[edges["right"]]
    edges["status"] = edges["status"].where(~is_inside, USED)
    return Clusters(component, edges.drop_duplicates(["left", "right", "rule"]))


def group_evidence(count: int, holders: pd.DataFrame, *pairs: pd.DataFrame) -> np.ndarray:
    """Return for each record the most senior of its evidence group.

    What becomes of a record depends on nothing outside its group, however strong or weak the
    evidence in it. `holders` and `pairs` are those of `cluster_records`.
    """
    value = holders["value"].to_numpy(np.int64)
    ties = pd.DataFrame({"left": holders["record"], "right": count + value})
    nodes = count + int(value.max(initial=-1)) + 1
    return _connected(pd.concat([ties, *(p[["left", "right"]] for p in pairs)]), nodes)[:count]


def _used(edges: pd.DataFrame) -> pd.DataFrame:
    return edges[edges["status"] == USED]


def _edges(frame: pd.DataFrame, rule: str | None, scores: dict[str, float]) -> pd.DataFrame:
    """Edges with left < right; a rule's score where the frame brings none."""
    rules = frame["rule"] if rule is None else np.full(len(frame), RULE[rule])
    by_rule = np.array([scores.get(name, 1.0) for name in MATCH_RULES])
    left, right = frame["left"].to_numpy(np.int64), frame["right"].to_numpy(np.int64)
    rules = np.asarray(rules, dtype=np.int64)
    return pd.DataFrame({
        "left": np.minimum(left, right), "right": np.maximum(left, right), "rule": rules,
        "score": frame["score"].to_numpy(float) if "score" in frame else by_rule[rules],
        "weight": frame["weight"].to_numpy(float) if "weight" in frame else np.nan,
    })


def _codes(frame: pd.DataFrame, count: int) -> np.ndarray:
    """One number for each pair, sorted, for look-up."""
    left, right = frame["left"].to_numpy(np.int64), frame["right"].to_numpy(np.int64)
    return np.sort(np.minimum(left, right) * count + np.maximum(left, right))


def _is_in(left: np.ndarray, right: np.ndarray, codes: np.ndarray, count: int) -> np.ndarray:
    """Whether each pair is among the sorted `codes`."""
    if not len(codes):
        return np.zeros(len(left), dtype=bool)
    wanted = np.minimum(left, right) * count + np.maximum(left, right)
    place = np.searchsorted(codes, wanted)
    return codes[np.minimum(place, len(codes) - 1)] == wanted


def _star(holders: pd.DataFrame, tie_break: np.ndarray) -> pd.DataFrame:
    """Tie every record of a value to its first in the order of `tie_break`."""
    ranked = holders.assign(rank=tie_break[holders["record"]]).sort_values(["value", "rank"])
    first = ranked.groupby("value")["record"].transform("first").to_numpy(np.int64)
    record = ranked["record"].to_numpy(np.int64)
    is_edge = first != record
    return pd.DataFrame({"left": first[is_edge], "right": record[is_edge],
                         "rule": ranked["rule"].to_numpy(np.int64)[is_edge]})


def _tie_named(
    holders: pd.DataFrame, believed: np.ndarray, tie_break: np.ndarray,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Edges between the named records of a value, and those left out because nothing backs them.

    A record is tied to the first of its value; where that pair is not weighed as rather one
    person, to the first with which it is. A pair that was never compared, because one of the two
    has several e-mails or the value more holders than its block may have, is not either: the value
    alone would make strangers one.
    """
    count = len(tie_break)
    star = _star(holders, tie_break)
    conflict = ~_is_in(star["left"].to_numpy(), star["right"].to_numpy(), believed, count)
    clashing = star.loc[conflict, ["left", "right"]].to_numpy().ravel()
    touched = holders["value"][holders["record"].isin(clashing)]
    again = holders[holders["value"].isin(touched)]
    again = again.assign(rank=tie_break[again["record"]]).sort_values(["value", "rank"])
    other = []
    for _, group in again.groupby("value", sort=False):
        records = group["record"].to_numpy(np.int64)
        rule = int(group["rule"].iloc[0])
        for place in range(2, len(records)):
            clashes = ~_is_in(records[:place], np.full(place, records[place]), believed, count)
            if clashes[0] and not clashes.all():
                other.append((records[:place][~clashes][0], records[place], rule))
    extra = pd.DataFrame(other, columns=["left", "right", "rule"], dtype=np.int64)
    return pd.concat([star[~conflict], extra], ignore_index=True), star[conflict]


def _as_weighed(edges: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Give edges score and weight of their pair: what a cut key says counts less than why."""
    found = edges[["left", "right"]].merge(pd.DataFrame({
        "left": np.minimum(pairs["left"], pairs["right"]),
        "right": np.maximum(pairs["left"], pairs["right"]),
        "score": pairs["score"], "weight": pairs["weight"]}), on=["left", "right"], how="left")
    return edges.assign(score=found["score"].fillna(edges["score"]), weight=found["weight"])


def _connected(edges: pd.DataFrame, count: int) -> np.ndarray:
    """Return the connected component of each record, as its most senior record."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(edges), dtype=np.int8)
    graph = coo_matrix((ones, (edges["left"], edges["right"])), shape=(count, count))
    _, label = connected_components(graph, directed=False)
    # Records are met in ascending order, so the first of each component is its most senior.
    _, first = np.unique(label, return_index=True)
    return first[label] if count else np.zeros(0, dtype=np.int64)


def _evidence(edges: pd.DataFrame) -> np.ndarray:
    """Bits for one person of each edge."""
    by_rule = np.array([KEY_EVIDENCE.get(name, 0.0) for name in MATCH_RULES])
    score = edges["score"].to_numpy().clip(1e-9, 1 - 1e-9)
    weighed = np.clip(np.log2(score / (1 - score)), 0.1, MOST_EVIDENCE)
    rule = edges["rule"].to_numpy()
    return np.where(rule == RULE["probabilistic"], weighed, by_rule[rule])


def _settle(
    edges: pd.DataFrame, vetoes: pd.DataFrame, tie_break: np.ndarray, count: int, size_limit: int,
) -> np.ndarray:
    """Status of each edge; only clusters with something wrong in them are looked at one by one."""
    component = _connected(edges, count)
    sizes = np.bincount(component, minlength=count)
    left, right = vetoes["left"].to_numpy(np.int64), vetoes["right"].to_numpy(np.int64)
    inside = component[left] == component[right]
    wrong = np.union1d(component[left[inside]], np.flatnonzero(sizes > size_limit))
    of_wrong = np.isin(component[edges["left"].to_numpy(np.int64)], wrong)
    status = np.full(len(edges), USED, dtype=object)
    if of_wrong.any():
        status[of_wrong] = _join_strongest_first(
            edges[of_wrong], vetoes[inside], tie_break, size_limit)
    return status


def _join_strongest_first(
    edges: pd.DataFrame, vetoes: pd.DataFrame, tie_break: np.ndarray, size_limit: int,
) -> np.ndarray:
    evidence = _evidence(edges)
    left, right = edges["left"].to_numpy(np.int64), edges["right"].to_numpy(np.int64)
    low = np.minimum(tie_break[left], tie_break[right])
    high = np.maximum(tie_break[left], tie_break[right])
    order = np.lexsort((edges["rule"], high, low, -evidence))
    group: dict[int, int] = {}
    members: dict[int, list[int]] = {}
    between: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for node in np.union1d(left, right).tolist():
        group[node], members[node] = node, [node]
    everything = zip(
        [*left.tolist(), *vetoes["left"]], [*right.tolist(), *vetoes["right"]],
        [*evidence.tolist(), *vetoes["evidence"]], strict=True)
    for one, other, bits in everything:
        if one in group and other in group:
            between[one][other] += bits
            between[other][one] += bits
    weighed = (edges["rule"] == RULE["probabilistic"]).to_numpy()
    status = np.full(len(edges), USED, dtype=object)
    for place in order.tolist():
        one, other = group[int(left[place])], group[int(right[place])]
        if one == other:
            continue
        if between[one][other] <= 0:
            is_decided = between[one][other] <= DIFFERENT / 2
            status[place] = CUT_DECISION if is_decided else CUT_CONFLICT
            continue
        if weighed[place] and len(members[one]) + len(members[other]) > size_limit:
            status[place] = CUT_SIZE
            continue
        if len(members[one]) < len(members[other]):
            one, other = other, one
        for node in members[other]:
            group[node] = one
        members[one] += members.pop(other)
        for third, bits in between.pop(other).items():
            between[third].pop(other, None)
            if third != one:
                between[one][third] += bits
                between[third][one] += bits
    return status


def _weak_bridges(edges: pd.DataFrame, count: int, bridge_score: float) -> np.ndarray:
    """Mark the weak edges that alone hold two groups of several records together."""
    import networkx

    used = (edges["status"] == USED).to_numpy()
    weak = used & (edges["rule"] == RULE["probabilistic"]).to_numpy() & (
        edges["score"].to_numpy() < bridge_score)
    # Edges of two rules between the same records are one edge of the graph, and not a weak one.
    weak &= ~edges.duplicated(["left", "right"], keep=False).to_numpy()
    component = _connected(edges[used], count)
    left = edges["left"].to_numpy(np.int64)
    weak &= np.bincount(component, minlength=count)[component[left]] >= 4
    near = used & np.isin(component[left], component[left[weak]])
    ends = edges[["left", "right"]].to_numpy(np.int64)
    graph = networkx.Graph()
    graph.add_edges_from(ends[near].tolist())
    bridges = {(min(pair), max(pair)) for pair in networkx.bridges(graph)}
    found = np.zeros(len(edges), dtype=bool)
    for place, (one, other) in zip(
            np.flatnonzero(weak).tolist(), ends[weak].tolist(), strict=True):
        alone = min(graph.degree(one), graph.degree(other)) == 1
        found[place] = (one, other) in bridges and not alone
    return found


def _group_has(component: np.ndarray, flag: np.ndarray) -> np.ndarray:
    """Per record, whether any record of its component has the flag."""
    has = np.zeros(len(component), dtype=bool)
    has[component[flag]] = True
    return has[component]


def _tie_nameless(
    holders: pd.DataFrame, named: np.ndarray, base: np.ndarray, tie_break: np.ndarray,
    scores: dict[str, float],
) -> pd.DataFrame:
    """Edges of loyalty numbers and e-mails that a record without a name holds.

    A value of two or more named customers says nothing about who else used it, so it ties only
    its nameless records to each other.
    """
    nameless = holders[~named[holders["record"]]]
    around = holders[holders["value"].isin(nameless["value"])]
    is_named = named[around["record"]]
    customers = pd.Series(base[around["record"]], index=around.index)[is_named].groupby(
        around["value"][is_named]).nunique()
    several = customers.index[customers > 1]
    ambiguous = around["value"].isin(several)
    owners = around[is_named & ~ambiguous]
    owners = owners.assign(rank=tie_break[owners["record"]]).sort_values(["value", "rank"])
    # Named first, so that a nameless record that is cut off takes no other with it.
    order = np.where(named, tie_break, tie_break + len(tie_break) + 1)
    held = pd.concat([around[~is_named], owners.drop_duplicates("value")])
    return _edges(_star(held, order), None, scores)


def _attach(
    edges: pd.DataFrame, base: np.ndarray, labels: np.ndarray, different: pd.DataFrame,
    tie_break: np.ndarray, count: int,
) -> np.ndarray:
    """Status of the edges of nameless records; no two named customers become one by them."""
    groups = pd.DataFrame({
        "left": base[edges["left"]], "right": base[edges["right"]], "rule": edges["rule"],
        "score": edges["score"]}, index=edges.index)
    linked = _connected(groups, count)
    customers = np.zeros(count, dtype=bool)
    customers[labels[labels >= 0]] = True
    per_link = np.bincount(linked[customers], minlength=count)
    left, right = (base[different[side].to_numpy(np.int64)] for side in ("left", "right"))
    wrong = np.union1d(np.flatnonzero(per_link > 1), linked[left[linked[left] == linked[right]]])
    status = np.full(len(edges), USED, dtype=object)
    inside = np.isin(linked[groups["left"].to_numpy(np.int64)], wrong)
    owner: dict[int, int] = {}

    def find(node: int) -> int:
        while owner.get(node, node) != node:
            owner[node] = owner.get(owner[node], owner[node])
            node = owner[node]
        return node

    label = {int(node): int(labels[node]) for node in np.unique(
        groups.loc[inside, ["left", "right"]].to_numpy())}
    apart = [(int(a), int(b)) for a, b in zip(left, right, strict=True)]
    ends = edges.loc[inside]
    low = np.minimum(tie_break[ends["left"]], tie_break[ends["right"]])
    high = np.maximum(tie_break[ends["left"]], tie_break[ends["right"]])
    places = np.flatnonzero(inside)[np.lexsort((high, low, ends["rule"]))]
    for place in places.tolist():
        one = find(int(groups["left"].iloc[place]))
        other = find(int(groups["right"].iloc[place]))
        if one == other:
            continue
        if any({find(a), find(b)} == {one, other} for a, b in apart):
            status[place] = CUT_DECISION
            continue
        if label[one] >= 0 and label[other] >= 0:
            status[place] = CUT_CONFLICT
            continue
        owner[other] = one
        label[one] = max(label[one], label[other])
    return status


def _clear_phones(
    phones: pd.DataFrame, claims: pd.DataFrame, cluster: np.ndarray, labels: np.ndarray,
    different: pd.DataFrame,
) -> pd.DataFrame:
    """Return the rows of `phones` that may tie records.

    Clusters claim what a person has one of: each other identifier's scope, a name, a side of a
    decision that two records are different. A set of clusters is in conflict when two of them
    claim the same. A telephone ties its clusters when they are not in conflict, and when those
    that all such telephones together would make one are not either: a record without any other
    identifier must not link the telephones of two people.
    """
    phones = phones.assign(cluster=cluster[phones["record"]])
    with_phone = np.zeros(len(cluster), dtype=bool)
    with_phone[phones["cluster"]] = True
    claimed_by = cluster[claims["record"]]
    counts = with_phone[claimed_by]
    with_name = np.zeros(len(cluster), dtype=bool)
    with_name[cluster[labels >= 0]] = True
    sides = len(different)
    claims = pd.concat([
        pd.DataFrame({"cluster": claimed_by[counts], "scope": claims["scope"].to_numpy()[counts]}),
        pd.DataFrame({"cluster": np.flatnonzero(with_name & with_phone), "scope": -1}),
        *(pd.DataFrame({"cluster": cluster[different[side].to_numpy(np.int64)],
                        "scope": -2 - np.arange(sides)}) for side in ("left", "right")),
    ]).drop_duplicates()

    def without_conflict(phones: pd.DataFrame, group: str) -> pd.DataFrame:
        members = phones[[group, "cluster"]].drop_duplicates()
        claimed = members.merge(claims, on="cluster")
        conflicting = claimed.loc[claimed.duplicated([group, "scope"]), group]
        return phones[~phones[group].isin(conflicting)]

    clear = without_conflict(phones, "value")
    by_cluster = clear.drop(columns="record").rename(columns={"cluster": "record"})
    linked = _connected(_star(by_cluster, np.arange(len(cluster))), len(cluster))
    clear = clear.assign(linked=linked[clear["cluster"].to_numpy(np.int64)])
    return without_conflict(clear, "linked")
