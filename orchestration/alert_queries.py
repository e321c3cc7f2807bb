"""What the alert step asks the engine: sums per series, day and slice, and nothing per record.

What texts speak of is known to models only, so their days are counted here; all others by dbt
(`int_alert_days_counted`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import numpy as np
import pandas as pd

from models_ml.alert_panel import SeriesPanel, trailing_mean
from orchestration.warehouse import keep_frame

SLICES = ("channel", "store", "partner", "product_category", "touchpoint", "reason", "signal")
USUAL_DAYS = 180


@dataclass(frozen=True)
class Window:
    """Days of an alert."""

    alert_id: str
    series_id: str
    first: date
    last: date


def read_series(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Every series of the seed with its names, sorted by its id."""
    frame = con.execute(
        "select * from intermediate.int_alert_series_named order by series_id").df()
    return frame.astype(object).where(frame.notna(), None)


def count_days(
    con: duckdb.DuckDBPyConnection, *, topics: str, sentiment: str, as_of: date,
) -> None:
    """Make the temporary table alert_days: one row per series, day, dimension and value.

    Args:
        con: connection to the warehouse.
        topics: relation with the rows of feedback_topics.
        sentiment: relation with the rows of feedback_sentiment.
        as_of: what is later does not count.
    """
    known = ", ".join(f"coalesce({name}, 'unknown') as {name}" for name in SLICES)
    con.execute(f"""
        create temp table alert_texts as
        select feedback_id, text_key, observed_date, {known}
        from intermediate.int_alert_facts_unioned where measure = 'text'""")
    con.execute(f"""
        create temp table alert_criticism as
        select distinct texts.feedback_id, placed.level_1_topic as topic
        from alert_texts as texts
        join {topics} as mentions using (text_key)
        join intermediate.int_topics_placed as placed using (topic)
        left join {sentiment} as sentiment using (text_key)
        where coalesce(mentions.polarity, sentiment.polarity) < 0""")
    hits = _by_slice("select topic, texts.* from alert_criticism join alert_texts as texts "
                     "using (feedback_id)", "1.0", ("topic",))
    texts = _by_slice("select * from alert_texts", "1.0")
    felt = _by_slice(f"select texts.*, 100 * sentiment.polarity as value from alert_texts as texts "
                     f"join {sentiment} as sentiment using (text_key) "
                     "where sentiment.polarity is not null", "value")
    con.execute(f"""
        create temp table alert_days as
        with series as (select * from intermediate.int_alert_series_named),
        hits as ({hits}), texts as ({texts}), felt as ({felt})
        select series.series_id, days.observed_date, days.dimension, days.dimension_value,
            days.records_count::double as n, days.value_sum as total, days.square_sum as squares,
            days.cube_sum as cubes
        from intermediate.int_alert_days_counted as days join series using (measure)
        where observed_date <= $1
        union all
        select series.series_id, texts.observed_date, texts.dimension, texts.dimension_value,
            texts.n, coalesce(hits.total, 0), coalesce(hits.total, 0), coalesce(hits.total, 0)
        from series
        cross join texts
        left join hits on hits.topic = series.topic and hits.observed_date = texts.observed_date
            and hits.dimension = texts.dimension and hits.dimension_value = texts.dimension_value
        where series.measure = 'topic' and texts.observed_date <= $1
        union all
        select series.series_id, felt.observed_date, felt.dimension, felt.dimension_value,
            felt.n, felt.total, felt.squares, felt.cubes
        from series cross join felt
        where series.measure = 'sentiment' and felt.observed_date <= $1""", [as_of])
    # Every feed with the days it covers; what was not delivered has not happened.
    con.execute("""
        create temp table alert_feeds as
        select case when days.measure = 'text' then series.measure else days.measure end as measure,
            min(range.first_date) as first_date, max(range.last_date) as last_date
        from (select feed, min(observed_date) as first_date, max(observed_date) as last_date
              from intermediate.int_alert_days_counted where observed_date <= $1 group by feed)
            as range
        join (select distinct feed, measure from intermediate.int_alert_days_counted) as days
            using (feed)
        left join (select distinct measure from intermediate.int_alert_series_named
                   where measure in ('topic', 'sentiment')) as series on days.measure = 'text'
        group by all""", [as_of])


def _by_slice(relation: str, value: str, keys: Sequence[str] = ()) -> str:
    """Query for sums of a relation by keys, day, dimension and value, `all` among them."""
    before = "".join(f"{key}, " for key in keys)
    dimension = " ".join(f"when {name} is not null then '{name}'" for name in SLICES)
    sets = ", ".join([f"({before}observed_date)",
                      *(f"({before}observed_date, {name})" for name in SLICES)])
    return f"""
        select * from (
            select {before}observed_date, case {dimension} else 'all' end as dimension,
                coalesce({', '.join(SLICES)}, 'all') as dimension_value,
                count(*)::double as n, sum({value}) as total, sum(({value}) ** 2) as squares,
                sum(({value}) ** 3) as cubes
            from ({relation}) group by grouping sets ({sets}))
        where dimension_value <> 'unknown'"""


def read_panel(
    con: duckdb.DuckDBPyConnection, series: pd.DataFrame, holidays: Sequence[date], as_of: date,
) -> SeriesPanel:
    """The days of every series side by side, from the first of any to the as-of date."""
    first = con.execute("select min(observed_date) from alert_days").fetchall()[0][0] or as_of
    length = (as_of - first).days + 1
    ids = tuple(series["series_id"])
    place = {name: row for row, name in enumerate(ids)}
    rows = con.execute("""
        select series_id, date_diff('day', $1::date, observed_date) as day, n, total, squares, cubes
        from alert_days where dimension = 'all' order by all""", [first]).df()
    arrays = {name: np.zeros((len(ids), length)) for name in ("n", "total", "squares", "cubes")}
    at = rows["series_id"].map(place).to_numpy(int), rows["day"].to_numpy(int)
    for name, array in arrays.items():
        array[at] = rows[name].to_numpy(float)
    statistic = series["statistic"].to_numpy(dtype="U8")
    is_count = statistic == "count"
    arrays["n"][is_count] = _read_exposure(con, series[is_count], first, length)
    is_there = np.zeros((len(ids), length), dtype=bool)
    ranges = {measure: (begin, end) for measure, begin, end in con.execute(
        "select measure, first_date, last_date from alert_feeds").fetchall()}
    for row, measure in enumerate(series["measure"]):
        if measure in ranges:
            begin, end = ranges[measure]
            is_there[row, max((begin - first).days, 0):(end - first).days + 1] = True
    days = np.datetime64(first, "D") + np.arange(length)
    return SeriesPanel(
        ids, days, statistic, arrays["n"], arrays["total"], arrays["squares"], arrays["cubes"],
        is_there, series["has_season"].to_numpy(bool), series["smallest_change"].to_numpy(float),
        np.isin(days, np.array(holidays, dtype="datetime64[D]")))


def _read_exposure(
    con: duckdb.DuckDBPyConnection, series: pd.DataFrame, first: date, length: int,
) -> np.ndarray:
    """What counts are compared with: 1, or the mean of a measure over four weeks."""
    exposure = np.ones((len(series), length))
    for row, measure in enumerate(series["compared_with"]):
        if measure is None:
            continue
        counts = np.zeros(length)
        for day, count in con.execute("""
                select date_diff('day', $1::date, observed_date), sum(records_count)
                from intermediate.int_alert_days_counted
                where dimension = 'all' and measure = $2
                    and observed_date between $1 and $3 group by 1""",
                [first, measure, first + timedelta(days=length - 1)]).fetchall():
            counts[day] = count
        exposure[row] = trailing_mean(counts)
    return exposure


def read_holidays(
    con: duckdb.DuckDBPyConnection, holidays: str, country: str,
) -> list[date]:
    """Days that are a public holiday in at least half of a country's regions."""
    return [day for day, in con.execute(f"""
        with listed as (select * from {holidays} where starts_with(region, $1))
        select holiday_date from listed group by holiday_date
        having 2 * count(distinct region) >= (select count(distinct region) from listed)
        order by 1""", [f"{country}-"]).fetchall()]


def read_slices(
    con: duckdb.DuckDBPyConnection, windows: Sequence[Window],
) -> pd.DataFrame:
    """Sums of every slice on the days of each alert and on those before it.

    Returns:
        One row per alert, dimension and value: now_n, now_total, usual_n, usual_total, names.
    """
    keep_frame(con, "alert_windows", pd.DataFrame(
        [(one.alert_id, one.series_id, one.first, one.last) for one in windows],
        columns=["alert_id", "series_id", "first_day", "last_day"]).astype(
        {"first_day": "datetime64[s]", "last_day": "datetime64[s]"}))
    return con.execute("""
        with sums as (
            select windows.alert_id, days.dimension, days.dimension_value,
                coalesce(sum(days.n) filter (where observed_date >= first_day), 0) as now_n,
                coalesce(sum(days.total) filter (where observed_date >= first_day), 0) as now_total,
                coalesce(sum(days.n) filter (where observed_date < first_day), 0) as usual_n,
                coalesce(sum(days.total) filter (where observed_date < first_day), 0)
                    as usual_total
            from alert_windows as windows
            join alert_days as days on days.series_id = windows.series_id
                and days.observed_date between windows.first_day - to_days($1)
                and windows.last_day
            where days.dimension <> 'all'
            group by all)
        select sums.*,
            coalesce(channels.name_en, reasons.name_en, stores.store_name, dimension_value)
                as name_en,
            coalesce(channels.name_de, reasons.name_de, stores.store_name, dimension_value)
                as name_de
        from sums
        left join seeds.channels as channels
            on sums.dimension = 'channel' and channels.channel = dimension_value
        left join seeds.case_reasons as reasons
            on sums.dimension = 'reason' and reasons.reason = dimension_value
        left join staging.stg_pos__stores as stores
            on sums.dimension = 'store' and stores.store_id = dimension_value
        order by all""", [USUAL_DAYS]).df()
