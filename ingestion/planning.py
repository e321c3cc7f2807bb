"""Plans a load: which extracts are new, and in which order they will be numbered.

What does **not** belong here: reading their rows (`loading.py`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import groupby
from pathlib import Path

from ingestion.declaration import SourceDeclaration, TableDeclaration
from ingestion.fetching.landing import LandedFile, Landing
from ingestion.raw_zone import RawZone
from ingestion.readers.files import ExtractError, column_types, header, unopened
from ingestion.readers.remote import RemoteObject, find_objects, is_remote, told_url
from ingestion.remote_extracts import RemoteExtracts

BATCH_BYTES = 512 << 20


@dataclass(frozen=True)
class Problem:
    """An extract that could not be loaded; nothing of it entered the raw zone."""

    source_system: str
    table: str
    file: str
    message: str


@dataclass(frozen=True)
class PlannedLoad:
    """An extract that has no load yet, with the number its load will have."""

    declaration: SourceDeclaration
    table: TableDeclaration
    path: Path
    content_hash: str
    extracted_on: date | None
    load_id: str
    sequence: int
    columns: tuple[str, ...]
    origin: str = ""  # of an extract that was fetched: its address, or its path in the raw zone

    @cached_property
    def types(self) -> dict[str, str]:
        """Types of `columns` where the format states them before any record is read."""
        return column_types(self.path, self.table)


def find_new_extracts(
    declarations: Iterable[SourceDeclaration], extracts: Path, zone: RawZone,
) -> tuple[int, tuple[Problem, ...]]:
    """How many extracts a load would read, and which ones it could not."""
    problems: list[Problem] = []
    planned, _ = plan_loads(declarations, extracts, zone, problems)
    if not planned:
        RemoteExtracts(zone).forget_content()
    return len(planned), tuple(problems)


def plan_loads(
    declarations: Iterable[SourceDeclaration], extracts: Path, zone: RawZone,
    problems: list[Problem], is_wanted: Callable[[PlannedLoad], bool] = lambda plan: True,
) -> tuple[list[PlannedLoad], int]:
    """Find the wanted extracts that have no load yet, in the order in which they will be numbered.
    """
    known = {load.load_id: load for load in zone.loads()}
    by_content = {(load.source_system, load.label, load.content_hash, load.extracted_on): load
                  for load in known.values()}
    by_file = {(load.label, load.file): load for load in known.values()}
    # Left out by a person for good: a declaration that changes does not bring it back.
    withdrawn = {(load.source_system, load.label, load.content_hash, load.extracted_on, of_file)
                 for load in known.values()
                 if load.state == "withdrawn" and not load.replays_load_id
                 for of_file in ("", load.file)}
    landing = Landing(zone.path)
    fresh: list[PlannedLoad] = []
    known_count = 0
    remote = RemoteExtracts(zone)
    for declaration in declarations:
        for table in declaration.tables:
            version = ""
            if table.is_fetched:
                version = declaration.version(table)
                problems += _fetch_problems(landing, declaration, table)
            try:
                paths = _extract_files(table, declaration, extracts, zone, landing)
            except (ExtractError, OSError) as error:
                said = (f"{told_url(table.files)}: cannot be looked through "
                        f"({type(error).__name__}); see to it that cx360 may read the folder"
                        if isinstance(error, OSError) else str(error))
                problems.append(Problem(
                    declaration.source, table.label, told_url(table.files), said))
                continue
            if not (paths or table.is_fetched or any(
                    load.source_system == declaration.source and load.label == table.label
                    for load in known.values())):
                place = "" if is_remote(table.files) else f" in {extracts.name}/"
                problems.append(Problem(
                    declaration.source, table.label, told_url(table.files),
                    f"{told_url(table.files)}: file not found{place}; deliver it or correct "
                    f"`files` of table {table.label} in {declaration.source}.yml"))
            for path in paths:
                try:
                    if isinstance(path, LandedFile):
                        load_id = _landed_id(path, version)
                        if load_id in known and known[load_id].state != "superseded":
                            known_count += 1
                            continue
                        plan = _plan_landed(declaration, table, path, zone, load_id)
                    elif isinstance(path, RemoteObject):
                        loaded = known.get(_load_id(declaration, table, Path(path.name),
                                                    remote.content_hash(path) or ""))
                        if loaded and loaded.state != "superseded":
                            known_count += 1
                            continue
                        plan = replace(_plan_file(declaration, table, remote.fetch(path)),
                                       origin=path.said)
                    else:
                        plan = _plan_file(declaration, table, path)
                except (ExtractError, OSError) as error:
                    said = str(unopened(Path(path.name), error) if isinstance(error, OSError)
                               else error)
                    problems.append(Problem(declaration.source, table.label, path.name, said))
                    continue
                # The same content, fetched again after another one, is a newer state.
                earlier = (
                    by_file.get((table.label, plan.origin)) if table.is_fetched else by_content.get(
                        (declaration.source, table.label, plan.content_hash, plan.extracted_on)))
                is_out = (declaration.source, table.label, plan.content_hash, plan.extracted_on,
                          plan.origin if table.is_fetched else "") in withdrawn
                if is_out or (plan.load_id in known
                              and known[plan.load_id].state != "superseded"):
                    known_count += 1
                else:
                    fresh.append(replace(plan, sequence=earlier.load_sequence if earlier else 0))
    remote.remember()
    fresh = [plan for plan in fresh if is_wanted(plan)]
    reserved = zone.numbers()
    first_free = max((*(load.load_sequence for load in known.values()), *reserved.values()),
                     default=0) + 1
    fresh.sort(key=lambda plan: (
        str(plan.extracted_on or ""), plan.declaration.source, plan.table.label, plan.path.name))
    numbered: dict[str, PlannedLoad] = {}
    for plan in fresh:
        if plan.load_id in numbered:  # the same content under two names
            known_count += 1
            continue
        sequence = plan.sequence or reserved.get(plan.load_id, 0)
        if not sequence:
            sequence, first_free = first_free, first_free + 1
        numbered[plan.load_id] = replace(plan, sequence=sequence)
    return list(numbered.values()), known_count


def _extract_files(
    table: TableDeclaration, declaration: SourceDeclaration, extracts: Path, zone: RawZone,
    landing: Landing,
) -> Sequence[Path | RemoteObject | LandedFile]:
    if table.is_fetched:
        return landing.files(declaration.source, table.landed_label)
    if is_remote(table.files):
        return find_objects(table.files)
    if not table.records:
        # Excel leaves a ~$ file beside a workbook that somebody has open.
        return sorted(path for path in extracts.glob(table.files)
                      if path.is_file() and not path.name.startswith("~$"))
    path = zone.incoming / "records" / declaration.source / f"{table.label}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(r, sort_keys=True, default=str) + "\n"
                            for r in table.records))
    return [path]


def _fetch_problems(
    landing: Landing, declaration: SourceDeclaration, table: TableDeclaration,
) -> Iterator[Problem]:
    """Why the last fetch of a table failed, or that there was none."""
    state = landing.state(declaration.source, table.label)
    said = state.problem
    if not said and not state.fetched_at:
        said = (f"{declaration.source} {table.label}: nothing has been fetched yet; run `cx360 "
                f"fetch {declaration.source}`")
    if said:
        yield Problem(declaration.source, table.label, f"{declaration.source}.yml", said)


def _landed_id(landed: LandedFile, version: str) -> str:
    identity = "|".join((landed.source, landed.label, landed.content_hash, landed.name, version))
    return hashlib.sha256(identity.encode()).hexdigest()[:16]


def _plan_landed(
    declaration: SourceDeclaration, table: TableDeclaration, landed: LandedFile, zone: RawZone,
    load_id: str,
) -> PlannedLoad:
    path = zone.path / landed.file
    return PlannedLoad(declaration, table, path, landed.content_hash, landed.extracted_on, load_id,
                       0, header(path, table), landed.file)


def _plan_file(declaration: SourceDeclaration, table: TableDeclaration, path: Path) -> PlannedLoad:
    columns = header(path, table)
    with path.open("rb") as content:
        content_hash = hashlib.file_digest(content, "sha256").hexdigest()
    return PlannedLoad(declaration, table, path, content_hash, _declared_date(table, path),
                       _load_id(declaration, table, path, content_hash), 0, columns)


def _load_id(
    declaration: SourceDeclaration, table: TableDeclaration, path: Path, content_hash: str,
) -> str:
    identity = "|".join((declaration.source, table.label, content_hash,
                         str(_declared_date(table, path)), declaration.version(table),
                         *_file_name_values(table, path)))
    return hashlib.sha256(identity.encode()).hexdigest()[:16]


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


def _file_name_values(table: TableDeclaration, path: Path) -> tuple[str, ...]:
    values = []
    for name, pattern in table.from_file_name.items():
        found = re.search(pattern, path.name)
        if not found:
            raise ExtractError(
                f"{path.name}: `from_file_name` finds no {name} in the file name; correct it in "
                f"the declaration of table {table.label}")
        values.append(found.group(1))
    return tuple(values)


def batches(planned: list[PlannedLoad]) -> Iterator[list[PlannedLoad]]:
    """Extracts of one table and one header, together as long as they are not too large.

    Of files with other types the engine would read the one's text as the other's numbers.
    """
    def shape(plan: PlannedLoad) -> tuple[str, str, tuple[str, ...], tuple[tuple[str, str], ...]]:
        return (plan.declaration.source, plan.table.label, plan.columns,
                tuple(sorted(plan.types.items())))

    for _, group in groupby(sorted(planned, key=lambda p: (*shape(p), p.sequence)), key=shape):
        batch: list[PlannedLoad] = []
        size = 0
        for plan in group:
            added = plan.path.stat().st_size if plan.path.exists() else 0  # opening it tells
            size += added
            if batch and size > BATCH_BYTES:
                yield batch
                batch, size = [], added
            batch.append(plan)
        yield batch
