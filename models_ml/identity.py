"""Identity resolution: keeps what is known of each record, finds pairs anew only where records
changed, and turns clusters into customers.

Works in an engine of its own whose database is a store that may be deleted at any time: it holds
nothing that the inputs do not give again. An incremental run and one from an empty store give the
same rows: a pair is compared when it shares a small block and its score depends on nothing but its
two records and the fitted model, and what becomes of a record depends on its evidence group only.

What the store's tables are and which groups a run touches (`models_ml/identity_store.py`), how
values are brought into one spelling (`models_ml/normalisation.py`), pairs are weighed
(`models_ml/weighing.py`) and clusters are cut (`models_ml/clustering.py`) does not belong here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from models_ml.blocking import candidates_sql, write_block_keys
from models_ml.clustering import RULE, cluster_records, group_evidence
from models_ml.comparisons import DESCRIBED
from models_ml.identity_history import NOBODY, fingerprint_after
from models_ml.identity_store import (
    FORMER_PARTITION,
    PAIRED,
    PARTITION,
    WHOLE,
    find_changed_pairs,
    find_incoming,
    find_touched,
    forget_records,
    is_version,
    open_store,
    set_version,
    touch_ends,
    version_of,
    write_results,
)
from models_ml.matching import MatchModel, fit_match_model, write_frequencies
from models_ml.normalisation import BLOCKED_VALUES, normalise_attributes, normalise_identifiers
from models_ml.tables import MATCH_RULES
from models_ml.weighing import REVIEW_SCORE, score_pairs, with_frequencies

if TYPE_CHECKING:
    import duckdb

IDENTIFIER_LIMITS: Mapping[str, int | None] = {
    "customer_number": None,
    "loyalty_id": 20,
    "email": 20,
    "phone": 5,
}
"""Records that one value may tie before it identifies nobody; `None` is no limit, because a
customer number is the source's own number of a person."""

MATCH_SCORES: Mapping[str, float] = {
    "decision": 1.0,
    "crm_merge": 1.0,
    "customer_number": 0.995,
    "loyalty_id": 0.99,
    "email": 0.98,
    "phone": 0.9,
}
"""Probability of a match by rule. Conventions until labelled pairs exist; weighed pairs bring
their own."""

CONTACTS = ("loyalty_id", "email", "email_own", "phone")
"""Columns of described records that come from identifiers."""

ATTRIBUTES: tuple[str, ...] = (
    "customer_type", "title", "first_name", "last_name", "company_name", "birth_date", "gender",
    "street", "postal_code", "city", "country",
)
"""Columns of the attributes' relation, beside record_key."""

# Before the @, without digits and signs, at most two letters more than the name: made of it.
_LOCAL = "split_part(contacts.email, '@', 1)"
_LETTERS = f"translate({_LOCAL}, '0123456789._-', '')"
_NAMELESS = (f"replace(replace({_LETTERS}, replace(coalesce(last_core, '-'), ' ', ''), ''), "
             "replace(coalesce(first_name, '-'), ' ', ''), '')")
_OWN_SQL = (f"case when length({_NAMELESS}) > 2 or "
            f"length({_LOCAL}) - length(translate({_LOCAL}, '0123456789', '')) > 3 "
            f"then {_LOCAL} end")

@dataclass(frozen=True)
class IdentitySettings:
    """What a company may set. `version` names the rules the store was filled with.

    `threshold`: probability from which a weighed pair is one person. `bridge_score`: probability
    from which one edge alone may hold two groups of records together. `size_limit`: most records
    of a cluster that weighed pairs join. `limits`: most records a value may tie, by identifier
    type. `blocked`: values that stand for "unknown". `default_country`: ISO 3166 code of
    telephone numbers written without one.
    """

    threshold: float = 0.95
    bridge_score: float = 0.99
    size_limit: int = 50
    limits: Mapping[str, int | None] = field(default_factory=lambda: IDENTIFIER_LIMITS)
    blocked: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: BLOCKED_VALUES)
    default_country: str = "DE"
    version: str = ""


@dataclass(frozen=True)
class Inputs:
    """Names of the relations to read, all in the engine handed over.

    `records`: record_key, first_load_sequence. `identifiers`: record_key, identifier_type,
    identifier_value, source_system, as delivered. `attributes`: record_key and `ATTRIBUTES`.
    `merges`: left_record_key, right_record_key. `decisions`: left_record_key, right_record_key,
    is_same.
    """

    records: str
    identifiers: str
    attributes: str
    merges: str
    decisions: str


def update_records(
    con: duckdb.DuckDBPyConnection, inputs: Inputs, settings: IdentitySettings,
) -> dict[str, int]:
    """Bring the store's records up to date: normalise what is new or changed, forget what is gone.

    Not by one transaction: the engine works on rows of its own open transaction with one core. A
    store that `update_pairs` did not see through is filled anew.
    Leaves the numbers of records to compare anew in `changed`, and those of records that changed
    or are gone in `forgotten`.

    Returns:
        Counts: records_new, records_changed, records_gone.

    Raises:
        ValueError: a record key is empty or repeats, or an identifier or attribute row belongs to
            no record.
    """
    open_store(con, settings.version)
    find_incoming(con, records=inputs.records, identifiers=inputs.identifiers,
                  attributes=inputs.attributes, attribute_columns=ATTRIBUTES)
    attributes = ", ".join(ATTRIBUTES)
    con.execute(f"""
        create or replace temp table incoming as
        select records.record_key, records.first_load_sequence,
            hash(records.first_load_sequence, coalesce(identifiers.content, 0), identifiers_count,
                coalesce(attributes.content, 0)) as content_hash,
            identifiers_count, attributes_count
        from incoming_records as records
        left join (
            select record_key, bit_xor(hash(identifier_type, identifier_value, source_system))
                as content, count(*) as identifiers_count
            from incoming_identifiers group by record_key
        ) as identifiers on records.record_key = identifiers.record_key
        left join (
            select record_key, hash({attributes}) as content, 1 as attributes_count
            from incoming_attributes
        ) as attributes on records.record_key = attributes.record_key""")
    _check_inputs(con, inputs)
    con.execute("""
        create or replace temp table other as
        select incoming.record_key, incoming.content_hash, incoming.first_load_sequence,
            stored.record_id
        from incoming full join stored on incoming.record_key = stored.record_key
        where incoming.content_hash is distinct from stored.content_hash""")
    con.execute("drop table incoming")
    con.execute("""
        create or replace temp table forgotten as
        select record_id, record_key is null as is_gone from other where record_id is not null""")
    con.execute("""
        create or replace temp table changed as
        select record_key, content_hash, first_load_sequence, coalesce(record_id,
            (select coalesce(max(record_id), 0) from record)
            + row_number() over (partition by record_id is null order by record_key)) as record_id
        from other where record_key is not null""")
    con.execute("drop table other")
    counts = con.execute("""
        select (select count(*) from changed) - count(*) filter (not is_gone),
            count(*) filter (not is_gone), count(*) filter (is_gone) from forgotten""").fetchall()
    forget_records(con)
    _normalise(con, settings)
    return dict(zip(("records_new", "records_changed", "records_gone"), counts[0], strict=True))


def _check_inputs(con: duckdb.DuckDBPyConnection, inputs: Inputs) -> None:
    """Raise on keys that are empty, repeat or belong to no record; `incoming` must be there.

    Rows that are not incoming were looked at before, with all rows of the same key.
    """
    empty, keys, distinct = con.execute("""
        select count(*) filter (record_key is null or first_load_sequence is null),
            count(record_key), count(distinct record_key) from incoming_records""").fetchall()[0]
    if empty:
        raise ValueError("records: record_key and first_load_sequence must not be empty")
    if keys != distinct:
        raise ValueError("records: record_key repeats")
    rows, *found = con.execute("""
        select count(*), coalesce(sum(identifiers_count), 0), coalesce(sum(attributes_count), 0)
        from incoming""").fetchall()[0]
    if rows != keys:
        raise ValueError(f"{inputs.attributes}: record_key repeats")
    for name, matched in zip(("identifiers", "attributes"), found, strict=True):
        relation = getattr(inputs, name)
        total = con.execute(f"select count(*) from incoming_{name}").fetchall()[0][0]
        if total != matched:
            raise ValueError(f"{relation}: {total - matched} rows belong to no record")


def _normalise(
    con: duckdb.DuckDBPyConnection, settings: IdentitySettings,
) -> None:
    con.execute("""
        create or replace temp view changed_identifiers as
        select changed.record_id, found.identifier_type, found.identifier_value,
            found.source_system
        from incoming_identifiers as found join changed using (record_key)""")
    normalise_identifiers(con, source="changed_identifiers", target="usable_identifiers",
                          blocked=settings.blocked, default_country=settings.default_country)
    con.execute("insert into identifier by name select * from usable_identifiers")
    con.execute(f"""
        create or replace temp view changed_attributes as
        select changed.record_id, {", ".join(f"found.{name}" for name in ATTRIBUTES)}
        from incoming_attributes as found join changed using (record_key)""")
    normalise_attributes(con, source="changed_attributes", target="usable_attributes")
    con.execute(f"""
        insert into described by name
        select {", ".join(f"usable_attributes.{column}" for column in DESCRIBED
                          if column not in CONTACTS)},
            contacts.loyalty_id, contacts.email, {_OWN_SQL} as email_own, contacts.phone,
            usable_attributes.household_key
        from usable_attributes left join (
            select record_id,
                min(case when identifier_type = 'loyalty_id' then identifier_value end)
                    as loyalty_id,
                min(case when identifier_type = 'email' then identifier_value end) as email,
                min(case when identifier_type = 'phone' then identifier_value end) as phone
            from usable_identifiers group by record_id
        ) as contacts using (record_id)""")
    con.execute("drop table usable_identifiers; drop table usable_attributes")
    write_block_keys(con, described=_changed_described(con), target="block_key")


def _changed_described(con: duckdb.DuckDBPyConnection) -> str:
    """Relation of the described records of `changed`; where it has all records, not a copy."""
    is_all = con.execute("select (select count(*) from changed) = count(*) from record").fetchall()
    if is_all[0][0]:
        return "described"
    con.execute("create or replace temp table changed_described as "
                "select described.* from described semi join changed using (record_id)")
    return "changed_described"


def fit_model(
    con: duckdb.DuckDBPyConnection, progress: Callable[[str], None] = lambda message: None,
) -> MatchModel:
    """Fit the match model to the store's records; `frequency` then holds how common values are."""
    set_version(con, "frequency", "")
    con.execute("drop table if exists frequency")
    write_frequencies(con, described="described", target="frequency")
    return fit_match_model(con, described="described", frequencies="frequency", keys="block_key",
                           progress=progress)


def update_pairs(
    con: duckdb.DuckDBPyConnection, model: MatchModel,
    progress: Callable[[str], None] = lambda message: None,
) -> dict[str, int]:
    """Weigh the pairs that are new since the last time; `frequency` must be the model's.

    Returns:
        Counts: pairs_weighed, pairs_kept.
    """
    is_all = not is_version(con, "model", model.version)
    if is_all:
        set_version(con, "clusters", "")
        con.execute("delete from pair")
        con.execute("create or replace temp table to_weigh as "
                    + candidates_sql("block_key", model.blocks))
        set_version(con, "model", model.version)
    else:
        find_changed_pairs(con, model)
    # Two named records with the same key are joined where they are rather one person: kept to tell.
    con.execute("""
        create or replace temp table held_key as
        select * from identifier
        where identifier_type in ('email', 'loyalty_id') and record_id in (
            select left_id from to_weigh union all select right_id from to_weigh)""")
    con.execute("""
        create or replace temp table asked as
        with keyed as (
            select distinct left_id, right_id from to_weigh
            join held_key as l on left_id = l.record_id
            join held_key as r on right_id = r.record_id and l.identifier_type = r.identifier_type
                and l.scope = r.scope and l.identifier_value = r.identifier_value
        )
        select to_weigh.*, keyed.left_id is not null as is_kept
        from to_weigh left join keyed using (left_id, right_id)""")
    score_pairs(con, model, described=_involved(con, model, is_all=is_all), pairs="asked",
                target="weighed", progress=progress)
    con.execute("insert into pair "
                "select left_id, right_id, match_weight, match_score from weighed")
    touch_ends(con, "weighed")
    weighed, kept = con.execute(
        "select (select count(*) from to_weigh), (select count(*) from pair)").fetchall()[0]
    con.execute("drop table weighed; drop table held_key; drop table asked; drop table to_weigh; "
                "drop table if exists involved")
    set_version(con, "state", PAIRED)
    return {"pairs_weighed": weighed, "pairs_kept": kept}


def _involved(con: duckdb.DuckDBPyConnection, model: MatchModel, *, is_all: bool) -> str:
    """Relation of the described records of `to_weigh` with how common their values are.

    Leaves table `involved` where all are weighed. Few records are not written down: the statement
    that weighs reads them once for both sides of a pair.
    """
    involved = with_frequencies("""(
        select * from described where record_id in (
            select left_id from to_weigh union all select right_id from to_weigh))""",
        "frequency", model.records_count)
    if not is_all:
        return f"({involved})"
    con.execute(f"create or replace temp table involved as {involved}")
    return "involved"


def resolve_customers(
    con: duckdb.DuckDBPyConnection, inputs: Inputs, settings: IdentitySettings,
) -> dict[str, int]:
    """Cluster what the run touched; show `customer_records`, `identity_edges`, `identity_review`.

    The three are views with the columns of `models_ml.tables`; `OUTPUTS` names those of what the
    run changed in them. Seniority is (first_load_sequence,
    record_key), the smallest first, and `customer_id = md5('customer|' || record_key of the
    senior)`: a record loaded later never changes the id of a customer it joins, one that ties two
    customers leaves them the older id, and taking back what tied them gives both their ids again.
    Loading in another order renames ids and leaves the partition as it is.

    Returns:
        Counts without personal data, fit for display.
    """
    version = repr((settings.threshold, settings.bridge_score, settings.size_limit,
                    sorted(settings.limits.items())))
    is_all = not is_version(con, "clusters", version)
    former = "" if is_all else version_of(con, PARTITION)
    set_version(con, "clusters", "")
    set_version(con, FORMER_PARTITION, former)
    find_touched(con, limits=settings.limits, merges=inputs.merges, decisions=inputs.decisions,
                 is_all=is_all)
    count = con.execute("select count(*) from ranked").fetchall()[0][0]
    named = np.zeros(count, dtype=bool)
    named[_column(con, """
        select place from described join ranked using (record_id)
        where first_name is not null or last_name is not null or company_name is not null""")] = 1
    tie_break = _column(con, """
        select row_number() over (order by record_key) from ranked order by place""")
    holders, claims = _holders(con, settings.limits)
    pairs = con.execute("""
        select least(l.place, r.place) as left, greatest(l.place, r.place) as right,
            match_score as score, match_weight as weight
        from pair join ranked as l on pair.left_id = l.record_id
        join ranked as r on pair.right_id = r.record_id
        order by 1, 2""").df()
    ties = con.execute("""
        select least(l.place, r.place) as left, greatest(l.place, r.place) as right,
            tie_type, tie_type = 'same' as is_same
        from tie join ranked as l on tie.left_id = l.record_id
        join ranked as r on tie.right_id = r.record_id
        order by 1, 2, 3""").df()
    is_merge = ties["tie_type"] == "merge"
    clusters = cluster_records(
        named, tie_break, holders, claims, pairs, ties[is_merge], ties[~is_merge],
        scores=dict(MATCH_SCORES), threshold=settings.threshold,
        bridge_score=settings.bridge_score, size_limit=settings.size_limit)
    con.register("found_components", pd.DataFrame({
        "place": np.arange(count), "senior_place": clusters.component,
        "group_place": group_evidence(count, holders, pairs, ties)}))
    con.register("found_edges", clusters.edges.rename(
        columns={"left": "left_place", "right": "right_place"}))
    write_results(con, threshold=settings.threshold, review_score=REVIEW_SCORE, rules=RULE,
                  is_all=is_all)
    con.unregister("found_components")
    con.unregister("found_edges")
    set_version(con, PARTITION, fingerprint_after(
        con, former or NOBODY, former="former_customer_records", fresh="fresh_customer_records"))
    set_version(con, "clusters", version)
    set_version(con, "state", WHOLE)
    return _count_results(con, inputs)


def _column(con: duckdb.DuckDBPyConnection, query: str) -> np.ndarray:
    (values,) = con.execute(query).fetchnumpy().values()
    return np.asarray(values, dtype=np.int64)


def _holders(
    con: duckdb.DuckDBPyConnection, limits: Mapping[str, int | None],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return holders and claims of `ranked` as `cluster_records` takes them.

    A telephone is no claim: people have several and share them.
    """
    rules = " ".join(f"when '{name}' then {RULE[name]}" for name in limits)
    con.execute("""
        create or replace temp table held as
        select ranked.place, identifier.* from identifier join ranked using (record_id)
        anti join crowded using (identifier_type, scope, identifier_value)""")
    holders = con.execute(f"""
        with shared as (
            select identifier_type, scope, identifier_value,
                row_number() over (order by identifier_type, scope, identifier_value) - 1 as value,
                cast(case identifier_type {rules} end as bigint) as rule
            from held group by identifier_type, scope, identifier_value having count(*) > 1
        )
        select place as record, value, rule
        from held join shared using (identifier_type, scope, identifier_value)
        order by record, value""").df()
    claims = con.execute("""
        with scopes as (
            select identifier_type, scope,
                row_number() over (order by identifier_type, scope) as number
            from (select distinct identifier_type, scope from held)
        )
        select place as record, scopes.number as scope
        from held join scopes using (identifier_type, scope)
        where identifier_type <> 'phone'""").df()
    con.execute("drop table held")
    return holders, claims


def _count_results(con: duckdb.DuckDBPyConnection, inputs: Inputs) -> dict[str, int]:
    def one(query: str) -> int:
        return int(con.execute(f"select {query}").fetchall()[0][0])

    records, customers = con.execute(
        "select count(*), count(*) filter (is_senior) from clustered").fetchall()[0]
    several, others = con.execute("""
        select count(*), coalesce(max(records), 0) from (
            select count(*) as records from clustered where not is_senior group by customer_id)
        """).fetchall()[0]
    used = dict(con.execute("select match_rule, count(*) from edge where edge_status = 'used' "
                            "group by match_rule").fetchall())
    return {
        "records": records,
        "customers": customers,
        "customers_of_several_records": several,
        "largest_cluster": others + min(records, 1),
        "values_over_limit": one("count(*) from crowded"),
        "merges_unusable": one(f"(select count(*) from {inputs.merges}) - count(*) from tie "
                               "where tie_type = 'merge'"),
        "decisions_waiting": one(f"(select count(*) from {inputs.decisions}) - count(*) from tie "
                                 "where tie_type <> 'merge'"),
        **{f"edges_{rule}": used.get(rule, 0) for rule in MATCH_RULES},
        "edges_cut": one("count(*) from edge where edge_status <> 'used'"),
        "pairs_to_review": one("count(*) from review"),
    }
