"""What two runs say of the same records: which customers merged, split or were renamed, and which
id of yesterday means whom today.

Statements for an engine that the caller hands over, because a company may have a million records.
Where the log of changes lies and how it survives a kill is `orchestration/identity_log.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    import duckdb

NOBODY = f"0-{0:032x}"
"""Fingerprint of the partition without records."""

CHANGES = ["change_type", "from_customer_id", "to_customer_id", "records_count"]


def customer_id_sql(record_key: str) -> str:
    """SQL for the id of a customer whose most senior record is `record_key`."""
    return f"md5('customer|' || {record_key})"


def fingerprint_partition(con: duckdb.DuckDBPyConnection, relation: str) -> str:
    """Return a text that changes with the partition, and with nothing else of the relation.

    Args:
        con: engine that knows the relation.
        relation: name or query of a relation with record_key and customer_id.
    """
    count, digest = con.execute(
        "select count(*), bit_xor(md5_number(record_key || '|' || customer_id)) "
        f"from {relation}").fetchall()[0]
    return f"{count}-{digest or 0:032x}"


def fingerprint_after(
    con: duckdb.DuckDBPyConnection, fingerprint: str, *, former: str, fresh: str,
) -> str:
    """Return the fingerprint of a partition that had one, without `former` and with `fresh`.

    Args:
        con: engine that knows the relations.
        fingerprint: what `fingerprint_partition` gave for the partition before.
        former: record_key, customer_id of the rows that it lost.
        fresh: the same of those that it gained.
    """
    count, digest = _parts(fingerprint)
    for sign, relation in ((-1, former), (1, fresh)):
        rows, content = _parts(fingerprint_partition(con, relation))
        count, digest = count + sign * rows, digest ^ content
    return f"{count}-{digest:032x}"


def _parts(fingerprint: str) -> tuple[int, int]:
    count, digest = fingerprint.split("-")
    return int(count), int(digest, 16)


def find_changes(
    con: duckdb.DuckDBPyConnection, *, previous: str, current: str, seniority: str,
) -> pd.DataFrame:
    """Say how the customers of `previous` became those of `current`.

    Grain: one row per pair of customer ids between which records went. Records that are new or
    gone, and customers that kept their id and their records, give none. Every earlier customer
    with a record left has one heir: itself while its id is in use, else the customer of its senior
    record, else (that record is gone) of the most senior one left.

    - `merged`: to its heir, when that is led by a record from elsewhere: the customer was joined
      to an older one.
    - `renamed`: to its heir, when that is led by a record of its own.
    - `split`: to anybody but its heir. A split makes a customer of its own, led by the most senior
      of the records that left; where these went on to a customer led by another record, that is
      a second row, `merged`. So a record that moves from one surviving customer to another is
      split from the first under the id it would have alone, and merged from there into the second.

    With the same records and seniority the way back has the same rows with from and to exchanged,
    `split` for `merged` and `merged` for `split`.

    Args:
        con: engine that knows the relations; two temporary tables come and go.
        previous: record_key, customer_id, is_senior.
        current: the same of the new run.
        seniority: record_key, first_load_sequence of every record of `current`.

    Returns:
        change_type, from_customer_id, to_customer_id, records_count, in this order of rows.
    """
    con.execute(f"""
        create or replace temp table moved_records as
        with moved as materialized (
            select previous.record_key, previous.customer_id as from_id,
                current.customer_id as to_id, previous.is_senior as led
            from {previous} as previous
            join {current} as current on previous.record_key = current.record_key
            where previous.customer_id <> current.customer_id
        )
        select moved.*, seniority.first_load_sequence
        from moved left join {seniority} as seniority on moved.record_key = seniority.record_key
        """)
    con.execute(f"""
        create or replace temp table moved_customers as
        with ranked as (
            select *, row_number() over (
                partition by from_id order by led desc, first_load_sequence, record_key) as place
            from moved_records
        ), seniors as (
            select customer_id, record_key from {current}
            where is_senior and customer_id in (
                select from_id from moved_records union select to_id from moved_records)
        )
        select from_id, to_id, count(*) as records_count,
            arg_min(ranked.record_key, place) as first_key,
            from_id not in (select customer_id from seniors) and min(place) = 1 as is_heir,
            bool_or(ranked.record_key = seniors.record_key) as is_own
        from ranked join seniors on to_id = seniors.customer_id
        group by from_id, to_id""")
    alone = customer_id_sql("first_key")
    changes = con.execute(f"""
        select case when not is_heir then 'split' when is_own then 'renamed' else 'merged' end
                as change_type,
            from_id as from_customer_id,
            case when is_heir or is_own then to_id else {alone} end as to_customer_id,
            records_count
        from moved_customers
        union all
        select 'merged', {alone}, to_id, records_count
        from moved_customers where not is_heir and not is_own
        order by all""").df()
    con.execute("drop table moved_records")
    con.execute("drop table moved_customers")
    return changes


def aliases_sql(*, current: str, changes: str) -> str:
    """Return the query for `customer_aliases`: alias_customer_id, customer_id, sorted.

    Every record but the senior has the id it would have alone, and that id is an alias of its
    customer. An id whose senior record is gone is known from the log only: its last merged or
    renamed row says where its records went, and so on from there, forward in time, to a customer
    of today. An id that was in use again after that row and then lost all its records means nobody.

    Args:
        current: record_key, customer_id, is_senior.
        changes: the log: change_sequence, change_type, from_customer_id, to_customer_id.
    """
    return f"""
        with recursive derived as (
            select {customer_id_sql("record_key")} as alias_customer_id, customer_id
            from {current} where not is_senior
        ), logged as (
            select from_customer_id as known_id from {changes}
            union select to_customer_id from {changes}
        ), meaning as (
            select alias_customer_id as known_id, customer_id from derived
            semi join logged on alias_customer_id = known_id
            union all
            select customer_id, customer_id from {current}
            semi join logged on customer_id = known_id where is_senior
        ), gone as (
            select from_customer_id, max(change_sequence) as change_sequence,
                arg_max(to_customer_id, change_sequence) as to_customer_id
            from {changes}
            where change_type in ('merged', 'renamed')
                and from_customer_id not in (select known_id from meaning)
            group by from_customer_id
        ), used as (
            select to_customer_id as used_id, max(change_sequence) as change_sequence
            from {changes} group by to_customer_id
        ), steps as (
            select gone.* from gone left join used on from_customer_id = used_id
            where used_id is null or used.change_sequence <= gone.change_sequence
        ), followed as (
            select from_customer_id as former_id, to_customer_id as now_id from steps
            union
            select followed.former_id, steps.to_customer_id
            from followed join steps on followed.now_id = steps.from_customer_id
        )
        select * from derived
        union all
        select followed.former_id, meaning.customer_id
        from followed join meaning on followed.now_id = meaning.known_id
        order by alias_customer_id"""
