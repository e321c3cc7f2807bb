"""The identity store: its tables, whether they are whole, and what a run has to look at again.

The store holds what is known of each record, the pairs that were weighed, and what was concluded
from them group by group. An *evidence group* is a set of records that anything could tie: shared
values within their limit, kept pairs, merges and decisions. What is concluded of a record depends
on its group and the settings only, so a run clusters the groups anew that it touched, and the
others keep their rows.

How records are normalised and clustered is `models_ml/identity.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from models_ml.comparisons import DESCRIBED
from models_ml.normalisation import IDENTIFIER_TYPES
from models_ml.transactions import transaction

if TYPE_CHECKING:
    import duckdb

    from models_ml.matching import MatchModel

PAIRED, WHOLE = "paired", "whole"
"""Versions of the part "state": records and pairs belong together; the clusters do, too."""

PARTITION, FORMER_PARTITION = "partition", "former_partition"
"""Parts whose version is the fingerprint of the partition: what the clusters make, and what they
made before the run changed it; "" where the run clustered all anew."""

_BUCKETS = 2 ** 20
_BUCKET = f"cast(hash(record_key) & {_BUCKETS - 1} as integer)"
"""Bucket of a record, as SQL: few records each, and few enough to be summed up in one pass."""

_VALUE = "identifier_type, scope, identifier_value"
_TYPES = ", ".join(f"'{name}'" for name in IDENTIFIER_TYPES)
_VALUE_COLUMNS = f"identifier_type enum ({_TYPES}), scope varchar, identifier_value varchar"

RECORD_TABLES = {
    "record": "record_id bigint, record_key varchar, content_hash ubigint, "
              "first_load_sequence bigint",
    "bucket": "bucket integer, content ubigint",
    "identifier": f"record_id bigint, {_VALUE_COLUMNS}",
    "described": ", ".join((
        "record_id bigint", *(f"{column} varchar" for column in DESCRIBED[1:]),
        "household_key varchar")),
    "block_key": "block_number tinyint, block_key uinteger, record_id bigint",
    "pair": "left_id bigint, right_id bigint, match_weight double, match_score double",
}
"""What inputs and match model give, beside `frequency`, which belongs to the model."""

_ENDS = "left_record_key varchar, right_record_key varchar"
CLUSTER_TABLES = {
    "crowded": _VALUE_COLUMNS,
    "tie": "left_id bigint, right_id bigint, tie_type varchar",
    "clustered": "evidence_group bigint, record_id bigint, record_key varchar, "
                 "customer_id varchar, is_senior boolean, match_rule varchar, match_score double, "
                 "household_key varchar",
    "edge": f"evidence_group bigint, {_ENDS}, match_rule varchar, match_score double, "
            "match_weight double, edge_status varchar",
    "review": f"evidence_group bigint, {_ENDS}, review_reason varchar, match_score double, "
              "match_weight double",
}
"""What the last run concluded: values over their limit, merges and decisions it knew, and per
evidence group the rows of the ML tables."""

OUTPUTS = {"customer_records": "clustered", "identity_edges": "edge", "identity_review": "review"}
"""ML table -> table of the store with its rows. After a run, `fresh_<ML table>` are the rows it put
in and `former_<ML table>` those that it took out; of a run that clustered all, all and none."""


def open_store(con: duckdb.DuckDBPyConnection, rules: str) -> None:
    """Say that the records are about to change; empty what cannot be followed.

    All of it where other rules filled the store or a run died within records and pairs, else the
    clusters where they are not of the last run's pairs.
    """
    con.execute("create table if not exists store_version (part varchar, version varchar)")
    is_whole = is_version(con, "state", WHOLE)
    can_follow = (is_whole or is_version(con, "state", PAIRED)) and is_version(con, "rules", rules)
    set_version(con, "state", "")
    if not can_follow:
        _create(con, RECORD_TABLES)
        set_version(con, "rules", rules)
        set_version(con, "model", "")
    if not (can_follow and is_whole):
        set_version(con, "clusters", "")


def is_version(con: duckdb.DuckDBPyConnection, part: str, version: str) -> bool:
    """Whether a part of the store has that version."""
    return version_of(con, part) == version


def version_of(con: duckdb.DuckDBPyConnection, part: str) -> str:
    """The version of a part of the store; "" where it has none."""
    found = con.execute("select version from store_version where part = ?", [part]).fetchall()
    return str(found[0][0]) if found else ""


def set_version(con: duckdb.DuckDBPyConnection, part: str, version: str) -> None:
    """Give a part of the store a version; "" is that of nothing."""
    with transaction(con):
        con.execute("delete from store_version where part = ?", [part])
        con.execute("insert into store_version values (?, ?)", [part, version])


def _create(con: duckdb.DuckDBPyConnection, tables: Mapping[str, str]) -> None:
    for table, columns in tables.items():
        con.execute(f"create or replace table {table} ({columns})")


def find_incoming(
    con: duckdb.DuckDBPyConnection, *, records: str, identifiers: str, attributes: str,
    attribute_columns: tuple[str, ...],
) -> None:
    """Show in `incoming_<records | identifiers | attributes>` all rows near those that differ.

    Every row falls into a bucket by its record key, and the store knows a sum over all columns of
    the rows in each. Where it is another than the last time, all rows of the bucket are shown, and
    the records that the store has in it by `stored`; so what a record is and was is shown whole.
    """
    columns = ", ".join(attribute_columns)
    sources = {
        "records": (records, "first_load_sequence"),
        "identifiers": (identifiers, "identifier_type, identifier_value, source_system"),
        "attributes": (attributes, columns),
    }
    content, content_before = np.zeros(_BUCKETS, np.uint64), np.zeros(_BUCKETS, np.uint64)
    for name, (relation, described) in sources.items():
        # Not grouped by the engine, which takes longer for it than for all the rest.
        hashed = con.sql(f"select {_BUCKET} as bucket, hash('{name}', hash(record_key), "
                         f"{described}) as content from {relation}")
        # At once, because the engine makes a stream of batches with one core.
        for batch in hashed.to_arrow_table().to_batches():
            np.add.at(content, *(column.to_numpy() for column in batch.columns))
    known = con.execute("select * from bucket").fetchnumpy()
    is_empty = not len(known["bucket"])
    content_before[known["bucket"]] = known["content"]
    (touched,) = np.nonzero(content != content_before)
    con.register("found_buckets", pd.DataFrame({"bucket": touched, "content": content[touched]}))
    con.execute("create or replace temp table touched_bucket as from found_buckets")
    con.unregister("found_buckets")
    shown = {"stored": "record", **{f"incoming_{name}": relation
                                    for name, (relation, _) in sources.items()}}
    for name, relation in shown.items():
        if not is_empty:  # all rows of a first run are not copied
            con.execute(f"create or replace temp table near_{name} as select * from {relation} "
                        f"where {_BUCKET} in (select bucket from touched_bucket)")
        con.execute(f"create or replace temp view {name} as select * from "
                    f"{relation if is_empty else f'near_{name}'}")
    con.execute("delete from bucket where bucket in (select bucket from touched_bucket)")
    con.execute("insert into bucket from touched_bucket")


def forget_records(con: duckdb.DuckDBPyConnection) -> None:
    """Take the records of `forgotten` out of the tables, those of `changed` in.

    Leaves `old_keys` and `old_identifiers`, what was known of them, and begins `touched`: the
    records whose evidence groups are to be clustered anew.
    """
    for old, table in (("old_keys", "block_key"), ("old_identifiers", "identifier")):
        con.execute(f"create or replace temp table {old} as "
                    f"select {table}.* from {table} semi join forgotten using (record_id)")
    for table in ("record", "identifier", "described", "block_key"):
        con.execute(f"delete from {table} where record_id in (select record_id from forgotten)")
    con.execute("delete from pair where left_id in (select record_id from forgotten) "
                "or right_id in (select record_id from forgotten)")
    con.execute("insert into record by name select * from changed")
    con.execute("create or replace temp table touched as select record_id from forgotten "
                "union select record_id from changed")


def touch_ends(con: duckdb.DuckDBPyConnection, pairs: str) -> None:
    """Touch both ends of the pairs of a relation (left_id, right_id)."""
    con.execute(f"insert into touched select left_id from {pairs} "
                f"union select right_id from {pairs}")


def find_changed_pairs(con: duckdb.DuckDBPyConnection, model: MatchModel) -> None:
    """Collect in `to_weigh` the pairs to compare that are new, forget those that no longer are.

    New are the pairs of changed records. Between records that did not change, a pair may have
    become one to compare, or ceased to be, where a block they share passed its limit; of the
    latter only those count that were kept.
    """
    limits, compared = model.blocks.limits_sql(), model.blocks.compared_sql()
    con.execute("""
        create or replace temp table key_step as
        select block_number, block_key, -1 as step from old_keys
        union all
        select block_number, block_key, 1 from block_key semi join changed using (record_id)""")
    con.execute("""
        create or replace temp table touched_key as
        select block_key.*, changed.record_id is not null as is_changed
        from block_key semi join key_step using (block_number, block_key)
        left join changed on block_key.record_id = changed.record_id""")
    con.execute(f"""
        create or replace temp table touched_block as
        with sizes as (
            select block_number, block_key, count(*) as size_now from touched_key group by all
        )
        select block_number, block_key, coalesce(any_value(size_now), 0) <= record_limit as is_live,
            coalesce(any_value(size_now), 0) - sum(step) <= record_limit as was_live
        from key_step left join sizes using (block_number, block_key)
        join {limits} using (block_number)
        group by block_number, block_key, record_limit""")
    con.execute("""
        create or replace temp table uncertain as
        with members as (
            select * from touched_key
            semi join (select * from touched_block where is_live <> was_live) using (
                block_number, block_key)
            where not is_changed
        ), met as (
            select l.record_id as left_id, r.record_id as right_id, bool_or(is_live) as is_new
            from members as l join members as r using (block_number, block_key)
            join touched_block using (block_number, block_key)
            where l.record_id < r.record_id
            group by l.record_id, r.record_id
        )
        select left_id, right_id from met where is_new
        union all
        select left_id, right_id from (from met where not is_new) semi join pair
            using (left_id, right_id)""")
    # In tables of their own: as one statement the engine joins millions of keys in a bad order.
    con.execute("""
        create or replace temp table near as
        select * from block_key where record_id in (
            select left_id from uncertain union all select right_id from uncertain)""")
    con.execute("""
        create or replace temp table shared as
        select uncertain.left_id, uncertain.right_id, l.block_number, l.block_key
        from uncertain join near as l on uncertain.left_id = l.record_id
        join near as r on uncertain.right_id = r.record_id
            and l.block_number = r.block_number and l.block_key = r.block_key""")
    con.execute("""
        create or replace temp table members as
        select * from touched_key
        semi join (select * from touched_block where is_live) using (block_number, block_key)""")
    con.execute(f"""
        create or replace temp table to_weigh as
        with live as (
            select block_number, block_key
            from block_key semi join shared using (block_number, block_key)
            join {limits} using (block_number)
            group by block_number, block_key, record_limit having count(*) <= record_limit
        )
        select left_id, right_id from shared as l join live using (block_number, block_key)
        group by all having {compared}
        union all
        select least(l.record_id, r.record_id), greatest(l.record_id, r.record_id)
        from (from members where is_changed) as l
        join members as r using (block_number, block_key)
        where l.record_id < r.record_id or (l.record_id > r.record_id and not r.is_changed)
        group by all having {compared}""")
    con.execute("drop table near; drop table shared; drop table members; drop table touched_key; "
                "drop table key_step")
    touch_ends(con, "(from pair semi join uncertain using (left_id, right_id))")
    con.execute("delete from pair where (left_id, right_id) in "
                "(select (left_id, right_id) from uncertain)")


def find_touched(
    con: duckdb.DuckDBPyConnection, *, limits: Mapping[str, int | None], merges: str,
    decisions: str, is_all: bool,
) -> None:
    """Collect in `ranked` the records to cluster anew, and forget what was concluded of them.

    `ranked` has record_id, record_key and place, from 0 by seniority, of every record of each
    evidence group that is not what it was. A group is touched by a record that changed or is gone,
    a pair that is new or gone, a merge or decision that is, and a value that such a record holds
    or held; but not by a value over its limit before and after, which ties nobody.

    Args:
        con: engine with the store, after `find_changed_pairs` or from scratch.
        limits: most records a value may tie, by identifier type.
        merges: left_record_key, right_record_key.
        decisions: the same and is_same.
        is_all: whether everything is touched.
    """
    if is_all:
        _create(con, CLUSTER_TABLES)
        con.execute("create or replace temp table touched_group (evidence_group bigint)")
    else:
        _touch_values(con, limits)
    _write_ties(con, merges, decisions)
    if is_all:
        con.execute(f"insert into crowded {_crowded_sql('identifier', limits)}")
    else:
        con.execute("create or replace temp table touched_group as select distinct evidence_group "
                    "from clustered semi join touched using (record_id)")
        con.execute("insert into touched select record_id from clustered "
                    "semi join touched_group using (evidence_group)")
    for name, table in OUTPUTS.items():
        con.execute(f"create or replace temp table former_{name} as select {_shown(table)} "
                    f"from {table} semi join touched_group using (evidence_group)")
        con.execute(f"delete from {table} where evidence_group in "
                    "(select evidence_group from touched_group)")
    con.execute(f"""
        create or replace temp table ranked as
        select record_id, record_key,
            row_number() over (order by first_load_sequence, record_key) - 1 as place
        from record {"" if is_all else "semi join touched using (record_id)"}""")


def _crowded_sql(identifiers: str, limits: Mapping[str, int | None]) -> str:
    """Query for the values over their limit; one record's value never is."""
    cases = " ".join(f"when '{name}' then {max(limit, 1)}" for name, limit in limits.items()
                     if limit is not None)
    most = f"case identifier_type {cases} end" if cases else "null"
    return (f"select {_VALUE} from {identifiers} group by {_VALUE} "
            f"having count(*) > coalesce({most}, count(*))")


def _touch_values(con: duckdb.DuckDBPyConnection, limits: Mapping[str, int | None]) -> None:
    """Touch who holds a value that a changed record holds or held; bring `crowded` up to date."""
    con.execute(f"""
        create or replace temp table touched_value as
        select {_VALUE} from old_identifiers
        union
        select {_VALUE} from identifier semi join changed using (record_id)""")
    con.execute(f"""
        create or replace temp table touched_identifier as
        select identifier.* from identifier semi join touched_value using ({_VALUE})""")
    con.execute("create or replace temp table crowded_now as "
                + _crowded_sql("touched_identifier", limits))
    con.execute(f"""
        insert into touched
        select distinct record_id from touched_identifier
        anti join (from crowded semi join crowded_now using ({_VALUE})) using ({_VALUE})""")
    con.execute(f"delete from crowded where ({_VALUE}) in (select ({_VALUE}) from touched_value)")
    con.execute("insert into crowded from crowded_now")


def _write_ties(con: duckdb.DuckDBPyConnection, merges: str, decisions: str) -> None:
    """Write the merges and decisions whose records are there; touch those that were not before."""
    con.execute(f"""
        create or replace temp table tie_now as
        select distinct least(l.record_id, r.record_id) as left_id,
            greatest(l.record_id, r.record_id) as right_id, tie_type
        from (
            select left_record_key, right_record_key, 'merge' as tie_type from {merges}
            union all
            select left_record_key, right_record_key, case when is_same then 'same'
                else 'different' end from {decisions}
        ) as named join record as l on named.left_record_key = l.record_key
        join record as r on named.right_record_key = r.record_key
        where l.record_id <> r.record_id""")
    con.execute("""
        create or replace temp table other_tie as
        (from tie_now except from tie) union all (from tie except from tie_now)""")
    touch_ends(con, "other_tie")
    con.execute("delete from tie")
    con.execute("insert into tie from tie_now")


def write_results(
    con: duckdb.DuckDBPyConnection, *, threshold: float, review_score: float,
    rules: Mapping[str, int], is_all: bool,
) -> None:
    """Write what was concluded of the records of `ranked`, and make `OUTPUTS` show it.

    Args:
        con: engine with the store, `ranked`, found_components (place, senior_place, group_place)
            and found_edges (left_place, right_place, rule, score, weight, status).
        threshold: probability from which a weighed pair is one person.
        review_score: probability from which it is worth a look.
        rules: number of each rule.
        is_all: whether `ranked` has all records.
    """
    names = ", ".join(f"({number}, '{name}')" for name, number in rules.items())
    con.execute("""
        create or replace temp table placed as
        select ranked.*, senior_place, grouped.record_id as evidence_group
        from ranked join found_components using (place)
        join ranked as grouped on group_place = grouped.place""")
    _put(con, "edge", f"""
        select l.evidence_group, least(l.record_key, r.record_key) as left_record_key,
            greatest(l.record_key, r.record_key) as right_record_key,
            rules.name as match_rule, edges.score as match_score,
            case when isnan(edges.weight) then null else round(edges.weight, 6) end
                as match_weight,
            edges.status as edge_status
        from found_edges as edges join placed as l on edges.left_place = l.place
        join placed as r on edges.right_place = r.place
        join (values {names}) as rules (rule, name) using (rule)""", is_all=is_all)
    _put(con, "clustered", f"""
        with ends as (
            select left_place as place, rule, score from found_edges where status = 'used'
            union all
            select right_place, rule, score from found_edges where status = 'used'
        ), strongest as (
            select place, rule, max(score) as score from ends
            where (place, rule) in (select (place, min(rule)) from ends group by place)
            group by place, rule
        )
        select placed.evidence_group, placed.record_id, placed.record_key,
            md5('customer|' || senior.record_key) as customer_id,
            placed.place = senior.place as is_senior,
            coalesce(rules.name, 'single') as match_rule,
            coalesce(strongest.score, 1.0) as match_score, described.household_key
        from placed join ranked as senior on placed.senior_place = senior.place
        left join strongest on placed.place = strongest.place
        left join (values {names}) as rules (rule, name) on strongest.rule = rules.rule
        left join described on placed.record_id = described.record_id""", is_all=is_all)
    _put(con, "review", f"""
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
            where match_score >= {review_score} and match_score < {threshold}
        ), decided as (
            select least(l.place, r.place) as left_place, greatest(l.place, r.place) as right_place
            from tie join ranked as l on tie.left_id = l.record_id
            join ranked as r on tie.right_id = r.record_id
            where tie_type <> 'merge'
        ), together as (
            select * from cut union all
            select * from unsure anti join cut using (left_place, right_place)
        )
        select l.evidence_group, least(l.record_key, r.record_key) as left_record_key,
            greatest(l.record_key, r.record_key) as right_record_key,
            reason as review_reason, match_score, round(match_weight, 6) as match_weight
        from together anti join decided using (left_place, right_place)
        join placed as l on together.left_place = l.place
        join placed as r on together.right_place = r.place
        where l.senior_place <> r.senior_place""", is_all=is_all)
    con.execute("drop table placed")
    for name, table in OUTPUTS.items():
        con.execute(f"create or replace temp view {name} as select {_shown(table)} from {table}")
        con.execute(f"create or replace temp view fresh_{name} as select {_shown(table)} "
                    f"from {table if is_all else f'fresh_{table}'}")


def _put(con: duckdb.DuckDBPyConnection, table: str, query: str, *, is_all: bool) -> None:
    """Insert the rows of a query; leave them as table `fresh_<table>`, too, unless they are all."""
    if not is_all:
        con.execute(f"create or replace temp table fresh_{table} as {query}")
        query = f"from fresh_{table}"
    con.execute(f"insert into {table} by name {query}")


def _shown(table: str) -> str:
    """Columns of a table of the store that its ML table has."""
    return f"* exclude (evidence_group{', record_id' * (table == 'clustered')})"
