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
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb

from ingestion.contract import DUCKDB_TYPES, Entity
from ingestion.declaration import SourceDeclaration
from ingestion.deletions import DELETED, has_only_keys, is_there
from ingestion.planning import PlannedLoad, Problem, batches, plan_loads
from ingestion.raw_zone import Load, RawZone
from ingestion.readers.files import (
    Extract,
    ExtractError,
    UnclearLinesError,
    add_from_file_name,
    identifier,
    literal,
    open_extract,
    told_names,
    unpivot,
)
from ingestion.remote_extracts import RemoteExtracts
from ingestion.rows import conversion_sql, resolve_duplicates
from ingestion.schema_history import update_history
from ingestion.shapes import Shapes, observe_shapes

Progress = Callable[[str], None]


class _Counts(NamedTuple):
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    rows_repeated: int
    rows_deleted: int
    first_event_at: datetime | None
    last_event_at: datetime | None


@dataclass(frozen=True)
class LoadReport:
    """What one call loaded, what it knew already, and what it could not read."""

    loaded: tuple[Load, ...]
    known_count: int
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()


def load_extracts(
    declarations: Iterable[SourceDeclaration], extracts: Path, zone: RawZone, *,
    memory_limit: str = "2GB", progress: Progress = lambda message: None,
) -> LoadReport:
    """Load every extract that is new or whose declaration changed.

    Args:
        declarations: the company's sources.
        extracts: folder that the declarations' `files` are relative to.
        zone: where loads go; each is left in state `staged`.
        memory_limit: most memory the engine may use, as DuckDB writes it.
        progress: called with a sentence for each batch.

    Returns:
        The loads made, and a problem for each file that could not be loaded; the zone keeps the
        problems until the next call.
    """
    zone.prepare()
    problems: list[Problem] = []
    warnings: list[Problem] = []
    declarations = tuple(declarations)
    planned, known_count = plan_loads(declarations, extracts, zone, problems)
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
    entities = {(source.source, table.label): table.entity
                for source in declarations for table in source.tables}
    zone.write_problems({
        "source_system": problem.source_system, "label": problem.table,
        "entity": entities[problem.source_system, problem.table],
        "file": problem.file, "message": problem.message} for problem in problems)
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
    extract = open_extract(con, [p.path for p in batch], table, plan.columns,
                           zone.incoming / "utf8", line_by_line=line_by_line)
    shapes = {load_id: Shapes(zone.path).keep(shape)
              for load_id, shape in observe_shapes(con, batch, extract).items()}
    if table.from_file_name:
        extract = add_from_file_name(con, extract, table.from_file_name)
    if table.unpivot:
        extract = unpivot(con, extract, table.unpivot.accepted, table.unpivot.name,
                          table.unpivot.value)
    _check_columns(plan, extract, warnings)
    con.execute("create or replace temp table load_plan (cx360_file varchar, load_id varchar,"
                " load_sequence bigint, extracted_on date)")
    con.executemany("insert into load_plan values (?, ?, ?, ?)",
                    [[str(p.path), p.load_id, p.sequence, p.extracted_on] for p in batch])
    con.execute(conversion_sql(plan.declaration, table, extract))
    resolve_duplicates(con, table)
    target = zone.incoming / "batch"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    _write_rows(con, entity, target)
    _write_rejects(con, extract, target)
    warnings += _write_emptied(con, plan, extract, target)
    counts = _count(con, entity)
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
    for name in ("extract", "unreadable", "converted", "emptied"):
        con.execute(f"drop table if exists {name}")
    return loads


def _with_file(message: str, file: str) -> str:
    return message if message.startswith(file) else f"{file}: {message}"


def _check_columns(plan: PlannedLoad, extract: Extract, warnings: list[Problem]) -> None:
    """A missing key or required column stops the file; another missing one is a warning."""
    if plan.table.format in ("json", "jsonl") and not extract.names:  # it has no record
        return

    def present(name: str) -> bool:
        return is_there(name, extract)

    missing = [name for name in (*plan.table.key, *plan.table.totals)
               if not name.startswith("=") and not present(name)]
    required = {column.name for column in plan.table.contract.columns if column.required}
    tells_deletions = DELETED in extract.names
    if plan.table.deletion and not tells_deletions and not present(plan.table.deletion.source):
        missing.append(plan.table.deletion.source)
    if tells_deletions:  # its rows are judged one by one; often it has nothing but keys
        required = set()
        if has_only_keys(plan.table, extract) and not missing:
            return
    for canonical, mapping in plan.table.columns.items():
        found = [present(name) for name in mapping.names]
        if not mapping.names or (any(found) if mapping.sources else all(found)):
            continue
        absent = [name for name in mapping.names if not present(name)]
        if canonical in required and not (mapping.words and any(found)):
            missing += absent
        else:
            outcome = "is written without it" if mapping.words and any(found) else "stays empty"
            warnings.append(Problem(
                plan.declaration.source, plan.table.label, plan.path.name,
                f"{plan.path.name}: column {' / '.join(absent)} is missing, {canonical} "
                f"{outcome}"))
    if missing:
        expected = [any(map(present, mapping.names))
                    for mapping in plan.table.columns.values() if mapping.names]
        expected += [present(name) for name in plan.table.key if not name.startswith("=")]
        known = {name for mapping in plan.table.columns.values() for name in mapping.names}
        known = {name.split(".")[0] for name in known | set(plan.table.key)} | known
        is_header = any(expected) and (2 * sum(expected) >= len(expected)
                                       or 2 * len(extract.names & known) >= len(extract.names))
        raise ExtractError(
            f"{plan.path.name}: column {', '.join(dict.fromkeys(missing))} is missing; "
            f"{told_names(extract, is_header)}. Add the new "
            f"name to the declaration of table {plan.table.label} or deliver the column")


def _write_rows(con: duckdb.DuckDBPyConnection, entity: Entity, target: Path) -> None:
    columns = ", ".join(f"cast({identifier(c.name)} as {DUCKDB_TYPES[c.type]}) as "
                        f"{identifier(c.name)}" for c in entity.raw_columns)
    con.execute(f"""
        copy (select {columns}, load_id as partition_load from converted where cx360_reason is null)
        to {literal(str(target / 'accepted'))}
        (format parquet, partition_by (partition_load), filename_pattern 'part_{{i}}')""")


def _write_rejects(con: duckdb.DuckDBPyConnection, extract: Extract, target: Path) -> None:
    con.execute(f"""
        copy (
            select load_id, source_row, reason, record, load_id as partition_load
            from (
                select p.load_id, p.load_sequence, {extract.row} as source_row,
                    c.cx360_reason as reason, {extract.record} as record
                from converted as c
                join load_plan as p on c.load_id = p.load_id
                join extract
                    on p.cx360_file = extract.cx360_file and c.source_row = extract.cx360_row
                where c.cx360_reason is not null and c.cx360_reason <> 'repeated'
                union all
                select p.load_id, p.load_sequence, u.cx360_row, u.reason, u.record
                from unreadable as u join load_plan as p on u.cx360_file = p.cx360_file
            ) as r
            order by load_sequence, source_row
        ) to {literal(str(target / 'rejected'))}
        (format parquet, partition_by (partition_load), filename_pattern 'part_{{i}}')""")


def _write_emptied(
    con: duckdb.DuckDBPyConnection, plan: PlannedLoad, extract: Extract, target: Path,
) -> list[Problem]:
    """Rows accepted without the value of a lenient column, and a warning for each file's column."""
    parts = [f"""
        select p.load_id, p.load_sequence, p.cx360_file, {extract.row} as source_row,
            {literal(column.name)} as column_name, c.emptied_{column.name} as reason
        from converted as c
        join load_plan as p on c.load_id = p.load_id
        join extract on p.cx360_file = extract.cx360_file and c.source_row = extract.cx360_row
        where c.cx360_reason is null and c.emptied_{column.name} is not null"""
             for column in plan.table.contract.columns
             if column.lenient and column.name in plan.table.columns]
    if not parts:
        return []
    con.execute(f"create or replace temp table emptied as {' union all '.join(parts)}")
    con.execute(f"""
        copy (
            select load_id, source_row, column_name, reason, load_id as partition_load
            from emptied order by load_sequence, source_row, column_name
        ) to {literal(str(target / 'emptied'))}
        (format parquet, partition_by (partition_load), filename_pattern 'part_{{i}}')""")
    told = con.execute("""
        select cx360_file, reason, count(*), list(source_row order by source_row)[:5]
        from emptied group by cx360_file, reason order by cx360_file, reason""").fetchall()
    return [Problem(
        plan.declaration.source, plan.table.label, Path(file).name,
        f"{Path(file).name}: {reason} in {count:,} rows, which are kept without the value (row "
        f"{', '.join(map(str, rows))}{', …' if count > len(rows) else ''})")
        for file, reason, count, rows in told]


def _count(con: duckdb.DuckDBPyConnection, entity: Entity) -> dict[str, _Counts]:
    event = entity.event_time
    moment = f"cast({identifier(event)} as timestamp)" if event else "cast(null as timestamp)"
    rows = con.execute(f"""
        with unread as (
            select p.load_id, count(*) as row_count
            from unreadable as u join load_plan as p on u.cx360_file = p.cx360_file
            group by p.load_id
        ), judged as (
            select load_id, count(*) as row_count,
                sum(case when cx360_reason is null then 1 else 0 end) as accepted,
                sum(case when cx360_reason = 'repeated' then 1 else 0 end) as repeated,
                sum(case when cx360_reason is null and is_deleted then 1 else 0 end) as deleted,
                min(case when cx360_reason is null then {moment} end) as first_event_at,
                max(case when cx360_reason is null then {moment} end) as last_event_at
            from converted group by load_id
        )
        select p.load_id, coalesce(j.row_count, 0) + coalesce(u.row_count, 0),
            coalesce(j.accepted, 0),
            coalesce(j.row_count - j.accepted - j.repeated, 0) + coalesce(u.row_count, 0),
            coalesce(j.repeated, 0), coalesce(j.deleted, 0), j.first_event_at, j.last_event_at
        from load_plan as p
        left join judged as j on p.load_id = j.load_id
        left join unread as u on p.load_id = u.load_id""").fetchall()
    return {row[0]: _Counts(*row[1:]) for row in rows}


def _move_into_place(
    zone: RawZone, entity: Entity, load_id: str, target: Path,
) -> tuple[str, ...]:
    accepted = target / "accepted" / f"partition_load={load_id}"
    home = zone.path / entity.table / load_id
    shutil.rmtree(home, ignore_errors=True)  # left by a killed run: the manifest never named it
    files: list[str] = []
    if accepted.exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        accepted.replace(home)
        files = sorted(f"{entity.table}/{load_id}/{path.name}" for path in home.iterdir())
    for kind, folder in (("rejected", "_rejects"), ("emptied", "_emptied")):
        written = target / kind / f"partition_load={load_id}"
        kept = zone.path / folder / entity.table / load_id
        shutil.rmtree(kept, ignore_errors=True)
        if written.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            written.replace(kept)
    return tuple(files)
