"""What the driver step asks the engine: answers as counts per pattern, block and slice.

Values of factors come as one row each and become one column per factor here; Python sees numbers of
answers, their sums and the sums of their products only. A respondent's answers lie in one block, by
the digest of who it is: what the bootstrap draws are people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pandas as pd

from ingestion.readers.files import identifier, literal
from models_ml.answer_patterns import LIMIT, coarsen_patterns
from models_ml.missing_answers import AnswerCounts
from orchestration.ml_tables import ml_relation
from orchestration.settings import Settings
from orchestration.warehouse import keep_frame

MOST_FACTORS = 40
"""The products of more pairs of factors than these have are not worth their sums."""
FEWEST_MENTIONS = 30
"""Comments that speak of a topic, for the topic to be a factor."""
MOST_TOPICS = 12
NO_PERIOD = "date '0001-01-01'"
AT_ONCE = 1_000_000
"""Responses whose values are spread at once."""
PERIOD_STARTS = {
    "all": NO_PERIOD, "year": "cast(date_trunc('year', responded_date) as date)",
    "quarter": "cast(date_trunc('quarter', responded_date) as date)",
}

RESPONSES_SQL = """
    create or replace temp table driver_responses as
    select responses.response_id, records.customer_id, responses.case_id, responses.responded_at,
        responses.responded_date, cast(responses.weight as double) as weight,
        coalesce(records.customer_id, responses.response_id) as person_key,
        cast('0x' || substring(md5(coalesce(records.customer_id, responses.response_id)), 1, 2)
            as integer) // 2 as block,
        'all' as "all", responses.channel, responses.touchpoint,
        coalesce(segments.segment_id, 'unknown') as segment
    from intermediate.int_driver_responses_described as responses
    left join {records} as records on responses.identity_record_key = records.record_key
    left join (select * from {segments} where segmentation = 'rfm') as segments
        on records.customer_id = segments.customer_id
    where responses.responded_date <= $as_of::date"""

# A purchase counts where its whole window lies in the past.
OUTCOMES_SQL = """
    create or replace temp table driver_outcomes as
    with orders as (
        select distinct records.customer_id, orders.ordered_date
        from intermediate.int_orders_completed as orders
        join {records} as records on orders.identity_record_key = records.record_key
        where not orders.is_cancelled and orders.ordered_date is not null
    ),
    rules as (
        select outcome, cast(window_days as integer) as days from seeds.driver_outcomes
        where outcome = 'repurchase' and window_days is not null
    )
    select response_id, outcome, score from intermediate.int_driver_outcomes_scored
    where outcome in (select outcome from seeds.driver_outcomes)
        and response_id in (select response_id from driver_responses)
    union all
    select responses.response_id, rules.outcome,
        case when count(orders.customer_id) > 0 then 100.0 else 0.0 end
    from driver_responses as responses
    cross join rules
    left join orders on responses.customer_id = orders.customer_id
        and orders.ordered_date > responses.responded_date
        and orders.ordered_date <= responses.responded_date + rules.days
    where responses.customer_id is not null
        and responses.responded_date + rules.days <= $as_of::date
        and exists (select 1 from orders)
    group by responses.response_id, rules.outcome"""

# Nothing happened to somebody who is known and to whom nothing is said to have happened; of
# somebody unknown it cannot be said.
VALUES_SQL = """
    create or replace temp table driver_values as
    with rules as (
        select factor, cast(window_days as integer) as days from seeds.driver_factors
        where window_days is not null
    ),
    events as (
        select records.customer_id, events.factor, events.channel, events.case_id,
            events.occurred_at
        from intermediate.int_driver_events_unioned as events
        join {records} as records on events.identity_record_key = records.record_key
    ),
    counted as (
        select responses.response_id, events.factor,
            case when events.factor = 'channel_switches'
                then count(distinct events.channel) - 1 else count(*) end as value
        from driver_responses as responses
        join events on responses.customer_id = events.customer_id
        join rules on events.factor = rules.factor
            and events.occurred_at < responses.responded_at
            and events.occurred_at >= responses.responded_at - to_days(rules.days)
            and coalesce(events.case_id <> responses.case_id, true)
        group by responses.response_id, events.factor
    ),
    happening as (
        select factor from rules where factor in (select factor from events)
    ),
    comments as (
        select source_record_key as response_id, text_key
        from intermediate.int_feedback_texts_unioned
        where feedback_type = 'survey_comment' and text_key is not null
    ),
    mentions as (
        select comments.response_id, placed.level_1_topic as topic,
            avg(coalesce(topics.polarity, 0)) as polarity
        from comments
        join {topics} as topics on comments.text_key = topics.text_key
        join intermediate.int_topics_placed as placed on topics.topic = placed.topic
        join driver_responses on comments.response_id = driver_responses.response_id
        group by all
    ),
    topics as (
        select topic from mentions group by topic having count(*) >= {mentions}
        order by count(*) desc, topic limit {most_topics}
    )
    select response_id, factor, factor_kind, value from intermediate.int_driver_facts_unioned
    union all
    select responses.response_id, happening.factor, 'operation', coalesce(counted.value, 0)
    from driver_responses as responses
    cross join happening
    left join counted on responses.response_id = counted.response_id
        and happening.factor = counted.factor
    where responses.customer_id is not null
    union all
    select spoken.response_id, 'topic_' || topics.topic, 'topic', coalesce(mentions.polarity, 0)
    from (select distinct response_id from comments) as spoken
    cross join topics
    left join mentions on spoken.response_id = mentions.response_id
        and topics.topic = mentions.topic"""


@dataclass(frozen=True)
class Slice:
    """A part of the answers: a value of a dimension in a period."""

    dimension: str
    value: str
    grain: str
    period_start: date

    @property
    def condition(self) -> str:
        """SQL for the rows of the slice."""
        return (f"{identifier(self.dimension)} = {literal(self.value)} and "
                f"{PERIOD_STARTS[self.grain]} = date '{self.period_start.isoformat()}'")

    @property
    def period(self) -> str:
        """Name of the period."""
        start = self.period_start
        return {"all": "all", "year": f"{start.year:04d}",
                "quarter": f"{start.year:04d}-Q{(start.month + 2) // 3}"}[self.grain]


def prepare(con: duckdb.DuckDBPyConnection, settings: Settings, as_of: date) -> None:
    """Make the tables driver_responses, driver_outcomes and driver_values."""
    records = ml_relation(settings, "customer_records")
    con.execute(RESPONSES_SQL.format(
        records=records, segments=ml_relation(settings, "customer_segments")), {"as_of": as_of})
    con.execute(OUTCOMES_SQL.format(records=records), {"as_of": as_of})
    con.execute(VALUES_SQL.format(
        records=records, topics=ml_relation(settings, "feedback_topics"),
        mentions=FEWEST_MENTIONS, most_topics=MOST_TOPICS))


def read_names(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """What factors are called in English."""
    return dict(con.execute(
        "select factor, name_en from intermediate.int_driver_factors_named").fetchall())


def list_outcomes(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Outcomes with answers, in the order of the seed."""
    rows = con.execute("""
        select outcome from seeds.driver_outcomes
        where outcome in (select outcome from driver_outcomes)
        order by cast(sort_order as integer)""").fetchall()
    return [outcome for outcome, in rows]


def choose_factors(con: duckdb.DuckDBPyConnection, outcome: str) -> pd.DataFrame:
    """Factors of the answers of an outcome: factor, factor_kind and what the seed says of them.

    Those with the most answers, where there are too many.
    """
    return con.execute(f"""
        with counted as (
            select factor, factor_kind, count(*) as answers
            from driver_values
            where response_id in (select response_id from driver_outcomes where outcome = $1)
            group by all order by answers desc, factor limit {MOST_FACTORS}
        )
        select counted.factor, counted.factor_kind,
            coalesce(cast(seed.expected_sign as integer), 1) as expected_sign,
            case when seed.factor is not null then cast(seed.worst_value as double)
                when counted.factor_kind = 'topic' then -1.0 else 0.0 end as worst_value,
            case when seed.factor is not null then cast(seed.best_value as double)
                when counted.factor_kind = 'topic' then 1.0 else 100.0 end as best_value
        from counted left join seeds.driver_factors as seed on counted.factor = seed.factor
        order by counted.factor_kind, counted.factor""", [outcome]).df()


def spread_answers(
    con: duckdb.DuckDBPyConnection, outcome: str, factors: list[str], limit: int = LIMIT,
) -> float:
    """Make the table `answers` of an outcome: a column per factor, 0 where missing.

    Column `pattern` has the bits of the factors that are there. Where patterns are too many,
    answers of the rare ones are given up, see `models_ml/answer_patterns.py`. Ranks are ridits:
    the share of answers below, and half of the equal ones (Bross 1958, Biometrics 14).

    Returns:
        The share of the factors' values that is left.
    """
    names = [f"f{place}" for place in range(len(factors))]
    _spread_values(con, factors, names)
    bits = " + ".join(["0::bigint", *(
        f"case when {name} is null then 0 else {1 << place} end"
        for place, name in enumerate(names))])
    con.execute(f"""
        create or replace temp table patterns as
        select {bits} as pattern, count(*) as rows
        from driver_outcomes left join spread using (response_id)
        where outcome = {literal(outcome)} group by all order by all""")
    found = {name: np.asarray(column) for name, column in con.execute(
        "select * from patterns").fetchnumpy().items()}
    given = (found["pattern"][:, None] >> np.arange(len(factors))) & 1 == 1
    kept = coarsen_patterns(
        np.concatenate([given, np.ones((len(given), 1), dtype=bool)], axis=1), found["rows"],
        always=1, limit=limit)[:, :-1]
    keep_frame(con, "kept_patterns", pd.DataFrame({
        "pattern": found["pattern"],
        "kept": (kept * (1 << np.arange(len(factors), dtype=np.int64))).sum(axis=1)}))
    values = "".join(f", case when kept & {1 << place} > 0 then {name} else 0 end as {name}"
                     for place, name in enumerate(names))
    con.execute(f"""
        create or replace temp table answers as
        with levels as (
            select score, (sum(count(*)) over (order by score) - 0.5 * count(*))
                / sum(count(*)) over () as ridit
            from driver_outcomes where outcome = {literal(outcome)} group by score
        )
        select weight, block, person_key, responded_date, "all", channel, touchpoint, segment,
            driver_outcomes.score, levels.ridit, kept_patterns.kept as pattern{values}
        from driver_outcomes
        join driver_responses using (response_id)
        join levels on driver_outcomes.score = levels.score
        left join spread using (response_id)
        join kept_patterns on kept_patterns.pattern = {bits}
        where outcome = {literal(outcome)}""")
    con.execute("drop table spread")
    total = float((given * found["rows"][:, None]).sum())
    return float((kept * found["rows"][:, None]).sum()) / total if total else 1.0


def _spread_values(
    con: duckdb.DuckDBPyConnection, factors: list[str], names: list[str],
) -> None:
    """Make the table `spread`: response_id and a column per factor.

    Part after part: values of a response lie anywhere, and the engine would write down every one of
    them as a row of its own where not all responses have room.
    """
    wanted = ", ".join(literal(factor) for factor in factors) or "null"
    columns = "".join(
        f", max(case when factor = {literal(factor)} then value end) as {name}"
        for name, factor in zip(names, factors, strict=True))
    values = f"select response_id, factor, value from driver_values where factor in ({wanted})"
    spread = f"select response_id{columns} from ({{values}}) group by response_id"
    ((count,),) = con.execute("select count(*) from driver_responses").fetchall()
    parts = -(-count // AT_ONCE)
    if parts <= 1:
        con.execute("create or replace temp table spread as " + spread.format(values=values))
        return
    con.execute(f"create or replace temp table by_part as "
                f"select *, hash(response_id) % {parts} as part from ({values}) order by part")
    con.execute("create or replace temp table spread as "
                + spread.format(values="from by_part limit 0"))
    for part in range(parts):
        con.execute("insert into spread "
                    + spread.format(values=f"from by_part where part = {part}"))
    con.execute("drop table by_part")


def list_slices(
    con: duckdb.DuckDBPyConnection, dimension: str, grain: str, fewest: int,
) -> list[Slice]:
    """Slices of the table `answers` with at least so many answers.

    None of a dimension in which all answers are alike: they would say again what all say.
    """
    several = f"(select count(distinct {identifier(dimension)}) > 1 from answers)"
    rows = con.execute(f"""
        select {identifier(dimension)} as value, {PERIOD_STARTS[grain]} as period_start
        from answers where {'true' if dimension == "all" else several}
        group by all having count(*) >= {fewest} order by all""").fetchall()
    return [Slice(dimension, value, grain, start) for value, start in rows]


@dataclass(frozen=True)
class SliceAnswers:
    """The answers of a slice as counts; the variables are the factors, the score and its ranks."""

    counts: AnswerCounts
    respondents: int
    outcome_mean: float


def read_answers(
    con: duckdb.DuckDBPyConnection, piece: Slice, factors: int,
) -> SliceAnswers:
    """Counts of a slice of the table `answers`."""
    names = [*(f"f{place}" for place in range(factors)), "score", "ridit"]
    size = len(names)
    sums = [f"sum(weight * {name})" for name in names]
    products = [f"sum(weight * {first} * {second})"
                for place, first in enumerate(names) for second in names[place:]]
    respondents = con.execute(
        f"select count(distinct person_key) from answers where {piece.condition}"
    ).fetchall()[0][0]
    rows = con.execute(f"""
        select pattern, block, count(*), sum(weight), {", ".join([*sums, *products])}
        from answers where {piece.condition} group by all order by pattern, block""").fetchnumpy()
    columns = [np.asarray(column) for column in rows.values()]
    patterns, place = np.unique(columns[0], return_inverse=True)
    observed = np.ones((len(patterns), size), dtype=bool)
    observed[:, :factors] = (patterns[:, None] >> np.arange(factors)) & 1 == 1
    weight = columns[3].astype(float)
    total = np.stack(columns[4:4 + size], axis=1).astype(float)
    squares = np.empty((len(weight), size, size))
    upper = np.triu_indices(size)
    for column, first, second in zip(columns[4 + size:], *upper, strict=True):
        squares[:, first, second] = column
        squares[:, second, first] = column
    counts = AnswerCounts(observed, place.reshape(-1), columns[1].astype(int),
                          columns[2].astype(float), weight, total, squares)
    return SliceAnswers(counts, respondents, float(total[:, factors].sum() / weight.sum()))
