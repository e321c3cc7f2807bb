"""The impact step on small warehouses: planted effects are found, others are not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from orchestration import impact_step
from orchestration.decision_files import DecisionError
from orchestration.impact_step import measure_impact
from orchestration.initiative_effects import placebo_dates
from orchestration.initiatives import COLUMNS
from orchestration.ml_steps import Outcome, SuiteFailed
from orchestration.ml_tables import ml_file
from orchestration.settings import Settings

AS_OF = date(2026, 6, 30)
FIRST = AS_OF - timedelta(days=729)
START = date(2026, 1, 1)
REGIONS = ("Bayern", "Hessen", "Sachsen", "Bremen", "Berlin")
CUSTOMERS = 600


@pytest.fixture
def settings(shop: Settings) -> Settings:
    with duckdb.connect(str(shop.warehouse_path)) as con:
        con.execute("""
            create table intermediate.int_impact_days_unioned (identity_record_key varchar,
                fact_date date, fact_type varchar, is_purchase boolean, revenue decimal(18, 4),
                margin decimal(18, 4), costed_revenue decimal(18, 4), score double);
            create table intermediate.int_scores_measured (response_id varchar, measure varchar,
                identity_record_key varchar, responded_date date, score double);
            create table intermediate.int_experiences_judged (kind varchar, record_key varchar,
                identity_record_key varchar, experienced_date date, judged_date date,
                channel varchar, is_bad boolean);
            create table intermediate.int_initiative_scopes_unioned (identity_record_key varchar,
                scope varchar, scope_key varchar, scope_name varchar, fact_date date,
                is_control_group boolean);
            create table seeds.impact_rules as from (values ('outcome_days', 180),
                ('earlier_days', 180), ('initiative_days_least', 14),
                ('initiative_days_most', 365), ('customers_least', 30)) as rules(rule, value)""")
    return shop


@pytest.fixture
def con(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    con = duckdb.connect(str(settings.warehouse_path))
    yield con
    con.close()


def customer(number: int) -> str:
    return f"c{number:03d}"


def region_of(number: int) -> str:
    return REGIONS[number % len(REGIONS)]


def sell(con: duckdb.DuckDBPyConnection, settings: Settings, rows: list[tuple[str, Any, float]],
         ) -> None:
    """Sales (customer, day, revenue), half of which is margin."""
    frame = pd.DataFrame(rows, columns=["customer", "day", "revenue"])
    con.register("sales", frame)
    con.execute("""
        insert into intermediate.int_purchase_days_summed
        select customer, cast(day as date), true, sum(revenue), sum(revenue) / 2, sum(revenue)
        from sales group by all;
        insert into intermediate.int_impact_days_unioned
        select identity_record_key, purchase_date, 'purchase', is_purchase, revenue, margin,
            costed_revenue, null from intermediate.int_purchase_days_summed""")
    con.unregister("sales")
    records = [customer(number) for number in range(CUSTOMERS)]
    pd.DataFrame({"record_key": records, "customer_id": records}).to_parquet(
        ml_file(settings, "customer_records"))


def steady_sales(seed: int = 1, boosted: str = "Bayern") -> list[tuple[str, Any, float]]:
    """Every customer buys for 20 about once in 30 days, from the first day on.

    From START on those of one region buy half as often again.
    """
    rng = np.random.default_rng(seed)
    days = pd.date_range(FIRST, AS_OF)
    boost = (days >= pd.Timestamp(START)) * 0.5
    rows: list[tuple[str, Any, float]] = []
    for number in range(CUSTOMERS):
        rate = rng.gamma(4, 1 / 120)
        factor = 1 + boost * (region_of(number) == boosted)
        bought = rng.random(len(days)) < rate * factor
        bought[0] = True
        rows += [(customer(number), day, 20.0) for day in days[bought]]
    return rows


def place(con: duckdb.DuckDBPyConnection) -> None:
    """Everybody belongs to a region; a campaign reached those of Bayern and, by lot, others."""
    frame = pd.DataFrame({"number": range(CUSTOMERS)})
    frame["customer"] = frame["number"].map(customer)
    frame["region"] = frame["number"].map(region_of)
    con.register("people", frame)
    con.execute("""
        insert into intermediate.int_initiative_scopes_unioned
        select customer, 'region', region, region, null, false from people
        union all
        select customer, 'campaign', 'key', 'Frühling', date '2026-01-01', region <> 'Bayern'
        from people where region in ('Bayern', 'Hessen')""")
    con.unregister("people")


def declare(settings: Settings, *rows: dict[str, str]) -> None:
    good = {"name_en": "A", "name_de": "A", "started_on": "2026-01-01", "ended_on": "2026-03-31",
            "scope": "region", "scope_value": "bayern", "comparison": "", "cost": "100",
            "decided_by": "x", "decided_at": "2025-12-01", "reason": "y"}
    file = settings.company_folder / "decisions" / "initiatives.csv"
    file.parent.mkdir(parents=True)
    lines = [";".join({"initiative_id": f"i{number}", **good, **row}[column] for column in COLUMNS)
             for number, row in enumerate(rows)]
    file.write_text(";".join(COLUMNS) + "\n" + "\n".join(lines))


def run(settings: Settings, con: duckdb.DuckDBPyConnection) -> Outcome:
    con.close()
    outcome = measure_impact(settings)
    outcome.raise_if_blocked()
    return outcome


def table(settings: Settings, name: str) -> pd.DataFrame:
    return pd.read_parquet(ml_file(settings, name))


def test_a_company_without_anything_gets_empty_tables(
    settings: Settings, con: duckdb.DuckDBPyConnection,
) -> None:
    outcome = run(settings, con)
    assert [written.rows for written in outcome.written] == [0, 0, 0, 0]
    assert "No initiative is declared" in outcome.chart


def test_without_purchases_nothing_can_be_said(
    settings: Settings, con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute("insert into intermediate.int_scores_measured values "
                "('r', 'nps', 'c000', date '2026-01-01', 8)")
    con.execute("insert into intermediate.int_experiences_judged values "
                "('slow_case', 'c', 'c000', date '2026-01-01', date '2026-01-08', 'phone', "
                "true)")
    declare(settings, {})
    run(settings, con)
    (initiative,) = table(settings, "initiatives").to_dict("records")
    assert (initiative["verdict"], initiative["verdict_reason"]) == (
        "cannot_be_said", "nobody_treated")
    for name in ("score_worth", "bad_experience_costs"):
        found = table(settings, name)
        assert len(found) == 5
        assert set(found["verdict_reason"]) == {"history_too_short"}


def test_a_region_that_bought_more_is_found_and_one_that_did_not_is_not(
    settings: Settings, con: duckdb.DuckDBPyConnection,
) -> None:
    """120 customers buy 3 times in 90 days; half as often again is 1.5, or 15 of margin each."""
    sell(con, settings, steady_sales())
    place(con)
    declare(settings, {}, {"scope_value": "Hessen", "comparison": "Sachsen|Bremen|Berlin"},
            {"scope": "campaign", "scope_value": "Frühling"},
            {"scope": "campaign", "scope_value": "key", "comparison": "others"})
    outcome = run(settings, con)
    found = table(settings, "initiatives").set_index("initiative_id")
    for name in ("i0", "i2", "i3"):
        assert found.loc[name, "effect_low"] < 15 < found.loc[name, "effect_high"], name
        assert found.loc[name, "verdict"] == "gain_shown"
        assert found.loc[name, "customers_count"] == 120
        assert found.loc[name, "gain"] == pytest.approx(120 * found.loc[name, "effect"])
        assert found.loc[name, "roi_low"] > 1
    assert found.loc["i1", "verdict"] == "no_effect_shown"
    assert found["method"].tolist() == [
        "difference_in_differences", "difference_in_differences", "random_holdout",
        "difference_in_differences"]
    assert found["pre_trend"].tolist() == ["alike", "alike", "drawn_by_lot", "alike"]
    assert found["comparison_groups_count"].tolist()[:2] == [4, 3]
    effects = table(settings, "initiative_effects")
    assert effects.groupby("initiative_id")["is_placebo"].sum().eq(4 * 6).all()
    assert effects.loc[effects["is_placebo"], "compared_date"].max() == date(2025, 10, 3)
    contacts = effects[effects["outcome"].eq("contacts")]
    assert (contacts["effect_low"] < 0).all() and (contacts["effect_high"] > 0).all()
    assert "gain shown" in outcome.chart and "data:image/svg+xml" in outcome.chart


def test_sides_that_moved_apart_before_are_not_compared(
    settings: Settings, con: duckdb.DuckDBPyConnection,
) -> None:
    """It began in April, but Bayern bought more since January."""
    sell(con, settings, steady_sales())
    place(con)
    declare(settings, {"started_on": "2026-04-01", "ended_on": ""})
    run(settings, con)
    (found,) = table(settings, "initiatives").to_dict("records")
    assert (found["verdict"], found["verdict_reason"]) == ("cannot_be_said", "moved_apart_before")
    assert pd.isna(found["gain"]) and not pd.isna(found["effect"])


@pytest.mark.parametrize(("cells", "reason"), [
    ({"started_on": "2026-07-01", "ended_on": ""}, "not_begun"),
    ({"started_on": "2026-06-20", "ended_on": ""}, "too_short"),
    ({"scope_value": "Saarland"}, "unknown_value"),
    ({"scope_value": "Bayern | Hesen"}, "unknown_value"),
    ({"comparison": "Sachsen | Hesen"}, "unknown_value"),
    ({"scope": "all", "scope_value": ""}, "no_comparison"),
    ({"scope": "store", "scope_value": "x"}, "unknown_value"),
    ({"scope": "store", "scope_value": "new"}, "nobody_treated"),
    ({"scope": "campaign", "scope_value": "late"}, "nobody_treated"),
    ({"started_on": "2024-08-01", "ended_on": "2024-12-31"}, "history_too_short"),
    ({"scope": "campaign", "scope_value": "small"}, "too_few"),
])
def test_what_cannot_be_said_has_its_reason(
    settings: Settings, con: duckdb.DuckDBPyConnection, cells: dict[str, str], reason: str,
) -> None:
    sell(con, settings, steady_sales())
    place(con)
    con.execute("insert into intermediate.int_initiative_scopes_unioned "
                "select 'c' || lpad(i::varchar, 3, '0'), 'campaign', 'small', 'small', "
                "date '2026-01-01', i % 2 = 0 from range(40) as numbers(i) "
                "union all select 'c000', 'store', 'new', 'new', date '2026-01-01', false "
                "union all select 'c000', 'campaign', 'late', 'late', date '2026-07-01', false")
    declare(settings, cells)
    run(settings, con)
    (found,) = table(settings, "initiatives").to_dict("records")
    assert (found["verdict"], found["verdict_reason"]) == ("cannot_be_said", reason)
    assert pd.isna(found["effect"]) and pd.isna(found["roi"])


def test_a_customer_on_both_sides_of_a_lot_is_on_neither(
    settings: Settings, con: duckdb.DuckDBPyConnection,
) -> None:
    sell(con, settings, steady_sales())
    place(con)
    con.execute("insert into intermediate.int_initiative_scopes_unioned values "
                "('c000', 'campaign', 'key', 'Frühling', date '2026-01-01', true)")
    declare(settings, {"scope": "campaign", "scope_value": "Frühling"})
    run(settings, con)
    assert table(settings, "initiatives")["customers_count"].tolist() == [119]


@pytest.mark.parametrize("written", ["Bayern", "Bad Tölz", "bad  tölz"])
def test_a_name_goes_by_single_blanks(
    settings: Settings, con: duckdb.DuckDBPyConnection, written: str,
) -> None:
    sell(con, settings, steady_sales())
    place(con)
    con.execute("update intermediate.int_initiative_scopes_unioned set scope_key = ' Bad  Tölz', "
                "scope_name = ' Bad  Tölz' where scope = 'region' and scope_name = 'Bayern' "
                "and $1 <> 'Bayern'", [written])
    declare(settings, {"scope_value": written, "comparison": "Hessen"})
    run(settings, con)
    assert table(settings, "initiatives")["customers_count"].tolist() == [120]


@pytest.mark.parametrize(("cells", "reached"), [
    ({"scope": "all", "scope_value": ""}, CUSTOMERS),
    ({}, 120),
    ({"scope": "campaign", "scope_value": "key", "comparison": "others"}, 120),
    # Those drawn by lot count, whether or not they ever bought; what was sent later does not.
    ({"scope": "campaign", "scope_value": "key"}, 121),
])
def test_who_came_later_was_not_reached(
    settings: Settings, con: duckdb.DuckDBPyConnection, cells: dict[str, str], reached: int,
) -> None:
    """c600 first bought when it had begun, and was in the campaign; c002 only after as_of."""
    sell(con, settings, [*steady_sales(), (customer(CUSTOMERS), START, 20.0)])
    place(con)
    con.execute("""
        insert into intermediate.int_initiative_scopes_unioned values
            ('c600', 'region', 'Bayern', 'Bayern', null, false),
            ('c600', 'campaign', 'key', 'Frühling', date '2026-01-01', false),
            ('c002', 'campaign', 'key', 'Frühling', date '2026-07-01', false)""")
    records = [customer(number) for number in range(CUSTOMERS + 1)]
    pd.DataFrame({"record_key": records, "customer_id": records}).to_parquet(
        ml_file(settings, "customer_records"))
    declare(settings, cells)
    run(settings, con)
    assert table(settings, "initiatives")["customers_count"].tolist() == [reached]


def test_placebo_windows_lie_between_the_history_and_the_start() -> None:
    found = placebo_dates(date(2026, 1, 1), 60, date(2025, 7, 1))
    assert found == [date(2025, 11, 2), date(2025, 10, 3), date(2025, 9, 3)]
    assert placebo_dates(date(2026, 1, 1), 60, date(2025, 10, 1)) == []


def answer(con: duckdb.DuckDBPyConnection, day: date, scores: list[float]) -> None:
    """Everybody answers on a day."""
    con.executemany("insert into intermediate.int_scores_measured values (?, 'nps', ?, ?, ?)", [
        (f"r{number}-{day}", customer(number), day, score) for number, score in enumerate(scores)])


@pytest.mark.parametrize("worth", [2.0, 0.0])
def test_the_worth_of_a_point_is_found_and_none_where_there_is_none(
    settings: Settings, con: duckdb.DuckDBPyConnection, worth: float,
) -> None:
    """After the answer each brings 2 of margin a point; a second answer must not count."""
    rng = np.random.default_rng(4)
    day = date(2025, 9, 1)
    scores = rng.integers(0, 11, CUSTOMERS).astype(float)
    sales = [*((customer(number), FIRST, 20.0) for number in range(CUSTOMERS)),
             *((customer(number), day + timedelta(days=10), 100 + 2 * worth * score + noise)
               for number, (score, noise) in enumerate(
                   zip(scores, rng.normal(0, 30, CUSTOMERS), strict=True)))]
    sell(con, settings, sales)
    answer(con, day, scores.tolist())
    answer(con, day + timedelta(days=30), (10 - scores).tolist())
    run(settings, con)
    found = table(settings, "score_worth").set_index("outcome").loc["value"]
    assert found["worth_low"] < worth < found["worth_high"]
    assert found["verdict"] == ("effect_shown" if worth else "no_effect_shown")
    assert (found["customers_count"], found["compared_count"]) == (CUSTOMERS, CUSTOMERS)
    assert found["shuffles_count"] == 20 and found["shuffles_shown"] <= 4
    assert abs(found["shuffled_worth"]) < 0.5
    assert found["shuffled_worth_low"] < 0 < found["shuffled_worth_high"]


def judge(con: duckdb.DuckDBPyConnection, rows: list[tuple[str, date, bool]], *, within: int = 0,
          ) -> None:
    """Experiences (customer, day, is bad), judged some days later."""
    con.executemany(
        "insert into intermediate.int_experiences_judged values "
        "('late_delivery', ?, ?, ?, ?, 'web', ?)",
        [(f"x{number}", one, day, day + timedelta(days=within), bad)
         for number, (one, day, bad) in enumerate(rows)])


def test_what_came_later_starts_when_it_is_known_what_was_bad(
    settings: Settings, con: duckdb.DuckDBPyConnection,
) -> None:
    """All that the bad ones bought more, they bought in the 30 days: they had stayed so long.

    A case whose days after the 30 do not lie in the history does not count.
    """
    rng = np.random.default_rng(7)
    day, late = date(2025, 9, 1), AS_OF - timedelta(days=200)
    bad = rng.random(CUSTOMERS) < 0.25
    sell(con, settings, [
        *((customer(number), FIRST, 20.0) for number in range(CUSTOMERS)),
        *((customer(number), day + timedelta(days=20), 80.0) for number in np.flatnonzero(bad)),
        *((customer(number), day + timedelta(days=60), 100 + rng.normal(0, 30))
          for number in range(CUSTOMERS))])
    judge(con, [*((customer(number), day, bool(bad[number])) for number in range(1, CUSTOMERS)),
                ("c000", late, True)], within=30)
    run(settings, con)
    value = table(settings, "bad_experience_costs").set_index("outcome").loc["value"]
    assert value["verdict"] == "no_effect_shown"
    assert value["effect_low"] > -10 and value["effect_high"] < 10
    assert value["bad_count"] + value["comparison_count"] == CUSTOMERS - 1


def test_one_of_several_bad_ones_costs_what_the_first_did(
    settings: Settings, con: duckdb.DuckDBPyConnection,
) -> None:
    """In the last 365 days: c000 twice within 180 days, c001 180 and c002 181 days apart, c003
    again on the same day, c004 after one that lies before the year; c005's first was not bad.
    """
    sell(con, settings, steady_sales())
    days = [AS_OF - timedelta(days=ago) for ago in range(600)]
    judge(con, [("c000", days[200], True), ("c000", days[100], True),
                ("c001", days[200], True), ("c001", days[20], True),
                ("c002", days[201], True), ("c002", days[20], True),
                ("c003", days[5], True), ("c003", days[5], True),
                ("c004", days[365], True), ("c004", days[300], True),
                ("c005", days[200], False), ("c005", days[100], True)])
    run(settings, con)
    found = table(settings, "bad_experience_costs")
    assert set(found["yearly_count"]) == {1 + 1 + 2 + 1 + 0 + 1}


def test_a_bad_experience_is_compared_with_one_that_was_not(
    settings: Settings, con: duckdb.DuckDBPyConnection,
) -> None:
    """A quarter got a late parcel and bought for 10 of margin less; both had bought alike.

    A second one, late for those whose first was not, changes nothing; who had one before is out.
    """
    rng = np.random.default_rng(5)
    day = date(2025, 9, 1)
    late = rng.random(CUSTOMERS) < 0.25
    spent = 100 - 20 * late + rng.normal(0, 30, CUSTOMERS)
    sell(con, settings, [
        *((customer(number), FIRST, 20.0) for number in range(CUSTOMERS)),
        *((customer(number), day + timedelta(days=10), spent[number])
          for number in range(CUSTOMERS))])
    judge(con, [
        *((customer(number), day, bool(late[number])) for number in range(CUSTOMERS)),
        *((customer(number), day + timedelta(days=30), not late[number])
          for number in range(CUSTOMERS)),
        ("c000", FIRST, True)])
    run(settings, con)
    found = table(settings, "bad_experience_costs").set_index("outcome")
    value = found.loc["value"]
    assert value["effect_low"] < -10 < value["effect_high"] < 0
    assert value["verdict"] == "effect_shown"
    assert value["bad_count"] + value["comparison_count"] == CUSTOMERS - 1
    assert (value["match_level"], value["matched_share"]) == (1, 1.0)
    assert value["yearly_count"] == CUSTOMERS
    for outcome in ("retention", "contacts"):
        # All came, and nobody called: that is no certainty.
        assert found.loc[outcome, "verdict"] == "no_effect_shown"
        assert found.loc[outcome, "effect_low"] < 0 < found.loc[outcome, "effect_high"]


def test_a_file_that_cannot_be_used_stops_the_step(
    settings: Settings, con: duckdb.DuckDBPyConnection,
) -> None:
    declare(settings, {"scope": "city"})
    with pytest.raises(DecisionError, match="row 2, column scope"):
        run(settings, con)


def test_a_conclusion_that_cannot_be_blocks(
    settings: Settings, con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch,
) -> None:
    declare(settings, {})
    before = ml_file(settings, "initiatives").read_bytes()
    measure = impact_step.measure_initiative

    def certain(*given: Any) -> Any:
        found = measure(*given)
        found.initiative["verdict"] = "certainly"
        return found

    monkeypatch.setattr(impact_step, "measure_initiative", certain)
    with pytest.raises(SuiteFailed, match=r"ml\.initiatives: .*verdict"):
        run(settings, con)
    assert ml_file(settings, "initiatives").read_bytes() == before
