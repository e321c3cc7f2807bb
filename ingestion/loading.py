"""Loads extracts into the raw zone: plan what is new, convert in the engine, keep every row.

For each load: rows read = accepted + rejected + repeated (rows that a declaration with
`repeats: true` folds into their record). What does **not** belong here: whether a load may be
used; that is decided by the suites of `expectations/`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from pathlib import Path

import duckdb

from ingestion.contract import DUCKDB_TYPES, Column, Entity
from ingestion.conversion import converted, mismatch, source_text
from ingestion.declaration import ColumnMapping, SourceDeclaration, TableDeclaration
from ingestion.raw_zone import Load, RawZone
from ingestion.readers.files import (
    Extract,
    ExtractError,
    header,
    identifier,
    literal,
    open_extract,
)

BATCH_BYTES = 512 << 20
EARLIEST, LATEST = "1900-01-01", "2100-01-01"
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Problem:
    """An extract that could not be loaded; nothing of it entered the raw zone."""

    source_system: str
    table: str
    file: str
    message: str


@dataclass(frozen=True)
class LoadReport:
    """What one call loaded, what it knew already, and what it could not read."""

    loaded: tuple[Load, ...]
    known_count: int
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class _Planned:
    declaration: SourceDeclaration
    table: TableDeclaration
    path: Path
    content_hash: str
    extracted_on: date | None
    load_id: str
    sequence: int
    columns: tuple[str, ...]


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
        The loads made, and a problem for each file that could not be loaded.
    """
    zone.prepare()
    problems: list[Problem] = []
    warnings: list[Problem] = []
    planned, known_count = _plan(declarations, extracts, zone, problems)
    loaded: list[Load] = []
    con = _engine(zone, memory_limit)
    try:
        for batch in _batches(planned):
            entity = batch[0].table.entity
            files = batch[0].path.name if len(batch) == 1 else f"{len(batch):,} files"
            progress(f"{batch[0].declaration.source}: {entity} from {files}")
            loads = _load_or_split(con, batch, extracts, zone, problems, warnings)
            zone.add(loads)
            loaded += loads
    finally:
        con.close()
        shutil.rmtree(zone.incoming, ignore_errors=True)
    return LoadReport(tuple(loaded), known_count, tuple(problems), tuple(warnings))


def find_new_extracts(
    declarations: Iterable[SourceDeclaration], extracts: Path, zone: RawZone,
) -> tuple[int, tuple[Problem, ...]]:
    """How many extracts a load would read, and which ones it could not."""
    problems: list[Problem] = []
    planned, _ = _plan(declarations, extracts, zone, problems)
    return len(planned), tuple(problems)


def _engine(zone: RawZone, memory_limit: str) -> duckdb.DuckDBPyConnection:
    spill = zone.incoming / "spill"
    spill.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(config={"temp_directory": str(spill), "memory_limit": memory_limit})
    con.execute("set TimeZone = 'UTC'")
    con.execute("set partitioned_write_max_open_files = 1000")
    return con


def _plan(
    declarations: Iterable[SourceDeclaration], extracts: Path, zone: RawZone,
    problems: list[Problem],
) -> tuple[list[_Planned], int]:
    """Find the extracts that have no load yet, in the order in which they will be numbered."""
    known = {load.load_id: load for load in zone.loads()}
    by_content = {(load.source_system, load.label, load.content_hash, load.extracted_on): load
                  for load in known.values()}
    fresh: list[_Planned] = []
    known_count = 0
    for declaration in declarations:
        for table in declaration.tables:
            paths = _extract_files(table, declaration, extracts, zone)
            if not paths and not any(load.source_system == declaration.source
                                     and load.label == table.label for load in known.values()):
                problems.append(Problem(
                    declaration.source, table.label, table.files,
                    f"{table.files}: file not found in {extracts.name}/; deliver it or correct "
                    f"`files` of table {table.label} in {declaration.source}.yml"))
            for path in paths:
                try:
                    plan = _plan_file(declaration, table, path)
                except ExtractError as error:
                    problems.append(Problem(declaration.source, table.label, path.name, str(error)))
                    continue
                earlier = by_content.get(
                    (declaration.source, table.label, plan.content_hash, plan.extracted_on))
                if plan.load_id in known and known[plan.load_id].state != "superseded":
                    known_count += 1
                else:
                    fresh.append(replace(plan, sequence=earlier.load_sequence if earlier else 0))
    first_free = max((load.load_sequence for load in known.values()), default=0) + 1
    fresh.sort(key=lambda plan: (
        str(plan.extracted_on or ""), plan.declaration.source, plan.table.label, plan.path.name))
    numbered: dict[str, _Planned] = {}
    for plan in fresh:
        if plan.load_id in numbered:  # the same content under two names
            known_count += 1
            continue
        sequence = plan.sequence
        if not sequence:
            sequence, first_free = first_free, first_free + 1
        numbered[plan.load_id] = replace(plan, sequence=sequence)
    return list(numbered.values()), known_count


def _extract_files(
    table: TableDeclaration, declaration: SourceDeclaration, extracts: Path, zone: RawZone,
) -> list[Path]:
    if not table.records:
        return sorted(path for path in extracts.glob(table.files) if path.is_file())
    path = zone.incoming / "records" / declaration.source / f"{table.label}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(r, sort_keys=True, default=str) + "\n"
                            for r in table.records))
    return [path]


def _plan_file(declaration: SourceDeclaration, table: TableDeclaration, path: Path) -> _Planned:
    columns = header(path, table)
    with path.open("rb") as content:
        content_hash = hashlib.file_digest(content, "sha256").hexdigest()
    extracted_on = _declared_date(table, path)
    identity = "|".join((declaration.source, table.label, content_hash, str(extracted_on),
                         declaration.version(table)))
    load_id = hashlib.sha256(identity.encode()).hexdigest()[:16]
    return _Planned(declaration, table, path, content_hash, extracted_on, load_id, 0, columns)


def _declared_date(table: TableDeclaration, path: Path) -> date | None:
    if not table.extracted_on:
        return None
    found = re.search(table.extracted_on, path.name)
    text = found.group(1) if found else ""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ExtractError(
            f"{path.name}: `extracted_on` finds no date like 2026-03-31 or 20260331 in the file "
            f"name; correct it in the declaration of table {table.label}") from error


def _batches(planned: list[_Planned]) -> Iterator[list[_Planned]]:
    """Extracts of one table and one header, together as long as they are not too large."""
    def shape(plan: _Planned) -> tuple[str, str, tuple[str, ...]]:
        return plan.declaration.source, plan.table.label, plan.columns

    for _, group in groupby(sorted(planned, key=lambda p: (*shape(p), p.sequence)), key=shape):
        batch: list[_Planned] = []
        size = 0
        for plan in group:
            size += plan.path.stat().st_size
            if batch and size > BATCH_BYTES:
                yield batch
                batch, size = [], plan.path.stat().st_size
            batch.append(plan)
        yield batch


def _load_or_split(
    con: duckdb.DuckDBPyConnection, batch: list[_Planned], extracts: Path, zone: RawZone,
    problems: list[Problem], warnings: list[Problem],
) -> list[Load]:
    """Load a batch; if it cannot be read as a whole, load each file so that one harms no other."""
    plan = batch[0]
    try:
        return _load_batch(con, batch, extracts, zone, warnings)
    except (duckdb.Error, ExtractError) as error:
        if len(batch) > 1:
            return [load for one in batch
                    for load in _load_or_split(con, [one], extracts, zone, problems, warnings)]
        message = (str(error) if isinstance(error, ExtractError)
                   else f"{plan.path.name}: not readable as {plan.table.format} "
                        f"({type(error).__name__}); check format, delimiter and encoding in the "
                        "declaration")
        problems.append(Problem(
            plan.declaration.source, plan.table.label, plan.path.name, message))
        return []


def _load_batch(
    con: duckdb.DuckDBPyConnection, batch: list[_Planned], extracts: Path, zone: RawZone,
    warnings: list[Problem],
) -> list[Load]:
    plan = batch[0]
    table, entity = plan.table, plan.table.contract
    extract = open_extract(con, [p.path for p in batch], table, plan.columns,
                           zone.incoming / "utf8")
    _check_columns(plan, extract, warnings)
    con.execute("create or replace temp table load_plan (cx360_file varchar, load_id varchar,"
                " load_sequence bigint, extracted_on date)")
    con.executemany("insert into load_plan values (?, ?, ?, ?)",
                    [[str(p.path), p.load_id, p.sequence, p.extracted_on] for p in batch])
    con.execute(_conversion_sql(plan, extract))
    _resolve_duplicates(con, table)
    target = zone.incoming / "batch"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    _write_rows(con, entity, target)
    _write_rejects(con, extract, target)
    counts = _count(con, entity)
    loads = []
    for planned in batch:
        files = _move_into_place(zone, entity, planned.load_id, target)
        file = (f"{planned.declaration.source}.yml" if planned.table.records
                else planned.path.relative_to(extracts).as_posix())
        loads.append(Load(
            load_id=planned.load_id, load_sequence=planned.sequence,
            source_system=planned.declaration.source, label=table.label, entity=entity.name,
            table=entity.table, file=file, content_hash=planned.content_hash,
            declaration_version=planned.declaration.version(table),
            extracted_on=planned.extracted_on, expected_every=table.expected_every,
            state="staged", reason="", files=files, **counts[planned.load_id]))
    for name in ("extract", "unreadable", "converted"):
        con.execute(f"drop table if exists {name}")
    return loads


def _check_columns(plan: _Planned, extract: Extract, warnings: list[Problem]) -> None:
    """A missing key or required column stops the file; another missing one is a warning."""
    if plan.table.format == "jsonl" and not extract.names:
        return

    def present(name: str) -> bool:
        return name in extract.names or name.split(".")[0] in extract.names

    missing = [name for name in plan.table.key
               if not name.startswith("=") and not present(name)]
    required = {column.name for column in plan.table.contract.columns if column.required}
    for canonical, mapping in plan.table.columns.items():
        found = [present(name) for name in mapping.names]
        if not mapping.names or (all(found) if mapping.parts else any(found)):
            continue
        if canonical in required:
            missing += [name for name in mapping.names if not present(name)]
        else:
            warnings.append(Problem(
                plan.declaration.source, plan.table.label, plan.path.name,
                f"{plan.path.name}: column {' / '.join(mapping.names)} is missing, {canonical} "
                "stays empty"))
    if missing:
        raise ExtractError(
            f"{plan.path.name}: column {', '.join(dict.fromkeys(missing))} is missing; the file "
            f"has {', '.join(sorted(extract.names)[:30])}. Add the new name to the declaration of "
            f"table {plan.table.label} or deliver the column")


def _conversion_sql(plan: _Planned, extract: Extract) -> str:
    """One row per source row: canonical values and, where it cannot be used, why."""
    table, entity = plan.table, plan.table.contract
    mappings: dict[str, tuple[Column, ColumnMapping]] = {
        column.name: (column, table.columns[column.name])
        for column in entity.columns if column.name in table.columns}
    if table.updated_at:
        mappings["updated_at"] = (Column("updated_at", "timestamp", ""), table.updated_at)

    texts = {name: source_text(mapping, table, extract.text, extract.names)
             for name, (_, mapping) in mappings.items()}
    values = {name: converted(identifier(f"text_{name}"), column, mapping, table,
                              is_typed=extract.is_typed and bool(mapping.names))
              for name, (column, mapping) in mappings.items()}
    key = [source_text(ColumnMapping(value=name[1:]) if name.startswith("=")
                       else ColumnMapping(sources=(name,)), table, extract.text, extract.names)
           for name in table.key]
    used = {name for _, mapping in mappings.values() for name in mapping.names}
    used |= {name for name in table.key if not name.startswith("=")}

    reasons = [f"case when text_{name} is not null and {identifier(name)} is null "
               f"then {literal(mismatch(column))} end"
               for name, (column, _) in mappings.items() if column.type not in ("string", "json")]
    reasons += [f"case when text_{column.name} is null "
                f"then {literal(f'column {column.name}: empty, but required')} end"
                for column in entity.columns if column.required]
    reasons += _range_reasons(mappings, entity)
    if key:
        reference = f"concat_ws('|', {', '.join(f'key_{i}' for i in range(len(key)))})"
        reasons += [f"case when key_{i} is null then {literal(f'key column {name}: empty')} end"
                    for i, name in enumerate(table.key)]
    else:
        content = ", ".join(f"coalesce(text_{name}, chr(0))" for name in mappings)
        reference = f"md5(concat_ws(chr(1), {content}))"

    def or_null(column: Column) -> str:
        if column.name in values:
            return f"{values[column.name]} as {identifier(column.name)}"
        return f"cast(null as {DUCKDB_TYPES[column.type]}) as {identifier(column.name)}"

    picked = [f"{text} as {identifier(f'text_{name}')}" for name, text in texts.items()]
    picked += [f"{text} as key_{i}" for i, text in enumerate(key)]
    typed = [or_null(column) for column in entity.columns]
    typed.append(or_null(Column("updated_at", "timestamp", "")))
    passed = ", ".join([f"text_{name}" for name in mappings]
                       + [f"key_{i}" for i in range(len(key))])
    keys = [f"{_record_key(column.references or '', _system(plan, mappings, column), column.name)}"
            f" as {column.key_name}" for column in entity.columns if column.references]
    return f"""
        create or replace temp table converted as
        with picked as (
            select load_plan.load_id, load_plan.load_sequence, load_plan.extracted_on,
                cx360_row as source_row, {extract.without(used)} as source_metadata,
                {', '.join(picked)}
            from extract join load_plan on extract.cx360_file = load_plan.cx360_file
        ), typed as (
            select load_id, load_sequence, extracted_on, source_row, source_metadata,
                {passed}, {', '.join(typed)}
            from picked
        ), keyed as (
            select *, {reference} as source_record_ref,
                nullif(concat_ws('; ', {', '.join([*reasons, "null"])}), '') as reason
            from typed
        )
        select keyed.* exclude ({passed}),
            {literal(plan.declaration.source)} as source_system,
            {_record_key(entity.name, plan.declaration.source, 'source_record_ref')} as record_key
            {''.join(', ' + key for key in keys)}
        from keyed"""


def _range_reasons(
    mappings: dict[str, tuple[Column, ColumnMapping]], entity: Entity,
) -> list[str]:
    """Values beyond the contract's bounds, and dates that no business has."""
    reasons = []
    for name, (column, _) in mappings.items():
        bounds = [f"{identifier(name)} {sign} {bound}" for sign, bound in
                  (("<", column.minimum), (">", column.maximum)) if bound is not None]
        if column.type in ("date", "timestamp"):
            bounds += [f"{identifier(name)} < date '{EARLIEST}'",
                       f"{identifier(name)} > date '{LATEST}'"]
            if name == entity.event_time:
                # A day of grace for time zones.
                bounds.append(f"{identifier(name)} > extracted_on + interval 2 day")
        if bounds:
            said = literal(f"column {name}: value out of range")
            reasons.append(f"case when {' or '.join(bounds)} then {said} end")
    return reasons


def _record_key(entity: str, system: str, reference: str) -> str:
    prefix = literal(f"{entity}|{system}|")
    return f"case when {reference} is not null then md5({prefix} || {reference}) end"


def _system(
    plan: _Planned, mappings: dict[str, tuple[Column, ColumnMapping]], column: Column,
) -> str:
    mapping = mappings[column.name][1] if column.name in mappings else None
    return (mapping.system if mapping else None) or plan.declaration.source


def _resolve_duplicates(con: duckdb.DuckDBPyConnection, table: TableDeclaration) -> None:
    """Decide among rows of one extract that share a key.

    Keyed: the newest row counts, the last one among equals. With `repeats` the first row makes the
    record. Without a key equal rows are told apart by an occurrence number, or rejected.
    """
    con.execute("""
        create or replace temp table duplicates as
        select load_id, source_record_ref from converted where reason is null
        group by load_id, source_record_ref having count(*) > 1""")
    if not con.execute("select count(*) from duplicates").fetchall()[0][0]:
        return
    order = ("source_row" if table.repeats or not table.key
             else "updated_at desc nulls last, source_row desc")
    con.execute(f"""
        create or replace temp table ranked as
        select c.load_id, c.source_row, c.source_record_ref,
            row_number() over (partition by c.load_id, c.source_record_ref order by {order})
                as occurrence,
            first_value(c.source_row) over (
                partition by c.load_id, c.source_record_ref order by {order}) as kept_row
        from converted as c
        join duplicates as d
            on c.load_id = d.load_id and c.source_record_ref = d.source_record_ref
        where c.reason is null""")
    same_row = ("from ranked as r where converted.load_id = r.load_id "
                "and converted.source_row = r.source_row and r.occurrence > 1")
    if not table.key and table.duplicates == "keep":
        entity = table.entity
        con.execute(f"""
            update converted set
                source_record_ref = r.source_record_ref || '#' || r.occurrence,
                record_key = md5({literal(entity + '|')} || converted.source_system || '|'
                    || r.source_record_ref || '#' || r.occurrence)
            {same_row}""")
        return
    reason = ("'repeated'" if table.repeats else
              "'duplicate key: row ' || r.kept_row || ' of the same extract counts'"
              if table.key else "'exact duplicate of row ' || r.kept_row")
    con.execute(f"update converted set reason = {reason} {same_row}")


def _write_rows(con: duckdb.DuckDBPyConnection, entity: Entity, target: Path) -> None:
    columns = ", ".join(f"cast({identifier(c.name)} as {DUCKDB_TYPES[c.type]}) as "
                        f"{identifier(c.name)}" for c in entity.raw_columns)
    con.execute(f"""
        copy (select {columns}, load_id as partition_load from converted where reason is null)
        to {literal(str(target / 'accepted'))}
        (format parquet, partition_by (partition_load), filename_pattern 'part_{{i}}')""")


def _write_rejects(con: duckdb.DuckDBPyConnection, extract: Extract, target: Path) -> None:
    con.execute(f"""
        copy (
            select load_id, source_row, reason, record, load_id as partition_load
            from (
                select p.load_id, p.load_sequence, c.source_row, c.reason,
                    {extract.record} as record
                from converted as c
                join load_plan as p on c.load_id = p.load_id
                join extract
                    on p.cx360_file = extract.cx360_file and c.source_row = extract.cx360_row
                where c.reason is not null and c.reason <> 'repeated'
                union all
                select p.load_id, p.load_sequence, u.cx360_row, 'line not readable: ' || u.reason,
                    u.record
                from unreadable as u join load_plan as p on u.cx360_file = p.cx360_file
            ) as r
            order by load_sequence, source_row
        ) to {literal(str(target / 'rejected'))}
        (format parquet, partition_by (partition_load), filename_pattern 'part_{{i}}')""")


def _count(con: duckdb.DuckDBPyConnection, entity: Entity) -> dict[str, dict[str, object]]:
    event = entity.event_time
    moment = f"cast({identifier(event)} as timestamp)" if event else "cast(null as timestamp)"
    rows = con.execute(f"""
        with unread as (
            select p.load_id, count(*) as row_count
            from unreadable as u join load_plan as p on u.cx360_file = p.cx360_file
            group by p.load_id
        ), judged as (
            select load_id, count(*) as row_count,
                sum(case when reason is null then 1 else 0 end) as accepted,
                sum(case when reason = 'repeated' then 1 else 0 end) as repeated,
                min(case when reason is null then {moment} end) as first_event_at,
                max(case when reason is null then {moment} end) as last_event_at
            from converted group by load_id
        )
        select p.load_id, coalesce(j.row_count, 0) + coalesce(u.row_count, 0),
            coalesce(j.accepted, 0),
            coalesce(j.row_count - j.accepted - j.repeated, 0) + coalesce(u.row_count, 0),
            coalesce(j.repeated, 0), j.first_event_at, j.last_event_at
        from load_plan as p
        left join judged as j on p.load_id = j.load_id
        left join unread as u on p.load_id = u.load_id""").fetchall()
    names = ("rows_read", "rows_accepted", "rows_rejected", "rows_repeated", "first_event_at",
             "last_event_at")
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}


def _move_into_place(
    zone: RawZone, entity: Entity, load_id: str, target: Path,
) -> tuple[str, ...]:
    accepted = target / "accepted" / f"partition_load={load_id}"
    home = zone.path / entity.table / load_id
    shutil.rmtree(home, ignore_errors=True)  # left by a killed run: the manifest never named it
    files: list[str] = []
    if accepted.exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        os.replace(accepted, home)
        files = sorted(f"{entity.table}/{load_id}/{path.name}" for path in home.iterdir())
    rejected = target / "rejected" / f"partition_load={load_id}"
    if rejected.exists():
        parts = sorted(rejected.iterdir())
        rejects = zone.path / "_rejects" / entity.table / load_id
        shutil.rmtree(rejects, ignore_errors=True)
        rejects.parent.mkdir(parents=True, exist_ok=True)
        if parts:
            os.replace(rejected, rejects)
    return tuple(files)
