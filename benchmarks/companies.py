"""Other companies on the shipped example declarations, each to a published snapshot.

Online Retail (POS only), SFO (four yearly surveys with weights), airline tweets (social only).
Needs CX360_PUBLIC_DATA.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import duckdb

from benchmarks.measure import run_cx360
from orchestration.settings import PROJECT, public_data

EXAMPLES = PROJECT / "ingestion" / "sources" / "examples"


def main() -> None:
    data = public_data()
    if data is None:
        sys.exit("set CX360_PUBLIC_DATA to the folder of the public extracts")
    for name, extracts, report in (
        ("online_retail", "online_retail", _online_retail),
        ("sfo_survey", "sfo_survey", _sfo_survey),
        ("airline_tweets", "airline_tweets", _airline_tweets),
    ):
        with tempfile.TemporaryDirectory(prefix="cx360_companies_") as folder:
            home = Path(folder)
            run = run_cx360("run", "--sources", str(EXAMPLES / name),
                            "--extracts", str(data / extracts), home=home)
            print(f"\n{name}: published in {run.seconds:.0f} s")
            con = duckdb.connect(str(home / "published" / "current" / "marts.duckdb"),
                                 read_only=True)
            try:
                report(con, home)
            finally:
                con.close()


def _online_retail(con: duckdb.DuckDBPyConnection, home: Path) -> None:
    manifest = f"read_parquet('{home}/raw/manifest.parquet')"
    read, accepted, rejected = con.execute(
        f"select sum(rows_read), sum(rows_accepted), sum(rows_rejected) from {manifest} "
        "where entity = 'pos.order_lines' and state = 'admitted'").fetchall()[0]
    kept = con.execute("select sum(net_amount) from read_parquet("
                       f"'{home}/raw/pos_order_lines/*/*.parquet')").fetchall()[0][0]
    refused = con.execute(
        "select sum(cast(cast(record ->> 'Quantity' as double) * "
        "cast(record ->> 'UnitPrice' as double) as decimal(18, 4))) from read_parquet("
        f"'{home}/raw/_rejects/pos_order_lines/*/*.parquet')").fetchall()[0][0]
    print(f"  lines: {read:,} read = {accepted:,} accepted + {rejected:,} rejected")
    print(f"  revenue: {kept:,.2f} accepted + {refused:,.2f} rejected = {kept + refused:,.2f}")
    customers, revenue, unknown_revenue = con.execute(
        "select (select count(*) from customers), (select sum(net_amount) from order_lines), "
        "(select sum(net_amount) from order_lines where customer_id = 'unknown')").fetchall()[0]
    known_revenue = con.execute("select sum(revenue) from customers").fetchall()[0][0]
    print(f"  customers: {customers:,}")
    print(f"  marts: revenue {revenue:,.2f} = {known_revenue:,.2f} of customers + "
          f"{unknown_revenue:,.2f} without customer")
    without, kept_without = con.execute(
        "select count(*), (select count(*) from order_lines where customer_id = 'unknown') "
        f"from read_parquet('{home}/raw/pos_order_lines/*/*.parquet') as l "
        f"join read_parquet('{home}/raw/pos_orders/*/*.parquet') as o "
        "on l.order_key = o.record_key where o.customer_ref is null").fetchall()[0]
    refused_without = con.execute(
        "select count(*) from read_parquet("
        f"'{home}/raw/_rejects/pos_order_lines/*/*.parquet') "
        "where record ->> 'CustomerID' is null").fetchall()[0][0]
    print(f"  lines without customer: {without + refused_without:,} read, {without:,} accepted, "
          f"{kept_without:,} in the marts under no customer")


def _sfo_survey(con: duckdb.DuckDBPyConnection, home: Path) -> None:
    value, weighted, n, low, high = con.execute(
        "select value, value_weighted, n, interval_low, interval_high from reporting.kpi_values "
        "where kpi_id = 'nps' and grain = 'all' and dimension = 'all'").fetchall()[0]
    print(f"  NPS {value:.1f} (n {n:,}, 95 % {low:.1f} to {high:.1f}), "
          f"weighted {weighted:.1f}")
    for status, count in con.execute(
            "select score_status, count(*) from survey_answers where question_type = 'nps' "
            "group by 1 order by 2 desc").fetchall():
        print(f"    {status}: {count:,}")
    for period, dimensions, answers, mean in con.execute(
            "select period, count(*), sum(n), max(case when dimension = 'overall' then mean_score "
            "end) from reporting.satisfaction_by_dimension_and_period where grain = 'year' "
            "group by 1 order by 1").fetchall():
        print(f"    {period}: {answers:,} ratings of {dimensions} drivers, overall {mean:.2f}")


def _airline_tweets(con: duckdb.DuckDBPyConnection, home: Path) -> None:
    for label, count in con.execute(
            "select sentiment_label, count(*) from feedback group by 1 order by 2 desc").fetchall():
        print(f"  {label}: {count:,}")


if __name__ == "__main__":
    main()
