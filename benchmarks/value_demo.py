"""What the whole flow says customers of the demo are worth, against the planted truth; and that
nobody without consent is acted on.

`python -m benchmarks value_demo [--home HOME]` writes the demo company and runs everything, unless
a home that has been run is given.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import pandas as pd

from benchmarks.measure import run_cx360
from models_ml.purchase_holdout import bin_probabilities, reliability_error

SPEARMAN_AIM = 0.6
RELIABILITY_AIM = 0.1


def main() -> int:
    """Print the figures; ends with 1 when an aim was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="a home of the demo that has been run")
    parser.add_argument("--truth", type=Path, help="its planted truth, if not in the home")
    given = parser.parse_args()
    if given.home:
        return _compare(given.home, given.truth or given.home / "demo" / "truth")
    with TemporaryDirectory(prefix="cx360_value_demo_") as folder:
        home = Path(folder) / "home"
        run_cx360("demo", home=home)
        run_cx360("run", home=home)
        return _compare(home, home / "demo" / "truth")


def _compare(home: Path, truth: Path) -> int:
    with closing(duckdb.connect(str(home / "warehouse.duckdb"), read_only=True)) as con:
        frame = con.execute(f"""
            with owners as (
                select records.customer_id, planted.person_id, count(*) as orders
                from staging.stg_pos__orders as orders
                join read_parquet('{truth}/identity.parquet') as planted
                    on planted.entity = 'pos.orders'
                    and planted.source_system = orders.source_system
                    and planted.source_record_ref = orders.source_record_ref
                join read_parquet('{home}/ml/customer_records.parquet') as records
                    on records.record_key = orders.identity_record_key
                where planted.person_id is not null
                group by records.customer_id, planted.person_id
                qualify row_number() over (
                    partition by planted.person_id order by count(*) desc, customer_id) = 1
            ), planted as (
                select customer_id, sum(expected_value_next_year) as true_value,
                    sum(expected_orders_next_year) as true_orders,
                    bool_or(is_alive_at_end) as is_alive
                from owners join read_parquet('{truth}/purchases.parquet') using (person_id)
                group by customer_id
            )
            select planted.*, found.value_kind, found.probability_alive,
                found.expected_purchases_12_months as orders,
                found.future_value_12_months - found.contract_value_12_months as value
            from planted join read_parquet('{home}/ml/customer_values.parquet') as found
                using (customer_id)""").df()
        models = con.execute(f"""
            select run_part, model_name, total_error, rmse, top_decile_share, boundary_note, is_used
            from read_parquet('{home}/ml/value_models.parquet') where run_part <> 'choice'
            order by run_part desc, model_name""").df()
        churn = con.execute("select * from read_parquet("
                            f"'{home}/ml/value_calibration.parquet') "
                            "order by measure, bin_number").df()
        actions, unasked, withdrawn = con.execute(f"""
            with latest as (
                select records.customer_id,
                    arg_max(is_granted, (decided_at, not is_granted)) as is_granted
                from staging.stg_crm__consents as consents
                join read_parquet('{home}/ml/customer_records.parquet') as records
                    on records.record_key = consents.identity_record_key
                where purpose = 'marketing' group by records.customer_id
            )
            select count(*), count(*) filter (where is_granted is null),
                count(*) filter (where not is_granted)
            from marts.next_best_actions left join latest using (customer_id)""").fetchall()[0]
    print(models.to_string(index=False, na_rep=""))
    spearman = float(frame["value"].corr(frame["true_value"], method="spearman"))
    print(f"  {'✓' if spearman >= SPEARMAN_AIM else '✗'} Spearman with the true expected value of "
          f"{len(frame):,} customers: {spearman:.2f} (aim {SPEARMAN_AIM}); orders "
          f"{frame['orders'].corr(frame['true_orders'], method='spearman'):.2f}")
    size = len(frame) // 10
    best, predicted = (set(frame.nlargest(size, name)["customer_id"])
                       for name in ("true_value", "value"))
    share = frame.loc[frame["customer_id"].isin(predicted), "true_value"].sum()
    most = frame.loc[frame["customer_id"].isin(best), "true_value"].sum()
    print(f"  top tenth: {len(best & predicted) / size:.0%} of it found; the predicted one holds "
          f"{share / most:.0%} of the value of the true one")
    print(f"  orders of next year: {frame['orders'].sum():,.0f} expected, "
          f"{frame['true_orders'].sum():,.0f} planted")
    buyers = frame[frame["value_kind"].eq("purchases")]
    _tell_bins("alive, by planted state", bin_probabilities(
        buyers["probability_alive"].to_numpy(), buyers["is_alive"].to_numpy(float),
        np.ones(len(buyers))))
    lift = churn.loc[churn["measure"].eq("churn_lift"), "lift"].iloc[-1]
    error = _tell_bins("churn, on the holdout", churn[churn["measure"].eq("churn")])
    is_reliable = error <= RELIABILITY_AIM
    print(f"  {'✓' if is_reliable else '✗'} churn is off by {error:.3f} on average "
          f"(aim {RELIABILITY_AIM}); lift of the likeliest tenth {lift:.2f}")
    is_permitted = actions > 0 and unasked + withdrawn == 0
    print(f"  {'✓' if is_permitted else '✗'} {actions:,} actions: {unasked} for customers who were "
          f"never asked, {withdrawn} for those whose last word was no (aim 0)")
    return 0 if spearman >= SPEARMAN_AIM and is_reliable and is_permitted else 1


def _tell_bins(title: str, bins: pd.DataFrame) -> float:
    print(f"  {title}: " + ", ".join(
        f"{row.predicted:.2f}→{row.actual:.2f}" for row in bins.itertuples()))
    return reliability_error(bins)


if __name__ == "__main__":
    sys.exit(main())
