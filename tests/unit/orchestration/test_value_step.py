"""The value step: everybody has a value that adds up, what is not known is said, gates block."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from models_ml import purchase_choice
from orchestration import value_step
from orchestration.ml_steps import Outcome, SuiteFailed
from orchestration.ml_tables import ml_file
from orchestration.settings import Settings
from orchestration.value_queries import prepare
from orchestration.value_step import estimate_values
from orchestration.warehouse import reading

AS_OF = date(2026, 6, 30)


@pytest.fixture
def settings(shop: Settings) -> Settings:
    with duckdb.connect(str(shop.warehouse_path)) as con:
        con.execute("""
            create table intermediate.int_contract_terms_derived (contract_id varchar,
                identity_record_key varchar, started_date date, ended_date date,
                is_ended boolean, monthly_fee double, run_days bigint, days_to_planned_end bigint,
                fees_so_far decimal(18, 4));
            create table intermediate.int_churn_signals_counted (identity_record_key varchar,
                open_complaints_count bigint);
            create table seeds.value_rules as select 'discount_rate' as rule, 0.1 as value;
            create table seeds.season_index (month_number integer, demand_index double)""")
    return shop


def deliver(settings: Settings, purchases: list[tuple[str, str, bool, float, float | None]] = (),
            contracts: list[tuple[str, str, str | None, float]] = (),
            complaints: list[str] = (), owners: dict[str, str] | None = None) -> None:
    """Purchases (record, day, is purchase, revenue, margin), contracts (record, start, end, fee).

    A purchase may say of which revenue the margin is; else it is that of all, or of none.

    Every record is a customer of the same name, unless `owners` says whose it is.
    """
    with duckdb.connect(str(settings.warehouse_path)) as con:
        for row in purchases:
            con.execute(
                "insert into intermediate.int_purchase_days_summed values (?, ?, ?, ?, ?, ?)",
                row if len(row) == 6 else [*row, 0 if row[-1] is None else row[-2]])
        for number, (record, started, ended, fee) in enumerate(contracts):
            con.execute("""
                insert into intermediate.int_contract_terms_derived
                select $1, $2, $3::date, $4::date, coalesce($4::date <= $6::date, false), $5,
                    datediff('day', $3::date, least(coalesce($4::date, $6::date), $6::date)),
                    case when $4::date > $6::date then datediff('day', $6::date, $4::date) end,
                    $5""", [f"c{number}", record, started, ended, fee, AS_OF])
        for record in complaints:
            con.execute("insert into intermediate.int_churn_signals_counted values (?, 1)",
                        [record])
        records = sorted({row[0] for row in (*purchases, *contracts)} | set(complaints))
    frame = pd.DataFrame({"record_key": records,
                          "customer_id": [(owners or {}).get(one, one) for one in records]})
    frame.to_parquet(ml_file(settings, "customer_records"))


def buyers(count: int = 120, seed: int = 3) -> list[tuple[str, str, bool, float, float | None]]:
    """Customers who come over a year and buy at rates of their own until they leave.

    21 months: not every calendar month was seen twice.
    """
    rng = np.random.default_rng(seed)
    rows: list[tuple[str, str, bool, float, float | None]] = []
    for number in range(count):
        day, rate = float(rng.uniform(0, 360)), rng.gamma(1.2, 1 / 50)
        lasts, level = rng.exponential(400), rng.gamma(4, 2)
        first = day
        while day < 630 and day - first < lasts:
            spent = round(float(rng.gamma(4, level)), 2)
            rows.append((f"k{number:03}", str(np.datetime64("2024-10-01") + int(day)), True, spent,
                         round(spent * 0.4, 2)))
            day += max(1.0, rng.exponential(1 / rate))
    return rows


def values(settings: Settings) -> pd.DataFrame:
    found = pd.read_parquet(ml_file(settings, "customer_values"))
    return found.set_index("customer_id").sort_index()


def failures(outcome: Outcome) -> list[str]:
    return [failure.sentence for written in outcome.written for failure in written.verdict.failures]


def test_every_buyer_has_a_value_that_is_finite_and_holds_together(settings: Settings) -> None:
    rows = buyers()
    deliver(settings, rows)
    outcome = estimate_values(settings)
    assert failures(outcome) == []
    found = values(settings)
    assert set(found.index) == {row[0] for row in rows}
    assert np.isfinite(found.select_dtypes("number")).all(axis=None)
    assert (found["future_value_12_months"] <= found["future_value_36_months"]).all()
    assert (found["future_value_12_months_low"] <= found["future_value_12_months_high"]).all()
    assert found["value_basis"].eq("margin").all()
    assert found["model_version"].nunique() == 1
    busy = found.sort_values("repeat_purchases").iloc[-1]
    assert busy["repeat_purchases"] == len([row for row in rows if row[0] == busy.name]) - 1


def test_models_are_compared_before_the_holdout_and_judged_on_it(settings: Settings) -> None:
    deliver(settings, buyers())
    said: list[str] = []
    estimate_values(settings, said.append)
    models = pd.read_parquet(ml_file(settings, "value_models"))
    seasons = models[models["model_name"].eq("season")]
    held = models[models["run_part"].eq("holdout") & models["model_name"].ne("season")]
    assert set(held["model_name"]) == {"naive_rate", "last_period", "bg_nbd", "mbg_nbd",
                                       "pareto_nbd"}
    assert held["is_used"].sum() == 1
    compared = models.loc[models["run_part"].eq("choice"), "learnt_until_date"]
    assert max(compared) < held["learnt_until_date"].iloc[0] < AS_OF
    assert seasons["run_part"].value_counts().to_dict() == {"choice": 2, "holdout": 1, "final": 1}
    assert seasons["boundary_note"].eq("season not identified").all()
    assert [f"value: season not identified until {day:%Y-%m-%d}"
            for day in sorted(seasons["learnt_until_date"])] == sorted(
                line for line in said if "season" in line)
    bins = pd.read_parquet(ml_file(settings, "value_calibration"))
    counted = bins.groupby("measure")["customers_count"].sum()
    assert counted["churn"] == held["customers_count"].iloc[0]
    assert set(bins["measure"]) == {"purchases", "churn", "churn_lift"}
    tenths = bins[bins["measure"].eq("purchases")]
    days = int(held["holdout_days"].iloc[0])
    cut = AS_OF - timedelta(days=days)
    lately = {(row[0], row[1]) for row in buyers()
              if timedelta(0) <= cut - date.fromisoformat(row[1]) < timedelta(days=days)}
    assert np.average(tenths["last_period"], weights=tenths["customers_count"]) == pytest.approx(
        len(lately) / held["customers_count"].iloc[0], rel=0.05)
    assert bins.loc[bins["measure"].ne("purchases"), "last_period"].isna().all()


def test_a_declared_season_is_used_and_said_so(settings: Settings) -> None:
    deliver(settings, buyers())
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute("insert into seeds.season_index "
                    "select month, if(month = 12, 3, 1) from range(1, 13) as t(month)")
    outcome = estimate_values(settings)
    assert "season: season declared" in outcome.chart
    models = pd.read_parquet(ml_file(settings, "value_models"))
    assert models.loc[models["model_name"].eq("season"), "parameters"].str.contains(
        "m12=2.571").all()


def test_records_of_one_customer_count_together_and_returns_are_no_purchase(
    settings: Settings,
) -> None:
    own: list[Any] = [("left", "2026-01-01", True, 10, 4), ("right", "2026-02-10", True, 30, 12),
                      ("right", "2026-02-20", False, -30, -12), ("right", "2026-07-09", True, 9, 4)]
    deliver(settings, [*buyers(), *own], owners={"left": "both", "right": "both"})
    estimate_values(settings)
    both = values(settings).loc["both"]
    assert both["repeat_purchases"] == 1
    assert (both["recency_days"], both["observed_days"]) == (140, 180)
    # Two purchases of 2 on average (4 + 12 − 12 over 2) are drawn to the mean of all.
    others = values(settings)["expected_margin_per_purchase"].drop("both")
    assert 2 < both["expected_margin_per_purchase"] < others.median()


def test_contracts_are_valued_by_how_long_they_last(settings: Settings) -> None:
    """Twenty contracts of 10 a month, of which one ended; one more that ends in a month."""
    deliver(settings, contracts=[
        *((f"r{number:02}", "2025-06-30", None, 10.0) for number in range(19)),
        ("gone", "2025-06-30", "2026-01-01", 10.0), ("ending", "2025-06-30", "2026-08-02", 10.0)])
    outcome = estimate_values(settings)
    assert failures(outcome) == []
    found = values(settings)
    assert found["value_kind"].eq("contract").all()
    assert 90 < found.loc["r00", "future_value_12_months"] < 10 * 12
    assert found.loc["r00", "probability_alive"] == 1
    assert found.loc["r00", "churn_reason"] == "none"
    assert found.loc["gone", "future_value_36_months"] == 0
    assert found.loc["gone", "churn_probability"] == 1
    assert found.loc["gone", "churn_reason"] == "contract_ended"
    # One month is left.
    assert 9 < found.loc["ending", "future_value_36_months"] < 10
    assert found.loc["ending", "churn_reason"] == "contract_ending"
    assert found["first_purchase_date"].isna().all()


def test_a_contract_adds_to_purchases(settings: Settings) -> None:
    deliver(settings, buyers())
    estimate_values(settings)
    alone = values(settings).loc["k001"]
    deliver(settings, contracts=[("k001", "2025-06-30", None, 10.0)])
    frame = pd.DataFrame({"record_key": sorted({row[0] for row in buyers()})})
    frame.assign(customer_id=frame["record_key"]).to_parquet(ml_file(settings, "customer_records"))
    estimate_values(settings)
    both = values(settings).loc["k001"]
    assert both["value_kind"] == "both"
    assert both["contract_value_12_months"] > 100
    assert both["future_value_12_months"] == pytest.approx(
        alone["future_value_12_months"] + both["contract_value_12_months"])


def test_reasons_are_what_the_customer_did(settings: Settings) -> None:
    own: list[Any] = [
        ("once", "2025-12-01", True, 10, 4),
        *(("late", day, True, 10, 4) for day in ("2025-03-01", "2025-04-01", "2025-05-01")),
        ("angry", "2026-06-01", True, 10, 4)]
    deliver(settings, [*buyers(), *own], complaints=["angry"])
    estimate_values(settings)
    found = values(settings)["churn_reason"]
    assert found.loc[["once", "late", "angry"]].tolist() == [
        "one_time_buyer", "overdue", "complaint_open"]


def test_who_may_leave_without_a_sign_has_an_unclear_reason(settings: Settings) -> None:
    """Of twenty contracts half ended after a month, and who stays may follow."""
    deliver(settings, contracts=[
        *((f"left{number}", "2026-03-01", "2026-04-10", 10.0) for number in range(10)),
        *((f"runs{number}", "2026-05-20", None, 10.0) for number in range(10))])
    estimate_values(settings)
    running = values(settings).filter(like="runs", axis=0)
    assert running["churn_probability"].gt(0.3).all()
    assert running["churn_reason"].eq("unclear").all()


def test_a_line_of_unknown_cost_has_the_margin_of_the_others(settings: Settings) -> None:
    """440 of 1100 is margin: of 150 with the cost of 100 known, 40 and 0.4 × 50."""
    deliver(settings, [("a", "2026-01-01", True, 1000.0, 400.0),
                       ("b", "2026-01-02", True, 150.0, 40.0, 100.0)])
    with reading(settings.warehouse_path, settings.memory_limit) as con:
        span = prepare(con, str(ml_file(settings, "customer_records")), AS_OF)
        found = dict(con.execute("select customer_id, value from purchase_days").fetchall())
    assert span is not None
    assert span.basis == "margin"
    assert {customer: float(value) for customer, value in found.items()} == {"a": 400, "b": 60}


def test_revenue_is_the_basis_where_no_cost_is_known(settings: Settings) -> None:
    deliver(settings, [(record, day, bought, revenue, None)
                       for record, day, bought, revenue, _ in buyers()])
    estimate_values(settings)
    assert values(settings)["value_basis"].eq("revenue").all()
    assert values(settings)["expected_margin_per_purchase"].mean() == pytest.approx(32, rel=0.2)


@pytest.mark.parametrize("purchases", [[], [("a", "2026-06-30", True, 5.0, 2.0)]])
def test_a_company_without_a_history_has_no_values_and_no_error(
    settings: Settings, purchases: list[Any],
) -> None:
    deliver(settings, purchases)
    outcome = estimate_values(settings)
    assert failures(outcome) == []
    assert outcome.chart == "There is no history of purchases or contracts to learn from."
    assert values(settings).empty


@pytest.mark.parametrize("baseline", ["naive_rate", "last_period"])
def test_the_baseline_is_used_and_said_so_where_no_model_beats_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, baseline: str,
) -> None:
    rows = buyers()
    deliver(settings, rows)
    monkeypatch.setattr(purchase_choice, "choose", lambda tried: baseline)
    outcome = estimate_values(settings)
    assert "No model beat the baseline" in outcome.chart
    found = values(settings)
    assert found["model_name"].eq(baseline).all()
    days = int(found["churn_horizon_days"].iloc[0])
    late = pd.Series([customer for customer, day, *_ in rows
                      if (AS_OF - date.fromisoformat(day)).days < days]).value_counts()
    rate = (found["repeat_purchases"] / found["observed_days"] if baseline == "naive_rate"
            else late.reindex(found.index).fillna(0) / days)
    np.testing.assert_allclose(found["expected_purchases_12_months"], rate * 365, rtol=1e-9)


def test_a_table_that_breaks_a_rule_blocks_and_the_last_good_one_stays(
    settings: Settings, monkeypatch: pytest.MonkeyPatch,
) -> None:
    deliver(settings, buyers())
    estimate_values(settings)
    good = values(settings)
    score = value_step.score_histories
    monkeypatch.setattr(value_step, "score_histories", lambda *given: score(*given).assign(
        churn_probability=1.5))
    outcome = estimate_values(settings)
    with pytest.raises(SuiteFailed, match="churn_probability"):
        outcome.raise_if_blocked()
    pd.testing.assert_frame_equal(values(settings), good)


def test_the_order_of_the_rows_is_not_seen(settings: Settings) -> None:
    """Where margins are missing, values have more digits than money has."""
    rows = [(*row[:4], None if number % 40 == 0 else row[4])
            for number, row in enumerate(buyers())]
    deliver(settings, rows)
    estimate_values(settings)
    once = values(settings)
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute("delete from intermediate.int_purchase_days_summed")
    deliver(settings, rows[::-1])
    estimate_values(settings)
    pd.testing.assert_frame_equal(values(settings), once, check_exact=True)

