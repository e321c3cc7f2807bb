"""What the impact step asks the engine: behaviour of customers in windows, as cells of strata.

Amounts are added up as decimals: sums of doubles change with the order of adding. Python never sees
a row per customer, only counts, sums and sums of squares by stratum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import pandas as pd

from orchestration.value_queries import value_of_purchases

OUTCOME_SQL = {
    "value": "{side}_value", "purchases": "{side}_purchases",
    "retention": "cast({side}_purchases > 0 as integer)", "contacts": "{side}_contacts",
    "referrals": "{side}_referrals",
    "score": "{side}_score_total / nullif({side}_scores, 0)",
    "earlier_value": "earlier_value",
}
"""Outcome of a window before (`earlier`) or after (`later`) a day."""
_ENDS = {"retention": (0.0, 1.0), "contacts": (0.0, 1.0), "referrals": (0.0, 1.0),
         "score": (0.0, 10.0)}

_FREQUENCY = ("case when earlier_purchases < 3 then earlier_purchases when earlier_purchases < 5 "
              "then 3 when earlier_purchases < 9 then 5 else 9 end")
_RECENCY = ("case when last_day is null then 9 when before_until - last_day <= 30 then 1 "
            "when before_until - last_day <= 90 then 2 else 3 end")
_TENURE = ("case when first_day is null or first_day >= before_until then 0 "
           "when before_until - first_day <= 90 then 1 "
           "when before_until - first_day <= 365 then 2 else 3 end")
_VALUE = "case when earlier_value <= 0 then -1 else floor(ln(1 + earlier_value) / {width}) end"

MATCH_LEVELS: tuple[tuple[str, ...], ...] = (
    (_FREQUENCY, _RECENCY, _TENURE, _VALUE.format(width="ln(2)"), "channel",
     "date_trunc('month', before_until)"),
    (_FREQUENCY, _RECENCY, _TENURE, _VALUE.format(width="ln(4)"),
     "date_trunc('quarter', before_until)"),
    ("least(earlier_purchases, 3)", _RECENCY, "least(first_day, before_until) >= before_until - 90",
     "year(before_until) * 2 + month(before_until) // 7"),
)
"""Classes that make customers alike, the strictest first."""
# Days since the first purchase, in which buying falls for everybody: what a change is compared in.
CHANGE_STRATA = ("case when before_until - first_day <= 365 then 1 else 2 end",)
# What is known before a lot is drawn only makes the interval shorter: a few classes do.
LOT_STRATA = (_FREQUENCY, _VALUE.format(width="ln(8)"))


@dataclass(frozen=True)
class Facts:
    """First and last day of what there is, and what value sums up."""

    first: date
    last: date
    basis: str


def prepare(con: duckdb.DuckDBPyConnection, customer_records: str, as_of: date) -> Facts | None:
    """Join records into customers: tables impact_days and first_purchases, view `records`.

    Args:
        con: connection to the warehouse.
        customer_records: relation of the ML table.
        as_of: what is later does not count.

    Returns:
        None when nobody bought anything.
    """
    con.execute(f"create temp view records as select record_key, customer_id "
                f"from {customer_records}")
    basis, value = value_of_purchases(con, as_of)
    con.execute(f"""
        create temp table impact_days as
        select customer_id, fact_date as day,
            coalesce(bool_or(is_purchase), false)::integer as purchases,
            coalesce(sum(cast({value} as decimal(18, 6))), 0)::decimal(18, 6) as value,
            (count(*) filter (fact_type = 'case'))::integer as contacts,
            (count(*) filter (fact_type = 'referral'))::integer as referrals,
            coalesce(sum(cast(score as decimal(18, 6))), 0)::decimal(18, 6) as score_total,
            count(score)::integer as scores
        from intermediate.int_impact_days_unioned
        join records on records.record_key = identity_record_key
        where fact_date <= $1
        group by all""", [as_of])
    return find_facts(con, as_of, basis)


def find_facts(con: duckdb.DuckDBPyConnection, as_of: date, basis: str) -> Facts | None:
    """Make the table first_purchases of impact_days; see `prepare`."""
    con.execute("""
        create or replace temp table first_purchases as
        select customer_id, min(day) as first_day from impact_days where purchases > 0
        group by customer_id""")
    first = con.execute("select min(first_day) from first_purchases").fetchall()[0][0]
    return Facts(first, as_of, basis) if first else None


def read_rules(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Numbers of the seed impact_rules."""
    return dict(con.execute("select rule, value from seeds.impact_rules").fetchall())


def measure_windows(
    con: duckdb.DuckDBPyConnection, source: str, *, earlier_days: int, later_days: int,
) -> None:
    """Make the table `windows`: rows of `source` with behaviour before and after.

    Args:
        con: connection with the tables of `prepare`.
        source: query for customer_id, before_until (the first day that is not before),
            after_from and whatever else; customer_id is unique.
        earlier_days: days before before_until.
        later_days: days from after_from on.
    """
    sides = {"earlier": "day < before_until", "later": "day >= after_from"}
    sums = ",\n".join(
        f"coalesce(sum({column}) filter ({condition}), 0) as {side}_{column}"
        for side, condition in sides.items()
        for column in ("value", "purchases", "contacts", "referrals", "score_total", "scores"))
    con.execute(f"create or replace temp table moments as {source}")
    con.execute(f"""
        create or replace temp table windows as
        with counted as (
            select moments.customer_id, {sums},
                max(day) filter (day < before_until and purchases > 0) as last_day
            from moments
            left join impact_days as days on days.customer_id = moments.customer_id
                and day >= before_until - {int(earlier_days)}
                and day < after_from + {int(later_days)}
            group by moments.customer_id
        )
        select moments.*, counted.* exclude (customer_id), first_day
        from moments
        join counted using (customer_id)
        left join first_purchases using (customer_id)""")


def ends_of(outcome: str, *, is_change: bool = False) -> tuple[float, float] | None:
    """Lowest and highest value of an outcome, or of its change; None where it has no such ends.

    Of what is rare those of nobody and of one: that nobody called is no certainty.
    """
    ends = _ENDS.get(outcome)
    return (ends[0] - ends[1], ends[1] - ends[0]) if ends and is_change else ends


def read_cells(
    con: duckdb.DuckDBPyConnection, outcomes: Sequence[str], *, strata: Sequence[str],
    by: Sequence[str], is_change: bool = False, source: str = "windows",
) -> dict[str, pd.DataFrame]:
    """Cells of a table of windows by outcome: stratum, `by`, count, total and squares.

    Args:
        con: connection with the table.
        outcomes: names of `OUTCOME_SQL`.
        strata: expressions over the table's columns.
        by: further columns that tell cells apart, such as is_treated or score.
        is_change: of the change from before to after instead of what came after.
        source: the table, with the columns of `windows`.
    """
    measured = []
    for outcome in outcomes:
        amount = f"({OUTCOME_SQL[outcome].format(side='later')})"
        if is_change:
            amount += f" - ({OUTCOME_SQL[outcome].format(side='earlier')})"
        measured.append(f"cast({amount} as decimal(18, 6)) as {outcome}")
    keys = [f"{expression} as stratum_{number}" for number, expression in enumerate(strata)]
    sums = ", ".join(f"count({o}) as {o}_count, cast(sum({o}) as double) as {o}_total, "
                     f"cast(sum(cast({o} as decimal(30, 6)) * {o}) as double) as {o}_squares"
                     for o in outcomes)
    names = [*(f"stratum_{number}" for number in range(len(strata))), *by]
    rows = con.execute(
        f"select {', '.join(names)}, {sums} from "
        f"(select {', '.join([*keys, *by, *measured])} from {source}) "
        f"group by all order by all").df()
    strata_names = names[:len(strata)]
    stratum = (rows.groupby(strata_names, dropna=False, sort=True).ngroup() if strata_names
               else pd.Series(0, rows.index))
    cells = {}
    for outcome in outcomes:
        one = pd.DataFrame({"stratum": stratum, **{name: rows[name] for name in by},
                            **{column: rows[f"{outcome}_{column}"].astype(float).fillna(0.0)
                               for column in ("count", "total", "squares")}})
        # Without rows, DuckDB and pandas disagree on the type of a flag.
        flags = {"is_treated": bool} if "is_treated" in by else {}
        cells[outcome] = one[one["count"] > 0].reset_index(drop=True).astype(flags)
    return cells
