"""The improvement step: where topics stand out, who could be trained, what decisions changed.

The engine counts (`improvement_queries.py`, `improvement_series.py`), `models_ml` concludes, people
decide in a file (`improvements.py`). The register that joins these is a mart.
"""

from __future__ import annotations

import duckdb
import pandas as pd

from ingestion.demo.company import TEAM_SIZES
from ingestion.raw_zone import RawZone
from models_ml import improvement_effects, training_needs
from models_ml.frames import conform
from models_ml.improvement_words import tell_root_cause, tell_training_need
from models_ml.root_causes import find_root_causes
from models_ml.tables import TABLES
from orchestration import improvement_queries as queries
from orchestration.dbt import read_number
from orchestration.decision_files import DecisionError, read_seed
from orchestration.fingerprint import as_of_date
from orchestration.improvement_series import (
    NO_TEAM,
    Limits,
    load_team_sizes,
    read_series,
    read_team_counts,
)
from orchestration.improvements import IN_FORCE, Improvement, read_improvements, to_frame
from orchestration.ml_steps import Outcome, Progress
from orchestration.ml_tables import write_ml_table
from orchestration.settings import Settings
from orchestration.warehouse import escape_markdown, reading


def find_improvements(
    settings: Settings, progress: Progress = lambda message: None,
) -> Outcome:
    """Write root_causes, training_needs, improvement_decisions and improvement_effects.

    Raises:
        DecisionError: naming every row of a file that cannot be used.
    """
    as_of = as_of_date(settings, RawZone(settings.raw_path).loads())
    decisions = read_improvements(settings)
    limits = read_limits(settings)
    with reading(settings.warehouse_path, settings.memory_limit) as con:
        window = queries.prepare(con, settings, as_of)
        if window is None:
            causes = needs = effects = pd.DataFrame()
            known: frozenset[tuple[str, str]] = frozenset()
        else:
            load_team_sizes(con, limits)
            progress("improvements: where topics stand out")
            causes = _find_causes(con, settings, window, limits)
            needs = _find_needs(con, window, limits)
            progress(f"improvements: what {len(decisions)} decisions changed")
            effects = _measure_decisions(con, window, decisions, limits)
            known = queries.read_known_issues(con, [(one.kind, one.issue) for one in decisions])
    frames = {"root_causes": causes, "training_needs": needs,
              "improvement_decisions": to_frame(decisions, known), "improvement_effects": effects}
    written = tuple(write_ml_table(settings, name, [_shaped(rows, name)])
                    for name, rows in frames.items())
    counts = {"issues": int(causes["is_candidate"].sum()) if len(causes) else 0,
              "training needs": int(needs["is_needed"].sum()) if len(needs) else 0,
              "decisions": len(decisions)}
    return Outcome(written, counts, draw_issues(causes))


def read_limits(settings: Settings) -> Limits:
    """Whom may be told of, by the variables of the dbt project and the teams' sizes."""
    return Limits(read_number("small_cell_minimum"), read_number("employee_cell_minimum"),
                  read_number("recontact_days"), read_team_sizes(settings))


def read_team_sizes(settings: Settings) -> dict[str, int]:
    """Employees per team, from the seed team_sizes; the demo company knows its own.

    Raises:
        DecisionError: a size is no number.
    """
    rows = read_seed(settings, "team_sizes")
    if not rows and settings.is_demo:
        # Its cases of the second system name no team: any of them may have handled one.
        return {**TEAM_SIZES, NO_TEAM: sum(TEAM_SIZES.values())}
    try:
        return {row["team"]: int(row["employees_count"]) for row in rows}
    except (KeyError, ValueError) as error:
        raise DecisionError("seed team_sizes: columns team and employees_count, a whole number"
                            ) from error


def draw_issues(causes: pd.DataFrame, most: int = 15) -> str:
    """The issues that cost most, as a Markdown table."""
    lines = ["| rank | issue | evidence |", "| ---: | --- | --- |"]
    if len(causes):
        for row in causes[causes["is_candidate"]].head(most).to_dict("records"):
            # Names of products and stores are not ours: nothing in them is read as mark-up.
            evidence = escape_markdown(str(row["evidence_en"]))
            lines.append(
                f"| {row['issue_rank']} | {row['topic']} / {row['dimension']} | {evidence} |")
    return "\n".join(lines) if len(lines) > 2 else "No topic stands out anywhere."


def _find_causes(
    con: duckdb.DuckDBPyConnection, settings: Settings, window: queries.Window, limits: Limits,
) -> pd.DataFrame:
    cells, rest = queries.read_cells(con, window, limits.people)
    if cells.empty:
        return cells.iloc[0:0]
    found = find_root_causes(cells, rest, observed_days=window.days)
    told = [tell_root_cause(row, settings.company.reporting_currency)
            for row in found.to_dict("records")]
    return found.assign(observed_days=window.days,
                        evidence_en=[english for english, _ in told],
                        evidence_de=[german for _, german in told])


def _find_needs(
    con: duckdb.DuckDBPyConnection, window: queries.Window, limits: Limits,
) -> pd.DataFrame:
    counts = read_team_counts(con, window, limits)
    found = training_needs.find_training_needs(counts, least_cases=limits.employees)
    names = con.execute(
        "select topic, name_en as topic_name_en, name_de as topic_name_de "
        "from intermediate.int_topics_placed").df()
    named = found.merge(names, on="topic", how="left")
    for column in ("topic_name_en", "topic_name_de"):
        named[column] = named[column].fillna(named["topic"])
    told = [tell_training_need(row) for row in named.to_dict("records")]
    return found.assign(evidence_en=[english for english, _ in told],
                        evidence_de=[german for _, german in told])


def _measure_decisions(
    con: duckdb.DuckDBPyConnection, window: queries.Window, decisions: tuple[Improvement, ...],
    limits: Limits,
) -> pd.DataFrame:
    begun = {one: one.effective_from for one in decisions
             if one.state in IN_FORCE and one.effective_from is not None
             and one.effective_from <= window.as_of}
    articles = frozenset(one.issue for one in begun if one.kind == "article")
    rows = []
    for one, effective_from in begun.items():
        series = read_series(con, window, one, effective_from, limits,
                             articles if one.kind == "article" else frozenset())
        for effect in improvement_effects.measure_effects(series.months, withheld=series.few):
            rows.append({
                "kind": one.kind, "issue": one.issue, "measure": effect.measure,
                "comparison": series.comparison, "months_before_count": series.before,
                "months_after_count": series.after, "before_value": effect.before,
                "after_value": effect.after,
                "comparison_before_value": effect.comparison_before,
                "comparison_after_value": effect.comparison_after, "change": effect.change,
                "change_low": effect.change_low, "change_high": effect.change_high,
                "verdict": effect.verdict, "model_name": improvement_effects.MODEL_NAME,
                "model_version": improvement_effects.MODEL_VERSION})
    return pd.DataFrame(rows)


def _shaped(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows in the table's columns and types; of none there are the columns."""
    table = TABLES[name]
    return conform(rows if len(rows) else pd.DataFrame(
        {column.name: [] for column in table.columns}), table)
