"""Olist end to end: orders, people and every review accounted for. Needs CX360_PUBLIC_DATA."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import duckdb

from benchmarks.measure import run_cx360
from orchestration.settings import PROJECT, public_data


def main() -> None:
    data = public_data()
    if data is None:
        sys.exit("set CX360_PUBLIC_DATA to the folder of the public extracts")
    sources = PROJECT / "ingestion" / "sources" / "examples" / "olist"
    with tempfile.TemporaryDirectory(prefix="cx360_olist_") as folder:
        home = Path(folder)
        run = run_cx360("run", "--sources", str(sources), "--extracts", str(data / "olist"),
                        home=home)
        con = duckdb.connect(str(home / "published" / "current" / "marts.duckdb"), read_only=True)
        orders, people = con.execute(
            "select (select count(*) from orders), (select count(*) from customers)").fetchall()[0]
        deliveries = con.execute("""
            select outcome, n, score, scale_min, scale_max from reporting.touchpoint_scorecard
            where touchpoint_type = 'delivery' and channel = 'all' and period = 'all'
                and outcome in ('late', 'on_time') order by outcome desc""").fetchall()
        con.close()
        con = duckdb.connect(str(home / "warehouse.duckdb"), read_only=True)
        read, accepted, rejected = con.execute(
            "select sum(rows_read), sum(rows_accepted), sum(rows_rejected) from raw.load_manifest "
            "where entity = 'survey.responses' and state = 'admitted'").fetchall()[0]
        reviews, twice = con.execute(
            "select count(*), count(*) - count(distinct split_part(source_record_ref, '|', 1)) "
            "from staging.stg_survey__responses").fetchall()[0]
        scored, commented = con.execute(
            "select count(score), count(answer_text) "
            "from staging.stg_survey__answers").fetchall()[0]
        con.close()
    print(f"{orders:,} orders, {people:,} people, snapshot published in {run.seconds:.0f} s")
    print(f"reviews: {read:,.0f} read = {accepted:,.0f} accepted + {rejected:,.0f} rejected; "
          f"{reviews:,} in staging, {scored:,} with a score, {commented:,} with a text; "
          f"{twice} share their review id with a review of another order (key: review and order)")
    for outcome, count, score, low, high in deliveries:
        print(f"delivered {outcome.replace('_', ' ')}: {score:.2f} of {low:g} to {high:g} "
              f"({count:,} answers)")


if __name__ == "__main__":
    main()
