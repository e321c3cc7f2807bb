"""What one initiative brought: sides compared at its start, and at placebo dates before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from models_ml.initiative_verdicts import judge_effect, judge_pre_trend, return_on_cost
from models_ml.stratified_effects import Effect, compare_strata
from models_ml.tables_impact import OUTCOMES
from orchestration.impact_queries import (
    CHANGE_STRATA,
    LOT_STRATA,
    Facts,
    ends_of,
    measure_windows,
    read_cells,
)
from orchestration.initiative_members import are_values_known, count_sides, list_members
from orchestration.initiatives import Initiative

MODEL_VERSION = "impact-1"
PLACEBO_DATES = 4
_NO_EFFECT = dict.fromkeys(("effect", "effect_low", "effect_high", "standard_error",
                            "matched_share"))
_NO_RETURN = dict.fromkeys(("gain", "gain_low", "gain_high", "roi", "roi_low", "roi_high"))


@dataclass(frozen=True)
class Measured:
    """Rows of the ML tables initiatives (one) and initiative_effects."""

    initiative: dict[str, object]
    effects: list[dict[str, object]]


def describe_effect(effect: Effect | None) -> dict[str, object]:
    """Columns of an effect as the ML tables of impact have them."""
    if effect is None:
        return {**_NO_EFFECT, "treated_count": 0, "comparison_count": 0}
    return {
        "effect": effect.estimate, "effect_low": effect.low, "effect_high": effect.high,
        "standard_error": effect.standard_error, "matched_share": effect.matched_share,
        "treated_count": effect.treated_count, "comparison_count": effect.comparison_count}


def measure_initiative(
    con: duckdb.DuckDBPyConnection, initiative: Initiative, facts: Facts | None,
    rules: dict[str, int],
) -> Measured:
    """Compare the sides of an initiative; leaves nothing out that keeps it from being said."""
    row: dict[str, object] = {
        "initiative_id": initiative.initiative_id, "name_en": initiative.name_en,
        "name_de": initiative.name_de, "scope": initiative.scope,
        "scope_value": " | ".join(initiative.scope_values) or None,
        "started_date": initiative.started_on, "ended_date": initiative.ended_on,
        "decided_date": initiative.decided_on, "measured_until_date": None, "window_days": None,
        "method": None, "value_basis": facts.basis if facts else "margin", "customers_count": 0,
        **describe_effect(None), "comparison_groups_count": None, "pre_trend": "not_checked",
        "placebo_dates_count": 0, "placebo_dates_shown": 0, "verdict": "cannot_be_said",
        "verdict_reason": None, **_NO_RETURN,
        "cost": None if initiative.cost is None else float(initiative.cost),
        "model_version": MODEL_VERSION}

    def cannot_say(reason: str) -> Measured:
        return Measured({**row, "verdict_reason": reason}, [])

    if facts is None or initiative.started_on > facts.last:
        return cannot_say("not_begun" if facts else "nobody_treated")
    start = initiative.started_on
    last = min(initiative.ended_on or facts.last, facts.last)
    days = min((last - start).days + 1, rules["initiative_days_most"])
    if days < rules["initiative_days_least"]:
        return cannot_say("too_short")
    if not are_values_known(con, initiative):
        return cannot_say("unknown_value")
    by_lot = list_members(con, initiative, start - timedelta(days=days), facts.last)
    treated, compared, groups = count_sides(con, None if by_lot else start)
    row |= {"customers_count": treated, "window_days": days,
            "measured_until_date": start + timedelta(days=days - 1)}
    if not treated or not compared:
        return cannot_say("no_comparison" if treated else "nobody_treated")
    row |= {"method": "random_holdout" if by_lot else "difference_in_differences",
            "comparison_groups_count": groups or None}
    if not by_lot and start - timedelta(days=days) < facts.first:
        return cannot_say("history_too_short")
    least = rules["customers_least"]
    found = compare_at(con, start, days, by_lot=by_lot, has_groups=groups > 0, least=least)
    effects = _rows(initiative, start, found, is_placebo=False)
    value = found["value"]
    if value is None:
        return cannot_say("too_few")
    placebos = []
    for day in placebo_dates(start, days, facts.first):
        before = compare_at(con, day, days, by_lot=by_lot, has_groups=groups > 0, least=least)
        effects += _rows(initiative, day, before, is_placebo=True)
        placebos += [before["value"]] if before["value"] else []
    pre_trend = judge_pre_trend(placebos, is_random=by_lot)
    verdict, reason = judge_effect(value, pre_trend)
    row |= {
        **describe_effect(value), "pre_trend": pre_trend, "placebo_dates_count": len(placebos),
        "placebo_dates_shown": sum(one.is_shown for one in placebos), "verdict": verdict,
        "verdict_reason": reason}
    if verdict != "cannot_be_said":
        row |= vars(return_on_cost(value, treated, float(initiative.cost)
                                   if initiative.cost is not None else None))
    return Measured(row, effects)


def placebo_dates(start: date, days: int, first: date) -> list[date]:
    """Days before the start whose windows, before and after, lie in the history and end before it.

    They are half a window apart, the newest first.
    """
    step = timedelta(days=(days + 1) // 2)
    dates = [start - timedelta(days=days) - number * step for number in range(PLACEBO_DATES)]
    return [day for day in dates if day - timedelta(days=days) >= first]


def compare_at(
    con: duckdb.DuckDBPyConnection, day: date, days: int, *, by_lot: bool, has_groups: bool,
    least: int, outcomes: Sequence[str] = OUTCOMES,
) -> dict[str, Effect | None]:
    """Compare the table members in the days from `day` on with as many before, by outcome.

    Drawn by lot, what came after is compared among customers alike before. Else each customer's
    change is, of those who had bought before the windows: who came later had no time to change.
    """
    moments = (f"select customer_id, is_treated, group_key, date '{day}' as before_until, "
               f"date '{day}' as after_from from members")
    if not by_lot:
        moments += (" join first_purchases using (customer_id) "
                    f"where first_day < date '{day}' - {int(days)}")
    measure_windows(con, moments, earlier_days=days, later_days=days)
    cells = read_cells(
        con, outcomes, strata=LOT_STRATA if by_lot else CHANGE_STRATA,
        by=("is_treated", "group_key") if has_groups else ("is_treated",), is_change=not by_lot)
    return {outcome: compare_strata(
        rows.rename(columns={"group_key": "group"}), weights="all" if by_lot else "treated",
        least=least, ends=ends_of(outcome, is_change=not by_lot))
        for outcome, rows in cells.items()}


def _rows(
    initiative: Initiative, day: date, found: dict[str, Effect | None], *, is_placebo: bool,
) -> list[dict[str, object]]:
    return [{
        "initiative_id": initiative.initiative_id, "outcome": outcome, "compared_date": day,
        "is_placebo": is_placebo, **describe_effect(effect),
        "treated_mean": effect.treated_mean if effect else None,
        "comparison_mean": effect.comparison_mean if effect else None,
        "model_version": MODEL_VERSION} for outcome, effect in found.items()]
