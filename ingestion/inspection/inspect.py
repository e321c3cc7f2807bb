"""Looks at extracts and says what they seem to be: the steps from files to proposed tables.

Files are looked at by their first rows. No value of a row leaves this package: reasons speak of
names, counts and the forms of values.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import duckdb

from ingestion.inspection.choosing import LEAST, Choice, choose
from ingestion.inspection.gathering import Group, find_files, group_files
from ingestion.inspection.inspected import Inspected, Inspection
from ingestion.inspection.joining import join_alike, overlap
from ingestion.inspection.nesting import nested_names
from ingestion.inspection.notation import Style, find_style
from ingestion.inspection.profiling import (
    Column,
    agree_on_days,
    count_values,
    describe,
    duplicates_of,
)
from ingestion.inspection.proposing import FileFacts, propose
from ingestion.inspection.sniffing import too_deep
from ingestion.inspection.totals import find_totals, told_as_totals
from ingestion.moments import EXCEL_FORMAT, UNIX_FORMATS
from ingestion.readers.files import Extract, ExtractError, UnclearLinesError, open_extract
from ingestion.readers.heads import copy_head

ROWS = 20_000
_YEAR_COLUMN = "file_year"
_OF_TEXTS = ("social.posts", "crm.cases")
_FEWEST_REASONS, _MOST_REASONS = 5, 0.1  # kinds of requests; their share of the rows


class NotInspected(ValueError):
    """Nothing could be proposed; the message says why and what to do."""


def inspect_extracts(
    path: Path, *, source: str = "", entity: str = "", rows: int = ROWS, folder: Path | None = None,
    address: str = "",
) -> Inspection:
    """Look at extracts and propose how to declare them.

    Args:
        path: a file, a folder or a pattern.
        source: name of the source; default: from the name of the file or folder.
        entity: the entity that every file holds; default: the one that fits best.
        rows: how many rows of a file to look at.
        folder: folder of extracts that the declaration's `files` are to be relative to; default:
            the folder of the file.
        address: where the files were fetched from, which the declaration then names.

    Raises:
        NotInspected: no file could be read, or nothing in them fits the contract.
    """
    try:
        own_folder, files = find_files(path)
    except ExtractError as error:
        raise NotInspected(str(error)) from error
    folder = folder or own_folder
    groups, problems = group_files(files, folder)
    if address:
        groups = [replace(group, pattern=address) for group in groups]
    inspected = []
    for group in groups:
        try:
            one = _inspect(group, entity, rows)
            totals = one.totals or find_totals(group.files[0], group.form, group.names)
            inspected.append(replace(one, totals=totals))
        except ExtractError as error:
            problems.append(str(error))
        except RecursionError:
            problems.append(str(too_deep(group.files[0])))
        except (duckdb.Error, OSError) as error:
            problems.append(f"{group.files[0].name}: not readable ({type(error).__name__})")
    if not any(one.tables for one in inspected):
        names = ", ".join(one.group.pattern for one in inspected)
        told = problems or [f"{names}: no entity of the contract explains the columns; force one "
                            "with --entity"]
        raise NotInspected("\n".join(told))
    inspected = join_alike(inspected, folder)
    problems += [f"{one.group.pattern} finds {name}, too, which has other columns and would be "
                 "loaded twice; give them names that tell them apart"
                 for one in inspected if (name := overlap(one, inspected, folder))]
    named = tuple(_name_tables(inspected))
    zone, why = _time_zone(named)
    return Inspection(source or source_name(path), folder, named, tuple(problems), zone, why)


def _inspect(group: Group, entity: str, rows: int) -> Inspected:
    con = duckdb.connect()
    with tempfile.TemporaryDirectory(prefix="cx360_inspect_") as scratch:
        try:
            head = Path(scratch) / group.files[0].name
            is_partial = copy_head(group.files[0], group.form, rows, head)
            extract = _open_head(con, head, group, Path(scratch) / "utf8")
            (unreadable,), = con.execute("select count(*) from unreadable").fetchall()
            names, lists = nested_names(con, extract, group.names)
            looked_at, counted = count_values(con, extract, names)
            if not looked_at:
                raise ExtractError(f"{head.name}: a header without rows; nothing to look at")
            one = _judge(con, extract, group, entity, looked_at, counted, is_partial, unreadable)
            return replace(one, totals=_last_of_workbook(con, group), lists=lists)
        finally:
            con.close()


def _last_of_workbook(con: duckdb.DuckDBPyConnection, group: Group) -> tuple[str, str] | None:
    """A line of totals at the end of a workbook, which is always looked at as a whole."""
    if group.form.format != "excel":
        return None
    (last,) = con.execute("select * exclude (cx360_file, cx360_row) from extract "
                          "order by cx360_row desc limit 1").fetchall()
    return told_as_totals(last, group.names)


def _open_head(
    con: duckdb.DuckDBPyConnection, head: Path, group: Group, scratch: Path,
) -> Extract:
    """Open the rows as a load does: those that do not fit cost no other."""
    try:
        return open_extract(con, [head], group.form, group.names, scratch)
    except (duckdb.InvalidInputException, UnclearLinesError):
        if group.form.format not in ("csv", "jsonl"):
            raise
        return open_extract(con, [head], group.form, group.names, scratch, line_by_line=True)


def _judge(
    con: duckdb.DuckDBPyConnection, extract: Extract, group: Group, entity: str, rows: int,
    counted: dict[str, tuple[int, int, Counter[str]]], is_partial: bool, unreadable: int,
) -> Inspected:
    style = (Style(".", "", is_sure=True) if extract.is_typed else
             find_style((values for _, _, values in counted.values()),
                        delimiter=group.form.delimiter))
    columns = agree_on_days(describe(name, rows, filled, distinct, values, style)
                            for name, (filled, distinct, values) in counted.items())
    choices = choose(columns, group.stem, lambda names: duplicates_of(con, extract, names),
                     entity=entity)
    best = choices[0]
    if best.score < LEAST and not entity:
        best = _of_texts(choices, columns) or best
    others = [choice for choice in choices[1:] if choice.entity != best.entity]
    facts = _facts(group, columns, best)
    tables = tuple(propose(best, facts))
    is_explained = bool(entity) or best.score >= LEAST or best.entity in _OF_TEXTS
    fits = is_explained and all(table.columns or table.records for table in tables)
    return Inspected(group, rows, is_partial, unreadable, style, columns, best if fits else None,
                     others[0] if others else None, facts,
                     tables if fits else ())


def _of_texts(choices: Sequence[Choice], columns: Sequence[Column]) -> Choice | None:
    """Texts and hardly anything else: sorted by what they are about, somebody asked for help with
    it; else somebody posted them.
    """
    by_name = {column.name: column for column in columns}
    for choice in choices:
        reason = by_name.get(choice.source("crm.cases", "reason"))
        if (choice.source("crm.cases", "subject") and reason is not None
                and _FEWEST_REASONS <= reason.distinct <= reason.rows * _MOST_REASONS):
            return choice
    return next((choice for choice in choices if choice.source("social.posts", "text")), None)


def _facts(group: Group, columns: Sequence[Column], choice: Choice) -> FileFacts:
    def commonest(kind: str) -> tuple[str, ...]:
        of_columns = {*UNIX_FORMATS, EXCEL_FORMAT}  # told by the column alone
        found = Counter(c.formats for c in columns if c.kind == kind and c.formats
                        and not set(c.formats) & of_columns)
        return min(found, key=lambda f: (-found[f], f)) if found else ()

    has_date = bool(choice.source(choice.entity, "responded_at"))
    year = (_YEAR_COLUMN if group.year and choice.entity == "survey.responses" and not has_date
            and group.form.format not in ("json", "jsonl") else "")
    return FileFacts(columns, year, commonest("date"), commonest("timestamp"))


def _name_tables(inspected: list[Inspected]) -> list[Inspected]:
    """Give tables that share an entity names of their own, and each question one record."""
    entities = Counter(table.entity for one in inspected for table in one.tables)
    taken: set[str] = set()
    asked: set[str] = set()
    named = []
    for one in inspected:
        stem = re.sub(r"[^a-z0-9]+", "_", one.group.stem.lower()).strip("_")
        tables = []
        for table in one.tables:
            records = tuple(r for r in table.records if r["ref"] not in asked)
            asked |= {record["ref"] for record in records}
            if table.records and not records:
                continue
            name = ""
            if entities[table.entity] > 1:
                objects = table.name or table.entity.split(".")[1]
                name = next(name for name in _numbered(f"{objects}_{stem}") if name not in taken)
                taken.add(name)
            tables.append(replace(table, records=records, name=name))
        named.append(replace(one, tables=tuple(tables)))
    return named


def _numbered(name: str) -> Iterator[str]:
    yield name
    for number in count(2):
        yield f"{name}_{number}"


def _time_zone(inspected: Sequence[Inspected]) -> tuple[str, str]:
    columns = [column for one in inspected for column in one.columns]
    if any(column.has_offset for column in columns):
        return "UTC", "points in time carry their own offset; UTC counts only where one does not"
    names = " ".join(column.name for column in columns)
    formats = {form for column in columns for form in column.formats}
    if any(form.startswith("%d.%m.") for form in formats) or re.search(
            r"[äöüÄÖÜß]|[Kk]unde|[Dd]atum", names):
        return "Europe/Berlin", "German dates or names of columns"
    return "UTC", "nothing tells where the clock stood"


def source_name(path: Path) -> str:
    """A name for the source from that of its file or folder."""
    parts = [part for part in (path.name, path.parent.name) if not re.search(r"[*?[]", part)]
    stem = (parts[0] if parts else "source").split(".")[0].lower()
    name = re.sub(r"[^a-z0-9]+", "_", re.sub(r"\d{4,}.*", "", stem) or stem).strip("_")
    return name if re.match(r"[a-z]", name) else f"source_{name}".rstrip("_")
