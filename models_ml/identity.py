"""Identity resolution on exact keys: normalised identifiers, edges with evidence, clusters, ids.

Names, addresses and probabilities do not belong here; nor do attributes of the golden record.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from models_ml.frames import conform, require_columns
from models_ml.tables import TABLES

IDENTIFIER_LIMITS: Mapping[str, int | None] = {
    "customer_number": None,
    "loyalty_id": 20,
    "email": 20,
    "phone": 5,
}
"""Records that one value may tie before it identifies nobody; `None` is no limit, because a
customer number is the source's own number of a person."""

MATCH_SCORES: Mapping[str, float] = {
    "crm_merge": 1.0,
    "customer_number": 0.995,
    "loyalty_id": 0.99,
    "email": 0.98,
    "phone": 0.9,
}
"""Probability of a match by rule, strongest first. Conventions until labelled pairs exist."""

BLOCKED_VALUES: Mapping[str, tuple[str, ...]] = {
    "any": (
        "", "-", ".", "?", "x", "xx", "xxx", "n/a", "n.a.", "na", "none", "null", "nan", "nil",
        "unknown", "unbekannt", "anonymous", "anonym", "guest", "gast", "test", "dummy",
        "k.a.", "keine", "keine angabe", "entfällt", "not available", "not applicable",
        *("0" * digits for digits in range(1, 16)),
        *("9" * digits for digits in range(6, 16)),
    ),
    "email": (
        "test@*", "*@test.*", "*@example.com", "*@example.org", "*@example.net", "*@*.invalid",
        "noreply@*", "no-reply@*", "donotreply@*", "unknown@*", "unbekannt@*", "dummy@*",
        "none@*", "keine@*", "*@keine.*", "a@a.*", "x@x.*",
    ),
    "phone": ("0123456789", "012345678", "01234567", "123456789", "1234567", "123456"),
}
"""Values that stand for "we do not know": identifier type, or `any` -> lower-case values as
delivered, where `*` stands for any text."""

SOURCE_SCOPED = frozenset({"customer_number"})
"""Identifiers that mean something only within one source system."""

_NUMBER_BEFORE_LETTERS = re.compile(r"[+(]*\d[\d\W]*")


@dataclass(frozen=True)
class IdentityResult:
    """What `resolve_identities` concludes.

    `customer_records` and `identity_edges` are the ML tables of that name (`models_ml.tables`);
    `metrics` are counts without personal data, fit for display.
    """

    customer_records: pd.DataFrame
    identity_edges: pd.DataFrame
    metrics: dict[str, int]


def normalise_identifiers(
    identifiers: pd.DataFrame,
    *,
    blocked: Mapping[str, tuple[str, ...]] = BLOCKED_VALUES,
    default_country: str = "DE",
) -> pd.DataFrame:
    """Bring identifiers into one spelling and drop those that identify nobody.

    Grain: one row per delivered row that is usable, in the same order. Each distinct value is
    worked on once. E-mail: lower case, without the `+tag`, one `@` and a domain with a dot.
    Phone: E.164, valid by the numbering plan (Google's libphonenumber, package `phonenumbers`).
    Customer number and loyalty id: upper case, leading zeros kept.

    Args:
        identifiers: record_key, identifier_type, identifier_value, source_system.
        blocked: values to drop, compared trimmed and in lower case; shape of `BLOCKED_VALUES`.
        default_country: ISO 3166 code of numbers written without a country code.

    Raises:
        ValueError: a column is missing, or an identifier type is not in `IDENTIFIER_LIMITS`.
    """
    columns = ["record_key", "identifier_type", "identifier_value", "source_system"]
    require_columns(identifiers, columns, "identifiers")
    delivered = identifiers[columns].dropna(subset=["identifier_value"]).reset_index(drop=True)
    unknown = set(delivered["identifier_type"].unique()) - set(IDENTIFIER_LIMITS)
    if unknown:
        raise ValueError(f"identifiers: unknown identifier_type {', '.join(sorted(unknown))}")

    normalisers: dict[str, Callable[[str], str | None]] = {
        "email": _normalise_email,
        "phone": partial(_normalise_phone, default_country=default_country),
    }
    parts = []
    for identifier_type, part in delivered.groupby("identifier_type", observed=True, sort=False):
        is_blocked = _blocked_pattern(blocked, str(identifier_type)).fullmatch
        normalise = normalisers.get(str(identifier_type), str.upper)
        codes, distinct = pd.factorize(part["identifier_value"])
        normalised: list[str | None] = []
        for value in distinct:
            trimmed = str(value).strip()
            normalised.append(None if is_blocked(trimmed.lower()) else normalise(trimmed))
        parts.append(pd.Series(
            np.array(normalised, dtype=object)[codes], index=part.index, dtype="str"
        ))
    values = pd.concat(parts) if parts else pd.Series(dtype="str")
    usable = delivered.assign(identifier_value=values.reindex(delivered.index))
    return usable.dropna(subset=["identifier_value"]).reset_index(drop=True)


def resolve_identities(
    records: pd.DataFrame,
    identifiers: pd.DataFrame,
    merges: pd.DataFrame,
    *,
    limits: Mapping[str, int | None] = IDENTIFIER_LIMITS,
    blocked: Mapping[str, tuple[str, ...]] = BLOCKED_VALUES,
    default_country: str = "DE",
) -> IdentityResult:
    """Say which records are one customer, and why.

    Sufficient alone are an equal customer number within one source system, loyalty id or e-mail,
    and an entry of the CRM's merge log. Relatives share telephones, so a phone is not: see
    `_drop_ambiguous_phones`. A value on more records than its limit ties none of them.

    Clusters are the connected components of the edges. An edge runs from the most senior record
    of a value to each other record with it, so edges grow with the records, not with their pairs.
    Seniority is (first_load_sequence, record_key), the smallest first, and
    `customer_id = md5('customer|' || record_key of the senior)`; a record that is loaded later
    therefore never changes the id of a customer it joins, and one that ties two customers leaves
    them the older id. It can split them only by carrying a value over its limit or making a phone
    ambiguous. Loading in another order renames ids and leaves the partition as it is.

    Args:
        records: one row per identity record: record_key, first_load_sequence.
        identifiers: as delivered: record_key, identifier_type, identifier_value, source_system.
        merges: left_record_key, right_record_key; pairs with a record that is not there, or with
            itself, are counted and left out.
        limits: most records per value and identifier type; `None` is no limit.
        blocked: see `normalise_identifiers`.
        default_country: see `normalise_identifiers`.

    Returns:
        Records with `match_rule` = the strongest rule on any of their edges (`single` without
        one, score 1), edges with left < right, and counts.

    Raises:
        ValueError: a column or a value of `records` is missing, a record key repeats, an
            identifier belongs to no record, or an identifier type is unknown.
    """
    require_columns(records, ["record_key", "first_load_sequence"], "records")
    require_columns(merges, ["left_record_key", "right_record_key"], "merges")
    seniority = records[["record_key", "first_load_sequence"]]
    if seniority.isna().to_numpy().any():
        raise ValueError("records: record_key and first_load_sequence must not be empty")
    if seniority["record_key"].duplicated().any():
        raise ValueError("records: record_key repeats")

    # From here on a record is its place in the order of seniority: the smaller, the more senior.
    keys = pd.Index(
        seniority.sort_values(["first_load_sequence", "record_key"])["record_key"], dtype="str"
    )
    usable = normalise_identifiers(identifiers, blocked=blocked, default_country=default_country)
    tied, values_over_limit = _tie_records(usable, keys, limits)
    merged = _place_merges(merges, keys)

    exact = pd.concat([merged, _star(tied[tied["match_rule"] != "phone"])])
    strong_cluster = _connected(exact, len(keys))
    phones = _drop_ambiguous_phones(tied, strong_cluster)
    edges = pd.concat([exact, _star(phones)]).drop_duplicates(["senior", "junior", "match_rule"])
    cluster = _connected(edges, len(keys))

    customer_records = _describe_records(keys, cluster, edges)
    identity_edges = _describe_edges(keys, edges)
    sizes = np.bincount(cluster) if len(keys) else np.zeros(1, dtype=int)
    phone_values = tied.loc[tied["match_rule"] == "phone", "value"].nunique()
    metrics = {
        "records": len(keys),
        "customers": int(np.count_nonzero(sizes)),
        "customers_of_several_records": int(np.count_nonzero(sizes > 1)),
        "largest_cluster": int(sizes.max()),
        "identifiers": len(identifiers),
        "identifiers_unusable": len(identifiers) - len(usable),
        "values_over_limit": values_over_limit,
        "phones_ambiguous": int(phone_values - phones["value"].nunique()),
        "merges_unusable": len(merges) - len(merged),
        **{f"edges_{rule}": int((edges["match_rule"] == rule).sum()) for rule in MATCH_SCORES},
    }
    return IdentityResult(customer_records, identity_edges, metrics)


def _blocked_pattern(blocked: Mapping[str, tuple[str, ...]], identifier_type: str) -> re.Pattern:
    values = (*blocked.get("any", ()), *blocked.get(identifier_type, ()))
    patterns = (re.escape(value.lower()).replace(r"\*", ".*") for value in values)
    # An empty alternation would match the empty text; this one matches nothing.
    return re.compile("|".join(patterns) or r"(?!)")


def _normalise_email(value: str) -> str | None:
    local, at, domain = value.lower().rpartition("@")
    local = local.split("+", 1)[0]
    if not (local and at and "." in domain.strip(".")) or re.search(r"[\s@,;]", local + domain):
        return None
    return f"{local}@{domain}"


def _normalise_phone(value: str, default_country: str) -> str | None:
    import phonenumbers

    # libphonenumber reads letters as keys of a telephone, so "0151 1234567 privat" would dial on.
    digits = _NUMBER_BEFORE_LETTERS.search(value)
    if digits is None:
        return None
    try:
        number = phonenumbers.parse(digits.group(), default_country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _tie_records(
    usable: pd.DataFrame, keys: pd.Index, limits: Mapping[str, int | None]
) -> tuple[pd.DataFrame, int]:
    """Return record x value: record, value (a number), scope, match_rule; and values over limit.

    `scope` is the identifier type, with the source system where the type needs one: within a
    scope a person is expected to have one value.
    """
    record = keys.get_indexer(pd.Index(usable["record_key"], dtype="str"))
    if (record < 0).any():
        missing = usable.loc[record < 0, "record_key"].nunique()
        raise ValueError(f"identifiers: {missing} record keys are not in records")
    rule = usable["identifier_type"].astype("str")
    source = usable["source_system"].astype("str").where(rule.isin(SOURCE_SCOPED), "")
    scope = pd.factorize(rule + "|" + source)[0]
    value = pd.factorize(usable["identifier_value"])[0].astype(np.int64)
    tied = pd.DataFrame({
        "record": record,
        "value": pd.factorize(scope.astype(np.int64) * (len(usable) + 1) + value)[0],
        "scope": scope,
        "match_rule": pd.Categorical(rule, categories=list(MATCH_SCORES), ordered=True),
    }).drop_duplicates(["record", "value"], ignore_index=True)

    limit = {name: np.inf if most is None else most for name, most in limits.items()}
    record_count = np.bincount(tied["value"])[tied["value"]]
    over = record_count > tied["match_rule"].astype("str").map(limit).to_numpy(dtype=float)
    return tied[~over], int(tied.loc[over, "value"].nunique())


def _place_merges(merges: pd.DataFrame, keys: pd.Index) -> pd.DataFrame:
    left = keys.get_indexer(pd.Index(merges["left_record_key"], dtype="str"))
    right = keys.get_indexer(pd.Index(merges["right_record_key"], dtype="str"))
    usable = (left >= 0) & (right >= 0) & (left != right)
    return _edge_frame(
        np.minimum(left, right)[usable], np.maximum(left, right)[usable], ["crm_merge"]
    )


def _star(tied: pd.DataFrame) -> pd.DataFrame:
    """Tie every record of a value to the most senior record of that value."""
    senior = tied.groupby("value")["record"].transform("min").to_numpy()
    junior = tied["record"].to_numpy()
    is_edge = senior != junior
    return _edge_frame(senior[is_edge], junior[is_edge], tied["match_rule"][is_edge])


def _edge_frame(senior: np.ndarray, junior: np.ndarray, rules: Any) -> pd.DataFrame:
    rules = list(rules) * len(senior) if isinstance(rules, list) else rules
    return pd.DataFrame({
        "senior": senior.astype(np.int64),
        "junior": junior.astype(np.int64),
        "match_rule": pd.Categorical(rules, categories=list(MATCH_SCORES), ordered=True),
    })


def _connected(edges: pd.DataFrame, node_count: int) -> np.ndarray:
    """Return the connected component of each node, as the smallest node in it."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(edges), dtype=np.int8)
    graph = coo_matrix((ones, (edges["senior"], edges["junior"])), shape=(node_count, node_count))
    _, label = connected_components(graph, directed=False)
    # Nodes are met in ascending order, so the first of each component is its smallest.
    _, first = np.unique(label, return_index=True)
    return first[label]


def _drop_ambiguous_phones(tied: pd.DataFrame, strong_cluster: np.ndarray) -> pd.DataFrame:
    """Return the phone rows of `tied` that may tie records.

    `strong_cluster` holds the clusters by all other rules. A set of these clusters is in conflict
    when two of them have an identifier of the same scope: they are not the same value, or the
    clusters were one. A phone ties its clusters when they are not in conflict, and when those
    that all such phones together would make one are not either: a record without any other
    identifier must not link the phones of two people. Both steps look at sets, never at pairs in
    some order, so the result does not depend on the order of rows or loads.
    """
    phones = tied[tied["match_rule"] == "phone"]
    phones = phones.assign(cluster=strong_cluster[phones["record"]])
    others = tied[tied["match_rule"] != "phone"]
    claims = pd.DataFrame(
        {"cluster": strong_cluster[others["record"]], "scope": others["scope"].to_numpy()}
    ).drop_duplicates()

    def without_conflict(phones: pd.DataFrame, group: str) -> pd.DataFrame:
        members = phones[[group, "cluster"]].drop_duplicates()
        claimed = members.merge(claims, on="cluster")
        conflicting = claimed.loc[claimed.duplicated([group, "scope"]), group]
        return phones[~phones[group].isin(conflicting)]

    clear = without_conflict(phones, "value")
    by_cluster = clear.drop(columns="record").rename(columns={"cluster": "record"})
    linked = _connected(_star(by_cluster), len(strong_cluster))
    clear = clear.assign(linked=linked[clear["cluster"]])
    return without_conflict(clear, "linked")


def _describe_records(keys: pd.Index, cluster: np.ndarray, edges: pd.DataFrame) -> pd.DataFrame:
    rules = list(MATCH_SCORES)
    strongest = np.full(len(keys), len(rules))
    rule = edges["match_rule"].cat.codes.to_numpy()
    for end in ("senior", "junior"):
        np.minimum.at(strongest, edges[end].to_numpy(), rule)
    seniors = np.unique(cluster)
    ids = [hashlib.md5(f"customer|{key}".encode()).hexdigest() for key in keys[seniors]]
    customer_id = pd.Index(ids, dtype="str")[np.searchsorted(seniors, cluster)]
    frame = pd.DataFrame({
        "record_key": keys,
        "customer_id": customer_id,
        "is_senior": cluster == np.arange(len(keys)),
        "match_rule": pd.Index([*rules, "single"], dtype="str")[strongest],
        "match_score": np.array([*MATCH_SCORES.values(), 1.0])[strongest],
    })
    return conform(frame, TABLES["customer_records"])


def _describe_edges(keys: pd.Index, edges: pd.DataFrame) -> pd.DataFrame:
    senior, junior = keys[edges["senior"]], keys[edges["junior"]]
    in_order = np.asarray(senior < junior, dtype=bool)
    rule = edges["match_rule"].astype("str").reset_index(drop=True)
    frame = pd.DataFrame({
        "left_record_key": senior.where(in_order, junior),
        "right_record_key": junior.where(in_order, senior),
        "match_rule": rule,
        "match_score": rule.map(MATCH_SCORES).astype(float),
    })
    return conform(frame, TABLES["identity_edges"])
