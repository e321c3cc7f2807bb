"""The impact step: what a point of satisfaction, an initiative and a bad experience mean in money.

Queries belong to `impact_queries.py`, sides of initiatives to `initiative_members.py`, the
statistics to `models_ml/`, the picture to `impact_chart.py`.
"""

from __future__ import annotations

import pandas as pd

from ingestion.raw_zone import RawZone
from models_ml.frames import conform
from models_ml.tables import TABLES, MlTable
from orchestration.bad_experience_step import measure_bad_experiences
from orchestration.fingerprint import as_of_date
from orchestration.impact_chart import draw_impact
from orchestration.impact_queries import prepare, read_rules
from orchestration.initiative_effects import measure_initiative
from orchestration.initiatives import read_initiatives
from orchestration.ml_steps import Outcome, Progress
from orchestration.ml_tables import ml_relation, write_ml_table
from orchestration.score_worth_step import measure_scores
from orchestration.settings import Settings
from orchestration.warehouse import reading


def measure_impact(settings: Settings, progress: Progress = lambda message: None) -> Outcome:
    """Write initiatives, initiative_effects, score_worth and bad_experience_costs.

    Raises:
        DecisionError: naming every row of the file of initiatives that cannot be used.
    """
    declared = read_initiatives(settings)
    as_of = as_of_date(settings, RawZone(settings.raw_path).loads())
    with reading(settings.warehouse_path, settings.memory_limit) as con:
        facts = prepare(con, ml_relation(settings, "customer_records"), as_of)
        rules = read_rules(con)
        measured = []
        for number, initiative in enumerate(declared, 1):
            progress(f"impact: initiative {number} of {len(declared)}")
            measured.append(measure_initiative(con, initiative, facts, rules))
        progress("impact: the worth of a point")
        scores = measure_scores(con, facts, rules)
        progress("impact: the cost of bad experiences")
        experiences = measure_bad_experiences(con, facts, rules)
    rows = {
        "initiatives": pd.DataFrame([one.initiative for one in measured]),
        "initiative_effects": pd.DataFrame([row for one in measured for row in one.effects]),
        "score_worth": scores,
        "bad_experience_costs": experiences,
    }
    tables = {name: _conform(frame, TABLES[name]) for name, frame in rows.items()}
    written = tuple(write_ml_table(settings, name, [frame]) for name, frame in tables.items())
    counts = {"initiatives": len(declared),
              "initiatives with a verdict": int(
                  tables["initiatives"]["verdict"].ne("cannot_be_said").sum())}
    return Outcome(written, counts, draw_impact(tables))


def _conform(rows: pd.DataFrame, table: MlTable) -> pd.DataFrame:
    """The frame as the table wants it; one without rows has no columns of its own."""
    return conform(rows.reindex(columns=[column.name for column in table.columns]), table)
