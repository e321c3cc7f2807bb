"""What the value step asks the engine: purchase histories, margins and tenures as counts.

What a fit learns from is added up as decimals: sums of doubles change with the order of adding.
Python never sees a row per customer, only distinct histories with how many customers have them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import numpy as np
import pandas as pd

from ingestion.readers.files import literal
from models_ml.purchase_choice import Split
from models_ml.purchase_likelihoods import Histories
from models_ml.purchase_season import MONTH_DAYS, Season
from models_ml.retention_model import Tenures
from models_ml.spend_model import Spending
from orchestration.warehouse import keep_frame

# With less of the revenue's cost known, values are sums of revenue.
MARGIN_KNOWN_SHARE = 0.9
# Classes of mean margins per factor e: 1.6 % wide.
SPEND_CLASSES = 64
HISTORY = ["frequency", "recency", "observed"]


@dataclass(frozen=True)
class Span:
    """First and last day with a purchase, and what values are sums of."""

    first: date
    basis: str


def prepare(con: duckdb.DuckDBPyConnection, customer_records: str, as_of: date) -> Span | None:
    """Join records into customers: tables purchase_days, contract_terms and complaints.

    Args:
        con: connection to the warehouse.
        customer_records: path of the ML table.
        as_of: what is later does not count.

    Returns:
        None when nobody bought anything.
    """
    con.execute(f"create temp view records as select record_key, customer_id "
                f"from read_parquet({literal(customer_records)})")
    basis, value = value_of_purchases(con, as_of)
    con.execute(f"""
        create temp table purchase_days as
        select customer_id, purchase_date as day, bool_or(is_purchase) as is_purchase,
            sum(cast({value} as decimal(18, 6))) as value
        from intermediate.int_purchase_days_summed
        join records on records.record_key = identity_record_key
        where purchase_date <= $1
        group by customer_id, purchase_date""", [as_of])
    con.execute("""
        create temp table contract_terms as
        select records.customer_id, terms.* exclude (identity_record_key)
        from intermediate.int_contract_terms_derived as terms
        join records on records.record_key = terms.identity_record_key""")
    con.execute("""
        create temp table complaints as
        select distinct customer_id from intermediate.int_churn_signals_counted
        join records on records.record_key = identity_record_key""")
    first = con.execute("select min(day) from purchase_days where is_purchase").fetchall()[0][0]
    return Span(first, basis) if first else None


def value_of_purchases(con: duckdb.DuckDBPyConnection, as_of: date) -> tuple[str, str]:
    """What values sum up, and SQL for it over columns revenue, margin and costed_revenue."""
    known, margin, revenue = con.execute("""
        select sum(abs(costed_revenue)) / nullif(sum(abs(revenue)), 0),
            sum(margin), sum(costed_revenue)
        from intermediate.int_purchase_days_summed where purchase_date <= $1""",
        [as_of]).fetchall()[0]
    basis = "margin" if known is not None and known >= MARGIN_KNOWN_SHARE else "revenue"
    ratio = float(margin / revenue) if basis == "margin" and revenue else 1.0
    # A line of unknown cost has the margin of the others, also on a day with lines of known cost.
    return basis, (f"coalesce(margin, 0) + (revenue - costed_revenue) * {ratio!r}"
                   if basis == "margin" else "revenue")


def read_rules(con: duckdb.DuckDBPyConnection) -> tuple[float, list[float]]:
    """Discount rate, and the declared season (empty where there is none)."""
    rate = con.execute("select value from seeds.value_rules "
                       "where rule = 'discount_rate'").fetchall()[0][0]
    index = con.execute("select demand_index from seeds.season_index order by month_number")
    return float(rate), [float(value) for value, in index.fetchall()]


def set_clock(
    con: duckdb.DuckDBPyConnection, season: Season, first: date, level_date: date, last: date,
) -> None:
    """Make the table clock: time of each day from the day before `first` on."""
    start = np.datetime64(first) - 1
    days = (np.datetime64(last) - start).astype(int) + 1
    frame = pd.DataFrame({
        "day": (start + np.arange(days)).astype("datetime64[s]"),
        "clock": season.clock(start, np.datetime64(level_date), int(days))})
    keep_frame(con, "clock_days", frame)
    con.execute("create or replace temp table clock as "
                "select cast(day as date) as day, clock from clock_days")


def clock_at(con: duckdb.DuckDBPyConnection, days: list[date]) -> np.ndarray:
    """Times of the clock at the end of days."""
    found = dict(con.execute("select day, clock from clock where day in "
                             "(select unnest($1::date[]))", [days]).fetchall())
    return np.array([found[day] for day in days])


def days_at(con: duckdb.DuckDBPyConnection, times: np.ndarray) -> np.ndarray:
    """First day on which the clock has come to each time; NaT for NaN or beyond its end."""
    clock = con.execute("select day, clock from clock order by day").df()
    place = np.searchsorted(clock["clock"].to_numpy(), times - 1e-9)
    days = np.append(clock["day"].to_numpy("datetime64[s]"), np.datetime64("NaT"))
    return days[np.where(np.isnan(times), len(clock), place)]


# Days of the clock are rounded, so that histories stay few.
_HISTORIES = """
    select people.*, first_clock.clock as first_clock,
        frequency_days - 1 as frequency,
        round(last_clock.clock - first_clock.clock) as recency,
        round((select clock from clock where day = $until) - first_clock.clock) as observed
    from (
        select customer_id, min(day) as first_day,
            max(day) filter (day <= $until) as last_day,
            count(*) filter (day <= $until) as frequency_days,
            count(*) filter (day <= $until and day > $recent_from) as recent,
            count(*) filter (day > $until and day <= $outcome_to) as actual
        from purchase_days where is_purchase
        group by customer_id having min(day) <= $until
    ) as people
    join clock as first_clock on people.first_day = first_clock.day
    join clock as last_clock on people.last_day = last_clock.day"""


def read_histories(
    con: duckdb.DuckDBPyConnection, until: date, recent_days: int = 0,
) -> tuple[Histories, np.ndarray]:
    """Distinct histories until a date, and purchases in the last `recent_days` of each.

    Makes the table customer_histories, a row per customer.
    """
    con.execute(f"create or replace temp table customer_histories as {_HISTORIES}",
                {"until": until, "recent_from": until - timedelta(days=recent_days),
                 "outcome_to": until})
    rows = con.execute(f"select {', '.join(HISTORY)}, recent, count(*) as count "
                       "from customer_histories group by all order by all").df()
    return _histories(rows), rows["recent"].to_numpy(float)


def read_split(con: duckdb.DuckDBPyConnection, until: date, days: int) -> Split:
    """Distinct histories until a date with what came in the days after it."""
    rows = con.execute(f"""
        select frequency, recency, observed,
            datediff('day', first_day, $until) as calendar_observed,
            recent, actual, count(*) as count
        from ({_HISTORIES}) group by all order by all""",
        {"until": until, "recent_from": until - timedelta(days=days),
         "outcome_to": until + timedelta(days=days)}).df()
    start, end = clock_at(con, [until, until + timedelta(days=days)])
    learnt = rows[[*HISTORY, "count"]].groupby(HISTORY).sum().reset_index()
    return Split(
        until, days, float(end - start), _histories(rows),
        rows["calendar_observed"].to_numpy(float), rows["recent"].to_numpy(float),
        rows["actual"].to_numpy(float), _histories(learnt))


def _histories(rows: pd.DataFrame) -> Histories:
    frequency, recency, observed, count = (
        rows[name].to_numpy(float) for name in (*HISTORY, "count"))
    return Histories(frequency, recency, observed, count)


def read_cohorts(
    con: duckdb.DuckDBPyConnection, until: date,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """First purchases by day on the clock, and repeat purchases by whole month until a date."""
    con.execute("""
        create or replace temp view first_days as
        select customer_id, min(day) as first_day from purchase_days
        where is_purchase group by customer_id""")
    cohorts = con.execute("""
        select clock, count(*) as count from first_days join clock on first_day = day
        where first_day <= $1 group by clock order by clock""", [until]).df()
    months = con.execute("""
        with months as (
            select date_trunc('month', day)::date as month, last_day(day) as month_end
            from clock where day <= $1 group by all
            having min(day) = date_trunc('month', min(day)) and max(day) = last_day(max(day))
        ), bought as (
            select date_trunc('month', day)::date as month, count(*) as actual
            from purchase_days join first_days using (customer_id)
            where is_purchase and day > first_day group by all
        )
        select month, coalesce(actual, 0) as actual, clock
        from months left join bought using (month) join clock on month_end = day
        order by month""", [until]).df()
    return cohorts, months


def read_spending(con: duckdb.DuckDBPyConnection) -> Spending:
    """Purchases and mean margins in classes; makes the table customer_spending."""
    con.execute("""
        create or replace temp table customer_spending as
        select customer_id, count(*) filter (is_purchase) as purchases,
            cast(sum(value) as double) / count(*) filter (is_purchase) as mean
        from purchase_days group by customer_id having bool_or(is_purchase)""")
    rows = con.execute(f"""
        select purchases, floor(ln(mean) * {SPEND_CLASSES}) as class,
            exp(avg(cast(ln(mean) as decimal(18, 12)))) as mean, count(*) as count
        from customer_spending where mean > 0 group by all order by all""").df()
    purchases, mean, count = (
        rows[name].to_numpy(float) for name in ("purchases", "mean", "count"))
    return Spending(purchases, mean, count)


def read_tenures(con: duckdb.DuckDBPyConnection, until: date) -> Tenures:
    """Distinct tenures of contracts on a date."""
    rows = con.execute(f"""
        with terms as (
            select coalesce(is_ended and ended_date <= $1, false) as is_over,
                datediff('day', started_date, least(coalesce(ended_date, $1), $1)) as days
            from contract_terms where started_date <= $1
        )
        select case when is_over then greatest(1, ceil(days / {MONTH_DAYS}))
            else floor(days / {MONTH_DAYS}) end as months, is_over, count(*) as count
        from terms group by all order by all""", [until]).df()
    return Tenures(rows["months"].to_numpy(float), rows["is_over"].to_numpy(bool),
                   rows["count"].to_numpy(float))
