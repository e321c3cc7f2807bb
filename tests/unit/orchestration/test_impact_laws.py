"""The laws of impact find what breaks them: each is run on rows that keep it and that do not."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from tests.unit.laws import law_query

INITIATIVE: dict[str, Any] = {
    "initiative_id": "a", "gain": 200.0, "value_per_customer": 2.0, "value_per_customer_low": 1.0,
    "value_per_customer_high": 3.0, "customers_count": 100, "cost": 50.0, "roi": 3.0,
    "verdict": "gain_shown", "verdict_reason": None}
UNSAID = {**INITIATIVE, "gain": None, "roi": None, "value_per_customer": None,
          "value_per_customer_low": None, "value_per_customer_high": None,
          "verdict": "cannot_be_said", "verdict_reason": "too_few"}
EFFECT: dict[str, Any] = {"effect": 2.0, "effect_low": 1.0, "effect_high": 3.0, "is_shown": True}
JUDGED: dict[str, Any] = {"verdict": "effect_shown"}
RESULT: dict[str, Any] = {
    "initiative_id": "a", "value_per_customer": 2.0, "value_per_customer_low": 1.0,
    "value_per_customer_high": 3.0, "treated_count": 30, "comparison_count": 35,
    "customers_count": 40, "gain": 80.0, "gain_low": 40.0, "gain_high": 120.0, "cost": 50.0,
    "roi": 0.6, "verdict": "gain_shown"}
SCORE: dict[str, Any] = {"measure": "nps", "outcome": "value", "worth": 1.0, "worth_low": 0.5,
                         "worth_high": 1.5, "compared_count": 60, "customers_count": 65,
                         **JUDGED}
COST: dict[str, Any] = {"kind": "k", "outcome": "value", "effect": 2.0, "effect_low": 1.0,
                        "effect_high": 3.0, "bad_mean": 5.0, "bad_matched_count": 30,
                        "comparison_count": 30, "bad_count": 30, "yearly_count": 45,
                        "yearly_cost": -90.0, "yearly_cost_low": -135.0,
                        "yearly_cost_high": -45.0, **JUDGED}
SAID_NOTHING = {"verdict": "cannot_be_said"}


def broken(law: str, **tables: list[dict[str, Any]]) -> int:
    """Rows that a law returns over tables of these rows."""
    with duckdb.connect() as con:
        for name, rows in tables.items():
            columns = ", ".join(
                f"{column} {'boolean' if isinstance(value, bool) else 'varchar'}"
                if isinstance(value, bool | str) or column == "verdict_reason" else
                f"{column} double" for column, value in {**rows[-1], **rows[0]}.items())
            con.execute(f"create table {name} ({columns})")
            for row in rows:
                con.execute(f"insert into {name} ({', '.join(row)}) values "
                            f"({', '.join('?' * len(row))})", list(row.values()))
        return len(con.execute(law_query(law)).fetchall())


@pytest.mark.parametrize(("row", "rows"), [
    ({}, 0), ({"gain": 199.0}, 1), ({"roi": 2.9}, 1), ({"verdict": "cannot_be_said"}, 1),
    ({"verdict_reason": "too_few"}, 1), ({"value_per_customer_low": -1.0}, 1),
    ({"verdict": "loss_shown"}, 1), ({"cost": None, "roi": None}, 0),
])
def test_a_gain_is_effect_times_customers(row: dict[str, Any], rows: int) -> None:
    assert broken("gain_is_effect_times_customers", initiatives=[{**INITIATIVE, **row},
                                                                 UNSAID]) == rows


@pytest.mark.parametrize(("table", "row", "rows"), [
    ("initiative_effects", {}, 0), ("initiative_effects", {"effect": 4.0}, 1),
    ("initiative_effects", {"effect": 0.5}, 1), ("initiative_effects", {"effect_low": -1.0}, 1),
    ("score_worth", {"worth": 9.0}, 1), ("score_worth", {"worth_low": -1.0}, 1),
    ("bad_experience_costs", {"effect_low": -1.0}, 1),
    ("bad_experience_costs", {"effect_low": -1.0, "verdict": "no_effect_shown"}, 0),
])
def test_an_effect_lies_in_its_interval(table: str, row: dict[str, Any], rows: int) -> None:
    good = {"initiative_effects": EFFECT, "score_worth": SCORE, "bad_experience_costs": COST}
    given = {name: [{**one, **(row if name == table else {})}] for name, one in good.items()}
    assert broken("effects_lie_within_their_intervals", **given) == rows


@pytest.mark.parametrize(("table", "row", "rows"), [
    ("initiative_results", {}, 0), ("initiative_results", {"treated_count": None}, 1),
    ("initiative_results", {"customers_count": 41, "gain": 82.0, "gain_low": 41.0,
                            "gain_high": 123.0, "roi": 0.64}, 1),
    # 39 customers are told as 40, and their gain would tell them.
    ("initiative_results", {"gain": 78.0, "roi": 0.56}, 1),
    ("initiative_results", {"gain_low": 39.0}, 1), ("initiative_results", {"gain_high": 117.0}, 1),
    ("initiative_results", {"roi": 0.56}, 1),
    ("initiative_results", {"cost": None, "roi": None}, 0),
    ("initiative_results", SAID_NOTHING, 1),
    ("initiative_results", {**SAID_NOTHING, "value_per_customer": None, "gain": None,
                            "value_per_customer_low": None, "roi": None}, 0),
    ("score_worth_by_measure", SAID_NOTHING, 1),
    ("score_worth_by_measure", {**SAID_NOTHING, "worth": None, "worth_low": None}, 0),
    ("score_worth_by_measure", {"compared_count": None}, 1),
    ("score_worth_by_measure", {"customers_count": 63}, 1),
    ("bad_experience_costs_by_kind", {"comparison_count": None}, 1),
    ("bad_experience_costs_by_kind", {"yearly_count": 7, "yearly_cost": -14.0,
                                      "yearly_cost_low": -21.0, "yearly_cost_high": -7.0}, 1),
    ("bad_experience_costs_by_kind", {"yearly_cost": -92.0}, 1),
    ("bad_experience_costs_by_kind", {"yearly_cost_low": -138.0}, 1),
    ("bad_experience_costs_by_kind", {"yearly_cost_high": -46.0}, 1),
    ("bad_experience_costs_by_kind", {"yearly_count": None, "yearly_cost": None}, 0),
    ("bad_experience_costs_by_kind", SAID_NOTHING, 1),
    ("bad_experience_costs_by_kind", {**SAID_NOTHING, "effect": None, "effect_low": None,
                                      "yearly_cost": None}, 1),
])
def test_a_report_shows_no_few_people(table: str, row: dict[str, Any], rows: int) -> None:
    good = {"initiative_results": RESULT, "score_worth_by_measure": SCORE,
            "bad_experience_costs_by_kind": COST}
    given = {name: [{**one, **(row if name == table else {})}] for name, one in good.items()}
    assert broken("impact_reports_show_no_few_people", **given) == rows
