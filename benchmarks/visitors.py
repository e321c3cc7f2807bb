"""Whom anonymous visits are attached to, against the demo's planted truth.

`python -m benchmarks.visitors [customers]`: the demo as it is, where everybody has a browser and an
app install of their own, and the demo in which every fifth browser is one of a pair that became
one. Beside the rule stands the simplest other one: whom the visitor is named as most often.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import duckdb

from benchmarks.measure import run_cx360

CUSTOMERS = 2_000
# Share of anonymous visits of known visitors that must be with the right person.
AIMS = {"browsers of one person": 0.95, "browsers of two people": 0.55}

# Pairs of neighbours in a shuffled list of browsers: the second one uses that of the first.
_SHARED = """
    with browsers as (
        select
            visitor_id,
            row_number() over (order by md5(visitor_id)) - 1 as place,
            count(*) over () as total
        from (select distinct visitor_id from events where channel = 'web')
        where visitor_id is not null
    )
    select second.visitor_id as own, first.visitor_id as used
    from browsers as first
    join browsers as second on second.place = first.place + 1
    where first.place % 2 = 0 and second.place < first.total / 5
"""

_JUDGED = """
    with persons as (
        select records.customer_id, mode(truth.person_id order by truth.person_id) as person_id
        from (
            select source_record_ref, identity_record_key from staging.stg_crm__customers
            union all
            select source_record_ref, identity_record_key from staging.stg_pos__orders
        ) as facts
        join truth using (source_record_ref)
        join marts.customer_records as records on facts.identity_record_key = records.record_key
        group by records.customer_id
    ),
    visits as (
        select sessions.*, owners.person_id as true_person_id, persons.person_id as found_person_id,
            sessions.identification in ('login', 'order') as is_named
        from marts.sessions as sessions
        join (
            select grouped.session_id, min(owners.person_id) as person_id
            from intermediate.int_events_grouped as grouped
            join staging.stg_digital__events as events using (event_id)
            join owners on events.source_record_ref = owners.event_id
            group by grouped.session_id
        ) as owners using (session_id)
        left join persons using (customer_id)
        where sessions.visitor_key is not null
    ),
    visitors as (
        select
            visitor_key,
            mode(found_person_id order by found_person_id) filter (where is_named) as most_often,
            count(*) filter (where is_named) > 0 as is_known,
            count(distinct true_person_id) > 1 as is_shared
        from visits
        group by visitor_key
    ),
    anonymous as (
        select *, coalesce(found_person_id, -1) = true_person_id as is_right,
            coalesce(most_often, -1) = true_person_id as is_right_by_most_often
        from visits
        join visitors using (visitor_key)
        where not is_named and is_known and is_shared = $is_shared
    )
    select
        (select count(*) from visits join visitors using (visitor_key)
            where is_shared = $is_shared) as visits,
        (select count(*) from visits join visitors using (visitor_key)
            where is_shared = $is_shared and not is_known) as never_known,
        count(*) as anonymous,
        avg((customer_id <> 'unknown')::int) as attached,
        avg(is_right::int) as is_right,
        avg(is_right_by_most_often::int) as is_right_by_most_often
    from anonymous
"""


def share_browsers(events: Path) -> None:
    """Put every fifth browser into a pair that becomes one, in the extracts of the events."""
    with closing(duckdb.connect()) as con:
        con.execute(f"create view events as from read_parquet('{events}/events_*.parquet')")
        con.execute(f"create table shared as {_SHARED}")
        for file in sorted(events.glob("events_*.parquet")):
            written = file.with_suffix(".new")
            con.execute(f"""
                copy (
                    select original.* replace (
                        coalesce(shared.used, original.visitor_id) as visitor_id)
                    from read_parquet('{file}') as original
                    left join shared
                        on original.visitor_id = shared.own and original.channel = 'web'
                    order by original.occurred_at, original.event_id
                ) to '{written}' (format parquet)""")
            written.replace(file)


def judge(home: Path, original: Path, is_shared: bool) -> tuple[float, ...]:
    """Counts and shares over the visitors of one or of several people, in a home after a run.

    `original` holds the events before sharing.
    """
    truth = home / "demo" / "truth"
    with closing(duckdb.connect(str(home / "warehouse.duckdb"), read_only=True)) as con:
        con.execute(f"""
            create temporary view truth as
            select source_record_ref, person_id from read_parquet('{truth}/identity.parquet')
            where entity in ('crm.customers', 'pos.orders')""")
        con.execute(f"""
            create temporary view owners as
            select event_id, person_id
            from read_parquet('{original}/events_*.parquet')
            join read_parquet('{truth}/visitors.parquet') using (visitor_id)""")
        (row,) = con.execute(_JUDGED, {"is_shared": is_shared}).fetchall()
    return tuple(row)


def main() -> int:
    customers = sys.argv[1] if len(sys.argv) > 1 else str(CUSTOMERS)
    missed = []
    print(f"{'anonymous visits on':<30}{'visits':>9}{'never known':>13}{'anonymous':>11}"
          f"{'attached':>10}{'right':>8}{'most often':>12}")
    for name, aim in AIMS.items():
        is_shared = name == "browsers of two people"
        with tempfile.TemporaryDirectory(prefix="cx360_visitors_") as folder:
            home, original = Path(folder) / "home", Path(folder) / "original"
            run_cx360("demo", "--customers", customers, home=home)
            events = home / "demo" / "extracts" / "digital"
            shutil.copytree(events, original)
            if is_shared:
                share_browsers(events)
            run_cx360("run", home=home)
            visits, never, anonymous, attached, right, most_often = judge(
                home, original, is_shared)
        print(f"{name:<30}{visits:>9,}{never:>13,}{anonymous:>11,}{attached:>10.3f}{right:>8.3f}"
              f"{most_often:>12.3f}", flush=True)
        if right < aim or (is_shared and right < most_often):
            missed.append(f"{name}: {right:.3f} is less than {aim} or than the simplest rule")
    print("\n".join(missed))
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
