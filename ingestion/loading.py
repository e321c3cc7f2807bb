"""Loads extracts into the raw zone: plan what is new, convert in the engine, keep every row.

For each load: rows read = accepted + rejected + repeated (rows that a declaration with
`repeats: true` folds into their record). An accepted row may lack the value of a lenient column;
which one and why is kept beside the rejects. What does **not** belong here: whether a load may be
used; that is decided by the suites of `expectations/`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingestion.batch import ACCEPTED, EMPTIED, REJECTED, Emptied, write_batch
from ingestion.contract import Entity
from ingestion.declaration import SourceDeclaration
from ingestion.fetching.landing import Landing
from ingestion.missing_columns import check_columns
from ingestion.planning import PlannedLoad, Problem, batches, plan_loads
from ingestion.raw_zone import Load, RawZone
from ingestion.readers.files import (
    ExtractError,
    UnclearLinesError,
    add_from_file_name,
    close_extract,
    open_extract,
    unopened,
    unpivot,
)
from ingestion.remote_extracts import RemoteExtracts
from ingestion.schema_history import update_history
from ingestion.shapes import Shapes, observe_shapes

Progress = Callable[[str], None]


@dataclass(frozen=True)
class LoadReport:
    """What one call loaded, what it knew already, and what it could not read."""

    loaded: tuple[Load, ...]
    known_count: int
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()


def load_extracts(
    declarations: Iterable[SourceDeclaration], extracts: Path, zone: RawZone, *,
    memory_limit: str = "1800MB", progress: Progress = lambda message: None,
    is_wanted: Callable[[PlannedLoad], bool] = lambda plan: True,
) -> LoadReport:
    """Load every extract that is new or whose declaration changed.

    Args:
        declarations: the company's sources.
        extracts: folder that the declarations' `files` are relative to.
        zone: where loads go; each is left in state `staged`.
        memory_limit: most memory the engine may use, as DuckDB writes it.
        progress: called with a sentence for each batch.
        is_wanted: which of them; what is known of the others stays as it is.

    Returns:
        The loads made, and a problem for each file that could not be loaded; the zone keeps the
        problems until the next call.
    """
    zone.prepare()
    problems: list[Problem] = []
    warnings: list[Problem] = []
    declarations = tuple(declarations)
    left_out: set[tuple[str, str, str]] = set()

    def is_chosen(plan: PlannedLoad) -> bool:
        if not (chosen := is_wanted(plan)):
            left_out.add((plan.declaration.source, plan.table.label, plan.path.name))
        return chosen

    planned, known_count = plan_loads(declarations, extracts, zone, problems, is_chosen)
    # Killed between two batches, the next call numbers as this one did.
    numbers = {plan.load_id: plan.sequence for plan in planned}
    zone.write_numbers(zone.numbers() | numbers)
    loaded: list[Load] = []
    con = _engine(zone, memory_limit)
    try:
        for batch in batches(planned):
            entity = batch[0].table.entity
            files = batch[0].path.name if len(batch) == 1 else f"{len(batch):,} files"
            progress(f"{batch[0].declaration.source}: {entity} from {files}")
            loads = _load_or_split(con, batch, extracts, zone, problems, warnings)
            zone.add(loads)
            loaded += loads
    finally:
        con.close()
        shutil.rmtree(zone.incoming, ignore_errors=True)
        RemoteExtracts(zone).forget_content()
        zone.take_back()  # a backfill that was killed may have left some that nothing reads now
    done = {load.load_id for load in zone.loads()} | set(numbers)
    zone.write_numbers({one: number for one, number in zone.numbers().items() if one not in done})
    entities = {(source.source, table.label): table.entity
                for source in declarations for table in source.tables}
    kept = [problem for problem in zone.problems() if (
        problem["source_system"], problem["label"], problem["file"]) in left_out]
    zone.write_problems(kept + [{
        "source_system": problem.source_system, "label": problem.table,
        "entity": entities[problem.source_system, problem.table],
        "file": problem.file, "message": problem.message} for problem in problems])
    fetched_on = Landing(zone.path).fetched_on()
    zone.write_fetches({
        "source_system": source.source, "label": table.label, "entity": table.entity,
        "fetched_on": fetched_on.get((source.source, table.landed_label))}
        for source in declarations for table in source.tables if table.is_fetched)
    warnings += update_history(zone)
    return LoadReport(tuple(loaded), known_count, tuple(problems), tuple(warnings))


def _engine(zone: RawZone, memory_limit: str) -> duckdb.DuckDBPyConnection:
    spill = zone.incoming / "spill"
    spill.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(config={"temp_directory": str(spill), "memory_limit": memory_limit})
    con.execute("set TimeZone = 'UTC'")
    con.execute("set partitioned_write_max_open_files = 1000")
    return con


def _load_or_split(
    con: duckdb.DuckDBPyConnection, batch: list[PlannedLoad], extracts: Path, zone: RawZone,
    problems: list[Problem], warnings: list[Problem], *, line_by_line: bool = False,
) -> list[Load]:
    """Load a batch; if it cannot be read as a whole, load each file so that one harms no other."""
    plan = batch[0]
    try:
        return _load_batch(con, batch, extracts, zone, warnings, line_by_line=line_by_line)
    except (duckdb.Error, ExtractError) as error:
        if len(batch) > 1:
            return [load for one in batch
                    for load in _load_or_split(con, [one], extracts, zone, problems, warnings)]
        if not line_by_line and _needs_line_by_line(plan, error):
            return _load_or_split(con, batch, extracts, zone, problems, warnings, line_by_line=True)
        message = (_with_file(str(error), plan.path.name) if isinstance(error, ExtractError)
                   else f"{plan.path.name}: not readable as {plan.table.format} "
                        f"({type(error).__name__}); check format, delimiter and encoding in the "
                        "declaration, and that the file is whole")
        problems.append(Problem(
            plan.declaration.source, plan.table.label, plan.path.name, message))
        return []


def _needs_line_by_line(plan: PlannedLoad, error: Exception) -> bool:
    """Whether the engine gave up on single lines, mixed line ends, or lost some."""
    return (plan.table.format in ("csv", "jsonl")
            and isinstance(error, (duckdb.InvalidInputException, UnclearLinesError)))


def _load_batch(
    con: duckdb.DuckDBPyConnection, batch: list[PlannedLoad], extracts: Path, zone: RawZone,
    warnings: list[Problem], *, line_by_line: bool,
) -> list[Load]:
    plan = batch[0]
    table, entity = plan.table, plan.table.contract
    try:
        extract = open_extract(con, [p.path for p in batch], table, plan.columns,
                               zone.incoming / "utf8", line_by_line=line_by_line)
    except OSError as error:
        raise unopened(plan.path, error) from error
    shapes = {load_id: Shapes(zone.path).keep(shape)
              for load_id, shape in observe_shapes(con, batch, extract).items()}
    if table.from_file_name:
        extract = add_from_file_name(con, extract, table.from_file_name)
    if table.unpivot:
        extract = unpivot(con, extract, table.unpivot.accepted, table.unpivot.name,
                          table.unpivot.value)
    told = check_columns(batch, extract)
    target = zone.incoming / "batch"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    counts, emptied = write_batch(con, batch, extract, target)
    told += [_tell_emptied(plan, one) for one in emptied]
    loads = []
    for planned in batch:
        files = _move_into_place(zone, entity, planned.load_id, target)
        file = (f"{planned.declaration.source}.yml" if planned.table.records
                else planned.origin or planned.path.relative_to(extracts).as_posix())
        loads.append(Load(
            load_id=planned.load_id, load_sequence=planned.sequence,
            source_system=planned.declaration.source, label=table.label, entity=entity.name,
            table=entity.table, file=file, content_hash=planned.content_hash,
            declaration_version=planned.declaration.version(table),
            extracted_on=planned.extracted_on, expected_every=table.expected_every,
            may_be_empty=table.may_be_empty,
            state="staged", reason="", files=files, schema_id=shapes.get(planned.load_id, ""),
            **counts[planned.load_id]._asdict()))
    close_extract(con)
    warnings += told  # only now: a batch that has to be split is checked again
    return loads


def _with_file(message: str, file: str) -> str:
    return message if message.startswith(file) else f"{file}: {message}"


def _tell_emptied(plan: PlannedLoad, emptied: Emptied) -> Problem:
    file, told = Path(emptied.file).name, ", ".join(map(str, emptied.first_rows))
    more = ", …" if emptied.rows_count > len(emptied.first_rows) else ""
    return Problem(
        plan.declaration.source, plan.table.label, file,
        f"{file}: {emptied.reason} in {emptied.rows_count:,} rows, which are kept without the "
        f"value (row {told}{more})")


def _move_into_place(
    zone: RawZone, entity: Entity, load_id: str, target: Path,
) -> tuple[str, ...]:
    accepted = target / ACCEPTED / f"partition_load={load_id}"
    home = zone.path / entity.table / load_id
    shutil.rmtree(home, ignore_errors=True)  # left by a killed run: the manifest never named it
    files: list[str] = []
    if accepted.exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        accepted.replace(home)
        files = sorted(f"{entity.table}/{load_id}/{path.name}" for path in home.iterdir())
    for kind, folder in ((REJECTED, "_rejects"), (EMPTIED, "_emptied")):
        written = target / kind / f"partition_load={load_id}"
        kept = zone.path / folder / entity.table / load_id
        shutil.rmtree(kept, ignore_errors=True)
        if written.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            written.replace(kept)
    return tuple(files)
