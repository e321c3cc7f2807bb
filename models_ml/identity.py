"""Identity resolution: keeps what is known of each record, finds pairs anew only where records
changed, and turns clusters into customers.

Works in an engine of its own whose database is a store that may be deleted at any time: it holds
nothing that the inputs do not give again. An incremental run and one from an empty store give the
same rows, because a pair is compared when it shares a small block and its score depends on nothing
but its two records and the fitted model.

How values are brought into one spelling (`models_ml/normalisation.py`), pairs are weighed
(`models_ml/matching.py`) and clusters are cut (`models_ml/clustering.py`) does not belong here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from models_ml.blocking import candidates_sql, write_block_keys
from models_ml.clustering import RULE, cluster_records
from models_ml.comparisons import DESCRIBED
from models_ml.matching import (
    REVIEW_SCORE,
    MatchModel,
    fit_match_model,
    score_pairs,
    with_frequencies,
    write_frequencies,
)
from models_ml.normalisation import BLOCKED_VALUES, normalise_attributes, normalise_identifiers
from models_ml.tables import MATCH_RULES

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

WHOLE = "whole"
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

_STORE = {
    "record": "record_id bigint, record_key varchar, content_hash ubigint",
    "identifier": "record_id bigint, identifier_type varchar, identifier_value varchar, "
                  "scope varchar",
    "described": ", ".join((
        "record_id bigint", *(f"{column} varchar" for column in DESCRIBED[1:]),
        "household_key varchar")),
    "block_key": "block_number tinyint, block_key ubigint, record_id bigint",
    "pair": "left_id bigint, right_id bigint, match_weight double, match_score double",
}
"""Tables of the store beside `frequency`, which belongs to the match model, and its versions."""

_KEEP_WEIGHED = ("insert into pair "
                 "select left_id, right_id, match_weight, match_score from weighed")


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

    The store counts as whole again when `update_pairs` is through; one that is not is filled anew.
    Not by one transaction: the engine works on rows of its own open transaction with one core.
    Leaves the numbers of records to compare anew in `changed`, and those of records that changed
    or are gone in `forgotten`.

    Returns:
        Counts: records_new, records_changed, records_gone.

    Raises:
        ValueError: a record key is empty or repeats, or an identifier or attribute row belongs to
            no record.
    """
    con.execute("create table if not exists store_version (part varchar, version varchar)")
    is_whole = _is_version(con, "state", WHOLE)
    _set_version(con, "state", "")
    if not (is_whole and _is_version(con, "rules", settings.version)):
        for table, columns in _STORE.items():
            con.execute(f"create or replace table {table} ({columns})")
        _set_version(con, "rules", settings.version)
        _set_version(con, "model", "")
    attributes = ", ".join(ATTRIBUTES)
    con.execute(f"""
        create or replace temp table incoming as
        select records.record_key,
            hash(coalesce(identifiers.content, 0), identifiers_count,
                coalesce(attributes.content, 0)) as content_hash,
            identifiers_count, attributes_count
        from {inputs.records} as records
        left join (
            select record_key, bit_xor(hash(identifier_type, identifier_value, source_system))
                as content, count(*) as identifiers_count
            from {inputs.identifiers} group by record_key
        ) as identifiers on records.record_key = identifiers.record_key
        left join (
            select record_key, hash({attributes}) as content, 1 as attributes_count
            from {inputs.attributes}
        ) as attributes on records.record_key = attributes.record_key""")
    _check_inputs(con, inputs)
    con.execute("""
        create or replace temp table forgotten as
        select record.record_id, incoming.record_key is null as is_gone
        from record left join incoming on record.record_key = incoming.record_key
        where incoming.record_key is null or incoming.content_hash <> record.content_hash""")
    con.execute("""
        create or replace temp table changed as
        select incoming.record_key, incoming.content_hash, coalesce(record.record_id,
            (select coalesce(max(record_id), 0) from record)
            + row_number() over (
                partition by record.record_id is null order by incoming.record_key)) as record_id
        from incoming left join record on incoming.record_key = record.record_key
        where record.record_key is null or incoming.content_hash <> record.content_hash""")
    counts = con.execute("""
        select (select count(*) from changed) - count(*) filter (not is_gone),
            count(*) filter (not is_gone), count(*) filter (is_gone) from forgotten""").fetchall()
    con.execute("""
        create or replace temp table old_keys as
        select block_key.* from block_key semi join forgotten using (record_id)""")
    for table in ("record", "identifier", "described", "block_key"):
        con.execute(f"delete from {table} where record_id in (select record_id from forgotten)")
    con.execute("delete from pair where left_id in (select record_id from forgotten) "
                "or right_id in (select record_id from forgotten)")
    con.execute("insert into record select record_id, record_key, content_hash from changed")
    _normalise(con, inputs, settings)
    return dict(zip(("records_new", "records_changed", "records_gone"), counts[0], strict=True))


def _check_inputs(con: duckdb.DuckDBPyConnection, inputs: Inputs) -> None:
    """Raise on keys that are empty, repeat or belong to no record; `incoming` must be there."""
    empty, keys, distinct = con.execute(f"""
        select count(*) filter (record_key is null or first_load_sequence is null),
            count(record_key), count(distinct record_key) from {inputs.records}""").fetchall()[0]
    if empty:
        raise ValueError("records: record_key and first_load_sequence must not be empty")
    if keys != distinct:
        raise ValueError("records: record_key repeats")
    rows, *found = con.execute("""
        select count(*), coalesce(sum(identifiers_count), 0), coalesce(sum(attributes_count), 0)
        from incoming""").fetchall()[0]
    if rows != keys:
        raise ValueError(f"{inputs.attributes}: record_key repeats")
    for relation, matched in zip((inputs.identifiers, inputs.attributes), found, strict=True):
        total = con.execute(f"select count(*) from {relation}").fetchall()[0][0]
        if total != matched:
            raise ValueError(f"{relation}: {total - matched} rows belong to no record")


def _normalise(
    con: duckdb.DuckDBPyConnection, inputs: Inputs, settings: IdentitySettings,
) -> None:
    con.execute(f"""
        create or replace temp view changed_identifiers as
        select changed.record_id, found.identifier_type, found.identifier_value,
            found.source_system
        from {inputs.identifiers} as found join changed using (record_key)""")
    normalise_identifiers(con, source="changed_identifiers", target="usable_identifiers",
                          blocked=settings.blocked, default_country=settings.default_country)
    con.execute("insert into identifier by name select * from usable_identifiers")
    con.execute(f"""
        create or replace temp view changed_attributes as
        select changed.record_id, {", ".join(f"found.{name}" for name in ATTRIBUTES)}
        from {inputs.attributes} as found join changed using (record_key)""")
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
    con.execute("create or replace temp view changed_described as "
                "select described.* from described semi join changed using (record_id)")
    write_block_keys(con, described="changed_described", target="block_key")


def fit_model(
    con: duckdb.DuckDBPyConnection, progress: Callable[[str], None] = lambda message: None,
) -> MatchModel:
    """Fit the match model to the store's records; `frequency` then holds how common values are."""
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
    if not _is_version(con, "model", model.version):
        con.execute("delete from pair")
        con.execute("create or replace temp table to_weigh as "
                    + candidates_sql("block_key", model.blocks))
        _set_version(con, "model", model.version)
    else:
        _find_changed_pairs(con, model)
    con.execute("create or replace temp table weighed_described as "
                + with_frequencies(_involved(con), "frequency", model.records_count))
    score_pairs(con, model, described="weighed_described", pairs="to_weigh", target="weighed",
                progress=progress)
    # Two named records with the same key are joined unless they are doubted: never unheard.
    con.execute("""
        create or replace temp table keyed as
        select distinct left_id, right_id from to_weigh
        join identifier as l on left_id = l.record_id
        join identifier as r on right_id = r.record_id and l.identifier_type = r.identifier_type
            and l.scope = r.scope and l.identifier_value = r.identifier_value
        where l.identifier_type in ('email', 'loyalty_id')
            and (left_id, right_id) not in (select (left_id, right_id) from weighed)""")
    con.execute(_KEEP_WEIGHED)
    score_pairs(con, model, described="weighed_described", pairs="keyed", target="weighed",
                is_everything_kept=True)
    con.execute(_KEEP_WEIGHED)
    weighed, kept = con.execute(
        "select (select count(*) from to_weigh), (select count(*) from pair)").fetchall()[0]
    con.execute("drop table weighed; drop table keyed; drop table to_weigh; "
                "drop table weighed_described")
    _set_version(con, "state", WHOLE)
    return {"pairs_weighed": weighed, "pairs_kept": kept}


def _involved(con: duckdb.DuckDBPyConnection) -> str:
    con.execute("""
        create or replace temp view involved as
        select * from described where record_id in (
            select left_id from to_weigh union all select right_id from to_weigh)""")
    return "involved"


def _find_changed_pairs(con: duckdb.DuckDBPyConnection, model: MatchModel) -> None:
    """Collect in `to_weigh` the pairs to compare that are new, forget those that no longer are.

    New are the pairs of changed records. Between records that did not change, a pair may have
    become one to compare, or ceased to be, where a block they share passed its limit.
    """
    limits, compared = model.blocks.limits_sql(), model.blocks.compared_sql()
    con.execute(f"""
        create or replace temp table touched as
        with steps as (
            select block_number, block_key, -1 as step from old_keys
            union all
            select block_number, block_key, 1 from block_key semi join changed using (record_id)
        ), sizes as (
            select block_number, block_key, count(*) as size_now
            from block_key semi join steps using (block_number, block_key) group by all
        )
        select block_number, block_key, coalesce(any_value(size_now), 0) <= record_limit as is_live,
            coalesce(any_value(size_now), 0) - sum(step) <= record_limit as was_live
        from steps left join sizes using (block_number, block_key)
        join {limits} using (block_number)
        group by block_number, block_key, record_limit""")
    con.execute("""
        create or replace temp table uncertain as
        with members as (
            select block_key.* from block_key
            semi join (select * from touched where is_live <> was_live) using (
                block_number, block_key)
            anti join changed using (record_id)
        )
        select distinct l.record_id as left_id, r.record_id as right_id
        from members as l join members as r using (block_number, block_key)
        where l.record_id < r.record_id""")
    con.execute(f"""
        create or replace temp table to_weigh as
        with near as materialized (
            select * from block_key where record_id in (
                select left_id from uncertain union all select right_id from uncertain)
        ), shared as (
            select uncertain.left_id, uncertain.right_id, l.block_number, l.block_key
            from uncertain join near as l on uncertain.left_id = l.record_id
            join near as r on uncertain.right_id = r.record_id
                and l.block_number = r.block_number and l.block_key = r.block_key
        ), live as (
            select block_number, block_key
            from block_key semi join shared using (block_number, block_key)
            join {limits} using (block_number)
            group by block_number, block_key, record_limit having count(*) <= record_limit
        ), members as (
            select block_key.*, changed.record_id is not null as is_changed
            from block_key semi join (select * from touched where is_live) using (
                block_number, block_key)
            left join changed on block_key.record_id = changed.record_id
        )
        select left_id, right_id from shared as l join live using (block_number, block_key)
        group by all having {compared}
        union all
        select l.record_id, r.record_id
        from members as l join members as r using (block_number, block_key)
        where l.record_id < r.record_id and (l.is_changed or r.is_changed)
        group by all having {compared}""")
    con.execute("delete from pair where (left_id, right_id) in "
                "(select (left_id, right_id) from uncertain)")


def resolve_customers(
    con: duckdb.DuckDBPyConnection, inputs: Inputs, settings: IdentitySettings,
) -> dict[str, int]:
    """Cluster the store's records; write `customer_records`, `identity_edges`, `identity_review`.

    The three tables have the columns of `models_ml.tables` and are temporary. Seniority is
    (first_load_sequence, record_key), the smallest first, and `customer_id = md5('customer|' ||
    record_key of the senior)`: a record loaded later never changes the id of a customer it joins,
    one that ties two customers leaves them the older id, and taking back what tied them gives both
    their ids again. Loading in another order renames ids and leaves the partition as it is.

    Returns:
        Counts without personal data, fit for display.
    """
    con.execute(f"""
        create or replace temp table ranked as
        select record.record_id, record.record_key,
            row_number() over (
                order by records.first_load_sequence, records.record_key) - 1 as place
        from record join {inputs.records} as records using (record_key)""")
    count = con.execute("select count(*) from ranked").fetchall()[0][0]
    named = np.zeros(count, dtype=bool)
    named[_column(con, """
        select place from described join ranked using (record_id)
        where first_name is not null or last_name is not null or company_name is not null""")] = 1
    tie_break = _column(con, """
        select row_number() over (order by record_key) from ranked order by place""")
    holders, claims, over_limit = _holders(con, settings.limits)
    pairs = con.execute("""
        select least(l.place, r.place) as left, greatest(l.place, r.place) as right,
            match_score as score, match_weight as weight
        from pair join ranked as l on pair.left_id = l.record_id
        join ranked as r on pair.right_id = r.record_id
        order by 1, 2""").df()
    merges, merges_unusable = _placed(con, inputs.merges, "true")
    decisions, decisions_waiting = _placed(con, inputs.decisions, "is_same")
    clusters = cluster_records(
        named, tie_break, holders, claims, pairs, merges, decisions, scores=dict(MATCH_SCORES),
        threshold=settings.threshold, bridge_score=settings.bridge_score,
        size_limit=settings.size_limit)
    _write_results(con, clusters.component, clusters.edges, decisions, settings.threshold)
    sizes = np.bincount(clusters.component) if count else np.zeros(1, dtype=int)
    used = clusters.edges[clusters.edges["status"] == "used"]
    return {
        "records": count,
        "customers": int(np.count_nonzero(sizes)),
        "customers_of_several_records": int(np.count_nonzero(sizes > 1)),
        "largest_cluster": int(sizes.max()),
        "values_over_limit": over_limit,
        "merges_unusable": merges_unusable,
        "decisions_waiting": decisions_waiting,
        **{f"edges_{rule}": int((used["rule"] == RULE[rule]).sum()) for rule in MATCH_RULES},
        "edges_cut": int(len(clusters.edges) - len(used)),
        "pairs_to_review": con.execute("select count(*) from identity_review").fetchall()[0][0],
    }


def _column(con: duckdb.DuckDBPyConnection, query: str) -> np.ndarray:
    (values,) = con.execute(query).fetchnumpy().values()
    return np.asarray(values, dtype=np.int64)


def _holders(
    con: duckdb.DuckDBPyConnection, limits: Mapping[str, int | None],
) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Return holders and claims as `cluster_records` takes them, and the values over their limit.

    A telephone is no claim: people have several and share them.
    """
    cases = " ".join(f"when '{name}' then {limit}" for name, limit in limits.items()
                     if limit is not None)
    rules = " ".join(f"when '{name}' then {RULE[name]}" for name in limits)
    con.execute(f"""
        create or replace temp table shared_value as
        select identifier_type, scope, identifier_value,
            row_number() over (order by identifier_type, scope, identifier_value) - 1 as value,
            case identifier_type {rules} end as rule,
            count(*) > coalesce(case identifier_type {cases} end, count(*)) as is_over
        from identifier group by identifier_type, scope, identifier_value having count(*) > 1""")
    holders = con.execute("""
        select ranked.place as record, value, cast(rule as bigint) as rule
        from identifier join shared_value using (identifier_type, scope, identifier_value)
        join ranked using (record_id) where not is_over order by record, value""").df()
    claims = con.execute("""
        with scopes as (
            select identifier_type, scope,
                row_number() over (order by identifier_type, scope) as number
            from (select distinct identifier_type, scope from identifier)
        )
        select ranked.place as record, scopes.number as scope
        from identifier join scopes using (identifier_type, scope)
        join ranked using (record_id) where identifier_type <> 'phone'
            and (identifier_type, scope, identifier_value) not in (
                select (identifier_type, scope, identifier_value) from shared_value where is_over)
        """).df()
    over = con.execute("select count(*) from shared_value where is_over").fetchall()[0][0]
    con.execute("drop table shared_value")
    return holders, claims, over


def _placed(
    con: duckdb.DuckDBPyConnection, relation: str, is_same: str,
) -> tuple[pd.DataFrame, int]:
    """Pairs of records as places; and how many name a record that is not there, or one twice."""
    total = con.execute(f"select count(*) from {relation}").fetchall()[0][0]
    frame = con.execute(f"""
        select distinct least(l.place, r.place) as left, greatest(l.place, r.place) as right,
            {is_same} as is_same
        from {relation} as named join ranked as l on named.left_record_key = l.record_key
        join ranked as r on named.right_record_key = r.record_key
        where l.place <> r.place order by all""").df()
    return frame, total - len(frame)


def _write_results(
    con: duckdb.DuckDBPyConnection, component: np.ndarray, edges: pd.DataFrame,
    decisions: pd.DataFrame, threshold: float,
) -> None:
    con.register("found_components", pd.DataFrame(
        {"place": np.arange(len(component)), "senior_place": component}))
    con.register("found_edges", edges.rename(columns={"left": "left_place",
                                                      "right": "right_place"}))
    con.register("decided_pairs", decisions)
    names = ", ".join(f"({number}, '{name}')" for name, number in RULE.items())
    con.execute(f"""
        create or replace temp table identity_edges as
        select least(l.record_key, r.record_key) as left_record_key,
            greatest(l.record_key, r.record_key) as right_record_key,
            rules.name as match_rule, edges.score as match_score,
            case when isnan(edges.weight) then null else round(edges.weight, 6) end
                as match_weight,
            edges.status as edge_status
        from found_edges as edges join ranked as l on edges.left_place = l.place
        join ranked as r on edges.right_place = r.place
        join (values {names}) as rules (rule, name) using (rule)""")
    con.execute("""
        create or replace temp table customer_records as
        with ends as (
            select left_place as place, rule, score from found_edges where status = 'used'
            union all
            select right_place, rule, score from found_edges where status = 'used'
        ), strongest as (
            select place, rule, max(score) as score from ends
            where (place, rule) in (select (place, min(rule)) from ends group by place)
            group by place, rule
        )
        select ranked.record_key, md5('customer|' || senior.record_key) as customer_id,
            ranked.place = senior.place as is_senior,
            coalesce(rules.name, 'single') as match_rule,
            coalesce(strongest.score, 1.0) as match_score, described.household_key
        from ranked join found_components using (place)
        join ranked as senior on found_components.senior_place = senior.place
        left join strongest on ranked.place = strongest.place
        left join (values """ + names + """) as rules (rule, name)
            on strongest.rule = rules.rule
        left join described on ranked.record_id = described.record_id""")
    con.execute(f"""
        create or replace temp table identity_review as
        with cut as (
            select left_place, right_place, min(status) as reason, max(score) as match_score,
                max(case when isnan(weight) then null else weight end) as match_weight
            from found_edges where status in ('cut_bridge', 'cut_size', 'cut_conflict')
            group by all
        ), unsure as (
            select least(l.place, r.place) as left_place, greatest(l.place, r.place) as right_place,
                'unsure' as reason, match_score, match_weight
            from pair join ranked as l on pair.left_id = l.record_id
            join ranked as r on pair.right_id = r.record_id
            where match_score >= {REVIEW_SCORE} and match_score < {threshold}
        ), decided as (
            select "left" as left_place, "right" as right_place from decided_pairs
        ), together as (
            select * from cut union all
            select * from unsure anti join cut using (left_place, right_place)
        )
        select least(l.record_key, r.record_key) as left_record_key,
            greatest(l.record_key, r.record_key) as right_record_key,
            reason as review_reason, match_score, round(match_weight, 6) as match_weight
        from together anti join decided using (left_place, right_place)
        join ranked as l on together.left_place = l.place
        join ranked as r on together.right_place = r.place
        join found_components as cl on together.left_place = cl.place
        join found_components as cr on together.right_place = cr.place
        where cl.senior_place <> cr.senior_place""")
    con.unregister("found_components")
    con.unregister("found_edges")
    con.unregister("decided_pairs")


def _is_version(con: duckdb.DuckDBPyConnection, part: str, version: str) -> bool:
    found = con.execute("select version from store_version where part = ?", [part]).fetchall()
    return bool(found) and found[0][0] == version


def _set_version(con: duckdb.DuckDBPyConnection, part: str, version: str) -> None:
    con.execute("delete from store_version where part = ?", [part])
    con.execute("insert into store_version values (?, ?)", [part, version])
