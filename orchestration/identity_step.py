"""The identity step: from identity records in the warehouse to the ML tables of identity.

Also the home of fitted match models. What records, pairs and clusters are made of belongs to
`models_ml/`, the log of changes to `identity_log.py`, and what people decided to `decisions.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import duckdb

from ingestion.raw_zone import RawZone
from ingestion.readers.files import literal
from models_ml import identity
from models_ml.identity import IdentitySettings, Inputs
from models_ml.identity_store import (
    FORMER_PARTITION,
    PARTITION,
    is_version,
    set_version,
    version_of,
)
from models_ml.matching import MatchModel, OtherComparisons
from models_ml.normalisation import BLOCKED_VALUES
from models_ml.weighing import explain_pair, with_frequencies
from orchestration.decisions import read_identity_decisions
from orchestration.fingerprint import as_of_date, code_version
from orchestration.identity_chart import draw_match_weights
from orchestration.identity_log import PARTITION_MARK, Replaced, record_history
from orchestration.ml_steps import Outcome, Progress
from orchestration.ml_tables import Changes, draft_copy, draft_ml_table, place_ml_table
from orchestration.settings import Settings
from orchestration.warehouse import require_warehouse

INPUTS = Inputs(
    records="warehouse.intermediate.int_identity_records_unioned",
    identifiers="warehouse.intermediate.int_identifiers_unioned",
    attributes="warehouse.intermediate.int_identity_attributes_unioned",
    merges="warehouse.intermediate.int_crm_merges_resolved",
    decisions="decisions",
)
"""What the step reads; the warehouse is attached under this name."""


PROVISIONAL_RECORDS = 1_000
"""A match model fitted to fewer is fitted again by itself when the records have doubled."""


@dataclass(frozen=True)
class RecordedModel:
    """A fitted match model and where it is recorded; the frequencies lie beside it."""

    model: MatchModel
    path: Path

    @property
    def number(self) -> int:
        """Number of the fit, from 1."""
        return int(self.path.stem)

    @property
    def frequencies_path(self) -> Path:
        """How common each value was when the model was fitted."""
        return self.path.with_suffix(".parquet")


def resolve_customers(
    settings: Settings, progress: Progress = lambda message: None,
) -> Outcome:
    """Write the ML tables of identity; only records that changed are compared anew.

    Without a recorded match model one is fitted first. The partition is moved into place last,
    after the log of what it changes, so that a killed run can be run again.
    """
    chosen = _identity_settings(settings)
    with _store(settings) as con:
        counts = identity.update_records(con, INPUTS, chosen)
        recorded = _newest_model(settings)
        if recorded is None or _is_outgrown(con, recorded):
            recorded = _fit(settings, con, progress)
        _load_frequencies(con, recorded)
        counts |= identity.update_pairs(con, recorded.model, progress)
        progress("identity: clustering")
        counts |= identity.resolve_customers(con, INPUTS, chosen)
        counts["match_model"] = recorded.number
        counts["match_model_records"] = recorded.model.records_count
        with ThreadPoolExecutor(max_workers=1) as beside:
            # The store is whole now: it is written to disk while the tables are made of it.
            saved = beside.submit(_save, con.cursor())
            history = record_history(
                settings, con, current="customer_records", seniority=INPUTS.records,
                as_of=as_of_date(settings, RawZone(settings.raw_path).loads()),
                replaced=Replaced(version_of(con, FORMER_PARTITION), "former_customer_records",
                                  "fresh_customer_records"))
            partition = draft_copy(settings, "customer_records", con, "customer_records",
                                   expected=INPUTS.records, changes=_changes("customer_records"),
                                   marks={PARTITION_MARK: version_of(con, PARTITION)})
            drafts = (
                *(draft_copy(settings, name, con, name, changes=_changes(name))
                  for name in ("identity_edges", "identity_review")),
                draft_copy(settings, "customer_aliases", con, history.aliases),
                draft_ml_table(settings, "identity_changes", [history.changes], con),
                partition)
            chart = draw_match_weights(con, settings=chosen, changes=history.counts)
        saved.result()
    written = tuple(place_ml_table(settings, draft) for draft in drafts)
    return Outcome(written, counts | {f"customers_{kind}": count
                                      for kind, count in history.counts.items()}, chart)


def _changes(name: str) -> Changes:
    """What the run changed in an ML table, as the store tells it."""
    return Changes(former=f"former_{name}", fresh=f"fresh_{name}")


def train_match_model(
    settings: Settings, progress: Progress = lambda message: None,
) -> RecordedModel:
    """Fit a match model to today's records and record it; the next run uses it.

    Raises:
        FileNotFoundError: no run has built the warehouse yet.
    """
    with _store(settings) as con:
        identity.update_records(con, INPUTS, _identity_settings(settings))
        recorded = _fit(settings, con, progress)
        _load_frequencies(con, recorded)
        identity.update_pairs(con, recorded.model, progress)
    return recorded


def explain_records(
    settings: Settings, left_record_key: str, right_record_key: str,
) -> list[tuple[str, str, float]]:
    """Return the evidence between two records: (comparison, level, bits), then the prior.

    Empty where one of them has no attributes, or where no model has been fitted yet.
    """
    recorded = _newest_model(settings)
    if recorded is None:
        return []
    with _store(settings) as con:
        if ("described",) not in con.execute("select table_name from duckdb_tables()").fetchall():
            return []
        found = con.execute(
            "select record_id from record semi join described using (record_id) "
            "where record_key in (?, ?) order by record_id",
            [left_record_key, right_record_key]).fetchall()
        if len(found) < 2:
            return []
        (left,), (right,) = found
        con.execute(f"create or replace temp view explained as select * from described "
                    f"where record_id in ({left}, {right})")
        con.execute("create or replace temp table recorded_frequency as select * from "
                    f"read_parquet({literal(str(recorded.frequencies_path))})")
        con.execute("create or replace temp table explained_described as " + with_frequencies(
            "explained", "recorded_frequency", recorded.model.records_count))
        return explain_pair(con, recorded.model, described="explained_described",
                            left_id=left, right_id=right)


def _newest_model(settings: Settings) -> RecordedModel | None:
    """The newest recorded model; none where it was fitted for other comparisons than today's."""
    paths = sorted(settings.identity_models_path.glob("*.json"))
    if not paths:
        return None
    try:
        model = MatchModel.from_json(paths[-1].read_text(encoding="utf-8"))
    except OtherComparisons:
        return None
    return RecordedModel(model, paths[-1])


def _is_outgrown(con: duckdb.DuckDBPyConnection, recorded: RecordedModel) -> bool:
    """Whether a model of few records has met twice as many: too few say nothing of the rest."""
    fitted_to = recorded.model.records_count
    count = con.execute("select count(*) from described").fetchall()[0][0]
    return fitted_to < PROVISIONAL_RECORDS and count >= 2 * max(fitted_to, 1)


def _fit(
    settings: Settings, con: duckdb.DuckDBPyConnection, progress: Progress,
) -> RecordedModel:
    """Fit and record; the model's own file is moved into place last."""
    folder = settings.identity_models_path
    folder.mkdir(parents=True, exist_ok=True)
    numbers = [int(path.stem) for path in folder.glob("*.json")]
    progress(f"matching: fitting model {max(numbers, default=0) + 1}")
    model = identity.fit_model(con, progress)
    recorded = RecordedModel(model, folder / f"{max(numbers, default=0) + 1:04d}.json")
    con.execute("copy (select * from frequency order by column_name, value) "
                f"to {literal(str(recorded.frequencies_path))} (format parquet)")
    temporary = recorded.path.with_suffix(".tmp")
    temporary.write_text(model.to_json(), encoding="utf-8")
    temporary.replace(recorded.path)
    return recorded


def _load_frequencies(con: duckdb.DuckDBPyConnection, recorded: RecordedModel) -> None:
    """Put them into the store, where the last run may have left them."""
    version = hashlib.md5(recorded.frequencies_path.read_bytes()).hexdigest()
    if is_version(con, "frequency", version):
        return
    set_version(con, "frequency", "")
    con.execute("drop table if exists frequency")
    con.execute("create table frequency as select * from "
                f"read_parquet({literal(str(recorded.frequencies_path))})")
    set_version(con, "frequency", version)


@contextmanager
def _store(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine on the identity store, with the warehouse attached read-only and the decisions.

    Raises:
        FileNotFoundError: no run has built the warehouse yet.
    """
    require_warehouse(settings.warehouse_path)
    settings.ml_path.mkdir(parents=True, exist_ok=True)
    path = settings.ml_path / "identity_store.duckdb"
    con = duckdb.connect(config={"memory_limit": _engine_share(settings.memory_limit),
                                 "temp_directory": f"{path}.tmp"})
    try:
        con.execute("set TimeZone = 'UTC'")
        con.execute("set preserve_insertion_order = false")
        # Written to disk once, without a log: whoever is killed leaves the store as it was.
        con.execute(f"attach {literal(str(path))} as store (recovery_mode no_wal_writes)")
        con.execute("use store")
        # Compressed texts take longer to write and to read than the disk they save is worth.
        con.execute("set disabled_compression_methods = 'dictionary,fsst,dict_fsst,zstd'")
        con.execute(f"attach {literal(str(settings.warehouse_path))} as warehouse (read_only)")
        con.register("decisions", read_identity_decisions(settings))
        yield con
    finally:
        con.close()


def _save(con: duckdb.DuckDBPyConnection) -> None:
    """Write the store to disk, by a cursor of its own."""
    with closing(con):
        con.execute("checkpoint store")


def _engine_share(memory_limit: str) -> str:
    """What the engine may use of the limit: the clusters are made in memory beside it."""
    unit = memory_limit.lstrip("0123456789.")
    return f"{float(memory_limit.removesuffix(unit)) * 0.7:.3f}{unit.strip()}"


def _identity_settings(settings: Settings) -> IdentitySettings:
    company = settings.company
    blocked = {**BLOCKED_VALUES, "any": (
        *BLOCKED_VALUES["any"], *(value.lower() for value in company.blocked_identifiers))}
    rules = (code_version(("models_ml",)), sorted(blocked.items()), company.default_country,
             *(version(package) for package in ("duckdb", "phonenumbers", "splink")))
    return IdentitySettings(
        threshold=company.identity_threshold, bridge_score=company.identity_bridge_score,
        size_limit=company.identity_size_limit, default_country=company.default_country,
        limits={**identity.IDENTIFIER_LIMITS, **dict(company.identifier_limits)},
        blocked=blocked, version=hashlib.md5(repr(rules).encode()).hexdigest())
