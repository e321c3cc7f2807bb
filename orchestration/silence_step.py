"""The step that corrects for silence: from invitations and facts to what the silent would say.

The engine gives every invitation its facts as of the moment it was sent, and counts those with
equal facts; two models are fitted on the counts (`models_ml/nonresponse.py`), joined back, and the
engine adds up per slice, with the variance over persons. Columns of int_invitations_described that
describe an invitation are facts by being listed in FACTS.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import date
from typing import Any

import duckdb
import pandas as pd

from ingestion.raw_zone import RawZone
from ingestion.readers.files import literal
from models_ml.frames import conform
from models_ml.nonresponse import MODEL_NAME, MODEL_VERSION, conclude_silence, fit_silence
from models_ml.tables import TABLES
from models_ml.tables_silence import SILENCE_MEASURES
from orchestration.fingerprint import as_of_date
from orchestration.ml_steps import Outcome, Progress
from orchestration.ml_tables import ml_file, write_ml_table
from orchestration.settings import Settings
from orchestration.warehouse import escape_cell, keep_frame, reading

FACTS = ("quarter", "invitation_channel", "order_channel", "delivery", "case_state", "waiting",
         "contacts_before", "orders_before", "invited_before", "score_before")
"""What an invitation is described by; all but the quarter as of the moment it was sent."""

CONTACT_DAYS = 90
ANSWER_DAYS = 30
"""Who has not answered after so many days is silent; a younger invitation is left out, answered or
not, or those of the last days would all seem answered."""

UNITS_SQL = """
    create or replace temp table units as
    with invited as (
        select coalesce(records.customer_id, described.invitation_id) as person_key, described.*,
            responded_at < sent_at + to_days({answer_days}) as is_counted
        from intermediate.int_invitations_described as described
        left join {records} as records
            on described.identity_record_key = records.record_key
        where described.sent_date < $as_of::date - {answer_days}
    ),
    past as (
        select records.customer_id as person_key, facts.fact_date as day,
            count(*) filter (facts.fact_type = 'order') as orders,
            count(*) filter (facts.fact_type = 'case') as contacts,
            round(favg(facts.score), 6) as score
        from intermediate.int_segment_facts_unioned as facts
        join {records} as records on facts.identity_record_key = records.record_key
        where facts.fact_type in ('order', 'case', 'answer') and facts.fact_date <= $as_of
        group by all
    ),
    days as (
        select person_key, day, coalesce(sum(orders), 0) as orders,
            coalesce(sum(contacts), 0) as contacts, max(score) as score
        from (select * from past
              union all by name
              select distinct person_key, sent_date as day from invited)
        group by all
    ),
    counted as (
        select person_key, day,
            coalesce(sum(orders) over (partition by person_key order by day
                range between unbounded preceding and interval 1 day preceding), 0) as orders,
            coalesce(sum(contacts) over (partition by person_key order by day
                range between interval {contact_days} day preceding
                and interval 1 day preceding), 0) as contacts,
            last_value(score ignore nulls) over (partition by person_key order by day
                rows between unbounded preceding and 1 preceding) as score
        from days
    )
    select
        invited.invitation_id, invited.person_key, invited.survey, invited.sent_date,
        date_trunc('quarter', invited.sent_date)::date as quarter,
        invitation_channel, order_channel, delivery, case_state, waiting,
        case when counted.contacts = 0 then 'none' when counted.contacts = 1 then 'one'
            else 'several' end as contacts_before,
        case when counted.orders <= 1 then 'one' when counted.orders <= 4 then 'some'
            else 'many' end as orders_before,
        case when lag(invitation_id) over earlier is null then 'first'
            when lag(responded_at) over earlier < sent_at then 'answered'
            else 'silent' end as invited_before,
        case when counted.score is null then 'none' when counted.score >= 0.75 then 'high'
            when counted.score >= 0.5 then 'middle' else 'low' end as score_before,
        {measures}
    from invited
    join counted on counted.person_key = invited.person_key and counted.day = invited.sent_date
    window earlier as (partition by invited.person_key order by sent_at, invitation_id)"""

SLICES_SQL = """
    with parts as (
        select units.person_key, units.survey, grains.grain,
            case grains.grain when 'all' then min(units.sent_date) over (partition by units.survey)
                else date_trunc(grains.grain, units.sent_date)::date end as period_start,
            units.{measure} as score, scored.prediction,
            units.{measure} is not null as has_score,
            (1 - scored.probability) / scored.probability as odds
        from of_survey as units
        join scored on {same_cell}
        cross join (select unnest(['all', 'year', 'quarter']) as grain) as grains
    ),
    means as (
        select survey, grain, period_start,
            count(*) as invited_count,
            count(score) as answered_count,
            count(distinct case when has_score then person_key end) as persons_count,
            round(favg(score), 9) as raw_score,
            round((fsum(case when has_score then odds * (score - prediction) else prediction end))
                / nullif(count(*) - count(score), 0), 9) as silent_score
        from parts group by all
    ),
    influences as (
        select survey, grain, period_start, parts.person_key,
            sum(case when has_score then score - raw_score else 0 end) as raw,
            sum(case when has_score then odds * (score - prediction)
                else prediction - silent_score end) as silent,
            sum(case when has_score then score + odds * (score - prediction) else prediction end
                - (answered_count * raw_score + (invited_count - answered_count) * silent_score)
                / invited_count) as corrected,
            min(invited_count) as invited_count, min(answered_count) as answered_count
        from parts join means using (survey, grain, period_start)
        group by all
    ),
    variances as (
        select survey, grain, period_start,
            round(fsum((raw / nullif(answered_count, 0)) ** 2), 12) as raw_variance,
            round(fsum((silent / nullif(invited_count - answered_count, 0)) ** 2), 12)
                as silent_variance,
            round(fsum((corrected / invited_count) ** 2), 12) as corrected_variance,
            round(fsum((corrected / invited_count - raw / nullif(answered_count, 0)) ** 2), 12)
                as difference_variance
        from influences group by all
    )
    select * from means join variances using (survey, grain, period_start)
    order by survey, grain, period_start"""


def correct_for_silence(
    settings: Settings, progress: Progress = lambda message: None,
) -> Outcome:
    """Write nonresponse_corrections: every measure by survey and period of the invitation."""
    as_of = as_of_date(settings, RawZone(settings.raw_path).loads())
    with reading(settings.warehouse_path, settings.memory_limit) as con:
        records = f"read_parquet({literal(str(ml_file(settings, 'customer_records')))})"
        describe_invitations(con, records, as_of)
        parts = []
        for survey, measure in list_asked(con):
            progress(f"silence: {measure} of survey {survey}")
            parts.append(correct_measure(con, survey, measure))
    empty = pd.DataFrame(columns=[column.name for column in
                                  TABLES["nonresponse_corrections"].columns])
    told = pd.concat(parts, ignore_index=True) if parts else empty
    written = write_ml_table(settings, "nonresponse_corrections", [
        conform(told, TABLES["nonresponse_corrections"])])
    return Outcome((written,), {"slices": len(told)}, _describe(told))


def describe_invitations(con: duckdb.DuckDBPyConnection, records: str, as_of: date) -> None:
    """Make the table `units`: one row per invitation with its facts and its scores."""
    con.execute(UNITS_SQL.format(
        records=records, answer_days=ANSWER_DAYS, contact_days=CONTACT_DAYS,
        measures=", ".join(f"case when is_counted then {measure} end as {measure}"
                           for measure in SILENCE_MEASURES)), {"as_of": as_of})


def list_asked(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Surveys and the measures that they ask for."""
    return [(survey, measure) for measure in SILENCE_MEASURES for survey, in con.execute(
        f"select survey from units group by survey having count({measure}) > 0 order by survey"
    ).fetchall()]


def correct_measure(con: duckdb.DuckDBPyConnection, survey: str, measure: str) -> pd.DataFrame:
    """Rows of nonresponse_corrections of one survey and measure."""
    facts = ", ".join(FACTS)
    con.execute(f"create or replace temp view of_survey as select * from units "
                f"where survey = {literal(survey)}")
    cells = con.execute(f"""
        select {facts}, count(*) as invited, count({measure}) as answered,
            coalesce(round(fsum({measure}), 6), 0) as score_sum,
            coalesce(round(fsum({measure} ** 2), 6), 0) as score_square_sum
        from of_survey group by all order by all""").df()
    try:
        model = fit_silence(cells, FACTS)
    except ValueError:
        # Everybody answered: nobody is silent.
        model = None
    keep_frame(con, "scored", cells[list(FACTS)].assign(
        probability=model.probability.round(9) if model else 1.0,
        prediction=model.prediction.round(9) if model else 0.0))
    slices = con.execute(SLICES_SQL.format(
        measure=measure,
        same_cell=" and ".join(f"units.{fact} = scored.{fact}" for fact in FACTS))).df()
    return conclude_silence(slices, *SILENCE_MEASURES[measure]).assign(
        measure=measure, answering_p_value=model.answering_p_value if model else None,
        explained_share=model.explained_share if model else None,
        model_name=MODEL_NAME, model_version=MODEL_VERSION)


def _describe(told: pd.DataFrame) -> str:
    """Table of the whole history and the last years, as Markdown."""
    shown = told[told["grain"].isin(["all", "year"])] if len(told) else told
    lines = ["| survey | measure | period | response rate | who answered | all invited | verdict |",
             "|---|---|---|---|---|---|---|"]
    for row in shown.to_dict("records"):
        period = "all" if row["grain"] == "all" else str(pd.Timestamp(row["period_start"]).year)
        cells = (escape_cell(row["survey"]), row["measure"], period, f"{row['response_rate']:.0%}",
                 _told(row, "raw_score"), _told(row, "corrected_score"), row["verdict"])
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) if len(shown) else "Nobody was invited to a survey."


def _told(row: Mapping[Hashable, Any], score: str) -> str:
    if pd.isna(row[score]):
        return "–"
    return f"{row[score]:.1f} ({row[score + '_low']:.1f} to {row[score + '_high']:.1f})"
